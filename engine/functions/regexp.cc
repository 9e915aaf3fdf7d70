#include "engine/functions/regexp.h"

#include <algorithm>

#include "engine/functions/scalar_like.h"
#include "engine/functions/utf8.h"

namespace shale {
namespace {

// Memory that one compiled pattern and its automata may take.
constexpr int64_t kMaxPatternBytes = 32 << 20;
constexpr size_t kMaxCachedPatterns = 256;

re2::StringPiece Piece(std::string_view text) { return {text.data(), text.size()}; }

// PostgreSQL's syntax that RE2 writes otherwise: \y, \m and \M are a word's edge, \Y none, \Z the
// end, \uXXXX and \UXXXXXXXX a character, [[:<:]] and [[:>:]] a word's edge. In the expanded syntax
// (flag x) blanks and comments outside of brackets are left out.
std::string Translate(std::string_view pattern, bool expanded) {
  std::string out;
  bool in_class = false;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '\\' && i + 1 < pattern.size()) {
      const char next = pattern[++i];
      const size_t digits = next == 'u' ? 4 : next == 'U' ? 8 : 0;
      if (next == 'y' || next == 'm' || next == 'M') {
        out += "\\b";
      } else if (next == 'Y') {
        out += "\\B";
      } else if (next == 'Z') {
        out += "\\z";
      } else if (next == 'e') {
        out += "\\x1b";
      } else if (digits > 0 && i + digits < pattern.size()) {
        out += "\\x{";
        out += pattern.substr(i + 1, digits);
        out += '}';
        i += digits;
      } else if (expanded && (next == ' ' || next == '#')) {
        out += next == '#' ? "#" : "\\x20";
      } else {
        out.push_back('\\');
        out.push_back(next);
      }
      continue;
    }
    if (!in_class && c == '[') {
      const std::string_view word = pattern.substr(i, 7);
      if (word == "[[:<:]]" || word == "[[:>:]]") {
        out += "\\b";
        i += 6;
        continue;
      }
      in_class = true;
      out.push_back(c);
      // A ']' in front is a character of the class.
      if (i + 1 < pattern.size() && pattern[i + 1] == '^') out.push_back(pattern[++i]);
      if (i + 1 < pattern.size() && pattern[i + 1] == ']') out.push_back(pattern[++i]);
      continue;
    }
    if (in_class && c == '[' && i + 1 < pattern.size() && pattern[i + 1] == ':') {
      const size_t end = pattern.find(":]", i);
      if (end != std::string_view::npos) {
        out += pattern.substr(i, end + 2 - i);
        i = end + 1;
        continue;
      }
    }
    if (in_class && c == ']') in_class = false;
    if (expanded && !in_class) {
      if (c == '#') {
        while (i < pattern.size() && pattern[i] != '\n') ++i;
        continue;
      }
      if (c == ' ' || (c >= '\t' && c <= '\r')) continue;
    }
    out.push_back(c);
  }
  return out;
}

// A quantifier that prefers fewer: *? +? ?? }?.
bool HasLazyQuantifier(std::string_view pattern) {
  for (size_t i = 0; i + 1 < pattern.size(); ++i) {
    if (pattern[i] == '\\') {
      ++i;
    } else if (pattern[i + 1] == '?' &&
               (pattern[i] == '*' || pattern[i] == '+' || pattern[i] == '?' || pattern[i] == '}')) {
      return true;
    }
  }
  return false;
}

// PostgreSQL's words for what RE2 found.
std::string_view Fault(RE2::ErrorCode code) {
  switch (code) {
    case RE2::ErrorMissingParen: return "parentheses () not balanced";
    case RE2::ErrorMissingBracket: return "brackets [] not balanced";
    case RE2::ErrorRepeatArgument:
    case RE2::ErrorRepeatOp: return "quantifier operand invalid";
    case RE2::ErrorRepeatSize: return "invalid repetition count(s)";
    case RE2::ErrorBadEscape:
    case RE2::ErrorTrailingBackslash: return "invalid escape \\ sequence";
    case RE2::ErrorBadCharClass: return "invalid character class";
    case RE2::ErrorBadCharRange: return "invalid character range";
    default: return "";
  }
}

Status CompileError(std::string_view pattern, const RE2& re) {
  const std::string& bad = re.error_arg();
  if (pattern.find("(?=") != std::string_view::npos ||
      pattern.find("(?!") != std::string_view::npos ||
      pattern.find("(?<=") != std::string_view::npos ||
      pattern.find("(?<!") != std::string_view::npos) {
    return InvalidArgument(
        "regular expression '{}': look-around, (?= (?! (?<= (?<!, is not "
        "supported, as it could take exponential time",
        pattern);
  }
  if (re.error_code() == RE2::ErrorBadEscape && bad.size() == 2 && IsAsciiDigit(bad[1])) {
    return InvalidArgument(
        "regular expression '{}': the back-reference {} is not supported, as "
        "it could take exponential time",
        pattern, bad);
  }
  if (re.error_code() == RE2::ErrorPatternTooLarge) {
    return InvalidArgument("regular expression '{}': compiled it takes over {} bytes", pattern,
                           kMaxPatternBytes);
  }
  const std::string_view fault = Fault(re.error_code());
  if (fault.empty()) return InvalidArgument("invalid regular expression: {}", re.error());
  return InvalidArgument("invalid regular expression: {}: {}", fault, bad);
}

}  // namespace

StatusOr<Regexp::Flags> Regexp::ParseFlags(std::string_view text) {
  Flags flags;
  for (const char c : text) {
    switch (c) {
      case 'g': flags.global = true; break;
      case 'i': flags.ignore_case = true; break;
      case 'c': flags.ignore_case = false; break;
      case 'n':
      case 'm': flags.lines = flags.dot_stops = true; break;
      case 's': flags.lines = flags.dot_stops = false; break;
      case 'p':
        flags.lines = false;
        flags.dot_stops = true;
        break;
      case 'w':
        flags.lines = true;
        flags.dot_stops = false;
        break;
      case 'x': flags.expanded = true; break;
      case 't': flags.expanded = false; break;
      case 'q': flags.literal = true; break;
      default:
        return InvalidArgument(
            "invalid regular expression option: \"{}\"; known are g (every match), i (ignore "
            "case), c (do not), n or m (newline-sensitive), p (only '.'), w (only ^ and $), s "
            "(not), x "
            "(blanks and comments do not count), q (plain text)",
            c);
    }
  }
  return flags;
}

StatusOr<std::unique_ptr<Regexp>> Regexp::Compile(std::string_view pattern, const Flags& flags) {
  std::unique_ptr<Regexp> out(new Regexp);
  out->flags_ = flags;
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMaxPatternBytes);
  options.set_case_sensitive(!flags.ignore_case);
  options.set_dot_nl(!flags.dot_stops);
  options.set_literal(flags.literal);
  // Of several matches at one place PostgreSQL takes the longest, unless told to prefer fewer.
  options.set_longest_match(!flags.literal && !HasLazyQuantifier(pattern));
  std::string translated =
      flags.literal ? std::string(pattern) : Translate(pattern, flags.expanded);
  if (flags.lines && !flags.literal) translated = "(?m)" + translated;
  out->re_ = std::make_unique<RE2>(Piece(translated), options);
  if (!out->re_->ok()) return CompileError(pattern, *out->re_);
  constexpr std::string_view kMetacharacters = "\\^$.|?*+()[]{}";
  const bool plain =
      flags.literal || pattern.find_first_of(kMetacharacters) == std::string_view::npos;
  if (plain && !flags.ignore_case && !flags.expanded) {
    out->is_plain_ = true;
    out->plain_ = pattern;
  }
  return out;
}

bool Regexp::Matches(std::string_view text) const {
  if (is_plain_) return FindBytes(text, plain_) != std::string_view::npos;
  return re_->Match(Piece(text), 0, text.size(), RE2::UNANCHORED, nullptr, 0);
}

bool Regexp::Find(std::string_view text, size_t from, std::string_view* groups,
                  int num_groups) const {
  constexpr int kFewGroups = 10;
  re2::StringPiece few[kFewGroups];
  std::vector<re2::StringPiece> many;
  re2::StringPiece* found = few;
  if (num_groups > kFewGroups) {
    many.resize(static_cast<size_t>(num_groups));
    found = many.data();
  }
  if (!re_->Match(Piece(text), from, text.size(), RE2::UNANCHORED, found, num_groups)) return false;
  for (int i = 0; i < num_groups; ++i) {
    groups[i] = std::string_view(found[i].data(), found[i].size());
  }
  return true;
}

RegexpReplacement::RegexpReplacement(std::string_view text) {
  const auto text_piece = [this]() -> std::string& {
    if (pieces_.empty() || pieces_.back().group >= 0) pieces_.emplace_back();
    return pieces_.back().text;
  };
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      text_piece().push_back(text[i]);
      continue;
    }
    const char next = text[++i];
    if (IsAsciiDigit(next) || next == '&') {
      const int group = next == '&' ? 0 : next - '0';
      pieces_.push_back({group, ""});
      num_groups_ = std::max(num_groups_, group + 1);
    } else {
      if (next != '\\') text_piece().push_back('\\');
      text_piece().push_back(next);
    }
  }
}

void RegexpReplacement::Append(const std::string_view* groups, int count, std::string* out) const {
  for (const Piece& piece : pieces_) {
    if (piece.group < 0) {
      out->append(piece.text);
    } else if (piece.group < count && groups[piece.group].data() != nullptr) {
      out->append(groups[piece.group]);
    }
  }
}

StatusOr<const Regexp*> RegexpCache::Get(std::string_view pattern, std::string_view flags) {
  if (last_ != nullptr && pattern == last_pattern_ && flags == last_flags_) return last_;
  std::string key(flags);
  key += '\0';
  key += pattern;
  auto found = compiled_.find(key);
  if (found == compiled_.end()) {
    ASSIGN_OR_RETURN(const Regexp::Flags parsed, Regexp::ParseFlags(flags));
    ASSIGN_OR_RETURN(std::unique_ptr<Regexp> regexp, Regexp::Compile(pattern, parsed));
    if (compiled_.size() >= kMaxCachedPatterns) compiled_.clear();
    found = compiled_.emplace(std::move(key), std::move(regexp)).first;
  }
  last_pattern_ = pattern;
  last_flags_ = flags;
  last_ = found->second.get();
  return last_;
}

const RegexpReplacement& RegexpCache::Replacement(std::string_view text) {
  if (!has_replacement_ || text != last_replacement_) {
    replacement_ = RegexpReplacement(text);
    last_replacement_ = text;
    has_replacement_ = true;
  }
  return replacement_;
}

StatusOr<std::string> SimilarToRegexp(std::string_view pattern, std::string_view escape) {
  if (CountChars(escape) > 1) {
    return InvalidArgument("invalid escape string '{}': it is one character, or empty for none",
                           escape);
  }
  // Separated into three parts the first one takes as little as it can and the second is a group.
  int part =
      !escape.empty() && pattern.find(std::string(escape) + '"') != std::string_view::npos ? 0 : -1;
  std::string out = "^(?:";
  bool in_class = false;
  for (size_t at = 0; at < pattern.size();) {
    const size_t next = NextChar(pattern, at);
    const std::string_view character = pattern.substr(at, next - at);
    at = next;
    if (!escape.empty() && character == escape) {
      if (at >= pattern.size()) {
        return InvalidArgument("SIMILAR TO pattern '{}' must not end with its escape character",
                               pattern);
      }
      const size_t end = NextChar(pattern, at);
      if (pattern[at] == '"') {
        if (++part > 2) {
          return InvalidArgument(
              "SQL regular expression may not contain more than two escape-double-quote "
              "separators");
        }
        out += part == 1 ? ")(" : ")(?:";
      } else {
        out += RE2::QuoteMeta(Piece(pattern.substr(at, end - at)));
      }
      at = end;
    } else if (in_class) {
      if (character == "]") in_class = false;
      if (character == "\\") out += '\\';
      out += character;
    } else if (character == "[") {
      in_class = true;
      out += '[';
    } else if (character == "%") {
      out += part == 0 ? ".*?" : ".*";
    } else if (part == 0 &&
               (character == "*" || character == "+" || character == "?" || character == "}")) {
      out += character;
      out += '?';
    } else if (character == "_") {
      out += '.';
    } else if (character == "(") {
      out += "(?:";
    } else if (character == "." || character == "^" || character == "$" || character == "\\") {
      out += '\\';
      out += character;
    } else {
      out += character;
    }
  }
  return out + ")$";
}

}  // namespace shale
