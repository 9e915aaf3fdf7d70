// Rates of simple scans from memory: a filter on a low-cardinality column, GROUP BY such a column;
// and what a sort order by user is worth, each query beside one that hides the order (user_id + 0).
// `bench_scan [ROWS]` loads a table of ROWS rows in time order (default 50 million) and one of a
// fifth as many sorted by user into a database of its own, warms it, and prints the best of seven
// runs a query.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <random>
#include <span>

#include "engine/base/clock.h"
#include "engine/vector/vector_builder.h"
#include "fmt/format.h"
#include "sql/database.h"

namespace shale {
namespace {

Status Fill(Database& database, const std::string& table, const std::string& order, int64_t rows) {
  auto connection = database.Connect();
  RETURN_IF_ERROR(
      connection
          ->Query("CREATE TABLE " + table +
                  " (ts TIMESTAMP NOT NULL, event TEXT NOT NULL, country TEXT NOT NULL, "
                  "user_id INTEGER NOT NULL, price DOUBLE NOT NULL, duration INTEGER NOT NULL) "
                  "TIMESTAMP(ts) " +
                  order)
          .status());
  TableSchemaPtr schema = FindTable(*database.store().snapshot(), table);
  ASSIGN_OR_RETURN(auto writer, database.store().StartBulk(*schema, 1));
  std::mt19937_64 random(7);
  const char* events[] = {"page_view",   "click",    "scroll",  "search",
                          "add_to_cart", "purchase", "sign_up", "play"};
  const char* countries[] = {"US", "DE", "IN", "BR", "GB", "FR",
                             "JP", "CA", "AU", "NL", "SE", "PL"};
  int64_t micros = 1'767'225'600'000'000;
  for (int64_t done = 0; done < rows;) {
    size_t count = static_cast<size_t>(std::min<int64_t>(kChunkRows, rows - done));
    VectorBuilder ts(TypeId::kTimestamp), event(TypeId::kText), country(TypeId::kText),
        user(TypeId::kInteger), price(TypeId::kDouble), duration(TypeId::kInteger);
    for (size_t i = 0; i < count; ++i) {
      micros += static_cast<int64_t>(random() % 40'000);
      ts.Append<int64_t>(micros);
      event.Append(std::string_view(events[random() % 8]));
      country.Append(std::string_view(countries[random() % 12]));
      user.Append<int32_t>(static_cast<int32_t>(random() % 1'000'000));
      price.Append<double>(static_cast<double>(random() % 10'000) / 100);
      duration.Append<int32_t>(static_cast<int32_t>(random() % 30'000));
    }
    Chunk chunk;
    chunk.num_rows = count;
    for (VectorBuilder* builder : {&ts, &event, &country, &user, &price, &duration}) {
      chunk.columns.push_back(builder->Finish());
    }
    RETURN_IF_ERROR(writer->Append(0, std::move(chunk)));
    done += static_cast<int64_t>(count);
  }
  return writer->Commit("");
}

Status Time(Database& database, int64_t rows, std::span<const char* const> queries) {
  auto connection = database.Connect();
  for (const char* query : queries) {
    int64_t best = INT64_MAX;
    for (int run = 0; run < 7; ++run) {
      int64_t start = Clock::System()->MonotonicMicros();
      RETURN_IF_ERROR(connection->Query(query).status());
      best = std::min(best, Clock::System()->MonotonicMicros() - start);
    }
    fmt::print("{:>9.2f} {:>12.0f}  {}\n", best / 1000.0,
               static_cast<double>(rows) / static_cast<double>(best), query);
  }
  return OkStatus();
}

Status Run(int64_t rows, const std::string& directory) {
  ASSIGN_OR_RETURN(auto database, Database::Open(directory, {.create = true}));
  RETURN_IF_ERROR(Fill(*database, "events", "PARTITION BY MONTH", rows));
  const char* queries[] = {
      "SELECT count(*) FROM events WHERE event = 'purchase'",
      "SELECT count(*) FROM events WHERE country IN ('DE', 'FR')",
      "SELECT count(*) FROM events WHERE duration < 1000",
      "SELECT event, count(*), sum(duration) FROM events GROUP BY event",
      "SELECT country, event, count(*) FROM events GROUP BY country, event",
      "SELECT sum(price), avg(duration) FROM events",
      "SELECT count(DISTINCT user_id) FROM events",
      "SELECT user_id, count(*) AS c FROM events GROUP BY user_id ORDER BY c DESC LIMIT 10",
      "SELECT date_trunc('hour', ts) AS h, count(*) FROM events GROUP BY h",
      "SELECT event FROM events WHERE price > 50 ORDER BY ts LIMIT 10",
      "SELECT event FROM events WHERE price > 50 ORDER BY ts + INTERVAL '0 seconds' LIMIT 10",
      "SELECT ts FROM events ORDER BY duration DESC, ts LIMIT 10",
  };
  fmt::print("{} rows in time order, {} threads\n{:>9} {:>12}  query\n", rows,
             database->num_workers(), "ms", "M rows/s");
  RETURN_IF_ERROR(Time(*database, rows, queries));

  const int64_t sorted_rows = rows / 5;
  RETURN_IF_ERROR(
      Fill(*database, "by_user", "PARTITION BY DAY ORDER BY (user_id, ts)", sorted_rows));
  const char* sorted_queries[] = {
      "SELECT count(DISTINCT user_id) FROM by_user",
      "SELECT count(DISTINCT user_id + 0) FROM by_user",
      "SELECT event, count(DISTINCT user_id) FROM by_user GROUP BY event",
      "SELECT event, count(DISTINCT user_id + 0) FROM by_user GROUP BY event",
      "SELECT max(c), sum(s) FROM (SELECT user_id, count(*) AS c, sum(price) AS s "
      "FROM by_user GROUP BY user_id) AS x",
      "SELECT max(c), sum(s) FROM (SELECT user_id + 0 AS u, count(*) AS c, sum(price) AS s "
      "FROM by_user GROUP BY u) AS x",
      "SELECT count(t) FROM (SELECT ts AS t FROM by_user ORDER BY user_id, ts) AS x",
      "SELECT count(t) FROM (SELECT ts AS t FROM by_user ORDER BY user_id + 0, ts) AS x",
      "SELECT event FROM by_user ORDER BY ts LIMIT 10",
  };
  fmt::print("{} rows sorted by user\n", sorted_rows);
  return Time(*database, sorted_rows, sorted_queries);
}

}  // namespace
}  // namespace shale

int main(int argc, char** argv) {
  std::string directory =
      fmt::format("{}/shale-bench-{}", std::filesystem::temp_directory_path().string(), getpid());
  shale::Status status = shale::Run(argc > 1 ? std::atoll(argv[1]) : 50'000'000, directory);
  std::filesystem::remove_all(directory);
  if (!status.ok()) fmt::print(stderr, "{}\n", shale::Message(status));
  return status.ok() ? 0 : 1;
}
