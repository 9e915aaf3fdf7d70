// json_to_record(…) AS r(a INTEGER, b TEXT) and its kin: a query over the JSON, a member a column.
#include "sql/parser_build.h"

namespace shale {
namespace {

ast::TypeName TypeNamed(std::string name, ast::Position at) {
  ast::TypeName type;
  type.name = std::move(name);
  type.at = at;
  return type;
}

ast::Identifier Quoted(std::string name, ast::Position at) {
  ast::Identifier id;
  id.name = std::move(name);
  id.quoted = true;
  id.at = at;
  return id;
}

}  // namespace

ast::TableRefPtr AstBuilder::BuildRecordTable(P::TablePrimaryContext* context) {
  P::RecordAliasContext* alias = context->recordAlias();
  ast::ExprPtr call = BuildCall(context->function);
  if (!status_.ok()) return nullptr;
  auto& function = std::get<ast::FunctionCall>(call->node);
  const bool set = function.name == "json_to_recordset" || function.name == "jsonb_to_recordset";
  if (!set && function.name != "json_to_record" && function.name != "jsonb_to_record") {
    Fail(alias->start, fmt::format("types of columns go with json_to_record and json_to_recordset; "
                                   "{} has columns of its own",
                                   function.name));
    return nullptr;
  }
  if (function.args.size() != 1) {
    Fail(context->start, fmt::format("{} takes one JSON value", function.name));
    return nullptr;
  }
  const auto make = [&](auto node) { return Make(std::move(node), context); };
  const ast::Position at = At(context->start);
  ast::ExprPtr json = make(ast::Cast{std::move(function.args[0]), TypeNamed("json", at)});
  if (!set) {  // one row
    ast::FunctionCall one;
    one.name = "json_build_array";
    one.args.push_back(std::move(json));
    json = make(std::move(one));
  }
  ast::FunctionCall elements;
  elements.name = "json_array_elements";
  elements.args.push_back(std::move(json));
  auto rows = std::make_unique<ast::TableRef>();
  rows->at = at;
  rows->node = ast::FunctionTable{make(std::move(elements)), false, false};
  rows->alias = ast::TableAlias{Quoted("record", at), {Quoted("value", at)}};

  ast::SelectCore core;
  core.from = std::move(rows);
  for (P::RecordColumnContext* column : alias->recordColumn()) {
    ast::TypeName type = BuildType(column->typeName());
    const ast::Identifier name = Name(column->name);
    const bool as_json = type.name == "json" || type.name == "jsonb" || type.array_depth > 0;
    ast::Literal key{ast::Literal::Kind::kString, name.quoted ? name.name : LowerName(column->name),
                     std::nullopt};
    ast::ExprPtr value = make(ast::Binary{
        as_json ? "->" : "->>", make(ast::ColumnRef{{Quoted("record", at), Quoted("value", at)}}),
        make(std::move(key))});
    if (type.array_depth > 0) {
      ast::FunctionCall texts;
      texts.name = "json_array_texts";
      texts.args.push_back(std::move(value));
      value = make(std::move(texts));
    }
    ast::SelectItem item;
    item.expr = make(ast::Cast{std::move(value), std::move(type)});
    item.alias = name;
    core.items.push_back(std::move(item));
  }
  auto query = std::make_unique<ast::Select>();
  query->at = at;
  query->body = std::move(core);
  auto table = std::make_unique<ast::TableRef>();
  table->at = at;
  table->node = ast::SubqueryTable{std::move(query), true};
  table->alias = ast::TableAlias{
      alias->identifier() != nullptr ? Name(alias->identifier()) : Quoted(function.name, at), {}};
  return table;
}

}  // namespace shale
