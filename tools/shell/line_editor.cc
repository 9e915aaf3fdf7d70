#include "tools/shell/line_editor.h"

#include <histedit.h>
#include <langinfo.h>
#include <unistd.h>

#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "tools/console/interrupt.h"
#include "tools/console/terminal.h"
#include "tools/shell/shell_input.h"

// libedit's C functions get their state through EL_CLIENTDATA.
struct shale::LineEditor::State {
  ::EditLine* editor = nullptr;
  ::History* history = nullptr;
  shale::History* entries = nullptr;
  Completer completer;
  std::string prompt;
  bool dropped = false;  // Ctrl-C
};

namespace shale {
namespace {

using State = LineEditor::State;

State* StateOf(EditLine* editor) {
  void* data = nullptr;
  el_get(editor, EL_CLIENTDATA, &data);
  return static_cast<State*>(data);
}

std::string_view Text(const LineInfo* line) {
  return {line->buffer, static_cast<size_t>(line->lastchar - line->buffer)};
}
size_t Cursor(const LineInfo* line) { return static_cast<size_t>(line->cursor - line->buffer); }

size_t Characters(std::string_view text) {
  size_t count = 0;
  for (unsigned char c : text) count += (c & 0xc0) != 0x80;
  return count;
}

const char* Prompt(EditLine* editor) { return StateOf(editor)->prompt.c_str(); }

void MoveToEnd(EditLine* editor) {
  const LineInfo* line = el_line(editor);
  std::string_view rest = Text(line).substr(Cursor(line));
  el_cursor(editor, static_cast<int>(Characters(rest)));
}

unsigned char OnEnter(EditLine* editor, int) {
  const LineInfo* line = el_line(editor);
  if (IsCompleteUnit(Text(line))) {
    MoveToEnd(editor);
    return CC_NEWLINE;
  }
  el_insertstr(editor, "\n");
  return CC_REFRESH;
}

// Up on the first line and Down on the last go through history: the keys bound to libedit's own
// functions for that are pushed back into the input.
unsigned char OnUp(EditLine* editor, int) {
  const LineInfo* line = el_line(editor);
  std::string_view text = Text(line);
  size_t cursor = Cursor(line);
  size_t line_begin = text.substr(0, cursor).rfind('\n');
  if (line_begin == std::string_view::npos) {
    el_push(editor, "\x10");
    return CC_NORM;
  }
  size_t column = Characters(text.substr(line_begin + 1, cursor - line_begin - 1));
  size_t above_begin = 0;
  if (line_begin > 0) {
    size_t at = text.substr(0, line_begin).rfind('\n');
    above_begin = at == std::string_view::npos ? 0 : at + 1;
  }
  size_t above = Characters(text.substr(above_begin, line_begin - above_begin));
  size_t back = column + 1 + (above > column ? above - column : 0);
  el_cursor(editor, -static_cast<int>(back));
  return CC_REFRESH;
}

unsigned char OnDown(EditLine* editor, int) {
  const LineInfo* line = el_line(editor);
  std::string_view text = Text(line);
  size_t cursor = Cursor(line);
  size_t line_end = text.find('\n', cursor);
  if (line_end == std::string_view::npos) {
    el_push(editor, "\x0e");
    return CC_NORM;
  }
  size_t line_begin = text.substr(0, cursor).rfind('\n');
  line_begin = line_begin == std::string_view::npos ? 0 : line_begin + 1;
  size_t column = Characters(text.substr(line_begin, cursor - line_begin));
  size_t below_end = text.find('\n', line_end + 1);
  if (below_end == std::string_view::npos) below_end = text.size();
  size_t below = Characters(text.substr(line_end + 1, below_end - line_end - 1));
  size_t forward = Characters(text.substr(cursor, line_end - cursor)) + 1 + std::min(column, below);
  el_cursor(editor, static_cast<int>(forward));
  return CC_REFRESH;
}

unsigned char OnCancel(EditLine* editor, int) {
  StateOf(editor)->dropped = true;
  MoveToEnd(editor);
  return CC_NEWLINE;
}

unsigned char OnSuspend(EditLine* editor, int) {
  el_set(editor, EL_PREP_TERM, 0);
  raise(SIGTSTP);
  el_set(editor, EL_PREP_TERM, 1);
  return CC_REDISPLAY;
}

// Everything up to the closing mark goes in as it is.
unsigned char OnPaste(EditLine* editor, int) {
  constexpr std::string_view kEnd = "\x1b[201~";
  std::string text;
  wchar_t c;
  while (el_wgetc(editor, &c) == 1) {
    char bytes[8];
    int length = std::wctomb(bytes, c);
    if (length > 0) text.append(bytes, static_cast<size_t>(length));
    if (text.size() >= kEnd.size() && std::string_view(text).ends_with(kEnd)) {
      text.resize(text.size() - kEnd.size());
      break;
    }
  }
  std::string inserted;
  for (size_t i = 0; i < text.size(); ++i) {
    char byte = text[i];
    if (byte == '\r') {
      byte = '\n';
      if (i + 1 < text.size() && text[i + 1] == '\n') continue;
    }
    // A tab would complete nothing here, but it cannot be shown in the line either.
    if (byte == '\t') {
      inserted += "    ";
    } else if (byte == '\n' || static_cast<unsigned char>(byte) >= 0x20) {
      inserted += byte;
    }
  }
  el_insertstr(editor, inserted.c_str());
  return CC_REFRESH;
}

void ListWords(const std::vector<std::string>& words) {
  constexpr size_t kMaxListed = 200;
  size_t width = 0;
  for (const auto& word : words) width = std::max(width, DisplayWidth(word) + 2);
  size_t columns = std::max<size_t>(1, TerminalWidth(STDOUT_FILENO) / width);
  size_t count = std::min(words.size(), kMaxListed);
  std::printf("\n");
  for (size_t i = 0; i < count; ++i) {
    bool last = (i + 1) % columns == 0 || i + 1 == count;
    std::printf("%s%s", words[i].c_str(),
                last ? "\n" : std::string(width - DisplayWidth(words[i]), ' ').c_str());
  }
  if (count < words.size()) std::printf("… and %zu more\n", words.size() - count);
  std::fflush(stdout);
}

unsigned char OnTab(EditLine* editor, int) {
  const LineInfo* line = el_line(editor);
  std::string text(Text(line));
  size_t cursor = Cursor(line);
  Completion completion = StateOf(editor)->completer(text, cursor);
  size_t typed = cursor - completion.word_begin;
  // At the beginning of a line Tab is for indenting.
  if (typed == 0 && (cursor == 0 || text[cursor - 1] == '\n')) {
    el_insertstr(editor, "  ");
    return CC_REFRESH;
  }
  if (completion.words.empty()) return CC_ERROR;
  std::string insert = SharedPrefix(completion.words);
  bool only = completion.words.size() == 1;
  if (only && insert.back() != '(') insert += ' ';
  if (insert.size() > typed || only) {
    std::string_view word = std::string_view(text).substr(completion.word_begin, typed);
    el_deletestr(editor, static_cast<int>(Characters(word)));
    el_insertstr(editor, insert.c_str());
    return CC_REFRESH;
  }
  ListWords(completion.words);
  return CC_REDISPLAY;
}

}  // namespace

LineEditor::LineEditor(shale::History* entries, Completer completer)
    : state_(std::make_unique<State>()) {
  // libedit counts characters by the locale; without a UTF-8 one it would count bytes.
  std::setlocale(LC_CTYPE, "");
  if (std::strcmp(nl_langinfo(CODESET), "UTF-8") != 0) std::setlocale(LC_CTYPE, "C.UTF-8");
  state_->entries = entries;
  state_->completer = std::move(completer);
  state_->history = history_init();
  HistEvent event;
  ::history(state_->history, &event, H_SETSIZE, static_cast<int>(shale::History::kMaxEntries));
  ::history(state_->history, &event, H_SETUNIQUE, 1);
  for (const auto& entry : entries->entries()) {
    ::history(state_->history, &event, H_ENTER, entry.c_str());
  }
  EditLine* editor = el_init("shale", stdin, stdout, stderr);
  state_->editor = editor;
  el_set(editor, EL_CLIENTDATA, state_.get());
  el_set(editor, EL_PROMPT, Prompt);
  el_set(editor, EL_EDITOR, "emacs");
  el_set(editor, EL_HIST, ::history, state_->history);
  el_set(editor, EL_SIGNAL, 1);
  el_set(editor, EL_ADDFN, "shale-enter", "End the statement or begin a line", OnEnter);
  el_set(editor, EL_ADDFN, "shale-up", "Line above, or history", OnUp);
  el_set(editor, EL_ADDFN, "shale-down", "Line below, or history", OnDown);
  el_set(editor, EL_ADDFN, "shale-cancel", "Drop the input", OnCancel);
  el_set(editor, EL_ADDFN, "shale-suspend", "Suspend", OnSuspend);
  el_set(editor, EL_ADDFN, "shale-paste", "Insert a paste", OnPaste);
  el_set(editor, EL_ADDFN, "shale-complete", "Complete a word", OnTab);
  constexpr const char* kBindings[][2] = {
      {"^M", "shale-enter"},        {"^J", "shale-enter"},        {"\\e[A", "shale-up"},
      {"\\eOA", "shale-up"},        {"\\e[B", "shale-down"},      {"\\eOB", "shale-down"},
      {"^C", "shale-cancel"},       {"^Z", "shale-suspend"},      {"\\e[200~", "shale-paste"},
      {"^I", "shale-complete"},     {"^P", "ed-prev-history"},    {"^N", "ed-next-history"},
      {"^R", "em-inc-search-prev"}, {"\\e[H", "ed-move-to-beg"},  {"\\e[F", "ed-move-to-end"},
      {"\\e[1~", "ed-move-to-beg"}, {"\\e[4~", "ed-move-to-end"}, {"\\e[3~", "ed-delete-next-char"},
  };
  for (const auto& [key, function] : kBindings) el_set(editor, EL_BIND, key, function, NULL);
  // Ctrl-C and Ctrl-Z arrive as keys while a line is edited, as signals while a statement runs.
  el_set(editor, EL_SETTY, "-d", "-isig", NULL);
  el_source(editor, nullptr);
}

LineEditor::~LineEditor() {
  el_end(state_->editor);
  history_end(state_->history);
}

std::optional<std::string> LineEditor::Read(const std::string& prompt) {
  constexpr std::string_view kPasteOn = "\x1b[?2004h", kPasteOff = "\x1b[?2004l";
  state_->prompt = prompt;
  state_->dropped = false;
  auto say = [](std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
  };
  say(kPasteOn);
  // Before the prompt is seen, so that a key typed at once is not the kernel's.
  el_set(state_->editor, EL_PREP_TERM, 1);
  int count = 0;
  const char* line = el_gets(state_->editor, &count);
  say(kPasteOff);
  bool interrupted = TakeInterrupt();
  if (state_->dropped || (line == nullptr && interrupted)) {
    say("^C\n");
    return "";
  }
  if (line == nullptr || count <= 0) return std::nullopt;
  std::string text(line, static_cast<size_t>(count));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  say("\n");
  if (state_->entries->Add(text)) {
    HistEvent event;
    ::history(state_->history, &event, H_ENTER, text.c_str());
  }
  return text;
}

}  // namespace shale
