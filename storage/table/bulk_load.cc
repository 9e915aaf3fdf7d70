// BulkWriter: rows go from the loader's chunks into open buffers, one a worker and partition, and
// from there into sorted segment files; a commit is one catalog group that names them all.
#include <algorithm>
#include <map>

#include "engine/base/kill_point.h"
#include "engine/exec/pipeline.h"
#include "storage/table/store_core.h"

namespace shale {
namespace {

class BulkLoad : public BulkWriter {
 public:
  BulkLoad(StoreCore* core, TableSchemaPtr schema, int num_workers,
           std::function<Status(const Snapshot&)> verify)
      : core_(core), files_(core->files), schema_(std::move(schema)), verify_(std::move(verify)) {
    for (int i = 0; i < num_workers; ++i) {
      workers_.push_back(std::make_unique<Worker>(core->options.memory));
    }
  }
  ~BulkLoad() override {
    for (const auto& worker : workers_) RemoveSegmentFiles(*files_, Infos(worker->built));
  }

  Status Append(int worker, Chunk rows) override;
  Status Commit(const std::string& token) override;
  uint64_t rows() const override { return rows_.load(); }

 private:
  struct Open {
    PartitionRange range;
    std::unique_ptr<HotBuffer> buffer;
  };
  struct Built {
    PartitionRange range;
    SegmentInfo info;
  };
  struct Worker {
    explicit Worker(MemoryBudget* memory) : reserved(memory) {}
    std::map<int64_t, Open> open;  // by partition
    std::vector<Built> built;
    uint64_t bytes = 0;  // of open buffers
    Reservation reserved;
  };

  static std::vector<SegmentInfo> Infos(const std::vector<Built>& built) {
    std::vector<SegmentInfo> infos;
    for (const Built& one : built) infos.push_back(one.info);
    return infos;
  }
  static bool IsFull(const HotBuffer& buffer) {
    return buffer.num_rows() >= kMaxSegmentRows ||
           buffer.raw_bytes() >= kMaxSegmentRawBytes - kMaxSegmentRawBytes / 8;
  }
  Status AppendTo(Worker* worker, const PartitionRows& part);
  Status Seal(const Open& open, int num_workers, std::vector<Built>* built);
  Status SealLargest(Worker* worker);
  Status SealAll(std::vector<Built>* built);

  StoreCore* core_;
  const StoreFilesPtr files_;  // what is left behind goes, also when the store has gone before
  TableSchemaPtr schema_;
  const std::function<Status(const Snapshot&)> verify_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::atomic<uint64_t> rows_{0};
};

Status BulkLoad::Append(int worker_index, Chunk rows) {
  SHALE_CHECK(worker_index >= 0 && static_cast<size_t>(worker_index) < workers_.size());
  Worker* worker = workers_[worker_index].get();
  uint64_t first_row = rows_.fetch_add(rows.num_rows);
  RETURN_IF_ERROR(CheckRows(*schema_, rows, first_row));
  ASSIGN_OR_RETURN(auto parts, SplitByPartition(*schema_, {std::move(rows)}));
  for (const PartitionRows& part : parts) RETURN_IF_ERROR(AppendTo(worker, part));
  if (worker->open.size() > kMaxPartitionsPerTable) {
    return ResourceExhausted(
        "table \"{}\" would have more than {} partitions: choose a larger "
        "PARTITION BY unit",
        schema_->name, kMaxPartitionsPerTable);
  }
  uint64_t budget = static_cast<uint64_t>(core_->options.hot_bytes) / workers_.size();
  while (worker->bytes > budget && worker->open.size() > 0) RETURN_IF_ERROR(SealLargest(worker));
  return worker->reserved.Resize(static_cast<int64_t>(worker->bytes));
}

Status BulkLoad::AppendTo(Worker* worker, const PartitionRows& part) {
  Open& open = worker->open[part.range.begin_us];
  open.range = part.range;
  for (const Chunk& chunk : part.chunks) {
    size_t begin = 0;
    while (begin < chunk.num_rows) {
      if (!open.buffer) open.buffer = std::make_unique<HotBuffer>(*schema_);
      HotBuffer& buffer = *open.buffer;
      size_t count = std::min<size_t>(chunk.num_rows - begin, kMaxSegmentRows - buffer.num_rows());
      uint64_t before = buffer.memory_bytes();
      // The commit's sequence is not known yet: it will stand beside the segment.
      buffer.Append(count == chunk.num_rows ? chunk : chunk.Slice(begin, count), 0);
      worker->bytes += buffer.memory_bytes() - before;
      begin += count;
      if (!IsFull(buffer)) continue;
      RETURN_IF_ERROR(Seal(open, 1, &worker->built));
      worker->bytes -= buffer.memory_bytes();
      open.buffer = nullptr;
    }
  }
  if (!open.buffer) worker->open.erase(part.range.begin_us);
  return OkStatus();
}

Status BulkLoad::Seal(const Open& open, int num_workers, std::vector<Built>* built) {
  SegmentBuild build;
  build.files = core_->files.get();
  build.schema = schema_.get();
  build.next_segment_id = [this] { return core_->TakeSegmentId(); };
  build.num_workers = num_workers;
  ASSIGN_OR_RETURN(BuiltSegments made, BuildSegments(*open.buffer->Slice(), nullptr, build));
  for (SegmentInfo& info : made.segments) built->push_back({open.range, std::move(info)});
  return OkStatus();
}

Status BulkLoad::SealLargest(Worker* worker) {
  auto largest = worker->open.begin();
  for (auto it = worker->open.begin(); it != worker->open.end(); ++it) {
    if (it->second.buffer->memory_bytes() > largest->second.buffer->memory_bytes()) largest = it;
  }
  RETURN_IF_ERROR(Seal(largest->second, 1, &worker->built));
  worker->bytes -= largest->second.buffer->memory_bytes();
  worker->open.erase(largest);
  return OkStatus();
}

// Seals what is open. Buffers of several workers for one partition are joined while they fit into
// one segment.
Status BulkLoad::SealAll(std::vector<Built>* built) {
  std::map<int64_t, std::vector<Open>> by_partition;
  for (auto& worker : workers_) {
    for (auto& [begin, open] : worker->open) by_partition[begin].push_back(std::move(open));
    worker->open.clear();
    worker->bytes = 0;
  }
  std::vector<Open> tasks;
  for (auto& [begin, opens] : by_partition) {
    std::stable_sort(opens.begin(), opens.end(), [](const Open& a, const Open& b) {
      return a.buffer->num_rows() > b.buffer->num_rows();
    });
    size_t first = tasks.size();
    for (Open& open : opens) {
      Open* into = nullptr;
      for (size_t i = first; i < tasks.size() && !into; ++i) {
        const HotBuffer& at = *tasks[i].buffer;
        bool fits = at.num_rows() + open.buffer->num_rows() <= kMaxSegmentRows &&
                    at.raw_bytes() + open.buffer->raw_bytes() <=
                        kMaxSegmentRawBytes - kMaxSegmentRawBytes / 8;
        if (fits) into = &tasks[i];
      }
      if (!into) {
        tasks.push_back(std::move(open));
        continue;
      }
      HotSlicePtr rows = open.buffer->Slice();
      for (size_t block = 0; block < rows->num_blocks(); ++block) {
        Chunk chunk;
        chunk.num_rows = rows->BlockRows(block);
        for (size_t c = 0; c < rows->column_ids().size(); ++c) {
          chunk.columns.push_back(rows->Read(c, block));
        }
        into->buffer->AppendWithSequence(chunk);
      }
      open.buffer = nullptr;
    }
  }
  int threads = static_cast<int>(std::min<size_t>(core_->num_workers, tasks.size()));
  int columns_at_once = tasks.empty() ? 1 : std::max<int>(1, core_->num_workers / threads);
  std::vector<std::vector<Built>> made(tasks.size());
  std::atomic<size_t> next{0};
  Status status;
  if (!tasks.empty()) {
    status = RunParallel(threads, [&](int) -> Status {
      for (size_t i = next.fetch_add(1); i < tasks.size(); i = next.fetch_add(1)) {
        RETURN_IF_ERROR(Seal(tasks[i], columns_at_once, &made[i]));
        tasks[i].buffer = nullptr;
      }
      return OkStatus();
    });
  }
  for (auto& some : made) built->insert(built->end(), some.begin(), some.end());
  for (auto& worker : workers_) {
    built->insert(built->end(), worker->built.begin(), worker->built.end());
    worker->built.clear();
    RETURN_IF_ERROR(worker->reserved.Resize(0));
  }
  return status;
}

Status BulkLoad::Commit(const std::string& token) {
  std::vector<Built> built;
  Status status = SealAll(&built);
  std::vector<SegmentPtr> opened;
  std::vector<SegmentInfo> infos = Infos(built);
  if (status.ok() && built.empty() && token.empty()) return OkStatus();
  if (status.ok() && !built.empty()) {
    status = core_->files->disk->SyncDirectory(core_->files->segment_directory);
  }
  if (!status.ok()) {
    RemoveSegmentFiles(*core_->files, infos);
    return status;
  }

  KillPoint("bulk.built");
  MutexLock lock(&core_->commit_mutex);
  uint64_t sequence = core_->NextSequence();
  VersionEdit edit = core_->Begin();
  TableVersion* table = edit.Table(schema_->table_id);
  if (!table) {
    status = NotFound("table \"{}\" was dropped meanwhile", schema_->name);
  } else if (table->schema->schema_id != schema_->schema_id) {
    status = MakeError(StatusCode::kAborted, "table \"{}\" was altered meanwhile: load again",
                       schema_->name);
  } else if (verify_) {
    status = verify_(core_->snapshot());
  }
  std::vector<CatalogEdit> edits;
  for (const Built& one : built) {
    if (!status.ok()) break;
    auto segment = core_->OpenSegment(one.info, sequence);
    if (!segment.ok()) {
      status = segment.status();
      break;
    }
    SegmentEntry entry;
    entry.segment_id = one.info.segment_id;
    entry.table_id = schema_->table_id;
    entry.partition_begin_us = one.range.begin_us;
    entry.num_rows = one.info.num_rows;
    entry.file_bytes = one.info.file_bytes;
    entry.footer_checksum = one.info.footer_checksum;
    entry.commit_sequence = sequence;
    edits.push_back(AddSegment{std::move(entry)});
    PartitionVersion partition = edit.Partition(schema_->table_id, one.range);
    partition.segments.push_back({*std::move(segment), nullptr});
    table->Put(std::move(partition));
  }
  if (status.ok() && table->partitions.size() > kMaxPartitionsPerTable) {
    status = ResourceExhausted(
        "table \"{}\" would have more than {} partitions: choose a larger "
        "PARTITION BY unit",
        schema_->name, kMaxPartitionsPerTable);
  }
  if (!status.ok()) {
    RemoveSegmentFiles(*core_->files, infos);
    return status;
  }
  if (!token.empty()) edits.push_back(AddResumeToken{schema_->table_id, token});
  KillPoint("bulk.commit");
  status = core_->CommitCatalog(std::move(edit), std::move(edits));
  if (!status.ok()) core_->AbandonFiles(infos);
  return status;
}

}  // namespace

StatusOr<std::unique_ptr<BulkWriter>> StartBulkLoad(StoreCore* core, const TableSchema& schema,
                                                    int num_workers,
                                                    std::function<Status(const Snapshot&)> verify) {
  if (num_workers < 1) return InvalidArgument("a bulk load needs at least one worker");
  Snapshot snapshot = core->snapshot();
  const TableVersion* table = snapshot->Find(schema.table_id);
  if (!table) return NotFound("table \"{}\" does not exist", schema.name);
  if (table->schema->schema_id != schema.schema_id) {
    return MakeError(StatusCode::kAborted, "table \"{}\" was altered meanwhile: load again",
                     schema.name);
  }
  return std::unique_ptr<BulkWriter>(
      new BulkLoad(core, table->schema, num_workers, std::move(verify)));
}

}  // namespace shale
