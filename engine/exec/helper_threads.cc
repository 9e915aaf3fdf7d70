#include "engine/exec/helper_threads.h"

#include <vector>

#include "engine/base/sync.h"

namespace shale {

void RunWithHelpers(int num_helpers, const std::function<void(int)>& body,
                    const std::function<void(const StartHelpers&)>& main) {
  std::vector<Thread> threads;
  main([&] {
    for (int helper = 1; helper <= num_helpers; ++helper) {
      threads.emplace_back("worker", [&body, helper] { body(helper); });
    }
  });
  for (Thread& thread : threads) thread.Join();
}

}  // namespace shale
