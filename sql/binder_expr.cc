// Expressions: from AST to engine/expr.
#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "engine/expr/evaluator.h"
#include "engine/functions/value_format.h"
#include "engine/functions/value_io.h"
#include "sql/ast_printer.h"
#include "sql/binder_internal.h"
#include "sql/parser.h"

namespace shale {
namespace {

// INTEGER, BIGINT, DECIMAL or DOUBLE, as PostgreSQL types a numeric literal (numeric with an
// exponent that does not fit DECIMAL(38) is DOUBLE here).
StatusOr<Value> NumberLiteral(std::string_view text) {
  int64_t integer = 0;
  if (ParseInt64(text, &integer)) {
    bool small = integer >= INT32_MIN && integer <= INT32_MAX;
    return Value::Int(small ? TypeId::kInteger : TypeId::kBigInt, integer);
  }
  bool exponent = text.find_first_of("eE") != std::string_view::npos;
  if (!exponent) {
    size_t point = text.find('.');
    size_t digits = 0;
    for (char c : text) digits += c >= '0' && c <= '9';
    int scale = point == std::string_view::npos ? 0 : static_cast<int>(text.size() - point - 1);
    int precision = std::max<int>(static_cast<int>(digits), std::max(scale, 1));
    if (precision <= kMaxDecimalPrecision) {
      return ParseBoxed(text, Type::Decimal(precision, scale));
    }
  }
  double number = 0;
  if (!ParseDouble(text, &number)) return ParseError(text, TypeId::kDouble);
  return Value::Float(TypeId::kDouble, number);
}

// What NUMERIC without digits stands for: a value's own digits where they are known, so that
// nothing is cut or padded; else `otherwise`.
Type BareNumeric(const Bound& operand, const Type& otherwise) {
  const Type& type = operand.expr->type;
  if (operand.untyped) {
    if (operand.expr->kind != Expr::Kind::kConstant || operand.expr->value.is_null()) {
      return otherwise;
    }
    const std::string text(absl::StripAsciiWhitespace(operand.expr->value.AsString()));
    if (text.find_first_not_of("+-.0123456789") != std::string::npos) return otherwise;
    auto number = NumberLiteral(text);
    if (!number.ok()) return otherwise;
    if (number->type().id() == TypeId::kDecimal) return number->type();
    return number->type().IsInteger() ? Type::Decimal(19, 0) : otherwise;
  }
  if (type.id() == TypeId::kDecimal) return type;
  if (!type.IsInteger()) return otherwise;
  const bool small =
      type.physical() != PhysicalType::kInt64 && type.physical() != PhysicalType::kUInt64;
  return Type::Decimal(small ? 10 : 20, 0);
}

bool IsTime(const Type& type) {
  return type.id() == TypeId::kDate || type.id() == TypeId::kTimestamp ||
         type.id() == TypeId::kTimestampTz;
}

bool IsObjectType(std::string_view name) {
  return name == "regclass" || name == "regtype" || name == "regproc" || name == "regprocedure" ||
         name == "regnamespace" || name == "regrole" || name == "regoper" ||
         name == "regoperator" || name == "regconfig" || name == "regdictionary" ||
         name == "regcollation";
}

bool IsNegatableNumber(const ast::Expr& expr) {
  const auto* literal = std::get_if<ast::Literal>(&expr.node);
  return literal && literal->kind == ast::Literal::Kind::kNumber && literal->text[0] != '-';
}

}  // namespace

StatusOr<Bound> ExprBinder::Bind(const ast::Expr& expr) {
  if (++context.depth > kMaxNesting) {
    return binder.ErrorAt(
        expr.at, fmt::format("expression is nested more than {} deep (kMaxNesting)", kMaxNesting));
  }
  auto bound = std::visit([&](const auto& node) { return BindNode(node, expr); }, expr.node);
  --context.depth;
  return bound;
}

StatusOr<ExprPtr> ExprBinder::BindCondition(const ast::Expr& expr) {
  ASSIGN_OR_RETURN(Bound bound, Bind(expr));
  if (bound.untyped) return Coerce(bound, TypeId::kBoolean, expr.at);
  if (bound.expr->type.id() != TypeId::kBoolean) {
    return binder.ErrorAt(
        expr.at, fmt::format("argument of {} must be type boolean, not type {}",
                             context.condition.empty() ? context.clause : context.condition,
                             bound.expr->type.ToString()));
  }
  return bound.expr;
}

StatusOr<ExprPtr> ExprBinder::Coerce(const Bound& bound, const Type& type, ast::Position at,
                                     bool is_explicit) {
  if (bound.expr->type == type && !bound.untyped) return bound.expr;
  if (bound.parameter > 0) {
    // The first use that asks for a type settles it, as in PostgreSQL.
    std::optional<Type>& known = (*binder.session_->inferred)[bound.parameter - 1];
    if (!known) known = type;
    return MakeConstant(Value::Null(type));
  }
  if (bound.untyped && bound.expr->kind == Expr::Kind::kConstant) {
    const Value& value = bound.expr->value;
    if (value.is_null()) return MakeConstant(Value::Null(type));
    if (type.id() == TypeId::kText) return MakeConstant(Value::Text(value.AsString()));
    if (IsTime(type)) {
      ASSIGN_OR_RETURN(ExprPtr clock, BindClockWord(value.AsString(), type, at));
      if (clock) return clock;
    }
    auto parsed = ParseBoxed(value.AsString(), type, binder.session_->time_zone());
    if (!parsed.ok()) return binder.Locate(at, parsed.status());
    return MakeConstant(*std::move(parsed));
  }
  if (!is_explicit && !ImplicitCastCost(bound.argument(), type)) {
    return binder.ErrorAt(
        at, fmt::format("expression is of type {} but {} is needed; write "
                        "CAST(… AS {})",
                        bound.expr->type.ToString(), type.ToString(), type.ToString()));
  }
  auto cast = MakeCast(bound.expr, type);
  if (!cast.ok()) return binder.Locate(at, cast.status());
  if (bound.expr->kind == Expr::Kind::kConstant) return FoldConstants(*cast, nullptr);
  return *cast;
}

StatusOr<Type> ExprBinder::CommonOf(const std::vector<Bound>& items,
                                    const std::vector<ast::Position>& at) {
  ArgumentType common = items[0].argument();
  for (size_t i = 1; i < items.size(); ++i) {
    auto type = CommonType(common, items[i].argument());
    if (!type.ok()) return binder.Locate(at[i], type.status());
    bool untyped = common.untyped_literal && items[i].untyped;
    common = {*type, untyped};
  }
  if (common.type.id() == TypeId::kNull) return Type(TypeId::kText);
  return common.type;
}

StatusOr<Bound> ExprBinder::BindNode(const ast::Literal& node, const ast::Expr& expr) {
  switch (node.kind) {
    case ast::Literal::Kind::kNull: return Bound{MakeConstant(Value::Null(TypeId::kText)), true};
    case ast::Literal::Kind::kTrue: return Bound{MakeConstant(Value::Bool(true))};
    case ast::Literal::Kind::kFalse: return Bound{MakeConstant(Value::Bool(false))};
    case ast::Literal::Kind::kString: return Bound{MakeConstant(Value::Text(node.text)), true};
    case ast::Literal::Kind::kNumber: {
      auto value = NumberLiteral(node.text);
      if (!value.ok()) return binder.Locate(expr.at, value.status());
      return Bound{MakeConstant(*std::move(value))};
    }
    case ast::Literal::Kind::kDefault:
      return binder.ErrorAt(expr.at, "DEFAULT is only allowed in the VALUES of an INSERT");
    case ast::Literal::Kind::kTyped: {
      int32_t max_length = 0;
      ASSIGN_OR_RETURN(Type type, binder.BindType(*node.type, &max_length));
      if (IsTime(type)) {
        ASSIGN_OR_RETURN(ExprPtr clock, BindClockWord(node.text, type, expr.at));
        if (clock) return AsWrittenType(Bound{clock}, *node.type, expr.at);
      }
      if (type.id() == TypeId::kDecimal && node.type->modifiers.empty()) {
        type = BareNumeric(Bound{MakeConstant(Value::Text(node.text)), true}, type);
      }
      auto value = ParseBoxed(node.text, type, binder.session_->time_zone());
      if (!value.ok()) return binder.Locate(expr.at, value.status());
      return AsWrittenType(Bound{MakeConstant(*std::move(value))}, *node.type, expr.at);
    }
  }
  return binder.ErrorAt(expr.at, "unknown literal");
}

StatusOr<Bound> ExprBinder::BindNode(const ast::ColumnRef& node, const ast::Expr&) {
  const ast::Identifier& last = node.parts.back();
  auto matches = [](const ast::Identifier& id, const std::string& name, bool exact) {
    if (id.quoted) return exact && id.name == name;
    std::string folded = absl::AsciiStrToLower(id.name);
    return exact ? folded == name : folded == absl::AsciiStrToLower(name);
  };
  std::vector<std::string> near;
  for (Scope* scope = context.scope; scope; scope = scope->outer) {
    // The exact (folded) name first, else the only case-insensitive match.
    for (bool exact : {true, false}) {
      const ScopeColumn* found = nullptr;
      std::vector<std::string> candidates;
      for (const ScopeTable& table : scope->tables) {
        if (node.parts.size() > 1) {
          const ast::Identifier& qualifier = node.parts[node.parts.size() - 2];
          if (!matches(qualifier, table.name, true) && !matches(qualifier, table.name, false)) {
            continue;
          }
        }
        for (const ScopeColumn& column : table.columns) {
          if (node.parts.size() == 1 && column.hidden) continue;
          if (!matches(last, column.column.name, exact)) continue;
          candidates.push_back(table.name.empty()
                                   ? QuoteIdentifier(column.column.name)
                                   : table.name + "." + QuoteIdentifier(column.column.name));
          found = &column;
        }
      }
      if (candidates.size() > 1) {
        return binder.ErrorAt(
            last.at, fmt::format("column reference \"{}\" is ambiguous: it could be {}", last.name,
                                 absl::StrJoin(candidates, ", ")));
      }
      if (found) {
        binder.column_positions_[found->column.id] = last.at;
        return Bound{ColumnOf(found->column)};
      }
    }
    for (const ScopeTable& table : scope->tables) {
      for (const ScopeColumn& column : table.columns) near.push_back(column.column.name);
    }
  }
  if (context.aliases && node.parts.size() == 1) {
    for (const SelectAlias& alias : *context.aliases) {
      if (matches(last, alias.name, true)) {
        const std::vector<SelectAlias>* aliases = std::exchange(context.aliases, nullptr);
        auto bound = Bind(*alias.expr);
        context.aliases = aliases;
        return bound;
      }
    }
    for (const SelectAlias& alias : *context.aliases) near.push_back(alias.name);
  }
  std::string name = last.name;
  if (node.parts.size() > 1) name = node.parts[node.parts.size() - 2].name + "." + name;
  std::string message = fmt::format("column \"{}\" does not exist", name);
  if (std::string other = Nearest(last.name, near); !other.empty()) {
    message += fmt::format("; did you mean {}?", QuoteIdentifier(other));
  }
  return binder.ErrorAt(node.parts[0].at, message);
}

StatusOr<Bound> ExprBinder::BindNode(const ast::Star&, const ast::Expr& expr) {
  return binder.ErrorAt(expr.at, "* stands for all columns only in a SELECT list and in count(*)");
}

StatusOr<Bound> ExprBinder::BindNode(const ast::Parameter& node, const ast::Expr& expr) {
  if (auto* inferred = binder.session_->inferred) {
    if (static_cast<size_t>(node.index) > inferred->size()) inferred->resize(node.index);
    const std::optional<Type>& known = (*inferred)[node.index - 1];
    Bound bound{MakeConstant(Value::Null(known.value_or(TypeId::kText))), !known};
    bound.parameter = known ? 0 : node.index;
    return bound;
  }
  const auto& parameters = binder.session_->parameters;
  if (static_cast<size_t>(node.index) <= parameters.size()) {
    const Session::Parameter& parameter = parameters[node.index - 1];
    return Bound{MakeConstant(parameter.value), parameter.untyped};
  }
  return binder.ErrorAt(expr.at,
                        fmt::format("there is no parameter ${}: PREPARE the statement and give the "
                                    "value to EXECUTE",
                                    node.index));
}

StatusOr<Bound> ExprBinder::BindNode(const ast::Unary& node, const ast::Expr& expr) {
  if (node.op == "-" && IsNegatableNumber(*node.operand)) {
    auto value = NumberLiteral("-" + std::get<ast::Literal>(node.operand->node).text);
    if (!value.ok()) return binder.Locate(expr.at, value.status());
    return Bound{MakeConstant(*std::move(value))};
  }
  if (node.op == "not") {
    ASSIGN_OR_RETURN(Bound operand, Bind(*node.operand));
    if (!operand.untyped && operand.expr->type.id() != TypeId::kBoolean) {
      return binder.ErrorAt(expr.at,
                            fmt::format("argument of NOT must be type boolean, not type {}",
                                        operand.expr->type.ToString()));
    }
    return Call("not", {std::move(operand)}, expr.at, {node.operand->at});
  }
  if (node.op == "variadic") {
    return binder.ErrorAt(expr.at, "VARIADIC goes with the last argument of a function");
  }
  ASSIGN_OR_RETURN(Bound operand, Bind(*node.operand));
  return Call(node.op, {std::move(operand)}, expr.at, {node.operand->at});
}

// a AND b AND c … arrives as a left-deep chain: bound in a loop, so that a long one needs no stack.
StatusOr<Bound> ExprBinder::BindChain(const ast::Binary& node) {
  std::vector<const ast::Expr*> operands = {node.right.get()};
  const ast::Expr* left = node.left.get();
  while (true) {
    const auto* inner = std::get_if<ast::Binary>(&left->node);
    if (!inner || inner->op != node.op) break;
    operands.push_back(inner->right.get());
    left = inner->left.get();
  }
  operands.push_back(left);
  std::reverse(operands.begin(), operands.end());
  std::string upper = absl::AsciiStrToUpper(node.op);
  std::string_view clause = std::exchange(context.condition, upper);
  std::vector<ExprPtr> args;
  for (const ast::Expr* operand : operands) {
    ASSIGN_OR_RETURN(ExprPtr arg, BindCondition(*operand));
    args.push_back(std::move(arg));
  }
  context.condition = clause;
  return Bound{node.op == "and" ? MakeAnd(std::move(args)) : MakeOr(std::move(args))};
}

StatusOr<Bound> ExprBinder::BindNode(const ast::Binary& node, const ast::Expr& expr) {
  if (node.op == "and" || node.op == "or") return BindChain(node);
  const auto compares_rows = [](const ast::Binary& binary) {
    return AsRow(*binary.left) || AsRow(*binary.right);
  };
  if (compares_rows(node)) return BindRowComparison(node, expr);
  // Other chains (a || b || c …) bind iteratively down the left side too.
  std::vector<const ast::Expr*> spine = {&expr};
  while (true) {
    const auto& binary = std::get<ast::Binary>(spine.back()->node);
    const auto* left = std::get_if<ast::Binary>(&binary.left->node);
    if (!left || left->op == "and" || left->op == "or" || compares_rows(*left)) break;
    spine.push_back(binary.left.get());
  }
  ASSIGN_OR_RETURN(Bound left, Bind(*std::get<ast::Binary>(spine.back()->node).left));
  for (auto it = spine.rbegin(); it != spine.rend(); ++it) {
    const auto& binary = std::get<ast::Binary>((*it)->node);
    ASSIGN_OR_RETURN(Bound right, Bind(*binary.right));
    std::string name = binary.op;
    if (name == "is distinct from") name = "is_distinct_from";
    if (name == "is not distinct from") name = "is_not_distinct_from";
    ASSIGN_OR_RETURN(left, Call(name, {std::move(left), std::move(right)}, (*it)->at,
                                {binary.left->at, binary.right->at}));
  }
  return left;
}

StatusOr<Bound> ExprBinder::BindNode(const ast::IsTest& node, const ast::Expr& expr) {
  if (AsRow(*node.operand)) return BindRowNullTest(node, expr);
  ASSIGN_OR_RETURN(Bound operand, Bind(*node.operand));
  using What = ast::IsTest::What;
  std::string name;
  switch (node.what) {
    case What::kNull: name = node.negated ? "is_not_null" : "is_null"; break;
    case What::kUnknown: name = node.negated ? "is_not_null" : "is_null"; break;
    case What::kTrue: name = node.negated ? "is_not_true" : "is_true"; break;
    case What::kFalse: name = node.negated ? "is_not_false" : "is_false"; break;
  }
  return Call(name, {std::move(operand)}, expr.at, {node.operand->at});
}

StatusOr<Bound> ExprBinder::BindNode(const ast::Between& node, const ast::Expr& expr) {
  if (AsRow(*node.operand)) return BindRowBetween(node, expr);
  ASSIGN_OR_RETURN(Bound operand, Bind(*node.operand));
  ASSIGN_OR_RETURN(Bound low, Bind(*node.low));
  ASSIGN_OR_RETURN(Bound high, Bind(*node.high));
  auto range = [&](const Bound& from, const Bound& to) -> StatusOr<ExprPtr> {
    ASSIGN_OR_RETURN(Bound above,
                     Call(">=", {operand, from}, expr.at, {node.operand->at, node.low->at}));
    ASSIGN_OR_RETURN(Bound below,
                     Call("<=", {operand, to}, expr.at, {node.operand->at, node.high->at}));
    return MakeAnd({above.expr, below.expr});
  };
  ASSIGN_OR_RETURN(ExprPtr result, range(low, high));
  if (node.symmetric) {
    ASSIGN_OR_RETURN(ExprPtr swapped, range(high, low));
    result = MakeOr({result, swapped});
  }
  if (node.negated) return Call("not", {Bound{result}}, expr.at);
  return Bound{result};
}

StatusOr<Bound> ExprBinder::BindNode(const ast::Like& node, const ast::Expr& expr) {
  ASSIGN_OR_RETURN(Bound operand, Bind(*node.operand));
  ASSIGN_OR_RETURN(Bound pattern, Bind(*node.pattern));
  std::vector<Bound> args = {std::move(operand), std::move(pattern)};
  if (node.escape) {
    ASSIGN_OR_RETURN(Bound escape, Bind(*node.escape));
    args.push_back(std::move(escape));
  }
  if (node.similar) {
    ASSIGN_OR_RETURN(Bound similar, Call("similar_to", std::move(args), expr.at));
    if (node.negated) return Call("not", {similar}, expr.at);
    return similar;
  }
  std::string name = node.negated ? "not_" : "";
  name += node.case_insensitive ? "ilike" : "like";
  return Call(name, std::move(args), expr.at, {node.operand->at, node.pattern->at});
}

StatusOr<Bound> ExprBinder::BindNode(const ast::InList& node, const ast::Expr& expr) {
  if (AsRow(*node.operand)) return BindRowIn(node, expr);
  std::vector<Bound> items;
  std::vector<ast::Position> positions = {node.operand->at};
  ASSIGN_OR_RETURN(Bound operand, Bind(*node.operand));
  items.push_back(std::move(operand));
  for (const ast::ExprPtr& item : node.items) {
    ASSIGN_OR_RETURN(Bound bound, Bind(*item));
    items.push_back(std::move(bound));
    positions.push_back(item->at);
  }
  // The operand's own type when every constant fits it, so that the column is compared as stored.
  const Type own = items[0].expr->type;
  bool fits = !items[0].untyped;
  std::vector<ExprPtr> narrowed;
  for (size_t i = 1; fits && i < items.size(); ++i) {
    const Bound& item = items[i];
    if (item.untyped || item.expr->type == own) {
      ASSIGN_OR_RETURN(ExprPtr same, Coerce(item, own, positions[i]));
      narrowed.push_back(std::move(same));
    } else if (item.expr->kind == Expr::Kind::kConstant && own.IsInteger() &&
               item.expr->type.IsInteger()) {
      ASSIGN_OR_RETURN(ExprPtr cast, MakeCast(item.expr, own));
      ExprPtr folded = FoldConstants(cast, nullptr);
      fits = folded->kind == Expr::Kind::kConstant;
      narrowed.push_back(std::move(folded));
    } else {
      fits = false;
    }
  }
  Type common = own;
  if (!fits) {
    ASSIGN_OR_RETURN(common, CommonOf(items, positions));
    narrowed.clear();
    for (size_t i = 1; i < items.size(); ++i) {
      ASSIGN_OR_RETURN(ExprPtr same, Coerce(items[i], common, positions[i], true));
      narrowed.push_back(std::move(same));
    }
  }
  std::vector<Bound> args;
  ASSIGN_OR_RETURN(ExprPtr first, Coerce(items[0], common, positions[0], true));
  args.push_back(Bound{first});
  for (ExprPtr& item : narrowed) args.push_back(Bound{std::move(item)});
  Bound in;
  if (args.size() == 2) {
    ASSIGN_OR_RETURN(in, Call("=", std::move(args), expr.at));
  } else {
    ASSIGN_OR_RETURN(in, Call("in", std::move(args), expr.at));
  }
  if (node.negated) return Call("not", {in}, expr.at);
  return in;
}

StatusOr<Bound> ExprBinder::BindNode(const ast::InSubquery& node, const ast::Expr& expr) {
  ASSIGN_OR_RETURN(Bound in, BindAny(*node.operand, "=", *node.query, expr.at));
  if (node.negated) return Call("not", {in}, expr.at);
  return in;
}

StatusOr<Bound> ExprBinder::BindNode(const ast::Exists& node, const ast::Expr& expr) {
  return BindExists(*node.query, expr.at);
}

StatusOr<Bound> ExprBinder::BindNode(const ast::ScalarSubquery& node, const ast::Expr& expr) {
  return BindScalarSubquery(*node.query, expr.at);
}

StatusOr<Bound> ExprBinder::BindNode(const ast::Case& node, const ast::Expr& expr) {
  std::vector<ExprPtr> conditions;
  std::vector<Bound> results;
  std::vector<ast::Position> positions;
  Bound operand;
  if (node.operand) {
    ASSIGN_OR_RETURN(operand, Bind(*node.operand));
  }
  for (const auto& [when, then] : node.whens) {
    if (node.operand) {
      ASSIGN_OR_RETURN(Bound value, Bind(*when));
      ASSIGN_OR_RETURN(Bound equal, Call("=", {operand, value}, when->at));
      conditions.push_back(equal.expr);
    } else {
      std::string_view clause = std::exchange(context.condition, "CASE/WHEN");
      ASSIGN_OR_RETURN(ExprPtr condition, BindCondition(*when));
      context.condition = clause;
      conditions.push_back(std::move(condition));
    }
    ASSIGN_OR_RETURN(Bound result, Bind(*then));
    results.push_back(std::move(result));
    positions.push_back(then->at);
  }
  if (node.otherwise) {
    ASSIGN_OR_RETURN(Bound result, Bind(*node.otherwise));
    results.push_back(std::move(result));
    positions.push_back(node.otherwise->at);
  } else {
    results.push_back(Bound{MakeConstant(Value::Null(TypeId::kText)), true});
    positions.push_back(expr.at);
  }
  ASSIGN_OR_RETURN(Type type, CommonOf(results, positions));
  auto result = std::make_shared<Expr>();
  result->kind = Expr::Kind::kCase;
  result->type = type;
  for (size_t i = 0; i < results.size(); ++i) {
    if (i < conditions.size()) result->args.push_back(conditions[i]);
    ASSIGN_OR_RETURN(ExprPtr arg, Coerce(results[i], type, positions[i], true));
    result->args.push_back(std::move(arg));
  }
  return Bound{result};
}

// regclass and its relatives: a name becomes the object's id, an id the name that it prints as.
StatusOr<std::optional<Bound>> ExprBinder::BindObjectCast(const ast::Cast& node,
                                                          const ast::Expr& expr) {
  if (node.type.array_depth > 0) return std::optional<Bound>();
  if (IsObjectType(node.type.name)) {
    ASSIGN_OR_RETURN(Bound operand, Bind(*node.operand));
    const bool by_name = operand.untyped || operand.expr->type.id() == TypeId::kText;
    Bound kind{MakeConstant(Value::Text(node.type.name))};
    ASSIGN_OR_RETURN(Bound made, Call(by_name ? "shale_object_id" : "shale_object_name",
                                      {std::move(kind), std::move(operand)}, expr.at,
                                      {node.operand->at, node.operand->at}));
    return std::optional<Bound>(std::move(made));
  }
  // 't'::regclass::text is the name again, oid::regclass::oid the id.
  const auto* inner = std::get_if<ast::Cast>(&node.operand->node);
  if (!inner || inner->type.array_depth > 0 || !IsObjectType(inner->type.name)) {
    return std::optional<Bound>();
  }
  ASSIGN_OR_RETURN(Bound object, Bind(*node.operand));
  const bool is_id = object.expr->type.id() == TypeId::kUInteger;
  const bool wants_text = node.type.name == "text" || node.type.name == "varchar" ||
                          node.type.name == "name" || node.type.name == "char";
  if (is_id != wants_text) return std::optional<Bound>();
  Bound kind{MakeConstant(Value::Text(inner->type.name))};
  ASSIGN_OR_RETURN(Bound made, Call(is_id ? "shale_object_name" : "shale_object_id",
                                    {std::move(kind), std::move(object)}, expr.at,
                                    {node.operand->at, node.operand->at}));
  return std::optional<Bound>(std::move(made));
}

StatusOr<Bound> ExprBinder::BindNode(const ast::Cast& node, const ast::Expr& expr) {
  ASSIGN_OR_RETURN(std::optional<Bound> object, BindObjectCast(node, expr));
  if (object) return *std::move(object);
  int32_t max_length = 0;
  ASSIGN_OR_RETURN(Type type, binder.BindType(node.type, &max_length));
  if (const auto* array = std::get_if<ast::ArrayLiteral>(&node.operand->node);
      array != nullptr && type.id() == TypeId::kList && !node.try_cast) {
    return BindArrayAs(*array, type, expr.at);
  }
  ASSIGN_OR_RETURN(Bound operand, Bind(*node.operand));
  if (type.id() == TypeId::kDecimal && node.type.modifiers.empty()) {
    type = BareNumeric(operand, type);
  }
  ExprPtr cast;
  if (operand.untyped && !node.try_cast) {
    ASSIGN_OR_RETURN(cast, Coerce(operand, type, node.operand->at));
  } else {
    auto made = MakeCast(operand.expr, type, node.try_cast);
    if (!made.ok()) return binder.Locate(expr.at, made.status());
    cast = *std::move(made);
  }
  if (max_length > 0) {
    // An explicit cast to VARCHAR(n) cuts, as in PostgreSQL.
    return Call("left",
                {Bound{cast}, Bound{MakeConstant(Value::Int(TypeId::kInteger, max_length))}},
                expr.at);
  }
  return AsWrittenType(Bound{cast}, node.type, expr.at);
}

StatusOr<Bound> ExprBinder::BindNode(const ast::Row&, const ast::Expr& expr) {
  return binder.ErrorAt(expr.at,
                        "a row is no value of its own: compare it with another row, or select its "
                        "columns");
}

StatusOr<Bound> ExprBinder::BindNode(const ast::Collate& node, const ast::Expr& expr) {
  const std::string& name = node.collation.parts.back().name;
  if (name != "C" && name != "POSIX" && name != "ucs_basic" && name != "default") {
    return binder.ErrorAt(expr.at, fmt::format("collation \"{}\" is not supported; text compares "
                                               "bytewise, as in COLLATE \"C\"",
                                               name));
  }
  return Bind(*node.operand);
}

}  // namespace shale
