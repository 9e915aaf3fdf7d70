// Mathematics over DOUBLE; rounding, abs and sign are in scalar_rounding.cc.
#include <atomic>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "engine/functions/families.h"
#include "engine/functions/function_row.h"
#include "engine/functions/kernels.h"
#include "engine/functions/rounding.h"
#include "engine/vector/hash.h"

namespace shale {
namespace {

Status InputOutOfRange() { return OutOfRange("input is out of range"); }
Status Overflow() { return OutOfRange("value out of range: overflow"); }
Status Underflow() { return OutOfRange("value out of range: underflow"); }

void AddDouble(Registry* registry, std::string name, std::vector<std::string> aliases,
               std::string summary, std::string example, std::string example_result,
               ScalarKernel kernel) {
  ScalarFunction row =
      FunctionRow("math", std::move(name), std::move(aliases), "(x DOUBLE) → DOUBLE",
                  std::move(summary), std::move(example), std::move(example_result));
  row.args = {TypeId::kDouble};
  row.result = TypeId::kDouble;
  row.kernel = kernel;
  registry->Add(std::move(row));
}

// A function whose domain is where `kOk` holds (NaN always passes through).
#define SHALE_DOMAIN_KERNEL(compute, ok)                   \
  CheckedUnary<double, double>(                            \
      [](double x, auto* failed) {                         \
        *failed |= static_cast<uint64_t>(!(ok) && x == x); \
        return compute;                                    \
      },                                                   \
      [](double) { return InputOutOfRange(); })

bool Finite(double x) { return std::fabs(x) <= std::numeric_limits<double>::max(); }

// ---- logarithms, roots, powers
// --------------------------------------------------------------------

template <typename F>
constexpr ScalarKernel Logarithm(F) {
  return CheckedUnary<double, double>(
      [](double x, auto* failed) {
        *failed |= static_cast<uint64_t>(x <= 0);
        return F{}(x);
      },
      [](double x) {
        return InvalidArgument("cannot take logarithm of {}",
                               x == 0 ? "zero" : "a negative number");
      });
}

Status PowerError(double base, double exponent) {
  if (base == 0 && exponent < 0) {
    return InvalidArgument("zero raised to a negative power is undefined");
  }
  if (base < 0 && std::floor(exponent) != exponent) {
    return InvalidArgument(
        "a negative number raised to a non-integer power yields a complex result");
  }
  return Overflow();
}

ScalarKernel PowerKernel() {
  return CheckedBinary<double, double, double>(
      [](double x, double y, auto* failed) {
        const double r = std::pow(x, y);
        const bool bad = (x == 0 && y < 0) ||
                         (x < 0 && Finite(x) && std::floor(y) != y && y == y) ||
                         ((!Finite(r) || (r == 0 && x != 0)) && Finite(x) && Finite(y));
        *failed |= static_cast<uint64_t>(bad);
        return r;
      },
      [](double x, double y) { return PowerError(x, y); });
}

// ---- whole numbers
// ---------------------------------------------------------------------------------

// Quotient cut to a whole number.
ScalarKernel DivKernel() {
  return CheckedBinary<int64_t, int64_t, int64_t>(
      [](int64_t a, int64_t b, auto* failed) {
        const bool bad = b == 0 || (a == INT64_MIN && b == -1);
        *failed |= static_cast<uint64_t>(bad);
        return a / (bad ? 1 : b);
      },
      [](int64_t, int64_t b) {
        return b == 0 ? InvalidArgument("division by zero") : OutOfRange("bigint out of range");
      });
}

uint64_t Magnitude(int64_t x) { return x < 0 ? ~static_cast<uint64_t>(x) + 1 : x; }

template <typename T>
Status WholeOutOfRange() {
  return OutOfRange("{} out of range", sizeof(T) == 4 ? "integer" : "bigint");
}

// T: int32_t or int64_t.
template <typename T>
ScalarKernel GcdKernel() {
  return CheckedBinary<T, T, T>(
      [](T a, T b, auto* failed) {
        const uint64_t g = std::gcd(Magnitude(a), Magnitude(b));
        *failed |= static_cast<std::remove_pointer_t<decltype(failed)>>(
            g > static_cast<uint64_t>(std::numeric_limits<T>::max()));
        return static_cast<T>(g);
      },
      [](T, T) { return WholeOutOfRange<T>(); });
}

template <typename T>
ScalarKernel LcmKernel() {
  return CheckedBinary<T, T, T>(
      [](T a, T b, auto* failed) {
        if (a == 0 || b == 0) return T{0};
        const uint128_t r =
            static_cast<uint128_t>(Magnitude(a) / std::gcd(Magnitude(a), Magnitude(b))) *
            Magnitude(b);
        *failed |= static_cast<std::remove_pointer_t<decltype(failed)>>(
            r > static_cast<uint128_t>(std::numeric_limits<T>::max()));
        return static_cast<T>(r);
      },
      [](T, T) { return WholeOutOfRange<T>(); });
}

ScalarKernel FactorialKernel() {
  return CheckedUnary<int64_t, int128_t>(
      [](int64_t n, auto* failed) {
        const bool bad = n < 0 || n > 33;  // 34! has 39 digits
        *failed |= static_cast<std::remove_pointer_t<decltype(failed)>>(bad);
        int128_t r = 1;
        for (int64_t i = 2; i <= (bad ? 0 : n); ++i) r *= i;
        return r;
      },
      [](int64_t n) {
        return n < 0 ? InvalidArgument("factorial of a negative number is undefined")
                     : OutOfRange("factorial of {} does not fit DECIMAL(38,0); at most 33", n);
      });
}

// Which of `count` equal buckets of [low, high) holds x: 0 below, count + 1 above.
Status WidthBucket(const KernelCall& call, Vector* result) {
  const Arg<double> x(call.args[0]), low(call.args[1]), high(call.args[2]);
  const Arg<int32_t> count(call.args[3]);
  auto* out = result->mutable_values<int32_t>();
  Status status;
  WhileValid(result->validity(), call.num_rows, [&](size_t row) {
    const double a = low[row], b = high[row], v = x[row];
    const int32_t n = count[row];
    if (n <= 0) {
      status = InvalidArgument("count must be greater than zero");
    } else if (!Finite(a) || !Finite(b) || v != v) {
      status = InvalidArgument("operand, lower bound, and upper bound cannot be NaN or infinite");
    } else if (a == b) {
      status = InvalidArgument("lower bound cannot equal upper bound");
    } else {
      const bool up = a < b;
      if (up ? v < a : v > a) {
        out[row] = 0;
      } else if (up ? v >= b : v <= b) {
        if (n == INT32_MAX) status = OutOfRange("integer out of range");
        out[row] = n + (n < INT32_MAX);
      } else {
        const double part = (v - a) / (b - a) * n;
        out[row] = std::min(static_cast<int32_t>(part), n - 1) + 1;
      }
    }
    return status.ok();
  });
  return status;
}

// ---- random
// ----------------------------------------------------------------------------------------

// Numbers of one statement and expression node: a counter hashed with the statement's seed.
struct RandomState : ScalarState {
  uint64_t seed = 0;
  uint64_t next = 0;
};

StatusOr<std::unique_ptr<ScalarState>> PrepareRandom(const FunctionContext& context,
                                                     std::span<const Value* const>) {
  auto state = std::make_unique<RandomState>();
  // Each node starts elsewhere, so that random() <> random(); counted, not drawn, so that a
  // simulated run repeats.
  static std::atomic<uint64_t> num_states{0};
  state->seed = HashCombine(context.random_seed, num_states.fetch_add(1));
  return state;
}

Status RandomKernel(const KernelCall& call, Vector* result) {
  auto& state = static_cast<RandomState&>(*call.state);
  auto* out = result->mutable_values<double>();
  for (size_t row = 0; row < call.num_rows; ++row) {
    const uint64_t word = HashInt(state.seed + 0x9e3779b97f4a7c15u * ++state.next);
    out[row] = static_cast<double>(word >> 11) * 0x1p-53;  // [0, 1)
  }
  return OkStatus();
}

// RFC 9562, version 4: 122 random bits.
Status RandomUuidKernel(const KernelCall& call, Vector* result) {
  auto& state = static_cast<RandomState&>(*call.state);
  auto* out = result->mutable_values<int128_t>();
  const auto word = [&] { return HashInt(state.seed + 0x9e3779b97f4a7c15u * ++state.next); };
  for (size_t row = 0; row < call.num_rows; ++row) {
    const uint64_t high = (word() & ~uint64_t{0xf000}) | 0x4000;
    const uint64_t low = (word() & ~(uint64_t{3} << 62)) | uint64_t{1} << 63;
    // Stored with the highest bit turned over, so that signed order is the order of UUIDs.
    out[row] = static_cast<int128_t>(static_cast<uint128_t>(high ^ uint64_t{1} << 63) << 64 | low);
  }
  return OkStatus();
}

// ---- angles in degrees
// --------------------------------------------------------------------------- As PostgreSQL's:
// scaled by the computed value at 30, 45 or 60 degrees, so that those come out exact.

constexpr double kDegree = std::numbers::pi / 180;

double SineToThirty(double x) { return std::sin(x * kDegree) / std::sin(30 * kDegree) / 2; }
double CosineToSixty(double x) {
  return 1 - (1 - std::cos(x * kDegree)) / (1 - std::cos(60 * kDegree)) / 2;
}
double SineOfQuarter(double x) { return x <= 30 ? SineToThirty(x) : CosineToSixty(90 - x); }
double CosineOfQuarter(double x) { return x <= 60 ? CosineToSixty(x) : SineToThirty(90 - x); }

double SineOfDegrees(double x) {
  x = std::fmod(x, 360);
  double sign = 1;
  if (x < 0) {
    x = -x;
    sign = -sign;
  }
  if (x > 180) {
    x = 360 - x;
    sign = -sign;
  }
  return sign * SineOfQuarter(x > 90 ? 180 - x : x);
}
double CosineOfDegrees(double x) {
  x = std::fabs(std::fmod(x, 360));
  if (x > 180) x = 360 - x;
  return x > 90 ? -CosineOfQuarter(180 - x) : CosineOfQuarter(x);
}
double TangentOfDegrees(double x) {
  x = std::fmod(x, 360);
  double sign = 1;
  if (x < 0) {
    x = -x;
    sign = -sign;
  }
  if (x > 180) {
    x = 360 - x;
    sign = -sign;
  }
  if (x > 90) {
    x = 180 - x;
    sign = -sign;
  }
  const double of_45 = SineOfQuarter(45) / CosineOfQuarter(45);
  return sign * (SineOfQuarter(x) / CosineOfQuarter(x)) / of_45;
}
double CotangentOfDegrees(double x) { return TangentOfDegrees(90 - x); }
double DegreesOfPositiveSine(double x) {
  return x <= 0.5 ? std::asin(x) / std::asin(0.5) * 30 : 90 - std::acos(x) / std::acos(0.5) * 60;
}
double DegreesOfSine(double x) {
  return x >= 0 ? DegreesOfPositiveSine(x) : -DegreesOfPositiveSine(-x);
}
double DegreesOfPositiveCosine(double x) {
  return x <= 0.5 ? 90 - std::asin(x) / std::asin(0.5) * 30 : std::acos(x) / std::acos(0.5) * 60;
}
double DegreesOfCosine(double x) {
  return x >= 0 ? DegreesOfPositiveCosine(x) : 90 + DegreesOfPositiveSine(-x);
}
double DegreesOfTangent(double x) { return std::atan(x) / std::atan(1.0) * 45; }

void AddDegrees(Registry* registry) {
  AddDouble(registry, "sind", {}, "The sine of an angle in degrees.", "sind(30)", "0.5",
            SHALE_DOMAIN_KERNEL(SineOfDegrees(x), Finite(x)));
  AddDouble(registry, "cosd", {}, "The cosine of an angle in degrees.", "cosd(60)", "0.5",
            SHALE_DOMAIN_KERNEL(CosineOfDegrees(x), Finite(x)));
  AddDouble(registry, "tand", {}, "The tangent of an angle in degrees.", "tand(45)", "1",
            SHALE_DOMAIN_KERNEL(TangentOfDegrees(x), Finite(x)));
  AddDouble(registry, "cotd", {}, "The cotangent of an angle in degrees.", "cotd(45)", "1",
            SHALE_DOMAIN_KERNEL(CotangentOfDegrees(x), Finite(x)));
  AddDouble(registry, "asind", {}, "The angle, in degrees, of a sine.", "asind(0.5)", "30",
            SHALE_DOMAIN_KERNEL(DegreesOfSine(x), std::fabs(x) <= 1));
  AddDouble(registry, "acosd", {}, "The angle, in degrees, of a cosine.", "acosd(0.5)", "60",
            SHALE_DOMAIN_KERNEL(DegreesOfCosine(x), std::fabs(x) <= 1));
  AddDouble(registry, "atand", {}, "The angle, in degrees, of a tangent.", "atand(1)", "45",
            Unary<double, double>([](double x) { return DegreesOfTangent(x); }));
  ScalarFunction row =
      FunctionRow("math", "atan2d", {}, "(y DOUBLE, x DOUBLE) → DOUBLE",
                  "The angle of the point (x, y), in degrees.", "atan2d(1, 1)", "45");
  row.args = {TypeId::kDouble, TypeId::kDouble};
  row.result = TypeId::kDouble;
  row.kernel = Binary<double, double, double>(
      [](double y, double x) { return std::atan2(y, x) / std::atan(1.0) * 45; });
  registry->Add(std::move(row));
}

// ---- whole quotients and digits of decimals
// ------------------------------------------------------

// Both sides as DECIMAL of one scale, so that the quotient needs none.
StatusOr<ResolvedScalar> ResolveDivDecimal(std::span<const ArgumentType> args) {
  if (args.size() != 2) return NotFound("div takes two arguments");
  int scale = 0, whole = 0;
  bool decimal = false;
  for (const ArgumentType& arg : args) {
    if (arg.untyped_literal) return NotFound("div takes numbers");
    if (arg.type.id() == TypeId::kDecimal) {
      decimal = true;
      scale = std::max(scale, arg.type.scale());
      whole = std::max(whole, arg.type.precision() - arg.type.scale());
    } else if (arg.type.IsInteger()) {
      whole = std::max(whole, 20);
    } else {
      return NotFound("div takes whole numbers and DECIMAL");
    }
  }
  if (!decimal) return NotFound("div of integers");
  ResolvedScalar resolved;
  const Type common =
      Type::Decimal(kMaxDecimalPrecision, std::min(scale, kMaxDecimalPrecision - whole));
  resolved.arg_types = {common, common};
  resolved.result_type = Type::Decimal(kMaxDecimalPrecision, 0);
  resolved.kernel = CheckedBinary<int128_t, int128_t, int128_t>(
      [](int128_t a, int128_t b, auto* failed) {
        *failed |= b == 0;
        return b == 0 ? 0 : a / b;
      },
      [](int128_t, int128_t) { return InvalidArgument("division by zero"); });
  return resolved;
}

template <bool kLeast>
StatusOr<ResolvedScalar> ResolveScale(std::span<const ArgumentType> args) {
  if (args.size() != 1 || args[0].untyped_literal) return NotFound("scale takes a number");
  const Type& type = args[0].type;
  if (type.id() != TypeId::kDecimal && !type.IsInteger()) return NotFound("scale takes a DECIMAL");
  ResolvedScalar resolved;
  resolved.arg_types = {type.id() == TypeId::kDecimal
                            ? Type::Decimal(kMaxDecimalPrecision, type.scale())
                            : Type::Decimal(kMaxDecimalPrecision, 0)};
  resolved.result_type = TypeId::kInteger;
  resolved.kernel = [](const KernelCall& call, Vector* result) {
    const Arg<int128_t> in(call.args[0]);
    const int scale = call.args[0].type().scale();
    int32_t* const out = result->mutable_values<int32_t>();
    WhileValid(result->validity(), call.num_rows, [&](size_t row) {
      out[row] = scale;
      int128_t value = in[row];
      for (; kLeast && out[row] > 0 && value % 10 == 0; value /= 10) --out[row];
      return true;
    });
    return OkStatus();
  };
  return resolved;
}

}  // namespace

void RegisterMath(Registry* registry) {
  RegisterRounding(registry);
  AddDegrees(registry);
  AddRow(registry,
         FunctionRow("math", "div", {}, "(a DECIMAL, b DECIMAL) → DECIMAL(38,0)",
                     "The quotient cut to a whole number.", "div(9.5, 2)", "4"),
         &ResolveDivDecimal);
  AddRow(registry,
         FunctionRow("math", "scale", {}, "(x DECIMAL) → INTEGER",
                     "The digits after the point that its type has.", "scale(8.410)", "3"),
         &ResolveScale<false>);
  AddRow(registry,
         FunctionRow("math", "min_scale", {}, "(x DECIMAL) → INTEGER",
                     "The digits after the point that it needs.", "min_scale(8.410)", "2"),
         &ResolveScale<true>);
  AddDouble(
      registry, "sqrt", {"|/"}, "The square root.", "sqrt(2)", "1.4142135623730951",
      CheckedUnary<double, double>(
          [](double x, auto* failed) {
            *failed |= static_cast<uint64_t>(x < 0);
            return std::sqrt(x);
          },
          [](double) { return InvalidArgument("cannot take square root of a negative number"); }));
  AddDouble(registry, "cbrt", {"||/"}, "The cube root.", "cbrt(27)", "3",
            Unary<double, double>([](double x) {
              // The C library's may be one unit off; a Newton step makes cubes come out exact.
              const double root = std::cbrt(x);
              if (root == 0 || !std::isfinite(root)) return root;
              return root - (root * root * root - x) / (3 * root * root);
            }));
  AddDouble(registry, "exp", {}, "e raised to the power x.", "exp(1)", "2.718281828459045",
            CheckedUnary<double, double>(
                [](double x, auto* failed) {
                  const double r = std::exp(x);
                  *failed |= static_cast<uint64_t>((!Finite(r) || r == 0) && Finite(x));
                  return r;
                },
                [](double x) { return x > 0 ? Overflow() : Underflow(); }));
  AddDouble(registry, "ln", {}, "The natural logarithm.", "ln(2)", "0.6931471805599453",
            Logarithm([](double x) { return std::log(x); }));
  AddDouble(registry, "log10", {"log"}, "The logarithm to base 10.", "log10(1000)", "3",
            Logarithm([](double x) { return std::log10(x); }));
  AddDouble(registry, "log2", {}, "The logarithm to base 2.", "log2(8)", "3",
            Logarithm([](double x) { return std::log2(x); }));
  {
    ScalarFunction row = FunctionRow("math", "log", {}, "(base DOUBLE, x DOUBLE) → DOUBLE",
                                     "The logarithm of x to a base.", "log(2, 64)", "6");
    row.args = {TypeId::kDouble, TypeId::kDouble};
    row.result = TypeId::kDouble;
    row.kernel = CheckedBinary<double, double, double>(
        [](double b, double x, auto* failed) {
          *failed |= static_cast<uint64_t>(b <= 0 || x <= 0 || b == 1);
          return b == 2 ? std::log2(x) : b == 10 ? std::log10(x) : std::log(x) / std::log(b);
        },
        [](double b, double x) {
          if (b == 1 && x > 0) return InvalidArgument("division by zero");
          const bool zero = b <= 0 ? b == 0 : x == 0;
          return InvalidArgument("cannot take logarithm of {}",
                                 zero ? "zero" : "a negative number");
        });
    registry->Add(std::move(row));
  }
  {
    ScalarFunction row = FunctionRow("math", "power", {"pow", "^"}, "(x DOUBLE, y DOUBLE) → DOUBLE",
                                     "x raised to the power y; x ^ y too.", "power(2, 10)", "1024");
    row.args = {TypeId::kDouble, TypeId::kDouble};
    row.result = TypeId::kDouble;
    row.kernel = PowerKernel();
    registry->Add(std::move(row));
  }

  AddDouble(registry, "sin", {}, "The sine of an angle in radians.", "sin(0)", "0",
            SHALE_DOMAIN_KERNEL(std::sin(x), Finite(x)));
  AddDouble(registry, "cos", {}, "The cosine of an angle in radians.", "cos(0)", "1",
            SHALE_DOMAIN_KERNEL(std::cos(x), Finite(x)));
  AddDouble(registry, "tan", {}, "The tangent of an angle in radians.", "tan(0)", "0",
            SHALE_DOMAIN_KERNEL(std::tan(x), Finite(x)));
  AddDouble(registry, "cot", {}, "The cotangent of an angle in radians.", "cot(1)",
            "0.6420926159343306", SHALE_DOMAIN_KERNEL(1 / std::tan(x), Finite(x)));
  AddDouble(registry, "asin", {}, "The angle, in radians, of a sine.", "asin(1)",
            "1.5707963267948966", SHALE_DOMAIN_KERNEL(std::asin(x), std::fabs(x) <= 1));
  AddDouble(registry, "acos", {}, "The angle, in radians, of a cosine.", "acos(1)", "0",
            SHALE_DOMAIN_KERNEL(std::acos(x), std::fabs(x) <= 1));
  AddDouble(registry, "atan", {}, "The angle, in radians, of a tangent.", "atan(1)",
            "0.7853981633974483", Unary<double, double>([](double x) { return std::atan(x); }));
  AddDouble(registry, "sinh", {}, "The hyperbolic sine.", "sinh(0)", "0",
            Unary<double, double>([](double x) { return std::sinh(x); }));
  AddDouble(registry, "cosh", {}, "The hyperbolic cosine.", "cosh(0)", "1",
            Unary<double, double>([](double x) { return std::cosh(x); }));
  AddDouble(registry, "tanh", {}, "The hyperbolic tangent.", "tanh(0)", "0",
            Unary<double, double>([](double x) { return std::tanh(x); }));
  AddDouble(registry, "asinh", {}, "The inverse hyperbolic sine.", "asinh(0)", "0",
            Unary<double, double>([](double x) { return std::asinh(x); }));
  AddDouble(registry, "acosh", {}, "The inverse hyperbolic cosine.", "acosh(1)", "0",
            SHALE_DOMAIN_KERNEL(std::acosh(x), x >= 1));
  AddDouble(registry, "atanh", {}, "The inverse hyperbolic tangent.", "atanh(0)", "0",
            SHALE_DOMAIN_KERNEL(std::atanh(x), std::fabs(x) <= 1));
  AddDouble(registry, "degrees", {}, "Radians as degrees.", "degrees(pi())", "180",
            Unary<double, double>([](double x) { return x * (180 / std::numbers::pi); }));
  AddDouble(registry, "radians", {}, "Degrees as radians.", "radians(180)", "3.141592653589793",
            Unary<double, double>([](double x) { return x * (std::numbers::pi / 180); }));
  {
    ScalarFunction row = FunctionRow("math", "atan2", {}, "(y DOUBLE, x DOUBLE) → DOUBLE",
                                     "The angle of the point (x, y), in radians.", "atan2(1, 1)",
                                     "0.7853981633974483");
    row.args = {TypeId::kDouble, TypeId::kDouble};
    row.result = TypeId::kDouble;
    row.kernel =
        Binary<double, double, double>([](double y, double x) { return std::atan2(y, x); });
    registry->Add(std::move(row));
  }
  {
    ScalarFunction row =
        FunctionRow("math", "pi", {}, "() → DOUBLE", "The ratio of a circle's round to its width.",
                    "pi()", "3.141592653589793");
    row.result = TypeId::kDouble;
    row.kernel = [](const KernelCall& call, Vector* result) {
      std::fill_n(result->mutable_values<double>(), call.num_rows, std::numbers::pi);
      return OkStatus();
    };
    registry->Add(std::move(row));
  }
  for (bool nan : {true, false}) {
    ScalarFunction row =
        nan ? FunctionRow("math", "isnan", {"is_nan"}, "(x DOUBLE) → BOOLEAN", "Whether x is NaN.",
                          "isnan(DOUBLE 'NaN')", "t")
            : FunctionRow("math", "isfinite", {"is_finite"}, "(x DOUBLE) → BOOLEAN",
                          "Whether x is neither NaN nor infinite.", "isfinite(DOUBLE '1')", "t");
    row.args = {TypeId::kDouble};
    row.result = TypeId::kBoolean;
    row.kernel = nan ? Unary<double, uint8_t>([](double x) { return x != x; })
                     : Unary<double, uint8_t>([](double x) { return Finite(x); });
    registry->Add(std::move(row));
  }

  {
    ScalarFunction row = FunctionRow("math", "div", {"intDiv"}, "(a BIGINT, b BIGINT) → BIGINT",
                                     "The quotient cut to a whole number.", "div(9, 4)", "2");
    row.args = {TypeId::kBigInt, TypeId::kBigInt};
    row.result = TypeId::kBigInt;
    row.kernel = DivKernel();
    registry->Add(std::move(row));
  }
  for (const TypeId type : {TypeId::kInteger, TypeId::kBigInt}) {
    const bool is_integer = type == TypeId::kInteger;
    const std::string signature =
        is_integer ? "(a INTEGER, b INTEGER) → INTEGER" : "(a BIGINT, b BIGINT) → BIGINT";
    ScalarFunction row = FunctionRow("math", "gcd", {}, signature, "The greatest common divisor.",
                                     "gcd(1071, 462)", "21");
    row.args = {type, type};
    row.result = type;
    row.kernel = is_integer ? GcdKernel<int32_t>() : GcdKernel<int64_t>();
    registry->Add(std::move(row));
    row = FunctionRow("math", "lcm", {}, signature, "The least common multiple.", "lcm(1071, 462)",
                      "23562");
    row.args = {type, type};
    row.result = type;
    row.kernel = is_integer ? LcmKernel<int32_t>() : LcmKernel<int64_t>();
    registry->Add(std::move(row));
  }
  {
    ScalarFunction row = FunctionRow("math", "factorial", {}, "(n BIGINT) → DECIMAL(38,0)",
                                     "The product of 1 to n.", "factorial(5)", "120");
    row.args = {TypeId::kBigInt};
    row.result = Type::Decimal(kMaxDecimalPrecision, 0);
    row.kernel = FactorialKernel();
    registry->Add(std::move(row));
  }
  {
    ScalarFunction row = FunctionRow(
        "math", "width_bucket", {}, "(x DOUBLE, low DOUBLE, high DOUBLE, count INTEGER) → INTEGER",
        "Which of count equal buckets from low to high holds x: 0 below, count + 1 above.",
        "width_bucket(5.35, 0.024, 10.06, 5)", "3");
    row.args = {TypeId::kDouble, TypeId::kDouble, TypeId::kDouble, TypeId::kInteger};
    row.result = TypeId::kInteger;
    row.kernel = &WidthBucket;
    registry->Add(std::move(row));
  }
  {
    ScalarFunction row =
        FunctionRow("math", "random", {"rand"}, "() → DOUBLE",
                    "A random number from 0 to below 1, a new one each row.", "random() < 1", "t");
    row.volatility = Volatility::kVolatile;
    row.result = TypeId::kDouble;
    row.kernel = &RandomKernel;
    row.prepare = &PrepareRandom;
    registry->Add(std::move(row));
  }
  {
    ScalarFunction row = FunctionRow("math", "gen_random_uuid", {"generateUUIDv4", "uuid"},
                                     "() → UUID", "A random UUID (version 4), a new one each row.",
                                     "gen_random_uuid() IS NOT NULL", "t");
    row.volatility = Volatility::kVolatile;
    row.result = TypeId::kUuid;
    row.kernel = &RandomUuidKernel;
    row.prepare = &PrepareRandom;
    registry->Add(std::move(row));
  }
}

}  // namespace shale
