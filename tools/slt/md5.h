// MD5 (RFC 1321), which the sqllogictest format compares long results by. Not for security.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace shale {

class Md5 {
 public:
  void Add(std::string_view bytes);
  std::string HexDigest();  // 32 lower-case digits; the object is spent

 private:
  void AddBlock(const uint8_t* block);
  uint32_t state_[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  uint64_t num_bytes_ = 0;
  uint8_t block_[64];
};

}  // namespace shale
