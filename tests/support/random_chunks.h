// Builders for tests: vectors of any type and encoding from boxed values, random chunks, and rows
// read back out of chunks. Deterministic for a seed.
#pragma once

#include <algorithm>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "engine/exec/pipeline.h"
#include "engine/operators/collect.h"
#include "engine/vector/hash.h"
#include "engine/vector/vector.h"
#include "engine/vector/vector_builder.h"

namespace shale::testing {

using Row = std::vector<Value>;

// NULL equals NULL, NaN equals NaN, -0 equals 0: as GROUP BY compares.
inline int CompareValues(const Value& a, const Value& b) {
  if (a.is_null() || b.is_null()) return a.is_null() == b.is_null() ? 0 : a.is_null() ? 1 : -1;
  return Value::Compare(a, b);
}
inline int CompareRows(const Row& a, const Row& b) {
  for (size_t i = 0; i < a.size() && i < b.size(); ++i) {
    const int compared = CompareValues(a[i], b[i]);
    if (compared != 0) return compared;
  }
  return 0;
}
struct RowLess {
  bool operator()(const Row& a, const Row& b) const { return CompareRows(a, b) < 0; }
};

inline Vector FlatOf(const Type& type, const std::vector<Value>& values) {
  VectorBuilder builder(type, values.size());
  for (const Value& value : values) {
    if (value.is_null())
      builder.AppendNull();
    else
      builder.AppendValue(value);
  }
  return builder.Finish();
}

// The same rows under an encoding. kConstant takes the first value for all rows.
inline Vector VectorOf(const Type& type, const std::vector<Value>& values, Encoding encoding,
                       bool with_hashes = false) {
  switch (encoding) {
    case Encoding::kFlat: return FlatOf(type, values);
    case Encoding::kConstant:
      return values.empty() || values[0].is_null() ? Vector::ConstantNull(type, values.size())
                                                   : Vector::Constant(values[0], values.size());
    case Encoding::kDictionary: {
      std::vector<Value> entries;
      BufferPtr codes = Buffer::Allocate(values.size() * sizeof(uint32_t));
      auto* out = reinterpret_cast<uint32_t*>(codes->data());
      for (size_t i = 0; i < values.size(); ++i) {
        if (values[i].is_null()) {
          out[i] = 0;
          continue;
        }
        size_t at = 0;
        while (at < entries.size() && CompareValues(entries[at], values[i]) != 0) ++at;
        if (at == entries.size()) entries.push_back(values[i]);
        out[i] = static_cast<uint32_t>(at);
      }
      if (entries.empty()) return Vector::ConstantNull(type, values.size()).Flatten();
      auto dictionary = std::make_shared<Dictionary>();
      dictionary->id = NextDictionaryId();
      dictionary->distinct = true;
      dictionary->values = FlatOf(type, entries);
      if (with_hashes && type.IsStringLike()) {
        for (const Value& entry : entries)
          dictionary->hashes.push_back(HashBytes(entry.AsString()));
      }
      Vector vector = Vector::FromDictionary(dictionary, codes, values.size());
      for (size_t i = 0; i < values.size(); ++i) {
        if (values[i].is_null()) vector.SetNull(i);
      }
      return vector;
    }
    case Encoding::kRun: {
      std::vector<Value> runs;
      std::vector<uint32_t> ends;
      for (size_t i = 0; i < values.size(); ++i) {
        if (i == 0 || CompareValues(values[i], values[i - 1]) != 0) {
          runs.push_back(values[i]);
          ends.push_back(0);
        }
        ends.back() = static_cast<uint32_t>(i + 1);
      }
      BufferPtr buffer = Buffer::Allocate(ends.size() * sizeof(uint32_t));
      std::memcpy(buffer->data(), ends.data(), ends.size() * sizeof(uint32_t));
      return Vector::FromRuns(FlatOf(type, runs), buffer, values.size());
    }
  }
  return Vector();
}

class RandomChunks {
 public:
  explicit RandomChunks(uint64_t seed) : random_(seed) {}

  size_t Below(size_t limit) { return limit == 0 ? 0 : random_() % limit; }
  bool Chance(double probability) {
    return std::uniform_real_distribution<double>()(random_) < probability;
  }

  // One of about `variety` different values.
  Value RandomValue(const Type& type, size_t variety) {
    const auto n = static_cast<int64_t>(Below(variety)) - static_cast<int64_t>(variety / 2);
    switch (type.id()) {
      case TypeId::kNull: return Value::Null(type);
      case TypeId::kBoolean: return Value::Bool(n & 1);
      case TypeId::kTinyInt: return Value::Int(type, static_cast<int8_t>(n));
      case TypeId::kSmallInt: return Value::Int(type, static_cast<int16_t>(n * 7));
      case TypeId::kInteger: return Value::Int(type, static_cast<int32_t>(n * 1001));
      case TypeId::kBigInt: return Value::Int(type, n * int64_t{1000000007});
      case TypeId::kUTinyInt: return Value::UInt(type, static_cast<uint8_t>(n));
      case TypeId::kUSmallInt: return Value::UInt(type, static_cast<uint16_t>(n * 7));
      case TypeId::kUInteger: return Value::UInt(type, static_cast<uint32_t>(n * 1001));
      case TypeId::kUBigInt:
        return Value::UInt(type, static_cast<uint64_t>(n) * uint64_t{1000000007});
      case TypeId::kReal: return Value::Float(type, Real(n));
      case TypeId::kDouble: return Value::Float(type, Real(n));
      case TypeId::kDecimal:
        if (type.physical() == PhysicalType::kInt64) return Value::Int(type, n * 37);
        return Value::Int128(type, static_cast<int128_t>(n) * 1000000000000000000 * 1000);
      case TypeId::kDate: return Value::Int(type, 18000 + n);
      case TypeId::kTimestamp:
      case TypeId::kTimestampTz: return Value::Int(type, 1600000000000000 + n * 3600000001);
      case TypeId::kInterval:
        return Value::Of(
            Interval{static_cast<int32_t>(n % 5), static_cast<int32_t>(n % 3), n * 1000});
      case TypeId::kUuid: return Value::Int128(type, static_cast<int128_t>(HashInt(n + 1)) << 60);
      case TypeId::kList: {
        std::vector<Value> items;
        for (size_t count = Below(4); count > 0; --count) {
          items.push_back(Chance(0.1) ? Value::Null(type.child())
                                      : RandomValue(type.child(), std::min<size_t>(variety, 3)));
        }
        return Value::List(type, std::move(items));
      }
      default: {
        // Lengths from nothing to beyond any prefix; some share long prefixes.
        const uint64_t hash = HashInt(static_cast<uint64_t>(n) + 77);
        std::string text;
        if (hash % 8 == 0) text = "https://example.org/a/long/common/prefix/";
        if (hash % 16 != 1) text += std::to_string(n);
        text.append(hash % 5, static_cast<char>('a' + hash % 26));
        return Value::String(type, text);
      }
    }
  }

  std::vector<Value> RandomValues(const Type& type, size_t count, size_t variety,
                                  double null_share) {
    std::vector<Value> values;
    const bool runs = Chance(0.3);
    for (size_t i = 0; i < count; ++i) {
      if (runs && i > 0 && Chance(0.8))
        values.push_back(values.back());
      else if (Chance(null_share))
        values.push_back(Value::Null(type));
      else
        values.push_back(RandomValue(type, variety));
    }
    return values;
  }

  Vector RandomVector(const Type& type, size_t count, size_t variety, double null_share) {
    const auto encoding = static_cast<Encoding>(Below(4));
    return VectorOf(type, RandomValues(type, count, variety, null_share), encoding, Chance(0.5));
  }

  Chunk RandomChunk(const std::vector<Type>& types, size_t count, size_t variety,
                    double null_share) {
    Chunk chunk;
    chunk.num_rows = count;
    for (const Type& type : types) {
      chunk.columns.push_back(RandomVector(type, count, variety, null_share));
    }
    return chunk;
  }

  std::vector<Chunk> RandomRows(const std::vector<Type>& types, size_t num_chunks, size_t max_rows,
                                size_t variety, double null_share) {
    std::vector<Chunk> chunks;
    for (size_t i = 0; i < num_chunks; ++i) {
      chunks.push_back(RandomChunk(types, 1 + Below(max_rows), variety, null_share));
    }
    return chunks;
  }

 private:
  static double Real(int64_t n) {
    if (n == 1) return -0.0;
    if (n == 0) return 0.0;
    if (n == 2) return std::numeric_limits<double>::quiet_NaN();
    if (n == 3) return std::numeric_limits<double>::infinity();
    return static_cast<double>(n) * 0.25;
  }
  std::mt19937_64 random_;
};

inline std::vector<Row> RowsOf(const std::vector<Chunk>& chunks) {
  std::vector<Row> rows;
  for (const Chunk& chunk : chunks) {
    for (size_t i = 0; i < chunk.num_rows; ++i) {
      Row row;
      for (const Vector& column : chunk.columns) row.push_back(column.GetValue(i));
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

inline std::unique_ptr<Source> SourceOf(const std::vector<Chunk>& chunks) {
  return MakeChunkSource(std::make_shared<std::vector<Chunk>>(chunks));
}

// Runs chunks through operators into a sink.
inline Status RunInto(const std::vector<Chunk>& chunks,
                      std::vector<std::shared_ptr<Operator>> operators, std::shared_ptr<Sink> sink,
                      ExecutionContext* context) {
  std::vector<Pipeline> pipelines(1);
  Pipeline::Branch branch;
  branch.make_source = [&chunks]() -> StatusOr<std::unique_ptr<Source>> {
    return SourceOf(chunks);
  };
  branch.operators = std::move(operators);
  pipelines[0].branches.push_back(std::move(branch));
  pipelines[0].sink = std::move(sink);
  return RunPipelines(pipelines, context);
}

// Rows of a finished sink, in its source's order.
inline StatusOr<std::vector<Row>> ReadRows(SinkSource& sink, ExecutionContext* context) {
  std::vector<Chunk> chunks;
  std::unique_ptr<Source> source = sink.MakeSource();
  RETURN_IF_ERROR(Drain(*source, context, [&](Chunk chunk) -> StatusOr<Flow> {
    chunks.push_back(std::move(chunk));
    return Flow::kMore;
  }));
  source.reset();
  return RowsOf(chunks);
}

// Values as people read them, for messages.
inline std::string Print(const Row& row) {
  std::string text = "(";
  for (const Value& value : row) {
    if (text.size() > 1) text += ", ";
    if (value.is_null()) {
      text += "NULL";
      continue;
    }
    switch (value.type().physical()) {
      case PhysicalType::kString: text += "'" + value.AsString() + "'"; break;
      case PhysicalType::kFloat:
      case PhysicalType::kDouble: text += std::to_string(value.AsDouble()); break;
      case PhysicalType::kInterval:
        text += std::to_string(value.AsInterval().months) + " mon " +
                std::to_string(value.AsInterval().days) + " d " +
                std::to_string(value.AsInterval().micros) + " us";
        break;
      case PhysicalType::kInt128:
        text += std::to_string(static_cast<double>(value.AsInt128()));
        break;
      default: text += std::to_string(value.AsInt()); break;
    }
  }
  return text + ")";
}

}  // namespace shale::testing
