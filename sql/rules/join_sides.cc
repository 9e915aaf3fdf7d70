#include <algorithm>
#include <cmath>

#include "sql/rules/rules.h"

namespace shale {
namespace {

// Without statistics a list has this many elements.
constexpr double kElementsPerList = 4;

// Without statistics a conjunct keeps a third of the rows, an equality a tenth.
double Selectivity(const std::vector<ExprPtr>& conjuncts) {
  double selectivity = 1;
  for (const ExprPtr& conjunct : conjuncts) {
    bool equality = conjunct->kind == Expr::Kind::kCall && conjunct->function.function->name == "=";
    selectivity *= equality ? 0.1 : 0.33;
  }
  return selectivity;
}

}  // namespace

double EstimateRows(const Plan& plan, const DatabaseVersion& version) {
  if (const auto* scan = plan.As<ScanNode>()) {
    return RowCount(version, scan->schema->table_id) * Selectivity(scan->filters);
  }
  if (const auto* values = plan.As<ValuesNode>()) {
    double rows = 0;
    for (const Chunk& chunk : *values->chunks) rows += chunk.num_rows;
    return rows;
  }
  double rows = 0;
  for (const PlanPtr& child : plan.children) {
    double child_rows = EstimateRows(*child, version);
    rows = plan.As<UnionAllNode>() ? rows + child_rows : std::max(rows, child_rows);
  }
  if (const auto* filter = plan.As<FilterNode>()) return rows * Selectivity(filter->conjuncts);
  if (const auto* top = plan.As<TopNNode>()) return std::min<double>(rows, top->limit);
  if (const auto* limit = plan.As<LimitNode>()) {
    return limit->limit < 0 ? rows : std::min<double>(rows, limit->limit);
  }
  if (plan.As<UnnestNode>()) return rows * kElementsPerList;
  if (const auto* aggregate = plan.As<AggregateNode>()) {
    return aggregate->keys.empty() ? 1 : std::pow(rows, 0.75);
  }
  return rows;
}

void ChooseBuildSides(Plan* plan, const RuleContext& context) {
  for (PlanPtr& child : plan->children) ChooseBuildSides(child.get(), context);
  auto* join = plan->As<JoinNode>();
  if (!join || join->kind != JoinKind::kInner) return;
  if (EstimateRows(*plan->children[0], *context.version) >=
      EstimateRows(*plan->children[1], *context.version)) {
    return;
  }
  std::swap(plan->children[0], plan->children[1]);
  std::swap(join->probe_keys, join->build_keys);
}

}  // namespace shale
