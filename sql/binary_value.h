// Values in PostgreSQL's wire formats: text, and above all binary (big-endian; the send and receive
// functions of each type): results and parameters on the wire, COPY BINARY. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/vector/vector.h"
#include "engine/vector/vector_builder.h"

namespace shale {

// Flat, and the elements of lists, too: what AppendBinary takes.
Vector FlattenForBinary(const Vector& vector);
// The value of row `row` (not NULL), without its length.
void AppendBinary(const Vector& vector, size_t row, std::string* out);

// `bytes` as sent for the type `oid` of PostgreSQL (0: for `type`'s own), as a value of `type`.
// kInvalidArgument: "incorrect binary data format …".
StatusOr<Value> ParseBinary(std::string_view bytes, uint32_t oid, const Type& type);

// The value as text, for symmetry.
void AppendValueText(const Vector& vector, size_t row, std::string_view time_zone,
                     std::string* out);

// COPY BINARY: what stands before the rows, and a row.
std::string CopyBinaryHeader();
void AppendBinaryRow(const std::vector<Vector>& columns, size_t row, std::string* out);

void AppendBigEndian16(int16_t value, std::string* out);
void AppendBigEndian32(int32_t value, std::string* out);
void AppendBigEndian64(int64_t value, std::string* out);

}  // namespace shale
