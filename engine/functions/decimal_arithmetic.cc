#include "engine/functions/decimal_arithmetic.h"

#include <algorithm>

#include "engine/functions/kernels.h"
#include "engine/functions/value_format.h"

namespace shale {
namespace {

// Digits of an argument as a DECIMAL.
struct Digits {
  int whole;
  int scale;
};

Digits DigitsOf(const Type& type) {
  switch (type.id()) {
    case TypeId::kDecimal: return {type.precision() - type.scale(), type.scale()};
    case TypeId::kTinyInt:
    case TypeId::kUTinyInt: return {3, 0};
    case TypeId::kSmallInt:
    case TypeId::kUSmallInt: return {5, 0};
    case TypeId::kInteger:
    case TypeId::kUInteger: return {10, 0};
    case TypeId::kUBigInt: return {20, 0};
    default: return {19, 0};
  }
}

Type Capped(int whole, int scale) {
  return Type::Decimal(std::clamp(whole + scale, std::max(1, scale), kMaxDecimalPrecision), scale);
}

Status Overflow(const Type& type) {
  return OutOfRange("numeric field overflow: the result does not fit {}", type.ToString());
}
Status DivisionByZero() { return InvalidArgument("division by zero"); }

// run(a, b, &out) false: overflow. Rows under NULL are computed too and their failures ignored.
template <typename T, typename F>
Status CheckedRows(const KernelCall& call, Vector* result, bool zero_is_error, F run) {
  const Arg<T> a(call.args[0]), b(call.args[1]);
  T* out = result->mutable_values<T>();
  uint8_t bad = 0;
  for (size_t row = 0; row < call.num_rows; ++row) {
    const T y = b[row];
    const bool zero = zero_is_error && y == 0;
    bad |= zero;
    bad |= !run(a[row], zero ? T{1} : y, &out[row]);
  }
  if (bad == 0) [[likely]] return OkStatus();
  Status status;
  WhileValid(result->validity(), call.num_rows, [&](size_t row) {
    T ignored;
    if (zero_is_error && b[row] == 0) {
      status = DivisionByZero();
    } else if (!run(a[row], b[row], &ignored)) {
      status = Overflow(result->type());
    }
    return status.ok();
  });
  return status;
}

template <typename T>
bool Within(T value, T bound) {
  return value < bound && value > -bound;
}

// Arguments have the result's scale.
template <typename T, bool kSubtract>
Status AddKernel(const KernelCall& call, Vector* result) {
  const Type& type = result->type();
  const auto& a = call.args[0].type();
  // One more digit than the arguments: nothing can go wrong.
  if (type.precision() > a.precision()) {
    kernel_internal::Loop<T, T>(call.args[0], call.args[1], call.num_rows,
                                result->mutable_values<T>(),
                                [](T x, T y) { return kSubtract ? x - y : x + y; });
    return OkStatus();
  }
  const T bound = static_cast<T>(PowerOfTen(type.precision()));
  return CheckedRows<T>(call, result, false, [=](T x, T y, T* out) {
    *out = kSubtract ? x - y : x + y;  // below 2 × 10^38: no wrap
    return Within(*out, bound);
  });
}

template <typename T>
Status MultiplyKernel(const KernelCall& call, Vector* result) {
  const Type& type = result->type();
  if constexpr (sizeof(T) == 8) {  // at most 18 digits by construction
    kernel_internal::Loop<T, T>(call.args[0], call.args[1], call.num_rows,
                                result->mutable_values<T>(), [](T x, T y) {
                                  return static_cast<T>(static_cast<uint64_t>(x) *
                                                        static_cast<uint64_t>(y));
                                });
    return OkStatus();
  } else {
    const T bound = static_cast<T>(PowerOfTen(type.precision()));
    return CheckedRows<T>(call, result, false, [=](T x, T y, T* out) {
      return !__builtin_mul_overflow(x, y, out) && Within(*out, bound);
    });
  }
}

Status DivideKernel(const KernelCall& call, Vector* result) {
  const Type& type = result->type();
  const int digits = type.scale() - call.args[0].type().scale() + call.args[1].type().scale();
  const int128_t bound = PowerOfTen(type.precision());
  return CheckedRows<int128_t>(call, result, true, [=](int128_t x, int128_t y, int128_t* out) {
    return DivideScaled(x, digits, y, out) && Within(*out, bound);
  });
}

Status DivideWideIntegers(const KernelCall& call, Vector* result) {
  return CheckedRows<int128_t>(call, result, true, [](int128_t x, int128_t y, int128_t* out) {
    *out = x / y;
    return true;
  });
}

template <typename T>
Status ModuloKernel(const KernelCall& call, Vector* result) {
  return CheckedRows<T>(call, result, true, [](T x, T y, T* out) {
    *out = y == -1 ? 0 : x % y;
    return true;
  });
}

}  // namespace

bool DivideScaled(int128_t numerator, int digits, int128_t denominator, int128_t* out) {
  const bool negative = (numerator < 0) != (denominator < 0);
  auto magnitude = [](int128_t x) {
    return x < 0 ? ~static_cast<uint128_t>(x) + 1 : static_cast<uint128_t>(x);
  };
  const uint128_t divisor = magnitude(denominator);
  uint128_t quotient, rest;
  uint128_t scaled;
  const uint128_t n = magnitude(numerator);
  if (digits <= 38 && !__builtin_mul_overflow(n, static_cast<uint128_t>(PowerOfTen(digits)),
                                              &scaled)) {
    quotient = scaled / divisor;
    rest = scaled % divisor;
  } else {
    // Digit by digit: ten additions of the rest, counting how often the divisor goes in.
    quotient = n / divisor;
    rest = n % divisor;
    const uint128_t limit = static_cast<uint128_t>(PowerOfTen(38));
    for (int i = 0; i < digits; ++i) {
      uint128_t sum = 0;
      unsigned digit = 0;
      for (int k = 0; k < 10; ++k) {
        sum += rest;
        if (sum >= divisor) {
          sum -= divisor;
          ++digit;
        }
      }
      rest = sum;
      quotient = quotient * 10 + digit;
      if (quotient >= limit) return false;
    }
  }
  if (rest >= divisor - rest) ++quotient;
  if (quotient >= static_cast<uint128_t>(PowerOfTen(38))) return false;
  *out = negative ? -static_cast<int128_t>(quotient) : static_cast<int128_t>(quotient);
  return true;
}

ResolvedScalar ResolveWideInteger(DecimalOperation operation) {
  const Type type = Type::Decimal(kMaxDecimalPrecision, 0);
  ResolvedScalar resolved;
  resolved.arg_types = {type, type};
  resolved.result_type = type;
  switch (operation) {
    case DecimalOperation::kAdd: resolved.kernel = &AddKernel<int128_t, false>; break;
    case DecimalOperation::kSubtract: resolved.kernel = &AddKernel<int128_t, true>; break;
    case DecimalOperation::kMultiply: resolved.kernel = &MultiplyKernel<int128_t>; break;
    case DecimalOperation::kDivide: resolved.kernel = &DivideWideIntegers; break;
    case DecimalOperation::kModulo: resolved.kernel = &ModuloKernel<int128_t>; break;
  }
  return resolved;
}

StatusOr<ResolvedScalar> ResolveDecimal(DecimalOperation operation, const Type& a, const Type& b) {
  const Digits x = DigitsOf(a), y = DigitsOf(b);
  ResolvedScalar resolved;
  switch (operation) {
    case DecimalOperation::kAdd:
    case DecimalOperation::kSubtract: {
      const int scale = std::max(x.scale, y.scale), whole = std::max(x.whole, y.whole);
      resolved.result_type = Capped(whole + 1, scale);
      const bool wide = resolved.result_type.physical() == PhysicalType::kInt128;
      // The arguments share the result's layout; one digit less where there is room.
      Type arg = Capped(whole, scale);
      if (wide && arg.physical() != PhysicalType::kInt128) arg = Type::Decimal(19, scale);
      if (wide && arg.precision() == 19 && resolved.result_type.precision() == 19) {
        resolved.result_type = Type::Decimal(20, scale);
      }
      resolved.arg_types = {arg, arg};
      if (operation == DecimalOperation::kAdd) {
        resolved.kernel = wide ? &AddKernel<int128_t, false> : &AddKernel<int64_t, false>;
      } else {
        resolved.kernel = wide ? &AddKernel<int128_t, true> : &AddKernel<int64_t, true>;
      }
      return resolved;
    }
    case DecimalOperation::kMultiply: {
      const int scale = x.scale + y.scale;
      if (scale > kMaxDecimalPrecision) {
        return InvalidArgument(
            "{} * {} would have {} digits after the point, more than the {} of a DECIMAL: cast one "
            "side to a smaller scale or to DOUBLE",
            a.ToString(), b.ToString(), scale, kMaxDecimalPrecision);
      }
      resolved.result_type = Capped(x.whole + y.whole, scale);
      const bool wide = resolved.result_type.physical() == PhysicalType::kInt128;
      if (wide) {
        resolved.arg_types = {Type::Decimal(kMaxDecimalPrecision, x.scale),
                              Type::Decimal(kMaxDecimalPrecision, y.scale)};
      } else {
        resolved.arg_types = {Capped(x.whole, x.scale), Capped(y.whole, y.scale)};
      }
      resolved.kernel = wide ? &MultiplyKernel<int128_t> : &MultiplyKernel<int64_t>;
      return resolved;
    }
    case DecimalOperation::kDivide: {
      const int scale = std::max({x.scale, y.scale, 6});
      resolved.result_type = Type::Decimal(kMaxDecimalPrecision, scale);
      resolved.arg_types = {Type::Decimal(kMaxDecimalPrecision, x.scale),
                            Type::Decimal(kMaxDecimalPrecision, y.scale)};
      resolved.kernel = &DivideKernel;
      return resolved;
    }
    case DecimalOperation::kModulo: {
      const int scale = std::max(x.scale, y.scale);
      resolved.result_type = Capped(std::max(x.whole, y.whole), scale);
      resolved.arg_types = {resolved.result_type, resolved.result_type};
      resolved.kernel = resolved.result_type.physical() == PhysicalType::kInt128
                            ? &ModuloKernel<int128_t>
                            : &ModuloKernel<int64_t>;
      return resolved;
    }
  }
  return NotFound("no such operation");
}

}  // namespace shale
