// Admission: how many statements run at once, and who waits. A session that finds no room is put
// into a bounded queue and called when its turn comes; it holds no thread meanwhile.
// Thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>

#include "engine/base/status.h"
#include "engine/base/sync.h"

namespace shale {

struct AdmissionLimits {
  int max_running = 4;
  int max_waiting = 200;
  int64_t max_wait_us = 60'000'000;
};

class Admission {
 public:
  explicit Admission(AdmissionLimits limits) : limits_(limits) {}

  enum class Outcome : uint8_t { kRuns, kWaits };
  // kWaits: `admitted` is called once, on any thread, when there is room (then the caller runs) or
  // with an error when it waited too long. ResourceExhausted when too many wait already.
  StatusOr<Outcome> Enter(std::function<void(Status)> admitted);
  // Gives the room to who waits longest.
  void Leave();
  // For a statement that gave its room up for a while: waits, on the caller's thread.
  void Reenter();
  // Ends the waits that are too long; called now and then.
  void Sweep(int64_t now_us);

  int running();
  int waiting();

 private:
  struct Waiter {
    std::function<void(Status)> admitted;
    int64_t deadline_us;
  };
  const AdmissionLimits limits_;
  Mutex mutex_;
  CondVar room_;
  int running_ SHALE_GUARDED_BY(mutex_) = 0;
  int reentering_ SHALE_GUARDED_BY(mutex_) = 0;
  std::deque<Waiter> waiters_ SHALE_GUARDED_BY(mutex_);
};

}  // namespace shale
