// `shale slt`: runs sqllogictest scripts.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace shale {

// Adds the subcommand; when it is chosen, *run does its work and gives the exit code.
void AddSltCommand(CLI::App* app, std::function<int()>* run);

}  // namespace shale
