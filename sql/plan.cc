#include "sql/plan.h"

#include <algorithm>

namespace shale {

PlanPtr MakePlan(PlanNode node, std::vector<PlanColumn> output, std::vector<PlanPtr> children) {
  auto plan = std::make_unique<Plan>();
  plan->node = std::move(node);
  plan->output = std::move(output);
  plan->children = std::move(children);
  return plan;
}

ExprPtr ColumnOf(const PlanColumn& column) {
  return MakeColumn(column.id, column.type, column.name);
}

std::set<ColumnVar> OutputIds(const Plan& plan) {
  std::set<ColumnVar> ids;
  for (const PlanColumn& column : plan.output) ids.insert(column.id);
  return ids;
}

ColumnVar MaxColumn(const Plan& plan) {
  ColumnVar max = 0;
  for (const PlanColumn& column : plan.output) max = std::max(max, column.id);
  for (const PlanPtr& child : plan.children) max = std::max(max, MaxColumn(*child));
  return max;
}

namespace {

void VisitKeys(std::vector<SortKey>& keys, const std::function<void(ExprPtr&)>& visit) {
  for (SortKey& key : keys) visit(key.expr);
}

struct ExprVisitor {
  const std::function<void(ExprPtr&)>& visit;

  void All(std::vector<ExprPtr>& exprs) {
    for (ExprPtr& expr : exprs) visit(expr);
  }
  void operator()(ScanNode& node) { All(node.filters); }
  void operator()(ValuesNode&) {}
  void operator()(FilterNode& node) { All(node.conjuncts); }
  void operator()(ProjectNode& node) { All(node.exprs); }
  void operator()(AggregateNode& node) {
    All(node.keys);
    for (AggregateExpr& aggregate : node.aggregates) {
      All(aggregate.args);
      if (aggregate.filter) visit(aggregate.filter);
      VisitKeys(aggregate.order_by, visit);
    }
  }
  void operator()(WindowNode& node) {
    All(node.partition_by);
    VisitKeys(node.order_by, visit);
    for (WindowExpr& function : node.functions) ForEachExpr(function, visit);
  }
  void operator()(SortNode& node) { VisitKeys(node.keys, visit); }
  void operator()(TopNNode& node) { VisitKeys(node.keys, visit); }
  void operator()(LimitNode&) {}
  void operator()(JoinNode& node) {
    All(node.probe_keys);
    All(node.build_keys);
    if (node.residual) visit(node.residual);
  }
  void operator()(ScalarJoinNode&) {}
  void operator()(FetchNode&) {}
  void operator()(UnnestNode& node) { All(node.lists); }
  void operator()(UnionAllNode&) {}
};

}  // namespace

void ForEachExpr(Plan& plan, const std::function<void(ExprPtr&)>& visit) {
  std::visit(ExprVisitor{visit}, plan.node);
}

void ForEachExpr(WindowExpr& function, const std::function<void(ExprPtr&)>& visit) {
  for (ExprPtr& arg : function.args) visit(arg);
  WindowFrame& frame = function.frame;
  for (ExprPtr* expr : {&function.filter, &frame.start_offset, &frame.end_offset, &frame.range_key,
                        &frame.start_value, &frame.end_value}) {
    if (*expr) visit(*expr);
  }
}

void SplitConjuncts(const ExprPtr& expr, std::vector<ExprPtr>* conjuncts) {
  if (expr->kind == Expr::Kind::kAnd) {
    for (const ExprPtr& arg : expr->args) SplitConjuncts(arg, conjuncts);
  } else {
    conjuncts->push_back(expr);
  }
}

bool UsesOnly(const Expr& expr, const std::set<ColumnVar>& ids) {
  std::vector<size_t> used;
  CollectColumns(expr, &used);
  return std::all_of(used.begin(), used.end(), [&](size_t id) { return ids.contains(id); });
}

ExprPtr Rewrite(const ExprPtr& expr, const std::function<ExprPtr(const ExprPtr&)>& replace) {
  if (ExprPtr other = replace(expr)) return other;
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

}  // namespace shale
