// Aggregates of arrays: any_value, first, last, min, max, array_agg. A state holds an array as the
// bytes that AppendValueBytes makes of it.
#include "engine/functions/agg_kernel.h"
#include "engine/functions/families.h"
#include "engine/vector/nested.h"

namespace shale {
namespace {

using Bytes = ValueSlot<std::string_view>;

// f(i, bytes, is_null) for each row of a vector of lists.
template <typename F>
void ForEachList(const Vector& vector, size_t num_rows, F&& f) {
  Vector storage;
  const Vector& lists = FlatOrConstant(vector, &storage);
  std::string bytes;
  for (size_t i = 0; i < num_rows; ++i) {
    const bool is_null = lists.IsNull(i);
    bytes.clear();
    if (!is_null) AppendValueBytes(lists, i, false, &bytes);
    f(i, std::string_view(bytes), is_null);
  }
}

// What all of these share; Op::Add(call, state, bytes, is_null) takes one row.
template <typename Op>
struct ListLoops {
  static Status Update(const AggregateCall& call, std::byte* base, size_t stride,
                       const uint32_t* groups, std::span<const Vector> args, size_t num_rows) {
    using State = typename Op::State;
    bool ok = true;
    ForEachList(args[0], num_rows, [&](size_t i, std::string_view bytes, bool is_null) {
      ok &= Op::Add(call, StateAt<State>(base, stride, groups[i]), bytes, is_null);
    });
    return ok ? OkStatus() : Op::Failure(call);
  }
  static Status UpdateOne(const AggregateCall& call, std::byte* state, std::span<const Vector> args,
                          size_t num_rows) {
    bool ok = true;
    ForEachList(args[0], num_rows, [&](size_t, std::string_view bytes, bool is_null) {
      ok &= Op::Add(call, reinterpret_cast<typename Op::State*>(state), bytes, is_null);
    });
    return ok ? OkStatus() : Op::Failure(call);
  }
};

// Whether bytes of a stored state are a value of the type, so that later reads need not look.
bool IsValue(const Type& type, std::string_view bytes) {
  VectorBuilder scratch(type, 1);
  return ReadValueBytes(&bytes, &scratch) && bytes.empty();
}

bool ReadBytes(const AggregateCall& call, StateReader* reader, Bytes* slot) {
  return ReadSlot<std::string_view>(reader, call.arena, slot) &&
         (!slot->has() || IsValue(call.arg_types[0], slot->get()));
}

void AppendTo(VectorBuilder* out, const Bytes& slot) {
  if (!slot.has()) return out->AppendNull();
  std::string_view bytes = slot.get();
  SHALE_CHECK(ReadValueBytes(&bytes, out));
}

// Op::Result(state) is the slot that holds a state's answer.
template <typename Op>
Status FinalizeLists(const AggregateCall& call, const std::byte* base, size_t stride,
                     size_t num_rows, Vector* result) {
  VectorBuilder lists(call.result_type, num_rows);
  for (size_t row = 0; row < num_rows; ++row) {
    AppendTo(&lists,
             Op::Result(*StateAt<typename Op::State>(base, stride, static_cast<uint32_t>(row))));
  }
  *result = lists.Finish();
  return OkStatus();
}

// ---- any_value, first, last ---------------------------------------------------------------------

enum class Keep { kFirstValid, kFirst, kLast };

template <Keep kKeep>
struct KeepListOp {
  struct State {
    Bytes slot;
    uint64_t seen;
  };
  static constexpr std::string_view kName = "any_value, first or last";
  static constexpr uint8_t kVersion = 1;
  static bool Add(const AggregateCall& call, State* state, std::string_view bytes, bool is_null) {
    if (kKeep == Keep::kFirstValid && is_null) return true;
    if (kKeep != Keep::kLast && state->seen) return true;
    state->seen = 1;
    if (is_null) {
      state->slot.Clear();
    } else {
      state->slot.Set(call.arena, bytes);
    }
    return true;
  }
  static bool Merge(const AggregateCall&, State* into, const State& from) {
    if (!from.seen || (kKeep != Keep::kLast && into->seen)) return true;
    into->seen = 1;
    into->slot.Share(from.slot);
    return true;
  }
  static void Write(const State& state, StateWriter* writer) {
    writer->Put<uint8_t>(state.seen != 0);
    WriteSlot<std::string_view>(state.slot, writer);
  }
  static bool Read(const AggregateCall& call, StateReader* reader, State* state) {
    uint8_t seen;
    if (!reader->Get(&seen) || seen > 1) return false;
    state->seen = seen;
    return ReadBytes(call, reader, &state->slot) && (seen || !state->slot.has());
  }
  static Status Failure(const AggregateCall&) { return OkStatus(); }
  static const Bytes& Result(const State& state) { return state.slot; }
  static void Finish(const AggregateCall&, const State&, ResultWriter*, size_t) {}
};

// ---- min, max -----------------------------------------------------------------------------------

template <bool kMax>
struct ExtremeListOp {
  using State = Bytes;
  static constexpr std::string_view kName = kMax ? "max" : "min";
  static constexpr uint8_t kVersion = 1;
  static bool Wins(const Type& type, std::string_view challenger, std::string_view holder) {
    const int order = CompareValueBytes(type, &challenger, &holder);
    return kMax ? order > 0 : order < 0;
  }
  static bool Add(const AggregateCall& call, State* state, std::string_view bytes, bool is_null) {
    if (is_null) return true;
    if (!state->has() || Wins(call.arg_types[0], bytes, state->get())) {
      state->Set(call.arena, bytes);
    }
    return true;
  }
  static bool Merge(const AggregateCall& call, State* into, const State& from) {
    if (from.has() && (!into->has() || Wins(call.arg_types[0], from.get(), into->get()))) {
      into->Share(from);
    }
    return true;
  }
  static void Write(const State& state, StateWriter* writer) {
    WriteSlot<std::string_view>(state, writer);
  }
  static bool Read(const AggregateCall& call, StateReader* reader, State* state) {
    return ReadBytes(call, reader, state);
  }
  static Status Failure(const AggregateCall&) { return OkStatus(); }
  static const Bytes& Result(const State& state) { return state; }
  static void Finish(const AggregateCall&, const State&, ResultWriter*, size_t) {}
};

// ---- array_agg ----------------------------------------------------------------------------------

struct ListAggOp {
  struct State {
    ArenaList<Bytes> items;
    uint64_t seen;
  };
  static constexpr std::string_view kName = "array_agg";
  static constexpr uint8_t kVersion = 1;
  static bool Add(const AggregateCall& call, State* state, std::string_view bytes, bool is_null) {
    Bytes slot{};
    if (!is_null) slot.Set(call.arena, bytes);
    state->seen = 1;
    return state->items.Add(call.arena, slot);
  }
  static bool Merge(const AggregateCall& call, State* into, const State& from) {
    if (!from.seen) return true;
    if (!into->seen) {
      into->seen = 1;
      into->items.Share(from.items);
      return true;
    }
    return into->items.AddAll(call.arena, from.items.data, from.items.size);
  }
  static void Write(const State& state, StateWriter* writer) {
    writer->Put<uint8_t>(state.seen != 0);
    writer->Put(state.items.size);
    for (uint32_t i = 0; i < state.items.size; ++i) {
      WriteSlot<std::string_view>(state.items.data[i], writer);
    }
  }
  static bool Read(const AggregateCall& call, StateReader* reader, State* state) {
    uint8_t seen;
    uint32_t size;
    if (!reader->Get(&seen) || !reader->Get(&size) || seen > 1) return false;
    if (size > reader->left() || (!seen && size > 0)) return false;  // a byte an item at least
    state->seen = seen;
    for (uint32_t i = 0; i < size; ++i) {
      Bytes slot{};
      if (!ReadBytes(call, reader, &slot) || !state->items.Add(call.arena, slot)) return false;
    }
    return true;
  }
  static Status Failure(const AggregateCall&) {
    return ResourceExhausted("array_agg of one group holds more than 4294967295 values");
  }
  static Status Finalize(const AggregateCall& call, const std::byte* base, size_t stride,
                         size_t num_rows, Vector* result) {
    VectorBuilder rows(call.result_type, num_rows);
    for (size_t row = 0; row < num_rows; ++row) {
      const State& state = *StateAt<State>(base, stride, static_cast<uint32_t>(row));
      if (!state.seen) {
        rows.AppendNull();
        continue;
      }
      for (uint32_t i = 0; i < state.items.size; ++i) AppendTo(&rows.child(), state.items.data[i]);
      rows.EndList();
    }
    *result = rows.Finish();
    return OkStatus();
  }
  static void Finish(const AggregateCall&, const State&, ResultWriter*, size_t) {}
};

// ---- rows ---------------------------------------------------------------------------------------

StatusOr<Type> ListArgument(std::span<const ArgumentType> args) {
  if (args.size() != 1 || args[0].untyped_literal || args[0].type.id() != TypeId::kList) {
    return NoSuchOverload();
  }
  return args[0].type;
}

template <typename Op>
StatusOr<ResolvedAggregate> ResolveOne(std::span<const ArgumentType> args) {
  ASSIGN_OR_RETURN(Type type, ListArgument(args));
  AggregateKernels kernels = KernelsOf<Op, ListLoops<Op>>();
  kernels.finalize = FinalizeLists<Op>;
  return Resolved(kernels, {type}, type);
}

StatusOr<ResolvedAggregate> ResolveListAgg(std::span<const ArgumentType> args) {
  ASSIGN_OR_RETURN(Type type, ListArgument(args));
  AggregateKernels kernels = KernelsOf<ListAggOp, ListLoops<ListAggOp>>();
  kernels.finalize = ListAggOp::Finalize;
  return Resolved(kernels, {type}, Type::List(type));
}

void Add(Registry* registry, std::string name, std::vector<std::string> aliases,
         std::string signature, std::string summary, std::string example, std::string result,
         StatusOr<ResolvedAggregate> (*resolve)(std::span<const ArgumentType>),
         bool order_sensitive) {
  registry->Add(AggregateFunction{.name = std::move(name),
                                  .aliases = std::move(aliases),
                                  .signature = std::move(signature),
                                  .summary = std::move(summary),
                                  .example = std::move(example),
                                  .example_result = std::move(result),
                                  .order_sensitive = order_sensitive,
                                  .ignores_distinct = !order_sensitive,
                                  .resolve = resolve});
}

}  // namespace

void RegisterNestedAggregates(Registry* registry) {
  Add(registry, "any_value", {}, "(x ANY[]) → ANY[]", "Some array that is not NULL.",
      "SELECT any_value(x) FROM (VALUES (ARRAY[7]), (ARRAY[7])) t(x)", "{7}",
      ResolveOne<KeepListOp<Keep::kFirstValid>>, true);
  Add(registry, "first", {}, "(x ANY[]) → ANY[]", "The array of the first row, be it NULL.",
      "SELECT first(x ORDER BY x) FROM (VALUES (ARRAY[2]), (ARRAY[1])) t(x)", "{1}",
      ResolveOne<KeepListOp<Keep::kFirst>>, true);
  Add(registry, "last", {}, "(x ANY[]) → ANY[]", "The array of the last row, be it NULL.",
      "SELECT last(x ORDER BY x) FROM (VALUES (ARRAY[2]), (ARRAY[1])) t(x)", "{2}",
      ResolveOne<KeepListOp<Keep::kLast>>, true);
  Add(registry, "min", {}, "(x ANY[]) → ANY[]", "Smallest array that is not NULL.",
      "SELECT min(x) FROM (VALUES (ARRAY[2]), (ARRAY[1, 9])) t(x)", "{1,9}",
      ResolveOne<ExtremeListOp<false>>, false);
  Add(registry, "max", {}, "(x ANY[]) → ANY[]", "Largest array that is not NULL.",
      "SELECT max(x) FROM (VALUES (ARRAY[2]), (ARRAY[1, 9])) t(x)", "{2}",
      ResolveOne<ExtremeListOp<true>>, false);
  Add(registry, "array_agg", {"groupArray"}, "(x ANY[]) → ANY[][]",
      "All arrays, NULLs too, as an array of arrays.",
      "SELECT array_agg(x ORDER BY x) FROM (VALUES (ARRAY[2]), (ARRAY[1])) t(x)", "{{1},{2}}",
      ResolveListAgg, true);
}

}  // namespace shale
