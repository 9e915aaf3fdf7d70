#include "tests/rel/support/small_database.h"

#include <algorithm>

#include "engine/functions/value_io.h"

namespace shale {
namespace {

// One table a kind of content; `events` is partitioned and changed by every step.
constexpr const char* kSteps[kBuildSteps][12] = {
    {
        "CREATE TABLE events (ts TIMESTAMP, id BIGINT, word TEXT, price DOUBLE, ok BOOLEAN, day "
        "DATE, amount DECIMAL(12, 2), n SMALLINT) TIMESTAMP(ts) PARTITION BY DAY",
        "INSERT INTO events SELECT TIMESTAMP '2024-01-01 00:00:00' + INTERVAL '7 minute' * i, i, "
        "CASE WHEN i % 7 = 0 THEN NULL ELSE 'word ' || i % 11 END, i * 0.25, i % 3 = 0, DATE "
        "'2024-01-01' + (i / 100)::integer, i * 1.01, (i % 100)::smallint FROM "
        "generate_series(0, 399) s(i)",
        "CREATE TABLE texts (id INTEGER, long_text TEXT, tags TEXT[], list INTEGER[])",
        "INSERT INTO texts SELECT i, repeat(md5(i::text), 3), ARRAY['a' || i % 3, 'b'], ARRAY[i, "
        "NULL, i + 1] FROM generate_series(0, 149) s(i)",
        "CREATE TABLE constants AS SELECT 5 AS five, NULL::text AS nothing, 'same' AS same FROM "
        "generate_series(1, 50)",
        "CHECKPOINT",
        "CREATE VIEW busy AS SELECT word, count(*) AS n FROM events GROUP BY word",
    },
    {
        "DELETE FROM events WHERE id % 10 = 3",
        "ALTER TABLE events ADD COLUMN added INTEGER DEFAULT 77",
        "INSERT INTO events SELECT TIMESTAMP '2024-01-02 00:00:00' + INTERVAL '5 minute' * i, 1000 "
        "+ i, 'later', 1e300 / (i + 1), NULL, NULL, 0.01, 1, i FROM generate_series(0, 99) s(i)",
        "CHECKPOINT",
        "CREATE TABLE hot (id BIGINT, word TEXT)",
        "INSERT INTO hot SELECT i, 'hot ' || i FROM generate_series(1, 40) s(i)",
    },
    {
        "UPDATE events SET word = 'changed' WHERE id = 42",
        "INSERT INTO hot VALUES (41, 'more'), (42, NULL)",
        "DELETE FROM hot WHERE id = 5",
        "OPTIMIZE TABLE texts",
        "INSERT INTO events VALUES ('2024-01-03 12:00:00', 5000, 'last', 1, true, '2024-01-03', 2, "
        "3, 4)",
        "DELETE FROM events WHERE id = 1005",
        "CREATE VIEW late AS SELECT 1 AS one",
    },
};

}  // namespace

StatusOr<std::unique_ptr<Database>> OpenOn(Disk* disk) {
  DatabaseOptions options;
  options.disk = disk;
  options.create = true;
  options.background_jobs = false;
  options.num_workers = 1;
  options.log_file_bytes = 48 << 10;
  options.memory_limit_bytes = int64_t{256} << 20;
  return Database::Open(kSmallDatabase, options);
}

const std::vector<Probe>& Probes() {
  static const std::vector<Probe> probes = {
      {"SELECT * FROM events ORDER BY id", {"events"}},
      {"SELECT count(*), min(id), max(ts) FROM events", {"events"}},
      {"SELECT * FROM busy ORDER BY word", {"events"}},
      {"SELECT * FROM texts ORDER BY id", {"texts"}},
      {"SELECT count(*), min(five), max(same), count(nothing) FROM constants", {"constants"}},
      {"SELECT five, nothing, same FROM constants", {"constants"}},
      {"SELECT * FROM hot ORDER BY id", {"hot"}},
      {"SELECT count(*) FROM hot", {"hot"}},
      {"SELECT name, rows, columns FROM shale_tables ORDER BY name", {}},
  };
  return probes;
}

Status BuildSmallDatabase(SimulatedDisk* disk, int step) {
  ASSIGN_OR_RETURN(auto database, OpenOn(disk));
  auto connection = database->Connect();
  for (const char* sql : kSteps[step]) {
    if (sql) RETURN_IF_ERROR(connection->Query(sql).status());
  }
  return OkStatus();
}

StatusOr<std::string> Ask(Connection* connection, const std::string& sql) {
  ASSIGN_OR_RETURN(QueryResult result, connection->Query(sql));
  std::string text;
  for (const Chunk& chunk : result.chunks) {
    for (size_t row = 0; row < chunk.num_rows; ++row) {
      for (const Vector& column : chunk.columns) {
        const Value value = column.GetValue(row);
        text += (value.is_null() ? "NULL" : ToText(value)) + "|";
      }
      text += "\n";
    }
  }
  return text;
}

StatusOr<std::vector<std::string>> AskAll(Database* database) {
  auto connection = database->Connect();
  std::vector<std::string> answers;
  for (const Probe& probe : Probes()) {
    ASSIGN_OR_RETURN(std::string answer, Ask(connection.get(), probe.sql));
    answers.push_back(std::move(answer));
  }
  return answers;
}

Verdict Examine(Disk* disk, const std::vector<std::string>& right, const std::string& file,
                const std::string& table) {
  Verdict verdict;
  auto refused = [&](const Status& status, const std::string& doing) {
    const std::string text = doing + ": " + std::string(Message(status));
    if (verdict.error.empty()) verdict.error = text;
    verdict.found = true;
    if (!file.empty() && text.find(file) == std::string::npos && verdict.unnamed.empty()) {
      verdict.unnamed = text;
    }
  };
  auto database = OpenOn(disk);
  if (!database.ok()) {
    refused(database.status(), "open");
    if (!table.empty()) verdict.unreadable = verdict.error;
    return verdict;
  }
  verdict.opened = true;
  const RecoveryReport& recovery = (*database)->store().recovery();
  verdict.found = !recovery.notes.empty() || recovery.torn_bytes > 0;
  auto connection = (*database)->Connect();
  for (size_t i = 0; i < Probes().size(); ++i) {
    const Probe& probe = Probes()[i];
    auto answer = Ask(connection.get(), probe.sql);
    if (!answer.ok()) {
      refused(answer.status(), probe.sql);
      const bool needs =
          std::find(probe.tables.begin(), probe.tables.end(), table) != probe.tables.end();
      if (!needs && verdict.unreadable.empty()) verdict.unreadable = verdict.error;
    } else if (*answer != right[i] && verdict.silent.empty() && !probe.tables.empty()) {
      verdict.silent = probe.sql;
    }
  }
  auto report = (*database)->store().Check(std::nullopt);
  if (!report.ok()) {
    refused(report.status(), "check");
  } else {
    verdict.check = report->damages;
    if (!report->damages.empty()) verdict.found = true;
  }
  return verdict;
}

std::map<std::string, std::string> TablesOfSegments(Disk* disk) {
  std::map<std::string, std::string> tables;
  auto database = OpenOn(disk);
  if (!database.ok()) return tables;
  Snapshot snapshot = (*database)->store().snapshot();
  for (const TableSchemaPtr& table : Tables(*snapshot)) {
    auto segments = DescribeStorage(*snapshot, table->table_id);
    if (!segments.ok()) continue;
    for (const SegmentStorage& segment : *segments) {
      if (!segment.hot) tables[segment.path] = table->name;
    }
  }
  return tables;
}

}  // namespace shale
