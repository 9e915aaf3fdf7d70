// What keys ask of rows: no two rows of a table agree in all columns of a PRIMARY KEY or UNIQUE
// key, where a NULL agrees with nothing. There is no index: the key's columns are read, as far as
// zone maps and the table's order do not rule blocks out, and looked up among the new rows.
#pragma once

#include <vector>

#include "storage/table/store.h"

namespace shale {

// Columns exist and can be compared; names are given once.
Status CheckKeyDefinitions(const TableSchema& schema);

// `rows` (columns as the schema's) against each other and against the visible rows of the table in
// `version`. kAlreadyExists, as PostgreSQL says it.
Status CheckKeys(const Snapshot& version, const TableSchema& schema,
                 const std::vector<Chunk>& rows);
// The visible rows against each other, for a key that is made later.
Status CheckRowsThere(const Snapshot& version, const TableSchema& schema, const TableKey& key);
// No visible row is NULL in `column`.
Status CheckNoNulls(const Snapshot& version, const TableSchema& schema, const ColumnSchema& column);

}  // namespace shale
