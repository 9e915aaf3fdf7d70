#include <algorithm>
#include <cmath>
#include <map>

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

// Estimates of shared plans, which may read each other many times over.
using SharedRows = std::map<const SharedPlan*, double>;

double Estimate(const Plan& plan, const DatabaseVersion& version, SharedRows* shared) {
  if (const auto* scan = plan.As<ScanNode>()) {
    return RowCount(version, scan->schema->table_id) * Selectivity(scan->filters);
  }
  if (const auto* values = plan.As<ValuesNode>()) {
    double rows = values->series ? static_cast<double>(values->series->count) : 0;
    for (const Chunk& chunk : *values->chunks) rows += chunk.num_rows;
    return rows;
  }
  if (const auto* read = plan.As<SharedReadNode>()) {
    const auto known = shared->find(read->shared.get());
    if (known != shared->end()) return known->second;
    const double rows = Estimate(*read->shared->plan, version, shared);
    return (*shared)[read->shared.get()] = rows;
  }
  // Nothing is known of a recursion; it is rarely large.
  if (plan.As<WorkingReadNode>()) return 1000;
  double rows = 0, pairs = 1;
  for (const PlanPtr& child : plan.children) {
    double child_rows = Estimate(*child, version, shared);
    rows = plan.As<UnionAllNode>() ? rows + child_rows : std::max(rows, child_rows);
    pairs *= child_rows;
  }
  if (const auto* filter = plan.As<FilterNode>()) return rows * Selectivity(filter->conjuncts);
  if (const auto* top = plan.As<TopNNode>()) return std::min<double>(rows, top->limit);
  if (const auto* limit = plan.As<LimitNode>()) {
    return limit->limit < 0 ? rows : std::min<double>(rows, limit->limit);
  }
  if (plan.As<UnnestNode>()) return rows * kElementsPerList;
  if (plan.As<LimitByNode>()) return std::pow(rows, 0.75);
  if (const auto* expand = plan.As<ExpandNode>()) {
    return rows * static_cast<double>(expand->sets.size());
  }
  if (const auto* join = plan.As<JoinNode>();
      join && join->probe_keys.empty() && join->kind == JoinKind::kInner) {
    return join->residual ? pairs * 0.33 : pairs;
  }
  if (const auto* aggregate = plan.As<AggregateNode>()) {
    return aggregate->keys.empty() ? 1 : std::pow(rows, 0.75);
  }
  return rows;
}

}  // namespace

double EstimateRows(const Plan& plan, const DatabaseVersion& version) {
  SharedRows shared;
  return Estimate(plan, version, &shared);
}

void ChooseBuildSides(Plan* plan, const RuleContext& context) {
  for (PlanPtr& child : plan->children) ChooseBuildSides(child.get(), context);
  auto* join = plan->As<JoinNode>();
  if (!join) return;
  Plan &probe = *plan->children[0], &build = *plan->children[1];
  const bool swaps = join->kind == JoinKind::kInner || join->kind == JoinKind::kLeft ||
                     join->kind == JoinKind::kRight || join->kind == JoinKind::kFull;
  if (!swaps) return;
  // What a recursion reads again and again is built once, whatever its size.
  const bool probe_changes = ReadsWorkingTable(probe), build_changes = ReadsWorkingTable(build);
  if (probe_changes != build_changes) {
    if (probe_changes) return;
  } else {
    const double probe_rows = EstimateRows(probe, *context.version);
    const double build_rows = EstimateRows(build, *context.version);
    // An outer join looks up while it streams: it turns round for a clear gain only.
    const double gain = join->kind == JoinKind::kInner ? 1 : 4;
    if (probe_rows * gain >= build_rows) return;
  }
  if (join->kind == JoinKind::kLeft) {
    join->kind = JoinKind::kRight;
  } else if (join->kind == JoinKind::kRight) {
    join->kind = JoinKind::kLeft;
  }
  std::swap(plan->children[0], plan->children[1]);
  std::swap(join->probe_keys, join->build_keys);
  std::vector<PlanColumn> output = plan->children[0]->output;
  output.insert(output.end(), plan->children[1]->output.begin(), plan->children[1]->output.end());
  plan->output = std::move(output);
}

}  // namespace shale
