// Text to AST. parser.cc is the only file that sees ANTLR.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "sql/ast.h"

namespace shale {

// Splits `sql` into statements and parses each. Empty statements are dropped. An error is
// InvalidArgument whose text names line and column and shows the line with a caret (see
// DescribeSyntaxError); deep nesting and very long statements are ResourceExhausted naming
// kMaxNesting or kMaxTokens.
StatusOr<std::vector<ast::Statement>> ParseSql(std::string_view sql);

// The texts of the statements of `sql`; all of it as one where it does not lex.
std::vector<std::string_view> SplitSql(std::string_view sql);

// One expression (for DEFAULT values kept as text, and tests).
StatusOr<ast::ExprPtr> ParseExpression(std::string_view text);

// Parses a small statement so that the first real one does not pay for building the grammar's
// automata. Cheap after the first call; thread-safe.
void WarmParser();

// "line 2, column 8: <message>\n  SELECT foo FRM t\n             ^" for byte `offset` of `sql`.
// Columns count characters, from 1. Used by parser and binder alike.
std::string DescribeError(std::string_view sql, int offset, std::string_view message);

// For the shell: does `sql` end in a complete statement (a semicolon outside quotes and comments)?
bool IsCompleteStatement(std::string_view sql);

// The reserved and plain keywords, lower case, sorted: for completion and quoting.
const std::vector<std::string>& SqlKeywords();

// `name` as it must be written in SQL: as is, or in double quotes.
std::string QuoteIdentifier(std::string_view name);

// Parentheses, brackets, CASE, NOT, unary minus, operators, subqueries, joins inside one another.
inline constexpr int kMaxNesting = 1000;
// Of one statement; VALUES rows and long lists of literals do not count.
inline constexpr int kMaxTokens = 300'000;

}  // namespace shale
