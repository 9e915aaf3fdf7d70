// Dates and timestamps to text and back; what is not in ISO form goes through datetime_text.cc.
#include <algorithm>
#include <bit>
#include <cstring>

#include "engine/functions/date.h"
#include "engine/functions/datetime_text.h"
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
  char rest[6] = {
      '-', static_cast<char>('0' + date.month / 10), static_cast<char>('0' + date.month % 10),
      '-', static_cast<char>('0' + date.day / 10),   static_cast<char>('0' + date.day % 10)};
  out->append(rest, 6);
  return bc;
}

bool AppendWallTime(int64_t local, std::string* out) {
  CivilTime civil = CivilFromMicros(local);
  bool bc = AppendCivil(civil.date, out);
  int h = civil.hour(), m = civil.minute(), s = civil.second(), us = civil.micros();
  char time[9] = {' ', static_cast<char>('0' + h / 10), static_cast<char>('0' + h % 10),
                  ':', static_cast<char>('0' + m / 10), static_cast<char>('0' + m % 10),
                  ':', static_cast<char>('0' + s / 10), static_cast<char>('0' + s % 10)};
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
  DateTimeText read;
  const ParseOutcome outcome = ReadDateTime(text, &read);
  if (outcome != ParseOutcome::kOk) return outcome;
  switch (read.special) {
    case DateTimeText::Special::kInfinity: *days = kDateInfinity; break;
    case DateTimeText::Special::kMinusInfinity: *days = kDateMinusInfinity; break;
    case DateTimeText::Special::kEpoch:
    case DateTimeText::Special::kNone: *days = static_cast<int32_t>(read.days); break;
  }
  return ParseOutcome::kOk;
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
  DateTimeText read;
  const ParseOutcome outcome = ReadDateTime(text, &read);
  if (outcome != ParseOutcome::kOk) return outcome;
  *has_offset = read.has_offset;
  switch (read.special) {  // the same instants in every zone
    case DateTimeText::Special::kInfinity: *micros = kTimestampInfinity; return ParseOutcome::kOk;
    case DateTimeText::Special::kMinusInfinity:
      *micros = kTimestampMinusInfinity;
      return ParseOutcome::kOk;
    case DateTimeText::Special::kEpoch: *micros = 0; return ParseOutcome::kOk;
    case DateTimeText::Special::kNone: break;
  }
  const int128_t total = int128_t{read.days} * kMicrosPerDay + read.micros - read.offset_us;
  if (total < kMinTimestamp || total > kMaxTimestamp) return ParseOutcome::kOutOfRange;
  *micros = static_cast<int64_t>(total);
  return ParseOutcome::kOk;
}

bool ParseDate(std::string_view text, int32_t* days) {
  return ParseDateOutcome(text, days) == ParseOutcome::kOk;
}

bool ParseTimestamp(std::string_view text, int64_t* micros, bool* has_offset) {
  return ParseTimestampOutcome(text, micros, has_offset) == ParseOutcome::kOk;
}

}  // namespace shale
