// Unnest: a row for every element of lists, side by side: what unnest, generate_series and other
// set-returning functions become.
#pragma once

#include <memory>
#include <vector>

#include "engine/exec/operator.h"
#include "engine/expr/expr.h"

namespace shale {

// Each input row once for every element of the longest of its `lists` (expressions of LIST types);
// a shorter one is followed by NULLs. Output: the input's columns `kept` (positions), one a list,
// with `ordinality` the element's number from 1 (BIGINT). A row without elements gives no row; with
// `keep_empty` one, with NULLs for the elements and their number.
std::shared_ptr<Operator> MakeUnnest(std::vector<size_t> kept, std::vector<ExprPtr> lists,
                                     bool ordinality, bool keep_empty);

}  // namespace shale
