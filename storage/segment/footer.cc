#include "storage/segment/footer.h"

#include "engine/vector/hash.h"
#include "storage/segment/zone_map.h"

namespace shale {
namespace {

constexpr int kMaxTypeDepth = 32;
constexpr uint8_t kDictionaryFlag = 1, kSortedFlag = 2;
constexpr size_t kChecksumBytes = 8;

uint64_t FooterChecksum(ByteSpan header, ByteSpan footer, ByteSpan tail) {
  XXH3_state_t* state = XXH3_createState();
  XXH3_64bits_reset(state);
  XXH3_64bits_update(state, header.data(), header.size());
  XXH3_64bits_update(state, footer.data(), footer.size());
  XXH3_64bits_update(state, tail.data() + kChecksumBytes, tail.size() - kChecksumBytes);
  const uint64_t checksum = XXH3_64bits_digest(state);
  XXH3_freeState(state);
  return checksum;
}

void PutType(const Type& type, std::string* out) {
  out->push_back(static_cast<char>(type.id()));
  switch (type.id()) {
    case TypeId::kDecimal:
      out->push_back(static_cast<char>(type.precision()));
      out->push_back(static_cast<char>(type.scale()));
      break;
    case TypeId::kList: PutType(type.child(), out); break;
    case TypeId::kStruct:
      PutVarint(type.fields().size(), out);
      for (const auto& [name, field] : type.fields()) {
        PutText(name, out);
        PutType(field, out);
      }
      break;
    default: break;
  }
}

StatusOr<Type> TakeType(ByteReader* reader, int depth) {
  const uint8_t id = reader->Fixed<uint8_t>();
  if (!reader->ok() || depth > kMaxTypeDepth) return DataLoss("a type is cut short");
  if (id > static_cast<uint8_t>(TypeId::kStruct)) {
    return DataLoss("type {} is not known to this version", id);
  }
  switch (static_cast<TypeId>(id)) {
    case TypeId::kDecimal: {
      const int precision = reader->Fixed<uint8_t>();
      const int scale = reader->Fixed<uint8_t>();
      if (precision < 1 || precision > kMaxDecimalPrecision || scale > precision) {
        return DataLoss("DECIMAL({},{})", precision, scale);
      }
      return Type::Decimal(precision, scale);
    }
    case TypeId::kList: {
      ASSIGN_OR_RETURN(Type child, TakeType(reader, depth + 1));
      return Type::List(std::move(child));
    }
    case TypeId::kStruct: {
      const uint64_t count = reader->Varint();
      if (!reader->ok() || count > reader->remaining()) return DataLoss("a STRUCT is cut short");
      std::vector<std::pair<std::string, Type>> fields;
      for (uint64_t i = 0; i < count; ++i) {
        std::string name(reader->Text());
        ASSIGN_OR_RETURN(Type field, TakeType(reader, depth + 1));
        fields.emplace_back(std::move(name), std::move(field));
      }
      return Type::Struct(std::move(fields));
    }
    default: return Type(static_cast<TypeId>(id));
  }
}

void PutColumn(const ColumnFooter& column, std::string* out) {
  const SegmentColumn& info = column.info;
  PutSigned(info.id, out);
  PutText(info.name, out);
  PutType(info.type, out);
  PutVarint(info.raw_bytes, out);
  PutVarint(info.stored_bytes, out);
  PutText(info.encodings, out);
  PutZone(info.zone, info.type, out);
  const bool has_dictionary = column.dictionary.entries != 0;
  out->push_back(static_cast<char>((has_dictionary ? kDictionaryFlag : 0) |
                                   (info.dictionary_sorted ? kSortedFlag : 0)));
  if (has_dictionary) {
    PutVarint(0, out);  // permanent id of a shared dictionary; 0: this segment's own
    PutVarint(column.dictionary.entries, out);
    PutVarint(column.dictionary.sealed_bytes, out);
    PutFixed(column.dictionary.check, out);
  }
  for (const BlockEntry& block : column.blocks) PutVarint(block.sealed_bytes, out);
  for (const BlockEntry& block : column.blocks) {
    if (block.sealed_bytes == 0) {
      PutText(block.inline_payload, out);
    } else {
      PutFixed(block.check, out);
    }
  }
  std::string zones;
  for (const ZoneMap& zone : column.zones) PutZone(zone, info.type, &zones);
  PutText(zones, out);
}

class FooterParser {
 public:
  FooterParser(FooterContents* contents, const TailFields& fields)
      : contents_(contents),
        fields_(fields),
        bytes_(contents->bytes->data(), fields.raw_bytes),
        reader_(bytes_) {}

  Status Parse() {
    SegmentInfo& info = contents_->info;
    info.segment_id = reader_.Varint();
    info.table_id = reader_.Varint();
    info.schema_id = static_cast<uint32_t>(reader_.Varint());
    info.num_rows = reader_.Varint();
    info.min_seq = reader_.Varint();
    info.max_seq = reader_.Varint();
    const uint64_t num_sorted = reader_.Varint();
    if (!reader_.ok() || num_sorted > reader_.remaining() || info.num_rows > kMaxSegmentRows) {
      return DataLoss("impossible footer");
    }
    for (uint64_t i = 0; i < num_sorted; ++i) {
      info.sorted_by.push_back(static_cast<ColumnId>(reader_.Signed()));
    }
    const uint64_t num_columns = reader_.Varint();
    if (!reader_.ok() || num_columns > reader_.remaining()) return DataLoss("impossible footer");
    info.columns.resize(num_columns);
    contents_->columns.resize(num_columns);
    offset_ = kSegmentHeaderBytes;
    for (uint64_t i = 0; i < num_columns; ++i) {
      RETURN_IF_ERROR(ParseColumn(&info.columns[i], &contents_->columns[i]));
    }
    if (!reader_.done()) return DataLoss("the footer has {} bytes too many", reader_.remaining());
    if (offset_ != fields_.footer_offset) {
      return DataLoss("blocks end at byte {}, the footer begins at {}", offset_,
                      fields_.footer_offset);
    }
    return OkStatus();
  }

 private:
  size_t Position() const { return static_cast<size_t>(reader_.position() - bytes_.data()); }

  Status Place(uint64_t sealed_bytes, uint64_t* offset) {
    if (sealed_bytes > fields_.footer_offset - offset_ || sealed_bytes < kBlockHeaderBytes) {
      return DataLoss("a block of {} bytes", sealed_bytes);
    }
    *offset = offset_;
    offset_ += sealed_bytes;
    return OkStatus();
  }

  Status ParseColumn(SegmentColumn* info, ColumnContents* column) {
    info->id = static_cast<ColumnId>(reader_.Signed());
    info->name = reader_.Text();
    ASSIGN_OR_RETURN(info->type, TakeType(&reader_, 0));
    const Type* innermost = &info->type;
    while (innermost->id() == TypeId::kList) innermost = &innermost->child();
    if (innermost->id() == TypeId::kStruct) {
      return Unsupported("column {}: this version cannot read {}", info->name,
                         info->type.ToString());
    }
    info->raw_bytes = reader_.Varint();
    info->stored_bytes = reader_.Varint();
    info->encodings = reader_.Text();
    if (!ReadZone(&reader_, info->type, &info->zone)) {
      return DataLoss("column {}: impossible bounds", info->name);
    }
    const uint8_t flags = reader_.Fixed<uint8_t>();
    if (!reader_.ok() || flags > (kDictionaryFlag | kSortedFlag)) {
      return DataLoss("column {}: flags {}", info->name, flags);
    }
    if (flags & kDictionaryFlag) {
      if (!info->type.IsStringLike()) {
        return DataLoss("column {}: a dictionary of {}", info->name, info->type.ToString());
      }
      const uint64_t shared_id = reader_.Varint();
      const uint64_t entries = reader_.Varint();
      const uint64_t sealed_bytes = reader_.Varint();
      column->dictionary.check = reader_.Fixed<uint32_t>();
      if (shared_id != 0) {
        return Unsupported("column {}: its dictionary {} is in another file", info->name,
                           shared_id);
      }
      if (!reader_.ok() || entries == 0 || entries > kMaxSegmentRows) {
        return DataLoss("column {}: a dictionary of {} entries", info->name, entries);
      }
      RETURN_IF_ERROR(Place(sealed_bytes, &column->dictionary_offset));
      column->dictionary.entries = static_cast<uint32_t>(entries);
      column->dictionary.sealed_bytes = static_cast<uint32_t>(sealed_bytes);
      info->dictionary_size = static_cast<uint32_t>(entries);
      info->dictionary_sorted = (flags & kSortedFlag) != 0;
    }
    const size_t num_blocks = (contents_->info.num_rows + kChunkRows - 1) / kChunkRows;
    if (num_blocks > reader_.remaining()) return DataLoss("column {}: cut short", info->name);
    column->blocks.resize(num_blocks);
    for (BlockLocation& block : column->blocks) {
      const uint64_t sealed_bytes = reader_.Varint();
      if (sealed_bytes == 0) continue;
      RETURN_IF_ERROR(Place(sealed_bytes, &block.offset));
      if (sealed_bytes > kMaxPayloadBytes + kBlockHeaderBytes) {
        return DataLoss("column {}: a block of {} bytes", info->name, sealed_bytes);
      }
      block.sealed_bytes = static_cast<uint32_t>(sealed_bytes);
    }
    for (BlockLocation& block : column->blocks) {
      if (block.sealed_bytes != 0) {
        block.check = reader_.Fixed<uint32_t>();
        continue;
      }
      const std::string_view payload = reader_.Text();
      if (!reader_.ok()) return DataLoss("column {}: cut short", info->name);
      block.offset = Position() - payload.size();
      block.inline_bytes = static_cast<uint32_t>(payload.size());
    }
    const std::string_view zones = reader_.Text();
    if (!reader_.ok()) return DataLoss("column {}: cut short", info->name);
    column->zones_end = Position();
    column->zones_begin = column->zones_end - zones.size();
    ByteReader zone_reader(AsBytes(zones));
    for (size_t i = 0; i < num_blocks; ++i) {
      if (!SkipZone(&zone_reader, info->type)) {
        return DataLoss("column {}: impossible bounds of block {}", info->name, i);
      }
    }
    if (!zone_reader.done()) return DataLoss("column {}: too many bounds", info->name);
    return OkStatus();
  }

  FooterContents* contents_;
  const TailFields& fields_;
  ByteSpan bytes_;
  ByteReader reader_;
  uint64_t offset_ = 0;
};

}  // namespace

std::string EncodeSegmentHeader() {
  std::string header(kSegmentMagic, 8);
  PutFixed(kSegmentVersion, &header);
  PutFixed(kSegmentFeatures, &header);
  return header;
}

std::string EncodeFooter(const SegmentInfo& info, const std::vector<ColumnFooter>& columns,
                         uint64_t footer_offset, uint64_t* checksum) {
  std::string raw;
  PutVarint(info.segment_id, &raw);
  PutVarint(info.table_id, &raw);
  PutVarint(info.schema_id, &raw);
  PutVarint(info.num_rows, &raw);
  PutVarint(info.min_seq, &raw);
  PutVarint(info.max_seq, &raw);
  PutVarint(info.sorted_by.size(), &raw);
  for (const ColumnId id : info.sorted_by) PutSigned(id, &raw);
  PutVarint(columns.size(), &raw);
  for (const ColumnFooter& column : columns) PutColumn(column, &raw);
  return SealFooter(raw, footer_offset, checksum);
}

std::string SealFooter(const std::string& raw, uint64_t footer_offset, uint64_t* checksum) {
  SHALE_CHECK(raw.size() <= kMaxFooterBytes);
  Compression compression = Compression::kZstd;
  std::string footer = Compress(compression, raw);
  if (footer.size() >= raw.size()) {
    footer = raw;
    compression = Compression::kNone;
  }

  std::string tail;
  PutFixed(uint64_t{0}, &tail);
  PutFixed(footer_offset, &tail);
  PutFixed(static_cast<uint32_t>(footer.size()), &tail);
  PutFixed(static_cast<uint32_t>(raw.size()), &tail);
  PutFixed(kSegmentVersion, &tail);
  PutFixed(kSegmentFeatures, &tail);
  tail.push_back(static_cast<char>(compression));
  tail.append(7, '\0');
  tail.append(kSegmentEndMagic, 8);
  SHALE_CHECK(tail.size() == kSegmentTailBytes);
  const std::string header = EncodeSegmentHeader();
  *checksum = FooterChecksum(AsBytes(header), AsBytes(footer), AsBytes(tail));
  std::memcpy(tail.data(), checksum, kChecksumBytes);
  return footer + tail;
}

StatusOr<TailFields> ReadTail(ByteSpan tail, uint64_t file_bytes) {
  SHALE_CHECK(tail.size() == kSegmentTailBytes);
  if (std::memcmp(tail.data() + 40, kSegmentEndMagic, 8) != 0) {
    return DataLoss("this is no Shale segment, or its end is missing or damaged");
  }
  ByteReader reader(tail);
  TailFields fields;
  fields.checksum = reader.Fixed<uint64_t>();
  fields.footer_offset = reader.Fixed<uint64_t>();
  fields.stored_bytes = reader.Fixed<uint32_t>();
  fields.raw_bytes = reader.Fixed<uint32_t>();
  reader.Take(8);  // version and features, looked at when the checksum is known to match
  fields.compression = reader.Fixed<uint8_t>();
  if (fields.footer_offset < kSegmentHeaderBytes || fields.footer_offset > file_bytes ||
      fields.footer_offset + fields.stored_bytes + kSegmentTailBytes != file_bytes ||
      fields.raw_bytes > kMaxFooterBytes) {
    return DataLoss("the footer's place does not fit a file of {} bytes", file_bytes);
  }
  return fields;
}

StatusOr<FooterContents> ReadFooter(ByteSpan header, ByteSpan footer, ByteSpan tail,
                                    const TailFields& fields) {
  if (FooterChecksum(header, footer, tail) != fields.checksum) {
    return DataLoss("the footer's checksum does not match");
  }
  uint32_t version, features;
  std::memcpy(&version, tail.data() + 24, 4);
  std::memcpy(&features, tail.data() + 28, 4);
  if (version > kSegmentVersion || (features & ~kSegmentFeatures) != 0) {
    return Unsupported(
        "written by a newer Shale (format {}, features {:#x}); this one reads format {} and "
        "features {:#x}",
        version, features, kSegmentVersion, kSegmentFeatures);
  }
  const std::string expected = EncodeSegmentHeader();
  if (std::memcmp(header.data(), expected.data(), expected.size()) != 0) {
    return DataLoss("header and footer disagree");
  }
  FooterContents contents;
  contents.bytes = Buffer::Allocate(fields.raw_bytes);
  RETURN_IF_ERROR(Decompress(fields.compression, footer, contents.bytes->data(), fields.raw_bytes));
  RETURN_IF_ERROR(FooterParser(&contents, fields).Parse());
  return contents;
}

}  // namespace shale
