// UPDATE: the rows that match are deleted and inserted anew with other values, in one commit.
#include <algorithm>

#include "sql/binder_internal.h"
#include "sql/execute.h"

namespace shale {
namespace {

// Another session may delete a row between reading and committing; then the statement is done again
// on a newer snapshot.
constexpr int kMaxAttempts = 10;

// The table's columns as they will be, then the row's id.
StatusOr<PlanPtr> BindUpdate(const ast::Update& update, const TableSchemaPtr& schema,
                             Binder* binder, StatementContext& context) {
  Scope scope;
  const std::string alias = update.alias ? update.alias->name : schema->name;
  ASSIGN_OR_RETURN(PlanPtr plan, binder->BindTable(schema, alias, &scope));
  PlanColumn row_id = binder->NewColumn("row id", TypeId::kUBigInt);
  plan->As<ScanNode>()->columns.push_back(kRowIdColumn);
  plan->output.push_back(row_id);
  const std::vector<PlanColumn> before = plan->output;
  if (update.where) RETURN_IF_ERROR(binder->BindWhere(*update.where, &scope, &plan));

  ProjectNode project;
  std::vector<PlanColumn> output;
  for (size_t i = 0; i < schema->columns.size(); ++i) {
    project.exprs.push_back(ColumnOf(before[i]));
    output.push_back(binder->NewColumn(schema->columns[i].name, schema->columns[i].type));
  }
  PendingJoins pending;
  Binder::ExprContext expr_context;
  expr_context.scope = &scope;
  expr_context.clause = "UPDATE";
  expr_context.pending = &pending;
  ExprBinder expr_binder{*binder, expr_context};
  std::vector<bool> assigned(schema->columns.size(), false);
  for (const ast::Update::Assignment& assignment : update.assignments) {
    ASSIGN_OR_RETURN(size_t target, TargetColumn(*schema, assignment.column, context));
    if (assigned[target]) {
      return context.ErrorAt(
          assignment.column.at,
          fmt::format("multiple assignments to same column \"{}\"", assignment.column.name));
    }
    assigned[target] = true;
    const ColumnSchema& column = schema->columns[target];
    if (!assignment.value) {
      ASSIGN_OR_RETURN(Value value, DefaultOf(column, context));
      project.exprs[target] = MakeConstant(value.is_null() ? Value::Null(column.type) : value);
      continue;
    }
    ASSIGN_OR_RETURN(Bound bound, expr_binder.Bind(*assignment.value));
    ASSIGN_OR_RETURN(project.exprs[target],
                     expr_binder.Coerce(bound, column.type, assignment.value->at, true));
  }
  RETURN_IF_ERROR(binder->ApplyPending(&pending, &plan));
  project.exprs.push_back(ColumnOf(row_id));
  output.push_back(binder->NewColumn("row id", TypeId::kUBigInt));
  return MakePlan(std::move(project), std::move(output), PlanList(std::move(plan)));
}

StatusOr<uint64_t> UpdateOnce(const ast::Update& update, StatementContext& context) {
  Snapshot snapshot = context.data->snapshot();
  Binder binder(context.sql, context.session, snapshot);
  ASSIGN_OR_RETURN(TableSchemaPtr schema, binder.LookupTable(update.table));
  ASSIGN_OR_RETURN(PlanPtr plan, BindUpdate(update, schema, &binder, context));
  std::vector<uint64_t> row_ids;
  std::vector<Chunk> rows;
  std::vector<PlanColumn> result = plan->output;
  RETURN_IF_ERROR(
      RunPlan(std::move(plan), result, snapshot, context, [&](Chunk chunk) -> StatusOr<Flow> {
        if (chunk.num_rows == 0) return Flow::kMore;
        Vector ids = chunk.columns.back().Flatten();
        row_ids.insert(row_ids.end(), ids.values<uint64_t>(),
                       ids.values<uint64_t>() + chunk.num_rows);
        chunk.columns.pop_back();
        rows.push_back(std::move(chunk));
        return Flow::kMore;
      }));
  if (row_ids.empty()) return uint64_t{0};
  Status status = context.data->Replace(*schema, snapshot, row_ids, rows);
  if (status.code() == StatusCode::kInvalidArgument) {
    return context.ErrorAt(update.table.parts[0].at, Message(status));
  }
  RETURN_IF_ERROR(status);
  return row_ids.size();
}

}  // namespace

Status ExecuteUpdate(const ast::Update& update, StatementContext& context) {
  for (int attempt = 1;; ++attempt) {
    auto updated = UpdateOnce(update, context);
    if (updated.status().code() == StatusCode::kAborted && attempt < kMaxAttempts) continue;
    RETURN_IF_ERROR(updated.status());
    return context.receiver->End(fmt::format("UPDATE {}", *updated), *updated);
  }
}

}  // namespace shale
