// Arrays by the order of their elements, and what their elements come to: array_sort,
// array_distinct, array_min, array_sum and such.
#include <cmath>
#include <numeric>

#include "engine/functions/array_families.h"
#include "engine/functions/array_kernel.h"

namespace shale {
namespace {

// ---- sort, reverse, distinct --------------------------------------------------------------------

// NULLs last; with kDescending first, as ORDER BY has them.
template <bool kDescending>
Status SortKernel(const KernelCall& call, Vector* result) {
  const ListArg lists(call.args[0]);
  const Vector& items = lists.items();
  ListPicker picker(result, call.num_rows);
  picker.AddSource(items);
  ForEachValid(result->validity(), call.num_rows, [&](size_t row) {
    picker.PickRange(lists[row].offset, lists[row].length);
    std::span<uint32_t> picks = picker.row_picks();
    std::stable_sort(picks.begin(), picks.end(), [&](uint32_t a, uint32_t b) {
      const int order = CompareValues(items, a, items, b);
      return kDescending ? order > 0 : order < 0;
    });
    picker.End(row);
  });
  return picker.Finish();
}

Status ReverseKernel(const KernelCall& call, Vector* result) {
  const ListArg lists(call.args[0]);
  ListPicker picker(result, call.num_rows);
  picker.AddSource(lists.items());
  ForEachValid(result->validity(), call.num_rows, [&](size_t row) {
    const ListEntry entry = lists[row];
    for (uint32_t i = entry.length; i-- > 0;) picker.Pick(entry.offset + i);
    picker.End(row);
  });
  return picker.Finish();
}

// Calls visit(element) for the first of each kind of element of a list, in order; NULLs left out.
template <typename F>
void ForEachDistinct(const Vector& items, ListEntry entry, std::vector<uint32_t>* order,
                     std::vector<uint8_t>* first, F visit) {
  order->clear();
  for (uint32_t i = entry.offset; i < entry.offset + entry.length; ++i) {
    if (!items.IsNull(i)) order->push_back(i);
  }
  std::stable_sort(order->begin(), order->end(),
                   [&](uint32_t a, uint32_t b) { return CompareValues(items, a, items, b) < 0; });
  first->assign(entry.length, 0);
  for (size_t i = 0; i < order->size(); ++i) {
    const uint32_t at = (*order)[i];
    if (i == 0 || CompareValues(items, (*order)[i - 1], items, at) != 0) {
      (*first)[at - entry.offset] = 1;
    }
  }
  for (uint32_t i = 0; i < entry.length; ++i) {
    if ((*first)[i]) visit(entry.offset + i);
  }
}

Status DistinctKernel(const KernelCall& call, Vector* result) {
  const ListArg lists(call.args[0]);
  ListPicker picker(result, call.num_rows);
  picker.AddSource(lists.items());
  std::vector<uint32_t> order;
  std::vector<uint8_t> first;
  ForEachValid(result->validity(), call.num_rows, [&](size_t row) {
    ForEachDistinct(lists.items(), lists[row], &order, &first,
                    [&](uint32_t at) { picker.Pick(at); });
    picker.End(row);
  });
  return picker.Finish();
}

Status UniqKernel(const KernelCall& call, Vector* result) {
  const ListArg lists(call.args[0]);
  std::vector<uint32_t> order;
  std::vector<uint8_t> first;
  auto* const out = result->mutable_values<int64_t>();
  ForEachValid(result->validity(), call.num_rows, [&](size_t row) {
    out[row] = 0;
    ForEachDistinct(lists.items(), lists[row], &order, &first, [&](uint32_t) { ++out[row]; });
  });
  return OkStatus();
}

// ---- min, max, sum, avg -------------------------------------------------------------------------

template <bool kMax>
Status ExtremeKernel(const KernelCall& call, Vector* result) {
  const ListArg lists(call.args[0]);
  const Vector& items = lists.items();
  std::vector<uint32_t> picks(call.num_rows, 0);
  std::vector<uint8_t> missing(call.num_rows, 1);
  WithElements(items.type(), [&]<typename Elements>() {
    for (size_t row = 0; row < call.num_rows; ++row) {
      const ListEntry entry = lists[row];
      for (uint32_t i = entry.offset; i < entry.offset + entry.length; ++i) {
        if (items.IsNull(i)) continue;
        if (missing[row] || (kMax ? Elements::Less(items, picks[row], items, i)
                                  : Elements::Less(items, i, items, picks[row]))) {
          picks[row] = i;
        }
        missing[row] = 0;
      }
    }
  });
  if (items.size() == 0) {
    *result = Vector::ConstantNull(result->type(), call.num_rows).Flatten();
    return OkStatus();
  }
  Vector values = items.Gather(picks.data(), picks.size());
  values.ClearValidity();
  for (size_t row = 0; row < call.num_rows; ++row) {
    if (missing[row]) values.SetNull(row);
  }
  *result = std::move(values);
  return OkStatus();
}

// Sums of A elements in an S; kMean divides by how many there are, 10^scale too.
template <typename T, typename S>
Status SumKernel(const KernelCall& call, Vector* result) {
  const ListArg lists(call.args[0]);
  const T* values = lists.items().values<T>();
  S* const out = result->mutable_values<S>();
  Status status;
  WhileValid(result->validity(), call.num_rows, [&](size_t row) {
    S sum = 0;
    bool any = false;
    const ListEntry entry = lists[row];
    for (uint32_t i = entry.offset; i < entry.offset + entry.length; ++i) {
      if (lists.items().IsNull(i)) continue;
      any = true;
      if constexpr (std::is_floating_point_v<S>) {
        sum += static_cast<S>(values[i]);
      } else if (__builtin_add_overflow(sum, static_cast<S>(values[i]), &sum)) {
        status = OutOfRange("array_sum is out of range for type {}", result->type().ToString());
        return false;
      }
    }
    out[row] = sum;
    if (!any) result->SetNull(row);
    return true;
  });
  return status;
}

template <typename T>
Status MeanKernel(const KernelCall& call, Vector* result) {
  const ListArg lists(call.args[0]);
  const Type& type = lists.items().type();
  const double scale = type.id() == TypeId::kDecimal ? std::pow(10.0, type.scale()) : 1;
  const T* values = lists.items().values<T>();
  auto* const out = result->mutable_values<double>();
  ForEachValid(result->validity(), call.num_rows, [&](size_t row) {
    using S = std::conditional_t<std::is_floating_point_v<T>, double, int128_t>;
    S sum = 0;
    size_t count = 0;
    const ListEntry entry = lists[row];
    for (uint32_t i = entry.offset; i < entry.offset + entry.length; ++i) {
      if (lists.items().IsNull(i)) continue;
      sum += static_cast<S>(values[i]);
      ++count;
    }
    out[row] = 0;
    if (count == 0) return result->SetNull(row);
    out[row] = static_cast<double>(sum) / scale / static_cast<double>(count);
  });
  return OkStatus();
}

// The numeric type of an array's elements, or NotFound.
StatusOr<Type> NumericElements(std::span<const ArgumentType> args) {
  if (args.size() != 1 || args[0].untyped_literal || args[0].type.id() != TypeId::kList ||
      !args[0].type.child().IsNumeric()) {
    return NotFound("an array of numbers is needed");
  }
  return args[0].type.child();
}

StatusOr<ResolvedScalar> ResolveSum(std::span<const ArgumentType> args) {
  ASSIGN_OR_RETURN(Type child, NumericElements(args));
  ResolvedScalar resolved;
  resolved.arg_types = {args[0].type};
  VisitPhysical(child.physical(), [&]<typename T>(std::type_identity<T>) {
    if constexpr (std::is_same_v<T, float> || std::is_same_v<T, double>) {
      resolved.kernel = &SumKernel<T, double>;
      resolved.result_type = TypeId::kDouble;
    } else if constexpr (std::is_integral_v<T> || std::is_same_v<T, int128_t>) {
      if (child.id() == TypeId::kDecimal || child.id() == TypeId::kBigInt ||
          child.id() == TypeId::kUBigInt) {
        resolved.kernel = &SumKernel<T, int128_t>;
        resolved.result_type =
            Type::Decimal(kMaxDecimalPrecision, child.id() == TypeId::kDecimal ? child.scale() : 0);
      } else {
        if constexpr (sizeof(T) <= 8) resolved.kernel = &SumKernel<T, int64_t>;
        resolved.result_type = TypeId::kBigInt;
      }
    }
  });
  return resolved;
}

StatusOr<ResolvedScalar> ResolveMean(std::span<const ArgumentType> args) {
  ASSIGN_OR_RETURN(Type child, NumericElements(args));
  ResolvedScalar resolved;
  resolved.arg_types = {args[0].type};
  resolved.result_type = TypeId::kDouble;
  VisitPhysical(child.physical(), [&]<typename T>(std::type_identity<T>) {
    if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, int128_t>) {
      resolved.kernel = &MeanKernel<T>;
    }
  });
  return resolved;
}

}  // namespace

void RegisterArrayOrder(Registry* registry) {
  registry->Add(ArrayFunction("array_sort", {"list_sort", "arraySort"}, "(array ANY[]) → ANY[]",
                              "The elements in ascending order, NULLs last.",
                              "array_sort(ARRAY[3, NULL, 1])", "{1,3,NULL}",
                              &ResolveArray<"L>L", &SortKernel<false>>));
  registry->Add(ArrayFunction(
      "array_reverse_sort", {"list_reverse_sort", "arrayReverseSort"}, "(array ANY[]) → ANY[]",
      "The elements in descending order, NULLs first.", "array_reverse_sort(ARRAY[1, NULL, 3])",
      "{NULL,3,1}", &ResolveArray<"L>L", &SortKernel<true>>));
  registry->Add(ArrayFunction("array_reverse", {"list_reverse", "arrayReverse"},
                              "(array ANY[]) → ANY[]", "The elements from last to first.",
                              "array_reverse(ARRAY[1, 2, 3])", "{3,2,1}",
                              &ResolveArray<"L>L", &ReverseKernel>));
  registry->Add(ArrayFunction(
      "array_distinct", {"list_distinct", "arrayDistinct"}, "(array ANY[]) → ANY[]",
      "Each element once, as they first come; NULLs are left out.",
      "array_distinct(ARRAY[2, 1, 2, NULL])", "{2,1}", &ResolveArray<"L>L", &DistinctKernel>));
  registry->Add(
      ArrayFunction("array_uniq", {"arrayUniq", "list_unique", "array_unique"},
                    "(array ANY[]) → BIGINT", "How many different elements there are, NULLs aside.",
                    "array_uniq(ARRAY[2, 1, 2])", "2", &ResolveArray<"L>G", &UniqKernel>));
  registry->Add(ArrayFunction("array_min", {"list_min", "arrayMin"}, "(array ANY[]) → ANY",
                              "The least element, NULLs aside.", "array_min(ARRAY[3, 1, 2])", "1",
                              &ResolveArray<"L>E", &ExtremeKernel<false>>));
  registry->Add(ArrayFunction("array_max", {"list_max", "arrayMax"}, "(array ANY[]) → ANY",
                              "The greatest element, NULLs aside.", "array_max(ARRAY[3, 1, 2])",
                              "3", &ResolveArray<"L>E", &ExtremeKernel<true>>));
  registry->Add(ArrayFunction("array_sum", {"list_sum", "arraySum"}, "(array NUMERIC[]) → NUMERIC",
                              "The sum of the elements, NULLs aside; of the types of sum(x).",
                              "array_sum(ARRAY[1, 2, 3])", "6", &ResolveSum));
  registry->Add(ArrayFunction("array_avg", {"list_avg", "arrayAvg"}, "(array NUMERIC[]) → DOUBLE",
                              "The mean of the elements, NULLs aside.", "array_avg(ARRAY[1, 2, 6])",
                              "3", &ResolveMean));
}

}  // namespace shale
