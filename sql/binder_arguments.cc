// What the binder settles before a function is resolved: arguments given by name, texts that stand
// for the clock ('today'), and what a type's spelling asks for: TIMESTAMP(p), JSONB.
#include <algorithm>

#include "absl/strings/ascii.h"
#include "engine/expr/evaluator.h"
#include "sql/binder_internal.h"

namespace shale {
namespace {

// The names of arguments that may be given by name (PostgreSQL's own), and what those are that are
// left out.
struct NamedArguments {
  enum class Missing : uint8_t { kNone, kZero, kEmptyObject };
  std::string_view function;
  std::vector<std::string_view> names;
  Missing missing = Missing::kNone;
};
using Missing = NamedArguments::Missing;

Bound MissingArgument(Missing missing) {
  if (missing == Missing::kZero) return Bound{MakeConstant(Value::Int(TypeId::kInteger, 0))};
  return Bound{MakeConstant(Value::Text("{}")), true};
}

const std::vector<NamedArguments>& FunctionsWithNamedArguments() {
  static const auto* const kFunctions = new std::vector<NamedArguments>{
      {"make_interval",
       {"years", "months", "weeks", "days", "hours", "mins", "secs"},
       Missing::kZero},
      {"jsonb_path_exists", {"target", "path", "vars", "silent"}, Missing::kEmptyObject},
      {"jsonb_path_match", {"target", "path", "vars", "silent"}, Missing::kEmptyObject},
      {"jsonb_path_query", {"target", "path", "vars", "silent"}, Missing::kEmptyObject},
      {"jsonb_path_query_first", {"target", "path", "vars", "silent"}, Missing::kEmptyObject},
      {"jsonb_path_query_array", {"target", "path", "vars", "silent"}, Missing::kEmptyObject},
      {"make_date", {"year", "month", "day"}},
      {"make_timestamp", {"year", "month", "mday", "hour", "min", "sec"}},
      {"make_timestamptz", {"year", "month", "mday", "hour", "min", "sec", "timezone"}}};
  return *kFunctions;
}

}  // namespace

StatusOr<ExprPtr> ExprBinder::BindClockWord(std::string_view text, const Type& type,
                                            ast::Position at) {
  const std::string word = absl::AsciiStrToLower(absl::StripAsciiWhitespace(std::string(text)));
  static constexpr std::pair<std::string_view, int> kDays[] = {
      {"yesterday", -1}, {"today", 0}, {"tomorrow", 1}};
  Bound clock;
  if (word == "now") {
    ASSIGN_OR_RETURN(clock, Call("now", {}, at));
  } else {
    const auto* day = std::find_if(std::begin(kDays), std::end(kDays),
                                   [&](const auto& known) { return known.first == word; });
    if (day == std::end(kDays)) return ExprPtr();
    ASSIGN_OR_RETURN(clock, Call("current_date", {}, at));
    ASSIGN_OR_RETURN(
        clock,
        Call("+", {clock, Bound{MakeConstant(Value::Int(TypeId::kInteger, day->second))}}, at));
  }
  return Coerce(clock, type, at, true);
}

StatusOr<Bound> ExprBinder::AsWrittenType(Bound bound, const ast::TypeName& type,
                                          ast::Position at) {
  const TypeId id = bound.expr->type.id();
  if (type.name == "jsonb" && id == TypeId::kJson) {
    ASSIGN_OR_RETURN(Bound canonical, Call("jsonb", {bound}, at));
    if (bound.expr->kind == Expr::Kind::kConstant) {
      canonical.expr = FoldConstants(canonical.expr, nullptr);
    }
    return canonical;
  }
  if (type.modifiers.empty() ||
      (id != TypeId::kTimestamp && id != TypeId::kTimestampTz && id != TypeId::kInterval)) {
    return bound;
  }
  ASSIGN_OR_RETURN(
      Bound rounded,
      Call("round_seconds",
           {bound, Bound{MakeConstant(Value::Int(TypeId::kInteger, type.modifiers[0]))}}, at));
  if (bound.expr->kind == Expr::Kind::kConstant)
    rounded.expr = FoldConstants(rounded.expr, nullptr);
  return rounded;
}

StatusOr<Bound> ExprBinder::BindJsonArgument(std::string_view function, const ast::Expr& arg) {
  static constexpr std::string_view kFunctions[] = {"row_to_json", "to_json", "to_jsonb",
                                                    "json_agg", "jsonb_agg"};
  if (std::find(std::begin(kFunctions), std::end(kFunctions), function) == std::end(kFunctions)) {
    return Bind(arg);
  }
  std::vector<Bound> parts;
  const auto add = [&](std::string name, Bound value) {
    parts.push_back(Bound{MakeConstant(Value::Text(std::move(name)))});
    parts.push_back(std::move(value));
  };
  if (const auto* row = std::get_if<ast::Row>(&arg.node)) {
    for (const ast::ExprPtr& item : row->items) {
      ASSIGN_OR_RETURN(Bound value, Bind(*item));
      add(fmt::format("f{}", parts.size() / 2 + 1), std::move(value));
    }
    return Call("row_to_json", std::move(parts), arg.at);
  }
  const auto* ref = std::get_if<ast::ColumnRef>(&arg.node);
  if (ref == nullptr || ref->parts.size() != 1) return Bind(arg);
  const ast::Identifier& id = ref->parts[0];
  const auto same = [&](const std::string& name) {
    return id.quoted ? id.name == name
                     : absl::AsciiStrToLower(id.name) == absl::AsciiStrToLower(name);
  };
  for (Scope* scope = context.scope; scope != nullptr; scope = scope->outer) {
    for (const ScopeTable& table : scope->tables) {
      for (const ScopeColumn& column : table.columns) {
        if (!column.hidden && same(column.column.name)) return Bind(arg);
      }
    }
    for (const ScopeTable& table : scope->tables) {
      if (!same(table.name)) continue;
      for (const ScopeColumn& column : table.columns) {
        if (!column.system) add(column.column.name, Bound{ColumnOf(column.column)});
      }
      return Call("row_to_json", std::move(parts), arg.at);
    }
  }
  return Bind(arg);
}

// VARIADIC ARRAY[a, b]: the elements are the arguments.
Status ExprBinder::BindVariadic(const ast::Expr& array, std::vector<Bound>* args,
                                std::vector<ast::Position>* positions) {
  ASSIGN_OR_RETURN(Bound bound, Bind(array));
  if (bound.untyped || bound.expr->type.id() != TypeId::kList) {
    return binder.ErrorAt(array.at, "VARIADIC argument must be an array");
  }
  const Type element = bound.expr->type.child();
  if (const auto* literal = std::get_if<ast::ArrayLiteral>(&array.node)) {
    for (const ast::ExprPtr& item : literal->items) {
      ASSIGN_OR_RETURN(Bound one, Bind(*item));
      ASSIGN_OR_RETURN(ExprPtr expr, Coerce(one, element, item->at, true));
      args->push_back(Bound{std::move(expr)});
      positions->push_back(item->at);
    }
    return OkStatus();
  }
  const ExprPtr folded = FoldConstants(bound.expr, nullptr);
  if (folded->kind != Expr::Kind::kConstant || folded->value.is_null()) {
    return binder.ErrorAt(array.at, "VARIADIC takes ARRAY[…] or a constant array that is not NULL");
  }
  for (const Value& item : folded->value.items()) {
    args->push_back(Bound{MakeConstant(item.is_null() ? Value::Null(element) : item)});
    positions->push_back(array.at);
  }
  return OkStatus();
}

StatusOr<std::vector<Bound>> ExprBinder::BindArguments(const ast::FunctionCall& node,
                                                       ast::Position at,
                                                       std::vector<ast::Position>* positions) {
  std::vector<Bound> args;
  bool named = false;
  for (const ast::ExprPtr& arg : node.args) {
    // NORMALIZE(x, NFD): the form is a word there.
    const auto* word = std::get_if<ast::ColumnRef>(&arg->node);
    if (word && node.name == "normalize" && args.size() == 1 && word->parts.size() == 1) {
      args.push_back(Bound{MakeConstant(Value::Text(word->parts[0].name)), true});
      positions->push_back(arg->at);
      continue;
    }
    const auto* marked = std::get_if<ast::Unary>(&arg->node);
    if (marked && marked->op == "variadic") {
      if (arg != node.args.back() || named) {
        return binder.ErrorAt(arg->at, "VARIADIC goes with the last argument");
      }
      RETURN_IF_ERROR(BindVariadic(*marked->operand, &args, positions));
      continue;
    }
    const auto* pair = std::get_if<ast::Binary>(&arg->node);
    if (!pair || pair->op != "=>") {
      if (named) {
        return binder.ErrorAt(arg->at, "positional argument cannot follow named argument");
      }
      ASSIGN_OR_RETURN(Bound bound, BindJsonArgument(node.name, *arg));
      args.push_back(std::move(bound));
      positions->push_back(arg->at);
      continue;
    }
    named = true;
    const auto& functions = FunctionsWithNamedArguments();
    const auto function =
        std::find_if(functions.begin(), functions.end(),
                     [&](const NamedArguments& known) { return known.function == node.name; });
    if (function == functions.end()) {
      return binder.ErrorAt(
          arg->at, fmt::format("{} takes no named arguments; give them in order", node.name));
    }
    const std::string name =
        absl::AsciiStrToLower(std::get<ast::ColumnRef>(pair->left->node).parts[0].name);
    const auto place = std::find(function->names.begin(), function->names.end(), name);
    if (place == function->names.end()) {
      return binder.ErrorAt(
          arg->at, fmt::format("function {} has no argument \"{}\"; it has {}", node.name, name,
                               fmt::join(function->names, ", ")));
    }
    const auto index = static_cast<size_t>(place - function->names.begin());
    const bool all_given = function->missing == Missing::kNone;
    while (args.size() <= index && !all_given) {
      args.push_back(MissingArgument(function->missing));
      positions->push_back(at);
    }
    if (all_given && args.size() < node.args.size()) {
      args.resize(node.args.size());
      positions->resize(node.args.size(), at);
    }
    if (index >= args.size()) {
      return binder.ErrorAt(
          arg->at, fmt::format("{}: arguments before \"{}\" are missing", node.name, name));
    }
    ASSIGN_OR_RETURN(args[index], Bind(*pair->right));
    (*positions)[index] = pair->right->at;
  }
  for (const Bound& arg : args) {
    if (!arg.expr) return binder.ErrorAt(at, fmt::format("{}: an argument is missing", node.name));
  }
  return args;
}

}  // namespace shale
