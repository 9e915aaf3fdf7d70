// SegmentPlan: what a scan settles once a segment, whichever worker comes first: which columns it
// has, which blocks the zone maps leave, which conditions hold for all rows, and for dictionary
// columns which entries satisfy a condition. Thread-safe; read-only but for matches that turn out
// to be worth computing later.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "engine/base/sync.h"
#include "storage/scan/conjunct.h"
#include "storage/scan/dictionary_match.h"
#include "storage/table/version.h"

namespace shale {

class SegmentPlan {
 public:
  // How a condition is applied to rows of this segment.
  enum class Way : uint8_t {
    kHolds,     // for all rows: nothing to do
    kEvaluate,  // by Evaluator over decoded values
    kRange,     // SelectRange
    kCodes,     // SelectCodes, once matches are there
  };
  struct Condition {
    Way way = Way::kEvaluate;
    int column = -1;                // of the segment, for kRange and kCodes
    std::vector<uint8_t> verdicts;  // a block; empty: kSome for all
  };

  static StatusOr<std::unique_ptr<SegmentPlan>> Make(const TableVersion& table,
                                                     const SegmentRef& ref,
                                                     const std::vector<ColumnId>& columns,
                                                     const std::vector<Conjunct>& conjuncts,
                                                     const FunctionContext& context);

  bool skip() const { return skip_.load(std::memory_order_relaxed); }
  bool SkipsBlock(size_t block) const { return !skipped_.empty() && skipped_[block]; }
  // Whether it is skipped because of what a join's other side has, and would not be without.
  bool SkipsForJoin() const { return skip_for_join_.load(std::memory_order_relaxed); }
  bool SkipsForJoin(size_t block) const {
    return skip() ? SkipsForJoin() : SkipsBlock(block) && skipped_[block] == kForJoin;
  }
  // Index into the segment's columns of each column of the scan; -1: see constant().
  int column(size_t index) const { return columns_[index]; }
  const Value& constant(size_t index) const { return constants_[index]; }
  const Condition& condition(size_t index) const { return conditions_[index]; }
  bool Holds(size_t index, size_t block) const {
    const Condition& of = conditions_[index];
    return of.way == Way::kHolds ||
           (!of.verdicts.empty() &&
            of.verdicts[block] == static_cast<uint8_t>(Conjunct::Verdict::kAll));
  }
  // The entries that match, or null when evaluating rows is cheaper for now: `rows` more are to be
  // tested. Computes the matches when that begins to pay.
  const uint8_t* Match(size_t index, size_t rows);

 private:
  struct Matches {
    std::atomic<const uint8_t*> ready{nullptr};
    std::atomic<bool> refused{false};  // some entry cannot be evaluated
    std::atomic<uint64_t> rows_tested{0};
    uint64_t entries = 0;
    DictionaryPtr whole SHALE_GUARDED_BY(mutex);  // a BOOLEAN an entry
    DictionaryPtr dictionary;
    Mutex mutex;
  };
  static constexpr uint8_t kForJoin = 2;
  // Computes matches[index]; notes when nothing can pass.
  void Compute(size_t index);

  const std::vector<Conjunct>* conjuncts_ = nullptr;
  const FunctionContext* context_ = nullptr;
  std::vector<int> columns_;
  std::vector<Value> constants_;
  std::vector<Condition> conditions_;
  std::vector<std::unique_ptr<Matches>> matches_;  // a conjunct; null unless kCodes
  std::vector<uint8_t> skipped_;                   // a block: 0, 1, or kForJoin
  std::atomic<bool> skip_{false};
  std::atomic<bool> skip_for_join_{false};
};

}  // namespace shale
