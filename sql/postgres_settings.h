// Settings of PostgreSQL that a client may SET and SHOW and that change nothing here: of its
// planner, of its memory, of its logs. Scripts and tools set them without asking.
#pragma once

#include <optional>
#include <string_view>

namespace shale {

// PostgreSQL's default for such a setting (lower case); none: there is no such one.
std::optional<std::string_view> PostgresDefault(std::string_view name);

}  // namespace shale
