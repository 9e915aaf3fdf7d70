#include "tests/rel/support/rig.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "fmt/format.h"

namespace shale {
namespace {

constexpr int64_t kShownMisses = 20;

[[noreturn]] void Usage(const std::string& name, const std::vector<RigOption>& options,
                        const std::vector<RigText>& texts, int code) {
  fmt::print("usage: rel_{} [--seed N] [--tenth]", name);
  for (const RigOption& option : options) fmt::print(" [--{} N]", option.name);
  fmt::print("\n");
  for (const RigOption& option : options) {
    fmt::print("  --{} N  {} ({}; with --tenth {})\n", option.name, option.description,
               option.value, option.tenth);
  }
  for (const RigText& option : texts) {
    fmt::print("  --{} TEXT  {}\n", option.name, option.description);
  }
  std::exit(code);
}

}  // namespace

Rig::Rig(std::string name, int argc, char** argv, std::vector<RigOption> options,
         std::vector<RigText> texts)
    : name_(std::move(name)) {
  // Jobs that fail are what rigs are about.
  SetLogLevel(LogLevel::kError);
  for (const RigOption& option : options) values_[option.name] = option.value;
  for (const RigText& option : texts) texts_[option.name] = option.value;
  bool seeded = false;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--help" || argument == "-h") Usage(name_, options, texts, 0);
    if (argument == "--tenth") {
      tenth_ = true;
      for (const RigOption& option : options) values_[option.name] = option.tenth;
      continue;
    }
    const std::string key = argument.substr(0, 2) == "--" ? argument.substr(2) : "";
    if (i + 1 == argc || (key != "seed" && !values_.contains(key) && !texts_.contains(key)))
      Usage(name_, options, texts, 2);
    const char* text = argv[++i];
    if (key == "seed") {
      seed_ = std::strtoull(text, nullptr, 10);
      seeded = true;
    } else if (texts_.contains(key)) {
      texts_[key] = text;
    } else {
      values_[key] = std::strtoll(text, nullptr, 10);
    }
  }
  if (!seeded && !tenth_) seed_ = static_cast<uint64_t>(Clock::System()->NowMicros() / 1'000'000);
}

int64_t& Rig::Figure(const std::string& name) {
  for (auto& [known, count] : figures_) {
    if (known == name) return count;
  }
  return figures_.emplace_back(name, 0).second;
}

void Rig::Add(const std::string& figure, int64_t count) { Figure(figure) += count; }

void Rig::Miss(const std::string& figure, const std::string& what) {
  ++Figure(figure);
  if (++misses_ <= kShownMisses) fmt::print("{}: {}: {}\n", name_, figure, what);
}

int Rig::Finish() {
  std::string line = fmt::format("{}: seed={}", name_, seed_);
  for (const auto& [figure, count] : figures_) line += fmt::format(" {}={}", figure, count);
  fmt::print("{}\n", line);
  std::fflush(stdout);
  return misses_ == 0 ? 0 : 1;
}

}  // namespace shale
