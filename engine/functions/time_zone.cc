// TimeZone of date.h: zone rules read once through Abseil and laid out as sorted spans.
#include <algorithm>
#include <cctype>
#include <memory>

#include "absl/container/flat_hash_map.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "engine/base/sync.h"
#include "engine/functions/date.h"

namespace shale {
namespace {

// The calendar and every zone's rules repeat after 400 years, which Abseil lays out once: later
// times are looked up that many cycles earlier.
constexpr int64_t kCycleMicros = 146097 * kMicrosPerDay;
// A zone that still changes its clocks after this year does so for ever.
constexpr int kForeverYear = 2300;
// Spellings remembered; further ones are worked out each time.
constexpr size_t kMaxSpellings = 4096;

struct Abbreviation {
  std::string_view name;
  int minutes;
};

// PostgreSQL's default set, the part in wide use. Fixed offsets, whatever the season.
constexpr Abbreviation kAbbreviations[] = {
    {"acdt", 630},  {"acst", 570}, {"adt", -180}, {"aedt", 660}, {"aest", 600}, {"akdt", -480},
    {"akst", -540}, {"art", -180}, {"ast", -240}, {"awst", 480}, {"brt", -180}, {"bst", 60},
    {"cdt", -300},  {"cest", 120}, {"cet", 60},   {"clt", -180}, {"cst", -360}, {"edt", -240},
    {"eest", 180},  {"eet", 120},  {"est", -300}, {"gmt", 0},    {"hkt", 480},  {"hst", -600},
    {"ict", 420},   {"ist", 120},  {"jst", 540},  {"kst", 540},  {"mdt", -360}, {"mest", 120},
    {"met", 60},    {"msk", 180},  {"mst", -420}, {"ndt", -150}, {"nst", -210}, {"nzdt", 780},
    {"nzst", 720},  {"pdt", -420}, {"pkt", 300},  {"pst", -480}, {"sast", 120}, {"sgt", 480},
    {"ut", 0},      {"utc", 0},    {"wet", 0},    {"z", 0},      {"zulu", 0},
};

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

// "america/new_york" as the zone database spells it: America/New_York.
std::string TitleCase(std::string_view lower) {
  std::string title(lower);
  bool start = true;
  for (size_t i = 0; i < title.size(); ++i) {
    const std::string_view rest = lower.substr(i);
    // Small words inside names: Port_of_Spain, Isle_of_Man, Dar_es_Salaam, Port-au-Prince.
    const bool small =
        i > 0 && (rest.starts_with("of_") || rest.starts_with("es_") || rest.starts_with("au-"));
    if (start && !small) title[i] = static_cast<char>(std::toupper(title[i]));
    start = title[i] == '/' || title[i] == '_' || title[i] == '-';
  }
  return title;
}

// POSIX: an optional name, then hours[:minutes[:seconds]] WEST of Greenwich.
bool ParsePosixOffset(std::string_view text, int64_t* micros) {
  size_t at = 0;
  if (text.starts_with('<')) {
    at = text.find('>');
    if (at == std::string_view::npos) return false;
    ++at;
  } else {
    while (at < text.size() && std::isalpha(static_cast<unsigned char>(text[at]))) ++at;
    if (at > 0 && at < 3) return false;
  }
  const bool named = at > 0;
  int64_t sign = -1;
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) {
    if (text[at] == '-') sign = 1;
    ++at;
  } else if (!named) {
    return false;
  }
  int64_t parts[3] = {0, 0, 0};
  for (int part = 0; part < 3; ++part) {
    const size_t begin = at;
    while (at < text.size() && at - begin < 2 && text[at] >= '0' && text[at] <= '9') {
      parts[part] = parts[part] * 10 + (text[at++] - '0');
    }
    if (at == begin) return false;
    if (at == text.size()) break;
    if (text[at] != ':' || part == 2) return false;
    ++at;
  }
  if (at != text.size() || parts[0] > 24 || parts[1] > 59 || parts[2] > 59) return false;
  *micros = sign * (parts[0] * 3600 + parts[1] * 60 + parts[2]) * kMicrosPerSecond;
  return true;
}

std::string OffsetName(int64_t micros) {
  const int64_t seconds = std::abs(micros) / kMicrosPerSecond;
  std::string name = fmt::format("{}{:02}", micros < 0 ? '-' : '+', seconds / 3600);
  if (seconds % 3600 != 0) name += fmt::format(":{:02}", seconds / 60 % 60);
  if (seconds % 60 != 0) name += fmt::format(":{:02}", seconds % 60);
  return name;
}

// Everything loaded so far; zones are never freed.
struct ZoneCache {
  Mutex mutex;
  // By spelling; those of AT TIME ZONE have an '@' in front.
  absl::flat_hash_map<std::string, const TimeZone*> by_spelling SHALE_GUARDED_BY(mutex);
  absl::flat_hash_map<std::string, std::unique_ptr<const TimeZone>> by_name SHALE_GUARDED_BY(mutex);
  absl::flat_hash_map<int64_t, const TimeZone*> by_offset SHALE_GUARDED_BY(mutex);
};

ZoneCache& Cache() {
  static ZoneCache* const cache = new ZoneCache;  // NOLINT: lives as long as the process
  return *cache;
}

}  // namespace

const TimeZone& TimeZone::Fixed(int64_t offset_micros) {
  ZoneCache& cache = Cache();
  MutexLock lock(&cache.mutex);
  const TimeZone*& slot = cache.by_offset[offset_micros];
  if (slot == nullptr) {
    auto* zone = new TimeZone;  // NOLINT: never freed
    zone->name_ = offset_micros == 0 ? "UTC" : OffsetName(offset_micros);
    zone->starts_ = {std::numeric_limits<int64_t>::min()};
    zone->local_starts_ = zone->starts_;
    zone->offsets_ = {offset_micros};
    zone->abbreviations_ = {zone->name_};
    slot = zone;
  }
  return *slot;
}

const TimeZone& TimeZone::Utc() {
  static const TimeZone& utc = Fixed(0);
  return utc;
}

const TimeZone* TimeZone::Load(const std::string& name) {
  ZoneCache& cache = Cache();
  {
    MutexLock lock(&cache.mutex);
    auto found = cache.by_name.find(name);
    if (found != cache.by_name.end()) return found->second.get();
  }
  absl::TimeZone rules;
  if (!absl::LoadTimeZone(name, &rules)) return nullptr;
  std::unique_ptr<TimeZone> zone(new TimeZone);
  zone->name_ = name;
  const auto add_span = [&](int64_t start, absl::Time inside) {
    const absl::TimeZone::CivilInfo info = rules.At(inside);
    const int64_t offset = int64_t{info.offset} * kMicrosPerSecond;
    const bool first = zone->starts_.empty();
    zone->starts_.push_back(start);
    zone->local_starts_.push_back(first ? start : start + offset);
    zone->offsets_.push_back(offset);
    std::string abbreviation = info.zone_abbr;
    if (abbreviation.empty()) abbreviation = OffsetName(offset);
    zone->abbreviations_.push_back(std::move(abbreviation));
  };
  absl::Time at = absl::InfinitePast();
  // Of the infinite past Abseil says UTC; any instant before clocks were set has the local mean
  // time.
  add_span(std::numeric_limits<int64_t>::min(), absl::FromUnixMicros(kMinTimestamp));
  absl::TimeZone::CivilTransition transition;
  while (rules.NextTransition(at, &transition)) {
    const absl::TimeZone::TimeInfo info = rules.At(transition.to);
    const absl::Time instant =
        info.kind == absl::TimeZone::TimeInfo::UNIQUE ? info.pre : info.trans;
    const int64_t micros = absl::ToUnixMicros(instant);
    if (instant <= at) break;
    add_span(micros, instant);
    at = instant;
  }
  const int last_year = CivilFromMicros(zone->starts_.back()).date.year;
  if (zone->starts_.size() > 1 && last_year > kForeverYear) {
    zone->table_end_ = DaysFromCivil(last_year, 1, 1) * kMicrosPerDay;
  }
  MutexLock lock(&cache.mutex);
  auto& slot = cache.by_name[name];
  if (slot == nullptr) slot = std::move(zone);
  return slot.get();
}

const TimeZone* TimeZone::Intern(std::string_view name, bool abbreviations) {
  std::string key = abbreviations ? "@" : "";
  key += name;
  ZoneCache& cache = Cache();
  {
    MutexLock lock(&cache.mutex);
    auto found = cache.by_spelling.find(key);
    if (found != cache.by_spelling.end()) return found->second;
  }
  const TimeZone* zone = nullptr;
  const std::string lower = Lower(name);
  // Names become paths of the zone database: nothing that could lead out of it.
  const bool safe = !name.empty() && name.size() < 64 && name.find('.') == std::string_view::npos &&
                    name[0] != '/' && name[0] != ':' && !lower.starts_with("fixed/") &&
                    std::all_of(
                        name.begin(), name.end(),
                        [](char c) {
                          return std::isalnum(static_cast<unsigned char>(c)) || c == '/' ||
                                 c == '_' || c == '-' || c == '+';
                        });
  if (abbreviations || lower == "z") {
    for (const Abbreviation& abbreviation : kAbbreviations) {
      if (abbreviation.name == lower) zone = &Fixed(abbreviation.minutes * kMicrosPerMinute);
    }
  }
  if (zone == nullptr && (lower == "utc" || lower == "gmt")) zone = &Utc();
  if (zone == nullptr && safe && std::isalpha(static_cast<unsigned char>(name[0]))) {
    std::string upper(name);
    for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    for (const std::string& spelling : {std::string(name), TitleCase(lower), upper}) {
      zone = Load(spelling);
      if (zone != nullptr) break;
    }
  }
  int64_t offset = 0;
  if (zone == nullptr && ParsePosixOffset(name, &offset)) zone = &Fixed(offset);
  if (zone == nullptr) return nullptr;
  MutexLock lock(&cache.mutex);
  if (cache.by_spelling.size() < kMaxSpellings) cache.by_spelling[key] = zone;
  return zone;
}

StatusOr<const TimeZone*> TimeZone::Find(std::string_view name) {
  if (const TimeZone* zone = Intern(name, false)) return zone;
  return InvalidArgument("time zone \"{}\" not recognized: use a name such as 'Europe/Berlin'",
                         name);
}

StatusOr<const TimeZone*> TimeZone::FindWithAbbreviations(std::string_view name) {
  if (const TimeZone* zone = Intern(name, true)) return zone;
  return InvalidArgument("time zone \"{}\" not recognized: use a name such as 'Europe/Berlin'",
                         name);
}

int64_t TimeZone::CycleShift(int64_t at) const {
  return at < table_end_ ? 0 : ((at - table_end_) / kCycleMicros + 1) * kCycleMicros;
}

TimeZone::Span TimeZone::FindSpan(const std::vector<int64_t>& starts, int64_t at) const {
  const int64_t shift = CycleShift(at);
  const auto next = std::upper_bound(starts.begin(), starts.end(), at - shift);
  const size_t index = static_cast<size_t>(next - starts.begin()) - 1;
  Span span;
  span.begin = starts[index];
  span.end = next == starts.end() ? table_end_ : std::min(*next, table_end_);
  span.offset = offsets_[index];
  if (shift != 0) {
    span.begin = std::max(span.begin, table_end_ - kCycleMicros) + shift;
    if (__builtin_add_overflow(span.end, shift, &span.end)) {
      span.end = std::numeric_limits<int64_t>::max();
    }
  }
  return span;
}

TimeZone::Span TimeZone::SpanAt(int64_t utc) const { return FindSpan(starts_, utc); }

TimeZone::Span TimeZone::LocalSpanAt(int64_t local) const { return FindSpan(local_starts_, local); }

std::string TimeZone::AbbreviationAt(int64_t utc) const {
  const auto next = std::upper_bound(starts_.begin(), starts_.end(), utc - CycleShift(utc));
  return abbreviations_[static_cast<size_t>(next - starts_.begin()) - 1];
}

}  // namespace shale
