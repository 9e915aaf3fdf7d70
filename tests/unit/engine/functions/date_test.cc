// The civil calendar over years 1 to 9999, and time zones against Abseil around every change.
#include "engine/functions/date.h"

#include <gtest/gtest.h>

#include <random>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace shale {
namespace {

TEST(Calendar, EveryDayOfTenThousandYears) {
  int64_t days = DaysFromCivil(1, 1, 1);
  for (int year = 1; year <= 9999; ++year) {
    for (int month = 1; month <= 12; ++month) {
      for (int day = 1; day <= DaysInMonth(year, month); ++day, ++days) {
        ASSERT_EQ(DaysFromCivil(year, month, day), days);
        ASSERT_EQ(CivilFromDays(days), (CivilDate{year, month, day})) << days;
      }
    }
  }
  EXPECT_EQ(DaysFromCivil(1970, 1, 1), 0);
  EXPECT_EQ(CivilFromDays(kMinDate), (CivilDate{-4713, 11, 24}));
  EXPECT_EQ(CivilFromDays(kMaxDate), (CivilDate{5874897, 12, 31}));
}

TEST(Calendar, WeekdaysAndWeeksAgreeWithAbseil) {
  for (int64_t days = -200000; days < 200000; days += 3) {
    const CivilDate civil = CivilFromDays(days);
    const absl::CivilDay day(civil.year, civil.month, civil.day);
    ASSERT_EQ(IsoDayOfWeek(days), static_cast<int>(absl::GetWeekday(day)) + 1);
    ASSERT_EQ(DayOfYear(days), absl::GetYearDay(day));
    const IsoWeek week = IsoWeekOf(days);
    ASSERT_EQ(DaysFromIsoWeek(week.year, week.week), TruncateDays(days, DateUnit::kWeek));
  }
}

TEST(Calendar, TruncatesByFields) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 100000; ++round) {
    const int64_t time =
        static_cast<int64_t>(random() % 8'000'000'000'000'000) - 3'000'000'000'000'000;
    const CivilTime civil = CivilFromMicros(time);
    ASSERT_EQ(MicrosFromCivil(civil), time);
    const auto start = [&](int month, int day, int64_t micros) {
      return DaysFromCivil(civil.date.year, month, day) * kMicrosPerDay + micros;
    };
    const CivilDate& d = civil.date;
    ASSERT_EQ(TruncateMicros(time, DateUnit::kYear), start(1, 1, 0));
    ASSERT_EQ(TruncateMicros(time, DateUnit::kQuarter), start((d.month - 1) / 3 * 3 + 1, 1, 0));
    ASSERT_EQ(TruncateMicros(time, DateUnit::kMonth), start(d.month, 1, 0));
    ASSERT_EQ(TruncateMicros(time, DateUnit::kDay), start(d.month, d.day, 0));
    ASSERT_EQ(TruncateMicros(time, DateUnit::kHour),
              start(d.month, d.day, civil.hour() * kMicrosPerHour));
    ASSERT_EQ(TruncateMicros(time, DateUnit::kMinute),
              start(d.month, d.day, civil.micros_of_day / kMicrosPerMinute * kMicrosPerMinute));
  }
}

// Wall time by PostgreSQL's rule: a skipped one as before the change, a doubled one as after it.
int64_t ToUtcBySearch(const absl::TimeZone& zone, int64_t local) {
  const CivilTime civil = CivilFromMicros(local);
  const absl::CivilSecond second(civil.date.year, civil.date.month, civil.date.day, civil.hour(),
                                 civil.minute(), civil.second());
  const auto info = zone.At(second);
  const absl::Time instant = info.kind == absl::TimeZone::TimeInfo::REPEATED ? info.post : info.pre;
  return absl::ToUnixMicros(instant) + civil.micros();
}

TEST(TimeZone, AgreesWithAbseilAroundEveryChange) {
  for (const char* name : {"America/New_York", "Europe/Berlin", "Asia/Kolkata", "Pacific/Apia",
                           "Australia/Lord_Howe", "Africa/Casablanca", "America/Sao_Paulo"}) {
    absl::TimeZone reference;
    ASSERT_TRUE(absl::LoadTimeZone(name, &reference)) << name;
    const auto zone = TimeZone::Find(name);
    ASSERT_TRUE(zone.ok()) << zone.status();
    std::vector<int64_t> instants;
    for (int year = 1890; year < 2110; year += year < 1960 || year > 2030 ? 7 : 1) {
      for (int step = 0; step < 366 * 8; ++step) {
        instants.push_back(DaysFromCivil(year, 1, 1) * kMicrosPerDay + step * 3 * kMicrosPerHour +
                           1);
      }
    }
    absl::Time at = absl::UnixEpoch();
    for (absl::TimeZone::CivilTransition change;
         reference.NextTransition(at, &change) && change.to.year() < 2040;) {
      const auto info = reference.At(change.to);
      at = info.kind == absl::TimeZone::TimeInfo::UNIQUE ? info.pre : info.trans;
      for (int64_t minutes = -181; minutes <= 181; ++minutes) {
        instants.push_back(absl::ToUnixMicros(at) + minutes * kMicrosPerMinute);
      }
      instants.push_back(absl::ToUnixMicros(at) - 1);
    }
    ZoneCursor cursor(**zone);
    for (const int64_t utc : instants) {
      const int64_t offset =
          int64_t{reference.At(absl::FromUnixMicros(utc)).offset} * kMicrosPerSecond;
      ASSERT_EQ((*zone)->OffsetAt(utc), offset) << name << " " << utc;
      ASSERT_EQ(cursor.Offset(utc), offset);
      // Each instant is also taken for a wall time.
      const int64_t expected = ToUtcBySearch(reference, utc);
      ASSERT_EQ((*zone)->ToUtc(utc), expected) << name << " " << utc;
      ASSERT_EQ(cursor.ToUtc(utc), expected) << name << " " << utc;
    }
  }
}

TEST(TimeZone, RepeatsItsRulesForEver) {
  const TimeZone& zone = **TimeZone::Find("America/New_York");
  for (const int year : {2499, 2500, 2700, 9999, 100000}) {
    const int64_t winter = DaysFromCivil(year, 1, 15) * kMicrosPerDay;
    const int64_t summer = DaysFromCivil(year, 7, 15) * kMicrosPerDay;
    EXPECT_EQ(zone.OffsetAt(winter), -5 * kMicrosPerHour) << year;
    EXPECT_EQ(zone.OffsetAt(summer), -4 * kMicrosPerHour) << year;
    EXPECT_EQ(zone.ToLocal(zone.ToUtc(summer)), summer) << year;
    EXPECT_EQ(zone.AbbreviationAt(summer), "EDT");
  }
}

TEST(TimeZone, Names) {
  EXPECT_EQ((*TimeZone::Find("america/new_york"))->name(), "America/New_York");
  EXPECT_EQ((*TimeZone::Find("utc"))->name(), "UTC");
  EXPECT_EQ((*TimeZone::Find("UTC+3"))->OffsetAt(0), -3 * kMicrosPerHour);
  EXPECT_EQ((*TimeZone::FindWithAbbreviations("est"))->OffsetAt(0), -5 * kMicrosPerHour);
  for (const char* bad : {"", "bogus", "../etc/passwd", "/etc/localtime", "+99", "+", "a/../b"}) {
    EXPECT_FALSE(TimeZone::Find(bad).ok()) << bad;
  }
}

TEST(DateUnit, Names) {
  DateUnit unit;
  EXPECT_TRUE(ParseDateUnit("MINUTES", &unit));
  EXPECT_EQ(unit, DateUnit::kMinute);
  EXPECT_EQ(DateUnitName(DateUnit::kMicrosecond), "microseconds");
  EXPECT_FALSE(ParseDateUnit("fortnight", &unit));
}

}  // namespace
}  // namespace shale
