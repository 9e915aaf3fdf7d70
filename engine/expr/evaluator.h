// Evaluator: computes one expression over chunks, for one worker.
//
// The work is done once per distinct value: a call that is not volatile and whose only
// non-constant argument is a dictionary vector is computed over the dictionary and remembered by
// (node, dictionary id); the result is a dictionary vector with the same codes (or, once computed,
// gathered when it is fixed-width). A dictionary much larger than the rows at hand is computed only
// for the entries used. An entry's error is raised only if a row at hand uses that entry. Run
// vectors are computed once a run. AND, OR, CASE and COALESCE evaluate an argument only for the
// rows that need it, so x <> 0 AND 1 / x > 2 never divides by zero.
// Not thread-safe: one a worker.
#pragma once

#include <memory>

#include "engine/expr/expr.h"

namespace shale {

class Evaluator {
 public:
  Evaluator(ExprPtr expr, const FunctionContext* context);
  ~Evaluator();
  Evaluator(Evaluator&&) noexcept;
  Evaluator& operator=(Evaluator&&) noexcept;

  // A vector of expr.type with input.num_rows rows, of any encoding.
  StatusOr<Vector> Evaluate(const Chunk& input);
  // For a boolean expression: the rows where it is true, ascending, into `rows` (room for
  // input.num_rows). Returns how many.
  StatusOr<size_t> Select(const Chunk& input, uint32_t* rows);

  const Expr& expr() const { return *expr_; }

 private:
  struct Node;
  ExprPtr expr_;
  std::unique_ptr<Node> root_;
};

// Folds constant sub-expressions (immutable ones; stable ones too when `context` is given). One
// whose evaluation fails is left as it is, so the error is raised only if a row needs it.
ExprPtr FoldConstants(const ExprPtr& expr, const FunctionContext* context);
// Evaluates an expression without columns.
StatusOr<Value> EvaluateConstant(const ExprPtr& expr, const FunctionContext& context);

}  // namespace shale
