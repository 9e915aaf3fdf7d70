// Random columns for tests of what stores them: every type, several distributions, NULLs, and any
// encoding of vector.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "engine/vector/vector.h"

namespace shale {

using Random = std::mt19937_64;

enum class Shape { kConstant, kRuns, kAscending, kFewValues, kWide, kSparse };
inline constexpr Shape kShapes[] = {Shape::kConstant,  Shape::kRuns, Shape::kAscending,
                                    Shape::kFewValues, Shape::kWide, Shape::kSparse};

// Types that a segment stores, but for lists.
std::vector<Type> StorableTypes();
std::vector<Type> StorableListTypes();
// A value of the type that is the `number`th of an endless, ascending list (for small numbers).
Value NthValue(const Type& type, uint64_t number);
// `rows` values of the shape; each NULL with the given probability.
std::vector<Value> RandomValues(const Type& type, Shape shape, size_t rows, double null_share,
                                Random* random);
// The values as a vector: `encoding` where the values allow it, else flat.
Vector MakeVector(const Type& type, const std::vector<Value>& values, Encoding encoding);

}  // namespace shale
