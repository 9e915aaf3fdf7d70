#include <algorithm>

#include "engine/expr/evaluator.h"
#include "sql/rules/rules.h"

namespace shale {
namespace {

bool IsComparison(const Expr& expr) {
  if (expr.kind != Expr::Kind::kCall || expr.args.size() != 2) return false;
  const std::string& name = expr.function.function->name;
  return name == "=" || name == "<>" || name == "<" || name == "<=" || name == ">" || name == ">=";
}

// CAST(x AS wider integer): x.
ExprPtr WidenedInteger(const ExprPtr& expr) {
  if (expr->kind != Expr::Kind::kCall || expr->args.size() != 1) return nullptr;
  if (expr->function.function->name != "cast") return nullptr;
  const Type &to = expr->type, &from = expr->args[0]->type;
  if (!to.IsInteger() || !from.IsInteger()) return nullptr;
  if (from.IsSignedInteger() != to.IsSignedInteger() && !from.IsUnsignedInteger()) return nullptr;
  if (PhysicalSize(from.physical()) > PhysicalSize(to.physical())) return nullptr;
  return expr->args[0];
}

}  // namespace

ExprPtr UnwrapCasts(const ExprPtr& expr) {
  return Rewrite(expr, [](const ExprPtr& part) -> ExprPtr {
    if (!IsComparison(*part)) return nullptr;
    for (size_t side : {0, 1}) {
      ExprPtr inner = WidenedInteger(part->args[side]);
      const Expr& other = *part->args[1 - side];
      if (!inner || other.kind != Expr::Kind::kConstant || other.value.is_null()) continue;
      auto narrowed = MakeCast(part->args[1 - side], inner->type);
      if (!narrowed.ok()) continue;
      ExprPtr constant = FoldConstants(*narrowed, nullptr);
      if (constant->kind != Expr::Kind::kConstant) continue;  // does not fit: leave it
      std::vector<ExprPtr> args(2);
      args[side] = std::move(inner);
      args[1 - side] = std::move(constant);
      auto call = MakeCall(part->function.function->name, std::move(args));
      if (call.ok()) return *call;
    }
    return nullptr;
  });
}

void FoldPlanConstants(Plan* plan, const RuleContext& context) {
  ForEachExpr(*plan,
              [&](ExprPtr& expr) { expr = UnwrapCasts(FoldConstants(expr, context.functions)); });
  for (PlanPtr& child : plan->children) FoldPlanConstants(child.get(), context);
}

}  // namespace shale
