// Bit-packing: unsigned values of `width` bits each, 0 to 64, in groups of 1,024.
//
// A group is laid out in rows of 128 bytes so that plain loops decode it with vector instructions
// and in order (after the interleaved layouts of Lemire & Boytsov 2015 and FastLanes, Afroozeh &
// Boncz 2023). A row holds L = 1024 / B values in words of B bits, where B is the smallest of 8,
// 16, 32, 64 that `width` fits. Value i of the group belongs to lane i % L; a lane is a stream of
// bits, low first, and word k of every lane stands in row k. So a group takes `width` rows, and for
// width == B it is simply the array. What is left after the last whole group is one stream of bits,
// low first, rounded up to a byte.
#pragma once

#include <cstddef>
#include <cstdint>

namespace shale {

inline constexpr size_t kPackGroup = 1024;

inline constexpr size_t PackedBytes(size_t count, int width) {
  return count / kPackGroup * 128 * width + (count % kPackGroup * width + 7) / 8;
}

// Bits that `value` needs: 0 for 0.
inline int BitWidth(uint64_t value) { return value == 0 ? 0 : 64 - __builtin_clzll(value); }
// The next of 0, 8, 16, 32, 64: widths that a byte-wise compressor sees through.
inline int ByteAlignedWidth(int width) {
  return width == 0 ? 0 : width <= 8 ? 8 : width <= 16 ? 16 : width <= 32 ? 32 : 64;
}

// T is uint8_t, uint16_t, uint32_t or uint64_t; width at most its bits. values[i] - base must fit.
template <typename T>
void PackBits(const T* values, T base, size_t count, int width, uint8_t* out);

// out[i] = base + value i (modulo 2^bits of T). Reads PackedBytes(count, width) bytes exactly.
template <typename T>
void UnpackBits(const uint8_t* in, size_t count, int width, T base, T* out);

// Value `index` of `count`, without the base.
uint64_t UnpackOne(const uint8_t* in, size_t count, int width, size_t index);

}  // namespace shale
