#include "tools/shell/completion.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "engine/functions/function.h"
#include "sql/parser.h"
#include "tools/shell/session.h"

namespace shale {
namespace {

bool IsWordByte(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool BeginsLike(std::string_view word, std::string_view prefix) {
  return absl::StartsWithIgnoreCase({word.data(), word.size()}, {prefix.data(), prefix.size()});
}
std::string Lower(std::string_view text) {
  return absl::AsciiStrToLower({text.data(), text.size()});
}

// A name with capitals is found without quotes too, so it is quoted for other reasons only.
std::string Written(const std::string& name) {
  std::string lower = Lower(name);
  return QuoteIdentifier(lower) == lower ? name : QuoteIdentifier(name);
}

std::vector<std::string> WordsOf(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  for (char c : text) {
    if (IsWordByte(c)) {
      word += static_cast<char>(absl::ascii_tolower(static_cast<unsigned char>(c)));
    } else if (!word.empty()) {
      words.push_back(std::move(word));
      word.clear();
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

}  // namespace

Completion Complete(const DatabaseVersion& version, std::string_view text, size_t cursor) {
  cursor = std::min(cursor, text.size());
  Completion completion;
  size_t begin = cursor;
  while (begin > 0 && IsWordByte(text[begin - 1])) --begin;
  std::set<std::string> found;
  auto done = [&] {
    completion.words.assign(found.begin(), found.end());
    return completion;
  };
  std::string_view before = text.substr(0, begin);
  if (begin == 1 && text[0] == '\\') {
    completion.word_begin = 0;
    for (const auto& command : MetaCommandList()) {
      if (BeginsLike(command.name, text.substr(0, cursor))) found.insert(std::string(command.name));
    }
    return done();
  }
  completion.word_begin = begin;
  std::string_view prefix = text.substr(begin, cursor - begin);
  std::vector<TableSchemaPtr> tables = Tables(version);

  if (!before.empty() && before.back() == '.') {
    size_t end = begin - 1, start = end;
    while (start > 0 && IsWordByte(text[start - 1])) --start;
    std::string owner = Lower(text.substr(start, end - start));
    bool known = false;
    for (const auto& table : tables) known |= Lower(table->name) == owner;
    for (const auto& table : tables) {
      if (known && Lower(table->name) != owner) continue;  // an alias: any table's columns
      for (const auto& column : table->columns) {
        if (BeginsLike(column.name, prefix)) found.insert(Written(column.name));
      }
    }
    return done();
  }

  std::vector<std::string> words = WordsOf(before);
  bool wants_table = before.starts_with("\\d");
  if (!words.empty() && !before.empty() && absl::ascii_isspace(before.back())) {
    const std::string& last = words.back();
    wants_table |= last == "from" || last == "join" || last == "into" || last == "table" ||
                   last == "describe" || last == "truncate";
  }
  for (const auto& table : tables) {
    if (BeginsLike(table->name, prefix)) found.insert(Written(table->name));
  }
  for (const auto& view : Views(version)) {
    if (BeginsLike(view.name, prefix)) found.insert(Written(view.name));
  }
  if (wants_table) return done();

  // Columns of the tables that the statement names anywhere; of all tables while it names none.
  std::vector<std::string> statement = WordsOf(text);
  auto named = [&](const TableSchema& table) {
    return std::find(statement.begin(), statement.end(), Lower(table.name)) != statement.end();
  };
  bool any_named =
      std::any_of(tables.begin(), tables.end(), [&](const auto& table) { return named(*table); });
  for (const auto& table : tables) {
    if (any_named && !named(*table)) continue;
    for (const auto& column : table->columns) {
      if (BeginsLike(column.name, prefix)) found.insert(Written(column.name));
    }
  }
  if (prefix.empty()) return done();
  bool upper = absl::ascii_isupper(static_cast<unsigned char>(prefix[0]));
  for (const auto& keyword : SqlKeywords()) {
    if (BeginsLike(keyword, prefix)) found.insert(upper ? absl::AsciiStrToUpper(keyword) : keyword);
  }
  for (const auto& name : Registry::Get().Names()) {
    // Operators are functions too, but nobody completes them.
    if (IsWordByte(name[0]) && BeginsLike(name, prefix)) found.insert(name + "(");
  }
  return done();
}

std::string SharedPrefix(const std::vector<std::string>& words) {
  if (words.empty()) return "";
  std::string prefix = words[0];
  for (const auto& word : words) {
    size_t same = 0;
    while (same < prefix.size() && same < word.size() && prefix[same] == word[same]) ++same;
    prefix.resize(same);
  }
  return prefix;
}

}  // namespace shale
