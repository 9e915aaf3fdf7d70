#include "server/server.h"

#include <openssl/rand.h>
#include <sys/resource.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/base/sync.h"
#include "server/net/io_threads.h"
#include "server/net/listener.h"
#include "server/pg/pg_session.h"
#include "server/session/server_context.h"

namespace shale {
namespace {

constexpr int64_t kSweepUs = 20'000;
constexpr int64_t kAdmissionSweeps = 10;  // every so many
constexpr size_t kSecretBytes = 32;

bool IsLoopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

// Ten thousand sessions are ten thousand files.
void RaiseFileLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

class ServerImpl : public Server {
 public:
  ServerImpl(Database* database, const ServerOptions& options, int max_running,
             int64_t kept_rows_bytes)
      : options_(options),
        admission_({max_running, options.max_waiting, options.max_wait_us}),
        kept_rows_(std::make_shared<MemoryBudget>("memory of cursors", kept_rows_bytes)),
        // One for each statement that runs, and those that log in, read and answer.
        threads_(max_running + 2) {
    context_.database = database;
    context_.threads = &threads_;
    context_.admission = &admission_;
    context_.registry = &registry_;
    context_.kept_rows = kept_rows_.get();
    context_.auth = options.trust ? AuthMethod::kTrust : AuthMethod::kScram;
    context_.scram_secret.resize(kSecretBytes);
    RAND_bytes(reinterpret_cast<unsigned char*>(context_.scram_secret.data()), kSecretBytes);
    context_.max_connections = options.max_connections;
    context_.write_timeout_us = options.write_timeout_us;
    context_.statement_timeout = options.statement_timeout;
    context_.idle_timeout = options.idle_timeout;
  }
  ~ServerImpl() override { Stop(0); }

  Status Listen() {
    if (!options_.tls_certificate.empty()) {
      ASSIGN_OR_RETURN(context_.tls, TlsContext::Load(options_.tls_certificate, options_.tls_key));
    }
    auto accept = [this](StreamSocket socket, bool is_local) {
      std::make_shared<pg::PgSession>(&context_, std::move(socket), is_local)->Start();
    };
    if (!options_.socket_directory.empty()) {
      const std::string path = FolderSocketPath(options_.socket_directory);
      auto folder = ListenUnix(&threads_.context(), path);
      if (folder.ok()) {
        listeners_.push_back(*folder);
      } else {
        LogWarning("{}: the folder's own socket is not there", Message(folder.status()));
      }
    }
    if (options_.pg_port >= 0) {
      ASSIGN_OR_RETURN(pg_, ListenTcp(&threads_.context(), options_.listen, options_.pg_port));
      listeners_.push_back(pg_);
    }
    for (const auto& listener : listeners_) listener->Start(accept);
    sweeper_ = std::make_unique<Thread>("sweeper", [this] { Sweep(); });
    return OkStatus();
  }

  std::string pg_address() const override { return pg_ ? pg_->address() : ""; }

  void Stop(int64_t grace_us) override {
    {
      MutexLock lock(&mutex_);
      if (std::exchange(stopped_, true)) return;
    }
    context_.stopping = true;
    for (const auto& listener : listeners_) listener->Stop();
    registry_.TerminateAll();
    WaitForSessions(grace_us);
    registry_.CancelAll();
    WaitForSessions(std::min<int64_t>(grace_us, 5'000'000));
    threads_.Stop();
    {
      MutexLock lock(&mutex_);
      sweeper_ends_ = true;
      wake_.NotifyAll();
    }
    if (sweeper_) sweeper_->Join();
  }

 private:
  void WaitForSessions(int64_t limit_us) {
    const int64_t end_us = Clock::System()->MonotonicMicros() + limit_us;
    MutexLock lock(&mutex_);
    while (registry_.size() > 0 && Clock::System()->MonotonicMicros() < end_us) {
      wake_.WaitFor(&mutex_, kSweepUs);
    }
  }

  void Sweep() {
    for (int64_t round = 0;; ++round) {
      {
        MutexLock lock(&mutex_);
        if (sweeper_ends_) return;
        wake_.WaitFor(&mutex_, kSweepUs);
        if (sweeper_ends_) return;
      }
      const int64_t now = Clock::System()->MonotonicMicros();
      registry_.Sweep(now, options_.login_timeout_us, options_.write_timeout_us);
      if (round % kAdmissionSweeps == 0) admission_.Sweep(now);
    }
  }

  const ServerOptions options_;
  SessionRegistry registry_;
  Admission admission_;
  std::shared_ptr<MemoryBudget> kept_rows_;
  ServerContext context_;
  std::shared_ptr<Listener> pg_;
  std::vector<std::shared_ptr<Listener>> listeners_;
  Mutex mutex_;
  CondVar wake_;
  bool stopped_ SHALE_GUARDED_BY(mutex_) = false;
  bool sweeper_ends_ SHALE_GUARDED_BY(mutex_) = false;
  std::unique_ptr<Thread> sweeper_;
  // Last: sessions that wait in it use all of the above.
  IoThreads threads_;
};

}  // namespace

std::string FolderSocketPath(const std::string& directory) {
  return fmt::format("{}/.s.PGSQL.{}", directory, kFolderSocketPort);
}

StatusOr<std::unique_ptr<Server>> Server::Start(Database* database, ServerOptions options) {
  if (options.trust && options.pg_port >= 0 && !IsLoopback(options.listen)) {
    return InvalidArgument(
        "--auth trust takes any client's word: only with --listen 127.0.0.1; "
        "use --auth scram for {}",
        options.listen);
  }
  if (options.tls_certificate.empty() != options.tls_key.empty()) {
    return InvalidArgument("--tls-cert and --tls-key go together");
  }
  RaiseFileLimit();
  const int running = options.max_running > 0 ? options.max_running : std::max(4, 2 * NumCores());
  const int64_t kept =
      options.kept_rows_bytes > 0 ? options.kept_rows_bytes : MachineMemoryBytes() / 8;
  auto server = std::make_unique<ServerImpl>(database, options, running, kept);
  RETURN_IF_ERROR(server->Listen());
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace shale
