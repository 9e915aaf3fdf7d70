// StoreCore: the inside of a Store that its parts share — commit (this file and commit.cc), insert,
// delete, bulk load, definitions (store_*.cc), seal and compact (storage/jobs).
//
// One commit at a time: whoever holds `commit_mutex` is the committer. A commit is made durable
// first (rows and deletes in the log, the rest in the catalog), then its version is published.
// Inserts queue up; the first in the queue leads: it writes the records of all and fsyncs once.
// One job at a time: `job_mutex` is taken before `commit_mutex`, never after.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/sync.h"
#include "storage/catalog/catalog.h"
#include "storage/log/log.h"
#include "storage/table/job_history.h"
#include "storage/table/segment_build.h"
#include "storage/table/store.h"
#include "storage/table/version.h"

namespace shale {

// Inserts of at least this many rows go straight into segments, unless they are scattered over so
// many partitions that the files would be small.
inline constexpr uint64_t kBulkInsertRows = 64 << 10;
inline constexpr uint64_t kBulkInsertRowsPerPartition = 4096;
inline constexpr size_t kMaxPartitionsPerTable = 50'000;
// The log is kept shorter than this by sealing its oldest rows.
inline constexpr uint64_t kMaxLogBytes = uint64_t{512} << 20;
inline constexpr uint64_t kMaxLogFiles = 32;

// A version in the making: tables are copied when first changed.
class VersionEdit {
 public:
  explicit VersionEdit(const DatabaseVersion& base)
      : next_(std::make_shared<DatabaseVersion>(base)) {}
  DatabaseVersion& next() { return *next_; }
  const DatabaseVersion& next() const { return *next_; }
  // Null when there is no such table.
  TableVersion* Table(TableId id);
  // A copy to change and give back with Table(id)->Put; empty with its range set when new.
  PartitionVersion Partition(TableId id, PartitionRange range);
  void PutTable(TableId id, std::shared_ptr<TableVersion> table);
  void DropTable(TableId id);
  Snapshot Finish() { return std::move(next_); }

 private:
  std::shared_ptr<DatabaseVersion> next_;
  std::map<TableId, std::shared_ptr<TableVersion>> copies_;
};

// Rows of one batch that fall into one partition, in their order.
struct PartitionRows {
  PartitionRange range;
  std::vector<Chunk> chunks;
};
// Ascending by partition. kInvalidArgument for a NULL timestamp.
StatusOr<std::vector<PartitionRows>> SplitByPartition(const TableSchema& schema,
                                                      const std::vector<Chunk>& chunks);
// Column count, types, NOT NULL, UTF-8, lengths; errors name column and row.
Status CheckRows(const TableSchema& schema, const Chunk& rows, uint64_t first_row);

// What a job puts in place of a hot buffer or of segments of one partition.
struct Replacement {
  TableId table_id = 0;
  PartitionRange range;
  std::shared_ptr<HotTail> tail;     // or null
  VisibilityPtr tail_hidden;         // when its rows were read
  std::vector<SegmentRef> segments;  // likewise, with what was hidden then
  std::vector<SegmentInfo> built;
  // Of the tail, or of each segment in order: where its rows went (see BuiltSegments::to).
  std::vector<std::vector<uint64_t>> to;
};

class StoreCore {
 public:
  StoreCore();
  ~StoreCore();

  Snapshot snapshot() const;

  // ---- commits (all with commit_mutex held) ----
  VersionEdit Begin() SHALE_REQUIRES(commit_mutex);
  uint64_t NextSequence() SHALE_REQUIRES(commit_mutex) { return last_sequence + 1; }
  // The error that stopped writing, if any: once it is not known what a crash would find of one
  // commit, none follows, in the log or the catalog, until the database is opened again.
  Status CheckWritable() SHALE_REQUIRES(commit_mutex);
  // Makes the edits durable and publishes. Appends nothing of its own.
  Status CommitCatalog(VersionEdit edit, std::vector<CatalogEdit> edits)
      SHALE_REQUIRES(commit_mutex);
  // Makes the records durable; the caller then applies them and calls Publish.
  Status CommitLog(std::span<const Record> records, uint64_t* log_file)
      SHALE_REQUIRES(commit_mutex);
  void Publish(VersionEdit edit, uint64_t sequence) SHALE_REQUIRES(commit_mutex);
  // Appends a batch's rows to hot buffers; `touched` collects partitions for RefreshSlices.
  using Touched = std::set<std::pair<TableId, int64_t>>;
  void ApplyBatch(VersionEdit* edit, TableId table, const TableSchemaPtr& schema,
                  const std::vector<PartitionRows>& parts, uint64_t sequence, uint64_t log_file,
                  Touched* touched) SHALE_REQUIRES(commit_mutex);
  void RefreshSlices(VersionEdit* edit, const Touched& touched) SHALE_REQUIRES(commit_mutex);
  void ApplyDelete(VersionEdit* edit, const DeleteRecord& record, uint64_t sequence)
      SHALE_REQUIRES(commit_mutex);
  // Takes a table's buffers and files out of the books after its version is gone.
  void Forget(const TableVersion& table) SHALE_REQUIRES(commit_mutex);

  // ---- for jobs and bulk loads ----
  uint64_t TakeSegmentId() { return next_segment_id.fetch_add(1); }
  StatusOr<SegmentPtr> OpenSegment(const SegmentInfo& info, uint64_t commit_sequence);
  // Puts what is left of a segment that a job found damaged into quarantine (check.cc).
  Status Quarantine(TableId table, uint64_t segment_id, std::string damage)
      SHALE_EXCLUDES(commit_mutex);
  // Commits a job's result; rows hidden since it read them are hidden in the result. When the table
  // or its rows are gone meanwhile, the files are removed and nothing else happens.
  Status CommitReplacement(Replacement replacement) SHALE_EXCLUDES(commit_mutex);
  // Edits that let the log be cut, given what `next` still needs of it.
  void AppendLogTrim(const DatabaseVersion& next, std::vector<CatalogEdit>* edits)
      SHALE_REQUIRES(commit_mutex);
  void RemoveOldLogs() SHALE_REQUIRES(commit_mutex);
  // Removes log files that nothing needs, if there are any.
  Status TrimLog() SHALE_EXCLUDES(commit_mutex);
  // Built files are removed unless a crash might find them named by the catalog.
  void AbandonFiles(const std::vector<SegmentInfo>& built) SHALE_REQUIRES(commit_mutex);

  // Inserts wait here while the hot buffers are over their limit.
  Status WaitForRoom(int64_t bytes) SHALE_EXCLUDES(commit_mutex);
  void WakeJobs();

  StoreOptions options;
  std::string directory;
  StoreFilesPtr files;
  Clock* clock = nullptr;
  std::unique_ptr<File> lock_file;
  RecoveryReport report;
  int num_workers = 1;

  Mutex commit_mutex;
  std::unique_ptr<Catalog> catalog SHALE_GUARDED_BY(commit_mutex);
  std::unique_ptr<Log> log SHALE_GUARDED_BY(commit_mutex);  // null in memory
  uint64_t last_sequence SHALE_GUARDED_BY(commit_mutex) = 0;
  uint64_t next_tail_id SHALE_GUARDED_BY(commit_mutex) = 1;
  // Segments whose hidden rows are in the log but not in the catalog yet.
  std::set<std::pair<TableId, uint64_t>> unsaved_hidden SHALE_GUARDED_BY(commit_mutex);
  std::atomic<uint64_t> next_segment_id{1};
  std::atomic<int64_t> hot_bytes{0};  // changed by CountHot
  std::atomic<uint64_t> log_bytes{0};
  std::atomic<uint64_t> log_files{0};

  void CountHot(int64_t bytes) {
    hot_bytes.fetch_add(bytes);
    if (options.memory == nullptr) return;
    if (bytes > 0) options.memory->Charge(bytes);
    if (bytes < 0) options.memory->Release(-bytes);
  }

  // ---- the queue of inserts ----
  struct InsertRequest {
    TableSchemaPtr schema;
    std::vector<PartitionRows> parts;
    std::string payload;
    Status status;
    bool done = false;
  };
  Mutex queue_mutex;
  CondVar queue_changed;
  std::deque<InsertRequest*> queue SHALE_GUARDED_BY(queue_mutex);
  bool leading SHALE_GUARDED_BY(queue_mutex) = false;
  Status Enqueue(InsertRequest* request) SHALE_EXCLUDES(queue_mutex, commit_mutex);
  void CommitGroup(const std::vector<InsertRequest*>& group) SHALE_EXCLUDES(commit_mutex);

  // ---- jobs ----
  const std::shared_ptr<JobHistory> jobs = std::make_shared<JobHistory>();
  Mutex job_mutex;  // held while a job runs
  Mutex wake_mutex;
  CondVar wake;  // the runner listens
  CondVar room;  // inserts that wait for memory listen
  CondVar idle;  // WaitForJobs listens
  bool stop SHALE_GUARDED_BY(wake_mutex) = false;
  bool work SHALE_GUARDED_BY(wake_mutex) = false;     // look for due jobs
  bool running SHALE_GUARDED_BY(wake_mutex) = false;  // the runner is at it
  bool mark_pending SHALE_GUARDED_BY(wake_mutex) = false;
  uint64_t commits SHALE_GUARDED_BY(wake_mutex) = 0;
  int waiting_for_room SHALE_GUARDED_BY(wake_mutex) = 0;
  Status job_error SHALE_GUARDED_BY(wake_mutex);
  std::unique_ptr<Thread> runner;

 private:
  mutable Mutex version_mutex_;
  Snapshot current_ SHALE_GUARDED_BY(version_mutex_);
};

StatusOr<std::unique_ptr<BulkWriter>> StartBulkLoad(StoreCore* core, const TableSchema& schema,
                                                    int num_workers);
StatusOr<uint64_t> DeleteRows(StoreCore* core, TableId table, const Snapshot& snapshot,
                              const std::vector<uint64_t>& row_ids);
Status CommitBatch(StoreCore* core, const WriteBatch& batch);  // commit_batch.cc
// Where the rows that `row_ids` of `snapshot` name stand in the version that `edit` begins with;
// returns how many of them are visible there. Jobs may have moved them since the snapshot.
StatusOr<uint64_t> LocateRows(const VersionEdit& edit, TableId table, const Snapshot& snapshot,
                              std::vector<uint64_t> row_ids, DeleteRecord* record);
// ---- check.cc ----
StatusOr<CheckReport> CheckStore(StoreCore* core, std::optional<TableId> table);
Status DropDamagedSegment(StoreCore* core, TableId table, uint64_t segment_id);
// Opens the file of an entry of the catalog; DataLoss, too, when it is another's or missing.
StatusOr<std::shared_ptr<SegmentReader>> OpenStoredSegment(const StoreFiles& files,
                                                           const SegmentEntry& stored);
// What is wrong with one file, not with the machine.
bool IsDamage(const Status& status);
// Opens or creates everything in `core`, replays the log (recovery.cc).
Status OpenStore(StoreCore* core);

}  // namespace shale
