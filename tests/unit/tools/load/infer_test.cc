// Which type a column's values make.
#include "tools/load/text/infer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace shale {
namespace {

std::string TypeOf(const std::vector<std::string>& values) {
  TypeGuess guess;
  for (const std::string& value : values) guess.AddText(value);
  return guess.Decide().ToString();
}

TEST(Infer, Booleans) {
  EXPECT_EQ(TypeOf({"true", "false"}), "BOOLEAN");
  EXPECT_EQ(TypeOf({"TRUE", "False"}), "BOOLEAN");
  EXPECT_EQ(TypeOf({"t", "f"}), "BOOLEAN");
  EXPECT_EQ(TypeOf({"yes", "no"}), "TEXT");
  EXPECT_EQ(TypeOf({"true", "1"}), "TEXT");
}

TEST(Infer, Numbers) {
  EXPECT_EQ(TypeOf({"0", "-1", "9223372036854775807"}), "BIGINT");
  EXPECT_EQ(TypeOf({"1", "9223372036854775808"}), "DECIMAL(38,0)");
  EXPECT_EQ(TypeOf({"1", "2.5"}), "DOUBLE");
  EXPECT_EQ(TypeOf({"1e5", "-0.25", ".5"}), "DOUBLE");
  EXPECT_EQ(TypeOf({"1.5", "NaN"}), "DOUBLE");
  EXPECT_EQ(TypeOf({"NaN", "NaN"}), "TEXT");
  EXPECT_EQ(TypeOf({"00123"}), "TEXT");
  EXPECT_EQ(TypeOf({"1", "007"}), "TEXT");
  EXPECT_EQ(TypeOf({"+41791234567"}), "TEXT");
  EXPECT_EQ(TypeOf({"1,234"}), "TEXT");
  EXPECT_EQ(TypeOf({"0x10"}), "TEXT");
  EXPECT_EQ(TypeOf({"2.17.2"}), "TEXT");
  EXPECT_EQ(TypeOf({std::string(39, '1')}), "TEXT");
}

TEST(Infer, Times) {
  EXPECT_EQ(TypeOf({"2024-02-29"}), "DATE");
  EXPECT_EQ(TypeOf({"2023-02-29"}), "TEXT");
  EXPECT_EQ(TypeOf({"2024-01-01", "2024-01-01 00:00"}), "TIMESTAMP");
  EXPECT_EQ(TypeOf({"2024-01-01T10:00:00.123456"}), "TIMESTAMP");
  EXPECT_EQ(TypeOf({"2024-01-01 10:00:00", "2024-01-01T10:00:00Z"}), "TIMESTAMPTZ");
  EXPECT_EQ(TypeOf({"2024-01-01 10:00:00+05:30"}), "TIMESTAMPTZ");
  EXPECT_EQ(TypeOf({"2024-01-01 25:00:00"}), "TEXT");
  EXPECT_EQ(TypeOf({"01/02/2024"}), "TEXT");
  EXPECT_EQ(TypeOf({"1700000000"}), "BIGINT");
  TypeGuess guess;
  guess.AddText("2024-01-02");
  guess.AddText("2024-01-01");
  EXPECT_EQ(guess.max_micros() - guess.min_micros(), int64_t{86400} * 1000000);
}

TEST(Infer, AddressesAndUuids) {
  EXPECT_EQ(TypeOf({"10.0.0.1", "::1", "fe80::1", "2001:db8::/32", "10.0.0.0/8"}), "INET");
  EXPECT_EQ(TypeOf({"::ffff:1.2.3.4", "1:2:3:4:5:6:7:8"}), "INET");
  EXPECT_EQ(TypeOf({"10.0.0.256"}), "TEXT");
  EXPECT_EQ(TypeOf({"10.0.0.01"}), "TEXT");
  EXPECT_EQ(TypeOf({"12:30"}), "TEXT");
  EXPECT_EQ(TypeOf({"1:2:3:4:5:6:7:8:9"}), "TEXT");
  EXPECT_EQ(TypeOf({"6f9619ff-8b86-d011-b42d-00cf4fc964ff"}), "UUID");
  EXPECT_EQ(TypeOf({"6f9619ff8b86d011b42d00cf4fc964ff"}), "TEXT");
}

std::string TypeOfJson(const std::vector<std::string>& values) {
  TypeGuess guess;
  for (const std::string& value : values) {
    Field field;
    const bool nested = value[0] == '[' || value[0] == '{';
    field.bits = nested ? Field::kNested : 0;
    guess.AddJson(field, value);
  }
  return guess.Decide().ToString();
}

TEST(Infer, ArraysOfOneKind) {
  EXPECT_EQ(TypeOfJson({"[1,2]", "[]", "[null,3]"}), "BIGINT[]");
  EXPECT_EQ(TypeOfJson({"[1]", "[2.5]"}), "DOUBLE[]");
  EXPECT_EQ(TypeOfJson({R"(["a","b"])", R"(["1"])"}), "TEXT[]");
  EXPECT_EQ(TypeOfJson({R"(["2024-01-01","2024-02-29"])"}), "DATE[]");
  EXPECT_EQ(TypeOfJson({"[true]", "[false,true]"}), "BOOLEAN[]");
  EXPECT_EQ(TypeOfJson({"[]", "[null]"}), "JSON");
  EXPECT_EQ(TypeOfJson({R"([1,"a"])"}), "JSON");
  EXPECT_EQ(TypeOfJson({"[1]", R"(["a"])"}), "JSON");
  EXPECT_EQ(TypeOfJson({"[1]", "[[1]]"}), "JSON");
  EXPECT_EQ(TypeOfJson({"[1]", R"({"a":1})"}), "JSON");
  EXPECT_EQ(TypeOfJson({"[1]", "5"}), "JSON");
  EXPECT_EQ(TypeOfJson({"5", "[1]"}), "JSON");
}

TEST(Infer, NullsAndEmpties) {
  TypeGuess guess;
  guess.AddNull();
  EXPECT_EQ(guess.Decide().ToString(), "TEXT");
  guess.AddText("5");
  guess.AddNull();
  EXPECT_EQ(guess.Decide().ToString(), "BIGINT");
  EXPECT_EQ(guess.num_nulls(), 2u);
  guess.AddText("");
  EXPECT_EQ(guess.Decide().ToString(), "TEXT");
}

}  // namespace
}  // namespace shale
