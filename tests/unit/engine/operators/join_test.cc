// Joins of every kind against nested loops over boxed rows.
#include "engine/operators/join.h"

#include <gtest/gtest.h>

#include "engine/operators/filter.h"
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
  std::vector<bool> null_safe = {};
};

Truth And(Truth a, Truth b) { return std::min(a, b); }

Truth Matches(const Case& test, const Row& probe, const Row& build) {
  Truth truth = Truth::kTrue;
  for (size_t k = 0; k < test.keys.size(); ++k) {
    const auto& [p, b] = test.keys[k];
    if (k < test.null_safe.size() && test.null_safe[k]) {
      const bool same = probe[p].is_null() || build[b].is_null()
                            ? probe[p].is_null() == build[b].is_null()
                            : CompareValues(probe[p], build[b]) == 0;
      if (!same) truth = Truth::kFalse;
    } else if (probe[p].is_null() || build[b].is_null())
      truth = And(truth, Truth::kUnknown);
    else if (CompareValues(probe[p], build[b]) != 0)
      truth = Truth::kFalse;
  }
  if (test.residual_probe >= 0) {
    const Value& x = probe[test.residual_probe];
    const Value& y = build[test.residual_build];
    truth = And(truth, x.is_null() || y.is_null() ? Truth::kUnknown
                       : CompareValues(x, y) < 0  ? Truth::kTrue
                                                  : Truth::kFalse);
  }
  return truth;
}

std::vector<Row> Expected(JoinKind kind, const Case& test, const std::vector<Row>& probe,
                          const std::vector<Row>& build) {
  std::vector<Row> rows;
  std::vector<bool> met(build.size());
  for (const Row& left : probe) {
    Truth any = Truth::kFalse;
    for (size_t b = 0; b < build.size(); ++b) {
      const Row& right = build[b];
      const Truth truth = Matches(test, left, right);
      any = std::max(any, truth);
      if (truth == Truth::kTrue) met[b] = true;
      if (truth == Truth::kTrue && (kind == JoinKind::kInner || kind == JoinKind::kLeft ||
                                    kind == JoinKind::kRight || kind == JoinKind::kFull)) {
        Row row = left;
        row.insert(row.end(), right.begin(), right.end());
        rows.push_back(row);
      }
    }
    const bool matched = any == Truth::kTrue;
    if ((kind == JoinKind::kLeft || kind == JoinKind::kFull) && !matched) {
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
  for (size_t b = 0; b < build.size(); ++b) {
    if (met[b] || (kind != JoinKind::kRight && kind != JoinKind::kFull)) continue;
    Row row;
    for (const Type& type : test.probe_types) row.push_back(Value::Null(type));
    row.insert(row.end(), build[b].begin(), build[b].end());
    rows.push_back(row);
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
  HashJoin join = MakeHashJoin(kind, probe_keys, build_keys, residual, test.probe_types,
                               test.build_types, test.null_safe);
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

constexpr JoinKind kKinds[] = {JoinKind::kInner, JoinKind::kLeft,  JoinKind::kSemi, JoinKind::kAnti,
                               JoinKind::kMark,  JoinKind::kRight, JoinKind::kFull};
constexpr size_t kNumKinds = std::size(kKinds);

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
  for (int round = 0; round < 120; ++round) {
    RandomChunks random(100 + round);
    Case test{{TypeId::kText, TypeId::kSmallInt, TypeId::kInteger},
              {TypeId::kInteger, TypeId::kText, TypeId::kSmallInt},
              {{0, 1}, {1, 2}}};
    if (round % 3 == 1) test.keys.pop_back();
    if (round % 2) {
      test.residual_probe = 2;
      test.residual_build = 0;
    }
    if (round % 4 >= 2) test.null_safe = {round % 3 == 0, true};
    if (test.null_safe.size() > test.keys.size()) test.null_safe.pop_back();
    const double nulls = round % 4 == 0 ? 0 : 0.15;
    const auto probe = random.RandomRows(test.probe_types, 5, 50, 4, nulls);
    const auto build = random.RandomRows(test.build_types, 3, 30, 4, nulls);
    Check(kKinds[round % kNumKinds], test, probe, build, 1 + round % 4,
          "round " + std::to_string(round));
  }
}

TEST(JoinTest, CrossProductAndConditionOnly) {
  for (int round = 0; round < 60; ++round) {
    RandomChunks random(300 + round);
    Case test{{TypeId::kInteger, TypeId::kText}, {TypeId::kInteger}, {}};
    if (round % 2) test.residual_probe = test.residual_build = 0;
    const auto probe = random.RandomRows(test.probe_types, 4, 60, 40, 0.1);
    const auto build = random.RandomRows(test.build_types, 3, 50, 40, 0.1);
    Check(kKinds[round % kNumKinds], test, probe, build, 1 + round % 2,
          "round " + std::to_string(round));
  }
}

// Long sides: a row against whole chunks, each way round.
TEST(JoinTest, ConditionOverLongSides) {
  for (int round = 0; round < 28; ++round) {
    RandomChunks random(700 + round);
    Case test{{TypeId::kInteger, TypeId::kText}, {TypeId::kInteger, TypeId::kText}, {}};
    if (round % 4 < 3) test.residual_probe = test.residual_build = 0;
    const bool long_probe = round / 7 % 2;
    const auto few = random.RandomRows(test.probe_types, 2, 6, 2000, 0.1);
    const auto many = random.RandomRows(test.probe_types, 3, 1500, 2000, 0.1);
    Check(kKinds[round % kNumKinds], test, long_probe ? many : few, long_probe ? few : many,
          1 + round % 2, "long round " + std::to_string(round));
  }
}

TEST(JoinTest, SecondMatchOfASingleJoinIsAnError) {
  const auto one = std::vector<Chunk>{
      {{testing::FlatOf(TypeId::kInteger, {Value::Int(TypeId::kInteger, 7)})}, 1}};
  for (bool keyed : {false, true}) {
    for (int copies = 0; copies <= 2; ++copies) {
      std::vector<ExprPtr> keys;
      if (keyed) keys = {MakeColumn(0, TypeId::kInteger)};
      HashJoin join = MakeHashJoin(JoinKind::kSingle, keys, keys, nullptr, {TypeId::kInteger},
                                   {TypeId::kInteger});
      ExecutionContext context;
      const std::vector<Chunk> build(copies, one[0]);
      ASSERT_TRUE(RunInto(build, {}, join.build, &context).ok());
      auto sink = MakeCollect();
      const Status status = RunInto(one, {join.probe}, sink, &context);
      EXPECT_EQ(status.ok(), copies < 2) << status;
      if (status.ok()) {
        EXPECT_EQ(RowsOf(sink->chunks()).size(), 1u);
      }
    }
  }
}

// What a join says of its build side holds of every probe row that has a match.
TEST(JoinTest, BoundsKeepEveryMatch) {
  const std::vector<Type> key_types = {TypeId::kInteger,  TypeId::kText,       TypeId::kTimestamp,
                                       TypeId::kSmallInt, Type::Decimal(9, 2), TypeId::kDouble};
  for (uint64_t round = 0; round < 48; ++round) {
    RandomChunks random(900 + round);
    const Type& key = key_types[round % key_types.size()];
    const size_t variety = round % 2 ? 5 : 400;
    const auto probe = random.RandomRows({key}, 3, 80, variety, 0.1);
    const auto build = random.RandomRows({key}, round % 4, 80, variety, 0.1);
    HashJoin join = MakeHashJoin(JoinKind::kInner, {MakeColumn(0, key)}, {MakeColumn(0, key)},
                                 nullptr, {key}, {key});
    ExecutionContext context;
    context.num_workers = 1 + static_cast<int>(round % 3);
    ASSERT_TRUE(RunInto(build, {}, join.build, &context).ok());
    ASSERT_NE(join.bounds, nullptr);
    const auto conditions = join.bounds->Conditions(0, MakeColumn(0, key));
    std::vector<std::shared_ptr<Operator>> operators;
    if (!conditions.empty()) operators.push_back(MakeFilter(conditions));
    operators.push_back(join.probe);
    auto sink = MakeCollect();
    ASSERT_TRUE(RunInto(probe, operators, sink, &context).ok());
    std::vector<Row> rows = RowsOf(sink->chunks());
    std::vector<Row> expected =
        Expected(JoinKind::kInner, Case{{key}, {key}, {{0, 0}}}, RowsOf(probe), RowsOf(build));
    std::sort(rows.begin(), rows.end(), RowLess());
    std::sort(expected.begin(), expected.end(), RowLess());
    ASSERT_EQ(rows.size(), expected.size()) << "round " << round;
    for (size_t i = 0; i < rows.size(); ++i) {
      ASSERT_EQ(testing::CompareRows(rows[i], expected[i]), 0) << "round " << round;
    }
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
