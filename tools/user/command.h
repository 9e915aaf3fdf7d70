// `shale user`: who may log in to the server, whether it runs or not.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace shale {

// Adds the subcommand; when it is chosen, *run does its work and gives the exit code.
void AddUserCommand(CLI::App* app, std::function<int()>* run);

}  // namespace shale
