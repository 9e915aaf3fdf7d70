#include "engine/operators/aggregate.h"

#include <algorithm>
#include <atomic>

#include "engine/base/sync.h"
#include "engine/exec/pipeline.h"
#include "engine/operators/aggregate_plan.h"

namespace shale {

// ---- plan ---------------------------------------------------------------------------------------

namespace {

size_t PlaceOf(const ExprPtr& expr, std::vector<ExprPtr>* list) {
  if (VolatilityOf(*expr) != Volatility::kVolatile) {
    for (size_t i = 0; i < list->size(); ++i) {
      if (Equal(*(*list)[i], *expr)) return i;
    }
  }
  list->push_back(expr);
  return list->size() - 1;
}

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
  for (AggregateExpr& aggregate : aggregates) {
    const AggregateKernels& kernels = aggregate.function.kernels;
    const AggregateFunction* function = aggregate.function.function;
    StateSlot slot;
    slot.function = aggregate.function;
    for (const ExprPtr& arg : aggregate.args) slot.args.push_back(PlaceOf(arg, &plan.args));
    if (aggregate.filter) slot.filter = PlaceOf(aggregate.filter, &plan.filters) + 1;
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
          input.keys.push_back(PlaceOf(key.expr, &plan.args));
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

// ---- one worker ---------------------------------------------------------------------------------

namespace {

struct AggregateWorker : WorkerState {
  AggregateWorker(const AggregatePlan& plan, const FunctionContext* context) {
    for (const ExprPtr& key : plan.keys) keys.emplace_back(key, context);
    for (const ExprPtr& arg : plan.args) args.emplace_back(arg, context);
    for (const ExprPtr& filter : plan.filters) filters.emplace_back(filter, context);
    group_ids.resize(kChunkRows);
  }
  std::vector<Evaluator> keys;
  std::vector<Evaluator> args;
  std::vector<Evaluator> filters;
  std::unique_ptr<WorkerGroups> groups;
  std::vector<uint32_t> group_ids;
};

// The rows of a chunk that a filter keeps (the first view: all rows), with what was computed over
// them.
struct ChunkView {
  const Chunk* chunk = nullptr;
  Chunk filtered;
  std::vector<uint32_t> filtered_groups;
  const uint32_t* groups = nullptr;
  size_t num_rows = 0;
  std::vector<std::optional<Vector>> args;
};

class Aggregate;

class GroupSource : public Source {
 public:
  GroupSource(std::shared_ptr<const Aggregate> owner, const AggregatePlan* plan,
              const AggregateLayouts* layouts, MergedGroups* merged);
  WorkerStatePtr MakeState(ExecutionContext* context) override;
  StatusOr<bool> Next(WorkerState* state, Chunk* out) override;
  int UsefulWorkers() const override {
    return static_cast<int>(std::min<size_t>((units_.size() + 1) / 2, 1024));
  }

 private:
  struct Unit {
    const GroupPart* part;
    size_t begin;
    size_t count;
  };
  std::shared_ptr<const Aggregate> owner_;
  const AggregatePlan* plan_;
  const AggregateLayouts* layouts_;
  std::vector<Unit> units_;
  std::atomic<size_t> next_{0};
};

class Aggregate : public SinkSource, public std::enable_shared_from_this<Aggregate> {
 public:
  Aggregate(std::vector<ExprPtr> keys, std::vector<AggregateExpr> aggregates)
      : plan_(PlanAggregate(std::move(keys), std::move(aggregates))) {}

  WorkerStatePtr MakeState(ExecutionContext* context) override {
    {
      MutexLock lock(&mutex_);
      if (context_ == nullptr) context_ = context;
      if (layouts_ == nullptr && layout_status_.ok()) {
        StatusOr<AggregateLayouts> layouts = MakeLayouts(plan_, *context);
        layout_status_ = layouts.status();
        if (layouts.ok()) layouts_ = std::make_unique<AggregateLayouts>(*std::move(layouts));
      }
    }
    auto worker = std::make_unique<AggregateWorker>(plan_, &context->functions);
    if (layouts_) {
      worker->groups = std::make_unique<WorkerGroups>(plan_, *layouts_, context->memory);
    }
    return worker;
  }

  StatusOr<Flow> Consume(WorkerState* state, Chunk input) override {
    auto* worker = static_cast<AggregateWorker*>(state);
    if (worker->groups == nullptr) return layout_status_;
    if (input.num_rows == 0) return Flow::kMore;
    RETURN_IF_ERROR(Add(worker, input));
    return Flow::kMore;
  }

  Status Combine(WorkerState* state) override {
    auto* worker = static_cast<AggregateWorker*>(state);
    if (worker->groups == nullptr) return layout_status_;
    MutexLock lock(&mutex_);
    workers_.push_back(std::move(worker->groups));
    return OkStatus();
  }

  Status Finalize(ExecutionContext* context) override {
    std::vector<std::unique_ptr<WorkerGroups>> workers;
    {
      MutexLock lock(&mutex_);
      RETURN_IF_ERROR(layout_status_);
      workers = std::move(workers_);
    }
    return MergeWorkers(plan_, *layouts_, std::move(workers), context, &merged_);
  }

  std::unique_ptr<Source> MakeSource() override {
    return std::make_unique<GroupSource>(shared_from_this(), &plan_, layouts_.get(), &merged_);
  }

 private:
  Status Add(AggregateWorker* worker, const Chunk& input) {
    WorkerGroups& groups = *worker->groups;
    bool uniform = plan_.keys.empty();
    if (plan_.keys.empty()) {
      if (groups.single->size() == 0) RETURN_IF_ERROR(AddSingle(groups.single.get()));
    } else {
      std::vector<Vector> keys;
      keys.reserve(worker->keys.size());
      for (Evaluator& key : worker->keys) {
        ASSIGN_OR_RETURN(Vector values, key.Evaluate(input));
        keys.push_back(std::move(values));
      }
      if (worker->group_ids.size() < input.num_rows) worker->group_ids.resize(input.num_rows);
      RETURN_IF_ERROR(
          groups.grouper->Group(keys, input.num_rows, worker->group_ids.data(), &uniform));
    }

    std::vector<ChunkView> views(plan_.filters.size() + 1);
    for (size_t i = 0; i < views.size(); ++i) {
      RETURN_IF_ERROR(MakeView(worker, input, i, &views[i]));
    }
    GroupTable& table = groups.table();
    const uint32_t only_group = uniform && !plan_.keys.empty() ? worker->group_ids[0] : 0;
    for (const StateSlot& slot : plan_.slots) {
      if (slot.distinct_set >= 0 || slot.ordered_rows >= 0) continue;
      ChunkView& view = views[slot.filter];
      if (view.num_rows == 0) continue;
      std::vector<Vector> args;
      args.reserve(slot.args.size());
      for (size_t arg : slot.args) {
        ASSIGN_OR_RETURN(const Vector* values, Argument(worker, arg, &view));
        const bool as_it_is = uniform || values->is_flat() || values->is_constant() ||
                              (values->is_dictionary() && slot.function.kernels.only_validity);
        args.push_back(as_it_is ? *values : values->Flatten());
        if (!as_it_is) view.args[arg] = args.back();
      }
      const AggregateCall call = CallOf(slot, context_->functions, groups.arena.get());
      std::byte* states = table.states() + slot.offset;
      if (uniform) {
        RETURN_IF_ERROR(slot.function.kernels.update_one(
            call, states + only_group * table.row_bytes(), args, view.num_rows));
      } else {
        RETURN_IF_ERROR(slot.function.kernels.update(call, states, table.row_bytes(), view.groups,
                                                     args, view.num_rows));
      }
    }
    for (size_t set = 0; set < plan_.distinct_sets.size(); ++set) {
      RETURN_IF_ERROR(AddDistinct(worker, set, &views[plan_.distinct_sets[set].filter]));
    }
    for (size_t i = 0; i < plan_.ordered.size(); ++i) {
      RETURN_IF_ERROR(AddOrdered(worker, i, &views[plan_.ordered[i].filter]));
    }
    return groups.arena_memory.Resize(static_cast<int64_t>(groups.arena->size_bytes()));
  }

  static Status AddSingle(GroupTable* table) {
    const uint64_t no_key = 0;
    uint32_t first;
    return table->AddUnindexed(&no_key, 1, &first);
  }

  Status MakeView(AggregateWorker* worker, const Chunk& input, size_t index, ChunkView* view) {
    view->args.resize(plan_.args.size());
    if (index == 0) {
      view->chunk = &input;
      view->groups = worker->group_ids.data();
      view->num_rows = input.num_rows;
      return OkStatus();
    }
    std::vector<uint32_t> rows(input.num_rows);
    ASSIGN_OR_RETURN(view->num_rows, worker->filters[index - 1].Select(input, rows.data()));
    view->filtered = input.Gather(rows.data(), view->num_rows);
    view->chunk = &view->filtered;
    if (!plan_.keys.empty()) {
      view->filtered_groups.resize(view->num_rows);
      uint32_t* out = view->filtered_groups.data();
      const uint32_t* in = worker->group_ids.data();
      for (size_t i = 0; i < view->num_rows; ++i) out[i] = in[rows.data()[i]];
    }
    view->groups = view->filtered_groups.data();
    return OkStatus();
  }

  static StatusOr<const Vector*> Argument(AggregateWorker* worker, size_t arg, ChunkView* view) {
    std::optional<Vector>& kept = view->args[arg];
    if (!kept) {
      ASSIGN_OR_RETURN(Vector values, worker->args[arg].Evaluate(*view->chunk));
      kept = std::move(values);
    }
    return &*kept;
  }

  Status AddDistinct(AggregateWorker* worker, size_t index, ChunkView* view) {
    if (view->num_rows == 0) return OkStatus();
    const DistinctSet& set = plan_.distinct_sets[index];
    std::vector<Vector> keys;
    const uint32_t* groups = view->groups;
    size_t num_rows = view->num_rows;
    std::vector<uint32_t> valid_rows;
    for (size_t arg : set.args) {
      ASSIGN_OR_RETURN(const Vector* values, Argument(worker, arg, view));
      keys.push_back(*values);
    }
    bool drop_nulls = false;
    if (set.skip_nulls) {
      for (const Vector& key : keys) drop_nulls |= key.has_nulls();
    }
    if (drop_nulls) {
      for (Vector& key : keys) {
        if (key.is_run()) key = key.Flatten();
      }
      for (uint32_t i = 0; i < num_rows; ++i) {
        bool valid = true;
        for (const Vector& key : keys) valid &= !key.IsNull(i);
        if (valid) valid_rows.push_back(i);
      }
      num_rows = valid_rows.size();
      if (num_rows == 0) return OkStatus();
      for (Vector& key : keys) {
        key = key.Gather(valid_rows.data(), num_rows);
        key.ClearValidity();
      }
    }
    if (!plan_.keys.empty()) {
      BufferPtr buffer = Buffer::Allocate(num_rows * sizeof(uint32_t));
      auto* out = reinterpret_cast<uint32_t*>(buffer->data());
      if (drop_nulls) {
        for (size_t i = 0; i < num_rows; ++i) out[i] = groups[valid_rows[i]];
      } else {
        std::memcpy(out, groups, num_rows * sizeof(uint32_t));
      }
      keys.insert(keys.begin(), Vector::FromBuffer(TypeId::kUInteger, std::move(buffer), num_rows));
    }
    std::vector<uint32_t> places(num_rows);
    bool uniform;
    return worker->groups->distinct[index]->Group(keys, num_rows, places.data(), &uniform);
  }

  Status AddOrdered(AggregateWorker* worker, size_t index, ChunkView* view) {
    if (view->num_rows == 0) return OkStatus();
    const OrderedInput& input = plan_.ordered[index];
    WorkerGroups& groups = *worker->groups;
    OrderedChunk chunk;
    if (plan_.keys.empty())
      chunk.groups.assign(view->num_rows, 0);
    else
      chunk.groups.assign(view->groups, view->groups + view->num_rows);
    for (size_t arg : input.args) {
      ASSIGN_OR_RETURN(const Vector* values, Argument(worker, arg, view));
      chunk.args.push_back(*values);
      groups.ordered_bytes += static_cast<int64_t>(values->MemoryUsage());
    }
    for (size_t key : input.keys) {
      ASSIGN_OR_RETURN(const Vector* values, Argument(worker, key, view));
      chunk.keys.push_back(*values);
      groups.ordered_bytes += static_cast<int64_t>(values->MemoryUsage());
    }
    groups.ordered[index].push_back(std::move(chunk));
    return groups.ordered_memory.Resize(groups.ordered_bytes);
  }

  const AggregatePlan plan_;
  ExecutionContext* context_ = nullptr;
  Mutex mutex_;
  Status layout_status_;
  std::unique_ptr<AggregateLayouts> layouts_;
  std::vector<std::unique_ptr<WorkerGroups>> workers_ SHALE_GUARDED_BY(mutex_);
  MergedGroups merged_;
};

// ---- the result ---------------------------------------------------------------------------------

struct GroupSourceState : WorkerState {
  const FunctionContext* functions = nullptr;
  Arena arena;
};

GroupSource::GroupSource(std::shared_ptr<const Aggregate> owner, const AggregatePlan* plan,
                         const AggregateLayouts* layouts, MergedGroups* merged)
    : owner_(std::move(owner)), plan_(plan), layouts_(layouts) {
  for (const GroupPart& part : merged->parts) {
    for (size_t begin = 0; begin < part.table->size(); begin += kChunkRows) {
      units_.push_back({&part, begin, std::min<size_t>(kChunkRows, part.table->size() - begin)});
    }
  }
}

WorkerStatePtr GroupSource::MakeState(ExecutionContext* context) {
  auto state = std::make_unique<GroupSourceState>();
  state->functions = &context->functions;
  return state;
}

StatusOr<bool> GroupSource::Next(WorkerState* worker, Chunk* out) {
  auto* state = static_cast<GroupSourceState*>(worker);
  const size_t at = next_.fetch_add(1, std::memory_order_relaxed);
  if (at >= units_.size()) return false;
  const Unit& unit = units_[at];
  const GroupTable& table = *unit.part->table;
  out->num_rows = unit.count;
  out->columns.clear();
  const uint64_t* words = table.keys() + unit.begin * table.row_words();
  for (size_t key = 0; key < plan_->keys.size(); ++key) {
    out->columns.push_back(UnpackKeys(layouts_->keys, key, unit.part->with_nulls, words,
                                      table.row_words(), unit.count));
  }
  for (const AggregateOutput& output : plan_->outputs) {
    const StateSlot& slot = plan_->slots[output.slot];
    Vector values = Vector::Flat(output.function.result_type, unit.count);
    const AggregateCall call = {*state->functions, &state->arena, output.function.arg_types,
                                output.function.result_type};
    RETURN_IF_ERROR(output.function.kernels.finalize(
        call, table.states() + unit.begin * table.row_bytes() + slot.offset, table.row_bytes(),
        unit.count, &values));
    out->columns.push_back(std::move(values));
  }
  return true;
}

}  // namespace

std::shared_ptr<SinkSource> MakeAggregate(std::vector<ExprPtr> keys,
                                          std::vector<AggregateExpr> aggregates) {
  return std::make_shared<Aggregate>(std::move(keys), std::move(aggregates));
}

}  // namespace shale
