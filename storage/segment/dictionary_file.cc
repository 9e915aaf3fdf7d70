#include "storage/segment/dictionary_file.h"

#include <algorithm>

#include "engine/vector/hash.h"
#include "storage/codec/bit_packing.h"

namespace shale {
namespace {

constexpr size_t kChunkBytes = 1 << 20;
constexpr size_t kMinBytesToCompress = 64;
constexpr uint8_t kSortedFlag = 1;

}  // namespace

std::string EncodeDictionary(size_t count, bool sorted,
                             const std::function<std::string_view(uint32_t)>& entry) {
  std::vector<uint32_t> lengths(count);
  uint32_t shortest = UINT32_MAX, longest = 0;
  for (uint32_t i = 0; i < count; ++i) {
    lengths[i] = static_cast<uint32_t>(entry(i).size());
    shortest = std::min(shortest, lengths[i]);
    longest = std::max(longest, lengths[i]);
  }
  if (count == 0) shortest = 0;
  std::string payload;
  payload.push_back(static_cast<char>(sorted ? kSortedFlag : 0));
  PutPacked<uint32_t>(lengths.data(), shortest, count, BitWidth(longest - shortest), &payload);

  std::string chunks, directory, raw;
  size_t num_chunks = 0;
  const auto finish_chunk = [&] {
    Compression compression = Compression::kNone;
    std::string stored = raw;
    if (raw.size() >= kMinBytesToCompress) {
      std::string smaller = Compress(Compression::kZstd, raw);
      if (smaller.size() < raw.size() - raw.size() / 16) {
        stored = std::move(smaller);
        compression = Compression::kZstd;
      }
    }
    directory.push_back(static_cast<char>(compression));
    PutVarint(raw.size(), &directory);
    PutVarint(stored.size(), &directory);
    chunks += stored;
    raw.clear();
    ++num_chunks;
  };
  for (uint32_t i = 0; i < count; ++i) {
    raw += entry(i);
    if (raw.size() >= kChunkBytes) finish_chunk();
  }
  if (!raw.empty()) finish_chunk();
  PutVarint(num_chunks, &payload);
  payload += directory;
  payload += chunks;
  return payload;
}

StatusOr<DictionaryPtr> DecodeDictionary(const OpenedBlock& object, const Type& type, uint64_t id,
                                         size_t expected_entries) {
  const size_t count = object.rows;
  if (object.codec != kDictionaryObject || count != expected_entries) {
    return DataLoss("a dictionary of {} entries was expected", expected_entries);
  }
  ByteReader reader(object.payload);
  const uint8_t flags = reader.Fixed<uint8_t>();
  if (!reader.ok() || (flags & ~kSortedFlag) != 0) return DataLoss("flags {}", flags);
  ASSIGN_OR_RETURN(const PackedSection section, ReadPackedSection(&reader, 4, count));
  // A width of zero takes no bytes, so the count alone could ask for any amount of memory.
  if (count > (size_t{1} << 27)) return DataLoss("{} entries", count);
  std::vector<uint32_t> lengths(count);
  UnpackBits<uint32_t>(section.bits, count, section.width, static_cast<uint32_t>(section.base),
                       lengths.data());
  uint64_t total = 0;
  for (const uint32_t length : lengths) total += length;
  if (total > kMaxPayloadBytes) return DataLoss("{} bytes of text", total);

  struct Chunk {
    uint8_t compression;
    uint64_t raw, stored;
  };
  const uint64_t num_chunks = reader.Varint();
  if (!reader.ok() || num_chunks > reader.remaining()) return DataLoss("{} chunks", num_chunks);
  std::vector<Chunk> chunks(num_chunks);
  uint64_t raw_sum = 0, stored_sum = 0;
  for (Chunk& chunk : chunks) {
    chunk.compression = reader.Fixed<uint8_t>();
    chunk.raw = reader.Varint();
    chunk.stored = reader.Varint();
    if (!reader.ok() || chunk.raw > total - raw_sum || chunk.stored > object.payload.size()) {
      return DataLoss("chunks are too long");
    }
    raw_sum += chunk.raw;
    stored_sum += chunk.stored;
  }
  if (raw_sum != total) return DataLoss("chunks hold {} of {} bytes", raw_sum, total);
  if (stored_sum != reader.remaining()) {
    return DataLoss("chunks take {} bytes, there are {}", stored_sum, reader.remaining());
  }
  BufferPtr text = Buffer::Allocate(total);
  uint64_t at = 0;
  for (const Chunk& chunk : chunks) {
    const ByteSpan stored = reader.Take(chunk.stored);
    if (!reader.ok()) return DataLoss("a chunk reaches past the end");
    RETURN_IF_ERROR(Decompress(chunk.compression, stored, text->data() + at, chunk.raw));
    at += chunk.raw;
  }
  if (!reader.done()) return DataLoss("{} bytes too many", reader.remaining());

  auto dictionary = std::make_shared<Dictionary>();
  dictionary->id = id;
  dictionary->sorted = (flags & kSortedFlag) != 0;
  dictionary->distinct = true;
  dictionary->values = Vector::Flat(type, count);
  dictionary->values.AddHeap(text);
  dictionary->hashes.resize(count);
  std::string_view* values = dictionary->values.mutable_values<std::string_view>();
  const char* next = reinterpret_cast<const char*>(text->data());
  for (size_t i = 0; i < count; ++i) {
    values[i] = {next, lengths[i]};
    next += lengths[i];
    dictionary->hashes[i] = HashBytes(values[i]);
  }
  return DictionaryPtr(std::move(dictionary));
}

int64_t DictionaryBytes(const Dictionary& dictionary) {
  int64_t text = 0;
  const std::string_view* values = dictionary.values.values<std::string_view>();
  if (dictionary.size() > 0) {
    text = values[dictionary.size() - 1].data() + values[dictionary.size() - 1].size() -
           values[0].data();
  }
  return text + static_cast<int64_t>(sizeof(Dictionary) + dictionary.size() * 24);
}

}  // namespace shale
