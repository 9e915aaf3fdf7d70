// Casts of JSON to numbers and BOOLEAN: the document must be one itself.
#include "engine/functions/casts.h"
#include "engine/functions/json_text.h"
#include "engine/functions/kernels.h"
#include "engine/functions/value_format.h"

namespace shale {
namespace {

template <typename T>
Status NumberTo(std::string_view number, const Type& to, T* out) {
  if constexpr (std::is_floating_point_v<T>) {
    double value = 0;
    if (ParseDoubleOutcome(number, &value) != ParseOutcome::kOk) {
      return OutOfRange("{} out of range", PostgresTypeName(to));
    }
    *out = static_cast<T>(value);
    return OkStatus();
  } else {
    const bool decimal = to.id() == TypeId::kDecimal;
    int128_t value = 0;
    if (ParseDecimal(number, decimal ? to.precision() : kMaxDecimalPrecision,
                     decimal ? to.scale() : 0, &value) != ParseOutcome::kOk ||
        static_cast<int128_t>(static_cast<T>(value)) != value) {
      if (decimal) return OutOfRange("numeric field overflow");
      return OutOfRange("{} out of range", PostgresTypeName(to));
    }
    *out = static_cast<T>(value);
    return OkStatus();
  }
}

template <typename T, bool kTry>
Status JsonTo(const KernelCall& call, Vector* result) {
  const Arg<std::string_view> in(call.args[0]);
  const Type& to = result->type();
  const JsonKind wanted = to.id() == TypeId::kBoolean ? JsonKind::kBoolean : JsonKind::kNumber;
  T* const out = result->mutable_values<T>();
  Status status;
  WhileValid(result->validity(), call.num_rows, [&](size_t row) {
    const std::string_view value = TrimJson(in[row]);
    const JsonKind kind = JsonKindOf(value);
    out[row] = T{};
    Status failed;
    if (kind != wanted) {
      failed = InvalidArgument("cannot cast jsonb {} to type {}",
                               kind == JsonKind::kNumber ? "numeric" : JsonKindName(kind),
                               PostgresTypeName(to));
    } else if (wanted == JsonKind::kBoolean) {
      out[row] = static_cast<T>(value[0] == 't');
    } else {
      failed = NumberTo<T>(value, to, &out[row]);
    }
    if (failed.ok()) return true;
    if (kTry) {
      result->SetNull(row);
      return true;
    }
    status = std::move(failed);
    return false;
  });
  return status;
}

}  // namespace

ScalarKernel JsonCast(const Type& from, const Type& to, bool try_cast) {
  if (from.id() != TypeId::kJson || !(to.IsNumeric() || to.id() == TypeId::kBoolean)) {
    return nullptr;
  }
  return VisitPhysical(to.physical(), [&]<typename T>(std::type_identity<T>) -> ScalarKernel {
    if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, int128_t>) {
      return try_cast ? &JsonTo<T, true> : &JsonTo<T, false>;
    } else {
      return nullptr;
    }
  });
}

}  // namespace shale
