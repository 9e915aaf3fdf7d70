// Sinks and sources over chunks in memory: query results, VALUES, CTEs read twice.
#pragma once

#include <memory>
#include <vector>

#include "engine/exec/operator.h"

namespace shale {

// Keeps every chunk; chunks() is valid after Finalize (any order across workers). MakeSource reads
// them again, shared by all workers.
class CollectSink : public SinkSource {
 public:
  virtual const std::vector<Chunk>& chunks() const = 0;
  virtual std::shared_ptr<const std::vector<Chunk>> shared() const = 0;
};
std::shared_ptr<CollectSink> MakeCollect();

// Hands chunks to `consume` one at a time, under a lock, as they come (ordered when one worker).
std::shared_ptr<Sink> MakeStream(std::function<StatusOr<Flow>(Chunk)> consume);

// first, first + step, … : `count` numbers of an integer type.
struct NumberSeries {
  Type type;
  int64_t first = 0;
  int64_t step = 1;
  int64_t count = 0;
};
// Shared by all workers, made as it is read.
std::unique_ptr<Source> MakeSeriesSource(NumberSeries series);

// Each chunk once, shared by all workers.
std::unique_ptr<Source> MakeChunkSource(std::shared_ptr<const std::vector<Chunk>> chunks);

// Ordered results (sort, top-n) come from a source in order only with one worker: read such a
// source to its end in order.
Status Drain(Source& source, ExecutionContext* context,
             const std::function<StatusOr<Flow>(Chunk)>& consume);

}  // namespace shale
