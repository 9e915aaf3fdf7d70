// MD5 (RFC 1321), SHA-224 to SHA-512 (FIPS 180-4) and CRC-32 (ISO-HDLC, as zlib's) of bytes. Pure
// functions.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace shale {

std::array<uint8_t, 16> Md5Digest(std::string_view bytes);
std::array<uint8_t, 28> Sha224Digest(std::string_view bytes);
std::array<uint8_t, 32> Sha256Digest(std::string_view bytes);
std::array<uint8_t, 48> Sha384Digest(std::string_view bytes);
std::array<uint8_t, 64> Sha512Digest(std::string_view bytes);
uint32_t Crc32(std::string_view bytes);

// Appends two lower-case digits a byte.
void AppendHex(std::string_view bytes, std::string* out);

}  // namespace shale
