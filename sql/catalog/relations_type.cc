// Catalogs of what SQL knows by itself: types, functions, collations.
#include <cctype>
#include <set>

#include "engine/functions/function.h"
#include "engine/functions/window_function.h"
#include "sql/catalog/catalog_relations.h"
#include "sql/catalog/object_ids.h"

namespace shale {
namespace {

SystemRelation TypeRows(const Session&, const DatabaseVersion&) {
  CatalogRows rows("pg_type");
  for (const PostgresType& type : PostgresTypes()) {
    rows.Add({{"oid", OidCell(type.oid)},
              {"typname", TextCell(type.name)},
              {"typnamespace", OidCell(kPgCatalogOid)},
              {"typowner", OidCell(kSuperuserOid)},
              {"typlen", SmallCell(type.length)},
              {"typbyval", BoolCell(type.by_value)},
              {"typtype", TextCell(std::string(1, type.kind))},
              {"typcategory", TextCell(std::string(1, type.category))},
              {"typispreferred", BoolCell(type.preferred)},
              {"typisdefined", BoolCell(true)},
              {"typdelim", TextCell(",")},
              {"typelem", OidCell(type.element)},
              {"typarray", OidCell(type.array)},
              {"typinput", OidCell(type.io_ids[0])},
              {"typoutput", OidCell(type.io_ids[1])},
              {"typreceive", OidCell(type.io_ids[2])},
              {"typsend", OidCell(type.io_ids[3])},
              {"typalign", TextCell(std::string(1, type.align))},
              {"typstorage", TextCell(std::string(1, type.storage))},
              {"typtypmod", IntCell(-1)},
              {"typcollation", OidCell(type.collation)}});
  }
  return rows.Take();
}

void AddFunction(CatalogRows* rows, std::set<std::string>* seen, const std::string& name, char kind,
                 std::string_view summary) {
  // Overloads are one function to clients that list them.
  const bool is_word = !name.empty() && (std::isalpha(static_cast<unsigned char>(name[0])) != 0);
  if (!is_word || !seen->insert(name).second) return;
  rows->Add({{"oid", OidCell(FunctionOid(name))},
             {"proname", TextCell(name)},
             {"pronamespace", OidCell(kPgCatalogOid)},
             {"proowner", OidCell(kSuperuserOid)},
             {"prolang", OidCell(12)},
             {"prokind", TextCell(std::string(1, kind))},
             {"proretset", BoolCell(kind == 's')},
             {"provolatile", TextCell("i")},
             {"proparallel", TextCell("s")},
             {"prosrc", TextCell(summary)}});
}

SystemRelation FunctionRows(const Session&, const DatabaseVersion&) {
  CatalogRows rows("pg_proc");
  std::set<std::string> seen;
  std::set<uint32_t> ids;
  for (const PostgresType& type : PostgresTypes()) {
    for (int i = 0; i < 4; ++i) {
      if (type.io_ids[i] == 0 || !ids.insert(type.io_ids[i]).second) continue;
      seen.insert(std::string(type.io_names[i]));
      rows.Add({{"oid", OidCell(type.io_ids[i])},
                {"proname", TextCell(type.io_names[i])},
                {"pronamespace", OidCell(kPgCatalogOid)},
                {"proowner", OidCell(kSuperuserOid)},
                {"prolang", OidCell(12)},
                {"prokind", TextCell("f")},
                {"proisstrict", BoolCell(true)},
                {"provolatile", TextCell("i")},
                {"proparallel", TextCell("s")}});
    }
  }
  const Registry& registry = Registry::Get();
  for (const auto& f : registry.scalars()) AddFunction(&rows, &seen, f->name, 'f', f->summary);
  for (const auto& f : registry.aggregates()) AddFunction(&rows, &seen, f->name, 'a', f->summary);
  for (const auto& f : registry.windows()) AddFunction(&rows, &seen, f->name, 'w', f->summary);
  for (const auto& f : registry.sets()) AddFunction(&rows, &seen, f->name, 'f', f->summary);
  return rows.Take();
}

SystemRelation Collations(const Session&, const DatabaseVersion&) {
  CatalogRows rows("pg_collation");
  const std::pair<uint32_t, std::string_view> known[] = {
      {100, "default"}, {950, "C"}, {951, "POSIX"}, {12341, "ucs_basic"}};
  for (const auto& [oid, name] : known) {
    rows.Add({{"oid", OidCell(oid)},
              {"collname", TextCell(name)},
              {"collnamespace", OidCell(kPgCatalogOid)},
              {"collowner", OidCell(kSuperuserOid)},
              {"collprovider", TextCell(oid == 100 ? "d" : "c")},
              {"collisdeterministic", BoolCell(true)},
              {"collencoding", IntCell(-1)},
              {"collcollate", TextCell("C")},
              {"collctype", TextCell("C")}});
  }
  return rows.Take();
}

SystemRelation Languages(const Session&, const DatabaseVersion&) {
  CatalogRows rows("pg_language");
  rows.Add({{"oid", OidCell(12)},
            {"lanname", TextCell("internal")},
            {"lanowner", OidCell(kSuperuserOid)}});
  return rows.Take();
}

template <const char* kName>
SystemRelation None(const Session&, const DatabaseVersion&) {
  return CatalogRows(kName).Take();
}
constexpr char kEnum[] = "pg_enum", kRange[] = "pg_range", kOperator[] = "pg_operator",
               kCast[] = "pg_cast", kAggregate[] = "pg_aggregate", kOpclass[] = "pg_opclass",
               kConversion[] = "pg_conversion", kOpfamily[] = "pg_opfamily";

constexpr CatalogRelation kCatalogs[] = {
    {"pg_type", TypeRows},        {"pg_proc", FunctionRows},    {"pg_collation", Collations},
    {"pg_language", Languages},   {kEnum, None<kEnum>},         {kRange, None<kRange>},
    {kOperator, None<kOperator>}, {kCast, None<kCast>},         {kAggregate, None<kAggregate>},
    {kOpclass, None<kOpclass>},   {kOpfamily, None<kOpfamily>}, {kConversion, None<kConversion>},
};

}  // namespace

std::span<const CatalogRelation> TypeCatalogs() { return kCatalogs; }

}  // namespace shale
