#include "engine/exec/pipeline.h"

#include <algorithm>
#include <exception>
#include <new>

#include "engine/base/clock.h"
#include "engine/base/sync.h"
#include "engine/exec/extra_workers.h"

namespace shale {
namespace {

// A thread's entry: what standard containers and third-party code throw becomes a Status here.
template <typename Body>
Status Caught(const Body& body) {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return ResourceExhausted("out of memory: the system refused an allocation");
  } catch (const std::exception& error) {
    return MakeError(StatusCode::kInternal, "unexpected exception: {}", error.what());
  }
}

// The first error of several workers; once set, the others stop.
class FirstError {
 public:
  bool stopped() const { return stopped_.load(std::memory_order_relaxed); }
  void Set(Status status) SHALE_EXCLUDES(mutex_) {
    MutexLock lock(&mutex_);
    if (status_.ok()) status_ = std::move(status);
    stopped_.store(true, std::memory_order_relaxed);
  }
  Status Get() SHALE_EXCLUDES(mutex_) {
    MutexLock lock(&mutex_);
    return status_;
  }

 private:
  std::atomic<bool> stopped_{false};
  Mutex mutex_;
  Status status_ SHALE_GUARDED_BY(mutex_);
};

// Times parts that call each other: time spent in an inner part is taken off the outer one.
class PartTimer {
 public:
  PartTimer(PartTimer** current, PartProfile* profile)
      : current_(current), outer_(*current), profile_(profile), start_(Now()) {
    *current = this;
  }
  ~PartTimer() {
    const int64_t total = Now() - start_;
    if (profile_) profile_->time_us.fetch_add(total - inner_, std::memory_order_relaxed);
    if (outer_) outer_->inner_ += total;
    *current_ = outer_;
  }
  PartTimer(const PartTimer&) = delete;

 private:
  static int64_t Now() { return Clock::System()->MonotonicMicros(); }
  PartTimer** current_;
  PartTimer* outer_;
  PartProfile* profile_;
  int64_t start_;
  int64_t inner_ = 0;
};

// Rows that a worker handles before others are woken when a source does not know its size.
constexpr size_t kRowsAlone = 2 * kChunkRows;

class PipelineRun {
 public:
  PipelineRun(Pipeline* pipeline, ExecutionContext* context)
      : pipeline_(pipeline), context_(context) {}

  Status Run() {
    int useful = 0;
    for (Pipeline::Branch& branch : pipeline_->branches) {
      ASSIGN_OR_RETURN(std::unique_ptr<Source> source, branch.make_source());
      const int here = source->UsefulWorkers();
      if (here < 0)
        unknown_ = true;
      else
        useful += here;
      sources_.push_back(std::move(source));
    }
    int workers = pipeline_->single_worker ? 1 : std::max(1, context_->num_workers);
    if (!unknown_) workers = std::min(workers, std::max(1, useful));
    RunWithExtraWorkers(
        workers - 1, [this](int) { Guarded(nullptr); },
        [this](const StartExtraWorkers& start) { Guarded(&start); });
    RETURN_IF_ERROR(error_.Get());
    {
      PartTimer* current = nullptr;
      std::unique_ptr<PartTimer> timer;
      if (context_->analyze) {
        timer = std::make_unique<PartTimer>(&current, pipeline_->sink_profile.get());
      }
      RETURN_IF_ERROR(Caught([this] { return pipeline_->sink->Finalize(context_); }));
    }
    for (size_t i = 0; i < sources_.size(); ++i) {
      const auto& details = pipeline_->branches[i].source_details;
      if (details) *details = sources_[i]->Details();
      const Pipeline::Branch& branch = pipeline_->branches[i];
      for (size_t op = 0; op < branch.operator_details.size(); ++op) {
        if (branch.operator_details[op] == nullptr) continue;
        *branch.operator_details[op] = branch.operators[op]->Details();
      }
    }
    return OkStatus();
  }

 private:
  void Guarded(const StartExtraWorkers* start) {
    Status status = Caught([&] { return Work(start); });
    if (!status.ok()) error_.Set(std::move(status));
  }

  Status Stopped() const {
    if (context_->cancellation) return context_->cancellation->Check();
    return OkStatus();
  }

  // One worker, from its first chunk to its Combine.
  Status Work(const StartExtraWorkers* start) {
    PartTimer* timer = nullptr;
    WorkerStatePtr sink_state = pipeline_->sink->MakeState(context_);
    bool sink_done = false;
    if (start && !unknown_) {
      (*start)();
      start = nullptr;
    }
    size_t rows_seen = 0;
    for (size_t i = 0; i < sources_.size() && !sink_done; ++i) {
      RETURN_IF_ERROR(Branch(i, sink_state.get(), &timer, &start, &rows_seen, &sink_done));
      if (error_.stopped()) return OkStatus();
    }
    if (error_.stopped()) return OkStatus();
    std::unique_ptr<PartTimer> combine;
    if (context_->analyze) {
      combine = std::make_unique<PartTimer>(&timer, pipeline_->sink_profile.get());
    }
    return pipeline_->sink->Combine(sink_state.get());
  }

  Status Branch(size_t index, WorkerState* sink_state, PartTimer** timer,
                const StartExtraWorkers** start, size_t* rows_seen, bool* sink_done) {
    const Pipeline::Branch& branch = pipeline_->branches[index];
    Source& source = *sources_[index];
    const size_t num_operators = branch.operators.size();
    const auto profile = [&](size_t part) -> PartProfile* {
      return part < branch.profiles.size() ? branch.profiles[part].get() : nullptr;
    };
    std::vector<WorkerStatePtr> states(num_operators);
    for (size_t i = 0; i < num_operators; ++i) {
      states[i] = branch.operators[i]->MakeState(context_);
    }
    WorkerStatePtr source_state = source.MakeState(context_);

    // emits[i] hands a chunk to operator i, the last one to the sink.
    std::vector<Emit> emits(num_operators + 1);
    emits[num_operators] = [&](Chunk chunk) -> StatusOr<Flow> {
      if (context_->analyze && pipeline_->sink_profile) {
        pipeline_->sink_profile->rows_out.fetch_add(static_cast<int64_t>(chunk.num_rows));
        PartTimer timed(timer, pipeline_->sink_profile.get());
        ASSIGN_OR_RETURN(Flow flow, pipeline_->sink->Consume(sink_state, std::move(chunk)));
        if (flow == Flow::kDone) *sink_done = true;
        return flow;
      }
      ASSIGN_OR_RETURN(Flow flow, pipeline_->sink->Consume(sink_state, std::move(chunk)));
      if (flow == Flow::kDone) *sink_done = true;
      return flow;
    };
    for (size_t i = num_operators; i-- > 0;) {
      emits[i] = [&, i](Chunk chunk) -> StatusOr<Flow> {
        if (!context_->analyze) {
          return branch.operators[i]->Process(states[i].get(), std::move(chunk), emits[i + 1]);
        }
        PartTimer timed(timer, profile(i + 1));
        return branch.operators[i]->Process(states[i].get(), std::move(chunk),
                                            Counting(profile(i + 1), &emits[i + 1]));
      };
    }

    // Boundary or Finish of each operator in turn; kDone when one wants no more chunks.
    const auto each_operator =
        [&](StatusOr<Flow> (Operator::*call)(WorkerState*, const Emit&)) -> StatusOr<Flow> {
      Flow all = Flow::kMore;
      for (size_t i = 0; i < num_operators && !*sink_done; ++i) {
        Operator& op = *branch.operators[i];
        Flow flow;
        if (context_->analyze) {
          PartTimer timed(timer, profile(i + 1));
          ASSIGN_OR_RETURN(flow,
                           (op.*call)(states[i].get(), Counting(profile(i + 1), &emits[i + 1])));
        } else {
          ASSIGN_OR_RETURN(flow, (op.*call)(states[i].get(), emits[i + 1]));
        }
        if (flow == Flow::kDone) all = Flow::kDone;
      }
      return *sink_done ? Flow::kDone : all;
    };

    for (;;) {
      RETURN_IF_ERROR(Stopped());
      if (error_.stopped()) return OkStatus();
      Chunk chunk;
      bool more;
      if (context_->analyze) {
        PartTimer timed(timer, profile(0));
        ASSIGN_OR_RETURN(more, source.Next(source_state.get(), &chunk));
        if (profile(0)) profile(0)->rows_out.fetch_add(static_cast<int64_t>(chunk.num_rows));
      } else {
        ASSIGN_OR_RETURN(more, source.Next(source_state.get(), &chunk));
      }
      if (!more) break;
      *rows_seen += std::max<size_t>(chunk.num_rows, 1);
      if (*start && *rows_seen >= kRowsAlone) {
        (**start)();
        *start = nullptr;
      }
      if (chunk.num_rows > 0) {
        ASSIGN_OR_RETURN(Flow flow, emits[0](std::move(chunk)));
        if (flow == Flow::kDone) break;
      }
      if (source.AtBoundary(source_state.get())) {
        ASSIGN_OR_RETURN(Flow flow, each_operator(&Operator::Boundary));
        if (flow == Flow::kDone) break;
      }
    }
    // What comes after an operator that wants no more may still hold rows.
    RETURN_IF_ERROR(each_operator(&Operator::Finish).status());
    return OkStatus();
  }

  static Emit Counting(PartProfile* profile, const Emit* next) {
    if (profile == nullptr) return *next;
    return [profile, next](Chunk chunk) {
      profile->rows_out.fetch_add(static_cast<int64_t>(chunk.num_rows));
      return (*next)(std::move(chunk));
    };
  }

  Pipeline* pipeline_;
  ExecutionContext* context_;
  std::vector<std::unique_ptr<Source>> sources_;
  bool unknown_ = false;  // some source does not know how many workers it can feed
  FirstError error_;
};

}  // namespace

Status RunPipelines(std::vector<Pipeline>& pipelines, ExecutionContext* context) {
  for (Pipeline& pipeline : pipelines) {
    SHALE_CHECK(pipeline.sink != nullptr);
    RETURN_IF_ERROR(Caught([&] { return PipelineRun(&pipeline, context).Run(); }));
  }
  return OkStatus();
}

Status RunParallel(int num_workers, const std::function<Status(int worker)>& body) {
  if (num_workers <= 1) return Caught([&] { return body(0); });
  FirstError error;
  std::atomic<int> next{0};
  // Whoever is free takes the next body, so all of them run even when no other thread wakes up.
  const auto work = [&] {
    for (int worker; (worker = next.fetch_add(1)) < num_workers;) {
      if (error.stopped()) return;
      Status status = Caught([&] { return body(worker); });
      if (!status.ok()) error.Set(std::move(status));
    }
  };
  RunWithExtraWorkers(
      num_workers - 1, [&](int) { work(); },
      [&](const StartExtraWorkers& start) {
        start();
        work();
      });
  return error.Get();
}

}  // namespace shale
