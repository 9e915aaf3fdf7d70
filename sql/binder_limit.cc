// ORDER BY, LIMIT and their relatives; DISTINCT.
#include <algorithm>

#include "engine/expr/evaluator.h"
#include "sql/binder_internal.h"

namespace shale {
namespace {

// Above this a limit is a sort and a cut, not a heap.
inline constexpr int64_t kMaxTopNRows = 1'000'000;

}  // namespace

void Binder::ApplyDistinct(PlanPtr* plan) {
  AggregateNode node;
  for (const PlanColumn& column : (*plan)->output) node.keys.push_back(ColumnOf(column));
  // The keys keep their ids: a distinct row is one of the rows.
  std::vector<PlanColumn> output = (*plan)->output;
  *plan = MakePlan(std::move(node), std::move(output), PlanList(std::move(*plan)));
}

// The number, -1 for NULL (no limit). One that a subquery gives is in *computed (a plan of one
// row).
StatusOr<int64_t> Binder::BindLimit(const ast::Expr& expr, std::string_view clause,
                                    PlanPtr* computed) {
  Scope none;
  ExprContext context;
  PendingJoins pending;
  context.scope = &none;
  context.clause = clause;
  if (computed) context.pending = &pending;
  ExprBinder binder{*this, context};
  ASSIGN_OR_RETURN(Bound bound, binder.Bind(expr));
  ASSIGN_OR_RETURN(ExprPtr number, binder.Coerce(bound, TypeId::kBigInt, expr.at, true));
  if (!pending.empty()) {
    ASSIGN_OR_RETURN(PlanPtr plan, OneRow());
    RETURN_IF_ERROR(ApplyPending(&pending, &plan));
    std::vector<PlanColumn> output = {NewColumn(std::string(clause), TypeId::kBigInt)};
    *computed =
        MakePlan(ProjectNode{{std::move(number)}}, std::move(output), PlanList(std::move(plan)));
    return -1;
  }
  auto value = EvaluateConstant(number, session_->functions);
  if (!value.ok()) return Locate(expr.at, value.status());
  if (value->is_null()) return -1;
  if (value->AsInt() < 0) return ErrorAt(expr.at, fmt::format("{} must not be negative", clause));
  return value->AsInt();
}

Status Binder::ApplyLimit(const ast::Select& select, std::vector<SortKey> keys, PlanPtr* plan,
                          std::vector<ExprPtr> by) {
  int64_t limit = -1, offset = 0;
  PlanPtr computed_limit, computed_offset;
  if (select.limit) {
    ASSIGN_OR_RETURN(limit, BindLimit(*select.limit, "LIMIT", &computed_limit));
  }
  if (select.offset) {
    ASSIGN_OR_RETURN(offset, BindLimit(*select.offset, "OFFSET", &computed_offset));
    offset = std::max<int64_t>(offset, 0);
  }
  if (select.with_ties && keys.empty()) {
    return ErrorAt(select.limit->at, "WITH TIES cannot be specified without ORDER BY clause");
  }
  // Constants order nothing.
  std::erase_if(keys, [](const SortKey& key) { return key.expr->kind == Expr::Kind::kConstant; });
  std::vector<PlanColumn> output = (*plan)->output;
  const bool computed = computed_limit || computed_offset;
  if (!keys.empty() && limit >= 0 && limit <= kMaxTopNRows && offset <= kMaxTopNRows &&
      by.empty() && !select.with_ties && !computed) {
    *plan = MakePlan(TopNNode{std::move(keys), limit, offset}, std::move(output),
                     PlanList(std::move(*plan)));
    return OkStatus();
  }
  if (!keys.empty()) *plan = MakePlan(SortNode{keys}, output, PlanList(std::move(*plan)));
  if (!by.empty()) {
    LimitByNode node;
    node.keys = std::move(by);
    node.limit = 1;
    if (select.limit_by_count) {
      ASSIGN_OR_RETURN(node.limit, BindLimit(*select.limit_by_count, "LIMIT", nullptr));
    }
    if (select.limit_by_offset) {
      ASSIGN_OR_RETURN(node.offset, BindLimit(*select.limit_by_offset, "OFFSET", nullptr));
      node.offset = std::max<int64_t>(node.offset, 0);
    }
    *plan = MakePlan(std::move(node), output, PlanList(std::move(*plan)));
  }
  if (computed) {
    if (select.with_ties) {
      return ErrorAt(select.limit->at,
                     "WITH TIES takes a number, not a subquery; filter by rank() instead");
    }
    ComputedLimitNode node{select.limit != nullptr, select.offset != nullptr};
    std::vector<PlanPtr> children;
    children.push_back(std::move(*plan));
    const auto add = [&](PlanPtr number, int64_t known, std::string_view name) -> Status {
      if (!number) {
        ASSIGN_OR_RETURN(PlanPtr one, OneRow());
        Value value = known < 0 ? Value::Null(TypeId::kBigInt) : Value::Int(TypeId::kBigInt, known);
        std::vector<PlanColumn> columns = {NewColumn(std::string(name), TypeId::kBigInt)};
        number = MakePlan(ProjectNode{{MakeConstant(std::move(value))}}, std::move(columns),
                          PlanList(std::move(one)));
      }
      children.push_back(std::move(number));
      return OkStatus();
    };
    if (node.has_limit) RETURN_IF_ERROR(add(std::move(computed_limit), limit, "LIMIT"));
    if (node.has_offset) RETURN_IF_ERROR(add(std::move(computed_offset), offset, "OFFSET"));
    *plan = MakePlan(node, std::move(output), std::move(children));
    return OkStatus();
  }
  if (limit >= 0 || offset > 0) {
    LimitNode node{limit, offset, {}};
    if (select.with_ties && limit >= 0) node.ties = std::move(keys);
    *plan = MakePlan(std::move(node), std::move(output), PlanList(std::move(*plan)));
  }
  return OkStatus();
}

// Of VALUES and set operations: over the result's columns.
Status Binder::ApplyOrderAndLimit(const ast::Select& select, PlanPtr* plan) {
  std::vector<SortKey> keys;
  Scope scope;
  ScopeTable table;
  for (const PlanColumn& column : (*plan)->output) table.columns.push_back({column, false, false});
  scope.tables.push_back(std::move(table));
  for (const ast::OrderItem& item : select.order_by) {
    SortKey key;
    key.descending = item.descending;
    key.nulls_first = item.nulls_first.value_or(item.descending);
    if (std::optional<int64_t> ordinal = Ordinal(*item.expr)) {
      if (*ordinal < 1 || *ordinal > static_cast<int64_t>((*plan)->output.size())) {
        return ErrorAt(item.expr->at,
                       fmt::format("ORDER BY position {} is not in select list", *ordinal));
      }
      key.expr = ColumnOf((*plan)->output[*ordinal - 1]);
    } else {
      ASSIGN_OR_RETURN(Bound bound, BindPlain(*item.expr, &scope, "ORDER BY"));
      key.expr = bound.expr;
    }
    keys.push_back(std::move(key));
  }
  std::vector<ExprPtr> by;
  for (const ast::ExprPtr& expr : select.limit_by) {
    ASSIGN_OR_RETURN(Bound bound, BindPlain(*expr, &scope, "LIMIT BY"));
    by.push_back(bound.expr);
  }
  return ApplyLimit(select, std::move(keys), plan, std::move(by));
}

}  // namespace shale
