// SQL/JSON path expressions (the language of jsonb_path_query; ISO/IEC 19075-6) over JSON text. In
// lax mode members are those of all elements of an array, elements of what is no array those of an
// array of it alone, and nothing is where nothing is; in strict mode these are errors.
//
// All of PostgreSQL's language but .datetime(), which is refused by name.
#pragma once

#include <deque>
#include <memory>
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

  // What a run finds: views of the document, or of texts made on the way; until `error`, if any.
  struct Found {
    std::vector<std::string_view> items;
    std::deque<std::string> made;
    Status error;
    bool fatal = false;  // a variable that is not there: an error even where others are silent
  };
  // `variables` is an object (or empty): $x is its member x. A condition as a whole path gives one
  // boolean, or null where it is unknown.
  void Run(std::string_view json, std::string_view variables, Found* found) const;
  bool is_lax() const { return lax_; }

  struct Node;

 private:
  JsonQuery() = default;
  std::unique_ptr<Node> root_;
  bool lax_ = true;
};

}  // namespace shale
