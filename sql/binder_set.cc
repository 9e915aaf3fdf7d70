// VALUES and set operations.
#include "engine/expr/evaluator.h"
#include "engine/vector/vector_builder.h"
#include "sql/binder_internal.h"

namespace shale {
namespace {

bool IsNullConstant(const Plan& plan, size_t column) {
  // NULL::uuid is no bare NULL.
  const TypeId type = plan.output[column].type.id();
  if (type != TypeId::kNull && type != TypeId::kText) return false;
  const auto* project = plan.As<ProjectNode>();
  if (!project) return false;
  const Expr& expr = *project->exprs[column];
  return expr.kind == Expr::Kind::kConstant && expr.value.is_null();
}

}  // namespace

StatusOr<PlanPtr> Binder::BindValues(const ast::ValuesCore& values, Scope* outer) {
  size_t width = values.rows[0].size();
  std::vector<std::vector<Bound>> rows;
  Scope none;
  none.outer = outer;
  ExprContext context;
  context.scope = &none;
  context.clause = "VALUES";
  std::vector<PendingJoins> pending;
  ExprBinder binder{*this, context};
  std::vector<ArgumentType> types(width);
  for (const auto& row : values.rows) {
    if (row.size() != width) {
      return ErrorAt(row[0]->at,
                     fmt::format("VALUES lists must all be the same length: this row has {} "
                                 "values, the first {}",
                                 row.size(), width));
    }
    std::vector<Bound> bound_row;
    pending.emplace_back();
    context.pending = &pending.back();
    for (size_t i = 0; i < width; ++i) {
      ASSIGN_OR_RETURN(Bound bound, binder.Bind(*row[i]));
      if (rows.empty()) {
        types[i] = bound.argument();
      } else {
        auto common = CommonType(types[i], bound.argument());
        if (!common.ok()) return Locate(row[i]->at, common.status());
        types[i] = {*common, types[i].untyped_literal && bound.untyped};
      }
      bound_row.push_back(std::move(bound));
    }
    rows.push_back(std::move(bound_row));
  }
  std::vector<PlanColumn> output;
  std::vector<VectorBuilder> builders;
  for (size_t i = 0; i < width; ++i) {
    if (types[i].type.id() == TypeId::kNull) types[i].type = TypeId::kText;
    output.push_back(NewColumn(fmt::format("column{}", i + 1), types[i].type));
    builders.emplace_back(types[i].type);
  }
  // Rows that hold more than constants are computed when the query runs.
  bool computed = false;
  std::vector<std::vector<ExprPtr>> exprs;
  for (size_t r = 0; r < rows.size(); ++r) {
    exprs.emplace_back();
    for (size_t i = 0; i < width; ++i) {
      ast::Position at = values.rows[r][i]->at;
      ASSIGN_OR_RETURN(ExprPtr expr, binder.Coerce(rows[r][i], types[i].type, at, true));
      std::vector<size_t> used;
      CollectColumns(*expr, &used);
      computed |= !used.empty() || VolatilityOf(*expr) == Volatility::kVolatile;
      exprs.back().push_back(std::move(expr));
    }
  }
  if (computed) return BindComputedValues(exprs, std::move(output), &pending);
  std::vector<Chunk> chunks;
  auto flush = [&] {
    Chunk chunk;
    chunk.num_rows = builders.empty() ? 0 : builders[0].size();
    for (VectorBuilder& builder : builders) chunk.columns.push_back(builder.Finish());
    chunks.push_back(std::move(chunk));
  };
  for (size_t r = 0; r < rows.size(); ++r) {
    for (size_t i = 0; i < width; ++i) {
      ast::Position at = values.rows[r][i]->at;
      auto value = EvaluateConstant(exprs[r][i], session_->functions);
      if (!value.ok()) return Locate(at, value.status());
      builders[i].AppendValue(*value);
    }
    if (builders[0].size() == kChunkRows) flush();
  }
  if (width > 0 && builders[0].size() > 0) flush();
  ValuesNode node;
  node.label = "VALUES";
  node.chunks = std::make_shared<const std::vector<Chunk>>(std::move(chunks));
  return MakePlan(std::move(node), std::move(output), {});
}

StatusOr<PlanPtr> Binder::BindComputedValues(const std::vector<std::vector<ExprPtr>>& rows,
                                             std::vector<PlanColumn> output,
                                             std::vector<PendingJoins>* pending) {
  constexpr size_t kMaxComputedRows = 1000;
  if (rows.size() > kMaxComputedRows) {
    return ErrorAt({}, fmt::format("VALUES with subqueries, columns or volatile functions has {} "
                                   "rows, at most {} (kMaxComputedRows); use UNION ALL",
                                   rows.size(), kMaxComputedRows));
  }
  UnionAllNode all;
  std::vector<PlanPtr> children;
  for (size_t r = 0; r < rows.size(); ++r) {
    ASSIGN_OR_RETURN(PlanPtr row, OneRow());
    RETURN_IF_ERROR(ApplyPending(&(*pending)[r], &row));
    std::vector<PlanColumn> columns;
    all.inputs.emplace_back();
    for (const PlanColumn& column : output) {
      columns.push_back(NewColumn(column.name, column.type));
      all.inputs.back().push_back(columns.back().id);
    }
    children.push_back(
        MakePlan(ProjectNode{rows[r]}, std::move(columns), PlanList(std::move(row))));
  }
  return MakePlan(std::move(all), std::move(output), std::move(children));
}

StatusOr<PlanPtr> Binder::OneRow() {
  ValuesNode one;
  one.label = "one row";
  Chunk chunk;
  chunk.num_rows = 1;
  one.chunks = std::make_shared<const std::vector<Chunk>>(std::vector<Chunk>{chunk});
  return MakePlan(std::move(one), {}, {});
}

StatusOr<PlanPtr> Binder::BindSetOperation(const ast::SetOperation& operation, Scope* outer) {
  using Kind = ast::SetOperation::Kind;
  // Where PostgreSQL takes no reference to a recursive query.
  const char* barrier = recursion_barrier_;
  if (operation.all && operation.kind == Kind::kIntersect) recursion_barrier_ = "INTERSECT";
  if (operation.all && operation.kind == Kind::kExcept) recursion_barrier_ = "EXCEPT";
  StatusOr<PlanPtr> left = BindSelect(*operation.left, outer);
  RETURN_IF_ERROR(left.status());
  if (operation.kind == Kind::kExcept) recursion_barrier_ = "EXCEPT";
  StatusOr<PlanPtr> right = BindSelect(*operation.right, outer);
  RETURN_IF_ERROR(right.status());
  recursion_barrier_ = barrier;
  return CombineSets(operation, *std::move(left), *std::move(right));
}

StatusOr<PlanPtr> Binder::CombineSets(const ast::SetOperation& operation, PlanPtr left,
                                      PlanPtr right) {
  using Kind = ast::SetOperation::Kind;
  const char* word = operation.kind == Kind::kUnion       ? "UNION"
                     : operation.kind == Kind::kIntersect ? "INTERSECT"
                                                          : "EXCEPT";
  if (left->output.size() != right->output.size()) {
    return ErrorAt(operation.right->at,
                   fmt::format("each {} query must have the same number of columns: "
                               "{} and {}",
                               word, left->output.size(), right->output.size()));
  }
  std::vector<PlanColumn> output;
  ProjectNode left_project, right_project;
  std::vector<PlanColumn> left_output, right_output;
  for (size_t i = 0; i < left->output.size(); ++i) {
    ArgumentType a{left->output[i].type, IsNullConstant(*left, i)};
    ArgumentType b{right->output[i].type, IsNullConstant(*right, i)};
    auto type = CommonType(a, b);
    if (!type.ok()) {
      return ErrorAt(operation.right->at,
                     fmt::format("{} types {} and {} of column {} cannot be matched", word,
                                 a.type.ToString(), b.type.ToString(), i + 1));
    }
    ASSIGN_OR_RETURN(ExprPtr from_left, MakeCast(ColumnOf(left->output[i]), *type));
    ASSIGN_OR_RETURN(ExprPtr from_right, MakeCast(ColumnOf(right->output[i]), *type));
    left_project.exprs.push_back(std::move(from_left));
    right_project.exprs.push_back(std::move(from_right));
    left_output.push_back(NewColumn(left->output[i].name, *type));
    right_output.push_back(NewColumn(left->output[i].name, *type));
    output.push_back(NewColumn(left->output[i].name, *type));
  }
  bool tagged = operation.kind != Kind::kUnion;
  PlanColumn tag;
  if (tagged) {
    left_project.exprs.push_back(MakeConstant(Value::Int(TypeId::kInteger, 0)));
    right_project.exprs.push_back(MakeConstant(Value::Int(TypeId::kInteger, 1)));
    left_output.push_back(NewColumn("side", TypeId::kInteger));
    right_output.push_back(NewColumn("side", TypeId::kInteger));
    tag = NewColumn("side", TypeId::kInteger);
    output.push_back(tag);
  }
  UnionAllNode both;
  for (const std::vector<PlanColumn>* side : {&left_output, &right_output}) {
    both.inputs.emplace_back();
    for (const PlanColumn& column : *side) both.inputs.back().push_back(column.id);
  }
  left = MakePlan(std::move(left_project), std::move(left_output), PlanList(std::move(left)));
  right = MakePlan(std::move(right_project), std::move(right_output), PlanList(std::move(right)));
  PlanPtr plan = MakePlan(std::move(both), output, PlanList(std::move(left), std::move(right)));
  if (!tagged) {
    if (!operation.all) ApplyDistinct(&plan);
    return plan;
  }
  if (operation.all) return CountSides(operation, std::move(plan), tag);
  // A row is on the left when its least side is 0, on the right when its greatest is 1.
  output.pop_back();
  AggregateNode node;
  for (const PlanColumn& column : output) node.keys.push_back(ColumnOf(column));
  std::vector<PlanColumn> grouped = output;
  FilterNode filter;
  for (const char* name : {"min", "max"}) {
    ArgumentType argument{TypeId::kInteger, false};
    AggregateExpr aggregate;
    ASSIGN_OR_RETURN(aggregate.function, Registry::Get().ResolveAggregate(name, {&argument, 1}));
    aggregate.args.push_back(ColumnOf(tag));
    node.aggregates.push_back(std::move(aggregate));
    grouped.push_back(NewColumn(name, TypeId::kInteger));
    bool wants_right = std::string_view(name) == "max" && operation.kind == Kind::kIntersect;
    ASSIGN_OR_RETURN(
        ExprPtr equal,
        MakeCall("=", {ColumnOf(grouped.back()),
                       MakeConstant(Value::Int(TypeId::kInteger, wants_right ? 1 : 0))}));
    filter.conjuncts.push_back(std::move(equal));
  }
  plan = MakePlan(std::move(node), grouped, PlanList(std::move(plan)));
  plan = MakePlan(std::move(filter), std::move(grouped), PlanList(std::move(plan)));
  ProjectNode project;
  for (const PlanColumn& column : output) project.exprs.push_back(ColumnOf(column));
  return MakePlan(std::move(project), std::move(output), PlanList(std::move(plan)));
}

// INTERSECT ALL, EXCEPT ALL: of each row as many as both sides have, or the left has more.
StatusOr<PlanPtr> Binder::CountSides(const ast::SetOperation& operation, PlanPtr both,
                                     const PlanColumn& tag) {
  const bool intersect = operation.kind == ast::SetOperation::Kind::kIntersect;
  std::vector<PlanColumn> output = both->output;
  output.pop_back();
  AggregateNode node;
  for (const PlanColumn& column : output) node.keys.push_back(ColumnOf(column));
  std::vector<PlanColumn> grouped = output;
  for (int side : {0, 1}) {
    AggregateExpr count;
    ASSIGN_OR_RETURN(count.function, Registry::Get().ResolveAggregate("count", {}));
    ASSIGN_OR_RETURN(
        count.filter,
        MakeCall("=", {ColumnOf(tag), MakeConstant(Value::Int(TypeId::kInteger, side))}));
    node.aggregates.push_back(std::move(count));
    grouped.push_back(NewColumn(side == 0 ? "left" : "right", TypeId::kBigInt));
  }
  const ExprPtr on_left = ColumnOf(grouped[output.size()]);
  const ExprPtr on_right = ColumnOf(grouped[output.size() + 1]);
  PlanPtr plan = MakePlan(std::move(node), std::move(grouped), PlanList(std::move(both)));
  ProjectNode project;
  for (const PlanColumn& column : output) project.exprs.push_back(ColumnOf(column));
  ExprPtr times;
  if (intersect) {
    ASSIGN_OR_RETURN(times, MakeCall("least", {on_left, on_right}));
  } else {
    ASSIGN_OR_RETURN(times, MakeCall("-", {on_left, on_right}));
  }
  ASSIGN_OR_RETURN(times, MakeCast(times, TypeId::kBigInt));
  project.exprs.push_back(std::move(times));
  std::vector<PlanColumn> counted = output;
  counted.push_back(NewColumn("times", TypeId::kBigInt));
  const ColumnVar count = counted.back().id;
  plan = MakePlan(std::move(project), std::move(counted), PlanList(std::move(plan)));
  return MakePlan(RepeatNode{count}, std::move(output), PlanList(std::move(plan)));
}

}  // namespace shale
