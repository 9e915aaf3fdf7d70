// A top-n over a scan reads only what it sorts and filters by, and a row's id; the other columns
// are fetched for the rows that are left.
#include <algorithm>

#include "sql/rules/rules.h"

namespace shale {
namespace {

// Fetching is by row: a longer result is read as fast by scanning.
inline constexpr int64_t kMaxFetchedRows = 10'000;

// Whether the node takes its child's columns by id, wherever they stand.
bool TakesById(const Plan& plan) {
  return plan.As<ProjectNode>() || plan.As<FilterNode>() || plan.As<UnionAllNode>() ||
         plan.As<AggregateNode>() || plan.As<LimitNode>();
}

void Fetch(PlanPtr* plan, ColumnVar* next);

}  // namespace

void FetchColumnsLate(PlanPtr* plan, ColumnVar* next) {
  for (PlanPtr& child : (*plan)->children) {
    std::vector<PlanColumn> output = child->output;
    FetchColumnsLate(&child, next);
    if (!child->As<FetchNode>() || TakesById(**plan)) continue;
    ProjectNode project;
    for (const PlanColumn& column : output) project.exprs.push_back(ColumnOf(column));
    child = MakePlan(std::move(project), std::move(output), PlanList(std::move(child)));
  }
  Fetch(plan, next);
}

namespace {

void Fetch(PlanPtr* plan, ColumnVar* next) {
  auto* top = (*plan)->As<TopNNode>();
  if (!top || top->limit + top->offset > kMaxFetchedRows) return;
  std::set<ColumnVar> early;
  auto use = [&](ExprPtr& expr) {
    std::vector<size_t> used;
    CollectColumns(*expr, &used);
    early.insert(used.begin(), used.end());
  };
  ForEachExpr(**plan, use);
  std::vector<Plan*> path = {plan->get()};  // down to the scan
  Plan* scan_plan = (*plan)->children[0].get();
  while (scan_plan->As<FilterNode>()) {
    ForEachExpr(*scan_plan, use);
    path.push_back(scan_plan);
    scan_plan = scan_plan->children[0].get();
  }
  auto* scan = scan_plan->As<ScanNode>();
  if (!scan) return;
  ForEachExpr(*scan_plan, use);

  FetchNode fetch;
  std::vector<PlanColumn> kept, late;
  std::vector<ColumnId> kept_ids;
  std::vector<bool> kept_only;
  for (size_t i = 0; i < scan_plan->output.size(); ++i) {
    if (early.contains(scan_plan->output[i].id)) {
      kept.push_back(scan_plan->output[i]);
      kept_ids.push_back(scan->columns[i]);
      kept_only.push_back(!scan->filter_only.empty() && scan->filter_only[i]);
    } else {
      late.push_back(scan_plan->output[i]);
      fetch.columns.push_back(scan->columns[i]);
    }
  }
  if (late.empty()) return;
  PlanColumn row_id{(*next)++, "row id", TypeId::kUBigInt};
  kept.push_back(row_id);
  kept_ids.push_back(kRowIdColumn);
  kept_only.push_back(false);
  scan->columns = std::move(kept_ids);
  scan->filter_only = std::move(kept_only);
  scan_plan->output = kept;
  for (Plan* node : path) node->output = kept;
  fetch.schema = scan->schema;
  fetch.row_id = row_id.id;
  kept.insert(kept.end(), late.begin(), late.end());
  *plan = MakePlan(std::move(fetch), std::move(kept), PlanList(std::move(*plan)));
}

}  // namespace

}  // namespace shale
