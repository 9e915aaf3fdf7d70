#include "engine/base/sync.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <thread>
#include <vector>

#include "engine/base/check.h"

namespace shale {

namespace {

constexpr int64_t kNever = INT64_MAX;

std::atomic<SimulatedScheduler*> g_scheduler{nullptr};

SimulatedScheduler* Scheduler() { return g_scheduler.load(std::memory_order_relaxed); }

// One thread under simulation. Guarded by State::mutex, except `baton`, which waits on it.
struct SimulatedThread {
  int id = 0;
  std::string name;
  bool runnable = true;
  bool done = false;
  bool timed_out = false;
  const void* waiting_on = nullptr;  // a Mutex, CondVar or SimulatedThread
  const char* waiting_for = "";      // for the deadlock message
  int64_t deadline = kNever;         // of a timed wait, virtual
  std::condition_variable baton;
};

thread_local SimulatedThread* t_self = nullptr;

}  // namespace

// ---- simulation -------------------------------------------------------------------------------

struct SimulatedScheduler::State {
  std::mutex mutex;
  std::vector<std::unique_ptr<SimulatedThread>> threads;  // by id
  SimulatedThread* running = nullptr;
  uint64_t random;
  uint64_t digest = 0xcbf29ce484222325u;
  std::atomic<int64_t> now_us{0};

  uint64_t NextRandom() {  // splitmix64
    uint64_t x = random += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
  }

  SimulatedThread* AddThread(std::string name) {
    threads.push_back(std::make_unique<SimulatedThread>());
    threads.back()->id = static_cast<int>(threads.size()) - 1;
    threads.back()->name = std::move(name);
    return threads.back().get();
  }

  void Wake(SimulatedThread* thread, bool timed_out) {
    thread->runnable = true;
    thread->timed_out = timed_out;
    thread->waiting_on = nullptr;
    thread->deadline = kNever;
  }

  [[noreturn]] void ReportDeadlock() {
    std::fprintf(stderr, "SimulatedScheduler: deadlock: every thread waits\n");
    for (const auto& thread : threads) {
      if (thread->done) continue;
      std::fprintf(stderr, "  thread %d \"%s\" waits for %s %p\n", thread->id, thread->name.c_str(),
                   thread->waiting_for, thread->waiting_on);
    }
    std::abort();
  }

  // Who goes next. When nobody can run, time passes until the nearest deadline.
  SimulatedThread* Choose() {
    while (true) {
      int64_t nearest = kNever;
      std::vector<SimulatedThread*> ready;
      for (const auto& thread : threads) {
        if (thread->done) continue;
        if (!thread->runnable && thread->deadline <= now_us.load()) Wake(thread.get(), true);
        if (thread->runnable) {
          ready.push_back(thread.get());
        } else {
          nearest = std::min(nearest, thread->deadline);
        }
      }
      if (!ready.empty()) {
        SimulatedThread* next = ready[NextRandom() % ready.size()];
        digest = (digest ^ static_cast<uint64_t>(next->id + 1)) * 0x100000001b3u;
        digest = (digest ^ ready.size()) * 0x100000001b3u;
        return next;
      }
      if (nearest == kNever) ReportDeadlock();
      now_us.store(nearest);
    }
  }

  // Hands the baton to somebody (perhaps this thread again) and returns when it comes back.
  void PassBaton(std::unique_lock<std::mutex>& lock) {
    SimulatedThread* self = t_self;
    SimulatedThread* next = Choose();
    if (next == self) return;
    running = next;
    next->baton.notify_one();
    self->baton.wait(lock, [&] { return running == self; });
  }

  // Sleeps until woken; false when the deadline woke it.
  bool Block(std::unique_lock<std::mutex>& lock, const void* on, const char* what,
             int64_t deadline) {
    SimulatedThread* self = t_self;
    self->runnable = false;
    self->timed_out = false;
    self->waiting_on = on;
    self->waiting_for = what;
    self->deadline = deadline;
    PassBaton(lock);
    return !self->timed_out;
  }

  void WakeAll(const void* on) {
    for (const auto& thread : threads) {
      if (!thread->done && !thread->runnable && thread->waiting_on == on) Wake(thread.get(), false);
    }
  }

  void WakeOne(const void* on) {
    std::vector<SimulatedThread*> waiting;
    for (const auto& thread : threads) {
      if (!thread->done && !thread->runnable && thread->waiting_on == on) {
        waiting.push_back(thread.get());
      }
    }
    if (!waiting.empty()) Wake(waiting[NextRandom() % waiting.size()], false);
  }

  void Lock(bool* held, const Mutex* mutex_id) {
    std::unique_lock lock(mutex);
    SHALE_CHECK(t_self != nullptr);  // a thread not made by shale::Thread
    PassBaton(lock);
    while (*held) Block(lock, mutex_id, "mutex", kNever);
    *held = true;
  }

  void Unlock(bool* held, const Mutex* mutex_id) {
    std::unique_lock lock(mutex);
    SHALE_CHECK(*held);
    *held = false;
    WakeAll(mutex_id);
  }

  bool Wait(bool* held, const Mutex* mutex_id, const CondVar* condition, int64_t timeout_us) {
    std::unique_lock lock(mutex);
    SHALE_CHECK(t_self != nullptr && *held);
    *held = false;
    WakeAll(mutex_id);
    int64_t now = now_us.load();
    int64_t deadline = timeout_us > kNever - now ? kNever : now + std::max<int64_t>(timeout_us, 0);
    bool notified = Block(lock, condition, "condition", deadline);
    while (*held) Block(lock, mutex_id, "mutex", kNever);
    *held = true;
    return notified;
  }
};

SimulatedScheduler::SimulatedScheduler(uint64_t seed) : state_(std::make_unique<State>()) {
  SHALE_CHECK(Scheduler() == nullptr);
  state_->random = seed;
  t_self = state_->AddThread("main");
  state_->running = t_self;
  // A plausible start, the same for every run: 2020-01-01 00:00 UTC.
  state_->now_us.store(int64_t{1'577'836'800} * 1'000'000);
  g_scheduler.store(this);
}

SimulatedScheduler::~SimulatedScheduler() {
  for (const auto& thread : state_->threads) SHALE_CHECK(thread->done || thread.get() == t_self);
  g_scheduler.store(nullptr);
  t_self = nullptr;
}

SimulatedScheduler* SimulatedScheduler::Current() { return Scheduler(); }

void SimulatedScheduler::Yield() {
  SimulatedScheduler* scheduler = Scheduler();
  if (scheduler == nullptr) return;
  std::unique_lock lock(scheduler->state_->mutex);
  SHALE_CHECK(t_self != nullptr);
  scheduler->state_->PassBaton(lock);
}

int64_t SimulatedScheduler::NowMicros() const { return state_->now_us.load(); }

void SimulatedScheduler::AdvanceTime(int64_t micros) { state_->now_us.fetch_add(micros); }

uint64_t SimulatedScheduler::TraceDigest() const {
  std::unique_lock lock(state_->mutex);
  return state_->digest;
}

// ---- Mutex, CondVar ---------------------------------------------------------------------------

SHALE_NO_TSA void Mutex::Lock() {
  if (SimulatedScheduler* scheduler = Scheduler()) {
    scheduler->state()->Lock(&simulated_held_, this);
  } else {
    mutex_.lock();
  }
}

SHALE_NO_TSA void Mutex::Unlock() {
  if (SimulatedScheduler* scheduler = Scheduler()) {
    scheduler->state()->Unlock(&simulated_held_, this);
  } else {
    mutex_.unlock();
  }
}

SHALE_NO_TSA void CondVar::Wait(Mutex* mutex) {
  if (SimulatedScheduler* scheduler = Scheduler()) {
    scheduler->state()->Wait(&mutex->simulated_held_, mutex, this, kNever);
    return;
  }
  std::unique_lock<std::mutex> lock(mutex->mutex_, std::adopt_lock);
  condition_.wait(lock);
  lock.release();
}

SHALE_NO_TSA bool CondVar::WaitFor(Mutex* mutex, int64_t timeout_us) {
  if (SimulatedScheduler* scheduler = Scheduler()) {
    return scheduler->state()->Wait(&mutex->simulated_held_, mutex, this, timeout_us);
  }
  std::unique_lock<std::mutex> lock(mutex->mutex_, std::adopt_lock);
  // A year is for ever; larger sums overflow the clock.
  timeout_us = std::clamp<int64_t>(timeout_us, 0, int64_t{366} * 86'400 * 1'000'000);
  std::cv_status status = condition_.wait_for(lock, std::chrono::microseconds(timeout_us));
  lock.release();
  return status == std::cv_status::no_timeout;
}

void CondVar::NotifyOne() {
  if (SimulatedScheduler* scheduler = Scheduler()) {
    std::unique_lock lock(scheduler->state()->mutex);
    scheduler->state()->WakeOne(this);
  } else {
    condition_.notify_one();
  }
}

void CondVar::NotifyAll() {
  if (SimulatedScheduler* scheduler = Scheduler()) {
    std::unique_lock lock(scheduler->state()->mutex);
    scheduler->state()->WakeAll(this);
  } else {
    condition_.notify_all();
  }
}

// ---- Thread -----------------------------------------------------------------------------------

struct Thread::Running {
  std::thread thread;
  SimulatedThread* simulated = nullptr;  // owned by the scheduler
};

namespace {

void RunBody(const std::string& name, const std::function<void()>& body) {
  pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
  try {
    body();
  } catch (const std::exception& e) {
    std::fprintf(stderr, "bug in Shale: thread \"%s\" threw: %s\n", name.c_str(), e.what());
    std::abort();
  } catch (...) {
    std::fprintf(stderr, "bug in Shale: thread \"%s\" threw\n", name.c_str());
    std::abort();
  }
}

}  // namespace

Thread::Thread(std::string name, std::function<void()> body) : impl_(std::make_unique<Running>()) {
  SimulatedScheduler* scheduler = Scheduler();
  if (scheduler == nullptr) {
    impl_->thread =
        std::thread([name = std::move(name), body = std::move(body)] { RunBody(name, body); });
    return;
  }
  SimulatedScheduler::State* state = scheduler->state();
  SimulatedThread* self;
  {
    std::unique_lock lock(state->mutex);
    self = state->AddThread(name);
  }
  impl_->simulated = self;
  impl_->thread =
      std::thread([state, self, name = std::move(name), body = std::move(body)]() mutable {
        t_self = self;
        {
          std::unique_lock lock(state->mutex);
          self->baton.wait(lock, [&] { return state->running == self; });
        }
        RunBody(name, body);
        body = nullptr;  // what it holds is let go while the baton is still held
        std::unique_lock lock(state->mutex);
        self->done = true;
        state->WakeAll(self);
        state->running = state->Choose();
        state->running->baton.notify_one();
      });
}

Thread::~Thread() { Join(); }
Thread::Thread(Thread&&) noexcept = default;
Thread& Thread::operator=(Thread&& other) noexcept {
  if (this != &other) {
    Join();
    impl_ = std::move(other.impl_);
  }
  return *this;
}

void Thread::Join() {
  if (!impl_) return;
  if (impl_->simulated != nullptr) {
    SimulatedScheduler* scheduler = Scheduler();
    SHALE_CHECK(scheduler != nullptr);
    std::unique_lock lock(scheduler->state()->mutex);
    while (!impl_->simulated->done) {
      scheduler->state()->Block(lock, impl_->simulated, "the end of thread", kNever);
    }
  }
  impl_->thread.join();
  impl_.reset();
}

int NumCores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace shale
