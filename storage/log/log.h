// Log: what was acknowledged but is not in segments yet. One for the database, a row of record
// files log-000001, log-000002 …, each preallocated; a full one is finished and the next begun.
//
// Nothing is written by Open: an older file that a crash left unfinished is cut and finished when
// the first new record needs a file. A failed write or fsync poisons the log until the database is
// opened again; a new file that does not fit on the disk fails that one commit only.
// Not thread-safe: the committer owns it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/base/status.h"
#include "engine/vector/vector.h"
#include "storage/io/io.h"
#include "storage/log/record_file.h"
#include "storage/table/schema.h"

namespace shale {

// Permanent ids of the log's record types.
enum class LogRecordType : uint32_t { kBatch = 1, kDelete = 2, kTogether = 3 };

// One change of several that a kTogether record holds: all of them happened or none did.
struct LogPart {
  LogRecordType type;
  std::string_view payload;
};
std::string EncodeTogether(std::span<const LogPart> parts);
// Payloads point into `payload`.
StatusOr<std::vector<LogPart>> DecodeTogether(std::string_view payload);

// A batch of rows, self-describing so that it can be replayed under a later schema.
struct BatchRecord {
  TableId table_id = 0;
  uint32_t schema_id = 0;
  std::string token;  // idempotency token of the client; empty when none was given
  std::vector<ColumnId> column_ids;
  std::vector<Type> types;
  std::vector<Chunk> chunks;
  uint64_t num_rows = 0;
};
std::string EncodeBatch(TableId table_id, const TableSchema& schema,
                        const std::vector<Chunk>& chunks);
// Strings point into `payload`.
StatusOr<BatchRecord> DecodeBatch(std::string_view payload);

// Rows hidden by one statement, named by what does not change: position in a segment, or commit
// sequence and position among the batch's rows of one partition.
struct DeleteRecord {
  struct InSegment {
    uint64_t segment_id;
    std::vector<uint32_t> rows;
  };
  struct InLog {
    int64_t partition_begin_us;
    uint64_t sequence;
    std::vector<uint32_t> rows;
  };
  TableId table_id = 0;
  uint8_t reason = 0;
  std::vector<InSegment> segments;
  std::vector<InLog> batches;
};
std::string EncodeDelete(const DeleteRecord& record);
StatusOr<DeleteRecord> DecodeDelete(std::string_view payload);

class Log {
 public:
  struct Options {
    uint64_t file_bytes = 64 << 20;  // preallocated; more when one group needs more
    uint64_t salt = 0;               // of the database, so that files of others do not fit
    bool create = false;             // a new database: makes `first_file`
  };
  struct Recovered {
    uint64_t torn_bytes = 0;
    bool clean = true;  // every file was finished in order
    uint64_t last_sequence = 0;
    uint64_t catalog_sequence = 0;  // the catalog must have come this far
    std::vector<std::string> notes;
  };
  // Reads files from `first_file` (which exists, always) on in order and calls visit(file number,
  // record). DataLoss for a gap in the numbers or a damaged file. A newest file whose making was
  // cut short is no damage: nothing is written to a file before the one before it says that it
  // continues.
  static StatusOr<std::unique_ptr<Log>> Open(
      Disk* disk, const std::string& directory, uint64_t first_file, Options options,
      const std::function<Status(uint64_t file, const Record&)>& visit, Recovered* recovered);

  // Appends the group and makes it durable with one fsync. Returns the file's number.
  StatusOr<uint64_t> Commit(std::span<const Record> group);
  // Makes the last commit mark durable: when there is nothing else to do.
  Status SyncMark();
  // `catalog_sequence`: the catalog's last commit.
  Status Close(uint64_t catalog_sequence);
  // The lowest file that must stay when files below `first_needed` are not needed: the newest one
  // always stays.
  uint64_t FirstToKeep(uint64_t first_needed) const;
  // Deletes files numbered below `first_kept`, a result of FirstToKeep.
  Status RemoveBefore(uint64_t first_kept);

  // Reads every file back and verifies it; `visit` gets each with what is wrong with it (or OK) and
  // how many bytes were read.
  void Check(const std::function<void(const std::string& path, const Status&, uint64_t)>& visit);
  uint64_t last_sequence() const { return last_sequence_; }
  std::string newest_path() const { return PathOf(next_file_ - 1); }
  Status poison() const;
  uint64_t total_bytes() const;  // of records in files that exist
  size_t num_files() const { return old_files_.size() + (file_ ? 1 : 0); }

 private:
  Log(Disk* disk, std::string directory, Options options)
      : disk_(disk), directory_(std::move(directory)), options_(options) {}
  std::string PathOf(uint64_t number) const;
  Status StartFile(uint64_t record_bytes);
  // A file whose fsync failed must never be given another try: the pages may be gone.
  Status Stop(const Status& status);

  Disk* disk_;
  std::string directory_;
  Options options_;
  std::unique_ptr<RecordFile> file_;        // null until the first commit
  std::map<uint64_t, uint64_t> old_files_;  // number → bytes of records
  uint64_t next_file_ = 1;
  uint64_t last_sequence_ = 0;
  Status poison_;  // beside file_'s own
  // The newest file found by Open, to be finished before another is begun.
  bool finish_last_ = false;
  RecordFileTail last_tail_;
};

}  // namespace shale
