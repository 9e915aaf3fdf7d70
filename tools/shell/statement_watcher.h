// StatementWatcher: looks after one running statement from its own thread: passes a Ctrl-C on to
// Connection::Cancel, and after half a second draws a progress bar (on a terminal). Ends with its
// scope.
#pragma once

#include <atomic>

#include "engine/base/sync.h"
#include "sql/database.h"
#include "tools/console/progress_bar.h"
#include "tools/console/text_sink.h"

namespace shale {

class StatementWatcher {
 public:
  static constexpr int64_t kShowAfterUs = 500'000;
  explicit StatementWatcher(Connection* connection);
  ~StatementWatcher();

  // Takes the bar away for good: the statement's own output begins. Any thread.
  void HideProgress();

 private:
  void Run();
  void DrawLocked(int64_t elapsed_us) SHALE_REQUIRES(mutex_);

  Connection* connection_;
  Mutex mutex_;
  CondVar wake_;
  bool stop_ SHALE_GUARDED_BY(mutex_) = false;
  bool hidden_ SHALE_GUARDED_BY(mutex_) = false;
  std::atomic<bool> hide_done_{false};
  ProgressBar bar_ SHALE_GUARDED_BY(mutex_);
  Thread thread_;  // last: it uses the others
};

// Passes text on to `sink` and hides the bar before the first of it.
class BarHidingSink : public TextSink {
 public:
  BarHidingSink(TextSink* sink, StatementWatcher* watcher) : sink_(sink), watcher_(watcher) {}
  Status Write(std::string_view text) override {
    watcher_->HideProgress();
    return sink_->Write(text);
  }
  Status Flush() override { return sink_->Flush(); }

 private:
  TextSink* sink_;
  StatementWatcher* watcher_;
};

}  // namespace shale
