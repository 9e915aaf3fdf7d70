// Conjunct: one condition of a scan and what can be known of it before reading rows: whether it has
// a shape that zone maps decide (column op constant, IN, IS [NOT] NULL, LIKE 'prefix%'), a range of
// integers for SelectRange, and whether it may be computed once an entry of a dictionary.
// Immutable; shared by workers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/expr/expr.h"
#include "storage/segment/segment.h"

namespace shale {

struct Conjunct {
  enum class Shape : uint8_t { kOther, kRange, kNotEqual, kIn, kIsNull, kIsNotNull, kPrefix };

  ExprPtr expr;                 // over the scan's columns
  std::vector<size_t> columns;  // that it reads, ascending
  ExprPtr narrow;               // over just those, in that order

  Shape shape = Shape::kOther;
  // kRange: bounds of the column, absent where open-ended. kNotEqual: low is the value.
  std::optional<Value> low, high;
  bool low_open = false, high_open = false;  // the bound itself is outside
  std::vector<Value> values;                 // kIn
  std::string prefix;                        // kPrefix: for zone maps; a row must still be matched
  // The range (or, with negate, its complement) as SelectRange wants it.
  bool has_int_range = false;
  int64_t int_low = 0, int_high = 0;
  bool int_negate = false;

  bool one_column = false;     // reads one column and is the same for the same value
  bool true_for_null = false;  // only when one_column: whether a NULL passes
  bool cannot_fail = false;    // may be evaluated in any order
  bool from_join = false;      // one of ScanSpec::join_filters

  // Whether every row that passes has the value `low` in the one column.
  bool FixesColumn() const {
    return shape == Shape::kRange && low && high && !low_open && !high_open && *low == *high;
  }

  // Whether rows are worth reading: of a block or segment with these bounds, do none, some or all
  // rows pass?
  enum class Verdict : uint8_t { kNone, kSome, kAll };
  Verdict Judge(const ZoneMap& zone, uint64_t num_rows) const;
};

// `context` is for finding out what the condition says of NULL.
Conjunct AnalyseConjunct(const ExprPtr& expr, const FunctionContext& context);

}  // namespace shale
