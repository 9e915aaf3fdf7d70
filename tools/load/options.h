// What `shale load` was asked to do. Plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/status.h"
#include "storage/table/schema.h"
#include "tools/console/memory_options.h"
#include "tools/load/text/dialect.h"

namespace shale {

// How many bad rows a load may have: a number, or a share of all rows.
struct ErrorLimit {
  bool is_percent = true;
  double percent = 1;
  uint64_t count = 0;

  bool Exceeded(uint64_t num_bad, uint64_t num_rows) const;
  std::string ToString() const;  // "1 %", "100"
};
// "100", "1%", "0.5 %". InvalidArgument says what it takes.
StatusOr<ErrorLimit> ParseErrorLimit(std::string_view text);
// "hour", "DAY" …
StatusOr<PartitionUnit> ParsePartitionUnit(std::string_view text);
// One character, or the names tab, comma, semicolon, pipe, space, \t.
StatusOr<char> ParseDelimiter(std::string_view text);

struct LoadOptions {
  std::string db;
  std::string table;
  bool create = false;
  std::vector<std::string> files;  // as given: globs, "-"
  DialectHints hints;
  std::vector<std::string> columns;   // --columns: names instead of the header's
  std::string timestamp;              // --timestamp COL; "" to choose one
  std::optional<PartitionUnit> unit;  // --partition-by
  std::vector<std::string> order_by;
  ErrorLimit max_errors;
  std::string rejects;  // "": TABLE.rejects.ndjson in the working folder
  bool dry_run = false;
  bool resume = false;
  bool json = false;
  int workers = 0;  // 0: one a core
  MemoryArguments memory;
};

// Existing files stand for themselves, patterns for their matches (sorted). NotFound for a pattern
// that matches nothing.
StatusOr<std::vector<std::string>> ExpandFiles(const std::vector<std::string>& patterns);

}  // namespace shale
