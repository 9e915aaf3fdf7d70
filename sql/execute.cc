#include "sql/binder_internal.h"
#include "sql/execute_change.h"

#include "sql/parser.h"

namespace shale {
namespace {

struct Execute {
  StatementContext& context;

  Status operator()(const ast::Select& node) { return ExecuteQuery(node, context); }
  Status operator()(const ast::CreateTable& node) { return ExecuteCreateTable(node, context); }
  Status operator()(const ast::CreateView& node) { return ExecuteCreateView(node, context); }
  Status operator()(const ast::CreateIndex& node) { return ExecuteCreateIndex(node, context); }
  Status operator()(const ast::Drop& node) { return ExecuteDrop(node, context); }
  Status operator()(const ast::Truncate& node) { return ExecuteTruncate(node, context); }
  Status operator()(const ast::AlterTable& node) { return ExecuteAlterTable(node, context); }
  Status operator()(const ast::Insert& node) { return ExecuteInsert(node, context); }
  Status operator()(const ast::Delete& node) { return ExecuteDelete(node, context); }
  Status operator()(const ast::Update& node) { return ExecuteUpdate(node, context); }
  Status operator()(const ast::Explain& node) { return ExecuteExplain(node, context); }
  Status operator()(const ast::Show& node) { return ExecuteShow(node, context); }
  Status operator()(const ast::Describe& node) { return ExecuteDescribe(node, context); }
  Status operator()(const ast::Set& node) {
    RETURN_IF_ERROR(node.is_default ? context.session->Reset(node.name)
                                    : context.session->Set(node.name, node.value));
    return context.receiver->End(node.is_default ? "RESET" : "SET", 0);
  }
  Status operator()(const ast::CopyTo& node) { return ExecuteCopyTo(node, context); }
  Status operator()(const ast::Prepare& node) { return ExecutePrepare(node, context); }
  Status operator()(const ast::Execute& node) { return ExecutePrepared(node, context); }
  Status operator()(const ast::Deallocate& node) { return ExecuteDeallocate(node, context); }
  Status operator()(const ast::DeclareCursor& node) { return ExecuteDeclare(node, context); }
  Status operator()(const ast::Fetch& node) { return ExecuteFetch(node, context); }
  Status operator()(const ast::CloseCursor& node) { return ExecuteClose(node, context); }
  Status operator()(const ast::Transaction& node) {
    const std::string savepoint = node.savepoint ? Folded(*node.savepoint) : "";
    if (node.kind == ast::Transaction::Kind::kCommit ||
        node.kind == ast::Transaction::Kind::kRollback) {
      EndCursors(context);
    }
    switch (node.kind) {
      case ast::Transaction::Kind::kSavepoint:
        RETURN_IF_ERROR(context.data->Save(savepoint));
        return context.receiver->End("SAVEPOINT", 0);
      case ast::Transaction::Kind::kRelease:
        RETURN_IF_ERROR(context.data->Release(savepoint));
        return context.receiver->End("RELEASE", 0);
      case ast::Transaction::Kind::kRollbackTo:
        RETURN_IF_ERROR(context.data->RollbackTo(savepoint));
        return context.receiver->End("ROLLBACK", 0);
      case ast::Transaction::Kind::kBegin:
        context.data->Begin();
        return context.receiver->End("BEGIN", 0);
      case ast::Transaction::Kind::kCommit: {
        const bool failed = context.data->has_failed();
        RETURN_IF_ERROR(context.data->Commit());
        return context.receiver->End(failed ? "ROLLBACK" : "COMMIT", 0);
      }
      case ast::Transaction::Kind::kRollback: break;
    }
    context.data->Rollback();
    return context.receiver->End("ROLLBACK", 0);
  }
  Status operator()(const ast::Maintain& node) { return ExecuteMaintain(node, context); }
};

// The statement's WITH, when it changes rows.
Status ExecuteNode(const ast::Statement& statement, StatementContext& context) {
  if (const auto* select = std::get_if<ast::Select>(&statement.node)) {
    if (HasChanges(select->with)) {
      return ExecuteWithChanges(statement, select->with, select->recursive, context);
    }
  }
  const ast::With* with = nullptr;
  if (const auto* insert = std::get_if<ast::Insert>(&statement.node)) with = &insert->with;
  if (const auto* del = std::get_if<ast::Delete>(&statement.node)) with = &del->with;
  if (const auto* update = std::get_if<ast::Update>(&statement.node)) with = &update->with;
  if (with && HasChanges(with->tables)) {
    return ExecuteWithChanges(statement, with->tables, with->recursive, context);
  }
  return std::visit(Execute{context}, statement.node);
}

}  // namespace

Status StatementContext::ErrorAt(ast::Position at, std::string_view message) const {
  return Status(StatusCode::kInvalidArgument,
                at.offset < 0 ? std::string(message) : DescribeError(sql, at.offset, message));
}

Status ExecuteStatement(const ast::Statement& statement, StatementContext& context) {
  const auto* control = std::get_if<ast::Transaction>(&statement.node);
  const bool goes_on = !control || control->kind == ast::Transaction::Kind::kSavepoint ||
                       control->kind == ast::Transaction::Kind::kRelease;
  if (context.data->has_failed() && goes_on) {
    return MakeError(StatusCode::kFailedPrecondition,
                     "current transaction is aborted, commands ignored until end of transaction "
                     "block: ROLLBACK");
  }
  Status status = ExecuteNode(statement, context);
  if (!status.ok()) context.data->Fail();
  return status;
}

}  // namespace shale
