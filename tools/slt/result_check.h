// Comparing a query's rows with what a script expects. Two ways of writing values are tried, since
// the two corpora differ: SQLite's, by the column's letter (I an integer, R three decimals, T
// text), and the shell's, where numbers are compared as numbers. Booleans may be 1, t or true. Pure
// functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sql/database.h"
#include "tools/slt/script.h"

namespace shale {

// kWords is kPlain with booleans as true and false.
enum class SltForm : uint8_t { kByLetter, kPlain, kWords };

// One value as a script writes it: NULL, (empty), and in between by `form`. Control characters are
// '@' by letter, escaped (\n) plain.
std::string SltText(const Value& value, char letter, SltForm form, std::string_view time_zone);

// What is wrong, or nothing when the rows are as expected. The text shows expected and got.
std::optional<std::string> CheckSltResult(const SltRecord& record, const QueryResult& result,
                                          std::string_view time_zone);

// The digest of a result as the format writes it: MD5 of every value and a line break.
std::string SltDigest(const std::vector<std::string>& values);
// The values of a result in the record's order.
std::vector<std::string> SltValues(const SltRecord& record, const QueryResult& result, SltForm form,
                                   std::string_view time_zone);

// Does an error's text satisfy what a script expects: "" anything, a part of it, or "<REGEX>:…" or
// a regular expression that is found in it?
bool SltErrorMatches(const std::string& expected, std::string_view error);

}  // namespace shale
