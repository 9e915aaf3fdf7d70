// Aggregates over all values in order: mode, median, quantile, percentile_cont and percentile_disc
// (the latter two as WITHIN GROUP has them: the fraction first, then the ordered value, then TRUE
// where the order is descending).
//
// A state keeps every value, so that answers are exact; they are sorted, or the wanted one
// selected, only at the end. approx_quantile (agg_digest.cc) is the one that stays small.
#include <algorithm>
#include <vector>

#include "engine/functions/agg_kernel.h"
#include "engine/functions/families.h"

namespace shale {
namespace {

// ---- values kept --------------------------------------------------------------------------------

// What is kept of a T: strings are copied into the arena.
template <typename T>
struct Kept {
  using Stored = std::conditional_t<std::is_same_v<T, int128_t>, Int128Words, T>;
  static Stored Keep(Arena* arena, const T& value) {
    if constexpr (std::is_same_v<T, std::string_view>) {
      char* copy = arena->Allocate(value.size());
      if (!value.empty()) std::memcpy(copy, value.data(), value.size());
      return {copy, value.size()};
    } else if constexpr (std::is_same_v<T, int128_t>) {
      Stored words;
      words.set(value);
      return words;
    } else {
      return value;
    }
  }
  static T Get(const Stored& stored) {
    if constexpr (std::is_same_v<T, int128_t>) {
      return stored.get();
    } else {
      return stored;
    }
  }
};

// The parameters of an ordered aggregate, constant for all rows: the last ones given count.
struct OrderedParameters {
  double fraction;  // of the rows
  uint32_t is_null;
  uint32_t descending;
};

template <typename T>
struct OrderedState {
  ArenaList<typename Kept<T>::Stored> values;
  OrderedParameters parameters;
};

template <typename T>
std::vector<T> ValuesOf(const OrderedState<T>& state) {
  std::vector<T> values;
  values.reserve(state.values.size);
  for (uint32_t i = 0; i < state.values.size; ++i) {
    values.push_back(Kept<T>::Get(state.values.data[i]));
  }
  return values;
}

Status TooManyValues(std::string_view name) {
  return OutOfRange("{} cannot hold more than 4294967295 values", name);
}

Status CheckFraction(double fraction) {
  if (fraction >= 0 && fraction <= 1) return OkStatus();
  return OutOfRange("percentile value {} is not between 0 and 1", fraction);
}

// State, merge and bytes of all of them. kVersion 1: fraction, flags, count, values.
template <typename T>
struct OrderedOp {
  using State = OrderedState<T>;
  using Value = T;
  static constexpr std::string_view kName = "quantile";
  static constexpr uint8_t kVersion = 1;
  static bool Add(const AggregateCall& call, State* state, const T& value) {
    return state->values.Add(call.arena, Kept<T>::Keep(call.arena, value));
  }
  static bool AddMany(const AggregateCall& call, State* state, const T& value, size_t n) {
    const auto kept = Kept<T>::Keep(call.arena, value);
    bool ok = true;
    for (size_t i = 0; i < n; ++i) ok &= state->values.Add(call.arena, kept);
    return ok;
  }
  static bool Merge(const AggregateCall& call, State* into, const State& from) {
    if (from.values.size == 0) return true;
    into->parameters = from.parameters;
    return into->values.AddAll(call.arena, from.values.data, from.values.size);
  }
  static void Write(const State& state, StateWriter* writer) {
    writer->Put(state.parameters.fraction);
    writer->Put(static_cast<uint8_t>((state.parameters.is_null ? 1 : 0) |
                                     (state.parameters.descending ? 2 : 0)));
    writer->Put(state.values.size);
    for (uint32_t i = 0; i < state.values.size; ++i) {
      writer->Put<T>(Kept<T>::Get(state.values.data[i]));
    }
  }
  static bool Read(const AggregateCall& call, StateReader* reader, State* state) {
    uint8_t flags;
    uint32_t size;
    if (!reader->Get(&state->parameters.fraction) || !reader->Get(&flags) || flags > 3 ||
        !reader->Get(&size) || size > reader->left()) {
      return false;
    }
    state->parameters.is_null = flags & 1;
    state->parameters.descending = flags >> 1;
    for (uint32_t i = 0; i < size; ++i) {
      T value;
      if (!reader->Get(&value) || !Add(call, state, value)) return false;
    }
    return true;
  }
  static Status Failure(const AggregateCall&) { return TooManyValues(kName); }
};

// The value of `values` that has exactly `rank` before it; reorders them.
template <typename T>
T Select(std::vector<T>* values, size_t rank) {
  std::nth_element(values->begin(), values->begin() + rank, values->end(), ValueLess<T>);
  return (*values)[rank];
}

// ---- how they end -------------------------------------------------------------------------------

// The most frequent value; of several the first in the order.
struct ModeEnding {
  template <typename T>
  static void Finish(const AggregateCall&, const OrderedState<T>& state, ResultWriter* writer,
                     size_t row) {
    if (state.values.size == 0) return writer->SetNull<T>(row);
    std::vector<T> sorted = ValuesOf(state);
    std::sort(sorted.begin(), sorted.end(), ValueLess<T>);
    size_t best = 0, best_length = 0;
    for (size_t begin = 0; begin < sorted.size();) {
      size_t end = begin + 1;
      while (end < sorted.size() && !ValueLess(sorted[begin], sorted[end])) ++end;
      const size_t length = end - begin;
      if (length > best_length || (length == best_length && state.parameters.descending)) {
        best = begin;
        best_length = length;
      }
      begin = end;
    }
    writer->Set<T>(row, sorted[best]);
  }
};

// A point between two neighbours, as PostgreSQL's interval_lerp: a share of their difference.
double Between(double low, double high, double share) {
  return low == high ? low : low + share * (high - low);
}
Interval Between(const Interval& low, const Interval& high, double share) {
  const double months = (high.months - low.months) * share;
  const double whole_months = std::trunc(months);
  const double days = (high.days - low.days) * share + (months - whole_months) * 30;
  const double whole_days = std::trunc(days);
  constexpr double kDayMicros = 86'400e6;
  const double micros =
      static_cast<double>(high.micros - low.micros) * share + (days - whole_days) * kDayMicros;
  return {low.months + static_cast<int32_t>(whole_months),
          low.days + static_cast<int32_t>(whole_days),
          low.micros + static_cast<int64_t>(std::rint(micros))};
}

// Linear between the two nearest values.
struct ContinuousEnding {
  template <typename T>
  static Status Finish(const AggregateCall&, const OrderedState<T>& state, ResultWriter* writer,
                       size_t row) {
    if (state.values.size == 0 || state.parameters.is_null) {
      writer->SetNull<T>(row);
      return OkStatus();
    }
    RETURN_IF_ERROR(CheckFraction(state.parameters.fraction));
    std::vector<T> values = ValuesOf(state);
    const size_t last = values.size() - 1;
    const double position = state.parameters.fraction * static_cast<double>(last);
    const auto first = static_cast<size_t>(std::floor(position));
    const auto second = static_cast<size_t>(std::ceil(position));
    const bool descending = state.parameters.descending;
    const T low = Select(&values, descending ? last - first : first);
    if (first == second) {
      writer->Set<T>(row, low);
      return OkStatus();
    }
    const T high = Select(&values, descending ? last - second : second);
    writer->Set<T>(row, Between(low, high, position - static_cast<double>(first)));
    return OkStatus();
  }
};

// The first value whose share of the rows reaches the fraction.
struct DiscreteEnding {
  template <typename T>
  static Status Finish(const AggregateCall&, const OrderedState<T>& state, ResultWriter* writer,
                       size_t row) {
    if (state.values.size == 0 || state.parameters.is_null) {
      writer->SetNull<T>(row);
      return OkStatus();
    }
    RETURN_IF_ERROR(CheckFraction(state.parameters.fraction));
    std::vector<T> values = ValuesOf(state);
    const double count = static_cast<double>(values.size());
    const double reached = std::ceil(state.parameters.fraction * count);
    const size_t rank = reached < 1 ? 0 : static_cast<size_t>(reached) - 1;
    writer->Set<T>(row,
                   Select(&values, state.parameters.descending ? values.size() - 1 - rank : rank));
    return OkStatus();
  }
};

// ---- updates with parameters --------------------------------------------------------------------

// Arguments in the order that `kValueArg` and so on say; -1: there is none.
template <typename T, int kValueArg, int kFractionArg, int kDescendingArg>
struct ParameterLoops {
  using State = OrderedState<T>;

  template <typename V>
  static V At(const Vector& vector, size_t row) {
    return vector.values<V>()[vector.is_constant() ? 0 : row];
  }
  static OrderedParameters Parameters(std::span<const Vector> args, size_t row) {
    OrderedParameters parameters{0.5, 0, 0};
    if constexpr (kFractionArg >= 0) {
      const Vector& fraction = args[kFractionArg];
      parameters.is_null = fraction.IsNull(row);
      if (!parameters.is_null) parameters.fraction = At<double>(fraction, row);
    }
    if constexpr (kDescendingArg >= 0) {
      const Vector& flag = args[kDescendingArg];
      parameters.descending = !flag.IsNull(row) && At<uint8_t>(flag, row) != 0;
    }
    return parameters;
  }
  static bool AreConstant(std::span<const Vector> args) {
    return (kFractionArg < 0 || args[std::max(kFractionArg, 0)].is_constant()) &&
           (kDescendingArg < 0 || args[std::max(kDescendingArg, 0)].is_constant());
  }
  static Status Update(const AggregateCall& call, std::byte* base, size_t stride,
                       const uint32_t* groups, std::span<const Vector> args, size_t num_rows) {
    if (num_rows == 0) return OkStatus();
    bool ok = true;
    const bool constant = AreConstant(args);
    OrderedParameters parameters = Parameters(args, 0);
    ForEachValid<T>(args[kValueArg], num_rows, [&](size_t i, const T& value) {
      if (!constant) parameters = Parameters(args, i);
      State* state = StateAt<State>(base, stride, groups[i]);
      state->parameters = parameters;
      ok &= OrderedOp<T>::Add(call, state, value);
    });
    return ok ? OkStatus() : OrderedOp<T>::Failure(call);
  }
  static Status UpdateOne(const AggregateCall& call, std::byte* bytes, std::span<const Vector> args,
                          size_t num_rows) {
    std::vector<Vector> flat;
    for (const Vector& arg : args) {
      Vector storage;
      flat.push_back(FlatOrConstant(arg, &storage));
    }
    const std::vector<uint32_t> groups(num_rows, 0);
    return Update(call, bytes, sizeof(State), groups.data(), flat, num_rows);
  }
};

bool GoesToDouble(const ArgumentType& arg) { return SettledType(arg, TypeId::kDouble).IsNumeric(); }
bool IsFlag(const ArgumentType& arg) {
  return !arg.untyped_literal && arg.type.id() == TypeId::kBoolean;
}
bool IsInterval(const ArgumentType& arg) {
  return !arg.untyped_literal && arg.type.id() == TypeId::kInterval;
}

// mode(x) and mode() WITHIN GROUP (ORDER BY x [DESC]).
StatusOr<ResolvedAggregate> ResolveMode(std::span<const ArgumentType> args) {
  if (args.empty() || args.size() > 2 || (args.size() == 2 && !IsFlag(args[1]))) {
    return NoSuchOverload();
  }
  const Type type = SettledType(args[0]);
  if (IsNested(type)) return NoSuchOverload();
  return DispatchPhysical(type.physical(), [&]<typename T>() -> StatusOr<ResolvedAggregate> {
    if (args.size() == 1) {
      return Resolved(UnaryKernels<OrderedOp<T>, ModeEnding>(), {type}, type);
    }
    return Resolved(KernelsOf<OrderedOp<T>, ParameterLoops<T, 0, -1, 1>, ModeEnding>(),
                    {type, TypeId::kBoolean}, type);
  });
}

// Of one value: all zero parameters would be the smallest.
struct MedianLoops : UnaryLoops<OrderedOp<double>> {};
struct MedianEnding {
  static Status Finish(const AggregateCall& call, const OrderedState<double>& state,
                       ResultWriter* writer, size_t row) {
    OrderedState<double> middle = state;
    middle.parameters = {0.5, 0, 0};
    return ContinuousEnding::Finish(call, middle, writer, row);
  }
};
StatusOr<ResolvedAggregate> ResolveMedian(std::span<const ArgumentType> args) {
  if (args.size() != 1 || !GoesToDouble(args[0])) return NoSuchOverload();
  return Resolved(KernelsOf<OrderedOp<double>, MedianLoops, MedianEnding>(), {TypeId::kDouble},
                  TypeId::kDouble);
}

StatusOr<ResolvedAggregate> ResolveQuantile(std::span<const ArgumentType> args) {
  if (args.size() != 2 || !GoesToDouble(args[0]) || !GoesToDouble(args[1])) {
    return NoSuchOverload();
  }
  return Resolved(
      KernelsOf<OrderedOp<double>, ParameterLoops<double, 0, 1, -1>, ContinuousEnding>(),
      {TypeId::kDouble, TypeId::kDouble}, TypeId::kDouble);
}

template <typename T, int kValueArg, int kFractionArg, typename Ending>
ResolvedAggregate Ordered(const Type& type, bool descending) {
  std::vector<Type> types(2);
  types[kValueArg] = type;
  types[kFractionArg] = TypeId::kDouble;
  if (!descending) {
    return Resolved(
        KernelsOf<OrderedOp<T>, ParameterLoops<T, kValueArg, kFractionArg, -1>, Ending>(), types,
        type);
  }
  types.push_back(TypeId::kBoolean);
  return Resolved(KernelsOf<OrderedOp<T>, ParameterLoops<T, kValueArg, kFractionArg, 2>, Ending>(),
                  types, type);
}

// (fraction, x [, descending])
bool IsWithinGroup(std::span<const ArgumentType> args) {
  return (args.size() == 2 || (args.size() == 3 && IsFlag(args[2]))) && GoesToDouble(args[0]);
}

StatusOr<ResolvedAggregate> ResolvePercentileCont(std::span<const ArgumentType> args) {
  if (!IsWithinGroup(args)) return NoSuchOverload();
  if (IsInterval(args[1])) {
    return Ordered<Interval, 1, 0, ContinuousEnding>(TypeId::kInterval, args.size() > 2);
  }
  if (!GoesToDouble(args[1])) return NoSuchOverload();
  return Ordered<double, 1, 0, ContinuousEnding>(TypeId::kDouble, args.size() > 2);
}

StatusOr<ResolvedAggregate> ResolvePercentileDisc(std::span<const ArgumentType> args) {
  if (!IsWithinGroup(args)) return NoSuchOverload();
  const Type type = SettledType(args[1]);
  if (IsNested(type)) return NoSuchOverload();
  return DispatchPhysical(type.physical(), [&]<typename T>() -> StatusOr<ResolvedAggregate> {
    return Ordered<T, 1, 0, DiscreteEnding>(type, args.size() > 2);
  });
}

StatusOr<ResolvedAggregate> ResolveQuantileDisc(std::span<const ArgumentType> args) {
  if (args.size() != 2 || !GoesToDouble(args[1])) return NoSuchOverload();
  const Type type = SettledType(args[0]);
  if (IsNested(type)) return NoSuchOverload();
  return DispatchPhysical(type.physical(), [&]<typename T>() -> StatusOr<ResolvedAggregate> {
    return Ordered<T, 0, 1, DiscreteEnding>(type, false);
  });
}

// ---- several fractions at once ------------------------------------------------------------------

// percentile_…(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY x): an array of the answers.
template <typename T>
struct ManyState {
  ArenaList<typename Kept<T>::Stored> values;
  ArenaList<double> fractions;  // NaN is NULL
  uint32_t known;               // 1: fractions were given, 2: NULL was
  uint32_t descending;
};

template <typename T, typename Ending, bool kDescending>
struct ManyOp {
  using State = ManyState<T>;
  static constexpr std::string_view kName = "percentile";
  static constexpr uint8_t kVersion = 1;

  static bool SetFractions(const AggregateCall& call, const Vector& arrays, size_t row,
                           State* state) {
    if (arrays.IsNull(row)) {
      state->known = 2;
      return true;
    }
    state->known = 1;
    const ListEntry entry = arrays.values<ListEntry>()[arrays.is_constant() ? 0 : row];
    const Vector items = arrays.children()[0].Flatten();
    for (uint32_t i = entry.offset; i < entry.offset + entry.length; ++i) {
      const double fraction = items.IsNull(i) ? std::nan("") : items.values<double>()[i];
      if (!state->fractions.Add(call.arena, fraction)) return false;
    }
    return true;
  }
  static Status Update(const AggregateCall& call, std::byte* base, size_t stride,
                       const uint32_t* groups, std::span<const Vector> args, size_t num_rows) {
    bool ok = true;
    ForEachValid<T>(args[1], num_rows, [&](size_t i, const T& value) {
      State* state = StateAt<State>(base, stride, groups[i]);
      if (state->known == 0) {
        state->descending = kDescending;
        ok &= SetFractions(call, args[0], i, state);
      }
      ok &= state->values.Add(call.arena, Kept<T>::Keep(call.arena, value));
    });
    return ok ? OkStatus() : Failure(call);
  }
  static Status UpdateOne(const AggregateCall& call, std::byte* bytes, std::span<const Vector> args,
                          size_t num_rows) {
    std::vector<Vector> flat;
    for (const Vector& arg : args) {
      Vector storage;
      flat.push_back(FlatOrConstant(arg, &storage));
    }
    const std::vector<uint32_t> groups(num_rows, 0);
    return Update(call, bytes, sizeof(State), groups.data(), flat, num_rows);
  }
  static bool Merge(const AggregateCall& call, State* into, const State& from) {
    if (from.known == 0) return true;
    if (into->known == 0) {
      into->known = from.known;
      into->descending = from.descending;
      into->fractions.Share(from.fractions);
    }
    return into->values.AddAll(call.arena, from.values.data, from.values.size);
  }
  static void Write(const State& state, StateWriter* writer) {
    writer->Put(static_cast<uint8_t>(state.known | (state.descending ? 4 : 0)));
    writer->Put(state.fractions.size);
    for (uint32_t i = 0; i < state.fractions.size; ++i) writer->Put(state.fractions.data[i]);
    writer->Put(state.values.size);
    for (uint32_t i = 0; i < state.values.size; ++i) {
      writer->Put<T>(Kept<T>::Get(state.values.data[i]));
    }
  }
  static bool Read(const AggregateCall& call, StateReader* reader, State* state) {
    uint8_t flags;
    uint32_t size;
    if (!reader->Get(&flags) || flags > 7 || (flags & 3) == 3 || !reader->Get(&size) ||
        size > reader->left() / sizeof(double)) {
      return false;
    }
    state->known = flags & 3;
    state->descending = flags >> 2;
    for (uint32_t i = 0; i < size; ++i) {
      double fraction;
      if (!reader->Get(&fraction) || !state->fractions.Add(call.arena, fraction)) return false;
    }
    if (!reader->Get(&size) || size > reader->left()) return false;
    for (uint32_t i = 0; i < size; ++i) {
      T value;
      if (!reader->Get(&value) ||
          !state->values.Add(call.arena, Kept<T>::Keep(call.arena, value))) {
        return false;
      }
    }
    return true;
  }
  static Status Failure(const AggregateCall&) { return TooManyValues(kName); }
  static void Finish(const AggregateCall&, const State&, ResultWriter*, size_t) {}

  static Status Finalize(const AggregateCall& call, const std::byte* base, size_t stride,
                         size_t num_rows, Vector* result) {
    VectorBuilder items(call.result_type.child());
    auto* entries = result->mutable_values<ListEntry>();
    for (size_t row = 0; row < num_rows; ++row) {
      const State& state = *StateAt<State>(base, stride, static_cast<uint32_t>(row));
      entries[row] = {static_cast<uint32_t>(items.size()), 0};
      if (state.known != 1 || state.values.size == 0) {
        result->SetNull(row);
        continue;
      }
      OrderedState<T> one{};
      one.values = state.values;
      for (uint32_t i = 0; i < state.fractions.size; ++i) {
        const double fraction = state.fractions.data[i];
        if (fraction != fraction) {
          items.AppendNull();
          continue;
        }
        one.parameters = {fraction, 0, state.descending};
        Vector answer = Vector::Flat(call.result_type.child(), 1);
        {
          ResultWriter writer(&answer);
          RETURN_IF_ERROR(Ending::Finish(call, one, &writer, 0));
        }
        items.Append<T>(answer.values<T>()[0]);
      }
      entries[row].length = static_cast<uint32_t>(items.size()) - entries[row].offset;
    }
    result->mutable_children() = {items.Finish()};
    return OkStatus();
  }
};

// (fractions DOUBLE[], x [, descending]); NotFound for anything else.
template <typename T, typename Ending>
StatusOr<ResolvedAggregate> ResolveMany(std::span<const ArgumentType> args, const Type& type) {
  const auto resolved = [&]<bool kDescending>() {
    using Op = ManyOp<T, Ending, kDescending>;
    AggregateKernels kernels = KernelsOf<Op>();
    kernels.finalize = Op::Finalize;
    std::vector<Type> types = {Type::List(TypeId::kDouble), type};
    if (kDescending) types.push_back(TypeId::kBoolean);
    return Resolved(kernels, std::move(types), Type::List(type));
  };
  if (args.size() == 2) return resolved.template operator()<false>();
  return resolved.template operator()<true>();
}
bool IsWithinGroupOfMany(std::span<const ArgumentType> args) {
  return (args.size() == 2 || (args.size() == 3 && IsFlag(args[2]))) && !args[0].untyped_literal &&
         args[0].type.id() == TypeId::kList && args[0].type.child().IsNumeric();
}

StatusOr<ResolvedAggregate> ResolvePercentilesCont(std::span<const ArgumentType> args) {
  if (!IsWithinGroupOfMany(args)) return NoSuchOverload();
  if (IsInterval(args[1])) return ResolveMany<Interval, ContinuousEnding>(args, TypeId::kInterval);
  if (!GoesToDouble(args[1])) return NoSuchOverload();
  return ResolveMany<double, ContinuousEnding>(args, TypeId::kDouble);
}
StatusOr<ResolvedAggregate> ResolvePercentilesDisc(std::span<const ArgumentType> args) {
  if (!IsWithinGroupOfMany(args)) return NoSuchOverload();
  const Type type = SettledType(args[1]);
  if (IsNested(type)) return NoSuchOverload();
  return DispatchPhysical(type.physical(), [&]<typename T>() -> StatusOr<ResolvedAggregate> {
    return ResolveMany<T, DiscreteEnding>(args, type);
  });
}

}  // namespace

void RegisterQuantileAggregates(Registry* registry) {
  const AggregateFunction functions[] = {
      {.name = "mode",
       .signature = "(x ANY) → ANY; () WITHIN GROUP (ORDER BY x) → ANY",
       .summary =
           "The most frequent value that is not NULL; of several, the first in the order, else the "
           "smallest.",
       .example = "SELECT mode() WITHIN GROUP (ORDER BY x) FROM (VALUES (2), (1), (2)) t(x)",
       .example_result = "2",
       .resolve = ResolveMode},
      {.name = "median",
       .signature = "(x NUMERIC) → DOUBLE",
       .summary = "The middle value, or the mean of the middle two.",
       .example = "SELECT median(x) FROM (VALUES (1), (2), (10)) t(x)",
       .example_result = "2",
       .resolve = ResolveMedian},
      {.name = "quantile",
       .aliases = {"quantile_cont", "quantileExact", "quantileExactInclusive"},
       .signature = "(x NUMERIC, fraction DOUBLE) → DOUBLE",
       .summary =
           "The value below which the fraction of the values lies, linear between neighbours; "
           "quantile(0.25)(x) is the same.",
       .example = "SELECT quantile(x, 0.25) FROM (VALUES (1), (2), (3)) t(x)",
       .example_result = "1.5",
       .resolve = ResolveQuantile},
      {.name = "quantile_disc",
       .aliases = {"quantileExactLow"},
       .signature = "(x ANY, fraction DOUBLE) → ANY",
       .summary =
           "The first value, in ascending order, whose share of the rows reaches the fraction.",
       .example = "SELECT quantile_disc(x, 0.5) FROM (VALUES ('a'), ('b'), ('c')) t(x)",
       .example_result = "b",
       .resolve = ResolveQuantileDisc},
      {.name = "percentile_cont",
       .signature =
           "(fraction DOUBLE) WITHIN GROUP (ORDER BY x NUMERIC) → DOUBLE; … x INTERVAL → INTERVAL",
       .summary = "The value at a fraction of the ordered values, linear between neighbours.",
       .example =
           "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY x) FROM (VALUES (1), (2)) t(x)",
       .example_result = "1.5",
       .resolve = ResolvePercentileCont},
      {.name = "percentile_disc",
       .signature = "(fraction DOUBLE) WITHIN GROUP (ORDER BY x ANY) → ANY",
       .summary = "The first of the ordered values whose share of the rows reaches the fraction.",
       .example =
           "SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY x) FROM (VALUES ('a'), ('b')) t(x)",
       .example_result = "a",
       .resolve = ResolvePercentileDisc},
      {.name = "percentile_cont",
       .signature = "(fractions DOUBLE[]) WITHIN GROUP (ORDER BY x NUMERIC) → DOUBLE[]",
       .summary =
           "The values at several fractions of the ordered values, linear between neighbours.",
       .example =
           "SELECT percentile_cont(ARRAY[0, 0.5]) WITHIN GROUP (ORDER BY x) FROM (VALUES (1), (2)) "
           "t(x)",
       .example_result = "{1,1.5}",
       .resolve = ResolvePercentilesCont},
      {.name = "percentile_disc",
       .signature = "(fractions DOUBLE[]) WITHIN GROUP (ORDER BY x ANY) → ANY[]",
       .summary = "The first of the ordered values whose share of the rows reaches each fraction.",
       .example = "SELECT percentile_disc(ARRAY[0.5, 1]) WITHIN GROUP (ORDER BY x) FROM (VALUES "
                  "('a'), ('b')) "
                  "t(x)",
       .example_result = "{a,b}",
       .resolve = ResolvePercentilesDisc},
  };
  for (const AggregateFunction& function : functions) registry->Add(function);
}

}  // namespace shale
