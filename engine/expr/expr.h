// Bound expressions: types are settled, casts are explicit, columns are positions in a chunk.
// Immutable and shared.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/functions/function.h"
#include "engine/vector/vector.h"

namespace shale {

struct Expr;
using ExprPtr = std::shared_ptr<const Expr>;

struct Expr {
  enum class Kind : uint8_t {
    kColumn,    // column_index of the input chunk
    kConstant,  // value
    kCall,      // function.kernel over args (casts and operators too)
    kAnd,       // n-ary, three-valued; later args are evaluated only where still undecided
    kOr,        // likewise
    kCase,      // args = when1, then1, when2, then2, …, else; lazily by row
    kCoalesce,  // first non-NULL of args; lazily by row
  };
  Kind kind = Kind::kConstant;
  Type type;
  std::vector<ExprPtr> args;

  size_t column_index = 0;  // kColumn
  Value value;              // kConstant
  ResolvedScalar function;  // kCall
  std::string name;         // kColumn: for EXPLAIN; kCall: as written by the user
};

ExprPtr MakeColumn(size_t index, Type type, std::string name = "");
ExprPtr MakeConstant(Value value);
// `args` already have the types that function.arg_types asks for.
ExprPtr MakeCall(ResolvedScalar function, std::vector<ExprPtr> args);
ExprPtr MakeAnd(std::vector<ExprPtr> args);  // one argument: itself
ExprPtr MakeOr(std::vector<ExprPtr> args);
// Resolves `name` in the registry, casts the arguments as needed.
StatusOr<ExprPtr> MakeCall(std::string_view name, std::vector<ExprPtr> args);
// `expr` itself when it has that type already.
StatusOr<ExprPtr> MakeCast(ExprPtr expr, const Type& to, bool try_cast = false);

// As SQL would write it: "(url LIKE '%google%')". For EXPLAIN, cache keys and tests.
std::string ToString(const Expr& expr);
bool Equal(const Expr& a, const Expr& b);
// The same for equal expressions: to be compared first where there are many.
uint64_t HashOf(const Expr& expr);
// Appends the distinct column indexes used, ascending.
void CollectColumns(const Expr& expr, std::vector<size_t>* columns);
// Every kColumn index replaced by map[index].
ExprPtr RemapColumns(const ExprPtr& expr, const std::vector<size_t>& map);
// Every kColumn replaced by exprs[index] (inlining a projection).
ExprPtr ReplaceColumns(const ExprPtr& expr, const std::vector<ExprPtr>& exprs);
// The weakest volatility of any part.
Volatility VolatilityOf(const Expr& expr);
bool IsConstant(const Expr& expr);

}  // namespace shale
