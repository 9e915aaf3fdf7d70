// The contract of scalar and aggregate functions (that of window functions: window_function.h), and
// the registry that lists them all.
//
// A function is one row: name, types, null rule, kernel, documentation, example. Operators and
// casts are functions too ("+", "=", "||", "cast"). Adding one touches one .cc file: its row goes
// into that file's RegisterX(Registry*) list, which registry.cc calls.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/arena.h"
#include "engine/base/status.h"
#include "engine/vector/vector.h"

namespace shale {

// What a function may depend on besides its arguments; fixed for a statement.
class KeptResults;     // engine/expr/kept_results.h
class CatalogContext;  // engine/functions/catalog_context.h

struct FunctionContext {
  int64_t now_us = 0;             // transaction start, UTC
  std::string time_zone = "UTC";  // an IANA name
  uint64_t random_seed = 0;
  KeptResults* kept = nullptr;        // of earlier queries; null: nothing is kept beyond this one
  CatalogContext* catalog = nullptr;  // of the session; null: there is none
};

// ---- scalar functions -------------------------------------------------------------------------

// Made once an expression node and worker from its constant arguments (a compiled pattern, a set
// of IN values, a time zone's rules).
struct ScalarState {
  virtual ~ScalarState() = default;
};

struct KernelCall {
  const FunctionContext& context;
  std::span<const Vector> args;  // each kFlat or kConstant, of the resolved argument types
  size_t num_rows;
  ScalarState* state;  // null unless the function has `prepare`
};

// Fills `result`: flat, of the resolved result type, num_rows rows. Strict functions: its validity
// is already the AND of the arguments' (a row that is NULL there need not be written, its argument
// values are safe to read but meaningless, and must not raise an error); the kernel may clear more
// bits. kCustom functions: all valid at first, the kernel decides. Values start out uninitialised,
// except kString, which start out empty. Strings may point into the arguments' strings (their
// heaps are kept) or into memory added with result->AddHeap.
using ScalarKernel = Status (*)(const KernelCall& call, Vector* result);

enum class NullRule : uint8_t { kStrict, kCustom };
// kImmutable: same arguments, same result, ever. kStable: within a statement (now()).
// kVolatile: every row anew (random()); never remembered, never folded.
enum class Volatility : uint8_t { kImmutable, kStable, kVolatile };

struct ScalarFunction;
struct ResolvedScalar {
  const ScalarFunction* function = nullptr;
  ScalarKernel kernel = nullptr;
  std::vector<Type> arg_types;  // what each argument must be cast to
  Type result_type;
};

// An argument as overload resolution sees it: a string literal without a type may become anything.
struct ArgumentType {
  Type type;
  bool untyped_literal = false;  // 'text' or NULL as written
  // The argument's value where it is known already (may be left null): round(x, 2) on DECIMAL takes
  // its result's scale from it.
  const Value* constant = nullptr;
};

struct ScalarFunction {
  std::string name;                       // snake_case
  std::vector<std::string> aliases = {};  // ClickHouse's camelCase and others, as people write them
  std::string category;                   // "string", "math", "date", …: a heading in the docs
  std::string signature;                  // "(text TEXT, count INTEGER) → TEXT": for people
  std::string summary;                    // one sentence, ends with a full stop
  std::string example;                    // an expression, "left('shale', 2)"
  std::string example_result;             // as the shell prints it: "sh"
  NullRule nulls = NullRule::kStrict;
  Volatility volatility = Volatility::kImmutable;

  // Either fixed types …
  std::vector<Type> args = {};
  bool variadic = false;  // the last of `args` may repeat (once or more)
  Type result = {};
  ScalarKernel kernel = nullptr;
  // … or a rule, for polymorphic functions. NotFound: these arguments do not fit, try the next
  // overload; any other error is reported as it is.
  StatusOr<ResolvedScalar> (*resolve)(std::span<const ArgumentType> args) = nullptr;

  // Optional. constants[i] is null where argument i is no constant. An error (a bad pattern) is
  // raised only when a row is evaluated.
  StatusOr<std::unique_ptr<ScalarState>> (*prepare)(
      const FunctionContext& context, std::span<const Value* const> constants) = nullptr;
  // Boolean functions of ONE argument plus constants may be cheap enough that remembering them
  // over a dictionary does not pay; everything else is remembered (see expr/evaluator.h).
  bool remember_over_dictionary = true;
};

// ---- aggregate functions ----------------------------------------------------------------------

// State is `state_size` bytes (a multiple of 8), movable by memcpy; what it points to lives in an
// Arena that outlives it. A group's states lie side by side, so a kernel is given the address of
// group 0's own state and the stride between groups.
struct AggregateCall {
  const FunctionContext& context;
  Arena* arena;  // for what states point to
  std::span<const Type> arg_types;
  const Type& result_type;
};

struct AggregateKernels {
  size_t state_size = 8;
  // The kernels look at no values, only at which rows are NULL: args may then be kDictionary in
  // update too.
  bool only_validity = false;
  void (*init)(std::byte* state) = nullptr;  // null: zero bytes
  // Row i of args (kFlat or kConstant; NULLs included, which most aggregates skip) goes to group
  // groups[i].
  Status (*update)(const AggregateCall& call, std::byte* base, size_t stride,
                   const uint32_t* groups, std::span<const Vector> args, size_t num_rows) = nullptr;
  // All rows to one state. args may also be kRun or kDictionary.
  Status (*update_one)(const AggregateCall& call, std::byte* state, std::span<const Vector> args,
                       size_t num_rows) = nullptr;
  // State from_rows[i] of `from` joins state into_rows[i] of `into`. What `from` points to outlives
  // the call and may be shared.
  Status (*merge)(const AggregateCall& call, std::byte* into, const uint32_t* into_rows,
                  const std::byte* from, const uint32_t* from_rows, size_t stride,
                  size_t count) = nullptr;
  // Optional, the exact inverse of merge where there is one (integer sums, counts): state
  // into_rows[i] of `into` loses what state from_rows[i] of `from` once brought. Order of rows must
  // not matter to such an aggregate.
  Status (*unmerge)(const AggregateCall& call, std::byte* into, const uint32_t* into_rows,
                    const std::byte* from, const uint32_t* from_rows, size_t stride,
                    size_t count) = nullptr;
  // Versioned bytes of one state, and back (spilling, rollups). Corrupt bytes: DataLoss.
  void (*serialize)(const AggregateCall& call, const std::byte* state, std::string* out) = nullptr;
  Status (*deserialize)(const AggregateCall& call, std::string_view bytes,
                        std::byte* state) = nullptr;
  // Rows [0, num_rows) into `result` (flat, all valid at first, strings empty).
  Status (*finalize)(const AggregateCall& call, const std::byte* base, size_t stride,
                     size_t num_rows, Vector* result) = nullptr;
};

struct AggregateFunction;
struct ResolvedAggregate {
  const AggregateFunction* function = nullptr;
  AggregateKernels kernels;
  std::vector<Type> arg_types;
  Type result_type;
};

struct AggregateFunction {
  std::string name;
  std::vector<std::string> aliases = {};
  std::string signature;
  std::string summary;
  std::string example;            // a query: "SELECT sum(x) FROM (VALUES (1), (2)) t(x)"
  std::string example_result;     // "3"
  bool order_sensitive = false;   // its answer depends on the order of rows
  bool exact = true;              // false for sketches
  bool ignores_distinct = false;  // min(DISTINCT x) is min(x)
  // NotFound: these arguments do not fit, try the next overload.
  StatusOr<ResolvedAggregate> (*resolve)(std::span<const ArgumentType> args) = nullptr;
};

// Window functions that are no aggregates: window_function.h.
struct WindowFunction;
struct ResolvedWindow;
// ---- set-returning functions -------------------------------------------------------------------

// unnest, generate_series …: a row for each element of one or more lists, side by side. What makes
// the lists are scalar functions of the same arguments, so all else is known of those.
struct SetFunction {
  struct Column {
    std::string name;  // empty: the function's own
    std::string list;  // the scalar function whose lists hold the column's values
  };
  std::string name;
  std::vector<std::string> aliases = {};
  std::string signature;
  std::string summary;
  std::string example;               // a query
  std::string example_result;        // its first row
  std::vector<Column> columns = {};  // none: every argument is an array, and a column
};

// ---- registry ---------------------------------------------------------------------------------

class Registry {
 public:
  static const Registry& Get();  // built on first use, then immutable

  // The overload that fits best: exact types, then fewest implicit casts, then PostgreSQL's
  // preference for the wider type. Errors name the nearest known function, or list the overloads.
  StatusOr<ResolvedScalar> ResolveScalar(std::string_view name,
                                         std::span<const ArgumentType> args) const;
  StatusOr<ResolvedAggregate> ResolveAggregate(std::string_view name,
                                               std::span<const ArgumentType> args) const;
  StatusOr<ResolvedWindow> ResolveWindow(std::string_view name,
                                         std::span<const ArgumentType> args) const;
  bool HasScalar(std::string_view name) const;
  bool HasAggregate(std::string_view name) const;
  bool HasWindow(std::string_view name) const;
  const std::vector<std::unique_ptr<ScalarFunction>>& scalars() const { return scalars_; }
  const std::vector<std::unique_ptr<AggregateFunction>>& aggregates() const { return aggregates_; }
  const std::vector<std::unique_ptr<WindowFunction>>& windows() const { return windows_; }
  const SetFunction* FindSet(std::string_view name) const;  // null: there is none
  const std::vector<std::unique_ptr<SetFunction>>& sets() const { return sets_; }
  // Every name a user may write, for completion and "did you mean".
  std::vector<std::string> Names() const;

  void Add(ScalarFunction function);     // only while building
  void Add(AggregateFunction function);  // only while building
  void Add(WindowFunction function);     // only while building
  void Add(SetFunction function);        // only while building
  Registry();
  ~Registry();

 private:
  struct Index;
  std::vector<std::unique_ptr<ScalarFunction>> scalars_;
  std::vector<std::unique_ptr<AggregateFunction>> aggregates_;
  std::vector<std::unique_ptr<WindowFunction>> windows_;
  std::vector<std::unique_ptr<SetFunction>> sets_;
  std::unique_ptr<Index> index_;
};

// ---- types among themselves (casts.cc, coercion.cc) ---------------------------------------------

// The kernel of CAST(from AS to), strict; `try_cast` gives NULL where a cast would fail. NotFound
// when PostgreSQL has no such cast.
StatusOr<ResolvedScalar> ResolveCast(const Type& from, const Type& to, bool try_cast);
// Cost of an implicit cast: 0 same type, small for widening, nothing where a cast must be written.
// An untyped literal goes anywhere.
std::optional<int> ImplicitCastCost(const ArgumentType& from, const Type& to);
// The type that both become in CASE, COALESCE, UNION, IN, comparison; InvalidArgument naming both
// when there is none. Untyped literals take the other's type; two of them are TEXT.
StatusOr<Type> CommonType(const ArgumentType& a, const ArgumentType& b);

}  // namespace shale
