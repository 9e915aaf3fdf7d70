// IoThreads: the threads on which every session runs, over one Asio io_context. A handler runs a
// whole statement where it stands; a thread that must wait for a slow client says so (Blocked), and
// another takes its place, so that slow clients hold no worker.
// Thread-safe.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <vector>

#include "engine/base/sync.h"

namespace shale {

// Threads that wait for slow clients at once; more of them are refused (see Blocked::ok).
inline constexpr int kMaxBlockedThreads = 512;

class IoThreads {
 public:
  explicit IoThreads(int num_threads);
  ~IoThreads();
  boost::asio::io_context& context() { return context_; }
  void Stop();  // and joins

  // While one lives, its thread counts as not there.
  class Blocked {
   public:
    explicit Blocked(IoThreads* threads) : threads_(threads), ok_(threads->Block()) {}
    ~Blocked() {
      if (ok_) threads_->Unblock();
    }
    Blocked(const Blocked&) = delete;
    bool ok() const { return ok_; }  // false: too many wait already

   private:
    IoThreads* threads_;
    bool ok_;
  };

 private:
  bool Block();
  void Unblock();
  void StartThread() SHALE_REQUIRES(mutex_);

  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  const int wanted_;
  Mutex mutex_;
  int blocked_ SHALE_GUARDED_BY(mutex_) = 0;
  bool stopped_ SHALE_GUARDED_BY(mutex_) = false;
  std::vector<Thread> threads_ SHALE_GUARDED_BY(mutex_);
};

}  // namespace shale
