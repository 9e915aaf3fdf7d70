// Relations that the database keeps about itself: shale_functions, shale_settings, shale_tables,
// shale_columns, shale_segments, shale_jobs. Adding one is a function and a line in the list of
// system_relations.cc.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/status.h"
#include "engine/vector/vector.h"
#include "sql/session.h"
#include "storage/table/store.h"

namespace shale {

struct SystemRelation {
  std::vector<std::pair<std::string, Type>> columns;
  std::vector<Chunk> chunks;
};

// Nothing when `name` (lower case) is no system relation.
StatusOr<std::optional<SystemRelation>> MakeSystemRelation(std::string_view name,
                                                           const Session& session,
                                                           const DatabaseVersion& version);
std::vector<std::string> SystemRelationNames();

}  // namespace shale
