// Bitwise operators and functions over integers.
#include <bit>

#include "engine/functions/families.h"
#include "engine/functions/function_row.h"
#include "engine/functions/kernels.h"

namespace shale {
namespace {

struct And {
  template <typename T>
  static T Run(T a, T b) {
    return static_cast<T>(a & b);
  }
};
struct Or {
  template <typename T>
  static T Run(T a, T b) {
    return static_cast<T>(a | b);
  }
};
struct Xor {
  template <typename T>
  static T Run(T a, T b) {
    return static_cast<T>(a ^ b);
  }
};
// Only the count's low bits matter, as in PostgreSQL: by 32 places an INTEGER stays what it is.
struct ShiftLeft {
  template <typename T>
  static T Run(T a, T b) {
    const int count = static_cast<int>(b) & (static_cast<int>(sizeof(T)) * 8 - 1);
    return static_cast<T>(static_cast<uint64_t>(a) << count);
  }
};
struct ShiftRight {
  template <typename T>
  static T Run(T a, T b) {
    const int count = static_cast<int>(b) & (static_cast<int>(sizeof(T)) * 8 - 1);
    return static_cast<T>(a >> count);
  }
};

template <typename F>
ScalarKernel VisitIntegers(const Type& type, F visit) {
  if (!type.IsInteger()) return nullptr;
  switch (type.physical()) {
    case PhysicalType::kInt8: return visit(int8_t{});
    case PhysicalType::kInt16: return visit(int16_t{});
    case PhysicalType::kInt32: return visit(int32_t{});
    case PhysicalType::kInt64: return visit(int64_t{});
    case PhysicalType::kUInt8: return visit(uint8_t{});
    case PhysicalType::kUInt16: return visit(uint16_t{});
    case PhysicalType::kUInt32: return visit(uint32_t{});
    default: return visit(uint64_t{});
  }
}

template <typename Op>
StatusOr<ResolvedScalar> ResolvePair(std::span<const ArgumentType> args) {
  if (args.size() != 2) return NotFound("two arguments");
  StatusOr<Type> common = CommonType(args[0], args[1]);
  if (!common.ok()) return NotFound("no common type");
  ResolvedScalar resolved;
  resolved.kernel = VisitIntegers(*common, [](auto t) -> ScalarKernel {
    using T = decltype(t);
    return Binary<T, T, T>([](T a, T b) { return Op::template Run<T>(a, b); });
  });
  if (resolved.kernel == nullptr) return NotFound("not integers");
  resolved.arg_types = {*common, *common};
  resolved.result_type = *common;
  return resolved;
}

StatusOr<ResolvedScalar> ResolveNot(std::span<const ArgumentType> args) {
  if (args.size() != 1) return NotFound("one argument");
  ResolvedScalar resolved;
  resolved.kernel = VisitIntegers(args[0].type, [](auto t) -> ScalarKernel {
    using T = decltype(t);
    return Unary<T, T>([](T x) { return static_cast<T>(~x); });
  });
  if (resolved.kernel == nullptr) return NotFound("not an integer");
  resolved.arg_types = {args[0].type};
  resolved.result_type = args[0].type;
  return resolved;
}

StatusOr<ResolvedScalar> ResolveCount(std::span<const ArgumentType> args) {
  if (args.size() != 1) return NotFound("one argument");
  ResolvedScalar resolved;
  resolved.kernel = VisitIntegers(args[0].type, [](auto t) -> ScalarKernel {
    using T = decltype(t);
    return Unary<T, int64_t>(
        [](T x) { return int64_t{std::popcount(static_cast<std::make_unsigned_t<T>>(x))}; });
  });
  if (resolved.kernel == nullptr) return NotFound("not an integer");
  resolved.arg_types = {args[0].type};
  resolved.result_type = TypeId::kBigInt;
  return resolved;
}

}  // namespace

void RegisterBits(Registry* registry) {
  const std::string pair = "(integer, integer) → integer";
  AddRow(registry,
         FunctionRow("bits", "&", {"bitAnd"}, pair, "The bits set on both sides.", "12 & 10", "8"),
         &ResolvePair<And>);
  AddRow(registry,
         FunctionRow("bits", "|", {"bitOr"}, pair, "The bits set on either side.", "12 | 10", "14"),
         &ResolvePair<Or>);
  AddRow(
      registry,
      FunctionRow("bits", "#", {"bitXor"}, pair, "The bits set on one side only.", "12 # 10", "6"),
      &ResolvePair<Xor>);
  AddRow(registry,
         FunctionRow("bits", "<<", {"bitShiftLeft"}, pair,
                     "The bits moved up by a number of places.", "1 << 4", "16"),
         &ResolvePair<ShiftLeft>);
  AddRow(registry,
         FunctionRow("bits", ">>", {"bitShiftRight"}, pair,
                     "The bits moved down by a number of places, the sign kept.", "-16 >> 2", "-4"),
         &ResolvePair<ShiftRight>);
  AddRow(registry,
         FunctionRow("bits", "~", {"bitNot"}, "(integer) → integer", "Every bit turned over.",
                     "~ 5", "-6"),
         &ResolveNot);
  AddRow(registry,
         FunctionRow("bits", "bit_count", {"bitCount", "popcount"}, "(value integer) → BIGINT",
                     "How many bits are set.", "bit_count(255)", "8"),
         &ResolveCount);
}

}  // namespace shale
