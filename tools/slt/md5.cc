#include "tools/slt/md5.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include "fmt/format.h"

namespace shale {
namespace {

// RFC 1321, 3.4: T[i] is the integer part of 2^32 × |sin(i + 1)|.
std::array<uint32_t, 64> SineTable() {
  std::array<uint32_t, 64> table;
  for (int i = 0; i < 64; ++i) {
    table[i] = static_cast<uint32_t>(std::floor(std::fabs(std::sin(i + 1.0)) * 4294967296.0));
  }
  return table;
}

}  // namespace

void Md5::AddBlock(const uint8_t* block) {
  static const std::array<uint32_t, 64> kSines = SineTable();
  constexpr int kShifts[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
  uint32_t words[16];
  for (int i = 0; i < 16; ++i) {
    const uint8_t* at = block + 4 * i;
    words[i] = at[0] | uint32_t{at[1]} << 8 | uint32_t{at[2]} << 16 | uint32_t{at[3]} << 24;
  }
  auto [a, b, c, d] = state_;
  for (int i = 0; i < 64; ++i) {
    uint32_t mix;
    int word;
    switch (i / 16) {
      case 0: mix = (b & c) | (~b & d), word = i; break;
      case 1: mix = (d & b) | (~d & c), word = (5 * i + 1) % 16; break;
      case 2: mix = b ^ c ^ d, word = (3 * i + 5) % 16; break;
      default: mix = c ^ (b | ~d), word = (7 * i) % 16; break;
    }
    uint32_t turned = std::rotl(a + mix + kSines[i] + words[word], kShifts[i / 16][i % 4]);
    a = d;
    d = c;
    c = b;
    b += turned;
  }
  state_[0] += a;
  state_[1] += b;
  state_[2] += c;
  state_[3] += d;
}

void Md5::Add(std::string_view bytes) {
  size_t used = num_bytes_ % 64;
  num_bytes_ += bytes.size();
  while (!bytes.empty()) {
    size_t count = std::min(bytes.size(), 64 - used);
    std::memcpy(block_ + used, bytes.data(), count);
    bytes.remove_prefix(count);
    used += count;
    if (used < 64) return;
    AddBlock(block_);
    used = 0;
  }
}

std::string Md5::HexDigest() {
  uint64_t num_bits = num_bytes_ * 8;
  Add(std::string_view("\x80", 1));
  while (num_bytes_ % 64 != 56) Add(std::string_view("\0", 1));
  char length[8];
  for (int i = 0; i < 8; ++i) length[i] = static_cast<char>(num_bits >> (8 * i));
  Add(std::string_view(length, 8));
  std::string hex;
  for (uint32_t word : state_) {
    for (int i = 0; i < 4; ++i) {
      fmt::format_to(std::back_inserter(hex), "{:02x}", (word >> (8 * i)) & 0xff);
    }
  }
  return hex;
}

}  // namespace shale
