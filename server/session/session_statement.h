// Statements that are a session's business, not the database's: cursors, DISCARD, roles. Read by
// hand from a statement's text; all others go to sql/database.h. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "engine/base/status.h"

namespace shale {

struct DeclareCursor {
  std::string name;
  bool hold = false;
  bool binary = false;
  bool no_scroll = false;
  std::string_view query;  // into the statement's text
};
// FETCH, or MOVE, which gives no rows.
struct FetchCursor {
  enum class Kind : uint8_t { kForward, kBackward, kAbsolute, kRelative };
  std::string name;
  bool move = false;
  Kind kind = Kind::kForward;
  int64_t count = 1;
  bool all = false;
};
struct CloseCursor {
  std::optional<std::string> name;  // none: ALL
};
struct Discard {
  enum class What : uint8_t { kAll, kPlans, kSequences, kTemporary } what = What::kAll;
};
// Nothing to do here, but a tag to answer: UNLISTEN, VACUUM, ANALYZE.
struct Acknowledge {
  std::string tag;
};
struct ChangeRole {
  enum class Kind : uint8_t { kCreate, kAlter, kDrop } kind = Kind::kCreate;
  std::string name;
  bool if_exists = false;
  std::optional<std::string> password;  // or its verifier
};

using SessionStatement =
    std::variant<DeclareCursor, FetchCursor, CloseCursor, Discard, Acknowledge, ChangeRole>;

// Nothing when `text` is no such statement. Errors are InvalidArgument: "syntax error at or
// near …".
StatusOr<std::optional<SessionStatement>> ReadSessionStatement(std::string_view text);

}  // namespace shale
