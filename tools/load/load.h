// One load from its options to its exit code.
#pragma once

#include "sql/database.h"
#include "tools/console/text_sink.h"
#include "tools/load/options.h"

namespace shale {

// Opens options.db unless `database` is given. The CREATE TABLE and the summary go to `out` (with
// --json the summary alone), everything else to `err`. Returns one of kLoadDone … (command.h).
int RunLoad(const LoadOptions& options, Database* database, TextSink* out, TextSink* err,
            bool show_progress);

}  // namespace shale
