// SELECT blocks: grouping, projection, DISTINCT, ORDER BY, LIMIT; set operations and VALUES.
#include <algorithm>

#include "absl/strings/ascii.h"
#include "engine/expr/evaluator.h"
#include "engine/vector/vector_builder.h"
#include "sql/ast_printer.h"
#include "sql/binder_internal.h"
#include "sql/parser.h"

namespace shale {
namespace {

// Above this a limit is a sort and a cut, not a heap.
inline constexpr int64_t kMaxTopNRows = 1'000'000;

struct Item {
  ExprPtr expr;
  std::string name;
  bool untyped = false;
  ast::Position at;
};

// The number of an ORDER BY 2 or GROUP BY 2, or nothing.
std::optional<int64_t> Ordinal(const ast::Expr& expr) {
  const auto* literal = std::get_if<ast::Literal>(&expr.node);
  if (!literal || literal->kind != ast::Literal::Kind::kNumber) return std::nullopt;
  if (literal->text.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  return literal->text.size() < 10 ? std::stoll(literal->text) : INT64_MAX;
}

const ast::Identifier* BareName(const ast::Expr& expr) {
  const auto* column = std::get_if<ast::ColumnRef>(&expr.node);
  return column && column->parts.size() == 1 ? &column->parts[0] : nullptr;
}

std::string Folded(const ast::Identifier& id) {
  return id.quoted ? id.name : absl::AsciiStrToLower(id.name);
}

// The set-returning functions that grouping keys are made of, taken out of `sets`: their rows are
// made before grouping.
std::vector<SetCollector::Call> TakeSetsOf(const std::vector<ExprPtr>& keys, SetCollector* sets) {
  std::set<size_t> used;
  const auto use = [&](const Expr& expr) {
    std::vector<size_t> columns;
    CollectColumns(expr, &columns);
    used.insert(columns.begin(), columns.end());
  };
  for (const ExprPtr& key : keys) use(*key);
  std::vector<SetCollector::Call> taken, left;
  for (size_t i = sets->calls.size(); i-- > 0;) {  // those of higher levels come last
    SetCollector::Call& call = sets->calls[i];
    const bool wanted = used.contains(call.column.id);
    if (wanted) use(*call.list);
    (wanted ? taken : left).push_back(std::move(call));
  }
  std::reverse(taken.begin(), taken.end());
  std::reverse(left.begin(), left.end());
  sets->calls = std::move(left);
  return taken;
}

bool IsNullConstant(const Plan& plan, size_t column) {
  const auto* project = plan.As<ProjectNode>();
  if (!project) return false;
  const Expr& expr = *project->exprs[column];
  return expr.kind == Expr::Kind::kConstant && expr.value.is_null();
}

}  // namespace

StatusOr<PlanPtr> Binder::BindSelect(const ast::Select& select, Scope* outer) {
  if (++subquery_depth_ > kMaxSubqueryDepth) {
    return ErrorAt(
        select.at,
        fmt::format("queries are nested more than {} deep (kMaxSubqueryDepth)", kMaxSubqueryDepth));
  }
  if (select.recursive) {
    return ErrorAt(select.at, "WITH RECURSIVE is not supported yet");
  }
  if (!select.limit_by.empty()) return ErrorAt(select.at, "LIMIT … BY is not supported yet");
  size_t outer_tables = common_tables_.size();
  for (const ast::CommonTable& table : select.with) {
    common_tables_.push_back({&table, common_tables_.size()});
  }
  StatusOr<PlanPtr> plan = [&]() -> StatusOr<PlanPtr> {
    if (const auto* core = std::get_if<ast::SelectCore>(&select.body)) {
      return BindCore(*core, select, outer);
    }
    PlanPtr body;
    if (const auto* values = std::get_if<ast::ValuesCore>(&select.body)) {
      ASSIGN_OR_RETURN(body, BindValues(*values, outer));
    } else {
      ASSIGN_OR_RETURN(body, BindSetOperation(std::get<ast::SetOperation>(select.body), outer));
    }
    RETURN_IF_ERROR(ApplyOrderAndLimit(select, &body));
    return body;
  }();
  common_tables_.resize(outer_tables);
  --subquery_depth_;
  return plan;
}

StatusOr<PlanPtr> Binder::BindCore(const ast::SelectCore& core, const ast::Select& select,
                                   Scope* outer) {
  if (!core.distinct_on.empty()) {
    return ErrorAt(core.distinct_on[0]->at,
                   "DISTINCT ON is not supported yet; use arg_max(value, ordering) with GROUP BY");
  }
  Scope scope;
  scope.outer = outer;
  PlanPtr plan;
  if (core.from) {
    ASSIGN_OR_RETURN(plan, BindFrom(*core.from, &scope, outer));
  } else {
    ValuesNode one;
    one.label = "one row";
    Chunk chunk;
    chunk.num_rows = 1;
    one.chunks = std::make_shared<const std::vector<Chunk>>(std::vector<Chunk>{chunk});
    plan = MakePlan(std::move(one), {}, {});
  }
  if (core.where) RETURN_IF_ERROR(BindWhere(*core.where, &scope, &plan));

  // SELECT list: stars expanded, names settled; expressions are bound below.
  std::vector<SelectAlias> aliases;
  for (const ast::SelectItem& item : core.items) {
    if (item.alias) aliases.push_back({Folded(*item.alias), item.expr.get()});
  }
  AggregateCollector collector;
  SetCollector sets;
  PendingJoins pending;
  ExprContext context;
  context.scope = &scope;
  context.clause = "SELECT";
  context.aggregates = &collector;
  context.pending = &pending;
  WindowCollector windows;
  context.windows = &windows;
  context.sets = &sets;
  ExprBinder binder{*this, context};
  RETURN_IF_ERROR(binder.BindNamedWindows(core.windows));
  std::vector<Item> items;
  std::vector<const ast::Expr*> item_ast;
  for (const ast::SelectItem& item : core.items) {
    if (const auto* star = std::get_if<ast::Star>(&item.expr->node)) {
      bool any = false;
      for (const ScopeTable& table : scope.tables) {
        if (!star->qualifier.empty() && Folded(star->qualifier.back()) != table.name) continue;
        any = true;
        for (const ScopeColumn& column : table.columns) {
          if (column.system || (column.hidden && star->qualifier.empty())) continue;
          bool excluded = false;
          for (const ast::Identifier& id : star->exclude) {
            excluded |= Folded(id) == column.column.name ||
                        (!id.quoted && absl::AsciiStrToLower(column.column.name) == Folded(id));
          }
          if (excluded) continue;
          column_positions_[column.column.id] = item.expr->at;
          items.push_back({ColumnOf(column.column), column.column.name, false, item.expr->at});
          item_ast.push_back(nullptr);
        }
      }
      if (!any) {
        return ErrorAt(item.expr->at,
                       star->qualifier.empty()
                           ? std::string("SELECT * with no tables specified is not valid")
                           : fmt::format("missing FROM-clause entry for table \"{}\"",
                                         star->qualifier.back().name));
      }
      continue;
    }
    ASSIGN_OR_RETURN(Bound bound, binder.Bind(*item.expr));
    items.push_back({bound.expr, item.alias ? Folded(*item.alias) : OutputName(*item.expr),
                     bound.untyped, item.expr->at});
    item_ast.push_back(item.expr.get());
  }
  bool item_aggregates = !collector.aggregates.empty();

  // GROUP BY.
  std::vector<ExprPtr> keys;
  PendingJoins key_pending;
  auto add_key = [&](const ast::Expr& expr) -> Status {
    ExprPtr key;
    if (std::optional<int64_t> ordinal = Ordinal(expr)) {
      if (*ordinal < 1 || *ordinal > static_cast<int64_t>(items.size())) {
        return ErrorAt(expr.at,
                       fmt::format("GROUP BY position {} is not in select list", *ordinal));
      }
      const Item& item = items[*ordinal - 1];
      const auto is_aggregate = [&](size_t id) {
        return std::any_of(collector.columns.begin(), collector.columns.end(),
                           [&](const PlanColumn& column) { return column.id == id; });
      };
      std::vector<size_t> used;
      CollectColumns(*item.expr, &used);
      if (std::any_of(used.begin(), used.end(), is_aggregate)) {
        return ErrorAt(expr.at, "aggregate functions are not allowed in GROUP BY");
      }
      if (windows.UsedBy(*item.expr)) {
        return ErrorAt(expr.at, "window functions are not allowed in GROUP BY");
      }
      key = item.expr;
    } else {
      ExprContext key_context;
      key_context.scope = &scope;
      key_context.clause = "GROUP BY";
      key_context.pending = &key_pending;
      key_context.sets = &sets;
      key_context.aliases = &aliases;
      ASSIGN_OR_RETURN(Bound bound, ExprBinder({*this, key_context}).Bind(expr));
      key = bound.expr;
    }
    for (const ExprPtr& other : keys) {
      if (Equal(*other, *key)) return OkStatus();
    }
    keys.push_back(std::move(key));
    return OkStatus();
  };
  for (const ast::GroupingElement& element : core.group_by) {
    if (element.kind != ast::GroupingElement::Kind::kExpr) {
      return ErrorAt(element.at,
                     "ROLLUP, CUBE and GROUPING SETS are not supported yet; UNION ALL the "
                     "groupings");
    }
    for (const auto& list : element.lists) {
      for (const ast::ExprPtr& expr : list) RETURN_IF_ERROR(add_key(*expr));
    }
  }
  if (core.group_by_all) {
    for (const Item& item : items) {
      std::vector<size_t> used;
      CollectColumns(*item.expr, &used);
      bool aggregate = std::any_of(used.begin(), used.end(), [&](size_t id) {
        return std::any_of(collector.columns.begin(), collector.columns.end(),
                           [&](const PlanColumn& column) { return column.id == id; });
      });
      if (!aggregate && !windows.UsedBy(*item.expr)) keys.push_back(item.expr);
    }
  }

  // HAVING.
  ExprPtr having;
  if (core.having) {
    context.clause = "HAVING";
    context.aliases = &aliases;
    context.windows = nullptr;
    context.sets = nullptr;
    ASSIGN_OR_RETURN(having, binder.BindCondition(*core.having));
    context.windows = &windows;
    context.aliases = nullptr;
    context.sets = &sets;
  }

  // QUALIFY: a filter over the windows' results.
  ExprPtr qualify;
  if (core.qualify) {
    context.clause = "QUALIFY";
    context.aliases = &aliases;
    context.sets = nullptr;
    ASSIGN_OR_RETURN(qualify, binder.BindCondition(*core.qualify));
    context.aliases = nullptr;
    context.sets = &sets;
    if (windows.calls.empty()) {
      return ErrorAt(core.qualify->at,
                     "QUALIFY needs a window function in the SELECT list or in itself; conditions "
                     "on rows go to WHERE, on groups to HAVING");
    }
  }

  // ORDER BY: an output name or position first, else any expression over the input.
  std::vector<SortKey> order;
  std::vector<ast::Position> order_at;
  for (const ast::OrderItem& item : select.order_by) {
    SortKey key;
    key.descending = item.descending;
    key.nulls_first = item.nulls_first.value_or(item.descending);
    if (std::optional<int64_t> ordinal = Ordinal(*item.expr)) {
      if (*ordinal < 1 || *ordinal > static_cast<int64_t>(items.size())) {
        return ErrorAt(item.expr->at,
                       fmt::format("ORDER BY position {} is not in select list", *ordinal));
      }
      key.expr = items[*ordinal - 1].expr;
    } else if (const ast::Identifier* name = BareName(*item.expr)) {
      const Item* match = nullptr;
      for (const Item& candidate : items) {
        if (candidate.name != Folded(*name)) continue;
        if (match && !Equal(*match->expr, *candidate.expr)) {
          return ErrorAt(name->at, fmt::format("ORDER BY \"{}\" is ambiguous", name->name));
        }
        match = &candidate;
      }
      if (match) key.expr = match->expr;
    }
    if (!key.expr) {
      context.clause = "ORDER BY";
      context.aliases = &aliases;
      ASSIGN_OR_RETURN(Bound bound, binder.Bind(*item.expr));
      context.aliases = nullptr;
      key.expr = bound.expr;
    }
    order.push_back(std::move(key));
    order_at.push_back(item.expr->at);
  }

  PendingJoins above_windows = TakeAboveWindows(windows, &pending);
  const auto for_each_window_expr = [&](const std::function<void(ExprPtr&)>& visit) {
    for (WindowCollector::Call& call : windows.calls) {
      for (ExprPtr& key : call.window.partition_by) visit(key);
      for (SortKey& key : call.window.order_by) visit(key.expr);
      ForEachExpr(call.function, visit);
    }
  };
  bool aggregated = !keys.empty() || !collector.aggregates.empty() || core.having != nullptr ||
                    core.group_by_all || item_aggregates;
  if (aggregated) {
    ApplyPending(&key_pending, &plan);
    RETURN_IF_ERROR(ApplySets(TakeSetsOf(keys, &sets), &plan));
    // Keys that the others determine (a constant; k - 1 beside k) are computed after grouping.
    std::vector<ExprPtr> kept;
    auto depends_on = [](const ExprPtr& key, const std::vector<ExprPtr>& others) {
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
    };
    std::vector<ExprPtr> columns;
    for (const ExprPtr& key : keys) {
      if (key->kind == Expr::Kind::kColumn) columns.push_back(key);
    }
    for (const ExprPtr& key : keys) {
      if (key->kind == Expr::Kind::kColumn || !depends_on(key, columns)) kept.push_back(key);
    }
    if (kept.empty() && !keys.empty()) kept.push_back(keys[0]);

    AggregateNode node;
    node.keys = kept;
    node.aggregates = collector.aggregates;
    std::vector<PlanColumn> output;
    std::vector<ExprPtr> key_columns;
    for (const ExprPtr& key : kept) {
      output.push_back(
          NewColumn(key->kind == Expr::Kind::kColumn ? key->name : ToString(*key), key->type));
      key_columns.push_back(ColumnOf(output.back()));
    }
    output.insert(output.end(), collector.columns.begin(), collector.columns.end());
    plan = MakePlan(std::move(node), std::move(output), PlanList(std::move(plan)));

    auto to_groups = [&](const ExprPtr& expr) {
      return Rewrite(expr, [&](const ExprPtr& part) -> ExprPtr {
        for (size_t i = 0; i < kept.size(); ++i) {
          if (Equal(*part, *kept[i])) return key_columns[i];
        }
        return nullptr;
      });
    };
    for (Item& item : items) item.expr = to_groups(item.expr);
    if (having) having = to_groups(having);
    if (qualify) qualify = to_groups(qualify);
    for_each_window_expr([&](ExprPtr& expr) { expr = to_groups(expr); });
    for (PlanPtr& join : above_windows) {
      ForEachExpr(*join, [&](ExprPtr& expr) { expr = to_groups(expr); });
    }
    for (SortKey& key : order) key.expr = to_groups(key.expr);
    for (SetCollector::Call& call : sets.calls) call.list = to_groups(call.list);
    ApplyPending(&pending, &plan, to_groups);
    // What is left of the input must not be used bare.
    std::set<ColumnVar> available = OutputIds(*plan);
    std::set<ColumnVar> input;
    for (const ScopeTable& table : scope.tables) {
      for (const ScopeColumn& column : table.columns) input.insert(column.column.id);
    }
    auto check = [&](const ExprPtr& expr, ast::Position at) -> Status {
      std::vector<size_t> used;
      CollectColumns(*expr, &used);
      for (size_t id : used) {
        if (available.contains(id) || !input.contains(id)) continue;
        for (const ScopeTable& table : scope.tables) {
          for (const ScopeColumn& column : table.columns) {
            if (column.column.id != id) continue;
            auto named = column_positions_.find(id);
            return ErrorAt(
                named != column_positions_.end() ? named->second : at,
                fmt::format("column \"{}{}{}\" must appear in the GROUP BY clause or be used "
                            "in an aggregate function; any_value({}) takes one of its values",
                            table.name, table.name.empty() ? "" : ".", column.column.name,
                            column.column.name));
          }
        }
      }
      return OkStatus();
    };
    for (const Item& item : items) RETURN_IF_ERROR(check(item.expr, item.at));
    if (having) RETURN_IF_ERROR(check(having, core.having->at));
    if (qualify) RETURN_IF_ERROR(check(qualify, core.qualify->at));
    Status checked;
    for (WindowCollector::Call& call : windows.calls) {
      const auto check_window = [&](ExprPtr& expr) { checked.Update(check(expr, call.at)); };
      for (ExprPtr& key : call.window.partition_by) check_window(key);
      for (SortKey& key : call.window.order_by) check_window(key.expr);
      ForEachExpr(call.function, check_window);
    }
    RETURN_IF_ERROR(checked);
    for (const SetCollector::Call& call : sets.calls) {
      RETURN_IF_ERROR(check(call.list, core.items[0].expr->at));
    }
    for (size_t i = 0; i < order.size(); ++i) RETURN_IF_ERROR(check(order[i].expr, order_at[i]));
  } else {
    ApplyPending(&pending, &plan);
  }
  if (having) {
    FilterNode filter;
    SplitConjuncts(having, &filter.conjuncts);
    std::vector<PlanColumn> output = plan->output;
    plan = MakePlan(std::move(filter), std::move(output), PlanList(std::move(plan)));
  }
  ApplyWindows(windows, &plan);
  ApplyPending(&above_windows, &plan);
  if (qualify) {
    FilterNode filter;
    SplitConjuncts(qualify, &filter.conjuncts);
    std::vector<PlanColumn> kept = plan->output;
    plan = MakePlan(std::move(filter), std::move(kept), PlanList(std::move(plan)));
  }

  RETURN_IF_ERROR(ApplySets(std::move(sets.calls), &plan));

  ProjectNode project;
  std::vector<PlanColumn> output;
  for (const Item& item : items) {
    project.exprs.push_back(item.expr);
    output.push_back(NewColumn(item.name, item.expr->type));
  }
  if (!core.distinct) {
    // Sorted before projecting: only rows that stay are projected.
    RETURN_IF_ERROR(ApplyLimit(select, std::move(order), &plan));
    return MakePlan(std::move(project), std::move(output), PlanList(std::move(plan)));
  }
  for (size_t i = 0; i < order.size(); ++i) {
    bool found = false;
    for (size_t j = 0; j < items.size() && !found; ++j) {
      if (!Equal(*order[i].expr, *items[j].expr)) continue;
      order[i].expr = ColumnOf(output[j]);
      found = true;
    }
    if (!found) {
      return ErrorAt(order_at[i],
                     "for SELECT DISTINCT, ORDER BY expressions must appear in select list");
    }
  }
  plan = MakePlan(std::move(project), std::move(output), PlanList(std::move(plan)));
  ApplyDistinct(&plan);
  RETURN_IF_ERROR(ApplyLimit(select, std::move(order), &plan));
  return plan;
}

void Binder::ApplyDistinct(PlanPtr* plan) {
  AggregateNode node;
  for (const PlanColumn& column : (*plan)->output) node.keys.push_back(ColumnOf(column));
  // The keys keep their ids: a distinct row is one of the rows.
  std::vector<PlanColumn> output = (*plan)->output;
  *plan = MakePlan(std::move(node), std::move(output), PlanList(std::move(*plan)));
}

StatusOr<int64_t> Binder::BindLimit(const ast::Expr& expr, std::string_view clause) {
  Scope none;
  ExprContext context;
  context.scope = &none;
  context.clause = clause;
  ExprBinder binder{*this, context};
  ASSIGN_OR_RETURN(Bound bound, binder.Bind(expr));
  ASSIGN_OR_RETURN(ExprPtr number, binder.Coerce(bound, TypeId::kBigInt, expr.at, true));
  auto value = EvaluateConstant(number, session_->functions);
  if (!value.ok()) return Locate(expr.at, value.status());
  if (value->is_null()) return -1;
  if (value->AsInt() < 0) return ErrorAt(expr.at, fmt::format("{} must not be negative", clause));
  return value->AsInt();
}

Status Binder::ApplyLimit(const ast::Select& select, std::vector<SortKey> keys, PlanPtr* plan) {
  int64_t limit = -1, offset = 0;
  if (select.limit) {
    ASSIGN_OR_RETURN(limit, BindLimit(*select.limit, "LIMIT"));
  }
  if (select.offset) {
    ASSIGN_OR_RETURN(offset, BindLimit(*select.offset, "OFFSET"));
    offset = std::max<int64_t>(offset, 0);
  }
  // Constants order nothing.
  std::erase_if(keys, [](const SortKey& key) { return key.expr->kind == Expr::Kind::kConstant; });
  std::vector<PlanColumn> output = (*plan)->output;
  if (!keys.empty() && limit >= 0 && limit <= kMaxTopNRows && offset <= kMaxTopNRows) {
    *plan = MakePlan(TopNNode{std::move(keys), limit, offset}, std::move(output),
                     PlanList(std::move(*plan)));
    return OkStatus();
  }
  if (!keys.empty()) {
    *plan = MakePlan(SortNode{std::move(keys)}, output, PlanList(std::move(*plan)));
  }
  if (limit >= 0 || offset > 0) {
    *plan = MakePlan(LimitNode{limit, offset}, std::move(output), PlanList(std::move(*plan)));
  }
  return OkStatus();
}

Status Binder::ApplyOrderAndLimit(const ast::Select& select, PlanPtr* plan) {
  std::vector<SortKey> keys;
  Scope scope;
  ScopeTable table;
  for (const PlanColumn& column : (*plan)->output) table.columns.push_back({column, false, false});
  scope.tables.push_back(std::move(table));
  for (const ast::OrderItem& item : select.order_by) {
    SortKey key;
    key.descending = item.descending;
    key.nulls_first = item.nulls_first.value_or(item.descending);
    if (std::optional<int64_t> ordinal = Ordinal(*item.expr)) {
      if (*ordinal < 1 || *ordinal > static_cast<int64_t>((*plan)->output.size())) {
        return ErrorAt(item.expr->at,
                       fmt::format("ORDER BY position {} is not in select list", *ordinal));
      }
      key.expr = ColumnOf((*plan)->output[*ordinal - 1]);
    } else {
      ASSIGN_OR_RETURN(Bound bound, BindPlain(*item.expr, &scope, "ORDER BY"));
      key.expr = bound.expr;
    }
    keys.push_back(std::move(key));
  }
  return ApplyLimit(select, std::move(keys), plan);
}

StatusOr<PlanPtr> Binder::BindValues(const ast::ValuesCore& values, Scope* outer) {
  size_t width = values.rows[0].size();
  std::vector<std::vector<Bound>> rows;
  Scope none;
  none.outer = outer;
  ExprContext context;
  context.scope = &none;
  context.clause = "VALUES";
  ExprBinder binder{*this, context};
  std::vector<ArgumentType> types(width);
  for (const auto& row : values.rows) {
    if (row.size() != width) {
      return ErrorAt(row[0]->at,
                     fmt::format("VALUES lists must all be the same length: this row has {} "
                                 "values, the first {}",
                                 row.size(), width));
    }
    std::vector<Bound> bound_row;
    for (size_t i = 0; i < width; ++i) {
      ASSIGN_OR_RETURN(Bound bound, binder.Bind(*row[i]));
      if (rows.empty()) {
        types[i] = bound.argument();
      } else {
        auto common = CommonType(types[i], bound.argument());
        if (!common.ok()) return Locate(row[i]->at, common.status());
        types[i] = {*common, types[i].untyped_literal && bound.untyped};
      }
      bound_row.push_back(std::move(bound));
    }
    rows.push_back(std::move(bound_row));
  }
  std::vector<PlanColumn> output;
  std::vector<VectorBuilder> builders;
  for (size_t i = 0; i < width; ++i) {
    if (types[i].type.id() == TypeId::kNull) types[i].type = TypeId::kText;
    output.push_back(NewColumn(fmt::format("column{}", i + 1), types[i].type));
    builders.emplace_back(types[i].type);
  }
  std::vector<Chunk> chunks;
  auto flush = [&] {
    Chunk chunk;
    chunk.num_rows = builders.empty() ? 0 : builders[0].size();
    for (VectorBuilder& builder : builders) chunk.columns.push_back(builder.Finish());
    chunks.push_back(std::move(chunk));
  };
  for (size_t r = 0; r < rows.size(); ++r) {
    for (size_t i = 0; i < width; ++i) {
      ast::Position at = values.rows[r][i]->at;
      ASSIGN_OR_RETURN(ExprPtr expr, binder.Coerce(rows[r][i], types[i].type, at, true));
      auto value = EvaluateConstant(expr, session_->functions);
      if (!value.ok()) return Locate(at, value.status());
      builders[i].AppendValue(*value);
    }
    if (builders[0].size() == kChunkRows) flush();
  }
  if (width > 0 && builders[0].size() > 0) flush();
  ValuesNode node;
  node.label = "VALUES";
  node.chunks = std::make_shared<const std::vector<Chunk>>(std::move(chunks));
  return MakePlan(std::move(node), std::move(output), {});
}

StatusOr<PlanPtr> Binder::BindSetOperation(const ast::SetOperation& operation, Scope* outer) {
  using Kind = ast::SetOperation::Kind;
  const char* word = operation.kind == Kind::kUnion       ? "UNION"
                     : operation.kind == Kind::kIntersect ? "INTERSECT"
                                                          : "EXCEPT";
  if (operation.all && operation.kind != Kind::kUnion) {
    return ErrorAt(operation.right->at,
                   fmt::format("{} ALL is not supported yet; {} without ALL is", word, word));
  }
  ASSIGN_OR_RETURN(PlanPtr left, BindSelect(*operation.left, outer));
  ASSIGN_OR_RETURN(PlanPtr right, BindSelect(*operation.right, outer));
  if (left->output.size() != right->output.size()) {
    return ErrorAt(operation.right->at,
                   fmt::format("each {} query must have the same number of columns: "
                               "{} and {}",
                               word, left->output.size(), right->output.size()));
  }
  std::vector<PlanColumn> output;
  ProjectNode left_project, right_project;
  std::vector<PlanColumn> left_output, right_output;
  for (size_t i = 0; i < left->output.size(); ++i) {
    ArgumentType a{left->output[i].type, IsNullConstant(*left, i)};
    ArgumentType b{right->output[i].type, IsNullConstant(*right, i)};
    auto type = CommonType(a, b);
    if (!type.ok()) {
      return ErrorAt(operation.right->at,
                     fmt::format("{} types {} and {} of column {} cannot be matched", word,
                                 a.type.ToString(), b.type.ToString(), i + 1));
    }
    ASSIGN_OR_RETURN(ExprPtr from_left, MakeCast(ColumnOf(left->output[i]), *type));
    ASSIGN_OR_RETURN(ExprPtr from_right, MakeCast(ColumnOf(right->output[i]), *type));
    left_project.exprs.push_back(std::move(from_left));
    right_project.exprs.push_back(std::move(from_right));
    left_output.push_back(NewColumn(left->output[i].name, *type));
    right_output.push_back(NewColumn(left->output[i].name, *type));
    output.push_back(NewColumn(left->output[i].name, *type));
  }
  bool tagged = operation.kind != Kind::kUnion;
  PlanColumn tag;
  if (tagged) {
    left_project.exprs.push_back(MakeConstant(Value::Int(TypeId::kInteger, 0)));
    right_project.exprs.push_back(MakeConstant(Value::Int(TypeId::kInteger, 1)));
    left_output.push_back(NewColumn("side", TypeId::kInteger));
    right_output.push_back(NewColumn("side", TypeId::kInteger));
    tag = NewColumn("side", TypeId::kInteger);
    output.push_back(tag);
  }
  UnionAllNode both;
  for (const std::vector<PlanColumn>* side : {&left_output, &right_output}) {
    both.inputs.emplace_back();
    for (const PlanColumn& column : *side) both.inputs.back().push_back(column.id);
  }
  left = MakePlan(std::move(left_project), std::move(left_output), PlanList(std::move(left)));
  right = MakePlan(std::move(right_project), std::move(right_output), PlanList(std::move(right)));
  PlanPtr plan = MakePlan(std::move(both), output, PlanList(std::move(left), std::move(right)));
  if (!tagged) {
    if (!operation.all) ApplyDistinct(&plan);
    return plan;
  }
  // A row is on the left when its least side is 0, on the right when its greatest is 1.
  output.pop_back();
  AggregateNode node;
  for (const PlanColumn& column : output) node.keys.push_back(ColumnOf(column));
  std::vector<PlanColumn> grouped = output;
  FilterNode filter;
  for (const char* name : {"min", "max"}) {
    ArgumentType argument{TypeId::kInteger, false};
    AggregateExpr aggregate;
    ASSIGN_OR_RETURN(aggregate.function, Registry::Get().ResolveAggregate(name, {&argument, 1}));
    aggregate.args.push_back(ColumnOf(tag));
    node.aggregates.push_back(std::move(aggregate));
    grouped.push_back(NewColumn(name, TypeId::kInteger));
    bool wants_right = std::string_view(name) == "max" && operation.kind == Kind::kIntersect;
    ASSIGN_OR_RETURN(
        ExprPtr equal,
        MakeCall("=", {ColumnOf(grouped.back()),
                       MakeConstant(Value::Int(TypeId::kInteger, wants_right ? 1 : 0))}));
    filter.conjuncts.push_back(std::move(equal));
  }
  plan = MakePlan(std::move(node), grouped, PlanList(std::move(plan)));
  plan = MakePlan(std::move(filter), std::move(grouped), PlanList(std::move(plan)));
  ProjectNode project;
  for (const PlanColumn& column : output) project.exprs.push_back(ColumnOf(column));
  return MakePlan(std::move(project), std::move(output), PlanList(std::move(plan)));
}

}  // namespace shale
