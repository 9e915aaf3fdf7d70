// CHECK: every byte of the catalog, the log and the segments is read from the disk and verified;
// segments that are damaged go into quarantine, those that are sound again leave it.
#include <algorithm>
#include <optional>

#include "storage/table/store_core.h"

namespace shale {
namespace {

// What the catalog keeps of a damage.
constexpr size_t kMaxDamageText = 1000;

// Puts a segment into quarantine with `damage`, or takes it out when that is empty; then `reader`
// is its file, sound again. False when there is nothing to change, or the segment is gone.
StatusOr<bool> Mark(StoreCore* core, TableId table_id, uint64_t id, std::string damage,
                    std::shared_ptr<SegmentReader> reader) {
  damage.resize(std::min(damage.size(), kMaxDamageText));
  MutexLock lock(&core->commit_mutex);
  VersionEdit edit = core->Begin();
  TableVersion* table = edit.Table(table_id);
  if (!table) return false;
  for (const PartitionPtr& partition : std::vector<PartitionPtr>(table->partitions)) {
    PartitionVersion copy = *partition;
    std::optional<SegmentRef> ref;
    for (auto list : {&PartitionVersion::segments, &PartitionVersion::damaged}) {
      auto it = std::find_if((copy.*list).begin(), (copy.*list).end(),
                             [&](const SegmentRef& one) { return one.segment->id() == id; });
      if (it == (copy.*list).end()) continue;
      ref = *it;
      (copy.*list).erase(it);
    }
    if (!ref) continue;
    if (damage.empty()) {
      if (!ref->damage) return false;
      ref->damage = nullptr;
      if (!ref->segment->reader()) {
        ref->segment = std::make_shared<Segment>(core->files, std::move(reader),
                                                 ref->segment->commit_sequence());
      }
      copy.segments.push_back(*std::move(ref));
    } else {
      ref->damage = std::make_shared<const std::string>(damage);
      copy.damaged.push_back(*std::move(ref));
    }
    table->Put(std::move(copy));
    RETURN_IF_ERROR(
        core->CommitCatalog(std::move(edit), {MarkDamaged{table_id, id, std::move(damage)}}));
    return true;
  }
  return false;  // compacted or truncated meanwhile
}

// The catalog and the log; commits wait.
void CheckRecords(StoreCore* core, CheckReport* report) {
  MutexLock lock(&core->commit_mutex);
  const auto add = [&](const std::string& path, const Status& status, uint64_t bytes) {
    ++report->files;
    report->bytes += bytes;
    if (status.ok()) return;
    Damage damage;
    damage.file = path;
    damage.message = Message(status);
    report->damages.push_back(std::move(damage));
  };
  if (core->options.in_memory) return;
  uint64_t bytes = 0;
  const Status status = core->catalog->Check(&bytes);
  add(core->directory + "/catalog", status, bytes);
  if (core->log) core->log->Check(add);
}

// One segment, by a reader of its own that knows no cache.
Status CheckSegment(StoreCore* core, const SegmentEntry& stored, CheckReport* report) {
  const std::string path = core->files->SegmentPath(stored.segment_id);
  auto reader = OpenStoredSegment(*core->files, stored);
  std::vector<SegmentDamage> found;
  if (reader.ok()) {
    report->bytes += stored.file_bytes;
    report->blocks += (*reader)->num_blocks() * (*reader)->info().columns.size();
    found = (*reader)->FindDamage();
  } else {
    found.push_back({"", "footer", reader.status()});
  }
  ++report->files;
  for (const SegmentDamage& one : found) {
    if (!IsDamage(one.status)) return one.status;
    Damage damage{path,       stored.table_id, stored.segment_id,
                  one.column, one.place,       std::string(Message(one.status))};
    report->damages.push_back(std::move(damage));
  }
  // An error that is gone when the file is read again is reported, but nothing is put aside for it.
  if (!found.empty()) {
    auto again = OpenStoredSegment(*core->files, stored);
    if (again.ok() && (*again)->FindDamage().empty()) return OkStatus();
  }
  // A disk that takes no more writes can be checked all the same.
  if (found.empty()) {
    auto lifted = Mark(core, stored.table_id, stored.segment_id, "", *std::move(reader));
    if (lifted.ok() && *lifted) report->lifted.push_back(stored.segment_id);
  } else if (stored.damage.empty()) {
    auto marked = Mark(core, stored.table_id, stored.segment_id,
                       std::string(Message(found.front().status)), nullptr);
    if (marked.ok() && *marked) report->quarantined.push_back(stored.segment_id);
  }
  return OkStatus();
}

}  // namespace

bool IsDamage(const Status& status) {
  return status.code() == StatusCode::kDataLoss || status.code() == StatusCode::kNotFound ||
         status.code() == StatusCode::kInternal;  // the disk's own error: an unreadable sector
}

StatusOr<std::shared_ptr<SegmentReader>> OpenStoredSegment(const StoreFiles& files,
                                                           const SegmentEntry& stored) {
  const std::string path = files.SegmentPath(stored.segment_id);
  auto reader = SegmentReader::Open(files.disk, path, files.cache.get(), stored.footer_checksum);
  if (!reader.ok()) {
    if (reader.status().code() != StatusCode::kNotFound) return reader.status();
    return DataLoss("{}: the file is missing, though the catalog says that it holds {} rows", path,
                    stored.num_rows);
  }
  const SegmentInfo& info = (*reader)->info();
  if (info.segment_id != stored.segment_id || info.table_id != stored.table_id ||
      info.num_rows != stored.num_rows) {
    return DataLoss(
        "{}: the file is another segment ({}, table {}, {} rows) than the catalog says (table {}, "
        "{} rows)",
        path, info.segment_id, info.table_id, info.num_rows, stored.table_id, stored.num_rows);
  }
  return reader;
}

Status StoreCore::Quarantine(TableId table, uint64_t segment_id, std::string damage) {
  return Mark(this, table, segment_id, std::move(damage), nullptr).status();
}

StatusOr<CheckReport> CheckStore(StoreCore* core, std::optional<TableId> only) {
  CheckReport report;
  CheckRecords(core, &report);
  std::vector<SegmentEntry> entries;
  Snapshot held;  // keeps the files of what is compacted meanwhile
  {
    MutexLock lock(&core->commit_mutex);
    held = core->snapshot();
    for (const auto& [id, table] : core->catalog->state().tables) {
      if (only && id != *only) continue;
      for (const auto& [segment_id, stored] : table.segments) entries.push_back(stored);
    }
  }
  for (const SegmentEntry& stored : entries) {
    RETURN_IF_ERROR(CheckSegment(core, stored, &report));
  }
  return report;
}

Status DropDamagedSegment(StoreCore* core, TableId table_id, uint64_t segment_id) {
  MutexLock lock(&core->commit_mutex);
  VersionEdit edit = core->Begin();
  TableVersion* table = edit.Table(table_id);
  if (!table) return NotFound("table {} does not exist (any more)", table_id);
  const std::string name = table->schema->name;
  for (const PartitionPtr& partition : std::vector<PartitionPtr>(table->partitions)) {
    PartitionVersion copy = *partition;
    auto it = std::find_if(copy.damaged.begin(), copy.damaged.end(),
                           [&](const SegmentRef& ref) { return ref.segment->id() == segment_id; });
    if (it == copy.damaged.end()) continue;
    SegmentPtr segment = it->segment;
    copy.damaged.erase(it);
    table->Put(std::move(copy));
    RETURN_IF_ERROR(core->CommitCatalog(std::move(edit), {RemoveSegment{table_id, segment_id}}));
    segment->MarkObsolete();
    core->unsaved_hidden.erase({table_id, segment_id});
    return OkStatus();
  }
  return NotFound(
      "segment {} of table \"{}\" is not in quarantine: CHECK TABLE finds what is damaged, DELETE "
      "removes rows of sound segments",
      segment_id, name);
}

}  // namespace shale
