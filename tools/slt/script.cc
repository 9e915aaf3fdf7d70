#include "tools/slt/script.h"

#include <cctype>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace shale {
namespace {

using Kind = SltRecord::Kind;
using Expect = SltRecord::Expect;

// The databases that this one answers to in skipif and onlyif.
bool IsUs(std::string_view name) { return name == "shale" || name == "postgresql"; }

std::vector<std::string> Words(std::string_view line) {
  std::vector<std::string> words = absl::StrSplit(absl::string_view(line.data(), line.size()),
                                                  absl::ByAnyChar(" \t"), absl::SkipEmpty());
  return words;
}

class ScriptParser {
 public:
  explicit ScriptParser(std::string_view text) {
    while (!text.empty()) {
      size_t end = text.find('\n');
      std::string_view line = text.substr(0, end);
      if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
      lines_.push_back(line);
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
  }

  StatusOr<std::vector<SltRecord>> Parse() {
    bool skip_next = false;
    int depth = 0;
    while (at_ < lines_.size()) {
      std::string_view line = lines_[at_++];
      std::vector<std::string> words = Words(line);
      if (words.empty() || words[0][0] == '#') continue;
      if (words[0] == "skipif" || words[0] == "onlyif") {
        if (words.size() < 2) return Fault("{} needs the name of a database", words[0]);
        skip_next |= (words[0] == "skipif") == IsUs(words[1]);
        continue;
      }
      SltRecord record;
      record.line = static_cast<int>(at_);
      record.skipped = std::exchange(skip_next, false);
      record.words = std::move(words);
      RETURN_IF_ERROR(ParseDirective(&record));
      if (record.kind == Kind::kLoop || record.kind == Kind::kForeach) ++depth;
      if (record.kind == Kind::kEndLoop && --depth < 0) return Fault("endloop without a loop");
      records_.push_back(std::move(record));
    }
    if (depth > 0) return Fault("{} without its endloop", depth == 1 ? "a loop" : "loops");
    return std::move(records_);
  }

 private:
  template <typename... Args>
  Status Fault(fmt::format_string<Args...> format, Args&&... args) {
    return InvalidArgument("line {}: {}", at_, fmt::format(format, std::forward<Args>(args)...));
  }

  Status ParseDirective(SltRecord* record) {
    const std::string& name = record->words[0];
    size_t count = record->words.size();
    if (name == "statement") return ParseStatement(record);
    if (name == "query") return ParseQuery(record);
    if (name == "loop" || name == "concurrentloop") {
      int64_t bound;
      // Bounds may be variables of outer loops, so only their number is checked here.
      if (count != 4) return Fault("{} takes a name and two bounds", name);
      for (int i : {2, 3}) {
        const std::string& word = record->words[i];
        if (word[0] != '$' && !absl::SimpleAtoi(word, &bound)) {
          return Fault("\"{}\" is no bound of a loop", word);
        }
      }
      record->kind = Kind::kLoop;
    } else if (name == "foreach" || name == "concurrentforeach") {
      if (count < 3) return Fault("{} takes a name and values", name);
      record->kind = Kind::kForeach;
    } else if (name == "endloop") {
      record->kind = Kind::kEndLoop;
    } else if (name == "halt") {
      record->kind = Kind::kHalt;
    } else if (name == "require" || name == "require-env" || name == "test-env") {
      if (count < 2) return Fault("{} needs a name", name);
      record->kind = Kind::kRequire;
    } else if (name == "require-file") {
      if (count != 2) return Fault("require-file needs one path");
      record->kind = Kind::kRequireFile;
    } else if (name == "exec-load") {
      if (count < 2) return Fault("exec-load needs arguments of shale load");
      record->kind = Kind::kExecLoad;
    } else if (name == "mode") {
      if (count < 2) return Fault("mode needs a word");
      record->kind = Kind::kMode;
    } else if (name == "hash-threshold" || name == "sleep" || name == "set" || name == "reset" ||
               name == "tags" || name == "unzip" || name == "reconnect") {
      record->kind = Kind::kNoEffect;
    } else if (name == "restart" || name == "load" || name == "include" || name == "import") {
      record->kind = Kind::kUnsupported;
    } else {
      return Fault("unknown directive \"{}\"", name);
    }
    return OkStatus();
  }

  // Lines up to an empty one or ---- (consumed); true when it was ----.
  bool ReadSql(SltRecord* record) {
    while (at_ < lines_.size()) {
      std::string_view line = lines_[at_];
      if (line.find_first_not_of(" \t") == std::string_view::npos) break;
      ++at_;
      if (line == "----") return true;
      if (!record->sql.empty()) record->sql += '\n';
      record->sql += line;
    }
    return false;
  }

  void ReadResults(std::vector<std::string>* results) {
    while (at_ < lines_.size() && !lines_[at_].empty()) results->emplace_back(lines_[at_++]);
  }

  // The rest of the directive's line after its first `words` words.
  static std::string RestOfLine(std::string_view line, size_t words) {
    size_t at = 0;
    for (size_t i = 0; i < words; ++i) {
      at = line.find_first_not_of(" \t", at);
      if (at == std::string_view::npos) return "";
      at = line.find_first_of(" \t", at);
      if (at == std::string_view::npos) return "";
    }
    at = line.find_first_not_of(" \t", at);
    return at == std::string_view::npos ? "" : std::string(line.substr(at));
  }

  Status ParseStatement(SltRecord* record) {
    record->kind = Kind::kStatement;
    std::string_view line = lines_[at_ - 1];
    if (record->words.size() < 2) return Fault("statement needs ok, error, maybe or count");
    const std::string& what = record->words[1];
    if (what == "ok" || what == "maybe") {
      record->expect = what == "ok" ? Expect::kOk : Expect::kMaybe;
      if (record->words.size() > 2) record->connection = record->words[2];
    } else if (what == "error") {
      record->expect = Expect::kError;
      record->expected_error = RestOfLine(line, 2);
    } else if (what == "count") {
      record->expect = Expect::kCount;
      if (record->words.size() < 3 ||
          !absl::SimpleAtoi(record->words[2], &record->expected_count)) {
        return Fault("statement count needs a number of rows");
      }
    } else {
      return Fault("statement is ok, error, maybe or count, not \"{}\"", what);
    }
    record->has_results = ReadSql(record);
    if (record->has_results) {
      ReadResults(&record->results);
      std::string text;
      for (const auto& result : record->results) text += (text.empty() ? "" : "\n") + result;
      if (record->expect != Expect::kError && !text.empty()) {
        return Fault("a statement that is no error has no expected text");
      }
      if (!text.empty()) record->expected_error = text;
    }
    if (record->sql.empty()) return Fault("statement without SQL");
    return OkStatus();
  }

  Status ParseQuery(SltRecord* record) {
    record->kind = Kind::kQuery;
    if (record->words.size() < 2) return Fault("query needs its columns' types");
    if (record->words[1] == "error") {
      record->kind = Kind::kStatement;
      record->expect = Expect::kError;
      record->expected_error = RestOfLine(lines_[at_ - 1], 2);
      if (ReadSql(record)) ReadResults(&record->results);
      return OkStatus();
    }
    record->types = record->words[1];
    for (char type : record->types) {
      if (!std::isupper(static_cast<unsigned char>(type))) {
        return Fault("\"{}\": a column's type is one of I, R and T", record->types);
      }
    }
    size_t next = 2;
    if (next < record->words.size()) {
      const std::string& sort = record->words[next];
      bool known = sort == "nosort" || sort == "rowsort" || sort == "valuesort" || sort == "sort";
      if (sort == "rowsort" || sort == "sort") record->sort = SltRecord::Sort::kRows;
      if (sort == "valuesort") record->sort = SltRecord::Sort::kValues;
      if (known) ++next;
    }
    // DuckDB's scripts name a connection where SQLite's have a label.
    if (next < record->words.size()) {
      bool is_connection = record->words[next].starts_with("con");
      (is_connection ? record->connection : record->label) = record->words[next];
    }
    record->has_results = ReadSql(record);
    if (record->has_results) ReadResults(&record->results);
    if (record->sql.empty()) return Fault("query without SQL");
    return OkStatus();
  }

  std::vector<std::string_view> lines_;
  size_t at_ = 0;
  std::vector<SltRecord> records_;
};

}  // namespace

StatusOr<std::vector<SltRecord>> ParseSltScript(std::string_view text) {
  return ScriptParser(text).Parse();
}

}  // namespace shale
