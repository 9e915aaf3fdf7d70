// The options of commands that open a database which say how much memory and disk its queries may
// take: --memory-limit, --temp-directory, --max-temp-size.
#pragma once

#include <string>

#include "sql/database.h"

namespace CLI {
class App;
}

namespace shale {

struct MemoryArguments {
  std::string memory_limit;
  std::string temp_directory;
  std::string max_temp_size;

  // Sizes that cannot be read are InvalidArgument naming the option.
  Status Apply(DatabaseOptions* options) const;
};

// `arguments` outlives the app.
void AddMemoryOptions(CLI::App* command, MemoryArguments* arguments);

}  // namespace shale
