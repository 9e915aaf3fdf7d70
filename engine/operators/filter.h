// Filter: keeps the rows where every conjunct is true (survivors are gathered).
// Project: replaces the columns by expressions. Limit: skips and takes, over all workers.
#pragma once

#include <memory>
#include <vector>

#include "engine/exec/operator.h"
#include "engine/expr/expr.h"

namespace shale {

std::shared_ptr<Operator> MakeFilter(std::vector<ExprPtr> conjuncts);
std::shared_ptr<Operator> MakeProject(std::vector<ExprPtr> exprs);
// limit < 0: none. Without an ORDER BY any rows may be the ones taken.
std::shared_ptr<Operator> MakeLimit(int64_t limit, int64_t offset);

}  // namespace shale
