// Trees of inner joins are put in the order that makes the intermediate results smallest, as far as
// row counts and numbers of distinct keys tell: the two inputs whose join is estimated smallest are
// joined first, and so on (greedy operator ordering: Fegaras, DEXA 1998). The order as written
// stays unless another is clearly better.
#include <algorithm>
#include <cmath>
#include <optional>

#include "engine/base/check.h"
#include "sql/rules/rules.h"

namespace shale {
namespace {

// Written orders stay while the best other one is not this much cheaper.
constexpr double kClearlyBetter = 0.7;
// More inputs than this stay as written: looking for an order takes the cube of them.
constexpr size_t kMaxInputs = 64;

// A condition of the tree: an equality that may become a key, or anything else.
struct Condition {
  ExprPtr a, b;  // equality; b null: just a
  bool null_safe = false;
  std::set<ColumnVar> columns;
  double selectivity = 0.33;
};

struct Part {
  PlanPtr plan;
  std::set<ColumnVar> columns;
  double rows = 0;
};

void AddColumns(const ExprPtr& expr, std::set<ColumnVar>* columns) {
  std::vector<size_t> used;
  CollectColumns(*expr, &used);
  columns->insert(used.begin(), used.end());
}

bool IsInnerJoin(const Plan& plan) {
  const auto* join = plan.As<JoinNode>();
  if (!join || join->kind != JoinKind::kInner) return false;
  return !join->residual || VolatilityOf(*join->residual) != Volatility::kVolatile;
}

// How many different values a column of a plan has, about; nothing when it is computed.
std::optional<double> DistinctValues(const Plan& plan, ColumnVar id, const RuleContext& context) {
  if (const auto* scan = plan.As<ScanNode>()) {
    for (size_t i = 0; i < plan.output.size(); ++i) {
      if (plan.output[i].id != id) continue;
      const TableId table = scan->schema->table_id;
      const auto rows = static_cast<double>(RowCount(*context.version, table));
      Value min, max;
      if (plan.output[i].type.IsInteger() &&
          ColumnBounds(*context.version, table, scan->columns[i], &min, &max) && !min.is_null()) {
        const double span = static_cast<double>(max.AsInt()) - static_cast<double>(min.AsInt()) + 1;
        return std::max(1.0, std::min(rows, span));
      }
      auto keys = EstimateKeys(*context.version, table, scan->columns[i]);
      if (keys.ok() && *keys > 0) return std::min(rows, *keys);
      return std::nullopt;
    }
    return std::nullopt;
  }
  if (const auto* project = plan.As<ProjectNode>()) {
    for (size_t i = 0; i < plan.output.size(); ++i) {
      if (plan.output[i].id != id) continue;
      const Expr& expr = *project->exprs[i];
      if (expr.kind != Expr::Kind::kColumn) return std::nullopt;
      return DistinctValues(*plan.children[0], expr.column_index, context);
    }
    return std::nullopt;
  }
  if (const auto* aggregate = plan.As<AggregateNode>()) {
    // The only key of a grouping is different in every row.
    if (aggregate->keys.size() == 1 && plan.output[0].id == id) {
      return EstimateRows(plan, *context.version);
    }
    return std::nullopt;
  }
  if (plan.As<FilterNode>() || plan.As<SortNode>()) {
    return DistinctValues(*plan.children[0], id, context);
  }
  return std::nullopt;
}

// Rows before any filter: what a key of unknown variety has values of, at most.
double BaseRows(const Plan& plan, const RuleContext& context) {
  if (const auto* scan = plan.As<ScanNode>()) {
    return std::max(1.0, static_cast<double>(RowCount(*context.version, scan->schema->table_id)));
  }
  if ((plan.As<FilterNode>() || plan.As<ProjectNode>()) && !plan.children.empty()) {
    return BaseRows(*plan.children[0], context);
  }
  return std::max(1.0, EstimateRows(plan, *context.version));
}

class JoinTree {
 public:
  explicit JoinTree(const RuleContext& context) : context_(context) {}

  // Takes the tree apart.
  void Take(PlanPtr plan) {
    Flatten(std::move(plan));
    for (Condition& condition : conditions_) Estimate(&condition);
  }

  // What the joins of this order cost: the rows they give.
  double CostOf(const std::vector<std::pair<size_t, size_t>>& order) const {
    std::vector<std::set<ColumnVar>> columns;
    std::vector<double> rows;
    for (const Part& part : parts_) {
      columns.push_back(part.columns);
      rows.push_back(part.rows);
    }
    double cost = 0;
    for (const auto& [a, b] : order) {
      rows[a] = Joined(columns[a], rows[a], columns[b], rows[b], nullptr);
      columns[a].insert(columns[b].begin(), columns[b].end());
      cost += rows[a];
    }
    return cost;
  }

  // The order as written: pairs of inputs, the first of which stands for both from then on.
  const std::vector<std::pair<size_t, size_t>>& written() const { return written_; }

  std::vector<std::pair<size_t, size_t>> Greedy() const {
    std::vector<std::set<ColumnVar>> columns;
    std::vector<double> rows;
    std::vector<size_t> left;
    for (size_t i = 0; i < parts_.size(); ++i) {
      columns.push_back(parts_[i].columns);
      rows.push_back(parts_[i].rows);
      left.push_back(i);
    }
    std::vector<std::pair<size_t, size_t>> order;
    while (left.size() > 1) {
      size_t best_a = 0, best_b = 1;
      double best = -1;
      bool best_connected = false;
      for (size_t a = 0; a < left.size(); ++a) {
        for (size_t b = a + 1; b < left.size(); ++b) {
          bool connected = false;
          const double joined =
              Joined(columns[left[a]], rows[left[a]], columns[left[b]], rows[left[b]], &connected);
          const bool better = best < 0 || connected > best_connected ||
                              (connected == best_connected && joined < best);
          if (!better) continue;
          best = joined;
          best_connected = connected;
          best_a = a;
          best_b = b;
        }
      }
      const size_t a = left[best_a], b = left[best_b];
      rows[a] = best;
      columns[a].insert(columns[b].begin(), columns[b].end());
      order.emplace_back(a, b);
      left.erase(left.begin() + static_cast<ptrdiff_t>(best_b));
    }
    return order;
  }

  StatusOr<PlanPtr> Build(const std::vector<std::pair<size_t, size_t>>& order) {
    std::vector<bool> used(conditions_.size());
    size_t root = 0;
    for (const auto& [a, b] : order) {
      Part &left = parts_[a], &right = parts_[b];
      std::set<ColumnVar> both = left.columns;
      both.insert(right.columns.begin(), right.columns.end());
      JoinNode join;
      std::vector<ExprPtr> residual;
      for (size_t c = 0; c < conditions_.size(); ++c) {
        const Condition& condition = conditions_[c];
        const bool here =
            !used[c] && std::includes(both.begin(), both.end(), condition.columns.begin(),
                                      condition.columns.end());
        if (!here) continue;
        used[c] = true;
        if (condition.b && UsesOnly(*condition.a, left.columns) &&
            UsesOnly(*condition.b, right.columns)) {
          join.AddKey(condition.a, condition.b, condition.null_safe);
        } else if (condition.b && UsesOnly(*condition.b, left.columns) &&
                   UsesOnly(*condition.a, right.columns)) {
          join.AddKey(condition.b, condition.a, condition.null_safe);
        } else if (condition.b) {
          ASSIGN_OR_RETURN(ExprPtr equal,
                           MakeCall(condition.null_safe ? "is_not_distinct_from" : "=",
                                    {condition.a, condition.b}));
          residual.push_back(std::move(equal));
        } else {
          residual.push_back(condition.a);
        }
      }
      if (!residual.empty()) join.residual = MakeAnd(std::move(residual));
      std::vector<PlanColumn> output = left.plan->output;
      output.insert(output.end(), right.plan->output.begin(), right.plan->output.end());
      left.plan = MakePlan(std::move(join), std::move(output),
                           PlanList(std::move(left.plan), std::move(right.plan)));
      left.columns = std::move(both);
      root = a;
    }
    return std::move(parts_[root].plan);
  }

  std::vector<PlanPtr*> Inputs() {
    std::vector<PlanPtr*> inputs;
    for (Part& part : parts_) inputs.push_back(&part.plan);
    return inputs;
  }

 private:
  // Returns the first input of what was taken.
  size_t Flatten(PlanPtr plan) {
    if (!IsInnerJoin(*plan)) {
      Part part;
      part.columns = OutputIds(*plan);
      part.rows = std::max(1.0, EstimateRows(*plan, *context_.version));
      part.plan = std::move(plan);
      parts_.push_back(std::move(part));
      return parts_.size() - 1;
    }
    JoinNode& join = *plan->As<JoinNode>();
    for (size_t k = 0; k < join.probe_keys.size(); ++k) {
      Condition condition{join.probe_keys[k], join.build_keys[k], join.is_null_safe(k), {}};
      AddColumns(condition.a, &condition.columns);
      AddColumns(condition.b, &condition.columns);
      conditions_.push_back(std::move(condition));
    }
    if (join.residual) {
      std::vector<ExprPtr> conjuncts;
      SplitConjuncts(join.residual, &conjuncts);
      for (ExprPtr& conjunct : conjuncts) {
        Condition condition{conjunct, nullptr, false, {}};
        AddColumns(conjunct, &condition.columns);
        conditions_.push_back(std::move(condition));
      }
    }
    const size_t left = Flatten(std::move(plan->children[0]));
    const size_t right = Flatten(std::move(plan->children[1]));
    written_.emplace_back(left, right);
    return left;
  }

  void Estimate(Condition* condition) const {
    if (!condition->b) return;
    double known = 0, unknown = 0;
    for (const ExprPtr& side : {condition->a, condition->b}) {
      std::set<ColumnVar> columns;
      AddColumns(side, &columns);
      for (const Part& part : parts_) {
        if (columns.empty() || !std::includes(part.columns.begin(), part.columns.end(),
                                              columns.begin(), columns.end())) {
          continue;
        }
        std::optional<double> distinct;
        if (side->kind == Expr::Kind::kColumn) {
          distinct = DistinctValues(*part.plan, side->column_index, context_);
        }
        if (distinct) {
          known = std::max(known, *distinct);
        } else {
          // One side of a join is a key more often than not: that of the fewer rows.
          const double rows = BaseRows(*part.plan, context_);
          unknown = unknown == 0 ? rows : std::min(unknown, rows);
        }
      }
    }
    const double values = std::max(known, known > 0 ? 0 : unknown);
    condition->selectivity = 1 / std::max(1.0, values);
  }

  double Joined(const std::set<ColumnVar>& a, double a_rows, const std::set<ColumnVar>& b,
                double b_rows, bool* connected) const {
    double rows = a_rows * b_rows;
    for (const Condition& condition : conditions_) {
      bool in_a = false, in_b = false, elsewhere = false;
      for (ColumnVar id : condition.columns) {
        const bool here = a.contains(id), there = b.contains(id);
        in_a |= here;
        in_b |= there;
        elsewhere |= !here && !there;
      }
      if (!in_a || !in_b || elsewhere) continue;
      rows *= condition.selectivity;
      if (connected && condition.b) *connected = true;
    }
    return std::max(1.0, rows);
  }

  const RuleContext& context_;
  std::vector<Part> parts_;
  std::vector<Condition> conditions_;
  std::vector<std::pair<size_t, size_t>> written_;
};

size_t NumInputs(const Plan& plan) {
  if (!IsInnerJoin(plan)) return 1;
  return NumInputs(*plan.children[0]) + NumInputs(*plan.children[1]);
}

}  // namespace

void OrderJoins(PlanPtr* plan, const RuleContext& context) {
  const size_t num_inputs = NumInputs(**plan);
  // A recursion's joins stay around its working table.
  if (num_inputs < 3 || num_inputs > kMaxInputs || ReadsWorkingTable(**plan)) {
    for (PlanPtr& child : (*plan)->children) OrderJoins(&child, context);
    return;
  }
  JoinTree tree(context);
  tree.Take(std::move(*plan));
  for (PlanPtr* input : tree.Inputs()) OrderJoins(input, context);
  std::vector<std::pair<size_t, size_t>> order = tree.Greedy();
  if (tree.CostOf(order) > kClearlyBetter * tree.CostOf(tree.written())) order = tree.written();
  StatusOr<PlanPtr> built = tree.Build(order);
  SHALE_CHECK(built.ok());  // equalities that were keys have their function
  *plan = *std::move(built);
}

}  // namespace shale
