#include "engine/functions/json_write.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "engine/functions/date.h"
#include "engine/functions/value_format.h"
#include "engine/functions/value_io.h"

namespace shale {
namespace {

// Exponents beyond this stay as they are written: nobody wants a thousand zeros.
constexpr int kMaxPlainExponent = 400;

// "1e2" as 100, "-0" as 0, "1.50" as it is: what NUMERIC prints.
void AppendPlainNumber(std::string_view number, std::string* out) {
  const bool negative = number.starts_with('-');
  std::string_view rest = number.substr(negative);
  const size_t e = rest.find_first_of("eE");
  int exponent = 0;
  if (e != std::string_view::npos) {
    std::string_view digits = rest.substr(e + 1);
    if (!digits.empty() && digits[0] == '+') digits.remove_prefix(1);
    const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
    if (end.ec != std::errc() || std::abs(exponent) > kMaxPlainExponent) {
      out->append(number);
      return;
    }
    rest = rest.substr(0, e);
  }
  const size_t point = rest.find('.');
  std::string digits(rest.substr(0, point));
  int scale = 0;
  if (point != std::string_view::npos) {
    digits += rest.substr(point + 1);
    scale = static_cast<int>(rest.size() - point - 1);
  }
  scale -= exponent;
  if (scale < 0) {
    digits.append(static_cast<size_t>(-scale), '0');
    scale = 0;
  }
  if (static_cast<int>(digits.size()) <= scale) {
    digits.insert(0, static_cast<size_t>(scale) + 1 - digits.size(), '0');
  }
  const size_t first = std::min(digits.find_first_not_of('0'), digits.size() - scale - 1);
  digits.erase(0, first);
  if (negative && digits.find_first_not_of('0') != std::string::npos) out->push_back('-');
  const size_t whole = digits.size() - static_cast<size_t>(scale);
  out->append(digits, 0, whole);
  if (scale > 0) {
    out->push_back('.');
    out->append(digits, whole);
  }
}

// A string with only the escapes that it needs.
void AppendPlainString(std::string_view quoted, std::string* out) {
  std::string buffer;
  std::string_view text;
  if (JsonUnquote(quoted, &buffer, &text)) {
    AppendJsonString(text, out);
  } else {
    out->append(quoted);  // \u0000 and the like stay
  }
}

// Members of an object in canonical order, each name once. Names are unescaped.
struct Member {
  std::string name;
  std::string_view value;
};
std::vector<Member> CanonicalMembers(std::string_view object) {
  std::vector<Member> members;
  std::string buffer;
  for (JsonItems items(object); items.Next();) {
    std::string_view name;
    if (!JsonUnquote(items.key(), &buffer, &name)) {
      name = items.key();
      if (name.size() >= 2) name = name.substr(1, name.size() - 2);
    }
    members.push_back({std::string(name), items.value()});
  }
  std::stable_sort(members.begin(), members.end(), [](const Member& a, const Member& b) {
    return a.name.size() != b.name.size() ? a.name.size() < b.name.size() : a.name < b.name;
  });
  size_t kept = 0;
  for (size_t i = 0; i < members.size(); ++i) {
    const bool last = i + 1 == members.size() || members[i + 1].name != members[i].name;
    if (last && kept != i) members[kept] = std::move(members[i]);
    kept += last;
  }
  members.resize(kept);
  return members;
}

void AppendMembers(const std::vector<Member>& members, std::string* out) {
  out->push_back('{');
  for (size_t i = 0; i < members.size(); ++i) {
    if (i > 0) *out += ", ";
    AppendJsonString(members[i].name, out);
    *out += ": ";
    AppendCanonicalJson(members[i].value, out);
  }
  out->push_back('}');
}

void AppendElements(const std::vector<std::string_view>& elements, std::string* out) {
  out->push_back('[');
  for (size_t i = 0; i < elements.size(); ++i) {
    if (i > 0) *out += ", ";
    AppendCanonicalJson(elements[i], out);
  }
  out->push_back(']');
}

std::vector<std::string_view> ElementsOf(std::string_view array) {
  std::vector<std::string_view> elements;
  for (JsonItems items(array); items.Next();) elements.push_back(items.value());
  return elements;
}

// ISO 8601 out of PostgreSQL's text: "2020-01-01T10:00:00+01:00".
void AppendIsoTime(std::string text, bool instant, std::string* out) {
  const size_t blank = text.find(' ');
  if (blank != std::string::npos && text.find_first_of("0123456789") == 0) text[blank] = 'T';
  if (instant && text.size() >= 3) {
    const char sign = text[text.size() - 3];
    if (sign == '+' || sign == '-') text += ":00";
  }
  AppendJsonString(text, out);
}

}  // namespace

void AppendValueAsJson(const Vector& vector, size_t row, std::string_view time_zone,
                       std::string* out) {
  if (vector.IsNull(row)) {
    *out += "null";
    return;
  }
  const Type& type = vector.type();
  switch (type.id()) {
    case TypeId::kBoolean:
    case TypeId::kJson:
    case TypeId::kText: {
      const size_t at = vector.is_constant() ? 0 : row;
      if (type.id() == TypeId::kBoolean) {
        *out += vector.values<uint8_t>()[at] ? "true" : "false";
      } else if (type.id() == TypeId::kJson) {
        out->append(vector.values<std::string_view>()[at]);
      } else {
        AppendJsonString(vector.values<std::string_view>()[at], out);
      }
      return;
    }
    case TypeId::kList: {
      const ListEntry entry = vector.values<ListEntry>()[vector.is_constant() ? 0 : row];
      const Vector& child = vector.children()[0];
      Vector flat;
      if (!child.is_flat()) flat = child.Flatten();
      out->push_back('[');
      for (uint32_t i = 0; i < entry.length; ++i) {
        if (i > 0) out->push_back(',');
        AppendValueAsJson(child.is_flat() ? child : flat, entry.offset + i, time_zone, out);
      }
      out->push_back(']');
      return;
    }
    default: break;
  }
  std::string text = ToText(vector.GetValue(row), time_zone);
  if (type.id() == TypeId::kTimestamp || type.id() == TypeId::kTimestampTz) {
    AppendIsoTime(std::move(text), type.id() == TypeId::kTimestampTz, out);
  } else if (type.IsNumeric() && text.find_first_of("NI") == std::string::npos) {
    *out += text == "-0" ? "0" : text;  // they are equal, and a dictionary holds one of them
  } else {
    AppendJsonString(text, out);
  }
}

void AppendCanonicalJson(std::string_view json, std::string* out) {
  const std::string_view value = TrimJson(json);
  switch (JsonKindOf(value)) {
    case JsonKind::kObject: AppendMembers(CanonicalMembers(value), out); break;
    case JsonKind::kArray: AppendElements(ElementsOf(value), out); break;
    case JsonKind::kNumber: AppendPlainNumber(value, out); break;
    case JsonKind::kString: AppendPlainString(value, out); break;
    default: out->append(value);
  }
}

void AppendPrettyJson(std::string_view json, int level, std::string* out) {
  const std::string_view value = TrimJson(json);
  const JsonKind kind = JsonKindOf(value);
  if (kind != JsonKind::kObject && kind != JsonKind::kArray) {
    AppendCanonicalJson(value, out);
    return;
  }
  const auto indent = [&](int levels) {
    out->push_back('\n');
    out->append(static_cast<size_t>(levels) * 4, ' ');
  };
  out->push_back(kind == JsonKind::kObject ? '{' : '[');
  bool first = true;
  const auto begin_item = [&] {
    if (!first) out->push_back(',');
    first = false;
    indent(level + 1);
  };
  if (kind == JsonKind::kObject) {
    for (const Member& member : CanonicalMembers(value)) {
      begin_item();
      AppendJsonString(member.name, out);
      *out += ": ";
      AppendPrettyJson(member.value, level + 1, out);
    }
  } else {
    for (const std::string_view element : ElementsOf(value)) {
      begin_item();
      AppendPrettyJson(element, level + 1, out);
    }
  }
  indent(level);
  out->push_back(kind == JsonKind::kObject ? '}' : ']');
}

void AppendJsonWithoutNulls(std::string_view json, JsonStyle style, std::string* out) {
  const std::string_view value = TrimJson(json);
  const JsonKind kind = JsonKindOf(value);
  if (kind != JsonKind::kObject && kind != JsonKind::kArray) {
    out->append(value);
    return;
  }
  out->push_back(kind == JsonKind::kObject ? '{' : '[');
  bool first = true;
  for (JsonItems items(value); items.Next();) {
    if (kind == JsonKind::kObject && JsonKindOf(items.value()) == JsonKind::kNull) continue;
    if (!first) out->push_back(',');
    first = false;
    if (kind == JsonKind::kObject) {
      out->append(items.key());
      out->push_back(':');
    }
    AppendJsonWithoutNulls(items.value(), JsonStyle::kAsWritten, out);
  }
  out->push_back(kind == JsonKind::kObject ? '}' : ']');
  if (style == JsonStyle::kCanonical) {
    const std::string plain = std::exchange(*out, std::string());
    AppendCanonicalJson(plain, out);
  }
}

namespace {

Status EditAt(std::string_view json, const JsonPath& path, size_t step, JsonEditKind kind,
              std::string_view new_value, std::string* out);

Status EditObject(std::string_view object, const JsonPath& path, size_t step, JsonEditKind kind,
                  std::string_view new_value, std::string* out) {
  const bool last = step + 1 == path.size();
  std::vector<Member> members = CanonicalMembers(object);
  const auto found = std::find_if(members.begin(), members.end(), [&](const Member& member) {
    return member.name == path[step].name;
  });
  std::string edited;
  if (found == members.end()) {
    if (last && (kind == JsonEditKind::kSet || kind == JsonEditKind::kInsertBefore ||
                 kind == JsonEditKind::kInsertAfter)) {
      // One object more puts the new name in its place.
      std::string joined = "{";
      AppendJsonString(path[step].name, &joined);
      joined += ": ";
      joined += new_value;
      joined += "}";
      return AppendJoinedJson(object, joined, out);
    }
  } else if (!last) {
    RETURN_IF_ERROR(EditAt(found->value, path, step + 1, kind, new_value, &edited));
    found->value = edited;
  } else if (kind == JsonEditKind::kDelete) {
    members.erase(found);
  } else if (kind == JsonEditKind::kSet || kind == JsonEditKind::kReplace) {
    found->value = new_value;
  } else {
    return InvalidArgument("cannot replace existing key; try using the function jsonb_set");
  }
  AppendMembers(members, out);
  return OkStatus();
}

Status EditArray(std::string_view array, const JsonPath& path, size_t step, JsonEditKind kind,
                 std::string_view new_value, std::string* out) {
  const bool last = step + 1 == path.size();
  if (!path[step].is_index) {
    return InvalidArgument("path element at position {} is not an integer: \"{}\"", step + 1,
                           path[step].name);
  }
  std::vector<std::string_view> elements = ElementsOf(array);
  const auto size = static_cast<int64_t>(elements.size());
  int64_t index = path[step].index;
  if (index < 0) index += size;
  std::string edited;
  if (index >= 0 && index < size) {
    const auto at = elements.begin() + index;
    if (!last) {
      RETURN_IF_ERROR(EditAt(*at, path, step + 1, kind, new_value, &edited));
      *at = edited;
    } else if (kind == JsonEditKind::kDelete) {
      elements.erase(at);
    } else if (kind == JsonEditKind::kSet || kind == JsonEditKind::kReplace) {
      *at = new_value;
    } else {
      elements.insert(at + (kind == JsonEditKind::kInsertAfter), new_value);
    }
  } else if (last && kind != JsonEditKind::kReplace && kind != JsonEditKind::kDelete) {
    // Beyond either end: there.
    elements.insert(index < 0 ? elements.begin() : elements.end(), new_value);
  }
  AppendElements(elements, out);
  return OkStatus();
}

Status EditAt(std::string_view json, const JsonPath& path, size_t step, JsonEditKind kind,
              std::string_view new_value, std::string* out) {
  const std::string_view value = TrimJson(json);
  switch (JsonKindOf(value)) {
    case JsonKind::kObject: return EditObject(value, path, step, kind, new_value, out);
    case JsonKind::kArray: return EditArray(value, path, step, kind, new_value, out);
    default: AppendCanonicalJson(value, out); return OkStatus();
  }
}

}  // namespace

Status AppendEditedJson(std::string_view json, const JsonPath& path, JsonEditKind kind,
                        std::string_view value, std::string* out) {
  const JsonKind top = JsonKindOf(TrimJson(json));
  if (top != JsonKind::kObject && top != JsonKind::kArray) {
    return InvalidArgument("cannot {} path in scalar",
                           kind == JsonEditKind::kDelete ? "delete" : "set");
  }
  if (path.empty()) {
    AppendCanonicalJson(json, out);
    return OkStatus();
  }
  return EditAt(json, path, 0, kind, value, out);
}

Status AppendJoinedJson(std::string_view a, std::string_view b, std::string* out) {
  const std::string_view left = TrimJson(a), right = TrimJson(b);
  const bool left_object = JsonKindOf(left) == JsonKind::kObject;
  const bool right_object = JsonKindOf(right) == JsonKind::kObject;
  if (left_object && right_object) {
    // Members of both in one text: the last of a name wins.
    std::string both(left.substr(0, left.size() - 1));
    const bool needs_comma = JsonLength(left) > 0 && JsonLength(right) > 0;
    if (needs_comma) both += ',';
    both += right.substr(1);
    AppendCanonicalJson(both, out);
    return OkStatus();
  }
  std::vector<std::string_view> elements;
  for (const std::string_view side : {left, right}) {
    if (JsonKindOf(side) == JsonKind::kArray) {
      for (JsonItems items(side); items.Next();) elements.push_back(items.value());
    } else {
      elements.push_back(side);
    }
  }
  AppendElements(elements, out);
  return OkStatus();
}

}  // namespace shale
