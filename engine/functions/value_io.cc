#include "engine/functions/value_io.h"

#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include "engine/functions/date.h"
#include "engine/functions/value_format.h"

namespace shale {
namespace {

template <typename T>
void AppendInteger(T value, std::string* out) {
  char buffer[24];
  auto end = std::to_chars(buffer, buffer + sizeof(buffer), value).ptr;
  out->append(buffer, end - buffer);
}

// Whether a decimal ("1.5e+17") is just halfway from a float of 2^53 (REAL: 2^24) or more to a
// neighbour: it reads back as the float only because ties go to even, and PostgreSQL does not count
// on that. Below, halves have more digits than a shortest decimal.
template <typename T>
bool LiesHalfway(T value, std::string_view decimal) {
  constexpr int kBits = std::numeric_limits<T>::digits;
  int exponent = 0;
  const T fraction = std::frexp(std::fabs(value), &exponent);
  exponent -= kBits;
  if (exponent < 1) return false;
  const auto mantissa = static_cast<uint64_t>(std::ldexp(fraction, kBits));
  uint128_t number = 0;
  int power = 0;
  bool behind_point = false;
  size_t at = 0;
  for (; decimal[at] != 'e'; ++at) {
    if (decimal[at] == '.') behind_point = true;
    if (decimal[at] < '0' || decimal[at] > '9') continue;
    number = number * 10 + static_cast<unsigned>(decimal[at] - '0');
    power -= behind_point;
  }
  int written = 0;
  std::from_chars(decimal.data() + at + 2, decimal.data() + decimal.size(), written);
  power += written;                           // the decimal is number * 10^power
  if (power < 0 || power > 23) return false;  // 5^24 has more bits than a mantissa
  for (int i = 0; i < power; ++i) number *= 5;
  int twos = power;
  for (; number % 2 == 0; number /= 2) ++twos;  // and is now number * 2^twos, number odd
  if (twos == exponent - 1) return number == 2 * mantissa + 1 || number == 2 * mantissa - 1;
  // Below a power of two the neighbour is half as far.
  return twos == exponent - 2 && mantissa == uint64_t{1} << (kBits - 1) &&
         number == 4 * static_cast<uint128_t>(mantissa) - 1;
}

// The shortest decimal that is nearer to the float than to any other.
template <typename T>
char* WithMoreDigits(T value, char* buffer, size_t size) {
  char* end = buffer;
  for (int digits = 2; digits < std::numeric_limits<T>::max_digits10; ++digits) {
    end = std::to_chars(buffer, buffer + size, value, std::chars_format::scientific, digits).ptr;
    T read = 0;
    std::from_chars(buffer, end, read);
    if (read == value && !LiesHalfway(value, {buffer, end})) break;
  }
  return end;
}

// Shortest digits, plain between 1e-5 and 10^max_plain, else with an exponent, as PostgreSQL.
template <typename T>
void AppendFloat(T value, int max_plain, std::string* out) {
  if (std::isnan(value)) {
    *out += "NaN";
    return;
  }
  if (std::isinf(value)) {
    *out += value > 0 ? "Infinity" : "-Infinity";
    return;
  }
  char buffer[64];
  char* end =
      std::to_chars(buffer, buffer + sizeof(buffer), value, std::chars_format::scientific).ptr;
  if (LiesHalfway(value, {buffer, end})) end = WithMoreDigits(value, buffer, sizeof(buffer));
  const char* e = static_cast<const char*>(std::memchr(buffer, 'e', end - buffer));
  int exponent = 0;
  std::from_chars(e[1] == '+' ? e + 2 : e + 1, end, exponent);
  if (value != 0 && (exponent < -4 || exponent >= max_plain)) {
    out->append(buffer, end - buffer);
    return;
  }
  const char* p = buffer;
  if (*p == '-') {
    out->push_back('-');
    ++p;
  }
  char digits[24];
  int n = 0;
  for (; p < e; ++p) {
    if (*p != '.') digits[n++] = *p;
  }
  if (exponent < 0) {
    *out += "0.";
    out->append(-exponent - 1, '0');
    out->append(digits, n);
    return;
  }
  for (int i = 0; i <= exponent; ++i) out->push_back(i < n ? digits[i] : '0');
  if (n > exponent + 1) {
    out->push_back('.');
    out->append(digits + exponent + 1, n - exponent - 1);
  }
}

int64_t OffsetIn(std::string_view time_zone, int64_t utc) {
  if (time_zone == "UTC" || !IsFiniteTimestamp(utc)) return 0;
  StatusOr<const TimeZone*> zone = TimeZone::Find(time_zone);
  return zone.ok() ? (*zone)->OffsetAt(utc) : 0;
}

}  // namespace

void AppendInt64(int64_t value, std::string* out) { AppendInteger(value, out); }
void AppendUInt64(uint64_t value, std::string* out) { AppendInteger(value, out); }

void AppendInt128(int128_t value, std::string* out) { AppendDecimal(value, 0, out); }

void AppendDecimal(int128_t value, int scale, std::string* out) {
  uint128_t rest = value < 0 ? ~static_cast<uint128_t>(value) + 1 : static_cast<uint128_t>(value);
  char buffer[48];
  int at = sizeof(buffer);
  int digits = 0;
  while (rest > UINT64_MAX) {
    if (digits == scale && scale > 0) buffer[--at] = '.';
    buffer[--at] = static_cast<char>('0' + static_cast<int>(rest % 10));
    rest /= 10;
    ++digits;
  }
  auto low = static_cast<uint64_t>(rest);
  while (low != 0 || digits <= scale) {
    if (digits == scale && scale > 0) buffer[--at] = '.';
    buffer[--at] = static_cast<char>('0' + low % 10);
    low /= 10;
    ++digits;
  }
  if (value < 0) buffer[--at] = '-';
  out->append(buffer + at, sizeof(buffer) - at);
}

void AppendDouble(double value, std::string* out) { AppendFloat(value, 15, out); }
void AppendReal(float value, std::string* out) { AppendFloat(value, 6, out); }

void AppendText(const Vector& vector, size_t row, std::string_view time_zone, std::string* out) {
  switch (vector.type().id()) {
    case TypeId::kNull: *out += "NULL"; return;
    case TypeId::kBoolean: out->push_back(vector.values<uint8_t>()[row] ? 't' : 'f'); return;
    case TypeId::kTinyInt: return AppendInteger<int>(vector.values<int8_t>()[row], out);
    case TypeId::kSmallInt: return AppendInteger<int>(vector.values<int16_t>()[row], out);
    case TypeId::kInteger: return AppendInteger(vector.values<int32_t>()[row], out);
    case TypeId::kBigInt: return AppendInteger(vector.values<int64_t>()[row], out);
    case TypeId::kUTinyInt: return AppendInteger<int>(vector.values<uint8_t>()[row], out);
    case TypeId::kUSmallInt: return AppendInteger<int>(vector.values<uint16_t>()[row], out);
    case TypeId::kUInteger: return AppendInteger(vector.values<uint32_t>()[row], out);
    case TypeId::kUBigInt: return AppendInteger(vector.values<uint64_t>()[row], out);
    case TypeId::kReal: return AppendReal(vector.values<float>()[row], out);
    case TypeId::kDouble: return AppendDouble(vector.values<double>()[row], out);
    case TypeId::kDecimal:
      return AppendDecimal(vector.type().physical() == PhysicalType::kInt64
                               ? vector.values<int64_t>()[row]
                               : vector.values<int128_t>()[row],
                           vector.type().scale(), out);
    case TypeId::kDate: return AppendDate(vector.values<int32_t>()[row], out);
    case TypeId::kTimestamp: return AppendTimestamp(vector.values<int64_t>()[row], out);
    case TypeId::kTimestampTz: {
      int64_t utc = vector.values<int64_t>()[row];
      return AppendTimestampTz(utc, OffsetIn(time_zone, utc), out);
    }
    case TypeId::kInterval: return AppendInterval(vector.values<Interval>()[row], out);
    case TypeId::kText:
    case TypeId::kJson: *out += vector.values<std::string_view>()[row]; return;
    case TypeId::kBytea: return AppendBytea(vector.values<std::string_view>()[row], out);
    case TypeId::kUuid: return AppendUuid(vector.values<int128_t>()[row], out);
    case TypeId::kInet: return AppendInet(vector.values<std::string_view>()[row], out);
    case TypeId::kList: {
      const ListEntry entry = vector.values<ListEntry>()[row];
      const Vector& child = vector.children()[0];
      const bool plain = child.type().id() == TypeId::kList;
      std::string item;
      out->push_back('{');
      for (uint32_t i = entry.offset; i < entry.offset + entry.length; ++i) {
        if (i > entry.offset) out->push_back(',');
        if (child.IsNull(i)) {
          *out += "NULL";
          continue;
        }
        const Vector& values = child.is_dictionary() ? child.dictionary()->values : child;
        const size_t at = child.is_dictionary() ? child.codes()[i] : child.is_constant() ? 0 : i;
        if (plain) {
          AppendText(values, at, time_zone, out);
          continue;
        }
        item.clear();
        AppendText(values, at, time_zone, &item);
        AppendListItem(item, out);
      }
      out->push_back('}');
      return;
    }
    case TypeId::kStruct: {
      out->push_back('(');
      for (size_t i = 0; i < vector.children().size(); ++i) {
        if (i > 0) out->push_back(',');
        Vector child = vector.children()[i].Flatten();
        if (!child.IsNull(row)) AppendText(child, row, time_zone, out);
      }
      out->push_back(')');
      return;
    }
  }
}

std::string ToText(const Value& value, std::string_view time_zone) {
  if (value.is_null()) return "NULL";
  std::string out;
  AppendText(Vector::Constant(value, 1), 0, time_zone, &out);
  return out;
}

}  // namespace shale
