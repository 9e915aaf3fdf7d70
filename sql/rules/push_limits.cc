// Limits and top-ns go down: below projections, below what joins one row to each row, to the side
// of an outer join that is kept whole (then they stay above, too), and into each arm of a UNION
// ALL. A limit that meets a sort becomes a top-n.
#include <algorithm>
#include <map>

#include "sql/rules/rules.h"

namespace shale {
namespace {

// As in the binder: above this a limit is a sort and a cut.
constexpr int64_t kMaxTopNRows = 1'000'000;

void Push(PlanPtr* plan);

bool IsTopN(int64_t limit, int64_t offset) {
  return limit >= 0 && limit <= kMaxTopNRows && offset <= kMaxTopNRows;
}

// The limit or top-n at *plan goes below its child, which has one row for each row of its own
// children[side].
void Swap(PlanPtr* plan, size_t side) {
  PlanPtr child = std::move((*plan)->children[0]);
  PlanPtr limit = std::move(*plan);
  limit->children[0] = std::move(child->children[side]);
  limit->output = limit->children[0]->output;
  child->children[side] = std::move(limit);
  *plan = std::move(child);
  Push(&(*plan)->children[side]);
}

// The first rows that could be among the result's, as a limit or a top-n of its own over *input.
void Bound(const Plan& above, const std::map<ColumnVar, ExprPtr>& renamed, PlanPtr* input) {
  std::vector<PlanColumn> output = (*input)->output;
  if (const auto* limit = above.As<LimitNode>()) {
    *input = MakePlan(LimitNode{limit->limit + limit->offset, 0, {}}, std::move(output),
                      PlanList(std::move(*input)));
  } else {
    const auto& top = *above.As<TopNNode>();
    TopNNode own{top.keys, top.limit + top.offset, 0};
    for (SortKey& key : own.keys) {
      auto found = renamed.find(key.expr->column_index);
      if (found != renamed.end()) key.expr = found->second;
    }
    *input = MakePlan(std::move(own), std::move(output), PlanList(std::move(*input)));
  }
  Push(input);
}

const std::vector<SortKey>* KeysOf(const Plan& plan) {
  const auto* top = plan.As<TopNNode>();
  return top ? &top->keys : nullptr;
}

// Whether what the plan sorts by, if it sorts, are columns of `ids` as they are.
bool SortsBy(const Plan& plan, const std::set<ColumnVar>& ids) {
  const std::vector<SortKey>* keys = KeysOf(plan);
  return !keys || std::all_of(keys->begin(), keys->end(), [&](const SortKey& key) {
    return key.expr->kind == Expr::Kind::kColumn && ids.contains(key.expr->column_index);
  });
}

bool PushBelowProject(PlanPtr* plan) {
  Plan& child = *(*plan)->children[0];
  const auto* project = child.As<ProjectNode>();
  std::map<ColumnVar, ExprPtr> plain;
  std::set<ColumnVar> ids;
  for (size_t i = 0; i < project->exprs.size(); ++i) {
    if (project->exprs[i]->kind != Expr::Kind::kColumn) continue;
    plain[child.output[i].id] = project->exprs[i];
    ids.insert(child.output[i].id);
  }
  if (!SortsBy(**plan, ids)) return false;
  if (auto* top = (*plan)->As<TopNNode>()) {
    for (SortKey& key : top->keys) key.expr = plain.at(key.expr->column_index);
  }
  Swap(plan, 0);
  return true;
}

bool PushIntoJoin(PlanPtr* plan) {
  Plan& child = *(*plan)->children[0];
  const JoinKind kind = child.As<JoinNode>()->kind;
  if (kind == JoinKind::kMark || kind == JoinKind::kSingle) {
    if (!SortsBy(**plan, OutputIds(*child.children[0]))) return false;
    PushLimits(&child.children[1]);
    Swap(plan, 0);
    return true;
  }
  if (kind != JoinKind::kLeft && kind != JoinKind::kRight) return false;
  // Each row of this side gives one row at least.
  PlanPtr& kept = child.children[kind == JoinKind::kRight];
  if (!SortsBy(**plan, OutputIds(*kept))) return false;
  PushLimits(&child.children[kind == JoinKind::kLeft]);
  Bound(**plan, {}, &kept);
  return true;
}

// Whether the children were seen to.
bool PushOnce(PlanPtr* plan) {
  Plan& child = *(*plan)->children[0];
  auto* limit = (*plan)->As<LimitNode>();
  if (limit && child.As<SortNode>() && IsTopN(limit->limit, limit->offset)) {
    TopNNode top{std::move(child.As<SortNode>()->keys), limit->limit, limit->offset};
    std::vector<PlanColumn> output = (*plan)->output;
    *plan = MakePlan(std::move(top), std::move(output), std::move(child.children));
    Push(plan);
    return true;
  }
  if (!limit && child.As<SortNode>()) {  // sorted anew
    PlanPtr below = std::move(child.children[0]);
    (*plan)->children[0] = std::move(below);
    Push(plan);
    return true;
  }
  if (child.As<ProjectNode>()) return PushBelowProject(plan);
  if (child.As<ScalarJoinNode>()) {
    if (!SortsBy(**plan, OutputIds(*child.children[0]))) return false;
    PushLimits(&child.children[1]);
    Swap(plan, 0);
    return true;
  }
  // An OFFSET alone, or a number that with it is none.
  if (limit && (limit->limit < 0 || limit->limit > INT64_MAX - limit->offset)) return false;
  if (child.As<JoinNode>()) return PushIntoJoin(plan);
  if (auto* all = child.As<UnionAllNode>()) {
    if (!SortsBy(**plan, OutputIds(child))) return false;
    for (size_t c = 0; c < child.children.size(); ++c) {
      std::map<ColumnVar, ExprPtr> renamed;
      for (size_t i = 0; i < child.output.size(); ++i) {
        renamed[child.output[i].id] =
            MakeColumn(all->inputs[c][i], child.output[i].type, child.output[i].name);
      }
      Bound(**plan, renamed, &child.children[c]);
    }
    return true;
  }
  return false;
}

// *plan is a limit or a top-n.
void Push(PlanPtr* plan) {
  if (!PushOnce(plan)) {
    for (PlanPtr& child : (*plan)->children) PushLimits(&child);
  }
}

}  // namespace

void PushLimits(PlanPtr* plan) {
  const auto* limit = (*plan)->As<LimitNode>();
  if ((limit && limit->ties.empty()) || (*plan)->As<TopNNode>()) {
    Push(plan);
  } else {
    for (PlanPtr& child : (*plan)->children) PushLimits(&child);
  }
}

}  // namespace shale
