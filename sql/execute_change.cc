#include "sql/execute_change.h"

#include <algorithm>

#include "sql/binder_internal.h"

namespace shale {
namespace {

// Another session may delete a row between reading and committing; then the statement is done again
// on a newer snapshot.
constexpr int kMaxAttempts = 10;

Status Apply(Change* change, StatementContext& context) {
  if (!change->rows.empty()) {
    RETURN_IF_ERROR(FitRows(*change->schema, &change->rows, context));
  }
  if (context.changes) {
    context.changes->Add(*change);
    return OkStatus();
  }
  if (change->done || (change->row_ids.empty() && change->rows.empty())) return OkStatus();
  if (change->row_ids.empty()) return context.data->Insert(*change->schema, change->rows);
  // The ids are of the version that was read.
  if (!change->rows.empty()) {
    return context.data->Replace(*change->schema, change->snapshot, change->row_ids, change->rows);
  }
  ASSIGN_OR_RETURN(change->count, context.data->Delete(change->schema->table_id, change->snapshot,
                                                       change->row_ids));
  return OkStatus();
}

template <typename Make>
Status Execute(const Make& make, const ast::QualifiedName& table, std::string_view tag,
               StatementContext& context) {
  Change change;
  for (int attempt = 1;; ++attempt) {
    ASSIGN_OR_RETURN(change, make());
    if (context.describe_only) change.done = true;
    Status status = Apply(&change, context);
    if (status.code() == StatusCode::kAborted && attempt < kMaxAttempts) continue;
    if (status.code() == StatusCode::kInvalidArgument) {
      return context.ErrorAt(table.parts[0].at, Message(status));
    }
    RETURN_IF_ERROR(status);
    break;
  }
  if (change.returns) {
    std::vector<ResultColumn> columns;
    for (const PlanColumn& column : change.columns) columns.push_back({column.name, column.type});
    RETURN_IF_ERROR(context.receiver->Begin(columns));
    for (const Chunk& chunk : change.returned) {
      ASSIGN_OR_RETURN(Flow flow, context.receiver->Rows(chunk));
      if (flow == Flow::kDone) break;
    }
  }
  return context.receiver->End(fmt::format("{} {}", tag, change.count), change.count);
}

// The target of UPDATE and DELETE with its rows' ids, joined with the other tables, filtered.
struct Target {
  Scope scope;
  PlanPtr plan;
  PlanColumn row_id;
};
Status BindTarget(const TableSchemaPtr& schema, const std::optional<ast::Identifier>& alias,
                  const ast::TableRefPtr& others, const ast::ExprPtr& where, Binder* binder,
                  Target* target) {
  ASSIGN_OR_RETURN(target->plan, binder->BindTable(schema, alias ? Folded(*alias) : schema->name,
                                                   &target->scope));
  target->row_id = binder->NewColumn("row id", TypeId::kUBigInt);
  target->plan->As<ScanNode>()->columns.push_back(kRowIdColumn);
  target->plan->output.push_back(target->row_id);
  if (others) RETURN_IF_ERROR(binder->BindOthers(*others, &target->scope, &target->plan));
  if (where) RETURN_IF_ERROR(binder->BindWhere(*where, &target->scope, &target->plan));
  return OkStatus();
}

// New values of the table's columns; subqueries in them are joined to the plan.
StatusOr<std::vector<ExprPtr>> BindAssignments(const ast::Update& update, const TableSchema& schema,
                                               Binder* binder, Target* target,
                                               StatementContext& context) {
  std::vector<ExprPtr> values;
  for (size_t i = 0; i < schema.columns.size(); ++i) {
    values.push_back(ColumnOf(target->scope.tables[0].columns[i].column));
  }
  PendingJoins pending;
  Binder::ExprContext expr_context;
  expr_context.scope = &target->scope;
  expr_context.clause = "UPDATE";
  expr_context.pending = &pending;
  ExprBinder expr_binder{*binder, expr_context};
  std::vector<bool> assigned(schema.columns.size(), false);
  for (const ast::Update::Assignment& assignment : update.assignments) {
    ASSIGN_OR_RETURN(size_t at, TargetColumn(schema, assignment.column, context));
    if (assigned[at]) {
      return context.ErrorAt(
          assignment.column.at,
          fmt::format("multiple assignments to same column \"{}\"", assignment.column.name));
    }
    assigned[at] = true;
    const ColumnSchema& column = schema.columns[at];
    if (!assignment.value) {
      ASSIGN_OR_RETURN(Value value, DefaultOf(column, context));
      values[at] = MakeConstant(value.is_null() ? Value::Null(column.type) : value);
      continue;
    }
    ASSIGN_OR_RETURN(Bound bound, expr_binder.Bind(*assignment.value));
    ASSIGN_OR_RETURN(values[at],
                     expr_binder.Coerce(bound, column.type, assignment.value->at, true));
  }
  RETURN_IF_ERROR(binder->ApplyPending(&pending, &target->plan));
  return values;
}

}  // namespace

void ChangeSet::Add(const Change& change) {
  Table& table = tables_[change.schema->table_id];
  table.schema = change.schema;
  table.row_ids.insert(table.row_ids.end(), change.row_ids.begin(), change.row_ids.end());
  table.rows.insert(table.rows.end(), change.rows.begin(), change.rows.end());
}

Status ChangeSet::Apply(const Snapshot& seen, SessionTransaction* data) const {
  for (const auto& [id, table] : tables_) {
    if (!table.row_ids.empty()) {
      RETURN_IF_ERROR(data->Delete(id, seen, table.row_ids).status());
    }
    if (!table.rows.empty()) RETURN_IF_ERROR(data->Insert(*table.schema, table.rows));
  }
  return OkStatus();
}

void DeclareWith(const ast::With& with, const StatementContext& context, Binder* binder) {
  const std::vector<CommonRows>* rows = context.common_rows;
  if (rows) binder->DeclareRows(*rows);
  if (with.tables.empty()) return;
  const bool run = rows && !rows->empty() && rows->back().table == &with.tables.back();
  if (!run) binder->DeclareWith(with);
}

void AddReturned(const std::vector<SelectItemBound>& items, Binder* binder, ProjectNode* project,
                 std::vector<PlanColumn>* output, Change* change) {
  change->returns = true;
  for (const SelectItemBound& item : items) {
    project->exprs.push_back(item.expr);
    output->push_back(binder->NewColumn(item.name, item.expr->type));
    change->columns.push_back(output->back());
  }
}

Status GatherChange(PlanPtr plan, const Snapshot& snapshot, bool rows, bool row_ids,
                    StatementContext& context, Change* change) {
  absl::flat_hash_set<uint64_t> own;
  absl::flat_hash_set<uint64_t>* touched =
      context.changes ? context.changes->Touched(change->schema->table_id) : &own;
  const size_t width = rows ? change->schema->columns.size() : 0;
  uint64_t bytes = 0;
  change->snapshot = snapshot;
  const auto gather = [&](Chunk chunk) -> StatusOr<Flow> {
    if (chunk.num_rows == 0) return Flow::kMore;
    if (row_ids) {
      Vector ids = chunk.columns.back().Flatten();
      chunk.columns.pop_back();
      std::vector<uint32_t> first;
      for (uint32_t i = 0; i < chunk.num_rows; ++i) {
        const uint64_t id = ids.values<uint64_t>()[i];
        if (!touched->insert(id).second) continue;
        first.push_back(i);
        change->row_ids.push_back(id);
      }
      if (first.empty()) return Flow::kMore;
      if (first.size() < chunk.num_rows) {
        const size_t count = first.size();
        for (Vector& column : chunk.columns) column = column.Gather(first.data(), count);
        chunk.num_rows = count;
      }
    }
    change->count += chunk.num_rows;
    for (const Vector& column : chunk.columns) bytes += column.MemoryUsage();
    if (bytes > kMaxGatheredBytes) {
      return ResourceExhausted(
          "a statement that changes rows and returns them, or updates them, holds at most {} MiB "
          "of them (kMaxGatheredBytes): change them in parts",
          kMaxGatheredBytes >> 20);
    }
    if (change->returns) {
      Chunk returned;
      returned.num_rows = chunk.num_rows;
      for (size_t i = width; i < chunk.columns.size(); ++i) {
        returned.columns.push_back(std::move(chunk.columns[i]));
      }
      change->returned.push_back(std::move(returned));
    }
    if (rows) {
      chunk.columns.resize(width);
      change->rows.push_back(std::move(chunk));
    }
    return Flow::kMore;
  };
  std::vector<PlanColumn> result = plan->output;
  return RunPlan(std::move(plan), result, snapshot, context, gather);
}

StatusOr<Change> MakeDelete(const ast::Delete& del, StatementContext& context) {
  Snapshot snapshot = context.data->snapshot();
  Binder binder(context.sql, context.session, snapshot);
  DeclareWith(del.with, context, &binder);
  Change change;
  ASSIGN_OR_RETURN(change.schema, binder.LookupTable(del.table));
  Target target;
  RETURN_IF_ERROR(BindTarget(change.schema, del.alias, del.others, del.where, &binder, &target));
  ProjectNode project;
  std::vector<PlanColumn> output;
  if (!del.returning.empty()) {
    ASSIGN_OR_RETURN(auto items, binder.BindReturning(del.returning, &target.scope, &target.plan));
    AddReturned(items, &binder, &project, &output, &change);
  }
  RETURN_IF_ERROR(binder.BindUnreadWith());
  project.exprs.push_back(ColumnOf(target.row_id));
  output.push_back(binder.NewColumn("row id", TypeId::kUBigInt));
  PlanPtr plan = MakePlan(std::move(project), std::move(output), PlanList(std::move(target.plan)));
  RETURN_IF_ERROR(GatherChange(std::move(plan), snapshot, false, true, context, &change));
  return change;
}

StatusOr<Change> MakeUpdate(const ast::Update& update, StatementContext& context) {
  Snapshot snapshot = context.data->snapshot();
  Binder binder(context.sql, context.session, snapshot);
  DeclareWith(update.with, context, &binder);
  Change change;
  ASSIGN_OR_RETURN(change.schema, binder.LookupTable(update.table));
  Target target;
  RETURN_IF_ERROR(
      BindTarget(change.schema, update.alias, update.others, update.where, &binder, &target));
  ASSIGN_OR_RETURN(std::vector<ExprPtr> values,
                   BindAssignments(update, *change.schema, &binder, &target, context));
  // What was there, and the new values beside it: RETURNING names the new ones.
  ProjectNode beside;
  std::vector<PlanColumn> columns = target.plan->output;
  for (const PlanColumn& column : columns) beside.exprs.push_back(ColumnOf(column));
  ProjectNode project;
  std::vector<PlanColumn> output;
  for (size_t i = 0; i < values.size(); ++i) {
    const ColumnSchema& column = change.schema->columns[i];
    beside.exprs.push_back(values[i]);
    columns.push_back(binder.NewColumn(column.name, column.type));
    target.scope.tables[0].columns[i].column = columns.back();
    project.exprs.push_back(ColumnOf(columns.back()));
    output.push_back(binder.NewColumn(column.name, column.type));
  }
  PlanPtr plan = MakePlan(std::move(beside), std::move(columns), PlanList(std::move(target.plan)));
  if (!update.returning.empty()) {
    ASSIGN_OR_RETURN(auto items, binder.BindReturning(update.returning, &target.scope, &plan));
    AddReturned(items, &binder, &project, &output, &change);
  }
  RETURN_IF_ERROR(binder.BindUnreadWith());
  project.exprs.push_back(ColumnOf(target.row_id));
  output.push_back(binder.NewColumn("row id", TypeId::kUBigInt));
  plan = MakePlan(std::move(project), std::move(output), PlanList(std::move(plan)));
  RETURN_IF_ERROR(GatherChange(std::move(plan), snapshot, true, true, context, &change));
  return change;
}

StatusOr<Change> MakeChange(const ast::Statement& statement, StatementContext& context) {
  if (const auto* insert = std::get_if<ast::Insert>(&statement.node)) {
    return MakeInsert(*insert, context);
  }
  if (const auto* del = std::get_if<ast::Delete>(&statement.node)) return MakeDelete(*del, context);
  return MakeUpdate(std::get<ast::Update>(statement.node), context);
}

Status ExecuteInsert(const ast::Insert& insert, StatementContext& context) {
  return Execute([&] { return MakeInsert(insert, context); }, insert.table, "INSERT 0", context);
}
Status ExecuteDelete(const ast::Delete& del, StatementContext& context) {
  return Execute([&] { return MakeDelete(del, context); }, del.table, "DELETE", context);
}
Status ExecuteUpdate(const ast::Update& update, StatementContext& context) {
  return Execute([&] { return MakeUpdate(update, context); }, update.table, "UPDATE", context);
}

}  // namespace shale
