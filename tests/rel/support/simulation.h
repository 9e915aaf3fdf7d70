// A whole database in a simulated world: a few clients with tables of their own work on it through
// SQL, under a seeded scheduler and over a simulated disk that loses power, fails and fills up.
// Everything is checked against a model in memory. One seed is one run, always the same.
//
// The work is a list of steps drawn beforehand, each from the seed and its own number alone, so
// that steps can be left out (`dropped`) and the others stay what they were: that is how a failing
// seed is made small.
#pragma once

#include <cstdint>
#include <set>
#include <string>

namespace shale {

struct SimulationOptions {
  int lives = 3;    // times the database is opened and worked on
  int clients = 2;  // threads; each has tables of its own
  int steps = 14;   // a client and life
  bool power_cuts = true;
  bool read_write_errors = true;  // one operation fails with an I/O error
  bool sync_errors = true;        // one fsync fails
  bool full_disks = true;
  int every_life = -1;    // 0 … 7: what goes wrong in each; -1: drawn
  std::set<int> dropped;  // numbers of steps to leave out
  // The plug is pulled at the first, second … reach of this point in a life; "" at none.
  std::string kill_point;
  bool says_all = false;      // prints every statement and how it ended
  bool keeps_writes = false;  // as after kill -9, where the machine goes on
};

struct SimulationResult {
  std::string failure;  // empty: everything was as it must be
  uint64_t trace = 0;   // a hash of every choice of the scheduler and of the disk at the end
  int num_steps = 0;    // drawn, those left out included
  int64_t kills = 0;    // at the kill point
  int64_t statements = 0, acked = 0, queries = 0, cuts = 0, faults = 0, reopened = 0;
  // After an fsync failed: writes that were acknowledged all the same, reads that were refused.
  int64_t poisoned = 0, acked_after = 0, reads_refused = 0;
  int64_t full = 0, resumed = 0;  // lives whose disk filled up; that went on writing unrestarted
};

SimulationResult Simulate(uint64_t seed, const SimulationOptions& options);

// The fewest steps that still fail.
SimulationOptions Minimise(uint64_t seed, SimulationOptions options);

}  // namespace shale
