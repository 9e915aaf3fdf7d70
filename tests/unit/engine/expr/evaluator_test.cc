#include "engine/expr/evaluator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/functions/value_io.h"
#include "tests/support/encodings.h"

namespace shale {
namespace {

const FunctionContext kContext;

Value Int(int64_t x) { return Value::Int(TypeId::kInteger, x); }
ExprPtr Const(Value value) { return MakeConstant(std::move(value)); }
ExprPtr Call(const std::string& name, std::vector<ExprPtr> args) {
  StatusOr<ExprPtr> call = MakeCall(name, std::move(args));
  EXPECT_TRUE(call.ok()) << call.status();
  return *call;
}
ExprPtr Node(Expr::Kind kind, Type type, std::vector<ExprPtr> args) {
  auto expr = std::make_shared<Expr>();
  expr->kind = kind;
  expr->type = std::move(type);
  expr->args = std::move(args);
  return expr;
}

// ---- a row-at-a-time oracle
// -------------------------------------------------------------------------

// Straight from the definitions; calls go through the evaluator on constants.
StatusOr<Value> Oracle(const Expr& expr, const std::vector<Value>& row) {
  switch (expr.kind) {
    case Expr::Kind::kColumn: return row[expr.column_index];
    case Expr::Kind::kConstant: return expr.value;
    case Expr::Kind::kCall: {
      std::vector<ExprPtr> args;
      for (const ExprPtr& arg : expr.args) {
        ASSIGN_OR_RETURN(Value value, Oracle(*arg, row));
        args.push_back(Const(value.is_null() ? Value::Null(arg->type) : value));
      }
      return EvaluateConstant(MakeCall(expr.function, args), kContext);
    }
    case Expr::Kind::kAnd:
    case Expr::Kind::kOr: {
      const bool deciding = expr.kind == Expr::Kind::kOr;
      bool null = false;
      for (const ExprPtr& arg : expr.args) {
        ASSIGN_OR_RETURN(Value value, Oracle(*arg, row));
        if (value.is_null()) {
          null = true;
        } else if (value.AsBool() == deciding) {
          return Value::Bool(deciding);
        }
      }
      return null ? Value::Null(TypeId::kBoolean) : Value::Bool(!deciding);
    }
    case Expr::Kind::kCase:
      for (size_t i = 0; i + 1 < expr.args.size(); i += 2) {
        ASSIGN_OR_RETURN(Value when, Oracle(*expr.args[i], row));
        if (!when.is_null() && when.AsBool()) return Oracle(*expr.args[i + 1], row);
      }
      return Oracle(*expr.args.back(), row);
    case Expr::Kind::kCoalesce:
      for (const ExprPtr& arg : expr.args) {
        ASSIGN_OR_RETURN(Value value, Oracle(*arg, row));
        if (!value.is_null()) return value;
      }
      return Value::Null(expr.type);
  }
  return Value();
}

// Random expressions over columns 0, 1 (INTEGER), 2 (TEXT), 3 (BOOLEAN); some divide and fail.
class Generator {
 public:
  explicit Generator(Random* random) : random_(*random) {}

  ExprPtr Of(TypeId id, int depth) {
    if (depth == 0 || Chance(6)) return Leaf(id);
    if (Chance(6)) {
      return Node(Expr::Kind::kCase, id,
                  {Of(TypeId::kBoolean, depth - 1), Branch(id, depth - 1),
                   Of(TypeId::kBoolean, depth - 1), Branch(id, depth - 1), Branch(id, depth - 1)});
    }
    if (Chance(8))
      return Node(Expr::Kind::kCoalesce, id, {Of(id, depth - 1), Of(id, depth - 1), Leaf(id)});
    switch (id) {
      case TypeId::kInteger:
        switch (random_() % 4) {
          case 0: return Call("/", {Of(id, depth - 1), Of(id, depth - 1)});
          case 1: return Call("%", {Of(id, depth - 1), Leaf(id)});
          case 2: return Call("length", {Of(TypeId::kText, depth - 1)});
          default: return Call("greatest", {Of(id, depth - 1), Of(id, depth - 1)});
        }
      case TypeId::kText:
        switch (random_() % 3) {
          case 0: return Call("upper", {Of(id, depth - 1)});
          case 1: return Call("||", {Of(id, depth - 1), Leaf(id)});
          default: return *MakeCast(Of(TypeId::kInteger, depth - 1), TypeId::kText);
        }
      default:
        switch (random_() % 6) {
          case 0: return MakeAnd({Of(id, depth - 1), Of(id, depth - 1), Of(id, depth - 1)});
          case 1: return MakeOr({Of(id, depth - 1), Of(id, depth - 1)});
          case 2: return Call("not", {Of(id, depth - 1)});
          case 3:
            return Call("<", {Of(TypeId::kInteger, depth - 1), Of(TypeId::kInteger, depth - 1)});
          case 4: return Call("is_null", {Of(TypeId::kText, depth - 1)});
          default: return Call("like", {Of(TypeId::kText, depth - 1), Const(Value::Text("%a%"))});
        }
    }
  }

 private:
  bool Chance(int one_in) { return random_() % one_in == 0; }
  ExprPtr Branch(TypeId id, int depth) { return Chance(2) ? Leaf(id) : Of(id, depth); }
  ExprPtr Leaf(TypeId id) {
    if (Chance(3)) return Const(RandomValue(id, random_));
    if (id == TypeId::kInteger) return MakeColumn(random_() % 2, id);
    return MakeColumn(id == TypeId::kText ? 2 : 3, id);
  }
  Random& random_;
};

TEST(Evaluator, RandomExpressionsAgainstTheOracle) {
  Random random(77);
  const std::vector<Type> types = {TypeId::kInteger, TypeId::kInteger, TypeId::kText,
                                   TypeId::kBoolean};
  int num_fine = 0, num_errors = 0;
  for (int round = 0; round < 1500; ++round) {
    Generator generator(&random);
    TypeId id =
        std::vector<TypeId>{TypeId::kInteger, TypeId::kText, TypeId::kBoolean}[random() % 3];
    ExprPtr expr = generator.Of(id, 3);
    ExprPtr folded = FoldConstants(expr, &kContext);
    Evaluator evaluator(expr, &kContext), folded_evaluator(folded, &kContext);
    // Several chunks through one evaluator, so that memos are used again.
    std::vector<std::vector<Value>> pools;
    for (const Type& type : types) pools.push_back(RandomRows(type, 6, random));
    std::vector<Vector> dictionaries;
    for (int chunk_index = 0; chunk_index < 3; ++chunk_index) {
      const size_t n = 1 + random() % 20;
      std::vector<std::vector<Value>> columns;
      for (const auto& pool : pools) {
        std::vector<Value> rows;
        for (size_t i = 0; i < n; ++i) rows.push_back(pool[random() % pool.size()]);
        columns.push_back(std::move(rows));
      }
      Chunk chunk;
      chunk.num_rows = n;
      for (size_t c = 0; c < types.size(); ++c) {
        switch (random() % 4) {
          case 0: chunk.columns.push_back(FlatOf(types[c], columns[c])); break;
          case 1:
            chunk.columns.push_back(
                DictionaryOf(types[c], columns[c], RandomRows(types[c], random() % 300, random)));
            break;
          case 2: chunk.columns.push_back(RunsOf(types[c], columns[c])); break;
          default:
            columns[c].assign(n, columns[c][0]);
            chunk.columns.push_back(Vector::Constant(columns[c][0], n));
        }
      }
      std::vector<Value> expected;
      bool any_error = false;
      for (size_t i = 0; i < n && !any_error; ++i) {
        std::vector<Value> row;
        for (const auto& column : columns) row.push_back(column[i]);
        StatusOr<Value> value = Oracle(*expr, row);
        any_error |= !value.ok();
        if (value.ok()) expected.push_back(*value);
      }
      StatusOr<Vector> got = evaluator.Evaluate(chunk);
      StatusOr<Vector> got_folded = folded_evaluator.Evaluate(chunk);
      ASSERT_EQ(got.ok(), !any_error) << ToString(*expr) << "\n" << got.status();
      if (got_folded.ok() != got.ok()) {
        // Folding may only drop what can no longer be asked for.
        ASSERT_TRUE(got_folded.ok()) << ToString(*expr) << "\nfolded " << ToString(*folded);
      }
      any_error ? ++num_errors : ++num_fine;
      std::vector<uint32_t> rows(n);
      if (id == TypeId::kBoolean) {
        StatusOr<size_t> count = evaluator.Select(chunk, rows.data());
        // A selection need not evaluate what a NULL has settled already.
        if (!any_error) {
          ASSERT_TRUE(count.ok()) << count.status() << ToString(*expr);
          std::vector<uint32_t> want;
          for (size_t i = 0; i < n; ++i) {
            if (!expected[i].is_null() && expected[i].AsBool())
              want.push_back(static_cast<uint32_t>(i));
          }
          rows.resize(*count);
          ASSERT_EQ(rows, want) << ToString(*expr);
        }
      }
      if (any_error) continue;
      for (size_t i = 0; i < n; ++i) {
        for (const Vector* v : {&*got, &*got_folded}) {
          Value value = v->GetValue(i);
          ASSERT_TRUE(value.is_null() ? expected[i].is_null() : value == expected[i])
              << ToString(*expr) << " row " << i << ": " << ToText(value) << ", expected "
              << ToText(expected[i]);
        }
      }
    }
  }
  EXPECT_GT(num_fine, 1000);
  EXPECT_GT(num_errors, 100);
}

// ---- particular promises
// ------------------------------------------------------------------------------

int64_t g_kernel_rows = 0;

// A counting kernel, to see how often it is asked.
ExprPtr Counted(ExprPtr arg) {
  static const auto* const kRow = [] {
    auto* row = new ScalarFunction();
    row->name = "counted";
    row->category = "test";
    row->args = {TypeId::kText};
    row->result = TypeId::kInteger;
    row->kernel = [](const KernelCall& call, Vector* result) {
      g_kernel_rows += static_cast<int64_t>(call.num_rows);
      for (size_t i = 0; i < call.num_rows; ++i) {
        const Vector& text = call.args[0];
        std::string_view view = text.values<std::string_view>()[text.is_constant() ? 0 : i];
        if (view == "fail" && !(result->has_nulls() && !BitIsSet(result->validity(), i))) {
          return InvalidArgument("failed");
        }
        result->mutable_values<int32_t>()[i] = static_cast<int32_t>(view.size());
      }
      return OkStatus();
    };
    return row;
  }();
  ResolvedScalar resolved{kRow, kRow->kernel, {TypeId::kText}, TypeId::kInteger};
  return MakeCall(resolved, {std::move(arg)});
}

std::vector<Value> Texts(std::initializer_list<const char*> texts) {
  std::vector<Value> out;
  for (const char* text : texts) out.push_back(Value::Text(text));
  return out;
}

TEST(Evaluator, DictionariesAreComputedOnce) {
  Evaluator evaluator(Counted(MakeColumn(0, TypeId::kText)), &kContext);
  Vector column = DictionaryOf(TypeId::kText, Texts({"a", "bb", "a", "ccc", "bb", "a"}));
  Chunk chunk{{column}, 6};
  g_kernel_rows = 0;
  for (int i = 0; i < 5; ++i) {
    StatusOr<Vector> got = evaluator.Evaluate(chunk);
    ASSERT_TRUE(got.ok());
    EXPECT_EQ(got->GetValue(3).AsInt(), 3);
    EXPECT_TRUE(got->is_flat());
  }
  EXPECT_EQ(g_kernel_rows, 3);
}

TEST(Evaluator, RunsAreComputedOnceARun) {
  Evaluator evaluator(Counted(MakeColumn(0, TypeId::kText)), &kContext);
  Chunk chunk{{RunsOf(TypeId::kText, Texts({"a", "a", "a", "bb", "bb", "a"}))}, 6};
  g_kernel_rows = 0;
  StatusOr<Vector> got = evaluator.Evaluate(chunk);
  ASSERT_TRUE(got.ok());
  EXPECT_TRUE(got->is_run());
  EXPECT_EQ(got->GetValue(4).AsInt(), 2);
  EXPECT_EQ(g_kernel_rows, 3);
}

TEST(Evaluator, LargeDictionariesAreComputedForUsedEntriesOnly) {
  std::vector<Value> unused;
  for (int i = 0; i < 5000; ++i)
    unused.push_back(Value::Text(std::string("unused") + std::to_string(i)));
  std::vector<Value> rows = Texts({"a", "bb", "a", "ccc"});
  Evaluator evaluator(Counted(MakeColumn(0, TypeId::kText)), &kContext);
  Vector column = DictionaryOf(TypeId::kText, rows, unused);
  g_kernel_rows = 0;
  for (int i = 0; i < 3; ++i) {
    StatusOr<Vector> got = evaluator.Evaluate(Chunk{{column}, 4});
    ASSERT_TRUE(got.ok());
    EXPECT_EQ(got->GetValue(1).AsInt(), 2);
  }
  EXPECT_EQ(g_kernel_rows, 3);
}

TEST(Evaluator, AnEntrysErrorReachesOnlyWhoUsesIt) {
  Evaluator evaluator(Counted(MakeColumn(0, TypeId::kText)), &kContext);
  Vector all = DictionaryOf(TypeId::kText, Texts({"a", "bb", "fail", "bb"}));
  uint32_t fine[] = {0, 1, 3}, failing[] = {1, 2};
  EXPECT_TRUE(evaluator.Evaluate(Chunk{{all.Gather(fine, 3)}, 3}).ok());
  EXPECT_FALSE(evaluator.Evaluate(Chunk{{all.Gather(failing, 2)}, 2}).ok());
  EXPECT_TRUE(evaluator.Evaluate(Chunk{{all.Gather(fine, 3)}, 3}).ok());
  EXPECT_TRUE(evaluator.Evaluate(Chunk{{all.Gather(fine, 0)}, 0}).ok());
}

TEST(Evaluator, StringResultsKeepTheCodes) {
  Evaluator evaluator(Call("upper", {MakeColumn(0, TypeId::kText)}), &kContext);
  std::vector<Value> rows = Texts({"a", "bb", "a"});
  rows.push_back(Value::Null(TypeId::kText));
  StatusOr<Vector> got = evaluator.Evaluate(Chunk{{DictionaryOf(TypeId::kText, rows)}, 4});
  ASSERT_TRUE(got.ok());
  EXPECT_TRUE(got->is_dictionary());
  EXPECT_EQ(got->GetValue(1).AsString(), "BB");
  EXPECT_TRUE(got->IsNull(3));
}

TEST(Evaluator, LabelsOfACaseAreADictionary) {
  ExprPtr label = Node(Expr::Kind::kCase, TypeId::kText,
                       {Call("<", {MakeColumn(0, TypeId::kInteger), Const(Int(10))}),
                        Const(Value::Text("few")), Const(Value::Text("many"))});
  Evaluator evaluator(label, &kContext);
  StatusOr<Vector> got =
      evaluator.Evaluate(Chunk{{FlatOf(TypeId::kInteger, {Int(1), Int(20), Int(3)})}, 3});
  ASSERT_TRUE(got.ok());
  EXPECT_TRUE(got->is_dictionary());
  EXPECT_EQ(got->GetValue(1).AsString(), "many");
}

TEST(Evaluator, LaterArgumentsSeeOnlyUndecidedRows) {
  // x <> 0 AND 10 / x > 2
  ExprPtr x = MakeColumn(0, TypeId::kInteger);
  ExprPtr safe = MakeAnd(
      {Call("<>", {x, Const(Int(0))}), Call(">", {Call("/", {Const(Int(10)), x}), Const(Int(2))})});
  Evaluator evaluator(safe, &kContext);
  Chunk chunk{{FlatOf(TypeId::kInteger, {Int(0), Int(1), Int(5), Int(0), Int(3)})}, 5};
  uint32_t rows[5];
  StatusOr<size_t> count = evaluator.Select(chunk, rows);
  ASSERT_TRUE(count.ok()) << count.status();
  EXPECT_EQ(*count, 2u);
  EXPECT_EQ(rows[1], 4u);
  EXPECT_TRUE(evaluator.Evaluate(chunk).ok());
}

TEST(Fold, ConstantsBecomeOne) {
  ExprPtr expr =
      Call("+", {MakeColumn(0, TypeId::kInteger), Call("*", {Const(Int(2)), Const(Int(3))})});
  EXPECT_EQ(ToString(*FoldConstants(expr, nullptr)), "(#0 + 6)");
  // An error stays where it is.
  ExprPtr bad = Call("/", {Const(Int(1)), Const(Int(0))});
  EXPECT_EQ(ToString(*FoldConstants(bad, nullptr)), "(1 / 0)");
  ExprPtr yes = Const(Value::Bool(true)), no = Const(Value::Bool(false));
  ExprPtr test = Call(">", {MakeColumn(0, TypeId::kInteger), Const(Int(1))});
  EXPECT_EQ(ToString(*FoldConstants(MakeAnd({yes, test}), nullptr)), "(#0 > 1)");
  EXPECT_EQ(ToString(*FoldConstants(MakeOr({test, yes}), nullptr)), "true");
  EXPECT_EQ(ToString(*FoldConstants(MakeAnd({test, no}), nullptr)), "false");
  EXPECT_TRUE(IsConstant(*FoldConstants(Call("now", {}), &kContext)));
  EXPECT_FALSE(IsConstant(*FoldConstants(Call("now", {}), nullptr)));
  EXPECT_FALSE(IsConstant(*FoldConstants(Call("random", {}), &kContext)));
}

// smallint_column > 5 needs no widening of the column.
TEST(Fold, CastsMoveToTheConstant) {
  ExprPtr column = MakeColumn(0, TypeId::kSmallInt, "hits");
  EXPECT_EQ(ToString(*FoldConstants(Call(">", {column, Const(Int(5))}), nullptr)),
            "(hits > 5::SMALLINT)");
  EXPECT_EQ(ToString(*FoldConstants(Call("=", {Const(Int(5)), column}), nullptr)),
            "(5::SMALLINT = hits)");
  // 70000 is no SMALLINT, 1.5 no INTEGER: the cast stays.
  EXPECT_EQ(ToString(*FoldConstants(Call(">", {column, Const(Int(70000))}), nullptr)),
            "(CAST(hits AS INTEGER) > 70000)");
  ExprPtr day = MakeColumn(0, TypeId::kDate, "day");
  Value midnight = *ParseBoxed("2024-01-01 00:00:00", TypeId::kTimestamp);
  Value noon = *ParseBoxed("2024-01-01 12:00:00", TypeId::kTimestamp);
  EXPECT_EQ(ToString(*FoldConstants(Call(">=", {day, Const(midnight)}), nullptr)),
            "(day >= DATE '2024-01-01')");
  EXPECT_THAT(ToString(*FoldConstants(Call(">=", {day, Const(noon)}), nullptr)),
              testing::HasSubstr("CAST"));
}

TEST(Expr, ColumnsAreCollectedAndReplaced) {
  ExprPtr expr =
      Call("+", {MakeColumn(3, TypeId::kInteger),
                 Call("*", {MakeColumn(1, TypeId::kInteger), MakeColumn(3, TypeId::kInteger)})});
  std::vector<size_t> columns;
  CollectColumns(*expr, &columns);
  EXPECT_EQ(columns, (std::vector<size_t>{1, 3}));
  EXPECT_EQ(ToString(*RemapColumns(expr, {9, 0, 9, 1})), "(#1 + (#0 * #1))");
  EXPECT_EQ(ToString(*ReplaceColumns(expr, {nullptr, Const(Int(2)), nullptr, Const(Int(5))})),
            "(5 + (2 * 5))");
  EXPECT_TRUE(Equal(*expr, *RemapColumns(expr, {0, 1, 2, 3})));
  EXPECT_FALSE(Equal(*expr, *RemapColumns(expr, {0, 2, 2, 3})));
}

}  // namespace
}  // namespace shale
