// Rows of a hot buffer into segment files: sorted, hidden rows left out, cut at the segment limits,
// dictionaries cut to the entries that each segment uses. Used by seal, bulk load and compaction.
// The files are fsynced; making their names durable (one directory fsync) is the caller's.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "engine/base/status.h"
#include "storage/table/hot_buffer.h"
#include "storage/table/version.h"

namespace shale {

struct SegmentBuild {
  const StoreFiles* files = nullptr;
  // Its columns are those of the rows, in order.
  const TableSchema* schema = nullptr;
  std::function<uint64_t()> next_segment_id;  // thread-safe
  bool sorted_already = false;                // rows ascend by the sort columns
  bool sort_dictionaries = false;
  bool want_moves = false;  // fill `to`
  int num_workers = 1;
};

struct BuiltSegments {
  std::vector<SegmentInfo> segments;
  // Of each old row: index into `segments` << 32 | row, or RowMoves::kGone. Empty if not wanted.
  std::vector<uint64_t> to;
};

// Columns by which a table's segments are sorted: ORDER BY, else the timestamp, else none.
std::vector<ColumnId> SortColumns(const TableSchema& schema);

// `hidden` may be null. When it fails, no file is left.
StatusOr<BuiltSegments> BuildSegments(const HotSlice& rows, const Visibility* hidden,
                                      const SegmentBuild& build);

void RemoveSegmentFiles(const StoreFiles& files, const std::vector<SegmentInfo>& segments);

}  // namespace shale
