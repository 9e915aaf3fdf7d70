// Looking for elements: array_position, @>, &&, = ANY (array), array_remove and such.
#include "engine/functions/array_families.h"
#include "engine/functions/array_kernel.h"

namespace shale {
namespace {

// Whether element `i` of `items` is element `j` of `others`, two NULLs being alike.
template <typename Elements>
bool Alike(const Vector& items, size_t i, const Vector& others, size_t j) {
  const bool null = items.IsNull(i), other_null = others.IsNull(j);
  if (null || other_null) return null == other_null;
  return Elements::Equal(items, i, others, j);
}

// ---- positions ----------------------------------------------------------------------------------

// From 1, at or behind an index; NULL when there is none.
template <bool kZeroWhenMissing>
Status PositionKernel(const KernelCall& call, Vector* result) {
  const ListArg lists(call.args[0]);
  const ElementArg wanted(call.args[1]);
  const bool has_start = call.args.size() > 2;
  int32_t* const out = result->mutable_values<int32_t>();
  Status status;
  WithElements(wanted.values().type(), [&]<typename Elements>() {
    WhileValid(result->validity(), call.num_rows, [&](size_t row) {
      uint32_t first = 0;
      if (has_start) {
        if (IsNullAt(call.args[2], row)) {
          status = InvalidArgument("initial position must not be null");
          return false;
        }
        const int32_t start = Arg<int32_t>(call.args[2])[row];
        first = start < 1 ? 0 : static_cast<uint32_t>(start - 1);
      }
      const ListEntry entry = lists[row];
      out[row] = 0;
      for (uint32_t i = first; i < entry.length && out[row] == 0; ++i) {
        if (Alike<Elements>(lists.items(), entry.offset + i, wanted.values(), wanted.at(row))) {
          out[row] = static_cast<int32_t>(i + 1);
        }
      }
      if (lists.IsNull(row) || (!kZeroWhenMissing && out[row] == 0)) result->SetNull(row);
      return true;
    });
  });
  return status;
}

Status PositionsKernel(const KernelCall& call, Vector* result) {
  const ListArg lists(call.args[0]);
  const ElementArg wanted(call.args[1]);
  VectorBuilder positions(TypeId::kInteger);
  auto* entries = result->mutable_values<ListEntry>();
  WithElements(wanted.values().type(), [&]<typename Elements>() {
    for (size_t row = 0; row < call.num_rows; ++row) {
      const auto begin = static_cast<uint32_t>(positions.size());
      const ListEntry entry = lists[row];
      for (uint32_t i = 0; i < entry.length; ++i) {
        if (Alike<Elements>(lists.items(), entry.offset + i, wanted.values(), wanted.at(row))) {
          positions.Append(static_cast<int32_t>(i + 1));
        }
      }
      entries[row] = {begin, static_cast<uint32_t>(positions.size() - begin)};
      if (lists.IsNull(row)) result->SetNull(row);
    }
  });
  result->mutable_children().assign(1, positions.Finish());
  return OkStatus();
}

// ---- remove, replace ----------------------------------------------------------------------------

Status RemoveKernel(const KernelCall& call, Vector* result) {
  const ListArg lists(call.args[0]);
  const ElementArg unwanted(call.args[1]);
  ListPicker picker(result, call.num_rows);
  picker.AddSource(lists.items());
  WithElements(unwanted.values().type(), [&]<typename Elements>() {
    for (size_t row = 0; row < call.num_rows; ++row) {
      if (lists.IsNull(row)) {
        picker.SetNull(row);
        continue;
      }
      const ListEntry entry = lists[row];
      for (uint32_t i = entry.offset; i < entry.offset + entry.length; ++i) {
        if (!Alike<Elements>(lists.items(), i, unwanted.values(), unwanted.at(row))) {
          picker.Pick(i);
        }
      }
      picker.End(row);
    }
  });
  return picker.Finish();
}

Status ReplaceKernel(const KernelCall& call, Vector* result) {
  const ListArg lists(call.args[0]);
  const ElementArg from(call.args[1]), to(call.args[2]);
  ListPicker picker(result, call.num_rows);
  picker.AddSource(lists.items());
  const uint32_t replacement = picker.AddSource(to.values());
  WithElements(from.values().type(), [&]<typename Elements>() {
    for (size_t row = 0; row < call.num_rows; ++row) {
      if (lists.IsNull(row)) {
        picker.SetNull(row);
        continue;
      }
      const ListEntry entry = lists[row];
      for (uint32_t i = entry.offset; i < entry.offset + entry.length; ++i) {
        const bool alike = Alike<Elements>(lists.items(), i, from.values(), from.at(row));
        picker.Pick(alike ? replacement + to.at(row) : i);
      }
      picker.End(row);
    }
  });
  return picker.Finish();
}

// ---- containment: NULL elements are in nothing --------------------------------------------------

template <typename Elements>
bool HasElement(const ListArg& lists, ListEntry entry, const Vector& wanted, size_t at) {
  const Vector& items = lists.items();
  for (uint32_t i = entry.offset; i < entry.offset + entry.length; ++i) {
    if (!items.IsNull(i) && Elements::Equal(items, i, wanted, at)) return true;
  }
  return false;
}

// Whether all (kAll) or any elements of argument kInner are in argument kOuter.
template <bool kAll, size_t kOuter>
Status ContainsKernel(const KernelCall& call, Vector* result) {
  const ListArg outer(call.args[kOuter]), inner(call.args[1 - kOuter]);
  auto* const out = result->mutable_values<uint8_t>();
  WithElements(inner.items().type(), [&]<typename Elements>() {
    ForEachValid(result->validity(), call.num_rows, [&](size_t row) {
      const ListEntry wanted = inner[row];
      bool found = kAll;
      for (uint32_t i = wanted.offset; i < wanted.offset + wanted.length && found == kAll; ++i) {
        found =
            !inner.items().IsNull(i) && HasElement<Elements>(outer, outer[row], inner.items(), i);
      }
      out[row] = found;
    });
  });
  return OkStatus();
}

Status HasKernel(const KernelCall& call, Vector* result) {
  const ListArg lists(call.args[0]);
  const ElementArg wanted(call.args[1]);
  auto* const out = result->mutable_values<uint8_t>();
  WithElements(wanted.values().type(), [&]<typename Elements>() {
    ForEachValid(result->validity(), call.num_rows, [&](size_t row) {
      out[row] = HasElement<Elements>(lists, lists[row], wanted.values(), wanted.at(row));
    });
  });
  return OkStatus();
}

// ---- x op ANY (array), x op ALL (array) ---------------------------------------------------------

enum class Test : uint8_t { kEqual, kNotEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual };

template <Test kTest, typename Elements>
bool Compare(const Vector& x, size_t i, const Vector& y, size_t j) {
  switch (kTest) {
    case Test::kEqual: return Elements::Equal(x, i, y, j);
    case Test::kNotEqual: return !Elements::Equal(x, i, y, j);
    case Test::kLess: return Elements::Less(x, i, y, j);
    case Test::kLessOrEqual: return !Elements::Less(y, j, x, i);
    case Test::kGreater: return Elements::Less(y, j, x, i);
    case Test::kGreaterOrEqual: return !Elements::Less(x, i, y, j);
  }
  return false;
}

template <Test kTest, bool kAll>
Status QuantifiedKernel(const KernelCall& call, Vector* result) {
  const ElementArg value(call.args[0]);
  const ListArg lists(call.args[1]);
  auto* const out = result->mutable_values<uint8_t>();
  WithElements(value.values().type(), [&]<typename Elements>() {
    for (size_t row = 0; row < call.num_rows; ++row) {
      out[row] = 0;
      if (lists.IsNull(row)) {
        result->SetNull(row);
        continue;
      }
      const ListEntry entry = lists[row];
      const bool null_value = value.IsNull(row);
      bool decided = false, unknown = null_value && entry.length > 0;
      for (uint32_t i = entry.offset; !null_value && i < entry.offset + entry.length; ++i) {
        if (lists.items().IsNull(i)) {
          unknown = true;
        } else if (Compare<kTest, Elements>(value.values(), value.at(row), lists.items(), i) !=
                   kAll) {
          decided = true;
          break;
        }
      }
      if (!decided && unknown) {
        result->SetNull(row);
      } else {
        out[row] = decided != kAll;
      }
    }
  });
  return OkStatus();
}

template <Test kTest>
void AddQuantified(Registry* registry, std::string op, const char* any_result,
                   const char* all_result) {
  registry->Add(ArrayFunction(op + " ANY", {op + " SOME"}, "(x ANY, array ANY[]) → BOOLEAN",
                              fmt::format("Whether x {} some element: x {} ANY (array).", op, op),
                              fmt::format("2 {} ANY (ARRAY[1, 2, 3])", op), any_result,
                              &ResolveArray<"EL>Z", &QuantifiedKernel<kTest, false>>,
                              NullRule::kCustom));
  registry->Add(ArrayFunction(op + " ALL", {}, "(x ANY, array ANY[]) → BOOLEAN",
                              fmt::format("Whether x {} every element: x {} ALL (array).", op, op),
                              fmt::format("2 {} ALL (ARRAY[1, 2, 3])", op), all_result,
                              &ResolveArray<"EL>Z", &QuantifiedKernel<kTest, true>>,
                              NullRule::kCustom));
}

}  // namespace

void RegisterArraySearch(Registry* registry) {
  registry->Add(ArrayFunction("array_position", {}, "(array ANY[], x ANY) → INTEGER",
                              "The index of the first element that is x (NULL is NULL).",
                              "array_position(ARRAY['a', 'b', 'a'], 'b')", "2",
                              &ResolveArray<"LE>I", &PositionKernel<false>>, NullRule::kCustom));
  registry->Add(ArrayFunction("array_position", {}, "(array ANY[], x ANY, start INTEGER) → INTEGER",
                              "The index of the first element at or behind start that is x.",
                              "array_position(ARRAY['a', 'b', 'a'], 'a', 2)", "3",
                              &ResolveArray<"LEI>I", &PositionKernel<false>>, NullRule::kCustom));
  registry->Add(ArrayFunction("list_position", {"list_indexof", "array_indexof", "indexOf"},
                              "(array ANY[], x ANY) → INTEGER",
                              "The index of the first element that is x, 0 when none is.",
                              "list_position(ARRAY['a', 'b'], 'c')", "0",
                              &ResolveArray<"LE>I", &PositionKernel<true>>, NullRule::kCustom));
  registry->Add(ArrayFunction(
      "array_positions", {}, "(array ANY[], x ANY) → INTEGER[]",
      "The indexes of all elements that are x.", "array_positions(ARRAY['a', 'b', 'a'], 'a')",
      "{1,3}",
      [](std::span<const ArgumentType> args) -> StatusOr<ResolvedScalar> {
        ASSIGN_OR_RETURN(ResolvedScalar resolved,
                         ResolveArrayShape("LE>L", args, &PositionsKernel));
        resolved.result_type = Type::List(TypeId::kInteger);
        return resolved;
      },
      NullRule::kCustom));
  registry->Add(ArrayFunction("array_remove", {"list_remove"}, "(array ANY[], x ANY) → ANY[]",
                              "The array without the elements that are x.",
                              "array_remove(ARRAY[1, 2, 1], 1)", "{2}",
                              &ResolveArray<"LE>L", &RemoveKernel>, NullRule::kCustom));
  registry->Add(ArrayFunction("array_replace", {"list_replace"},
                              "(array ANY[], from ANY, to ANY) → ANY[]",
                              "The array with another value for each element that is `from`.",
                              "array_replace(ARRAY[1, 2, 1], 1, 5)", "{5,2,5}",
                              &ResolveArray<"LEE>L", &ReplaceKernel>, NullRule::kCustom));
  registry->Add(ArrayFunction("has", {"list_contains", "list_has", "array_contains", "array_has"},
                              "(array ANY[], x ANY) → BOOLEAN", "Whether x is an element.",
                              "has(ARRAY[1, 2], 2)", "t", &ResolveArray<"LE>Z", &HasKernel>));
  registry->Add(ArrayFunction("@>", {"hasAll", "array_has_all", "list_has_all"},
                              "(a ANY[], b ANY[]) → BOOLEAN", "Whether every element of b is in a.",
                              "ARRAY[1, 2, 3] @> ARRAY[3, 1]", "t",
                              &ResolveArray<"LL>Z", &ContainsKernel<true, 0>>));
  registry->Add(ArrayFunction(
      "<@", {}, "(a ANY[], b ANY[]) → BOOLEAN", "Whether every element of a is in b.",
      "ARRAY[3, 1] <@ ARRAY[1, 2, 3]", "t", &ResolveArray<"LL>Z", &ContainsKernel<true, 1>>));
  registry->Add(ArrayFunction("&&", {"hasAny", "array_has_any", "list_has_any", "array_overlaps"},
                              "(a ANY[], b ANY[]) → BOOLEAN", "Whether some element is in both.",
                              "ARRAY[1, 2] && ARRAY[2, 3]", "t",
                              &ResolveArray<"LL>Z", &ContainsKernel<false, 0>>));
  AddQuantified<Test::kEqual>(registry, "=", "t", "f");
  AddQuantified<Test::kNotEqual>(registry, "<>", "t", "f");
  AddQuantified<Test::kLess>(registry, "<", "t", "f");
  AddQuantified<Test::kLessOrEqual>(registry, "<=", "t", "f");
  AddQuantified<Test::kGreater>(registry, ">", "t", "f");
  AddQuantified<Test::kGreaterOrEqual>(registry, ">=", "t", "f");
}

}  // namespace shale
