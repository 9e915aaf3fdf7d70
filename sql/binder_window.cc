// Window functions: OVER clauses and the WINDOW clause, from AST to WindowNodes.
#include <algorithm>

#include "absl/strings/ascii.h"
#include "sql/ast_printer.h"
#include "sql/binder_internal.h"

namespace shale {
namespace {

using FrameBound = ast::WindowFrame::Bound;

bool IsOffset(FrameBound bound) {
  return bound == FrameBound::kPreceding || bound == FrameBound::kFollowing;
}

bool SameExpr(const ExprPtr& a, const ExprPtr& b) {
  return (!a && !b) || (a && b && Equal(*a, *b));
}
bool SameExprs(const std::vector<ExprPtr>& a, const std::vector<ExprPtr>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), SameExpr);
}
bool SameKeys(const std::vector<SortKey>& a, const std::vector<SortKey>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const SortKey& x, const SortKey& y) {
    return SameExpr(x.expr, y.expr) && x.descending == y.descending &&
           x.nulls_first == y.nulls_first;
  });
}
bool SameWindow(const BoundWindow& a, const BoundWindow& b) {
  return SameExprs(a.partition_by, b.partition_by) && SameKeys(a.order_by, b.order_by);
}
bool SameFrame(const WindowFrame& a, const WindowFrame& b) {
  return a.unit == b.unit && a.start == b.start && a.end == b.end && a.exclusion == b.exclusion &&
         SameExpr(a.start_offset, b.start_offset) && SameExpr(a.end_offset, b.end_offset);
}
bool SameFunction(const WindowExpr& a, const WindowExpr& b) {
  return a.window.function == b.window.function && a.aggregate.function == b.aggregate.function &&
         SameExprs(a.args, b.args) && SameExpr(a.filter, b.filter) &&
         a.ignore_nulls == b.ignore_nulls && SameFrame(a.frame, b.frame);
}

bool IsConstantKey(const Expr& expr) { return expr.kind == Expr::Kind::kConstant; }

// The type in which RANGE compares a key of this type with bounds; NULL: it cannot.
Type RangeType(const Type& key) {
  if (key.IsInteger() || key.id() == TypeId::kDecimal) return key;
  if (key.IsFloat()) return TypeId::kDouble;
  switch (key.id()) {
    case TypeId::kDate:
    case TypeId::kTimestamp: return TypeId::kTimestamp;
    case TypeId::kTimestampTz:
    case TypeId::kInterval: return key;
    default: return TypeId::kNull;
  }
}

}  // namespace

bool WindowCollector::Makes(ColumnVar id) const {
  return std::any_of(calls.begin(), calls.end(),
                     [&](const Call& call) { return call.column.id == id; });
}

bool WindowCollector::UsedBy(const Expr& expr) const {
  std::vector<size_t> used;
  CollectColumns(expr, &used);
  return std::any_of(used.begin(), used.end(), [&](size_t id) { return Makes(id); });
}

PendingJoins TakeAboveWindows(const WindowCollector& windows, PendingJoins* pending) {
  PendingJoins above, below;
  for (PendingJoin& waiting : *pending) {
    bool uses = false;
    const auto look = [&](ExprPtr& expr) { uses |= windows.UsedBy(*expr); };
    ForEachExprBelow(*waiting.plan, look);
    for (ExprPtr& key : waiting.join.probe_keys) look(key);
    if (waiting.join.residual) look(waiting.join.residual);
    (uses ? above : below).push_back(std::move(waiting));
  }
  *pending = std::move(below);
  return above;
}

StatusOr<BoundWindow> ExprBinder::BindWindowSpec(const ast::WindowSpec& spec) {
  BoundWindow window;
  if (spec.base) {
    const auto& named = context.windows->named;
    auto found = std::find_if(named.begin(), named.end(),
                              [&](const auto& entry) { return entry.first == Folded(*spec.base); });
    if (found == named.end()) {
      return binder.ErrorAt(spec.base->at,
                            fmt::format("window \"{}\" does not exist", spec.base->name));
    }
    window = found->second;
    if (spec.is_name) return window;
    if (!spec.partition_by.empty()) {
      return binder.ErrorAt(
          spec.partition_by[0]->at,
          fmt::format("cannot override PARTITION BY clause of window \"{}\"", spec.base->name));
    }
    if (!window.order_by.empty() && !spec.order_by.empty()) {
      return binder.ErrorAt(
          spec.order_by[0].expr->at,
          fmt::format("cannot override ORDER BY clause of window \"{}\"", spec.base->name));
    }
    if (window.frame) {
      return binder.ErrorAt(
          spec.base->at,
          fmt::format("cannot copy window \"{}\" because it has a frame clause{}", spec.base->name,
                      spec.order_by.empty() && !spec.frame
                          ? "; without the parentheses it is used as it is"
                          : ""));
    }
  }
  // Window functions cannot stand in here; aggregates can.
  WindowCollector* windows = std::exchange(context.windows, nullptr);
  std::string_view clause = std::exchange(context.clause, "window definitions");
  for (const ast::ExprPtr& expr : spec.partition_by) {
    ASSIGN_OR_RETURN(Bound bound, Bind(*expr));
    window.partition_by.push_back(bound.expr);
  }
  for (const ast::OrderItem& item : spec.order_by) {
    ASSIGN_OR_RETURN(Bound bound, Bind(*item.expr));
    window.order_by.push_back(
        {bound.expr, item.descending, item.nulls_first.value_or(item.descending)});
  }
  context.windows = windows;
  context.clause = clause;
  if (spec.frame) window.frame = &*spec.frame;
  return window;
}

Status ExprBinder::BindNamedWindows(
    const std::vector<std::pair<ast::Identifier, ast::WindowSpec>>& windows) {
  for (const auto& [name, spec] : windows) {
    for (const auto& known : context.windows->named) {
      if (known.first == Folded(name)) {
        return binder.ErrorAt(name.at, fmt::format("window \"{}\" is already defined", name.name));
      }
    }
    ASSIGN_OR_RETURN(BoundWindow window, BindWindowSpec(spec));
    // Its frame too must make sense, used or not.
    RETURN_IF_ERROR(BindFrame(window).status());
    context.windows->named.push_back({Folded(name), std::move(window)});
  }
  return OkStatus();
}

// ---- frames -------------------------------------------------------------------------------------

// A BIGINT without columns, for ROWS and GROUPS.
StatusOr<ExprPtr> ExprBinder::BindFrameOffset(const ast::Expr& expr, std::string_view unit) {
  ASSIGN_OR_RETURN(Bound bound, Bind(expr));
  if (!bound.untyped && !bound.expr->type.IsNumeric()) {
    return binder.ErrorAt(expr.at, fmt::format("argument of {} must be type bigint, not type {}",
                                               unit, bound.expr->type.ToString()));
  }
  return Coerce(bound, TypeId::kBigInt, expr.at, true);
}

StatusOr<WindowFrame> ExprBinder::BindFrame(const BoundWindow& window) {
  WindowFrame frame;
  const ast::WindowFrame* spec = window.frame;
  if (spec == nullptr) return frame;
  frame.unit = static_cast<WindowFrame::Unit>(spec->unit);
  frame.start = static_cast<WindowFrame::Bound>(spec->start);
  frame.end = static_cast<WindowFrame::Bound>(spec->end);
  frame.exclusion = static_cast<FrameExclusion>(spec->exclude);
  const bool is_range = spec->unit == ast::WindowFrame::Unit::kRange;
  const std::string_view unit = is_range                                      ? "RANGE"
                                : spec->unit == ast::WindowFrame::Unit::kRows ? "ROWS"
                                                                              : "GROUPS";
  if (unit == "GROUPS" && window.order_by.empty()) {
    return binder.ErrorAt(spec->at, "GROUPS mode requires an ORDER BY clause");
  }
  if (!IsOffset(spec->start) && !IsOffset(spec->end)) return frame;
  if (is_range && window.order_by.size() != 1) {
    return binder.ErrorAt(spec->at,
                          "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY "
                          "column");
  }
  // Offsets see no columns of the query, aggregates or windows.
  const std::string place = fmt::format("window {}", unit);
  std::string_view clause = std::exchange(context.clause, place);
  AggregateCollector* aggregates = std::exchange(context.aggregates, nullptr);
  WindowCollector* windows = std::exchange(context.windows, nullptr);
  if (is_range) {
    RETURN_IF_ERROR(BindRangeFrame(window, &frame));
  } else {
    if (spec->start_offset) {
      ASSIGN_OR_RETURN(frame.start_offset, BindFrameOffset(*spec->start_offset, unit));
    }
    if (spec->end_offset) {
      ASSIGN_OR_RETURN(frame.end_offset, BindFrameOffset(*spec->end_offset, unit));
    }
  }
  context.clause = clause;
  context.aggregates = aggregates;
  context.windows = windows;
  for (auto [offset, written] : {std::pair(frame.start_offset, spec->start_offset.get()),
                                 std::pair(frame.end_offset, spec->end_offset.get())}) {
    std::vector<size_t> used;
    if (offset) CollectColumns(*offset, &used);
    if (!used.empty()) {
      return binder.ErrorAt(written->at,
                            fmt::format("argument of {} must not contain variables", unit));
    }
  }
  return frame;
}

// RANGE with offsets: the key, and per bound the offset in a type that goes with it.
Status ExprBinder::BindRangeFrame(const BoundWindow& window, WindowFrame* frame) {
  const SortKey& key = window.order_by[0];
  const Type key_type = key.expr->type;
  Type type = RangeType(key_type);
  if (type.id() == TypeId::kNull) {
    return binder.ErrorAt(
        window.frame->at,
        fmt::format("RANGE with offset PRECEDING/FOLLOWING is not supported for column type {}",
                    key_type.ToString()));
  }
  const bool by_interval = type.id() == TypeId::kTimestamp || type.id() == TypeId::kTimestampTz ||
                           type.id() == TypeId::kInterval;
  struct Side {
    const ast::Expr* written;
    bool preceding;
    ExprPtr* offset;
    ExprPtr* value;
    Bound bound = {};
  };
  Side sides[] = {{window.frame->start_offset.get(), frame->start == WindowFrame::Bound::kPreceding,
                   &frame->start_offset, &frame->start_value},
                  {window.frame->end_offset.get(), frame->end == WindowFrame::Bound::kPreceding,
                   &frame->end_offset, &frame->end_value}};
  for (Side& side : sides) {
    if (side.written == nullptr) continue;
    ASSIGN_OR_RETURN(side.bound, Bind(*side.written));
    Type offset_type = by_interval ? Type(TypeId::kInterval) : type;
    if (side.bound.untyped) {
      ASSIGN_OR_RETURN(side.bound.expr, Coerce(side.bound, offset_type, side.written->at));
      side.bound.untyped = false;
      continue;
    }
    const Type& given = side.bound.expr->type;
    const bool fits = by_interval                     ? given.id() == TypeId::kInterval
                      : type.IsInteger()              ? given.IsInteger()
                      : type.id() == TypeId::kDecimal ? given.IsNumeric() && !given.IsFloat()
                                                      : given.IsNumeric();
    if (!fits) {
      return binder.ErrorAt(
          side.written->at,
          fmt::format("RANGE with offset PRECEDING/FOLLOWING is not supported for column type {} "
                      "and offset type {}; cast the offset",
                      key_type.ToString(), given.ToString()));
    }
    if (type.id() == TypeId::kDecimal && given.id() == TypeId::kDecimal &&
        given.scale() > type.scale()) {
      type = Type::Decimal(kMaxDecimalPrecision, given.scale());
    }
  }
  auto range_key = MakeCast(key.expr, type);
  if (!range_key.ok()) return binder.Locate(window.frame->at, range_key.status());
  frame->range_key = *range_key;
  for (Side& side : sides) {
    if (side.written == nullptr) continue;
    *side.offset = side.bound.expr;
    if (by_interval) {
      // Before means smaller, unless the order descends.
      const bool subtract = side.preceding != key.descending;
      ASSIGN_OR_RETURN(Bound value,
                       Call(subtract ? "-" : "+", {Bound{frame->range_key}, Bound{side.bound.expr}},
                            side.written->at));
      *side.value = value.expr;
    } else if (!type.IsInteger()) {
      const Type to =
          type.id() == TypeId::kDecimal ? Type::Decimal(kMaxDecimalPrecision, type.scale()) : type;
      ASSIGN_OR_RETURN(*side.offset, Coerce(side.bound, to, side.written->at, true));
    }
  }
  return OkStatus();
}

// ---- calls --------------------------------------------------------------------------------------

// The function and its arguments.
Status ExprBinder::ResolveWindowCall(const ast::FunctionCall& node, const ast::Expr& expr,
                                     WindowExpr* function) {
  const Registry& registry = Registry::Get();
  std::string name = node.name;
  const bool is_aggregate = registry.HasAggregate(name);
  if (!is_aggregate && !registry.HasWindow(name)) {
    if (name == "uniq_exact" || name == "uniqexact") {
      return binder.ErrorAt(expr.at, "DISTINCT is not implemented for window functions");
    }
    if (registry.HasScalar(name)) {
      return binder.ErrorAt(expr.at, fmt::format("OVER specified, but {} is not a window function "
                                                 "nor an aggregate function",
                                                 name));
    }
  }
  if (node.distinct) {
    return binder.ErrorAt(expr.at, "DISTINCT is not implemented for window functions");
  }
  if (!node.within_group.empty()) {
    return binder.ErrorAt(
        expr.at, fmt::format("OVER is not supported for ordered-set aggregate {}", node.name));
  }
  if (!node.order_by.empty()) {
    return binder.ErrorAt(expr.at, "aggregate ORDER BY is not implemented for window functions");
  }
  if (node.filter && !is_aggregate) {
    return binder.ErrorAt(expr.at, "FILTER is not implemented for non-aggregate window functions");
  }
  if (node.star && !is_aggregate) {
    return binder.ErrorAt(expr.at, fmt::format("{}(*) specified, but {} is not an aggregate "
                                               "function",
                                               name, name));
  }
  std::vector<Bound> args;
  std::vector<ArgumentType> types;
  for (const ast::ExprPtr& arg : node.args) {
    ASSIGN_OR_RETURN(Bound bound, Bind(*arg));
    types.push_back(bound.argument());
    args.push_back(std::move(bound));
  }
  std::vector<Type> arg_types;
  if (!is_aggregate && registry.HasWindow(name)) {
    auto resolved = registry.ResolveWindow(name, types);
    if (!resolved.ok()) return binder.Locate(expr.at, resolved.status());
    function->window = *std::move(resolved);
    arg_types = function->window.arg_types;
    function->ignore_nulls = node.ignore_nulls;
  } else {
    auto resolved = registry.ResolveAggregate(name, types);
    if (!resolved.ok()) return binder.Locate(expr.at, resolved.status());
    function->aggregate = *std::move(resolved);
    arg_types = function->aggregate.arg_types;
  }
  if (node.ignore_nulls &&
      (!function->window.function || !function->window.function->ignores_nulls)) {
    return binder.ErrorAt(expr.at, fmt::format("{} takes no IGNORE NULLS; lag, lead, first_value, "
                                               "last_value and nth_value do",
                                               name));
  }
  for (size_t i = 0; i < args.size(); ++i) {
    ASSIGN_OR_RETURN(ExprPtr arg, Coerce(args[i], arg_types[i], node.args[i]->at, true));
    function->args.push_back(std::move(arg));
  }
  if (node.filter) {
    // Neither aggregates nor window functions stand in a FILTER.
    std::string_view clause = std::exchange(context.clause, "FILTER");
    std::string_view condition = std::exchange(context.condition, "");
    AggregateCollector* aggregates = std::exchange(context.aggregates, nullptr);
    WindowCollector* windows = std::exchange(context.windows, nullptr);
    ASSIGN_OR_RETURN(function->filter, BindCondition(*node.filter));
    context.clause = clause;
    context.condition = condition;
    context.aggregates = aggregates;
    context.windows = windows;
  }
  return OkStatus();
}

StatusOr<Bound> ExprBinder::BindWindow(const ast::FunctionCall& node, const ast::Expr& expr) {
  if (!context.windows) {
    std::string_view clause = context.clause == "JOIN/ON" ? "JOIN conditions" : context.clause;
    return binder.ErrorAt(expr.at, fmt::format("window functions are not allowed in {}", clause));
  }
  if (context.inside_aggregate) {
    return binder.ErrorAt(expr.at, "aggregate function calls cannot contain window function calls");
  }
  if (context.inside_window) {
    return binder.ErrorAt(expr.at, "window function calls cannot be nested");
  }
  WindowCollector::Call call;
  call.at = expr.at;
  context.inside_window = true;
  RETURN_IF_ERROR(ResolveWindowCall(node, expr, &call.function));
  ASSIGN_OR_RETURN(call.window, BindWindowSpec(*node.over));
  ASSIGN_OR_RETURN(call.function.frame, BindFrame(call.window));
  context.inside_window = false;
  // Constants tell no rows apart.
  std::erase_if(call.window.partition_by, [](const ExprPtr& key) { return IsConstantKey(*key); });
  std::erase_if(call.window.order_by, [](const SortKey& key) { return IsConstantKey(*key.expr); });
  WindowCollector& collector = *context.windows;
  for (const WindowCollector::Call& other : collector.calls) {
    if (SameWindow(other.window, call.window) && SameFunction(other.function, call.function)) {
      return Bound{ColumnOf(other.column)};
    }
  }
  call.column = binder.NewColumn(PrintExpr(expr), call.function.result_type());
  collector.calls.push_back(std::move(call));
  return Bound{ColumnOf(collector.calls.back().column)};
}

void Binder::ApplyWindows(const WindowCollector& windows, PlanPtr* plan) {
  std::vector<bool> done(windows.calls.size());
  for (size_t i = 0; i < windows.calls.size(); ++i) {
    if (done[i]) continue;
    WindowNode node;
    node.partition_by = windows.calls[i].window.partition_by;
    node.order_by = windows.calls[i].window.order_by;
    std::vector<PlanColumn> output = (*plan)->output;
    for (size_t j = i; j < windows.calls.size(); ++j) {
      const WindowCollector::Call& call = windows.calls[j];
      if (done[j] || !SameWindow(call.window, windows.calls[i].window)) continue;
      done[j] = true;
      node.functions.push_back(call.function);
      output.push_back(call.column);
    }
    *plan = MakePlan(std::move(node), std::move(output), PlanList(std::move(*plan)));
  }
}

}  // namespace shale
