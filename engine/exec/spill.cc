#include "engine/exec/spill.h"

#include <algorithm>

namespace shale {
namespace {

bool HasStruct(const Type& type) {
  if (type.physical() == PhysicalType::kStruct) return true;
  return type.id() == TypeId::kList && HasStruct(type.child());
}

}  // namespace

bool CanSpill(std::span<const Type> types) {
  return std::none_of(types.begin(), types.end(), HasStruct);
}

}  // namespace shale
