// Where the rows of key ranges lie in a sorted segment, and where to cut the ranges. Keys are boxed
// values compared as the table's sort order does (NULLs last); a few are looked at a block.
#pragma once

#include <functional>
#include <vector>

#include "engine/base/status.h"
#include "storage/segment/segment.h"

namespace shale {

// Rows [begin, end) of a segment.
struct RowWindow {
  uint64_t begin = 0, end = 0;
  bool empty() const { return begin >= end; }
};

// Reads the key column of one block.
using ReadKeys = std::function<StatusOr<Vector>(size_t block)>;

// The first row of `window` whose key is not below `key`; inside the window keys ascend.
StatusOr<uint64_t> LowerBound(const SegmentReader& reader, int column, const RowWindow& window,
                              const Value& key, const ReadKeys& read);
// The rows of `window` whose key equals `key`.
StatusOr<RowWindow> EqualRange(const SegmentReader& reader, int column, const RowWindow& window,
                               const Value& key, const ReadKeys& read);

// A block (or a piece of a buffer) somewhere in the table: rows whose least key is `key`.
struct KeySample {
  Value key;
  uint64_t rows;
};
// Keys that part all rows into ranges of about `rows_per_range` rows, ascending: range i holds the
// keys from cuts[i - 1] on and below cuts[i].
std::vector<Value> ChooseCuts(std::vector<KeySample> samples, uint64_t rows_per_range);

}  // namespace shale
