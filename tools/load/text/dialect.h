// Dialect: how the text of a file is cut into records and fields, and how it is found out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"

namespace shale {

enum class TextFormat : uint8_t {
  kAuto,      // find out
  kCsv,       // RFC 4180: fields may be quoted, quotes inside are doubled
  kTsv,       // PostgreSQL's COPY text: tabs, backslash escapes, \N is NULL
  kNdjson,    // one JSON object a line
  kCombined,  // the access log of Apache and nginx ("combined", or "common" without its last two)
};
// "csv", "tsv", "ndjson", "combined", "auto".
std::string_view TextFormatName(TextFormat format);
// InvalidArgument lists the names.
StatusOr<TextFormat> TextFormatFromName(std::string_view name);

struct Dialect {
  TextFormat format = TextFormat::kCsv;
  char delimiter = ',';  // CSV and TSV
  char quote = '"';      // CSV
  bool header = true;    // CSV and TSV: the first record names the columns
  bool flatten = false;  // NDJSON: members of nested objects are columns "a.b"
  bool crlf = false;     // seen: lines end in CR LF (read either way)
  bool bom = false;      // seen: the file begins with a UTF-8 byte order mark (skipped)
  // A further text that stands for NULL, beside the format's own (CSV: the unquoted empty field,
  // TSV: \N, NDJSON: null, combined: -).
  std::optional<std::string> null_text;

  // "CSV with ';' between fields, a header line, CRLF": what was settled on, for people.
  std::string ToString() const;
};

// What the user fixed; the rest is found out.
struct DialectHints {
  TextFormat format = TextFormat::kAuto;
  std::optional<char> delimiter;
  std::optional<bool> header;
  bool flatten = false;
  std::optional<std::string> null_text;
  // Of the table's columns: a first record made of nothing else is a header.
  std::vector<std::string> column_names;
};

// The dialect of a text of which `pieces` are whole records from several places, the first from the
// beginning (with its byte order mark). `name` is the file's, for messages and for its extension
// as a hint. InvalidArgument: empty, a JSON array or document over several lines, lines that end
// in a lone CR, a format given that the text is not in.
StatusOr<Dialect> SniffDialect(std::string_view name, const std::vector<std::string_view>& pieces,
                               const DialectHints& hints);

// True when the line (without its end) is one of an access log.
bool IsCombinedLine(std::string_view line);

}  // namespace shale
