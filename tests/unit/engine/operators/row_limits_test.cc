// Limits that look at values, rows repeated and expanded, and recursion, against loops over rows.
#include "engine/operators/row_limits.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "engine/operators/expand.h"
#include "engine/operators/recursion.h"
#include "tests/support/random_chunks.h"

namespace shale {
namespace {

using testing::CompareValues;
using testing::RandomChunks;
using testing::Row;
using testing::RowLess;
using testing::RowsOf;
using testing::RunInto;

void ExpectRows(const std::vector<Row>& rows, const std::vector<Row>& expected) {
  ASSERT_EQ(rows.size(), expected.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    ASSERT_EQ(testing::CompareRows(rows[i], expected[i]), 0)
        << testing::Print(rows[i]) << " is not " << testing::Print(expected[i]);
  }
}

std::vector<Row> RunRows(const std::vector<Chunk>& input, std::shared_ptr<Operator> op) {
  ExecutionContext context;
  MemoryBudget budget("memory_limit", int64_t{1} << 30);
  context.memory = &budget;
  auto sink = MakeCollect();
  const Status status = RunInto(input, {std::move(op)}, sink, &context);
  EXPECT_TRUE(status.ok()) << status;
  return RowsOf(sink->chunks());
}

TEST(RowLimitsTest, LimitByTakesTheFirstRowsOfEachKey) {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    RandomChunks random(seed);
    const std::vector<Type> types = {TypeId::kText, TypeId::kInteger, TypeId::kBigInt};
    const auto input = random.RandomRows(types, 5, 80, 5, seed % 2 ? 0.2 : 0);
    const int64_t limit = static_cast<int64_t>(seed % 5) - 1;  // -1: all
    const int64_t offset = static_cast<int64_t>(seed % 3);
    const size_t num_keys = 1 + seed % 2;
    std::vector<ExprPtr> keys;
    for (size_t k = 0; k < num_keys; ++k) keys.push_back(MakeColumn(k, types[k]));
    std::map<Row, int64_t, RowLess> seen;
    std::vector<Row> expected;
    for (const Row& row : RowsOf(input)) {
      const int64_t at = seen[Row(row.begin(), row.begin() + num_keys)]++;
      if (at >= offset && (limit < 0 || at < offset + limit)) expected.push_back(row);
    }
    ExpectRows(RunRows(input, MakeLimitBy(keys, limit, offset)), expected);
  }
}

TEST(RowLimitsTest, TiesComeAlong) {
  for (uint64_t seed = 0; seed < 80; ++seed) {
    RandomChunks random(seed);
    std::vector<Row> rows =
        RowsOf(random.RandomRows({TypeId::kInteger, TypeId::kText}, 4, 40, 4, seed % 2 ? 0.2 : 0));
    std::sort(rows.begin(), rows.end(), RowLess());  // NULLs last
    std::vector<Chunk> input;
    const size_t size = 1 + seed % 37;
    for (size_t begin = 0; begin < rows.size(); begin += size) {
      std::vector<Value> a, b;
      for (size_t i = begin; i < std::min(rows.size(), begin + size); ++i) {
        a.push_back(rows[i][0]);
        b.push_back(rows[i][1]);
      }
      input.push_back(
          {{testing::FlatOf(TypeId::kInteger, a), testing::FlatOf(TypeId::kText, b)}, a.size()});
    }
    const int64_t limit = static_cast<int64_t>(seed * 7 % 90);
    const int64_t offset = static_cast<int64_t>(seed * 3 % 50);
    const size_t num_keys = 1 + seed % 2;
    std::vector<SortKey> keys = {{MakeColumn(0, TypeId::kInteger), false, false}};
    if (num_keys == 2) keys.push_back({MakeColumn(1, TypeId::kText), false, false});
    std::vector<Row> expected;
    for (size_t i = static_cast<size_t>(offset); i < rows.size() && limit > 0; ++i) {
      const size_t end = static_cast<size_t>(offset + limit);
      bool tie = i < end;
      if (!tie) {
        tie = true;
        for (size_t k = 0; k < num_keys; ++k) {
          tie = tie && CompareValues(rows[i][k], rows[end - 1][k]) == 0;
        }
      }
      if (!tie) break;
      expected.push_back(rows[i]);
    }
    ExpectRows(RunRows(input, MakeLimitWithTies(keys, limit, offset)), expected);
  }
}

TEST(ExpandTest, EveryRowOnceForEachSet) {
  RandomChunks random(9);
  const auto input = random.RandomRows({TypeId::kText, TypeId::kInteger}, 3, 20, 5, 0.1);
  const std::vector<std::vector<bool>> sets = {{true, true}, {false, true}, {false, false}};
  std::vector<Row> rows = RunRows(input, MakeExpand({0, 1}, sets)), expected;
  for (const Row& row : RowsOf(input)) {
    for (size_t s = 0; s < sets.size(); ++s) {
      Row wide = row;
      wide.push_back(sets[s][0] ? row[0] : Value::Null(TypeId::kText));
      wide.push_back(sets[s][1] ? row[1] : Value::Null(TypeId::kInteger));
      wide.push_back(Value::Int(TypeId::kInteger, static_cast<int64_t>(s)));
      expected.push_back(wide);
    }
  }
  std::sort(rows.begin(), rows.end(), RowLess());
  std::sort(expected.begin(), expected.end(), RowLess());
  ExpectRows(rows, expected);
}

TEST(ExpandTest, RowsRepeat) {
  std::vector<Value> values, counts;
  std::vector<Row> expected;
  for (int i = 0; i < 50; ++i) {
    values.push_back(Value::Int(TypeId::kInteger, i));
    counts.push_back(Value::Int(TypeId::kBigInt, i == 20 ? 20'000 : i % 4 - 1));
    for (int64_t n = 0; n < counts.back().AsInt(); ++n) expected.push_back({values.back()});
  }
  const std::vector<Chunk> input = {
      {{testing::FlatOf(TypeId::kBigInt, counts), testing::FlatOf(TypeId::kInteger, values)}, 50}};
  ExpectRows(RunRows(input, MakeRepeat(0)), expected);
}

// Reachable nodes of random graphs, by a step that follows edges.
TEST(RecursionTest, ReachesWhatASearchReaches) {
  for (uint64_t seed = 0; seed < 30; ++seed) {
    std::mt19937_64 random(seed);
    const int nodes = 30;
    std::vector<std::pair<int, int>> edges;
    for (int i = 0; i < 40; ++i) edges.emplace_back(random() % nodes, random() % nodes);
    const RecursionStep step = [&](SharedChunks working,
                                   ExecutionContext*) -> StatusOr<SharedChunks> {
      std::vector<Value> next;
      for (const Row& row : RowsOf(*working)) {
        for (const auto& [from, to] : edges) {
          if (row[0].AsInt() == from) next.push_back(Value::Int(TypeId::kInteger, to));
        }
      }
      std::vector<Chunk> chunks;
      if (!next.empty()) chunks.push_back({{testing::FlatOf(TypeId::kInteger, next)}, next.size()});
      return SharedChunks(std::make_shared<const std::vector<Chunk>>(std::move(chunks)));
    };
    const auto seed_rows = std::make_shared<const std::vector<Chunk>>(std::vector<Chunk>{
        {{testing::FlatOf(TypeId::kInteger, {Value::Int(TypeId::kInteger, 0)})}, 1}});
    auto source = MakeRecursion(seed_rows, {TypeId::kInteger}, /*distinct=*/true, step);
    ExecutionContext context;
    std::vector<Row> rows;
    ASSERT_TRUE(Drain(*source, &context, [&](Chunk chunk) -> StatusOr<Flow> {
                  for (Row& row : RowsOf({chunk})) rows.push_back(std::move(row));
                  return Flow::kMore;
                }).ok());
    std::set<int> reached = {0};
    for (bool grown = true; grown;) {
      grown = false;
      for (const auto& [from, to] : edges) {
        if (reached.contains(from) && reached.insert(to).second) grown = true;
      }
    }
    std::vector<Row> expected;
    for (int node : reached) expected.push_back({Value::Int(TypeId::kInteger, node)});
    std::sort(rows.begin(), rows.end(), RowLess());
    ExpectRows(rows, expected);
  }
}

}  // namespace
}  // namespace shale
