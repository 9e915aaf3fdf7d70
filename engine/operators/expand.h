// Operators that give several rows for one.
#pragma once

#include <memory>
#include <vector>

#include "engine/exec/operator.h"

namespace shale {

// GROUPING SETS: every row once for each set. Output: the input's columns, then a copy of each of
// `keys` (positions in the input), NULL where sets[s][k] is false, then s as INTEGER.
std::shared_ptr<Operator> MakeExpand(std::vector<size_t> keys, std::vector<std::vector<bool>> sets);

// INTERSECT ALL, EXCEPT ALL: every row as often as its BIGINT column `count` says (not at all below
// one), without that column.
std::shared_ptr<Operator> MakeRepeat(size_t count);

}  // namespace shale
