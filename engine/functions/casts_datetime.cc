// Casts among DATE, TIMESTAMP and TIMESTAMPTZ. Wall time and instants meet in the session's zone.
#include "engine/functions/casts.h"
#include "engine/functions/date.h"

namespace shale {
namespace {

using cast_internal::ConvertRows;

bool DateToMicros(int32_t days, int64_t* out) {
  if (!IsFiniteDate(days)) {
    *out = days == kDateInfinity ? kTimestampInfinity : kTimestampMinusInfinity;
    return true;
  }
  bool overflow = __builtin_mul_overflow(int64_t{days}, kMicrosPerDay, out);
  return !overflow && IsValidTimestamp(*out);
}

int32_t MicrosToDate(int64_t micros) {
  if (!IsFiniteTimestamp(micros)) {
    return micros == kTimestampInfinity ? kDateInfinity : kDateMinusInfinity;
  }
  return static_cast<int32_t>(DaysOfMicros(micros));
}

Status TimestampOutOfRange() { return OutOfRange("timestamp out of range"); }
Status DateTooFar() { return OutOfRange("date out of range for timestamp"); }

// Instants to wall time and back; infinities stay.
int64_t ToLocal(ZoneCursor& zone, int64_t utc) {
  return IsFiniteTimestamp(utc) && IsValidTimestamp(utc) ? zone.ToLocal(utc) : utc;
}
int64_t ToUtc(ZoneCursor& zone, int64_t local) {
  return IsFiniteTimestamp(local) && IsValidTimestamp(local) ? zone.ToUtc(local) : local;
}

template <bool kTry>
Status DateToTimestamp(const KernelCall& call, Vector* result) {
  return ConvertRows<kTry, int32_t, int64_t>(call, result, DateToMicros,
                                             [](int32_t) { return DateTooFar(); });
}

template <bool kTry>
Status TimestampToDate(const KernelCall& call, Vector* result) {
  return ConvertRows<kTry, int64_t, int32_t>(
      call, result,
      [](int64_t micros, int32_t* out) {
        *out = MicrosToDate(micros);
        return true;
      },
      [](int64_t) { return OkStatus(); });
}

template <bool kTry>
Status DateToTimestampTz(const KernelCall& call, Vector* result) {
  ASSIGN_OR_RETURN(const TimeZone* zone, TimeZone::Find(call.context.time_zone));
  ZoneCursor cursor(*zone);
  return ConvertRows<kTry, int32_t, int64_t>(
      call, result,
      [&](int32_t days, int64_t* out) {
        if (!DateToMicros(days, out)) return false;
        *out = ToUtc(cursor, *out);
        return IsValidTimestamp(*out);
      },
      [](int32_t) { return DateTooFar(); });
}

template <bool kTry>
Status TimestampTzToDate(const KernelCall& call, Vector* result) {
  ASSIGN_OR_RETURN(const TimeZone* zone, TimeZone::Find(call.context.time_zone));
  ZoneCursor cursor(*zone);
  return ConvertRows<kTry, int64_t, int32_t>(
      call, result,
      [&](int64_t utc, int32_t* out) {
        *out = MicrosToDate(ToLocal(cursor, utc));
        return true;
      },
      [](int64_t) { return OkStatus(); });
}

template <bool kTry, bool kToUtc>
Status AcrossZone(const KernelCall& call, Vector* result) {
  ASSIGN_OR_RETURN(const TimeZone* zone, TimeZone::Find(call.context.time_zone));
  ZoneCursor cursor(*zone);
  return ConvertRows<kTry, int64_t, int64_t>(
      call, result,
      [&](int64_t micros, int64_t* out) {
        *out = kToUtc ? ToUtc(cursor, micros) : ToLocal(cursor, micros);
        return IsValidTimestamp(*out);
      },
      [](int64_t) { return TimestampOutOfRange(); });
}

template <bool kTry>
ScalarKernel Choose(TypeId from, TypeId to) {
  if (from == TypeId::kDate && to == TypeId::kTimestamp) return &DateToTimestamp<kTry>;
  if (from == TypeId::kDate && to == TypeId::kTimestampTz) return &DateToTimestampTz<kTry>;
  if (from == TypeId::kTimestamp && to == TypeId::kDate) return &TimestampToDate<kTry>;
  if (from == TypeId::kTimestampTz && to == TypeId::kDate) return &TimestampTzToDate<kTry>;
  if (from == TypeId::kTimestamp && to == TypeId::kTimestampTz) return &AcrossZone<kTry, true>;
  if (from == TypeId::kTimestampTz && to == TypeId::kTimestamp) return &AcrossZone<kTry, false>;
  return nullptr;
}

}  // namespace

ScalarKernel DateTimeCast(const Type& from, const Type& to, bool try_cast) {
  return try_cast ? Choose<true>(from.id(), to.id()) : Choose<false>(from.id(), to.id());
}

}  // namespace shale
