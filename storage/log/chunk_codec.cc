#include "storage/log/chunk_codec.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/vector/nested.h"

namespace shale {
namespace {

// The first byte of an encoded column.
constexpr uint8_t kFlatColumn = 0;
constexpr uint8_t kConstantColumn = 1;
constexpr uint8_t kDictionaryColumn = 2;
constexpr uint8_t kNullsFollow = 16;  // flag: a bitmap stands before the values

constexpr uint32_t kMaxNesting = 32;

void PutStrings(const std::string_view* strings, size_t count, WireWriter* wire) {
  for (size_t i = 0; i < count; ++i) wire->Put<uint32_t>(static_cast<uint32_t>(strings[i].size()));
  for (size_t i = 0; i < count; ++i) wire->PutRaw(strings[i].data(), strings[i].size());
}

// Each list as the bytes that AppendValueBytes makes of it; of a NULL none.
void PutLists(const Vector& lists, size_t count, WireWriter* wire) {
  std::string bytes;
  std::vector<size_t> ends(count);
  for (size_t i = 0; i < count; ++i) {
    if (!lists.IsNull(i)) AppendValueBytes(lists, i, false, &bytes);
    ends[i] = bytes.size();
  }
  for (size_t i = 0; i < count; ++i) {
    wire->Put<uint32_t>(static_cast<uint32_t>(ends[i] - (i == 0 ? 0 : ends[i - 1])));
  }
  wire->PutRaw(bytes.data(), bytes.size());
}

void PutFlatValues(const Vector& vector, size_t count, WireWriter* wire) {
  PhysicalType physical = vector.type().physical();
  if (physical == PhysicalType::kString) {
    PutStrings(vector.values<std::string_view>(), count, wire);
    return;
  }
  if (physical == PhysicalType::kList) return PutLists(vector, count, wire);
  SHALE_CHECK(physical != PhysicalType::kStruct);
  size_t width = PhysicalSize(physical);
  // A slice's values() accounts for its offset only when asked in units of its own type.
  const uint8_t* at = nullptr;
  switch (width) {
    case 1: at = vector.values<uint8_t>(); break;
    case 2: at = reinterpret_cast<const uint8_t*>(vector.values<uint16_t>()); break;
    case 4: at = reinterpret_cast<const uint8_t*>(vector.values<uint32_t>()); break;
    case 8: at = reinterpret_cast<const uint8_t*>(vector.values<uint64_t>()); break;
    case 16: at = reinterpret_cast<const uint8_t*>(vector.values<int128_t>()); break;
    default: SHALE_CHECK(false);
  }
  wire->PutRaw(at, width * count);
}

void PutNulls(const Vector& vector, size_t rows, WireWriter* wire) {
  wire->PutRaw(vector.validity(), BitmapWords(rows) * 8);
}

void EncodeColumn(const Vector& column, size_t rows, WireWriter* wire) {
  if (column.is_constant()) {
    wire->Put<uint8_t>(kConstantColumn);
    PutValue(column.GetValue(0), wire);
    return;
  }
  bool dictionary = column.is_dictionary() && column.type().IsStringLike() &&
                    column.dictionary()->size() <= rows / 2 &&
                    !column.dictionary()->values.has_nulls();
  uint8_t nulls = column.has_nulls() ? kNullsFollow : 0;
  if (dictionary) {
    wire->Put<uint8_t>(kDictionaryColumn | nulls);
    if (nulls) PutNulls(column, rows, wire);
    const Vector& values = column.dictionary()->values;
    wire->Put<uint32_t>(static_cast<uint32_t>(values.size()));
    PutStrings(values.values<std::string_view>(), values.size(), wire);
    wire->PutRaw(column.codes(), rows * sizeof(uint32_t));
    return;
  }
  Vector flat = column.Flatten();
  nulls = flat.has_nulls() ? kNullsFollow : 0;
  wire->Put<uint8_t>(kFlatColumn | nulls);
  if (nulls) PutNulls(flat, rows, wire);
  PutFlatValues(flat, rows, wire);
}

bool GetStrings(WireReader* wire, size_t count, std::string_view* out) {
  if (wire->left() / 4 < count) {
    wire->Fail();
    return false;
  }
  std::string_view lengths = wire->GetRaw(count * 4);
  for (size_t i = 0; i < count; ++i) {
    uint32_t length;
    std::memcpy(&length, lengths.data() + i * 4, 4);
    out[i] = wire->GetRaw(length);
  }
  return wire->ok();
}

bool GetLists(const Type& type, size_t rows, const uint64_t* validity, WireReader* wire,
              Vector* out) {
  std::vector<std::string_view> bytes(rows);
  if (wire->left() / 4 < rows || !GetStrings(wire, rows, bytes.data())) return false;
  VectorBuilder lists(type, rows);
  for (size_t i = 0; i < rows; ++i) {
    const bool null = validity != nullptr && !BitIsSet(validity, i);
    if (null != bytes[i].empty()) return false;
    if (null) {
      lists.AppendNull();
    } else if (bytes[i][0] == 0 || !ReadValueBytes(&bytes[i], &lists) || !bytes[i].empty()) {
      return false;
    }
  }
  *out = lists.Finish();
  return true;
}

bool DecodeColumn(const Type& type, size_t rows, WireReader* wire, const HeapPtr& heap,
                  Vector* out) {
  uint8_t kind = wire->Get<uint8_t>();
  bool nulls = (kind & kNullsFollow) != 0;
  kind &= ~kNullsFollow;
  if (!wire->ok()) return false;
  if (kind == kConstantColumn && !nulls) {
    Value value = GetValue(wire);
    if (!wire->ok() || !(value.type() == type)) return false;
    *out = value.is_null() ? Vector::ConstantNull(type, rows) : Vector::Constant(value, rows);
    return true;
  }
  if (kind != kFlatColumn && kind != kDictionaryColumn) return false;
  BufferPtr validity;
  if (nulls) {
    std::string_view raw = wire->GetRaw(BitmapWords(rows) * 8);
    if (!wire->ok()) return false;
    validity = Buffer::Allocate(raw.size());
    std::memcpy(validity->data(), raw.data(), raw.size());
  }
  if (type.id() == TypeId::kList) {
    const auto* words = validity ? reinterpret_cast<const uint64_t*>(validity->data()) : nullptr;
    return kind == kFlatColumn && GetLists(type, rows, words, wire, out);
  }
  if (kind == kDictionaryColumn) {
    if (!type.IsStringLike()) return false;
    uint32_t entries = wire->Get<uint32_t>();
    if (!wire->ok() || wire->left() / 4 < entries) return false;
    auto dictionary = std::make_shared<Dictionary>();
    dictionary->id = NextDictionaryId();
    dictionary->values = Vector::Flat(type, entries);
    if (!GetStrings(wire, entries, dictionary->values.mutable_values<std::string_view>())) {
      return false;
    }
    if (heap) dictionary->values.AddHeap(heap);
    std::string_view raw = wire->GetRaw(rows * 4);
    if (!wire->ok()) return false;
    BufferPtr codes = Buffer::Allocate(raw.size());
    std::memcpy(codes->data(), raw.data(), raw.size());
    const auto* code = reinterpret_cast<const uint32_t*>(codes->data());
    for (size_t i = 0; i < rows; ++i) {
      if (code[i] >= entries) return false;
    }
    *out = Vector::FromDictionary(std::move(dictionary), std::move(codes), rows);
  } else if (type.IsStringLike()) {
    if (wire->left() / 4 < rows) return false;
    *out = Vector::Flat(type, rows);
    if (!GetStrings(wire, rows, out->mutable_values<std::string_view>())) return false;
    if (heap) out->AddHeap(heap);
  } else {
    std::string_view raw = wire->GetRaw(rows * PhysicalSize(type.physical()));
    if (!wire->ok()) return false;
    BufferPtr values = Buffer::Allocate(raw.size());
    std::memcpy(values->data(), raw.data(), raw.size());
    *out = Vector::FromBuffer(type, std::move(values), rows);
  }
  if (validity) out->set_validity(std::move(validity));
  return true;
}

Type GetTypeAt(WireReader* wire, uint32_t depth) {
  auto id = static_cast<TypeId>(wire->Get<uint8_t>());
  uint8_t precision = wire->Get<uint8_t>();
  uint8_t scale = wire->Get<uint8_t>();
  uint32_t fields = wire->Get<uint16_t>();
  if (!wire->ok() || id > TypeId::kStruct || depth > kMaxNesting ||
      (id == TypeId::kDecimal &&
       (precision < 1 || precision > kMaxDecimalPrecision || scale > precision)) ||
      (id == TypeId::kList && fields != 1)) {
    wire->Fail();
    return {};
  }
  std::vector<std::pair<std::string, Type>> nested;
  for (uint32_t i = 0; i < fields && wire->ok(); ++i) {
    std::string name(wire->GetString());
    nested.emplace_back(std::move(name), GetTypeAt(wire, depth + 1));
  }
  if (!wire->ok()) return {};
  if (id == TypeId::kDecimal) return Type::Decimal(precision, scale);
  if (id == TypeId::kList) return Type::List(nested[0].second);
  if (id == TypeId::kStruct) return Type::Struct(std::move(nested));
  return id;
}

}  // namespace

void PutType(const Type& type, WireWriter* wire) {
  wire->Put<uint8_t>(static_cast<uint8_t>(type.id()));
  bool decimal = type.id() == TypeId::kDecimal;
  wire->Put<uint8_t>(decimal ? static_cast<uint8_t>(type.precision()) : 0);
  wire->Put<uint8_t>(decimal ? static_cast<uint8_t>(type.scale()) : 0);
  if (type.id() == TypeId::kList) {
    wire->Put<uint16_t>(1);
    wire->PutString("");
    PutType(type.child(), wire);
  } else if (type.id() == TypeId::kStruct) {
    wire->Put<uint16_t>(static_cast<uint16_t>(type.fields().size()));
    for (const auto& [name, field] : type.fields()) {
      wire->PutString(name);
      PutType(field, wire);
    }
  } else {
    wire->Put<uint16_t>(0);
  }
}

Type GetType(WireReader* wire) { return GetTypeAt(wire, 0); }

void PutValue(const Value& value, WireWriter* wire) {
  PutType(value.type(), wire);
  wire->Put<uint8_t>(value.is_null() ? 1 : 0);
  if (value.is_null()) return;
  switch (value.type().physical()) {
    case PhysicalType::kFloat:
    case PhysicalType::kDouble: wire->Put<double>(value.AsDouble()); break;
    case PhysicalType::kString: wire->PutString(value.AsString()); break;
    case PhysicalType::kInterval: {
      const Interval& interval = value.AsInterval();
      wire->Put<int32_t>(interval.months);
      wire->Put<int32_t>(interval.days);
      wire->Put<int64_t>(interval.micros);
      break;
    }
    case PhysicalType::kList:
    case PhysicalType::kStruct:
      wire->Put<uint32_t>(static_cast<uint32_t>(value.items().size()));
      for (const Value& item : value.items()) PutValue(item, wire);
      break;
    default: wire->Put<int128_t>(value.AsInt128());
  }
}

Value GetValue(WireReader* wire) {
  Type type = GetType(wire);
  uint8_t null = wire->Get<uint8_t>();
  if (!wire->ok()) return {};
  if (null) return Value::Null(type);
  switch (type.physical()) {
    case PhysicalType::kFloat:
    case PhysicalType::kDouble: return Value::Float(type, wire->Get<double>());
    case PhysicalType::kString: return Value::String(type, std::string(wire->GetString()));
    case PhysicalType::kInterval: {
      Interval interval;
      interval.months = wire->Get<int32_t>();
      interval.days = wire->Get<int32_t>();
      interval.micros = wire->Get<int64_t>();
      return Value::Of(interval);
    }
    case PhysicalType::kList:
    case PhysicalType::kStruct: {
      uint32_t count = wire->Get<uint32_t>();
      std::vector<Value> items;
      for (uint32_t i = 0; i < count && wire->ok(); ++i) items.push_back(GetValue(wire));
      return type.id() == TypeId::kList ? Value::List(type, std::move(items))
                                        : Value::Struct(type, std::move(items));
    }
    case PhysicalType::kBool: return Value::Bool(wire->Get<int128_t>() != 0);
    case PhysicalType::kInt128: return Value::Int128(type, wire->Get<int128_t>());
    case PhysicalType::kUInt8:
    case PhysicalType::kUInt16:
    case PhysicalType::kUInt32:
    case PhysicalType::kUInt64:
      return Value::UInt(type, static_cast<uint64_t>(wire->Get<int128_t>()));
    default: return Value::Int(type, static_cast<int64_t>(wire->Get<int128_t>()));
  }
}

void EncodeChunk(const Chunk& chunk, WireWriter* wire) {
  wire->Put<uint32_t>(static_cast<uint32_t>(chunk.num_rows));
  for (const Vector& column : chunk.columns) EncodeColumn(column, chunk.num_rows, wire);
}

StatusOr<Chunk> DecodeChunk(std::span<const Type> types, WireReader* wire, const HeapPtr& heap) {
  Chunk chunk;
  chunk.num_rows = wire->Get<uint32_t>();
  for (size_t i = 0; i < types.size(); ++i) {
    Vector column;
    if (!wire->ok() || !DecodeColumn(types[i], chunk.num_rows, wire, heap, &column)) {
      return DataLoss("a batch of {} rows cannot be read: column {} of {} is malformed",
                      chunk.num_rows, i + 1, types.size());
    }
    chunk.columns.push_back(std::move(column));
  }
  if (!wire->ok()) return DataLoss("a batch of rows cannot be read: it was cut");
  return chunk;
}

}  // namespace shale
