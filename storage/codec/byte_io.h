// Little-endian bytes, written to a string and read back with every bound checked. A read that
// would pass the end fails and leaves the reader failed.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace shale {

static_assert(
    std::endian::native == std::endian::little,
    "formats are little-endian; a big-endian machine needs swaps here and in bit_packing");

using ByteSpan = std::span<const uint8_t>;

inline ByteSpan AsBytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

template <typename T>
void PutFixed(T value, std::string* out) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  out->append(bytes, sizeof(T));
}

// LEB128: seven bits a byte, low ones first.
inline void PutVarint(uint64_t value, std::string* out) {
  while (value >= 0x80) {
    out->push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out->push_back(static_cast<char>(value));
}
inline uint64_t ZigZag(int64_t value) {
  return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
}
inline int64_t UnZigZag(uint64_t value) {
  return static_cast<int64_t>((value >> 1) ^ (~(value & 1) + 1));
}
inline void PutSigned(int64_t value, std::string* out) { PutVarint(ZigZag(value), out); }
// A length as varint, then the bytes.
inline void PutText(std::string_view text, std::string* out) {
  PutVarint(text.size(), out);
  out->append(text);
}

class ByteReader {
 public:
  explicit ByteReader(ByteSpan bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool ok() const { return ok_; }
  size_t remaining() const { return static_cast<size_t>(end_ - at_); }
  bool done() const { return ok_ && at_ == end_; }
  const uint8_t* position() const { return at_; }

  // An empty span and !ok() past the end.
  ByteSpan Take(size_t size) {
    if (size > remaining()) {
      Fail();
      return {};
    }
    const ByteSpan bytes(at_, size);
    at_ += size;
    return bytes;
  }
  ByteSpan TakeRest() { return Take(remaining()); }
  template <typename T>
  T Fixed() {
    T value{};
    const ByteSpan bytes = Take(sizeof(T));
    if (ok_) std::memcpy(&value, bytes.data(), sizeof(T));
    return value;
  }
  uint64_t Varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at_ == end_) break;
      const uint8_t byte = *at_++;
      if (shift == 63 && byte > 1) break;
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    Fail();
    return 0;
  }
  int64_t Signed() { return UnZigZag(Varint()); }
  std::string_view Text() {
    const ByteSpan bytes = Take(Varint());
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

 private:
  void Fail() {
    ok_ = false;
    at_ = end_;
  }
  const uint8_t* at_;
  const uint8_t* end_;
  bool ok_ = true;
};

}  // namespace shale
