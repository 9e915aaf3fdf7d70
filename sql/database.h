// The door to Shale: open a database, connect, run SQL, read chunks. This is also the embedding
// API; docs/embedding.md and tests/embedding/ show a whole program.
//
//   ASSIGN_OR_RETURN(auto database, shale::Database::Open("events.db", {.create = true}));
//   auto connection = database->Connect();
//   ASSIGN_OR_RETURN(auto result, connection->Query("SELECT count(*) FROM hits"));
//   result.ValueAt(0, 0);
//
// Database is thread-safe. A Connection is used by one thread at a time, except Cancel() and
// progress(), which any thread may call.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/exec/operator.h"
#include "engine/vector/vector.h"
#include "storage/table/store.h"

namespace shale {

struct DatabaseOptions {
  bool create = false;  // make the directory when it is missing
  int num_workers = 0;  // threads a query may use; 0: as many as there are cores
  // Of queries, rows in memory and caches together; 0: 80 % of what the machine, or the control
  // group that the process is in, has, and at least 256 MiB less than all.
  int64_t memory_limit_bytes = 0;
  // Where queries put rows that memory has no room for. Empty: "temp" in the database directory, or
  // below the system's folder for temporary files for a database in memory.
  std::string temp_directory = {};
  int64_t max_temp_bytes = 0;  // of all queries together; 0: nine tenths of what is free there
  // For tests: another disk, another clock, no background jobs.
  Disk* disk = nullptr;
  Clock* clock = nullptr;
  bool background_jobs = true;
  uint64_t log_file_bytes = 0;  // reserved for each file of the log; 0: the store's default
  uint64_t seal_rows = 0;       // rows in memory that make a segment; 0: the store's default
};

struct ResultColumn {
  std::string name;
  Type type;
  // Where it comes from, for clients that look it up: pg_class.oid and pg_attribute.attnum; 0 for
  // what is computed.
  uint32_t table_oid = 0;
  int16_t attribute = 0;
  bool is_oid = false;  // an object's id: UINTEGER here, oid to clients
};

// What one statement gave.
struct QueryResult {
  // "SELECT 3", "INSERT 0 5", "CREATE TABLE": PostgreSQL's command tags.
  std::string tag;
  std::vector<ResultColumn> columns;  // empty for statements without rows
  std::vector<Chunk> chunks;
  uint64_t num_rows = 0;  // rows in chunks, or affected

  Value ValueAt(uint64_t row, size_t column) const;
};

// Receives rows as they come, on the calling thread. Returning kDone ends the statement early.
class ResultReceiver {
 public:
  virtual ~ResultReceiver() = default;
  virtual Status Begin(const std::vector<ResultColumn>& columns) = 0;  // only if it returns rows
  virtual StatusOr<Flow> Rows(const Chunk& chunk) = 0;
  virtual Status End(const std::string& tag, uint64_t num_rows) = 0;
  // COPY … TO STDOUT: instead of Begin and Rows.
  virtual Status BeginCopyOut(size_t num_columns, bool is_binary);
  virtual StatusOr<Flow> CopyOut(std::string_view bytes);  // any number of whole lines
  // A warning or notice beside the result.
  virtual void Notice(std::string_view severity, std::string_view sqlstate,
                      std::string_view message);
};

struct PreparedStatement;  // sql/session.h: opaque here
using PreparedPtr = std::shared_ptr<PreparedStatement>;

// What a statement takes and gives, told before it runs.
struct StatementShape {
  std::vector<Type> parameters;       // of $1, $2 …
  std::vector<ResultColumn> columns;  // empty: it gives no rows
};

using ShapePtr = std::shared_ptr<const StatementShape>;

// What a statement is, as far as those who run it must know.
enum class StatementKind : uint8_t {
  kEmpty,
  kQuery,        // reads only
  kWrite,        // rows of tables
  kDefinition,   // tables, views: part of a transaction
  kMaintenance,  // no part of one: CHECKPOINT, ALTER TABLE, CREATE VIEW …
  kTransaction,  // BEGIN, COMMIT, ROLLBACK …
  kCopyIn,       // COPY … FROM STDIN: StartCopyIn
  kOther,        // SET, SHOW, PREPARE …
};

enum class TransactionState : uint8_t { kIdle, kOpen, kFailed };

// The other sessions of a server, as SQL sees them. Thread-safe.
class SessionDirectory {
 public:
  struct Entry {
    int32_t pid = 0;
    std::string user, database, application_name, client_address, state, query;
    int32_t client_port = -1;
    int64_t began_us = 0, query_began_us = 0, state_since_us = 0;
    std::string wait_event;  // "" or what it waits for: "admission", "client"
    int64_t rows_read = 0;   // by the running statement
  };
  virtual ~SessionDirectory() = default;
  virtual std::vector<Entry> Sessions() = 0;
  virtual bool Signal(int32_t pid, bool terminate) = 0;
  // A catalog relation that a client asked for and that is only there in name, or not at all.
  virtual void NoteMiss(std::string_view name) = 0;
  virtual std::vector<std::pair<std::string, int64_t>> Misses() = 0;  // with how often
};

struct ConnectOptions {
  std::string user = "shale";
  std::string database = "shale";
  int32_t backend_pid = 0;
  SessionDirectory* sessions = nullptr;  // outlives the connection; null: embedded
};

// COPY … FROM STDIN on its way: the text comes in pieces cut anywhere.
class CopyIn {
 public:
  virtual ~CopyIn() = default;  // without Finish: nothing happened
  virtual size_t num_columns() const = 0;
  virtual bool is_binary() const = 0;
  virtual Status Data(std::string_view bytes) = 0;
  virtual StatusOr<uint64_t> Finish() = 0;  // rows, now durable (or in the open transaction)
};

class Connection {
 public:
  virtual ~Connection() = default;
  // Runs every statement of `sql` in turn; stops at the first error. Each statement's rows go to
  // `receiver`. Errors carry line, column and a caret.
  virtual Status Run(std::string_view sql, ResultReceiver* receiver) = 0;
  // The same, keeping the last statement's result in memory.
  virtual StatusOr<QueryResult> Query(std::string_view sql) = 0;
  // Ends the running statement with "canceled by user request"; harmless when none runs.
  virtual void Cancel() = 0;
  virtual const Progress& progress() const = 0;
  // Session settings (SET): "timezone" and the others that SHOW ALL lists.
  virtual const std::string& time_zone() const = 0;
  virtual StatusOr<std::string> Setting(std::string_view name) const = 0;
  virtual Status SetSetting(std::string_view name, std::string_view value) = 0;
  virtual Status ResetSettings() = 0;
  // Changes with every change of a setting.
  virtual uint64_t settings_version() const = 0;

  // ---- statements by hand, for servers ----
  // One statement (or none). `types` are the parameters' as far as the client gave them (kNull:
  // not); the others are inferred from their uses.
  virtual StatusOr<PreparedPtr> Prepare(std::string_view sql, std::vector<Type> types) = 0;
  // The same names as PREPARE's. kNotFound; kAlreadyExists.
  virtual StatusOr<PreparedPtr> FindPrepared(std::string_view name) const = 0;
  virtual Status KeepPrepared(std::string_view name, PreparedPtr statement) = 0;
  virtual void DropPrepared(std::string_view name) = 0;  // "" with all
  virtual void DropAllPrepared() = 0;
  virtual StatusOr<ShapePtr> Describe(PreparedStatement* statement) = 0;
  // Parameter i has type shape.parameters[i].
  virtual Status Execute(const PreparedPtr& statement, const std::vector<Value>& parameters,
                         ResultReceiver* receiver) = 0;
  virtual StatusOr<std::unique_ptr<CopyIn>> StartCopyIn(PreparedPtr copy_from) = 0;

  // ---- transactions ----
  virtual TransactionState transaction() const = 0;
  // As BEGIN, but of the server's own account: a BEGIN that follows turns it into the client's.
  virtual void BeginImplicit() = 0;
  virtual bool in_implicit() const = 0;
  virtual Status EndImplicit(bool commit) = 0;
  virtual void FailTransaction() = 0;  // an error that no statement of this connection made
  // Back to how it began, but for prepared statements: DISCARD, the end of a session.
  virtual void Rollback() = 0;
  virtual void DropTemporaryTables() = 0;

  // ---- roles: who may log in ----
  virtual Status PutRole(const std::string& name, const std::string& verifier, bool must_exist) = 0;
  virtual Status DropRole(const std::string& name) = 0;
};

// A parameter that came as text, as a value of `type`.
StatusOr<Value> ParseParameterText(std::string_view text, const Type& type,
                                   const std::string& time_zone);

// The statements of `sql`, each as the text between two semicolons; empty ones are left out. For
// one that does not lex, the whole text.
std::vector<std::string_view> SplitStatements(std::string_view sql);
StatementKind KindOf(const PreparedStatement& statement);

class Database {
 public:
  static StatusOr<std::unique_ptr<Database>> Open(const std::string& directory,
                                                  DatabaseOptions options = {});
  static StatusOr<std::unique_ptr<Database>> OpenInMemory(DatabaseOptions options = {});
  virtual ~Database() = default;
  virtual std::unique_ptr<Connection> Connect(ConnectOptions options = {}) = 0;
  // The SCRAM verifier of a role ("" when it has none), nothing when there is no such role.
  virtual std::optional<std::string> RoleVerifier(const std::string& name) = 0;
  virtual bool HasRoles() = 0;
  virtual Store& store() = 0;
  virtual int num_workers() const = 0;
};

}  // namespace shale
