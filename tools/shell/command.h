// `shale shell`: SQL from the command line, files, a pipe, or typed.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace shale {

// Adds the subcommand; when it is chosen, *run does its work and gives the exit code.
void AddShellCommand(CLI::App* app, std::function<int()>* run);

}  // namespace shale
