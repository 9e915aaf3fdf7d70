#include "bench/peers/engine.h"
#include "engine/functions/value_io.h"
#include "fmt/format.h"
#include "sql/database.h"
#include "tools/load/command.h"

namespace shale::bench {
namespace {

// Takes every row and keeps none.
class Counter : public ResultReceiver {
 public:
  Status Begin(const std::vector<ResultColumn>&) override { return OkStatus(); }
  StatusOr<Flow> Rows(const Chunk& chunk) override {
    rows_ += chunk.num_rows;
    return Flow::kMore;
  }
  Status End(const std::string&, uint64_t) override { return OkStatus(); }
  uint64_t rows() const { return rows_; }

 private:
  uint64_t rows_ = 0;
};

class ShaleEngine : public Engine {
 public:
  explicit ShaleEngine(std::unique_ptr<Database> database)
      : database_(std::move(database)), connection_(database_->Connect()) {}

  std::string version() const override { return SHALE_VERSION; }

  StatusOr<uint64_t> Run(const std::string& sql) override {
    Counter counter;
    RETURN_IF_ERROR(connection_->Run(sql, &counter));
    return counter.rows();
  }

  StatusOr<Answer> Ask(const std::string& sql) override {
    ASSIGN_OR_RETURN(QueryResult result, connection_->Query(sql));
    Answer answer;
    for (const ResultColumn& column : result.columns) answer.names.push_back(column.name);
    for (uint64_t row = 0; row < result.num_rows && !result.columns.empty(); ++row) {
      std::vector<std::string>& fields = answer.rows.emplace_back();
      for (size_t column = 0; column < result.columns.size(); ++column) {
        fields.push_back(ToText(result.ValueAt(row, column)));
      }
    }
    return answer;
  }

  Status Load(const std::string& table, const std::string& format,
              const std::string& path) override {
    std::vector<std::string> words = {"--table", table,       "--format",
                                      format,    "--rejects", "/dev/null"};
    if (format == "tsv") words.push_back("--no-header");
    words.push_back(path);
    std::string output;
    if (LoadInto(database_.get(), words, &output) == 0) return OkStatus();
    return MakeError(StatusCode::kInternal, "{}", output);
  }

 private:
  std::unique_ptr<Database> database_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace

StatusOr<std::unique_ptr<Engine>> OpenShale(const EngineOptions& options) {
  ASSIGN_OR_RETURN(auto database, Database::Open(options.database,
                                                 {.create = true, .num_workers = options.threads}));
  auto engine = std::make_unique<ShaleEngine>(std::move(database));
  // What is kept from query to query is measured apart, as the peers' caches are.
  RETURN_IF_ERROR(engine->Run("SET keep_results = off").status());
  return engine;
}

}  // namespace shale::bench
