// Random heavy queries beside inserts, in a process whose control group has little memory: the
// kernel must not have to kill it. Queries answer, or fail with an error that names a limit.
//
//   rel_oom [--queries N] [--seed S] [--limit MB] [--rows N] [--directory DIR] [--tenth]
//
// The group is made here (memory controller of version 1 or 2), or, where that is not possible, a
// limit on the address space stands in, which is said. Prints the seed and the figures; exits with
// 1 when the process died, an answer was wrong, an inserted row was lost, or an error was another.
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/sync.h"
#include "sql/database.h"

namespace shale {
namespace {

struct Options {
  int queries = 200;
  uint64_t seed = 0;
  int64_t limit_mb = 1024;
  int64_t rows = 4'000'000;
  std::string directory;
};

// ---- the control group --------------------------------------------------------------------------

std::string ReadText(const std::string& path) {
  std::string text;
  if (std::FILE* file = std::fopen(path.c_str(), "r")) {
    char buffer[4096];
    size_t got;
    while ((got = std::fread(buffer, 1, sizeof buffer, file)) > 0) text.append(buffer, got);
    std::fclose(file);
  }
  return text;
}
bool WriteText(const std::string& path, const std::string& text) {
  const int fd = ::open(path.c_str(), O_WRONLY);
  if (fd < 0) return false;
  const bool whole = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(fd);
  return whole;
}
int64_t NumberBehind(const std::string& text, const std::string& word) {
  const size_t at = text.find(word);
  return at == std::string::npos ? 0 : std::strtoll(text.c_str() + at + word.size(), nullptr, 10);
}

struct Group {
  std::string path;  // empty: none could be made
  bool second_version = false;

  bool Make(int64_t bytes) {
    const std::string name = fmt::format("shale-oom-{}", getpid());
    const std::string first = "/sys/fs/cgroup/memory/" + name;
    if (::mkdir(first.c_str(), 0755) == 0) {
      path = first;
      if (WriteText(path + "/memory.limit_in_bytes", std::to_string(bytes))) {
        // Nothing goes to swap, where there is some.
        WriteText(path + "/memory.memsw.limit_in_bytes", std::to_string(bytes));
        return true;
      }
      Remove();
    }
    const std::string second = "/sys/fs/cgroup/" + name;
    WriteText("/sys/fs/cgroup/cgroup.subtree_control", "+memory");
    if (::mkdir(second.c_str(), 0755) == 0) {
      path = second;
      second_version = true;
      if (WriteText(path + "/memory.max", std::to_string(bytes))) {
        WriteText(path + "/memory.swap.max", "0");
        return true;
      }
      Remove();
    }
    return false;
  }
  bool Enter() const { return WriteText(path + "/cgroup.procs", std::to_string(getpid())); }
  int64_t OomKills() const {
    return NumberBehind(
        ReadText(path + (second_version ? "/memory.events" : "/memory.oom_control")), "oom_kill ");
  }
  int64_t PeakBytes() const {
    return std::strtoll(
        ReadText(path + (second_version ? "/memory.peak" : "/memory.max_usage_in_bytes")).c_str(),
        nullptr, 10);
  }
  void Remove() {
    ::rmdir(path.c_str());
    path.clear();
  }
};

// ---- what runs inside ---------------------------------------------------------------------------

// Counts rows and drops them.
class CountRows : public ResultReceiver {
 public:
  Status Begin(const std::vector<ResultColumn>&) override { return OkStatus(); }
  StatusOr<Flow> Rows(const Chunk& chunk) override {
    rows += chunk.num_rows;
    return Flow::kMore;
  }
  Status End(const std::string&, uint64_t) override { return OkStatus(); }
  uint64_t rows = 0;
};

std::string RandomQuery(std::mt19937_64* random) {
  const auto pick = [&](std::vector<std::string> from) { return from[(*random)() % from.size()]; };
  const std::string key = pick({"url", "session", "user_id", "url, session", "id", "user_id, url",
                                "id % 1000000", "session || url", "tags, id % 300000"});
  const std::string value =
      pick({"count(*)", "sum(amount), avg(amount)", "count(DISTINCT session)", "min(url), max(url)",
            "count(DISTINCT user_id), sum(id)", "string_agg(url, ',' ORDER BY id)",
            "array_agg(id ORDER BY at)", "median(amount)", "max(session), count(DISTINCT url)"});
  const std::string order =
      pick({"url", "session, id", "amount DESC, url", "user_id, at", "length(url), id"});
  switch ((*random)() % 9) {
    case 0:
    case 1:
    case 2: return "SELECT " + key + ", " + value + " FROM events GROUP BY " + key;
    case 3:
      return "SELECT count(DISTINCT url), count(DISTINCT session), count(DISTINCT id) FROM events";
    case 4: return "SELECT * FROM events ORDER BY " + order;
    case 5:
      return "SELECT count(*), sum(a.amount) FROM events a JOIN events b ON a." +
             pick({"id = b.id", "session = b.session AND a.id = b.id",
                   "url = b.url AND a.id = b.id + 1"});
    case 6:
      return "SELECT id, row_number() OVER (PARTITION BY " + pick({"user_id", "session", "url"}) +
             " ORDER BY at, id), sum(amount) OVER (PARTITION BY user_id) FROM events";
    case 7:
      return "SELECT DISTINCT " + pick({"url, session", "id, url", "session, amount"}) +
             " FROM events";
    default:
      return "SELECT a.id, b.url FROM events a " + pick({"LEFT", "FULL", "RIGHT"}) +
             " JOIN (SELECT id, url FROM events WHERE id % 3 = 0) b ON a.id = b.id";
  }
}

struct Figures {
  std::atomic<int> answered{0}, refused{0}, wrong{0};
  std::atomic<uint64_t> rows{0};
};

int64_t Percentile(std::vector<int64_t> values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<size_t>(share * values.size()))];
}

Status Inside(const Options& options) {
  DatabaseOptions database_options;
  database_options.create = true;
  ASSIGN_OR_RETURN(auto database, Database::Open(options.directory, database_options));
  auto connection = database->Connect();
  RETURN_IF_ERROR(
      connection
          ->Query("CREATE TABLE events (id BIGINT, user_id INTEGER, session TEXT, url TEXT, "
                  "amount DECIMAL(12,2), at TIMESTAMP, tags INTEGER[])")
          .status());
  for (int64_t begin = 0; begin < options.rows; begin += 500'000) {
    const int64_t end = std::min(begin + 500'000, options.rows);
    RETURN_IF_ERROR(
        connection
            ->Query(fmt::format(
                "INSERT INTO events SELECT i, CAST(i * 7919 % 100003 AS INTEGER), 'session of ' || "
                "(i * 31 % {0}), 'https://example.com/page/' || (i * 101 % {1}) || '?q=' || "
                "(i % 97), CAST(i % 100000 AS DECIMAL(12,2)) / 100, TIMESTAMP '2024-01-01 "
                "00:00:00' "
                "+ (i % 40000000) * INTERVAL '1 second', ARRAY[CAST(i % 7 AS INTEGER)] FROM "
                "generate_series(CAST({2} AS BIGINT), {3}) g(i)",
                options.rows / 2 + 1, options.rows / 3 + 1, begin, end - 1))
            .status());
  }
  std::atomic<bool> stop{false};
  std::atomic<uint64_t> inserted{0};
  std::atomic<bool> queries_run{false};
  Status insert_status;
  std::vector<int64_t> alone_us, beside_us;
  const auto insert_once = [&](Connection* door) -> Status {
    const uint64_t first = static_cast<uint64_t>(options.rows) + inserted.load();
    const int64_t begin = Clock::System()->MonotonicMicros();
    Status status =
        door->Query(fmt::format(
                        "INSERT INTO events SELECT i, 1, 'late', 'https://example.com/late', 1, "
                        "TIMESTAMP '2025-01-01 00:00:00', NULL FROM generate_series({}, {}) g(i)",
                        first, first + 99))
            .status();
    (queries_run.load() ? beside_us : alone_us)
        .push_back(Clock::System()->MonotonicMicros() - begin);
    if (status.ok()) inserted.fetch_add(100);
    return status;
  };
  for (int i = 0; i < 200; ++i) RETURN_IF_ERROR(insert_once(connection.get()));
  queries_run.store(true);
  Figures figures;
  std::atomic<int> next{0};
  {
    Thread inserter("inserter", [&] {
      auto door = database->Connect();
      while (!stop.load() && insert_status.ok()) {
        insert_status = insert_once(door.get());
        ::usleep(5000);
      }
    });
    const auto ask = [&] {
      auto door = database->Connect();
      for (int i; (i = next.fetch_add(1)) < options.queries;) {
        std::mt19937_64 random(options.seed * 1'000'003 + static_cast<uint64_t>(i));
        const std::string sql = RandomQuery(&random);
        CountRows rows;
        const int64_t begin = Clock::System()->MonotonicMicros();
        const Status status = door->Run(sql, &rows);
        if (std::getenv("OOM_VERBOSE")) {
          std::fprintf(stderr, "oom: %d %.1fs %s: %s\n", i,
                       static_cast<double>(Clock::System()->MonotonicMicros() - begin) / 1e6,
                       sql.c_str(), status.ok() ? "ok" : std::string(Message(status)).c_str());
        }
        figures.rows.fetch_add(rows.rows);
        if (status.ok()) {
          ++figures.answered;
        } else if (status.code() == StatusCode::kResourceExhausted &&
                   (Message(status).find("memory_limit") != std::string_view::npos ||
                    Message(status).find("max_temp_size") != std::string_view::npos)) {
          ++figures.refused;
        } else {
          ++figures.wrong;
          std::printf("oom: %s: %s\n", sql.c_str(), std::string(Message(status)).c_str());
        }
      }
    };
    Thread other("asker", ask);
    ask();
    other.Join();
    stop.store(true);
    inserter.Join();
  }
  RETURN_IF_ERROR(insert_status);
  ASSIGN_OR_RETURN(QueryResult count,
                   connection->Query("SELECT count(*), count(DISTINCT id) FROM events"));
  const uint64_t expected = static_cast<uint64_t>(options.rows) + inserted.load();
  const auto counted = static_cast<uint64_t>(count.ValueAt(0, 0).AsInt());
  const auto different = static_cast<uint64_t>(count.ValueAt(0, 1).AsInt());
  const auto left = std::distance(std::filesystem::directory_iterator(options.directory + "/temp"),
                                  std::filesystem::directory_iterator());
  std::printf("oom: answered=%d refused=%d wrong=%d rows=%" PRIu64 " inserted=%" PRIu64
              " lost=%" PRIu64 " p99_alone=%.1fms p99_beside=%.1fms temp_files_left=%d\n",
              figures.answered.load(), figures.refused.load(), figures.wrong.load(),
              figures.rows.load(), inserted.load(), expected - std::min(counted, different),
              static_cast<double>(Percentile(alone_us, 0.99)) / 1e3,
              static_cast<double>(Percentile(beside_us, 0.99)) / 1e3, static_cast<int>(left));
  std::fflush(stdout);
  if (figures.wrong.load() || counted != expected || different != expected || left > 0 ||
      figures.answered.load() * 2 < options.queries) {
    return MakeError(StatusCode::kInternal, "a query or an insert went wrong");
  }
  return OkStatus();
}

int Run(const Options& options) {
  std::printf("oom: seed=%" PRIu64 " queries=%d limit=%" PRId64 "MB rows=%" PRId64 "\n",
              options.seed, options.queries, options.limit_mb, options.rows);
  std::fflush(stdout);
  Group group;
  const bool grouped = group.Make(options.limit_mb << 20);
  if (!grouped) {
    std::printf("oom: no control group can be made here: a limit on the address space stands in\n");
  }
  const pid_t child = ::fork();
  if (child == 0) {
    if (grouped && !group.Enter()) {
      std::fprintf(stderr, "oom: cannot enter %s\n", group.path.c_str());
      ::_exit(77);
    }
    if (!grouped) {
      // Address space is more than memory: stacks, what the allocator keeps.
      const rlimit limit{static_cast<rlim_t>(options.limit_mb) << 20,
                         static_cast<rlim_t>(options.limit_mb) << 20};
      ::setrlimit(RLIMIT_AS, &limit);
    }
    const Status status = Inside(options);
    if (!status.ok()) std::printf("oom: %s\n", std::string(Message(status)).c_str());
    std::fflush(stdout);
    ::_exit(status.ok() ? 0 : 1);
  }
  int status = 0;
  rusage usage{};
  ::wait4(child, &status, 0, &usage);
  const int64_t kills = grouped ? group.OomKills() : 0;
  std::printf("oom: oom_kills=%" PRId64 " peak_rss=%ldMB peak_group=%" PRId64 "MB ended=%s\n",
              kills, usage.ru_maxrss / 1024, grouped ? group.PeakBytes() >> 20 : 0,
              WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "by itself");
  if (grouped) group.Remove();
  std::error_code error;
  std::filesystem::remove_all(options.directory, error);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 77) return 77;
  return kills > 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0 ? 1 : 0;
}

}  // namespace
}  // namespace shale

int main(int argc, char** argv) {
  shale::Options options;
  options.seed = static_cast<uint64_t>(::time(nullptr));
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--tenth") {
      options.queries /= 10;
      options.rows /= 8;
      options.limit_mb /= 4;
      continue;
    }
    if (i + 1 >= argc) {
      std::fprintf(stderr, "oom: %s needs a value\n", argv[i]);
      return 2;
    }
    const char* value = argv[++i];
    if (name == "--queries") {
      options.queries = std::atoi(value);
    } else if (name == "--seed") {
      options.seed = std::strtoull(value, nullptr, 10);
    } else if (name == "--limit") {
      options.limit_mb = std::atoll(value);
    } else if (name == "--rows") {
      options.rows = std::atoll(value);
    } else if (name == "--directory") {
      options.directory = value;
    } else {
      std::fprintf(stderr, "oom: what is %s?\n", argv[i - 1]);
      return 2;
    }
  }
  if (options.directory.empty()) {
    options.directory =
        (std::filesystem::temp_directory_path() / fmt::format("shale-oom-{}", getpid())).string();
  }
  return shale::Run(options);
}
