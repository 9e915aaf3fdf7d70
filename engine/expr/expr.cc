#include "engine/expr/expr.h"

#include <algorithm>

#include "engine/vector/hash.h"

namespace shale {

ExprPtr MakeColumn(size_t index, Type type, std::string name) {
  auto expr = std::make_shared<Expr>();
  expr->kind = Expr::Kind::kColumn;
  expr->type = std::move(type);
  expr->column_index = index;
  expr->name = std::move(name);
  return expr;
}

ExprPtr MakeConstant(Value value) {
  auto expr = std::make_shared<Expr>();
  expr->kind = Expr::Kind::kConstant;
  expr->type = value.type();
  expr->value = std::move(value);
  return expr;
}

ExprPtr MakeCall(ResolvedScalar function, std::vector<ExprPtr> args) {
  SHALE_CHECK(function.function != nullptr && function.kernel != nullptr);
  SHALE_CHECK(function.arg_types.size() == args.size());
  for (size_t i = 0; i < args.size(); ++i) {
    SHALE_CHECK(args[i]->type.physical() == function.arg_types[i].physical());
  }
  auto expr = std::make_shared<Expr>();
  expr->kind = Expr::Kind::kCall;
  expr->type = function.result_type;
  expr->args = std::move(args);
  expr->name = function.function->name;
  expr->function = std::move(function);
  return expr;
}

namespace {

ExprPtr MakeLogical(Expr::Kind kind, std::vector<ExprPtr> args) {
  SHALE_CHECK(!args.empty());
  // (a AND b) AND c is one AND of three.
  std::vector<ExprPtr> flat;
  for (ExprPtr& arg : args) {
    if (arg->kind == kind) {
      flat.insert(flat.end(), arg->args.begin(), arg->args.end());
    } else {
      flat.push_back(std::move(arg));
    }
  }
  if (flat.size() == 1) return flat[0];
  auto expr = std::make_shared<Expr>();
  expr->kind = kind;
  expr->type = TypeId::kBoolean;
  expr->args = std::move(flat);
  return expr;
}

}  // namespace

ExprPtr MakeAnd(std::vector<ExprPtr> args) {
  return MakeLogical(Expr::Kind::kAnd, std::move(args));
}

ExprPtr MakeOr(std::vector<ExprPtr> args) { return MakeLogical(Expr::Kind::kOr, std::move(args)); }

StatusOr<ExprPtr> MakeCall(std::string_view name, std::vector<ExprPtr> args) {
  std::vector<ArgumentType> types;
  for (const ExprPtr& arg : args) {
    types.push_back({arg->type, arg->type.id() == TypeId::kNull,
                     arg->kind == Expr::Kind::kConstant ? &arg->value : nullptr});
  }
  ASSIGN_OR_RETURN(ResolvedScalar resolved, Registry::Get().ResolveScalar(name, types));
  for (size_t i = 0; i < args.size(); ++i) {
    ASSIGN_OR_RETURN(args[i], MakeCast(std::move(args[i]), resolved.arg_types[i]));
  }
  return MakeCall(std::move(resolved), std::move(args));
}

StatusOr<ExprPtr> MakeCast(ExprPtr expr, const Type& to, bool try_cast) {
  if (expr->type == to) return expr;
  if (expr->kind == Expr::Kind::kConstant && expr->value.is_null()) {
    return MakeConstant(Value::Null(to));
  }
  ASSIGN_OR_RETURN(ResolvedScalar cast, ResolveCast(expr->type, to, try_cast));
  return MakeCall(std::move(cast), {std::move(expr)});
}

uint64_t HashOf(const Expr& expr) {
  uint64_t hash = HashCombine(static_cast<uint64_t>(expr.kind), expr.args.size());
  switch (expr.kind) {
    case Expr::Kind::kColumn: return HashCombine(hash, expr.column_index);
    case Expr::Kind::kConstant:
      if (expr.value.is_null()) return hash;
      if (expr.type.physical() == PhysicalType::kString) {
        return HashCombine(hash, HashBytes(expr.value.AsString()));
      }
      return HashCombine(hash, static_cast<uint64_t>(expr.value.AsInt128()));
    case Expr::Kind::kCall:
      hash = HashCombine(hash, reinterpret_cast<uintptr_t>(expr.function.function));
      break;
    default: break;
  }
  for (const ExprPtr& arg : expr.args) hash = HashCombine(hash, HashOf(*arg));
  return hash;
}

bool Equal(const Expr& a, const Expr& b) {
  if (&a == &b) return true;
  if (a.kind != b.kind || a.type != b.type || a.args.size() != b.args.size()) return false;
  switch (a.kind) {
    case Expr::Kind::kColumn: return a.column_index == b.column_index;
    case Expr::Kind::kConstant: return a.value == b.value;
    case Expr::Kind::kCall:
      if (a.function.function != b.function.function || a.function.kernel != b.function.kernel) {
        return false;
      }
      break;
    default: break;
  }
  for (size_t i = 0; i < a.args.size(); ++i) {
    if (!Equal(*a.args[i], *b.args[i])) return false;
  }
  return true;
}

namespace {

void Collect(const Expr& expr, std::vector<size_t>* columns) {
  if (expr.kind == Expr::Kind::kColumn) columns->push_back(expr.column_index);
  for (const ExprPtr& arg : expr.args) Collect(*arg, columns);
}

// `replace` gives the new expression for a column, or null to keep it.
template <typename F>
ExprPtr Rewrite(const ExprPtr& expr, const F& replace) {
  if (expr->kind == Expr::Kind::kColumn) return replace(expr);
  if (expr->args.empty()) return expr;
  bool changed = false;
  std::vector<ExprPtr> args;
  args.reserve(expr->args.size());
  for (const ExprPtr& arg : expr->args) {
    args.push_back(Rewrite(arg, replace));
    changed |= args.back() != arg;
  }
  if (!changed) return expr;
  auto copy = std::make_shared<Expr>(*expr);
  copy->args = std::move(args);
  return copy;
}

}  // namespace

void CollectColumns(const Expr& expr, std::vector<size_t>* columns) {
  Collect(expr, columns);
  std::sort(columns->begin(), columns->end());
  columns->erase(std::unique(columns->begin(), columns->end()), columns->end());
}

ExprPtr RemapColumns(const ExprPtr& expr, const std::vector<size_t>& map) {
  return Rewrite(expr, [&](const ExprPtr& column) -> ExprPtr {
    SHALE_CHECK(column->column_index < map.size());
    size_t to = map[column->column_index];
    return to == column->column_index ? column : MakeColumn(to, column->type, column->name);
  });
}

ExprPtr ReplaceColumns(const ExprPtr& expr, const std::vector<ExprPtr>& exprs) {
  return Rewrite(expr, [&](const ExprPtr& column) -> ExprPtr {
    SHALE_CHECK(column->column_index < exprs.size());
    return exprs[column->column_index];
  });
}

Volatility VolatilityOf(const Expr& expr) {
  Volatility weakest = Volatility::kImmutable;
  if (expr.kind == Expr::Kind::kCall) weakest = expr.function.function->volatility;
  for (const ExprPtr& arg : expr.args) weakest = std::max(weakest, VolatilityOf(*arg));
  return weakest;
}

bool IsConstant(const Expr& expr) { return expr.kind == Expr::Kind::kConstant; }

}  // namespace shale
