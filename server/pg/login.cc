// From the first byte to the first ReadyForQuery.
#include <algorithm>

#include "engine/base/log.h"
#include "server/pg/pg_session.h"

namespace shale::pg {
namespace {

constexpr std::string_view kMechanism = "SCRAM-SHA-256";
constexpr int32_t kAuthOk = 0, kAuthSasl = 10, kAuthSaslContinue = 11, kAuthSaslFinal = 12;

}  // namespace

bool PgSession::HandleStartup(const Message& message) {
  FieldReader fields(message.body);
  const int32_t version = fields.Int32();
  switch (version) {
    case kSslRequest:
      // Nothing may stand behind it: bytes that were not encrypted would be taken for encrypted
      // ones.
      if (!reader_.empty()) {
        Fatal("08P01", "received unencrypted data after SSL request");
        return false;
      }
      if (stream_.is_tls() || !server_->tls || stream_.is_local()) {
        out_ += 'N';
        return true;
      }
      out_ += 'S';
      if (!stream_.Write(&out_) || !out_.empty()) return false;
      stream_.StartTls(*server_->tls);
      return true;
    case kGssEncRequest: out_ += 'N'; return true;
    case kCancelRequest: {
      const int32_t pid = fields.Int32();
      const int32_t secret = fields.Int32();
      if (fields.at_end()) server_->registry->CancelBySecret(pid, secret);
      return false;
    }
    default: break;
  }
  if (version >> 16 != 3) {
    Fatal("0A000", fmt::format("unsupported frontend protocol {}.{}: server supports 3.0",
                               static_cast<uint32_t>(version) >> 16, version & 0xffff));
    return false;
  }
  auto startup = ReadStartup(message.body);
  if (!startup.ok()) {
    Fatal("08P01", shale::Message(startup.status()));
    return false;
  }
  return Login(*startup);
}

bool PgSession::Login(const Startup& startup) {
  std::vector<std::string> unknown;
  for (const auto& [name, value] : startup.parameters) {
    if (name == "user") {
      user_ = value;
    } else if (name == "database") {
      database_name_ = value;
    } else if (name.starts_with("_pq_.")) {
      unknown.push_back(name);
    } else if (name == "options") {
      // "-c name=value", with backslashes before blanks of a value.
      std::vector<std::string> words(1);
      for (size_t i = 0; i < value.size(); ++i) {
        if (value[i] == '\\' && i + 1 < value.size()) {
          words.back() += value[++i];
        } else if (value[i] == ' ') {
          if (!words.back().empty()) words.emplace_back();
        } else {
          words.back() += value[i];
        }
      }
      for (size_t i = 0; i < words.size(); ++i) {
        std::string setting = words[i];
        if (setting == "-c" && i + 1 < words.size()) {
          setting = words[++i];
        } else if (setting.starts_with("-c") || setting.starts_with("--")) {
          setting.erase(0, 2);
        }
        const size_t equals = setting.find('=');
        if (equals == std::string::npos) continue;
        startup_settings_.emplace_back(setting.substr(0, equals), setting.substr(equals + 1));
      }
    } else if (name != "replication") {
      startup_settings_.emplace_back(name, value);
    }
  }
  if ((startup.version & 0xffff) > 0 || !unknown.empty()) {
    writer_.Begin('v');  // NegotiateProtocolVersion
    writer_.Int32(kProtocol3);
    writer_.Int32(static_cast<int32_t>(unknown.size()));
    for (const std::string& name : unknown) writer_.CString(name);
    writer_.End();
  }
  if (user_.empty()) {
    Fatal("28000", "no PostgreSQL user name specified in startup packet");
    return false;
  }
  if (database_name_.empty()) database_name_ = user_;
  if (server_->stopping.load()) {
    Fatal("57P03", "the database system is shutting down");
    return false;
  }
  if (server_->max_connections > 0 &&
      server_->registry->size() > static_cast<size_t>(server_->max_connections) &&
      !stream_.is_local()) {
    Fatal("53300", fmt::format("sorry, too many clients already (max_connections, {})",
                               server_->max_connections));
    return false;
  }
  if (stream_.is_local() || server_->auth == AuthMethod::kTrust) return FinishLogin();
  scram_.emplace(server_->database->RoleVerifier(user_), user_, server_->scram_secret);
  writer_.Begin('R');
  writer_.Int32(kAuthSasl);
  writer_.CString(kMechanism);
  writer_.Byte('\0');
  writer_.End();
  step_ = Step::kSasl;
  return true;
}

bool PgSession::HandleSasl(const Message& message) {
  if (message.type != 'p') {
    Fatal("08P01", fmt::format("expected SASL response, got message type {}",
                               static_cast<int>(static_cast<unsigned char>(message.type))));
    return false;
  }
  FieldReader fields(message.body);
  StatusOr<std::string> answer = std::string();
  if (step_ == Step::kSasl) {
    if (fields.CString() != kMechanism) {
      Fatal("28000", fmt::format("only {} is offered", kMechanism));
      return false;
    }
    const int32_t size = fields.Int32();
    answer = scram_->First(fields.Bytes(static_cast<size_t>(std::max(size, 0))));
  } else {
    answer = scram_->Final(fields.Rest());
  }
  if (!answer.ok()) {
    if (answer.status().code() == StatusCode::kUnauthenticated) {
      LogWarning("login of \"{}\" from {} refused", user_, state_->client_address);
      Fatal("28P01", fmt::format("password authentication failed for user \"{}\"", user_));
    } else {
      Fatal("08P01", shale::Message(answer.status()));
    }
    return false;
  }
  writer_.Begin('R');
  writer_.Int32(step_ == Step::kSasl ? kAuthSaslContinue : kAuthSaslFinal);
  writer_.Bytes(*answer);
  writer_.End();
  if (step_ == Step::kSasl) {
    step_ = Step::kSaslFinal;
    return true;
  }
  return FinishLogin();
}

bool PgSession::FinishLogin() {
  scram_.reset();
  is_superuser_ = stream_.is_local() || server_->auth == AuthMethod::kTrust || user_ == "shale";
  ConnectOptions options;
  options.user = user_;
  options.database = database_name_;
  options.backend_pid = state_->pid;
  options.sessions = server_->registry;
  connection_ = server_->database->Connect(std::move(options));
  state_->SetIdentity(user_, database_name_);
  writer_.Begin('R');
  writer_.Int32(kAuthOk);
  writer_.End();
  auto set = [&](std::string_view name, std::string_view value) {
    Status status = connection_->SetSetting(name, value);
    if (status.ok()) return;
    // A client's wish must not keep it out.
    SqlError error = TakeApart(status, "");
    server_->registry->NoteMiss(fmt::format("setting {}", name));
    writer_.Report('N', "WARNING", error);
  };
  set("is_superuser", is_superuser_ ? "on" : "off");
  set("ssl", server_->tls ? "on" : "off");
  set("statement_timeout", server_->statement_timeout);
  set("idle_session_timeout", server_->idle_timeout);
  for (const auto& [name, value] : startup_settings_) set(name, value);
  startup_settings_.clear();
  settings_seen_ = connection_->settings_version() + 1;
  SendChangedSettings();
  writer_.Begin('K');  // BackendKeyData
  writer_.Int32(state_->pid);
  writer_.Int32(state_->secret);
  writer_.End();
  step_ = Step::kReady;
  SendReady();
  return true;
}

}  // namespace shale::pg
