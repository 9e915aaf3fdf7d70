// Templates of to_char and to_number for numbers ("9,999.00", "FM0.##", "RN"), with PostgreSQL's
// patterns. A compiled template is immutable and may be used by any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/vector/type.h"

namespace shale {

class NumberTemplate {
 public:
  static StatusOr<NumberTemplate> Compile(std::string_view text);

  void FormatDecimal(int128_t value, int scale, std::string* out) const;
  void FormatDouble(double value, std::string* out) const;
  // The number in `text`, times 10^scale; InvalidArgument when there is none.
  StatusOr<int128_t> Read(std::string_view text, int scale) const;
  int places_behind_point() const { return post_; }

 private:
  enum class Part : uint8_t {
    kText,
    kNine,
    kZero,
    kPoint,
    kGroup,
    kMinus,
    kPlus,
    kSign,
    kCurrency,
    kOrdinal,
  };
  struct Item {
    Part part = Part::kText;
    std::string text;
    bool upper = false;
  };
  enum class SignPlace : uint8_t { kBefore, kBehind };

  // Digits of a rounded number: no sign, no leading zeros but a single 0; '#' where it overflows.
  struct Digits {
    bool negative = false;
    std::string whole;
    std::string fraction;  // post_ of them
  };
  void Format(Digits digits, std::string* out) const;
  void FormatScientific(bool negative, std::string_view significant, int exponent,
                        std::string* out) const;
  void FormatRoman(const Digits& digits, std::string* out) const;

  std::vector<Item> items_;
  int pre_ = 0;  // digit places before the point
  int post_ = 0;
  int zero_start_ = -1;  // the place of the first 0 before the point
  int zero_end_ = -1;    // the place of the last 0, counting on behind the point
  int multiply_ = 0;     // V: digits shifted left
  bool fill_ = true;     // without FM
  bool has_point_ = false;
  bool brackets_ = false;       // PR
  bool own_sign_ = false;       // MI or SG says it, no place is kept
  bool explicit_sign_ = false;  // S
  SignPlace sign_place_ = SignPlace::kBefore;
  bool scientific_ = false;
  bool roman_ = false;
  bool lower_ = false;  // rn
};

}  // namespace shale
