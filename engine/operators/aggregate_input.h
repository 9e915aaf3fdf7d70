// AggregateInput: one worker's side of an aggregation — evaluates keys, arguments and filters over
// chunks and adds them to its groups. Private to engine/operators/aggregate*.cc. Not thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "engine/exec/operator.h"
#include "engine/operators/aggregate_plan.h"

namespace shale {

class AggregateInput {
 public:
  // All outlive the input.
  AggregateInput(const AggregatePlan* plan, const AggregateLayouts* layouts,
                 ExecutionContext* context);

  // All three steps below; ResourceExhausted, too, where states have outgrown the memory.
  Status Add(const Chunk& input);

  // The keys of a chunk, and which rows filters keep. The chunk stays as it is until Update.
  Status Evaluate(const Chunk& input);
  // Finds or makes the rows' groups, and the values that DISTINCT aggregates see. When memory does
  // not suffice (ResourceExhausted) nothing is counted yet: once Take has made room it may be
  // called again.
  Status Place();
  // The groups' states take in the rows. over_budget(): they hold more now than memory allows, but
  // nothing is lost.
  Status Update();
  const Status& over_budget() const { return over_budget_; }

  const WorkerGroups& groups() const { return *groups_; }
  size_t num_groups() const { return groups_->table().size(); }
  // What was gathered; `layouts`: of fresh groups that go on from here, or null at the end.
  std::unique_ptr<WorkerGroups> Take(const AggregateLayouts* layouts);
  // Likewise, or null when all was taken already, for good.
  std::unique_ptr<WorkerGroups> TakeIfAny(const AggregateLayouts* layouts) {
    return groups_ ? Take(layouts) : nullptr;
  }

 private:
  // The rows of a chunk that a filter keeps (the first view: all rows), with what was computed over
  // them.
  struct ChunkView {
    const Chunk* chunk = nullptr;
    Chunk filtered;
    std::vector<uint32_t> rows;  // of the chunk
    std::vector<uint32_t> filtered_groups;
    const uint32_t* groups = nullptr;
    size_t num_rows = 0;
    std::vector<std::optional<Vector>> args;
  };

  Status AddSingle(GroupTable* table);
  Status MakeView(size_t index, ChunkView* view);
  StatusOr<const Vector*> Argument(size_t arg, ChunkView* view);
  Status AddDistinct(size_t index, ChunkView* view);
  Status AddOrdered(size_t index, ChunkView* view);

  const AggregatePlan& plan_;
  ExecutionContext* context_;
  std::vector<Evaluator> keys_;
  std::vector<Evaluator> args_;
  std::vector<Evaluator> filters_;
  std::unique_ptr<WorkerGroups> groups_;
  std::vector<uint32_t> group_ids_;
  Status over_budget_;
  // Of the chunk at hand.
  const Chunk* chunk_ = nullptr;
  std::vector<Vector> key_values_;
  std::vector<ChunkView> views_;
  bool uniform_ = false;
};

}  // namespace shale
