// DatabaseVersion: the whole database at one commit — tables, their partitions, the segments and
// hot buffers of each with the rows that are visible. Immutable and path-copied: a commit makes a
// new version that shares everything it does not change. Readers hold one for as long as they like.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/vector/vector.h"
#include "storage/cache/block_cache.h"
#include "storage/catalog/catalog_state.h"
#include "storage/io/io.h"
#include "storage/segment/segment.h"
#include "storage/table/hot_buffer.h"
#include "storage/table/schema.h"
#include "storage/table/store.h"
#include "storage/table/visibility.h"

namespace shale {

// What open segments need of the store; outlives it while a snapshot is held.
struct StoreFiles {
  Disk* disk = nullptr;
  std::unique_ptr<Disk> own_disk;  // of a database in memory
  std::unique_ptr<BlockCache> cache;
  std::string segment_directory;

  std::string SegmentPath(uint64_t segment_id) const;
};
using StoreFilesPtr = std::shared_ptr<StoreFiles>;

// Where the rows of a segment or hot buffer went when a job replaced it: old row → a row of one of
// `homes`. Lives as long as somebody may still name rows by the old place.
struct RowHome;
using RowHomePtr = std::shared_ptr<RowHome>;
struct RowMoves {
  static constexpr uint64_t kGone = ~uint64_t{0};
  std::vector<RowHomePtr> homes;
  std::vector<uint64_t> to;  // index into homes << 32 | row, or kGone
};
struct RowHome {
  uint64_t segment_id = 0;                // 0: a hot buffer
  std::shared_ptr<const RowMoves> moved;  // read and written under the commit lock only
};

// A segment file, open but for one in quarantine that could not be opened. The last holder of an
// obsolete one deletes the file.
class Segment {
 public:
  Segment(StoreFilesPtr files, std::shared_ptr<SegmentReader> reader, uint64_t commit_sequence)
      : Segment(std::move(files), reader->info().segment_id, reader->info().num_rows,
                commit_sequence) {
    reader_ = std::move(reader);
  }
  Segment(StoreFilesPtr files, uint64_t id, uint64_t num_rows, uint64_t commit_sequence)
      : files_(std::move(files)), id_(id), num_rows_(num_rows), commit_sequence_(commit_sequence) {
    home_->segment_id = id;
  }
  ~Segment();
  uint64_t id() const { return id_; }
  uint64_t num_rows() const { return num_rows_; }
  std::string path() const { return files_->SegmentPath(id_); }
  // Null only in quarantine.
  const std::shared_ptr<SegmentReader>& reader() const { return reader_; }
  // Not 0: the commit of every row; else `_seq` stands in the file.
  uint64_t commit_sequence() const { return commit_sequence_; }
  const RowHomePtr& home() const { return home_; }
  void MarkObsolete() { obsolete_.store(true); }

 private:
  StoreFilesPtr files_;
  std::shared_ptr<SegmentReader> reader_;
  uint64_t id_;
  uint64_t num_rows_;
  uint64_t commit_sequence_;
  RowHomePtr home_ = std::make_shared<RowHome>();
  std::atomic<bool> obsolete_{false};
};
using SegmentPtr = std::shared_ptr<Segment>;

// A hot buffer in its place: one partition's newest rows. Only the committer touches more than
// `home`; readers see the HotSlice in their HotRef.
struct HotTail {
  HotTail(uint64_t tail_id, TableSchemaPtr of)
      : id(tail_id), schema(std::move(of)), buffer(*schema) {}
  uint64_t id;
  TableSchemaPtr schema;  // under which its rows came
  HotBuffer buffer;
  uint64_t first_log_file = 0;  // holds its oldest row
  uint64_t last_sequence = 0;
  bool frozen = false;  // takes no more rows: a seal is at work or the schema changed
  RowHomePtr home = std::make_shared<RowHome>();
};

struct SegmentRef {
  SegmentPtr segment;
  VisibilityPtr hidden;
  std::shared_ptr<const std::string> damage = nullptr;  // in quarantine: what was found
  uint64_t VisibleRows() const { return segment->num_rows() - HiddenCount(hidden); }
};
struct HotRef {
  std::shared_ptr<HotTail> tail;
  HotSlicePtr rows;
  VisibilityPtr hidden;
  uint64_t VisibleRows() const { return rows->num_rows() - HiddenCount(hidden); }
};

struct PartitionVersion {
  PartitionRange range;
  std::vector<SegmentRef> segments;
  // In quarantine: never read. Whoever needs the partition's rows is refused (CheckReadable).
  std::vector<SegmentRef> damaged;
  std::vector<HotRef> hot;  // in commit order; only the last takes rows
};
using PartitionPtr = std::shared_ptr<const PartitionVersion>;

struct TableVersion {
  TableSchemaPtr schema;
  std::shared_ptr<const std::map<ColumnId, Value>> missing_values;
  std::vector<PartitionPtr> partitions;  // by range.begin_us

  const PartitionVersion* FindPartition(int64_t begin_us) const;
  // Replaces, adds, or (no rows left) drops a partition.
  void Put(PartitionVersion partition);
  // What rows have in a column that was added after they were written.
  Value MissingValue(ColumnId id, const Type& type) const;
};
using TablePtr = std::shared_ptr<const TableVersion>;

class JobHistory;  // storage/table/job_history.h

class DatabaseVersion {
 public:
  uint64_t sequence = 0;
  std::shared_ptr<JobHistory> jobs;  // of the store that this is a version of
  // The reader chose to do without segments in quarantine (SET skip_quarantined).
  bool skips_damaged = false;
  std::map<TableId, TablePtr> tables;
  std::shared_ptr<const std::map<std::string, ViewSchema>> views =
      std::make_shared<const std::map<std::string, ViewSchema>>();
  std::shared_ptr<const std::map<std::string, RoleSchema>> roles =
      std::make_shared<const std::map<std::string, RoleSchema>>();

  const TableVersion* Find(TableId id) const;
};

// One segment or hot buffer; kRowIdColumn is its index in this list << 32 | row.
struct RowsRef {
  const PartitionVersion* partition = nullptr;
  const SegmentRef* segment = nullptr;
  const HotRef* hot = nullptr;

  const VisibilityPtr& hidden() const { return segment ? segment->hidden : hot->hidden; }
  uint64_t num_rows() const {
    return segment ? segment->segment->num_rows() : hot->rows->num_rows();
  }
};
std::vector<RowsRef> AllRows(const TableVersion& table);
// "2024-03-01", "2024-03", "2024-03-01 15:00"; "" of a table that has one partition.
std::string PartitionName(const TableSchema& schema, int64_t begin_us);

// DataLoss naming the segment, the damage and the ways out.
Status DamagedError(const TableSchema& schema, const PartitionVersion& partition,
                    const SegmentRef& segment);

}  // namespace shale
