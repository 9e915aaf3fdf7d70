// information_schema (ISO/IEC 9075-11): what tools ask to learn of tables and columns. Names and
// types are PostgreSQL's; the columns that say nothing here are left out.
#include "engine/functions/value_format.h"
#include "sql/system_rows.h"
#include "storage/table/transaction.h"

namespace shale {
namespace {

constexpr std::string_view kCatalog = "shale";
constexpr std::string_view kSchema = "public";

Value Text(std::string_view text) { return SystemText(text); }
Value NoText() { return Value::Null(TypeId::kText); }
Value Number(int64_t number) { return Value::Int(TypeId::kInteger, number); }
Value NoNumber() { return Value::Null(TypeId::kInteger); }

StatusOr<SystemRelation> Schemata(const Session&, const DatabaseVersion&) {
  SystemRows rows({{"catalog_name", TypeId::kText},
                   {"schema_name", TypeId::kText},
                   {"schema_owner", TypeId::kText}});
  for (std::string_view name : {kSchema, std::string_view("information_schema")}) {
    rows.Add({Text(kCatalog), Text(name), Text("shale")});
  }
  return rows.Take();
}

StatusOr<SystemRelation> TableList(const Session&, const DatabaseVersion& version) {
  SystemRows rows({{"table_catalog", TypeId::kText},
                   {"table_schema", TypeId::kText},
                   {"table_name", TypeId::kText},
                   {"table_type", TypeId::kText},
                   {"is_insertable_into", TypeId::kText}});
  for (const TableSchemaPtr& table : Tables(version)) {
    const bool temporary = IsTemporary(table->table_id);
    rows.Add({Text(kCatalog), Text(temporary ? "pg_temp" : kSchema), Text(table->name),
              Text(temporary ? "LOCAL TEMPORARY" : "BASE TABLE"), Text("YES")});
  }
  for (const ViewSchema& view : Views(version)) {
    rows.Add({Text(kCatalog), Text(kSchema), Text(view.name), Text("VIEW"), Text("NO")});
  }
  return rows.Take();
}

StatusOr<SystemRelation> ViewList(const Session&, const DatabaseVersion& version) {
  SystemRows rows({{"table_catalog", TypeId::kText},
                   {"table_schema", TypeId::kText},
                   {"table_name", TypeId::kText},
                   {"view_definition", TypeId::kText}});
  for (const ViewSchema& view : Views(version)) {
    rows.Add({Text(kCatalog), Text(kSchema), Text(view.name), Text(view.query)});
  }
  return rows.Take();
}

// Binary digits of an integer type, else NULL; a DECIMAL's own digits.
Value Precision(const Type& type) {
  if (type.id() == TypeId::kDecimal) return Number(type.precision());
  if (type.id() == TypeId::kReal) return Number(24);
  if (type.id() == TypeId::kDouble) return Number(53);
  if (!type.IsInteger()) return NoNumber();
  return Number(static_cast<int64_t>(PhysicalSize(type.physical())) * 8);
}

StatusOr<SystemRelation> ColumnList(const Session&, const DatabaseVersion& version) {
  SystemRows rows({{"table_catalog", TypeId::kText},
                   {"table_schema", TypeId::kText},
                   {"table_name", TypeId::kText},
                   {"column_name", TypeId::kText},
                   {"ordinal_position", TypeId::kInteger},
                   {"column_default", TypeId::kText},
                   {"is_nullable", TypeId::kText},
                   {"data_type", TypeId::kText},
                   {"character_maximum_length", TypeId::kInteger},
                   {"numeric_precision", TypeId::kInteger},
                   {"numeric_scale", TypeId::kInteger},
                   {"datetime_precision", TypeId::kInteger}});
  for (const TableSchemaPtr& table : Tables(version)) {
    for (size_t i = 0; i < table->columns.size(); ++i) {
      const ColumnSchema& column = table->columns[i];
      const bool is_time = column.type.id() == TypeId::kTimestamp ||
                           column.type.id() == TypeId::kTimestampTz ||
                           column.type.id() == TypeId::kInterval;
      Value scale = NoNumber();
      if (column.type.id() == TypeId::kDecimal) scale = Number(column.type.scale());
      if (column.type.IsInteger()) scale = Number(0);
      const bool is_list = column.type.id() == TypeId::kList;
      rows.Add({Text(kCatalog), Text(IsTemporary(table->table_id) ? "pg_temp" : kSchema),
                Text(table->name), Text(column.name), Number(static_cast<int64_t>(i) + 1),
                column.default_text.empty() ? NoText() : Text(column.default_text),
                Text(column.not_null ? "NO" : "YES"),
                Text(is_list                 ? "ARRAY"
                     : column.max_length > 0 ? "character varying"
                                             : PostgresTypeName(column.type)),
                column.max_length > 0 ? Number(column.max_length) : NoNumber(),
                Precision(column.type), std::move(scale), is_time ? Number(6) : NoNumber()});
    }
  }
  return rows.Take();
}

constexpr SystemRelationEntry kInformationSchema[] = {
    {"information_schema.schemata", Schemata},
    {"information_schema.tables", TableList},
    {"information_schema.views", ViewList},
    {"information_schema.columns", ColumnList},
};

}  // namespace

std::span<const SystemRelationEntry> InformationSchema() { return kInformationSchema; }

}  // namespace shale
