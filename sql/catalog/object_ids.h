// Object identifiers (OIDs) as PostgreSQL's clients know them, made of our permanent ids and of
// names, so that they stay the same over restarts. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/vector/type.h"
#include "storage/table/schema.h"

namespace shale {

inline constexpr uint32_t kPgCatalogOid = 11;
inline constexpr uint32_t kPublicOid = 2200;
inline constexpr uint32_t kInformationSchemaOid = 13183;
inline constexpr uint32_t kTemporarySchemaOid = 13184;
inline constexpr uint32_t kSuperuserOid = 10;  // the role that owns everything
inline constexpr uint32_t kDatabaseOid = 5;
inline constexpr uint32_t kFirstUserOid = 16384;
inline constexpr uint32_t kHeapOid = 2;

// The role that owns all objects and that a local connection has.
inline constexpr std::string_view kSuperuserName = "shale";

uint32_t TableOid(TableId id);
uint32_t ViewOid(std::string_view name);
// Relations of our own: shale_tables …
uint32_t OwnRelationOid(std::string_view name);
uint32_t FunctionOid(std::string_view name);
uint32_t RoleOid(uint64_t role_id);

// The name of one of PostgreSQL's types by its id ("int4", "_text"), "" when it is not known.
std::string_view PostgresTypeNameOf(uint32_t oid);
// "integer", "timestamp with time zone", "numeric(10,2)", "text[]": format_type().
std::string FormatType(uint32_t oid, int32_t modifier);

}  // namespace shale
