// Joins of every kind against nested loops over boxed rows.
#include "engine/operators/join.h"

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

enum class Truth { kFalse, kUnknown, kTrue };

struct Case {
  std::vector<Type> probe_types, build_types;
  std::vector<std::pair<size_t, size_t>> keys;   // probe column, build column
  int residual_probe = -1, residual_build = -1;  // INTEGER columns: probe < build
};

Truth And(Truth a, Truth b) { return std::min(a, b); }

Truth Matches(const Case& test, const Row& probe, const Row& build) {
  Truth truth = Truth::kTrue;
  for (const auto& [p, b] : test.keys) {
    if (probe[p].is_null() || build[b].is_null())
      truth = And(truth, Truth::kUnknown);
    else if (CompareValues(probe[p], build[b]) != 0)
      truth = Truth::kFalse;
  }
  if (test.residual_probe >= 0) {
    const Value& x = probe[test.residual_probe];
    const Value& y = build[test.residual_build];
    // A residual that is not true keeps a pair out altogether.
    if (x.is_null() || y.is_null() || CompareValues(x, y) >= 0) truth = Truth::kFalse;
  }
  return truth;
}

std::vector<Row> Expected(JoinKind kind, const Case& test, const std::vector<Row>& probe,
                          const std::vector<Row>& build) {
  std::vector<Row> rows;
  for (const Row& left : probe) {
    Truth any = Truth::kFalse;
    for (const Row& right : build) {
      const Truth truth = Matches(test, left, right);
      any = std::max(any, truth);
      if (truth == Truth::kTrue && (kind == JoinKind::kInner || kind == JoinKind::kLeft)) {
        Row row = left;
        row.insert(row.end(), right.begin(), right.end());
        rows.push_back(row);
      }
    }
    const bool matched = any == Truth::kTrue;
    if (kind == JoinKind::kLeft && !matched) {
      Row row = left;
      for (const Type& type : test.build_types) row.push_back(Value::Null(type));
      rows.push_back(row);
    }
    if ((kind == JoinKind::kSemi && matched) || (kind == JoinKind::kAnti && !matched)) {
      rows.push_back(left);
    }
    if (kind == JoinKind::kMark) {
      Row row = left;
      row.push_back(any == Truth::kUnknown ? Value::Null(TypeId::kBoolean) : Value::Bool(matched));
      rows.push_back(row);
    }
  }
  return rows;
}

void Check(JoinKind kind, const Case& test, const std::vector<Chunk>& probe,
           const std::vector<Chunk>& build, int workers, const std::string& what) {
  std::vector<ExprPtr> probe_keys, build_keys;
  for (const auto& [p, b] : test.keys) {
    probe_keys.push_back(MakeColumn(p, test.probe_types[p]));
    build_keys.push_back(MakeColumn(b, test.build_types[b]));
  }
  ExprPtr residual;
  if (test.residual_probe >= 0) {
    auto call = MakeCall(
        "<", {MakeColumn(test.residual_probe, TypeId::kInteger),
              MakeColumn(test.probe_types.size() + test.residual_build, TypeId::kInteger)});
    ASSERT_TRUE(call.ok()) << call.status();
    residual = *call;
  }
  HashJoin join =
      MakeHashJoin(kind, probe_keys, build_keys, residual, test.probe_types, test.build_types);
  ExecutionContext context;
  context.num_workers = workers;
  MemoryBudget budget("memory_limit", int64_t{1} << 32);
  context.memory = &budget;
  Status status = RunInto(build, {}, join.build, &context);
  ASSERT_TRUE(status.ok()) << what << ": " << status;
  auto sink = MakeCollect();
  status = RunInto(probe, {join.probe}, sink, &context);
  ASSERT_TRUE(status.ok()) << what << ": " << status;
  std::vector<Row> rows = RowsOf(sink->chunks());
  std::vector<Row> expected = Expected(kind, test, RowsOf(probe), RowsOf(build));
  std::sort(rows.begin(), rows.end(), RowLess());
  std::sort(expected.begin(), expected.end(), RowLess());
  ASSERT_EQ(rows.size(), expected.size()) << what;
  for (size_t i = 0; i < rows.size(); ++i) {
    ASSERT_EQ(rows[i].size(), expected[i].size());
    ASSERT_EQ(testing::CompareRows(rows[i], expected[i]), 0)
        << what << ": " << Print(rows[i]) << " is not " << Print(expected[i]);
  }
}

constexpr JoinKind kKinds[] = {JoinKind::kInner, JoinKind::kLeft, JoinKind::kSemi, JoinKind::kAnti,
                               JoinKind::kMark};

TEST(JoinTest, EveryKindAndKeyType) {
  const std::vector<Type> key_types = {TypeId::kText,
                                       TypeId::kInteger,
                                       TypeId::kBigInt,
                                       TypeId::kDouble,
                                       TypeId::kUuid,
                                       TypeId::kDate,
                                       TypeId::kBoolean,
                                       Type::List(TypeId::kText),
                                       Type::List(TypeId::kInteger)};
  uint64_t seed = 0;
  for (const Type& key : key_types) {
    for (double nulls : {0.0, 0.1}) {
      for (size_t variety : {5, 300}) {
        for (JoinKind kind : kKinds) {
          RandomChunks random(++seed);
          Case test{{key, TypeId::kInteger}, {TypeId::kText, key}, {{0, 1}}};
          const auto probe = random.RandomRows(test.probe_types, 6, 60, variety, nulls);
          const auto build = random.RandomRows(test.build_types, 3, 60, variety, nulls);
          Check(kind, test, probe, build, 1 + seed % 3,
                key.ToString() + " kind " + std::to_string(static_cast<int>(kind)) + " seed " +
                    std::to_string(seed));
        }
      }
    }
  }
}

TEST(JoinTest, SeveralKeysAndResidual) {
  for (int round = 0; round < 60; ++round) {
    RandomChunks random(100 + round);
    Case test{{TypeId::kText, TypeId::kSmallInt, TypeId::kInteger},
              {TypeId::kInteger, TypeId::kText, TypeId::kSmallInt},
              {{0, 1}, {1, 2}}};
    if (round % 3 == 1) test.keys.pop_back();
    if (round % 2) {
      test.residual_probe = 2;
      test.residual_build = 0;
    }
    const double nulls = round % 4 == 0 ? 0 : 0.15;
    const auto probe = random.RandomRows(test.probe_types, 5, 50, 4, nulls);
    const auto build = random.RandomRows(test.build_types, 3, 30, 4, nulls);
    Check(kKinds[round % 5], test, probe, build, 1 + round % 4, "round " + std::to_string(round));
  }
}

TEST(JoinTest, CrossProductAndConditionOnly) {
  for (int round = 0; round < 20; ++round) {
    RandomChunks random(300 + round);
    Case test{{TypeId::kInteger, TypeId::kText}, {TypeId::kInteger}, {}};
    if (round % 2) test.residual_probe = test.residual_build = 0;
    const auto probe = random.RandomRows(test.probe_types, 4, 60, 40, 0.1);
    const auto build = random.RandomRows(test.build_types, 3, 50, 40, 0.1);
    Check(kKinds[round % 5], test, probe, build, 1 + round % 2, "round " + std::to_string(round));
  }
}

TEST(JoinTest, EmptySides) {
  RandomChunks random(5);
  const Case test{{TypeId::kText}, {TypeId::kText}, {{0, 0}}};
  const auto rows = random.RandomRows({TypeId::kText}, 2, 20, 5, 0.3);
  for (JoinKind kind : kKinds) {
    Check(kind, test, rows, {}, 1, "no build rows");
    Check(kind, test, {}, rows, 2, "no probe rows");
  }
}

// More pairs than a chunk holds.
TEST(JoinTest, ManyPairs) {
  RandomChunks random(6);
  const Case test{
      {TypeId::kBoolean, TypeId::kInteger}, {TypeId::kBoolean, TypeId::kText}, {{0, 0}}};
  const auto probe = random.RandomRows(test.probe_types, 2, 200, 4, 0);
  const auto build = random.RandomRows(test.build_types, 2, 200, 4, 0);
  Check(JoinKind::kInner, test, probe, build, 1, "many");
  Check(JoinKind::kLeft, test, probe, build, 1, "many");
}

TEST(ScalarJoinTest, OneValueNoneAndTooMany) {
  const auto two_rows =
      std::vector<Chunk>{{{testing::FlatOf(TypeId::kInteger, {Value::Int(TypeId::kInteger, 7),
                                                              Value::Int(TypeId::kInteger, 8)})},
                          2}};
  const auto one_row = std::vector<Chunk>{two_rows[0].Slice(1, 1)};
  ExecutionContext context;
  for (int rows = 0; rows <= 2; ++rows) {
    ScalarJoin join = MakeScalarJoin(TypeId::kInteger);
    const std::vector<Chunk> none;
    const Status status = RunInto(rows == 0   ? none
                                  : rows == 1 ? one_row
                                              : two_rows,
                                  {}, join.build, &context);
    if (rows == 2) {
      EXPECT_EQ(Message(status), "more than one row returned by a subquery used as an expression");
      continue;
    }
    ASSERT_TRUE(status.ok());
    auto sink = MakeCollect();
    ASSERT_TRUE(RunInto(two_rows, {join.probe}, sink, &context).ok());
    for (const Row& row : RowsOf(sink->chunks())) {
      ASSERT_EQ(row.size(), 2);
      EXPECT_EQ(row[1].is_null(), rows == 0);
      if (rows == 1) {
        EXPECT_EQ(row[1].AsInt(), 8);
      }
    }
  }
}

}  // namespace
}  // namespace shale
