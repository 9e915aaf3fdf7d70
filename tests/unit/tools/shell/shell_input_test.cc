#include "tools/shell/shell_input.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>
#include <vector>

#include "tools/shell/completion.h"
#include "tools/shell/history.h"
#include "tools/shell/session.h"

namespace shale {
namespace {

std::vector<std::string> Units(std::string_view text) {
  ShellInput input;
  std::vector<std::string> units;
  std::istringstream in{std::string(text)};
  for (std::string line; std::getline(in, line);) {
    input.AddLine(line);
    while (auto unit = input.Next()) units.push_back(*unit);
  }
  if (auto rest = input.Rest()) units.push_back(*rest);
  return units;
}

using Strings = std::vector<std::string>;

TEST(ShellInput, StatementsEndWithTheLineOfTheirSemicolon) {
  EXPECT_EQ(Units("SELECT 1;\nSELECT\n  2;\n\nSELECT 3"),
            (Strings{"SELECT 1;", "SELECT\n  2;", "SELECT 3"}));
  EXPECT_EQ(Units("SELECT ';\n';"), (Strings{"SELECT ';\n';"}));
  EXPECT_EQ(Units("\n  \n"), Strings{});
}

TEST(ShellInput, CommandsBeginLinesOnly) {
  EXPECT_EQ(Units("  \\dt\nSELECT 1;\n\\q"), (Strings{"\\dt", "SELECT 1;", "\\q"}));
  EXPECT_EQ(Units("SELECT\n'\\d';"), (Strings{"SELECT\n'\\d';"}));
}

TEST(ShellInput, WatchMayFollowAStatement) {
  EXPECT_EQ(Units("SELECT 1 \\watch 2"), (Strings{"SELECT 1", "\\watch 2"}));
  EXPECT_EQ(Units("SELECT 1;\n\\watch"), (Strings{"SELECT 1;", "\\watch"}));
}

TEST(ShellInput, UnitsKnowTheirLine) {
  ShellInput input;
  for (const char* line : {"", "SELECT 1;", "", "SELECT", "2;"}) input.AddLine(line);
  ASSERT_TRUE(input.Next());
  EXPECT_EQ(input.unit_line(), 2);
  ASSERT_TRUE(input.Next());
  EXPECT_EQ(input.unit_line(), 4);
}

TEST(ShellInput, CompleteUnits) {
  EXPECT_TRUE(IsCompleteUnit("SELECT 1;"));
  EXPECT_TRUE(IsCompleteUnit("\\d"));
  EXPECT_TRUE(IsCompleteUnit(""));
  EXPECT_FALSE(IsCompleteUnit("SELECT 1"));
  EXPECT_FALSE(IsCompleteUnit("SELECT ';"));
}

TEST(History, KeepsStatementsAsTyped) {
  std::string path = ::testing::TempDir() + "/shale_history_test";
  std::filesystem::remove(path);
  {
    History history(path);
    EXPECT_TRUE(history.Add("SELECT 1,\n  '\\n';"));
    EXPECT_FALSE(history.Add("SELECT 1,\n  '\\n';"));  // again
    EXPECT_FALSE(history.Add("  \n"));
    EXPECT_TRUE(history.Add("\\dt"));
  }
  History again(path);
  EXPECT_EQ(again.entries(), (Strings{"SELECT 1,\n  '\\n';", "\\dt"}));
  auto mode = std::filesystem::status(path).permissions();
  EXPECT_EQ(mode & std::filesystem::perms::others_read, std::filesystem::perms::none);
}

class ShellOnDatabase : public ::testing::Test {
 protected:
  void SetUp() override {
    auto database = Database::OpenInMemory();
    ASSERT_TRUE(database.ok()) << database.status();
    database_ = *std::move(database);
    session_ = std::make_unique<ShellSession>(database_.get(), ShellSettings{}, &sink_,
                                              [] { return size_t{0}; });
    ASSERT_TRUE(
        Run("CREATE TABLE hits (\"UserID\" BIGINT, url TEXT NOT NULL DEFAULT '-', \"group\" TEXT);")
            .ok());
  }
  Status Run(const std::string& text) {
    sink_.Clear();
    std::istringstream in(text);
    return session_->RunScript(in, "");
  }
  Strings Words(std::string_view text) {
    return Complete(*database_->store().snapshot(), text, text.size()).words;
  }
  std::unique_ptr<Database> database_;
  StringSink sink_;
  std::unique_ptr<ShellSession> session_;
};

TEST_F(ShellOnDatabase, RunsStatementsAndStopsAtTheFirstError) {
  Status status = Run("\\mode csv\nSELECT 1 AS a;\nSELECT nothing;\nSELECT 2 AS b;");
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(sink_.text(), "a\n1\n");
}

TEST_F(ShellOnDatabase, DescribesTables) {
  ASSERT_TRUE(Run("\\d").ok());
  EXPECT_NE(sink_.text().find("hits"), std::string::npos);
  ASSERT_TRUE(Run("\\d HITS").ok());
  EXPECT_NE(sink_.text().find("│ url    │ TEXT   │ not null │ '-' "), std::string::npos)
      << sink_.text();
  Status status = Run("\\d hit");
  EXPECT_NE(Message(status).find("did you mean \"hits\"?"), std::string_view::npos) << status;
}

TEST_F(ShellOnDatabase, CommandsExplainThemselves) {
  ASSERT_TRUE(Run("\\?").ok());
  for (const auto& command : MetaCommandList()) {
    EXPECT_NE(sink_.text().find(command.name), std::string::npos) << command.name;
  }
  Status status = Run("\\timin");
  EXPECT_NE(Message(status).find("did you mean \\timing?"), std::string_view::npos) << status;
  EXPECT_FALSE(Run("\\mode nonsense").ok());
  EXPECT_FALSE(Run("\\watch 0").ok());
  EXPECT_FALSE(Run("\\i /nowhere/at/all.sql").ok());
}

TEST_F(ShellOnDatabase, WatchRepeatsAsOftenAsAsked) {
  ASSERT_TRUE(Run("\\mode csv\n\\header off\nSELECT 1;\n\\watch 0.01 2").ok());
  EXPECT_EQ(sink_.text(), "1\n1\n1\n");
}

TEST_F(ShellOnDatabase, OutputGoesToAFile) {
  std::string path = ::testing::TempDir() + "/shale_output_test.csv";
  ASSERT_TRUE(Run("\\mode csv\n\\o " + path + "\nSELECT 5 AS x;\n\\o\nSELECT 6 AS x;").ok());
  EXPECT_EQ(sink_.text(), "x\n6\n");
  EXPECT_EQ(std::filesystem::file_size(path), 4u);
}

TEST_F(ShellOnDatabase, FilesMayNotIncludeThemselves) {
  std::string path = ::testing::TempDir() + "/shale_include_test.sql";
  FILE* file = std::fopen(path.c_str(), "w");
  std::fprintf(file, "\\i %s\n", path.c_str());
  std::fclose(file);
  Status status = session_->RunFile(path);
  EXPECT_NE(Message(status).find("kMaxIncludeDepth"), std::string_view::npos) << status;
}

TEST_F(ShellOnDatabase, CompletesNames) {
  EXPECT_EQ(Words("SELECT * FROM hi"), Strings{"hits"});
  EXPECT_EQ(Words("SELECT userid"), Strings{"UserID"});
  EXPECT_EQ(Words("SELECT hits.gr"), Strings{"\"group\""});
  EXPECT_EQ(Words("\\ti"), Strings{"\\timing"});
  Strings selects = Words("SELEC");
  EXPECT_NE(std::find(selects.begin(), selects.end(), "SELECT"), selects.end());
  Strings functions = Words("SELECT date_tr");
  EXPECT_NE(std::find(functions.begin(), functions.end(), "date_trunc("), functions.end());
}

TEST(Completion, SharedPrefix) {
  EXPECT_EQ(SharedPrefix({"user_agent", "user_id"}), "user_");
  EXPECT_EQ(SharedPrefix({"a", "b"}), "");
  EXPECT_EQ(SharedPrefix({}), "");
}

}  // namespace
}  // namespace shale
