// TypeGuess: what type a column has, from the values seen.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string_view>

#include "engine/vector/type.h"
#include "tools/load/text/fields.h"

namespace shale {

// A set of the types that every value so far could be; it only shrinks. The rules:
//   - words true, false, t, f are BOOLEAN; integers BIGINT, beyond it DECIMAL(38,0); other numbers
//     DOUBLE; a leading zero (00123) or plus makes TEXT, for it would be lost;
//   - YYYY-MM-DD is DATE, with a time TIMESTAMP, with an offset or Z anywhere TIMESTAMPTZ;
//   - canonical UUIDs and IP addresses are UUID and INET;
//   - JSON's numbers, booleans and strings stay what they are ("1" is text); where objects or
//     arrays occur the column is JSON,
//     unless every value is an array of values of one kind: then it is an array of their type;
//   - NULL fits everything; a column of NULLs only, or of no one type, is TEXT.
class TypeGuess {
 public:
  void AddNull() { ++num_nulls_; }
  // A field of delimited text, unescaped.
  void AddText(std::string_view text);
  // A field of JSON, not NULL; `text` is its content, unescaped.
  void AddJson(const Field& field, std::string_view text);
  // An instant in a form of its own (an access log's time), microseconds since 1970.
  void AddInstant(int64_t micros);

  Type Decide() const;
  uint64_t num_values() const { return num_values_; }
  uint64_t num_nulls() const { return num_nulls_; }
  // No further value can change the answer: TEXT.
  bool settled() const { return possible_ == 0 && !has_nested_; }
  // For DATE, TIMESTAMP and TIMESTAMPTZ: the range seen, microseconds since 1970.
  bool has_time_range() const { return min_micros_ <= max_micros_; }
  int64_t min_micros() const { return min_micros_; }
  int64_t max_micros() const { return max_micros_; }

 private:
  enum Possible : uint32_t {
    kBoolean = 1,
    kBigInt = 2,
    kDecimal = 4,
    kDouble = 8,
    kDate = 16,
    kTimestamp = 32,
    kTimestampTz = 64,
    kUuid = 128,
    kInet = 256,
    kNumeric = kBigInt | kDecimal | kDouble,
    kTime = kDate | kTimestamp | kTimestampTz,
    kAll = 511,
  };
  static uint32_t NumberKinds(std::string_view text, bool* finite);
  uint32_t TimeKinds(std::string_view text);

  uint32_t possible_ = kAll;
  void AddArray(std::string_view json);

  bool has_nested_ = false;
  // While all values are arrays, and their elements strings, numbers or booleans alone.
  bool only_arrays_ = true;
  std::unique_ptr<TypeGuess> elements_;
  uint32_t element_kinds_ = 0;
  bool has_finite_ = false;
  uint64_t num_values_ = 0;
  uint64_t num_nulls_ = 0;
  int64_t min_micros_ = std::numeric_limits<int64_t>::max();
  int64_t max_micros_ = std::numeric_limits<int64_t>::min();
};

}  // namespace shale
