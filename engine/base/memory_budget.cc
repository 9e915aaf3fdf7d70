#include "engine/base/memory_budget.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>

namespace shale {

namespace {

std::string Readable(int64_t bytes) {
  if (bytes >= int64_t{10} << 30) return fmt::format("{:.1f} GiB", bytes / 1073741824.0);
  if (bytes >= int64_t{10} << 20) return fmt::format("{:.1f} MiB", bytes / 1048576.0);
  if (bytes >= int64_t{10} << 10) return fmt::format("{:.1f} KiB", bytes / 1024.0);
  return fmt::format("{} bytes", bytes);
}

}  // namespace

Status MemoryBudget::TooLittle(int64_t in_use, int64_t asked) const {
  return ResourceExhausted(
      "out of memory: {} is {}, {} are in use and {} more were asked for; raise it with "
      "SET memory_limit (a query's) or --memory-limit (the database's)",
      name_, Readable(limit_bytes()), Readable(in_use), Readable(asked));
}

Status MemoryBudget::Reserve(int64_t bytes) {
  if (bytes <= 0) return OkStatus();
  // Counted first and taken back when over, so that two threads cannot both squeeze in.
  int64_t now = used_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  if (now > limit_bytes()) {
    used_.fetch_sub(bytes, std::memory_order_relaxed);
    return TooLittle(now - bytes, bytes);
  }
  if (const int64_t excess = excess_bytes(); excess > 0 && reclaim_) reclaim_(excess);
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

void MemoryBudget::Charge(int64_t bytes) {
  if (bytes <= 0) return;
  used_.fetch_add(bytes, std::memory_order_relaxed);
  if (const int64_t excess = excess_bytes(); excess > 0 && reclaim_) reclaim_(excess);
  if (parent_ != nullptr) parent_->Charge(bytes);
}

void MemoryBudget::Release(int64_t bytes) {
  if (bytes <= 0) return;
  used_.fetch_sub(bytes, std::memory_order_relaxed);
  if (parent_ != nullptr) parent_->Release(bytes);
}

namespace {

std::string ReadSmallFile(const std::string& path) {
  std::string text;
  if (std::FILE* file = std::fopen(path.c_str(), "re")) {
    char buffer[4096];
    size_t got;
    while ((got = std::fread(buffer, 1, sizeof buffer, file)) > 0) text.append(buffer, got);
    std::fclose(file);
  }
  return text;
}

// The least number that the file `name` holds in `directory` or one above it, up to `root`.
int64_t LeastLimit(const std::string& root, std::string directory, const char* name) {
  int64_t least = INT64_MAX;
  for (;;) {
    const std::string text = ReadSmallFile(root + directory + "/" + name);
    int64_t limit;
    // "max" (version 2) is no number; version 1 writes a huge one.
    if (std::sscanf(text.c_str(), "%" SCNd64, &limit) == 1) least = std::min(least, limit);
    const size_t slash = directory.find_last_of('/');
    if (slash == std::string::npos) return least;
    directory.resize(slash);
  }
}

}  // namespace

// Lines are "id:controllers:path": version 2 has id 0 and no controllers. Inside a container the
// path may be of a namespace that is not mounted: what its upper levels say then holds.
int64_t CgroupMemoryBytes(const std::string& cgroup_text, const std::string& root) {
  int64_t least = INT64_MAX;
  for (size_t begin = 0; begin < cgroup_text.size();) {
    const size_t end = std::min(cgroup_text.find('\n', begin), cgroup_text.size());
    const std::string line = cgroup_text.substr(begin, end - begin);
    begin = end + 1;
    const size_t first = line.find(':');
    const size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    std::string path = line.substr(second + 1);
    if (path == "/") path.clear();
    if (controllers == ",,") {
      least = std::min(least, LeastLimit(root, path, "memory.max"));
      least = std::min(least, LeastLimit(root + "/unified", path, "memory.max"));
    } else if (controllers.find(",memory,") != std::string::npos) {
      least = std::min(least, LeastLimit(root + "/memory", path, "memory.limit_in_bytes"));
    }
  }
  return least;
}

int64_t MachineMemoryBytes() {
  int64_t bytes = int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGESIZE);
  rlimit limit;
  if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
    bytes = std::min(bytes, static_cast<int64_t>(limit.rlim_cur));
  }
  const int64_t group = CgroupMemoryBytes(ReadSmallFile("/proc/self/cgroup"), "/sys/fs/cgroup");
  return group > 0 ? std::min(bytes, group) : bytes;
}

}  // namespace shale
