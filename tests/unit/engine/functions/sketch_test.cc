// How far sketches are off on data that they cannot hold, in one state and merged from parts.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "engine/functions/function.h"
#include "engine/functions/json_text.h"
#include "tests/support/row_oracle.h"

namespace shale {
namespace {

constexpr size_t kRows = 60'000;
constexpr size_t kBatch = 2'000;

// One aggregate over a column and a constant parameter, from `num_parts` states merged.
Value Aggregate(std::string_view name, const Type& type, const std::vector<Value>& values,
                const Value& parameter, size_t num_parts) {
  const std::vector<ArgumentType> types = {{type}, {parameter.type()}};
  auto function = Registry::Get().ResolveAggregate(name, types);
  EXPECT_TRUE(function.ok()) << function.status();
  const AggregateKernels& kernels = function->kernels;
  FunctionContext context;
  Arena arena;
  const AggregateCall call{context, &arena, function->arg_types, function->result_type};
  std::vector<uint64_t> states(kernels.state_size / 8 * num_parts);
  auto* base = reinterpret_cast<std::byte*>(states.data());
  for (size_t begin = 0, batch = 0; begin < values.size(); begin += kBatch, ++batch) {
    const size_t end = std::min(begin + kBatch, values.size());
    const std::vector<Vector> args = {
        testing::FlatOf(type, {values.begin() + begin, values.begin() + end}),
        testing::FlatOf(parameter.type(), std::vector<Value>(end - begin, parameter))};
    EXPECT_TRUE(
        kernels.update_one(call, base + batch % num_parts * kernels.state_size, args, end - begin)
            .ok());
  }
  for (uint32_t part = 1; part < num_parts; ++part) {
    const uint32_t into = 0;
    EXPECT_TRUE(kernels.merge(call, base, &into, base, &part, kernels.state_size, 1).ok());
  }
  Vector result = Vector::Flat(function->result_type, 1);
  EXPECT_TRUE(kernels.finalize(call, base, kernels.state_size, 1, &result).ok());
  return result.GetValue(0);
}

TEST(Sketches, QuantilesAreNearTheirRanks) {
  testing::RandomChunks random(1);
  for (const bool skewed : {false, true}) {
    std::vector<double> numbers;
    std::vector<Value> values;
    for (size_t i = 0; i < kRows; ++i) {
      const double x = static_cast<double>(random.Below(1'000'000)) / 1e6;
      numbers.push_back(skewed ? std::exp(12 * x) : x);
      values.push_back(Value::Float(TypeId::kDouble, numbers.back()));
    }
    std::sort(numbers.begin(), numbers.end());
    for (const size_t parts : {1, 7}) {
      for (const double fraction : {0.0, 0.001, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1.0}) {
        const double found = Aggregate("approx_quantile", TypeId::kDouble, values,
                                       Value::Float(TypeId::kDouble, fraction), parts)
                                 .AsDouble();
        const auto below = std::lower_bound(numbers.begin(), numbers.end(), found);
        const double rank = static_cast<double>(below - numbers.begin()) / kRows;
        // Half a centroid of compression 200: sharp at the ends, 0.8 % in the middle.
        const double allowed = 0.0001 + 3.1416 / 200 * std::sqrt(fraction * (1 - fraction));
        EXPECT_NEAR(rank, fraction, allowed) << skewed << " " << parts << " parts";
      }
    }
  }
}

TEST(Sketches, TopValuesAreNeverMissedNorCountedTooLow) {
  testing::RandomChunks random(2);
  std::vector<Value> values;
  std::map<int64_t, int64_t> counts;
  for (size_t i = 0; i < kRows; ++i) {
    // Twenty frequent values in a flood of rare ones.
    const auto number =
        static_cast<int64_t>(random.Chance(0.4) ? random.Below(20) : 1000 + random.Below(50'000));
    values.push_back(Value::Int(TypeId::kBigInt, number));
    ++counts[number];
  }
  for (const size_t parts : {1, 5}) {
    const Value top =
        Aggregate("approx_top_k", TypeId::kBigInt, values, Value::Int(TypeId::kBigInt, 20), parts);
    size_t found = 0;
    for (JsonItems items(top.AsString()); items.Next(); ++found) {
      const int64_t value = std::stoll(std::string(*JsonMember(items.value(), "value")));
      const int64_t count = std::stoll(std::string(*JsonMember(items.value(), "count")));
      EXPECT_LT(value, 20) << parts;
      EXPECT_GE(count, counts[value]) << parts;
      EXPECT_LE(count, counts[value] + static_cast<int64_t>(kRows / 512 * parts)) << parts;
    }
    EXPECT_EQ(found, 20u);
  }
}

}  // namespace
}  // namespace shale
