// Group commit of inserts.
#include <algorithm>

#include "engine/base/kill_point.h"
#include "storage/table/store_core.h"

namespace shale {
namespace {

constexpr uint64_t kMaxGroupBytes = 64 << 20;  // of payload that one fsync makes durable
constexpr int64_t kRoomTimeoutUs = 60'000'000;
constexpr int64_t kRoomPollUs = 100'000;

}  // namespace

Status StoreCore::Enqueue(InsertRequest* request) {
  MutexLock lock(&queue_mutex);
  queue.push_back(request);
  while (true) {
    while (!request->done && leading) queue_changed.Wait(&queue_mutex);
    if (request->done) return request->status;
    leading = true;
    std::vector<InsertRequest*> group;
    uint64_t bytes = 0;
    while (!queue.empty() && (group.empty() || bytes < kMaxGroupBytes)) {
      bytes += queue.front()->payload.size();
      group.push_back(queue.front());
      queue.pop_front();
    }
    queue_mutex.Unlock();
    CommitGroup(group);
    queue_mutex.Lock();
    for (InsertRequest* member : group) member->done = true;
    leading = false;
    queue_changed.NotifyAll();
  }
}

void StoreCore::CommitGroup(const std::vector<InsertRequest*>& group) {
  MutexLock lock(&commit_mutex);
  VersionEdit edit = Begin();
  std::vector<InsertRequest*> members;
  std::vector<Record> records;
  uint64_t sequence = last_sequence;
  for (InsertRequest* request : group) {
    const TableVersion* table = edit.next().Find(request->schema->table_id);
    if (!table) {
      request->status = NotFound("table \"{}\" was dropped meanwhile", request->schema->name);
    } else if (table->schema->schema_id != request->schema->schema_id) {
      request->status = MakeError(StatusCode::kAborted,
                                  "table \"{}\" was altered meanwhile: run the statement again",
                                  request->schema->name);
    } else if (table->partitions.size() + request->parts.size() > kMaxPartitionsPerTable) {
      request->status = ResourceExhausted(
          "table \"{}\" would have more than {} partitions: choose a larger PARTITION BY unit",
          request->schema->name, kMaxPartitionsPerTable);
    } else {
      ++sequence;
      members.push_back(request);
      records.push_back(
          {sequence, static_cast<uint32_t>(LogRecordType::kBatch), 0, request->payload});
    }
  }
  if (members.empty()) return;
  uint64_t log_file = 0;
  Status status = CommitLog(records, &log_file);
  if (!status.ok()) {
    for (InsertRequest* request : members) request->status = status;
    return;
  }
  KillPoint("insert.logged");
  Touched touched;
  sequence = last_sequence;
  for (InsertRequest* request : members) {
    ++sequence;
    const TableSchemaPtr& schema = edit.Table(request->schema->table_id)->schema;
    ApplyBatch(&edit, request->schema->table_id, schema, request->parts, sequence, log_file,
               &touched);
  }
  RefreshSlices(&edit, touched);
  Publish(std::move(edit), sequence);
}

void StoreCore::WakeJobs() {
  MutexLock lock(&wake_mutex);
  work = true;
  wake.NotifyAll();
}

Status StoreCore::WaitForRoom(int64_t bytes) {
  int64_t waited = 0;
  MutexLock lock(&wake_mutex);
  ++waiting_for_room;
  Status status;
  while (hot_bytes.load() + bytes > options.hot_bytes) {
    if (stop || waited >= kRoomTimeoutUs || !job_error.ok()) {
      status = ResourceExhausted(
          "rows in memory have reached hot_bytes ({} bytes) and sealing them did not make room{}{}",
          options.hot_bytes, job_error.ok() ? "" : ": ", Message(job_error));
      break;
    }
    work = true;
    wake.NotifyAll();
    room.WaitFor(&wake_mutex, kRoomPollUs);
    waited += kRoomPollUs;
  }
  --waiting_for_room;
  return status;
}

}  // namespace shale
