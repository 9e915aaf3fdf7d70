// Catalog: the CatalogState on disk. One record file `catalog` of edit groups; a group is one
// record, so it is there whole or not at all. Once the edits outweigh the state they describe, and
// with the first edit after opening, the state is written as one group into `catalog.new`, which
// then replaces `catalog` by a rename.
//
// A group that does not fit on the disk is refused and changes nothing; a write or fsync that fails
// poisons the catalog until the database is opened again. Not thread-safe: the committer owns it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/base/status.h"
#include "storage/catalog/catalog_state.h"
#include "storage/io/io.h"
#include "storage/log/record_file.h"

namespace shale {

class Catalog {
 public:
  // A new catalog; kept in memory only when `disk` is null.
  static StatusOr<std::unique_ptr<Catalog>> Create(Disk* disk, const std::string& directory,
                                                   uint64_t database_salt);
  static StatusOr<std::unique_ptr<Catalog>> Open(Disk* disk, const std::string& directory);
  static StatusOr<bool> Exists(Disk* disk, const std::string& directory);

  const CatalogState& state() const { return state_; }
  uint64_t torn_bytes() const { return tail_.torn_bytes; }
  // What was found damaged, though nothing is lost by it (RecordFileTail); "" mostly.
  const std::string& mark_damage() const { return tail_.mark_damage; }
  // Reads the file back and verifies it; sets how many bytes that was.
  Status Check(uint64_t* bytes);

  // Makes the group durable, then applies it. `sequence` is its commit.
  Status Commit(uint64_t sequence, std::vector<CatalogEdit> edits);
  Status SyncMark();
  // `log_sequence`: the log's last commit.
  Status Close(uint64_t log_sequence);
  // The log must have come this far.
  uint64_t log_sequence() const { return tail_.other_sequence; }
  const Status& poison() const { return poison_; }

 private:
  Catalog(Disk* disk, std::string directory) : disk_(disk), directory_(std::move(directory)) {}
  Status Rewrite(const CatalogState& state);

  Disk* disk_;
  std::string directory_;
  CatalogState state_;
  std::unique_ptr<RecordFile> file_;  // null until the first edit
  uint64_t snapshot_end_ = 0;         // where the file's first group ended
  RecordFileTail tail_;               // of the file that was opened
  uint64_t next_file_id_ = 1;
  Status poison_;
};

}  // namespace shale
