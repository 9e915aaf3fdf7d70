// ShellSession: what `shale shell` keeps between statements (mode, timing, output) and how it runs
// one unit of input, be it SQL or a backslash command. Knows nothing of line editing. One thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sql/database.h"
#include "tools/console/result_writer.h"

namespace shale {

struct ShellSettings {
  OutputMode mode = OutputMode::kTable;
  bool header = true;
  bool timing = false;
  bool stop_on_error = true;  // in a file or a pipe
};

class ShellSession {
 public:
  static constexpr int kMaxIncludeDepth = 16;

  // `output` is standard output; tables are cut to `terminal_width()` when that is not 0.
  ShellSession(Database* database, ShellSettings settings, TextSink* output,
               std::function<size_t()> terminal_width);

  // SQL, any number of statements; stops at the first error.
  Status RunSql(std::string_view sql);
  // "\d hits": `line` begins with the backslash.
  Status RunMeta(std::string_view line);
  // A statement or backslash command as ShellInput gives it.
  Status RunUnit(std::string_view unit);
  // Text of several lines, mixed; `name` (a file) goes before an error's text with the line where
  // the statement began. Empty: no such prefix. After an error it stops, or prints the error and
  // goes on, as the settings say.
  Status RunScript(std::istream& in, const std::string& name);
  Status RunFile(const std::string& path);

  bool quit() const { return quit_; }
  const ShellSettings& settings() const { return settings_; }
  Database* database() { return database_; }

 private:
  friend struct MetaCommands;
  TextSink* sink() { return file_ ? file_.get() : output_; }
  size_t max_width() const { return file_ ? 0 : terminal_width_(); }
  Status Watch(double seconds, int64_t count);

  Database* database_;
  std::unique_ptr<Connection> connection_;
  ShellSettings settings_;
  TextSink* output_;
  std::function<size_t()> terminal_width_;
  std::unique_ptr<TextSink> file_;  // \o FILE
  std::string last_sql_;            // for \watch
  int include_depth_ = 0;
  bool quit_ = false;
};

// Every backslash command with its arguments and meaning: for \? and completion.
struct MetaCommandHelp {
  std::string_view name, arguments, meaning;
};
const std::vector<MetaCommandHelp>& MetaCommandList();

}  // namespace shale
