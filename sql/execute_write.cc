#include "absl/strings/ascii.h"
#include "engine/expr/evaluator.h"
#include "engine/functions/value_io.h"
#include "engine/vector/vector_builder.h"
#include "sql/binder_internal.h"
#include "sql/execute_change.h"
#include "sql/parser.h"

namespace shale {
namespace {

// From so many rows on, rows go straight into segments instead of through the log.
inline constexpr uint64_t kBulkRows = 65'536;

// A literal cell straight into its column; false when the general road must be taken.
bool AppendLiteral(const ast::Expr& expr, const std::string& time_zone, ParseScratch* scratch,
                   VectorBuilder* builder) {
  const auto* literal = std::get_if<ast::Literal>(&expr.node);
  if (!literal) return false;
  const Type& type = builder->type();
  switch (literal->kind) {
    case ast::Literal::Kind::kNull: builder->AppendNull(); return true;
    case ast::Literal::Kind::kTrue:
    case ast::Literal::Kind::kFalse:
      if (type.id() != TypeId::kBoolean) return false;
      builder->Append<uint8_t>(literal->kind == ast::Literal::Kind::kTrue);
      return true;
    case ast::Literal::Kind::kNumber:
      if (!type.IsNumeric() && type.id() != TypeId::kText) return false;
      // A number that must be rounded takes the general road.
      if (type.IsInteger() && literal->text.find_first_of(".eE") != std::string::npos) return false;
      if (type.id() == TypeId::kDecimal && literal->text.find_first_of("eE") != std::string::npos)
        return false;
      break;
    case ast::Literal::Kind::kString:
      if (type.id() == TypeId::kList) return ParseList(literal->text, time_zone, builder).ok();
      break;
    case ast::Literal::Kind::kTyped:
    case ast::Literal::Kind::kDefault: return false;
  }
  alignas(16) char value[16];
  if (!ParseValue(literal->text, type, time_zone, value, scratch)) return false;
  auto append = [&]<typename T>(T) {
    T typed;
    std::memcpy(&typed, value, sizeof typed);
    builder->Append<T>(typed);
    return true;
  };
  switch (type.physical()) {
    case PhysicalType::kBool:
    case PhysicalType::kUInt8: return append(uint8_t{});
    case PhysicalType::kInt8: return append(int8_t{});
    case PhysicalType::kInt16: return append(int16_t{});
    case PhysicalType::kInt32: return append(int32_t{});
    case PhysicalType::kInt64: return append(int64_t{});
    case PhysicalType::kUInt16: return append(uint16_t{});
    case PhysicalType::kUInt32: return append(uint32_t{});
    case PhysicalType::kUInt64: return append(uint64_t{});
    case PhysicalType::kInt128: return append(int128_t{});
    case PhysicalType::kFloat: return append(float{});
    case PhysicalType::kDouble: return append(double{});
    case PhysicalType::kInterval: return append(Interval{});
    case PhysicalType::kString: return append(std::string_view{});
    case PhysicalType::kList:
    case PhysicalType::kStruct: return false;
  }
  return false;
}

// Nothing when a cell holds a subquery: then the rows are a query's.
StatusOr<std::optional<std::vector<Chunk>>> BindValueRows(const ast::ValuesCore& values,
                                                          const TableSchema& schema,
                                                          const std::vector<size_t>& targets,
                                                          Binder* binder,
                                                          StatementContext& context) {
  std::vector<VectorBuilder> builders;
  std::vector<bool> given(schema.columns.size(), false);
  for (size_t target : targets) given[target] = true;
  for (size_t i = 0; i < schema.columns.size(); ++i) {
    builders.emplace_back(schema.columns[i].type);
  }
  // Computed once a statement, and only for columns that need theirs.
  std::vector<std::optional<Value>> defaults(schema.columns.size());
  auto append_default = [&](size_t column) -> Status {
    if (!defaults[column]) {
      ASSIGN_OR_RETURN(defaults[column], DefaultOf(schema.columns[column], context));
    }
    builders[column].AppendValue(*defaults[column]);
    return OkStatus();
  };
  Scope none;
  PendingJoins pending;
  Binder::ExprContext expr_context;
  expr_context.scope = &none;
  expr_context.clause = "VALUES";
  expr_context.pending = &pending;
  ExprBinder expr_binder{*binder, expr_context};
  ParseScratch scratch;
  std::vector<Chunk> chunks;
  auto flush = [&] {
    Chunk chunk;
    chunk.num_rows = builders[0].size();
    for (VectorBuilder& builder : builders) chunk.columns.push_back(builder.Finish());
    chunks.push_back(std::move(chunk));
  };
  for (const auto& row : values.rows) {
    if (row.size() != targets.size()) {
      ast::Position at = row.size() > targets.size() ? row[targets.size()]->at : row.back()->at;
      return context.ErrorAt(at, fmt::format("INSERT has {} values where {} columns are expected",
                                             row.size(), targets.size()));
    }
    for (size_t i = 0; i < targets.size(); ++i) {
      VectorBuilder& builder = builders[targets[i]];
      const auto* literal = std::get_if<ast::Literal>(&row[i]->node);
      if (literal && literal->kind == ast::Literal::Kind::kDefault) {
        RETURN_IF_ERROR(append_default(targets[i]));
        continue;
      }
      if (AppendLiteral(*row[i], context.session->time_zone(), &scratch, &builder)) continue;
      ASSIGN_OR_RETURN(Bound bound, expr_binder.Bind(*row[i]));
      if (!pending.empty()) return std::optional<std::vector<Chunk>>();
      ASSIGN_OR_RETURN(ExprPtr cast, expr_binder.Coerce(bound, builder.type(), row[i]->at, true));
      auto value = EvaluateConstant(cast, context.session->functions);
      if (!value.ok()) return binder->Locate(row[i]->at, value.status());
      builder.AppendValue(*value);
    }
    for (size_t i = 0; i < builders.size(); ++i) {
      if (!given[i]) RETURN_IF_ERROR(append_default(i));
    }
    if (builders[0].size() == kChunkRows) flush();
  }
  if (builders[0].size() > 0) flush();
  return std::optional(std::move(chunks));
}

// A query's rows as the table's, columns that are left out by their defaults.
StatusOr<PlanPtr> BindInsertQuery(const ast::Insert& insert, const TableSchema& schema,
                                  std::vector<size_t> targets, Binder* binder,
                                  StatementContext& context) {
  ASSIGN_OR_RETURN(PlanPtr plan, binder->BindQuery(*insert.query));
  if (targets.empty()) {
    for (size_t i = 0; i < std::min(plan->output.size(), schema.columns.size()); ++i)
      targets.push_back(i);
  }
  if (plan->output.size() != targets.size()) {
    return context.ErrorAt(insert.query->at,
                           fmt::format("INSERT has {} expressions where {} columns are "
                                       "expected",
                                       plan->output.size(), targets.size()));
  }
  ProjectNode project;
  std::vector<PlanColumn> output;
  for (size_t i = 0; i < schema.columns.size(); ++i) {
    const ColumnSchema& column = schema.columns[i];
    auto target = std::find(targets.begin(), targets.end(), i);
    if (target == targets.end()) {
      ASSIGN_OR_RETURN(Value value, DefaultOf(column, context));
      project.exprs.push_back(MakeConstant(value.is_null() ? Value::Null(column.type) : value));
    } else {
      auto cast = MakeCast(ColumnOf(plan->output[target - targets.begin()]), column.type);
      if (!cast.ok()) {
        return context.ErrorAt(insert.query->at,
                               fmt::format("column \"{}\" is of type {}: {}", column.name,
                                           column.type.ToString(), Message(cast.status())));
      }
      project.exprs.push_back(*std::move(cast));
    }
    output.push_back(binder->NewColumn(column.name, column.type));
  }
  return MakePlan(std::move(project), std::move(output), PlanList(std::move(plan)));
}

// RETURNING over the rows that are to be inserted.
Status ReturnInserted(const ast::Insert& insert, const Snapshot& snapshot, Binder* binder,
                      StatementContext& context, Change* change) {
  std::vector<PlanColumn> columns;
  Scope scope;
  ScopeTable table;
  table.name = insert.alias ? Folded(*insert.alias) : change->schema->name;
  for (const ColumnSchema& column : change->schema->columns) {
    columns.push_back(binder->NewColumn(column.name, column.type));
    table.columns.push_back({columns.back(), false, false});
  }
  scope.tables.push_back(std::move(table));
  ValuesNode rows{std::make_shared<const std::vector<Chunk>>(change->rows), "inserted rows", {}};
  PlanPtr plan = MakePlan(std::move(rows), std::move(columns), {});
  ASSIGN_OR_RETURN(auto items, binder->BindReturning(insert.returning, &scope, &plan));
  ProjectNode project;
  std::vector<PlanColumn> output;
  Change returned;
  returned.schema = change->schema;
  AddReturned(items, binder, &project, &output, &returned);
  plan = MakePlan(std::move(project), std::move(output), PlanList(std::move(plan)));
  RETURN_IF_ERROR(GatherChange(std::move(plan), snapshot, false, false, context, &returned));
  change->returns = true;
  change->columns = std::move(returned.columns);
  change->returned = std::move(returned.returned);
  return OkStatus();
}

}  // namespace

StatusOr<size_t> TargetColumn(const TableSchema& schema, const ast::Identifier& name,
                              const StatementContext& context) {
  std::optional<size_t> match;
  std::vector<std::string> names;
  std::string folded = name.quoted ? name.name : absl::AsciiStrToLower(name.name);
  for (size_t i = 0; i < schema.columns.size(); ++i) {
    if (schema.columns[i].name == folded) return i;
    names.push_back(schema.columns[i].name);
    if (!name.quoted && absl::AsciiStrToLower(schema.columns[i].name) == folded) {
      if (match)
        return context.ErrorAt(name.at, fmt::format("column name \"{}\" is ambiguous", name.name));
      match = i;
    }
  }
  if (match) return *match;
  std::string near = Nearest(name.name, names);
  return context.ErrorAt(
      name.at, fmt::format("column \"{}\" of table \"{}\" does not exist{}", name.name, schema.name,
                           near.empty() ? "" : "; did you mean " + QuoteIdentifier(near) + "?"));
}

StatusOr<Value> DefaultOf(const ColumnSchema& column, StatementContext& context) {
  if (column.default_text.empty()) {
    return column.default_value.is_null() ? Value::Null(column.type) : column.default_value;
  }
  ASSIGN_OR_RETURN(ast::ExprPtr expr, ParseExpression(column.default_text));
  Binder binder(column.default_text, context.session, context.data->snapshot());
  Scope none;
  Binder::ExprContext expr_context;
  expr_context.scope = &none;
  expr_context.clause = "DEFAULT";
  ExprBinder expr_binder{binder, expr_context};
  ASSIGN_OR_RETURN(Bound bound, expr_binder.Bind(*expr));
  ASSIGN_OR_RETURN(ExprPtr value, expr_binder.Coerce(bound, column.type, expr->at, true));
  return EvaluateConstant(value, context.session->functions);
}

StatusOr<uint64_t> InsertPlan(PlanPtr plan, const Snapshot& snapshot, const TableSchema& schema,
                              StatementContext& context) {
  std::vector<Chunk> pending;
  std::unique_ptr<BulkWriter> bulk;
  uint64_t rows = 0;
  std::vector<PlanColumn> result = plan->output;
  RETURN_IF_ERROR(
      RunPlan(std::move(plan), result, snapshot, context, [&](Chunk chunk) -> StatusOr<Flow> {
        if (chunk.num_rows == 0) return Flow::kMore;
        rows += chunk.num_rows;
        std::vector<Chunk> one;
        one.push_back(std::move(chunk));
        RETURN_IF_ERROR(FitRows(schema, &one, context));
        pending.push_back(std::move(one[0]));
        if (rows < kBulkRows || schema.HasUniqueKey() ||
            !context.data->WritesThrough(schema.table_id)) {
          return Flow::kMore;
        }
        if (!bulk) {
          ASSIGN_OR_RETURN(bulk, context.store->StartBulk(schema, 1));
        }
        for (Chunk& ready : pending) RETURN_IF_ERROR(bulk->Append(0, std::move(ready)));
        pending.clear();
        return Flow::kMore;
      }));
  if (bulk) {
    RETURN_IF_ERROR(bulk->Commit(""));
  } else if (rows > 0) {
    RETURN_IF_ERROR(context.data->Insert(schema, pending));
  }
  return rows;
}

StatusOr<Change> MakeInsert(const ast::Insert& insert, StatementContext& context) {
  if (insert.on_conflict) {
    return context.ErrorAt(
        insert.on_conflict_at,
        "ON CONFLICT is not supported: tables have no unique keys. Insert, and read the "
        "newest row with arg_max(value, ts), or DELETE the old row first");
  }
  Snapshot snapshot = context.data->snapshot();
  Binder binder(context.sql, context.session, snapshot);
  DeclareWith(insert.with, context, &binder);
  Change change;
  ASSIGN_OR_RETURN(change.schema, binder.LookupTable(insert.table));
  const TableSchema& schema = *change.schema;
  std::vector<size_t> targets;
  for (const ast::Identifier& name : insert.columns) {
    ASSIGN_OR_RETURN(size_t target, TargetColumn(schema, name, context));
    if (std::find(targets.begin(), targets.end(), target) != targets.end()) {
      return context.ErrorAt(name.at,
                             fmt::format("column \"{}\" specified more than once", name.name));
    }
    targets.push_back(target);
  }
  std::optional<std::vector<Chunk>> chunks;
  const auto* values = insert.query ? std::get_if<ast::ValuesCore>(&insert.query->body) : nullptr;
  const bool plain_values = values && insert.query->order_by.empty() && !insert.query->limit &&
                            !insert.query->offset && insert.query->with.empty();
  if (!insert.query) {
    ast::ValuesCore one;
    one.rows.emplace_back();
    ASSIGN_OR_RETURN(chunks, BindValueRows(one, schema, {}, &binder, context));
  } else if (plain_values) {
    std::vector<size_t> of_values = targets;
    if (of_values.empty()) {
      // Fewer values than columns: the first ones, as PostgreSQL has it.
      const size_t width = std::min(values->rows[0].size(), schema.columns.size());
      for (size_t i = 0; i < width; ++i) of_values.push_back(i);
    }
    ASSIGN_OR_RETURN(chunks, BindValueRows(*values, schema, of_values, &binder, context));
  }
  if (chunks) {
    RETURN_IF_ERROR(binder.BindUnreadWith());
    change.rows = *std::move(chunks);
    for (const Chunk& chunk : change.rows) change.count += chunk.num_rows;
  } else {
    ASSIGN_OR_RETURN(PlanPtr plan, BindInsertQuery(insert, schema, targets, &binder, context));
    RETURN_IF_ERROR(binder.BindUnreadWith());
    if (insert.returning.empty() && !context.changes) {
      auto inserted = InsertPlan(std::move(plan), snapshot, schema, context);
      if (inserted.status().code() == StatusCode::kInvalidArgument) {
        return context.ErrorAt(insert.table.parts[0].at, Message(inserted.status()));
      }
      RETURN_IF_ERROR(inserted.status());
      change.count = *inserted;
      change.done = true;
      return change;
    }
    RETURN_IF_ERROR(GatherChange(std::move(plan), snapshot, true, false, context, &change));
  }
  if (!insert.returning.empty()) {
    RETURN_IF_ERROR(ReturnInserted(insert, snapshot, &binder, context, &change));
  }
  return change;
}

}  // namespace shale
