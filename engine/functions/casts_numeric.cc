// Casts among numbers and BOOLEAN, with PostgreSQL's rounding: floats to integers half to even,
// decimals half away from zero.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>

#include "engine/functions/casts.h"
#include "engine/functions/kernels.h"
#include "engine/functions/value_format.h"

namespace shale {
namespace {

using cast_internal::ConvertRows;

Status TypeOutOfRange(const Type& to) {
  return OutOfRange("{} out of range", TypeNameInMessages(to));
}

Status DecimalOverflow(const Type& to) {
  return OutOfRange("numeric field overflow: {} holds absolute values less than 10^{}",
                    to.ToString(), to.precision() - to.scale());
}

// ---- integers and floats ----

// Any integer to any integer.
template <typename From, typename To>
inline bool IntegerToInteger(From x, To* out) {
  *out = static_cast<To>(x);
  constexpr bool kFits =
      std::cmp_less_equal(std::numeric_limits<To>::min(), std::numeric_limits<From>::min()) &&
      std::cmp_greater_equal(std::numeric_limits<To>::max(), std::numeric_limits<From>::max());
  if constexpr (kFits) return true;
  return static_cast<From>(*out) == x && ((*out < To{0}) == (x < From{0}));
}

template <typename From, typename To>
inline bool FloatToInteger(From x, To* out) {
  const double rounded = std::rint(static_cast<double>(x));
  // Both bounds are exact in double; the upper one is one past the largest value.
  constexpr double kLow = static_cast<double>(std::numeric_limits<To>::min());
  constexpr double kHigh =
      2.0 * static_cast<double>(uint64_t{1} << (std::numeric_limits<To>::digits - 1));
  const bool ok = rounded >= kLow && rounded < kHigh;
  *out = ok ? static_cast<To>(rounded) : To{0};
  return ok;
}

inline bool DoubleToReal(double x, float* out) {
  *out = static_cast<float>(x);
  return !((std::isinf(*out) && !std::isinf(x)) || (*out == 0 && x != 0));
}

template <bool kTry, typename From, typename To>
Status PlainCast(const KernelCall& call, Vector* result) {
  auto error = [&](From) { return TypeOutOfRange(result->type()); };
  if constexpr (std::is_floating_point_v<To>) {
    if constexpr (std::is_same_v<From, double> && std::is_same_v<To, float>) {
      return ConvertRows<kTry, From, To>(call, result, DoubleToReal, [](From x) {
        return OutOfRange("value out of range: {}", std::fabs(x) < 1 ? "underflow" : "overflow");
      });
    } else {
      return ConvertRows<kTry, From, To>(
          call, result,
          [](From x, To* out) {
            *out = static_cast<To>(x);
            return true;
          },
          error);
    }
  } else if constexpr (std::is_floating_point_v<From>) {
    return ConvertRows<kTry, From, To>(call, result, FloatToInteger<From, To>, error);
  } else {
    return ConvertRows<kTry, From, To>(call, result, IntegerToInteger<From, To>, error);
  }
}

// ---- decimals ----

// (x × 10^scale) as D, below 10^precision.
template <bool kTry, typename From, typename D>
Status IntegerToDecimal(const KernelCall& call, Vector* result) {
  const Type& to = result->type();
  const int128_t factor = PowerOfTen(to.scale());
  // Every |x| below this bound fits.
  const int128_t bound = PowerOfTen(to.precision() - to.scale());
  return ConvertRows<kTry, From, D>(
      call, result,
      [=](From x, D* out) {
        const int128_t wide = x;
        const bool ok = wide < bound && wide > -bound;
        *out = ok ? static_cast<D>(wide * factor) : D{0};
        return ok;
      },
      [&](From) { return DecimalOverflow(to); });
}

template <bool kTry, typename D, typename To>
Status DecimalToInteger(const KernelCall& call, Vector* result) {
  const int scale = call.args[0].type().scale();
  return ConvertRows<kTry, D, To>(
      call, result,
      [=](D x, To* out) {
        const int128_t rounded = RoundDecimal(x, scale);
        const bool ok =
            rounded >= std::numeric_limits<To>::min() && rounded <= std::numeric_limits<To>::max();
        *out = ok ? static_cast<To>(rounded) : To{0};
        return ok;
      },
      [&](D) { return TypeOutOfRange(result->type()); });
}

template <bool kTry, typename From, typename To>
Status DecimalToDecimal(const KernelCall& call, Vector* result) {
  const Type& to = result->type();
  const int shift = to.scale() - call.args[0].type().scale();
  const int128_t bound = PowerOfTen(to.precision());
  auto error = [&](From) { return DecimalOverflow(to); };
  if (shift >= 0) {
    const int128_t factor = PowerOfTen(shift);
    const int128_t limit = bound / factor;  // exact: both are powers of ten
    const bool always = PowerOfTen(call.args[0].type().precision()) <= limit;
    if (always && sizeof(From) == 8 && sizeof(To) == 8) {
      const auto narrow = static_cast<int64_t>(factor);
      return ConvertRows<kTry, From, To>(
          call, result,
          [=](From x, To* out) {
            *out = static_cast<To>(static_cast<uint64_t>(x) * static_cast<uint64_t>(narrow));
            return true;
          },
          error);
    }
    return ConvertRows<kTry, From, To>(
        call, result,
        [=](From x, To* out) {
          const int128_t wide = x;
          const bool ok = wide < limit && wide > -limit;
          *out = ok ? static_cast<To>(wide * factor) : To{0};
          return ok;
        },
        error);
  }
  return ConvertRows<kTry, From, To>(
      call, result,
      [=](From x, To* out) {
        const int128_t rounded = RoundDecimal(x, -shift);
        const bool ok = rounded < bound && rounded > -bound;
        *out = ok ? static_cast<To>(rounded) : To{0};
        return ok;
      },
      error);
}

// Through the digits that the float is good for (15 of a DOUBLE, 6 of a REAL), as PostgreSQL does:
// 0.1 becomes 0.1 and not 0.1000000000000000055.
template <bool kTry, typename F, typename D>
Status FloatToDecimal(const KernelCall& call, Vector* result) {
  const Type& to = result->type();
  return ConvertRows<kTry, F, D>(
      call, result,
      [&](F x, D* out) {
        *out = 0;
        if (!std::isfinite(x)) return false;
        char buffer[40];
        int n = std::snprintf(buffer, sizeof(buffer), "%.*g", std::is_same_v<F, double> ? 15 : 6,
                              static_cast<double>(x));
        int128_t value;
        if (ParseDecimal({buffer, static_cast<size_t>(n)}, to.precision(), to.scale(), &value) !=
            ParseOutcome::kOk) {
          return false;
        }
        *out = static_cast<D>(value);
        return true;
      },
      [&](F x) {
        if (std::isnan(x)) return OutOfRange("cannot convert NaN to {}", to.ToString());
        if (std::isinf(x)) return OutOfRange("cannot convert infinity to {}", to.ToString());
        return DecimalOverflow(to);
      });
}

template <bool kTry, typename D, typename F>
Status DecimalToFloat(const KernelCall& call, Vector* result) {
  const int scale = call.args[0].type().scale();
  const double divisor = static_cast<double>(PowerOfTen(std::min(scale, 22)));
  return ConvertRows<kTry, D, F>(
      call, result,
      [=](D x, F* out) {
        constexpr int64_t kExact = int64_t{1} << 53;
        if (x <= kExact && x >= -kExact && scale <= 22) [[likely]] {
          *out = static_cast<F>(static_cast<double>(x) / divisor);  // one rounding
        } else {
          std::string digits;
          AppendDecimal(x, scale, &digits);
          *out = static_cast<F>(std::strtod(digits.c_str(), nullptr));
        }
        return true;
      },
      [&](D) { return TypeOutOfRange(result->type()); });
}

// ---- BOOLEAN ----

template <bool kTry, typename To>
Status BooleanToInteger(const KernelCall& call, Vector* result) {
  return PlainCast<kTry, uint8_t, To>(call, result);
}

template <bool kTry, typename From>
Status IntegerToBoolean(const KernelCall& call, Vector* result) {
  return ConvertRows<kTry, From, uint8_t>(
      call, result,
      [](From x, uint8_t* out) {
        *out = x != 0;
        return true;
      },
      [](From) { return OkStatus(); });
}

// ---- choosing ----

template <typename F>
ScalarKernel VisitInteger(PhysicalType type, F visit) {
  switch (type) {
    case PhysicalType::kInt8: return visit(int8_t{});
    case PhysicalType::kInt16: return visit(int16_t{});
    case PhysicalType::kInt32: return visit(int32_t{});
    case PhysicalType::kInt64: return visit(int64_t{});
    case PhysicalType::kUInt8: return visit(uint8_t{});
    case PhysicalType::kUInt16: return visit(uint16_t{});
    case PhysicalType::kUInt32: return visit(uint32_t{});
    case PhysicalType::kUInt64: return visit(uint64_t{});
    default: return nullptr;
  }
}

template <typename F>
ScalarKernel VisitPlain(PhysicalType type, F visit) {
  if (type == PhysicalType::kFloat) return visit(float{});
  if (type == PhysicalType::kDouble) return visit(double{});
  return VisitInteger(type, visit);
}

template <bool kTry>
ScalarKernel Choose(const Type& from, const Type& to) {
  const PhysicalType from_physical = from.physical(), to_physical = to.physical();
  const bool from_decimal = from.id() == TypeId::kDecimal, to_decimal = to.id() == TypeId::kDecimal;
  const bool from_wide = from_physical == PhysicalType::kInt128;
  const bool to_wide = to_physical == PhysicalType::kInt128;
  if (from.id() == TypeId::kBoolean && to.IsInteger()) {
    return VisitInteger(
        to_physical, [](auto t) -> ScalarKernel { return &BooleanToInteger<kTry, decltype(t)>; });
  }
  if (to.id() == TypeId::kBoolean && from.IsInteger()) {
    return VisitInteger(
        from_physical, [](auto f) -> ScalarKernel { return &IntegerToBoolean<kTry, decltype(f)>; });
  }
  if (!from.IsNumeric() || !to.IsNumeric()) return nullptr;
  if (from_decimal && to_decimal) {
    if (from_wide) {
      return to_wide ? &DecimalToDecimal<kTry, int128_t, int128_t>
                     : &DecimalToDecimal<kTry, int128_t, int64_t>;
    }
    return to_wide ? &DecimalToDecimal<kTry, int64_t, int128_t>
                   : &DecimalToDecimal<kTry, int64_t, int64_t>;
  }
  if (to_decimal) {
    return VisitPlain(from_physical, [&](auto f) -> ScalarKernel {
      using From = decltype(f);
      if constexpr (std::is_floating_point_v<From>) {
        return to_wide ? &FloatToDecimal<kTry, From, int128_t>
                       : &FloatToDecimal<kTry, From, int64_t>;
      } else {
        return to_wide ? &IntegerToDecimal<kTry, From, int128_t>
                       : &IntegerToDecimal<kTry, From, int64_t>;
      }
    });
  }
  if (from_decimal) {
    return VisitPlain(to_physical, [&](auto t) -> ScalarKernel {
      using To = decltype(t);
      if constexpr (std::is_floating_point_v<To>) {
        return from_wide ? &DecimalToFloat<kTry, int128_t, To> : &DecimalToFloat<kTry, int64_t, To>;
      } else {
        return from_wide ? &DecimalToInteger<kTry, int128_t, To>
                         : &DecimalToInteger<kTry, int64_t, To>;
      }
    });
  }
  return VisitPlain(from_physical, [&](auto f) -> ScalarKernel {
    return VisitPlain(to_physical, [](auto t) -> ScalarKernel {
      return &PlainCast<kTry, decltype(f), decltype(t)>;
    });
  });
}

}  // namespace

ScalarKernel NumericCast(const Type& from, const Type& to, bool try_cast) {
  return try_cast ? Choose<true>(from, to) : Choose<false>(from, to);
}

}  // namespace shale
