// Window: every input row with the values of window functions over its partition appended.
//
// The input is sorted once by (PARTITION BY, ORDER BY); rows come out in that order, the input's
// columns first, then the functions. Neighbouring partitions are put together into blocks, which
// workers compute side by side. Ranks and picks (lag, nth_value …) are streams over a block;
// aggregates over frames are, by what is cheapest: one state a partition, a running state, the
// difference of two running states (exact sums and counts), or a segment tree over states (Leis et
// al., "Efficient Processing of Window Functions in Analytical SQL Queries", VLDB 2015).
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "engine/functions/window_function.h"
#include "engine/operators/aggregate.h"

namespace shale {

// Which rows around the current one an aggregate, first_value, last_value or nth_value looks at.
struct WindowFrame {
  enum class Unit : uint8_t { kRows, kRange, kGroups };
  enum class Bound : uint8_t {
    kUnboundedPreceding,
    kPreceding,
    kCurrentRow,
    kFollowing,
    kUnboundedFollowing
  };
  Unit unit = Unit::kRange;
  Bound start = Bound::kUnboundedPreceding;
  Bound end = Bound::kCurrentRow;
  FrameExclusion exclusion = FrameExclusion::kNoOthers;

  // Of kPreceding and kFollowing: without columns, evaluated once. ROWS, GROUPS: BIGINT.
  ExprPtr start_offset, end_offset;
  // RANGE with offsets: the one ORDER BY value, brought to a type that it has in common with the
  // offsets: an integer (offsets of any integer type), DECIMAL and DOUBLE (offsets of the same
  // type), TIMESTAMP, TIMESTAMPTZ or INTERVAL (INTERVAL offsets).
  ExprPtr range_key;
  // For the last three: range_key less or plus the offset.
  ExprPtr start_value, end_value;
};

// One function: a window function proper, or an aggregate.
struct WindowExpr {
  ResolvedWindow window;  // window.function is null for an aggregate
  ResolvedAggregate aggregate;
  std::vector<ExprPtr> args;
  ExprPtr filter;  // boolean, or null; aggregates only
  bool ignore_nulls = false;
  WindowFrame frame;

  const Type& result_type() const {
    return window.function ? window.result_type : aggregate.result_type;
  }
  const std::string& name() const {
    return window.function ? window.function->name : aggregate.function->name;
  }
};

// Only rows where function `function` (row_number, rank or dense_rank) is at most `most` come out.
struct WindowRankLimit {
  size_t function = 0;
  int64_t most = 0;
};

std::shared_ptr<SinkSource> MakeWindow(std::vector<ExprPtr> partition_by,
                                       std::vector<SortKey> order_by,
                                       std::vector<WindowExpr> functions,
                                       std::optional<WindowRankLimit> limit,
                                       std::vector<Type> input_types);

}  // namespace shale
