// Compiling templates, and writing times by them.
#include "engine/functions/date_template.h"

#include <cstdlib>

#include "engine/functions/utf8.h"

namespace shale {

const std::string_view kMonthNames[12] = {"January",   "February", "March",    "April",
                                          "May",       "June",     "July",     "August",
                                          "September", "October",  "November", "December"};
const std::string_view kDayNames[7] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                       "Thursday", "Friday", "Saturday"};

// A pattern's spelling. Those with letters that follow the case of the output (MONTH, Month, month)
// stand in capitals here and are matched in three cases; the others in capitals or small letters.
struct DatePatternSpelling {
  std::string_view text;
  DatePattern pattern;
  bool is_name = false;
};

namespace {

constexpr std::string_view kRomanMonths[12] = {"I",   "II",   "III", "IV", "V",  "VI",
                                               "VII", "VIII", "IX",  "X",  "XI", "XII"};

// Longer spellings before their beginnings.
constexpr DatePatternSpelling kSpellings[] = {
    {"A.D.", DatePattern::kEra},
    {"A.M.", DatePattern::kMeridiem},
    {"AD", DatePattern::kEra},
    {"AM", DatePattern::kMeridiem},
    {"B.C.", DatePattern::kEra},
    {"BC", DatePattern::kEra},
    {"CC", DatePattern::kCentury},
    {"DAY", DatePattern::kDayName, true},
    {"DDD", DatePattern::kDayOfYear},
    {"DD", DatePattern::kDay},
    {"DY", DatePattern::kDayShort, true},
    {"D", DatePattern::kDayOfWeek},
    {"FF1", DatePattern::kFraction},
    {"FF2", DatePattern::kFraction},
    {"FF3", DatePattern::kFraction},
    {"FF4", DatePattern::kFraction},
    {"FF5", DatePattern::kFraction},
    {"FF6", DatePattern::kFraction},
    {"HH24", DatePattern::kHour24},
    {"HH12", DatePattern::kHour12},
    {"HH", DatePattern::kHour12},
    {"IDDD", DatePattern::kIsoDayOfYear},
    {"ID", DatePattern::kIsoDayOfWeek},
    {"IW", DatePattern::kIsoWeek},
    {"IYYY", DatePattern::kIsoYear4},
    {"IYY", DatePattern::kIsoYear3},
    {"IY", DatePattern::kIsoYear2},
    {"I", DatePattern::kIsoYear1},
    {"J", DatePattern::kJulian},
    {"MI", DatePattern::kMinute},
    {"MM", DatePattern::kMonth},
    {"MONTH", DatePattern::kMonthName, true},
    {"MON", DatePattern::kMonthShort, true},
    {"MS", DatePattern::kFraction},
    {"OF", DatePattern::kZoneOffset},
    {"P.M.", DatePattern::kMeridiem},
    {"PM", DatePattern::kMeridiem},
    {"Q", DatePattern::kQuarter},
    {"RM", DatePattern::kMonthRoman},
    {"SSSSS", DatePattern::kSecondsOfDay},
    {"SSSS", DatePattern::kSecondsOfDay},
    {"SS", DatePattern::kSecond},
    {"TZH", DatePattern::kZoneHours},
    {"TZM", DatePattern::kZoneMinutes},
    {"TZ", DatePattern::kZone},
    {"US", DatePattern::kFraction},
    {"WW", DatePattern::kWeek},
    {"W", DatePattern::kWeekOfMonth},
    {"Y,YYY", DatePattern::kYearComma},
    {"YYYY", DatePattern::kYear4},
    {"YYY", DatePattern::kYear3},
    {"YY", DatePattern::kYear2},
    {"Y", DatePattern::kYear1},
};

bool EqualsMapped(std::string_view text, std::string_view upper, bool first_upper,
                  bool rest_upper) {
  if (!text.starts_with(text.substr(0, upper.size())) || text.size() < upper.size()) return false;
  for (size_t i = 0; i < upper.size(); ++i) {
    const bool up = i == 0 ? first_upper : rest_upper;
    if (text[i] != (up ? upper[i] : AsciiLower(upper[i]))) return false;
  }
  return true;
}

std::string Mapped(std::string_view name, bool first_upper, bool rest_upper) {
  std::string out(name);
  for (size_t i = 0; i < out.size(); ++i) {
    out[i] = (i == 0 ? first_upper : rest_upper) ? AsciiUpper(out[i]) : AsciiLower(out[i]);
  }
  return out;
}

// Zero-padded to `width` digits beside the sign.
void AppendPadded(int64_t value, int width, std::string* out) {
  if (value < 0) {
    out->push_back('-');
    value = -value;
  }
  const std::string digits = std::to_string(value);
  if (static_cast<int>(digits.size()) < width) out->append(width - digits.size(), '0');
  *out += digits;
}

void AppendOrdinal(int64_t value, bool upper, std::string* out) {
  const int64_t tens = std::abs(value) % 100;
  std::string_view ending = "th";
  if (tens < 11 || tens > 13) {
    switch (tens % 10) {
      case 1: ending = "st"; break;
      case 2: ending = "nd"; break;
      case 3: ending = "rd"; break;
      default: break;
    }
  }
  for (const char c : ending) out->push_back(upper ? AsciiUpper(c) : c);
}

}  // namespace

StatusOr<DateTemplate> DateTemplate::Compile(std::string_view text) {
  DateTemplate out;
  bool fill = true;
  const auto literal = [&](size_t* at) {
    const size_t end = NextChar(text, *at);
    Item item;
    item.text = text.substr(*at, end - *at);
    out.items_.push_back(std::move(item));
    *at = end;
  };
  for (size_t at = 0; at < text.size();) {
    const std::string_view rest = text.substr(at);
    const auto is_prefix = [&](std::string_view upper) {
      return EqualsMapped(rest, upper, true, true) || EqualsMapped(rest, upper, false, false);
    };
    if (is_prefix("FM") || is_prefix("TM")) {
      fill = false;
      at += 2;
      continue;
    }
    if (is_prefix("FX")) {
      out.fixed_width_ = true;
      at += 2;
      continue;
    }
    if (rest[0] == '"') {
      for (++at; at < text.size() && text[at] != '"';) {
        if (text[at] == '\\' && at + 1 < text.size()) ++at;
        literal(&at);
      }
      if (at < text.size()) ++at;
      continue;
    }
    if (rest[0] == '\\' && rest.size() > 1 && rest[1] == '"') {
      ++at;
      literal(&at);
      continue;
    }
    const DatePatternSpelling* found = nullptr;
    Item item;
    for (const DatePatternSpelling& spelling : kSpellings) {
      item.letters = Case::kUpper;
      if (EqualsMapped(rest, spelling.text, true, true)) {
        found = &spelling;
      } else if (EqualsMapped(rest, spelling.text, false, false)) {
        found = &spelling;
        item.letters = Case::kLower;
      } else if (spelling.is_name && EqualsMapped(rest, spelling.text, true, false)) {
        found = &spelling;
        item.letters = Case::kTitle;
      }
      if (found != nullptr) break;
    }
    if (found == nullptr) {
      literal(&at);
      fill = true;
      continue;
    }
    item.pattern = found->pattern;
    item.text = rest.substr(0, found->text.size());
    item.dots = found->text.find('.') != std::string_view::npos;
    item.fill = fill;
    fill = true;
    if (item.pattern == DatePattern::kFraction) {
      item.digits = found->text == "MS" ? 3 : found->text == "US" ? 6 : found->text[2] - '0';
    }
    at += found->text.size();
    const std::string_view behind = text.substr(at);
    if (behind.starts_with("TH") || behind.starts_with("th")) {
      item.ordinal = behind[0];
      at += 2;
    } else if (behind.starts_with("SP")) {
      at += 2;  // spelling numbers out is accepted and does nothing, as in PostgreSQL
    }
    out.items_.push_back(std::move(item));
  }
  return out;
}

struct DateTemplate::Fields {
  bool is_interval = false;
  int64_t year = 0;  // astronomical; of an interval whole years
  int64_t month = 0;
  int64_t day = 0;
  int64_t hour = 0;
  int64_t minute = 0;
  int64_t second = 0;
  int64_t micros = 0;
  int64_t day_of_year = 0;
  int64_t julian = 0;
  int64_t days = 0;  // since 1970-01-01; times only
  int64_t offset = 0;
  const TimeZone* zone = nullptr;
  int64_t utc = 0;

  // As people count years: no year 0.
  int64_t shown_year() const { return is_interval || year > 0 ? year : 1 - year; }
};

void DateTemplate::FormatName(const Item& item, std::string_view name, size_t width,
                              std::string* out) {
  const size_t begin = out->size();
  *out += Mapped(name, item.letters != Case::kLower, item.letters == Case::kUpper);
  if (item.fill && out->size() - begin < width) out->append(width - (out->size() - begin), ' ');
}

void DateTemplate::FormatItem(const Item& item, const Fields& f, std::string* out) const {
  const bool upper = item.letters != Case::kLower;
  const auto number = [&](int64_t value, int width) {
    AppendPadded(value, item.fill ? width : 0, out);
    if (item.ordinal != 0) AppendOrdinal(value, item.ordinal == 'T', out);
  };
  const auto iso = [&] { return IsoWeekOf(f.days); };
  const auto iso_year = [&] {
    const int64_t year = iso().year;
    return year > 0 ? year : 1 - year;
  };
  switch (item.pattern) {
    case DatePattern::kText: *out += item.text; break;
    case DatePattern::kYearComma:
      *out += std::to_string(f.shown_year() / 1000) + ",";
      number(f.shown_year() % 1000, 3);
      break;
    case DatePattern::kYear4: number(f.shown_year(), 4); break;
    case DatePattern::kYear3: number(f.shown_year() % 1000, 3); break;
    case DatePattern::kYear2: number(f.shown_year() % 100, 2); break;
    case DatePattern::kYear1: number(f.shown_year() % 10, 1); break;
    case DatePattern::kIsoYear4: number(iso_year(), 4); break;
    case DatePattern::kIsoYear3: number(iso_year() % 1000, 3); break;
    case DatePattern::kIsoYear2: number(iso_year() % 100, 2); break;
    case DatePattern::kIsoYear1: number(iso_year() % 10, 1); break;
    case DatePattern::kEra: {
      const std::string_view era =
          f.year > 0 ? (item.dots ? "A.D." : "AD") : (item.dots ? "B.C." : "BC");
      *out += Mapped(era, upper, upper);
      break;
    }
    case DatePattern::kMeridiem: {
      const bool afternoon = f.hour % 24 >= 12;
      const std::string_view half =
          afternoon ? (item.dots ? "P.M." : "PM") : (item.dots ? "A.M." : "AM");
      *out += Mapped(half, upper, upper);
      break;
    }
    case DatePattern::kMonthName: FormatName(item, kMonthNames[f.month - 1], 9, out); break;
    case DatePattern::kMonthShort:
      FormatName(item, kMonthNames[f.month - 1].substr(0, 3), 0, out);
      break;
    case DatePattern::kMonth: number(f.month, 2); break;
    case DatePattern::kMonthRoman: {
      if (f.month == 0 && f.year == 0) break;
      // Of intervals: a year is its twelfth month, and negative months count back from it.
      int64_t month = f.month > 0 ? f.month : f.month < 0 ? 13 + f.month : f.year >= 0 ? 12 : 1;
      FormatName(item, kRomanMonths[month - 1], 4, out);
      break;
    }
    case DatePattern::kDayName:
      FormatName(item, kDayNames[IsoDayOfWeek(f.days) % 7], 9, out);
      break;
    case DatePattern::kDayShort:
      FormatName(item, kDayNames[IsoDayOfWeek(f.days) % 7].substr(0, 3), 0, out);
      break;
    case DatePattern::kDayOfYear: number(f.day_of_year, f.day_of_year < 0 ? 2 : 3); break;
    case DatePattern::kIsoDayOfYear: number(f.days - DaysFromIsoWeek(iso().year, 1) + 1, 3); break;
    case DatePattern::kDay: number(f.day, f.day < 0 ? 1 : 2); break;
    case DatePattern::kDayOfWeek: number(IsoDayOfWeek(f.days) % 7 + 1, 0); break;
    case DatePattern::kIsoDayOfWeek: number(IsoDayOfWeek(f.days), 0); break;
    case DatePattern::kWeekOfMonth: number((f.day - 1) / 7 + 1, 0); break;
    case DatePattern::kWeek: number((f.day_of_year - 1) / 7 + 1, 2); break;
    case DatePattern::kIsoWeek: number(iso().week, 2); break;
    case DatePattern::kCentury:
      if (f.is_interval) {
        number(f.year / 100, 2);
      } else {
        number(f.year > 0 ? (f.year - 1) / 100 + 1 : f.year / 100 - 1, 2);
      }
      break;
    case DatePattern::kJulian: number(f.julian, 0); break;
    case DatePattern::kQuarter:
      if (f.month != 0) number((f.month - 1) / 3 + 1, 0);
      break;
    case DatePattern::kHour24: number(f.hour, 2); break;
    case DatePattern::kHour12: number(f.hour % 12 == 0 ? 12 : f.hour % 12, 2); break;
    case DatePattern::kMinute: number(f.minute, 2); break;
    case DatePattern::kSecond: number(f.second, 2); break;
    case DatePattern::kFraction: {
      int64_t fraction = f.micros;
      for (int i = item.digits; i < 6; ++i) fraction /= 10;
      AppendPadded(fraction, item.digits - (fraction < 0), out);
      if (item.ordinal != 0) AppendOrdinal(fraction, item.ordinal == 'T', out);
      break;
    }
    case DatePattern::kSecondsOfDay: number(f.hour * 3600 + f.minute * 60 + f.second, 0); break;
    case DatePattern::kZone:
      if (f.zone != nullptr) {
        for (const char c : f.zone->AbbreviationAt(f.utc)) {
          out->push_back(upper ? AsciiUpper(c) : AsciiLower(c));
        }
      }
      break;
    case DatePattern::kZoneHours:
    case DatePattern::kZoneOffset: {
      const int64_t minutes = std::abs(f.offset) / kMicrosPerMinute;
      out->push_back(f.offset >= 0 ? '+' : '-');
      AppendPadded(minutes / 60, 2, out);
      if (item.pattern == DatePattern::kZoneOffset && minutes % 60 != 0) {
        out->push_back(':');
        AppendPadded(minutes % 60, 2, out);
      }
      break;
    }
    case DatePattern::kZoneMinutes:
      AppendPadded(std::abs(f.offset) / kMicrosPerMinute % 60, 2, out);
      break;
  }
}

void DateTemplate::Format(const Fields& fields, std::string* out) const {
  for (const Item& item : items_) FormatItem(item, fields, out);
}

void DateTemplate::FormatTime(int64_t local, int64_t offset, const TimeZone* zone,
                              std::string* out) const {
  Fields f;
  const CivilTime civil = CivilFromMicros(local);
  f.days = DaysOfMicros(local);
  f.year = civil.date.year;
  f.month = civil.date.month;
  f.day = civil.date.day;
  f.hour = civil.hour();
  f.minute = civil.minute();
  f.second = civil.second();
  f.micros = civil.micros();
  f.day_of_year = DayOfYear(f.days);
  f.julian = f.days - kMinDate;
  f.offset = offset;
  f.zone = zone;
  f.utc = local - offset;
  Format(f, out);
}

Status DateTemplate::FormatInterval(const Interval& value, std::string* out) const {
  for (const Item& item : items_) {
    switch (item.pattern) {
      case DatePattern::kEra:
      case DatePattern::kMonthName:
      case DatePattern::kMonthShort:
      case DatePattern::kDayName:
      case DatePattern::kDayShort:
      case DatePattern::kDayOfWeek:
      case DatePattern::kIsoDayOfWeek:
      case DatePattern::kIsoDayOfYear:
      case DatePattern::kIsoWeek:
      case DatePattern::kIsoYear4:
      case DatePattern::kIsoYear3:
      case DatePattern::kIsoYear2:
      case DatePattern::kIsoYear1:
      case DatePattern::kZone:
      case DatePattern::kZoneHours:
      case DatePattern::kZoneMinutes:
      case DatePattern::kZoneOffset:
        return InvalidArgument(
            "invalid format specification for an interval value: {}; intervals "
            "are not tied to specific calendar dates",
            item.text);
      default: break;
    }
  }
  Fields f;
  f.is_interval = true;
  f.year = value.months / 12;
  f.month = value.months % 12;
  f.day = value.days;
  f.hour = value.micros / kMicrosPerHour;
  f.minute = value.micros / kMicrosPerMinute % 60;
  f.second = value.micros / kMicrosPerSecond % 60;
  f.micros = value.micros % kMicrosPerSecond;
  f.day_of_year = int64_t{value.months} * 30 + value.days;
  const int64_t months = int64_t{value.months} - 1;  // a year of an interval begins with month 1
  f.julian =
      DaysFromCivil(FloorDiv(months, 12), static_cast<int>(FloorMod(months, 12)) + 1, value.days) -
      kMinDate;
  Format(f, out);
  return OkStatus();
}

}  // namespace shale
