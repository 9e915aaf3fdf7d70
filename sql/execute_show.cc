#include "absl/strings/ascii.h"
#include "sql/execute.h"
#include "sql/parser.h"

namespace shale {
namespace {

const char* UnitWord(PartitionUnit unit) {
  switch (unit) {
    case PartitionUnit::kHour: return "HOUR";
    case PartitionUnit::kDay: return "DAY";
    case PartitionUnit::kWeek: return "WEEK";
    default: return "MONTH";
  }
}

std::string SqlType(const ColumnSchema& column) {
  return column.max_length > 0 ? fmt::format("VARCHAR({})", column.max_length)
                               : column.type.ToString();
}

}  // namespace

std::string CreateTableText(const TableSchema& schema) {
  std::string text = "CREATE TABLE " + QuoteIdentifier(schema.name) + " (\n";
  for (size_t i = 0; i < schema.columns.size(); ++i) {
    const ColumnSchema& column = schema.columns[i];
    text += "    " + QuoteIdentifier(column.name) + " " + SqlType(column);
    if (column.not_null) text += " NOT NULL";
    if (!column.default_text.empty()) text += " DEFAULT " + column.default_text;
    text += i + 1 < schema.columns.size() ? ",\n" : "";
  }
  for (const TableKey& key : schema.keys) {
    if (!key.unique()) continue;
    text += fmt::format(",\n    CONSTRAINT {} {} (", QuoteIdentifier(key.name),
                        key.kind == TableKey::Kind::kPrimary ? "PRIMARY KEY" : "UNIQUE");
    for (size_t i = 0; i < key.columns.size(); ++i) {
      text += (i ? ", " : "") + QuoteIdentifier(schema.Find(key.columns[i])->name);
    }
    text += ")";
  }
  for (const TableCheck& check : schema.checks) {
    text += fmt::format(",\n    CONSTRAINT {} CHECK ({})", QuoteIdentifier(check.name),
                        check.condition);
  }
  text += "\n)";
  if (schema.timestamp_column) {
    text += "\nTIMESTAMP(" + QuoteIdentifier(schema.Find(*schema.timestamp_column)->name) +
            ") PARTITION BY " + UnitWord(schema.partition_unit);
  }
  if (!schema.order_by.empty()) {
    text += "\nORDER BY (";
    for (size_t i = 0; i < schema.order_by.size(); ++i) {
      text += (i ? ", " : "") + QuoteIdentifier(schema.Find(schema.order_by[i])->name);
    }
    text += ")";
  }
  return text;
}

Status ExecuteShow(const ast::Show& show, StatementContext& context) {
  if (show.what == "tables") {
    Snapshot snapshot = context.data->snapshot();
    std::vector<std::vector<Value>> rows;
    for (const TableSchemaPtr& table : Tables(*snapshot))
      rows.push_back({Value::Text(table->name)});
    for (const ViewSchema& view : Views(*snapshot)) rows.push_back({Value::Text(view.name)});
    return SendRows({{"name", TypeId::kText}}, rows, "SHOW", context);
  }
  if (show.what == "all") {
    std::vector<std::vector<Value>> rows;
    for (const Setting& setting : context.session->settings()) {
      rows.push_back({Value::Text(setting.name), Value::Text(setting.value),
                      Value::Text(setting.description)});
    }
    return SendRows(
        {{"name", TypeId::kText}, {"setting", TypeId::kText}, {"description", TypeId::kText}}, rows,
        "SHOW", context);
  }
  ASSIGN_OR_RETURN(std::string value, context.session->Get(show.what));
  return SendRows({{show.what, TypeId::kText}}, {{Value::Text(std::move(value))}}, "SHOW", context);
}

Status ExecuteDescribe(const ast::Describe& describe, StatementContext& context) {
  Snapshot snapshot = context.data->snapshot();
  Binder binder(context.sql, context.session, snapshot);
  std::vector<ResultColumn> columns = {{"column", TypeId::kText},
                                       {"type", TypeId::kText},
                                       {"nullable", TypeId::kBoolean},
                                       {"default", TypeId::kText},
                                       {"key", TypeId::kText}};
  std::vector<std::vector<Value>> rows;
  auto add_query = [&](const ast::Select& select) -> Status {
    ASSIGN_OR_RETURN(PlanPtr plan, binder.BindQuery(select));
    for (const PlanColumn& column : plan->output) {
      rows.push_back({Value::Text(column.name), Value::Text(column.type.ToString()),
                      Value::Bool(true), Value::Null(TypeId::kText), Value::Null(TypeId::kText)});
    }
    return OkStatus();
  };
  if (describe.query) {
    RETURN_IF_ERROR(add_query(*describe.query));
    return SendRows(columns, rows, "DESCRIBE", context);
  }
  auto schema = binder.LookupTable(describe.table);
  if (!schema.ok()) {
    if (schema.status().code() != StatusCode::kNotFound) return schema.status();
    // A view or a system relation: what SELECT * of it gives.
    ast::Select select;
    ast::SelectCore core;
    ast::SelectItem item;
    item.expr = std::make_unique<ast::Expr>();
    item.expr->node = ast::Star{};
    core.items.push_back(std::move(item));
    core.from = std::make_unique<ast::TableRef>();
    core.from->node = ast::NamedTable{describe.table, std::nullopt};
    core.from->at = describe.table.parts[0].at;
    select.body = std::move(core);
    Status status = add_query(select);
    if (!status.ok()) return status;
    return SendRows(columns, rows, "DESCRIBE", context);
  }
  for (const ColumnSchema& column : (*schema)->columns) {
    std::string key;
    if ((*schema)->timestamp_column == column.id)
      key = fmt::format("TIMESTAMP, PARTITION BY {}", UnitWord((*schema)->partition_unit));
    for (size_t i = 0; i < (*schema)->order_by.size(); ++i) {
      if ((*schema)->order_by[i] == column.id)
        key += fmt::format("{}ORDER BY {}", key.empty() ? "" : ", ", i + 1);
    }
    rows.push_back({Value::Text(column.name), Value::Text(SqlType(column)),
                    Value::Bool(!column.not_null),
                    column.default_text.empty() ? Value::Null(TypeId::kText)
                                                : Value::Text(column.default_text),
                    key.empty() ? Value::Null(TypeId::kText) : Value::Text(key)});
  }
  return SendRows(columns, rows, "DESCRIBE", context);
}

}  // namespace shale
