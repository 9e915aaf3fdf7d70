// + - * / over dates, timestamps and intervals.
#include "engine/functions/date.h"
#include "engine/functions/date_kernels.h"
#include "engine/functions/families.h"
#include "engine/functions/kernels.h"
#include "engine/functions/row_kernel.h"

namespace shale {
namespace {

Status DateOutOfRange() { return OutOfRange("date out of range"); }
Status TimestampOutOfRange() { return OutOfRange("timestamp out of range"); }
Status IntervalOutOfRange() { return OutOfRange("interval out of range"); }

// ---- dates and days -----------------------------------------------------------------------------

template <int kSign>
int32_t MoveDate(int32_t date, int32_t days, uint32_t* failed) {
  const int64_t moved = int64_t{date} + kSign * int64_t{days};
  const bool finite = IsFiniteDate(date);
  *failed |= finite && (moved < kMinDate || moved > kMaxDate);
  return finite ? static_cast<int32_t>(moved) : date;
}

// ---- intervals added ----------------------------------------------------------------------------

template <int kSign>
Interval Signed(RowState& row, Interval interval) {
  if (kSign < 0 && !NegateInterval(interval, &interval)) row.Fail(IntervalOutOfRange());
  return interval;
}

template <int kSign>
int64_t MoveTimestamp(RowState& row, int64_t local, Interval interval) {
  int64_t out = 0;
  if (!AddInterval(local, Signed<kSign>(row, interval), &out)) row.Fail(TimestampOutOfRange());
  return out;
}

template <int kSign>
int64_t MoveDateByInterval(RowState& row, int32_t date, Interval interval) {
  if (!IsFiniteDate(date)) return date > 0 ? kTimestampInfinity : kTimestampMinusInfinity;
  int64_t local = 0;
  if (__builtin_mul_overflow(int64_t{date}, kMicrosPerDay, &local)) {
    row.Fail(TimestampOutOfRange());
    return 0;
  }
  return MoveTimestamp<kSign>(row, local, interval);
}

template <int kSign, size_t kInstant>
Status MoveInstantKernel(const KernelCall& call, Vector* result) {
  ASSIGN_OR_RETURN(const TimeZone* zone, TimeZone::Find(call.context.time_zone));
  ZoneCursor cursor(*zone);
  const Arg<int64_t> instants(call.args[kInstant]);
  const Arg<Interval> intervals(call.args[1 - kInstant]);
  int64_t* const out = result->mutable_values<int64_t>();
  Status status;
  WhileValid(result->validity(), call.num_rows, [&](size_t row) {
    Interval interval = intervals[row];
    if (!IsFiniteTimestamp(instants[row])) {
      out[row] = instants[row];
    } else if (kSign < 0 && !NegateInterval(interval, &interval)) {
      status = IntervalOutOfRange();
    } else if (!AddIntervalToInstant(cursor, instants[row], interval, &out[row])) {
      status = TimestampOutOfRange();
    }
    return status.ok();
  });
  return status;
}

template <int kSign>
Interval CombineIntervals(RowState& row, Interval a, Interval b) {
  Interval out;
  if (!AddIntervals(a, Signed<kSign>(row, b), &out)) row.Fail(IntervalOutOfRange());
  return out;
}

Interval Negate(RowState& row, Interval interval) { return Signed<-1>(row, interval); }

Interval Difference(RowState& row, int64_t a, int64_t b) {
  Interval out;
  if (!TimestampDifference(a, b, &out)) {
    row.Fail(IsFiniteTimestamp(a) && IsFiniteTimestamp(b)
                 ? IntervalOutOfRange()
                 : OutOfRange("cannot subtract infinite timestamps"));
  }
  return out;
}

int32_t DaysBetween(RowState& row, int32_t a, int32_t b) {
  int32_t out = 0;
  if (!IsFiniteDate(a) || !IsFiniteDate(b)) {
    row.Fail(OutOfRange("cannot subtract infinite dates"));
  } else if (__builtin_sub_overflow(a, b, &out)) {
    row.Fail(DateOutOfRange());
  }
  return out;
}

// ---- intervals scaled ---------------------------------------------------------------------------

Interval Multiply(RowState& row, Interval interval, double factor) {
  Interval out;
  if (!MultiplyInterval(interval, factor, &out)) row.Fail(IntervalOutOfRange());
  return out;
}

Interval Divide(RowState& row, Interval interval, double divisor) {
  Interval out;
  if (divisor == 0) {
    row.Fail(InvalidArgument("division by zero"));
  } else if (!DivideInterval(interval, divisor, &out)) {
    row.Fail(IntervalOutOfRange());
  }
  return out;
}

// Swaps the arguments of a commutative kernel function.
template <auto Fn, typename F = decltype(Fn)>
struct Swapped;
template <auto Fn, typename R, typename A, typename B>
struct Swapped<Fn, R (*)(RowState&, A, B)> {
  static R Call(RowState& row, B b, A a) { return Fn(row, a, b); }
};

struct OperatorDoc {
  std::string_view summary;
  std::string_view example;
  std::string_view result;
};

void AddOperator(Registry* registry, std::string_view name, std::vector<Type> args, Type result,
                 ScalarKernel kernel, const OperatorDoc& doc,
                 Volatility volatility = Volatility::kImmutable) {
  std::string signature = "(";
  for (size_t i = 0; i < args.size(); ++i) {
    if (i > 0) signature += ", ";
    signature += args[i].ToString();
  }
  signature += ") → " + result.ToString();
  registry->Add(ScalarFunction{.name = std::string(name),
                               .category = "date",
                               .signature = std::move(signature),
                               .summary = std::string(doc.summary),
                               .example = std::string(doc.example),
                               .example_result = std::string(doc.result),
                               .volatility = volatility,
                               .args = std::move(args),
                               .result = std::move(result),
                               .kernel = kernel});
}

void AddPlus(Registry* registry) {
  constexpr TypeId kDate = TypeId::kDate;
  constexpr TypeId kTimestamp = TypeId::kTimestamp;
  constexpr TypeId kInstant = TypeId::kTimestampTz;
  constexpr TypeId kSpan = TypeId::kInterval;
  const OperatorDoc days = {"The date so many days later.", "DATE '2020-02-28' + 2", "2020-03-01"};
  AddOperator(registry, "+", {kDate, TypeId::kInteger}, kDate,
              CheckedBinary<int32_t, int32_t, int32_t>(
                  [](int32_t date, int32_t count, auto* failed) {
                    return MoveDate<1>(date, count, failed);
                  },
                  [](int32_t, int32_t) { return DateOutOfRange(); }),
              days);
  AddOperator(registry, "+", {TypeId::kInteger, kDate}, kDate,
              CheckedBinary<int32_t, int32_t, int32_t>(
                  [](int32_t count, int32_t date, auto* failed) {
                    return MoveDate<1>(date, count, failed);
                  },
                  [](int32_t, int32_t) { return DateOutOfRange(); }),
              days);
  const OperatorDoc span = {"The time an interval later.",
                            "TIMESTAMP '2020-01-31 10:00:00' + INTERVAL '1 month'",
                            "2020-02-29 10:00:00"};
  AddOperator(registry, "+", {kDate, kSpan}, kTimestamp, RowKernel<MoveDateByInterval<1>>, span);
  AddOperator(registry, "+", {kSpan, kDate}, kTimestamp,
              RowKernel<Swapped<MoveDateByInterval<1>>::Call>, span);
  AddOperator(registry, "+", {kTimestamp, kSpan}, kTimestamp, RowKernel<MoveTimestamp<1>>, span);
  AddOperator(registry, "+", {kSpan, kTimestamp}, kTimestamp,
              RowKernel<Swapped<MoveTimestamp<1>>::Call>, span);
  const OperatorDoc instant = {"The instant an interval later; days and months keep the wall time.",
                               "TIMESTAMPTZ '2020-01-31 10:00:00+00' + INTERVAL '1 day'",
                               "2020-02-01 10:00:00+00"};
  AddOperator(registry, "+", {kInstant, kSpan}, kInstant, &MoveInstantKernel<1, 0>, instant,
              Volatility::kStable);
  AddOperator(registry, "+", {kSpan, kInstant}, kInstant, &MoveInstantKernel<1, 1>, instant,
              Volatility::kStable);
  AddOperator(
      registry, "+", {kSpan, kSpan}, kSpan, RowKernel<CombineIntervals<1>>,
      {"The sum of two intervals.", "INTERVAL '1 day' + INTERVAL '2 hours'", "1 day 02:00:00"});
}

void AddMinus(Registry* registry) {
  constexpr TypeId kDate = TypeId::kDate;
  constexpr TypeId kTimestamp = TypeId::kTimestamp;
  constexpr TypeId kInstant = TypeId::kTimestampTz;
  constexpr TypeId kSpan = TypeId::kInterval;
  AddOperator(registry, "-", {kDate, TypeId::kInteger}, kDate,
              CheckedBinary<int32_t, int32_t, int32_t>(
                  [](int32_t date, int32_t count, auto* failed) {
                    return MoveDate<-1>(date, count, failed);
                  },
                  [](int32_t, int32_t) { return DateOutOfRange(); }),
              {"The date so many days earlier.", "DATE '2020-03-01' - 1", "2020-02-29"});
  AddOperator(registry, "-", {kDate, kDate}, TypeId::kInteger, RowKernel<DaysBetween>,
              {"The days between two dates.", "DATE '2020-03-01' - DATE '2020-02-01'", "29"});
  const OperatorDoc span = {"The time an interval earlier.",
                            "TIMESTAMP '2020-03-31 10:00:00' - INTERVAL '1 month'",
                            "2020-02-29 10:00:00"};
  AddOperator(registry, "-", {kDate, kSpan}, kTimestamp, RowKernel<MoveDateByInterval<-1>>, span);
  AddOperator(registry, "-", {kTimestamp, kSpan}, kTimestamp, RowKernel<MoveTimestamp<-1>>, span);
  AddOperator(registry, "-", {kInstant, kSpan}, kInstant, &MoveInstantKernel<-1, 0>,
              {"The instant an interval earlier; days and months keep the wall time.",
               "TIMESTAMPTZ '2020-02-01 10:00:00+00' - INTERVAL '1 day'", "2020-01-31 10:00:00+00"},
              Volatility::kStable);
  const OperatorDoc difference = {
      "The days and time between two times.",
      "TIMESTAMP '2020-01-03 12:00:00' - TIMESTAMP '2020-01-01 10:00:00'", "2 days 02:00:00"};
  AddOperator(registry, "-", {kTimestamp, kTimestamp}, kSpan, RowKernel<Difference>, difference);
  AddOperator(registry, "-", {kInstant, kInstant}, kSpan, RowKernel<Difference>, difference);
  AddOperator(registry, "-", {kSpan, kSpan}, kSpan, RowKernel<CombineIntervals<-1>>,
              {"The difference of two intervals.", "INTERVAL '1 day' - INTERVAL '2 hours'",
               "1 day -02:00:00"});
  AddOperator(registry, "-", {kSpan}, kSpan, RowKernel<Negate>,
              {"The interval backwards.", "-INTERVAL '1 day'", "-1 days"});
}

}  // namespace

bool AddIntervalToInstant(ZoneCursor& cursor, int64_t utc, const Interval& interval, int64_t* out) {
  if (interval.months != 0 || interval.days != 0) {
    int64_t local = 0;
    if (!AddInterval(cursor.ToLocal(utc), {interval.months, interval.days, 0}, &local)) {
      return false;
    }
    utc = cursor.ToUtc(local);
  }
  return !__builtin_add_overflow(utc, interval.micros, out) && IsFiniteTimestamp(*out) &&
         IsValidTimestamp(*out);
}

void RegisterDateArithmetic(Registry* registry) {
  constexpr TypeId kSpan = TypeId::kInterval;
  AddPlus(registry);
  AddMinus(registry);
  const OperatorDoc multiple = {"The interval so many times over.", "INTERVAL '1 hour' * 1.5",
                                "01:30:00"};
  AddOperator(registry, "*", {kSpan, TypeId::kDouble}, kSpan, RowKernel<Multiply>, multiple);
  AddOperator(registry, "*", {TypeId::kDouble, kSpan}, kSpan, RowKernel<Swapped<Multiply>::Call>,
              multiple);
  AddOperator(registry, "/", {kSpan, TypeId::kDouble}, kSpan, RowKernel<Divide>,
              {"A fraction of the interval.", "INTERVAL '1 hour' / 1.5", "00:40:00"});
}

}  // namespace shale
