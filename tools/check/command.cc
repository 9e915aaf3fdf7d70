#include "tools/check/command.h"

#include <CLI/CLI.hpp>
#include <filesystem>

#include "fmt/format.h"
#include "sql/database.h"
#include "tools/console/interrupt.h"
#include "tools/console/table_lookup.h"
#include "tools/console/terminal.h"

namespace shale {
namespace {

struct CheckArguments {
  std::string db, table;
};

// Prints what was found; the number of damages.
StatusOr<size_t> Check(const CheckArguments& arguments) {
  std::error_code error;
  if (!std::filesystem::exists(arguments.db, error)) {
    return NotFound("there is no database folder {}", arguments.db);
  }
  DatabaseOptions options;
  options.background_jobs = false;
  ASSIGN_OR_RETURN(auto database, Database::Open(arguments.db, options));
  for (const std::string& note : database->store().recovery().notes) {
    fmt::print(stderr, "{}\n", note);
  }
  std::optional<TableId> only;
  if (!arguments.table.empty()) {
    ASSIGN_OR_RETURN(TableSchemaPtr table,
                     LookUpTable(*database->store().snapshot(), arguments.table));
    only = table->table_id;
  }
  ASSIGN_OR_RETURN(CheckReport report, database->store().Check(only));
  for (const Damage& damage : report.damages) fmt::print("damaged: {}\n", damage.message);
  Snapshot snapshot = database->store().snapshot();
  for (const TableSchemaPtr& table : Tables(*snapshot)) {
    const uint64_t segments = QuarantinedSegments(*snapshot, table->table_id);
    if (segments == 0) continue;
    fmt::print(
        "table \"{}\": {} segment{} with {} rows in quarantine; a query that needs them is "
        "refused. Bring the files back from a backup and check again, or give the rows up with "
        "ALTER TABLE {} DROP SEGMENT number (shale_segments lists them) and load them again\n",
        table->name, segments, segments == 1 ? "" : "s",
        QuarantinedRows(*snapshot, table->table_id), table->name);
  }
  for (uint64_t id : report.lifted) fmt::print("segment {} is sound again\n", id);
  fmt::print("checked {} files, {} blocks, {} bytes: {} damaged\n", report.files, report.blocks,
             report.bytes, report.damages.size());
  return report.damages.size();
}

}  // namespace

void AddCheckCommand(CLI::App* app, std::function<int()>* run) {
  auto arguments = std::make_shared<CheckArguments>();
  CLI::App* check =
      app->add_subcommand("check", "Read everything back from the disk; say what is damaged");
  check->add_option("--db", arguments->db, "Database folder")->type_name("DIR")->required();
  check->add_option("TABLE", arguments->table, "Only this table, the catalog and the log");
  check->footer(
      "Damaged segments are put into quarantine: queries that need them are refused, everything\n"
      "else stays readable. The exit code is 1 when something is damaged.\n\nExamples:\n"
      "  shale check --db events.db\n"
      "  shale check --db events.db hits");
  check->callback([arguments, run] {
    *run = [arguments] {
      CatchInterrupts(true);
      auto damages = Check(*arguments);
      if (damages.ok()) return *damages == 0 ? 0 : 1;
      PrintError(Message(damages.status()));
      return 1;
    };
  });
}

}  // namespace shale
