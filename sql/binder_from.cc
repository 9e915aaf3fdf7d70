// FROM: tables, views, common tables, subqueries, functions and joins.
#include "absl/strings/ascii.h"
#include "engine/expr/evaluator.h"
#include "engine/vector/vector_builder.h"
#include "sql/binder_internal.h"
#include "sql/parser.h"
#include "sql/system_relations.h"

namespace shale {
namespace {

inline constexpr int64_t kMaxSeriesRows = 100'000'000;

bool SameName(const ast::Identifier& id, std::string_view name) {
  if (id.quoted) return id.name == name;
  return absl::AsciiStrToLower(id.name) == absl::AsciiStrToLower(std::string(name));
}

}  // namespace

StatusOr<PlanPtr> Binder::BindFrom(const ast::TableRef& ref, Scope* scope, Scope* outer) {
  if (const auto* named = std::get_if<ast::NamedTable>(&ref.node)) {
    return BindNamed(*named, ref, scope);
  }
  if (const auto* subquery = std::get_if<ast::SubqueryTable>(&ref.node)) {
    if (subquery->lateral) {
      return ErrorAt(ref.at,
                     "LATERAL subqueries are not supported yet; join with a plain subquery");
    }
    ASSIGN_OR_RETURN(PlanPtr plan, BindSelect(*subquery->query, outer));
    RETURN_IF_ERROR(AddToScope(*plan, ref, "", scope));
    return plan;
  }
  if (const auto* function = std::get_if<ast::FunctionTable>(&ref.node)) {
    return BindFunctionTable(*function, ref, scope, outer);
  }
  return BindJoin(std::get<ast::Join>(ref.node), ref.at, scope, outer);
}

Status Binder::AddToScope(const Plan& plan, const ast::TableRef& ref, std::string_view name,
                          Scope* scope) {
  ScopeTable table;
  table.name = ref.alias ? (ref.alias->name.quoted ? ref.alias->name.name
                                                   : absl::AsciiStrToLower(ref.alias->name.name))
                         : std::string(name);
  if (!table.name.empty()) {
    for (const ScopeTable& other : scope->tables) {
      if (other.name == table.name) {
        return ErrorAt(ref.at,
                       fmt::format("table name \"{}\" specified more than once; give one of "
                                   "them an alias",
                                   table.name));
      }
    }
  }
  for (const PlanColumn& column : plan.output) table.columns.push_back({column, false, false});
  if (ref.alias && !ref.alias->columns.empty()) {
    if (ref.alias->columns.size() > table.columns.size()) {
      return ErrorAt(ref.at,
                     fmt::format("table \"{}\" has {} columns available but {} columns "
                                 "specified",
                                 table.name, table.columns.size(), ref.alias->columns.size()));
    }
    for (size_t i = 0; i < ref.alias->columns.size(); ++i) {
      const ast::Identifier& id = ref.alias->columns[i];
      table.columns[i].column.name = id.quoted ? id.name : absl::AsciiStrToLower(id.name);
    }
  }
  scope->tables.push_back(std::move(table));
  return OkStatus();
}

StatusOr<PlanPtr> Binder::BindView(const ViewSchema& view, ast::Position at) {
  if (view_depth_ >= kMaxViewDepth) {
    return ErrorAt(
        at, fmt::format("views are nested more than {} deep (kMaxViewDepth)", kMaxViewDepth));
  }
  auto statements = ParseSql(view.query);
  if (!statements.ok()) return statements.status();
  Binder inner(view.query, session_, snapshot_);
  inner.next_column_ = next_column_;
  inner.view_depth_ = view_depth_ + 1;
  const auto* select = std::get_if<ast::Select>(&(*statements)[0].node);
  if (!select) return ErrorAt(at, fmt::format("view \"{}\" is not a query", view.name));
  auto plan = inner.BindSelect(*select, nullptr);
  next_column_ = inner.next_column_;
  if (!plan.ok()) {
    return ErrorAt(at, fmt::format("in view \"{}\": {}", view.name, Message(plan.status())));
  }
  for (size_t i = 0; i < view.columns.size() && i < (*plan)->output.size(); ++i) {
    (*plan)->output[i].name = view.columns[i];
  }
  return plan;
}

StatusOr<PlanPtr> Binder::BindNamed(const ast::NamedTable& table, const ast::TableRef& ref,
                                    Scope* scope) {
  if (table.sample_percent) {
    return ErrorAt(ref.at,
                   "TABLESAMPLE is not supported yet; filter by a hash of the user id, as in "
                   "WHERE hash(user_id) % 10 = 0");
  }
  const ast::Identifier& last = table.name.parts.back();
  if (table.name.parts.size() == 1) {
    for (size_t i = common_tables_.size(); i-- > 0;) {
      const ast::CommonTable& common = *common_tables_[i].table;
      if (!SameName(last, common.name.name)) continue;
      // Its query sees the common tables written before it.
      std::vector<CommonTableScope> saved = common_tables_;
      common_tables_.resize(common_tables_[i].visible);
      auto plan = BindSelect(*common.query, nullptr);
      common_tables_ = std::move(saved);
      RETURN_IF_ERROR(plan.status());
      if (common.columns.size() > (*plan)->output.size()) {
        return ErrorAt(
            common.name.at,
            fmt::format("WITH query \"{}\" has {} columns available but {} "
                        "columns specified",
                        common.name.name, (*plan)->output.size(), common.columns.size()));
      }
      for (size_t c = 0; c < common.columns.size(); ++c) {
        (*plan)->output[c].name = common.columns[c].quoted
                                      ? common.columns[c].name
                                      : absl::AsciiStrToLower(common.columns[c].name);
      }
      RETURN_IF_ERROR(AddToScope(**plan, ref, absl::AsciiStrToLower(common.name.name), scope));
      return plan;
    }
  }
  auto schema = LookupTable(table.name);
  if (schema.ok()) {
    Scope own;
    ASSIGN_OR_RETURN(PlanPtr plan, BindTable(*schema, (*schema)->name, &own));
    RETURN_IF_ERROR(AddToScope(*plan, ref, (*schema)->name, scope));
    for (ScopeColumn& column : scope->tables.back().columns) {
      column.system = column.column.id == plan->output.back().id;
    }
    return plan;
  }
  if (schema.status().code() != StatusCode::kNotFound) return schema.status();
  for (const ViewSchema& view : Views(*snapshot_)) {
    if (!SameName(last, view.name)) continue;
    ASSIGN_OR_RETURN(PlanPtr plan, BindView(view, ref.at));
    RETURN_IF_ERROR(AddToScope(*plan, ref, view.name, scope));
    return plan;
  }
  std::string lower = absl::AsciiStrToLower(last.name);
  ASSIGN_OR_RETURN(std::optional<SystemRelation> relation,
                   MakeSystemRelation(lower, *session_, *snapshot_));
  if (!relation) return schema.status();
  std::vector<PlanColumn> output;
  for (auto& [name, type] : relation->columns) output.push_back(NewColumn(name, type));
  ValuesNode values;
  values.label = lower;
  values.chunks = std::make_shared<const std::vector<Chunk>>(std::move(relation->chunks));
  PlanPtr plan = MakePlan(std::move(values), std::move(output), {});
  RETURN_IF_ERROR(AddToScope(*plan, ref, lower, scope));
  return plan;
}

// Rows of a series that is known now, or null when its arguments are not plain constants of a type
// that a ValuesNode holds well.
StatusOr<PlanPtr> Binder::BindConstantSeries(const ast::FunctionCall& call, ast::Position at,
                                             const Expr& list) {
  const Type& type = list.type.child();
  const bool plain = type.id() == TypeId::kInteger || type.id() == TypeId::kBigInt;
  if (!plain || list.kind != Expr::Kind::kCall || call.args.size() > 3) return PlanPtr();
  std::vector<int64_t> bounds;
  for (const ExprPtr& arg : list.args) {
    std::vector<size_t> used;
    CollectColumns(*arg, &used);
    if (!used.empty() || VolatilityOf(*arg) == Volatility::kVolatile) return PlanPtr();
    auto value = EvaluateConstant(arg, session_->functions);
    if (!value.ok()) return Locate(at, value.status());
    if (value->is_null()) return PlanPtr();
    bounds.push_back(value->AsInt());
  }
  if (bounds.size() == 1) bounds.insert(bounds.begin(), 0);
  const int64_t step = bounds.size() > 2 ? bounds[2] : 1;
  if (step == 0) return ErrorAt(call.args[2]->at, "step size cannot equal zero");
  const bool exclusive = call.name == "range";
  const int128_t end = int128_t{bounds[1]} - (exclusive ? (step > 0 ? 1 : -1) : 0);
  VectorBuilder builder(type);
  std::vector<Chunk> chunks;
  auto flush = [&] {
    Chunk chunk;
    chunk.num_rows = builder.size();
    chunk.columns.push_back(builder.Finish());
    chunks.push_back(std::move(chunk));
  };
  int64_t total = 0;
  for (int128_t value = bounds[0]; step > 0 ? value <= end : value >= end; value += step) {
    if (++total > kMaxSeriesRows) {
      return ErrorAt(at, fmt::format("{} would give more than {} rows (kMaxSeriesRows)", call.name,
                                     kMaxSeriesRows));
    }
    if (type.id() == TypeId::kInteger) {
      builder.Append(static_cast<int32_t>(value));
    } else {
      builder.Append(static_cast<int64_t>(value));
    }
    if (builder.size() == kChunkRows) flush();
  }
  if (builder.size() > 0) flush();
  ValuesNode values;
  values.label = call.name;
  values.chunks = std::make_shared<const std::vector<Chunk>>(std::move(chunks));
  return MakePlan(std::move(values), {}, {});
}

StatusOr<PlanPtr> Binder::BindFunctionTable(const ast::FunctionTable& table,
                                            const ast::TableRef& ref, Scope* scope, Scope* outer) {
  const auto& call = std::get<ast::FunctionCall>(table.call->node);
  const SetFunction* function = Registry::Get().FindSet(call.name);
  if (function == nullptr) {
    std::vector<std::string> names;
    for (const auto& known : Registry::Get().sets()) names.push_back(known->name);
    const std::string near = Nearest(call.name, names);
    return ErrorAt(table.call->at,
                   fmt::format("{}(…) gives no rows: FROM takes {}", call.name,
                               near.empty() ? "unnest, generate_series and other set-returning "
                                              "functions"
                                            : near));
  }
  Scope none;
  none.outer = outer;
  ASSIGN_OR_RETURN(BoundSetTable bound, BindSetTable(table, *function, ref, &none));
  RETURN_IF_ERROR(AddSetTableToScope(bound, ref, call.name, scope));
  if (bound.node.lists.size() == 1 && !table.ordinality && function->columns.size() == 1 &&
      (function->name == "generate_series" || function->name == "range")) {
    ASSIGN_OR_RETURN(PlanPtr series,
                     BindConstantSeries(call, table.call->at, *bound.node.lists[0]));
    if (series) {
      series->output = bound.columns;
      return series;
    }
  }
  ValuesNode one;
  one.label = "one row";
  Chunk chunk;
  chunk.num_rows = 1;
  one.chunks = std::make_shared<const std::vector<Chunk>>(std::vector<Chunk>{chunk});
  PlanPtr row = MakePlan(std::move(one), {}, {});
  return MakePlan(std::move(bound.node), std::move(bound.columns), PlanList(std::move(row)));
}

StatusOr<PlanPtr> Binder::BindJoin(const ast::Join& join, ast::Position at, Scope* scope,
                                   Scope* outer) {
  using Kind = ast::Join::Kind;
  if (join.kind == Kind::kFull) {
    return ErrorAt(at,
                   "FULL JOIN is not supported yet; use LEFT JOIN UNION ALL the unmatched rows of "
                   "the other side (NOT EXISTS)");
  }
  if (join.kind == Kind::kAsof) return ErrorAt(at, "ASOF JOIN is not supported yet");
  Scope left_scope, right_scope;
  left_scope.outer = right_scope.outer = outer;
  ASSIGN_OR_RETURN(PlanPtr left, BindFrom(*join.left, &left_scope, outer));
  ASSIGN_OR_RETURN(PlanPtr lateral, BindLateralSet(join, &left, &left_scope, scope));
  if (lateral) return lateral;
  ASSIGN_OR_RETURN(PlanPtr right, BindFrom(*join.right, &right_scope, outer));
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
  context.scope = &both;
  context.clause = "JOIN/ON";
  ExprBinder binder{*this, context};
  for (const ast::Identifier& name : names) {
    auto find = [&](Scope* side, size_t begin, size_t end, bool hide) -> StatusOr<Bound> {
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
      if (hide) found->hidden = true;
      return Bound{ColumnOf(found->column)};
    };
    bool right_kept = join.kind == Kind::kRight;
    ASSIGN_OR_RETURN(Bound a, find(&both, 0, left_tables, right_kept));
    ASSIGN_OR_RETURN(Bound b, find(&both, left_tables, both.tables.size(), !right_kept));
    ASSIGN_OR_RETURN(Bound equal, binder.Call("=", {a, b}, name.at));
    conjuncts.push_back(equal.expr);
  }
  if (join.on) {
    ASSIGN_OR_RETURN(ExprPtr condition, binder.BindCondition(*join.on));
    SplitConjuncts(condition, &conjuncts);
  } else if (names.empty() && !join.natural && join.kind != Kind::kCross) {
    return ErrorAt(at, "JOIN needs ON or USING; a cross product is CROSS JOIN");
  }

  bool semi = join.kind == Kind::kSemi || join.kind == Kind::kAnti;
  for (ScopeTable& table : semi ? left_scope.tables : both.tables) scope->tables.push_back(table);
  if (join.kind == Kind::kRight) std::swap(left, right);
  std::set<ColumnVar> probe = OutputIds(*left), build = OutputIds(*right);
  std::vector<PlanColumn> output = left->output;
  if (!semi) output.insert(output.end(), right->output.begin(), right->output.end());

  if (join.kind == Kind::kInner || join.kind == Kind::kCross) {
    // Keys are found where filters are pushed down.
    PlanPtr plan = MakePlan(JoinNode{}, output, PlanList(std::move(left), std::move(right)));
    if (conjuncts.empty()) return plan;
    return MakePlan(FilterNode{std::move(conjuncts)}, output, PlanList(std::move(plan)));
  }
  JoinNode node;
  node.kind = join.kind == Kind::kSemi   ? JoinKind::kSemi
              : join.kind == Kind::kAnti ? JoinKind::kAnti
                                         : JoinKind::kLeft;
  std::vector<ExprPtr> residual, build_filters;
  for (const ExprPtr& conjunct : conjuncts) {
    if (UsesOnly(*conjunct, build)) {
      build_filters.push_back(conjunct);
    } else if (!AddJoinKey(conjunct, probe, build, &node)) {
      residual.push_back(conjunct);
    }
  }
  if (!residual.empty()) node.residual = MakeAnd(std::move(residual));
  if (!build_filters.empty()) {
    std::vector<PlanColumn> columns = right->output;
    right = MakePlan(FilterNode{std::move(build_filters)}, std::move(columns),
                     PlanList(std::move(right)));
  }
  return MakePlan(std::move(node), std::move(output), PlanList(std::move(left), std::move(right)));
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
