// The simulated disk fills up, at a size of its own in each run, and gets space again while the
// clients work. Nothing acknowledged may be lost, reads are answered all the while, and writing
// goes on without opening the database again.
#include "tests/rel/support/rig.h"
#include "tests/rel/support/simulated_faults.h"

namespace shale {
namespace {

int Main(int argc, char** argv) {
  Rig rig("enospc", argc, argv, {{"sizes", 20, "runs, each with a seed of its own", 4}});
  SimulationOptions options;
  options.power_cuts = options.read_write_errors = options.sync_errors = options.full_disks = false;
  options.full_disks = true;
  options.every_life = 6;
  SimulateFaults(rig.Get("sizes"), options, &rig);
  return rig.Finish();
}

}  // namespace
}  // namespace shale

int main(int argc, char** argv) { return shale::Main(argc, argv); }
