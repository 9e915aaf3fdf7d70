// Reports on storage: sizes, encodings, ratios, bounds of a database, a table, a column. For people
// as tables, for programs as JSON. Pure functions over a snapshot.
#pragma once

#include "engine/base/status.h"
#include "storage/table/store.h"
#include "tools/console/text_sink.h"

namespace shale {

struct InspectOptions {
  bool segments = false;  // a line a segment too
  bool json = false;
  size_t max_width = 0;  // of tables, in cells; 0 for no limit
};

// Every table: rows, bytes, ratio.
Status InspectDatabase(const DatabaseVersion& version, const InspectOptions& options,
                       TextSink* sink);
// A table: its columns summed over segments, with each one's share of the bytes.
Status InspectTable(const DatabaseVersion& version, const TableSchema& table,
                    const InspectOptions& options, TextSink* sink);
// A column: a line a segment.
Status InspectColumn(const DatabaseVersion& version, const TableSchema& table,
                     const ColumnSchema& column, const InspectOptions& options, TextSink* sink);

}  // namespace shale
