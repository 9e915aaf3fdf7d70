#include "tools/load/options.h"

#include <glob.h>

#include <filesystem>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"

namespace shale {

bool ErrorLimit::Exceeded(uint64_t num_bad, uint64_t num_rows) const {
  if (!is_percent) return num_bad > count;
  return static_cast<double>(num_bad) > static_cast<double>(num_rows) * percent / 100;
}

std::string ErrorLimit::ToString() const {
  return is_percent ? fmt::format("{:g} %", percent) : std::to_string(count);
}

StatusOr<ErrorLimit> ParseErrorLimit(std::string_view text) {
  absl::string_view trimmed = absl::StripAsciiWhitespace({text.data(), text.size()});
  ErrorLimit limit;
  bool good;
  if (!trimmed.empty() && trimmed.back() == '%') {
    trimmed.remove_suffix(1);
    good = absl::SimpleAtod(trimmed, &limit.percent) && limit.percent >= 0 && limit.percent <= 100;
  } else {
    limit.is_percent = false;
    good = absl::SimpleAtoi(trimmed, &limit.count);
  }
  if (good) return limit;
  return InvalidArgument("--max-errors takes a number of rows or a share such as 1%, not \"{}\"",
                         text);
}

StatusOr<PartitionUnit> ParsePartitionUnit(std::string_view text) {
  std::string word = absl::AsciiStrToLower({text.data(), text.size()});
  if (word == "hour") return PartitionUnit::kHour;
  if (word == "day") return PartitionUnit::kDay;
  if (word == "week") return PartitionUnit::kWeek;
  if (word == "month") return PartitionUnit::kMonth;
  return InvalidArgument("--partition-by takes HOUR, DAY, WEEK or MONTH, not \"{}\"", text);
}

StatusOr<char> ParseDelimiter(std::string_view text) {
  std::string word = absl::AsciiStrToLower({text.data(), text.size()});
  if (word == "tab" || word == "\\t") return '\t';
  if (word == "comma") return ',';
  if (word == "semicolon") return ';';
  if (word == "pipe") return '|';
  if (word == "space") return ' ';
  bool good = text.size() == 1 && text[0] != '"' && text[0] != '\n' && text[0] != '\r' &&
              static_cast<unsigned char>(text[0]) < 0x80;
  if (good) return text[0];
  return InvalidArgument(
      "--delimiter takes one ASCII character, or tab, comma, semicolon, pipe or "
      "space, not \"{}\"",
      text);
}

StatusOr<std::vector<std::string>> ExpandFiles(const std::vector<std::string>& patterns) {
  std::vector<std::string> files;
  for (const auto& pattern : patterns) {
    std::error_code error;
    bool is_pattern = pattern.find_first_of("*?[") != std::string::npos;
    if (!is_pattern || std::filesystem::exists(pattern, error)) {
      files.push_back(pattern);
      continue;
    }
    glob_t found{};
    int code = glob(pattern.c_str(), GLOB_ERR, nullptr, &found);
    for (size_t i = 0; code == 0 && i < found.gl_pathc; ++i) files.push_back(found.gl_pathv[i]);
    globfree(&found);
    if (code == GLOB_NOMATCH) return NotFound("no file matches {}", pattern);
    if (code != 0) return InvalidArgument("cannot read the folders that {} names", pattern);
  }
  return files;
}

}  // namespace shale
