// Source → Operator* → Sink: the parts of a push pipeline. Workers pull chunks from the source and
// push them through the operators into the sink; each part keeps one state a worker, so nothing
// inside is locked unless it says so.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/memory_budget.h"
#include "engine/base/status.h"
#include "engine/functions/function.h"
#include "engine/vector/vector.h"

namespace shale {

// Set from any thread; workers look once a chunk.
class Cancellation {
 public:
  void Cancel() { cancelled_.store(true, std::memory_order_relaxed); }
  bool cancelled() const { return cancelled_.load(std::memory_order_relaxed); }
  Status Check() const {
    return cancelled() ? Status(StatusCode::kCancelled, "canceled by user request") : OkStatus();
  }

 private:
  std::atomic<bool> cancelled_{false};
};

// Rows and bytes that sources have read, of how many they expect. Read by a progress bar.
struct Progress {
  std::atomic<int64_t> rows_done{0};
  std::atomic<int64_t> rows_total{0};
  std::atomic<int64_t> bytes_read{0};
};

class SpillSpace;  // engine/exec/spill.h

// What one statement's execution shares. Outlives every part.
struct ExecutionContext {
  FunctionContext functions;
  Cancellation* cancellation = nullptr;  // may be null
  Progress* progress = nullptr;          // may be null
  MemoryBudget* memory = nullptr;        // may be null
  SpillSpace* spill = nullptr;           // may be null: rows stay in memory
  int num_workers = 1;
  bool analyze = false;  // time every part (EXPLAIN ANALYZE)
};

struct WorkerState {
  virtual ~WorkerState() = default;
};
using WorkerStatePtr = std::unique_ptr<WorkerState>;

enum class Flow : uint8_t { kMore, kDone };  // kDone: the receiver wants no more chunks

class Source {
 public:
  virtual ~Source() = default;
  virtual WorkerStatePtr MakeState(ExecutionContext* context) = 0;
  // The next chunk for this worker; false at the end. Chunks may be empty.
  virtual StatusOr<bool> Next(WorkerState* state, Chunk* out) = 0;
  // How many workers could find work at once (1: all is one morsel); -1 when not known, then more
  // workers join once the first chunk is through.
  virtual int UsefulWorkers() const { return -1; }
  // A source in ranges of keys (ScanOrder in storage/table/store.h): whether the chunk that this
  // worker got last ended a range, so that no later row, of any worker, has a key seen before.
  virtual bool AtBoundary(const WorkerState*) const { return false; }
  // Lines for EXPLAIN ANALYZE ("blocks skipped 12 of 40"), valid after the run.
  virtual std::vector<std::string> Details() const { return {}; }
};

using Emit = std::function<StatusOr<Flow>(Chunk)>;

class Operator {
 public:
  virtual ~Operator() = default;
  virtual WorkerStatePtr MakeState(ExecutionContext* context) = 0;
  // Any number of emitted chunks. When emit returns kDone, return kDone at once.
  virtual StatusOr<Flow> Process(WorkerState* state, Chunk input, const Emit& emit) = 0;
  // The source is at a boundary (see Source): what was gathered for its keys is complete.
  virtual StatusOr<Flow> Boundary(WorkerState*, const Emit&) { return Flow::kMore; }
  // The worker's input is over.
  virtual StatusOr<Flow> Finish(WorkerState*, const Emit&) { return Flow::kMore; }
  virtual std::vector<std::string> Details() const { return {}; }
};

class Sink {
 public:
  virtual ~Sink() = default;
  virtual WorkerStatePtr MakeState(ExecutionContext* context) = 0;
  virtual StatusOr<Flow> Consume(WorkerState* state, Chunk input) = 0;
  // A worker is through (called by that worker; several may call at once).
  virtual Status Combine(WorkerState* state) = 0;
  // Every worker is through (called once).
  virtual Status Finalize(ExecutionContext* context) = 0;
  virtual std::vector<std::string> Details() const { return {}; }
};

// A sink whose result is then read: aggregation, sort, top-n, a join's build side. The source it
// makes is valid after Finalize and shares ownership.
class SinkSource : public Sink {
 public:
  virtual std::unique_ptr<Source> MakeSource() = 0;
};

}  // namespace shale
