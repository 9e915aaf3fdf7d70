#include "storage/table/row_sort.h"

#include <algorithm>
#include <numeric>
#include <random>

#include <gtest/gtest.h>

#include "engine/vector/vector_builder.h"

namespace shale {
namespace {

Value Random(const Type& type, std::mt19937_64* random) {
  if ((*random)() % 9 == 0) return Value::Null(type);
  auto n = static_cast<int64_t>((*random)() % 50) - 25;
  switch (type.physical()) {
    case PhysicalType::kString:
      return Value::String(type, std::string(std::abs(n) % 7, 'a' + n % 3 + 2));
    case PhysicalType::kBool: return Value::Bool(n & 1);
    case PhysicalType::kFloat:
    case PhysicalType::kDouble:
      return Value::Float(type, n == 3 ? std::nan("") : n == 4 ? -0.0 : static_cast<double>(n));
    case PhysicalType::kInt128: return Value::Int128(type, int128_t{n} * (int128_t{1} << 66) + n);
    case PhysicalType::kInterval: return Value::Of(Interval{static_cast<int>(n % 3), 0, n});
    case PhysicalType::kUInt8:
    case PhysicalType::kUInt64: return Value::UInt(type, static_cast<uint64_t>(std::abs(n)));
    default: return Value::Int(type, n == 7 ? std::numeric_limits<int8_t>::max() : n);
  }
}

// Against std::stable_sort over boxed values.
TEST(RowSortTest, AgreesWithAStableSortOfBoxedValues) {
  std::mt19937_64 random(5);
  const std::vector<std::vector<Type>> lists = {
      {TypeId::kBigInt},
      {TypeId::kText},
      {TypeId::kTinyInt, TypeId::kDouble},
      {TypeId::kUTinyInt, TypeId::kText, TypeId::kTimestamp},
      {Type::Decimal(38, 0), TypeId::kBoolean},
      {TypeId::kInterval, TypeId::kInteger},
      {TypeId::kReal, TypeId::kUBigInt, TypeId::kUuid, TypeId::kSmallInt},
  };
  for (const auto& types : lists) {
    std::vector<Chunk> chunks;
    std::vector<std::vector<Value>> rows;
    for (size_t size : {1, 300, 77, 1000}) {
      Chunk chunk;
      chunk.num_rows = size;
      size_t first = rows.size();
      rows.resize(first + size);
      for (const Type& type : types) {
        VectorBuilder builder(type);
        for (size_t i = 0; i < size; ++i) {
          Value value = Random(type, &random);
          builder.AppendValue(value);
          rows[first + i].push_back(value);
        }
        chunk.columns.push_back(builder.Finish());
      }
      chunks.push_back(std::move(chunk));
    }
    std::vector<uint32_t> expected(rows.size());
    std::iota(expected.begin(), expected.end(), 0);
    std::stable_sort(expected.begin(), expected.end(), [&](uint32_t a, uint32_t b) {
      for (size_t c = 0; c < types.size(); ++c) {
        int order = Value::Compare(rows[a][c], rows[b][c]);
        if (order != 0) return order < 0;
      }
      return false;
    });
    EXPECT_EQ(SortRows(chunks), expected) << types[0].ToString();
  }
}

TEST(RowSortTest, RowsInOrderGiveNothing) {
  VectorBuilder builder(TypeId::kBigInt);
  for (int64_t i = 0; i < 100; ++i) builder.Append<int64_t>(i / 3);
  Chunk chunk;
  chunk.num_rows = 100;
  chunk.columns.push_back(builder.Finish());
  EXPECT_TRUE(
      SortRows(std::vector<Chunk>{chunk, Chunk{{chunk.columns[0].Slice(99, 1)}, 1}}).empty());
}

}  // namespace
}  // namespace shale
