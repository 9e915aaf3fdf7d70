// = <> < <= > >=, IS [NOT] DISTINCT FROM over every type. Both sides have one type by then.
#include "engine/functions/families.h"
#include "engine/functions/kernels.h"
#include "engine/functions/value_order.h"
#include "engine/vector/nested.h"

namespace shale {
namespace {

struct Equal {
  template <typename T>
  static bool Test(T a, T b) {
    return Order<T>::Equal(a, b);
  }
  static bool OfOrder(int order) { return order == 0; }
};
struct NotEqual {
  template <typename T>
  static bool Test(T a, T b) {
    return !Order<T>::Equal(a, b);
  }
  static bool OfOrder(int order) { return order != 0; }
};
struct Less {
  template <typename T>
  static bool Test(T a, T b) {
    return Order<T>::Less(a, b);
  }
  static bool OfOrder(int order) { return order < 0; }
};
struct LessOrEqual {
  template <typename T>
  static bool Test(T a, T b) {
    return !Order<T>::Less(b, a);
  }
  static bool OfOrder(int order) { return order <= 0; }
};
struct Greater {
  template <typename T>
  static bool Test(T a, T b) {
    return Order<T>::Less(b, a);
  }
  static bool OfOrder(int order) { return order > 0; }
};
struct GreaterOrEqual {
  template <typename T>
  static bool Test(T a, T b) {
    return !Order<T>::Less(a, b);
  }
  static bool OfOrder(int order) { return order >= 0; }
};

// Lists and structs: item by item.
template <typename Op>
Status NestedKernel(const KernelCall& call, Vector* result) {
  auto* out = result->mutable_values<uint8_t>();
  ForEachValid(result->validity(), call.num_rows, [&](size_t row) {
    out[row] = Op::OfOrder(CompareValues(call.args[0], row, call.args[1], row));
  });
  return OkStatus();
}

template <typename Op>
ScalarKernel KernelFor(const Type& type) {
  if (type.id() == TypeId::kList || type.id() == TypeId::kStruct) return &NestedKernel<Op>;
  return VisitPhysical(type.physical(), []<typename T>(std::type_identity<T>) {
    return Binary<T, T, uint8_t>([](T a, T b) { return Op::template Test<T>(a, b); });
  });
}

template <bool kDistinct>
Status DistinctKernel(const KernelCall& call, Vector* result) {
  const Vector &a = call.args[0], &b = call.args[1];
  auto* out = result->mutable_values<uint8_t>();
  auto is_null = [](const Vector& v, size_t row) {
    return v.has_nulls() && !BitIsSet(v.validity(), v.is_constant() ? 0 : row);
  };
  const PhysicalType physical = a.type().physical();
  if (physical == PhysicalType::kList || physical == PhysicalType::kStruct) {
    for (size_t row = 0; row < call.num_rows; ++row) {
      out[row] = (CompareValues(a, row, b, row) != 0) == kDistinct;
    }
    return OkStatus();
  }
  VisitPhysical(physical, [&]<typename T>(std::type_identity<T>) {
    kernel_internal::Loop<T, T>(a, b, call.num_rows, out,
                                [](T x, T y) { return Order<T>::Equal(x, y) != kDistinct; });
  });
  if (a.has_nulls() || b.has_nulls()) {
    for (size_t row = 0; row < call.num_rows; ++row) {
      const bool null_a = is_null(a, row), null_b = is_null(b, row);
      if (null_a | null_b) out[row] = (null_a != null_b) == kDistinct;
    }
  }
  return OkStatus();
}

// Both sides as their common type.
StatusOr<ResolvedScalar> ResolvePair(std::span<const ArgumentType> args,
                                     ScalarKernel (*kernel_for)(const Type&)) {
  if (args.size() != 2) return NotFound("comparisons take two arguments");
  StatusOr<Type> common = CommonType(args[0], args[1]);
  if (!common.ok()) return NotFound("no common type");
  ResolvedScalar resolved;
  resolved.kernel = kernel_for(*common);
  resolved.arg_types = {*common, *common};
  resolved.result_type = TypeId::kBoolean;
  return resolved;
}

template <typename Op>
StatusOr<ResolvedScalar> Resolve(std::span<const ArgumentType> args) {
  return ResolvePair(args, &KernelFor<Op>);
}

template <bool kDistinct>
StatusOr<ResolvedScalar> ResolveDistinct(std::span<const ArgumentType> args) {
  return ResolvePair(args, [](const Type&) -> ScalarKernel { return &DistinctKernel<kDistinct>; });
}

template <typename Op>
void Add(Registry* registry, std::string name, std::vector<std::string> aliases,
         std::string summary, std::string example, std::string example_result) {
  ScalarFunction row;
  row.name = std::move(name);
  row.aliases = std::move(aliases);
  row.category = "comparison";
  row.signature = "(any, same) → BOOLEAN";
  row.summary = std::move(summary);
  row.example = std::move(example);
  row.example_result = std::move(example_result);
  row.resolve = &Resolve<Op>;
  registry->Add(std::move(row));
}

template <bool kDistinct>
void AddDistinct(Registry* registry, std::string name, std::string summary, std::string example,
                 std::string example_result) {
  ScalarFunction row;
  row.name = std::move(name);
  row.category = "comparison";
  row.signature = "(any, same) → BOOLEAN";
  row.summary = std::move(summary);
  row.example = std::move(example);
  row.example_result = std::move(example_result);
  row.nulls = NullRule::kCustom;
  row.resolve = &ResolveDistinct<kDistinct>;
  registry->Add(std::move(row));
}

}  // namespace

void RegisterComparison(Registry* registry) {
  Add<Equal>(registry, "=", {"==", "equals"}, "Whether both sides are equal.", "1 = 1.0", "t");
  Add<NotEqual>(registry, "<>", {"!=", "notEquals"}, "Whether the sides differ.", "'a' <> 'b'",
                "t");
  Add<Less>(registry, "<", {"less"}, "Whether the left side comes before the right one.", "1 < 2",
            "t");
  Add<LessOrEqual>(registry, "<=", {"lessOrEquals"},
                   "Whether the left side comes before the right one or equals it.", "2 <= 2", "t");
  Add<Greater>(registry, ">", {"greater"}, "Whether the left side comes after the right one.",
               "DATE '2024-02-29' > DATE '2024-02-28'", "t");
  Add<GreaterOrEqual>(registry, ">=", {"greaterOrEquals"},
                      "Whether the left side comes after the right one or equals it.",
                      "'b' >= 'abc'", "t");
  AddDistinct<true>(registry, "is_distinct_from",
                    "Whether the sides differ, two NULLs being alike: a IS DISTINCT FROM b.",
                    "1 IS DISTINCT FROM NULL", "t");
  AddDistinct<false>(registry, "is_not_distinct_from",
                     "Whether the sides are alike, two NULLs too: a IS NOT DISTINCT FROM b.",
                     "NULL IS NOT DISTINCT FROM NULL", "t");
}

}  // namespace shale
