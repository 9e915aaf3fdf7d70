// Rounding times down: date_trunc, date_bin, time_bucket, and functions of one fixed unit.
#include <limits>
#include <optional>
#include <span>

#include "engine/functions/date.h"
#include "engine/functions/date_kernels.h"
#include "engine/functions/families.h"
#include "engine/functions/kernels.h"
#include "engine/functions/row_kernel.h"

namespace shale {
namespace {

template <DateUnit kUnit>
int64_t Truncated(int64_t local) {
  return TruncateMicros(local, kUnit);
}
// Units that are plain multiples, spelt out so that the division is by a constant.
template <int64_t kMicros>
int64_t Floor(int64_t local) {
  return FloorTo(local, kMicros);
}

// Calls visit with a function that truncates wall time to `unit`, inlined into visit's loop.
template <typename F>
void WithTruncation(DateUnit unit, F visit) {
  switch (unit) {
    case DateUnit::kMicrosecond: return visit([](int64_t t) { return t; });
    case DateUnit::kMillisecond: return visit([](int64_t t) { return Floor<kMicrosPerMilli>(t); });
    case DateUnit::kSecond: return visit([](int64_t t) { return Floor<kMicrosPerSecond>(t); });
    case DateUnit::kMinute: return visit([](int64_t t) { return Floor<kMicrosPerMinute>(t); });
    case DateUnit::kHour: return visit([](int64_t t) { return Floor<kMicrosPerHour>(t); });
    case DateUnit::kDay: return visit([](int64_t t) { return Floor<kMicrosPerDay>(t); });
    case DateUnit::kWeek:
      // 1970-01-01 was a Thursday: weeks begin 3 days before it.
      return visit([](int64_t t) {
        constexpr int64_t kShift = 3 * kMicrosPerDay;
        return WrapAdd(FloorTo(WrapAdd(t, kShift), 7 * kMicrosPerDay), -kShift);
      });
    case DateUnit::kMonth: return visit(Truncated<DateUnit::kMonth>);
    case DateUnit::kQuarter: return visit(Truncated<DateUnit::kQuarter>);
    case DateUnit::kYear: return visit(Truncated<DateUnit::kYear>);
    case DateUnit::kDecade: return visit(Truncated<DateUnit::kDecade>);
    case DateUnit::kCentury: return visit(Truncated<DateUnit::kCentury>);
    default: return visit(Truncated<DateUnit::kMillennium>);
  }
}

bool IsTruncationUnit(DateUnit unit) { return unit <= DateUnit::kMillennium; }

template <typename T>
void TruncateLocal(DateUnit unit, const Vector& values, size_t num_rows, int64_t* out) {
  const Arg<T> in(values);
  constexpr int64_t kScale = sizeof(T) == 4 ? kMicrosPerDay : 1;  // DATE counts days
  WithTruncation(unit, [&](auto truncate) {
    if (in.is_constant()) {
      const int64_t value = truncate(in[0] * kScale);
      for (size_t row = 0; row < num_rows; ++row) out[row] = value;
      return;
    }
    const T* const from = in.values();
    for (size_t row = 0; row < num_rows; ++row) out[row] = truncate(from[row] * kScale);
  });
}

// Instants truncated in a zone. Hours and less keep the offset they have, so that an hour which
// comes twice stays two; days and more are sought anew.
void TruncateInZone(DateUnit unit, const TimeZone& zone, const Vector& values, size_t num_rows,
                    int64_t* out) {
  WithTruncation(unit, [&](auto truncate) {
    if (unit <= DateUnit::kHour || zone.is_fixed()) {
      ForEachLocal(zone, values, num_rows, out, [=](int64_t local, int64_t offset) {
        return WrapAdd(truncate(local), -offset);
      });
    } else {
      ZoneCursor cursor(zone);
      ForEachLocal(zone, values, num_rows, out,
                   [&](int64_t local, int64_t) { return cursor.ToUtc(truncate(local)); });
    }
  });
}

// Infinities truncate to themselves; the loops above turned them into something else.
void KeepInfinities(const Vector& values, size_t num_rows, int64_t* out) {
  const Arg<int64_t> in(values);
  if (!AnyInfinity(in, num_rows)) [[likely]]
    return;
  for (size_t row = 0; row < num_rows; ++row) {
    if (!IsFiniteTimestamp(in[row])) out[row] = in[row];
  }
}

struct TruncState : ScalarState {
  bool has_unit = false;
  DateUnit unit = DateUnit::kDay;
  const TimeZone* zone = nullptr;  // null where it is no constant
};

Status ReadUnit(const Type& type, std::string_view text, DateUnit* unit) {
  if (ParseDateUnit(text, unit) && IsTruncationUnit(*unit)) return OkStatus();
  return UnknownUnit(type, text);
}

template <TypeId kType>
StatusOr<std::unique_ptr<ScalarState>> PrepareTrunc(const FunctionContext& context,
                                                    std::span<const Value* const> constants) {
  auto state = std::make_unique<TruncState>();
  if (constants[0] != nullptr && !constants[0]->is_null()) {
    RETURN_IF_ERROR(ReadUnit(kType, constants[0]->AsString(), &state->unit));
    state->has_unit = true;
  }
  if (constants.size() < 3) {
    ASSIGN_OR_RETURN(state->zone, TimeZone::Find(context.time_zone));
  } else if (constants[2] != nullptr && !constants[2]->is_null()) {
    ASSIGN_OR_RETURN(state->zone, TimeZone::FindWithAbbreviations(constants[2]->AsString()));
  }
  return state;
}

// Row by row, for units and zones that are no constants.
Status TruncEachRow(const KernelCall& call, bool is_instant, Vector* result) {
  auto& state = static_cast<TruncState&>(*call.state);
  const Arg<std::string_view> units(call.args[0]);
  const bool is_date = call.args[1].type().id() == TypeId::kDate;
  const bool has_zone = call.args.size() > 2;
  const Arg<std::string_view> zones(call.args[has_zone ? 2 : 0]);
  int64_t* const out = result->mutable_values<int64_t>();
  Status status;
  WhileValid(result->validity(), call.num_rows, [&](size_t row) {
    DateUnit unit;
    status = ReadUnit(call.args[1].type(), units[row], &unit);
    if (!status.ok()) return false;
    if (!is_instant) {
      const int64_t local = is_date ? Arg<int32_t>(call.args[1])[row] * kMicrosPerDay
                                    : Arg<int64_t>(call.args[1])[row];
      out[row] = TruncateMicros(local, unit);
      return true;
    }
    const TimeZone* zone = state.zone;
    if (has_zone) {
      auto found = TimeZone::FindWithAbbreviations(zones[row]);
      status = found.status();
      if (!status.ok()) return false;
      zone = *found;
    }
    const int64_t utc = Arg<int64_t>(call.args[1])[row];
    const int64_t offset = zone->OffsetAt(utc);
    const int64_t local = TruncateMicros(WrapAdd(utc, offset), unit);
    out[row] = unit <= DateUnit::kHour ? local - offset : zone->ToUtc(local);
    return true;
  });
  return status;
}

template <TypeId kType>
Status TruncKernel(const KernelCall& call, Vector* result) {
  constexpr bool kInstant = kType == TypeId::kTimestampTz;
  auto& state = static_cast<TruncState&>(*call.state);
  int64_t* const out = result->mutable_values<int64_t>();
  const Vector& values = call.args[1];
  if (!state.has_unit || (kInstant && state.zone == nullptr)) {
    RETURN_IF_ERROR(TruncEachRow(call, kInstant, result));
  } else if (kInstant) {
    TruncateInZone(state.unit, *state.zone, values, call.num_rows, out);
  } else if (kType == TypeId::kDate) {
    TruncateLocal<int32_t>(state.unit, values, call.num_rows, out);
  } else {
    TruncateLocal<int64_t>(state.unit, values, call.num_rows, out);
  }
  if (kType != TypeId::kDate) KeepInfinities(values, call.num_rows, out);
  return OkStatus();
}

Interval TruncateInterval(Interval value, DateUnit unit) {
  const auto months_to = [&](int32_t width) {
    value.months = value.months / width * width;
    value.days = 0;
    value.micros = 0;
  };
  switch (unit) {
    case DateUnit::kMillennium: months_to(12000); break;
    case DateUnit::kCentury: months_to(1200); break;
    case DateUnit::kDecade: months_to(120); break;
    case DateUnit::kYear: months_to(12); break;
    case DateUnit::kQuarter: months_to(3); break;
    case DateUnit::kMonth: months_to(1); break;
    case DateUnit::kDay: value.micros = 0; break;
    case DateUnit::kHour: value.micros -= value.micros % kMicrosPerHour; break;
    case DateUnit::kMinute: value.micros -= value.micros % kMicrosPerMinute; break;
    case DateUnit::kSecond: value.micros -= value.micros % kMicrosPerSecond; break;
    case DateUnit::kMillisecond: value.micros -= value.micros % kMicrosPerMilli; break;
    default: break;
  }
  return value;
}

Interval TruncInterval(RowState& row, std::string_view text, Interval value) {
  DateUnit unit = DateUnit::kDay;
  if (Status status = ReadUnit(TypeId::kInterval, text, &unit); !status.ok()) {
    row.Fail(std::move(status));
  } else if (unit == DateUnit::kWeek) {
    row.Fail(
        InvalidArgument("unit \"week\" not supported for type interval: months usually have "
                        "fractional weeks"));
  }
  return TruncateInterval(value, unit);
}

// ---- bins of any width --------------------------------------------------------------------------

// Bins begin on Monday 2000-01-03; those of months on 2000-01-01.
constexpr int64_t kBucketOrigin = DaysFromCivil(2000, 1, 3) * kMicrosPerDay;

Status ReadWidth(std::string_view function, const Interval& width, int64_t* micros) {
  if (width.months != 0) {
    return InvalidArgument(
        "{}timestamps cannot be binned into intervals containing months or "
        "years",
        function);
  }
  if (__builtin_mul_overflow(int64_t{width.days}, kMicrosPerDay, micros) ||
      __builtin_add_overflow(*micros, width.micros, micros)) {
    return OutOfRange("{}interval out of range", function);
  }
  if (*micros <= 0) return InvalidArgument("{}stride must be greater than zero", function);
  return OkStatus();
}

bool Bin(int64_t value, int64_t width, int64_t origin, int64_t* out) {
  int64_t difference = 0;
  if (__builtin_sub_overflow(value, origin, &difference)) return false;
  *out = value - FloorMod(difference, width);
  return IsValidTimestamp(*out);
}

bool BinMonths(int64_t value, int64_t width, int64_t origin, int64_t* out) {
  const CivilDate at = CivilFromDays(DaysOfMicros(value));
  const CivilDate from = CivilFromDays(DaysOfMicros(origin));
  const int64_t months = (int64_t{at.year} - from.year) * 12 + at.month - from.month;
  const int64_t total = int64_t{from.year} * 12 + from.month - 1 + months - FloorMod(months, width);
  *out = DaysFromCivil(FloorDiv(total, 12), static_cast<int>(FloorMod(total, 12)) + 1, 1) *
         kMicrosPerDay;
  return IsValidTimestamp(*out);
}

int64_t DateBin(RowState& row, Interval stride, int64_t value, int64_t origin) {
  if (!IsFiniteTimestamp(value)) return value;
  int64_t width = 0;
  int64_t out = 0;
  if (Status status = ReadWidth("", stride, &width); !status.ok()) {
    row.Fail(std::move(status));
  } else if (!IsFiniteTimestamp(origin)) {
    row.Fail(OutOfRange("origin out of range"));
  } else if (!Bin(value, width, origin, &out)) {
    row.Fail(OutOfRange("timestamp out of range"));
  }
  return out;
}

int64_t BucketFrom(RowState& row, Interval width, int64_t value, int64_t origin, bool own_origin) {
  if (!IsFiniteTimestamp(value)) return value;
  int64_t out = 0;
  if (width.months != 0) {
    if (width.days != 0 || width.micros != 0 || width.months < 0) {
      row.Fail(
          InvalidArgument("time_bucket: a width is positive and either whole months or days "
                          "and time, not both"));
    } else if (!BinMonths(value, width.months,
                          own_origin ? origin : DaysFromCivil(2000, 1, 1) * kMicrosPerDay, &out)) {
      row.Fail(OutOfRange("time_bucket: timestamp out of range"));
    }
    return out;
  }
  int64_t micros = 0;
  if (Status status = ReadWidth("time_bucket: ", width, &micros); !status.ok()) {
    row.Fail(std::move(status));
  } else if (!Bin(value, micros, origin, &out)) {
    row.Fail(OutOfRange("time_bucket: timestamp out of range"));
  }
  return out;
}

int64_t Bucket(RowState& row, Interval width, int64_t value) {
  return BucketFrom(row, width, value, kBucketOrigin, false);
}
int64_t BucketOrigin(RowState& row, Interval width, int64_t value, int64_t origin) {
  return BucketFrom(row, width, value, origin, true);
}
int32_t BucketDate(RowState& row, Interval width, int32_t days) {
  const int64_t bucket = BucketFrom(row, width, days * kMicrosPerDay, kBucketOrigin, false);
  return static_cast<int32_t>(DaysOfMicros(bucket));
}

// ---- buckets of a zone's wall time --------------------------------------------------------------

// The zone that was asked for last, and the bucket that was found last.
struct BucketZoneState : ScalarState {
  std::string name;
  const TimeZone* zone = nullptr;
  std::optional<ZoneCursor> cursor;
  int64_t bucket = std::numeric_limits<int64_t>::min();
  int64_t start = 0;
};
StatusOr<std::unique_ptr<ScalarState>> PrepareBucketZone(const FunctionContext&,
                                                         std::span<const Value* const>) {
  return std::make_unique<BucketZoneState>();
}

// The first instant at which the zone's clocks show `local`, or would have, had they not gone
// forward over it.
int64_t FirstInstant(const TimeZone& zone, int64_t local) {
  const int64_t utc = zone.ToUtc(local);
  const TimeZone::Span span = zone.SpanAt(utc);
  if (utc + span.offset != local) return span.begin;  // skipped: the moment of the change
  if (span.begin == std::numeric_limits<int64_t>::min()) return utc;
  const TimeZone::Span before = zone.SpanAt(span.begin - 1);
  const bool twice = before.offset > span.offset && local < span.begin + before.offset;
  return twice ? local - before.offset : utc;
}

// Buckets of an hour or less keep their length whatever the clocks do, as date_trunc's hours do;
// longer ones begin and end by the clock.
int64_t BucketInZone(RowState& row, Interval width, int64_t utc, std::string_view name,
                     std::optional<int64_t> local_origin, std::optional<int64_t> utc_origin) {
  auto& state = row.prepared<BucketZoneState>();
  if (state.zone == nullptr || state.name != name) {
    auto zone = TimeZone::FindWithAbbreviations(name);
    if (!zone.ok()) {
      row.Fail(zone.status());
      return 0;
    }
    state.name = name;
    state.zone = *zone;
    state.cursor.emplace(**zone);
    state.bucket = std::numeric_limits<int64_t>::min();
  }
  if (!IsFiniteTimestamp(utc)) return utc;
  const int64_t local = state.cursor->ToLocal(utc);
  if (utc_origin) {
    local_origin = IsFiniteTimestamp(*utc_origin) ? state.zone->ToLocal(*utc_origin) : *utc_origin;
  }
  const int64_t bucket =
      BucketFrom(row, width, local, local_origin.value_or(kBucketOrigin), local_origin.has_value());
  if (width.months == 0 && width.days == 0 && width.micros <= kMicrosPerHour) {
    return utc - (local - bucket);
  }
  if (bucket != state.bucket) {
    state.bucket = bucket;
    state.start = FirstInstant(*state.zone, bucket);
  }
  return state.start;
}

int64_t BucketZone(RowState& row, Interval width, int64_t utc, std::string_view zone) {
  return BucketInZone(row, width, utc, zone, std::nullopt, std::nullopt);
}
int64_t BucketZoneLocalOrigin(RowState& row, Interval width, int64_t utc, std::string_view zone,
                              int64_t origin) {
  return BucketInZone(row, width, utc, zone, origin, std::nullopt);
}
int64_t BucketZoneOrigin(RowState& row, Interval width, int64_t utc, std::string_view zone,
                         int64_t origin) {
  return BucketInZone(row, width, utc, zone, std::nullopt, origin);
}

template <TypeId kType>
void AddTrunc(Registry* registry) {
  constexpr bool kInstant = kType == TypeId::kTimestampTz;
  const TypeId result = kInstant ? kType : TypeId::kTimestamp;
  registry->Add(ScalarFunction{
      .name = "date_trunc",
      .aliases = {"dateTrunc"},
      .category = "date",
      .signature = fmt::format("(unit TEXT, source {}) → {}", Type(kType).ToString(),
                               Type(result).ToString()),
      .summary = "The start of the unit that holds the source: 'minute', 'hour', 'day', 'week' "
                 "(from Monday), 'month', 'quarter', 'year' and more.",
      .example = "date_trunc('hour', TIMESTAMP '2020-02-16 20:38:40')",
      .example_result = "2020-02-16 20:00:00",
      .volatility = kInstant ? Volatility::kStable : Volatility::kImmutable,
      .args = {TypeId::kText, kType},
      .result = result,
      .kernel = &TruncKernel<kType>,
      .prepare = &PrepareTrunc<kType>});
}

void AddBins(Registry* registry) {
  for (const TypeId type : {TypeId::kTimestamp, TypeId::kTimestampTz}) {
    const std::string type_name = Type(type).ToString();
    registry->Add(ScalarFunction{
        .name = "date_bin",
        .category = "date",
        .signature = fmt::format("(stride INTERVAL, source {0}, origin {0}) → {0}", type_name),
        .summary = "The start of the bin that holds the source; bins are as wide as the stride, "
                   "one begins at the origin.",
        .example =
            "date_bin('15 minutes', TIMESTAMP '2020-02-11 15:44:17', TIMESTAMP '2001-01-01')",
        .example_result = "2020-02-11 15:30:00",
        .args = {TypeId::kInterval, type, type},
        .result = type,
        .kernel = RowKernel<DateBin>});
    registry->Add(ScalarFunction{
        .name = "time_bucket",
        .category = "date",
        .signature = fmt::format("(width INTERVAL, source {0}) → {0}", type_name),
        .summary = "The start of the bucket that holds the source; buckets of days and time begin "
                   "on a Monday (2000-01-03), those of months on the first.",
        .example = "time_bucket('15 minutes', TIMESTAMP '2020-02-11 15:44:17')",
        .example_result = "2020-02-11 15:30:00",
        .args = {TypeId::kInterval, type},
        .result = type,
        .kernel = RowKernel<Bucket>});
    registry->Add(ScalarFunction{
        .name = "time_bucket",
        .category = "date",
        .signature = fmt::format("(width INTERVAL, source {0}, origin {0}) → {0}", type_name),
        .summary = "The start of the bucket that holds the source; one begins at the origin.",
        .example = "time_bucket('1 week', TIMESTAMP '2020-02-11 15:44:17', TIMESTAMP '2020-01-01')",
        .example_result = "2020-02-05 00:00:00",
        .args = {TypeId::kInterval, type, type},
        .result = type,
        .kernel = RowKernel<BucketOrigin>});
  }
  registry->Add(ScalarFunction{.name = "time_bucket",
                               .category = "date",
                               .signature = "(width INTERVAL, source DATE) → DATE",
                               .summary = "The day that the source's bucket begins on.",
                               .example = "time_bucket('1 week', DATE '2020-02-11')",
                               .example_result = "2020-02-10",
                               .args = {TypeId::kInterval, TypeId::kDate},
                               .result = TypeId::kDate,
                               .kernel = RowKernel<BucketDate>});
  registry->Add(ScalarFunction{
      .name = "time_bucket",
      .category = "date",
      .signature = "(width INTERVAL, source TIMESTAMPTZ, zone TEXT) → TIMESTAMPTZ",
      .summary = "The start of the bucket that holds the source in a zone's wall time. Buckets of "
                 "up to an "
                 "hour last as long when clocks change; longer ones begin and end by the clock.",
      .example = "time_bucket('1 day', TIMESTAMPTZ '2020-02-11 03:00:00+00', 'America/New_York')",
      .example_result = "2020-02-10 05:00:00+00",
      .args = {TypeId::kInterval, TypeId::kTimestampTz, TypeId::kText},
      .result = TypeId::kTimestampTz,
      .kernel = RowKernel<BucketZone>,
      .prepare = &PrepareBucketZone});
  for (const TypeId origin : {TypeId::kTimestamp, TypeId::kTimestampTz}) {
    registry->Add(ScalarFunction{
        .name = "time_bucket",
        .category = "date",
        .signature =
            fmt::format("(width INTERVAL, source TIMESTAMPTZ, zone TEXT, origin {}) → TIMESTAMPTZ",
                        Type(origin).ToString()),
        .summary = origin == TypeId::kTimestamp
                       ? "The start of the bucket that holds the source in a zone's wall time; one "
                         "begins when clocks there show the origin."
                       : "The start of the bucket that holds the source in a zone's wall time; one "
                         "begins at the origin.",
        .example = "time_bucket('1 week', TIMESTAMPTZ '2024-04-03 12:00:00+00', 'Europe/Berlin', "
                   "TIMESTAMP '2024-01-07')",
        .example_result = "2024-03-30 23:00:00+00",
        .args = {TypeId::kInterval, TypeId::kTimestampTz, TypeId::kText, origin},
        .result = TypeId::kTimestampTz,
        .kernel = origin == TypeId::kTimestamp ? RowKernel<BucketZoneLocalOrigin>
                                               : RowKernel<BucketZoneOrigin>,
        .prepare = &PrepareBucketZone});
  }
}

// ---- one unit a function ------------------------------------------------------------------------

template <DateUnit kUnit>
Status StartOfKernel(const KernelCall& call, Vector* result) {
  const Vector& values = call.args[0];
  int64_t* const out = result->mutable_values<int64_t>();
  if (values.type().id() == TypeId::kTimestampTz) {
    ASSIGN_OR_RETURN(const TimeZone* zone, TimeZone::Find(call.context.time_zone));
    TruncateInZone(kUnit, *zone, values, call.num_rows, out);
  } else {
    TruncateLocal<int64_t>(kUnit, values, call.num_rows, out);
  }
  KeepInfinities(values, call.num_rows, out);
  return OkStatus();
}

template <DateUnit kUnit>
void AddStartOf(Registry* registry, std::string alias, std::string example_result) {
  for (const TypeId type : {TypeId::kTimestamp, TypeId::kTimestampTz}) {
    const std::string type_name = Type(type).ToString();
    const std::string name = fmt::format("to_start_of_{}", DateUnitName(kUnit));
    registry->Add(ScalarFunction{
        .name = name,
        .aliases = {alias},
        .category = "date",
        .signature = fmt::format("(source {0}) → {0}", type_name),
        .summary = fmt::format("date_trunc('{}', source).", DateUnitName(kUnit)),
        .example = fmt::format("{}(TIMESTAMP '2020-02-16 20:38:40')", name),
        .example_result = example_result,
        .volatility = type == TypeId::kTimestampTz ? Volatility::kStable : Volatility::kImmutable,
        .args = {type},
        .result = type,
        .kernel = &StartOfKernel<kUnit>});
  }
}

int64_t DayOfLocal(int64_t local, int64_t) { return DaysOfMicros(local); }
int64_t LastDayOfLocal(int64_t local, int64_t) {
  const CivilDate civil = CivilFromDays(DaysOfMicros(local));
  return DaysFromCivil(civil.year, civil.month, DaysInMonth(civil.year, civil.month));
}

template <int64_t (*Fn)(int64_t, int64_t)>
Status DayKernel(const KernelCall& call, Vector* result) {
  const Vector& values = call.args[0];
  int32_t* const out = result->mutable_values<int32_t>();
  const TimeZone* zone = &TimeZone::Utc();
  if (values.type().id() == TypeId::kTimestampTz) {
    ASSIGN_OR_RETURN(zone, TimeZone::Find(call.context.time_zone));
  }
  ForEachLocal(*zone, values, call.num_rows, out, Fn);
  return OkStatus();
}

template <int64_t (*Fn)(int64_t, int64_t)>
void AddDay(Registry* registry, std::string name, std::string alias, std::string summary,
            std::string example_result) {
  for (const TypeId type : {TypeId::kTimestamp, TypeId::kTimestampTz}) {
    registry->Add(ScalarFunction{
        .name = name,
        .aliases = {alias},
        .category = "date",
        .signature = fmt::format("(source {}) → DATE", Type(type).ToString()),
        .summary = summary,
        .example = fmt::format("{}(TIMESTAMP '2020-02-16 20:38:40')", name),
        .example_result = example_result,
        .volatility = type == TypeId::kTimestampTz ? Volatility::kStable : Volatility::kImmutable,
        .args = {type},
        .result = TypeId::kDate,
        .kernel = &DayKernel<Fn>});
  }
}

}  // namespace

void RegisterDateTrunc(Registry* registry) {
  AddTrunc<TypeId::kTimestamp>(registry);
  AddTrunc<TypeId::kTimestampTz>(registry);
  AddTrunc<TypeId::kDate>(registry);
  registry->Add(ScalarFunction{
      .name = "date_trunc",
      .category = "date",
      .signature = "(unit TEXT, source TIMESTAMPTZ, zone TEXT) → TIMESTAMPTZ",
      .summary = "The start, in a time zone, of the unit that holds the source.",
      .example = "date_trunc('day', TIMESTAMPTZ '2020-02-16 20:38:40+00', 'Australia/Sydney')",
      .example_result = "2020-02-16 13:00:00+00",
      .args = {TypeId::kText, TypeId::kTimestampTz, TypeId::kText},
      .result = TypeId::kTimestampTz,
      .kernel = &TruncKernel<TypeId::kTimestampTz>,
      .prepare = &PrepareTrunc<TypeId::kTimestampTz>});
  registry->Add(ScalarFunction{.name = "date_trunc",
                               .category = "date",
                               .signature = "(unit TEXT, source INTERVAL) → INTERVAL",
                               .summary = "The interval without what is smaller than the unit.",
                               .example = "date_trunc('hour', INTERVAL '2 days 03:40:00')",
                               .example_result = "2 days 03:00:00",
                               .args = {TypeId::kText, TypeId::kInterval},
                               .result = TypeId::kInterval,
                               .kernel = RowKernel<TruncInterval>});
  AddBins(registry);
  AddStartOf<DateUnit::kSecond>(registry, "toStartOfSecond", "2020-02-16 20:38:40");
  AddStartOf<DateUnit::kMinute>(registry, "toStartOfMinute", "2020-02-16 20:38:00");
  AddStartOf<DateUnit::kHour>(registry, "toStartOfHour", "2020-02-16 20:00:00");
  AddStartOf<DateUnit::kDay>(registry, "toStartOfDay", "2020-02-16 00:00:00");
  AddStartOf<DateUnit::kWeek>(registry, "toMonday", "2020-02-10 00:00:00");
  AddStartOf<DateUnit::kMonth>(registry, "toStartOfMonth", "2020-02-01 00:00:00");
  AddStartOf<DateUnit::kQuarter>(registry, "toStartOfQuarter", "2020-01-01 00:00:00");
  AddStartOf<DateUnit::kYear>(registry, "toStartOfYear", "2020-01-01 00:00:00");
  AddDay<DayOfLocal>(registry, "date", "toDate", "The day, without the time.", "2020-02-16");
  AddDay<LastDayOfLocal>(registry, "last_day", "toLastDayOfMonth", "The last day of the month.",
                         "2020-02-29");
}

}  // namespace shale
