// Arrays that count: array_series (generate_series is made of it), array_range.
#include "engine/functions/array_families.h"
#include "engine/functions/array_kernel.h"
#include "engine/functions/date.h"

namespace shale {
namespace {

Status ZeroStep() { return InvalidArgument("step size cannot equal zero"); }
Status TooManyElements() {
  return ResourceExhausted("a series would have over {} elements (kMaxBatchElements)",
                           kMaxBatchElements);
}

// Whether so many would clearly be too many: known before any is made. Rounding does not matter.
bool IsTooLong(double distance, double step) {
  return distance / step > 2.0 * static_cast<double>(kMaxBatchElements);
}

template <typename T>
Status NumberSeries(const KernelCall& call, Vector* result, bool exclusive) {
  const bool has_from = call.args.size() > 1;
  const Arg<T> from(call.args[0]), to(call.args[has_from ? 1 : 0]);
  const bool has_step = call.args.size() > 2;
  const Arg<T> steps(call.args[has_step ? 2 : 0]);
  const Type& type = result->type().child();
  T one = 1;
  if (type.id() == TypeId::kDecimal) {
    for (int i = 0; i < type.scale(); ++i) one *= 10;
  }
  VectorBuilder items(type);
  auto* const entries = result->mutable_values<ListEntry>();
  Status status;
  WhileValid(result->validity(), call.num_rows, [&](size_t row) {
    const T step = has_step ? steps[row] : one;
    if (step == 0) {
      status = ZeroStep();
      return false;
    }
    const auto begin = static_cast<uint32_t>(items.size());
    const int128_t end = int128_t{to[row]} - (exclusive ? (step > 0 ? 1 : -1) : 0);
    const int128_t start = has_from ? from[row] : T{0};
    if (IsTooLong(static_cast<double>(end) - static_cast<double>(start),
                  static_cast<double>(step))) {
      status = TooManyElements();
      return false;
    }
    for (int128_t value = start; step > 0 ? value <= end : value >= end; value += step) {
      if (items.size() >= kMaxBatchElements) {
        status = TooManyElements();
        return false;
      }
      items.Append(static_cast<T>(value));
    }
    entries[row] = {begin, static_cast<uint32_t>(items.size() - begin)};
    return true;
  });
  result->mutable_children().assign(1, items.Finish());
  return status;
}

Status TimeSeries(const KernelCall& call, Vector* result, bool exclusive) {
  const Arg<int64_t> from(call.args[0]), to(call.args[1]);
  const Arg<Interval> steps(call.args[2]);
  const Type& type = result->type().child();
  const bool has_zone = call.args.size() > 3;  // whose days and months the step counts
  ASSIGN_OR_RETURN(const TimeZone* zone, TimeZone::Find(call.context.time_zone));
  const Arg<std::string_view> zones(call.args[has_zone ? 3 : 0]);
  std::string_view zone_name;
  ZoneCursor cursor(*zone);
  VectorBuilder items(type);
  auto* const entries = result->mutable_values<ListEntry>();
  Status status;
  WhileValid(result->validity(), call.num_rows, [&](size_t row) {
    const Interval step = steps[row];
    const int128_t order = IntervalOrder(step);
    if (order == 0) {
      status = ZeroStep();
      return false;
    }
    if (has_zone && (zone_name.data() == nullptr || zones[row] != zone_name)) {
      zone_name = zones[row];
      auto found = TimeZone::Find(zone_name);
      if (!found.ok()) {
        status = found.status();
        return false;
      }
      cursor = ZoneCursor(**found);
    }
    const auto begin = static_cast<uint32_t>(items.size());
    int64_t at = from[row];
    const int64_t end = to[row];
    if (IsFiniteTimestamp(at) && IsFiniteTimestamp(end) &&
        IsTooLong(static_cast<double>(end) - static_cast<double>(at), static_cast<double>(order))) {
      status = TooManyElements();
      return false;
    }
    while (order > 0 ? (exclusive ? at < end : at <= end) : (exclusive ? at > end : at >= end)) {
      if (items.size() >= kMaxBatchElements) {
        status = TooManyElements();
        return false;
      }
      items.Append(at);
      const bool moved = !IsFiniteTimestamp(at) ? false
                         : type.id() == TypeId::kTimestampTz
                             ? AddIntervalToInstant(cursor, at, step, &at)
                             : AddInterval(at, step, &at);
      if (!moved) {
        status = OutOfRange("timestamp out of range");
        return false;
      }
    }
    entries[row] = {begin, static_cast<uint32_t>(items.size() - begin)};
    return true;
  });
  result->mutable_children().assign(1, items.Finish());
  return status;
}

template <typename T, bool kExclusive>
Status NumberSeriesKernel(const KernelCall& call, Vector* result) {
  return NumberSeries<T>(call, result, kExclusive);
}
template <bool kExclusive>
Status TimeSeriesKernel(const KernelCall& call, Vector* result) {
  return TimeSeries(call, result, kExclusive);
}

bool IsUntyped(const ArgumentType& arg) {
  return arg.untyped_literal || arg.type.id() == TypeId::kNull;
}
bool IsTime(const ArgumentType& arg) {
  const TypeId id = arg.type.id();
  return !IsUntyped(arg) &&
         (id == TypeId::kDate || id == TypeId::kTimestamp || id == TypeId::kTimestampTz);
}

// Numbers of one type, or times and an INTERVAL; a DATE is a TIMESTAMPTZ, as PostgreSQL has it.
template <bool kExclusive>
StatusOr<ResolvedScalar> ResolveSeries(std::span<const ArgumentType> args) {
  const size_t least = kExclusive ? 1 : 2;
  if (args.size() < least || args.size() > 4) return NotFound("from, to and perhaps a step");
  ResolvedScalar resolved;
  const bool of_times = args.size() > 1 && (IsTime(args[0]) || IsTime(args[1]));
  if (args.size() == 4 && !of_times) return NotFound("a zone goes with times");
  if (of_times) {
    if (args.size() < 3) return NotFound("a series of times needs a step");
    bool local = true;
    for (const ArgumentType& arg : args.first(2)) {
      if (!IsUntyped(arg) && !IsTime(arg)) return NotFound("times on both ends");
      local &= IsUntyped(arg) || arg.type.id() == TypeId::kTimestamp;
    }
    if (!IsUntyped(args[2]) && args[2].type.id() != TypeId::kInterval) {
      return NotFound("the step is an INTERVAL");
    }
    // A DATE beside a TIMESTAMP is one, too.
    for (const ArgumentType& arg : args.first(2)) {
      if (!IsUntyped(arg) && arg.type.id() == TypeId::kTimestampTz) local = false;
    }
    const bool some_timestamp =
        args[0].type.id() == TypeId::kTimestamp || args[1].type.id() == TypeId::kTimestamp;
    const bool some_instant =
        args[0].type.id() == TypeId::kTimestampTz || args[1].type.id() == TypeId::kTimestampTz;
    if (some_timestamp && !some_instant) local = true;
    if (args.size() == 4) {
      if (!IsUntyped(args[3]) && args[3].type.id() != TypeId::kText) {
        return NotFound("the zone is a TEXT");
      }
      local = false;
    }
    const Type type = local ? TypeId::kTimestamp : TypeId::kTimestampTz;
    resolved.kernel = &TimeSeriesKernel<kExclusive>;
    resolved.arg_types = {type, type, TypeId::kInterval};
    if (args.size() == 4) resolved.arg_types.push_back(TypeId::kText);
    resolved.result_type = Type::List(type);
    return resolved;
  }
  ArgumentType common{TypeId::kInteger, true};
  for (const ArgumentType& arg : args) {
    if (IsUntyped(arg)) continue;
    if (!arg.type.IsInteger() && arg.type.id() != TypeId::kDecimal) return NotFound("numbers");
    ASSIGN_OR_RETURN(Type both, CommonType(common, {arg.type, false}));
    common = {std::move(both), false};
  }
  Type type = common.type;
  if (common.untyped_literal) type = TypeId::kInteger;
  if (type.IsInteger() && type.id() != TypeId::kInteger) {
    const bool small = type.id() == TypeId::kTinyInt || type.id() == TypeId::kSmallInt ||
                       type.id() == TypeId::kUTinyInt || type.id() == TypeId::kUSmallInt;
    if (type.id() == TypeId::kUBigInt) return NotFound("no series of UBIGINT: cast to BIGINT");
    type = small ? TypeId::kInteger : TypeId::kBigInt;
  }
  if (type.id() == TypeId::kDecimal) type = Type::Decimal(kMaxDecimalPrecision, type.scale());
  resolved.kernel = type.id() == TypeId::kInteger   ? &NumberSeriesKernel<int32_t, kExclusive>
                    : type.id() == TypeId::kDecimal ? &NumberSeriesKernel<int128_t, kExclusive>
                                                    : &NumberSeriesKernel<int64_t, kExclusive>;
  resolved.arg_types.assign(args.size(), type);
  resolved.result_type = Type::List(type);
  return resolved;
}

}  // namespace

void RegisterArraySeries(Registry* registry) {
  registry->Add(ArrayFunction(
      "array_series", {"list_series"}, "(from ANY, to ANY [, step ANY [, zone TEXT]]) → ANY[]",
      "The numbers or times from one to another, both included: generate_series as an array.",
      "array_series(1, 10, 4)", "{1,5,9}", &ResolveSeries<false>));
  registry->Add(ArrayFunction("array_range", {"list_range", "range"},
                              "([from ANY,] to ANY [, step ANY]) → ANY[]",
                              "The numbers or times from one (or 0) up to another, left out.",
                              "array_range(3)", "{0,1,2}", &ResolveSeries<true>));
}

}  // namespace shale
