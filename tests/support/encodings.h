// Random values of any type, and the same rows in every encoding: for tests that say "all encodings
// give the same as flat".
#pragma once

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "engine/functions/value_format.h"
#include "engine/vector/vector_builder.h"

namespace shale {

using Random = std::mt19937_64;

// Values that tend to break things, and plain ones.
inline Value RandomValue(const Type& type, Random& random, double null_share = 0.15) {
  auto chance = [&](double p) { return std::uniform_real_distribution<>(0, 1)(random) < p; };
  auto pick = [&](auto... values) {
    using T = std::common_type_t<decltype(values)...>;
    T all[] = {static_cast<T>(values)...};
    return all[random() % sizeof...(values)];
  };
  if (chance(null_share)) return Value::Null(type);
  auto integer = [&](int64_t min, int64_t max) {
    if (chance(0.3))
      return pick(min, max, min < 0 ? int64_t{-1} : int64_t{1}, int64_t{0}, int64_t{1});
    if (chance(0.6)) return std::clamp<int64_t>(static_cast<int64_t>(random() % 41) - 20, min, max);
    return std::clamp<int64_t>(static_cast<int64_t>(random()) >> (random() % 64), min, max);
  };
  switch (type.id()) {
    case TypeId::kBoolean: return Value::Bool(chance(0.5));
    case TypeId::kTinyInt: return Value::Int(type, integer(INT8_MIN, INT8_MAX));
    case TypeId::kSmallInt: return Value::Int(type, integer(INT16_MIN, INT16_MAX));
    case TypeId::kInteger: return Value::Int(type, integer(INT32_MIN, INT32_MAX));
    case TypeId::kBigInt: return Value::Int(type, integer(INT64_MIN, INT64_MAX));
    case TypeId::kUTinyInt: return Value::UInt(type, integer(0, UINT8_MAX));
    case TypeId::kUSmallInt: return Value::UInt(type, integer(0, UINT16_MAX));
    case TypeId::kUInteger: return Value::UInt(type, integer(0, UINT32_MAX));
    case TypeId::kUBigInt:
      return Value::UInt(type,
                         chance(0.2) ? UINT64_MAX : static_cast<uint64_t>(integer(0, INT64_MAX)));
    case TypeId::kReal: {
      double wild =
          pick(0.0, -0.0, 1.5, -2.5, 1e30, -1e-30, std::numeric_limits<double>::quiet_NaN(),
               std::numeric_limits<double>::infinity());
      double plain = static_cast<double>(integer(-1000, 1000)) / 8;
      return Value::Float(type, static_cast<float>(chance(0.3) ? wild : plain));
    }
    case TypeId::kDouble: {
      double wild =
          pick(0.0, -0.0, 0.5, -2.5, 1e300, 1e-300, -1e18, std::numeric_limits<double>::quiet_NaN(),
               -std::numeric_limits<double>::infinity());
      double plain = static_cast<double>(integer(-1000, 1000)) / 8;
      return Value::Float(type, chance(0.3) ? wild : plain);
    }
    case TypeId::kDecimal: {
      int128_t bound = 1;
      for (int i = 0; i < type.precision(); ++i) bound *= 10;
      if (chance(0.2)) return Value::Int128(type, chance(0.5) ? bound - 1 : 1 - bound);
      if (chance(0.7)) return Value::Int128(type, integer(-2000, 2000) % bound);
      int128_t wide = static_cast<int128_t>(random()) << 60 ^ random();
      return Value::Int128(type, wide % bound);
    }
    case TypeId::kDate:
      return Value::Int(type,
                        chance(0.1) ? INT32_MAX : static_cast<int64_t>(random() % 40000) - 10000);
    case TypeId::kTimestamp:
    case TypeId::kTimestampTz:
      if (chance(0.1)) return Value::Int(type, INT64_MAX);
      return Value::Int(
          type, (static_cast<int64_t>(random() % 4'000'000'000) - 1'000'000'000) * 1'000'000 +
                    (chance(0.5) ? static_cast<int64_t>(random() % 1'000'000) : 0));
    case TypeId::kInterval:
      return Value::Of({static_cast<int32_t>(integer(-30, 30)),
                        static_cast<int32_t>(integer(-40, 40)),
                        integer(-90'000'000'000, 90'000'000'000)});
    case TypeId::kText:
    case TypeId::kBytea: {
      static const char* const kTexts[] = {"",
                                           "a",
                                           "abc",
                                           "Größe",
                                           "2020-02-29 12:34:56",
                                           "42",
                                           "-7.5",
                                           "day",
                                           "hour",
                                           "x=1&y=2",
                                           "https://www.example.com:8080/a/b?q=1&utm_source=n#top",
                                           "{\"a\": [1, {\"b\": null}]}",
                                           "%a_",
                                           "(b+)",
                                           "true",
                                           "UTC",
                                           "Europe/Berlin",
                                           "$.a[0]",
                                           "YYYY-MM-DD",
                                           "日本語テキスト"};
      return Value::String(type, kTexts[random() % std::size(kTexts)]);
    }
    case TypeId::kJson: {
      static const char* const kTexts[] = {
          "{\"a\": 1}", "[1, 2, \"x\"]", "null",
          "\"text\"",   "12.5",          "{\"a\": {\"b\": [true, null]}, \"c\": \"ü\"}"};
      return Value::String(type, kTexts[random() % std::size(kTexts)]);
    }
    case TypeId::kUuid:
      return Value::Int128(
          type, static_cast<int128_t>(static_cast<uint128_t>(random()) << 64 | random()));
    case TypeId::kInet: {
      bool v6 = chance(0.4);
      uint8_t address[16];
      for (uint8_t& byte : address) byte = static_cast<uint8_t>(chance(0.5) ? 0 : random());
      const int prefix = chance(0.5) ? (v6 ? 128 : 32) : static_cast<int>(random() % 33);
      std::string bytes;
      AssignInet(v6 ? 6 : 4, address, prefix, &bytes);
      return Value::String(type, bytes);
    }
    case TypeId::kList: {
      std::vector<Value> items;
      for (size_t n = random() % 4; n > 0; --n) {
        items.push_back(RandomValue(type.child(), random, null_share));
      }
      return Value::List(type, std::move(items));
    }
    default: return Value::Null(type);
  }
}

inline Vector FlatOf(const Type& type, const std::vector<Value>& values) {
  VectorBuilder builder(type, values.size());
  for (const Value& value : values) builder.AppendValue(value);
  return builder.Finish();
}

// Rows with repeats: some of few distinct values, neighbours often alike.
inline std::vector<Value> RandomRows(const Type& type, size_t num_rows, Random& random,
                                     double null_share = 0.15) {
  std::vector<Value> few;
  for (int i = 0; i < 7; ++i) few.push_back(RandomValue(type, random, null_share));
  std::vector<Value> rows;
  while (rows.size() < num_rows) {
    const Value& value = few[random() % few.size()];
    for (size_t n = 1 + random() % 3; n > 0 && rows.size() < num_rows; --n) rows.push_back(value);
  }
  return rows;
}

// The rows as codes into a dictionary, with `unused` entries (of the same type) that no row uses.
inline Vector DictionaryOf(const Type& type, const std::vector<Value>& rows,
                           const std::vector<Value>& unused = {}) {
  std::vector<Value> entries;
  for (const Value& value : unused) {
    if (!value.is_null()) entries.push_back(value);
  }
  BufferPtr codes = Buffer::Allocate(rows.size() * 4);
  auto* out = reinterpret_cast<uint32_t*>(codes->data());
  for (size_t i = 0; i < rows.size(); ++i) {
    size_t code = 0;
    if (!rows[i].is_null()) {
      // From the unused on: an equal entry would make them used.
      code = unused.size();
      code =
          std::find(entries.begin() + static_cast<std::ptrdiff_t>(std::min(code, entries.size())),
                    entries.end(), rows[i]) -
          entries.begin();
      if (code == entries.size()) entries.push_back(rows[i]);
    }
    out[i] = static_cast<uint32_t>(code);
  }
  auto dictionary = std::make_shared<Dictionary>();
  dictionary->id = NextDictionaryId();
  dictionary->values = FlatOf(type, entries);
  Vector v = Vector::FromDictionary(std::move(dictionary), std::move(codes), rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].is_null()) v.SetNull(i);
  }
  return v;
}

inline Vector RunsOf(const Type& type, const std::vector<Value>& rows) {
  std::vector<Value> values;
  std::vector<uint32_t> ends;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (i == 0 || !(rows[i] == rows[i - 1])) {
      values.push_back(rows[i]);
      ends.push_back(0);
    }
    ends.back() = static_cast<uint32_t>(i + 1);
  }
  BufferPtr buffer = Buffer::Allocate(ends.size() * 4);
  if (!ends.empty()) std::memcpy(buffer->data(), ends.data(), ends.size() * 4);
  return Vector::FromRuns(FlatOf(type, values), std::move(buffer), rows.size());
}

}  // namespace shale
