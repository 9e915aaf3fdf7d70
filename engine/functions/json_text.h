// Looking into JSON text without building a tree: values are views of the text itself.
//
// Every function expects valid JSON, as the type JSON guarantees (IsValidJson of value_format.h);
// none reads outside the view it was given, whatever is in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"

namespace shale {

enum class JsonKind : uint8_t { kNull, kBoolean, kNumber, kString, kArray, kObject };

// The value without blanks around it.
std::string_view TrimJson(std::string_view json);
JsonKind JsonKindOf(std::string_view value);
std::string_view JsonKindName(JsonKind kind);

// Walks the members of an object or the elements of an array, in order.
class JsonItems {
 public:
  explicit JsonItems(std::string_view container);
  // False at the end, and at once for a value that is no container.
  bool Next();
  std::string_view key() const { return key_; }  // as written, with its quotes; objects only
  std::string_view value() const { return value_; }

 private:
  std::string_view json_;
  size_t at_ = 0;
  bool is_object_ = false;
  bool done_ = false;
  std::string_view key_;
  std::string_view value_;
};

// The member of that name: the last one when it comes twice, as PostgreSQL has it.
std::optional<std::string_view> JsonMember(std::string_view object, std::string_view name);
// The element at an index from 0, or from -1 at the end.
std::optional<std::string_view> JsonElement(std::string_view array, int64_t index);
size_t JsonLength(std::string_view container);  // members or elements; 0 for others

// What a quoted string says, into `out` (emptied first) when it has escapes, else as a view.
// False for an escape that is no character (\u0000 and half a surrogate pair).
bool JsonUnquote(std::string_view quoted, std::string* out, std::string_view* text);
// Appends `text` as a JSON string with its quotes.
void AppendJsonString(std::string_view text, std::string* out);

// One step of a path: a member's name, or an element's index.
struct JsonStep {
  std::string name;
  bool is_index = false;
  int64_t index = 0;
};
using JsonPath = std::vector<JsonStep>;
// "{a,0,\"b c\"}": PostgreSQL's array literal; a step that is a number also indexes arrays.
StatusOr<JsonPath> ParseArrayPath(std::string_view text);
// "$.a.b[0]", "/a/b/0" (RFC 6901) or just a member's name.
StatusOr<JsonPath> ParseJsonPath(std::string_view text);
std::optional<std::string_view> JsonFollow(std::string_view json, const JsonPath& path);

// PostgreSQL's @>: every part of `inner` is in `outer` at the same place.
bool JsonContains(std::string_view outer, std::string_view inner);

}  // namespace shale
