// The backslash commands of the shell.
#include <cmath>
#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "engine/base/edit_distance.h"
#include "storage/table/store.h"
#include "tools/console/table_lookup.h"
#include "tools/console/terminal.h"
#include "tools/console/text_table.h"
#include "tools/shell/session.h"

namespace shale {
namespace {

std::vector<std::string> SplitWords(std::string_view text) {
  std::vector<std::string> words;
  size_t at = 0;
  while (at < text.size()) {
    if (absl::ascii_isspace(text[at])) {
      ++at;
      continue;
    }
    std::string word;
    char quote = 0;
    for (; at < text.size() && (quote || !absl::ascii_isspace(text[at])); ++at) {
      if (quote == 0 && (text[at] == '\'' || text[at] == '"')) {
        quote = text[at];
      } else if (text[at] == quote) {
        quote = 0;
      } else {
        word += text[at];
      }
    }
    words.push_back(word);
  }
  return words;
}

StatusOr<bool> OnOrOff(std::string_view command, const std::vector<std::string>& words,
                       bool current) {
  if (words.size() < 2) return !current;
  std::string word = absl::AsciiStrToLower(words[1]);
  if (word == "on") return true;
  if (word == "off") return false;
  return InvalidArgument("{} takes on or off, not \"{}\"", command, words[1]);
}

}  // namespace

const std::vector<MetaCommandHelp>& MetaCommandList() {
  static const auto& list = *new std::vector<MetaCommandHelp>{
      {"\\?", "", "this list"},
      {"\\d", "[TABLE]", "tables and views, or one table's columns and layout"},
      {"\\dt", "", "tables"},
      {"\\echo", "[TEXT]", "print a line among the results"},
      {"\\header", "[on|off]", "names of columns in the output"},
      {"\\i", "FILE", "run the statements of a file"},
      {"\\mode", "[MODE]", "table, csv, tsv, json, ndjson, markdown or line"},
      {"\\o", "[FILE]", "send results to a file; without one, back to the terminal"},
      {"\\on_error", "[stop|continue]", "what a file or a pipe does after an error"},
      {"\\q", "", "leave (also Ctrl-D)"},
      {"\\timing", "[on|off]", "print how long each statement took"},
      {"\\warn", "[TEXT]", "print a line to standard error"},
      {"\\watch", "[SECONDS [TIMES]]", "run the last statement again and again (2 s)"},
  };
  return list;
}

struct MetaCommands {
  using Words = std::vector<std::string>;

  static Status Help(ShellSession* session, const Words&) {
    TextSink* sink = session->sink();
    RETURN_IF_ERROR(sink->Write("A statement ends with a semicolon. Commands:\n"));
    for (const auto& command : MetaCommandList()) {
      RETURN_IF_ERROR(sink->Write(fmt::format(
          "  {:<28}{}\n", fmt::format("{} {}", command.name, command.arguments), command.meaning)));
    }
    return sink->Write("Ctrl-C cancels the running statement; Tab completes names.\n");
  }

  static Status Describe(ShellSession* session, const Words& words) {
    Snapshot snapshot = session->database_->store().snapshot();
    if (words.size() < 2) {
      return PrintTables(*snapshot, words[0] != "\\dt", session->max_width(), session->sink());
    }
    for (const auto& view : Views(*snapshot)) {
      if (view.name == words[1]) {
        return session->sink()->Write(fmt::format("View {}:\n{}\n", view.name, view.query));
      }
    }
    ASSIGN_OR_RETURN(TableSchemaPtr table, LookUpTable(*snapshot, words[1]));
    return PrintTable(*snapshot, *table, session->max_width(), session->sink());
  }

  static Status Echo(ShellSession* session, const Words& words) {
    return session->sink()->Write(Line(words));
  }

  static Status Warn(ShellSession*, const Words& words) {
    fmt::print(stderr, "{}", Line(words));
    return OkStatus();
  }

  static std::string Line(const Words& words) {
    return fmt::format("{}\n", fmt::join(words.begin() + 1, words.end(), " "));
  }

  static Status OnError(ShellSession* session, const Words& words) {
    if (words.size() < 2) {
      return session->sink()->Write(
          session->settings_.stop_on_error
              ? "A file or a pipe stops at its first error (\\on_error stop).\n"
              : "A file or a pipe goes on after an error (\\on_error continue).\n");
    }
    if (words[1] != "stop" && words[1] != "continue") {
      return InvalidArgument("\\on_error takes stop or continue, not \"{}\"", words[1]);
    }
    session->settings_.stop_on_error = words[1] == "stop";
    return OkStatus();
  }

  static Status Header(ShellSession* session, const Words& words) {
    ASSIGN_OR_RETURN(session->settings_.header,
                     OnOrOff("\\header", words, session->settings_.header));
    return OkStatus();
  }

  static Status Include(ShellSession* session, const Words& words) {
    if (words.size() != 2) return InvalidArgument("\\i takes the name of a file");
    return session->RunFile(words[1]);
  }

  static Status Mode(ShellSession* session, const Words& words) {
    if (words.size() < 2) {
      return session->sink()->Write(
          fmt::format("The mode is {}.\n", OutputModeName(session->settings_.mode)));
    }
    ASSIGN_OR_RETURN(session->settings_.mode, ParseOutputMode(words[1]));
    return OkStatus();
  }

  static Status Output(ShellSession* session, const Words& words) {
    if (session->file_) RETURN_IF_ERROR(session->file_->Flush());
    session->file_.reset();
    if (words.size() < 2) return OkStatus();
    ASSIGN_OR_RETURN(session->file_, MakeFileSink(words[1]));
    return OkStatus();
  }

  static Status Quit(ShellSession* session, const Words&) {
    session->quit_ = true;
    return OkStatus();
  }

  static Status Timing(ShellSession* session, const Words& words) {
    ASSIGN_OR_RETURN(bool on, OnOrOff("\\timing", words, session->settings_.timing));
    session->settings_.timing = on;
    if (!IsForPeople(session->settings_.mode)) return OkStatus();
    return session->output_->Write(on ? "Timing is on.\n" : "Timing is off.\n");
  }

  static Status Watch(ShellSession* session, const Words& words) {
    double seconds = 2;
    int64_t count = 0;
    if (words.size() > 1 &&
        (!absl::SimpleAtod(words[1], &seconds) || !(seconds > 0) || seconds > 1e6)) {
      return InvalidArgument("\\watch takes seconds above 0, not \"{}\"", words[1]);
    }
    if (words.size() > 2 && (!absl::SimpleAtoi(words[2], &count) || count < 1)) {
      return InvalidArgument("\\watch takes a number of times from 1, not \"{}\"", words[2]);
    }
    return session->Watch(seconds, count);
  }
};

Status ShellSession::RunMeta(std::string_view line) {
  std::vector<std::string> words = SplitWords(line);
  // "\d hits;" as people type it.
  if (!words.empty() && words.back().size() > 1 && words.back().back() == ';') {
    words.back().pop_back();
  }
  if (words.empty()) return OkStatus();
  using Command = Status (*)(ShellSession*, const MetaCommands::Words&);
  static constexpr std::pair<std::string_view, Command> kCommands[] = {
      {"\\?", MetaCommands::Help},           {"\\h", MetaCommands::Help},
      {"\\help", MetaCommands::Help},        {"\\d", MetaCommands::Describe},
      {"\\dt", MetaCommands::Describe},      {"\\echo", MetaCommands::Echo},
      {"\\header", MetaCommands::Header},    {"\\i", MetaCommands::Include},
      {"\\mode", MetaCommands::Mode},        {"\\o", MetaCommands::Output},
      {"\\on_error", MetaCommands::OnError}, {"\\q", MetaCommands::Quit},
      {"\\timing", MetaCommands::Timing},    {"\\warn", MetaCommands::Warn},
      {"\\watch", MetaCommands::Watch},
  };
  for (const auto& [name, command] : kCommands) {
    if (name != words[0]) continue;
    RETURN_IF_ERROR(command(this, words));
    RETURN_IF_ERROR(sink()->Flush());
    return output_->Flush();
  }
  std::vector<std::string_view> names;
  for (const auto& [name, command] : kCommands) names.push_back(name);
  std::string_view near = NearestName(words[0], names);
  return InvalidArgument("unknown command {}{}; \\? lists the commands", words[0],
                         near.empty() ? "" : fmt::format(", did you mean {}?", near));
}

}  // namespace shale
