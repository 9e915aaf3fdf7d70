#include "engine/operators/sort.h"

#include <algorithm>
#include <atomic>

#include "engine/operators/row_sorter.h"

namespace shale {
namespace {

class Sort : public SinkSource, public std::enable_shared_from_this<Sort> {
 public:
  Sort(std::vector<SortKey> keys, std::vector<Type> types)
      : sorter_(std::move(keys), std::move(types)) {}

  WorkerStatePtr MakeState(ExecutionContext* context) override {
    return sorter_.MakeState(context);
  }
  StatusOr<Flow> Consume(WorkerState* state, Chunk input) override {
    RETURN_IF_ERROR(sorter_.Consume(state, std::move(input)));
    return Flow::kMore;
  }
  Status Combine(WorkerState* state) override {
    sorter_.Combine(state);
    return OkStatus();
  }
  Status Finalize(ExecutionContext* context) override {
    RETURN_IF_ERROR(sorter_.Sort(context));
    sorter_.ForgetKeys();
    return OkStatus();
  }

  std::unique_ptr<Source> MakeSource() override;

  size_t num_rows() const { return sorter_.num_rows(); }
  Chunk Rows(size_t begin, size_t count) const {
    std::vector<RowRef> refs(count);
    const SortEntry* entries = sorter_.entries() + begin;
    for (size_t i = 0; i < count; ++i) refs.data()[i] = entries[i].ref;
    return sorter_.gatherer().Gather(refs.data(), count, shared_from_this());
  }

 private:
  RowSorter sorter_;
};

struct NoState : WorkerState {};

class SortSource : public Source {
 public:
  explicit SortSource(std::shared_ptr<const Sort> sort) : sort_(std::move(sort)) {}
  WorkerStatePtr MakeState(ExecutionContext*) override { return std::make_unique<NoState>(); }
  StatusOr<bool> Next(WorkerState*, Chunk* out) override {
    const size_t begin = next_.fetch_add(kChunkRows, std::memory_order_relaxed);
    if (begin >= sort_->num_rows()) return false;
    *out = sort_->Rows(begin, std::min<size_t>(kChunkRows, sort_->num_rows() - begin));
    return true;
  }
  int UsefulWorkers() const override {
    return static_cast<int>(std::min<size_t>(sort_->num_rows() / (4 * kChunkRows) + 1, 1024));
  }

 private:
  std::shared_ptr<const Sort> sort_;
  std::atomic<size_t> next_{0};
};

std::unique_ptr<Source> Sort::MakeSource() {
  return std::make_unique<SortSource>(shared_from_this());
}

}  // namespace

std::shared_ptr<SinkSource> MakeSort(std::vector<SortKey> keys, std::vector<Type> input_types) {
  return std::make_shared<Sort>(std::move(keys), std::move(input_types));
}

}  // namespace shale
