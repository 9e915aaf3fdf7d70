// SessionRegistry: every session of the server, whatever protocol it speaks: what it does now, and
// how to stop it. What pg_stat_activity, pg_cancel_backend and the sweeper of timeouts look at.
// Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/sync.h"
#include "sql/database.h"

namespace shale {

// The part of a session that other threads see.
class SessionState {
 public:
  enum class Phase : uint8_t {
    kStarting,  // not authenticated yet
    kIdle,
    kIdleInTransaction,
    kIdleInFailedTransaction,
    kActive,
    kClosed,
  };

  int32_t pid = 0;
  int32_t secret = 0;
  int64_t began_us = 0;  // wall time
  std::string client_address;
  int client_port = -1;

  std::atomic<Phase> phase{Phase::kStarting};
  std::atomic<const char*> waits_for{""};  // "admission", "client"
  std::atomic<int64_t> phase_since_us{0};  // monotonic
  std::atomic<int64_t> query_began_us{0};  // monotonic; 0: none runs
  std::atomic<int64_t> statement_timeout_us{0};
  std::atomic<int64_t> idle_timeout_us{0};       // outside a transaction
  std::atomic<int64_t> idle_open_timeout_us{0};  // inside one
  std::atomic<int64_t> writing_since_us{0};      // answers wait for the client; 0: none do
  std::atomic<bool> cancel_requested{false};
  std::atomic<bool> timed_out{false};   // why it was cancelled
  std::atomic<bool> terminate{false};   // by an administrator, or the server's end
  std::atomic<bool> idle_ended{false};  // by an idle timeout
  std::atomic<int64_t> rows_read{0};

  void SetIdentity(std::string user, std::string database);
  void SetApplication(std::string_view name);
  void SetQuery(std::string_view text);  // the first kMaxShownQueryBytes of it
  SessionDirectory::Entry Describe();

  // What a session does when it is cancelled or interrupted; set once, before it is registered.
  std::function<void()> cancel;
  std::function<void()> interrupt;  // wakes it where it waits for its client
  std::function<void()> cut;        // breaks the connection off

 private:
  Mutex mutex_;
  std::string user_ SHALE_GUARDED_BY(mutex_);
  std::string database_ SHALE_GUARDED_BY(mutex_);
  std::string application_ SHALE_GUARDED_BY(mutex_);
  std::string query_ SHALE_GUARDED_BY(mutex_);
};
using SessionStatePtr = std::shared_ptr<SessionState>;

class SessionRegistry : public SessionDirectory {
 public:
  // Gives the session its pid and secret.
  void Add(const SessionStatePtr& session);
  void Remove(int32_t pid);
  size_t size();

  std::vector<Entry> Sessions() override;
  bool Signal(int32_t pid, bool terminate) override;
  void NoteMiss(std::string_view name) override;
  std::vector<std::pair<std::string, int64_t>> Misses() override;

  // A CancelRequest: only with the right secret.
  void CancelBySecret(int32_t pid, int32_t secret);
  // Statements and sessions whose time is up.
  void Sweep(int64_t now_us, int64_t start_timeout_us, int64_t write_timeout_us);
  void TerminateAll();
  void CancelAll();

 private:
  std::vector<SessionStatePtr> All();

  Mutex mutex_;
  int32_t next_pid_ SHALE_GUARDED_BY(mutex_) = 1;
  std::map<int32_t, SessionStatePtr> sessions_ SHALE_GUARDED_BY(mutex_);
  std::map<std::string, int64_t> misses_ SHALE_GUARDED_BY(mutex_);
};

}  // namespace shale
