// JsonNumber: a number of a JSON document for the arithmetic of paths: exact decimal while its
// digits fit into 128 bits, as PostgreSQL's numeric is, else a double. A quotient has at least 16
// significant digits, by PostgreSQL's rule.
#pragma once

#include <string>
#include <string_view>

#include "engine/vector/type.h"

namespace shale {

class JsonNumber {
 public:
  JsonNumber() = default;
  static JsonNumber Parse(std::string_view text);  // a valid JSON number
  static JsonNumber FromDouble(double value);      // finite; with 15 digits

  bool IsZero() const { return exact_ ? digits_ == 0 : double_ == 0; }
  JsonNumber Negated() const;
  JsonNumber Abs() const;
  JsonNumber Floor() const;
  JsonNumber Ceiling() const;
  JsonNumber Plus(const JsonNumber& other) const;
  JsonNumber Times(const JsonNumber& other) const;
  JsonNumber Over(const JsonNumber& other) const;    // not by zero
  JsonNumber Modulo(const JsonNumber& other) const;  // likewise; the sign of *this
  int CompareTo(const JsonNumber& other) const;
  std::string ToText() const;

 private:
  static JsonNumber Exact(int128_t digits, int scale);
  static JsonNumber Rough(double value);
  double AsDouble() const;
  // Both with the same scale; false when that does not fit.
  static bool Align(const JsonNumber& a, const JsonNumber& b, int128_t* x, int128_t* y, int* scale);

  bool exact_ = true;
  int128_t digits_ = 0;  // the number times 10^scale_
  int scale_ = 0;
  double double_ = 0;
};

}  // namespace shale
