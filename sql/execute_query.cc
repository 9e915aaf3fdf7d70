#include <set>

#include "engine/operators/collect.h"
#include "engine/vector/vector_builder.h"
#include "sql/column_origin.h"
#include "sql/execute_change.h"
#include "sql/explain.h"
#include "sql/lower.h"
#include "sql/rules/rules.h"

namespace shale {
namespace {

std::vector<ResultColumn> ResultColumns(const Plan& plan) {
  std::vector<ResultColumn> columns;
  for (const PlanColumn& column : plan.output) columns.push_back({column.name, column.type});
  FindOrigins(plan, &columns);
  return columns;
}

// Says what of the scanned tables a session that skips what is in quarantine does without.
void NoticeSkipped(const Plan& plan, const DatabaseVersion& version, std::set<TableId>* said,
                   ResultReceiver* receiver) {
  for (const PlanPtr& child : plan.children) NoticeSkipped(*child, version, said, receiver);
  const auto* scan = plan.As<ScanNode>();
  if (!scan || !said->insert(scan->schema->table_id).second) return;
  const uint64_t segments = QuarantinedSegments(version, scan->schema->table_id);
  if (segments == 0) return;
  receiver->Notice(
      "WARNING", "XX001",
      fmt::format("table \"{}\" is read without {} segment{} in quarantine, which held {} rows",
                  scan->schema->name, segments, segments == 1 ? "" : "s",
                  QuarantinedRows(version, scan->schema->table_id)));
}

}  // namespace

Status RunPlan(PlanPtr plan, const std::vector<PlanColumn>& result, const Snapshot& snapshot,
               StatementContext& context, std::function<StatusOr<Flow>(Chunk)> consume,
               PlanPtr* profiled) {
  if (context.describe_only) return OkStatus();
  Optimize(&plan, result, RuleContext{&context.session->functions, snapshot.get()});
  if (context.session->skips_quarantined()) {
    std::set<TableId> said;
    NoticeSkipped(*plan, *snapshot, &said, context.receiver);
  }
  ASSIGN_OR_RETURN(LoweredQuery query,
                   LowerQuery(plan.get(), result, snapshot, MakeStream(std::move(consume)),
                              profiled != nullptr));
  int64_t limit = context.session->memory_limit_bytes();
  // Shared: rows handed on may keep an operator's memory alive beyond the query.
  auto memory = std::make_shared<MemoryBudget>("memory_limit of the query",
                                               limit > 0 ? limit : context.memory->limit_bytes(),
                                               context.memory);
  ExecutionContext execution;
  execution.functions = context.session->functions;
  execution.cancellation = context.cancellation;
  execution.progress = context.progress;
  execution.memory = memory.get();
  const std::unique_ptr<QuerySpill> spill =
      QuerySpill::Make(context.temp, context.session->max_temp_bytes());
  execution.spill = spill.get();
  execution.num_workers =
      context.session->threads() > 0 ? context.session->threads() : context.num_workers;
  execution.analyze = profiled != nullptr;
  Status status = RunPipelines(query.pipelines, &execution);
  if (profiled) *profiled = std::move(plan);
  return status;
}

Status ExecuteQuery(const ast::Select& select, StatementContext& context) {
  Snapshot snapshot = context.data->snapshot();
  Binder binder(context.sql, context.session, snapshot);
  if (context.common_rows) binder.DeclareRows(*context.common_rows);
  ASSIGN_OR_RETURN(PlanPtr plan, binder.BindQuery(select));
  std::vector<PlanColumn> result = plan->output;
  RETURN_IF_ERROR(context.receiver->Begin(ResultColumns(*plan)));
  uint64_t rows = 0;
  RETURN_IF_ERROR(
      RunPlan(std::move(plan), result, snapshot, context, [&](Chunk chunk) -> StatusOr<Flow> {
        if (chunk.num_rows == 0) return Flow::kMore;
        rows += chunk.num_rows;
        return context.receiver->Rows(chunk);
      }));
  return context.receiver->End(fmt::format("SELECT {}", rows), rows);
}

Status ExecuteExplain(const ast::Explain& explain, StatementContext& context) {
  const auto* select = std::get_if<ast::Select>(&explain.statement->node);
  if (!select || HasChanges(select->with)) {
    return context.ErrorAt(explain.statement->begin,
                           "EXPLAIN shows queries only: put a SELECT after it");
  }
  Snapshot snapshot = context.data->snapshot();
  Binder binder(context.sql, context.session, snapshot);
  ASSIGN_OR_RETURN(PlanPtr plan, binder.BindQuery(*select));
  if (context.describe_only) return context.receiver->Begin({{"QUERY PLAN", TypeId::kText}});
  std::vector<PlanColumn> result = plan->output;
  int64_t micros = 0;
  if (explain.analyze) {
    int64_t start = Clock::System()->MonotonicMicros();
    PlanPtr profiled;
    RETURN_IF_ERROR(RunPlan(
        std::move(plan), result, snapshot, context,
        [](Chunk) -> StatusOr<Flow> { return Flow::kMore; }, &profiled));
    micros = Clock::System()->MonotonicMicros() - start;
    plan = std::move(profiled);
  } else {
    Optimize(&plan, result, RuleContext{&context.session->functions, snapshot.get()});
    // Nothing runs; but lowering is where joins meet scans.
    RETURN_IF_ERROR(LowerQuery(plan.get(), result, snapshot, MakeCollect(), false).status());
  }
  std::vector<std::vector<Value>> rows;
  if (explain.format == "json") {
    rows.push_back({Value::Text(ExplainJson(*plan, *snapshot, explain.analyze))});
  } else {
    for (std::string& line : ExplainPlan(*plan, *snapshot, explain.analyze)) {
      rows.push_back({Value::Text(std::move(line))});
    }
    if (explain.analyze) {
      rows.push_back({Value::Text(fmt::format("Execution time: {:.3f} ms", micros / 1000.0))});
    }
  }
  return SendRows({{"QUERY PLAN", TypeId::kText}}, rows, "EXPLAIN", context);
}

Status SendRows(const std::vector<ResultColumn>& columns,
                const std::vector<std::vector<Value>>& rows, const std::string& tag,
                StatementContext& context) {
  RETURN_IF_ERROR(context.receiver->Begin(columns));
  if (context.describe_only) return OkStatus();
  Chunk chunk;
  chunk.num_rows = rows.size();
  for (size_t i = 0; i < columns.size(); ++i) {
    VectorBuilder builder(columns[i].type);
    for (const auto& row : rows) builder.AppendValue(row[i]);
    chunk.columns.push_back(builder.Finish());
  }
  if (chunk.num_rows > 0) RETURN_IF_ERROR(context.receiver->Rows(chunk).status());
  return context.receiver->End(tag, rows.size());
}

}  // namespace shale
