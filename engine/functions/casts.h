// The parts of the cast matrix, one a family. Each gives the kernel of CAST(from AS to), or null
// when the pair is not its business. A kernel reads the exact types from its argument and result.
// With `try_cast` a row that cannot be cast becomes NULL instead of an error.
#pragma once

#include "engine/functions/function.h"

namespace shale {

ScalarKernel NumericCast(const Type& from, const Type& to, bool try_cast);  // and BOOLEAN
ScalarKernel DateTimeCast(const Type& from, const Type& to, bool try_cast);
ScalarKernel JsonCast(const Type& from, const Type& to, bool try_cast);  // JSON to numbers
ScalarKernel TextCast(const Type& from, const Type& to, bool try_cast);  // TEXT on one side

namespace cast_internal {

// convert(x, &out) for each row of the one argument; false: cannot. Runs over NULL rows too, and
// must be total. error(x) makes the error of the first row that is not NULL.
template <bool kTry, typename From, typename To, typename F, typename E>
Status ConvertRows(const KernelCall& call, Vector* result, F convert, E error) {
  const Vector& arg = call.args[0];
  const From* in = arg.values<From>();
  const size_t n = call.num_rows, mask = arg.is_constant() ? 0 : ~size_t{0};
  To* out = result->mutable_values<To>();
  uint8_t bad = 0;
  if (mask == 0) {
    for (size_t i = 0; i < n; ++i) bad |= !convert(in[0], &out[i]);
  } else {
    for (size_t i = 0; i < n; ++i) bad |= !convert(in[i], &out[i]);
  }
  if (bad == 0) [[likely]]
    return OkStatus();
  for (size_t i = 0; i < n; ++i) {
    if (result->has_nulls() && !BitIsSet(result->validity(), i)) continue;
    To ignored;
    if (convert(in[i & mask], &ignored)) continue;
    if constexpr (kTry) {
      out[i] = To{};
      result->SetNull(i);
    } else {
      return error(in[i & mask]);
    }
  }
  return OkStatus();
}

}  // namespace cast_internal

}  // namespace shale
