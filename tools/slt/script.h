// A sqllogictest script as records: the common ground of SQLite's and DuckDB's formats, plus three
// directives of our own (docs/testing.md). Plain data; parsing knows no database.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"

namespace shale {

struct SltRecord {
  enum class Kind : uint8_t {
    kStatement,  // statement ok | error [expected] | maybe | count N
    kQuery,      // query TYPES [nosort|rowsort|valuesort] [label]; query error [expected]
    kLoop,       // loop NAME FROM TO (TO excluded)
    kForeach,    // foreach NAME VALUE…
    kEndLoop,
    kHalt,
    kRequire,      // require NAME: something of another database's
    kRequireFile,  // require-file PATH
    kExecLoad,     // exec-load [exit N] ARGUMENTS of `shale load`
    kMode,         // mode skip | unskip | …
    kNoEffect,     // hash-threshold, sleep and the like
    kUnsupported,  // ends the file as skipped: restart, load …
  };
  enum class Expect : uint8_t { kOk, kError, kMaybe, kCount };
  enum class Sort : uint8_t { kNone, kRows, kValues };

  Kind kind = Kind::kNoEffect;
  int line = 0;
  bool skipped = false;            // by skipif / onlyif
  std::vector<std::string> words;  // the directive's line
  // statement and query
  std::string sql;
  std::string connection;  // "" is the first one
  Expect expect = Expect::kOk;
  std::string expected_error;  // part of the text, or a regular expression; "" for any
  uint64_t expected_count = 0;
  std::string types;  // of a query: one letter a column
  Sort sort = Sort::kNone;
  std::string label;
  bool has_results = false;  // there was a ---- line
  std::vector<std::string> results;
};

// InvalidArgument names the line of what cannot be read.
StatusOr<std::vector<SltRecord>> ParseSltScript(std::string_view text);

}  // namespace shale
