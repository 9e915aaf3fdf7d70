#include "engine/operators/collect.h"

#include <algorithm>
#include <atomic>

#include "engine/base/memory_budget.h"
#include "engine/base/sync.h"

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

// ---- collect ------------------------------------------------------------------------------------

struct CollectState : WorkerState {
  explicit CollectState(ExecutionContext* context) : memory(context->memory) {}
  std::vector<Chunk> chunks;
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
    for (const Vector& column : input.columns) {
      state->bytes += static_cast<int64_t>(column.MemoryUsage());
    }
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
