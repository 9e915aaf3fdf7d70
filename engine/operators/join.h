// Join: the build side is a sink that keeps all rows, by their keys in a hash table; the probe is
// an operator over the other side. Keys compare with SQL's = (NULL never matches), null-safe ones
// with IS NOT DISTINCT FROM. String keys are interned, as in aggregation. Without keys every pair
// of rows is looked at, a row against a chunk at a time.
//
// Output columns: probe columns, then build columns (kSemi, kAnti: probe columns only; kMark: probe
// columns, then one BOOLEAN: true, false, or NULL as SQL's IN and ANY have it).
//
// kRight and kFull keep build rows that met none: they come out when the last probing worker
// finishes, so such a probe stands in one branch of its pipeline only. kSingle is kLeft for a
// subquery used as an expression: a probe row that meets two build rows is an error.
#pragma once

#include <memory>
#include <vector>

#include "engine/exec/operator.h"
#include "engine/expr/expr.h"

namespace shale {

enum class JoinKind : uint8_t { kInner, kLeft, kSemi, kAnti, kMark, kRight, kFull, kSingle };

// What the build side's keys are, known once it was built: a scan of the probe side may leave out
// rows that cannot meet any.
class JoinBounds {
 public:
  virtual ~JoinBounds() = default;
  // Conditions on `column`, an expression of the probe key's type, that every row which meets a
  // build row fulfils: one of a few values, or a range. None when nothing is known, or no row was
  // built.
  virtual std::vector<ExprPtr> Conditions(size_t key, const ExprPtr& column) const = 0;
};

struct HashJoin {
  std::shared_ptr<Sink> build;               // run this pipeline first
  std::shared_ptr<Operator> probe;           // then the other side through this
  std::shared_ptr<const JoinBounds> bounds;  // null for kinds that keep probe rows
};

// probe_keys[i] is compared with build_keys[i]; both have the same type. `residual` (may be null)
// is over probe columns followed by build columns and must be true for a pair to match; of kMark, a
// NULL residual leaves the mark NULL where no pair matches. null_safe: one a key (none: all false).
HashJoin MakeHashJoin(JoinKind kind, std::vector<ExprPtr> probe_keys,
                      std::vector<ExprPtr> build_keys, ExprPtr residual,
                      std::vector<Type> probe_types, std::vector<Type> build_types,
                      std::vector<bool> null_safe = {});

// A scalar subquery's value: a sink that takes at most one row of one column (more is an error:
// "more than one row returned by a subquery used as an expression") and an operator that appends it
// as a constant column.
struct ScalarJoin {
  std::shared_ptr<Sink> build;
  std::shared_ptr<Operator> probe;
};
ScalarJoin MakeScalarJoin(Type type);

}  // namespace shale
