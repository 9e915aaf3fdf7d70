#include <algorithm>
#include <map>

#include "sql/rules/rules.h"

namespace shale {
namespace {

using Conjuncts = std::vector<ExprPtr>;

using ColumnIds = std::set<ColumnVar>;

// `read`: see ColumnsRead.
PlanPtr Push(PlanPtr plan, Conjuncts filters, const ColumnIds& read);

bool IsVolatile(const Expr& expr) { return VolatilityOf(expr) == Volatility::kVolatile; }

PlanPtr WithFilter(PlanPtr plan, Conjuncts filters) {
  if (filters.empty()) return plan;
  std::vector<PlanColumn> output = plan->output;
  return MakePlan(FilterNode{std::move(filters)}, std::move(output), PlanList(std::move(plan)));
}

// Columns replaced by what computes them.
ExprPtr Substitute(const ExprPtr& expr, const std::map<ColumnVar, ExprPtr>& by_id) {
  return Rewrite(expr, [&](const ExprPtr& part) -> ExprPtr {
    if (part->kind != Expr::Kind::kColumn) return nullptr;
    auto found = by_id.find(part->column_index);
    return found == by_id.end() ? nullptr : found->second;
  });
}

// Moves the conjuncts that `take` likes out of `from`.
template <typename Take>
Conjuncts Extract(Conjuncts* from, Take take) {
  Conjuncts taken, left;
  for (ExprPtr& conjunct : *from) (take(conjunct) ? taken : left).push_back(std::move(conjunct));
  *from = std::move(left);
  return taken;
}

bool IsColumn(const Expr& expr, ColumnVar id) {
  return expr.kind == Expr::Kind::kColumn && expr.column_index == id;
}
// coalesce(mark, false): what EXISTS binds to.
bool IsExists(const Expr& expr, ColumnVar id) {
  return expr.kind == Expr::Kind::kCoalesce && expr.args.size() == 2 &&
         IsColumn(*expr.args[0], id) && expr.args[1]->kind == Expr::Kind::kConstant &&
         !expr.args[1]->value.is_null() && !expr.args[1]->value.AsBool();
}
bool IsNot(const Expr& expr) {
  return expr.kind == Expr::Kind::kCall && expr.args.size() == 1 &&
         expr.function.function->name == "not";
}

// Adds the columns that are read by more than a condition that decides on them alone: what a mark
// join says is then wanted, not only the rows of which it says so.
void ColumnsRead(Plan* plan, ColumnIds* read) {
  Conjuncts exprs;
  ForEachExpr(*plan, [&](ExprPtr& expr) { exprs.push_back(expr); });
  if (plan->As<FilterNode>()) {
    Conjuncts conjuncts;
    for (const ExprPtr& expr : exprs) SplitConjuncts(expr, &conjuncts);
    const auto decides = [](const ExprPtr& conjunct) {
      const Expr* part = conjunct.get();
      if (IsNot(*part)) part = part->args[0].get();
      if (part->kind == Expr::Kind::kCoalesce) part = part->args[0].get();
      return part->kind == Expr::Kind::kColumn;
    };
    std::erase_if(conjuncts, decides);
    exprs = std::move(conjuncts);
  }
  std::vector<size_t> columns;
  for (const ExprPtr& expr : exprs) CollectColumns(*expr, &columns);
  read->insert(columns.begin(), columns.end());
  if (auto* all = plan->As<UnionAllNode>()) {
    for (const auto& inputs : all->inputs) read->insert(inputs.begin(), inputs.end());
  }
  for (const PlanPtr& child : plan->children) ColumnsRead(child.get(), read);
}

// Whether no row with NULL in all of `ids` passes: then rows that an outer join made up do not.
bool RejectsNulls(const Expr& expr, const std::set<ColumnVar>& ids) {
  if (expr.kind == Expr::Kind::kAnd) {
    return std::any_of(expr.args.begin(), expr.args.end(),
                       [&](const ExprPtr& arg) { return RejectsNulls(*arg, ids); });
  }
  if (expr.kind == Expr::Kind::kOr) {
    return std::all_of(expr.args.begin(), expr.args.end(),
                       [&](const ExprPtr& arg) { return RejectsNulls(*arg, ids); });
  }
  if (expr.kind == Expr::Kind::kColumn) return ids.contains(expr.column_index);
  if (expr.kind != Expr::Kind::kCall) return false;
  static const char* const kStrict[] = {"=",  "<>",   "<",           "<=", ">",
                                        ">=", "like", "is_not_null", "in"};
  const std::string& name = expr.function.function->name;
  if (std::find(std::begin(kStrict), std::end(kStrict), name) == std::end(kStrict)) return false;
  // Of "in" a NULL item does not decide.
  const size_t looked_at = name == "in" ? 1 : expr.args.size();
  for (size_t i = 0; i < looked_at; ++i) {
    const Expr& arg = *expr.args[i];
    if (arg.kind == Expr::Kind::kColumn && ids.contains(arg.column_index)) return true;
  }
  return false;
}

PlanPtr PushJoin(PlanPtr plan, Conjuncts filters, const ColumnIds& read) {
  JoinNode& join = *plan->As<JoinNode>();
  std::set<ColumnVar> probe = OutputIds(*plan->children[0]);
  std::set<ColumnVar> build = OutputIds(*plan->children[1]);
  const auto rejects = [&](const std::set<ColumnVar>& ids) {
    return std::any_of(filters.begin(), filters.end(),
                       [&](const ExprPtr& conjunct) { return RejectsNulls(*conjunct, ids); });
  };
  // Made-up rows that a condition above drops need not be made.
  if (join.kind == JoinKind::kFull && rejects(probe)) join.kind = JoinKind::kLeft;
  if (join.kind == JoinKind::kFull && rejects(build)) join.kind = JoinKind::kRight;
  if (join.kind == JoinKind::kRight && rejects(probe)) join.kind = JoinKind::kInner;
  if (join.kind == JoinKind::kLeft && rejects(build)) join.kind = JoinKind::kInner;
  if (join.kind == JoinKind::kMark && !read.contains(plan->output.back().id)) {
    ColumnVar mark = plan->output.back().id;
    auto decides = [&](const ExprPtr& conjunct) {
      return IsColumn(*conjunct, mark) || IsExists(*conjunct, mark);
    };
    auto denies = [&](const ExprPtr& conjunct) {
      return IsNot(*conjunct) && IsExists(*conjunct->args[0], mark);
    };
    if (!Extract(&filters, decides).empty()) {
      join.kind = JoinKind::kSemi;
      plan->output.pop_back();
    } else if (!Extract(&filters, denies).empty()) {
      join.kind = JoinKind::kAnti;
      plan->output.pop_back();
    }
  }
  Conjuncts to_probe, to_build;
  if (join.kind != JoinKind::kRight && join.kind != JoinKind::kFull) {
    to_probe = Extract(&filters, [&](const ExprPtr& conjunct) {
      return UsesOnly(*conjunct, probe) && !IsVolatile(*conjunct);
    });
  }
  if (join.kind == JoinKind::kInner || join.kind == JoinKind::kRight) {
    to_build = Extract(&filters, [&](const ExprPtr& conjunct) {
      return UsesOnly(*conjunct, build) && !IsVolatile(*conjunct);
    });
  }
  if (join.kind == JoinKind::kInner) {
    Extract(&filters,
            [&](const ExprPtr& conjunct) { return AddJoinKey(conjunct, probe, build, &join); });
    if (!filters.empty()) {
      if (join.residual) filters.push_back(join.residual);
      join.residual = MakeAnd(std::move(filters));
      filters.clear();
    }
  }
  plan->children[0] = Push(std::move(plan->children[0]), std::move(to_probe), read);
  plan->children[1] = Push(std::move(plan->children[1]), std::move(to_build), read);
  return WithFilter(std::move(plan), std::move(filters));
}

PlanPtr Push(PlanPtr plan, Conjuncts filters, const ColumnIds& read) {
  if (auto* filter = plan->As<FilterNode>()) {
    for (ExprPtr& conjunct : filter->conjuncts) {
      if (conjunct->kind == Expr::Kind::kConstant && !conjunct->value.is_null() &&
          conjunct->value.AsBool()) {
        continue;
      }
      SplitConjuncts(conjunct, &filters);
    }
    return Push(std::move(plan->children[0]), std::move(filters), read);
  }
  if (auto* scan = plan->As<ScanNode>()) {
    for (ExprPtr& conjunct : filters) scan->filters.push_back(std::move(conjunct));
    return plan;
  }
  if (auto* project = plan->As<ProjectNode>()) {
    std::map<ColumnVar, ExprPtr> by_id;
    bool any_volatile = false;
    for (size_t i = 0; i < project->exprs.size(); ++i) {
      by_id[plan->output[i].id] = project->exprs[i];
      any_volatile |= IsVolatile(*project->exprs[i]);
    }
    Conjuncts down;
    if (!any_volatile) {
      for (ExprPtr& conjunct : std::exchange(filters, {}))
        down.push_back(Substitute(conjunct, by_id));
    }
    plan->children[0] = Push(std::move(plan->children[0]), std::move(down), read);
    return WithFilter(std::move(plan), std::move(filters));
  }
  if (auto* aggregate = plan->As<AggregateNode>()) {
    std::map<ColumnVar, ExprPtr> by_id;
    std::set<ColumnVar> keys;
    for (size_t i = 0; i < aggregate->keys.size(); ++i) {
      by_id[plan->output[i].id] = aggregate->keys[i];
      keys.insert(plan->output[i].id);
    }
    Conjuncts down = Extract(&filters, [&](const ExprPtr& conjunct) {
      return !keys.empty() && UsesOnly(*conjunct, keys) && !IsVolatile(*conjunct);
    });
    for (ExprPtr& conjunct : down) conjunct = Substitute(conjunct, by_id);
    plan->children[0] = Push(std::move(plan->children[0]), std::move(down), read);
    return WithFilter(std::move(plan), std::move(filters));
  }
  if (auto* window = plan->As<WindowNode>()) {
    // What keeps or drops whole partitions may go first; anything else would change the windows.
    std::set<ColumnVar> keys;
    for (const ExprPtr& key : window->partition_by) {
      if (key->kind == Expr::Kind::kColumn) keys.insert(key->column_index);
    }
    Conjuncts down = Extract(&filters, [&](const ExprPtr& conjunct) {
      return UsesOnly(*conjunct, keys) && !IsVolatile(*conjunct);
    });
    plan->children[0] = Push(std::move(plan->children[0]), std::move(down), read);
    return WithFilter(std::move(plan), std::move(filters));
  }
  if (plan->As<UnnestNode>()) {
    const std::set<ColumnVar> below = OutputIds(*plan->children[0]);
    Conjuncts down = Extract(&filters, [&](const ExprPtr& conjunct) {
      return UsesOnly(*conjunct, below) && !IsVolatile(*conjunct);
    });
    plan->children[0] = Push(std::move(plan->children[0]), std::move(down), read);
    return WithFilter(std::move(plan), std::move(filters));
  }
  if (plan->As<JoinNode>()) return PushJoin(std::move(plan), std::move(filters), read);
  if (plan->As<SortNode>()) {
    plan->children[0] = Push(std::move(plan->children[0]), std::move(filters), read);
    return plan;
  }
  if (plan->As<ScalarJoinNode>() || plan->As<AsofJoinNode>()) {
    std::set<ColumnVar> left = OutputIds(*plan->children[0]);
    Conjuncts down = Extract(&filters, [&](const ExprPtr& conjunct) {
      return UsesOnly(*conjunct, left) && !IsVolatile(*conjunct);
    });
    plan->children[0] = Push(std::move(plan->children[0]), std::move(down), read);
    plan->children[1] = Push(std::move(plan->children[1]), {}, read);
    return WithFilter(std::move(plan), std::move(filters));
  }
  if (auto* all = plan->As<UnionAllNode>()) {
    for (size_t c = 0; c < plan->children.size(); ++c) {
      std::map<ColumnVar, ExprPtr> by_id;
      for (size_t i = 0; i < plan->output.size(); ++i) {
        by_id[plan->output[i].id] =
            MakeColumn(all->inputs[c][i], plan->output[i].type, plan->output[i].name);
      }
      Conjuncts down;
      for (const ExprPtr& conjunct : filters) down.push_back(Substitute(conjunct, by_id));
      plan->children[c] = Push(std::move(plan->children[c]), std::move(down), read);
    }
    return plan;
  }
  if (auto* limit = plan->As<LimitByNode>()) {
    // Whole groups of rows go, so the others' numbers stay.
    const auto by_keys = [&](const ExprPtr& conjunct) {
      std::set<ColumnVar> keys;
      for (const ExprPtr& key : limit->keys) {
        if (key->kind == Expr::Kind::kColumn) keys.insert(key->column_index);
      }
      return UsesOnly(*conjunct, keys) && !IsConstant(*conjunct) && !IsVolatile(*conjunct);
    };
    Conjuncts down = Extract(&filters, by_keys);
    plan->children[0] = Push(std::move(plan->children[0]), std::move(down), read);
    return WithFilter(std::move(plan), std::move(filters));
  }
  // VALUES, limits, recursion: what is above stays above.
  for (PlanPtr& child : plan->children) child = Push(std::move(child), {}, read);
  return WithFilter(std::move(plan), std::move(filters));
}

}  // namespace

void PushFilters(PlanPtr* plan) {
  ColumnIds read;
  for (const PlanColumn& column : (*plan)->output) read.insert(column.id);
  ColumnsRead(plan->get(), &read);
  *plan = Push(std::move(*plan), {}, read);
}

}  // namespace shale
