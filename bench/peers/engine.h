// Engine: one database program, driven in-process from SQL text to its last row. Shale is linked
// in; DuckDB and ClickHouse are C libraries loaded by name at run time, never needed to build. One
// thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/status.h"

namespace shale::bench {

// A whole answer as text.
struct Answer {
  std::vector<std::string> names;
  std::vector<std::vector<std::string>> rows;
};

struct EngineOptions {
  std::string library;   // of a peer
  std::string database;  // its folder or file
  int threads = 2;
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::string version() const = 0;
  // Runs `sql`, fetches every row and drops it; returns the number of rows (0 when not told).
  virtual StatusOr<uint64_t> Run(const std::string& sql) = 0;
  virtual StatusOr<Answer> Ask(const std::string& sql) = 0;
  // Fills an existing table from a file without a header ("tsv") or with names ("csv", "ndjson");
  // durable when it returns.
  virtual Status Load(const std::string& table, const std::string& format,
                      const std::string& path) = 0;
};

StatusOr<std::unique_ptr<Engine>> OpenShale(const EngineOptions& options);
StatusOr<std::unique_ptr<Engine>> OpenDuckDb(const EngineOptions& options);
StatusOr<std::unique_ptr<Engine>> OpenClickHouse(const EngineOptions& options);

}  // namespace shale::bench
