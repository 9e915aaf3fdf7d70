#include "sql/binary_value.h"

#include <gtest/gtest.h>

#include "engine/functions/value_io.h"

namespace shale {
namespace {

// Through the binary form and back.
std::string RoundTrip(const std::string& text, const Type& type) {
  auto value = ParseBoxed(text, type);
  EXPECT_TRUE(value.ok()) << text;
  VectorBuilder builder(type);
  builder.AppendValue(*value);
  std::string bytes;
  AppendBinary(FlattenForBinary(builder.Finish()), 0, &bytes);
  auto read = ParseBinary(bytes, 0, type);
  if (!read.ok()) return std::string(Message(read.status()));
  EXPECT_TRUE(*read == *value) << text;
  // Cut anywhere it is an error, not another value (but for types whose every cut is one).
  const bool any_bytes = type.id() == TypeId::kText;
  for (size_t size = 0; !any_bytes && size < bytes.size(); ++size) {
    EXPECT_FALSE(ParseBinary(bytes.substr(0, size), 0, type).ok()) << text << " cut to " << size;
  }
  return ToText(*read);
}

TEST(BinaryValueTest, EveryTypeComesBack) {
  const std::pair<Type, std::vector<const char*>> cases[] = {
      {TypeId::kBoolean, {"t", "f"}},
      {TypeId::kSmallInt, {"-32768", "32767"}},
      {TypeId::kInteger, {"-2147483648", "7"}},
      {TypeId::kBigInt, {"-9223372036854775808", "9223372036854775807"}},
      {TypeId::kUBigInt, {"18446744073709551615", "0"}},
      {TypeId::kReal, {"1.5", "-0.25"}},
      {TypeId::kDouble, {"1e+300", "-2.5"}},
      {Type::Decimal(10, 2), {"0.00", "-12345678.90", "0.05", "10000.00", "99990000.00"}},
      {Type::Decimal(38, 9), {"12345678901234567890123456789.123456789", "-0.000000001"}},
      {TypeId::kDate, {"1969-12-31", "2024-02-29"}},
      {TypeId::kTimestamp, {"1999-12-31 23:59:59.999999", "2024-01-01 00:00:00"}},
      {TypeId::kInterval, {"1 year 2 mons 3 days 04:05:06.789", "-00:00:01"}},
      {TypeId::kUuid, {"12345678-1234-5678-1234-567812345678"}},
      {TypeId::kInet, {"192.168.0.1/24", "::1"}},
      {TypeId::kText, {"", "grüße"}},
      {Type::List(TypeId::kInteger), {"{1,NULL,3}"}},
      {Type::List(TypeId::kText), {"{a,\"b c\"}"}},
  };
  for (const auto& [type, texts] : cases) {
    for (const char* text : texts) EXPECT_EQ(RoundTrip(text, type), text) << type.ToString();
  }
}

TEST(BinaryValueTest, OtherIntegersFit) {
  EXPECT_EQ(ParseBinary(std::string("\0\5", 2), 21, TypeId::kBigInt)->AsInt(), 5);
  EXPECT_FALSE(ParseBinary(std::string("\0\1\0\0", 4), 23, TypeId::kSmallInt).ok());
}

}  // namespace
}  // namespace shale
