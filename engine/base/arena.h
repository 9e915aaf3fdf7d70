// Arena: memory that is handed out in pieces and freed all at once. Single-threaded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace shale {

class Arena {
 public:
  // 8-byte aligned, uninitialised.
  char* Allocate(size_t size) {
    size = (size + 7) & ~size_t{7};
    if (size > left_) Grow(size);
    char* at = next_;
    next_ += size;
    left_ -= size;
    return at;
  }
  std::string_view Copy(std::string_view bytes) {
    char* at = Allocate(bytes.size());
    if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
    return {at, bytes.size()};
  }
  size_t size_bytes() const { return size_bytes_; }

 private:
  void Grow(size_t at_least) {
    size_t size = blocks_.size() < 4 ? 4096 : 65536;
    if (blocks_.size() > 64) size = 1 << 20;
    if (size < at_least) size = at_least;
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(size));
    next_ = blocks_.back().get();
    left_ = size;
    size_bytes_ += size;
  }
  std::vector<std::unique_ptr<char[]>> blocks_;
  char* next_ = nullptr;
  size_t left_ = 0;
  size_t size_bytes_ = 0;
};

}  // namespace shale
