// SQL/JSON path expressions (the language of jsonb_path_query; ISO/IEC 19075-6) over JSON text, in
// lax mode: members of all elements of an array, elements of what is no array as if it were one,
// nothing where there is nothing.
//
// Known: $ and @, .name ."name" .* [n] [n to m] [last - n] [*], ? (condition), == != <> < <= > >=,
// && || !, exists (…), starts with, like_regex, is unknown, literals, .size() and .type(). Not
// known, and refused by name: strict mode, arithmetic, $variables, .** and other methods.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"

namespace shale {

// A compiled path. Immutable; any thread may run it.
class JsonQuery {
 public:
  // InvalidArgument or Unsupported, with the byte where it goes wrong.
  static StatusOr<std::unique_ptr<JsonQuery>> Compile(std::string_view text);
  ~JsonQuery();

  // What a run finds: views of the document, or of texts made on the way.
  struct Found {
    std::vector<std::string_view> items;
    std::deque<std::string> made;
  };
  // A condition as a whole path gives one boolean, or null where it is unknown.
  void Run(std::string_view json, Found* found) const;

  struct Node;

 private:
  JsonQuery() = default;
  std::unique_ptr<Node> root_;
};

}  // namespace shale
