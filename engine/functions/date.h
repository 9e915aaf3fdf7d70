// Civil time and time zones: days and microseconds to year, month, day and back, calendar
// arithmetic with PostgreSQL's rules, and zone rules laid out for fast loops.
//
// The calendar is proleptic Gregorian with astronomical years (year 0 is 1 BC). Timestamps are
// microseconds since 1970-01-01 00:00:00; "local" ones are wall time, "utc" ones instants.
// All functions here are pure. TimeZones are loaded once a process, never freed, immutable, and
// may be used by any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/vector/type.h"

namespace shale {

inline constexpr int64_t kMicrosPerMilli = 1'000;
inline constexpr int64_t kMicrosPerSecond = 1'000'000;
inline constexpr int64_t kMicrosPerMinute = 60 * kMicrosPerSecond;
inline constexpr int64_t kMicrosPerHour = 60 * kMicrosPerMinute;
inline constexpr int64_t kMicrosPerDay = 24 * kMicrosPerHour;

// What SQL accepts: 4714-11-24 BC to 294246-12-31 for timestamps, to 5874897-12-31 for dates.
inline constexpr int32_t kMinDate = -2440588;
inline constexpr int32_t kMaxDate = 2145042905;
inline constexpr int64_t kMinTimestamp = kMinDate * kMicrosPerDay;
inline constexpr int64_t kMaxTimestamp = 9223371244799999999;
// 'infinity' and '-infinity'.
inline constexpr int32_t kDateInfinity = std::numeric_limits<int32_t>::max();
inline constexpr int32_t kDateMinusInfinity = std::numeric_limits<int32_t>::min();
inline constexpr int64_t kTimestampInfinity = std::numeric_limits<int64_t>::max();
inline constexpr int64_t kTimestampMinusInfinity = std::numeric_limits<int64_t>::min();

inline bool IsFiniteTimestamp(int64_t micros) {
  return micros != kTimestampInfinity && micros != kTimestampMinusInfinity;
}
inline bool IsFiniteDate(int32_t days) {
  return days != kDateInfinity && days != kDateMinusInfinity;
}
inline bool IsValidTimestamp(int64_t micros) {
  return (micros >= kMinTimestamp && micros <= kMaxTimestamp) || !IsFiniteTimestamp(micros);
}

// Rounds towards minus infinity; `divisor` is positive.
constexpr int64_t FloorDiv(int64_t value, int64_t divisor) {
  return value / divisor - ((value % divisor) < 0);
}
// The multiple of `divisor` at or below `value`; wraps near the ends of int64_t, where only
// infinities are.
constexpr int64_t FloorTo(int64_t value, int64_t divisor) {
  return static_cast<int64_t>(static_cast<uint64_t>(FloorDiv(value, divisor)) *
                              static_cast<uint64_t>(divisor));
}
constexpr int64_t FloorMod(int64_t value, int64_t divisor) {
  const int64_t rest = value % divisor;
  return rest < 0 ? rest + divisor : rest;
}

struct CivilDate {
  int32_t year = 1970;
  int32_t month = 1;  // 1 to 12
  int32_t day = 1;    // 1 to 31
  friend bool operator==(const CivilDate&, const CivilDate&) = default;
};

// Time of day in microseconds, apart from its date.
struct CivilTime {
  CivilDate date;
  int64_t micros_of_day = 0;
  int hour() const { return static_cast<int>(micros_of_day / kMicrosPerHour); }
  int minute() const { return static_cast<int>(micros_of_day / kMicrosPerMinute % 60); }
  int second() const { return static_cast<int>(micros_of_day / kMicrosPerSecond % 60); }
  int micros() const { return static_cast<int>(micros_of_day % kMicrosPerSecond); }
};

constexpr bool IsLeapYear(int64_t year) {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}
constexpr int DaysInMonth(int64_t year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeapYear(year) ? 29 : kDays[month - 1];
}

// Days since 1970-01-01. Month is 1 to 12, day any number (0 is the last of the month before).
// The month counted from March makes the leap day the last of a year (Richards 2013).
constexpr int64_t DaysFromCivil(int64_t year, int month, int64_t day) {
  year -= month <= 2;
  const int64_t era = FloorDiv(year, 400);
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
         719468;
}

constexpr CivilDate CivilFromDays(int64_t days) {
  // Neri and Schneider, "Euclidean affine functions and their application to calendar
  // algorithms" (2022): shifted by 82 eras of 400 years so that dividends are positive.
  constexpr uint64_t kShift = 719468 + 146097 * 16000ull;
  const uint64_t shifted = static_cast<uint64_t>(days + static_cast<int64_t>(kShift));
  const uint64_t n1 = 4 * shifted + 3;
  const uint64_t century = n1 / 146097;
  const uint32_t day_of_century = static_cast<uint32_t>(n1 % 146097) / 4;
  const uint64_t p = uint64_t{2939745} * (4 * day_of_century + 3);
  const uint32_t year_of_century = static_cast<uint32_t>(p >> 32);
  const uint32_t day_of_year = static_cast<uint32_t>(p) / 2939745 / 4;
  const uint32_t n3 = 2141 * day_of_year + 197913;
  const uint32_t month = n3 >> 16;
  const uint32_t day = (n3 & 0xffff) / 2141;
  const bool next_year = day_of_year >= 306;
  CivilDate out;
  out.year = static_cast<int32_t>(static_cast<int64_t>(100 * century + year_of_century) -
                                  400 * 16000 + next_year);
  out.month = static_cast<int32_t>(next_year ? month - 12 : month);
  out.day = static_cast<int32_t>(day) + 1;
  return out;
}

inline CivilTime CivilFromMicros(int64_t local) {
  const int64_t days = FloorDiv(local, kMicrosPerDay);
  return {CivilFromDays(days), local - days * kMicrosPerDay};
}
inline int64_t MicrosFromCivil(const CivilTime& civil) {
  return DaysFromCivil(civil.date.year, civil.date.month, civil.date.day) * kMicrosPerDay +
         civil.micros_of_day;
}
inline int64_t DaysOfMicros(int64_t local) { return FloorDiv(local, kMicrosPerDay); }

// 1 Monday … 7 Sunday.
constexpr int IsoDayOfWeek(int64_t days) { return static_cast<int>(FloorMod(days + 3, 7)) + 1; }
constexpr int DayOfYear(int64_t days) {
  return static_cast<int>(days - DaysFromCivil(CivilFromDays(days).year, 1, 1)) + 1;
}
struct IsoWeek {
  int32_t year = 0;
  int32_t week = 0;  // 1 to 53
};
IsoWeek IsoWeekOf(int64_t days);
// The Monday of a week of an ISO year.
int64_t DaysFromIsoWeek(int64_t year, int week);

// ---- units --------------------------------------------------------------------------------------

enum class DateUnit : uint8_t {
  kMicrosecond,
  kMillisecond,
  kSecond,
  kMinute,
  kHour,
  kDay,
  kWeek,
  kMonth,
  kQuarter,
  kYear,
  kDecade,
  kCentury,
  kMillennium,
  // For extraction only.
  kDow,
  kIsoDow,
  kDoy,
  kIsoYear,
  kEpoch,
  kJulian,
  kTimezone,
  kTimezoneHour,
  kTimezoneMinute,
};
// "minute", "minutes", "min", "m", …, any case; false on an unknown one.
bool ParseDateUnit(std::string_view text, DateUnit* unit);
std::string_view DateUnitName(DateUnit unit);

// The start of the unit that holds `local`; kMicrosecond to kMillennium.
int64_t TruncateMicros(int64_t local, DateUnit unit);
int64_t TruncateDays(int64_t days, DateUnit unit);  // kDay and above; smaller units change nothing

// ---- arithmetic; false when the result is out of range ------------------------------------------

// Adds months, keeping the day or taking the month's last.
bool AddMonths(int64_t days, int64_t months, int64_t* out);
// Months, then days, then microseconds, in wall time.
bool AddInterval(int64_t local, const Interval& interval, int64_t* out);
bool NegateInterval(const Interval& value, Interval* out);
bool AddIntervals(const Interval& a, const Interval& b, Interval* out);
// Fractions of months spill into days, fractions of days into time, as PostgreSQL does.
bool MultiplyInterval(const Interval& value, double factor, Interval* out);
bool DivideInterval(const Interval& value, double divisor, Interval* out);  // divisor not 0
// Whole years, months, days and time between two wall times, as a person counts them.
Interval Age(int64_t later, int64_t earlier);
// 30 days make a month; 24 hours a day; signs made equal.
Interval JustifyDays(Interval value);
Interval JustifyHours(Interval value);
Interval JustifyInterval(Interval value);
// Days and time between two wall times.
bool TimestampDifference(int64_t a, int64_t b, Interval* out);
// Unit boundaries between two wall times, b minus a (2 minutes to 1: one minute apart counts 1).
int64_t BoundariesBetween(int64_t a, int64_t b, DateUnit unit);

// ---- zones --------------------------------------------------------------------------------------

class TimeZone {
 public:
  // An IANA name in any case, 'UTC', or an offset as PostgreSQL's SET TIME ZONE reads POSIX ones
  // ('UTC+3' and '+03' lie WEST of Greenwich). InvalidArgument: no such zone.
  static StatusOr<const TimeZone*> Find(std::string_view name);
  // As AT TIME ZONE reads it: abbreviations ('EST', 'CEST') first, then as Find.
  static StatusOr<const TimeZone*> FindWithAbbreviations(std::string_view name);
  static const TimeZone& Utc();
  // A fixed offset east of Greenwich.
  static const TimeZone& Fixed(int64_t offset_micros);

  // While begin ≤ utc < end, local = utc + offset.
  struct Span {
    int64_t begin = 0;
    int64_t end = 0;
    int64_t offset = 0;  // microseconds east of Greenwich
  };
  Span SpanAt(int64_t utc) const;
  // The span of wall time: while begin ≤ local < end, utc = local - offset. A wall time that was
  // skipped reads as if the clocks had not yet gone forward, one that came twice as the second.
  Span LocalSpanAt(int64_t local) const;

  int64_t OffsetAt(int64_t utc) const { return SpanAt(utc).offset; }
  int64_t ToLocal(int64_t utc) const { return utc + OffsetAt(utc); }
  int64_t ToUtc(int64_t local) const { return local - LocalSpanAt(local).offset; }
  bool is_fixed() const { return starts_.size() == 1; }
  const std::string& name() const { return name_; }
  std::string AbbreviationAt(int64_t utc) const;  // "EST"; "+03" style where there is none

 private:
  TimeZone() = default;
  static const TimeZone* Load(const std::string& name);
  static const TimeZone* Intern(std::string_view name, bool abbreviations);

  Span FindSpan(const std::vector<int64_t>& starts, int64_t at) const;
  // Microseconds to take off a time behind the table so that it lies in the last cycle.
  int64_t CycleShift(int64_t at) const;

  std::string name_;
  // Behind this time the 400 years before it repeat.
  int64_t table_end_ = std::numeric_limits<int64_t>::max();
  // Span i begins at starts_[i] (the first at the beginning of time).
  std::vector<int64_t> starts_;
  std::vector<int64_t> local_starts_;
  std::vector<int64_t> offsets_;
  std::vector<std::string> abbreviations_;
};

// Looks spans up for a loop whose neighbours are mostly alike.
class ZoneCursor {
 public:
  explicit ZoneCursor(const TimeZone& zone) : zone_(&zone) {}
  int64_t Offset(int64_t utc) {
    if (utc < span_.begin || utc >= span_.end) [[unlikely]]
      span_ = zone_->SpanAt(utc);
    return span_.offset;
  }
  int64_t ToLocal(int64_t utc) { return utc + Offset(utc); }
  int64_t ToUtc(int64_t local) {
    if (local < local_.begin || local >= local_.end) [[unlikely]]
      local_ = zone_->LocalSpanAt(local);
    return local - local_.offset;
  }

 private:
  const TimeZone* zone_;
  TimeZone::Span span_;
  TimeZone::Span local_;
};

// Months and days are added to wall time, so that a day over a change of clocks keeps its hour;
// the rest is added to the instant. False when the result is out of range.
bool AddIntervalToInstant(ZoneCursor& cursor, int64_t utc, const Interval& interval, int64_t* out);

}  // namespace shale
