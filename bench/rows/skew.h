// Seeded draws for the generators: every value is a function of a 64-bit key, so that a row can be
// made again, in any order, from its descriptor alone. Stateless; any thread.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>

namespace shale::bench {

// splitmix64's finalizer (Steele, Lea, Flood: Fast splittable pseudorandom number generators).
inline uint64_t Mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

// A point from which values are drawn: Draw(k) is the k-th value belonging to the key.
class Draw {
 public:
  explicit Draw(uint64_t key) : key_(key) {}
  Draw(uint64_t seed, uint64_t a, uint64_t b = 0, uint64_t c = 0)
      : key_(Mix(Mix(Mix(seed ^ Mix(a)) ^ b) ^ c)) {}

  uint64_t Bits(uint64_t k) const { return Mix(key_ + k * 0xd1342543de82ef95); }
  // In [0, 1).
  double Unit(uint64_t k) const { return static_cast<double>(Bits(k) >> 11) * 0x1.0p-53; }
  // In [0, n).
  uint64_t Below(uint64_t k, uint64_t n) const {
    return static_cast<uint64_t>((static_cast<unsigned __int128>(Bits(k)) * n) >> 64);
  }
  bool Chance(uint64_t k, double share) const { return Unit(k) < share; }
  double Normal(uint64_t k) const;
  // exp(mu + sigma * normal).
  double LogNormal(uint64_t k, double mu, double sigma) const {
    return std::exp(mu + sigma * Normal(k));
  }
  // A rank in [0, n), rank r about proportional to (r + 1)^-power.
  uint64_t Zipf(uint64_t k, uint64_t n, double power) const;

 private:
  uint64_t key_;
};

}  // namespace shale::bench
