// A function's words in one line: the parts of a registry row that people read.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/functions/function.h"

namespace shale {

inline ScalarFunction FunctionRow(std::string category, std::string name,
                                  std::vector<std::string> aliases, std::string signature,
                                  std::string summary, std::string example,
                                  std::string example_result) {
  ScalarFunction row;
  row.name = std::move(name);
  row.aliases = std::move(aliases);
  row.category = std::move(category);
  row.signature = std::move(signature);
  row.summary = std::move(summary);
  row.example = std::move(example);
  row.example_result = std::move(example_result);
  return row;
}

// The row of a function whose types follow a rule.
inline void AddRow(Registry* registry, ScalarFunction row,
                   StatusOr<ResolvedScalar> (*resolve)(std::span<const ArgumentType>)) {
  row.resolve = resolve;
  registry->Add(std::move(row));
}

}  // namespace shale
