// "Did you mean …?": the known name nearest to a misspelt one, by the edit distance with
// transpositions (optimal string alignment). Pure functions.
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace shale {

// Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`; ASCII case
// does not count.
int EditDistance(std::string_view a, std::string_view b);

// The nearest of `names`, or empty when none is near (a third of the length, at least 1 edit; a
// name that the text begins or is the beginning of counts as near too).
std::string_view NearestName(std::string_view text, std::span<const std::string_view> names);

}  // namespace shale
