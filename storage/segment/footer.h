// The footer of a segment file: what the segment is, and for each column its type, dictionary,
// block directory and zone maps. Written last; docs/format/segment.md has the bytes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "storage/codec/block.h"
#include "storage/segment/segment.h"

namespace shale {

inline constexpr char kSegmentMagic[] = "SHALESEG";  // 8 bytes without the zero
inline constexpr char kSegmentEndMagic[] = "SHALEEND";
inline constexpr uint32_t kSegmentVersion = 1;
inline constexpr uint32_t kSegmentFeatures = 0;  // required-feature bits that this version knows
inline constexpr size_t kSegmentHeaderBytes = 16;
inline constexpr size_t kSegmentTailBytes = 48;
// A payload up to this size stands in the directory instead of being a block of its own.
inline constexpr size_t kInlinePayloadBytes = 24;
inline constexpr size_t kMaxFooterBytes = size_t{1} << 28;

// Where a block is, or what it is.
struct BlockEntry {
  uint32_t sealed_bytes = 0;  // with its header; 0: `inline_payload`
  uint32_t check = 0;         // low half of the block's checksum
  std::string inline_payload;
};

struct DictionaryEntry {
  uint32_t entries = 0;  // 0: the column has no dictionary
  uint32_t sealed_bytes = 0;
  uint32_t check = 0;
};

// A column as the writer knows it.
struct ColumnFooter {
  SegmentColumn info;
  DictionaryEntry dictionary;
  std::vector<BlockEntry> blocks;
  std::vector<ZoneMap> zones;
};

// The file's last bytes for blocks that end at `footer_offset`: footer and tail. Sets `*checksum`.
std::string EncodeFooter(const SegmentInfo& info, const std::vector<ColumnFooter>& columns,
                         uint64_t footer_offset, uint64_t* checksum);
// Footer and tail from the footer's fields.
std::string SealFooter(const std::string& raw, uint64_t footer_offset, uint64_t* checksum);
// The file's first bytes.
std::string EncodeSegmentHeader();

// ---- reading ------------------------------------------------------------------------------------

struct BlockLocation {
  uint64_t offset = 0;        // in the file; of the payload in FooterContents::bytes when inline
  uint32_t sealed_bytes = 0;  // 0: inline
  uint32_t check = 0;
  uint32_t inline_bytes = 0;
};

struct ColumnContents {
  uint64_t dictionary_offset = 0;
  DictionaryEntry dictionary;
  std::vector<BlockLocation> blocks;
  size_t zones_begin = 0, zones_end = 0;  // in FooterContents::bytes, checked to be well-formed
};

struct FooterContents {
  SegmentInfo info;
  std::vector<ColumnContents> columns;
  BufferPtr bytes;  // decompressed
};

struct TailFields {
  uint64_t checksum = 0;
  uint64_t footer_offset = 0;
  uint32_t stored_bytes = 0;
  uint32_t raw_bytes = 0;
  uint8_t compression = 0;
};
// The tail of a file of `file_bytes`; DataLoss when it cannot be one.
StatusOr<TailFields> ReadTail(ByteSpan tail, uint64_t file_bytes);
// Verifies the checksum over header, footer and tail, then version and features; parses. Nothing
// in the result points outside the file or its footer.
StatusOr<FooterContents> ReadFooter(ByteSpan header, ByteSpan footer, ByteSpan tail,
                                    const TailFields& fields);

}  // namespace shale
