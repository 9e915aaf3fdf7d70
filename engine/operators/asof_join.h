// ASOF join: each probe row with the build row nearest to it among those with equal keys.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "engine/operators/join.h"

namespace shale {

struct AsofPlan {
  bool left = false;                            // probe rows without a build row stay, with NULLs
  std::vector<ExprPtr> probe_keys, build_keys;  // compared with =, pairwise of one type
  ExprPtr probe_order, build_order;             // of one type, a number or a time
  // What holds of probe_order and build_order: "<", "<=", ">" or ">=". Of ">=" the nearest build
  // row is the last one that is not after the probe row; of ties any.
  std::string_view op;
  std::vector<Type> probe_types, build_types;
};

// Like a hash join's two halves: run `build` first. Output: probe columns, then build columns. A
// NULL in a key or an order meets nothing. Unsupported for orders that are not of fixed width.
StatusOr<HashJoin> MakeAsofJoin(AsofPlan plan);

}  // namespace shale
