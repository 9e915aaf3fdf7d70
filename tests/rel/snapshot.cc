// Snapshot isolation with real threads: writers move amounts between rows, in transactions and in
// single statements, such that every sum stays 0 and every group is whole; meanwhile tables are
// compacted, altered, made and dropped. Readers check that no statement and no transaction ever
// sees half of a change, that a transaction sees the same twice, and that time goes forward.
#include <atomic>
#include <map>
#include <memory>

#include "engine/base/clock.h"
#include "engine/base/sync.h"
#include "fmt/format.h"
#include "tests/rel/support/rig.h"
#include "tests/rel/support/small_database.h"

namespace shale {
namespace {

constexpr int kWriters = 2;
constexpr int kReaders = 2;

struct Work {
  Rig* rig;
  Database* database;
  std::atomic<bool> stop{false};
  Mutex mutex{};
  int64_t checks = 0, changes = 0, definitions = 0;

  void Anomaly(const std::string& what) {
    MutexLock lock(&mutex);
    rig->Miss("anomalies", what);
  }
  void Count(int64_t Work::* figure) {
    MutexLock lock(&mutex);
    ++(this->*figure);
  }
  // Errors of a concurrent change are part of the contract; anything else is not.
  bool Ok(const Status& status, const std::string& sql) {
    if (status.ok()) return true;
    const std::string text = status.ToString();
    for (const char* known : {"could not serialize", "altered meanwhile", "dropped meanwhile",
                              "does not exist", "already exists", "transaction is aborted"}) {
      if (text.find(known) != std::string::npos) return false;
    }
    MutexLock lock(&mutex);
    rig->Miss("errors", sql + ": " + text);
    return false;
  }
};

// Rows come in pairs +a, -a of one `number`; the writer's numbers ascend without a gap.
void Write(Work* work, int writer) {
  auto connection = work->database->Connect();
  RigRandom random(work->rig->seed() * 1000 + static_cast<uint64_t>(writer));
  int64_t number = 0;
  const auto run = [&](const std::string& sql) {
    return work->Ok(connection->Query(sql).status(), sql);
  };
  const auto half = [&](int64_t amount) {
    return fmt::format(
        "INSERT INTO moves (ts, writer, number, amount) VALUES ('2024-01-0{} "
        "00:00:00', {}, {}, {})",
        1 + random.Below(3), writer, number, amount);
  };
  while (!work->stop.load()) {
    const auto amount = static_cast<int64_t>(1 + random.Below(1000));
    bool done = false;
    switch (random.Below(6)) {
      case 0:
      case 1:
      case 2:
        done = run("BEGIN") && run(half(amount)) && run(half(-amount));
        if (!run(done ? "COMMIT" : "ROLLBACK")) done = false;
        if (done) ++number;
        break;
      case 3:
        done =
            run(fmt::format("INSERT INTO moves (ts, writer, number, amount) VALUES ('2024-01-01', "
                            "{0}, {1}, {2}), ('2024-01-03', {0}, {1}, -{2})",
                            writer, number, amount));
        if (done) ++number;
        break;
      case 4:  // both halves at once
        done =
            run(fmt::format("UPDATE moves SET amount = -amount WHERE writer = {} AND number % 50 "
                            "= {}",
                            writer, random.Below(50)));
        break;
      default:  // whole pairs, the oldest first
        done =
            number > 400 && run(fmt::format("DELETE FROM moves WHERE writer = {} AND number < {}",
                                            writer, number - 400));
    }
    if (done) work->Count(&Work::changes);
  }
}

void Define(Work* work) {
  auto connection = work->database->Connect();
  RigRandom random(work->rig->seed() + 5);
  int64_t n = 0;
  while (!work->stop.load()) {
    ++n;
    std::string sql;
    switch (random.Below(6)) {
      case 0:
        sql = fmt::format("ALTER TABLE moves ADD COLUMN extra{} INTEGER DEFAULT {}", n, n);
        break;
      case 1: {
        auto names = Ask(connection.get(),
                         "SELECT name FROM shale_columns WHERE table_name = 'moves' AND name LIKE "
                         "'extra%' LIMIT 1");
        if (!names.ok() || names->empty()) continue;
        sql = "ALTER TABLE moves DROP COLUMN " + names->substr(0, names->find('|'));
        break;
      }
      case 2: sql = fmt::format("CREATE TABLE side{} AS SELECT {} AS n", n, n); break;
      case 3: sql = fmt::format("DROP TABLE IF EXISTS side{}", n - 2); break;
      case 4: sql = "CHECKPOINT"; break;
      default: sql = "OPTIMIZE TABLE moves";
    }
    if (work->Ok(connection->Query(sql).status(), sql)) work->Count(&Work::definitions);
    MutexLock lock(&work->mutex);
    CondVar never;
    never.WaitFor(&work->mutex, 2000);
  }
}

void Check(Work* work, int reader) {
  auto connection = work->database->Connect();
  RigRandom random(work->rig->seed() + 77 * static_cast<uint64_t>(reader + 1));
  std::map<std::string, int64_t> newest;  // number by writer
  const auto ask = [&](const std::string& sql) -> std::string {
    auto answer = Ask(connection.get(), sql);
    if (!work->Ok(answer.status(), sql)) return "?";
    work->Count(&Work::checks);
    return *answer;
  };
  while (!work->stop.load()) {
    const bool transaction = random.OneIn(4);
    if (transaction) ask("BEGIN");
    std::string first;
    for (int round = 0; round < (transaction ? 3 : 1); ++round) {
      std::string seen;
      switch (random.Below(4)) {
        case 0: {
          const std::string sum = ask("SELECT coalesce(sum(amount), 0), count(*) % 2 FROM moves");
          if (sum != "?" && sum != "0|0|\n") work->Anomaly("the sum and parity are " + sum);
          break;
        }
        case 1: {
          const std::string torn =
              ask("SELECT writer, number, sum(amount), count(*) FROM moves GROUP BY writer, number "
                  "HAVING sum(amount) <> 0 OR count(*) <> 2 LIMIT 3");
          if (torn != "?" && !torn.empty()) work->Anomaly("a pair is torn: " + torn);
          break;
        }
        case 2: {
          const std::string gaps =
              ask("SELECT writer, count(DISTINCT number), max(number) - min(number) + 1 FROM moves "
                  "GROUP "
                  "BY writer HAVING count(DISTINCT number) <> max(number) - min(number) + 1");
          if (gaps != "?" && !gaps.empty()) work->Anomaly("numbers are missing: " + gaps);
          break;
        }
        default: {
          const std::string max =
              ask("SELECT writer, max(number) FROM moves GROUP BY writer ORDER BY writer");
          if (max == "?") break;
          for (size_t at = 0; at < max.size(); at = max.find('\n', at) + 1) {
            const size_t bar = max.find('|', at);
            int64_t& known = newest[max.substr(at, bar - at)];
            const int64_t now = std::stoll(max.substr(bar + 1));
            if (now < known) work->Anomaly(fmt::format("time went back: {} after {}", now, known));
            known = std::max(known, now);
          }
        }
      }
      if (!transaction) break;
      seen =
          ask("SELECT writer, count(*), sum(number), sum(abs(amount)) FROM moves GROUP BY writer "
              "ORDER BY writer");
      if (round > 0 && seen != first) {
        work->Anomaly("a transaction saw " + first + ", then " + seen);
      }
      first = seen;
    }
    if (transaction) ask("COMMIT");
  }
}

int Main(int argc, char** argv) {
  Rig rig("snapshot", argc, argv, {{"seconds", 600, "how long it goes on", 8}});
  for (const char* figure : {"checks", "changes", "definitions", "anomalies", "errors"}) {
    rig.MustBeZero(figure);
  }
  SimulatedDisk disk(SimulatedDisk::Options{false});
  DatabaseOptions options;
  options.disk = &disk;
  options.create = true;
  options.num_workers = 2;
  options.log_file_bytes = 1 << 20;
  options.seal_rows = 500;
  auto database = *Database::Open("/db", options);
  Work work{.rig = &rig, .database = database.get()};
  const Status made =
      database->Connect()
          ->Query(
              "CREATE TABLE moves (ts TIMESTAMP, writer INTEGER, number BIGINT, amount BIGINT) "
              "TIMESTAMP(ts) PARTITION BY DAY")
          .status();
  if (!made.ok()) rig.Miss("errors", made.ToString());
  {
    std::vector<Thread> threads;
    for (int i = 0; i < kWriters; ++i) {
      threads.emplace_back("writer", [&work, i] { Write(&work, i); });
    }
    for (int i = 0; i < kReaders; ++i) {
      threads.emplace_back("reader", [&work, i] { Check(&work, i); });
    }
    threads.emplace_back("definer", [&work] { Define(&work); });
    const int64_t end = Clock::System()->MonotonicMicros() + rig.Get("seconds") * 1'000'000;
    while (Clock::System()->MonotonicMicros() < end) {
      MutexLock lock(&work.mutex);
      CondVar never;
      never.WaitFor(&work.mutex, 100'000);
    }
    work.stop.store(true);
  }
  rig.Add("checks", work.checks);
  rig.Add("changes", work.changes);
  rig.Add("definitions", work.definitions);
  return rig.Finish();
}

}  // namespace
}  // namespace shale

int main(int argc, char** argv) { return shale::Main(argc, argv); }
