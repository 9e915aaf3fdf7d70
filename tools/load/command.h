// `shale load`: files into a table.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sql/database.h"

namespace CLI {
class App;
}

namespace shale {

// Exit codes of `shale load`.
inline constexpr int kLoadDone = 0;       // everything is in, within --max-errors
inline constexpr int kLoadFailed = 1;     // nothing of a plain load is in
inline constexpr int kLoadUsage = 2;      // the arguments make no sense
inline constexpr int kLoadOverLimit = 3;  // more bad rows than --max-errors: nothing is in

// Adds the subcommand; when it is chosen, *run does its work and gives the exit code.
void AddLoadCommand(CLI::App* app, std::function<int()>* run);

// The same on an open database, without --db: what it would print, errors included, goes to
// *output. For the SQL tests.
int LoadInto(Database* database, const std::vector<std::string>& arguments, std::string* output);

}  // namespace shale
