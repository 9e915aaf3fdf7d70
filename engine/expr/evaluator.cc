#include "engine/expr/evaluator.h"

#include <algorithm>
#include <numeric>
#include <optional>

#include "engine/expr/entry_memo.h"
#include "engine/expr/selection.h"
#include "engine/vector/vector_builder.h"

namespace shale {

// One expression node of one worker.
struct Evaluator::Node {
  Node(const Expr& e, const FunctionContext* c) : expr(&e), context(c) {
    for (const ExprPtr& arg : e.args) args.push_back(std::make_unique<Node>(*arg, c));
    CollectColumns(e, &columns);
    volatility = VolatilityOf(e);
    switch (e.kind) {
      case Expr::Kind::kColumn: null_in_null_out = infallible = true; break;
      case Expr::Kind::kConstant:
        constant = Vector::Constant(e.value.is_null() ? Value::Null(e.type) : e.value, 1);
        if (constant.type() != e.type) constant = constant.Retyped(e.type);
        infallible = true;
        break;
      case Expr::Kind::kCall: {
        const ScalarFunction& f = *e.function.function;
        infallible = f.category == "comparison" || f.category == "logic";
        for (const auto& arg : args) {
          infallible &= arg->infallible;
          null_in_null_out |= f.nulls == NullRule::kStrict && arg->null_in_null_out;
        }
        break;
      }
      default: break;
    }
  }

  StatusOr<Vector> Eval(const Chunk& in);
  StatusOr<size_t> Select(const Chunk& in, uint32_t* rows);

  // Over the rows of `in` that `rows` lists.
  StatusOr<Vector> EvalOn(const Chunk& in, const std::vector<uint32_t>& rows) {
    if (rows.size() == in.num_rows) return Eval(in);
    return Eval(Subset(in, rows));
  }
  Chunk Subset(const Chunk& in, const std::vector<uint32_t>& rows) const {
    Chunk out;
    out.num_rows = rows.size();
    out.columns.resize(in.columns.size());
    for (size_t c : columns) out.columns[c] = in.columns[c].Gather(rows.data(), rows.size());
    return out;
  }

  StatusOr<Vector> EvalOnce(const Chunk& in);
  StatusOr<Vector> EvalRuns(const Chunk& in, size_t run_column);
  StatusOr<Vector> EvalDictionary(const Chunk& in);
  StatusOr<Vector> EvalRows(const Chunk& in);
  StatusOr<Vector> EvalCall(const Chunk& in);
  StatusOr<Vector> EvalLogical(const Chunk& in);
  StatusOr<Vector> EvalCase(const Chunk& in);
  StatusOr<Vector> EvalConstantCase(const Chunk& in);
  StatusOr<Vector> EvalCoalesce(const Chunk& in);
  StatusOr<Vector> CallKernel(const std::vector<Vector>& values, size_t num_rows);
  StatusOr<size_t> SelectAnd(const Chunk& in, uint32_t* rows);
  StatusOr<size_t> SelectOr(const Chunk& in, uint32_t* rows);
  // The only column of `in` that the node uses, replaced.
  Chunk OneColumn(const Chunk& in, Vector column) const {
    Chunk out;
    out.num_rows = column.size();
    out.columns.resize(in.columns.size());
    out.columns[columns[0]] = std::move(column);
    return out;
  }
  // Whether remembering over a dictionary pays.
  bool Remembers() const {
    if (expr->kind != Expr::Kind::kCall || expr->function.function->remember_over_dictionary) {
      return true;
    }
    return std::any_of(args.begin(), args.end(), [](const auto& arg) {
      return arg->expr->kind != Expr::Kind::kColumn && arg->expr->kind != Expr::Kind::kConstant;
    });
  }
  bool OnOneDictionary(const Chunk& in) const {
    return volatility != Volatility::kVolatile && columns.size() == 1 &&
           in.columns[columns[0]].is_dictionary() && Remembers();
  }

  const Expr* expr;
  const FunctionContext* context;
  std::vector<std::unique_ptr<Node>> args;
  std::vector<size_t> columns;
  Volatility volatility = Volatility::kImmutable;
  bool null_in_null_out = false;  // a NULL in any column it is strict in makes the result NULL
  bool infallible = false;        // may run on rows that nobody asked for
  Vector constant;                // kConstant: one row
  std::optional<Vector> once;     // of an expression without columns: one row, constant
  bool prepared = false;
  Status prepare_status;
  std::unique_ptr<ScalarState> state;
  EntryMemos memos;
  // A CASE whose results are all constants: its dictionary, and the code of each branch.
  DictionaryPtr case_dictionary;
  std::vector<uint32_t> case_codes;
};

// ---- which road ---------------------------------------------------------------------------------

StatusOr<Vector> Evaluator::Node::Eval(const Chunk& in) {
  if (expr->kind == Expr::Kind::kColumn) {
    SHALE_CHECK(expr->column_index < in.columns.size());
    return in.columns[expr->column_index];
  }
  if (expr->kind == Expr::Kind::kConstant) return constant.Gather(nullptr, in.num_rows);
  if (in.num_rows == 0) return Vector::Flat(expr->type, 0);
  if (volatility == Volatility::kVolatile) return EvalRows(in);

  size_t num_varying = 0, varying = 0;
  for (size_t c : columns) {
    if (in.columns[c].is_constant()) continue;
    ++num_varying;
    varying = c;
  }
  if (num_varying == 0) return in.num_rows == 1 ? EvalRows(in) : EvalOnce(in);
  if (num_varying == 1 && in.columns[varying].is_run()) return EvalRuns(in, varying);
  if (OnOneDictionary(in)) return EvalDictionary(in);
  return EvalRows(in);
}

StatusOr<Vector> Evaluator::Node::EvalOnce(const Chunk& in) {
  if (once) return once->Gather(nullptr, in.num_rows);
  const uint32_t first = 0;
  Chunk one;
  one.num_rows = 1;
  one.columns.resize(in.columns.size());
  for (size_t c : columns) one.columns[c] = in.columns[c].Gather(&first, 1);
  ASSIGN_OR_RETURN(Vector result, EvalRows(one));
  Vector value = result.Flatten().Broadcast(in.num_rows);
  if (value.type() != expr->type) value = value.Retyped(expr->type);
  if (columns.empty()) once = value;
  return value;
}

StatusOr<Vector> Evaluator::Node::EvalRuns(const Chunk& in, size_t run_column) {
  const Vector& runs = in.columns[run_column];
  Chunk values;
  values.num_rows = runs.num_runs();
  values.columns.resize(in.columns.size());
  for (size_t c : columns) {
    values.columns[c] =
        c == run_column ? runs.RunValues() : in.columns[c].Gather(nullptr, runs.num_runs());
  }
  ASSIGN_OR_RETURN(Vector result, Eval(values));
  if (result.is_constant()) return result.Gather(nullptr, in.num_rows);
  return runs.WithRunValues(result.Flatten());
}

StatusOr<Vector> Evaluator::Node::EvalDictionary(const Chunk& in) {
  const Vector& column = in.columns[columns[0]];
  if (expr->type.physical() == PhysicalType::kStruct) {
    return EvalRows(OneColumn(in, column.Flatten()));
  }
  EntryMemo& memo = memos.Of(column.dictionary(), *expr, context ? context->kept : nullptr);
  auto evaluate = [&](Vector entries) -> StatusOr<Vector> {
    if (entries.type() != column.type()) entries = entries.Retyped(column.type());
    return Eval(OneColumn(in, std::move(entries)));
  };
  return memo.Lookup(column, null_in_null_out, evaluate);
}

StatusOr<Vector> Evaluator::Node::EvalRows(const Chunk& in) {
  switch (expr->kind) {
    case Expr::Kind::kCall: return EvalCall(in);
    case Expr::Kind::kAnd:
    case Expr::Kind::kOr: return EvalLogical(in);
    case Expr::Kind::kCase: return EvalCase(in);
    case Expr::Kind::kCoalesce: return EvalCoalesce(in);
    default: return Eval(in);
  }
}

// ---- calls --------------------------------------------------------------------------------------

StatusOr<Vector> Evaluator::Node::EvalCall(const Chunk& in) {
  std::vector<Vector> values;
  values.reserve(args.size());
  for (const auto& arg : args) {
    ASSIGN_OR_RETURN(Vector value, arg->Eval(in));
    values.push_back(value.is_constant() ? std::move(value) : value.Flatten());
  }
  return CallKernel(values, in.num_rows);
}

StatusOr<Vector> Evaluator::Node::CallKernel(const std::vector<Vector>& values, size_t num_rows) {
  const ScalarFunction& function = *expr->function.function;
  const bool strict = function.nulls == NullRule::kStrict;
  bool any_nulls = false;
  for (const Vector& value : values) {
    if (strict && value.is_constant_null()) return Vector::ConstantNull(expr->type, num_rows);
    any_nulls |= value.is_flat() && value.has_nulls();
  }
  if (!prepared) {
    prepared = true;
    if (function.prepare != nullptr) {
      std::vector<const Value*> constants;
      for (const auto& arg : args) {
        bool is_constant = arg->expr->kind == Expr::Kind::kConstant;
        constants.push_back(is_constant ? &arg->expr->value : nullptr);
      }
      StatusOr<std::unique_ptr<ScalarState>> made = function.prepare(*context, constants);
      if (made.ok()) {
        state = *std::move(made);
      } else {
        prepare_status = made.status();
      }
    }
  }

  Vector result = Vector::Flat(expr->type, num_rows);
  if (strict && any_nulls) {
    uint64_t* bits = result.mutable_validity();
    for (const Vector& value : values) {
      if (!value.is_flat() || !value.has_nulls()) continue;
      const uint64_t* from = value.validity();
      for (size_t i = 0; i < BitmapWords(num_rows); ++i) bits[i] &= from[i];
    }
    if (CountSetBits(bits, num_rows) == 0) return Vector::ConstantNull(expr->type, num_rows);
  }
  if (!prepare_status.ok()) return prepare_status;
  // What a kernel skips must still be safe to read, and the same every time.
  const size_t width = PhysicalSize(expr->type.physical());
  if (result.has_nulls() || !strict) {
    if (width > 0) std::memset(result.mutable_values<uint8_t>(), 0, num_rows * width);
  }
  KernelCall call{*context, values, num_rows, state.get()};
  RETURN_IF_ERROR(expr->function.kernel(call, &result));
  if (result.type().IsStringLike() || result.type().id() == TypeId::kList) {
    for (const Vector& value : values) result.AddHeapsOf(value);
  }
  if (result.has_nulls() && CountSetBits(result.validity(), num_rows) == num_rows) {
    result.ClearValidity();
  }
  return result;
}

// ---- AND, OR as values --------------------------------------------------------------------------

StatusOr<Vector> Evaluator::Node::EvalLogical(const Chunk& in) {
  // AND is decided by a false, OR by a true; an argument sees the rows still undecided.
  const uint8_t deciding = expr->kind == Expr::Kind::kOr;
  const size_t n = in.num_rows;
  Vector result = Vector::Flat(TypeId::kBoolean, n);
  uint8_t* out = result.mutable_values<uint8_t>();
  std::memset(out, deciding ^ 1, n);
  std::vector<uint8_t> unknown(n, 0);
  bool any_unknown = false;
  std::vector<uint32_t> open(n);
  std::iota(open.begin(), open.end(), 0);
  for (const auto& arg : args) {
    if (open.empty()) break;
    ASSIGN_OR_RETURN(Vector value, arg->EvalOn(in, open));
    value = value.Flatten();
    const uint8_t* is_true = value.values<uint8_t>();
    const uint64_t* valid = value.validity();
    size_t kept = 0;
    for (size_t i = 0; i < open.size(); ++i) {
      const uint32_t row = open[i];
      const bool is_null = valid != nullptr && !BitIsSet(valid, i);
      const bool decided = !is_null && is_true[i] == deciding;
      unknown[row] = static_cast<uint8_t>((unknown[row] | is_null) & !decided);
      any_unknown |= is_null;
      if (decided) out[row] = deciding;
      open[kept] = row;
      kept += !decided;
    }
    open.resize(kept);
  }
  if (any_unknown) {
    for (size_t row = 0; row < n; ++row) {
      if (!unknown[row]) continue;
      result.SetNull(row);
      out[row] = 0;
    }
  }
  return result;
}

// ---- CASE, COALESCE -----------------------------------------------------------------------------

namespace {

// Puts together a vector from pieces that each cover some of its rows.
class Assembler {
 public:
  Assembler(const Type& type, size_t num_rows) : type_(type), num_rows_(num_rows) {}

  void Add(Vector piece, std::vector<uint32_t> rows) {
    if (rows.empty()) return;
    pieces_.push_back({std::move(piece), std::move(rows)});
  }

  // Rows that no piece covers are NULL.
  Vector Finish() {
    if (pieces_.size() == 1 && pieces_[0].rows.size() == num_rows_) {
      Vector& whole = pieces_[0].values;
      return whole.type() == type_ ? std::move(whole) : whole.Retyped(type_);
    }
    const PhysicalType physical = type_.physical();
    if (physical == PhysicalType::kList || physical == PhysicalType::kStruct) return FinishBoxed();
    Vector result = Vector::Flat(type_, num_rows_);
    size_t covered = 0;
    for (const Piece& piece : pieces_) covered += piece.rows.size();
    if (covered < num_rows_) {
      uint64_t* bits = result.mutable_validity();
      std::memset(bits, 0, BitmapWords(num_rows_) * 8);
      std::memset(result.mutable_values<uint8_t>(), 0, num_rows_ * PhysicalSize(physical));
      for (const Piece& piece : pieces_) {
        for (uint32_t row : piece.rows) SetBit(bits, row);
      }
    }
    for (const Piece& piece : pieces_) {
      Vector values = piece.values.Flatten();
      switch (PhysicalSize(physical)) {
        case 1: Scatter<uint8_t>(values, piece.rows, &result); break;
        case 2: Scatter<uint16_t>(values, piece.rows, &result); break;
        case 4: Scatter<uint32_t>(values, piece.rows, &result); break;
        case 8: Scatter<uint64_t>(values, piece.rows, &result); break;
        default: Scatter<std::string_view>(values, piece.rows, &result); break;  // 16 bytes
      }
      if (values.has_nulls()) {
        for (size_t i = 0; i < piece.rows.size(); ++i) {
          if (values.IsNull(i)) result.SetNull(piece.rows[i]);
        }
      }
      if (physical == PhysicalType::kString) result.AddHeapsOf(values);
    }
    return result;
  }

 private:
  struct Piece {
    Vector values;
    std::vector<uint32_t> rows;
  };

  template <typename T>
  static void Scatter(const Vector& values, const std::vector<uint32_t>& rows, Vector* result) {
    static_assert(sizeof(std::string_view) == 16);
    const T* in = values.values<T>();
    T* out = result->mutable_values<T>();
    for (size_t i = 0; i < rows.size(); ++i) out[rows[i]] = in[i];
  }

  Vector FinishBoxed() {
    std::vector<std::pair<int, uint32_t>> from(num_rows_, {-1, 0});
    for (size_t p = 0; p < pieces_.size(); ++p) {
      for (size_t i = 0; i < pieces_[p].rows.size(); ++i) {
        from[pieces_[p].rows[i]] = {static_cast<int>(p), static_cast<uint32_t>(i)};
      }
    }
    VectorBuilder builder(type_, num_rows_);
    for (auto [piece, row] : from) {
      if (piece < 0) {
        builder.AppendNull();
      } else {
        builder.AppendFrom(pieces_[piece].values, row);
      }
    }
    return builder.Finish();
  }

  const Type& type_;
  size_t num_rows_;
  std::vector<Piece> pieces_;
};

// Splits `open`: those at the (ascending) positions `taken` go to the result, the others stay.
std::vector<uint32_t> TakeRows(std::vector<uint32_t>* open, const std::vector<uint32_t>& taken) {
  std::vector<uint32_t> out(taken.size());
  size_t kept = 0, next = 0;
  for (size_t i = 0; i < open->size(); ++i) {
    if (next < taken.size() && taken[next] == i) {
      out[next++] = (*open)[i];
    } else {
      (*open)[kept++] = (*open)[i];
    }
  }
  open->resize(kept);
  return out;
}

std::vector<uint32_t> AllRows(size_t n) {
  std::vector<uint32_t> rows(n);
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

}  // namespace

StatusOr<Vector> Evaluator::Node::EvalCase(const Chunk& in) {
  bool all_constant = true;
  for (size_t i = 0; i < args.size(); ++i) {
    bool is_result = i % 2 == 1 || i + 1 == args.size();
    all_constant &= !is_result || args[i]->expr->kind == Expr::Kind::kConstant;
  }
  const PhysicalType physical = expr->type.physical();
  if (all_constant && physical != PhysicalType::kList && physical != PhysicalType::kStruct) {
    return EvalConstantCase(in);
  }
  Assembler assembler(expr->type, in.num_rows);
  std::vector<uint32_t> open = AllRows(in.num_rows);
  std::vector<uint32_t> selected;
  for (size_t i = 0; i + 1 < args.size() && !open.empty(); i += 2) {
    selected.resize(open.size());
    StatusOr<size_t> count = open.size() == in.num_rows
                                 ? args[i]->Select(in, selected.data())
                                 : args[i]->Select(args[i]->Subset(in, open), selected.data());
    if (!count.ok()) return count.status();
    selected.resize(*count);
    if (selected.empty()) continue;
    std::vector<uint32_t> rows = TakeRows(&open, selected);
    ASSIGN_OR_RETURN(Vector piece, args[i + 1]->EvalOn(in, rows));
    assembler.Add(std::move(piece), std::move(rows));
  }
  if (!open.empty()) {
    ASSIGN_OR_RETURN(Vector piece, args.back()->EvalOn(in, open));
    assembler.Add(std::move(piece), std::move(open));
  }
  return assembler.Finish();
}

// A handful of results known beforehand: a dictionary of them, so that what follows (a GROUP BY of
// the labels) works on codes.
StatusOr<Vector> Evaluator::Node::EvalConstantCase(const Chunk& in) {
  if (case_dictionary == nullptr) {
    std::vector<Value> entries;
    for (size_t i = 0; i < args.size(); ++i) {
      if (i % 2 == 0 && i + 1 != args.size()) continue;
      const Value& value = args[i]->expr->value;
      size_t code = std::find(entries.begin(), entries.end(), value) - entries.begin();
      if (code == entries.size()) entries.push_back(value);
      case_codes.push_back(static_cast<uint32_t>(code));
    }
    VectorBuilder builder(expr->type, entries.size());
    for (const Value& value : entries) builder.AppendValue(value);
    auto dictionary = std::make_shared<Dictionary>();
    dictionary->id = NextDictionaryId();
    dictionary->distinct = true;
    dictionary->values = builder.Finish();
    case_dictionary = std::move(dictionary);
  }
  BufferPtr buffer = Buffer::Allocate(in.num_rows * sizeof(uint32_t));
  auto* codes = reinterpret_cast<uint32_t*>(buffer->data());
  std::fill(codes, codes + in.num_rows, case_codes.back());
  std::vector<uint32_t> open = AllRows(in.num_rows);
  std::vector<uint32_t> selected;
  for (size_t i = 0; i + 1 < args.size() && !open.empty(); i += 2) {
    selected.resize(open.size());
    StatusOr<size_t> count = open.size() == in.num_rows
                                 ? args[i]->Select(in, selected.data())
                                 : args[i]->Select(args[i]->Subset(in, open), selected.data());
    if (!count.ok()) return count.status();
    selected.resize(*count);
    for (uint32_t row : TakeRows(&open, selected)) codes[row] = case_codes[i / 2];
  }
  return Vector::FromDictionary(case_dictionary, std::move(buffer), in.num_rows);
}

StatusOr<Vector> Evaluator::Node::EvalCoalesce(const Chunk& in) {
  Assembler assembler(expr->type, in.num_rows);
  std::vector<uint32_t> open = AllRows(in.num_rows);
  for (const auto& arg : args) {
    if (open.empty()) break;
    ASSIGN_OR_RETURN(Vector value, arg->EvalOn(in, open));
    if (!value.has_nulls()) {
      assembler.Add(std::move(value), std::move(open));
      break;
    }
    if (value.is_constant()) continue;  // NULL everywhere
    std::vector<uint32_t> present;
    for (size_t i = 0; i < value.size(); ++i) {
      if (!value.IsNull(i)) present.push_back(static_cast<uint32_t>(i));
    }
    if (present.empty()) continue;
    Vector piece = value.Gather(present.data(), present.size());
    piece.ClearValidity();
    assembler.Add(std::move(piece), TakeRows(&open, present));
  }
  return assembler.Finish();
}

// ---- selection ----------------------------------------------------------------------------------

StatusOr<size_t> Evaluator::Node::Select(const Chunk& in, uint32_t* rows) {
  if (in.num_rows == 0) return 0;
  const bool is_and = expr->kind == Expr::Kind::kAnd, is_or = expr->kind == Expr::Kind::kOr;
  if ((is_and || is_or) && !OnOneDictionary(in)) {
    bool one_run = columns.size() == 1 && in.columns[columns[0]].is_run();
    if (!one_run || volatility == Volatility::kVolatile) {
      return is_and ? SelectAnd(in, rows) : SelectOr(in, rows);
    }
  }
  ASSIGN_OR_RETURN(Vector result, Eval(in));
  return SelectTrue(result, rows);
}

StatusOr<size_t> Evaluator::Node::SelectAnd(const Chunk& in, uint32_t* rows) {
  ASSIGN_OR_RETURN(size_t count, args[0]->Select(in, rows));
  std::vector<uint32_t> left, inner;
  for (size_t k = 1; k < args.size() && count > 0; ++k) {
    Node& arg = *args[k];
    if (count == in.num_rows) {
      ASSIGN_OR_RETURN(count, arg.Select(in, rows));
      continue;
    }
    // A cheap test over all rows beats gathering its columns when most rows are left.
    if (arg.infallible && count * 4 >= in.num_rows) {
      ASSIGN_OR_RETURN(Vector result, arg.Eval(in));
      count = KeepTrue(result, rows, count);
      continue;
    }
    left.assign(rows, rows + count);
    inner.resize(count);
    ASSIGN_OR_RETURN(count, arg.Select(arg.Subset(in, left), inner.data()));
    for (size_t i = 0; i < count; ++i) rows[i] = left[inner[i]];
  }
  return count;
}

StatusOr<size_t> Evaluator::Node::SelectOr(const Chunk& in, uint32_t* rows) {
  std::vector<uint32_t> open = AllRows(in.num_rows);
  std::vector<uint8_t> is_true(in.num_rows, 0);
  std::vector<uint32_t> selected;
  for (const auto& arg : args) {
    if (open.empty()) break;
    selected.resize(open.size());
    StatusOr<size_t> count = open.size() == in.num_rows
                                 ? arg->Select(in, selected.data())
                                 : arg->Select(arg->Subset(in, open), selected.data());
    if (!count.ok()) return count.status();
    selected.resize(*count);
    for (uint32_t row : TakeRows(&open, selected)) is_true[row] = 1;
  }
  return CompactTrue(is_true.data(), nullptr, in.num_rows, rows);
}

// ---- the door -----------------------------------------------------------------------------------

Evaluator::Evaluator(ExprPtr expr, const FunctionContext* context)
    : expr_(std::move(expr)), root_(std::make_unique<Node>(*expr_, context)) {}
Evaluator::~Evaluator() = default;
Evaluator::Evaluator(Evaluator&&) noexcept = default;
Evaluator& Evaluator::operator=(Evaluator&&) noexcept = default;

StatusOr<Vector> Evaluator::Evaluate(const Chunk& input) {
  ASSIGN_OR_RETURN(Vector result, root_->Eval(input));
  // Numbers are as small as their codes: nobody gains from a derived dictionary of them.
  if (result.is_dictionary() && expr_->kind != Expr::Kind::kColumn &&
      !result.type().IsStringLike()) {
    result = result.Flatten();
  }
  if (result.type() != expr_->type && result.type().physical() == expr_->type.physical()) {
    result = result.Retyped(expr_->type);
  }
  return result;
}

StatusOr<size_t> Evaluator::Select(const Chunk& input, uint32_t* rows) {
  return root_->Select(input, rows);
}

}  // namespace shale
