// A query's pipelines and the scheduler that runs them: one pipeline after another, each by all
// workers (morsel-driven: Leis et al., SIGMOD 2014). A pipeline may have several sources (UNION
// ALL), drained one after another through their own operators into one sink.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/exec/operator.h"

namespace shale {

// What EXPLAIN ANALYZE shows of one part: summed over workers.
struct PartProfile {
  std::atomic<int64_t> rows_out{0};  // for a sink: rows in
  std::atomic<int64_t> time_us{0};   // of the part itself, not of those it calls
};

struct Pipeline {
  struct Branch {
    // Made when the pipeline starts, since it may be an earlier sink's result.
    std::function<StatusOr<std::unique_ptr<Source>>()> make_source;
    std::vector<std::shared_ptr<Operator>> operators;
    // Filled when context->analyze: source, then each operator. Owned by the plan's explain nodes.
    std::vector<std::shared_ptr<PartProfile>> profiles;
    // Optional, filled at the end: of the source, and of each operator (null: of no interest).
    std::shared_ptr<std::vector<std::string>> source_details;
    std::vector<std::shared_ptr<std::vector<std::string>>> operator_details;
  };
  std::vector<Branch> branches;
  std::shared_ptr<Sink> sink;
  std::shared_ptr<PartProfile> sink_profile;
  bool single_worker = false;  // order matters (LIMIT without ORDER BY stays unordered: no)
};

// Runs `pipelines` in order with context->num_workers threads (the caller's is one of them). The
// first error cancels the rest and is returned.
Status RunPipelines(std::vector<Pipeline>& pipelines, ExecutionContext* context);

// Runs body(worker) for worker in [0, num_workers), the caller's thread being worker 0; returns the
// first error. For sinks that finalize in parallel.
Status RunParallel(int num_workers, const std::function<Status(int worker)>& body);

}  // namespace shale
