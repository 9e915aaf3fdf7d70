// generate_events: see bench/rows/generator_main.h. Rows come as they arrive; --order is ignored.
#include "bench/events/events.h"
#include "bench/rows/generator_main.h"

int main(int argc, char** argv) {
  using namespace shale::bench;  // NOLINT(build/namespaces)
  return GeneratorMain(argc, argv, EventsTable(),
                       [](const GeneratorOptions& options, RowWriter* out) {
                         EventMaker maker(options.rows, options.seed);
                         for (const Event& event : PlanEvents(options.rows, options.seed)) {
                           RETURN_IF_ERROR(maker.Write(event, out));
                         }
                         return shale::OkStatus();
                       });
}
