// DELETE: rows named by a reader's snapshot are hidden in the current version.
#include <algorithm>
#include <map>

#include "engine/base/kill_point.h"
#include "storage/table/store_core.h"

namespace shale {
namespace {

// Where the current version keeps what a home stands for.
struct Current {
  const SegmentRef* segment = nullptr;
  const HotRef* hot = nullptr;
  int64_t partition_begin_us = 0;
};

}  // namespace

StatusOr<uint64_t> LocateRows(const VersionEdit& edit, TableId table_id, const Snapshot& snapshot,
                              std::vector<uint64_t> ids, DeleteRecord* record) {
  const TableVersion* seen = snapshot->Find(table_id);
  if (!seen) return NotFound("table {} does not exist in this snapshot", table_id);
  std::vector<RowsRef> refs = AllRows(*seen);
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());

  const TableVersion* table = edit.next().Find(table_id);
  if (!table) return NotFound("table \"{}\" was dropped meanwhile", seen->schema->name);
  std::map<const RowHome*, Current> current;  // looked up, never iterated
  for (const PartitionPtr& partition : table->partitions) {
    int64_t begin = partition->range.begin_us;
    for (const SegmentRef& ref : partition->segments) {
      current[ref.segment->home().get()] = {&ref, nullptr, begin};
    }
    for (const SegmentRef& ref : partition->damaged) {
      current[ref.segment->home().get()] = {&ref, nullptr, begin};
    }
    for (const HotRef& ref : partition->hot) current[ref.tail->home.get()] = {nullptr, &ref, begin};
  }

  std::map<uint64_t, std::vector<uint32_t>> in_segments;
  std::map<std::pair<int64_t, uint64_t>, std::vector<uint32_t>> in_log;
  uint64_t count = 0;
  for (uint64_t id : ids) {
    size_t index = id >> 32;
    auto row = static_cast<uint32_t>(id);
    if (index >= refs.size() || row >= refs[index].num_rows()) {
      return InvalidArgument("row id {} is not of this snapshot", id);
    }
    const RowHome* home = refs[index].segment ? refs[index].segment->segment->home().get()
                                              : refs[index].hot->tail->home.get();
    auto found = current.find(home);
    // Jobs may have moved the row since the snapshot, more than once.
    while (found == current.end() && home->moved) {
      uint64_t to = home->moved->to[row];
      if (to == RowMoves::kGone) break;
      home = home->moved->homes[to >> 32].get();
      row = static_cast<uint32_t>(to);
      found = current.find(home);
    }
    if (found == current.end()) continue;  // truncated, or deleted before it moved
    const Current& place = found->second;
    const VisibilityPtr& hidden = place.segment ? place.segment->hidden : place.hot->hidden;
    if (hidden && hidden->IsHidden(row)) continue;
    ++count;
    if (place.segment) {
      in_segments[place.segment->segment->id()].push_back(row);
    } else {
      const HotSlice& rows = *place.hot->rows;
      uint64_t sequence = rows.SequenceOf(row);
      in_log[{place.partition_begin_us, sequence}].push_back(
          static_cast<uint32_t>(row - rows.FirstRowOf(sequence)));
    }
  }

  record->table_id = table_id;
  record->reason = static_cast<uint8_t>(HiddenReason::kDeleted);
  for (auto& [segment, rows] : in_segments) {
    std::sort(rows.begin(), rows.end());
    record->segments.push_back({segment, std::move(rows)});
  }
  for (auto& [key, rows] : in_log) {
    record->batches.push_back({key.first, key.second, std::move(rows)});
  }
  return count;
}

StatusOr<uint64_t> DeleteRows(StoreCore* core, TableId table_id, const Snapshot& snapshot,
                              const std::vector<uint64_t>& row_ids) {
  MutexLock lock(&core->commit_mutex);
  VersionEdit edit = core->Begin();
  DeleteRecord record;
  ASSIGN_OR_RETURN(uint64_t count, LocateRows(edit, table_id, snapshot, row_ids, &record));
  if (count == 0) return uint64_t{0};
  uint64_t sequence = core->NextSequence();
  if (core->log) {
    std::string payload = EncodeDelete(record);
    if (payload.size() > kMaxRecordBytes) {
      return ResourceExhausted(
          "deleting {} rows in one statement takes a log record of {} bytes, at "
          "most {} are possible: delete in parts (by time)",
          count, payload.size(), kMaxRecordBytes);
    }
    Record logged{sequence, static_cast<uint32_t>(LogRecordType::kDelete), 0, payload};
    uint64_t log_file = 0;
    RETURN_IF_ERROR(core->CommitLog(std::span(&logged, 1), &log_file));
  }
  KillPoint("delete.logged");
  core->ApplyDelete(&edit, record, sequence);
  core->Publish(std::move(edit), sequence);
  return count;
}

}  // namespace shale
