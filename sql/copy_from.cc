#include "sql/copy_from.h"

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "engine/functions/value_io.h"
#include "engine/vector/vector_builder.h"
#include "sql/binary_value.h"
#include "sql/binder.h"

namespace shale {
namespace {

// From so many rows on, rows go straight into segments instead of through the log.
inline constexpr uint64_t kBulkRows = 65'536;
// A line or field longer than this is a mistake in the data.
inline constexpr size_t kMaxCopyRowBytes = size_t{64} << 20;

enum class Format : uint8_t { kText, kCsv, kBinary };

struct Options {
  Format format = Format::kText;
  char delimiter = '\t';
  std::string null_text = "\\N";
  bool header = false;
  char quote = '"';
  char escape = '"';
};

StatusOr<Options> ReadOptions(const ast::CopyTo& copy, const StatementContext& context) {
  Options options;
  bool delimiter = false, null_text = false, escape = false;
  auto one_byte = [&](const ast::Option& option, char* out) -> Status {
    if (option.value.size() != 1) {
      return context.ErrorAt(
          option.name.at,
          fmt::format("COPY {} must be a single one-byte character", option.name.name));
    }
    *out = option.value[0];
    return OkStatus();
  };
  for (const ast::Option& option : copy.options) {
    const std::string name = absl::AsciiStrToLower(option.name.name);
    const std::string value = absl::AsciiStrToLower(option.value);
    if (name == "format") {
      if (value == "csv") {
        options.format = Format::kCsv;
      } else if (value == "text") {
        options.format = Format::kText;
      } else if (value == "binary") {
        options.format = Format::kBinary;
      } else {
        return context.ErrorAt(option.name.at,
                               fmt::format("COPY format \"{}\" not recognized; there are text, "
                                           "csv and binary",
                                           option.value));
      }
    } else if (name == "header") {
      options.header =
          value.empty() || value == "true" || value == "on" || value == "1" || value == "match";
    } else if (name == "delimiter") {
      RETURN_IF_ERROR(one_byte(option, &options.delimiter));
      delimiter = true;
    } else if (name == "null") {
      options.null_text = option.value;
      null_text = true;
    } else if (name == "quote") {
      RETURN_IF_ERROR(one_byte(option, &options.quote));
    } else if (name == "escape") {
      RETURN_IF_ERROR(one_byte(option, &options.escape));
      escape = true;
    } else if (name == "encoding") {
      if (value != "utf8" && value != "utf-8" && value != "utf_8") {
        return context.ErrorAt(option.name.at, "COPY reads UTF-8 only");
      }
    } else if (name != "freeze") {
      return context.ErrorAt(option.name.at,
                             fmt::format("option \"{}\" not recognized; COPY … FROM takes format, "
                                         "header, delimiter, null, quote, escape and encoding",
                                         option.name.name));
    }
  }
  if (options.format == Format::kCsv) {
    if (!delimiter) options.delimiter = ',';
    if (!null_text) options.null_text = "";
    if (!escape) options.escape = options.quote;
  }
  return options;
}

class CopyFrom : public CopyIn {
 public:
  CopyFrom(Options options, TableSchemaPtr schema, std::vector<size_t> targets,
           StatementContext context)
      : options_(std::move(options)),
        schema_(std::move(schema)),
        targets_(std::move(targets)),
        context_(context) {
    for (const ColumnSchema& column : schema_->columns) builders_.emplace_back(column.type);
    skip_line_ = options_.header;
  }

  Status Prepare() {
    defaults_.resize(schema_->columns.size());
    for (size_t i = 0; i < schema_->columns.size(); ++i) {
      if (std::find(targets_.begin(), targets_.end(), i) != targets_.end()) continue;
      ASSIGN_OR_RETURN(defaults_[i], DefaultOf(schema_->columns[i], context_));
    }
    return OkStatus();
  }
  size_t num_columns() const override { return targets_.size(); }
  bool is_binary() const override { return options_.format == Format::kBinary; }

  Status Data(std::string_view bytes) override {
    buffer_.append(bytes);
    size_t used = 0;
    Status status = options_.format == Format::kBinary ? BinaryRows(&used) : TextRows(false, &used);
    buffer_.erase(0, used);
    RETURN_IF_ERROR(status);
    if (buffer_.size() > kMaxCopyRowBytes) {
      return Located(ResourceExhausted("COPY: a row of more than {} bytes (kMaxCopyRowBytes)",
                                       kMaxCopyRowBytes));
    }
    return OkStatus();
  }

  StatusOr<uint64_t> Finish() override {
    size_t used = 0;
    if (options_.format == Format::kBinary) {
      if (!ended_ && !(buffer_.empty() && !header_read_)) {
        return Located(InvalidArgument("COPY: unexpected end of the binary data"));
      }
    } else {
      RETURN_IF_ERROR(TextRows(true, &used));
    }
    RETURN_IF_ERROR(Flush());
    if (bulk_) {
      RETURN_IF_ERROR(bulk_->Commit(""));
    } else if (!pending_.empty()) {
      RETURN_IF_ERROR(context_.data->Insert(*schema_, pending_));
    }
    return rows_;
  }

 private:
  Status Located(const Status& status) const {
    return Status(status.code(), fmt::format("{} (COPY {}, line {})", Message(status),
                                             schema_->name, rows_ + 1 + (options_.header ? 1 : 0)));
  }

  // Whole rows at the front of the buffer; at the end also one without its line end.
  Status TextRows(bool at_end, size_t* used) {
    while (!ended_) {
      const std::string_view left = std::string_view(buffer_).substr(*used);
      if (left.empty()) break;
      const bool csv = options_.format == Format::kCsv;
      size_t end = csv ? CsvLineEnd(left) : left.find('\n');
      size_t next = end + 1;
      if (end == std::string_view::npos) {
        if (!at_end) break;
        if (csv && open_quote_) {
          return Located(InvalidArgument("unterminated CSV quoted field"));
        }
        end = next = left.size();
      }
      std::string_view line = left.substr(0, end);
      if (line.ends_with('\r')) line.remove_suffix(1);
      *used += next;
      scanned_ = 0;
      open_quote_ = false;
      if (skip_line_) {
        skip_line_ = false;
        continue;
      }
      if (line == "\\.") {
        ended_ = true;
        break;
      }
      RETURN_IF_ERROR(csv ? CsvRow(line) : TextRow(line));
      RETURN_IF_ERROR(RowDone());
    }
    return OkStatus();
  }

  // The end of the first line whose quotes are closed. Remembers how far it looked.
  size_t CsvLineEnd(std::string_view text) {
    for (; scanned_ < text.size(); ++scanned_) {
      const char c = text[scanned_];
      if (open_quote_ && c == options_.escape && options_.escape != options_.quote) {
        if (scanned_ + 1 == text.size()) return std::string_view::npos;
        ++scanned_;
      } else if (c == options_.quote) {
        open_quote_ = !open_quote_;
      } else if (c == '\n' && !open_quote_) {
        return scanned_;
      }
    }
    return std::string_view::npos;
  }

  Status TextRow(std::string_view line) {
    size_t field = 0;
    size_t at = 0;
    while (true) {
      // A field's raw bytes up to the next delimiter that no backslash hides.
      size_t end = at;
      while (end < line.size() && line[end] != options_.delimiter) {
        end += line[end] == '\\' && end + 1 < line.size() ? 2 : 1;
      }
      const std::string_view raw = line.substr(at, end - at);
      if (field >= targets_.size()) {
        return Located(InvalidArgument("extra data after last expected column"));
      }
      if (raw == options_.null_text) {
        RETURN_IF_ERROR(Append(field, std::nullopt));
      } else if (raw.find('\\') == std::string_view::npos) {
        RETURN_IF_ERROR(Append(field, raw));
      } else {
        Unescape(raw);
        RETURN_IF_ERROR(Append(field, field_));
      }
      ++field;
      if (end >= line.size()) break;
      at = end + 1;
    }
    return CheckWidth(field);
  }

  void Unescape(std::string_view raw) {
    field_.clear();
    for (size_t i = 0; i < raw.size(); ++i) {
      if (raw[i] != '\\' || i + 1 == raw.size()) {
        field_.push_back(raw[i]);
        continue;
      }
      const char c = raw[++i];
      auto digits = [&](int base, int most) {
        int value = 0;
        int count = 0;
        while (count < most && i < raw.size()) {
          const char d = raw[i];
          int digit = d >= '0' && d <= '9'   ? d - '0'
                      : d >= 'a' && d <= 'f' ? d - 'a' + 10
                      : d >= 'A' && d <= 'F' ? d - 'A' + 10
                                             : 99;
          if (digit >= base) break;
          value = value * base + digit;
          ++count;
          ++i;
        }
        --i;
        field_.push_back(static_cast<char>(value));
      };
      switch (c) {
        case 'b': field_.push_back('\b'); break;
        case 'f': field_.push_back('\f'); break;
        case 'n': field_.push_back('\n'); break;
        case 'r': field_.push_back('\r'); break;
        case 't': field_.push_back('\t'); break;
        case 'v': field_.push_back('\v'); break;
        case 'x':
          if (i + 1 < raw.size() && std::isxdigit(static_cast<unsigned char>(raw[i + 1]))) {
            ++i;
            digits(16, 2);
          } else {
            field_.push_back('x');
          }
          break;
        default:
          if (c >= '0' && c <= '7') {
            digits(8, 3);
          } else {
            field_.push_back(c);
          }
      }
    }
  }

  Status CsvRow(std::string_view line) {
    size_t field = 0;
    size_t at = 0;
    while (true) {
      if (field >= targets_.size()) {
        return Located(InvalidArgument("extra data after last expected column"));
      }
      field_.clear();
      bool quoted = false, inside = false;
      for (; at < line.size(); ++at) {
        const char c = line[at];
        if (inside) {
          if (c == options_.escape && at + 1 < line.size() &&
              (line[at + 1] == options_.quote || line[at + 1] == options_.escape)) {
            field_.push_back(line[++at]);
          } else if (c == options_.quote) {
            inside = false;
          } else {
            field_.push_back(c);
          }
        } else if (c == options_.quote) {
          inside = quoted = true;
        } else if (c == options_.delimiter) {
          break;
        } else {
          field_.push_back(c);
        }
      }
      const bool null = !quoted && field_ == options_.null_text;
      RETURN_IF_ERROR(Append(field, null ? std::nullopt : std::optional<std::string_view>(field_)));
      ++field;
      if (at >= line.size()) break;
      ++at;  // the delimiter
    }
    return CheckWidth(field);
  }

  Status CheckWidth(size_t fields) const {
    if (fields == targets_.size()) return OkStatus();
    return Located(
        InvalidArgument("missing data for column \"{}\"", schema_->columns[targets_[fields]].name));
  }

  Status Append(size_t field, std::optional<std::string_view> text) {
    VectorBuilder& builder = builders_[targets_[field]];
    if (!text) {
      builder.AppendNull();
      return OkStatus();
    }
    const Type& type = builder.type();
    if (type.id() == TypeId::kList) {
      Status status = ParseList(*text, context_.session->time_zone(), &builder);
      return status.ok() ? status : Located(status);
    }
    if (AppendParsed(*text, context_.session->time_zone(), &builder)) return OkStatus();
    return Located(ParseError(*text, type));
  }

  Status BinaryRows(size_t* used) {
    const std::string header = CopyBinaryHeader();
    if (!header_read_) {
      if (buffer_.size() < header.size()) return OkStatus();
      if (std::string_view(buffer_).substr(0, 11) != std::string_view(header).substr(0, 11)) {
        return Located(InvalidArgument("COPY file signature not recognized"));
      }
      *used = header.size();
      header_read_ = true;
    }
    while (!ended_) {
      std::string_view left = std::string_view(buffer_).substr(*used);
      auto big_endian = [&](size_t at, size_t bytes) {
        int64_t value = static_cast<int8_t>(left[at]);
        for (size_t i = 1; i < bytes; ++i) value = value * 256 + static_cast<uint8_t>(left[at + i]);
        return value;
      };
      if (left.size() < 2) break;
      const int64_t fields = big_endian(0, 2);
      if (fields == -1) {
        ended_ = true;
        *used += 2;
        break;
      }
      if (fields != static_cast<int64_t>(targets_.size())) {
        return Located(
            InvalidArgument("row field count is {}, expected {}", fields, targets_.size()));
      }
      // Is the whole row here?
      size_t at = 2;
      bool whole = true;
      for (int64_t i = 0; i < fields && whole; ++i) {
        whole = left.size() >= at + 4;
        if (!whole) break;
        const int64_t size = big_endian(at, 4);
        if (size < -1) return Located(InvalidArgument("invalid field size"));
        at += 4 + static_cast<size_t>(std::max<int64_t>(size, 0));
        whole = left.size() >= at;
      }
      if (!whole) break;
      *used += at;
      at = 2;
      for (size_t i = 0; i < targets_.size(); ++i) {
        const int64_t size = big_endian(at, 4);
        at += 4;
        VectorBuilder& builder = builders_[targets_[i]];
        if (size < 0) {
          builder.AppendNull();
          continue;
        }
        auto value = ParseBinary(left.substr(at, static_cast<size_t>(size)), 0, builder.type());
        if (!value.ok()) return Located(value.status());
        builder.AppendValue(*value);
        at += static_cast<size_t>(size);
      }
      RETURN_IF_ERROR(RowDone());
    }
    return OkStatus();
  }

  Status RowDone() {
    ++rows_;
    for (size_t i = 0; i < defaults_.size(); ++i) {
      if (defaults_[i]) builders_[i].AppendValue(*defaults_[i]);
    }
    return builders_[0].size() == kChunkRows ? Flush() : OkStatus();
  }

  Status Flush() {
    if (builders_[0].size() == 0) return OkStatus();
    Chunk chunk;
    chunk.num_rows = builders_[0].size();
    for (VectorBuilder& builder : builders_) chunk.columns.push_back(builder.Finish());
    pending_.push_back(std::move(chunk));
    if (rows_ < kBulkRows || !context_.data->WritesThrough(schema_->table_id)) return OkStatus();
    if (!bulk_) {
      ASSIGN_OR_RETURN(bulk_, context_.store->StartBulk(*schema_, 1));
    }
    for (Chunk& ready : pending_) RETURN_IF_ERROR(bulk_->Append(0, std::move(ready)));
    pending_.clear();
    return OkStatus();
  }

  const Options options_;
  const TableSchemaPtr schema_;
  const std::vector<size_t> targets_;  // of each field, its column
  StatementContext context_;
  std::vector<std::optional<Value>> defaults_;  // of the columns that no field fills
  std::vector<VectorBuilder> builders_;
  std::vector<Chunk> pending_;
  std::unique_ptr<BulkWriter> bulk_;
  std::string buffer_, field_;
  size_t scanned_ = 0;  // of the buffer's unread part, by CsvLineEnd
  bool open_quote_ = false;
  bool skip_line_ = false;
  bool header_read_ = false;
  bool ended_ = false;
  uint64_t rows_ = 0;
};

}  // namespace

StatusOr<std::unique_ptr<CopyIn>> StartCopyFrom(const ast::CopyTo& copy, StatementContext context) {
  ASSIGN_OR_RETURN(Options options, ReadOptions(copy, context));
  Binder binder(context.sql, context.session, context.data->snapshot());
  ASSIGN_OR_RETURN(TableSchemaPtr schema, binder.LookupTable(copy.table));
  std::vector<size_t> targets;
  for (const ast::Identifier& name : copy.columns) {
    ASSIGN_OR_RETURN(size_t target, TargetColumn(*schema, name, context));
    if (std::find(targets.begin(), targets.end(), target) != targets.end()) {
      return context.ErrorAt(name.at,
                             fmt::format("column \"{}\" specified more than once", name.name));
    }
    targets.push_back(target);
  }
  if (targets.empty()) {
    for (size_t i = 0; i < schema->columns.size(); ++i) targets.push_back(i);
  }
  auto copy_from = std::make_unique<CopyFrom>(std::move(options), std::move(schema),
                                              std::move(targets), context);
  RETURN_IF_ERROR(copy_from->Prepare());
  return std::unique_ptr<CopyIn>(std::move(copy_from));
}

}  // namespace shale
