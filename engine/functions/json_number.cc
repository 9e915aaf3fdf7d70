#include "engine/functions/json_number.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace shale {
namespace {

constexpr int kMaxScale = 37;

bool TimesTen(int128_t* value, int times) {
  for (; times > 0; --times) {
    if (__builtin_mul_overflow(*value, int128_t{10}, value)) return false;
  }
  return true;
}

// The weight and the first digit of |value| in PostgreSQL's base of 10,000.
void Leading(int128_t digits, int scale, int* weight, int* first) {
  if (digits < 0) digits = -digits;
  // Aligned so that the point stands between groups of four.
  int pad = (4 - scale % 4) % 4;
  std::string text;
  for (; digits > 0; digits /= 10)
    text.push_back(static_cast<char>('0' + static_cast<int>(digits % 10)));
  std::reverse(text.begin(), text.end());
  text.append(static_cast<size_t>(pad), '0');
  const int groups_after = (scale + pad) / 4;
  const int groups = (static_cast<int>(text.size()) + 3) / 4;
  *weight = groups - groups_after - 1;
  const size_t head = text.size() - static_cast<size_t>(groups - 1) * 4;
  *first = text.empty() ? 0 : std::atoi(text.substr(0, head).c_str());
}

}  // namespace

JsonNumber JsonNumber::Exact(int128_t digits, int scale) {
  JsonNumber number;
  number.digits_ = digits;
  number.scale_ = scale;
  return number;
}

JsonNumber JsonNumber::Rough(double value) {
  JsonNumber number;
  number.exact_ = false;
  number.double_ = value;
  return number;
}

JsonNumber JsonNumber::FromDouble(double value) {
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "%.15g", value);
  return Parse(buffer);
}

JsonNumber JsonNumber::Parse(std::string_view text) {
  int128_t digits = 0;
  int scale = 0;
  bool negative = false, point = false;
  size_t at = 0;
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) negative = text[at++] == '-';
  const auto rough = [&] { return Rough(std::strtod(std::string(text).c_str(), nullptr)); };
  for (; at < text.size() && text[at] != 'e' && text[at] != 'E'; ++at) {
    if (text[at] == '.') {
      point = true;
      continue;
    }
    if (!TimesTen(&digits, 1) || __builtin_add_overflow(digits, text[at] - '0', &digits)) {
      return rough();
    }
    scale += point;
  }
  if (at < text.size()) {
    const int exponent = std::atoi(std::string(text.substr(at + 1)).c_str());
    if (exponent > kMaxScale || exponent < -kMaxScale) return rough();
    scale -= exponent;
    if (scale < 0) {
      if (!TimesTen(&digits, -scale)) return rough();
      scale = 0;
    }
  }
  if (scale > kMaxScale) return rough();
  return Exact(negative ? -digits : digits, scale);
}

double JsonNumber::AsDouble() const {
  if (!exact_) return double_;
  return std::strtod(ToText().c_str(), nullptr);
}

bool JsonNumber::Align(const JsonNumber& a, const JsonNumber& b, int128_t* x, int128_t* y,
                       int* scale) {
  if (!a.exact_ || !b.exact_) return false;
  *scale = std::max(a.scale_, b.scale_);
  *x = a.digits_;
  *y = b.digits_;
  return TimesTen(x, *scale - a.scale_) && TimesTen(y, *scale - b.scale_);
}

JsonNumber JsonNumber::Negated() const {
  return exact_ ? Exact(-digits_, scale_) : Rough(-double_);
}

JsonNumber JsonNumber::Abs() const {
  return exact_ ? Exact(digits_ < 0 ? -digits_ : digits_, scale_) : Rough(std::fabs(double_));
}

JsonNumber JsonNumber::Floor() const {
  if (!exact_) return Rough(std::floor(double_));
  int128_t unit = 1;
  TimesTen(&unit, scale_);
  const int128_t rest = digits_ % unit;
  return Exact(digits_ / unit - (rest < 0 ? 1 : 0), 0);
}

JsonNumber JsonNumber::Ceiling() const { return Negated().Floor().Negated(); }

JsonNumber JsonNumber::Plus(const JsonNumber& other) const {
  int128_t x, y, sum;
  int scale;
  if (Align(*this, other, &x, &y, &scale) && !__builtin_add_overflow(x, y, &sum)) {
    return Exact(sum, scale);
  }
  return Rough(AsDouble() + other.AsDouble());
}

JsonNumber JsonNumber::Times(const JsonNumber& other) const {
  int128_t product;
  if (exact_ && other.exact_ && scale_ + other.scale_ <= kMaxScale &&
      !__builtin_mul_overflow(digits_, other.digits_, &product)) {
    return Exact(product, scale_ + other.scale_);
  }
  return Rough(AsDouble() * other.AsDouble());
}

JsonNumber JsonNumber::Over(const JsonNumber& other) const {
  if (!exact_ || !other.exact_) return Rough(AsDouble() / other.AsDouble());
  int weight, first, other_weight, other_first;
  Leading(digits_, scale_, &weight, &first);
  Leading(other.digits_, other.scale_, &other_weight, &other_first);
  int quotient_weight = weight - other_weight;
  if (first <= other_first) --quotient_weight;
  const int scale = std::max({16 - quotient_weight * 4, scale_, other.scale_, 0});
  int128_t dividend = digits_;
  if (scale > kMaxScale || !TimesTen(&dividend, scale + other.scale_ - scale_ + 1)) {
    return Rough(AsDouble() / other.AsDouble());
  }
  // One digit more, to round by.
  const int128_t quotient = dividend / other.digits_;
  const int128_t half = quotient < 0 ? -5 : 5;
  return Exact((quotient + half) / 10, scale);
}

JsonNumber JsonNumber::Modulo(const JsonNumber& other) const {
  int128_t x, y;
  int scale;
  if (Align(*this, other, &x, &y, &scale)) return Exact(x % y, scale);
  return Rough(std::fmod(AsDouble(), other.AsDouble()));
}

int JsonNumber::CompareTo(const JsonNumber& other) const {
  int128_t x, y;
  int scale;
  if (Align(*this, other, &x, &y, &scale)) return (x > y) - (x < y);
  const double a = AsDouble(), b = other.AsDouble();
  return (a > b) - (a < b);
}

std::string JsonNumber::ToText() const {
  if (!exact_) {
    char buffer[400];
    std::snprintf(buffer, sizeof buffer, "%.17g", double_);
    return buffer;
  }
  int128_t rest = digits_ < 0 ? -digits_ : digits_;
  std::string text;
  for (int place = 0; rest > 0 || place <= scale_; ++place) {
    if (place == scale_ && scale_ > 0) text.push_back('.');
    text.push_back(static_cast<char>('0' + static_cast<int>(rest % 10)));
    rest /= 10;
  }
  if (digits_ < 0) text.push_back('-');
  std::reverse(text.begin(), text.end());
  return text;
}

}  // namespace shale
