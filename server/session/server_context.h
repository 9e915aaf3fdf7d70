// ServerContext: what all sessions of a server share, whatever protocol they speak. Owned by
// Server, which outlives them.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "engine/base/memory_budget.h"
#include "server/net/io_threads.h"
#include "server/net/tls.h"
#include "server/session/admission.h"
#include "server/session/session_registry.h"
#include "sql/database.h"

namespace shale {

enum class AuthMethod : uint8_t { kScram, kTrust };

struct ServerContext {
  Database* database = nullptr;
  IoThreads* threads = nullptr;
  Admission* admission = nullptr;
  SessionRegistry* registry = nullptr;
  MemoryBudget* kept_rows = nullptr;  // of all cursors together
  std::shared_ptr<TlsContext> tls;    // null: no TLS
  AuthMethod auth = AuthMethod::kScram;
  std::string scram_secret;  // salts of roles that do not exist
  int max_connections = 0;
  int64_t write_timeout_us = 0;  // a client that takes nothing for so long is cut
  std::string statement_timeout = "0";
  std::string idle_timeout = "0";
  std::atomic<int64_t> statements{0};
  std::atomic<bool> stopping{false};
};

}  // namespace shale
