// LineEditor: typing statements of several lines at a terminal, by libedit. Enter ends the input
// when it is a whole statement or command, else begins a new line; Up and Down move between lines,
// then through history; a paste is inserted as it is; Tab completes; Ctrl-C drops what was typed.
// One thread, one editor a process.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "tools/shell/completion.h"
#include "tools/shell/history.h"

namespace shale {

class LineEditor {
 public:
  using Completer = std::function<Completion(std::string_view text, size_t cursor)>;
  LineEditor(History* history, Completer completer);
  ~LineEditor();
  // The statement as typed; nothing at the end of input (Ctrl-D). An empty string after Ctrl-C.
  std::optional<std::string> Read(const std::string& prompt);

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace shale
