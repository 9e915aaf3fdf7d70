// Reading times by a template.
#include <algorithm>
#include <cstdlib>

#include "engine/functions/date_template.h"
#include "engine/functions/utf8.h"

namespace shale {
namespace {

bool IsBlank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// What stands between fields: printable ASCII that is neither letter nor digit.
bool IsSeparator(char c) { return c > ' ' && c < 127 && !IsAsciiLetter(c) && !IsAsciiDigit(c); }

bool StartsWithFolded(std::string_view text, std::string_view name) {
  if (text.size() < name.size()) return false;
  for (size_t i = 0; i < name.size(); ++i) {
    if (AsciiLower(text[i]) != AsciiLower(name[i])) return false;
  }
  return true;
}

// The index of the name that `*rest` starts with, which moves behind it; -1 for none. Names are
// cut to `letters` where that is not 0.
template <size_t kCount>
int ReadName(const std::string_view (&names)[kCount], size_t letters, std::string_view* rest) {
  for (size_t i = 0; i < kCount; ++i) {
    const std::string_view name = letters == 0 ? names[i] : names[i].substr(0, letters);
    if (StartsWithFolded(*rest, name)) {
      rest->remove_prefix(name.size());
      return static_cast<int>(i);
    }
  }
  return -1;
}

constexpr std::string_view kRomanByLength[12] = {"VIII", "XII", "VII", "III", "XI", "IX",
                                                 "VI",   "IV",  "II",  "X",   "V",  "I"};
constexpr int kRomanMonthOf[12] = {8, 12, 7, 3, 11, 9, 6, 4, 2, 10, 5, 1};

bool IsNumberPattern(DatePattern pattern) {
  switch (pattern) {
    case DatePattern::kText:
    case DatePattern::kEra:
    case DatePattern::kMeridiem:
    case DatePattern::kMonthName:
    case DatePattern::kMonthShort:
    case DatePattern::kMonthRoman:
    case DatePattern::kDayName:
    case DatePattern::kDayShort:
    case DatePattern::kZone:
    case DatePattern::kZoneHours:
    case DatePattern::kZoneOffset: return false;
    default: return true;
  }
}

// Years of fewer than four digits are taken to lie near 2020.
int64_t NearYear(int64_t year) {
  if (year < 70) return year + 2000;
  if (year < 100) return year + 1900;
  if (year < 520) return year + 2000;
  return year + 1000;
}

}  // namespace

struct DateTemplate::Parts {
  int64_t year = 0;  // as written; 0: not given
  int year_digits = 4;
  bool bc = false;
  int64_t century = 0;
  int64_t month = 0;
  int64_t day = 0;
  int64_t day_of_year = 0;
  int64_t julian = 0;
  int64_t week = 0;
  int64_t week_of_month = 0;
  int64_t iso_day = 0;  // 1 Monday to 7
  bool iso = false;
  int64_t hour = 0;
  bool twelve_hours = false;
  bool afternoon = false;
  int64_t minute = 0;
  int64_t second = 0;
  int64_t micros = 0;
  int64_t seconds_of_day = 0;
  bool has_zone = false;
  int64_t zone_sign = 1;
  int64_t zone_hours = 0;
  int64_t zone_minutes = 0;
  char before = 0;  // the character in front of the field, when blanks or separators were skipped
};

bool DateTemplate::NextIsDigit(size_t index) const {
  if (items_[index].ordinal != 0 || index + 1 >= items_.size()) return false;
  const Item& next = items_[index + 1];
  if (next.pattern == DatePattern::kText)
    return next.text.size() == 1 && IsAsciiDigit(next.text[0]);
  return IsNumberPattern(next.pattern);
}

// A whole number: exactly `width` characters where a number follows at once, else as many digits
// as come.
Status DateTemplate::ReadNumber(size_t index, size_t width, std::string_view* rest, int64_t* value,
                                size_t* used) const {
  const Item& item = items_[index];
  const bool greedy = !item.fill || !NextIsDigit(index);
  while (!rest->empty() && IsBlank(rest->front())) rest->remove_prefix(1);
  if (!greedy && rest->size() < width) {
    return InvalidArgument(
        "source string too short for \"{}\" formatting field: it needs {} "
        "characters, {} remain",
        item.text, width, rest->size());
  }
  const std::string_view text = greedy ? *rest : rest->substr(0, width);
  size_t at = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
  const size_t first = at;
  int64_t number = 0;
  while (at < text.size() && IsAsciiDigit(text[at])) {
    number = number * 10 + (text[at++] - '0');
    if (number > 2147483647) {
      return OutOfRange("value for \"{}\" in source string is out of range", item.text);
    }
  }
  if (at == first) {
    return InvalidArgument("invalid value \"{}\" for \"{}\": value must be an integer",
                           text.substr(0, width), item.text);
  }
  if (!greedy && at < width) {
    return InvalidArgument(
        "invalid value \"{}\" for \"{}\": the field needs {} characters, but "
        "only {} could be parsed",
        text, item.text, width, at);
  }
  *value = text[0] == '-' ? -number : number;
  if (used != nullptr) *used = at;
  rest->remove_prefix(at);
  return OkStatus();
}

Status DateTemplate::ReadItem(size_t index, std::string_view* rest, Parts* parts) const {
  const Item& item = items_[index];
  const auto number = [&](size_t width, int64_t* value) {
    return ReadNumber(index, width, rest, value);
  };
  const auto invalid = [&] {
    return InvalidArgument("invalid value \"{}\" for \"{}\"", rest->substr(0, 12), item.text);
  };
  size_t used = 0;
  switch (item.pattern) {
    case DatePattern::kText: return OkStatus();
    case DatePattern::kYearComma: {
      int64_t thousands = 0;
      char* end = nullptr;
      const std::string text(rest->substr(0, 12));
      thousands = std::strtoll(text.c_str(), &end, 10);
      if (end == text.c_str() || *end != ',') return invalid();
      rest->remove_prefix(static_cast<size_t>(end - text.c_str()) + 1);
      RETURN_IF_ERROR(number(3, &parts->year));
      parts->year += thousands * 1000;
      return OkStatus();
    }
    case DatePattern::kIsoYear4:
    case DatePattern::kIsoYear3:
    case DatePattern::kIsoYear2:
    case DatePattern::kIsoYear1: parts->iso = true; [[fallthrough]];
    case DatePattern::kYear4:
    case DatePattern::kYear3:
    case DatePattern::kYear2:
    case DatePattern::kYear1: {
      const bool iso = item.pattern >= DatePattern::kIsoYear4;
      const int first = static_cast<int>(iso ? DatePattern::kIsoYear4 : DatePattern::kYear4);
      const int digits = 4 - (static_cast<int>(item.pattern) - first);
      RETURN_IF_ERROR(ReadNumber(index, static_cast<size_t>(digits), rest, &parts->year, &used));
      parts->year_digits = digits;
      if (digits < 4 && used < 4) parts->year = NearYear(parts->year);
      return OkStatus();
    }
    case DatePattern::kEra: {
      constexpr std::string_view kEras[] = {"B.C.", "A.D.", "BC", "AD"};
      const int found = ReadName(kEras, 0, rest);
      if (found < 0) return invalid();
      parts->bc = found % 2 == 0;
      return OkStatus();
    }
    case DatePattern::kMeridiem: {
      constexpr std::string_view kHalves[] = {"P.M.", "A.M.", "PM", "AM"};
      const int found = ReadName(kHalves, 0, rest);
      if (found < 0) return invalid();
      parts->afternoon = found % 2 == 0;
      parts->twelve_hours = true;
      return OkStatus();
    }
    case DatePattern::kMonthName:
    case DatePattern::kMonthShort: {
      const size_t letters = item.pattern == DatePattern::kMonthShort ? 3 : 0;
      const int found = ReadName(kMonthNames, letters, rest);
      if (found < 0) return invalid();
      parts->month = found + 1;
      return OkStatus();
    }
    case DatePattern::kMonthRoman: {
      const int found = ReadName(kRomanByLength, 0, rest);
      if (found < 0) return invalid();
      parts->month = kRomanMonthOf[found];
      return OkStatus();
    }
    case DatePattern::kDayName:
    case DatePattern::kDayShort: {
      const size_t letters = item.pattern == DatePattern::kDayShort ? 3 : 0;
      const int found = ReadName(kDayNames, letters, rest);
      if (found < 0) return invalid();
      parts->iso_day = found == 0 ? 7 : found;
      return OkStatus();
    }
    case DatePattern::kMonth: return number(2, &parts->month);
    case DatePattern::kIsoDayOfYear: parts->iso = true; [[fallthrough]];
    case DatePattern::kDayOfYear: return number(3, &parts->day_of_year);
    case DatePattern::kDay: return number(2, &parts->day);
    case DatePattern::kDayOfWeek: {
      int64_t day = 0;
      RETURN_IF_ERROR(number(1, &day));
      parts->iso_day = day == 1 ? 7 : day - 1;
      return OkStatus();
    }
    case DatePattern::kIsoDayOfWeek: parts->iso = true; return number(1, &parts->iso_day);
    case DatePattern::kWeekOfMonth: return number(1, &parts->week_of_month);
    case DatePattern::kIsoWeek: parts->iso = true; [[fallthrough]];
    case DatePattern::kWeek: return number(2, &parts->week);
    case DatePattern::kCentury: return number(2, &parts->century);
    case DatePattern::kJulian: return number(10, &parts->julian);
    case DatePattern::kQuarter: {  // read, but of no effect
      int64_t quarter = 0;
      return number(1, &quarter);
    }
    case DatePattern::kHour12: parts->twelve_hours = true; [[fallthrough]];
    case DatePattern::kHour24: return number(2, &parts->hour);
    case DatePattern::kMinute: return number(2, &parts->minute);
    case DatePattern::kSecond: return number(2, &parts->second);
    case DatePattern::kSecondsOfDay: return number(5, &parts->seconds_of_day);
    case DatePattern::kFraction: {
      int64_t fraction = 0;
      RETURN_IF_ERROR(ReadNumber(index, static_cast<size_t>(item.digits), rest, &fraction, &used));
      // Digits behind a point: "5" is half a second.
      const bool millis = AsciiUpper(item.text[0]) == 'M';
      for (size_t i = used; i < (millis ? 3 : 6); ++i) fraction *= 10;
      parts->micros += millis ? fraction * kMicrosPerMilli : fraction;
      return OkStatus();
    }
    case DatePattern::kZoneHours:
      parts->zone_sign = parts->before == '-' ? -1 : 1;
      if (!rest->empty() && (rest->front() == '+' || rest->front() == '-')) {
        parts->zone_sign = rest->front() == '-' ? -1 : 1;
        rest->remove_prefix(1);
      }
      parts->has_zone = true;
      return number(2, &parts->zone_hours);
    case DatePattern::kZoneMinutes: parts->has_zone = true; return number(2, &parts->zone_minutes);
    case DatePattern::kZone:
    case DatePattern::kZoneOffset:
      return Unsupported("formatting field \"{}\" is only supported in to_char", item.text);
  }
  return OkStatus();
}

StatusOr<DateTemplate::Reading> DateTemplate::Assemble(const Parts& parts, std::string_view text) {
  const auto out_of_range = [&] {
    return OutOfRange("date/time field value out of range: \"{}\"", text);
  };
  int64_t hour = parts.hour;
  int64_t minute = parts.minute;
  int64_t second = parts.second;
  if (parts.seconds_of_day != 0) {
    hour = parts.seconds_of_day / 3600;
    minute = parts.seconds_of_day / 60 % 60;
    second = parts.seconds_of_day % 60;
  }
  if (parts.twelve_hours) {
    if (hour < 1 || hour > 12) {
      return InvalidArgument("hour \"{}\" is invalid for the 12-hour clock; use 1 to 12, or HH24",
                             hour);
    }
    hour = hour % 12 + (parts.afternoon ? 12 : 0);
  }
  int64_t year = parts.year;
  if (year != 0 && parts.century != 0 && parts.year_digits <= 2) {
    year %= 100;
    const int64_t century = parts.bc ? -parts.century : parts.century;
    if (year != 0) {
      year += century >= 0 ? (century - 1) * 100 : 0;
      if (century < 0) year = (century + 1) * 100 - year + 1;
    } else {
      year = century * 100 + (century >= 0 ? 0 : 1);
    }
  } else if (year != 0) {
    if (parts.bc) year = -year;
    if (year < 0) ++year;  // there is no year 0: 1 BC is the year 0 of astronomers
  } else if (parts.century != 0) {
    const int64_t century = parts.bc ? -parts.century : parts.century;
    year = century >= 0 ? (century - 1) * 100 + 1 : century * 100 + 1;
  }
  int64_t month = parts.month == 0 ? 1 : parts.month;
  int64_t day = parts.day == 0 ? 1 : parts.day;
  int64_t day_of_year = parts.day_of_year;
  int64_t days = 0;
  bool known = false;
  if (parts.julian != 0) {
    days = parts.julian + kMinDate;
    known = true;
  }
  if (parts.week != 0 && parts.iso) {
    const int64_t iso_year = year;
    days = DaysFromIsoWeek(iso_year, static_cast<int>(parts.week)) +
           (parts.iso_day != 0 ? parts.iso_day - 1 : 0);
    known = true;
  } else if (parts.week != 0) {
    day_of_year = (parts.week - 1) * 7 + 1;
  }
  if (parts.week_of_month != 0) day = (parts.week_of_month - 1) * 7 + 1;
  if (!known && day_of_year != 0 && (parts.month <= 1 || parts.day <= 1)) {
    if (parts.year == 0 && !parts.bc) {
      return InvalidArgument("cannot calculate day of year without year information");
    }
    if (parts.iso) {
      days = DaysFromIsoWeek(year, 1) - 1 + day_of_year;
    } else {
      if (day_of_year < 1 || day_of_year > 365 + IsLeapYear(year)) return out_of_range();
      days = DaysFromCivil(year, 1, 1) - 1 + day_of_year;
    }
    known = true;
  }
  if (!known) {
    if (month < 1 || month > 12 || day < 1 || day > DaysInMonth(year, static_cast<int>(month)) ||
        year < -4713 || year > 5874897) {
      return out_of_range();
    }
    days = DaysFromCivil(year, static_cast<int>(month), day);
  }
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 ||
      parts.micros < 0 || parts.micros >= kMicrosPerSecond) {
    return out_of_range();
  }
  Reading out;
  const int64_t time =
      hour * kMicrosPerHour + minute * kMicrosPerMinute + second * kMicrosPerSecond + parts.micros;
  if (__builtin_mul_overflow(days, kMicrosPerDay, &out.local) || !IsValidTimestamp(out.local)) {
    return OutOfRange("timestamp out of range");
  }
  out.local += time;
  if (parts.has_zone) {
    if (parts.zone_hours < 0 || parts.zone_hours > 15 || parts.zone_minutes < 0 ||
        parts.zone_minutes > 59) {
      return out_of_range();
    }
    out.has_offset = true;
    out.offset = parts.zone_sign *
                 (parts.zone_hours * kMicrosPerHour + parts.zone_minutes * kMicrosPerMinute);
  }
  return out;
}

StatusOr<DateTemplate::Reading> DateTemplate::Read(std::string_view text) const {
  Parts parts;
  std::string_view rest = text;
  const char* const begin = text.data();
  // Blanks and separators skipped beyond those the template asks for: they stand for its text.
  int extra = 0;
  const auto skip_blanks = [&] {
    while (!fixed_width_ && !rest.empty() && IsBlank(rest.front())) {
      rest.remove_prefix(1);
      ++extra;
    }
  };
  for (size_t i = 0; i < items_.size() && !rest.empty(); ++i) {
    const Item& item = items_[i];
    const bool is_text = item.pattern == DatePattern::kText;
    if (!is_text || i == 0) skip_blanks();
    if (rest.empty()) break;
    if (is_text) {
      const char c = item.text[0];
      const size_t first = NextChar(rest, 0);
      if (IsBlank(c) || IsSeparator(c)) {
        if (fixed_width_) {
          rest.remove_prefix(first);
        } else {
          --extra;
          if (IsBlank(rest.front()) || IsSeparator(rest.front())) {
            rest.remove_prefix(1);
            ++extra;
          }
        }
      } else if (!fixed_width_ && extra > 0) {
        --extra;
      } else {
        rest.remove_prefix(first);
      }
      continue;
    }
    parts.before = extra > 0 && rest.data() > begin ? rest.data()[-1] : 0;
    RETURN_IF_ERROR(ReadItem(i, &rest, &parts));
    if (item.ordinal != 0) rest.remove_prefix(std::min<size_t>(2, rest.size()));
    extra = 0;
    skip_blanks();
  }
  return Assemble(parts, text);
}

}  // namespace shale
