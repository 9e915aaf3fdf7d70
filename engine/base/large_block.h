// LargeBlock: a large piece of memory with one owner, for tables that grow. From 128 KiB on it
// comes straight from the kernel in huge pages where there are any, and freed ones are kept for the
// next query: a page that is touched for the first time costs more than what most kernels then do
// with it. Sizes are powers of two then. Smaller ones are the heap's. The functions are
// thread-safe, a block is not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

namespace shale {

class LargeBlock {
 public:
  LargeBlock() = default;
  ~LargeBlock();
  LargeBlock(LargeBlock&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  LargeBlock& operator=(LargeBlock&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }

  // At least `size_bytes`; size() says how much. data() is null when there is no memory.
  static LargeBlock Allocate(size_t size_bytes);  // uninitialised
  static LargeBlock AllocateZeroed(size_t size_bytes);
  // At least `size_bytes` with the first `used_bytes` as they were, the others undefined; false,
  // with nothing changed, when there is no memory.
  bool Grow(size_t size_bytes, size_t used_bytes);

  std::byte* data() const { return data_; }
  size_t size() const { return size_; }
  template <typename T>
  T* as() const {
    return reinterpret_cast<T*>(data_);
  }

  // Bytes of freed blocks that are kept, at most 1/16 of the machine's memory.
  static int64_t KeptBytes();

 private:
  std::byte* data_ = nullptr;
  size_t size_ = 0;
};

// For a program's main: lets the heap keep what is freed, up to 1/16 of the machine's memory,
// instead of returning it to the kernel at the end of each query.
void KeepFreedHeap();

}  // namespace shale
