// Runs sqllogictest scripts, each on a fresh database in memory. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/base/status.h"

namespace shale {

struct SltOptions {
  int db_workers = 0;  // of each database; 0: one a core
  int64_t max_failures_shown = 20;
  bool verbose = false;               // a line for every file
  std::vector<std::string> settings;  // NAME=VALUE of every connection
  // ${NAME} in scripts, beside loops' own variables.
  std::map<std::string, std::string> variables;
};

struct SltCounts {
  int64_t passed = 0;
  int64_t failed = 0;
  int64_t skipped = 0;
  std::vector<std::string> failures;       // "file:line: …" with SQL, expected and got
  std::vector<std::string> skipped_files;  // "file: why"
};

// Runs one script, adding to *counts. A script that cannot be read counts as one failure.
void RunSltFile(const std::string& path, const SltOptions& options, SltCounts* counts);

// Scripts under a folder (*.test, *.slt, *.test_slow left out), sorted; or the file itself.
// NotFound when there is neither.
StatusOr<std::vector<std::string>> FindSltFiles(const std::string& path);

}  // namespace shale
