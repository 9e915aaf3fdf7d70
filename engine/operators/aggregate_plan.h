// What an aggregation keeps and shares: the plan (states laid out, arguments shared), one worker's
// tables, and the finished groups. Private to engine/operators/aggregate*.cc.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "engine/base/arena.h"
#include "engine/expr/evaluator.h"
#include "engine/operators/aggregate.h"
#include "engine/operators/grouper.h"
#include "engine/operators/held_bytes.h"
#include "engine/operators/sort_keys.h"

namespace shale {

// One state of each group. Outputs that update alike (sum(x) and avg(x)) share it.
struct StateSlot {
  ResolvedAggregate function;
  std::vector<size_t> args;  // positions in AggregatePlan::args
  size_t filter = 0;         // position in AggregatePlan::filters + 1; 0 none
  int distinct_set = -1;     // position in AggregatePlan::distinct_sets
  int ordered_rows = -1;     // position in AggregatePlan::ordered
  size_t offset = 0;         // of the state behind a group's key
};
struct AggregateOutput {
  ResolvedAggregate function;
  size_t slot = 0;
};
// The different values of args within each group.
struct DistinctSet {
  std::vector<size_t> args;
  size_t filter = 0;
  bool skip_nulls = false;  // its aggregates would ignore them
};
// Rows kept whole, to be fed in order.
struct OrderedInput {
  size_t slot = 0;
  std::vector<size_t> args;
  std::vector<size_t> keys;  // positions in AggregatePlan::args
  std::vector<SortOrder> orders;
  size_t filter = 0;
  bool distinct = false;
};

struct AggregatePlan {
  std::vector<ExprPtr> keys;
  std::vector<ExprPtr> args;     // each expression once
  std::vector<ExprPtr> filters;  // likewise
  std::vector<StateSlot> slots;
  std::vector<AggregateOutput> outputs;
  std::vector<DistinctSet> distinct_sets;
  std::vector<OrderedInput> ordered;
  size_t state_bytes = 0;

  std::vector<std::pair<size_t, void (*)(std::byte*)>> Inits() const;
};
AggregatePlan PlanAggregate(std::vector<ExprPtr> keys, std::vector<AggregateExpr> aggregates);

// Layouts of the keys, shared by all workers: string ids must agree.
struct AggregateLayouts {
  KeyLayout keys;
  std::vector<KeyLayout> distinct;  // a group number first when there are keys, then the values
};
StatusOr<AggregateLayouts> MakeLayouts(const AggregatePlan& plan, const ExecutionContext& context);

struct OrderedChunk {
  std::vector<uint32_t> groups;
  std::vector<Vector> args;
  std::vector<Vector> keys;
};

// What one worker has gathered.
struct WorkerGroups {
  WorkerGroups(const AggregatePlan& plan, const AggregateLayouts& layouts, MemoryBudget* memory);
  GroupTable& table() { return grouper ? grouper->table() : *single; }

  std::unique_ptr<Grouper> grouper;    // with keys
  std::unique_ptr<GroupTable> single;  // without: one row
  std::vector<std::unique_ptr<Grouper>> distinct;
  std::vector<std::vector<OrderedChunk>> ordered;
  std::shared_ptr<Arena> arena = std::make_shared<Arena>();
  Reservation arena_memory;
  HeldBytes ordered_held;
  Reservation ordered_memory;
  int64_t ordered_bytes = 0;
};

// Groups that no other part has; the result is all parts.
struct GroupPart {
  GroupTable* table = nullptr;
  bool with_nulls = false;
  std::unique_ptr<GroupTable> owned;  // null: the table is a worker's
};
struct MergedGroups {
  std::vector<GroupPart> parts;
  std::vector<std::unique_ptr<WorkerGroups>> workers;  // keep arenas and tables alive
  std::vector<std::shared_ptr<Arena>> arenas;
};

// Brings the workers' groups together; then distinct and ordered aggregates get their rows.
Status MergeWorkers(const AggregatePlan& plan, const AggregateLayouts& layouts,
                    std::vector<std::unique_ptr<WorkerGroups>> workers, ExecutionContext* context,
                    MergedGroups* merged);
// Where each worker's groups went.
struct GroupPlaces {
  std::vector<uint32_t> part;  // empty: all in part 0
  std::vector<uint32_t> row;   // empty: unchanged
  uint32_t PartOf(uint32_t group) const { return part.empty() ? 0 : part.data()[group]; }
  uint32_t RowOf(uint32_t group) const { return row.empty() ? group : row.data()[group]; }
};
// Rows [begin, begin + count) of the result from one part: keys, then aggregates. What `arena`
// holds must outlive `out` unless copied.
Status FinishGroups(const AggregatePlan& plan, const AggregateLayouts& layouts,
                    const GroupPart& part, size_t begin, size_t count,
                    const FunctionContext& functions, Arena* arena, Chunk* out);
// The source of what was merged; `groups` with all that they stand on, which chunks point into.
struct FinishedGroups {
  std::unique_ptr<AggregateLayouts> layouts;
  MergedGroups groups;
};
std::unique_ptr<Source> MakeGroupSource(const AggregatePlan* plan,
                                        std::shared_ptr<FinishedGroups> groups);
// aggregate_distinct.cc
Status FeedDistinct(const AggregatePlan& plan, const AggregateLayouts& layouts,
                    const std::vector<GroupPlaces>& places, ExecutionContext* context,
                    MergedGroups* merged);
// aggregate_ordered.cc
Status FeedOrdered(const AggregatePlan& plan, const std::vector<GroupPlaces>& places,
                   ExecutionContext* context, MergedGroups* merged);

inline AggregateCall CallOf(const StateSlot& slot, const FunctionContext& context, Arena* arena) {
  return {context, arena, slot.function.arg_types, slot.function.result_type};
}

}  // namespace shale
