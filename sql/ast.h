// The abstract syntax tree that parser.cc makes and the binder reads.
//
// Plain data: every node is owned by its parent through unique_ptr or by value, and nothing here
// knows names, types or tables. A node remembers where it began in the statement's text so that
// every later error can point at it. Identifiers are kept as written plus whether they were
// quoted; folding is the binder's business.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace shale::ast {

// Byte offset into the text given to the parser; -1 when a node has no text of its own.
struct Position {
  int32_t offset = -1;
};

struct Identifier {
  std::string name;     // as written, quotes removed and doubled quotes undone
  bool quoted = false;  // was it in double quotes
  Position at;
};

// a.b.c; at most three parts for a table (database.schema.table).
struct QualifiedName {
  std::vector<Identifier> parts;
};

// A type as written: VARCHAR(255), DECIMAL(18, 2), TIMESTAMP WITH TIME ZONE (name "timestamptz"),
// DOUBLE PRECISION (name "double"), INTEGER[] (array_depth 1). Names are lower case.
struct TypeName {
  std::string name;
  std::vector<int64_t> modifiers;
  int array_depth = 0;
  Position at;
};

struct Expr;
struct Select;
using ExprPtr = std::unique_ptr<Expr>;
using SelectPtr = std::unique_ptr<Select>;

struct OrderItem {
  ExprPtr expr;
  bool descending = false;
  std::optional<bool> nulls_first;  // absent: PostgreSQL's rule (last when ascending)
};

// PARTITION BY / ORDER BY / frame. Bounds hold the frame's text pieces.
struct WindowFrame {
  enum class Unit { kRows, kRange, kGroups } unit = Unit::kRange;
  enum class Bound {
    kUnboundedPreceding,
    kPreceding,
    kCurrentRow,
    kFollowing,
    kUnboundedFollowing
  };
  Bound start = Bound::kUnboundedPreceding;
  Bound end = Bound::kCurrentRow;
  ExprPtr start_offset, end_offset;
  enum class Exclude { kNoOthers, kCurrentRow, kGroup, kTies } exclude = Exclude::kNoOthers;
  Position at;
};
struct WindowSpec {
  std::optional<Identifier> base;  // OVER name, or the name a definition starts from
  bool is_name = false;            // OVER name, without parentheses: the named window as it is
  std::vector<ExprPtr> partition_by;
  std::vector<OrderItem> order_by;
  std::optional<WindowFrame> frame;
  Position at;
};

// ---- expressions ------------------------------------------------------------------------------

struct Literal {
  // kNumber keeps its digits: the binder picks INTEGER, BIGINT, DECIMAL or DOUBLE. kTyped is
  // TYPE 'text' (DATE '2020-01-01', INTERVAL '1 day'): `type` says which.
  // kDefault stands in INSERT … VALUES rows only.
  enum class Kind { kNull, kTrue, kFalse, kNumber, kString, kTyped, kDefault } kind = Kind::kNull;
  std::string text;
  std::optional<TypeName> type;
};
struct ColumnRef {
  std::vector<Identifier> parts;  // column; table.column; schema.table.column
};
struct Star {
  std::vector<Identifier> qualifier;  // t.* has {t}
  std::vector<Identifier> exclude;    // * EXCLUDE (a, b)
};
// $1, $2 …: 1-based.
struct Parameter {
  int index = 0;
};
// Prefix operators: "-", "+", "not", "~"; "variadic" of a call's last argument.
struct Unary {
  std::string op;
  ExprPtr operand;
};
// Infix operators in lower case: + - * / % ^ || = <> < <= > >= and or ~ ~* !~ !~* -> ->> #> #>>
// @> <@ && & | # << >> "is distinct from" "is not distinct from".  != is given as <>.
struct Binary {
  std::string op;
  ExprPtr left, right;
};
// x IS [NOT] NULL | TRUE | FALSE | UNKNOWN
struct IsTest {
  enum class What { kNull, kTrue, kFalse, kUnknown } what = What::kNull;
  bool negated = false;
  ExprPtr operand;
};
struct Between {
  ExprPtr operand, low, high;
  bool negated = false;
  bool symmetric = false;
};
struct Like {
  ExprPtr operand, pattern, escape;
  bool negated = false;
  bool case_insensitive = false;  // ILIKE
  bool similar = false;           // SIMILAR TO
};
struct InList {
  ExprPtr operand;
  std::vector<ExprPtr> items;
  bool negated = false;
};
struct InSubquery {
  ExprPtr operand;
  SelectPtr query;
  bool negated = false;
};
struct Exists {
  SelectPtr query;
};
struct ScalarSubquery {
  SelectPtr query;
};
// x op ANY|ALL (subquery or array expression)
struct Quantified {
  ExprPtr operand;
  std::string op;
  bool all = false;
  SelectPtr query;  // exactly one of query, array
  ExprPtr array;
};
struct Case {
  ExprPtr operand;  // null for the searched form
  std::vector<std::pair<ExprPtr, ExprPtr>> whens;
  ExprPtr otherwise;  // may be null
};
// CAST(x AS t), x::t; try_cast gives NULL where a cast would fail.
struct Cast {
  ExprPtr operand;
  TypeName type;
  bool try_cast = false;
};
// f(args). Special syntax arrives here too under PostgreSQL's function names:
//   EXTRACT(f FROM x)            extract('f', x)
//   x AT TIME ZONE z             timezone(z, x)
//   SUBSTRING(x FROM a FOR b)    substring(x, a, b)
//   POSITION(a IN b)             position(b, a)
//   TRIM(BOTH c FROM x)          btrim(x, c); LEADING ltrim, TRAILING rtrim
//   OVERLAY(a PLACING b FROM c FOR d)   overlay(a, b, c, d)
//   CURRENT_DATE / CURRENT_TIMESTAMP / LOCALTIMESTAMP   current_date() / now() / localtimestamp()
//   COALESCE, NULLIF, GREATEST, LEAST   under their own names
struct FunctionCall {
  std::string name;  // lower case unless quoted
  std::vector<ExprPtr> args;
  bool star = false;                    // count(*)
  bool distinct = false;                // f(DISTINCT x)
  std::vector<OrderItem> order_by;      // string_agg(x, ',' ORDER BY y)
  std::vector<OrderItem> within_group;  // WITHIN GROUP (ORDER BY …)
  ExprPtr filter;                       // FILTER (WHERE …)
  bool ignore_nulls = false;            // IGNORE NULLS, inside or behind the parentheses
  std::unique_ptr<WindowSpec> over;
};
struct ArrayLiteral {
  std::vector<ExprPtr> items;  // ARRAY[a, b]
};
// ARRAY(SELECT …)
struct ArraySubquery {
  SelectPtr query;
};
// x[index]; with slice x[index:upper], where either end may be null.
struct Subscript {
  ExprPtr operand, index;
  bool slice = false;
  ExprPtr upper;
};
struct Row {
  std::vector<ExprPtr> items;  // (a, b) of two or more, or ROW(a)
};
// x COLLATE "C"
struct Collate {
  ExprPtr operand;
  QualifiedName collation;
};

struct Expr {
  std::variant<Literal, ColumnRef, Star, Parameter, Unary, Binary, IsTest, Between, Like, InList,
               InSubquery, Exists, ScalarSubquery, Quantified, Case, Cast, FunctionCall,
               ArrayLiteral, ArraySubquery, Subscript, Row, Collate>
      node;
  Position at;          // first byte of the expression; for Binary, of the operator
  Position begin, end;  // the expression's text is [begin, end) of the statement's text
  bool in_parentheses = false;
};

// ---- queries ----------------------------------------------------------------------------------

struct TableRef;
using TableRefPtr = std::unique_ptr<TableRef>;

struct TableAlias {
  Identifier name;
  std::vector<Identifier> columns;
};
// TABLESAMPLE BERNOULLI|SYSTEM (percent) [REPEATABLE (seed)]: rows or blocks by chance;
// SAMPLE fraction [OFFSET fraction]: users by a hash, always the same ones.
struct Sample {
  enum class Method { kBernoulli, kSystem, kUsers } method = Method::kBernoulli;
  double fraction = 1;         // 0 to 1
  double offset = 0;           // kUsers: where in the range of hashes it begins
  std::optional<double> seed;  // REPEATABLE
  Position at;
};
struct NamedTable {
  QualifiedName name;
  std::optional<Sample> sample;
};
struct SubqueryTable {
  SelectPtr query;
  bool lateral = false;
};
// generate_series(1, 10), unnest(…)
struct FunctionTable {
  ExprPtr call;  // holds a FunctionCall
  bool lateral = false;
  bool ordinality = false;
};
struct Join {
  enum class Kind { kInner, kLeft, kRight, kFull, kCross, kSemi, kAnti, kAsof } kind = Kind::kInner;
  TableRefPtr left, right;
  ExprPtr on;  // null for CROSS, NATURAL and USING
  std::vector<Identifier> using_columns;
  bool natural = false;
  bool asof_left = false;  // ASOF LEFT JOIN
};
struct TableRef {
  std::variant<NamedTable, SubqueryTable, FunctionTable, Join> node;
  std::optional<TableAlias> alias;
  Position at;
};

struct SelectItem {
  ExprPtr expr;
  std::optional<Identifier> alias;
};

struct GroupingElement {
  enum class Kind { kExpr, kRollup, kCube, kSets } kind = Kind::kExpr;
  // kExpr: one list of any number of expressions; kRollup/kCube: one list an element.
  std::vector<std::vector<ExprPtr>> lists;
  std::vector<GroupingElement> sets;  // kSets
  Position at;
};

// SELECT … FROM … (one block, without ORDER BY and LIMIT, which belong to Select).
struct SelectCore {
  bool distinct = false;
  std::vector<ExprPtr> distinct_on;
  std::vector<SelectItem> items;
  TableRefPtr from;  // null without FROM; commas are cross joins
  ExprPtr where;
  bool group_by_all = false;
  std::vector<GroupingElement> group_by;
  ExprPtr having;
  ExprPtr qualify;
  std::vector<std::pair<Identifier, WindowSpec>> windows;
};
struct ValuesCore {
  std::vector<std::vector<ExprPtr>> rows;
};
struct SetOperation {
  enum class Kind { kUnion, kIntersect, kExcept } kind = Kind::kUnion;
  bool all = false;
  SelectPtr left, right;
};
struct Statement;
struct CommonTable {
  Identifier name;
  std::vector<Identifier> columns;
  SelectPtr query;                    // or
  std::shared_ptr<Statement> change;  // an Insert, Delete or Update
  std::optional<bool> materialized;
};
struct With {
  bool recursive = false;
  std::vector<CommonTable> tables;
};
struct Select {
  bool recursive = false;
  std::vector<CommonTable> with;
  std::variant<SelectCore, ValuesCore, SetOperation> body;
  std::vector<OrderItem> order_by;
  ExprPtr limit, offset;
  bool with_ties = false;
  // LIMIT n [OFFSET m] BY a, b
  ExprPtr limit_by_count, limit_by_offset;
  std::vector<ExprPtr> limit_by;
  Position at;
};

// ---- statements -------------------------------------------------------------------------------

// k = v inside WITH (…): the value's text, quotes removed.
struct Option {
  Identifier name;
  std::string value;
};
// PRIMARY KEY, UNIQUE or CHECK of a column (then `columns` is that column) or of a table.
struct Constraint {
  enum class Kind { kPrimaryKey, kUnique, kCheck } kind = Kind::kPrimaryKey;
  std::optional<Identifier> name;
  std::vector<Identifier> columns;
  ExprPtr condition;
  Position at;
};
struct ColumnDef {
  Identifier name;
  TypeName type;
  bool not_null = false;
  ExprPtr default_value;
  std::vector<Constraint> constraints;
  // What we do not support but must name in the error: "REFERENCES", "GENERATED".
  std::optional<std::string> unsupported;
};
struct CreateTable {
  QualifiedName name;
  bool if_not_exists = false;
  bool or_replace = false;
  bool temporary = false;
  std::vector<ColumnDef> columns;
  std::vector<Constraint> constraints;
  std::optional<std::string> unsupported_constraint;  // FOREIGN KEY
  Position unsupported_at;
  std::optional<Identifier> timestamp_column;
  std::optional<Identifier> partition_by;  // HOUR, DAY, WEEK, MONTH (as written)
  std::vector<Identifier> order_by;
  std::vector<Option> options;
  SelectPtr as;          // CREATE TABLE … AS
  bool no_data = false;  // … WITH NO DATA
};
struct CreateView {
  QualifiedName name;
  bool or_replace = false;
  bool if_not_exists = false;
  std::vector<Identifier> columns;
  SelectPtr query;
  std::string query_text;  // the SELECT's own text, kept in the catalog
};
struct CreateIndex {
  std::optional<Identifier> name;
  QualifiedName table;
  std::vector<Identifier> columns;  // those that are plain columns
  bool unique = false;
  bool computed = false;  // an expression among them, or WHERE
  bool if_not_exists = false;
  Position at;
};
struct Drop {
  enum class What { kTable, kView, kIndex } what = What::kTable;
  std::vector<QualifiedName> names;
  bool if_exists = false;
};
struct Truncate {
  std::vector<QualifiedName> names;
};
struct AlterTable {
  QualifiedName name;
  bool if_exists = false;
  struct AddColumn {
    ColumnDef column;
    bool if_not_exists = false;
  };
  struct DropColumn {
    Identifier column;
    bool if_exists = false;
  };
  struct RenameColumn {
    Identifier from, to;
  };
  struct RenameTable {
    Identifier to;
  };
  struct DropConstraint {
    Identifier name;
    bool if_exists = false;
  };
  // ALTER COLUMN c SET DEFAULT e | DROP DEFAULT | SET NOT NULL | DROP NOT NULL
  struct AlterColumn {
    enum class What { kSetDefault, kDropDefault, kSetNotNull, kDropNotNull } what;
    Identifier column;
    ExprPtr default_value;
  };
  std::vector<std::variant<AddColumn, DropColumn, RenameColumn, RenameTable, Constraint,
                           DropConstraint, AlterColumn>>
      actions;
};
struct Insert {
  With with;
  QualifiedName table;
  std::optional<Identifier> alias;
  std::vector<Identifier> columns;  // empty: all, in order
  SelectPtr query;                  // a ValuesCore body for VALUES; null for DEFAULT VALUES
  bool on_conflict = false;         // not supported; the error says what to do instead
  Position on_conflict_at;
  std::vector<SelectItem> returning;
};
struct Delete {
  With with;
  QualifiedName table;
  std::optional<Identifier> alias;
  TableRefPtr others;  // USING; may be null
  ExprPtr where;
  std::vector<SelectItem> returning;
};
struct Update {
  struct Assignment {
    Identifier column;
    ExprPtr value;  // null: DEFAULT
  };
  With with;
  QualifiedName table;
  std::optional<Identifier> alias;
  std::vector<Assignment> assignments;
  TableRefPtr others;  // FROM; may be null
  ExprPtr where;
  std::vector<SelectItem> returning;
};
struct Explain {
  bool analyze = false;
  std::string format;  // "text" or "json"
  std::unique_ptr<struct Statement> statement;
};
// SHOW TABLES | SHOW name | SHOW ALL
struct Show {
  std::string what;  // lower case: "tables", "all", or a setting's name
};
struct Describe {
  QualifiedName table;
  SelectPtr query;  // DESCRIBE SELECT …
};
struct Set {
  std::string name;   // lower case; "timezone" for TIME ZONE
  std::string value;  // text, quotes removed; empty with is_default
  bool is_default = false;
};
struct CopyTo {
  bool to_client = false;    // TO STDOUT
  bool from_client = false;  // FROM STDIN: the table is the target
  QualifiedName table;       // or
  SelectPtr query;
  std::vector<Identifier> columns;
  std::string path;
  std::vector<Option> options;  // format, header, delimiter, null …
};
struct Prepare {
  Identifier name;
  std::vector<TypeName> types;  // of $1, $2 …; empty: as their uses ask for
  std::unique_ptr<struct Statement> statement;
};
struct Execute {
  Identifier name;
  std::vector<ExprPtr> args;
};
struct Deallocate {
  std::optional<Identifier> name;  // none: all
};
struct Transaction {
  enum class Kind {
    kBegin,
    kCommit,
    kRollback,
    kSavepoint,
    kRelease,
    kRollbackTo
  } kind = Kind::kBegin;
  std::optional<Identifier> savepoint;  // of the last three
};
// DECLARE name [NO SCROLL] CURSOR [WITH HOLD] FOR query
struct DeclareCursor {
  Identifier name;
  bool hold = false;
  bool no_scroll = false;
  SelectPtr query;
};
// FETCH and MOVE: `count` rows from where the cursor stands, or the one row at a place.
struct Fetch {
  enum class How { kForward, kBackward, kAbsolute, kRelative } how = How::kForward;
  Identifier name;
  int64_t count = 1;
  bool all = false;
  bool move = false;
};
struct CloseCursor {
  std::optional<Identifier> name;  // none: ALL
};
// CHECKPOINT: seal what is hot; OPTIMIZE TABLE t: seal and compact it; CHECK TABLE t, CHECK ALL:
// read everything back; ALTER TABLE t DROP SEGMENT n: give up what is damaged. ANALYZE and VACUUM:
// nothing, since statistics and space are kept as rows come and go.
struct Maintain {
  enum class Kind { kCheckpoint, kOptimize, kAnalyze, kVacuum, kCheck, kDropSegment };
  Kind kind = Kind::kCheckpoint;
  std::vector<QualifiedName> tables;  // none: all
  uint64_t segment = 0;
  Position segment_at;
};

struct Statement {
  std::variant<Select, CreateTable, CreateView, CreateIndex, Drop, Truncate, AlterTable, Insert,
               Delete, Update, Explain, Show, Describe, Set, CopyTo, Prepare, Execute, Deallocate,
               Transaction, Maintain, DeclareCursor, Fetch, CloseCursor>
      node;
  // The statement's own text within what was given to the parser, without the semicolon.
  Position begin, end;
};

}  // namespace shale::ast
