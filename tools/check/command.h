// `shale check`: reads a database back from the disk and says what is damaged.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace shale {

// Adds the subcommand; when it is chosen, *run does its work and gives the exit code: 0 when all is
// sound, 1 when something is damaged or could not be read, 2 for wrong usage.
void AddCheckCommand(CLI::App* app, std::function<int()>* run);

}  // namespace shale
