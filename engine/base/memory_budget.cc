#include "engine/base/memory_budget.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

namespace shale {

namespace {

std::string Readable(int64_t bytes) {
  if (bytes >= int64_t{10} << 30) return fmt::format("{:.1f} GiB", bytes / 1073741824.0);
  if (bytes >= int64_t{10} << 20) return fmt::format("{:.1f} MiB", bytes / 1048576.0);
  if (bytes >= int64_t{10} << 10) return fmt::format("{:.1f} KiB", bytes / 1024.0);
  return fmt::format("{} bytes", bytes);
}

}  // namespace

Status MemoryBudget::Reserve(int64_t bytes) {
  if (bytes <= 0) return OkStatus();
  // Counted first and taken back when over, so that two threads cannot both squeeze in.
  int64_t now = used_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  if (now > limit_) {
    used_.fetch_sub(bytes, std::memory_order_relaxed);
    return ResourceExhausted("out of memory: {} is {}, {} are in use and {} more were asked for",
                             name_, Readable(limit_), Readable(now - bytes), Readable(bytes));
  }
  if (parent_ != nullptr) {
    Status status = parent_->Reserve(bytes);
    if (!status.ok()) {
      used_.fetch_sub(bytes, std::memory_order_relaxed);
      return status;
    }
  }
  int64_t peak = peak_.load(std::memory_order_relaxed);
  while (now > peak && !peak_.compare_exchange_weak(peak, now, std::memory_order_relaxed)) {
  }
  return OkStatus();
}

void MemoryBudget::Release(int64_t bytes) {
  if (bytes <= 0) return;
  used_.fetch_sub(bytes, std::memory_order_relaxed);
  if (parent_ != nullptr) parent_->Release(bytes);
}

int64_t MachineMemoryBytes() {
  int64_t bytes = int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGESIZE);
  rlimit limit;
  if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
    bytes = std::min(bytes, static_cast<int64_t>(limit.rlim_cur));
  }
  return bytes;
}

}  // namespace shale
