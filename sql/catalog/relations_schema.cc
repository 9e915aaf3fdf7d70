// Catalogs of what the database holds: schemas, tables, views, columns, defaults.
#include "engine/vector/postgres_oid.h"
#include "sql/catalog/catalog_relations.h"
#include "sql/catalog/object_ids.h"

namespace shale {
namespace {

SystemRelation Namespaces(const Session&, const DatabaseVersion&) {
  CatalogRows rows("pg_namespace");
  for (uint32_t oid : {kPgCatalogOid, kPublicOid, kInformationSchemaOid}) {
    rows.Add({{"oid", OidCell(oid)},
              {"nspname", TextCell(SchemaName(oid))},
              {"nspowner", OidCell(kSuperuserOid)}});
  }
  return rows.Take();
}

SystemRelation Classes(const Session& session, const DatabaseVersion& version) {
  CatalogRows rows("pg_class");
  for (const ListedRelation& relation : ListRelations(session, version, true, false)) {
    const bool table = relation.kind == 'r';
    int64_t columns = static_cast<int64_t>(relation.columns.size());
    rows.Add({{"oid", OidCell(relation.oid)},
              {"relname", TextCell(relation.name)},
              {"relnamespace", OidCell(relation.schema)},
              {"relowner", OidCell(kSuperuserOid)},
              {"relam", OidCell(table ? kHeapOid : 0)},
              {"relpages", IntCell(table && relation.rows > 0 ? 1 + relation.rows / 100 : 0)},
              {"reltuples", RealCell(static_cast<double>(relation.rows))},
              {"relpersistence", TextCell(relation.temporary ? "t" : "p")},
              {"relkind", TextCell(std::string(1, relation.kind))},
              {"relnatts", SmallCell(columns)},
              {"relhasrules", BoolCell(!table)},
              {"relispopulated", BoolCell(true)},
              {"relreplident", TextCell(table ? "d" : "n")}});
  }
  return rows.Take();
}

SystemRelation Attributes(const Session& session, const DatabaseVersion& version) {
  CatalogRows rows("pg_attribute");
  for (const ListedRelation& relation : ListRelations(session, version, true, true)) {
    for (size_t i = 0; i < relation.columns.size(); ++i) {
      const ListedColumn& column = relation.columns[i];
      const uint32_t type = OidOf(column);
      const int16_t length = PostgresTypeLength(type);
      int dimensions = 0;
      for (const Type* t = &column.type; t->id() == TypeId::kList; t = &t->child()) ++dimensions;
      rows.Add({{"attrelid", OidCell(relation.oid)},
                {"attname", TextCell(column.name)},
                {"atttypid", OidCell(type)},
                {"attstattarget", IntCell(-1)},
                {"attlen", SmallCell(length)},
                {"attnum", SmallCell(static_cast<int64_t>(i) + 1)},
                {"attndims", IntCell(dimensions)},
                {"attcacheoff", IntCell(-1)},
                {"atttypmod", IntCell(ModifierOf(column))},
                {"attbyval", BoolCell(length > 0 && length <= 8)},
                {"attalign", TextCell(length == 8 ? "d" : "i")},
                {"attstorage", TextCell(length < 0 ? "x" : "p")},
                {"attnotnull", BoolCell(column.not_null)},
                {"atthasdef", BoolCell(!column.default_text.empty())},
                {"attislocal", BoolCell(true)},
                {"attcollation", OidCell(column.type.id() == TypeId::kText ? 100 : 0)}});
    }
  }
  return rows.Take();
}

SystemRelation Defaults(const Session& session, const DatabaseVersion& version) {
  CatalogRows rows("pg_attrdef");
  for (const ListedRelation& relation : ListRelations(session, version, false, false)) {
    for (size_t i = 0; i < relation.columns.size(); ++i) {
      if (relation.columns[i].default_text.empty()) continue;
      rows.Add({{"oid", OidCell(relation.oid ^ static_cast<uint32_t>((i + 1) << 16))},
                {"adrelid", OidCell(relation.oid)},
                {"adnum", SmallCell(static_cast<int64_t>(i) + 1)},
                {"adbin", TextCell(relation.columns[i].default_text)}});
    }
  }
  return rows.Take();
}

SystemRelation TablesView(const Session& session, const DatabaseVersion& version) {
  CatalogRows rows("pg_tables");
  for (const ListedRelation& relation : ListRelations(session, version, true, false)) {
    if (relation.kind != 'r') continue;
    rows.Add({{"schemaname", TextCell(SchemaName(relation.schema))},
              {"tablename", TextCell(relation.name)},
              {"tableowner", TextCell(kSuperuserName)},
              {"hasindexes", BoolCell(false)},
              {"hasrules", BoolCell(false)},
              {"hastriggers", BoolCell(false)},
              {"rowsecurity", BoolCell(false)}});
  }
  return rows.Take();
}

SystemRelation ViewsView(const Session& session, const DatabaseVersion& version) {
  CatalogRows rows("pg_views");
  for (const ListedRelation& relation : ListRelations(session, version, false, false)) {
    if (relation.kind != 'v') continue;
    rows.Add({{"schemaname", TextCell(SchemaName(relation.schema))},
              {"viewname", TextCell(relation.name)},
              {"viewowner", TextCell(kSuperuserName)},
              {"definition", TextCell(relation.view_query)}});
  }
  return rows.Take();
}

SystemRelation TableStatistics(std::string_view name, const Session& session,
                               const DatabaseVersion& version) {
  CatalogRows rows(name);
  for (const ListedRelation& relation : ListRelations(session, version, false, false)) {
    if (relation.kind != 'r') continue;
    rows.Add({{"relid", OidCell(relation.oid)},
              {"schemaname", TextCell(SchemaName(relation.schema))},
              {"relname", TextCell(relation.name)},
              {"seq_scan", BigCell(0)},
              {"n_live_tup", BigCell(relation.rows)},
              {"n_dead_tup", BigCell(0)}});
  }
  return rows.Take();
}
SystemRelation UserTableStatistics(const Session& session, const DatabaseVersion& version) {
  return TableStatistics("pg_stat_user_tables", session, version);
}
SystemRelation AllTableStatistics(const Session& session, const DatabaseVersion& version) {
  return TableStatistics("pg_stat_all_tables", session, version);
}

SystemRelation AccessMethods(const Session&, const DatabaseVersion&) {
  CatalogRows rows("pg_am");
  rows.Add(
      {{"oid", OidCell(kHeapOid)}, {"amname", TextCell("columns")}, {"amtype", TextCell("t")}});
  return rows.Take();
}

SystemRelation Empty(std::string_view name) { return CatalogRows(name).Take(); }
template <const char* kName>
SystemRelation None(const Session&, const DatabaseVersion&) {
  return Empty(kName);
}
// What Shale has none of, so that the answer is empty and true.
constexpr char kIndex[] = "pg_index", kIndexes[] = "pg_indexes", kConstraint[] = "pg_constraint",
               kInherits[] = "pg_inherits", kTrigger[] = "pg_trigger", kRewrite[] = "pg_rewrite",
               kPolicy[] = "pg_policy", kPolicies[] = "pg_policies", kSequence[] = "pg_sequence",
               kSequences[] = "pg_sequences", kMatviews[] = "pg_matviews",
               kForeignTable[] = "pg_foreign_table", kPublication[] = "pg_publication",
               kPublicationRel[] = "pg_publication_rel",
               kPublicationNamespace[] = "pg_publication_namespace",
               kSubscription[] = "pg_subscription", kStatisticExt[] = "pg_statistic_ext",
               kPartitioned[] = "pg_partitioned_table", kDescription[] = "pg_description",
               kShDescription[] = "pg_shdescription", kDepend[] = "pg_depend",
               kForeignServer[] = "pg_foreign_server", kEventTrigger[] = "pg_event_trigger";

constexpr CatalogRelation kCatalogs[] = {
    {"pg_namespace", Namespaces},
    {"pg_class", Classes},
    {"pg_attribute", Attributes},
    {"pg_attrdef", Defaults},
    {"pg_tables", TablesView},
    {"pg_views", ViewsView},
    {"pg_stat_user_tables", UserTableStatistics},
    {"pg_stat_all_tables", AllTableStatistics},
    {"pg_am", AccessMethods},
    {kIndex, None<kIndex>},
    {kIndexes, None<kIndexes>},
    {kConstraint, None<kConstraint>},
    {kInherits, None<kInherits>},
    {kTrigger, None<kTrigger>},
    {kRewrite, None<kRewrite>},
    {kPolicy, None<kPolicy>},
    {kPolicies, None<kPolicies>},
    {kSequence, None<kSequence>},
    {kSequences, None<kSequences>},
    {kMatviews, None<kMatviews>},
    {kForeignTable, None<kForeignTable>},
    {kForeignServer, None<kForeignServer>},
    {kPublication, None<kPublication>},
    {kPublicationRel, None<kPublicationRel>},
    {kPublicationNamespace, None<kPublicationNamespace>},
    {kSubscription, None<kSubscription>},
    {kStatisticExt, None<kStatisticExt>},
    {kPartitioned, None<kPartitioned>},
    {kDescription, None<kDescription>},
    {kShDescription, None<kShDescription>},
    {kDepend, None<kDepend>},
    {kEventTrigger, None<kEventTrigger>},
};

}  // namespace

std::span<const CatalogRelation> SchemaCatalogs() { return kCatalogs; }

}  // namespace shale
