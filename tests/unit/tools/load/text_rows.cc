#include "tests/unit/tools/load/text_rows.h"

#include <filesystem>
#include <fstream>

namespace shale {

std::string WriteFile(const std::string& name, const std::string& text) {
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "shale_load";
  std::filesystem::create_directories(folder);
  const std::filesystem::path path = folder / name;
  std::ofstream file(path, std::ios::binary);
  file << text;
  return path.string();
}

std::string SurveyError(const std::string& name, const std::string& text, const DialectHints& hints,
                        const std::vector<std::string>& names) {
  const auto survey = SurveyFiles({WriteFile(name, text)}, hints, names);
  return survey.ok() ? "no error" : std::string(Message(survey.status()));
}

}  // namespace shale
