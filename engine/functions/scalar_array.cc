// Arrays: made, taken apart, put together: ARRAY[…], subscripts, slices, ||, array_length and such.
#include <climits>

#include "engine/functions/array_families.h"
#include "engine/functions/array_kernel.h"
#include "engine/functions/families.h"

namespace shale {
namespace {

// ---- ARRAY[…] -----------------------------------------------------------------------------------

Status ArrayKernel(const KernelCall& call, Vector* result) {
  ListPicker picker(result, call.num_rows);
  std::vector<ElementArg> args;
  std::vector<uint32_t> bases;
  args.reserve(call.args.size());
  for (const Vector& arg : call.args) {
    args.emplace_back(arg);
    bases.push_back(picker.AddSource(args.back().values()));
  }
  if (args.empty()) picker.AddSource(Vector::Flat(result->type().child(), 0));
  for (size_t row = 0; row < call.num_rows; ++row) {
    for (size_t i = 0; i < args.size(); ++i) picker.Pick(bases[i] + args[i].at(row));
    picker.End(row);
  }
  return picker.Finish();
}

StatusOr<ResolvedScalar> ResolveArrayLiteral(std::span<const ArgumentType> args) {
  ArgumentType common{TypeId::kText, true};
  for (const ArgumentType& arg : args) {
    StatusOr<Type> both = CommonType(common, arg);
    if (!both.ok()) {
      return InvalidArgument("ARRAY types {} and {} cannot be matched", common.type.ToString(),
                             arg.type.ToString());
    }
    common = {*std::move(both), common.untyped_literal && arg.untyped_literal};
  }
  ResolvedScalar resolved;
  resolved.kernel = &ArrayKernel;
  resolved.arg_types.assign(args.size(), common.type);
  resolved.result_type = Type::List(common.type);
  return resolved;
}

// ---- shape --------------------------------------------------------------------------------------

Status CardinalityKernel(const KernelCall& call, Vector* result) {
  const Arg<ListEntry> entries(call.args[0]);
  int32_t* const out = result->mutable_values<int32_t>();
  // Of nested arrays the elements of the innermost.
  if (call.args[0].type().child().id() == TypeId::kList) {
    const Vector inner = call.args[0].children()[0].Flatten();
    const auto* inner_entries = inner.values<ListEntry>();
    ForEachValid(result->validity(), call.num_rows, [&](size_t row) {
      out[row] = 0;
      for (uint32_t i = 0; i < entries[row].length; ++i) {
        const size_t at = entries[row].offset + i;
        if (!inner.IsNull(at)) out[row] += static_cast<int32_t>(inner_entries[at].length);
      }
    });
    return OkStatus();
  }
  for (size_t row = 0; row < call.num_rows; ++row) {
    out[row] = static_cast<int32_t>(entries[row].length);
  }
  return OkStatus();
}

// The length in dimension 1 or deeper (of the first element's); 0 where there is none.
int32_t LengthAt(const Vector& list, size_t row, int32_t dimension) {
  const ListEntry entry = list.values<ListEntry>()[list.is_constant() ? 0 : row];
  if (dimension == 1) return static_cast<int32_t>(entry.length);
  if (dimension < 1 || entry.length == 0 || list.type().child().id() != TypeId::kList) return 0;
  const Vector items = list.children()[0].Flatten();
  return items.IsNull(entry.offset) ? 0 : LengthAt(items, entry.offset, dimension - 1);
}

// array_length and array_upper (elements are numbered from 1), array_lower.
template <bool kLower>
Status LengthKernel(const KernelCall& call, Vector* result) {
  int32_t* const out = result->mutable_values<int32_t>();
  const bool given = call.args.size() > 1;
  const Arg<int32_t> dimension(call.args[given ? 1 : 0]);
  ForEachValid(result->validity(), call.num_rows, [&](size_t row) {
    const int32_t length = LengthAt(call.args[0], row, given ? dimension[row] : 1);
    out[row] = kLower ? 1 : length;
    if (length == 0) result->SetNull(row);
  });
  return OkStatus();
}

Status NdimsKernel(const KernelCall& call, Vector* result) {
  int32_t* const out = result->mutable_values<int32_t>();
  ForEachValid(result->validity(), call.num_rows, [&](size_t row) {
    int32_t dimensions = 0;
    while (LengthAt(call.args[0], row, dimensions + 1) > 0) ++dimensions;
    out[row] = dimensions;
    if (dimensions == 0) result->SetNull(row);
  });
  return OkStatus();
}

Status DimsKernel(const KernelCall& call, Vector* result) {
  auto* const out = result->mutable_values<std::string_view>();
  StringArena arena;
  ForEachValid(result->validity(), call.num_rows, [&](size_t row) {
    std::string text;
    for (int32_t dimension = 1;; ++dimension) {
      const int32_t length = LengthAt(call.args[0], row, dimension);
      if (length == 0) break;
      text += fmt::format("[1:{}]", length);
    }
    if (text.empty()) return result->SetNull(row);
    out[row] = arena.Add(text);
  });
  result->AddHeap(arena.heap());
  return OkStatus();
}

// ---- elements -----------------------------------------------------------------------------------

// The element at an index from 1; kFromEnd: from -1 at the end too. NULL outside.
template <bool kFromEnd>
Status ElementKernel(const KernelCall& call, Vector* result) {
  const ListArg lists(call.args[0]);
  const Arg<int64_t> index(call.args[1]);
  std::vector<uint32_t> picks(call.num_rows, 0);
  std::vector<uint8_t> missing(call.num_rows, 1);
  for (size_t row = 0; row < call.num_rows; ++row) {
    if (lists.IsNull(row) || IsNullAt(call.args[1], row)) continue;
    const ListEntry entry = lists[row];
    int64_t at = index[row];
    if (kFromEnd && at < 0) at += int64_t{entry.length} + 1;
    if (at < 1 || at > int64_t{entry.length}) continue;
    picks[row] = static_cast<uint32_t>(entry.offset + at - 1);
    missing[row] = lists.items().IsNull(picks[row]);
  }
  if (lists.items().size() == 0) {
    *result = Vector::ConstantNull(result->type(), call.num_rows).Flatten();
    return OkStatus();
  }
  Vector values = lists.items().Gather(picks.data(), picks.size());
  values.ClearValidity();
  for (size_t row = 0; row < call.num_rows; ++row) {
    if (missing[row]) values.SetNull(row);
  }
  *result = values.type() == result->type() ? std::move(values) : values.Retyped(result->type());
  return OkStatus();
}

Status SliceKernel(const KernelCall& call, Vector* result) {
  const ListArg lists(call.args[0]);
  const Arg<int64_t> from(call.args[1]), to(call.args[2]);
  // Parts of the same elements.
  auto* entries = result->mutable_values<ListEntry>();
  ForEachValid(result->validity(), call.num_rows, [&](size_t row) {
    const ListEntry entry = lists[row];
    const int64_t first = std::max<int64_t>(from[row], 1);
    const int64_t last = std::min<int64_t>(to[row], entry.length);
    entries[row] = {};
    if (first > last) return;
    entries[row] = {static_cast<uint32_t>(entry.offset + first - 1),
                    static_cast<uint32_t>(last - first + 1)};
  });
  result->mutable_children().assign(1, lists.items());
  return OkStatus();
}

Status TrimKernel(const KernelCall& call, Vector* result) {
  const ListArg lists(call.args[0]);
  const Arg<int32_t> count(call.args[1]);
  auto* entries = result->mutable_values<ListEntry>();
  Status status;
  WhileValid(result->validity(), call.num_rows, [&](size_t row) {
    entries[row] = lists[row];
    if (count[row] < 0 || static_cast<uint32_t>(count[row]) > entries[row].length) {
      status = InvalidArgument("number of elements to trim must be between 0 and {}, not {}",
                               entries[row].length, count[row]);
      return false;
    }
    entries[row].length -= static_cast<uint32_t>(count[row]);
    return true;
  });
  result->mutable_children().assign(1, lists.items());
  return status;
}

Status FillKernel(const KernelCall& call, Vector* result) {
  const ElementArg value(call.args[0]);
  const ListArg lengths(call.args[1]);
  ListPicker picker(result, call.num_rows);
  picker.AddSource(value.values());
  size_t total = 0;
  for (size_t row = 0; row < call.num_rows; ++row) {
    if (lengths.IsNull(row)) {
      picker.SetNull(row);
      continue;
    }
    const ListEntry entry = lengths[row];
    if (entry.length != 1 || lengths.items().IsNull(entry.offset)) {
      return InvalidArgument(
          "array_fill makes arrays of one dimension: its second argument is "
          "ARRAY[length]");
    }
    const int32_t length = lengths.items().values<int32_t>()[entry.offset];
    total += static_cast<size_t>(std::max(length, 0));
    if (total > kMaxBatchElements) break;  // Finish says so
    for (int32_t i = 0; i < length; ++i) picker.Pick(value.at(row));
    picker.End(row);
  }
  if (total > kMaxBatchElements) {
    return ResourceExhausted("array_fill would make over {} elements (kMaxBatchElements)",
                             kMaxBatchElements);
  }
  return picker.Finish();
}

// ---- put together -------------------------------------------------------------------------------

// A NULL array counts as an empty one.
template <size_t kList, size_t kElement, bool kFront>
Status AddElementKernel(const KernelCall& call, Vector* result) {
  const ListArg lists(call.args[kList]);
  const ElementArg element(call.args[kElement]);
  ListPicker picker(result, call.num_rows);
  const uint32_t items = picker.AddSource(lists.items());
  const uint32_t added = picker.AddSource(element.values());
  for (size_t row = 0; row < call.num_rows; ++row) {
    const ListEntry entry = lists[row];
    if (kFront) picker.Pick(added + element.at(row));
    picker.PickRange(items + entry.offset, entry.length);
    if (!kFront) picker.Pick(added + element.at(row));
    picker.End(row);
  }
  return picker.Finish();
}

// The one that is not NULL where the other is.
Status ConcatKernel(const KernelCall& call, Vector* result) {
  const ListArg a(call.args[0]), b(call.args[1]);
  ListPicker picker(result, call.num_rows);
  const uint32_t base_a = picker.AddSource(a.items()), base_b = picker.AddSource(b.items());
  for (size_t row = 0; row < call.num_rows; ++row) {
    if (a.IsNull(row) && b.IsNull(row)) {
      picker.SetNull(row);
      continue;
    }
    picker.PickRange(base_a + a[row].offset, a[row].length);
    picker.PickRange(base_b + b[row].offset, b[row].length);
    picker.End(row);
  }
  return picker.Finish();
}

Status FlattenKernel(const KernelCall& call, Vector* result) {
  const ListArg lists(call.args[0]);
  const ListArg inner(lists.items());
  ListPicker picker(result, call.num_rows);
  picker.AddSource(inner.items());
  ForEachValid(result->validity(), call.num_rows, [&](size_t row) {
    for (uint32_t i = 0; i < lists[row].length; ++i) {
      const ListEntry entry = inner[lists[row].offset + i];
      picker.PickRange(entry.offset, entry.length);
    }
    picker.End(row);
  });
  return picker.Finish();
}

}  // namespace

void RegisterArray(Registry* registry) {
  ScalarFunction literal =
      ArrayFunction("array", {"list_value", "list_pack", "array_value"}, "(x ANY, …) → ANY[]",
                    "An array of the arguments, as ARRAY[x, …].", "ARRAY[1, 2, NULL]", "{1,2,NULL}",
                    &ResolveArrayLiteral, NullRule::kCustom);
  registry->Add(std::move(literal));

  registry->Add(ArrayFunction("cardinality", {"len", "length"}, "(array ANY[]) → INTEGER",
                              "The number of elements.", "cardinality(ARRAY['a', 'b'])", "2",
                              &ResolveArray<"L>I", &CardinalityKernel>));
  registry->Add(ArrayFunction(
      "array_length", {"list_length"}, "(array ANY[], dimension INTEGER) → INTEGER",
      "The number of elements; NULL for an empty array and a dimension that it has not.",
      "array_length(ARRAY[1, 2, 3], 1)", "3", &ResolveArray<"LI>I", &LengthKernel<false>>));
  registry->Add(ArrayFunction("array_upper", {}, "(array ANY[], dimension INTEGER) → INTEGER",
                              "The last index; NULL for an empty array.",
                              "array_upper(ARRAY[1, 2, 3], 1)", "3",
                              &ResolveArray<"LI>I", &LengthKernel<false>>));
  registry->Add(ArrayFunction("array_lower", {}, "(array ANY[], dimension INTEGER) → INTEGER",
                              "The first index, which is 1; NULL for an empty array.",
                              "array_lower(ARRAY[1, 2, 3], 1)", "1",
                              &ResolveArray<"LI>I", &LengthKernel<true>>));
  registry->Add(ArrayFunction("array_ndims", {}, "(array ANY[]) → INTEGER",
                              "The number of dimensions; NULL for an empty array.",
                              "array_ndims(ARRAY[1, 2, 3])", "1",
                              &ResolveArray<"L>I", &NdimsKernel>));
  registry->Add(ArrayFunction("array_dims", {}, "(array ANY[]) → TEXT",
                              "The bounds of each dimension; NULL for an empty array.",
                              "array_dims(ARRAY[1, 2, 3])", "[1:3]",
                              &ResolveArray<"L>S", &DimsKernel>));

  registry->Add(ArrayFunction("array_subscript", {}, "(array ANY[], index BIGINT) → ANY",
                              "The element at an index from 1, as array[index]; NULL outside.",
                              "(ARRAY['a', 'b'])[2]", "b",
                              &ResolveArray<"LG>E", &ElementKernel<false>>));
  registry->Add(ArrayFunction(
      "array_element", {"list_element", "list_extract", "array_extract", "arrayElement"},
      "(array ANY[], index BIGINT) → ANY",
      "The element at an index from 1, or from -1 at the end; NULL outside.",
      "array_element(ARRAY['a', 'b'], -1)", "b", &ResolveArray<"LG>E", &ElementKernel<true>>));
  registry->Add(
      ArrayFunction("array_slice", {"list_slice"}, "(array ANY[], from BIGINT, to BIGINT) → ANY[]",
                    "The elements from one index to another, as array[from:to].",
                    "(ARRAY[1, 2, 3, 4])[2:3]", "{2,3}", &ResolveArray<"LGG>L", &SliceKernel>));
  registry->Add(ArrayFunction("trim_array", {}, "(array ANY[], n INTEGER) → ANY[]",
                              "The array without its last n elements.",
                              "trim_array(ARRAY[1, 2, 3], 1)", "{1,2}",
                              &ResolveArray<"LI>L", &TrimKernel>));
  registry->Add(ArrayFunction(
      "array_fill", {}, "(x ANY, lengths INTEGER[]) → ANY[]", "An array of that length of x.",
      "array_fill(7, ARRAY[3])", "{7,7,7}",
      [](std::span<const ArgumentType> args) -> StatusOr<ResolvedScalar> {
        if (args.size() != 2) return NotFound("array_fill takes 2 arguments");
        const Type lengths = Type::List(TypeId::kInteger);
        if (!ImplicitCastCost(args[1], lengths)) return NotFound("the lengths are an INTEGER[]");
        ResolvedScalar resolved;
        resolved.kernel = &FillKernel;
        const bool untyped = args[0].untyped_literal || args[0].type.id() == TypeId::kNull;
        resolved.arg_types = {untyped ? Type(TypeId::kText) : args[0].type, lengths};
        resolved.result_type = Type::List(resolved.arg_types[0]);
        return resolved;
      },
      NullRule::kCustom));

  registry->Add(ArrayFunction(
      "array_append", {"list_append", "array_push_back", "arrayPushBack"},
      "(array ANY[], x ANY) → ANY[]", "The array with x behind it.", "array_append(ARRAY[1, 2], 3)",
      "{1,2,3}", &ResolveArray<"~LE>L", &AddElementKernel<0, 1, false>>, NullRule::kCustom));
  registry->Add(ArrayFunction("array_prepend", {"list_prepend"}, "(x ANY, array ANY[]) → ANY[]",
                              "The array with x in front.", "array_prepend(1, ARRAY[2, 3])",
                              "{1,2,3}", &ResolveArray<"~EL>L", &AddElementKernel<1, 0, true>>,
                              NullRule::kCustom));
  registry->Add(
      ArrayFunction("array_push_front", {"arrayPushFront"}, "(array ANY[], x ANY) → ANY[]",
                    "The array with x in front.", "array_push_front(ARRAY[2, 3], 1)", "{1,2,3}",
                    &ResolveArray<"~LE>L", &AddElementKernel<0, 1, true>>, NullRule::kCustom));
  registry->Add(ArrayFunction("array_cat",
                              {"list_concat", "list_cat", "array_concat", "arrayConcat"},
                              "(a ANY[], b ANY[]) → ANY[]", "One array behind the other.",
                              "array_cat(ARRAY[1], ARRAY[2, 3])", "{1,2,3}",
                              &ResolveArray<"LL>L", &ConcatKernel>, NullRule::kCustom));
  registry->Add(ArrayFunction("||", {}, "(a ANY[], b ANY[]) → ANY[]", "One array behind the other.",
                              "ARRAY[1] || ARRAY[2, 3]", "{1,2,3}",
                              &ResolveArray<"LL>L", &ConcatKernel>, NullRule::kCustom));
  registry->Add(ArrayFunction(
      "||", {}, "(array ANY[], x ANY) → ANY[]", "The array with x behind it.", "ARRAY[1, 2] || 3",
      "{1,2,3}", &ResolveArray<"LE>L", &AddElementKernel<0, 1, false>>, NullRule::kCustom));
  registry->Add(ArrayFunction(
      "||", {}, "(x ANY, array ANY[]) → ANY[]", "The array with x in front.", "1 || ARRAY[2, 3]",
      "{1,2,3}", &ResolveArray<"EL>L", &AddElementKernel<1, 0, true>>, NullRule::kCustom));
  registry->Add(ArrayFunction("array_flatten", {"flatten", "arrayFlatten"},
                              "(array ANY[][]) → ANY[]", "The elements of the arrays in an array.",
                              "array_flatten(ARRAY[ARRAY[1, 2], ARRAY[3]])", "{1,2,3}",
                              &ResolveArray<"N>L", &FlattenKernel>));
  RegisterArraySearch(registry);
  RegisterArrayOrder(registry);
  RegisterArraySeries(registry);
}

}  // namespace shale
