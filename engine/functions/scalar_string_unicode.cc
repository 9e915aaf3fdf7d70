// Unicode: normal forms, characters by their numbers.
#include <utf8proc.h>

#include <cstdlib>

#include "engine/functions/kernels.h"
#include "engine/functions/row_kernel.h"
#include "engine/functions/string_families.h"
#include "engine/functions/utf8.h"

namespace shale {
namespace {

// One of NFC, NFD, NFKC, NFKD (UAX #15), any case.
bool FormOptions(std::string_view form, utf8proc_option_t* options) {
  std::string name;
  for (const char c : form) name.push_back(AsciiUpper(c));
  const int compose = UTF8PROC_COMPOSE, decompose = UTF8PROC_DECOMPOSE;
  const int compatible = UTF8PROC_COMPAT;
  int chosen = UTF8PROC_STABLE;
  if (name == "NFC") {
    chosen |= compose;
  } else if (name == "NFD") {
    chosen |= decompose;
  } else if (name == "NFKC") {
    chosen |= compose | compatible;
  } else if (name == "NFKD") {
    chosen |= decompose | compatible;
  } else {
    return false;
  }
  *options = static_cast<utf8proc_option_t>(chosen);
  return true;
}

std::string_view NormalizeTo(RowState& row, std::string_view text, std::string_view form) {
  utf8proc_option_t options;
  if (!FormOptions(form, &options)) {
    row.Fail(InvalidArgument("invalid normalization form: {}; use NFC, NFD, NFKC or NFKD", form));
    return {};
  }
  if (IsAscii(text)) return text;
  utf8proc_uint8_t* made = nullptr;
  const utf8proc_ssize_t size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                   static_cast<utf8proc_ssize_t>(text.size()), &made, options);
  if (size < 0) {
    row.Fail(InvalidArgument("normalize: {}", utf8proc_errmsg(size)));
    return {};
  }
  const std::string_view kept =
      row.Keep({reinterpret_cast<const char*>(made), static_cast<size_t>(size)});
  std::free(made);
  return kept;
}
std::string_view Normalize(RowState& row, std::string_view text) {
  return NormalizeTo(row, text, "NFC");
}

// The digits of one escape, or false.
bool ReadHexDigits(std::string_view text, size_t at, size_t count, char32_t* out) {
  if (at + count > text.size()) return false;
  *out = 0;
  for (size_t i = at; i < at + count; ++i) {
    const char c = AsciiLower(text[i]);
    int digit = 0;
    if (IsAsciiDigit(c)) {
      digit = c - '0';
    } else if (c >= 'a' && c <= 'f') {
      digit = c - 'a' + 10;
    } else {
      return false;
    }
    *out = *out << 4 | static_cast<char32_t>(digit);
  }
  return true;
}

// \XXXX, \+XXXXXX, \uXXXX, \UXXXXXXXX and \\ undone; halves of a surrogate pair join.
std::string_view Unistr(RowState& row, std::string_view text) {
  std::string& out = row.scratch();
  char32_t high = 0;
  const auto fail = [&](std::string_view why) {
    row.Fail(
        InvalidArgument("invalid Unicode {}; escapes are \\XXXX, \\+XXXXXX, \\uXXXX and "
                        "\\UXXXXXXXX",
                        why));
    return std::string_view();
  };
  for (size_t at = 0; at < text.size();) {
    if (text[at] != '\\' || text.substr(at, 2) == "\\\\") {
      if (high != 0) return fail("surrogate pair");
      out.push_back(text[at]);
      at += text[at] == '\\' ? 2 : 1;
      continue;
    }
    const char kind = at + 1 < text.size() ? text[at + 1] : 0;
    const size_t skip = kind == '+' || kind == 'u' || kind == 'U' ? 2 : 1;
    const size_t digits = kind == '+' ? 6 : kind == 'U' ? 8 : 4;
    char32_t point = 0;
    if (!ReadHexDigits(text, at + skip, digits, &point)) return fail("escape");
    at += skip + digits;
    if (high != 0) {
      if (point < 0xdc00 || point > 0xdfff) return fail("surrogate pair");
      point = 0x10000 + ((high - 0xd800) << 10) + (point - 0xdc00);
      high = 0;
    } else if (point >= 0xd800 && point < 0xdc00) {
      high = point;
      continue;
    } else if (point >= 0xdc00 && point < 0xe000) {
      return fail("surrogate pair");
    }
    if (point == 0 || point > 0x10ffff) return fail("escape value");
    AppendChar(point, &out);
  }
  if (high != 0) return fail("surrogate pair");
  return row.Keep(out);
}

}  // namespace

void RegisterStringUnicode(Registry* registry) {
  const Type text = TypeId::kText;
  registry->Add(ScalarFunction{.name = "normalize",
                               .aliases = {"nfc_normalize", "normalizeUTF8NFC"},
                               .category = "string",
                               .signature = "(text TEXT) → TEXT",
                               .summary = "The text in Unicode's normal form C.",
                               .example = "length(normalize(U&'e\\0301'))",
                               .example_result = "1",
                               .args = {text},
                               .result = text,
                               .kernel = RowKernel<Normalize>});
  registry->Add(ScalarFunction{.name = "normalize",
                               .category = "string",
                               .signature = "(text TEXT, form TEXT) → TEXT",
                               .summary = "The text in a normal form: NFC, NFD, NFKC or NFKD.",
                               .example = "length(normalize('é', NFD))",
                               .example_result = "2",
                               .args = {text, text},
                               .result = text,
                               .kernel = RowKernel<NormalizeTo>});
  registry->Add(ScalarFunction{.name = "unistr",
                               .category = "string",
                               .signature = "(text TEXT) → TEXT",
                               .summary = "The text with its Unicode escapes undone.",
                               .example = "unistr('d\\0061t\\+000061')",
                               .example_result = "data",
                               .args = {text},
                               .result = text,
                               .kernel = RowKernel<Unistr>});
}

}  // namespace shale
