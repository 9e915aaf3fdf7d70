// Finding and describing tables for people: by name in any case, schemas as a printed table. Pure
// functions over a snapshot.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/status.h"
#include "storage/table/store.h"
#include "tools/console/text_sink.h"

namespace shale {

// The exact name first, else the only one equal but for case (a leading "public." is dropped).
// NotFound names the nearest table; InvalidArgument lists the candidates.
StatusOr<TableSchemaPtr> LookUpTable(const DatabaseVersion& version, std::string_view name);
// The same among the columns of a table.
StatusOr<const ColumnSchema*> LookUpColumn(const TableSchema& table, std::string_view name);

std::string_view PartitionUnitName(PartitionUnit unit);  // "DAY"; "NONE"

// The list of tables and views (\dt, \d), and one table's columns and layout (\d NAME).
Status PrintTables(const DatabaseVersion& version, bool views, size_t max_width, TextSink* sink);
Status PrintTable(const DatabaseVersion& version, const TableSchema& table, size_t max_width,
                  TextSink* sink);

// "" when opening had nothing to repair, else one line a fact for standard error.
std::string RecoveryText(const RecoveryReport& report);

}  // namespace shale
