// Jobs: seal (a hot buffer into segments) and compact (segments of a partition into fewer, sorted
// ones). Each reads one version and commits the next; one runs at a time. A background thread runs
// those that are due; SealAll, Compact and WaitForJobs run them in the caller's thread.
#pragma once

#include <cstdint>

#include "engine/base/status.h"
#include "storage/table/store_core.h"

namespace shale {

void StartJobRunner(StoreCore* core);
// Runs due jobs (or waits for the runner to have run them) until none is left.
Status WaitForJobs(StoreCore* core);

// ---- seal.cc ----
Status SealEverything(StoreCore* core);
// Seals the largest buffers until `bytes` more fit into hot_bytes.
Status MakeRoom(StoreCore* core, int64_t bytes);
// Seals the oldest buffer of a partition. job_mutex is held.
Status SealOldest(StoreCore* core, TableId table, int64_t partition_begin_us)
    SHALE_REQUIRES(core->job_mutex);

// ---- compact.cc ----
Status CompactTable(StoreCore* core, TableId table);
// Merges these segments of one partition. job_mutex is held.
Status CompactSegments(StoreCore* core, TableId table, PartitionRange range,
                       std::vector<SegmentRef> segments) SHALE_REQUIRES(core->job_mutex);

}  // namespace shale
