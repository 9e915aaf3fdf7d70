// Arithmetic, casts and comparisons of numbers against an oracle in wide integers, a row at a time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "engine/expr/evaluator.h"
#include "engine/functions/decimal_arithmetic.h"
#include "engine/functions/value_format.h"
#include "engine/functions/value_io.h"
#include "tests/support/encodings.h"

namespace shale {
namespace {

const FunctionContext kContext;

StatusOr<Value> Call(const std::string& name, std::vector<Value> args) {
  std::vector<ExprPtr> exprs;
  for (Value& arg : args) exprs.push_back(MakeConstant(std::move(arg)));
  ASSIGN_OR_RETURN(ExprPtr call, MakeCall(name, std::move(exprs)));
  return EvaluateConstant(call, kContext);
}

StatusOr<Value> CastTo(const Value& value, const Type& to, bool try_cast = false) {
  ASSIGN_OR_RETURN(ExprPtr cast, MakeCast(MakeConstant(value), to, try_cast));
  return EvaluateConstant(cast, kContext);
}

Value Int(int64_t x) { return Value::Int(TypeId::kInteger, x); }
Value Big(int64_t x) { return Value::Int(TypeId::kBigInt, x); }
Value Double(double x) { return Value::Float(TypeId::kDouble, x); }
Value Dec(const char* text, int p, int s) { return *ParseBoxed(text, Type::Decimal(p, s)); }

// "12::INTEGER" or the error's text.
std::string Show(const StatusOr<Value>& value) {
  if (!value.ok()) return std::string(Message(value.status()));
  return ToText(*value) + "::" + value->type().ToString();
}

struct Limits {
  int128_t min, max;
};
Limits LimitsOf(TypeId id) {
  switch (id) {
    case TypeId::kTinyInt: return {INT8_MIN, INT8_MAX};
    case TypeId::kSmallInt: return {INT16_MIN, INT16_MAX};
    case TypeId::kInteger: return {INT32_MIN, INT32_MAX};
    case TypeId::kBigInt: return {INT64_MIN, INT64_MAX};
    case TypeId::kUTinyInt: return {0, UINT8_MAX};
    case TypeId::kUSmallInt: return {0, UINT16_MAX};
    case TypeId::kUInteger: return {0, UINT32_MAX};
    default: return {0, UINT64_MAX};
  }
}

TEST(Arithmetic, IntegersAgainstWideOnes) {
  Random random(5);
  for (TypeId id : {TypeId::kTinyInt, TypeId::kSmallInt, TypeId::kInteger, TypeId::kBigInt,
                    TypeId::kUTinyInt, TypeId::kUSmallInt, TypeId::kUInteger, TypeId::kUBigInt}) {
    for (const char* op : {"+", "-", "*", "/", "%"}) {
      ExprPtr expr = *MakeCall(op, {MakeColumn(0, id), MakeColumn(1, id)});
      ASSERT_TRUE(expr->type == Type(id));
      Evaluator evaluator(expr, &kContext);
      for (int round = 0; round < 400; ++round) {
        const size_t n = 1 + random() % 9;
        std::vector<Value> a = RandomRows(id, n, random), b = RandomRows(id, n, random);
        bool any_error = false;
        std::vector<std::optional<int128_t>> expected(n);
        for (size_t i = 0; i < n; ++i) {
          if (a[i].is_null() || b[i].is_null()) continue;
          int128_t x = a[i].AsInt128(), y = b[i].AsInt128(), r = 0;
          switch (op[0]) {
            case '+': r = x + y; break;
            case '-': r = x - y; break;
            case '*': r = x * y; break;
            default:
              if (y == 0) {
                any_error = true;
                continue;
              }
              r = op[0] == '/' ? x / y : x % y;
          }
          if (r < LimitsOf(id).min || r > LimitsOf(id).max) any_error = true;
          expected[i] = r;
        }
        StatusOr<Vector> got = evaluator.Evaluate(Chunk{{FlatOf(id, a), FlatOf(id, b)}, n});
        ASSERT_EQ(got.ok(), !any_error) << op << " " << Type(id).ToString() << " " << got.status();
        if (!got.ok()) continue;
        for (size_t i = 0; i < n; ++i) {
          Value value = got->GetValue(i);
          ASSERT_EQ(value.is_null(), !expected[i].has_value());
          if (expected[i]) {
            ASSERT_TRUE(value.AsInt128() == *expected[i]);
          }
        }
      }
    }
  }
}

TEST(Arithmetic, ErrorsAndTypes) {
  EXPECT_EQ(Show(Call("+", {Int(INT32_MAX), Int(1)})), "integer out of range");
  EXPECT_EQ(Show(Call("*", {Big(INT64_MAX), Int(2)})), "bigint out of range");
  EXPECT_EQ(Show(Call("/", {Int(1), Int(0)})), "division by zero");
  EXPECT_EQ(Show(Call("%", {Int(-7), Int(3)})), "-1::INTEGER");
  EXPECT_EQ(Show(Call("/", {Int(-7), Int(2)})), "-3::INTEGER");
  EXPECT_EQ(Show(Call("/", {Int(INT32_MIN), Int(-1)})), "integer out of range");
  EXPECT_EQ(Show(Call("%", {Int(INT32_MIN), Int(-1)})), "0::INTEGER");
  EXPECT_EQ(Show(Call("-", {Int(INT32_MIN)})), "integer out of range");
  EXPECT_EQ(Show(Call("+", {Int(1), Big(2)})), "3::BIGINT");
  EXPECT_EQ(Show(Call("+", {Value::UInt(TypeId::kUInteger, 4000000000), Int(-1)})),
            "3999999999::BIGINT");
  EXPECT_EQ(Show(Call("+", {Value::UInt(TypeId::kUBigInt, UINT64_MAX), Int(1)})),
            "18446744073709551616::DECIMAL(38,0)");
  EXPECT_EQ(Show(Call("-", {Value::UInt(TypeId::kUInteger, 1), Value::UInt(TypeId::kUInteger, 2)})),
            "uinteger out of range");
  EXPECT_EQ(Show(Call("/", {Double(1), Double(0)})), "division by zero");
  EXPECT_EQ(Show(Call("*", {Double(1e300), Double(1e300)})), "value out of range: overflow");
  EXPECT_EQ(Show(Call("*", {Double(1e-300), Double(1e-300)})), "value out of range: underflow");
  EXPECT_EQ(Show(Call("+", {Double(INFINITY), Double(1)})), "Infinity::DOUBLE");
  EXPECT_EQ(Show(Call("^", {Int(2), Int(10)})), "1024::DOUBLE");
  EXPECT_EQ(Show(Call("+", {Int(1), Value::Null(TypeId::kNull)})), "NULL::INTEGER");
}

TEST(Arithmetic, UntypedLiteralsTakeTheOtherType) {
  auto resolve = [](const char* op, ArgumentType a, ArgumentType b) {
    StatusOr<ResolvedScalar> r = Registry::Get().ResolveScalar(op, std::vector<ArgumentType>{a, b});
    if (!r.ok()) return std::string(Message(r.status()));
    return r->arg_types[0].ToString() + " " + r->arg_types[1].ToString();
  };
  ArgumentType literal{TypeId::kText, true};
  EXPECT_EQ(resolve("+", literal, {TypeId::kInteger}), "INTEGER INTEGER");
  EXPECT_EQ(resolve(">=", {TypeId::kTimestamp}, literal), "TIMESTAMP TIMESTAMP");
  EXPECT_EQ(resolve("=", literal, literal), "TEXT TEXT");
  EXPECT_EQ(resolve("=", {TypeId::kUuid}, literal), "UUID UUID");
  EXPECT_EQ(resolve("=", {TypeId::kDate}, {TypeId::kTimestamp}), "TIMESTAMP TIMESTAMP");
  EXPECT_EQ(resolve("=", {TypeId::kText}, {TypeId::kInteger}),
            "operator does not exist: text = integer; an explicit cast may help");
  EXPECT_THAT(
      std::string(Message(
          Registry::Get().ResolveScalar("lenght", std::vector<ArgumentType>{literal}).status())),
      testing::HasSubstr("did you mean length?"));
}

// Sums and products of DECIMALs by scaled integers; quotients by long division.
TEST(Arithmetic, Decimals) {
  EXPECT_EQ(Show(Call("+", {Dec("1.25", 5, 2), Dec("0.125", 5, 3)})), "1.375::DECIMAL(7,3)");
  EXPECT_EQ(Show(Call("*", {Dec("1.25", 5, 2), Dec("0.125", 5, 3)})), "0.15625::DECIMAL(10,5)");
  EXPECT_EQ(Show(Call("/", {Dec("1.00", 5, 2), Dec("3", 5, 0)})), "0.333333::DECIMAL(38,6)");
  EXPECT_EQ(Show(Call("/", {Dec("-2.00", 5, 2), Dec("3", 5, 0)})), "-0.666667::DECIMAL(38,6)");
  EXPECT_EQ(Show(Call("%", {Dec("-7.50", 5, 2), Dec("2", 5, 0)})), "-1.50::DECIMAL(7,2)");
  EXPECT_EQ(Show(Call("+", {Dec("1.5", 5, 1), Int(2)})), "3.5::DECIMAL(12,1)");
  EXPECT_EQ(Show(Call("+", {Dec("1.5", 5, 1), Double(2)})), "3.5::DOUBLE");
  EXPECT_EQ(Show(Call("/", {Dec("1.5", 5, 1), Int(0)})), "division by zero");
  EXPECT_THAT(Show(Call("*", {Dec("1", 38, 20), Dec("1", 38, 20)})),
              testing::HasSubstr("40 digits"));
  Value huge = Dec("99999999999999999999999999999999999999", 38, 0);
  EXPECT_THAT(Show(Call("+", {huge, huge})), testing::HasSubstr("numeric field overflow"));
  EXPECT_THAT(Show(Call("*", {huge, Int(10)})), testing::HasSubstr("numeric field overflow"));
  EXPECT_EQ(Show(Call("-", {huge, huge})), "0::DECIMAL(38,0)");

  // The digit-by-digit division agrees with the direct one, and with exact quotients.
  Random random(9);
  for (int i = 0; i < 3000; ++i) {
    int128_t n = static_cast<int64_t>(random()) >> (random() % 60);
    int128_t d = static_cast<int64_t>(random()) >> (random() % 60);
    if (d == 0) continue;
    int digits = static_cast<int>(random() % 8);
    int128_t got, scaled = n * PowerOfTen(digits);
    int128_t twice = (scaled < 0 ? -scaled : scaled) * 2, magnitude = d < 0 ? -d : d;
    int128_t rounded = (twice + magnitude) / (2 * magnitude);
    ASSERT_TRUE(DivideScaled(n, digits, d, &got));
    ASSERT_TRUE(got == ((scaled < 0) != (d < 0) ? -rounded : rounded));
  }
  int128_t got;
  EXPECT_TRUE(DivideScaled(PowerOfTen(37) * 3, 20, PowerOfTen(38) - 1, &got));
  EXPECT_EQ(Show(Value::Int128(Type::Decimal(38, 20), got)),
            "0.30000000000000000000::DECIMAL(38,20)");
  EXPECT_FALSE(DivideScaled(PowerOfTen(37), 20, 3, &got));
}

TEST(Casts, NumbersAmongThemselves) {
  const Type integer = TypeId::kInteger;
  EXPECT_EQ(Show(CastTo(Double(2.5), integer)), "2::INTEGER");
  EXPECT_EQ(Show(CastTo(Double(3.5), integer)), "4::INTEGER");
  EXPECT_EQ(Show(CastTo(Dec("2.5", 4, 1), integer)), "3::INTEGER");
  EXPECT_EQ(Show(CastTo(Dec("-2.5", 4, 1), integer)), "-3::INTEGER");
  EXPECT_EQ(Show(CastTo(Double(NAN), integer)), "integer out of range");
  EXPECT_EQ(Show(CastTo(Double(2147483647.4), integer)), "2147483647::INTEGER");
  EXPECT_EQ(Show(CastTo(Double(2147483647.5), integer)), "integer out of range");
  EXPECT_EQ(Show(CastTo(Double(9.3e18), TypeId::kBigInt)), "bigint out of range");
  EXPECT_EQ(Show(CastTo(Double(-1), TypeId::kUBigInt)), "ubigint out of range");
  EXPECT_EQ(Show(CastTo(Double(0.1), Type::Decimal(10, 3))), "0.100::DECIMAL(10,3)");
  EXPECT_EQ(Show(CastTo(Double(1e300), TypeId::kReal)), "value out of range: overflow");
  EXPECT_EQ(Show(CastTo(Dec("0.1", 5, 1), TypeId::kDouble)), "0.1::DOUBLE");
  EXPECT_EQ(Show(CastTo(Int(5), Type::Decimal(3, 2))), "5.00::DECIMAL(3,2)");
  EXPECT_THAT(Show(CastTo(Int(15), Type::Decimal(3, 2))), testing::HasSubstr("less than 10^1"));
  EXPECT_EQ(Show(CastTo(Dec("1.255", 4, 3), Type::Decimal(3, 2))), "1.26::DECIMAL(3,2)");
  EXPECT_EQ(Show(CastTo(Int(1), TypeId::kBoolean)), "t::BOOLEAN");
  EXPECT_EQ(Show(CastTo(Value::Bool(true), integer)), "1::INTEGER");
  EXPECT_EQ(Show(CastTo(Value::Bool(true), TypeId::kText)), "true::TEXT");
  EXPECT_EQ(Show(CastTo(Value::Text("12x"), integer)),
            "invalid input syntax for type integer: \"12x\"");
  EXPECT_EQ(Show(CastTo(Value::Text("12x"), integer, true)), "NULL::INTEGER");
  EXPECT_EQ(Show(CastTo(*ParseBoxed("10.0.0.1", TypeId::kInet), TypeId::kText)),
            "10.0.0.1/32::TEXT");
  EXPECT_THAT(Show(CastTo(Value::Bool(true), TypeId::kDate)),
              testing::HasSubstr("cannot cast type boolean to date"));
}

TEST(Casts, AcrossTheSessionsZone) {
  FunctionContext berlin;
  berlin.time_zone = "Europe/Berlin";
  auto cast = [&](const char* text, const Type& from, const Type& to) {
    Value value = *ParseBoxed(text, from, "UTC");
    StatusOr<Value> out = EvaluateConstant(*MakeCast(MakeConstant(value), to), berlin);
    return out.ok() ? ToText(*out, "UTC") : std::string(Message(out.status()));
  };
  const Type ts = TypeId::kTimestamp, tz = TypeId::kTimestampTz, date = TypeId::kDate,
             text = TypeId::kText;
  EXPECT_EQ(cast("2024-07-01 12:00:00", ts, tz), "2024-07-01 10:00:00+00");
  EXPECT_EQ(cast("2024-07-01 22:30:00+00", tz, ts), "2024-07-02 00:30:00");
  EXPECT_EQ(cast("2024-07-01 22:30:00+00", tz, date), "2024-07-02");
  EXPECT_EQ(cast("2024-07-01", date, tz), "2024-06-30 22:00:00+00");
  EXPECT_EQ(cast("2024-07-01 22:30:00+00", tz, text), "2024-07-02 00:30:00+02");
  EXPECT_EQ(cast("2024-07-01 12:00:00", text, tz), "2024-07-01 10:00:00+00");
  // Skipped: read with the offset before; twice: the standard time.
  EXPECT_EQ(cast("2024-03-31 02:30:00", ts, tz), "2024-03-31 01:30:00+00");
  EXPECT_EQ(cast("2024-10-27 02:30:00", ts, tz), "2024-10-27 01:30:00+00");
  EXPECT_EQ(cast("infinity", date, ts), "infinity");
  EXPECT_EQ(cast("5874897-01-01", date, ts), "date out of range for timestamp");
}

// Every comparison of every type against the boxed order.
TEST(Comparison, EveryTypeAgainstTheBoxedOrder) {
  Random random(6);
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
                                            Type::List(TypeId::kInteger)}) {
    for (const char* op :
         {"=", "<>", "<", "<=", ">", ">=", "is_distinct_from", "is_not_distinct_from"}) {
      const size_t n = 200;
      std::vector<Value> a = RandomRows(type, n, random), b = RandomRows(type, n, random);
      for (size_t i = 0; i < n; i += 3) b[i] = a[i];
      StatusOr<ExprPtr> expr = MakeCall(op, {MakeColumn(0, type), MakeColumn(1, type)});
      ASSERT_TRUE(expr.ok()) << expr.status();
      Evaluator evaluator(*expr, &kContext);
      StatusOr<Vector> got = evaluator.Evaluate(Chunk{{FlatOf(type, a), FlatOf(type, b)}, n});
      ASSERT_TRUE(got.ok());
      for (size_t i = 0; i < n; ++i) {
        const std::string name = op;
        const bool null = a[i].is_null() || b[i].is_null();
        const int order = Value::Compare(a[i], b[i]);
        Value expected =
            Value::Bool(name == "="    ? order == 0
                        : name == "<>" ? order != 0
                        : name == "<"  ? order < 0
                        : name == "<=" ? order <= 0
                        : name == ">"  ? order > 0
                        : name == ">=" ? order >= 0
                                       : (order == 0) == (name == "is_not_distinct_from"));
        if (null && name.size() <= 2) expected = Value::Null(TypeId::kBoolean);
        ASSERT_TRUE(got->GetValue(i) == expected)
            << ToText(a[i]) << " " << op << " " << ToText(b[i]);
      }
    }
  }
}

TEST(Logic, InFollowsSqlsNulls) {
  auto in = [](Value needle, std::vector<Value> items) {
    items.insert(items.begin(), std::move(needle));
    return Show(Call("in", std::move(items)));
  };
  EXPECT_EQ(in(Int(2), {Int(1), Int(2)}), "t::BOOLEAN");
  EXPECT_EQ(in(Int(3), {Int(1), Int(2)}), "f::BOOLEAN");
  EXPECT_EQ(in(Int(3), {Int(1), Value::Null(TypeId::kInteger)}), "NULL::BOOLEAN");
  EXPECT_EQ(in(Int(1), {Int(1), Value::Null(TypeId::kInteger)}), "t::BOOLEAN");
  EXPECT_EQ(in(Value::Null(TypeId::kInteger), {Int(1), Int(2)}), "NULL::BOOLEAN");
  EXPECT_EQ(in(Double(NAN), {Double(1), Double(NAN)}), "t::BOOLEAN");
  EXPECT_EQ(in(Double(-0.0), {Double(0)}), "t::BOOLEAN");
  EXPECT_EQ(Show(Call("greatest", {Int(1), Value::Null(TypeId::kInteger), Int(3)})), "3::INTEGER");
  EXPECT_EQ(Show(Call("least", {Value::Null(TypeId::kInteger)})), "NULL::INTEGER");
  EXPECT_EQ(Show(Call("nullif", {Int(3), Int(3)})), "NULL::INTEGER");

  // Many constants of each type against one comparison at a time.
  Random random(12);
  for (const Type& type : std::vector<Type>{TypeId::kInteger, TypeId::kUBigInt, TypeId::kDouble,
                                            TypeId::kText, TypeId::kUuid, TypeId::kInterval,
                                            Type::Decimal(30, 2), TypeId::kBoolean}) {
    for (size_t num_items : {1, 3, 8, 9, 40}) {
      std::vector<Value> items = RandomRows(type, num_items, random, 0.05),
                         rows = RandomRows(type, 100, random);
      for (size_t i = 0; i < rows.size(); i += 5) rows[i] = items[random() % items.size()];
      std::vector<ExprPtr> args = {MakeColumn(0, type)};
      bool any_null = false;
      for (const Value& item : items) {
        args.push_back(MakeConstant(item));
        any_null |= item.is_null();
      }
      Evaluator evaluator(*MakeCall("in", args), &kContext);
      Vector got = *evaluator.Evaluate(Chunk{{FlatOf(type, rows)}, rows.size()});
      for (size_t i = 0; i < rows.size(); ++i) {
        bool match = false;
        for (const Value& item : items)
          match |= !item.is_null() && Value::Compare(item, rows[i]) == 0;
        bool null = rows[i].is_null() || (!match && any_null);
        ASSERT_TRUE(got.GetValue(i) == (null ? Value::Null(TypeId::kBoolean) : Value::Bool(match)));
      }
    }
  }
}

TEST(Math, Rounding) {
  EXPECT_EQ(Show(Call("round", {Double(2.5)})), "2::DOUBLE");
  EXPECT_EQ(Show(Call("round", {Dec("2.5", 4, 1)})), "3::DECIMAL(4,0)");
  EXPECT_EQ(Show(Call("round", {Double(2.675), Int(2)})), "2.68::DOUBLE");
  EXPECT_EQ(Show(Call("round", {Dec("42.4382", 6, 4), Int(2)})), "42.44::DECIMAL(5,2)");
  EXPECT_EQ(Show(Call("round", {Dec("1450.5", 6, 1), Int(-2)})), "1500::DECIMAL(6,0)");
  EXPECT_EQ(Show(Call("trunc", {Dec("-42.4382", 6, 4), Int(2)})), "-42.43::DECIMAL(4,2)");
  EXPECT_EQ(Show(Call("ceil", {Dec("-0.5", 4, 1)})), "0::DECIMAL(4,0)");
  EXPECT_EQ(Show(Call("floor", {Dec("-0.5", 4, 1)})), "-1::DECIMAL(4,0)");
  EXPECT_EQ(Show(Call("abs", {Int(INT32_MIN)})), "integer out of range");
  EXPECT_EQ(Show(Call("sqrt", {Double(-1)})), "cannot take square root of a negative number");
  EXPECT_EQ(Show(Call("ln", {Double(0)})), "cannot take logarithm of zero");
  EXPECT_EQ(Show(Call("power", {Int(0), Int(-1)})), "zero raised to a negative power is undefined");
  EXPECT_EQ(Show(Call("factorial", {Int(33)})),
            "8683317618811886495518194401280000000::DECIMAL(38,0)");
  EXPECT_EQ(Show(Call("width_bucket", {Double(5.35), Double(0.024), Double(10.06), Int(5)})),
            "3::INTEGER");
  EXPECT_EQ(Show(Call("gcd", {Big(INT64_MIN), Big(0)})), "bigint out of range");
  EXPECT_EQ(Show(Call("lcm", {Big(4), Big(6)})), "12::BIGINT");
}

TEST(Network, Inet) {
  auto inet = [](const char* text) { return *ParseBoxed(text, TypeId::kInet); };
  EXPECT_EQ(Show(Call("host", {inet("10.1.2.3/8")})), "10.1.2.3::TEXT");
  EXPECT_EQ(Show(Call("network", {inet("192.168.1.77/26")})), "192.168.1.64/26::INET");
  EXPECT_EQ(Show(Call("network", {inet("2001:db8:ffff::1/33")})), "2001:db8:8000::/33::INET");
  EXPECT_EQ(Show(Call("broadcast", {inet("192.168.1.5/24")})), "192.168.1.255/24::INET");
  EXPECT_EQ(Show(Call("netmask", {inet("192.168.1.5/20")})), "255.255.240.0::INET");
  EXPECT_EQ(Show(Call("hostmask", {inet("192.168.23.20/30")})), "0.0.0.3::INET");
  EXPECT_EQ(Show(Call("family", {inet("::1")})), "6::INTEGER");
  EXPECT_EQ(Show(Call("masklen", {inet("10.0.0.1")})), "32::INTEGER");
  EXPECT_EQ(Show(Call("<<", {inet("10.1.2.3"), inet("10.0.0.0/8")})), "t::BOOLEAN");
  EXPECT_EQ(Show(Call("<<", {inet("10.0.0.0/8"), inet("10.0.0.0/8")})), "f::BOOLEAN");
  EXPECT_EQ(Show(Call("<<=", {inet("11.0.0.0"), inet("10.0.0.0/8")})), "f::BOOLEAN");
  EXPECT_EQ(Show(Call("set_masklen", {inet("10.0.0.1"), Int(40)})), "invalid mask length: 40");
}

}  // namespace
}  // namespace shale
