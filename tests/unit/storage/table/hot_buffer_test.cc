#include "storage/table/hot_buffer.h"

#include <random>

#include <gtest/gtest.h>

#include "engine/vector/hash.h"
#include "engine/vector/vector_builder.h"

namespace shale {
namespace {

TableSchema TwoColumns() {
  TableSchema schema;
  schema.columns.resize(2);
  schema.columns[0].id = 1;
  schema.columns[0].type = TypeId::kInteger;
  schema.columns[1].id = 2;
  schema.columns[1].type = TypeId::kText;
  return schema;
}

Value NumberAt(int64_t i) {
  return i % 5 == 4 ? Value::Null(TypeId::kInteger) : Value::Int(TypeId::kInteger, i);
}
Value TextAt(int64_t i) {
  return i % 7 == 3 ? Value::Null(TypeId::kText) : Value::Text("t" + std::to_string(i % 100));
}

Chunk Rows(int64_t first, int64_t count) {
  VectorBuilder number(TypeId::kInteger), text(TypeId::kText);
  for (int64_t i = first; i < first + count; ++i) {
    number.AppendValue(NumberAt(i));
    text.AppendValue(TextAt(i));
  }
  Chunk chunk;
  chunk.num_rows = static_cast<size_t>(count);
  chunk.columns = {number.Finish(), text.Finish()};
  return chunk;
}

void ExpectRows(const HotSlice& slice, int64_t count) {
  ASSERT_EQ(slice.num_rows(), static_cast<uint64_t>(count));
  int64_t row = 0;
  for (size_t block = 0; block < slice.num_blocks(); ++block) {
    Vector number = slice.Read(0, block), text = slice.Read(1, block);
    for (size_t i = 0; i < slice.BlockRows(block); ++i, ++row) {
      ASSERT_EQ(number.GetValue(i), NumberAt(row)) << row;
      ASSERT_EQ(text.GetValue(i), TextAt(row)) << row;
    }
  }
  EXPECT_EQ(row, count);
}

TEST(HotBufferTest, SlicesKeepWhatTheyShowWhileRowsAreAppended) {
  HotBuffer buffer(TwoColumns());
  std::mt19937_64 random(3);
  std::vector<std::pair<HotSlicePtr, int64_t>> slices;
  int64_t rows = 0;
  for (uint64_t sequence = 1; rows < 40000; ++sequence) {
    auto count = static_cast<int64_t>(1 + random() % (sequence % 10 == 0 ? 9000 : 300));
    buffer.Append(Rows(rows, count), sequence);
    rows += count;
    if (sequence % 4 == 0) slices.emplace_back(buffer.Slice(), rows);
  }
  slices.emplace_back(buffer.Slice(), rows);
  for (const auto& [slice, count] : slices) ExpectRows(*slice, count);
  DictionaryPtr dictionary = slices.back().first->ReadDictionary(1);
  EXPECT_EQ(dictionary->size(), 100u);
  for (size_t i = 0; i < dictionary->size(); ++i) {
    EXPECT_EQ(dictionary->hashes[i], HashBytes(dictionary->values.values<std::string_view>()[i]));
  }
}

TEST(HotBufferTest, EveryEncodingIsTakenIn) {
  HotBuffer buffer(TwoColumns());
  Chunk flat = Rows(0, 50);
  HotBuffer other(TwoColumns());
  other.Append(flat, 1);
  Chunk dictionary;  // text as a dictionary vector
  dictionary.num_rows = 50;
  dictionary.columns = {other.Slice()->Read(0, 0), other.Slice()->Read(1, 0)};
  Chunk constant;
  constant.num_rows = 3;
  constant.columns = {Vector::ConstantNull(TypeId::kInteger, 3),
                      Vector::Constant(Value::Text("same"), 3)};
  Chunk nulls;
  nulls.num_rows = 2;
  nulls.columns = {Vector::Constant(Value::Int(TypeId::kInteger, 8), 2),
                   Vector::ConstantNull(TypeId::kText, 2)};
  buffer.Append(nulls, 1);
  buffer.Append(flat, 2);
  buffer.Append(dictionary, 3);
  buffer.Append(constant, 5);
  HotSlicePtr slice = buffer.Slice();
  Vector number = slice->Read(0, 0), text = slice->Read(1, 0);
  for (size_t i = 0; i < 50; ++i) {
    for (size_t base : {2, 52}) {
      EXPECT_EQ(number.GetValue(base + i), NumberAt(static_cast<int64_t>(i)));
      EXPECT_EQ(text.GetValue(base + i), TextAt(static_cast<int64_t>(i)));
    }
  }
  EXPECT_TRUE(text.IsNull(0));
  EXPECT_EQ(text.GetValue(104).AsString(), "same");
  EXPECT_TRUE(number.IsNull(104));
  EXPECT_EQ(slice->SequenceOf(51), 2u);
  EXPECT_EQ(slice->FirstRowOf(3), 52u);
  EXPECT_EQ(slice->FirstRowOf(4), 102u);
  EXPECT_EQ(slice->FirstRowOf(9), 105u);
}

TEST(HotBufferTest, AColumnOfNullsOnlyHasNoEntries) {
  HotBuffer buffer(TwoColumns());
  Chunk chunk;
  chunk.num_rows = 10;
  chunk.columns = {Vector::ConstantNull(TypeId::kInteger, 10),
                   Vector::ConstantNull(TypeId::kText, 10)};
  buffer.Append(chunk, 1);
  HotSlicePtr slice = buffer.Slice();
  EXPECT_EQ(slice->ReadDictionary(1)->size(), 0u);
  for (size_t i = 0; i < 10; ++i) EXPECT_TRUE(slice->Read(1, 0).IsNull(i));
}

TEST(HotBufferTest, PiecesGoWhereTheyAreTold) {
  HotBuffer buffer(TwoColumns());
  Chunk even = Rows(0, 10), odd = Rows(100, 10);
  Vector sequence = Vector::Constant(Value::UInt(TypeId::kUBigInt, 4), 10);
  std::vector<uint32_t> evens, odds;
  for (uint32_t i = 0; i < 10; ++i) {
    evens.push_back(2 * i);
    odds.push_back(2 * i + 1);
  }
  std::vector<std::vector<HotBuffer::Piece>> pieces(3);
  for (size_t c = 0; c < 3; ++c) {
    pieces[c].push_back({c < 2 ? even.columns[c] : sequence, evens.data()});
    pieces[c].push_back({c < 2 ? odd.columns[c] : sequence, odds.data()});
  }
  buffer.AppendPieces(pieces, 20);
  HotSlicePtr slice = buffer.Slice();
  for (uint32_t i = 0; i < 10; ++i) {
    EXPECT_EQ(slice->Read(0, 0).GetValue(2 * i), NumberAt(i));
    EXPECT_EQ(slice->Read(1, 0).GetValue(2 * i + 1), TextAt(100 + i));
  }
}

}  // namespace
}  // namespace shale
