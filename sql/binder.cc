#include "sql/binder.h"

#include "absl/strings/ascii.h"
#include "engine/expr/evaluator.h"
#include "sql/binder_internal.h"
#include "sql/parser.h"

namespace shale {

Binder::Binder(std::string_view sql, const Session* session, Snapshot snapshot)
    : sql_(sql), session_(session), snapshot_(std::move(snapshot)) {}

Status Binder::ErrorAt(ast::Position at, std::string_view message) const {
  return Status(StatusCode::kInvalidArgument,
                at.offset < 0 ? std::string(message) : DescribeError(sql_, at.offset, message));
}

Status Binder::Locate(ast::Position at, const Status& status) const {
  if (at.offset < 0) return status;
  return Status(status.code(), DescribeError(sql_, at.offset, Message(status)));
}

PlanColumn Binder::NewColumn(std::string name, Type type) {
  return PlanColumn{next_column_++, std::move(name), std::move(type)};
}

StatusOr<PlanPtr> Binder::BindQuery(const ast::Select& select) {
  return BindSelect(select, nullptr);
}

StatusOr<Bound> Binder::BindPlain(const ast::Expr& expr, Scope* scope, std::string_view clause) {
  ExprContext context;
  context.scope = scope;
  context.clause = clause;
  return ExprBinder{*this, context}.Bind(expr);
}

Status Binder::BindWhere(const ast::Expr& expr, Scope* scope, PlanPtr* plan) {
  ExprContext context;
  PendingJoins pending;
  context.scope = scope;
  context.clause = "WHERE";
  context.pending = &pending;
  const ColumnVar first_result = next_column_;
  ASSIGN_OR_RETURN(ExprPtr condition, ExprBinder({*this, context}).BindCondition(expr));
  std::vector<ExprPtr> conjuncts;
  SplitConjuncts(condition, &conjuncts);
  const auto add = [&](std::vector<ExprPtr> filters) {
    if (filters.empty()) return;
    std::vector<PlanColumn> output = (*plan)->output;
    *plan = MakePlan(FilterNode{std::move(filters)}, std::move(output), PlanList(std::move(*plan)));
  };
  // What no subquery is needed for keeps rows from the subqueries' joins.
  if (!pending.empty()) {
    std::vector<ExprPtr> plain, rest;
    for (ExprPtr& conjunct : conjuncts) {
      std::vector<size_t> used;
      CollectColumns(*conjunct, &used);
      const bool early = (used.empty() || used.back() < first_result) &&
                         VolatilityOf(*conjunct) != Volatility::kVolatile;
      (early ? plain : rest).push_back(std::move(conjunct));
    }
    add(std::move(plain));
    conjuncts = std::move(rest);
    RETURN_IF_ERROR(ApplyPending(&pending, plan));
  }
  add(std::move(conjuncts));
  return OkStatus();
}

StatusOr<Type> Binder::BindType(const ast::TypeName& name, int32_t* max_length) {
  *max_length = 0;
  if (name.array_depth > 0) {
    ast::TypeName element = name;
    element.array_depth = 0;
    ASSIGN_OR_RETURN(Type type, BindType(element, max_length));
    *max_length = 0;
    for (int depth = 0; depth < name.array_depth; ++depth) type = Type::List(std::move(type));
    return type;
  }
  std::vector<int64_t> modifiers = name.modifiers;
  if (name.name == "varchar" || name.name == "char" || name.name == "character" ||
      name.name == "character varying" || name.name == "bpchar") {
    if (!modifiers.empty()) {
      if (modifiers[0] < 1 || modifiers[0] > 10'485'760) {
        return ErrorAt(name.at,
                       fmt::format("length for type {} must be between 1 and 10485760", name.name));
      }
      *max_length = static_cast<int32_t>(modifiers[0]);
    }
    return Type(TypeId::kText);
  }
  auto type = TypeFromName(name.name, modifiers);
  if (!type.ok()) return Locate(name.at, type.status());
  return type;
}

StatusOr<TableSchemaPtr> Binder::LookupTable(const ast::QualifiedName& name) {
  const ast::Identifier& last = name.parts.back();
  if (name.parts.size() >= 2) {
    const std::string& schema = name.parts[name.parts.size() - 2].name;
    if (absl::AsciiStrToLower(schema) != "public") {
      return ErrorAt(name.parts[0].at, fmt::format("schema \"{}\" does not exist; tables are in "
                                                   "\"public\"",
                                                   schema));
    }
  }
  if (last.quoted) {
    if (TableSchemaPtr table = FindTable(*snapshot_, last.name)) return table;
  } else {
    if (TableSchemaPtr table = FindTable(*snapshot_, absl::AsciiStrToLower(last.name)))
      return table;
    // Else the only case-insensitive match.
    TableSchemaPtr match;
    for (const TableSchemaPtr& table : Tables(*snapshot_)) {
      if (absl::AsciiStrToLower(table->name) != absl::AsciiStrToLower(last.name)) continue;
      if (match) {
        return ErrorAt(
            last.at, fmt::format("table name \"{}\" is ambiguous: it could be {} or {}", last.name,
                                 QuoteIdentifier(match->name), QuoteIdentifier(table->name)));
      }
      match = table;
    }
    if (match) return match;
  }
  std::vector<std::string> names;
  for (const TableSchemaPtr& table : Tables(*snapshot_)) names.push_back(table->name);
  for (const ViewSchema& view : Views(*snapshot_)) names.push_back(view.name);
  std::string message = fmt::format("table \"{}\" does not exist", last.name);
  if (std::string other = Nearest(last.name, names); !other.empty()) {
    message += fmt::format("; did you mean {}?", QuoteIdentifier(other));
  }
  return Status(StatusCode::kNotFound, DescribeError(sql_, last.at.offset, message));
}

StatusOr<PlanPtr> Binder::BindTable(TableSchemaPtr schema, std::string_view alias, Scope* scope) {
  ScanNode scan;
  std::vector<PlanColumn> output;
  ScopeTable table;
  table.name = std::string(alias);
  for (const ColumnSchema& column : schema->columns) {
    scan.columns.push_back(column.id);
    output.push_back(NewColumn(column.name, column.type));
    table.columns.push_back({output.back(), false, false});
  }
  scan.columns.push_back(kSeqColumn);
  output.push_back(NewColumn("_seq", TypeId::kUBigInt));
  table.columns.push_back({output.back(), false, true});
  scope->tables.push_back(std::move(table));
  scan.schema = std::move(schema);
  return MakePlan(std::move(scan), std::move(output), {});
}

}  // namespace shale
