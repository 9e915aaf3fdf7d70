// abs, sign, ceil, floor, round and trunc, each over every kind of number (a part of the math
// family).
#pragma once

#include "engine/functions/function.h"

namespace shale {

void RegisterRounding(Registry* registry);  // scalar_rounding.cc

}  // namespace shale
