// The scan of a table in ranges of keys: see ScanOrder in storage/table/store.h.
#pragma once

#include <memory>

#include "engine/exec/operator.h"
#include "storage/table/store.h"

namespace shale {

std::unique_ptr<Source> MakeRangeSource(Snapshot snapshot, TableId table, ScanSpec spec,
                                        std::shared_ptr<ScanCounters> counters);

}  // namespace shale
