// + - * / % and unary minus over numbers, ^ as a power. Integers overflow with an error; DECIMAL is
// in decimal_arithmetic.cc. Dates and intervals have their own rows of + and - elsewhere.
#include <cmath>
#include <limits>

#include "engine/functions/decimal_arithmetic.h"
#include "engine/functions/families.h"
#include "engine/functions/function_row.h"
#include "engine/functions/kernels.h"
#include "engine/functions/value_format.h"

namespace shale {
namespace {

template <typename T>
Status IntegerOutOfRange() {
  constexpr bool kSigned = std::is_signed_v<T>;
  constexpr std::string_view kNames[] = {"tinyint", "smallint", "integer", "bigint"};
  constexpr int kIndex = sizeof(T) == 1 ? 0 : sizeof(T) == 2 ? 1 : sizeof(T) == 4 ? 2 : 3;
  return OutOfRange("{}{} out of range", kSigned ? "" : "u", kNames[kIndex]);
}

Status DivisionByZero() { return InvalidArgument("division by zero"); }

template <typename T>
bool IsLowest(T x) {
  return std::is_signed_v<T> && x == std::numeric_limits<T>::min();
}

// Each operation on one integer type: the wrapped result, and whether it is wrong. Sign tricks
// instead of the overflow built-ins where those would keep the loop from being vectorised.
struct AddInteger {
  template <typename T, typename Failed>
  static T Run(T a, T b, Failed* failed) {
    using U = std::make_unsigned_t<T>;
    const T r = static_cast<T>(static_cast<U>(static_cast<U>(a) + static_cast<U>(b)));
    if constexpr (std::is_signed_v<T>) {
      *failed |= static_cast<Failed>(((a ^ r) & (b ^ r)) < 0);
    } else {
      *failed |= static_cast<Failed>(r < a);
    }
    return r;
  }
  template <typename T>
  static Status Error(T, T) {
    return IntegerOutOfRange<T>();
  }
};
struct SubtractInteger {
  template <typename T, typename Failed>
  static T Run(T a, T b, Failed* failed) {
    using U = std::make_unsigned_t<T>;
    const T r = static_cast<T>(static_cast<U>(static_cast<U>(a) - static_cast<U>(b)));
    if constexpr (std::is_signed_v<T>) {
      *failed |= static_cast<Failed>(((a ^ b) & (a ^ r)) < 0);
    } else {
      *failed |= static_cast<Failed>(a < b);
    }
    return r;
  }
  template <typename T>
  static Status Error(T, T) {
    return IntegerOutOfRange<T>();
  }
};
struct MultiplyInteger {
  template <typename T, typename Failed>
  static T Run(T a, T b, Failed* failed) {
    if constexpr (sizeof(T) <= 4) {
      const int64_t wide = static_cast<int64_t>(a) * static_cast<int64_t>(b);
      const T r = static_cast<T>(wide);
      if constexpr (std::is_same_v<T, uint32_t>) {
        *failed |= static_cast<Failed>(static_cast<uint64_t>(a) * b >> 32 != 0);
      } else {
        *failed |= static_cast<Failed>(wide != static_cast<int64_t>(r));
      }
      return r;
    } else {
      T r;
      *failed |= static_cast<Failed>(__builtin_mul_overflow(a, b, &r));
      return r;
    }
  }
  template <typename T>
  static Status Error(T, T) {
    return IntegerOutOfRange<T>();
  }
};
struct DivideInteger {
  template <typename T, typename Failed>
  static T Run(T a, T b, Failed* failed) {
    const bool bad = b == 0 || (IsLowest(a) && b == static_cast<T>(-1));
    *failed |= static_cast<Failed>(bad);
    return static_cast<T>(a / (bad ? T{1} : b));
  }
  template <typename T>
  static Status Error(T, T b) {
    return b == 0 ? DivisionByZero() : IntegerOutOfRange<T>();
  }
};
struct ModuloInteger {  // the dividend's sign
  template <typename T, typename Failed>
  static T Run(T a, T b, Failed* failed) {
    *failed |= static_cast<Failed>(b == 0);
    const bool trivial = b == 0 || (std::is_signed_v<T> && b == static_cast<T>(-1));
    return static_cast<T>(trivial ? 0 : a % (trivial ? T{1} : b));
  }
  template <typename T>
  static Status Error(T, T) {
    return DivisionByZero();
  }
};

// Floats: what turns infinite or vanishes without an infinite operand is out of range.
Status FloatOutOfRange(bool overflow) {
  return OutOfRange("value out of range: {}", overflow ? "overflow" : "underflow");
}
template <typename T>
bool Overflowed(T r, T a, T b) {
  constexpr T kMax = std::numeric_limits<T>::max();
  const int too_large = std::fabs(r) > kMax, a_finite = std::fabs(a) <= kMax,
            b_finite = std::fabs(b) <= kMax;
  return (too_large & a_finite & b_finite) != 0;  // no branch: the loop is vectorised
}

struct AddFloat {
  template <typename T, typename Failed>
  static T Run(T a, T b, Failed* failed) {
    const T r = a + b;
    *failed |= static_cast<Failed>(Overflowed(r, a, b));
    return r;
  }
  template <typename T>
  static Status Error(T, T) {
    return FloatOutOfRange(true);
  }
};
struct SubtractFloat {
  template <typename T, typename Failed>
  static T Run(T a, T b, Failed* failed) {
    const T r = a - b;
    *failed |= static_cast<Failed>(Overflowed(r, a, b));
    return r;
  }
  template <typename T>
  static Status Error(T, T) {
    return FloatOutOfRange(true);
  }
};
struct MultiplyFloat {
  template <typename T, typename Failed>
  static T Run(T a, T b, Failed* failed) {
    const T r = a * b;
    const int zero = r == 0, a_zero = a == 0, b_zero = b == 0;
    const int vanished = zero & (a_zero ^ 1) & (b_zero ^ 1);
    *failed |= static_cast<Failed>(static_cast<int>(Overflowed(r, a, b)) | vanished);
    return r;
  }
  template <typename T>
  static Status Error(T a, T b) {
    return FloatOutOfRange(Overflowed<T>(a * b, a, b));
  }
};
struct DivideFloat {
  template <typename T, typename Failed>
  static T Run(T a, T b, Failed* failed) {
    const T r = a / b;
    const int zero = r == 0, a_zero = a == 0, b_zero = b == 0, a_number = a == a;
    const int b_finite = std::fabs(b) <= std::numeric_limits<T>::max();
    const int vanished = zero & (a_zero ^ 1) & b_finite;
    *failed |=
        static_cast<Failed>((b_zero & a_number) | vanished | static_cast<int>(Overflowed(r, a, b)));
    return r;
  }
  template <typename T>
  static Status Error(T a, T b) {
    return b == 0 ? DivisionByZero() : FloatOutOfRange(Overflowed<T>(a / b, a, b));
  }
};
struct ModuloFloat {
  template <typename T, typename Failed>
  static T Run(T a, T b, Failed* failed) {
    *failed |= static_cast<Failed>(b == 0);
    return std::fmod(a, b);
  }
  template <typename T>
  static Status Error(T, T) {
    return DivisionByZero();
  }
};

template <typename Op, typename T>
ScalarKernel CheckedFor() {
  return CheckedBinary<T, T, T>(
      [](T a, T b, auto* failed) { return Op::template Run<T>(a, b, failed); },
      [](T a, T b) { return Op::template Error<T>(a, b); });
}

template <typename Op>
ScalarKernel IntegerKernel(PhysicalType type) {
  switch (type) {
    case PhysicalType::kInt8: return CheckedFor<Op, int8_t>();
    case PhysicalType::kInt16: return CheckedFor<Op, int16_t>();
    case PhysicalType::kInt32: return CheckedFor<Op, int32_t>();
    case PhysicalType::kInt64: return CheckedFor<Op, int64_t>();
    case PhysicalType::kUInt8: return CheckedFor<Op, uint8_t>();
    case PhysicalType::kUInt16: return CheckedFor<Op, uint16_t>();
    case PhysicalType::kUInt32: return CheckedFor<Op, uint32_t>();
    case PhysicalType::kUInt64: return CheckedFor<Op, uint64_t>();
    default: return nullptr;
  }
}

template <typename OnInteger, typename OnFloat, DecimalOperation kOnDecimal>
StatusOr<ResolvedScalar> ResolveBinary(std::span<const ArgumentType> args) {
  if (args.size() != 2) return NotFound("two arguments");
  ArgumentType a = args[0], b = args[1];
  auto untyped = [](const ArgumentType& arg) {
    return arg.untyped_literal || arg.type.id() == TypeId::kNull;
  };
  // A literal without a type is whatever the other side is.
  if (untyped(a) == untyped(b) && untyped(a)) return NotFound("two untyped arguments");
  if (untyped(a)) a = {b.type, false};
  if (untyped(b)) b = {a.type, false};
  if (!a.type.IsNumeric() || !b.type.IsNumeric()) return NotFound("not numbers");
  ASSIGN_OR_RETURN(Type common, CommonType(a, b));
  if (common.id() == TypeId::kDecimal) {
    if (a.type.IsInteger() && b.type.IsInteger()) return ResolveWideInteger(kOnDecimal);
    return ResolveDecimal(kOnDecimal, a.type, b.type);
  }
  ResolvedScalar resolved;
  if (common.id() == TypeId::kReal) {
    resolved.kernel = CheckedFor<OnFloat, float>();
  } else if (common.id() == TypeId::kDouble) {
    resolved.kernel = CheckedFor<OnFloat, double>();
  } else {
    resolved.kernel = IntegerKernel<OnInteger>(common.physical());
  }
  resolved.arg_types = {common, common};
  resolved.result_type = common;
  return resolved;
}

// ---- unary ----

template <typename T>
ScalarKernel NegateFor() {
  return CheckedUnary<T, T>(
      [](T x, auto* failed) {
        if constexpr (std::is_floating_point_v<T> || std::is_same_v<T, int128_t>) {
          return -x;
        } else {
          using U = std::make_unsigned_t<T>;
          using Failed = std::remove_pointer_t<decltype(failed)>;
          const bool bad = std::is_signed_v<T> ? IsLowest(x) : x != 0;
          *failed |= static_cast<Failed>(bad);
          return static_cast<T>(static_cast<U>(U{0} - static_cast<U>(x)));
        }
      },
      [](T) {
        if constexpr (std::is_integral_v<T>)
          return IntegerOutOfRange<T>();
        else
          return OkStatus();
      });
}

StatusOr<ResolvedScalar> ResolveNegate(std::span<const ArgumentType> args) {
  if (args.size() != 1) return NotFound("one argument");
  Type type = args[0].type;
  if (args[0].untyped_literal || type.id() == TypeId::kNull) type = TypeId::kDouble;
  // An unsigned number's negative needs a signed type.
  switch (type.id()) {
    case TypeId::kUTinyInt: type = TypeId::kSmallInt; break;
    case TypeId::kUSmallInt: type = TypeId::kInteger; break;
    case TypeId::kUInteger: type = TypeId::kBigInt; break;
    case TypeId::kUBigInt: type = Type::Decimal(kMaxDecimalPrecision, 0); break;
    default: break;
  }
  if (!type.IsNumeric()) return NotFound("not a number");
  ResolvedScalar resolved;
  switch (type.physical()) {
    case PhysicalType::kInt8: resolved.kernel = NegateFor<int8_t>(); break;
    case PhysicalType::kInt16: resolved.kernel = NegateFor<int16_t>(); break;
    case PhysicalType::kInt32: resolved.kernel = NegateFor<int32_t>(); break;
    case PhysicalType::kInt64: resolved.kernel = NegateFor<int64_t>(); break;
    case PhysicalType::kInt128: resolved.kernel = NegateFor<int128_t>(); break;
    case PhysicalType::kFloat: resolved.kernel = NegateFor<float>(); break;
    default: resolved.kernel = NegateFor<double>(); break;
  }
  resolved.arg_types = {type};
  resolved.result_type = type;
  return resolved;
}

StatusOr<ResolvedScalar> ResolvePlus(std::span<const ArgumentType> args) {
  if (args.size() != 1) return NotFound("one argument");
  Type type = args[0].type;
  if (args[0].untyped_literal || type.id() == TypeId::kNull) type = TypeId::kDouble;
  if (!type.IsNumeric()) return NotFound("not a number");
  ResolvedScalar resolved;
  resolved.kernel = VisitPhysical(type.physical(), []<typename T>(std::type_identity<T>) {
    return Unary<T, T>([](T x) { return x; });
  });
  resolved.arg_types = {type};
  resolved.result_type = type;
  return resolved;
}

}  // namespace

void RegisterArithmetic(Registry* registry) {
  const std::string pair = "(number, number) → number";
  AddRow(registry,
         FunctionRow("arithmetic", "+", {"plus"}, pair, "The sum; too large a result is an error.",
                     "2 + 3", "5"),
         &ResolveBinary<AddInteger, AddFloat, DecimalOperation::kAdd>);
  AddRow(registry,
         FunctionRow("arithmetic", "-", {"minus"}, pair,
                     "The difference; too large a result is an error.", "2 - 3", "-1"),
         &ResolveBinary<SubtractInteger, SubtractFloat, DecimalOperation::kSubtract>);
  AddRow(registry,
         FunctionRow("arithmetic", "*", {"multiply"}, pair,
                     "The product; of two DECIMALs it has the digits after the point of both.",
                     "1.5 * 0.25", "0.375"),
         &ResolveBinary<MultiplyInteger, MultiplyFloat, DecimalOperation::kMultiply>);
  AddRow(
      registry,
      FunctionRow("arithmetic", "/", {"divide"}, pair,
                  "The quotient; of two integers cut towards zero, division by zero is an error.",
                  "7 / 2", "3"),
      &ResolveBinary<DivideInteger, DivideFloat, DecimalOperation::kDivide>);
  AddRow(registry,
         FunctionRow("arithmetic", "%", {"mod", "modulo"}, pair,
                     "The rest of a division, with the sign of the left side.", "-7 % 3", "-1"),
         &ResolveBinary<ModuloInteger, ModuloFloat, DecimalOperation::kModulo>);
  AddRow(registry,
         FunctionRow("arithmetic", "-", {"negate"}, "(number) → number",
                     "The number with the other sign.", "- 5", "-5"),
         &ResolveNegate);
  AddRow(registry,
         FunctionRow("arithmetic", "+", {}, "(number) → number", "The number itself.", "+ 5", "5"),
         &ResolvePlus);
}

}  // namespace shale
