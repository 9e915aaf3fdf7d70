#include "sql/database.h"

#include <algorithm>

#include "engine/base/sync.h"
#include "engine/expr/kept_results.h"
#include "engine/vector/hash.h"
#include "sql/execute.h"
#include "sql/parser.h"

namespace shale {
namespace {

// Queries may take this share of the machine's memory unless told otherwise.
inline constexpr double kMemoryShare = 0.8;
// Of that, what expressions came to over dictionaries may keep (KeptResults).
inline constexpr int64_t kKeptShare = 32;

class KeepRows : public ResultReceiver {
 public:
  Status Begin(const std::vector<ResultColumn>& columns) override {
    result = QueryResult();
    result.columns = columns;
    return OkStatus();
  }
  StatusOr<Flow> Rows(const Chunk& chunk) override {
    result.chunks.push_back(chunk);
    return Flow::kMore;
  }
  Status End(const std::string& tag, uint64_t num_rows) override {
    if (ended_) {
      // A statement without rows after one with rows.
      bool has_rows = !result.tag.empty();
      if (has_rows) result = QueryResult();
    }
    ended_ = true;
    result.tag = tag;
    result.num_rows = num_rows;
    return OkStatus();
  }
  QueryResult result;

 private:
  bool ended_ = false;
};

class DatabaseImpl;

class ConnectionImpl : public Connection {
 public:
  explicit ConnectionImpl(DatabaseImpl* database);
  Status Run(std::string_view sql, ResultReceiver* receiver) override;
  StatusOr<QueryResult> Query(std::string_view sql) override {
    KeepRows keep;
    RETURN_IF_ERROR(Run(sql, &keep));
    return std::move(keep.result);
  }
  void Cancel() override {
    MutexLock lock(&mutex_);
    if (running_) running_->Cancel();
  }
  const Progress& progress() const override { return progress_; }
  const std::string& time_zone() const override { return session_.time_zone(); }

 private:
  DatabaseImpl* database_;
  Session session_;
  SessionTransaction data_;
  Progress progress_;
  Mutex mutex_;
  Cancellation* running_ SHALE_GUARDED_BY(mutex_) = nullptr;
};

class DatabaseImpl : public Database {
 public:
  DatabaseImpl(std::unique_ptr<Store> store, DatabaseOptions options,
               std::shared_ptr<MemoryBudget> memory)
      : options_(options),
        memory_(std::move(memory)),
        store_(std::move(store)),
        kept_(static_cast<size_t>(options.memory_limit_bytes / kKeptShare)) {}
  std::unique_ptr<Connection> Connect() override { return std::make_unique<ConnectionImpl>(this); }
  Store& store() override { return *store_; }
  int num_workers() const override { return options_.num_workers; }
  Clock* clock() const { return options_.clock; }
  Disk* disk() const { return options_.disk ? options_.disk : PosixDisk(); }
  MemoryBudget* memory() { return memory_.get(); }
  KeptResults* kept() { return &kept_; }

 private:
  DatabaseOptions options_;
  std::shared_ptr<MemoryBudget> memory_;
  std::unique_ptr<Store> store_;
  KeptResults kept_;
};

ConnectionImpl::ConnectionImpl(DatabaseImpl* database)
    : database_(database), data_(&database->store()) {}

Status ConnectionImpl::Run(std::string_view sql, ResultReceiver* receiver) {
  Cancellation cancellation;
  {
    MutexLock lock(&mutex_);
    running_ = &cancellation;
  }
  Status status = [&]() -> Status {
    ASSIGN_OR_RETURN(std::vector<ast::Statement> statements, ParseSql(sql));
    for (const ast::Statement& statement : statements) {
      progress_.rows_done = 0;
      progress_.rows_total = 0;
      progress_.bytes_read = 0;
      session_.functions.now_us = database_->clock()->NowMicros();
      session_.functions.random_seed = HashInt(static_cast<uint64_t>(session_.functions.now_us));
      session_.functions.kept = session_.keeps_results() ? database_->kept() : nullptr;
      StatementContext context;
      context.sql = sql;
      context.session = &session_;
      context.store = &database_->store();
      context.data = &data_;
      context.disk = database_->disk();
      context.cancellation = &cancellation;
      context.progress = &progress_;
      context.memory = database_->memory();
      context.num_workers = database_->num_workers();
      context.receiver = receiver;
      RETURN_IF_ERROR(cancellation.Check());
      RETURN_IF_ERROR(ExecuteStatement(statement, context));
    }
    return OkStatus();
  }();
  {
    MutexLock lock(&mutex_);
    running_ = nullptr;
  }
  return status;
}

StatusOr<std::unique_ptr<Database>> OpenDatabase(const std::string& directory,
                                                 DatabaseOptions options, bool in_memory) {
  if (options.num_workers <= 0) options.num_workers = NumCores();
  if (!options.clock) options.clock = Clock::System();
  if (options.memory_limit_bytes <= 0) {
    options.memory_limit_bytes =
        static_cast<int64_t>(kMemoryShare * static_cast<double>(MachineMemoryBytes()));
  }
  auto memory =
      std::make_shared<MemoryBudget>("memory_limit of the database", options.memory_limit_bytes);
  StoreOptions store_options;
  store_options.disk = options.disk;
  store_options.clock = options.clock;
  store_options.create = options.create;
  store_options.in_memory = in_memory;
  store_options.background_jobs = options.background_jobs;
  store_options.cache_bytes = options.memory_limit_bytes / 4;
  ASSIGN_OR_RETURN(std::unique_ptr<Store> store, Store::Open(directory, store_options));
  return std::make_unique<DatabaseImpl>(std::move(store), options, std::move(memory));
}

}  // namespace

StatusOr<std::unique_ptr<Database>> Database::Open(const std::string& directory,
                                                   DatabaseOptions options) {
  return OpenDatabase(directory, options, false);
}

StatusOr<std::unique_ptr<Database>> Database::OpenInMemory(DatabaseOptions options) {
  return OpenDatabase("memory", options, true);
}

Value QueryResult::ValueAt(uint64_t row, size_t column) const {
  for (const Chunk& chunk : chunks) {
    if (row < chunk.num_rows) return chunk.columns[column].GetValue(row);
    row -= chunk.num_rows;
  }
  return Value();
}

}  // namespace shale
