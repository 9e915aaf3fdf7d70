#include "engine/functions/type_names.h"

namespace shale {

std::string PostgresTypeName(const Type& type) {
  switch (type.id()) {
    case TypeId::kNull: return "unknown";
    case TypeId::kDouble: return "double precision";
    case TypeId::kDecimal: return "numeric";
    case TypeId::kTimestamp: return "timestamp without time zone";
    case TypeId::kTimestampTz: return "timestamp with time zone";
    case TypeId::kList: return PostgresTypeName(type.child()) + "[]";
    default: break;
  }
  std::string name = type.ToString();
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return name;
}

}  // namespace shale
