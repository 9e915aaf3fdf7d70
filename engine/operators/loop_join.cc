// Joins without keys: each row of one side against a chunk of the other, so that the condition is
// computed over whole vectors with the single row as constants.
#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/expr/evaluator.h"
#include "engine/operators/join_table.h"

namespace shale {
namespace {

// From this many rows on a chunk is handed on as it is, with the other side's row as constants.
constexpr size_t kRowsWhole = 1024;

struct LoopWorker : WorkerState {
  std::unique_ptr<Evaluator> residual;
  const Cancellation* cancellation = nullptr;
  std::vector<uint8_t> matched;
  std::vector<uint8_t> maybe;
  std::vector<uint32_t> probe_rows;  // pairs that are to be emitted
  std::vector<uint32_t> build_rows;
  std::vector<uint32_t> selected;
  std::vector<uint32_t> open;  // kSemi, kAnti, kMark: probe rows without a match so far
  size_t num_pairs = 0;
};

class LoopProbe : public JoinProbe {
 public:
  using JoinProbe::JoinProbe;

  WorkerStatePtr MakeState(ExecutionContext* context) override {
    auto worker = std::make_unique<LoopWorker>();
    if (join_->residual) {
      worker->residual = std::make_unique<Evaluator>(join_->residual, &context->functions);
    }
    worker->cancellation = context->cancellation;
    worker->probe_rows.resize(kChunkRows);
    worker->build_rows.resize(kChunkRows);
    Begin();
    return worker;
  }

  StatusOr<Flow> Finish(WorkerState*, const Emit& emit) override { return End(emit); }

  StatusOr<Flow> Process(WorkerState* state, Chunk input, const Emit& emit) override {
    auto* worker = static_cast<LoopWorker*>(state);
    const JoinTable& join = *join_;
    if (input.num_rows == 0) return Flow::kMore;
    if (join.num_rows == 0 && (join.kind == JoinKind::kInner || join.kind == JoinKind::kSemi ||
                               join.kind == JoinKind::kRight)) {
      return Flow::kDone;
    }
    for (Vector& column : input.columns) {
      if (column.is_run()) column = column.Flatten();
    }
    worker->selected.resize(std::max<size_t>(kChunkRows, input.num_rows));
    worker->matched.assign(input.num_rows, 0);
    if (join.emits_build()) {
      ASSIGN_OR_RETURN(Flow flow, join.residual ? EmitMatches(worker, input, emit)
                                                : EmitProduct(worker, input, emit));
      if (flow == Flow::kDone || !join.keeps_probe()) return flow;
      return EmitUnmatched(input, worker->matched.data(), emit);
    }
    worker->maybe.assign(input.num_rows, 0);
    if (join.residual == nullptr) {
      std::fill(worker->matched.begin(), worker->matched.end(), join.num_rows > 0);
    } else {
      RETURN_IF_ERROR(FindMatches(worker, input));
    }
    if (join.kind != JoinKind::kMark) {
      return EmitExisting(std::move(input), worker->matched.data(), emit);
    }
    Vector mark = Vector::Flat(TypeId::kBoolean, input.num_rows);
    std::memcpy(mark.mutable_values<uint8_t>(), worker->matched.data(), input.num_rows);
    for (size_t i = 0; i < input.num_rows; ++i) {
      if (!worker->matched.data()[i] && worker->maybe.data()[i]) mark.SetNull(i);
    }
    input.columns.push_back(std::move(mark));
    return emit(std::move(input));
  }

 private:
  Status Stopped(const LoopWorker& worker) const {
    return worker.cancellation ? worker.cancellation->Check() : OkStatus();
  }

  size_t num_blocks() const { return (join_->num_rows + kChunkRows - 1) / kChunkRows; }
  size_t BlockRows(size_t block) const {
    return std::min<size_t>(kChunkRows, join_->num_rows - block * kChunkRows);
  }

  // Every pair. What is long stays as it is, what is short is repeated.
  StatusOr<Flow> EmitProduct(LoopWorker* worker, const Chunk& input, const Emit& emit) {
    const JoinTable& join = *join_;
    for (size_t i = 0; i < input.num_rows && join.num_rows > 0; ++i) worker->matched.data()[i] = 1;
    if (join.kind == JoinKind::kSingle && join.num_rows > 1) {
      const uint32_t rows[] = {0, 0};
      worker->matched.data()[0] = 0;
      return Meet(rows, rows, 2, worker->matched.data());
    }
    for (size_t row = 0; join.keeps_build() && row < join.num_rows; ++row) {
      join.met[row].store(1, std::memory_order_relaxed);
    }
    if (input.num_rows >= kRowsWhole && join.num_rows < input.num_rows) {
      for (size_t row = 0; row < join.num_rows; ++row) {
        RETURN_IF_ERROR(Stopped(*worker));
        Chunk output = input;
        for (size_t c = 0; c < join.columns.size(); ++c) {
          output.columns.push_back(join.Repeat(c, row, input.num_rows));
        }
        ASSIGN_OR_RETURN(Flow flow, emit(std::move(output)));
        if (flow == Flow::kDone) return flow;
      }
      return Flow::kMore;
    }
    if (join.num_rows >= kRowsWhole) {
      for (uint32_t i = 0; i < input.num_rows; ++i) {
        for (size_t block = 0; block < num_blocks(); ++block) {
          RETURN_IF_ERROR(Stopped(*worker));
          Chunk output;
          output.num_rows = BlockRows(block);
          for (const Vector& column : input.columns) {
            output.columns.push_back(Repeat(column, i, output.num_rows));
          }
          for (const Vector& column : join.columns) {
            output.columns.push_back(column.Slice(block * kChunkRows, output.num_rows));
          }
          ASSIGN_OR_RETURN(Flow flow, emit(std::move(output)));
          if (flow == Flow::kDone) return flow;
        }
      }
      return Flow::kMore;
    }
    worker->num_pairs = 0;
    for (uint32_t i = 0; i < input.num_rows; ++i) {
      for (uint32_t row = 0; row < join.num_rows; ++row) {
        ASSIGN_OR_RETURN(Flow flow, Add(worker, input, i, row, emit));
        if (flow == Flow::kDone) return flow;
      }
    }
    return Flush(worker, input, emit);
  }

  static Vector Repeat(const Vector& column, size_t row, size_t count) {
    const Value value = column.GetValue(row);
    return value.is_null() ? Vector::ConstantNull(column.type(), count)
                           : Vector::Constant(value, count);
  }

  StatusOr<Flow> Add(LoopWorker* worker, const Chunk& input, uint32_t probe_row, uint32_t build_row,
                     const Emit& emit) {
    worker->probe_rows.data()[worker->num_pairs] = probe_row;
    worker->build_rows.data()[worker->num_pairs] = build_row;
    if (++worker->num_pairs < kChunkRows) return Flow::kMore;
    return Flush(worker, input, emit);
  }

  StatusOr<Flow> Flush(LoopWorker* worker, const Chunk& input, const Emit& emit) {
    const size_t count = std::exchange(worker->num_pairs, 0);
    if (count == 0) return Flow::kMore;
    RETURN_IF_ERROR(Stopped(*worker));
    return emit(Pairs(input, worker->probe_rows.data(), worker->build_rows.data(), count));
  }

  // The condition's input: the columns of one side as they are; the other side's row is to be
  // fixed.
  Chunk ProbeInput(const Chunk& input) const {
    Chunk pairs;
    pairs.num_rows = input.num_rows;
    pairs.columns.resize(join_->probe_types.size() + join_->build_types.size());
    for (size_t column : residual_columns_) {
      if (column < input.columns.size()) pairs.columns[column] = input.columns[column];
    }
    return pairs;
  }
  Chunk BuildInput(const Chunk& input, size_t block) const {
    Chunk pairs;
    pairs.num_rows = BlockRows(block);
    pairs.columns.resize(join_->probe_types.size() + join_->build_types.size());
    for (size_t column : residual_columns_) {
      if (column < input.columns.size()) continue;
      pairs.columns[column] =
          join_->columns[column - input.columns.size()].Slice(block * kChunkRows, pairs.num_rows);
    }
    return pairs;
  }
  void FixProbeRow(const Chunk& input, size_t row, Chunk* pairs) const {
    for (size_t column : residual_columns_) {
      if (column < input.columns.size()) {
        pairs->columns[column] = Repeat(input.columns[column], row, pairs->num_rows);
      }
    }
  }
  void FixBuildRow(const Chunk& input, size_t row, Chunk* pairs) const {
    for (size_t column : residual_columns_) {
      if (column >= input.columns.size()) {
        pairs->columns[column] = join_->Repeat(column - input.columns.size(), row, pairs->num_rows);
      }
    }
  }

  StatusOr<Flow> EmitMatches(LoopWorker* worker, const Chunk& input, const Emit& emit) {
    const JoinTable& join = *join_;
    worker->num_pairs = 0;
    uint32_t* selected = worker->selected.data();
    const auto take = [&](size_t count, bool by_build, uint32_t fixed,
                          uint32_t first) -> StatusOr<Flow> {
      for (size_t i = 0; i < count; ++i) {
        const uint32_t probe_row = by_build ? selected[i] : fixed;
        const uint32_t build_row = by_build ? fixed : first + selected[i];
        RETURN_IF_ERROR(Meet(&probe_row, &build_row, 1, worker->matched.data()));
        ASSIGN_OR_RETURN(Flow flow, Add(worker, input, probe_row, build_row, emit));
        if (flow == Flow::kDone) return flow;
      }
      return Flow::kMore;
    };
    if (join.num_rows <= input.num_rows) {
      Chunk pairs = ProbeInput(input);
      for (uint32_t row = 0; row < join.num_rows; ++row) {
        RETURN_IF_ERROR(Stopped(*worker));
        FixBuildRow(input, row, &pairs);
        ASSIGN_OR_RETURN(const size_t count, worker->residual->Select(pairs, selected));
        ASSIGN_OR_RETURN(Flow flow, take(count, true, row, 0));
        if (flow == Flow::kDone) return flow;
      }
    } else {
      for (size_t block = 0; block < num_blocks(); ++block) {
        Chunk pairs = BuildInput(input, block);
        for (uint32_t i = 0; i < input.num_rows; ++i) {
          RETURN_IF_ERROR(Stopped(*worker));
          FixProbeRow(input, i, &pairs);
          ASSIGN_OR_RETURN(const size_t count, worker->residual->Select(pairs, selected));
          ASSIGN_OR_RETURN(Flow flow,
                           take(count, false, i, static_cast<uint32_t>(block * kChunkRows)));
          if (flow == Flow::kDone) return flow;
        }
      }
    }
    return Flush(worker, input, emit);
  }

  // kSemi, kAnti, kMark: which input rows have a match, or might have one.
  Status FindMatches(LoopWorker* worker, const Chunk& input) {
    const JoinTable& join = *join_;
    std::vector<uint32_t>& open = worker->open;
    open.resize(input.num_rows);
    for (uint32_t i = 0; i < input.num_rows; ++i) open.data()[i] = i;
    if (join.num_rows <= input.num_rows) {
      Chunk pairs = ProbeInput(input);
      for (uint32_t row = 0; row < join.num_rows && !open.empty(); ++row) {
        RETURN_IF_ERROR(Stopped(*worker));
        FixBuildRow(input, row, &pairs);
        ASSIGN_OR_RETURN(Vector truth, worker->residual->Evaluate(pairs));
        truth = truth.Flatten();
        const auto* values = truth.values<uint8_t>();
        const uint64_t* validity = truth.validity();
        size_t left = 0;
        for (size_t i = 0; i < pairs.num_rows; ++i) {
          const uint32_t probe_row = open.data()[i];
          const bool valid = validity == nullptr || BitIsSet(validity, i);
          if (valid && values[i]) {
            worker->matched.data()[probe_row] = 1;
            continue;
          }
          worker->maybe.data()[probe_row] |= !valid;
          worker->selected.data()[left] = static_cast<uint32_t>(i);
          open.data()[left++] = probe_row;
        }
        open.resize(left);
        if (left == pairs.num_rows) continue;
        for (size_t c : residual_columns_) {
          if (c >= input.columns.size()) continue;
          pairs.columns[c] = pairs.columns[c].Gather(worker->selected.data(), left);
        }
        pairs.num_rows = left;
      }
      return OkStatus();
    }
    for (size_t block = 0; block < num_blocks() && !open.empty(); ++block) {
      Chunk pairs = BuildInput(input, block);
      size_t left = 0;
      for (uint32_t probe_row : open) {
        RETURN_IF_ERROR(Stopped(*worker));
        FixProbeRow(input, probe_row, &pairs);
        ASSIGN_OR_RETURN(Vector truth, worker->residual->Evaluate(pairs));
        truth = truth.Flatten();
        const auto* values = truth.values<uint8_t>();
        const uint64_t* validity = truth.validity();
        bool found = false, unknown = false;
        for (size_t i = 0; i < pairs.num_rows; ++i) {
          const bool valid = validity == nullptr || BitIsSet(validity, i);
          found |= valid && values[i];
          unknown |= !valid;
        }
        worker->matched.data()[probe_row] = found;
        worker->maybe.data()[probe_row] |= unknown;
        if (!found) open.data()[left++] = probe_row;
      }
      open.resize(left);
    }
    return OkStatus();
  }
};

}  // namespace

std::shared_ptr<Operator> MakeLoopProbe(std::shared_ptr<JoinTable> join) {
  return std::make_shared<LoopProbe>(std::move(join));
}

}  // namespace shale
