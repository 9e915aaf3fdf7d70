// Aggregation over key ranges: an operator in the middle of a pipeline rather than its end.
#include <algorithm>

#include "engine/base/sync.h"
#include "engine/operators/aggregate.h"
#include "engine/operators/aggregate_input.h"

namespace shale {
namespace {

// Groups that are worth giving on: fewer wait for the ranges after this one.
constexpr size_t kFlushGroups = 2 * kChunkRows;

// Finished groups and what their values point into.
struct FlushedGroups {
  MergedGroups groups;
  Arena arena;
};

void KeepAlive(const HeapPtr& heap, Vector* column) {
  if (column->type().physical() == PhysicalType::kString) column->AddHeap(heap);
  for (Vector& child : column->mutable_children()) KeepAlive(heap, &child);
}

struct RangeWorker : WorkerState {
  std::unique_ptr<AggregateInput> input;  // null: see layout_status_
  ExecutionContext alone;                 // the query's, for this worker by itself
};

class RangeAggregate : public Operator {
 public:
  RangeAggregate(std::vector<ExprPtr> keys, std::vector<AggregateExpr> aggregates)
      : plan_(PlanAggregate(std::move(keys), std::move(aggregates))) {}

  WorkerStatePtr MakeState(ExecutionContext* context) override {
    MutexLock lock(&mutex_);
    if (layouts_ == nullptr && layout_status_.ok()) {
      StatusOr<AggregateLayouts> layouts = MakeLayouts(plan_, *context);
      layout_status_ = layouts.status();
      if (layouts.ok()) layouts_ = std::make_unique<AggregateLayouts>(*std::move(layouts));
    }
    auto worker = std::make_unique<RangeWorker>();
    worker->alone = *context;
    worker->alone.num_workers = 1;
    if (layouts_) worker->input = std::make_unique<AggregateInput>(&plan_, layouts_.get(), context);
    return worker;
  }

  StatusOr<Flow> Process(WorkerState* state, Chunk chunk, const Emit&) override {
    auto* worker = static_cast<RangeWorker*>(state);
    if (worker->input == nullptr) return layout_status_;
    if (chunk.num_rows > 0) RETURN_IF_ERROR(worker->input->Add(chunk));
    return Flow::kMore;
  }

  StatusOr<Flow> Boundary(WorkerState* state, const Emit& emit) override {
    auto* worker = static_cast<RangeWorker*>(state);
    if (worker->input == nullptr) return layout_status_;
    const WorkerGroups& groups = worker->input->groups();
    const bool held = groups.ordered_bytes > 0 || !plan_.distinct_sets.empty();
    if (worker->input->num_groups() < (held ? 1 : kFlushGroups)) return Flow::kMore;
    return Flush(worker, emit, false);
  }

  StatusOr<Flow> Finish(WorkerState* state, const Emit& emit) override {
    auto* worker = static_cast<RangeWorker*>(state);
    if (worker->input == nullptr) return layout_status_;
    return Flush(worker, emit, true);
  }

 private:
  StatusOr<Flow> Flush(RangeWorker* worker, const Emit& emit, bool last) {
    auto finished = std::make_shared<FlushedGroups>();
    std::vector<std::unique_ptr<WorkerGroups>> parts;
    parts.push_back(worker->input->Take(last ? nullptr : layouts_.get()));
    RETURN_IF_ERROR(
        MergeWorkers(plan_, *layouts_, std::move(parts), &worker->alone, &finished->groups));
    for (const GroupPart& part : finished->groups.parts) {
      for (size_t begin = 0; begin < part.table->size(); begin += kChunkRows) {
        const size_t count = std::min<size_t>(kChunkRows, part.table->size() - begin);
        Chunk out;
        RETURN_IF_ERROR(FinishGroups(plan_, *layouts_, part, begin, count, worker->alone.functions,
                                     &finished->arena, &out));
        for (Vector& column : out.columns) KeepAlive(finished, &column);
        ASSIGN_OR_RETURN(Flow flow, emit(std::move(out)));
        if (flow == Flow::kDone) return flow;
      }
    }
    return Flow::kMore;
  }

  const AggregatePlan plan_;
  Mutex mutex_;
  Status layout_status_;
  std::unique_ptr<AggregateLayouts> layouts_;
};

}  // namespace

std::shared_ptr<Operator> MakeRangeAggregate(std::vector<ExprPtr> keys,
                                             std::vector<AggregateExpr> aggregates) {
  return std::make_shared<RangeAggregate>(std::move(keys), std::move(aggregates));
}

}  // namespace shale
