// Server: a database served over the network. Listeners by protocol, one layer of sessions above
// sql/database.h, admission, timeouts, an orderly end.
//
//   ASSIGN_OR_RETURN(auto server, Server::Start(database.get(), options));
//   … server->pg_address() …
//   server->Stop(seconds);
//
// Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engine/base/status.h"
#include "sql/database.h"

namespace shale {

struct ServerOptions {
  std::string listen = "127.0.0.1";
  int pg_port = 5433;            // 0: a free one; -1: only the socket in the folder
  std::string socket_directory;  // the database's folder; empty: no socket there
  bool trust = false;            // no passwords; only on loopback
  std::string tls_certificate, tls_key;
  int max_connections = 10'000;
  int max_running = 0;  // statements at once; 0: twice the cores, at least 4
  int max_waiting = 1000;
  int64_t max_wait_us = 60'000'000;
  int64_t login_timeout_us = 60'000'000;
  int64_t write_timeout_us = 300'000'000;
  int64_t kept_rows_bytes = 0;  // of all cursors together; 0: a quarter of the database's memory
  std::string statement_timeout = "0";
  std::string idle_timeout = "0";
};

class Server {
 public:
  // `database` outlives the server.
  static StatusOr<std::unique_ptr<Server>> Start(Database* database, ServerOptions options);
  virtual ~Server() = default;                 // Stop(0)
  virtual std::string pg_address() const = 0;  // "127.0.0.1:5433"; "" without one
  // Takes no more connections; idle sessions end at once, statements that run may go on for so
  // long, then they are cancelled.
  virtual void Stop(int64_t grace_us) = 0;
};

// The socket in a database's folder, as libpq names it: psql -h FOLDER finds it by itself.
inline constexpr int kFolderSocketPort = 5432;
std::string FolderSocketPath(const std::string& directory);

}  // namespace shale
