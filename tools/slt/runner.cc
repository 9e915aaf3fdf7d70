#include "tools/slt/runner.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <set>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "sql/database.h"
#include "tools/load/command.h"
#include "tools/slt/result_check.h"
#include "tools/slt/script.h"

namespace shale {
namespace {

using Kind = SltRecord::Kind;
using Expect = SltRecord::Expect;
using Variables = std::map<std::string, std::string>;

// ${name}, and DuckDB's __TEST_DIR__. Unknown names stay as they are.
std::string Substitute(const std::string& text, const Variables& variables) {
  std::string out;
  size_t at = 0;
  while (at < text.size()) {
    size_t open = text.find("${", at);
    size_t close = open == std::string::npos ? open : text.find('}', open);
    if (close == std::string::npos) break;
    auto found = variables.find(text.substr(open + 2, close - open - 2));
    if (found == variables.end()) {
      out.append(text, at, open + 2 - at);
      at = open + 2;
    } else {
      out.append(text, at, open - at);
      out += found->second;
      at = close + 1;
    }
  }
  out.append(text, at);
  constexpr std::string_view kTestDir = "__TEST_DIR__";
  auto folder = variables.find("TEMP");
  if (folder == variables.end()) return out;
  for (size_t i = 0; (i = out.find(kTestDir, i)) != std::string::npos;) {
    out.replace(i, kTestDir.size(), folder->second);
  }
  return out;
}

// DuckDB's names for groups of types in foreach.
std::vector<std::string> ExpandGroup(const std::string& word) {
  std::vector<std::string> signed_types = {"tinyint", "smallint", "integer", "bigint"};
  std::vector<std::string> unsigned_types = {"utinyint", "usmallint", "uinteger", "ubigint"};
  auto join = [](std::vector<std::string> a, const std::vector<std::string>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
  };
  if (word == "<signed>") return signed_types;
  if (word == "<unsigned>") return unsigned_types;
  std::vector<std::string> integral = join(signed_types, unsigned_types);
  if (word == "<integral>") return integral;
  std::vector<std::string> numeric = join(integral, {"float", "double"});
  if (word == "<numeric>") return numeric;
  if (word == "<alltypes>") return join(numeric, {"bool", "interval", "varchar"});
  return {word};
}

// A folder of its own under the system's temporary one, removed at the end; made when first asked.
class TemporaryFolder {
 public:
  ~TemporaryFolder() {
    std::error_code error;
    if (!path_.empty()) std::filesystem::remove_all(path_, error);
  }
  StatusOr<std::string> Make() {
    if (!path_.empty()) return path_;
    std::error_code error;
    std::string pattern =
        (std::filesystem::temp_directory_path(error) / "shale-slt-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) {
      return MakeError(StatusCode::kInternal, "cannot make {}: {}", pattern, std::strerror(errno));
    }
    path_ = pattern;
    return path_;
  }

 private:
  std::string path_;
};

class FileRunner {
 public:
  FileRunner(std::string path, const SltOptions& options, SltCounts* counts)
      : path_(std::move(path)), options_(options), counts_(counts), variables_(options.variables) {}

  Status Run() {
    std::ifstream in(path_, std::ios::binary);
    if (!in) return NotFound("cannot open it: {}", std::strerror(errno));
    std::stringstream text;
    text << in.rdbuf();
    ASSIGN_OR_RETURN(records_, ParseSltScript(text.str()));
    ASSIGN_OR_RETURN(variables_["TEMP"], folder_.Make());
    DatabaseOptions database_options;
    database_options.num_workers = options_.db_workers;
    ASSIGN_OR_RETURN(database_, Database::OpenInMemory(database_options));
    RunRange(0, records_.size());
    if (!skip_reason_.empty()) {
      counts_->skipped_files.push_back(fmt::format("{}: {}", path_, skip_reason_));
    }
    return OkStatus();
  }

 private:
  // Records [begin, end), loops unrolled. False: the script is over.
  bool RunRange(size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const SltRecord& record = records_[i];
      if (record.kind == Kind::kLoop || record.kind == Kind::kForeach) {
        size_t close = FindEnd(i);
        if (!record.skipped && !RunLoop(record, i + 1, close)) return false;
        i = close;
        continue;
      }
      if (!RunRecord(record, i)) return false;
    }
    return true;
  }

  size_t FindEnd(size_t loop) const {
    int depth = 0;
    for (size_t i = loop; i < records_.size(); ++i) {
      Kind kind = records_[i].kind;
      if (kind == Kind::kLoop || kind == Kind::kForeach) ++depth;
      if (kind == Kind::kEndLoop && --depth == 0) return i;
    }
    return records_.size();
  }

  bool RunLoop(const SltRecord& record, size_t begin, size_t end) {
    const std::string name = record.words[1];
    std::optional<std::string> before;
    if (auto found = variables_.find(name); found != variables_.end()) before = found->second;
    bool go_on = true;
    auto run = [&](const std::string& value) {
      variables_[name] = value;
      go_on = RunRange(begin, end);
      return go_on;
    };
    if (record.kind == Kind::kLoop) {
      int64_t from = 0, to = 0;
      if (!absl::SimpleAtoi(Substitute(record.words[2], variables_), &from) ||
          !absl::SimpleAtoi(Substitute(record.words[3], variables_), &to)) {
        Fail(record, "the loop's bounds are no numbers\n");
        return true;
      }
      for (int64_t i = from; i < to && go_on; ++i) run(std::to_string(i));
    } else {
      std::vector<std::string> values;
      for (size_t i = 2; i < record.words.size(); ++i) {
        std::string word = Substitute(record.words[i], variables_);
        if (word[0] == '!') {
          std::erase(values, word.substr(1));
          continue;
        }
        for (auto& value : ExpandGroup(word)) values.push_back(value);
      }
      for (const auto& value : values) {
        if (!run(value)) break;
      }
    }
    if (before) {
      variables_[name] = *before;
    } else {
      variables_.erase(name);
    }
    return go_on;
  }

  // The rest of the file is not for us.
  bool SkipRest(size_t from, std::string reason) {
    skip_reason_ = std::move(reason);
    for (size_t i = from; i < records_.size(); ++i) {
      Kind kind = records_[i].kind;
      bool counted = kind == Kind::kStatement || kind == Kind::kQuery || kind == Kind::kExecLoad;
      counts_->skipped += counted;
    }
    return false;
  }

  bool RunRecord(const SltRecord& record, size_t index) {
    bool counted = record.kind == Kind::kStatement || record.kind == Kind::kQuery ||
                   record.kind == Kind::kExecLoad;
    if (record.skipped || (skip_mode_ && record.kind != Kind::kMode)) {
      counts_->skipped += counted;
      return true;
    }
    switch (record.kind) {
      case Kind::kStatement: RunStatement(record); return true;
      case Kind::kQuery: RunQuery(record); return true;
      case Kind::kExecLoad: RunLoad(record); return true;
      case Kind::kMode:
        if (record.words[1] == "skip") skip_mode_ = true;
        if (record.words[1] == "unskip") skip_mode_ = false;
        return true;
      case Kind::kHalt: return false;
      case Kind::kRequire: {
        // What says something about the platform or the runner holds here too.
        static const auto& kFine = *new std::set<std::string>{"noforcestorage",
                                                              "skip_reload",
                                                              "64bit",
                                                              "notmusl",
                                                              "notmingw",
                                                              "notwindows",
                                                              "noalternativeverify",
                                                              "no_alternative_verify",
                                                              "longdouble",
                                                              "strinline",
                                                              "no_vector_verification",
                                                              "no_block_verification",
                                                              "no_extension_autoloading",
                                                              "ram"};
        if (record.words[0] == "require" && kFine.contains(record.words[1])) return true;
        return SkipRest(index, fmt::format("needs {}", record.words[1]));
      }
      case Kind::kRequireFile: {
        std::string file = Substitute(record.words[1], variables_);
        std::error_code error;
        if (std::filesystem::exists(file, error)) return true;
        return SkipRest(index, fmt::format("{} is not there", file));
      }
      case Kind::kUnsupported:
        return SkipRest(index, fmt::format("\"{}\" has no meaning here", record.words[0]));
      default: return true;
    }
  }

  Connection* ConnectionOf(const SltRecord& record) {
    auto& connection = connections_[record.connection];
    if (!connection) {
      connection = database_->Connect();
      for (const std::string& setting : options_.settings) {
        const size_t equals = setting.find('=');
        const std::string name = setting.substr(0, equals);
        const std::string value = equals == std::string::npos ? "" : setting.substr(equals + 1);
        const std::string set = "SET " + name + " = '" + value + "'";
        const Status status = connection->Query(set).status();
        if (!status.ok()) Fail(record, set, fmt::format("{}\n", Message(status)));
      }
    }
    return connection.get();
  }

  void RunStatement(const SltRecord& record) {
    std::string sql = Substitute(record.sql, variables_);
    // Settings of another engine's insides.
    if (absl::StartsWithIgnoreCase(absl::StripLeadingAsciiWhitespace(sql), "pragma ")) {
      ++counts_->skipped;
      return;
    }
    StatusOr<QueryResult> result = ConnectionOf(record)->Query(sql);
    bool ours = !result.ok() && (result.status().code() == StatusCode::kInternal ||
                                 result.status().code() == StatusCode::kDataLoss);
    if (record.expect == Expect::kMaybe && !ours) return Pass();
    if (record.expect == Expect::kError) {
      if (result.ok()) return Fail(record, sql, "expected an error, and there was none\n");
      std::string expected = Substitute(record.expected_error, variables_);
      if (ours || !SltErrorMatches(expected, Message(result.status()))) {
        return Fail(record, sql,
                    fmt::format("  expected the error\n    {}\n  got\n    {}\n", expected,
                                Message(result.status())));
      }
      return Pass();
    }
    if (!result.ok()) {
      return Fail(record, sql, fmt::format("unexpected error: {}\n", Message(result.status())));
    }
    if (record.expect == Expect::kCount && result->num_rows != record.expected_count) {
      return Fail(
          record, sql,
          fmt::format("expected {} rows, got {}\n", record.expected_count, result->num_rows));
    }
    Pass();
  }

  void RunQuery(const SltRecord& record) {
    SltRecord filled = record;
    filled.sql = Substitute(record.sql, variables_);
    for (auto& line : filled.results) line = Substitute(line, variables_);
    if (absl::StartsWithIgnoreCase(absl::StripLeadingAsciiWhitespace(filled.sql), "pragma ")) {
      ++counts_->skipped;
      return;
    }
    Connection* connection = ConnectionOf(record);
    StatusOr<QueryResult> result = connection->Query(filled.sql);
    if (!result.ok()) {
      return Fail(record, filled.sql,
                  fmt::format("unexpected error: {}\n", Message(result.status())));
    }
    const std::string zone = connection->time_zone();
    if (auto fault = CheckSltResult(filled, *result, zone)) {
      return Fail(record, filled.sql, *fault);
    }
    if (!record.label.empty()) {
      std::string digest = SltDigest(SltValues(filled, *result, SltForm::kByLetter, zone));
      auto [found, fresh] = labels_.emplace(Substitute(record.label, variables_), digest);
      if (!fresh && found->second != digest) {
        return Fail(record, filled.sql,
                    fmt::format("the rows differ from an earlier query's with the label {}\n",
                                record.label));
      }
    }
    Pass();
  }

  void RunLoad(const SltRecord& record) {
    std::vector<std::string> arguments;
    int expected = 0;
    size_t next = 1;
    if (record.words.size() > 3 && record.words[1] == "exit" &&
        absl::SimpleAtoi(record.words[2], &expected)) {
      next = 3;
    }
    for (; next < record.words.size(); ++next) {
      arguments.push_back(Substitute(record.words[next], variables_));
    }
    std::string output;
    int code = LoadInto(database_.get(), arguments, &output);
    if (code == expected) return Pass();
    std::string line;
    for (const auto& word : record.words) line += (line.empty() ? "" : " ") + word;
    Fail(record, line,
         fmt::format("expected exit code {}, got {}; it said\n{}\n", expected, code, output));
  }

  void Pass() { ++counts_->passed; }
  void Fail(const SltRecord& record, const std::string& fault) { Fail(record, record.sql, fault); }
  void Fail(const SltRecord& record, const std::string& sql, const std::string& fault) {
    ++counts_->failed;
    if (static_cast<int64_t>(counts_->failures.size()) >= options_.max_failures_shown) return;
    constexpr size_t kMaxSql = 2000;
    std::string shown = sql.substr(0, kMaxSql);
    for (size_t at = 0; (at = shown.find('\n', at)) != std::string::npos; at += 3) {
      shown.insert(at + 1, "  ");
    }
    counts_->failures.push_back(fmt::format("{}:{}:\n  {}\n{}", path_, record.line, shown, fault));
  }

  std::string path_;
  const SltOptions& options_;
  SltCounts* counts_;
  Variables variables_;
  TemporaryFolder folder_;
  std::vector<SltRecord> records_;
  std::unique_ptr<Database> database_;
  std::map<std::string, std::unique_ptr<Connection>> connections_;
  std::map<std::string, std::string> labels_;
  std::string skip_reason_;
  bool skip_mode_ = false;
};

}  // namespace

void RunSltFile(const std::string& path, const SltOptions& options, SltCounts* counts) {
  Status status = FileRunner(path, options, counts).Run();
  if (status.ok()) return;
  ++counts->failed;
  if (static_cast<int64_t>(counts->failures.size()) < options.max_failures_shown) {
    counts->failures.push_back(fmt::format("{}: {}\n", path, Message(status)));
  }
}

StatusOr<std::vector<std::string>> FindSltFiles(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return NotFound("there is no file or folder {}", path);
  if (!std::filesystem::is_directory(path, error)) return std::vector<std::string>{path};
  std::vector<std::string> files;
  std::filesystem::recursive_directory_iterator it(path, error), end;
  if (error) return InvalidArgument("cannot read folder {}: {}", path, error.message());
  while (it != end) {
    std::string extension = it->path().extension().string();
    if (it->is_regular_file(error) && (extension == ".test" || extension == ".slt")) {
      files.push_back(it->path().string());
    }
    it.increment(error);
    if (error) return InvalidArgument("cannot read folder {}: {}", path, error.message());
  }
  std::sort(files.begin(), files.end());
  if (files.empty()) return NotFound("no .test or .slt file under {}", path);
  return files;
}

}  // namespace shale
