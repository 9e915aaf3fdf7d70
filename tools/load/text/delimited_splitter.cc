// CSV and TSV: a vectorised pass finds delimiters, line ends and quotes (or backslashes); a small
// state machine walks those positions only.
#include <algorithm>
#include <cstring>

#include "fmt/format.h"
#include "simdjson.h"
#include "tools/load/text/splitter.h"
#include "tools/load/text/structural_index.h"

namespace shale {
namespace {

// Positions are found for this many bytes at a time, so that they stay in the cache.
constexpr size_t kWindowBytes = 32 << 10;

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// COPY's escapes. Octal and hexadecimal ones can make any byte, so the result is checked.
bool UnescapeTsv(std::string_view raw, char* out, size_t* size) {
  size_t n = 0;
  bool any_byte = false;
  for (size_t i = 0; i < raw.size(); ++i) {
    char c = raw[i];
    if (c != '\\' || i + 1 == raw.size()) {
      out[n++] = c;
      continue;
    }
    c = raw[++i];
    switch (c) {
      case 'b': out[n++] = '\b'; break;
      case 'f': out[n++] = '\f'; break;
      case 'n': out[n++] = '\n'; break;
      case 'r': out[n++] = '\r'; break;
      case 't': out[n++] = '\t'; break;
      case 'v': out[n++] = '\v'; break;
      case 'x': {
        int value = 0;
        int digits = 0;
        while (digits < 2 && i + 1 < raw.size() && HexDigit(raw[i + 1]) >= 0) {
          value = value * 16 + HexDigit(raw[++i]);
          ++digits;
        }
        out[n++] = digits == 0 ? 'x' : static_cast<char>(value);
        any_byte |= digits > 0;
        break;
      }
      default:
        if (c >= '0' && c <= '7') {
          int value = c - '0';
          for (int digits = 1;
               digits < 3 && i + 1 < raw.size() && raw[i + 1] >= '0' && raw[i + 1] <= '7';
               ++digits) {
            value = value * 8 + (raw[++i] - '0');
          }
          out[n++] = static_cast<char>(value);
          any_byte = true;
        } else {
          out[n++] = c;
        }
    }
  }
  *size = n;
  if (!any_byte) return true;
  return std::memchr(out, 0, n) == nullptr && simdjson::validate_utf8(out, n);
}

bool UnescapeCsv(std::string_view raw, char quote, char* out, size_t* size) {
  size_t n = 0;
  for (size_t i = 0; i < raw.size(); ++i) {
    out[n++] = raw[i];
    if (raw[i] == quote) ++i;  // its double
  }
  *size = n;
  return true;
}

class DelimitedSplitter : public Splitter {
 public:
  DelimitedSplitter(const Dialect& dialect, size_t num_fields, std::vector<uint32_t>* counts)
      : is_csv_(dialect.format == TextFormat::kCsv),
        delimiter_(dialect.delimiter),
        special_(is_csv_ ? dialect.quote : '\\'),
        num_fields_(num_fields),
        counts_(counts),
        positions_(kWindowBytes + 64) {}

  void Start(const TextBlock& block) override {
    text_ = block.text.data();
    size_ = static_cast<uint32_t>(block.text.size());
    at_ = 0;
    SeekIndex(0);
    if (counts_) counts_->clear();
  }

  bool Next(size_t max_rows, FieldBatch* batch, RejectList* rejects) override {
    batch->Resize(max_rows, num_fields_);
    batch->base = text_;
    if (is_csv_) {
      NextRows<true>(max_rows, batch, rejects);
    } else {
      NextRows<false>(max_rows, batch, rejects);
    }
    return batch->num_rows > 0;
  }

  bool Unescape(std::string_view raw, char* out, size_t* size) const override {
    return is_csv_ ? UnescapeCsv(raw, special_, out, size) : UnescapeTsv(raw, out, size);
  }

 private:
  // The next structural position, or size_ after the last one.
  uint32_t Take() {
    while (cursor_ == count_) {
      if (window_end_ >= size_) return size_;
      FillWindow();
    }
    return positions_.data()[cursor_++];
  }
  void FillWindow() {
    const uint32_t begin = window_end_;
    const size_t length = std::min<size_t>(kWindowBytes, size_ - begin);
    count_ = FindStructurals(text_ + begin, length, delimiter_, '\n', special_, begin,
                             positions_.data());
    cursor_ = 0;
    window_end_ = begin + static_cast<uint32_t>(length);
  }
  void SeekIndex(uint32_t position) {
    window_end_ = position;
    cursor_ = 0;
    count_ = 0;
  }

  template <bool kCsv>
  void NextRows(size_t max_rows, FieldBatch* batch, RejectList* rejects) {
    Field* row = batch->fields.data();
    while (batch->num_rows < max_rows && at_ < size_) {
      if (!ReadRow<kCsv>(row, rejects)) continue;
      batch->row_begin.data()[batch->num_rows] = row_begin_;
      batch->row_end.data()[batch->num_rows] = row_end_;
      ++batch->num_rows;
      row += num_fields_;
    }
  }

  // Reads the record at at_ and moves behind it; false when it makes no row.
  template <bool kCsv>
  bool ReadRow(Field* row, RejectList* rejects) {
    const uint32_t num_fields = static_cast<uint32_t>(num_fields_);
    uint32_t field_begin = at_;
    uint32_t flags = 0;
    uint32_t index = 0;
    const char* fault = nullptr;
    row_begin_ = at_;
    while (true) {
      uint32_t position = Take();
      char c = position < size_ ? text_[position] : '\n';
      uint32_t value_end = position;
      if (c == special_ && position < size_) {
        if constexpr (kCsv) {
          if (position != field_begin) continue;  // a quote inside an unquoted field is itself
          const uint32_t close = FindClosingQuote(&flags);
          if (close == size_) return RejectOpenQuote(rejects);
          flags |= Field::kQuoted;
          ++field_begin;
          value_end = close;
          position = Take();
          bool clean = position == close + 1 ||
                       (position == close + 2 && text_[close + 1] == '\r' && IsLineEnd(position));
          while (position < size_ && text_[position] == special_) {
            clean = false;
            position = Take();
          }
          if (!clean) fault = "text after the closing quote of field";
          c = position < size_ ? text_[position] : '\n';
        } else {
          flags |= Field::kEscaped;
          // What follows the backslash is data, also a delimiter, line end or backslash.
          if (position + 1 < size_) SkipPosition(position + 1);
          continue;
        }
      } else if (c == '\n' && value_end > field_begin && text_[value_end - 1] == '\r') {
        --value_end;
      }
      if (index < num_fields) {
        row[index].begin = field_begin;
        row[index].bits = (value_end - field_begin) | flags;
        if constexpr (kCsv) {
          if (row[index].bits == 0) row[index].bits = Field::kNull;
        } else {
          if (flags && value_end - field_begin == 2 && text_[field_begin + 1] == 'N') {
            row[index].bits = Field::kNull;
          }
        }
      }
      ++index;
      if (fault) [[unlikely]] {
        if (fault_.empty()) fault_ = fmt::format("{} {}", fault, index);
        fault = nullptr;
      }
      if (c == '\n') {
        row_end_ = position;
        if (row_end_ > row_begin_ && text_[row_end_ - 1] == '\r') --row_end_;
        at_ = std::min(position + 1, size_);
        return FinishRow<kCsv>(row, index, rejects);
      }
      field_begin = position + 1;
      flags = 0;
    }
  }

  template <bool kCsv>
  bool FinishRow(Field* row, uint32_t index, RejectList* rejects) {
    const uint32_t num_fields = static_cast<uint32_t>(num_fields_);
    if (!fault_.empty()) [[unlikely]] {
      rejects->Add(row_begin_, row_end_, "", std::move(fault_));
      fault_.clear();
      return false;
    }
    if (index == num_fields && !counts_) return true;
    // An empty line is no row, except where a row is one field.
    if (row_begin_ == row_end_ && (num_fields > 1 || counts_)) return false;
    if constexpr (!kCsv) {
      if (row_end_ - row_begin_ == 2 && text_[row_begin_] == '\\' && text_[row_begin_ + 1] == '.') {
        return false;  // COPY's end mark
      }
    }
    if (counts_) {
      counts_->push_back(index);
      for (uint32_t i = index; i < num_fields; ++i) row[i] = Field{};
      return true;
    }
    rejects->Add(row_begin_, row_end_, "",
                 fmt::format("too {} fields: {} instead of {}", index < num_fields ? "few" : "many",
                             index, num_fields));
    return false;
  }

  bool IsLineEnd(uint32_t position) const { return position >= size_ || text_[position] == '\n'; }

  // The position of the quote that ends the field whose opening quote was just taken; size_ when
  // there is none.
  uint32_t FindClosingQuote(uint32_t* flags) {
    while (true) {
      const uint32_t position = Take();
      if (position >= size_) return size_;
      if (text_[position] != special_) continue;
      if (position + 1 < size_ && text_[position + 1] == special_) {
        *flags |= Field::kEscaped;
        Take();
        continue;
      }
      return position;
    }
  }

  // Passes over `position` when it is the next structural one.
  void SkipPosition(uint32_t position) {
    const char c = text_[position];
    if (c == delimiter_ || c == '\n' || c == special_) Take();
  }

  // The block ends inside quotes: the quote is taken for a stray one, its line is refused, and
  // reading goes on with the next.
  bool RejectOpenQuote(RejectList* rejects) {
    const void* end = std::memchr(text_ + row_begin_, '\n', size_ - row_begin_);
    row_end_ = end ? static_cast<uint32_t>(static_cast<const char*>(end) - text_) : size_;
    at_ = std::min(row_end_ + 1, size_);
    if (row_end_ > row_begin_ && text_[row_end_ - 1] == '\r') --row_end_;
    rejects->Add(row_begin_, row_end_, "", "a quoted field is not closed");
    fault_.clear();
    SeekIndex(at_);
    return false;
  }

  const bool is_csv_;
  const char delimiter_;
  const char special_;  // the quote, or TSV's backslash
  const size_t num_fields_;
  std::vector<uint32_t>* const counts_;

  const char* text_ = nullptr;
  uint32_t size_ = 0;
  uint32_t at_ = 0;  // the next record
  uint32_t row_begin_ = 0;
  uint32_t row_end_ = 0;
  std::string fault_;

  std::vector<uint32_t> positions_;
  size_t cursor_ = 0;
  size_t count_ = 0;
  uint32_t window_end_ = 0;
};

// The first `c` in text[at, size), or size.
size_t FindByte(const char* text, size_t at, size_t size, char c) {
  const void* found = at < size ? std::memchr(text + at, c, size - at) : nullptr;
  return found ? static_cast<size_t>(static_cast<const char*>(found) - text) : size;
}

size_t FirstCsvRecordEnd(const char* text, size_t size, const Dialect& dialect, bool* open_quote) {
  size_t at = 0;
  size_t field = 0;
  for (; at < size; ++at) {
    const char c = text[at];
    if (c == '\n') return at + 1;
    if (c == dialect.delimiter) {
      field = at + 1;
    } else if (c == dialect.quote && at == field) {
      at = FindByte(text, at + 1, size, dialect.quote);
      while (at + 1 < size && text[at + 1] == dialect.quote) {
        at = FindByte(text, at + 2, size, dialect.quote);
      }
      *open_quote |= at == size;
    }
  }
  return size;
}

size_t LastCsvRecordEnd(const char* text, size_t size, const Dialect& dialect, bool* open_quote) {
  size_t at = 0;
  size_t last = 0;
  while (true) {
    const void* found = at < size ? std::memchr(text + at, dialect.quote, size - at) : nullptr;
    const size_t quote = found ? static_cast<const char*>(found) - text : size;
    if (const void* line_end = memrchr(text + at, '\n', quote - at)) {
      last = static_cast<const char*>(line_end) - text + 1;
    }
    if (quote == size) return last;
    at = quote + 1;
    const bool opens =
        quote == 0 || text[quote - 1] == dialect.delimiter || text[quote - 1] == '\n';
    if (!opens) continue;
    while (true) {
      const void* close = at < size ? std::memchr(text + at, dialect.quote, size - at) : nullptr;
      if (!close) {
        *open_quote = true;
        return last;
      }
      at = static_cast<const char*>(close) - text + 1;
      if (at >= size || text[at] != dialect.quote) break;
      ++at;
    }
  }
}

}  // namespace

std::unique_ptr<Splitter> MakeDelimitedSplitter(const Dialect& dialect, size_t num_fields,
                                                std::vector<uint32_t>* counts) {
  return std::make_unique<DelimitedSplitter>(dialect, num_fields, counts);
}

size_t FindLastRecordEnd(const char* text, size_t size, const Dialect& dialect, bool* open_quote) {
  *open_quote = false;
  if (dialect.format == TextFormat::kCsv) {
    return LastCsvRecordEnd(text, size, dialect, open_quote);
  }
  size_t end = size;
  while (true) {
    const void* found = end > 0 ? memrchr(text, '\n', end) : nullptr;
    if (!found) return 0;
    end = static_cast<const char*>(found) - text;
    if (dialect.format != TextFormat::kTsv) return end + 1;
    size_t backslashes = 0;
    while (backslashes < end && text[end - 1 - backslashes] == '\\') ++backslashes;
    if (backslashes % 2 == 0) return end + 1;
  }
}

size_t FindFirstRecordEnd(const char* text, size_t size, const Dialect& dialect, bool* open_quote) {
  *open_quote = false;
  if (dialect.format == TextFormat::kCsv) return FirstCsvRecordEnd(text, size, dialect, open_quote);
  size_t at = 0;
  while (at < size) {
    const size_t line_end = FindByte(text, at, size, '\n');
    if (line_end == size) return size;
    size_t backslashes = 0;
    while (backslashes < line_end && text[line_end - 1 - backslashes] == '\\') ++backslashes;
    at = line_end + 1;
    if (dialect.format != TextFormat::kTsv || backslashes % 2 == 0) return at;
  }
  return size;
}

}  // namespace shale
