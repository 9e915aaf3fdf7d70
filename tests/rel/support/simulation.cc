#include "tests/rel/support/simulation.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "engine/base/kill_point.h"
#include "engine/base/sync.h"
#include "engine/vector/hash.h"
#include "tests/rel/support/rig.h"
#include "tests/rel/support/small_database.h"

namespace shale {
namespace {

constexpr int kTablesEach = 2;

struct Row {
  int64_t second = 0;  // of 2024-01-01
  int64_t v = 0;
  std::string word;
  std::map<std::string, int64_t> added;
};

struct Table {
  bool exists = false;
  std::vector<std::string> added;  // columns, in their order
  std::map<int64_t, Row> rows;
  std::set<std::string> tokens;

  // As SELECT * … ORDER BY id prints it.
  std::string Text() const {
    if (!exists) return "no table";
    std::string text;
    for (const std::string& column : added) text += column + "|\n";
    for (const auto& [id, row] : rows) {
      const int64_t s = row.second;
      text +=
          fmt::format("{}|2024-01-{:02} {:02}:{:02}:{:02}|{}|{}|", id, 1 + s / 86400, s / 3600 % 24,
                      s / 60 % 60, s % 60, row.v, row.word.empty() ? "NULL" : row.word);
      for (const std::string& column : added) text += std::to_string(row.added.at(column)) + "|";
      text += "\n";
    }
    return text;
  }
};

// What one client's tables may be: after an unanswered change, before or after it.
using Tables = std::vector<Table>;

bool IsPowerCut(const Status& status) { return status.code() == StatusCode::kUnavailable; }
bool Has(const Status& status, std::string_view text) {
  return status.ToString().find(text) != std::string::npos;
}

struct World {
  uint64_t seed;
  const SimulationOptions& options;
  SimulationResult* result;
  SimulatedDisk* disk = nullptr;
  Database* database = nullptr;
  bool fault_armed = false;  // in this life
  bool full = false;
  bool failed_write = false;  // some write of this life said that writing stopped

  Mutex mutex{};
  void Fail(const std::string& what) {
    MutexLock lock(&mutex);
    if (result->failure.empty()) result->failure = what;
  }
};

// The hook has no argument; one simulation runs at a time.
struct Plug {
  const char* point = "";
  uint64_t countdown = 0;  // 0: the plug stays in
  SimulatedDisk* disk = nullptr;
  int64_t pulled = 0;
} plug;

void OnKillPoint(const char* name) {
  if (plug.countdown == 0 || std::string_view(name) != plug.point) return;
  if (--plug.countdown > 0) return;
  ++plug.pulled;
  plug.disk->CutPowerAfter(0);
}

class Client {
 public:
  Client(World* world, int number) : world_(world), number_(number) {
    possible_.push_back(Tables(kTablesEach));
  }

  std::string NameOf(int table) const { return fmt::format("c{}t{}", number_, table); }

  // After opening: which of the possible states is there.
  void Settle() {
    settled_ = false;
    auto connection = world_->database->Connect();
    std::string found;
    for (int t = 0; t < kTablesEach; ++t) {
      auto text = Read(connection.get(), t);
      if (!text.ok()) {
        // A file that could not be opened for an I/O error is in quarantine until the next time.
        if (Excused(text.status())) return;  // and the client waits for the next life
        world_->Fail(fmt::format("client {}: reading {} after opening: {}", number_, NameOf(t),
                                 text.status().ToString()));
        return;
      }
      found += *text + "\n--\n";
    }
    for (const Tables& tables : possible_) {
      if (TextOf(tables) != found) continue;
      // More than one may read so: their tokens tell them apart.
      std::erase_if(possible_, [&](const Tables& other) { return TextOf(other) != found; });
      CheckTokens();
      settled_ = true;
      return;
    }
    std::string expected;
    for (const Tables& tables : possible_) {
      expected += "\nagainst a possible state:\n" + Difference(TextOf(tables), found);
    }
    world_->Fail(
        fmt::format("client {}: after opening it holds something else:{}", number_, expected));
  }

  void Work(int life) {
    if (!settled_) return;
    auto connection = world_->database->Connect();
    stopped_ = false;
    for (int i = 0; i < world_->options.steps && !stopped_; ++i) {
      const int step = (life * world_->options.clients + number_) * world_->options.steps + i;
      if (world_->options.dropped.contains(step)) continue;
      RigRandom random(HashCombine(world_->seed, static_cast<uint64_t>(step) + 1000));
      {
        MutexLock lock(&world_->mutex);
        if (!world_->result->failure.empty()) return;
      }
      Step(connection.get(), &random, step);
    }
  }

 private:
  static std::string TextOf(const Tables& tables) {
    std::string text;
    for (const Table& table : tables) text += table.Text() + "\n--\n";
    return text;
  }

  // The lines of one that the other does not have, the first of each.
  static std::string Difference(const std::string& expected, const std::string& found) {
    constexpr int kShown = 4;
    const auto lines_of = [](const std::string& text) {
      std::multiset<std::string> lines;
      for (size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
        lines.insert(text.substr(at, text.find('\n', at) - at));
      }
      return lines;
    };
    std::string out;
    for (const bool missing : {true, false}) {
      const auto other = lines_of(missing ? found : expected);
      int shown = 0, count = 0;
      for (const std::string& line : lines_of(missing ? expected : found)) {
        if (other.contains(line)) continue;
        if (++count && shown++ < kShown) out += (missing ? "- " : "+ ") + line + "\n";
      }
      if (count > kShown) out += fmt::format("{} {} in all\n", missing ? '-' : '+', count);
    }
    return out;
  }

  StatusOr<std::string> Read(Connection* connection, int table) {
    Count(&SimulationResult::queries);
    auto text = Ask(connection, "SELECT * FROM " + NameOf(table) + " ORDER BY id");
    if (!text.ok() && Has(text.status(), "does not exist")) return std::string("no table");
    RETURN_IF_ERROR(text.status());
    // An empty table, too, has columns.
    ASSIGN_OR_RETURN(std::string added, Ask(connection,
                                            "SELECT name FROM shale_columns WHERE position > 4 AND "
                                            "table_name = '" +
                                                NameOf(table) + "' ORDER BY position"));
    return added + *text;
  }

  void CheckTokens() {
    Snapshot snapshot = world_->database->store().snapshot();
    for (int t = 0; t < kTablesEach; ++t) {
      TableSchemaPtr schema = FindTable(*snapshot, NameOf(t));
      if (!schema) continue;
      auto tokens = world_->database->store().ResumeTokens(schema->table_id);
      const std::set<std::string> found =
          tokens.ok() ? std::set<std::string>(tokens->begin(), tokens->end())
                      : std::set<std::string>();
      // The rows tell whether a load that was not answered is there; its token must agree.
      std::erase_if(possible_, [&](const Tables& tables) { return tables[t].tokens != found; });
      if (possible_.empty()) {
        world_->Fail(
            fmt::format("client {}: {}'s resume tokens and rows disagree", number_, NameOf(t)));
        return;
      }
    }
  }

  void Count(int64_t SimulationResult::* figure, int64_t by = 1) {
    MutexLock lock(&world_->mutex);
    world_->result->*figure += by;
  }

  // Errors that the faults of this life explain.
  bool Excused(const Status& status) const {
    if (IsPowerCut(status)) return true;
    if (world_->fault_armed &&
        (Has(status, "Input/output error") || Has(status, "writing stopped") ||
         Has(status, "changing the catalog stopped"))) {
      return true;
    }
    return world_->full && (Has(status, "No space left") || Has(status, "writing stopped") ||
                            Has(status, "changing the catalog stopped"));
  }

  // Takes note of how a change from the present state to `after` ended.
  void Ended(const Status& status, Tables after, const std::string& what) {
    Count(&SimulationResult::statements);
    if (world_->options.says_all) {
      fmt::print("client {}: {}: {}\n", number_, what.substr(0, 60), status.ToString());
    }
    if (status.ok()) {
      Count(&SimulationResult::acked);
      // Statements that have nothing to do write nothing.
      const bool changes = TextOf(after) != TextOf(Now());
      if (poisoned_ && changes) {
        Count(&SimulationResult::acked_after);
        world_->Fail("acknowledged after writing had stopped: " + what);
      }
      if (world_->full && failed_for_space_ && changes) {
        failed_for_space_ = false;
        Count(&SimulationResult::resumed);
      }
      // One that changes nothing does not tell what became of an unanswered one before it.
      if (changes) possible_ = {std::move(after)};
      return;
    }
    if (!Excused(status)) {
      world_->Fail(what + ": " + status.ToString());
      return;
    }
    if (IsPowerCut(status)) stopped_ = true;
    if (Has(status, "No space left")) failed_for_space_ = true;
    if (Has(status, "writing stopped") || Has(status, "changing the catalog stopped")) {
      if (!poisoned_) Count(&SimulationResult::poisoned);
      poisoned_ = true;
    }
    possible_.push_back(std::move(after));
  }

  void Do(Connection* connection, const std::string& sql, Tables after) {
    Ended(connection->Query(sql).status(), std::move(after), sql);
  }

  const Tables& Now() const { return possible_.front(); }

  // Reads a table back; what was not acknowledged must not be seen.
  void Compare(Connection* connection, int t) {
    auto text = Read(connection, t);
    if (!text.ok()) {
      if (IsPowerCut(text.status())) {
        stopped_ = true;
      } else if (!Excused(text.status())) {
        Count(&SimulationResult::reads_refused);
        world_->Fail("reading " + NameOf(t) + ": " + text.status().ToString());
      }
      return;
    }
    if (*text != Now()[t].Text()) {
      world_->Fail(fmt::format("client {}: {} holds\n{}instead of\n{}", number_, NameOf(t), *text,
                               Now()[t].Text()));
    }
  }

  static Row NewRow(RigRandom* random, const Table& table, int64_t id) {
    Row row;
    row.second = static_cast<int64_t>(random->Below(3 * 86400));
    row.v = id % 100;
    if (!random->OneIn(8)) row.word = fmt::format("w{}", random->Below(12));
    for (const std::string& column : table.added) row.added[column] = id % 7;
    return row;
  }
  std::string RowText(const Table& table, int64_t id, const Row& row) const {
    std::string text =
        fmt::format("({}, TIMESTAMP '2024-01-01' + INTERVAL '{} second', {}, {}", id, row.second,
                    row.v, row.word.empty() ? "NULL" : "'" + row.word + "'");
    for (const std::string& column : table.added) {
      text += ", " + std::to_string(row.added.at(column));
    }
    return text + ")";
  }
  std::string InsertSql(RigRandom* random, int t, Table* table, int count) {
    std::string sql = "INSERT INTO " + NameOf(t) + " VALUES ";
    for (int i = 0; i < count; ++i) {
      const int64_t id = next_id_++;
      const Row row = NewRow(random, *table, id);
      sql += (i > 0 ? ", " : "") + RowText(*table, id, row);
      table->rows[id] = row;
    }
    return sql;
  }
  std::string DeleteSql(RigRandom* random, int t, Table* table) {
    const auto m = static_cast<int64_t>(2 + random->Below(9));
    const auto r = static_cast<int64_t>(random->Below(static_cast<uint64_t>(m)));
    std::erase_if(table->rows, [&](const auto& entry) { return entry.first % m == r; });
    return fmt::format("DELETE FROM {} WHERE id % {} = {}", NameOf(t), m, r);
  }
  std::string UpdateSql(RigRandom* random, int t, Table* table) {
    const auto m = static_cast<int64_t>(3 + random->Below(9));
    const auto r = static_cast<int64_t>(random->Below(static_cast<uint64_t>(m)));
    for (auto& [id, row] : table->rows) {
      if (id % m == r) row.v += 1000;
    }
    return fmt::format("UPDATE {} SET v = v + 1000 WHERE id % {} = {}", NameOf(t), m, r);
  }

  void Create(Connection* connection, int t) {
    Tables after = Now();
    after[t] = Table();
    after[t].exists = true;
    Do(connection,
       fmt::format("CREATE TABLE {} (id BIGINT, ts TIMESTAMP, v INTEGER, word TEXT) TIMESTAMP(ts) "
                   "PARTITION BY DAY",
                   NameOf(t)),
       std::move(after));
  }

  void BulkLoad(RigRandom* random, Connection* connection, int t) {
    Tables after = Now();
    Table& table = after[t];
    std::string sql = InsertSql(random, t, &table, 1 + static_cast<int>(random->Below(30)));
    sql.replace(0, sql.find("VALUES"), "SELECT * FROM (");
    sql += ") v";
    auto rows = connection->Query(sql);
    if (!rows.ok()) return Ended(rows.status(), Now(), sql);
    const std::string token = fmt::format("load {}", next_id_);
    const auto load = [&]() -> Status {
      Store& store = world_->database->store();
      TableSchemaPtr schema = FindTable(*store.snapshot(), NameOf(t));
      if (!schema) return NotFound("no table {}", NameOf(t));
      ASSIGN_OR_RETURN(auto bulk, store.StartBulk(*schema, 1));
      for (Chunk& chunk : rows->chunks) {
        for (size_t c = 0; c < chunk.columns.size(); ++c) {
          RETURN_IF_ERROR(CastColumn(schema->columns[c].type, &chunk.columns[c]));
        }
        RETURN_IF_ERROR(bulk->Append(0, std::move(chunk)));
      }
      return bulk->Commit(token);
    };
    table.tokens.insert(token);
    Ended(load(), std::move(after), "bulk load into " + NameOf(t));
  }
  // VALUES gives BIGINT or INTEGER; the table's columns are one of the two.
  static Status CastColumn(const Type& type, Vector* column) {
    if (column->type() == type) return OkStatus();
    const size_t size = column->size();
    Vector cast = Vector::Flat(type, size);
    for (size_t i = 0; i < size; ++i) {
      const Value value = column->GetValue(i);
      if (value.is_null()) return InvalidArgument("unexpected NULL");
      if (type.id() == TypeId::kBigInt) cast.mutable_values<int64_t>()[i] = value.AsInt();
      if (type.id() == TypeId::kInteger) {
        cast.mutable_values<int32_t>()[i] = static_cast<int32_t>(value.AsInt());
      }
    }
    *column = std::move(cast);
    return OkStatus();
  }

  void Transact(RigRandom* random, Connection* connection) {
    Tables after = Now();
    const bool rolls_back = random->OneIn(4);
    std::vector<std::string> statements = {"BEGIN"};
    const uint64_t count = 1 + random->Below(4);
    for (uint64_t i = 0; i < count; ++i) {
      const int t = static_cast<int>(random->Below(kTablesEach));
      if (!after[t].exists) continue;
      switch (random->Below(3)) {
        case 0:
          statements.push_back(
              InsertSql(random, t, &after[t], 1 + static_cast<int>(random->Below(10))));
          break;
        case 1: statements.push_back(DeleteSql(random, t, &after[t])); break;
        default: statements.push_back(UpdateSql(random, t, &after[t])); break;
      }
    }
    for (const std::string& sql : statements) {
      const Status status = connection->Query(sql).status();
      if (status.ok()) continue;
      Ended(status, Now(), sql);
      connection->Query("ROLLBACK").status().IgnoreError();
      return;
    }
    if (rolls_back) return Do(connection, "ROLLBACK", Now());
    if (statements.size() == 1) return Do(connection, "COMMIT", Now());
    Do(connection, "COMMIT", std::move(after));
  }

  void Alter(RigRandom* random, Connection* connection, int t) {
    Tables after = Now();
    Table& table = after[t];
    if (!table.added.empty() && random->OneIn(2)) {
      const std::string gone = table.added[random->Below(table.added.size())];
      std::erase(table.added, gone);
      for (auto& [id, row] : table.rows) row.added.erase(gone);
      return Do(connection, fmt::format("ALTER TABLE {} DROP COLUMN {}", NameOf(t), gone),
                std::move(after));
    }
    const std::string fresh = fmt::format("a{}", next_id_++);
    const auto value = static_cast<int64_t>(random->Below(1000));
    table.added.push_back(fresh);
    for (auto& [id, row] : table.rows) row.added[fresh] = value;
    Do(connection,
       fmt::format("ALTER TABLE {} ADD COLUMN {} INTEGER DEFAULT {}", NameOf(t), fresh, value),
       std::move(after));
  }

  void CheckDisk() {
    auto report = world_->database->store().Check(std::nullopt);
    if (!report.ok()) {
      if (IsPowerCut(report.status())) stopped_ = true;
      if (!Excused(report.status())) world_->Fail("check: " + report.status().ToString());
      return;
    }
    for (const Damage& damage : report->damages) {
      // An I/O error is a damage as long as it lasts; the next check takes it back.
      Status as_status = DataLoss("{}", damage.message);
      if (!Excused(as_status) && damage.message.find("power is out") == std::string::npos) {
        world_->Fail("check: " + damage.message);
      }
    }
    if (!report->damages.empty()) {
      world_->database->store().Check(std::nullopt).status().IgnoreError();
    }
  }

  void Step(Connection* connection, RigRandom* random, int step) {
    const int t = static_cast<int>(random->Below(kTablesEach));
    if (!Now()[t].exists) return Create(connection, t);
    Tables after = Now();
    switch (random->Below(24)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4: {
        // Now and then enough for the log to go on in another file.
        const int count = random->OneIn(6) ? 150 : 1 + static_cast<int>(random->Below(20));
        const std::string sql = InsertSql(random, t, &after[t], count);
        return Do(connection, sql, std::move(after));
      }
      case 5:
      case 6:
      case 7: return BulkLoad(random, connection, t);
      case 8:
      case 9: {
        const std::string sql = DeleteSql(random, t, &after[t]);
        return Do(connection, sql, std::move(after));
      }
      case 10:
      case 11: {
        const std::string sql = UpdateSql(random, t, &after[t]);
        return Do(connection, sql, std::move(after));
      }
      case 12:
      case 13:
      case 14: return Transact(random, connection);
      case 15: return Alter(random, connection, t);
      case 16:
        if (random->OneIn(2)) {
          after[t].rows.clear();
          after[t].tokens.clear();
          return Do(connection, "TRUNCATE " + NameOf(t), std::move(after));
        }
        after[t] = Table();
        return Do(connection, "DROP TABLE " + NameOf(t), std::move(after));
      case 17: return Do(connection, "CHECKPOINT", Now());
      case 18:
      case 19: return Do(connection, "OPTIMIZE TABLE " + NameOf(t), Now());
      case 20: return CheckDisk();
      default: return Compare(connection, t);
    }
    (void)step;
  }

  World* world_;
  int number_;
  std::vector<Tables> possible_;
  int64_t next_id_ = 1;
  bool settled_ = false;
  bool stopped_ = false;
  bool poisoned_ = false;
  bool failed_for_space_ = false;

 public:
  void StartLife() {
    poisoned_ = false;
    failed_for_space_ = false;
  }
};

StatusOr<std::unique_ptr<Database>> OpenSimulated(SimulatedDisk* disk) {
  DatabaseOptions options;
  options.disk = disk;
  options.create = true;
  options.num_workers = 2;
  options.memory_limit_bytes = int64_t{256} << 20;
  options.log_file_bytes = 24 << 10;
  options.seal_rows = 64;
  return Database::Open("/sim/db", options);
}

// Files that nothing names any more.
void CheckOrphans(World* world) {
  world->database->store().WaitForJobs().IgnoreError();
  std::set<std::string> named;
  Snapshot snapshot = world->database->store().snapshot();
  for (const TableSchemaPtr& table : shale::Tables(*snapshot)) {
    auto segments = DescribeStorage(*snapshot, table->table_id);
    for (const SegmentStorage& segment : *segments) named.insert(segment.path);
  }
  for (const auto& [path, bytes] : world->disk->Contents()) {
    if (path.find(".seg") != std::string::npos && !named.contains(path)) {
      world->Fail("an orphan is left: " + path);
    }
  }
}

// The machine, or only the process, starts anew.
void Restart(World* world, uint64_t seed) {
  world->result->kills += plug.pulled;
  plug.pulled = 0;
  plug.countdown = 0;
  if (!world->options.keeps_writes) return world->disk->Crash(seed);
  const auto contents = world->disk->Contents();
  world->disk->Crash(seed);
  world->disk->Restore(contents);
}

void Live(World* world, std::vector<std::unique_ptr<Client>>* clients, int life) {
  RigRandom random(HashCombine(world->seed, static_cast<uint64_t>(life) + 77));
  const SimulationOptions& options = world->options;
  // Drawn whether or not they are allowed, so that the modes are parts of one another.
  const uint64_t drawn = random.Below(8);
  const uint64_t kind = options.every_life < 0 ? drawn : static_cast<uint64_t>(options.every_life);
  const uint64_t when = random.OneIn(3) ? random.Below(60) : random.Below(1500);
  const uint64_t when_sync = random.Below(40);
  const bool last = life == options.lives;
  const bool cut = !last && options.power_cuts && (kind < 4 || kind == 7);
  world->fault_armed = world->full = false;
  if (cut && kind == 0) world->disk->CutPowerAfter(random.Below(80));  // while opening
  // Hit early or late in a life; what is rare (opening, closing) is hit at once.
  plug.countdown =
      options.kill_point.empty() || last ? 0 : 1 + random.Below(random.OneIn(2) ? 1 : 6);
  plug.pulled = 0;
  auto opened = OpenSimulated(world->disk);
  if (!opened.ok()) {
    if (!IsPowerCut(opened.status())) {
      world->Fail(fmt::format("opening for life {}: {}", life, opened.status().ToString()));
    }
    ++world->result->cuts;
    Restart(world, random.Next());
    return;
  }
  ++world->result->reopened;
  if (options.says_all) fmt::print("life {}, of kind {}\n", life, kind);
  std::unique_ptr<Database> database = *std::move(opened);
  world->database = database.get();
  if (cut && kind == 0) {
    // The power may go while reading, too.
    world->fault_armed = true;
  }
  // A check that met an I/O error and then a crash left a sound segment in quarantine.
  for (const TableSchemaPtr& table : shale::Tables(*database->store().snapshot())) {
    if (QuarantinedSegments(*database->store().snapshot(), table->table_id) == 0) continue;
    database->store().Check(std::nullopt).status().IgnoreError();
  }
  for (auto& client : *clients) {
    client->StartLife();
    client->Settle();
  }
  if (life > 0 && !(cut && kind == 0) && plug.pulled == 0) CheckOrphans(world);
  if (!last && world->result->failure.empty()) {
    const uint64_t used = world->disk->used_bytes();
    if (cut && kind != 0) world->disk->CutPowerAfter(when);
    if (options.read_write_errors && kind == 4) {
      world->fault_armed = true;
      world->disk->FailOperation(when);
    }
    if (options.sync_errors && (kind == 5 || kind == 7)) {
      world->fault_armed = true;
      world->disk->FailSync(when_sync);
    }
    if (options.full_disks && kind == 6) {
      world->full = true;
      ++world->result->full;
      world->disk->SetCapacity(used + 1 + random.Below(60'000));
    }
    if (world->fault_armed || world->full) ++world->result->faults;
    std::vector<Thread> threads;
    for (auto& client : *clients) {
      threads.emplace_back("client", [&client, life] { client->Work(life); });
    }
    if (world->full) {
      // Space comes back while they work.
      threads.emplace_back("space", [world] {
        for (int i = 0; i < 300; ++i) SimulatedScheduler::Yield();
        world->disk->SetCapacity(0);
      });
    }
    for (Thread& thread : threads) thread.Join();
    world->disk->SetCapacity(0);
  }
  const bool pulls_plug = options.kill_point.empty() && random.OneIn(3);
  if (pulls_plug) world->disk->CutPowerAfter(0);
  world->database = nullptr;
  database.reset();
  if (cut || pulls_plug) ++world->result->cuts;
  // Also after an orderly close: nothing may hang on what was not made durable.
  Restart(world, random.Next());
}

}  // namespace

SimulationResult Simulate(uint64_t seed, const SimulationOptions& options) {
  SimulationResult result;
  SimulatedScheduler scheduler(seed);
  SimulatedDisk disk;
  World world{.seed = seed, .options = options, .result = &result, .disk = &disk};
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < options.clients; ++i) {
    clients.push_back(std::make_unique<Client>(&world, i));
  }
  plug = Plug{};
  plug.point = options.kill_point.c_str();
  plug.disk = &disk;
  SetKillPointHook(options.kill_point.empty() ? nullptr : OnKillPoint);
  result.num_steps = options.lives * options.clients * options.steps;
  for (int life = 0; life <= options.lives && result.failure.empty(); ++life) {
    Live(&world, &clients, life);
  }
  SetKillPointHook(nullptr);
  result.trace = scheduler.TraceDigest();
  for (const auto& [path, bytes] : disk.Contents()) {
    result.trace = HashCombine(result.trace, HashCombine(HashBytes(path), HashBytes(bytes)));
  }
  return result;
}

SimulationOptions Minimise(uint64_t seed, SimulationOptions options) {
  const int num_steps = options.lives * options.clients * options.steps;
  // Halves, quarters … single steps, until nothing more can go.
  for (int length = num_steps / 2; length >= 1; length /= 2) {
    for (int begin = 0; begin < num_steps; begin += length) {
      SimulationOptions fewer = options;
      for (int i = begin; i < std::min(begin + length, num_steps); ++i) fewer.dropped.insert(i);
      if (fewer.dropped.size() == options.dropped.size()) continue;
      if (!Simulate(seed, fewer).failure.empty()) options = fewer;
    }
  }
  return options;
}

}  // namespace shale
