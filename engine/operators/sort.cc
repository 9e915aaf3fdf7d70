#include "engine/operators/sort.h"

#include <algorithm>
#include <atomic>

#include "engine/operators/row_sorter.h"
#include "engine/operators/sort_runs.h"
#include "engine/operators/spill_parts.h"

namespace shale {
namespace {

class Sort : public SinkSource, public std::enable_shared_from_this<Sort> {
 public:
  Sort(std::vector<SortKey> keys, std::vector<Type> types)
      : sorter_(std::move(keys), std::move(types)) {}

  WorkerStatePtr MakeState(ExecutionContext* context) override {
    MutexLock lock(&mutex_);
    if (!runs_ && context->spill && CanSpill(sorter_.TypesWithKeys())) {
      runs_ = std::make_unique<SortRuns>(&sorter_, context);
    }
    context_ = context;
    return sorter_.MakeState(context);
  }
  StatusOr<Flow> Consume(WorkerState* state, Chunk input) override {
    Status status = sorter_.Consume(state, &input);
    if (status.code() == StatusCode::kResourceExhausted && runs_ &&
        RowSorter::HeldBytes(*state) > 0) {
      RETURN_IF_ERROR(Spill(state));
      status = sorter_.Consume(state, &input);
    }
    RETURN_IF_ERROR(status);
    if (runs_ && ShouldSpill(*context_, RowSorter::HeldBytes(*state))) {
      RETURN_IF_ERROR(Spill(state));
    }
    return Flow::kMore;
  }
  Status Combine(WorkerState* state) override {
    if (runs_ && !runs_->empty()) return Spill(state);
    sorter_.Combine(state);
    return OkStatus();
  }
  Status Finalize(ExecutionContext* context) override {
    if (runs_ && !runs_->empty()) {
      // Of workers that were through before the first run was written.
      ASSIGN_OR_RETURN(auto rest, sorter_.TakeCombined(*context));
      RETURN_IF_ERROR(runs_->Add(*rest));
      rest.reset();
      return runs_->Prepare();
    }
    RETURN_IF_ERROR(sorter_.Sort(context));
    sorter_.ForgetKeys();
    return OkStatus();
  }

  std::unique_ptr<Source> MakeSource() override;

  bool spilled() const { return runs_ && runs_->bytes() > 0; }
  SortRuns* runs() const { return runs_.get(); }
  size_t num_rows() const { return sorter_.num_rows(); }
  Chunk Rows(size_t begin, size_t count) const {
    std::vector<RowRef> refs(count);
    const SortEntry* entries = sorter_.entries() + begin;
    for (size_t i = 0; i < count; ++i) refs.data()[i] = entries[i].ref;
    return sorter_.gatherer().Gather(refs.data(), count, shared_from_this());
  }

 private:
  Status Spill(WorkerState* state) {
    ASSIGN_OR_RETURN(auto sorted, sorter_.TakeSorted(state, *context_));
    return runs_->Add(*sorted);
  }

  RowSorter sorter_;
  Mutex mutex_;
  // Both set by the first worker, before it takes rows.
  std::unique_ptr<SortRuns> runs_;  // null: rows cannot be written to disk
  ExecutionContext* context_ = nullptr;
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

// What was merged from disk.
class MergedSource : public Source {
 public:
  explicit MergedSource(std::shared_ptr<const Sort> sort) : sort_(std::move(sort)) {}
  WorkerStatePtr MakeState(ExecutionContext*) override { return std::make_unique<NoState>(); }
  StatusOr<bool> Next(WorkerState*, Chunk* out) override { return sort_->runs()->Next(out); }
  std::vector<std::string> Details() const override {
    return {SpillDetail(sort_->runs()->bytes())};
  }

 private:
  std::shared_ptr<const Sort> sort_;
};

std::unique_ptr<Source> Sort::MakeSource() {
  if (spilled()) return std::make_unique<MergedSource>(shared_from_this());
  return std::make_unique<SortSource>(shared_from_this());
}

}  // namespace

std::shared_ptr<SinkSource> MakeSort(std::vector<SortKey> keys, std::vector<Type> input_types) {
  return std::make_shared<Sort>(std::move(keys), std::move(input_types));
}

}  // namespace shale
