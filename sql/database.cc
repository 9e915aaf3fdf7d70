#include "sql/database.h"

#include <algorithm>
#include <cstdlib>

#include "engine/base/sync.h"
#include "engine/expr/kept_results.h"
#include "engine/functions/value_io.h"
#include "engine/vector/hash.h"
#include "sql/copy_from.h"
#include "sql/execute_change.h"
#include "sql/parser.h"
#include "sql/session_catalog.h"
#include "sql/sql_error.h"

namespace shale {
namespace {

// Queries may take this share of the machine's memory unless told otherwise.
inline constexpr double kMemoryShare = 0.8;
// What the program takes besides: code, stacks, what the allocator has not given back.
inline constexpr int64_t kMemoryLeft = int64_t{256} << 20;
// Of that, rows that are not sealed yet.
inline constexpr int64_t kHotShare = 8;
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
  ConnectionImpl(DatabaseImpl* database, ConnectOptions options);
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
  StatusOr<std::string> Setting(std::string_view name) const override { return session_.Get(name); }
  Status SetSetting(std::string_view name, std::string_view value) override {
    return session_.SetDefault(name, value);
  }
  Status ResetSettings() override { return session_.Reset("all"); }
  uint64_t settings_version() const override { return session_.version(); }

  StatusOr<PreparedPtr> Prepare(std::string_view sql, std::vector<Type> types) override;
  StatusOr<PreparedPtr> FindPrepared(std::string_view name) const override;
  Status KeepPrepared(std::string_view name, PreparedPtr statement) override;
  void DropPrepared(std::string_view name) override { session_.prepared.erase(std::string(name)); }
  void DropAllPrepared() override { session_.prepared.clear(); }
  StatusOr<ShapePtr> Describe(PreparedStatement* statement) override;
  Status Execute(const PreparedPtr& statement, const std::vector<Value>& parameters,
                 ResultReceiver* receiver) override;
  StatusOr<std::unique_ptr<CopyIn>> StartCopyIn(PreparedPtr copy_from) override;

  TransactionState transaction() const override {
    if (!data_.is_open() || implicit_) return TransactionState::kIdle;
    return data_.has_failed() ? TransactionState::kFailed : TransactionState::kOpen;
  }
  void BeginImplicit() override {
    if (data_.is_open()) return;
    data_.Begin();
    implicit_ = true;
  }
  bool in_implicit() const override { return implicit_; }
  Status EndImplicit(bool commit) override {
    if (!std::exchange(implicit_, false)) return OkStatus();
    if (commit && !data_.has_failed()) return data_.Commit();
    data_.Rollback();
    return OkStatus();
  }
  void FailTransaction() override { data_.Fail(); }
  void Rollback() override {
    implicit_ = false;
    data_.Rollback();
  }
  void DropTemporaryTables() override;

  Status PutRole(const std::string& name, const std::string& verifier, bool must_exist) override;
  Status DropRole(const std::string& name) override;

 private:
  // What a statement needs that is running now; keeps the pieces alive that the context points to.
  struct Running {
    Running(ConnectionImpl* connection, std::string_view sql, ResultReceiver* receiver);
    ~Running();
    ConnectionImpl* connection;
    Cancellation cancellation;
    SessionCatalog catalog;
    StatementContext context;
  };
  // `text` holds the statement.
  Status RunOne(const ast::Statement& statement, std::string_view text, ResultReceiver* receiver);

  DatabaseImpl* database_;
  Session session_;
  SessionTransaction data_;
  bool implicit_ = false;
  Progress progress_;
  Mutex mutex_;
  Cancellation* running_ SHALE_GUARDED_BY(mutex_) = nullptr;
  std::unique_ptr<Running> copy_in_;
};

class DatabaseImpl : public Database {
 public:
  DatabaseImpl(std::unique_ptr<Store> store, DatabaseOptions options,
               std::shared_ptr<MemoryBudget> memory, std::unique_ptr<TempSpace> temp)
      : options_(options),
        memory_(std::move(memory)),
        temp_(std::move(temp)),
        store_(std::move(store)),
        kept_(static_cast<size_t>(options.memory_limit_bytes / kKeptShare)) {}
  std::unique_ptr<Connection> Connect(ConnectOptions options) override {
    return std::make_unique<ConnectionImpl>(this, std::move(options));
  }
  std::optional<std::string> RoleVerifier(const std::string& name) override {
    for (const RoleSchema& role : Roles(*store_->snapshot())) {
      if (role.name == name) return role.verifier;
    }
    return std::nullopt;
  }
  bool HasRoles() override { return !Roles(*store_->snapshot()).empty(); }
  Store& store() override { return *store_; }
  int num_workers() const override { return options_.num_workers; }
  Clock* clock() const { return options_.clock; }
  Disk* disk() const { return options_.disk ? options_.disk : PosixDisk(); }
  MemoryBudget* memory() { return memory_.get(); }
  TempSpace* temp() { return temp_.get(); }
  KeptResults* kept() { return &kept_; }

 private:
  DatabaseOptions options_;
  std::shared_ptr<MemoryBudget> memory_;
  std::unique_ptr<TempSpace> temp_;
  std::unique_ptr<Store> store_;
  KeptResults kept_;
};

ConnectionImpl::ConnectionImpl(DatabaseImpl* database, ConnectOptions options)
    : database_(database), data_(&database->store()) {
  session_.identity.user = std::move(options.user);
  session_.identity.database = std::move(options.database);
  session_.identity.backend_pid = options.backend_pid;
  session_.identity.sessions = options.sessions;
  session_.SetDefault("session_authorization", session_.identity.user).IgnoreError();
  session_.Show("temp_directory", database->temp()->directory());
}

ConnectionImpl::Running::Running(ConnectionImpl* owner, std::string_view sql,
                                 ResultReceiver* receiver)
    : connection(owner), catalog(&owner->session_, owner->data_.snapshot(), &cancellation) {
  DatabaseImpl* database = owner->database_;
  Session& session = owner->session_;
  owner->progress_.rows_done = 0;
  owner->progress_.rows_total = 0;
  owner->progress_.bytes_read = 0;
  session.functions.now_us = database->clock()->NowMicros();
  session.functions.random_seed = HashInt(static_cast<uint64_t>(session.functions.now_us));
  session.functions.kept = session.keeps_results() ? database->kept() : nullptr;
  session.functions.catalog = &catalog;
  context.sql = sql;
  context.session = &session;
  context.store = &database->store();
  context.data = &owner->data_;
  context.disk = database->disk();
  context.cancellation = &cancellation;
  context.progress = &owner->progress_;
  context.memory = database->memory();
  context.temp = database->temp();
  context.num_workers = database->num_workers();
  context.receiver = receiver;
  MutexLock lock(&owner->mutex_);
  owner->running_ = &cancellation;
}

ConnectionImpl::Running::~Running() {
  connection->session_.functions.catalog = nullptr;
  MutexLock lock(&connection->mutex_);
  if (connection->running_ == &cancellation) connection->running_ = nullptr;
}

Status ConnectionImpl::RunOne(const ast::Statement& statement, std::string_view text,
                              ResultReceiver* receiver) {
  data_.SkipQuarantined(session_.skips_quarantined());
  Running running(this, text, receiver);
  const bool begins =
      std::holds_alternative<ast::Transaction>(statement.node) &&
      std::get<ast::Transaction>(statement.node).kind == ast::Transaction::Kind::kBegin;
  // A BEGIN makes the server's transaction the client's; the end of one ends both.
  if (begins) implicit_ = false;
  RETURN_IF_ERROR(running.cancellation.Check());
  Status status = ExecuteStatement(statement, running.context);
  if (!data_.is_open()) implicit_ = false;
  return status;
}

Status ConnectionImpl::Run(std::string_view sql, ResultReceiver* receiver) {
  ASSIGN_OR_RETURN(std::vector<ast::Statement> statements, ParseSql(sql));
  for (const ast::Statement& statement : statements) {
    RETURN_IF_ERROR(RunOne(statement, sql, receiver));
  }
  return OkStatus();
}

StatusOr<PreparedPtr> ConnectionImpl::Prepare(std::string_view sql, std::vector<Type> types) {
  auto prepared = std::make_shared<PreparedStatement>();
  prepared->text = std::string(sql);
  prepared->types = std::move(types);
  prepared->from_sql = false;
  prepared->prepared_at_us = database_->clock()->NowMicros();
  auto statements = ParseSql(prepared->text);
  if (statements.status().code() == StatusCode::kInvalidArgument) {
    return WithSqlState(statements.status(), "42601");
  }
  RETURN_IF_ERROR(statements.status());
  prepared->statements = *std::move(statements);
  if (prepared->statements.size() > 1) {
    return WithSqlState(
        InvalidArgument("cannot insert multiple commands into a prepared statement"), "42601");
  }
  return prepared;
}

StatusOr<PreparedPtr> ConnectionImpl::FindPrepared(std::string_view name) const {
  auto found = session_.prepared.find(std::string(name));
  if (found != session_.prepared.end()) return found->second;
  return WithSqlState(name.empty() ? NotFound("unnamed prepared statement does not exist")
                                   : NotFound("prepared statement \"{}\" does not exist", name),
                      "26000");
}

Status ConnectionImpl::KeepPrepared(std::string_view name, PreparedPtr statement) {
  std::string key(name);
  if (!key.empty() && session_.prepared.contains(key)) {
    return WithSqlState(
        MakeError(StatusCode::kAlreadyExists, "prepared statement \"{}\" already exists", name),
        "42P05");
  }
  session_.prepared[key] = std::move(statement);
  return OkStatus();
}

namespace {

// Takes the columns of a statement that is described.
class TakeColumns : public ResultReceiver {
 public:
  Status Begin(const std::vector<ResultColumn>& given) override {
    columns = given;
    return OkStatus();
  }
  StatusOr<Flow> Rows(const Chunk&) override { return Flow::kDone; }
  Status End(const std::string&, uint64_t) override { return OkStatus(); }
  std::vector<ResultColumn> columns;
};

// Statements that do nothing while they are described: they give rows, or hold parameters.
bool IsDescribable(const ast::Statement& statement) {
  return std::holds_alternative<ast::Select>(statement.node) ||
         std::holds_alternative<ast::Insert>(statement.node) ||
         std::holds_alternative<ast::Delete>(statement.node) ||
         std::holds_alternative<ast::Update>(statement.node) ||
         std::holds_alternative<ast::Explain>(statement.node) ||
         std::holds_alternative<ast::Show>(statement.node) ||
         std::holds_alternative<ast::Describe>(statement.node) ||
         std::holds_alternative<ast::Execute>(statement.node);
}

}  // namespace

StatusOr<ShapePtr> ConnectionImpl::Describe(PreparedStatement* statement) {
  if (statement->shape) return statement->shape;
  StatementShape shape;
  if (!statement->statements.empty() && IsDescribable(statement->statements[0])) {
    if (data_.has_failed()) {
      return MakeError(StatusCode::kFailedPrecondition,
                       "current transaction is aborted, commands ignored until end of transaction "
                       "block");
    }
    TakeColumns columns;
    Running running(this, statement->text, &columns);
    running.context.describe_only = true;
    std::vector<std::optional<Type>> inferred;
    for (const Type& type : statement->types) {
      inferred.push_back(type.id() == TypeId::kNull ? std::nullopt : std::optional<Type>(type));
    }
    session_.inferred = &inferred;
    Status status = ExecuteStatement(statement->statements[0], running.context);
    session_.inferred = nullptr;
    RETURN_IF_ERROR(status);
    statement->types.clear();
    for (const std::optional<Type>& type : inferred) {
      statement->types.push_back(type.value_or(Type(TypeId::kText)));
    }
    shape.columns = std::move(columns.columns);
  }
  for (Type& type : statement->types) {
    if (type.id() == TypeId::kNull) type = TypeId::kText;
  }
  shape.parameters = statement->types;
  statement->shape = std::make_shared<const StatementShape>(std::move(shape));
  return statement->shape;
}

Status ConnectionImpl::Execute(const PreparedPtr& statement, const std::vector<Value>& parameters,
                               ResultReceiver* receiver) {
  if (statement->statements.empty()) return OkStatus();
  std::vector<Session::Parameter> values;
  values.reserve(parameters.size());
  for (const Value& value : parameters) values.push_back({value, false});
  session_.parameters.swap(values);
  Status status = RunOne(statement->statements[0], statement->text, receiver);
  session_.parameters.swap(values);
  return status;
}

StatusOr<std::unique_ptr<CopyIn>> ConnectionImpl::StartCopyIn(PreparedPtr copy_from) {
  const auto* copy = std::get_if<ast::CopyTo>(&copy_from->statements.at(0).node);
  if (!copy || !copy->from_client) return InvalidArgument("this is no COPY … FROM STDIN");
  if (data_.has_failed()) {
    return MakeError(StatusCode::kFailedPrecondition,
                     "current transaction is aborted, commands ignored until end of transaction "
                     "block");
  }
  copy_in_.reset();
  copy_in_ = std::make_unique<Running>(this, copy_from->text, nullptr);
  auto started = StartCopyFrom(*copy, copy_in_->context);
  if (!started.ok()) data_.Fail();
  return started;
}

void ConnectionImpl::DropTemporaryTables() { data_.DropTemporaryTables(); }

Status ConnectionImpl::PutRole(const std::string& name, const std::string& verifier,
                               bool must_exist) {
  return database_->store().PutRole(name, verifier, must_exist);
}

Status ConnectionImpl::DropRole(const std::string& name) {
  return database_->store().DropRole(name);
}

StatusOr<std::unique_ptr<Database>> OpenDatabase(const std::string& directory,
                                                 DatabaseOptions options, bool in_memory) {
  if (options.num_workers <= 0) options.num_workers = NumCores();
  if (!options.clock) options.clock = Clock::System();
  if (options.memory_limit_bytes <= 0) {
    const int64_t machine = MachineMemoryBytes();
    options.memory_limit_bytes =
        std::max(std::min(static_cast<int64_t>(kMemoryShare * static_cast<double>(machine)),
                          machine - kMemoryLeft),
                 machine / 4);
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
  if (options.log_file_bytes > 0) store_options.log_file_bytes = options.log_file_bytes;
  if (options.seal_rows > 0) store_options.seal_rows = options.seal_rows;
  store_options.hot_bytes =
      std::min(store_options.hot_bytes, options.memory_limit_bytes / kHotShare);
  store_options.memory = memory.get();
  ASSIGN_OR_RETURN(std::unique_ptr<Store> store, Store::Open(directory, store_options));
  std::unique_ptr<TempSpace> temp;
  if (in_memory) {
    const char* system = std::getenv("TMPDIR");
    std::string parent = options.temp_directory;
    if (parent.empty()) parent = system && *system ? system : "/tmp";
    temp = TempSpace::OpenPrivate(parent, options.max_temp_bytes);
  } else if (options.temp_directory.empty()) {
    // The database's own lock holds for the folder in it.
    temp = TempSpace::Open(
        {options.disk ? options.disk : PosixDisk(), directory + "/temp", options.max_temp_bytes});
  } else {
    temp = TempSpace::OpenPrivate(options.temp_directory, options.max_temp_bytes);
  }
  return std::make_unique<DatabaseImpl>(std::move(store), options, std::move(memory),
                                        std::move(temp));
}

}  // namespace

StatusOr<std::unique_ptr<Database>> Database::Open(const std::string& directory,
                                                   DatabaseOptions options) {
  return OpenDatabase(directory, options, false);
}

StatusOr<std::unique_ptr<Database>> Database::OpenInMemory(DatabaseOptions options) {
  return OpenDatabase("memory", options, true);
}

Status ResultReceiver::BeginCopyOut(size_t, bool) {
  return Unsupported(
      "COPY … TO STDOUT is for clients of the server; here name a file: COPY … TO 'file.csv'");
}
StatusOr<Flow> ResultReceiver::CopyOut(std::string_view) { return Flow::kDone; }
void ResultReceiver::Notice(std::string_view, std::string_view, std::string_view) {}

StatusOr<Value> ParseParameterText(std::string_view text, const Type& type,
                                   const std::string& time_zone) {
  if (type.id() == TypeId::kText) return Value::Text(std::string(text));
  return ParseBoxed(text, type, time_zone);
}

std::vector<std::string_view> SplitStatements(std::string_view sql) { return SplitSql(sql); }

StatementKind KindOf(const PreparedStatement& statement) {
  if (statement.statements.empty()) return StatementKind::kEmpty;
  const auto& node = statement.statements[0].node;
  if (const auto* copy = std::get_if<ast::CopyTo>(&node)) {
    return copy->from_client ? StatementKind::kCopyIn : StatementKind::kQuery;
  }
  if (const auto* select = std::get_if<ast::Select>(&node)) {
    return HasChanges(select->with) ? StatementKind::kWrite : StatementKind::kQuery;
  }
  if (std::holds_alternative<ast::Explain>(node) || std::holds_alternative<ast::Describe>(node)) {
    return StatementKind::kQuery;
  }
  if (std::holds_alternative<ast::Insert>(node) || std::holds_alternative<ast::Delete>(node) ||
      std::holds_alternative<ast::Update>(node)) {
    return StatementKind::kWrite;
  }
  if (const auto* create = std::get_if<ast::CreateTable>(&node)) {
    return create->temporary ? StatementKind::kDefinition : StatementKind::kMaintenance;
  }
  if (std::holds_alternative<ast::CreateView>(node) || std::holds_alternative<ast::Drop>(node) ||
      std::holds_alternative<ast::Truncate>(node) ||
      std::holds_alternative<ast::AlterTable>(node) ||
      std::holds_alternative<ast::Maintain>(node)) {
    return StatementKind::kMaintenance;
  }
  if (std::holds_alternative<ast::Transaction>(node)) return StatementKind::kTransaction;
  return StatementKind::kOther;
}

Value QueryResult::ValueAt(uint64_t row, size_t column) const {
  for (const Chunk& chunk : chunks) {
    if (row < chunk.num_rows) return chunk.columns[column].GetValue(row);
    row -= chunk.num_rows;
  }
  return Value();
}

}  // namespace shale
