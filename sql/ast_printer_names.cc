// OutputName: what PostgreSQL calls a column that has no name.
#include <string_view>

#include "sql/ast_printer.h"

namespace shale {
namespace {

// PostgreSQL's rule gives every name a strength: none, weak (CASE, a cast's type) or strong.
struct Found {
  std::string name;
  int strength = 0;
};
Found Figure(const ast::Expr& expr);

// pg_type's own name of the types with an SQL name of their own.
std::string InternalTypeName(const ast::TypeName& type) {
  static constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"int", "int4"},        {"integer", "int4"},  {"bigint", "int8"},  {"smallint", "int2"},
      {"real", "float4"},     {"double", "float8"}, {"float", "float8"}, {"boolean", "bool"},
      {"decimal", "numeric"}, {"dec", "numeric"},   {"char", "bpchar"}};
  for (const auto& [written, internal] : kNames) {
    if (type.name == written) return std::string(internal);
  }
  return type.name.substr(type.name.rfind('.') + 1);
}

Found FigureSubquery(const ast::SelectPtr& query) {
  const ast::Select* select = query.get();
  while (const auto* set = std::get_if<ast::SetOperation>(&select->body)) select = set->left.get();
  if (std::holds_alternative<ast::ValuesCore>(select->body)) return {"column1", 2};
  const auto& core = std::get<ast::SelectCore>(select->body);
  if (core.items.empty()) return {};
  const ast::SelectItem& item = core.items[0];
  if (item.alias.has_value()) return {item.alias->name, 2};
  return {OutputName(*item.expr), 2};
}

struct FigureNode {
  Found operator()(const ast::ColumnRef& column) const { return {column.parts.back().name, 2}; }
  Found operator()(const ast::Literal& literal) const {
    if (literal.kind != ast::Literal::Kind::kTyped) return {};
    return {InternalTypeName(*literal.type), 1};
  }
  Found operator()(const ast::Cast& cast) const {
    Found found = Figure(*cast.operand);
    if (found.strength <= 1) return {InternalTypeName(cast.type), 1};
    return found;
  }
  Found operator()(const ast::Case& node) const {
    if (node.otherwise != nullptr) {
      Found found = Figure(*node.otherwise);
      if (found.strength > 1) return found;
    }
    return {"case", 1};
  }
  Found operator()(const ast::FunctionCall& call) const {
    return {call.name.substr(call.name.rfind('.') + 1), 2};
  }
  Found operator()(const ast::ArrayLiteral&) const { return {"array", 2}; }
  Found operator()(const ast::ArraySubquery&) const { return {"array", 2}; }
  Found operator()(const ast::Row&) const { return {"row", 2}; }
  Found operator()(const ast::Exists&) const { return {"exists", 2}; }
  Found operator()(const ast::ScalarSubquery& subquery) const {
    return FigureSubquery(subquery.query);
  }
  Found operator()(const ast::Subscript& subscript) const { return Figure(*subscript.operand); }
  Found operator()(const ast::Collate& collate) const { return Figure(*collate.operand); }
  template <typename Node>
  Found operator()(const Node&) const {
    return {};
  }
};

Found Figure(const ast::Expr& expr) { return std::visit(FigureNode{}, expr.node); }

}  // namespace

std::string OutputName(const ast::Expr& expr) {
  Found found = Figure(expr);
  return found.strength > 0 ? std::move(found.name) : "?column?";
}

}  // namespace shale
