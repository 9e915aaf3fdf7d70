// PostgreSQL's text of arrays: {1,2,NULL,"a b",{…}}.
#include "engine/functions/value_format.h"
#include "engine/functions/value_io.h"
#include "engine/vector/vector_builder.h"

namespace shale {
namespace {

constexpr int kMaxListDepth = 6;  // PostgreSQL's MAXDIM

bool IsNullWord(std::string_view text) {
  const auto is = [&](size_t at, char lower) { return (text[at] | 0x20) == lower; };
  return text.size() == 4 && is(0, 'n') && is(1, 'u') && is(2, 'l') && is(3, 'l');
}
bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// One text being read; every Read leaves `at_` behind what it read.
class ListReader {
 public:
  ListReader(std::string_view text, std::string_view time_zone)
      : text_(text), time_zone_(time_zone) {}

  Status Read(VectorBuilder* out) {
    SkipSpace();
    if (at_ < text_.size() && text_[at_] == '[') {
      return Error("bounds before \"=\" are not supported: elements are numbered from 1");
    }
    if (!Take('{')) return Error("Array value must start with \"{\".");
    RETURN_IF_ERROR(ReadItems(out, 1));
    SkipSpace();
    if (at_ == text_.size()) return OkStatus();
    out->Truncate(out->size() - 1);
    return Error("Junk after closing right brace.");
  }

 private:
  Status Error(std::string_view why) const {
    constexpr size_t kShown = 200;
    return InvalidArgument("malformed array literal: \"{}{}\": {}", text_.substr(0, kShown),
                           text_.size() > kShown ? "…" : "", why);
  }
  void SkipSpace() {
    while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
  }
  bool Take(char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  // Behind the brace; a list of `out` is the result.
  Status ReadItems(VectorBuilder* out, int depth) {
    if (depth > kMaxListDepth) {
      return Error("it is nested deeper than 6 (kMaxListDepth)");
    }
    VectorBuilder* items = &out->child();
    const size_t begin = items->size();
    Status status = ReadItemsInto(items, depth);
    if (!status.ok()) {
      items->Truncate(begin);
      return status;
    }
    out->EndList();
    return OkStatus();
  }

  Status ReadItemsInto(VectorBuilder* items, int depth) {
    const bool nested = items->type().id() == TypeId::kList;
    SkipSpace();
    if (Take('}')) return OkStatus();
    while (true) {
      SkipSpace();
      if (at_ == text_.size()) return Error("Unexpected end of input.");
      if (text_[at_] == '{') {
        if (!nested) return Error("it has more dimensions than the type");
        ++at_;
        RETURN_IF_ERROR(ReadItems(items, depth + 1));
      } else {
        RETURN_IF_ERROR(ReadItem(items, nested));
      }
      SkipSpace();
      if (Take('}')) return OkStatus();
      if (at_ == text_.size()) return Error("Unexpected end of input.");
      if (!Take(',')) return Error("Unexpected array element.");
    }
  }

  Status ReadItem(VectorBuilder* items, bool nested) {
    item_.clear();
    bool quoted = Take('"');
    if (quoted) {
      for (;; ++at_) {
        if (at_ == text_.size()) return Error("Unexpected end of input.");
        if (text_[at_] == '"') break;
        if (text_[at_] == '\\' && ++at_ == text_.size()) return Error("Unexpected end of input.");
        item_.push_back(text_[at_]);
      }
      ++at_;
    } else {
      size_t kept = 0;  // without the blanks at the end that nothing escapes
      for (; at_ < text_.size() && text_[at_] != ',' && text_[at_] != '}'; ++at_) {
        const char c = text_[at_];
        if (c == '"' || c == '{') return Error(fmt::format("Unexpected \"{}\" character.", c));
        const bool escaped = c == '\\';
        if (escaped && ++at_ == text_.size()) return Error("Unexpected end of input.");
        item_.push_back(text_[at_]);
        quoted |= escaped;  // \NULL is a text
        if (escaped || !IsSpace(c)) kept = item_.size();
      }
      item_.resize(kept);
      if (kept == 0) {
        return at_ == text_.size() ? Error("Unexpected end of input.")
                                   : Error(fmt::format("Unexpected \"{}\" character.", text_[at_]));
      }
    }
    if (!quoted && IsNullWord(item_)) {
      items->AppendNull();
      return OkStatus();
    }
    if (nested) return Error("it has fewer dimensions than the type");
    return AppendParsed(item_, time_zone_, items) ? OkStatus() : ParseError(item_, items->type());
  }

  std::string_view text_;
  std::string_view time_zone_;
  size_t at_ = 0;
  std::string item_;
};

}  // namespace

bool AppendParsed(std::string_view text, std::string_view time_zone, VectorBuilder* out) {
  ParseScratch scratch;
  alignas(16) char bytes[16] = {};
  if (!ParseValue(text, out->type(), time_zone, bytes, &scratch)) return false;
  auto append = [&]<typename T>(T) {
    T value;
    std::memcpy(static_cast<void*>(&value), bytes, sizeof(T));
    out->Append<T>(value);
  };
  switch (out->type().physical()) {
    case PhysicalType::kBool: append(uint8_t{}); break;
    case PhysicalType::kInt8: append(int8_t{}); break;
    case PhysicalType::kInt16: append(int16_t{}); break;
    case PhysicalType::kInt32: append(int32_t{}); break;
    case PhysicalType::kInt64: append(int64_t{}); break;
    case PhysicalType::kUInt8: append(uint8_t{}); break;
    case PhysicalType::kUInt16: append(uint16_t{}); break;
    case PhysicalType::kUInt32: append(uint32_t{}); break;
    case PhysicalType::kUInt64: append(uint64_t{}); break;
    case PhysicalType::kInt128: append(int128_t{}); break;
    case PhysicalType::kFloat: append(float{}); break;
    case PhysicalType::kDouble: append(double{}); break;
    case PhysicalType::kInterval: append(Interval{}); break;
    case PhysicalType::kString: append(std::string_view{}); break;
    case PhysicalType::kList:
    case PhysicalType::kStruct: return false;
  }
  return true;
}

Status ParseList(std::string_view text, std::string_view time_zone, VectorBuilder* out) {
  return ListReader(text, time_zone).Read(out);
}

// An item of a list as PostgreSQL quotes it in '{…}'.
void AppendListItem(std::string_view text, std::string* out) {
  bool quote = text.empty() || IsNullWord(text);
  for (char c : text) {
    quote |= c == '{' || c == '}' || c == ',' || c == '"' || c == '\\' || IsSpace(c);
  }
  if (!quote) {
    *out += text;
    return;
  }
  out->push_back('"');
  for (char c : text) {
    if (c == '"' || c == '\\') out->push_back('\\');
    out->push_back(c);
  }
  out->push_back('"');
}

}  // namespace shale
