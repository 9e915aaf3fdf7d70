#include "engine/exec/extra_workers.h"

#include <vector>

#include "engine/base/sync.h"

namespace shale {

void RunWithExtraWorkers(int num_extra, const std::function<void(int)>& body,
                         const std::function<void(const StartExtraWorkers&)>& main) {
  std::vector<Thread> threads;
  main([&] {
    for (int worker = 1; worker <= num_extra; ++worker) {
      threads.emplace_back("worker", [&body, worker] { body(worker); });
    }
  });
  for (Thread& thread : threads) thread.Join();
}

}  // namespace shale
