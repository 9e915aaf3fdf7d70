// CAST and TRY_CAST: which pairs of types there are, put together from the families in casts.h.
#include "engine/functions/casts.h"

#include <cstring>

#include "engine/functions/families.h"
#include "engine/functions/kernels.h"
#include "engine/functions/value_format.h"

namespace shale {
namespace {

StatusOr<ResolvedScalar> NotCalledByName(std::span<const ArgumentType>) {
  return NotFound("write CAST(value AS type) or value::type");
}

ScalarFunction MakeRow(bool try_cast, Volatility volatility) {
  ScalarFunction row;
  row.name = try_cast ? "try_cast" : "cast";
  row.category = "conversion";
  row.signature = try_cast ? "TRY_CAST(value AS type)" : "CAST(value AS type), value::type";
  row.summary = try_cast ? "The value as another type, NULL where it has none."
                         : "The value as another type, an error where it has none.";
  row.example = try_cast ? "TRY_CAST('12x' AS INTEGER)" : "CAST('12' AS INTEGER)";
  row.example_result = try_cast ? "NULL" : "12";
  row.volatility = volatility;
  row.resolve = NotCalledByName;
  return row;
}

// The rows that resolved casts point to. Zone-dependent ones hold within a statement only.
const ScalarFunction& CastRow(bool try_cast, bool stable) {
  static const auto* const kRows = new ScalarFunction[4]{
      MakeRow(false, Volatility::kImmutable), MakeRow(false, Volatility::kStable),
      MakeRow(true, Volatility::kImmutable), MakeRow(true, Volatility::kStable)};
  return kRows[(try_cast ? 2 : 0) + (stable ? 1 : 0)];
}

bool DependsOnZone(const Type& from, const Type& to) {
  if (from.id() == TypeId::kList) return DependsOnZone(from.child(), to);
  if (to.id() == TypeId::kList) return DependsOnZone(from, to.child());
  return (from.id() == TypeId::kTimestampTz) != (to.id() == TypeId::kTimestampTz);
}

// An untyped NULL is a NULL of any type.
Status NullToAnything(const KernelCall& call, Vector* result) {
  std::memset(result->mutable_validity(), 0, BitmapWords(call.num_rows) * 8);
  return OkStatus();
}

// Lists item by item: the cast of the child vector.
template <bool kTry>
Status ListToList(const KernelCall& call, Vector* result) {
  const Vector arg = call.args[0].Flatten();
  const Vector child = arg.children()[0].Flatten();
  ASSIGN_OR_RETURN(ResolvedScalar cast, ResolveCast(child.type(), result->type().child(), kTry));
  const size_t count = child.size();
  Vector items = Vector::Flat(result->type().child(), count);
  // Items of rows that are NULL, or of none, must not fail: they count as NULL.
  uint64_t* bits = items.mutable_validity();
  std::memset(bits, 0, BitmapWords(count) * 8);
  const auto* entries = arg.values<ListEntry>();
  ForEachValid(result->validity(), call.num_rows, [&](size_t row) {
    for (uint32_t i = 0; i < entries[row].length; ++i) {
      size_t at = entries[row].offset + i;
      if (!child.IsNull(at)) SetBit(bits, at);
    }
  });
  if (count > 0) {
    KernelCall inner{call.context, std::span(&child, 1), count, nullptr};
    RETURN_IF_ERROR(cast.kernel(inner, &items));
    items.AddHeapsOf(child);
  }
  auto* out = result->mutable_values<ListEntry>();
  for (size_t row = 0; row < call.num_rows; ++row) out[row] = entries[row];
  result->mutable_children().assign(1, std::move(items));
  return OkStatus();
}

Status Identity(const KernelCall& call, Vector* result) {
  Vector copy = call.args[0].Flatten();
  copy.ShareValidity(*result);
  *result = copy.Retyped(result->type());
  return OkStatus();
}

ScalarKernel KernelOf(const Type& from, const Type& to, bool try_cast) {
  if (from == to) return &Identity;
  if (from.id() == TypeId::kNull) return &NullToAnything;
  if (ScalarKernel kernel = TextCast(from, to, try_cast)) return kernel;
  if (ScalarKernel kernel = NumericCast(from, to, try_cast)) return kernel;
  if (ScalarKernel kernel = DateTimeCast(from, to, try_cast)) return kernel;
  if (ScalarKernel kernel = JsonCast(from, to, try_cast)) return kernel;
  if (from.id() == TypeId::kList && to.id() == TypeId::kList) {
    if (from.child() != to.child() && KernelOf(from.child(), to.child(), try_cast) == nullptr) {
      return nullptr;
    }
    return try_cast ? &ListToList<true> : &ListToList<false>;
  }
  return nullptr;
}

}  // namespace

StatusOr<ResolvedScalar> ResolveCast(const Type& from, const Type& to, bool try_cast) {
  ResolvedScalar resolved;
  resolved.kernel = KernelOf(from, to, try_cast);
  if (resolved.kernel == nullptr) {
    return NotFound("cannot cast type {} to {}", PostgresTypeName(from), PostgresTypeName(to));
  }
  resolved.function = &CastRow(try_cast, DependsOnZone(from, to));
  resolved.arg_types = {from};
  resolved.result_type = to;
  return resolved;
}

namespace {

template <bool kLiteral>
Status TypeOfKernel(const KernelCall& call, Vector* result) {
  StringArena arena;
  const std::string_view name =
      arena.Add(kLiteral ? "unknown" : PostgresTypeName(call.args[0].type()));
  std::fill_n(result->mutable_values<std::string_view>(), call.num_rows, name);
  result->AddHeap(arena.heap());
  return OkStatus();
}

StatusOr<ResolvedScalar> ResolveTypeOf(std::span<const ArgumentType> args) {
  if (args.size() != 1) return NotFound("pg_typeof takes one argument");
  ResolvedScalar resolved;
  const bool literal = args[0].untyped_literal || args[0].type.id() == TypeId::kNull;
  resolved.arg_types = {literal ? Type(TypeId::kText) : args[0].type};
  resolved.result_type = TypeId::kText;
  resolved.kernel = literal ? &TypeOfKernel<true> : &TypeOfKernel<false>;
  return resolved;
}

}  // namespace

void RegisterCasts(Registry* registry) {
  registry->Add(ScalarFunction{.name = "pg_typeof",
                               .aliases = {"typeof", "toTypeName"},
                               .category = "conversion",
                               .signature = "(value ANY) → TEXT",
                               .summary = "The name of the value's type, as PostgreSQL has it.",
                               .example = "pg_typeof(1.5)",
                               .example_result = "numeric",
                               .nulls = NullRule::kCustom,
                               .resolve = &ResolveTypeOf});
  registry->Add(MakeRow(false, Volatility::kImmutable));
  registry->Add(MakeRow(true, Volatility::kImmutable));
}

}  // namespace shale
