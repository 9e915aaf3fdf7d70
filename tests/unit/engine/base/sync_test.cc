#include "engine/base/sync.h"

#include <gtest/gtest.h>

#include <vector>

#include "engine/base/clock.h"
#include "engine/base/edit_distance.h"
#include "engine/base/memory_budget.h"

namespace shale {
namespace {

// A queue between two threads and a counter among several, under whatever scheduler is installed.
std::vector<int> RunQueue() {
  Mutex mutex;
  CondVar changed;
  std::vector<int> queue, taken;
  bool done = false;
  Thread producer("producer", [&] {
    for (int i = 0; i < 20; ++i) {
      MutexLock lock(&mutex);
      queue.push_back(i);
      changed.NotifyOne();
    }
    MutexLock lock(&mutex);
    done = true;
    changed.NotifyAll();
  });
  std::vector<Thread> consumers;
  for (int id = 0; id < 3; ++id) {
    consumers.emplace_back("consumer", [&, id] {
      MutexLock lock(&mutex);
      while (true) {
        while (queue.empty() && !done) changed.Wait(&mutex);
        if (queue.empty()) return;
        taken.push_back(queue.back() * 10 + id);
        queue.pop_back();
      }
    });
  }
  producer.Join();
  for (Thread& consumer : consumers) consumer.Join();
  return taken;
}

TEST(Sync, RealThreadsShareAQueue) { EXPECT_EQ(RunQueue().size(), 20u); }

TEST(Sync, WaitForTimesOut) {
  Mutex mutex;
  CondVar condition;
  MutexLock lock(&mutex);
  int64_t before = Clock::System()->MonotonicMicros();
  while (condition.WaitFor(&mutex, 2000)) {
  }
  EXPECT_GE(Clock::System()->MonotonicMicros() - before, 1500);
}

TEST(SimulatedScheduler, TheSeedAloneDecides) {
  auto run = [](uint64_t seed) {
    SimulatedScheduler scheduler(seed);
    std::vector<int> taken = RunQueue();
    return std::pair(taken, scheduler.TraceDigest());
  };
  auto first = run(1);
  EXPECT_EQ(first.first.size(), 20u);
  EXPECT_EQ(first, run(1));
  // Other seeds find other orders.
  int different = 0;
  for (uint64_t seed = 2; seed < 12; ++seed) different += run(seed).second != first.second;
  EXPECT_GE(different, 9);
  EXPECT_EQ(SimulatedScheduler::Current(), nullptr);
}

TEST(SimulatedScheduler, WaitsTakeNoRealTime) {
  SimulatedScheduler scheduler(3);
  const int64_t start = scheduler.NowMicros();
  Mutex mutex;
  CondVar condition;
  std::vector<int> order;
  auto sleeper = [&](int id, int64_t micros) {
    return Thread("sleeper", [&, id, micros] {
      MutexLock lock(&mutex);
      while (condition.WaitFor(&mutex, micros)) {
      }
      order.push_back(id);
    });
  };
  {
    Thread hour = sleeper(2, int64_t{3600} * 1'000'000);
    Thread minute = sleeper(1, int64_t{60} * 1'000'000);
  }
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
  EXPECT_GE(scheduler.NowMicros() - start, int64_t{3600} * 1'000'000);
  EXPECT_LT(scheduler.NowMicros() - start, int64_t{3601} * 1'000'000);
  // A loop that watches the clock ends.
  int64_t until = Clock::System()->NowMicros() + 50;
  while (Clock::System()->NowMicros() < until) {
  }
}

TEST(SimulatedSchedulerDeathTest, DeadlockIsReported) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        SimulatedScheduler scheduler(1);
        Mutex mutex;
        CondVar never;
        MutexLock lock(&mutex);
        never.Wait(&mutex);
      },
      "deadlock");
}

TEST(MemoryBudget, CountsUpTheTree) {
  MemoryBudget process("memory_limit of the process", 1000);
  {
    MemoryBudget query("memory_limit of the query", 600, &process);
    EXPECT_TRUE(query.Reserve(500).ok());
    EXPECT_EQ(process.used_bytes(), 500);
    Status over = query.Reserve(200);
    EXPECT_EQ(over.code(), StatusCode::kResourceExhausted);
    EXPECT_NE(over.message().find("memory_limit of the query"), std::string::npos);
    MemoryBudget other("other", 600, &process);
    EXPECT_FALSE(other.Reserve(600).ok());
    EXPECT_EQ(other.used_bytes(), 0);
    {
      Reservation growth(&other);
      EXPECT_TRUE(growth.Resize(300).ok());
      EXPECT_TRUE(growth.Resize(100).ok());
      EXPECT_EQ(process.used_bytes(), 600);
    }
    EXPECT_EQ(other.used_bytes(), 0);
    EXPECT_EQ(other.peak_bytes(), 300);
  }
  EXPECT_EQ(process.used_bytes(), 0);
}

TEST(EditDistance, NearestName) {
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3);
  EXPECT_EQ(EditDistance("lenght", "length"), 1);
  EXPECT_EQ(EditDistance("ABC", "abc"), 0);
  std::vector<std::string_view> names = {"length", "left", "lower", "date_trunc"};
  EXPECT_EQ(NearestName("lenght", names), "length");
  EXPECT_EQ(NearestName("date", names), "date_trunc");
  EXPECT_EQ(NearestName("zzzzz", names), "");
}

}  // namespace
}  // namespace shale
