// The reference of every function, written from the registry: docs/functions.md.
#pragma once

#include <string>

namespace shale {

// Markdown: one heading a category in alphabetical order, scalar functions and then aggregates, one
// table row a function: signature, summary, example → result. The same bytes for the same registry.
std::string FunctionReferenceMarkdown();

}  // namespace shale
