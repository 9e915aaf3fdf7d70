#include "engine/operators/collect.h"

#include <algorithm>
#include <atomic>

#include "engine/base/memory_budget.h"
#include "engine/base/sync.h"
#include "engine/operators/held_bytes.h"

namespace shale {
namespace {

struct NoState : WorkerState {};

// ---- chunks in memory as a source ---------------------------------------------------------------

class ChunkSource : public Source {
 public:
  explicit ChunkSource(std::shared_ptr<const std::vector<Chunk>> chunks)
      : chunks_(std::move(chunks)) {}
  WorkerStatePtr MakeState(ExecutionContext*) override { return std::make_unique<NoState>(); }
  StatusOr<bool> Next(WorkerState*, Chunk* out) override {
    const size_t at = next_.fetch_add(1, std::memory_order_relaxed);
    if (at >= chunks_->size()) return false;
    *out = (*chunks_)[at];
    return true;
  }
  int UsefulWorkers() const override {
    // A chunk is little work: one worker for every four.
    return static_cast<int>(std::min<size_t>((chunks_->size() + 3) / 4, 1024));
  }

 private:
  std::shared_ptr<const std::vector<Chunk>> chunks_;
  std::atomic<size_t> next_{0};
};

class SeriesSource : public Source {
 public:
  explicit SeriesSource(NumberSeries series) : series_(std::move(series)) {}
  WorkerStatePtr MakeState(ExecutionContext*) override { return std::make_unique<NoState>(); }
  StatusOr<bool> Next(WorkerState*, Chunk* out) override {
    const int64_t begin = next_.fetch_add(kChunkRows, std::memory_order_relaxed);
    if (begin >= series_.count) return false;
    out->num_rows = static_cast<size_t>(std::min<int64_t>(kChunkRows, series_.count - begin));
    Vector numbers = Vector::Flat(series_.type, out->num_rows);
    const auto fill = [&]<typename T>() {
      T* values = numbers.mutable_values<T>();
      for (size_t i = 0; i < out->num_rows; ++i) {
        // Every number fits; what leads to it may pass the bounds.
        const auto place = static_cast<uint64_t>(begin) + i;
        values[i] = static_cast<T>(static_cast<uint64_t>(series_.first) +
                                   static_cast<uint64_t>(series_.step) * place);
      }
    };
    if (series_.type.physical() == PhysicalType::kInt32)
      fill.operator()<int32_t>();
    else
      fill.operator()<int64_t>();
    out->columns = {std::move(numbers)};
    return true;
  }
  int UsefulWorkers() const override {
    return static_cast<int>(std::min<int64_t>(series_.count / (4 * kChunkRows) + 1, 1024));
  }

 private:
  const NumberSeries series_;
  std::atomic<int64_t> next_{0};
};

// ---- collect ------------------------------------------------------------------------------------

struct CollectState : WorkerState {
  explicit CollectState(ExecutionContext* context) : memory(context->memory) {}
  std::vector<Chunk> chunks;
  HeldBytes held;
  Reservation memory;
  int64_t bytes = 0;
};

class Collect : public CollectSink {
 public:
  WorkerStatePtr MakeState(ExecutionContext* context) override {
    return std::make_unique<CollectState>(context);
  }
  StatusOr<Flow> Consume(WorkerState* worker, Chunk input) override {
    auto* state = static_cast<CollectState*>(worker);
    state->bytes += state->held.Add(input);
    RETURN_IF_ERROR(state->memory.Resize(state->bytes));
    state->chunks.push_back(std::move(input));
    return Flow::kMore;
  }
  Status Combine(WorkerState* worker) override {
    auto* state = static_cast<CollectState*>(worker);
    MutexLock lock(&mutex_);
    for (Chunk& chunk : state->chunks) building_.push_back(std::move(chunk));
    held_bytes_ += state->bytes;
    return OkStatus();
  }
  Status Finalize(ExecutionContext* context) override {
    MutexLock lock(&mutex_);
    memory_ = std::make_unique<Reservation>(context->memory);
    RETURN_IF_ERROR(memory_->Resize(held_bytes_));
    chunks_ = std::make_shared<const std::vector<Chunk>>(std::move(building_));
    return OkStatus();
  }
  const std::vector<Chunk>& chunks() const override { return *chunks_; }
  std::shared_ptr<const std::vector<Chunk>> shared() const override { return chunks_; }
  std::unique_ptr<Source> MakeSource() override { return MakeChunkSource(chunks_); }

 private:
  Mutex mutex_;
  std::vector<Chunk> building_ SHALE_GUARDED_BY(mutex_);
  int64_t held_bytes_ SHALE_GUARDED_BY(mutex_) = 0;
  std::unique_ptr<Reservation> memory_ SHALE_GUARDED_BY(mutex_);
  std::shared_ptr<const std::vector<Chunk>> chunks_ = std::make_shared<std::vector<Chunk>>();
};

// ---- stream -------------------------------------------------------------------------------------

class Stream : public Sink {
 public:
  explicit Stream(std::function<StatusOr<Flow>(Chunk)> consume) : consume_(std::move(consume)) {}
  WorkerStatePtr MakeState(ExecutionContext*) override { return std::make_unique<NoState>(); }
  StatusOr<Flow> Consume(WorkerState*, Chunk input) override {
    MutexLock lock(&mutex_);
    if (done_) return Flow::kDone;
    ASSIGN_OR_RETURN(Flow flow, consume_(std::move(input)));
    if (flow == Flow::kDone) done_ = true;
    return flow;
  }
  Status Combine(WorkerState*) override { return OkStatus(); }
  Status Finalize(ExecutionContext*) override { return OkStatus(); }

 private:
  std::function<StatusOr<Flow>(Chunk)> consume_;
  Mutex mutex_;
  bool done_ SHALE_GUARDED_BY(mutex_) = false;
};

}  // namespace

std::shared_ptr<CollectSink> MakeCollect() { return std::make_shared<Collect>(); }

std::shared_ptr<Sink> MakeStream(std::function<StatusOr<Flow>(Chunk)> consume) {
  return std::make_shared<Stream>(std::move(consume));
}

std::unique_ptr<Source> MakeSeriesSource(NumberSeries series) {
  return std::make_unique<SeriesSource>(std::move(series));
}

std::unique_ptr<Source> MakeChunkSource(std::shared_ptr<const std::vector<Chunk>> chunks) {
  return std::make_unique<ChunkSource>(std::move(chunks));
}

Status Drain(Source& source, ExecutionContext* context,
             const std::function<StatusOr<Flow>(Chunk)>& consume) {
  WorkerStatePtr state = source.MakeState(context);
  for (;;) {
    if (context->cancellation) RETURN_IF_ERROR(context->cancellation->Check());
    Chunk chunk;
    ASSIGN_OR_RETURN(bool more, source.Next(state.get(), &chunk));
    if (!more) return OkStatus();
    if (chunk.num_rows == 0) continue;
    ASSIGN_OR_RETURN(Flow flow, consume(std::move(chunk)));
    if (flow == Flow::kDone) return OkStatus();
  }
}

}  // namespace shale
