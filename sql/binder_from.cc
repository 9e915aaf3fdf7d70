// FROM: tables, views, common tables, subqueries, functions and joins.
#include "absl/strings/ascii.h"
#include "engine/expr/evaluator.h"
#include "engine/vector/vector_builder.h"
#include "sql/binder_internal.h"
#include "sql/catalog/catalog_relations.h"
#include "sql/database.h"
#include "sql/parser.h"
#include "sql/system_relations.h"

namespace shale {
namespace {

inline constexpr int64_t kMaxSeriesRows = 100'000'000;
constexpr const char* kSampleTablesOnly =
    "only stored tables can be sampled; sample them where the view or WITH query reads them";

}  // namespace

StatusOr<PlanPtr> Binder::BindFrom(const ast::TableRef& ref, Scope* scope, Scope* outer,
                                   Scope* lateral) {
  if (const auto* named = std::get_if<ast::NamedTable>(&ref.node)) {
    return BindNamed(*named, ref, scope);
  }
  if (const auto* subquery = std::get_if<ast::SubqueryTable>(&ref.node)) {
    ASSIGN_OR_RETURN(PlanPtr plan,
                     BindSelect(*subquery->query, subquery->lateral ? lateral : outer));
    RETURN_IF_ERROR(AddToScope(*plan, ref, "", scope));
    return plan;
  }
  if (const auto* function = std::get_if<ast::FunctionTable>(&ref.node)) {
    return BindFunctionTable(*function, ref, scope, lateral);
  }
  const auto& join = std::get<ast::Join>(ref.node);
  if (!ref.alias) return BindJoin(join, ref.at, scope, outer, lateral);
  // (a JOIN b …) AS j: only what j names is seen.
  Scope inside;
  inside.outer = outer;
  ASSIGN_OR_RETURN(PlanPtr plan, BindJoin(join, ref.at, &inside, outer, lateral));
  scope->self_reference |= inside.self_reference;
  ProjectNode project;
  std::vector<PlanColumn> output;
  for (const ScopeTable& table : inside.tables) {
    for (const ScopeColumn& column : table.columns) {
      if (column.hidden || column.system) continue;
      project.exprs.push_back(ColumnOf(column.column));
      output.push_back(NewColumn(column.column.name, column.column.type));
    }
  }
  plan = MakePlan(std::move(project), std::move(output), PlanList(std::move(plan)));
  RETURN_IF_ERROR(AddToScope(*plan, ref, "", scope));
  return plan;
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
  const ast::Identifier& last = table.name.parts.back();
  if (table.name.parts.size() == 1) {
    for (size_t i = common_tables_.size(); i-- > 0;) {
      const ast::CommonTable& common = *common_tables_[i].table;
      if (!SameName(last, common.name.name)) continue;
      ASSIGN_OR_RETURN(PlanPtr plan, ReadCommonTable(i, ref.at, scope));
      RETURN_IF_ERROR(AddToScope(*plan, ref, Folded(common.name), scope));
      if (table.sample) return ErrorAt(table.sample->at, kSampleTablesOnly);
      return plan;
    }
  }
  const size_t parts = table.name.parts.size();
  const bool information_schema =
      parts >= 2 && SameName(table.name.parts[parts - 2], "information_schema");
  const bool pg_catalog = parts >= 2 && SameName(table.name.parts[parts - 2], "pg_catalog");
  const bool system_schema = information_schema || pg_catalog;
  auto schema = system_schema ? StatusOr<TableSchemaPtr>(NotFound(
                                    "relation \"{}.{}\" does not exist",
                                    pg_catalog ? "pg_catalog" : "information_schema", last.name))
                              : LookupTable(table.name);
  if (schema.ok()) {
    Scope own;
    ASSIGN_OR_RETURN(PlanPtr plan, BindTable(*schema, (*schema)->name, &own));
    RETURN_IF_ERROR(AddToScope(*plan, ref, (*schema)->name, scope));
    for (ScopeColumn& column : scope->tables.back().columns) {
      column.system = column.column.id == plan->output.back().id;
    }
    if (table.sample) RETURN_IF_ERROR(BindSample(*table.sample, **schema, &plan));
    return plan;
  }
  if (schema.status().code() != StatusCode::kNotFound) return schema.status();
  if (table.sample) return ErrorAt(table.sample->at, kSampleTablesOnly);
  for (const ViewSchema& view : Views(*snapshot_)) {
    if (system_schema || !SameName(last, view.name)) continue;
    ASSIGN_OR_RETURN(PlanPtr plan, BindView(view, ref.at));
    RETURN_IF_ERROR(AddToScope(*plan, ref, view.name, scope));
    return plan;
  }
  std::string lower = absl::AsciiStrToLower(last.name);
  ASSIGN_OR_RETURN(std::optional<SystemRelation> relation,
                   MakeSystemRelation(information_schema ? "information_schema." + lower : lower,
                                      *session_, *snapshot_));
  if (!relation) {
    if (session_->identity.sessions && (system_schema || lower.starts_with("pg_"))) {
      session_->identity.sessions->NoteMiss(lower);
    }
    return system_schema ? ErrorAt(last.at, Message(schema.status())) : schema.status();
  }
  std::vector<PlanColumn> output;
  for (auto& [name, type] : relation->columns) output.push_back(NewColumn(name, type));
  ValuesNode values;
  values.label = lower;
  values.chunks = std::make_shared<const std::vector<Chunk>>(std::move(relation->chunks));
  PlanPtr plan = MakePlan(std::move(values), std::move(output), {});
  RETURN_IF_ERROR(AddToScope(*plan, ref, lower, scope));
  for (ScopeColumn& column : scope->tables.back().columns) {
    column.system = column.column.name == kTableOidColumn;
  }
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
  int128_t count = 0;
  if (step > 0 ? bounds[0] <= end : bounds[0] >= end) count = (end - bounds[0]) / step + 1;
  if (count > kMaxSeriesRows) {
    return ErrorAt(at, fmt::format("{} would give more than {} rows (kMaxSeriesRows)", call.name,
                                   kMaxSeriesRows));
  }
  const NumberSeries series{type, bounds[0], step, static_cast<int64_t>(count)};
  ValuesNode values;
  values.label = call.name;
  // A few rows are known to the rules, too.
  std::vector<Chunk> chunks;
  if (series.count > kChunkRows) {
    values.series = series;
  } else if (series.count > 0) {
    std::unique_ptr<Source> source = MakeSeriesSource(series);
    RETURN_IF_ERROR(source->Next(nullptr, &chunks.emplace_back()).status());
  }
  values.chunks = std::make_shared<const std::vector<Chunk>>(std::move(chunks));
  return MakePlan(std::move(values), {}, {});
}

StatusOr<PlanPtr> Binder::BindFunctionTable(const ast::FunctionTable& table,
                                            const ast::TableRef& ref, Scope* scope, Scope* outer) {
  const auto& call = std::get<ast::FunctionCall>(table.call->node);
  const SetFunction* function = Registry::Get().FindSet(call.name);
  if (function == nullptr) {
    // pg_get_keywords() and the like: a relation that is called.
    ASSIGN_OR_RETURN(std::optional<SystemRelation> called,
                     MakeSystemRelation(call.name + "()", *session_, *snapshot_));
    if (called) {
      ValuesNode values;
      values.label = call.name;
      std::vector<PlanColumn> output;
      for (auto& [name, type] : called->columns) output.push_back(NewColumn(name, type));
      values.chunks = std::make_shared<const std::vector<Chunk>>(std::move(called->chunks));
      PlanPtr plan = MakePlan(std::move(values), std::move(output), {});
      RETURN_IF_ERROR(AddToScope(*plan, ref, call.name, scope));
      return plan;
    }
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

}  // namespace shale
