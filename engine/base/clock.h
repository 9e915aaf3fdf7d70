// The one clock. Injected, so that tests and simulation decide what time it is.
#pragma once

#include <cstdint>

namespace shale {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual int64_t NowMicros() = 0;        // wall time, microseconds since 1970-01-01 UTC
  virtual int64_t MonotonicMicros() = 0;  // for durations
  static Clock* System();                 // the machine's; under a SimulatedScheduler, its time
};

}  // namespace shale
