#include "engine/base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace shale {
namespace {

spdlog::logger& Logger() {
  // Never destroyed: jobs may log while the program ends.
  static spdlog::logger* logger = [] {
    auto* made =
        new spdlog::logger("shale", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%Y-%m-%d %H:%M:%S.%e %l %v");
    made->set_level(spdlog::level::warn);
    return made;
  }();
  return *logger;
}

spdlog::level::level_enum Level(LogLevel level) {
  switch (level) {
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

}  // namespace

void SetLogLevel(LogLevel level) { Logger().set_level(Level(level)); }

void LogLine(LogLevel level, std::string_view text) {
  Logger().log(Level(level), "{}", text);
}

}  // namespace shale
