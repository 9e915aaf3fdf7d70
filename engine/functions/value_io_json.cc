// Is a text JSON? Numbers of any size are (a parser into doubles would refuse them), so this is a
// check of the grammar only (RFC 8259), by one pass with a stack of bits.
#include <simdjson.h>

#include <bitset>

#include "engine/base/status.h"
#include "engine/functions/value_format.h"

namespace shale {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

class Checker {
 public:
  Checker(std::string_view text, std::string* why) : text_(text), why_(why) {}

  bool Run() {
    std::bitset<kMaxJsonDepth + 1> is_object;
    int depth = 0;
    bool value_next = true;  // else a comma or a closing bracket
    SkipBlanks();
    while (true) {
      if (value_next) {
        value_next = false;
        char c = Peek();
        if (c == '{' || c == '[') {
          ++at_;
          if (depth == kMaxJsonDepth) return Fail("nested deeper than 1000 levels");
          is_object[++depth] = c == '{';
          SkipBlanks();
          if (Peek() == (c == '{' ? '}' : ']')) {
            ++at_;
            --depth;
          } else {
            if (c == '{' && !Key()) return false;
            value_next = true;
            SkipBlanks();
            continue;
          }
        } else if (!Scalar()) {
          return false;
        }
      }
      SkipBlanks();
      if (depth == 0) break;
      char c = Peek();
      if (c == ',') {
        ++at_;
        SkipBlanks();
        if (is_object[depth] && !Key()) return false;
        SkipBlanks();
        value_next = true;
      } else if (c == (is_object[depth] ? '}' : ']')) {
        ++at_;
        --depth;
      } else {
        return Fail(is_object[depth] ? "expected ',' or '}'" : "expected ',' or ']'");
      }
    }
    return at_ == text_.size() || Fail("something follows the value");
  }

 private:
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void SkipBlanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' ||
                                  text_[at_] == '\r')) {
      ++at_;
    }
  }
  bool Fail(std::string_view what) {
    if (why_ != nullptr) {
      *why_ = at_ >= text_.size() ? "the text ends too early"
                                  : fmt::format("{} at byte {}", what, at_ + 1);
    }
    return false;
  }
  bool Key() {
    if (Peek() != '"') return Fail("expected a key in double quotes");
    if (!String()) return false;
    SkipBlanks();
    if (Peek() != ':') return Fail("expected ':'");
    ++at_;
    return true;
  }
  bool Scalar() {
    switch (Peek()) {
      case '"': return String();
      case 't': return Word("true");
      case 'f': return Word("false");
      case 'n': return Word("null");
      default: return Number();
    }
  }
  bool Word(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return Fail("expected a value");
    at_ += word.size();
    return true;
  }
  bool Number() {
    if (Peek() == '-') ++at_;
    if (!IsDigit(Peek())) return Fail("expected a value");
    if (Peek() == '0') {
      ++at_;
    } else {
      while (IsDigit(Peek())) ++at_;
    }
    if (Peek() == '.') {
      ++at_;
      if (!IsDigit(Peek())) return Fail("expected a digit");
      while (IsDigit(Peek())) ++at_;
    }
    if (Peek() == 'e' || Peek() == 'E') {
      ++at_;
      if (Peek() == '+' || Peek() == '-') ++at_;
      if (!IsDigit(Peek())) return Fail("expected a digit");
      while (IsDigit(Peek())) ++at_;
    }
    return true;
  }
  bool String() {
    ++at_;
    while (at_ < text_.size()) {
      auto c = static_cast<unsigned char>(text_[at_]);
      if (c == '"') {
        ++at_;
        return true;
      }
      if (c < 0x20) return Fail("a control character in a string");
      if (c == '\\') {
        ++at_;
        switch (Peek()) {
          case '"': case '\\': case '/': case 'b': case 'f': case 'n': case 'r': case 't': break;
          case 'u':
            for (int i = 0; i < 4; ++i) {
              ++at_;
              char h = Peek();
              if (!IsDigit(h) && !((h | 32) >= 'a' && (h | 32) <= 'f')) {
                return Fail("expected four hexadecimal digits");
              }
            }
            break;
          default: return Fail("an unknown escape");
        }
      }
      ++at_;
    }
    return Fail("");
  }

  std::string_view text_;
  std::string* why_;
  size_t at_ = 0;
};

}  // namespace

bool IsValidJson(std::string_view text, std::string* why) {
  if (!simdjson::validate_utf8(text.data(), text.size())) {
    if (why != nullptr) *why = "it is not UTF-8";
    return false;
  }
  return Checker(text, why).Run();
}

}  // namespace shale
