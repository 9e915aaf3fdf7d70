#include "engine/base/clock.h"

#include <chrono>

#include "engine/base/sync.h"

namespace shale {
namespace {

class SystemClock : public Clock {
 public:
  int64_t NowMicros() override {
    if (SimulatedScheduler* scheduler = SimulatedScheduler::Current()) return Simulated(scheduler);
    return Micros(std::chrono::system_clock::now());
  }
  int64_t MonotonicMicros() override {
    if (SimulatedScheduler* scheduler = SimulatedScheduler::Current()) return Simulated(scheduler);
    return Micros(std::chrono::steady_clock::now());
  }

 private:
  template <typename TimePoint>
  static int64_t Micros(TimePoint time) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
  }
  // Looking at the clock takes a moment, so that a loop that waits for a time ends.
  static int64_t Simulated(SimulatedScheduler* scheduler) {
    SimulatedScheduler::Yield();
    scheduler->AdvanceTime(1);
    return scheduler->NowMicros();
  }
};

}  // namespace

Clock* Clock::System() {
  static SystemClock clock;
  return &clock;
}

}  // namespace shale
