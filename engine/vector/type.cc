#include "engine/vector/type.h"

#include <algorithm>
#include <cctype>

#include "engine/base/check.h"
#include "engine/base/edit_distance.h"

namespace shale {

struct Type::Nested {
  std::vector<std::pair<std::string, Type>> fields;  // LIST: one, unnamed
};

Type Type::Decimal(int precision, int scale) {
  SHALE_CHECK(precision >= 1 && precision <= kMaxDecimalPrecision);
  SHALE_CHECK(scale >= 0 && scale <= precision);
  Type type(TypeId::kDecimal);
  type.precision_ = static_cast<uint8_t>(precision);
  type.scale_ = static_cast<uint8_t>(scale);
  return type;
}

Type Type::List(Type child) {
  Type type(TypeId::kList);
  auto nested = std::make_shared<Nested>();
  nested->fields.emplace_back("", std::move(child));
  type.nested_ = std::move(nested);
  return type;
}

Type Type::Struct(std::vector<std::pair<std::string, Type>> fields) {
  Type type(TypeId::kStruct);
  auto nested = std::make_shared<Nested>();
  nested->fields = std::move(fields);
  type.nested_ = std::move(nested);
  return type;
}

const Type& Type::child() const {
  SHALE_CHECK(id_ == TypeId::kList && nested_);
  return nested_->fields[0].second;
}

const std::vector<std::pair<std::string, Type>>& Type::fields() const {
  SHALE_CHECK(id_ == TypeId::kStruct && nested_);
  return nested_->fields;
}

PhysicalType Type::physical() const {
  switch (id_) {
    case TypeId::kNull:
    case TypeId::kBoolean: return PhysicalType::kBool;
    case TypeId::kTinyInt: return PhysicalType::kInt8;
    case TypeId::kSmallInt: return PhysicalType::kInt16;
    case TypeId::kInteger:
    case TypeId::kDate: return PhysicalType::kInt32;
    case TypeId::kBigInt:
    case TypeId::kTimestamp:
    case TypeId::kTimestampTz: return PhysicalType::kInt64;
    case TypeId::kUTinyInt: return PhysicalType::kUInt8;
    case TypeId::kUSmallInt: return PhysicalType::kUInt16;
    case TypeId::kUInteger: return PhysicalType::kUInt32;
    case TypeId::kUBigInt: return PhysicalType::kUInt64;
    case TypeId::kReal: return PhysicalType::kFloat;
    case TypeId::kDouble: return PhysicalType::kDouble;
    case TypeId::kDecimal: return precision_ <= 18 ? PhysicalType::kInt64 : PhysicalType::kInt128;
    case TypeId::kInterval: return PhysicalType::kInterval;
    case TypeId::kUuid: return PhysicalType::kInt128;
    case TypeId::kText:
    case TypeId::kBytea:
    case TypeId::kInet:
    case TypeId::kJson: return PhysicalType::kString;
    case TypeId::kList: return PhysicalType::kList;
    case TypeId::kStruct: return PhysicalType::kStruct;
  }
  SHALE_CHECK(false);
  return PhysicalType::kBool;
}

std::string Type::ToString() const {
  switch (id_) {
    case TypeId::kNull: return "NULL";
    case TypeId::kBoolean: return "BOOLEAN";
    case TypeId::kTinyInt: return "TINYINT";
    case TypeId::kSmallInt: return "SMALLINT";
    case TypeId::kInteger: return "INTEGER";
    case TypeId::kBigInt: return "BIGINT";
    case TypeId::kUTinyInt: return "UTINYINT";
    case TypeId::kUSmallInt: return "USMALLINT";
    case TypeId::kUInteger: return "UINTEGER";
    case TypeId::kUBigInt: return "UBIGINT";
    case TypeId::kReal: return "REAL";
    case TypeId::kDouble: return "DOUBLE";
    case TypeId::kDecimal: return fmt::format("DECIMAL({},{})", precision_, scale_);
    case TypeId::kDate: return "DATE";
    case TypeId::kTimestamp: return "TIMESTAMP";
    case TypeId::kTimestampTz: return "TIMESTAMPTZ";
    case TypeId::kInterval: return "INTERVAL";
    case TypeId::kText: return "TEXT";
    case TypeId::kBytea: return "BYTEA";
    case TypeId::kUuid: return "UUID";
    case TypeId::kInet: return "INET";
    case TypeId::kJson: return "JSON";
    case TypeId::kList: return child().ToString() + "[]";
    case TypeId::kStruct: {
      std::string out = "STRUCT(";
      bool first = true;
      for (const auto& [name, type] : fields()) {
        if (!first) out += ", ";
        first = false;
        out += name + " " + type.ToString();
      }
      return out + ")";
    }
  }
  return "?";
}

bool operator==(const Type& a, const Type& b) {
  if (a.id_ != b.id_ || a.precision_ != b.precision_ || a.scale_ != b.scale_) return false;
  if (a.nested_ == b.nested_) return true;
  if (!a.nested_ || !b.nested_) return false;
  return a.nested_->fields == b.nested_->fields;
}

const std::vector<std::pair<std::string_view, TypeId>>& TypeNames() {
  static const auto* const kNames = new std::vector<std::pair<std::string_view, TypeId>>{
      {"boolean", TypeId::kBoolean},
      {"bool", TypeId::kBoolean},
      {"tinyint", TypeId::kTinyInt},
      {"int1", TypeId::kTinyInt},
      {"smallint", TypeId::kSmallInt},
      {"int2", TypeId::kSmallInt},
      {"integer", TypeId::kInteger},
      {"int", TypeId::kInteger},
      {"int4", TypeId::kInteger},
      {"bigint", TypeId::kBigInt},
      {"int8", TypeId::kBigInt},
      {"utinyint", TypeId::kUTinyInt},
      {"uint8", TypeId::kUTinyInt},
      {"usmallint", TypeId::kUSmallInt},
      {"uint16", TypeId::kUSmallInt},
      {"uinteger", TypeId::kUInteger},
      {"uint", TypeId::kUInteger},
      {"uint32", TypeId::kUInteger},
      {"oid", TypeId::kUInteger},
      {"ubigint", TypeId::kUBigInt},
      {"uint64", TypeId::kUBigInt},
      {"real", TypeId::kReal},
      {"float4", TypeId::kReal},
      {"double", TypeId::kDouble},
      {"double precision", TypeId::kDouble},
      {"float", TypeId::kDouble},
      {"float8", TypeId::kDouble},
      {"decimal", TypeId::kDecimal},
      {"numeric", TypeId::kDecimal},
      {"dec", TypeId::kDecimal},
      {"date", TypeId::kDate},
      {"timestamp", TypeId::kTimestamp},
      {"timestamp without time zone", TypeId::kTimestamp},
      {"datetime", TypeId::kTimestamp},
      {"timestamptz", TypeId::kTimestampTz},
      {"timestamp with time zone", TypeId::kTimestampTz},
      {"interval", TypeId::kInterval},
      {"text", TypeId::kText},
      {"varchar", TypeId::kText},
      {"character varying", TypeId::kText},
      {"char", TypeId::kText},
      {"character", TypeId::kText},
      {"bpchar", TypeId::kText},
      {"string", TypeId::kText},
      {"name", TypeId::kText},
      {"bytea", TypeId::kBytea},
      {"blob", TypeId::kBytea},
      {"bytes", TypeId::kBytea},
      {"uuid", TypeId::kUuid},
      {"inet", TypeId::kInet},
      {"cidr", TypeId::kInet},
      {"json", TypeId::kJson},
      {"jsonb", TypeId::kJson},
  };
  return *kNames;
}

StatusOr<Type> TypeFromName(std::string_view name, const std::vector<int64_t>& modifiers) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (lower.size() > 2 && lower.ends_with("[]")) {
    ASSIGN_OR_RETURN(Type child, TypeFromName(lower.substr(0, lower.size() - 2), modifiers));
    return Type::List(std::move(child));
  }
  // Runs of spaces between words count as one.
  lower.erase(
      std::unique(lower.begin(), lower.end(), [](char a, char b) { return a == ' ' && b == ' '; }),
      lower.end());
  for (const auto& [known, id] : TypeNames()) {
    if (known != lower) continue;
    switch (id) {
      case TypeId::kDecimal: {
        if (modifiers.empty()) return Type::Decimal(kMaxDecimalPrecision, 9);
        if (modifiers.size() > 2) {
          return InvalidArgument("{} takes at most a precision and a scale", lower);
        }
        int64_t precision = modifiers[0];
        int64_t scale = modifiers.size() > 1 ? modifiers[1] : 0;
        if (precision < 1 || precision > kMaxDecimalPrecision) {
          return InvalidArgument("NUMERIC precision {} must be between 1 and {}", precision,
                                 kMaxDecimalPrecision);
        }
        if (scale < 0 || scale > precision) {
          return InvalidArgument("NUMERIC scale {} must be between 0 and precision {}", scale,
                                 precision);
        }
        return Type::Decimal(static_cast<int>(precision), static_cast<int>(scale));
      }
      case TypeId::kText:
        if (!modifiers.empty() && (lower == "text" || lower == "string" || lower == "name")) {
          return InvalidArgument("type {} takes no length: write VARCHAR({})", lower, modifiers[0]);
        }
        return Type(id);
      case TypeId::kDouble:
        if (lower == "float" && !modifiers.empty()) {
          if (modifiers.size() > 1 || modifiers[0] < 1 || modifiers[0] > 53) {
            return InvalidArgument("precision for type float must be between 1 and 53 bits");
          }
          return Type(modifiers[0] <= 24 ? TypeId::kReal : TypeId::kDouble);
        }
        break;
      case TypeId::kTimestamp:
      case TypeId::kTimestampTz:
      case TypeId::kInterval:
        // A precision of seconds is accepted up to what is stored.
        if (modifiers.size() == 1 && modifiers[0] >= 0 && modifiers[0] <= 6) return Type(id);
        break;
      default: break;
    }
    if (!modifiers.empty())
      return InvalidArgument("type modifier is not allowed for type {}", lower);
    return Type(id);
  }
  std::vector<std::string_view> names;
  for (const auto& entry : TypeNames()) names.push_back(entry.first);
  std::string_view nearest = NearestName(lower, names);
  if (!nearest.empty()) {
    return NotFound("type \"{}\" does not exist; did you mean \"{}\"?", name, nearest);
  }
  return NotFound("type \"{}\" does not exist", name);
}

size_t PhysicalSize(PhysicalType type) {
  switch (type) {
    case PhysicalType::kBool:
    case PhysicalType::kInt8:
    case PhysicalType::kUInt8: return 1;
    case PhysicalType::kInt16:
    case PhysicalType::kUInt16: return 2;
    case PhysicalType::kInt32:
    case PhysicalType::kUInt32:
    case PhysicalType::kFloat: return 4;
    case PhysicalType::kInt64:
    case PhysicalType::kUInt64:
    case PhysicalType::kDouble: return 8;
    case PhysicalType::kInt128:
    case PhysicalType::kInterval:
    case PhysicalType::kString: return 16;
    case PhysicalType::kList: return 8;
    case PhysicalType::kStruct: return 0;
  }
  return 0;
}

}  // namespace shale
