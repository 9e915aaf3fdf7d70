// Segment: immutable columns in one write-once file, footer last; at most kMaxSegmentRows rows and
// kMaxSegmentRawBytes raw. Blocks of kChunkRows (8,192) rows are aligned across columns; each block
// is encoded, optionally compressed, and checksummed on its own. docs/format/segment.md has the
// bytes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/status.h"
#include "engine/vector/vector.h"
#include "storage/io/io.h"
#include "storage/table/schema.h"

namespace shale {

inline constexpr uint64_t kMaxSegmentRows = 1 << 20;
inline constexpr uint64_t kMaxSegmentRawBytes = 256 << 20;

class BlockCache;  // storage/cache/block_cache.h

// Bounds of a block's or segment's non-NULL values. Text bounds are cut to kZoneTextBytes: `min`
// rounds down, `max` rounds up (and is absent when it cannot), exact says nothing was cut.
inline constexpr size_t kZoneTextBytes = 64;
struct ZoneMap {
  std::optional<Value> min, max;  // absent: all NULL, or not known
  bool exact = true;
  uint32_t null_count = 0;
};

struct SegmentColumn {
  ColumnId id = 0;
  std::string name;  // at the time of writing, for error messages and inspect
  Type type;
  ZoneMap zone;
  uint64_t stored_bytes = 0;
  uint64_t raw_bytes = 0;
  uint32_t dictionary_size = 0;  // entries; 0: no dictionary
  bool dictionary_sorted = false;
  std::string encodings;  // for people: "dictionary, bit-packed 11"
};

struct SegmentInfo {
  uint64_t segment_id = 0;
  TableId table_id = 0;
  uint32_t schema_id = 0;
  uint64_t num_rows = 0;
  uint64_t file_bytes = 0;
  uint64_t footer_checksum = 0;
  uint64_t min_seq = 0, max_seq = 0;
  std::vector<ColumnId> sorted_by;  // rows ascend by these columns
  std::vector<SegmentColumn> columns;
};

// Collects rows and writes the file. Not thread-safe.
class SegmentWriter {
 public:
  struct Options {
    uint64_t segment_id = 0;
    std::vector<ColumnId> sorted_by;
    bool sort_dictionaries = false;  // compaction does; a seal or load keeps append order
    int num_workers = 1;             // columns are encoded in parallel
  };
  // `seq` values come with the rows as column kSeqColumn, which is stored like any other.
  static std::unique_ptr<SegmentWriter> Create(const TableSchema& schema, Options options);
  virtual ~SegmentWriter() = default;
  // Schema columns in order, then kSeqColumn (UBIGINT). Any encoding; dictionary vectors keep their
  // codes.
  virtual Status Append(const Chunk& rows) = 0;
  virtual uint64_t num_rows() const = 0;
  virtual uint64_t raw_bytes() const = 0;
  // Encodes, writes `path` (which must not exist) and fsyncs it. The directory's fsync is the
  // caller's.
  virtual StatusOr<SegmentInfo> Finish(Disk* disk, const std::string& path) = 0;
};

// A part of a segment's file that is not what was written.
struct SegmentDamage {
  std::string column;  // "" for the footer
  std::string place;   // "block 3", "dictionary", "footer"
  Status status;       // names file, column and place
};

// An open segment. Thread-safe. Everything read has been verified against its checksum; an error is
// DataLoss naming file, column and block.
class SegmentReader {
 public:
  // Reads and verifies the footer (against `expected_footer_checksum` unless 0).
  static StatusOr<std::shared_ptr<SegmentReader>> Open(Disk* disk, const std::string& path,
                                                       BlockCache* cache,
                                                       uint64_t expected_footer_checksum);
  virtual ~SegmentReader() = default;
  virtual const SegmentInfo& info() const = 0;
  virtual const std::string& path() const = 0;
  // Index into info().columns, or -1: the column is younger than the segment.
  virtual int FindColumn(ColumnId id) const = 0;
  virtual size_t num_blocks() const = 0;
  size_t BlockRows(size_t block) const {
    uint64_t begin = uint64_t{block} * kChunkRows;
    return std::min<uint64_t>(kChunkRows, info().num_rows - begin);
  }
  virtual const ZoneMap& Zone(int column, size_t block) const = 0;
  // The dictionary of a dictionary column (null for others): one object for the segment's lifetime
  // in the cache, with hashes; its id is stable for as long as the segment is open.
  virtual StatusOr<DictionaryPtr> ReadDictionary(int column) = 0;
  // One block: dictionary, constant, run or flat vector.
  virtual StatusOr<Vector> ReadBlock(int column, size_t block) = 0;
  // For a dictionary column: the rows of the block whose code has match[code] != 0, ascending, into
  // `rows` (room for kChunkRows); NULL rows never match. Returns how many. Works on packed codes.
  virtual StatusOr<size_t> SelectCodes(int column, size_t block, const uint8_t* match,
                                       uint32_t* rows) = 0;
  // For a column of integers held in at most 64 bits (BOOLEAN, integers, DATE, TIMESTAMP, small
  // DECIMAL): the rows of the block whose value is in [low, high], or with `negate` is not;
  // otherwise as SelectCodes. Compares packed offsets where the block is bit-packed.
  virtual StatusOr<size_t> SelectRange(int column, size_t block, int64_t low, int64_t high,
                                       bool negate, uint32_t* rows) = 0;
  // Only rows rows[0..count) of a block (ascending): for late materialisation. May decode it all.
  virtual StatusOr<Vector> ReadRows(int column, size_t block, const uint32_t* rows,
                                    size_t count) = 0;
  // Bytes on disk of one block (for progress and EXPLAIN).
  virtual uint64_t BlockBytes(int column, size_t block) const = 0;
  // Reads these blocks into the cache with one ReadBatch; misses only.
  virtual Status Prefetch(const std::vector<std::pair<int, size_t>>& blocks) = 0;
  // Reads every byte of the file past the cache and verifies it; everything that is damaged, in the
  // order of the file.
  virtual std::vector<SegmentDamage> FindDamage() = 0;
  // The first of it, or OK.
  Status Check() {
    std::vector<SegmentDamage> found = FindDamage();
    return found.empty() ? OkStatus() : found.front().status;
  }
};

}  // namespace shale
