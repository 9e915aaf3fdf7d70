// Hash aggregation against a row-at-a-time oracle, over types, encodings, NULLs and workers.
#include "engine/operators/aggregate.h"

#include <gtest/gtest.h>

#include "tests/support/row_oracle.h"

namespace shale {
namespace {

using testing::CompareValues;
using testing::NearlyEqual;
using testing::Print;
using testing::RandomChunks;
using testing::ReadRows;
using testing::Row;
using testing::RowLess;
using testing::RowsOf;
using testing::RunInto;

struct TestAggregate {
  std::string name;
  std::vector<size_t> args;
  bool distinct = false;
  int filter = -1;  // a BOOLEAN column
};

AggregateExpr ExprOf(const TestAggregate& test, const std::vector<Type>& types) {
  std::vector<ArgumentType> arg_types;
  AggregateExpr aggregate;
  for (size_t arg : test.args) arg_types.push_back({types[arg]});
  auto resolved = Registry::Get().ResolveAggregate(test.name, arg_types);
  EXPECT_TRUE(resolved.ok()) << resolved.status();
  aggregate.function = *resolved;
  for (size_t i = 0; i < test.args.size(); ++i) {
    ExprPtr column = MakeColumn(test.args[i], types[test.args[i]]);
    aggregate.args.push_back(*MakeCast(column, resolved->arg_types[i]));
  }
  aggregate.distinct = test.distinct;
  if (test.filter >= 0) aggregate.filter = MakeColumn(test.filter, TypeId::kBoolean);
  return aggregate;
}

// Expected rows: key values, then aggregates.
std::map<Row, Row, RowLess> Oracle(const std::vector<Row>& rows, size_t num_keys,
                                   const std::vector<TestAggregate>& tests,
                                   const std::vector<AggregateExpr>& aggregates) {
  std::map<Row, std::vector<const Row*>, RowLess> groups;
  if (num_keys == 0) groups[Row()] = {};
  for (const Row& row : rows) {
    groups[Row(row.begin(), row.begin() + num_keys)].push_back(&row);
  }
  std::map<Row, Row, RowLess> expected;
  for (const auto& [key, members] : groups) {
    Row result;
    for (size_t a = 0; a < tests.size(); ++a) {
      std::vector<Row> args;
      std::set<Row, RowLess> seen;
      for (const Row* row : members) {
        if (tests[a].filter >= 0) {
          const Value& keep = (*row)[tests[a].filter];
          if (keep.is_null() || !keep.AsBool()) continue;
        }
        Row picked;
        for (size_t arg : tests[a].args) picked.push_back((*row)[arg]);
        if (tests[a].distinct && !seen.insert(picked).second) continue;
        args.push_back(picked);
      }
      result.push_back(
          testing::OracleAggregate(tests[a].name, args, aggregates[a].function.result_type));
    }
    expected[key] = result;
  }
  return expected;
}

void Check(const std::vector<Chunk>& chunks, const std::vector<Type>& types, size_t num_keys,
           const std::vector<TestAggregate>& tests, int workers, const std::string& what) {
  std::vector<AggregateExpr> aggregates;
  for (const TestAggregate& test : tests) aggregates.push_back(ExprOf(test, types));
  const auto expected = Oracle(RowsOf(chunks), num_keys, tests, aggregates);
  std::vector<ExprPtr> keys;
  for (size_t key = 0; key < num_keys; ++key) keys.push_back(MakeColumn(key, types[key]));
  auto sink = MakeAggregate(keys, aggregates);
  ExecutionContext context;
  context.num_workers = workers;
  MemoryBudget budget("memory_limit", int64_t{1} << 32);
  context.memory = &budget;
  Status status = RunInto(chunks, {}, sink, &context);
  ASSERT_TRUE(status.ok()) << what << ": " << status;
  auto rows = ReadRows(*sink, &context);
  ASSERT_TRUE(rows.ok()) << what << ": " << rows.status();
  ASSERT_EQ(rows->size(), expected.size()) << what;
  std::set<Row, RowLess> seen;
  for (const Row& row : *rows) {
    const Row key(row.begin(), row.begin() + num_keys);
    EXPECT_TRUE(seen.insert(key).second) << what << ": twice " << Print(key);
    auto found = expected.find(key);
    ASSERT_NE(found, expected.end()) << what << ": no such group " << Print(key);
    const Row results(row.begin() + num_keys, row.end());
    ASSERT_TRUE(NearlyEqual(results, found->second))
        << what << ": " << Print(key) << " has " << Print(results) << ", not "
        << Print(found->second);
  }
  sink.reset();
  EXPECT_EQ(budget.used_bytes(), 0);
}

const std::vector<Type>& KeyTypes() {
  static const std::vector<Type> types = {TypeId::kText,
                                          TypeId::kTinyInt,
                                          TypeId::kInteger,
                                          TypeId::kBigInt,
                                          TypeId::kBoolean,
                                          TypeId::kDouble,
                                          TypeId::kReal,
                                          TypeId::kDate,
                                          TypeId::kUBigInt,
                                          TypeId::kUuid,
                                          TypeId::kTimestamp,
                                          TypeId::kInterval,
                                          TypeId::kSmallInt,
                                          TypeId::kUTinyInt,
                                          Type::Decimal(30, 3),
                                          Type::Decimal(10, 2),
                                          Type::List(TypeId::kBigInt),
                                          Type::List(TypeId::kText),
                                          Type::List(TypeId::kDouble)};
  return types;
}

TEST(AggregateTest, OneKeyOfEveryType) {
  uint64_t seed = 1;
  for (const Type& key : KeyTypes()) {
    for (size_t variety : {3, 200, 5000}) {
      for (double nulls : {0.0, 0.2}) {
        for (int workers : {1, 3}) {
          RandomChunks random(++seed);
          const std::vector<Type> types = {key,
                                           TypeId::kInteger,
                                           TypeId::kText,
                                           TypeId::kBoolean,
                                           TypeId::kBigInt,
                                           Type::Decimal(12, 2),
                                           TypeId::kDouble};
          const auto chunks = random.RandomRows(types, 12, 400, variety, nulls);
          Check(chunks, types, 1,
                {{"count", {}},
                 {"count", {2}},
                 {"sum", {1}},
                 {"avg", {1}},
                 {"sum", {4}},
                 {"min", {2}},
                 {"max", {4}},
                 {"avg", {5}},
                 {"max", {6}},
                 {"count_if", {3}}},
                workers, key.ToString() + " variety " + std::to_string(variety));
        }
      }
    }
  }
}

TEST(AggregateTest, SeveralKeys) {
  RandomChunks choose(99);
  for (int round = 0; round < 60; ++round) {
    RandomChunks random(1000 + round);
    std::vector<Type> types;
    const size_t num_keys = 2 + choose.Below(4);
    for (size_t i = 0; i < num_keys; ++i) {
      types.push_back(KeyTypes()[choose.Below(KeyTypes().size())]);
    }
    types.push_back(TypeId::kInteger);
    types.push_back(TypeId::kText);
    const size_t variety = 2 + choose.Below(40);
    const auto chunks = random.RandomRows(types, 10, 300, variety, choose.Chance(0.5) ? 0 : 0.15);
    Check(chunks, types, num_keys,
          {{"count", {}}, {"sum", {num_keys}}, {"max", {num_keys + 1}}, {"avg", {num_keys}}},
          1 + round % 4, "round " + std::to_string(round));
  }
}

TEST(AggregateTest, WithoutKeys) {
  for (int workers : {1, 4}) {
    for (int round = 0; round < 20; ++round) {
      RandomChunks random(200 + round);
      const std::vector<Type> types = {TypeId::kSmallInt, TypeId::kText, TypeId::kDouble,
                                       TypeId::kBigInt, TypeId::kBoolean};
      const auto chunks = random.RandomRows(types, 10, 500, 50, round % 2 ? 0.3 : 0);
      Check(chunks, types, 0,
            {{"count", {}},
             {"count", {1}},
             {"sum", {0}},
             {"min", {1}},
             {"max", {1}},
             {"avg", {3}},
             {"min", {2}},
             {"bool_or", {4}},
             {"bool_and", {4}},
             {"sum", {0}, false, 4},
             {"count", {1}, true},
             {"sum", {3}, true},
             {"count", {0}, true, 4}},
            workers, "round " + std::to_string(round));
    }
  }
}

TEST(AggregateTest, NoRows) {
  for (int workers : {1, 2}) {
    const std::vector<Type> types = {TypeId::kInteger, TypeId::kText};
    Check({}, types, 0, {{"count", {}}, {"sum", {0}}, {"min", {1}}, {"count", {1}, true}}, workers,
          "no keys");
    Check({}, types, 1, {{"count", {}}, {"sum", {0}}}, workers, "a key");
  }
}

TEST(AggregateTest, DistinctAndFilter) {
  for (int round = 0; round < 40; ++round) {
    RandomChunks random(500 + round);
    const Type key = KeyTypes()[round % KeyTypes().size()];
    const Type value = KeyTypes()[(round * 7 + 3) % KeyTypes().size()];
    const std::vector<Type> types = {key, value, TypeId::kBoolean, TypeId::kInteger};
    const auto chunks =
        random.RandomRows(types, 10, 400, round % 3 ? 12 : 1000, round % 2 ? 0.2 : 0);
    Check(chunks, types, 1,
          {{"count", {1}, true},
           {"count", {3}, true, 2},
           {"sum", {3}, true},
           {"avg", {3}, true},
           {"sum", {3}, false, 2},
           {"count", {}, false, 2},
           {"max", {1}, true}},
          1 + round % 4, "round " + std::to_string(round));
  }
}

// Enough groups and values that workers merge by partitions.
TEST(AggregateTest, ManyGroups) {
  for (int workers : {2, 4}) {
    for (const Type& key : {Type(TypeId::kBigInt), Type(TypeId::kText), Type(TypeId::kInteger)}) {
      RandomChunks random(7);
      const std::vector<Type> types = {key, TypeId::kInteger, TypeId::kBoolean, TypeId::kText};
      std::vector<Chunk> chunks;
      for (int i = 0; i < 14; ++i) {
        Chunk chunk;
        chunk.num_rows = 4000;
        chunk.columns = {testing::FlatOf(key, random.RandomValues(key, 4000, 30000, 0.01)),
                         testing::FlatOf(types[1], random.RandomValues(types[1], 4000, 50, 0)),
                         testing::FlatOf(types[2], random.RandomValues(types[2], 4000, 2, 0.1)),
                         testing::FlatOf(types[3], random.RandomValues(types[3], 4000, 50, 0.1))};
        chunks.push_back(std::move(chunk));
      }
      Check(chunks, types, 1,
            {{"count", {}},
             {"sum", {1}},
             {"count", {3}, true},
             {"min", {3}},
             {"count", {}, false, 2}},
            workers, key.ToString());
      // Few groups, many values.
      const std::vector<Type> turned = {TypeId::kBoolean, key};
      std::vector<Chunk> few;
      for (const Chunk& chunk : chunks) {
        few.push_back({{chunk.columns[2], chunk.columns[0]}, chunk.num_rows});
      }
      Check(few, turned, 1, {{"count", {1}, true}, {"max", {1}}}, workers, "few " + key.ToString());
      std::vector<Chunk> none;
      for (const Chunk& chunk : chunks) none.push_back({{chunk.columns[0]}, chunk.num_rows});
      Check(none, {key}, 0, {{"count", {0}, true}}, workers, "none " + key.ToString());
    }
  }
}

// Keys of which most come once or close together: workers forget them and meet some again.
TEST(AggregateTest, KeysThatComeOnce) {
  const std::vector<Type> types = {TypeId::kBigInt, TypeId::kInteger, TypeId::kText,
                                   TypeId::kBoolean};
  RandomChunks random(11);
  std::vector<Chunk> chunks;
  for (int64_t i = 0; i < 40; ++i) {
    constexpr size_t kRows = 4000;
    std::vector<Value> keys;
    for (size_t row = 0; row < kRows; ++row) {
      const auto number = static_cast<int64_t>(i * kRows + row);
      // One in a hundred is one of the keys of all chunks.
      keys.push_back(Value::Int(types[0], row % 100 == 7 ? number % 1000 : number / 2 * 7919));
    }
    Chunk chunk;
    chunk.num_rows = kRows;
    chunk.columns = {testing::FlatOf(types[0], keys),
                     testing::FlatOf(types[1], random.RandomValues(types[1], kRows, 50, 0.1)),
                     testing::FlatOf(types[2], random.RandomValues(types[2], kRows, 50, 0.1)),
                     testing::FlatOf(types[3], random.RandomValues(types[3], kRows, 2, 0.1))};
    chunks.push_back(std::move(chunk));
  }
  for (int workers : {1, 2}) {
    Check(
        chunks, types, 1,
        {{"count", {}}, {"sum", {1}}, {"count", {2}, true}, {"min", {2}}, {"count", {}, false, 3}},
        workers, "keys that come once");
    Check(chunks, types, 0, {{"count", {0}, true}}, workers, "distinct values that come once");
  }
}

TEST(AggregateTest, OrderedAggregate) {
  const std::vector<Type> types = {TypeId::kInteger, TypeId::kText, TypeId::kBigInt};
  for (int workers : {1, 3}) {
    for (bool distinct : {false, true}) {
      RandomChunks random(31);
      const auto chunks = random.RandomRows(types, 10, 100, 20, 0.1);
      TestAggregate test{"string_agg", {1, 1}};
      AggregateExpr aggregate = ExprOf(test, types);
      aggregate.args[1] = MakeConstant(Value::Text("|"));
      aggregate.distinct = distinct;
      aggregate.order_by = {{MakeColumn(1, types[1]), true, true}};
      auto sink = MakeAggregate({MakeColumn(0, types[0])}, {aggregate});
      ExecutionContext context;
      context.num_workers = workers;
      ASSERT_TRUE(RunInto(chunks, {}, sink, &context).ok());
      auto rows = ReadRows(*sink, &context);
      ASSERT_TRUE(rows.ok());
      std::map<Row, std::vector<std::string>, RowLess> expected;
      for (const Row& row : RowsOf(chunks)) {
        auto& texts = expected[{row[0]}];
        if (!row[1].is_null()) texts.push_back(row[1].AsString());
      }
      ASSERT_EQ(rows->size(), expected.size());
      for (const Row& row : *rows) {
        auto texts = expected[{row[0]}];
        std::sort(texts.rbegin(), texts.rend());
        if (distinct) texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
        if (texts.empty()) {
          EXPECT_TRUE(row[1].is_null());
          continue;
        }
        std::string joined = texts[0];
        for (size_t i = 1; i < texts.size(); ++i) joined += "|" + texts[i];
        EXPECT_EQ(row[1].AsString(), joined);
      }
    }
  }
}

TEST(AggregateTest, MemoryLimitIsNamed) {
  RandomChunks random(3);
  std::vector<Chunk> chunks;
  for (int i = 0; i < 30; ++i) {
    chunks.push_back(
        {{testing::FlatOf(TypeId::kBigInt, random.RandomValues(TypeId::kBigInt, 4000, 1000000, 0))},
         4000});
  }
  ExecutionContext context;
  MemoryBudget budget("query_memory_limit", 1 << 20);
  context.memory = &budget;
  auto sink = MakeAggregate({MakeColumn(0, TypeId::kBigInt)}, {});
  const Status status = RunInto(chunks, {}, sink, &context);
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted);
  EXPECT_NE(Message(status).find("query_memory_limit"), std::string_view::npos) << status;
}

TEST(AggregateTest, IntervalListKeyIsAClearError) {
  auto sink = MakeAggregate({MakeColumn(0, Type::List(TypeId::kInterval))}, {});
  ExecutionContext context;
  const Status status = RunInto({}, {}, sink, &context);
  EXPECT_EQ(status.code(), StatusCode::kUnimplemented);
}

}  // namespace
}  // namespace shale
