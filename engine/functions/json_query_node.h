// What a compiled SQL/JSON path is made of. Private to json_query*.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/functions/json_query.h"
#include "engine/functions/regexp.h"

namespace shale {

struct JsonQuery::Node {
  enum class Kind : uint8_t {
    kRoot,      // $
    kCurrent,   // @
    kLast,      // last, in a subscript
    kVariable,  // $text
    kLiteral,   // text: JSON
    kMember,    // of child 0, text: name
    kAnyMember,
    kAnyLevel,  // of child 0: levels from `first` to `last` below it
    kElements,  // of child 0: children 1 and 2, 3 and 4 … are from and to; none: all
    kFilter,    // child 0 where child 1
    kSize,
    kType,
    kDouble,
    kCeiling,
    kFloor,
    kAbs,
    kKeyValue,
    kArithmetic,  // op text
    kSign,        // op text
    kCompare,     // op text; conditions from here on
    kAnd,
    kOr,
    kNot,
    kExists,
    kStartsWith,  // child 1: the prefix
    kLikeRegex,
    kIsUnknown,
  };
  static constexpr int64_t kDeepest = -1;  // .** without levels, and its word "last"

  Kind kind = Kind::kRoot;
  std::vector<std::unique_ptr<Node>> children;
  std::string text;
  int64_t first = 0, last = kDeepest;
  std::unique_ptr<Regexp> regexp;

  bool is_condition() const { return kind >= Kind::kCompare; }
};

}  // namespace shale
