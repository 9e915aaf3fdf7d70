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

// Nothing longer is in range, and products of it with a unit fit 128 bits.
constexpr size_t kMaxDigits = 24;

// A number as written: its whole part exactly, and the rest with the same sign.
struct Number {
  int128_t whole = 0;
  double fraction = 0;
  void Negate() {
    whole = -whole;
    fraction = -fraction;
  }
};

// Collects fields; every sum is checked once at the end.
struct Sum {
  int128_t months = 0, days = 0, micros = 0;

  void AddMicros(const Number& number, int64_t unit) {
    micros += number.whole * unit +
              static_cast<int128_t>(std::rint(number.fraction * static_cast<double>(unit)));
  }
  // A fraction of days is one of 24 hours.
  void AddDays(const Number& number, int unit) {
    days += number.whole * unit;
    const double rest = number.fraction * unit;
    const double whole = std::trunc(rest);
    days += static_cast<int128_t>(whole);
    micros += static_cast<int128_t>(std::rint((rest - whole) * static_cast<double>(kDay)));
  }
  // A fraction of a month is that of 30 days; rounded, as 0.1 is no exact binary fraction.
  void AddMonths(const Number& number, int unit) {
    months += number.whole * unit;
    const double rest = number.fraction * unit;
    const double whole = std::trunc(rest);
    months += static_cast<int128_t>(whole);
    AddDays({0, std::rint((rest - whole) * 30 * 1e6) / 1e6}, 1);
  }
  void AddYears(const Number& number, int unit) {
    months +=
        number.whole * unit * 12 + static_cast<int128_t>(std::rint(number.fraction * unit * 12));
  }
  void Negate() {
    months = -months;
    days = -days;
    micros = -micros;
  }
  ParseOutcome Get(Interval* out) const {
    if (months > INT32_MAX || months < INT32_MIN || days > INT32_MAX || days < INT32_MIN ||
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

// Digits, a point and digits, as a Number; false for anything else.
bool ReadNumber(std::string_view text, Number* out) {
  const size_t point = std::min(text.find('.'), text.size());
  *out = {};
  for (char c : text.substr(0, point)) {
    if (!IsDigit(c)) return false;
    out->whole = out->whole * 10 + (c - '0');
  }
  if (point < text.size()) {
    for (char c : text.substr(point + 1)) {
      if (!IsDigit(c)) return false;
    }
    if (text.size() - point > 1) {
      out->fraction = std::strtod(("0" + std::string(text.substr(point))).c_str(), nullptr);
    }
  }
  return text.size() > (point < text.size() ? 1 : 0);
}

bool AddUnit(std::string_view unit, const Number& number, Sum* sum) {
  std::string name;
  for (char c : unit) name.push_back(LowerChar(c));
  auto is = [&](std::initializer_list<std::string_view> names) {
    for (std::string_view n : names) {
      if (name == n) return true;
    }
    return false;
  };
  if (is({"us", "usec", "usecs", "usecond", "useconds", "microsecond", "microseconds"})) {
    sum->AddMicros(number, 1);
  } else if (is({"ms", "msec", "msecs", "msecond", "mseconds", "millisecond", "milliseconds"})) {
    sum->AddMicros(number, 1000);
  } else if (is({"s", "sec", "secs", "second", "seconds"})) {
    sum->AddMicros(number, kSecond);
  } else if (is({"m", "min", "mins", "minute", "minutes"})) {
    sum->AddMicros(number, kMinute);
  } else if (is({"h", "hr", "hrs", "hour", "hours"})) {
    sum->AddMicros(number, kHour);
  } else if (is({"d", "day", "days"})) {
    sum->AddDays(number, 1);
  } else if (is({"w", "week", "weeks"})) {
    sum->AddDays(number, 7);
  } else if (is({"mon", "mons", "month", "months"})) {
    sum->AddMonths(number, 1);
  } else if (is({"quarter", "quarters"})) {
    sum->AddMonths(number, 3);
  } else if (is({"y", "yr", "yrs", "year", "years"})) {
    sum->AddYears(number, 1);
  } else if (is({"dec", "decs", "decade", "decades"})) {
    sum->AddYears(number, 10);
  } else if (is({"c", "cent", "century", "centuries"})) {
    sum->AddYears(number, 100);
  } else if (is({"mil", "mils", "millennium", "millenniums", "millennia"})) {
    sum->AddYears(number, 1000);
  } else {
    return false;
  }
  return true;
}

// ISO 8601: P1Y2M3W4DT5H6M7.5S, and without letters P0001-02-03T04:05:06, P00010203T040506.
class IsoReader {
 public:
  explicit IsoReader(std::string_view text) : text_(text) {}

  ParseOutcome Read(Interval* out) {
    if (text_.size() < 2) return ParseOutcome::kSyntax;
    bool good = true;
    while (at_ < text_.size() && good) {
      if (LowerChar(text_[at_]) == 't' && !in_time_) {
        in_time_ = true;
        any_ = false;
        used_ = true;  // PT alone is no time
        ++at_;
      } else {
        good = in_time_ ? Time() : Date();
      }
    }
    return good && used_ ? sum_.Get(out) : ParseOutcome::kSyntax;
  }

 private:
  char Peek() const { return at_ < text_.size() ? LowerChar(text_[at_]) : '\0'; }
  // A number with sign, point and exponent; how many digits came first.
  bool Take(Number* number, size_t* width) {
    const size_t begin = at_;
    const bool negative = Peek() == '-';
    if (negative || Peek() == '+') ++at_;
    const size_t first = at_;
    while (IsDigit(Peek())) ++at_;
    *width = at_ - first;
    if (Peek() == '.') {
      ++at_;
      while (IsDigit(Peek())) ++at_;
    }
    const std::string_view plain = text_.substr(first, at_ - first);
    if (plain.size() > kMaxDigits * 2 || *width > kMaxDigits || !ReadNumber(plain, number)) {
      return false;
    }
    if (negative) number->Negate();
    if (Peek() != 'e') return true;
    ++at_;
    if (Peek() == '-' || Peek() == '+') ++at_;
    while (IsDigit(Peek())) ++at_;
    double value = 0;
    if (ParseDoubleOutcome(text_.substr(begin, at_ - begin), &value) != ParseOutcome::kOk ||
        !(std::fabs(value) < 1e19)) {
      return false;
    }
    number->whole = static_cast<int128_t>(value);
    number->fraction = value - std::trunc(value);
    return true;
  }

  bool Date() {
    Number number;
    size_t width = 0;
    if (!Take(&number, &width)) return false;
    const bool first = !any_;
    any_ = used_ = true;
    switch (Peek()) {
      case 'y': sum_.AddYears(number, 1); break;
      case 'm': sum_.AddMonths(number, 1); break;
      case 'w': sum_.AddDays(number, 7); break;
      case 'd': sum_.AddDays(number, 1); break;
      case 't':
      case '\0':
      case '-': return first && DateWithoutLetters(number, width);
      default: return false;
    }
    ++at_;
    return true;
  }
  bool DateWithoutLetters(const Number& number, size_t width) {
    if (Peek() != '-' && width == 8) {
      sum_.months += number.whole / 10000 * 12 + number.whole / 100 % 100;
      sum_.days += number.whole % 100;
      return true;
    }
    sum_.AddYears(number, 1);
    if (Peek() != '-') return true;
    ++at_;
    Number part;
    size_t digits = 0;
    if (!Take(&part, &digits)) return false;
    sum_.AddMonths(part, 1);
    if (Peek() != '-') return Peek() == 't' || Peek() == '\0';
    ++at_;
    if (!Take(&part, &digits)) return false;
    sum_.AddDays(part, 1);
    return Peek() == 't' || Peek() == '\0';
  }

  bool Time() {
    Number number;
    size_t width = 0;
    if (!Take(&number, &width)) return false;
    const bool first = !any_;
    any_ = used_ = true;
    switch (Peek()) {
      case 'h': sum_.AddMicros(number, kHour); break;
      case 'm': sum_.AddMicros(number, kMinute); break;
      case 's': sum_.AddMicros(number, kSecond); break;
      case '\0':
        if (first && width == 6) {  // hhmmss
          Number seconds = number;
          seconds.whole = number.whole % 100;
          sum_.AddMicros({number.whole / 10000, 0}, kHour);
          sum_.AddMicros({number.whole / 100 % 100, 0}, kMinute);
          sum_.AddMicros(seconds, kSecond);
          return true;
        }
        if (!first) return false;
        sum_.AddMicros(number, kHour);
        return true;
      case ':': {
        if (!first) return false;
        sum_.AddMicros(number, kHour);
        for (const int64_t unit : {kMinute, kSecond}) {
          if (Peek() != ':') break;
          ++at_;
          if (!Take(&number, &width)) return false;
          sum_.AddMicros(number, unit);
        }
        return at_ == text_.size();
      }
      default: return false;
    }
    ++at_;
    return true;
  }

  std::string_view text_;
  size_t at_ = 1;
  bool in_time_ = false;
  bool any_ = false;   // in this part, date or time
  bool used_ = false;  // anything at all
  Sum sum_;
};

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
  if (text[0] == 'P' || text[0] == 'p') return IsoReader(text).Read(out);
  Sum sum;
  size_t at = 0;
  bool any = false;
  auto skip = [&] {
    while (at < text.size() && (text[at] == ' ' || text[at] == '\t' || text[at] == ',' ||
                                text[at] == '@')) {  // the verbose style's mark
      ++at;
    }
  };
  auto digits = [&] {
    size_t begin = at;
    while (at < text.size() && IsDigit(text[at])) ++at;
    return text.substr(begin, at - begin);
  };
  skip();
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
    if (whole.size() > kMaxDigits) return ParseOutcome::kOutOfRange;
    if (at < text.size() && text[at] == ':' && !whole.empty()) {  // H:MM[:SS[.fraction]]
      Number hours, minutes, seconds;
      ReadNumber(whole, &hours);
      ++at;
      std::string_view minutes_text = digits();
      if (minutes_text.empty() || minutes_text.size() > 2) return ParseOutcome::kSyntax;
      ReadNumber(minutes_text, &minutes);
      if (at < text.size() && (text[at] == ':' || text[at] == '.')) {
        const bool with_seconds = text[at] == ':';
        if (with_seconds) ++at;
        const size_t begin = at;
        digits();
        if (at < text.size() && text[at] == '.') {
          ++at;
          digits();
        }
        if (at - begin > kMaxDigits || !ReadNumber(text.substr(begin, at - begin), &seconds)) {
          return ParseOutcome::kSyntax;
        }
        if (!with_seconds) {  // MM:SS.fraction
          seconds.whole += minutes.whole;
          minutes = hours;
          hours = {};
        }
      }
      if (minutes.whole >= 60 || seconds.whole > 60 ||
          (seconds.whole == 60 && seconds.fraction > 0)) {
        return ParseOutcome::kOutOfRange;
      }
      Sum time;
      time.AddMicros(hours, kHour);
      time.AddMicros(minutes, kMinute);
      time.AddMicros(seconds, kSecond);
      sum.micros += negative ? -time.micros : time.micros;
      any = true;
      continue;
    }
    if (at < text.size() && text[at] == '-' && !whole.empty() && at + 1 < text.size() &&
        IsDigit(text[at + 1])) {  // years-months
      ++at;
      std::string_view months = digits();
      if (months.size() > 2) return ParseOutcome::kSyntax;
      Number years, rest;
      ReadNumber(whole, &years);
      ReadNumber(months, &rest);
      if (rest.whole > 11) return ParseOutcome::kOutOfRange;
      const int128_t total = years.whole * 12 + rest.whole;
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
    Number value;
    if (!ReadNumber(number, &value)) return ParseOutcome::kSyntax;
    if (negative) value.Negate();
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
