#include "storage/codec/block.h"

#include "engine/vector/hash.h"

namespace shale {
namespace {

template <typename T>
void Store(T value, char* at) {
  std::memcpy(at, &value, sizeof value);
}

}  // namespace

uint64_t BlockPlace(uint64_t segment_id, int32_t column_id, uint32_t block) {
  const uint64_t column = static_cast<uint32_t>(column_id);
  return HashCombine(HashInt(segment_id), column << 32 | block);
}

Compression SealBlock(std::string_view payload, uint8_t codec, uint32_t rows,
                      Compression compression, uint64_t place, std::string* out) {
  SHALE_CHECK(payload.size() <= kMaxPayloadBytes);
  std::string compressed;
  std::string_view stored = payload;
  if (compression != Compression::kNone) {
    compressed = Compress(compression, payload);
    if (compressed.size() <= payload.size() - payload.size() / 8) {
      stored = compressed;
    } else {
      compression = Compression::kNone;
    }
  }
  const size_t at = out->size();
  out->resize(at + kBlockHeaderBytes, '\0');
  char* header = out->data() + at;
  Store(static_cast<uint32_t>(stored.size()), header + 8);
  Store(static_cast<uint32_t>(payload.size()), header + 12);
  Store(rows, header + 16);
  header[20] = static_cast<char>(codec);
  header[21] = static_cast<char>(compression);
  out->append(stored);
  const uint64_t checksum = XXH3_64bits_withSeed(out->data() + at + 8, out->size() - at - 8, place);
  Store(checksum, out->data() + at);
  return compression;
}

uint64_t SealedChecksum(std::string_view sealed) {
  uint64_t checksum = 0;
  std::memcpy(&checksum, sealed.data(), sizeof checksum);
  return checksum;
}

StatusOr<OpenedBlock> OpenBlock(BufferPtr sealed, size_t sealed_bytes, uint64_t place) {
  const uint8_t* bytes = sealed->data();
  if (sealed_bytes < kBlockHeaderBytes) return DataLoss("a block of {} bytes", sealed_bytes);
  ByteReader reader(ByteSpan(bytes, kBlockHeaderBytes));
  const uint64_t checksum = reader.Fixed<uint64_t>();
  if (XXH3_64bits_withSeed(bytes + 8, sealed_bytes - 8, place) != checksum) {
    return DataLoss("checksum does not match");
  }
  const size_t stored_bytes = reader.Fixed<uint32_t>();
  const size_t payload_bytes = reader.Fixed<uint32_t>();
  OpenedBlock block;
  block.rows = reader.Fixed<uint32_t>();
  block.codec = reader.Fixed<uint8_t>();
  const uint8_t compression = reader.Fixed<uint8_t>();
  const uint16_t zero = reader.Fixed<uint16_t>();
  const uint32_t key_id = reader.Fixed<uint32_t>();
  uint8_t nonce = 0;
  for (const uint8_t byte : reader.TakeRest()) nonce |= byte;
  if (stored_bytes != sealed_bytes - kBlockHeaderBytes || payload_bytes > kMaxPayloadBytes ||
      zero != 0) {
    return DataLoss("impossible block header");
  }
  if (key_id != 0 || nonce != 0) {
    return Unsupported("the block is encrypted (key {}), which this version cannot read", key_id);
  }
  block.compression = static_cast<Compression>(compression);
  const ByteSpan stored(bytes + kBlockHeaderBytes, stored_bytes);
  if (block.compression == Compression::kNone) {
    if (payload_bytes != stored_bytes) return DataLoss("impossible block header");
    block.payload = stored;
    block.buffer = std::move(sealed);
    return block;
  }
  block.buffer = Buffer::Allocate(payload_bytes);
  RETURN_IF_ERROR(Decompress(compression, stored, block.buffer->data(), payload_bytes));
  block.payload = ByteSpan(block.buffer->data(), payload_bytes);
  return block;
}

StatusOr<LoadedBlock> ParsePayload(ByteSpan bytes, BufferPtr buffer, size_t rows) {
  if (rows == 0 || rows > kMaxBlockRows) return DataLoss("a block of {} rows", rows);
  LoadedBlock block;
  block.rows = rows;
  ByteReader reader(bytes);
  const uint8_t codec = reader.Fixed<uint8_t>();
  const NullKind nulls = static_cast<NullKind>(reader.Fixed<uint8_t>());
  if (!reader.ok()) return DataLoss("a payload of {} bytes", bytes.size());
  if (nulls == NullKind::kAll) {
    if (!reader.done()) return DataLoss("all NULL, but {} bytes follow", reader.remaining());
    return block;
  }
  block.codec = FindCodec(codec);
  if (block.codec == nullptr) {
    return DataLoss("codec {} is not known to this version", codec);
  }
  if (nulls != NullKind::kNone) {
    const ByteSpan section = reader.Take(reader.Varint());
    if (!reader.ok()) return DataLoss("the NULL section reaches past the block");
    ASSIGN_OR_RETURN(block.validity, DecodeNulls(nulls, section, rows));
  }
  block.values = reader.TakeRest();
  block.buffer = std::move(buffer);
  return block;
}

Status DecodeValues(const LoadedBlock& block, PhysicalType type, void* out) {
  SHALE_CHECK(!block.all_null());
  RETURN_IF_ERROR(block.codec->decode(block.values, type, block.rows, out));
  if (type == PhysicalType::kBool) {
    const uint8_t* values = static_cast<const uint8_t*>(out);
    uint8_t seen = 0;
    for (size_t i = 0; i < block.rows; ++i) seen |= values[i];
    if (seen > 1) return DataLoss("a BOOLEAN that is neither true nor false");
  }
  return OkStatus();
}

}  // namespace shale
