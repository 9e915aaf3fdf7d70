// NDJSON: simdjson finds the structure of each line and checks it; members are matched to fields
// by the order of the line before, else by hash.
#include <cstring>
#include <unordered_map>

#include "fmt/format.h"
#include "simdjson.h"
#include "tools/load/text/splitter.h"

namespace shale {
namespace {

namespace ondemand = simdjson::ondemand;

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// Appends the code point as UTF-8.
char* AppendUtf8(uint32_t code, char* out) {
  if (code < 0x80) {
    *out++ = static_cast<char>(code);
  } else if (code < 0x800) {
    *out++ = static_cast<char>(0xc0 | (code >> 6));
    *out++ = static_cast<char>(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    *out++ = static_cast<char>(0xe0 | (code >> 12));
    *out++ = static_cast<char>(0x80 | ((code >> 6) & 0x3f));
    *out++ = static_cast<char>(0x80 | (code & 0x3f));
  } else {
    *out++ = static_cast<char>(0xf0 | (code >> 18));
    *out++ = static_cast<char>(0x80 | ((code >> 12) & 0x3f));
    *out++ = static_cast<char>(0x80 | ((code >> 6) & 0x3f));
    *out++ = static_cast<char>(0x80 | (code & 0x3f));
  }
  return out;
}

bool ReadHex4(std::string_view raw, size_t at, uint32_t* value) {
  if (at + 4 > raw.size()) return false;
  uint32_t result = 0;
  for (size_t i = at; i < at + 4; ++i) {
    const char c = raw[i];
    uint32_t digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<uint32_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<uint32_t>(c - 'a' + 10);
    } else if (c >= 'A' && c <= 'F') {
      digit = static_cast<uint32_t>(c - 'A' + 10);
    } else {
      return false;
    }
    result = result * 16 + digit;
  }
  *value = result;
  return true;
}

// RFC 8259. False on an unknown escape, an unpaired surrogate or \u0000 (no TEXT holds it).
bool UnescapeJson(std::string_view raw, char* out, size_t* size) {
  char* const begin = out;
  for (size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '\\') {
      *out++ = raw[i];
      continue;
    }
    if (++i == raw.size()) return false;
    switch (raw[i]) {
      case '"': *out++ = '"'; break;
      case '\\': *out++ = '\\'; break;
      case '/': *out++ = '/'; break;
      case 'b': *out++ = '\b'; break;
      case 'f': *out++ = '\f'; break;
      case 'n': *out++ = '\n'; break;
      case 'r': *out++ = '\r'; break;
      case 't': *out++ = '\t'; break;
      case 'u': {
        uint32_t code = 0;
        if (!ReadHex4(raw, i + 1, &code)) return false;
        i += 4;
        if (code >= 0xd800 && code < 0xdc00) {
          uint32_t low = 0;
          if (i + 2 >= raw.size() || raw[i + 1] != '\\' || raw[i + 2] != 'u' ||
              !ReadHex4(raw, i + 3, &low) || low < 0xdc00 || low >= 0xe000) {
            return false;
          }
          i += 6;
          code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        } else if ((code >= 0xdc00 && code < 0xe000) || code == 0) {
          return false;
        }
        out = AppendUtf8(code, out);
        break;
      }
      default: return false;
    }
  }
  *size = static_cast<size_t>(out - begin);
  return true;
}

// A member of an object that is wanted: as a field, as an object with wanted members, or both.
struct KeyNode;
struct Member {
  std::string name;
  int field = -1;
  std::unique_ptr<KeyNode> children;
};
struct KeyNode {
  std::vector<Member> members;
  std::unordered_map<std::string_view, uint32_t> by_name;  // into members' own names

  Member* Find(std::string_view name) {
    const auto it = by_name.find(name);
    return it == by_name.end() ? nullptr : &members[it->second];
  }
  Member* Add(std::string_view name) {
    if (Member* member = Find(name)) return member;
    members.push_back(Member{std::string(name), -1, nullptr});
    if (members.capacity() != indexed_capacity_) {
      // The names moved: short ones live inside the members.
      by_name.clear();
      for (uint32_t i = 0; i < members.size(); ++i) by_name[members[i].name] = i;
      indexed_capacity_ = members.capacity();
    } else {
      by_name[members.back().name] = static_cast<uint32_t>(members.size() - 1);
    }
    return &members.back();
  }

 private:
  size_t indexed_capacity_ = 0;
};

class NdjsonSplitter : public Splitter {
 public:
  NdjsonSplitter(std::vector<std::string>* keys, bool discover, bool flatten,
                 std::map<std::string, uint64_t>* unknown, bool* overflow)
      : keys_(keys),
        discover_(discover),
        flatten_(flatten),
        unknown_(unknown),
        overflow_(overflow) {
    for (size_t i = 0; i < keys_->size(); ++i) {
      AddPath((*keys_)[i], static_cast<int>(i));
      if (discover_) by_path_.emplace((*keys_)[i], static_cast<int>(i));
    }
  }

  void Start(const TextBlock& block) override {
    text_ = block.text;
    at_ = 0;
  }

  bool Next(size_t max_rows, FieldBatch* batch, RejectList* rejects) override {
    // When discovering, a row may bring more fields than there were: room for some more, and the
    // row is read again where that does not do.
    size_t stride = keys_->size() + (discover_ ? 64 : 0);
    batch->Resize(max_rows, stride);
    batch->base = text_.data();
    while (batch->num_rows < max_rows && at_ < text_.size()) {
      const uint32_t line_begin = at_;
      const void* found = std::memchr(text_.data() + at_, '\n', text_.size() - at_);
      uint32_t end = found ? static_cast<uint32_t>(static_cast<const char*>(found) - text_.data())
                           : static_cast<uint32_t>(text_.size());
      const uint32_t next = found ? end + 1 : end;
      uint32_t begin = line_begin;
      while (begin < end && IsBlank(text_[begin])) ++begin;
      while (end > begin && IsBlank(text_[end - 1])) --end;
      if (begin == end) {
        at_ = next;
        continue;
      }
      row_ = batch->fields.data() + batch->num_rows * stride;
      stride_ = stride;
      for (size_t i = 0; i < stride; ++i) row_[i] = Field{};
      fault_ = nullptr;
      num_unknown_in_row_ = 0;
      const size_t num_keys = keys_->size();
      const bool ok = ReadLine(begin, end);
      if (!ok && keys_->size() > num_keys) {
        // A broken line brings no columns.
        Forget(&root_, static_cast<int>(num_keys));
        for (size_t i = num_keys; i < keys_->size(); ++i) by_path_.erase((*keys_)[i]);
        keys_->resize(num_keys);
      }
      if (keys_->size() > stride) {
        // Its fields do not fit: hand over what came before, and read this line again.
        if (batch->num_rows > 0) return true;
        stride = keys_->size() + 64;
        batch->Resize(max_rows, stride);
        continue;
      }
      at_ = next;
      if (!ok) {
        rejects->Add(begin, end, "", fmt::format("not JSON: {}", fault_));
        continue;
      }
      CountUnknown();
      batch->row_begin.data()[batch->num_rows] = begin;
      batch->row_end.data()[batch->num_rows] = end;
      ++batch->num_rows;
    }
    return batch->num_rows > 0;
  }

  bool Unescape(std::string_view raw, char* out, size_t* size) const override {
    return UnescapeJson(raw, out, size);
  }

 private:
  void AddPath(std::string_view path, int field) {
    if (flatten_) {
      // As a path, and as a member that has dots in its own name.
      KeyNode* node = &root_;
      std::string_view rest = path;
      for (size_t dot = rest.find('.'); dot != std::string_view::npos; dot = rest.find('.')) {
        Member* member = node->Add(rest.substr(0, dot));
        if (!member->children) member->children = std::make_unique<KeyNode>();
        node = member->children.get();
        rest.remove_prefix(dot + 1);
      }
      Member* leaf = node->Add(rest);
      if (leaf->field < 0) leaf->field = field;
    }
    Member* member = root_.Add(path);
    if (member->field < 0) member->field = field;
  }

  bool Fail(const char* fault) {
    fault_ = fault;
    return false;
  }
  bool Fail(simdjson::error_code code) { return Fail(simdjson::error_message(code)); }

  bool ReadLine(uint32_t begin, uint32_t end) {
    if (text_[begin] != '{') return Fail("a line is one object in braces");
    ondemand::document document;
    // The line is followed by the rest of the block and the block by its slack.
    const simdjson::padded_string_view line(text_.data() + begin, end - begin,
                                            end - begin + simdjson::SIMDJSON_PADDING);
    if (const auto code = parser_.iterate(line).get(document)) return Fail(code);
    ondemand::object object;
    if (const auto code = document.get_object().get(object)) return Fail(code);
    if (!ReadObject(object, &root_, 0)) return false;
    const char* rest = nullptr;
    if (document.current_location().get(rest) == simdjson::SUCCESS) {
      return Fail("text after the object");
    }
    return true;
  }

  bool ReadObject(ondemand::object& object, KeyNode* node, int depth) {
    size_t expected = 0;
    for (auto item : object) {
      ondemand::field field;
      if (const auto code = std::move(item).get(field)) return Fail(code);
      const char* const raw_key = reinterpret_cast<const char*>(field.key().raw());
      Member* member = nullptr;
      if (expected < node->members.size()) {
        Member& next = node->members.data()[expected];
        // The closing quote after an equal name makes it the whole name.
        if (next.name.size() < static_cast<size_t>(text_.data() + text_.size() - raw_key) &&
            std::memcmp(raw_key, next.name.data(), next.name.size()) == 0 &&
            raw_key[next.name.size()] == '"' && next.name.find('\\') == std::string::npos) {
          member = &next;
        }
      }
      if (!member) {
        std::string_view key;
        if (!ReadKey(raw_key, &key)) return Fail("an invalid escape in a name");
        member = node->Find(key);
        if (!member) {
          if (discover_) {
            member = node->Add(key);
          } else {
            if (!SkipUnknown(field.value(), key)) return false;
            continue;
          }
        }
      }
      expected = static_cast<size_t>(member - node->members.data()) + 1;
      if (!ReadValue(field.value(), node, static_cast<size_t>(member - node->members.data()),
                     depth)) {
        return false;
      }
    }
    return true;
  }

  bool ReadKey(const char* raw, std::string_view* key) {
    const char* end = raw;
    bool escaped = false;
    while (*end != '"') {
      if (*end == '\\') {
        escaped = true;
        ++end;
      }
      ++end;
    }
    *key = {raw, static_cast<size_t>(end - raw)};
    if (!escaped) return true;
    key_bytes_.resize(key->size());
    size_t size = 0;
    if (!UnescapeJson(*key, key_bytes_.data(), &size)) return false;
    *key = {key_bytes_.data(), size};
    return true;
  }

  // Members are named by index: adding one moves them.
  bool ReadValue(ondemand::value value, KeyNode* node, size_t member_index, int depth) {
    ondemand::json_type kind;
    if (const auto code = value.type().get(kind)) return Fail(code);
    if (kind == ondemand::json_type::object && flatten_ && depth + 1 < kMaxFlattenDepth) {
      Member& member = node->members.data()[member_index];
      if (discover_ && !member.children) member.children = std::make_unique<KeyNode>();
      if (member.children) {
        ondemand::object object;
        if (const auto code = value.get_object().get(object)) return Fail(code);
        if (!discover_) return ReadObject(object, member.children.get(), depth + 1);
        const size_t prefix = path_.size();
        path_.append(member.name).push_back('.');
        const bool ok = ReadObject(object, member.children.get(), depth + 1);
        path_.resize(prefix);
        return ok;
      }
    }
    std::string_view text;
    Field out;
    if (kind == ondemand::json_type::object || kind == ondemand::json_type::array) {
      if (const auto code = Raw(value, kind).get(text)) return Fail(code);
      if (!CheckNested(text)) return false;
      out.bits = static_cast<uint32_t>(text.size()) | Field::kNested;
      out.begin = Position(text);
    } else {
      text = value.raw_json_token();
      while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
      if (!ReadScalar(kind, text, &out)) return false;
    }
    Member& member = node->members.data()[member_index];
    if (member.field < 0 && discover_ && !Discover(&member)) return true;
    if (member.field >= 0 && static_cast<size_t>(member.field) < stride_) {
      row_[member.field] = out;
    } else if (member.field < 0 && !discover_) {
      NoteUnknown(member.name);
    }
    return true;
  }

  bool Discover(Member* member) {
    if (keys_->size() >= kMaxTextColumns) {  // even where the column exists: this is an error
      *overflow_ = true;
      return false;
    }
    // A member with dots in its own name may be the same column as a nested one.
    std::string path = path_ + member->name;
    const auto [it, is_new] = by_path_.try_emplace(path, static_cast<int>(keys_->size()));
    member->field = it->second;
    if (is_new) keys_->push_back(std::move(path));
    return true;
  }

  static void Forget(KeyNode* node, int first_field) {
    for (Member& member : node->members) {
      if (member.field >= first_field) member.field = -1;
      if (member.children) Forget(member.children.get(), first_field);
    }
  }

  static simdjson::simdjson_result<std::string_view> Raw(ondemand::value value,
                                                         ondemand::json_type kind) {
    if (kind == ondemand::json_type::object) {
      ondemand::object object;
      if (const auto code = value.get_object().get(object)) return code;
      return object.raw_json();
    }
    ondemand::array array;
    if (const auto code = value.get_array().get(array)) return code;
    return array.raw_json();
  }

  bool ReadScalar(ondemand::json_type kind, std::string_view text, Field* out) {
    out->begin = Position(text);
    out->bits = static_cast<uint32_t>(text.size());
    switch (kind) {
      case ondemand::json_type::string: {
        if (text.size() < 2 || text.back() != '"') return Fail("a string is not closed");
        out->begin += 1;
        out->bits = static_cast<uint32_t>(text.size() - 2) | Field::kQuoted;
        if (std::memchr(text.data() + 1, '\\', text.size() - 2)) out->bits |= Field::kEscaped;
        return true;
      }
      case ondemand::json_type::null:
        if (text != "null") return Fail("an unknown word where a value should be");
        out->bits = Field::kNull;
        return true;
      case ondemand::json_type::boolean:
        if (text != "true" && text != "false") {
          return Fail("an unknown word where a value should be");
        }
        return true;
      case ondemand::json_type::number:
        if (!IsJsonNumber(text)) return Fail("a malformed number");
        return true;
      default: return Fail("an unknown kind of value");
    }
  }

  static bool IsJsonNumber(std::string_view text) {
    size_t i = 0;
    const auto digits = [&] {
      const size_t begin = i;
      while (i < text.size() && text[i] >= '0' && text[i] <= '9') ++i;
      return i - begin;
    };
    if (i < text.size() && text[i] == '-') ++i;
    const size_t first = i;
    const size_t whole = digits();
    if (whole == 0 || (whole > 1 && text[first] == '0')) return false;
    if (i < text.size() && text[i] == '.') {
      ++i;
      if (digits() == 0) return false;
    }
    if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
      ++i;
      if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
      if (digits() == 0) return false;
    }
    return i == text.size();
  }

  // What is kept as JSON, or passed over, is checked as a whole: reading on demand only counts its
  // brackets.
  bool CheckNested(std::string_view text) {
    simdjson::dom::element element;
    const auto code = nested_parser_.parse(text.data(), text.size(), true).get(element);
    if (code) return Fail(code);
    return true;
  }

  bool SkipUnknown(ondemand::value value, std::string_view key) {
    ondemand::json_type kind;
    if (const auto code = value.type().get(kind)) return Fail(code);
    std::string_view text;
    Field ignored;
    if (kind == ondemand::json_type::object || kind == ondemand::json_type::array) {
      if (const auto code = Raw(value, kind).get(text)) return Fail(code);
      if (!CheckNested(text)) return false;
    } else {
      text = value.raw_json_token();
      while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
      if (!ReadScalar(kind, text, &ignored)) return false;
    }
    NoteUnknown(key);
    return true;
  }

  // Unknown names count once the row is known to be good.
  void NoteUnknown(std::string_view key) {
    if (!unknown_) return;
    if (num_unknown_in_row_ == unknown_in_row_.size()) unknown_in_row_.emplace_back();
    unknown_in_row_[num_unknown_in_row_++].assign(key);
  }
  void CountUnknown() {
    for (size_t i = 0; i < num_unknown_in_row_; ++i) {
      const auto it = unknown_->find(unknown_in_row_[i]);
      if (it != unknown_->end()) {
        ++it->second;
      } else if (unknown_->size() < kMaxUnknownKeys) {
        unknown_->emplace(unknown_in_row_[i], 1);
      }
    }
  }

  uint32_t Position(std::string_view text) const {
    return static_cast<uint32_t>(text.data() - text_.data());
  }

  std::vector<std::string>* const keys_;
  const bool discover_;
  const bool flatten_;
  std::map<std::string, uint64_t>* const unknown_;
  bool* const overflow_;

  KeyNode root_;
  std::unordered_map<std::string, int> by_path_;  // when discovering: keys to their fields
  ondemand::parser parser_;
  simdjson::dom::parser nested_parser_;
  std::string path_;
  std::string key_bytes_;
  std::vector<std::string> unknown_in_row_;
  size_t num_unknown_in_row_ = 0;

  std::string_view text_;
  uint32_t at_ = 0;
  Field* row_ = nullptr;
  size_t stride_ = 0;
  const char* fault_ = nullptr;
};

// Splitter over keys of its own.
class FixedNdjsonSplitter : public NdjsonSplitter {
 public:
  FixedNdjsonSplitter(std::unique_ptr<std::vector<std::string>> keys, bool flatten,
                      std::map<std::string, uint64_t>* unknown)
      : NdjsonSplitter(keys.get(), false, flatten, unknown, nullptr), own_keys_(std::move(keys)) {}

 private:
  std::unique_ptr<std::vector<std::string>> own_keys_;
};

}  // namespace

std::unique_ptr<Splitter> MakeNdjsonSplitter(const std::vector<std::string>& keys, bool flatten,
                                             std::map<std::string, uint64_t>* unknown) {
  return std::make_unique<FixedNdjsonSplitter>(std::make_unique<std::vector<std::string>>(keys),
                                               flatten, unknown);
}

std::unique_ptr<Splitter> MakeNdjsonDiscoverer(std::vector<std::string>* keys, bool flatten,
                                               bool* overflow) {
  return std::make_unique<NdjsonSplitter>(keys, true, flatten, nullptr, overflow);
}

}  // namespace shale
