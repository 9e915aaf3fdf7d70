#include "storage/segment/column_buffer.h"

#include <algorithm>

#include "storage/codec/list_block.h"
#include "storage/segment/dictionary_file.h"
#include "storage/segment/zone_map.h"

namespace shale {
namespace {

// A text column keeps its dictionary while distinct values are at most this share of the rows.
constexpr double kMaxDistinctShare = 0.75;
// After so many rows, a column whose values are nearly all new stops being looked up.
constexpr uint64_t kRowsBeforeStop = 32768;
constexpr double kStopShare = 0.95;

// The first value's bytes: a slice's offset counts values.
const uint8_t* FlatBytes(const Vector& vector, size_t width) {
  switch (width) {
    case 1: return vector.values<uint8_t>();
    case 2: return reinterpret_cast<const uint8_t*>(vector.values<uint16_t>());
    case 4: return reinterpret_cast<const uint8_t*>(vector.values<uint32_t>());
    case 8: return reinterpret_cast<const uint8_t*>(vector.values<uint64_t>());
    default: return reinterpret_cast<const uint8_t*>(vector.values<Interval>());
  }
}

}  // namespace

ColumnBuffer::ColumnBuffer(ColumnId id, std::string name, Type type)
    : id_(id), name_(std::move(name)), type_(std::move(type)), is_text_(type_.IsStringLike()) {}

void ColumnBuffer::AppendLists(const Vector& vector, size_t rows) {
  for (size_t begin = 0; begin < rows;) {
    if (blocks_.empty() || blocks_.back().rows == kChunkRows) {
      blocks_.emplace_back();
      blocks_.back().lists.emplace(type_);
    }
    Block* block = &blocks_.back();
    const size_t count = std::min<size_t>(rows - begin, kChunkRows - block->rows);
    const size_t before = block->lists->size_bytes();
    if (vector.is_constant_null()) {
      for (size_t i = 0; i < count; ++i) block->lists->AppendNull();
      block->null_count += count;
    } else {
      block->lists->AppendRange(vector, begin, count);
      for (size_t i = 0; vector.has_nulls() && i < count; ++i) {
        block->null_count += vector.IsNull(begin + i);
      }
    }
    raw_bytes_ += block->lists->size_bytes() - before;
    block->rows += count;
    begin += count;
  }
}

void ColumnBuffer::Append(const Vector& vector, size_t rows) {
  if (type_.id() == TypeId::kList) return AppendLists(vector, rows);
  // Fixed-width values of any other encoding are laid out flat first; text keeps its codes.
  const bool all_null = vector.is_constant_null();
  const Vector flat = is_text_ || all_null || vector.is_flat() ? vector : vector.Flatten();
  for (size_t begin = 0; begin < rows;) {
    if (blocks_.empty() || blocks_.back().rows == kChunkRows) {
      blocks_.emplace_back();
      blocks_.back().values = Buffer::Allocate(kChunkRows * width());
    }
    Block* block = &blocks_.back();
    const size_t count = std::min<size_t>(rows - begin, kChunkRows - block->rows);
    AppendToBlock(flat, begin, count, block);
    begin += count;
  }
  if (is_text_ && dictionary_.distinct() && num_valid_ >= kRowsBeforeStop &&
      static_cast<double>(dictionary_.size()) > kStopShare * static_cast<double>(num_valid_)) {
    dictionary_.StopLooking();
  }
}

void ColumnBuffer::AppendToBlock(const Vector& vector, size_t begin, size_t count, Block* block) {
  const size_t at = block->rows;
  uint32_t nulls = 0;
  const bool all_null = vector.is_constant_null();
  // A run vector's bit stands for a run; everything else has a bit a row or one for all.
  const auto is_null = [&](size_t row) {
    if (vector.validity() == nullptr) return false;
    if (vector.is_constant()) return all_null;
    if (vector.is_run()) return vector.IsNull(row);
    return !BitIsSet(vector.validity(), row);
  };
  if (vector.validity() != nullptr) {
    for (size_t i = 0; i < count; ++i) nulls += is_null(begin + i);
  }
  if (nulls > 0 && block->validity.empty()) {
    block->validity.assign(BitmapWords(kChunkRows), ~uint64_t{0});
  }
  if (nulls > 0) {
    for (size_t i = 0; i < count; ++i) {
      if (is_null(begin + i)) ClearBit(block->validity.data(), at + i);
    }
  }
  uint8_t* values = block->values->data() + at * width();
  if (all_null) {
    std::memset(values, 0, count * width());
  } else if (is_text_) {
    AppendCodes(vector, begin, count, *block, reinterpret_cast<uint32_t*>(values));
  } else {
    std::memcpy(values, FlatBytes(vector, width()) + begin * width(), count * width());
  }
  block->rows += count;
  block->null_count += nulls;
  num_valid_ += count - nulls;
  if (!is_text_) raw_bytes_ += count * width();
}

void ColumnBuffer::AppendCodes(const Vector& vector, size_t begin, size_t count, const Block& block,
                               uint32_t* codes) {
  if (vector.is_constant()) {
    const std::string_view text = vector.values<std::string_view>()[0];
    raw_bytes_ += count * (text.size() + 1);
    if (dictionary_.distinct()) {
      std::fill_n(codes, count, dictionary_.InternOne(text));
    } else {
      for (size_t i = 0; i < count; ++i) codes[i] = dictionary_.InternOne(text);
    }
    return;
  }
  const Vector part = vector.is_run()                        ? vector.Flatten().Slice(begin, count)
                      : begin == 0 && count == vector.size() ? vector
                                                             : vector.Slice(begin, count);
  if (part.is_dictionary()) {
    dictionary_.InternDictionary(part, count, codes);
  } else {
    dictionary_.Intern(part.values<std::string_view>(), part.validity(), count, codes);
  }
  raw_bytes_ += count;
  for (size_t i = 0; i < count; ++i) {
    const size_t row = block.rows + i;
    const bool valid = block.validity.empty() || BitIsSet(block.validity.data(), row);
    if (valid) raw_bytes_ += dictionary_.entry(codes[i]).size();
  }
}

// Under a NULL stands what stood before it (the first value at the beginning), so that runs and
// ranges are those of the values alone.
void ColumnBuffer::FillNulls(Block* block) {
  if (block->null_count == 0 || block->null_count == block->rows) return;
  const uint64_t* validity = block->validity.data();
  const size_t size = width();
  uint8_t* values = block->values->data();
  size_t last = 0;
  while (!BitIsSet(validity, last)) ++last;
  for (size_t i = 0; i < block->rows; ++i) {
    if (BitIsSet(validity, i)) {
      last = i;
    } else {
      std::memcpy(values + i * size, values + last * size, size);
    }
  }
}

ZoneMap ColumnBuffer::TextZone(const Block& block) {
  ZoneMap zone;
  zone.null_count = block.null_count;
  if (block.null_count == block.rows) return zone;
  const uint32_t* codes = reinterpret_cast<const uint32_t*>(block.values->data());
  seen_in_.resize(dictionary_.size());
  const uint32_t stamp = static_cast<uint32_t>(&block - blocks_.data()) + 1;
  std::string_view low = dictionary_.entry(codes[0]), high = low;
  for (size_t i = 0; i < block.rows; ++i) {
    if (seen_in_[codes[i]] == stamp) continue;
    seen_in_[codes[i]] = stamp;
    const std::string_view text = dictionary_.entry(codes[i]);
    if (text < low) low = text;
    if (high < text) high = text;
  }
  return ZoneOfText(type_, low, high, block.null_count);
}

void ColumnBuffer::EncodeBlock(Block* block, size_t index, uint64_t segment_id, bool as_codes,
                               BlockEncoder* encoder, EncodedColumn* out) {
  ZoneMap zone = is_text_
                     ? TextZone(*block)
                     : ZoneOfValues(type_, block->values->data(), block->rows, block->null_count);
  MergeZone(zone, index == 0, &out->footer.info.zone);
  out->footer.zones.push_back(std::move(zone));

  const uint64_t* validity = block->null_count > 0 ? block->validity.data() : nullptr;
  CodecId codec;
  std::string payload;
  if (is_text_ && !as_codes) {
    std::vector<std::string_view> texts(block->rows);
    const uint32_t* codes = reinterpret_cast<const uint32_t*>(block->values->data());
    for (size_t i = 0; i < block->rows; ++i) {
      const bool valid = validity == nullptr || BitIsSet(validity, i);
      if (valid) texts[i] = dictionary_.entry(codes[i]);
    }
    payload = encoder->Encode(texts.data(), validity, block->rows, &codec);
  } else {
    payload = encoder->Encode(block->values->data(), validity, block->rows, &codec);
  }
  const uint8_t codec_byte = static_cast<uint8_t>(codec);
  if (codec_blocks_[codec_byte]++ == 0 && block->null_count < block->rows) {
    const auto parsed = ParsePayload(AsBytes(payload), nullptr, block->rows);
    SHALE_CHECK(parsed.ok());
    const PhysicalType type = as_codes ? PhysicalType::kUInt32 : type_.physical();
    codec_detail_[codec_byte] = parsed->codec->describe(parsed->values, type);
  }

  PutPayload(std::move(payload), codec, index, block->rows, encoder->compression(), segment_id,
             out);
  block->values.reset();
}

void ColumnBuffer::PutPayload(std::string payload, CodecId codec, size_t index, size_t rows,
                              Compression compression, uint64_t segment_id, EncodedColumn* out) {
  BlockEntry entry;
  if (payload.size() <= kInlinePayloadBytes) {
    out->footer.info.stored_bytes += payload.size();
    entry.inline_payload = std::move(payload);
  } else {
    const size_t at = out->bytes.size();
    const Compression used =
        SealBlock(payload, static_cast<uint8_t>(codec), static_cast<uint32_t>(rows), compression,
                  BlockPlace(segment_id, id_, static_cast<uint32_t>(index)), &out->bytes);
    compressed_[static_cast<int>(used)] = true;
    entry.sealed_bytes = static_cast<uint32_t>(out->bytes.size() - at);
    entry.check = static_cast<uint32_t>(SealedChecksum(std::string_view(out->bytes).substr(at)));
    out->footer.info.stored_bytes += entry.sealed_bytes;
  }
  out->footer.blocks.push_back(std::move(entry));
}

// Whether LZ4 or zstd goes over the blocks is tried on the first: LZ4 must save an eighth, zstd
// three tenths more.
EncodedColumn ColumnBuffer::EncodeLists(uint64_t segment_id) {
  EncodedColumn out;
  SegmentColumn& info = out.footer.info;
  info.id = id_;
  info.name = name_;
  info.type = type_;
  info.raw_bytes = raw_bytes_;
  Compression compression = Compression::kNone;
  bool decided = false;
  for (size_t i = 0; i < blocks_.size(); ++i) {
    Block& block = blocks_[i];
    ZoneMap zone;
    zone.null_count = block.null_count;
    zone.exact = block.null_count == block.rows;
    MergeZone(zone, i == 0, &info.zone);
    out.footer.zones.push_back(std::move(zone));
    std::string payload = EncodeListPayload(block.lists->Finish());
    block.lists.reset();
    const bool all_null = block.null_count == block.rows;
    const CodecId codec = all_null ? CodecId::kConstant : CodecId::kList;
    ++codec_blocks_[static_cast<uint8_t>(codec)];
    if (!decided && !all_null) {
      decided = true;
      const size_t lz4 = Compress(Compression::kLz4, payload).size();
      const size_t zstd = Compress(Compression::kZstd, payload).size();
      if (lz4 * 8 < payload.size() * 7) compression = Compression::kLz4;
      if (zstd * 10 < std::min(lz4, payload.size()) * 7) compression = Compression::kZstd;
    }
    PutPayload(std::move(payload), codec, i, block.rows, compression, segment_id, &out);
  }
  info.encodings = DescribeEncodings(out);
  blocks_.clear();
  return out;
}

EncodedColumn ColumnBuffer::Encode(uint64_t segment_id, bool sort_dictionary) {
  if (type_.id() == TypeId::kList) return EncodeLists(segment_id);
  EncodedColumn out;
  SegmentColumn& info = out.footer.info;
  info.id = id_;
  info.name = name_;
  info.type = type_;
  info.raw_bytes = raw_bytes_;
  const bool as_codes = is_text_ && dictionary_.distinct() && dictionary_.size() > 0 &&
                        static_cast<double>(dictionary_.size()) <=
                            kMaxDistinctShare * static_cast<double>(num_valid_);
  for (Block& block : blocks_) FillNulls(&block);
  if (as_codes) {
    bool sorted = true;
    for (uint32_t i = 1; i < dictionary_.size() && sorted; ++i) {
      sorted = dictionary_.entry(i - 1) < dictionary_.entry(i);
    }
    if (sort_dictionary && !sorted) {
      const std::vector<uint32_t> new_codes = dictionary_.Sort();
      for (Block& block : blocks_) {
        if (block.null_count == block.rows) continue;
        uint32_t* codes = reinterpret_cast<uint32_t*>(block.values->data());
        for (size_t i = 0; i < block.rows; ++i) codes[i] = new_codes[codes[i]];
      }
      sorted = true;
    }
    const std::string payload = EncodeDictionary(
        dictionary_.size(), sorted, [&](uint32_t code) { return dictionary_.entry(code); });
    const uint32_t entries = static_cast<uint32_t>(dictionary_.size());
    SealBlock(payload, kDictionaryObject, entries, Compression::kNone,
              BlockPlace(segment_id, id_, UINT32_MAX), &out.bytes);
    out.footer.dictionary = {entries, static_cast<uint32_t>(out.bytes.size()),
                             static_cast<uint32_t>(SealedChecksum(out.bytes))};
    info.dictionary_size = entries;
    info.dictionary_sorted = sorted;
    info.stored_bytes += out.bytes.size();
  }

  BlockEncoder encoder(as_codes ? PhysicalType::kUInt32 : type_.physical(), as_codes);
  const size_t num_samples = blocks_.size() <= 4 ? 1 : blocks_.size() <= 32 ? 2 : 3;
  for (size_t i = 0; i < num_samples && !blocks_.empty(); ++i) {
    const Block& block = blocks_[(2 * i + 1) * blocks_.size() / (2 * num_samples)];
    if (block.null_count == block.rows) continue;
    if (is_text_ && !as_codes) {
      std::vector<std::string_view> texts(block.rows);
      const uint32_t* codes = reinterpret_cast<const uint32_t*>(block.values->data());
      for (size_t row = 0; row < block.rows; ++row) texts[row] = dictionary_.entry(codes[row]);
      encoder.Sample(texts.data(), block.rows);
    } else {
      encoder.Sample(block.values->data(), block.rows);
    }
  }
  for (size_t i = 0; i < blocks_.size(); ++i) {
    EncodeBlock(&blocks_[i], i, segment_id, as_codes, &encoder, &out);
  }
  info.encodings = DescribeEncodings(out);
  blocks_.clear();
  dictionary_ = DictionaryBuilder();
  return out;
}

// "dictionary, bit-packed 11 bits, zstd": the codec of most blocks, then the others.
std::string ColumnBuffer::DescribeEncodings(const EncodedColumn& column) const {
  std::vector<uint8_t> codecs;
  for (int i = 0; i < 256; ++i) {
    if (codec_blocks_[i] > 0) codecs.push_back(static_cast<uint8_t>(i));
  }
  std::stable_sort(codecs.begin(), codecs.end(),
                   [&](uint8_t a, uint8_t b) { return codec_blocks_[a] > codec_blocks_[b]; });
  std::string text = column.footer.dictionary.entries > 0 ? "dictionary" : "";
  const auto add = [&](std::string_view part) {
    if (!text.empty()) text += ", ";
    text += part;
  };
  for (const uint8_t codec : codecs) {
    add(FindCodec(codec)->name);
    if (!codec_detail_[codec].empty()) text += " " + codec_detail_[codec];
  }
  for (const Compression compression : {Compression::kLz4, Compression::kZstd}) {
    if (compressed_[static_cast<int>(compression)]) add(CompressionName(compression));
  }
  return text;
}

}  // namespace shale
