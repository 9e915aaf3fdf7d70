// Exact arithmetic over DECIMAL: result types and kernels.
//
// + and -: scale max(s1, s2), one more digit before the point. ×: the scales add up. ÷: scale
// max(s1, s2, 6), rounded half away from zero. %: scale max(s1, s2), the dividend's sign. Results
// have at most 38 digits; one that does not fit is an error.
#pragma once

#include "engine/functions/function.h"

namespace shale {

enum class DecimalOperation : uint8_t { kAdd, kSubtract, kMultiply, kDivide, kModulo };

// `a` and `b` are DECIMAL or integer types, at least one DECIMAL.
StatusOr<ResolvedScalar> ResolveDecimal(DecimalOperation operation, const Type& a, const Type& b);

// Integer arithmetic that needs more than 64 bits (UBIGINT with a signed type): DECIMAL(38,0), the
// quotient cut towards zero.
ResolvedScalar ResolveWideInteger(DecimalOperation operation);

// numerator × 10^digits ÷ denominator, rounded half away from zero; false when it has more than 38
// digits. The denominator is not 0.
bool DivideScaled(int128_t numerator, int digits, int128_t denominator, int128_t* out);

}  // namespace shale
