// Row values: (a, b) = (c, d) and the like, compared column by column.
#include <algorithm>

#include "sql/binder_internal.h"

namespace shale {

const ast::Row* AsRow(const ast::Expr& expr) { return std::get_if<ast::Row>(&expr.node); }

StatusOr<std::vector<Bound>> ExprBinder::BindRow(const ast::Expr& expr, size_t width) {
  std::vector<Bound> items;
  if (const ast::Row* row = AsRow(expr)) {
    for (const ast::ExprPtr& item : row->items) {
      ASSIGN_OR_RETURN(Bound bound, Bind(*item));
      items.push_back(std::move(bound));
    }
  } else if (const auto* query = std::get_if<ast::ScalarSubquery>(&expr.node)) {
    return BindRowSubquery(*query->query, width, expr.at);
  } else {
    return binder.ErrorAt(expr.at, "a row is compared with a row: put the values in parentheses");
  }
  if (width > 0 && items.size() != width) {
    return binder.ErrorAt(expr.at, "unequal number of entries in row expressions");
  }
  return items;
}

StatusOr<std::vector<Bound>> ExprBinder::BindRowSubquery(const ast::Select& query, size_t width,
                                                         ast::Position at) {
  if (!context.Pending()) {
    return binder.ErrorAt(at, fmt::format("subqueries are not allowed in {}", context.clause));
  }
  ASSIGN_OR_RETURN(PlanPtr plan, BindSubquery(query));
  if (plan->output.size() != width) {
    return binder.ErrorAt(at, plan->output.size() > width ? "subquery has too many columns"
                                                          : "subquery has too few columns");
  }
  PendingJoin pending;
  pending.join.kind = JoinKind::kSingle;
  pending.at = at;
  ProjectNode project;
  std::vector<PlanColumn> output;
  std::vector<Bound> items;
  for (const PlanColumn& column : plan->output) {
    project.exprs.push_back(ColumnOf(column));
    output.push_back(binder.NewColumn(column.name, column.type));
    items.push_back(Bound{ColumnOf(output.back())});
  }
  pending.plan = MakePlan(std::move(project), std::move(output), PlanList(std::move(plan)));
  context.Pending()->push_back(std::move(pending));
  return items;
}

// As PostgreSQL compares rows: from the left, until two items differ or one is NULL.
StatusOr<Bound> ExprBinder::CompareRows(std::string_view op, const std::vector<Bound>& left,
                                        const std::vector<Bound>& right, ast::Position at) {
  if (left.size() == 1) return Call(op, {left[0], right[0]}, at);
  const auto each = [&](std::string_view name, std::vector<ExprPtr>* parts) -> Status {
    for (size_t i = 0; i < left.size(); ++i) {
      ASSIGN_OR_RETURN(Bound part, Call(name, {left[i], right[i]}, at));
      parts->push_back(part.expr);
    }
    return OkStatus();
  };
  std::vector<ExprPtr> parts;
  if (op == "=" || op == "is_not_distinct_from") {
    RETURN_IF_ERROR(each(op, &parts));
    return Bound{MakeAnd(std::move(parts))};
  }
  if (op == "<>" || op == "is_distinct_from") {
    RETURN_IF_ERROR(each(op, &parts));
    return Bound{MakeOr(std::move(parts))};
  }
  // a < c OR (a = c AND (b < d OR …)): the last item takes the operator itself.
  const std::string strict(op.substr(0, 1));
  ASSIGN_OR_RETURN(Bound result, Call(op, {left.back(), right.back()}, at));
  for (size_t i = left.size() - 1; i-- > 0;) {
    ASSIGN_OR_RETURN(Bound before, Call(strict, {left[i], right[i]}, at));
    ASSIGN_OR_RETURN(Bound equal, Call("=", {left[i], right[i]}, at));
    result = Bound{MakeOr({before.expr, MakeAnd({equal.expr, result.expr})})};
  }
  return result;
}

StatusOr<Bound> ExprBinder::BindRowComparison(const ast::Binary& node, const ast::Expr& expr) {
  std::string op = node.op;
  if (op == "is distinct from") op = "is_distinct_from";
  if (op == "is not distinct from") op = "is_not_distinct_from";
  static const char* const kOperators[] = {
      "=", "<>", "<", "<=", ">", ">=", "is_distinct_from", "is_not_distinct_from"};
  if (std::find(std::begin(kOperators), std::end(kOperators), op) == std::end(kOperators)) {
    return binder.ErrorAt(expr.at, fmt::format("{} does not take rows; = <> < <= > >= do", op));
  }
  const ast::Expr& known = AsRow(*node.left) ? *node.left : *node.right;
  const size_t width = AsRow(known)->items.size();
  ASSIGN_OR_RETURN(std::vector<Bound> left, BindRow(*node.left, width));
  ASSIGN_OR_RETURN(std::vector<Bound> right, BindRow(*node.right, width));
  return CompareRows(op, left, right, expr.at);
}

StatusOr<Bound> ExprBinder::BindRowIn(const ast::InList& node, const ast::Expr& expr) {
  ASSIGN_OR_RETURN(std::vector<Bound> left, BindRow(*node.operand, 0));
  std::vector<ExprPtr> any;
  for (const ast::ExprPtr& item : node.items) {
    ASSIGN_OR_RETURN(std::vector<Bound> right, BindRow(*item, left.size()));
    ASSIGN_OR_RETURN(Bound equal, CompareRows("=", left, right, item->at));
    any.push_back(equal.expr);
  }
  Bound in{MakeOr(std::move(any))};
  if (node.negated) return Call("not", {in}, expr.at);
  return in;
}

StatusOr<Bound> ExprBinder::BindRowBetween(const ast::Between& node, const ast::Expr& expr) {
  ASSIGN_OR_RETURN(std::vector<Bound> operand, BindRow(*node.operand, 0));
  ASSIGN_OR_RETURN(std::vector<Bound> low, BindRow(*node.low, operand.size()));
  ASSIGN_OR_RETURN(std::vector<Bound> high, BindRow(*node.high, operand.size()));
  const auto range = [&](const std::vector<Bound>& from,
                         const std::vector<Bound>& to) -> StatusOr<ExprPtr> {
    ASSIGN_OR_RETURN(Bound above, CompareRows(">=", operand, from, expr.at));
    ASSIGN_OR_RETURN(Bound below, CompareRows("<=", operand, to, expr.at));
    return MakeAnd({above.expr, below.expr});
  };
  ASSIGN_OR_RETURN(ExprPtr result, range(low, high));
  if (node.symmetric) {
    ASSIGN_OR_RETURN(ExprPtr swapped, range(high, low));
    result = MakeOr({result, swapped});
  }
  if (node.negated) return Call("not", {Bound{result}}, expr.at);
  return Bound{result};
}

// A row IS NULL when all of it is, and IS NOT NULL when all of it is not.
StatusOr<Bound> ExprBinder::BindRowNullTest(const ast::IsTest& node, const ast::Expr& expr) {
  if (node.what != ast::IsTest::What::kNull) {
    return binder.ErrorAt(expr.at, "only IS [NOT] NULL tests a row");
  }
  ASSIGN_OR_RETURN(std::vector<Bound> items, BindRow(*node.operand, 0));
  std::vector<ExprPtr> all;
  for (Bound& item : items) {
    ASSIGN_OR_RETURN(Bound test, Call(node.negated ? "is_not_null" : "is_null", {item}, expr.at));
    all.push_back(test.expr);
  }
  return Bound{MakeAnd(std::move(all))};
}

}  // namespace shale
