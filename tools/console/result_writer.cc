#include "tools/console/result_writer.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "engine/base/edit_distance.h"
#include "engine/functions/value_io.h"
#include "sql/row_text.h"
#include "tools/console/terminal.h"
#include "tools/console/text_table.h"

namespace shale {
namespace {

const std::vector<std::string> kModeNames = {"table",  "csv",      "tsv", "json",
                                             "ndjson", "markdown", "line"};

std::string CommandLine(const std::string& tag) { return tag + "\n"; }

// What every mode shares: the columns of the running statement and the session's time zone.
class WriterBase : public ResultReceiver {
 public:
  WriterBase(ResultWriterOptions options, TextSink* sink)
      : options_(std::move(options)), sink_(sink) {}

  Status Begin(const std::vector<ResultColumn>& columns) final {
    columns_ = columns;
    time_zone_ = options_.time_zone ? options_.time_zone() : "UTC";
    has_rows_ = true;
    return Start();
  }

  StatusOr<Flow> Rows(const Chunk& chunk) final {
    std::vector<Vector> flat;
    flat.reserve(chunk.columns.size());
    for (const Vector& column : chunk.columns) flat.push_back(column.Flatten());
    for (size_t row = 0; row < chunk.num_rows; ++row) RETURN_IF_ERROR(WriteRow(flat, row));
    return Flow::kMore;
  }

  void Notice(std::string_view severity, std::string_view, std::string_view message) final {
    fmt::print(stderr, "{}: {}\n", severity, message);
  }

  Status End(const std::string& tag, uint64_t num_rows) final {
    bool had_rows = has_rows_;
    has_rows_ = false;
    if (had_rows) {
      RETURN_IF_ERROR(Finish(num_rows));
    } else if (IsForPeople(options_.mode)) {
      RETURN_IF_ERROR(sink_->Write(CommandLine(tag)));
    }
    return sink_->Flush();
  }

 protected:
  virtual Status Start() = 0;
  virtual Status WriteRow(const std::vector<Vector>& columns, size_t row) = 0;
  virtual Status Finish(uint64_t num_rows) = 0;

  ResultWriterOptions options_;
  TextSink* sink_;
  std::vector<ResultColumn> columns_;
  std::string time_zone_;
  std::string line_;

 private:
  bool has_rows_ = false;
};

std::string RowCount(uint64_t count) {
  return fmt::format("({} row{})\n", WithThousands(count), count == 1 ? "" : "s");
}

class TableWriter : public WriterBase {
 public:
  using WriterBase::WriterBase;

 protected:
  Status Start() override {
    std::vector<TextTable::Column> columns;
    for (const auto& column : columns_) {
      std::string name;
      AppendPrintable(column.name, &name);
      columns.push_back({name, column.type.IsNumeric()});
    }
    bool box = options_.mode == OutputMode::kTable;
    table_ =
        std::make_unique<TextTable>(box ? TextTable::Style::kBox : TextTable::Style::kMarkdown,
                                    std::move(columns), options_.header, options_.max_width, sink_);
    return OkStatus();
  }

  Status WriteRow(const std::vector<Vector>& columns, size_t row) override {
    std::vector<std::string> cells(columns.size());
    for (size_t i = 0; i < columns.size(); ++i) {
      if (columns[i].IsNull(row)) {
        cells[i] = "NULL";
        continue;
      }
      line_.clear();
      AppendText(columns[i], row, time_zone_, &line_);
      AppendPrintable(line_, &cells[i]);
      if (options_.mode == OutputMode::kMarkdown) EscapePipes(&cells[i]);
    }
    return table_->AddRow(std::move(cells));
  }

  Status Finish(uint64_t) override {
    RETURN_IF_ERROR(table_->Finish());
    if (options_.mode != OutputMode::kTable) return OkStatus();
    if (table_->num_hidden_columns() > 0) {
      return sink_->Write(
          fmt::format("({} row{}, {} of {} columns shown; \\mode line shows all)\n",
                      WithThousands(table_->num_rows()), table_->num_rows() == 1 ? "" : "s",
                      columns_.size() - table_->num_hidden_columns(), columns_.size()));
    }
    return sink_->Write(RowCount(table_->num_rows()));
  }

 private:
  static void EscapePipes(std::string* cell) {
    for (size_t at = 0; (at = cell->find('|', at)) != std::string::npos; at += 2) {
      cell->insert(at, "\\");
    }
  }
  std::unique_ptr<TextTable> table_;
};

// CSV, TSV, one JSON object a line, or all of them in one array.
class MachineWriter : public WriterBase {
 public:
  using WriterBase::WriterBase;

 protected:
  Status Start() override {
    RowText::Options options = RowText::Json();
    if (options_.mode == OutputMode::kCsv) options = RowText::Csv();
    if (options_.mode == OutputMode::kTsv) options = RowText::Tsv();
    options.time_zone = time_zone_;
    std::vector<std::string> names;
    for (const auto& column : columns_) names.push_back(column.name);
    rows_ = std::make_unique<RowText>(std::move(options), names);
    num_written_ = 0;
    line_.clear();
    if (IsArray()) line_ = "[";
    if (options_.header) rows_->AppendHeader(&line_);
    return sink_->Write(line_);
  }

  Status WriteRow(const std::vector<Vector>& columns, size_t row) override {
    line_.clear();
    if (IsArray()) line_ += num_written_ == 0 ? "\n" : ",\n";
    ++num_written_;
    rows_->AppendRow(columns, row, &line_);
    if (!IsArray()) line_ += '\n';
    return sink_->Write(line_);
  }

  Status Finish(uint64_t) override {
    if (!IsArray()) return OkStatus();
    return sink_->Write(num_written_ == 0 ? "]\n" : "\n]\n");
  }

 private:
  bool IsArray() const { return options_.mode == OutputMode::kJson; }
  std::unique_ptr<RowText> rows_;
  uint64_t num_written_ = 0;
};

// One line "name = value" a column, names right-aligned, an empty line between rows.
class LineWriter : public WriterBase {
 public:
  using WriterBase::WriterBase;

 protected:
  Status Start() override {
    num_written_ = 0;
    names_.clear();
    size_t width = 0;
    for (const auto& column : columns_) {
      names_.emplace_back();
      AppendPrintable(column.name, &names_.back());
      width = std::max(width, DisplayWidth(names_.back()));
    }
    for (auto& name : names_) name.insert(0, width - DisplayWidth(name), ' ');
    return OkStatus();
  }

  Status WriteRow(const std::vector<Vector>& columns, size_t row) override {
    line_.clear();
    if (num_written_++ > 0) line_ += '\n';
    for (size_t i = 0; i < columns.size(); ++i) {
      line_ += names_[i];
      line_ += " = ";
      if (columns[i].IsNull(row)) {
        line_ += "NULL";
      } else {
        text_.clear();
        AppendText(columns[i], row, time_zone_, &text_);
        AppendPrintable(text_, &line_);
      }
      line_ += '\n';
    }
    return sink_->Write(line_);
  }

  Status Finish(uint64_t) override { return sink_->Write(RowCount(num_written_)); }

 private:
  std::vector<std::string> names_;
  std::string text_;
  uint64_t num_written_ = 0;
};

}  // namespace

StatusOr<OutputMode> ParseOutputMode(std::string_view name) {
  std::string lower = absl::AsciiStrToLower({name.data(), name.size()});
  for (size_t i = 0; i < kModeNames.size(); ++i) {
    if (kModeNames[i] == lower) return static_cast<OutputMode>(i);
  }
  std::vector<std::string_view> names(kModeNames.begin(), kModeNames.end());
  std::string_view near = NearestName(lower, names);
  return InvalidArgument(
      "unknown mode \"{}\"{}; the modes are table, csv, tsv, json, ndjson, "
      "markdown and line",
      name, near.empty() ? "" : fmt::format(", did you mean {}?", near));
}

std::string_view OutputModeName(OutputMode mode) { return kModeNames[static_cast<size_t>(mode)]; }
const std::vector<std::string>& OutputModeNames() { return kModeNames; }
bool IsForPeople(OutputMode mode) {
  return mode == OutputMode::kTable || mode == OutputMode::kLine;
}

std::unique_ptr<ResultReceiver> MakeResultWriter(ResultWriterOptions options, TextSink* sink) {
  switch (options.mode) {
    case OutputMode::kTable:
    case OutputMode::kMarkdown: return std::make_unique<TableWriter>(std::move(options), sink);
    case OutputMode::kCsv:
    case OutputMode::kTsv:
    case OutputMode::kJson:
    case OutputMode::kNdjson: return std::make_unique<MachineWriter>(std::move(options), sink);
    case OutputMode::kLine: return std::make_unique<LineWriter>(std::move(options), sink);
  }
  return nullptr;
}

}  // namespace shale
