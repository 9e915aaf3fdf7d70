// AST back to SQL text: for EXPLAIN, for saved DEFAULT expressions, for names of columns.
//
// The text parses to a tree that prints the same. Pure functions, any thread.
#pragma once

#include <string>

#include "sql/ast.h"

namespace shale {

// With as few parentheses as keep the tree's shape; operators and function names lower case,
// keywords upper case, names as written.
std::string PrintExpr(const ast::Expr& expr);
std::string PrintSelect(const ast::Select& select);
std::string PrintStatement(const ast::Statement& statement);
// INTEGER[] as "integer[]", VARCHAR(10) as "varchar(10)".
std::string PrintType(const ast::TypeName& type);

// The name PostgreSQL gives an unnamed column: the column's or function's own name, a cast's
// operand's name else the type's internal one ("int4"), "case", "array", "row", "exists", else
// "?column?". Case as written. `SELECT *` inside a scalar subquery has no name before binding:
// "?column?".
std::string OutputName(const ast::Expr& expr);

}  // namespace shale
