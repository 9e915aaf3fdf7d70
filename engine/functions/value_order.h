// How values of one physical type compare in SQL, for kernels.
#pragma once

#include <algorithm>
#include <cstring>
#include <string_view>

#include "engine/vector/vector.h"

namespace shale {

// NaN equals NaN and is above every number; text is bytewise; intervals by their length. Written
// without branches for numbers, so that the loops are vectorised.
template <typename T>
struct Order {
  static bool Equal(T a, T b) { return a == b; }
  static bool Less(T a, T b) { return a < b; }
};
template <typename T>
struct FloatOrder {
  static bool Equal(T a, T b) { return (a == b) | ((a != a) & (b != b)); }
  static bool Less(T a, T b) { return (a < b) | ((b != b) & (a == a)); }
};
template <>
struct Order<float> : FloatOrder<float> {};
template <>
struct Order<double> : FloatOrder<double> {};
template <>
struct Order<Interval> {
  static bool Equal(Interval a, Interval b) { return IntervalOrder(a) == IntervalOrder(b); }
  static bool Less(Interval a, Interval b) { return IntervalOrder(a) < IntervalOrder(b); }
};
template <>
struct Order<std::string_view> {
  static bool Equal(std::string_view a, std::string_view b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
  }
  static bool Less(std::string_view a, std::string_view b) {
    size_t common = std::min(a.size(), b.size());
    int order = common == 0 ? 0 : std::memcmp(a.data(), b.data(), common);
    return order < 0 || (order == 0 && a.size() < b.size());
  }
};

}  // namespace shale
