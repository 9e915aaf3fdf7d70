// Templates of to_char and to_timestamp; expectations are PostgreSQL 15's.
#include <gtest/gtest.h>

#include "engine/functions/date_template.h"
#include "engine/functions/number_template.h"

namespace shale {
namespace {

std::string Number(int128_t value, int scale, std::string_view format) {
  std::string out;
  NumberTemplate::Compile(format)->FormatDecimal(value, scale, &out);
  return out;
}

TEST(NumberTemplate, WritesAsPostgres) {
  EXPECT_EQ(Number(-125, 1, "9999.99"), "  -12.50");
  EXPECT_EQ(Number(1, 1, "9999.99"), "     .10");
  EXPECT_EQ(Number(0, 0, "FM999.99"), "0.");
  EXPECT_EQ(Number(1234567891, 3, "9,999,999.9"), " 1,234,567.9");
  EXPECT_EQ(Number(485, 0, "9,999,999.9"), "       485.0");
  EXPECT_EQ(Number(485, 0, "S999"), "+485");
  EXPECT_EQ(Number(-125, 1, "999PR"), " <13>");
  EXPECT_EQ(Number(485, 0, "RN"), "        CDLXXXV");
  EXPECT_EQ(Number(12345, 0, "999"), " ###");
  EXPECT_EQ(Number(485, 0, "9.99EEEE"), " 4.85e+02");
  EXPECT_EQ(Number(125, 1, "99V99"), " 1250");
  EXPECT_FALSE(NumberTemplate::Compile("9.9.9").ok());
}

std::string Time(int64_t local, std::string_view format) {
  std::string out;
  DateTemplate::Compile(format)->FormatTime(local, 0, nullptr, &out);
  return out;
}

TEST(DateTemplate, WritesAsPostgres) {
  const int64_t time =
      MicrosFromCivil({{2020, 2, 16}, 20 * kMicrosPerHour + 38 * kMicrosPerMinute});
  EXPECT_EQ(Time(time, "YYYY-MM-DD HH24:MI:SS.MS"), "2020-02-16 20:38:00.000");
  EXPECT_EQ(Time(time, "Month|FMMonth|MON|day"), "February |February|FEB|sunday   ");
  EXPECT_EQ(Time(time, "FMHH12thAM \"at\" Q IYYY-IW-ID DDD J"), "8thPM at 1 2020-07-7 047 2458896");
}

TEST(DateTemplate, Reads) {
  const auto read = [](std::string_view text, std::string_view format) {
    return DateTemplate::Compile(format)->Read(text);
  };
  const int64_t day = DaysFromCivil(2020, 1, 31) * kMicrosPerDay;
  EXPECT_EQ(read("20200131", "YYYYMMDD")->local, day);
  EXPECT_EQ(read("31 jan 2020", "DD Mon YYYY")->local, day);
  EXPECT_EQ(read("2020-01-31 01:02 PM", "YYYY-MM-DD HH12:MI AM")->local,
            day + 13 * kMicrosPerHour + 2 * kMicrosPerMinute);
  EXPECT_EQ(read("2020-01-31 -05:30", "YYYY-MM-DD TZH:TZM")->offset,
            -(5 * kMicrosPerHour + 30 * kMicrosPerMinute));
  EXPECT_FALSE(read("2020-02-30", "YYYY-MM-DD").ok());
  EXPECT_FALSE(read("abc", "YYYY").ok());
}

}  // namespace
}  // namespace shale
