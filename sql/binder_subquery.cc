// Subqueries in expressions become joins: EXISTS and IN mark joins, scalars a scalar join, or a
// left join on what correlates them. Correlated conjuncts are pulled up out of the subquery's
// filters until they stand in the join.
#include <algorithm>

#include "engine/expr/evaluator.h"
#include "sql/binder_internal.h"

namespace shale {
namespace {

void CollectProduced(const Plan& plan, std::set<ColumnVar>* produced) {
  for (const PlanColumn& column : plan.output) produced->insert(column.id);
  for (const PlanPtr& child : plan.children) CollectProduced(*child, produced);
}

void CollectUsed(Plan& plan, std::set<ColumnVar>* used) {
  ForEachExpr(plan, [&](ExprPtr& expr) {
    std::vector<size_t> columns;
    CollectColumns(*expr, &columns);
    used->insert(columns.begin(), columns.end());
  });
  for (PlanPtr& child : plan.children) CollectUsed(*child, used);
}

const char* kUnsupported =
    "this correlated subquery is not supported; write it as a join, or as EXISTS/IN with plain "
    "conditions in its WHERE";

class Decorrelator {
 public:
  Decorrelator(Binder* binder, std::set<ColumnVar> outer)
      : binder_(binder), outer_(std::move(outer)) {}

  // Takes every conjunct that uses outer columns out of `plan`; what they need of the inside
  // becomes part of plan->output.
  StatusOr<std::vector<ExprPtr>> PullUp(Plan* plan) {
    if (!Correlated(*plan)) return std::vector<ExprPtr>{};
    if (auto* filter = plan->As<FilterNode>()) {
      ASSIGN_OR_RETURN(std::vector<ExprPtr> pulled, PullUp(plan->children[0].get()));
      std::vector<ExprPtr> kept;
      for (ExprPtr& conjunct : filter->conjuncts) {
        (Uses(*conjunct) ? pulled : kept).push_back(conjunct);
      }
      if (kept.empty()) kept.push_back(MakeConstant(Value::Bool(true)));
      filter->conjuncts = std::move(kept);
      plan->output = plan->children[0]->output;
      return pulled;
    }
    if (auto* project = plan->As<ProjectNode>()) {
      for (const ExprPtr& expr : project->exprs) {
        if (Uses(*expr)) return Status(StatusCode::kUnimplemented, kUnsupported);
      }
      ASSIGN_OR_RETURN(std::vector<ExprPtr> pulled, PullUp(plan->children[0].get()));
      std::set<ColumnVar> have = OutputIds(*plan);
      for (const PlanColumn& column : plan->children[0]->output) {
        if (have.contains(column.id) || !NeededBy(pulled, column.id)) continue;
        project->exprs.push_back(ColumnOf(column));
        plan->output.push_back(column);
      }
      return pulled;
    }
    if (auto* aggregate = plan->As<AggregateNode>()) {
      bool uses = false;
      ForEachExpr(*plan, [&](ExprPtr& expr) { uses |= Uses(*expr); });
      if (uses) return Status(StatusCode::kUnimplemented, kUnsupported);
      ASSIGN_OR_RETURN(std::vector<ExprPtr> pulled, PullUp(plan->children[0].get()));
      std::set<ColumnVar> inside = OutputIds(*plan->children[0]);
      size_t num_keys = aggregate->keys.size();
      for (ExprPtr& conjunct : pulled) {
        JoinNode sides;
        if (!AddJoinKey(conjunct, outer_, inside, &sides)) {
          return Status(StatusCode::kUnimplemented, kUnsupported);
        }
        PlanColumn key = binder_->NewColumn("key", sides.build_keys[0]->type);
        aggregate->keys.insert(aggregate->keys.begin() + num_keys, sides.build_keys[0]);
        plan->output.insert(plan->output.begin() + num_keys, key);
        ++num_keys;
        ASSIGN_OR_RETURN(conjunct, MakeCall("=", {sides.probe_keys[0], ColumnOf(key)}));
      }
      return pulled;
    }
    if (auto* join = plan->As<JoinNode>()) {
      bool uses = false;
      ForEachExpr(*plan, [&](ExprPtr& expr) { uses |= Uses(*expr); });
      if (uses) return Status(StatusCode::kUnimplemented, kUnsupported);
      ASSIGN_OR_RETURN(std::vector<ExprPtr> pulled, PullUp(plan->children[0].get()));
      if (join->kind != JoinKind::kInner && Correlated(*plan->children[1])) {
        return Status(StatusCode::kUnimplemented, kUnsupported);
      }
      if (join->kind == JoinKind::kInner) {
        ASSIGN_OR_RETURN(std::vector<ExprPtr> more, PullUp(plan->children[1].get()));
        pulled.insert(pulled.end(), more.begin(), more.end());
      }
      std::vector<PlanColumn> output = plan->children[0]->output;
      if (join->kind == JoinKind::kInner || join->kind == JoinKind::kLeft) {
        output.insert(output.end(), plan->children[1]->output.begin(),
                      plan->children[1]->output.end());
      } else if (join->kind == JoinKind::kMark) {
        output.push_back(plan->output.back());
      }
      plan->output = std::move(output);
      return pulled;
    }
    return Status(StatusCode::kUnimplemented, kUnsupported);
  }

  bool Correlated(Plan& plan) {
    std::set<ColumnVar> used;
    CollectUsed(plan, &used);
    return std::any_of(used.begin(), used.end(), [&](ColumnVar id) { return outer_.contains(id); });
  }

 private:
  bool Uses(const Expr& expr) const {
    std::vector<size_t> used;
    CollectColumns(expr, &used);
    return std::any_of(used.begin(), used.end(), [&](size_t id) { return outer_.contains(id); });
  }
  static bool NeededBy(const std::vector<ExprPtr>& exprs, ColumnVar id) {
    for (const ExprPtr& expr : exprs) {
      std::vector<size_t> used;
      CollectColumns(*expr, &used);
      if (std::find(used.begin(), used.end(), id) != used.end()) return true;
    }
    return false;
  }

  Binder* binder_;
  std::set<ColumnVar> outer_;
};

// Columns that a bound subquery uses but nothing in it produces.
std::set<ColumnVar> OuterColumns(Plan& plan) {
  std::set<ColumnVar> used, produced;
  CollectUsed(plan, &used);
  CollectProduced(plan, &produced);
  for (ColumnVar id : produced) used.erase(id);
  return used;
}

// ORDER BY (and LIMIT n > 0 for EXISTS) changes nothing about which rows exist.
void StripOrder(PlanPtr* plan, bool limit_too) {
  while (true) {
    bool strip = (*plan)->As<SortNode>() != nullptr;
    if (limit_too) {
      if (auto* top = (*plan)->As<TopNNode>()) strip |= top->limit > 0 && top->offset == 0;
      if (auto* limit = (*plan)->As<LimitNode>()) strip |= limit->limit != 0 && limit->offset == 0;
    }
    if (strip) {
      PlanPtr child = std::move((*plan)->children[0]);
      *plan = std::move(child);
    } else if ((*plan)->As<ProjectNode>()) {
      plan = &(*plan)->children[0];
    } else {
      return;
    }
  }
}

void SplitKeys(const std::vector<ExprPtr>& conjuncts, const std::set<ColumnVar>& outer,
               const std::set<ColumnVar>& inside, JoinNode* join) {
  std::vector<ExprPtr> residual;
  for (const ExprPtr& conjunct : conjuncts) {
    if (!AddJoinKey(conjunct, outer, inside, join)) residual.push_back(conjunct);
  }
  if (!residual.empty()) join->residual = MakeAnd(std::move(residual));
}

}  // namespace

StatusOr<Bound> ExprBinder::BindExists(const ast::Select& query, ast::Position at) {
  if (!context.pending) {
    return binder.ErrorAt(at, fmt::format("subqueries are not allowed in {}", context.clause));
  }
  ASSIGN_OR_RETURN(PlanPtr plan, binder.BindSelect(query, context.scope));
  std::set<ColumnVar> outer = OuterColumns(*plan);
  JoinNode join;
  join.kind = JoinKind::kMark;
  if (outer.empty()) {
    std::vector<PlanColumn> output = plan->output;
    plan = MakePlan(LimitNode{1, 0}, std::move(output), PlanList(std::move(plan)));
  } else {
    StripOrder(&plan, true);
    auto pulled = Decorrelator(&binder, outer).PullUp(plan.get());
    if (!pulled.ok()) return binder.Locate(at, pulled.status());
    SplitKeys(*pulled, outer, OutputIds(*plan), &join);
  }
  PlanColumn mark = binder.NewColumn("exists", TypeId::kBoolean);
  context.pending->push_back(
      MakePlan(std::move(join), {mark}, PlanList(PlanPtr(), std::move(plan))));
  auto result = std::make_shared<Expr>();
  result->kind = Expr::Kind::kCoalesce;
  result->type = TypeId::kBoolean;
  result->args = {ColumnOf(mark), MakeConstant(Value::Bool(false))};
  return Bound{result};
}

StatusOr<Bound> ExprBinder::BindIn(const Bound& operand, ast::Position operand_at,
                                   const ast::Select& query, ast::Position at) {
  if (!context.pending) {
    return binder.ErrorAt(at, fmt::format("subqueries are not allowed in {}", context.clause));
  }
  ASSIGN_OR_RETURN(PlanPtr plan, binder.BindSelect(query, context.scope));
  if (plan->output.size() != 1) {
    return binder.ErrorAt(
        at, fmt::format("subquery has {} columns; IN needs one", plan->output.size()));
  }
  std::set<ColumnVar> outer = OuterColumns(*plan);
  JoinNode join;
  join.kind = JoinKind::kMark;
  PlanColumn value = plan->output[0];
  auto common = CommonType(operand.argument(), {value.type, false});
  if (!common.ok()) return binder.Locate(at, common.status());
  ASSIGN_OR_RETURN(ExprPtr probe, Coerce(operand, *common, operand_at, true));
  ASSIGN_OR_RETURN(ExprPtr build, MakeCast(ColumnOf(value), *common));
  join.probe_keys.push_back(std::move(probe));
  join.build_keys.push_back(std::move(build));
  if (!outer.empty()) {
    auto pulled = Decorrelator(&binder, outer).PullUp(plan.get());
    if (!pulled.ok()) return binder.Locate(at, pulled.status());
    // As residual, not as keys: a NULL of the operand must not meet rows of other groups.
    if (!pulled->empty()) join.residual = MakeAnd(*std::move(pulled));
  }
  PlanColumn mark = binder.NewColumn("in", TypeId::kBoolean);
  context.pending->push_back(
      MakePlan(std::move(join), {mark}, PlanList(PlanPtr(), std::move(plan))));
  return Bound{ColumnOf(mark)};
}

StatusOr<Bound> ExprBinder::BindScalarSubquery(const ast::Select& query, ast::Position at) {
  if (!context.pending) {
    return binder.ErrorAt(at, fmt::format("subqueries are not allowed in {}", context.clause));
  }
  ASSIGN_OR_RETURN(PlanPtr plan, binder.BindSelect(query, context.scope));
  return BindScalarPlan(std::move(plan), at);
}

StatusOr<Bound> ExprBinder::BindScalarPlan(PlanPtr plan, ast::Position at) {
  if (plan->output.size() != 1) {
    return binder.ErrorAt(at, "subquery must return only one column");
  }
  std::set<ColumnVar> outer = OuterColumns(*plan);
  PlanColumn value = plan->output[0];
  if (outer.empty()) {
    // A fresh id: the same subquery text may stand twice.
    PlanColumn column = binder.NewColumn(value.name, value.type);
    context.pending->push_back(
        MakePlan(ScalarJoinNode{value.id}, {column}, PlanList(PlanPtr(), std::move(plan))));
    return Bound{ColumnOf(column)};
  }
  StripOrder(&plan, false);
  // One row a group is sure only below a Project over an ungrouped aggregate.
  Plan* below = plan.get();
  while (below->As<ProjectNode>()) below = below->children[0].get();
  auto* aggregate = below->As<AggregateNode>();
  if (!aggregate || !aggregate->keys.empty()) {
    return binder.ErrorAt(
        at,
        "a correlated scalar subquery must be one aggregate, as in (SELECT max(x) "
        "FROM …); any_value(x) takes any row's value");
  }
  // What the subquery gives where no row matches: its expressions over empty aggregates.
  std::vector<ExprPtr> empty_values;
  std::map<ColumnVar, ExprPtr> empty;
  for (size_t i = 0; i < below->output.size(); ++i) {
    bool counts = aggregate->aggregates[i].function.function->name == "count";
    empty[below->output[i].id] =
        MakeConstant(counts ? Value::Int(TypeId::kBigInt, 0) : Value::Null(below->output[i].type));
  }
  ExprPtr otherwise = ColumnOf(value);
  for (Plan* node = plan.get(); node != below; node = node->children[0].get()) {
    std::map<ColumnVar, ExprPtr> by_id;
    for (size_t i = 0; i < node->output.size(); ++i) {
      by_id[node->output[i].id] = node->As<ProjectNode>()->exprs[i];
    }
    otherwise = Rewrite(otherwise, [&](const ExprPtr& part) -> ExprPtr {
      if (part->kind != Expr::Kind::kColumn) return nullptr;
      auto found = by_id.find(part->column_index);
      return found == by_id.end() ? nullptr : found->second;
    });
  }
  otherwise = Rewrite(otherwise, [&](const ExprPtr& part) -> ExprPtr {
    if (part->kind != Expr::Kind::kColumn) return nullptr;
    auto found = empty.find(part->column_index);
    return found == empty.end() ? nullptr : found->second;
  });
  otherwise = FoldConstants(otherwise, nullptr);
  auto pulled = Decorrelator(&binder, outer).PullUp(plan.get());
  if (!pulled.ok()) return binder.Locate(at, pulled.status());
  JoinNode join;
  join.kind = JoinKind::kLeft;
  SplitKeys(*pulled, outer, OutputIds(*plan), &join);
  // A column that is never NULL tells a match from none.
  ProjectNode project;
  std::vector<PlanColumn> output;
  for (const PlanColumn& column : plan->output) {
    project.exprs.push_back(ColumnOf(column));
    output.push_back(column);
  }
  PlanColumn matched = binder.NewColumn("matched", TypeId::kBoolean);
  project.exprs.push_back(MakeConstant(Value::Bool(true)));
  output.push_back(matched);
  plan = MakePlan(std::move(project), output, PlanList(std::move(plan)));
  context.pending->push_back(
      MakePlan(std::move(join), std::move(output), PlanList(PlanPtr(), std::move(plan))));
  if (otherwise->kind == Expr::Kind::kConstant && otherwise->value.is_null()) {
    return Bound{ColumnOf(value)};
  }
  auto result = std::make_shared<Expr>();
  result->kind = Expr::Kind::kCase;
  result->type = value.type;
  ASSIGN_OR_RETURN(ExprPtr missing, MakeCall("is_null", {ColumnOf(matched)}));
  ASSIGN_OR_RETURN(otherwise, MakeCast(otherwise, value.type));
  result->args = {std::move(missing), std::move(otherwise), ColumnOf(value)};
  return Bound{result};
}

}  // namespace shale
