#include "sql/binary_value.h"

#include <bit>
#include <cmath>
#include <cstring>

#include "engine/functions/value_format.h"
#include "engine/functions/value_io.h"
#include "engine/vector/postgres_oid.h"

namespace shale {
namespace {

constexpr int32_t kDaysTo2000 = 10957;  // from 1970
constexpr int64_t kMicrosTo2000 = int64_t{946684800} * 1'000'000;
constexpr int kNumericBase = 10000;
constexpr uint16_t kNumericNegative = 0x4000, kNumericNan = 0xC000;

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  template <typename T>
  T Get() {
    std::make_unsigned_t<T> value = 0;
    if (bytes_.size() < sizeof(T)) {
      ok_ = false;
      return 0;
    }
    for (size_t i = 0; i < sizeof(T); ++i) {
      value = static_cast<std::make_unsigned_t<T>>(value << (sizeof(T) > 1 ? 8 : 0)) |
              static_cast<uint8_t>(bytes_[i]);
    }
    bytes_.remove_prefix(sizeof(T));
    return static_cast<T>(value);
  }
  std::string_view Take(size_t size) {
    if (bytes_.size() < size) {
      ok_ = false;
      return {};
    }
    std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }
  bool ok() const { return ok_; }
  bool at_end() const { return ok_ && bytes_.empty(); }
  size_t left() const { return bytes_.size(); }

 private:
  std::string_view bytes_;
  bool ok_ = true;
};

// A decimal as numeric_send writes it: groups of four digits around the point.
void AppendNumeric(int128_t value, int scale, std::string* out) {
  std::string text;
  AppendDecimal(value, scale, &text);
  const bool negative = text[0] == '-';
  if (negative) text.erase(0, 1);
  const size_t point = text.find('.');
  std::string whole = text.substr(0, point);
  std::string part = point == std::string::npos ? "" : text.substr(point + 1);
  whole.insert(0, (4 - whole.size() % 4) % 4, '0');
  part.append((4 - part.size() % 4) % 4, '0');
  std::vector<int16_t> groups;
  const std::string digits = whole + part;
  for (size_t i = 0; i < digits.size(); i += 4) {
    groups.push_back(static_cast<int16_t>((digits[i] - '0') * 1000 + (digits[i + 1] - '0') * 100 +
                                          (digits[i + 2] - '0') * 10 + (digits[i + 3] - '0')));
  }
  int weight = static_cast<int>(whole.size() / 4) - 1;
  size_t first = 0, last = groups.size();
  while (first < last && groups[first] == 0) {
    ++first;
    --weight;
  }
  while (last > first && groups[last - 1] == 0) --last;
  if (first == last) weight = 0;
  AppendBigEndian16(static_cast<int16_t>(last - first), out);
  AppendBigEndian16(static_cast<int16_t>(weight), out);
  AppendBigEndian16(static_cast<int16_t>(negative && first != last ? kNumericNegative : 0), out);
  AppendBigEndian16(static_cast<int16_t>(scale), out);
  for (size_t i = first; i < last; ++i) AppendBigEndian16(groups[i], out);
}

// The text of a numeric; "" when it is malformed.
std::string NumericText(Reader* in) {
  const int16_t count = in->Get<int16_t>();
  const int16_t weight = in->Get<int16_t>();
  const auto sign = static_cast<uint16_t>(in->Get<int16_t>());
  const int16_t scale = in->Get<int16_t>();
  if (!in->ok() || count < 0 || scale < 0 || scale > 16383 || weight > 1000 || weight < -1000) {
    return "";
  }
  if (sign == kNumericNan) return "NaN";
  if (sign == 0xD000) return "Infinity";
  if (sign == 0xF000) return "-Infinity";
  std::string whole, part;
  for (int group = 0; group < std::max<int>(count, weight + 1); ++group) {
    int16_t digits = 0;
    if (group < count) digits = in->Get<int16_t>();
    if (digits < 0 || digits >= kNumericBase) return "";
    std::string four = fmt::format("{:04}", digits);
    (group <= weight ? whole : part) += four;
  }
  if (weight < -1) part.insert(0, static_cast<size_t>(-1 - weight) * 4, '0');
  if (whole.empty()) whole = "0";
  part.resize(static_cast<size_t>(scale), '0');
  std::string text = sign == kNumericNegative ? "-" : "";
  text += whole;
  if (!part.empty()) text += "." + part;
  return text;
}

void AppendInetBinary(std::string_view inet, std::string* out) {
  const size_t size = InetAddressSize(inet);
  out->push_back(size == 4 ? 2 : 3);  // PGSQL_AF_INET, PGSQL_AF_INET6
  out->push_back(static_cast<char>(InetPrefix(inet)));
  out->push_back(0);
  out->push_back(static_cast<char>(size));
  out->append(reinterpret_cast<const char*>(InetAddress(inet)), size);
}

Status Malformed(const Type& type) {
  return InvalidArgument("incorrect binary data format for type {}", PostgresTypeName(type));
}

StatusOr<Value> IntegerAs(int64_t number, const Type& type) {
  // Through text: each type checks its own range and says so.
  return ParseBoxed(std::to_string(number), type);
}

StatusOr<Value> ParseArray(Reader* in, const Type& type) {
  const int32_t dimensions = in->Get<int32_t>();
  in->Get<int32_t>();  // whether there are NULLs
  const auto element = static_cast<uint32_t>(in->Get<int32_t>());
  if (!in->ok() || dimensions < 0 || dimensions > 1) {
    if (dimensions > 1) return Unsupported("arrays of more than one dimension have no binary form");
    return Malformed(type);
  }
  std::vector<Value> items;
  if (dimensions == 0) return Value::List(type, std::move(items));
  const int32_t count = in->Get<int32_t>();
  in->Get<int32_t>();  // lower bound
  if (!in->ok() || count < 0 || static_cast<size_t>(count) > in->left() / 4) return Malformed(type);
  for (int32_t i = 0; i < count; ++i) {
    const int32_t size = in->Get<int32_t>();
    if (size < 0) {
      items.push_back(Value::Null(type.child()));
      continue;
    }
    std::string_view bytes = in->Take(static_cast<size_t>(size));
    if (!in->ok()) return Malformed(type);
    ASSIGN_OR_RETURN(Value item, ParseBinary(bytes, element, type.child()));
    items.push_back(std::move(item));
  }
  return Value::List(type, std::move(items));
}

}  // namespace

void AppendBigEndian16(int16_t value, std::string* out) {
  const auto bits = static_cast<uint16_t>(value);
  out->push_back(static_cast<char>(bits >> 8));
  out->push_back(static_cast<char>(bits));
}
void AppendBigEndian32(int32_t value, std::string* out) {
  const uint32_t bits = __builtin_bswap32(static_cast<uint32_t>(value));
  out->append(reinterpret_cast<const char*>(&bits), 4);
}
void AppendBigEndian64(int64_t value, std::string* out) {
  const uint64_t bits = __builtin_bswap64(static_cast<uint64_t>(value));
  out->append(reinterpret_cast<const char*>(&bits), 8);
}

Vector FlattenForBinary(const Vector& vector) {
  Vector flat = vector.Flatten();
  for (Vector& child : flat.mutable_children()) child = FlattenForBinary(child);
  return flat;
}

void AppendBinary(const Vector& vector, size_t row, std::string* out) {
  const Type& type = vector.type();
  switch (type.id()) {
    case TypeId::kBoolean: out->push_back(static_cast<char>(vector.values<uint8_t>()[row])); return;
    case TypeId::kTinyInt: AppendBigEndian16(vector.values<int8_t>()[row], out); return;
    case TypeId::kUTinyInt: AppendBigEndian16(vector.values<uint8_t>()[row], out); return;
    case TypeId::kSmallInt: AppendBigEndian16(vector.values<int16_t>()[row], out); return;
    case TypeId::kUSmallInt: AppendBigEndian32(vector.values<uint16_t>()[row], out); return;
    case TypeId::kInteger: AppendBigEndian32(vector.values<int32_t>()[row], out); return;
    case TypeId::kUInteger: AppendBigEndian64(vector.values<uint32_t>()[row], out); return;
    case TypeId::kBigInt: AppendBigEndian64(vector.values<int64_t>()[row], out); return;
    case TypeId::kUBigInt:
      AppendNumeric(static_cast<int128_t>(vector.values<uint64_t>()[row]), 0, out);
      return;
    case TypeId::kDecimal:
      AppendNumeric(type.physical() == PhysicalType::kInt64 ? vector.values<int64_t>()[row]
                                                            : vector.values<int128_t>()[row],
                    type.scale(), out);
      return;
    case TypeId::kReal:
      AppendBigEndian32(std::bit_cast<int32_t>(vector.values<float>()[row]), out);
      return;
    case TypeId::kDouble:
      AppendBigEndian64(std::bit_cast<int64_t>(vector.values<double>()[row]), out);
      return;
    case TypeId::kDate: AppendBigEndian32(vector.values<int32_t>()[row] - kDaysTo2000, out); return;
    case TypeId::kTimestamp:
    case TypeId::kTimestampTz:
      AppendBigEndian64(vector.values<int64_t>()[row] - kMicrosTo2000, out);
      return;
    case TypeId::kInterval: {
      const Interval& interval = vector.values<Interval>()[row];
      AppendBigEndian64(interval.micros, out);
      AppendBigEndian32(interval.days, out);
      AppendBigEndian32(interval.months, out);
      return;
    }
    case TypeId::kUuid: {
      // Stored with its sign bit flipped (type.h).
      const auto bits = static_cast<uint128_t>(vector.values<int128_t>()[row]) ^
                        (static_cast<uint128_t>(1) << 127);
      AppendBigEndian64(static_cast<int64_t>(bits >> 64), out);
      AppendBigEndian64(static_cast<int64_t>(bits), out);
      return;
    }
    case TypeId::kInet: AppendInetBinary(vector.values<std::string_view>()[row], out); return;
    case TypeId::kText:
    case TypeId::kBytea:
    case TypeId::kJson: out->append(vector.values<std::string_view>()[row]); return;
    case TypeId::kList: {
      const ListEntry entry = vector.values<ListEntry>()[row];
      const Vector& child = vector.children()[0];
      if (!child.is_flat()) break;                    // FlattenForBinary was not called
      if (type.child().id() == TypeId::kList) break;  // as text
      bool nulls = false;
      for (uint32_t i = 0; i < entry.length; ++i) nulls |= child.IsNull(entry.offset + i);
      AppendBigEndian32(entry.length == 0 ? 0 : 1, out);
      AppendBigEndian32(nulls ? 1 : 0, out);
      const bool oids = type.child().id() == TypeId::kUInteger;
      AppendBigEndian32(static_cast<int32_t>(oids ? pg_oid::kOid : PostgresOid(type.child())), out);
      if (entry.length == 0) return;
      AppendBigEndian32(static_cast<int32_t>(entry.length), out);
      AppendBigEndian32(1, out);
      for (uint32_t i = 0; i < entry.length; ++i) {
        if (child.IsNull(entry.offset + i)) {
          AppendBigEndian32(-1, out);
          continue;
        }
        const size_t at = out->size();
        AppendBigEndian32(0, out);
        if (oids) {
          AppendBigEndian32(static_cast<int32_t>(child.values<uint32_t>()[entry.offset + i]), out);
        } else {
          AppendBinary(child, entry.offset + i, out);
        }
        std::string size;
        AppendBigEndian32(static_cast<int32_t>(out->size() - at - 4), &size);
        out->replace(at, 4, size);
      }
      return;
    }
    case TypeId::kNull:
    case TypeId::kStruct: break;
  }
  AppendText(vector, row, "UTC", out);
}

StatusOr<Value> ParseBinary(std::string_view bytes, uint32_t oid, const Type& type) {
  if (oid == 0) oid = PostgresParameterOid(type);
  Reader in(bytes);
  auto check = [&](StatusOr<Value> value) -> StatusOr<Value> {
    if (!in.at_end()) return Malformed(type);
    return value;
  };
  switch (oid) {
    case pg_oid::kBool: {
      const bool value = in.Get<int8_t>() != 0;
      if (type.id() == TypeId::kBoolean) return check(Value::Bool(value));
      return check(ParseBoxed(value ? "true" : "false", type));
    }
    case pg_oid::kInt2: {
      const int16_t value = in.Get<int16_t>();
      return check(IntegerAs(value, type));
    }
    case pg_oid::kInt4: {
      const int32_t value = in.Get<int32_t>();
      return check(IntegerAs(value, type));
    }
    case pg_oid::kOid: {
      const auto value = static_cast<uint32_t>(in.Get<int32_t>());
      return check(IntegerAs(value, type));
    }
    case pg_oid::kInt8: {
      const int64_t value = in.Get<int64_t>();
      if (type.id() == TypeId::kBigInt) return check(Value::Int(type, value));
      return check(IntegerAs(value, type));
    }
    case pg_oid::kFloat4:
    case pg_oid::kFloat8: {
      const double value = oid == pg_oid::kFloat4
                               ? static_cast<double>(std::bit_cast<float>(in.Get<int32_t>()))
                               : std::bit_cast<double>(in.Get<int64_t>());
      if (type.IsFloat()) return check(Value::Float(type, value));
      std::string text;
      AppendDouble(value, &text);
      return check(ParseBoxed(text, type));
    }
    case pg_oid::kNumeric: {
      std::string text = NumericText(&in);
      if (text.empty()) return Malformed(type);
      return check(ParseBoxed(text, type));
    }
    case pg_oid::kDate: {
      const int64_t days = int64_t{in.Get<int32_t>()} + kDaysTo2000;
      if (type.id() == TypeId::kDate && days == static_cast<int32_t>(days)) {
        return check(Value::Int(type, days));
      }
      std::string text;
      AppendDate(static_cast<int32_t>(days), &text);
      return check(ParseBoxed(text, type));
    }
    case pg_oid::kTimestamp:
    case pg_oid::kTimestampTz: {
      int64_t micros = in.Get<int64_t>();
      if (__builtin_add_overflow(micros, kMicrosTo2000, &micros)) {
        return InvalidArgument("timestamp out of range");
      }
      if (type.id() == TypeId::kTimestamp || type.id() == TypeId::kTimestampTz) {
        return check(Value::Int(type, micros));
      }
      std::string text;
      AppendTimestamp(micros, &text);
      return check(ParseBoxed(text, type));
    }
    case pg_oid::kInterval: {
      Interval interval;
      interval.micros = in.Get<int64_t>();
      interval.days = in.Get<int32_t>();
      interval.months = in.Get<int32_t>();
      if (type.id() != TypeId::kInterval) return Malformed(type);
      return check(Value::Of(interval));
    }
    case pg_oid::kUuid: {
      const auto high = static_cast<uint64_t>(in.Get<int64_t>());
      const auto low = static_cast<uint64_t>(in.Get<int64_t>());
      if (type.id() != TypeId::kUuid) return Malformed(type);
      const uint128_t bits =
          (static_cast<uint128_t>(high) << 64 | low) ^ (static_cast<uint128_t>(1) << 127);
      return check(Value::Int128(type, static_cast<int128_t>(bits)));
    }
    case pg_oid::kInet: {
      const int8_t family = in.Get<int8_t>();
      const int8_t prefix = in.Get<int8_t>();
      in.Get<int8_t>();
      const int8_t size = in.Get<int8_t>();
      std::string_view address = in.Take(static_cast<size_t>(std::max<int8_t>(size, 0)));
      const bool v4 = family == 2 && size == 4 && prefix >= 0 && prefix <= 32;
      const auto wide = static_cast<uint8_t>(prefix);
      const bool v6 = family == 3 && size == 16 && wide <= 128;
      if (!in.at_end() || (!v4 && !v6) || type.id() != TypeId::kInet) return Malformed(type);
      std::string inet;
      AssignInet(v4 ? 4 : 6, reinterpret_cast<const uint8_t*>(address.data()), wide, &inet);
      return Value::String(type, std::move(inet));
    }
    case pg_oid::kBytea:
      if (type.id() != TypeId::kBytea) return Malformed(type);
      return Value::String(type, std::string(bytes));
    case pg_oid::kJsonb:
      // One byte of version before the text.
      if (bytes.empty() || bytes[0] != 1) return Malformed(type);
      return ParseBoxed(bytes.substr(1), type);
    default: break;
  }
  if (type.id() == TypeId::kList) return check(ParseArray(&in, type));
  if (type.id() == TypeId::kText) return Value::Text(std::string(bytes));
  return ParseBoxed(bytes, type);
}

void AppendValueText(const Vector& vector, size_t row, std::string_view time_zone,
                     std::string* out) {
  AppendText(vector, row, time_zone, out);
}

std::string CopyBinaryHeader() {
  std::string header("PGCOPY\n\xff\r\n\0", 11);
  AppendBigEndian32(0, &header);  // flags
  AppendBigEndian32(0, &header);  // extension
  return header;
}

void AppendBinaryRow(const std::vector<Vector>& columns, size_t row, std::string* out) {
  AppendBigEndian16(static_cast<int16_t>(columns.size()), out);
  for (const Vector& column : columns) {
    if (column.IsNull(row)) {
      AppendBigEndian32(-1, out);
      continue;
    }
    const size_t at = out->size();
    AppendBigEndian32(0, out);
    AppendBinary(column, row, out);
    std::string size;
    AppendBigEndian32(static_cast<int32_t>(out->size() - at - 4), &size);
    out->replace(at, 4, size);
  }
}

}  // namespace shale
