// From a physical type, known when rows come, to the C++ type of a flat vector's values, known when
// the loop over them is compiled: f.operator()<T>().
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/base/check.h"
#include "engine/vector/type.h"

namespace shale {

// Values of at most 64 bits that are one number: not for DECIMAL beyond 18 digits, UUID, INTERVAL,
// text, LIST and STRUCT.
template <typename F>
auto DispatchNumber(PhysicalType type, F&& f) {
  switch (type) {
    case PhysicalType::kBool:
    case PhysicalType::kUInt8: return f.template operator()<uint8_t>();
    case PhysicalType::kInt8: return f.template operator()<int8_t>();
    case PhysicalType::kInt16: return f.template operator()<int16_t>();
    case PhysicalType::kInt32: return f.template operator()<int32_t>();
    case PhysicalType::kInt64: return f.template operator()<int64_t>();
    case PhysicalType::kUInt16: return f.template operator()<uint16_t>();
    case PhysicalType::kUInt32: return f.template operator()<uint32_t>();
    case PhysicalType::kUInt64: return f.template operator()<uint64_t>();
    case PhysicalType::kFloat: return f.template operator()<float>();
    case PhysicalType::kDouble: return f.template operator()<double>();
    case PhysicalType::kInt128:
    case PhysicalType::kInterval:
    case PhysicalType::kString:
    case PhysicalType::kList:
    case PhysicalType::kStruct: break;
  }
  SHALE_CHECK(false && "values of this type are no number of up to 64 bits");
  __builtin_unreachable();
}

// Not for text, LIST and STRUCT.
template <typename F>
auto DispatchFixedWidth(PhysicalType type, F&& f) {
  if (type == PhysicalType::kInt128) return f.template operator()<int128_t>();
  if (type == PhysicalType::kInterval) return f.template operator()<Interval>();
  return DispatchNumber(type, f);
}

// Not for LIST and STRUCT.
template <typename F>
auto DispatchPhysical(PhysicalType type, F&& f) {
  if (type == PhysicalType::kString) return f.template operator()<std::string_view>();
  return DispatchFixedWidth(type, f);
}

}  // namespace shale
