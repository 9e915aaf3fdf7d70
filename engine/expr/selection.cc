#include "engine/expr/selection.h"

#include <cstring>
#include <numeric>

namespace shale {

size_t CompactTrue(const uint8_t* is_true, const uint64_t* validity, size_t num_rows,
                   uint32_t* rows) {
  size_t count = 0, row = 0;
  // Eight at a time; nothing to do where none is true, which is most of the time in a filter.
  for (; row + 8 <= num_rows; row += 8) {
    uint64_t word;
    std::memcpy(&word, is_true + row, 8);
    if (word == 0) continue;
    if (validity == nullptr) {
      for (size_t k = 0; k < 8; ++k) {
        rows[count] = static_cast<uint32_t>(row + k);
        count += is_true[row + k];
      }
    } else {
      const auto bits = static_cast<unsigned>(validity[row >> 6] >> (row & 63));
      for (size_t k = 0; k < 8; ++k) {
        rows[count] = static_cast<uint32_t>(row + k);
        count += is_true[row + k] & (bits >> k & 1);
      }
    }
  }
  for (; row < num_rows; ++row) {
    bool valid = validity == nullptr || BitIsSet(validity, row);
    rows[count] = static_cast<uint32_t>(row);
    count += is_true[row] & static_cast<unsigned>(valid);
  }
  return count;
}

namespace {

size_t SelectCodes(const Vector& vector, uint32_t* rows) {
  const Vector& entries = vector.dictionary()->values;
  const size_t num_rows = vector.size();
  if (entries.size() == 0) return 0;
  const uint8_t* table = entries.values<uint8_t>();
  const uint32_t* codes = vector.codes();
  const uint64_t* validity = vector.validity();
  size_t count = 0;
  if (validity == nullptr) {
    for (size_t row = 0; row < num_rows; ++row) {
      rows[count] = static_cast<uint32_t>(row);
      count += table[codes[row]];
    }
  } else {
    for (size_t row = 0; row < num_rows; ++row) {
      rows[count] = static_cast<uint32_t>(row);
      count += table[codes[row]] & static_cast<unsigned>(BitIsSet(validity, row));
    }
  }
  return count;
}

}  // namespace

size_t SelectTrue(const Vector& vector, uint32_t* rows) {
  switch (vector.encoding()) {
    case Encoding::kConstant:
      if (vector.is_constant_null() || vector.values<uint8_t>()[0] == 0) return 0;
      std::iota(rows, rows + vector.size(), 0);
      return vector.size();
    case Encoding::kFlat:
      return CompactTrue(vector.values<uint8_t>(), vector.validity(), vector.size(), rows);
    case Encoding::kDictionary: return SelectCodes(vector, rows);
    case Encoding::kRun: {
      size_t count = 0;
      uint32_t begin = 0;
      for (size_t run = 0; run < vector.num_runs(); ++run) {
        const uint32_t end = vector.run_ends()[run];
        bool valid = !vector.has_nulls() || BitIsSet(vector.validity(), run);
        if (valid && vector.values<uint8_t>()[run]) {
          std::iota(rows + count, rows + count + (end - begin), begin);
          count += end - begin;
        }
        begin = end;
      }
      return count;
    }
  }
  return 0;
}

size_t KeepTrue(const Vector& vector, uint32_t* rows, size_t count) {
  if (vector.is_constant()) {
    bool keep = !vector.is_constant_null() && vector.values<uint8_t>()[0] != 0;
    return keep ? count : 0;
  }
  const Vector flat = vector.Flatten();
  const uint8_t* is_true = flat.values<uint8_t>();
  const uint64_t* validity = flat.validity();
  size_t kept = 0;
  for (size_t i = 0; i < count; ++i) {
    const uint32_t row = rows[i];
    const bool valid = validity == nullptr || BitIsSet(validity, row);
    rows[kept] = row;
    kept += is_true[row] & static_cast<unsigned>(valid);
  }
  return kept;
}

}  // namespace shale
