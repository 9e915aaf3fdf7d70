// Recursion: the rows of WITH RECURSIVE, computed as they are asked for. The working table starts
// as the seed; each step computes new rows from it, which become the next working table, until
// there are none. Once a reader wants no more (LIMIT), no further step runs.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "engine/exec/operator.h"

namespace shale {

using SharedChunks = std::shared_ptr<const std::vector<Chunk>>;
// The rows that the recursive term gives for this working table.
using RecursionStep =
    std::function<StatusOr<SharedChunks>(SharedChunks working, ExecutionContext*)>;

// One worker. `distinct` (UNION): a row that came before is dropped; rows compare as GROUP BY does.
std::unique_ptr<Source> MakeRecursion(SharedChunks seed, std::vector<Type> types, bool distinct,
                                      RecursionStep step);

}  // namespace shale
