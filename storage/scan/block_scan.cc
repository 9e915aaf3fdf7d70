#include "storage/scan/block_scan.h"

#include <algorithm>
#include <numeric>

namespace shale {
namespace {

// Below this share of a block's rows, values are read for the selected rows only.
constexpr size_t kSparse = 4;

using Way = SegmentPlan::Way;

// Types whose order is that of their signed bits.
bool IsIntegerKey(const Type& type) {
  switch (type.physical()) {
    case PhysicalType::kInt8:
    case PhysicalType::kInt16:
    case PhysicalType::kInt32:
    case PhysicalType::kInt64: return true;
    default: return false;
  }
}

}  // namespace

BlockScan::BlockScan(Snapshot snapshot, TableId table, ScanSpec spec,
                     std::shared_ptr<ScanCounters> counters, ScanTop top)
    : snapshot_(std::move(snapshot)),
      spec_(std::move(spec)),
      top_(std::move(top)),
      counters_(std::move(counters)) {
  if (!counters_) counters_ = std::make_shared<ScanCounters>();
  table_ = snapshot_->Find(table);
  spec_.filter_only.resize(spec_.columns.size());
  for (ColumnId id : spec_.columns) {
    const ColumnSchema* column = table_ ? table_->schema->Find(id) : nullptr;
    types_.push_back(column ? column->type : Type(TypeId::kUBigInt));
  }
}

void BlockScan::Prepare(ExecutionContext* context) {
  MutexLock lock(&mutex_);
  if (prepared_) return;
  prepared_ = true;
  functions_ = context->functions;
  for (const ExprPtr& filter : spec_.filters) {
    conjuncts_.push_back(AnalyseConjunct(filter, functions_));
    conjuncts_.back().from_join = conjuncts_.size() + spec_.join_filters > spec_.filters.size();
  }
  if (!table_) return;
  for (const PartitionPtr& partition : table_->partitions) {
    if (partition->damaged.empty() || snapshot_->skips_damaged || !readable_.ok()) continue;
    if (PartitionIsOutside(*partition)) continue;
    readable_ = DamagedError(*table_->schema, *partition, partition->damaged.front());
  }
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
    total += refs[i].num_rows();
    counters_->blocks_total += static_cast<int64_t>(item->num_blocks());
    if (refs[i].segment) ++counters_->segments_total;
    items_.push_back(std::move(item));
  }
  if (context->progress) context->progress->rows_total += static_cast<int64_t>(total);
}

// Whether some condition on the TIMESTAMP column rules out the partition's whole range.
bool BlockScan::PartitionIsOutside(const PartitionVersion& partition) const {
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

std::unique_ptr<BlockScan::State> BlockScan::MakeState(ExecutionContext* context) {
  Prepare(context);
  auto state = std::make_unique<State>();
  state->context_ = context;
  for (const Conjunct& conjunct : conjuncts_) {
    state->conditions_.push_back({Evaluator(conjunct.narrow, &functions_)});
  }
  state->order_.resize(conjuncts_.size());
  std::iota(state->order_.begin(), state->order_.end(), 0);
  state->whole_.resize(spec_.columns.size());
  state->has_whole_.resize(spec_.columns.size());
  for (const Type& type : types_) {
    state->nulls_.push_back(Vector::ConstantNull(type, kChunkRows));
  }
  state->rows_.resize(kChunkRows);
  state->other_.resize(kChunkRows);
  return state;
}

StatusOr<bool> BlockScan::Open(State* state, size_t index, size_t begin, size_t end) {
  Flush(state);
  if (state->context_->cancellation) RETURN_IF_ERROR(state->context_->cancellation->Check());
  Item* item = items_[index].get();
  state->item_ = item;
  state->plan_ = nullptr;
  if (item->rows.segment) {
    ASSIGN_OR_RETURN(state->plan_, PlanOf(item));
    if (state->plan_->skip()) {
      state->blocks_skipped_ += static_cast<int64_t>(end - begin);
      if (state->plan_->SkipsForJoin()) {
        state->join_blocks_skipped_ += static_cast<int64_t>(end - begin);
      }
      for (size_t block = begin; block < end; ++block) {
        state->rows_passed_ += static_cast<int64_t>(item->BlockRows(block));
      }
      return false;
    }
    if (top_.bound && end - begin == 1) {
      ASSIGN_OR_RETURN(int64_t first, FirstOfTop(*item, begin));
      Value bound;
      if (first != INT64_MIN && top_.bound->Current(&bound) && !bound.is_null() &&
          first > (top_.descending ? -std::max(bound.AsInt(), -INT64_MAX) : bound.AsInt())) {
        ++state->blocks_skipped_;
        state->rows_passed_ += static_cast<int64_t>(item->BlockRows(begin));
        return false;
      }
    }
    RETURN_IF_ERROR(Prefetch(*item, *state->plan_, begin, end));
  }
  Reorder(state);
  return true;
}

void BlockScan::Flush(State* state) {
  counters_->rows_scanned += state->rows_scanned_;
  counters_->rows_out += state->rows_out_;
  counters_->bytes_read += state->bytes_;
  counters_->blocks_skipped += state->blocks_skipped_;
  counters_->join_blocks_skipped += state->join_blocks_skipped_;
  if (Progress* progress = state->context_->progress) {
    progress->rows_done += state->rows_passed_;
    progress->bytes_read += state->bytes_;
  }
  state->rows_passed_ = state->rows_scanned_ = state->rows_out_ = state->bytes_ =
      state->blocks_skipped_ = state->join_blocks_skipped_ = 0;
}

// Conditions that cannot fail go first, those that cost little and let few rows through before the
// others. The rest stay in the order in which they were written.
void BlockScan::Reorder(State* state) {
  const SegmentPlan* plan = state->plan_;
  auto rank = [&](size_t i) {
    if (!conjuncts_[i].cannot_fail) return 1e9;
    Way way = plan ? plan->condition(i).way : Way::kEvaluate;
    double cost = way == Way::kEvaluate ? 10 : 1;
    const State::Condition& of = state->conditions_[i];
    return cost / std::max(0.01, 1 - of.rows_out / of.rows_in);
  };
  if (state->order_.size() < 2) return;
  std::vector<double> ranks(state->order_.size());
  for (size_t i = 0; i < ranks.size(); ++i) ranks[i] = rank(i);
  std::sort(state->order_.begin(), state->order_.end(),
            [&](size_t a, size_t b) { return ranks[a] != ranks[b] ? ranks[a] < ranks[b] : a < b; });
}

StatusOr<SegmentPlan*> BlockScan::PlanOf(Item* item) {
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

Status BlockScan::Prefetch(const Item& item, const SegmentPlan& plan, size_t begin, size_t end) {
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

StatusOr<Vector> BlockScan::ReadColumn(State* state, size_t column, size_t block) {
  state->has_whole_[column] = 0;
  return ReadWhole(state, column, block);
}

Status BlockScan::Read(State* state, size_t block, size_t first, size_t last, Chunk* out) {
  const Item& item = *state->item_;
  SegmentPlan* plan = state->plan_;
  const size_t block_rows = state->block_rows_ = item.BlockRows(block);
  out->columns.clear();
  out->num_rows = 0;
  state->rows_passed_ += static_cast<int64_t>(last - first);
  state->looked_ = false;
  if (plan && (plan->skip() || plan->SkipsBlock(block))) {
    ++state->blocks_skipped_;
    state->join_blocks_skipped_ += plan->SkipsForJoin(block);
    return OkStatus();
  }
  state->rows_scanned_ += static_cast<int64_t>(last - first);
  state->looked_ = true;
  std::fill(state->has_whole_.begin(), state->has_whole_.end(), 0);
  size_t count = last - first;
  if (const VisibilityPtr& hidden = item.rows.hidden()) {
    auto begin = static_cast<uint32_t>(block * kChunkRows + first);
    auto end = static_cast<uint32_t>(block * kChunkRows + last);
    count = hidden->Visible(begin, end, state->rows_.data());
    if (first > 0) {
      for (size_t i = 0; i < count; ++i) state->rows_[i] += static_cast<uint32_t>(first);
    }
  } else if (count < block_rows) {
    std::iota(state->rows_.begin(), state->rows_.begin() + count, static_cast<uint32_t>(first));
  }
  bool all = count == block_rows;
  if (top_.bound && plan) RETURN_IF_ERROR(ApplyTop(state, block, &all, &count));
  for (size_t i = 0; i < state->order_.size() && count > 0; ++i) {
    size_t conjunct = state->order_[i];
    if (plan && plan->Holds(conjunct, block)) continue;
    size_t before = count;
    ASSIGN_OR_RETURN(count, Apply(state, conjunct, block, count, all));
    all &= count == block_rows;
    State::Condition& of = state->conditions_[conjunct];
    of.rows_in = of.rows_in * 0.9 + static_cast<double>(before);
    of.rows_out = of.rows_out * 0.9 + static_cast<double>(count);
  }
  out->num_rows = count;
  if (count == 0) return OkStatus();
  state->rows_out_ += static_cast<int64_t>(count);
  out->columns.reserve(spec_.columns.size());
  for (size_t column = 0; column < spec_.columns.size(); ++column) {
    Vector vector;
    if (spec_.filter_only[column]) {
      vector = state->nulls_[column].Slice(0, count);
    } else if (all) {
      ASSIGN_OR_RETURN(vector, ReadWhole(state, column, block));
    } else {
      ASSIGN_OR_RETURN(vector, ReadSelected(state, column, block, count));
    }
    out->columns.push_back(std::move(vector));
  }
  return OkStatus();
}

// ---- top-n --------------------------------------------------------------------------------------

StatusOr<int64_t> BlockScan::FirstOfTop(const Item& item, size_t block) const {
  const ScanTop& top = top_;
  if (!item.rows.segment || !IsIntegerKey(types_[top.column])) return INT64_MIN;
  const SegmentReader& reader = *item.rows.segment->segment->reader();
  const int column = reader.FindColumn(spec_.columns[top.column]);
  if (column < 0) return INT64_MIN;
  const ZoneMap& zone = reader.Zone(column, block);
  if (!zone.min || !zone.max || (top.nulls_first && zone.null_count > 0)) return INT64_MIN;
  return top.descending ? -std::max(zone.max->AsInt(), -INT64_MAX) : zone.min->AsInt();
}

Status BlockScan::ApplyTop(State* state, size_t block, bool* all, size_t* count) {
  const ScanTop& top = top_;
  const int column = state->plan_->column(top.column);
  Value value;
  if (column < 0 || !IsIntegerKey(types_[top.column]) || !top.bound->Current(&value) ||
      value.is_null()) {
    return OkStatus();
  }
  SegmentReader& reader = *state->item_->rows.segment->segment->reader();
  const ZoneMap& zone = reader.Zone(column, block);
  if (!zone.min || !zone.max || (top.nulls_first && zone.null_count > 0)) return OkStatus();
  const int64_t bound = value.AsInt();
  if (top.descending ? zone.max->AsInt() < bound : zone.min->AsInt() > bound) {
    *count = 0;
    ++state->blocks_skipped_;
    state->looked_ = false;
    state->rows_scanned_ -= static_cast<int64_t>(state->block_rows_);
    return OkStatus();
  }
  // With some rows chosen already it is left to the conditions.
  if (!*all || reader.info().columns[column].dictionary_size > 0) return OkStatus();
  ASSIGN_OR_RETURN(
      *count, reader.SelectRange(column, block, top.descending ? bound : INT64_MIN,
                                 top.descending ? INT64_MAX : bound, false, state->rows_.data()));
  *all = *count == state->block_rows_;
  return OkStatus();
}

StatusOr<Vector> BlockScan::ReadWhole(State* state, size_t column, size_t block) {
  const Item& item = *state->item_;
  const SegmentPlan* plan = state->plan_;
  if (state->has_whole_[column]) return state->whole_[column];
  Vector vector;
  ColumnId id = spec_.columns[column];
  const size_t rows = item.BlockRows(block);
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
      state->bytes_ += static_cast<int64_t>(reader.BlockBytes(at, block));
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
  state->whole_[column] = vector;
  state->has_whole_[column] = 1;
  return vector;
}

// The column's values at state->rows_[0..count).
StatusOr<Vector> BlockScan::ReadSelected(State* state, size_t column, size_t block, size_t count) {
  const SegmentPlan* plan = state->plan_;
  if (plan && !state->has_whole_[column] && plan->column(column) >= 0) {
    SegmentReader& reader = *state->item_->rows.segment->segment->reader();
    if (count * kSparse <= reader.BlockRows(block)) {
      state->bytes_ += static_cast<int64_t>(reader.BlockBytes(plan->column(column), block));
      return reader.ReadRows(plan->column(column), block, state->rows_.data(), count);
    }
  }
  ASSIGN_OR_RETURN(Vector whole, ReadWhole(state, column, block));
  return whole.Gather(state->rows_.data(), count);
}

// Narrows state->rows_[0..count) (or all rows of the block) to those that satisfy the condition.
StatusOr<size_t> BlockScan::Apply(State* state, size_t index, size_t block, size_t count,
                                  bool all) {
  const Item& item = *state->item_;
  SegmentPlan* plan = state->plan_;
  const size_t block_rows = state->block_rows_;
  const Conjunct& conjunct = conjuncts_[index];
  bool dense = all || count * kSparse > block_rows;
  if (plan && dense) {
    const SegmentPlan::Condition& condition = plan->condition(index);
    SegmentReader& reader = *item.rows.segment->segment->reader();
    const uint8_t* match =
        condition.way == Way::kCodes ? plan->Match(index, all ? block_rows : count) : nullptr;
    if (match || condition.way == Way::kRange) {
      uint32_t* into = all ? state->rows_.data() : state->other_.data();
      size_t selected;
      if (match) {
        ASSIGN_OR_RETURN(selected, reader.SelectCodes(condition.column, block, match, into));
      } else {
        ASSIGN_OR_RETURN(selected,
                         reader.SelectRange(condition.column, block, conjunct.int_low,
                                            conjunct.int_high, conjunct.int_negate, into));
      }
      state->bytes_ += static_cast<int64_t>(reader.BlockBytes(condition.column, block));
      if (all) return selected;
      // Rows that stand in both lists.
      uint32_t* rows = state->rows_.data();
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
      ASSIGN_OR_RETURN(vector, ReadWhole(state, column, block));
    } else {
      ASSIGN_OR_RETURN(vector, ReadSelected(state, column, block, count));
    }
    chunk.columns.push_back(std::move(vector));
  }
  Evaluator& evaluator = state->conditions_[index].evaluator;
  // Few rows of a column whose matches are known: codes are compared at once.
  if (plan && conjunct.one_column && chunk.columns[0].is_dictionary() &&
      plan->condition(index).way == Way::kCodes) {
    if (const uint8_t* match = plan->Match(index, count)) {
      const Vector& vector = chunk.columns[0];
      const uint32_t* codes = vector.codes();
      const uint64_t* validity = vector.validity();
      size_t kept = 0;
      for (size_t i = 0; i < chunk.num_rows; ++i) {
        uint32_t row = all ? static_cast<uint32_t>(i) : state->rows_[i];
        state->rows_[kept] = row;
        kept += match[codes[i]] && (!validity || BitIsSet(validity, i));
      }
      return kept;
    }
  }
  ASSIGN_OR_RETURN(size_t kept, evaluator.Select(chunk, state->other_.data()));
  if (all) {
    state->rows_.swap(state->other_);
  } else {
    for (size_t i = 0; i < kept; ++i) state->rows_[i] = state->rows_[state->other_[i]];
  }
  return kept;
}

std::vector<std::string> BlockScan::Details() const {
  const ScanCounters& c = *counters_;
  std::vector<std::string> lines;
  lines.push_back(fmt::format("segments skipped {} of {}, blocks skipped {} of {}",
                              c.segments_skipped.load(), c.segments_total.load(),
                              c.blocks_skipped.load(), c.blocks_total.load()));
  lines.push_back(fmt::format("rows scanned {}, out {}; bytes read {}", c.rows_scanned.load(),
                              c.rows_out.load(), c.bytes_read.load()));
  return lines;
}

}  // namespace shale
