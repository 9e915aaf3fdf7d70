// Searching texts: positions, prefixes, fields between delimiters, edit distance.
#include <algorithm>
#include <string_view>
#include <vector>

#include "engine/functions/kernels.h"
#include "engine/functions/row_kernel.h"
#include "engine/functions/scalar_like.h"
#include "engine/functions/string_families.h"
#include "engine/functions/utf8.h"

namespace shale {
namespace {

constexpr size_t kNone = std::string_view::npos;

int32_t Position(std::string_view text, std::string_view part) {
  const size_t found = FindBytes(text, part);
  return found == kNone ? 0 : static_cast<int32_t>(CountChars(text.substr(0, found))) + 1;
}

std::string_view SplitPart(RowState& row, std::string_view text, std::string_view delimiter,
                           int32_t field) {
  if (field == 0) {
    row.Fail(InvalidArgument(
        "field position must not be zero; it counts from 1, or from -1 at the end"));
    return {};
  }
  if (text.empty()) return {};
  if (delimiter.empty()) return field == 1 || field == -1 ? text : std::string_view();
  if (field > 0) {
    for (; field > 1; --field) {
      const size_t found = FindBytes(text, delimiter);
      if (found == kNone) return {};
      text.remove_prefix(found + delimiter.size());
    }
    return text.substr(0, FindBytes(text, delimiter));
  }
  // From the end the fields are still those found from the start, which matters where the
  // delimiter could overlap itself.
  std::vector<size_t> starts = {0};
  for (size_t from = 0;;) {
    const size_t found = FindBytes(text.substr(from), delimiter);
    if (found == kNone) break;
    from += found + delimiter.size();
    starts.push_back(from);
  }
  const int64_t index = static_cast<int64_t>(starts.size()) + field;
  if (index < 0) return {};
  const auto at = static_cast<size_t>(index);
  const size_t end = at + 1 < starts.size() ? starts[at + 1] - delimiter.size() : text.size();
  return text.substr(starts[at], end - starts[at]);
}

// Time grows with the product of both lengths.
constexpr size_t kMaxLevenshteinChars = 10'000;

void Decode(std::string_view text, std::vector<char32_t>* out) {
  for (size_t at = 0; at < text.size();) out->push_back(DecodeChar(text, &at));
}

int32_t Levenshtein(RowState& row, std::string_view left, std::string_view right) {
  std::vector<char32_t> a;
  std::vector<char32_t> b;
  Decode(left, &a);
  Decode(right, &b);
  if (std::max(a.size(), b.size()) > kMaxLevenshteinChars) {
    row.Fail(InvalidArgument("levenshtein: texts of more than {} characters are not supported",
                             kMaxLevenshteinChars));
    return 0;
  }
  std::vector<int32_t> costs(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) costs[j] = static_cast<int32_t>(j);
  for (size_t i = 0; i < a.size(); ++i) {
    int32_t diagonal = costs[0];
    costs[0] = static_cast<int32_t>(i) + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const int32_t replaced = diagonal + (a[i] != b[j]);
      diagonal = costs[j + 1];
      costs[j + 1] = std::min({replaced, costs[j] + 1, costs[j + 1] + 1});
    }
  }
  return costs[b.size()];
}

}  // namespace

void RegisterStringSearch(Registry* registry) {
  registry->Add(ScalarFunction{
      .name = "strpos",
      .aliases = {"position", "instr", "positionUTF8"},
      .category = "string",
      .signature = "(text TEXT, part TEXT) → INTEGER",
      .summary = "Where the part begins in the text, in characters from 1; 0 when it is not there.",
      .example = "strpos('high', 'ig')",
      .example_result = "2",
      .args = {TypeId::kText, TypeId::kText},
      .result = TypeId::kInteger,
      .kernel = Binary<std::string_view, std::string_view, int32_t>(
          [](std::string_view text, std::string_view part) { return Position(text, part); })});
  registry->Add(ScalarFunction{.name = "starts_with",
                               .aliases = {"startsWith", "prefix", "^@"},
                               .category = "string",
                               .signature = "(text TEXT, prefix TEXT) → BOOLEAN",
                               .summary = "Whether the text begins with the prefix.",
                               .example = "starts_with('shale', 'sh')",
                               .example_result = "t",
                               .args = {TypeId::kText, TypeId::kText},
                               .result = TypeId::kBoolean,
                               .kernel = Binary<std::string_view, std::string_view, uint8_t>(
                                   [](std::string_view text, std::string_view prefix) {
                                     return text.starts_with(prefix);
                                   })});
  registry->Add(ScalarFunction{
      .name = "ends_with",
      .aliases = {"endsWith", "suffix"},
      .category = "string",
      .signature = "(text TEXT, suffix TEXT) → BOOLEAN",
      .summary = "Whether the text ends with the suffix.",
      .example = "ends_with('shale', 'ale')",
      .example_result = "t",
      .args = {TypeId::kText, TypeId::kText},
      .result = TypeId::kBoolean,
      .kernel = Binary<std::string_view, std::string_view, uint8_t>(
          [](std::string_view text, std::string_view suffix) { return text.ends_with(suffix); })});
  registry->Add(ScalarFunction{.name = "contains",
                               .aliases = {"hasSubstring"},
                               .category = "string",
                               .signature = "(text TEXT, part TEXT) → BOOLEAN",
                               .summary = "Whether the part occurs in the text.",
                               .example = "contains('shale', 'hal')",
                               .example_result = "t",
                               .args = {TypeId::kText, TypeId::kText},
                               .result = TypeId::kBoolean,
                               .kernel = Binary<std::string_view, std::string_view, uint8_t>(
                                   [](std::string_view text, std::string_view part) {
                                     return FindBytes(text, part) != kNone;
                                   })});
  registry->Add(ScalarFunction{
      .name = "split_part",
      .category = "string",
      .signature = "(text TEXT, delimiter TEXT, field INTEGER) → TEXT",
      .summary = "The field of that number between delimiters, from 1, or from -1 at the end; "
                 "empty when there is none.",
      .example = "split_part('a,b,c', ',', 2)",
      .example_result = "b",
      .args = {TypeId::kText, TypeId::kText, TypeId::kInteger},
      .result = TypeId::kText,
      .kernel = RowKernel<SplitPart>});
  registry->Add(ScalarFunction{
      .name = "levenshtein",
      .aliases = {"editDistance", "levenshteinDistance"},
      .category = "string",
      .signature = "(a TEXT, b TEXT) → INTEGER",
      .summary = "How many characters to insert, delete or change to turn one text into the other.",
      .example = "levenshtein('kitten', 'sitting')",
      .example_result = "3",
      .args = {TypeId::kText, TypeId::kText},
      .result = TypeId::kInteger,
      .kernel = RowKernel<Levenshtein>});
}

}  // namespace shale
