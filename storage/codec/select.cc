#include "storage/codec/select.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <memory>

#include "storage/codec/bit_packing.h"

namespace shale {
namespace {

// Appends first + i for every byte of `hits` (0 or 1) that is 1; `hits` is padded to 8 with zeros.
// Returns the new end of `rows`.
uint32_t* EmitRows(const uint8_t* hits, size_t count, uint32_t first, uint32_t* rows) {
  for (size_t i = 0; i < count; i += 8) {
    uint64_t eight;
    std::memcpy(&eight, hits + i, 8);
    if (eight == 0) continue;
    const uint32_t at = first + static_cast<uint32_t>(i);
    if (eight == 0x0101010101010101u) {
      for (uint32_t k = 0; k < 8; ++k) rows[k] = at + k;
      rows += 8;
    } else if (std::popcount(eight) <= 2) {
      do {
        *rows++ = at + static_cast<uint32_t>(std::countr_zero(eight) >> 3);
        eight &= eight - 1;
      } while (eight != 0);
    } else {
      // Every slot is written; only a hit moves on. Never past the row itself, so within bounds.
      for (uint32_t k = 0; k < 8; ++k) {
        *rows = at + k;
        rows += hits[i + k];
      }
    }
  }
  return rows;
}

size_t EmitAll(size_t count, uint32_t* rows) {
  for (size_t i = 0; i < count; ++i) rows[i] = static_cast<uint32_t>(i);
  return count;
}

// Drops the NULL rows from an ascending list.
size_t DropNulls(const LoadedBlock& block, uint32_t* rows, size_t count) {
  if (block.validity == nullptr) return count;
  const uint64_t* validity = reinterpret_cast<const uint64_t*>(block.validity->data());
  size_t kept = 0;
  for (size_t i = 0; i < count; ++i) {
    const uint32_t row = rows[i];
    rows[kept] = row;
    kept += BitIsSet(validity, row);
  }
  return kept;
}

// The lists are written eight at a time: a group needs that much room past its count.
struct HitBytes {
  alignas(64) uint8_t bytes[kPackGroup + 8];
};

template <typename W>
void CompareRange(const W* values, size_t count, W low, W span, bool negate, uint8_t* hits) {
  const uint8_t flip = negate;
  for (size_t i = 0; i < count; ++i) {
    hits[i] = static_cast<uint8_t>((static_cast<W>(values[i] - low) <= span) ^ flip);
  }
}

// The rows of a packed section whose offset is in [low, low + span].
template <typename W>
size_t SelectPackedRange(const PackedSection& section, size_t rows, uint64_t low, uint64_t span,
                         bool negate, uint32_t* out) {
  alignas(64) W values[kPackGroup];
  HitBytes hits;
  uint32_t* end = out;
  for (size_t begin = 0; begin < rows; begin += kPackGroup) {
    const size_t count = std::min(kPackGroup, rows - begin);
    UnpackBits<W>(section.bits + PackedBytes(begin, section.width), count, section.width, 0,
                  values);
    CompareRange<W>(values, count, static_cast<W>(low), static_cast<W>(span), negate, hits.bytes);
    std::memset(hits.bytes + count, 0, 8);
    end = EmitRows(hits.bytes, count, static_cast<uint32_t>(begin), end);
  }
  return static_cast<size_t>(end - out);
}

template <typename W>
size_t SelectPackedSet(const PackedSection& section, size_t rows, const uint8_t* match,
                       uint32_t* out) {
  alignas(64) W values[kPackGroup];
  HitBytes hits;
  uint32_t* end = out;
  for (size_t begin = 0; begin < rows; begin += kPackGroup) {
    const size_t count = std::min(kPackGroup, rows - begin);
    UnpackBits<W>(section.bits + PackedBytes(begin, section.width), count, section.width, 0,
                  values);
    for (size_t i = 0; i < count; ++i) hits.bytes[i] = match[values[i]] != 0;
    std::memset(hits.bytes + count, 0, 8);
    end = EmitRows(hits.bytes, count, static_cast<uint32_t>(begin), end);
  }
  return static_cast<size_t>(end - out);
}

template <typename Body>
auto WithWidth(int width, Body&& body) {
  if (width <= 8) return body.template operator()<uint8_t>();
  if (width <= 16) return body.template operator()<uint16_t>();
  if (width <= 32) return body.template operator()<uint32_t>();
  return body.template operator()<uint64_t>();
}

uint64_t LargestOf(int width) { return width >= 64 ? UINT64_MAX : (uint64_t{1} << width) - 1; }

// Rows of runs for which hit(run) says so.
template <typename Hit>
size_t EmitRuns(const std::vector<uint32_t>& ends, Hit&& hit, uint32_t* rows) {
  uint32_t begin = 0;
  uint32_t* end = rows;
  for (size_t run = 0; run < ends.size(); ++run) {
    if (hit(run)) {
      for (uint32_t row = begin; row < ends[run]; ++row) *end++ = row;
    }
    begin = ends[run];
  }
  return static_cast<size_t>(end - rows);
}

// value < bound and value > bound, for unsigned values past every bound too.
template <typename S>
bool Below(S value, int64_t bound) {
  if constexpr (std::is_same_v<S, uint64_t>) {
    if (value > static_cast<uint64_t>(INT64_MAX)) return false;
  }
  return static_cast<int64_t>(value) < bound;
}
template <typename S>
bool Above(S value, int64_t bound) {
  if constexpr (std::is_same_v<S, uint64_t>) {
    if (value > static_cast<uint64_t>(INT64_MAX)) return true;
  }
  return static_cast<int64_t>(value) > bound;
}

// Rows of packed offsets o whose base + factor × o is in [low, high] (or not), found by turning the
// bounds into offsets.
template <typename S>
size_t SelectOffsets(const LoadedBlock& block, const PackedSection& section, S base,
                     uint64_t factor, int64_t low, int64_t high, bool negate, uint32_t* rows) {
  const uint64_t largest = LargestOf(section.width);
  // The greatest value that the width can express without wrapping past the type's end.
  const uint64_t room =
      (static_cast<uint64_t>(std::numeric_limits<S>::max()) - static_cast<uint64_t>(base)) / factor;
  const S top = static_cast<S>(static_cast<uint64_t>(base) + factor * std::min(largest, room));
  bool none = low > high || Below(top, low) || Above(base, high);
  uint64_t first = 0, last = largest;
  if (!none) {
    if (Below(base, low)) {
      const uint64_t distance = static_cast<uint64_t>(low) - static_cast<uint64_t>(base);
      first = distance / factor + (distance % factor != 0);
    }
    if (Above(top, high)) {
      last = (static_cast<uint64_t>(high) - static_cast<uint64_t>(base)) / factor;
    }
    none = first > last;  // between two multiples
  }
  if (none || (first == 0 && last == largest)) {
    return none != negate ? 0 : DropNulls(block, rows, EmitAll(block.rows, rows));
  }
  const size_t count = WithWidth(section.width, [&]<typename W>() {
    return SelectPackedRange<W>(section, block.rows, first, last - first, negate, rows);
  });
  return DropNulls(block, rows, count);
}

template <typename S>
bool InRange(S value, int64_t low, int64_t high) {
  return !Below(value, low) && !Above(value, high);
}

template <typename Body>
auto WithInteger(PhysicalType type, Body&& body) {
  switch (type) {
    case PhysicalType::kInt8: return body.template operator()<int8_t>();
    case PhysicalType::kInt16: return body.template operator()<int16_t>();
    case PhysicalType::kInt32: return body.template operator()<int32_t>();
    case PhysicalType::kInt64: return body.template operator()<int64_t>();
    case PhysicalType::kUInt16: return body.template operator()<uint16_t>();
    case PhysicalType::kUInt32: return body.template operator()<uint32_t>();
    case PhysicalType::kUInt64: return body.template operator()<uint64_t>();
    default: return body.template operator()<uint8_t>();
  }
}

}  // namespace

StatusOr<size_t> SelectMatching(const LoadedBlock& block, const uint8_t* match, size_t num_codes,
                                uint32_t* rows) {
  if (block.all_null()) return size_t{0};
  if (block.codec->id == CodecId::kConstant) {
    uint32_t code;
    RETURN_IF_ERROR(block.codec->decode(block.values, PhysicalType::kUInt32, 1, &code));
    if (code >= num_codes || match[code] == 0) return size_t{0};
    return DropNulls(block, rows, EmitAll(block.rows, rows));
  }
  if (block.codec->id == CodecId::kRunLength) {
    std::vector<uint8_t> values;
    std::vector<uint32_t> ends;
    RETURN_IF_ERROR(DecodeRuns(block.values, PhysicalType::kUInt32, block.rows, &values, &ends));
    const uint32_t* codes = reinterpret_cast<const uint32_t*>(values.data());
    const size_t count = EmitRuns(
        ends, [&](size_t run) { return codes[run] < num_codes && match[codes[run]] != 0; }, rows);
    return DropNulls(block, rows, count);
  }
  if (block.codec->id != CodecId::kBitPacked) {
    const auto codes = std::make_unique_for_overwrite<uint32_t[]>(block.rows);
    RETURN_IF_ERROR(DecodeValues(block, PhysicalType::kUInt32, codes.get()));
    size_t count = 0;
    for (size_t i = 0; i < block.rows; ++i) {
      rows[count] = static_cast<uint32_t>(i);
      count += codes[i] < num_codes && match[codes[i]] != 0;
    }
    return DropNulls(block, rows, count);
  }
  ByteReader reader(block.values);
  ASSIGN_OR_RETURN(const PackedSection section, ReadPackedSection(&reader, 4, block.rows));
  // Only codes that the width can express matter. One, or neighbours, need no table.
  const uint64_t first = section.base;
  const uint64_t last = std::min<uint64_t>(first + LargestOf(section.width), num_codes - 1);
  if (first >= num_codes) return size_t{0};
  constexpr uint64_t kScanned = 1024;
  if (last - first < kScanned) {
    uint64_t low = first;
    while (low <= last && match[low] == 0) ++low;
    if (low > last) return size_t{0};
    uint64_t high = last;
    while (match[high] == 0) --high;
    bool dense = true;
    for (uint64_t code = low; code <= high; ++code) dense &= match[code] != 0;
    if (dense) {
      if (low == first && high == last) {
        return DropNulls(block, rows, EmitAll(block.rows, rows));
      }
      const size_t count = WithWidth(section.width, [&]<typename W>() {
        return SelectPackedRange<W>(section, block.rows, low - first, high - low, false, rows);
      });
      return DropNulls(block, rows, count);
    }
  }
  // Tables of narrow codes may be asked for codes past the last: give them room.
  const size_t count = WithWidth(section.width, [&]<typename W>() -> size_t {
    if constexpr (sizeof(W) == 1) {
      uint8_t table[256] = {};
      std::memcpy(table, match + first, last - first + 1);
      return SelectPackedSet<W>(section, block.rows, table, rows);
    } else {
      return SelectPackedSet<W>(section, block.rows, match + first, rows);
    }
  });
  return DropNulls(block, rows, count);
}

StatusOr<size_t> SelectBetween(const LoadedBlock& block, PhysicalType type, int64_t low,
                               int64_t high, bool negate, uint32_t* rows) {
  SHALE_CHECK(IsIntegerPhysical(type));
  if (block.all_null()) return size_t{0};
  return WithInteger(type, [&]<typename S>() -> StatusOr<size_t> {
    const auto hit = [&](S value) { return InRange(value, low, high) != negate; };
    if (block.codec->id == CodecId::kConstant) {
      S value;
      RETURN_IF_ERROR(block.codec->decode(block.values, type, 1, &value));
      return hit(value) ? DropNulls(block, rows, EmitAll(block.rows, rows)) : 0;
    }
    if (block.codec->id == CodecId::kRunLength) {
      std::vector<uint8_t> values;
      std::vector<uint32_t> ends;
      RETURN_IF_ERROR(DecodeRuns(block.values, type, block.rows, &values, &ends));
      const S* run_values = reinterpret_cast<const S*>(values.data());
      const size_t count = EmitRuns(ends, [&](size_t run) { return hit(run_values[run]); }, rows);
      return DropNulls(block, rows, count);
    }
    if (block.codec->id == CodecId::kBitPacked) {
      ByteReader reader(block.values);
      ASSIGN_OR_RETURN(const PackedSection section,
                       ReadPackedSection(&reader, sizeof(S), block.rows));
      return SelectOffsets<S>(block, section, static_cast<S>(section.base), 1, low, high, negate,
                              rows);
    }
    if constexpr (sizeof(S) == 8) {
      if (block.codec->id == CodecId::kScaled) {
        ASSIGN_OR_RETURN(const ScaledParts parts, ReadScaled(block.values));
        ByteReader reader(parts.values);
        if (parts.inner->id == CodecId::kBitPacked) {
          ASSIGN_OR_RETURN(const PackedSection section,
                           ReadPackedSection(&reader, sizeof(S), block.rows));
          // The quotients of a block begin at 0: its smallest value is the base.
          if (section.base == 0) {
            return SelectOffsets<S>(block, section, static_cast<S>(parts.base), parts.factor, low,
                                    high, negate, rows);
          }
        }
      }
    }
    const auto values = std::make_unique_for_overwrite<S[]>(block.rows);
    RETURN_IF_ERROR(DecodeValues(block, type, values.get()));
    size_t count = 0;
    for (size_t i = 0; i < block.rows; ++i) {
      rows[count] = static_cast<uint32_t>(i);
      count += hit(values[i]);
    }
    return DropNulls(block, rows, count);
  });
}

}  // namespace shale
