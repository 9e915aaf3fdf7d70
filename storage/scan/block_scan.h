// BlockScan: what the sources over a table share. It settles once which segments and hot buffers
// may hold rows, then reads one block of one of them: conditions narrow a selection of rows, the
// cheapest first; what was read for a condition is kept; the other columns are read for the rows
// that are left. Without conditions and hidden rows blocks pass through as the reader gives them.
// In which order blocks are read is the source's own affair. Thread-safe; a State a worker.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/exec/operator.h"
#include "engine/expr/evaluator.h"
#include "storage/scan/conjunct.h"
#include "storage/scan/segment_plan.h"
#include "storage/scan/top_scan.h"
#include "storage/table/store.h"
#include "storage/table/version.h"

namespace shale {

class BlockScan {
 public:
  // One segment or hot buffer to scan.
  struct Item {
    RowsRef rows;
    uint64_t ref_index = 0;  // for kRowIdColumn
    size_t num_blocks() const { return (rows.num_rows() + kChunkRows - 1) / kChunkRows; }
    size_t BlockRows(size_t block) const {
      return std::min<uint64_t>(kChunkRows, rows.num_rows() - uint64_t{block} * kChunkRows);
    }

   private:
    friend class BlockScan;
    Mutex mutex;
    std::atomic<SegmentPlan*> plan{nullptr};
    std::unique_ptr<SegmentPlan> owned_plan SHALE_GUARDED_BY(mutex);
  };
  class State;

  BlockScan(Snapshot snapshot, TableId table, ScanSpec spec, std::shared_ptr<ScanCounters> counters,
            ScanTop top = {});

  // Analyses the conditions and lists the items; the first call counts. Before anything else.
  void Prepare(ExecutionContext* context) SHALE_EXCLUDES(mutex_);
  const std::vector<std::unique_ptr<Item>>& items() const { return items_; }
  // DataLoss when a segment that the scan would need is in quarantine.
  const Status& readable() const { return readable_; }
  const TableVersion* table() const { return table_; }
  const ScanSpec& spec() const { return spec_; }
  const ScanTop& top() const { return top_; }
  const std::vector<Type>& types() const { return types_; }
  const std::vector<Conjunct>& conjuncts() const { return conjuncts_; }

  std::unique_ptr<State> MakeState(ExecutionContext* context);
  // Turns to an item, of which blocks [begin, end) will be read: reads ahead. False when no row of
  // it can pass.
  StatusOr<bool> Open(State* state, size_t item, size_t begin, size_t end);
  // The rows of [first, last) of a block of the open item that pass; perhaps none. Rows count from
  // the block's first.
  Status Read(State* state, size_t block, size_t first, size_t last, Chunk* out);
  // All values of one column of a block of the open item, whether they pass or not.
  StatusOr<Vector> ReadColumn(State* state, size_t column, size_t block);
  // How early in the order of top() the rows of a block may stand: what is least is to be read
  // first. INT64_MIN when it is not known.
  StatusOr<int64_t> FirstOfTop(const Item& item, size_t block) const;
  // Adds what the state has counted to the counters and the progress.
  void Flush(State* state);

  std::vector<std::string> Details() const;

 private:
  bool PartitionIsOutside(const PartitionVersion& partition) const;
  void Reorder(State* state);
  StatusOr<SegmentPlan*> PlanOf(Item* item);
  // Rows of the block that are not past the top-n's bound; *count stays when nothing is known.
  Status ApplyTop(State* state, size_t block, bool* all, size_t* count);
  Status Prefetch(const Item& item, const SegmentPlan& plan, size_t begin, size_t end);
  StatusOr<Vector> ReadWhole(State* state, size_t column, size_t block);
  StatusOr<Vector> ReadSelected(State* state, size_t column, size_t block, size_t count);
  StatusOr<size_t> Apply(State* state, size_t conjunct, size_t block, size_t count, bool all);

  Snapshot snapshot_;
  const TableVersion* table_ = nullptr;
  ScanSpec spec_;
  const ScanTop top_;
  std::shared_ptr<ScanCounters> counters_;
  std::vector<Type> types_;

  Mutex mutex_;
  bool prepared_ SHALE_GUARDED_BY(mutex_) = false;
  FunctionContext functions_;
  std::vector<Conjunct> conjuncts_;
  std::vector<std::unique_ptr<Item>> items_;
  Status readable_;
};

// One worker's place and buffers.
class BlockScan::State {
 public:
  size_t block_rows() const { return block_rows_; }
  // Whether the last Read looked at rows: its block was not skipped.
  bool looked() const { return looked_; }

 private:
  friend class BlockScan;
  struct Condition {
    Evaluator evaluator;
    double rows_in = 1, rows_out = 0.5;  // decayed sums
  };
  ExecutionContext* context_ = nullptr;
  std::vector<Condition> conditions_;
  std::vector<size_t> order_;  // of conditions
  const Item* item_ = nullptr;
  SegmentPlan* plan_ = nullptr;  // null: a hot buffer
  // Of the block at hand: whole-block vectors that were read, by column of the scan.
  size_t block_rows_ = 0;
  bool looked_ = false;
  std::vector<Vector> whole_;
  std::vector<uint8_t> has_whole_;
  std::vector<Vector> nulls_;  // what filter-only columns come out as
  std::vector<uint32_t> rows_, other_;
  // Counted here, added to the shared counters once a morsel.
  int64_t rows_passed_ = 0, rows_scanned_ = 0, rows_out_ = 0, bytes_ = 0;
  int64_t blocks_skipped_ = 0, join_blocks_skipped_ = 0;
};

}  // namespace shale
