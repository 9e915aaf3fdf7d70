#include "engine/functions/json_text.h"

#include <charconv>
#include <cstdlib>

#include "engine/functions/utf8.h"

namespace shale {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

size_t SkipBlanks(std::string_view json, size_t at) {
  while (at < json.size() && IsBlank(json[at])) ++at;
  return at;
}

// Behind the string that opens at `at`.
size_t SkipString(std::string_view json, size_t at) {
  for (++at; at < json.size(); ++at) {
    if (json[at] == '"') return at + 1;
    if (json[at] == '\\') ++at;
  }
  return json.size();
}

// Behind the value at `at`.
size_t SkipValue(std::string_view json, size_t at) {
  if (at >= json.size()) return at;
  if (json[at] == '"') return SkipString(json, at);
  if (json[at] != '{' && json[at] != '[') {
    while (at < json.size() && !IsBlank(json[at]) && json[at] != ',' && json[at] != '}' &&
           json[at] != ']') {
      ++at;
    }
    return at;
  }
  int depth = 0;
  while (at < json.size()) {
    const char c = json[at];
    if (c == '"') {
      at = SkipString(json, at);
      continue;
    }
    depth += (c == '{' || c == '[') - (c == '}' || c == ']');
    ++at;
    if (depth == 0) break;
  }
  return at;
}

// Whether a quoted key says `name`.
bool KeyIs(std::string_view quoted, std::string_view name) {
  const std::string_view inside = quoted.substr(1, quoted.size() < 2 ? 0 : quoted.size() - 2);
  if (inside.find('\\') == std::string_view::npos) return inside == name;
  std::string buffer;
  std::string_view text;
  return JsonUnquote(quoted, &buffer, &text) && text == name;
}

bool ReadHex4(std::string_view text, size_t at, uint32_t* out) {
  if (at + 4 > text.size()) return false;
  const auto end = std::from_chars(text.data() + at, text.data() + at + 4, *out, 16);
  return end.ec == std::errc() && end.ptr == text.data() + at + 4;
}

bool ParseIndex(std::string_view text, int64_t* index) {
  const auto end = std::from_chars(text.data(), text.data() + text.size(), *index);
  return end.ec == std::errc() && end.ptr == text.data() + text.size() && !text.empty();
}

bool SameScalar(std::string_view a, std::string_view b) {
  const JsonKind kind = JsonKindOf(a);
  if (kind != JsonKindOf(b)) return false;
  if (a == b) return true;
  if (kind == JsonKind::kString) {
    std::string buffer_a;
    std::string buffer_b;
    std::string_view text_a;
    std::string_view text_b;
    return JsonUnquote(a, &buffer_a, &text_a) && JsonUnquote(b, &buffer_b, &text_b) &&
           text_a == text_b;
  }
  if (kind != JsonKind::kNumber) return false;
  // 1, 1.0 and 1e0 are one number; whole numbers too long for a double differ when written so.
  const auto is_whole = [](std::string_view text) {
    return text.find_first_of(".eE") == std::string_view::npos;
  };
  if (is_whole(a) && is_whole(b)) return false;
  return std::strtod(std::string(a).c_str(), nullptr) ==
         std::strtod(std::string(b).c_str(), nullptr);
}

bool IsContainer(JsonKind kind) { return kind == JsonKind::kArray || kind == JsonKind::kObject; }

bool Contains(std::string_view outer, std::string_view inner, bool top) {
  const JsonKind outer_kind = JsonKindOf(outer);
  const JsonKind inner_kind = JsonKindOf(inner);
  if (inner_kind == JsonKind::kObject) {
    if (outer_kind != JsonKind::kObject) return false;
    for (JsonItems members(inner); members.Next();) {
      std::string buffer;
      std::string_view name;
      if (!JsonUnquote(members.key(), &buffer, &name)) return false;
      const auto found = JsonMember(outer, name);
      if (!found || !Contains(*found, members.value(), false)) return false;
    }
    return true;
  }
  if (outer_kind == JsonKind::kArray && (inner_kind == JsonKind::kArray || top)) {
    const auto has = [&](std::string_view wanted) {
      for (JsonItems elements(outer); elements.Next();) {
        if (JsonKindOf(elements.value()) == JsonKindOf(wanted) &&
            Contains(elements.value(), wanted, false)) {
          return true;
        }
      }
      return false;
    };
    // An array may contain a bare scalar, at the top only.
    if (inner_kind != JsonKind::kArray) return has(inner);
    for (JsonItems elements(inner); elements.Next();) {
      if (!has(elements.value())) return false;
    }
    return true;
  }
  return !IsContainer(outer_kind) && !IsContainer(inner_kind) && SameScalar(outer, inner);
}

}  // namespace

std::string_view TrimJson(std::string_view json) {
  json.remove_prefix(SkipBlanks(json, 0));
  while (!json.empty() && IsBlank(json.back())) json.remove_suffix(1);
  return json;
}

JsonKind JsonKindOf(std::string_view value) {
  const size_t at = SkipBlanks(value, 0);
  switch (at < value.size() ? value[at] : 'n') {
    case '{': return JsonKind::kObject;
    case '[': return JsonKind::kArray;
    case '"': return JsonKind::kString;
    case 't':
    case 'f': return JsonKind::kBoolean;
    case 'n': return JsonKind::kNull;
    default: return JsonKind::kNumber;
  }
}

std::string_view JsonKindName(JsonKind kind) {
  switch (kind) {
    case JsonKind::kNull: return "null";
    case JsonKind::kBoolean: return "boolean";
    case JsonKind::kNumber: return "number";
    case JsonKind::kString: return "string";
    case JsonKind::kArray: return "array";
    case JsonKind::kObject: return "object";
  }
  return "";
}

JsonItems::JsonItems(std::string_view container) : json_(container) {
  at_ = SkipBlanks(json_, 0);
  const char open = at_ < json_.size() ? json_[at_] : ' ';
  is_object_ = open == '{';
  done_ = open != '{' && open != '[';
  ++at_;
}

bool JsonItems::Next() {
  if (done_) return false;
  at_ = SkipBlanks(json_, at_);
  if (at_ < json_.size() && json_[at_] == ',') at_ = SkipBlanks(json_, at_ + 1);
  if (at_ >= json_.size() || json_[at_] == '}' || json_[at_] == ']') {
    done_ = true;
    return false;
  }
  if (is_object_) {
    const size_t end = SkipString(json_, at_);
    key_ = json_.substr(at_, end - at_);
    at_ = SkipBlanks(json_, end);
    if (at_ < json_.size() && json_[at_] == ':') at_ = SkipBlanks(json_, at_ + 1);
  }
  const size_t end = SkipValue(json_, at_);
  if (at_ >= json_.size()) return false;
  value_ = json_.substr(at_, end - at_);
  done_ = end == at_;  // no progress: not valid JSON
  at_ = end;
  return true;
}

std::optional<std::string_view> JsonMember(std::string_view object, std::string_view name) {
  if (JsonKindOf(object) != JsonKind::kObject) return std::nullopt;
  std::optional<std::string_view> found;
  for (JsonItems members(object); members.Next();) {
    if (KeyIs(members.key(), name)) found = members.value();
  }
  return found;
}

std::optional<std::string_view> JsonElement(std::string_view array, int64_t index) {
  if (JsonKindOf(array) != JsonKind::kArray) return std::nullopt;
  if (index < 0) index += static_cast<int64_t>(JsonLength(array));
  if (index < 0) return std::nullopt;
  for (JsonItems elements(array); elements.Next();) {
    if (index-- == 0) return elements.value();
  }
  return std::nullopt;
}

size_t JsonLength(std::string_view container) {
  size_t length = 0;
  for (JsonItems items(container); items.Next();) ++length;
  return length;
}

bool JsonUnquote(std::string_view quoted, std::string* out, std::string_view* text) {
  *text = quoted.substr(1, quoted.size() < 2 ? 0 : quoted.size() - 2);
  size_t escape = text->find('\\');
  if (escape == std::string_view::npos) return true;
  out->clear();
  size_t at = 0;
  for (; escape != std::string_view::npos; escape = text->find('\\', at)) {
    out->append(text->substr(at, escape - at));
    at = escape + 2;
    if (escape + 1 >= text->size()) return false;
    switch ((*text)[escape + 1]) {
      case 'b': out->push_back('\b'); break;
      case 'f': out->push_back('\f'); break;
      case 'n': out->push_back('\n'); break;
      case 'r': out->push_back('\r'); break;
      case 't': out->push_back('\t'); break;
      case 'u': {
        uint32_t point = 0;
        if (!ReadHex4(*text, at, &point) || point == 0) return false;
        at += 4;
        if (point >= 0xdc00 && point < 0xe000) return false;
        if (point >= 0xd800 && point < 0xdc00) {
          uint32_t low = 0;
          if (text->substr(at, 2) != "\\u" || !ReadHex4(*text, at + 2, &low) || low < 0xdc00 ||
              low > 0xdfff) {
            return false;
          }
          at += 6;
          point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
        }
        AppendChar(point, out);
        break;
      }
      default: out->push_back((*text)[escape + 1]);
    }
  }
  out->append(text->substr(at));
  *text = *out;
  return true;
}

void AppendJsonString(std::string_view text, std::string* out) {
  out->push_back('"');
  for (const char c : text) {
    switch (c) {
      case '"': *out += "\\\""; break;
      case '\\': *out += "\\\\"; break;
      case '\n': *out += "\\n"; break;
      case '\r': *out += "\\r"; break;
      case '\t': *out += "\\t"; break;
      case '\b': *out += "\\b"; break;
      case '\f': *out += "\\f"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          *out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
          out->push_back(c);
        }
    }
  }
  out->push_back('"');
}

namespace {

JsonStep StepOf(std::string name) {
  JsonStep step;
  step.is_index = ParseIndex(name, &step.index);
  step.name = std::move(name);
  return step;
}

}  // namespace

StatusOr<JsonPath> ParseArrayPath(std::string_view text) {
  const std::string_view trimmed = TrimJson(text);
  if (trimmed.size() < 2 || trimmed.front() != '{' || trimmed.back() != '}') {
    return InvalidArgument("malformed path '{}': it is written '{{a,b,0}}'", text);
  }
  JsonPath path;
  const std::string_view inside = trimmed.substr(1, trimmed.size() - 2);
  size_t at = SkipBlanks(inside, 0);
  while (at < inside.size()) {
    std::string name;
    if (inside[at] == '"') {
      for (++at; at < inside.size() && inside[at] != '"'; ++at) {
        if (inside[at] == '\\' && at + 1 < inside.size()) ++at;
        name.push_back(inside[at]);
      }
      if (at++ >= inside.size()) {
        return InvalidArgument("malformed path '{}': a quote is not closed", text);
      }
    } else {
      const size_t end = std::min(inside.find(',', at), inside.size());
      name = TrimJson(inside.substr(at, end - at));
      at = end;
    }
    path.push_back(StepOf(std::move(name)));
    at = SkipBlanks(inside, at);
    if (at < inside.size() && inside[at] != ',') {
      return InvalidArgument("malformed path '{}': expected ',' at byte {}", text, at + 1);
    }
    at = SkipBlanks(inside, at + 1);
  }
  return path;
}

StatusOr<JsonPath> ParseJsonPath(std::string_view text) {
  JsonPath path;
  if (text.starts_with('/')) {
    for (size_t at = 1;;) {
      const size_t end = std::min(text.find('/', at), text.size());
      std::string name;
      for (size_t i = at; i < end; ++i) {
        const bool escaped = text[i] == '~' && i + 1 < end;
        name.push_back(escaped ? (text[i + 1] == '1' ? '/' : '~') : text[i]);
        i += escaped;
      }
      path.push_back(StepOf(std::move(name)));
      if (end == text.size()) return path;
      at = end + 1;
    }
  }
  if (!text.starts_with('$')) {
    JsonStep step;
    step.name = text;
    path.push_back(std::move(step));
    return path;
  }
  for (size_t at = 1; at < text.size();) {
    JsonStep step;
    if (text[at] == '.') {
      ++at;
      if (at < text.size() && text[at] == '"') {
        const size_t end = SkipString(text, at);
        std::string buffer;
        std::string_view name;
        if (!JsonUnquote(text.substr(at, end - at), &buffer, &name)) {
          return InvalidArgument("malformed JSON path '{}'", text);
        }
        step.name = name;
        at = end;
      } else {
        const size_t end = std::min(text.find_first_of(".[", at), text.size());
        step.name = text.substr(at, end - at);
        at = end;
      }
      if (step.name == "*") {
        return InvalidArgument("JSON path '{}': wildcards are not supported", text);
      }
    } else if (text[at] == '[') {
      const size_t end = text.find(']', at);
      std::string_view inside =
          text.substr(at + 1, end == std::string_view::npos ? 0 : end - at - 1);
      if (inside.size() >= 2 && (inside.front() == '\'' || inside.front() == '"')) {
        step.name = inside.substr(1, inside.size() - 2);
      } else {
        // "#-1" counts from the end, as "-1" does.
        if (inside.starts_with("#-")) inside.remove_prefix(1);
        step.name = inside;
        step.is_index = ParseIndex(inside, &step.index);
        if (!step.is_index) {
          return InvalidArgument("JSON path '{}': [{}] is no index", text, inside);
        }
      }
      at = end + 1;
    } else {
      return InvalidArgument("malformed JSON path '{}' at byte {}: expected '.' or '['", text,
                             at + 1);
    }
    path.push_back(std::move(step));
  }
  return path;
}

std::optional<std::string_view> JsonFollow(std::string_view json, const JsonPath& path) {
  std::optional<std::string_view> at = TrimJson(json);
  for (const JsonStep& step : path) {
    const bool into_array = step.is_index && JsonKindOf(*at) == JsonKind::kArray;
    at = into_array ? JsonElement(*at, step.index) : JsonMember(*at, step.name);
    if (!at) return at;
  }
  return at;
}

bool JsonContains(std::string_view outer, std::string_view inner) {
  return Contains(TrimJson(outer), TrimJson(inner), true);
}

}  // namespace shale
