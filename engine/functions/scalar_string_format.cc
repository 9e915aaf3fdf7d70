// Quoting for SQL, characters and their numbers, hexadecimal.
#include <charconv>
#include <string>
#include <string_view>

#include "engine/functions/kernels.h"
#include "engine/functions/row_kernel.h"
#include "engine/functions/sql_quote.h"
#include "engine/functions/string_families.h"
#include "engine/functions/utf8.h"

namespace shale {
namespace {

template <std::string (*Quote)(std::string_view)>
std::string_view QuoteText(RowState& row, std::string_view text) {
  return row.Keep(Quote(text));
}

StatusOr<ResolvedScalar> ResolveQuoteLiteral(std::span<const ArgumentType> args) {
  if (args.size() != 1) return NotFound("quote_literal takes one argument");
  ResolvedScalar resolved;
  resolved.kernel = RowKernel<QuoteText<QuoteLiteral>>;
  resolved.arg_types = {TypeId::kText};
  resolved.result_type = TypeId::kText;
  return resolved;
}

Status QuoteNullableKernel(const KernelCall& call, Vector* result) {
  const Vector& arg = call.args[0];
  const Arg<std::string_view> text(arg);
  StringArena arena;
  auto* const out = result->mutable_values<std::string_view>();
  for (size_t row = 0; row < call.num_rows; ++row) {
    out[row] = arg.IsNull(row) ? "NULL" : arena.Add(QuoteLiteral(text[row]));
  }
  result->AddHeap(arena.heap());
  return OkStatus();
}

int32_t Ascii(std::string_view text) {
  size_t at = 0;
  return text.empty() ? 0 : static_cast<int32_t>(DecodeChar(text, &at));
}

std::string_view Chr(RowState& row, int32_t code_point) {
  if (code_point < 0) {
    row.Fail(InvalidArgument("character number must be positive, not {}", code_point));
  } else if (code_point == 0) {
    row.Fail(InvalidArgument("null character not permitted"));
  } else if (code_point > 0x10ffff) {
    row.Fail(InvalidArgument("requested character too large for encoding: {}", code_point));
  } else if (code_point >= 0xd800 && code_point < 0xe000) {
    row.Fail(InvalidArgument("requested character not valid for encoding: {}", code_point));
  } else {
    std::string& text = row.scratch();
    AppendChar(static_cast<char32_t>(code_point), &text);
    return row.Keep(text);
  }
  return {};
}

template <typename Word>
std::string_view ToHex(Word value, StringArena* arena) {
  char digits[16];
  const auto end = std::to_chars(digits, digits + sizeof(digits),
                                 static_cast<std::make_unsigned_t<Word>>(value), 16);
  return arena->Add({digits, static_cast<size_t>(end.ptr - digits)});
}

}  // namespace

void RegisterStringFormat(Registry* registry) {
  registry->Add(ScalarFunction{.name = "quote_ident",
                               .category = "string",
                               .signature = "(name TEXT) → TEXT",
                               .summary = "The name as an SQL identifier, quoted where it must be.",
                               .example = "quote_ident('Total amount')",
                               .example_result = "\"Total amount\"",
                               .args = {TypeId::kText},
                               .result = TypeId::kText,
                               .kernel = RowKernel<QuoteText<QuoteIdent>>});
  registry->Add(ScalarFunction{.name = "quote_literal",
                               .category = "string",
                               .signature = "(value ANY) → TEXT",
                               .summary = "The value as an SQL literal in quotes.",
                               .example = "quote_literal('it''s')",
                               .example_result = "'it''s'",
                               .resolve = &ResolveQuoteLiteral});
  registry->Add(
      ScalarFunction{.name = "quote_nullable",
                     .category = "string",
                     .signature = "(value ANY) → TEXT",
                     .summary = "The value as an SQL literal in quotes, or NULL as a word.",
                     .example = "quote_nullable(NULL)",
                     .example_result = "NULL",
                     .nulls = NullRule::kCustom,
                     .resolve = [](std::span<const ArgumentType> args) -> StatusOr<ResolvedScalar> {
                       ASSIGN_OR_RETURN(ResolvedScalar resolved, ResolveQuoteLiteral(args));
                       resolved.kernel = &QuoteNullableKernel;
                       return resolved;
                     }});
  registry->Add(ScalarFunction{
      .name = "ascii",
      .aliases = {"ord", "unicode"},
      .category = "string",
      .signature = "(text TEXT) → INTEGER",
      .summary = "The Unicode number of the first character; 0 for an empty text.",
      .example = "ascii('x')",
      .example_result = "120",
      .args = {TypeId::kText},
      .result = TypeId::kInteger,
      .kernel =
          Unary<std::string_view, int32_t>([](std::string_view text) { return Ascii(text); })});
  registry->Add(ScalarFunction{.name = "chr",
                               .category = "string",
                               .signature = "(code_point INTEGER) → TEXT",
                               .summary = "The character of a Unicode number.",
                               .example = "chr(233)",
                               .example_result = "é",
                               .args = {TypeId::kInteger},
                               .result = TypeId::kText,
                               .kernel = RowKernel<Chr>});
  registry->Add(
      ScalarFunction{.name = "to_hex",
                     .category = "string",
                     .signature = "(value INTEGER) → TEXT",
                     .summary = "The number in hexadecimal; negative ones as 32 bits.",
                     .example = "to_hex(255)",
                     .example_result = "ff",
                     .args = {TypeId::kInteger},
                     .result = TypeId::kText,
                     .kernel = StringUnary<int32_t>(
                         [](int32_t value, StringArena* arena) { return ToHex(value, arena); })});
  registry->Add(
      ScalarFunction{.name = "to_hex",
                     .category = "string",
                     .signature = "(value BIGINT) → TEXT",
                     .summary = "The number in hexadecimal; negative ones as 64 bits.",
                     .example = "to_hex(-1::bigint)",
                     .example_result = "ffffffffffffffff",
                     .args = {TypeId::kBigInt},
                     .result = TypeId::kText,
                     .kernel = StringUnary<int64_t>(
                         [](int64_t value, StringArena* arena) { return ToHex(value, arena); })});
}

}  // namespace shale
