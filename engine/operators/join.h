// Hash join: the build side is a sink that grows one table; the probe is an operator over the other
// side. Keys compare with SQL's = (NULL never matches). String keys are interned, as in
// aggregation.
//
// Output columns: probe columns, then build columns (kSemi, kAnti: probe columns only; kMark: probe
// columns, then one BOOLEAN: true, false, or NULL as SQL's IN has it).
#pragma once

#include <memory>
#include <vector>

#include "engine/exec/operator.h"
#include "engine/expr/expr.h"

namespace shale {

enum class JoinKind : uint8_t { kInner, kLeft, kSemi, kAnti, kMark };

struct HashJoin {
  std::shared_ptr<Sink> build;      // run this pipeline first
  std::shared_ptr<Operator> probe;  // then the other side through this
};

// probe_keys[i] is compared with build_keys[i]; both have the same type. No keys: a cross product
// (nested loop), with `residual` deciding. `residual` (may be null) is over probe columns followed
// by build columns and must hold for a pair to match.
HashJoin MakeHashJoin(JoinKind kind, std::vector<ExprPtr> probe_keys,
                      std::vector<ExprPtr> build_keys, ExprPtr residual,
                      std::vector<Type> probe_types, std::vector<Type> build_types);

// A scalar subquery's value: a sink that takes at most one row of one column (more is an error:
// "more than one row returned by a subquery used as an expression") and an operator that appends it
// as a constant column.
struct ScalarJoin {
  std::shared_ptr<Sink> build;
  std::shared_ptr<Operator> probe;
};
ScalarJoin MakeScalarJoin(Type type);

}  // namespace shale
