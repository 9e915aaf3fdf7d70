// Which entries of a dictionary satisfy a condition: a byte an entry.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/base/status.h"
#include "engine/expr/evaluator.h"
#include "storage/scan/conjunct.h"

namespace shale {

// By stored hashes for = and IN, else by evaluating the condition over all entries. An error says
// that some entry cannot be evaluated: then rows must be, since perhaps none uses that entry.
StatusOr<std::vector<uint8_t>> MatchDictionary(const Conjunct& conjunct,
                                               const Dictionary& dictionary,
                                               const FunctionContext& context);

// Whether MatchDictionary looks up hashes only.
bool MatchesByHash(const Conjunct& conjunct, const Dictionary& dictionary);

}  // namespace shale
