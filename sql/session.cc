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
    {"max_temp_size", "0",
     "Bytes one query may write to temporary files, as in 10GB; 0 takes the database's limit.",
     false},
    {"temp_directory", "", "Where queries put rows that memory has no room for (--temp-directory).",
     true},
    {"keep_results", "on",
     "What expressions come to over a segment's dictionary is kept for later queries.", false},
    {"statement_timeout", "0",
     "Time one statement may take over the wire: milliseconds, or with a unit as in 30s; 0 is no "
     "limit.",
     false},
    {"idle_in_transaction_session_timeout", "0",
     "Time a session may stand idle inside a transaction before it is ended; 0 is no limit.",
     false},
    {"idle_session_timeout", "0",
     "Time a session may stand idle outside a transaction before it is ended; 0 is no limit.",
     false},
    {"lock_timeout", "0", "Taken for clients that set it: no statement waits for a lock.", false},
    {"skip_quarantined", "off",
     "Answers without segments that CHECK TABLE found damaged, rather than refusing.", false},
    {"application_name", "", "Name of the client program.", false},
    {"search_path", "\"$user\", public", "Schemas that names are looked up in.", false},
    {"extra_float_digits", "1", "Floats print with the fewest digits that read back the same.",
     false},
    {"client_min_messages", "notice", "Least severity of messages sent to the client.", false},
    {"bytea_output", "hex", "How BYTEA prints.", false},
    {"client_encoding", "UTF8", "Encoding of text.", false},
    {"datestyle", "ISO, MDY", "How dates print.", false},
    {"intervalstyle", "postgres", "How intervals print.", false},
    {"standard_conforming_strings", "on", "Backslashes are plain in '…' strings.", false},
    {"default_transaction_isolation", "repeatable read",
     "Taken for clients that set it: a transaction reads one snapshot.", false},
    {"default_transaction_read_only", "off", "Statements that write are refused.", false},
    {"transaction_isolation", "repeatable read",
     "Taken for clients that set it: a transaction reads one snapshot.", false},
    {"transaction_read_only", "off", "Statements that write are refused.", false},
    {"transaction_deferrable", "off", "Taken for clients that set it.", false},
    {"synchronous_commit", "on", "Acknowledged means durable.", false},
    {"row_security", "on", "Taken for clients that set it.", false},
    {"default_tablespace", "", "Taken for clients that set it.", false},
    {"default_table_access_method", "columns", "Taken for clients that set it.", false},
    {"check_function_bodies", "on", "Taken for clients that set it.", false},
    {"xmloption", "content", "Taken for clients that set it.", false},
    {"jit", "off", "Taken for clients that set it.", false},
    {"max_parallel_workers_per_gather", "2", "Taken for clients that set it: see threads.", false},
    {"enable_seqscan", "on", "Taken for clients that set it.", false},
    {"work_mem", "4MB", "Taken for clients that set it: see memory_limit.", false},
    {"geqo", "on", "Taken for clients that set it.", false},
    {"quote_all_identifiers", "off", "Taken for clients that set it.", false},
    {"plan_cache_mode", "auto", "Taken for clients that set it.", false},
    {"server_encoding", "UTF8", "Encoding of stored text.", true},
    {"integer_datetimes", "on", "Timestamps are 64-bit integers.", true},
    {"server_version", "15.0 (Shale " SHALE_VERSION ")", "Version of the dialect and of Shale.",
     true},
    {"server_version_num", "150000", "Version of the dialect as a number.", true},
    {"max_identifier_length", "63", "Bytes of a name that clients may rely on.", true},
    {"max_index_keys", "32", "Columns of an index; there are no indexes.", true},
    {"block_size", "8192", "Taken for clients that ask.", true},
    {"lc_collate", "C", "Text compares bytewise.", true},
    {"lc_ctype", "C", "Case follows Unicode.", true},
    {"is_superuser", "on", "Whether this role may do everything.", true},
    {"session_authorization", "shale", "The role that logged in.", true},
    {"in_hot_standby", "off", "No server is a standby.", true},
    {"default_with_oids", "off", "There are none.", true},
    {"ssl", "off", "Whether the server takes TLS.", true},
};

// A size or time that a client gives, in milliseconds; -1: no such.
int64_t ParseMillis(std::string_view text) {
  static constexpr std::pair<std::string_view, double> kUnits[] = {
      {"", 1},        {"us", 0.001},  {"ms", 1},      {"s", 1000},
      {"min", 60000}, {"h", 3600000}, {"d", 86400000}};
  size_t digits = 0;
  while (digits < text.size() &&
         (std::isdigit(static_cast<unsigned char>(text[digits])) || text[digits] == '.')) {
    ++digits;
  }
  std::string unit(text.substr(digits));
  std::erase(unit, ' ');
  double number = 0;
  if (!ParseDouble(text.substr(0, digits), &number)) return -1;
  for (auto [name, factor] : kUnits) {
    if (unit == name && number * factor <= 2147483647.0) {
      return static_cast<int64_t>(number * factor);
    }
  }
  return -1;
}

// SET of these takes the one value that is always so, whatever its case and blanks.
bool IsSame(std::string_view key, std::string_view wanted) {
  std::string value = absl::AsciiStrToLower(std::string(wanted));
  std::erase(value, ' ');
  if (key == "client_encoding") return value == "utf8" || value == "utf-8" || value == "unicode";
  if (key == "datestyle") {
    return value == "iso" || value == "iso,mdy" || value == "iso,dmy" || value == "iso,ymd" ||
           value == "mdy";
  }
  if (key == "intervalstyle") return value == "postgres";
  if (key == "standard_conforming_strings") return value == "on" || value == "true" || value == "1";
  if (key == "bytea_output") return value == "hex";
  return true;
}

std::string Canonical(std::string_view name) {
  std::string lower = absl::AsciiStrToLower(std::string(name));
  return lower == "time zone" || lower == "time_zone" ? "timezone" : lower;
}

}  // namespace

Session::Session() {
  for (const SettingDefault& setting : kSettings) {
    settings_.push_back({setting.name, setting.value, setting.description, setting.fixed});
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
  if (!setting && key.find('.') != std::string::npos) {
    // A client's own: "myapp.user".
    settings_.push_back({key, "", "Set by the client.", false});
    setting = &settings_.back();
  }
  if (!setting) {
    std::vector<std::string> names;
    for (const Setting& known : settings_) names.push_back(known.name);
    std::string near = Nearest(key, names);
    return InvalidArgument("unrecognized configuration parameter \"{}\"{}; SHOW ALL lists them",
                           name, near.empty() ? "" : fmt::format("; did you mean {}?", near));
  }
  if (setting->fixed && value != setting->value) {
    return InvalidArgument("parameter \"{}\" cannot be changed; it is {}", key, setting->value);
  }
  std::string text(value);
  if (!IsSame(key, value)) {
    return InvalidArgument("invalid value for parameter \"{}\": \"{}\"; it is always {}", key,
                           value, setting->value);
  }
  const bool is_style = key == "client_encoding" || key == "datestyle" || key == "intervalstyle" ||
                        key == "standard_conforming_strings" || key == "bytea_output";
  if (is_style) return OkStatus();
  if (key.ends_with("_timeout")) {
    const int64_t millis = ParseMillis(value);
    if (millis < 0) {
      return InvalidArgument(
          "invalid value for parameter \"{}\": \"{}\"; write milliseconds or a "
          "unit, as in 30s",
          key, value);
    }
    text = std::to_string(millis);
  }
  if (key.ends_with("transaction_isolation")) {
    // Also what SET TRANSACTION says: "isolation level read committed read only".
    std::string lower = absl::AsciiStrToLower(text);
    for (std::string_view mode : {"read only", "read write"}) {
      if (lower.find(mode) == std::string::npos) continue;
      RETURN_IF_ERROR(Set("transaction_read_only", mode == "read only" ? "on" : "off"));
      setting = Find(key);
    }
    text.clear();
    for (std::string_view level :
         {"serializable", "repeatable read", "read committed", "read uncommitted"}) {
      if (lower.find(level) != std::string::npos) text = level;
    }
    if (text.empty() && lower.find("read ") == std::string::npos &&
        lower.find("deferrable") == std::string::npos) {
      return InvalidArgument("invalid value for parameter \"{}\": \"{}\"", key, value);
    }
    if (text.empty()) text = setting->value;
  }
  if (key.ends_with("transaction_read_only")) {
    bool on = false;
    if (!ParseBool(value, &on)) {
      return InvalidArgument("parameter \"{}\" requires a Boolean value", key);
    }
    text = on ? "on" : "off";
  }
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
  } else if (key == "skip_quarantined") {
    if (!ParseBool(value, &skips_quarantined_)) {
      return InvalidArgument("skip_quarantined must be on or off, not \"{}\"", value);
    }
  } else if (key == "memory_limit") {
    ASSIGN_OR_RETURN(memory_limit_bytes_, ParseByteSize(value));
  } else if (key == "max_temp_size") {
    ASSIGN_OR_RETURN(max_temp_bytes_, ParseByteSize(value));
  }
  // `setting` may have moved: nothing above adds one, but a Set from within might.
  Find(key)->value = std::move(text);
  ++version_;
  return OkStatus();
}

Status Session::Reset(std::string_view name) {
  std::string key = Canonical(name);
  auto initial = [&](const SettingDefault& setting) {
    auto found = defaults_.find(setting.name);
    return found != defaults_.end() ? std::string_view(found->second) : setting.value;
  };
  for (const SettingDefault& setting : kSettings) {
    if (key == "all" && !setting.fixed) RETURN_IF_ERROR(Set(setting.name, initial(setting)));
    if (setting.name == key) return Set(key, initial(setting));
  }
  return key == "all" ? OkStatus() : Set(key, "");
}

Status Session::SetDefault(std::string_view name, std::string_view value) {
  std::string key = Canonical(name);
  Setting* setting = Find(key);
  if (setting && setting->fixed) {
    setting->value = std::string(value);
    return OkStatus();
  }
  RETURN_IF_ERROR(Set(key, value));
  defaults_[key] = std::string(value);
  return OkStatus();
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
