// Values of any type, lists included, in places where one loop a type would not do: compared,
// written as bytes and read back. Unboxed, but a value at a time: hot loops over plain types have
// their own code. Stateless; any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "engine/vector/vector.h"
#include "engine/vector/vector_builder.h"

namespace shale {

// SQL's order of two values of one type, as PostgreSQL orders arrays: element by element, then the
// shorter first; NULL equals NULL and comes after everything, NaN likewise among numbers. Any
// encoding but runs.
int CompareValues(const Vector& a, size_t row_a, const Vector& b, size_t row_b);

// Row `row` as bytes behind `out`, NULL or not: a byte 1 (0 for NULL), then fixed-width values as
// they lie in memory, texts and lists behind their length in four bytes, a list's elements each in
// this form. `canonical`: equal values have equal bytes (one zero, one NaN; not for INTERVAL,
// which HasCanonicalBytes denies).
void AppendValueBytes(const Vector& vector, size_t row, bool canonical, std::string* out);
bool HasCanonicalBytes(const Type& type);
// Takes one value off the front of `bytes` into the builder. False on bytes that are no such value;
// the builder then holds the same number of rows as before.
bool ReadValueBytes(std::string_view* bytes, VectorBuilder* out);

// CompareValues of two values in this form (well-formed ones), taken off the front of both unless
// they differ.
int CompareValueBytes(const Type& type, std::string_view* a, std::string_view* b);

// The rows of flat vectors of one type behind each other, as one flat vector. Strings are shared.
Vector ConcatFlat(std::span<const Vector> vectors);

}  // namespace shale
