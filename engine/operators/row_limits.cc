#include "engine/operators/row_limits.h"

#include <algorithm>
#include <optional>

#include "engine/base/sync.h"
#include "engine/expr/evaluator.h"
#include "engine/operators/filter.h"
#include "engine/operators/grouper.h"
#include "engine/operators/sort_keys.h"

namespace shale {
namespace {

// ---- limit by -----------------------------------------------------------------------------------

struct LimitByState : WorkerState {
  std::vector<Evaluator> keys;
  std::vector<uint32_t> groups;
  std::vector<uint32_t> rows;
};

class LimitBy : public Operator {
 public:
  LimitBy(std::vector<ExprPtr> keys, int64_t limit, int64_t offset)
      : keys_(std::move(keys)), limit_(limit), offset_(offset) {}

  WorkerStatePtr MakeState(ExecutionContext* context) override {
    MutexLock lock(&mutex_);
    if (!begun_) {
      begun_ = true;
      std::vector<Type> types;
      for (const ExprPtr& key : keys_) types.push_back(key->type);
      StatusOr<KeyLayout> layout = MakeKeyLayout(types, 1, context->memory);
      status_ = layout.status();
      if (layout.ok()) {
        layout_ = *std::move(layout);
        grouper_.emplace(&layout_, sizeof(uint64_t), context->memory);
      }
    }
    auto state = std::make_unique<LimitByState>();
    for (const ExprPtr& key : keys_) state->keys.emplace_back(key, &context->functions);
    return state;
  }

  StatusOr<Flow> Process(WorkerState* worker, Chunk input, const Emit& emit) override {
    auto* state = static_cast<LimitByState*>(worker);
    std::vector<Vector> keys;
    for (Evaluator& key : state->keys) {
      ASSIGN_OR_RETURN(Vector values, key.Evaluate(input));
      keys.push_back(std::move(values));
    }
    state->groups.resize(input.num_rows);
    state->rows.clear();
    {
      MutexLock lock(&mutex_);
      RETURN_IF_ERROR(status_);
      bool uniform = false;
      for (Vector& key : keys) {
        if (keys.size() > 1 && key.is_run()) key = key.Flatten();
      }
      RETURN_IF_ERROR(grouper_->Group(keys, input.num_rows, state->groups.data(), &uniform));
      GroupTable& table = grouper_->table();
      std::byte* states = table.states();
      const size_t stride = table.row_bytes();
      const uint64_t end = limit_ < 0 ? UINT64_MAX : static_cast<uint64_t>(offset_) + limit_;
      for (uint32_t i = 0; i < input.num_rows; ++i) {
        auto* seen = reinterpret_cast<uint64_t*>(states + state->groups.data()[i] * stride);
        if (*seen >= static_cast<uint64_t>(offset_) && *seen < end) state->rows.push_back(i);
        ++*seen;
      }
    }
    if (state->rows.empty()) return Flow::kMore;
    if (state->rows.size() == input.num_rows) return emit(std::move(input));
    return emit(input.Gather(state->rows.data(), state->rows.size()));
  }

 private:
  const std::vector<ExprPtr> keys_;
  const int64_t limit_;
  const int64_t offset_;
  Mutex mutex_;
  bool begun_ SHALE_GUARDED_BY(mutex_) = false;
  Status status_ SHALE_GUARDED_BY(mutex_);
  KeyLayout layout_ SHALE_GUARDED_BY(mutex_);
  std::optional<Grouper> grouper_ SHALE_GUARDED_BY(mutex_);
};

// ---- with ties ----------------------------------------------------------------------------------

struct TiesState : WorkerState {
  std::vector<Evaluator> keys;
  int64_t seen = 0;
  std::vector<Vector> last;  // the keys of the last row within the limit, one row each
};

class LimitWithTies : public Operator {
 public:
  LimitWithTies(std::vector<SortKey> keys, int64_t limit, int64_t offset)
      : keys_(std::move(keys)), limit_(limit), offset_(offset) {
    for (const SortKey& key : keys_) orders_.push_back({key.descending, key.nulls_first});
  }

  WorkerStatePtr MakeState(ExecutionContext* context) override {
    auto state = std::make_unique<TiesState>();
    for (const SortKey& key : keys_) state->keys.emplace_back(key.expr, &context->functions);
    return state;
  }

  StatusOr<Flow> Process(WorkerState* worker, Chunk input, const Emit& emit) override {
    auto* state = static_cast<TiesState*>(worker);
    if (limit_ == 0) return Flow::kDone;
    std::vector<Vector> keys;
    for (Evaluator& key : state->keys) {
      ASSIGN_OR_RETURN(Vector values, key.Evaluate(input));
      keys.push_back(ForSorting(std::move(values)));
    }
    const auto rows = static_cast<int64_t>(input.num_rows);
    const int64_t begin = std::exchange(state->seen, state->seen + rows);
    const int64_t end = limit_ > INT64_MAX - offset_ ? INT64_MAX : offset_ + limit_;
    const int64_t first = std::clamp<int64_t>(offset_ - begin, 0, rows);
    int64_t last = std::clamp<int64_t>(end - begin, 0, rows);
    if (last > 0 && begin + last == end) {
      const auto row = static_cast<uint32_t>(last - 1);
      for (const Vector& key : keys) state->last.push_back(key.Gather(&row, 1));
    }
    bool done = false;
    if (begin + last >= end) {
      while (last < rows && CompareKeys(keys, last, state->last, 0, orders_, 0) == 0) ++last;
      done = last < rows;
    }
    if (first < last) {
      ASSIGN_OR_RETURN(Flow flow, emit(input.Slice(static_cast<size_t>(first),
                                                   static_cast<size_t>(last - first))));
      if (flow == Flow::kDone) return flow;
    }
    return done ? Flow::kDone : Flow::kMore;
  }

 private:
  const std::vector<SortKey> keys_;
  std::vector<SortOrder> orders_;
  const int64_t limit_;
  const int64_t offset_;
};

// ---- computed -----------------------------------------------------------------------------------

struct NoState : WorkerState {};

class NumberSink : public Sink {
 public:
  NumberSink(std::string clause, LimitNumber* number)
      : clause_(std::move(clause)), number_(number) {}
  WorkerStatePtr MakeState(ExecutionContext*) override { return std::make_unique<NoState>(); }
  StatusOr<Flow> Consume(WorkerState*, Chunk input) override {
    if (input.num_rows == 0) return Flow::kMore;
    MutexLock lock(&mutex_);
    const Value value = input.columns[0].GetValue(0);
    if (value.is_null()) return Flow::kMore;
    if (value.AsInt() < 0) return InvalidArgument("{} must not be negative", clause_);
    number_->value = value.AsInt();
    return Flow::kMore;
  }
  Status Combine(WorkerState*) override { return OkStatus(); }
  Status Finalize(ExecutionContext*) override { return OkStatus(); }

 private:
  const std::string clause_;
  Mutex mutex_;
  LimitNumber* const number_;
};

class ComputedLimit : public Operator {
 public:
  ComputedLimit(std::shared_ptr<LimitNumber> limit, std::shared_ptr<LimitNumber> offset)
      : limit_(std::move(limit)), offset_(std::move(offset)) {}
  WorkerStatePtr MakeState(ExecutionContext* context) override {
    MutexLock lock(&mutex_);
    if (!inner_) inner_ = MakeLimit(limit_ ? limit_->value : -1, offset_ ? offset_->value : 0);
    return inner_->MakeState(context);
  }
  StatusOr<Flow> Process(WorkerState* state, Chunk input, const Emit& emit) override {
    return inner_->Process(state, std::move(input), emit);
  }

 private:
  const std::shared_ptr<LimitNumber> limit_, offset_;
  Mutex mutex_;
  std::shared_ptr<Operator> inner_;  // made by the first worker's MakeState, then only read
};

}  // namespace

std::shared_ptr<LimitNumber> MakeLimitNumber(std::string_view clause) {
  auto number = std::make_shared<LimitNumber>();
  number->sink = std::make_shared<NumberSink>(std::string(clause), number.get());
  return number;
}

std::shared_ptr<Operator> MakeComputedLimit(std::shared_ptr<LimitNumber> limit,
                                            std::shared_ptr<LimitNumber> offset) {
  return std::make_shared<ComputedLimit>(std::move(limit), std::move(offset));
}

std::shared_ptr<Operator> MakeLimitBy(std::vector<ExprPtr> keys, int64_t limit, int64_t offset) {
  return std::make_shared<LimitBy>(std::move(keys), limit, offset);
}

std::shared_ptr<Operator> MakeLimitWithTies(std::vector<SortKey> keys, int64_t limit,
                                            int64_t offset) {
  return std::make_shared<LimitWithTies>(std::move(keys), limit, offset);
}

}  // namespace shale
