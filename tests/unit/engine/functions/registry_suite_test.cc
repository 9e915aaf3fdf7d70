// What holds for every scalar function, found in the registry unasked: it is documented, and its
// answer does not depend on how its arguments are encoded or how many rows are asked at once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "engine/expr/evaluator.h"
#include "engine/functions/value_io.h"
#include "engine/functions/window_function.h"
#include "tests/support/encodings.h"

namespace shale {
namespace {

const std::vector<Type>& ArgumentTypes() {
  static const auto* const kTypes = new std::vector<Type>{TypeId::kBoolean,
                                                          TypeId::kTinyInt,
                                                          TypeId::kInteger,
                                                          TypeId::kBigInt,
                                                          TypeId::kUInteger,
                                                          TypeId::kUBigInt,
                                                          TypeId::kReal,
                                                          TypeId::kDouble,
                                                          Type::Decimal(9, 2),
                                                          Type::Decimal(38, 4),
                                                          TypeId::kDate,
                                                          TypeId::kTimestamp,
                                                          TypeId::kTimestampTz,
                                                          TypeId::kInterval,
                                                          TypeId::kText,
                                                          TypeId::kBytea,
                                                          TypeId::kUuid,
                                                          TypeId::kInet,
                                                          TypeId::kJson,
                                                          Type::List(TypeId::kText),
                                                          Type::List(TypeId::kInteger)};
  return *kTypes;
}

// Argument types that the function takes as they are (no casts).
std::vector<std::vector<Type>> Signatures(const ScalarFunction& function, Random& random) {
  std::vector<std::vector<Type>> found;
  if (function.resolve == nullptr) {
    found.push_back(function.args);
    if (function.variadic && !function.args.empty()) {
      found.push_back(function.args);
      found.back().push_back(function.args.back());
    }
    return found;
  }
  auto attempt = [&](const std::vector<Type>& types) {
    std::vector<ArgumentType> args;
    for (const Type& type : types) args.push_back({type, false});
    StatusOr<ResolvedScalar> resolved = function.resolve(args);
    if (!resolved.ok()) return;
    for (size_t i = 0; i < types.size(); ++i) {
      if (!(resolved->arg_types[i] == types[i])) return;
    }
    found.push_back(types);
  };
  const auto& pool = ArgumentTypes();
  // Rarely met by chance.
  const Type numbers = Type::List(TypeId::kBigInt), texts = Type::List(TypeId::kText);
  attempt({Type::List(numbers)});
  attempt({numbers, TypeId::kBigInt});
  attempt({numbers, TypeId::kBigInt, TypeId::kBigInt});
  attempt({numbers, TypeId::kBigInt, TypeId::kInteger});
  attempt({texts, TypeId::kText});
  attempt({texts, TypeId::kText, TypeId::kText});
  attempt(std::vector<Type>(4, TypeId::kTimestamp));
  attempt({});
  for (const Type& a : pool) attempt({a});
  for (const Type& a : pool) {
    for (const Type& b : pool) attempt({a, b});
  }
  for (int i = 0; i < 3000 && found.size() < 60; ++i) {
    std::vector<Type> types;
    for (size_t n = 3 + random() % 2; n > 0; --n) types.push_back(pool[random() % pool.size()]);
    attempt(types);
  }
  for (const Type& a : pool) attempt({a, a, a});
  if (found.size() > 40) {
    std::shuffle(found.begin(), found.end(), random);
    found.resize(40);
  }
  return found;
}

std::string Show(const Value& value) {
  return value.is_null() ? "NULL" : ToText(value) + "::" + value.type().ToString();
}

// Values that the functions' own examples would use, beside random ones.
Value ArgumentValue(const Type& type, Random& random) {
  // Small counts: repeat('x', 2000000000) is a limit, not a test.
  if (type.IsInteger() && random() % 3 != 0) {
    return Value::Int(type, static_cast<int64_t>(random() % 12) - (type.IsSignedInteger() ? 3 : 0));
  }
  Value value = RandomValue(type, random);
  if (type.IsInteger() && !value.is_null() && random() % 2)
    return Value::Int(type, value.AsInt() % 100);
  return value;
}

class Checker {
 public:
  Checker(const ScalarFunction& function, std::vector<Type> types)
      : function_(function), types_(std::move(types)) {}

  void Run(Random& random) {
    std::vector<ArgumentType> args;
    for (const Type& type : types_) args.push_back({type, false});
    StatusOr<ResolvedScalar> resolved = Registry::Get().ResolveScalar(function_.name, args);
    if (!resolved.ok()) return;
    std::vector<ExprPtr> columns;
    for (size_t i = 0; i < types_.size(); ++i) {
      StatusOr<ExprPtr> column = MakeCast(MakeColumn(i, types_[i]), resolved->arg_types[i]);
      if (!column.ok()) return;
      columns.push_back(*column);
    }
    expr_ = MakeCall(*resolved, columns);
    constexpr size_t kRows = 40;
    for (const Type& type : types_) {
      std::vector<Value> few, rows;
      for (int i = 0; i < 5; ++i) few.push_back(ArgumentValue(type, random));
      // A long array is a limit, not a test.
      if (function_.name == "array_series" || function_.name == "array_range" ||
          function_.name == "array_fill") {
        for (Value& value : few) {
          const auto small = static_cast<int64_t>(random() % 50);
          if (type.IsInteger()) value = Value::Int(type, small);
          if (type.id() == TypeId::kDecimal) value = Value::Int128(type, small);
          if (type.id() == TypeId::kDate) value = Value::Int(type, small);
          if (type.physical() == PhysicalType::kInt64 && !type.IsInteger() &&
              type.id() != TypeId::kDecimal) {
            value = Value::Int(type, small * 3'600'000'000);  // hours
          }
          if (type.id() == TypeId::kInterval)
            value = Value::Of(Interval{0, static_cast<int32_t>(small % 3), 3'600'000'000});
        }
      }
      for (size_t i = 0; i < kRows; ++i) rows.push_back(few[random() % few.size()]);
      rows_.push_back(std::move(rows));
    }
    // A row at a time is the oracle.
    for (size_t row = 0; row < kRows; ++row) {
      expected_.push_back(Evaluate(Flat({static_cast<uint32_t>(row)}))[0]);
    }
    std::vector<uint32_t> all, fine;
    for (size_t row = 0; row < kRows; ++row) {
      all.push_back(static_cast<uint32_t>(row));
      if (expected_[row].ok()) fine.push_back(static_cast<uint32_t>(row));
    }
    for (const auto& rows : {all, fine}) {
      if (rows.empty()) continue;
      Compare(rows, Flat(rows), "flat");
      for (size_t column = 0; column < types_.size(); ++column) {
        Compare(rows, With(rows, column, Encoding::kDictionary, false), "dictionary");
        Compare(rows, With(rows, column, Encoding::kDictionary, true),
                "dictionary, others constant");
        Compare(rows, With(rows, column, Encoding::kRun, true), "runs");
      }
    }
  }

 private:
  Chunk Flat(const std::vector<uint32_t>& rows) const {
    Chunk chunk;
    chunk.num_rows = rows.size();
    for (size_t c = 0; c < types_.size(); ++c)
      chunk.columns.push_back(FlatOf(types_[c], Pick(c, rows)));
    return chunk;
  }
  std::vector<Value> Pick(size_t column, const std::vector<uint32_t>& rows) const {
    std::vector<Value> out;
    for (uint32_t row : rows) out.push_back(rows_[column][row]);
    return out;
  }
  // One column encoded; the others constant (their first row's value) or flat.
  Chunk With(const std::vector<uint32_t>& rows, size_t column, Encoding encoding,
             bool constants) const {
    Chunk chunk = Flat(rows);
    for (size_t c = 0; c < types_.size(); ++c) {
      std::vector<Value> values = Pick(c, rows);
      if (c != column) {
        if (constants) chunk.columns[c] = Vector::Constant(values[0], rows.size());
      } else if (encoding == Encoding::kDictionary) {
        chunk.columns[c] = DictionaryOf(types_[c], values);
      } else {
        chunk.columns[c] = RunsOf(types_[c], values);
      }
    }
    return chunk;
  }

  std::vector<StatusOr<Value>> Evaluate(const Chunk& chunk) const {
    Evaluator evaluator(expr_, &context_);
    StatusOr<Vector> result = evaluator.Evaluate(chunk);
    std::vector<StatusOr<Value>> out;
    if (!result.ok()) {
      out.push_back(result.status());
      return out;
    }
    for (size_t i = 0; i < chunk.num_rows; ++i) {
      Value value = result->GetValue(i);
      out.push_back(value.is_null() ? Value::Null(expr_->type) : value);
    }
    return out;
  }

  std::string Describe(const Chunk& chunk, size_t row) const {
    std::string out = function_.name + "(";
    for (const Vector& column : chunk.columns) out += Show(column.GetValue(row)) + ", ";
    return out + ")";
  }

  void Compare(const std::vector<uint32_t>& rows, const Chunk& chunk, const std::string& what) {
    // The rows as this chunk has them (constants differ from the originals).
    std::vector<StatusOr<Value>> expected;
    bool any_error = false;
    std::string first_error_row;
    for (size_t i = 0; i < rows.size(); ++i) {
      Chunk one;
      one.num_rows = 1;
      for (size_t c = 0; c < types_.size(); ++c) {
        one.columns.push_back(FlatOf(types_[c], {chunk.columns[c].GetValue(i)}));
      }
      expected.push_back(what == "flat" ? expected_[rows[i]] : Evaluate(one)[0]);
      if (!expected.back().ok() && !any_error) first_error_row = Describe(chunk, i);
      any_error |= !expected.back().ok();
    }
    std::vector<StatusOr<Value>> got = Evaluate(chunk);
    if (any_error) {
      EXPECT_FALSE(got[0].ok()) << what << ": no error though there is one for " << first_error_row;
      return;
    }
    ASSERT_TRUE(got[0].ok()) << what << ": " << got[0].status()
                             << " though no row fails alone: " << Describe(chunk, 0);
    for (size_t i = 0; i < rows.size(); ++i) {
      ASSERT_TRUE(*got[i] == *expected[i]) << what << ": " << Describe(chunk, i) << " gave "
                                           << Show(*got[i]) << ", alone " << Show(*expected[i]);
    }
  }

  const ScalarFunction& function_;
  std::vector<Type> types_;
  FunctionContext context_;
  ExprPtr expr_;
  std::vector<std::vector<Value>> rows_;
  std::vector<StatusOr<Value>> expected_;
};

TEST(RegistrySuite, EveryFunctionIsDocumented) {
  for (const auto& f : Registry::Get().scalars()) {
    EXPECT_FALSE(f->category.empty()) << f->name;
    EXPECT_FALSE(f->signature.empty()) << f->name;
    EXPECT_FALSE(f->example.empty()) << f->name;
    ASSERT_FALSE(f->summary.empty()) << f->name;
    EXPECT_EQ(f->summary.back(), '.') << f->name << ": " << f->summary;
    EXPECT_TRUE((f->kernel != nullptr) != (f->resolve != nullptr)) << f->name;
  }
  for (const auto& f : Registry::Get().aggregates()) {
    EXPECT_FALSE(f->signature.empty()) << f->name;
    EXPECT_FALSE(f->example.empty()) << f->name;
    ASSERT_FALSE(f->summary.empty()) << f->name;
    EXPECT_EQ(f->summary.back(), '.') << f->name;
  }
  for (const auto& f : Registry::Get().windows()) {
    EXPECT_FALSE(f->signature.empty()) << f->name;
    EXPECT_FALSE(f->example.empty()) << f->name;
    ASSERT_FALSE(f->summary.empty()) << f->name;
    EXPECT_EQ(f->summary.back(), '.') << f->name;
  }
}

TEST(RegistrySuite, EncodingsAndBatchesDoNotMatter) {
  Random random(20240229);
  size_t num_checked = 0;
  std::set<std::string> unchecked;
  for (const auto& function : Registry::Get().scalars()) {
    if (function->volatility == Volatility::kVolatile || function->name == "cast" ||
        function->name == "try_cast") {
      continue;
    }
    // Of random dimensions it makes arrays that no machine can box.
    if (function->name == "array_fill") continue;
    std::vector<std::vector<Type>> signatures = Signatures(*function, random);
    if (signatures.empty()) unchecked.insert(function->name);
    for (const auto& types : signatures) {
      Checker(*function, types).Run(random);
      ++num_checked;
      if (HasFatalFailure()) break;
    }
  }
  EXPECT_GT(num_checked, 500u);
  EXPECT_THAT(unchecked, testing::IsEmpty());
}

TEST(RegistrySuite, CastsDoNotMindEncodings) {
  Random random(7);
  std::vector<Type> types = ArgumentTypes();
  const FunctionContext context;
  for (const Type& from : types) {
    for (const Type& to : types) {
      for (bool try_cast : {false, true}) {
        StatusOr<ResolvedScalar> cast = ResolveCast(from, to, try_cast);
        if (!cast.ok() || from == to) continue;
        ExprPtr expr = MakeCall(*cast, {MakeColumn(0, from)});
        std::vector<Value> rows = RandomRows(from, 30, random);
        std::vector<Value> expected, fine;
        for (const Value& row : rows) {
          Chunk one{{FlatOf(from, {row})}, 1};
          Evaluator evaluator(expr, &context);
          StatusOr<Vector> result = evaluator.Evaluate(one);
          if (!result.ok()) {
            EXPECT_FALSE(try_cast) << result.status();
            continue;
          }
          fine.push_back(row);
          Value value = result->GetValue(0);
          expected.push_back(value.is_null() ? Value::Null(to) : value);
        }
        if (fine.empty()) continue;
        for (const Vector& column :
             {FlatOf(from, fine), DictionaryOf(from, fine, rows), RunsOf(from, fine)}) {
          Evaluator evaluator(expr, &context);
          StatusOr<Vector> result = evaluator.Evaluate(Chunk{{column}, fine.size()});
          ASSERT_TRUE(result.ok()) << result.status() << from.ToString() << " to " << to.ToString();
          for (size_t i = 0; i < fine.size(); ++i) {
            Value value = result->GetValue(i);
            if (value.is_null()) value = Value::Null(to);
            ASSERT_TRUE(value == expected[i]) << Show(fine[i]) << " to " << to.ToString() << ": "
                                              << Show(value) << ", alone " << Show(expected[i]);
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace shale
