// Subqueries in expressions wait as joins for the plan that they will stand on: EXISTS, IN and
// ANY as mark joins, scalars as a scalar join, or as a left join on what correlates them.
#include <algorithm>
#include <map>

#include "engine/expr/evaluator.h"
#include "sql/binder_internal.h"
#include "sql/decorrelate.h"

namespace shale {
namespace {

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

Status NotAllowed(const Binder& binder, const Binder::ExprContext& context, ast::Position at) {
  return binder.ErrorAt(at, fmt::format("subqueries are not allowed in {}", context.clause));
}

// What an aggregate gives for no rows at all.
Value OfNoRows(const AggregateExpr& aggregate, const Type& type) {
  const bool counts = aggregate.function.function->name == "count";
  return counts ? Value::Int(TypeId::kBigInt, 0) : Value::Null(type);
}

// Whether OfNoRows knows.
bool KnownForNoRows(const AggregateExpr& aggregate) {
  static const char* const kKnown[] = {"count", "sum", "min", "max", "avg", "any_value"};
  const std::string& name = aggregate.function.function->name;
  return std::find(std::begin(kKnown), std::end(kKnown), name) != std::end(kKnown);
}

}  // namespace

PendingJoins* Binder::ExprContext::Pending() const {
  return inside_aggregate && pending_inside ? pending_inside : pending;
}

StatusOr<PlanPtr> ExprBinder::BindSubquery(const ast::Select& query) {
  const char* barrier = std::exchange(binder.recursion_barrier_, "a subquery");
  StatusOr<PlanPtr> plan = binder.BindSelect(query, context.scope);
  binder.recursion_barrier_ = barrier;
  return plan;
}

StatusOr<Bound> ExprBinder::BindExists(const ast::Select& query, ast::Position at) {
  if (!context.Pending()) return NotAllowed(binder, context, at);
  ASSIGN_OR_RETURN(PlanPtr plan, BindSubquery(query));
  PendingJoin pending;
  pending.join.kind = JoinKind::kMark;
  if (FreeColumns(*plan).empty()) {
    std::vector<PlanColumn> output = plan->output;
    plan = MakePlan(LimitNode{1, 0, {}}, std::move(output), PlanList(std::move(plan)));
  } else {
    StripOrder(&plan, true);
  }
  PlanColumn mark = binder.NewColumn("exists", TypeId::kBoolean);
  pending.plan = std::move(plan);
  pending.mark = {mark};
  pending.at = at;
  context.Pending()->push_back(std::move(pending));
  auto result = std::make_shared<Expr>();
  result->kind = Expr::Kind::kCoalesce;
  result->type = TypeId::kBoolean;
  result->args = {ColumnOf(mark), MakeConstant(Value::Bool(false))};
  return Bound{result};
}

// operand op ANY (query): a mark join, on the operand where op is "=".
StatusOr<Bound> ExprBinder::BindAny(const ast::Expr& operand, std::string_view op,
                                    const ast::Select& query, ast::Position at) {
  if (!context.Pending()) return NotAllowed(binder, context, at);
  std::vector<Bound> operands;
  std::vector<ast::Position> places;
  if (const auto* row = std::get_if<ast::Row>(&operand.node)) {
    for (const ast::ExprPtr& item : row->items) {
      ASSIGN_OR_RETURN(Bound bound, Bind(*item));
      operands.push_back(std::move(bound));
      places.push_back(item->at);
    }
  } else {
    ASSIGN_OR_RETURN(Bound bound, Bind(operand));
    operands.push_back(std::move(bound));
    places.push_back(operand.at);
  }
  ASSIGN_OR_RETURN(PlanPtr plan, BindSubquery(query));
  if (plan->output.size() != operands.size()) {
    return binder.ErrorAt(at, plan->output.size() > operands.size()
                                  ? "subquery has too many columns"
                                  : "subquery has too few columns");
  }
  PendingJoin pending;
  pending.join.kind = JoinKind::kMark;
  std::vector<Bound> values;
  for (size_t i = 0; i < operands.size(); ++i) {
    const PlanColumn& value = plan->output[i];
    auto common = CommonType(operands[i].argument(), {value.type, false});
    if (!common.ok()) return binder.Locate(at, common.status());
    ASSIGN_OR_RETURN(ExprPtr probe, Coerce(operands[i], *common, places[i], true));
    ASSIGN_OR_RETURN(ExprPtr build, MakeCast(ColumnOf(value), *common));
    if (op == "=") {
      pending.join.AddKey(std::move(probe), std::move(build));
    } else {
      operands[i] = Bound{std::move(probe)};
      values.push_back(Bound{std::move(build)});
    }
  }
  if (op != "=") {
    ASSIGN_OR_RETURN(Bound compared, CompareRows(op, operands, values, at));
    pending.join.residual = compared.expr;
  }
  PlanColumn mark = binder.NewColumn("in", TypeId::kBoolean);
  pending.plan = std::move(plan);
  pending.mark = {mark};
  pending.at = at;
  context.Pending()->push_back(std::move(pending));
  return Bound{ColumnOf(mark)};
}

StatusOr<Bound> ExprBinder::BindScalarSubquery(const ast::Select& query, ast::Position at) {
  if (!context.Pending()) return NotAllowed(binder, context, at);
  ASSIGN_OR_RETURN(PlanPtr plan, BindSubquery(query));
  return BindScalarPlan(std::move(plan), at);
}

StatusOr<Bound> ExprBinder::BindScalarPlan(PlanPtr plan, ast::Position at) {
  if (plan->output.size() != 1) {
    return binder.ErrorAt(at, "subquery must return only one column");
  }
  const std::set<ColumnVar> outer = FreeColumns(*plan);
  PlanColumn value = plan->output[0];
  PendingJoin pending;
  pending.at = at;
  if (!outer.empty()) {
    StripOrder(&plan, false);
    ASSIGN_OR_RETURN(std::optional<Bound> bound, BindLookup(&plan, value, outer, &pending));
    if (bound) return *std::move(bound);
  }
  // A fresh id: the same subquery text may stand twice.
  PlanColumn column = binder.NewColumn(value.name, value.type);
  pending.value = value.id;
  pending.scalar = column;
  pending.join.kind = JoinKind::kSingle;
  pending.plan = std::move(plan);
  context.Pending()->push_back(std::move(pending));
  return Bound{ColumnOf(column)};
}

// (SELECT aggregate FROM … WHERE t.k = outer.k): the aggregate by k, looked up. Nothing when the
// subquery, which is then as it was, has another form.
StatusOr<std::optional<Bound>> ExprBinder::BindLookup(PlanPtr* plan, const PlanColumn& value,
                                                      const std::set<ColumnVar>& outer,
                                                      PendingJoin* pending) {
  // One row a group is sure only below a Project over an ungrouped aggregate.
  Plan* below = plan->get();
  while (below->As<ProjectNode>()) below = below->children[0].get();
  auto* aggregate = below->As<AggregateNode>();
  if (!aggregate || !aggregate->keys.empty()) return std::nullopt;
  // What the subquery gives where no row matches: its expressions over empty aggregates.
  std::map<ColumnVar, ExprPtr> empty;
  for (size_t i = 0; i < below->output.size(); ++i) {
    if (!KnownForNoRows(aggregate->aggregates[i])) return std::nullopt;
    empty[below->output[i].id] =
        MakeConstant(OfNoRows(aggregate->aggregates[i], below->output[i].type));
  }
  const auto substitute = [](const ExprPtr& expr, const std::map<ColumnVar, ExprPtr>& by_id) {
    return Rewrite(expr, [&](const ExprPtr& part) -> ExprPtr {
      if (part->kind != Expr::Kind::kColumn) return nullptr;
      auto found = by_id.find(part->column_index);
      return found == by_id.end() ? nullptr : found->second;
    });
  };
  ExprPtr otherwise = ColumnOf(value);
  for (Plan* node = plan->get(); node != below; node = node->children[0].get()) {
    std::map<ColumnVar, ExprPtr> by_id;
    for (size_t i = 0; i < node->output.size(); ++i) {
      by_id[node->output[i].id] = node->As<ProjectNode>()->exprs[i];
    }
    otherwise = substitute(otherwise, by_id);
  }
  otherwise = FoldConstants(substitute(otherwise, empty), nullptr);
  std::vector<ExprPtr> pulled;
  if (!PullUpConjuncts(plan, outer, below, &pulled, &binder.next_column_)) return std::nullopt;
  pending->join.kind = JoinKind::kSingle;
  RETURN_IF_ERROR(AddConditions(pulled, outer, plan, &pending->join));
  // A column that is never NULL tells a match from none.
  ProjectNode project;
  std::vector<PlanColumn> output;
  for (const PlanColumn& column : (*plan)->output) {
    project.exprs.push_back(ColumnOf(column));
    output.push_back(column);
  }
  PlanColumn matched = binder.NewColumn("matched", TypeId::kBoolean);
  project.exprs.push_back(MakeConstant(Value::Bool(true)));
  output.push_back(matched);
  pending->plan = MakePlan(std::move(project), std::move(output), PlanList(std::move(*plan)));
  context.Pending()->push_back(std::move(*pending));
  if (otherwise->kind == Expr::Kind::kConstant && otherwise->value.is_null()) {
    return std::optional<Bound>(Bound{ColumnOf(value)});
  }
  auto result = std::make_shared<Expr>();
  result->kind = Expr::Kind::kCase;
  result->type = value.type;
  ASSIGN_OR_RETURN(ExprPtr missing, MakeCall("is_null", {ColumnOf(matched)}));
  ASSIGN_OR_RETURN(otherwise, MakeCast(otherwise, value.type));
  result->args = {std::move(missing), std::move(otherwise), ColumnOf(value)};
  return std::optional<Bound>(Bound{result});
}

StatusOr<Bound> ExprBinder::BindNode(const ast::Quantified& node, const ast::Expr& expr) {
  if (node.query) {
    // x < ALL (…) is NOT (x >= ANY (…)).
    static const std::map<std::string_view, std::string_view> kOpposite = {
        {"=", "<>"}, {"<>", "="}, {"<", ">="}, {"<=", ">"}, {">", "<="}, {">=", "<"}};
    const std::string_view op = node.all ? kOpposite.at(node.op) : std::string_view(node.op);
    ASSIGN_OR_RETURN(Bound any, BindAny(*node.operand, op, *node.query, expr.at));
    if (node.all) return Call("not", {any}, expr.at);
    return any;
  }
  return BindQuantifiedArray(node, expr);
}

Status Binder::ApplyPending(PendingJoins* pending, PlanPtr* plan) {
  for (PendingJoin& waiting : *pending) {
    PlanPtr inner = std::move(waiting.plan);
    JoinNode join = std::move(waiting.join);
    const bool independent = FreeColumns(*inner).empty();
    if (waiting.scalar && independent) {
      std::vector<PlanColumn> output = (*plan)->output;
      output.push_back(*waiting.scalar);
      *plan = MakePlan(ScalarJoinNode{waiting.value}, std::move(output),
                       PlanList(std::move(*plan), std::move(inner)));
      continue;
    }
    if (waiting.scalar) {
      ProjectNode project;
      for (const PlanColumn& column : inner->output) {
        if (column.id == waiting.value) project.exprs.push_back(ColumnOf(column));
      }
      inner = MakePlan(std::move(project), {*waiting.scalar}, PlanList(std::move(inner)));
    }
    auto joined = JoinDependent(std::move(*plan), std::move(inner), std::move(join),
                                std::move(waiting.mark), &next_column_);
    if (!joined.ok()) return Locate(waiting.at, joined.status());
    *plan = *std::move(joined);
  }
  pending->clear();
  return OkStatus();
}

}  // namespace shale
