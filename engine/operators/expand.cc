#include "engine/operators/expand.h"

namespace shale {
namespace {

struct NoState : WorkerState {};

class Expand : public Operator {
 public:
  Expand(std::vector<size_t> keys, std::vector<std::vector<bool>> sets)
      : keys_(std::move(keys)), sets_(std::move(sets)) {}

  WorkerStatePtr MakeState(ExecutionContext*) override { return std::make_unique<NoState>(); }

  StatusOr<Flow> Process(WorkerState*, Chunk input, const Emit& emit) override {
    for (size_t s = 0; s < sets_.size(); ++s) {
      Chunk output = input;
      for (size_t k = 0; k < keys_.size(); ++k) {
        const Vector& key = input.columns[keys_[k]];
        output.columns.push_back(sets_[s][k] ? key
                                             : Vector::ConstantNull(key.type(), input.num_rows));
      }
      output.columns.push_back(
          Vector::Constant(Value::Int(TypeId::kInteger, static_cast<int64_t>(s)), input.num_rows));
      ASSIGN_OR_RETURN(Flow flow, emit(std::move(output)));
      if (flow == Flow::kDone) return flow;
    }
    return Flow::kMore;
  }

 private:
  const std::vector<size_t> keys_;
  const std::vector<std::vector<bool>> sets_;
};

class Repeat : public Operator {
 public:
  explicit Repeat(size_t count) : count_(count) {}

  WorkerStatePtr MakeState(ExecutionContext*) override { return std::make_unique<NoState>(); }

  StatusOr<Flow> Process(WorkerState*, Chunk input, const Emit& emit) override {
    const Vector counts = input.columns[count_].Flatten();
    input.columns.erase(input.columns.begin() + static_cast<ptrdiff_t>(count_));
    const auto* values = counts.values<int64_t>();
    std::vector<uint32_t> rows;
    for (uint32_t i = 0; i < input.num_rows; ++i) {
      for (int64_t n = values[i]; n > 0; --n) {
        rows.push_back(i);
        if (rows.size() < kChunkRows) continue;
        ASSIGN_OR_RETURN(Flow flow, emit(input.Gather(rows.data(), rows.size())));
        if (flow == Flow::kDone) return flow;
        rows.clear();
      }
    }
    if (rows.empty()) return Flow::kMore;
    return emit(input.Gather(rows.data(), rows.size()));
  }

 private:
  const size_t count_;
};

}  // namespace

std::shared_ptr<Operator> MakeExpand(std::vector<size_t> keys,
                                     std::vector<std::vector<bool>> sets) {
  return std::make_shared<Expand>(std::move(keys), std::move(sets));
}

std::shared_ptr<Operator> MakeRepeat(size_t count) { return std::make_shared<Repeat>(count); }

}  // namespace shale
