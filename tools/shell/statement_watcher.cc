#include "tools/shell/statement_watcher.h"

#include "engine/base/clock.h"
#include "tools/console/interrupt.h"

namespace shale {
namespace {
constexpr int64_t kTickUs = 50'000;
}

StatementWatcher::StatementWatcher(Connection* connection)
    : connection_(connection), thread_("watcher", [this] { Run(); }) {}

StatementWatcher::~StatementWatcher() {
  {
    MutexLock lock(&mutex_);
    stop_ = true;
    wake_.NotifyAll();
  }
  thread_.Join();
  MutexLock lock(&mutex_);
  bar_.Clear();
}

void StatementWatcher::HideProgress() {
  if (hide_done_.load(std::memory_order_relaxed)) return;
  MutexLock lock(&mutex_);
  hidden_ = true;
  bar_.Clear();
  hide_done_.store(true, std::memory_order_relaxed);
}

void StatementWatcher::DrawLocked(int64_t elapsed_us) {
  const Progress& progress = connection_->progress();
  int64_t done = progress.rows_done.load(std::memory_order_relaxed);
  int64_t total = progress.rows_total.load(std::memory_order_relaxed);
  double fraction = total > 0 ? static_cast<double>(done) / static_cast<double>(total) : -1;
  bar_.Draw(fraction, ProgressText(done, elapsed_us, fraction));
}

void StatementWatcher::Run() {
  int64_t begin_us = Clock::System()->MonotonicMicros();
  MutexLock lock(&mutex_);
  while (!stop_) {
    wake_.WaitFor(&mutex_, kTickUs);
    if (stop_) return;
    // Again at every tick: the signal may have come before the statement had begun.
    if (InterruptPending()) connection_->Cancel();
    int64_t elapsed_us = Clock::System()->MonotonicMicros() - begin_us;
    if (!hidden_ && bar_.enabled() && elapsed_us >= kShowAfterUs) DrawLocked(elapsed_us);
  }
}

}  // namespace shale
