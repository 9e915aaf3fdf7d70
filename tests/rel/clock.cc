// The wall clock goes back an hour and forward a year, again and again, while rows are inserted,
// deleted, sealed and merged, and between closing and opening. Commits are ordered by their number,
// not by the time: nothing may be lost or doubled, whatever now() says, and no row may go before it
// is deleted.
#include <map>
#include <set>

#include "engine/base/clock.h"
#include "engine/base/sync.h"
#include "fmt/format.h"
#include "tests/rel/support/rig.h"
#include "tests/rel/support/small_database.h"

namespace shale {
namespace {

constexpr int64_t kHourUs = int64_t{3600} * 1'000'000;
constexpr int64_t kYearUs = 365 * 24 * kHourUs;

// A wall clock that is set, over a steady one that is not.
class SetClock : public Clock {
 public:
  int64_t NowMicros() override { return MonotonicMicros() + offset_.load(); }
  int64_t MonotonicMicros() override { return Clock::System()->MonotonicMicros(); }
  void Jump(int64_t micros) { offset_.fetch_add(micros); }

 private:
  std::atomic<int64_t> offset_{0};
};

Status Run(Rig* rig, uint64_t seed) {
  SimulatedScheduler scheduler(seed);
  RigRandom random(seed);
  SimulatedDisk disk;
  SetClock clock;
  std::set<int64_t> there;
  int64_t next = 0;
  for (int life = 0; life < 4; ++life) {
    DatabaseOptions options;
    options.disk = &disk;
    options.clock = &clock;
    options.create = true;
    options.num_workers = 1;
    options.log_file_bytes = 24 << 10;
    options.seal_rows = 40;
    ASSIGN_OR_RETURN(auto database, Database::Open("/db", options));
    auto connection = database->Connect();
    if (life == 0) {
      RETURN_IF_ERROR(connection
                          ->Query("CREATE TABLE t (ts TIMESTAMPTZ DEFAULT now(), id BIGINT) "
                                  "TIMESTAMP(ts) PARTITION BY HOUR")
                          .status());
    }
    for (int step = 0; step < 25; ++step) {
      switch (random.Below(6)) {
        case 0:
          clock.Jump(-kHourUs);
          rig->Add("back", 1);
          break;
        case 1:
          clock.Jump(random.OneIn(4) ? kYearUs : kHourUs / 2);
          rig->Add("forward", 1);
          break;
        case 2:
          if (there.empty()) break;
          {
            const int64_t gone = *there.begin();
            RETURN_IF_ERROR(
                connection->Query(fmt::format("DELETE FROM t WHERE id = {}", gone)).status());
            there.erase(gone);
          }
          break;
        case 3:
          RETURN_IF_ERROR(
              connection->Query(random.OneIn(2) ? "CHECKPOINT" : "OPTIMIZE TABLE t").status());
          break;
        default: {
          const int64_t count = 1 + static_cast<int64_t>(random.Below(20));
          RETURN_IF_ERROR(connection
                              ->Query(fmt::format(
                                  "INSERT INTO t SELECT now(), i FROM generate_series({}, {}) s(i)",
                                  next, next + count - 1))
                              .status());
          for (int64_t i = 0; i < count; ++i) there.insert(next++);
          rig->Add("inserted", count);
        }
      }
      ASSIGN_OR_RETURN(std::string ids, Ask(connection.get(), "SELECT id FROM t ORDER BY id"));
      std::string expected;
      for (int64_t id : there) expected += std::to_string(id) + "|\n";
      if (ids == expected) continue;
      std::multiset<std::string> found;
      for (size_t at = 0; at < ids.size(); at = ids.find('\n', at) + 1) {
        found.insert(ids.substr(at, ids.find('|', at) - at));
      }
      for (int64_t id : there) {
        const size_t times = found.count(std::to_string(id));
        if (times == 0) rig->Miss("early_expiry", fmt::format("seed {}: row {}", seed, id));
        if (times > 1) rig->Miss("dup", fmt::format("seed {}: row {}", seed, id));
      }
      rig->Miss("lost", fmt::format("seed {}: {} rows, not {}", seed, found.size(), there.size()));
      return OkStatus();
    }
    connection.reset();
    if (random.OneIn(2)) disk.CutPowerAfter(0);
    database.reset();
    disk.Crash(random.Next());
    clock.Jump(random.OneIn(2) ? -kHourUs : kYearUs);
    rig->Add("reopened", 1);
  }
  return OkStatus();
}

int Main(int argc, char** argv) {
  Rig rig("clock", argc, argv, {{"runs", 200, "runs, each with a seed of its own", 10}});
  for (const char* figure :
       {"inserted", "back", "forward", "reopened", "lost", "dup", "early_expiry"}) {
    rig.MustBeZero(figure);
  }
  for (int64_t i = 0; i < rig.Get("runs"); ++i) {
    const Status status = Run(&rig, rig.seed() + static_cast<uint64_t>(i));
    if (!status.ok()) rig.Miss("broken", std::string(Message(status)));
  }
  return rig.Finish();
}

}  // namespace
}  // namespace shale

int main(int argc, char** argv) { return shale::Main(argc, argv); }
