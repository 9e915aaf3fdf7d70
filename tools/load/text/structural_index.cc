#include "tools/load/text/structural_index.h"

#include <bit>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tools/load/text/structural_index.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace shale {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

size_t FindStructurals(const char* text, size_t size, char a, char b, char c, uint32_t base,
                       uint32_t* out) {
  const hn::CappedTag<uint8_t, 64> d;
  const auto match_a = hn::Set(d, static_cast<uint8_t>(a));
  const auto match_b = hn::Set(d, static_cast<uint8_t>(b));
  const auto match_c = hn::Set(d, static_cast<uint8_t>(c));
  const size_t lanes = hn::Lanes(d);
  const uint32_t* const begin = out;
  for (size_t i = 0; i < size; i += 64) {
    uint8_t mask_bytes[8] = {};
    for (size_t j = 0; j < 64; j += lanes) {
      const auto v = hn::LoadU(d, reinterpret_cast<const uint8_t*>(text) + i + j);
      const auto hit = hn::Or(hn::Or(hn::Eq(v, match_a), hn::Eq(v, match_b)), hn::Eq(v, match_c));
      hn::StoreMaskBits(d, hit, mask_bytes + j / 8);
    }
    uint64_t bits;
    std::memcpy(&bits, mask_bytes, sizeof(bits));
    if (size - i < 64) bits &= (uint64_t{1} << (size - i)) - 1;
    const int count = std::popcount(bits);
    const uint32_t at = base + static_cast<uint32_t>(i);
    // Eight at a time without a branch a position; what is written too much is overwritten.
    uint32_t* next = out;
    for (int written = 0; written < count; written += 8) {
      for (int k = 0; k < 8; ++k) {
        next[k] = at + static_cast<uint32_t>(std::countr_zero(bits));
        bits &= bits - 1;
      }
      next += 8;
    }
    out += count;
  }
  return static_cast<size_t>(out - begin);
}

}  // namespace HWY_NAMESPACE
}  // namespace shale
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace shale {

HWY_EXPORT(FindStructurals);

size_t FindStructurals(const char* text, size_t size, char a, char b, char c, uint32_t base,
                       uint32_t* out) {
  return HWY_DYNAMIC_DISPATCH(FindStructurals)(text, size, a, b, c, base, out);
}

}  // namespace shale
#endif  // HWY_ONCE
