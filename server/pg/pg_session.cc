#include "server/pg/pg_session.h"

#include <boost/asio/post.hpp>
#include <utility>

#include "engine/base/clock.h"
#include "engine/base/log.h"

namespace shale::pg {
namespace {

// Answers are sent when so many bytes wait, and at the end of what was asked.
constexpr size_t kFlushBytes = 64 * 1024;
// After so many messages others come first.
constexpr int kMessagesAtOnce = 200;
constexpr int kWaitWritableMs = 100;

int64_t Now() { return Clock::System()->MonotonicMicros(); }

}  // namespace

PgSession::PgSession(ServerContext* server, StreamSocket socket, bool is_local)
    : server_(server), stream_(std::move(socket), is_local) {
  state_->began_us = Clock::System()->NowMicros();
  state_->phase_since_us = Now();
  state_->client_address = stream_.PeerAddress();
  state_->client_port = stream_.PeerPort();
}

PgSession::~PgSession() {
  if (registered_) server_->registry->Remove(state_->pid);
}

void PgSession::Start() {
  std::weak_ptr<PgSession> weak = weak_from_this();
  state_->interrupt = [weak] {
    if (auto self = weak.lock()) self->stream_.Interrupt();
  };
  state_->cancel = [weak] {
    // The connection lives as long as the session, once it is there.
    auto self = weak.lock();
    if (self && self->state_->phase.load() != SessionState::Phase::kStarting) {
      self->connection_->Cancel();
    }
  };
  state_->cut = [weak] {
    if (auto self = weak.lock()) self->stream_.Cut();
  };
  server_->registry->Add(state_);
  registered_ = true;
  Resume();
}

// ---- the loop -----------------------------------------------------------------------------------

void PgSession::Resume() {
  while (!closed_) {
    if (!stream_.Write(&out_)) return Close();
    if (!out_.empty() || stream_.has_unsent()) {
      // The sweeper cuts a client that takes nothing.
      state_->waits_for = "client";
      if (state_->writing_since_us.load() == 0) state_->writing_since_us = Now();
      stream_.WhenWritable([self = shared_from_this()] { self->Resume(); });
      return;
    }
    state_->waits_for = "";
    state_->writing_since_us = 0;
    if (step_ == Step::kClosing) return Close();
    switch (HandleBuffered()) {
      case After::kWait: return;
      case After::kClose: step_ = Step::kClosing; continue;
      case After::kGoOn: break;
    }
    if (!out_.empty()) continue;
    if (state_->terminate.load() || state_->idle_ended.load()) {
      if (step_ == Step::kReady) {
        if (state_->terminate.load()) {
          Fatal("57P01", "terminating connection due to administrator command");
        } else if (connection_->transaction() != TransactionState::kIdle) {
          Fatal("25P03", "terminating connection due to idle-in-transaction timeout");
        } else {
          Fatal("57P05", "terminating connection due to idle-session timeout");
        }
      }
      step_ = Step::kClosing;
      continue;
    }
    switch (stream_.Read(reader_.buffer())) {
      case Stream::Got::kBytes: continue;
      case Stream::Got::kClosed:
        // An interrupt looks like the end of the input, and is told apart by its flag.
        if (state_->terminate.load() || state_->idle_ended.load()) continue;
        return Close();
      case Stream::Got::kNothingYet: return WaitForBytes();
    }
  }
}

void PgSession::WaitForBytes() {
  stream_.WhenReadable([self = shared_from_this()] { self->Resume(); });
}

bool PgSession::NeedsRoom(char type) const {
  return step_ == Step::kReady && (type == 'Q' || type == 'E' || type == 'P' || type == 'B' ||
                                   type == 'D' || type == 'd' || type == 'c');
}

PgSession::After PgSession::EnterAdmission() {
  auto entered = server_->admission->Enter([self = shared_from_this()](Status status) {
    if (status.ok()) {
      self->has_room_ = true;
    } else {
      self->refused_ = std::move(status);
    }
    boost::asio::post(self->server_->threads->context(), [self] { self->Resume(); });
  });
  if (!entered.ok()) {
    refused_ = entered.status();
    return After::kGoOn;
  }
  if (*entered == Admission::Outcome::kWaits) {
    state_->waits_for = "admission";
    return After::kWait;
  }
  has_room_ = true;
  return After::kGoOn;
}

void PgSession::LeaveAdmission() {
  if (std::exchange(has_room_, false)) server_->admission->Leave();
}

PgSession::After PgSession::HandleBuffered() {
  After after = After::kGoOn;
  for (int count = 0;; ++count) {
    const bool startup = step_ == Step::kStartup;
    if (!startup && !has_room_ && !refused_) {
      std::optional<char> next = reader_.PeekType();
      if (next && NeedsRoom(*next)) {
        if (EnterAdmission() == After::kWait) return After::kWait;
      }
    }
    const size_t limit = startup                 ? kMaxStartupBytes
                         : step_ == Step::kReady ? kMaxMessageBytes
                                                 : kMaxLoginMessageBytes;
    auto message = reader_.Next(startup, limit);
    if (!message.ok()) {
      Fatal("08P01", shale::Message(message.status()));
      after = After::kClose;
      break;
    }
    if (!*message) break;
    if (!HandleMessage(**message)) {
      after = After::kClose;
      break;
    }
    if (out_.size() >= kFlushBytes) {
      if (!stream_.Write(&out_) || !out_.empty()) break;
    }
    if (count >= kMessagesAtOnce && !reader_.empty()) {
      reader_.Release();
      LeaveAdmission();
      boost::asio::post(server_->threads->context(),
                        [self = shared_from_this()] { self->Resume(); });
      return After::kWait;
    }
  }
  reader_.Release();
  refused_.reset();
  LeaveAdmission();
  return after;
}

bool PgSession::HandleMessage(const Message& message) {
  switch (step_) {
    case Step::kStartup: return HandleStartup(message);
    case Step::kSasl:
    case Step::kSaslFinal: return HandleSasl(message);
    case Step::kClosing: return false;
    case Step::kReady: break;
  }
  if (message.type == 'X') return false;
  if (state_->terminate.load()) {
    Fatal("57P01", "terminating connection due to administrator command");
    return false;
  }
  if (copy_) {
    HandleCopyMessage(message);
    return true;
  }
  if (refused_ && NeedsRoom(message.type)) {
    if (message.type == 'Q') {
      SendError(*refused_, "");
      connection_->FailTransaction();
      SendReady();
    } else if (!failed_until_sync_) {
      SendError(*refused_, "");
      connection_->FailTransaction();
      failed_until_sync_ = true;
    }
    return true;
  }
  switch (message.type) {
    case 'Q': {
      FieldReader fields(message.body);
      std::string_view sql = fields.CString();
      Status status = fields.Check("Query");
      if (!status.ok()) {
        Fatal("08P01", shale::Message(status));
        return false;
      }
      failed_until_sync_ = false;
      HandleQuery(sql);
      return true;
    }
    case 'P':
    case 'B':
    case 'D':
    case 'E':
    case 'C':
    case 'H':
    case 'S': HandleExtended(message); return true;
    case 'd':
    case 'c':
    case 'f': return true;  // of a COPY that failed already
    case 'F':
      SendError(Unsupported("the function call protocol is not supported; use SELECT"), "");
      SendReady();
      return true;
    default:
      Fatal("08P01", fmt::format("invalid frontend message type {}",
                                 static_cast<int>(static_cast<unsigned char>(message.type))));
      return false;
  }
}

void PgSession::Close() {
  if (std::exchange(closed_, true)) return;
  LeaveAdmission();
  SetPhase(SessionState::Phase::kClosed);
  if (connection_) connection_->Rollback();
  portals_.clear();
  copy_.reset();
  stream_.Close();
  if (std::exchange(registered_, false)) server_->registry->Remove(state_->pid);
}

Status PgSession::FlushWaiting() {
  if (!stream_.Write(&out_))
    return WithSqlState(MakeError(StatusCode::kUnavailable, "connection to client lost"), "08006");
  if (out_.empty() && !stream_.has_unsent()) return OkStatus();
  // The client is slow: the statement gives its room back, and another thread takes this one's
  // place.
  state_->waits_for = "client";
  const bool had_room = has_room_;
  LeaveAdmission();
  Status status;
  {
    IoThreads::Blocked blocked(server_->threads);
    int64_t last_progress = Now();
    size_t left = out_.size();
    while (true) {
      if (!blocked.ok()) {
        status = WithSqlState(
            ResourceExhausted("too many clients read their results too slowly (kMaxBlockedThreads, "
                              "{}); read faster, or ask for fewer rows",
                              kMaxBlockedThreads),
            "53400");
        break;
      }
      stream_.WaitWritable(kWaitWritableMs);
      if (!stream_.Write(&out_)) {
        status =
            WithSqlState(MakeError(StatusCode::kUnavailable, "connection to client lost"), "08006");
        break;
      }
      if (out_.empty() && !stream_.has_unsent()) break;
      if (out_.size() != left) last_progress = Now();
      left = out_.size();
      const bool stop =
          state_->terminate.load() || state_->cancel_requested.load() || state_->timed_out.load();
      if (stop || Now() - last_progress > server_->write_timeout_us) {
        status = stop ? Status(StatusCode::kCancelled, "canceled by user request")
                      : WithSqlState(MakeError(StatusCode::kDeadlineExceeded,
                                               "the client took no rows for {} s (write_timeout)",
                                               server_->write_timeout_us / 1'000'000),
                                     "57P05");
        if (!stop) state_->terminate = true;
        break;
      }
    }
  }
  if (had_room) {
    server_->admission->Reenter();
    has_room_ = true;
  }
  state_->waits_for = "";
  return status;
}

// ---- what every part sends ----------------------------------------------------------------------

void PgSession::SetPhase(SessionState::Phase phase) {
  state_->phase_since_us.store(Now(), std::memory_order_relaxed);
  state_->phase.store(phase, std::memory_order_relaxed);
}

void PgSession::EnterIdle() {
  const TransactionState transaction = connection_->transaction();
  SetPhase(transaction == TransactionState::kIdle ? SessionState::Phase::kIdle
           : transaction == TransactionState::kOpen
               ? SessionState::Phase::kIdleInTransaction
               : SessionState::Phase::kIdleInFailedTransaction);
}

void PgSession::Fatal(std::string_view sqlstate, std::string_view message) {
  SqlError error;
  error.sqlstate = std::string(sqlstate);
  error.message = std::string(message);
  writer_.Report('E', "FATAL", error);
}

// Why it was cancelled is known here only.
Status PgSession::CancelledStatus(const Status& status) const {
  if (status.code() != StatusCode::kCancelled) return status;
  return WithSqlState(MakeError(StatusCode::kCancelled, "canceling statement due to {}",
                                state_->timed_out.load() ? "statement timeout" : "user request"),
                      "57014");
}

void PgSession::SendError(const Status& status, std::string_view sql, size_t offset) {
  SqlError error = TakeApart(CancelledStatus(status), sql.substr(offset));
  if (error.position > 0 && offset > 0) {
    for (char c : sql.substr(0, offset)) error.position += (c & 0xC0) != 0x80;
  }
  writer_.Report('E', "ERROR", error);
}

void PgSession::SendReady() {
  SendChangedSettings();
  const TransactionState transaction = connection_->transaction();
  writer_.ReadyForQuery(transaction == TransactionState::kIdle   ? 'I'
                        : transaction == TransactionState::kOpen ? 'T'
                                                                 : 'E');
  EnterIdle();
}

void PgSession::SendChangedSettings() {
  if (connection_->settings_version() == settings_seen_) return;
  settings_seen_ = connection_->settings_version();
  // The names as clients know them.
  static constexpr const char* kReported[] = {"server_version",
                                              "server_encoding",
                                              "client_encoding",
                                              "application_name",
                                              "is_superuser",
                                              "session_authorization",
                                              "DateStyle",
                                              "IntervalStyle",
                                              "TimeZone",
                                              "integer_datetimes",
                                              "standard_conforming_strings",
                                              "default_transaction_read_only",
                                              "in_hot_standby"};
  for (const char* name : kReported) {
    auto value = connection_->Setting(name);
    if (!value.ok() || (reported_.contains(name) && reported_[name] == *value)) continue;
    reported_[name] = *value;
    writer_.ParameterStatus(name, *value);
  }
  state_->SetApplication(reported_["application_name"]);
  auto micros = [&](const char* name) {
    auto value = connection_->Setting(name);
    return value.ok() ? std::atoll(value->c_str()) * 1000 : 0;
  };
  state_->statement_timeout_us = micros("statement_timeout");
  state_->idle_timeout_us = micros("idle_session_timeout");
  state_->idle_open_timeout_us = micros("idle_in_transaction_session_timeout");
}

}  // namespace shale::pg
