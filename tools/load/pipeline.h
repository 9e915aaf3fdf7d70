// The road of a load: one thread reads blocks, workers parse them and append their rows to the
// bulk writer, the calling thread watches (progress, Ctrl-C). Memory is bounded: as many blocks are
// in flight as there are workers, and a few more.
//
// Without resuming, everything is one commit, made by the caller after Run. With it, Run commits
// every kResumeGroupBytes of text together with a token for them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "engine/base/status.h"
#include "storage/table/store.h"
#include "tools/load/options.h"
#include "tools/load/plan.h"
#include "tools/load/rejects_file.h"
#include "tools/load/resume.h"
#include "tools/load/text/reader.h"

namespace shale {

inline constexpr uint64_t kResumeGroupBytes = 32 << 20;
// Kinds of reasons that are told apart; further ones count as "other reasons".
inline constexpr size_t kMaxReasonKinds = 100;

struct LoadJob {
  Survey* survey = nullptr;
  const ColumnMapping* mapping = nullptr;
  const TableSchema* table = nullptr;
  std::vector<Value> defaults;  // one a column of the table
  BulkWriter* writer = nullptr;
  RejectsFile* rejects = nullptr;
  ResumeState* resume = nullptr;  // null: no resuming
  ErrorLimit limit;
  int num_workers = 1;
  bool show_progress = false;
};

struct LoadCounts {
  uint64_t num_rows = 0;  // appended
  uint64_t num_bad = 0;
  uint64_t text_bytes = 0;                          // decompressed, read (skipped ones too)
  uint64_t commits = 0;                             // made by Run
  std::map<std::string, uint64_t> reasons;          // see ReasonKind
  std::map<std::string, uint64_t> unknown_members;  // NDJSON: not in the table
  bool over_limit = false;   // more bad rows than allowed: the caller must not commit
  std::string first_reject;  // "file:line: column: reason"
};

// kCancelled after Ctrl-C. On an error or over_limit nothing is to be committed any more.
Status RunLoadPipeline(const LoadJob& job, LoadCounts* counts);

}  // namespace shale
