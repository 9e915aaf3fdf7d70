#include "tools/serve/command.h"

#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "engine/base/log.h"
#include "server/server.h"
#include "sql/parser.h"
#include "tools/console/memory_options.h"
#include "tools/console/terminal.h"

namespace shale {
namespace {

struct ServeArguments {
  std::string db;
  std::string auth = "scram";
  MemoryArguments memory;
  double stop_timeout_s = 30;
  double login_timeout_s = 60;
  double write_timeout_s = 300;
  double max_wait_s = 60;
  int workers = 0;
  ServerOptions server;
};

constexpr int kFailed = 1, kUsage = 2;

int64_t Micros(double seconds) { return static_cast<int64_t>(seconds * 1e6); }

int Fail(const Status& status) {
  PrintError(Message(status));
  return status.code() == StatusCode::kInvalidArgument ? kUsage : kFailed;
}

int RunServe(const ServeArguments& arguments) {
  // Signals wait for sigwait below, whichever thread they would come to.
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  signal(SIGPIPE, SIG_IGN);

  SetLogLevel(LogLevel::kInfo);
  DatabaseOptions options;
  options.create = true;
  options.num_workers = arguments.workers;
  const Status applied = arguments.memory.Apply(&options);
  if (!applied.ok()) return Fail(applied);
  auto database = Database::Open(arguments.db, options);
  if (!database.ok()) return Fail(database.status());
  const RecoveryReport& recovery = (*database)->store().recovery();
  if (recovery.replayed_batches > 0) {
    LogLine(LogLevel::kInfo, fmt::format("{} rows of {} batches read again from the log",
                                         recovery.replayed_rows, recovery.replayed_batches));
  }
  WarmParser();
  ServerOptions server_options = arguments.server;
  server_options.socket_directory = arguments.db;
  server_options.trust = arguments.auth == "trust";
  server_options.login_timeout_us = Micros(arguments.login_timeout_s);
  server_options.write_timeout_us = Micros(arguments.write_timeout_s);
  server_options.max_wait_us = Micros(arguments.max_wait_s);
  if (options.memory_limit_bytes > 0)
    server_options.kept_rows_bytes = options.memory_limit_bytes / 4;
  auto server = Server::Start(database->get(), server_options);
  if (!server.ok()) return Fail(server.status());
  if (!server_options.trust && !(*database)->HasRoles()) {
    LogLine(LogLevel::kWarning,
            fmt::format("no user can log in yet: shale user add NAME --db {}", arguments.db));
  }
  fmt::print("ready pg={}\n", (*server)->pg_address());
  std::fflush(stdout);
  int signal_number = 0;
  sigwait(&ends, &signal_number);
  LogLine(LogLevel::kInfo, "stopping");
  // A second signal ends it the hard way.
  pthread_sigmask(SIG_UNBLOCK, &ends, nullptr);
  (*server)->Stop(Micros(arguments.stop_timeout_s));
  LogLine(LogLevel::kInfo, "stopped");
  return 0;
}

}  // namespace

void AddServeCommand(CLI::App* app, std::function<int()>* run) {
  auto arguments = std::make_shared<ServeArguments>();
  CLI::App* serve = app->add_subcommand("serve", "Serve a database over the network");
  ServerOptions& server = arguments->server;
  serve->add_option("--db", arguments->db, "Database folder; made when it is missing")
      ->type_name("DIR")
      ->required();
  serve->add_option("--listen", server.listen, "Address to listen at")
      ->type_name("IP")
      ->capture_default_str();
  serve->add_option("--pg-port", server.pg_port, "Port of the PostgreSQL protocol (0: a free one)")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  serve
      ->add_option("--auth", arguments->auth,
                   "scram: passwords; trust: anyone, on loopback addresses only")
      ->check(CLI::IsMember({"scram", "trust"}))
      ->capture_default_str();
  serve->add_option("--tls-cert", server.tls_certificate, "Certificate chain for TLS")
      ->type_name("PEM");
  serve->add_option("--tls-key", server.tls_key, "Its private key")->type_name("PEM");
  AddMemoryOptions(serve, &arguments->memory);
  serve->add_option("--workers", arguments->workers, "Threads a query may use (0: one a core)")
      ->check(CLI::Range(0, 1024));
  serve->add_option("--max-connections", server.max_connections, "Sessions at once")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  serve
      ->add_option("--max-running", server.max_running,
                   "Statements that run at once (0: twice the cores, at least 4)")
      ->check(CLI::Range(0, 10'000));
  serve->add_option("--max-waiting", server.max_waiting, "Statements that wait for their turn")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
  serve->add_option("--max-wait", arguments->max_wait_s, "Seconds they may wait")
      ->capture_default_str();
  serve
      ->add_option("--statement-timeout", server.statement_timeout,
                   "Default of statement_timeout: milliseconds, or 30s; 0: none")
      ->capture_default_str();
  serve
      ->add_option("--idle-timeout", server.idle_timeout,
                   "Default of idle_session_timeout: milliseconds, or 10min; 0: none")
      ->capture_default_str();
  serve->add_option("--login-timeout", arguments->login_timeout_s, "Seconds a login may take")
      ->capture_default_str();
  serve
      ->add_option("--write-timeout", arguments->write_timeout_s,
                   "Seconds without progress after which a client that does not read is cut")
      ->capture_default_str();
  serve
      ->add_option("--stop-timeout", arguments->stop_timeout_s,
                   "Seconds that running statements get when the server is to stop")
      ->capture_default_str();
  serve->footer(
      "Prints `ready pg=HOST:PORT` when it takes connections, logs to standard error, stops on "
      "SIGTERM.\n\nExamples:\n"
      "  shale serve --db events.db --auth trust\n"
      "  shale user add ann --db events.db\n"
      "  psql -h 127.0.0.1 -p 5433 -U ann");
  serve->callback([arguments, run] { *run = [arguments] { return RunServe(*arguments); }; });
}

}  // namespace shale
