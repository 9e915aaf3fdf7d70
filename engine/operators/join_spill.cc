// A join whose build side does not fit into memory: see JoinTable.
#include <algorithm>

#include "engine/operators/join_table.h"

namespace shale {
namespace {

bool AnyVolatile(const std::vector<ExprPtr>& exprs) {
  return std::any_of(exprs.begin(), exprs.end(), [](const ExprPtr& expr) {
    return VolatilityOf(*expr) == Volatility::kVolatile;
  });
}

// The keys over a chunk, as hashes.
StatusOr<std::vector<Vector>> Evaluated(std::vector<Evaluator>* keys, const Chunk& chunk) {
  std::vector<Vector> values;
  for (Evaluator& key : *keys) {
    ASSIGN_OR_RETURN(Vector value, key.Evaluate(chunk));
    values.push_back(value.is_run() ? value.Flatten() : std::move(value));
  }
  return values;
}

}  // namespace

// Keys are evaluated more than once. A mark that depends on which columns of a key are NULL needs
// all rows together.
bool JoinCanSpill(const JoinTable& join, const ExecutionContext& context) {
  return context.spill != nullptr && !join.build_keys.empty() && join.level < kMaxSpillLevel &&
         !join.needs_keys() && CanSpill(join.build_types) && CanSpill(join.probe_types) &&
         !AnyVolatile(join.build_keys) && !AnyVolatile(join.probe_keys);
}

Status DealBuildRows(JoinTable* join, ExecutionContext* context, const Chunk& chunk,
                     std::vector<Evaluator>* keys) {
  {
    MutexLock lock(&join->mutex);
    if (!join->build_parts) {
      ASSIGN_OR_RETURN(join->build_parts,
                       SpillParts::Create(*context, join->build_types, join->level));
    }
  }
  ASSIGN_OR_RETURN(std::vector<Vector> values, Evaluated(keys, chunk));
  for (size_t k = 0; join->kind == JoinKind::kMark && k < values.size(); ++k) {
    if (!values[k].has_nulls() || join->null_safe[k]) continue;
    for (size_t i = 0; i < chunk.num_rows; ++i) {
      if (values[k].IsNull(i)) join->met_null.store(true, std::memory_order_relaxed);
    }
  }
  std::vector<uint64_t> hashes(chunk.num_rows);
  HashRows(values, chunk.num_rows, hashes.data());
  return join->build_parts->Add(chunk, hashes.data());
}

Status DealProbeRows(JoinTable* join, ExecutionContext* context, const Chunk& chunk,
                     std::vector<Evaluator>* keys) {
  SpillParts* parts;
  {
    MutexLock lock(&join->mutex);
    if (!join->probe_parts) {
      ASSIGN_OR_RETURN(join->probe_parts,
                       SpillParts::Create(*context, join->probe_types, join->level));
    }
    parts = join->probe_parts.get();
  }
  ASSIGN_OR_RETURN(std::vector<Vector> values, Evaluated(keys, chunk));
  std::vector<uint64_t> hashes(chunk.num_rows);
  HashRows(values, chunk.num_rows, hashes.data());
  return parts->Add(chunk, hashes.data());
}

std::shared_ptr<JoinTable> MakeJoinTable(const JoinTable& like, int level) {
  auto join = std::make_shared<JoinTable>();
  join->kind = like.kind;
  join->probe_keys = like.probe_keys;
  join->build_keys = like.build_keys;
  join->null_safe = like.null_safe;
  join->residual = like.residual;
  join->probe_types = like.probe_types;
  join->build_types = like.build_types;
  join->level = level;
  join->others_have_rows = like.any_rows();
  join->others_have_nulls = like.met_null.load() || like.others_have_nulls;
  return join;
}

// A probe that stands in several branches of a pipeline, or is used again by a recursion, comes
// here once for each: the build side stays on disk, probe rows are those since the last time.
StatusOr<Flow> JoinParts(JoinTable* join, ExecutionContext* context, const Emit& emit) {
  if (join->probing.fetch_sub(1) != 1) return Flow::kMore;
  std::unique_ptr<SpillParts> probe;
  {
    MutexLock lock(&join->mutex);
    probe = std::move(join->probe_parts);
  }
  if (join->keeps_build() ? join->unmet_taken.exchange(true) : probe == nullptr) {
    return Flow::kMore;
  }
  if (probe) RETURN_IF_ERROR(probe->Flush());
  join->spilled_bytes.store(join->build_parts->bytes() + join->spilled_bytes.load() +
                            (probe ? probe->bytes() : 0));
  ExecutionContext alone = *context;
  alone.num_workers = 1;
  for (size_t p = 0; p < SpillParts::kParts; ++p) {
    const uint64_t probe_rows = probe ? probe->rows(p) : 0;
    if (probe_rows == 0 && !join->keeps_build()) continue;
    if (join->build_parts->rows(p) == 0 && join->drops_probe()) continue;
    std::shared_ptr<JoinTable> part = MakeJoinTable(*join, join->level + 1);
    std::shared_ptr<Sink> build = MakeJoinBuild(part);
    {
      WorkerStatePtr state = build->MakeState(&alone);
      RETURN_IF_ERROR(join->build_parts->Read(p, context->cancellation, [&](Chunk chunk) {
        return build->Consume(state.get(), std::move(chunk)).status();
      }));
      RETURN_IF_ERROR(build->Combine(state.get()));
    }
    RETURN_IF_ERROR(build->Finalize(&alone));
    std::shared_ptr<Operator> operation = MakeHashProbe(part);
    WorkerStatePtr state = operation->MakeState(&alone);
    Flow flow = Flow::kMore;
    if (probe_rows > 0) {
      RETURN_IF_ERROR(probe->Read(p, context->cancellation, [&](Chunk chunk) -> Status {
        if (flow == Flow::kDone) return OkStatus();
        ASSIGN_OR_RETURN(flow, operation->Process(state.get(), std::move(chunk), emit));
        return OkStatus();
      }));
    }
    // Process is through, too, with a part that is without build rows.
    const bool receiver_done = flow == Flow::kDone && part->num_rows > 0;
    if (receiver_done) return Flow::kDone;
    ASSIGN_OR_RETURN(flow, operation->Finish(state.get(), emit));
    if (flow == Flow::kDone) return Flow::kDone;
  }
  return Flow::kMore;
}

}  // namespace shale
