#include <algorithm>
#include <climits>
#include <map>

#include "engine/base/check.h"
#include "engine/base/edit_distance.h"
#include "engine/functions/families.h"
#include "engine/functions/function.h"
#include "engine/functions/value_format.h"
#include "engine/functions/window_function.h"

namespace shale {
namespace {

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return out;
}

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

// "+", "~~": written between its operands.
bool IsOperatorName(std::string_view name) { return !name.empty() && !IsLetter(name[0]); }

std::string TypeText(const ArgumentType& arg) {
  if (arg.untyped_literal || arg.type.id() == TypeId::kNull) return "unknown";
  return PostgresTypeName(arg.type);
}

std::string CallText(std::string_view name, std::span<const ArgumentType> args) {
  if (IsOperatorName(name) && args.size() == 2) {
    return fmt::format("{} {} {}", TypeText(args[0]), name, TypeText(args[1]));
  }
  if (IsOperatorName(name) && args.size() == 1) {
    return fmt::format("{} {}", name, TypeText(args[0]));
  }
  std::string out(name);
  out += "(";
  for (size_t i = 0; i < args.size(); ++i) {
    if (i > 0) out += ", ";
    out += TypeText(args[i]);
  }
  return out + ")";
}

// What a rule decided counts even where no implicit cast leads (concat takes anything as text).
constexpr int kRuleCast = 100;

// Fixed argument types, or NotFound.
StatusOr<ResolvedScalar> ResolveFixed(const ScalarFunction& function,
                                      std::span<const ArgumentType> args) {
  size_t fixed = function.args.size();
  if (function.variadic ? args.size() < fixed : args.size() != fixed) {
    return NotFound("wrong number of arguments");
  }
  ResolvedScalar resolved;
  for (size_t i = 0; i < args.size(); ++i) {
    const Type& want = function.args[std::min(i, fixed - 1)];
    if (!ImplicitCastCost(args[i], want)) return NotFound("wrong types");
    resolved.arg_types.push_back(want);
  }
  resolved.function = &function;
  resolved.kernel = function.kernel;
  resolved.result_type = function.result;
  return resolved;
}

int TotalCost(std::span<const ArgumentType> args, const std::vector<Type>& types) {
  int cost = 0;
  for (size_t i = 0; i < args.size() && i < types.size(); ++i) {
    cost += ImplicitCastCost(args[i], types[i]).value_or(kRuleCast);
  }
  return cost;
}

}  // namespace

struct Registry::Index {
  // By lower-case name or alias, in order of registration.
  std::map<std::string, std::vector<const ScalarFunction*>, std::less<>> scalars;
  std::map<std::string, std::vector<const AggregateFunction*>, std::less<>> aggregates;
  std::map<std::string, const WindowFunction*, std::less<>> windows;
  std::map<std::string, const SetFunction*, std::less<>> sets;

  std::vector<std::string_view> AllNames() const {
    std::vector<std::string_view> names;
    for (const auto& entry : scalars) names.push_back(entry.first);
    for (const auto& entry : aggregates) names.push_back(entry.first);
    for (const auto& entry : windows) names.push_back(entry.first);
    for (const auto& entry : sets) names.push_back(entry.first);
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
  }
};

namespace {

// The overload that costs least; the first registered among equals. NotFound when none fits.
StatusOr<ResolvedScalar> BestOverload(const std::vector<const ScalarFunction*>& overloads,
                                      std::span<const ArgumentType> args, int* best_cost) {
  *best_cost = INT_MAX;
  ResolvedScalar best;
  for (const ScalarFunction* function : overloads) {
    StatusOr<ResolvedScalar> resolved =
        function->resolve ? function->resolve(args) : ResolveFixed(*function, args);
    if (!resolved.ok()) {
      if (absl::IsNotFound(resolved.status())) continue;
      return resolved.status();
    }
    if (resolved->function == nullptr) resolved->function = function;
    int cost = TotalCost(args, resolved->arg_types);
    if (cost < *best_cost) {
      *best_cost = cost;
      best = *std::move(resolved);
    }
  }
  if (*best_cost == INT_MAX) return NotFound("no overload fits");
  return best;
}

template <typename Function>
std::string Signatures(std::string_view name, const std::vector<const Function*>& overloads) {
  std::string out;
  for (const Function* function : overloads) {
    if (!out.empty()) out += "; ";
    out += std::string(name) + function->signature;
  }
  return out;
}

}  // namespace

StatusOr<ResolvedScalar> Registry::ResolveScalar(std::string_view name,
                                                 std::span<const ArgumentType> args) const {
  std::string lower = Lower(name);
  auto it = index_->scalars.find(lower);
  if (it == index_->scalars.end()) {
    if (IsOperatorName(name)) return NotFound("operator does not exist: {}", CallText(name, args));
    if (index_->aggregates.contains(lower)) {
      return NotFound("{} is an aggregate function and is not allowed here", lower);
    }
    std::vector<std::string_view> names = index_->AllNames();
    std::string_view nearest = NearestName(lower, names);
    if (!nearest.empty()) {
      return NotFound("function {} does not exist; did you mean {}?", CallText(name, args),
                      nearest);
    }
    return NotFound("function {} does not exist", CallText(name, args));
  }

  int cost;
  // An untyped literal beside a typed operand takes that type, if some overload then fits exactly
  // (PostgreSQL's rule for operators).
  if (args.size() == 2 && args[0].untyped_literal != args[1].untyped_literal) {
    const Type& known = args[args[0].untyped_literal ? 1 : 0].type;
    std::vector<ArgumentType> same = {{known, false}, {known, false}};
    if (IsOperatorName(name) && known.id() != TypeId::kNull) {
      StatusOr<ResolvedScalar> resolved = BestOverload(it->second, same, &cost);
      if (resolved.ok() && cost == 0) return resolved;
      if (!resolved.ok() && !absl::IsNotFound(resolved.status())) return resolved;
    }
  }
  StatusOr<ResolvedScalar> resolved = BestOverload(it->second, args, &cost);
  if (resolved.ok() || !absl::IsNotFound(resolved.status())) return resolved;
  if (IsOperatorName(name)) {
    return NotFound("operator does not exist: {}; an explicit cast may help", CallText(name, args));
  }
  return NotFound("function {} does not exist; there is {}", CallText(name, args),
                  Signatures(lower, it->second));
}

StatusOr<ResolvedAggregate> Registry::ResolveAggregate(std::string_view name,
                                                       std::span<const ArgumentType> args) const {
  std::string lower = Lower(name);
  auto it = index_->aggregates.find(lower);
  if (it == index_->aggregates.end()) {
    std::vector<std::string_view> names = index_->AllNames();
    std::string_view nearest = NearestName(lower, names);
    if (!nearest.empty()) {
      return NotFound("aggregate function {} does not exist; did you mean {}?",
                      CallText(name, args), nearest);
    }
    return NotFound("aggregate function {} does not exist", CallText(name, args));
  }
  ResolvedAggregate best;
  int best_cost = INT_MAX;
  for (const AggregateFunction* function : it->second) {
    StatusOr<ResolvedAggregate> resolved = function->resolve(args);
    if (!resolved.ok()) {
      if (absl::IsNotFound(resolved.status())) continue;
      return resolved.status();
    }
    if (resolved->function == nullptr) resolved->function = function;
    int cost = TotalCost(args, resolved->arg_types);
    if (cost < best_cost) {
      best_cost = cost;
      best = *std::move(resolved);
    }
  }
  if (best_cost == INT_MAX) {
    return NotFound("function {} does not exist; there is {}", CallText(name, args),
                    Signatures(lower, it->second));
  }
  return best;
}

StatusOr<ResolvedWindow> Registry::ResolveWindow(std::string_view name,
                                                 std::span<const ArgumentType> args) const {
  auto it = index_->windows.find(Lower(name));
  if (it == index_->windows.end()) {
    return NotFound("window function {} does not exist", CallText(name, args));
  }
  const WindowFunction* function = it->second;
  StatusOr<ResolvedWindow> resolved = function->resolve(args);
  if (!resolved.ok()) {
    if (!absl::IsNotFound(resolved.status())) return resolved;
    return NotFound("function {} does not exist; there is {}", CallText(name, args),
                    it->first + function->signature);
  }
  resolved->function = function;
  return resolved;
}

bool Registry::HasScalar(std::string_view name) const {
  return index_->scalars.contains(Lower(name));
}

bool Registry::HasAggregate(std::string_view name) const {
  return index_->aggregates.contains(Lower(name));
}

bool Registry::HasWindow(std::string_view name) const {
  return index_->windows.contains(Lower(name));
}

std::vector<std::string> Registry::Names() const {
  std::vector<std::string> names;
  auto add = [&](const auto& functions) {
    for (const auto& function : functions) {
      if (IsOperatorName(function->name)) continue;
      names.push_back(function->name);
      names.insert(names.end(), function->aliases.begin(), function->aliases.end());
    }
  };
  add(scalars_);
  add(aggregates_);
  add(windows_);
  add(sets_);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

const SetFunction* Registry::FindSet(std::string_view name) const {
  auto it = index_->sets.find(Lower(name));
  return it == index_->sets.end() ? nullptr : it->second;
}

void Registry::Add(SetFunction function) {
  sets_.push_back(std::make_unique<SetFunction>(std::move(function)));
  const SetFunction* added = sets_.back().get();
  index_->sets[Lower(added->name)] = added;
  for (const std::string& alias : added->aliases) index_->sets[Lower(alias)] = added;
}

void Registry::Add(ScalarFunction function) {
  SHALE_CHECK(function.kernel != nullptr || function.resolve != nullptr);
  scalars_.push_back(std::make_unique<ScalarFunction>(std::move(function)));
  const ScalarFunction* added = scalars_.back().get();
  index_->scalars[Lower(added->name)].push_back(added);
  for (const std::string& alias : added->aliases) {
    auto& list = index_->scalars[Lower(alias)];
    if (std::find(list.begin(), list.end(), added) == list.end()) list.push_back(added);
  }
}

void Registry::Add(AggregateFunction function) {
  SHALE_CHECK(function.resolve != nullptr);
  aggregates_.push_back(std::make_unique<AggregateFunction>(std::move(function)));
  const AggregateFunction* added = aggregates_.back().get();
  index_->aggregates[Lower(added->name)].push_back(added);
  for (const std::string& alias : added->aliases) {
    auto& list = index_->aggregates[Lower(alias)];
    if (std::find(list.begin(), list.end(), added) == list.end()) list.push_back(added);
  }
}

void Registry::Add(WindowFunction function) {
  SHALE_CHECK((function.compute != nullptr) != (function.pick != nullptr));
  windows_.push_back(std::make_unique<WindowFunction>(std::move(function)));
  const WindowFunction* added = windows_.back().get();
  index_->windows[Lower(added->name)] = added;
  for (const std::string& alias : added->aliases) index_->windows[Lower(alias)] = added;
}

// The list. Order decides between overloads that cost the same.
Registry::Registry() : index_(std::make_unique<Index>()) {
  RegisterComparison(this);
  RegisterArithmetic(this);
  RegisterMath(this);
  RegisterCasts(this);
  RegisterLogic(this);
  RegisterBits(this);
  RegisterNetwork(this);
  RegisterString(this);
  RegisterRegexp(this);
  RegisterDate(this);
  RegisterDateFormat(this);
  RegisterJson(this);
  RegisterJsonBuild(this);
  RegisterUrl(this);
  RegisterArray(this);
  RegisterJsonList(this);
  RegisterUserAgent(this);
  RegisterJsonPath(this);
  RegisterCatalog(this);
  RegisterSession(this);

  RegisterCountAggregates(this);
  RegisterSumAggregates(this);
  RegisterMinMaxAggregates(this);
  RegisterStatisticsAggregates(this);
  RegisterCollectAggregates(this);
  RegisterQuantileAggregates(this);
  RegisterSketchAggregates(this);

  RegisterWindowRanks(this);
  RegisterWindowPicks(this);
  RegisterNestedAggregates(this);

  RegisterSetFunctions(this);
  RegisterDigestAggregates(this);
  RegisterJsonAggregates(this);
  RegisterTopAggregates(this);
}

Registry::~Registry() = default;

const Registry& Registry::Get() {
  static const auto* const kRegistry = new Registry();
  return *kRegistry;
}

}  // namespace shale
