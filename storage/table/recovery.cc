// Opening a database: lock, catalog, segments, what a crash left behind, then the log.
#include <algorithm>
#include <set>

#include "engine/base/kill_point.h"
#include "engine/vector/hash.h"
#include "storage/io/simulated_io.h"
#include "storage/table/store_core.h"

namespace shale {
namespace {

std::string ParentOf(const std::string& path) {
  size_t end = path.find_last_not_of('/');
  size_t slash = path.find_last_of('/', end);
  if (end == std::string::npos || slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// True when a directory without a catalog holds nothing that was ever acknowledged: it is empty, or
// making a database in it was cut short.
StatusOr<bool> IsUnused(Disk* disk, const std::string& directory) {
  ASSIGN_OR_RETURN(std::vector<std::string> names, disk->List(directory));
  for (const std::string& name : names) {
    if (name == "LOCK" || name == "catalog.new" || name == "temp") continue;
    if (name == "segments") {
      ASSIGN_OR_RETURN(auto files, disk->List(directory + "/segments"));
      if (files.empty()) continue;
    }
    if (name == "log-000001") {
      bool empty = true;
      auto read =
          RecordFile::Read(disk, directory + "/" + name, RecordFileKind::kLog, [&](const Record&) {
            empty = false;
            return OkStatus();
          });
      // Half made it cannot be read; but an error of the disk tells nothing.
      if (!read.ok() && read.status().code() != StatusCode::kDataLoss) return read.status();
      if (empty) continue;
    }
    return false;
  }
  return true;
}

Status CreateDatabase(StoreCore* core) SHALE_REQUIRES(core->commit_mutex) {
  Disk* disk = core->files->disk;
  RETURN_IF_ERROR(disk->MakeDirectory(core->files->segment_directory));
  for (const char* name : {"log-000001", "catalog.new"}) {
    std::string path = core->directory + "/" + name;
    ASSIGN_OR_RETURN(const bool left, disk->Exists(path));
    if (left) RETURN_IF_ERROR(disk->Remove(path));
  }
  KillPoint("database.create");
  // The salt keeps files of another database from passing for this one's.
  uint64_t salt =
      HashCombine(static_cast<uint64_t>(core->clock->NowMicros()), HashBytes(core->directory));
  Log::Options options;
  options.salt = salt;
  options.create = true;
  options.file_bytes = core->options.log_file_bytes;
  Log::Recovered recovered;
  ASSIGN_OR_RETURN(core->log, Log::Open(
                                  disk, core->directory, 1, options,
                                  [](uint64_t, const Record&) { return OkStatus(); }, &recovered));
  KillPoint("database.log");
  ASSIGN_OR_RETURN(core->catalog, Catalog::Create(disk, core->directory, salt));
  return disk->SyncDirectory(ParentOf(core->directory));
}

// The first version: what the catalog says, with every segment open.
Status OpenSegments(StoreCore* core, VersionEdit* edit) SHALE_REQUIRES(core->commit_mutex) {
  const CatalogState& state = core->catalog->state();
  for (const auto& [id, entry] : state.tables) {
    auto table = std::make_shared<TableVersion>();
    table->schema = entry.schema;
    table->missing_values = std::make_shared<const std::map<ColumnId, Value>>(entry.missing_values);
    edit->PutTable(id, table);
    std::map<int64_t, PartitionVersion> partitions;
    for (const auto& [segment_id, stored] : entry.segments) {
      auto reader = OpenStoredSegment(*core->files, stored);
      std::string damage = stored.damage;
      if (!reader.ok()) {
        // Damage of one file leaves everything else readable.
        if (!IsDamage(reader.status())) return reader.status();
        if (damage.empty()) damage = std::string(Message(reader.status()));
      }
      ASSIGN_OR_RETURN(VisibilityPtr hidden, Visibility::FromCatalog(stored.hidden));
      PartitionVersion& partition = partitions[stored.partition_begin_us];
      PartitionUnit unit =
          entry.schema->timestamp_column ? entry.schema->partition_unit : PartitionUnit::kNone;
      partition.range = PartitionOf(stored.partition_begin_us, unit);
      auto segment =
          reader.ok()
              ? std::make_shared<Segment>(core->files, *std::move(reader), stored.commit_sequence)
              : std::make_shared<Segment>(core->files, segment_id, stored.num_rows,
                                          stored.commit_sequence);
      if (damage.empty()) {
        partition.segments.push_back({std::move(segment), std::move(hidden)});
        continue;
      }
      core->report.notes.push_back(
          fmt::format("table \"{}\": segment {} ({} rows) is in quarantine: {}", entry.schema->name,
                      segment_id, stored.num_rows, damage));
      partition.damaged.push_back({std::move(segment), std::move(hidden),
                                   std::make_shared<const std::string>(std::move(damage))});
    }
    for (auto& [begin, partition] : partitions) table->Put(std::move(partition));
  }
  auto views = std::make_shared<std::map<std::string, ViewSchema>>();
  for (const auto& [name, view] : state.views) (*views)[name] = view;
  edit->next().views = std::move(views);
  edit->next().roles = std::make_shared<const std::map<std::string, RoleSchema>>(state.roles);
  return OkStatus();
}

// Files that no catalog group names: a load or job that was cut short, or a removal that was.
Status RemoveOrphans(StoreCore* core) SHALE_REQUIRES(core->commit_mutex) {
  std::set<std::string> named;
  for (const auto& [id, entry] : core->catalog->state().tables) {
    for (const auto& [segment_id, stored] : entry.segments) {
      named.insert(core->files->SegmentPath(segment_id));
    }
  }
  Disk* disk = core->files->disk;
  ASSIGN_OR_RETURN(auto names, disk->List(core->files->segment_directory));
  uint64_t removed = 0;
  for (const std::string& name : names) {
    std::string path = core->files->segment_directory + "/" + name;
    if (named.contains(path)) continue;
    // A number that was used must not be used again while its file might still be there.
    uint64_t number = std::strtoull(name.c_str(), nullptr, 10);
    if (number >= core->next_segment_id.load()) core->next_segment_id.store(number + 1);
    KillPoint("recovery.orphan");
    if (disk->Remove(path).ok()) ++removed;
  }
  if (removed > 0) {
    core->report.notes.push_back(
        fmt::format("removed {} segment file(s) of work that was not committed", removed));
  }
  return OkStatus();
}

// At the orderly close log and catalog said how far the other had come.
Status CheckNothingIsOld(const StoreCore& core, const Log::Recovered& recovered)
    SHALE_REQUIRES(core.commit_mutex) {
  const uint64_t in_catalog = core.catalog->state().last_sequence;
  if (in_catalog < recovered.catalog_sequence) {
    return DataLoss(
        "{}/catalog: an older version of the catalog: it ends with commit {}, though commit {} was "
        "made; put the newest version back",
        core.directory, in_catalog, recovered.catalog_sequence);
  }
  if (recovered.last_sequence < core.catalog->log_sequence()) {
    return DataLoss(
        "{}: an older version of the log file: it ends with commit {}, though commit {} was "
        "made; put the newest version back",
        core.log->newest_path(), recovered.last_sequence, core.catalog->log_sequence());
  }
  return OkStatus();
}

// The schema under which a batch was written: the table's own, or, when the table was altered
// since, one with just the batch's columns.
TableSchemaPtr SchemaOfBatch(const BatchRecord& batch, const TableSchemaPtr& current) {
  if (batch.schema_id == current->schema_id) return current;
  auto old = std::make_shared<TableSchema>(*current);
  old->schema_id = batch.schema_id;
  old->columns.clear();
  for (size_t i = 0; i < batch.column_ids.size(); ++i) {
    const ColumnSchema* known = current->Find(batch.column_ids[i]);
    ColumnSchema column;
    if (known) column = *known;
    column.id = batch.column_ids[i];
    column.type = batch.types[i];
    if (!known) column.name = fmt::format("dropped_{}", column.id);
    old->columns.push_back(std::move(column));
  }
  return old;
}

struct Replay {
  StoreCore* core;
  VersionEdit* edit;
  StoreCore::Touched touched;
  std::map<std::pair<TableId, uint32_t>, TableSchemaPtr> schemas;
  uint64_t last_sequence = 0;
  uint64_t batches = 0;
  uint64_t rows = 0;

  // Each commit is in the log or the catalog: past the catalog's last there is no gap.
  Status VisitInOrder(uint64_t file, const Record& record) SHALE_REQUIRES(core->commit_mutex) {
    const uint64_t known = std::max(core->catalog->state().last_sequence, last_sequence);
    if (record.sequence > known + 1) {
      return DataLoss(
          "{}/catalog: an older version of the catalog: it ends with commit {}, the log goes on "
          "with commit {} and knows nothing of those between; put the newest version back",
          core->directory, known, record.sequence);
    }
    last_sequence = record.sequence;
    return Visit(file, record);
  }

  Status Visit(uint64_t file, const Record& record) SHALE_REQUIRES(core->commit_mutex) {
    if (record.type == static_cast<uint32_t>(LogRecordType::kTogether)) {
      ASSIGN_OR_RETURN(std::vector<LogPart> parts, DecodeTogether(record.payload));
      for (const LogPart& part : parts) {
        Record one = record;
        one.type = static_cast<uint32_t>(part.type);
        one.payload = part.payload;
        RETURN_IF_ERROR(Visit(file, one));
      }
      return OkStatus();
    }
    if (record.type == static_cast<uint32_t>(LogRecordType::kDelete)) {
      ASSIGN_OR_RETURN(DeleteRecord deleted, DecodeDelete(record.payload));
      core->RefreshSlices(edit, touched);
      touched.clear();
      core->ApplyDelete(edit, deleted, record.sequence);
      return OkStatus();
    }
    if (record.type != static_cast<uint32_t>(LogRecordType::kBatch)) {
      return Unsupported("the log holds a record of type {}, written by a newer Shale",
                         record.type);
    }
    ASSIGN_OR_RETURN(BatchRecord batch, DecodeBatch(record.payload));
    auto found = core->catalog->state().tables.find(batch.table_id);
    if (found == core->catalog->state().tables.end()) return OkStatus();  // dropped since
    const TableEntry& table = found->second;
    if (record.sequence <= table.replayed_to) return OkStatus();  // truncated since
    TableSchemaPtr& schema = schemas[{batch.table_id, batch.schema_id}];
    if (!schema) schema = SchemaOfBatch(batch, table.schema);
    ASSIGN_OR_RETURN(auto parts, SplitByPartition(*schema, batch.chunks));
    std::erase_if(parts, [&](const PartitionRows& part) {
      auto sealed = table.partition_replayed_to.find(part.range.begin_us);
      return sealed != table.partition_replayed_to.end() && record.sequence <= sealed->second;
    });
    if (parts.empty()) return OkStatus();
    ++batches;
    for (const PartitionRows& part : parts) {
      for (const Chunk& chunk : part.chunks) rows += chunk.num_rows;
    }
    core->ApplyBatch(edit, batch.table_id, schema, parts, record.sequence, file, &touched);
    return OkStatus();
  }
};

}  // namespace

Status OpenStore(StoreCore* core) {
  MutexLock lock(&core->commit_mutex);
  core->files = std::make_shared<StoreFiles>();
  StoreFiles& files = *core->files;
  files.cache = std::make_unique<BlockCache>(core->options.cache_bytes, core->options.memory);
  if (core->options.memory) {
    core->options.memory->set_reclaim(
        [files = std::weak_ptr<StoreFiles>(core->files)](int64_t bytes) {
          if (auto open = files.lock()) open->cache->Evict(bytes);
        });
  }
  files.segment_directory = core->directory + "/segments";
  if (core->options.in_memory) {
    files.own_disk = std::make_unique<SimulatedDisk>(SimulatedDisk::Options{false});
    files.disk = files.own_disk.get();
    RETURN_IF_ERROR(files.disk->MakeDirectory(files.segment_directory));
    ASSIGN_OR_RETURN(core->catalog, Catalog::Create(nullptr, core->directory, 0));
    return OkStatus();
  }
  files.disk = core->options.disk ? core->options.disk : PosixDisk();
  Disk* disk = files.disk;
  ASSIGN_OR_RETURN(const bool exists, disk->Exists(core->directory));
  if (!exists && !core->options.create) {
    return NotFound("there is no database at \"{}\"", core->directory);
  }
  if (!exists) RETURN_IF_ERROR(disk->MakeDirectory(core->directory));
  ASSIGN_OR_RETURN(const bool has_catalog, Catalog::Exists(disk, core->directory));
  if (!has_catalog) {
    ASSIGN_OR_RETURN(bool unused, IsUnused(disk, core->directory));
    if (!unused) {
      return DataLoss(
          "\"{}\" holds files but no catalog: it is no Shale database, or its catalog "
          "was lost",
          core->directory);
    }
    if (!core->options.create) {
      return NotFound("there is no database at \"{}\": the directory is empty", core->directory);
    }
  }
  ASSIGN_OR_RETURN(core->lock_file, disk->Lock(core->directory + "/LOCK"));
  // Somebody may have made it between the look and the lock.
  ASSIGN_OR_RETURN(const bool has_it_now, Catalog::Exists(disk, core->directory));
  if (!has_it_now) return CreateDatabase(core);

  ASSIGN_OR_RETURN(core->catalog, Catalog::Open(disk, core->directory));
  KillPoint("recovery.catalog");
  const CatalogState& state = core->catalog->state();
  core->next_segment_id.store(state.counters.next_segment_id);
  if (core->catalog->torn_bytes() > 0) {
    core->report.torn_bytes += core->catalog->torn_bytes();
    core->report.notes.push_back("cut an unfinished change from the end of the catalog");
  }
  if (!core->catalog->mark_damage().empty()) {
    core->report.notes.push_back(core->catalog->mark_damage());
  }
  VersionEdit edit = core->Begin();
  RETURN_IF_ERROR(OpenSegments(core, &edit));
  KillPoint("recovery.segments");

  Log::Options options;
  options.salt = state.database_salt;
  options.file_bytes = core->options.log_file_bytes;
  Log::Recovered recovered;
  Replay replay{core, &edit, {}, {}};
  ASSIGN_OR_RETURN(core->log, Log::Open(
                                  disk, core->directory, state.first_log_file, options,
                                  [&](uint64_t file, const Record& record)
                                      SHALE_NO_TSA { return replay.VisitInOrder(file, record); },
                                  &recovered));
  KillPoint("recovery.log");
  RETURN_IF_ERROR(CheckNothingIsOld(*core, recovered));
  // Only now: had the catalog been an older one, these files would not be orphans.
  RETURN_IF_ERROR(RemoveOrphans(core));
  core->RefreshSlices(&edit, replay.touched);
  core->report.torn_bytes += recovered.torn_bytes;
  if (!recovered.clean) {
    core->report.replayed_batches = replay.batches;
    core->report.replayed_rows = replay.rows;
  }
  for (std::string& note : recovered.notes) core->report.notes.push_back(std::move(note));
  KillPoint("recovery.done");
  core->Publish(std::move(edit), std::max(state.last_sequence, recovered.last_sequence));
  return OkStatus();
}

}  // namespace shale
