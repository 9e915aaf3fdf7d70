#include "tests/unit/storage/segment/random_rows.h"

#include <algorithm>
#include <map>

#include "engine/vector/vector_builder.h"

namespace shale {

std::vector<Type> StorableTypes() {
  return {TypeId::kBoolean,     TypeId::kTinyInt,  TypeId::kSmallInt,  TypeId::kInteger,
          TypeId::kBigInt,      TypeId::kUTinyInt, TypeId::kUSmallInt, TypeId::kUInteger,
          TypeId::kUBigInt,     TypeId::kReal,     TypeId::kDouble,    Type::Decimal(12, 2),
          Type::Decimal(38, 4), TypeId::kDate,     TypeId::kTimestamp, TypeId::kTimestampTz,
          TypeId::kInterval,    TypeId::kText,     TypeId::kBytea,     TypeId::kUuid,
          TypeId::kInet,        TypeId::kJson};
}

std::vector<Type> StorableListTypes() {
  return {Type::List(TypeId::kBigInt),
          Type::List(TypeId::kText),
          Type::List(TypeId::kBoolean),
          Type::List(TypeId::kDouble),
          Type::List(Type::Decimal(38, 4)),
          Type::List(TypeId::kInterval),
          Type::List(TypeId::kJson),
          Type::List(Type::List(TypeId::kInteger)),
          Type::List(Type::List(TypeId::kText))};
}

Value NthValue(const Type& type, uint64_t number) {
  switch (type.physical()) {
    case PhysicalType::kBool: return Value::Bool(number % 2 == 1);
    case PhysicalType::kInt8: return Value::Int(type, static_cast<int8_t>(number - 100));
    case PhysicalType::kInt16: return Value::Int(type, static_cast<int16_t>(number - 1000));
    case PhysicalType::kInt32: return Value::Int(type, static_cast<int32_t>(number - 5000));
    case PhysicalType::kInt64: return Value::Int(type, static_cast<int64_t>(number * 977 - 400000));
    case PhysicalType::kUInt8: return Value::UInt(type, static_cast<uint8_t>(number));
    case PhysicalType::kUInt16: return Value::UInt(type, static_cast<uint16_t>(number));
    case PhysicalType::kUInt32: return Value::UInt(type, static_cast<uint32_t>(number));
    case PhysicalType::kUInt64: return Value::UInt(type, number);
    case PhysicalType::kInt128: return Value::Int128(type, static_cast<int128_t>(number) - 7000);
    case PhysicalType::kFloat:
      return Value::Float(type, static_cast<float>(static_cast<double>(number % 100000) / 100));
    case PhysicalType::kDouble:
      return Value::Float(type, static_cast<double>(number % 100000000) / 100);
    case PhysicalType::kInterval:
      return Value::Of(Interval{static_cast<int32_t>(number % 12),
                                static_cast<int32_t>(number % 31), static_cast<int64_t>(number)});
    case PhysicalType::kList: {
      std::vector<Value> items;
      for (uint64_t i = 0; i < number % 6; ++i) {
        items.push_back((number + i) % 11 == 0 ? Value::Null(type.child())
                                               : NthValue(type.child(), (number + i) % 100000));
      }
      return Value::List(type, std::move(items));
    }
    default: {
      std::string digits = std::to_string(number);
      digits.insert(0, 20 - digits.size(), '0');
      // Some longer than a zone map's bound, with a common beginning.
      if (number % 3 == 0) digits = "https://example.org/a/path/" + digits + std::string(60, 'x');
      if (number % 7 == 0) digits = "";
      return Value::String(type, digits);
    }
  }
}

std::vector<Value> RandomValues(const Type& type, Shape shape, size_t rows, double null_share,
                                Random* random) {
  std::vector<Value> values;
  values.reserve(rows);
  std::uniform_real_distribution<double> chance(0, 1);
  uint64_t number = (*random)() % 1000;
  for (size_t i = 0; i < rows; ++i) {
    switch (shape) {
      case Shape::kConstant: break;
      case Shape::kRuns:
        if (chance(*random) < 0.03) number = (*random)() % 50;
        break;
      case Shape::kAscending: number += (*random)() % 4; break;
      case Shape::kFewValues: number = (*random)() % 19; break;
      case Shape::kWide: number = (*random)(); break;
      case Shape::kSparse: number = chance(*random) < 0.02 ? (*random)() >> 20 : 0; break;
    }
    if (chance(*random) < null_share) {
      values.push_back(Value::Null(type));
    } else if (type.IsFloat() && shape == Shape::kWide) {
      const uint64_t bits = (*random)();
      double value;
      std::memcpy(&value, &bits, sizeof value);
      if (type.id() == TypeId::kReal) value = static_cast<float>(value);
      values.push_back(Value::Float(type, value));
    } else {
      values.push_back(NthValue(type, number));
    }
  }
  return values;
}

Vector MakeVector(const Type& type, const std::vector<Value>& values, Encoding encoding) {
  const size_t rows = values.size();
  VectorBuilder flat(type, rows);
  for (const Value& value : values) flat.AppendValue(value);
  if (rows == 0) return flat.Finish();
  switch (encoding) {
    case Encoding::kConstant:
      if (std::all_of(values.begin(), values.end(),
                      [&](const Value& value) { return value == values[0]; })) {
        return values[0].is_null() ? Vector::ConstantNull(type, rows)
                                   : Vector::Constant(values[0], rows);
      }
      break;
    case Encoding::kDictionary: {
      VectorBuilder entries(type);
      std::vector<Value> known;
      BufferPtr codes = Buffer::Allocate(rows * sizeof(uint32_t));
      uint32_t* out = reinterpret_cast<uint32_t*>(codes->data());
      for (size_t i = 0; i < rows; ++i) {
        out[i] = 0;
        if (values[i].is_null()) continue;
        const auto found = std::find(known.begin(), known.end(), values[i]);
        out[i] = static_cast<uint32_t>(found - known.begin());
        if (found != known.end()) continue;
        if (known.size() > 300) return flat.Finish();
        known.push_back(values[i]);
        entries.AppendValue(values[i]);
      }
      if (known.empty()) break;
      auto dictionary = std::make_shared<Dictionary>();
      dictionary->id = NextDictionaryId();
      dictionary->values = entries.Finish();
      Vector vector = Vector::FromDictionary(dictionary, codes, rows);
      for (size_t i = 0; i < rows; ++i) {
        if (values[i].is_null()) vector.SetNull(i);
      }
      return vector;
    }
    case Encoding::kRun: {
      VectorBuilder runs(type);
      std::vector<uint32_t> ends;
      for (size_t i = 0; i < rows; ++i) {
        if (i > 0 && values[i] == values[i - 1]) {
          ++ends.back();
        } else {
          runs.AppendValue(values[i]);
          ends.push_back(static_cast<uint32_t>(i + 1));
        }
      }
      BufferPtr buffer = Buffer::Allocate(ends.size() * sizeof(uint32_t));
      std::memcpy(buffer->data(), ends.data(), ends.size() * sizeof(uint32_t));
      return Vector::FromRuns(runs.Finish(), buffer, rows);
    }
    case Encoding::kFlat: break;
  }
  return flat.Finish();
}

}  // namespace shale
