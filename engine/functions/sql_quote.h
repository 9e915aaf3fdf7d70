// Text as SQL writes it: identifiers and literals with their quotes.
#pragma once

#include <string>
#include <string_view>

namespace shale {

// Bare when it reads back the same (lower case, no keyword), else "in ""quotes""".
std::string QuoteIdent(std::string_view name);
// 'it''s'; with a backslash inside, E'…'.
std::string QuoteLiteral(std::string_view text);

}  // namespace shale
