// The one hash of bytes and integers (bytes: XXH3 64-bit, seed 0). Dictionaries carry the hash of
// every entry, computed once when they are read.
#pragma once

#include <cstdint>
#include <string_view>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace shale {

inline uint64_t HashBytes(std::string_view bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

// A strong mix of one word (the finaliser of splitmix64, Steele et al. 2014).
inline uint64_t HashInt(uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9u;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebu;
  x ^= x >> 31;
  return x;
}
inline uint64_t HashCombine(uint64_t a, uint64_t b) {
  return HashInt(a ^ (b + 0x9e3779b97f4a7c15u + (a << 6) + (a >> 2)));
}

}  // namespace shale
