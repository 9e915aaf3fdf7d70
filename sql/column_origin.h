// Where the columns of a result come from: clients look a column up in pg_attribute by its table's
// id and its number.
#pragma once

#include <vector>

#include "sql/database.h"
#include "sql/plan.h"

namespace shale {

// Fills table_oid, attribute and is_oid of `columns`, the output of `plan`, where a column is just
// a table's or catalog's column.
void FindOrigins(const Plan& plan, std::vector<ResultColumn>* columns);

}  // namespace shale
