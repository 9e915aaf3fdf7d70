// COPY (query|table) TO 'file': CSV, TSV (PostgreSQL's text format) or NDJSON.
#include "absl/strings/ascii.h"
#include "sql/execute.h"
#include "sql/row_text.h"

namespace shale {
namespace {

inline constexpr size_t kCopyBufferBytes = 1 << 20;

struct CopyOptions {
  RowText::Options rows;
  bool header = false;
};

bool IsOn(const std::string& value) {
  std::string lower = absl::AsciiStrToLower(value);
  return lower.empty() || lower == "true" || lower == "on" || lower == "1";
}

StatusOr<CopyOptions> ReadOptions(const ast::CopyTo& copy, const StatementContext& context) {
  CopyOptions options;
  RowFormat& format = options.rows.format;
  std::string path = absl::AsciiStrToLower(copy.path);
  auto ends = [&](std::string_view suffix) { return path.ends_with(suffix); };
  if (ends(".tsv") || ends(".txt")) format = RowFormat::kTsv;
  if (ends(".ndjson") || ends(".jsonl") || ends(".json")) format = RowFormat::kJson;
  bool delimiter_given = false, null_given = false;
  for (const ast::Option& option : copy.options) {
    std::string name = absl::AsciiStrToLower(option.name.name);
    std::string value = absl::AsciiStrToLower(option.value);
    if (name == "format") {
      if (value == "csv") {
        format = RowFormat::kCsv;
      } else if (value == "tsv" || value == "text") {
        format = RowFormat::kTsv;
      } else if (value == "ndjson" || value == "json" || value == "jsonl") {
        format = RowFormat::kJson;
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
      options.rows.delimiter = option.value[0];
      delimiter_given = true;
    } else if (name == "null") {
      options.rows.null_text = option.value;
      null_given = true;
    } else {
      return context.ErrorAt(
          option.name.at, fmt::format("COPY option \"{}\" is not known; there are format, header, "
                                      "delimiter and null",
                                      option.name.name));
    }
  }
  if (format == RowFormat::kTsv) {
    if (!delimiter_given) options.rows.delimiter = '\t';
    if (!null_given) options.rows.null_text = "\\N";
  }
  return options;
}

class CopyWriter {
 public:
  CopyWriter(File* file, const CopyOptions& options, const std::vector<std::string>& names)
      : file_(file), rows_(options.rows, names) {
    if (options.header) rows_.AppendHeader(&buffer_);
  }

  Status Write(const Chunk& chunk) {
    std::vector<Vector> columns;
    for (const Vector& column : chunk.columns) columns.push_back(column.Flatten());
    for (size_t row = 0; row < chunk.num_rows; ++row) {
      rows_.AppendRow(columns, row, &buffer_);
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
  Status Flush() {
    if (buffer_.empty()) return OkStatus();
    RETURN_IF_ERROR(file_->Write(offset_, buffer_));
    offset_ += buffer_.size();
    buffer_.clear();
    return OkStatus();
  }

  File* file_;
  RowText rows_;
  std::string buffer_;
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
  options.rows.time_zone = context.session->time_zone();
  CopyWriter writer(file.get(), options, names);
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
