#include "engine/operators/aggregate_spill.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "engine/vector/vector_builder.h"

namespace shale {
namespace {

constexpr size_t kBatch = 1024;
// Ordered rows are put together once more when they are fed: a part of the memory is for that.
constexpr int64_t kOrderedShare = 8;

std::vector<Type> TypesOf(const AggregatePlan& plan, const std::vector<size_t>& args) {
  std::vector<Type> types;
  for (size_t arg : args) types.push_back(plan.args[arg]->type);
  return types;
}

void Append(const std::vector<Type>& more, std::vector<Type>* types) {
  types->insert(types->end(), more.begin(), more.end());
}

Status CannotCut() {
  return ResourceExhausted(
      "out of memory: the groups of one partition of a GROUP BY do not fit, and dealing them out "
      "again does not help (a single group is too large); raise memory_limit");
}

// Groups that are being put together from what was on disk.
struct Gathering {
  Gathering(const AggregatePlan& plan, const AggregateLayouts& layouts, MemoryBudget* memory)
      : groups(std::make_unique<WorkerGroups>(plan, layouts, memory)) {}
  std::unique_ptr<WorkerGroups> groups;
  std::vector<uint32_t> ids;
};

Status FindGroups(const std::vector<Vector>& keys, size_t num_rows, Gathering* into) {
  into->ids.assign(std::max(into->ids.size(), num_rows), 0);
  WorkerGroups& groups = *into->groups;
  if (groups.grouper) {
    bool uniform;
    return groups.grouper->Group(keys, num_rows, into->ids.data(), &uniform);
  }
  if (groups.single->size() > 0) return OkStatus();
  const uint64_t no_key = 0;
  uint32_t row;
  return groups.single->AddUnindexed(&no_key, 1, &row);
}

// Chunk: keys, then states. The groups must have been found.
Status MergeStates(const AggregatePlan& plan, const Chunk& chunk, ExecutionContext* context,
                   Gathering* into) {
  WorkerGroups& groups = *into->groups;
  GroupTable& table = groups.table();
  const size_t stride = table.row_bytes();
  // Read states stand apart as those in the table do.
  std::vector<uint64_t> read(chunk.num_rows * stride / 8);
  auto* base = reinterpret_cast<std::byte*>(read.data());
  std::vector<uint32_t> from(chunk.num_rows), into_rows(chunk.num_rows);
  for (size_t s = 0; s < plan.slots.size(); ++s) {
    const StateSlot& slot = plan.slots[s];
    const AggregateCall call = CallOf(slot, context->functions, groups.arena.get());
    const Vector states = chunk.columns[plan.keys.size() + s].Flatten();
    const auto* bytes = states.values<std::string_view>();
    size_t count = 0;
    for (size_t i = 0; i < chunk.num_rows; ++i) {
      if (states.validity() != nullptr && !BitIsSet(states.validity(), i)) continue;
      std::byte* state = base + i * stride + slot.offset;
      if (slot.function.kernels.init) slot.function.kernels.init(state);
      RETURN_IF_ERROR(slot.function.kernels.deserialize(call, bytes[i], state));
      from[count] = static_cast<uint32_t>(i);
      into_rows[count++] = into->ids[i];
    }
    if (count == 0) continue;
    RETURN_IF_ERROR(slot.function.kernels.merge(call, table.states() + slot.offset,
                                                into_rows.data(), base + slot.offset, from.data(),
                                                stride, count));
  }
  return OkStatus();
}

}  // namespace

std::shared_ptr<AggregateSpill> AggregateSpill::Make(const AggregatePlan* plan,
                                                     ExecutionContext* context, int level) {
  if (context->spill == nullptr || level >= kMaxSpillLevel) return nullptr;
  if (plan->keys.empty() && plan->distinct_sets.empty()) return nullptr;
  std::shared_ptr<AggregateSpill> spill(new AggregateSpill(plan, context, level));
  std::vector<Type> types = spill->KeyTypes();
  for (const DistinctSet& set : plan->distinct_sets) Append(TypesOf(*plan, set.args), &types);
  for (const OrderedInput& input : plan->ordered) {
    Append(TypesOf(*plan, input.args), &types);
    Append(TypesOf(*plan, input.keys), &types);
  }
  return CanSpill(types) ? spill : nullptr;
}

std::vector<Type> AggregateSpill::KeyTypes() const {
  std::vector<Type> types;
  for (const ExprPtr& key : plan_.keys) types.push_back(key->type);
  return types;
}

Status AggregateSpill::Create() {
  if (states_) return OkStatus();
  std::vector<Type> types = KeyTypes();
  types.resize(types.size() + plan_.slots.size(), TypeId::kBytea);
  for (const DistinctSet& set : plan_.distinct_sets) {
    std::vector<Type> values = KeyTypes();
    Append(TypesOf(plan_, set.args), &values);
    ASSIGN_OR_RETURN(auto parts, SpillParts::Create(*context_, std::move(values), level_));
    distinct_.push_back(std::move(parts));
  }
  for (const OrderedInput& input : plan_.ordered) {
    std::vector<Type> values = KeyTypes();
    Append(TypesOf(plan_, input.args), &values);
    Append(TypesOf(plan_, input.keys), &values);
    ASSIGN_OR_RETURN(auto parts, SpillParts::Create(*context_, std::move(values), level_));
    ordered_.push_back(std::move(parts));
  }
  ASSIGN_OR_RETURN(states_, SpillParts::Create(*context_, std::move(types), level_));
  return OkStatus();
}

std::vector<Vector> AggregateSpill::KeysOf(WorkerGroups* groups, const AggregateLayouts& layouts,
                                           const uint32_t* rows, size_t count) const {
  std::vector<Vector> keys;
  if (plan_.keys.empty()) return keys;
  const GroupTable& table = groups->table();
  const size_t words = table.key_words();
  std::vector<uint64_t> packed(count * words);
  for (size_t i = 0; i < count; ++i) {
    std::copy_n(table.keys() + rows[i] * table.row_words(), words, packed.data() + i * words);
  }
  for (size_t key = 0; key < plan_.keys.size(); ++key) {
    keys.push_back(
        UnpackKeys(layouts.keys, key, groups->grouper->with_nulls(), packed.data(), words, count));
  }
  return keys;
}

Status AggregateSpill::Write(WorkerGroups* groups, const AggregateLayouts& layouts) {
  RETURN_IF_ERROR(Create());
  for (size_t set = 0; set < distinct_.size(); ++set) {
    RETURN_IF_ERROR(WriteDistinct(set, groups, layouts));
    groups->distinct[set].reset();
  }
  for (size_t i = 0; i < ordered_.size(); ++i) {
    RETURN_IF_ERROR(WriteOrdered(i, groups, layouts));
    groups->ordered[i].clear();
  }
  return WriteStates(groups, layouts, -1);
}

// only_set: -1 all slots that rows feed, else those of this distinct set.
Status AggregateSpill::WriteStates(WorkerGroups* groups, const AggregateLayouts& layouts,
                                   int only_set) {
  const GroupTable& table = groups->table();
  std::vector<uint32_t> rows(kBatch);
  std::vector<uint64_t> hashes(kBatch);
  std::string bytes;
  for (size_t begin = 0; begin < table.size(); begin += kBatch) {
    if (context_->cancellation) RETURN_IF_ERROR(context_->cancellation->Check());
    const size_t count = std::min(kBatch, table.size() - begin);
    std::iota(rows.begin(), rows.begin() + static_cast<ptrdiff_t>(count),
              static_cast<uint32_t>(begin));
    Chunk chunk;
    chunk.num_rows = count;
    chunk.columns = KeysOf(groups, layouts, rows.data(), count);
    HashRows(chunk.columns, count, hashes.data());
    for (const StateSlot& slot : plan_.slots) {
      if (slot.ordered_rows >= 0 || slot.distinct_set != only_set) {
        chunk.columns.push_back(Vector::ConstantNull(TypeId::kBytea, count));
        continue;
      }
      const AggregateCall call = CallOf(slot, context_->functions, groups->arena.get());
      VectorBuilder states(TypeId::kBytea, count);
      for (size_t i = 0; i < count; ++i) {
        bytes.clear();
        slot.function.kernels.serialize(
            call, table.states() + (begin + i) * table.row_bytes() + slot.offset, &bytes);
        states.Append<std::string_view>(bytes);
      }
      chunk.columns.push_back(states.Finish());
    }
    RETURN_IF_ERROR(states_->Add(chunk, hashes.data()));
  }
  return OkStatus();
}

Status AggregateSpill::WriteDistinct(size_t set, WorkerGroups* groups,
                                     const AggregateLayouts& layouts) {
  const Grouper& grouper = *groups->distinct[set];
  const GroupTable& table = grouper.table();
  const KeyLayout& layout = layouts.distinct[set];
  const size_t skip = plan_.keys.empty() ? 0 : 1;  // the group's number stands first
  std::vector<uint64_t> hashes(kBatch);
  for (size_t begin = 0; begin < table.size(); begin += kBatch) {
    if (context_->cancellation) RETURN_IF_ERROR(context_->cancellation->Check());
    const size_t count = std::min(kBatch, table.size() - begin);
    const uint64_t* words = table.keys() + begin * table.row_words();
    const auto column = [&](size_t i) {
      return UnpackKeys(layout, i, grouper.with_nulls(), words, table.row_words(), count);
    };
    Chunk chunk;
    chunk.num_rows = count;
    if (skip) {
      const Vector numbers = column(0);
      chunk.columns = KeysOf(groups, layouts, numbers.values<uint32_t>(), count);
    }
    for (size_t i = skip; i < layout.columns.size(); ++i) chunk.columns.push_back(column(i));
    HashRows(chunk.columns, count, hashes.data());
    RETURN_IF_ERROR(distinct_[set]->Add(chunk, hashes.data()));
  }
  return OkStatus();
}

Status AggregateSpill::WriteOrdered(size_t index, WorkerGroups* groups,
                                    const AggregateLayouts& layouts) {
  std::vector<uint64_t> hashes;
  for (OrderedChunk& rows : groups->ordered[index]) {
    if (context_->cancellation) RETURN_IF_ERROR(context_->cancellation->Check());
    Chunk chunk;
    chunk.num_rows = rows.groups.size();
    chunk.columns = KeysOf(groups, layouts, rows.groups.data(), chunk.num_rows);
    hashes.resize(chunk.num_rows);
    HashRows(chunk.columns, chunk.num_rows, hashes.data());
    for (Vector& arg : rows.args) chunk.columns.push_back(arg.Flatten());
    for (Vector& key : rows.keys) chunk.columns.push_back(key.Flatten());
    RETURN_IF_ERROR(ordered_[index]->Add(chunk, hashes.data()));
  }
  return OkStatus();
}

Status AggregateSpill::Finish() {
  RETURN_IF_ERROR(Create());
  for (size_t set = 0; set < distinct_.size(); ++set) {
    RETURN_IF_ERROR(distinct_[set]->Flush());
    for (size_t part = 0; part < SpillParts::kParts; ++part) {
      RETURN_IF_ERROR(FinishDistinct(set, distinct_[set].get(), part, level_ + 1));
    }
    finished_bytes_ += distinct_[set]->bytes();
    distinct_[set].reset();
  }
  for (auto& rows : ordered_) RETURN_IF_ERROR(rows->Flush());
  return states_->Flush();
}

Status AggregateSpill::FinishDistinct(size_t set, SpillParts* values, size_t part, int level) {
  if (values->rows(part) == 0) return OkStatus();
  const DistinctSet& distinct = plan_.distinct_sets[set];
  const size_t num_keys = plan_.keys.size();
  std::vector<Type> types = KeyTypes();
  Append(TypesOf(plan_, distinct.args), &types);
  // Rows that do not fit are dealt again, those that came before them, too.
  std::unique_ptr<SpillParts> deeper;
  {
    ASSIGN_OR_RETURN(KeyLayout layout, MakeKeyLayout(types, 1, context_->memory));
    std::optional<Grouper> different;
    different.emplace(&layout, 0, context_->memory);
    std::vector<uint32_t> places;
    std::vector<uint64_t> hashes(kBatch);
    const auto deal = [&]() -> Status {
      if (level >= kMaxSpillLevel) return CannotCut();
      if (!deeper) {
        ASSIGN_OR_RETURN(deeper, SpillParts::Create(*context_, types, level));
      }
      const GroupTable& table = different->table();
      for (size_t begin = 0; begin < table.size(); begin += kBatch) {
        const size_t count = std::min(kBatch, table.size() - begin);
        Chunk chunk;
        chunk.num_rows = count;
        for (size_t i = 0; i < types.size(); ++i) {
          chunk.columns.push_back(UnpackKeys(layout, i, different->with_nulls(),
                                             table.keys() + begin * table.row_words(),
                                             table.row_words(), count));
        }
        HashRows(chunk.columns, count, hashes.data());
        RETURN_IF_ERROR(deeper->Add(chunk, hashes.data()));
      }
      different.reset();
      ASSIGN_OR_RETURN(layout, MakeKeyLayout(types, 1, context_->memory));
      different.emplace(&layout, 0, context_->memory);
      return OkStatus();
    };
    RETURN_IF_ERROR(values->Read(part, context_->cancellation, [&](Chunk chunk) -> Status {
      places.resize(std::max(places.size(), chunk.num_rows));
      bool uniform;
      Status status = different->Group(chunk.columns, chunk.num_rows, places.data(), &uniform);
      if (status.code() == StatusCode::kResourceExhausted) {
        RETURN_IF_ERROR(deal());
        status = different->Group(chunk.columns, chunk.num_rows, places.data(), &uniform);
      }
      RETURN_IF_ERROR(status);
      const bool large = different->table().size() > 4 * kBatch;
      if (large && level < kMaxSpillLevel && context_->memory->under_pressure()) return deal();
      return OkStatus();
    }));
    if (deeper) {
      RETURN_IF_ERROR(deal());
      RETURN_IF_ERROR(deeper->Flush());
    } else {
      // The different values feed states, which are merged with the others of their groups.
      ASSIGN_OR_RETURN(AggregateLayouts layouts, MakeLayouts(plan_, *context_));
      Gathering gathering(plan_, layouts, context_->memory);
      const GroupTable& table = different->table();
      for (size_t begin = 0; begin < table.size(); begin += kBatch) {
        const size_t count = std::min(kBatch, table.size() - begin);
        std::vector<Vector> columns;
        for (size_t i = 0; i < types.size(); ++i) {
          columns.push_back(UnpackKeys(layout, i, different->with_nulls(),
                                       table.keys() + begin * table.row_words(), table.row_words(),
                                       count));
        }
        const std::vector<Vector> keys(columns.begin(),
                                       columns.begin() + static_cast<ptrdiff_t>(num_keys));
        Status status = FindGroups(keys, count, &gathering);
        if (status.code() == StatusCode::kResourceExhausted) {
          RETURN_IF_ERROR(WriteStates(gathering.groups.get(), layouts, static_cast<int>(set)));
          gathering.groups = std::make_unique<WorkerGroups>(plan_, layouts, context_->memory);
          status = FindGroups(keys, count, &gathering);
        }
        RETURN_IF_ERROR(status);
        WorkerGroups& groups = *gathering.groups;
        for (const StateSlot& slot : plan_.slots) {
          if (slot.distinct_set != static_cast<int>(set)) continue;
          RETURN_IF_ERROR(slot.function.kernels.update(
              CallOf(slot, context_->functions, groups.arena.get()),
              groups.table().states() + slot.offset, groups.table().row_bytes(),
              gathering.ids.data(), std::span(columns).subspan(num_keys), count));
        }
      }
      RETURN_IF_ERROR(WriteStates(gathering.groups.get(), layouts, static_cast<int>(set)));
    }
  }
  for (size_t p = 0; deeper && p < SpillParts::kParts; ++p) {
    RETURN_IF_ERROR(FinishDistinct(set, deeper.get(), p, level + 1));
  }
  return OkStatus();
}

StatusOr<std::unique_ptr<Source>> AggregateSpill::PartSource(size_t part) {
  ExecutionContext alone = *context_;
  alone.num_workers = 1;
  auto finished = std::make_shared<FinishedGroups>();
  std::shared_ptr<AggregateSpill> deeper;
  std::unique_ptr<Gathering> gathering;
  const auto begin = [&]() -> Status {
    gathering.reset();
    ASSIGN_OR_RETURN(AggregateLayouts layouts, MakeLayouts(plan_, alone));
    finished->layouts = std::make_unique<AggregateLayouts>(std::move(layouts));
    gathering = std::make_unique<Gathering>(plan_, *finished->layouts, alone.memory);
    return OkStatus();
  };
  const auto deal = [&]() -> Status {
    // A single group stays one however it is dealt.
    if (gathering->groups->table().size() <= 1) return CannotCut();
    if (!deeper) deeper = Make(&plan_, context_, level_ + 1);
    if (!deeper) return CannotCut();
    RETURN_IF_ERROR(deeper->Write(gathering->groups.get(), *finished->layouts));
    return begin();
  };
  const auto find = [&](const std::vector<Vector>& keys, size_t count) -> Status {
    Status status = FindGroups(keys, count, gathering.get());
    if (status.code() != StatusCode::kResourceExhausted) return status;
    RETURN_IF_ERROR(deal());
    return FindGroups(keys, count, gathering.get());
  };
  const auto keys_of = [&](const Chunk& chunk) {
    return std::vector<Vector>(chunk.columns.begin(),
                               chunk.columns.begin() + static_cast<ptrdiff_t>(plan_.keys.size()));
  };
  // Checked after each block.
  const auto fits = [&]() -> Status {
    WorkerGroups& groups = *gathering->groups;
    Status status = groups.arena_memory.Resize(static_cast<int64_t>(groups.arena->size_bytes()));
    if (status.ok()) status = groups.ordered_memory.Resize(groups.ordered_bytes);
    const bool much_to_order =
        groups.ordered_bytes > context_->memory->limit_bytes() / kOrderedShare;
    const bool large = groups.table().size() > kBatch || much_to_order;
    if (!status.ok() || (large && level_ + 1 < kMaxSpillLevel &&
                         (much_to_order || context_->memory->under_pressure()))) {
      return deal();
    }
    return OkStatus();
  };
  RETURN_IF_ERROR(begin());
  RETURN_IF_ERROR(states_->Read(part, context_->cancellation, [&](Chunk chunk) -> Status {
    RETURN_IF_ERROR(find(keys_of(chunk), chunk.num_rows));
    RETURN_IF_ERROR(MergeStates(plan_, chunk, &alone, gathering.get()));
    return fits();
  }));
  for (size_t i = 0; i < ordered_.size(); ++i) {
    const size_t num_args = plan_.ordered[i].args.size();
    RETURN_IF_ERROR(ordered_[i]->Read(part, context_->cancellation, [&](Chunk chunk) -> Status {
      RETURN_IF_ERROR(find(keys_of(chunk), chunk.num_rows));
      WorkerGroups& groups = *gathering->groups;
      OrderedChunk rows;
      rows.groups.assign(gathering->ids.begin(),
                         gathering->ids.begin() + static_cast<ptrdiff_t>(chunk.num_rows));
      for (size_t c = plan_.keys.size(); c < chunk.columns.size(); ++c) {
        groups.ordered_bytes += groups.ordered_held.Add(chunk.columns[c]);
        (c - plan_.keys.size() < num_args ? rows.args : rows.keys).push_back(chunk.columns[c]);
      }
      groups.ordered[i].push_back(std::move(rows));
      return fits();
    }));
  }
  if (deeper) {
    RETURN_IF_ERROR(deeper->Write(gathering->groups.get(), *finished->layouts));
    gathering.reset();
    finished.reset();
    RETURN_IF_ERROR(deeper->Finish());
    return deeper->MakeSource();
  }
  std::vector<std::unique_ptr<WorkerGroups>> workers;
  workers.push_back(std::move(gathering->groups));
  // Distinct sets are states by now: the groups' own have no rows.
  RETURN_IF_ERROR(
      MergeWorkers(plan_, *finished->layouts, std::move(workers), &alone, &finished->groups));
  return MakeGroupSource(&plan_, std::move(finished));
}

std::unique_ptr<Source> AggregateSpill::MakeSource() {
  uint64_t bytes = states_->bytes() + finished_bytes_;
  for (const auto& rows : ordered_) bytes += rows->bytes();
  auto self = shared_from_this();
  return MakeSourceSequence(
      // Without keys all is one group, of which there is one even without rows.
      plan_.keys.empty() ? 1 : SpillParts::kParts,
      [self](size_t part, ExecutionContext*) {
        return self->PartSource(self->plan_.keys.empty() ? self->states_->PartOfNoKeys() : part);
      },
      {SpillDetail(bytes)});
}

}  // namespace shale
