#include "storage/codec/null_section.h"

namespace shale {

NullKind EncodeNulls(const uint64_t* validity, size_t rows, std::string* out) {
  if (validity == nullptr) return NullKind::kNone;
  const size_t valid = CountSetBits(validity, rows);
  if (valid == rows) return NullKind::kNone;
  if (valid == 0) return NullKind::kAll;
  const size_t bitmap_bytes = (rows + 7) / 8;
  std::string runs;
  bool state = true;
  for (size_t begin = 0, row = 0; row <= rows && runs.size() < bitmap_bytes; ++row) {
    if (row < rows && BitIsSet(validity, row) == state) continue;
    PutVarint(row - begin, &runs);
    begin = row;
    state = !state;
  }
  if (runs.size() < bitmap_bytes) {
    out->append(runs);
    return NullKind::kRuns;
  }
  const size_t at = out->size();
  out->append(reinterpret_cast<const char*>(validity), bitmap_bytes);
  if (rows % 8 != 0) {
    out->back() = static_cast<char>(out->back() & ((1 << (rows % 8)) - 1));
  }
  SHALE_DCHECK(out->size() == at + bitmap_bytes);
  (void)at;
  return NullKind::kBitmap;
}

StatusOr<BufferPtr> DecodeNulls(NullKind kind, ByteSpan bytes, size_t rows) {
  BufferPtr buffer = Buffer::AllocateZeroed(BitmapWords(rows) * 8);
  uint64_t* words = reinterpret_cast<uint64_t*>(buffer->data());
  if (kind == NullKind::kBitmap) {
    if (bytes.size() != (rows + 7) / 8) {
      return DataLoss("NULL bitmap: {} bytes for {} rows", bytes.size(), rows);
    }
    std::memcpy(words, bytes.data(), bytes.size());
    if (rows % 64 != 0) words[rows / 64] &= (uint64_t{1} << (rows % 64)) - 1;
    return buffer;
  }
  if (kind != NullKind::kRuns) return DataLoss("NULLs of kind {}", static_cast<int>(kind));
  ByteReader reader(bytes);
  bool valid = true;
  size_t row = 0;
  while (reader.ok() && reader.remaining() > 0) {
    const uint64_t length = reader.Varint();
    if (!reader.ok() || length > rows - row) break;
    if (valid) {
      for (size_t i = row; i < row + length; ++i) SetBit(words, i);
    }
    row += length;
    valid = !valid;
  }
  if (!reader.done() || row != rows) {
    return DataLoss("NULL runs: they cover {} of {} rows", row, rows);
  }
  return buffer;
}

}  // namespace shale
