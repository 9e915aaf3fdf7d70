// Shale inside a program: make a database, write events, ask, read the answer.
#include <cstdio>
#include <memory>
#include <string>

#include "sql/database.h"

namespace {

// Prints rows as they come, without keeping the whole result.
class Printer : public shale::ResultReceiver {
 public:
  shale::Status Begin(const std::vector<shale::ResultColumn>& columns) override {
    for (const auto& column : columns) {
      std::printf("%s (%s)  ", column.name.c_str(), column.type.ToString().c_str());
    }
    std::printf("\n");
    return shale::OkStatus();
  }
  shale::StatusOr<shale::Flow> Rows(const shale::Chunk& chunk) override {
    for (size_t row = 0; row < chunk.num_rows; ++row) {
      const shale::Value page = chunk.columns[0].GetValue(row);
      const shale::Value views = chunk.columns[1].GetValue(row);
      std::printf("%s  %lld\n", page.AsString().c_str(), static_cast<long long>(views.AsInt()));
    }
    return shale::Flow::kMore;
  }
  shale::Status End(const std::string& tag, uint64_t num_rows) override {
    std::printf("%s: %llu rows\n", tag.c_str(), static_cast<unsigned long long>(num_rows));
    return shale::OkStatus();
  }
};

shale::Status Run(const std::string& directory) {
  shale::DatabaseOptions options;
  options.create = true;
  ASSIGN_OR_RETURN(std::unique_ptr<shale::Database> database,
                   shale::Database::Open(directory, options));
  std::unique_ptr<shale::Connection> connection = database->Connect();

  ASSIGN_OR_RETURN(shale::QueryResult created, connection->Query(R"(
      CREATE TABLE hits (ts TIMESTAMP NOT NULL, page TEXT, user_id BIGINT)
      TIMESTAMP (ts) PARTITION BY DAY ORDER BY (user_id, ts))"));
  std::printf("%s\n", created.tag.c_str());

  // Acknowledged means on disk: when this returns, the rows outlive a power cut.
  ASSIGN_OR_RETURN(shale::QueryResult inserted, connection->Query(R"(
      INSERT INTO hits VALUES
        ('2026-01-05 10:00:00', '/', 1), ('2026-01-05 10:00:09', '/pricing', 1),
        ('2026-01-05 11:30:00', '/', 2), ('2026-01-06 08:15:00', '/docs', 3))"));
  std::printf("%s\n", inserted.tag.c_str());

  // A small answer, kept whole.
  ASSIGN_OR_RETURN(shale::QueryResult count,
                   connection->Query("SELECT count(DISTINCT user_id) FROM hits"));
  std::printf("visitors: %lld\n", static_cast<long long>(count.ValueAt(0, 0).AsInt()));

  // A large one, row by row.
  Printer printer;
  RETURN_IF_ERROR(connection->Run(
      "SELECT page, count(*) AS views FROM hits GROUP BY page ORDER BY views DESC, page",
      &printer));

  // Errors are values; their text says what to do.
  shale::Status wrong = connection->Query("SELECT pag FROM hits").status();
  std::printf("%s\n", std::string(shale::Message(wrong)).c_str());
  return shale::OkStatus();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: example DIRECTORY\n");
    return 2;
  }
  shale::Status status = Run(argv[1]);
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s\n", std::string(shale::Message(status)).c_str());
  return 1;
}
