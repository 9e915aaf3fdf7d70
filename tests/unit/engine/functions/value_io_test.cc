#include "engine/functions/value_io.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "engine/functions/value_format.h"
#include "tests/support/encodings.h"

namespace shale {
namespace {

// Reads, then prints.
std::string Normal(std::string_view text, const Type& type, std::string_view zone = "UTC") {
  StatusOr<Value> value = ParseBoxed(text, type, zone);
  return value.ok() ? ToText(*value, zone) : "error: " + std::string(Message(value.status()));
}

TEST(ValueIo, PrintedValuesReadBack) {
  Random random(3);
  for (const Type& type : std::vector<Type>{TypeId::kBoolean,
                                            TypeId::kTinyInt,
                                            TypeId::kSmallInt,
                                            TypeId::kInteger,
                                            TypeId::kBigInt,
                                            TypeId::kUTinyInt,
                                            TypeId::kUSmallInt,
                                            TypeId::kUInteger,
                                            TypeId::kUBigInt,
                                            TypeId::kReal,
                                            TypeId::kDouble,
                                            Type::Decimal(9, 2),
                                            Type::Decimal(18, 0),
                                            Type::Decimal(38, 38),
                                            Type::Decimal(38, 4),
                                            TypeId::kDate,
                                            TypeId::kTimestamp,
                                            TypeId::kTimestampTz,
                                            TypeId::kInterval,
                                            TypeId::kText,
                                            TypeId::kBytea,
                                            TypeId::kUuid,
                                            TypeId::kInet,
                                            TypeId::kJson,
                                            Type::List(TypeId::kText),
                                            Type::List(TypeId::kInteger)}) {
    for (int i = 0; i < 2000; ++i) {
      Value value = RandomValue(type, random, 0);
      for (const char* zone : {"UTC", "America/New_York", "Asia/Kolkata"}) {
        std::string text = ToText(value, zone);
        StatusOr<Value> read = ParseBoxed(text, type, zone);
        ASSERT_TRUE(read.ok()) << text << ": " << read.status();
        ASSERT_TRUE(*read == value) << type.ToString() << " " << text << " read as "
                                    << ToText(*read, zone) << " in " << zone;
      }
    }
  }
}

TEST(ValueIo, Numbers) {
  EXPECT_EQ(Normal(" 42 ", TypeId::kInteger), "42");
  EXPECT_EQ(Normal("+7", TypeId::kSmallInt), "7");
  EXPECT_EQ(Normal("-9223372036854775808", TypeId::kBigInt), "-9223372036854775808");
  EXPECT_EQ(Normal("9223372036854775808", TypeId::kBigInt),
            "error: value \"9223372036854775808\" is out of range for type bigint");
  EXPECT_EQ(Normal("128", TypeId::kTinyInt),
            "error: value \"128\" is out of range for type tinyint");
  EXPECT_EQ(Normal("-1", TypeId::kUInteger),
            "error: value \"-1\" is out of range for type uinteger");
  EXPECT_EQ(Normal("18446744073709551615", TypeId::kUBigInt), "18446744073709551615");
  EXPECT_EQ(Normal("18446744073709551616", TypeId::kUBigInt),
            "error: value \"18446744073709551616\" is out of range for type ubigint");
  EXPECT_EQ(Normal("abc", TypeId::kInteger),
            "error: invalid input syntax for type integer: \"abc\"");
  EXPECT_EQ(Normal("", TypeId::kInteger), "error: invalid input syntax for type integer: \"\"");
  EXPECT_EQ(Normal("1.5", TypeId::kInteger),
            "error: invalid input syntax for type integer: \"1.5\"");
  EXPECT_EQ(Normal("99999999999999999999x", TypeId::kBigInt),
            "error: invalid input syntax for type bigint: \"99999999999999999999x\"");
}

TEST(ValueIo, FloatsPrintAsPostgresDoes) {
  for (auto [in, out] : std::vector<std::pair<const char*, const char*>>{
           {"0.1", "0.1"},
           {"1e20", "1e+20"},
           {"100000000000000", "100000000000000"},
           {"1e15", "1e+15"},
           {"123456789012345680", "1.2345678901234568e+17"},
           {"0.0001", "0.0001"},
           {"0.00001", "1e-05"},
           {"-0", "-0"},
           {"nan", "NaN"},
           {"-inf", "-Infinity"},
           {"Infinity", "Infinity"},
           {"5", "5"},
           {"2.50", "2.5"},
           {"1e-310", "1e-310"},
           {".5", "0.5"},
           {"5.", "5"},
           {"1234.5678", "1234.5678"}}) {
    EXPECT_EQ(Normal(in, TypeId::kDouble), out) << in;
  }
  EXPECT_EQ(Normal("1234567", TypeId::kReal), "1.234567e+06");
  EXPECT_EQ(Normal("123456", TypeId::kReal), "123456");
  EXPECT_EQ(Normal("0.1", TypeId::kReal), "0.1");
  EXPECT_EQ(Normal("1e400", TypeId::kDouble),
            "error: \"1e400\" is out of range for type double precision");
  EXPECT_EQ(Normal("1e", TypeId::kDouble),
            "error: invalid input syntax for type double precision: \"1e\"");
  EXPECT_EQ(Normal("0x10", TypeId::kDouble),
            "error: invalid input syntax for type double precision: \"0x10\"");
}

TEST(ValueIo, Decimals) {
  const Type type = Type::Decimal(8, 3);
  EXPECT_EQ(Normal("1.2345", type), "1.235");
  EXPECT_EQ(Normal("-1.2345", type), "-1.235");
  EXPECT_EQ(Normal("1.23449", type), "1.234");
  EXPECT_EQ(Normal("1e3", type), "1000.000");
  EXPECT_EQ(Normal("1.5e-2", type), "0.015");
  EXPECT_EQ(Normal("-.05", type), "-0.050");
  EXPECT_EQ(Normal("0e99999", type), "0.000");
  EXPECT_EQ(Normal("99999.9995", type).substr(0, 30), "error: numeric field overflow:");
  EXPECT_EQ(Normal("1e5", type).substr(0, 30), "error: numeric field overflow:");
  EXPECT_THAT(Normal("NaN", type), testing::HasSubstr("no NaN"));
  EXPECT_EQ(Normal("99999999999999999999999999999999999999", Type::Decimal(38, 0)),
            "99999999999999999999999999999999999999");
  EXPECT_EQ(Normal("0.00000000000000000000000000000000000000000001", Type::Decimal(38, 9)),
            "0.000000000");
}

TEST(ValueIo, DatesAndTimestamps) {
  const Type date = TypeId::kDate, ts = TypeId::kTimestamp, tz = TypeId::kTimestampTz;
  EXPECT_EQ(Normal("2024-02-29", date), "2024-02-29");
  EXPECT_EQ(Normal("2023-02-29", date),
            "error: date/time field value out of range: \"2023-02-29\"");
  EXPECT_EQ(Normal("20240131", date), "2024-01-31");
  EXPECT_EQ(Normal("1/31/2024", date), "2024-01-31");
  EXPECT_EQ(Normal("2024/1/3", date), "2024-01-03");
  EXPECT_EQ(Normal("January 8, 1999", date), "1999-01-08");
  EXPECT_EQ(Normal("8-Jan-1999", date), "1999-01-08");
  EXPECT_EQ(Normal("Mon 8 Jan 1999", date), "1999-01-08");
  EXPECT_EQ(Normal("44-03-15 BC", date),
            "error: date/time field value out of range: \"44-03-15 BC\"");
  EXPECT_EQ(Normal("0044-03-15 BC", date), "0044-03-15 BC");
  EXPECT_EQ(Normal("infinity", date), "infinity");
  EXPECT_EQ(Normal("2024-01-01 10:00:00", date), "2024-01-01");
  EXPECT_EQ(Normal("yes", date), "error: invalid input syntax for type date: \"yes\"");
  EXPECT_EQ(Normal("2024-01-01 12:34:56.7", ts), "2024-01-01 12:34:56.7");
  EXPECT_EQ(Normal("2024-01-01T12:34:56.1234567Z", ts), "2024-01-01 12:34:56.123457");
  EXPECT_EQ(Normal("2024-01-01", ts), "2024-01-01 00:00:00");
  EXPECT_EQ(Normal("2024-01-01 1:02 pm", ts), "2024-01-01 13:02:00");
  EXPECT_EQ(Normal("2024-01-01 24:00:00", ts), "2024-01-02 00:00:00");
  EXPECT_EQ(Normal("12/1/2010 8:26", ts), "2010-12-01 08:26:00");
  EXPECT_EQ(Normal("2024-01-01 25:00:00", ts),
            "error: date/time field value out of range: \"2024-01-01 25:00:00\"");
  EXPECT_EQ(Normal("2024-01-01 12:00:00+02", tz), "2024-01-01 10:00:00+00");
  EXPECT_EQ(Normal("2024-07-01 12:00:00", tz, "Europe/Berlin"), "2024-07-01 12:00:00+02");
  EXPECT_EQ(Normal("2024-01-01 12:00:00 America/New_York", tz), "2024-01-01 17:00:00+00");
  EXPECT_EQ(Normal("2024-01-01 12:00:00 EST", tz, "Asia/Kolkata"), "2024-01-01 22:30:00+05:30");
  EXPECT_EQ(Normal("22/Jan/2019:03:56:14 +0330", tz), "2019-01-22 00:26:14+00");
  EXPECT_EQ(Normal("-infinity", tz), "-infinity");
  EXPECT_EQ(Normal("0044-03-15 10:00:00 BC", ts), "0044-03-15 10:00:00 BC");
}

TEST(ValueIo, Intervals) {
  for (auto [in, out] : std::vector<std::pair<const char*, const char*>>{
           {"1 day 02:00:00", "1 day 02:00:00"},
           {"1 year 2 mons", "1 year 2 mons"},
           {"1.5 hours", "01:30:00"},
           {"90 minutes", "01:30:00"},
           {"-1 day", "-1 days"},
           {"1 day ago", "-1 days"},
           {"P1Y2M3DT4H5M6.5S", "1 year 2 mons 3 days 04:05:06.5"},
           {"1-2", "1 year 2 mons"},
           {"2 weeks", "14 days"},
           {"1.5 months", "1 mon 15 days"},
           {"0 seconds", "00:00:00"},
           {"-1 day 02:00:00", "-1 days +02:00:00"},
           {"1 mon -1 days", "1 mon -1 days"},
           {"15", "00:00:15"},
           {"1d 2h 3m 4s", "1 day 02:03:04"},
           {"100:00:00", "100:00:00"},
           {"-00:00:01.5", "-00:00:01.5"},
           {"1 millisecond", "00:00:00.001"},
           {"@ 1 minute", "00:01:00"},
           {"3 decades", "30 years"}}) {
    EXPECT_EQ(Normal(in, TypeId::kInterval), out) << in;
  }
  EXPECT_EQ(Normal("1 fortnight", TypeId::kInterval),
            "error: invalid input syntax for type interval: \"1 fortnight\"");
  EXPECT_THAT(Normal("99999999999 years", TypeId::kInterval), testing::HasSubstr("out of range"));
}

TEST(ValueIo, NetworkUuidBytea) {
  const Type inet = TypeId::kInet;
  for (auto [in, out] : std::vector<std::pair<const char*, const char*>>{
           {"192.168.1.5", "192.168.1.5"},
           {"10.0.0.0/8", "10.0.0.0/8"},
           {"::1", "::1"},
           {"::", "::"},
           {"2001:0DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
           {"fe80::1/64", "fe80::1/64"},
           {"::ffff:1.2.3.4", "::ffff:1.2.3.4"},
           {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
           {"2001:db8::", "2001:db8::"},
           {"1:0:2:0:3:0:4:0", "1:0:2:0:3:0:4:0"}}) {
    EXPECT_EQ(Normal(in, inet), out) << in;
  }
  for (const char* bad :
       {"256.1.1.1", "1.2.3", "1.2.3.4/33", "::1::", "1:2:3:4:5:6:7", "12345::", ":1", "1:"}) {
    EXPECT_THAT(Normal(bad, inet), testing::StartsWith("error: invalid input syntax for type inet"))
        << bad;
  }
  EXPECT_EQ(Normal("{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}", TypeId::kUuid),
            "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
  EXPECT_EQ(Normal("a0eebc999c0b4ef8bb6d6bb9bd380a11", TypeId::kUuid),
            "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
  EXPECT_THAT(Normal("a0eebc99", TypeId::kUuid), testing::StartsWith("error"));
  EXPECT_LT(Value::Compare(*ParseBoxed("00000000-0000-0000-0000-000000000001", TypeId::kUuid),
                           *ParseBoxed("ffffffff-0000-0000-0000-000000000000", TypeId::kUuid)),
            0);
  EXPECT_EQ(Normal("\\x00fFa", TypeId::kBytea).substr(0, 6), "error:");
  EXPECT_EQ(Normal("\\xDEADbeef", TypeId::kBytea), "\\xdeadbeef");
  EXPECT_EQ(Normal("a\\000b\\\\", TypeId::kBytea), "\\x6100625c");
}

TEST(ValueIo, BooleansAndJson) {
  for (const char* yes : {"t", "TRUE", "yes", "y", "on", "1", " tr "})
    EXPECT_EQ(Normal(yes, TypeId::kBoolean), "t") << yes;
  for (const char* no : {"f", "False", "no", "off", "of", "0"})
    EXPECT_EQ(Normal(no, TypeId::kBoolean), "f") << no;
  EXPECT_THAT(Normal("o", TypeId::kBoolean), testing::StartsWith("error"));
  for (const char* good :
       {"{}", "[]", " [1, -0.5e+3, \"\\u00e4\"] ", "123456789012345678901234567890",
        "{\"a\":{\"b\":[null,true]}}", "\"x\""}) {
    EXPECT_EQ(Normal(good, TypeId::kJson), good);
  }
  for (const char* bad : {"", "{", "{a:1}", "[1,]", "{\"a\":1,}", "01", "1.", "nul", "\"a", "[1] 2",
                          "'a'", "\"\\x\"", "{\"a\" 1}", "[1 2]", "]"}) {
    EXPECT_THAT(Normal(bad, TypeId::kJson),
                testing::StartsWith("error: invalid input syntax for type json"))
        << bad;
  }
  EXPECT_THAT(Normal(std::string(2000, '[') + std::string(2000, ']'), TypeId::kJson),
              testing::HasSubstr("1000 levels"));
}

TEST(ValueIo, ArraysInText) {
  EXPECT_EQ(Normal("{1, 2,NULL}", Type::List(TypeId::kInteger)), "{1,2,NULL}");
  EXPECT_EQ(Normal("{a,\"b c\",\"d\\\"e\",\"\"}", Type::List(TypeId::kText)),
            "{a,\"b c\",\"d\\\"e\",\"\"}");
  EXPECT_EQ(Normal("{}", Type::List(TypeId::kText)), "{}");
  EXPECT_THAT(Normal("{1,}", Type::List(TypeId::kInteger)), testing::StartsWith("error"));
}

// Random bytes never crash a reader, and what is refused gets an error.
TEST(ValueIo, GarbageIsRefusedCalmly) {
  Random random(11);
  const std::string alphabet = "0123456789-+:./ eETZxX\\{}[]\",ainfbcd\xc3\xa4";
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    for (size_t n = random() % 24; n > 0; --n) text += alphabet[random() % alphabet.size()];
    for (const Type& type : std::vector<Type>{
             TypeId::kInteger, TypeId::kUBigInt, TypeId::kDouble, Type::Decimal(20, 5),
             TypeId::kDate, TypeId::kTimestamp, TypeId::kTimestampTz, TypeId::kInterval,
             TypeId::kUuid, TypeId::kInet, TypeId::kBytea, TypeId::kJson, TypeId::kBoolean}) {
      StatusOr<Value> value = ParseBoxed(text, type);
      if (!value.ok()) {
        EXPECT_FALSE(value.status().message().empty());
        continue;
      }
      std::string printed = ToText(*value);
      StatusOr<Value> again = ParseBoxed(printed, type);
      ASSERT_TRUE(again.ok()) << "'" << text << "' as " << type.ToString() << " printed '"
                              << printed << "'";
      EXPECT_TRUE(*again == *value) << text;
    }
  }
}

}  // namespace
}  // namespace shale
