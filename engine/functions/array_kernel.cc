#include "engine/functions/array_kernel.h"

namespace shale {

StatusOr<ResolvedScalar> ResolveArrayShape(std::string_view shape,
                                           std::span<const ArgumentType> args,
                                           ScalarKernel kernel) {
  const bool element_suffices = shape.starts_with('~');
  if (element_suffices) shape.remove_prefix(1);
  const size_t arrow = shape.find('>');
  const std::string_view wanted = shape.substr(0, arrow);
  const char result = shape[arrow + 1];
  if (args.size() != wanted.size()) return NotFound("wrong number of arguments");

  const auto untyped = [](const ArgumentType& arg) {
    return arg.untyped_literal || arg.type.id() == TypeId::kNull;
  };
  bool typed = false;
  ArgumentType common{TypeId::kText, true};
  for (size_t i = 0; i < args.size(); ++i) {
    const int depth = wanted[i] == 'N' ? 2 : wanted[i] == 'L' ? 1 : wanted[i] == 'E' ? 0 : -1;
    if (depth < 0 || untyped(args[i])) continue;
    Type type = args[i].type;
    for (int d = 0; d < depth; ++d) {
      if (type.id() != TypeId::kList) return NotFound("argument {} is an array", i + 1);
      Type child = type.child();
      type = std::move(child);
    }
    typed |= depth > 0 || element_suffices;
    StatusOr<Type> both = CommonType(common, {type, false});
    if (!both.ok()) return NotFound("the elements have no common type");
    common = {*std::move(both), false};
  }
  if (!typed) return NotFound("an array is needed");

  ResolvedScalar resolved;
  const auto type_of = [&](char letter) -> Type {
    switch (letter) {
      case 'N': return Type::List(Type::List(common.type));
      case 'L': return Type::List(common.type);
      case 'E': return common.type;
      case 'I': return TypeId::kInteger;
      case 'G': return TypeId::kBigInt;
      case 'S': return TypeId::kText;
      case 'Z': return TypeId::kBoolean;
      default: SHALE_CHECK(false && "unknown letter in an array's shape"); return {};
    }
  };
  for (size_t i = 0; i < args.size(); ++i) {
    Type type = type_of(wanted[i]);
    const bool plain = wanted[i] == 'I' || wanted[i] == 'G' || wanted[i] == 'S';
    if (plain && !ImplicitCastCost(args[i], type))
      return NotFound("argument {} has a wrong type", i);
    resolved.arg_types.push_back(std::move(type));
  }
  resolved.kernel = kernel;
  resolved.result_type = type_of(result);
  return resolved;
}

ScalarFunction ArrayFunction(std::string name, std::vector<std::string> aliases,
                             std::string signature, std::string summary, std::string example,
                             std::string example_result,
                             StatusOr<ResolvedScalar> (*resolve)(std::span<const ArgumentType>),
                             NullRule nulls) {
  ScalarFunction function;
  function.name = std::move(name);
  function.aliases = std::move(aliases);
  function.category = "array";
  function.signature = std::move(signature);
  function.summary = std::move(summary);
  function.example = std::move(example);
  function.example_result = std::move(example_result);
  function.nulls = nulls;
  function.resolve = resolve;
  return function;
}

}  // namespace shale
