#include "engine/expr/evaluator.h"
#include "sql/rules/rules.h"

namespace shale {
void FoldPlanConstants(Plan* plan, const RuleContext& context) {
  ForEachExpr(*plan, [&](ExprPtr& expr) { expr = FoldConstants(expr, context.functions); });
  for (PlanPtr& child : plan->children) FoldPlanConstants(child.get(), context);
}

}  // namespace shale
