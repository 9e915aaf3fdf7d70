// Unnest against a loop over boxed rows.
#include "engine/operators/unnest.h"

#include <gtest/gtest.h>

#include "tests/support/random_chunks.h"

namespace shale {
namespace {

using testing::Print;
using testing::RandomChunks;
using testing::ReadRows;
using testing::Row;
using testing::RowLess;
using testing::RowsOf;
using testing::RunInto;

TEST(UnnestTest, RowsAreThoseOfALoopOverBoxedRows) {
  const std::vector<Type> types = {TypeId::kBigInt, TypeId::kText, Type::List(TypeId::kInteger),
                                   Type::List(TypeId::kText), Type::List(TypeId::kDouble)};
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    RandomChunks random(seed);
    const auto chunks = random.RandomRows(types, 1 + random.Below(4), 1 + random.Below(3000), 8,
                                          random.Chance(0.5) ? 0.2 : 0);
    std::vector<size_t> kept, lists;
    for (size_t i = 0; i < types.size(); ++i) {
      if (random.Chance(0.5)) kept.push_back(i);
    }
    for (size_t i = 2; i < types.size(); ++i) {
      if (lists.empty() || random.Chance(0.5)) lists.push_back(i);
    }
    const bool ordinality = random.Chance(0.5), keep_empty = random.Chance(0.5);

    std::vector<Row> expected;
    for (const Row& row : RowsOf(chunks)) {
      size_t longest = 0;
      for (size_t list : lists) longest = std::max(longest, row[list].items().size());
      const bool empty = longest == 0;
      if (empty && keep_empty) longest = 1;
      for (size_t i = 0; i < longest; ++i) {
        Row out;
        for (size_t column : kept) out.push_back(row[column]);
        for (size_t list : lists) {
          const std::vector<Value>& items = row[list].items();
          out.push_back(i < items.size() ? items[i] : Value::Null(types[list].child()));
        }
        if (ordinality) {
          out.push_back(empty ? Value::Null(TypeId::kBigInt)
                              : Value::Int(TypeId::kBigInt, static_cast<int64_t>(i + 1)));
        }
        expected.push_back(std::move(out));
      }
    }

    std::vector<ExprPtr> exprs;
    for (size_t list : lists) exprs.push_back(MakeColumn(list, types[list]));
    ExecutionContext context;
    context.num_workers = 1 + static_cast<int>(random.Below(3));
    auto sink = MakeCollect();
    ASSERT_TRUE(
        RunInto(chunks, {MakeUnnest(kept, exprs, ordinality, keep_empty)}, sink, &context).ok());
    auto rows = ReadRows(*sink, &context);
    ASSERT_TRUE(rows.ok());
    ASSERT_EQ(rows->size(), expected.size()) << "seed " << seed;
    if (context.num_workers > 1) {
      std::sort(rows->begin(), rows->end(), RowLess());
      std::sort(expected.begin(), expected.end(), RowLess());
    }
    for (size_t i = 0; i < expected.size(); ++i) {
      ASSERT_EQ(testing::CompareRows((*rows)[i], expected[i]), 0)
          << "seed " << seed << " row " << i << ": " << Print((*rows)[i]) << " is not "
          << Print(expected[i]);
    }
  }
}

TEST(UnnestTest, LongListsGoOutInChunks) {
  const Type type = Type::List(TypeId::kBigInt);
  std::vector<Value> items;
  for (int64_t i = 0; i < 50000; ++i) items.push_back(Value::Int(TypeId::kBigInt, i));
  const Value list = Value::List(type, items);
  Chunk chunk;
  chunk.num_rows = 2;
  chunk.columns = {Vector::Constant(list, 2)};
  ExecutionContext context;
  auto sink = MakeCollect();
  ASSERT_TRUE(
      RunInto({chunk}, {MakeUnnest({}, {MakeColumn(0, type)}, false, false)}, sink, &context).ok());
  auto rows = ReadRows(*sink, &context);
  ASSERT_TRUE(rows.ok());
  ASSERT_EQ(rows->size(), 100000u);
  for (size_t i = 0; i < rows->size(); ++i) {
    ASSERT_EQ((*rows)[i][0].AsInt(), static_cast<int64_t>(i % 50000));
  }
}

}  // namespace
}  // namespace shale
