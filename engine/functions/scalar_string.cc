// Strings: length, case, parts, padding, replacing. The rest of the family is listed in
// string_families.h.
#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>

#include "engine/functions/families.h"
#include "engine/functions/kernels.h"
#include "engine/functions/row_kernel.h"
#include "engine/functions/scalar_like.h"
#include "engine/functions/string_families.h"
#include "engine/functions/utf8.h"

namespace shale {
namespace {

constexpr size_t kNone = std::string_view::npos;

// ---- case ---------------------------------------------------------------------------------------

template <void (*Append)(std::string_view, std::string*)>
std::string_view MapCase(RowState& row, std::string_view text) {
  std::string& mapped = row.scratch();
  Append(text, &mapped);
  return row.Keep(mapped);
}

template <char (*Map)(char), void (*Append)(std::string_view, std::string*)>
std::string_view MapCaseFast(RowState& row, std::string_view text) {
  if (!IsAscii(text)) return MapCase<Append>(row, text);
  char* const to = row.Allocate(text.size());
  const char* __restrict from = text.data();
  char* __restrict out = to;
  for (size_t i = 0; i < text.size(); ++i) out[i] = Map(from[i]);
  return {to, text.size()};
}

// ---- parts --------------------------------------------------------------------------------------

// Characters [from, from + count) counted from 1, where `from` may lie before the text.
std::string_view Part(std::string_view text, int64_t from, int64_t count) {
  const int64_t end = from + count;
  from = std::max<int64_t>(from, 1);
  if (end <= from) return {};
  const size_t begin = SkipChars(text, static_cast<size_t>(from - 1));
  const std::string_view rest = text.substr(begin);
  return rest.substr(0, SkipChars(rest, static_cast<size_t>(end - from)));
}

std::string_view PartBytes(std::string_view bytes, int64_t from, int64_t count) {
  const int64_t end = from + count;
  from = std::max<int64_t>(from, 1);
  if (end <= from || static_cast<uint64_t>(from) > bytes.size()) return {};
  return bytes.substr(static_cast<size_t>(from - 1), static_cast<size_t>(end - from));
}

template <std::string_view (*Take)(std::string_view, int64_t, int64_t)>
std::string_view Substring(RowState& row, std::string_view text, int32_t from, int32_t count) {
  if (count < 0) {
    row.Fail(InvalidArgument("negative substring length not allowed: {}", count));
    return {};
  }
  return Take(text, from, count);
}

std::string_view Left(std::string_view text, int32_t count) {
  if (count >= 0) return text.substr(0, SkipChars(text, static_cast<size_t>(count)));
  return text.substr(0, SkipCharsBack(text, static_cast<size_t>(-int64_t{count})));
}

std::string_view Right(std::string_view text, int32_t count) {
  if (count >= 0) return text.substr(SkipCharsBack(text, static_cast<size_t>(count)));
  return text.substr(SkipChars(text, static_cast<size_t>(-int64_t{count})));
}

// ---- trimming -----------------------------------------------------------------------------------

// Whether the character text[at, end) is one of `set`.
bool SetHas(std::string_view set, std::string_view character) {
  if (character.size() == 1) return set.find(character[0]) != kNone;
  return set.find(character) != kNone;  // UTF-8 characters never overlap others
}

template <bool kStart, bool kEnd>
std::string_view Trim(std::string_view text, std::string_view set) {
  size_t begin = 0;
  size_t end = text.size();
  if (kStart) {
    while (begin < end) {
      const size_t next = NextChar(text, begin);
      if (!SetHas(set, text.substr(begin, next - begin))) break;
      begin = next;
    }
  }
  if (kEnd) {
    while (end > begin) {
      const size_t previous = PreviousChar(text, end);
      if (!SetHas(set, text.substr(previous, end - previous))) break;
      end = previous;
    }
  }
  return text.substr(begin, end - begin);
}

template <bool kStart, bool kEnd>
void AddTrim(Registry* registry, std::string name, std::vector<std::string> aliases,
             std::string where, std::string example, std::string example_result) {
  registry->Add(ScalarFunction{
      .name = name,
      .aliases = aliases,
      .category = "string",
      .signature = "(text TEXT) → TEXT",
      .summary = fmt::format("The text without the spaces at its {}.", where),
      .example = fmt::format("{}('  shale  ')", name),
      .example_result = std::string(kStart ? "" : "  ") + "shale" + (kEnd ? "" : "  "),
      .args = {TypeId::kText},
      .result = TypeId::kText,
      .kernel = StringUnary<std::string_view>(
          [](std::string_view text, StringArena*) { return Trim<kStart, kEnd>(text, " "); })});
  registry->Add(ScalarFunction{
      .name = name,
      .aliases = aliases,
      .category = "string",
      .signature = "(text TEXT, characters TEXT) → TEXT",
      .summary =
          fmt::format("The text without those at its {} that are among the characters.", where),
      .example = example,
      .example_result = example_result,
      .args = {TypeId::kText, TypeId::kText},
      .result = TypeId::kText,
      .kernel = StringBinary<std::string_view, std::string_view>(
          [](std::string_view text, std::string_view set, StringArena*) {
            return Trim<kStart, kEnd>(text, set);
          })});
}

// ---- padding and repeating ----------------------------------------------------------------------

template <bool kLeft>
std::string_view Pad(RowState& row, std::string_view text, int32_t length, std::string_view fill) {
  if (length <= 0) return {};
  const auto wanted = static_cast<size_t>(length);
  const size_t have = CountChars(text);
  if (have >= wanted || fill.empty()) return text.substr(0, SkipChars(text, wanted));
  const size_t missing = wanted - have;
  const size_t fill_chars = CountChars(fill);
  const size_t whole = missing / fill_chars;
  const std::string_view part = fill.substr(0, SkipChars(fill, missing % fill_chars));
  const size_t size = text.size() + whole * fill.size() + part.size();
  if (!row.HasRoom(size, kLeft ? "lpad" : "rpad")) return {};
  char* const to = row.Allocate(size);
  char* at = to;
  const auto add = [&at](std::string_view piece) {
    if (!piece.empty()) std::memcpy(at, piece.data(), piece.size());
    at += piece.size();
  };
  if (!kLeft) add(text);
  for (size_t i = 0; i < whole; ++i) add(fill);
  add(part);
  if (kLeft) add(text);
  return {to, size};
}

template <bool kLeft>
std::string_view PadSpaces(RowState& row, std::string_view text, int32_t length) {
  return Pad<kLeft>(row, text, length, " ");
}

std::string_view Repeat(RowState& row, std::string_view text, int32_t count) {
  if (count <= 0 || text.empty()) return {};
  const size_t size = text.size() * static_cast<size_t>(count);
  if (!row.HasRoom(size, "repeat")) return {};
  char* const to = row.Allocate(size);
  for (size_t at = 0; at < size; at += text.size()) std::memcpy(to + at, text.data(), text.size());
  return {to, size};
}

std::string_view Reverse(std::string_view text, StringArena* arena) {
  char* const to = arena->Allocate(text.size());
  char* at = to + text.size();
  for (size_t i = 0; i < text.size();) {
    const size_t next = NextChar(text, i);
    at -= next - i;
    std::memcpy(at, text.data() + i, next - i);
    i = next;
  }
  return {to, text.size()};
}

// ---- replacing ----------------------------------------------------------------------------------

std::string_view Replace(RowState& row, std::string_view text, std::string_view from,
                         std::string_view to) {
  if (from.empty()) return text;
  size_t found = FindBytes(text, from);
  if (found == kNone) return text;
  std::string& out = row.scratch();
  while (found != kNone) {
    out.append(text.substr(0, found));
    out.append(to);
    text.remove_prefix(found + from.size());
    if (out.size() > kMaxTextBytes) break;
    found = FindBytes(text, from);
  }
  out.append(text);
  if (!row.HasRoom(out.size(), "replace")) return {};
  return row.Keep(out);
}

std::string_view Translate(RowState& row, std::string_view text, std::string_view from,
                           std::string_view to) {
  std::string& out = row.scratch();
  for (size_t at = 0; at < text.size();) {
    const size_t next = NextChar(text, at);
    const std::string_view character = text.substr(at, next - at);
    at = next;
    size_t from_at = 0;
    size_t to_at = 0;
    bool found = false;
    while (from_at < from.size()) {
      const size_t from_next = NextChar(from, from_at);
      found = from.substr(from_at, from_next - from_at) == character;
      if (found) break;
      from_at = from_next;
      if (to_at < to.size()) to_at = NextChar(to, to_at);
    }
    if (!found) {
      out.append(character);
    } else if (to_at < to.size()) {
      out.append(to.substr(to_at, NextChar(to, to_at) - to_at));
    }
  }
  return row.Keep(out);
}

std::string_view Overlay(RowState& row, std::string_view text, std::string_view placing,
                         int32_t from, int32_t count) {
  if (from <= 0) {
    row.Fail(InvalidArgument(
        "negative substring length not allowed; overlay's positions start at 1, not {}", from));
    return {};
  }
  std::string& out = row.scratch();
  out.append(Part(text, 1, from - 1));
  out.append(placing);
  out.append(text.substr(
      SkipChars(text, static_cast<size_t>(std::max<int64_t>(int64_t{from} - 1 + count, 0)))));
  if (!row.HasRoom(out.size(), "overlay")) return {};
  return row.Keep(out);
}

std::string_view OverlayAll(RowState& row, std::string_view text, std::string_view placing,
                            int32_t from) {
  return Overlay(row, text, placing, from, static_cast<int32_t>(CountChars(placing)));
}

void AddLengths(Registry* registry) {
  registry->Add(
      ScalarFunction{.name = "length",
                     .aliases = {"char_length", "character_length", "lengthUTF8", "len", "strlen"},
                     .category = "string",
                     .signature = "(text TEXT) → INTEGER",
                     .summary = "The number of characters.",
                     .example = "length('Käse')",
                     .example_result = "4",
                     .args = {TypeId::kText},
                     .result = TypeId::kInteger,
                     .kernel = Unary<std::string_view, int32_t>([](std::string_view text) {
                       return static_cast<int32_t>(CountChars(text));
                     })});
  registry->Add(
      ScalarFunction{.name = "length",
                     .category = "string",
                     .signature = "(bytes BYTEA) → INTEGER",
                     .summary = "The number of bytes.",
                     .example = "length('\\x00ff'::bytea)",
                     .example_result = "2",
                     .args = {TypeId::kBytea},
                     .result = TypeId::kInteger,
                     .kernel = Unary<std::string_view, int32_t>([](std::string_view bytes) {
                       return static_cast<int32_t>(bytes.size());
                     })});
  for (const TypeId type : {TypeId::kText, TypeId::kBytea}) {
    const std::string arg = type == TypeId::kText ? "(text TEXT)" : "(bytes BYTEA)";
    registry->Add(
        ScalarFunction{.name = "octet_length",
                       .aliases = {"byte_length"},
                       .category = "string",
                       .signature = arg + " → INTEGER",
                       .summary = "The number of bytes.",
                       .example = "octet_length('Käse')",
                       .example_result = "5",
                       .args = {type},
                       .result = TypeId::kInteger,
                       .kernel = Unary<std::string_view, int32_t>([](std::string_view text) {
                         return static_cast<int32_t>(text.size());
                       })});
    registry->Add(
        ScalarFunction{.name = "bit_length",
                       .category = "string",
                       .signature = arg + " → INTEGER",
                       .summary = "The number of bits: eight a byte.",
                       .example = "bit_length('abc')",
                       .example_result = "24",
                       .args = {type},
                       .result = TypeId::kInteger,
                       .kernel = Unary<std::string_view, int32_t>([](std::string_view text) {
                         return static_cast<int32_t>(text.size() * 8);
                       })});
  }
}

void AddCases(Registry* registry) {
  registry->Add(ScalarFunction{.name = "lower",
                               .aliases = {"lcase", "lowerUTF8"},
                               .category = "string",
                               .signature = "(text TEXT) → TEXT",
                               .summary = "The text in lower case, by Unicode's mapping.",
                               .example = "lower('ÀB')",
                               .example_result = "àb",
                               .args = {TypeId::kText},
                               .result = TypeId::kText,
                               .kernel = RowKernel<MapCaseFast<AsciiLower, AppendLower>>});
  registry->Add(ScalarFunction{.name = "upper",
                               .aliases = {"ucase", "upperUTF8"},
                               .category = "string",
                               .signature = "(text TEXT) → TEXT",
                               .summary = "The text in upper case, by Unicode's mapping.",
                               .example = "upper('àb')",
                               .example_result = "ÀB",
                               .args = {TypeId::kText},
                               .result = TypeId::kText,
                               .kernel = RowKernel<MapCaseFast<AsciiUpper, AppendUpper>>});
  registry->Add(ScalarFunction{
      .name = "initcap",
      .category = "string",
      .signature = "(text TEXT) → TEXT",
      .summary = "The first letter of each word in upper case, the others in lower case.",
      .example = "initcap('hi THOMAS')",
      .example_result = "Hi Thomas",
      .args = {TypeId::kText},
      .result = TypeId::kText,
      .kernel = RowKernel<MapCase<AppendInitcap>>});
}

void AddParts(Registry* registry) {
  const std::vector<std::string> aliases = {"substr", "mid", "substringUTF8"};
  registry->Add(ScalarFunction{.name = "substring",
                               .aliases = aliases,
                               .category = "string",
                               .signature = "(text TEXT, from INTEGER) → TEXT",
                               .summary = "The text from a character on, counted from 1.",
                               .example = "substring('shale', 3)",
                               .example_result = "ale",
                               .args = {TypeId::kText, TypeId::kInteger},
                               .result = TypeId::kText,
                               .kernel = StringBinary<std::string_view, int32_t>(
                                   [](std::string_view text, int32_t from, StringArena*) {
                                     return text.substr(SkipChars(
                                         text, static_cast<size_t>(std::max(from, 1) - 1)));
                                   })});
  registry->Add(ScalarFunction{
      .name = "substring",
      .aliases = aliases,
      .category = "string",
      .signature = "(text TEXT, from INTEGER, count INTEGER) → TEXT",
      .summary = "So many characters from a position on, counted from 1; positions before the "
                 "text count but are empty.",
      .example = "substring('shale', 2, 3)",
      .example_result = "hal",
      .args = {TypeId::kText, TypeId::kInteger, TypeId::kInteger},
      .result = TypeId::kText,
      .kernel = RowKernel<Substring<Part>>});
  registry->Add(ScalarFunction{.name = "substring",
                               .aliases = aliases,
                               .category = "string",
                               .signature = "(bytes BYTEA, from INTEGER, count INTEGER) → BYTEA",
                               .summary = "So many bytes from a position on, counted from 1.",
                               .example = "substring('\\x010203'::bytea, 2, 1)",
                               .example_result = "\\x02",
                               .args = {TypeId::kBytea, TypeId::kInteger, TypeId::kInteger},
                               .result = TypeId::kBytea,
                               .kernel = RowKernel<Substring<PartBytes>>});
  registry->Add(ScalarFunction{
      .name = "left",
      .category = "string",
      .signature = "(text TEXT, count INTEGER) → TEXT",
      .summary = "The first characters; a negative count leaves that many off the end.",
      .example = "left('shale', 2)",
      .example_result = "sh",
      .args = {TypeId::kText, TypeId::kInteger},
      .result = TypeId::kText,
      .kernel = StringBinary<std::string_view, int32_t>(
          [](std::string_view text, int32_t count, StringArena*) { return Left(text, count); })});
  registry->Add(ScalarFunction{
      .name = "right",
      .category = "string",
      .signature = "(text TEXT, count INTEGER) → TEXT",
      .summary = "The last characters; a negative count leaves that many off the start.",
      .example = "right('shale', 3)",
      .example_result = "ale",
      .args = {TypeId::kText, TypeId::kInteger},
      .result = TypeId::kText,
      .kernel = StringBinary<std::string_view, int32_t>(
          [](std::string_view text, int32_t count, StringArena*) { return Right(text, count); })});
  AddTrim<true, true>(registry, "btrim", {"trim", "trimBoth"}, "start and end",
                      "btrim('xyshaleyx', 'xy')", "shale");
  AddTrim<true, false>(registry, "ltrim", {"trimLeft"}, "start", "ltrim('zzshale', 'xyz')",
                       "shale");
  AddTrim<false, true>(registry, "rtrim", {"trimRight"}, "end", "rtrim('shalezz', 'xyz')", "shale");
}

template <bool kLeft>
void AddPad(Registry* registry, std::string name, std::string side, std::string example_result) {
  registry->Add(ScalarFunction{
      .name = name,
      .category = "string",
      .signature = "(text TEXT, length INTEGER) → TEXT",
      .summary = fmt::format("Fills up with spaces on the {} to a length in characters, or cuts "
                             "the text to it.",
                             side),
      .example = fmt::format("{}('shale', 3)", name),
      .example_result = "sha",
      .args = {TypeId::kText, TypeId::kInteger},
      .result = TypeId::kText,
      .kernel = RowKernel<PadSpaces<kLeft>>});
  registry->Add(ScalarFunction{
      .name = name,
      .category = "string",
      .signature = "(text TEXT, length INTEGER, fill TEXT) → TEXT",
      .summary = fmt::format(
          "Fills up on the {} to a length in characters, or cuts the text to it.", side),
      .example = fmt::format("{}('hi', 5, 'xy')", name),
      .example_result = example_result,
      .args = {TypeId::kText, TypeId::kInteger, TypeId::kText},
      .result = TypeId::kText,
      .kernel = RowKernel<Pad<kLeft>>});
}

void AddReplacing(Registry* registry) {
  AddPad<true>(registry, "lpad", "left", "xyxhi");
  AddPad<false>(registry, "rpad", "right", "hixyx");
  registry->Add(ScalarFunction{.name = "repeat",
                               .category = "string",
                               .signature = "(text TEXT, count INTEGER) → TEXT",
                               .summary = "The text so many times over.",
                               .example = "repeat('ab', 3)",
                               .example_result = "ababab",
                               .args = {TypeId::kText, TypeId::kInteger},
                               .result = TypeId::kText,
                               .kernel = RowKernel<Repeat>});
  registry->Add(ScalarFunction{
      .name = "reverse",
      .aliases = {"reverseUTF8"},
      .category = "string",
      .signature = "(text TEXT) → TEXT",
      .summary = "The characters in reverse order.",
      .example = "reverse('shale')",
      .example_result = "elahs",
      .args = {TypeId::kText},
      .result = TypeId::kText,
      .kernel = StringUnary<std::string_view>(
          [](std::string_view text, StringArena* arena) { return Reverse(text, arena); })});
  registry->Add(ScalarFunction{.name = "replace",
                               .aliases = {"replaceAll"},
                               .category = "string",
                               .signature = "(text TEXT, from TEXT, to TEXT) → TEXT",
                               .summary = "Every occurrence of a text replaced by another.",
                               .example = "replace('abcabc', 'bc', 'X')",
                               .example_result = "aXaX",
                               .args = {TypeId::kText, TypeId::kText, TypeId::kText},
                               .result = TypeId::kText,
                               .kernel = RowKernel<Replace>});
  registry->Add(ScalarFunction{
      .name = "translate",
      .category = "string",
      .signature = "(text TEXT, from TEXT, to TEXT) → TEXT",
      .summary = "Each character among `from` replaced by the one at the same place of `to`, or "
                 "dropped.",
      .example = "translate('12345', '143', 'ax')",
      .example_result = "a2x5",
      .args = {TypeId::kText, TypeId::kText, TypeId::kText},
      .result = TypeId::kText,
      .kernel = RowKernel<Translate>});
  registry->Add(ScalarFunction{.name = "overlay",
                               .category = "string",
                               .signature = "(text TEXT, placing TEXT, from INTEGER) → TEXT",
                               .summary = "The text with another laid over it from a position on.",
                               .example = "overlay('abcdef', 'XYZ', 2)",
                               .example_result = "aXYZef",
                               .args = {TypeId::kText, TypeId::kText, TypeId::kInteger},
                               .result = TypeId::kText,
                               .kernel = RowKernel<OverlayAll>});
  registry->Add(
      ScalarFunction{.name = "overlay",
                     .category = "string",
                     .signature = "(text TEXT, placing TEXT, from INTEGER, count INTEGER) → TEXT",
                     .summary = "The text with so many characters replaced from a position on.",
                     .example = "overlay('Txxxxas', 'hom', 2, 4)",
                     .example_result = "Thomas",
                     .args = {TypeId::kText, TypeId::kText, TypeId::kInteger, TypeId::kInteger},
                     .result = TypeId::kText,
                     .kernel = RowKernel<Overlay>});
}

}  // namespace

void RegisterString(Registry* registry) {
  AddLengths(registry);
  AddCases(registry);
  AddParts(registry);
  AddReplacing(registry);
  RegisterLike(registry);
  RegisterStringConcat(registry);
  RegisterStringSearch(registry);
  RegisterStringFormat(registry);
  RegisterStringEncoding(registry);
  RegisterStringList(registry);
  RegisterStringUnicode(registry);
  RegisterBinary(registry);
}

}  // namespace shale
