#include "sql/plan.h"

#include <algorithm>

#include "engine/expr/evaluator.h"

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
  void operator()(LimitNode& node) { VisitKeys(node.ties, visit); }
  void operator()(ComputedLimitNode&) {}
  void operator()(LimitByNode& node) { All(node.keys); }
  void operator()(JoinNode& node) {
    All(node.probe_keys);
    All(node.build_keys);
    if (node.residual) visit(node.residual);
  }
  void operator()(ScalarJoinNode&) {}
  void operator()(FetchNode&) {}
  void operator()(UnnestNode& node) { All(node.lists); }
  void operator()(AsofJoinNode& node) {
    All(node.probe_keys);
    All(node.build_keys);
    visit(node.probe_order);
    visit(node.build_order);
  }
  void operator()(UnionAllNode&) {}
  void operator()(ExpandNode&) {}
  void operator()(RepeatNode&) {}
  void operator()(SharedReadNode&) {}
  void operator()(RecursiveNode&) {}
  void operator()(WorkingReadNode&) {}
};

}  // namespace

void ForEachExprBelow(Plan& plan, const std::function<void(ExprPtr&)>& visit) {
  ForEachExpr(plan, visit);
  for (PlanPtr& child : plan.children) ForEachExprBelow(*child, visit);
}

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

namespace {

struct NodeRenamer {
  const std::function<ColumnVar(ColumnVar)>& rename;

  void operator()(ScalarJoinNode& node) { node.value = rename(node.value); }
  void operator()(FetchNode& node) { node.row_id = rename(node.row_id); }
  void operator()(UnionAllNode& node) { All(node.inputs); }
  void operator()(RecursiveNode& node) { All(node.inputs); }
  void operator()(RepeatNode& node) { node.count = rename(node.count); }
  void operator()(ExpandNode& node) {
    for (ColumnVar& id : node.keys) id = rename(id);
  }
  void operator()(ScanNode& node) {
    for (ColumnVar& id : node.order) id = rename(id);
    node.counters = std::make_shared<ScanCounters>();
  }
  template <typename Node>
  void operator()(Node&) {}

  void All(std::vector<std::vector<ColumnVar>>& inputs) {
    for (auto& list : inputs) {
      for (ColumnVar& id : list) id = rename(id);
    }
  }
};

PlanPtr CopyWith(const Plan& plan, const std::function<ColumnVar(ColumnVar)>& rename,
                 std::map<const WorkingTable*, std::shared_ptr<WorkingTable>>* tables) {
  std::vector<PlanPtr> children;
  PlanNode node = plan.node;
  if (auto* recursive = std::get_if<RecursiveNode>(&node)) {
    auto fresh = std::make_shared<WorkingTable>(*recursive->table);
    (*tables)[recursive->table.get()] = fresh;
    recursive->table = std::move(fresh);
  } else if (auto* working = std::get_if<WorkingReadNode>(&node)) {
    auto found = tables->find(working->table.get());
    if (found != tables->end()) working->table = found->second;
  }
  for (const PlanPtr& child : plan.children) children.push_back(CopyWith(*child, rename, tables));
  std::vector<PlanColumn> output = plan.output;
  for (PlanColumn& column : output) column.id = rename(column.id);
  PlanPtr copy = MakePlan(std::move(node), std::move(output), std::move(children));
  std::visit(NodeRenamer{rename}, copy->node);
  ForEachExpr(*copy, [&](ExprPtr& expr) {
    expr = Rewrite(expr, [&](const ExprPtr& part) -> ExprPtr {
      if (part->kind != Expr::Kind::kColumn) return nullptr;
      const ColumnVar id = rename(part->column_index);
      return id == part->column_index ? part : MakeColumn(id, part->type, part->name);
    });
  });
  return copy;
}

void CollectProduced(const Plan& plan, std::set<ColumnVar>* produced) {
  for (const PlanColumn& column : plan.output) produced->insert(column.id);
  for (const PlanPtr& child : plan.children) CollectProduced(*child, produced);
}

// Each once, after those that it reads.
void CollectShared(const Plan& plan, std::set<const SharedPlan*>* visited,
                   std::vector<std::shared_ptr<SharedPlan>>* found) {
  if (const auto* read = plan.As<SharedReadNode>()) {
    if (!visited->insert(read->shared.get()).second) return;
    CollectShared(*read->shared->plan, visited, found);
    found->push_back(read->shared);
  }
  for (const PlanPtr& child : plan.children) CollectShared(*child, visited, found);
}

}  // namespace

PlanPtr ClonePlan(const Plan& plan, ColumnVar* next, std::map<ColumnVar, ColumnVar>* renamed) {
  std::set<ColumnVar> produced;
  CollectProduced(plan, &produced);
  std::map<ColumnVar, ColumnVar> own;
  std::map<ColumnVar, ColumnVar>& map = renamed ? *renamed : own;
  for (ColumnVar id : produced) map[id] = (*next)++;
  std::map<const WorkingTable*, std::shared_ptr<WorkingTable>> tables;
  return CopyWith(
      plan,
      [&](ColumnVar id) {
        auto found = map.find(id);
        return found == map.end() ? id : found->second;
      },
      &tables);
}

PlanPtr CopyPlan(const Plan& plan) {
  std::map<const WorkingTable*, std::shared_ptr<WorkingTable>> tables;
  return CopyWith(plan, [](ColumnVar id) { return id; }, &tables);
}

PlanPtr ReadShared(std::shared_ptr<SharedPlan> shared, ColumnVar* next) {
  SharedReadNode read;
  std::vector<PlanColumn> output = shared->plan->output;
  for (PlanColumn& column : output) {
    read.inputs.push_back(column.id);
    column.id = (*next)++;
  }
  read.shared = std::move(shared);
  return MakePlan(std::move(read), std::move(output), {});
}

std::vector<std::shared_ptr<SharedPlan>> SharedPlans(const Plan& plan) {
  std::set<const SharedPlan*> visited;
  std::vector<std::shared_ptr<SharedPlan>> found;
  CollectShared(plan, &visited, &found);
  std::reverse(found.begin(), found.end());
  return found;
}

std::set<ColumnVar> FreeColumns(const Plan& plan) {
  std::set<ColumnVar> used, produced;
  CollectProduced(plan, &produced);
  // Only reads what it visits.
  ForEachExprBelow(const_cast<Plan&>(plan), [&](ExprPtr& expr) {
    std::vector<size_t> columns;
    CollectColumns(*expr, &columns);
    used.insert(columns.begin(), columns.end());
  });
  for (ColumnVar id : produced) used.erase(id);
  return used;
}

bool IsPlainRead(const Plan& plan) {
  if (!plan.As<ScanNode>() && !plan.As<ValuesNode>() && !plan.As<FilterNode>() &&
      !plan.As<ProjectNode>() && !plan.As<SharedReadNode>()) {
    return false;
  }
  bool stable = true;
  ForEachExpr(const_cast<Plan&>(plan),
              [&](ExprPtr& expr) { stable &= VolatilityOf(*expr) != Volatility::kVolatile; });
  for (const PlanPtr& child : plan.children) stable = stable && IsPlainRead(*child);
  return stable;
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

bool ReadsWorkingTable(const Plan& plan) {
  std::set<const WorkingTable*> read, made;
  const std::function<void(const Plan&)> visit = [&](const Plan& node) {
    if (const auto* working = node.As<WorkingReadNode>()) read.insert(working->table.get());
    if (const auto* recursive = node.As<RecursiveNode>()) made.insert(recursive->table.get());
    for (const PlanPtr& child : node.children) visit(*child);
  };
  visit(plan);
  return !std::includes(made.begin(), made.end(), read.begin(), read.end());
}

}  // namespace shale
