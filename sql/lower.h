// Plan to pipelines: ids become positions, pipeline breakers become sinks.
#pragma once

#include <memory>
#include <vector>

#include "engine/exec/pipeline.h"
#include "sql/plan.h"

namespace shale {

struct LoweredQuery {
  std::vector<Pipeline> pipelines;  // the last one ends in the sink that was given
};

// `result`: the columns to hand to `sink`, in order. With `analyze`, plan nodes get profiles.
StatusOr<LoweredQuery> LowerQuery(Plan* plan, const std::vector<PlanColumn>& result,
                                  Snapshot snapshot, std::shared_ptr<Sink> sink, bool analyze);

}  // namespace shale
