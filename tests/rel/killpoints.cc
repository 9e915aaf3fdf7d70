// The plug is pulled at every named point of the engine (engine/base/kill_point.h), many times
// each: as kill -9 does (what was written stays) and as a power cut does (what was not synced is
// dropped, torn and reordered). Then the database is opened and compared with the model; the
// recovery itself has points too.
#include "engine/base/kill_point.h"
#include "fmt/format.h"
#include "tests/rel/support/rig.h"
#include "tests/rel/support/simulation.h"

namespace shale {
namespace {

// Runs that may pass without reaching the point.
constexpr int kPatience = 40;

int Main(int argc, char** argv) {
  Rig rig("killpoints", argc, argv, {{"each", 20, "times each point is hit", 2}},
          {{"point", "", "only this point"}});
  for (const char* figure : {"points", "kills", "fail", "unreached"}) rig.MustBeZero(figure);
  for (const char* point : KillPointNames()) {
    if (!rig.Text("point").empty() && rig.Text("point") != point) continue;
    rig.Add("points", 1);
    int64_t hits = 0;
    uint64_t seed = rig.seed();
    for (int64_t tries = 0; hits < rig.Get("each") && tries < rig.Get("each") * kPatience;
         ++tries, ++seed) {
      SimulationOptions options;
      // Something must have been cut off before, for a recovery to have work.
      options.power_cuts = std::string_view(point).substr(0, 9) == "recovery.";
      options.read_write_errors = false;
      options.sync_errors = options.full_disks = false;
      options.kill_point = point;
      options.keeps_writes = tries % 2 == 0;
      const SimulationResult result = Simulate(seed, options);
      hits += result.kills;
      rig.Add("kills", result.kills);
      if (result.failure.empty()) continue;
      rig.Miss("fail", fmt::format("{} ({}), --seed {} --point {}: {}", point,
                                   options.keeps_writes ? "kill -9" : "power cut", seed, point,
                                   result.failure.substr(0, 1000)));
    }
    if (hits < rig.Get("each")) rig.Miss("unreached", fmt::format("{}: {} times", point, hits));
  }
  if (rig.ok()) {
    // What the comparison with the model would have found.
    for (const char* figure : {"lost", "dup", "orphans"}) rig.MustBeZero(figure);
  }
  return rig.Finish();
}

}  // namespace
}  // namespace shale

int main(int argc, char** argv) { return shale::Main(argc, argv); }
