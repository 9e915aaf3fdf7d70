// COPY (query|table) TO 'file': CSV, TSV (PostgreSQL's text format) or NDJSON.
#include "absl/strings/ascii.h"
#include "engine/functions/value_io.h"
#include "sql/execute.h"

namespace shale {
namespace {

inline constexpr size_t kCopyBufferBytes = 1 << 20;

enum class Format { kCsv, kTsv, kNdjson };

struct CopyOptions {
  Format format = Format::kCsv;
  bool header = false;
  char delimiter = ',';
  std::string null_text;
};

bool IsOn(const std::string& value) {
  std::string lower = absl::AsciiStrToLower(value);
  return lower.empty() || lower == "true" || lower == "on" || lower == "1";
}

StatusOr<CopyOptions> ReadOptions(const ast::CopyTo& copy, const StatementContext& context) {
  CopyOptions options;
  std::string path = absl::AsciiStrToLower(copy.path);
  auto ends = [&](std::string_view suffix) { return path.ends_with(suffix); };
  if (ends(".tsv") || ends(".txt")) options.format = Format::kTsv;
  if (ends(".ndjson") || ends(".jsonl") || ends(".json")) options.format = Format::kNdjson;
  bool delimiter_given = false, null_given = false;
  for (const ast::Option& option : copy.options) {
    std::string name = absl::AsciiStrToLower(option.name.name);
    std::string value = absl::AsciiStrToLower(option.value);
    if (name == "format") {
      if (value == "csv") {
        options.format = Format::kCsv;
      } else if (value == "tsv" || value == "text") {
        options.format = Format::kTsv;
      } else if (value == "ndjson" || value == "json" || value == "jsonl") {
        options.format = Format::kNdjson;
      } else {
        return context.ErrorAt(
            option.name.at, fmt::format("COPY format \"{}\" is not known; there are csv, tsv and "
                                        "ndjson",
                                        option.value));
      }
    } else if (name == "header") {
      options.header = IsOn(value);
    } else if (name == "delimiter") {
      if (option.value.size() != 1) {
        return context.ErrorAt(option.name.at,
                               "COPY delimiter must be a single one-byte character");
      }
      options.delimiter = option.value[0];
      delimiter_given = true;
    } else if (name == "null") {
      options.null_text = option.value;
      null_given = true;
    } else {
      return context.ErrorAt(
          option.name.at, fmt::format("COPY option \"{}\" is not known; there are format, header, "
                                      "delimiter and null",
                                      option.name.name));
    }
  }
  if (options.format == Format::kTsv) {
    if (!delimiter_given) options.delimiter = '\t';
    if (!null_given) options.null_text = "\\N";
  }
  return options;
}

void AppendCsv(std::string_view text, const CopyOptions& options, std::string* out) {
  bool quote =
      text.empty() || text == options.null_text ||
      text.find_first_of(std::string{'"', '\n', '\r', options.delimiter}) != std::string_view::npos;
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

void AppendTsv(std::string_view text, char delimiter, std::string* out) {
  for (char c : text) {
    switch (c) {
      case '\\': out->append("\\\\"); break;
      case '\n': out->append("\\n"); break;
      case '\r': out->append("\\r"); break;
      case '\t': out->append("\\t"); break;
      default:
        if (c == delimiter) out->push_back('\\');
        out->push_back(c);
    }
  }
}

void AppendJsonString(std::string_view text, std::string* out) {
  out->push_back('"');
  for (char c : text) {
    if (c == '"' || c == '\\') {
      out->push_back('\\');
      out->push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out->append(fmt::format("\\u{:04x}", static_cast<unsigned>(c)));
    } else {
      out->push_back(c);
    }
  }
  out->push_back('"');
}

class CopyWriter {
 public:
  CopyWriter(File* file, CopyOptions options, std::string time_zone, std::vector<std::string> names)
      : file_(file),
        options_(std::move(options)),
        time_zone_(std::move(time_zone)),
        names_(std::move(names)) {
    if (!options_.header || options_.format == Format::kNdjson) return;
    for (size_t i = 0; i < names_.size(); ++i) {
      if (i) buffer_.push_back(options_.delimiter);
      AppendField(names_[i]);
    }
    buffer_.push_back('\n');
  }

  Status Write(const Chunk& chunk) {
    std::vector<Vector> columns;
    for (const Vector& column : chunk.columns) columns.push_back(column.Flatten());
    for (size_t row = 0; row < chunk.num_rows; ++row) {
      if (options_.format == Format::kNdjson) {
        AppendObject(columns, row);
      } else {
        for (size_t i = 0; i < columns.size(); ++i) {
          if (i) buffer_.push_back(options_.delimiter);
          if (columns[i].IsNull(row)) {
            buffer_.append(options_.null_text);
            continue;
          }
          text_.clear();
          AppendText(columns[i], row, time_zone_, &text_);
          AppendField(text_);
        }
      }
      buffer_.push_back('\n');
      if (buffer_.size() >= kCopyBufferBytes) RETURN_IF_ERROR(Flush());
    }
    return OkStatus();
  }
  Status Finish() {
    RETURN_IF_ERROR(Flush());
    return file_->Sync();
  }

 private:
  void AppendField(std::string_view text) {
    if (options_.format == Format::kCsv) {
      AppendCsv(text, options_, &buffer_);
    } else {
      AppendTsv(text, options_.delimiter, &buffer_);
    }
  }
  void AppendObject(const std::vector<Vector>& columns, size_t row) {
    buffer_.push_back('{');
    for (size_t i = 0; i < columns.size(); ++i) {
      if (i) buffer_.push_back(',');
      AppendJsonString(names_[i], &buffer_);
      buffer_.push_back(':');
      AppendValue(columns[i], row);
    }
    buffer_.push_back('}');
  }
  // Lists are JSON arrays.
  void AppendValue(const Vector& flat, size_t row) {
    if (flat.IsNull(row)) {
      buffer_.append("null");
      return;
    }
    const Type& type = flat.type();
    if (type.id() == TypeId::kList) {
      const ListEntry entry = flat.values<ListEntry>()[row];
      const Vector items = flat.children()[0].Flatten();
      buffer_.push_back('[');
      for (uint32_t i = 0; i < entry.length; ++i) {
        if (i > 0) buffer_.push_back(',');
        AppendValue(items, entry.offset + i);
      }
      buffer_.push_back(']');
      return;
    }
    text_.clear();
    AppendText(flat, row, time_zone_, &text_);
    bool finite = !type.IsFloat() || text_.find_first_of("Nn") == std::string::npos;
    if (type.id() == TypeId::kBoolean) {
      buffer_.append(text_[0] == 't' ? "true" : "false");
    } else if (type.id() == TypeId::kJson || (type.IsNumeric() && finite)) {
      buffer_.append(text_);
    } else {
      AppendJsonString(text_, &buffer_);
    }
  }
  Status Flush() {
    if (buffer_.empty()) return OkStatus();
    RETURN_IF_ERROR(file_->Write(offset_, buffer_));
    offset_ += buffer_.size();
    buffer_.clear();
    return OkStatus();
  }

  File* file_;
  CopyOptions options_;
  std::string time_zone_;
  std::vector<std::string> names_;
  std::string buffer_, text_;
  uint64_t offset_ = 0;
};

}  // namespace

Status ExecuteCopyTo(const ast::CopyTo& copy, StatementContext& context) {
  ASSIGN_OR_RETURN(CopyOptions options, ReadOptions(copy, context));
  Snapshot snapshot = context.data->snapshot();
  Binder binder(context.sql, context.session, snapshot);
  PlanPtr plan;
  std::vector<PlanColumn> result;
  if (copy.query) {
    ASSIGN_OR_RETURN(plan, binder.BindQuery(*copy.query));
    result = plan->output;
  } else {
    ASSIGN_OR_RETURN(TableSchemaPtr schema, binder.LookupTable(copy.table));
    Scope scope;
    ASSIGN_OR_RETURN(plan, binder.BindTable(schema, schema->name, &scope));
    if (copy.columns.empty()) {
      result.assign(plan->output.begin(), plan->output.end() - 1);  // without _seq
    }
    for (const ast::Identifier& name : copy.columns) {
      ast::Expr expr;
      expr.node = ast::ColumnRef{{name}};
      expr.at = name.at;
      ASSIGN_OR_RETURN(Bound bound, binder.BindPlain(expr, &scope, "COPY"));
      result.push_back({bound.expr->column_index, bound.expr->name, bound.expr->type});
    }
  }
  // The file appears whole or not at all.
  std::string temporary = copy.path + ".tmp";
  if (context.disk->Exists(temporary)) RETURN_IF_ERROR(context.disk->Remove(temporary));
  ASSIGN_OR_RETURN(std::unique_ptr<File> file, context.disk->Open(temporary, OpenMode::kCreate));
  std::vector<std::string> names;
  for (const PlanColumn& column : result) names.push_back(column.name);
  CopyWriter writer(file.get(), options, context.session->time_zone(), std::move(names));
  uint64_t rows = 0;
  Status status =
      RunPlan(std::move(plan), result, snapshot, context, [&](Chunk chunk) -> StatusOr<Flow> {
        rows += chunk.num_rows;
        RETURN_IF_ERROR(writer.Write(chunk));
        return Flow::kMore;
      });
  if (status.ok()) status = writer.Finish();
  file.reset();
  if (!status.ok()) {
    context.disk->Remove(temporary).IgnoreError();
    return status;
  }
  RETURN_IF_ERROR(context.disk->Rename(temporary, copy.path));
  return context.receiver->End(fmt::format("COPY {}", rows), rows);
}

}  // namespace shale
