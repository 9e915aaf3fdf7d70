// The ids of PostgreSQL's types that stand for ours: on the wire and in pg_attribute. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/vector/type.h"

namespace shale {

namespace pg_oid {
inline constexpr uint32_t kBool = 16, kBytea = 17, kChar = 18, kName = 19, kInt8 = 20, kInt2 = 21,
                          kInt4 = 23, kText = 25, kOid = 26, kJson = 114, kFloat4 = 700,
                          kFloat8 = 701, kUnknown = 705, kInet = 869, kBpchar = 1042,
                          kVarchar = 1043, kDate = 1082, kTimestamp = 1114, kTimestampTz = 1184,
                          kInterval = 1186, kNumeric = 1700, kUuid = 2950, kJsonb = 3802,
                          kVoid = 2278;
}  // namespace pg_oid

// A type that PostgreSQL lacks is the next wider one: UINTEGER is int8, UBIGINT numeric.
uint32_t PostgresOid(const Type& type);
// As what a parameter is sent: UINTEGER as oid, whose range is the same.
uint32_t PostgresParameterOid(const Type& type);
// Of an array of `element`; 0 when there is none.
uint32_t PostgresArrayOid(uint32_t element);
// What a parameter of this type becomes; nothing for 0 and "unknown", and for types that we lack.
// A numeric has no digits of its own: DECIMAL(38,9).
std::optional<Type> TypeOfPostgresOid(uint32_t oid);
// pg_attribute.atttypmod and RowDescription's: (precision << 16 | scale) + 4; -1: none.
int32_t PostgresTypeModifier(const Type& type);
// pg_type.typlen: -1 for types of varying length.
int16_t PostgresTypeLength(uint32_t oid);

}  // namespace shale
