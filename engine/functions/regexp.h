// Regular expressions with RE2: patterns compiled once, PostgreSQL's flags, replacements with \1.
//
// RE2 runs in time linear in the text, and so has neither look-around nor back-references: both
// are errors that say so. '.' matches a newline and ^ $ only the ends of the text, as in
// PostgreSQL, unless the flag 'n' is given.
#pragma once

#include <re2/re2.h>

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/base/status.h"

namespace shale {

// A compiled pattern. Immutable; any thread may match with it.
class Regexp {
 public:
  struct Flags {
    bool ignore_case = false;
    bool dot_stops = false;  // '.' stops at newlines
    bool lines = false;      // ^ and $ match around newlines
    bool expanded = false;   // blanks and comments do not count
    bool literal = false;    // the pattern is plain text
    bool global = false;     // every match, for those functions that know it
  };
  // "g", "i", "n", …; InvalidArgument names an unknown one.
  static StatusOr<Flags> ParseFlags(std::string_view text);
  static StatusOr<std::unique_ptr<Regexp>> Compile(std::string_view pattern, const Flags& flags);

  bool Matches(std::string_view text) const;
  // The first match at or behind byte `from`: groups[0] is all of it, groups[i] group i (a null
  // data() where it took no part).
  bool Find(std::string_view text, size_t from, std::string_view* groups, int num_groups) const;
  int num_groups() const { return re_->NumberOfCapturingGroups(); }
  const Flags& flags() const { return flags_; }

 private:
  Regexp() = default;
  Flags flags_;
  std::unique_ptr<RE2> re_;
  bool is_plain_ = false;  // no metacharacters: plain_ occurs or does not
  std::string plain_;
};

// What replaces a match: texts and groups (\1 to \9, \0 and \& for all of it).
class RegexpReplacement {
 public:
  explicit RegexpReplacement(std::string_view text);
  RegexpReplacement() = default;
  // Groups that must be captured, counting the whole match.
  int num_groups() const { return num_groups_; }
  // The one group it consists of, or -1.
  int only_group() const { return pieces_.size() == 1 ? pieces_[0].group : -1; }
  void Append(const std::string_view* groups, int count, std::string* out) const;

 private:
  struct Piece {
    int group = -1;  // -1: text
    std::string text;
  };
  std::vector<Piece> pieces_;
  int num_groups_ = 1;
};

// Compiled patterns of one worker, by pattern and flags; forgets all when it has too many.
class RegexpCache {
 public:
  // Valid until the next call.
  StatusOr<const Regexp*> Get(std::string_view pattern, std::string_view flags);
  // The replacement compiled; valid until the next call.
  const RegexpReplacement& Replacement(std::string_view text);

 private:
  std::string last_pattern_;
  std::string last_flags_;
  const Regexp* last_ = nullptr;
  std::unordered_map<std::string, std::unique_ptr<Regexp>> compiled_;
  std::string last_replacement_;
  bool has_replacement_ = false;
  RegexpReplacement replacement_;
};

// SIMILAR TO's pattern (% and _, | * + ? {} () []) as a regular expression for whole texts.
StatusOr<std::string> SimilarToRegexp(std::string_view pattern, std::string_view escape);

}  // namespace shale
