// Blocks of lists: round trips over element types and shapes, and what damage does.
#include "storage/codec/list_block.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/vector/nested.h"
#include "tests/unit/storage/segment/random_rows.h"

namespace shale {
namespace {

using ::testing::HasSubstr;

ByteSpan SpanOf(const std::string& bytes) { return AsBytes(bytes); }

StatusOr<Vector> Decoded(const std::string& payload, const Type& type, size_t rows) {
  ASSIGN_OR_RETURN(const LoadedBlock block, ParsePayload(SpanOf(payload), nullptr, rows));
  if (block.all_null()) return Vector::ConstantNull(type, rows).Flatten();
  return DecodeListBlock(block, type, nullptr);
}

TEST(ListBlock, BringsBackWhatItTakes) {
  Random random(3);
  for (const Type& type : StorableListTypes()) {
    for (const Shape shape : kShapes) {
      for (const size_t rows : {size_t{1}, size_t{2}, size_t{9}, size_t{1000}, size_t{8192}}) {
        for (const double nulls : {0.0, 0.1, 1.0}) {
          SCOPED_TRACE(type.ToString());
          const std::vector<Value> values = RandomValues(type, shape, rows, nulls, &random);
          const Vector lists = MakeVector(type, values, Encoding::kFlat);
          const std::string payload = EncodeListPayload(lists);
          const auto decoded = Decoded(payload, type, rows);
          ASSERT_TRUE(decoded.ok()) << Message(decoded.status());
          ASSERT_EQ(decoded->size(), rows);
          for (size_t row = 0; row < rows; ++row) {
            ASSERT_EQ(CompareValues(*decoded, row, lists, row), 0) << "row " << row;
          }
        }
      }
    }
  }
}

TEST(ListBlock, SharedAndUnusedElementsAreLeftOut) {
  // Rows that share elements, in no order, with elements that nobody uses.
  const Type type = Type::List(TypeId::kText);
  VectorBuilder items(TypeId::kText);
  for (int i = 0; i < 10; ++i) items.Append(std::string_view("item"));
  items.AppendNull();
  Vector lists = Vector::Flat(type, 3);
  lists.mutable_values<ListEntry>()[0] = {9, 2};
  lists.mutable_values<ListEntry>()[1] = {0, 2};
  lists.mutable_values<ListEntry>()[2] = {1, 2};
  lists.mutable_children().assign(1, items.Finish());
  const auto decoded = Decoded(EncodeListPayload(lists), type, 3);
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded->children()[0].size(), 6);
  for (size_t row = 0; row < 3; ++row) EXPECT_EQ(CompareValues(*decoded, row, lists, row), 0);
}

TEST(ListBlock, TextsThatRepeatHaveADictionary) {
  const Type type = Type::List(TypeId::kText);
  Random random(1);
  const std::vector<Value> values = RandomValues(type, Shape::kFewValues, 5000, 0, &random);
  const std::string payload = EncodeListPayload(MakeVector(type, values, Encoding::kFlat));
  const auto decoded = Decoded(payload, type, 5000);
  ASSERT_TRUE(decoded.ok());
  EXPECT_TRUE(decoded->children()[0].is_dictionary());
}

TEST(ListBlock, DamageIsDataLossOrOtherLists) {
  Random random(5);
  for (const Type& type : StorableListTypes()) {
    const std::vector<Value> values = RandomValues(type, Shape::kWide, 300, 0.1, &random);
    const std::string payload = EncodeListPayload(MakeVector(type, values, Encoding::kFlat));
    for (int round = 0; round < 400; ++round) {
      std::string bad = payload;
      const size_t flips = 1 + random() % 3;
      for (size_t i = 0; i < flips; ++i) {
        bad[random() % bad.size()] = static_cast<char>(random());
      }
      if (round % 4 == 0) bad.resize(random() % bad.size());
      const auto decoded = Decoded(bad, type, 300);
      if (!decoded.ok()) {
        EXPECT_EQ(decoded.status().code(), StatusCode::kDataLoss) << Message(decoded.status());
        continue;
      }
      // Whatever it holds can be read.
      std::string bytes;
      for (size_t row = 0; row < decoded->size(); ++row) {
        AppendValueBytes(*decoded, row, false, &bytes);
      }
    }
  }
}

TEST(ListBlock, OtherCodecsHoldNoLists) {
  const Vector numbers =
      MakeVector(TypeId::kBigInt, {Value::Int(TypeId::kBigInt, 5)}, Encoding::kFlat);
  std::string payload;
  payload.push_back(static_cast<char>(CodecId::kPlain));
  payload.push_back(0);
  payload.append(8, '\1');
  const auto decoded = Decoded(payload, Type::List(TypeId::kBigInt), 1);
  ASSERT_FALSE(decoded.ok());
  EXPECT_THAT(std::string(Message(decoded.status())), HasSubstr("holds no lists"));
}

}  // namespace
}  // namespace shale
