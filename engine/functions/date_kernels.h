// Loops over dates and instants that share a time zone. Private to engine/functions/scalar_date*.
#pragma once

#include <cstdint>

#include "engine/functions/date.h"
#include "engine/functions/function.h"
#include "engine/functions/kernels.h"
#include "engine/functions/value_format.h"

namespace shale {

// The parts of the date family, one a file; RegisterDate adds them all.
void RegisterDateExtract(Registry* registry);     // scalar_date_extract.cc
void RegisterDateTrunc(Registry* registry);       // scalar_date_trunc.cc
void RegisterDateArithmetic(Registry* registry);  // scalar_date_arithmetic.cc
void RegisterDateMake(Registry* registry);        // scalar_date_make.cc

// Addition that wraps: infinities move, but nobody reads them.
inline int64_t WrapAdd(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}

// Whether one offset of `zone` holds for all `values` (instants); it is then in *offset.
inline bool UniformOffset(const TimeZone& zone, const int64_t* values, size_t count,
                          int64_t* offset) {
  if (count == 0) return false;
  int64_t least = values[0];
  int64_t most = values[0];
  if (!zone.is_fixed()) {
    for (size_t i = 1; i < count; ++i) {
      least = values[i] < least ? values[i] : least;
      most = values[i] > most ? values[i] : most;
    }
  }
  const TimeZone::Span span = zone.SpanAt(least);
  *offset = span.offset;
  return zone.is_fixed() || most < span.end;
}

// out[row] = f(wall time, offset) for every instant of a flat or constant vector.
template <typename R, typename F>
inline void ForEachLocal(const TimeZone& zone, const Vector& instants, size_t num_rows, R* out,
                         F f) {
  const int64_t* const values = instants.values<int64_t>();
  if (instants.is_constant()) {
    const int64_t offset = zone.OffsetAt(values[0]);
    const R result = static_cast<R>(f(WrapAdd(values[0], offset), offset));
    for (size_t row = 0; row < num_rows; ++row) out[row] = result;
    return;
  }
  int64_t offset = 0;
  if (UniformOffset(zone, values, num_rows, &offset)) {
    for (size_t row = 0; row < num_rows; ++row) {
      out[row] = static_cast<R>(f(WrapAdd(values[row], offset), offset));
    }
    return;
  }
  ZoneCursor cursor(zone);
  for (size_t row = 0; row < num_rows; ++row) {
    const int64_t row_offset = cursor.Offset(values[row]);
    out[row] = static_cast<R>(f(WrapAdd(values[row], row_offset), row_offset));
  }
}

// Errors for a unit that nobody knows, and for one that a type does not have.
inline Status UnknownUnit(const Type& type, std::string_view unit) {
  return InvalidArgument(
      "unit \"{}\" not recognized for type {}; units are 'second', 'minute', 'hour', 'day', "
      "'week', 'month', 'quarter', 'year', …",
      unit, PostgresTypeName(type));
}
inline Status UnsupportedUnit(const Type& type, std::string_view unit) {
  return InvalidArgument("unit \"{}\" not supported for type {}", unit, PostgresTypeName(type));
}

// Looks at all of them without a branch: infinities are rare.
inline bool AnyInfinity(const Arg<int64_t>& times, size_t num_rows) {
  uint64_t seen = 0;
  const size_t distinct = times.is_constant() ? size_t{num_rows > 0} : num_rows;
  for (size_t row = 0; row < distinct; ++row) {
    seen |= uint64_t{times.values()[row] == kTimestampInfinity};
    seen |= uint64_t{times.values()[row] == kTimestampMinusInfinity};
  }
  return seen != 0;
}

// Clears the rows of infinite times: their fields have no value.
inline void NullInfinities(const Vector& times, size_t num_rows, Vector* result) {
  const Arg<int64_t> in(times);
  if (!AnyInfinity(in, num_rows)) [[likely]]
    return;
  for (size_t row = 0; row < num_rows; ++row) {
    if (!IsFiniteTimestamp(in[row])) result->SetNull(row);
  }
}

}  // namespace shale
