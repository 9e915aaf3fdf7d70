#include "storage/scan/segment_plan.h"

#include <algorithm>

namespace shale {
namespace {

using Verdict = Conjunct::Verdict;

// Dictionaries this small are matched at once: it may rule the segment out.
constexpr uint64_t kEagerEntries = 4096;

}  // namespace

StatusOr<std::unique_ptr<SegmentPlan>> SegmentPlan::Make(const TableVersion& table,
                                                         const SegmentRef& ref,
                                                         const std::vector<ColumnId>& columns,
                                                         const std::vector<Conjunct>& conjuncts,
                                                         const FunctionContext& context) {
  auto plan = std::make_unique<SegmentPlan>();
  plan->conjuncts_ = &conjuncts;
  plan->context_ = &context;
  SegmentReader& reader = *ref.segment->reader();
  uint64_t num_rows = reader.info().num_rows;
  for (ColumnId id : columns) {
    int at = id == kRowIdColumn ? -1 : reader.FindColumn(id);
    Value constant;
    if (id == kSeqColumn && ref.segment->commit_sequence() != 0) {
      at = -1;
      constant = Value::UInt(TypeId::kUBigInt, ref.segment->commit_sequence());
    } else if (at < 0 && id >= 0) {
      const ColumnSchema* schema = table.schema->Find(id);
      constant = table.MissingValue(id, schema ? schema->type : Type());
    }
    plan->columns_.push_back(at);
    plan->constants_.push_back(std::move(constant));
  }
  plan->conditions_.resize(conjuncts.size());
  plan->matches_.resize(conjuncts.size());
  for (size_t i = 0; i < conjuncts.size(); ++i) {
    const Conjunct& conjunct = conjuncts[i];
    Condition& condition = plan->conditions_[i];
    if (!conjunct.one_column) continue;
    ColumnId id = columns[conjunct.columns[0]];
    int column = plan->columns_[conjunct.columns[0]];
    if (id == kRowIdColumn) continue;
    ZoneMap constant_zone;
    if (column < 0) {  // one value for the whole segment
      const Value& value = plan->constants_[conjunct.columns[0]];
      if (value.is_null()) {
        constant_zone.null_count = static_cast<uint32_t>(num_rows);
      } else {
        constant_zone.min = constant_zone.max = value;
      }
    }
    const ZoneMap& zone = column < 0 ? constant_zone : reader.info().columns[column].zone;
    Verdict whole = conjunct.Judge(zone, num_rows);
    if (whole == Verdict::kNone) {
      plan->skip_for_join_ = conjunct.from_join;
      plan->skip_ = true;
      return plan;
    }
    if (whole == Verdict::kAll) {
      condition.way = Way::kHolds;
      continue;
    }
    if (column < 0) continue;
    condition.column = column;
    if (conjunct.shape != Conjunct::Shape::kOther && reader.num_blocks() > 1) {
      condition.verdicts.resize(reader.num_blocks());
      for (size_t block = 0; block < reader.num_blocks(); ++block) {
        Verdict verdict = conjunct.Judge(reader.Zone(column, block), reader.BlockRows(block));
        condition.verdicts[block] = static_cast<uint8_t>(verdict);
        if (verdict != Verdict::kNone) continue;
        if (plan->skipped_.empty()) plan->skipped_.resize(reader.num_blocks());
        uint8_t& skipped = plan->skipped_[block];
        if (skipped == 0) skipped = conjunct.from_join ? kForJoin : 1;
      }
    }
    const SegmentColumn& info = reader.info().columns[column];
    if (conjunct.has_int_range && info.dictionary_size == 0) {
      condition.way = Way::kRange;
    } else if (info.dictionary_size > 0 && !conjunct.true_for_null) {
      condition.way = Way::kCodes;
      plan->matches_[i] = std::make_unique<Matches>();
      plan->matches_[i]->entries = info.dictionary_size;
    }
  }
  if (!plan->skipped_.empty() && std::count(plan->skipped_.begin(), plan->skipped_.end(), 0) == 0) {
    plan->skip_for_join_ = std::count(plan->skipped_.begin(), plan->skipped_.end(), kForJoin) > 0;
    plan->skip_ = true;
    return plan;
  }
  for (size_t i = 0; i < conjuncts.size() && !plan->skip(); ++i) {
    Matches* matches = plan->matches_[i].get();
    if (!matches) continue;
    ASSIGN_OR_RETURN(matches->dictionary, reader.ReadDictionary(plan->conditions_[i].column));
    matches->entries = matches->dictionary->size();
    if (matches->entries <= kEagerEntries || matches->entries <= num_rows / 16 ||
        MatchesByHash(conjuncts[i], *matches->dictionary)) {
      plan->Compute(i);
    }
  }
  return plan;
}

void SegmentPlan::Compute(size_t index) {
  Matches& matches = *matches_[index];
  MutexLock lock(&matches.mutex);
  if (matches.ready.load() || matches.refused.load()) return;
  auto match = MatchDictionary((*conjuncts_)[index], *matches.dictionary, *context_);
  if (!match.ok()) {
    matches.refused.store(true);
    return;
  }
  matches.whole = *std::move(match);
  const auto* bytes = matches.whole->values.values<uint8_t>();
  if (std::find(bytes, bytes + matches.entries, 1) == bytes + matches.entries) {
    skip_for_join_.store((*conjuncts_)[index].from_join);
    skip_.store(true);
  }
  matches.ready.store(bytes);
}

const uint8_t* SegmentPlan::Match(size_t index, size_t rows) {
  Matches* matches = matches_[index].get();
  if (!matches) return nullptr;
  const uint8_t* ready = matches->ready.load(std::memory_order_acquire);
  if (ready || matches->refused.load(std::memory_order_relaxed)) return ready;
  uint64_t tested = matches->rows_tested.fetch_add(rows) + rows;
  if (tested * 2 < matches->entries) return nullptr;
  Compute(index);
  return matches->ready.load();
}

}  // namespace shale
