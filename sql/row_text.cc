#include "sql/row_text.h"

#include <utf8proc.h>

#include <cmath>
#include <set>

#include "engine/functions/value_io.h"

namespace shale {
namespace {

// A JSON column's text is kept as it was written; line breaks between its tokens become blanks, so
// that a row stays on its line.
void AppendJsonDocument(std::string_view text, std::string* out) {
  for (char c : text) out->push_back(c == '\n' || c == '\r' ? ' ' : c);
}

void AppendJsonValue(const Value& value, std::string_view time_zone, std::string* out) {
  if (value.is_null()) {
    out->append("null");
    return;
  }
  const Type& type = value.type();
  switch (type.id()) {
    case TypeId::kList: {
      out->push_back('[');
      for (size_t i = 0; i < value.items().size(); ++i) {
        if (i > 0) out->push_back(',');
        AppendJsonValue(value.items()[i], time_zone, out);
      }
      out->push_back(']');
      return;
    }
    case TypeId::kStruct: {
      out->push_back('{');
      for (size_t i = 0; i < value.items().size(); ++i) {
        if (i > 0) out->push_back(',');
        AppendJsonText(type.fields()[i].first, out);
        out->push_back(':');
        AppendJsonValue(value.items()[i], time_zone, out);
      }
      out->push_back('}');
      return;
    }
    case TypeId::kBoolean: out->append(value.AsBool() ? "true" : "false"); return;
    case TypeId::kJson: AppendJsonDocument(value.AsString(), out); return;
    default: break;
  }
  std::string text = ToText(value, time_zone);
  bool bare = type.IsNumeric() && !(type.IsFloat() && !std::isfinite(value.AsDouble()));
  if (bare) {
    out->append(text);
  } else {
    AppendJsonText(text, out);
  }
}

}  // namespace

void AppendJson(const Vector& vector, size_t row, std::string_view time_zone, std::string* out) {
  if (vector.IsNull(row)) {
    out->append("null");
    return;
  }
  switch (vector.type().id()) {
    case TypeId::kBoolean: out->append(vector.values<uint8_t>()[row] ? "true" : "false"); return;
    case TypeId::kText: AppendJsonText(vector.values<std::string_view>()[row], out); return;
    case TypeId::kJson: AppendJsonDocument(vector.values<std::string_view>()[row], out); return;
    default: break;
  }
  if (vector.type().IsInteger() || vector.type().id() == TypeId::kDecimal) {
    AppendText(vector, row, time_zone, out);
    return;
  }
  AppendJsonValue(vector.GetValue(row), time_zone, out);
}

void AppendJsonText(std::string_view text, std::string* out) {
  constexpr char kHex[] = "0123456789abcdef";
  out->push_back('"');
  for (size_t at = 0; at < text.size();) {
    unsigned char c = static_cast<unsigned char>(text[at]);
    if (c >= 0x80) {
      utf8proc_int32_t character;
      auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + at;
      auto length =
          utf8proc_iterate(bytes, static_cast<utf8proc_ssize_t>(text.size() - at), &character);
      if (length > 0) {
        out->append(text.substr(at, static_cast<size_t>(length)));
        at += static_cast<size_t>(length);
      } else {
        out->append("\xef\xbf\xbd");
        ++at;
      }
      continue;
    }
    ++at;
    switch (c) {
      case '"': out->append("\\\""); break;
      case '\\': out->append("\\\\"); break;
      case '\n': out->append("\\n"); break;
      case '\r': out->append("\\r"); break;
      case '\t': out->append("\\t"); break;
      case '\b': out->append("\\b"); break;
      case '\f': out->append("\\f"); break;
      default:
        if (c < 0x20 || c == 0x7f) {
          out->append("\\u00");
          out->push_back(kHex[c >> 4]);
          out->push_back(kHex[c & 15]);
        } else {
          out->push_back(static_cast<char>(c));
        }
    }
  }
  out->push_back('"');
}

RowText::RowText(Options options, const std::vector<std::string>& names)
    : options_(std::move(options)), names_(names) {
  if (options_.format != RowFormat::kJson) return;
  std::set<std::string> taken;
  for (size_t i = 0; i < names.size(); ++i) {
    std::string name = names[i];
    for (int n = 1; !taken.insert(name).second; ++n) name = fmt::format("{}_{}", names[i], n);
    names_[i].clear();
    AppendJsonText(name, &names_[i]);
    names_[i].push_back(':');
  }
}

void RowText::AppendHeader(std::string* out) const {
  if (options_.format == RowFormat::kJson) return;
  for (size_t i = 0; i < names_.size(); ++i) {
    if (i > 0) out->push_back(options_.delimiter);
    AppendField(names_[i], out);
  }
  out->push_back('\n');
}

void RowText::AppendRow(const std::vector<Vector>& columns, size_t row, std::string* out) {
  if (options_.format == RowFormat::kJson) {
    AppendObject(columns, row, out);
    return;
  }
  for (size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) out->push_back(options_.delimiter);
    if (columns[i].IsNull(row)) {
      out->append(options_.null_text);
      continue;
    }
    field_.clear();
    AppendText(columns[i], row, options_.time_zone, &field_);
    AppendField(field_, out);
  }
}

void RowText::AppendField(std::string_view text, std::string* out) const {
  const char delimiter = options_.delimiter;
  if (options_.format == RowFormat::kTsv) {
    for (char c : text) {
      switch (c) {
        case '\\': out->append("\\\\"); break;
        case '\t': out->append("\\t"); break;
        case '\n': out->append("\\n"); break;
        case '\r': out->append("\\r"); break;
        case '\b': out->append("\\b"); break;
        case '\f': out->append("\\f"); break;
        case '\v': out->append("\\v"); break;
        default:
          if (c == delimiter) out->push_back('\\');
          out->push_back(c);
      }
    }
    return;
  }
  bool quote = text.empty() || text == options_.null_text;
  for (char c : text) quote |= c == delimiter || c == '"' || c == '\n' || c == '\r';
  if (!quote) {
    out->append(text);
    return;
  }
  out->push_back('"');
  for (char c : text) {
    if (c == '"') out->push_back('"');
    out->push_back(c);
  }
  out->push_back('"');
}

void RowText::AppendObject(const std::vector<Vector>& columns, size_t row, std::string* out) const {
  out->push_back('{');
  for (size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) out->push_back(',');
    out->append(names_[i]);
    AppendJson(columns[i], row, options_.time_zone, out);
  }
  out->push_back('}');
}

}  // namespace shale
