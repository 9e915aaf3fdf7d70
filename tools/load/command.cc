#include "tools/load/command.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "tools/console/interrupt.h"
#include "tools/console/memory_options.h"
#include "tools/console/terminal.h"
#include "tools/load/load.h"

namespace shale {
namespace {

// Options as they are written, to be turned into LoadOptions.
struct LoadArguments {
  LoadOptions options;
  std::string format = "auto", null_text, delimiter, partition_by, max_errors = "1%";
  bool has_null = false, no_header = false;
};

void DefineOptions(CLI::App* load, LoadArguments* arguments) {
  LoadOptions* options = &arguments->options;
  load->add_option("FILE", options->files,
                   "Files, patterns such as 'logs/*.gz', or - for standard input; .gz and .zst are "
                   "unpacked")
      ->required();
  load->add_option("--db", options->db, "Database folder")->type_name("DIR");
  load->add_option("--table", options->table, "The table that the rows go to")
      ->type_name("T")
      ->required();
  load->add_flag("--create", options->create,
                 "Make the table from what the files hold (and the database folder)");
  load->add_option("--format", arguments->format,
                   "auto, csv, tsv, ndjson or combined (access logs)")
      ->type_name("F")
      ->capture_default_str();
  load->add_option("--delimiter", arguments->delimiter,
                   "Between the fields of CSV: a character, or tab, semicolon, pipe …")
      ->type_name("C");
  load->add_flag("--no-header", arguments->no_header, "The first line is a row, not names");
  load->add_option("--columns", options->columns, "Names of the fields, instead of the header's")
      ->type_name("A,B,…")
      ->delimiter(',')
      ->allow_extra_args(false);
  load->add_flag("--flatten", options->hints.flatten,
                 "Nested JSON becomes columns a.b, instead of one JSON column");
  load->add_option("--null", arguments->null_text, "A further text that stands for NULL")
      ->type_name("S")
      ->each([arguments](const std::string&) { arguments->has_null = true; });
  load->add_option("--timestamp", options->timestamp,
                   "The column that says when (default: the first one of times without gaps)")
      ->type_name("COL");
  load->add_option("--partition-by", arguments->partition_by, "HOUR, DAY, WEEK or MONTH")
      ->type_name("UNIT");
  load->add_option("--order-by", options->order_by, "How rows lie inside a partition")
      ->type_name("A,B,…")
      ->delimiter(',')
      ->allow_extra_args(false);
  load->add_option("--max-errors", arguments->max_errors,
                   "Bad rows allowed, a number or a share; with more nothing is loaded")
      ->type_name("N|P%")
      ->capture_default_str();
  load->add_option("--rejects", options->rejects,
                   "Where refused rows go (default: TABLE.rejects.ndjson)")
      ->type_name("FILE");
  load->add_flag("--dry-run", options->dry_run, "Print the CREATE TABLE and stop");
  load->add_flag("--resume", options->resume,
                 "Commit in steps; run again after an interruption, go on where it stopped");
  load->add_flag("--json", options->json, "The summary as one JSON object");
  load->add_option("--workers", options->workers, "Threads that parse (0: one a core)")
      ->type_name("N")
      ->check(CLI::Range(0, 1024));
  AddMemoryOptions(load, &options->memory);
  load->footer(
      "Exit codes: 0 done, 1 failed, 2 wrong arguments, 3 more bad rows than --max-errors.\n\n"
      "Examples:\n"
      "  shale load --db events.db --table access --create access.log.gz\n"
      "  shale load --db events.db --table hits --create --dry-run 'hits-*.csv.zst'\n"
      "  shale load --db events.db --table events --resume big.ndjson\n"
      "  zcat old.csv.gz | shale load --db events.db --table hits -");
}

// What cannot be told by one option alone. InvalidArgument for the user.
Status Settle(LoadArguments* arguments, bool needs_db) {
  LoadOptions& options = arguments->options;
  ASSIGN_OR_RETURN(options.hints.format, TextFormatFromName(arguments->format));
  if (!arguments->delimiter.empty()) {
    ASSIGN_OR_RETURN(options.hints.delimiter, ParseDelimiter(arguments->delimiter));
  }
  if (arguments->no_header) options.hints.header = false;
  if (arguments->has_null) options.hints.null_text = arguments->null_text;
  if (!arguments->partition_by.empty()) {
    ASSIGN_OR_RETURN(options.unit, ParsePartitionUnit(arguments->partition_by));
  }
  ASSIGN_OR_RETURN(options.max_errors, ParseErrorLimit(arguments->max_errors));
  if (options.table.empty()) return InvalidArgument("--table needs a name");
  if (needs_db && options.db.empty() && !options.dry_run) {
    return InvalidArgument("--db is required: the database folder");
  }
  size_t inputs = 0;
  for (const auto& file : options.files) inputs += file == "-";
  if (inputs > 1) return InvalidArgument("standard input (-) can be read once only");
  if (inputs > 0 && options.resume) {
    return InvalidArgument("--resume needs files: standard input cannot be read again");
  }
  return OkStatus();
}

}  // namespace

void AddLoadCommand(CLI::App* app, std::function<int()>* run) {
  auto arguments = std::make_shared<LoadArguments>();
  CLI::App* load = app->add_subcommand("load", "Load files into a table");
  DefineOptions(load, arguments.get());
  load->callback([arguments, run] {
    *run = [arguments] {
      Status settled = Settle(arguments.get(), true);
      if (!settled.ok()) {
        PrintError(Message(settled));
        return kLoadUsage;
      }
      CatchInterrupts(true);
      auto out = MakeDescriptorSink(STDOUT_FILENO, "standard output");
      // Errors and remarks are to be seen at once.
      class UnbufferedError : public TextSink {
       public:
        Status Write(std::string_view text) override {
          constexpr std::string_view kMark = "error: ";
          if (text.starts_with(kMark)) {
            text.remove_prefix(kMark.size());
            PrintError(text.substr(0, text.size() - 1));
          } else {
            std::fwrite(text.data(), 1, text.size(), stderr);
          }
          return OkStatus();
        }
        Status Flush() override { return OkStatus(); }
      } err;
      return RunLoad(arguments->options, nullptr, out.get(), &err, true);
    };
  });
}

int LoadInto(Database* database, const std::vector<std::string>& words, std::string* output) {
  LoadArguments arguments;
  CLI::App app("shale load");
  DefineOptions(&app, &arguments);
  StringSink sink;
  try {
    // CLI11 takes the last argument first.
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::ParseError& error) {
    *output = error.what();
    return kLoadUsage;
  }
  Status settled = Settle(&arguments, false);
  if (!settled.ok()) {
    *output = Message(settled);
    return kLoadUsage;
  }
  int code = RunLoad(arguments.options, database, &sink, &sink, false);
  *output = sink.text();
  return code;
}

}  // namespace shale
