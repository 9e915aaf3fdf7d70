// COPY (query|table) TO 'file': CSV, TSV (PostgreSQL's text format) or NDJSON.
#include "absl/strings/ascii.h"
#include "sql/binary_value.h"
#include "sql/execute.h"
#include "sql/row_text.h"

namespace shale {
namespace {

inline constexpr size_t kCopyBufferBytes = 1 << 20;

struct CopyOptions {
  RowText::Options rows;
  bool header = false;
  bool binary = false;
};

bool IsOn(const std::string& value) {
  std::string lower = absl::AsciiStrToLower(value);
  return lower.empty() || lower == "true" || lower == "on" || lower == "1";
}

StatusOr<CopyOptions> ReadOptions(const ast::CopyTo& copy, const StatementContext& context) {
  CopyOptions options;
  RowFormat& format = options.rows.format;
  if (copy.to_client) format = RowFormat::kTsv;
  std::string path = absl::AsciiStrToLower(copy.path);
  auto ends = [&](std::string_view suffix) { return path.ends_with(suffix); };
  if (ends(".tsv") || ends(".txt")) format = RowFormat::kTsv;
  if (ends(".ndjson") || ends(".jsonl") || ends(".json")) format = RowFormat::kJson;
  bool delimiter_given = false, null_given = false;
  for (const ast::Option& option : copy.options) {
    std::string name = absl::AsciiStrToLower(option.name.name);
    std::string value = absl::AsciiStrToLower(option.value);
    if (name == "format") {
      options.binary = value == "binary" && copy.to_client;
      if (options.binary) {
        continue;
      } else if (value == "csv") {
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
    } else if (name == "encoding") {
      if (value != "utf8" && value != "utf-8") {
        return context.ErrorAt(option.name.at, "COPY writes UTF-8 only");
      }
    } else if (name == "quote" || name == "escape") {
      if (option.value != "\"") {
        return context.ErrorAt(option.name.at, "COPY quotes with \" only");
      }
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

// COPY … TO STDOUT: each chunk's rows in one piece.
Status CopyToClient(PlanPtr plan, const std::vector<PlanColumn>& result,
                    const std::vector<std::string>& names, const CopyOptions& options,
                    const Snapshot& snapshot, StatementContext& context) {
  RETURN_IF_ERROR(context.receiver->BeginCopyOut(result.size(), options.binary));
  RowText text(options.rows, names);
  std::string buffer;
  if (options.header) text.AppendHeader(&buffer);
  if (options.binary) {
    buffer = CopyBinaryHeader();  // goes out with the first row
  }
  uint64_t rows = 0;
  RETURN_IF_ERROR(
      RunPlan(std::move(plan), result, snapshot, context, [&](Chunk chunk) -> StatusOr<Flow> {
        rows += chunk.num_rows;
        std::vector<Vector> columns;
        for (const Vector& column : chunk.columns) columns.push_back(FlattenForBinary(column));
        for (size_t row = 0; row < chunk.num_rows; ++row) {
          if (options.binary) {
            // A piece a row, as clients expect it.
            AppendBinaryRow(columns, row, &buffer);
            ASSIGN_OR_RETURN(Flow flow, context.receiver->CopyOut(buffer));
            buffer.clear();
            if (flow == Flow::kDone) return flow;
          } else {
            text.AppendRow(columns, row, &buffer);
            buffer.push_back('\n');
          }
        }
        if (buffer.empty()) return Flow::kMore;
        auto flow = context.receiver->CopyOut(buffer);
        buffer.clear();
        return flow;
      }));
  if (options.binary) buffer += "\xff\xff";
  if (!buffer.empty()) RETURN_IF_ERROR(context.receiver->CopyOut(buffer).status());
  return context.receiver->End(fmt::format("COPY {}", rows), rows);
}

}  // namespace

Status ExecuteCopyTo(const ast::CopyTo& copy, StatementContext& context) {
  if (copy.from_client) {
    return Unsupported("COPY … FROM STDIN is for clients of the server; here use shale load");
  }
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
  if (context.describe_only) return OkStatus();
  options.rows.time_zone = context.session->time_zone();
  std::vector<std::string> names;
  for (const PlanColumn& column : result) names.push_back(column.name);
  if (copy.to_client) {
    return CopyToClient(std::move(plan), result, names, options, snapshot, context);
  }
  // The file appears whole or not at all.
  std::string temporary = copy.path + ".tmp";
  ASSIGN_OR_RETURN(const bool left, context.disk->Exists(temporary));
  if (left) RETURN_IF_ERROR(context.disk->Remove(temporary));
  ASSIGN_OR_RETURN(std::unique_ptr<File> file, context.disk->Open(temporary, OpenMode::kCreate));
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
