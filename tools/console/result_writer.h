// Result writers: rows of a statement as text in one of seven modes. Each is a ResultReceiver that
// writes to a TextSink as rows come, in bounded memory. One thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sql/database.h"
#include "tools/console/text_sink.h"

namespace shale {

//   kTable     a box, numbers to the right, NULL as NULL, a line with the row count below
//   kCsv       RFC 4180: NULL is an empty field, an empty string ""
//   kTsv       PostgreSQL's COPY text format: NULL is \N, backslash escapes
//   kJson      one array of objects      kNdjson  one object a line
//   kMarkdown  a pipe table              kLine    a line "name = value" a column
enum class OutputMode : uint8_t { kTable, kCsv, kTsv, kJson, kNdjson, kMarkdown, kLine };

// By name, any case; InvalidArgument lists the modes.
StatusOr<OutputMode> ParseOutputMode(std::string_view name);
std::string_view OutputModeName(OutputMode mode);
const std::vector<std::string>& OutputModeNames();
// Whether command tags, row counts and timings belong into the output: table, line.
bool IsForPeople(OutputMode mode);

struct ResultWriterOptions {
  OutputMode mode = OutputMode::kTable;
  bool header = true;    // names of columns (table, csv, tsv, markdown)
  size_t max_width = 0;  // of a table: cells of the terminal; 0 for no limit
  // Asked at the start of each result, since a SET may come before it. Null: UTC.
  std::function<std::string()> time_zone;
};
std::unique_ptr<ResultReceiver> MakeResultWriter(ResultWriterOptions options, TextSink* sink);

}  // namespace shale
