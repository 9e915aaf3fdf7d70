#include "sql/catalog/object_ids.h"

#include "engine/vector/postgres_oid.h"
#include "fmt/format.h"
#include "sql/catalog/catalog_relations.h"
#include "storage/table/transaction.h"

namespace shale {
namespace {

// FNV-1a: part of what clients may keep, so fixed here.
uint32_t HashName(std::string_view name) {
  uint32_t hash = 2166136261u;
  for (char c : name) hash = (hash ^ static_cast<uint8_t>(c)) * 16777619u;
  return hash;
}

}  // namespace

uint32_t TableOid(TableId id) {
  if (IsTemporary(id)) return 0x80000000u | static_cast<uint32_t>(id - kFirstTemporaryTable);
  return kFirstUserOid + static_cast<uint32_t>(id);
}
uint32_t ViewOid(std::string_view name) { return 0x40000000u | (HashName(name) & 0x3fffffffu); }
uint32_t OwnRelationOid(std::string_view name) {
  return 0x20000000u | (HashName(name) & 0x0fffffffu);
}
uint32_t FunctionOid(std::string_view name) { return 0x30000000u | (HashName(name) & 0x0fffffffu); }
uint32_t RoleOid(uint64_t role_id) { return kFirstUserOid + static_cast<uint32_t>(role_id); }

std::string_view PostgresTypeNameOf(uint32_t oid) {
  for (const PostgresType& type : PostgresTypes()) {
    if (type.oid == oid) return type.name;
  }
  return "";
}

std::string FormatType(uint32_t oid, int32_t modifier) {
  if (oid == 0) return "-";
  for (const PostgresType& type : PostgresTypes()) {
    if (type.oid != oid) continue;
    if (type.element != 0 && type.length == -1 && type.name.starts_with('_')) {
      return FormatType(type.element, modifier) + "[]";
    }
    switch (oid) {
      case pg_oid::kBool: return "boolean";
      case pg_oid::kChar: return "\"char\"";
      case pg_oid::kInt8: return "bigint";
      case pg_oid::kInt2: return "smallint";
      case pg_oid::kInt4: return "integer";
      case pg_oid::kFloat4: return "real";
      case pg_oid::kFloat8: return "double precision";
      case pg_oid::kBpchar:
        return modifier > 4 ? fmt::format("character({})", modifier - 4) : "character";
      case pg_oid::kVarchar:
        return modifier > 4 ? fmt::format("character varying({})", modifier - 4)
                            : "character varying";
      case pg_oid::kTimestamp: return "timestamp without time zone";
      case pg_oid::kTimestampTz: return "timestamp with time zone";
      case 1083: return "time without time zone";
      case 1266: return "time with time zone";
      case pg_oid::kNumeric:
        return modifier > 4
                   ? fmt::format("numeric({},{})", (modifier - 4) >> 16, (modifier - 4) & 0xffff)
                   : "numeric";
      default: return std::string(type.name);
    }
  }
  return "???";
}

}  // namespace shale
