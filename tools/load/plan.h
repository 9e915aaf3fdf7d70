// What a load will do, settled before the first row: the table (a CREATE TABLE for a new one) and
// where each of its columns comes from. Pure functions over a survey.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/base/status.h"
#include "storage/table/schema.h"
#include "tools/load/options.h"
#include "tools/load/text/reader.h"

namespace shale {

// A partition should have at least this many rows: the smallest unit that gives them is chosen.
inline constexpr uint64_t kRowsPerPartition = 1'000'000;

struct NewTable {
  std::string sql;                 // CREATE TABLE …, ends with a semicolon
  std::vector<std::string> notes;  // what was chosen and why
};
// InvalidArgument: --timestamp, --order-by, --partition-by or --columns that do not fit the survey.
StatusOr<NewTable> PlanNewTable(const LoadOptions& options, const Survey& survey);

// The smallest unit with kRowsPerPartition rows a partition, else MONTH (also when nothing is
// known).
PartitionUnit ChoosePartitionUnit(uint64_t num_rows, int64_t min_us, int64_t max_us);

// Rows of the files into columns of the table.
struct ColumnMapping {
  ReadSchema read;
  // A column of the table: which of read.columns, or -1 for its default value.
  std::vector<int> sources;
  std::vector<std::string> notes;  // columns left out on either side
};
// NDJSON rows may have members that the sample did not show: the table's other columns are read by
// their names too.
//
// By name where the files have names (the exact one, else the only one equal but for case), else by
// position. InvalidArgument: nothing fits, or a NOT NULL column without default gets no values.
StatusOr<ColumnMapping> MapColumns(const Survey& survey, bool has_names, const TableSchema& table);

}  // namespace shale
