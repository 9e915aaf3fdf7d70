#include "engine/vector/nested.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/vector/physical.h"

namespace shale {
namespace {

// A row of a vector as a value of a flat one.
struct Place {
  const Vector* values;
  size_t at;
  bool null;
};

Place PlaceOf(const Vector& vector, size_t row) {
  SHALE_DCHECK(!vector.is_run());
  if (vector.is_constant()) return {&vector, 0, vector.is_constant_null()};
  const bool null = vector.has_nulls() && !BitIsSet(vector.validity(), row);
  if (!vector.is_dictionary()) return {&vector, row, null};
  if (null) return {&vector, row, true};
  return {&vector.dictionary()->values, vector.codes()[row], false};
}

template <typename T>
int CompareNumbers(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(a) || std::isnan(b)) return std::isnan(a) - std::isnan(b);
  }
  return a < b ? -1 : a > b ? 1 : 0;
}

int CompareLists(const Vector& a, size_t at_a, const Vector& b, size_t at_b) {
  const ListEntry x = a.values<ListEntry>()[at_a], y = b.values<ListEntry>()[at_b];
  const Vector &items_a = a.children()[0], &items_b = b.children()[0];
  const uint32_t common = std::min(x.length, y.length);
  for (uint32_t i = 0; i < common; ++i) {
    const int order = CompareValues(items_a, x.offset + i, items_b, y.offset + i);
    if (order != 0) return order;
  }
  return CompareNumbers(x.length, y.length);
}

template <typename T>
T Canonical(T value) {
  if constexpr (std::is_floating_point_v<T>) {
    if (value == 0) return 0;
    if (std::isnan(value)) return std::numeric_limits<T>::quiet_NaN();
  }
  return value;
}

// Of BOOLEAN's type; the others are not asked.
template <typename T>
bool IsOne(const T& value) {
  if constexpr (std::is_same_v<T, uint8_t>) return value == 1;
  return false;
}

void AppendLength(size_t length, std::string* out) {
  const auto word = static_cast<uint32_t>(length);
  out->append(reinterpret_cast<const char*>(&word), sizeof(word));
}

bool TakeLength(std::string_view* bytes, uint32_t* length) {
  if (bytes->size() < sizeof(*length)) return false;
  std::memcpy(length, bytes->data(), sizeof(*length));
  bytes->remove_prefix(sizeof(*length));
  return true;
}

}  // namespace

int CompareValues(const Vector& a, size_t row_a, const Vector& b, size_t row_b) {
  const Place x = PlaceOf(a, row_a), y = PlaceOf(b, row_b);
  if (x.null || y.null) return x.null - y.null;
  const PhysicalType physical = a.type().physical();
  switch (physical) {
    case PhysicalType::kString: {
      const int order = x.values->values<std::string_view>()[x.at].compare(
          y.values->values<std::string_view>()[y.at]);
      return order < 0 ? -1 : order > 0 ? 1 : 0;
    }
    case PhysicalType::kList: return CompareLists(*x.values, x.at, *y.values, y.at);
    case PhysicalType::kStruct:
      for (size_t i = 0; i < x.values->children().size(); ++i) {
        const int order =
            CompareValues(x.values->children()[i], x.at, y.values->children()[i], y.at);
        if (order != 0) return order;
      }
      return 0;
    case PhysicalType::kInterval:
      return CompareNumbers(IntervalOrder(x.values->values<Interval>()[x.at]),
                            IntervalOrder(y.values->values<Interval>()[y.at]));
    default:
      return DispatchFixedWidth(physical, [&]<typename T>() -> int {
        if constexpr (std::is_same_v<T, Interval>) {
          return 0;
        } else {
          return CompareNumbers(x.values->values<T>()[x.at], y.values->values<T>()[y.at]);
        }
      });
  }
}

bool HasCanonicalBytes(const Type& type) {
  switch (type.physical()) {
    case PhysicalType::kInterval:
    case PhysicalType::kStruct: return false;
    case PhysicalType::kList: return HasCanonicalBytes(type.child());
    default: return true;
  }
}

void AppendValueBytes(const Vector& vector, size_t row, bool canonical, std::string* out) {
  const Place place = PlaceOf(vector, row);
  out->push_back(place.null ? 0 : 1);
  if (place.null) return;
  const PhysicalType physical = vector.type().physical();
  if (physical == PhysicalType::kString) {
    const std::string_view text = place.values->values<std::string_view>()[place.at];
    AppendLength(text.size(), out);
    out->append(text);
  } else if (physical == PhysicalType::kList) {
    const ListEntry entry = place.values->values<ListEntry>()[place.at];
    const Vector& items = place.values->children()[0];
    AppendLength(entry.length, out);
    for (uint32_t i = 0; i < entry.length; ++i) {
      AppendValueBytes(items, entry.offset + i, canonical, out);
    }
  } else {
    DispatchFixedWidth(physical, [&]<typename T>() {
      T value = place.values->values<T>()[place.at];
      if (canonical) value = Canonical(value);
      out->append(reinterpret_cast<const char*>(&value), sizeof(T));
    });
  }
}

bool ReadValueBytes(std::string_view* bytes, VectorBuilder* out) {
  if (bytes->empty() || static_cast<uint8_t>((*bytes)[0]) > 1) return false;
  const bool null = (*bytes)[0] == 0;
  bytes->remove_prefix(1);
  if (null) {
    out->AppendNull();
    return true;
  }
  const PhysicalType physical = out->type().physical();
  if (physical == PhysicalType::kString) {
    uint32_t length;
    if (!TakeLength(bytes, &length) || length > bytes->size()) return false;
    out->Append(bytes->substr(0, length));
    bytes->remove_prefix(length);
    return true;
  }
  if (physical == PhysicalType::kList) {
    uint32_t length;
    if (!TakeLength(bytes, &length) || length > bytes->size())
      return false;  // a byte each at least
    const size_t begin = out->child().size();
    for (uint32_t i = 0; i < length; ++i) {
      if (!ReadValueBytes(bytes, &out->child())) {
        out->child().Truncate(begin);
        return false;
      }
    }
    out->EndList();
    return true;
  }
  if (physical == PhysicalType::kStruct) return false;
  return DispatchFixedWidth(physical, [&]<typename T>() {
    T value;
    if (bytes->size() < sizeof(T)) return false;
    std::memcpy(static_cast<void*>(&value), bytes->data(), sizeof(T));
    bytes->remove_prefix(sizeof(T));
    if (physical == PhysicalType::kBool && value != T{} && !IsOne(value)) return false;
    out->Append<T>(value);
    return true;
  });
}

int CompareValueBytes(const Type& type, std::string_view* a, std::string_view* b) {
  const bool null_a = (*a)[0] == 0, null_b = (*b)[0] == 0;
  a->remove_prefix(1);
  b->remove_prefix(1);
  if (null_a || null_b) return null_a - null_b;
  const PhysicalType physical = type.physical();
  if (physical == PhysicalType::kString) {
    uint32_t length_a = 0, length_b = 0;
    TakeLength(a, &length_a);
    TakeLength(b, &length_b);
    const int order = a->substr(0, length_a).compare(b->substr(0, length_b));
    a->remove_prefix(length_a);
    b->remove_prefix(length_b);
    return order < 0 ? -1 : order > 0 ? 1 : 0;
  }
  if (physical == PhysicalType::kList) {
    uint32_t length_a = 0, length_b = 0;
    TakeLength(a, &length_a);
    TakeLength(b, &length_b);
    for (uint32_t i = 0; i < std::min(length_a, length_b); ++i) {
      const int order = CompareValueBytes(type.child(), a, b);
      if (order != 0) return order;
    }
    return CompareNumbers(length_a, length_b);
  }
  return DispatchFixedWidth(physical, [&]<typename T>() -> int {
    T x, y;
    std::memcpy(static_cast<void*>(&x), a->data(), sizeof(T));
    std::memcpy(static_cast<void*>(&y), b->data(), sizeof(T));
    a->remove_prefix(sizeof(T));
    b->remove_prefix(sizeof(T));
    if constexpr (std::is_same_v<T, Interval>) {
      return CompareNumbers(IntervalOrder(x), IntervalOrder(y));
    } else {
      return CompareNumbers(x, y);
    }
  });
}

Vector ConcatFlat(std::span<const Vector> vectors) {
  SHALE_CHECK(!vectors.empty());
  if (vectors.size() == 1) return vectors[0];
  size_t num_rows = 0;
  for (const Vector& vector : vectors) num_rows += vector.size();
  const Type& type = vectors[0].type();
  SHALE_CHECK(type.id() != TypeId::kStruct);
  const size_t width = PhysicalSize(type.physical());
  BufferPtr buffer = Buffer::Allocate(num_rows * width);
  Vector result = Vector::FromBuffer(type, buffer, num_rows);
  std::vector<Vector> children;
  size_t at = 0, child_at = 0;
  for (const Vector& vector : vectors) {
    SHALE_DCHECK(vector.is_flat());
    if (vector.size() == 0) continue;
    uint8_t* out = buffer->data() + at * width;
    if (type.id() == TypeId::kList) {
      const auto* entries = vector.values<ListEntry>();
      for (size_t i = 0; i < vector.size(); ++i) {
        ListEntry entry = entries[i];
        if (entry.length > 0) entry.offset += static_cast<uint32_t>(child_at);
        std::memcpy(out + i * width, &entry, width);
      }
      children.push_back(vector.children()[0].Flatten());
      child_at += children.back().size();
    } else if (type.IsStringLike()) {
      std::memcpy(out, vector.values<std::string_view>(), vector.size() * width);
    } else {
      DispatchFixedWidth(type.physical(), [&]<typename T>() {
        std::memcpy(out, static_cast<const void*>(vector.values<T>()), vector.size() * width);
      });
    }
    if (vector.has_nulls()) {
      for (size_t i = 0; i < vector.size(); ++i) {
        if (!BitIsSet(vector.validity(), i)) result.SetNull(at + i);
      }
    }
    result.AddHeapsOf(vector);
    at += vector.size();
  }
  if (type.id() == TypeId::kList) {
    if (children.empty()) children.push_back(Vector::Flat(type.child(), 0));
    result.mutable_children().push_back(ConcatFlat(children));
  }
  return result;
}

}  // namespace shale
