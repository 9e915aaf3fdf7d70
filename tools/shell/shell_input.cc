#include "tools/shell/shell_input.h"

#include "sql/parser.h"

namespace shale {
namespace {

std::string_view Trim(std::string_view text) {
  size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

// Where "\watch …" ends the line, or npos.
size_t FindTrailingWatch(std::string_view line) {
  constexpr std::string_view kWatch = "\\watch";
  size_t at = line.rfind(kWatch);
  if (at == std::string_view::npos) return at;
  std::string_view rest = line.substr(at + kWatch.size());
  return rest.find_first_not_of("0123456789. \t\r") == std::string_view::npos
             ? at
             : std::string_view::npos;
}

}  // namespace

bool ShellInput::at_start() const { return Trim(buffer_).empty(); }

void ShellInput::AddLine(std::string_view line) {
  ++line_;
  if (at_start()) {
    buffer_.clear();
    buffer_line_ = line_;
    std::string_view trimmed = Trim(line);
    if (trimmed.empty()) return;
    if (trimmed.front() == '\\') {
      units_.push_back({std::string(trimmed), line_});
      return;
    }
  }
  // "SELECT … \watch 2": the statement, then the command. A statement that has its semicolon
  // already was given before; \watch alone then begins a line.
  size_t watch = FindTrailingWatch(line);
  if (watch != std::string_view::npos &&
      IsCompleteStatement(buffer_ + std::string(line.substr(0, watch)) + ";")) {
    buffer_.append(line.substr(0, watch));
    units_.push_back({std::string(Trim(buffer_)), buffer_line_});
    units_.push_back({std::string(Trim(line.substr(watch))), line_});
    buffer_.clear();
    return;
  }
  buffer_.append(line);
  buffer_.push_back('\n');
  // Only a line with a semicolon can end a statement; asking is a pass over the whole buffer.
  if (line.find(';') != std::string_view::npos && IsCompleteStatement(buffer_)) {
    buffer_.pop_back();
    units_.push_back({std::move(buffer_), buffer_line_});
    buffer_.clear();
  }
}

std::optional<std::string> ShellInput::Next() {
  if (units_.empty()) return std::nullopt;
  std::string text = std::move(units_.front().text);
  unit_line_ = units_.front().line;
  units_.pop_front();
  return text;
}

std::optional<std::string> ShellInput::Rest() {
  if (at_start()) return std::nullopt;
  unit_line_ = buffer_line_;
  std::string text = std::move(buffer_);
  buffer_.clear();
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

bool IsCompleteUnit(std::string_view text) {
  std::string_view trimmed = Trim(text);
  if (trimmed.empty() || trimmed.front() == '\\') return true;
  size_t watch = FindTrailingWatch(trimmed);
  if (watch != std::string_view::npos) return true;
  return IsCompleteStatement(text);
}

}  // namespace shale
