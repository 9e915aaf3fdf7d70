#include "sql/sql_error.h"

#include <optional>

#include "absl/strings/cord.h"

namespace shale {
namespace {

constexpr char kSqlStatePayload[] = "shale/sqlstate";

// Our messages have PostgreSQL's wording, so that their words tell the code; the first that fits.
struct Rule {
  std::string_view starts;  // "" any
  std::string_view has;     // "" any
  std::string_view sqlstate;
};
constexpr Rule kRules[] = {
    {"syntax error", "", "42601"},
    {"", "current transaction is aborted", "25P02"},
    {"prepared statement ", "already exists", "42P05"},
    {"prepared statement ", "does not exist", "26000"},
    {"bind message supplies", "", "08P01"},
    {"cursor ", "already exists", "42P03"},
    {"cursor ", "does not exist", "34000"},
    {"portal ", "does not exist", "34000"},
    {"column reference ", "is ambiguous", "42702"},
    {"column ", "specified more than once", "42701"},
    {"column ", "must appear in the GROUP BY", "42803"},
    {"column ", "does not exist", "42703"},
    {"column ", "already exists", "42701"},
    {"column ", "is of type", "42804"},
    {"missing FROM-clause entry", "", "42P01"},
    {"table name ", "specified more than once", "42712"},
    {"table ", "does not exist", "42P01"},
    {"relation ", "does not exist", "42P01"},
    {"view ", "does not exist", "42P01"},
    {"table ", "already exists", "42P07"},
    {"relation ", "already exists", "42P07"},
    {"view ", "already exists", "42P07"},
    {"schema ", "does not exist", "3F000"},
    {"role ", "does not exist", "42704"},
    {"role ", "already exists", "42710"},
    {"type ", "does not exist", "42704"},
    {"collation ", "", "42704"},
    {"unrecognized configuration parameter", "", "42704"},
    {"invalid value for parameter", "", "22023"},
    {"parameter ", "cannot be changed", "55P02"},
    {"parameter ", "requires a Boolean", "22023"},
    {"there is no parameter", "", "42P02"},
    {"wrong number of parameters", "", "42601"},
    {"function ", "does not exist", "42883"},
    {"operator ", "does not exist", "42883"},
    {"function ", "is not unique", "42725"},
    {"operator is not unique", "", "42725"},
    {"aggregate function", "", "42803"},
    {"window function", "", "42P20"},
    {"argument of ", "must be type boolean", "42804"},
    {"cannot cast", "", "42846"},
    {"expression is of type", "", "42804"},
    {"", "types", "42804"},
    {"INSERT has", "", "42601"},
    {"division by zero", "", "22012"},
    {"null value in column", "", "23502"},
    {"column ", "contains null values", "23502"},
    {"duplicate key value", "", "23505"},
    {"could not create unique index", "", "23505"},
    {"new row for relation", "violates check", "23514"},
    {"check constraint ", "is violated", "23514"},
    {"index ", "does not exist", "42704"},
    {"constraint ", "does not exist", "42704"},
    {"constraint ", "already exists", "42710"},
    {"cannot drop index", "", "2BP01"},
    {"multiple primary keys", "", "42P16"},
    {"DECLARE CURSOR can only", "", "25P01"},
    {"cursor can only scan forward", "", "55000"},
    {"", "violates not-null", "23502"},
    {"invalid input syntax", "", "22P02"},
    {"invalid input value", "", "22P02"},
    {"malformed array", "", "22P02"},
    {"invalid byte sequence", "", "22021"},
    {"value too long", "", "22001"},
    {"date/time field value out of range", "", "22008"},
    {"", "out of range", "22003"},
    {"", "overflow", "22003"},
    {"invalid regular expression", "", "2201B"},
    {"requested length too large", "", "54000"},
    {"cannot execute", "read-only transaction", "25006"},
    {"", "cannot run inside a transaction", "25001"},
    {"LIMIT must not be negative", "", "2201W"},
    {"OFFSET must not be negative", "", "2201X"},
    {"more than one row returned by a subquery", "", "21000"},
    {"extra data after last expected column", "", "22P04"},
    {"missing data for column", "", "22P04"},
    {"unterminated CSV", "", "22P04"},
    {"COPY", "", "22P04"},
};

std::string_view ByWords(std::string_view message) {
  for (const Rule& rule : kRules) {
    if (!rule.starts.empty() && !message.starts_with(rule.starts)) continue;
    if (!rule.has.empty() && message.find(rule.has) == std::string_view::npos) continue;
    return rule.sqlstate;
  }
  return "";
}

std::string_view ByCode(StatusCode code) {
  switch (code) {
    case StatusCode::kInvalidArgument: return "22023";
    case StatusCode::kNotFound: return "42704";
    case StatusCode::kAlreadyExists: return "42710";
    case StatusCode::kUnimplemented: return "0A000";
    case StatusCode::kOutOfRange: return "22003";
    case StatusCode::kResourceExhausted: return "53200";
    case StatusCode::kCancelled: return "57014";
    case StatusCode::kDeadlineExceeded: return "57014";
    case StatusCode::kAborted: return "40001";
    case StatusCode::kDataLoss: return "XX001";
    case StatusCode::kFailedPrecondition: return "55000";
    case StatusCode::kPermissionDenied: return "42501";
    case StatusCode::kUnauthenticated: return "28P01";
    case StatusCode::kUnavailable: return "57P03";
    default: return "XX000";
  }
}

// Reads "line 2, column 8: " off the front of `text`.
bool TakePlace(std::string_view* text, int* line, int* column) {
  auto word = [&](std::string_view expected) {
    if (!text->starts_with(expected)) return false;
    text->remove_prefix(expected.size());
    return true;
  };
  auto number = [&](int* out) {
    size_t digits = 0;
    *out = 0;
    while (digits < text->size() && digits < 9 && (*text)[digits] >= '0' &&
           (*text)[digits] <= '9') {
      *out = *out * 10 + ((*text)[digits++] - '0');
    }
    text->remove_prefix(digits);
    return digits > 0;
  };
  std::string_view before = *text;
  if (word("line ") && number(line) && word(", column ") && number(column) && word(": ")) {
    return true;
  }
  *text = before;
  return false;
}

}  // namespace

SqlError TakeApart(const Status& status, std::string_view sql) {
  SqlError error;
  std::string_view text = Message(status);
  int line = 0, column = 0;
  if (TakePlace(&text, &line, &column)) {
    // DescribeError ends in the line and its caret.
    size_t caret = text.rfind('\n');
    size_t shown = caret == std::string_view::npos || caret == 0 ? std::string_view::npos
                                                                 : text.rfind('\n', caret - 1);
    if (shown != std::string_view::npos) text = text.substr(0, shown);
    const auto first_byte = [](char c) { return (c & 0xC0) != 0x80; };
    int at_line = 1;
    int characters = 0;
    size_t i = 0;
    for (; i < sql.size() && at_line < line; ++i) {
      characters += first_byte(sql[i]);
      at_line += sql[i] == '\n';
    }
    error.position = characters + column;
  }
  error.message = std::string(text);
  // What follows a semicolon advises.
  for (std::string_view advice : {"; did you mean ", "; SHOW ALL lists", "; write "}) {
    const size_t at = error.message.find(advice);
    if (at == std::string::npos) continue;
    error.hint = error.message.substr(at + 2);
    error.hint[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(error.hint[0])));
    if (error.hint.back() != '?' && error.hint.back() != '.') error.hint += '.';
    error.message.resize(at);
    break;
  }
  absl::optional<absl::Cord> given = status.GetPayload(kSqlStatePayload);
  if (given.has_value()) {
    error.sqlstate = std::string(*given);
  } else {
    std::string_view known = ByWords(error.message);
    error.sqlstate = std::string(known.empty() ? ByCode(status.code()) : known);
    if (status.code() == StatusCode::kUnimplemented) error.sqlstate = "0A000";
    if (status.code() == StatusCode::kCancelled) error.sqlstate = "57014";
  }
  return error;
}

Status WithSqlState(Status status, std::string_view sqlstate) {
  status.SetPayload(kSqlStatePayload,
                    absl::Cord(absl::string_view(sqlstate.data(), sqlstate.size())));
  return status;
}

}  // namespace shale
