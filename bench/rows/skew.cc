#include "bench/rows/skew.h"

#include <algorithm>
#include <cstddef>

namespace shale::bench {
namespace {

constexpr size_t kSteps = 4096;

// Quantiles of the normal distribution in equal steps, from the distribution function by bisection.
std::array<double, kSteps> Quantiles() {
  std::array<double, kSteps> quantiles;
  for (size_t i = 0; i < kSteps; ++i) {
    const double target = (static_cast<double>(i) + 0.5) / kSteps;
    double low = -6, high = 6;
    for (int step = 0; step < 50; ++step) {
      const double middle = (low + high) / 2;
      (0.5 * std::erfc(-middle / std::sqrt(2.0)) < target ? low : high) = middle;
    }
    quantiles[i] = low;
  }
  return quantiles;
}

}  // namespace

double Draw::Normal(uint64_t k) const {
  static const std::array<double, kSteps> quantiles = Quantiles();
  return quantiles[Bits(k) % kSteps];
}

uint64_t Draw::Zipf(uint64_t k, uint64_t n, double power) const {
  if (n <= 1) return 0;
  // The inverse of the integral of x^-power from 1 to n + 1.
  const double unit = Unit(k), end = static_cast<double>(n) + 1;
  const double x = std::abs(power - 1) < 1e-9
                       ? std::exp(unit * std::log(end))
                       : std::pow(unit * (std::pow(end, 1 - power) - 1) + 1, 1 / (1 - power));
  return std::min(n - 1, static_cast<uint64_t>(std::max(0.0, x - 1)));
}

}  // namespace shale::bench
