#include <algorithm>
#include <cmath>

#include "engine/vector/vector.h"

namespace shale {

Value Value::Null(Type type) {
  Value v;
  v.type_ = std::move(type);
  return v;
}

Value Value::Bool(bool value) { return Int(TypeId::kBoolean, value); }

Value Value::Int(Type type, int64_t value) { return Int128(std::move(type), value); }

Value Value::UInt(Type type, uint64_t value) { return Int128(std::move(type), value); }

Value Value::Int128(Type type, int128_t value) {
  Value v;
  v.type_ = std::move(type);
  v.null_ = false;
  v.number_ = value;
  return v;
}

Value Value::Float(Type type, double value) {
  Value v;
  v.type_ = std::move(type);
  v.null_ = false;
  v.double_ = value;
  return v;
}

Value Value::String(Type type, std::string value) {
  Value v;
  v.type_ = std::move(type);
  v.null_ = false;
  v.string_ = std::move(value);
  return v;
}

Value Value::Of(Interval value) {
  Value v;
  v.type_ = TypeId::kInterval;
  v.null_ = false;
  v.interval_ = value;
  return v;
}

Value Value::List(Type type, std::vector<Value> items) {
  Value v;
  v.type_ = std::move(type);
  v.null_ = false;
  v.items_ = std::move(items);
  return v;
}

Value Value::Struct(Type type, std::vector<Value> items) {
  return List(std::move(type), std::move(items));
}

namespace {

int CompareDoubles(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) - std::isnan(b);
  return a < b ? -1 : a > b ? 1 : 0;
}

}  // namespace

bool operator==(const Value& a, const Value& b) {
  return a.type_ == b.type_ && a.null_ == b.null_ &&
         (a.null_ || (a.number_ == b.number_ && CompareDoubles(a.double_, b.double_) == 0 &&
                      a.interval_ == b.interval_ && a.string_ == b.string_ &&
                      a.items_ == b.items_));
}

int Value::Compare(const Value& a, const Value& b) {
  if (a.null_ || b.null_) return a.null_ - b.null_;
  switch (a.type_.physical()) {
    case PhysicalType::kFloat:
    case PhysicalType::kDouble: return CompareDoubles(a.double_, b.double_);
    case PhysicalType::kInterval: {
      int128_t x = IntervalOrder(a.interval_), y = IntervalOrder(b.interval_);
      return x < y ? -1 : x > y ? 1 : 0;
    }
    case PhysicalType::kString: {
      int order = std::string_view(a.string_).compare(b.string_);
      return order < 0 ? -1 : order > 0 ? 1 : 0;
    }
    case PhysicalType::kList:
    case PhysicalType::kStruct: {
      for (size_t i = 0; i < std::min(a.items_.size(), b.items_.size()); ++i) {
        if (int order = Compare(a.items_[i], b.items_[i]); order != 0) return order;
      }
      return a.items_.size() < b.items_.size() ? -1 : a.items_.size() > b.items_.size() ? 1 : 0;
    }
    default: return a.number_ < b.number_ ? -1 : a.number_ > b.number_ ? 1 : 0;
  }
}

int128_t IntervalOrder(const Interval& value) {
  constexpr int128_t kDayMicros = int128_t{86'400} * 1'000'000;
  return (int128_t{value.months} * 30 + value.days) * kDayMicros + value.micros;
}

}  // namespace shale
