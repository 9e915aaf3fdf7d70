// One value to text and back, a type at a time: the parts that value_io.h, casts and functions are
// made of. Pure and thread-safe. Append* write PostgreSQL's text; Parse* return false on anything
// but a full match (no surrounding blanks).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/vector/type.h"

namespace shale {

// ---- out ----
void AppendInt64(int64_t value, std::string* out);
void AppendUInt64(uint64_t value, std::string* out);
void AppendInt128(int128_t value, std::string* out);
void AppendDecimal(int128_t value, int scale, std::string* out);  // "-0.05" for (-5, 2)
// The shortest text that reads back the same: "0.1", "1e+20", "NaN", "-Infinity".
void AppendDouble(double value, std::string* out);
void AppendReal(float value, std::string* out);
void AppendDate(int32_t days, std::string* out);
void AppendTimestamp(int64_t micros, std::string* out);
// Wall time in a zone that is `offset_us` east of Greenwich at that instant.
void AppendTimestampTz(int64_t utc, int64_t offset_us, std::string* out);
void AppendInterval(const Interval& value, std::string* out);
void AppendUuid(int128_t value, std::string* out);
// INET's parts (type.h has the bytes). Bytes of another size have address size 0.
size_t InetAddressSize(std::string_view inet);      // 4 or 16
int InetPrefix(std::string_view inet);              // bits of the network
const uint8_t* InetAddress(std::string_view inet);  // all bits
// The bytes of an INET; `address` has 4 bytes for family 4, 16 for 6.
void AssignInet(int family, const uint8_t* address, int prefix, std::string* out);
void AppendInet(std::string_view inet, std::string* out);         // without /32 and /128
void AppendInetAddress(std::string_view inet, std::string* out);  // never with the prefix length
void AppendBytea(std::string_view bytes, std::string* out);       // "\x0aff"

// ---- in ----
enum class ParseOutcome : uint8_t { kOk, kSyntax, kOutOfRange };
bool ParseBool(std::string_view text, bool* out);  // PostgreSQL's: t, true, yes, on, 1 … any case
// "12.345", "1e3"; more digits than `scale` are rounded half away from zero.
ParseOutcome ParseDecimal(std::string_view text, int precision, int scale, int128_t* out);
ParseOutcome ParseDoubleOutcome(std::string_view text, double* out);
ParseOutcome ParseRealOutcome(std::string_view text, float* out);
ParseOutcome ParseDateOutcome(std::string_view text, int32_t* days);
ParseOutcome ParseTimestampOutcome(std::string_view text, int64_t* micros, bool* has_offset);
ParseOutcome ParseInterval(std::string_view text, Interval* out);
bool ParseUuid(std::string_view text, int128_t* out);
bool ParseInet(std::string_view text, std::string* out);
bool ParseBytea(std::string_view text, std::string* out);
// RFC 8259, any size of number, at most kMaxJsonDepth levels. `why` (may be null) says what is
// wrong and at which byte.
inline constexpr int kMaxJsonDepth = 1000;
bool IsValidJson(std::string_view text, std::string* why);

// An element of an array as '{…}' holds it: in quotes where it must be.
void AppendListItem(std::string_view text, std::string* out);

// 10^exponent, 0 to 38.
int128_t PowerOfTen(int exponent);
// value × 10^-drop rounded half away from zero.
int128_t RoundDecimal(int128_t value, int drop);

// PostgreSQL's full name of a type, as in pg_typeof and most errors: "timestamp without time zone",
// "numeric", "integer[]"; a type that PostgreSQL does not have in lower case.
std::string PostgresTypeName(const Type& type);
// The same as errors about a value's text have it: "timestamp".
std::string TypeNameInMessages(const Type& type);

inline std::string_view TrimBlanks(std::string_view text) {
  auto blank = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace shale
