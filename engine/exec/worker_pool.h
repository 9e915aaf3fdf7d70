// The process's threads for pipelines and parallel sinks, kept between statements so that a short
// one does not pay for starting threads. Private to engine/exec. Thread-safe.
#pragma once

#include <functional>

namespace shale {

// Runs body(1) … body(num_helpers) on other threads while main() runs on the caller's. A body that
// no thread has begun when main() returns is not run at all: so a statement that was over before
// anyone woke up does not wait. Returns when main and every begun body have returned. Neither may
// throw. Under a SimulatedScheduler every body runs, on a thread of its own.
//
// main gets `start`: calling it (at most once) wakes the helpers; without it none run.
using StartHelpers = std::function<void()>;
void RunWithHelpers(int num_helpers, const std::function<void(int helper)>& body,
                    const std::function<void(const StartHelpers& start)>& main);

}  // namespace shale
