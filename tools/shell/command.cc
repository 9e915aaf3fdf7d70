#include "tools/shell/command.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "tools/console/interrupt.h"
#include "tools/console/memory_options.h"
#include "tools/console/table_lookup.h"
#include "tools/console/terminal.h"
#include "tools/shell/line_editor.h"
#include "tools/shell/session.h"
#include "tools/shell/shell_input.h"

namespace shale {
namespace {

struct Action {
  bool is_file;
  std::string text;
};

struct ShellArguments {
  std::string db;
  bool create = false;
  std::string mode = "table";
  bool no_header = false;
  bool timing = false;
  int workers = 0;
  MemoryArguments memory;
  std::vector<std::string> commands, files;
  std::vector<Action> actions;  // -c and -f in the order given
};

constexpr int kFailed = 1, kUsage = 2, kInterrupted = 130;

StatusOr<std::unique_ptr<Database>> OpenDatabase(const ShellArguments& arguments) {
  DatabaseOptions options;
  options.create = arguments.create;
  options.num_workers = arguments.workers;
  RETURN_IF_ERROR(arguments.memory.Apply(&options));
  if (arguments.db.empty()) return Database::OpenInMemory(options);
  std::error_code error;
  if (!arguments.create && !std::filesystem::exists(arguments.db, error)) {
    return NotFound("there is no database folder {}; add --create to make it", arguments.db);
  }
  return Database::Open(arguments.db, options);
}

int Report(const Status& status) {
  if (status.ok()) return 0;
  // The reader of our output went away: nothing to say, and nobody to say it to.
  if (status.code() == StatusCode::kAborted && Message(status).starts_with("writing ")) {
    return kFailed;
  }
  PrintError(Message(status));
  return status.code() == StatusCode::kCancelled && TakeInterrupt() ? kInterrupted : kFailed;
}

int RunInteractive(ShellSession* session, const std::string& db) {
  fmt::print("Shale {}, {}. \\? for help, \\q to leave.\n", SHALE_VERSION,
             db.empty() ? "a database in memory" : db);
  std::fflush(stdout);
  const char* home = std::getenv("HOME");
  History history(home == nullptr ? "" : std::string(home) + "/.shale_history");
  LineEditor editor(&history, [&](std::string_view text, size_t cursor) {
    return Complete(*session->database()->store().snapshot(), text, cursor);
  });
  while (!session->quit()) {
    std::optional<std::string> text = editor.Read("shale> ");
    if (!text) {
      fmt::print("\n");
      return 0;
    }
    // What was typed or pasted may hold several units.
    ShellInput input;
    std::string_view left = *text;
    while (!left.empty()) {
      size_t end = left.find('\n');
      input.AddLine(left.substr(0, end));
      left.remove_prefix(end == std::string_view::npos ? left.size() : end + 1);
    }
    auto run = [&](const std::string& unit) {
      TakeInterrupt();
      Status status = session->RunUnit(unit);
      if (!status.ok()) PrintError(Message(status));
      return status.ok() && !session->quit();
    };
    bool go_on = true;
    while (go_on) {
      auto unit = input.Next();
      if (!unit) break;
      go_on = run(*unit);
    }
    if (go_on) {
      if (auto rest = input.Rest()) run(*rest);
    }
    TakeInterrupt();
  }
  return 0;
}

int RunShell(const ShellArguments& arguments) {
  auto mode = ParseOutputMode(arguments.mode);
  if (!mode.ok()) {
    PrintError(Message(mode.status()));
    return kUsage;
  }
  CatchInterrupts(false);
  auto database = OpenDatabase(arguments);
  if (!database.ok()) return Report(database.status());
  std::string recovery = RecoveryText((*database)->store().recovery());
  if (!recovery.empty()) fmt::print(stderr, "{}", recovery);

  auto output = MakeDescriptorSink(STDOUT_FILENO, "standard output");
  ShellSettings settings;
  settings.mode = *mode;
  settings.header = !arguments.no_header;
  settings.timing = arguments.timing;
  ShellSession session(database->get(), settings, output.get(),
                       [] { return TerminalWidth(STDOUT_FILENO); });
  for (const Action& action : arguments.actions) {
    Status status;
    if (action.is_file && action.text == "-") {
      status = session.RunScript(std::cin, "standard input");
    } else if (action.is_file) {
      status = session.RunFile(action.text);
    } else if (action.text.find('\\') == std::string::npos) {
      status = session.RunSql(action.text);  // whole, so that errors count lines from its start
    } else {
      std::istringstream in(action.text);
      status = session.RunScript(in, "");
    }
    Status flushed = output->Flush();
    if (status.ok()) status = flushed;
    if (!status.ok()) return Report(status);
    if (session.quit()) return 0;
  }
  if (!arguments.actions.empty()) return 0;
  if (IsTerminal(STDIN_FILENO) && IsTerminal(STDOUT_FILENO)) {
    return RunInteractive(&session, arguments.db);
  }
  Status status = session.RunScript(std::cin, "");
  Status flushed = output->Flush();
  return Report(status.ok() ? flushed : status);
}

}  // namespace

void AddShellCommand(CLI::App* app, std::function<int()>* run) {
  auto arguments = std::make_shared<ShellArguments>();
  CLI::App* shell = app->add_subcommand("shell", "Run SQL: typed, from -c, from files or a pipe");
  shell->add_option("--db", arguments->db, "Database folder (default: a database in memory)")
      ->type_name("DIR");
  shell->add_flag("--create", arguments->create, "Make the database folder when it is missing");
  CLI::Option* command =
      shell->add_option("-c,--command", arguments->commands, "Run SQL and leave; may be repeated")
          ->type_name("SQL")
          ->allow_extra_args(false)
          ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  CLI::Option* file = shell
                          ->add_option("-f,--file", arguments->files,
                                       "Run a file (-: standard input) and leave; "
                                       "may be repeated, in turn with -c")
                          ->type_name("FILE")
                          ->allow_extra_args(false)
                          ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  shell
      ->add_option("--mode", arguments->mode,
                   "Output: table, csv, tsv, json, ndjson, markdown or line")
      ->type_name("MODE")
      ->capture_default_str();
  shell->add_flag("--no-header", arguments->no_header, "Leave out the names of columns");
  shell->add_flag("--timing", arguments->timing, "Print how long each statement took");
  shell->add_option("--workers", arguments->workers, "Threads a query may use (0: one a core)")
      ->type_name("N")
      ->check(CLI::Range(0, 1024));
  AddMemoryOptions(shell, &arguments->memory);
  shell->footer(
      "Stops at the first error with exit code 1 (\\on_error continue goes on).\n\nExamples:\n"
      "  shale shell --db events.db\n"
      "  shale shell --db events.db -c 'SELECT count(*) FROM hits'\n"
      "  shale shell --db events.db --mode csv -f report.sql > report.csv\n"
      "  echo 'SELECT 1;' | shale shell --mode json");
  shell->callback([arguments, run, shell, command, file] {
    size_t commands = 0, files = 0;
    for (const CLI::Option* option : shell->parse_order()) {
      if (option == command) arguments->actions.push_back({false, arguments->commands[commands++]});
      if (option == file) arguments->actions.push_back({true, arguments->files[files++]});
    }
    *run = [arguments] { return RunShell(*arguments); };
  });
}

}  // namespace shale
