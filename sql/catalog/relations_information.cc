// information_schema (ISO/IEC 9075-11): what tools ask to learn of tables and columns, in
// PostgreSQL's shapes.
#include "engine/functions/value_format.h"
#include "engine/vector/postgres_oid.h"
#include "sql/catalog/catalog_relations.h"
#include "sql/catalog/object_ids.h"

namespace shale {
namespace {

Value NoNumber() { return Value::Null(TypeId::kInteger); }
Value NoText() { return Value::Null(TypeId::kText); }

SystemRelation Schemata(const Session& session, const DatabaseVersion&) {
  CatalogRows rows("information_schema.schemata");
  for (std::string_view name : {"public", "information_schema", "pg_catalog"}) {
    rows.Add({{"catalog_name", TextCell(session.identity.database)},
              {"schema_name", TextCell(name)},
              {"schema_owner", TextCell(kSuperuserName)}});
  }
  return rows.Take();
}

SystemRelation CatalogName(const Session& session, const DatabaseVersion&) {
  CatalogRows rows("information_schema.information_schema_catalog_name");
  rows.Add({{"catalog_name", TextCell(session.identity.database)}});
  return rows.Take();
}

SystemRelation TableList(const Session& session, const DatabaseVersion& version) {
  CatalogRows rows("information_schema.tables");
  for (const ListedRelation& relation : ListRelations(session, version, true, false)) {
    const bool view = relation.kind == 'v';
    const bool own = relation.schema == kPublicOid || relation.temporary;
    rows.Add({{"table_catalog", TextCell(session.identity.database)},
              {"table_schema", TextCell(SchemaName(relation.schema))},
              {"table_name", TextCell(relation.name)},
              {"table_type", TextCell(view                 ? "VIEW"
                                      : relation.temporary ? "LOCAL TEMPORARY"
                                                           : "BASE TABLE")},
              {"is_insertable_into", TextCell(view || !own ? "NO" : "YES")},
              {"is_typed", TextCell("NO")}});
  }
  return rows.Take();
}

SystemRelation ViewList(const Session& session, const DatabaseVersion& version) {
  CatalogRows rows("information_schema.views");
  for (const ListedRelation& relation : ListRelations(session, version, false, false)) {
    if (relation.kind != 'v') continue;
    rows.Add({{"table_catalog", TextCell(session.identity.database)},
              {"table_schema", TextCell(SchemaName(relation.schema))},
              {"table_name", TextCell(relation.name)},
              {"view_definition", TextCell(relation.view_query)},
              {"check_option", TextCell("NONE")},
              {"is_updatable", TextCell("NO")},
              {"is_insertable_into", TextCell("NO")}});
  }
  return rows.Take();
}

// Binary digits of an integer or float, a DECIMAL's own digits.
Value Precision(const Type& type) {
  if (type.id() == TypeId::kDecimal) return IntCell(type.precision());
  if (type.id() == TypeId::kReal) return IntCell(24);
  if (type.id() == TypeId::kDouble) return IntCell(53);
  if (!type.IsInteger()) return NoNumber();
  return IntCell(static_cast<int64_t>(PhysicalSize(type.physical())) * 8);
}

SystemRelation ColumnList(const Session& session, const DatabaseVersion& version) {
  CatalogRows rows("information_schema.columns");
  for (const ListedRelation& relation : ListRelations(session, version, true, true)) {
    for (size_t i = 0; i < relation.columns.size(); ++i) {
      const ListedColumn& column = relation.columns[i];
      const Type& type = column.type;
      const bool is_time = type.id() == TypeId::kTimestamp || type.id() == TypeId::kTimestampTz ||
                           type.id() == TypeId::kInterval;
      Value scale = NoNumber();
      if (type.id() == TypeId::kDecimal) scale = IntCell(type.scale());
      if (type.IsInteger()) scale = IntCell(0);
      const bool number = type.IsInteger() || type.IsFloat();
      const bool own = relation.schema == kPublicOid || relation.temporary;
      rows.Add({{"table_catalog", TextCell(session.identity.database)},
                {"table_schema", TextCell(SchemaName(relation.schema))},
                {"table_name", TextCell(relation.name)},
                {"column_name", TextCell(column.name)},
                {"ordinal_position", IntCell(static_cast<int64_t>(i) + 1)},
                {"column_default",
                 column.default_text.empty() ? NoText() : TextCell(column.default_text)},
                {"is_nullable", TextCell(column.not_null ? "NO" : "YES")},
                {"data_type", TextCell(type.id() == TypeId::kList ? "ARRAY"
                                       : column.max_length > 0    ? "character varying"
                                       : column.type_oid != 0     ? FormatType(column.type_oid, -1)
                                                                  : PostgresTypeName(type))},
                {"character_maximum_length",
                 column.max_length > 0 ? IntCell(column.max_length) : NoNumber()},
                {"numeric_precision", Precision(type)},
                {"numeric_precision_radix", number                          ? IntCell(2)
                                            : type.id() == TypeId::kDecimal ? IntCell(10)
                                                                            : NoNumber()},
                {"numeric_scale", std::move(scale)},
                {"datetime_precision", is_time                      ? IntCell(6)
                                       : type.id() == TypeId::kDate ? IntCell(0)
                                                                    : NoNumber()},
                {"udt_catalog", TextCell(session.identity.database)},
                {"udt_schema", TextCell("pg_catalog")},
                {"udt_name", TextCell(PostgresTypeNameOf(OidOf(column)))},
                {"dtd_identifier", TextCell(std::to_string(i + 1))},
                {"is_self_referencing", TextCell("NO")},
                {"is_identity", TextCell("NO")},
                {"identity_cycle", TextCell("NO")},
                {"is_generated", TextCell("NEVER")},
                {"is_updatable", TextCell(relation.kind == 'r' && own ? "YES" : "NO")}});
    }
  }
  return rows.Take();
}

template <const char* kName>
SystemRelation None(const Session&, const DatabaseVersion&) {
  return CatalogRows(kName).Take();
}
constexpr char kTableConstraints[] = "information_schema.table_constraints",
               kKeyColumns[] = "information_schema.key_column_usage",
               kReferential[] = "information_schema.referential_constraints",
               kConstraintColumns[] = "information_schema.constraint_column_usage",
               kRoutines[] = "information_schema.routines",
               kSequences[] = "information_schema.sequences",
               kTriggers[] = "information_schema.triggers";

constexpr CatalogRelation kCatalogs[] = {
    {"information_schema.schemata", Schemata},
    {"information_schema.information_schema_catalog_name", CatalogName},
    {"information_schema.tables", TableList},
    {"information_schema.views", ViewList},
    {"information_schema.columns", ColumnList},
    {kTableConstraints, None<kTableConstraints>},
    {kKeyColumns, None<kKeyColumns>},
    {kReferential, None<kReferential>},
    {kConstraintColumns, None<kConstraintColumns>},
    {kRoutines, None<kRoutines>},
    {kSequences, None<kSequences>},
    {kTriggers, None<kTriggers>},
};

}  // namespace

std::span<const CatalogRelation> InformationCatalogs() { return kCatalogs; }

}  // namespace shale
