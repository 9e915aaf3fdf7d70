#include "sql/session.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "engine/base/edit_distance.h"
#include "engine/functions/date.h"
#include "engine/functions/value_format.h"
#include "engine/functions/value_io.h"
#include "engine/vector/vector.h"

namespace shale {
namespace {

struct SettingDefault {
  const char* name;
  const char* value;
  const char* description;
  bool fixed;  // shown for clients, cannot be changed
};
constexpr SettingDefault kSettings[] = {
    {"timezone", "UTC", "Zone that TIMESTAMPTZ is shown and read in (an IANA name).", false},
    {"threads", "0", "Threads one query may use; 0 takes as many as there are cores.", false},
    {"memory_limit", "0", "Memory one query may use, as in 512MB; 0 takes the database's limit.",
     false},
    {"keep_results", "on",
     "What expressions come to over a segment's dictionary is kept for later queries.", false},
    {"application_name", "", "Name of the client program.", false},
    {"search_path", "public", "Schemas that names are looked up in.", false},
    {"extra_float_digits", "1", "Floats print with the fewest digits that read back the same.",
     false},
    {"client_min_messages", "notice", "Least severity of messages sent to the client.", false},
    {"standard_conforming_strings", "on", "Backslashes are plain in '…' strings.", true},
    {"client_encoding", "UTF8", "Encoding of text.", true},
    {"server_encoding", "UTF8", "Encoding of stored text.", true},
    {"datestyle", "ISO, MDY", "How dates print.", true},
    {"intervalstyle", "postgres", "How intervals print.", true},
    {"integer_datetimes", "on", "Timestamps are 64-bit integers.", true},
    {"server_version", "15.0 (Shale " SHALE_VERSION ")", "Version of the dialect and of Shale.",
     true},
    {"transaction_isolation", "repeatable read", "A statement reads one snapshot.", true},
};

std::string Canonical(std::string_view name) {
  std::string lower = absl::AsciiStrToLower(std::string(name));
  return lower == "time zone" || lower == "time_zone" ? "timezone" : lower;
}

}  // namespace

Session::Session() {
  for (const SettingDefault& setting : kSettings) {
    settings_.push_back({setting.name, setting.value, setting.description});
  }
}

Setting* Session::Find(std::string_view name) {
  for (Setting& setting : settings_) {
    if (setting.name == name) return &setting;
  }
  return nullptr;
}

Status Session::Set(std::string_view name, std::string_view value) {
  std::string key = Canonical(name);
  Setting* setting = Find(key);
  if (!setting) {
    std::vector<std::string> names;
    for (const Setting& known : settings_) names.push_back(known.name);
    std::string near = Nearest(key, names);
    return InvalidArgument("unrecognized configuration parameter \"{}\"{}; SHOW ALL lists them",
                           name, near.empty() ? "" : fmt::format("; did you mean {}?", near));
  }
  for (const SettingDefault& fixed : kSettings) {
    if (fixed.name == key && fixed.fixed && value != setting->value) {
      return InvalidArgument("parameter \"{}\" cannot be changed; it is {}", key, setting->value);
    }
  }
  std::string text(value);
  if (key == "timezone") {
    RETURN_IF_ERROR(TimeZone::Find(text).status());
    time_zone_ = text;
    functions.time_zone = text;
  } else if (key == "threads") {
    int64_t threads = 0;
    if (!ParseInt64(value, &threads) || threads < 0 || threads > 1024) {
      return InvalidArgument("threads must be a number from 0 to 1024, not \"{}\"", value);
    }
    threads_ = static_cast<int>(threads);
  } else if (key == "keep_results") {
    if (!ParseBool(value, &keeps_results_)) {
      return InvalidArgument("keep_results must be on or off, not \"{}\"", value);
    }
  } else if (key == "memory_limit") {
    ASSIGN_OR_RETURN(memory_limit_bytes_, ParseByteSize(value));
  }
  setting->value = std::move(text);
  return OkStatus();
}

Status Session::Reset(std::string_view name) {
  std::string key = Canonical(name);
  for (const SettingDefault& setting : kSettings) {
    if (key == "all" && !setting.fixed) RETURN_IF_ERROR(Set(setting.name, setting.value));
    if (setting.name == key) return Set(key, setting.value);
  }
  return key == "all" ? OkStatus() : Set(key, "");
}

StatusOr<std::string> Session::Get(std::string_view name) const {
  std::string key = Canonical(name);
  std::vector<std::string> names;
  for (const Setting& setting : settings_) {
    if (setting.name == key) return setting.value;
    names.push_back(setting.name);
  }
  std::string near = Nearest(key, names);
  return InvalidArgument("unrecognized configuration parameter \"{}\"{}", name,
                         near.empty() ? "" : fmt::format("; did you mean {}?", near));
}

StatusOr<int64_t> ParseByteSize(std::string_view text) {
  size_t digits = 0;
  while (digits < text.size() &&
         (std::isdigit(static_cast<unsigned char>(text[digits])) || text[digits] == '.')) {
    ++digits;
  }
  double number = 0;
  std::string unit = absl::AsciiStrToLower(std::string(text.substr(digits)));
  std::erase(unit, ' ');
  static const std::pair<const char*, int> kUnits[] = {
      {"", 0},   {"b", 0},   {"kb", 10},  {"kib", 10}, {"k", 10},  {"mb", 20},  {"mib", 20},
      {"m", 20}, {"gb", 30}, {"gib", 30}, {"g", 30},   {"tb", 40}, {"tib", 40}, {"t", 40}};
  for (auto [name, shift] : kUnits) {
    if (unit != name || !ParseDouble(text.substr(0, digits), &number)) continue;
    double bytes = number * static_cast<double>(int64_t{1} << shift);
    if (bytes <= 9e18) return static_cast<int64_t>(bytes);
  }
  return InvalidArgument("\"{}\" is no size; write a number and a unit, as in 512MB or 4GB", text);
}

std::string Nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::vector<std::string_view> names(candidates.begin(), candidates.end());
  return std::string(NearestName(word, names));
}

}  // namespace shale
