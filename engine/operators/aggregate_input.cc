#include "engine/operators/aggregate_input.h"

#include <cstring>

namespace shale {

AggregateInput::AggregateInput(const AggregatePlan* plan, const AggregateLayouts* layouts,
                               ExecutionContext* context)
    : plan_(*plan), context_(context) {
  for (const ExprPtr& key : plan->keys) keys_.emplace_back(key, &context->functions);
  for (const ExprPtr& arg : plan->args) args_.emplace_back(arg, &context->functions);
  for (const ExprPtr& filter : plan->filters) filters_.emplace_back(filter, &context->functions);
  group_ids_.resize(kChunkRows);
  groups_ = std::make_unique<WorkerGroups>(*plan, *layouts, context->memory);
}

std::unique_ptr<WorkerGroups> AggregateInput::Take(const AggregateLayouts* layouts) {
  auto taken = std::move(groups_);
  over_budget_ = OkStatus();
  if (layouts) groups_ = std::make_unique<WorkerGroups>(plan_, *layouts, context_->memory);
  return taken;
}

Status AggregateInput::Add(const Chunk& input) {
  RETURN_IF_ERROR(Evaluate(input));
  RETURN_IF_ERROR(Place());
  RETURN_IF_ERROR(Update());
  return over_budget_;
}

Status AggregateInput::Evaluate(const Chunk& input) {
  chunk_ = &input;
  key_values_.clear();
  for (Evaluator& key : keys_) {
    ASSIGN_OR_RETURN(Vector values, key.Evaluate(input));
    key_values_.push_back(std::move(values));
  }
  if (group_ids_.size() < input.num_rows) group_ids_.resize(input.num_rows);
  views_.clear();
  views_.resize(plan_.filters.size() + 1);
  for (size_t i = 0; i < views_.size(); ++i) RETURN_IF_ERROR(MakeView(i, &views_[i]));
  return OkStatus();
}

Status AggregateInput::Place() {
  WorkerGroups& groups = *groups_;
  uniform_ = plan_.keys.empty();
  if (plan_.keys.empty()) {
    if (groups.single->size() == 0) RETURN_IF_ERROR(AddSingle(groups.single.get()));
  } else {
    RETURN_IF_ERROR(
        groups.grouper->Group(key_values_, chunk_->num_rows, group_ids_.data(), &uniform_));
  }
  for (size_t i = 1; i < views_.size() && !plan_.keys.empty(); ++i) {
    ChunkView& view = views_[i];
    view.filtered_groups.resize(view.num_rows);
    uint32_t* out = view.filtered_groups.data();
    const uint32_t* in = group_ids_.data();
    for (size_t row = 0; row < view.num_rows; ++row) out[row] = in[view.rows.data()[row]];
    view.groups = out;
  }
  for (size_t set = 0; set < plan_.distinct_sets.size(); ++set) {
    RETURN_IF_ERROR(AddDistinct(set, &views_[plan_.distinct_sets[set].filter]));
  }
  return OkStatus();
}

Status AggregateInput::Update() {
  WorkerGroups& groups = *groups_;
  GroupTable& table = groups.table();
  const uint32_t only_group = uniform_ && !plan_.keys.empty() ? group_ids_[0] : 0;
  for (const StateSlot& slot : plan_.slots) {
    if (slot.distinct_set >= 0 || slot.ordered_rows >= 0) continue;
    ChunkView& view = views_[slot.filter];
    if (view.num_rows == 0) continue;
    std::vector<Vector> args;
    args.reserve(slot.args.size());
    for (size_t arg : slot.args) {
      ASSIGN_OR_RETURN(const Vector* values, Argument(arg, &view));
      const bool as_it_is = uniform_ || values->is_flat() || values->is_constant() ||
                            (values->is_dictionary() && slot.function.kernels.only_validity);
      args.push_back(as_it_is ? *values : values->Flatten());
      if (!as_it_is) view.args[arg] = args.back();
    }
    const AggregateCall call = CallOf(slot, context_->functions, groups.arena.get());
    std::byte* states = table.states() + slot.offset;
    if (uniform_) {
      RETURN_IF_ERROR(slot.function.kernels.update_one(
          call, states + only_group * table.row_bytes(), args, view.num_rows));
    } else {
      RETURN_IF_ERROR(slot.function.kernels.update(call, states, table.row_bytes(), view.groups,
                                                   args, view.num_rows));
    }
  }
  for (size_t i = 0; i < plan_.ordered.size(); ++i) {
    RETURN_IF_ERROR(AddOrdered(i, &views_[plan_.ordered[i].filter]));
  }
  Status status = groups.arena_memory.Resize(static_cast<int64_t>(groups.arena->size_bytes()));
  if (status.ok()) status = groups.ordered_memory.Resize(groups.ordered_bytes);
  over_budget_ = std::move(status);
  // Let go before the next chunk is read, which then lies where this one did: in the cache.
  key_values_.clear();
  views_.clear();
  return OkStatus();
}

Status AggregateInput::AddSingle(GroupTable* table) {
  const uint64_t no_key = 0;
  uint32_t first;
  return table->AddUnindexed(&no_key, 1, &first);
}

Status AggregateInput::MakeView(size_t index, ChunkView* view) {
  view->args.resize(plan_.args.size());
  if (index == 0) {
    view->chunk = chunk_;
    view->groups = group_ids_.data();
    view->num_rows = chunk_->num_rows;
    return OkStatus();
  }
  view->rows.resize(chunk_->num_rows);
  ASSIGN_OR_RETURN(view->num_rows, filters_[index - 1].Select(*chunk_, view->rows.data()));
  view->filtered = chunk_->Gather(view->rows.data(), view->num_rows);
  view->chunk = &view->filtered;
  return OkStatus();
}

StatusOr<const Vector*> AggregateInput::Argument(size_t arg, ChunkView* view) {
  std::optional<Vector>& kept = view->args[arg];
  if (!kept) {
    ASSIGN_OR_RETURN(Vector values, args_[arg].Evaluate(*view->chunk));
    kept = std::move(values);
  }
  return &*kept;
}

Status AggregateInput::AddDistinct(size_t index, ChunkView* view) {
  if (view->num_rows == 0) return OkStatus();
  const DistinctSet& set = plan_.distinct_sets[index];
  std::vector<Vector> keys;
  const uint32_t* groups = view->groups;
  size_t num_rows = view->num_rows;
  std::vector<uint32_t> valid_rows;
  for (size_t arg : set.args) {
    ASSIGN_OR_RETURN(const Vector* values, Argument(arg, view));
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
  return groups_->distinct[index]->Group(keys, num_rows, places.data(), &uniform);
}

Status AggregateInput::AddOrdered(size_t index, ChunkView* view) {
  if (view->num_rows == 0) return OkStatus();
  const OrderedInput& input = plan_.ordered[index];
  WorkerGroups& groups = *groups_;
  OrderedChunk chunk;
  if (plan_.keys.empty())
    chunk.groups.assign(view->num_rows, 0);
  else
    chunk.groups.assign(view->groups, view->groups + view->num_rows);
  for (size_t arg : input.args) {
    ASSIGN_OR_RETURN(const Vector* values, Argument(arg, view));
    chunk.args.push_back(*values);
    groups.ordered_bytes += groups.ordered_held.Add(*values);
  }
  for (size_t key : input.keys) {
    ASSIGN_OR_RETURN(const Vector* values, Argument(key, view));
    chunk.keys.push_back(*values);
    groups.ordered_bytes += groups.ordered_held.Add(*values);
  }
  groups.ordered_bytes += static_cast<int64_t>(view->num_rows * sizeof(uint32_t));
  groups.ordered[index].push_back(std::move(chunk));
  return OkStatus();
}

}  // namespace shale
