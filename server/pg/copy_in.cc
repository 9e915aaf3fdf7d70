// COPY … FROM STDIN: between CopyInResponse and CopyDone every message is data.
#include <utility>

#include "server/pg/pg_session.h"

namespace shale::pg {

Status PgSession::StartCopy(const WireStatementPtr& statement) {
  RETURN_IF_ERROR(CheckWritable(StatementKind::kCopyIn, statement->text));
  wrote_ = true;
  ASSIGN_OR_RETURN(copy_, connection_->StartCopyIn(statement->prepared));
  copy_statement_ = statement;
  copy_failure_ = OkStatus();
  writer_.Begin('G');  // CopyInResponse
  writer_.Byte(copy_->is_binary() ? 1 : 0);
  writer_.Int16(static_cast<int16_t>(copy_->num_columns()));
  for (size_t i = 0; i < copy_->num_columns(); ++i) writer_.Int16(copy_->is_binary() ? 1 : 0);
  writer_.End();
  return OkStatus();
}

void PgSession::HandleCopyMessage(const Message& message) {
  switch (message.type) {
    case 'd': {
      Status status = refused_ ? *refused_ : copy_->Data(message.body);
      if (!status.ok()) EndCopy(status);
      return;
    }
    case 'c': {
      if (refused_) return EndCopy(*refused_);
      BeginStatement(copy_statement_->text);
      auto rows = copy_->Finish();
      if (rows.ok()) writer_.CommandComplete(fmt::format("COPY {}", *rows));
      return EndCopy(rows.status());
    }
    case 'f': {
      FieldReader fields(message.body);
      return EndCopy(WithSqlState(
          MakeError(StatusCode::kCancelled, "COPY from stdin failed: {}", fields.CString()),
          "57014"));
    }
    case 'H':
    case 'S': return;  // as PostgreSQL: nothing to flush while data comes
    default:
      EndCopy(
          WithSqlState(InvalidArgument("unexpected message type {} during COPY from stdin",
                                       static_cast<int>(static_cast<unsigned char>(message.type))),
                       "08P01"));
  }
}

void PgSession::EndCopy(const Status& status) {
  copy_.reset();
  const bool extended = std::exchange(copy_is_extended_, false);
  if (!status.ok()) {
    // Not CancelledStatus: a CopyFail says its own reason.
    writer_.Report('E', "ERROR", TakeApart(status, ""));
    connection_->FailTransaction();
  }
  EndStatement();
  if (extended) {
    failed_until_sync_ = !status.ok();
    return;
  }
  if (connection_->in_implicit()) {
    Status ended = connection_->EndImplicit(status.ok());
    if (!ended.ok()) SendError(ended, "");
  }
  TransactionMayHaveEnded();
  SendReady();
}

}  // namespace shale::pg
