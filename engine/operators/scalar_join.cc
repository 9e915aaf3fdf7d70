#include "engine/base/sync.h"
#include "engine/operators/join.h"

namespace shale {
namespace {

struct NoState : WorkerState {};

struct ScalarValue {
  explicit ScalarValue(Type value_type) : type(std::move(value_type)) {}
  const Type type;
  Mutex mutex;
  bool present = false;  // under the lock while building
  Vector value;          // of one row
};

class ScalarBuild : public Sink {
 public:
  explicit ScalarBuild(std::shared_ptr<ScalarValue> scalar) : scalar_(std::move(scalar)) {}
  WorkerStatePtr MakeState(ExecutionContext*) override { return std::make_unique<NoState>(); }
  StatusOr<Flow> Consume(WorkerState*, Chunk input) override {
    if (input.num_rows == 0) return Flow::kMore;
    MutexLock lock(&scalar_->mutex);
    if (scalar_->present || input.num_rows > 1) {
      return MakeError(StatusCode::kInvalidArgument,
                       "more than one row returned by a subquery used as an expression");
    }
    const uint32_t first = 0;
    scalar_->value = input.columns[0].Gather(&first, 1);
    scalar_->present = true;
    return Flow::kMore;
  }
  Status Combine(WorkerState*) override { return OkStatus(); }
  Status Finalize(ExecutionContext*) override { return OkStatus(); }

 private:
  std::shared_ptr<ScalarValue> scalar_;
};

class ScalarProbe : public Operator {
 public:
  explicit ScalarProbe(std::shared_ptr<ScalarValue> scalar) : scalar_(std::move(scalar)) {}
  WorkerStatePtr MakeState(ExecutionContext*) override { return std::make_unique<NoState>(); }
  StatusOr<Flow> Process(WorkerState*, Chunk input, const Emit& emit) override {
    const Value value = scalar_->present ? scalar_->value.GetValue(0) : Value();
    input.columns.push_back(value.is_null() ? Vector::ConstantNull(scalar_->type, input.num_rows)
                                            : Vector::Constant(value, input.num_rows));
    return emit(std::move(input));
  }

 private:
  std::shared_ptr<ScalarValue> scalar_;
};

}  // namespace

ScalarJoin MakeScalarJoin(Type type) {
  auto scalar = std::make_shared<ScalarValue>(std::move(type));
  return {std::make_shared<ScalarBuild>(scalar), std::make_shared<ScalarProbe>(scalar)};
}

}  // namespace shale
