#include "tools/console/memory_options.h"

#include <CLI/CLI.hpp>

#include "sql/session.h"

namespace shale {
namespace {

Status ApplySize(const char* option, const std::string& text, int64_t* bytes) {
  if (text.empty()) return OkStatus();
  auto size = ParseByteSize(text);
  if (!size.ok()) return InvalidArgument("{}: {}", option, Message(size.status()));
  *bytes = *size;
  return OkStatus();
}

}  // namespace

Status MemoryArguments::Apply(DatabaseOptions* options) const {
  RETURN_IF_ERROR(ApplySize("--memory-limit", memory_limit, &options->memory_limit_bytes));
  RETURN_IF_ERROR(ApplySize("--max-temp-size", max_temp_size, &options->max_temp_bytes));
  options->temp_directory = temp_directory;
  return OkStatus();
}

void AddMemoryOptions(CLI::App* command, MemoryArguments* arguments) {
  command
      ->add_option("--memory-limit", arguments->memory_limit,
                   "Memory for queries, rows and caches, as in 4GB (default: 80 % of the machine's "
                   "or of the control group's)")
      ->type_name("SIZE");
  command
      ->add_option("--temp-directory", arguments->temp_directory,
                   "Where queries put rows that memory has no room for (default: in the database "
                   "folder)")
      ->type_name("DIR");
  command
      ->add_option("--max-temp-size", arguments->max_temp_size,
                   "At most so much there, as in 50GB (default: nine tenths of what is free)")
      ->type_name("SIZE");
}

}  // namespace shale
