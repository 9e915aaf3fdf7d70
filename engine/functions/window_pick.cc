// lag, lead, first_value, last_value, nth_value: the value of another row of the partition or
// frame. A kernel says which row; the operator fetches the value, whatever its type.
#include "engine/functions/families.h"
#include "engine/functions/window_function.h"

namespace shale {

int WindowFrames::Ranges(const WindowRows& rows, uint32_t row, RowRange ranges[3]) const {
  const uint32_t first = begin[row], last = end[row];
  if (first >= last) return 0;
  if (exclusion == FrameExclusion::kNoOthers) {
    ranges[0] = {first, last};
    return 1;
  }
  const bool group = exclusion != FrameExclusion::kCurrentRow;
  const uint32_t out_begin = group ? rows.PeersBegin(row) : row;
  const uint32_t out_end = group ? rows.PeersEnd(row) : row + 1;
  int count = 0;
  const auto add = [&](uint32_t from, uint32_t to) {
    if (from < to) ranges[count++] = {from, to};
  };
  add(first, std::min(last, out_begin));
  if (exclusion == FrameExclusion::kTies && row >= first && row < last) add(row, row + 1);
  add(std::max(first, out_end), last);
  return count;
}

namespace {

// ---- lag, lead ----------------------------------------------------------------------------------

// The row `by` rows after (before, when negative) `row`, counting only rows that are not NULL when
// `valid` is given.
uint32_t Shifted(const WindowCall& call, uint32_t row, int64_t by) {
  const int64_t first = call.rows.PartitionBegin(row), last = call.rows.PartitionEnd(row);
  if (by == 0) return row;
  if (call.valid == nullptr) {
    if (by > last || by < -last) return kPickDefault;
    const int64_t target = row + by;
    return target >= first && target < last ? static_cast<uint32_t>(target) : kPickDefault;
  }
  const ValidRows& valid = *call.valid;
  const int64_t low = valid.before[first], high = valid.before[last];
  if (by > high || by < -high) return kPickDefault;
  const int64_t target = by > 0 ? valid.before[row + 1] + by - 1 : valid.before[row] + by;
  return target >= low && target < high ? valid.rows[target] : kPickDefault;
}

template <int kSign>
Status Shift(const WindowCall& call, uint32_t begin, uint32_t end, uint32_t* picked) {
  if (call.args.size() < 2) {
    for (uint32_t row = begin; row < end; ++row) picked[row - begin] = Shifted(call, row, kSign);
    return OkStatus();
  }
  const Vector& offsets = call.args[1];
  const int64_t* values = offsets.values<int64_t>();
  for (uint32_t row = begin; row < end; ++row) {
    if (offsets.IsNull(row)) {
      picked[row - begin] = kPickNull;
      continue;
    }
    const int64_t offset = values[offsets.is_constant() ? 0 : row];
    // No partition is so long that a few rows less matter at the ends.
    const int64_t bounded = offset > INT32_MAX * int64_t{4}    ? INT32_MAX * int64_t{4}
                            : offset < -INT32_MAX * int64_t{4} ? -INT32_MAX * int64_t{4}
                                                               : offset;
    picked[row - begin] = Shifted(call, row, bounded * kSign);
  }
  return OkStatus();
}

// (x), (x, offset), (x, offset, default): x and the default become one type.
StatusOr<ResolvedWindow> ResolveShift(std::span<const ArgumentType> args) {
  if (args.empty() || args.size() > 3) return NotFound("takes one to three arguments");
  Type type = args[0].type;
  if (args.size() == 3) {
    ASSIGN_OR_RETURN(type, CommonType(args[0], args[2]));
  }
  if (type.id() == TypeId::kNull || (args.size() < 3 && args[0].untyped_literal)) {
    type = TypeId::kText;
  }
  ResolvedWindow resolved{nullptr, {type}, type};
  if (args.size() > 1) {
    if (!ImplicitCastCost(args[1], TypeId::kBigInt)) return NotFound("the offset is an integer");
    resolved.arg_types.push_back(TypeId::kBigInt);
  }
  if (args.size() > 2) resolved.arg_types.push_back(type);
  return resolved;
}

// ---- first_value, last_value, nth_value ---------------------------------------------------------

// The first (n = 0), second … row of the frame, or kPickNull.
uint32_t FromStart(const WindowCall& call, const RowRange* ranges, int count, uint64_t n) {
  for (int i = 0; i < count; ++i) {
    const RowRange range = ranges[i];
    if (call.valid == nullptr) {
      if (n < range.end - range.begin) return range.begin + static_cast<uint32_t>(n);
      n -= range.end - range.begin;
    } else {
      const uint32_t low = call.valid->before[range.begin], high = call.valid->before[range.end];
      if (n < high - low) return call.valid->rows[low + n];
      n -= high - low;
    }
  }
  return kPickNull;
}

Status FirstValue(const WindowCall& call, uint32_t begin, uint32_t end, uint32_t* picked) {
  RowRange ranges[3];
  for (uint32_t row = begin; row < end; ++row) {
    const int count = call.frames->Ranges(call.rows, row, ranges);
    picked[row - begin] = FromStart(call, ranges, count, 0);
  }
  return OkStatus();
}

Status LastValue(const WindowCall& call, uint32_t begin, uint32_t end, uint32_t* picked) {
  RowRange ranges[3];
  for (uint32_t row = begin; row < end; ++row) {
    uint32_t found = kPickNull;
    for (int i = call.frames->Ranges(call.rows, row, ranges) - 1; i >= 0; --i) {
      const RowRange range = ranges[i];
      if (call.valid == nullptr) {
        found = range.end - 1;
        break;
      }
      const uint32_t high = call.valid->before[range.end];
      if (high > call.valid->before[range.begin]) {
        found = call.valid->rows[high - 1];
        break;
      }
    }
    picked[row - begin] = found;
  }
  return OkStatus();
}

Status NthValue(const WindowCall& call, uint32_t begin, uint32_t end, uint32_t* picked) {
  const Vector& places = call.args[1];
  const int64_t* values = places.values<int64_t>();
  RowRange ranges[3];
  for (uint32_t row = begin; row < end; ++row) {
    if (places.IsNull(row)) {
      picked[row - begin] = kPickNull;
      continue;
    }
    const int64_t n = values[places.is_constant() ? 0 : row];
    if (n <= 0) return InvalidArgument("argument of nth_value must be greater than zero");
    const int count = call.frames->Ranges(call.rows, row, ranges);
    picked[row - begin] = FromStart(call, ranges, count, static_cast<uint64_t>(n - 1));
  }
  return OkStatus();
}

template <size_t kArgs>
StatusOr<ResolvedWindow> ResolveOfFrame(std::span<const ArgumentType> args) {
  if (args.size() != kArgs) return NotFound("wrong number of arguments");
  Type type = args[0].type;
  if (type.id() == TypeId::kNull || args[0].untyped_literal) type = TypeId::kText;
  ResolvedWindow resolved{nullptr, {type}, type};
  if (kArgs > 1) {
    if (!ImplicitCastCost(args[1], TypeId::kBigInt)) return NotFound("the place is an integer");
    resolved.arg_types.push_back(TypeId::kBigInt);
  }
  return resolved;
}

}  // namespace

void RegisterWindowPicks(Registry* registry) {
  WindowFunction lag;
  lag.name = "lag";
  lag.signature = "(x ANY [, offset BIGINT = 1 [, default ANY = NULL]]) → ANY";
  lag.summary =
      "x of the row that many rows before in the partition; the default where there is none. "
      "IGNORE NULLS counts only rows where x is not NULL.";
  lag.example = "SELECT lag(x) OVER (ORDER BY x) FROM (VALUES (1), (2), (3)) t(x)";
  lag.example_result = "NULL 1 2";
  lag.ignores_nulls = true;
  lag.default_arg = 2;
  lag.resolve = ResolveShift;
  lag.pick = Shift<-1>;
  WindowFunction lead = lag;
  registry->Add(std::move(lag));
  lead.name = "lead";
  lead.summary =
      "x of the row that many rows after in the partition; the default where there is none. "
      "IGNORE NULLS counts only rows where x is not NULL.";
  lead.example = "SELECT lead(x, 1, 0) OVER (ORDER BY x) FROM (VALUES (1), (2), (3)) t(x)";
  lead.example_result = "2 3 0";
  lead.pick = Shift<1>;
  registry->Add(std::move(lead));

  WindowFunction first;
  first.name = "first_value";
  first.signature = "(x ANY) → ANY";
  first.summary =
      "x of the frame's first row, with IGNORE NULLS of the first where it is not NULL.";
  first.example = "SELECT first_value(x) OVER (ORDER BY x) FROM (VALUES (1), (2), (3)) t(x)";
  first.example_result = "1 1 1";
  first.uses_frame = true;
  first.ignores_nulls = true;
  first.resolve = ResolveOfFrame<1>;
  first.pick = FirstValue;
  WindowFunction last = first, nth = first;
  registry->Add(std::move(first));
  last.name = "last_value";
  last.summary =
      "x of the frame's last row, with IGNORE NULLS of the last where it is not NULL. The frame "
      "ends at the row's last peer unless it is written otherwise.";
  last.example = "SELECT last_value(x) OVER (ORDER BY x) FROM (VALUES (1), (2), (3)) t(x)";
  last.example_result = "1 2 3";
  last.pick = LastValue;
  registry->Add(std::move(last));
  nth.name = "nth_value";
  nth.signature = "(x ANY, n BIGINT) → ANY";
  nth.summary = "x of the frame's n-th row, counted from 1; NULL where the frame is shorter.";
  nth.example = "SELECT nth_value(x, 2) OVER (ORDER BY x) FROM (VALUES (1), (2), (3)) t(x)";
  nth.example_result = "NULL 2 2";
  nth.resolve = ResolveOfFrame<2>;
  nth.pick = NthValue;
  registry->Add(std::move(nth));
}

}  // namespace shale
