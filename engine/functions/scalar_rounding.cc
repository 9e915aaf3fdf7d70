// abs, sign, ceil, floor, round, trunc. A DOUBLE rounds half to even, a DECIMAL half away from
// zero, as in PostgreSQL; integers are whole already.
#include <algorithm>
#include <cmath>

#include "engine/functions/function_row.h"
#include "engine/functions/kernels.h"
#include "engine/functions/rounding.h"
#include "engine/functions/value_format.h"

namespace shale {
namespace {

using Args = std::span<const ArgumentType>;

// What the one numeric argument counts as; an untyped literal is a DOUBLE.
StatusOr<Type> NumberType(const ArgumentType& arg) {
  if (arg.untyped_literal || arg.type.id() == TypeId::kNull) return Type(TypeId::kDouble);
  if (!arg.type.IsNumeric()) return NotFound("not a number");
  return arg.type;
}

ResolvedScalar Resolved(ScalarKernel kernel, std::vector<Type> args, Type result) {
  ResolvedScalar resolved;
  resolved.kernel = kernel;
  resolved.arg_types = std::move(args);
  resolved.result_type = std::move(result);
  return resolved;
}

// ---- abs, sign
// --------------------------------------------------------------------------------------

template <typename T>
ScalarKernel AbsFor() {
  return CheckedUnary<T, T>(
      [](T x, auto* failed) {
        if constexpr (std::is_floating_point_v<T>) {
          return std::fabs(x);
        } else if constexpr (std::is_same_v<T, int128_t>) {
          return x < 0 ? -x : x;
        } else if constexpr (std::is_unsigned_v<T>) {
          return x;
        } else {
          using Failed = std::remove_pointer_t<decltype(failed)>;
          *failed |= static_cast<Failed>(x == std::numeric_limits<T>::min());
          using U = std::make_unsigned_t<T>;
          return x < 0 ? static_cast<T>(U{0} - static_cast<U>(x)) : x;
        }
      },
      [](T) {
        constexpr std::string_view kName = sizeof(T) == 1   ? "tinyint"
                                           : sizeof(T) == 2 ? "smallint"
                                           : sizeof(T) == 4 ? "integer"
                                                            : "bigint";
        return OutOfRange("{} out of range", kName);
      });
}

template <typename F>
ScalarKernel VisitNumber(PhysicalType type, F visit) {
  return VisitPhysical(type, [&]<typename T>(std::type_identity<T> t) -> ScalarKernel {
    if constexpr (std::is_same_v<T, Interval> || std::is_same_v<T, std::string_view>) {
      return nullptr;
    } else {
      return visit(t);
    }
  });
}

StatusOr<ResolvedScalar> ResolveAbs(Args args) {
  if (args.size() != 1) return NotFound("one argument");
  ASSIGN_OR_RETURN(Type type, NumberType(args[0]));
  ScalarKernel kernel =
      VisitNumber(type.physical(), []<typename T>(std::type_identity<T>) { return AbsFor<T>(); });
  return Resolved(kernel, {type}, type);
}

StatusOr<ResolvedScalar> ResolveSign(Args args) {
  if (args.size() != 1) return NotFound("one argument");
  ASSIGN_OR_RETURN(Type type, NumberType(args[0]));
  ScalarKernel kernel = VisitNumber(type.physical(), []<typename T>(std::type_identity<T>) {
    return Unary<T, T>([](T x) { return static_cast<T>((x > 0) - (x < 0)); });  // NaN: 0
  });
  if (type.id() == TypeId::kDecimal) {  // 1, not 1 × 10^-scale: a whole number
    const Type whole = Type::Decimal(type.precision(), 0);
    return Resolved(kernel, {type}, whole);
  }
  return Resolved(kernel, {type}, type);
}

// ---- ceil, floor, round, trunc of one argument
// --------------------------------------------------------

struct Ceil {
  template <typename T>
  static T OfFloat(T x) {
    return std::ceil(x);
  }
  static int128_t OfDecimal(int128_t x, int128_t unit) { return x / unit + (x % unit > 0); }
};
struct Floor {
  template <typename T>
  static T OfFloat(T x) {
    return std::floor(x);
  }
  static int128_t OfDecimal(int128_t x, int128_t unit) { return x / unit - (x % unit < 0); }
};
struct Round {
  template <typename T>
  static T OfFloat(T x) {
    return std::rint(x);
  }
  static int128_t OfDecimal(int128_t x, int128_t unit) {
    int128_t rest = x % unit;
    if (rest < 0) rest = -rest;
    return x / unit + (rest >= unit - rest ? (x < 0 ? -1 : 1) : 0);
  }
};
struct Trunc {
  template <typename T>
  static T OfFloat(T x) {
    return std::trunc(x);
  }
  static int128_t OfDecimal(int128_t x, int128_t unit) { return x / unit; }
};

template <typename Op, typename T, typename R>
Status WholeDecimal(const KernelCall& call, Vector* result) {
  const int128_t unit = PowerOfTen(call.args[0].type().scale());
  kernel_internal::Loop<T>(call.args[0], call.num_rows, result->mutable_values<R>(),
                           [=](T x) { return static_cast<R>(Op::OfDecimal(x, unit)); });
  return OkStatus();
}

template <typename Op>
StatusOr<ResolvedScalar> ResolveWhole(Args args) {
  if (args.size() != 1) return NotFound("one argument");
  ASSIGN_OR_RETURN(Type type, NumberType(args[0]));
  if (type.id() == TypeId::kReal) {
    return Resolved(Unary<float, float>([](float x) { return Op::OfFloat(x); }), {type}, type);
  }
  if (type.id() == TypeId::kDouble) {
    return Resolved(Unary<double, double>([](double x) { return Op::OfFloat(x); }), {type}, type);
  }
  if (type.IsInteger()) {
    return Resolved(VisitNumber(type.physical(),
                                []<typename T>(std::type_identity<T>) {
                                  return Unary<T, T>([](T x) { return x; });
                                }),
                    {type}, type);
  }
  // Rounding up may need one digit more.
  const int whole = std::min(type.precision() - type.scale() + 1, kMaxDecimalPrecision);
  const Type to = Type::Decimal(whole, 0);
  ScalarKernel kernel;
  if (type.physical() == PhysicalType::kInt64) {
    kernel = to.physical() == PhysicalType::kInt64 ? &WholeDecimal<Op, int64_t, int64_t>
                                                   : &WholeDecimal<Op, int64_t, int128_t>;
  } else {
    kernel = to.physical() == PhysicalType::kInt64 ? &WholeDecimal<Op, int128_t, int64_t>
                                                   : &WholeDecimal<Op, int128_t, int128_t>;
  }
  return Resolved(kernel, {type}, to);
}

// ---- round(x, digits), trunc(x, digits)
// ----------------------------------------------------------------

// Half away from zero, by the decimal digits that the number prints with: 2.675 to two places is
// 2.68 though its binary form lies a little below.
double RoundDouble(double x, int digits, bool truncate) {
  if (!std::isfinite(x) || digits > 22) return x;
  if (digits < -308) return 0;
  const double unit = std::pow(10.0, std::abs(digits));
  double scaled = digits >= 0 ? x * unit : x / unit;
  if (!std::isfinite(scaled)) return x;
  // What is within an ulp or two of a tie, or of a whole number, is one.
  const double near = truncate ? std::round(scaled) : std::round(scaled * 2) / 2;
  if (std::fabs(scaled - near) <= std::fabs(scaled) * 4e-16) scaled = near;
  const double whole = truncate ? std::trunc(scaled) : std::round(scaled);
  return digits >= 0 ? whole / unit : whole * unit;
}

template <bool kTruncate>
Status DoubleToDigits(const KernelCall& call, Vector* result) {
  const Arg<double> x(call.args[0]);
  const Arg<int32_t> digits(call.args[1]);
  auto* out = result->mutable_values<double>();
  for (size_t row = 0; row < call.num_rows; ++row) {
    out[row] = RoundDouble(x[row], digits[row], kTruncate);
  }
  return OkStatus();
}

// The value rounded to `digits` places, then at the result's scale.
template <bool kTruncate, typename T>
Status DecimalToDigits(const KernelCall& call, Vector* result) {
  const Arg<T> x(call.args[0]);
  const Arg<int32_t> digits(call.args[1]);
  const int from = call.args[0].type().scale();
  const Type& to = result->type();
  const int128_t bound = PowerOfTen(to.precision());
  Status status;
  const bool wide = to.physical() == PhysicalType::kInt128;
  WhileValid(result->validity(), call.num_rows, [&](size_t row) {
    int128_t value = x[row];
    const int drop = std::clamp(from - std::clamp(digits[row], -100, 100), 0, 39);
    if (drop > 38) {
      value = 0;
    } else if (drop > 0) {
      const int128_t unit = PowerOfTen(drop);
      value = kTruncate ? Trunc::OfDecimal(value, unit) : Round::OfDecimal(value, unit);
      // Back to the result's scale, from - drop places now.
      const int up = to.scale() - (from - drop);
      if (up > 38 || __builtin_mul_overflow(value, PowerOfTen(std::max(up, 0)), &value)) {
        value = bound;
      }
    }
    if (value >= bound || value <= -bound) {
      status = OutOfRange("numeric field overflow: the result does not fit {}", to.ToString());
      return false;
    }
    if (wide) {
      result->mutable_values<int128_t>()[row] = value;
    } else {
      result->mutable_values<int64_t>()[row] = static_cast<int64_t>(value);
    }
    return true;
  });
  return status;
}

template <bool kTruncate>
StatusOr<ResolvedScalar> ResolveDigits(Args args) {
  if (args.size() != 2) return NotFound("two arguments");
  ASSIGN_OR_RETURN(Type type, NumberType(args[0]));
  if (!ImplicitCastCost(args[1], TypeId::kInteger)) return NotFound("digits are an INTEGER");
  if (type.IsFloat()) {
    return Resolved(&DoubleToDigits<kTruncate>, {TypeId::kDouble, TypeId::kInteger},
                    TypeId::kDouble);
  }
  if (type.IsInteger()) {
    const int precision = type.id() == TypeId::kUBigInt ? 20 : 19;
    type = Type::Decimal(precision, 0);
  }
  // The result has as many places as asked for where that is known, else as the argument.
  int scale = type.scale();
  const Value* constant = args[1].constant;
  if (constant != nullptr && !constant->is_null() && constant->type().IsInteger()) {
    scale = static_cast<int>(std::clamp<int64_t>(constant->AsInt(), 0, type.scale()));
  }
  const int whole = type.precision() - type.scale() + (kTruncate ? 0 : 1);
  const Type to =
      Type::Decimal(std::clamp(whole + scale, std::max(1, scale), kMaxDecimalPrecision), scale);
  ScalarKernel kernel = type.physical() == PhysicalType::kInt64
                            ? &DecimalToDigits<kTruncate, int64_t>
                            : &DecimalToDigits<kTruncate, int128_t>;
  return Resolved(kernel, {type, TypeId::kInteger}, to);
}

}  // namespace

void RegisterRounding(Registry* registry) {
  const std::string one = "(x number) → number", two = "(x number, digits INTEGER) → number";
  AddRow(registry,
         FunctionRow("math", "abs", {}, one, "The number without its sign.", "abs(-17.4)", "17.4"),
         &ResolveAbs);
  AddRow(registry,
         FunctionRow("math", "sign", {}, one,
                     "-1, 0 or 1 for a negative number, zero, a positive one.", "sign(-8.4)", "-1"),
         &ResolveSign);
  AddRow(registry,
         FunctionRow("math", "ceil", {"ceiling"}, one, "The nearest whole number that is not less.",
                     "ceil(42.2)", "43"),
         &ResolveWhole<Ceil>);
  AddRow(registry,
         FunctionRow("math", "floor", {}, one, "The nearest whole number that is not greater.",
                     "floor(-42.8)", "-43"),
         &ResolveWhole<Floor>);
  AddRow(registry,
         FunctionRow("math", "round", {}, one, "The nearest whole number.", "round(42.4)", "42"),
         &ResolveWhole<Round>);
  AddRow(registry,
         FunctionRow("math", "round", {}, two,
                     "The number rounded to digits after the point (before it, if "
                     "negative).",
                     "round(42.4382, 2)", "42.44"),
         &ResolveDigits<false>);
  AddRow(registry,
         FunctionRow("math", "trunc", {"truncate"}, one, "The whole part.", "trunc(-42.8)", "-42"),
         &ResolveWhole<Trunc>);
  AddRow(registry,
         FunctionRow("math", "trunc", {"truncate"}, two,
                     "The number cut off to digits after the point.", "trunc(42.4382, 2)", "42.43"),
         &ResolveDigits<true>);
}

}  // namespace shale
