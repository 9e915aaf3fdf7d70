// What a load did, for people and for programs. Plain data and pure functions.
#pragma once

#include <cstdint>
#include <string>

#include "storage/table/store.h"
#include "tools/load/pipeline.h"

namespace shale {

struct LoadSummary {
  std::string table;
  size_t num_files = 0;
  LoadCounts counts;
  bool loaded = false;        // what was read is in the table
  uint64_t resumed_rows = 0;  // there already, from an interrupted load
  int64_t elapsed_us = 0;
  std::string rejects_path;  // "" when no row was refused
  std::string limit;         // --max-errors
  // The whole table, after the load.
  uint64_t table_rows = 0;
  uint64_t disk_bytes = 0;
  uint64_t num_partitions = 0;
};

// Fills the last three from a snapshot.
Status MeasureTable(const DatabaseVersion& version, TableId table, LoadSummary* summary);

std::string SummaryInWords(const LoadSummary& summary);  // lines
std::string SummaryAsJson(const LoadSummary& summary);   // one object, one line

}  // namespace shale
