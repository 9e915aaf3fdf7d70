#include "storage/table/job_history.h"

#include <algorithm>

#include "storage/table/version.h"

namespace shale {

uint64_t JobHistory::Start(std::string kind, std::string table, std::string partition,
                           uint64_t rows, Clock* clock) {
  MutexLock lock(&mutex_);
  JobRecord& job = jobs_.emplace_back();
  job.id = next_id_++;
  job.kind = std::move(kind);
  job.table = std::move(table);
  job.partition = std::move(partition);
  job.rows = rows;
  job.started_us = clock->NowMicros();
  return job.id;
}

void JobHistory::Finish(uint64_t id, const Status& status, uint64_t bytes, Clock* clock) {
  MutexLock lock(&mutex_);
  const auto of_id = [id](const JobRecord& job) { return job.id == id; };
  const auto job = std::find_if(jobs_.begin(), jobs_.end(), of_id);
  if (job == jobs_.end()) return;
  job->state = status.ok() ? JobRecord::State::kDone : JobRecord::State::kFailed;
  job->bytes = bytes;
  job->finished_us = clock->NowMicros();
  if (!status.ok()) job->error = std::string(Message(status));
  if (++num_finished_ <= kMaxFinishedJobs) return;
  const auto oldest = std::find_if(jobs_.begin(), jobs_.end(), [](const JobRecord& other) {
    return other.state != JobRecord::State::kRunning;
  });
  jobs_.erase(oldest);
  --num_finished_;
}

std::vector<JobRecord> JobHistory::All() const {
  MutexLock lock(&mutex_);
  return {jobs_.begin(), jobs_.end()};
}

std::vector<JobRecord> Jobs(const DatabaseVersion& version) {
  return version.jobs ? version.jobs->All() : std::vector<JobRecord>();
}

}  // namespace shale
