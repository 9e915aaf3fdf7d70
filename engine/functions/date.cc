#include "engine/functions/date.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace shale {
namespace {

// Microseconds of the units that are plain multiples; 0 for the others.
constexpr int64_t UnitMicros(DateUnit unit) {
  switch (unit) {
    case DateUnit::kMicrosecond: return 1;
    case DateUnit::kMillisecond: return kMicrosPerMilli;
    case DateUnit::kSecond: return kMicrosPerSecond;
    case DateUnit::kMinute: return kMicrosPerMinute;
    case DateUnit::kHour: return kMicrosPerHour;
    case DateUnit::kDay: return kMicrosPerDay;
    default: return 0;
  }
}

struct UnitSpelling {
  std::string_view text;
  DateUnit unit;
};

// PostgreSQL's spellings; the first of a unit is its name.
constexpr UnitSpelling kUnitSpellings[] = {
    {"microseconds", DateUnit::kMicrosecond},
    {"microsecond", DateUnit::kMicrosecond},
    {"us", DateUnit::kMicrosecond},
    {"usec", DateUnit::kMicrosecond},
    {"usecs", DateUnit::kMicrosecond},
    {"usecond", DateUnit::kMicrosecond},
    {"useconds", DateUnit::kMicrosecond},
    {"microsec", DateUnit::kMicrosecond},
    {"microsecs", DateUnit::kMicrosecond},
    {"milliseconds", DateUnit::kMillisecond},
    {"millisecond", DateUnit::kMillisecond},
    {"ms", DateUnit::kMillisecond},
    {"msec", DateUnit::kMillisecond},
    {"msecs", DateUnit::kMillisecond},
    {"msecond", DateUnit::kMillisecond},
    {"mseconds", DateUnit::kMillisecond},
    {"second", DateUnit::kSecond},
    {"seconds", DateUnit::kSecond},
    {"sec", DateUnit::kSecond},
    {"secs", DateUnit::kSecond},
    {"s", DateUnit::kSecond},
    {"minute", DateUnit::kMinute},
    {"minutes", DateUnit::kMinute},
    {"min", DateUnit::kMinute},
    {"mins", DateUnit::kMinute},
    {"m", DateUnit::kMinute},
    {"hour", DateUnit::kHour},
    {"hours", DateUnit::kHour},
    {"hr", DateUnit::kHour},
    {"hrs", DateUnit::kHour},
    {"h", DateUnit::kHour},
    {"day", DateUnit::kDay},
    {"days", DateUnit::kDay},
    {"d", DateUnit::kDay},
    {"dayofmonth", DateUnit::kDay},
    {"week", DateUnit::kWeek},
    {"weeks", DateUnit::kWeek},
    {"w", DateUnit::kWeek},
    {"month", DateUnit::kMonth},
    {"months", DateUnit::kMonth},
    {"mon", DateUnit::kMonth},
    {"mons", DateUnit::kMonth},
    {"quarter", DateUnit::kQuarter},
    {"quarters", DateUnit::kQuarter},
    {"qtr", DateUnit::kQuarter},
    {"year", DateUnit::kYear},
    {"years", DateUnit::kYear},
    {"yr", DateUnit::kYear},
    {"yrs", DateUnit::kYear},
    {"y", DateUnit::kYear},
    {"decade", DateUnit::kDecade},
    {"decades", DateUnit::kDecade},
    {"dec", DateUnit::kDecade},
    {"decs", DateUnit::kDecade},
    {"century", DateUnit::kCentury},
    {"centuries", DateUnit::kCentury},
    {"cent", DateUnit::kCentury},
    {"c", DateUnit::kCentury},
    {"millennium", DateUnit::kMillennium},
    {"millennia", DateUnit::kMillennium},
    {"mil", DateUnit::kMillennium},
    {"mils", DateUnit::kMillennium},
    {"dow", DateUnit::kDow},
    {"dayofweek", DateUnit::kDow},
    {"isodow", DateUnit::kIsoDow},
    {"doy", DateUnit::kDoy},
    {"dayofyear", DateUnit::kDoy},
    {"isoyear", DateUnit::kIsoYear},
    {"epoch", DateUnit::kEpoch},
    {"julian", DateUnit::kJulian},
    {"timezone", DateUnit::kTimezone},
    {"timezone_hour", DateUnit::kTimezoneHour},
    {"timezone_minute", DateUnit::kTimezoneMinute},
};

// As PostgreSQL's TSROUND: seconds to whole microseconds.
double RoundSeconds(double seconds) { return std::rint(seconds * 1e6) / 1e6; }

bool FitsInt32(double value) { return value >= -2147483648.0 && value < 2147483648.0; }
bool FitsInt64(double value) {
  return value >= -9223372036854775808.0 && value < 9223372036854775808.0;
}

// Interval times or over a number: `scale` maps a double by that number.
template <typename Scale>
bool ScaleInterval(const Interval& value, Scale scale, Interval* out) {
  const double months = scale(static_cast<double>(value.months));
  const double days = scale(static_cast<double>(value.days));
  if (!FitsInt32(months) || !FitsInt32(days)) return false;  // NaN fails too
  out->months = static_cast<int32_t>(months);
  int64_t out_days = static_cast<int32_t>(days);
  const double month_days = RoundSeconds((months - out->months) * 30);
  double seconds = RoundSeconds(
      (days - static_cast<double>(out_days) + month_days - static_cast<int>(month_days)) * 86400);
  if (std::abs(seconds) >= 86400) {
    const int whole = static_cast<int>(seconds / 86400);
    out_days += whole;
    seconds -= whole * 86400.0;
  }
  out_days += static_cast<int32_t>(month_days);
  const double micros = std::rint(scale(static_cast<double>(value.micros)) + seconds * 1e6);
  if (!FitsInt64(micros) || out_days != static_cast<int32_t>(out_days)) return false;
  out->days = static_cast<int32_t>(out_days);
  out->micros = static_cast<int64_t>(micros);
  return true;
}

}  // namespace

bool ParseDateUnit(std::string_view text, DateUnit* unit) {
  char lower[20];
  if (text.size() >= sizeof(lower)) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    lower[i] = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  const std::string_view key(lower, text.size());
  for (const UnitSpelling& spelling : kUnitSpellings) {
    if (spelling.text == key) {
      *unit = spelling.unit;
      return true;
    }
  }
  return false;
}

std::string_view DateUnitName(DateUnit unit) {
  for (const UnitSpelling& spelling : kUnitSpellings) {
    if (spelling.unit == unit) return spelling.text;
  }
  return "";
}

IsoWeek IsoWeekOf(int64_t days) {
  // The week belongs to the year of its Thursday.
  const int64_t thursday = days - IsoDayOfWeek(days) + 4;
  const int32_t year = CivilFromDays(thursday).year;
  return {year, static_cast<int32_t>((thursday - DaysFromCivil(year, 1, 1)) / 7 + 1)};
}

int64_t DaysFromIsoWeek(int64_t year, int week) {
  const int64_t fourth = DaysFromCivil(year, 1, 4);  // always in week 1
  return fourth - IsoDayOfWeek(fourth) + 1 + (week - 1) * 7;
}

int64_t TruncateDays(int64_t days, DateUnit unit) {
  if (unit == DateUnit::kWeek) return days - IsoDayOfWeek(days) + 1;
  if (unit < DateUnit::kWeek) return days;
  const CivilDate civil = CivilFromDays(days);
  const int64_t year = civil.year;
  switch (unit) {
    case DateUnit::kMonth: return days - civil.day + 1;
    case DateUnit::kQuarter: return DaysFromCivil(year, (civil.month - 1) / 3 * 3 + 1, 1);
    case DateUnit::kYear: return DaysFromCivil(year, 1, 1);
    case DateUnit::kDecade: return DaysFromCivil(FloorDiv(year, 10) * 10, 1, 1);
    // Centuries and millennia begin in years ending in 01.
    case DateUnit::kCentury: return DaysFromCivil(FloorDiv(year - 1, 100) * 100 + 1, 1, 1);
    case DateUnit::kMillennium: return DaysFromCivil(FloorDiv(year - 1, 1000) * 1000 + 1, 1, 1);
    default: return days;
  }
}

int64_t TruncateMicros(int64_t local, DateUnit unit) {
  if (const int64_t micros = UnitMicros(unit)) return FloorTo(local, micros);
  return TruncateDays(DaysOfMicros(local), unit) * kMicrosPerDay;
}

bool AddMonths(int64_t days, int64_t months, int64_t* out) {
  const CivilDate civil = CivilFromDays(days);
  const int64_t total = int64_t{civil.year} * 12 + civil.month - 1 + months;
  const int64_t year = FloorDiv(total, 12);
  if (year < -5000 || year > 5874898) return false;
  const int month = static_cast<int>(FloorMod(total, 12)) + 1;
  *out = DaysFromCivil(year, month, std::min(civil.day, DaysInMonth(year, month)));
  return true;
}

bool AddInterval(int64_t local, const Interval& interval, int64_t* out) {
  if (!IsFiniteTimestamp(local)) {
    *out = local;
    return true;
  }
  int64_t days = DaysOfMicros(local);
  const int64_t time = local - days * kMicrosPerDay;
  if (interval.months != 0 && !AddMonths(days, interval.months, &days)) return false;
  days += interval.days;
  return !__builtin_mul_overflow(days, kMicrosPerDay, out) &&
         !__builtin_add_overflow(*out, time, out) &&
         !__builtin_add_overflow(*out, interval.micros, out) && *out >= kMinTimestamp &&
         *out <= kMaxTimestamp;
}

bool NegateInterval(const Interval& value, Interval* out) {
  return !__builtin_sub_overflow(0, value.months, &out->months) &&
         !__builtin_sub_overflow(0, value.days, &out->days) &&
         !__builtin_sub_overflow(int64_t{0}, value.micros, &out->micros);
}

bool AddIntervals(const Interval& a, const Interval& b, Interval* out) {
  return !__builtin_add_overflow(a.months, b.months, &out->months) &&
         !__builtin_add_overflow(a.days, b.days, &out->days) &&
         !__builtin_add_overflow(a.micros, b.micros, &out->micros);
}

bool MultiplyInterval(const Interval& value, double factor, Interval* out) {
  return ScaleInterval(value, [=](double part) { return part * factor; }, out);
}

bool DivideInterval(const Interval& value, double divisor, Interval* out) {
  return ScaleInterval(value, [=](double part) { return part / divisor; }, out);
}

Interval Age(int64_t later, int64_t earlier) {
  const bool swapped = later < earlier;
  const CivilTime a = CivilFromMicros(swapped ? earlier : later);
  const CivilTime b = CivilFromMicros(swapped ? later : earlier);
  int64_t micros = a.micros_of_day - b.micros_of_day;
  int days = a.date.day - b.date.day;
  int months = (a.date.year - b.date.year) * 12 + a.date.month - b.date.month;
  if (micros < 0) {
    micros += kMicrosPerDay;
    --days;
  }
  // A day is borrowed from the month of the earlier end, whichever argument that was.
  while (days < 0) {
    days += DaysInMonth(b.date.year, b.date.month);
    --months;
  }
  Interval out{months, days, micros};
  if (swapped) out = {-months, -days, -micros};
  return out;
}

Interval JustifyHours(Interval value) {
  const int64_t days = value.micros / kMicrosPerDay;
  value.micros -= days * kMicrosPerDay;
  value.days = static_cast<int32_t>(value.days + days);
  if (value.days > 0 && value.micros < 0) {
    value.micros += kMicrosPerDay;
    --value.days;
  } else if (value.days < 0 && value.micros > 0) {
    value.micros -= kMicrosPerDay;
    ++value.days;
  }
  return value;
}

Interval JustifyDays(Interval value) {
  const int32_t months = value.days / 30;
  value.days -= months * 30;
  value.months += months;
  if (value.months > 0 && value.days < 0) {
    value.days += 30;
    --value.months;
  } else if (value.months < 0 && value.days > 0) {
    value.days -= 30;
    ++value.months;
  }
  return value;
}

Interval JustifyInterval(Interval value) {
  const int64_t whole_days = value.micros / kMicrosPerDay;
  value.micros -= whole_days * kMicrosPerDay;
  const int64_t days = value.days + whole_days;
  const int64_t whole_months = days / 30;
  value.days = static_cast<int32_t>(days - whole_months * 30);
  value.months = static_cast<int32_t>(value.months + whole_months);
  if (value.months > 0 && (value.days < 0 || (value.days == 0 && value.micros < 0))) {
    value.days += 30;
    --value.months;
  } else if (value.months < 0 && (value.days > 0 || (value.days == 0 && value.micros > 0))) {
    value.days -= 30;
    ++value.months;
  }
  if (value.days > 0 && value.micros < 0) {
    value.micros += kMicrosPerDay;
    --value.days;
  } else if (value.days < 0 && value.micros > 0) {
    value.micros -= kMicrosPerDay;
    ++value.days;
  }
  return value;
}

bool TimestampDifference(int64_t a, int64_t b, Interval* out) {
  if (!IsFiniteTimestamp(a) || !IsFiniteTimestamp(b)) return false;
  Interval difference;
  if (__builtin_sub_overflow(a, b, &difference.micros)) return false;
  *out = JustifyHours(difference);
  return true;
}

int64_t BoundariesBetween(int64_t a, int64_t b, DateUnit unit) {
  if (const int64_t micros = UnitMicros(unit)) return FloorDiv(b, micros) - FloorDiv(a, micros);
  const int64_t day_a = DaysOfMicros(a);
  const int64_t day_b = DaysOfMicros(b);
  if (unit == DateUnit::kWeek) return FloorDiv(day_b + 3, 7) - FloorDiv(day_a + 3, 7);
  const CivilDate date_a = CivilFromDays(day_a);
  const CivilDate date_b = CivilFromDays(day_b);
  const int64_t year_a = date_a.year;
  const int64_t year_b = date_b.year;
  switch (unit) {
    case DateUnit::kMonth: return (year_b - year_a) * 12 + date_b.month - date_a.month;
    case DateUnit::kQuarter:
      return (year_b - year_a) * 4 + (date_b.month - 1) / 3 - (date_a.month - 1) / 3;
    case DateUnit::kDecade: return FloorDiv(year_b, 10) - FloorDiv(year_a, 10);
    case DateUnit::kCentury: return FloorDiv(year_b - 1, 100) - FloorDiv(year_a - 1, 100);
    case DateUnit::kMillennium: return FloorDiv(year_b - 1, 1000) - FloorDiv(year_a - 1, 1000);
    default: return year_b - year_a;
  }
}

}  // namespace shale
