// Access logs: host ident user [time] "request" status bytes "referrer" "user agent". The common
// format is the same without the last two.
#include <cstring>

#include "fmt/format.h"
#include "simdjson.h"
#include "tools/load/text/splitter.h"

namespace shale {
namespace {

// Where a line's eleven fields stand, as (begin, end) and flags.
enum Column {
  kIp,
  kIdent,
  kUser,
  kTime,
  kMethod,
  kUrl,
  kProtocol,
  kStatus,
  kBytes,
  kReferer,
  kUserAgent
};

class LineReader {
 public:
  LineReader(const char* text, uint32_t begin, uint32_t end, Field* fields)
      : text_(text), at_(begin), end_(end), fields_(fields) {}

  // Null on success, else what is wrong; `*column` then names where.
  const char* Read(const char** column) {
    for (size_t i = 0; i < kNumCombinedColumns; ++i) fields_[i] = Field{};
    *column = "ip";
    if (!ReadWord(kIp)) return "the client's address is missing";
    *column = "ident";
    if (!ReadWord(kIdent)) return "the identity is missing";
    *column = "user";
    // A user name may hold blanks, so it ends where the time begins.
    const uint32_t user = at_;
    const char* bracket = Find(" [");
    if (!bracket) return "no [time] in brackets";
    const uint32_t bracket_at = static_cast<uint32_t>(bracket - text_);
    if (bracket_at == user) return "the user is missing";
    SetUnlessDash(kUser, user, bracket_at, 0);
    at_ = bracket_at + 2;
    *column = "ts";
    const char* close = FindByte(']');
    if (!close) return "the time's closing bracket is missing";
    const uint32_t close_at = static_cast<uint32_t>(close - text_);
    fields_[kTime] = {at_, close_at - at_};
    at_ = close_at + 1;
    if (!Skip(' ')) return "no blank after the time";
    *column = "request";
    uint32_t begin = 0;
    uint32_t end = 0;
    uint32_t flags = 0;
    if (const char* fault = ReadQuoted(&begin, &end, &flags)) return fault;
    SplitRequest(begin, end, flags);
    *column = "status";
    if (!Skip(' ') || !ReadWord(kStatus)) return "the status is missing";
    *column = "bytes";
    if (!ReadLastWord(kBytes)) return "the byte count is missing";
    if (at_ == end_) return nullptr;  // the common format
    *column = "referer";
    if (!Skip(' ')) return "no blank after the byte count";
    if (const char* fault = ReadQuoted(&begin, &end, &flags)) return fault;
    SetUnlessDash(kReferer, begin, end, flags);
    *column = "user_agent";
    if (!Skip(' ')) return "the user agent is missing";
    if (const char* fault = ReadQuoted(&begin, &end, &flags)) return fault;
    SetUnlessDash(kUserAgent, begin, end, flags);
    *column = "";
    if (at_ != end_) return "more text after the user agent";
    return nullptr;
  }

 private:
  bool Skip(char c) {
    if (at_ == end_ || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  const char* FindByte(char c) const {
    return static_cast<const char*>(std::memchr(text_ + at_, c, end_ - at_));
  }
  const char* Find(std::string_view what) const {
    return static_cast<const char*>(memmem(text_ + at_, end_ - at_, what.data(), what.size()));
  }
  void SetUnlessDash(Column column, uint32_t begin, uint32_t end, uint32_t flags) {
    if (end - begin == 1 && text_[begin] == '-') return;
    fields_[column] = {begin, (end - begin) | flags};
  }
  bool ReadWord(Column column) {
    const char* blank = FindByte(' ');
    if (!blank || blank == text_ + at_) return false;
    const uint32_t end = static_cast<uint32_t>(blank - text_);
    SetUnlessDash(column, at_, end, 0);
    at_ = column == kStatus ? end : end + 1;
    return true;
  }
  // A word that may end the line.
  bool ReadLastWord(Column column) {
    if (!Skip(' ') || at_ == end_) return false;
    const char* blank = FindByte(' ');
    const uint32_t end = blank ? static_cast<uint32_t>(blank - text_) : end_;
    if (end == at_) return false;
    SetUnlessDash(column, at_, end, 0);
    at_ = end;
    return true;
  }
  const char* ReadQuoted(uint32_t* begin, uint32_t* end, uint32_t* flags) {
    if (!Skip('"')) return "the opening quote is missing";
    *begin = at_;
    *flags = 0;
    while (true) {
      const char* quote = FindByte('"');
      if (!quote) return "the closing quote is missing";
      const char* backslash = static_cast<const char*>(
          std::memchr(text_ + at_, '\\', static_cast<size_t>(quote - text_) - at_));
      if (!backslash) {
        *end = static_cast<uint32_t>(quote - text_);
        at_ = *end + 1;
        return nullptr;
      }
      *flags = Field::kEscaped;
      at_ = static_cast<uint32_t>(backslash - text_) + 2;
      if (at_ > end_) return "the closing quote is missing";
    }
  }
  // "GET /path HTTP/1.1". What is no such request (scanners send anything) is kept as the url.
  void SplitRequest(uint32_t begin, uint32_t end, uint32_t flags) {
    const std::string_view request(text_ + begin, end - begin);
    if (request == "-") return;
    const size_t first = request.find(' ');
    bool is_method = first != std::string_view::npos && first > 0;
    for (size_t i = 0; is_method && i < first; ++i) {
      const char c = request[i];
      is_method = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
    }
    if (!is_method) {
      fields_[kUrl] = {begin, (end - begin) | flags};
      return;
    }
    fields_[kMethod] = {begin, static_cast<uint32_t>(first)};
    uint32_t url_end = end;
    const size_t last = request.rfind(' ');
    if (last > first && request.substr(last + 1).starts_with("HTTP/")) {
      url_end = begin + static_cast<uint32_t>(last);
      fields_[kProtocol] = {url_end + 1, end - url_end - 1};
    }
    const uint32_t url = begin + static_cast<uint32_t>(first) + 1;
    fields_[kUrl] = {url, (url_end - url) | flags};
  }

  const char* text_;
  uint32_t at_;
  uint32_t end_;
  Field* fields_;
};

class CombinedSplitter : public Splitter {
 public:
  void Start(const TextBlock& block) override {
    text_ = block.text;
    at_ = 0;
  }

  bool Next(size_t max_rows, FieldBatch* batch, RejectList* rejects) override {
    batch->Resize(max_rows, kNumCombinedColumns);
    batch->base = text_.data();
    Field* row = batch->fields.data();
    while (batch->num_rows < max_rows && at_ < text_.size()) {
      const uint32_t begin = at_;
      const void* found = std::memchr(text_.data() + at_, '\n', text_.size() - at_);
      uint32_t end = found ? static_cast<uint32_t>(static_cast<const char*>(found) - text_.data())
                           : static_cast<uint32_t>(text_.size());
      at_ = found ? end + 1 : end;
      if (end > begin && text_[end - 1] == '\r') --end;
      if (end == begin) continue;
      const char* column = "";
      if (const char* fault = LineReader(text_.data(), begin, end, row).Read(&column)) {
        rejects->Add(begin, end, column, fault);
        continue;
      }
      batch->row_begin.data()[batch->num_rows] = begin;
      batch->row_end.data()[batch->num_rows] = end;
      ++batch->num_rows;
      row += kNumCombinedColumns;
    }
    return batch->num_rows > 0;
  }

  // Apache writes \" \\ \n \t and \xhh, nginx \xhh. Where \xhh makes no UTF-8 text, all of the
  // field stays as it was written.
  bool Unescape(std::string_view raw, char* out, size_t* size) const override {
    size_t n = 0;
    bool any_byte = false;
    for (size_t i = 0; i < raw.size(); ++i) {
      if (raw[i] != '\\' || i + 1 == raw.size()) {
        out[n++] = raw[i];
        continue;
      }
      const char c = raw[++i];
      unsigned value = 0;
      if (c == '"' || c == '\\') {
        out[n++] = c;
      } else if (c == 'n') {
        out[n++] = '\n';
      } else if (c == 't') {
        out[n++] = '\t';
      } else if (c == 'r') {
        out[n++] = '\r';
      } else if (c == 'x' && i + 2 < raw.size() && ReadHex(raw[i + 1], raw[i + 2], &value)) {
        out[n++] = static_cast<char>(value);
        i += 2;
        any_byte = true;
      } else {
        out[n++] = '\\';
        out[n++] = c;
      }
    }
    if (any_byte && (std::memchr(out, 0, n) || !simdjson::validate_utf8(out, n))) {
      std::memcpy(out, raw.data(), raw.size());
      n = raw.size();
      *size = n;
      return simdjson::validate_utf8(out, n);
    }
    *size = n;
    return true;
  }

 private:
  static int HexValue(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  }
  static bool ReadHex(char high, char low, unsigned* value) {
    if (HexValue(high) < 0 || HexValue(low) < 0) return false;
    *value = static_cast<unsigned>(HexValue(high) * 16 + HexValue(low));
    return true;
  }

  std::string_view text_;
  uint32_t at_ = 0;
};

}  // namespace

std::unique_ptr<Splitter> MakeCombinedSplitter() { return std::make_unique<CombinedSplitter>(); }

bool IsCombinedLine(std::string_view line) {
  Field fields[kNumCombinedColumns];
  const char* column = "";
  if (LineReader(line.data(), 0, static_cast<uint32_t>(line.size()), fields).Read(&column)) {
    return false;
  }
  // The time must look like one, so that no other bracketed format passes.
  const std::string_view time = fields[kTime].text(line.data());
  return time.size() == 26 && time[2] == '/' && time[6] == '/' && time[11] == ':';
}

}  // namespace shale
