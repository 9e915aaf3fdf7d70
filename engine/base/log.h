// The program's log: what happens behind a statement's back (a job that failed, a poisoned log).
// Lines go to standard error with time and level; thread-safe. What a statement did wrong is its
// Status, never a log line.
#pragma once

#include <string_view>
#include <utility>

#include "fmt/format.h"

namespace shale {

enum class LogLevel { kInfo, kWarning, kError };

// Lines below `level` are dropped; kWarning at first.
void SetLogLevel(LogLevel level);
void LogLine(LogLevel level, std::string_view text);

// LogWarning("seal of {}: {}", table, status)
template <typename... Args>
void LogWarning(fmt::format_string<Args...> format, Args&&... args) {
  LogLine(LogLevel::kWarning, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace shale
