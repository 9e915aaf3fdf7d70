#include "tools/load/load.h"

#include <filesystem>
#include <memory>

#include "engine/base/clock.h"
#include "engine/base/sync.h"
#include "sql/parser.h"
#include "tools/console/interrupt.h"
#include "tools/console/table_lookup.h"
#include "tools/console/terminal.h"
#include "tools/load/command.h"
#include "tools/load/pipeline.h"
#include "tools/load/plan.h"
#include "tools/load/summary.h"

namespace shale {
namespace {

class Load {
 public:
  Load(const LoadOptions& options, Database* database, TextSink* out, TextSink* err,
       bool show_progress)
      : options_(options),
        database_(database),
        out_(out),
        err_(err),
        show_progress_(show_progress) {}

  StatusOr<int> Run() {
    int64_t begin_us = Clock::System()->MonotonicMicros();
    ASSIGN_OR_RETURN(std::vector<std::string> files, ExpandFiles(options_.files));
    DialectHints hints = options_.hints;
    std::error_code error;
    if (!options_.dry_run &&
        (database_ != nullptr || std::filesystem::exists(options_.db, error))) {
      RETURN_IF_ERROR(OpenDatabase());
      auto known = LookUpTable(*database_->store().snapshot(), options_.table);
      for (size_t i = 0; known.ok() && i < (*known)->columns.size(); ++i) {
        hints.column_names.push_back((*known)->columns[i].name);
      }
    }
    ASSIGN_OR_RETURN(survey_, SurveyFiles(files, hints, options_.columns));
    RETURN_IF_ERROR(SaySurvey());
    if (options_.dry_run) {
      ASSIGN_OR_RETURN(NewTable table, PlanNewTable(options_, survey_));
      RETURN_IF_ERROR(Notes(table.notes));
      RETURN_IF_ERROR(out_->Write(table.sql + "\n"));
      return kLoadDone;
    }
    RETURN_IF_ERROR(OpenDatabase());
    RETURN_IF_ERROR(SettleTable());
    StatusOr<int> code = LoadRows(begin_us);
    bool keep = code.ok() && *code == kLoadDone;
    if (created_ && !keep && commits_ == 0) {
      // As if nothing had been asked for: the next try may infer other types.
      Status dropped = database_->store().DropTable(table_->table_id);
      if (!dropped.ok()) {
        RETURN_IF_ERROR(err_->Write(
            fmt::format("table {} stays, empty: {}\n", table_->name, Message(dropped))));
      }
    }
    return code;
  }

 private:
  Status Notes(const std::vector<std::string>& notes) {
    for (const auto& note : notes) RETURN_IF_ERROR(err_->Write(note + "\n"));
    return OkStatus();
  }

  Status SaySurvey() {
    const auto& paths = survey_.paths;
    std::string what = paths.size() == 1 ? paths[0] : fmt::format("{} files", paths.size());
    if (what == "-") what = "standard input";
    RETURN_IF_ERROR(err_->Write(fmt::format("{}: {}, {} columns (from {}{} rows)\n", what,
                                            survey_.dialect.ToString(), survey_.columns.size(),
                                            survey_.sampled_all ? "all " : "a sample of ",
                                            WithThousands(survey_.sampled_rows))));
    return Notes(survey_.notes);
  }

  Status OpenDatabase() {
    if (database_ != nullptr) return OkStatus();
    std::error_code error;
    if (!options_.create && !std::filesystem::exists(options_.db, error)) {
      return NotFound("there is no database folder {}; add --create to make it", options_.db);
    }
    DatabaseOptions database_options;
    database_options.create = options_.create;
    RETURN_IF_ERROR(options_.memory.Apply(&database_options));
    ASSIGN_OR_RETURN(owned_, Database::Open(options_.db, database_options));
    database_ = owned_.get();
    return err_->Write(RecoveryText(database_->store().recovery()));
  }

  // Finds or creates the table, and settles where its columns come from.
  Status SettleTable() {
    Snapshot snapshot = database_->store().snapshot();
    auto found = LookUpTable(*snapshot, options_.table);
    std::unique_ptr<Connection> connection = database_->Connect();
    if (found.ok()) {
      table_ = *found;
      RETURN_IF_ERROR(CheckExisting(*snapshot));
    } else if (found.status().code() != StatusCode::kNotFound) {
      return found.status();
    } else if (!options_.create) {
      return NotFound("{}; --create makes it from what the files hold", Message(found.status()));
    } else {
      ASSIGN_OR_RETURN(NewTable fresh, PlanNewTable(options_, survey_));
      RETURN_IF_ERROR(Notes(fresh.notes));
      TextSink* sink = options_.json ? err_ : out_;
      RETURN_IF_ERROR(sink->Write(fresh.sql + "\n"));
      RETURN_IF_ERROR(sink->Flush());
      RETURN_IF_ERROR(connection->Query(fresh.sql).status());
      snapshot = database_->store().snapshot();
      table_ = FindTable(*snapshot, options_.table);
      if (table_ == nullptr) return NotFound("table {} is gone again", options_.table);
      created_ = true;
    }
    TextFormat format = survey_.dialect.format;
    bool has_names = format == TextFormat::kNdjson || format == TextFormat::kCombined ||
                     survey_.dialect.header || !options_.columns.empty() || created_;
    ASSIGN_OR_RETURN(mapping_, MapColumns(survey_, has_names, *table_));
    RETURN_IF_ERROR(Notes(mapping_.notes));
    for (size_t i = 0; i < table_->columns.size(); ++i) {
      const ColumnSchema& column = table_->columns[i];
      defaults_.push_back(column.default_value);
      if (mapping_.sources[i] >= 0 || column.default_text.empty()) continue;
      // An expression, such as now(): its value when the load began.
      ASSIGN_OR_RETURN(QueryResult value,
                       connection->Query(fmt::format("SELECT CAST(({}) AS {})", column.default_text,
                                                     column.type.ToString())));
      defaults_.back() = value.ValueAt(0, 0);
    }
    return OkStatus();
  }

  Status CheckExisting(const DatabaseVersion& version) {
    uint64_t rows = RowCount(version, table_->table_id);
    if (options_.create && rows > 0 && !options_.resume) {
      return MakeError(StatusCode::kAlreadyExists,
                       "table {} exists and has {} rows: leave out --create to add to it",
                       table_->name, WithThousands(rows));
    }
    std::string option = !options_.timestamp.empty()  ? "--timestamp"
                         : options_.unit              ? "--partition-by"
                         : !options_.order_by.empty() ? "--order-by"
                                                      : "";
    if (!option.empty() && !(options_.create && options_.resume)) {
      return InvalidArgument("table {} exists: {} is for a new one", table_->name, option);
    }
    return err_->Write(
        fmt::format("adding to table {} ({} rows)\n", table_->name, WithThousands(rows)));
  }

  StatusOr<int> LoadRows(int64_t begin_us) {
    Store& store = database_->store();
    LoadJob job;
    job.num_workers = options_.workers > 0 ? options_.workers : NumCores();
    ASSIGN_OR_RETURN(std::unique_ptr<BulkWriter> writer, store.StartBulk(*table_, job.num_workers));
    RejectsFile rejects(
        options_.rejects.empty() ? table_->name + ".rejects.ndjson" : options_.rejects,
        options_.resume);
    std::unique_ptr<ResumeState> resume;
    if (options_.resume) {
      ASSIGN_OR_RETURN(std::vector<std::string> tokens, store.ResumeTokens(table_->table_id));
      resume = std::make_unique<ResumeState>(tokens);
    }
    job.survey = &survey_;
    job.mapping = &mapping_;
    job.table = table_.get();
    job.defaults = defaults_;
    job.writer = writer.get();
    job.rejects = &rejects;
    job.resume = resume.get();
    job.limit = options_.max_errors;
    job.show_progress = show_progress_;

    LoadSummary summary;
    Status status = RunLoadPipeline(job, &summary.counts);
    commits_ = summary.counts.commits;
    if (status.ok() && !summary.counts.over_limit && !resume) status = writer->Commit("");
    Status closed = rejects.Close();
    if (status.ok()) status = closed;
    if (!status.ok()) return Explain(status);
    summary.table = table_->name;
    summary.num_files = survey_.paths.size();
    summary.loaded = !summary.counts.over_limit;
    if (summary.loaded && !resume) ++commits_;
    summary.limit = options_.max_errors.ToString();
    if (resume) summary.resumed_rows = resume->rows_loaded();
    if (summary.counts.num_bad > 0) summary.rejects_path = rejects.path();
    writer.reset();
    RETURN_IF_ERROR(MeasureTable(*store.snapshot(), table_->table_id, &summary));
    summary.elapsed_us = Clock::System()->MonotonicMicros() - begin_us;
    RETURN_IF_ERROR(out_->Write(options_.json ? SummaryAsJson(summary) : SummaryInWords(summary)));
    if (summary.loaded) return kLoadDone;
    std::string_view what = resume && commits_ > 0
                                ? "what was committed before stays; the rest was not loaded"
                                : "nothing was loaded";
    RETURN_IF_ERROR(err_->Write(
        fmt::format("error: more bad rows than --max-errors {} allows ({}): {}\n",
                    options_.max_errors.ToString(), WithThousands(summary.counts.num_bad), what)));
    return kLoadOverLimit;
  }

  // What an error means for the table.
  Status Explain(const Status& status) const {
    std::string text(Message(status));
    if (options_.resume) {
      text += "\nrun the same command again to go on where it stopped";
    } else {
      text += "\nnothing was loaded";
    }
    return Status(status.code(), text);
  }

  const LoadOptions& options_;
  Database* database_;
  TextSink* out_;
  TextSink* err_;
  bool show_progress_;
  std::unique_ptr<Database> owned_;
  Survey survey_;
  TableSchemaPtr table_;
  ColumnMapping mapping_;
  std::vector<Value> defaults_;
  bool created_ = false;
  uint64_t commits_ = 0;
};

}  // namespace

int RunLoad(const LoadOptions& options, Database* database, TextSink* out, TextSink* err,
            bool show_progress) {
  StatusOr<int> code = Load(options, database, out, err, show_progress).Run();
  if (!code.ok()) {
    err->Write(fmt::format("error: {}\n", Message(code.status()))).IgnoreError();
  }
  Status flushed = out->Flush();
  err->Flush().IgnoreError();
  if (!code.ok() || !flushed.ok()) return kLoadFailed;
  return *code;
}

}  // namespace shale
