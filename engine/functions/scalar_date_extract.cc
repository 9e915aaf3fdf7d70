// extract: one function a field (extract_minute …) with its own loop, and date_part, whose field
// may be any text.
#include <cmath>

#include "engine/functions/date.h"
#include "engine/functions/date_kernels.h"
#include "engine/functions/families.h"
#include "engine/functions/kernels.h"
#include "engine/functions/row_kernel.h"

namespace shale {
namespace {

// SQL has no year 0: 1 BC is -1.
constexpr int64_t SqlYear(int64_t year) { return year > 0 ? year : year - 1; }

template <DateUnit kUnit>
int64_t FieldOfDays(int64_t days) {
  if constexpr (kUnit == DateUnit::kDow) return IsoDayOfWeek(days) % 7;
  if constexpr (kUnit == DateUnit::kIsoDow) return IsoDayOfWeek(days);
  if constexpr (kUnit == DateUnit::kDoy) return DayOfYear(days);
  if constexpr (kUnit == DateUnit::kWeek) return IsoWeekOf(days).week;
  if constexpr (kUnit == DateUnit::kIsoYear) return SqlYear(IsoWeekOf(days).year);
  if constexpr (kUnit == DateUnit::kJulian) return days - kMinDate;
  const CivilDate civil = CivilFromDays(days);
  const int64_t year = civil.year;
  if constexpr (kUnit == DateUnit::kDay) return civil.day;
  if constexpr (kUnit == DateUnit::kMonth) return civil.month;
  if constexpr (kUnit == DateUnit::kQuarter) return (civil.month - 1) / 3 + 1;
  if constexpr (kUnit == DateUnit::kDecade) return FloorDiv(year, 10);
  if constexpr (kUnit == DateUnit::kCentury) return SqlYear(FloorDiv(year - 1, 100) + 1);
  if constexpr (kUnit == DateUnit::kMillennium) return SqlYear(FloorDiv(year - 1, 1000) + 1);
  return SqlYear(year);
}

constexpr bool IsTimeOfDay(DateUnit unit) { return unit <= DateUnit::kHour; }

// Of wall time. Seconds and epochs come as microseconds, for DECIMAL(18, 6).
template <DateUnit kUnit>
int64_t FieldOfMicros(int64_t local) {
  if constexpr (kUnit == DateUnit::kEpoch) return local;
  if constexpr (IsTimeOfDay(kUnit)) {
    constexpr int64_t kAround = kUnit == DateUnit::kHour     ? kMicrosPerDay
                                : kUnit == DateUnit::kMinute ? kMicrosPerHour
                                                             : kMicrosPerMinute;
    constexpr int64_t kPart = kUnit == DateUnit::kHour          ? kMicrosPerHour
                              : kUnit == DateUnit::kMinute      ? kMicrosPerMinute
                              : kUnit == DateUnit::kMillisecond ? kMicrosPerMilli
                                                                : 1;
    return FloorMod(local, kAround) / kPart;
  } else {
    return FieldOfDays<kUnit>(DaysOfMicros(local));
  }
}

template <DateUnit kUnit>
int64_t FieldOfInterval(const Interval& value) {
  if constexpr (kUnit == DateUnit::kMicrosecond || kUnit == DateUnit::kSecond) {
    return value.micros % kMicrosPerMinute;
  }
  if constexpr (kUnit == DateUnit::kMillisecond) return value.micros % kMicrosPerMinute / 1000;
  if constexpr (kUnit == DateUnit::kMinute) return value.micros / kMicrosPerMinute % 60;
  if constexpr (kUnit == DateUnit::kHour) return value.micros / kMicrosPerHour;
  if constexpr (kUnit == DateUnit::kDay) return value.days;
  if constexpr (kUnit == DateUnit::kMonth) return value.months % 12;
  if constexpr (kUnit == DateUnit::kQuarter) return value.months % 12 / 3 + 1;
  if constexpr (kUnit == DateUnit::kYear) return value.months / 12;
  if constexpr (kUnit == DateUnit::kDecade) return value.months / 120;
  if constexpr (kUnit == DateUnit::kCentury) return value.months / 1200;
  if constexpr (kUnit == DateUnit::kMillennium) return value.months / 12000;
  // A year counts 365.25 days, a month 30.
  const int64_t quarter_days =
      int64_t{value.months / 12} * 1461 + (int64_t{value.months % 12} * 30 + value.days) * 4;
  return WrapAdd(quarter_days * (kMicrosPerDay / 4), value.micros);
}

template <DateUnit kUnit>
Status InstantFieldKernel(const KernelCall& call, Vector* result) {
  ASSIGN_OR_RETURN(const TimeZone* zone, TimeZone::Find(call.context.time_zone));
  ForEachLocal(*zone, call.args[0], call.num_rows, result->mutable_values<int64_t>(),
               [](int64_t local, int64_t offset) {
                 if (kUnit == DateUnit::kEpoch) return WrapAdd(local, -offset);
                 return FieldOfMicros<kUnit>(local);
               });
  NullInfinities(call.args[0], call.num_rows, result);
  return OkStatus();
}

template <DateUnit kUnit>
Status TimestampFieldKernel(const KernelCall& call, Vector* result) {
  const Arg<int64_t> in(call.args[0]);
  int64_t* const out = result->mutable_values<int64_t>();
  if (in.is_constant()) {
    std::fill_n(out, call.num_rows, FieldOfMicros<kUnit>(in[0]));
  } else {
    const int64_t* const from = in.values();
    for (size_t row = 0; row < call.num_rows; ++row) out[row] = FieldOfMicros<kUnit>(from[row]);
  }
  NullInfinities(call.args[0], call.num_rows, result);
  return OkStatus();
}

// The session zone's offset at an instant, in seconds, or its hours or minutes.
template <DateUnit kUnit>
Status OffsetFieldKernel(const KernelCall& call, Vector* result) {
  ASSIGN_OR_RETURN(const TimeZone* zone, TimeZone::Find(call.context.time_zone));
  ForEachLocal(*zone, call.args[0], call.num_rows, result->mutable_values<int64_t>(),
               [](int64_t, int64_t offset) {
                 if (kUnit == DateUnit::kTimezoneHour) return offset / kMicrosPerHour;
                 if (kUnit == DateUnit::kTimezoneMinute) return offset / kMicrosPerMinute % 60;
                 return offset / kMicrosPerSecond;
               });
  return OkStatus();
}

struct FieldDoc {
  std::string_view what;     // "the minute, 0 to 59"
  std::string_view literal;  // of the example
  std::string_view result;
  std::vector<std::string> aliases;
};

void AddField(Registry* registry, DateUnit unit, const FieldDoc& doc, TypeId arg, Type result,
              ScalarKernel kernel) {
  registry->Add(ScalarFunction{
      .name = fmt::format("extract_{}", DateUnitName(unit)),
      .aliases = arg == TypeId::kInterval ? std::vector<std::string>() : doc.aliases,
      .category = "date",
      .signature = fmt::format("(source {}) → {}", Type(arg).ToString(), result.ToString()),
      .summary = fmt::format("extract({} FROM source): {}.", DateUnitName(unit), doc.what),
      .example = fmt::format("extract({} FROM {})", DateUnitName(unit), doc.literal),
      .example_result = std::string(doc.result),
      .volatility = arg == TypeId::kTimestampTz ? Volatility::kStable : Volatility::kImmutable,
      .args = {arg},
      .result = result,
      .kernel = kernel});
}

template <DateUnit kUnit>
void AddFields(Registry* registry, const FieldDoc& doc) {
  const bool exact = kUnit == DateUnit::kSecond || kUnit == DateUnit::kEpoch;
  const Type result = exact ? Type::Decimal(18, 6) : Type(TypeId::kBigInt);
  AddField(registry, kUnit, doc, TypeId::kTimestamp, result, &TimestampFieldKernel<kUnit>);
  AddField(registry, kUnit, doc, TypeId::kTimestampTz, result, &InstantFieldKernel<kUnit>);
  if constexpr (!IsTimeOfDay(kUnit)) {
    AddField(registry, kUnit, doc, TypeId::kDate, result, Unary<int32_t, int64_t>([](int32_t days) {
               if (kUnit == DateUnit::kEpoch) return days * kMicrosPerDay;
               return FieldOfDays<kUnit>(days);
             }));
  }
  if constexpr (kUnit != DateUnit::kWeek && kUnit != DateUnit::kDow && kUnit != DateUnit::kIsoDow &&
                kUnit != DateUnit::kDoy && kUnit != DateUnit::kIsoYear &&
                kUnit != DateUnit::kJulian) {
    AddField(
        registry, kUnit, doc, TypeId::kInterval, result,
        Unary<Interval, int64_t>([](Interval value) { return FieldOfInterval<kUnit>(value); }));
  }
}

// ---- date_part ----------------------------------------------------------------------------------

double PartOfMicros(DateUnit unit, int64_t local, int64_t offset) {
  switch (unit) {
    case DateUnit::kMicrosecond:
      return static_cast<double>(FieldOfMicros<DateUnit::kMicrosecond>(local));
    // Whole seconds and the rest apart, so that the last digit is PostgreSQL's.
    case DateUnit::kMillisecond: {
      const int64_t micros = FieldOfMicros<DateUnit::kSecond>(local);
      return static_cast<double>(micros / 1'000'000) * 1e3 +
             static_cast<double>(micros % 1'000'000) / 1e3;
    }
    case DateUnit::kSecond: {
      const int64_t micros = FieldOfMicros<DateUnit::kSecond>(local);
      return static_cast<double>(micros / 1'000'000) +
             static_cast<double>(micros % 1'000'000) / 1e6;
    }
    case DateUnit::kMinute: return static_cast<double>(FieldOfMicros<DateUnit::kMinute>(local));
    case DateUnit::kHour: return static_cast<double>(FieldOfMicros<DateUnit::kHour>(local));
    case DateUnit::kDay: return static_cast<double>(FieldOfMicros<DateUnit::kDay>(local));
    case DateUnit::kWeek: return static_cast<double>(FieldOfMicros<DateUnit::kWeek>(local));
    case DateUnit::kMonth: return static_cast<double>(FieldOfMicros<DateUnit::kMonth>(local));
    case DateUnit::kQuarter: return static_cast<double>(FieldOfMicros<DateUnit::kQuarter>(local));
    case DateUnit::kYear: return static_cast<double>(FieldOfMicros<DateUnit::kYear>(local));
    case DateUnit::kDecade: return static_cast<double>(FieldOfMicros<DateUnit::kDecade>(local));
    case DateUnit::kCentury: return static_cast<double>(FieldOfMicros<DateUnit::kCentury>(local));
    case DateUnit::kMillennium:
      return static_cast<double>(FieldOfMicros<DateUnit::kMillennium>(local));
    case DateUnit::kDow: return static_cast<double>(FieldOfMicros<DateUnit::kDow>(local));
    case DateUnit::kIsoDow: return static_cast<double>(FieldOfMicros<DateUnit::kIsoDow>(local));
    case DateUnit::kDoy: return static_cast<double>(FieldOfMicros<DateUnit::kDoy>(local));
    case DateUnit::kIsoYear: return static_cast<double>(FieldOfMicros<DateUnit::kIsoYear>(local));
    case DateUnit::kEpoch: return static_cast<double>(WrapAdd(local, -offset)) / 1e6;
    case DateUnit::kJulian:
      return static_cast<double>(FieldOfMicros<DateUnit::kJulian>(local)) +
             static_cast<double>(FloorMod(local, kMicrosPerDay)) / kMicrosPerDay;
    case DateUnit::kTimezone: return static_cast<double>(offset / kMicrosPerSecond);
    case DateUnit::kTimezoneHour: return static_cast<double>(offset / kMicrosPerHour);
    case DateUnit::kTimezoneMinute: return static_cast<double>(offset / kMicrosPerMinute % 60);
  }
  return 0;
}

bool PartOfInterval(DateUnit unit, const Interval& value, double* out) {
  int64_t field = 0;
  double scale = 1;
  double per_second = 1;  // of what is made of microseconds
  switch (unit) {
    case DateUnit::kMicrosecond: field = FieldOfInterval<DateUnit::kMicrosecond>(value); break;
    case DateUnit::kMillisecond:
      field = FieldOfInterval<DateUnit::kSecond>(value);
      scale = 1e3;
      per_second = 1e3;
      break;
    case DateUnit::kSecond:
      field = FieldOfInterval<DateUnit::kSecond>(value);
      scale = 1e6;
      break;
    case DateUnit::kMinute: field = FieldOfInterval<DateUnit::kMinute>(value); break;
    case DateUnit::kHour: field = FieldOfInterval<DateUnit::kHour>(value); break;
    case DateUnit::kDay: field = FieldOfInterval<DateUnit::kDay>(value); break;
    case DateUnit::kMonth: field = FieldOfInterval<DateUnit::kMonth>(value); break;
    case DateUnit::kQuarter: field = FieldOfInterval<DateUnit::kQuarter>(value); break;
    case DateUnit::kYear: field = FieldOfInterval<DateUnit::kYear>(value); break;
    case DateUnit::kDecade: field = FieldOfInterval<DateUnit::kDecade>(value); break;
    case DateUnit::kCentury: field = FieldOfInterval<DateUnit::kCentury>(value); break;
    case DateUnit::kMillennium: field = FieldOfInterval<DateUnit::kMillennium>(value); break;
    case DateUnit::kEpoch:
      field = FieldOfInterval<DateUnit::kEpoch>(value);
      scale = 1e6;
      break;
    default: return false;
  }
  if (unit == DateUnit::kMillisecond || unit == DateUnit::kSecond) {
    *out = static_cast<double>(field / 1'000'000) * per_second +
           static_cast<double>(field % 1'000'000) / scale;
  } else {
    *out = static_cast<double>(field) / scale;
  }
  return true;
}

// Of an infinite time: what only grows is infinite, what comes round has no value.
bool SetInfinitePart(DateUnit unit, bool positive, size_t row, Vector* result) {
  switch (unit) {
    case DateUnit::kYear:
    case DateUnit::kDecade:
    case DateUnit::kCentury:
    case DateUnit::kMillennium:
    case DateUnit::kJulian:
    case DateUnit::kIsoYear:
    case DateUnit::kEpoch:
      result->mutable_values<double>()[row] = positive ? HUGE_VAL : -HUGE_VAL;
      return true;
    default: result->SetNull(row); return true;
  }
}

// Units read once where the text is a constant; neighbours are mostly alike otherwise.
class UnitReader {
 public:
  explicit UnitReader(const Vector& texts) : texts_(texts) {}
  bool Read(size_t row, DateUnit* unit) {
    if (!known_ || texts_[row] != last_) {
      last_ = texts_[row];
      known_ = ParseDateUnit(last_, &unit_);
    }
    *unit = unit_;
    return known_;
  }
  std::string_view text() const { return last_; }

 private:
  Arg<std::string_view> texts_;
  std::string_view last_;
  DateUnit unit_ = DateUnit::kDay;
  bool known_ = false;
};

template <TypeId kType>
Status DatePartKernel(const KernelCall& call, Vector* result) {
  double* const out = result->mutable_values<double>();
  const TimeZone* zone = &TimeZone::Utc();
  if (kType == TypeId::kTimestampTz) {
    ASSIGN_OR_RETURN(zone, TimeZone::Find(call.context.time_zone));
  }
  UnitReader units(call.args[0]);
  ZoneCursor cursor(*zone);
  Status status;
  WhileValid(result->validity(), call.num_rows, [&](size_t row) {
    DateUnit unit;
    if (!units.Read(row, &unit)) {
      status = UnknownUnit(kType == TypeId::kDate ? TypeId::kTimestamp : kType, units.text());
      return false;
    }
    if constexpr (kType == TypeId::kInterval) {
      if (PartOfInterval(unit, Arg<Interval>(call.args[1])[row], &out[row])) return true;
      status = UnsupportedUnit(kType, units.text());
      return false;
    } else if constexpr (kType == TypeId::kDate) {
      const int32_t days = Arg<int32_t>(call.args[1])[row];
      if (!IsFiniteDate(days)) return SetInfinitePart(unit, days > 0, row, result);
      out[row] = PartOfMicros(unit, days * kMicrosPerDay, 0);
      return true;
    } else {
      const int64_t value = Arg<int64_t>(call.args[1])[row];
      if (kType == TypeId::kTimestamp && unit >= DateUnit::kTimezone) {
        status = UnsupportedUnit(kType, units.text());
        return false;
      }
      if (!IsFiniteTimestamp(value)) return SetInfinitePart(unit, value > 0, row, result);
      const int64_t offset = cursor.Offset(value);
      out[row] = PartOfMicros(unit, WrapAdd(value, offset), offset);
      return true;
    }
  });
  return status;
}

template <TypeId kType>
void AddDatePart(Registry* registry) {
  registry->Add(ScalarFunction{
      .name = "date_part",
      .aliases = {"datepart"},
      .category = "date",
      .signature = fmt::format("(field TEXT, source {}) → DOUBLE", Type(kType).ToString()),
      .summary = "A field of a date, timestamp or interval by its name, as extract has them.",
      .example = "date_part('hour', TIMESTAMP '2020-02-16 20:38:40')",
      .example_result = "20",
      .volatility = kType == TypeId::kTimestampTz ? Volatility::kStable : Volatility::kImmutable,
      .args = {TypeId::kText, kType},
      .result = TypeId::kDouble,
      .kernel = &DatePartKernel<kType>});
}

// ---- whole numbers under other names ------------------------------------------------------------

// A function of wall time with one row a type of timestamp and date.
template <int64_t (*Fn)(int64_t)>
Status LocalKernel(const KernelCall& call, Vector* result) {
  ASSIGN_OR_RETURN(const TimeZone* zone, TimeZone::Find(call.context.time_zone));
  ForEachLocal(*zone, call.args[0], call.num_rows, result->mutable_values<int64_t>(),
               [](int64_t local, int64_t) { return Fn(local); });
  return OkStatus();
}

template <int64_t (*Fn)(int64_t)>
void AddOfLocal(Registry* registry, std::string name, std::vector<std::string> aliases,
                std::string summary, std::string example_result) {
  for (const TypeId type : {TypeId::kTimestamp, TypeId::kTimestampTz}) {
    registry->Add(ScalarFunction{
        .name = name,
        .aliases = aliases,
        .category = "date",
        .signature = fmt::format("(source {}) → BIGINT", Type(type).ToString()),
        .summary = summary,
        .example = fmt::format("{}(TIMESTAMP '2020-02-16 20:38:40.5')", name),
        .example_result = example_result,
        .volatility = type == TypeId::kTimestampTz ? Volatility::kStable : Volatility::kImmutable,
        .args = {type},
        .result = TypeId::kBigInt,
        .kernel = type == TypeId::kTimestampTz
                      ? &LocalKernel<Fn>
                      : Unary<int64_t, int64_t>([](int64_t local) { return Fn(local); })});
  }
}

int64_t WholeSecond(int64_t local) { return FloorMod(local, kMicrosPerMinute) / kMicrosPerSecond; }
int64_t YearMonth(int64_t local) {
  const CivilDate civil = CivilFromDays(DaysOfMicros(local));
  return int64_t{civil.year} * 100 + civil.month;
}
int64_t YearMonthDay(int64_t local) {
  const CivilDate civil = CivilFromDays(DaysOfMicros(local));
  return (int64_t{civil.year} * 100 + civil.month) * 100 + civil.day;
}

template <int64_t kUnitMicros>
void AddEpoch(Registry* registry, std::string name, std::vector<std::string> aliases,
              std::string unit, std::string example_result) {
  for (const TypeId type : {TypeId::kTimestamp, TypeId::kTimestampTz}) {
    registry->Add(ScalarFunction{
        .name = name,
        .aliases = aliases,
        .category = "date",
        .signature = fmt::format("(source {}) → BIGINT", Type(type).ToString()),
        .summary = fmt::format("Whole {} since 1970-01-01 00:00:00.", unit),
        .example = fmt::format("{}(TIMESTAMP '2020-02-16 20:38:40')", name),
        .example_result = example_result,
        .args = {type},
        .result = TypeId::kBigInt,
        .kernel =
            Unary<int64_t, int64_t>([](int64_t micros) { return FloorDiv(micros, kUnitMicros); })});
  }
}

}  // namespace

void RegisterDateExtract(Registry* registry) {
  constexpr std::string_view kSample = "TIMESTAMP '2020-02-16 20:38:40.5'";
  AddFields<DateUnit::kMicrosecond>(registry,
                                    {"the seconds in microseconds", kSample, "40500000", {}});
  AddFields<DateUnit::kMillisecond>(
      registry, {"the seconds in whole milliseconds", kSample, "40500", {"toMillisecond"}});
  AddFields<DateUnit::kSecond>(
      registry, {"the second, 0 to 59, with its fraction", kSample, "40.500000", {}});
  AddFields<DateUnit::kMinute>(registry,
                               {"the minute, 0 to 59", kSample, "38", {"minute", "toMinute"}});
  AddFields<DateUnit::kHour>(registry, {"the hour, 0 to 23", kSample, "20", {"hour", "toHour"}});
  AddFields<DateUnit::kDay>(registry, {"the day of the month, 1 to 31; of an interval its days",
                                       kSample,
                                       "16",
                                       {"day", "dayofmonth", "toDayOfMonth"}});
  AddFields<DateUnit::kWeek>(
      registry, {"the ISO week, 1 to 53", kSample, "7", {"week", "weekofyear", "toISOWeek"}});
  AddFields<DateUnit::kMonth>(registry, {"the month, 1 to 12", kSample, "2", {"month", "toMonth"}});
  AddFields<DateUnit::kQuarter>(registry,
                                {"the quarter, 1 to 4", kSample, "1", {"quarter", "toQuarter"}});
  AddFields<DateUnit::kYear>(registry,
                             {"the year; 1 BC is -1", kSample, "2020", {"year", "toYear"}});
  AddFields<DateUnit::kDecade>(registry, {"the year over 10", kSample, "202", {"decade"}});
  AddFields<DateUnit::kCentury>(registry,
                                {"the century; 2001 began the 21st", kSample, "21", {"century"}});
  AddFields<DateUnit::kMillennium>(
      registry, {"the millennium; 2001 began the third", kSample, "3", {"millennium"}});
  AddFields<DateUnit::kDow>(
      registry, {"the day of the week, 0 Sunday to 6", kSample, "0", {"dayofweek", "weekday"}});
  AddFields<DateUnit::kIsoDow>(
      registry, {"the day of the week, 1 Monday to 7", kSample, "7", {"isodow", "toDayOfWeek"}});
  AddFields<DateUnit::kDoy>(
      registry, {"the day of the year, 1 to 366", kSample, "47", {"dayofyear", "toDayOfYear"}});
  AddFields<DateUnit::kIsoYear>(
      registry,
      {"the year that the ISO week belongs to", kSample, "2020", {"isoyear", "toISOYear"}});
  AddFields<DateUnit::kJulian>(registry, {"the Julian day number", kSample, "2458896", {"julian"}});
  AddFields<DateUnit::kEpoch>(registry, {"seconds since 1970-01-01 00:00:00; of an interval all "
                                         "of it in seconds, a year being 365.25 days",
                                         kSample,
                                         "1581885520.500000",
                                         {"epoch"}});
  const FieldDoc offset_doc = {"the time zone's offset east of Greenwich in seconds",
                               "TIMESTAMPTZ '2020-02-16 20:38:40+00'",
                               "0",
                               {}};
  AddField(registry, DateUnit::kTimezone, offset_doc, TypeId::kTimestampTz, TypeId::kBigInt,
           &OffsetFieldKernel<DateUnit::kTimezone>);
  const FieldDoc hour_doc = {"the hours of the time zone's offset", offset_doc.literal, "0", {}};
  AddField(registry, DateUnit::kTimezoneHour, hour_doc, TypeId::kTimestampTz, TypeId::kBigInt,
           &OffsetFieldKernel<DateUnit::kTimezoneHour>);
  const FieldDoc minute_doc = {
      "the minutes of the time zone's offset", offset_doc.literal, "0", {}};
  AddField(registry, DateUnit::kTimezoneMinute, minute_doc, TypeId::kTimestampTz, TypeId::kBigInt,
           &OffsetFieldKernel<DateUnit::kTimezoneMinute>);

  AddDatePart<TypeId::kTimestamp>(registry);
  AddDatePart<TypeId::kTimestampTz>(registry);
  AddDatePart<TypeId::kDate>(registry);
  AddDatePart<TypeId::kInterval>(registry);

  AddOfLocal<WholeSecond>(registry, "second", {"toSecond"}, "The second, 0 to 59, whole.", "40");
  AddOfLocal<YearMonth>(registry, "to_yyyymm", {"toYYYYMM"},
                        "Year and month as one number, year × 100 + month.", "202002");
  AddOfLocal<YearMonthDay>(registry, "to_yyyymmdd", {"toYYYYMMDD"},
                           "Year, month and day as one number.", "20200216");
  AddEpoch<1>(registry, "epoch_us", {"toUnixTimestamp64Micro"}, "microseconds", "1581885520000000");
  AddEpoch<kMicrosPerMilli>(registry, "epoch_ms", {"toUnixTimestamp64Milli"}, "milliseconds",
                            "1581885520000");
  AddEpoch<kMicrosPerSecond>(registry, "to_unix_timestamp", {"toUnixTimestamp"}, "seconds",
                             "1581885520");
}

}  // namespace shale
