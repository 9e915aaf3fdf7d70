// Several writers, a deleter, readers and the background jobs at once: with real threads, and again
// one at a time under the seeded scheduler, where a seed must always give the same run.
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "tests/unit/storage/table/event_table.h"

namespace shale {
namespace {

constexpr int64_t kBatchRows = 40;

// Batch `number` of `writer`: rows over several partitions; value tells the batch.
std::vector<Event> Batch(int writer, int64_t number) {
  std::vector<Event> events = MakeEvents(writer * 1'000'000 + number * kBatchRows, kBatchRows);
  for (Event& e : events) e.page = "w" + std::to_string(writer) + "b" + std::to_string(number);
  return events;
}

struct Work {
  Store* store;
  TableSchemaPtr schema;
  int num_writers;
  int64_t batches_each;

  void Write(int writer) const {
    for (int64_t number = 0; number < batches_each; ++number) {
      std::vector<Event> events = Batch(writer, number);
      if (number % 10 == 9) {
        auto bulk = store->StartBulk(*schema, 1);
        ASSERT_TRUE(bulk.ok());
        for (Chunk& chunk : ToChunks(events)) ASSERT_OK((*bulk)->Append(0, std::move(chunk)));
        ASSERT_OK((*bulk)->Commit(""));
      } else {
        ASSERT_OK(store->Insert(*schema, ToChunks(events)));
      }
    }
  }

  // What a snapshot shows: whole batches, of each writer the first ones without a gap (but for
  // those deleted, which are whole too).
  std::map<int, std::set<int64_t>> Look(const Snapshot& snapshot) const {
    std::map<std::string, int64_t> rows;
    for (const Event& e : ReadEvents(snapshot, schema->table_id)) ++rows[e.page];
    std::map<int, std::set<int64_t>> out;
    uint64_t total = 0;
    for (const auto& [page, count] : rows) {
      EXPECT_EQ(count, kBatchRows) << page << " is there in part";
      size_t b = page.find('b');
      out[std::stoi(page.substr(1, b - 1))].insert(std::stoll(page.substr(b + 1)));
      total += count;
    }
    EXPECT_EQ(RowCount(*snapshot, schema->table_id), total);
    return out;
  }

  void Read(int rounds) const {
    uint64_t sequence = 0;
    for (int i = 0; i < rounds; ++i) {
      Snapshot snapshot = store->snapshot();
      EXPECT_GE(CommitSequence(*snapshot), sequence);
      sequence = CommitSequence(*snapshot);
      auto seen = Look(snapshot);
      for (const auto& [writer, numbers] : seen) {
        // Only multiples of seven are ever deleted.
        for (int64_t number = 0; number < *numbers.rbegin(); ++number) {
          EXPECT_TRUE(numbers.contains(number) || number % 7 == 0) << writer << " " << number;
        }
      }
      EXPECT_EQ(Look(snapshot), seen) << "a snapshot does not change";
    }
  }

  void Delete(int rounds) const {
    for (int i = 0; i < rounds; ++i) {
      Snapshot snapshot = store->snapshot();
      std::map<int64_t, uint64_t> ids;
      std::vector<uint64_t> wanted;
      for (const Event& e : ReadEvents(snapshot, schema->table_id, &ids)) {
        int64_t number = e.id % 1'000'000 / kBatchRows;
        if (number % 7 == 0 && number % 2 == i % 2) wanted.push_back(ids.at(e.id));
      }
      auto count = store->Delete(schema->table_id, snapshot, wanted);
      ASSERT_TRUE(count.ok()) << count.status().ToString();
      EXPECT_EQ(*count, wanted.size()) << "nobody else deletes";
    }
  }

  void Run(int rounds) const {
    std::vector<Thread> threads;
    for (int w = 0; w < num_writers; ++w) {
      threads.emplace_back("writer", [this, w] { Write(w); });
    }
    threads.emplace_back("reader", [this, rounds] { Read(rounds); });
    threads.emplace_back("deleter", [this, rounds] { Delete(rounds / 2); });
  }
};

StoreOptions SmallOptions(SimulatedDisk* disk) {
  StoreOptions options = TestOptions(disk);
  options.background_jobs = true;
  options.seal_rows = 200;
  return options;
}

TEST(ConcurrentTest, SnapshotsAreIsolatedWhileEverythingMoves) {
  SimulatedDisk disk;
  auto store = *Store::Open("/db", SmallOptions(&disk));
  Work work{store.get(), *store->CreateTable(EventSchema()), 3, 60};
  work.Run(20);
  ASSERT_OK(store->WaitForJobs());
  auto before = work.Look(store->snapshot());
  EXPECT_EQ(before.size(), 3u);
  store.reset();
  store = *Store::Open("/db", SmallOptions(&disk));
  work.store = store.get();
  EXPECT_EQ(work.Look(store->snapshot()), before);
}

TEST(ConcurrentTest, InsertsWaitForRoomRatherThanGrow) {
  SimulatedDisk disk;
  StoreOptions options = SmallOptions(&disk);
  options.seal_rows = 1 << 20;
  options.hot_bytes = 256 << 10;
  auto store = *Store::Open("/db", options);
  TableSchemaPtr schema = *store->CreateTable(EventSchema());
  {
    std::vector<Thread> threads;
    for (int w = 0; w < 2; ++w) {
      threads.emplace_back("writer", [&, w] {
        for (int i = 0; i < 40; ++i) {
          ASSERT_OK(store->Insert(*schema, ToChunks(MakeEvents(w * 100000 + i * 1000, 1000))));
        }
      });
    }
  }
  EXPECT_EQ(RowCount(*store->snapshot(), schema->table_id), 80000u);
  ASSERT_OK(store->WaitForJobs());
}

struct Outcome {
  uint64_t digest;
  std::map<std::string, std::string> files;
  std::vector<Event> events;
};

Outcome RunSeeded(uint64_t seed) {
  Outcome out;
  SimulatedScheduler scheduler(seed);
  SimulatedDisk disk;
  {
    auto store = *Store::Open("/db", SmallOptions(&disk));
    Work work{store.get(), *store->CreateTable(EventSchema()), 2, 15};
    work.Run(4);
    EXPECT_OK(store->WaitForJobs());
    out.events = ReadEvents(store->snapshot(), work.schema->table_id);
  }
  out.digest = scheduler.TraceDigest();
  out.files = disk.Contents();
  return out;
}

TEST(SeededTest, OneSeedGivesOneRun) {
  std::set<uint64_t> digests;
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    Outcome first = RunSeeded(seed);
    Outcome second = RunSeeded(seed);
    EXPECT_EQ(first.digest, second.digest) << "seed " << seed;
    EXPECT_EQ(first.events, second.events) << "seed " << seed;
    EXPECT_TRUE(first.files == second.files) << "seed " << seed;
    digests.insert(first.digest);
  }
  EXPECT_GT(digests.size(), 3u) << "seeds give different runs";
}

}  // namespace
}  // namespace shale
