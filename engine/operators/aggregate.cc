#include "engine/operators/aggregate.h"

#include <algorithm>
#include <atomic>

#include "engine/base/sync.h"
#include "engine/exec/pipeline.h"
#include "engine/operators/aggregate_input.h"
#include "engine/operators/aggregate_plan.h"
#include "engine/operators/aggregate_spill.h"

namespace shale {

// ---- plan ---------------------------------------------------------------------------------------

namespace {

// Expressions, each once.
struct Places {
  std::vector<ExprPtr>* list;
  std::vector<uint64_t> hashes = {};

  size_t Of(const ExprPtr& expr) {
    const uint64_t hash = HashOf(*expr);
    if (VolatilityOf(*expr) != Volatility::kVolatile) {
      for (size_t i = 0; i < hashes.size(); ++i) {
        if (hashes[i] == hash && Equal(*(*list)[i], *expr)) return i;
      }
    }
    hashes.push_back(hash);
    list->push_back(expr);
    return list->size() - 1;
  }
};

}  // namespace

std::vector<std::pair<size_t, void (*)(std::byte*)>> AggregatePlan::Inits() const {
  std::vector<std::pair<size_t, void (*)(std::byte*)>> inits;
  for (const StateSlot& slot : slots) {
    if (slot.function.kernels.init) inits.emplace_back(slot.offset, slot.function.kernels.init);
  }
  return inits;
}

AggregatePlan PlanAggregate(std::vector<ExprPtr> keys, std::vector<AggregateExpr> aggregates) {
  AggregatePlan plan;
  plan.keys = std::move(keys);
  Places args{&plan.args}, filters{&plan.filters};
  for (AggregateExpr& aggregate : aggregates) {
    const AggregateKernels& kernels = aggregate.function.kernels;
    const AggregateFunction* function = aggregate.function.function;
    StateSlot slot;
    slot.function = aggregate.function;
    for (const ExprPtr& arg : aggregate.args) slot.args.push_back(args.Of(arg));
    if (aggregate.filter) slot.filter = filters.Of(aggregate.filter) + 1;
    const bool distinct = aggregate.distinct && !slot.args.empty() &&
                          !(function != nullptr && function->ignores_distinct);
    const bool ordered =
        !aggregate.order_by.empty() && (function == nullptr || function->order_sensitive);
    if (distinct && !ordered) {
      DistinctSet set{slot.args, slot.filter, kernels.only_validity};
      for (size_t i = 0; i < plan.distinct_sets.size() && slot.distinct_set < 0; ++i) {
        const DistinctSet& other = plan.distinct_sets[i];
        if (other.args == set.args && other.filter == set.filter &&
            other.skip_nulls == set.skip_nulls) {
          slot.distinct_set = static_cast<int>(i);
        }
      }
      if (slot.distinct_set < 0) {
        slot.distinct_set = static_cast<int>(plan.distinct_sets.size());
        plan.distinct_sets.push_back(std::move(set));
      }
    }
    size_t place = plan.slots.size();
    if (!ordered) {
      for (size_t i = 0; i < plan.slots.size(); ++i) {
        const StateSlot& other = plan.slots[i];
        if (other.ordered_rows < 0 && other.function.kernels.update == kernels.update &&
            other.function.kernels.merge == kernels.merge && other.args == slot.args &&
            other.filter == slot.filter && other.distinct_set == slot.distinct_set) {
          place = i;
          break;
        }
      }
    }
    if (place == plan.slots.size()) {
      if (ordered) {
        OrderedInput input;
        input.slot = place;
        input.args = slot.args;
        input.filter = slot.filter;
        input.distinct = distinct;
        for (const SortKey& key : aggregate.order_by) {
          input.keys.push_back(args.Of(key.expr));
          input.orders.push_back({key.descending, key.nulls_first});
        }
        slot.ordered_rows = static_cast<int>(plan.ordered.size());
        plan.ordered.push_back(std::move(input));
      }
      slot.offset = plan.state_bytes;
      plan.state_bytes += kernels.state_size;
      plan.slots.push_back(std::move(slot));
    }
    plan.outputs.push_back({std::move(aggregate.function), place});
  }
  return plan;
}

StatusOr<AggregateLayouts> MakeLayouts(const AggregatePlan& plan, const ExecutionContext& context) {
  AggregateLayouts layouts;
  std::vector<Type> types;
  for (const ExprPtr& key : plan.keys) types.push_back(key->type);
  if (!types.empty()) {
    ASSIGN_OR_RETURN(layouts.keys, MakeKeyLayout(types, context.num_workers, context.memory));
  }
  for (const DistinctSet& set : plan.distinct_sets) {
    types.clear();
    if (!plan.keys.empty()) types.push_back(TypeId::kUInteger);
    for (size_t arg : set.args) types.push_back(plan.args[arg]->type);
    ASSIGN_OR_RETURN(KeyLayout layout, MakeKeyLayout(types, context.num_workers, context.memory));
    layouts.distinct.push_back(std::move(layout));
  }
  return layouts;
}

WorkerGroups::WorkerGroups(const AggregatePlan& plan, const AggregateLayouts& layouts,
                           MemoryBudget* memory)
    : ordered(plan.ordered.size()), arena_memory(memory), ordered_memory(memory) {
  if (plan.keys.empty()) {
    single = std::make_unique<GroupTable>(0, plan.state_bytes, memory);
  } else {
    grouper = std::make_unique<Grouper>(&layouts.keys, plan.state_bytes, memory);
  }
  table().set_init(plan.Inits());
  for (const KeyLayout& layout : layouts.distinct) {
    distinct.push_back(std::make_unique<Grouper>(&layout, 0, memory));
  }
}

// ---- the sink ---------------------------------------------------------------------------------

namespace {

// One worker's side. Rows are added under its own lock, so that whoever makes room can hold all
// workers still.
struct AggregateWorker {
  Mutex mutex;
  std::unique_ptr<AggregateInput> input;
};
struct AggregateState : WorkerState {
  std::shared_ptr<AggregateWorker> worker;  // null: see layout_status_
};

class Aggregate : public SinkSource, public std::enable_shared_from_this<Aggregate> {
 public:
  Aggregate(std::vector<ExprPtr> keys, std::vector<AggregateExpr> aggregates)
      : plan_(PlanAggregate(std::move(keys), std::move(aggregates))) {}

  WorkerStatePtr MakeState(ExecutionContext* context) override {
    MutexLock room(&room_mutex_);
    MutexLock lock(&mutex_);
    if (layouts_ == nullptr && layout_status_.ok()) {
      StatusOr<AggregateLayouts> layouts = MakeLayouts(plan_, *context);
      layout_status_ = layouts.status();
      if (layouts.ok()) layouts_ = std::make_unique<AggregateLayouts>(*std::move(layouts));
      spill_ = AggregateSpill::Make(&plan_, context, 0);
      context_ = context;
    }
    auto state = std::make_unique<AggregateState>();
    if (layouts_) {
      state->worker = std::make_shared<AggregateWorker>();
      state->worker->input = std::make_unique<AggregateInput>(&plan_, layouts_.get(), context);
      active_.push_back(state->worker);
    }
    return state;
  }

  StatusOr<Flow> Consume(WorkerState* state, Chunk input) override {
    AggregateWorker* worker = static_cast<AggregateState*>(state)->worker.get();
    if (worker == nullptr) return layout_status_;
    if (input.num_rows == 0) return Flow::kMore;
    RETURN_IF_ERROR(worker->input->Evaluate(input));
    for (int attempt = 0;; ++attempt) {
      const int64_t times = times_spilled_.load(std::memory_order_acquire);
      Status status, over;
      {
        MutexLock lock(&worker->mutex);
        status = worker->input->Place();
        if (status.ok()) {
          RETURN_IF_ERROR(worker->input->Update());
          over = worker->input->over_budget();
        }
      }
      if (status.ok()) {
        if (!over.ok() && !spill_) return over;
        if (!over.ok() || WantsRoom()) RETURN_IF_ERROR(MakeRoom(times));
        return Flow::kMore;
      }
      if (status.code() != StatusCode::kResourceExhausted || !spill_ || attempt == 1) {
        return status;
      }
      RETURN_IF_ERROR(MakeRoom(times));
    }
  }

  Status Combine(WorkerState* state) override {
    AggregateWorker* worker = static_cast<AggregateState*>(state)->worker.get();
    if (worker == nullptr) return layout_status_;
    MutexLock own(&worker->mutex);
    MutexLock lock(&mutex_);
    workers_.push_back(worker->input->Take(nullptr));
    return OkStatus();
  }

  Status Finalize(ExecutionContext* context) override {
    std::vector<std::unique_ptr<WorkerGroups>> workers;
    {
      MutexLock lock(&mutex_);
      RETURN_IF_ERROR(layout_status_);
      workers = std::move(workers_);
      active_.clear();
    }
    const bool room = times_spilled_.load() == 0 && CanMerge(workers, *context);
    if (!room && spill_) {
      times_spilled_.fetch_add(1);
      for (auto& groups : workers) {
        RETURN_IF_ERROR(spill_->Write(groups.get(), *layouts_));
        groups.reset();
      }
      layouts_.reset();
      return spill_->Finish();
    }
    return MergeWorkers(plan_, *layouts_, std::move(workers), context, &merged_);
  }

  std::unique_ptr<Source> MakeSource() override;

 private:
  // Whether memory is short, and it pays to write what there is.
  bool WantsRoom() const {
    if (!spill_ || context_->memory == nullptr || !context_->memory->under_pressure()) return false;
    constexpr int64_t kLeastShare = 32;
    return context_->memory->used_bytes() - used_before_.load(std::memory_order_relaxed) >
           context_->memory->limit_bytes() / kLeastShare;
  }

  // Merging makes tables anew beside those of the workers: whether there is memory for that.
  bool CanMerge(const std::vector<std::unique_ptr<WorkerGroups>>& workers,
                const ExecutionContext& context) const {
    if (context.memory == nullptr || !spill_) return true;
    int64_t bytes = 0, with_groups = 0;
    for (const auto& groups : workers) {
      with_groups += groups->table().size() > 0;
      // Rows may have twice the room that they need, slots likewise.
      bytes +=
          static_cast<int64_t>(groups->table().size() * (groups->table().row_bytes() + 16) * 2);
      for (const auto& set : groups->distinct) {
        bytes += static_cast<int64_t>(set->table().size() * (set->table().row_bytes() + 16) * 2);
      }
      bytes += groups->ordered_bytes * 2;
    }
    const bool only_one = with_groups <= 1 && plan_.distinct_sets.empty() && plan_.ordered.empty();
    if (only_one) return true;
    Reservation probe(context.memory);
    return probe.Resize(bytes).ok();
  }

  // Writes all workers' groups to disk and lets them begin anew, unless somebody has done so since
  // `times`. String ids are common to all workers: none may add any while they are read.
  Status MakeRoom(int64_t times) SHALE_NO_TSA {
    MutexLock room(&room_mutex_);
    if (times_spilled_.load() != times) return OkStatus();
    std::vector<std::shared_ptr<AggregateWorker>> active;
    {
      MutexLock lock(&mutex_);
      active = active_;
    }
    for (const auto& worker : active) worker->mutex.Lock();
    Status status = [&]() SHALE_NO_TSA -> Status {
      MutexLock lock(&mutex_);
      std::vector<std::unique_ptr<WorkerGroups>> all = std::move(workers_);
      workers_.clear();
      ASSIGN_OR_RETURN(AggregateLayouts fresh, MakeLayouts(plan_, *context_));
      auto layouts = std::make_unique<AggregateLayouts>(std::move(fresh));
      for (const auto& worker : active) {
        // Null: the worker is through, what it had is among workers_.
        auto taken = worker->input->TakeIfAny(layouts.get());
        if (taken) all.push_back(std::move(taken));
      }
      for (auto& groups : all) {
        RETURN_IF_ERROR(spill_->Write(groups.get(), *layouts_));
        groups.reset();
      }
      layouts_ = std::move(layouts);
      return OkStatus();
    }();
    for (const auto& worker : active) worker->mutex.Unlock();
    used_before_.store(context_->memory ? context_->memory->used_bytes() : 0);
    times_spilled_.fetch_add(1, std::memory_order_release);
    return status;
  }

  const AggregatePlan plan_;
  Mutex room_mutex_;  // before the workers' own, which come before mutex_
  Mutex mutex_;
  // Set by the first worker, before it takes rows; MakeRoom replaces the layouts with all held.
  Status layout_status_;
  std::unique_ptr<AggregateLayouts> layouts_;
  std::shared_ptr<AggregateSpill> spill_;  // null: groups stay in memory
  ExecutionContext* context_ = nullptr;
  std::atomic<int64_t> times_spilled_{0};
  std::atomic<int64_t> used_before_{0};  // bytes in use once groups were last written
  std::vector<std::shared_ptr<AggregateWorker>> active_ SHALE_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<WorkerGroups>> workers_ SHALE_GUARDED_BY(mutex_);
  MergedGroups merged_;
};

// ---- the result ---------------------------------------------------------------------------------

struct GroupSourceState : WorkerState {
  const FunctionContext* functions = nullptr;
  Arena arena;
};

class GroupSource : public Source {
 public:
  GroupSource(std::shared_ptr<const void> owner, const AggregatePlan* plan,
              const AggregateLayouts* layouts, const MergedGroups& merged)
      : owner_(std::move(owner)), plan_(plan), layouts_(layouts) {
    for (const GroupPart& part : merged.parts) {
      for (size_t begin = 0; begin < part.table->size(); begin += kChunkRows) {
        units_.push_back({&part, begin, std::min<size_t>(kChunkRows, part.table->size() - begin)});
      }
    }
  }
  WorkerStatePtr MakeState(ExecutionContext* context) override {
    auto state = std::make_unique<GroupSourceState>();
    state->functions = &context->functions;
    return state;
  }
  StatusOr<bool> Next(WorkerState* worker, Chunk* out) override {
    auto* state = static_cast<GroupSourceState*>(worker);
    const size_t at = next_.fetch_add(1, std::memory_order_relaxed);
    if (at >= units_.size()) return false;
    const Unit& unit = units_[at];
    RETURN_IF_ERROR(FinishGroups(*plan_, *layouts_, *unit.part, unit.begin, unit.count,
                                 *state->functions, &state->arena, out));
    return true;
  }
  int UsefulWorkers() const override {
    return static_cast<int>(std::min<size_t>((units_.size() + 1) / 2, 1024));
  }

 private:
  struct Unit {
    const GroupPart* part;
    size_t begin;
    size_t count;
  };
  std::shared_ptr<const void> owner_;
  const AggregatePlan* plan_;
  const AggregateLayouts* layouts_;
  std::vector<Unit> units_;
  std::atomic<size_t> next_{0};
};

std::unique_ptr<Source> Aggregate::MakeSource() {
  if (times_spilled_.load() > 0) return spill_->MakeSource();
  return std::make_unique<GroupSource>(shared_from_this(), &plan_, layouts_.get(), merged_);
}

}  // namespace

std::unique_ptr<Source> MakeGroupSource(const AggregatePlan* plan,
                                        std::shared_ptr<FinishedGroups> groups) {
  const AggregateLayouts* layouts = groups->layouts.get();
  const MergedGroups& merged = groups->groups;
  return std::make_unique<GroupSource>(std::move(groups), plan, layouts, merged);
}

Status FinishGroups(const AggregatePlan& plan, const AggregateLayouts& layouts,
                    const GroupPart& part, size_t begin, size_t count,
                    const FunctionContext& functions, Arena* arena, Chunk* out) {
  const GroupTable& table = *part.table;
  out->num_rows = count;
  out->columns.clear();
  const uint64_t* words = table.keys() + begin * table.row_words();
  for (size_t key = 0; key < plan.keys.size(); ++key) {
    out->columns.push_back(
        UnpackKeys(layouts.keys, key, part.with_nulls, words, table.row_words(), count));
  }
  for (const AggregateOutput& output : plan.outputs) {
    const StateSlot& slot = plan.slots[output.slot];
    Vector values = Vector::Flat(output.function.result_type, count);
    const AggregateCall call = {functions, arena, output.function.arg_types,
                                output.function.result_type};
    RETURN_IF_ERROR(output.function.kernels.finalize(
        call, table.states() + begin * table.row_bytes() + slot.offset, table.row_bytes(), count,
        &values));
    out->columns.push_back(std::move(values));
  }
  return OkStatus();
}

std::shared_ptr<SinkSource> MakeAggregate(std::vector<ExprPtr> keys,
                                          std::vector<AggregateExpr> aggregates) {
  return std::make_shared<Aggregate>(std::move(keys), std::move(aggregates));
}

}  // namespace shale
