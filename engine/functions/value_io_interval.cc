// Intervals to text and back (IntervalStyle postgres).
#include <cmath>
#include <cstdlib>

#include "engine/functions/value_format.h"

namespace shale {
namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kMinute = 60 * kSecond;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kDay = 24 * kHour;

// Collects fields; every sum is checked once at the end.
struct Sum {
  double months = 0;  // whole
  double days = 0;    // whole
  int128_t micros = 0;
  bool overflow = false;

  void AddMicros(double value) {
    if (!(std::fabs(value) < 9.2e18))
      overflow = true;
    else
      micros += static_cast<int128_t>(std::rint(value));
  }
  void AddDays(double value) {
    double whole = std::trunc(value);
    days += whole;
    AddMicros((value - whole) * static_cast<double>(kDay));
  }
  void AddMonths(double value) {
    double whole = std::trunc(value);
    months += whole;
    // A fraction of a month is that of 30 days; rounded, as 0.1 is no exact binary fraction.
    AddDays(std::rint((value - whole) * 30 * 1e6) / 1e6);
  }
  void AddYears(double value) {
    double whole = std::trunc(value);
    months += whole * 12 + std::rint((value - whole) * 12);
  }
  void Negate() {
    months = -months;
    days = -days;
    micros = -micros;
  }
  ParseOutcome Get(Interval* out) const {
    if (overflow || std::fabs(months) > INT32_MAX || std::fabs(days) > INT32_MAX ||
        micros > INT64_MAX || micros < INT64_MIN) {
      return ParseOutcome::kOutOfRange;
    }
    *out = {static_cast<int32_t>(months), static_cast<int32_t>(days), static_cast<int64_t>(micros)};
    return ParseOutcome::kOk;
  }
};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
char LowerChar(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
bool IsAlpha(char c) { return LowerChar(c) >= 'a' && LowerChar(c) <= 'z'; }

// `integral` may be exact where the double is not (microseconds of a large count).
bool AddUnit(std::string_view unit, double value, Sum* sum) {
  std::string name;
  for (char c : unit) name.push_back(LowerChar(c));
  auto is = [&](std::initializer_list<std::string_view> names) {
    for (std::string_view n : names) {
      if (name == n) return true;
    }
    return false;
  };
  if (is({"us", "usec", "usecs", "microsecond", "microseconds"})) {
    sum->AddMicros(value);
  } else if (is({"ms", "msec", "msecs", "millisecond", "milliseconds"})) {
    sum->AddMicros(value * 1000);
  } else if (is({"s", "sec", "secs", "second", "seconds"})) {
    sum->AddMicros(value * kSecond);
  } else if (is({"m", "min", "mins", "minute", "minutes"})) {
    sum->AddMicros(value * kMinute);
  } else if (is({"h", "hr", "hrs", "hour", "hours"})) {
    sum->AddMicros(value * kHour);
  } else if (is({"d", "day", "days"})) {
    sum->AddDays(value);
  } else if (is({"w", "week", "weeks"})) {
    sum->AddDays(value * 7);
  } else if (is({"mon", "mons", "month", "months"})) {
    sum->AddMonths(value);
  } else if (is({"quarter", "quarters"})) {
    sum->AddMonths(value * 3);
  } else if (is({"y", "yr", "yrs", "year", "years"})) {
    sum->AddYears(value);
  } else if (is({"dec", "decs", "decade", "decades"})) {
    sum->AddYears(value * 10);
  } else if (is({"c", "cent", "century", "centuries"})) {
    sum->AddYears(value * 100);
  } else if (is({"mil", "mils", "millennium", "millennia"})) {
    sum->AddYears(value * 1000);
  } else {
    return false;
  }
  return true;
}

// ISO 8601: P1Y2M3W4DT5H6M7.5S
ParseOutcome ParseIso(std::string_view text, Interval* out) {
  Sum sum;
  bool in_time = false, any = false;
  size_t at = 1;
  while (at < text.size()) {
    if (text[at] == 'T' || text[at] == 't') {
      in_time = true;
      ++at;
      continue;
    }
    std::string number;
    while (at < text.size() &&
           (IsDigit(text[at]) || text[at] == '.' || text[at] == '-' || text[at] == '+')) {
      number.push_back(text[at++]);
    }
    double value;
    if (at == text.size() || ParseDoubleOutcome(number, &value) != ParseOutcome::kOk) {
      return ParseOutcome::kSyntax;
    }
    any = true;
    switch (LowerChar(text[at++])) {
      case 'y': sum.AddYears(value); break;
      case 'm': in_time ? sum.AddMicros(value * kMinute) : sum.AddMonths(value); break;
      case 'w': sum.AddDays(value * 7); break;
      case 'd': sum.AddDays(value); break;
      case 'h': sum.AddMicros(value * kHour); break;
      case 's': sum.AddMicros(value * kSecond); break;
      default: return ParseOutcome::kSyntax;
    }
  }
  return any ? sum.Get(out) : ParseOutcome::kSyntax;
}

// "2:03", "-2:03:04" …
bool IsTimeAhead(std::string_view text) {
  size_t at = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
  const size_t first = at;
  while (at < text.size() && IsDigit(text[at])) ++at;
  return at > first && at < text.size() && text[at] == ':';
}

}  // namespace

ParseOutcome ParseInterval(std::string_view text, Interval* out) {
  if (text.empty()) return ParseOutcome::kSyntax;
  if (text[0] == 'P' || text[0] == 'p') return ParseIso(text, out);
  Sum sum;
  size_t at = 0;
  bool any = false;
  auto skip = [&] {
    while (at < text.size() && (text[at] == ' ' || text[at] == '\t' || text[at] == ',')) ++at;
  };
  auto digits = [&] {
    size_t begin = at;
    while (at < text.size() && IsDigit(text[at])) ++at;
    return text.substr(begin, at - begin);
  };
  skip();
  if (at < text.size() && text[at] == '@') ++at;  // the verbose style's mark
  for (skip(); at < text.size(); skip()) {
    if (IsAlpha(text[at])) {
      size_t begin = at;
      while (at < text.size() && IsAlpha(text[at])) ++at;
      std::string word;
      for (char c : text.substr(begin, at - begin)) word.push_back(LowerChar(c));
      skip();
      if (word != "ago" || !any || at != text.size()) return ParseOutcome::kSyntax;
      sum.Negate();
      break;
    }
    bool negative = false;
    if (text[at] == '-' || text[at] == '+') negative = text[at++] == '-';
    skip();
    size_t number_begin = at;
    std::string_view whole = digits();
    if (whole.size() > 18) return ParseOutcome::kOutOfRange;
    if (at < text.size() && text[at] == ':' && !whole.empty()) {  // H:MM[:SS[.fraction]]
      double hours = std::strtod(std::string(whole).c_str(), nullptr);
      ++at;
      std::string_view minutes = digits();
      if (minutes.empty() || minutes.size() > 2) return ParseOutcome::kSyntax;
      double seconds = 0;
      if (at < text.size() && (text[at] == ':' || text[at] == '.')) {
        bool with_seconds = text[at] == ':';
        if (with_seconds) ++at;
        size_t begin = at;
        digits();
        if (at < text.size() && text[at] == '.') {
          ++at;
          digits();
        }
        std::string part(text.substr(begin, at - begin));
        if (part.empty()) return ParseOutcome::kSyntax;
        seconds = std::strtod(part.c_str(), nullptr);
        if (!with_seconds) {  // MM:SS.fraction
          seconds += std::strtod(std::string(minutes).c_str(), nullptr);
          minutes = whole;
          hours = 0;
        }
      }
      double m = std::strtod(std::string(minutes).c_str(), nullptr);
      if (m >= 60 || seconds > 60) return ParseOutcome::kOutOfRange;
      double sign = negative ? -1 : 1;
      sum.AddMicros(sign * hours * kHour);
      sum.AddMicros(sign * (m * kMinute + std::rint(seconds * kSecond)));
      any = true;
      continue;
    }
    if (at < text.size() && text[at] == '-' && !whole.empty() && at + 1 < text.size() &&
        IsDigit(text[at + 1])) {  // years-months
      ++at;
      std::string_view months = digits();
      if (months.size() > 2) return ParseOutcome::kSyntax;
      double m = std::strtod(std::string(months).c_str(), nullptr);
      if (m > 11) return ParseOutcome::kOutOfRange;
      double total = std::strtod(std::string(whole).c_str(), nullptr) * 12 + m;
      sum.months += negative ? -total : total;
      any = true;
      continue;
    }
    if (at < text.size() && text[at] == '.') {
      ++at;
      digits();
    }
    std::string number(text.substr(number_begin, at - number_begin));
    if (number.empty() || number == ".") return ParseOutcome::kSyntax;
    if (number.size() > 64) return ParseOutcome::kOutOfRange;
    double value = std::strtod(number.c_str(), nullptr);
    if (negative) value = -value;
    skip();
    size_t begin = at;
    while (at < text.size() && IsAlpha(text[at])) ++at;
    std::string_view unit = text.substr(begin, at - begin);
    if (unit.empty()) {  // a bare number is seconds, before a time days
      unit = at == text.size() ? "seconds" : "days";
      if (at != text.size() && !IsTimeAhead(text.substr(at))) return ParseOutcome::kSyntax;
    }
    if (!AddUnit(unit, value, &sum)) return ParseOutcome::kSyntax;
    any = true;
  }
  return any ? sum.Get(out) : ParseOutcome::kSyntax;
}

void AppendInterval(const Interval& value, std::string* out) {
  bool empty = true, negative_before = false;
  auto part = [&](int64_t n, std::string_view unit) {
    if (n == 0) return;
    if (!empty) out->push_back(' ');
    if (negative_before && n > 0) out->push_back('+');
    AppendInt64(n, out);
    out->push_back(' ');
    *out += unit;
    if (n != 1) out->push_back('s');
    negative_before = n < 0;
    empty = false;
  };
  part(value.months / 12, "year");
  part(value.months % 12, "mon");
  part(value.days, "day");
  if (!empty && value.micros == 0) return;
  if (!empty) out->push_back(' ');
  if (value.micros < 0) {
    out->push_back('-');
  } else if (negative_before) {
    out->push_back('+');
  }
  uint64_t us = value.micros < 0 ? ~static_cast<uint64_t>(value.micros) + 1 : value.micros;
  uint64_t hours = us / kHour;
  if (hours < 10) out->push_back('0');
  AppendUInt64(hours, out);
  auto two = [&](uint64_t n) {
    out->push_back(static_cast<char>('0' + n / 10));
    out->push_back(static_cast<char>('0' + n % 10));
  };
  out->push_back(':');
  two(us / kMinute % 60);
  out->push_back(':');
  two(us / kSecond % 60);
  if (uint64_t fraction = us % kSecond; fraction != 0) {
    out->push_back('.');
    uint64_t scale = 100'000;
    for (; fraction != 0; scale /= 10) {
      out->push_back(static_cast<char>('0' + fraction / scale));
      fraction %= scale;
    }
  }
}

}  // namespace shale
