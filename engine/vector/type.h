// Type: what a column holds. A small value; a tree for LIST and STRUCT.
//
// Logical ids are permanent: they are written to disk. Each id has one physical representation
// (PhysicalType), which is how a flat vector lays its values out in memory:
//
//   BOOLEAN                    kBool      uint8_t 0 or 1
//   TINYINT … BIGINT           kInt8 … kInt64
//   UTINYINT … UBIGINT         kUInt8 … kUInt64
//   REAL, DOUBLE               kFloat, kDouble
//   DECIMAL(p ≤ 18, s)         kInt64     value × 10^s
//   DECIMAL(p ≤ 38, s)         kInt128    value × 10^s
//   DATE                       kInt32     days since 1970-01-01
//   TIMESTAMP, TIMESTAMPTZ     kInt64     microseconds since 1970-01-01 00:00:00 (UTC for TZ)
//   INTERVAL                   kInterval  months, days, microseconds, as PostgreSQL
//   UUID                       kInt128    big-endian bytes read as an unsigned number, sign bit
//                                         flipped, so that signed order is UUID order
//   TEXT, JSON, BYTEA          kString    std::string_view (bytes are kept alive by the vector)
//   INET                       kString    1 byte family (4 or 6), network (4 or 16), 1 byte prefix
//                                         length, the address if not the network: PG's order
//   LIST(child)                kList      ListEntry {offset, length} into the one child vector
//   STRUCT(fields)             kStruct    one child vector a field, no data of its own
//   NULL (untyped)             kBool      all rows null
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"

namespace shale {

using int128_t = __int128;
using uint128_t = unsigned __int128;

enum class TypeId : uint8_t {
  kNull = 0,
  kBoolean = 1,
  kTinyInt = 2,
  kSmallInt = 3,
  kInteger = 4,
  kBigInt = 5,
  kUTinyInt = 6,
  kUSmallInt = 7,
  kUInteger = 8,
  kUBigInt = 9,
  kReal = 10,
  kDouble = 11,
  kDecimal = 12,
  kDate = 13,
  kTimestamp = 14,
  kTimestampTz = 15,
  kInterval = 16,
  kText = 17,
  kBytea = 18,
  kUuid = 19,
  kInet = 20,
  kJson = 21,
  kList = 22,
  kStruct = 23,
};

enum class PhysicalType : uint8_t {
  kBool,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kUInt8,
  kUInt16,
  kUInt32,
  kUInt64,
  kInt128,
  kFloat,
  kDouble,
  kInterval,
  kString,
  kList,
  kStruct,
};

struct Interval {
  int32_t months = 0;
  int32_t days = 0;
  int64_t micros = 0;
  friend bool operator==(const Interval&, const Interval&) = default;
};

struct ListEntry {
  uint32_t offset = 0;
  uint32_t length = 0;
};

class Type {
 public:
  Type() = default;
  Type(TypeId id) : id_(id) {}  // NOLINT: a plain id is a type
  static Type Decimal(int precision, int scale);
  static Type List(Type child);
  static Type Struct(std::vector<std::pair<std::string, Type>> fields);

  TypeId id() const { return id_; }
  int precision() const { return precision_; }                      // DECIMAL only
  int scale() const { return scale_; }                              // DECIMAL only
  const Type& child() const;                                        // LIST only
  const std::vector<std::pair<std::string, Type>>& fields() const;  // STRUCT only
  PhysicalType physical() const;

  bool IsSignedInteger() const { return id_ >= TypeId::kTinyInt && id_ <= TypeId::kBigInt; }
  bool IsUnsignedInteger() const { return id_ >= TypeId::kUTinyInt && id_ <= TypeId::kUBigInt; }
  bool IsInteger() const { return id_ >= TypeId::kTinyInt && id_ <= TypeId::kUBigInt; }
  bool IsFloat() const { return id_ == TypeId::kReal || id_ == TypeId::kDouble; }
  bool IsNumeric() const { return id_ >= TypeId::kTinyInt && id_ <= TypeId::kDecimal; }
  // Values are std::string_view.
  bool IsStringLike() const { return physical() == PhysicalType::kString; }

  // "BIGINT", "DECIMAL(18,2)", "BIGINT[]": as SQL writes it and ParseTypeName reads it.
  std::string ToString() const;

  friend bool operator==(const Type& a, const Type& b);

 private:
  struct Nested;
  TypeId id_ = TypeId::kNull;
  uint8_t precision_ = 0;
  uint8_t scale_ = 0;
  std::shared_ptr<const Nested> nested_;
};

inline constexpr int kMaxDecimalPrecision = 38;

// The type that SQL calls `name` (any case: int, int4, varchar, text, double precision, …) with
// `modifiers` (DECIMAL's; a length is checked elsewhere). NotFound names the nearest known type.
StatusOr<Type> TypeFromName(std::string_view name, const std::vector<int64_t>& modifiers);
// Every type name with the id it stands for, for documentation and completion.
const std::vector<std::pair<std::string_view, TypeId>>& TypeNames();

// Bytes a value in a flat vector (16 for kString, 8 for kList, 0 for kStruct).
size_t PhysicalSize(PhysicalType type);

}  // namespace shale
