// NOT, IS NULL, IS TRUE, IN over a list, nullif, greatest and least. (AND, OR, CASE and COALESCE
// are expressions of their own, since they evaluate lazily.)
#include <cstring>
#include <numeric>
#include <optional>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "engine/functions/date.h"
#include "engine/functions/families.h"
#include "engine/functions/kernels.h"
#include "engine/functions/value_order.h"
#include "engine/vector/nested.h"

namespace shale {
namespace {

bool IsNullAt(const Vector& v, size_t row) {
  return v.has_nulls() && !BitIsSet(v.validity(), v.is_constant() ? 0 : row);
}

Type TypeOrText(const ArgumentType& arg) {
  bool untyped = arg.untyped_literal || arg.type.id() == TypeId::kNull;
  return untyped ? Type(TypeId::kText) : arg.type;
}

// ---- IS NULL, IS TRUE
// -----------------------------------------------------------------------------

template <bool kWhenNull>
Status NullTest(const KernelCall& call, Vector* result) {
  const Vector& arg = call.args[0];
  auto* out = result->mutable_values<uint8_t>();
  std::memset(out, !kWhenNull, call.num_rows);
  if (!arg.has_nulls()) return OkStatus();
  for (size_t row = 0; row < call.num_rows; ++row) out[row] = IsNullAt(arg, row) == kWhenNull;
  return OkStatus();
}

template <bool kWhenNull>
StatusOr<ResolvedScalar> ResolveNullTest(std::span<const ArgumentType> args) {
  if (args.size() != 1) return NotFound("one argument");
  ResolvedScalar resolved;
  resolved.kernel = &NullTest<kWhenNull>;
  resolved.arg_types = {TypeOrText(args[0])};
  resolved.result_type = TypeId::kBoolean;
  return resolved;
}

template <bool kValue, bool kNegated>
Status TruthTest(const KernelCall& call, Vector* result) {
  const Arg<uint8_t> arg(call.args[0]);
  auto* out = result->mutable_values<uint8_t>();
  for (size_t row = 0; row < call.num_rows; ++row) {
    bool is = (arg[row] != 0) == kValue;
    if (call.args[0].has_nulls()) is &= !IsNullAt(call.args[0], row);
    out[row] = is != kNegated;
  }
  return OkStatus();
}

// ---- IN
// -------------------------------------------------------------------------------------------

// 128-bit values by their halves.
using Wide = std::pair<uint64_t, uint64_t>;

Wide WideKey(int128_t x) {
  return {static_cast<uint64_t>(x), static_cast<uint64_t>(static_cast<uint128_t>(x) >> 64)};
}

// Equal values, equal words: what IN compares by, for every type of at most 64 bits.
template <typename T>
uint64_t WordKey(T x) {
  if constexpr (std::is_floating_point_v<T>) {
    double wide = static_cast<double>(x);
    if (wide == 0) wide = 0;  // -0 too
    if (wide != wide) return 0x7ff8000000000000u;
    uint64_t word;
    std::memcpy(&word, &wide, 8);
    return word;
  } else {
    return static_cast<uint64_t>(static_cast<int64_t>(x));
  }
}

// The constants of an IN list, as a set.
struct InState : ScalarState {
  bool usable = false;  // every item is a constant
  bool has_null = false;
  std::vector<uint64_t> few;  // words, when so few that comparing with each is fastest
  absl::flat_hash_set<uint64_t> words;
  absl::flat_hash_set<Wide> wides;
  absl::flat_hash_set<absl::string_view> texts;  // of `bytes`
  std::vector<std::unique_ptr<std::string>> bytes;
};
constexpr size_t kFew = 8;

StatusOr<std::unique_ptr<ScalarState>> PrepareIn(const FunctionContext&,
                                                 std::span<const Value* const> constants) {
  auto state = std::make_unique<InState>();
  state->usable = true;
  for (const Value* value : constants.subspan(1)) {
    if (value == nullptr) {
      state->usable = false;
      break;
    }
    if (value->is_null()) {
      state->has_null = true;
      continue;
    }
    switch (value->type().physical()) {
      case PhysicalType::kString:
        state->bytes.push_back(std::make_unique<std::string>(value->AsString()));
        state->texts.insert(
            absl::string_view(state->bytes.back()->data(), state->bytes.back()->size()));
        break;
      case PhysicalType::kInt128: state->wides.insert(WideKey(value->AsInt128())); break;
      case PhysicalType::kInterval:
        state->wides.insert(WideKey(IntervalOrder(value->AsInterval())));
        break;
      case PhysicalType::kFloat:
        state->words.insert(WordKey(static_cast<float>(value->AsDouble())));
        break;
      case PhysicalType::kDouble: state->words.insert(WordKey(value->AsDouble())); break;
      case PhysicalType::kList:
      case PhysicalType::kStruct: state->usable = false; break;
      default: state->words.insert(static_cast<uint64_t>(value->AsInt())); break;
    }
  }
  if (state->words.size() <= kFew) state->few.assign(state->words.begin(), state->words.end());
  return state;
}

template <typename T>
void InSet(const KernelCall& call, const InState& state, uint8_t* out) {
  const Arg<T> arg(call.args[0]);
  const size_t n = call.num_rows;
  if constexpr (std::is_same_v<T, std::string_view>) {
    for (size_t row = 0; row < n; ++row) {
      out[row] = state.texts.contains(absl::string_view(arg[row].data(), arg[row].size()));
    }
  } else if constexpr (std::is_same_v<T, int128_t>) {
    for (size_t row = 0; row < n; ++row) out[row] = state.wides.contains(WideKey(arg[row]));
  } else if constexpr (std::is_same_v<T, Interval>) {
    for (size_t row = 0; row < n; ++row) {
      out[row] = state.wides.contains(WideKey(IntervalOrder(arg[row])));
    }
  } else if (std::is_integral_v<T> && state.words.size() <= kFew && !arg.is_constant()) {
    const T* __restrict in = arg.values();
    std::memset(out, 0, n);
    for (uint64_t word : state.few) {
      const T value = static_cast<T>(word);
      for (size_t row = 0; row < n; ++row) out[row] |= in[row] == value;
    }
  } else {
    for (size_t row = 0; row < n; ++row) out[row] = state.words.contains(WordKey(arg[row]));
  }
}

// x IN (…): true on a match; else NULL when x or any item is NULL; else false.
Status InKernel(const KernelCall& call, Vector* result) {
  const auto& state = static_cast<const InState&>(*call.state);
  const Vector& needle = call.args[0];
  auto* out = result->mutable_values<uint8_t>();
  const PhysicalType physical = needle.type().physical();
  const bool nested = physical == PhysicalType::kList || physical == PhysicalType::kStruct;
  std::vector<uint8_t> null_item(call.num_rows, state.usable && state.has_null);
  if (state.usable && !nested) {
    VisitPhysical(physical, [&]<typename T>(std::type_identity<T>) { InSet<T>(call, state, out); });
  } else {
    std::memset(out, 0, call.num_rows);
    for (const Vector& item : call.args.subspan(1)) {
      for (size_t row = 0; row < call.num_rows; ++row) null_item[row] |= IsNullAt(item, row);
      if (nested) {
        for (size_t row = 0; row < call.num_rows; ++row) {
          out[row] |= !IsNullAt(item, row) && CompareValues(needle, row, item, row) == 0;
        }
        continue;
      }
      VisitPhysical(physical, [&]<typename T>(std::type_identity<T>) {
        const Arg<T> x(needle), y(item);
        for (size_t row = 0; row < call.num_rows; ++row) {
          out[row] |= Order<T>::Equal(x[row], y[row]) && !IsNullAt(item, row);
        }
      });
    }
  }
  for (size_t row = 0; row < call.num_rows; ++row) {
    if (IsNullAt(needle, row) || (null_item[row] && !out[row])) {
      out[row] = 0;
      result->SetNull(row);
    }
  }
  return OkStatus();
}

// ---- types shared by all arguments
// ------------------------------------------------------------------

StatusOr<Type> CommonOfAll(std::span<const ArgumentType> args) {
  ArgumentType common = args[0];
  for (const ArgumentType& arg : args.subspan(1)) {
    StatusOr<Type> type = CommonType(common, arg);
    if (!type.ok()) return NotFound("no common type");
    bool untyped = (common.untyped_literal || common.type.id() == TypeId::kNull) &&
                   (arg.untyped_literal || arg.type.id() == TypeId::kNull);
    common = {*std::move(type), untyped};
  }
  if (args.size() == 1) return TypeOrText(args[0]);
  return common.type;
}

StatusOr<ResolvedScalar> ResolveIn(std::span<const ArgumentType> args) {
  if (args.size() < 2) return NotFound("a value and a list");
  ASSIGN_OR_RETURN(Type common, CommonOfAll(args));
  ResolvedScalar resolved;
  resolved.kernel = &InKernel;
  resolved.arg_types.assign(args.size(), common);
  resolved.result_type = TypeId::kBoolean;
  return resolved;
}

// ---- greatest, least, nullif
// ------------------------------------------------------------------------

// NULLs do not count; NULL only when all are.
template <bool kGreatest>
Status ExtremeKernel(const KernelCall& call, Vector* result) {
  uint64_t* bits = result->mutable_validity();
  std::memset(bits, 0, BitmapWords(call.num_rows) * 8);
  VisitPhysical(result->type().physical(), [&]<typename T>(std::type_identity<T>) {
    T* out = result->mutable_values<T>();
    for (const Vector& vector : call.args) {
      const Arg<T> arg(vector);
      for (size_t row = 0; row < call.num_rows; ++row) {
        if (IsNullAt(vector, row)) continue;
        const T x = arg[row];
        if (!BitIsSet(bits, row) ||
            (kGreatest ? Order<T>::Less(out[row], x) : Order<T>::Less(x, out[row]))) {
          out[row] = x;
          SetBit(bits, row);
        }
      }
    }
  });
  return OkStatus();
}

// Of lists: each row picked from the arguments behind each other.
template <bool kGreatest>
Status NestedExtremeKernel(const KernelCall& call, Vector* result) {
  std::vector<Vector> flats;
  for (const Vector& arg : call.args) flats.push_back(arg.Flatten());
  const Vector all = ConcatFlat(flats);
  std::vector<uint32_t> picks(call.num_rows);
  for (size_t row = 0; row < call.num_rows; ++row) {
    size_t best = row;
    for (size_t at = row + call.num_rows; at < all.size(); at += call.num_rows) {
      if (all.IsNull(at)) continue;
      const int order = all.IsNull(best) ? 1 : CompareValues(all, at, all, best);
      if (all.IsNull(best) || (kGreatest ? order > 0 : order < 0)) best = at;
    }
    picks[row] = static_cast<uint32_t>(best);
  }
  *result = all.Gather(picks.data(), picks.size());
  return OkStatus();
}

template <bool kGreatest>
StatusOr<ResolvedScalar> ResolveExtreme(std::span<const ArgumentType> args) {
  if (args.empty()) return NotFound("at least one argument");
  ASSIGN_OR_RETURN(Type common, CommonOfAll(args));
  if (common.id() == TypeId::kStruct) return NotFound("no order of structs");
  ResolvedScalar resolved;
  resolved.kernel =
      common.id() == TypeId::kList ? &NestedExtremeKernel<kGreatest> : &ExtremeKernel<kGreatest>;
  resolved.arg_types.assign(args.size(), common);
  resolved.result_type = common;
  return resolved;
}

Status NullIfKernel(const KernelCall& call, Vector* result) {
  const Vector &a = call.args[0], &b = call.args[1];
  if (a.type().id() == TypeId::kList) {
    std::vector<uint32_t> rows(call.num_rows);
    std::iota(rows.begin(), rows.end(), 0);
    Vector values = a.Flatten().Gather(rows.data(), rows.size());  // with NULLs of its own
    for (size_t row = 0; row < call.num_rows; ++row) {
      const bool null = IsNullAt(a, row) || IsNullAt(b, row);
      if (!null && CompareValues(a, row, b, row) == 0) values.SetNull(row);
    }
    *result = std::move(values);
    return OkStatus();
  }
  // T: compared as; R: the value's own type, which may be narrower.
  auto run = [&]<typename T, typename R>(std::type_identity<T>, std::type_identity<R>) {
    const Arg<T> x(a), y(b);
    R* out = result->mutable_values<R>();
    for (size_t row = 0; row < call.num_rows; ++row) {
      const bool equal = !IsNullAt(b, row) && Order<T>::Equal(x[row], y[row]);
      if (equal || IsNullAt(a, row)) {
        result->SetNull(row);
      } else {
        out[row] = static_cast<R>(x[row]);
      }
    }
  };
  VisitPhysical(a.type().physical(), [&]<typename T>(std::type_identity<T> compared) {
    if (result->type().physical() == a.type().physical()) return run(compared, compared);
    VisitPhysical(result->type().physical(), [&]<typename R>(std::type_identity<R> own) {
      if constexpr (std::is_arithmetic_v<T> && std::is_arithmetic_v<R>) run(compared, own);
    });
  });
  return OkStatus();
}

// A DATE against a timestamp: the value stays a date.
Status NullIfDateKernel(const KernelCall& call, Vector* result) {
  const Arg<int32_t> value(call.args[0]);
  const Arg<int64_t> other(call.args[1]);
  std::optional<ZoneCursor> zone;
  if (call.args[1].type().id() == TypeId::kTimestampTz) {
    ASSIGN_OR_RETURN(const TimeZone* found, TimeZone::Find(call.context.time_zone));
    zone.emplace(*found);
  }
  int32_t* out = result->mutable_values<int32_t>();
  for (size_t row = 0; row < call.num_rows; ++row) {
    bool null = IsNullAt(call.args[0], row);
    if (!null && !IsNullAt(call.args[1], row)) {
      int64_t micros = 0;
      const bool fits = IsFiniteDate(value[row]) &&
                        !__builtin_mul_overflow(int64_t{value[row]}, kMicrosPerDay, &micros);
      if (fits && zone) micros = zone->ToUtc(micros);
      if (!IsFiniteDate(value[row])) {
        micros = value[row] == kDateInfinity ? kTimestampInfinity : kTimestampMinusInfinity;
      }
      null = (fits || !IsFiniteDate(value[row])) && micros == other[row];
    }
    if (null) {
      result->SetNull(row);
    } else {
      out[row] = value[row];
    }
  }
  return OkStatus();
}

StatusOr<ResolvedScalar> ResolveNullIf(std::span<const ArgumentType> args) {
  if (args.size() != 2) return NotFound("two arguments");
  ASSIGN_OR_RETURN(Type common, CommonOfAll(args));
  if (common.id() == TypeId::kStruct) return NotFound("no structs");
  ResolvedScalar resolved;
  resolved.kernel = &NullIfKernel;
  resolved.arg_types = {common, common};
  // The type of the first, where the second only makes the comparison wider.
  const ArgumentType& value = args[0];
  if (!value.untyped_literal && value.type.id() == TypeId::kDate &&
      (common.id() == TypeId::kTimestamp || common.id() == TypeId::kTimestampTz)) {
    resolved.kernel = &NullIfDateKernel;
    resolved.arg_types = {value.type, common};
    resolved.result_type = value.type;
    return resolved;
  }
  const bool keeps_type = !value.untyped_literal &&
                          ((value.type.IsInteger() && common.IsInteger()) ||
                           (value.type.id() == TypeId::kReal && common.id() == TypeId::kDouble));
  resolved.result_type = keeps_type ? value.type : common;
  return resolved;
}

ScalarFunction Row(std::string name, std::string signature, std::string summary,
                   std::string example, std::string example_result) {
  ScalarFunction row;
  row.name = std::move(name);
  row.category = "logic";
  row.signature = std::move(signature);
  row.summary = std::move(summary);
  row.example = std::move(example);
  row.example_result = std::move(example_result);
  row.nulls = NullRule::kCustom;
  return row;
}

void AddTruthTest(Registry* registry, std::string name, std::string sql, ScalarKernel kernel,
                  std::string example_result) {
  ScalarFunction row =
      Row(std::move(name), "(value BOOLEAN) → BOOLEAN", fmt::format("value {}: never NULL.", sql),
          fmt::format("(1 < 2) {}", sql), std::move(example_result));
  row.args = {TypeId::kBoolean};
  row.result = TypeId::kBoolean;
  row.kernel = kernel;
  registry->Add(std::move(row));
}

}  // namespace

void RegisterLogic(Registry* registry) {
  {
    ScalarFunction row = Row("not", "(value BOOLEAN) → BOOLEAN", "True for false, false for true.",
                             "NOT (1 < 2)", "f");
    row.nulls = NullRule::kStrict;
    row.args = {TypeId::kBoolean};
    row.result = TypeId::kBoolean;
    row.kernel = Unary<uint8_t, uint8_t>([](uint8_t x) { return x ^ 1; });
    registry->Add(std::move(row));
  }
  {
    ScalarFunction row =
        Row("is_null", "(value any) → BOOLEAN", "value IS NULL.", "NULL IS NULL", "t");
    row.aliases = {"isNull", "is_unknown"};
    row.resolve = &ResolveNullTest<true>;
    registry->Add(std::move(row));
  }
  {
    ScalarFunction row =
        Row("is_not_null", "(value any) → BOOLEAN", "value IS NOT NULL.", "1 IS NOT NULL", "t");
    row.aliases = {"isNotNull", "is_not_unknown"};
    row.resolve = &ResolveNullTest<false>;
    registry->Add(std::move(row));
  }
  AddTruthTest(registry, "is_true", "IS TRUE", &TruthTest<true, false>, "t");
  AddTruthTest(registry, "is_not_true", "IS NOT TRUE", &TruthTest<true, true>, "f");
  AddTruthTest(registry, "is_false", "IS FALSE", &TruthTest<false, false>, "f");
  AddTruthTest(registry, "is_not_false", "IS NOT FALSE", &TruthTest<false, true>, "t");
  {
    ScalarFunction row =
        Row("in", "(value any, item any, …) → BOOLEAN",
            "Whether the value is one of the items: value IN (item, …).", "2 IN (1, 2, 3)", "t");
    row.resolve = &ResolveIn;
    row.prepare = &PrepareIn;
    registry->Add(std::move(row));
  }
  {
    ScalarFunction row =
        Row("nullif", "(value any, other any) → any",
            "NULL where the two are equal, else the value.", "nullif(3, 3)", "NULL");
    row.resolve = &ResolveNullIf;
    registry->Add(std::move(row));
  }
  {
    ScalarFunction row =
        Row("greatest", "(value any, …) → any", "The largest of its arguments, NULLs aside.",
            "greatest(1, 3, 2)", "3");
    row.resolve = &ResolveExtreme<true>;
    registry->Add(std::move(row));
  }
  {
    ScalarFunction row = Row("least", "(value any, …) → any",
                             "The smallest of its arguments, NULLs aside.", "least(3, 1, 2)", "1");
    row.resolve = &ResolveExtreme<false>;
    registry->Add(std::move(row));
  }
}

}  // namespace shale
