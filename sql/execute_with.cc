// WITH that holds INSERT, UPDATE or DELETE: its queries are run one after another, all reading the
// snapshot from before the statement; what they return is what the rest of the statement reads of
// them; what they change is done at the end, in one commit with what the statement itself changes.
#include "sql/binder_internal.h"
#include "sql/execute_change.h"

namespace shale {
namespace {

// Hands rows on, and keeps the end for after the commit.
class UntilCommit : public ResultReceiver {
 public:
  explicit UntilCommit(ResultReceiver* to) : to_(to) {}
  Status Begin(const std::vector<ResultColumn>& columns) override { return to_->Begin(columns); }
  StatusOr<Flow> Rows(const Chunk& chunk) override { return to_->Rows(chunk); }
  Status End(const std::string& tag, uint64_t num_rows) override {
    tag_ = tag;
    num_rows_ = num_rows;
    return OkStatus();
  }
  Status Finish() { return to_->End(tag_, num_rows_); }

 private:
  ResultReceiver* to_;
  std::string tag_;
  uint64_t num_rows_ = 0;
};

StatusOr<CommonRows> RunCommonTable(const ast::CommonTable& table, bool recursive,
                                    StatementContext& context) {
  CommonRows rows;
  rows.table = &table;
  std::vector<Chunk> chunks;
  if (table.change) {
    ASSIGN_OR_RETURN(Change change, MakeChange(*table.change, context));
    context.changes->Add(change);
    rows.returns = change.returns;
    rows.columns = change.columns;
    chunks = std::move(change.returned);
  } else {
    const Snapshot snapshot = context.data->snapshot();
    Binder binder(context.sql, context.session, snapshot);
    binder.DeclareRows(*context.common_rows);
    ASSIGN_OR_RETURN(PlanPtr plan, binder.BindCommonTableAlone(table, recursive));
    rows.columns = plan->output;
    uint64_t bytes = 0;
    const auto gather = [&](Chunk chunk) -> StatusOr<Flow> {
      for (const Vector& column : chunk.columns) bytes += column.MemoryUsage();
      if (bytes > kMaxGatheredBytes) {
        return ResourceExhausted(
            "beside an INSERT, UPDATE or DELETE inside WITH, a query there holds at most {} MiB of "
            "rows (kMaxGatheredBytes): put it into a table first",
            kMaxGatheredBytes >> 20);
      }
      if (chunk.num_rows > 0) chunks.push_back(std::move(chunk));
      return Flow::kMore;
    };
    RETURN_IF_ERROR(RunPlan(std::move(plan), rows.columns, snapshot, context, gather));
  }
  rows.chunks = std::make_shared<const std::vector<Chunk>>(std::move(chunks));
  return rows;
}

Status RunAll(const ast::Statement& statement, const std::vector<ast::CommonTable>& tables,
              bool recursive, StatementContext& context) {
  ChangeSet changes;
  std::vector<CommonRows> rows;
  context.changes = &changes;
  context.common_rows = &rows;
  const Snapshot seen = context.data->snapshot();
  for (const ast::CommonTable& table : tables) {
    for (const CommonRows& before : rows) {
      if (Folded(before.table->name) != Folded(table.name)) continue;
      return context.ErrorAt(
          table.name.at,
          fmt::format("WITH query name \"{}\" specified more than once", table.name.name));
    }
    ASSIGN_OR_RETURN(CommonRows of, RunCommonTable(table, recursive, context));
    rows.push_back(std::move(of));
  }
  if (const auto* select = std::get_if<ast::Select>(&statement.node)) {
    RETURN_IF_ERROR(ExecuteQuery(*select, context));
  } else if (const auto* insert = std::get_if<ast::Insert>(&statement.node)) {
    RETURN_IF_ERROR(ExecuteInsert(*insert, context));
  } else if (const auto* del = std::get_if<ast::Delete>(&statement.node)) {
    RETURN_IF_ERROR(ExecuteDelete(*del, context));
  } else {
    RETURN_IF_ERROR(ExecuteUpdate(std::get<ast::Update>(statement.node), context));
  }
  if (context.describe_only) return OkStatus();
  return changes.Apply(seen, context.data);
}

}  // namespace

bool HasChanges(const std::vector<ast::CommonTable>& tables) {
  return std::any_of(tables.begin(), tables.end(),
                     [](const ast::CommonTable& table) { return table.change != nullptr; });
}

Status ExecuteWithChanges(const ast::Statement& statement,
                          const std::vector<ast::CommonTable>& tables, bool recursive,
                          StatementContext& context) {
  const bool own = !context.data->is_open();
  if (own) context.data->Begin();
  UntilCommit receiver(context.receiver);
  StatementContext inner = context;
  inner.receiver = &receiver;
  Status status = RunAll(statement, tables, recursive, inner);
  if (own && status.ok()) {
    status = context.data->Commit();
  } else if (own) {
    context.data->Rollback();
  }
  RETURN_IF_ERROR(status);
  return receiver.Finish();
}

}  // namespace shale
