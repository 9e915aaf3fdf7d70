#include "tools/slt/result_check.h"

#include <re2/re2.h>

#include <algorithm>
#include <cmath>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "engine/functions/digest.h"
#include "engine/functions/value_io.h"
#include "tools/console/terminal.h"

namespace shale {
namespace {

bool ToDouble(std::string_view text, double* out) {
  return !text.empty() && absl::SimpleAtod({text.data(), text.size()}, out);
}

// C's conversion of a number's or a text's beginning to an integer, as SQLite's runner prints "I".
std::string AsInteger(const Value& value, const std::string& text) {
  const Type& type = value.type();
  if (type.IsInteger()) return text;
  if (type.id() == TypeId::kBoolean) return value.AsBool() ? "1" : "0";
  double number = 0;
  if (type.IsFloat() || type.id() == TypeId::kDecimal) {
    if (!ToDouble(text, &number) || !std::isfinite(number) || std::fabs(number) > 9e18) return text;
    return std::to_string(static_cast<int64_t>(number));
  }
  return text;
}

// Equal as numbers: exact for integers and decimals, the last digits of floats aside.
bool SameNumber(std::string_view expected, std::string_view got, const Type& type) {
  double a, b;
  if (!ToDouble(expected, &a) || !ToDouble(got, &b)) return false;
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  if (a == b) return true;
  double tolerance = type.id() == TypeId::kDecimal ? 1e-14
                     : type.id() == TypeId::kReal  ? 1e-5
                                                   : 1e-9;
  return std::fabs(a - b) <= tolerance * std::max(std::fabs(a), std::fabs(b));
}

bool SameValue(std::string_view expected, const std::string& got, const Type& type) {
  if (expected == got) return true;
  constexpr std::string_view kRegex = "<REGEX>:";
  if (expected.starts_with(kRegex)) {
    std::string_view pattern = expected.substr(kRegex.size());
    return RE2::FullMatch(got, re2::StringPiece(pattern.data(), pattern.size()));
  }
  if (type.id() == TypeId::kBoolean) {
    return got == "t" ? expected == "1" || expected == "true"
                      : got == "f" && (expected == "0" || expected == "false");
  }
  if (type.IsFloat() || type.id() == TypeId::kDecimal) return SameNumber(expected, got, type);
  return false;
}

void SortValues(SltRecord::Sort sort, size_t num_columns, std::vector<std::string>* values) {
  if (sort == SltRecord::Sort::kValues) {
    std::sort(values->begin(), values->end());
  } else if (sort == SltRecord::Sort::kRows && num_columns > 0) {
    std::vector<std::vector<std::string>> rows;
    for (size_t at = 0; at + num_columns <= values->size(); at += num_columns) {
      rows.emplace_back(values->begin() + at, values->begin() + at + num_columns);
    }
    std::sort(rows.begin(), rows.end());
    values->clear();
    for (auto& row : rows) values->insert(values->end(), row.begin(), row.end());
  }
}

// Expected lines as values: one a line, or a whole row a line with tabs between.
std::vector<std::string> ExpectedValues(const std::vector<std::string>& lines, size_t num_rows,
                                        size_t num_columns) {
  bool row_wise = num_columns > 1 && lines.size() != num_rows * num_columns;
  if (num_columns > 1 && lines.size() == num_rows * num_columns) return lines;
  if (!row_wise) return lines;
  std::vector<std::string> values;
  for (const auto& line : lines) {
    std::vector<std::string> cells = absl::StrSplit(line, '\t');
    values.insert(values.end(), cells.begin(), cells.end());
  }
  return values;
}

std::string Lines(const std::vector<std::string>& values, size_t num_columns) {
  constexpr size_t kMaxShown = 30;
  std::string text;
  size_t columns = std::max<size_t>(num_columns, 1), shown = 0;
  for (size_t at = 0; at < values.size() && shown < kMaxShown; at += columns, ++shown) {
    text += "    ";
    for (size_t i = at; i < std::min(at + columns, values.size()); ++i) {
      if (i > at) text += '\t';
      text += values[i];
    }
    text += '\n';
  }
  size_t rows = (values.size() + columns - 1) / columns;
  if (shown < rows) text += fmt::format("    … {} rows in all\n", rows);
  if (rows == 0) text += "    (no rows)\n";
  return text;
}

bool ParseDigestLine(const std::string& line, uint64_t* count, std::string* digest) {
  static const RE2& pattern = *new RE2(R"((\d+) values hashing to ([0-9a-f]{32}))");
  return RE2::FullMatch(line, pattern, count, digest);
}

}  // namespace

std::string SltText(const Value& value, char letter, SltForm form, std::string_view time_zone) {
  if (value.is_null()) return "NULL";
  std::string text = ToText(value, time_zone);
  const Type& type = value.type();
  if (type.id() == TypeId::kBoolean) {
    if (form == SltForm::kByLetter && letter != 'T') return value.AsBool() ? "1" : "0";
    if (form == SltForm::kWords) return value.AsBool() ? "true" : "false";
    return text;
  }
  if (form == SltForm::kByLetter) {
    double number;
    if (letter == 'I') text = AsInteger(value, text);
    if (letter == 'R' && type.IsNumeric() && ToDouble(text, &number) && std::isfinite(number)) {
      text = fmt::format("{:.3f}", number);
    }
    for (char& c : text) {
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '@';
    }
  } else {
    // A line of expected results can hold a tab, but no line break.
    std::string printable;
    for (size_t at = 0; at <= text.size();) {
      size_t tab = std::min(text.find('\t', at), text.size());
      AppendPrintable(std::string_view(text).substr(at, tab - at), &printable);
      if (tab < text.size()) printable += '\t';
      at = tab + 1;
    }
    text = printable;
  }
  return text.empty() ? "(empty)" : text;
}

std::vector<std::string> SltValues(const SltRecord& record, const QueryResult& result, SltForm form,
                                   std::string_view time_zone) {
  std::vector<std::string> values;
  for (const Chunk& chunk : result.chunks) {
    for (size_t row = 0; row < chunk.num_rows; ++row) {
      for (size_t column = 0; column < chunk.columns.size(); ++column) {
        char letter = column < record.types.size() ? record.types[column] : 'T';
        values.push_back(SltText(chunk.columns[column].GetValue(row), letter, form, time_zone));
      }
    }
  }
  SortValues(record.sort, result.columns.size(), &values);
  return values;
}

std::string SltDigest(const std::vector<std::string>& values) {
  std::string lines;
  for (const auto& value : values) {
    lines += value;
    lines += '\n';
  }
  const auto digest = Md5Digest(lines);
  std::string hex;
  AppendHex({reinterpret_cast<const char*>(digest.data()), digest.size()}, &hex);
  return hex;
}

std::optional<std::string> CheckSltResult(const SltRecord& record, const QueryResult& result,
                                          std::string_view time_zone) {
  size_t num_columns = result.columns.size();
  if (num_columns != record.types.size()) {
    return fmt::format("expected {} columns ({}), got {}\n", record.types.size(), record.types,
                       num_columns);
  }
  if (!record.has_results) return std::nullopt;
  uint64_t count;
  std::string digest;
  if (record.results.size() == 1 && ParseDigestLine(record.results[0], &count, &digest)) {
    std::string got;
    for (SltForm form : {SltForm::kByLetter, SltForm::kPlain, SltForm::kWords}) {
      std::vector<std::string> values = SltValues(record, result, form, time_zone);
      std::string mine = SltDigest(values);
      if (values.size() == count && mine == digest) return std::nullopt;
      if (form == SltForm::kByLetter) {
        got = fmt::format("    {} values hashing to {}\n  which are\n{}", values.size(), mine,
                          Lines(values, record.sort == SltRecord::Sort::kValues ? 1 : num_columns));
      }
    }
    return fmt::format("  expected\n    {}\n  got\n{}", record.results[0], got);
  }

  std::vector<std::string> got;
  for (SltForm form : {SltForm::kByLetter, SltForm::kPlain}) {
    got = SltValues(record, result, form, time_zone);
    size_t num_rows = num_columns == 0 ? 0 : got.size() / num_columns;
    std::vector<std::string> expected = ExpectedValues(record.results, num_rows, num_columns);
    if (form == SltForm::kPlain) SortValues(record.sort, num_columns, &expected);
    bool same = expected.size() == got.size();
    for (size_t i = 0; same && i < got.size(); ++i) {
      same = form == SltForm::kPlain && record.sort != SltRecord::Sort::kValues
                 ? SameValue(expected[i], got[i], result.columns[i % num_columns].type)
                 : expected[i] == got[i];
    }
    if (same) return std::nullopt;
  }
  size_t shown_columns = record.sort == SltRecord::Sort::kValues ? 1 : num_columns;
  return fmt::format(
      "  expected\n{}  got\n{}",
      Lines(ExpectedValues(record.results, got.size() / num_columns, num_columns), shown_columns),
      Lines(got, shown_columns));
}

bool SltErrorMatches(const std::string& expected, std::string_view error) {
  if (expected.empty()) return true;
  constexpr std::string_view kRegex = "<REGEX>:";
  std::string_view pattern = expected;
  bool regex_only = pattern.starts_with(kRegex);
  if (regex_only) pattern.remove_prefix(kRegex.size());
  if (!regex_only && error.find(pattern) != std::string_view::npos) return true;
  RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(true);
  RE2 compiled(re2::StringPiece(pattern.data(), pattern.size()), options);
  return compiled.ok() && RE2::PartialMatch(re2::StringPiece(error.data(), error.size()), compiled);
}

}  // namespace shale
