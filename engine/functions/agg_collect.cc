// Aggregates that keep values: any_value, first, last, string_agg, array_agg.
#include <algorithm>

#include "engine/functions/agg_kernel.h"
#include "engine/functions/families.h"

namespace shale {

void RegisterExtremeRowAggregates(Registry* registry);  // agg_arg.cc

namespace {

Status TooLong(std::string_view name) {
  return ResourceExhausted("{} of one group holds more than 4294967295 values or bytes", name);
}

// Rows in order, NULLs included: f(i, value, is_null). Flat or constant.
template <typename T, typename F>
void ForEachRow(const Vector& vector, size_t num_rows, F&& f) {
  const T* values = vector.values<T>();
  const size_t step = vector.is_constant() ? 0 : 1;
  const uint64_t* validity = vector.validity();
  for (size_t i = 0; i < num_rows; ++i) {
    f(i, values[i * step], validity != nullptr && !BitIsSet(validity, i * step));
  }
}

// ---- any_value, first, last ---------------------------------------------------------------------

enum class Keep { kFirstValid, kFirst, kLast };

template <typename T, Keep kKeep>
struct KeepOp {
  struct State {
    ValueSlot<T> slot;
    uint64_t seen;  // a row was kept, be it NULL
  };
  static constexpr std::string_view kName = kKeep == Keep::kFirstValid ? "any_value"
                                            : kKeep == Keep::kFirst    ? "first"
                                                                       : "last";
  static constexpr uint8_t kVersion = 1;
  static void Add(const AggregateCall& call, State* state, const T& value, bool is_null) {
    if (kKeep == Keep::kFirstValid && is_null) return;
    if (kKeep != Keep::kLast && state->seen) return;
    state->seen = 1;
    if (is_null)
      state->slot.Clear();
    else
      state->slot.Set(call.arena, value);
  }
  static Status Update(const AggregateCall& call, std::byte* base, size_t stride,
                       const uint32_t* groups, std::span<const Vector> args, size_t num_rows) {
    ForEachRow<T>(args[0], num_rows, [&](size_t i, const T& value, bool is_null) {
      Add(call, StateAt<State>(base, stride, groups[i]), value, is_null);
    });
    return OkStatus();
  }
  static Status UpdateOne(const AggregateCall& call, std::byte* bytes, std::span<const Vector> args,
                          size_t num_rows) {
    auto* state = reinterpret_cast<State*>(bytes);
    if (kKeep != Keep::kLast && state->seen) return OkStatus();
    Vector storage;
    const Vector& flat = FlatOrConstant(args[0], &storage);
    ForEachRow<T>(flat, num_rows,
                  [&](size_t, const T& value, bool is_null) { Add(call, state, value, is_null); });
    return OkStatus();
  }
  static bool Merge(const AggregateCall&, State* into, const State& from) {
    if (!from.seen || (kKeep != Keep::kLast && into->seen)) return true;
    into->seen = 1;
    into->slot.Share(from.slot);
    return true;
  }
  static void Write(const State& state, StateWriter* writer) {
    writer->Put<uint8_t>(state.seen != 0);
    WriteSlot<T>(state.slot, writer);
  }
  static bool Read(const AggregateCall& call, StateReader* reader, State* state) {
    uint8_t seen;
    if (!reader->Get(&seen) || seen > 1) return false;
    state->seen = seen;
    return ReadSlot<T>(reader, call.arena, &state->slot) && (seen || !state->slot.has());
  }
  static Status Failure(const AggregateCall&) { return OkStatus(); }
  static void Finish(const AggregateCall&, const State& state, ResultWriter* writer, size_t row) {
    if (state.slot.has())
      writer->Set<T>(row, state.slot.get());
    else
      writer->SetNull<T>(row);
  }
};

template <Keep kKeep>
StatusOr<ResolvedAggregate> ResolveKeep(std::span<const ArgumentType> args) {
  if (args.size() != 1) return NoSuchOverload();
  const Type type = SettledType(args[0]);
  if (IsNested(type)) return NoSuchOverload();
  return DispatchPhysical(type.physical(), [&]<typename T>() -> StatusOr<ResolvedAggregate> {
    return Resolved(KernelsOf<KeepOp<T, kKeep>>(), {type}, type);
  });
}

// ---- string_agg ---------------------------------------------------------------------------------

// Every value stands behind its delimiter, the first one's too: so two states join by appending.
struct StringAggOp {
  struct State {
    ArenaList<char> bytes;
    uint32_t first_delimiter;  // bytes that the result leaves out at the front
    uint32_t seen;
  };
  static constexpr std::string_view kName = "string_agg";
  static constexpr uint8_t kVersion = 1;
  static bool Add(const AggregateCall& call, State* state, std::string_view value,
                  std::string_view delimiter) {
    if (!state->seen) {
      state->seen = 1;
      state->first_delimiter = static_cast<uint32_t>(delimiter.size());
    }
    return state->bytes.AddAll(call.arena, delimiter.data(), delimiter.size()) &&
           state->bytes.AddAll(call.arena, value.data(), value.size());
  }
  static Status Rows(const AggregateCall& call, std::byte* base, size_t stride,
                     const uint32_t* groups, const Vector& values, const Vector& delimiters,
                     size_t num_rows) {
    bool ok = true;
    const auto* texts = delimiters.values<std::string_view>();
    const size_t step = delimiters.is_constant() ? 0 : 1;
    const uint64_t* validity = delimiters.validity();
    ForEachValid<std::string_view>(values, num_rows, [&](size_t i, std::string_view value) {
      const bool valid = validity == nullptr || BitIsSet(validity, i * step);
      ok &= Add(call, StateAt<State>(base, stride, groups ? groups[i] : 0), value,
                valid ? texts[i * step] : std::string_view());
    });
    return ok ? OkStatus() : TooLong(kName);
  }
  static Status Update(const AggregateCall& call, std::byte* base, size_t stride,
                       const uint32_t* groups, std::span<const Vector> args, size_t num_rows) {
    return Rows(call, base, stride, groups, args[0], args[1], num_rows);
  }
  static Status UpdateOne(const AggregateCall& call, std::byte* state, std::span<const Vector> args,
                          size_t num_rows) {
    Vector values_storage, delimiters_storage;
    return Rows(call, state, 0, nullptr, FlatOrConstant(args[0], &values_storage),
                FlatOrConstant(args[1], &delimiters_storage), num_rows);
  }
  static bool Merge(const AggregateCall& call, State* into, const State& from) {
    if (!from.seen) return true;
    if (!into->seen) {
      into->seen = 1;
      into->first_delimiter = from.first_delimiter;
      into->bytes.Share(from.bytes);
      return true;
    }
    return into->bytes.AddAll(call.arena, from.bytes.data, from.bytes.size);
  }
  static void Write(const State& state, StateWriter* writer) {
    writer->Put<uint8_t>(state.seen != 0);
    writer->Put(state.first_delimiter);
    writer->Put(std::string_view(state.bytes.data, state.bytes.size));
  }
  static bool Read(const AggregateCall& call, StateReader* reader, State* state) {
    uint8_t seen;
    std::string_view bytes;
    if (!reader->Get(&seen) || !reader->Get(&state->first_delimiter) || !reader->Get(&bytes)) {
      return false;
    }
    if (seen > 1 || state->first_delimiter > bytes.size() || (!seen && !bytes.empty())) {
      return false;
    }
    state->seen = seen;
    return state->bytes.AddAll(call.arena, bytes.data(), bytes.size());
  }
  static Status Failure(const AggregateCall&) { return TooLong(kName); }
  static void Finish(const AggregateCall&, const State& state, ResultWriter* writer, size_t row) {
    if (!state.seen) return writer->SetNull<std::string_view>(row);
    writer->Set(row,
                std::string_view(state.bytes.data, state.bytes.size).substr(state.first_delimiter));
  }
};

StatusOr<ResolvedAggregate> ResolveStringAgg(std::span<const ArgumentType> args) {
  if (args.size() != 2) return NoSuchOverload();
  const Type type = SettledType(args[0]);
  if (type.id() != TypeId::kText && type.id() != TypeId::kBytea) return NoSuchOverload();
  const Type delimiter = SettledType(args[1], type);
  if (!(delimiter == type)) return NoSuchOverload();
  return Resolved(KernelsOf<StringAggOp>(), {type, type}, type);
}

// ---- array_agg ----------------------------------------------------------------------------------

template <typename T>
struct ArrayAggOp {
  struct State {
    ArenaList<ValueSlot<T>> items;
    uint64_t seen;
  };
  static constexpr std::string_view kName = "array_agg";
  static constexpr uint8_t kVersion = 1;
  static bool Add(const AggregateCall& call, State* state, const T& value, bool is_null) {
    ValueSlot<T> slot{};
    if (!is_null) slot.Set(call.arena, value);
    state->seen = 1;
    return state->items.Add(call.arena, slot);
  }
  static Status Update(const AggregateCall& call, std::byte* base, size_t stride,
                       const uint32_t* groups, std::span<const Vector> args, size_t num_rows) {
    bool ok = true;
    ForEachRow<T>(args[0], num_rows, [&](size_t i, const T& value, bool is_null) {
      ok &= Add(call, StateAt<State>(base, stride, groups[i]), value, is_null);
    });
    return ok ? OkStatus() : TooLong(kName);
  }
  static Status UpdateOne(const AggregateCall& call, std::byte* bytes, std::span<const Vector> args,
                          size_t num_rows) {
    Vector storage;
    const Vector& flat = FlatOrConstant(args[0], &storage);
    bool ok = true;
    ForEachRow<T>(flat, num_rows, [&](size_t, const T& value, bool is_null) {
      ok &= Add(call, reinterpret_cast<State*>(bytes), value, is_null);
    });
    return ok ? OkStatus() : TooLong(kName);
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
    for (uint32_t i = 0; i < state.items.size; ++i) WriteSlot<T>(state.items.data[i], writer);
  }
  static bool Read(const AggregateCall& call, StateReader* reader, State* state) {
    uint8_t seen;
    uint32_t size;
    if (!reader->Get(&seen) || !reader->Get(&size) || seen > 1) return false;
    if (size > reader->left() || (!seen && size > 0)) return false;  // a byte an item at least
    state->seen = seen;
    for (uint32_t i = 0; i < size; ++i) {
      ValueSlot<T> slot{};
      if (!ReadSlot<T>(reader, call.arena, &slot) || !state->items.Add(call.arena, slot)) {
        return false;
      }
    }
    return true;
  }
  static Status Failure(const AggregateCall&) { return TooLong(kName); }

  static Status Finalize(const AggregateCall& call, const std::byte* base, size_t stride,
                         size_t num_rows, Vector* result) {
    VectorBuilder items(call.result_type.child());
    auto* entries = result->mutable_values<ListEntry>();
    for (size_t row = 0; row < num_rows; ++row) {
      const State& state = *StateAt<State>(base, stride, static_cast<uint32_t>(row));
      entries[row] = {static_cast<uint32_t>(items.size()), state.items.size};
      if (items.size() + state.items.size > UINT32_MAX) return TooLong(kName);
      if (!state.seen) result->SetNull(row);
      for (uint32_t i = 0; i < state.items.size; ++i) {
        const ValueSlot<T>& slot = state.items.data[i];
        if (slot.has())
          items.Append<T>(slot.get());
        else
          items.AppendNull();
      }
    }
    result->mutable_children() = {items.Finish()};
    return OkStatus();
  }
  static void Finish(const AggregateCall&, const State&, ResultWriter*, size_t) {}
};

StatusOr<ResolvedAggregate> ResolveArrayAgg(std::span<const ArgumentType> args) {
  if (args.size() != 1) return NoSuchOverload();
  const Type type = SettledType(args[0]);
  if (IsNested(type)) return NoSuchOverload();
  return DispatchPhysical(type.physical(), [&]<typename T>() -> StatusOr<ResolvedAggregate> {
    AggregateKernels kernels = KernelsOf<ArrayAggOp<T>>();
    kernels.finalize = ArrayAggOp<T>::Finalize;
    return Resolved(kernels, {type}, Type::List(type));
  });
}

}  // namespace

void RegisterCollectAggregates(Registry* registry) {
  const AggregateFunction functions[] = {
      {.name = "any_value",
       .signature = "(x ANY) → ANY",
       .summary = "Some value that is not NULL.",
       .example = "SELECT any_value(x) FROM (VALUES (7), (7)) t(x)",
       .example_result = "7",
       .order_sensitive = true,
       .resolve = ResolveKeep<Keep::kFirstValid>},
      {.name = "first",
       .signature = "(x ANY) → ANY",
       .summary = "The value of the first row, be it NULL.",
       .example = "SELECT first(x ORDER BY x) FROM (VALUES (2), (1)) t(x)",
       .example_result = "1",
       .order_sensitive = true,
       .resolve = ResolveKeep<Keep::kFirst>},
      {.name = "last",
       .signature = "(x ANY) → ANY",
       .summary = "The value of the last row, be it NULL.",
       .example = "SELECT last(x ORDER BY x) FROM (VALUES (2), (1)) t(x)",
       .example_result = "2",
       .order_sensitive = true,
       .resolve = ResolveKeep<Keep::kLast>},
      {.name = "string_agg",
       .aliases = {"group_concat", "listagg"},
       .signature = "(x TEXT, delimiter TEXT) → TEXT",
       .summary = "The values that are not NULL, joined with the delimiter between them.",
       .example = "SELECT string_agg(x, ', ' ORDER BY x) FROM (VALUES ('b'), ('a')) t(x)",
       .example_result = "a, b",
       .order_sensitive = true,
       .resolve = ResolveStringAgg},
      {.name = "array_agg",
       .aliases = {"groupArray"},
       .signature = "(x ANY) → ANY[]",
       .summary = "All values, NULLs too, as an array.",
       .example = "SELECT array_agg(x ORDER BY x) FROM (VALUES (2), (1)) t(x)",
       .example_result = "{1,2}",
       .order_sensitive = true,
       .resolve = ResolveArrayAgg},
  };
  for (const AggregateFunction& function : functions) registry->Add(function);
  RegisterExtremeRowAggregates(registry);
}

}  // namespace shale
