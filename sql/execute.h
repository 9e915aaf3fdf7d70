// Runs one parsed statement for a connection. execute.cc dispatches; execute_query.cc runs plans,
// execute_change.cc INSERT, DELETE and UPDATE (execute_write.cc: an INSERT's rows, execute_with.cc:
// such statements inside WITH), execute_define.cc tables, columns and views.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/memory_budget.h"
#include "engine/exec/operator.h"
#include "sql/ast.h"
#include "sql/binder.h"
#include "sql/database.h"
#include "sql/session.h"
#include "sql/session_transaction.h"
#include "storage/spill/temp_space.h"
#include "storage/table/store.h"

namespace shale {

class SessionCatalog;

struct StatementContext {
  std::string_view sql;  // the text that positions refer to
  Session* session;
  Store* store;              // for definitions and maintenance
  SessionTransaction* data;  // for rows: read and written through it
  Disk* disk;
  Cancellation* cancellation;
  Progress* progress;
  MemoryBudget* memory;  // of the database
  TempSpace* temp;
  int num_workers;
  ResultReceiver* receiver;
  // Within a statement whose WITH changes rows: what its queries gave so far, and where changes go.
  const std::vector<CommonRows>* common_rows = nullptr;
  class ChangeSet* changes = nullptr;
  // Everything is bound and the columns go to the receiver, but nothing is read or changed.
  bool describe_only = false;

  Status ErrorAt(ast::Position at, std::string_view message) const;
};

Status ExecuteStatement(const ast::Statement& statement, StatementContext& context);

// ---- execute_query.cc ----
// Optimises, lowers and runs `plan`, its columns `result` going to `consume` chunk by chunk (one
// call at a time). `profiled` (may be null) receives the optimised plan with its measurements.
Status RunPlan(PlanPtr plan, const std::vector<PlanColumn>& result, const Snapshot& snapshot,
               StatementContext& context, std::function<StatusOr<Flow>(Chunk)> consume,
               PlanPtr* profiled = nullptr);
Status ExecuteQuery(const ast::Select& select, StatementContext& context);
Status ExecuteExplain(const ast::Explain& explain, StatementContext& context);
// Rows that are known, as a result.
Status SendRows(const std::vector<ResultColumn>& columns,
                const std::vector<std::vector<Value>>& rows, const std::string& tag,
                StatementContext& context);

// ---- execute_change.cc ----
Status ExecuteInsert(const ast::Insert& insert, StatementContext& context);
Status ExecuteDelete(const ast::Delete& del, StatementContext& context);
Status ExecuteUpdate(const ast::Update& update, StatementContext& context);

// ---- execute_write.cc ----
// A column of the target by name: exact, else the only case-insensitive match.
StatusOr<size_t> TargetColumn(const TableSchema& schema, const ast::Identifier& name,
                              const StatementContext& context);
// The value of a column that is left out.
StatusOr<Value> DefaultOf(const ColumnSchema& column, StatementContext& context);
// Every row of `plan` (columns as `schema`'s) into the table; returns how many.
StatusOr<uint64_t> InsertPlan(PlanPtr plan, const Snapshot& snapshot, const TableSchema& schema,
                              StatementContext& context);

// ---- copy_to.cc ----
Status ExecuteCopyTo(const ast::CopyTo& copy, StatementContext& context);

// ---- execute_define.cc ----
Status ExecuteCreateTable(const ast::CreateTable& create, StatementContext& context);
Status ExecuteCreateView(const ast::CreateView& create, StatementContext& context);
Status ExecuteDrop(const ast::Drop& drop, StatementContext& context);
Status ExecuteTruncate(const ast::Truncate& truncate, StatementContext& context);
Status ExecuteAlterTable(const ast::AlterTable& alter, StatementContext& context);

// ---- execute_maintain.cc ----
Status ExecuteMaintain(const ast::Maintain& maintain, StatementContext& context);

// ---- execute_prepared.cc ----
Status ExecutePrepare(const ast::Prepare& prepare, StatementContext& context);
Status ExecutePrepared(const ast::Execute& execute, StatementContext& context);
Status ExecuteDeallocate(const ast::Deallocate& deallocate, StatementContext& context);

// ---- execute_show.cc ----
Status ExecuteShow(const ast::Show& show, StatementContext& context);
Status ExecuteDescribe(const ast::Describe& describe, StatementContext& context);
// The CREATE TABLE that makes this table.
std::string CreateTableText(const TableSchema& schema);

}  // namespace shale
