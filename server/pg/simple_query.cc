// The simple protocol: one text, perhaps of several statements, each answered at once; and what
// both protocols do around a statement.
#include <utility>

#include "engine/base/clock.h"
#include "engine/vector/postgres_oid.h"
#include "server/pg/pg_session.h"

namespace shale::pg {
namespace {

// Texts of simple queries that are kept parsed, and how long they may be.
constexpr size_t kRecentStatements = 64;
constexpr size_t kMaxRecentBytes = 4096;
const std::vector<int16_t> kText;

std::string_view FirstWord(std::string_view text) {
  return text.substr(0, text.find_first_of(" \t\r\n;("));
}

}  // namespace

StatusOr<WireStatementPtr> PgSession::Prepare(std::string_view sql, std::vector<Type> types) {
  auto statement = std::make_shared<WireStatement>();
  statement->text = std::string(sql);
  ASSIGN_OR_RETURN(statement->session, ReadSessionStatement(statement->text));
  if (statement->session) {
    if (const auto* declare = std::get_if<DeclareCursor>(&*statement->session)) {
      ASSIGN_OR_RETURN(statement->prepared, connection_->Prepare(declare->query, std::move(types)));
      if (KindOf(*statement->prepared) != StatementKind::kQuery) {
        return WithSqlState(InvalidArgument("DECLARE CURSOR must specify a SELECT statement"),
                            "42P11");
      }
    }
    return statement;
  }
  ASSIGN_OR_RETURN(statement->prepared, connection_->Prepare(statement->text, std::move(types)));
  statement->kind = KindOf(*statement->prepared);
  return statement;
}

void PgSession::BeginStatement(std::string_view text) {
  state_->cancel_requested = false;
  state_->timed_out = false;
  state_->SetQuery(text);
  state_->query_began_us = Clock::System()->MonotonicMicros();
  SetPhase(SessionState::Phase::kActive);
  server_->statements.fetch_add(1, std::memory_order_relaxed);
}

void PgSession::EndStatement() {
  state_->query_began_us = 0;
  state_->rows_read = 0;
}

Status PgSession::CheckWritable(StatementKind kind, std::string_view text) {
  const bool writes = kind == StatementKind::kWrite || kind == StatementKind::kMaintenance ||
                      kind == StatementKind::kDefinition || kind == StatementKind::kCopyIn;
  if (!writes) return OkStatus();
  for (const char* name : {"transaction_read_only", "default_transaction_read_only"}) {
    auto value = connection_->Setting(name);
    if (!value.ok() || *value != "on") continue;
    return WithSqlState(MakeError(StatusCode::kFailedPrecondition,
                                  "cannot execute {} in a read-only transaction", FirstWord(text)),
                        "25006");
  }
  return OkStatus();
}

Status PgSession::RunStatement(const WireStatementPtr& statement,
                               const std::vector<Value>& parameters, ResultReceiver* receiver) {
  RETURN_IF_ERROR(CheckWritable(statement->kind, statement->text));
  const bool maintenance = statement->kind == StatementKind::kMaintenance;
  if (maintenance && connection_->in_implicit()) {
    // What cannot be undone is no part of a transaction that the client did not ask for.
    RETURN_IF_ERROR(connection_->EndImplicit(true));
  }
  const bool defines =
      maintenance && connection_->transaction() == TransactionState::kOpen && !wrote_;
  if (defines) {
    // Clients that open a transaction around everything define their tables in one. Nothing was
    // written yet, so that it may as well begin after the definition.
    connection_->Rollback();
    SqlError notice;
    notice.sqlstate = "25001";
    notice.message = fmt::format("{} took effect at once: ROLLBACK will not undo it",
                                 FirstWord(statement->text));
    writer_.Report('N', "WARNING", notice);
  }
  if (statement->kind == StatementKind::kWrite) wrote_ = true;
  Status status = connection_->Execute(statement->prepared, parameters, receiver);
  if (defines) {
    auto begin = connection_->Prepare("BEGIN", {});
    class Silent : public ResultReceiver {
      Status Begin(const std::vector<ResultColumn>&) override { return OkStatus(); }
      StatusOr<Flow> Rows(const Chunk&) override { return Flow::kDone; }
      Status End(const std::string&, uint64_t) override { return OkStatus(); }
    } silent;
    if (begin.ok()) connection_->Execute(*begin, {}, &silent).IgnoreError();
    if (!status.ok()) connection_->FailTransaction();
  }
  return status;
}

Status PgSession::RunSimple(const WireStatementPtr& statement, bool is_last) {
  if (statement->session) {
    return RunSession(*statement->session, *statement, {}, kText, true);
  }
  if (statement->kind == StatementKind::kCopyIn) {
    if (!is_last) {
      return Unsupported("COPY … FROM STDIN must be the last statement of its query");
    }
    return StartCopy(statement);
  }
  RowSender sender(this, &kText, true);
  Status status = RunStatement(statement, {}, &sender);
  if (statement->kind == StatementKind::kTransaction) TransactionMayHaveEnded();
  return status;
}

void PgSession::HandleQuery(std::string_view sql) {
  BeginStatement(sql);
  // The unnamed statement and portal do not survive a simple query.
  statements_.erase("");
  connection_->DropPrepared("");
  portals_.erase("");

  std::vector<WireStatementPtr> statements;
  std::vector<size_t> offsets;
  Status status;
  if (auto recent = recent_.find(sql); recent != recent_.end()) {
    statements.push_back(recent->second);
    offsets.push_back(0);
  } else {
    const std::vector<std::string_view> texts = SplitStatements(sql);
    for (std::string_view text : texts) {
      const auto offset = static_cast<size_t>(text.data() - sql.data());
      auto prepared = Prepare(text, {});
      if (!prepared.ok()) {
        // Nothing is run of a text that does not parse.
        SendError(prepared.status(), sql, offset);
        connection_->FailTransaction();
        EndStatement();
        SendReady();
        return;
      }
      statements.push_back(*std::move(prepared));
      offsets.push_back(offset);
    }
    if (statements.size() == 1 && offsets[0] == 0 && sql.size() <= kMaxRecentBytes &&
        !statements[0]->session) {
      if (recent_.size() >= kRecentStatements) recent_.clear();
      recent_.emplace(std::string(sql), statements[0]);
    }
  }
  if (statements.empty()) {
    writer_.Plain('I');  // EmptyQueryResponse
    EndStatement();
    SendReady();
    return;
  }
  for (size_t i = 0; i < statements.size(); ++i) {
    // Several statements are one transaction unless they say otherwise.
    if (statements.size() > 1 && statements[i]->kind != StatementKind::kTransaction) {
      connection_->BeginImplicit();
    }
    status = RunSimple(statements[i], i + 1 == statements.size());
    if (!status.ok()) {
      SendError(status, sql, offsets[i]);
      connection_->FailTransaction();
      break;
    }
    if (copy_) {
      EndStatement();
      return;  // the rest comes with CopyDone
    }
    SendChangedSettings();
  }
  if (connection_->in_implicit()) {
    Status ended = connection_->EndImplicit(status.ok());
    if (!ended.ok()) SendError(ended, "");
    TransactionMayHaveEnded();
  }
  EndStatement();
  SendReady();
}

// ---- RowSender ----------------------------------------------------------------------------------

Status RowSender::Begin(const std::vector<ResultColumn>& columns) {
  columns_ = columns;
  time_zone_ = session_->connection_->time_zone();
  if (describe_) WriteRowDescription(columns, *formats_, &session_->out_);
  if (expected_ != nullptr) {
    bool same = expected_->size() == columns.size();
    for (size_t i = 0; same && i < columns.size(); ++i) {
      same = WireOid((*expected_)[i]) == WireOid(columns[i]);
    }
    if (!same) {
      return WithSqlState(Unsupported("cached plan must not change result type"), "0A000");
    }
  }
  return OkStatus();
}

StatusOr<Flow> RowSender::Rows(const Chunk& chunk) {
  constexpr size_t kRowsAtOnce = 1024;
  for (size_t begin = 0; begin < chunk.num_rows; begin += kRowsAtOnce) {
    const size_t end = std::min(chunk.num_rows, begin + kRowsAtOnce);
    WriteRows(columns_, chunk, begin, end, *formats_, time_zone_, &session_->out_);
    if (session_->out_.size() >= 64 * 1024) RETURN_IF_ERROR(session_->FlushWaiting());
  }
  session_->state_->rows_read.store(session_->connection_->progress().rows_done.load(),
                                    std::memory_order_relaxed);
  return Flow::kMore;
}

Status RowSender::End(const std::string& tag, uint64_t) {
  if (copies_) session_->writer_.Plain('c');  // CopyDone
  session_->writer_.CommandComplete(tag);
  return OkStatus();
}

Status RowSender::BeginCopyOut(size_t num_columns, bool is_binary) {
  copies_ = true;
  copies_binary_ = is_binary;
  MessageWriter& writer = session_->writer_;
  writer.Begin('H');
  writer.Byte(is_binary ? 1 : 0);
  writer.Int16(static_cast<int16_t>(num_columns));
  for (size_t i = 0; i < num_columns; ++i) writer.Int16(is_binary ? 1 : 0);
  writer.End();
  return OkStatus();
}

StatusOr<Flow> RowSender::CopyOut(std::string_view bytes) {
  // A message a line, as PostgreSQL sends them: some clients count on it. Binary data has none.
  size_t at = 0;
  while (at < bytes.size()) {
    size_t end = copies_binary_ ? std::string_view::npos : bytes.find('\n', at);
    end = end == std::string_view::npos ? bytes.size() : end + 1;
    session_->writer_.Begin('d');
    session_->writer_.Bytes(bytes.substr(at, end - at));
    session_->writer_.End();
    at = end;
    if (session_->out_.size() >= 64 * 1024) RETURN_IF_ERROR(session_->FlushWaiting());
  }
  return Flow::kMore;
}

void RowSender::Notice(std::string_view severity, std::string_view sqlstate,
                       std::string_view message) {
  SqlError notice;
  notice.sqlstate = std::string(sqlstate);
  notice.message = std::string(message);
  session_->writer_.Report('N', severity, notice);
}

}  // namespace shale::pg
