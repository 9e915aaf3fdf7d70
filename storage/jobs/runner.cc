// Which jobs are due, and the thread that runs them.
#include <algorithm>
#include <array>
#include <bit>
#include <optional>

#include "engine/base/log.h"
#include "storage/jobs/jobs.h"

namespace shale {
namespace {

constexpr size_t kMergeFactor = 8;       // segments of like size that are merged
constexpr int64_t kGatherUs = 50'000;    // commits are looked at together
constexpr int64_t kIdleUs = 200'000;     // without a commit: the mark is made durable
constexpr int64_t kRetryUs = 1'000'000;  // after a job that failed

struct Job {
  TableId table_id = 0;
  PartitionRange range{};
  std::vector<SegmentRef> segments;  // empty: seal
};

bool IsFull(const StoreCore& core, const HotRef& ref) {
  return ref.tail->frozen || ref.rows->num_rows() >= core.options.seal_rows ||
         ref.rows->raw_bytes() >= kMaxSegmentRawBytes - kMaxSegmentRawBytes / 4;
}

std::optional<Job> DueSeal(StoreCore* core, const DatabaseVersion& version)
    SHALE_REQUIRES(core->commit_mutex) {
  bool memory_short = core->hot_bytes.load() > core->options.hot_bytes / 4 * 3;
  {
    MutexLock lock(&core->wake_mutex);
    memory_short |= core->waiting_for_room > 0;
  }
  bool log_long = core->log_bytes.load() > kMaxLogBytes || core->log_files.load() > kMaxLogFiles;
  std::optional<Job> largest, oldest;
  uint64_t most_bytes = 0;
  uint64_t first_file = ~uint64_t{0};
  for (const auto& [id, table] : version.tables) {
    for (const PartitionPtr& partition : table->partitions) {
      if (partition->hot.empty()) continue;
      Job job{id, partition->range, {}};
      uint64_t bytes = 0;
      for (const HotRef& ref : partition->hot) {
        bytes += ref.rows->raw_bytes();
        if (ref.tail->first_log_file < first_file) {
          first_file = ref.tail->first_log_file;
          oldest = job;
        }
      }
      if (IsFull(*core, partition->hot.front())) return job;
      if (bytes > most_bytes) {
        most_bytes = bytes;
        largest = job;
      }
    }
  }
  if (memory_short) return largest;
  if (log_long && oldest) return oldest;
  return std::nullopt;
}

// The log is long, though no buffer needs it: deletes, or rows of tables that are gone.
bool TrimIsDue(const StoreCore& core) {
  return core.log_files.load() > kMaxLogFiles || core.log_bytes.load() > kMaxLogBytes;
}

// Size-tiered: kMergeFactor segments of the same power of eight are merged. A segment with a
// quarter of its rows hidden is written anew.
std::optional<Job> DueCompaction(const DatabaseVersion& version) {
  for (const auto& [id, table] : version.tables) {
    for (const PartitionPtr& partition : table->partitions) {
      std::array<std::vector<SegmentRef>, 24> tiers;
      for (const SegmentRef& ref : partition->segments) {
        if (HiddenCount(ref.hidden) * 4 > ref.segment->num_rows()) {
          return Job{id, partition->range, {ref}};
        }
        if (ref.segment->num_rows() >= kMaxSegmentRows / 2) continue;
        uint64_t raw = 0;
        for (const SegmentColumn& column : ref.segment->reader()->info().columns) {
          raw += column.raw_bytes;
        }
        if (raw >= kMaxSegmentRawBytes / 2) continue;
        auto& tier = tiers[std::bit_width(ref.VisibleRows()) / 3];
        tier.push_back(ref);
        if (tier.size() == kMergeFactor) return Job{id, partition->range, std::move(tier)};
      }
    }
  }
  return std::nullopt;
}

StatusOr<bool> RunDueJob(StoreCore* core) {
  MutexLock job_lock(&core->job_mutex);
  std::optional<Job> due;
  {
    MutexLock lock(&core->commit_mutex);
    Snapshot snapshot = core->snapshot();
    due = DueSeal(core, *snapshot);
    if (!due) due = DueCompaction(*snapshot);
  }
  if (!due) {
    if (TrimIsDue(*core)) RETURN_IF_ERROR(core->TrimLog());
    return false;
  }
  if (due->segments.empty()) {
    RETURN_IF_ERROR(SealOldest(core, due->table_id, due->range.begin_us));
  } else {
    RETURN_IF_ERROR(CompactSegments(core, due->table_id, due->range, std::move(due->segments)));
  }
  return true;
}

Status SyncMarks(StoreCore* core) {
  MutexLock lock(&core->commit_mutex);
  return core->log ? core->log->SyncMark() : OkStatus();
}

void RunJobs(StoreCore* core) {
  MutexLock lock(&core->wake_mutex);
  uint64_t seen = 0;
  while (!core->stop) {
    if (!core->work && core->commits == seen) {
      if (!core->mark_pending) {
        core->wake.Wait(&core->wake_mutex);
        continue;
      }
      // Quiet for a while: the last commit mark becomes durable.
      if (core->wake.WaitFor(&core->wake_mutex, kIdleUs)) continue;
      if (core->stop || core->work || core->commits != seen) continue;
      core->mark_pending = false;
      core->wake_mutex.Unlock();
      SyncMarks(core).IgnoreError();  // the next commit reports it
      core->wake_mutex.Lock();
      continue;
    }
    if (!core->work) core->wake.WaitFor(&core->wake_mutex, kGatherUs);
    if (core->stop) break;
    seen = core->commits;
    core->work = false;
    core->running = true;
    Status status;
    bool more = true;
    while (more && !core->stop) {
      core->wake_mutex.Unlock();
      auto ran = RunDueJob(core);
      core->wake_mutex.Lock();
      status = ran.status();
      more = ran.ok() && *ran;
    }
    if (!status.ok() && status != core->job_error) {
      LogWarning("a background job failed and will be tried again: {}", Message(status));
    }
    core->job_error = status;
    core->running = false;
    core->idle.NotifyAll();
    core->room.NotifyAll();
    if (!status.ok() && !core->stop) core->wake.WaitFor(&core->wake_mutex, kRetryUs);
  }
  core->running = false;
  core->idle.NotifyAll();
}

}  // namespace

void StartJobRunner(StoreCore* core) {
  {
    MutexLock lock(&core->wake_mutex);
    core->work = true;
  }
  core->runner = std::make_unique<Thread>("jobs", [core] { RunJobs(core); });
}

Status WaitForJobs(StoreCore* core) {
  if (!core->runner) {
    while (true) {
      ASSIGN_OR_RETURN(bool ran, RunDueJob(core));
      if (!ran) return OkStatus();
    }
  }
  MutexLock lock(&core->wake_mutex);
  core->work = true;
  core->wake.NotifyAll();
  while (!core->stop && (core->work || core->running)) core->idle.Wait(&core->wake_mutex);
  return core->job_error;
}

}  // namespace shale
