// Rig: what the main() of every reliability rig shares: its options, its figures, its last line.
//
//   Rig rig("flip", argc, argv, {{"stride", 1, "flip every n-th byte", 20}});
//   …  rig.Add("flips", 1); rig.Miss("silent", "catalog, byte 17: count(*) is 5, not 6");
//   return rig.Finish();
//
// Used by one thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace shale {

struct RigOption {
  std::string name;
  int64_t value;
  std::string description;
  int64_t tenth;  // the value with --tenth
};

struct RigText {
  std::string name;
  std::string value;
  std::string description;
};

class Rig {
 public:
  // Reads --seed N, --tenth and the options; exits on --help and on what it does not know. The
  // seed is the time when none is given, 1 with --tenth.
  Rig(std::string name, int argc, char** argv, std::vector<RigOption> options = {},
      std::vector<RigText> texts = {});

  uint64_t seed() const { return seed_; }
  bool tenth() const { return tenth_; }
  int64_t Get(const std::string& option) const { return values_.at(option); }
  const std::string& Text(const std::string& option) const { return texts_.at(option); }

  // Figures are printed in the order in which they first appear.
  void Add(const std::string& figure, int64_t count);
  // A figure that must stay 0, counted up; the first of them are printed.
  void Miss(const std::string& figure, const std::string& what);
  void MustBeZero(const std::string& figure) { Add(figure, 0); }
  bool ok() const { return misses_ == 0; }
  // "NAME: seed=7 flips=81234 undetected=0 silent=0"; the exit code.
  int Finish();

 private:
  int64_t& Figure(const std::string& name);

  std::string name_;
  uint64_t seed_ = 1;
  bool tenth_ = false;
  std::map<std::string, int64_t> values_;
  std::map<std::string, std::string> texts_;
  std::vector<std::pair<std::string, int64_t>> figures_;
  int64_t misses_ = 0;
};

// splitmix64: the same numbers everywhere.
class RigRandom {
 public:
  explicit RigRandom(uint64_t seed) : state_(seed) {}
  uint64_t Next() {
    uint64_t x = (state_ += 0x9e3779b97f4a7c15u);
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
  }
  uint64_t Below(uint64_t limit) { return Next() % limit; }
  bool OneIn(uint64_t n) { return Below(n) == 0; }

 private:
  uint64_t state_;
};

}  // namespace shale
