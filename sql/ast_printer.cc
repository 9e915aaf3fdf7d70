#include "sql/ast_printer.h"

#include <string_view>

#include "sql/ast_printer_text.h"
#include "sql/parser.h"

namespace shale {
namespace {

// Binding strength, weakest first; a child weaker than its place asks gets parentheses.
enum Strength : int {
  kOr = 1,
  kAnd,
  kNot,
  kIs,
  kComparison,
  kMembership,  // BETWEEN, IN, LIKE
  kOperator,    // || -> ~ and the like
  kAdditive,
  kMultiplicative,
  kPower,
  kCollate,
  kSign,
  kSubscript,
  kPrimary
};

int BinaryStrength(std::string_view op) {
  if (op == "or") return kOr;
  if (op == "and") return kAnd;
  if (op == "is distinct from" || op == "is not distinct from") return kIs;
  if (op == "=" || op == "<>" || op == "<" || op == ">" || op == "<=" || op == ">=") {
    return kComparison;
  }
  if (op == "+" || op == "-") return kAdditive;
  if (op == "*" || op == "/" || op == "%") return kMultiplicative;
  if (op == "^") return kPower;
  return kOperator;
}

struct StrengthOf {
  int operator()(const ast::Unary& unary) const {
    return unary.op == "not" ? kNot : unary.op == "~" ? kOperator : kSign;
  }
  int operator()(const ast::Binary& binary) const { return BinaryStrength(binary.op); }
  int operator()(const ast::IsTest&) const { return kIs; }
  int operator()(const ast::Between&) const { return kMembership; }
  int operator()(const ast::Like&) const { return kMembership; }
  int operator()(const ast::InList&) const { return kMembership; }
  int operator()(const ast::InSubquery&) const { return kMembership; }
  int operator()(const ast::Quantified&) const { return kComparison; }
  int operator()(const ast::Collate&) const { return kCollate; }
  int operator()(const ast::Subscript&) const { return kSubscript; }
  template <typename Node>
  int operator()(const Node&) const {
    return kPrimary;
  }
};

std::string UpperOperator(std::string_view op) {
  std::string upper(op);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  }
  return upper;
}

// Functions that grammar keywords stand for, or whose names are keywords only elsewhere: they
// print without quotes although QuoteIdentifier would add some.
bool PrintsBare(std::string_view name) {
  for (const std::string_view known :
       {"left", "right", "current_date", "current_time", "localtime", "localtimestamp",
        "current_user", "session_user", "current_role", "current_catalog", "current_schema"}) {
    if (name == known) return true;
  }
  return false;
}

}  // namespace

// ---- names, types, literals -------------------------------------------------------------------

std::string PrintName(const ast::Identifier& name) {
  if (!name.quoted) return name.name;
  std::string quoted = "\"";
  for (const char c : name.name) {
    quoted.push_back(c);
    if (c == '"') quoted.push_back('"');
  }
  return quoted + "\"";
}

std::string PrintNames(const std::vector<ast::Identifier>& names, std::string_view separator) {
  std::string text;
  for (const ast::Identifier& name : names) {
    if (!text.empty()) text += separator;
    text += PrintName(name);
  }
  return text;
}

std::string PrintString(std::string_view value) {
  std::string text = "'";
  for (const char c : value) {
    text.push_back(c);
    if (c == '\'') text.push_back('\'');
  }
  return text + "'";
}

std::string PrintType(const ast::TypeName& type) {
  std::string text = QuoteIdentifier(type.name);
  // pg_catalog aside, a dot in a type's name separates its parts.
  if (type.name.find('.') != std::string::npos) text = type.name;
  if (!type.modifiers.empty()) {
    text += '(';
    for (size_t i = 0; i < type.modifiers.size(); ++i) {
      if (i > 0) text += ", ";
      text += std::to_string(type.modifiers[i]);
    }
    text += ')';
  }
  for (int i = 0; i < type.array_depth; ++i) text += "[]";
  return text;
}

// ---- expressions ------------------------------------------------------------------------------

void SqlPrinter::Child(const ast::ExprPtr& expr, int at_least) {
  if (std::visit(StrengthOf{}, expr->node) < at_least) {
    out_ += '(';
    Print(*expr);
    out_ += ')';
  } else {
    Print(*expr);
  }
}

void SqlPrinter::Print(const ast::Expr& expr) {
  std::visit([this](const auto& node) { Node(node); }, expr.node);
}

void SqlPrinter::List(const std::vector<ast::ExprPtr>& list) {
  for (size_t i = 0; i < list.size(); ++i) {
    if (i > 0) out_ += ", ";
    Print(*list[i]);
  }
}

void SqlPrinter::Node(const ast::Literal& literal) {
  switch (literal.kind) {
    case ast::Literal::Kind::kNull: out_ += "NULL"; return;
    case ast::Literal::Kind::kTrue: out_ += "TRUE"; return;
    case ast::Literal::Kind::kFalse: out_ += "FALSE"; return;
    case ast::Literal::Kind::kNumber: out_ += literal.text; return;
    case ast::Literal::Kind::kString: out_ += PrintString(literal.text); return;
    case ast::Literal::Kind::kDefault: out_ += "DEFAULT"; return;
    case ast::Literal::Kind::kTyped: break;
  }
  if (literal.type->array_depth == 0) {
    out_ += PrintType(*literal.type) + " " + PrintString(literal.text);
  } else {
    out_ += "CAST(" + PrintString(literal.text) + " AS " + PrintType(*literal.type) + ")";
  }
}

void SqlPrinter::Node(const ast::ColumnRef& column) { out_ += PrintNames(column.parts, "."); }

void SqlPrinter::Node(const ast::Star& star) {
  if (!star.qualifier.empty()) out_ += PrintNames(star.qualifier, ".") + ".";
  out_ += '*';
  if (!star.exclude.empty()) out_ += " EXCLUDE (" + PrintNames(star.exclude, ", ") + ")";
}

void SqlPrinter::Node(const ast::Parameter& parameter) {
  out_ += "$" + std::to_string(parameter.index);
}

void SqlPrinter::Node(const ast::Unary& unary) {
  if (unary.op == "not") {
    out_ += "NOT ";
    return Child(unary.operand, kNot);
  }
  out_ += unary.op;
  if (unary.op == "~") {
    out_ += ' ';
    return Child(unary.operand, kAdditive);
  }
  // Two signs in a row would be another operator, or a comment.
  const bool sign = std::holds_alternative<ast::Unary>(unary.operand->node);
  Child(unary.operand, sign ? kPrimary : kSign);
}

void SqlPrinter::Node(const ast::Binary& binary) {
  const int strength = BinaryStrength(binary.op);
  // Left-associative but for comparisons, which do not chain, and IS DISTINCT FROM.
  const bool associative = strength == kAnd || strength == kOr;
  const bool chains = strength != kComparison && strength != kIs;
  Child(binary.left, chains ? strength : strength + 1);
  out_ += " " + UpperOperator(binary.op) + " ";
  Child(binary.right, associative ? strength : strength + 1);
}

void SqlPrinter::Node(const ast::IsTest& test) {
  Child(test.operand, kIs);
  out_ += test.negated ? " IS NOT " : " IS ";
  switch (test.what) {
    case ast::IsTest::What::kNull: out_ += "NULL"; break;
    case ast::IsTest::What::kTrue: out_ += "TRUE"; break;
    case ast::IsTest::What::kFalse: out_ += "FALSE"; break;
    case ast::IsTest::What::kUnknown: out_ += "UNKNOWN"; break;
  }
}

void SqlPrinter::Node(const ast::Between& between) {
  Child(between.operand, kMembership);
  out_ += between.negated ? " NOT BETWEEN " : " BETWEEN ";
  if (between.symmetric) out_ += "SYMMETRIC ";
  Child(between.low, kOperator);
  out_ += " AND ";
  Child(between.high, kOperator);
}

void SqlPrinter::Node(const ast::Like& like) {
  Child(like.operand, kMembership);
  if (like.negated) out_ += " NOT";
  out_ += like.similar ? " SIMILAR TO " : like.case_insensitive ? " ILIKE " : " LIKE ";
  Child(like.pattern, kOperator);
  if (like.escape != nullptr) {
    out_ += " ESCAPE ";
    Child(like.escape, kOperator);
  }
}

void SqlPrinter::Node(const ast::InList& in) {
  Child(in.operand, kMembership);
  out_ += in.negated ? " NOT IN (" : " IN (";
  List(in.items);
  out_ += ')';
}

void SqlPrinter::Node(const ast::InSubquery& in) {
  Child(in.operand, kMembership);
  out_ += in.negated ? " NOT IN " : " IN ";
  Subquery(in.query);
}

void SqlPrinter::Node(const ast::Exists& exists) {
  out_ += "EXISTS ";
  Subquery(exists.query);
}

void SqlPrinter::Node(const ast::ScalarSubquery& subquery) { Subquery(subquery.query); }

void SqlPrinter::Node(const ast::Quantified& quantified) {
  Child(quantified.operand, kMembership);
  out_ += " " + quantified.op + (quantified.all ? " ALL " : " ANY ");
  if (quantified.query != nullptr) return Subquery(quantified.query);
  out_ += '(';
  Print(*quantified.array);
  out_ += ')';
}

void SqlPrinter::Node(const ast::Case& node) {
  out_ += "CASE";
  if (node.operand != nullptr) {
    out_ += ' ';
    Print(*node.operand);
  }
  for (const auto& [condition, result] : node.whens) {
    out_ += " WHEN ";
    Print(*condition);
    out_ += " THEN ";
    Print(*result);
  }
  if (node.otherwise != nullptr) {
    out_ += " ELSE ";
    Print(*node.otherwise);
  }
  out_ += " END";
}

void SqlPrinter::Node(const ast::Cast& cast) {
  out_ += cast.try_cast ? "TRY_CAST(" : "CAST(";
  Print(*cast.operand);
  out_ += " AS " + PrintType(cast.type) + ")";
}

void SqlPrinter::Node(const ast::FunctionCall& call) {
  const bool bare = PrintsBare(call.name) || call.name.find('.') != std::string::npos;
  out_ += bare ? call.name : QuoteIdentifier(call.name);
  out_ += '(';
  if (call.star) out_ += '*';
  if (call.distinct) out_ += "DISTINCT ";
  List(call.args);
  if (!call.order_by.empty()) {
    out_ += " ORDER BY ";
    Order(call.order_by);
  }
  out_ += ')';
  if (!call.within_group.empty()) {
    out_ += " WITHIN GROUP (ORDER BY ";
    Order(call.within_group);
    out_ += ')';
  }
  if (call.filter != nullptr) {
    out_ += " FILTER (WHERE ";
    Print(*call.filter);
    out_ += ')';
  }
  if (call.ignore_nulls) out_ += " IGNORE NULLS";
  if (call.over == nullptr) return;
  out_ += " OVER ";
  const ast::WindowSpec& window = *call.over;
  if (window.is_name) {
    out_ += PrintName(*window.base);
  } else {
    Window(window);
  }
}

void SqlPrinter::Node(const ast::ArraySubquery& array) {
  out_ += "ARRAY";
  Subquery(array.query);
}

void SqlPrinter::Node(const ast::ArrayLiteral& array) {
  out_ += "ARRAY[";
  List(array.items);
  out_ += ']';
}

void SqlPrinter::Node(const ast::Subscript& subscript) {
  Child(subscript.operand, kSubscript);
  out_ += '[';
  if (subscript.index != nullptr) Print(*subscript.index);
  if (subscript.slice) out_ += ':';
  if (subscript.upper != nullptr) Print(*subscript.upper);
  out_ += ']';
}

void SqlPrinter::Node(const ast::Row& row) {
  out_ += row.items.size() > 1 ? "(" : "ROW(";
  List(row.items);
  out_ += ')';
}

void SqlPrinter::Node(const ast::Collate& collate) {
  Child(collate.operand, kCollate);
  out_ += " COLLATE " + PrintNames(collate.collation.parts, ".");
}

void SqlPrinter::Order(const std::vector<ast::OrderItem>& items) {
  for (size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out_ += ", ";
    Print(*items[i].expr);
    if (items[i].descending) out_ += " DESC";
    if (items[i].nulls_first.has_value()) {
      out_ += *items[i].nulls_first ? " NULLS FIRST" : " NULLS LAST";
    }
  }
}

void SqlPrinter::Window(const ast::WindowSpec& window) {
  out_ += '(';
  std::string_view space;
  const auto word = [&](std::string_view text) {
    out_ += space;
    out_ += text;
    space = " ";
  };
  if (window.base.has_value()) word(PrintName(*window.base));
  if (!window.partition_by.empty()) {
    word("PARTITION BY ");
    List(window.partition_by);
  }
  if (!window.order_by.empty()) {
    word("ORDER BY ");
    Order(window.order_by);
  }
  if (window.frame.has_value()) {
    word("");
    Frame(*window.frame);
  }
  out_ += ')';
}

void SqlPrinter::Frame(const ast::WindowFrame& frame) {
  using Unit = ast::WindowFrame::Unit;
  using Bound = ast::WindowFrame::Bound;
  const auto bound = [&](Bound where, const ast::ExprPtr& offset) {
    switch (where) {
      case Bound::kUnboundedPreceding: out_ += "UNBOUNDED PRECEDING"; return;
      case Bound::kUnboundedFollowing: out_ += "UNBOUNDED FOLLOWING"; return;
      case Bound::kCurrentRow: out_ += "CURRENT ROW"; return;
      case Bound::kPreceding:
      case Bound::kFollowing: break;
    }
    Child(offset, kOperator);
    out_ += where == Bound::kPreceding ? " PRECEDING" : " FOLLOWING";
  };
  out_ += frame.unit == Unit::kRows ? "ROWS" : frame.unit == Unit::kRange ? "RANGE" : "GROUPS";
  out_ += " BETWEEN ";
  bound(frame.start, frame.start_offset);
  out_ += " AND ";
  bound(frame.end, frame.end_offset);
  switch (frame.exclude) {
    case ast::WindowFrame::Exclude::kNoOthers: break;
    case ast::WindowFrame::Exclude::kCurrentRow: out_ += " EXCLUDE CURRENT ROW"; break;
    case ast::WindowFrame::Exclude::kGroup: out_ += " EXCLUDE GROUP"; break;
    case ast::WindowFrame::Exclude::kTies: out_ += " EXCLUDE TIES"; break;
  }
}

std::string PrintExpr(const ast::Expr& expr) {
  SqlPrinter printer;
  printer.Print(expr);
  return printer.Take();
}

}  // namespace shale
