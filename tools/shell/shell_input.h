// ShellInput: cuts lines of input into units: SQL text up to a line that ends a statement, or a
// backslash command. One thread.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace shale {

class ShellInput {
 public:
  // Without its line break.
  void AddLine(std::string_view line);
  // The next finished unit, if there is one.
  std::optional<std::string> Next();
  // Input is over: what stands unfinished (a last statement without semicolon), or nothing.
  std::optional<std::string> Rest();
  // Is the next line the beginning of a unit?
  bool at_start() const;
  // Line on which the unit given last began, from 1.
  int unit_line() const { return unit_line_; }

 private:
  struct Unit {
    std::string text;
    int line;
  };
  std::deque<Unit> units_;
  std::string buffer_;
  int buffer_line_ = 1;
  int line_ = 0;
  int unit_line_ = 1;
};

// Does text typed so far make a whole unit (a statement with its semicolon, a backslash command)?
bool IsCompleteUnit(std::string_view text);

}  // namespace shale
