#include "storage/cache/block_cache.h"

#include <gtest/gtest.h>

#include <random>

namespace shale {
namespace {

BlockCache::Value Number(int value) { return std::make_shared<int>(value); }
int Get(const BlockCache::Value& value) { return *static_cast<const int*>(value.get()); }

TEST(BlockCache, FindsWhatWasInserted) {
  BlockCache cache(1000);
  EXPECT_EQ(cache.Find({1, 2, 3}), nullptr);
  EXPECT_EQ(Get(cache.Insert({1, 2, 3}, Number(5), 100)), 5);
  EXPECT_EQ(Get(cache.Find({1, 2, 3})), 5);
  EXPECT_EQ(cache.Find({1, 2, 4}), nullptr);
  EXPECT_EQ(cache.Find({1, 3, 3}), nullptr);
  EXPECT_EQ(cache.Find({2, 2, 3}), nullptr);
  EXPECT_TRUE(cache.Contains({1, 2, 3}));
  const BlockCache::Counters counters = cache.counters();
  EXPECT_EQ(counters.hits, 1u);
  EXPECT_EQ(counters.misses, 4u);
  EXPECT_EQ(counters.used_bytes, 100);
  EXPECT_EQ(counters.entries, 1);
}

TEST(BlockCache, TheFirstInsertWins) {
  BlockCache cache(1000);
  cache.Insert({1, 2, 3}, Number(5), 100);
  EXPECT_EQ(Get(cache.Insert({1, 2, 3}, Number(6), 100)), 5);
  EXPECT_EQ(cache.counters().used_bytes, 100);
}

TEST(BlockCache, KeepsItsBudget) {
  BlockCache cache(10000);
  for (uint32_t i = 0; i < 5000; ++i) {
    cache.Insert({1, 0, i}, Number(static_cast<int>(i)), 1 + i % 300);
    ASSERT_LE(cache.counters().used_bytes, 10000);
  }
  const BlockCache::Counters counters = cache.counters();
  EXPECT_GT(counters.used_bytes, 9000) << "and uses it";
  EXPECT_EQ(counters.entries + static_cast<int64_t>(counters.evictions), 5000);
}

TEST(BlockCache, OneLargeValueMayTakeHalf) {
  BlockCache cache(1000);
  for (uint32_t i = 0; i < 10; ++i) cache.Insert({1, 0, i}, Number(1), 100);
  cache.Insert({2, 0, 0}, Number(2), 500);
  EXPECT_TRUE(cache.Contains({2, 0, 0}));
  EXPECT_EQ(Get(cache.Insert({3, 0, 0}, Number(3), 501)), 3);
  EXPECT_FALSE(cache.Contains({3, 0, 0}));
}

TEST(BlockCache, KeepsWhatIsUsed) {
  BlockCache cache(100 * 100);
  for (uint32_t i = 0; i < 20; ++i) cache.Insert({1, 0, i}, Number(1), 100);
  for (uint32_t round = 0; round < 2000; ++round) {
    for (uint32_t i = 0; i < 20; ++i) cache.Find({1, 0, i});
    cache.Insert({2, 0, round}, Number(2), 100);
  }
  int kept = 0;
  for (uint32_t i = 0; i < 20; ++i) kept += cache.Contains({1, 0, i});
  EXPECT_GE(kept, 18);
}

TEST(BlockCache, HoldersOutliveEviction) {
  BlockCache cache(100);
  const BlockCache::Value held = cache.Insert({1, 0, 0}, Number(7), 50);
  for (uint32_t i = 1; i < 100; ++i) cache.Insert({1, 0, i}, Number(1), 50);
  EXPECT_FALSE(cache.Contains({1, 0, 0}));
  EXPECT_EQ(Get(held), 7);
}

TEST(BlockCache, ErasesASegment) {
  BlockCache cache(100000);
  for (uint32_t i = 0; i < 100; ++i) {
    cache.Insert({1, 0, i}, Number(1), 10);
    cache.Insert({2, 0, i}, Number(2), 10);
  }
  cache.EraseSegment(1);
  EXPECT_EQ(cache.counters().entries, 100);
  EXPECT_EQ(cache.counters().used_bytes, 1000);
  EXPECT_FALSE(cache.Contains({1, 0, 5}));
  EXPECT_TRUE(cache.Contains({2, 0, 5}));
  cache.Insert({1, 0, 5}, Number(3), 10);
  EXPECT_TRUE(cache.Contains({1, 0, 5}));
}

TEST(BlockCache, ThreadsShareIt) {
  BlockCache cache(20000);
  std::vector<Thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back("cache", [&cache, t] {
      std::mt19937 random(t);
      for (int i = 0; i < 20000; ++i) {
        const uint32_t block = random() % 500;
        const BlockKey key{1 + block % 3, 0, block};
        BlockCache::Value value = cache.Find(key);
        if (value == nullptr) value = cache.Insert(key, Number(static_cast<int>(block)), 100);
        ASSERT_EQ(Get(value), static_cast<int>(block));
        if (i % 4000 == 0) cache.EraseSegment(2);
      }
    });
  }
  for (Thread& thread : threads) thread.Join();
  EXPECT_LE(cache.counters().used_bytes, 20000);
}

}  // namespace
}  // namespace shale
