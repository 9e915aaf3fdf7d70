#include "tools/shell/session.h"

#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <istream>

#include "engine/base/clock.h"
#include "tools/console/interrupt.h"
#include "tools/console/terminal.h"
#include "tools/shell/shell_input.h"
#include "tools/shell/statement_watcher.h"

namespace shale {

ShellSession::ShellSession(Database* database, ShellSettings settings, TextSink* output,
                           std::function<size_t()> terminal_width)
    : database_(database),
      connection_(database->Connect()),
      settings_(settings),
      output_(output),
      terminal_width_(std::move(terminal_width)) {}

Status ShellSession::RunSql(std::string_view sql) {
  last_sql_ = sql;
  int64_t begin_us = Clock::System()->MonotonicMicros();
  Status status;
  {
    StatementWatcher watcher(connection_.get());
    BarHidingSink guarded(sink(), &watcher);
    ResultWriterOptions options;
    options.mode = settings_.mode;
    options.header = settings_.header;
    options.max_width = max_width();
    options.time_zone = [this] { return connection_->time_zone(); };
    std::unique_ptr<ResultReceiver> writer = MakeResultWriter(std::move(options), &guarded);
    status = connection_->Run(sql, writer.get());
    Status flushed = guarded.Flush();
    if (status.ok()) status = flushed;
  }
  if (settings_.timing && status.ok()) {
    int64_t micros = Clock::System()->MonotonicMicros() - begin_us;
    std::string text = fmt::format("Time: {:.3f} ms\n", static_cast<double>(micros) / 1000);
    if (IsForPeople(settings_.mode)) {
      RETURN_IF_ERROR(output_->Write(text));
      RETURN_IF_ERROR(output_->Flush());
    } else {
      fmt::print(stderr, "{}", text);
    }
  }
  return status;
}

Status ShellSession::RunUnit(std::string_view unit) {
  size_t begin = unit.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return OkStatus();
  if (unit[begin] == '\\') return RunMeta(unit.substr(begin));
  return RunSql(unit);
}

Status ShellSession::RunScript(std::istream& in, const std::string& name) {
  ShellInput input;
  auto run = [&](const std::string& unit) {
    if (InterruptPending()) return Status(StatusCode::kCancelled, "canceled by user request");
    Status status = RunUnit(unit);
    if (status.ok()) return status;
    if (!name.empty()) {
      status =
          Status(status.code(), fmt::format("{}:{}: {}", name, input.unit_line(), Message(status)));
    }
    // An aborted write or Ctrl-C ends the script whatever was asked.
    if (settings_.stop_on_error || status.code() == StatusCode::kAborted || InterruptPending()) {
      return status;
    }
    PrintError(Message(status));
    return OkStatus();
  };
  std::string line;
  while (!quit_ && std::getline(in, line)) {
    input.AddLine(line);
    while (auto unit = input.Next()) {
      RETURN_IF_ERROR(run(*unit));
      if (quit_) return OkStatus();
    }
  }
  if (in.bad()) return InvalidArgument("reading {}: {}", name, std::strerror(errno));
  if (quit_) return OkStatus();
  if (auto unit = input.Rest()) return run(*unit);
  return OkStatus();
}

Status ShellSession::RunFile(const std::string& path) {
  if (include_depth_ >= kMaxIncludeDepth) {
    return ResourceExhausted("{}: files include each other more than {} deep (kMaxIncludeDepth)",
                             path, kMaxIncludeDepth);
  }
  std::ifstream in(path, std::ios::binary);
  if (!in) return NotFound("cannot open {}: {}", path, std::strerror(errno));
  in.peek();  // a folder opens and then fails to be read
  if (in.bad()) return InvalidArgument("cannot read {}: {}", path, std::strerror(errno));
  in.clear();
  ++include_depth_;
  Status status = RunScript(in, path);
  --include_depth_;
  return status;
}

// Runs the last statement again and again, `count` times (0: until Ctrl-C).
Status ShellSession::Watch(double seconds, int64_t count) {
  if (last_sql_.empty()) {
    return InvalidArgument("\\watch repeats a statement, and none was run yet");
  }
  std::string sql = last_sql_;
  Mutex mutex;
  CondVar never;
  for (int64_t round = 0; count == 0 || round < count; ++round) {
    if (round > 0) {
      auto left_us = static_cast<int64_t>(seconds * 1e6);
      constexpr int64_t kSliceUs = 50'000;
      MutexLock lock(&mutex);
      for (; left_us > 0 && !InterruptPending(); left_us -= kSliceUs) {
        never.WaitFor(&mutex, std::min(left_us, kSliceUs));
      }
    }
    if (TakeInterrupt()) return OkStatus();
    RETURN_IF_ERROR(RunSql(sql));
  }
  return OkStatus();
}

}  // namespace shale
