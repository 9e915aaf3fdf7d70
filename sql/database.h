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
#include <string>
#include <string_view>
#include <vector>

#include "engine/exec/operator.h"
#include "engine/vector/vector.h"
#include "storage/table/store.h"

namespace shale {

struct DatabaseOptions {
  bool create = false;             // make the directory when it is missing
  int num_workers = 0;             // threads a query may use; 0: as many as there are cores
  int64_t memory_limit_bytes = 0;  // of all queries together; 0: 80 % of the machine's
  // For tests: another disk, another clock, no background jobs.
  Disk* disk = nullptr;
  Clock* clock = nullptr;
  bool background_jobs = true;
};

struct ResultColumn {
  std::string name;
  Type type;
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
};

class Database {
 public:
  static StatusOr<std::unique_ptr<Database>> Open(const std::string& directory,
                                                  DatabaseOptions options = {});
  static StatusOr<std::unique_ptr<Database>> OpenInMemory(DatabaseOptions options = {});
  virtual ~Database() = default;
  virtual std::unique_ptr<Connection> Connect() = 0;
  virtual Store& store() = 0;
  virtual int num_workers() const = 0;
};

}  // namespace shale
