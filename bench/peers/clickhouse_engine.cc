// ClickHouse through libchdb's C interface, of which only what is called here is declared.
#include <simdjson.h>

#include <cstring>

#include "bench/peers/engine.h"
#include "bench/peers/library.h"
#include "fmt/format.h"

namespace shale::bench {
namespace {

using Handle = void*;

struct Functions {
  Handle* (*connect)(int, char**);
  Handle (*query)(Handle, const char*, const char*);
  void (*destroy)(Handle);
  char* (*buffer)(Handle);
  size_t (*length)(Handle);
  const char* (*error)(Handle);
};

class ClickHouseEngine : public Engine {
 public:
  static StatusOr<std::unique_ptr<Engine>> Open(const EngineOptions& options) {
    ASSIGN_OR_RETURN(Library library, Library::Open(options.library));
    auto engine = std::make_unique<ClickHouseEngine>();
    Functions& f = engine->functions_;
    RETURN_IF_ERROR(library.Find("chdb_connect", &f.connect));
    RETURN_IF_ERROR(library.Find("chdb_query", &f.query));
    RETURN_IF_ERROR(library.Find("chdb_destroy_query_result", &f.destroy));
    RETURN_IF_ERROR(library.Find("chdb_result_buffer", &f.buffer));
    RETURN_IF_ERROR(library.Find("chdb_result_length", &f.length));
    RETURN_IF_ERROR(library.Find("chdb_result_error", &f.error));
    std::string program = "clickhouse", path = "--path=" + options.database;
    std::vector<char*> arguments = {program.data(), path.data()};
    engine->connection_ = f.connect(static_cast<int>(arguments.size()), arguments.data());
    if (engine->connection_ == nullptr || *engine->connection_ == nullptr) {
      return MakeError(StatusCode::kInternal, "ClickHouse: no connection to {}", options.database);
    }
    RETURN_IF_ERROR(engine->Run(fmt::format("SET max_threads = {}", options.threads)).status());
    RETURN_IF_ERROR(engine->Run("SET use_query_condition_cache = 0").status());
    RETURN_IF_ERROR(engine->Run("SET use_query_cache = 0").status());
    RETURN_IF_ERROR(engine->Run("SET session_timezone = 'UTC'").status());
    ASSIGN_OR_RETURN(Answer version, engine->Ask("SELECT version() AS v"));
    engine->version_ = version.rows[0][0];
    return engine;
  }

  std::string version() const override { return version_; }

  StatusOr<uint64_t> Run(const std::string& sql) override {
    ASSIGN_OR_RETURN(Handle result, Query(sql, "Native"));
    functions_.destroy(result);
    return 0;
  }

  StatusOr<Answer> Ask(const std::string& sql) override {
    ASSIGN_OR_RETURN(Handle result, Query(sql, "JSONCompactStringsEachRowWithNames"));
    simdjson::padded_string text(functions_.buffer(result), functions_.length(result));
    functions_.destroy(result);
    Answer answer;
    simdjson::dom::parser parser;
    simdjson::dom::document_stream rows;
    if (parser.parse_many(text, std::max<size_t>(text.size() + 64, 1 << 20)).get(rows)) {
      return MakeError(StatusCode::kInternal, "ClickHouse: an answer that is no JSON");
    }
    for (auto row : rows) {
      std::vector<std::string> fields;
      simdjson::dom::array array;
      if (row.get(array)) {
        return MakeError(StatusCode::kInternal, "ClickHouse: an answer's row that is no array");
      }
      for (simdjson::dom::element element : array) {
        std::string_view field = "NULL";
        if (!element.is_null() && element.get(field)) {
          return MakeError(StatusCode::kInternal, "ClickHouse: a field that is no text");
        }
        fields.emplace_back(field);
      }
      if (answer.names.empty()) {
        answer.names = std::move(fields);
      } else {
        answer.rows.push_back(std::move(fields));
      }
    }
    return answer;
  }

  Status Load(const std::string& table, const std::string& format,
              const std::string& path) override {
    const char* name = format == "tsv"   ? "TabSeparated"
                       : format == "csv" ? "CSVWithNames"
                                         : "JSONEachRow";
    return Run(fmt::format("INSERT INTO {} SELECT * FROM file('{}', '{}') SETTINGS "
                           "fsync_metadata = 1",
                           table, path, name))
        .status();
  }

 private:
  StatusOr<Handle> Query(const std::string& sql, const char* format) {
    Handle result = functions_.query(*connection_, sql.c_str(), format);
    if (result == nullptr) return MakeError(StatusCode::kInternal, "ClickHouse: no result");
    const char* error = functions_.error(result);
    if (error == nullptr || *error == 0) return result;
    Status status = InvalidArgument("ClickHouse: {}", error);
    functions_.destroy(result);
    return status;
  }

  Functions functions_{};
  Handle* connection_ = nullptr;
  std::string version_;
};

}  // namespace

StatusOr<std::unique_ptr<Engine>> OpenClickHouse(const EngineOptions& options) {
  return ClickHouseEngine::Open(options);
}

}  // namespace shale::bench
