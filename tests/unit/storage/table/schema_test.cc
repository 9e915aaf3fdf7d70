#include "storage/table/schema.h"

#include <limits>

#include <gtest/gtest.h>

#include "engine/functions/value_io.h"

namespace shale {
namespace {

std::string Text(int64_t micros) { return ToText(Value::Int(TypeId::kTimestamp, micros)); }

int64_t Micros(const std::string& text) { return ParseBoxed(text, TypeId::kTimestamp)->AsInt(); }

TEST(PartitionTest, BeginsAndEndsAreTheCalendars) {
  struct Case {
    PartitionUnit unit;
    const char* at;
    const char* begin;
    const char* end;
  };
  for (const Case& c : std::vector<Case>{{PartitionUnit::kHour, "2015-05-17 10:05:03",
                                          "2015-05-17 10:00:00", "2015-05-17 11:00:00"},
                                         {PartitionUnit::kDay, "2016-02-29 23:59:59",
                                          "2016-02-29 00:00:00", "2016-03-01 00:00:00"},
                                         {PartitionUnit::kWeek, "2024-01-01 00:00:00",
                                          "2024-01-01 00:00:00", "2024-01-08 00:00:00"},
                                         {PartitionUnit::kWeek, "2023-12-31 23:00:00",
                                          "2023-12-25 00:00:00", "2024-01-01 00:00:00"},
                                         {PartitionUnit::kWeek, "1969-12-31 00:00:00",
                                          "1969-12-29 00:00:00", "1970-01-05 00:00:00"},
                                         {PartitionUnit::kMonth, "2023-12-15 00:00:00",
                                          "2023-12-01 00:00:00", "2024-01-01 00:00:00"},
                                         {PartitionUnit::kMonth, "1900-02-28 00:00:00",
                                          "1900-02-01 00:00:00", "1900-03-01 00:00:00"}}) {
    PartitionRange range = PartitionOf(Micros(c.at), c.unit);
    EXPECT_EQ(Text(range.begin_us), c.begin) << c.at;
    EXPECT_EQ(Text(range.end_us), c.end) << c.at;
  }
}

TEST(PartitionTest, AbsurdTimesShareTheOutermostPartitions) {
  for (PartitionUnit unit :
       {PartitionUnit::kHour, PartitionUnit::kDay, PartitionUnit::kWeek, PartitionUnit::kMonth}) {
    PartitionRange low = PartitionOf(std::numeric_limits<int64_t>::min(), unit);
    PartitionRange high = PartitionOf(std::numeric_limits<int64_t>::max(), unit);
    EXPECT_LT(low.begin_us, low.end_us);
    EXPECT_LT(high.begin_us, high.end_us);
    EXPECT_EQ(low.begin_us, PartitionOf(low.begin_us - 5, unit).begin_us);
  }
}

TEST(PartitionTest, RangesMeetWithoutGaps) {
  for (PartitionUnit unit :
       {PartitionUnit::kHour, PartitionUnit::kDay, PartitionUnit::kWeek, PartitionUnit::kMonth}) {
    PartitionRange range = PartitionOf(Micros("1968-01-01 00:00:00"), unit);
    for (int i = 0; i < 500; ++i) {
      PartitionRange next = PartitionOf(range.end_us, unit);
      ASSERT_EQ(next.begin_us, range.end_us);
      ASSERT_EQ(PartitionOf(range.end_us - 1, unit).begin_us, range.begin_us);
      range = next;
    }
  }
}

}  // namespace
}  // namespace shale
