// Casts with TEXT on one side: everything prints, and everything that prints reads back.
#include "engine/functions/casts.h"
#include "engine/functions/date.h"
#include "engine/functions/kernels.h"
#include "engine/functions/value_format.h"
#include "engine/functions/value_io.h"

namespace shale {
namespace {

template <bool kTry>
Status TextToValue(const KernelCall& call, Vector* result) {
  const Arg<std::string_view> text(call.args[0]);
  const Type& to = result->type();
  const size_t width = PhysicalSize(to.physical());
  auto* out = result->mutable_values<uint8_t>();
  const bool copies = to.id() == TypeId::kBytea || to.id() == TypeId::kInet;
  StringArena arena;
  ParseScratch scratch;
  for (size_t row = 0; row < call.num_rows; ++row) {
    if (result->has_nulls() && !BitIsSet(result->validity(), row)) continue;
    void* at = out + row * width;
    if (!ParseValue(text[row], to, call.context.time_zone, at, &scratch)) [[unlikely]] {
      if constexpr (!kTry) return ParseError(text[row], to);
      std::memset(at, 0, width);
      result->SetNull(row);
      continue;
    }
    if (copies) {
      auto* view = static_cast<std::string_view*>(at);
      *view = arena.Add(*view);
    }
  }
  if (copies) result->AddHeap(arena.heap());
  return OkStatus();
}

template <bool kTry>
Status TextToList(const KernelCall& call, Vector* result) {
  const Arg<std::string_view> text(call.args[0]);
  VectorBuilder builder(result->type(), call.num_rows);
  for (size_t row = 0; row < call.num_rows; ++row) {
    if (result->has_nulls() && !BitIsSet(result->validity(), row)) {
      builder.AppendNull();
      continue;
    }
    Status status = ParseList(text[row], call.context.time_zone, &builder);
    if (status.ok()) continue;
    if (!kTry) return status;
    builder.AppendNull();
  }
  *result = builder.Finish();
  return OkStatus();
}

Status ValueToText(const KernelCall& call, Vector* result) {
  const Vector& arg = call.args[0];
  const size_t mask = arg.is_constant() ? 0 : ~size_t{0};
  const TypeId id = arg.type().id();
  auto* out = result->mutable_values<std::string_view>();
  if (id == TypeId::kBoolean) {  // spelt out, unlike its bare output
    const auto* values = arg.values<uint8_t>();
    for (size_t row = 0; row < call.num_rows; ++row) {
      out[row] = values[row & mask] ? std::string_view("true") : std::string_view("false");
    }
    return OkStatus();
  }
  ASSIGN_OR_RETURN(const TimeZone* zone, TimeZone::Find(call.context.time_zone));
  ZoneCursor cursor(*zone);
  StringArena arena;
  std::string text;
  ForEachValid(result->validity(), call.num_rows, [&](size_t row) {
    text.clear();
    const size_t at = row & mask;
    if (id == TypeId::kTimestampTz) {
      const int64_t utc = arg.values<int64_t>()[at];
      AppendTimestampTz(utc, IsFiniteTimestamp(utc) ? cursor.Offset(utc) : 0, &text);
    } else if (id == TypeId::kInet) {  // the cast shows the prefix length always
      const std::string_view inet = arg.values<std::string_view>()[at];
      AppendInetAddress(inet, &text);
      if (!inet.empty()) text += fmt::format("/{}", InetPrefix(inet));
    } else {
      AppendText(arg, at, call.context.time_zone, &text);
    }
    out[row] = arena.Add(text);
  });
  result->AddHeap(arena.heap());
  return OkStatus();
}

// TEXT and JSON hold the same bytes.
Status SameBytes(const KernelCall& call, Vector* result) {
  const Arg<std::string_view> text(call.args[0]);
  auto* out = result->mutable_values<std::string_view>();
  for (size_t row = 0; row < call.num_rows; ++row) out[row] = text[row];
  return OkStatus();
}

}  // namespace

ScalarKernel TextCast(const Type& from, const Type& to, bool try_cast) {
  if (to.id() == TypeId::kText) {
    if (from.id() == TypeId::kText || from.id() == TypeId::kJson) return &SameBytes;
    return from.id() == TypeId::kStruct ? nullptr : &ValueToText;
  }
  if (from.id() != TypeId::kText || to.id() == TypeId::kStruct) return nullptr;
  if (to.id() == TypeId::kNull) return nullptr;
  if (to.id() == TypeId::kList) return try_cast ? &TextToList<true> : &TextToList<false>;
  return try_cast ? &TextToValue<true> : &TextToValue<false>;
}

}  // namespace shale
