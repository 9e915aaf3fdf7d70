// A scan below a top-n.
#pragma once

#include <memory>

#include "engine/operators/sort.h"
#include "storage/table/store.h"

namespace shale {

// Only rows that a top-n above may keep are of use: those whose value of a column is not past the
// bound, which tightens as rows come. Blocks that promise the best values are read first. For
// columns of integers, dates and times; others are left alone.
struct ScanTop {
  size_t column = 0;  // position in ScanSpec::columns
  bool descending = false, nulls_first = false;
  std::shared_ptr<const TopNBound> bound;  // null: no top-n
};

// As MakeTableSource; `top` is for scans without an order.
std::unique_ptr<Source> MakeTopTableSource(Snapshot snapshot, TableId table, ScanSpec spec,
                                           ScanTop top, std::shared_ptr<ScanCounters> counters);

}  // namespace shale
