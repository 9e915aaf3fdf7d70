// Named points at which a crash is interesting: between two steps that a recovery must be able to
// tell apart. They are always compiled in and cost one load; a rig installs a hook that pulls the
// plug at one of them (tests/rel/killpoints.cc).
//
// A name is "part.step"; kill_point.cc lists them all, so that a rig can require that each was
// reached. Any thread.
#pragma once

#include <atomic>
#include <span>

namespace shale {

using KillPointHook = void (*)(const char* name);

namespace kill_point_internal {
inline std::atomic<KillPointHook> hook{nullptr};
}

inline void KillPoint(const char* name) {
  if (KillPointHook hook = kill_point_internal::hook.load(std::memory_order_relaxed)) hook(name);
}

// Null takes it away. No engine thread may run meanwhile.
void SetKillPointHook(KillPointHook hook);
std::span<const char* const> KillPointNames();

}  // namespace shale
