#include "storage/table/schema.h"

#include <algorithm>
#include <limits>

namespace shale {
namespace {

constexpr int64_t kSecondUs = 1'000'000;
constexpr int64_t kHourUs = 3600 * kSecondUs;
constexpr int64_t kDayUs = 24 * kHourUs;
// Times outside years 1 to 9999 are stored as they are, but share the partitions at the ends.
constexpr int64_t kFirstUs = -62135596800 * kSecondUs;     // 0001-01-01
constexpr int64_t kLastUs = 253402300800 * kSecondUs - 1;  // 9999-12-31

int64_t FloorTo(int64_t value, int64_t unit) {
  int64_t rest = value % unit;
  return value - (rest < 0 ? rest + unit : rest);
}

// Days since 1970-01-01 to year and month and back (Howard Hinnant, "chrono-compatible low-level
// date algorithms").
int64_t DaysFromCivil(int64_t year, int month) {
  year -= month <= 2;
  int64_t era = (year >= 0 ? year : year - 399) / 400;
  int64_t of_era = year - era * 400;
  int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + day_of_year - 719468;
}

void MonthOfDays(int64_t days, int64_t* year, int* month) {
  days += 719468;
  int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  int64_t of_era = days - era * 146097;
  int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  int64_t day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int64_t shifted = (5 * day_of_year + 2) / 153;
  *month = static_cast<int>(shifted < 10 ? shifted + 3 : shifted - 9);
  *year = year_of_era + era * 400 + (*month <= 2);
}

}  // namespace

const ColumnSchema* TableSchema::Find(ColumnId id) const {
  for (const ColumnSchema& column : columns) {
    if (column.id == id) return &column;
  }
  return nullptr;
}

bool TableSchema::HasUniqueKey() const {
  return std::any_of(keys.begin(), keys.end(), [](const TableKey& key) { return key.unique(); });
}

const ColumnSchema* TableSchema::FindByName(std::string_view name) const {
  for (const ColumnSchema& column : columns) {
    if (column.name == name) return &column;
  }
  return nullptr;
}

PartitionRange PartitionOf(int64_t micros, PartitionUnit unit) {
  micros = std::clamp(micros, kFirstUs, kLastUs);
  switch (unit) {
    case PartitionUnit::kNone: break;
    case PartitionUnit::kHour: {
      int64_t begin = FloorTo(micros, kHourUs);
      return {begin, begin + kHourUs};
    }
    case PartitionUnit::kDay: {
      int64_t begin = FloorTo(micros, kDayUs);
      return {begin, begin + kDayUs};
    }
    case PartitionUnit::kWeek: {  // 1970-01-05 was a Monday
      int64_t begin = FloorTo(micros - 4 * kDayUs, 7 * kDayUs) + 4 * kDayUs;
      return {begin, begin + 7 * kDayUs};
    }
    case PartitionUnit::kMonth: {
      int64_t year;
      int month;
      MonthOfDays(FloorTo(micros, kDayUs) / kDayUs, &year, &month);
      int64_t begin = DaysFromCivil(year, month) * kDayUs;
      int64_t end =
          (month == 12 ? DaysFromCivil(year + 1, 1) : DaysFromCivil(year, month + 1)) * kDayUs;
      return {begin, end};
    }
  }
  return {std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()};
}

}  // namespace shale
