#include "storage/segment/zone_map.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace shale {
namespace {

constexpr uint8_t kHasMin = 1, kHasMax = 2, kExact = 4;

template <typename T>
ZoneMap ZoneOf(const Type& type, const T* values, size_t rows) {
  T low = values[0], high = values[0];
  for (size_t i = 1; i < rows; ++i) {
    low = std::min(low, values[i]);
    high = std::max(high, values[i]);
  }
  ZoneMap zone;
  zone.min = MakeValue(type, low);
  zone.max = MakeValue(type, high);
  return zone;
}

// NaN is above all numbers.
template <typename T>
ZoneMap ZoneOfFloats(const Type& type, const T* values, size_t rows) {
  T low = std::numeric_limits<T>::infinity(), high = -std::numeric_limits<T>::infinity();
  bool any = false, nan = false;
  for (size_t i = 0; i < rows; ++i) {
    if (std::isnan(values[i])) {
      nan = true;
      continue;
    }
    any = true;
    low = std::min(low, values[i]);
    high = std::max(high, values[i]);
  }
  const T not_a_number = std::numeric_limits<T>::quiet_NaN();
  ZoneMap zone;
  zone.min = MakeValue(type, any ? low : not_a_number);
  zone.max = MakeValue(type, nan ? not_a_number : high);
  return zone;
}

bool HasBounds(PhysicalType type) {
  return type != PhysicalType::kInterval && type != PhysicalType::kList &&
         type != PhysicalType::kStruct;
}

bool IsUnsignedValue(PhysicalType type) {
  return type == PhysicalType::kBool ||
         (type >= PhysicalType::kUInt8 && type <= PhysicalType::kUInt64);
}

void PutBound(const Value& value, PhysicalType type, std::string* out) {
  switch (type) {
    case PhysicalType::kFloat:
    case PhysicalType::kDouble: PutFixed(value.AsDouble(), out); return;
    case PhysicalType::kInt128: PutFixed(value.AsInt128(), out); return;
    case PhysicalType::kString: PutText(value.AsString(), out); return;
    default:
      if (IsUnsignedValue(type)) {
        PutVarint(value.AsUInt(), out);
      } else {
        PutSigned(value.AsInt(), out);
      }
  }
}

Value ReadBound(ByteReader* reader, const Type& type) {
  const PhysicalType physical = type.physical();
  switch (physical) {
    case PhysicalType::kFloat:
    case PhysicalType::kDouble: return Value::Float(type, reader->Fixed<double>());
    case PhysicalType::kInt128: return Value::Int128(type, reader->Fixed<int128_t>());
    case PhysicalType::kString: return Value::String(type, std::string(reader->Text()));
    case PhysicalType::kBool: return Value::Bool(reader->Varint() != 0);
    default:
      if (IsUnsignedValue(physical)) return Value::UInt(type, reader->Varint());
      return Value::Int(type, reader->Signed());
  }
}

}  // namespace

template <typename T>
Value MakeValue(const Type& type, T value) {
  if constexpr (std::is_same_v<T, std::string_view>) {
    return Value::String(type, std::string(value));
  } else if constexpr (std::is_same_v<T, int128_t>) {
    return Value::Int128(type, value);
  } else if constexpr (std::is_same_v<T, Interval>) {
    return Value::Of(value);
  } else if constexpr (std::is_floating_point_v<T>) {
    return Value::Float(type, value);
  } else if (type.physical() == PhysicalType::kBool) {
    return Value::Bool(value != 0);
  } else if constexpr (std::is_unsigned_v<T>) {
    return Value::UInt(type, value);
  } else {
    return Value::Int(type, value);
  }
}
template Value MakeValue<uint8_t>(const Type&, uint8_t);
template Value MakeValue<uint16_t>(const Type&, uint16_t);
template Value MakeValue<uint32_t>(const Type&, uint32_t);
template Value MakeValue<uint64_t>(const Type&, uint64_t);
template Value MakeValue<int8_t>(const Type&, int8_t);
template Value MakeValue<int16_t>(const Type&, int16_t);
template Value MakeValue<int32_t>(const Type&, int32_t);
template Value MakeValue<int64_t>(const Type&, int64_t);
template Value MakeValue<int128_t>(const Type&, int128_t);
template Value MakeValue<float>(const Type&, float);
template Value MakeValue<double>(const Type&, double);
template Value MakeValue<Interval>(const Type&, Interval);
template Value MakeValue<std::string_view>(const Type&, std::string_view);

ZoneMap ZoneOfValues(const Type& type, const void* values, size_t rows, uint32_t null_count) {
  ZoneMap zone;
  if (null_count < rows) {
    switch (type.physical()) {
      case PhysicalType::kBool:
      case PhysicalType::kUInt8:
        zone = ZoneOf(type, static_cast<const uint8_t*>(values), rows);
        break;
      case PhysicalType::kUInt16:
        zone = ZoneOf(type, static_cast<const uint16_t*>(values), rows);
        break;
      case PhysicalType::kUInt32:
        zone = ZoneOf(type, static_cast<const uint32_t*>(values), rows);
        break;
      case PhysicalType::kUInt64:
        zone = ZoneOf(type, static_cast<const uint64_t*>(values), rows);
        break;
      case PhysicalType::kInt8:
        zone = ZoneOf(type, static_cast<const int8_t*>(values), rows);
        break;
      case PhysicalType::kInt16:
        zone = ZoneOf(type, static_cast<const int16_t*>(values), rows);
        break;
      case PhysicalType::kInt32:
        zone = ZoneOf(type, static_cast<const int32_t*>(values), rows);
        break;
      case PhysicalType::kInt64:
        zone = ZoneOf(type, static_cast<const int64_t*>(values), rows);
        break;
      case PhysicalType::kInt128:
        zone = ZoneOf(type, static_cast<const int128_t*>(values), rows);
        break;
      case PhysicalType::kFloat:
        zone = ZoneOfFloats(type, static_cast<const float*>(values), rows);
        break;
      case PhysicalType::kDouble:
        zone = ZoneOfFloats(type, static_cast<const double*>(values), rows);
        break;
      default: zone.exact = false; break;
    }
  }
  zone.null_count = null_count;
  return zone;
}

ZoneMap ZoneOfText(const Type& type, std::string_view min, std::string_view max,
                   uint32_t null_count) {
  ZoneMap zone;
  zone.null_count = null_count;
  zone.exact = min.size() <= kZoneTextBytes && max.size() <= kZoneTextBytes;
  zone.min = Value::String(type, std::string(min.substr(0, kZoneTextBytes)));
  std::string top(max.substr(0, kZoneTextBytes));
  if (max.size() > kZoneTextBytes) {
    // The smallest text of at most this length above everything that begins so.
    while (!top.empty() && static_cast<uint8_t>(top.back()) == 0xff) top.pop_back();
    if (top.empty()) return zone;
    top.back() = static_cast<char>(static_cast<uint8_t>(top.back()) + 1);
  }
  zone.max = Value::String(type, std::move(top));
  return zone;
}

void MergeZone(const ZoneMap& other, bool empty, ZoneMap* zone) {
  if (empty) {
    *zone = other;
    return;
  }
  zone->null_count += other.null_count;
  if (!other.min && !other.max && other.exact) return;  // all NULL
  if (!zone->min && !zone->max && zone->exact) {
    const uint32_t nulls = zone->null_count;
    *zone = other;
    zone->null_count = nulls;
    return;
  }
  zone->exact = zone->exact && other.exact;
  if (!other.min || (zone->min && Value::Compare(*other.min, *zone->min) < 0)) {
    zone->min = other.min;
  }
  if (!zone->max) return;
  if (!other.max || Value::Compare(*other.max, *zone->max) > 0) zone->max = other.max;
}

void PutZone(const ZoneMap& zone, const Type& type, std::string* out) {
  const uint8_t flags = static_cast<uint8_t>((zone.min ? kHasMin : 0) | (zone.max ? kHasMax : 0) |
                                             (zone.exact ? kExact : 0));
  out->push_back(static_cast<char>(flags));
  PutVarint(zone.null_count, out);
  if (zone.min) PutBound(*zone.min, type.physical(), out);
  if (zone.max) PutBound(*zone.max, type.physical(), out);
}

bool ReadZone(ByteReader* reader, const Type& type, ZoneMap* zone) {
  const uint8_t flags = reader->Fixed<uint8_t>();
  if (!reader->ok() || flags > (kHasMin | kHasMax | kExact)) return false;
  if ((flags & (kHasMin | kHasMax)) != 0 && !HasBounds(type.physical())) return false;
  zone->exact = (flags & kExact) != 0;
  zone->null_count = static_cast<uint32_t>(reader->Varint());
  zone->min.reset();
  zone->max.reset();
  if (flags & kHasMin) zone->min = ReadBound(reader, type);
  if (flags & kHasMax) zone->max = ReadBound(reader, type);
  return reader->ok();
}

bool SkipZone(ByteReader* reader, const Type& type) {
  const uint8_t flags = reader->Fixed<uint8_t>();
  if (!reader->ok() || flags > (kHasMin | kHasMax | kExact)) return false;
  reader->Varint();
  const PhysicalType physical = type.physical();
  const int bounds = (flags & kHasMin ? 1 : 0) + (flags & kHasMax ? 1 : 0);
  if (bounds != 0 && !HasBounds(physical)) return false;
  for (int i = 0; i < bounds; ++i) {
    switch (physical) {
      case PhysicalType::kFloat:
      case PhysicalType::kDouble: reader->Take(8); break;
      case PhysicalType::kInt128: reader->Take(16); break;
      case PhysicalType::kString: reader->Text(); break;
      default: reader->Varint();
    }
  }
  return reader->ok();
}

}  // namespace shale
