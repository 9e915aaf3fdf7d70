// `shale serve`: a database directory as a server.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace shale {

// Adds the subcommand; when it is chosen, *run does its work and gives the exit code.
void AddServeCommand(CLI::App* app, std::function<int()>* run);

}  // namespace shale
