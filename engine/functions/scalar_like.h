// LIKE: patterns compiled once, and the substring search beneath them.
//
// '%' stands for any text, '_' for one character, the escape character takes the meaning from what
// follows. A compiled pattern is immutable and may be used by any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"

namespace shale {

// The first byte offset of `needle` in `text`, npos when it is not there. Compares sixteen
// positions at once by the needle's first and last byte.
size_t FindBytes(std::string_view text, std::string_view needle);

class LikePattern {
 public:
  // `escape` is one character, or empty for none. InvalidArgument: a longer escape, or a pattern
  // that ends in one.
  static StatusOr<LikePattern> Compile(std::string_view pattern, bool ignore_case,
                                       std::string_view escape = "\\");

  bool Matches(std::string_view text) const;
  // out[i] = Matches(texts[i]) != negate.
  void MatchAll(const std::string_view* texts, size_t count, bool negate, uint8_t* out) const;

  enum class Kind : uint8_t { kExact, kPrefix, kSuffix, kBoth, kContains, kGeneral };
  Kind kind() const { return kind_; }
  bool ignore_case() const { return ignore_case_; }
  // Every match starts with this text (empty when nothing is known, or case is ignored).
  std::string_view literal_prefix() const { return ignore_case_ ? std::string_view() : prefix_; }

 private:
  // A stretch between two '%': bytes, and which characters are '_'.
  struct Part {
    std::string text;       // '_' as one byte
    std::vector<bool> any;  // any[i]: byte i is '_'; empty when there is none
    size_t MatchAt(std::string_view text, size_t at) const;         // end of the match, or npos
    size_t MatchBackFrom(std::string_view text, size_t end) const;  // start of the match, or npos
    size_t Find(std::string_view text, size_t from, size_t* end) const;
  };

  bool MatchesCased(std::string_view text) const;

  Kind kind_ = Kind::kExact;
  bool ignore_case_ = false;
  std::string prefix_;  // kExact, kPrefix, kBoth: the literal; kContains: the needle
  std::string suffix_;
  std::vector<Part> parts_;  // kGeneral
  bool open_start_ = false;  // kGeneral: the pattern begins with '%'
  bool open_end_ = false;
};

}  // namespace shale
