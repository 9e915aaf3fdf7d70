#include "tools/inspect/command.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "sql/database.h"
#include "tools/console/interrupt.h"
#include "tools/console/table_lookup.h"
#include "tools/console/terminal.h"
#include "tools/inspect/report.h"

namespace shale {
namespace {

struct InspectArguments {
  std::string db, table, column;
  InspectOptions options;
};

Status Inspect(const InspectArguments& arguments) {
  std::error_code error;
  if (!std::filesystem::exists(arguments.db, error)) {
    return NotFound("there is no database folder {}", arguments.db);
  }
  DatabaseOptions database_options;
  database_options.background_jobs = false;  // what is there, as it is
  ASSIGN_OR_RETURN(auto database, Database::Open(arguments.db, database_options));
  std::string recovery = RecoveryText(database->store().recovery());
  if (!recovery.empty()) fmt::print(stderr, "{}", recovery);
  Snapshot snapshot = database->store().snapshot();
  auto sink = MakeDescriptorSink(STDOUT_FILENO, "standard output");
  if (arguments.table.empty()) {
    RETURN_IF_ERROR(InspectDatabase(*snapshot, arguments.options, sink.get()));
    return sink->Flush();
  }
  ASSIGN_OR_RETURN(TableSchemaPtr table, LookUpTable(*snapshot, arguments.table));
  if (arguments.column.empty()) {
    RETURN_IF_ERROR(InspectTable(*snapshot, *table, arguments.options, sink.get()));
    return sink->Flush();
  }
  ASSIGN_OR_RETURN(const ColumnSchema* column, LookUpColumn(*table, arguments.column));
  RETURN_IF_ERROR(InspectColumn(*snapshot, *table, *column, arguments.options, sink.get()));
  return sink->Flush();
}

}  // namespace

void AddInspectCommand(CLI::App* app, std::function<int()>* run) {
  auto arguments = std::make_shared<InspectArguments>();
  CLI::App* inspect = app->add_subcommand("inspect", "Show what lies on disk: sizes, encodings");
  inspect->add_option("--db", arguments->db, "Database folder")->type_name("DIR")->required();
  inspect->add_option("TABLE", arguments->table, "A table: its columns");
  inspect->add_option("COLUMN", arguments->column, "A column: its segments");
  inspect->add_flag("--segments", arguments->options.segments, "A line for each segment too");
  inspect->add_flag("--json", arguments->options.json, "As JSON");
  inspect->footer(
      "Examples:\n"
      "  shale inspect --db events.db\n"
      "  shale inspect --db events.db hits\n"
      "  shale inspect --db events.db hits --segments\n"
      "  shale inspect --db events.db hits url --json");
  inspect->callback([arguments, run] {
    *run = [arguments] {
      CatchInterrupts(true);
      arguments->options.max_width = TerminalWidth(STDOUT_FILENO);
      Status status = Inspect(*arguments);
      if (status.ok()) return 0;
      PrintError(Message(status));
      return 1;
    };
  });
}

}  // namespace shale
