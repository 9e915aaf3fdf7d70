// How a version becomes the next one.
#include <algorithm>
#include <optional>

#include "engine/base/kill_point.h"
#include "storage/table/store_core.h"

namespace shale {

// ---- VersionEdit --------------------------------------------------------------------------------

TableVersion* VersionEdit::Table(TableId id) {
  auto copied = copies_.find(id);
  if (copied != copies_.end()) return copied->second.get();
  auto it = next_->tables.find(id);
  if (it == next_->tables.end()) return nullptr;
  auto copy = std::make_shared<TableVersion>(*it->second);
  it->second = copy;
  copies_[id] = copy;
  return copy.get();
}

PartitionVersion VersionEdit::Partition(TableId id, PartitionRange range) {
  const PartitionVersion* found = Table(id)->FindPartition(range.begin_us);
  if (found) return *found;
  PartitionVersion fresh;
  fresh.range = range;
  return fresh;
}

void VersionEdit::PutTable(TableId id, std::shared_ptr<TableVersion> table) {
  next_->tables[id] = table;
  copies_[id] = std::move(table);
}

void VersionEdit::DropTable(TableId id) {
  next_->tables.erase(id);
  copies_.erase(id);
}

// ---- StoreCore ----------------------------------------------------------------------------------

StoreCore::StoreCore() {
  auto first = std::make_shared<DatabaseVersion>();
  first->jobs = jobs;
  current_ = std::move(first);
}
StoreCore::~StoreCore() {
  {
    MutexLock lock(&wake_mutex);
    stop = true;
    wake.NotifyAll();
    room.NotifyAll();
  }
  runner.reset();
  MutexLock lock(&commit_mutex);
  if (!catalog || !log) return;
  // Each says how far the other has come; neither does when one has not come to its end.
  if (!CheckWritable().ok()) return;
  KillPoint("close.log");
  if (log->Close(catalog->state().last_sequence).ok()) {
    KillPoint("close.catalog");
    catalog->Close(log->last_sequence()).IgnoreError();
  }
}

Snapshot StoreCore::snapshot() const {
  MutexLock lock(&version_mutex_);
  return current_;
}

VersionEdit StoreCore::Begin() { return VersionEdit(*snapshot()); }

void StoreCore::Publish(VersionEdit edit, uint64_t sequence) {
  edit.next().sequence = sequence;
  last_sequence = sequence;
  if (log) {
    log_bytes.store(log->total_bytes());
    log_files.store(log->num_files());
  }
  Snapshot next = edit.Finish();
  {
    MutexLock lock(&version_mutex_);
    current_.swap(next);
  }
  // `next` is the old version now: what only it held goes here, outside the lock.
  next.reset();
  if (options.background_jobs) {
    MutexLock lock(&wake_mutex);
    ++commits;
    mark_pending = log != nullptr;
    wake.NotifyAll();
  }
}

Status StoreCore::CheckWritable() {
  RETURN_IF_ERROR(catalog->poison());
  return log ? log->poison() : OkStatus();
}

Status StoreCore::CommitCatalog(VersionEdit edit, std::vector<CatalogEdit> edits) {
  RETURN_IF_ERROR(CheckWritable());
  uint64_t sequence = NextSequence();
  RETURN_IF_ERROR(catalog->Commit(sequence, std::move(edits)));
  Publish(std::move(edit), sequence);
  return OkStatus();
}

Status StoreCore::CommitLog(std::span<const Record> records, uint64_t* log_file) {
  *log_file = 0;
  if (!log) return OkStatus();
  RETURN_IF_ERROR(CheckWritable());
  ASSIGN_OR_RETURN(*log_file, log->Commit(records));
  return OkStatus();
}

void StoreCore::ApplyBatch(VersionEdit* edit, TableId table_id, const TableSchemaPtr& schema,
                           const std::vector<PartitionRows>& parts, uint64_t sequence,
                           uint64_t log_file, Touched* touched) {
  TableVersion* table = edit->Table(table_id);
  for (const PartitionRows& part : parts) {
    std::shared_ptr<HotTail> tail;
    const PartitionVersion* partition = table->FindPartition(part.range.begin_us);
    if (partition && !partition->hot.empty()) {
      tail = partition->hot.back().tail;
      if (tail->frozen || tail->schema->schema_id != schema->schema_id) tail = nullptr;
    }
    if (!tail) {
      tail = std::make_shared<HotTail>(next_tail_id++, schema);
      tail->first_log_file = log_file;
      PartitionVersion copy = edit->Partition(table_id, part.range);
      copy.hot.push_back({tail, tail->buffer.Slice(), nullptr});
      table->Put(std::move(copy));
    }
    auto before = static_cast<int64_t>(tail->buffer.memory_bytes());
    for (const Chunk& chunk : part.chunks) tail->buffer.Append(chunk, sequence);
    tail->last_sequence = sequence;
    CountHot(static_cast<int64_t>(tail->buffer.memory_bytes()) - before);
    touched->emplace(table_id, part.range.begin_us);
  }
}

void StoreCore::RefreshSlices(VersionEdit* edit, const Touched& touched) {
  for (const auto& [table_id, begin_us] : touched) {
    TableVersion* table = edit->Table(table_id);
    if (!table) continue;
    PartitionVersion copy = *table->FindPartition(begin_us);
    for (HotRef& ref : copy.hot) {
      if (ref.rows->num_rows() != ref.tail->buffer.num_rows()) ref.rows = ref.tail->buffer.Slice();
    }
    table->Put(std::move(copy));
  }
}

void StoreCore::ApplyDelete(VersionEdit* edit, const DeleteRecord& record, uint64_t sequence) {
  TableVersion* table = edit->Table(record.table_id);
  if (!table) return;
  auto reason = static_cast<HiddenReason>(record.reason);
  std::map<uint64_t, const std::vector<uint32_t>*> by_segment;
  for (const auto& part : record.segments) by_segment[part.segment_id] = &part.rows;
  std::map<int64_t, std::vector<const DeleteRecord::InLog*>> by_partition;
  for (const auto& part : record.batches) by_partition[part.partition_begin_us].push_back(&part);
  std::vector<PartitionPtr> partitions = table->partitions;
  for (const PartitionPtr& partition : partitions) {
    std::optional<PartitionVersion> copy;
    for (auto list : {&PartitionVersion::segments, &PartitionVersion::damaged}) {
      for (size_t i = 0; i < ((*partition).*list).size(); ++i) {
        auto found = by_segment.find(((*partition).*list)[i].segment->id());
        if (found == by_segment.end()) continue;
        if (!copy) copy = *partition;
        VisibilityPtr& hidden = ((*copy).*list)[i].hidden;
        hidden = Visibility::Hide(hidden, reason, *found->second, sequence);
        unsaved_hidden.emplace(record.table_id, found->first);
      }
    }
    auto batches = by_partition.find(partition->range.begin_us);
    if (batches != by_partition.end()) {
      if (!copy) copy = *partition;
      for (const DeleteRecord::InLog* batch : batches->second) {
        for (HotRef& ref : copy->hot) {
          uint64_t first = ref.rows->FirstRowOf(batch->sequence);
          if (first == ref.rows->num_rows() || ref.rows->SequenceOf(first) != batch->sequence) {
            continue;
          }
          std::vector<uint32_t> rows;
          for (uint32_t row : batch->rows) rows.push_back(static_cast<uint32_t>(first + row));
          ref.hidden = Visibility::Hide(ref.hidden, reason, rows, sequence);
        }
      }
    }
    if (copy) table->Put(*std::move(copy));
  }
}

void StoreCore::Forget(const TableVersion& table) {
  for (const PartitionPtr& partition : table.partitions) {
    for (const auto* list : {&partition->segments, &partition->damaged}) {
      for (const SegmentRef& ref : *list) {
        ref.segment->MarkObsolete();
        unsaved_hidden.erase({table.schema->table_id, ref.segment->id()});
      }
    }
    for (const HotRef& ref : partition->hot) {
      ref.tail->frozen = true;
      CountHot(-static_cast<int64_t>(ref.tail->buffer.memory_bytes()));
    }
  }
  MutexLock lock(&wake_mutex);
  room.NotifyAll();
}

StatusOr<SegmentPtr> StoreCore::OpenSegment(const SegmentInfo& info, uint64_t commit_sequence) {
  ASSIGN_OR_RETURN(auto reader,
                   SegmentReader::Open(files->disk, files->SegmentPath(info.segment_id),
                                       files->cache.get(), info.footer_checksum));
  return std::make_shared<Segment>(files, std::move(reader), commit_sequence);
}

void StoreCore::AbandonFiles(const std::vector<SegmentInfo>& built) {
  if (catalog->poison().ok()) RemoveSegmentFiles(*files, built);
}

void StoreCore::AppendLogTrim(const DatabaseVersion& next, std::vector<CatalogEdit>* edits) {
  if (!log) return;
  uint64_t needed = ~uint64_t{0};
  for (const auto& [id, table] : next.tables) {
    for (const PartitionPtr& partition : table->partitions) {
      for (const HotRef& ref : partition->hot) {
        needed = std::min(needed, ref.tail->first_log_file);
      }
    }
  }
  uint64_t keep = log->FirstToKeep(needed);
  if (keep <= catalog->state().first_log_file) return;
  // Deletes that stand only in the files to go move into the catalog.
  std::set<std::pair<TableId, uint64_t>> named;
  for (const CatalogEdit& edit : *edits) {
    if (const auto* add = std::get_if<AddSegment>(&edit)) {
      named.emplace(add->segment.table_id, add->segment.segment_id);
    }
  }
  for (const auto& [id, table] : next.tables) {
    for (const PartitionPtr& partition : table->partitions) {
      for (const auto* list : {&partition->segments, &partition->damaged}) {
        for (const SegmentRef& ref : *list) {
          std::pair<TableId, uint64_t> key(id, ref.segment->id());
          if (!ref.hidden || !unsaved_hidden.contains(key) || named.contains(key)) continue;
          for (auto& [reason, rows] : ref.hidden->ToCatalog()) {
            edits->push_back(HideRows{id, ref.segment->id(), reason, rows});
          }
        }
      }
    }
  }
  edits->push_back(LogBegins{keep});
}

Status StoreCore::TrimLog() {
  MutexLock lock(&commit_mutex);
  VersionEdit edit = Begin();
  std::vector<CatalogEdit> edits;
  AppendLogTrim(edit.next(), &edits);
  if (edits.empty()) return OkStatus();
  RETURN_IF_ERROR(CommitCatalog(std::move(edit), std::move(edits)));
  unsaved_hidden.clear();
  RemoveOldLogs();
  return OkStatus();
}

void StoreCore::RemoveOldLogs() {
  if (!log) return;
  // What cannot be removed now is at the next open.
  log->RemoveBefore(catalog->state().first_log_file).IgnoreError();
  log_bytes.store(log->total_bytes());
  log_files.store(log->num_files());
}

namespace {

// Rows hidden in `now` but not in `before`, by reason, moved to the segments that replace them.
void MoveHidden(const VisibilityPtr& before, const VisibilityPtr& now,
                const std::vector<uint64_t>& to, std::vector<VisibilityPtr>* hidden) {
  if (now == before || !now) return;
  for (const auto& [reason, of] : now->reasons()) {
    Roaring fresh = of.rows;
    if (before) fresh -= before->all();
    if (fresh.isEmpty()) continue;
    std::vector<uint32_t> rows(fresh.cardinality());
    fresh.toUint32Array(rows.data());
    std::vector<std::vector<uint32_t>> moved(hidden->size());
    for (uint32_t row : rows) {
      if (to[row] != RowMoves::kGone)
        moved[to[row] >> 32].push_back(static_cast<uint32_t>(to[row]));
    }
    for (size_t i = 0; i < moved.size(); ++i) {
      if (moved[i].empty()) continue;
      (*hidden)[i] = Visibility::Hide((*hidden)[i], reason, moved[i], of.since_sequence);
    }
  }
}

}  // namespace

Status StoreCore::CommitReplacement(Replacement r) {
  std::vector<SegmentPtr> opened;
  auto open = [&]() -> Status {
    if (!r.built.empty()) RETURN_IF_ERROR(files->disk->SyncDirectory(files->segment_directory));
    for (const SegmentInfo& info : r.built) {
      ASSIGN_OR_RETURN(SegmentPtr segment, OpenSegment(info, 0));
      opened.push_back(std::move(segment));
    }
    return OkStatus();
  };
  Status status = open();
  if (!status.ok()) {
    RemoveSegmentFiles(*files, r.built);
    return status;
  }

  KillPoint("replace.synced");
  MutexLock lock(&commit_mutex);
  VersionEdit edit = Begin();
  TableVersion* table = edit.Table(r.table_id);
  const PartitionVersion* current = table ? table->FindPartition(r.range.begin_us) : nullptr;
  std::vector<VisibilityPtr> hidden(opened.size());
  PartitionVersion next;
  size_t found = 0;
  if (current) {
    next.range = current->range;
    next.damaged = current->damaged;
    for (const HotRef& ref : current->hot) {
      if (ref.tail != r.tail) {
        next.hot.push_back(ref);
        continue;
      }
      ++found;
      MoveHidden(r.tail_hidden, ref.hidden, r.to[0], &hidden);
    }
    for (const SegmentRef& ref : current->segments) {
      size_t i = 0;
      while (i < r.segments.size() && r.segments[i].segment != ref.segment) ++i;
      if (i == r.segments.size()) {
        next.segments.push_back(ref);
        continue;
      }
      ++found;
      MoveHidden(r.segments[i].hidden, ref.hidden, r.to[i], &hidden);
    }
  }
  if (found != r.segments.size() + (r.tail ? 1 : 0)) {  // dropped or truncated meanwhile
    RemoveSegmentFiles(*files, r.built);
    return OkStatus();
  }

  std::vector<CatalogEdit> edits;
  for (const SegmentRef& ref : r.segments) {
    edits.push_back(RemoveSegment{r.table_id, ref.segment->id()});
  }
  for (size_t i = 0; i < opened.size(); ++i) {
    SegmentEntry entry;
    entry.segment_id = r.built[i].segment_id;
    entry.table_id = r.table_id;
    entry.partition_begin_us = r.range.begin_us;
    entry.num_rows = r.built[i].num_rows;
    entry.file_bytes = r.built[i].file_bytes;
    entry.footer_checksum = r.built[i].footer_checksum;
    if (hidden[i]) entry.hidden = hidden[i]->ToCatalog();
    edits.push_back(AddSegment{std::move(entry)});
    next.segments.push_back({opened[i], hidden[i]});
  }
  if (r.tail) {
    edits.push_back(PartitionReplayedTo{r.table_id, r.range.begin_us, r.tail->last_sequence});
  }
  table->Put(std::move(next));
  AppendLogTrim(edit.next(), &edits);
  bool trimmed = std::holds_alternative<LogBegins>(edits.back());
  KillPoint("replace.commit");
  status = CommitCatalog(std::move(edit), std::move(edits));
  if (!status.ok()) {
    AbandonFiles(r.built);
    return status;
  }
  KillPoint("replace.committed");
  std::vector<RowHomePtr> homes;
  for (const SegmentPtr& segment : opened) homes.push_back(segment->home());
  for (size_t i = 0; i < r.to.size(); ++i) {
    auto moves = std::make_shared<RowMoves>();
    moves->homes = homes;
    moves->to = std::move(r.to[i]);
    (r.tail ? r.tail->home : r.segments[i].segment->home())->moved = std::move(moves);
  }
  for (const SegmentRef& ref : r.segments) {
    ref.segment->MarkObsolete();
    unsaved_hidden.erase({r.table_id, ref.segment->id()});
  }
  if (r.tail) {
    CountHot(-static_cast<int64_t>(r.tail->buffer.memory_bytes()));
    MutexLock wake_lock(&wake_mutex);
    room.NotifyAll();
  }
  if (trimmed) {
    unsaved_hidden.clear();
    RemoveOldLogs();
  }
  return OkStatus();
}

}  // namespace shale
