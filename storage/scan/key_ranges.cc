#include "storage/scan/key_ranges.h"

#include <algorithm>

namespace shale {
namespace {

// The first row of [begin, end) for which `is_after` holds; it holds for all rows behind that one.
template <typename IsAfter>
size_t PartitionPoint(size_t begin, size_t end, const IsAfter& is_after) {
  while (begin < end) {
    size_t middle = begin + (end - begin) / 2;
    if (is_after(middle)) {
      end = middle;
    } else {
      begin = middle + 1;
    }
  }
  return begin;
}

// The first row of the window whose key is not below `key`, or (with `above`) is above it.
StatusOr<uint64_t> Bound(const SegmentReader& reader, int column, const RowWindow& window,
                         const Value& key, bool above, const ReadKeys& read) {
  if (window.empty()) return window.begin;
  const auto is_after = [&](const Value& value) {
    int order = Value::Compare(value, key);
    return above ? order > 0 : order >= 0;
  };
  const size_t first_block = window.begin / kChunkRows;
  const size_t end_block = (window.end - 1) / kChunkRows + 1;
  // The least key of a block is not below its zone's, so the row sought lies before the first block
  // whose zone says so, and not before the block ahead of it: unless bounds were rounded down.
  size_t block = PartitionPoint(first_block + 1, end_block, [&](size_t at) {
    const ZoneMap& zone = reader.Zone(column, at);
    return zone.min ? is_after(*zone.min) : zone.null_count == reader.BlockRows(at);
  });
  while (true) {
    --block;
    const uint64_t start = uint64_t{block} * kChunkRows;
    const size_t begin = std::max(window.begin, start) - start;
    const size_t end = std::min<uint64_t>(window.end - start, reader.BlockRows(block));
    ASSIGN_OR_RETURN(Vector keys, read(block));
    if (keys.is_run()) keys = keys.Flatten();
    const size_t row =
        PartitionPoint(begin, end, [&](size_t at) { return is_after(keys.GetValue(at)); });
    if (row > begin || block == first_block) return start + row;
  }
}

}  // namespace

StatusOr<uint64_t> LowerBound(const SegmentReader& reader, int column, const RowWindow& window,
                              const Value& key, const ReadKeys& read) {
  return Bound(reader, column, window, key, false, read);
}

StatusOr<RowWindow> EqualRange(const SegmentReader& reader, int column, const RowWindow& window,
                               const Value& key, const ReadKeys& read) {
  ASSIGN_OR_RETURN(uint64_t begin, Bound(reader, column, window, key, false, read));
  ASSIGN_OR_RETURN(uint64_t end, Bound(reader, column, window, key, true, read));
  return RowWindow{begin, end};
}

std::vector<Value> ChooseCuts(std::vector<KeySample> samples, uint64_t rows_per_range) {
  std::sort(samples.begin(), samples.end(), [](const KeySample& a, const KeySample& b) {
    return Value::Compare(a.key, b.key) < 0;
  });
  std::vector<Value> cuts;
  uint64_t rows = 0;
  for (size_t i = 0; i < samples.size(); ++i) {
    const bool fresh = i > 0 && Value::Compare(samples[i - 1].key, samples[i].key) != 0;
    if (fresh && rows >= rows_per_range) {
      cuts.push_back(samples[i].key);
      rows = 0;
    }
    rows += samples[i].rows;
  }
  return cuts;
}

}  // namespace shale
