// RecordFile: one preallocated, append-only file of checksummed records; the log is a row of them,
// the catalog is one. docs/format/log.md has the bytes.
//
// Every record's checksum is seeded by the file's salt, the record's position and the checksum of
// the record before it, so neither stale nor displaced bytes pass for a record. After a Sync the
// commit mark (how far the file is known to be durable) is written into one of two slots at the
// head of the file; the next Sync, SyncMark or Finish makes the mark itself durable. When the file
// is read back, a bad record below the mark is corruption (DataLoss), one above it a torn write
// that nobody was promised: the records end there.
//
// Log and catalog vouch for each other: at the orderly close each one's mark says how far the other
// had come (`other_sequence`), so that an older version of either, put back, does not pass for the
// whole.
//
// The first failed write or fsync poisons the file: every later call returns that error.
// Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/status.h"
#include "storage/io/io.h"

namespace shale {

inline constexpr uint64_t kRecordFileHeaderBytes = 12288;  // header, mark slot 0, mark slot 1
inline constexpr uint64_t kMaxRecordBytes = uint64_t{1} << 30;

enum class RecordFileKind : uint8_t { kLog, kCatalog };

struct Record {
  uint64_t sequence = 0;
  uint32_t type = 0;
  uint32_t writer_id = 0;
  std::string_view payload;
};

// How a file that was read ends.
struct RecordFileTail {
  uint64_t file_id = 0;
  uint64_t salt = 0;
  uint64_t end = 0;            // where the next record would stand
  uint64_t last_checksum = 0;  // of the last good record
  uint64_t mark_counter = 0;
  uint64_t last_sequence = 0;   // of the last good record, or of the file before
  uint64_t other_sequence = 0;  // the other kind of file has come at least this far
  uint64_t torn_bytes = 0;      // bytes after `end` that are no record
  bool finished = false;        // closed in order: nothing was in flight
  bool continued = false;       // another file follows this one
  // Not empty: a commit mark that does not match its checksum, or bytes beside one. The other mark
  // stands, so nothing is lost.
  std::string mark_damage;
};

class RecordFile {
 public:
  // A new file with room for at least `capacity` bytes, durable but for its directory entry. When
  // it fails, nothing of it is left.
  static StatusOr<std::unique_ptr<RecordFile>> Create(Disk* disk, const std::string& path,
                                                      RecordFileKind kind, uint64_t file_id,
                                                      uint64_t salt, uint64_t capacity,
                                                      uint64_t last_sequence = 0);
  // Calls `visit` for each record in order and tells how the file ends. DataLoss when the header,
  // both marks, or a record below the mark is bad.
  static StatusOr<RecordFileTail> Read(Disk* disk, const std::string& path, RecordFileKind kind,
                                       const std::function<Status(const Record&)>& visit);
  // Reads the open file back, as it is on the disk: DataLoss unless it holds everything written.
  // Sets how many bytes that is.
  Status Verify(Disk* disk, RecordFileKind kind, uint64_t* bytes) const;
  // Cuts a file that was left open when the process or the machine died at its last good record and
  // marks it finished (and continued, when a next file exists); or stamps a finished one again.
  static Status FinishAfterCrash(Disk* disk, const std::string& path, const RecordFileTail& tail,
                                 bool continued, uint64_t other_sequence);

  // Bytes that a record with this payload takes in the file.
  static uint64_t RecordBytes(uint64_t payload_bytes);
  bool HasRoom(uint64_t record_bytes) const { return end_ + record_bytes <= capacity_; }
  // Reserves more space at the end. A failure (a full disk) leaves the file as it was.
  Status Grow(uint64_t capacity);

  // Writes the records; they are durable after Sync. There must be room.
  Status Append(std::span<const Record> records);
  Status Sync();
  // Makes a mark that only was written durable. Cheap when it is already.
  Status SyncMark();
  // The orderly end: cuts the preallocated rest, marks finished, fsyncs.
  Status Finish(bool continued);

  void set_other_sequence(uint64_t sequence) { other_sequence_ = sequence; }
  const Status& poison() const { return poison_; }
  const Status& cause() const { return cause_; }  // of the poison
  uint64_t file_id() const { return file_id_; }
  uint64_t end() const { return end_; }
  const std::string& path() const { return path_; }
  void Renamed(std::string path) { path_ = std::move(path); }

 private:
  RecordFile() = default;
  Status Poison(Status status);
  Status WriteMark(uint32_t flags);

  std::unique_ptr<File> file_;
  std::string path_;
  uint64_t file_id_ = 0;
  uint64_t salt_ = 0;
  uint64_t capacity_ = 0;
  uint64_t end_ = kRecordFileHeaderBytes;
  uint64_t last_checksum_ = 0;
  uint64_t last_sequence_ = 0;
  uint64_t other_sequence_ = 0;
  uint64_t mark_counter_ = 1;
  bool mark_durable_ = true;
  std::string scratch_;
  Status poison_;
  Status cause_;
};

}  // namespace shale
