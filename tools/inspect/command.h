// `shale inspect`: what a database holds on disk.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace shale {

// Adds the subcommand; when it is chosen, *run does its work and gives the exit code.
void AddInspectCommand(CLI::App* app, std::function<int()>* run);

}  // namespace shale
