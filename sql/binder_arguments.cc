// What the binder settles before a function is resolved: arguments given by name, texts that stand
// for the clock ('today'), and what a type's spelling asks for: TIMESTAMP(p), JSONB.
#include <algorithm>

#include "absl/strings/ascii.h"
#include "engine/expr/evaluator.h"
#include "sql/binder_internal.h"

namespace shale {
namespace {

// The names of arguments that may be given by name (PostgreSQL's own); the others default to 0.
struct NamedArguments {
  std::string_view function;
  std::vector<std::string_view> names;
};
const std::vector<NamedArguments>& FunctionsWithNamedArguments() {
  static const auto* const kFunctions = new std::vector<NamedArguments>{
      {"make_interval", {"years", "months", "weeks", "days", "hours", "mins", "secs"}},
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
    const auto* pair = std::get_if<ast::Binary>(&arg->node);
    if (!pair || pair->op != "=>") {
      if (named) {
        return binder.ErrorAt(arg->at, "positional argument cannot follow named argument");
      }
      ASSIGN_OR_RETURN(Bound bound, Bind(*arg));
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
    const bool all_given = node.name != "make_interval";
    while (args.size() <= index && !all_given) {
      args.push_back(Bound{MakeConstant(Value::Int(TypeId::kInteger, 0))});
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
