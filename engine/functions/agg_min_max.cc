// min(x), max(x) of every ordered type; bool_and, bool_or; bit_and, bit_or, bit_xor.
#include "engine/functions/agg_kernel.h"
#include "engine/functions/families.h"

namespace shale {
namespace {

template <typename T, bool kMax>
bool Wins(const T& challenger, const T& holder) {
  return kMax ? ValueLess(holder, challenger) : ValueLess(challenger, holder);
}

template <typename T, bool kMax>
struct ExtremeOp {
  using State = ValueSlot<T>;
  using Value = T;
  static constexpr std::string_view kName = kMax ? "max" : "min";
  static constexpr uint8_t kVersion = 1;
  static bool Add(const AggregateCall& call, State* state, const T& value) {
    if (!state->has() || Wins<T, kMax>(value, state->get())) state->Set(call.arena, value);
    return true;
  }
  static bool AddMany(const AggregateCall& call, State* state, const T& value, size_t) {
    return Add(call, state, value);
  }
  static bool AddBlock(const AggregateCall& call, State* state, const T* values, size_t n) {
    if (n == 0) return true;
    if constexpr (std::is_integral_v<T> && sizeof(T) <= 8) {
      T best = values[0];
      for (size_t i = 1; i < n; ++i) {
        best = kMax ? (values[i] > best ? values[i] : best) : (values[i] < best ? values[i] : best);
      }
      return Add(call, state, best);
    } else {
      size_t best = 0;
      for (size_t i = 1; i < n; ++i) {
        if (Wins<T, kMax>(values[i], values[best])) best = i;
      }
      return Add(call, state, values[best]);
    }
  }
  static bool Merge(const AggregateCall&, State* into, const State& from) {
    if (from.has() && (!into->has() || Wins<T, kMax>(from.get(), into->get()))) into->Share(from);
    return true;
  }
  static void Write(const State& state, StateWriter* writer) { WriteSlot<T>(state, writer); }
  static bool Read(const AggregateCall& call, StateReader* reader, State* state) {
    return ReadSlot<T>(reader, call.arena, state);
  }
  static Status Failure(const AggregateCall&) { return OkStatus(); }
  static void Finish(const AggregateCall&, const State& state, ResultWriter* writer, size_t row) {
    if (state.has())
      writer->Set<T>(row, state.get());
    else
      writer->SetNull<T>(row);
  }
};

// Over a dictionary only the entries in use are compared: in a sorted one that is the least or the
// greatest code.
template <typename T, bool kMax>
Status ExtremeUpdateOne(const AggregateCall& call, std::byte* state, std::span<const Vector> args,
                        size_t num_rows) {
  const Vector& arg = args[0];
  if (!arg.is_dictionary() || num_rows == 0 || arg.dictionary()->values.has_nulls()) {
    return UnaryLoops<ExtremeOp<T, kMax>>::UpdateOne(call, state, args, num_rows);
  }
  const Dictionary& dictionary = *arg.dictionary();
  const uint32_t* codes = arg.codes();
  const uint64_t* validity = arg.validity();
  auto* slot = reinterpret_cast<ValueSlot<T>*>(state);
  const T* entries = dictionary.values.template values<T>();
  if (dictionary.sorted) {
    bool any = false;
    uint32_t best = 0;
    for (size_t i = 0; i < num_rows; ++i) {
      if (validity && !BitIsSet(validity, i)) continue;
      if (!any || (kMax ? codes[i] > best : codes[i] < best)) best = codes[i];
      any = true;
    }
    if (any) ExtremeOp<T, kMax>::Add(call, slot, entries[best]);
    return OkStatus();
  }
  if (dictionary.size() > num_rows) {
    return UnaryLoops<ExtremeOp<T, kMax>>::UpdateOne(call, state, args, num_rows);
  }
  std::vector<uint8_t> used(dictionary.size());
  uint8_t* marks = used.data();
  for (size_t i = 0; i < num_rows; ++i) {
    if (!validity || BitIsSet(validity, i)) marks[codes[i]] = 1;
  }
  for (size_t code = 0; code < dictionary.size(); ++code) {
    if (marks[code]) ExtremeOp<T, kMax>::Add(call, slot, entries[code]);
  }
  return OkStatus();
}

template <bool kMax>
StatusOr<ResolvedAggregate> ResolveExtreme(std::span<const ArgumentType> args) {
  if (args.size() != 1) return NoSuchOverload();
  const Type type = SettledType(args[0]);
  if (IsNested(type) || type.id() == TypeId::kJson) return NoSuchOverload();
  return DispatchPhysical(type.physical(), [&]<typename T>() -> StatusOr<ResolvedAggregate> {
    AggregateKernels kernels = UnaryKernels<ExtremeOp<T, kMax>>();
    kernels.update_one = ExtremeUpdateOne<T, kMax>;
    return Resolved(kernels, {type}, type);
  });
}

// ---- bool_and, bool_or --------------------------------------------------------------------------

template <bool kOr>
struct BoolOp {
  struct State {
    uint8_t value;
    uint8_t seen;
    uint8_t unused[6];
  };
  using Value = uint8_t;
  static constexpr std::string_view kName = kOr ? "bool_or" : "bool_and";
  static constexpr uint8_t kVersion = 1;
  static bool Add(const AggregateCall&, State* state, uint8_t value) {
    if (kOr)
      state->value |= value;
    else
      state->value = state->seen ? state->value & value : value;
    state->seen = 1;
    return true;
  }
  static bool AddMany(const AggregateCall& call, State* state, uint8_t value, size_t) {
    return Add(call, state, value);
  }
  static bool Merge(const AggregateCall& call, State* into, const State& from) {
    return from.seen ? Add(call, into, from.value) : true;
  }
  static void Write(const State& state, StateWriter* writer) {
    writer->Put(state.value);
    writer->Put(state.seen);
  }
  static bool Read(const AggregateCall&, StateReader* reader, State* state) {
    return reader->Get(&state->value) && reader->Get(&state->seen) && state->value <= 1 &&
           state->seen <= 1;
  }
  static Status Failure(const AggregateCall&) { return OkStatus(); }
  static void Finish(const AggregateCall&, const State& state, ResultWriter* writer, size_t row) {
    if (state.seen)
      writer->Set<uint8_t>(row, state.value);
    else
      writer->SetNull<uint8_t>(row);
  }
};

template <bool kOr>
StatusOr<ResolvedAggregate> ResolveBool(std::span<const ArgumentType> args) {
  if (args.size() != 1) return NoSuchOverload();
  if (SettledType(args[0], TypeId::kBoolean).id() != TypeId::kBoolean) return NoSuchOverload();
  return Resolved(UnaryKernels<BoolOp<kOr>>(), {TypeId::kBoolean}, TypeId::kBoolean);
}

// ---- bit_and, bit_or, bit_xor -------------------------------------------------------------------

enum class BitKind { kAnd, kOr, kXor };

template <typename T, BitKind kKind>
struct BitOp {
  struct State {
    uint64_t bits;
    uint64_t seen;
  };
  using Value = T;
  static constexpr std::string_view kName = kKind == BitKind::kAnd  ? "bit_and"
                                            : kKind == BitKind::kOr ? "bit_or"
                                                                    : "bit_xor";
  static constexpr uint8_t kVersion = 1;
  static void Join(State* state, uint64_t bits) {
    if (kKind == BitKind::kAnd)
      state->bits = state->seen ? state->bits & bits : bits;
    else if (kKind == BitKind::kOr)
      state->bits |= bits;
    else
      state->bits ^= bits;
    state->seen = 1;
  }
  static bool Add(const AggregateCall&, State* state, T value) {
    Join(state, static_cast<uint64_t>(value));
    return true;
  }
  static bool AddMany(const AggregateCall& call, State* state, T value, size_t n) {
    if (kKind == BitKind::kXor && n % 2 == 0) value = 0;
    return Add(call, state, value);
  }
  static bool Merge(const AggregateCall&, State* into, const State& from) {
    if (from.seen) Join(into, from.bits);
    return true;
  }
  static void Write(const State& state, StateWriter* writer) {
    writer->Put(state.bits);
    writer->Put<uint8_t>(state.seen != 0);
  }
  static bool Read(const AggregateCall&, StateReader* reader, State* state) {
    uint8_t seen;
    if (!reader->Get(&state->bits) || !reader->Get(&seen) || seen > 1) return false;
    state->seen = seen;
    return true;
  }
  static Status Failure(const AggregateCall&) { return OkStatus(); }
  static void Finish(const AggregateCall&, const State& state, ResultWriter* writer, size_t row) {
    if (state.seen)
      writer->Set<T>(row, static_cast<T>(state.bits));
    else
      writer->SetNull<T>(row);
  }
};

template <BitKind kKind>
StatusOr<ResolvedAggregate> ResolveBits(std::span<const ArgumentType> args) {
  if (args.size() != 1) return NoSuchOverload();
  const Type type = SettledType(args[0], TypeId::kBigInt);
  if (!type.IsInteger()) return NoSuchOverload();
  return DispatchPhysical(type.physical(), [&]<typename T>() -> StatusOr<ResolvedAggregate> {
    if constexpr (std::is_integral_v<T> && sizeof(T) <= 8) {
      return Resolved(UnaryKernels<BitOp<T, kKind>>(), {type}, type);
    } else {
      return NoSuchOverload();
    }
  });
}

void Add(Registry* registry, std::string name, std::vector<std::string> aliases,
         std::string signature, std::string summary, std::string example, std::string result,
         StatusOr<ResolvedAggregate> (*resolve)(std::span<const ArgumentType>)) {
  AggregateFunction function;
  function.name = std::move(name);
  function.aliases = std::move(aliases);
  function.signature = std::move(signature);
  function.summary = std::move(summary);
  function.example = std::move(example);
  function.example_result = std::move(result);
  function.resolve = resolve;
  function.ignores_distinct = true;
  if (function.name == "bit_xor") function.ignores_distinct = false;
  registry->Add(std::move(function));
}

}  // namespace

void RegisterMinMaxAggregates(Registry* registry) {
  Add(registry, "min", {}, "(x ANY) → ANY",
      "Smallest value that is not NULL; NaN counts as largest.",
      "SELECT min(x) FROM (VALUES (2), (1)) t(x)", "1", ResolveExtreme<false>);
  Add(registry, "max", {}, "(x ANY) → ANY",
      "Largest value that is not NULL; NaN counts as largest.",
      "SELECT max(x) FROM (VALUES (2), (1)) t(x)", "2", ResolveExtreme<true>);
  Add(registry, "bool_and", {"every"}, "(x BOOLEAN) → BOOLEAN",
      "True when every value that is not NULL is true.",
      "SELECT bool_and(x > 0) FROM (VALUES (2), (1)) t(x)", "t", ResolveBool<false>);
  Add(registry, "bool_or", {}, "(x BOOLEAN) → BOOLEAN",
      "True when any value that is not NULL is true.",
      "SELECT bool_or(x > 1) FROM (VALUES (2), (1)) t(x)", "t", ResolveBool<true>);
  Add(registry, "bit_and", {"groupBitAnd"}, "(x INTEGER) → INTEGER",
      "Bitwise AND of the values that are not NULL.",
      "SELECT bit_and(x) FROM (VALUES (6), (3)) t(x)", "2", ResolveBits<BitKind::kAnd>);
  Add(registry, "bit_or", {"groupBitOr"}, "(x INTEGER) → INTEGER",
      "Bitwise OR of the values that are not NULL.", "SELECT bit_or(x) FROM (VALUES (6), (3)) t(x)",
      "7", ResolveBits<BitKind::kOr>);
  Add(registry, "bit_xor", {"groupBitXor"}, "(x INTEGER) → INTEGER",
      "Bitwise exclusive OR of the values that are not NULL.",
      "SELECT bit_xor(x) FROM (VALUES (6), (3)) t(x)", "5", ResolveBits<BitKind::kXor>);
}

}  // namespace shale
