// The command line that the generators share.
#pragma once

#include <functional>
#include <string>

#include "bench/rows/row_writer.h"

namespace shale::bench {

struct GeneratorOptions {
  uint64_t rows = 0;
  uint64_t seed = 1;
  std::string order;  // "time" or "key"
};

// `NAME ROWS tsv|csv|ndjson [--seed N] [--order time|key]` writes rows to standard output,
// `NAME ROWS DIRECTORY …` into a database folder, `NAME create shale|duckdb|clickhouse` prints the
// statement that makes the table. Returns the exit code.
int GeneratorMain(int argc, char** argv, const TableSpec& table,
                  const std::function<Status(const GeneratorOptions&, RowWriter*)>& generate);

}  // namespace shale::bench
