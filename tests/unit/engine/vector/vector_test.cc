#include "engine/vector/vector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/encodings.h"

namespace shale {
namespace {

const std::vector<Type>& AllTypes() {
  static const auto* const kTypes = new std::vector<Type>{
      TypeId::kBoolean,     TypeId::kTinyInt,  TypeId::kSmallInt,        TypeId::kInteger,
      TypeId::kBigInt,      TypeId::kUTinyInt, TypeId::kUSmallInt,       TypeId::kUInteger,
      TypeId::kUBigInt,     TypeId::kReal,     TypeId::kDouble,          Type::Decimal(9, 2),
      Type::Decimal(38, 4), TypeId::kDate,     TypeId::kTimestamp,       TypeId::kTimestampTz,
      TypeId::kInterval,    TypeId::kText,     TypeId::kBytea,           TypeId::kUuid,
      TypeId::kInet,        TypeId::kJson,     Type::List(TypeId::kText)};
  return *kTypes;
}

void ExpectRows(const Vector& v, const std::vector<Value>& rows, const std::string& what) {
  ASSERT_EQ(v.size(), rows.size()) << what;
  for (size_t i = 0; i < rows.size(); ++i) {
    EXPECT_TRUE(v.GetValue(i) == rows[i]) << what << " row " << i << " of " << v.type().ToString();
    EXPECT_EQ(v.IsNull(i), rows[i].is_null()) << what;
  }
}

TEST(Vector, EveryTypeAndEncodingReshapes) {
  Random random(1);
  for (const Type& type : AllTypes()) {
    std::vector<Value> rows = RandomRows(type, 201, random);
    std::vector<std::pair<std::string, Vector>> encodings = {
        {"flat", FlatOf(type, rows)},
        {"dictionary", DictionaryOf(type, rows, {RandomValue(type, random)})},
        {"run", RunsOf(type, rows)}};
    for (const auto& [name, v] : encodings) {
      ExpectRows(v, rows, name);
      ExpectRows(v.Flatten(), rows, name + " flattened");
      std::vector<uint32_t> picks = {200, 3, 3, 64, 65, 0, 199};
      std::vector<Value> picked;
      for (uint32_t p : picks) picked.push_back(rows[p]);
      ExpectRows(v.Gather(picks.data(), picks.size()), picked, name + " gathered");
      for (auto [begin, count] :
           {std::pair<size_t, size_t>{0, 201}, {1, 64}, {64, 100}, {70, 131}, {5, 0}}) {
        std::vector<Value> part(rows.begin() + begin, rows.begin() + begin + count);
        Vector slice = v.Slice(begin, count);
        ExpectRows(slice, part, name + " sliced");
        ExpectRows(slice.Flatten(), part, name + " sliced flat");
        if (count > 10) {
          std::vector<Value> again(part.begin() + 3, part.begin() + 10);
          ExpectRows(slice.Slice(3, 7), again, name + " sliced twice");
        }
        VectorBuilder builder(type);
        builder.AppendRange(v, begin, count);
        ExpectRows(builder.Finish(), part, name + " appended");
      }
      VectorBuilder builder(type);
      for (size_t i = 0; i < rows.size(); ++i) builder.AppendFrom(v, i);
      builder.AppendNull();
      builder.Truncate(rows.size() - 1);
      builder.AppendValue(rows.back());
      ExpectRows(builder.Finish(), rows, name + " built");
    }
    for (const Value& value : {rows[0], Value::Null(type)}) {
      std::vector<Value> same(70, value);
      Vector constant = Vector::Constant(value, 70);
      ExpectRows(constant, same, "constant");
      ExpectRows(constant.Flatten(), same, "constant flat");
      ExpectRows(constant.Slice(3, 67).Slice(0, 60), std::vector<Value>(60, value), "slice");
    }
  }
}

TEST(Vector, DictionaryEntriesThatAreNullMakeRowsNull) {
  auto dictionary = std::make_shared<Dictionary>();
  dictionary->id = NextDictionaryId();
  dictionary->values =
      FlatOf(TypeId::kInteger, {Value::Int(TypeId::kInteger, 7), Value::Null(TypeId::kInteger)});
  BufferPtr codes = Buffer::AllocateZeroed(3 * 4);
  reinterpret_cast<uint32_t*>(codes->data())[1] = 1;
  Vector v = Vector::FromDictionary(dictionary, codes, 3);
  EXPECT_FALSE(v.IsNull(0));
  EXPECT_TRUE(v.IsNull(1));
  EXPECT_TRUE(v.Flatten().IsNull(1));
}

TEST(Vector, StructsKeepTheirFields) {
  Type type = Type::Struct({{"a", TypeId::kInteger}, {"b", TypeId::kText}});
  std::vector<Value> rows;
  for (int i = 0; i < 5; ++i) {
    rows.push_back(i == 2 ? Value::Null(type)
                          : Value::Struct(type, {Value::Int(TypeId::kInteger, i),
                                                 Value::Text(std::string(i, 'x'))}));
  }
  Vector v = FlatOf(type, rows);
  ExpectRows(v, rows, "struct");
  uint32_t picks[] = {4, 2, 0};
  ExpectRows(v.Gather(picks, 3), {rows[4], rows[2], rows[0]}, "gathered");
  ExpectRows(v.Slice(1, 3), {rows[1], rows[2], rows[3]}, "sliced");
  ExpectRows(Vector::Constant(rows[1], 3).Flatten(), {rows[1], rows[1], rows[1]}, "constant");
}

TEST(Type, NamesReadBack) {
  for (const Type& type : AllTypes()) {
    if (type.id() == TypeId::kList || type.id() == TypeId::kDecimal) continue;
    StatusOr<Type> read = TypeFromName(type.ToString(), {});
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_TRUE(*read == type);
  }
  EXPECT_EQ(TypeFromName("Double  Precision", {})->ToString(), "DOUBLE");
  EXPECT_EQ(TypeFromName("numeric", {})->ToString(), "DECIMAL(38,9)");
  EXPECT_EQ(TypeFromName("decimal", {10, 2})->ToString(), "DECIMAL(10,2)");
  EXPECT_EQ(TypeFromName("int[]", {})->ToString(), "INTEGER[]");
  EXPECT_FALSE(TypeFromName("decimal", {50}).ok());
  EXPECT_FALSE(TypeFromName("integer", {5}).ok());
  EXPECT_THAT(std::string(Message(TypeFromName("integr", {}).status())),
              testing::HasSubstr("did you mean \"integer\""));
}

TEST(VectorBuilder, AppendsAWholeRunVector) {
  Vector values = Vector::Flat(TypeId::kInteger, 2);
  values.mutable_values<int32_t>()[0] = 7;
  values.mutable_values<int32_t>()[1] = 9;
  BufferPtr ends = Buffer::Allocate(2 * sizeof(uint32_t));
  const uint32_t run_ends[] = {3, 5};
  std::memcpy(ends->data(), run_ends, sizeof run_ends);
  VectorBuilder builder(TypeId::kInteger);
  builder.AppendRange(Vector::FromRuns(values, ends, 5), 0, 5);
  builder.AppendRange(Vector::FromRuns(values, ends, 5), 2, 2);
  Vector all = builder.Finish();
  const int32_t expected[] = {7, 7, 7, 9, 9, 7, 9};
  ASSERT_EQ(all.size(), 7u);
  for (size_t i = 0; i < 7; ++i) EXPECT_EQ(all.values<int32_t>()[i], expected[i]) << i;
}

}  // namespace
}  // namespace shale
