#include "engine/exec/worker_pool.h"

#include <deque>
#include <memory>
#include <vector>

#include "engine/base/sync.h"

namespace shale {
namespace {

// One statement's helpers. The pool's queue and the statement share it.
struct Crew {
  Mutex mutex;
  CondVar idle;
  const std::function<void(int)>* body SHALE_GUARDED_BY(mutex) = nullptr;  // null: over
  int next SHALE_GUARDED_BY(mutex) = 1;
  int last SHALE_GUARDED_BY(mutex) = 0;
  int running SHALE_GUARDED_BY(mutex) = 0;

  // Runs one body if one is still wanted.
  void RunOne() {
    const std::function<void(int)>* wanted;
    int helper;
    {
      MutexLock lock(&mutex);
      if (body == nullptr || next > last) return;
      wanted = body;
      helper = next++;
      ++running;
    }
    (*wanted)(helper);
    MutexLock lock(&mutex);
    if (--running == 0) idle.NotifyAll();
  }
  // No further bodies start; returns when those under way are done.
  void End() {
    MutexLock lock(&mutex);
    body = nullptr;
    while (running > 0) idle.Wait(&mutex);
  }
};

class WorkerPool {
 public:
  // Never destroyed: its threads wait until the process ends.
  static WorkerPool& Get() {
    static WorkerPool* const pool = new WorkerPool;
    return *pool;
  }
  void Submit(const std::shared_ptr<Crew>& crew, int count) {
    MutexLock lock(&mutex_);
    for (int i = 0; i < count; ++i) queue_.push_back(crew);
    const int wanted = static_cast<int>(queue_.size());
    while (idle_ < wanted && static_cast<int>(threads_.size()) < kMaxThreads) {
      ++idle_;
      threads_.emplace_back("worker", [this] { Work(); });
    }
    for (int i = 0; i < count; ++i) work_.NotifyOne();
  }

 private:
  static constexpr int kMaxThreads = 256;

  void Work() {
    for (;;) {
      std::shared_ptr<Crew> crew;
      {
        MutexLock lock(&mutex_);
        while (queue_.empty()) work_.Wait(&mutex_);
        crew = std::move(queue_.front());
        queue_.pop_front();
        --idle_;
      }
      crew->RunOne();
      crew.reset();
      MutexLock lock(&mutex_);
      ++idle_;
    }
  }
  Mutex mutex_;
  CondVar work_;
  std::deque<std::shared_ptr<Crew>> queue_ SHALE_GUARDED_BY(mutex_);
  std::vector<Thread> threads_ SHALE_GUARDED_BY(mutex_);
  int idle_ SHALE_GUARDED_BY(mutex_) = 0;
};

}  // namespace

void RunWithHelpers(int num_helpers, const std::function<void(int)>& body,
                    const std::function<void(const StartHelpers&)>& main) {
  if (num_helpers <= 0) {
    main([] {});
    return;
  }
  if (SimulatedScheduler::Current() != nullptr) {
    // Threads that outlive the statement would outlive the simulation.
    std::vector<Thread> threads;
    main([&] {
      for (int helper = 1; helper <= num_helpers; ++helper) {
        threads.emplace_back("worker", [&body, helper] { body(helper); });
      }
    });
    for (Thread& thread : threads) thread.Join();
    return;
  }
  auto crew = std::make_shared<Crew>();
  {
    MutexLock lock(&crew->mutex);
    crew->body = &body;
    crew->last = num_helpers;
  }
  main([&] { WorkerPool::Get().Submit(crew, num_helpers); });
  crew->End();
}

}  // namespace shale
