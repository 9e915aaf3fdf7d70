// generate_hits: see bench/rows/generator_main.h.
#include "bench/hits/hits.h"
#include "bench/rows/generator_main.h"

int main(int argc, char** argv) {
  using namespace shale::bench;  // NOLINT(build/namespaces)
  return GeneratorMain(
      argc, argv, HitsTable(), [](const GeneratorOptions& options, RowWriter* out) {
        HitMaker maker(options.rows, options.seed);
        for (const Hit& hit : PlanHits(options.rows, options.seed,
                                       options.order == "key" ? HitOrder::kKey : HitOrder::kTime)) {
          RETURN_IF_ERROR(maker.Write(hit, out));
        }
        return shale::OkStatus();
      });
}
