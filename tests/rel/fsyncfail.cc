// An fsync fails in every life of the simulated world, in the log, the catalog or a segment.
// Nothing may be acknowledged once writing has stopped, nothing acknowledged before may be lost,
// and reads are answered all the while.
#include "fmt/format.h"
#include "tests/rel/support/rig.h"
#include "tests/rel/support/simulation.h"

namespace shale {
namespace {

int Main(int argc, char** argv) {
  Rig rig("fsyncfail", argc, argv, {{"runs", 100, "runs, each with a seed of its own", 10}});
  for (const char* figure : {"runs", "fail", "lost", "acked_after", "reads_refused"}) {
    rig.MustBeZero(figure);
  }
  SimulationOptions options;
  options.power_cuts = options.read_write_errors = options.sync_errors = options.full_disks = false;
  options.sync_errors = true;
  options.every_life = 5;
  for (int64_t i = 0; i < rig.Get("runs"); ++i) {
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
