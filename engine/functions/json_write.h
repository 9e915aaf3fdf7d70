// Writing JSON: SQL values as JSON, JSON in PostgreSQL's canonical form of jsonb, and documents
// with a part replaced, added or left out. Like json_text.h, expects valid JSON.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/status.h"
#include "engine/functions/json_text.h"
#include "engine/vector/vector.h"

namespace shale {

// How JSON is laid out.
enum class JsonStyle : uint8_t { kAsWritten, kCanonical };

// Appends the value of `row` as JSON, as to_json does: numbers and booleans plain, JSON as it is,
// times in ISO 8601 with a T (instants with the zone's offset), arrays as arrays, all else as a
// string. NULL is null. Any encoding but runs.
void AppendValueAsJson(const Vector& vector, size_t row, std::string_view time_zone,
                       std::string* out);

// Appends `json` as jsonb prints it: ", " and ": " between, members by length of their names and
// then bytewise, the last of members that share a name, numbers without exponents.
void AppendCanonicalJson(std::string_view json, std::string* out);
// The same with line breaks and an indent of four for each level.
void AppendPrettyJson(std::string_view json, int level, std::string* out);
// Without members that are null, at any depth; elements stay.
void AppendJsonWithoutNulls(std::string_view json, JsonStyle style, std::string* out);

// What JsonEdit does at a path.
enum class JsonEditKind : uint8_t {
  kSet,           // replaces what is there, adds a last step that is missing
  kReplace,       // replaces only
  kInsertBefore,  // a new element before, or a new member
  kInsertAfter,
  kDelete,
};
// Appends `json` in canonical form, edited at `path`; unchanged where the path leads nowhere.
// Errors as PostgreSQL's: a path through a scalar, a step that is no index of an array.
Status AppendEditedJson(std::string_view json, const JsonPath& path, JsonEditKind kind,
                        std::string_view value, std::string* out);
// a || b of jsonb: objects joined (b wins), arrays joined, what is no array is one of one element.
Status AppendJoinedJson(std::string_view a, std::string_view b, std::string* out);

}  // namespace shale
