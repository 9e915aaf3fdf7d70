// compare_engine ENGINE DATABASE [LIBRARY]: one engine in one process, told what to do on standard
// input, a JSON object a line on standard output. A command is a line `WORD BYTES`, followed by
// that many bytes:
//   run       SQL: its wall and CPU seconds, rows, and the process's peak memory meanwhile
//   ask       SQL: the answer as text
//   load      TABLE FORMAT PATH, one a line
//   quit      nothing
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <functional>
#include <iostream>
#include <string>

#include "bench/peers/engine.h"
#include "engine/base/clock.h"
#include "engine/base/large_block.h"
#include "fmt/format.h"

namespace shale::bench {
namespace {

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// The peak since the last call of ForgetPeak, in kilobytes.
int64_t PeakMemory() {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line)) {
    if (line.starts_with("VmHWM:")) return std::atoll(line.c_str() + 6);
  }
  return 0;
}

void ForgetPeak() { std::ofstream("/proc/self/clear_refs") << '5'; }

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string List(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) out += (out.size() > 1 ? "," : "") + Quoted(text);
  return out + ']';
}

std::string Reply(const Status& status) {
  return fmt::format("{{\"ok\":false,\"error\":{}}}", Quoted(Message(status)));
}

std::string Timed(const std::function<StatusOr<uint64_t>()>& work) {
  ForgetPeak();
  const double cpu = CpuSeconds();
  const int64_t start = Clock::System()->MonotonicMicros();
  StatusOr<uint64_t> rows = work();
  const int64_t wall = Clock::System()->MonotonicMicros() - start;
  if (!rows.ok()) return Reply(rows.status());
  return fmt::format("{{\"ok\":true,\"rows\":{},\"wall\":{:.6f},\"cpu\":{:.6f},\"peak_kb\":{}}}",
                     *rows, static_cast<double>(wall) * 1e-6, CpuSeconds() - cpu, PeakMemory());
}

std::string Obey(Engine* engine, const std::string& word, const std::string& text) {
  if (word == "run") return Timed([&] { return engine->Run(text); });
  if (word == "load") {
    const size_t first = text.find('\n'), second = text.find('\n', first + 1);
    return Timed([&]() -> StatusOr<uint64_t> {
      RETURN_IF_ERROR(engine->Load(text.substr(0, first),
                                   text.substr(first + 1, second - first - 1),
                                   text.substr(second + 1)));
      return uint64_t{0};
    });
  }
  if (word != "ask") return Reply(InvalidArgument("unknown command \"{}\"", word));
  StatusOr<Answer> answer = engine->Ask(text);
  if (!answer.ok()) return Reply(answer.status());
  std::string out = fmt::format("{{\"ok\":true,\"names\":{},\"rows\":[", List(answer->names));
  for (size_t row = 0; row < answer->rows.size(); ++row) {
    if (row > 0) out += ',';
    out += List(answer->rows[row]);
  }
  return out + "]}";
}

int Main(int argc, char** argv) {
  if (argc < 3) {
    fmt::print(stderr, "usage: compare_engine shale|duckdb|clickhouse DATABASE [LIBRARY]\n");
    return 2;
  }
  const std::string name = argv[1];
  // As Shale's own program does; the peers' libraries have allocators of their own.
  if (name == "shale") KeepFreedHeap();
  EngineOptions options{.library = argc > 3 ? argv[3] : "", .database = argv[2]};
  // Replies leave by a descriptor of their own: a peer may print on standard output.
  std::FILE* replies = fdopen(dup(STDOUT_FILENO), "w");
  dup2(STDERR_FILENO, STDOUT_FILENO);
  auto say = [&](const std::string& reply) {
    fmt::print(replies, "{}\n", reply);
    std::fflush(replies);
  };
  const int64_t start = Clock::System()->MonotonicMicros();
  StatusOr<std::unique_ptr<Engine>> engine =
      name == "shale"    ? OpenShale(options)
      : name == "duckdb" ? OpenDuckDb(options)
      : name == "clickhouse"
          ? OpenClickHouse(options)
          : StatusOr<std::unique_ptr<Engine>>(InvalidArgument("no engine \"{}\"", name));
  if (!engine.ok()) {
    say(Reply(engine.status()));
    return 1;
  }
  say(fmt::format("{{\"ok\":true,\"version\":{},\"wall\":{:.6f}}}", Quoted((*engine)->version()),
                  static_cast<double>(Clock::System()->MonotonicMicros() - start) * 1e-6));
  std::string word;
  size_t bytes = 0;
  while (std::cin >> word >> bytes && word != "quit") {
    std::cin.get();
    std::string text(bytes, 0);
    std::cin.read(text.data(), static_cast<std::streamsize>(bytes));
    say(Obey(engine->get(), word, text));
  }
  if (name == "shale") {
    engine->reset();
    return 0;
  }
  // The peers' own threads and destructors are not ours to wait for; what they hold is durable.
  std::fflush(nullptr);
  _exit(0);
}

}  // namespace
}  // namespace shale::bench

int main(int argc, char** argv) { return shale::bench::Main(argc, argv); }
