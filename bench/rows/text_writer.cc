#include <array>
#include <charconv>
#include <cstring>

#include "bench/rows/row_writer.h"

namespace shale::bench {
namespace {

constexpr size_t kFlushBytes = 1 << 20;
constexpr int64_t kMillisADay = 86'400'000;

void TwoDigits(std::string* out, int64_t value) {
  out->push_back(static_cast<char>('0' + value / 10));
  out->push_back(static_cast<char>('0' + value % 10));
}

// Civil date from days (Howard Hinnant, chrono-Compatible Low-Level Date Algorithms).
void AppendDate(std::string* out, int64_t days) {
  const int64_t z = days + 719468, era = z / 146097, doe = z - era * 146097;
  const int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
  const int64_t month = mp < 10 ? mp + 3 : mp - 9;
  const int64_t year = yoe + era * 400 + (month <= 2);
  TwoDigits(out, year / 100);
  TwoDigits(out, year % 100);
  out->push_back('-');
  TwoDigits(out, month);
  out->push_back('-');
  TwoDigits(out, doy - (153 * mp + 2) / 5 + 1);
}

class TextWriter : public RowWriter {
 public:
  enum class Format { kTsv, kCsv, kNdjson };

  TextWriter(const TableSpec& table, Format format, std::FILE* out)
      : fields_(table.fields), format_(format), out_(out) {
    text_.reserve(kFlushBytes + (64 << 10));
    if (format == Format::kCsv) {
      for (size_t i = 0; i < fields_.size(); ++i) {
        if (i > 0) text_ += ',';
        text_ += fields_[i].name;
      }
      text_ += '\n';
    }
  }

  void Integer(int64_t value) override {
    Begin();
    AppendInteger(value);
  }
  void Hundredths(int64_t value) override {
    Begin();
    AppendInteger(value / 100);
    text_ += '.';
    TwoDigits(&text_, value % 100);
  }
  void Text(std::string_view value) override {
    Begin();
    switch (format_) {
      case Format::kTsv:
        if (value.find_first_of("\\\t\n\r") == value.npos) {
          text_ += value;
        } else {
          Escaped(value);
        }
        break;
      case Format::kCsv:
        // Quotes tell an empty text from NULL.
        if (!value.empty() && value.find_first_of("\",\n\r") == value.npos) {
          text_ += value;
          break;
        }
        text_ += '"';
        for (char c : value) text_.append(c == '"' ? 2 : 1, c);
        text_ += '"';
        break;
      case Format::kNdjson:
        text_ += '"';
        if (value.find_first_of("\"\\\t\n\r") == value.npos) {
          text_ += value;
        } else {
          Escaped(value);
        }
        text_ += '"';
    }
  }
  void Date(int64_t days) override {
    Begin();
    Quote();
    AppendDate(&text_, days);
    Quote();
  }
  void Time(int64_t millis) override {
    const bool fraction = fields_[field_].type == FieldType::kMillis;
    Begin();
    Quote();
    const int64_t days = millis / kMillisADay, rest = millis % kMillisADay;
    if (days != last_day_) {
      last_day_ = days;
      day_text_.clear();
      AppendDate(&day_text_, days);
    }
    text_ += day_text_;
    text_ += ' ';
    TwoDigits(&text_, rest / 3'600'000);
    text_ += ':';
    TwoDigits(&text_, rest / 60'000 % 60);
    text_ += ':';
    TwoDigits(&text_, rest / 1000 % 60);
    if (fraction) {
      text_ += '.';
      text_ += static_cast<char>('0' + rest / 100 % 10);
      TwoDigits(&text_, rest % 100);
    }
    Quote();
  }
  Status EndRow() override {
    if (format_ == Format::kNdjson) text_ += '}';
    text_ += '\n';
    field_ = 0;
    return text_.size() < kFlushBytes ? OkStatus() : Flush();
  }
  Status Finish() override {
    RETURN_IF_ERROR(Flush());
    return std::fflush(out_) == 0
               ? OkStatus()
               : MakeError(StatusCode::kInternal, "standard output cannot be written");
  }

 private:
  // What stands before a field.
  void Begin() {
    if (format_ == Format::kNdjson) {
      text_ += field_ == 0 ? "{\"" : ",\"";
      text_ += fields_[field_].name;
      text_ += "\":";
    } else if (field_ > 0) {
      text_ += format_ == Format::kTsv ? '\t' : ',';
    }
    ++field_;
  }
  void Quote() {
    if (format_ == Format::kNdjson) text_ += '"';
  }
  void AppendInteger(int64_t value) {
    char digits[24];
    text_.append(digits, std::to_chars(digits, digits + sizeof(digits), value).ptr);
  }
  void Escaped(std::string_view value) {
    for (char c : value) {
      switch (c) {
        case '\t': text_ += "\\t"; break;
        case '\n': text_ += "\\n"; break;
        case '\r': text_ += "\\r"; break;
        case '\\': text_ += "\\\\"; break;
        case '"': text_ += format_ == Format::kNdjson ? "\\\"" : "\""; break;
        default: text_ += c;
      }
    }
  }
  Status Flush() {
    const bool ok = std::fwrite(text_.data(), 1, text_.size(), out_) == text_.size();
    text_.clear();
    return ok ? OkStatus() : MakeError(StatusCode::kInternal, "standard output cannot be written");
  }

  const std::vector<FieldSpec> fields_;
  const Format format_;
  std::FILE* out_;
  std::string text_;
  size_t field_ = 0;
  int64_t last_day_ = -1;
  std::string day_text_;
};

std::string_view TypeName(FieldType type, bool clickhouse) {
  switch (type) {
    case FieldType::kSmallInt: return "SMALLINT";
    case FieldType::kInteger: return "INTEGER";
    case FieldType::kBigInt: return "BIGINT";
    case FieldType::kDouble: return "DOUBLE";
    case FieldType::kText: return "TEXT";
    case FieldType::kDate: return "DATE";
    case FieldType::kSeconds: return clickhouse ? "DateTime" : "TIMESTAMP";
    case FieldType::kMillis: return clickhouse ? "DateTime64(3)" : "TIMESTAMP";
  }
  return "";
}

}  // namespace

StatusOr<std::unique_ptr<RowWriter>> MakeTextWriter(const TableSpec& table, std::string_view format,
                                                    std::FILE* out) {
  using Format = TextWriter::Format;
  if (format == "tsv") return std::make_unique<TextWriter>(table, Format::kTsv, out);
  if (format == "csv") return std::make_unique<TextWriter>(table, Format::kCsv, out);
  if (format == "ndjson") return std::make_unique<TextWriter>(table, Format::kNdjson, out);
  return InvalidArgument("the format is tsv, csv or ndjson, not \"{}\"", format);
}

StatusOr<std::string> CreateTableText(const TableSpec& table, std::string_view dialect) {
  const bool clickhouse = dialect == "clickhouse", shale = dialect == "shale";
  if (!clickhouse && !shale && dialect != "duckdb") {
    return InvalidArgument("the dialect is shale, duckdb or clickhouse, not \"{}\"", dialect);
  }
  std::string text = "CREATE TABLE " + table.name + " (";
  for (size_t i = 0; i < table.fields.size(); ++i) {
    if (i > 0) text += ", ";
    text += table.fields[i].name;
    text += ' ';
    text += TypeName(table.fields[i].type, clickhouse);
    text += " NOT NULL";
  }
  text += ')';
  std::string order;
  for (const std::string& column : table.order) order += (order.empty() ? "" : ", ") + column;
  if (shale) {
    text += " TIMESTAMP(" + table.time + ") PARTITION BY " + table.partition + " ORDER BY (" +
            order + ")";
  } else if (clickhouse) {
    text += " ENGINE = MergeTree ORDER BY (" + order + ")";
  }
  return text;
}

}  // namespace shale::bench
