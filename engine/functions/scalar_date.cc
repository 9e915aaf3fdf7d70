// The date family's list; its functions stand in scalar_date_*.cc.
#include "engine/functions/date_kernels.h"
#include "engine/functions/families.h"

namespace shale {

void RegisterDate(Registry* registry) {
  RegisterDateExtract(registry);
  RegisterDateTrunc(registry);
  RegisterDateArithmetic(registry);
  RegisterDateMake(registry);
}

}  // namespace shale
