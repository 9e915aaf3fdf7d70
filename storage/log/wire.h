// WireWriter and WireReader: the plain fields of log and catalog records. Little-endian, unaligned,
// strings with a 32-bit length before them. A reader never runs past its bytes: the first field
// that does not fit turns ok() false and every later field is zero or empty.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace shale {

static_assert(std::endian::native == std::endian::little, "the wire is the machine's byte order");

class WireWriter {
 public:
  explicit WireWriter(std::string* out) : out_(out) {}
  template <typename T>
  void Put(T value) {
    static_assert(std::is_arithmetic_v<T> || std::is_same_v<T, __int128>);
    out_->append(reinterpret_cast<const char*>(&value), sizeof(T));
  }
  void PutString(std::string_view bytes) {
    Put<uint32_t>(static_cast<uint32_t>(bytes.size()));
    out_->append(bytes);
  }
  void PutRaw(const void* bytes, size_t size) {
    out_->append(static_cast<const char*>(bytes), size);
  }
  size_t size() const { return out_->size(); }

 private:
  std::string* out_;
};

class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : bytes_(bytes) {}
  template <typename T>
  T Get() {
    T value{};
    std::string_view raw = GetRaw(sizeof(T));
    if (ok_) std::memcpy(&value, raw.data(), sizeof(T));
    return value;
  }
  std::string_view GetString() { return GetRaw(Get<uint32_t>()); }
  std::string_view GetRaw(size_t size) {
    if (!ok_ || size > bytes_.size() - at_) {
      ok_ = false;
      return {};
    }
    std::string_view raw = bytes_.substr(at_, size);
    at_ += size;
    return raw;
  }
  bool ok() const { return ok_; }
  bool at_end() const { return at_ == bytes_.size(); }
  size_t left() const { return bytes_.size() - at_; }
  void Fail() { ok_ = false; }

 private:
  std::string_view bytes_;
  size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace shale
