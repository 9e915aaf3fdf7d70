#include "bench/rows/generator_main.h"

#include <charconv>
#include <string_view>

#include "fmt/format.h"

namespace shale::bench {
namespace {

bool ReadNumber(std::string_view text, uint64_t* value) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *value);
  return error == std::errc() && end == text.data() + text.size();
}

Status Run(int argc, char** argv, const TableSpec& table,
           const std::function<Status(const GeneratorOptions&, RowWriter*)>& generate) {
  if (argc == 3 && std::string_view(argv[1]) == "create") {
    ASSIGN_OR_RETURN(std::string text, CreateTableText(table, argv[2]));
    fmt::print("{};\n", text);
    return OkStatus();
  }
  GeneratorOptions options{.order = "time"};
  const Status usage = InvalidArgument(
      "usage: {0} ROWS tsv|csv|ndjson|DATABASE [--seed N] [--order time|key]\n"
      "       {0} create shale|duckdb|clickhouse",
      argv[0]);
  if (argc < 3 || argc % 2 == 0 || !ReadNumber(argv[1], &options.rows)) return usage;
  for (int i = 3; i < argc; i += 2) {
    const std::string_view name = argv[i], value = argv[i + 1];
    if (name == "--seed" && ReadNumber(value, &options.seed)) continue;
    if (name != "--order" || (value != "time" && value != "key")) return usage;
    options.order = value;
  }
  const std::string_view target = argv[2];
  const bool text = target == "tsv" || target == "csv" || target == "ndjson";
  ASSIGN_OR_RETURN(auto writer, text ? MakeTextWriter(table, target, stdout)
                                     : MakeTableWriter(table, std::string(target)));
  RETURN_IF_ERROR(generate(options, writer.get()));
  return writer->Finish();
}

}  // namespace

int GeneratorMain(int argc, char** argv, const TableSpec& table,
                  const std::function<Status(const GeneratorOptions&, RowWriter*)>& generate) {
  Status status = Run(argc, argv, table, generate);
  if (!status.ok()) fmt::print(stderr, "{}\n", Message(status));
  return status.ok() ? 0 : 1;
}

}  // namespace shale::bench
