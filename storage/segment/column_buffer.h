// ColumnBuffer: the rows of one column on their way into a segment, in blocks of kChunkRows; text
// as codes of a dictionary that grows, lists as vectors. Then the column's encoded bytes. Not
// thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/vector/vector_builder.h"
#include "storage/codec/block_encoder.h"
#include "storage/segment/dictionary_builder.h"
#include "storage/segment/footer.h"

namespace shale {

// Dictionary and blocks, sealed, in file order.
struct EncodedColumn {
  std::string bytes;
  ColumnFooter footer;
};

class ColumnBuffer {
 public:
  ColumnBuffer(ColumnId id, std::string name, Type type);

  ColumnId id() const { return id_; }
  const Type& type() const { return type_; }
  const std::string& name() const { return name_; }
  uint64_t raw_bytes() const { return raw_bytes_; }
  // `vector` is of the type, or all NULL.
  void Append(const Vector& vector, size_t rows);

  // Encodes everything and lets go of the rows. Blocks are sealed for their place in the segment.
  EncodedColumn Encode(uint64_t segment_id, bool sort_dictionary);

 private:
  struct Block {
    BufferPtr values;                // kChunkRows of the physical type, or uint32_t codes
    std::vector<uint64_t> validity;  // empty: no NULLs so far
    size_t rows = 0;
    uint32_t null_count = 0;
    std::optional<VectorBuilder> lists;  // instead of values and validity
  };

  size_t width() const { return is_text_ ? sizeof(uint32_t) : PhysicalSize(type_.physical()); }
  // Rows [begin, begin + count) of `vector` go to the end of the last block, which has room.
  void AppendToBlock(const Vector& vector, size_t begin, size_t count, Block* block);
  void AppendCodes(const Vector& vector, size_t begin, size_t count, const Block& block,
                   uint32_t* codes);
  void AppendLists(const Vector& vector, size_t rows);
  EncodedColumn EncodeLists(uint64_t segment_id);
  void PutPayload(std::string payload, CodecId codec, size_t index, size_t rows,
                  Compression compression, uint64_t segment_id, EncodedColumn* out);
  void FillNulls(Block* block);
  ZoneMap TextZone(const Block& block);
  void EncodeBlock(Block* block, size_t index, uint64_t segment_id, bool as_codes,
                   BlockEncoder* encoder, EncodedColumn* out);
  std::string DescribeEncodings(const EncodedColumn& column) const;

  const ColumnId id_;
  const std::string name_;
  const Type type_;
  const bool is_text_;
  std::vector<Block> blocks_;
  DictionaryBuilder dictionary_;  // text only
  uint64_t raw_bytes_ = 0;
  uint64_t num_valid_ = 0;
  // Codes seen in the block at hand, by block number + 1.
  std::vector<uint32_t> seen_in_;
  // For DescribeEncodings: blocks by codec, details of the first of each, compressions in use.
  size_t codec_blocks_[256] = {};
  std::string codec_detail_[256];
  bool compressed_[3] = {};
};

}  // namespace shale
