// Text to values: numbers, booleans, and the dispatch over all types.
#include <charconv>
#include <cmath>
#include <cstring>

#include <simdjson.h>

#include "engine/functions/date.h"
#include "engine/functions/value_format.h"
#include "engine/functions/value_io.h"
#include "engine/vector/vector_builder.h"

namespace shale {

namespace {

struct PowersOfTen {
  int128_t of[39];
};
constexpr PowersOfTen MakePowers() {
  PowersOfTen powers{};
  powers.of[0] = 1;
  for (int i = 1; i < 39; ++i) powers.of[i] = powers.of[i - 1] * 10;
  return powers;
}
constexpr PowersOfTen kPowers = MakePowers();

}  // namespace

int128_t PowerOfTen(int exponent) {
  SHALE_DCHECK(exponent >= 0 && exponent <= 38);
  return kPowers.of[exponent];
}

int128_t RoundDecimal(int128_t value, int drop) {
  if (drop <= 0) return value;
  if (drop > 38) return 0;
  int128_t divisor = PowerOfTen(drop);
  int128_t quotient = value / divisor, rest = value % divisor;
  if (rest < 0) rest = -rest;
  if (rest >= divisor - rest) quotient += value < 0 ? -1 : 1;
  return quotient;
}

namespace {

inline unsigned Digit(char c) { return static_cast<unsigned char>(c) - unsigned{'0'}; }
char LowerChar(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
bool IsBlank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Digits only. False on a non-digit or past 64 bits; *overflow tells which.
inline bool Magnitude(const char* p, const char* end, uint64_t* out, bool* overflow) {
  *overflow = false;
  if (p == end) return false;
  uint64_t value = 0;
  if (end - p <= 19) [[likely]] {  // 19 digits fit whatever they are
    for (; p < end; ++p) {
      unsigned d = Digit(*p);
      if (d > 9) return false;
      value = value * 10 + d;
    }
    *out = value;
    return true;
  }
  for (; p < end; ++p) {
    unsigned d = Digit(*p);
    if (d > 9) {
      *overflow = false;
      return false;
    }
    if (value > (UINT64_MAX - d) / 10) *overflow = true;
    value = value * 10 + d;
  }
  *out = value;
  return !*overflow;
}

ParseOutcome SignedOutcome(std::string_view text, int64_t min, int64_t max, int64_t* out) {
  const char* p = text.data();
  const char* end = p + text.size();
  bool negative = false;
  if (p < end && (*p == '-' || *p == '+')) negative = *p++ == '-';
  uint64_t magnitude;
  bool overflow;
  if (!Magnitude(p, end, &magnitude, &overflow)) {
    return overflow ? ParseOutcome::kOutOfRange : ParseOutcome::kSyntax;
  }
  if (negative) {
    if (magnitude > static_cast<uint64_t>(max) + (min < 0 ? 1 : 0)) {
      return ParseOutcome::kOutOfRange;
    }
    *out = static_cast<int64_t>(~magnitude + 1);
  } else {
    if (magnitude > static_cast<uint64_t>(max)) return ParseOutcome::kOutOfRange;
    *out = static_cast<int64_t>(magnitude);
  }
  return ParseOutcome::kOk;
}

ParseOutcome UnsignedOutcome(std::string_view text, uint64_t max, uint64_t* out) {
  const char* p = text.data();
  const char* end = p + text.size();
  bool negative = false;
  if (p < end && (*p == '-' || *p == '+')) negative = *p++ == '-';
  bool overflow;
  if (!Magnitude(p, end, out, &overflow)) {
    return overflow ? ParseOutcome::kOutOfRange : ParseOutcome::kSyntax;
  }
  if (*out > max || (negative && *out != 0)) return ParseOutcome::kOutOfRange;
  return ParseOutcome::kOk;
}

template <typename T>
ParseOutcome FloatOutcome(std::string_view text, T* out) {
  const char* p = text.data();
  const char* end = p + text.size();
  if (p < end && *p == '+') {
    ++p;
    if (p < end && *p == '-') return ParseOutcome::kSyntax;
  }
  if (p == end) return ParseOutcome::kSyntax;
  char first = *p == '-' && p + 1 < end ? p[1] : *p;
  if (Digit(first) > 9 && first != '.') {  // a word
    std::string word;
    for (const char* q = *p == '-' ? p + 1 : p; q < end; ++q) word.push_back(LowerChar(*q));
    T magnitude;
    if (word == "nan") {
      magnitude = std::numeric_limits<T>::quiet_NaN();
    } else if (word == "infinity" || word == "inf") {
      magnitude = std::numeric_limits<T>::infinity();
    } else {
      return ParseOutcome::kSyntax;
    }
    *out = *p == '-' ? -magnitude : magnitude;
    return ParseOutcome::kOk;
  }
  auto [at, error] = std::from_chars(p, end, *out);
  if (at != end || error == std::errc::invalid_argument) return ParseOutcome::kSyntax;
  return error == std::errc() ? ParseOutcome::kOk : ParseOutcome::kOutOfRange;
}

template <typename T>
bool Store(void* out, T value) {
  std::memcpy(out, &value, sizeof(T));
  return true;
}

template <typename T>
ParseOutcome StoreSigned(std::string_view text, void* out) {
  int64_t value;
  ParseOutcome outcome =
      SignedOutcome(text, std::numeric_limits<T>::min(), std::numeric_limits<T>::max(), &value);
  if (outcome == ParseOutcome::kOk) Store(out, static_cast<T>(value));
  return outcome;
}

template <typename T>
ParseOutcome StoreUnsigned(std::string_view text, void* out) {
  uint64_t value;
  ParseOutcome outcome = UnsignedOutcome(text, std::numeric_limits<T>::max(), &value);
  if (outcome == ParseOutcome::kOk) Store(out, static_cast<T>(value));
  return outcome;
}

inline bool IsAsciiText(std::string_view text) {
  const char* p = text.data();
  size_t n = text.size();
  uint64_t bits = 0, word;
  for (; n >= 8; n -= 8, p += 8) {
    std::memcpy(&word, p, 8);
    bits |= word;
  }
  for (; n > 0; --n, ++p) bits |= static_cast<unsigned char>(*p);
  return (bits & 0x8080808080808080u) == 0;
}

ParseOutcome ParseTimestampInto(std::string_view text, const Type& type, std::string_view time_zone,
                                void* out) {
  int64_t micros;
  bool has_offset;
  ParseOutcome outcome = ParseTimestampOutcome(text, &micros, &has_offset);
  if (outcome != ParseOutcome::kOk) return outcome;
  if (type.id() == TypeId::kTimestampTz && !has_offset && time_zone != "UTC") {
    StatusOr<const TimeZone*> zone = TimeZone::Find(time_zone);
    if (zone.ok()) micros = (*zone)->ToUtc(micros);
    if (!IsValidTimestamp(micros)) return ParseOutcome::kOutOfRange;
  }
  Store(out, micros);
  return ParseOutcome::kOk;
}

// Blanks around are not expected; ParseInto takes them off when they are there.
ParseOutcome ParseTrimmed(std::string_view text, const Type& type, std::string_view time_zone,
                          void* out, ParseScratch* scratch) {
  switch (type.id()) {
    case TypeId::kText:
      if (!IsAsciiText(text) && !simdjson::validate_utf8(text.data(), text.size())) {
        return ParseOutcome::kSyntax;
      }
      Store(out, text);
      return ParseOutcome::kOk;
    case TypeId::kBytea:
      if (!ParseBytea(text, &scratch->bytes)) return ParseOutcome::kSyntax;
      Store(out, std::string_view(scratch->bytes));
      return ParseOutcome::kOk;
    case TypeId::kBoolean: {
      bool value;
      if (!ParseBool(text, &value)) return ParseOutcome::kSyntax;
      Store<uint8_t>(out, value);
      return ParseOutcome::kOk;
    }
    case TypeId::kTinyInt: return StoreSigned<int8_t>(text, out);
    case TypeId::kSmallInt: return StoreSigned<int16_t>(text, out);
    case TypeId::kInteger: return StoreSigned<int32_t>(text, out);
    case TypeId::kBigInt: return StoreSigned<int64_t>(text, out);
    case TypeId::kUTinyInt: return StoreUnsigned<uint8_t>(text, out);
    case TypeId::kUSmallInt: return StoreUnsigned<uint16_t>(text, out);
    case TypeId::kUInteger: return StoreUnsigned<uint32_t>(text, out);
    case TypeId::kUBigInt: return StoreUnsigned<uint64_t>(text, out);
    case TypeId::kReal: return ParseRealOutcome(text, static_cast<float*>(out));
    case TypeId::kDouble: return ParseDoubleOutcome(text, static_cast<double*>(out));
    case TypeId::kDecimal: {
      int128_t value;
      ParseOutcome outcome = ParseDecimal(text, type.precision(), type.scale(), &value);
      if (outcome != ParseOutcome::kOk) return outcome;
      if (type.physical() == PhysicalType::kInt64) {
        Store(out, static_cast<int64_t>(value));
      } else {
        Store(out, value);
      }
      return ParseOutcome::kOk;
    }
    case TypeId::kDate: {
      // A time of day and a zone are cut off.
      return ParseDateOutcome(text, static_cast<int32_t*>(out));
    }
    case TypeId::kTimestamp:
    case TypeId::kTimestampTz: return ParseTimestampInto(text, type, time_zone, out);
    case TypeId::kInterval: return ParseInterval(text, static_cast<Interval*>(out));
    case TypeId::kUuid:
      return ParseUuid(text, static_cast<int128_t*>(out)) ? ParseOutcome::kOk
                                                          : ParseOutcome::kSyntax;
    case TypeId::kInet:
      if (!ParseInet(text, &scratch->bytes)) return ParseOutcome::kSyntax;
      Store(out, std::string_view(scratch->bytes));
      return ParseOutcome::kOk;
    case TypeId::kJson:
      if (!IsValidJson(text, nullptr)) return ParseOutcome::kSyntax;
      Store(out, text);
      return ParseOutcome::kOk;
    default: return ParseOutcome::kSyntax;
  }
}

ParseOutcome ParseInto(std::string_view text, const Type& type, std::string_view time_zone,
                       void* out, ParseScratch* scratch) {
  ParseOutcome outcome = ParseTrimmed(text, type, time_zone, out, scratch);
  if (outcome == ParseOutcome::kOk) [[likely]]
    return outcome;
  // Everything but the strings ignores blanks around.
  if (text.empty() || type.IsStringLike() != (type.id() == TypeId::kInet)) return outcome;
  if (!IsBlank(text.front()) && !IsBlank(text.back())) return outcome;
  return ParseTrimmed(TrimBlanks(text), type, time_zone, out, scratch);
}

}  // namespace

bool ParseInt64(std::string_view text, int64_t* out) {
  return SignedOutcome(text, INT64_MIN, INT64_MAX, out) == ParseOutcome::kOk;
}

bool ParseUInt64(std::string_view text, uint64_t* out) {
  return UnsignedOutcome(text, UINT64_MAX, out) == ParseOutcome::kOk;
}

ParseOutcome ParseDoubleOutcome(std::string_view text, double* out) {
  return FloatOutcome(text, out);
}

ParseOutcome ParseRealOutcome(std::string_view text, float* out) { return FloatOutcome(text, out); }

bool ParseDouble(std::string_view text, double* out) {
  return FloatOutcome(text, out) == ParseOutcome::kOk;
}

bool ParseBool(std::string_view text, bool* out) {
  if (text.empty() || text.size() > 5) return false;
  char lower[5];
  for (size_t i = 0; i < text.size(); ++i) lower[i] = LowerChar(text[i]);
  std::string_view word(lower, text.size());
  auto prefix = [&](std::string_view of, size_t at_least) {
    return word.size() >= at_least && of.starts_with(word);
  };
  if (prefix("true", 1) || prefix("yes", 1) || word == "on" || word == "1") {
    *out = true;
    return true;
  }
  if (prefix("false", 1) || prefix("no", 1) || prefix("off", 2) || word == "0") {
    *out = false;
    return true;
  }
  return false;
}

namespace {

// Up to 18 digits with at most `scale` of them after the point: nearly every number there is.
inline bool ShortDecimal(const char* p, const char* end, int precision, int scale, int64_t* out) {
  if (end - p > 20) return false;
  bool negative = false;
  if (p < end && *p == '-') {
    negative = true;
    ++p;
  }
  uint64_t value = 0;
  int digits = 0, after_point = 0;
  bool point = false;
  for (; p < end; ++p) {
    unsigned d = Digit(*p);
    if (d > 9) {
      if (*p != '.' || point) return false;
      point = true;
      continue;
    }
    value = value * 10 + d;
    ++digits;
    after_point += point;
  }
  const int up = scale - after_point;
  if (digits == 0 || up < 0 || digits + up > 18 || digits + up > precision) return false;
  value *= static_cast<uint64_t>(kPowers.of[up]);
  *out = negative ? -static_cast<int64_t>(value) : static_cast<int64_t>(value);
  return true;
}

}  // namespace

ParseOutcome ParseDecimal(std::string_view text, int precision, int scale, int128_t* out) {
  const char* p = text.data();
  const char* end = p + text.size();
  if (int64_t value; ShortDecimal(p, end, precision, scale, &value)) {
    *out = value;
    return ParseOutcome::kOk;
  }
  bool negative = false;
  if (p < end && (*p == '-' || *p == '+')) negative = *p++ == '-';
  // Digits as one number, the point remembered; the first digit cut off decides the rounding.
  uint128_t value = 0;
  int kept = 0;      // significant digits in `value`
  int point = 0;     // value × 10^point is the number
  int dropped = -1;  // the first digit that found no room
  bool any = false, after_point = false;
  for (; p < end; ++p) {
    if (*p == '.' && !after_point) {
      after_point = true;
      continue;
    }
    unsigned d = Digit(*p);
    if (d > 9) break;
    any = true;
    if (kept < 38) {
      value = value * 10 + d;
      if (value != 0) ++kept;
      if (after_point) --point;
    } else {
      if (dropped < 0) dropped = static_cast<int>(d);
      if (!after_point) ++point;
    }
  }
  if (!any) return ParseOutcome::kSyntax;
  if (p < end && (*p == 'e' || *p == 'E')) {
    ++p;
    int64_t exponent;
    if (p < end && *p == '+') ++p;
    if (SignedOutcome({p, static_cast<size_t>(end - p)}, -100000, 100000, &exponent) !=
        ParseOutcome::kOk) {
      return ParseOutcome::kSyntax;
    }
    point += static_cast<int>(exponent);
    p = end;
  }
  if (p != end) return ParseOutcome::kSyntax;
  int shift = point + scale;
  int128_t result = static_cast<int128_t>(value);
  if (shift < 0) {
    result = RoundDecimal(result, -shift);
  } else if (value != 0) {
    if (kept + shift > 38) return ParseOutcome::kOutOfRange;
    result *= PowerOfTen(shift);
    if (shift == 0 && dropped >= 5) ++result;
  }
  if (result >= PowerOfTen(precision)) return ParseOutcome::kOutOfRange;
  *out = negative ? -result : result;
  return ParseOutcome::kOk;
}

bool ParseValue(std::string_view text, const Type& type, std::string_view time_zone, void* out,
                ParseScratch* scratch) {
  return ParseInto(text, type, time_zone, out, scratch) == ParseOutcome::kOk;
}

std::string PostgresTypeName(const Type& type) {
  switch (type.id()) {
    case TypeId::kNull: return "unknown";
    case TypeId::kDouble: return "double precision";
    case TypeId::kDecimal: return "numeric";
    case TypeId::kTimestamp: return "timestamp without time zone";
    case TypeId::kTimestampTz: return "timestamp with time zone";
    case TypeId::kList: return PostgresTypeName(type.child()) + "[]";
    default: break;
  }
  std::string name = type.ToString();
  for (char& c : name) c = LowerChar(c);
  return name;
}

std::string TypeNameInMessages(const Type& type) {
  return type.id() == TypeId::kTimestamp ? "timestamp" : PostgresTypeName(type);
}

Status ParseError(std::string_view text, const Type& type) {
  // As much of the text as helps.
  constexpr size_t kShown = 200;
  std::string shown(text.substr(0, kShown));
  if (text.size() > kShown) shown += "…";
  std::string name = TypeNameInMessages(type);
  if (!simdjson::validate_utf8(text.data(), text.size())) {
    if (type.id() == TypeId::kText || type.id() == TypeId::kJson) {
      return InvalidArgument("invalid byte sequence for encoding \"UTF8\" in type {}", name);
    }
    shown = "(not UTF-8)";
  }
  ParseScratch scratch;
  alignas(16) char out[16];
  ParseOutcome outcome = ParseInto(text, type, "UTC", out, &scratch);
  if (outcome == ParseOutcome::kOutOfRange) {
    switch (type.id()) {
      case TypeId::kDate:
      case TypeId::kTimestamp:
      case TypeId::kTimestampTz:
        return OutOfRange("date/time field value out of range: \"{}\"", shown);
      case TypeId::kInterval: return OutOfRange("interval field value out of range: \"{}\"", shown);
      case TypeId::kReal:
      case TypeId::kDouble: return OutOfRange("\"{}\" is out of range for type {}", shown, name);
      case TypeId::kDecimal:
        return OutOfRange(
            "numeric field overflow: \"{}\" does not fit {} (it must round to an absolute value "
            "less than 10^{})",
            shown, type.ToString(), type.precision() - type.scale());
      default: return OutOfRange("value \"{}\" is out of range for type {}", shown, name);
    }
  }
  if (type.id() == TypeId::kJson) {
    std::string why;
    IsValidJson(TrimBlanks(text), &why);
    return InvalidArgument("invalid input syntax for type json: \"{}\": {}", shown, why);
  }
  if (type.id() == TypeId::kDecimal) {
    double value;
    if (ParseDouble(TrimBlanks(text), &value) && !std::isfinite(value)) {
      return InvalidArgument("numeric holds no NaN or Infinity: \"{}\"; use DOUBLE", shown);
    }
  }
  return InvalidArgument("invalid input syntax for type {}: \"{}\"", name, shown);
}

StatusOr<Value> ParseBoxed(std::string_view text, const Type& type, std::string_view time_zone) {
  if (type.id() == TypeId::kList) {
    VectorBuilder list(type, 1);
    RETURN_IF_ERROR(ParseList(text, time_zone, &list));
    return list.Finish().GetValue(0);
  }
  ParseScratch scratch;
  alignas(16) char out[16] = {};
  if (!ParseValue(text, type, time_zone, out, &scratch)) return ParseError(text, type);
  auto as = [&]<typename T>(T) {
    T value;
    std::memcpy(&value, out, sizeof(T));
    return value;
  };
  switch (type.physical()) {
    case PhysicalType::kBool: return Value::Int(type, as(uint8_t{}));
    case PhysicalType::kInt8: return Value::Int(type, as(int8_t{}));
    case PhysicalType::kInt16: return Value::Int(type, as(int16_t{}));
    case PhysicalType::kInt32: return Value::Int(type, as(int32_t{}));
    case PhysicalType::kInt64: return Value::Int(type, as(int64_t{}));
    case PhysicalType::kUInt8: return Value::UInt(type, as(uint8_t{}));
    case PhysicalType::kUInt16: return Value::UInt(type, as(uint16_t{}));
    case PhysicalType::kUInt32: return Value::UInt(type, as(uint32_t{}));
    case PhysicalType::kUInt64: return Value::UInt(type, as(uint64_t{}));
    case PhysicalType::kInt128: return Value::Int128(type, as(int128_t{}));
    case PhysicalType::kFloat: return Value::Float(type, as(float{}));
    case PhysicalType::kDouble: return Value::Float(type, as(double{}));
    case PhysicalType::kInterval: return Value::Of(as(Interval{}));
    case PhysicalType::kString: return Value::String(type, std::string(as(std::string_view{})));
    default: return ParseError(text, type);
  }
}

}  // namespace shale
