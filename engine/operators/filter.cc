#include "engine/operators/filter.h"

#include <algorithm>
#include <atomic>

#include "engine/expr/evaluator.h"

namespace shale {
namespace {

// ---- filter -------------------------------------------------------------------------------------

struct FilterState : WorkerState {
  FilterState(const std::vector<ExprPtr>& conjuncts, const FunctionContext* context)
      : rows(kChunkRows) {
    for (const ExprPtr& conjunct : conjuncts) evaluators.emplace_back(conjunct, context);
  }
  std::vector<Evaluator> evaluators;
  std::vector<uint32_t> rows;
};

class Filter : public Operator {
 public:
  explicit Filter(std::vector<ExprPtr> conjuncts) : conjuncts_(std::move(conjuncts)) {}

  WorkerStatePtr MakeState(ExecutionContext* context) override {
    return std::make_unique<FilterState>(conjuncts_, &context->functions);
  }
  // One conjunct after another, each over the survivors of those before.
  StatusOr<Flow> Process(WorkerState* worker, Chunk input, const Emit& emit) override {
    auto* state = static_cast<FilterState*>(worker);
    if (state->rows.size() < input.num_rows) state->rows.resize(input.num_rows);
    for (Evaluator& evaluator : state->evaluators) {
      if (input.num_rows == 0) return Flow::kMore;
      ASSIGN_OR_RETURN(size_t count, evaluator.Select(input, state->rows.data()));
      if (count == 0) return Flow::kMore;
      if (count < input.num_rows) input = input.Gather(state->rows.data(), count);
    }
    if (input.num_rows == 0) return Flow::kMore;
    return emit(std::move(input));
  }

 private:
  std::vector<ExprPtr> conjuncts_;
};

// ---- project ------------------------------------------------------------------------------------

struct ProjectState : WorkerState {
  std::vector<std::unique_ptr<Evaluator>> evaluators;  // null where a column passes through
};

class Project : public Operator {
 public:
  explicit Project(std::vector<ExprPtr> exprs) : exprs_(std::move(exprs)) {}

  WorkerStatePtr MakeState(ExecutionContext* context) override {
    auto state = std::make_unique<ProjectState>();
    for (const ExprPtr& expr : exprs_) {
      state->evaluators.push_back(expr->kind == Expr::Kind::kColumn
                                      ? nullptr
                                      : std::make_unique<Evaluator>(expr, &context->functions));
    }
    return state;
  }
  StatusOr<Flow> Process(WorkerState* worker, Chunk input, const Emit& emit) override {
    auto* state = static_cast<ProjectState*>(worker);
    Chunk output;
    output.num_rows = input.num_rows;
    output.columns.reserve(exprs_.size());
    for (size_t i = 0; i < exprs_.size(); ++i) {
      if (state->evaluators[i] == nullptr) {
        output.columns.push_back(input.columns[exprs_[i]->column_index]);
        continue;
      }
      ASSIGN_OR_RETURN(Vector column, state->evaluators[i]->Evaluate(input));
      output.columns.push_back(std::move(column));
    }
    return emit(std::move(output));
  }

 private:
  std::vector<ExprPtr> exprs_;
};

// ---- limit --------------------------------------------------------------------------------------

struct NoState : WorkerState {};

// All workers draw from one count of rows; with one worker that is the order of the rows.
class Limit : public Operator {
 public:
  Limit(int64_t limit, int64_t offset) : limit_(limit), offset_(offset) {}

  WorkerStatePtr MakeState(ExecutionContext*) override { return std::make_unique<NoState>(); }

  StatusOr<Flow> Process(WorkerState*, Chunk input, const Emit& emit) override {
    const auto rows = static_cast<int64_t>(input.num_rows);
    const int64_t begin = seen_.fetch_add(rows, std::memory_order_relaxed);
    // The rows [first, last) of all that are wanted, cut to this chunk.
    const int64_t first = std::max(offset_ - begin, int64_t{0});
    int64_t last = rows;
    bool done = false;
    if (limit_ >= 0) {
      const int64_t end = limit_ > INT64_MAX - offset_ ? INT64_MAX : offset_ + limit_;
      if (begin >= end) return Flow::kDone;
      if (end - begin <= rows) {
        last = end - begin;
        done = true;
      }
    }
    if (first < last) {
      const bool whole = first == 0 && last == rows;
      ASSIGN_OR_RETURN(Flow flow, emit(whole ? std::move(input)
                                             : input.Slice(static_cast<size_t>(first),
                                                           static_cast<size_t>(last - first))));
      if (flow == Flow::kDone) return flow;
    }
    return done ? Flow::kDone : Flow::kMore;
  }

 private:
  const int64_t limit_;
  const int64_t offset_;
  std::atomic<int64_t> seen_{0};
};

}  // namespace

std::shared_ptr<Operator> MakeFilter(std::vector<ExprPtr> conjuncts) {
  return std::make_shared<Filter>(std::move(conjuncts));
}
std::shared_ptr<Operator> MakeProject(std::vector<ExprPtr> exprs) {
  return std::make_shared<Project>(std::move(exprs));
}
std::shared_ptr<Operator> MakeLimit(int64_t limit, int64_t offset) {
  return std::make_shared<Limit>(limit, std::max<int64_t>(offset, 0));
}

}  // namespace shale
