// docs/functions.md, made from the registry of functions.
#pragma once

#include <string>

namespace shale {

// Every function by category, with signature, what it does and an example.
std::string FunctionsPage();

}  // namespace shale
