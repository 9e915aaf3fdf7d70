// Sort and top-n against std::sort over boxed rows.
#include "engine/operators/sort.h"

#include <gtest/gtest.h>

#include "tests/support/random_chunks.h"

namespace shale {
namespace {

using testing::CompareValues;
using testing::Print;
using testing::RandomChunks;
using testing::ReadRows;
using testing::Row;
using testing::RowLess;
using testing::RowsOf;
using testing::RunInto;

struct Order {
  size_t column;
  bool descending;
  bool nulls_first;
};

int Compare(const Row& a, const Row& b, const std::vector<Order>& orders) {
  for (const Order& order : orders) {
    const Value& x = a[order.column];
    const Value& y = b[order.column];
    int compared;
    if (x.is_null() || y.is_null()) {
      if (x.is_null() && y.is_null()) continue;
      compared = x.is_null() == order.nulls_first ? -1 : 1;
    } else {
      compared = CompareValues(x, y);
      if (order.descending) compared = -compared;
    }
    if (compared != 0) return compared;
  }
  return 0;
}

std::vector<SortKey> KeysOf(const std::vector<Order>& orders, const std::vector<Type>& types) {
  std::vector<SortKey> keys;
  for (const Order& order : orders) {
    keys.push_back(
        {MakeColumn(order.column, types[order.column]), order.descending, order.nulls_first});
  }
  return keys;
}

const std::vector<Type>& AllTypes() {
  static const std::vector<Type> types = {TypeId::kText,
                                          TypeId::kInteger,
                                          TypeId::kBigInt,
                                          TypeId::kDouble,
                                          TypeId::kDate,
                                          TypeId::kBoolean,
                                          TypeId::kUuid,
                                          TypeId::kReal,
                                          TypeId::kUBigInt,
                                          TypeId::kInterval,
                                          TypeId::kTinyInt,
                                          Type::Decimal(30, 2),
                                          TypeId::kTimestamp,
                                          Type::Decimal(9, 2),
                                          TypeId::kUSmallInt,
                                          TypeId::kSmallInt,
                                          Type::List(TypeId::kBigInt),
                                          Type::List(TypeId::kText)};
  return types;
}

// The input in the order asked for, and its rows in an order of their own.
struct Sorted {
  Sorted(std::vector<Row> rows, const std::vector<Order>& orders)
      : by_order(std::move(rows)), as_set(by_order) {
    std::sort(by_order.begin(), by_order.end(),
              [&](const Row& a, const Row& b) { return Compare(a, b, orders) < 0; });
    std::sort(as_set.begin(), as_set.end(), RowLess());
  }
  std::vector<Row> by_order;
  std::vector<Row> as_set;
};

// `rows` are the expected ones as far as the order tells rows apart, and rows of the input.
void ExpectSorted(std::vector<Row> rows, const Sorted& all, const std::vector<Order>& orders,
                  size_t offset, size_t limit, const std::string& what) {
  const size_t begin = std::min(offset, all.by_order.size());
  const size_t count = std::min(limit, all.by_order.size() - begin);
  ASSERT_EQ(rows.size(), count) << what;
  for (size_t i = 0; i < count; ++i) {
    ASSERT_EQ(Compare(rows[i], all.by_order[begin + i], orders), 0)
        << what << " row " << i << ": " << Print(rows[i]) << " is not "
        << Print(all.by_order[begin + i]);
  }
  std::sort(rows.begin(), rows.end(), RowLess());
  ASSERT_TRUE(
      std::includes(all.as_set.begin(), all.as_set.end(), rows.begin(), rows.end(), RowLess()))
      << what;
}

void CheckAll(const std::vector<Type>& types, const std::vector<Order>& orders,
              const std::vector<Chunk>& chunks, int workers, const std::string& what) {
  const Sorted all(RowsOf(chunks), orders);
  ExecutionContext context;
  context.num_workers = workers;
  MemoryBudget budget("memory_limit", int64_t{1} << 32);
  context.memory = &budget;
  {
    auto sort = MakeSort(KeysOf(orders, types), types);
    Status status = RunInto(chunks, {}, sort, &context);
    ASSERT_TRUE(status.ok()) << what << status;
    auto rows = ReadRows(*sort, &context);
    ASSERT_TRUE(rows.ok());
    ExpectSorted(*rows, all, orders, 0, SIZE_MAX, "sort " + what);
  }
  for (const auto& [limit, offset] : std::vector<std::pair<int64_t, int64_t>>{
           {1, 0}, {10, 5}, {300, 0}, {0, 0}, {7, 100000}, {-1, 2}}) {
    TopN top = MakeTopN(KeysOf(orders, types), types, limit, offset);
    Status status = RunInto(chunks, {}, top.sink, &context);
    ASSERT_TRUE(status.ok()) << what << status;
    auto rows = ReadRows(*top.sink, &context);
    ASSERT_TRUE(rows.ok());
    ExpectSorted(*rows, all, orders, static_cast<size_t>(offset),
                 limit < 0 ? SIZE_MAX : static_cast<size_t>(limit),
                 "top " + std::to_string(limit) + " from " + std::to_string(offset) + " " + what);
  }
  EXPECT_EQ(budget.used_bytes(), 0);
}

TEST(SortTest, OneKeyOfEveryType) {
  uint64_t seed = 0;
  for (const Type& type : AllTypes()) {
    for (bool descending : {false, true}) {
      for (bool nulls_first : {false, true}) {
        RandomChunks random(++seed);
        const std::vector<Type> types = {TypeId::kInteger, type, TypeId::kText};
        const auto chunks =
            random.RandomRows(types, 8, 250, seed % 2 ? 20 : 3000, seed % 3 ? 0.1 : 0);
        CheckAll(types, {{1, descending, nulls_first}}, chunks, 1 + seed % 4,
                 type.ToString() + " seed " + std::to_string(seed));
      }
    }
  }
}

TEST(SortTest, SeveralKeys) {
  RandomChunks choose(1);
  for (int round = 0; round < 60; ++round) {
    RandomChunks random(100 + round);
    std::vector<Type> types;
    std::vector<Order> orders;
    const size_t num_keys = 2 + choose.Below(4);
    for (size_t i = 0; i < num_keys; ++i) {
      types.push_back(AllTypes()[choose.Below(AllTypes().size())]);
      orders.push_back({i, choose.Chance(0.5), choose.Chance(0.5)});
    }
    types.push_back(TypeId::kText);
    const auto chunks = random.RandomRows(types, 6, 200, 2 + choose.Below(8), 0.1);
    CheckAll(types, orders, chunks, 1 + round % 4, "round " + std::to_string(round));
  }
}

// Enough rows that runs are merged in shares, and a top-n over ascending, descending input.
TEST(SortTest, Large) {
  const std::vector<Type> types = {TypeId::kBigInt, TypeId::kInteger};
  for (int pattern = 0; pattern < 3; ++pattern) {
    RandomChunks random(9);
    std::vector<Chunk> chunks;
    int64_t n = 0;
    for (int c = 0; c < 14; ++c) {
      Chunk chunk;
      chunk.num_rows = 5000;
      Vector a = Vector::Flat(types[0], 5000), b = Vector::Flat(types[1], 5000);
      for (int i = 0; i < 5000; ++i, ++n) {
        a.mutable_values<int64_t>()[i] = pattern == 0   ? n / 3
                                         : pattern == 1 ? -n / 3
                                                        : static_cast<int64_t>(random.Below(99999));
        b.mutable_values<int32_t>()[i] = static_cast<int32_t>(random.Below(1000));
      }
      chunk.columns = {a, b};
      chunks.push_back(std::move(chunk));
    }
    for (int workers : {1, 3}) {
      CheckAll(types, {{0, false, false}, {1, true, false}}, chunks, workers,
               "pattern " + std::to_string(pattern));
    }
  }
}

TEST(TopNTest, PublishesItsBound) {
  const std::vector<Type> types = {TypeId::kInteger};
  std::vector<Value> values;
  for (int i = 0; i < 1000; ++i) values.push_back(Value::Int(types[0], 1000 - i));
  const std::vector<Chunk> chunks = {{{testing::FlatOf(types[0], values)}, 1000}};
  TopN top = MakeTopN(KeysOf({{0, false, false}}, types), types, 10, 5);
  Value bound;
  EXPECT_FALSE(top.bound->Current(&bound));
  ExecutionContext context;
  ASSERT_TRUE(RunInto(chunks, {}, top.sink, &context).ok());
  ASSERT_TRUE(top.bound->Current(&bound));
  EXPECT_EQ(bound.AsInt(), 15);
}

}  // namespace
}  // namespace shale
