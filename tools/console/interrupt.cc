#include "tools/console/interrupt.h"

#include <unistd.h>

#include <atomic>
#include <csignal>

namespace shale {
namespace {

std::atomic<bool> interrupted{false};
std::atomic<bool> end_at_second{false};

void OnSignal(int) {
  if (interrupted && end_at_second) _exit(130);
  interrupted = true;
}

}  // namespace

void CatchInterrupts(bool once) {
  end_at_second = once;
  struct sigaction action{};
  action.sa_handler = OnSignal;
  sigemptyset(&action.sa_mask);
  // No SA_RESTART: a wait for input ends.
  sigaction(SIGINT, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

bool InterruptPending() { return interrupted; }

bool TakeInterrupt() { return interrupted.exchange(false); }

}  // namespace shale
