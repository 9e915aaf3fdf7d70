#include "sql/sql_error.h"

#include <gtest/gtest.h>

#include "sql/database.h"

namespace shale {
namespace {

SqlError ErrorOf(const std::string& sql) {
  auto database = Database::OpenInMemory();
  auto connection = (*database)->Connect();
  return TakeApart(connection->Query(sql).status(), sql);
}

TEST(SqlErrorTest, PlaceCountsCharactersOverLines) {
  SqlError error = ErrorOf("SELECT 'ä',\n  nothing");
  EXPECT_EQ(error.sqlstate, "42703");
  EXPECT_EQ(error.message, "column \"nothing\" does not exist");
  EXPECT_EQ(error.position, 15);
}

TEST(SqlErrorTest, WordsTellTheState) {
  EXPECT_EQ(ErrorOf("SELECT * FROM nothing").sqlstate, "42P01");
  EXPECT_EQ(ErrorOf("SELECT nothing(1)").sqlstate, "42883");
  EXPECT_EQ(ErrorOf("SELECT 1 / 0").sqlstate, "22012");
  EXPECT_EQ(ErrorOf("SELECT 'x'::int").sqlstate, "22P02");
  EXPECT_EQ(ErrorOf("SELECT 3000000000::int").sqlstate, "22003");
  EXPECT_EQ(ErrorOf("SET nothing = 1").sqlstate, "42704");
}

TEST(SqlErrorTest, AdviceIsAHint) {
  SqlError error = ErrorOf("SELECT uper('a')");
  EXPECT_EQ(error.hint.substr(0, 12), "Did you mean");
  EXPECT_EQ(error.message.find("did you mean"), std::string::npos);
}

TEST(SqlErrorTest, AGivenStateStands) {
  EXPECT_EQ(TakeApart(WithSqlState(InvalidArgument("whatever"), "08P01"), "").sqlstate, "08P01");
}

}  // namespace
}  // namespace shale
