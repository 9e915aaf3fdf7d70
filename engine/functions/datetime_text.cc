#include "engine/functions/datetime_text.h"

#include <algorithm>
#include <array>
#include <span>

#include "engine/functions/date.h"

namespace shale {
namespace {

constexpr size_t kMaxBytes = 128;  // of a text; longer ones are no times
constexpr size_t kMaxFields = 25;
constexpr int64_t kJulianOfEpoch = 2440588;  // the Julian day of 1970-01-01

char LowerChar(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsAlpha(char c) { return c >= 'a' && c <= 'z'; }  // of lower-case text
bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

struct Field {
  enum class Kind : uint8_t { kNumber, kDate, kTime, kZone, kWord, kSpecial } kind;
  std::string_view text;  // lower case
  size_t begin;           // in the text as it was given
};

// What of a time is known: bits.
enum : uint32_t {
  kYear = 1,
  kMonth = 2,
  kDay = 4,
  kHour = 8,
  kMinute = 16,
  kSecond = 32,
  kZoneSeen = 64,
  kDayOfYear = 128,
  kDayName = 256,
  kHalf = 512,
  kEra = 1024,
  kDateAll = kYear | kMonth | kDay,
  kTimeAll = kHour | kMinute | kSecond,
};

// Words that say what the number after them is.
enum class Unit : uint8_t { kNone, kYear, kMonth, kDay, kHour, kMinute, kSecond, kJulian, kTime };

struct Word {
  std::string_view text;
  enum class Kind : uint8_t {
    kMonth,
    kDayName,
    kHalf,
    kEra,
    kUnit,
    kSpecial,
    kIgnored,
    kSummerTime,
    kMidnight
  } kind;
  int value;
};
constexpr Word kWords[] = {
    {"jan", Word::Kind::kMonth, 1},
    {"january", Word::Kind::kMonth, 1},
    {"feb", Word::Kind::kMonth, 2},
    {"february", Word::Kind::kMonth, 2},
    {"mar", Word::Kind::kMonth, 3},
    {"march", Word::Kind::kMonth, 3},
    {"apr", Word::Kind::kMonth, 4},
    {"april", Word::Kind::kMonth, 4},
    {"may", Word::Kind::kMonth, 5},
    {"jun", Word::Kind::kMonth, 6},
    {"june", Word::Kind::kMonth, 6},
    {"jul", Word::Kind::kMonth, 7},
    {"july", Word::Kind::kMonth, 7},
    {"aug", Word::Kind::kMonth, 8},
    {"august", Word::Kind::kMonth, 8},
    {"sep", Word::Kind::kMonth, 9},
    {"sept", Word::Kind::kMonth, 9},
    {"september", Word::Kind::kMonth, 9},
    {"oct", Word::Kind::kMonth, 10},
    {"october", Word::Kind::kMonth, 10},
    {"nov", Word::Kind::kMonth, 11},
    {"november", Word::Kind::kMonth, 11},
    {"dec", Word::Kind::kMonth, 12},
    {"december", Word::Kind::kMonth, 12},
    {"sun", Word::Kind::kDayName, 0},
    {"sunday", Word::Kind::kDayName, 0},
    {"mon", Word::Kind::kDayName, 1},
    {"monday", Word::Kind::kDayName, 1},
    {"tue", Word::Kind::kDayName, 2},
    {"tues", Word::Kind::kDayName, 2},
    {"tuesday", Word::Kind::kDayName, 2},
    {"wed", Word::Kind::kDayName, 3},
    {"weds", Word::Kind::kDayName, 3},
    {"wednesday", Word::Kind::kDayName, 3},
    {"thu", Word::Kind::kDayName, 4},
    {"thur", Word::Kind::kDayName, 4},
    {"thurs", Word::Kind::kDayName, 4},
    {"thursday", Word::Kind::kDayName, 4},
    {"fri", Word::Kind::kDayName, 5},
    {"friday", Word::Kind::kDayName, 5},
    {"sat", Word::Kind::kDayName, 6},
    {"saturday", Word::Kind::kDayName, 6},
    {"am", Word::Kind::kHalf, 0},
    {"pm", Word::Kind::kHalf, 1},
    {"ad", Word::Kind::kEra, 0},
    {"bc", Word::Kind::kEra, 1},
    {"y", Word::Kind::kUnit, static_cast<int>(Unit::kYear)},
    {"m", Word::Kind::kUnit, static_cast<int>(Unit::kMonth)},
    {"d", Word::Kind::kUnit, static_cast<int>(Unit::kDay)},
    {"h", Word::Kind::kUnit, static_cast<int>(Unit::kHour)},
    {"mm", Word::Kind::kUnit, static_cast<int>(Unit::kMinute)},
    {"s", Word::Kind::kUnit, static_cast<int>(Unit::kSecond)},
    {"j", Word::Kind::kUnit, static_cast<int>(Unit::kJulian)},
    {"jd", Word::Kind::kUnit, static_cast<int>(Unit::kJulian)},
    {"julian", Word::Kind::kUnit, static_cast<int>(Unit::kJulian)},
    {"t", Word::Kind::kUnit, static_cast<int>(Unit::kTime)},
    {"epoch", Word::Kind::kSpecial, static_cast<int>(DateTimeText::Special::kEpoch)},
    {"infinity", Word::Kind::kSpecial, static_cast<int>(DateTimeText::Special::kInfinity)},
    {"+infinity", Word::Kind::kSpecial, static_cast<int>(DateTimeText::Special::kInfinity)},
    {"-infinity", Word::Kind::kSpecial, static_cast<int>(DateTimeText::Special::kMinusInfinity)},
    {"at", Word::Kind::kIgnored, 0},
    {"on", Word::Kind::kIgnored, 0},
    {"dst", Word::Kind::kSummerTime, 0},
    {"allballs", Word::Kind::kMidnight, 0},
};

const Word* FindWord(std::string_view text) {
  for (const Word& word : kWords) {
    if (word.text == text) return &word;
  }
  return nullptr;
}

// Nine digits at most count; what is longer is out of range anyway.
int64_t NumberOf(std::string_view digits) {
  int64_t value = 0;
  for (char c : digits.substr(0, 10)) value = value * 10 + (c - '0');
  return value;
}
bool AllDigits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsDigit);
}

// The microseconds of ".123456", rounded; false when there is something else than digits.
bool FractionOf(std::string_view text, int64_t* micros) {
  *micros = 0;
  int64_t scale = 100'000;
  for (size_t i = 1; i < text.size(); ++i) {
    if (!IsDigit(text[i])) return false;
    *micros += (text[i] - '0') * scale;
    if (i == 7 && text[i] >= '5') ++*micros;
    scale /= 10;
  }
  return true;
}

class DateTimeReader {
 public:
  explicit DateTimeReader(std::string_view text) : text_(text) {}

  ParseOutcome Read(DateTimeText* out) {
    if (text_.size() > kMaxBytes || !Split()) return ParseOutcome::kSyntax;
    for (size_t i = 0; i < num_fields_; ++i) {
      uint32_t found = 0;
      const ParseOutcome outcome = Decode(i, &found);
      if (outcome != ParseOutcome::kOk) return outcome;
      if (found & seen_) return ParseOutcome::kSyntax;
      seen_ |= found;
    }
    if (unit_ != Unit::kNone && unit_ != Unit::kJulian) return ParseOutcome::kSyntax;
    return Finish(out);
  }

 private:
  // Cuts the text into fields by PostgreSQL's rules; they are in lower case in buffer_.
  bool Split() {
    for (size_t i = 0; i < text_.size(); ++i) buffer_[i] = LowerChar(text_[i]);
    const char* const begin = buffer_.data();
    const char* const end = begin + text_.size();
    const char* p = begin;
    const auto digits = [&] {
      while (p < end && IsDigit(*p)) ++p;
    };
    while (p < end) {
      if (IsSpace(*p)) {
        ++p;
        continue;
      }
      const char* const start = p;
      Field::Kind kind;
      if (IsDigit(*p)) {
        kind = Field::Kind::kNumber;
        digits();
        if (p < end && *p == ':') {
          kind = Field::Kind::kTime;
          while (p < end && (IsDigit(*p) || *p == ':' || *p == '.' ||
                             (*p == ',' && p + 1 < end && IsDigit(p[1])))) {
            ++p;
          }
        } else if (p < end && (*p == '-' || *p == '/' || *p == '.')) {
          const char delimiter = *p++;
          if (p < end && IsDigit(*p)) {
            kind = delimiter == '.' ? Field::Kind::kNumber : Field::Kind::kDate;
            digits();
            if (p < end && *p == delimiter) {
              kind = Field::Kind::kDate;
              while (p < end && (IsDigit(*p) || *p == delimiter)) ++p;
            }
          } else {
            kind = Field::Kind::kDate;
            while (p < end && (IsDigit(*p) || IsAlpha(*p) || *p == delimiter)) ++p;
          }
        }
      } else if (*p == '.') {
        ++p;
        digits();
        kind = Field::Kind::kNumber;
      } else if (IsAlpha(*p)) {
        kind = Field::Kind::kWord;
        while (p < end && IsAlpha(*p)) ++p;
        const bool joined = p < end && (*p == '-' || *p == '/' || *p == '.');
        if (joined || (p < end && (*p == '+' || IsDigit(*p)) &&
                       FindWord({start, static_cast<size_t>(p - start)}) == nullptr)) {
          kind = Field::Kind::kDate;
          while (p < end && (*p == '+' || *p == '-' || *p == '/' || *p == '_' || *p == '.' ||
                             *p == ':' || IsDigit(*p) || IsAlpha(*p))) {
            ++p;
          }
        }
      } else if (*p == '+' || *p == '-') {
        ++p;
        while (p < end && IsSpace(*p)) ++p;
        if (p < end && IsDigit(*p)) {
          kind = Field::Kind::kZone;
          while (p < end && (IsDigit(*p) || *p == ':' || *p == '.' || *p == '-')) ++p;
        } else if (p < end && IsAlpha(*p)) {
          kind = Field::Kind::kSpecial;
          while (p < end && IsAlpha(*p)) ++p;
        } else {
          return false;
        }
      } else if (*p == ',' || *p == ':' || *p == ';' || *p == '/' || *p == '(' || *p == ')') {
        ++p;  // punctuation between fields
        continue;
      } else {
        return false;
      }
      if (num_fields_ == kMaxFields) return false;
      fields_[num_fields_++] = {
          kind, {start, static_cast<size_t>(p - start)}, static_cast<size_t>(start - begin)};
    }
    return num_fields_ > 0;
  }

  ParseOutcome Decode(size_t i, uint32_t* found) {
    const Field& field = fields_[i];
    switch (field.kind) {
      case Field::Kind::kTime:
        if (unit_ != Unit::kNone && unit_ != Unit::kTime) return ParseOutcome::kSyntax;
        unit_ = Unit::kNone;
        return DecodeTime(field.text, found);
      case Field::Kind::kZone: *found = kZoneSeen; return DecodeOffset(field.text);
      case Field::Kind::kNumber:
        return unit_ != Unit::kNone ? DecodeMarked(field.text, found)
                                    : DecodeNumber(field.text, found);
      case Field::Kind::kDate: return DecodeDateField(field, found);
      case Field::Kind::kWord:
      case Field::Kind::kSpecial: return DecodeWord(field, found);
    }
    return ParseOutcome::kSyntax;
  }

  // HH:MM[:SS[.fraction]]
  ParseOutcome DecodeTime(std::string_view text, uint32_t* found) {
    *found = kTimeAll;
    const size_t first = text.find(':');
    size_t second = text.find(':', first + 1);
    const std::string_view hours = text.substr(0, first);
    std::string_view minutes = text.substr(first + 1, second - first - 1);
    std::string_view seconds;
    int64_t fraction = 0;
    if (second != std::string_view::npos) seconds = text.substr(second + 1);
    std::string_view& last = seconds.empty() ? minutes : seconds;
    if (const size_t point = last.find_first_of(".,"); point != std::string_view::npos) {
      if (!FractionOf(last.substr(point), &fraction)) return ParseOutcome::kSyntax;
      last = last.substr(0, point);
    }
    if (!AllDigits(hours) || !AllDigits(minutes)) return ParseOutcome::kSyntax;
    if (!seconds.empty() && !AllDigits(seconds)) return ParseOutcome::kSyntax;
    hour_ = NumberOf(hours);
    minute_ = NumberOf(minutes);
    second_ = NumberOf(seconds);
    fraction_ = fraction;
    if (fraction != 0 && seconds.empty()) {  // MM:SS.fraction
      second_ = minute_;
      minute_ = hour_;
      hour_ = 0;
    }
    return ParseOutcome::kOk;
  }

  // ±HH, ±HHMM, ±HHMMSS, ±HH:MM[:SS]
  ParseOutcome DecodeOffset(std::string_view text) {
    const bool negative = text[0] == '-';
    text.remove_prefix(1);
    while (!text.empty() && IsSpace(text[0])) text.remove_prefix(1);
    int64_t parts[3] = {0, 0, 0};
    if (text.find(':') != std::string_view::npos) {
      for (int64_t& part : parts) {
        const size_t colon = std::min(text.find(':'), text.size());
        if (colon > 0 && !AllDigits(text.substr(0, colon))) return ParseOutcome::kSyntax;
        part = NumberOf(text.substr(0, colon));
        text.remove_prefix(std::min(colon + 1, text.size()));
      }
      if (!text.empty()) return ParseOutcome::kSyntax;
    } else {
      if (!AllDigits(text) || text.size() > 6) return ParseOutcome::kSyntax;
      const int64_t number = NumberOf(text);
      if (text.size() > 4) {
        parts[0] = number / 10000;
        parts[1] = number / 100 % 100;
        parts[2] = number % 100;
      } else if (text.size() > 2) {
        parts[0] = number / 100;
        parts[1] = number % 100;
      } else {
        parts[0] = number;
      }
    }
    if (parts[0] > 15 || parts[1] > 59 || parts[2] > 59) return ParseOutcome::kOutOfRange;
    offset_us_ =
        parts[0] * kMicrosPerHour + parts[1] * kMicrosPerMinute + parts[2] * kMicrosPerSecond;
    if (negative) offset_us_ = -offset_us_;
    return ParseOutcome::kOk;
  }

  // The number after Y, M, D, H, MM, S, J or T.
  ParseOutcome DecodeMarked(std::string_view text, uint32_t* found) {
    const Unit unit = unit_;
    unit_ = Unit::kNone;
    if (unit == Unit::kTime) {
      const ParseOutcome outcome = DecodeRun(text, seen_ | kDateAll, found);
      return outcome == ParseOutcome::kOk && *found != kTimeAll ? ParseOutcome::kSyntax : outcome;
    }
    const size_t point = text.find('.');
    const std::string_view whole = text.substr(0, point);
    if (!AllDigits(whole)) return ParseOutcome::kSyntax;
    const int64_t value = NumberOf(whole);
    const bool fractional = point != std::string_view::npos;
    if (fractional && unit != Unit::kSecond && unit != Unit::kJulian) return ParseOutcome::kSyntax;
    switch (unit) {
      case Unit::kYear:
        year_ = value;
        *found = kYear;
        break;
      case Unit::kMonth:  // after an hour, M is the minute
        if ((seen_ & kMonth) && (seen_ & kHour)) {
          minute_ = value;
          *found = kMinute;
        } else {
          month_ = value;
          *found = kMonth;
        }
        break;
      case Unit::kDay:
        day_ = value;
        *found = kDay;
        break;
      case Unit::kHour:
        hour_ = value;
        *found = kHour;
        break;
      case Unit::kMinute:
        minute_ = value;
        *found = kMinute;
        break;
      case Unit::kSecond:
        second_ = value;
        *found = kSecond;
        if (fractional && !FractionOf(text.substr(point), &fraction_)) return ParseOutcome::kSyntax;
        break;
      case Unit::kJulian: {
        julian_ = true;
        julian_days_ = value - kJulianOfEpoch;
        *found = kDateAll;
        if (fractional) {
          double part = 0;
          double scale = 0.1;
          for (char c : text.substr(point + 1)) {
            if (!IsDigit(c)) return ParseOutcome::kSyntax;
            part += (c - '0') * scale;
            scale /= 10;
          }
          const auto micros = static_cast<int64_t>(part * kMicrosPerDay);
          hour_ = micros / kMicrosPerHour;
          minute_ = micros / kMicrosPerMinute % 60;
          second_ = micros / kMicrosPerSecond % 60;
          fraction_ = micros % kMicrosPerSecond;
          *found |= kTimeAll;
        }
        break;
      }
      case Unit::kTime:
      case Unit::kNone: return ParseOutcome::kSyntax;
    }
    return ParseOutcome::kOk;
  }

  // A number without a mark of what it is.
  ParseOutcome DecodeNumber(std::string_view text, uint32_t* found) {
    const size_t point = text.find('.');
    if (point != std::string_view::npos && !(seen_ & kDateAll)) return DecodeDate(text, found);
    if (point != std::string_view::npos && point > 2) return DecodeRun(text, seen_, found);
    if (text.size() >= 6 && (!(seen_ & kDateAll) || !(seen_ & kTimeAll))) {
      return DecodeRun(text, seen_, found);
    }
    return DecodePart(text, seen_, found);
  }

  // Digits run together: YYYYMMDD, YYMMDD, HHMMSS[.fraction], HHMM.
  ParseOutcome DecodeRun(std::string_view text, uint32_t seen, uint32_t* found) {
    const size_t point = text.find('.');
    std::string_view digits = text.substr(0, point);
    if (!AllDigits(digits)) return ParseOutcome::kSyntax;
    if (point != std::string_view::npos) {
      if (!FractionOf(text.substr(point), &fraction_)) return ParseOutcome::kSyntax;
    } else if ((seen & kDateAll) != kDateAll && digits.size() >= 6) {
      const size_t years = digits.size() - 4;
      if (years > 9) return ParseOutcome::kSyntax;
      year_ = NumberOf(digits.substr(0, years));
      month_ = NumberOf(digits.substr(years, 2));
      day_ = NumberOf(digits.substr(years + 2));
      short_year_ = years == 2;
      *found = kDateAll;
      return ParseOutcome::kOk;
    }
    if ((seen & kTimeAll) == kTimeAll) return ParseOutcome::kSyntax;
    if (digits.size() != 6 && digits.size() != 4) return ParseOutcome::kSyntax;
    hour_ = NumberOf(digits.substr(0, 2));
    minute_ = NumberOf(digits.substr(2, 2));
    second_ = digits.size() == 6 ? NumberOf(digits.substr(4)) : 0;
    *found = kTimeAll;
    return ParseOutcome::kOk;
  }

  // One part of a date, which its place tells: month, day, year unless the first is a year.
  ParseOutcome DecodePart(std::string_view text, uint32_t seen, uint32_t* found) {
    const size_t point = text.find('.');
    if (point != std::string_view::npos) {
      return point > 2 ? DecodeRun(text, seen, found) : ParseOutcome::kSyntax;
    }
    if (!AllDigits(text)) return ParseOutcome::kSyntax;
    const int64_t value = NumberOf(text);
    const size_t size = text.size();
    if (size == 3 && (seen & kDateAll) == kYear && value >= 1 && value <= 366) {
      day_of_year_ = value;
      *found = kMonth | kDay | kDayOfYear;
      return ParseOutcome::kOk;
    }
    const auto year = [&] {
      year_ = value;
      short_year_ = size <= 2;
      *found = kYear;
    };
    const auto month = [&] {
      month_ = value;
      *found = kMonth;
    };
    const auto day = [&] {
      day_ = value;
      *found = kDay;
    };
    switch (seen & kDateAll) {
      case 0: size >= 3 ? year() : month(); break;
      case kYear: month(); break;
      case kMonth: text_month_&& size >= 3 ? year() : day(); break;
      case kYear | kMonth:
        if (text_month_ && size >= 3 && short_year_) {  // 10-Feb-1997 with 10 taken for a year
          day_ = year_;
          year_ = value;
          short_year_ = false;
          *found = kDay;
        } else {
          day();
        }
        break;
      case kDay: month(); break;
      case kMonth | kDay: year(); break;
      case kDateAll: return DecodeRun(text, seen, found);
      default: return ParseOutcome::kSyntax;
    }
    return ParseOutcome::kOk;
  }

  // A whole date in one field: parts between other characters, a month perhaps by name.
  ParseOutcome DecodeDate(std::string_view text, uint32_t* found) {
    std::array<std::string_view, 4> parts;
    size_t num_parts = 0;
    for (size_t at = 0; at < text.size();) {
      if (!IsDigit(text[at]) && !IsAlpha(text[at])) {
        ++at;
        continue;
      }
      const size_t begin = at;
      const bool letters = IsAlpha(text[at]);
      while (at < text.size() && (letters ? IsAlpha(text[at]) : IsDigit(text[at]))) ++at;
      if (num_parts == parts.size()) return ParseOutcome::kSyntax;
      parts[num_parts++] = text.substr(begin, at - begin);
    }
    uint32_t seen = seen_ & ~uint32_t{kZoneSeen | kTimeAll | kDayName | kHalf | kEra};
    *found = 0;
    for (std::string_view& part : std::span(parts.data(), num_parts)) {
      if (!IsAlpha(part[0])) continue;
      const Word* word = FindWord(part);
      if (word == nullptr) return ParseOutcome::kSyntax;
      if (word->kind != Word::Kind::kIgnored) {
        if (word->kind != Word::Kind::kMonth || (seen & kMonth)) return ParseOutcome::kSyntax;
        month_ = word->value;
        text_month_ = true;
        seen |= kMonth;
        *found |= kMonth;
      }
      part = {};
    }
    for (std::string_view part : std::span(parts.data(), num_parts)) {
      if (part.empty()) continue;
      uint32_t one = 0;
      const ParseOutcome outcome = DecodePart(part, seen, &one);
      if (outcome != ParseOutcome::kOk) return outcome;
      if (one & seen) return ParseOutcome::kSyntax;
      seen |= one;
      *found |= one;
    }
    return (*found & kDateAll) == kDateAll ? ParseOutcome::kOk : ParseOutcome::kSyntax;
  }

  ParseOutcome DecodeDateField(const Field& field, uint32_t* found) {
    if (unit_ == Unit::kJulian) {  // J2451187-08
      const size_t sign = field.text.find('-');
      if (sign == std::string_view::npos || !AllDigits(field.text.substr(0, sign))) {
        return ParseOutcome::kSyntax;
      }
      unit_ = Unit::kNone;
      julian_ = true;
      julian_days_ = NumberOf(field.text.substr(0, sign)) - kJulianOfEpoch;
      *found = kDateAll | kTimeAll | kZoneSeen;
      return DecodeOffset(field.text.substr(sign));
    }
    const bool has_date = (seen_ & (kMonth | kDay)) == (kMonth | kDay);
    if (unit_ == Unit::kNone && !has_date && IsDigit(field.text[0])) {
      return DecodeDate(field.text, found);
    }
    if (IsDigit(field.text[0])) {  // 173201-08
      if (unit_ != Unit::kNone && unit_ != Unit::kTime) return ParseOutcome::kSyntax;
      unit_ = Unit::kNone;
      const size_t sign = field.text.find('-');
      if ((seen_ & kTimeAll) == kTimeAll || sign == std::string_view::npos) {
        return ParseOutcome::kSyntax;
      }
      ParseOutcome outcome = DecodeOffset(field.text.substr(sign));
      if (outcome != ParseOutcome::kOk) return outcome;
      outcome = DecodeRun(field.text.substr(0, sign), seen_ | kDateAll, found);
      *found |= kZoneSeen;
      return outcome;
    }
    if (!has_date) {  // Feb-10-1997, else the name of a zone
      const int64_t month = month_;
      if (DecodeDate(field.text, found) == ParseOutcome::kOk) return ParseOutcome::kOk;
      month_ = month;
      *found = 0;
    }
    return DecodeZoneName(field, found);
  }

  ParseOutcome DecodeZoneName(const Field& field, uint32_t* found) {
    zone_name_ = text_.substr(field.begin, field.text.size());
    StatusOr<const TimeZone*> zone = TimeZone::FindWithAbbreviations(zone_name_);
    if (!zone.ok()) return ParseOutcome::kSyntax;
    zone_ = *zone;
    *found = kZoneSeen;
    return ParseOutcome::kOk;
  }

  ParseOutcome DecodeWord(const Field& field, uint32_t* found) {
    const Word* word = FindWord(field.text);
    if (word == nullptr) {
      return field.kind == Field::Kind::kWord ? DecodeZoneName(field, found)
                                              : ParseOutcome::kSyntax;
    }
    switch (word->kind) {
      case Word::Kind::kMonth:
        // What was taken for a month is the day: 10 Feb 1997.
        if ((seen_ & kMonth) && !text_month_ && !(seen_ & kDay) && month_ >= 1 && month_ <= 31) {
          day_ = month_;
          *found = kDay;
        } else {
          *found = kMonth;
        }
        text_month_ = true;
        month_ = word->value;
        break;
      case Word::Kind::kDayName: *found = kDayName; break;
      case Word::Kind::kHalf:
        half_ = word->value;
        *found = kHalf;
        break;
      case Word::Kind::kEra:
        before_christ_ = word->value == 1;
        *found = kEra;
        break;
      case Word::Kind::kUnit: unit_ = static_cast<Unit>(word->value); break;
      case Word::Kind::kSpecial: special_ = static_cast<DateTimeText::Special>(word->value); break;
      case Word::Kind::kIgnored: break;
      case Word::Kind::kSummerTime:  // MET DST
        if (!(seen_ & kZoneSeen)) return ParseOutcome::kSyntax;
        summer_us_ = kMicrosPerHour;
        break;
      case Word::Kind::kMidnight:
        hour_ = minute_ = second_ = fraction_ = offset_us_ = 0;
        *found = kTimeAll | kZoneSeen;
        break;
    }
    return ParseOutcome::kOk;
  }

  ParseOutcome Finish(DateTimeText* out) {
    if (special_ != DateTimeText::Special::kNone) {
      out->special = special_;
      out->has_offset = true;
      return ParseOutcome::kOk;
    }
    if ((seen_ & kDateAll) != kDateAll) return ParseOutcome::kSyntax;
    if (!julian_) {
      if (before_christ_) {
        if (year_ <= 0) return ParseOutcome::kOutOfRange;
        year_ = 1 - year_;
      } else if (short_year_) {
        year_ += year_ < 70 ? 2000 : 1900;
      } else if (year_ <= 0) {
        return ParseOutcome::kOutOfRange;
      }
      if (year_ > 6'000'000) return ParseOutcome::kOutOfRange;
      if (day_of_year_ > 0) {
        out->days = DaysFromCivil(year_, 1, 1) + day_of_year_ - 1;
      } else {
        if (month_ < 1 || month_ > 12 || day_ < 1 ||
            day_ > DaysInMonth(year_, static_cast<int>(month_))) {
          return ParseOutcome::kOutOfRange;
        }
        out->days = DaysFromCivil(year_, static_cast<int>(month_), day_);
      }
    } else {
      out->days = julian_days_;
    }
    if (out->days < kMinDate || out->days > kMaxDate) return ParseOutcome::kOutOfRange;
    if (half_ >= 0) {
      if (hour_ > 12) return ParseOutcome::kOutOfRange;
      hour_ = hour_ % 12 + half_ * 12;
    }
    if (hour_ > 24 || minute_ > 59 || second_ > 60 ||
        (hour_ == 24 && (minute_ != 0 || second_ != 0 || fraction_ != 0))) {
      return ParseOutcome::kOutOfRange;
    }
    out->micros = hour_ * kMicrosPerHour + minute_ * kMicrosPerMinute + second_ * kMicrosPerSecond +
                  fraction_;
    out->has_time = (seen_ & (kTimeAll | kZoneSeen)) != 0;
    out->has_offset = (seen_ & kZoneSeen) != 0;
    if (zone_ != nullptr) {
      offset_us_ = zone_->LocalSpanAt(out->days * kMicrosPerDay + out->micros).offset;
    }
    out->offset_us = offset_us_ + summer_us_;
    return ParseOutcome::kOk;
  }

  std::string_view text_;
  std::array<char, kMaxBytes> buffer_;
  std::array<Field, kMaxFields> fields_;
  size_t num_fields_ = 0;

  uint32_t seen_ = 0;
  Unit unit_ = Unit::kNone;
  int64_t year_ = 0, month_ = 0, day_ = 0, day_of_year_ = 0;
  int64_t hour_ = 0, minute_ = 0, second_ = 0, fraction_ = 0;
  bool short_year_ = false, text_month_ = false, before_christ_ = false, julian_ = false;
  int64_t julian_days_ = 0;
  int half_ = -1;
  DateTimeText::Special special_ = DateTimeText::Special::kNone;
  std::string_view zone_name_;
  const TimeZone* zone_ = nullptr;
  int64_t offset_us_ = 0, summer_us_ = 0;
};

}  // namespace

ParseOutcome ReadDateTime(std::string_view text, DateTimeText* out) {
  *out = DateTimeText();
  return DateTimeReader(text).Read(out);
}

}  // namespace shale
