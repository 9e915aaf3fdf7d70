// The one binary: `shale` and its subcommands, each in a folder of its own.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/edit_distance.h"
#include "engine/base/large_block.h"
#include "fmt/format.h"
#include "tools/check/command.h"
#include "tools/console/terminal.h"
#include "tools/functions/functions_page.h"
#include "tools/inspect/command.h"
#include "tools/load/command.h"
#include "tools/serve/command.h"
#include "tools/shell/command.h"
#include "tools/slt/command.h"
#include "tools/user/command.h"

namespace {

constexpr int kUsage = 2;
constexpr const char* kVersion = "shale " SHALE_VERSION;

void AddSmallCommands(CLI::App* app, std::function<int()>* run) {
  CLI::App* functions = app->add_subcommand("functions", "Print docs/functions.md");
  functions->footer("Example:\n  shale functions > docs/functions.md");
  functions->callback([run] {
    *run = [] {
      std::string page = shale::FunctionsPage();
      std::fwrite(page.data(), 1, page.size(), stdout);
      return std::fflush(stdout) == 0 ? 0 : 1;
    };
  });
  CLI::App* version = app->add_subcommand("version", "Print the version");
  version->footer("Example:\n  shale version");
  version->callback([run] {
    *run = [] {
      std::puts(kVersion);
      return 0;
    };
  });
}

int Unknown(std::string_view name, const std::vector<std::string>& names) {
  std::vector<std::string_view> views(names.begin(), names.end());
  std::string_view near = shale::NearestName(name, views);
  shale::PrintError(fmt::format("unknown command \"{}\"{}; shale --help lists the commands", name,
                                near.empty() ? "" : fmt::format(", did you mean {}?", near)));
  return kUsage;
}

int Main(int argc, char** argv) {
  CLI::App app("Shale: a columnar database for events.", "shale");
  app.set_version_flag("--version", kVersion);
  app.require_subcommand(1);
  app.footer(
      "`shale COMMAND --help` says more.\n\nExamples:\n"
      "  shale load --db events.db --table access --create access.log.gz\n"
      "  shale shell --db events.db -c 'SELECT count(*) FROM access'\n"
      "  shale inspect --db events.db access");
  std::function<int()> run;
  shale::AddShellCommand(&app, &run);
  shale::AddLoadCommand(&app, &run);
  shale::AddInspectCommand(&app, &run);
  shale::AddServeCommand(&app, &run);
  shale::AddUserCommand(&app, &run);
  shale::AddCheckCommand(&app, &run);
  shale::AddSltCommand(&app, &run);
  AddSmallCommands(&app, &run);
  if (argc > 1 && argv[1][0] != '-') {
    std::vector<std::string> names;
    for (CLI::App* command : app.get_subcommands(nullptr)) names.push_back(command->get_name());
    if (std::find(names.begin(), names.end(), argv[1]) == names.end())
      return Unknown(argv[1], names);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    shale::PrintError(error.what());
    CLI::App* at = &app;
    for (CLI::App* command : app.get_subcommands()) at = command;
    std::fprintf(stderr, "try: shale %s--help\n", at == &app ? "" : (at->get_name() + " ").c_str());
    return kUsage;
  }
  return run ? run() : kUsage;
}

}  // namespace

int main(int argc, char** argv) {
  shale::KeepFreedHeap();
  try {
    return Main(argc, argv);
  } catch (const std::exception& error) {  // out of memory and the like, from third parties
    shale::PrintError(error.what());
    return 1;
  }
}
