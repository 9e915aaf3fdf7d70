// Dates and timestamps to text and back.
#include <algorithm>
#include <bit>
#include <cstring>

#include "engine/functions/date.h"
#include "engine/functions/value_format.h"
#include "engine/functions/value_io.h"

namespace shale {
namespace {

// ---- out ----

void AppendDigits(int64_t value, int width, std::string* out) {
  char buffer[20];
  int n = 0;
  do {
    buffer[n++] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value > 0);
  while (n < width) buffer[n++] = '0';
  while (n > 0) out->push_back(buffer[--n]);
}

// Without the BC suffix; returns whether it is needed.
bool AppendCivil(const CivilDate& date, std::string* out) {
  bool bc = date.year <= 0;
  AppendDigits(bc ? 1 - int64_t{date.year} : date.year, 4, out);
  char rest[6] = {'-', static_cast<char>('0' + date.month / 10),
                  static_cast<char>('0' + date.month % 10), '-',
                  static_cast<char>('0' + date.day / 10), static_cast<char>('0' + date.day % 10)};
  out->append(rest, 6);
  return bc;
}

bool AppendWallTime(int64_t local, std::string* out) {
  CivilTime civil = CivilFromMicros(local);
  bool bc = AppendCivil(civil.date, out);
  int h = civil.hour(), m = civil.minute(), s = civil.second(), us = civil.micros();
  char time[9] = {' ',
                  static_cast<char>('0' + h / 10),
                  static_cast<char>('0' + h % 10),
                  ':',
                  static_cast<char>('0' + m / 10),
                  static_cast<char>('0' + m % 10),
                  ':',
                  static_cast<char>('0' + s / 10),
                  static_cast<char>('0' + s % 10)};
  out->append(time, 9);
  if (us != 0) {
    out->push_back('.');
    int digits = 6;
    while (us % 10 == 0) {
      us /= 10;
      --digits;
    }
    AppendDigits(us, digits, out);
  }
  return bc;
}

// ---- in: the ISO fast path ----

inline unsigned Digit(char c) { return static_cast<unsigned char>(c) - unsigned{'0'}; }

// Eight characters at once, as little-endian words: which bytes must be digits (0xff) and what the
// others must be.
inline uint64_t Load8(const char* p) {
  uint64_t word;
  std::memcpy(&word, p, 8);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}
constexpr uint64_t kZeros = 0x3030303030303030u;
inline bool HasDigits(uint64_t word, uint64_t where) {
  const uint64_t d = word ^ kZeros;  // 0 to 9 for digits
  return (((d + 0x7676767676767676u) | d) & where & 0x8080808080808080u) == 0;
}
// Byte i becomes digit i × 10 + digit i+1.
inline uint64_t DigitPairs(uint64_t word, uint64_t where) {
  const uint64_t d = (word ^ kZeros) & where;
  return d * 10 + (d >> 8);
}
inline unsigned Byte(uint64_t word, int i) { return static_cast<unsigned>(word >> (8 * i)) & 0xff; }

// "YYYY-MM-" and a day; years 1 to 9999.
inline bool IsoDays(uint64_t date, unsigned day, int64_t* days) {
  constexpr uint64_t kDigits = 0x00ffff00ffffffffu, kDashes = 0x2d00002d00000000u;
  if ((date & ~kDigits) != kDashes || !HasDigits(date, kDigits)) return false;
  const uint64_t pairs = DigitPairs(date, kDigits);
  const unsigned year = Byte(pairs, 0) * 100 + Byte(pairs, 2), month = Byte(pairs, 5);
  if (month - 1 > 11 || day - 1 > 30 || year == 0) return false;
  if (day > 28 && static_cast<int>(day) > DaysInMonth(year, static_cast<int>(month))) return false;
  // Years from March on, so that the leap day is a year's last (positive numbers only).
  const unsigned y = year - (month <= 2);
  const unsigned day_of_year = (153 * (month + (month > 2 ? -3u : 9u)) + 2) / 5 + day - 1;
  *days = int64_t{y * 365 + y / 4 - y / 100 + y / 400 + day_of_year} - 719468;
  return true;
}

// "YYYY-MM-DD" at p.
inline bool IsoDate(const char* p, int64_t* days) {
  const unsigned tens = Digit(p[8]), ones = Digit(p[9]);
  if (tens > 9 || ones > 9) return false;
  return IsoDays(Load8(p), tens * 10 + ones, days);
}

// "YYYY-MM-DD HH:MM:SS" at p, with a blank or T between.
inline bool IsoTimestamp(const char* p, int64_t* micros) {
  constexpr uint64_t kDigits = 0xffff00ffff00ffffu;
  constexpr uint64_t kBlank = 0x00003a0000200000u, kT = 0x00003a0000540000u;
  const uint64_t rest = Load8(p + 8);  // "DD HH:MM"
  const uint64_t between = rest & ~kDigits;
  if ((between != kBlank && between != kT) || !HasDigits(rest, kDigits)) return false;
  const uint64_t pairs = DigitPairs(rest, kDigits);
  const unsigned hour = Byte(pairs, 3), minute = Byte(pairs, 6);
  const unsigned tens = Digit(p[17]), ones = Digit(p[18]);
  if (p[16] != ':' || tens > 5 || ones > 9 || hour > 23 || minute > 59) return false;
  int64_t days;
  if (!IsoDays(Load8(p), Byte(pairs, 0), &days)) return false;
  *micros = days * kMicrosPerDay +
            int64_t{hour * 3600 + minute * 60 + tens * 10 + ones} * kMicrosPerSecond;
  return true;
}

// ---- in: everything else ----

char LowerChar(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsAlpha(char c) { return LowerChar(c) >= 'a' && LowerChar(c) <= 'z'; }

bool EqualsFolded(std::string_view text, std::string_view lower) {
  return text.size() == lower.size() &&
         std::equal(text.begin(), text.end(), lower.begin(),
                    [](char a, char b) { return LowerChar(a) == b; });
}

// 1 to 12, or 0: "jan", "january", any case; three letters at least, "sept" too.
int MonthFromName(std::string_view text) {
  static constexpr std::string_view kMonths[] = {"january",   "february", "march",    "april",
                                                 "may",       "june",     "july",     "august",
                                                 "september", "october",  "november", "december"};
  for (int i = 0; i < 12; ++i) {
    if (EqualsFolded(text, kMonths[i]) || EqualsFolded(text, kMonths[i].substr(0, 3))) return i + 1;
  }
  return EqualsFolded(text, "sept") ? 9 : 0;
}

bool IsDayName(std::string_view text) {
  static constexpr std::string_view kDays[] = {"monday", "tuesday",  "wednesday", "thursday",
                                               "friday", "saturday", "sunday"};
  return std::any_of(std::begin(kDays), std::end(kDays), [&](std::string_view day) {
    return EqualsFolded(text, day) || EqualsFolded(text, day.substr(0, 3));
  });
}

// Reads one text by pieces: a run of digits, a run of letters, or one other character.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}
  bool AtEnd() const { return at_ == text_.size(); }
  char Peek() const { return AtEnd() ? '\0' : text_[at_]; }
  char PeekAfter() const { return at_ + 1 < text_.size() ? text_[at_ + 1] : '\0'; }
  bool Take(char c) {
    if (Peek() != c) return false;
    ++at_;
    return true;
  }
  void SkipBlanks() {
    while (Peek() == ' ' || Peek() == '\t') ++at_;
  }
  std::string_view Digits() {
    size_t begin = at_;
    while (IsDigit(Peek())) ++at_;
    return text_.substr(begin, at_ - begin);
  }
  std::string_view Letters() {
    size_t begin = at_;
    while (IsAlpha(Peek())) ++at_;
    return text_.substr(begin, at_ - begin);
  }
  // "America/New_York", "Etc/GMT+5".
  std::string_view ZoneName() {
    size_t begin = at_;
    while (!AtEnd() && Peek() != ' ') ++at_;
    return text_.substr(begin, at_ - begin);
  }
  size_t position() const { return at_; }
  void Seek(size_t at) { at_ = at; }

 private:
  std::string_view text_;
  size_t at_ = 0;
};

int64_t NumberOf(std::string_view digits) {
  int64_t value = 0;
  for (char c : digits.substr(0, 9)) value = value * 10 + Digit(c);
  return value;
}

struct DateFields {
  int64_t year = 0, month = 0, day = 0;
};

// Two-digit years mean 1970 to 2069.
int64_t FullYear(std::string_view digits) {
  int64_t year = NumberOf(digits);
  if (digits.size() <= 2) year += year < 70 ? 2000 : 1900;
  return year;
}

// DateStyle "ISO, MDY": 2020-01-31, 2020/1/31, 20200131, 1/31/2020, January 31 2020, 31 Jan 2020,
// 31-Jan-2020, 2020-Jan-31; a day's name may come first.
ParseOutcome ScanDate(Scanner& in, DateFields* out) {
  if (IsAlpha(in.Peek())) {
    size_t begin = in.position();
    if (IsDayName(in.Letters())) {
      in.Take(',');
      in.SkipBlanks();
    } else {
      in.Seek(begin);
    }
  }
  auto separator = [&] {
    if (in.Take('-') || in.Take('/') || in.Take('.')) return true;
    size_t begin = in.position();
    in.Take(',');
    in.SkipBlanks();
    return in.position() != begin;
  };
  if (IsAlpha(in.Peek())) {  // January 31, 2020
    out->month = MonthFromName(in.Letters());
    if (out->month == 0) return ParseOutcome::kSyntax;
    in.Take('.');
    separator();
    std::string_view day = in.Digits();
    if (day.empty() || day.size() > 2 || !separator()) return ParseOutcome::kSyntax;
    std::string_view year = in.Digits();
    if (year.empty() || year.size() > 7) return ParseOutcome::kSyntax;
    out->day = NumberOf(day);
    out->year = FullYear(year);
    return ParseOutcome::kOk;
  }
  std::string_view first = in.Digits();
  if (first.empty() || first.size() > 8) return ParseOutcome::kSyntax;
  char sep = in.Peek();
  if (first.size() == 8 && sep != '-' && sep != '/' && sep != '.') {  // 20200131
    out->year = NumberOf(first.substr(0, 4));
    out->month = NumberOf(first.substr(4, 2));
    out->day = NumberOf(first.substr(6, 2));
    return ParseOutcome::kOk;
  }
  bool spaced = sep == ' ';
  if (!separator() && !IsAlpha(in.Peek())) return ParseOutcome::kSyntax;
  if (IsAlpha(in.Peek())) {  // 31 Jan 2020, 2020-Jan-31
    int month = MonthFromName(in.Letters());
    if (month == 0 || !separator()) return ParseOutcome::kSyntax;
    std::string_view last = in.Digits();
    if (last.empty() || last.size() > 7) return ParseOutcome::kSyntax;
    out->month = month;
    if (first.size() > 2) {
      out->year = FullYear(first);
      out->day = NumberOf(last);
    } else {
      out->day = NumberOf(first);
      out->year = FullYear(last);
    }
    return ParseOutcome::kOk;
  }
  if (spaced) return ParseOutcome::kSyntax;
  std::string_view second = in.Digits();
  if (second.empty() || second.size() > 3 || !in.Take(sep)) return ParseOutcome::kSyntax;
  std::string_view third = in.Digits();
  if (third.empty() || third.size() > 7) return ParseOutcome::kSyntax;
  if (first.size() > 2) {
    out->year = FullYear(first);
    out->month = NumberOf(second);
    out->day = NumberOf(third);
    if (third.size() > 2) return ParseOutcome::kSyntax;
  } else {
    out->month = NumberOf(first);
    out->day = NumberOf(second);
    out->year = FullYear(third);
  }
  return ParseOutcome::kOk;
}

// HH:MM[:SS[.fraction]] [AM|PM]
ParseOutcome ScanTime(Scanner& in, int64_t* micros) {
  std::string_view hours = in.Digits();
  int64_t h, m = 0, s = 0, us = 0;
  if (hours.size() == 6 || hours.size() == 4) {  // HHMMSS, HHMM
    h = NumberOf(hours.substr(0, 2));
    m = NumberOf(hours.substr(2, 2));
    if (hours.size() == 6) s = NumberOf(hours.substr(4, 2));
  } else {
    if (hours.empty() || hours.size() > 2 || !in.Take(':')) return ParseOutcome::kSyntax;
    std::string_view minutes = in.Digits();
    if (minutes.empty() || minutes.size() > 2) return ParseOutcome::kSyntax;
    h = NumberOf(hours);
    m = NumberOf(minutes);
    if (in.Take(':')) {
      std::string_view seconds = in.Digits();
      if (seconds.empty() || seconds.size() > 2) return ParseOutcome::kSyntax;
      s = NumberOf(seconds);
    }
  }
  if (in.Peek() == '.' || (in.Peek() == ',' && IsDigit(in.PeekAfter()))) {
    in.Seek(in.position() + 1);
    std::string_view fraction = in.Digits();
    int64_t scale = 100'000;
    for (char c : fraction.substr(0, 6)) {
      us += Digit(c) * scale;
      scale /= 10;
    }
    if (fraction.size() > 6 && fraction[6] >= '5') ++us;
  }
  size_t before = in.position();
  in.SkipBlanks();
  std::string_view half = in.Letters();
  if (EqualsFolded(half, "am") || EqualsFolded(half, "pm")) {
    if (h < 1 || h > 12) return ParseOutcome::kOutOfRange;
    h = h % 12 + (LowerChar(half[0]) == 'p' ? 12 : 0);
  } else {
    in.Seek(before);
  }
  if (h > 24 || m > 59 || s > 60 || (h == 24 && (m != 0 || s != 0 || us != 0))) {
    return ParseOutcome::kOutOfRange;
  }
  *micros = h * kMicrosPerHour + m * kMicrosPerMinute + s * kMicrosPerSecond + us;
  return ParseOutcome::kOk;
}

// ±HH, ±HH:MM[:SS], ±HHMM after the sign.
ParseOutcome ScanOffset(Scanner& in, int64_t* offset) {
  bool negative = in.Peek() == '-';
  in.Seek(in.position() + 1);
  std::string_view hours = in.Digits();
  int64_t h, m = 0, s = 0;
  if (hours.size() == 4) {
    h = NumberOf(hours.substr(0, 2));
    m = NumberOf(hours.substr(2, 2));
  } else {
    if (hours.empty() || hours.size() > 2) return ParseOutcome::kSyntax;
    h = NumberOf(hours);
    if (in.Take(':')) {
      m = NumberOf(in.Digits());
      if (in.Take(':')) s = NumberOf(in.Digits());
    }
  }
  if (h > 15 || m > 59 || s > 59) return ParseOutcome::kOutOfRange;
  *offset = h * kMicrosPerHour + m * kMicrosPerMinute + s * kMicrosPerSecond;
  if (negative) *offset = -*offset;
  return ParseOutcome::kOk;
}

bool TakeBc(Scanner& in, DateFields* date) {
  size_t before = in.position();
  in.SkipBlanks();
  std::string_view era = in.Letters();
  if (EqualsFolded(era, "bc")) {
    if (date->year < 1) return false;
    date->year = 1 - date->year;
    return true;
  }
  if (!EqualsFolded(era, "ad")) in.Seek(before);
  return date->year != 0;
}

ParseOutcome DaysOf(const DateFields& date, int64_t* days) {
  if (date.month < 1 || date.month > 12 || date.day < 1 ||
      date.day > DaysInMonth(date.year, static_cast<int>(date.month))) {
    return ParseOutcome::kOutOfRange;
  }
  *days = DaysFromCivil(date.year, static_cast<int>(date.month), date.day);
  return *days < kMinDate || *days > kMaxDate ? ParseOutcome::kOutOfRange : ParseOutcome::kOk;
}

ParseOutcome ScanTimestamp(std::string_view text, bool date_only, int64_t* days_out,
                           int64_t* micros, bool* has_offset) {
  Scanner in(text);
  DateFields date;
  if (ParseOutcome outcome = ScanDate(in, &date); outcome != ParseOutcome::kOk) return outcome;
  bool bc_seen = false;
  size_t before_era = in.position();
  if (!TakeBc(in, &date)) return ParseOutcome::kOutOfRange;
  bc_seen = date.year <= 0 || in.position() != before_era;

  int64_t time = 0, offset = 0;
  *has_offset = false;
  if (!date_only && !in.AtEnd()) {
    bool separated = in.Take('T') || in.Take('t') || in.Take(':');
    if (!separated) {
      size_t begin = in.position();
      in.SkipBlanks();
      separated = in.position() != begin;
    }
    if (!separated) return ParseOutcome::kSyntax;
    if (IsDigit(in.Peek())) {
      if (ParseOutcome outcome = ScanTime(in, &time); outcome != ParseOutcome::kOk) return outcome;
    }
    in.SkipBlanks();
    if (in.Peek() == '+' || in.Peek() == '-') {
      if (ParseOutcome o = ScanOffset(in, &offset); o != ParseOutcome::kOk) return o;
      *has_offset = true;
    } else if (IsAlpha(in.Peek())) {
      size_t begin = in.position();
      std::string_view word = in.ZoneName();
      if (EqualsFolded(word, "z") || EqualsFolded(word, "utc") || EqualsFolded(word, "gmt")) {
        *has_offset = true;
      } else if (EqualsFolded(word, "bc") || EqualsFolded(word, "ad")) {
        in.Seek(begin);
      } else {
        StatusOr<const TimeZone*> zone = TimeZone::FindWithAbbreviations(word);
        if (!zone.ok()) return ParseOutcome::kSyntax;
        int64_t days;
        if (ParseOutcome o = DaysOf(date, &days); o != ParseOutcome::kOk) return o;
        offset = (*zone)->LocalSpanAt(days * kMicrosPerDay + time).offset;
        *has_offset = true;
      }
    }
    if (!bc_seen && !TakeBc(in, &date)) return ParseOutcome::kOutOfRange;
  }
  if (!in.AtEnd()) return ParseOutcome::kSyntax;
  int64_t days;
  if (ParseOutcome o = DaysOf(date, &days); o != ParseOutcome::kOk) return o;
  *days_out = days;
  if (date_only) return ParseOutcome::kOk;
  int128_t total = int128_t{days} * kMicrosPerDay + time - offset;
  if (total < kMinTimestamp || total > kMaxTimestamp) return ParseOutcome::kOutOfRange;
  *micros = static_cast<int64_t>(total);
  return ParseOutcome::kOk;
}

// 'infinity', '-infinity', 'epoch': 1, -1, 2; else 0.
int SpecialTime(std::string_view text) {
  if (EqualsFolded(text, "infinity") || EqualsFolded(text, "+infinity")) return 1;
  if (EqualsFolded(text, "-infinity")) return -1;
  return EqualsFolded(text, "epoch") ? 2 : 0;
}

}  // namespace

// ---- out ----

void AppendDate(int32_t days, std::string* out) {
  if (!IsFiniteDate(days)) {
    *out += days == kDateInfinity ? "infinity" : "-infinity";
    return;
  }
  if (AppendCivil(CivilFromDays(days), out)) *out += " BC";
}

void AppendTimestamp(int64_t micros, std::string* out) {
  if (!IsFiniteTimestamp(micros)) {
    *out += micros == kTimestampInfinity ? "infinity" : "-infinity";
    return;
  }
  if (AppendWallTime(micros, out)) *out += " BC";
}

void AppendTimestampTz(int64_t utc, int64_t offset_us, std::string* out) {
  if (!IsFiniteTimestamp(utc)) return AppendTimestamp(utc, out);
  bool bc = AppendWallTime(utc + offset_us, out);
  out->push_back(offset_us < 0 ? '-' : '+');
  int64_t seconds = (offset_us < 0 ? -offset_us : offset_us) / kMicrosPerSecond;
  AppendDigits(seconds / 3600, 2, out);
  if (seconds % 3600 != 0) {
    out->push_back(':');
    AppendDigits(seconds / 60 % 60, 2, out);
    if (seconds % 60 != 0) {
      out->push_back(':');
      AppendDigits(seconds % 60, 2, out);
    }
  }
  if (bc) *out += " BC";
}

// ---- in ----

ParseOutcome ParseDateOutcome(std::string_view text, int32_t* days) {
  int64_t d;
  if (text.size() == 10 && IsoDate(text.data(), &d)) [[likely]] {
    *days = static_cast<int32_t>(d);
    return ParseOutcome::kOk;
  }
  if (int special = SpecialTime(text); special != 0) {
    *days = special == 1 ? kDateInfinity : special == -1 ? kDateMinusInfinity : 0;
    return ParseOutcome::kOk;
  }
  bool has_offset;
  ParseOutcome outcome = ScanTimestamp(text, true, &d, nullptr, &has_offset);
  if (outcome == ParseOutcome::kOk) *days = static_cast<int32_t>(d);
  return outcome;
}

ParseOutcome ParseTimestampOutcome(std::string_view text, int64_t* micros, bool* has_offset) {
  // YYYY-MM-DD HH:MM:SS[.fraction][Z|+00|+00:00]
  if (text.size() >= 19 && IsoTimestamp(text.data(), micros)) [[likely]] {
    const char* p = text.data() + 19;
    const char* const end = text.data() + text.size();
    *has_offset = false;
    if (p == end) return ParseOutcome::kOk;
    bool plain = true;
    if (*p == '.') {
      const char* const begin = ++p;
      int64_t fraction = 0;
      for (; p < end && Digit(*p) <= 9 && p - begin < 7; ++p) fraction = fraction * 10 + Digit(*p);
      static constexpr int64_t kScale[] = {0, 100'000, 10'000, 1'000, 100, 10, 1, 0};
      plain = p - begin >= 1 && p - begin <= 6;
      *micros += fraction * kScale[p - begin];
    }
    const auto left = end - p;
    if (plain && left == 0) return ParseOutcome::kOk;
    if (plain && ((left == 1 && *p == 'Z') || (left == 3 && std::memcmp(p, "+00", 3) == 0) ||
                  (left == 6 && std::memcmp(p, "+00:00", 6) == 0))) {
      *has_offset = true;
      return ParseOutcome::kOk;
    }
  }
  *has_offset = false;
  if (int special = SpecialTime(text); special != 0) {
    *micros = special == 1 ? kTimestampInfinity : special == -1 ? kTimestampMinusInfinity : 0;
    *has_offset = true;  // the same instant in every zone
    return ParseOutcome::kOk;
  }
  int64_t days;
  return ScanTimestamp(text, false, &days, micros, has_offset);
}

bool ParseDate(std::string_view text, int32_t* days) {
  return ParseDateOutcome(text, days) == ParseOutcome::kOk;
}

bool ParseTimestamp(std::string_view text, int64_t* micros, bool* has_offset) {
  return ParseTimestampOutcome(text, micros, has_offset) == ParseOutcome::kOk;
}

}  // namespace shale
