// UTF-8 text by characters: counting, stepping, case mapping. Text is expected to be valid UTF-8;
// on stray bytes every function still ends within its bounds and treats each as a character.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace shale {

bool IsAscii(std::string_view text);
bool IsValidUtf8(std::string_view text);
// Characters (code points) in `text`.
size_t CountChars(std::string_view text);

inline bool IsContinuationByte(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// The byte just behind the character at `at` (at < text.size()).
inline size_t NextChar(std::string_view text, size_t at) {
  ++at;
  while (at < text.size() && IsContinuationByte(text[at])) ++at;
  return at;
}
// The first byte of the character that ends before `at` (at > 0).
inline size_t PreviousChar(std::string_view text, size_t at) {
  --at;
  while (at > 0 && IsContinuationByte(text[at])) --at;
  return at;
}
// The byte offset of character `count` from the start; text.size() when there are fewer.
size_t SkipChars(std::string_view text, size_t count);
// The byte offset of the last `count` characters; 0 when there are fewer.
size_t SkipCharsBack(std::string_view text, size_t count);

// The code point at `at`, which moves behind it. A malformed sequence gives its first byte.
char32_t DecodeChar(std::string_view text, size_t* at);
void AppendChar(char32_t code_point, std::string* out);

// Unicode simple case mapping, one character to one.
void AppendLower(std::string_view text, std::string* out);
void AppendUpper(std::string_view text, std::string* out);
// First letter of each run of letters and digits upper case, the others lower.
void AppendInitcap(std::string_view text, std::string* out);

inline bool IsAsciiLetter(char c) {
  const unsigned char lower = static_cast<unsigned char>(c) | 0x20;
  return lower >= 'a' && lower <= 'z';
}
inline bool IsAsciiDigit(char c) { return c >= '0' && c <= '9'; }
inline char AsciiLower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
inline char AsciiUpper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

}  // namespace shale
