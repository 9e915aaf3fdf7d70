// Rows as the texts that machines read: CSV, PostgreSQL's COPY text format, JSON. COPY, the shell's
// modes and the reports of the tools all write through here, so that one value reads the same from
// each. Pure but for the buffers that a RowText reuses: one thread each.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/vector/vector.h"

namespace shale {

// One value as JSON: numbers and booleans bare, JSON columns as they are, NaN and infinities as
// strings, lists as arrays, NULL as null, everything else as a string in SQL's text form. `vector`
// is flat.
void AppendJson(const Vector& vector, size_t row, std::string_view time_zone, std::string* out);
// `text` between quotes, with JSON's escapes; bytes that are no UTF-8 become U+FFFD.
void AppendJsonText(std::string_view text, std::string* out);

//   kCsv   RFC 4180: quoted where a reader would need it, and where it would else read as NULL
//   kTsv   PostgreSQL's COPY text format: backslash escapes
//   kJson  one object a row; a name that comes twice gets a number
enum class RowFormat : uint8_t { kCsv, kTsv, kJson };

class RowText {
 public:
  struct Options {
    RowFormat format = RowFormat::kCsv;
    char delimiter = ',';
    std::string null_text;
    std::string time_zone = "UTC";
  };
  static Options Csv() { return {}; }
  static Options Tsv() { return {RowFormat::kTsv, '\t', "\\N", "UTC"}; }
  static Options Json() { return {RowFormat::kJson, ',', "", "UTC"}; }

  RowText(Options options, const std::vector<std::string>& names);

  // The line of names, with its end; nothing where the format has none.
  void AppendHeader(std::string* out) const;
  // Row `row` of the flat `columns`, without an end of line.
  void AppendRow(const std::vector<Vector>& columns, size_t row, std::string* out);

 private:
  void AppendField(std::string_view text, std::string* out) const;
  void AppendObject(const std::vector<Vector>& columns, size_t row, std::string* out) const;

  Options options_;
  std::vector<std::string> names_;  // of JSON: written out, with the colon
  std::string field_;
};

}  // namespace shale
