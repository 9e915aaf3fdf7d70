// Expressions. Chains of operators are walked in a loop, never by recursion, so only what really
// nests uses the stack.
#include <bit>

#include "sql/parser_build.h"

namespace shale {
namespace {

using T = ShaleParser;

// An AND or OR chain longer than this becomes a balanced tree: both are associative, and the
// tree's depth then is the logarithm of its length.
constexpr size_t kMaxLopsidedChain = 16;

bool IsComparison(const antlr4::Token* op) {
  if (op == nullptr) return false;
  switch (op->getType()) {
    case T::EQ:
    case T::NE:
    case T::LT:
    case T::GT:
    case T::LE:
    case T::GE: return true;
    default: return false;
  }
}

bool IsConnective(const antlr4::Token* op) {
  return op != nullptr && (op->getType() == T::K_AND || op->getType() == T::K_OR);
}

}  // namespace

ast::ExprPtr AstBuilder::Operator(std::string op, const antlr4::Token* at, ast::ExprPtr left,
                                  ast::ExprPtr right, const antlr4::ParserRuleContext* context) {
  const ast::Position begin = At(context->start);
  return Make(ast::Binary{std::move(op), std::move(left), std::move(right)}, At(at), begin,
              EndOf(context));
}

ast::ExprPtr AstBuilder::BuildExpr(P::ExprContext* context) {
  if (IsConnective(context->op)) return BuildChain(context);
  if (context->op == nullptr) return BuildValue(context->valueExpr(0));
  if (context->op->getType() == T::K_NOT) {
    Level level(this, 1, context);
    if (!level.ok()) return nullptr;
    return Make(ast::Unary{"not", BuildExpr(context->right)}, context);
  }
  std::vector<P::ExprContext*> steps;
  P::ExprContext* base = context;
  while (base->operand != nullptr && !IsConnective(base->op)) {
    steps.push_back(base);
    base = base->operand;
  }
  Level level(this, steps.size(), context);
  if (!level.ok()) return nullptr;
  ast::ExprPtr expr = BuildExpr(base);
  for (size_t i = steps.size(); i-- > 0 && status_.ok();) {
    expr = BuildPostfixed(steps[i], std::move(expr));
  }
  return expr;
}

// a AND b AND c, or with OR.
ast::ExprPtr AstBuilder::BuildChain(P::ExprContext* context) {
  const size_t op = context->op->getType();
  const std::string name = op == T::K_AND ? "and" : "or";
  std::vector<P::ExprContext*> items;
  std::vector<const antlr4::Token*> operators;
  P::ExprContext* first = context;
  for (; first->op != nullptr && first->op->getType() == op; first = first->operand) {
    items.push_back(first->right);
    operators.push_back(first->op);
  }
  items.push_back(first);
  std::reverse(items.begin(), items.end());
  std::reverse(operators.begin(), operators.end());
  const bool balanced = items.size() > kMaxLopsidedChain;
  Level level(this, balanced ? std::bit_width(items.size()) : items.size() - 1, context);
  if (!level.ok()) return nullptr;
  std::vector<ast::ExprPtr> built;
  built.reserve(items.size());
  for (P::ExprContext* item : items) {
    built.push_back(BuildExpr(item));
    if (!status_.ok()) return nullptr;
  }
  const auto join = [&](ast::ExprPtr left, ast::ExprPtr right, const antlr4::Token* at) {
    const ast::Position begin = left->begin, end = right->end;
    return Make(ast::Binary{name, std::move(left), std::move(right)}, At(at), begin, end);
  };
  if (!balanced) {
    ast::ExprPtr expr = std::move(built[0]);
    for (size_t i = 1; i < built.size(); ++i) {
      expr = join(std::move(expr), std::move(built[i]), operators[i - 1]);
    }
    return expr;
  }
  const auto combine = [&](const auto& self, size_t from, size_t to) -> ast::ExprPtr {
    if (to - from == 1) return std::move(built[from]);
    const size_t middle = from + (to - from) / 2;
    ast::ExprPtr left = self(self, from, middle);
    return join(std::move(left), self(self, middle, to), operators[middle - 1]);
  };
  return combine(combine, 0, built.size());
}

// One step of a chain of comparisons, tests and the like upon `operand`.
ast::ExprPtr AstBuilder::BuildPostfixed(P::ExprContext* context, ast::ExprPtr operand) {
  const bool negated = context->neg != nullptr;
  switch (context->op->getType()) {
    case T::K_BETWEEN: {
      ast::Between between;
      between.operand = std::move(operand);
      between.low = BuildValue(context->low);
      between.high = BuildValue(context->high);
      between.negated = negated;
      between.symmetric =
          context->symmetry != nullptr && context->symmetry->getType() == T::K_SYMMETRIC;
      return Make(std::move(between), context);
    }
    case T::K_IN:
      if (context->query() != nullptr) {
        return Make(ast::InSubquery{std::move(operand), BuildQuery(context->query()), negated},
                    context);
      }
      return Make(ast::InList{std::move(operand), BuildList(context->exprList()), negated},
                  context);
    case T::K_LIKE:
    case T::K_ILIKE:
    case T::K_SIMILAR: {
      ast::Like like;
      like.operand = std::move(operand);
      like.pattern = BuildValue(context->low);
      if (context->high != nullptr) like.escape = BuildValue(context->high);
      like.negated = negated;
      like.case_insensitive = context->op->getType() == T::K_ILIKE;
      like.similar = context->op->getType() == T::K_SIMILAR;
      return Make(std::move(like), context);
    }
    case T::K_ISNULL:
    case T::K_NOTNULL:
      return Make(ast::IsTest{ast::IsTest::What::kNull, context->op->getType() == T::K_NOTNULL,
                              std::move(operand)},
                  context);
    case T::K_OVERLAPS: return BuildOverlaps(context, std::move(operand));
    case T::K_IS: {
      if (context->right != nullptr) {
        return Operator(negated ? "is not distinct from" : "is distinct from", context->op,
                        std::move(operand), BuildExpr(context->right), context);
      }
      ast::IsTest test;
      test.negated = negated;
      test.operand = std::move(operand);
      switch (context->what->getType()) {
        case T::K_TRUE: test.what = ast::IsTest::What::kTrue; break;
        case T::K_FALSE: test.what = ast::IsTest::What::kFalse; break;
        case T::K_UNKNOWN: test.what = ast::IsTest::What::kUnknown; break;
        default: test.what = ast::IsTest::What::kNull;
      }
      return Make(std::move(test), context);
    }
    default: break;
  }
  if (context->operand != nullptr && IsComparison(context->operand->op)) {
    Fail(context->op,
         "comparisons cannot be chained: write a < b AND b < c, or put one in parentheses");
  }
  std::string op(Text(context->op));
  if (op == "!=") op = "<>";
  if (context->quantifier != nullptr) {
    ast::Quantified quantified;
    quantified.operand = std::move(operand);
    quantified.op = std::move(op);
    quantified.all = context->quantifier->getType() == T::K_ALL;
    if (context->query() != nullptr) {
      quantified.query = BuildQuery(context->query());
    } else {
      quantified.array = BuildExpr(context->array);
    }
    return Make(std::move(quantified), context);
  }
  return Operator(std::move(op), context->op, std::move(operand), BuildExpr(context->right),
                  context);
}

// (start, end) OVERLAPS (start, end): a call of overlaps with the four.
ast::ExprPtr AstBuilder::BuildOverlaps(P::ExprContext* context, ast::ExprPtr operand) {
  ast::ExprPtr right = BuildExpr(context->right);
  if (!status_.ok()) return nullptr;
  ast::FunctionCall call;
  call.name = "overlaps";
  for (ast::ExprPtr* side : {&operand, &right}) {
    auto* row = std::get_if<ast::Row>(&(*side)->node);
    if (row == nullptr || row->items.size() != 2) {
      Fail(context->op, "OVERLAPS stands between two pairs: (start, end) OVERLAPS (start, end)");
      return nullptr;
    }
    for (ast::ExprPtr& item : row->items) call.args.push_back(std::move(item));
  }
  return Make(std::move(call), context);
}

ast::ExprPtr AstBuilder::BuildValue(P::ValueExprContext* context) {
  std::vector<P::ValueExprContext*> steps;
  P::ValueExprContext* base = context;
  for (; base->operand != nullptr; base = base->operand) steps.push_back(base);
  Level level(this, steps.size() + 1, context);
  if (!level.ok()) return nullptr;
  ast::ExprPtr expr;
  if (base->op != nullptr) {
    std::string op(Text(base->op));
    expr = Make(ast::Unary{std::move(op), BuildValue(base->right)}, base);
  } else {
    expr = BuildPrimary(base->primary());
  }
  for (size_t i = steps.size(); i-- > 0 && status_.ok();) {
    expr = BuildValueStep(steps[i], std::move(expr));
  }
  return expr;
}

ast::ExprPtr AstBuilder::BuildValueStep(P::ValueExprContext* context, ast::ExprPtr operand) {
  switch (context->op->getType()) {
    case T::TYPECAST:
      return Make(ast::Cast{std::move(operand), BuildType(context->typeName()), false}, context);
    case T::LBRACKET: {
      ast::Subscript subscript;
      subscript.operand = std::move(operand);
      subscript.slice = context->slice != nullptr;
      if (!subscript.slice) {
        subscript.index = BuildExpr(context->index);
      } else {
        if (context->low != nullptr) subscript.index = BuildExpr(context->low);
        if (context->high != nullptr) subscript.upper = BuildExpr(context->high);
      }
      return Make(std::move(subscript), context);
    }
    case T::K_COLLATE:
      return Make(ast::Collate{std::move(operand), Qualified(context->collation)}, context);
    case T::K_AT: {
      ast::FunctionCall call;
      call.name = "timezone";
      call.args.push_back(BuildValue(context->right));
      call.args.push_back(std::move(operand));
      return Make(std::move(call), context);
    }
    default: break;
  }
  std::string op(Text(context->named != nullptr ? context->named->start : context->op));
  if (op == "!=") op = "<>";
  ast::ExprPtr right = BuildValue(context->right);
  if (op.find("~~") != std::string::npos) {  // LIKE's own operators
    ast::Like like;
    like.operand = std::move(operand);
    like.pattern = std::move(right);
    like.negated = op[0] == '!';
    like.case_insensitive = op.back() == '*';
    return Make(std::move(like), context);
  }
  return Operator(std::move(op), context->op, std::move(operand), std::move(right), context);
}

std::vector<ast::ExprPtr> AstBuilder::BuildList(P::ExprListContext* context) {
  std::vector<ast::ExprPtr> list;
  if (context == nullptr) return list;
  for (P::ExprListItemContext* item : context->exprListItem()) {
    if (item->argument != nullptr) {  // name => value
      ast::ExprPtr name = Make(ast::ColumnRef{{Name(item->argument)}}, item->argument);
      ast::ExprPtr value = BuildExpr(item->expr());
      if (status_.ok()) {
        list.push_back(Make(ast::Binary{"=>", std::move(name), std::move(value)}, At(item->op),
                            At(item->start), EndOf(item)));
      }
    } else if (item->variadic != nullptr) {
      ast::ExprPtr array = BuildExpr(item->expr());
      if (status_.ok()) list.push_back(Make(ast::Unary{"variadic", std::move(array)}, item));
    } else if (item->expr() != nullptr) {
      list.push_back(BuildExpr(item->expr()));
    } else {
      AppendLiterals(folded_.ranges[Lexed(item->start).payload], &list);
    }
    if (!status_.ok()) break;
  }
  return list;
}

ast::ExprPtr AstBuilder::BuildPrimary(P::PrimaryContext* context) {
  switch (context->start->getType()) {
    case T::LPAREN: {
      std::vector<ast::ExprPtr> items = BuildList(context->exprList());
      if (context->field != nullptr) {
        // What _pg_expandarray gives is the one composite value there is: an array of x and n.
        const std::string field = LowerName(context->field);
        if (items.size() != 1 || (field != "x" && field != "n")) {
          Fail(context->field->start,
               fmt::format("there is no composite value here that has a field \"{}\"", field));
          return nullptr;
        }
        ast::Subscript part;
        part.operand = std::move(items[0]);
        part.index =
            Make(ast::Literal{ast::Literal::Kind::kNumber, field == "x" ? "1" : "2", std::nullopt},
                 At(context->field->start), At(context->field->start), EndOf(context));
        return Make(std::move(part), context);
      }
      if (items.size() == 1) {
        if (items[0] != nullptr) items[0]->in_parentheses = true;
        return std::move(items[0]);
      }
      return Make(ast::Row{std::move(items)}, context);
    }
    case T::ROW_CONSTRUCTOR: return Make(ast::Row{BuildList(context->exprList())}, context);
    case T::QPAREN: return Make(ast::ScalarSubquery{BuildQuery(context->query())}, context);
    case T::K_EXISTS: return Make(ast::Exists{BuildQuery(context->query())}, context);
    case T::K_ARRAY:
      if (context->query() != nullptr) {
        return Make(ast::ArraySubquery{BuildQuery(context->query())}, context);
      }
      [[fallthrough]];
    case T::LBRACKET: return Make(ast::ArrayLiteral{BuildList(context->exprList())}, context);
    case T::K_CAST:
    case T::K_TRY_CAST:
      return Make(ast::Cast{BuildExpr(context->expr()), BuildType(context->typeName()),
                            context->start->getType() == T::K_TRY_CAST},
                  context);
    default: break;
  }
  if (context->functionCall() != nullptr) {
    ast::ExprPtr call = BuildCall(context->functionCall());
    if (context->typed == nullptr || call == nullptr) return call;
    return BuildTypedLiteral(context, std::get<ast::FunctionCall>(call->node));
  }
  if (context->literal() != nullptr) return BuildLiteral(context->literal());
  if (context->caseExpr() != nullptr) return BuildCase(context->caseExpr());
  if (context->currentValue() != nullptr) return BuildCurrent(context->currentValue());
  if (context->typed != nullptr) {
    ast::Literal literal{ast::Literal::Kind::kTyped, StringValue(context->typed), ast::TypeName{}};
    literal.type->name = TypeOrFunctionName(context->qualifiedName());
    literal.type->at = At(context->start);
    return Make(std::move(literal), context);
  }
  ast::QualifiedName name = Qualified(context->qualifiedName());
  return Make(ast::ColumnRef{std::move(name.parts)}, context);
}

// NUMERIC(10, 2) '1.5', which reads like a call first.
ast::ExprPtr AstBuilder::BuildTypedLiteral(P::PrimaryContext* context,
                                           const ast::FunctionCall& call) {
  ast::TypeName type{call.name, {}, 0, At(context->start)};
  bool plain = !call.star && !call.distinct && call.order_by.empty() && call.filter == nullptr &&
               call.over == nullptr && call.within_group.empty();
  for (const ast::ExprPtr& argument : call.args) {
    const auto* number = argument != nullptr ? std::get_if<ast::Literal>(&argument->node) : nullptr;
    plain = plain && number != nullptr && number->kind == ast::Literal::Kind::kNumber &&
            number->text.size() < 10 &&
            number->text.find_first_not_of("0123456789") == std::string::npos;
    if (plain) type.modifiers.push_back(std::atoi(number->text.c_str()));
  }
  if (!plain) {
    Fail(context->typed, "text in quotes cannot follow a function call");
    return nullptr;
  }
  ast::Literal literal{ast::Literal::Kind::kTyped, StringValue(context->typed), std::move(type)};
  return Make(std::move(literal), context);
}

ast::ExprPtr AstBuilder::BuildLiteral(P::LiteralContext* context) {
  ast::Literal literal;
  switch (context->start->getType()) {
    case T::K_NULL: literal.kind = ast::Literal::Kind::kNull; break;
    case T::K_TRUE: literal.kind = ast::Literal::Kind::kTrue; break;
    case T::K_FALSE: literal.kind = ast::Literal::Kind::kFalse; break;
    case T::NUMBER:
      literal.kind = ast::Literal::Kind::kNumber;
      literal.text = NumberValue(context->start);
      break;
    case T::STRING:
      literal.kind = ast::Literal::Kind::kString;
      literal.text = StringValue(context->start);
      break;
    case T::PARAM: {
      const int index = std::atoi(std::string(Text(context->start).substr(1)).c_str());
      if (index == 0) Fail(context->start, "parameters count from $1");
      return Make(ast::Parameter{index}, context);
    }
    case T::MULTIWORD_TYPE:
      literal.kind = ast::Literal::Kind::kTyped;
      literal.type = MultiwordType(context->start);
      literal.text = StringValue(context->stop);
      break;
    default: return BuildInterval(context);
  }
  return Make(std::move(literal), context);
}

// INTERVAL '1 day', INTERVAL '1' DAY, INTERVAL 1 DAY, INTERVAL '1-6' YEAR TO MONTH.
ast::ExprPtr AstBuilder::BuildInterval(P::LiteralContext* context) {
  ast::Literal literal;
  literal.kind = ast::Literal::Kind::kTyped;
  literal.type = ast::TypeName{"interval", {}, 0, At(context->start)};
  const bool number = context->NUMBER() != nullptr;
  const antlr4::Token* value =
      number ? context->NUMBER()->getSymbol() : context->STRING()->getSymbol();
  literal.text = number ? NumberValue(value) : StringValue(value);
  P::IntervalFieldsContext* fields = context->intervalFields();
  if (fields == nullptr) {
    if (number) {
      Fail(value, "an interval needs a unit: INTERVAL 1 DAY or INTERVAL '1 day'");
    }
    return Make(std::move(literal), context);
  }
  const std::vector<P::IdentifierContext*> names = fields->identifier();
  std::vector<std::string> units;
  for (P::IdentifierContext* name : names) {
    std::string unit = LowerName(name);
    const bool known = IsTimeUnit(unit);
    if (unit.size() > 1 && unit.back() == 's') unit.pop_back();
    if (!known) {
      Fail(name->start, fmt::format("\"{}\" is no unit of time; units are year, quarter, month, "
                                    "week, day, hour, minute, second, millisecond, microsecond",
                                    Text(name->start)));
      return nullptr;
    }
    units.push_back(std::move(unit));
  }
  const bool plain = !literal.text.empty() &&
                     literal.text.find_first_not_of("0123456789.+- ") == std::string::npos;
  if (units.size() == 2) {
    // Minutes and seconds alone would be read as hours and minutes.
    if (units[0] == "minute") literal.text = "00:" + literal.text;
  } else if (plain && units[0] == "quarter") {
    Fail(names[0]->start, "write quarters as months: INTERVAL '3' MONTH");
  } else if (plain) {
    literal.text += " " + units[0];
  } else {
    Fail(names[0]->start,
         fmt::format("the text before {} must be a plain number; else write the units inside the "
                     "quotes: INTERVAL '1 day 2 hours'",
                     Text(names[0]->start)));
  }
  return Make(std::move(literal), context);
}

ast::ExprPtr AstBuilder::BuildCase(P::CaseExprContext* context) {
  ast::Case result;
  if (context->operand != nullptr) result.operand = BuildExpr(context->operand);
  for (P::WhenThenContext* arm : context->whenThen()) {
    ast::ExprPtr condition = BuildExpr(arm->condition);
    result.whens.emplace_back(std::move(condition), BuildExpr(arm->result));
    if (!status_.ok()) return nullptr;
  }
  if (context->otherwise != nullptr) result.otherwise = BuildExpr(context->otherwise);
  return Make(std::move(result), context);
}

ast::ExprPtr AstBuilder::BuildCurrent(P::CurrentValueContext* context) {
  ast::FunctionCall call;
  // PostgreSQL's name for CURRENT_TIMESTAMP's function.
  call.name =
      context->what->getType() == T::K_CURRENT_TIMESTAMP ? "now" : AsciiLower(Text(context->what));
  if (context->precision != nullptr) {
    call.args.push_back(Make(
        ast::Literal{ast::Literal::Kind::kNumber, NumberValue(context->precision), std::nullopt},
        At(context->precision), At(context->precision), EndOf(context)));
  }
  return Make(std::move(call), context);
}

bool AstBuilder::IgnoresNulls(P::NullTreatmentContext* context) {
  return context != nullptr && context->what->getType() == T::K_IGNORE;
}

ast::ExprPtr AstBuilder::BuildCall(P::FunctionCallContext* context) {
  ast::FunctionCall call;
  if (context->special() != nullptr) {
    BuildSpecial(context->special(), &call);
  } else {
    call.name = TypeOrFunctionName(context->name);
    if (P::ArgumentsContext* arguments = context->own; arguments != nullptr) {
      call.star = arguments->all != nullptr;
      call.distinct =
          arguments->quantifier != nullptr && arguments->quantifier->getType() == T::K_DISTINCT;
      call.args = BuildList(arguments->exprList());
      if (arguments->sortItems() != nullptr) call.order_by = BuildOrder(arguments->sortItems());
      call.ignore_nulls = IgnoresNulls(arguments->nullTreatment());
    }
    // quantile(0.9)(x), ClickHouse's way to write parameters: they become the last arguments.
    if (P::ArgumentsContext* more = context->more; more != nullptr) {
      std::vector<ast::ExprPtr> parameters = std::exchange(call.args, BuildList(more->exprList()));
      call.distinct = more->quantifier != nullptr && more->quantifier->getType() == T::K_DISTINCT;
      call.star = more->all != nullptr;
      for (ast::ExprPtr& parameter : parameters) call.args.push_back(std::move(parameter));
      if (more->sortItems() != nullptr) call.order_by = BuildOrder(more->sortItems());
    }
  }
  if (context->within != nullptr) call.within_group = BuildOrder(context->within);
  if (context->filter != nullptr) call.filter = BuildExpr(context->filter);
  call.ignore_nulls |= IgnoresNulls(context->nullTreatment());
  if (context->window != nullptr) {
    call.over = std::make_unique<ast::WindowSpec>();
    call.over->base = Name(context->window);
    call.over->is_name = true;
    call.over->at = call.over->base->at;
  } else if (context->windowSpec() != nullptr) {
    call.over = std::make_unique<ast::WindowSpec>(BuildWindow(context->windowSpec()));
  }
  return Make(std::move(call), context);
}

void AstBuilder::BuildSpecial(P::SpecialContext* context, ast::FunctionCall* call) {
  call->name = AsciiLower(Text(context->op));
  const auto add = [&](P::ExprContext* expr) {
    if (expr != nullptr) call->args.push_back(BuildExpr(expr));
  };
  if (context->op->getType() == T::K_TRIM) {
    call->name = "btrim";
    if (context->side != nullptr && context->side->getType() == T::K_LEADING) call->name = "ltrim";
    if (context->side != nullptr && context->side->getType() == T::K_TRAILING) call->name = "rtrim";
    add(context->b);  // TRIM(characters FROM text)
    add(context->a);
  } else if (context->haystack != nullptr) {
    call->args.push_back(BuildValue(context->haystack));
    call->args.push_back(BuildValue(context->needle));
  } else if (context->needle != nullptr) {
    call->args.push_back(BuildValue(context->needle));
  } else if (context->field != nullptr || context->text != nullptr) {
    const antlr4::Token* field = context->field != nullptr ? context->field->start : context->text;
    std::string name =
        context->field != nullptr ? LowerName(context->field) : StringValue(context->text);
    call->args.push_back(
        Make(ast::Literal{ast::Literal::Kind::kString, std::move(name), std::nullopt}, At(field),
             At(field), {static_cast<int32_t>(Lexed(field).end)}));
    add(context->a);
  } else {
    add(context->a);
    if (context->b == nullptr && context->c != nullptr) {  // SUBSTRING(x FOR n)
      call->args.push_back(Make(ast::Literal{ast::Literal::Kind::kNumber, "1", std::nullopt},
                                At(context->start), At(context->start), At(context->start)));
    }
    add(context->b);
    add(context->c);
    add(context->d);
  }
  for (ast::ExprPtr& more : BuildList(context->exprList())) call->args.push_back(std::move(more));
}

std::vector<ast::OrderItem> AstBuilder::BuildOrder(P::SortItemsContext* context) {
  std::vector<ast::OrderItem> items;
  for (P::SortItemContext* item : context->sortItem()) {
    ast::OrderItem order;
    order.expr = BuildExpr(item->expr());
    order.descending = item->direction != nullptr && item->direction->getType() == T::K_DESC;
    if (item->op != nullptr) {  // ORDER BY x USING >
      const size_t op = item->op->getType();
      order.descending = op == T::GT;
      if (op != T::LT && op != T::GT) {
        Fail(item->op, fmt::format("operator {} is not a valid ordering operator", Text(item->op)));
      }
    }
    if (item->nulls != nullptr) order.nulls_first = item->nulls->getType() == T::K_FIRST;
    items.push_back(std::move(order));
    if (!status_.ok()) break;
  }
  return items;
}

ast::WindowSpec AstBuilder::BuildWindow(P::WindowSpecContext* context) {
  ast::WindowSpec window;
  window.at = At(context->start);
  if (context->base != nullptr) window.base = Name(context->base);
  if (context->exprList() != nullptr) window.partition_by = BuildList(context->exprList());
  if (context->sortItems() != nullptr) window.order_by = BuildOrder(context->sortItems());
  P::WindowFrameContext* parsed = context->windowFrame();
  if (parsed == nullptr) return window;
  ast::WindowFrame frame;
  switch (parsed->unit->getType()) {
    case T::K_ROWS: frame.unit = ast::WindowFrame::Unit::kRows; break;
    case T::K_GROUPS: frame.unit = ast::WindowFrame::Unit::kGroups; break;
    default: frame.unit = ast::WindowFrame::Unit::kRange;
  }
  const std::vector<P::FrameBoundContext*> bounds = parsed->frameBound();
  BuildFrameBound(bounds[0], &frame.start, &frame.start_offset);
  if (bounds.size() > 1) BuildFrameBound(bounds[1], &frame.end, &frame.end_offset);
  using Bound = ast::WindowFrame::Bound;
  frame.at = At(parsed->start);
  if (frame.start == Bound::kUnboundedFollowing) {
    Fail(bounds[0]->start, "frame start cannot be UNBOUNDED FOLLOWING");
  } else if (frame.end == Bound::kUnboundedPreceding) {
    Fail(bounds.back()->start, "frame end cannot be UNBOUNDED PRECEDING");
  } else if (frame.start == Bound::kCurrentRow && frame.end == Bound::kPreceding) {
    Fail(bounds[0]->start, "frame starting from current row cannot have preceding rows");
  } else if (frame.start == Bound::kFollowing && frame.end < Bound::kFollowing) {
    Fail(bounds[0]->start, bounds.size() > 1
                               ? "frame starting from following row cannot have preceding rows"
                               : "frame starting from following row cannot end with current row");
  }
  if (P::FrameExclusionContext* exclusion = parsed->frameExclusion(); exclusion != nullptr) {
    using Exclude = ast::WindowFrame::Exclude;
    frame.exclude = Exclude::kCurrentRow;
    if (exclusion->what != nullptr) {
      const size_t what = exclusion->what->getType();
      frame.exclude = what == T::K_GROUP  ? Exclude::kGroup
                      : what == T::K_TIES ? Exclude::kTies
                                          : Exclude::kNoOthers;
    }
  }
  window.frame = std::move(frame);
  return window;
}

void AstBuilder::BuildFrameBound(P::FrameBoundContext* context, ast::WindowFrame::Bound* bound,
                                 ast::ExprPtr* offset) {
  using Bound = ast::WindowFrame::Bound;
  if (context->current != nullptr) {
    *bound = Bound::kCurrentRow;
    return;
  }
  const bool preceding = context->direction->getType() == T::K_PRECEDING;
  if (context->unbounded != nullptr) {
    *bound = preceding ? Bound::kUnboundedPreceding : Bound::kUnboundedFollowing;
    return;
  }
  *bound = preceding ? Bound::kPreceding : Bound::kFollowing;
  *offset = BuildValue(context->valueExpr());
}

}  // namespace shale
