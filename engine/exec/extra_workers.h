// Threads that join the caller for the length of one pipeline or parallel sink. Private to
// engine/exec.
//
// They are started afresh each time (tens of microseconds) and only once there is work for them:
// threads kept between statements would outlive a SimulatedScheduler.
#pragma once

#include <functional>

namespace shale {

// Runs main() on the caller's thread and, once main has called `start` (at most once),
// body(1) … body(num_extra) on threads of their own. Returns when all have returned. Neither may
// throw.
using StartExtraWorkers = std::function<void()>;
void RunWithExtraWorkers(int num_extra, const std::function<void(int worker)>& body,
                         const std::function<void(const StartExtraWorkers& start)>& main);

}  // namespace shale
