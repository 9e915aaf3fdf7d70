#include <algorithm>

#include "sql/rules/rules.h"

namespace shale {
namespace {

void AddUsed(const Expr& expr, std::set<ColumnVar>* ids) {
  std::vector<size_t> used;
  CollectColumns(expr, &used);
  ids->insert(used.begin(), used.end());
}

void AppendOutput(const Plan& from, Plan* to) {
  to->output.insert(to->output.end(), from.output.begin(), from.output.end());
}

}  // namespace

void PruneColumns(Plan* plan, const std::set<ColumnVar>& required) {
  std::set<ColumnVar> needed = required;
  auto keep = [&](const PlanColumn& column) { return needed.contains(column.id); };
  if (auto* scan = plan->As<ScanNode>()) {
    for (const ExprPtr& filter : scan->filters) AddUsed(*filter, &needed);
    std::vector<PlanColumn> output;
    std::vector<ColumnId> columns;
    for (size_t i = 0; i < plan->output.size(); ++i) {
      if (!keep(plan->output[i])) continue;
      output.push_back(plan->output[i]);
      columns.push_back(scan->columns[i]);
    }
    scan->filter_only.clear();
    for (const PlanColumn& column : output)
      scan->filter_only.push_back(!required.contains(column.id));
    plan->output = std::move(output);
    scan->columns = std::move(columns);
    return;
  }
  if (auto* values = plan->As<ValuesNode>()) {
    if (values->series) return;
    std::vector<PlanColumn> output;
    std::vector<size_t> kept;
    for (size_t i = 0; i < plan->output.size(); ++i) {
      if (!keep(plan->output[i])) continue;
      kept.push_back(i);
      output.push_back(plan->output[i]);
    }
    if (kept.size() == plan->output.size()) return;
    std::vector<Chunk> chunks;
    for (const Chunk& chunk : *values->chunks) {
      Chunk narrow;
      narrow.num_rows = chunk.num_rows;
      for (size_t i : kept) narrow.columns.push_back(chunk.columns[i]);
      chunks.push_back(std::move(narrow));
    }
    values->chunks = std::make_shared<const std::vector<Chunk>>(std::move(chunks));
    plan->output = std::move(output);
    return;
  }
  if (auto* project = plan->As<ProjectNode>()) {
    std::vector<PlanColumn> output;
    std::vector<ExprPtr> exprs;
    for (size_t i = 0; i < plan->output.size(); ++i) {
      if (!keep(plan->output[i])) continue;
      output.push_back(plan->output[i]);
      exprs.push_back(project->exprs[i]);
    }
    plan->output = std::move(output);
    project->exprs = std::move(exprs);
    std::set<ColumnVar> below;
    for (const ExprPtr& expr : project->exprs) AddUsed(*expr, &below);
    PruneColumns(plan->children[0].get(), below);
    return;
  }
  if (auto* aggregate = plan->As<AggregateNode>()) {
    size_t num_keys = aggregate->keys.size();
    std::vector<PlanColumn> output(plan->output.begin(), plan->output.begin() + num_keys);
    std::vector<AggregateExpr> aggregates;
    for (size_t i = 0; i < aggregate->aggregates.size(); ++i) {
      if (!keep(plan->output[num_keys + i])) continue;
      output.push_back(plan->output[num_keys + i]);
      aggregates.push_back(aggregate->aggregates[i]);
    }
    plan->output = std::move(output);
    aggregate->aggregates = std::move(aggregates);
    std::set<ColumnVar> below;
    ForEachExpr(*plan, [&](ExprPtr& expr) { AddUsed(*expr, &below); });
    PruneColumns(plan->children[0].get(), below);
    return;
  }
  if (auto* window = plan->As<WindowNode>()) {
    const size_t first = plan->output.size() - window->functions.size();
    std::vector<PlanColumn> made;
    std::vector<WindowExpr> functions;
    for (size_t i = 0; i < window->functions.size(); ++i) {
      const bool limits = window->limit && window->limit->function == i;
      if (!keep(plan->output[first + i]) && !limits) continue;
      if (limits) window->limit->function = functions.size();
      made.push_back(plan->output[first + i]);
      functions.push_back(window->functions[i]);
    }
    if (functions.empty()) {
      PlanPtr child = std::move(plan->children[0]);
      *plan = std::move(*child);
      PruneColumns(plan, required);
      return;
    }
    window->functions = std::move(functions);
    ForEachExpr(*plan, [&](ExprPtr& expr) { AddUsed(*expr, &needed); });
    PruneColumns(plan->children[0].get(), needed);
    plan->output = plan->children[0]->output;
    plan->output.insert(plan->output.end(), made.begin(), made.end());
    return;
  }
  if (auto* all = plan->As<UnionAllNode>()) {
    std::vector<PlanColumn> output;
    std::vector<std::vector<ColumnVar>> inputs(plan->children.size());
    for (size_t i = 0; i < plan->output.size(); ++i) {
      if (!keep(plan->output[i])) continue;
      output.push_back(plan->output[i]);
      for (size_t c = 0; c < inputs.size(); ++c) inputs[c].push_back(all->inputs[c][i]);
    }
    plan->output = std::move(output);
    all->inputs = std::move(inputs);
    for (size_t c = 0; c < plan->children.size(); ++c) {
      PruneColumns(plan->children[c].get(), {all->inputs[c].begin(), all->inputs[c].end()});
    }
    return;
  }
  if (auto* read = plan->As<SharedReadNode>()) {
    std::vector<PlanColumn> output;
    std::vector<ColumnVar> inputs;
    for (size_t i = 0; i < plan->output.size(); ++i) {
      if (!keep(plan->output[i])) continue;
      output.push_back(plan->output[i]);
      inputs.push_back(read->inputs[i]);
    }
    plan->output = std::move(output);
    read->shared->required.insert(inputs.begin(), inputs.end());
    read->inputs = std::move(inputs);
    return;
  }
  if (plan->As<WorkingReadNode>()) return;
  if (auto* recursive = plan->As<RecursiveNode>()) {
    // The working table keeps all of its columns.
    for (size_t c = 0; c < plan->children.size(); ++c) {
      PruneColumns(plan->children[c].get(),
                   {recursive->inputs[c].begin(), recursive->inputs[c].end()});
    }
    return;
  }
  if (plan->As<ComputedLimitNode>()) {
    PruneColumns(plan->children[0].get(), needed);
    for (size_t c = 1; c < plan->children.size(); ++c) {
      PruneColumns(plan->children[c].get(), OutputIds(*plan->children[c]));
    }
    plan->output = plan->children[0]->output;
    return;
  }
  if (auto* repeat = plan->As<RepeatNode>()) {
    needed.insert(repeat->count);
    PruneColumns(plan->children[0].get(), needed);
    plan->output = plan->children[0]->output;
    std::erase_if(plan->output, [&](const PlanColumn& c) { return c.id == repeat->count; });
    return;
  }
  if (auto* expand = plan->As<ExpandNode>()) {
    std::vector<PlanColumn> own(plan->output.end() - expand->keys.size() - 1, plan->output.end());
    needed.insert(expand->keys.begin(), expand->keys.end());
    PruneColumns(plan->children[0].get(), needed);
    plan->output = plan->children[0]->output;
    plan->output.insert(plan->output.end(), own.begin(), own.end());
    return;
  }
  ForEachExpr(*plan, [&](ExprPtr& expr) { AddUsed(*expr, &needed); });
  // A subquery whose value nobody reads is not computed.
  const auto drop = [&] {
    PlanPtr child = std::move(plan->children[0]);
    *plan = std::move(*child);
    PruneColumns(plan, required);
  };
  if (auto* join = plan->As<JoinNode>()) {
    bool unread = join->kind == JoinKind::kMark && !required.contains(plan->output.back().id);
    if (join->kind == JoinKind::kSingle) {
      unread = true;
      for (const PlanColumn& column : plan->children[1]->output) {
        unread &= !required.contains(column.id);
      }
    }
    if (unread) return drop();
  }
  if (auto* scalar = plan->As<ScalarJoinNode>()) {
    PlanColumn own = plan->output.back();
    if (!required.contains(own.id)) return drop();
    PruneColumns(plan->children[0].get(), needed);
    PruneColumns(plan->children[1].get(), {scalar->value});
    plan->output = plan->children[0]->output;
    plan->output.push_back(std::move(own));
    return;
  }
  for (PlanPtr& child : plan->children) PruneColumns(child.get(), needed);
  if (auto* unnest = plan->As<UnnestNode>()) {
    const size_t own = unnest->lists.size() + unnest->ordinality;
    std::vector<PlanColumn> output;
    for (const PlanColumn& column : plan->children[0]->output) {
      if (required.contains(column.id)) output.push_back(column);
    }
    output.insert(output.end(), plan->output.end() - static_cast<ptrdiff_t>(own),
                  plan->output.end());
    plan->output = std::move(output);
    return;
  }
  if (auto* join = plan->As<JoinNode>()) {
    PlanColumn last = plan->output.empty() ? PlanColumn() : plan->output.back();
    plan->output = plan->children[0]->output;
    if (join->emits_build()) {
      AppendOutput(*plan->children[1], plan);
    } else if (join->kind == JoinKind::kMark) {
      plan->output.push_back(std::move(last));
    }
    return;
  }
  if (plan->As<AsofJoinNode>()) {
    plan->output = plan->children[0]->output;
    AppendOutput(*plan->children[1], plan);
    return;
  }
  plan->output = plan->children[0]->output;  // Filter, Sort, TopN, Limit, LimitBy
}

}  // namespace shale
