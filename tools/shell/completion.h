// Completion: the words that may stand where the cursor is. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sql/database.h"

namespace shale {

struct Completion {
  size_t word_begin = 0;           // the word before the cursor is text[word_begin, cursor)
  std::vector<std::string> words;  // sorted, without repeats, as they are to be inserted
};
// Keywords, tables, columns and functions that begin like the word before `cursor` (a byte offset
// into `text`), whatever the case; after FROM, JOIN, INTO or \d only tables; after "t." only
// columns of t; backslash commands at the start.
Completion Complete(const DatabaseVersion& version, std::string_view text, size_t cursor);

// The longest beginning that all words share.
std::string SharedPrefix(const std::vector<std::string>& words);

}  // namespace shale
