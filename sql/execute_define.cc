#include <algorithm>

#include "absl/strings/ascii.h"
#include "engine/expr/evaluator.h"
#include "sql/ast_printer.h"
#include "sql/binder_internal.h"
#include "sql/execute.h"
#include "sql/parser.h"

namespace shale {

namespace {

StatusOr<std::string> NewTableName(const ast::QualifiedName& name,
                                   const StatementContext& context) {
  if (name.parts.size() > 1) {
    const ast::Identifier& schema = name.parts[name.parts.size() - 2];
    if (absl::AsciiStrToLower(schema.name) != "public") {
      return context.ErrorAt(
          schema.at,
          fmt::format("schema \"{}\" does not exist; tables are in \"public\"", schema.name));
    }
  }
  std::string table = Folded(name.parts.back());
  if (table.empty()) return context.ErrorAt(name.parts.back().at, "a table needs a name");
  if (table.starts_with("shale_")) {
    return context.ErrorAt(name.parts.back().at,
                           "names that begin with shale_ belong to system relations");
  }
  return table;
}

bool Exists(const DatabaseVersion& version, std::string_view name, bool temporary = false) {
  // A temporary table may hide a plain one.
  if (TableSchemaPtr table = FindTable(version, name); temporary) {
    return table && IsTemporary(table->table_id);
  }
  if (FindTable(version, name)) return true;
  for (const ViewSchema& view : Views(version)) {
    if (view.name == name) return true;
  }
  return false;
}

Status SetDefault(const ast::Expr& written, Binder& binder, StatementContext& context,
                  ColumnSchema* column) {
  Scope none;
  Binder::ExprContext expr_context;
  expr_context.scope = &none;
  expr_context.clause = "DEFAULT";
  ExprBinder expr_binder{binder, expr_context};
  ASSIGN_OR_RETURN(Bound bound, expr_binder.Bind(written));
  ASSIGN_OR_RETURN(ExprPtr expr, expr_binder.Coerce(bound, column->type, written.at, true));
  auto value = EvaluateConstant(expr, context.session->functions);
  if (!value.ok()) return binder.Locate(written.at, value.status());
  // A stable default (now()) is computed at each INSERT; rows older than the column take this one.
  column->default_value = *std::move(value);
  column->default_text = PrintExpr(written);
  return OkStatus();
}

StatusOr<ColumnSchema> NewColumn(const ast::ColumnDef& def, Binder& binder,
                                 StatementContext& context) {
  ColumnSchema column;
  column.name = Folded(def.name);
  if (def.unsupported) {
    return context.ErrorAt(def.name.at,
                           fmt::format("{} is not supported; leave it out", *def.unsupported));
  }
  if (column.name == "_seq")
    return context.ErrorAt(def.name.at, "_seq is the name of a system column");
  ASSIGN_OR_RETURN(column.type, binder.BindType(def.type, &column.max_length));
  column.not_null = def.not_null;
  column.default_value = Value::Null(column.type);
  if (def.default_value) {
    RETURN_IF_ERROR(SetDefault(*def.default_value, binder, context, &column));
  }
  return column;
}

Status AlterColumn(const ast::AlterTable::AlterColumn& change, Binder& binder,
                   StatementContext& context, TableSchema* schema) {
  using What = ast::AlterTable::AlterColumn::What;
  ASSIGN_OR_RETURN(size_t position, ColumnPosition(*schema, change.column, context));
  ColumnSchema& column = schema->columns[position];
  switch (change.what) {
    case What::kSetDefault: return SetDefault(*change.default_value, binder, context, &column);
    case What::kDropDefault:
      column.default_value = Value::Null(column.type);
      column.default_text.clear();
      break;
    case What::kSetNotNull: column.not_null = true; break;
    case What::kDropNotNull:
      for (const TableKey& key : schema->keys) {
        if (key.kind != TableKey::Kind::kPrimary) continue;
        if (std::count(key.columns.begin(), key.columns.end(), column.id) == 0) continue;
        return context.ErrorAt(change.column.at,
                               fmt::format("column \"{}\" is in a primary key", column.name));
      }
      if (schema->timestamp_column == column.id) {
        return context.ErrorAt(
            change.column.at,
            fmt::format("column \"{}\" is the table's TIMESTAMP, which is never NULL",
                        column.name));
      }
      column.not_null = false;
      break;
  }
  return OkStatus();
}

// The rows there against the definition's checks.
Status CheckRowsThere(const TableSchema& schema, const Snapshot& snapshot,
                      StatementContext& context) {
  Binder binder(context.sql, context.session, snapshot);
  Scope scope;
  ASSIGN_OR_RETURN(PlanPtr plan, binder.BindTable(std::make_shared<const TableSchema>(schema),
                                                  schema.name, &scope));
  std::vector<PlanColumn> result(plan->output.begin(),
                                 plan->output.begin() + schema.columns.size());
  return RunPlan(std::move(plan), result, snapshot, context, [&](Chunk chunk) -> StatusOr<Flow> {
    if (!CheckConditions(schema, {std::move(chunk)}, context).ok()) {
      return InvalidArgument("check constraint \"{}\" of relation \"{}\" is violated by some row",
                             schema.checks.back().name, schema.name);
    }
    return Flow::kMore;
  });
}

Status AddColumn(ColumnSchema column, ast::Position at, const StatementContext& context,
                 TableSchema* schema) {
  for (const ColumnSchema& other : schema->columns) {
    if (other.name == column.name) {
      return context.ErrorAt(at,
                             fmt::format("column \"{}\" specified more than once", column.name));
    }
  }
  schema->columns.push_back(std::move(column));
  return OkStatus();
}

}  // namespace

StatusOr<size_t> ColumnPosition(const TableSchema& schema, const ast::Identifier& name,
                                const StatementContext& context) {
  std::string folded = Folded(name);
  std::optional<size_t> loose;
  for (size_t i = 0; i < schema.columns.size(); ++i) {
    if (schema.columns[i].name == folded) return i;
    if (!name.quoted && absl::AsciiStrToLower(schema.columns[i].name) == folded) loose = i;
  }
  if (loose) return *loose;
  std::vector<std::string> names;
  for (const ColumnSchema& column : schema.columns) names.push_back(column.name);
  std::string near = Nearest(name.name, names);
  return context.ErrorAt(name.at, fmt::format("column \"{}\" does not exist{}", name.name,
                                              near.empty() ? "" : "; did you mean " + near + "?"));
}

namespace {

// Column ids are given by the store, so until then a column is known by its 1-based position.
StatusOr<ColumnId> Position(const TableSchema& schema, const ast::Identifier& name,
                            const StatementContext& context) {
  ASSIGN_OR_RETURN(size_t position, ColumnPosition(schema, name, context));
  return static_cast<ColumnId>(position + 1);
}

Status ApplyClauses(const ast::CreateTable& create, StatementContext& context,
                    TableSchema* schema) {
  for (const ast::Option& option : create.options) {
    return context.ErrorAt(option.name.at,
                           fmt::format("WITH ({} = …) is not a known table option; there are none "
                                       "yet",
                                       option.name.name));
  }
  for (size_t i = 0; i < schema->columns.size(); ++i)
    schema->columns[i].id = static_cast<ColumnId>(i + 1);
  if (create.timestamp_column) {
    ASSIGN_OR_RETURN(ColumnId id, Position(*schema, *create.timestamp_column, context));
    ColumnSchema& column = schema->columns[id - 1];
    if (column.type.id() != TypeId::kTimestamp && column.type.id() != TypeId::kTimestampTz) {
      return context.ErrorAt(
          create.timestamp_column->at,
          fmt::format("TIMESTAMP({}) needs a column of type TIMESTAMP or TIMESTAMPTZ, not {}",
                      column.name, column.type.ToString()));
    }
    column.not_null = true;
    schema->timestamp_column = id;
    schema->partition_unit = PartitionUnit::kMonth;
    schema->order_by = {id};
  }
  if (create.partition_by) {
    std::string unit = absl::AsciiStrToLower(create.partition_by->name);
    if (!create.timestamp_column) {
      return context.ErrorAt(create.partition_by->at,
                             "PARTITION BY needs a TIMESTAMP(column) clause before it");
    }
    if (unit == "hour") {
      schema->partition_unit = PartitionUnit::kHour;
    } else if (unit == "day") {
      schema->partition_unit = PartitionUnit::kDay;
    } else if (unit == "week") {
      schema->partition_unit = PartitionUnit::kWeek;
    } else if (unit == "month") {
      schema->partition_unit = PartitionUnit::kMonth;
    } else {
      return context.ErrorAt(create.partition_by->at,
                             fmt::format("cannot partition by {}; by HOUR, DAY, WEEK or "
                                         "MONTH",
                                         create.partition_by->name));
    }
  }
  if (!create.order_by.empty()) {
    schema->order_by.clear();
    for (const ast::Identifier& name : create.order_by) {
      ASSIGN_OR_RETURN(ColumnId id, Position(*schema, name, context));
      schema->order_by.push_back(id);
    }
  }
  for (const ast::ColumnDef& column : create.columns) {
    for (const ast::Constraint& constraint : column.constraints) {
      RETURN_IF_ERROR(AddConstraint(constraint, context, schema));
    }
  }
  for (const ast::Constraint& constraint : create.constraints) {
    RETURN_IF_ERROR(AddConstraint(constraint, context, schema));
  }
  return OkStatus();
}

}  // namespace

Status ExecuteCreateTable(const ast::CreateTable& create, StatementContext& context) {
  if (create.unsupported_constraint) {
    return context.ErrorAt(
        create.unsupported_at,
        fmt::format("{} is not supported; leave it out: a LEFT JOIN finds rows without a partner",
                    *create.unsupported_constraint));
  }
  ASSIGN_OR_RETURN(std::string name, NewTableName(create.name, context));
  const char* tag = create.as ? "SELECT 0" : "CREATE TABLE";
  Snapshot snapshot = context.data->snapshot();
  if (Exists(*snapshot, name, create.temporary)) {
    if (create.if_not_exists) return context.receiver->End(tag, 0);
    if (!create.or_replace) {
      return Status(StatusCode::kAlreadyExists,
                    context
                        .ErrorAt(create.name.parts.back().at,
                                 fmt::format("relation \"{}\" already exists", name))
                        .message());
    }
  }
  Binder binder(context.sql, context.session, snapshot);
  TableSchema schema;
  schema.name = name;
  PlanPtr plan;
  if (create.as) {
    ASSIGN_OR_RETURN(plan, binder.BindQuery(*create.as));
    if (create.columns.size() > plan->output.size()) {
      return context.ErrorAt(create.columns[plan->output.size()].name.at,
                             "too many column names were specified");
    }
    for (size_t i = 0; i < plan->output.size(); ++i) {
      ColumnSchema column;
      column.name =
          i < create.columns.size() ? Folded(create.columns[i].name) : plan->output[i].name;
      column.type = plan->output[i].type;
      if (column.type.id() == TypeId::kNull) column.type = TypeId::kText;
      column.default_value = Value::Null(column.type);
      RETURN_IF_ERROR(AddColumn(std::move(column), create.name.parts[0].at, context, &schema));
    }
  } else {
    for (const ast::ColumnDef& def : create.columns) {
      ASSIGN_OR_RETURN(ColumnSchema column, NewColumn(def, binder, context));
      RETURN_IF_ERROR(AddColumn(std::move(column), def.name.at, context, &schema));
    }
    if (schema.columns.empty()) {
      return context.ErrorAt(create.name.parts[0].at, "a table needs at least one column");
    }
  }
  RETURN_IF_ERROR(ApplyClauses(create, context, &schema));
  if (create.or_replace) {
    TableSchemaPtr old = FindTable(*snapshot, name);
    if (old && IsTemporary(old->table_id) == create.temporary)
      RETURN_IF_ERROR(context.data->DropTable(old->table_id));
  }
  ASSIGN_OR_RETURN(TableSchemaPtr table,
                   context.data->CreateTable(std::move(schema), create.temporary));
  if (!create.as) return context.receiver->End("CREATE TABLE", 0);
  if (create.no_data) return context.receiver->End("CREATE TABLE AS", 0);
  auto rows = InsertPlan(std::move(plan), snapshot, *table, context);
  if (!rows.ok()) {
    // The statement did nothing: the table goes with it.
    RETURN_IF_ERROR(context.data->DropTable(table->table_id));
    return rows.status();
  }
  return context.receiver->End(fmt::format("SELECT {}", *rows), *rows);
}

Status ExecuteCreateView(const ast::CreateView& create, StatementContext& context) {
  ASSIGN_OR_RETURN(std::string name, NewTableName(create.name, context));
  RETURN_IF_ERROR(context.data->CheckOutside("CREATE VIEW"));
  Snapshot snapshot = context.data->snapshot();
  if (FindTable(*snapshot, name) || (Exists(*snapshot, name) && !create.or_replace)) {
    if (create.if_not_exists) return context.receiver->End("CREATE VIEW", 0);
    return Status(StatusCode::kAlreadyExists,
                  context
                      .ErrorAt(create.name.parts.back().at,
                               fmt::format("relation \"{}\" already exists", name))
                      .message());
  }
  Binder binder(context.sql, context.session, snapshot);
  ASSIGN_OR_RETURN(PlanPtr plan, binder.BindQuery(*create.query));
  if (create.columns.size() > plan->output.size()) {
    return context.ErrorAt(create.columns[plan->output.size()].at,
                           "CREATE VIEW specifies more column names than columns");
  }
  ViewSchema view;
  view.name = name;
  view.query = create.query_text;
  for (const ast::Identifier& column : create.columns) view.columns.push_back(Folded(column));
  RETURN_IF_ERROR(context.store->CreateView(std::move(view), create.or_replace));
  return context.receiver->End("CREATE VIEW", 0);
}

Status ExecuteDrop(const ast::Drop& drop, StatementContext& context) {
  if (drop.what == ast::Drop::What::kIndex) {
    for (const ast::QualifiedName& name : drop.names) {
      RETURN_IF_ERROR(ExecuteDropIndex(name, drop.if_exists, context));
    }
    return context.receiver->End("DROP INDEX", 0);
  }
  bool table = drop.what == ast::Drop::What::kTable;
  for (const ast::QualifiedName& name : drop.names) {
    Snapshot snapshot = context.data->snapshot();
    Binder binder(context.sql, context.session, snapshot);
    if (table) {
      auto schema = binder.LookupTable(name);
      if (schema.ok()) {
        RETURN_IF_ERROR(context.data->DropTable((*schema)->table_id));
        continue;
      }
      if (schema.status().code() != StatusCode::kNotFound) return schema.status();
      for (const ViewSchema& view : Views(*snapshot)) {
        if (view.name == Folded(name.parts.back())) {
          return context.ErrorAt(
              name.parts[0].at,
              fmt::format("\"{}\" is a view: DROP VIEW {}", view.name, QuoteIdentifier(view.name)));
        }
      }
      if (!drop.if_exists) return schema.status();
    } else {
      RETURN_IF_ERROR(context.data->CheckOutside("DROP VIEW"));
      Status status = context.store->DropView(Folded(name.parts.back()));
      if (status.code() == StatusCode::kNotFound) {
        if (drop.if_exists) continue;
        return context.ErrorAt(name.parts[0].at,
                               fmt::format("view \"{}\" does not exist", name.parts.back().name));
      }
      RETURN_IF_ERROR(status);
    }
  }
  return context.receiver->End(table ? "DROP TABLE" : "DROP VIEW", 0);
}

Status ExecuteTruncate(const ast::Truncate& truncate, StatementContext& context) {
  Binder binder(context.sql, context.session, context.data->snapshot());
  std::vector<TableSchemaPtr> tables;
  for (const ast::QualifiedName& name : truncate.names) {
    ASSIGN_OR_RETURN(TableSchemaPtr table, binder.LookupTable(name));
    tables.push_back(std::move(table));
  }
  for (const TableSchemaPtr& table : tables)
    RETURN_IF_ERROR(context.data->Truncate(table->table_id));
  return context.receiver->End("TRUNCATE TABLE", 0);
}

Status ExecuteAlterTable(const ast::AlterTable& alter, StatementContext& context) {
  Snapshot snapshot = context.data->snapshot();
  Binder binder(context.sql, context.session, snapshot);
  auto found = binder.LookupTable(alter.name);
  if (found.status().code() == StatusCode::kNotFound && alter.if_exists) {
    return context.receiver->End("ALTER TABLE", 0);
  }
  RETURN_IF_ERROR(found.status());
  TableSchema schema = **found;
  if (!IsTemporary(schema.table_id)) RETURN_IF_ERROR(context.data->CheckOutside("ALTER TABLE"));
  for (const auto& action : alter.actions) {
    if (const auto* add = std::get_if<ast::AlterTable::AddColumn>(&action)) {
      if (add->if_not_exists && schema.FindByName(Folded(add->column.name))) continue;
      ASSIGN_OR_RETURN(ColumnSchema column, NewColumn(add->column, binder, context));
      if (column.not_null && column.default_value.is_null() &&
          RowCount(*snapshot, schema.table_id) > 0) {
        return context.ErrorAt(
            add->column.name.at,
            fmt::format("column \"{}\" is NOT NULL, but the rows there are have no value for it; "
                        "give it a DEFAULT",
                        column.name));
      }
      RETURN_IF_ERROR(AddColumn(std::move(column), add->column.name.at, context, &schema));
      if (!add->column.constraints.empty()) {
        return context.ErrorAt(add->column.constraints[0].at,
                               "a new column takes no PRIMARY KEY, UNIQUE or CHECK yet: add the "
                               "column first, then the constraint with ALTER TABLE … ADD");
      }
    } else if (const auto* drop = std::get_if<ast::AlterTable::DropColumn>(&action)) {
      auto position = Position(schema, drop->column, context);
      if (!position.ok()) {
        if (drop->if_exists) continue;
        return position.status();
      }
      const ColumnSchema& column = schema.columns[*position - 1];
      bool sorted = std::find(schema.order_by.begin(), schema.order_by.end(), column.id) !=
                    schema.order_by.end();
      if (schema.timestamp_column == column.id || sorted) {
        return context.ErrorAt(drop->column.at,
                               fmt::format("column \"{}\" cannot be dropped: the table is {} it",
                                           column.name, sorted ? "sorted by" : "partitioned by"));
      }
      if (schema.columns.size() == 1) {
        return context.ErrorAt(
            drop->column.at,
            "the only column of a table cannot be dropped; DROP TABLE drops it all");
      }
      RETURN_IF_ERROR(DropConstraintsOf(column.id, context, &schema));
      schema.columns.erase(schema.columns.begin() + (*position - 1));
    } else if (const auto* rename = std::get_if<ast::AlterTable::RenameColumn>(&action)) {
      ASSIGN_OR_RETURN(ColumnId position, Position(schema, rename->from, context));
      std::string to = Folded(rename->to);
      if (schema.FindByName(to) && schema.FindByName(to) != &schema.columns[position - 1]) {
        return context.ErrorAt(rename->to.at, fmt::format("column \"{}\" already exists", to));
      }
      for (const TableCheck& check : schema.checks) {
        ASSIGN_OR_RETURN(std::vector<ColumnId> read, ColumnsOfCheck(check, schema, context));
        if (std::count(read.begin(), read.end(), schema.columns[position - 1].id) == 0) continue;
        return context.ErrorAt(
            rename->from.at,
            fmt::format("column \"{}\" stands in the check constraint \"{}\": DROP CONSTRAINT "
                        "first, and add it again after",
                        rename->from.name, check.name));
      }
      schema.columns[position - 1].name = std::move(to);
    } else if (const auto* constraint = std::get_if<ast::Constraint>(&action)) {
      RETURN_IF_ERROR(AddConstraint(*constraint, context, &schema));
      if (constraint->kind == ast::Constraint::Kind::kCheck) {
        RETURN_IF_ERROR(CheckRowsThere(schema, snapshot, context));
      }
    } else if (const auto* gone = std::get_if<ast::AlterTable::DropConstraint>(&action)) {
      const std::string name = Folded(gone->name);
      size_t erased = std::erase_if(
          schema.keys, [&](const TableKey& key) { return key.unique() && key.name == name; });
      erased +=
          std::erase_if(schema.checks, [&](const TableCheck& check) { return check.name == name; });
      if (erased == 0 && !gone->if_exists) {
        return context.ErrorAt(
            gone->name.at,
            fmt::format("constraint \"{}\" of relation \"{}\" does not exist", name, schema.name));
      }
    } else if (const auto* change = std::get_if<ast::AlterTable::AlterColumn>(&action)) {
      RETURN_IF_ERROR(AlterColumn(*change, binder, context, &schema));
    } else {
      const auto& table = std::get<ast::AlterTable::RenameTable>(action);
      std::string to = Folded(table.to);
      if (Exists(*snapshot, to)) {
        return context.ErrorAt(table.to.at, fmt::format("relation \"{}\" already exists", to));
      }
      schema.name = std::move(to);
    }
  }
  RETURN_IF_ERROR(context.data->AlterTable(schema));
  return context.receiver->End("ALTER TABLE", 0);
}

}  // namespace shale
