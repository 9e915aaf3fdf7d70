// Constant folding: what can be known before the first row.
#include "engine/expr/evaluator.h"

namespace shale {
namespace {

constexpr size_t kMaxFoldedItems = 10'000;

bool IsTrue(const Expr& expr) {
  return IsConstant(expr) && !expr.value.is_null() && expr.value.AsBool();
}
bool IsFalse(const Expr& expr) {
  return IsConstant(expr) && !expr.value.is_null() && !expr.value.AsBool();
}
bool IsFalseOrNull(const Expr& expr) { return IsConstant(expr) && !IsTrue(expr); }

ExprPtr WithArgs(const ExprPtr& expr, std::vector<ExprPtr> args) {
  auto copy = std::make_shared<Expr>(*expr);
  copy->args = std::move(args);
  return copy;
}

ExprPtr FoldLogical(const ExprPtr& expr, const std::vector<ExprPtr>& args) {
  const bool is_and = expr->kind == Expr::Kind::kAnd;
  std::vector<ExprPtr> kept;
  for (const ExprPtr& arg : args) {
    if (is_and ? IsTrue(*arg) : IsFalse(*arg)) continue;    // changes nothing
    if (is_and ? IsFalse(*arg) : IsTrue(*arg)) return arg;  // decides
    kept.push_back(arg);
  }
  if (kept.empty()) return MakeConstant(Value::Bool(is_and));
  return is_and ? MakeAnd(std::move(kept)) : MakeOr(std::move(kept));
}

ExprPtr FoldCase(const ExprPtr& expr, const std::vector<ExprPtr>& args) {
  std::vector<ExprPtr> kept;
  for (size_t i = 0; i + 1 < args.size(); i += 2) {
    if (IsFalseOrNull(*args[i])) continue;
    if (IsTrue(*args[i])) {
      if (kept.empty()) return args[i + 1];
      kept.push_back(args[i + 1]);
      return WithArgs(expr, std::move(kept));
    }
    kept.push_back(args[i]);
    kept.push_back(args[i + 1]);
  }
  if (kept.empty()) return args.back();
  kept.push_back(args.back());
  return WithArgs(expr, std::move(kept));
}

ExprPtr FoldCoalesce(const ExprPtr& expr, const std::vector<ExprPtr>& args) {
  std::vector<ExprPtr> kept;
  for (const ExprPtr& arg : args) {
    if (IsConstant(*arg) && arg->value.is_null()) continue;
    kept.push_back(arg);
    if (IsConstant(*arg)) break;
  }
  if (kept.empty()) return MakeConstant(Value::Null(expr->type));
  if (kept.size() == 1) return kept[0];
  return WithArgs(expr, std::move(kept));
}

// A strict function of NULL is NULL, whatever rows would make of its other arguments. Not of those
// that fail already without a row: 1 / 0 + NULL is an error.
bool IsNullForSure(const Expr& call, const std::vector<ExprPtr>& args) {
  if (call.function.function->nulls != NullRule::kStrict) return false;
  bool any_null = false;
  for (const ExprPtr& arg : args) {
    if (IsConstant(*arg)) {
      any_null |= arg->value.is_null();
      continue;
    }
    std::vector<size_t> columns;
    CollectColumns(*arg, &columns);
    if (columns.empty()) return false;
  }
  return any_null;
}

// Whether a cast keeps the order and never merges two values (or fails): then a comparison may be
// done on either side of it.
bool KeepsOrder(const Type& from, const Type& to) {
  if (from.id() == TypeId::kDate) return to.id() == TypeId::kTimestamp;
  if (from.IsInteger() && to.IsInteger()) {
    return ImplicitCastCost({from, false}, to).has_value();
  }
  if (from.IsInteger() && to.id() == TypeId::kDecimal) {
    return ImplicitCastCost({from, false}, to).has_value();
  }
  if (from.IsInteger() && to.id() == TypeId::kDouble) {
    return from.id() != TypeId::kBigInt && from.id() != TypeId::kUBigInt;
  }
  if (from.id() == TypeId::kDecimal && to.id() == TypeId::kDecimal) {
    return ImplicitCastCost({from, false}, to).has_value();
  }
  return from.id() == TypeId::kReal && to.id() == TypeId::kDouble;
}

// CAST(x AS wider) op constant is x op constant when the constant is a value of x's own type: the
// column is compared as it is stored, and predicates on it can prune.
ExprPtr NarrowComparison(const ExprPtr& expr) {
  if (expr->kind != Expr::Kind::kCall || expr->args.size() != 2 ||
      expr->function.function->category != "comparison") {
    return expr;
  }
  for (size_t side : {0, 1}) {
    const Expr& cast = *expr->args[side];
    const Expr& constant = *expr->args[1 - side];
    if (!IsConstant(constant) || constant.value.is_null()) continue;
    if (cast.kind != Expr::Kind::kCall || cast.function.function->name != "cast") continue;
    const ExprPtr& inner = cast.args[0];
    if (!KeepsOrder(inner->type, cast.type)) continue;
    const FunctionContext plain;
    StatusOr<ExprPtr> there = MakeCast(expr->args[1 - side], inner->type);
    if (!there.ok()) continue;
    StatusOr<Value> narrow = EvaluateConstant(*there, plain);
    if (!narrow.ok()) continue;
    StatusOr<ExprPtr> back = MakeCast(MakeConstant(*narrow), cast.type);
    if (!back.ok()) continue;
    StatusOr<Value> again = EvaluateConstant(*back, plain);
    if (!again.ok() || !(*again == constant.value)) continue;
    std::vector<ExprPtr> args(2);
    args[side] = inner;
    args[1 - side] = MakeConstant(*std::move(narrow));
    StatusOr<ExprPtr> call = MakeCall(expr->function.function->name, std::move(args));
    if (call.ok()) return *std::move(call);
  }
  return expr;
}

}  // namespace

StatusOr<Value> EvaluateConstant(const ExprPtr& expr, const FunctionContext& context) {
  std::vector<size_t> columns;
  CollectColumns(*expr, &columns);
  if (!columns.empty()) return InvalidArgument("{} is not a constant", ToString(*expr));
  Chunk one_row;
  one_row.num_rows = 1;
  Evaluator evaluator(expr, &context);
  ASSIGN_OR_RETURN(Vector result, evaluator.Evaluate(one_row));
  return result.GetValue(0);
}

ExprPtr FoldConstants(const ExprPtr& expr, const FunctionContext* context) {
  if (expr->args.empty() && expr->kind != Expr::Kind::kCall) return expr;
  bool changed = false, all_constant = true;
  std::vector<ExprPtr> args;
  args.reserve(expr->args.size());
  for (const ExprPtr& arg : expr->args) {
    args.push_back(FoldConstants(arg, context));
    changed |= args.back() != arg;
    all_constant &= IsConstant(*args.back());
  }
  switch (expr->kind) {
    case Expr::Kind::kAnd:
    case Expr::Kind::kOr: {
      ExprPtr folded = FoldLogical(expr, args);
      if (folded->kind != expr->kind || folded->args.size() != args.size()) return folded;
      break;
    }
    case Expr::Kind::kCase: {
      ExprPtr folded = FoldCase(expr, args);
      if (folded->kind != expr->kind || folded->args.size() != args.size()) return folded;
      break;
    }
    case Expr::Kind::kCoalesce: {
      ExprPtr folded = FoldCoalesce(expr, args);
      if (folded->kind != expr->kind || folded->args.size() != args.size()) return folded;
      break;
    }
    case Expr::Kind::kCall:
      if (IsNullForSure(*expr, args)) return MakeConstant(Value::Null(expr->type));
      break;
    default: break;
  }
  ExprPtr result = changed ? WithArgs(expr, std::move(args)) : expr;
  if (!all_constant) return NarrowComparison(result);
  Volatility volatility = VolatilityOf(*result);
  if (volatility == Volatility::kVolatile) return result;
  if (volatility == Volatility::kStable && context == nullptr) return result;
  const FunctionContext plain;
  if (result->type.id() == TypeId::kList) {
    // A long list is dear as a boxed value: the evaluator computes it once, too.
    Evaluator evaluator(result, context ? context : &plain);
    Chunk one_row;
    one_row.num_rows = 1;
    StatusOr<Vector> list = evaluator.Evaluate(one_row);
    if (!list.ok() || list->children()[0].size() > kMaxFoldedItems) return result;
  }
  StatusOr<Value> value = EvaluateConstant(result, context ? *context : plain);
  if (!value.ok()) return result;  // the error belongs to a row
  if (value->is_null()) return MakeConstant(Value::Null(result->type));
  return MakeConstant(*std::move(value));
}

}  // namespace shale
