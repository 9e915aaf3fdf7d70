// The only door to threads and locks. Everything is annotated for clang's thread-safety analysis
// and yields to a SimulatedScheduler when one is installed, so that the whole engine can run
// under one seed: real threads then pass one baton, and the scheduler picks who goes next at each
// lock, wait, simulated I/O and clock call.
//
// Wraps std::mutex (absl::Mutex as packaged makes ThreadSanitizer report false races).
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#if defined(__clang__)
#define SHALE_TSA(x) __attribute__((x))
#else
#define SHALE_TSA(x)
#endif
#define SHALE_CAPABILITY(x) SHALE_TSA(capability(x))
#define SHALE_SCOPED_CAPABILITY SHALE_TSA(scoped_lockable)
#define SHALE_GUARDED_BY(x) SHALE_TSA(guarded_by(x))
#define SHALE_REQUIRES(...) SHALE_TSA(requires_capability(__VA_ARGS__))
#define SHALE_ACQUIRE(...) SHALE_TSA(acquire_capability(__VA_ARGS__))
#define SHALE_RELEASE(...) SHALE_TSA(release_capability(__VA_ARGS__))
#define SHALE_EXCLUDES(...) SHALE_TSA(locks_excluded(__VA_ARGS__))
#define SHALE_NO_TSA SHALE_TSA(no_thread_safety_analysis)

namespace shale {

class SHALE_CAPABILITY("mutex") Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;
  void Lock() SHALE_ACQUIRE();
  void Unlock() SHALE_RELEASE();

 private:
  friend class CondVar;
  std::mutex mutex_;
  bool simulated_held_ = false;  // read and written only by the baton's holder
};

class SHALE_SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex* mutex) SHALE_ACQUIRE(mutex) : mutex_(mutex) { mutex_->Lock(); }
  ~MutexLock() SHALE_RELEASE() { mutex_->Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex* mutex_;
};

class CondVar {
 public:
  // The usual rules: the mutex is held, wake-ups may be spurious, so wait in a loop.
  void Wait(Mutex* mutex) SHALE_REQUIRES(mutex);
  // Waits at most timeout_us; false when the time ran out.
  bool WaitFor(Mutex* mutex, int64_t timeout_us) SHALE_REQUIRES(mutex);
  void NotifyOne();
  void NotifyAll();

 private:
  std::condition_variable condition_;
};

// Joins on destruction. `body` must not throw.
class Thread {
 public:
  Thread() = default;
  Thread(std::string name, std::function<void()> body);
  ~Thread();
  Thread(Thread&&) noexcept;
  Thread& operator=(Thread&&) noexcept;
  void Join();
  bool joinable() const { return impl_ != nullptr; }

 private:
  struct Running;
  std::unique_ptr<Running> impl_;
};

// Cores that this process may use (its affinity mask), at least 1.
int NumCores();

// Runs every Shale thread of the process one at a time, in an order that `seed` alone decides.
// Install one in a test before the database is opened, with no other Shale thread running; the
// installing thread is the first to hold the baton.
class SimulatedScheduler {
 public:
  explicit SimulatedScheduler(uint64_t seed);
  ~SimulatedScheduler();  // every other thread must have ended
  // Null when none is installed: then everything above is the real thing.
  static SimulatedScheduler* Current();
  // A point where another thread may be chosen. Simulated disks and clocks call it.
  static void Yield();
  // Virtual microseconds: advanced by waits and by AdvanceTime.
  int64_t NowMicros() const;
  void AdvanceTime(int64_t micros);
  // A hash over every choice so far: equal traces have equal digests.
  uint64_t TraceDigest() const;

  struct State;
  State* state() { return state_.get(); }

 private:
  std::unique_ptr<State> state_;
};

}  // namespace shale
