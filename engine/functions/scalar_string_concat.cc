// || and the functions that join texts: concat, concat_ws, format.
#include <string>
#include <string_view>

#include "engine/functions/kernels.h"
#include "engine/functions/row_kernel.h"
#include "engine/functions/sql_quote.h"
#include "engine/functions/string_families.h"
#include "engine/functions/utf8.h"

namespace shale {
namespace {

std::string_view Concatenate(RowState& row, std::string_view a, std::string_view b) {
  if (a.empty()) return b;
  if (b.empty()) return a;
  if (!row.HasRoom(a.size() + b.size(), "||")) return {};
  char* const to = row.Allocate(a.size() + b.size());
  std::memcpy(to, a.data(), a.size());
  std::memcpy(to + a.size(), b.data(), b.size());
  return {to, a.size() + b.size()};
}

bool IsTextual(const ArgumentType& arg) {
  return arg.untyped_literal || arg.type.id() == TypeId::kText || arg.type.id() == TypeId::kNull;
}

StatusOr<ResolvedScalar> ResolveConcatenate(std::span<const ArgumentType> args) {
  if (args.size() != 2) return NotFound("|| takes two arguments");
  for (const ArgumentType& arg : args) {
    if (arg.type.id() == TypeId::kList || arg.type.id() == TypeId::kStruct) {
      return NotFound("|| of texts takes no {}", arg.type.ToString());
    }
  }
  ResolvedScalar resolved;
  resolved.kernel = RowKernel<Concatenate>;
  const bool is_bytes[2] = {args[0].type.id() == TypeId::kBytea,
                            args[1].type.id() == TypeId::kBytea};
  if ((is_bytes[0] || is_bytes[1]) && (is_bytes[0] || args[0].untyped_literal) &&
      (is_bytes[1] || args[1].untyped_literal)) {
    resolved.result_type = TypeId::kBytea;
  } else if (IsTextual(args[0]) || IsTextual(args[1])) {
    resolved.result_type = TypeId::kText;
  } else {
    return NotFound("|| needs a TEXT on one side at least, not {} and {}: cast one",
                    args[0].type.ToString(), args[1].type.ToString());
  }
  resolved.arg_types.assign(2, resolved.result_type);
  return resolved;
}

// A TEXT argument of a function that looks at NULLs itself, or a BOOLEAN one, which is t or f.
class NullableText {
 public:
  explicit NullableText(const Vector& vector)
      : vector_(vector), validity_(vector.validity()), constant_(vector.is_constant()) {}
  bool IsNull(size_t row) const {
    return validity_ != nullptr && !BitIsSet(validity_, constant_ ? 0 : row);
  }
  std::string_view operator[](size_t row) const {
    if (vector_.type().id() == TypeId::kBoolean) return Arg<uint8_t>(vector_)[row] ? "t" : "f";
    return Arg<std::string_view>(vector_)[row];
  }

 private:
  const Vector& vector_;
  const uint64_t* validity_;
  bool constant_;
};

std::vector<NullableText> NullableTexts(const KernelCall& call) {
  return {call.args.begin(), call.args.end()};
}

template <size_t kLeast>
StatusOr<ResolvedScalar> ResolveAllText(std::span<const ArgumentType> args, ScalarKernel kernel) {
  if (args.size() < kLeast) return NotFound("needs at least {} argument(s)", kLeast);
  ResolvedScalar resolved;
  resolved.kernel = kernel;
  for (size_t i = 0; i < args.size(); ++i) {
    const bool flag = !args[i].untyped_literal && args[i].type.id() == TypeId::kBoolean;
    resolved.arg_types.push_back(flag ? TypeId::kBoolean : TypeId::kText);
  }
  resolved.result_type = TypeId::kText;
  return resolved;
}

template <bool kSeparator>
Status ConcatKernel(const KernelCall& call, Vector* result) {
  RowState state(call);
  auto* const out = result->mutable_values<std::string_view>();
  const std::vector<NullableText> args = NullableTexts(call);
  for (size_t row = 0; row < call.num_rows; ++row) {
    if (kSeparator && args[0].IsNull(row)) {
      result->SetNull(row);
      continue;
    }
    const std::string_view separator = kSeparator ? args[0][row] : std::string_view();
    std::string& joined = state.scratch();
    bool first = true;
    for (size_t i = kSeparator ? 1 : 0; i < args.size(); ++i) {
      if (args[i].IsNull(row)) continue;
      if (kSeparator && !first) joined.append(separator);
      joined.append(args[i][row]);
      first = false;
    }
    if (!state.HasRoom(joined.size(), kSeparator ? "concat_ws" : "concat")) return state.status();
    out[row] = state.Keep(joined);
  }
  result->AddHeap(state.arena().heap());
  return OkStatus();
}

// ---- format -------------------------------------------------------------------------------------

// One %… of a format text.
struct Placeholder {
  int64_t position = 0;  // of its argument, from 1; 0: the next
  bool left = false;
  int64_t width = 0;
  bool width_from_argument = false;
  int64_t width_position = 0;
  char type = 0;
};

constexpr int64_t kMaxFormatWidth = 1'000'000;

// format[*at] stands behind a '%'.
Status ReadPlaceholder(std::string_view format, size_t* at, Placeholder* out) {
  const auto number = [&](int64_t* value) {
    const size_t begin = *at;
    int64_t read = 0;
    while (*at < format.size() && IsAsciiDigit(format[*at]) && read <= kMaxFormatWidth) {
      read = read * 10 + (format[(*at)++] - '0');
    }
    *value = read;
    return *at > begin;
  };
  const auto peek = [&](char c) { return *at < format.size() && format[*at] == c; };
  int64_t value = 0;
  const bool has_number = number(&value);
  if (has_number && peek('$')) {
    if (value == 0)
      return InvalidArgument("format specifies argument 0, but arguments are numbered from 1");
    out->position = value;
    ++*at;
  } else if (has_number) {
    out->width = value;
  }
  if (out->width == 0) {
    while (peek('-')) {
      out->left = true;
      ++*at;
    }
    if (peek('*')) {
      ++*at;
      out->width_from_argument = true;
      if (number(&value)) {
        if (!peek('$')) return InvalidArgument("width argument position must be ended by \"$\"");
        ++*at;
        out->width_position = value;
      }
    } else if (number(&value)) {
      out->width = value;
    }
  }
  if (out->width > kMaxFormatWidth) {
    return InvalidArgument("format: a width over {} is not supported", kMaxFormatWidth);
  }
  if (*at >= format.size()) return InvalidArgument("unterminated format() type specifier");
  out->type = format[(*at)++];
  if (out->type != 's' && out->type != 'I' && out->type != 'L') {
    return InvalidArgument("unrecognized format() type specifier \"{}\": use %s, %I, %L or %%",
                           out->type);
  }
  return OkStatus();
}

void AppendPadded(std::string_view text, int64_t width, bool left, std::string* out) {
  const auto have = static_cast<int64_t>(CountChars(text));
  const size_t missing = width > have ? static_cast<size_t>(width - have) : 0;
  if (!left) out->append(missing, ' ');
  out->append(text);
  if (left) out->append(missing, ' ');
}

Status FormatRow(const std::vector<NullableText>& args, size_t row, std::string* out) {
  const std::string_view format = args[0][row];
  size_t next = 1;
  const auto take = [&](int64_t position, size_t* index) {
    *index = position > 0 ? static_cast<size_t>(position) : next;
    next = *index + 1;
    return *index < args.size() ? OkStatus() : InvalidArgument("too few arguments for format()");
  };
  for (size_t at = 0; at < format.size();) {
    if (format[at] != '%') {
      out->push_back(format[at++]);
      continue;
    }
    ++at;
    if (at < format.size() && format[at] == '%') {
      out->push_back('%');
      ++at;
      continue;
    }
    Placeholder placeholder;
    RETURN_IF_ERROR(ReadPlaceholder(format, &at, &placeholder));
    size_t index = 0;
    if (placeholder.width_from_argument) {
      RETURN_IF_ERROR(take(placeholder.width_position, &index));
      if (!args[index].IsNull(row)) {
        const std::string width(args[index][row]);
        char* end = nullptr;
        placeholder.width = std::strtoll(width.c_str(), &end, 10);
        if (end == width.c_str() || *end != '\0') {
          return InvalidArgument("format: '{}' is no width", width);
        }
      }
      if (placeholder.width < 0) {
        placeholder.left = true;
        placeholder.width = -placeholder.width;
      }
      if (placeholder.width > kMaxFormatWidth) {
        return InvalidArgument("format: a width over {} is not supported", kMaxFormatWidth);
      }
    }
    RETURN_IF_ERROR(take(placeholder.position, &index));
    const bool is_null = args[index].IsNull(row);
    const std::string_view text = is_null ? std::string_view() : args[index][row];
    if (placeholder.type == 'I') {
      if (is_null) return InvalidArgument("null values cannot be formatted as an SQL identifier");
      AppendPadded(QuoteIdent(text), placeholder.width, placeholder.left, out);
    } else if (placeholder.type == 'L') {
      AppendPadded(is_null ? "NULL" : QuoteLiteral(text), placeholder.width, placeholder.left, out);
    } else {
      AppendPadded(text, placeholder.width, placeholder.left, out);
    }
  }
  return OkStatus();
}

Status FormatKernel(const KernelCall& call, Vector* result) {
  RowState state(call);
  auto* const out = result->mutable_values<std::string_view>();
  const std::vector<NullableText> args = NullableTexts(call);
  for (size_t row = 0; row < call.num_rows; ++row) {
    if (args[0].IsNull(row)) {
      result->SetNull(row);
      continue;
    }
    std::string& text = state.scratch();
    RETURN_IF_ERROR(FormatRow(args, row, &text));
    if (!state.HasRoom(text.size(), "format")) return state.status();
    out[row] = state.Keep(text);
  }
  result->AddHeap(state.arena().heap());
  return OkStatus();
}

}  // namespace

void RegisterStringConcat(Registry* registry) {
  registry->Add(ScalarFunction{
      .name = "||",
      .category = "string",
      .signature = "(a TEXT, b ANY) → TEXT; (a ANY, b TEXT) → TEXT; (a BYTEA, b BYTEA) → BYTEA",
      .summary = "One text behind the other; what is no text is written out as one.",
      .example = "'value: ' || 42",
      .example_result = "value: 42",
      .resolve = &ResolveConcatenate});
  registry->Add(ScalarFunction{.name = "concat",
                               .category = "string",
                               .signature = "(value ANY, …) → TEXT",
                               .summary = "All values written one behind the other, without NULLs.",
                               .example = "concat('a', NULL, 1)",
                               .example_result = "a1",
                               .nulls = NullRule::kCustom,
                               .resolve = [](std::span<const ArgumentType> args) {
                                 return ResolveAllText<1>(args, &ConcatKernel<false>);
                               }});
  registry->Add(
      ScalarFunction{.name = "concat_ws",
                     .aliases = {"concatWithSeparator"},
                     .category = "string",
                     .signature = "(separator TEXT, value ANY, …) → TEXT",
                     .summary = "The values that are not NULL, with a separator between them.",
                     .example = "concat_ws(', ', 'a', NULL, 'b')",
                     .example_result = "a, b",
                     .nulls = NullRule::kCustom,
                     .resolve = [](std::span<const ArgumentType> args) {
                       return ResolveAllText<2>(args, &ConcatKernel<true>);
                     }});
  registry->Add(ScalarFunction{
      .name = "format",
      .category = "string",
      .signature = "(format TEXT, value ANY, …) → TEXT",
      .summary = "The format with %s replaced by a value, %I by it as an identifier, %L as a "
                 "literal; %2$s takes the second value, %10s pads.",
      .example = "format('Hello %s, %L', 'World', 'it''s')",
      .example_result = "Hello World, 'it''s'",
      .nulls = NullRule::kCustom,
      .resolve = [](std::span<const ArgumentType> args) {
        return ResolveAllText<1>(args, &FormatKernel);
      }});
}

}  // namespace shale
