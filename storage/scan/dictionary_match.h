// Which entries of a dictionary satisfy a condition.
#pragma once

#include "engine/base/status.h"
#include "engine/expr/evaluator.h"
#include "storage/scan/conjunct.h"

namespace shale {

// A BOOLEAN an entry, false where it is NULL: by stored hashes for = and IN, else by evaluating the
// condition over all entries, unless an earlier query did (FunctionContext::kept). An error says
// that some entry cannot be evaluated: then rows must be, since perhaps none uses that entry.
StatusOr<DictionaryPtr> MatchDictionary(const Conjunct& conjunct, const Dictionary& dictionary,
                                        const FunctionContext& context);

// Whether MatchDictionary looks up hashes only.
bool MatchesByHash(const Conjunct& conjunct, const Dictionary& dictionary);

}  // namespace shale
