#include "server/session/session_registry.h"

#include <openssl/rand.h>

#include <utility>

#include "engine/base/clock.h"

namespace shale {
namespace {

constexpr size_t kMaxShownQueryBytes = 1024;
constexpr size_t kMaxMisses = 10'000;

const char* PhaseName(SessionState::Phase phase) {
  switch (phase) {
    case SessionState::Phase::kStarting: return "starting";
    case SessionState::Phase::kIdle: return "idle";
    case SessionState::Phase::kIdleInTransaction: return "idle in transaction";
    case SessionState::Phase::kIdleInFailedTransaction: return "idle in transaction (aborted)";
    case SessionState::Phase::kActive: return "active";
    case SessionState::Phase::kClosed: return "closed";
  }
  return "";
}

}  // namespace

void SessionState::SetIdentity(std::string user, std::string database) {
  MutexLock lock(&mutex_);
  user_ = std::move(user);
  database_ = std::move(database);
}

void SessionState::SetApplication(std::string_view name) {
  MutexLock lock(&mutex_);
  application_ = std::string(name);
}

void SessionState::SetQuery(std::string_view text) {
  MutexLock lock(&mutex_);
  query_.assign(text.substr(0, kMaxShownQueryBytes));
  // Not in the middle of a character.
  if (text.size() > kMaxShownQueryBytes) {
    size_t end = query_.size();
    while (end > 0 && (text[end] & 0xC0) == 0x80) --end;
    query_.resize(end);
  }
}

SessionDirectory::Entry SessionState::Describe() {
  SessionDirectory::Entry entry;
  // Monotonic times become wall times.
  const int64_t shift = Clock::System()->NowMicros() - Clock::System()->MonotonicMicros();
  const int64_t query_began = query_began_us.load();
  entry.pid = pid;
  entry.client_address = client_address;
  entry.client_port = client_port;
  entry.began_us = began_us;
  entry.query_began_us = query_began == 0 ? 0 : query_began + shift;
  entry.state_since_us = phase_since_us.load() + shift;
  entry.state = PhaseName(phase.load());
  entry.wait_event = waits_for.load();
  entry.rows_read = rows_read.load();
  MutexLock lock(&mutex_);
  entry.user = user_;
  entry.database = database_;
  entry.application_name = application_;
  entry.query = query_;
  return entry;
}

void SessionRegistry::Add(const SessionStatePtr& session) {
  RAND_bytes(reinterpret_cast<unsigned char*>(&session->secret), sizeof session->secret);
  MutexLock lock(&mutex_);
  while (next_pid_ <= 0 || sessions_.contains(next_pid_)) {
    next_pid_ = next_pid_ <= 0 ? 1 : next_pid_ + 1;
  }
  session->pid = next_pid_;
  next_pid_ = next_pid_ == INT32_MAX ? 1 : next_pid_ + 1;
  sessions_[session->pid] = session;
}

void SessionRegistry::Remove(int32_t pid) {
  MutexLock lock(&mutex_);
  sessions_.erase(pid);
}

size_t SessionRegistry::size() {
  MutexLock lock(&mutex_);
  return sessions_.size();
}

std::vector<SessionStatePtr> SessionRegistry::All() {
  MutexLock lock(&mutex_);
  std::vector<SessionStatePtr> all;
  all.reserve(sessions_.size());
  for (const auto& [pid, session] : sessions_) all.push_back(session);
  return all;
}

std::vector<SessionDirectory::Entry> SessionRegistry::Sessions() {
  std::vector<Entry> entries;
  for (const SessionStatePtr& session : All()) {
    if (session->phase.load() != SessionState::Phase::kStarting) {
      entries.push_back(session->Describe());
    }
  }
  return entries;
}

bool SessionRegistry::Signal(int32_t pid, bool terminate) {
  SessionStatePtr session;
  {
    MutexLock lock(&mutex_);
    auto found = sessions_.find(pid);
    if (found == sessions_.end()) return false;
    session = found->second;
  }
  if (terminate) {
    session->terminate = true;
    session->interrupt();
  }
  session->cancel_requested = true;
  session->cancel();
  return true;
}

void SessionRegistry::CancelBySecret(int32_t pid, int32_t secret) {
  {
    MutexLock lock(&mutex_);
    auto found = sessions_.find(pid);
    if (found == sessions_.end() || found->second->secret != secret) return;
  }
  Signal(pid, false);
}

void SessionRegistry::NoteMiss(std::string_view name) {
  MutexLock lock(&mutex_);
  if (misses_.size() >= kMaxMisses && !misses_.contains(std::string(name))) return;
  ++misses_[std::string(name)];
}

std::vector<std::pair<std::string, int64_t>> SessionRegistry::Misses() {
  MutexLock lock(&mutex_);
  return {misses_.begin(), misses_.end()};
}

void SessionRegistry::Sweep(int64_t now_us, int64_t start_timeout_us, int64_t write_timeout_us) {
  for (const SessionStatePtr& session : All()) {
    const SessionState::Phase phase = session->phase.load();
    const int64_t since = session->phase_since_us.load();
    if (phase == SessionState::Phase::kActive) {
      const int64_t limit = session->statement_timeout_us.load();
      const int64_t began = session->query_began_us.load();
      if (limit > 0 && began > 0 && now_us - began > limit && !session->timed_out.exchange(true)) {
        session->cancel();
      }
      continue;
    }
    const int64_t writing = session->writing_since_us.load();
    if (writing > 0 && now_us - writing > write_timeout_us) {
      session->cut();
      continue;
    }
    const int64_t limit = phase == SessionState::Phase::kStarting ? start_timeout_us
                          : phase == SessionState::Phase::kIdle
                              ? session->idle_timeout_us.load()
                              : session->idle_open_timeout_us.load();
    if (limit > 0 && now_us - since > limit && !session->idle_ended.exchange(true)) {
      session->interrupt();
    }
  }
}

void SessionRegistry::TerminateAll() {
  for (const SessionStatePtr& session : All()) {
    session->terminate = true;
    session->interrupt();
  }
}

void SessionRegistry::CancelAll() {
  for (const SessionStatePtr& session : All()) {
    session->cancel_requested = true;
    session->cancel();
  }
}

}  // namespace shale
