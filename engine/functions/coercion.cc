// Which types become which by themselves, and what two types have in common.
#include <algorithm>

#include "engine/functions/function.h"

namespace shale {
namespace {

int Bits(TypeId id) {
  switch (id) {
    case TypeId::kTinyInt:
    case TypeId::kUTinyInt: return 8;
    case TypeId::kSmallInt:
    case TypeId::kUSmallInt: return 16;
    case TypeId::kInteger:
    case TypeId::kUInteger: return 32;
    default: return 64;
  }
}

// Decimal digits that hold every value of an integer type.
int IntegerDigits(const Type& type) {
  switch (type.id()) {
    case TypeId::kTinyInt:
    case TypeId::kUTinyInt: return 3;
    case TypeId::kSmallInt:
    case TypeId::kUSmallInt: return 5;
    case TypeId::kInteger:
    case TypeId::kUInteger: return 10;
    case TypeId::kUBigInt: return 20;
    default: return 19;
  }
}

// Digits before the point.
int WholeDigits(const Type& type) {
  return type.id() == TypeId::kDecimal ? type.precision() - type.scale() : IntegerDigits(type);
}

int Scale(const Type& type) { return type.id() == TypeId::kDecimal ? type.scale() : 0; }

TypeId SignedOfBits(int bits) {
  switch (bits) {
    case 8: return TypeId::kTinyInt;
    case 16: return TypeId::kSmallInt;
    case 32: return TypeId::kInteger;
    default: return TypeId::kBigInt;
  }
}

// Widening costs less than becoming DOUBLE, which costs less than DECIMAL or REAL: DOUBLE is
// PostgreSQL's preferred numeric type, so sqrt(2) is the DOUBLE one.
constexpr int kToDouble = 10, kToDecimal = 12, kToReal = 14;

std::optional<int> NumericCost(const Type& from, const Type& to) {
  if (to.id() == TypeId::kDouble) return from.id() == TypeId::kReal ? 1 : kToDouble;
  if (to.id() == TypeId::kReal) {
    if (from.id() == TypeId::kDouble) return std::nullopt;
    return kToReal;
  }
  if (from.IsFloat()) return std::nullopt;
  if (to.id() == TypeId::kDecimal) {
    if (WholeDigits(to) < WholeDigits(from) || to.scale() < Scale(from)) return std::nullopt;
    return from.id() == TypeId::kDecimal ? 1 : kToDecimal;
  }
  if (from.id() == TypeId::kDecimal) return std::nullopt;
  int from_bits = Bits(from.id()), to_bits = Bits(to.id());
  if (to_bits <= from_bits) return std::nullopt;
  if (from.IsSignedInteger() && to.IsUnsignedInteger()) return std::nullopt;
  int steps = 0;
  for (int bits = from_bits; bits < to_bits; bits *= 2) ++steps;
  // Unsigned stays unsigned where it can.
  return 2 * steps + (from.IsUnsignedInteger() && to.IsSignedInteger() ? 1 : 0);
}

bool IsDateTime(TypeId id) {
  return id == TypeId::kDate || id == TypeId::kTimestamp || id == TypeId::kTimestampTz;
}

StatusOr<Type> CommonNumeric(const Type& a, const Type& b) {
  if (a.IsFloat() || b.IsFloat()) {
    bool both_real = a.id() == TypeId::kReal && b.id() == TypeId::kReal;
    return Type(both_real ? TypeId::kReal : TypeId::kDouble);
  }
  if (a.id() == TypeId::kDecimal || b.id() == TypeId::kDecimal) {
    int scale = std::max(Scale(a), Scale(b));
    int whole = std::max(WholeDigits(a), WholeDigits(b));
    return Type::Decimal(std::min(whole + scale, kMaxDecimalPrecision), scale);
  }
  int bits_a = Bits(a.id()), bits_b = Bits(b.id());
  if (a.IsSignedInteger() == b.IsSignedInteger()) return bits_a >= bits_b ? a : b;
  const Type& unsigned_type = a.IsUnsignedInteger() ? a : b;
  const Type& signed_type = a.IsUnsignedInteger() ? b : a;
  if (unsigned_type.id() == TypeId::kUBigInt) return Type::Decimal(kMaxDecimalPrecision, 0);
  return Type(SignedOfBits(std::max(Bits(signed_type.id()), 2 * Bits(unsigned_type.id()))));
}

}  // namespace

std::optional<int> ImplicitCastCost(const ArgumentType& from, const Type& to) {
  // A literal as written is text if it can be, PostgreSQL's preference.
  if (from.untyped_literal) return to.id() == TypeId::kText ? 1 : 2;
  if (from.type.id() == TypeId::kNull) return to.id() == TypeId::kNull ? 0 : 2;
  if (from.type == to) return 0;
  if (from.type.IsNumeric() && to.IsNumeric()) return NumericCost(from.type, to);
  if (IsDateTime(from.type.id()) && IsDateTime(to.id()) && from.type.id() < to.id()) {
    return static_cast<int>(to.id()) - static_cast<int>(from.type.id());
  }
  if (from.type.id() == TypeId::kList && to.id() == TypeId::kList) {
    return ImplicitCastCost({from.type.child(), false}, to.child());
  }
  return std::nullopt;
}

StatusOr<Type> CommonType(const ArgumentType& a, const ArgumentType& b) {
  auto untyped = [](const ArgumentType& arg) {
    return arg.untyped_literal || arg.type.id() == TypeId::kNull;
  };
  if (untyped(a) && untyped(b)) return Type(TypeId::kText);
  if (untyped(a)) return b.type;
  if (untyped(b)) return a.type;
  if (a.type == b.type) return a.type;
  if (a.type.IsNumeric() && b.type.IsNumeric()) return CommonNumeric(a.type, b.type);
  if (IsDateTime(a.type.id()) && IsDateTime(b.type.id())) {
    return Type(std::max(a.type.id(), b.type.id()));
  }
  if (a.type.id() == TypeId::kList && b.type.id() == TypeId::kList) {
    ASSIGN_OR_RETURN(Type child,
                     CommonType({a.type.child(), false}, {b.type.child(), false}));
    return Type::List(std::move(child));
  }
  return InvalidArgument("types {} and {} cannot be matched: add a cast", a.type.ToString(),
                         b.type.ToString());
}

}  // namespace shale
