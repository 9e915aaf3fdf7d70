#include "engine/vector/postgres_oid.h"

namespace shale {
namespace {

struct ArrayOf {
  uint32_t element, array;
};
constexpr ArrayOf kArrays[] = {
    {pg_oid::kBool, 1000},        {pg_oid::kBytea, 1001},    {pg_oid::kChar, 1002},
    {pg_oid::kName, 1003},        {pg_oid::kInt8, 1016},     {pg_oid::kInt2, 1005},
    {pg_oid::kInt4, 1007},        {pg_oid::kText, 1009},     {pg_oid::kOid, 1028},
    {pg_oid::kJson, 199},         {pg_oid::kJsonb, 3807},    {pg_oid::kFloat4, 1021},
    {pg_oid::kFloat8, 1022},      {pg_oid::kInet, 1041},     {pg_oid::kBpchar, 1014},
    {pg_oid::kVarchar, 1015},     {pg_oid::kDate, 1182},     {pg_oid::kTimestamp, 1115},
    {pg_oid::kTimestampTz, 1185}, {pg_oid::kInterval, 1187}, {pg_oid::kNumeric, 1231},
    {pg_oid::kUuid, 2951}};

}  // namespace

uint32_t PostgresOid(const Type& type) {
  switch (type.id()) {
    case TypeId::kBoolean: return pg_oid::kBool;
    case TypeId::kTinyInt:
    case TypeId::kSmallInt:
    case TypeId::kUTinyInt: return pg_oid::kInt2;
    case TypeId::kInteger:
    case TypeId::kUSmallInt: return pg_oid::kInt4;
    case TypeId::kBigInt:
    case TypeId::kUInteger: return pg_oid::kInt8;
    case TypeId::kUBigInt:
    case TypeId::kDecimal: return pg_oid::kNumeric;
    case TypeId::kReal: return pg_oid::kFloat4;
    case TypeId::kDouble: return pg_oid::kFloat8;
    case TypeId::kDate: return pg_oid::kDate;
    case TypeId::kTimestamp: return pg_oid::kTimestamp;
    case TypeId::kTimestampTz: return pg_oid::kTimestampTz;
    case TypeId::kInterval: return pg_oid::kInterval;
    case TypeId::kBytea: return pg_oid::kBytea;
    case TypeId::kUuid: return pg_oid::kUuid;
    case TypeId::kInet: return pg_oid::kInet;
    case TypeId::kJson: return pg_oid::kJson;
    case TypeId::kList: {
      const Type* innermost = &type.child();
      while (innermost->id() == TypeId::kList) innermost = &innermost->child();
      // Arrays of object ids are common in the catalogs, of UINTEGER elsewhere rare.
      if (innermost->id() == TypeId::kUInteger) return PostgresArrayOid(pg_oid::kOid);
      return PostgresArrayOid(PostgresOid(*innermost));
    }
    case TypeId::kNull:
    case TypeId::kText:
    case TypeId::kStruct: break;
  }
  return pg_oid::kText;
}

uint32_t PostgresParameterOid(const Type& type) {
  return type.id() == TypeId::kUInteger ? pg_oid::kOid : PostgresOid(type);
}

uint32_t PostgresArrayOid(uint32_t element) {
  for (const ArrayOf& entry : kArrays) {
    if (entry.element == element) return entry.array;
  }
  return 0;
}

std::optional<Type> TypeOfPostgresOid(uint32_t oid) {
  switch (oid) {
    case pg_oid::kBool: return Type(TypeId::kBoolean);
    case pg_oid::kBytea: return Type(TypeId::kBytea);
    case pg_oid::kInt8: return Type(TypeId::kBigInt);
    case pg_oid::kInt2: return Type(TypeId::kSmallInt);
    case pg_oid::kInt4: return Type(TypeId::kInteger);
    case pg_oid::kOid: return Type(TypeId::kUInteger);
    case pg_oid::kChar:
    case pg_oid::kName:
    case pg_oid::kText:
    case pg_oid::kBpchar:
    case pg_oid::kVarchar: return Type(TypeId::kText);
    case pg_oid::kJson:
    case pg_oid::kJsonb: return Type(TypeId::kJson);
    case pg_oid::kFloat4: return Type(TypeId::kReal);
    case pg_oid::kFloat8: return Type(TypeId::kDouble);
    case pg_oid::kInet: return Type(TypeId::kInet);
    case pg_oid::kDate: return Type(TypeId::kDate);
    case pg_oid::kTimestamp: return Type(TypeId::kTimestamp);
    case pg_oid::kTimestampTz: return Type(TypeId::kTimestampTz);
    case pg_oid::kInterval: return Type(TypeId::kInterval);
    case pg_oid::kNumeric: return Type::Decimal(38, 9);
    case pg_oid::kUuid: return Type(TypeId::kUuid);
    default: break;
  }
  for (const ArrayOf& entry : kArrays) {
    if (entry.array != oid) continue;
    std::optional<Type> element = TypeOfPostgresOid(entry.element);
    if (element) return Type::List(*std::move(element));
  }
  return std::nullopt;
}

int32_t PostgresTypeModifier(const Type& type) {
  if (type.id() != TypeId::kDecimal) return -1;
  return (type.precision() << 16 | type.scale()) + 4;
}

int16_t PostgresTypeLength(uint32_t oid) {
  switch (oid) {
    case pg_oid::kBool:
    case pg_oid::kChar: return 1;
    case pg_oid::kInt2: return 2;
    case pg_oid::kInt4:
    case pg_oid::kOid:
    case pg_oid::kFloat4:
    case pg_oid::kDate: return 4;
    case pg_oid::kInt8:
    case pg_oid::kFloat8:
    case pg_oid::kTimestamp:
    case pg_oid::kTimestampTz: return 8;
    case pg_oid::kInterval:
    case pg_oid::kUuid: return 16;
    case pg_oid::kName: return 64;
    default: return -1;
  }
}

}  // namespace shale
