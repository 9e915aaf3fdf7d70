#include "storage/codec/bit_packing.h"

#include <algorithm>
#include <cstring>

namespace shale {
namespace {

constexpr int kRowBytes = 128;
constexpr int kRowWords = kRowBytes / 8;

// `value` (of B bits) in every B bits of a word.
template <int B>
constexpr uint64_t Repeat(uint64_t value) {
  if constexpr (B == 64) return value;
  uint64_t word = 0;
  for (int shift = 0; shift < 64; shift += B) word |= value << shift;
  return word;
}
template <int B>
constexpr uint64_t LowBits(int bits) {
  return bits >= 64 ? ~uint64_t{0} : (uint64_t{1} << bits) - 1;
}

// 16 bytes of lanes at a time, in the compilers' own vector types: without them g++ goes through
// memory between the shifts and the widening.
typedef uint64_t Words __attribute__((vector_size(16)));

inline Words LoadWords(const uint8_t* at) {
  Words words;
  std::memcpy(&words, at, sizeof words);
  return words;
}

template <typename W>
struct Twice;
template <>
struct Twice<uint8_t> {
  using Type = uint16_t;
};
template <>
struct Twice<uint16_t> {
  using Type = uint32_t;
};
template <>
struct Twice<uint32_t> {
  using Type = uint64_t;
};

// Widens 16 bytes of W lanes to T by interleaving with zeros, adds base and stores.
template <typename W, typename T>
inline void StoreLanes(Words words, T base, T* __restrict out) {
  typedef W Lanes __attribute__((vector_size(16)));
  const Lanes lanes = reinterpret_cast<Lanes>(words);
  if constexpr (sizeof(T) == sizeof(W)) {
    const Lanes sums = lanes + base;
    std::memcpy(out, &sums, sizeof sums);
  } else {
    using Wider = typename Twice<W>::Type;
    const Lanes zero = {};
    Lanes low, high;
    if constexpr (sizeof(W) == 1) {
      low = __builtin_shufflevector(lanes, zero, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7,
                                    23);
      high = __builtin_shufflevector(lanes, zero, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14,
                                     30, 15, 31);
    } else if constexpr (sizeof(W) == 2) {
      low = __builtin_shufflevector(lanes, zero, 0, 8, 1, 9, 2, 10, 3, 11);
      high = __builtin_shufflevector(lanes, zero, 4, 12, 5, 13, 6, 14, 7, 15);
    } else {
      low = __builtin_shufflevector(lanes, zero, 0, 4, 1, 5);
      high = __builtin_shufflevector(lanes, zero, 2, 6, 3, 7);
    }
    StoreLanes<Wider, T>(reinterpret_cast<Words>(low), base, out);
    StoreLanes<Wider, T>(reinterpret_cast<Words>(high), base, out + 8 / sizeof(W));
  }
}

// Lanes are shifted many to a 64-bit word: bits that come from a neighbour are masked.
template <typename W, typename T>
void UnpackGroup(const uint8_t* in, int width, T base, T* __restrict out) {
  constexpr int B = sizeof(W) * 8;
  constexpr int kLanes = 16 / sizeof(W);
  for (int j = 0; j < B; ++j) {
    const int bit = j * width;
    const int shift = bit % B;
    const uint8_t* row = in + bit / B * kRowBytes;
    const int here = B - shift < width ? B - shift : width;  // bits of the value in this row
    const uint64_t low = Repeat<B>(LowBits<B>(here));
    if (here == width) {
      for (int k = 0; k < kRowBytes; k += 16, out += kLanes) {
        StoreLanes<W, T>((LoadWords(row + k) >> shift) & low, base, out);
      }
    } else {
      const uint64_t high = Repeat<B>(LowBits<B>(width) & ~LowBits<B>(here));
      const uint8_t* next = row + kRowBytes;
      for (int k = 0; k < kRowBytes; k += 16, out += kLanes) {
        const Words first = (LoadWords(row + k) >> shift) & low;
        StoreLanes<W, T>(first | ((LoadWords(next + k) << here) & high), base, out);
      }
    }
  }
}

template <typename W, typename T>
void PackGroup(const T* __restrict in, T base, int width, uint8_t* out) {
  constexpr int B = sizeof(W) * 8;
  constexpr int L = kPackGroup / B;
  alignas(64) uint64_t rows[B * kRowWords];
  std::memset(rows, 0, kRowBytes * width);
  for (int j = 0; j < B; ++j) {
    const int bit = j * width;
    const int shift = bit % B;
    uint64_t* row = rows + bit / B * kRowWords;
    W lanes[L];
    for (int l = 0; l < L; ++l) lanes[l] = static_cast<W>(static_cast<T>(in[j * L + l] - base));
    uint64_t words[kRowWords];
    std::memcpy(words, lanes, sizeof words);
    const int here = B - shift < width ? B - shift : width;
    const uint64_t kept = Repeat<B>(LowBits<B>(here) << shift);
    for (int k = 0; k < kRowWords; ++k) row[k] |= (words[k] << shift) & kept;
    if (here < width) {
      const uint64_t spilt = Repeat<B>(LowBits<B>(width - here));
      uint64_t* next = row + kRowWords;
      for (int k = 0; k < kRowWords; ++k) next[k] |= (words[k] >> here) & spilt;
    }
  }
  std::memcpy(out, rows, kRowBytes * width);
}

template <typename T>
void PackTail(const T* in, T base, size_t count, int width, uint8_t* out) {
  if (count == 0) return;
  std::memset(out, 0, (count * width + 7) / 8);
  size_t bit = 0;
  for (size_t i = 0; i < count; ++i) {
    uint64_t value = static_cast<T>(in[i] - base);
    for (int left = width; left > 0;) {
      const int shift = bit % 8;
      const int taken = left < 8 - shift ? left : 8 - shift;
      out[bit / 8] |= static_cast<uint8_t>((value & ((1u << taken) - 1)) << shift);
      value >>= taken;
      bit += taken;
      left -= taken;
    }
  }
}

template <typename T>
void UnpackTail(const uint8_t* in, size_t count, int width, T base, T* out) {
  const size_t size = (count * width + 7) / 8;
  const uint64_t mask = LowBits<64>(width);
  size_t bit = 0;
  for (size_t i = 0; i < count; ++i, bit += width) {
    const size_t byte = bit / 8;
    const int shift = bit % 8;
    uint64_t value;
    if (byte + 9 <= size) {
      std::memcpy(&value, in + byte, 8);
      value >>= shift;
      if (shift != 0) value |= static_cast<uint64_t>(in[byte + 8]) << (64 - shift);
    } else {
      value = 0;
      int filled = -shift;
      for (size_t b = byte; b < size && filled < 64; ++b, filled += 8) {
        const uint64_t part = in[b];
        value |= filled < 0 ? part >> -filled : part << filled;
      }
    }
    out[i] = static_cast<T>(base + (value & mask));
  }
}

}  // namespace

template <typename T>
void PackBits(const T* values, T base, size_t count, int width, uint8_t* out) {
  if (width == 0) return;
  for (; count >= kPackGroup; count -= kPackGroup) {
    if (width <= 8) {
      PackGroup<uint8_t>(values, base, width, out);
    } else if (width <= 16) {
      if constexpr (sizeof(T) >= 2) PackGroup<uint16_t>(values, base, width, out);
    } else if (width <= 32) {
      if constexpr (sizeof(T) >= 4) PackGroup<uint32_t>(values, base, width, out);
    } else {
      if constexpr (sizeof(T) >= 8) PackGroup<uint64_t>(values, base, width, out);
    }
    values += kPackGroup;
    out += 128 * width;
  }
  PackTail(values, base, count, width, out);
}

template <typename T>
void UnpackBits(const uint8_t* in, size_t count, int width, T base, T* out) {
  if (width == 0) {
    for (size_t i = 0; i < count; ++i) out[i] = base;
    return;
  }
  for (; count >= kPackGroup; count -= kPackGroup) {
    if (width <= 8) {
      UnpackGroup<uint8_t>(in, width, base, out);
    } else if (width <= 16) {
      if constexpr (sizeof(T) >= 2) UnpackGroup<uint16_t>(in, width, base, out);
    } else if (width <= 32) {
      if constexpr (sizeof(T) >= 4) UnpackGroup<uint32_t>(in, width, base, out);
    } else {
      if constexpr (sizeof(T) >= 8) UnpackGroup<uint64_t>(in, width, base, out);
    }
    in += 128 * width;
    out += kPackGroup;
  }
  UnpackTail(in, count, width, base, out);
}

uint64_t UnpackOne(const uint8_t* in, size_t count, int width, size_t index) {
  if (width == 0) return 0;
  const size_t group = index / kPackGroup;
  if (group == count / kPackGroup) {
    const uint8_t* tail = in + group * 128 * width;
    size_t bit = index % kPackGroup * width;
    uint64_t value = 0;
    for (int filled = 0; filled < width;) {
      const int shift = bit % 8;
      const int taken = std::min(width - filled, 8 - shift);
      const uint64_t part = (tail[bit / 8] >> shift) & ((1u << taken) - 1);
      value |= part << filled;
      filled += taken;
      bit += taken;
    }
    return value;
  }
  const uint8_t* rows = in + group * 128 * width;
  const int word_bits = width <= 8 ? 8 : width <= 16 ? 16 : width <= 32 ? 32 : 64;
  const size_t lanes = kPackGroup / word_bits;
  const size_t lane = index % lanes;
  const int bit = static_cast<int>(index % kPackGroup / lanes) * width;
  const auto word = [&](int row) {
    uint64_t bits = 0;
    std::memcpy(&bits, rows + row * 128 + lane * (word_bits / 8), word_bits / 8);
    return bits;
  };
  const int shift = bit % word_bits;
  uint64_t value = word(bit / word_bits) >> shift;
  if (shift + width > word_bits) value |= word(bit / word_bits + 1) << (word_bits - shift);
  return value & LowBits<64>(width);
}

template void PackBits<uint8_t>(const uint8_t*, uint8_t, size_t, int, uint8_t*);
template void PackBits<uint16_t>(const uint16_t*, uint16_t, size_t, int, uint8_t*);
template void PackBits<uint32_t>(const uint32_t*, uint32_t, size_t, int, uint8_t*);
template void PackBits<uint64_t>(const uint64_t*, uint64_t, size_t, int, uint8_t*);
template void UnpackBits<uint8_t>(const uint8_t*, size_t, int, uint8_t, uint8_t*);
template void UnpackBits<uint16_t>(const uint8_t*, size_t, int, uint16_t, uint16_t*);
template void UnpackBits<uint32_t>(const uint8_t*, size_t, int, uint32_t, uint32_t*);
template void UnpackBits<uint64_t>(const uint8_t*, size_t, int, uint64_t, uint64_t*);

}  // namespace shale
