// A table's sort order is used: grouping by its leading column goes range by range (memory for the
// groups of a few ranges, tables that stay in the cache), exact distinct counts of it become one
// such grouping, and rows wanted in its order are read in it.
#include <algorithm>
#include <map>

#include "sql/rules/rules.h"

namespace shale {
namespace {

// Fewer keys than this fit into the cache anyway.
constexpr double kManyKeys = 32768;
// Tables smaller than this are sorted as fast as merged.
constexpr double kManyRows = 1 << 18;

// The scan below filters and projections, with what a column of the plan above is called there.
struct ScanBelow {
  Plan* plan = nullptr;
  ScanNode* scan = nullptr;
  std::vector<const Plan*> projects;  // from the top

  // The position in the scan of a plain column; -1 for anything else.
  int PositionOf(const Expr& expr) const {
    const Expr* at = &expr;
    for (const Plan* project : projects) {
      if (at->kind != Expr::Kind::kColumn) return -1;
      for (size_t i = 0; i < project->output.size(); ++i) {
        if (project->output[i].id != at->column_index) continue;
        at = project->As<ProjectNode>()->exprs[i].get();
        break;
      }
    }
    if (at->kind != Expr::Kind::kColumn) return -1;
    for (size_t i = 0; i < plan->output.size(); ++i) {
      if (plan->output[i].id == at->column_index) return static_cast<int>(i);
    }
    return -1;
  }
};

ScanBelow FindScan(Plan* plan) {
  ScanBelow below;
  while (true) {
    if (auto* scan = plan->As<ScanNode>()) {
      below.plan = plan;
      below.scan = scan;
      return below;
    }
    if (plan->As<ProjectNode>()) {
      below.projects.push_back(plan);
    } else if (!plan->As<FilterNode>()) {
      return below;
    }
    plan = plan->children[0].get();
  }
}

std::vector<ColumnId> OrderOf(const ScanNode& scan, const Plan& plan, const RuleContext& context) {
  std::map<ColumnVar, size_t> positions;
  for (size_t i = 0; i < plan.output.size(); ++i) positions[plan.output[i].id] = i;
  std::vector<ExprPtr> filters;
  for (const ExprPtr& filter : scan.filters) {
    filters.push_back(Rewrite(filter, [&](const ExprPtr& part) -> ExprPtr {
      if (part->kind != Expr::Kind::kColumn) return nullptr;
      return MakeColumn(positions.at(part->column_index), part->type, part->name);
    }));
  }
  return OrderedBy(*scan.schema, scan.columns, filters, *context.functions);
}

// Whether the scan may go by ranges of the column at `position`, and that pays.
bool ManyKeys(const ScanBelow& below, int position, const RuleContext& context) {
  if (position < 0 || !below.scan->order.empty()) return false;
  const std::vector<ColumnId> order = OrderOf(*below.scan, *below.plan, context);
  if (order.empty() || order[0] != below.scan->columns[position]) return false;
  auto keys = EstimateKeys(*context.version, below.scan->schema->table_id, order[0]);
  return keys.ok() && *keys >= kManyKeys;
}

void GroupByRanges(Plan* plan, AggregateNode* aggregate, const RuleContext& context) {
  ScanBelow below = FindScan(plan->children[0].get());
  if (!below.scan) return;
  for (const ExprPtr& key : aggregate->keys) {
    const int position = below.PositionOf(*key);
    if (!ManyKeys(below, position, context)) continue;
    aggregate->in_ranges = true;
    below.scan->order = {below.plan->output[position].id};
    return;
  }
}

// count(DISTINCT k) by g is the count of k among the groups of (g, k).
void CountDistinctByRanges(PlanPtr* plan, const RuleContext& context, ColumnVar* next) {
  auto* aggregate = (*plan)->As<AggregateNode>();
  if (aggregate->aggregates.empty()) return;
  ExprPtr counted;
  for (const AggregateExpr& part : aggregate->aggregates) {
    if (!part.distinct || part.filter || part.args.size() != 1 || !part.order_by.empty()) return;
    if (part.function.function->name != "count") return;
    if (counted && !Equal(*counted, *part.args[0])) return;
    counted = part.args[0];
  }
  ScanBelow below = FindScan((*plan)->children[0].get());
  if (!below.scan) return;
  const int position = below.PositionOf(*counted);
  if (!ManyKeys(below, position, context)) return;
  for (const ExprPtr& key : aggregate->keys) {
    if (Equal(*key, *counted)) return;
  }
  below.scan->order = {below.plan->output[position].id};

  AggregateNode pairs;
  pairs.in_ranges = true;
  pairs.keys = aggregate->keys;
  pairs.keys.push_back(counted);
  std::vector<PlanColumn> output;
  for (const ExprPtr& key : pairs.keys) {
    output.push_back({(*next)++, ToString(*key), key->type});
  }
  for (size_t i = 0; i < aggregate->keys.size(); ++i) aggregate->keys[i] = ColumnOf(output[i]);
  for (AggregateExpr& part : aggregate->aggregates) {
    part.distinct = false;
    part.args[0] = ColumnOf(output.back());
  }
  (*plan)->children[0] =
      MakePlan(std::move(pairs), std::move(output), PlanList(std::move((*plan)->children[0])));
}

bool FilterBetween(const Plan* plan) {
  for (; !plan->As<ScanNode>(); plan = plan->children[0].get()) {
    if (plan->As<FilterNode>()) return true;
  }
  return false;
}

// Whether the scan gives rows in the order of `keys`; then it is told to.
bool ReadInOrder(Plan* child, const std::vector<SortKey>& keys, bool limited,
                 const RuleContext& context) {
  ScanBelow below = FindScan(child);
  if (!below.scan || !below.scan->order.empty()) return false;
  if (static_cast<double>(RowCount(*context.version, below.scan->schema->table_id)) < kManyRows) {
    return false;
  }
  const std::vector<ColumnId> order = OrderOf(*below.scan, *below.plan, context);
  if (keys.size() > order.size()) return false;
  std::vector<ColumnVar> columns;
  for (size_t i = 0; i < keys.size(); ++i) {
    const int position = below.PositionOf(*keys[i].expr);
    if (position < 0 || below.scan->columns[position] != order[i]) return false;
    if (keys[i].descending || keys[i].nulls_first) return false;
    columns.push_back(below.plan->output[position].id);
  }
  // A few rows of those that pass a condition on other columns are found faster by all workers.
  if (limited && (!below.scan->filters.empty() || FilterBetween(child))) return false;
  below.scan->order = std::move(columns);
  below.scan->sorted = true;
  return true;
}

}  // namespace

void UseKeyRanges(PlanPtr* plan, const RuleContext& context, ColumnVar* next) {
  if ((*plan)->As<AggregateNode>()) CountDistinctByRanges(plan, context, next);
  for (PlanPtr& child : (*plan)->children) UseKeyRanges(&child, context, next);
  if (auto* aggregate = (*plan)->As<AggregateNode>()) {
    if (!aggregate->in_ranges) GroupByRanges(plan->get(), aggregate, context);
  } else if (auto* sort = (*plan)->As<SortNode>()) {
    if (ReadInOrder((*plan)->children[0].get(), sort->keys, false, context)) {
      *plan = std::move((*plan)->children[0]);
    }
  } else if (auto* window = (*plan)->As<WindowNode>()) {
    // A window finds its input sorted by itself.
    std::vector<SortKey> keys;
    for (const ExprPtr& key : window->partition_by) keys.push_back({key, false, false});
    keys.insert(keys.end(), window->order_by.begin(), window->order_by.end());
    if (!keys.empty()) ReadInOrder((*plan)->children[0].get(), keys, false, context);
  } else if (auto* top = (*plan)->As<TopNNode>()) {
    if (ReadInOrder((*plan)->children[0].get(), top->keys, true, context)) {
      LimitNode limit{top->limit, top->offset, {}};
      (*plan)->node = limit;
    }
  }
}

}  // namespace shale
