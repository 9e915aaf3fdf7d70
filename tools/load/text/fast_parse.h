// The common forms of numbers, dates and times, read without a detour. Everything here accepts
// only what engine/functions/value_io.h reads with the same result; what it refuses may still be a
// value there.
#pragma once

#include <charconv>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "engine/functions/date.h"

namespace shale {
namespace fast_parse {

// Eight ASCII digits at once (Lemire, "Quickly parsing eight digits", 2018). Little-endian.
inline uint64_t Load8(const char* p) {
  uint64_t value;
  std::memcpy(&value, p, 8);
  return value;
}
inline bool AreEightDigits(uint64_t v) {
  return ((v & 0xf0f0f0f0f0f0f0f0u) | (((v + 0x0606060606060606u) & 0xf0f0f0f0f0f0f0f0u) >> 4)) ==
         0x3333333333333333u;
}
inline uint64_t EightDigits(uint64_t v) {
  v -= 0x3030303030303030u;
  v = v * 10 + (v >> 8);
  return (((v & 0x000000ff000000ffu) * 0x000f424000000064u) +
          (((v >> 16) & 0x000000ff000000ffu) * 0x0000271000000001u)) >>
         32;
}

// Digits only, 1 to 18 of them.
inline bool Digits18(const char* p, size_t size, uint64_t* out) {
  if (size == 0 || size > 18) return false;
  uint64_t value = 0;
  while (size >= 8) {
    const uint64_t eight = Load8(p);
    if (!AreEightDigits(eight)) return false;
    value = value * 100000000 + EightDigits(eight);
    p += 8;
    size -= 8;
  }
  for (size_t i = 0; i < size; ++i) {
    const unsigned digit = static_cast<unsigned char>(p[i]) - '0';
    if (digit > 9) return false;
    value = value * 10 + digit;
  }
  *out = value;
  return true;
}

// [-]digits within BIGINT.
inline bool Int64(std::string_view text, int64_t* out) {
  const char* p = text.data();
  size_t size = text.size();
  const bool negative = size > 0 && *p == '-';
  p += negative;
  size -= negative;
  uint64_t value = 0;
  if (Digits18(p, size, &value)) [[likely]] {
    *out = negative ? -static_cast<int64_t>(value) : static_cast<int64_t>(value);
    return true;
  }
  if (size < 19) return false;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), *out);
  return result.ec == std::errc() && result.ptr == text.data() + text.size();
}

// Decimal notation, with an exponent or not; no words, no hexadecimal.
inline bool Double(std::string_view text, double* out) {
  static constexpr double kPowers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                       1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                       1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  const char* p = text.data();
  const char* const end = p + text.size();
  const bool negative = p != end && *p == '-';
  p += negative;
  uint64_t mantissa = 0;
  int digits = 0;
  int fraction = 0;
  for (; p != end && static_cast<unsigned char>(*p - '0') <= 9; ++p, ++digits) {
    mantissa = mantissa * 10 + static_cast<uint64_t>(*p - '0');
  }
  if (p != end && *p == '.') {
    ++p;
    for (; p != end && static_cast<unsigned char>(*p - '0') <= 9; ++p, ++digits, ++fraction) {
      mantissa = mantissa * 10 + static_cast<uint64_t>(*p - '0');
    }
  }
  if (digits == 0) return false;
  // Both operands exact, one rounding: the nearest double (Clinger 1990).
  if (p == end && digits <= 18 && mantissa <= (uint64_t{1} << 53) && fraction <= 22) [[likely]] {
    const double value = static_cast<double>(mantissa) / kPowers[fraction];
    *out = negative ? -value : value;
    return true;
  }
  if (p != end && *p != 'e' && *p != 'E') return false;
  const auto result = std::from_chars(text.data(), end, *out);
  return result.ec == std::errc() && result.ptr == end;
}

inline bool TwoDigits(const char* p, int* out) {
  const unsigned a = static_cast<unsigned char>(p[0]) - '0';
  const unsigned b = static_cast<unsigned char>(p[1]) - '0';
  *out = static_cast<int>(a * 10 + b);
  return a <= 9 && b <= 9;
}

// YYYY-MM-DD, years 0001 to 9999. `p` has 10 bytes.
inline bool IsoDate(const char* p, int64_t* days) {
  int century = 0;
  int year = 0;
  int month = 0;
  int day = 0;
  if (!TwoDigits(p, &century) || !TwoDigits(p + 2, &year) || p[4] != '-' ||
      !TwoDigits(p + 5, &month) || p[7] != '-' || !TwoDigits(p + 8, &day)) {
    return false;
  }
  year += century * 100;
  if (year == 0 || month < 1 || month > 12 || day < 1 || day > DaysInMonth(year, month)) {
    return false;
  }
  *days = DaysFromCivil(year, month, day);
  return true;
}

inline bool Date(std::string_view text, int32_t* out) {
  int64_t days = 0;
  if (text.size() != 10 || !IsoDate(text.data(), &days)) return false;
  *out = static_cast<int32_t>(days);
  return true;
}

// Z, or [blank]±HH[[:]MM]. `p` to `end`, not empty.
inline bool Offset(const char* p, const char* end, int64_t* micros) {
  if (end - p == 1 && (*p == 'Z' || *p == 'z')) {
    *micros = 0;
    return true;
  }
  if (*p == ' ') ++p;
  if (end - p < 3 || (*p != '+' && *p != '-')) return false;
  const bool negative = *p == '-';
  int hours = 0;
  int minutes = 0;
  if (!TwoDigits(p + 1, &hours) || hours > 15) return false;
  p += 3;
  if (p != end) {
    if (*p == ':') ++p;
    if (end - p != 2 || !TwoDigits(p, &minutes) || minutes > 59) return false;
  }
  *micros = (hours * 60 + minutes) * kMicrosPerMinute * (negative ? -1 : 1);
  return true;
}

// YYYY-MM-DD[( |T)HH:MM[:SS[.fraction]][offset]]; with an offset *micros is UTC. Seconds to 59,
// hours to 23; fractions round to microseconds.
inline bool Timestamp(std::string_view text, int64_t* micros, bool* has_offset) {
  const char* p = text.data();
  const char* const end = p + text.size();
  int64_t days = 0;
  *has_offset = false;
  if (text.size() < 10 || !IsoDate(p, &days)) return false;
  p += 10;
  int64_t value = days * kMicrosPerDay;
  if (p == end) {
    *micros = value;
    return true;
  }
  if (end - p < 6 || (*p != ' ' && *p != 'T')) return false;
  int hour = 0;
  int minute = 0;
  int second = 0;
  if (!TwoDigits(p + 1, &hour) || p[3] != ':' || !TwoDigits(p + 4, &minute) || hour > 23 ||
      minute > 59) {
    return false;
  }
  p += 6;
  if (p != end && *p == ':') {
    if (end - p < 3 || !TwoDigits(p + 1, &second) || second > 59) return false;
    p += 3;
    if (p != end && *p == '.') {
      ++p;
      int64_t fraction = 0;
      int digits = 0;
      int round = 0;
      for (; p != end && static_cast<unsigned char>(*p - '0') <= 9; ++p, ++digits) {
        if (digits < 6) fraction = fraction * 10 + (*p - '0');
        if (digits == 6) round = *p >= '5';
      }
      if (digits == 0) return false;
      for (; digits < 6; ++digits) fraction *= 10;
      value += fraction + round;
    }
  }
  value += ((hour * 60 + minute) * int64_t{60} + second) * kMicrosPerSecond;
  if (p != end) {
    int64_t offset = 0;
    if (!Offset(p, end, &offset)) return false;
    value -= offset;
    *has_offset = true;
  }
  *micros = value;
  return true;
}

// 17/May/2015:10:05:03 +0000, as access logs write it; *micros is UTC.
inline bool LogTimestamp(std::string_view text, int64_t* micros) {
  static constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const char* p = text.data();
  if (text.size() != 26 || p[2] != '/' || p[6] != '/' || p[11] != ':' || p[14] != ':' ||
      p[17] != ':' || p[20] != ' ') {
    return false;
  }
  int day = 0;
  int century = 0;
  int year = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  if (!TwoDigits(p, &day) || !TwoDigits(p + 7, &century) || !TwoDigits(p + 9, &year) ||
      !TwoDigits(p + 12, &hour) || !TwoDigits(p + 15, &minute) || !TwoDigits(p + 18, &second) ||
      hour > 23 || minute > 59 || second > 60) {
    return false;
  }
  const size_t at = kMonths.find(std::string_view(p + 3, 3));
  int64_t offset = 0;
  if (at == std::string_view::npos || at % 3 != 0 || !Offset(p + 21, p + 26, &offset)) return false;
  const int month = static_cast<int>(at / 3) + 1;
  year += century * 100;
  if (year == 0 || day < 1 || day > DaysInMonth(year, month)) return false;
  *micros = DaysFromCivil(year, month, day) * kMicrosPerDay +
            ((hour * 60 + minute) * int64_t{60} + second) * kMicrosPerSecond - offset;
  return true;
}

// Dotted quad: four numbers to 255 without leading zeros. Six bytes in `out` as INET keeps them.
inline bool Ipv4(std::string_view text, char* out) {
  if (text.size() < 7 || text.size() > 15) return false;
  const char* p = text.data();
  const char* const end = p + text.size();
  out[0] = 4;
  out[5] = 32;
  for (int part = 0; part < 4; ++part) {
    unsigned value = 0;
    int digits = 0;
    const char* const begin = p;
    for (; p != end && digits < 4 && static_cast<unsigned char>(*p - '0') <= 9; ++p, ++digits) {
      value = value * 10 + static_cast<unsigned>(*p - '0');
    }
    if (digits == 0 || value > 255 || (digits > 1 && *begin == '0')) return false;
    out[1 + part] = static_cast<char>(value);
    if (part < 3) {
      if (p == end || *p != '.') return false;
      ++p;
    }
  }
  return p == end;
}

// 8-4-4-4-12 hexadecimal digits, to the physical form of UUID.
inline bool Uuid(std::string_view text, int128_t* out) {
  if (text.size() != 36) return false;
  uint128_t value = 0;
  for (size_t i = 0; i < 36; ++i) {
    const char c = text[i];
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (c != '-') return false;
      continue;
    }
    unsigned digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<unsigned>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<unsigned>(c - 'a' + 10);
    } else if (c >= 'A' && c <= 'F') {
      digit = static_cast<unsigned>(c - 'A' + 10);
    } else {
      return false;
    }
    value = value << 4 | digit;
  }
  *out = static_cast<int128_t>(value ^ (uint128_t{1} << 127));
  return true;
}

// true, false (also TRUE, True …), t, f.
inline bool BooleanWord(std::string_view text, uint8_t* out) {
  switch (text.size()) {
    case 1:
      if (text[0] != 't' && text[0] != 'f') return false;
      *out = text[0] == 't';
      return true;
    case 4:
      if (text != "true" && text != "TRUE" && text != "True") return false;
      *out = 1;
      return true;
    case 5:
      if (text != "false" && text != "FALSE" && text != "False") return false;
      *out = 0;
      return true;
    default: return false;
  }
}

}  // namespace fast_parse
}  // namespace shale
