// What the rigs of one kind of fault share: a simulated world a seed, and their figures.
#pragma once

#include "tests/rel/support/rig.h"
#include "tests/rel/support/simulation.h"

namespace shale {

// Runs `runs` worlds, from the rig's seed on. After a fault nothing may be acknowledged that could
// be lost, nothing acknowledged before may be lost, and reads are answered.
void SimulateFaults(int64_t runs, const SimulationOptions& options, Rig* rig);

}  // namespace shale
