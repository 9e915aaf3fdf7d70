// JOIN: conditions, USING and NATURAL, LATERAL on the right, ASOF; samples of tables.
#include <algorithm>
#include <cmath>

#include "absl/strings/ascii.h"
#include "engine/expr/evaluator.h"
#include "sql/binder_internal.h"
#include "sql/decorrelate.h"

namespace shale {

StatusOr<PlanPtr> Binder::BindJoin(const ast::Join& join, ast::Position at, Scope* scope,
                                   Scope* outer, Scope* lateral) {
  using Kind = ast::Join::Kind;
  Scope left_scope, right_scope;
  left_scope.outer = right_scope.outer = outer;
  const char* barrier = recursion_barrier_;
  const bool keeps_left = join.kind == Kind::kLeft || join.kind == Kind::kFull || join.asof_left;
  const bool keeps_right = join.kind == Kind::kRight || join.kind == Kind::kFull;
  if (keeps_right) recursion_barrier_ = "an outer join";
  StatusOr<PlanPtr> bound_left = BindFrom(*join.left, &left_scope, outer, lateral);
  RETURN_IF_ERROR(bound_left.status());
  PlanPtr left = *std::move(bound_left);
  ASSIGN_OR_RETURN(PlanPtr unnested, BindLateralSet(join, &left, &left_scope, scope));
  if (unnested) {
    scope->self_reference |= left_scope.self_reference;
    recursion_barrier_ = barrier;
    return unnested;
  }
  // What stands on the right may look at what stands on the left, if it is LATERAL.
  Scope before;
  before.tables = left_scope.tables;
  before.outer = lateral;
  recursion_barrier_ = keeps_left ? "an outer join" : barrier;
  StatusOr<PlanPtr> bound_right = BindFrom(*join.right, &right_scope, outer, &before);
  RETURN_IF_ERROR(bound_right.status());
  PlanPtr right = *std::move(bound_right);
  recursion_barrier_ = barrier;
  scope->self_reference |= left_scope.self_reference || right_scope.self_reference;

  size_t left_tables = left_scope.tables.size();
  Scope both;
  both.outer = outer;
  both.tables = left_scope.tables;
  for (ScopeTable& table : right_scope.tables) {
    for (const ScopeTable& other : both.tables) {
      if (!table.name.empty() && other.name == table.name) {
        return ErrorAt(at,
                       fmt::format("table name \"{}\" specified more than once; give one of them "
                                   "an alias",
                                   table.name));
      }
    }
    both.tables.push_back(table);
  }
  const std::set<ColumnVar> left_ids = OutputIds(*left), right_ids = OutputIds(*right);
  bool dependent = false;
  for (ColumnVar id : FreeColumns(*right)) dependent |= left_ids.contains(id);
  if (dependent && join.kind != Kind::kInner && join.kind != Kind::kCross &&
      join.kind != Kind::kLeft) {
    return ErrorAt(at,
                   "invalid reference to FROM-clause entry: the combining JOIN type must be INNER "
                   "or LEFT for a LATERAL reference");
  }

  std::vector<ExprPtr> conjuncts;
  std::vector<ast::Identifier> names = join.using_columns;
  if (join.natural) {
    for (const ScopeTable& table : left_scope.tables) {
      for (const ScopeColumn& column : table.columns) {
        if (column.hidden || column.system) continue;
        for (const ScopeTable& other : right_scope.tables) {
          for (const ScopeColumn& match : other.columns) {
            if (!match.hidden && !match.system && match.column.name == column.column.name) {
              names.push_back({column.column.name, true, at});
            }
          }
        }
      }
    }
  }
  ExprContext context;
  PendingJoins pending;
  context.scope = &both;
  context.clause = "JOIN/ON";
  context.pending = &pending;
  ExprBinder binder{*this, context};
  const bool semi = join.kind == Kind::kSemi || join.kind == Kind::kAnti;
  ScopeTable merged;  // columns of USING: one for both sides
  std::vector<ExprPtr> coalesced;
  for (const ast::Identifier& name : names) {
    auto find = [&](Scope* side, size_t begin, size_t end) -> StatusOr<Bound> {
      ScopeColumn* found = nullptr;
      for (size_t t = begin; t < end; ++t) {
        for (ScopeColumn& column : side->tables[t].columns) {
          if (column.hidden || !SameName(name, column.column.name)) continue;
          if (found)
            return ErrorAt(name.at, fmt::format("common column name \"{}\" appears more than once",
                                                name.name));
          found = &column;
        }
      }
      if (!found) {
        return ErrorAt(name.at,
                       fmt::format("column \"{}\" specified in USING clause does not exist on "
                                   "both sides",
                                   name.name));
      }
      found->hidden = !semi;
      return Bound{ColumnOf(found->column)};
    };
    ASSIGN_OR_RETURN(Bound a, find(&both, 0, left_tables));
    ASSIGN_OR_RETURN(Bound b, find(&both, left_tables, both.tables.size()));
    // The last column of ASOF … USING is the one that is only near.
    const bool near = join.kind == Kind::kAsof && &name == &names.back();
    ASSIGN_OR_RETURN(Bound equal, binder.Call(near ? ">=" : "=", {a, b}, name.at));
    conjuncts.push_back(equal.expr);
    if (semi) continue;
    const Bound& kept = join.kind == Kind::kRight ? b : a;
    PlanColumn column{kept.expr->column_index, kept.expr->name, kept.expr->type};
    if (join.kind == Kind::kFull) {
      ASSIGN_OR_RETURN(Type type, binder.CommonOf({a, b}, {name.at, name.at}));
      auto either = std::make_shared<Expr>();
      either->kind = Expr::Kind::kCoalesce;
      either->type = type;
      for (const Bound& side : {a, b}) {
        ASSIGN_OR_RETURN(ExprPtr cast, MakeCast(side.expr, type));
        either->args.push_back(std::move(cast));
      }
      column = NewColumn(a.expr->name, type);
      coalesced.push_back(std::move(either));
    }
    merged.columns.push_back({std::move(column), false, false});
  }
  if (join.on) {
    ASSIGN_OR_RETURN(ExprPtr condition, binder.BindCondition(*join.on));
    SplitConjuncts(condition, &conjuncts);
  } else if (names.empty() && !join.natural && join.kind != Kind::kCross) {
    return ErrorAt(at, "JOIN needs ON or USING; a cross product is CROSS JOIN");
  }

  if (!merged.columns.empty()) scope->tables.push_back(merged);
  const size_t seen = semi ? left_tables : both.tables.size();
  for (size_t t = 0; t < seen; ++t) scope->tables.push_back(both.tables[t]);

  if (join.kind == Kind::kInner || join.kind == Kind::kCross) {
    // Keys are found where filters are pushed down.
    auto joined = JoinDependent(std::move(left), std::move(right), JoinNode{}, {}, &next_column_);
    if (!joined.ok()) return Locate(at, joined.status());
    PlanPtr plan = *std::move(joined);
    RETURN_IF_ERROR(ApplyPending(&pending, &plan));
    if (conjuncts.empty()) return plan;
    std::vector<PlanColumn> output = plan->output;
    return MakePlan(FilterNode{std::move(conjuncts)}, std::move(output), PlanList(std::move(plan)));
  }
  // Subqueries in ON stand on the side that they are about.
  for (PendingJoin& waiting : pending) {
    std::set<ColumnVar> used = FreeColumns(*waiting.plan);
    for (const ExprPtr& key : waiting.join.probe_keys) {
      std::vector<size_t> columns;
      CollectColumns(*key, &columns);
      used.insert(columns.begin(), columns.end());
    }
    if (waiting.join.residual) {
      std::vector<size_t> columns;
      CollectColumns(*waiting.join.residual, &columns);
      used.insert(columns.begin(), columns.end());
    }
    bool about_left = false, about_right = false;
    for (ColumnVar id : used) {
      about_left |= left_ids.contains(id);
      about_right |= right_ids.contains(id);
    }
    if (about_left && about_right) {
      return ErrorAt(waiting.at,
                     "a subquery in ON of an outer join may use columns of one of the two tables, "
                     "here it uses both; join it in the FROM list of one of them");
    }
    PendingJoins one;
    one.push_back(std::move(waiting));
    RETURN_IF_ERROR(ApplyPending(&one, about_right ? &right : &left));
  }
  if (join.kind == Kind::kAsof) {
    return MakeAsofJoin(join, at, std::move(left), std::move(right), conjuncts);
  }
  JoinNode node;
  node.kind = join.kind == Kind::kSemi    ? JoinKind::kSemi
              : join.kind == Kind::kAnti  ? JoinKind::kAnti
              : join.kind == Kind::kRight ? JoinKind::kRight
              : join.kind == Kind::kFull  ? JoinKind::kFull
                                          : JoinKind::kLeft;
  // A condition on the side that is not kept may be looked at before.
  std::vector<ExprPtr> conditions, on_left, on_right;
  const std::set<ColumnVar> probe = OutputIds(*left), build = OutputIds(*right);
  for (const ExprPtr& conjunct : conjuncts) {
    if (!keeps_right && UsesOnly(*conjunct, build)) {
      on_right.push_back(conjunct);
    } else if (join.kind == Kind::kRight && UsesOnly(*conjunct, probe)) {
      on_left.push_back(conjunct);
    } else {
      conditions.push_back(conjunct);
    }
  }
  const auto filter = [](std::vector<ExprPtr> filters, PlanPtr* plan) {
    if (filters.empty()) return;
    std::vector<PlanColumn> output = (*plan)->output;
    *plan = MakePlan(FilterNode{std::move(filters)}, std::move(output), PlanList(std::move(*plan)));
  };
  filter(std::move(on_left), &left);
  filter(std::move(on_right), &right);
  RETURN_IF_ERROR(AddConditions(conditions, probe, &right, &node));
  auto joined =
      JoinDependent(std::move(left), std::move(right), std::move(node), {}, &next_column_);
  if (!joined.ok()) return Locate(at, joined.status());
  PlanPtr plan = *std::move(joined);
  if (coalesced.empty()) return plan;
  ProjectNode project;
  std::vector<PlanColumn> output = plan->output;
  for (const PlanColumn& column : output) project.exprs.push_back(ColumnOf(column));
  for (size_t i = 0; i < coalesced.size(); ++i) {
    project.exprs.push_back(coalesced[i]);
    output.push_back(merged.columns[i].column);
  }
  return MakePlan(std::move(project), std::move(output), PlanList(std::move(plan)));
}

StatusOr<PlanPtr> Binder::MakeAsofJoin(const ast::Join& join, ast::Position at, PlanPtr left,
                                       PlanPtr right, const std::vector<ExprPtr>& conjuncts) {
  const std::set<ColumnVar> probe = OutputIds(*left), build = OutputIds(*right);
  AsofJoinNode node;
  node.left = join.asof_left;
  std::vector<ExprPtr> on_right;
  for (const ExprPtr& conjunct : conjuncts) {
    JoinNode sides;
    if (AddJoinKey(conjunct, probe, build, &sides)) {
      node.probe_keys.push_back(sides.probe_keys[0]);
      node.build_keys.push_back(sides.build_keys[0]);
      continue;
    }
    if (UsesOnly(*conjunct, build)) {
      on_right.push_back(conjunct);
      continue;
    }
    std::string op = conjunct->kind == Expr::Kind::kCall && conjunct->args.size() == 2
                         ? conjunct->function.function->name
                         : "";
    const bool inequality = op == "<" || op == "<=" || op == ">" || op == ">=";
    if (inequality && node.op.empty()) {
      const ExprPtr &a = conjunct->args[0], &b = conjunct->args[1];
      if (UsesOnly(*a, probe) && UsesOnly(*b, build)) {
        node.probe_order = a;
        node.build_order = b;
        node.op = op;
        continue;
      }
      if (UsesOnly(*b, probe) && UsesOnly(*a, build)) {
        node.probe_order = b;
        node.build_order = a;
        op[0] = op[0] == '<' ? '>' : '<';
        node.op = op;
        continue;
      }
    }
    return ErrorAt(at,
                   "ASOF JOIN takes equalities and one inequality between the two tables, such as "
                   "ON a.user_id = b.user_id AND a.ts >= b.ts; put other conditions in WHERE");
  }
  if (node.op.empty()) {
    return ErrorAt(at,
                   "ASOF JOIN needs one inequality between the two tables, such as a.ts >= b.ts");
  }
  if (!(node.probe_order->type == node.build_order->type)) {
    auto type = CommonType({node.probe_order->type, false}, {node.build_order->type, false});
    if (!type.ok()) return Locate(at, type.status());
    ASSIGN_OR_RETURN(node.probe_order, MakeCast(node.probe_order, *type));
    ASSIGN_OR_RETURN(node.build_order, MakeCast(node.build_order, *type));
  }
  if (!on_right.empty()) {
    std::vector<PlanColumn> output = right->output;
    right =
        MakePlan(FilterNode{std::move(on_right)}, std::move(output), PlanList(std::move(right)));
  }
  std::vector<PlanColumn> output = left->output;
  output.insert(output.end(), right->output.begin(), right->output.end());
  return MakePlan(std::move(node), std::move(output), PlanList(std::move(left), std::move(right)));
}

// Rows by chance, blocks by chance, or users by their hash.
Status Binder::BindSample(const ast::Sample& sample, const TableSchema& schema, PlanPtr* plan) {
  using Method = ast::Sample::Method;
  if (sample.fraction >= 1 && sample.offset == 0) return OkStatus();
  const auto share = [](double fraction) {
    const double scaled = std::ldexp(fraction, 64);
    return MakeConstant(Value::UInt(TypeId::kUBigInt, scaled >= std::ldexp(1.0, 64)
                                                          ? UINT64_MAX
                                                          : static_cast<uint64_t>(scaled)));
  };
  std::vector<ExprPtr> conjuncts;
  if (sample.method == Method::kUsers) {
    const ColumnSchema* user = nullptr;
    static const char* const kNames[] = {"user_id",    "userid",    "user",     "visitor_id",
                                         "visitorid",  "client_id", "clientid", "device_id",
                                         "session_id", "sessionid"};
    for (const char* name : kNames) {
      for (const ColumnSchema& column : schema.columns) {
        if (!user && absl::AsciiStrToLower(column.name) == name) user = &column;
      }
    }
    for (const ColumnSchema& column : schema.columns) {
      const bool leads = !schema.order_by.empty() && schema.order_by[0] == column.id &&
                         schema.timestamp_column != std::optional<ColumnId>(column.id);
      if (!user && leads) user = &column;
    }
    if (!user) {
      return ErrorAt(sample.at,
                     fmt::format("SAMPLE takes users by their hash, but table {} has no column "
                                 "user_id and is not ordered by one; write WHERE hash(x) % 100 < "
                                 "10 over the column that tells users apart, or TABLESAMPLE",
                                 schema.name));
    }
    ExprPtr id;
    for (const PlanColumn& column : (*plan)->output) {
      if (column.name == user->name) id = ColumnOf(column);
    }
    ASSIGN_OR_RETURN(ExprPtr hash, MakeCall("hash", {id}));
    if (sample.offset > 0) {
      ASSIGN_OR_RETURN(ExprPtr from, MakeCall(">=", {hash, share(sample.offset)}));
      conjuncts.push_back(std::move(from));
    }
    if (sample.offset + sample.fraction < 1) {
      ASSIGN_OR_RETURN(ExprPtr to, MakeCall("<", {hash, share(sample.offset + sample.fraction)}));
      conjuncts.push_back(std::move(to));
    }
  } else {
    ScanNode& scan = *(*plan)->As<ScanNode>();
    scan.columns.push_back(kRowIdColumn);
    (*plan)->output.push_back(NewColumn("row id", TypeId::kUBigInt));
    ExprPtr unit = ColumnOf((*plan)->output.back());
    if (sample.method == Method::kSystem) {
      const Value rows = Value::UInt(TypeId::kUBigInt, kChunkRows);
      ASSIGN_OR_RETURN(ExprPtr rest, MakeCall("%", {unit, MakeConstant(rows)}));
      ASSIGN_OR_RETURN(unit, MakeCall("-", {unit, std::move(rest)}));
      ASSIGN_OR_RETURN(unit, MakeCast(unit, TypeId::kUBigInt));
    }
    // A seed of the statement's own is drawn when there is none.
    const double seed = sample.seed.value_or(static_cast<double>(session_->functions.random_seed));
    ASSIGN_OR_RETURN(ExprPtr hash, MakeCall("hash", {unit}));
    ASSIGN_OR_RETURN(ExprPtr text, MakeCast(hash, TypeId::kText));
    ASSIGN_OR_RETURN(text, MakeCall("||", {MakeConstant(Value::Text(fmt::format("{} ", seed))),
                                           std::move(text)}));
    ASSIGN_OR_RETURN(hash, MakeCall("hash", {std::move(text)}));
    ASSIGN_OR_RETURN(ExprPtr chosen, MakeCall("<", {std::move(hash), share(sample.fraction)}));
    conjuncts.push_back(std::move(chosen));
  }
  std::vector<PlanColumn> output = (*plan)->output;
  *plan = MakePlan(FilterNode{std::move(conjuncts)}, std::move(output), PlanList(std::move(*plan)));
  return OkStatus();
}

bool AddJoinKey(const ExprPtr& conjunct, const std::set<ColumnVar>& probe,
                const std::set<ColumnVar>& build, JoinNode* join) {
  if (conjunct->kind != Expr::Kind::kCall || conjunct->args.size() != 2 ||
      conjunct->function.function->name != "=") {
    return false;
  }
  const ExprPtr &a = conjunct->args[0], &b = conjunct->args[1];
  if (IsConstant(*a) || IsConstant(*b) || !(a->type == b->type)) return false;
  if (UsesOnly(*a, probe) && UsesOnly(*b, build)) {
    join->probe_keys.push_back(a);
    join->build_keys.push_back(b);
    return true;
  }
  if (UsesOnly(*b, probe) && UsesOnly(*a, build)) {
    join->probe_keys.push_back(b);
    join->build_keys.push_back(a);
    return true;
  }
  return false;
}

}  // namespace shale
