// Store: a database directory — log, catalog, hot buffers, segments, jobs — behind one door. Knows
// schemas and chunks, not SQL.
//
// Snapshots are DatabaseVersions: immutable, held by readers for as long as they like. Every change
// is one commit: made durable (acknowledged means fsynced), then visible in the next version.
// Thread-safe.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/memory_budget.h"
#include "engine/base/status.h"
#include "engine/exec/operator.h"
#include "engine/expr/expr.h"
#include "storage/io/io.h"
#include "storage/table/schema.h"

namespace shale {

class DatabaseVersion;  // storage/table/version.h
using Snapshot = std::shared_ptr<const DatabaseVersion>;

struct StoreOptions {
  Disk* disk = nullptr;         // null: PosixDisk()
  Clock* clock = nullptr;       // null: Clock::System()
  bool create = false;          // make the directory when it is missing
  bool in_memory = false;       // nothing touches a disk (a simulated disk of its own underneath)
  bool background_jobs = true;  // seal and compact by themselves; else only when asked
  int64_t cache_bytes = int64_t{4} << 30;
  int64_t hot_bytes = int64_t{512} << 20;  // rows in memory that are not sealed yet, all tables
  uint64_t seal_rows = 1 << 20;            // a hot buffer this long is sealed
  uint64_t log_file_bytes = 64 << 20;      // reserved for each file of the log
  // What rows in memory, loads and the cache count against; outlives the store. May be null.
  MemoryBudget* memory = nullptr;
};

// What opening had to do: printed by the shell when it is not empty.
struct RecoveryReport {
  uint64_t replayed_batches = 0;
  uint64_t replayed_rows = 0;
  uint64_t torn_bytes = 0;  // unacknowledged bytes cut from the end of the log
  std::vector<std::string> notes;
};

// Rows of one table going into segments without the log: one commit at Finish (or a commit a block
// with a resume token). Append is called by several threads, each with its own `worker`.
class BulkWriter {
 public:
  virtual ~BulkWriter() = default;  // without Finish: nothing happened
  // Columns in the order of the schema's columns, types equal to theirs.
  virtual Status Append(int worker, Chunk rows) = 0;
  // Seals, fsyncs and commits everything appended since the last commit together with `token`
  // (empty: none). Not concurrent with Append.
  virtual Status Commit(const std::string& token) = 0;
  virtual uint64_t rows() const = 0;
};

// Rows in ranges of keys: the table's leading sort column (after those that the filters fix to one
// value) is cut at bounds common to all segments, each range goes to one worker whole, and a worker
// gets its ranges in ascending order. So whatever is gathered by such a key is complete when its
// range ends (Source::AtBoundary).
struct ScanOrder {
  std::vector<size_t> columns;  // positions in ScanSpec::columns; empty: rows in any order
  bool sorted = false;          // inside a range, too, rows ascend by all of `columns`, NULLs last
};

// A conjunct that the scan applies: over the scan's own output columns.
struct ScanSpec {
  std::vector<ColumnId> columns;  // output order; may name kSeqColumn and kRowIdColumn
  std::vector<ExprPtr> filters;   // conjuncts over output columns (kColumn indexes into `columns`)
  size_t join_filters = 0;  // so many of them, the last ones, tell what a join's other side has
  std::vector<bool> filter_only;  // columns[i] is read for filters alone: any vector may come out
  ScanOrder order;
};

// The columns that rows may be asked for in the order of (ScanOrder), most significant first: the
// table's sort columns less those that `filters`, over columns numbered by `columns`, fix.
std::vector<ColumnId> OrderedBy(const TableSchema& schema, const std::vector<ColumnId>& columns,
                                const std::vector<ExprPtr>& filters,
                                const FunctionContext& functions);
// About how many values a sort column has in the largest segment, as one block tells: an estimate
// for planning, 0 when there is none.
StatusOr<double> EstimateKeys(const DatabaseVersion& version, TableId table, ColumnId column);

// What a scan did, for EXPLAIN ANALYZE; readable while it runs.
struct ScanCounters {
  std::atomic<int64_t> segments_total{0}, segments_skipped{0};
  std::atomic<int64_t> blocks_total{0}, blocks_skipped{0};
  std::atomic<int64_t> join_blocks_skipped{
      0};  // of blocks_skipped: only join_filters rule them out
  std::atomic<int64_t> rows_scanned{0}, rows_out{0};
  std::atomic<int64_t> bytes_read{0};
};

// Changes to several tables that become durable and visible together (see Transaction).
struct WriteBatch {
  struct Rows {
    TableSchemaPtr schema;
    std::vector<Chunk> chunks;  // checked already
  };
  struct Deleted {
    TableId table;
    std::vector<uint64_t> row_ids;  // kRowIdColumn values of `snapshot`
  };
  Snapshot snapshot;
  std::vector<Rows> inserts;  // each table once
  std::vector<Deleted> deletes;
  bool empty() const { return inserts.empty() && deletes.empty(); }
};

// What a check found to be damaged.
struct Damage {
  std::string file;
  TableId table = 0;  // 0: the catalog or the log
  uint64_t segment_id = 0;
  std::string column;  // or ""
  std::string place;   // "block 3", "dictionary", "footer"; "" when the message says it
  std::string message;
};
struct CheckReport {
  uint64_t files = 0, bytes = 0, blocks = 0;  // read
  std::vector<Damage> damages;
  std::vector<uint64_t> quarantined, lifted;  // segments, by this check
};

class Store {
 public:
  static StatusOr<std::unique_ptr<Store>> Open(const std::string& directory, StoreOptions options);
  virtual ~Store() = default;  // stops jobs; everything acknowledged is on disk already

  virtual const RecoveryReport& recovery() const = 0;
  virtual Snapshot snapshot() const = 0;

  // ---- definitions ----
  // Ids in `schema` are filled in by the store. kAlreadyExists, kNotFound as one expects.
  virtual StatusOr<TableSchemaPtr> CreateTable(TableSchema schema) = 0;
  virtual Status DropTable(TableId table) = 0;
  virtual Status Truncate(TableId table) = 0;
  // The whole new list of columns (same ids for those that stay, 0 for a new one), name or options.
  virtual StatusOr<TableSchemaPtr> AlterTable(const TableSchema& schema) = 0;
  virtual Status CreateView(ViewSchema view, bool or_replace) = 0;
  virtual Status DropView(const std::string& name) = 0;
  // A new role, or a new verifier for one that exists (as `must_exist` says).
  virtual Status PutRole(const std::string& name, const std::string& verifier, bool must_exist) = 0;
  virtual Status DropRole(const std::string& name) = 0;

  // ---- rows ----
  // One atomic, durable batch; columns in schema order with the schema's types (schema_id is
  // checked: kAborted when the table changed meanwhile). NOT NULL and UTF-8 are checked here.
  virtual Status Insert(const TableSchema& schema, const std::vector<Chunk>& rows) = 0;
  // kAborted, with nothing done, when a table was altered or a row to delete is gone meanwhile:
  // then the work may be done again on a newer snapshot.
  virtual Status Commit(const WriteBatch& batch) = 0;
  virtual StatusOr<std::unique_ptr<BulkWriter>> StartBulk(const TableSchema& schema,
                                                          int num_workers) = 0;
  // Tokens committed with bulk loads into this table (for --resume).
  virtual StatusOr<std::vector<std::string>> ResumeTokens(TableId table) const = 0;
  // Hides the rows whose kRowIdColumn values (taken from `snapshot`) are given; returns how many
  // were visible until now.
  virtual StatusOr<uint64_t> Delete(TableId table, const Snapshot& snapshot,
                                    const std::vector<uint64_t>& row_ids) = 0;

  // ---- maintenance ----
  virtual Status SealAll() = 0;               // CHECKPOINT: every hot buffer into segments
  virtual Status Compact(TableId table) = 0;  // OPTIMIZE: as few, as sorted segments as possible
  // Waits until no job is due.
  virtual Status WaitForJobs() = 0;

  // ---- the state of the disk ----
  // Reads every byte of the catalog, the log and the segments of `table` (of all tables without
  // one) from the disk and verifies its checksum. Segments that turn out damaged go into
  // quarantine, those in quarantine that turn out sound leave it, durably both. An error only when
  // it could not be checked.
  virtual StatusOr<CheckReport> Check(std::optional<TableId> table) = 0;
  // Gives up a segment in quarantine. kNotFound when there is none of that number.
  virtual Status DropSegment(TableId table, uint64_t segment_id) = 0;
};

// ---- reading a snapshot (implemented in storage/table and storage/scan) -------------------------

std::vector<TableSchemaPtr> Tables(const DatabaseVersion& version);  // by name
TableSchemaPtr FindTable(const DatabaseVersion& version,
                         std::string_view name);  // exact; null if none
std::vector<ViewSchema> Views(const DatabaseVersion& version);
std::vector<RoleSchema> Roles(const DatabaseVersion& version);  // by name
uint64_t CommitSequence(const DatabaseVersion& version);

// Rows without reading any (visible rows only).
uint64_t RowCount(const DatabaseVersion& version, TableId table);
// Min and max of a column from metadata; false when it cannot be told (rows hidden, strings cut …).
bool ColumnBounds(const DatabaseVersion& version, TableId table, ColumnId column, Value* min,
                  Value* max);

// Rows and segments of a table that are in quarantine: a scan that needs one is refused.
uint64_t QuarantinedRows(const DatabaseVersion& version, TableId table);
uint64_t QuarantinedSegments(const DatabaseVersion& version, TableId table);
// The same commit for a reader that does without what is in quarantine.
Snapshot WithoutQuarantined(const Snapshot& snapshot);

// The scan: prunes by time and zone maps, filters on codes, reads other columns only for rows that
// survive, hides invisible rows, then hot buffers.
std::unique_ptr<Source> MakeTableSource(Snapshot snapshot, TableId table, ScanSpec spec,
                                        std::shared_ptr<ScanCounters> counters);

// Appends `columns` of the rows that the chunk's column `row_id_column` (kRowIdColumn values taken
// from the same snapshot) names: for the few rows that a top-n leaves.
std::shared_ptr<Operator> MakeRowFetch(Snapshot snapshot, TableId table, size_t row_id_column,
                                       std::vector<ColumnId> columns);

// ---- looking inside (shale inspect, shale_segments, shale_jobs) ---------------------------------
// A job that runs or ran lately, whoever asked for it.
struct JobRecord {
  enum class State : uint8_t { kRunning, kDone, kFailed };
  uint64_t id = 0;
  std::string kind;       // "seal", "compact"
  std::string table;      // its name when the job began
  std::string partition;  // "2015-05-17", or "" for the one partition
  State state = State::kRunning;
  uint64_t rows = 0;        // to write
  uint64_t bytes = 0;       // of the segments written; 0 until done
  int64_t started_us = 0;   // since the epoch
  int64_t finished_us = 0;  // 0 while it runs
  std::string error;        // of one that failed
};
// Running ones and the last that finished, oldest first; of the moment, not of the version.
std::vector<JobRecord> Jobs(const DatabaseVersion& version);

struct ColumnStorage {
  ColumnId id;
  std::string name;
  Type type;
  std::string encodings;   // "dictionary + bit-packed, LZ4"
  uint64_t raw_bytes = 0;  // as flat values and text
  uint64_t stored_bytes = 0;
  uint64_t null_count = 0;
  uint64_t distinct = 0;  // dictionary entries; 0 when not known
  std::string min, max;   // text, may be cut
};
struct SegmentStorage {
  uint64_t id;
  std::string path;
  TableId table;
  std::string partition;  // "2015-05-17", or "" for the one partition
  uint64_t rows = 0;
  uint64_t hidden_rows = 0;
  uint64_t file_bytes = 0;
  bool hot = false;    // a buffer in memory, not a file
  std::string damage;  // not empty: in quarantine
  std::vector<ColumnStorage> columns;
};
StatusOr<std::vector<SegmentStorage>> DescribeStorage(const DatabaseVersion& version,
                                                      TableId table);

}  // namespace shale
