// The slow, obviously right answers: aggregates over boxed values, one row at a time.
#pragma once

#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/support/random_chunks.h"

namespace shale::testing {

// The aggregate `name` over rows of its arguments. Only the standard ones (see CanOracle).
inline Value OracleAggregate(const std::string& name, const std::vector<Row>& rows,
                             const Type& result_type) {
  if (name == "count") {
    int64_t count = 0;
    for (const Row& row : rows) count += row.empty() || !row[0].is_null();
    return Value::Int(result_type, count);
  }
  std::vector<Value> values;
  for (const Row& row : rows) {
    if (!row[0].is_null()) values.push_back(row[0]);
  }
  if (values.empty()) {
    return name == "count_if" ? Value::Int(result_type, 0) : Value::Null(result_type);
  }
  const Type& type = values[0].type();
  if (name == "min" || name == "max") {
    Value best = values[0];
    for (const Value& value : values) {
      const int compared = Value::Compare(value, best);
      if (name == "min" ? compared < 0 : compared > 0) best = value;
    }
    return best;
  }
  if (name == "count_if" || name == "bool_and" || name == "bool_or") {
    int64_t yes = 0;
    for (const Value& value : values) yes += value.AsBool();
    if (name == "count_if") return Value::Int(result_type, yes);
    return Value::Bool(name == "bool_and" ? yes == static_cast<int64_t>(values.size()) : yes > 0);
  }
  const double count = static_cast<double>(values.size());
  if (type.IsFloat()) {
    double sum = 0;
    for (const Value& value : values) sum += value.AsDouble();
    return Value::Float(TypeId::kDouble, name == "sum" ? sum : sum / count);
  }
  int128_t sum = 0;
  for (const Value& value : values) {
    sum += type.physical() == PhysicalType::kInt128 ? value.AsInt128()
           : type.IsUnsignedInteger()               ? static_cast<int128_t>(value.AsUInt())
                                                    : static_cast<int128_t>(value.AsInt());
  }
  if (name == "avg") {
    const double scale = type.id() == TypeId::kDecimal ? std::pow(10.0, type.scale()) : 1.0;
    return Value::Float(TypeId::kDouble,
                        static_cast<double>(static_cast<long double>(sum) / count / scale));
  }
  if (result_type.physical() == PhysicalType::kInt128) return Value::Int128(result_type, sum);
  return Value::Int(result_type, static_cast<int64_t>(sum));
}
inline bool CanOracle(const std::string& name, const std::vector<Type>& args) {
  if (name == "count" || name == "min" || name == "max" || name == "count_if" ||
      name == "bool_and" || name == "bool_or") {
    return true;
  }
  return (name == "sum" || name == "avg") && args[0].IsNumeric();
}

// Equal, floats within rounding.
inline bool NearlyEqual(const Value& a, const Value& b) {
  if (a.is_null() || b.is_null()) return a.is_null() == b.is_null();
  if (a.type().IsFloat() && b.type().IsFloat()) {
    const double x = a.AsDouble(), y = b.AsDouble();
    if (std::isnan(x) || std::isnan(y)) return std::isnan(x) && std::isnan(y);
    if (x == y) return true;
    const double size = std::max(std::fabs(x), std::fabs(y));
    return std::fabs(x - y) <= 1e-9 * size + 1e-9;
  }
  return CompareValues(a, b) == 0;
}
inline bool NearlyEqual(const Row& a, const Row& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!NearlyEqual(a[i], b[i])) return false;
  }
  return true;
}

}  // namespace shale::testing
