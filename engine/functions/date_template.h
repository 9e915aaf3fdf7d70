// Templates of to_char, to_timestamp and to_date ("YYYY-MM-DD HH24:MI:SS"), with PostgreSQL's
// patterns and rules. A compiled template is immutable and may be used by any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/functions/date.h"

namespace shale {

enum class DatePattern : uint8_t {
  kText,  // characters that stand for themselves
  kYearComma,
  kYear4,
  kYear3,
  kYear2,
  kYear1,
  kIsoYear4,
  kIsoYear3,
  kIsoYear2,
  kIsoYear1,
  kEra,
  kMeridiem,
  kMonthName,
  kMonthShort,
  kMonth,
  kMonthRoman,
  kDayName,
  kDayShort,
  kDayOfYear,
  kIsoDayOfYear,
  kDay,
  kDayOfWeek,
  kIsoDayOfWeek,
  kWeekOfMonth,
  kWeek,
  kIsoWeek,
  kCentury,
  kJulian,
  kQuarter,
  kHour24,
  kHour12,
  kMinute,
  kSecond,
  kFraction,
  kSecondsOfDay,
  kZone,
  kZoneHours,
  kZoneMinutes,
  kZoneOffset,
};

class DateTemplate {
 public:
  static StatusOr<DateTemplate> Compile(std::string_view text);

  // Wall time in `zone` (null for a TIMESTAMP, which has none); `offset` is the zone's then.
  void FormatTime(int64_t local, int64_t offset, const TimeZone* zone, std::string* out) const;
  // InvalidArgument for patterns that need a calendar date.
  Status FormatInterval(const Interval& value, std::string* out) const;

  // What a text says by the template: wall time, and the offset if the template has one.
  struct Reading {
    int64_t local = 0;
    bool has_offset = false;
    int64_t offset = 0;
  };
  StatusOr<Reading> Read(std::string_view text) const;

 private:
  enum class Case : uint8_t { kUpper, kTitle, kLower };
  struct Item {
    DatePattern pattern = DatePattern::kText;
    std::string text;  // kText: one character; else the pattern as written
    Case letters = Case::kUpper;
    bool dots = false;  // A.M., B.C.
    bool fill = true;   // padded; FM and TM take it away
    int digits = 0;     // kFraction
    char ordinal = 0;   // 'T' for TH, 't' for th
  };
  struct Fields;  // of a time or an interval
  struct Parts;   // read from a text
  friend struct DatePatternSpelling;

  void Format(const Fields& fields, std::string* out) const;
  static void FormatName(const Item& item, std::string_view name, size_t width, std::string* out);
  void FormatItem(const Item& item, const Fields& fields, std::string* out) const;
  bool NextIsDigit(size_t index) const;
  Status ReadNumber(size_t index, size_t width, std::string_view* rest, int64_t* value,
                    size_t* used = nullptr) const;
  Status ReadItem(size_t index, std::string_view* rest, Parts* parts) const;
  // `text` is what was read, for errors.
  static StatusOr<Reading> Assemble(const Parts& parts, std::string_view text);

  std::vector<Item> items_;
  bool fixed_width_ = false;  // FX
};

extern const std::string_view kMonthNames[12];  // "January", …
extern const std::string_view kDayNames[7];     // "Sunday", …

}  // namespace shale
