// Frames: for every row of a block, where its frame begins and ends. All bounds move only forwards
// within a partition, so each is found by one pass of a cursor.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "engine/expr/evaluator.h"
#include "engine/operators/window_plan.h"

namespace shale {
namespace {

using Bound = WindowFrame::Bound;
using Unit = WindowFrame::Unit;

bool IsOffset(Bound bound) { return bound == Bound::kPreceding || bound == Bound::kFollowing; }

Status EvaluateOffset(const ExprPtr& expr, Unit unit, const char* which,
                      const FunctionContext& context, FrameOffset* offset) {
  ASSIGN_OR_RETURN(Value value, EvaluateConstant(expr, context));
  if (value.is_null()) return InvalidArgument("frame {} offset must not be null", which);
  bool negative;
  switch (value.type().physical()) {
    case PhysicalType::kFloat:
    case PhysicalType::kDouble:
      offset->real = value.AsDouble();
      negative = std::isnan(offset->real) || offset->real < 0;
      break;
    case PhysicalType::kInterval: negative = IntervalOrder(value.AsInterval()) < 0; break;
    case PhysicalType::kUInt64:
      offset->number = value.AsUInt();
      negative = false;
      break;
    default: offset->number = value.AsInt128(); negative = offset->number < 0;
  }
  if (!negative) return OkStatus();
  if (unit != Unit::kRange) {
    return InvalidArgument("frame {} offset must not be negative", which);
  }
  return InvalidArgument("invalid preceding or following size in window function");
}

// ---- ROWS and GROUPS ----------------------------------------------------------------------------

// `at` plus or minus an offset, within [low, high].
uint32_t Moved(uint32_t at, const FrameOffset& offset, bool forward, uint32_t low, uint32_t high) {
  if (forward) {
    return offset.number >= int128_t{high} - at ? high : at + static_cast<uint32_t>(offset.number);
  }
  return offset.number >= int128_t{at} - low ? low : at - static_cast<uint32_t>(offset.number);
}

void FillRows(const PlannedFrame& frame, const WindowRows& rows, bool is_start,
              std::vector<uint32_t>* out) {
  const Bound bound = is_start ? frame.frame.start : frame.frame.end;
  const FrameOffset& offset = is_start ? frame.start_offset : frame.end_offset;
  const uint32_t behind = is_start ? 0 : 1;  // an end is behind its row
  for (uint32_t row = 0; row < rows.num_rows; ++row) {
    const uint32_t low = rows.PartitionBegin(row), high = rows.PartitionEnd(row);
    switch (bound) {
      case Bound::kUnboundedPreceding: (*out)[row] = low; break;
      case Bound::kUnboundedFollowing: (*out)[row] = high; break;
      case Bound::kCurrentRow: (*out)[row] = row + behind; break;
      case Bound::kPreceding: (*out)[row] = Moved(row + behind, offset, false, low, high); break;
      case Bound::kFollowing: (*out)[row] = Moved(row + behind, offset, true, low, high); break;
    }
  }
}

void FillGroups(const PlannedFrame& frame, const WindowRows& rows, bool is_start,
                std::vector<uint32_t>* out) {
  const Bound bound = is_start ? frame.frame.start : frame.frame.end;
  const FrameOffset& offset = is_start ? frame.start_offset : frame.end_offset;
  const uint32_t behind = is_start ? 0 : 1;
  for (uint32_t row = 0; row < rows.num_rows; ++row) {
    const uint32_t first = rows.PartitionBegin(row), last = rows.PartitionEnd(row);
    switch (bound) {
      case Bound::kUnboundedPreceding: (*out)[row] = first; continue;
      case Bound::kUnboundedFollowing: (*out)[row] = last; continue;
      default: break;
    }
    const uint32_t low = rows.peers_of[first], high = rows.peers_of[last - 1] + 1;
    uint32_t group = rows.peers_of[row] + behind;
    if (bound != Bound::kCurrentRow) {
      group = Moved(group, offset, bound == Bound::kFollowing, low, high);
    }
    (*out)[row] = rows.peer_starts[group];
  }
}

// ---- RANGE with offsets -------------------------------------------------------------------------

// A value so that signed order is SQL's order.
int128_t Ordered(double value) {
  if (std::isnan(value)) return std::numeric_limits<int64_t>::max();
  if (value == 0) value = 0;
  const auto bits = std::bit_cast<int64_t>(value);
  return bits < 0 ? std::numeric_limits<int64_t>::min() - bits : bits;
}

// Column `column` of the block as numbers in order, and which are not NULL (empty: all).
struct OrderedValues {
  std::vector<int128_t> values;
  std::vector<uint8_t> valid;
  std::vector<double> reals;  // of a DOUBLE column, unchanged
};

OrderedValues ReadOrdered(const WindowBlock& block, size_t column) {
  OrderedValues out;
  const uint32_t num_rows = block.rows().num_rows;
  const Type& type = block.plan().types[column];
  out.values.resize(num_rows);
  for (uint32_t piece = 0; piece < block.num_pieces(); ++piece) {
    const uint32_t begin = block.PieceBegin(piece), end = block.PieceEnd(piece);
    WindowArg arg;
    arg.column = column;
    const Vector values = block.Values(arg, type, begin, end).Flatten();
    if (const uint64_t* validity = values.validity()) {
      if (out.valid.empty()) out.valid.resize(num_rows, 1);
      for (uint32_t i = 0; i < end - begin; ++i) out.valid[begin + i] = BitIsSet(validity, i);
    }
    const auto read = [&]<typename T>() {
      const T* from = values.values<T>();
      for (uint32_t i = 0; i < end - begin; ++i) out.values[begin + i] = from[i];
    };
    switch (type.physical()) {
      case PhysicalType::kInt8: read.operator()<int8_t>(); break;
      case PhysicalType::kInt16: read.operator()<int16_t>(); break;
      case PhysicalType::kInt32: read.operator()<int32_t>(); break;
      case PhysicalType::kInt64: read.operator()<int64_t>(); break;
      case PhysicalType::kUInt8: read.operator()<uint8_t>(); break;
      case PhysicalType::kUInt16: read.operator()<uint16_t>(); break;
      case PhysicalType::kUInt32: read.operator()<uint32_t>(); break;
      case PhysicalType::kUInt64: read.operator()<uint64_t>(); break;
      case PhysicalType::kInt128: read.operator()<int128_t>(); break;
      case PhysicalType::kInterval: {
        const Interval* from = values.values<Interval>();
        for (uint32_t i = 0; i < end - begin; ++i) {
          out.values[begin + i] = IntervalOrder(from[i]);
        }
        break;
      }
      case PhysicalType::kDouble: {
        const double* from = values.values<double>();
        if (out.reals.empty()) out.reals.resize(num_rows);
        for (uint32_t i = 0; i < end - begin; ++i) {
          out.reals[begin + i] = from[i];
          out.values[begin + i] = Ordered(from[i]);
        }
        break;
      }
      default: SHALE_CHECK(false && "a type without RANGE offsets");
    }
  }
  return out;
}

int128_t Saturated(int128_t value, int128_t by, bool subtract) {
  int128_t result;
  const bool overflow = subtract ? __builtin_sub_overflow(value, by, &result)
                                 : __builtin_add_overflow(value, by, &result);
  if (!overflow) return result;
  const int128_t most = static_cast<int128_t>(~static_cast<uint128_t>(0) >> 1);
  return subtract == (by > 0) ? -most - 1 : most;
}

// The value up to which rows belong to the frame, of each row, in ascending terms. `subtract`: the
// bound lies at smaller values.
std::vector<int128_t> BoundValues(const PlannedFrame& frame, const WindowBlock& block,
                                  const OrderedValues& keys, bool is_start) {
  const Bound bound = is_start ? frame.frame.start : frame.frame.end;
  const FrameOffset& offset = is_start ? frame.start_offset : frame.end_offset;
  // PRECEDING is towards smaller values, unless the order descends.
  const bool subtract = (bound == Bound::kPreceding) != frame.range_descending;
  if (is_start ? frame.frame.start_value != nullptr : frame.frame.end_value != nullptr) {
    return ReadOrdered(block, is_start ? frame.start_value : frame.end_value).values;
  }
  std::vector<int128_t> values(keys.values.size());
  if (keys.reals.empty()) {
    for (size_t i = 0; i < values.size(); ++i) {
      values[i] = Saturated(keys.values[i], offset.number, subtract);
    }
    return values;
  }
  for (size_t i = 0; i < values.size(); ++i) {
    const double key = keys.reals[i];
    // Infinity less infinity: PostgreSQL takes every number into such a frame.
    if (std::isinf(offset.real) && std::isinf(key) && (key > 0) == subtract) {
      const double infinity = std::numeric_limits<double>::infinity();
      values[i] = Ordered(is_start != frame.range_descending ? -infinity : infinity);
    } else {
      values[i] = Ordered(subtract ? key - offset.real : key + offset.real);
    }
  }
  return values;
}

// NULL keys are peers of each other alone; among the others the order is by value.
void FillRange(const PlannedFrame& frame, const WindowBlock& block, const OrderedValues& keys,
               bool is_start, std::vector<uint32_t>* out) {
  const WindowRows& rows = block.rows();
  const Bound bound = is_start ? frame.frame.start : frame.frame.end;
  if (!IsOffset(bound)) {
    for (uint32_t row = 0; row < rows.num_rows; ++row) {
      (*out)[row] = bound == Bound::kUnboundedPreceding   ? rows.PartitionBegin(row)
                    : bound == Bound::kUnboundedFollowing ? rows.PartitionEnd(row)
                    : is_start                            ? rows.PeersBegin(row)
                                                          : rows.PeersEnd(row);
    }
    return;
  }
  const std::vector<int128_t> bounds = BoundValues(frame, block, keys, is_start);
  const bool descending = frame.range_descending;
  const auto is_null = [&](uint32_t row) { return !keys.valid.empty() && !keys.valid[row]; };
  const size_t num_partitions = rows.partition_starts.size() - 1;
  for (size_t p = 0; p < num_partitions; ++p) {
    uint32_t low = rows.partition_starts[p], high = rows.partition_starts[p + 1];
    // NULLs stand together at one end.
    const auto nulls = [&](uint32_t begin, uint32_t end) {
      for (uint32_t row = begin; row < end; ++row) {
        (*out)[row] = is_start ? rows.PeersBegin(row) : rows.PeersEnd(row);
      }
    };
    if (is_null(low)) {
      const uint32_t begin = low;
      low = rows.PeersEnd(low);
      nulls(begin, low);
    }
    if (low < high && is_null(high - 1)) {
      const uint32_t end = high;
      high = rows.PeersBegin(high - 1);
      nulls(high, end);
    }
    uint32_t cursor = low;
    for (uint32_t row = low; row < high; ++row) {
      // A start stands on the first row that is not before the bound, an end on the first after it.
      while (cursor < high) {
        const int128_t value = keys.values[cursor], limit = bounds[row];
        const bool before = descending ? value > limit : value < limit;
        if (!(before || (!is_start && value == limit))) break;
        ++cursor;
      }
      (*out)[row] = cursor;
    }
  }
}

}  // namespace

Status EvaluateOffsets(const FunctionContext& context, PlannedFrame* frame) {
  const WindowFrame& spec = frame->frame;
  if (IsOffset(spec.start)) {
    RETURN_IF_ERROR(
        EvaluateOffset(spec.start_offset, spec.unit, "starting", context, &frame->start_offset));
  }
  if (IsOffset(spec.end)) {
    RETURN_IF_ERROR(
        EvaluateOffset(spec.end_offset, spec.unit, "ending", context, &frame->end_offset));
  }
  return OkStatus();
}

WindowFrames ComputeFrames(const PlannedFrame& frame, const WindowBlock& block) {
  const WindowRows& rows = block.rows();
  WindowFrames frames;
  frames.exclusion = frame.frame.exclusion;
  frames.begin.resize(rows.num_rows);
  frames.end.resize(rows.num_rows);
  switch (frame.frame.unit) {
    case Unit::kRows:
      FillRows(frame, rows, true, &frames.begin);
      FillRows(frame, rows, false, &frames.end);
      break;
    case Unit::kGroups:
      FillGroups(frame, rows, true, &frames.begin);
      FillGroups(frame, rows, false, &frames.end);
      break;
    case Unit::kRange: {
      OrderedValues keys;
      if (IsOffset(frame.frame.start) || IsOffset(frame.frame.end)) {
        keys = ReadOrdered(block, frame.range_key);
      }
      FillRange(frame, block, keys, true, &frames.begin);
      FillRange(frame, block, keys, false, &frames.end);
      break;
    }
  }
  for (uint32_t row = 0; row < rows.num_rows; ++row) {
    frames.end[row] = std::max(frames.begin[row], frames.end[row]);
  }
  return frames;
}

bool IsWholePartition(const WindowFrame& frame, bool has_order) {
  if (frame.exclusion != FrameExclusion::kNoOthers) return false;
  // Without an order all rows of a partition are peers.
  const auto reaches = [&](Bound bound, Bound unbounded) {
    return bound == unbounded ||
           (bound == Bound::kCurrentRow && !has_order && frame.unit != Unit::kRows);
  };
  return reaches(frame.start, Bound::kUnboundedPreceding) &&
         reaches(frame.end, Bound::kUnboundedFollowing);
}

}  // namespace shale
