// Types as PostgreSQL spells them in its errors and in pg_typeof.
#pragma once

#include <string>

#include "engine/vector/type.h"

namespace shale {

// "timestamp without time zone", "double precision", "numeric", "integer[]"; a type that
// PostgreSQL does not have in lower case.
std::string PostgresTypeName(const Type& type);

}  // namespace shale
