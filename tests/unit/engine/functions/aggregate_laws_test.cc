// Laws that every aggregate of the registry keeps, found there unasked: merge of parts is the
// whole, a state survives its bytes, NULLs and no rows are answered, encodings do not matter,
// damaged bytes are an error and never a crash; the standard ones agree with an oracle.
#include <gtest/gtest.h>

#include "engine/functions/function.h"
#include "tests/support/row_oracle.h"

namespace shale {
namespace {

using testing::CompareValues;
using testing::NearlyEqual;
using testing::Print;
using testing::RandomChunks;
using testing::Row;

// One overload: resolved, with the types it takes.
struct Subject {
  std::string name;
  ResolvedAggregate function;
};

const std::vector<Type>& CandidateTypes() {
  static const std::vector<Type> types = {TypeId::kBoolean,
                                          TypeId::kTinyInt,
                                          TypeId::kSmallInt,
                                          TypeId::kInteger,
                                          TypeId::kBigInt,
                                          TypeId::kUTinyInt,
                                          TypeId::kUSmallInt,
                                          TypeId::kUInteger,
                                          TypeId::kUBigInt,
                                          TypeId::kReal,
                                          TypeId::kDouble,
                                          Type::Decimal(9, 2),
                                          Type::Decimal(30, 4),
                                          TypeId::kDate,
                                          TypeId::kTimestamp,
                                          TypeId::kInterval,
                                          TypeId::kText,
                                          TypeId::kUuid,
                                          Type::List(TypeId::kBigInt),
                                          Type::List(TypeId::kText)};
  return types;
}

// Every overload over candidate types, of no, one and two arguments.
std::vector<Subject> Subjects() {
  std::vector<Subject> subjects;
  for (const auto& function : Registry::Get().aggregates()) {
    std::vector<std::vector<Type>> tried;
    const auto attempt = [&](const std::vector<Type>& types) {
      std::vector<ArgumentType> args;
      for (const Type& type : types) args.push_back({type});
      auto resolved = function->resolve(args);
      if (!resolved.ok()) return;
      if (resolved->arg_types != types) return;  // by a cast: another candidate covers it
      resolved->function = function.get();
      subjects.push_back({function->name, *resolved});
    };
    attempt({});
    for (const Type& a : CandidateTypes()) {
      attempt({a});
      for (const Type& b : CandidateTypes()) attempt({a, b});
    }
  }
  return subjects;
}

std::string NameOf(const Subject& subject) {
  std::string name = subject.name + "(";
  for (const Type& type : subject.function.arg_types) name += type.ToString() + " ";
  return name + ")";
}

// States of one aggregate, with room beside each so that stride differs from size.
class States {
 public:
  States(const ResolvedAggregate& function, size_t count)
      : function_(function),
        stride_(function.kernels.state_size + 8),
        bytes_(stride_ * count),
        count_(count) {
    for (size_t i = 0; i < count; ++i) {
      if (function.kernels.init) function.kernels.init(at(i));
    }
  }
  std::byte* at(size_t i) { return bytes_.data() + i * stride_; }
  size_t stride() const { return stride_; }
  AggregateCall call() { return {context_, &arena_, function_.arg_types, function_.result_type}; }
  std::vector<Value> Results() {
    Vector result = Vector::Flat(function_.result_type, count_);
    const Status status =
        function_.kernels.finalize(call(), bytes_.data(), stride_, count_, &result);
    EXPECT_TRUE(status.ok()) << status;
    std::vector<Value> values;
    for (size_t i = 0; i < count_; ++i) values.push_back(result.GetValue(i));
    return values;
  }

 private:
  const ResolvedAggregate& function_;
  size_t stride_;
  std::vector<std::byte> bytes_;
  size_t count_;
  Arena arena_;
  FunctionContext context_;
};

// Which argument is a fraction of the rows, or -1.
int FractionArgument(const std::string& name) {
  if (name == "quantile" || name == "quantile_disc" || name == "approx_quantile") return 1;
  return name == "percentile_cont" || name == "percentile_disc" ? 0 : -1;
}
// Its values, or names, must not be NULL.
bool RefusesNulls(const std::string& name, size_t arg) {
  return name.ends_with("object_agg") && arg == 0;
}

// Boxed argument columns; a quantile's fraction must be one, approx_top_k's k too.
std::vector<std::vector<Value>> RandomArgs(const Subject& subject, RandomChunks* random,
                                           size_t rows, double nulls) {
  std::vector<std::vector<Value>> args;
  for (size_t a = 0; a < subject.function.arg_types.size(); ++a) {
    const Type& type = subject.function.arg_types[a];
    if (FractionArgument(subject.name) == static_cast<int>(a)) {
      args.push_back(std::vector<Value>(rows, Value::Float(type, 0.25)));
    } else if (subject.name == "mode" && a == 1) {
      args.push_back(std::vector<Value>(rows, Value::Bool(true)));
    } else if (subject.name == "approx_top_k" && a == 1) {
      args.push_back(std::vector<Value>(rows, Value::Int(type, 7)));
    } else {
      args.push_back(random->RandomValues(type, rows, random->Chance(0.5) ? 12 : 90,
                                          RefusesNulls(subject.name, a) ? 0 : nulls));
    }
  }
  return args;
}

std::vector<Vector> Flats(const Subject& subject, const std::vector<std::vector<Value>>& args,
                          size_t begin, size_t count) {
  std::vector<Vector> vectors;
  for (size_t a = 0; a < args.size(); ++a) {
    vectors.push_back(testing::FlatOf(
        subject.function.arg_types[a],
        std::vector<Value>(args[a].begin() + begin, args[a].begin() + begin + count)));
  }
  return vectors;
}

Status UpdateOne(const Subject& subject, States* states, size_t state,
                 const std::vector<Vector>& args, size_t rows) {
  return subject.function.kernels.update_one(states->call(), states->at(state), args, rows);
}

bool Same(const Value& a, const Value& b) {
  if (a.type().id() == TypeId::kList && !a.is_null() && !b.is_null()) {
    if (a.items().size() != b.items().size()) return false;
    for (size_t i = 0; i < a.items().size(); ++i) {
      if (CompareValues(a.items()[i], b.items()[i]) != 0) return false;
    }
    return true;
  }
  if (a.type().IsFloat() && !a.is_null() && !b.is_null() && !std::isnan(a.AsDouble()) &&
      !std::isnan(b.AsDouble())) {
    const double x = a.AsDouble(), y = b.AsDouble();
    return x == y || std::fabs(x - y) <= 1e-6 * std::max({std::fabs(x), std::fabs(y), 1.0});
  }
  return NearlyEqual(a, b);
}

class AggregateLaws : public ::testing::Test {
 protected:
  static const std::vector<Subject>& All() {
    static const std::vector<Subject> subjects = Subjects();
    return subjects;
  }
};

TEST_F(AggregateLaws, EveryAggregateHasAllKernelsAndWords) {
  EXPECT_GT(All().size(), 100u);
  for (const auto& function : Registry::Get().aggregates()) {
    EXPECT_FALSE(function->summary.empty()) << function->name;
    EXPECT_FALSE(function->example.empty()) << function->name;
    EXPECT_FALSE(function->signature.empty()) << function->name;
  }
  std::set<std::string> met;
  for (const Subject& subject : All()) {
    met.insert(subject.name);
    const AggregateKernels& k = subject.function.kernels;
    EXPECT_EQ(k.state_size % 8, 0u) << NameOf(subject);
    EXPECT_TRUE(k.update && k.update_one && k.merge && k.serialize && k.deserialize && k.finalize)
        << NameOf(subject);
  }
  for (const auto& function : Registry::Get().aggregates()) {
    EXPECT_TRUE(met.count(function->name)) << function->name << " fits no candidate types";
  }
}

TEST_F(AggregateLaws, MergeOfPartsIsTheWhole) {
  uint64_t seed = 0;
  for (const Subject& subject : All()) {
    for (double nulls : {0.0, 0.3}) {
      RandomChunks random(++seed);
      const size_t rows = 1 + random.Below(400);
      const auto args = RandomArgs(subject, &random, rows, nulls);
      States whole(subject.function, 1);
      ASSERT_TRUE(UpdateOne(subject, &whole, 0, Flats(subject, args, 0, rows), rows).ok());
      // Cut anywhere, some parts empty, joined from left to right.
      const size_t num_parts = 1 + random.Below(5);
      States parts(subject.function, num_parts + 1);
      size_t begin = 0;
      for (size_t part = 0; part < num_parts; ++part) {
        const size_t end = part + 1 == num_parts ? rows : begin + random.Below(rows - begin + 1);
        ASSERT_TRUE(
            UpdateOne(subject, &parts, part, Flats(subject, args, begin, end - begin), end - begin)
                .ok());
        begin = end;
      }
      const uint32_t into = static_cast<uint32_t>(num_parts);
      for (uint32_t part = 0; part < num_parts; ++part) {
        ASSERT_TRUE(
            subject.function.kernels
                .merge(parts.call(), parts.at(0), &into, parts.at(0), &part, parts.stride(), 1)
                .ok());
      }
      const Value expected = whole.Results()[0];
      const Value merged = parts.Results()[num_parts];
      EXPECT_TRUE(Same(expected, merged)) << NameOf(subject) << " seed " << seed << ": "
                                          << Print({merged}) << " is not " << Print({expected});
    }
  }
}

// Windows merge one state into many: what was merged from stays as it was, whatever becomes of the
// state that shares its memory.
TEST_F(AggregateLaws, MergeLeavesItsSourceAlone) {
  uint64_t seed = 500;
  for (const Subject& subject : All()) {
    RandomChunks random(++seed);
    States states(subject.function, 3);
    const size_t rows[] = {1 + random.Below(900), 1 + random.Below(900)};
    bool fits = true;  // some arguments are errors
    for (uint32_t state : {0, 1}) {
      const auto args = RandomArgs(subject, &random, rows[state], 0.2);
      fits &= UpdateOne(subject, &states, state, Flats(subject, args, 0, rows[state]), rows[state])
                  .ok();
    }
    if (!fits) continue;
    std::string before[2], after[2];
    for (uint32_t state : {0, 1}) {
      subject.function.kernels.serialize(states.call(), states.at(state), &before[state]);
    }
    const uint32_t into[] = {2, 2, 2}, from[] = {0, 1, 0};
    ASSERT_TRUE(
        subject.function.kernels
            .merge(states.call(), states.at(0), into, states.at(0), from, states.stride(), 3)
            .ok());
    for (uint32_t state : {0, 1}) {
      subject.function.kernels.serialize(states.call(), states.at(state), &after[state]);
      EXPECT_EQ(before[state], after[state]) << NameOf(subject) << " seed " << seed;
    }
  }
}

TEST_F(AggregateLaws, UnmergeUndoesMerge) {
  uint64_t seed = 700;
  std::set<std::string> met;
  for (const Subject& subject : All()) {
    const AggregateKernels& kernels = subject.function.kernels;
    if (kernels.unmerge == nullptr) continue;
    met.insert(subject.name);
    RandomChunks random(++seed);
    States states(subject.function, 2);
    for (uint32_t state : {0, 1}) {
      const size_t rows = random.Below(300);
      const auto args = RandomArgs(subject, &random, rows, 0.2);
      ASSERT_TRUE(UpdateOne(subject, &states, state, Flats(subject, args, 0, rows), rows).ok());
    }
    std::string before, after;
    kernels.serialize(states.call(), states.at(0), &before);
    const uint32_t into = 0, from = 1;
    for (auto* kernel : {kernels.merge, kernels.unmerge}) {
      ASSERT_TRUE(
          kernel(states.call(), states.at(0), &into, states.at(0), &from, states.stride(), 1).ok());
    }
    kernels.serialize(states.call(), states.at(0), &after);
    EXPECT_EQ(before, after) << NameOf(subject) << " seed " << seed;
  }
  EXPECT_EQ(met, (std::set<std::string>{"avg", "count", "count_if", "sum"}));
}

TEST_F(AggregateLaws, BytesBringTheStateBack) {
  uint64_t seed = 1000;
  for (const Subject& subject : All()) {
    for (size_t rows : {0, 1, 700}) {
      RandomChunks random(++seed);
      const auto args = RandomArgs(subject, &random, rows, 0.2);
      States states(subject.function, 2);
      ASSERT_TRUE(UpdateOne(subject, &states, 0, Flats(subject, args, 0, rows), rows).ok());
      std::string bytes, again;
      subject.function.kernels.serialize(states.call(), states.at(0), &bytes);
      const Status status =
          subject.function.kernels.deserialize(states.call(), bytes, states.at(1));
      ASSERT_TRUE(status.ok()) << NameOf(subject) << status;
      subject.function.kernels.serialize(states.call(), states.at(1), &again);
      EXPECT_EQ(bytes, again) << NameOf(subject);
      const auto results = states.Results();
      EXPECT_TRUE(Same(results[0], results[1])) << NameOf(subject);
      // A state read back goes on working.
      const auto more = RandomArgs(subject, &random, 50, 0.2);
      for (size_t state : {0, 1}) {
        ASSERT_TRUE(UpdateOne(subject, &states, state, Flats(subject, more, 0, 50), 50).ok());
      }
      const auto after = states.Results();
      EXPECT_TRUE(Same(after[0], after[1])) << NameOf(subject);
    }
  }
}

TEST_F(AggregateLaws, DamagedBytesAreAnError) {
  uint64_t seed = 2000;
  for (const Subject& subject : All()) {
    RandomChunks random(++seed);
    const auto args = RandomArgs(subject, &random, 60, 0.2);
    States states(subject.function, 2);
    ASSERT_TRUE(UpdateOne(subject, &states, 0, Flats(subject, args, 0, 60), 60).ok());
    std::string bytes;
    subject.function.kernels.serialize(states.call(), states.at(0), &bytes);
    for (size_t size = 0; size < bytes.size(); size += 1 + bytes.size() / 50) {
      const Status status = subject.function.kernels.deserialize(
          states.call(), std::string_view(bytes).substr(0, size), states.at(1));
      EXPECT_EQ(status.code(), StatusCode::kDataLoss) << NameOf(subject) << " cut at " << size;
    }
    EXPECT_EQ(subject.function.kernels.deserialize(states.call(), bytes + "x", states.at(1)).code(),
              StatusCode::kDataLoss)
        << NameOf(subject);
    for (int round = 0; round < 60; ++round) {
      std::string damaged = bytes;
      const size_t flips = 1 + random.Below(4);
      for (size_t i = 0; i < flips; ++i) {
        damaged[random.Below(damaged.size())] ^= static_cast<char>(1 << random.Below(8));
      }
      States victim(subject.function, 1);
      const Status status =
          subject.function.kernels.deserialize(victim.call(), damaged, victim.at(0));
      if (!status.ok()) {
        EXPECT_EQ(status.code(), StatusCode::kDataLoss) << NameOf(subject);
        continue;
      }
      // Read as another state: it must still be one.
      Vector result = Vector::Flat(subject.function.result_type, 1);
      (void)subject.function.kernels.finalize(victim.call(), victim.at(0), victim.stride(), 1,
                                              &result);
      (void)UpdateOne(subject, &victim, 0, Flats(subject, args, 0, 60), 60);
    }
  }
}

TEST_F(AggregateLaws, GroupsAndEncodingsAgreeWithOneStateOverFlatRows) {
  uint64_t seed = 3000;
  for (const Subject& subject : All()) {
    for (double nulls : {0.0, 0.25}) {
      RandomChunks random(++seed);
      const size_t rows = 1 + random.Below(500);
      const size_t num_groups = 1 + random.Below(6);
      const auto args = RandomArgs(subject, &random, rows, nulls);
      // By group in one update …
      States grouped(subject.function, num_groups);
      std::vector<uint32_t> groups(rows);
      for (uint32_t& group : groups) group = static_cast<uint32_t>(random.Below(num_groups));
      ASSERT_TRUE(subject.function.kernels
                      .update(grouped.call(), grouped.at(0), grouped.stride(), groups.data(),
                              Flats(subject, args, 0, rows), rows)
                      .ok());
      // … and each group's rows alone.
      States alone(subject.function, num_groups);
      for (uint32_t group = 0; group < num_groups; ++group) {
        std::vector<std::vector<Value>> mine(args.size());
        size_t count = 0;
        for (size_t i = 0; i < rows; ++i) {
          if (groups[i] != group) continue;
          ++count;
          for (size_t a = 0; a < args.size(); ++a) mine[a].push_back(args[a][i]);
        }
        ASSERT_TRUE(UpdateOne(subject, &alone, group, Flats(subject, mine, 0, count), count).ok());
      }
      const auto a = grouped.Results(), b = alone.Results();
      for (size_t group = 0; group < num_groups; ++group) {
        EXPECT_TRUE(Same(a[group], b[group]))
            << NameOf(subject) << " seed " << seed << ": " << Print({a[group]}) << " is not "
            << Print({b[group]});
      }
      // Other encodings of the same rows.
      for (Encoding encoding : {Encoding::kRun, Encoding::kDictionary, Encoding::kConstant}) {
        std::vector<Vector> encoded;
        auto same_rows = args;
        for (size_t i = 0; i < args.size(); ++i) {
          if (encoding == Encoding::kConstant) {
            same_rows[i].assign(rows, args[i][0]);
          }
          encoded.push_back(testing::VectorOf(subject.function.arg_types[i], same_rows[i], encoding,
                                              random.Chance(0.5)));
        }
        States two(subject.function, 2);
        ASSERT_TRUE(UpdateOne(subject, &two, 0, Flats(subject, same_rows, 0, rows), rows).ok());
        ASSERT_TRUE(UpdateOne(subject, &two, 1, encoded, rows).ok());
        const auto results = two.Results();
        EXPECT_TRUE(Same(results[0], results[1]))
            << NameOf(subject) << " encoding " << static_cast<int>(encoding) << ": "
            << Print({results[1]}) << " is not " << Print({results[0]});
      }
    }
  }
}

TEST_F(AggregateLaws, OrderDoesNotMatterUnlessDeclared) {
  uint64_t seed = 4000;
  for (const Subject& subject : All()) {
    if (subject.function.function->order_sensitive) continue;
    RandomChunks random(++seed);
    const size_t rows = 200;
    auto args = RandomArgs(subject, &random, rows, 0.2);
    States states(subject.function, 2);
    ASSERT_TRUE(UpdateOne(subject, &states, 0, Flats(subject, args, 0, rows), rows).ok());
    for (size_t i = rows; i > 1; --i) {
      const size_t other = random.Below(i);
      for (auto& column : args) std::swap(column[i - 1], column[other]);
    }
    ASSERT_TRUE(UpdateOne(subject, &states, 1, Flats(subject, args, 0, rows), rows).ok());
    const auto results = states.Results();
    EXPECT_TRUE(Same(results[0], results[1])) << NameOf(subject);
  }
}

TEST_F(AggregateLaws, NoRowsAndOnlyNulls) {
  for (const Subject& subject : All()) {
    if (RefusesNulls(subject.name, 0)) continue;
    States states(subject.function, 2);
    std::vector<std::vector<Value>> nulls;
    for (const Type& type : subject.function.arg_types) {
      nulls.push_back(std::vector<Value>(10, Value::Null(type)));
    }
    ASSERT_TRUE(UpdateOne(subject, &states, 0, Flats(subject, nulls, 0, 0), 0).ok());
    const size_t rows = nulls.empty() ? 0 : 10;
    ASSERT_TRUE(UpdateOne(subject, &states, 1, Flats(subject, nulls, 0, rows), rows).ok());
    const auto results = states.Results();
    const bool counts = subject.name.find("count") != std::string::npos;
    for (const Value& result : results) {
      if (counts) {
        EXPECT_EQ(result.AsInt(), 0) << NameOf(subject);
      } else if (subject.name != "array_agg" && !subject.name.starts_with("json")) {
        EXPECT_TRUE(result.is_null()) << NameOf(subject);
      }
    }
  }
}

TEST_F(AggregateLaws, StandardOnesAgreeWithTheOracle) {
  uint64_t seed = 5000;
  for (const Subject& subject : All()) {
    if (!testing::CanOracle(subject.name, subject.function.arg_types)) continue;
    RandomChunks random(++seed);
    const size_t rows = 300;
    const auto args = RandomArgs(subject, &random, rows, 0.2);
    std::vector<Row> boxed(rows);
    for (size_t i = 0; i < rows; ++i) {
      for (const auto& column : args) boxed[i].push_back(column[i]);
    }
    States states(subject.function, 1);
    ASSERT_TRUE(UpdateOne(subject, &states, 0, Flats(subject, args, 0, rows), rows).ok());
    const Value expected =
        testing::OracleAggregate(subject.name, boxed, subject.function.result_type);
    const Value result = states.Results()[0];
    EXPECT_TRUE(Same(expected, result))
        << NameOf(subject) << ": " << Print({result}) << " is not " << Print({expected});
  }
}

Value Answer(const std::string& name, const Type& type, const std::vector<Value>& values,
             Status* status = nullptr) {
  std::vector<ArgumentType> args = {{type}};
  auto resolved = Registry::Get().ResolveAggregate(name, args);
  EXPECT_TRUE(resolved.ok()) << resolved.status();
  const Subject subject{name, *resolved};
  States states(subject.function, 1);
  const Status updated =
      UpdateOne(subject, &states, 0, {testing::FlatOf(type, values)}, values.size());
  if (status != nullptr) {
    *status = updated;
    if (!updated.ok()) return Value();
    Vector result = Vector::Flat(resolved->result_type, 1);
    *status = resolved->kernels.finalize(states.call(), states.at(0), states.stride(), 1, &result);
    return Value();
  }
  return states.Results()[0];
}

TEST(AggregateValuesTest, SumsOverflowIntoErrors) {
  Status status;
  int128_t big = 1;
  for (int i = 0; i < 38; ++i) big *= 10;
  big -= 1;
  const Type wide = Type::Decimal(38, 0);
  Answer("sum", wide, {Value::Int128(wide, big), Value::Int128(wide, 1)}, &status);
  EXPECT_EQ(status.code(), StatusCode::kOutOfRange);
  Answer("sum", wide, {Value::Int128(wide, big), Value::Int128(wide, big)}, &status);
  EXPECT_EQ(status.code(), StatusCode::kOutOfRange);
  Answer("sum", wide, {Value::Int128(wide, big)}, &status);
  EXPECT_TRUE(status.ok());
  const Value sum =
      Answer("sum", TypeId::kBigInt,
             {Value::Int(TypeId::kBigInt, INT64_MAX), Value::Int(TypeId::kBigInt, INT64_MAX)});
  EXPECT_TRUE(sum.AsInt128() == static_cast<int128_t>(INT64_MAX) * 2);
  EXPECT_EQ(sum.type().ToString(), "DECIMAL(38,0)");
}

TEST(AggregateValuesTest, ApproxCountDistinctIsWithinItsError) {
  for (int64_t count : {1, 10, 100, 300, 1000, 20000, 300000}) {
    Vector vector = Vector::Flat(TypeId::kBigInt, static_cast<size_t>(count) * 2);
    for (int64_t i = 0; i < count * 2; ++i) vector.mutable_values<int64_t>()[i] = i % count;
    std::vector<ArgumentType> args = {{TypeId::kBigInt}};
    const Subject subject{"approx_count_distinct",
                          *Registry::Get().ResolveAggregate("approx_count_distinct", args)};
    States states(subject.function, 1);
    ASSERT_TRUE(UpdateOne(subject, &states, 0, {vector}, vector.size()).ok());
    const double estimate = static_cast<double>(states.Results()[0].AsInt());
    EXPECT_NEAR(estimate / static_cast<double>(count), 1, count < 100 ? 0.02 : 0.06) << count;
  }
}

TEST(AggregateValuesTest, Statistics) {
  std::vector<Value> values;
  for (double x : {2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0}) {
    values.push_back(Value::Float(TypeId::kDouble, x));
  }
  EXPECT_DOUBLE_EQ(Answer("stddev_pop", TypeId::kDouble, values).AsDouble(), 2.0);
  EXPECT_DOUBLE_EQ(Answer("var_samp", TypeId::kDouble, values).AsDouble(), 32.0 / 7);
  EXPECT_DOUBLE_EQ(Answer("median", TypeId::kDouble, values).AsDouble(), 4.5);
  EXPECT_DOUBLE_EQ(Answer("mode", TypeId::kDouble, values).AsDouble(), 4.0);
  EXPECT_TRUE(Answer("stddev", TypeId::kDouble, {values[0]}).is_null());
}

}  // namespace
}  // namespace shale
