// Buffer: where the bytes of vectors come from.
#include <cstdlib>
#include <cstring>
#include <new>
#include <vector>

#include "engine/vector/vector.h"

namespace shale {

namespace {

constexpr size_t kSlackBytes = 64;
constexpr size_t kAlignment = 64;

size_t AllocatedBytes(size_t size) {
  return (size + kSlackBytes + kAlignment - 1) & ~(kAlignment - 1);
}

// Chunks come and go by the thousand with the same few sizes: each thread keeps some freed buffers,
// which spares the page faults of giving memory back and taking it again.
class Recycler {
 public:
  ~Recycler() {
    for (const Block& block : blocks_) std::free(block.data);
    gone_ = true;
  }
  void* Take(size_t bytes) {
    for (size_t i = blocks_.size(); i-- > 0;) {
      if (blocks_[i].bytes != bytes) continue;
      void* data = blocks_[i].data;
      blocks_[i] = blocks_.back();
      blocks_.pop_back();
      kept_bytes_ -= bytes;
      return data;
    }
    return nullptr;
  }
  bool Keep(void* data, size_t bytes) {
    if (blocks_.size() >= kMaxBlocks || kept_bytes_ + bytes > kMaxBytes) return false;
    blocks_.push_back({data, bytes});
    kept_bytes_ += bytes;
    return true;
  }
  static bool Gone() { return gone_; }

  // Smaller ones are cheap to allocate, larger ones rare.
  static constexpr size_t kMinBlock = 4096, kMaxBlock = 256 << 10;

 private:
  static constexpr size_t kMaxBlocks = 32, kMaxBytes = 4 << 20;
  struct Block {
    void* data;
    size_t bytes;
  };
  std::vector<Block> blocks_;
  size_t kept_bytes_ = 0;
  static thread_local bool gone_;
};
thread_local bool Recycler::gone_ = false;
thread_local Recycler t_recycler;

bool Recycled(size_t bytes) {
#if defined(__SANITIZE_ADDRESS__)
  return bytes == SIZE_MAX;  // never: use after free must be seen
#else
  return bytes >= Recycler::kMinBlock && bytes <= Recycler::kMaxBlock && !Recycler::Gone();
#endif
}

}  // namespace

std::shared_ptr<Buffer> Buffer::Allocate(size_t size) {
  size_t bytes = AllocatedBytes(size);
  void* data = Recycled(bytes) ? t_recycler.Take(bytes) : nullptr;
  if (data == nullptr) data = std::aligned_alloc(kAlignment, bytes);
  if (data == nullptr) throw std::bad_alloc();  // as operator new would
  return std::shared_ptr<Buffer>(new Buffer(static_cast<uint8_t*>(data), size));
}

std::shared_ptr<Buffer> Buffer::AllocateZeroed(size_t size) {
  auto buffer = Allocate(size);
  std::memset(buffer->data_, 0, size + kSlackBytes);
  return buffer;
}

Buffer::~Buffer() {
  size_t bytes = AllocatedBytes(size_);
  if (Recycled(bytes) && t_recycler.Keep(data_, bytes)) return;
  std::free(data_);
}

}  // namespace shale
