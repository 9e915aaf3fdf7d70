#include "tools/slt/command.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>

#include "engine/base/clock.h"
#include "tools/console/terminal.h"
#include "tools/slt/runner.h"

namespace shale {
namespace {

struct SltArguments {
  std::vector<std::string> paths;
  SltOptions options;
};

std::string Environment(const char* name, const std::string& otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? otherwise : value;
}

int RunSlt(SltArguments arguments) {
  std::error_code error;
  std::string source =
      Environment("SHALE_SOURCE_DIR", std::filesystem::current_path(error).string());
  arguments.options.variables["SHALE_SOURCE_DIR"] = source;
  arguments.options.variables["SHALE_TEST_DATA"] =
      Environment("SHALE_TEST_DATA", source + "/../shared/data");
  SltCounts counts;
  for (const auto& path : arguments.paths) {
    auto files = FindSltFiles(path);
    if (!files.ok()) {
      PrintError(Message(files.status()));
      return 2;
    }
    for (const auto& file : *files) {
      SltCounts before = counts;
      int64_t begin_us = Clock::System()->MonotonicMicros();
      RunSltFile(file, arguments.options, &counts);
      if (arguments.options.verbose) {
        fmt::print("{}: {} passed, {} failed, {} skipped, {}\n", file,
                   counts.passed - before.passed, counts.failed - before.failed,
                   counts.skipped - before.skipped,
                   HumanDuration(Clock::System()->MonotonicMicros() - begin_us));
        std::fflush(stdout);
      }
      for (size_t i = before.failures.size(); i < counts.failures.size(); ++i) {
        fmt::print("{}\n", counts.failures[i]);
      }
      for (size_t i = before.skipped_files.size(); i < counts.skipped_files.size(); ++i) {
        fmt::print("skipped {}\n", counts.skipped_files[i]);
      }
      std::fflush(stdout);
    }
  }
  auto shown = static_cast<int64_t>(counts.failures.size());
  if (counts.failed > shown) fmt::print("… and {} more failures\n", counts.failed - shown);
  fmt::print("{} passed, {} failed, {} skipped\n", counts.passed, counts.failed, counts.skipped);
  return counts.failed > 0 ? 1 : 0;
}

}  // namespace

void AddSltCommand(CLI::App* app, std::function<int()>* run) {
  auto arguments = std::make_shared<SltArguments>();
  CLI::App* slt = app->add_subcommand("slt", "Run sqllogictest scripts");
  slt->add_option("PATH", arguments->paths, "Scripts, or folders of *.test and *.slt")->required();
  slt->add_option("--db-workers", arguments->options.db_workers,
                  "Threads a query may use (0: one a core)")
      ->type_name("N")
      ->check(CLI::Range(0, 1024));
  slt->add_option("--set", arguments->options.settings,
                  "A setting of every connection, as in memory_limit=1MB; may be repeated")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  slt->add_option("--max-shown", arguments->options.max_failures_shown, "Failures shown in full")
      ->type_name("N")
      ->capture_default_str();
  slt->add_flag("-v,--verbose", arguments->options.verbose, "A line for every file");
  slt->footer(
      "Each script gets a fresh database in memory. The last line counts what passed, failed and\n"
      "was skipped; exit code 1 when something failed. ${SHALE_TEST_DATA} and ${SHALE_SOURCE_DIR}\n"
      "in scripts stand for the environment's variables.\n\nExamples:\n"
      "  shale slt tests/sql\n"
      "  shale slt --db-workers 1 tests/sql/select.test");
  slt->callback([arguments, run] { *run = [arguments] { return RunSlt(*arguments); }; });
}

}  // namespace shale
