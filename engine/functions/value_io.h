// Values to text and back, exactly as PostgreSQL prints and reads them (DateStyle ISO,
// IntervalStyle postgres, extra_float_digits 1: the shortest text that reads back the same).
#pragma once

#include <string>
#include <string_view>

#include "engine/base/status.h"
#include "engine/vector/vector.h"

namespace shale {

class VectorBuilder;

// Appends the text of row `row` (not NULL) of a flat vector. TIMESTAMPTZ prints in `time_zone`
// ("2020-01-01 12:00:00+00").
void AppendText(const Vector& vector, size_t row, std::string_view time_zone, std::string* out);
std::string ToText(const Value& value, std::string_view time_zone = "UTC");  // "NULL" for NULL

// Reads `text` as a value of `type` and appends it to `builder`-like storage at `out`, which points
// to one value of the type's physical form (std::string_view: into `text` itself, or into `scratch`
// when the bytes differ). False when the text is no such value; ParseError then says why.
struct ParseScratch {
  std::string bytes;
};
bool ParseValue(std::string_view text, const Type& type, std::string_view time_zone, void* out,
                ParseScratch* scratch);
// 'invalid input syntax for type integer: "abc"', 'value "300" is out of range for type …',
// with PostgreSQL's wording.
Status ParseError(std::string_view text, const Type& type);
// Boxed form of the two above.
StatusOr<Value> ParseBoxed(std::string_view text, const Type& type,
                           std::string_view time_zone = "UTC");

// Appends `text` as a value of out->type() (no LIST); false when it is no such value.
bool AppendParsed(std::string_view text, std::string_view time_zone, VectorBuilder* out);
// Appends '{1,2,NULL,"a b"}' as a value of out->type(), a LIST. An error leaves `out` as it was.
Status ParseList(std::string_view text, std::string_view time_zone, VectorBuilder* out);

// Fast single-purpose parts, used by readers. Each returns false on anything but a full match.
bool ParseInt64(std::string_view text, int64_t* out);
bool ParseUInt64(std::string_view text, uint64_t* out);
bool ParseDouble(std::string_view text, double* out);
bool ParseDate(std::string_view text, int32_t* days);
// `offset_seconds` is set and *has_offset true when the text carries Z or an offset; *micros is
// then UTC already.
bool ParseTimestamp(std::string_view text, int64_t* micros, bool* has_offset);

}  // namespace shale
