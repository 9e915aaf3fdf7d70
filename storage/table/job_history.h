// JobHistory: the jobs of a store that run, and the last that ran: what shale_jobs shows. Of the
// process, not of the disk. Thread-safe.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/sync.h"
#include "storage/table/store.h"

namespace shale {

inline constexpr size_t kMaxFinishedJobs = 1000;

class JobHistory {
 public:
  // One that runs until the status and what was written are known: give it to Finish.
  uint64_t Start(std::string kind, std::string table, std::string partition, uint64_t rows,
                 Clock* clock) SHALE_EXCLUDES(mutex_);
  void Finish(uint64_t id, const Status& status, uint64_t bytes, Clock* clock)
      SHALE_EXCLUDES(mutex_);
  std::vector<JobRecord> All() const SHALE_EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  uint64_t next_id_ SHALE_GUARDED_BY(mutex_) = 1;
  std::deque<JobRecord> jobs_ SHALE_GUARDED_BY(mutex_);  // by id
  size_t num_finished_ SHALE_GUARDED_BY(mutex_) = 0;
};

}  // namespace shale
