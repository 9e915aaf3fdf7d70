// An fsync fails in every life of the simulated world, in the log, the catalog or a segment.
// Nothing may be acknowledged once writing has stopped, nothing acknowledged before may be lost,
// and reads are answered all the while.
#include "tests/rel/support/rig.h"
#include "tests/rel/support/simulated_faults.h"

namespace shale {
namespace {

int Main(int argc, char** argv) {
  Rig rig("fsyncfail", argc, argv, {{"runs", 100, "runs, each with a seed of its own", 10}});
  SimulationOptions options;
  options.power_cuts = options.read_write_errors = options.sync_errors = options.full_disks = false;
  options.sync_errors = true;
  options.every_life = 5;
  SimulateFaults(rig.Get("runs"), options, &rig);
  return rig.Finish();
}

}  // namespace
}  // namespace shale

int main(int argc, char** argv) { return shale::Main(argc, argv); }
