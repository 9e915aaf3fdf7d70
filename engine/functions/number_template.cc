#include "engine/functions/number_template.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "engine/functions/utf8.h"
#include "engine/functions/value_format.h"

namespace shale {
namespace {

constexpr int kRomanWidth = 15;
constexpr int kMaxPlaces = 400;

// Rounds the number "digits × 10^-scale" half away from zero to `post` digits behind the point.
void RoundDigits(std::string digits, int scale, int post, std::string* whole,
                 std::string* fraction) {
  if (static_cast<int>(digits.size()) <= scale) {
    digits.insert(0, static_cast<size_t>(scale) + 1 - digits.size(), '0');
  }
  if (post >= scale) {
    digits.append(static_cast<size_t>(post - scale), '0');
  } else {
    const size_t keep = digits.size() - static_cast<size_t>(scale - post);
    const bool up = digits[keep] >= '5';
    digits.resize(keep);
    size_t at = keep;
    while (up && at > 0 && digits[at - 1] == '9') digits[--at] = '0';
    if (up && at > 0) {
      ++digits[at - 1];
    } else if (up) {
      digits.insert(0, 1, '1');
    }
  }
  *fraction = digits.substr(digits.size() - static_cast<size_t>(post));
  *whole = digits.substr(0, digits.size() - static_cast<size_t>(post));
  whole->erase(0, std::min(whole->find_first_not_of('0'), whole->size()));
  if (whole->empty()) *whole = "0";
}

std::string OrdinalEnding(std::string_view whole) {
  const bool teen = whole.size() > 1 && whole[whole.size() - 2] == '1';
  switch (teen ? '0' : whole.back()) {
    case '1': return "st";
    case '2': return "nd";
    case '3': return "rd";
    default: return "th";
  }
}

}  // namespace

StatusOr<NumberTemplate> NumberTemplate::Compile(std::string_view text) {
  NumberTemplate out;
  bool after_v = false;
  const auto add = [&](Part part, std::string_view content = "", bool upper = false) {
    out.items_.push_back({part, std::string(content), upper});
  };
  for (size_t at = 0; at < text.size();) {
    const std::string_view rest = text.substr(at);
    const auto is = [&](std::string_view upper) {
      if (rest.size() < upper.size()) return false;
      for (size_t i = 0; i < upper.size(); ++i) {
        if (AsciiUpper(rest[i]) != upper[i]) return false;
      }
      return true;
    };
    if (rest[0] == '"') {
      for (++at; at < text.size() && text[at] != '"';) {
        if (text[at] == '\\' && at + 1 < text.size()) ++at;
        const size_t end = NextChar(text, at);
        add(Part::kText, text.substr(at, end - at));
        at = end;
      }
      if (at < text.size()) ++at;
      continue;
    }
    size_t used = 1;
    if (out.scientific_ && !is("FM")) {
      return InvalidArgument("\"EEEE\" must be the last pattern used");
    }
    if (is("FM")) {
      out.fill_ = false;
      used = 2;
    } else if (is("EEEE")) {
      out.scientific_ = true;
      used = 4;
    } else if (is("RN")) {
      out.roman_ = true;
      out.lower_ = rest[0] == 'r';
      used = 2;
    } else if (is("MI") || is("SG")) {
      add(is("MI") ? Part::kMinus : Part::kSign);
      out.own_sign_ = true;
      used = 2;
    } else if (is("PL")) {
      add(Part::kPlus);
      used = 2;
    } else if (is("PR")) {
      out.brackets_ = true;
      used = 2;
    } else if (rest.starts_with("TH") || rest.starts_with("th")) {
      add(Part::kOrdinal, "", rest[0] == 'T');
      used = 2;
    } else if (is("9") || is("0")) {
      const bool zero = is("0");
      add(zero ? Part::kZero : Part::kNine);
      const int place = out.pre_ + out.post_;
      if (zero) out.zero_end_ = place;
      if (out.has_point_) {
        ++out.post_;
      } else {
        if (zero && out.zero_start_ < 0) out.zero_start_ = place;
        ++out.pre_;
        if (after_v) ++out.multiply_;
      }
    } else if (is(".") || is("D")) {
      if (out.has_point_) return InvalidArgument("multiple decimal points in '{}'", text);
      if (after_v) return InvalidArgument("cannot use \"V\" and decimal point together");
      out.has_point_ = true;
      add(Part::kPoint);
    } else if (is(",") || is("G")) {
      add(Part::kGroup);
    } else if (is("S")) {
      if (out.explicit_sign_) return InvalidArgument("cannot use \"S\" twice");
      out.explicit_sign_ = true;
      out.sign_place_ = out.pre_ + out.post_ > 0 ? SignPlace::kBehind : SignPlace::kBefore;
    } else if (is("V")) {
      if (out.has_point_) return InvalidArgument("cannot use \"V\" and decimal point together");
      after_v = true;
    } else if (is("L")) {
      add(Part::kCurrency);
    } else {
      used = NextChar(rest, 0);
      add(Part::kText, rest.substr(0, used));
    }
    at += used;
  }
  if (out.pre_ + out.post_ > kMaxPlaces) {
    return InvalidArgument("a number template has at most {} digits", kMaxPlaces);
  }
  return out;
}

void NumberTemplate::Format(Digits digits, std::string* out) const {
  const auto places = static_cast<size_t>(pre_);
  const bool overflow = digits.whole.size() > places;
  if (overflow) {
    digits.whole.assign(places, '#');
    digits.fraction.assign(static_cast<size_t>(post_), '#');
  }
  const int blanks = pre_ - static_cast<int>(digits.whole.size());
  // "0" before a point is left away where the template asks for no zero.
  const bool hide_zero = zero_start_ < 0 && post_ > 0 && digits.whole == "0";
  // FM drops zeros at the end of the fraction, but not those that a 0 of the template asks for.
  int shown_fraction = post_;
  if (!fill_ && !overflow) {
    while (shown_fraction > 0 && digits.fraction[shown_fraction - 1] == '0' &&
           pre_ + shown_fraction - 1 > zero_end_) {
      --shown_fraction;
    }
  }
  bool sign_written = own_sign_ || (explicit_sign_ && sign_place_ == SignPlace::kBehind);
  const auto write_sign = [&] {
    if (sign_written) return;
    sign_written = true;
    if (explicit_sign_) {
      out->push_back(digits.negative ? '-' : '+');
    } else if (digits.negative) {
      out->push_back(brackets_ ? '<' : '-');
    } else if (fill_) {
      out->push_back(' ');
    }
  };
  int place = 0;
  bool digit_written = false;
  const int last_place = pre_ + post_ - 1;
  for (const Item& item : items_) {
    switch (item.part) {
      case Part::kText: *out += item.text; break;
      case Part::kCurrency: out->push_back(' '); break;
      case Part::kMinus:
        if (digits.negative || fill_) out->push_back(digits.negative ? '-' : ' ');
        break;
      case Part::kPlus:
        if (!digits.negative || fill_) out->push_back(digits.negative ? ' ' : '+');
        break;
      case Part::kSign: out->push_back(digits.negative ? '-' : '+'); break;
      case Part::kGroup:
        if (digit_written || fill_) out->push_back(digit_written ? ',' : ' ');
        break;
      case Part::kOrdinal:
        if (!digits.negative && !has_point_ && !overflow) {
          for (const char c : OrdinalEnding(digits.whole)) {
            out->push_back(item.upper ? AsciiUpper(c) : c);
          }
        }
        break;
      case Part::kPoint:
        write_sign();
        if (post_ > 0 || overflow) out->push_back('.');
        break;
      case Part::kNine:
      case Part::kZero:
        if (place >= pre_) {
          if (place - pre_ < shown_fraction) {
            out->push_back(digits.fraction[place - pre_]);
            digit_written = true;
          }
        } else if (place < blanks && (zero_start_ < 0 || place < zero_start_)) {
          if (fill_) out->push_back(' ');
        } else if (place < blanks) {
          write_sign();
          out->push_back('0');
          digit_written = true;
        } else if (hide_zero && (fill_ || shown_fraction > 0)) {
          if (fill_) out->push_back(' ');
        } else {
          write_sign();
          out->push_back(digits.whole[place - blanks]);
          digit_written = true;
        }
        if (place == last_place) {
          if (explicit_sign_ && sign_place_ == SignPlace::kBehind) {
            out->push_back(digits.negative ? '-' : '+');
          } else if (brackets_ && (digits.negative || fill_)) {
            out->push_back(digits.negative ? '>' : ' ');
          }
        }
        ++place;
        break;
    }
  }
}

void NumberTemplate::FormatScientific(bool negative, std::string_view significant, int exponent,
                                      std::string* out) const {
  out->push_back(negative ? '-' : ' ');
  out->push_back(significant[0]);
  if (post_ > 0) {
    out->push_back('.');
    *out += significant.substr(1);
  }
  *out += fmt::format("e{}{:02}", exponent < 0 ? '-' : '+', std::abs(exponent));
}

void NumberTemplate::FormatRoman(const Digits& digits, std::string* out) const {
  struct Numeral {
    int value;
    std::string_view text;
  };
  constexpr Numeral kNumerals[] = {{1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"},
                                   {90, "XC"},  {50, "L"},   {40, "XL"}, {10, "X"},   {9, "IX"},
                                   {5, "V"},    {4, "IV"},   {1, "I"}};
  int number = digits.whole.size() > 4 ? 0 : std::stoi(digits.whole);
  if (digits.negative || number < 1 || number > 3999) {
    out->append(kRomanWidth, '#');
    return;
  }
  std::string roman;
  for (const Numeral& numeral : kNumerals) {
    for (; number >= numeral.value; number -= numeral.value) roman += numeral.text;
  }
  if (fill_) out->append(kRomanWidth - roman.size(), ' ');
  for (const char c : roman) out->push_back(lower_ ? AsciiLower(c) : c);
}

void NumberTemplate::FormatDecimal(int128_t value, int scale, std::string* out) const {
  Digits digits;
  digits.negative = value < 0;
  uint128_t left = value < 0 ? -static_cast<uint128_t>(value) : static_cast<uint128_t>(value);
  std::string text;
  do {
    text.push_back(static_cast<char>('0' + static_cast<int>(left % 10)));
    left /= 10;
  } while (left != 0);
  std::reverse(text.begin(), text.end());
  if (scientific_) {
    const bool zero = text == "0";
    int exponent = zero ? 0 : static_cast<int>(text.size()) - 1 - scale;
    std::string whole;
    std::string fraction;
    RoundDigits(text, static_cast<int>(text.size()) - 1, post_, &whole, &fraction);
    if (whole.size() > 1) {  // 9.99 rounded up to 10.0
      ++exponent;
      fraction = "0" + fraction;
      fraction.resize(static_cast<size_t>(post_));
      whole = "1";
    }
    FormatScientific(digits.negative, whole + fraction, exponent, out);
    return;
  }
  // V multiplies by a power of ten.
  if (multiply_ > scale) {
    if (text != "0") text.append(static_cast<size_t>(multiply_ - scale), '0');
    scale = 0;
  } else {
    scale -= multiply_;
  }
  RoundDigits(text, scale, roman_ ? 0 : post_, &digits.whole, &digits.fraction);
  const bool is_zero =
      digits.whole == "0" && digits.fraction.find_first_not_of('0') == std::string::npos;
  digits.negative &= !is_zero;
  if (roman_) {
    FormatRoman(digits, out);
  } else {
    Format(std::move(digits), out);
  }
}

void NumberTemplate::FormatDouble(double value, std::string* out) const {
  Digits digits;
  if (std::isnan(value) && !roman_ && !scientific_ && pre_ >= 3) {
    // In the places of the digits, up to the point.
    if (fill_) out->append(static_cast<size_t>(pre_) - 2, ' ');
    *out += "NaN";
    return;
  }
  if (!std::isfinite(value)) {
    digits.negative = value < 0;
    digits.whole.assign(static_cast<size_t>(pre_) + 1, '#');
    if (roman_ || scientific_) {
      out->append(roman_ ? kRomanWidth : static_cast<size_t>(post_) + 7, '#');
    } else {
      Format(std::move(digits), out);
    }
    return;
  }
  char buffer[800];
  if (scientific_) {
    std::snprintf(buffer, sizeof(buffer), "%.*e", post_, std::fabs(value));
    std::string_view text(buffer);
    const size_t e = text.find('e');
    std::string significant(1, text[0]);
    if (post_ > 0) significant += text.substr(2, e - 2);
    FormatScientific(value < 0, significant, std::atoi(buffer + e + 1), out);
    return;
  }
  const int post = roman_ ? 0 : post_;
  std::snprintf(buffer, sizeof(buffer), "%.*f", post, std::fabs(value) * std::pow(10.0, multiply_));
  const std::string_view text(buffer);
  const size_t point = text.find('.');
  digits.whole = text.substr(0, point);
  digits.fraction = point == std::string_view::npos ? "" : text.substr(point + 1);
  digits.negative = std::signbit(value);  // "-0" for -0.1, as PostgreSQL writes it
  if (roman_) {
    FormatRoman(digits, out);
  } else {
    Format(std::move(digits), out);
  }
}

StatusOr<int128_t> NumberTemplate::Read(std::string_view text, int scale) const {
  if (roman_) return Unsupported("\"RN\" not supported for input");
  if (scientific_) return Unsupported("\"EEEE\" not supported for input");
  std::string number;
  bool negative = false;
  bool seen_point = false;
  int whole = 0;
  int fraction = 0;
  for (const char c : text) {
    if (IsAsciiDigit(c)) {
      // Digits beyond the template's places are not read.
      if (seen_point ? fraction++ >= post_ : whole++ >= pre_) {
        if (seen_point || !has_point_) break;
        continue;
      }
      number.push_back(c);
    } else if (c == '.' && has_point_ && !seen_point) {
      seen_point = true;
      number.push_back('.');
    } else if (c == '-' || c == '<') {
      negative = true;
    }
  }
  if (whole == 0 && fraction == 0) {
    return InvalidArgument("invalid input syntax for type numeric: \"{}\"", text);
  }
  if (negative) number.insert(0, 1, '-');
  int128_t value = 0;
  if (ParseDecimal(number, kMaxDecimalPrecision, scale, &value) != ParseOutcome::kOk) {
    return OutOfRange("to_number: \"{}\" does not fit DECIMAL({},{})", text, kMaxDecimalPrecision,
                      scale);
  }
  if (multiply_ > 0) value = RoundDecimal(value, multiply_);
  return value;
}

}  // namespace shale
