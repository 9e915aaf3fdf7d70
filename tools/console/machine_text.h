// Values and fields as the texts that machines read: JSON, CSV, PostgreSQL's COPY format. Pure
// functions.
#pragma once

#include <string>
#include <string_view>

#include "engine/vector/vector.h"

namespace shale {

// One value as JSON: numbers and booleans bare, JSON columns as they are, NaN and infinities as
// strings, lists as arrays, NULL as null, everything else as a string in SQL's text form. `vector`
// is flat.
void AppendJson(const Vector& vector, size_t row, std::string_view time_zone, std::string* out);
// `text` between quotes, with JSON's escapes; bytes that are no UTF-8 become U+FFFD.
void AppendJsonText(std::string_view text, std::string* out);
void AppendCsvField(std::string_view text, char delimiter, std::string* out);
void AppendTsvField(std::string_view text, std::string* out);

}  // namespace shale
