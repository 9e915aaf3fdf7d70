// GROUP BY: keys by name, position or expression, grouping sets, GROUPING().
#include <algorithm>

#include "engine/expr/evaluator.h"
#include "engine/vector/vector_builder.h"
#include "sql/binder_internal.h"

namespace shale {
namespace {

inline constexpr size_t kMaxGroupingSets = 4096;  // as PostgreSQL
inline constexpr size_t kMaxCubeElements = 12;    // 2 to this power is kMaxGroupingSets

using Sets = std::vector<std::vector<size_t>>;

void Insert(std::vector<size_t>* set, const std::vector<size_t>& keys) {
  for (size_t key : keys) {
    if (std::find(set->begin(), set->end(), key) == set->end()) set->push_back(key);
  }
}

}  // namespace

// Appends the element's sets: one for a plain expression or list, several for the others.
Status Binder::AddGroupingElement(const ast::GroupingElement& element, Scope* scope,
                                  const std::vector<SelectAlias>& aliases,
                                  const std::vector<SelectItemBound>& items, Grouping* grouping,
                                  Sets* sets) {
  using Kind = ast::GroupingElement::Kind;
  const auto add_key = [&](const ast::Expr& expr) -> StatusOr<size_t> {
    ExprPtr key;
    if (std::optional<int64_t> ordinal = Ordinal(expr)) {
      if (*ordinal < 1 || *ordinal > static_cast<int64_t>(items.size())) {
        return ErrorAt(expr.at,
                       fmt::format("GROUP BY position {} is not in select list", *ordinal));
      }
      key = items[*ordinal - 1].expr;
    } else {
      ExprContext context;
      context.scope = scope;
      context.clause = "GROUP BY";
      context.pending = &grouping->pending;
      context.sets = grouping->sets_collector;
      const ast::Identifier* name = BareName(expr);
      if (!name) context.aliases = &aliases;
      StatusOr<Bound> bound = ExprBinder({*this, context}).Bind(expr);
      if (bound.ok()) {
        key = bound->expr;
      } else if (name) {
        // An output's name, where the input has none like it.
        for (const SelectItemBound& item : items) {
          if (!key && SameName(*name, item.name)) key = item.expr;
        }
      }
      if (!key) return bound.status();
    }
    for (size_t k = 0; k < grouping->keys.size(); ++k) {
      if (Equal(*grouping->keys[k], *key)) return k;
    }
    grouping->keys.push_back(std::move(key));
    return grouping->keys.size() - 1;
  };
  Sets lists;
  for (const auto& list : element.lists) {
    lists.emplace_back();
    for (const ast::ExprPtr& expr : list) {
      ASSIGN_OR_RETURN(size_t key, add_key(*expr));
      Insert(&lists.back(), {key});
    }
  }
  switch (element.kind) {
    case Kind::kExpr: sets->push_back(lists[0]); break;
    case Kind::kRollup:
      for (size_t length = lists.size() + 1; length-- > 0;) {
        std::vector<size_t> set;
        for (size_t i = 0; i < length; ++i) Insert(&set, lists[i]);
        sets->push_back(std::move(set));
      }
      break;
    case Kind::kCube:
      if (lists.size() > kMaxCubeElements) {
        return ErrorAt(element.at, fmt::format("CUBE is limited to {} elements", kMaxCubeElements));
      }
      for (size_t mask = size_t{1} << lists.size(); mask-- > 0;) {
        std::vector<size_t> set;
        for (size_t i = 0; i < lists.size(); ++i) {
          if (mask >> (lists.size() - 1 - i) & 1) Insert(&set, lists[i]);
        }
        sets->push_back(std::move(set));
      }
      break;
    case Kind::kSets:
      for (const ast::GroupingElement& inner : element.sets) {
        RETURN_IF_ERROR(AddGroupingElement(inner, scope, aliases, items, grouping, sets));
      }
      break;
  }
  return OkStatus();
}

Status Binder::BindGroupBy(const ast::SelectCore& core, Scope* scope,
                           const std::vector<SelectAlias>& aliases,
                           const std::vector<SelectItemBound>& items, Grouping* grouping) {
  Sets sets = {{}};
  for (const ast::GroupingElement& element : core.group_by) {
    Sets own;
    RETURN_IF_ERROR(AddGroupingElement(element, scope, aliases, items, grouping, &own));
    // Each set so far with each of these.
    if (sets.size() * own.size() > kMaxGroupingSets) {
      return ErrorAt(element.at,
                     fmt::format("too many grouping sets present (maximum {})", kMaxGroupingSets));
    }
    Sets product;
    for (const std::vector<size_t>& before : sets) {
      for (const std::vector<size_t>& set : own) {
        product.push_back(before);
        Insert(&product.back(), set);
      }
    }
    sets = std::move(product);
  }
  const bool plain = sets.size() == 1 && sets[0].size() == grouping->keys.size();
  if (!plain) grouping->sets = std::move(sets);
  return OkStatus();
}

namespace {

// Whether the other keys determine this one: k - 1 beside k.
bool DependsOn(const ExprPtr& key, const std::vector<ExprPtr>& others) {
  if (VolatilityOf(*key) == Volatility::kVolatile) return false;
  bool foreign = false;
  Rewrite(key, [&](const ExprPtr& part) -> ExprPtr {
    for (const ExprPtr& other : others) {
      if (Equal(*part, *other)) return part;
    }
    foreign |= part->kind == Expr::Kind::kColumn;
    return nullptr;
  });
  return !foreign;
}

// Whether values that GROUP BY takes for one are one to every function: not -0 and 0, nor 30 days
// and a month.
bool EqualIsSame(const Type& type) {
  return type.IsInteger() || type.id() == TypeId::kDecimal || type.id() == TypeId::kText ||
         type.id() == TypeId::kDate || type.id() == TypeId::kTimestamp ||
         type.id() == TypeId::kTimestampTz || type.id() == TypeId::kBoolean ||
         type.id() == TypeId::kUuid;
}

std::function<ExprPtr(const ExprPtr&)> ToColumns(std::vector<ExprPtr> keys,
                                                 std::vector<ExprPtr> columns) {
  return [keys = std::move(keys), columns = std::move(columns)](const ExprPtr& expr) {
    return Rewrite(expr, [&](const ExprPtr& part) -> ExprPtr {
      for (size_t i = 0; i < keys.size(); ++i) {
        if (Equal(*part, *keys[i])) return columns[i];
      }
      return nullptr;
    });
  };
}

std::string KeyName(const Expr& key) {
  return key.kind == Expr::Kind::kColumn ? key.name : ToString(key);
}

}  // namespace

Status Binder::GroupPlan(Grouping* grouping, AggregateCollector* collector,
                         const std::vector<GroupingCall>& calls, PlanPtr* plan) {
  AggregateNode node;
  std::vector<PlanColumn> output;
  std::vector<ExprPtr> key_columns;
  const std::vector<ExprPtr>& keys = grouping->keys;
  if (grouping->sets.empty()) {
    // Keys that the others determine are computed after grouping.
    std::vector<ExprPtr> columns;
    for (const ExprPtr& key : keys) {
      if (key->kind == Expr::Kind::kColumn && EqualIsSame(key->type)) columns.push_back(key);
    }
    for (const ExprPtr& key : keys) {
      if (key->kind == Expr::Kind::kColumn || !DependsOn(key, columns)) node.keys.push_back(key);
    }
    if (node.keys.empty() && !keys.empty()) node.keys.push_back(keys[0]);
    for (const ExprPtr& key : node.keys) {
      output.push_back(NewColumn(KeyName(*key), key->type));
      key_columns.push_back(ColumnOf(output.back()));
    }
    grouping->to_groups = ToColumns(node.keys, key_columns);
    node.aggregates = collector->aggregates;
    output.insert(output.end(), collector->columns.begin(), collector->columns.end());
    *plan = MakePlan(std::move(node), std::move(output), PlanList(std::move(*plan)));
  } else {
    RETURN_IF_ERROR(GroupBySets(grouping, collector, plan));
  }
  if (calls.empty()) return OkStatus();
  // GROUPING(a, b): a bit for each argument that the row's set does not group by.
  ProjectNode project;
  std::vector<PlanColumn> columns = (*plan)->output;
  for (const PlanColumn& column : columns) project.exprs.push_back(ColumnOf(column));
  for (const GroupingCall& call : calls) {
    std::vector<size_t> positions;
    for (const ExprPtr& arg : call.args) {
      size_t k = 0;
      while (k < keys.size() && !Equal(*keys[k], *arg)) ++k;
      if (k == keys.size()) {
        return ErrorAt(call.at,
                       "arguments to GROUPING must be grouping expressions of the associated query "
                       "level");
      }
      positions.push_back(k);
    }
    const auto bits = [&](const std::vector<size_t>& set) {
      int64_t value = 0;
      for (size_t k : positions) {
        value = value * 2 + (std::find(set.begin(), set.end(), k) == set.end());
      }
      return MakeConstant(Value::Int(TypeId::kInteger, value));
    };
    columns.push_back(call.column);
    if (grouping->sets.empty()) {
      project.exprs.push_back(MakeConstant(Value::Int(TypeId::kInteger, 0)));
      continue;
    }
    const ExprPtr set_number = ColumnOf(grouping->set_number);
    auto result = std::make_shared<Expr>();
    result->kind = Expr::Kind::kCase;
    result->type = TypeId::kInteger;
    for (size_t s = 0; s + 1 < grouping->sets.size(); ++s) {
      const auto number = MakeConstant(Value::Int(TypeId::kInteger, static_cast<int64_t>(s)));
      ASSIGN_OR_RETURN(ExprPtr is_set, MakeCall("=", {set_number, number}));
      result->args.push_back(std::move(is_set));
      result->args.push_back(bits(grouping->sets[s]));
    }
    result->args.push_back(bits(grouping->sets.back()));
    project.exprs.push_back(result->args.size() == 1 ? result->args[0] : ExprPtr(result));
  }
  *plan = MakePlan(std::move(project), std::move(columns), PlanList(std::move(*plan)));
  return OkStatus();
}

// Every row once for each set, keys that are not in the set NULL, grouped by keys and set. A set of
// no keys has a group even without rows: a row that no aggregate looks at makes it.
Status Binder::GroupBySets(Grouping* grouping, AggregateCollector* collector, PlanPtr* plan) {
  const std::vector<ExprPtr>& keys = grouping->keys;
  // The input's columns, then the keys.
  ProjectNode project;
  std::vector<PlanColumn> columns = (*plan)->output;
  for (const PlanColumn& column : columns) project.exprs.push_back(ColumnOf(column));
  ExpandNode expand;
  for (const ExprPtr& key : keys) {
    project.exprs.push_back(key);
    columns.push_back(NewColumn(KeyName(*key), key->type));
    expand.keys.push_back(columns.back().id);
  }
  std::vector<size_t> empty_sets;
  for (size_t s = 0; s < grouping->sets.size(); ++s) {
    std::vector<bool> in(keys.size());
    for (size_t k : grouping->sets[s]) in[k] = true;
    expand.sets.push_back(std::move(in));
    if (grouping->sets[s].empty()) empty_sets.push_back(s);
  }
  *plan = MakePlan(std::move(project), columns, PlanList(std::move(*plan)));
  std::vector<PlanColumn> expanded = columns;
  std::vector<PlanColumn> sides;
  for (const ExprPtr& key : keys) sides.push_back(NewColumn(KeyName(*key), key->type));
  sides.push_back(NewColumn("set", TypeId::kInteger));
  expanded.insert(expanded.end(), sides.begin(), sides.end());
  *plan = MakePlan(std::move(expand), expanded, PlanList(std::move(*plan)));

  std::vector<AggregateExpr> aggregates = collector->aggregates;
  std::map<ColumnVar, ExprPtr> moved;
  if (!empty_sets.empty()) {
    ValuesNode none;
    none.label = "the empty grouping set";
    Chunk chunk;
    chunk.num_rows = empty_sets.size();
    UnionAllNode all;
    all.inputs.resize(2);
    ProjectNode real;
    std::vector<PlanColumn> real_output, none_output, output;
    const auto add = [&](const PlanColumn& column, ExprPtr from, Vector value) {
      real.exprs.push_back(std::move(from));
      real_output.push_back(NewColumn(column.name, column.type));
      none_output.push_back(NewColumn(column.name, column.type));
      output.push_back(NewColumn(column.name, column.type));
      all.inputs[0].push_back(real_output.back().id);
      all.inputs[1].push_back(none_output.back().id);
      chunk.columns.push_back(std::move(value));
    };
    for (const PlanColumn& column : expanded) {
      if (column.id == sides.back().id) {
        VectorBuilder builder(TypeId::kInteger);
        for (size_t s : empty_sets) builder.Append<int32_t>(static_cast<int32_t>(s));
        add(column, ColumnOf(column), builder.Finish());
      } else {
        add(column, ColumnOf(column), Vector::ConstantNull(column.type, chunk.num_rows).Flatten());
      }
      moved[column.id] = ColumnOf(output.back());
    }
    add({0, "real", TypeId::kBoolean}, MakeConstant(Value::Bool(true)),
        Vector::Constant(Value::Bool(false), chunk.num_rows).Flatten());
    const ExprPtr is_real = ColumnOf(output.back());
    for (AggregateExpr& aggregate : aggregates) {
      aggregate.filter = aggregate.filter ? MakeAnd({is_real, aggregate.filter}) : is_real;
    }
    none.chunks = std::make_shared<const std::vector<Chunk>>(std::vector<Chunk>{std::move(chunk)});
    PlanPtr rows = MakePlan(std::move(real), std::move(real_output), PlanList(std::move(*plan)));
    PlanPtr empty = MakePlan(std::move(none), std::move(none_output), {});
    *plan =
        MakePlan(std::move(all), std::move(output), PlanList(std::move(rows), std::move(empty)));
  }
  const auto move = [&](const ExprPtr& expr) {
    return Rewrite(expr, [&](const ExprPtr& part) -> ExprPtr {
      if (part->kind != Expr::Kind::kColumn) return nullptr;
      auto found = moved.find(part->column_index);
      return found == moved.end() ? nullptr : found->second;
    });
  };
  AggregateNode node;
  std::vector<PlanColumn> output;
  std::vector<ExprPtr> key_columns;
  for (const PlanColumn& side : sides) {
    node.keys.push_back(move(ColumnOf(side)));
    output.push_back(NewColumn(side.name, side.type));
    if (key_columns.size() < keys.size()) key_columns.push_back(ColumnOf(output.back()));
  }
  grouping->set_number = output.back();
  node.aggregates = std::move(aggregates);
  output.insert(output.end(), collector->columns.begin(), collector->columns.end());
  *plan = MakePlan(std::move(node), std::move(output), PlanList(std::move(*plan)));
  ForEachExpr(**plan, [&](ExprPtr& expr) { expr = move(expr); });
  grouping->to_groups = ToColumns(keys, key_columns);
  return OkStatus();
}

StatusOr<Bound> ExprBinder::BindGrouping(const ast::FunctionCall& node, const ast::Expr& expr) {
  if (!context.groupings) {
    return binder.ErrorAt(expr.at,
                          fmt::format("grouping operations are not allowed in {}", context.clause));
  }
  if (node.args.size() > 31)
    return binder.ErrorAt(expr.at, "GROUPING must have fewer than 32 arguments");
  GroupingCall call;
  for (const ast::ExprPtr& arg : node.args) {
    ASSIGN_OR_RETURN(Bound bound, Bind(*arg));
    call.args.push_back(bound.expr);
  }
  call.column = binder.NewColumn("grouping", TypeId::kInteger);
  call.at = expr.at;
  context.groupings->push_back(call);
  return Bound{ColumnOf(context.groupings->back().column)};
}

}  // namespace shale
