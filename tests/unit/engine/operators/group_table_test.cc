#include "engine/operators/group_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

#include "engine/operators/key_packer.h"

namespace shale {
namespace {

// Adds keys in batches, with a sum of ones as the state; every row returned must have its key.
void AddAll(const std::vector<uint64_t>& keys, GroupTable* table) {
  std::vector<uint32_t> groups(4096);
  for (size_t begin = 0; begin < keys.size(); begin += groups.size()) {
    const size_t count = std::min(groups.size(), keys.size() - begin);
    ASSERT_TRUE(table->FindOrAdd(keys.data() + begin, count, groups.data()).ok());
    for (size_t i = 0; i < count; ++i) {
      ASSERT_EQ(table->keys()[groups[i] * table->row_words()], keys[begin + i]);
      ++*reinterpret_cast<uint64_t*>(table->states() + groups[i] * table->row_bytes());
    }
  }
}

std::map<uint64_t, uint64_t> Sums(const GroupTable& table) {
  std::map<uint64_t, uint64_t> sums;
  for (size_t row = 0; row < table.size(); ++row) {
    const uint64_t* at = table.keys() + row * table.row_words();
    sums[at[0]] += at[1];
  }
  return sums;
}

std::map<uint64_t, uint64_t> Counts(const std::vector<uint64_t>& keys) {
  std::map<uint64_t, uint64_t> counts;
  for (uint64_t key : keys) ++counts[key];
  return counts;
}

TEST(GroupTable, ForgetsWhatIsNotAskedForAnyMore) {
  // Each key several times close together and never again, as users are in a table sorted by them.
  std::vector<uint64_t> keys;
  std::mt19937_64 random(3);
  for (uint64_t user = 0; user < 150'000; ++user) {
    for (uint64_t i = 0, times = 1 + random() % 3; i < times; ++i) keys.push_back(user * 977);
  }
  for (size_t i = 1; i < keys.size(); ++i)
    std::swap(keys[i], keys[i - random() % std::min<size_t>(i, 50)]);
  GroupTable table(1, sizeof(uint64_t), nullptr);
  table.AllowRepeats();
  AddAll(keys, &table);
  EXPECT_TRUE(table.repeats());
  EXPECT_GE(table.size(), 150'000u);
  EXPECT_LE(table.size(), 160'000u) << "only keys at the seams come twice";
  EXPECT_EQ(Sums(table), Counts(keys));
}

TEST(GroupTable, KeepsWhatIsAskedFor) {
  std::vector<uint64_t> keys;
  std::mt19937_64 random(5);
  for (int i = 0; i < 1'000'000; ++i) keys.push_back(random() % 100'000);
  GroupTable table(1, sizeof(uint64_t), nullptr);
  table.AllowRepeats();
  AddAll(keys, &table);
  EXPECT_FALSE(table.repeats());
  EXPECT_EQ(table.size(), Counts(keys).size());
}

TEST(GroupTable, RepeatsStayWithinAFewTimesTheKeys) {
  // Keys that come back only after all others: the worst for an index of the latest ones.
  constexpr uint64_t kKeys = 700'000;
  std::vector<uint64_t> keys;
  for (uint64_t i = 0; i < 9 * kKeys; ++i) keys.push_back(i % kKeys);
  GroupTable table(1, sizeof(uint64_t), nullptr);
  table.AllowRepeats();
  AddAll(keys, &table);
  EXPECT_LE(table.size(), 5 * kKeys + (1 << 21));
  EXPECT_EQ(Sums(table).size(), kKeys);
}

TEST(GroupTable, AdoptMovesNewRowsAndNamesTheOthers) {
  GroupTable source(1, sizeof(uint64_t), nullptr), target(1, sizeof(uint64_t), nullptr);
  std::vector<uint64_t> some, others;
  for (uint64_t i = 0; i < 5000; ++i) (i % 3 ? some : others).push_back(i * i);
  AddAll(some, &target);
  std::vector<uint64_t> all(some);
  all.insert(all.end(), others.begin(), others.end());
  AddAll(all, &source);
  std::vector<uint32_t> from(source.size()), into(source.size()), found(source.size());
  std::vector<uint64_t> keys(source.size()), hashes(source.size());
  for (size_t i = 0; i < source.size(); ++i) {
    from[i] = static_cast<uint32_t>(source.size() - 1 - i);
    keys[i] = source.keys()[from[i] * source.row_words()];
  }
  HashKeys(keys.data(), 1, 1, keys.size(), hashes.data());
  size_t num_found = 0;
  ASSERT_TRUE(target
                  .Adopt(source, from.data(), keys.data(), hashes.data(), from.size(), into.data(),
                         found.data(), &num_found)
                  .ok());
  EXPECT_EQ(num_found, some.size());
  EXPECT_EQ(target.size(), all.size());
  EXPECT_EQ(Sums(target), Counts(all)) << "what was found is still to be merged";
  for (size_t i = 0; i < into.size(); ++i) {
    EXPECT_EQ(target.keys()[into[i] * target.row_words()], keys[i]);
  }
}

}  // namespace
}  // namespace shale
