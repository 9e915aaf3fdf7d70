// The parts of the array family, one a file; RegisterArray adds them all.
#pragma once

#include "engine/functions/function.h"

namespace shale {

void RegisterArraySearch(Registry* registry);  // scalar_array_search.cc
void RegisterArrayOrder(Registry* registry);   // scalar_array_order.cc
void RegisterArraySeries(Registry* registry);  // scalar_array_series.cc

}  // namespace shale
