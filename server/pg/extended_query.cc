// The extended protocol: Parse, Bind, Describe, Execute, Close, Flush, Sync. After an error
// everything up to Sync is skipped.
#include <utility>

#include "engine/vector/postgres_oid.h"
#include "server/pg/pg_session.h"
#include "sql/binary_value.h"

namespace shale::pg {
namespace {

const std::vector<int16_t> kText;

// A value as a client sent it for a parameter of `type`; `oid` is what it said of the type, 0 for
// nothing.
StatusOr<Value> ReadParameter(std::string_view bytes, int16_t format, uint32_t oid,
                              const Type& type, const std::string& time_zone, size_t index) {
  if (format == 1) {
    auto value = ParseBinary(bytes, oid, type);
    if (value.ok()) return value;
    return Status(value.status().code(), fmt::format("{} in bind parameter {}",
                                                     shale::Message(value.status()), index + 1));
  }
  if (format != 0) return InvalidArgument("unsupported format code: {}", format);
  return ParseParameterText(bytes, type, time_zone);
}

}  // namespace

// What the client said stands: some insist on it.
uint32_t WireStatement::ParameterOid(size_t index) const {
  const uint32_t given = index < given_types.size() ? given_types[index] : 0;
  if (given != 0 && given != pg_oid::kUnknown) return given;
  return PostgresParameterOid(shape->parameters[index]);
}

void PgSession::HandleExtended(const Message& message) {
  if (message.type == 'S') return OnSync();
  if (failed_until_sync_) return;
  if (message.type == 'H') return;  // Flush: what was written goes out when the buffer is handled
  Status status;
  switch (message.type) {
    case 'P': status = OnParse(message); break;
    case 'B': status = OnBind(message); break;
    case 'D': status = OnDescribe(message); break;
    case 'E': status = OnExecute(message); break;
    case 'C': status = OnClose(message); break;
    default: break;
  }
  if (status.ok()) return;
  std::string text;
  if (message.type == 'P') {
    auto parse = ReadParse(message.body);
    if (parse.ok()) text = std::string(parse->query);
  } else if (message.type == 'E') {
    FieldReader fields(message.body);
    auto portal = portals_.find(fields.CString());
    if (portal != portals_.end()) text = portal->second->statement->text;
  } else if (message.type == 'B') {
    auto bind = ReadBind(message.body);
    if (bind.ok()) {
      auto statement = statements_.find(bind->statement);
      if (statement != statements_.end()) text = statement->second->text;
    }
  }
  SendError(status, text);
  connection_->FailTransaction();
  EndStatement();
  failed_until_sync_ = true;
}

StatusOr<WireStatementPtr> PgSession::FindStatement(std::string_view name) {
  auto found = statements_.find(name);
  if (found != statements_.end() && found->second->session) return found->second;
  // DEALLOCATE may have dropped it, and PREPARE made another.
  ASSIGN_OR_RETURN(PreparedPtr prepared, connection_->FindPrepared(name));
  if (found != statements_.end() && found->second->prepared == prepared) return found->second;
  auto statement = std::make_shared<WireStatement>();
  statement->kind = KindOf(*prepared);
  statement->prepared = std::move(prepared);
  statements_[std::string(name)] = statement;
  return statement;
}

Status PgSession::OnParse(const Message& message) {
  ASSIGN_OR_RETURN(struct Parse parse, ReadParse(message.body));
  BeginStatement(parse.query);
  std::vector<Type> types;
  for (uint32_t oid : parse.types) {
    // Not told, and types that we lack: as the uses say.
    types.push_back(TypeOfPostgresOid(oid).value_or(Type(TypeId::kNull)));
  }
  ASSIGN_OR_RETURN(WireStatementPtr statement, Prepare(parse.query, std::move(types)));
  statement->given_types = parse.types;
  if (statement->prepared) {
    // Mistakes in names and types are told at Parse, as PostgreSQL does.
    const bool failed = connection_->transaction() == TransactionState::kFailed;
    if (!failed || statement->kind != StatementKind::kTransaction) {
      ASSIGN_OR_RETURN(statement->shape, connection_->Describe(statement->prepared.get()));
    }
  }
  if (!parse.name.empty() && statements_.contains(parse.name) &&
      (statements_.find(parse.name)->second->session ||
       connection_->FindPrepared(parse.name).ok())) {
    return WithSqlState(MakeError(StatusCode::kAlreadyExists,
                                  "prepared statement \"{}\" already exists", parse.name),
                        "42P05");
  }
  if (statement->prepared && !statement->session) {
    RETURN_IF_ERROR(connection_->KeepPrepared(parse.name, statement->prepared));
  }
  statements_[std::string(parse.name)] = std::move(statement);
  writer_.Plain('1');  // ParseComplete
  EndStatement();
  return OkStatus();
}

Status PgSession::OnBind(const Message& message) {
  ASSIGN_OR_RETURN(struct Bind bind, ReadBind(message.body));
  ASSIGN_OR_RETURN(WireStatementPtr statement, FindStatement(bind.statement));
  if (connection_->transaction() == TransactionState::kFailed &&
      statement->kind != StatementKind::kTransaction && statement->kind != StatementKind::kEmpty) {
    return MakeError(StatusCode::kFailedPrecondition,
                     "current transaction is aborted, commands ignored until end of transaction "
                     "block");
  }
  if (statement->prepared && !statement->shape) {
    ASSIGN_OR_RETURN(statement->shape, connection_->Describe(statement->prepared.get()));
  }
  auto portal = std::make_shared<Portal>();
  static const std::vector<Type> kNoParameters;
  const std::vector<Type>& types = statement->shape ? statement->shape->parameters : kNoParameters;
  if (types.size() != bind.parameters.size()) {
    return WithSqlState(
        InvalidArgument("bind message supplies {} parameters, but prepared statement \"{}\" "
                        "requires {}",
                        bind.parameters.size(), bind.statement, types.size()),
        "08P01");
  }
  portal->parameters.reserve(types.size());
  for (size_t i = 0; i < types.size(); ++i) {
    if (!bind.parameters[i]) {
      portal->parameters.push_back(Value::Null(types[i]));
      continue;
    }
    ASSIGN_OR_RETURN(
        Value value,
        ReadParameter(*bind.parameters[i], FormatOf(bind.parameter_formats, i),
                      statement->ParameterOid(i), types[i], connection_->time_zone(), i));
    portal->parameters.push_back(std::move(value));
  }
  if (statement->shape && !statement->session) portal->columns = statement->shape->columns;
  if (bind.result_formats.size() > 1 && bind.result_formats.size() != portal->columns.size() &&
      !statement->session) {
    return WithSqlState(InvalidArgument("bind message has {} result formats but query has {} "
                                        "columns",
                                        bind.result_formats.size(), portal->columns.size()),
                        "08P01");
  }
  portal->formats = std::move(bind.result_formats);
  portal->statement = std::move(statement);
  auto existing = portals_.find(bind.portal);
  if (!bind.portal.empty() && existing != portals_.end()) {
    return WithSqlState(
        MakeError(StatusCode::kAlreadyExists, "cursor \"{}\" already exists", bind.portal),
        "42P03");
  }
  portals_[std::string(bind.portal)] = std::move(portal);
  writer_.Plain('2');  // BindComplete
  return OkStatus();
}

Status PgSession::OnDescribe(const Message& message) {
  FieldReader fields(message.body);
  const char what = fields.Byte();
  std::string_view name = fields.CString();
  RETURN_IF_ERROR(fields.Check("Describe"));
  auto fetched = [&](const WireStatement& statement) -> const std::vector<ResultColumn>* {
    // FETCH gives its cursor's columns.
    if (!statement.session) return nullptr;
    const auto* fetch = std::get_if<FetchCursor>(&*statement.session);
    if (!fetch || fetch->move) return nullptr;
    auto cursor = portals_.find(fetch->name);
    return cursor == portals_.end() ? nullptr : &cursor->second->columns;
  };
  if (what == 'S') {
    ASSIGN_OR_RETURN(WireStatementPtr statement, FindStatement(name));
    if (statement->prepared && !statement->shape) {
      ASSIGN_OR_RETURN(statement->shape, connection_->Describe(statement->prepared.get()));
    }
    writer_.Begin('t');  // ParameterDescription
    const size_t count = statement->shape ? statement->shape->parameters.size() : 0;
    writer_.Int16(static_cast<int16_t>(count));
    for (size_t i = 0; i < count; ++i) {
      writer_.Int32(static_cast<int32_t>(statement->ParameterOid(i)));
    }
    writer_.End();
    const std::vector<ResultColumn>* columns = fetched(*statement);
    if (!columns && !statement->session && statement->shape) columns = &statement->shape->columns;
    if (!columns || columns->empty()) {
      writer_.Plain('n');  // NoData
    } else {
      WriteRowDescription(*columns, kText, &out_);
    }
    return OkStatus();
  }
  if (what != 'P') {
    return WithSqlState(InvalidArgument("invalid DESCRIBE message subtype {}",
                                        static_cast<int>(static_cast<unsigned char>(what))),
                        "08P01");
  }
  ASSIGN_OR_RETURN(PortalPtr portal, FindPortal(name));
  const std::vector<ResultColumn>* columns = fetched(*portal->statement);
  if (!columns) columns = &portal->columns;
  if (columns->empty()) {
    writer_.Plain('n');
  } else {
    WriteRowDescription(*columns, portal->formats, &out_);
  }
  return OkStatus();
}

Status PgSession::OnExecute(const Message& message) {
  FieldReader fields(message.body);
  std::string_view name = fields.CString();
  const int32_t max_rows = fields.Int32();
  RETURN_IF_ERROR(fields.Check("Execute"));
  ASSIGN_OR_RETURN(PortalPtr portal, FindPortal(name));
  BeginStatement(portal->statement->text);
  Status status = ExecutePortal(portal, max_rows);
  EndStatement();
  if (status.ok() && portal->statement->kind == StatementKind::kTransaction) {
    TransactionMayHaveEnded();
  }
  return status;
}

Status PgSession::ExecutePortal(const PortalPtr& portal, int32_t max_rows) {
  const WireStatementPtr& statement = portal->statement;
  if (portal->is_cursor) {
    // A cursor executed by the protocol goes on where FETCH left it.
    const int64_t from = std::min(portal->position, portal->rows->num_rows());
    const int64_t to = max_rows > 0 ? std::min(from + max_rows, portal->rows->num_rows())
                                    : portal->rows->num_rows();
    RETURN_IF_ERROR(SendKept(*portal, from, to, portal->formats));
    portal->position = to;
    if (max_rows > 0 && to - from == max_rows) {
      writer_.Plain('s');  // PortalSuspended
    } else {
      writer_.CommandComplete(fmt::format("SELECT {}", to - from));
    }
    return OkStatus();
  }
  if (statement->session) {
    return RunSession(*statement->session, *statement, portal->parameters, portal->formats, false);
  }
  switch (statement->kind) {
    case StatementKind::kEmpty: writer_.Plain('I'); return OkStatus();
    case StatementKind::kCopyIn: copy_is_extended_ = true; return StartCopy(statement);
    default: break;
  }
  if (portal->done && !portal->rows) {
    if (portal->columns.empty()) {
      return WithSqlState(
          MakeError(StatusCode::kFailedPrecondition, "portal cannot be run more than once"),
          "55000");
    }
    writer_.CommandComplete("SELECT 0");
    return OkStatus();
  }
  // What follows in the same pipeline belongs to the same transaction; a lone statement needs
  // none of its own.
  const bool alone = reader_.PeekType() == 'S';
  const bool writes = statement->kind == StatementKind::kWrite;
  if (writes && !alone && connection_->transaction() == TransactionState::kIdle) {
    connection_->BeginImplicit();
  }
  const bool in_parts = max_rows > 0 && !portal->columns.empty();
  if (!in_parts && !portal->rows) {
    RowSender sender(this, &portal->formats, false);
    if (!portal->columns.empty()) sender.Expect(&portal->columns);
    portal->done = true;
    return RunStatement(statement, portal->parameters, &sender);
  }
  if (!portal->rows) {
    portal->rows = std::make_shared<KeptRows>(server_->kept_rows);
    portal->done = true;
    RETURN_IF_ERROR(RunStatement(statement, portal->parameters, portal->rows.get()));
  }
  const int64_t from = portal->position;
  const int64_t all = portal->rows->num_rows();
  const int64_t to = max_rows > 0 ? std::min<int64_t>(from + max_rows, all) : all;
  RETURN_IF_ERROR(SendKept(*portal, from, to, portal->formats));
  portal->position = to;
  if (max_rows > 0 && to - from == max_rows) {
    writer_.Plain('s');
  } else {
    writer_.CommandComplete(portal->rows->tag().starts_with("SELECT")
                                ? fmt::format("SELECT {}", to - from)
                                : portal->rows->tag());
  }
  return OkStatus();
}

Status PgSession::OnClose(const Message& message) {
  FieldReader fields(message.body);
  const char what = fields.Byte();
  std::string_view name = fields.CString();
  RETURN_IF_ERROR(fields.Check("Close"));
  if (what == 'S') {
    statements_.erase(std::string(name));
    connection_->DropPrepared(name);
  } else if (what == 'P') {
    portals_.erase(std::string(name));
  } else {
    return WithSqlState(InvalidArgument("invalid CLOSE message subtype {}",
                                        static_cast<int>(static_cast<unsigned char>(what))),
                        "08P01");
  }
  writer_.Plain('3');  // CloseComplete
  return OkStatus();
}

void PgSession::OnSync() {
  if (connection_->in_implicit()) {
    Status status = connection_->EndImplicit(!failed_until_sync_);
    if (!status.ok()) SendError(status, "");
  }
  failed_until_sync_ = false;
  TransactionMayHaveEnded();
  SendReady();
}

}  // namespace shale::pg
