// Window functions proper over a block: ranks are computed in place, picks say which row's value
// they want and it is fetched here.
#include <algorithm>

#include "engine/operators/window_plan.h"
#include "engine/vector/vector_builder.h"

namespace shale {
namespace {

struct Wide {
  uint64_t a, b;
};

// Row i of `chosen` where take[i], else of `other`; both of one type, flat.
Vector Blend(const Vector& chosen, const Vector& other, const uint8_t* take, size_t count) {
  const Type& type = chosen.type();
  const PhysicalType physical = type.physical();
  if (physical == PhysicalType::kList || physical == PhysicalType::kStruct) {
    VectorBuilder builder(type, count);
    for (size_t i = 0; i < count; ++i) builder.AppendFrom(take[i] ? chosen : other, i);
    return builder.Finish();
  }
  Vector result = Vector::Flat(type, count);
  const auto blend = [&]<typename T>() {
    T* out = reinterpret_cast<T*>(result.mutable_values<uint8_t>());
    const auto* a = reinterpret_cast<const T*>(chosen.values<T>());
    const auto* b = reinterpret_cast<const T*>(other.values<T>());
    for (size_t i = 0; i < count; ++i) out[i] = take[i] ? a[i] : b[i];
  };
  switch (PhysicalSize(physical)) {
    case 1: blend.operator()<uint8_t>(); break;
    case 2: blend.operator()<uint16_t>(); break;
    case 4: blend.operator()<uint32_t>(); break;
    case 8: blend.operator()<uint64_t>(); break;
    default: blend.operator()<Wide>(); break;
  }
  if (chosen.has_nulls() || other.has_nulls()) {
    for (size_t i = 0; i < count; ++i) {
      if ((take[i] ? chosen : other).IsNull(i)) result.SetNull(i);
    }
  }
  result.AddHeapsOf(chosen);
  result.AddHeapsOf(other);
  return result;
}

ValidRows FindValid(const WindowArg& arg, const Type& type, const WindowBlock& block) {
  ValidRows valid;
  const uint32_t num_rows = block.rows().num_rows;
  valid.before.resize(num_rows + 1);
  for (uint32_t piece = 0; piece < block.num_pieces(); ++piece) {
    const uint32_t begin = block.PieceBegin(piece), end = block.PieceEnd(piece);
    const Vector values = block.Values(arg, type, begin, end);
    for (uint32_t row = begin; row < end; ++row) {
      valid.before[row] = static_cast<uint32_t>(valid.rows.size());
      if (!values.IsNull(row - begin)) valid.rows.push_back(row);
    }
  }
  valid.before[num_rows] = static_cast<uint32_t>(valid.rows.size());
  return valid;
}

Vector Fetch(const PlannedFunction& function, const WindowBlock& block, uint32_t begin,
             uint32_t end, uint32_t* picked) {
  const ResolvedWindow& resolved = function.expr.window;
  const uint32_t count = end - begin;
  const WindowArg& source = function.args[0];
  bool any_null = false, any_default = false;
  for (uint32_t i = 0; i < count; ++i) {
    any_null |= picked[i] == kPickNull;
    any_default |= picked[i] == kPickDefault;
  }
  const auto default_arg = static_cast<size_t>(resolved.function->default_arg);
  const bool has_default =
      any_default && resolved.function->default_arg >= 0 && default_arg < function.args.size();
  Vector values;
  if (source.column) {
    values = block.Pick(*source.column, picked, count);
  } else {
    values = block.Values(source, resolved.result_type, begin, end);
  }
  if (!any_null && !any_default) return values;
  // A dictionary vector may be marked too; what others share is not.
  if (!values.is_dictionary()) values = values.Flatten();
  if (has_default) {
    std::vector<uint8_t> take(count);
    for (uint32_t i = 0; i < count; ++i) take[i] = picked[i] != kPickDefault;
    const Vector defaults =
        block.Values(function.args[default_arg], resolved.result_type, begin, end).Flatten();
    values = Blend(values.Flatten(), defaults, take.data(), count);
  }
  Vector result = std::move(values);
  if (result.has_nulls()) {
    // The bitmap may be shared with the input.
    BufferPtr bits = Buffer::AllocateZeroed(BitmapWords(count) * sizeof(uint64_t));
    std::memcpy(bits->data(), result.validity(), BitmapWords(count) * sizeof(uint64_t));
    result.set_validity(std::move(bits));
  }
  for (uint32_t i = 0; i < count; ++i) {
    if (picked[i] == kPickNull || (picked[i] == kPickDefault && !has_default)) result.SetNull(i);
  }
  return result;
}

}  // namespace

StatusOr<std::vector<Vector>> ComputeWindowFunction(const PlannedFunction& function,
                                                    const WindowFrames* frames,
                                                    WindowBlock* block) {
  const ResolvedWindow& resolved = function.expr.window;
  const WindowRows& rows = block->rows();
  const bool picks = resolved.function->pick != nullptr;
  std::vector<Vector> args;
  for (size_t i = 0; i < function.args.size(); ++i) {
    const bool read = !picks || (i > 0 && static_cast<int>(i) != resolved.function->default_arg);
    if (!read) {
      args.emplace_back();
      continue;
    }
    Vector values = block->Values(function.args[i], resolved.arg_types[i], 0, rows.num_rows);
    args.push_back(values.is_constant() ? std::move(values) : values.Flatten());
  }
  ValidRows valid;
  if (function.expr.ignore_nulls)
    valid = FindValid(function.args[0], resolved.arg_types[0], *block);
  const WindowCall call{rows, frames, args, function.expr.ignore_nulls ? &valid : nullptr};
  std::vector<Vector> results;
  std::vector<uint32_t> picked(picks ? kChunkRows : 0);
  for (uint32_t piece = 0; piece < block->num_pieces(); ++piece) {
    const uint32_t begin = block->PieceBegin(piece), end = block->PieceEnd(piece);
    if (picks) {
      RETURN_IF_ERROR(resolved.function->pick(call, begin, end, picked.data()));
      results.push_back(Fetch(function, *block, begin, end, picked.data()));
    } else {
      Vector result = Vector::Flat(resolved.result_type, end - begin);
      RETURN_IF_ERROR(resolved.function->compute(call, begin, end, &result));
      results.push_back(std::move(result));
    }
  }
  return results;
}

}  // namespace shale
