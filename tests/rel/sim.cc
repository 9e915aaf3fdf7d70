// The whole database in a simulated world, thousands of times: see support/simulation.h. A failing
// seed is made as small as it goes and printed as a command.
#include "fmt/format.h"
#include "tests/rel/support/rig.h"
#include "tests/rel/support/simulation.h"

namespace shale {
namespace {

// Seeds that failed once.
constexpr uint64_t kKeptSeeds[] = {110, 119, 136, 1022, 2537, 2866};
// Of so many seeds one is run twice: the trace must be the same.
constexpr uint64_t kTwice = 25;

std::string Dropped(const SimulationOptions& options) {
  std::string text;
  for (int step : options.dropped) text += (text.empty() ? "" : ",") + std::to_string(step);
  return text;
}

int Main(int argc, char** argv) {
  Rig rig("sim", argc, argv,
          {{"seeds", 10000, "runs, from --seed on", 150},
           {"trace", 0, "1: prints every statement and the failure whole", 0}},
          {{"drop", "", "steps to leave out, as the rig prints them"}});
  rig.MustBeZero("fail");
  rig.MustBeZero("nondeterministic");
  SimulationOptions options;
  const std::string drop = rig.Text("drop");
  for (size_t at = 0; at < drop.size();) {
    const size_t end = std::min(drop.find(',', at), drop.size());
    options.dropped.insert(std::stoi(drop.substr(at, end - at)));
    at = end + 1;
  }
  SimulationResult total;
  const auto run = [&](uint64_t seed) {
    const SimulationResult result = Simulate(seed, options);
    for (auto figure :
         {&SimulationResult::statements, &SimulationResult::acked, &SimulationResult::queries,
          &SimulationResult::cuts, &SimulationResult::faults, &SimulationResult::reopened}) {
      total.*figure += result.*figure;
    }
    rig.Add("seeds", 1);
    if (seed % kTwice == 0 && Simulate(seed, options).trace != result.trace) {
      rig.Miss("nondeterministic", fmt::format("seed {}", seed));
    }
    if (result.failure.empty()) return;
    const SimulationOptions small = Minimise(seed, options);
    SimulationOptions aloud = small;
    aloud.says_all = rig.Get("trace") != 0;
    const SimulationResult again = Simulate(seed, aloud);
    rig.Miss("fail",
             fmt::format("{} of {} steps are enough: tools/dev rel sim --seed {} --seeds 1 --drop "
                         "{}\n{}",
                         result.num_steps - static_cast<int>(small.dropped.size()),
                         result.num_steps, seed, Dropped(small),
                         rig.Get("trace") != 0 ? again.failure : again.failure.substr(0, 1500)));
  };
  if (rig.Get("seeds") > 1) {
    for (uint64_t seed : kKeptSeeds) run(seed);
  }
  for (int64_t i = 0; i < rig.Get("seeds"); ++i) run(rig.seed() + static_cast<uint64_t>(i));
  rig.Add("statements", total.statements);
  rig.Add("acked", total.acked);
  rig.Add("queries", total.queries);
  rig.Add("power_cuts", total.cuts);
  rig.Add("faults", total.faults);
  rig.Add("reopened", total.reopened);
  return rig.Finish();
}

}  // namespace
}  // namespace shale

int main(int argc, char** argv) { return shale::Main(argc, argv); }
