#include "storage/catalog/catalog.h"

#include <algorithm>

#include "engine/base/kill_point.h"
#include "storage/log/wire.h"

namespace shale {
namespace {

constexpr uint32_t kEditGroup = 1;  // the catalog's one record type
constexpr uint64_t kGrowBytes = 256 << 10;
// Rewritten when the edits since take more than kRewriteFactor times the state, plus a fixed part.
constexpr uint64_t kRewriteFactor = 2;
constexpr uint64_t kRewriteBytes = 1 << 20;

std::string PathOf(const std::string& directory) { return directory + "/catalog"; }
std::string NewPathOf(const std::string& directory) { return directory + "/catalog.new"; }

}  // namespace

StatusOr<bool> Catalog::Exists(Disk* disk, const std::string& directory) {
  return disk->Exists(PathOf(directory));
}

StatusOr<std::unique_ptr<Catalog>> Catalog::Create(Disk* disk, const std::string& directory,
                                                   uint64_t database_salt) {
  std::unique_ptr<Catalog> catalog(new Catalog(disk, directory));
  catalog->state_.database_salt = database_salt;
  if (disk) RETURN_IF_ERROR(catalog->Rewrite(catalog->state_));
  return catalog;
}

StatusOr<std::unique_ptr<Catalog>> Catalog::Open(Disk* disk, const std::string& directory) {
  std::unique_ptr<Catalog> catalog(new Catalog(disk, directory));
  std::string path = PathOf(directory);
  auto read = RecordFile::Read(disk, path, RecordFileKind::kCatalog, [&](const Record& record) {
    if (record.type != kEditGroup) {
      return DataLoss("{}: a record of unknown type {}", path, record.type);
    }
    auto edits = DecodeEdits(record.payload);
    if (!edits.ok()) return DataLoss("{}: {}", path, Message(edits.status()));
    return catalog->state_.Apply(record.sequence, *edits);
  });
  if (!read.ok()) return read.status();
  if (read->end == kRecordFileHeaderBytes) {
    return DataLoss("{}: the catalog holds no state: the file was damaged", path);
  }
  catalog->state_.database_salt = read->salt;
  catalog->next_file_id_ = read->file_id + 1;
  catalog->tail_ = *std::move(read);
  return catalog;
}

// Until the rename, the old file is the catalog: a failure before it loses nothing.
Status Catalog::Rewrite(const CatalogState& state) {
  std::string path = NewPathOf(directory_);
  ASSIGN_OR_RETURN(const bool left, disk_->Exists(path));  // of an attempt that failed
  if (left) RETURN_IF_ERROR(disk_->Remove(path));
  KillPoint("catalog.rewrite");
  std::string payload = EncodeEdits(state.Snapshot());
  if (payload.size() > kMaxRecordBytes) {
    return ResourceExhausted("{}: the catalog's state takes {} bytes, more than the {} of a group",
                             path, payload.size(), kMaxRecordBytes);
  }
  uint64_t capacity = kRecordFileHeaderBytes + RecordFile::RecordBytes(payload.size()) + kGrowBytes;
  ASSIGN_OR_RETURN(auto file, RecordFile::Create(disk_, path, RecordFileKind::kCatalog,
                                                 next_file_id_, state.database_salt, capacity));
  Record record{state.last_sequence, kEditGroup, 0, payload};
  auto write = [&]() -> Status {
    RETURN_IF_ERROR(file->Append(std::span(&record, 1)));
    RETURN_IF_ERROR(file->Sync());
    return file->SyncMark();
  };
  Status status = write();
  if (!status.ok()) {
    // The file at fault was never the catalog: nothing has stopped.
    const Status cause = file->cause().ok() ? status : file->cause();
    file.reset();
    disk_->Remove(path).IgnoreError();
    return MakeError(
        cause.code(),
        "the catalog could not be written anew, the old one stands (the error was: {})",
        Message(cause));
  }
  // From here on it is not known which of the two a crash would leave.
  KillPoint("catalog.rename");
  status = disk_->Rename(path, PathOf(directory_));
  KillPoint("catalog.renamed");
  if (status.ok()) status = disk_->SyncDirectory(directory_);
  if (!status.ok()) {
    poison_ =
        MakeError(status.code(),
                  "{}: changing the catalog stopped after an error, reading goes on; open the "
                  "database again (the error was: {})",
                  PathOf(directory_), Message(status));
    return poison_;
  }
  file->Renamed(PathOf(directory_));
  ++next_file_id_;
  snapshot_end_ = file->end();
  file_ = std::move(file);
  return OkStatus();
}

Status Catalog::Commit(uint64_t sequence, std::vector<CatalogEdit> edits) {
  RETURN_IF_ERROR(poison_);
  edits.push_back(state_.counters);
  for (CatalogEdit& edit : edits) {
    // The counters stand for every id handed out in this group.
    auto& counters = std::get<Counters>(edits.back());
    if (auto* put = std::get_if<PutTable>(&edit)) {
      counters.next_table_id = std::max(counters.next_table_id, put->schema->table_id + 1);
    } else if (auto* role = std::get_if<PutRole>(&edit)) {
      counters.next_table_id = std::max(counters.next_table_id, role->role.role_id + 1);
    } else if (auto* add = std::get_if<AddSegment>(&edit)) {
      counters.next_segment_id = std::max(counters.next_segment_id, add->segment.segment_id + 1);
    }
  }
  if (!disk_) return state_.Apply(sequence, edits);
  std::string payload = EncodeEdits(edits);
  if (payload.size() > kMaxRecordBytes) {
    return ResourceExhausted("a change of the catalog takes {} bytes, more than the {} of a group",
                             payload.size(), kMaxRecordBytes);
  }
  bool rewrite =
      !file_ || file_->end() - snapshot_end_ > kRewriteFactor * snapshot_end_ + kRewriteBytes;
  if (rewrite) {
    CatalogState next = state_;
    RETURN_IF_ERROR(next.Apply(sequence, edits));
    RETURN_IF_ERROR(Rewrite(next));
    state_ = std::move(next);
    return OkStatus();
  }
  uint64_t bytes = RecordFile::RecordBytes(payload.size());
  if (!file_->HasRoom(bytes)) RETURN_IF_ERROR(file_->Grow(file_->end() + bytes + kGrowBytes));
  Record record{sequence, kEditGroup, 0, payload};
  KillPoint("catalog.append");
  Status status = file_->Append(std::span(&record, 1));
  KillPoint("catalog.sync");
  if (status.ok()) status = file_->Sync();
  if (!status.ok()) {
    poison_ = status;
    return status;
  }
  // Edits are rare and name files: the mark is made durable at once, so that damage to the last
  // group can never pass for a torn write. The group itself stands whatever becomes of the mark.
  KillPoint("catalog.applied");
  poison_ = file_->SyncMark();
  return state_.Apply(sequence, edits);
}

Status Catalog::Check(uint64_t* bytes) {
  *bytes = 0;
  if (!disk_) return OkStatus();
  RETURN_IF_ERROR(poison_);
  if (file_) return file_->Verify(disk_, RecordFileKind::kCatalog, bytes);
  ASSIGN_OR_RETURN(RecordFileTail tail,
                   RecordFile::Read(disk_, PathOf(directory_), RecordFileKind::kCatalog,
                                    [](const Record&) { return OkStatus(); }));
  *bytes = tail.end;
  if (tail.last_sequence < state_.last_sequence) {
    return DataLoss("{}: the last change is commit {}, but commit {} was made", PathOf(directory_),
                    tail.last_sequence, state_.last_sequence);
  }
  return tail.mark_damage.empty() ? OkStatus() : DataLoss("{}", tail.mark_damage);
}

Status Catalog::SyncMark() { return file_ ? file_->SyncMark() : OkStatus(); }

Status Catalog::Close(uint64_t log_sequence) {
  RETURN_IF_ERROR(poison_);
  if (file_) {
    file_->set_other_sequence(log_sequence);
    return file_->Finish(false);
  }
  if (!disk_ || (tail_.finished && tail_.other_sequence == log_sequence)) return OkStatus();
  return RecordFile::FinishAfterCrash(disk_, PathOf(directory_), tail_, false, log_sequence);
}

}  // namespace shale
