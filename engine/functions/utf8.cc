#include "engine/functions/utf8.h"

#include <utf8proc.h>

#include <cstring>

namespace shale {

bool IsAscii(std::string_view text) {
  size_t i = 0;
  uint64_t seen = 0;
  for (; i + 8 <= text.size(); i += 8) {
    uint64_t word;
    std::memcpy(&word, text.data() + i, 8);
    seen |= word;
  }
  for (; i < text.size(); ++i) seen |= static_cast<unsigned char>(text[i]);
  return (seen & 0x8080808080808080u) == 0;
}

bool IsValidUtf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    if (DecodeChar(text, &at) >= 0x80 && at == begin + 1) return false;
  }
  return true;
}

size_t CountChars(std::string_view text) {
  size_t i = 0;
  size_t continuations = 0;
  for (; i + 8 <= text.size(); i += 8) {
    uint64_t word;
    std::memcpy(&word, text.data() + i, 8);
    // Bit 7 set and bit 6 clear: 10xxxxxx.
    const uint64_t marks = (word >> 7) & (~word >> 6) & 0x0101010101010101u;
    continuations += (marks * 0x0101010101010101u) >> 56;
  }
  for (; i < text.size(); ++i) continuations += IsContinuationByte(text[i]);
  return text.size() - continuations;
}

size_t SkipChars(std::string_view text, size_t count) {
  if (count >= text.size()) return text.size();
  if (IsAscii(text.substr(0, count))) return count;
  size_t at = 0;
  while (count > 0 && at < text.size()) {
    at = NextChar(text, at);
    --count;
  }
  return at;
}

size_t SkipCharsBack(std::string_view text, size_t count) {
  if (count >= text.size()) return 0;
  if (IsAscii(text.substr(text.size() - count))) return text.size() - count;
  size_t at = text.size();
  while (count > 0 && at > 0) {
    at = PreviousChar(text, at);
    --count;
  }
  return at;
}

char32_t DecodeChar(std::string_view text, size_t* at) {
  const auto first = static_cast<unsigned char>(text[*at]);
  if (first < 0x80) {
    ++*at;
    return first;
  }
  utf8proc_int32_t code_point = 0;
  const utf8proc_ssize_t length =
      utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + *at,
                       static_cast<utf8proc_ssize_t>(text.size() - *at), &code_point);
  if (length <= 0) {
    ++*at;
    return first;
  }
  *at += static_cast<size_t>(length);
  return static_cast<char32_t>(code_point);
}

void AppendChar(char32_t code_point, std::string* out) {
  if (code_point < 0x80) {
    out->push_back(static_cast<char>(code_point));
    return;
  }
  utf8proc_uint8_t bytes[4];
  const utf8proc_ssize_t length =
      utf8proc_encode_char(static_cast<utf8proc_int32_t>(code_point), bytes);
  out->append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(length));
}

namespace {

template <char (*Ascii)(char), utf8proc_int32_t (*Unicode)(utf8proc_int32_t)>
void AppendMapped(std::string_view text, std::string* out) {
  if (IsAscii(text)) {
    const size_t begin = out->size();
    out->resize(begin + text.size());
    char* __restrict to = out->data() + begin;
    const char* __restrict from = text.data();
    for (size_t i = 0; i < text.size(); ++i) to[i] = Ascii(from[i]);
    return;
  }
  for (size_t at = 0; at < text.size();) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      out->push_back(Ascii(text[at++]));
      continue;
    }
    const size_t begin = at;
    const char32_t code_point = DecodeChar(text, &at);
    if (code_point < 0x100 && at == begin + 1) {
      out->push_back(text[begin]);  // a stray byte stays as it is
    } else {
      AppendChar(static_cast<char32_t>(Unicode(static_cast<utf8proc_int32_t>(code_point))), out);
    }
  }
}

// utf8proc maps ß to ẞ; Unicode's simple mapping leaves it as it is.
utf8proc_int32_t SimpleUpper(utf8proc_int32_t code_point) {
  return code_point == 0xdf ? code_point : utf8proc_toupper(code_point);
}

bool IsAlphanumeric(char32_t code_point) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(code_point))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL: return true;
    default: return false;
  }
}

}  // namespace

void AppendLower(std::string_view text, std::string* out) {
  AppendMapped<AsciiLower, utf8proc_tolower>(text, out);
}

void AppendUpper(std::string_view text, std::string* out) {
  AppendMapped<AsciiUpper, SimpleUpper>(text, out);
}

void AppendInitcap(std::string_view text, std::string* out) {
  bool inside = false;
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    const char32_t code_point = DecodeChar(text, &at);
    if (code_point >= 0x80 && at == begin + 1) {
      out->push_back(text[begin]);
      inside = false;
      continue;
    }
    const auto point = static_cast<utf8proc_int32_t>(code_point);
    AppendChar(static_cast<char32_t>(inside ? utf8proc_tolower(point) : SimpleUpper(point)), out);
    inside = IsAlphanumeric(code_point);
  }
}

}  // namespace shale
