// RowWriter: where the generators' rows go — TSV, CSV, NDJSON on a stream, or a table of a Shale
// database. A row is written field by field in the order of its TableSpec. One thread.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"

namespace shale::bench {

enum class FieldType { kSmallInt, kInteger, kBigInt, kDouble, kText, kDate, kSeconds, kMillis };

struct FieldSpec {
  const char* name;
  FieldType type;
};

struct TableSpec {
  std::string name;
  std::vector<FieldSpec> fields;
  std::string time;                // the column that says when
  std::string partition;           // HOUR, DAY, WEEK or MONTH
  std::vector<std::string> order;  // how rows lie in storage
};

class RowWriter {
 public:
  virtual ~RowWriter() = default;
  virtual void Integer(int64_t value) = 0;     // kSmallInt, kInteger, kBigInt
  virtual void Hundredths(int64_t value) = 0;  // kDouble, as a number of hundredths
  virtual void Text(std::string_view value) = 0;
  virtual void Date(int64_t days) = 0;    // since 1970-01-01
  virtual void Time(int64_t millis) = 0;  // kSeconds, kMillis: since 1970-01-01, UTC
  virtual Status EndRow() = 0;
  virtual Status Finish() = 0;
};

// "tsv" (no header, backslash escapes), "csv" (with a header) or "ndjson".
StatusOr<std::unique_ptr<RowWriter>> MakeTextWriter(const TableSpec& table, std::string_view format,
                                                    std::FILE* out);
// Makes the database folder when it is missing, and the table; durable after Finish.
StatusOr<std::unique_ptr<RowWriter>> MakeTableWriter(const TableSpec& table,
                                                     const std::string& database);

// CREATE TABLE for "shale", "duckdb" or "clickhouse".
StatusOr<std::string> CreateTableText(const TableSpec& table, std::string_view dialect);

}  // namespace shale::bench
