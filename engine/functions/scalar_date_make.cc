// Times out of their parts, clocks, time zones, ages and differences.
#include <cmath>

#include "engine/base/clock.h"
#include "engine/functions/date.h"
#include "engine/functions/date_kernels.h"
#include "engine/functions/families.h"
#include "engine/functions/kernels.h"
#include "engine/functions/row_kernel.h"

namespace shale {
namespace {

// ---- out of parts -------------------------------------------------------------------------------

bool DaysOfParts(RowState& row, int32_t year, int32_t month, int32_t day, int64_t* days) {
  // Negative years are BC; there is no year 0.
  const int64_t astronomical = year < 0 ? int64_t{year} + 1 : year;
  if (year == 0 || year > 5874897 || year < -4714 || month < 1 || month > 12 || day < 1 ||
      day > DaysInMonth(astronomical, month)) {
    row.Fail(OutOfRange("{} out of range: {}-{:02}-{:02}",
                        year > 5874897 && month >= 1 && month <= 12 && day >= 1 && day <= 28
                            ? "date"
                            : "date field value",
                        year, month, day));
    return false;
  }
  *days = DaysFromCivil(astronomical, month, day);
  return true;
}

int32_t MakeDate(RowState& row, int32_t year, int32_t month, int32_t day) {
  int64_t days = 0;
  DaysOfParts(row, year, month, day, &days);
  return static_cast<int32_t>(days);
}

int64_t MakeTimestamp(RowState& row, int32_t year, int32_t month, int32_t day, int32_t hour,
                      int32_t minute, double second) {
  int64_t days = 0;
  if (!DaysOfParts(row, year, month, day, &days)) return 0;
  const bool midnight = hour == 24 && minute == 0 && second == 0;
  if (hour < 0 || (hour > 23 && !midnight) || minute < 0 || minute > 59 ||
      !(second >= 0 && second <= 60)) {
    row.Fail(OutOfRange("time field value out of range: {}:{:02}:{:02g}", hour, minute, second));
    return 0;
  }
  int64_t out = 0;
  if (__builtin_mul_overflow(days, kMicrosPerDay, &out) || !IsValidTimestamp(out)) {
    row.Fail(OutOfRange("timestamp out of range"));
    return 0;
  }
  return out + hour * kMicrosPerHour + minute * kMicrosPerMinute +
         static_cast<int64_t>(std::rint(second * 1e6));
}

// make_timestamptz's zones: where they are numbers, the sign is that of a time's offset (east is
// positive), not POSIX's as in AT TIME ZONE.
StatusOr<const TimeZone*> ZoneOfParts(std::string_view name) {
  if (name.size() < 2 || (name[0] != '+' && name[0] != '-' && (name[0] < '0' || name[0] > '9'))) {
    return TimeZone::FindWithAbbreviations(name);
  }
  int64_t parts[3] = {};
  size_t part = 0, digits = 0;
  bool plain = name[0] == '+' || name[0] == '-';
  for (const char c : name.substr(1)) {
    if (c == ':' && digits > 0 && part < 2) {
      ++part;
      digits = 0;
    } else if (c >= '0' && c <= '9' && digits < 2) {
      parts[part] = parts[part] * 10 + (c - '0');
      ++digits;
    } else {
      plain = false;
    }
  }
  if (!plain || digits == 0) {
    return InvalidArgument(
        "invalid input syntax for type numeric time zone: \"{}\"; write '+02' or '-05:30'", name);
  }
  if (parts[0] > 15 || parts[1] > 59 || parts[2] > 59) {
    return OutOfRange("numeric time zone \"{}\" out of range", name);
  }
  const int64_t offset =
      parts[0] * kMicrosPerHour + parts[1] * kMicrosPerMinute + parts[2] * kMicrosPerSecond;
  return &TimeZone::Fixed(name[0] == '-' ? -offset : offset);
}

int64_t MakeInstantIn(RowState& row, int32_t year, int32_t month, int32_t day, int32_t hour,
                      int32_t minute, double second, std::string_view name) {
  const auto zone = ZoneOfParts(name);
  if (!zone.ok()) {
    row.Fail(zone.status());
    return 0;
  }
  return (*zone)->ToUtc(MakeTimestamp(row, year, month, day, hour, minute, second));
}

int64_t MakeInstant(RowState& row, int32_t year, int32_t month, int32_t day, int32_t hour,
                    int32_t minute, double second) {
  auto zone = TimeZone::Find(row.context().time_zone);
  if (!zone.ok()) {
    row.Fail(zone.status());
    return 0;
  }
  return (*zone)->ToUtc(MakeTimestamp(row, year, month, day, hour, minute, second));
}

// years, months, weeks, days, hours, minutes, seconds; those not given are 0.
Status MakeIntervalKernel(const KernelCall& call, Vector* result) {
  Interval* const out = result->mutable_values<Interval>();
  const size_t num_args = call.args.size();
  bool fits = true;
  WhileValid(result->validity(), call.num_rows, [&](size_t row) {
    int64_t parts[6] = {};
    for (size_t i = 0; i < std::min<size_t>(num_args, 6); ++i) {
      parts[i] = Arg<int32_t>(call.args[i])[row];
    }
    const double seconds = num_args > 6 ? Arg<double>(call.args[6])[row] : 0;
    const int64_t months = parts[0] * 12 + parts[1];
    const int64_t days = parts[2] * 7 + parts[3];
    const double micros = static_cast<double>(parts[4]) * kMicrosPerHour +
                          static_cast<double>(parts[5]) * kMicrosPerMinute +
                          std::rint(seconds * 1e6);
    fits = months == static_cast<int32_t>(months) && days == static_cast<int32_t>(days) &&
           std::fabs(micros) < 9.2e18;
    if (fits) {
      out[row] = {static_cast<int32_t>(months), static_cast<int32_t>(days),
                  parts[4] * kMicrosPerHour + parts[5] * kMicrosPerMinute +
                      static_cast<int64_t>(std::rint(seconds * 1e6))};
    }
    return fits;
  });
  return fits ? OkStatus() : OutOfRange("interval out of range");
}

StatusOr<ResolvedScalar> ResolveMakeInterval(std::span<const ArgumentType> args) {
  if (args.size() > 7) return NotFound("make_interval takes at most 7 arguments");
  ResolvedScalar resolved;
  for (size_t i = 0; i < args.size(); ++i) {
    const Type want = i < 6 ? TypeId::kInteger : TypeId::kDouble;
    if (!ImplicitCastCost(args[i], want)) return NotFound("make_interval takes numbers");
    resolved.arg_types.push_back(want);
  }
  resolved.kernel = &MakeIntervalKernel;
  resolved.result_type = TypeId::kInterval;
  return resolved;
}

int64_t InstantOfSeconds(RowState& row, double seconds) {
  if (std::isnan(seconds)) {
    row.Fail(OutOfRange("timestamp cannot be NaN"));
    return 0;
  }
  if (std::isinf(seconds)) return seconds > 0 ? kTimestampInfinity : kTimestampMinusInfinity;
  const double micros = std::rint(seconds * 1e6);
  if (!(micros >= static_cast<double>(kMinTimestamp) && micros < 9.2233712e18)) {
    row.Fail(OutOfRange("timestamp out of range: \"{}\"", seconds));
    return 0;
  }
  return static_cast<int64_t>(micros);
}

template <int64_t kUnitMicros>
int64_t InstantOfInteger(RowState& row, int64_t count) {
  int64_t out = 0;
  if (__builtin_mul_overflow(count, kUnitMicros, &out) || !IsValidTimestamp(out)) {
    row.Fail(OutOfRange("timestamp out of range: {}", count));
  }
  return out;
}

void AddMake(Registry* registry) {
  constexpr TypeId kInteger = TypeId::kInteger;
  registry->Add(ScalarFunction{.name = "make_date",
                               .aliases = {"makeDate"},
                               .category = "date",
                               .signature = "(year INTEGER, month INTEGER, day INTEGER) → DATE",
                               .summary = "The date of these parts; negative years are BC.",
                               .example = "make_date(2020, 7, 15)",
                               .example_result = "2020-07-15",
                               .args = {kInteger, kInteger, kInteger},
                               .result = TypeId::kDate,
                               .kernel = RowKernel<MakeDate>});
  const std::vector<Type> parts = {kInteger, kInteger, kInteger,
                                   kInteger, kInteger, TypeId::kDouble};
  const std::string names =
      "(year INTEGER, month INTEGER, day INTEGER, hour INTEGER, minute "
      "INTEGER, second DOUBLE";
  registry->Add(ScalarFunction{.name = "make_timestamp",
                               .aliases = {"makeDateTime"},
                               .category = "date",
                               .signature = names + ") → TIMESTAMP",
                               .summary = "The timestamp of these parts.",
                               .example = "make_timestamp(2020, 7, 15, 8, 15, 23.5)",
                               .example_result = "2020-07-15 08:15:23.5",
                               .args = parts,
                               .result = TypeId::kTimestamp,
                               .kernel = RowKernel<MakeTimestamp>});
  registry->Add(ScalarFunction{.name = "make_timestamptz",
                               .category = "date",
                               .signature = names + ") → TIMESTAMPTZ",
                               .summary = "The instant of these parts in the session's zone.",
                               .example = "make_timestamptz(2020, 7, 15, 8, 15, 23.5)",
                               .example_result = "2020-07-15 08:15:23.5+00",
                               .volatility = Volatility::kStable,
                               .args = parts,
                               .result = TypeId::kTimestampTz,
                               .kernel = RowKernel<MakeInstant>});
  std::vector<Type> with_zone = parts;
  with_zone.push_back(TypeId::kText);
  registry->Add(
      ScalarFunction{.name = "make_timestamptz",
                     .category = "date",
                     .signature = names + ", zone TEXT) → TIMESTAMPTZ",
                     .summary = "The instant of these parts in a time zone.",
                     .example = "make_timestamptz(2020, 7, 15, 8, 15, 0, 'America/New_York')",
                     .example_result = "2020-07-15 12:15:00+00",
                     .args = with_zone,
                     .result = TypeId::kTimestampTz,
                     .kernel = RowKernel<MakeInstantIn>});
  registry->Add(ScalarFunction{
      .name = "make_interval",
      .category = "date",
      .signature = "(years, months, weeks, days, hours, mins INTEGER, secs DOUBLE) → INTERVAL",
      .summary = "The interval of these parts; any at the end may be left out.",
      .example = "make_interval(0, 0, 0, 10)",
      .example_result = "10 days",
      .resolve = &ResolveMakeInterval});
  registry->Add(ScalarFunction{.name = "to_timestamp",
                               .category = "date",
                               .signature = "(seconds DOUBLE) → TIMESTAMPTZ",
                               .summary = "The instant so many seconds after 1970-01-01 00:00 UTC.",
                               .example = "to_timestamp(1284352323.5)",
                               .example_result = "2010-09-13 04:32:03.5+00",
                               .args = {TypeId::kDouble},
                               .result = TypeId::kTimestampTz,
                               .kernel = RowKernel<InstantOfSeconds>});
  registry->Add(ScalarFunction{.name = "from_unixtime",
                               .aliases = {"fromUnixTimestamp"},
                               .category = "date",
                               .signature = "(seconds BIGINT) → TIMESTAMPTZ",
                               .summary = "The instant so many seconds after 1970-01-01 00:00 UTC.",
                               .example = "from_unixtime(1284352323)",
                               .example_result = "2010-09-13 04:32:03+00",
                               .args = {TypeId::kBigInt},
                               .result = TypeId::kTimestampTz,
                               .kernel = RowKernel<InstantOfInteger<kMicrosPerSecond>>});
  registry->Add(
      ScalarFunction{.name = "from_unixtime_ms",
                     .aliases = {"fromUnixTimestamp64Milli"},
                     .category = "date",
                     .signature = "(milliseconds BIGINT) → TIMESTAMPTZ",
                     .summary = "The instant so many milliseconds after 1970-01-01 00:00 UTC.",
                     .example = "from_unixtime_ms(1284352323500)",
                     .example_result = "2010-09-13 04:32:03.5+00",
                     .args = {TypeId::kBigInt},
                     .result = TypeId::kTimestampTz,
                     .kernel = RowKernel<InstantOfInteger<kMicrosPerMilli>>});
}

// ---- rounding, overlaps
// --------------------------------------------------------------------------

// Half away from zero, to `digits` of a second.
int64_t RoundMicros(int64_t micros, int32_t digits) {
  if (digits >= 6) return micros;
  int64_t unit = 1;
  for (int i = digits < 0 ? 0 : digits; i < 6; ++i) unit *= 10;
  const int64_t half = micros < 0 ? -unit / 2 : unit / 2;
  return WrapAdd(micros, half) / unit * unit;
}
int64_t RoundTime(RowState& row, int64_t micros, int32_t digits) {
  if (!IsFiniteTimestamp(micros)) return micros;
  const int64_t rounded = RoundMicros(micros, digits);
  if (!IsValidTimestamp(rounded)) row.Fail(OutOfRange("timestamp out of range"));
  return rounded;
}
Interval RoundInterval(RowState&, Interval value, int32_t digits) {
  value.micros = RoundMicros(value.micros, digits);
  return value;
}

void AddRoundSeconds(Registry* registry, TypeId type, ScalarKernel kernel, std::string literal,
                     std::string example_result) {
  const std::string name = Type(type).ToString();
  registry->Add(ScalarFunction{
      .name = "round_seconds",
      .category = "date",
      .signature = fmt::format("(value {0}, digits INTEGER) → {0}", name),
      .summary = "The time with so many digits after the second, as TIMESTAMP(digits) has it.",
      .example = fmt::format("round_seconds({} '{}', 1)", name, literal),
      .example_result = std::move(example_result),
      .args = {type, TypeId::kInteger},
      .result = type,
      .kernel = kernel});
}

// Two periods as PostgreSQL compares them: each runs from its earlier end up to its later one
// without it, one of no length is a moment. A NULL end leaves the answer open unless the other
// ends settle it.
Status OverlapsKernel(const KernelCall& call, Vector* result) {
  uint8_t* const out = result->mutable_values<uint8_t>();
  const auto value = [&](size_t arg, size_t row) { return Arg<int64_t>(call.args[arg])[row]; };
  for (size_t row = 0; row < call.num_rows; ++row) {
    bool null[4];
    int64_t at[4];
    for (size_t i = 0; i < 4; ++i) {
      null[i] = call.args[i].IsNull(row);
      at[i] = null[i] ? 0 : value(i, row);
    }
    out[row] = 0;
    // The known end of a half-open pair comes first; two known ends are put in order.
    bool unknown = false;
    for (size_t i = 0; i < 4; i += 2) {
      if (null[i] && null[i + 1]) {
        unknown = true;
      } else if (null[i] || (!null[i + 1] && at[i] > at[i + 1])) {
        std::swap(at[i], at[i + 1]);
        std::swap(null[i], null[i + 1]);
      }
    }
    if (unknown) {
      result->SetNull(row);
      continue;
    }
    const size_t later = at[0] > at[2] ? 0 : 2;  // begins last
    const size_t other = 2 - later;
    if (at[0] == at[2]) {
      // Both hold the common start, if both ends are known.
      if (null[1] || null[3]) {
        result->SetNull(row);
      } else {
        out[row] = 1;
      }
    } else if (null[other + 1]) {
      result->SetNull(row);
    } else {
      const bool overlap = at[later] < at[other + 1];
      if (overlap && null[later + 1]) {
        result->SetNull(row);
      } else {
        out[row] = overlap;
      }
    }
  }
  return OkStatus();
}

// The second of each pair may be how long it lasts.
template <TypeId kType>
Status OverlapsLengthKernel(const KernelCall& call, Vector* result) {
  std::vector<Vector> ends;
  for (const size_t start : {size_t{0}, size_t{2}}) {
    const Vector& length = call.args[start + 1];
    ends.push_back(call.args[start]);
    if (length.type().id() != TypeId::kInterval) {
      ends.push_back(length);
      continue;
    }
    Vector end = Vector::Flat(kType, call.num_rows);
    const TimeZone* zone = &TimeZone::Utc();
    if (kType == TypeId::kTimestampTz) {
      ASSIGN_OR_RETURN(zone, TimeZone::Find(call.context.time_zone));
    }
    for (size_t row = 0; row < call.num_rows; ++row) {
      int64_t* const at = &end.mutable_values<int64_t>()[row];
      *at = 0;
      if (call.args[start].IsNull(row) || length.IsNull(row)) {
        end.SetNull(row);
        continue;
      }
      const int64_t from = Arg<int64_t>(call.args[start])[row];
      const Interval span = Arg<Interval>(length)[row];
      // Months and days in wall time, the rest on the instant.
      int64_t local = 0;
      const bool fits = AddInterval(zone->ToLocal(from), {span.months, span.days, 0}, &local) &&
                        !__builtin_add_overflow(zone->ToUtc(local), span.micros, at);
      if (!fits || !IsValidTimestamp(*at)) return OutOfRange("timestamp out of range");
    }
    ends.push_back(std::move(end));
  }
  const KernelCall both{call.context, ends, call.num_rows, nullptr};
  return OverlapsKernel(both, result);
}

StatusOr<ResolvedScalar> ResolveOverlaps(std::span<const ArgumentType> args) {
  if (args.size() != 4) return NotFound("overlaps takes two pairs");
  TypeId type = TypeId::kTimestamp;
  for (const size_t i : {0, 2}) {
    if (!args[i].untyped_literal && args[i].type.id() == TypeId::kTimestampTz) {
      type = TypeId::kTimestampTz;
    }
  }
  ResolvedScalar resolved;
  bool lengths = false;
  for (size_t i = 0; i < 4; ++i) {
    const bool length =
        i % 2 == 1 && !args[i].untyped_literal && args[i].type.id() == TypeId::kInterval;
    lengths |= length;
    const Type want = length ? Type(TypeId::kInterval) : Type(type);
    if (!ImplicitCastCost(args[i], want)) return NotFound("overlaps takes times");
    resolved.arg_types.push_back(want);
  }
  resolved.kernel = !lengths                       ? &OverlapsKernel
                    : type == TypeId::kTimestampTz ? &OverlapsLengthKernel<TypeId::kTimestampTz>
                                                   : &OverlapsLengthKernel<TypeId::kTimestamp>;
  resolved.result_type = TypeId::kBoolean;
  return resolved;
}

// ---- clocks -------------------------------------------------------------------------------------

Status NowKernel(const KernelCall& call, Vector* result) {
  std::fill_n(result->mutable_values<int64_t>(), call.num_rows, call.context.now_us);
  return OkStatus();
}

Status LocalNowKernel(const KernelCall& call, Vector* result) {
  ASSIGN_OR_RETURN(const TimeZone* zone, TimeZone::Find(call.context.time_zone));
  std::fill_n(result->mutable_values<int64_t>(), call.num_rows, zone->ToLocal(call.context.now_us));
  return OkStatus();
}

Status TodayKernel(const KernelCall& call, Vector* result) {
  ASSIGN_OR_RETURN(const TimeZone* zone, TimeZone::Find(call.context.time_zone));
  std::fill_n(result->mutable_values<int32_t>(), call.num_rows,
              static_cast<int32_t>(DaysOfMicros(zone->ToLocal(call.context.now_us))));
  return OkStatus();
}

Status ClockKernel(const KernelCall& call, Vector* result) {
  int64_t* const out = result->mutable_values<int64_t>();
  for (size_t row = 0; row < call.num_rows; ++row) out[row] = Clock::System()->NowMicros();
  return OkStatus();
}

void AddClock(Registry* registry, std::string name, std::vector<std::string> aliases, Type result,
              std::string summary, ScalarKernel kernel, Volatility volatility) {
  registry->Add(ScalarFunction{.name = name,
                               .aliases = std::move(aliases),
                               .category = "date",
                               .signature = "() → " + result.ToString(),
                               .summary = std::move(summary),
                               .example = name + "() IS NOT NULL",
                               .example_result = "t",
                               .volatility = volatility,
                               .result = std::move(result),
                               .kernel = kernel});
}

// ---- AT TIME ZONE -------------------------------------------------------------------------------

// A fixed offset as an interval; months have no fixed length.
StatusOr<const TimeZone*> ZoneOf(const Interval& offset) {
  if (offset.months != 0 || offset.days != 0) {
    return InvalidArgument("interval time zone must not include months or days");
  }
  constexpr int64_t kMost = 24 * kMicrosPerHour;
  if (offset.micros > kMost || offset.micros < -kMost) {
    return OutOfRange("a time zone's offset is at most 24 hours");
  }
  return &TimeZone::Fixed(offset.micros - offset.micros % kMicrosPerSecond);
}
StatusOr<const TimeZone*> ZoneOf(std::string_view name) {
  return TimeZone::FindWithAbbreviations(name);
}

// kToLocal: TIMESTAMPTZ to the zone's wall time; else back.
template <typename Z, bool kToLocal>
Status TimeZoneKernel(const KernelCall& call, Vector* result) {
  const Arg<Z> zones(call.args[0]);
  const Vector& times = call.args[1];
  const Arg<int64_t> in(times);
  int64_t* const out = result->mutable_values<int64_t>();
  if (call.args[0].is_constant()) {
    ASSIGN_OR_RETURN(const TimeZone* zone, ZoneOf(zones[0]));
    if (kToLocal) {
      ForEachLocal(*zone, times, call.num_rows, out, [](int64_t local, int64_t) { return local; });
    } else {
      ZoneCursor cursor(*zone);
      for (size_t row = 0; row < call.num_rows; ++row) out[row] = cursor.ToUtc(in[row]);
    }
  } else {
    Status status;
    WhileValid(result->validity(), call.num_rows, [&](size_t row) {
      const auto zone = ZoneOf(zones[row]);
      status = zone.status();
      if (!zone.ok()) return false;
      out[row] = kToLocal ? (*zone)->ToLocal(in[row]) : (*zone)->ToUtc(in[row]);
      return true;
    });
    RETURN_IF_ERROR(status);
  }
  for (size_t row = 0; row < call.num_rows; ++row) {
    if (!IsFiniteTimestamp(in[row])) [[unlikely]]
      out[row] = in[row];
  }
  return OkStatus();
}

// A date's midnight in the session's zone, as clocks in `zone` show it.
int64_t DateInZone(RowState& row, std::string_view name, int32_t days) {
  const auto session = TimeZone::Find(row.context().time_zone);
  const auto zone = TimeZone::FindWithAbbreviations(name);
  int64_t local = 0;
  if (!session.ok() || !zone.ok()) {
    row.Fail(session.ok() ? zone.status() : session.status());
  } else if (!IsFiniteDate(days)) {
    return days == kDateInfinity ? kTimestampInfinity : kTimestampMinusInfinity;
  } else if (__builtin_mul_overflow(int64_t{days}, kMicrosPerDay, &local) ||
             !IsValidTimestamp(local)) {
    row.Fail(OutOfRange("date out of range for timestamp"));
  } else {
    return (*zone)->ToLocal((*session)->ToUtc(local));
  }
  return 0;
}

void AddTimeZones(Registry* registry) {
  registry->Add(ScalarFunction{
      .name = "timezone",
      .category = "date",
      .signature = "(zone TEXT, day DATE) → TIMESTAMP",
      .summary = "day AT TIME ZONE zone: what clocks in the zone show when the day begins in the "
                 "session's zone.",
      .example = "DATE '2020-02-16' AT TIME ZONE 'Asia/Tokyo'",
      .example_result = "2020-02-16 09:00:00",
      .volatility = Volatility::kStable,
      .args = {TypeId::kText, TypeId::kDate},
      .result = TypeId::kTimestamp,
      .kernel = RowKernel<DateInZone>});
  for (const bool by_name : {true, false}) {
    const std::string zone = by_name ? "zone TEXT" : "offset INTERVAL";
    const Type zone_type = by_name ? TypeId::kText : TypeId::kInterval;
    const std::string literal = by_name ? "'America/New_York'" : "INTERVAL '-5 hours'";
    registry->Add(ScalarFunction{
        .name = "timezone",
        .category = "date",
        .signature = fmt::format("({}, wall_time TIMESTAMP) → TIMESTAMPTZ", zone),
        .summary = "wall_time AT TIME ZONE zone: the instant when clocks in the zone show it.",
        .example = fmt::format("TIMESTAMP '2020-02-16 20:38:40' AT TIME ZONE {}", literal),
        .example_result = "2020-02-17 01:38:40+00",
        .args = {zone_type, TypeId::kTimestamp},
        .result = TypeId::kTimestampTz,
        .kernel =
            by_name ? &TimeZoneKernel<std::string_view, false> : &TimeZoneKernel<Interval, false>});
    registry->Add(ScalarFunction{
        .name = "timezone",
        .category = "date",
        .signature = fmt::format("({}, instant TIMESTAMPTZ) → TIMESTAMP", zone),
        .summary = "instant AT TIME ZONE zone: what clocks in the zone show then.",
        .example = fmt::format("TIMESTAMPTZ '2020-02-16 20:38:40+00' AT TIME ZONE {}", literal),
        .example_result = "2020-02-16 15:38:40",
        .args = {zone_type, TypeId::kTimestampTz},
        .result = TypeId::kTimestamp,
        .kernel =
            by_name ? &TimeZoneKernel<std::string_view, true> : &TimeZoneKernel<Interval, true>});
  }
}

// ---- ages and differences -----------------------------------------------------------------------

Interval AgeBetween(RowState& row, int64_t later, int64_t earlier) {
  if (!IsFiniteTimestamp(later) || !IsFiniteTimestamp(earlier)) {
    row.Fail(OutOfRange("age: interval out of range"));
    return {};
  }
  return Age(later, earlier);
}

const TimeZone* SessionZone(RowState& row) {
  auto zone = TimeZone::Find(row.context().time_zone);
  if (zone.ok()) return *zone;
  row.Fail(zone.status());
  return &TimeZone::Utc();
}

int64_t StartOfToday(RowState& row) {
  return DaysOfMicros(SessionZone(row)->ToLocal(row.context().now_us)) * kMicrosPerDay;
}

Interval AgeToday(RowState& row, int64_t earlier) {
  return AgeBetween(row, StartOfToday(row), earlier);
}

int64_t LocalOf(const TimeZone& zone, int64_t utc) {
  return IsFiniteTimestamp(utc) ? zone.ToLocal(utc) : utc;
}

Interval InstantAge(RowState& row, int64_t later, int64_t earlier) {
  const TimeZone& zone = *SessionZone(row);
  return AgeBetween(row, LocalOf(zone, later), LocalOf(zone, earlier));
}

Interval InstantAgeToday(RowState& row, int64_t earlier) {
  return AgeBetween(row, StartOfToday(row), LocalOf(*SessionZone(row), earlier));
}

int64_t Boundaries(RowState& row, std::string_view text, int64_t a, int64_t b) {
  DateUnit unit = DateUnit::kDay;
  if (!ParseDateUnit(text, &unit) || unit > DateUnit::kMillennium) {
    row.Fail(UnknownUnit(TypeId::kTimestamp, text));
  } else if (!IsFiniteTimestamp(a) || !IsFiniteTimestamp(b)) {
    row.Fail(OutOfRange("date_diff: cannot count between infinite timestamps"));
  } else {
    return BoundariesBetween(a, b, unit);
  }
  return 0;
}

int64_t InstantBoundaries(RowState& row, std::string_view text, int64_t a, int64_t b) {
  const TimeZone& zone = *SessionZone(row);
  return Boundaries(row, text, LocalOf(zone, a), LocalOf(zone, b));
}

void AddAges(Registry* registry) {
  constexpr TypeId kTimestamp = TypeId::kTimestamp;
  constexpr TypeId kInstant = TypeId::kTimestampTz;
  for (const TypeId type : {kTimestamp, kInstant}) {
    const bool instant = type == kInstant;
    const std::string name = Type(type).ToString();
    const Volatility volatility = instant ? Volatility::kStable : Volatility::kImmutable;
    registry->Add(ScalarFunction{
        .name = "age",
        .category = "date",
        .signature = fmt::format("(later {0}, earlier {0}) → INTERVAL", name),
        .summary = "Years, months, days and time from one to the other, as people count them.",
        .example = "age(TIMESTAMP '2001-04-10', TIMESTAMP '1957-06-13')",
        .example_result = "43 years 9 mons 27 days",
        .volatility = volatility,
        .args = {type, type},
        .result = TypeId::kInterval,
        .kernel = instant ? RowKernel<InstantAge> : RowKernel<AgeBetween>});
    registry->Add(
        ScalarFunction{.name = "age",
                       .category = "date",
                       .signature = fmt::format("(earlier {}) → INTERVAL", name),
                       .summary = "The age at the start of today.",
                       .example = "age(current_date)",
                       .example_result = "00:00:00",
                       .volatility = Volatility::kStable,
                       .args = {type},
                       .result = TypeId::kInterval,
                       .kernel = instant ? RowKernel<InstantAgeToday> : RowKernel<AgeToday>});
    registry->Add(
        ScalarFunction{.name = "date_diff",
                       .aliases = {"dateDiff", "datediff"},
                       .category = "date",
                       .signature = fmt::format("(unit TEXT, from {0}, to {0}) → BIGINT", name),
                       .summary = "How many starts of the unit lie between two times.",
                       .example = "date_diff('day', DATE '2020-02-27', DATE '2020-03-01')",
                       .example_result = "3",
                       .volatility = volatility,
                       .args = {TypeId::kText, type, type},
                       .result = TypeId::kBigInt,
                       .kernel = instant ? RowKernel<InstantBoundaries> : RowKernel<Boundaries>});
  }
}

// ---- intervals ----------------------------------------------------------------------------------

void AddJustify(Registry* registry, std::string name, std::string summary, std::string literal,
                std::string example_result, ScalarKernel kernel) {
  registry->Add(ScalarFunction{.name = name,
                               .category = "date",
                               .signature = "(value INTERVAL) → INTERVAL",
                               .summary = std::move(summary),
                               .example = fmt::format("{}(INTERVAL '{}')", name, literal),
                               .example_result = std::move(example_result),
                               .args = {TypeId::kInterval},
                               .result = TypeId::kInterval,
                               .kernel = kernel});
}

void AddFinite(Registry* registry, Type type, ScalarKernel kernel) {
  registry->Add(ScalarFunction{.name = "isfinite",
                               .category = "date",
                               .signature = fmt::format("(value {}) → BOOLEAN", type.ToString()),
                               .summary = "Whether it is neither infinity nor -infinity.",
                               .example = "isfinite(DATE '2020-02-16')",
                               .example_result = "t",
                               .args = {type},
                               .result = TypeId::kBoolean,
                               .kernel = kernel});
}

}  // namespace

void RegisterDateMake(Registry* registry) {
  AddMake(registry);
  AddRoundSeconds(registry, TypeId::kTimestamp, RowKernel<RoundTime>, "2020-02-16 20:38:40.25",
                  "2020-02-16 20:38:40.3");
  AddRoundSeconds(registry, TypeId::kTimestampTz, RowKernel<RoundTime>, "2020-02-16 20:38:40.25+00",
                  "2020-02-16 20:38:40.3+00");
  AddRoundSeconds(registry, TypeId::kInterval, RowKernel<RoundInterval>, "1.25 seconds",
                  "00:00:01.3");
  registry->Add(ScalarFunction{
      .name = "overlaps",
      .category = "date",
      .signature = "(start, end TIMESTAMP or INTERVAL, start, end) → BOOLEAN",
      .summary = "(start, end) OVERLAPS (start, end): whether two periods have a moment in common; "
                 "a period ends before its end.",
      .example = "(DATE '2024-01-01', DATE '2024-01-31') OVERLAPS (DATE '2024-01-30', INTERVAL '3 "
                 "days')",
      .example_result = "t",
      .nulls = NullRule::kCustom,
      .volatility = Volatility::kStable,
      .resolve = &ResolveOverlaps});
  AddClock(registry, "now", {"current_timestamp", "transaction_timestamp", "statement_timestamp"},
           TypeId::kTimestampTz, "When the statement began.", &NowKernel, Volatility::kStable);
  AddClock(registry, "current_date", {"today"}, TypeId::kDate,
           "The session zone's date when the statement began.", &TodayKernel, Volatility::kStable);
  AddClock(registry, "localtimestamp", {}, TypeId::kTimestamp,
           "The session zone's wall time when the statement began.", &LocalNowKernel,
           Volatility::kStable);
  AddClock(registry, "clock_timestamp", {}, TypeId::kTimestampTz,
           "The time at the moment the row is computed.", &ClockKernel, Volatility::kVolatile);
  AddTimeZones(registry);
  AddAges(registry);
  AddJustify(registry, "justify_days", "Every 30 days turned into a month.", "35 days",
             "1 mon 5 days",
             Unary<Interval, Interval>([](Interval value) { return JustifyDays(value); }));
  AddJustify(registry, "justify_hours", "Every 24 hours turned into a day.", "27 hours",
             "1 day 03:00:00",
             Unary<Interval, Interval>([](Interval value) { return JustifyHours(value); }));
  AddJustify(registry, "justify_interval",
             "Hours turned into days, days into months, and all signs made alike.", "1 mon -1 hour",
             "29 days 23:00:00",
             Unary<Interval, Interval>([](Interval value) { return JustifyInterval(value); }));
  AddFinite(registry, TypeId::kDate,
            Unary<int32_t, uint8_t>([](int32_t days) { return IsFiniteDate(days); }));
  AddFinite(registry, TypeId::kTimestamp,
            Unary<int64_t, uint8_t>([](int64_t time) { return IsFiniteTimestamp(time); }));
  AddFinite(registry, TypeId::kTimestampTz,
            Unary<int64_t, uint8_t>([](int64_t time) { return IsFiniteTimestamp(time); }));
  AddFinite(registry, TypeId::kInterval, Unary<Interval, uint8_t>([](Interval) { return true; }));
}

}  // namespace shale
