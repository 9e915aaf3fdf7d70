// Ranges are cut by the zone maps of the leading key, so that a range has about as many rows from
// each segment as a block has. In sorted segments a range is a window of rows, found by binary
// search; hot buffers and segments written in another order are filtered and sorted first, once.
#include "storage/scan/range_source.h"

#include <algorithm>

#include "engine/base/sync.h"
#include "engine/operators/chunk_gather.h"
#include "storage/scan/block_scan.h"
#include "storage/scan/key_ranges.h"
#include "storage/table/row_sort.h"
#include "storage/table/segment_build.h"

namespace shale {
namespace {

constexpr uint64_t kMinRangeRows = 64 * 1024;
// EstimateKeys is asked while planning, so it looks at few rows.
constexpr size_t kRowsLookedAt = 512;
// Samples of a sorted buffer, for cutting.
constexpr size_t kLooseSampleRows = kChunkRows;

// Rows in the order of the keys, in chunks of at most kChunkRows.
class SortedRows {
 public:
  explicit SortedRows(MemoryBudget* memory) : memory_(memory) {}

  // `key`: positions of the key columns. Once.
  Status Sort(std::vector<Chunk> chunks, const std::vector<size_t>& key,
              const std::vector<Type>& types) {
    auto kept = std::make_shared<std::vector<Chunk>>(std::move(chunks));
    int64_t bytes = 0;
    std::vector<Chunk> keys;
    num_rows_ = 0;
    for (const Chunk& chunk : *kept) {
      Chunk narrow;
      narrow.num_rows = chunk.num_rows;
      for (size_t column : key) {
        const Vector& vector = chunk.columns[column];
        // A dictionary is ranked whole: not worth it for a few of its entries.
        const bool flat = vector.is_run() || (vector.is_dictionary() &&
                                              vector.dictionary()->size() > 2 * chunk.num_rows);
        narrow.columns.push_back(flat ? vector.Flatten() : vector);
      }
      keys.push_back(std::move(narrow));
      num_rows_ += chunk.num_rows;
      for (const Vector& vector : chunk.columns)
        bytes += static_cast<int64_t>(vector.MemoryUsage());
    }
    RETURN_IF_ERROR(memory_.Resize(bytes + static_cast<int64_t>(num_rows_ * sizeof(RowRef))));
    std::vector<uint32_t> order;
    if (num_rows_ > 0) order = SortRows(keys);
    std::vector<RowRef> places;
    places.reserve(num_rows_);
    for (uint32_t c = 0; c < kept->size(); ++c) {
      for (uint32_t row = 0; row < (*kept)[c].num_rows; ++row) places.push_back({c, row});
    }
    rows_.resize(num_rows_);
    for (size_t i = 0; i < num_rows_; ++i) rows_[i] = order.empty() ? places[i] : places[order[i]];
    chunks_ = kept;
    gatherer_ = std::make_unique<ChunkGatherer>(types, kept.get());
    key_ = key[0];
    return OkStatus();
  }

  size_t num_rows() const { return num_rows_; }
  Chunk Rows(size_t begin, size_t count) const {
    return gatherer_->Gather(rows_.data() + begin, count, chunks_);
  }
  Value Key(size_t row) const {
    const RowRef& at = rows_[row];
    return (*chunks_)[at.chunk].columns[key_].GetValue(at.row);
  }
  size_t LowerBound(const Value& key) const {
    size_t begin = 0, end = num_rows_;
    while (begin < end) {
      size_t middle = begin + (end - begin) / 2;
      if (Value::Compare(Key(middle), key) >= 0) {
        end = middle;
      } else {
        begin = middle + 1;
      }
    }
    return begin;
  }

 private:
  size_t num_rows_ = 0;
  size_t key_ = 0;
  std::shared_ptr<std::vector<Chunk>> chunks_;
  std::vector<RowRef> rows_;
  std::unique_ptr<ChunkGatherer> gatherer_;
  Reservation memory_;
};

struct RangeState : WorkerState {
  std::unique_ptr<BlockScan::State> scan;
  ExecutionContext* context = nullptr;
  bool open = false;  // a range is at hand
  bool at_boundary = false;
  size_t range = 0;
  // Rows in the order of segments: the item at hand and its rows that are still to be read.
  size_t item = 0;
  RowWindow window;
  bool item_open = false;
  // Of the loose rows, and of a sorted range, what is still to be given.
  size_t begin = 0, end = 0;
  std::unique_ptr<SortedRows> sorted;
};

class RangeSource : public Source {
 public:
  RangeSource(Snapshot snapshot, TableId table, ScanSpec spec,
              std::shared_ptr<ScanCounters> counters)
      : order_(spec.order),
        scan_(std::move(snapshot), table, std::move(spec), std::move(counters)) {}

  WorkerStatePtr MakeState(ExecutionContext* context) override {
    auto state = std::make_unique<RangeState>();
    state->scan = scan_.MakeState(context);
    state->context = context;
    return state;
  }

  StatusOr<bool> Next(WorkerState* worker, Chunk* out) override {
    auto* state = static_cast<RangeState*>(worker);
    RETURN_IF_ERROR(scan_.readable());
    state->at_boundary = false;
    out->columns.clear();
    out->num_rows = 0;
    if (!started_.load(std::memory_order_acquire)) RETURN_IF_ERROR(Start(state));
    if (!state->open) {
      state->range = next_.fetch_add(1);
      if (state->range > cuts_.size()) {
        scan_.Flush(state->scan.get());
        return false;
      }
      RETURN_IF_ERROR(OpenRange(state));
    }
    RETURN_IF_ERROR(order_.sorted ? NextSorted(state, out) : NextUnsorted(state, out));
    state->at_boundary = !state->open;
    return true;
  }

  bool AtBoundary(const WorkerState* state) const override {
    return static_cast<const RangeState*>(state)->at_boundary;
  }

  std::vector<std::string> Details() const override {
    std::vector<std::string> lines = scan_.Details();
    lines.push_back(
        fmt::format("key ranges {}, sorted first {} rows", cuts_.size() + 1, loose_->num_rows()));
    return lines;
  }

 private:
  struct SortedItem {
    size_t item;
    int column;  // of the segment: the leading key
    RowWindow window;
  };

  // Once, by the first worker: finds the sorted segments, sorts the other rows, cuts the ranges.
  Status Start(RangeState* state) SHALE_EXCLUDES(mutex_) {
    MutexLock lock(&mutex_);
    if (started_.load()) return OkStatus();
    std::vector<KeySample> samples;
    std::vector<Chunk> loose;
    const auto& items = scan_.items();
    for (size_t i = 0; i < items.size(); ++i) {
      SortedItem sorted{i, -1, {0, items[i]->rows.num_rows()}};
      ASSIGN_OR_RETURN(bool is_sorted, FindWindow(state, &sorted));
      if (is_sorted) {
        if (sorted.window.empty()) continue;
        Sample(sorted, &samples);
        sorted_items_.push_back(sorted);
        continue;
      }
      const size_t blocks = items[i]->num_blocks();
      ASSIGN_OR_RETURN(bool open, scan_.Open(state->scan.get(), i, 0, blocks));
      if (!open) continue;
      for (size_t block = 0; block < blocks; ++block) {
        Chunk chunk;
        RETURN_IF_ERROR(
            scan_.Read(state->scan.get(), block, 0, items[i]->BlockRows(block), &chunk));
        if (chunk.num_rows > 0) loose.push_back(std::move(chunk));
      }
    }
    loose_ = std::make_unique<SortedRows>(state->context->memory);
    RETURN_IF_ERROR(loose_->Sort(std::move(loose), order_.columns, scan_.types()));
    for (size_t row = 0; row < loose_->num_rows(); row += kLooseSampleRows) {
      samples.push_back(
          {loose_->Key(row), std::min<uint64_t>(kLooseSampleRows, loose_->num_rows() - row)});
    }
    cuts_ = ChooseCuts(std::move(samples),
                       std::max<uint64_t>(kMinRangeRows, sorted_items_.size() * kChunkRows));
    started_.store(true, std::memory_order_release);
    return OkStatus();
  }

  // Whether the item is a segment in the order of the keys; narrows its window to the rows that
  // have the values to which conditions fix the sort columns ahead of the keys.
  StatusOr<bool> FindWindow(RangeState* state, SortedItem* sorted) {
    const BlockScan::Item& item = *scan_.items()[sorted->item];
    if (!item.rows.segment) return false;
    const SegmentReader& reader = *item.rows.segment->segment->reader();
    const ScanSpec& spec = scan_.spec();
    size_t key = 0;
    for (ColumnId id : reader.info().sorted_by) {
      if (key == order_.columns.size() && sorted->column >= 0) return true;
      if (reader.FindColumn(id) < 0) return false;
      if (key < order_.columns.size() && spec.columns[order_.columns[key]] == id) {
        if (key == 0) sorted->column = reader.FindColumn(id);
        ++key;
        continue;
      }
      const Conjunct* fixed = nullptr;
      for (const Conjunct& conjunct : scan_.conjuncts()) {
        if (conjunct.FixesColumn() && spec.columns[conjunct.columns[0]] == id) fixed = &conjunct;
      }
      if (!fixed) return false;
      if (sorted->column >= 0) continue;  // behind the leading key: the filter sees to it
      ASSIGN_OR_RETURN(bool open, scan_.Open(state->scan.get(), sorted->item, 0, 0));
      if (!open) {
        sorted->window = {};
        return true;
      }
      ASSIGN_OR_RETURN(
          sorted->window,
          EqualRange(reader, reader.FindColumn(id), sorted->window, *fixed->low, [&](size_t block) {
            return scan_.ReadColumn(state->scan.get(), fixed->columns[0], block);
          }));
      if (sorted->window.empty()) return true;
    }
    return key == order_.columns.size();
  }

  void Sample(const SortedItem& sorted, std::vector<KeySample>* samples) const {
    const SegmentReader& reader = *scan_.items()[sorted.item]->rows.segment->segment->reader();
    const RowWindow& window = sorted.window;
    for (uint64_t block = window.begin / kChunkRows; block * kChunkRows < window.end; ++block) {
      const uint64_t start = block * kChunkRows;
      // The window's first block may begin with other keys; its bound would be one of theirs.
      if (start < window.begin) continue;
      const ZoneMap& zone = reader.Zone(sorted.column, block);
      if (!zone.min) continue;
      samples->push_back({*zone.min, std::min<uint64_t>(kChunkRows, window.end - start)});
    }
  }

  // The part of an item that belongs to a range.
  StatusOr<RowWindow> Part(RangeState* state, const SortedItem& sorted, size_t range) {
    const SegmentReader& reader = *scan_.items()[sorted.item]->rows.segment->segment->reader();
    const auto read = [&](size_t block) {
      return scan_.ReadColumn(state->scan.get(), order_.columns[0], block);
    };
    RowWindow part = sorted.window;
    if (range < cuts_.size()) {
      ASSIGN_OR_RETURN(part.end,
                       LowerBound(reader, sorted.column, sorted.window, cuts_[range], read));
    }
    if (range > 0) {
      ASSIGN_OR_RETURN(part.begin,
                       LowerBound(reader, sorted.column, sorted.window, cuts_[range - 1], read));
    }
    return part;
  }

  // Opens the next item that has rows in the range; false when there is none.
  StatusOr<bool> OpenItem(RangeState* state) {
    for (; state->item < sorted_items_.size(); ++state->item) {
      const SortedItem& sorted = sorted_items_[state->item];
      // Keys are read through the scan, so it has to be turned to the item already.
      ASSIGN_OR_RETURN(bool open, scan_.Open(state->scan.get(), sorted.item, 0, 0));
      if (!open) continue;
      ASSIGN_OR_RETURN(state->window, Part(state, sorted, state->range));
      if (state->window.empty()) continue;
      ASSIGN_OR_RETURN(open,
                       scan_.Open(state->scan.get(), sorted.item, state->window.begin / kChunkRows,
                                  (state->window.end - 1) / kChunkRows + 1));
      ++state->item;
      return true;
    }
    return false;
  }

  Status OpenRange(RangeState* state) {
    state->open = true;
    state->item = 0;
    state->item_open = false;
    const size_t range = state->range;
    state->begin = range == 0 ? 0 : loose_->LowerBound(cuts_[range - 1]);
    state->end = range == cuts_.size() ? loose_->num_rows() : loose_->LowerBound(cuts_[range]);
    if (!order_.sorted) return OkStatus();
    std::vector<Chunk> chunks;
    while (state->open) {
      Chunk chunk;
      RETURN_IF_ERROR(NextUnsorted(state, &chunk));
      if (chunk.num_rows > 0) chunks.push_back(std::move(chunk));
    }
    state->sorted = std::make_unique<SortedRows>(state->context->memory);
    RETURN_IF_ERROR(state->sorted->Sort(std::move(chunks), order_.columns, scan_.types()));
    state->begin = 0;
    state->end = state->sorted->num_rows();
    state->open = true;
    return OkStatus();
  }

  // Some rows of the range (perhaps none); closes it with the last ones.
  Status NextUnsorted(RangeState* state, Chunk* out) {
    while (true) {
      if (!state->item_open) {
        ASSIGN_OR_RETURN(state->item_open, OpenItem(state));
        if (!state->item_open) break;
      }
      const uint64_t block = state->window.begin / kChunkRows;
      const uint64_t start = block * kChunkRows;
      const uint64_t end = std::min(state->window.end, start + kChunkRows);
      RETURN_IF_ERROR(
          scan_.Read(state->scan.get(), block, state->window.begin - start, end - start, out));
      state->window.begin = end;
      state->item_open = !state->window.empty();
      if (out->num_rows > 0) return OkStatus();
    }
    Give(state, *loose_, out);
    return OkStatus();
  }

  Status NextSorted(RangeState* state, Chunk* out) {
    Give(state, *state->sorted, out);
    return OkStatus();
  }

  static void Give(RangeState* state, const SortedRows& rows, Chunk* out) {
    const size_t count = std::min<size_t>(kChunkRows, state->end - state->begin);
    if (count > 0) *out = rows.Rows(state->begin, count);
    state->begin += count;
    state->open = state->begin < state->end;
  }

  const ScanOrder order_;
  BlockScan scan_;
  Mutex mutex_;
  std::atomic<bool> started_{false};  // the rest is read-only from then on
  std::vector<SortedItem> sorted_items_;
  std::unique_ptr<SortedRows> loose_;
  std::vector<Value> cuts_;
  std::atomic<size_t> next_{0};
};

}  // namespace

std::unique_ptr<Source> MakeRangeSource(Snapshot snapshot, TableId table, ScanSpec spec,
                                        std::shared_ptr<ScanCounters> counters) {
  return std::make_unique<RangeSource>(std::move(snapshot), table, std::move(spec),
                                       std::move(counters));
}

std::vector<ColumnId> OrderedBy(const TableSchema& schema, const std::vector<ColumnId>& columns,
                                const std::vector<ExprPtr>& filters,
                                const FunctionContext& functions) {
  std::vector<ColumnId> fixed;
  for (const ExprPtr& filter : filters) {
    Conjunct conjunct = AnalyseConjunct(filter, functions);
    if (conjunct.FixesColumn()) fixed.push_back(columns[conjunct.columns[0]]);
  }
  std::vector<ColumnId> order = SortColumns(schema);
  std::erase_if(
      order, [&](ColumnId id) { return std::find(fixed.begin(), fixed.end(), id) != fixed.end(); });
  return order;
}

StatusOr<double> EstimateKeys(const DatabaseVersion& version, TableId table, ColumnId column) {
  const TableVersion* rows = version.Find(table);
  const SegmentRef* largest = nullptr;
  if (rows) {
    for (const PartitionPtr& partition : rows->partitions) {
      for (const SegmentRef& ref : partition->segments) {
        if (!largest || ref.segment->num_rows() > largest->segment->num_rows()) largest = &ref;
      }
    }
  }
  if (!largest || largest->segment->num_rows() == 0) return 0.0;
  SegmentReader& reader = *largest->segment->reader();
  const int at = reader.FindColumn(column);
  if (at < 0) return 0.0;
  const size_t block = reader.num_blocks() / 2;
  ASSIGN_OR_RETURN(Vector keys, reader.ReadBlock(at, block));
  const auto num_rows = static_cast<double>(reader.info().num_rows);
  const auto block_rows = static_cast<double>(keys.size());
  if (keys.is_constant()) return num_rows / block_rows;
  if (keys.is_run()) return num_rows / block_rows * static_cast<double>(keys.num_runs());
  const size_t looked_at = std::min(keys.size(), kRowsLookedAt);
  size_t runs = 1;
  for (size_t i = 1; i < looked_at; ++i) {
    runs += keys.is_dictionary() ? keys.codes()[i] != keys.codes()[i - 1]
                                 : !(keys.GetValue(i) == keys.GetValue(i - 1));
  }
  return num_rows / static_cast<double>(looked_at) * static_cast<double>(runs);
}

}  // namespace shale
