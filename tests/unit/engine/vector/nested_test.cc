// Lists unboxed against lists boxed: order, bytes, builders, gathering.
#include "engine/vector/nested.h"

#include <gtest/gtest.h>

#include "engine/functions/value_io.h"
#include "tests/support/encodings.h"

namespace shale {
namespace {

std::vector<Type> ListTypes() {
  return {Type::List(TypeId::kBigInt),
          Type::List(TypeId::kText),
          Type::List(TypeId::kDouble),
          Type::List(TypeId::kUuid),
          Type::List(TypeId::kBoolean),
          Type::List(TypeId::kInterval),
          Type::List(Type::List(TypeId::kInteger)),
          Type::List(Type::List(TypeId::kText))};
}

TEST(Nested, OrderIsThatOfBoxedValues) {
  Random random(1);
  for (const Type& type : ListTypes()) {
    const std::vector<Value> rows = RandomRows(type, 60, random);
    const Vector forms[] = {FlatOf(type, rows), DictionaryOf(type, rows)};
    for (const Vector& a : forms) {
      for (const Vector& b : forms) {
        for (size_t i = 0; i < rows.size(); ++i) {
          for (size_t j = 0; j < rows.size(); ++j) {
            const int expected = Value::Compare(rows[i], rows[j]);
            const int found = CompareValues(a, i, b, j);
            ASSERT_EQ(found < 0, expected < 0) << type.ToString();
            ASSERT_EQ(found > 0, expected > 0) << type.ToString();
          }
        }
      }
    }
  }
}

TEST(Nested, BytesComeBackAndCanonicalOnesAreEqualWhenValuesAre) {
  Random random(2);
  for (const Type& type : ListTypes()) {
    const std::vector<Value> rows = RandomRows(type, 80, random);
    const Vector vector = FlatOf(type, rows);
    std::vector<std::string> canonical(rows.size());
    VectorBuilder builder(type);
    for (size_t i = 0; i < rows.size(); ++i) {
      std::string bytes;
      AppendValueBytes(vector, i, false, &bytes);
      std::string_view rest = bytes;
      ASSERT_TRUE(ReadValueBytes(&rest, &builder));
      EXPECT_TRUE(rest.empty());
      // Cut anywhere, they are refused and nothing is appended.
      std::string_view cut = std::string_view(bytes).substr(0, random() % bytes.size());
      EXPECT_FALSE(ReadValueBytes(&cut, &builder));
      EXPECT_EQ(builder.size(), i + 1);
      AppendValueBytes(vector, i, true, &canonical[i]);
    }
    std::vector<std::string> plain(rows.size());
    for (size_t i = 0; i < rows.size(); ++i) AppendValueBytes(vector, i, false, &plain[i]);
    for (size_t i = 0; i < rows.size(); ++i) {
      for (size_t j = 0; j < rows.size(); ++j) {
        std::string_view a = plain[i], b = plain[j];
        const int expected = Value::Compare(rows[i], rows[j]);
        const int found = CompareValueBytes(type, &a, &b);
        EXPECT_EQ(found < 0, expected < 0);
        EXPECT_EQ(found > 0, expected > 0);
        EXPECT_TRUE(found != 0 || (a.empty() && b.empty()));
      }
    }
    const Vector back = builder.Finish();
    for (size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(back.GetValue(i), rows[i]);
    if (!HasCanonicalBytes(type)) continue;
    for (size_t i = 0; i < rows.size(); ++i) {
      for (size_t j = 0; j < rows.size(); ++j) {
        EXPECT_EQ(canonical[i] == canonical[j], Value::Compare(rows[i], rows[j]) == 0);
      }
    }
  }
}

TEST(Nested, BuildersTakeRangesOfAnyEncoding) {
  Random random(3);
  for (const Type& type : ListTypes()) {
    const std::vector<Value> rows = RandomRows(type, 100, random);
    const Vector flat = FlatOf(type, rows);
    std::vector<uint32_t> picks;
    for (int i = 0; i < 70; ++i) picks.push_back(random() % rows.size());
    std::vector<Value> picked;
    for (uint32_t row : picks) picked.push_back(rows[row]);
    const std::pair<Vector, std::vector<Value>> sources[] = {
        {flat, rows},
        {DictionaryOf(type, rows), rows},
        {RunsOf(type, rows), rows},
        {flat.Gather(picks.data(), picks.size()), picked},
        {flat.Slice(13, 50), {rows.begin() + 13, rows.begin() + 63}},
        {rows[0].is_null() ? Vector::ConstantNull(type, 20) : Vector::Constant(rows[0], 20),
         std::vector<Value>(20, rows[0])}};
    for (const auto& [source, expected] : sources) {
      VectorBuilder builder(type);
      builder.AppendNull();
      builder.AppendRange(source, 3, 10);
      builder.AppendRange(source, 0, source.size());
      builder.Truncate(11);
      builder.AppendFrom(source, 5);
      const Vector built = builder.Finish();
      ASSERT_EQ(built.size(), 12u);
      for (size_t i = 0; i < 10; ++i) EXPECT_EQ(built.GetValue(1 + i), expected[3 + i]);
      EXPECT_EQ(built.GetValue(11), expected[5]);
    }
  }
}

TEST(Nested, ConcatenationKeepsEveryRow) {
  Random random(4);
  for (const Type& type : ListTypes()) {
    std::vector<Vector> parts;
    std::vector<Value> expected;
    for (size_t rows : {5, 0, 17, 1}) {
      const std::vector<Value> values = RandomRows(type, rows, random);
      parts.push_back(FlatOf(type, values));
      expected.insert(expected.end(), values.begin(), values.end());
    }
    const Vector all = ConcatFlat(parts);
    ASSERT_EQ(all.size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(all.GetValue(i), expected[i]);
  }
}

TEST(Nested, TextComesBack) {
  Random random(5);
  for (const Type& type : ListTypes()) {
    for (const Value& value : RandomRows(type, 200, random)) {
      if (value.is_null()) continue;
      const std::string text = ToText(value);
      const auto parsed = ParseBoxed(text, type);
      ASSERT_TRUE(parsed.ok()) << text << ": " << Message(parsed.status());
      EXPECT_EQ(Value::Compare(*parsed, value), 0) << text;
    }
  }
}

TEST(Nested, NoTextCrashesTheParser) {
  Random random(6);
  const std::string_view kPieces[] = {"{", "}", ",", "\"", "\\", " ", "a", "1", "NULL", "[", "]="};
  for (int round = 0; round < 20000; ++round) {
    std::string text = round % 2 ? "{" : "";
    for (size_t n = random() % 12; n > 0; --n) text += kPieces[random() % std::size(kPieces)];
    for (const Type& type : ListTypes()) {
      VectorBuilder builder(type);
      const Status status = ParseList(text, "UTC", &builder);
      EXPECT_EQ(builder.size(), status.ok() ? 1u : 0u) << text;
      if (status.ok()) {
        const Value value = builder.Finish().GetValue(0);
        EXPECT_EQ(Value::Compare(*ParseBoxed(ToText(value), type), value), 0) << text;
      }
    }
  }
}

}  // namespace
}  // namespace shale
