#include "sql/decorrelate.h"

#include <algorithm>
#include <map>

#include "engine/expr/evaluator.h"

namespace shale {
namespace {

bool UsesAny(const Expr& expr, const std::set<ColumnVar>& ids) {
  std::vector<size_t> used;
  CollectColumns(expr, &used);
  return std::any_of(used.begin(), used.end(), [&](size_t id) { return ids.contains(id); });
}

bool NodeUsesAny(Plan& plan, const std::set<ColumnVar>& ids) {
  bool uses = false;
  ForEachExpr(plan, [&](ExprPtr& expr) { uses |= UsesAny(*expr, ids); });
  return uses;
}

bool PlanUsesAny(const Plan& plan, const std::set<ColumnVar>& ids) {
  bool uses = false;
  ForEachExprBelow(const_cast<Plan&>(plan), [&](ExprPtr& expr) { uses |= UsesAny(*expr, ids); });
  return uses;
}

void Append(const std::vector<PlanColumn>& from, std::vector<PlanColumn>* to) {
  to->insert(to->end(), from.begin(), from.end());
}

PlanPtr MakeJoin(JoinNode join, PlanPtr outer, PlanPtr inner, std::vector<PlanColumn> mark) {
  std::vector<PlanColumn> output = outer->output;
  if (join.emits_build()) Append(inner->output, &output);
  Append(mark, &output);
  return MakePlan(std::move(join), std::move(output), PlanList(std::move(outer), std::move(inner)));
}

// ---- conditions taken out of the inside ---------------------------------------------------------

class PullUp {
 public:
  PullUp(const std::set<ColumnVar>& outer, const Plan* ungrouped, ColumnVar* next)
      : outer_(outer), ungrouped_(ungrouped), next_(next) {}

  bool Take(Plan* plan, std::vector<ExprPtr>* pulled) {
    if (!PlanUsesAny(*plan, outer_)) return true;
    if (auto* filter = plan->As<FilterNode>()) {
      if (!Take(plan->children[0].get(), pulled)) return false;
      std::vector<ExprPtr> kept;
      for (ExprPtr& conjunct : filter->conjuncts) {
        (UsesAny(*conjunct, outer_) ? *pulled : kept).push_back(conjunct);
      }
      if (kept.empty()) kept.push_back(MakeConstant(Value::Bool(true)));
      filter->conjuncts = std::move(kept);
      plan->output = plan->children[0]->output;
      return true;
    }
    if (auto* project = plan->As<ProjectNode>()) {
      if (NodeUsesAny(*plan, outer_) || !Take(plan->children[0].get(), pulled)) return false;
      std::set<ColumnVar> have = OutputIds(*plan);
      for (const PlanColumn& column : plan->children[0]->output) {
        if (have.contains(column.id) || !NeededBy(*pulled, column.id)) continue;
        project->exprs.push_back(ColumnOf(column));
        plan->output.push_back(column);
      }
      return true;
    }
    if (auto* aggregate = plan->As<AggregateNode>()) {
      if (NodeUsesAny(*plan, outer_)) return false;
      if (aggregate->keys.empty() && plan != ungrouped_) return false;
      std::vector<ExprPtr> below;
      if (!Take(plan->children[0].get(), &below)) return false;
      std::set<ColumnVar> inside = OutputIds(*plan->children[0]);
      size_t num_keys = aggregate->keys.size();
      for (const ExprPtr& conjunct : below) {
        JoinNode sides;
        if (!AddJoinKey(conjunct, outer_, inside, &sides)) return false;
        PlanColumn key{(*next_)++, "key", sides.build_keys[0]->type};
        aggregate->keys.insert(aggregate->keys.begin() + num_keys, sides.build_keys[0]);
        plan->output.insert(plan->output.begin() + num_keys, key);
        ++num_keys;
        auto equal = MakeCall("=", {sides.probe_keys[0], ColumnOf(key)});
        if (!equal.ok()) return false;
        pulled->push_back(*std::move(equal));
      }
      return true;
    }
    if (auto* join = plan->As<JoinNode>()) {
      if (NodeUsesAny(*plan, outer_) || join->kind == JoinKind::kRight ||
          join->kind == JoinKind::kFull) {
        return false;
      }
      if (join->kind != JoinKind::kInner && PlanUsesAny(*plan->children[1], outer_)) return false;
      if (!Take(plan->children[0].get(), pulled) || !Take(plan->children[1].get(), pulled)) {
        return false;
      }
      std::vector<PlanColumn> output = plan->children[0]->output;
      if (join->emits_build()) Append(plan->children[1]->output, &output);
      if (join->kind == JoinKind::kMark) output.push_back(plan->output.back());
      plan->output = std::move(output);
      return true;
    }
    return false;
  }

 private:
  static bool NeededBy(const std::vector<ExprPtr>& exprs, ColumnVar id) {
    return std::any_of(exprs.begin(), exprs.end(),
                       [&](const ExprPtr& expr) { return UsesAny(*expr, {id}); });
  }

  const std::set<ColumnVar>& outer_;
  const Plan* ungrouped_;
  ColumnVar* next_;
};

// ---- the domain pushed into the inside ----------------------------------------------------------

// A plan whose rows carry the outer values they belong to, and where each of those stands.
struct Tagged {
  PlanPtr plan;
  std::map<ColumnVar, PlanColumn> at;  // an outer column: the column of plan->output
};

class DomainPusher {
 public:
  DomainPusher(std::vector<PlanColumn> columns, PlanPtr domain, ColumnVar* next)
      : columns_(std::move(columns)), next_(next) {
    for (const PlanColumn& column : columns_) ids_.insert(column.id);
    auto shared = std::make_shared<SharedPlan>();
    shared->name = "outer values";
    shared->plan = std::move(domain);
    correlated_ = !FreeColumns(*shared->plan).empty();
    domain_ = std::move(shared);
  }

  StatusOr<Tagged> Push(PlanPtr plan) {
    if (!Uses(*plan)) return Cross(std::move(plan));
    if (plan->As<FilterNode>()) return PushFilter(std::move(plan));
    if (plan->As<AggregateNode>()) return PushAggregate(std::move(plan));
    if (plan->As<JoinNode>()) return PushJoin(std::move(plan));
    if (plan->As<ScalarJoinNode>()) return PushScalar(std::move(plan));
    if (plan->As<UnionAllNode>()) return PushUnion(std::move(plan));
    if (plan->As<RecursiveNode>() || plan->As<WorkingReadNode>()) {
      return Unsupported(
          "a recursive query that uses columns of the query around it is not supported; join with "
          "the recursive query instead");
    }
    if (plan->As<ComputedLimitNode>()) {
      return Unsupported(
          "LIMIT by a subquery is not supported in a subquery that uses columns of the query "
          "around it");
    }
    if (auto* limit = plan->As<LimitNode>(); limit && !limit->ties.empty()) {
      return Unsupported(
          "WITH TIES is not supported in a subquery that uses columns of the query around it; "
          "filter by rank() in it");
    }
    if (auto* asof = plan->As<AsofJoinNode>()) {
      if (Uses(*plan->children[1])) {
        return Unsupported(
            "the right side of an ASOF JOIN cannot use columns of the query around it");
      }
      (void)asof;
    }
    // One child: the values pass through.
    ASSIGN_OR_RETURN(Tagged child, Push(std::move(plan->children[0])));
    ForEachExpr(*plan, [&](ExprPtr& expr) { expr = AtTags(expr, child); });
    const std::vector<PlanColumn> tags = TagColumns(child);
    if (auto* project = plan->As<ProjectNode>()) {
      std::set<ColumnVar> have = OutputIds(*plan);
      for (const PlanColumn& tag : tags) {
        if (have.contains(tag.id)) continue;
        project->exprs.push_back(ColumnOf(tag));
        plan->output.push_back(tag);
      }
    } else if (auto* window = plan->As<WindowNode>()) {
      std::vector<PlanColumn> output = child.plan->output;
      output.insert(output.end(),
                    plan->output.end() - static_cast<ptrdiff_t>(window->functions.size()),
                    plan->output.end());
      plan->output = std::move(output);
      std::vector<ExprPtr> partition = TagExprs(child);
      partition.insert(partition.end(), window->partition_by.begin(), window->partition_by.end());
      window->partition_by = std::move(partition);
    } else if (plan->As<UnnestNode>()) {
      std::vector<PlanColumn> output = tags;
      Append(plan->output, &output);
      plan->output = std::move(output);
    } else if (auto* top = plan->As<TopNNode>()) {
      LimitByNode limit{TagExprs(child), top->limit, top->offset};
      std::vector<PlanColumn> output = child.plan->output;
      child.plan =
          MakePlan(SortNode{std::move(top->keys)}, output, PlanList(std::move(child.plan)));
      plan = MakePlan(std::move(limit), std::move(output), PlanList(std::move(child.plan)));
      return Tagged{std::move(plan), std::move(child.at)};
    } else if (auto* limit = plan->As<LimitNode>()) {
      plan->node = LimitByNode{TagExprs(child), limit->limit, limit->offset};
      plan->output = child.plan->output;
    } else if (auto* limit_by = plan->As<LimitByNode>()) {
      for (ExprPtr& tag : TagExprs(child)) limit_by->keys.push_back(std::move(tag));
      plan->output = child.plan->output;
    } else if (auto* repeat = plan->As<RepeatNode>()) {
      plan->output = child.plan->output;
      std::erase_if(plan->output,
                    [&](const PlanColumn& column) { return column.id == repeat->count; });
    } else if (auto* expand = plan->As<ExpandNode>()) {
      std::vector<PlanColumn> output = child.plan->output;
      output.insert(output.end(), plan->output.end() - expand->keys.size() - 1, plan->output.end());
      plan->output = std::move(output);
    } else if (plan->As<AsofJoinNode>()) {
      std::vector<PlanColumn> output = child.plan->output;
      Append(plan->children[1]->output, &output);
      plan->output = std::move(output);
    } else if (plan->As<SortNode>()) {
      plan->output = child.plan->output;
    } else {
      return Unsupported(
          "this correlated subquery is not supported; write it as a join, or as EXISTS or IN");
    }
    plan->children[0] = std::move(child.plan);
    return Tagged{std::move(plan), std::move(child.at)};
  }

  std::vector<PlanColumn> TagColumns(const Tagged& tagged) const {
    std::vector<PlanColumn> tags;
    for (const PlanColumn& column : columns_) tags.push_back(tagged.at.at(column.id));
    return tags;
  }

 private:
  bool Uses(const Plan& plan) const { return PlanUsesAny(plan, ids_); }

  std::vector<ExprPtr> TagExprs(const Tagged& tagged) const {
    std::vector<ExprPtr> exprs;
    for (const PlanColumn& tag : TagColumns(tagged)) exprs.push_back(ColumnOf(tag));
    return exprs;
  }

  ExprPtr AtTags(const ExprPtr& expr, const Tagged& tagged) const {
    return Rewrite(expr, [&](const ExprPtr& part) -> ExprPtr {
      if (part->kind != Expr::Kind::kColumn) return nullptr;
      auto found = tagged.at.find(part->column_index);
      return found == tagged.at.end() ? nullptr : ColumnOf(found->second);
    });
  }

  PlanColumn Fresh(const PlanColumn& like) { return {(*next_)++, like.name, like.type}; }

  // The domain once more.
  Tagged Domain() {
    Tagged tagged;
    // One that itself depends on a query further out has to be reachable from there.
    tagged.plan = correlated_ ? ClonePlan(*domain_->plan, next_) : ReadShared(domain_, next_);
    for (size_t i = 0; i < columns_.size(); ++i) {
      tagged.at[columns_[i].id] = tagged.plan->output[i];
    }
    return tagged;
  }

  // Every row of an independent plan belongs to all values.
  Tagged Cross(PlanPtr plan) {
    Tagged tagged = Domain();
    tagged.plan = MakeJoin(JoinNode{}, std::move(tagged.plan), std::move(plan), {});
    return tagged;
  }

  // Rows of a filter over something independent, where equalities say which values they belong to.
  std::optional<Tagged> FromEqualities(PlanPtr* plan) {
    FilterNode& filter = *(*plan)->As<FilterNode>();
    if (Uses(*(*plan)->children[0])) return std::nullopt;
    const std::set<ColumnVar> inside = OutputIds(*(*plan)->children[0]);
    std::map<ColumnVar, ExprPtr> value;
    for (const ExprPtr& conjunct : filter.conjuncts) {
      if (conjunct->kind != Expr::Kind::kCall || conjunct->args.size() != 2 ||
          conjunct->function.function->name != "=") {
        continue;
      }
      for (int side : {0, 1}) {
        const ExprPtr& column = conjunct->args[side];
        const ExprPtr& other = conjunct->args[1 - side];
        if (column->kind != Expr::Kind::kColumn || !ids_.contains(column->column_index)) continue;
        if (!UsesOnly(*other, inside) || !(column->type == other->type)) continue;
        value.emplace(column->column_index, other);
      }
    }
    if (value.size() != columns_.size()) return std::nullopt;
    Tagged tagged;
    ProjectNode project;
    std::vector<PlanColumn> output;
    std::vector<ExprPtr> conjuncts;
    for (const PlanColumn& column : columns_) {
      auto present = MakeCall("is_not_null", {value[column.id]});
      if (!present.ok()) return std::nullopt;
      conjuncts.push_back(*std::move(present));
      output.push_back(Fresh(column));
      tagged.at[column.id] = output.back();
      project.exprs.push_back(value[column.id]);
    }
    for (const ExprPtr& conjunct : filter.conjuncts) {
      conjuncts.push_back(Rewrite(conjunct, [&](const ExprPtr& part) -> ExprPtr {
        if (part->kind != Expr::Kind::kColumn) return nullptr;
        auto found = value.find(part->column_index);
        return found == value.end() ? nullptr : found->second;
      }));
    }
    filter.conjuncts = std::move(conjuncts);
    for (const PlanColumn& column : (*plan)->output) {
      project.exprs.push_back(ColumnOf(column));
      output.push_back(column);
    }
    tagged.plan = MakePlan(std::move(project), std::move(output), PlanList(std::move(*plan)));
    return tagged;
  }

  StatusOr<Tagged> PushFilter(PlanPtr plan) {
    if (std::optional<Tagged> tagged = FromEqualities(&plan)) return *std::move(tagged);
    ASSIGN_OR_RETURN(Tagged child, Push(std::move(plan->children[0])));
    for (ExprPtr& conjunct : plan->As<FilterNode>()->conjuncts) conjunct = AtTags(conjunct, child);
    plan->output = child.plan->output;
    plan->children[0] = std::move(child.plan);
    return Tagged{std::move(plan), std::move(child.at)};
  }

  StatusOr<Tagged> PushAggregate(PlanPtr plan) {
    AggregateNode& aggregate = *plan->As<AggregateNode>();
    const bool ungrouped = aggregate.keys.empty();
    ASSIGN_OR_RETURN(Tagged child, Push(std::move(plan->children[0])));
    ForEachExpr(*plan, [&](ExprPtr& expr) { expr = AtTags(expr, child); });
    if (ungrouped) RETURN_IF_ERROR(AddEmptyGroups(plan.get(), &child));
    // The values are the first keys.
    Tagged result;
    std::vector<PlanColumn> output;
    std::vector<ExprPtr> keys;
    for (const PlanColumn& column : columns_) {
      keys.push_back(ColumnOf(child.at[column.id]));
      output.push_back(Fresh(column));
      result.at[column.id] = output.back();
    }
    keys.insert(keys.end(), aggregate.keys.begin(), aggregate.keys.end());
    aggregate.keys = std::move(keys);
    Append(plan->output, &output);
    plan->output = std::move(output);
    plan->children[0] = std::move(child.plan);
    result.plan = std::move(plan);
    return result;
  }

  // An aggregate without keys has a row for every value, with or without rows: each value adds a
  // row that no aggregate looks at.
  Status AddEmptyGroups(Plan* plan, Tagged* child) {
    AggregateNode& aggregate = *plan->As<AggregateNode>();
    std::set<ColumnVar> used;
    ForEachExpr(*plan, [&](ExprPtr& expr) {
      std::vector<size_t> columns;
      CollectColumns(*expr, &columns);
      used.insert(columns.begin(), columns.end());
    });
    Tagged domain = Domain();
    ProjectNode rows, empty;
    std::vector<PlanColumn> rows_output, empty_output, output;
    UnionAllNode both;
    both.inputs.resize(2);
    std::map<ColumnVar, PlanColumn> moved;
    const auto add = [&](const PlanColumn& like, ExprPtr from_rows, ExprPtr from_empty) {
      rows.exprs.push_back(std::move(from_rows));
      empty.exprs.push_back(std::move(from_empty));
      rows_output.push_back(Fresh(like));
      empty_output.push_back(Fresh(like));
      output.push_back(Fresh(like));
      both.inputs[0].push_back(rows_output.back().id);
      both.inputs[1].push_back(empty_output.back().id);
      return output.back();
    };
    std::map<ColumnVar, PlanColumn> tags;
    for (const PlanColumn& column : columns_) {
      const PlanColumn& tag = child->at[column.id];
      tags[column.id] = moved[tag.id] = add(tag, ColumnOf(tag), ColumnOf(domain.at[column.id]));
    }
    for (const PlanColumn& column : child->plan->output) {
      if (!used.contains(column.id) || moved.contains(column.id)) continue;
      moved[column.id] = add(column, ColumnOf(column), MakeConstant(Value::Null(column.type)));
    }
    const PlanColumn real = add({0, "real", TypeId::kBoolean}, MakeConstant(Value::Bool(true)),
                                MakeConstant(Value::Bool(false)));
    ForEachExpr(*plan, [&](ExprPtr& expr) {
      expr = Rewrite(expr, [&](const ExprPtr& part) -> ExprPtr {
        if (part->kind != Expr::Kind::kColumn) return nullptr;
        auto found = moved.find(part->column_index);
        return found == moved.end() ? nullptr : ColumnOf(found->second);
      });
    });
    for (AggregateExpr& part : aggregate.aggregates) {
      part.filter = part.filter ? MakeAnd({ColumnOf(real), part.filter}) : ColumnOf(real);
    }
    PlanPtr with_rows =
        MakePlan(std::move(rows), std::move(rows_output), PlanList(std::move(child->plan)));
    PlanPtr with_empty =
        MakePlan(std::move(empty), std::move(empty_output), PlanList(std::move(domain.plan)));
    child->plan = MakePlan(std::move(both), std::move(output),
                           PlanList(std::move(with_rows), std::move(with_empty)));
    child->at = std::move(tags);
    return OkStatus();
  }

  StatusOr<Tagged> PushJoin(PlanPtr plan) {
    JoinNode& join = *plan->As<JoinNode>();
    const JoinKind kind = join.kind;
    const bool here = NodeUsesAny(*plan, ids_);
    const bool left_uses = Uses(*plan->children[0]), right_uses = Uses(*plan->children[1]);
    const bool keeps_right = kind == JoinKind::kRight || kind == JoinKind::kFull;
    const bool keeps_left = kind != JoinKind::kInner && kind != JoinKind::kRight;
    // A side that is kept, or looked at for each row of one that is, needs the values too.
    const bool left =
        left_uses || (keeps_left && right_uses) || kind == JoinKind::kFull || (here && !right_uses);
    const bool right = right_uses || keeps_right;
    std::vector<PlanColumn> mark;
    if (kind == JoinKind::kMark) mark.push_back(plan->output.back());
    Tagged from_left, from_right;
    if (left) {
      ASSIGN_OR_RETURN(from_left, Push(std::move(plan->children[0])));
    } else {
      from_left.plan = std::move(plan->children[0]);
    }
    if (right) {
      ASSIGN_OR_RETURN(from_right, Push(std::move(plan->children[1])));
    } else {
      from_right.plan = std::move(plan->children[1]);
    }
    // Conditions see the values on either side; of a kept right side, on that one.
    const Tagged& seen = kind == JoinKind::kRight || !left ? from_right : from_left;
    ForEachExpr(*plan, [&](ExprPtr& expr) { expr = AtTags(expr, seen); });
    if (left && right) {
      for (const PlanColumn& column : columns_) {
        join.AddKey(ColumnOf(from_left.at[column.id]), ColumnOf(from_right.at[column.id]), true);
      }
    }
    std::map<ColumnVar, PlanColumn> left_at = std::move(from_left.at);
    std::map<ColumnVar, PlanColumn> right_at = std::move(from_right.at);
    Tagged result;
    result.plan = MakeJoin(std::move(join), std::move(from_left.plan), std::move(from_right.plan),
                           std::move(mark));
    if (kind != JoinKind::kFull) {
      result.at = kind == JoinKind::kRight || !left ? std::move(right_at) : std::move(left_at);
      return result;
    }
    // The values of a row stand on the side that it has.
    ProjectNode project;
    std::vector<PlanColumn> output = result.plan->output;
    for (const PlanColumn& column : output) project.exprs.push_back(ColumnOf(column));
    for (const PlanColumn& column : columns_) {
      auto either = std::make_shared<Expr>();
      either->kind = Expr::Kind::kCoalesce;
      either->type = column.type;
      either->args = {ColumnOf(left_at[column.id]), ColumnOf(right_at[column.id])};
      project.exprs.push_back(std::move(either));
      output.push_back(Fresh(column));
      result.at[column.id] = output.back();
    }
    result.plan = MakePlan(std::move(project), std::move(output), PlanList(std::move(result.plan)));
    return result;
  }

  StatusOr<Tagged> PushScalar(PlanPtr plan) {
    const PlanColumn column = plan->output.back();
    const bool value_uses = Uses(*plan->children[1]);
    ASSIGN_OR_RETURN(Tagged rows, Push(std::move(plan->children[0])));
    if (!value_uses) {
      plan->output = rows.plan->output;
      plan->output.push_back(column);
      plan->children[0] = std::move(rows.plan);
      return Tagged{std::move(plan), std::move(rows.at)};
    }
    const ColumnVar id = plan->As<ScalarJoinNode>()->value;
    ASSIGN_OR_RETURN(Tagged value, Push(std::move(plan->children[1])));
    ProjectNode project;
    std::vector<PlanColumn> output;
    for (const PlanColumn& part : value.plan->output) {
      if (part.id == id) project.exprs.push_back(ColumnOf(part));
    }
    output.push_back(column);
    JoinNode join;
    join.kind = JoinKind::kSingle;
    for (const PlanColumn& outer : columns_) {
      project.exprs.push_back(ColumnOf(value.at[outer.id]));
      output.push_back(value.at[outer.id]);
      join.AddKey(ColumnOf(rows.at[outer.id]), ColumnOf(value.at[outer.id]), true);
    }
    value.plan = MakePlan(std::move(project), std::move(output), PlanList(std::move(value.plan)));
    Tagged result;
    result.at = std::move(rows.at);
    result.plan = MakeJoin(std::move(join), std::move(rows.plan), std::move(value.plan), {});
    return result;
  }

  StatusOr<Tagged> PushUnion(PlanPtr plan) {
    UnionAllNode& all = *plan->As<UnionAllNode>();
    Tagged result;
    for (const PlanColumn& column : columns_) {
      plan->output.push_back(Fresh(column));
      result.at[column.id] = plan->output.back();
    }
    for (size_t c = 0; c < plan->children.size(); ++c) {
      ASSIGN_OR_RETURN(Tagged child, Push(std::move(plan->children[c])));
      for (const PlanColumn& tag : TagColumns(child)) all.inputs[c].push_back(tag.id);
      plan->children[c] = std::move(child.plan);
    }
    result.plan = std::move(plan);
    return result;
  }

  std::vector<PlanColumn> columns_;  // of the outer query
  std::set<ColumnVar> ids_;
  std::shared_ptr<SharedPlan> domain_;  // output: one for each of columns_
  bool correlated_ = false;
  ColumnVar* next_;
};

// The distinct values of `columns` in `outer`, which from then on may be a shared plan's reader.
PlanPtr DistinctValues(PlanPtr* outer, const std::vector<PlanColumn>& columns, ColumnVar* next) {
  std::map<ColumnVar, ColumnVar> renamed;
  PlanPtr source = ClonePlan(**outer, next, &renamed);
  if (!IsPlainRead(**outer) && FreeColumns(**outer).empty()) {
    // Computed once: under the new names, with the old ones for what stands above.
    auto shared = std::make_shared<SharedPlan>();
    shared->name = "outer query";
    shared->plan = std::move(source);
    SharedReadNode read;
    for (const PlanColumn& column : (*outer)->output) read.inputs.push_back(renamed[column.id]);
    read.shared = shared;
    std::vector<PlanColumn> output = (*outer)->output;
    *outer = MakePlan(std::move(read), std::move(output), {});
    source = ReadShared(shared, next);
    for (size_t i = 0; i < shared->plan->output.size(); ++i) {
      for (auto& [from, to] : renamed) {
        if (to == shared->plan->output[i].id) to = source->output[i].id;
      }
    }
  }
  AggregateNode distinct;
  std::vector<PlanColumn> output;
  for (const PlanColumn& column : columns) {
    distinct.keys.push_back(MakeColumn(renamed[column.id], column.type, column.name));
    output.push_back({(*next)++, column.name, column.type});
  }
  return MakePlan(std::move(distinct), std::move(output), PlanList(std::move(source)));
}

}  // namespace

bool PullUpConjuncts(PlanPtr* plan, const std::set<ColumnVar>& outer, const Plan* ungrouped,
                     std::vector<ExprPtr>* pulled, ColumnVar* next) {
  PlanPtr before = CopyPlan(**plan);
  // The copy takes the changes back, so that `ungrouped` stays a part of the plan that is changed.
  std::vector<ExprPtr> conjuncts;
  if (PullUp(outer, ungrouped, next).Take(plan->get(), &conjuncts)) {
    pulled->insert(pulled->end(), conjuncts.begin(), conjuncts.end());
    return true;
  }
  *plan = std::move(before);
  return false;
}

Status AddConditions(const std::vector<ExprPtr>& conditions, const std::set<ColumnVar>& outer,
                     PlanPtr* inner, JoinNode* join) {
  const std::set<ColumnVar> inside = OutputIds(**inner);
  std::vector<ExprPtr> residual, present;
  // Of EXISTS, which has no conditions of its own, NULL is as good as false.
  const bool exact = join->kind == JoinKind::kMark && (!join->probe_keys.empty() || join->residual);
  if (join->residual) residual.push_back(join->residual);
  for (const ExprPtr& condition : conditions) {
    JoinNode sides;
    const bool equality = AddJoinKey(condition, outer, inside, &sides);
    if (!exact) {
      if (equality) {
        join->AddKey(sides.probe_keys[0], sides.build_keys[0]);
      } else {
        residual.push_back(condition);
      }
      continue;
    }
    // A NULL here keeps a row out: it must not make the mark NULL.
    if (equality) {
      ASSIGN_OR_RETURN(ExprPtr not_null, MakeCall("is_not_null", {sides.build_keys[0]}));
      present.push_back(std::move(not_null));
      join->AddKey(sides.probe_keys[0], sides.build_keys[0], true);
    } else {
      ASSIGN_OR_RETURN(ExprPtr holds, MakeCall("is_true", {condition}));
      residual.push_back(std::move(holds));
    }
  }
  if (!residual.empty()) join->residual = MakeAnd(std::move(residual));
  if (!present.empty()) {
    std::vector<PlanColumn> output = (*inner)->output;
    *inner =
        MakePlan(FilterNode{std::move(present)}, std::move(output), PlanList(std::move(*inner)));
  }
  return OkStatus();
}

StatusOr<PlanPtr> JoinDependent(PlanPtr outer, PlanPtr inner, JoinNode join,
                                std::vector<PlanColumn> mark, ColumnVar* next) {
  const std::set<ColumnVar> available = OutputIds(*outer);
  std::set<ColumnVar> used = FreeColumns(*inner);
  std::erase_if(used, [&](ColumnVar id) { return !available.contains(id); });
  if (used.empty()) {
    return MakeJoin(std::move(join), std::move(outer), std::move(inner), std::move(mark));
  }
  std::vector<ExprPtr> pulled;
  if (PullUpConjuncts(&inner, used, nullptr, &pulled, next)) {
    RETURN_IF_ERROR(AddConditions(pulled, available, &inner, &join));
    return MakeJoin(std::move(join), std::move(outer), std::move(inner), std::move(mark));
  }
  std::vector<PlanColumn> columns;
  for (const PlanColumn& column : outer->output) {
    if (used.erase(column.id)) columns.push_back(column);
  }
  PlanPtr domain = DistinctValues(&outer, columns, next);
  DomainPusher pusher(columns, std::move(domain), next);
  ASSIGN_OR_RETURN(Tagged tagged, pusher.Push(std::move(inner)));
  const std::vector<PlanColumn> tags = pusher.TagColumns(tagged);
  for (size_t i = 0; i < columns.size(); ++i) {
    join.AddKey(ColumnOf(columns[i]), ColumnOf(tags[i]), true);
  }
  return MakeJoin(std::move(join), std::move(outer), std::move(tagged.plan), std::move(mark));
}

}  // namespace shale
