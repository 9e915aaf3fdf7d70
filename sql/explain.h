// EXPLAIN: a plan as indented text, one line a node, with rows, times and what was skipped after
// EXPLAIN ANALYZE.
#pragma once

#include <string>
#include <vector>

#include "sql/plan.h"

namespace shale {

std::vector<std::string> ExplainPlan(const Plan& plan, const DatabaseVersion& version,
                                     bool analyzed);
// The same as one JSON array, as PostgreSQL's FORMAT JSON has it.
std::string ExplainJson(const Plan& plan, const DatabaseVersion& version, bool analyzed);

}  // namespace shale
