// AggregateSpill: the groups of an aggregation on disk. Private to engine/operators/aggregate*.cc.
//
// What workers have gathered is written as rows of three kinds, each dealt into partitions:
//   states    the keys, then each state serialized; by the hash of the keys
//   distinct  the keys, then the values of a DISTINCT set; by the hash of both, so that a set is
//             cut even where there is one group
//   ordered   the keys, then arguments and sort keys of an aggregate with ORDER BY; by the keys
// In the end each distinct partition is made free of repetitions and becomes states; then each
// partition of states is merged in memory, or, when it does not fit, dealt again by a next level.
#pragma once

#include <memory>
#include <vector>

#include "engine/operators/aggregate_plan.h"
#include "engine/operators/spill_parts.h"

namespace shale {

class AggregateSpill : public std::enable_shared_from_this<AggregateSpill> {
 public:
  // Null where it would not help or cannot be (states of one group that are no sets, STRUCT keys).
  // `plan` and `context` outlive it.
  static std::shared_ptr<AggregateSpill> Make(const AggregatePlan* plan, ExecutionContext* context,
                                              int level);

  // Writes all of `groups`, which belong to `layouts`. One caller at a time.
  Status Write(WorkerGroups* groups, const AggregateLayouts& layouts);
  // Nothing more is written.
  Status Finish();
  // Partition after partition. After Finish.
  std::unique_ptr<Source> MakeSource();

 private:
  AggregateSpill(const AggregatePlan* plan, ExecutionContext* context, int level)
      : plan_(*plan), context_(context), level_(level) {}

  Status Create();
  std::vector<Type> KeyTypes() const;
  // only_set: -1 the states that rows feed, else those of this distinct set; the others are NULL.
  Status WriteStates(WorkerGroups* groups, const AggregateLayouts& layouts, int only_set);
  Status WriteDistinct(size_t set, WorkerGroups* groups, const AggregateLayouts& layouts);
  Status WriteOrdered(size_t index, WorkerGroups* groups, const AggregateLayouts& layouts);
  // The keys of rows of a groups' table.
  std::vector<Vector> KeysOf(WorkerGroups* groups, const AggregateLayouts& layouts,
                             const uint32_t* rows, size_t count) const;
  // Values without repetition become states. `values` is `set`'s part, at `level`.
  Status FinishDistinct(size_t set, SpillParts* values, size_t part, int level);
  StatusOr<std::unique_ptr<Source>> PartSource(size_t part);

  const AggregatePlan& plan_;
  ExecutionContext* const context_;
  const int level_;
  std::unique_ptr<SpillParts> states_;
  std::vector<std::unique_ptr<SpillParts>> distinct_;
  std::vector<std::unique_ptr<SpillParts>> ordered_;
  uint64_t finished_bytes_ = 0;  // of distinct sets that are gone
};

}  // namespace shale
