// The simulated disk fills up, at a size of its own in each run, and gets space again while the
// clients work. Nothing acknowledged may be lost, reads are answered all the while, and writing
// goes on without opening the database again.
#include "fmt/format.h"
#include "tests/rel/support/rig.h"
#include "tests/rel/support/simulation.h"

namespace shale {
namespace {

int Main(int argc, char** argv) {
  Rig rig("enospc", argc, argv, {{"sizes", 20, "runs, each with a seed of its own", 4}});
  for (const char* figure : {"runs", "fail", "lost", "acked_after", "reads_refused"}) {
    rig.MustBeZero(figure);
  }
  SimulationOptions options;
  options.power_cuts = options.read_write_errors = options.sync_errors = options.full_disks = false;
  options.full_disks = true;
  options.every_life = 6;
  for (int64_t i = 0; i < rig.Get("sizes"); ++i) {
    const uint64_t seed = rig.seed() + static_cast<uint64_t>(i);
    const SimulationResult result = Simulate(seed, options);
    rig.Add("runs", 1);
    rig.Add("acked", result.acked);
    rig.Add("faults", result.faults);
    rig.Add("stopped", result.poisoned);
    rig.Add("filled", result.full);
    rig.Add("resumed", result.resumed);
    rig.Add("acked_after", result.acked_after);
    rig.Add("reads_refused", result.reads_refused);
    if (!result.failure.empty()) {
      rig.Miss("fail", fmt::format("--seed {}: {}", seed, result.failure.substr(0, 1000)));
    }
  }
  return rig.Finish();
}

}  // namespace
}  // namespace shale

int main(int argc, char** argv) { return shale::Main(argc, argv); }
