// The scan of a table. A morsel is a run of blocks of one segment (or of hot blocks), taken by
// workers from one counter. Of each block: conditions narrow a selection of rows, the cheapest
// first; what was read for a condition is kept; the other columns are read for the rows that are
// left. Without conditions and hidden rows blocks pass through as the reader gives them.
#include <algorithm>
#include <numeric>

#include "storage/scan/conjunct.h"
#include "storage/scan/segment_plan.h"
#include "storage/table/store.h"
#include "storage/table/version.h"

namespace shale {
namespace {

constexpr size_t kMorselBlocks = 16;
// Below this share of a block's rows, values are read for the selected rows only.
constexpr size_t kSparse = 4;

using Way = SegmentPlan::Way;

struct Morsel {
  size_t item;
  size_t begin, end;  // blocks
};

// One segment or hot buffer to scan.
struct Item {
  RowsRef rows;
  uint64_t ref_index;  // for kRowIdColumn
  Mutex mutex;
  std::atomic<SegmentPlan*> plan{nullptr};
  std::unique_ptr<SegmentPlan> owned_plan SHALE_GUARDED_BY(mutex);
};

struct ConjunctState {
  Evaluator evaluator;
  double rows_in = 1, rows_out = 0.5;  // decayed sums
};

struct ScanState : WorkerState {
  ExecutionContext* context = nullptr;
  std::vector<ConjunctState> conjuncts;
  std::vector<size_t> order;  // of conjuncts
  size_t item = 0, block = 0, end = 0;
  // Of the block at hand: whole-block vectors that were read, by column of the scan.
  std::vector<Vector> whole;
  std::vector<uint8_t> has_whole;
  std::vector<Vector> nulls;  // what filter-only columns come out as
  std::vector<uint32_t> rows, other;
  // Counted here, added to the shared counters once a morsel.
  int64_t rows_passed = 0, rows_scanned = 0, rows_out = 0, bytes = 0, blocks = 0,
          blocks_skipped = 0;
};

class TableSource : public Source {
 public:
  TableSource(Snapshot snapshot, TableId table, ScanSpec spec,
              std::shared_ptr<ScanCounters> counters)
      : snapshot_(std::move(snapshot)), spec_(std::move(spec)), counters_(std::move(counters)) {
    if (!counters_) counters_ = std::make_shared<ScanCounters>();
    table_ = snapshot_->Find(table);
    spec_.filter_only.resize(spec_.columns.size());
    for (ColumnId id : spec_.columns) {
      const ColumnSchema* column = table_ ? table_->schema->Find(id) : nullptr;
      types_.push_back(column ? column->type : Type(TypeId::kUBigInt));
    }
  }

  WorkerStatePtr MakeState(ExecutionContext* context) override;
  StatusOr<bool> Next(WorkerState* worker_state, Chunk* out) override;
  std::vector<std::string> Details() const override;

 private:
  // Once, by the first worker: conditions and the list of morsels.
  void Prepare(ExecutionContext* context) SHALE_REQUIRES(mutex_);
  bool PartitionIsOutside(const PartitionVersion& partition) const;
  StatusOr<bool> TakeMorsel(ScanState* state);
  void Flush(ScanState* state);
  void Reorder(ScanState* state);
  StatusOr<SegmentPlan*> PlanOf(Item* item, const ExecutionContext& context);
  Status Prefetch(const Item& item, const SegmentPlan& plan, size_t begin, size_t end);

  StatusOr<Vector> ReadWhole(ScanState* state, const Item& item, const SegmentPlan* plan,
                             size_t column, size_t block);
  StatusOr<Vector> ReadSelected(ScanState* state, const Item& item, const SegmentPlan* plan,
                                size_t column, size_t block, size_t count);
  StatusOr<size_t> Apply(ScanState* state, const Item& item, SegmentPlan* plan, size_t conjunct,
                         size_t block, size_t block_rows, size_t count, bool all);
  Status ScanBlock(ScanState* state, Item* item, SegmentPlan* plan, size_t block, Chunk* out);

  Snapshot snapshot_;
  const TableVersion* table_ = nullptr;
  ScanSpec spec_;
  std::shared_ptr<ScanCounters> counters_;
  std::vector<Type> types_;

  Mutex mutex_;
  bool prepared_ SHALE_GUARDED_BY(mutex_) = false;
  FunctionContext functions_;
  std::vector<Conjunct> conjuncts_;
  std::vector<std::unique_ptr<Item>> items_;
  std::vector<Morsel> morsels_;
  std::atomic<size_t> next_{0};
};

void TableSource::Prepare(ExecutionContext* context) {
  if (prepared_) return;
  prepared_ = true;
  functions_ = context->functions;
  for (const ExprPtr& filter : spec_.filters) {
    conjuncts_.push_back(AnalyseConjunct(filter, functions_));
  }
  if (!table_) return;
  uint64_t total = 0;
  std::vector<RowsRef> refs = AllRows(*table_);
  for (size_t i = 0; i < refs.size(); ++i) {
    if (refs[i].num_rows() == 0) continue;
    if (PartitionIsOutside(*refs[i].partition)) {
      auto blocks = static_cast<int64_t>((refs[i].num_rows() + kChunkRows - 1) / kChunkRows);
      counters_->blocks_total += blocks;
      counters_->blocks_skipped += blocks;
      if (refs[i].segment) {
        ++counters_->segments_total;
        ++counters_->segments_skipped;
      }
      continue;
    }
    auto item = std::make_unique<Item>();
    item->rows = refs[i];
    item->ref_index = i;
    size_t blocks = (refs[i].num_rows() + kChunkRows - 1) / kChunkRows;
    for (size_t begin = 0; begin < blocks; begin += kMorselBlocks) {
      morsels_.push_back({items_.size(), begin, std::min(blocks, begin + kMorselBlocks)});
    }
    total += refs[i].num_rows();
    counters_->blocks_total += static_cast<int64_t>(blocks);
    if (refs[i].segment) ++counters_->segments_total;
    items_.push_back(std::move(item));
  }
  if (context->progress) context->progress->rows_total += static_cast<int64_t>(total);
}

// Whether some condition on the TIMESTAMP column rules out the partition's whole range.
bool TableSource::PartitionIsOutside(const PartitionVersion& partition) const {
  // The outermost partitions also hold the times beyond them.
  constexpr int64_t kFirstUs = -62'100'000'000'000'000;  // in year 2
  constexpr int64_t kLastUs = 253'300'000'000'000'000;   // in year 9996
  const PartitionRange& range = partition.range;
  if (!table_->schema->timestamp_column || range.begin_us < kFirstUs || range.end_us > kLastUs) {
    return false;
  }
  for (const Conjunct& conjunct : conjuncts_) {
    if (!conjunct.one_column) continue;
    size_t column = conjunct.columns[0];
    if (spec_.columns[column] != *table_->schema->timestamp_column) continue;
    ZoneMap zone;
    zone.min = Value::Int(types_[column], range.begin_us);
    zone.max = Value::Int(types_[column], range.end_us - 1);
    if (conjunct.Judge(zone, 1) == Conjunct::Verdict::kNone) return true;
  }
  return false;
}

WorkerStatePtr TableSource::MakeState(ExecutionContext* context) {
  {
    MutexLock lock(&mutex_);
    Prepare(context);
  }
  auto state = std::make_unique<ScanState>();
  state->context = context;
  for (const Conjunct& conjunct : conjuncts_) {
    state->conjuncts.push_back({Evaluator(conjunct.narrow, &functions_)});
  }
  state->order.resize(conjuncts_.size());
  std::iota(state->order.begin(), state->order.end(), 0);
  state->whole.resize(spec_.columns.size());
  state->has_whole.resize(spec_.columns.size());
  for (const Type& type : types_) {
    state->nulls.push_back(Vector::ConstantNull(type, kChunkRows));
  }
  state->rows.resize(kChunkRows);
  state->other.resize(kChunkRows);
  return state;
}

void TableSource::Flush(ScanState* state) {
  counters_->rows_scanned += state->rows_scanned;
  counters_->rows_out += state->rows_out;
  counters_->bytes_read += state->bytes;
  counters_->blocks_skipped += state->blocks_skipped;
  if (Progress* progress = state->context->progress) {
    progress->rows_done += state->rows_passed;
    progress->bytes_read += state->bytes;
  }
  state->rows_passed = state->rows_scanned = state->rows_out = state->bytes =
      state->blocks_skipped = 0;
}

// Conditions that cannot fail go first, those that cost little and let few rows through before the
// others. The rest stay in the order in which they were written.
void TableSource::Reorder(ScanState* state) {
  const SegmentPlan* plan = items_[state->item]->plan.load();
  auto rank = [&](size_t i) {
    if (!conjuncts_[i].cannot_fail) return 1e9;
    Way way = plan ? plan->condition(i).way : Way::kEvaluate;
    double cost = way == Way::kEvaluate ? 10 : 1;
    const ConjunctState& of = state->conjuncts[i];
    return cost / std::max(0.01, 1 - of.rows_out / of.rows_in);
  };
  if (state->order.size() < 2) return;
  std::vector<double> ranks(state->order.size());
  for (size_t i = 0; i < ranks.size(); ++i) ranks[i] = rank(i);
  std::sort(state->order.begin(), state->order.end(),
            [&](size_t a, size_t b) { return ranks[a] != ranks[b] ? ranks[a] < ranks[b] : a < b; });
}

StatusOr<SegmentPlan*> TableSource::PlanOf(Item* item, const ExecutionContext&) {
  if (SegmentPlan* ready = item->plan.load(std::memory_order_acquire)) return ready;
  MutexLock lock(&item->mutex);
  if (!item->owned_plan) {
    ASSIGN_OR_RETURN(item->owned_plan, SegmentPlan::Make(*table_, *item->rows.segment,
                                                         spec_.columns, conjuncts_, functions_));
    if (item->owned_plan->skip()) ++counters_->segments_skipped;
    item->plan.store(item->owned_plan.get());
  }
  return item->owned_plan.get();
}

Status TableSource::Prefetch(const Item& item, const SegmentPlan& plan, size_t begin, size_t end) {
  std::vector<std::pair<int, size_t>> blocks;
  for (size_t i = 0; i < spec_.columns.size(); ++i) {
    if (plan.column(i) < 0) continue;
    // With conditions, the others are wanted only where rows are left.
    bool wanted = conjuncts_.empty();
    for (size_t c = 0; c < conjuncts_.size() && !wanted; ++c) {
      wanted = plan.condition(c).way != Way::kHolds &&
               std::binary_search(conjuncts_[c].columns.begin(), conjuncts_[c].columns.end(), i);
    }
    if (!wanted) continue;
    for (size_t block = begin; block < end; ++block) {
      if (!plan.SkipsBlock(block)) blocks.emplace_back(plan.column(i), block);
    }
  }
  if (blocks.empty()) return OkStatus();
  return item.rows.segment->segment->reader()->Prefetch(blocks);
}

StatusOr<bool> TableSource::TakeMorsel(ScanState* state) {
  while (true) {
    Flush(state);
    if (state->context->cancellation) RETURN_IF_ERROR(state->context->cancellation->Check());
    size_t index = next_.fetch_add(1);
    if (index >= morsels_.size()) return false;
    const Morsel& morsel = morsels_[index];
    Item* item = items_[morsel.item].get();
    state->item = morsel.item;
    state->block = morsel.begin;
    state->end = morsel.end;
    if (item->rows.segment) {
      ASSIGN_OR_RETURN(SegmentPlan * plan, PlanOf(item, *state->context));
      if (plan->skip()) {
        state->blocks_skipped += static_cast<int64_t>(morsel.end - morsel.begin);
        for (size_t block = morsel.begin; block < morsel.end; ++block) {
          state->rows_passed +=
              static_cast<int64_t>(item->rows.segment->segment->reader()->BlockRows(block));
        }
        continue;
      }
      RETURN_IF_ERROR(Prefetch(*item, *plan, morsel.begin, morsel.end));
    }
    Reorder(state);
    return true;
  }
}

StatusOr<bool> TableSource::Next(WorkerState* worker_state, Chunk* out) {
  auto* state = static_cast<ScanState*>(worker_state);
  while (true) {
    if (state->block == state->end) {
      ASSIGN_OR_RETURN(bool more, TakeMorsel(state));
      if (!more) return false;
    }
    Item* item = items_[state->item].get();
    SegmentPlan* plan = item->plan.load(std::memory_order_relaxed);
    size_t block = state->block++;
    size_t block_rows =
        std::min<uint64_t>(kChunkRows, item->rows.num_rows() - uint64_t{block} * kChunkRows);
    state->rows_passed += static_cast<int64_t>(block_rows);
    if (plan && (plan->skip() || plan->SkipsBlock(block))) {
      ++state->blocks_skipped;
      continue;
    }
    state->rows_scanned += static_cast<int64_t>(block_rows);
    RETURN_IF_ERROR(ScanBlock(state, item, plan, block, out));
    if (out->num_rows == 0) continue;
    state->rows_out += static_cast<int64_t>(out->num_rows);
    return true;
  }
}

StatusOr<Vector> TableSource::ReadWhole(ScanState* state, const Item& item, const SegmentPlan* plan,
                                        size_t column, size_t block) {
  if (state->has_whole[column]) return state->whole[column];
  Vector vector;
  ColumnId id = spec_.columns[column];
  size_t rows = std::min<uint64_t>(kChunkRows, item.rows.num_rows() - uint64_t{block} * kChunkRows);
  if (id == kRowIdColumn) {
    vector = Vector::Flat(TypeId::kUBigInt, rows);
    auto* ids = vector.mutable_values<uint64_t>();
    uint64_t first = item.ref_index << 32 | block * kChunkRows;
    for (size_t i = 0; i < rows; ++i) ids[i] = first + i;
  } else if (plan) {
    int at = plan->column(column);
    if (at >= 0) {
      SegmentReader& reader = *item.rows.segment->segment->reader();
      ASSIGN_OR_RETURN(vector, reader.ReadBlock(at, block));
      state->bytes += static_cast<int64_t>(reader.BlockBytes(at, block));
    } else {
      const Value& value = plan->constant(column);
      vector = value.is_null() ? Vector::ConstantNull(types_[column], rows)
                               : Vector::Constant(value, rows);
    }
  } else {
    const HotSlice& slice = *item.rows.hot->rows;
    int at = slice.FindColumn(id);
    if (at >= 0) {
      vector = slice.Read(static_cast<size_t>(at), block);
    } else {
      Value value = table_->MissingValue(id, types_[column]);
      vector = value.is_null() ? Vector::ConstantNull(types_[column], rows)
                               : Vector::Constant(value, rows);
    }
  }
  state->whole[column] = vector;
  state->has_whole[column] = 1;
  return vector;
}

// The column's values at state->rows[0..count).
StatusOr<Vector> TableSource::ReadSelected(ScanState* state, const Item& item,
                                           const SegmentPlan* plan, size_t column, size_t block,
                                           size_t count) {
  if (plan && !state->has_whole[column] && plan->column(column) >= 0) {
    SegmentReader& reader = *item.rows.segment->segment->reader();
    if (count * kSparse <= reader.BlockRows(block)) {
      state->bytes += static_cast<int64_t>(reader.BlockBytes(plan->column(column), block));
      return reader.ReadRows(plan->column(column), block, state->rows.data(), count);
    }
  }
  ASSIGN_OR_RETURN(Vector whole, ReadWhole(state, item, plan, column, block));
  return whole.Gather(state->rows.data(), count);
}

// Narrows state->rows[0..count) (or all rows of the block) to those that satisfy the condition.
StatusOr<size_t> TableSource::Apply(ScanState* state, const Item& item, SegmentPlan* plan,
                                    size_t index, size_t block, size_t block_rows, size_t count,
                                    bool all) {
  const Conjunct& conjunct = conjuncts_[index];
  bool dense = all || count * kSparse > block_rows;
  if (plan && dense) {
    const SegmentPlan::Condition& condition = plan->condition(index);
    SegmentReader& reader = *item.rows.segment->segment->reader();
    const uint8_t* match =
        condition.way == Way::kCodes ? plan->Match(index, all ? block_rows : count) : nullptr;
    if (match || condition.way == Way::kRange) {
      uint32_t* into = all ? state->rows.data() : state->other.data();
      size_t selected;
      if (match) {
        ASSIGN_OR_RETURN(selected, reader.SelectCodes(condition.column, block, match, into));
      } else {
        ASSIGN_OR_RETURN(selected,
                         reader.SelectRange(condition.column, block, conjunct.int_low,
                                            conjunct.int_high, conjunct.int_negate, into));
      }
      state->bytes += static_cast<int64_t>(reader.BlockBytes(condition.column, block));
      if (all) return selected;
      // Rows that stand in both lists.
      uint32_t* rows = state->rows.data();
      size_t kept = 0;
      for (size_t a = 0, b = 0; a < count && b < selected;) {
        uint32_t row = rows[a], with = into[b];
        rows[kept] = row;
        kept += row == with;
        a += row <= with;
        b += with <= row;
      }
      return kept;
    }
  }
  Chunk chunk;
  chunk.num_rows = all ? block_rows : count;
  for (size_t column : conjunct.columns) {
    Vector vector;
    if (all) {
      ASSIGN_OR_RETURN(vector, ReadWhole(state, item, plan, column, block));
    } else {
      ASSIGN_OR_RETURN(vector, ReadSelected(state, item, plan, column, block, count));
    }
    chunk.columns.push_back(std::move(vector));
  }
  Evaluator& evaluator = state->conjuncts[index].evaluator;
  // Few rows of a column whose matches are known: codes are compared at once.
  if (plan && conjunct.one_column && chunk.columns[0].is_dictionary() &&
      plan->condition(index).way == Way::kCodes) {
    if (const uint8_t* match = plan->Match(index, count)) {
      const Vector& vector = chunk.columns[0];
      const uint32_t* codes = vector.codes();
      const uint64_t* validity = vector.validity();
      size_t kept = 0;
      for (size_t i = 0; i < chunk.num_rows; ++i) {
        uint32_t row = all ? static_cast<uint32_t>(i) : state->rows[i];
        state->rows[kept] = row;
        kept += match[codes[i]] && (!validity || BitIsSet(validity, i));
      }
      return kept;
    }
  }
  ASSIGN_OR_RETURN(size_t kept, evaluator.Select(chunk, state->other.data()));
  if (all) {
    state->rows.swap(state->other);
  } else {
    for (size_t i = 0; i < kept; ++i) state->rows[i] = state->rows[state->other[i]];
  }
  return kept;
}

Status TableSource::ScanBlock(ScanState* state, Item* item, SegmentPlan* plan, size_t block,
                              Chunk* out) {
  size_t block_rows =
      std::min<uint64_t>(kChunkRows, item->rows.num_rows() - uint64_t{block} * kChunkRows);
  out->columns.clear();
  out->num_rows = 0;
  std::fill(state->has_whole.begin(), state->has_whole.end(), 0);
  size_t count = block_rows;
  bool all = true;
  if (const VisibilityPtr& hidden = item->rows.hidden()) {
    auto first = static_cast<uint32_t>(block * kChunkRows);
    count = hidden->Visible(first, first + static_cast<uint32_t>(block_rows), state->rows.data());
    all = count == block_rows;
  }
  for (size_t i = 0; i < state->order.size() && count > 0; ++i) {
    size_t conjunct = state->order[i];
    if (plan && plan->Holds(conjunct, block)) continue;
    size_t before = count;
    ASSIGN_OR_RETURN(count, Apply(state, *item, plan, conjunct, block, block_rows, count, all));
    all &= count == block_rows;
    ConjunctState& of = state->conjuncts[conjunct];
    of.rows_in = of.rows_in * 0.9 + static_cast<double>(before);
    of.rows_out = of.rows_out * 0.9 + static_cast<double>(count);
  }
  out->num_rows = count;
  if (count == 0) return OkStatus();
  out->columns.reserve(spec_.columns.size());
  for (size_t column = 0; column < spec_.columns.size(); ++column) {
    Vector vector;
    if (spec_.filter_only[column]) {
      vector = state->nulls[column].Slice(0, count);
    } else if (all) {
      ASSIGN_OR_RETURN(vector, ReadWhole(state, *item, plan, column, block));
    } else {
      ASSIGN_OR_RETURN(vector, ReadSelected(state, *item, plan, column, block, count));
    }
    out->columns.push_back(std::move(vector));
  }
  return OkStatus();
}

std::vector<std::string> TableSource::Details() const {
  const ScanCounters& c = *counters_;
  std::vector<std::string> lines;
  lines.push_back(fmt::format("segments skipped {} of {}, blocks skipped {} of {}",
                              c.segments_skipped.load(), c.segments_total.load(),
                              c.blocks_skipped.load(), c.blocks_total.load()));
  lines.push_back(fmt::format("rows scanned {}, out {}; bytes read {}", c.rows_scanned.load(),
                              c.rows_out.load(), c.bytes_read.load()));
  return lines;
}

}  // namespace

std::unique_ptr<Source> MakeTableSource(Snapshot snapshot, TableId table, ScanSpec spec,
                                        std::shared_ptr<ScanCounters> counters) {
  return std::make_unique<TableSource>(std::move(snapshot), table, std::move(spec),
                                       std::move(counters));
}

}  // namespace shale
