#include <algorithm>

#include "engine/base/kill_point.h"
#include "storage/jobs/jobs.h"

namespace shale {

Status SealOldest(StoreCore* core, TableId table_id, int64_t partition_begin_us) {
  Replacement replacement;
  HotRef ref;
  {
    MutexLock lock(&core->commit_mutex);
    Snapshot snapshot = core->snapshot();
    const TableVersion* table = snapshot->Find(table_id);
    const PartitionVersion* partition = table ? table->FindPartition(partition_begin_us) : nullptr;
    if (!partition || partition->hot.empty()) return OkStatus();
    ref = partition->hot.front();
    ref.tail->frozen = true;
    replacement.range = partition->range;
  }
  SegmentBuild build;
  build.files = core->files.get();
  build.schema = ref.tail->schema.get();
  build.next_segment_id = [core] { return core->TakeSegmentId(); };
  build.want_moves = true;
  build.num_workers = core->num_workers;
  const std::string partition_name = PartitionName(*build.schema, partition_begin_us);
  const uint64_t job =
      core->jobs->Start("seal", build.schema->name, partition_name, ref.VisibleRows(), core->clock);
  uint64_t bytes = 0;
  const auto seal = [&]() -> Status {
    KillPoint("seal.begin");
    ASSIGN_OR_RETURN(BuiltSegments built, BuildSegments(*ref.rows, ref.hidden.get(), build));
    for (const SegmentInfo& segment : built.segments) bytes += segment.file_bytes;
    KillPoint("seal.built");
    replacement.table_id = table_id;
    replacement.tail = ref.tail;
    replacement.tail_hidden = ref.hidden;
    replacement.built = std::move(built.segments);
    replacement.to.push_back(std::move(built.to));
    return core->CommitReplacement(std::move(replacement));
  };
  Status status = seal();
  core->jobs->Finish(job, status, bytes, core->clock);
  return status;
}

Status SealEverything(StoreCore* core) {
  MutexLock job(&core->job_mutex);
  Snapshot snapshot = core->snapshot();
  for (const auto& [id, table] : snapshot->tables) {
    for (const PartitionPtr& partition : table->partitions) {
      for (size_t i = 0; i < partition->hot.size(); ++i) {
        RETURN_IF_ERROR(SealOldest(core, id, partition->range.begin_us));
      }
    }
  }
  return core->TrimLog();
}

Status MakeRoom(StoreCore* core, int64_t bytes) {
  MutexLock job(&core->job_mutex);
  while (core->hot_bytes.load() + bytes > core->options.hot_bytes) {
    Snapshot snapshot = core->snapshot();
    TableId largest_table = 0;
    int64_t largest_partition = 0;
    uint64_t largest = 0;
    for (const auto& [id, table] : snapshot->tables) {
      for (const PartitionPtr& partition : table->partitions) {
        uint64_t size = 0;
        for (const HotRef& ref : partition->hot) size += ref.rows->raw_bytes();
        if (size <= largest) continue;
        largest = size;
        largest_table = id;
        largest_partition = partition->range.begin_us;
      }
    }
    if (largest == 0) {
      return ResourceExhausted(
          "a batch of {} bytes does not fit into hot_bytes, {}: insert fewer "
          "rows at a time",
          bytes, core->options.hot_bytes);
    }
    RETURN_IF_ERROR(SealOldest(core, largest_table, largest_partition));
  }
  return OkStatus();
}

}  // namespace shale
