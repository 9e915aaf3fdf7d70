#include "engine/operators/recursion.h"

#include <atomic>
#include <optional>

#include "engine/operators/grouper.h"

namespace shale {
namespace {

struct RecursionState : WorkerState {
  explicit RecursionState(ExecutionContext* execution)
      : context(execution), memory(execution->memory) {}
  ExecutionContext* context;
  SharedChunks working;
  size_t next = 0;     // chunk of the working table to give out
  bool begun = false;  // the seed is the working table
  Reservation memory;  // of the working table
  std::optional<KeyLayout> layout;
  std::optional<Grouper> seen;  // UNION: all rows so far
};

class Recursion : public Source {
 public:
  Recursion(SharedChunks seed, std::vector<Type> types, bool distinct, RecursionStep step)
      : seed_(std::move(seed)),
        types_(std::move(types)),
        distinct_(distinct),
        step_(std::move(step)) {}

  WorkerStatePtr MakeState(ExecutionContext* context) override {
    return std::make_unique<RecursionState>(context);
  }
  int UsefulWorkers() const override { return 1; }

  StatusOr<bool> Next(WorkerState* worker, Chunk* out) override {
    auto* state = static_cast<RecursionState*>(worker);
    if (!state->begun) {
      // Beside other sources of a pipeline (UNION ALL) several workers come; one does it all.
      if (taken_.exchange(true)) return false;
      state->begun = true;
      if (distinct_) {
        ASSIGN_OR_RETURN(state->layout, MakeKeyLayout(types_, 1, state->context->memory));
        state->seen.emplace(&*state->layout, size_t{0}, state->context->memory);
      }
      RETURN_IF_ERROR(Work(state, seed_));
    } else if (state->next >= state->working->size()) {
      if (state->working->empty()) return false;
      if (state->context->cancellation) {
        RETURN_IF_ERROR(state->context->cancellation->Check());
      }
      ASSIGN_OR_RETURN(SharedChunks rows, step_(state->working, state->context));
      RETURN_IF_ERROR(Work(state, std::move(rows)));
    }
    if (state->next >= state->working->size()) return false;
    *out = (*state->working)[state->next++];
    return true;
  }

 private:
  // Makes `rows` the working table, without those that came before.
  Status Work(RecursionState* state, SharedChunks rows) {
    std::vector<Chunk> kept;
    int64_t bytes = 0;
    for (const Chunk& chunk : *rows) {
      Chunk fresh = chunk;
      if (state->seen && fresh.num_rows > 0) {
        for (Vector& column : fresh.columns) {
          if (column.is_run()) column = column.Flatten();
        }
        std::vector<uint32_t> groups(fresh.num_rows), selected;
        const size_t known = state->seen->table().size();
        bool uniform = false;
        RETURN_IF_ERROR(state->seen->Group(fresh.columns, fresh.num_rows, groups.data(), &uniform));
        std::vector<bool> taken(state->seen->table().size() - known);
        for (uint32_t i = 0; i < fresh.num_rows; ++i) {
          if (groups[i] < known || taken[groups[i] - known]) continue;
          taken[groups[i] - known] = true;
          selected.push_back(i);
        }
        fresh = fresh.Gather(selected.data(), selected.size());
      }
      if (fresh.num_rows == 0) continue;
      for (const Vector& column : fresh.columns)
        bytes += static_cast<int64_t>(column.MemoryUsage());
      kept.push_back(std::move(fresh));
    }
    RETURN_IF_ERROR(state->memory.Resize(bytes));
    state->working = std::make_shared<const std::vector<Chunk>>(std::move(kept));
    state->next = 0;
    return OkStatus();
  }

  const SharedChunks seed_;
  const std::vector<Type> types_;
  const bool distinct_;
  const RecursionStep step_;
  std::atomic<bool> taken_{false};
};

}  // namespace

std::unique_ptr<Source> MakeRecursion(SharedChunks seed, std::vector<Type> types, bool distinct,
                                      RecursionStep step) {
  return std::make_unique<Recursion>(std::move(seed), std::move(types), distinct, std::move(step));
}

}  // namespace shale
