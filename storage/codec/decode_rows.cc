// A few rows of a block: picked one by one from packed and plain values, from whole groups where
// they are dense.
#include <algorithm>
#include <memory>

#include "storage/codec/bit_packing.h"
#include "storage/codec/block.h"

namespace shale {
namespace {

// Unpacking a group of 1,024 costs about as much as picking so many of its values.
constexpr size_t kDenseRows = 8;

template <typename T>
void PickPacked(const PackedSection& section, size_t block_rows, const uint32_t* rows, size_t count,
                T* out) {
  const T base = static_cast<T>(section.base);
  T group[kPackGroup];
  for (size_t i = 0; i < count;) {
    const size_t begin = rows[i] / kPackGroup * kPackGroup;
    size_t end = i + 1;
    while (end < count && rows[end] < begin + kPackGroup) ++end;
    if (end - i < kDenseRows) {
      for (; i < end; ++i) {
        out[i] = static_cast<T>(base + UnpackOne(section.bits, block_rows, section.width, rows[i]));
      }
      continue;
    }
    UnpackBits<T>(section.bits + PackedBytes(begin, section.width),
                  std::min(kPackGroup, block_rows - begin), section.width, base, group);
    for (; i < end; ++i) out[i] = group[rows[i] - begin];
  }
}

template <typename T>
void Pick(const T* values, const uint32_t* rows, size_t count, T* out) {
  for (size_t i = 0; i < count; ++i) out[i] = values[rows[i]];
}

}  // namespace

Status DecodeRows(const LoadedBlock& block, PhysicalType type, const uint32_t* rows, size_t count,
                  void* out) {
  SHALE_CHECK(!block.all_null());
  const size_t size = PhysicalSize(type);
  if (type == PhysicalType::kBool || size == 16) {
    // Booleans are checked and wide values moved as a whole.
    const auto all = std::make_unique_for_overwrite<Interval[]>(block.rows);
    RETURN_IF_ERROR(DecodeValues(block, type, all.get()));
    if (size == 16) {
      Pick(all.get(), rows, count, static_cast<Interval*>(out));
    } else {
      Pick(reinterpret_cast<const uint8_t*>(all.get()), rows, count, static_cast<uint8_t*>(out));
    }
    return OkStatus();
  }
  return WithUnsigned(type, [&]<typename T>() -> Status {
    T* values = static_cast<T*>(out);
    if (block.codec->id == CodecId::kBitPacked && IsIntegerPhysical(type)) {
      ByteReader reader(block.values);
      ASSIGN_OR_RETURN(const PackedSection section,
                       ReadPackedSection(&reader, sizeof(T), block.rows));
      if (!reader.done()) return DataLoss("bit-packed: {} bytes too many", reader.remaining());
      PickPacked<T>(section, block.rows, rows, count, values);
      return OkStatus();
    }
    if (block.codec->id == CodecId::kPlain && block.values.size() == sizeof(T) * block.rows) {
      for (size_t i = 0; i < count; ++i) {
        std::memcpy(values + i, block.values.data() + sizeof(T) * rows[i], sizeof(T));
      }
      return OkStatus();
    }
    const auto all = std::make_unique_for_overwrite<T[]>(block.rows);
    RETURN_IF_ERROR(DecodeValues(block, type, all.get()));
    Pick(all.get(), rows, count, values);
    return OkStatus();
  });
}

}  // namespace shale
