// ASOF joins against a search through all build rows.
#include "engine/operators/asof_join.h"

#include <gtest/gtest.h>

#include "tests/support/random_chunks.h"

namespace shale {
namespace {

using testing::CompareValues;
using testing::Print;
using testing::RandomChunks;
using testing::Row;
using testing::RowLess;
using testing::RowsOf;
using testing::RunInto;

bool Holds(const std::string& op, int compared) {
  if (op == "<") return compared < 0;
  if (op == "<=") return compared <= 0;
  if (op == ">") return compared > 0;
  return compared >= 0;
}

// The order of the nearest build row for each probe row: of ties any row may be the one joined, so
// rows are compared without the build's other columns.
std::vector<Row> Expected(const std::string& op, bool left, bool keyed, const Type& order,
                          const std::vector<Row>& probe, const std::vector<Row>& build) {
  std::vector<Row> rows;
  for (const Row& row : probe) {
    const Row* nearest = nullptr;
    for (const Row& other : build) {
      if (keyed && (row[0].is_null() || other[0].is_null())) continue;
      if (keyed && CompareValues(row[0], other[0]) != 0) continue;
      if (row[1].is_null() || other[1].is_null()) continue;
      if (!Holds(op, CompareValues(row[1], other[1]))) continue;
      const bool nearer =
          nearest == nullptr || (op[0] == '<' ? CompareValues(other[1], (*nearest)[1]) < 0
                                              : CompareValues(other[1], (*nearest)[1]) > 0);
      if (nearer) nearest = &other;
    }
    if (nearest == nullptr && !left) continue;
    Row joined = row;
    joined.push_back(nearest ? (*nearest)[1] : Value::Null(order));
    rows.push_back(joined);
  }
  return rows;
}

TEST(AsofJoinTest, NearestRowOfEveryType) {
  const std::vector<Type> orders = {TypeId::kTimestamp, TypeId::kInteger,    TypeId::kDouble,
                                    TypeId::kDate,      Type::Decimal(9, 2), TypeId::kSmallInt};
  uint64_t seed = 0;
  for (const Type& order : orders) {
    for (const std::string op : {"<", "<=", ">", ">="}) {
      for (int form = 0; form < 4; ++form) {
        const bool left = form & 1, keyed = form & 2;
        RandomChunks random(++seed);
        const std::vector<Type> types = {TypeId::kText, order, TypeId::kInteger};
        const auto probe = random.RandomRows(types, 4, 60, 8, 0.1);
        const auto build = random.RandomRows(types, seed % 5, 50, 8, 0.1);
        AsofPlan plan;
        plan.left = left;
        plan.op = op;
        if (keyed) plan.probe_keys = plan.build_keys = {MakeColumn(0, TypeId::kText)};
        plan.probe_order = plan.build_order = MakeColumn(1, order);
        plan.probe_types = plan.build_types = types;
        auto join = MakeAsofJoin(std::move(plan));
        ASSERT_TRUE(join.ok()) << join.status();
        ExecutionContext context;
        context.num_workers = 1 + static_cast<int>(seed % 3);
        ASSERT_TRUE(RunInto(build, {}, join->build, &context).ok());
        auto sink = MakeCollect();
        ASSERT_TRUE(RunInto(probe, {join->probe}, sink, &context).ok());
        std::vector<Row> rows = RowsOf(sink->chunks());
        for (Row& row : rows) {
          ASSERT_EQ(row.size(), 6u);
          row = {row[0], row[1], row[2], row[4]};
        }
        std::vector<Row> expected = Expected(op, left, keyed, order, RowsOf(probe), RowsOf(build));
        std::sort(rows.begin(), rows.end(), RowLess());
        std::sort(expected.begin(), expected.end(), RowLess());
        ASSERT_EQ(rows.size(), expected.size()) << "seed " << seed;
        for (size_t i = 0; i < rows.size(); ++i) {
          ASSERT_EQ(testing::CompareRows(rows[i], expected[i]), 0)
              << "seed " << seed << ": " << Print(rows[i]) << " is not " << Print(expected[i]);
        }
      }
    }
  }
}

TEST(AsofJoinTest, TextHasNoDistance) {
  AsofPlan plan;
  plan.op = ">=";
  plan.probe_order = plan.build_order = MakeColumn(0, TypeId::kText);
  plan.probe_types = plan.build_types = {TypeId::kText};
  EXPECT_EQ(MakeAsofJoin(std::move(plan)).status().code(), StatusCode::kUnimplemented);
}

}  // namespace
}  // namespace shale
