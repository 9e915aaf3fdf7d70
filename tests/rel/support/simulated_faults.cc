#include "tests/rel/support/simulated_faults.h"

#include "fmt/format.h"

namespace shale {

void SimulateFaults(int64_t runs, const SimulationOptions& options, Rig* rig) {
  for (const char* figure : {"runs", "fail", "lost", "acked_after", "reads_refused"}) {
    rig->MustBeZero(figure);
  }
  for (int64_t i = 0; i < runs; ++i) {
    const uint64_t seed = rig->seed() + static_cast<uint64_t>(i);
    const SimulationResult result = Simulate(seed, options);
    rig->Add("runs", 1);
    rig->Add("acked", result.acked);
    rig->Add("faults", result.faults);
    rig->Add("stopped", result.poisoned);
    rig->Add("filled", result.full);
    rig->Add("resumed", result.resumed);
    rig->Add("acked_after", result.acked_after);
    rig->Add("reads_refused", result.reads_refused);
    if (!result.failure.empty()) {
      rig->Miss("fail", fmt::format("--seed {}: {}", seed, result.failure.substr(0, 1000)));
    }
  }
}

}  // namespace shale
