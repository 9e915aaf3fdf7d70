#include "engine/base/large_block.h"

#include <malloc.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "engine/base/memory_budget.h"
#include "engine/base/sync.h"

namespace shale {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;
constexpr size_t kSmallest = size_t{128} << 10;
constexpr size_t kClasses = 24;       // of 128 KiB, twice as much each
constexpr size_t kHugePageClass = 4;  // smaller ones are pieces of a huge page, never unmapped
constexpr int64_t kKeptShare = 16;

struct Piece {
  std::byte* data;
  bool fresh;  // all zeros
};

// Freed blocks by class. The mutex guards a few pushes and pops, of which there are tens a query.
class Pool {
 public:
  // Null when there is no memory.
  Piece Take(size_t klass) SHALE_EXCLUDES(mutex_) {
    {
      MutexLock lock(&mutex_);
      if (!freed_[klass].empty()) {
        std::byte* data = freed_[klass].back();
        freed_[klass].pop_back();
        kept_bytes_ -= static_cast<int64_t>(kSmallest << klass);
        return {data, false};
      }
    }
    if (klass < kHugePageClass) return TakePiece(klass);
    // A huge page needs its alignment: map one more and cut the ends off.
    const size_t size = kSmallest << klass;
    void* mapped = mmap(nullptr, size + kHugePage, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped == MAP_FAILED) return {nullptr, false};
    const auto begin = reinterpret_cast<uintptr_t>(mapped);
    const uintptr_t aligned = (begin + kHugePage - 1) / kHugePage * kHugePage;
    if (aligned > begin) munmap(mapped, aligned - begin);
    const uintptr_t end = begin + size + kHugePage;
    if (aligned + size < end) munmap(reinterpret_cast<void*>(aligned + size), end - aligned - size);
    auto* data = reinterpret_cast<std::byte*>(aligned);
    madvise(data, size, MADV_HUGEPAGE);  // where it is refused, small pages do
    return {data, true};
  }

  void Give(std::byte* data, size_t klass) SHALE_EXCLUDES(mutex_) {
    const size_t size = kSmallest << klass;
    {
      MutexLock lock(&mutex_);
      if (kept_bytes_ + static_cast<int64_t>(size) <= max_kept_bytes_ || klass < kHugePageClass) {
        freed_[klass].push_back(data);
        kept_bytes_ += static_cast<int64_t>(size);
        return;
      }
    }
    munmap(data, size);
  }

  int64_t kept_bytes() SHALE_EXCLUDES(mutex_) {
    MutexLock lock(&mutex_);
    return kept_bytes_;
  }

 private:
  // One piece of a huge page; the others are kept.
  Piece TakePiece(size_t klass) SHALE_EXCLUDES(mutex_) {
    const Piece page = Take(kHugePageClass);
    if (page.data == nullptr) return page;
    const size_t size = kSmallest << klass;
    MutexLock lock(&mutex_);
    for (size_t at = size; at < kHugePage; at += size) freed_[klass].push_back(page.data + at);
    kept_bytes_ += static_cast<int64_t>(kHugePage - size);
    return page;
  }

  const int64_t max_kept_bytes_ = MachineMemoryBytes() / kKeptShare;
  Mutex mutex_;
  std::array<std::vector<std::byte*>, kClasses> freed_ SHALE_GUARDED_BY(mutex_);
  int64_t kept_bytes_ SHALE_GUARDED_BY(mutex_) = 0;
};

// Never destroyed: blocks may outlive every other static.
Pool& ThePool() {
  static Pool* pool = new Pool;
  return *pool;
}

size_t ClassOf(size_t size) {
  return static_cast<size_t>(std::bit_width((std::max(size, kSmallest) - 1) / kSmallest));
}

}  // namespace

LargeBlock::~LargeBlock() {
  if (size_ < kSmallest) {
    std::free(data_);
  } else {
    ThePool().Give(data_, ClassOf(size_));
  }
}

LargeBlock LargeBlock::Allocate(size_t size_bytes) {
  LargeBlock block;
  if (size_bytes < kSmallest) {
    block.data_ = static_cast<std::byte*>(std::malloc(std::max<size_t>(size_bytes, 1)));
    if (block.data_ != nullptr) block.size_ = size_bytes;
  } else if (const size_t klass = ClassOf(size_bytes); klass < kClasses) {
    block.data_ = ThePool().Take(klass).data;
    if (block.data_ != nullptr) block.size_ = kSmallest << klass;
  }
  return block;
}

LargeBlock LargeBlock::AllocateZeroed(size_t size_bytes) {
  LargeBlock block;
  if (size_bytes < kSmallest) {
    block.data_ = static_cast<std::byte*>(std::calloc(std::max<size_t>(size_bytes, 1), 1));
    if (block.data_ != nullptr) block.size_ = size_bytes;
  } else if (const size_t klass = ClassOf(size_bytes); klass < kClasses) {
    const Piece piece = ThePool().Take(klass);
    block.data_ = piece.data;
    if (block.data_ == nullptr) return block;
    block.size_ = kSmallest << klass;
    if (!piece.fresh) std::memset(block.data_, 0, block.size_);
  }
  return block;
}

bool LargeBlock::Grow(size_t size_bytes, size_t used_bytes) {
  if (size_bytes <= size_) return true;
  if (size_bytes < kSmallest) {
    void* grown = std::realloc(data_, size_bytes);
    if (grown == nullptr) return false;
    data_ = static_cast<std::byte*>(grown);
    size_ = size_bytes;
    return true;
  }
  LargeBlock wider = Allocate(size_bytes);
  if (wider.data_ == nullptr) return false;
  if (used_bytes > 0) std::memcpy(wider.data_, data_, used_bytes);
  *this = std::move(wider);
  return true;
}

int64_t LargeBlock::KeptBytes() { return ThePool().kept_bytes(); }

void KeepFreedHeap() {
  const int64_t kept = std::min<int64_t>(MachineMemoryBytes() / kKeptShare, int64_t{1} << 30);
  // Beyond the heap's own limit for it, blocks are mapped one by one.
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, static_cast<int>(kept));
  mallopt(M_TOP_PAD, 16 << 20);
}

}  // namespace shale
