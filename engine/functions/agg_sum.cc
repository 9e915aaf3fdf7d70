// sum(x) and avg(x). They share states and updates and differ in how they end, so the aggregate
// operator can keep one state for both.
#include <algorithm>
#include <cmath>

#include "engine/functions/agg_kernel.h"
#include "engine/functions/families.h"

namespace shale {
namespace {

// 10^38 - 1, the largest DECIMAL(38) without its point.
constexpr int128_t MaxDecimal() {
  int128_t value = 1;
  for (int i = 0; i < 38; ++i) value *= 10;
  return value - 1;
}

// ---- integers up to 32 bits: the sum fits 64 bits for as long as a BIGINT does ----------------

struct SmallSumState {
  int64_t sum;
  int64_t count;
};

template <typename T>
struct SmallSumOp {
  using State = SmallSumState;
  using Value = T;
  static constexpr std::string_view kName = "sum";
  static constexpr uint8_t kVersion = 1;
  static bool Add(const AggregateCall&, State* state, T value) {
    ++state->count;
    return !__builtin_add_overflow(state->sum, static_cast<int64_t>(value), &state->sum);
  }
  static bool AddMany(const AggregateCall&, State* state, T value, size_t n) {
    int64_t product;
    state->count += static_cast<int64_t>(n);
    return !__builtin_mul_overflow(static_cast<int64_t>(value), static_cast<int64_t>(n),
                                   &product) &&
           !__builtin_add_overflow(state->sum, product, &state->sum);
  }
  static bool AddBlock(const AggregateCall&, State* state, const T* values, size_t n) {
    bool ok = true;
    state->count += static_cast<int64_t>(n);
    while (n > 0) {
      // A stretch short enough that 32-bit values cannot overflow.
      const size_t stretch = n < (size_t{1} << 30) ? n : size_t{1} << 30;
      int64_t sum = 0;
      for (size_t i = 0; i < stretch; ++i) sum += values[i];
      ok &= !__builtin_add_overflow(state->sum, sum, &state->sum);
      values += stretch;
      n -= stretch;
    }
    return ok;
  }
  static bool Merge(const AggregateCall&, State* into, const State& from) {
    into->count += from.count;
    return !__builtin_add_overflow(into->sum, from.sum, &into->sum);
  }
  static bool Unmerge(const AggregateCall&, State* into, const State& from) {
    into->count -= from.count;
    return !__builtin_sub_overflow(into->sum, from.sum, &into->sum);
  }
  static void Write(const State& state, StateWriter* writer) {
    writer->Put(state.sum);
    writer->Put(state.count);
  }
  static bool Read(const AggregateCall&, StateReader* reader, State* state) {
    return reader->Get(&state->sum) && reader->Get(&state->count) && state->count >= 0;
  }
  static Status Failure(const AggregateCall&) { return OutOfRange("bigint out of range in sum"); }
};

struct SmallSumFinish {
  static void Finish(const AggregateCall&, const SmallSumState& state, ResultWriter* writer,
                     size_t row) {
    if (state.count == 0)
      writer->SetNull<int64_t>(row);
    else
      writer->Set<int64_t>(row, state.sum);
  }
};
struct SmallAverageFinish {
  static void Finish(const AggregateCall&, const SmallSumState& state, ResultWriter* writer,
                     size_t row) {
    if (state.count == 0) return writer->SetNull<double>(row);
    writer->Set<double>(row, static_cast<double>(static_cast<long double>(state.sum) /
                                                 static_cast<long double>(state.count)));
  }
};

// ---- BIGINT, UBIGINT and DECIMAL: 128 bits ------------------------------------------------------

struct WideSumState {
  Int128Words sum;
  int64_t count;
};

template <typename T>
struct WideSumOp {
  using State = WideSumState;
  using Value = T;
  static constexpr std::string_view kName = "sum";
  static constexpr uint8_t kVersion = 1;
  static bool AddTo(State* state, int128_t value) {
    int128_t sum;
    const bool overflow = __builtin_add_overflow(state->sum.get(), value, &sum);
    state->sum.set(sum);
    return !overflow;
  }
  static bool Add(const AggregateCall&, State* state, T value) {
    ++state->count;
    if constexpr (sizeof(T) == 8) {
      // 2^64 rows of 64-bit values fit.
      state->sum.set(state->sum.get() + static_cast<int128_t>(value));
      return true;
    } else {
      return AddTo(state, value);
    }
  }
  static bool AddMany(const AggregateCall&, State* state, T value, size_t n) {
    int128_t product;
    state->count += static_cast<int64_t>(n);
    return !__builtin_mul_overflow(static_cast<int128_t>(value), static_cast<int128_t>(n),
                                   &product) &&
           AddTo(state, product);
  }
  static bool AddBlock(const AggregateCall&, State* state, const T* values, size_t n) {
    state->count += static_cast<int64_t>(n);
    if constexpr (sizeof(T) == 8) {
      // High and low halves apart: both loops vectorise, neither can overflow 2^31 rows.
      int128_t total = 0;
      for (size_t begin = 0; begin < n; begin += 1 << 20) {
        const size_t end = n - begin < (1 << 20) ? n : begin + (1 << 20);
        uint64_t low = 0;
        int64_t high = 0;
        for (size_t i = begin; i < end; ++i) {
          low += static_cast<uint32_t>(values[i]);
          if constexpr (std::is_signed_v<T>) {
            high += static_cast<int32_t>(static_cast<uint64_t>(values[i]) >> 32);
          } else {
            high += static_cast<int64_t>(static_cast<uint64_t>(values[i]) >> 32);
          }
        }
        total += (static_cast<int128_t>(high) << 32) + static_cast<int128_t>(low);
      }
      return AddTo(state, total);
    } else {
      bool ok = true;
      for (size_t i = 0; i < n; ++i) ok &= AddTo(state, values[i]);
      return ok;
    }
  }
  static bool Merge(const AggregateCall&, State* into, const State& from) {
    into->count += from.count;
    return AddTo(into, from.sum.get());
  }
  static bool Unmerge(const AggregateCall&, State* into, const State& from) {
    int128_t sum;
    into->count -= from.count;
    const bool overflow = __builtin_sub_overflow(into->sum.get(), from.sum.get(), &sum);
    into->sum.set(sum);
    return !overflow;
  }
  static void Write(const State& state, StateWriter* writer) {
    writer->Put(state.sum.get());
    writer->Put(state.count);
  }
  static bool Read(const AggregateCall&, StateReader* reader, State* state) {
    int128_t sum;
    if (!reader->Get(&sum) || !reader->Get(&state->count) || state->count < 0) return false;
    state->sum.set(sum);
    return true;
  }
  static Status Failure(const AggregateCall&) {
    return OutOfRange("the sum needs more than the 38 digits of a DECIMAL");
  }
};

struct WideSumFinish {
  static Status Finish(const AggregateCall&, const WideSumState& state, ResultWriter* writer,
                       size_t row) {
    if (state.count == 0) {
      writer->SetNull<int128_t>(row);
      return OkStatus();
    }
    const int128_t sum = state.sum.get();
    if (sum > MaxDecimal() || sum < -MaxDecimal()) {
      return OutOfRange("the sum needs more than the 38 digits of a DECIMAL");
    }
    writer->Set<int128_t>(row, sum);
    return OkStatus();
  }
};
struct WideAverageFinish {
  static void Finish(const AggregateCall& call, const WideSumState& state, ResultWriter* writer,
                     size_t row) {
    if (state.count == 0) return writer->SetNull<double>(row);
    const int128_t sum = state.sum.get();
    // Whole part and remainder apart keeps the digits that one division would round away twice.
    const int128_t whole = sum / state.count;
    const int128_t rest = sum % state.count;
    long double average = static_cast<long double>(whole) +
                          static_cast<long double>(rest) / static_cast<long double>(state.count);
    const int scale = call.arg_types[0].id() == TypeId::kDecimal ? call.arg_types[0].scale() : 0;
    if (scale > 0) average /= std::pow(10.0L, scale);
    writer->Set<double>(row, static_cast<double>(average));
  }
};

// ---- REAL and DOUBLE ----------------------------------------------------------------------------

struct FloatSumState {
  double sum;
  int64_t count;
};

// What PostgreSQL refuses: finite values whose sum is not. Infinity as a value stays what it is.
inline bool SumOverflows(double before, double added, double sum) {
  return std::isinf(sum) && std::isfinite(before) && std::isfinite(added);
}

template <typename T>
struct FloatSumOp {
  using State = FloatSumState;
  using Value = T;
  static constexpr std::string_view kName = "sum";
  static constexpr uint8_t kVersion = 1;
  static bool Add(const AggregateCall&, State* state, T value) {
    ++state->count;
    const double before = state->sum;
    state->sum = before + static_cast<double>(value);
    return !SumOverflows(before, value, state->sum);
  }
  static bool AddMany(const AggregateCall&, State* state, T value, size_t n) {
    state->count += static_cast<int64_t>(n);
    const double before = state->sum;
    state->sum = before + static_cast<double>(value) * static_cast<double>(n);
    return !SumOverflows(before, value, state->sum);
  }
  static bool AddBlock(const AggregateCall&, State* state, const T* values, size_t n) {
    state->count += static_cast<int64_t>(n);
    double sums[8] = {};
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
      for (int lane = 0; lane < 8; ++lane) sums[lane] += values[i + lane];
    }
    for (; i < n; ++i) sums[0] += values[i];
    const double added =
        ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
    const double before = state->sum;
    state->sum = before + added;
    if (std::isfinite(state->sum)) [[likely]]
      return true;
    if (std::isfinite(added)) return !SumOverflows(before, added, state->sum);
    return std::any_of(values, values + n, [](T value) { return !std::isfinite(value); });
  }
  static bool Merge(const AggregateCall&, State* into, const State& from) {
    into->count += from.count;
    const double before = into->sum;
    into->sum = before + from.sum;
    return !SumOverflows(before, from.sum, into->sum);
  }
  static void Write(const State& state, StateWriter* writer) {
    writer->Put(state.sum);
    writer->Put(state.count);
  }
  static bool Read(const AggregateCall&, StateReader* reader, State* state) {
    return reader->Get(&state->sum) && reader->Get(&state->count) && state->count >= 0;
  }
  static Status Failure(const AggregateCall&) { return OutOfRange("value out of range: overflow"); }
};

struct FloatSumFinish {
  static void Finish(const AggregateCall&, const FloatSumState& state, ResultWriter* writer,
                     size_t row) {
    if (state.count == 0)
      writer->SetNull<double>(row);
    else
      writer->Set<double>(row, state.sum);
  }
};
struct FloatAverageFinish {
  static void Finish(const AggregateCall&, const FloatSumState& state, ResultWriter* writer,
                     size_t row) {
    if (state.count == 0)
      writer->SetNull<double>(row);
    else
      writer->Set<double>(row, state.sum / static_cast<double>(state.count));
  }
};

// ---- INTERVAL -----------------------------------------------------------------------------------

struct IntervalSumState {
  int64_t months;
  int64_t days;
  Int128Words micros;
  int64_t count;
};

struct IntervalSumOp {
  using State = IntervalSumState;
  using Value = Interval;
  static constexpr std::string_view kName = "sum";
  static constexpr uint8_t kVersion = 1;
  static bool Add(const AggregateCall& call, State* state, const Interval& value) {
    return AddMany(call, state, value, 1);
  }
  static bool AddMany(const AggregateCall&, State* state, const Interval& value, size_t n) {
    state->count += static_cast<int64_t>(n);
    state->micros.set(state->micros.get() + static_cast<int128_t>(value.micros) * n);
    return !__builtin_add_overflow(state->months, int64_t{value.months} * static_cast<int64_t>(n),
                                   &state->months) &&
           !__builtin_add_overflow(state->days, int64_t{value.days} * static_cast<int64_t>(n),
                                   &state->days);
  }
  static bool Merge(const AggregateCall&, State* into, const State& from) {
    into->count += from.count;
    into->micros.set(into->micros.get() + from.micros.get());
    return !__builtin_add_overflow(into->months, from.months, &into->months) &&
           !__builtin_add_overflow(into->days, from.days, &into->days);
  }
  static bool Unmerge(const AggregateCall&, State* into, const State& from) {
    into->count -= from.count;
    into->micros.set(into->micros.get() - from.micros.get());
    return !__builtin_sub_overflow(into->months, from.months, &into->months) &&
           !__builtin_sub_overflow(into->days, from.days, &into->days);
  }
  static void Write(const State& state, StateWriter* writer) {
    writer->Put(state.months);
    writer->Put(state.days);
    writer->Put(state.micros.get());
    writer->Put(state.count);
  }
  static bool Read(const AggregateCall&, StateReader* reader, State* state) {
    int128_t micros;
    if (!reader->Get(&state->months) || !reader->Get(&state->days) || !reader->Get(&micros) ||
        !reader->Get(&state->count) || state->count < 0) {
      return false;
    }
    state->micros.set(micros);
    return true;
  }
  static Status Failure(const AggregateCall&) { return OutOfRange("interval out of range in sum"); }
};

Status SetInterval(int128_t months, int128_t days, int128_t micros, ResultWriter* writer,
                   size_t row) {
  if (months != static_cast<int32_t>(months) || days != static_cast<int32_t>(days) ||
      micros != static_cast<int64_t>(micros)) {
    return OutOfRange("interval out of range");
  }
  writer->Set(row, Interval{static_cast<int32_t>(months), static_cast<int32_t>(days),
                            static_cast<int64_t>(micros)});
  return OkStatus();
}
struct IntervalSumFinish {
  static Status Finish(const AggregateCall&, const IntervalSumState& state, ResultWriter* writer,
                       size_t row) {
    if (state.count == 0) {
      writer->SetNull<Interval>(row);
      return OkStatus();
    }
    return SetInterval(state.months, state.days, state.micros.get(), writer, row);
  }
};
struct IntervalAverageFinish {
  // As PostgreSQL divides: what is left of months goes to days (30 a month), of days to micros.
  static Status Finish(const AggregateCall&, const IntervalSumState& state, ResultWriter* writer,
                       size_t row) {
    if (state.count == 0) {
      writer->SetNull<Interval>(row);
      return OkStatus();
    }
    const int128_t n = state.count;
    constexpr int128_t kDayMicros = int128_t{86400} * 1000000;
    const int128_t months = state.months / n;
    const int128_t month_days = (state.months % n) * 30;  // in n-ths of a day
    int128_t days = state.days / n + month_days / n;
    int128_t day_rest = state.days % n + month_days % n;
    days += day_rest / n;
    day_rest %= n;
    const int128_t scaled = state.micros.get() + day_rest * kDayMicros;
    const int128_t half = scaled < 0 ? -(n / 2) : n / 2;
    return SetInterval(months, days, (scaled + half) / n, writer, row);
  }
};

// ---- resolution ---------------------------------------------------------------------------------

template <typename Op, typename SumEnd, typename AverageEnd>
ResolvedAggregate Pick(bool average, const Type& arg, Type sum_type) {
  if (average) {
    Type result = arg.id() == TypeId::kInterval ? Type(TypeId::kInterval) : Type(TypeId::kDouble);
    return Resolved(UnaryKernels<Op, AverageEnd>(), {arg}, result);
  }
  return Resolved(UnaryKernels<Op, SumEnd>(), {arg}, std::move(sum_type));
}
template <typename T>
ResolvedAggregate PickSmall(bool average, const Type& arg) {
  return Pick<SmallSumOp<T>, SmallSumFinish, SmallAverageFinish>(average, arg, TypeId::kBigInt);
}
template <typename T>
ResolvedAggregate PickWide(bool average, const Type& arg, int scale) {
  return Pick<WideSumOp<T>, WideSumFinish, WideAverageFinish>(average, arg,
                                                              Type::Decimal(38, scale));
}

StatusOr<ResolvedAggregate> Resolve(bool average, std::span<const ArgumentType> args) {
  if (args.size() != 1) return NoSuchOverload();
  const Type type = SettledType(args[0], TypeId::kDouble);
  switch (type.id()) {
    case TypeId::kTinyInt: return PickSmall<int8_t>(average, type);
    case TypeId::kSmallInt: return PickSmall<int16_t>(average, type);
    case TypeId::kInteger: return PickSmall<int32_t>(average, type);
    case TypeId::kUTinyInt: return PickSmall<uint8_t>(average, type);
    case TypeId::kUSmallInt: return PickSmall<uint16_t>(average, type);
    case TypeId::kUInteger: return PickSmall<uint32_t>(average, type);
    case TypeId::kBigInt: return PickWide<int64_t>(average, type, 0);
    case TypeId::kUBigInt: return PickWide<uint64_t>(average, type, 0);
    case TypeId::kDecimal:
      if (type.physical() == PhysicalType::kInt64) {
        return PickWide<int64_t>(average, type, type.scale());
      }
      return PickWide<int128_t>(average, type, type.scale());
    case TypeId::kReal:
      return Pick<FloatSumOp<float>, FloatSumFinish, FloatAverageFinish>(average, type,
                                                                         TypeId::kDouble);
    case TypeId::kDouble:
      return Pick<FloatSumOp<double>, FloatSumFinish, FloatAverageFinish>(average, type,
                                                                          TypeId::kDouble);
    case TypeId::kInterval:
      return Pick<IntervalSumOp, IntervalSumFinish, IntervalAverageFinish>(average, type,
                                                                           TypeId::kInterval);
    default: return NoSuchOverload();
  }
}
StatusOr<ResolvedAggregate> ResolveSum(std::span<const ArgumentType> args) {
  return Resolve(false, args);
}
StatusOr<ResolvedAggregate> ResolveAverage(std::span<const ArgumentType> args) {
  return Resolve(true, args);
}

}  // namespace

void RegisterSumAggregates(Registry* registry) {
  AggregateFunction sum;
  sum.name = "sum";
  sum.signature =
      "(x INTEGER) → BIGINT; (x BIGINT) → DECIMAL(38,0); (x DECIMAL(p,s)) → DECIMAL(38,s); "
      "(x DOUBLE) → DOUBLE; (x INTERVAL) → INTERVAL";
  sum.summary = "Sum of the values that are not NULL; NULL when there are none.";
  sum.example = "SELECT sum(x) FROM (VALUES (1), (2)) t(x)";
  sum.example_result = "3";
  sum.resolve = ResolveSum;
  registry->Add(std::move(sum));

  AggregateFunction average;
  average.name = "avg";
  average.aliases = {"mean"};
  average.signature = "(x NUMERIC) → DOUBLE; (x INTERVAL) → INTERVAL";
  average.summary =
      "Mean of the values that are not NULL, from an exact sum for integers and "
      "decimals.";
  average.example = "SELECT avg(x) FROM (VALUES (1), (2)) t(x)";
  average.example_result = "1.5";
  average.resolve = ResolveAverage;
  registry->Add(std::move(average));
}

}  // namespace shale
