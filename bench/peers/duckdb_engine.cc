// DuckDB through its C interface, of which only what is called here is declared.
#include <cstring>

#include "bench/peers/engine.h"
#include "bench/peers/library.h"
#include "fmt/format.h"

namespace shale::bench {
namespace {

using Handle = void*;
constexpr int kSuccess = 0;

// duckdb_result: its fields are not for callers.
struct Result {
  uint64_t counts[3];
  void* columns;
  char* error;
  void* data;
};

struct Functions {
  int (*create_config)(Handle*);
  int (*set_config)(Handle, const char*, const char*);
  int (*open_ext)(const char*, Handle*, Handle, char**);
  int (*connect)(Handle, Handle*);
  int (*query)(Handle, const char*, Result*);
  void (*destroy_result)(Result*);
  const char* (*result_error)(Result*);
  uint64_t (*row_count)(Result*);
  uint64_t (*column_count)(Result*);
  const char* (*column_name)(Result*, uint64_t);
  char* (*value_varchar)(Result*, uint64_t, uint64_t);
  void (*release)(void*);
  Handle (*fetch_chunk)(Result);
  uint64_t (*chunk_size)(Handle);
  void (*destroy_chunk)(Handle*);
  const char* (*version)();
};

class DuckDbEngine : public Engine {
 public:
  static StatusOr<std::unique_ptr<Engine>> Open(const EngineOptions& options) {
    ASSIGN_OR_RETURN(Library library, Library::Open(options.library));
    auto engine = std::make_unique<DuckDbEngine>();
    Functions& f = engine->functions_;
    RETURN_IF_ERROR(library.Find("duckdb_create_config", &f.create_config));
    RETURN_IF_ERROR(library.Find("duckdb_set_config", &f.set_config));
    RETURN_IF_ERROR(library.Find("duckdb_open_ext", &f.open_ext));
    RETURN_IF_ERROR(library.Find("duckdb_connect", &f.connect));
    RETURN_IF_ERROR(library.Find("duckdb_query", &f.query));
    RETURN_IF_ERROR(library.Find("duckdb_destroy_result", &f.destroy_result));
    RETURN_IF_ERROR(library.Find("duckdb_result_error", &f.result_error));
    RETURN_IF_ERROR(library.Find("duckdb_row_count", &f.row_count));
    RETURN_IF_ERROR(library.Find("duckdb_column_count", &f.column_count));
    RETURN_IF_ERROR(library.Find("duckdb_column_name", &f.column_name));
    RETURN_IF_ERROR(library.Find("duckdb_value_varchar", &f.value_varchar));
    RETURN_IF_ERROR(library.Find("duckdb_free", &f.release));
    RETURN_IF_ERROR(library.Find("duckdb_fetch_chunk", &f.fetch_chunk));
    RETURN_IF_ERROR(library.Find("duckdb_data_chunk_get_size", &f.chunk_size));
    RETURN_IF_ERROR(library.Find("duckdb_destroy_data_chunk", &f.destroy_chunk));
    RETURN_IF_ERROR(library.Find("duckdb_library_version", &f.version));

    Handle config = nullptr;
    f.create_config(&config);
    f.set_config(config, "threads", fmt::format("{}", options.threads).c_str());
    f.set_config(config, "memory_limit", "16GB");
    f.set_config(config, "storage_compatibility_version", "latest");
    char* error = nullptr;
    Handle database = nullptr;
    if (f.open_ext(options.database.c_str(), &database, config, &error) != kSuccess) {
      return MakeError(StatusCode::kInternal, "DuckDB: {}", error == nullptr ? "?" : error);
    }
    if (f.connect(database, &engine->connection_) != kSuccess) {
      return MakeError(StatusCode::kInternal, "DuckDB: no connection");
    }
    RETURN_IF_ERROR(engine->Run("SET TimeZone = 'UTC'").status());
    return engine;
  }

  std::string version() const override { return functions_.version(); }

  StatusOr<uint64_t> Run(const std::string& sql) override {
    Result result;
    RETURN_IF_ERROR(Query(sql, &result));
    uint64_t rows = 0;
    while (Handle chunk = functions_.fetch_chunk(result)) {
      rows += functions_.chunk_size(chunk);
      functions_.destroy_chunk(&chunk);
    }
    functions_.destroy_result(&result);
    return rows;
  }

  StatusOr<Answer> Ask(const std::string& sql) override {
    Result result;
    RETURN_IF_ERROR(Query(sql, &result));
    Answer answer;
    const uint64_t columns = functions_.column_count(&result);
    for (uint64_t column = 0; column < columns; ++column) {
      answer.names.push_back(functions_.column_name(&result, column));
    }
    for (uint64_t row = 0; row < functions_.row_count(&result); ++row) {
      std::vector<std::string>& fields = answer.rows.emplace_back();
      for (uint64_t column = 0; column < columns; ++column) {
        char* text = functions_.value_varchar(&result, column, row);
        fields.push_back(text == nullptr ? "NULL" : text);
        functions_.release(text);
      }
    }
    functions_.destroy_result(&result);
    return answer;
  }

  Status Load(const std::string& table, const std::string& format,
              const std::string& path) override {
    const char* options = format == "tsv"   ? "FORMAT csv, DELIMITER '\t', HEADER false, QUOTE '', "
                                              "ESCAPE '', AUTO_DETECT false, NULLSTR '\\N'"
                          : format == "csv" ? "FORMAT csv, HEADER true, NULLSTR '\\N'"
                                            : "FORMAT json";
    RETURN_IF_ERROR(Run(fmt::format("COPY {} FROM '{}' ({})", table, path, options)).status());
    return Run("CHECKPOINT").status();
  }

 private:
  Status Query(const std::string& sql, Result* result) {
    std::memset(result, 0, sizeof(*result));
    if (functions_.query(connection_, sql.c_str(), result) == kSuccess) return OkStatus();
    const char* error = functions_.result_error(result);
    Status status = InvalidArgument("DuckDB: {}", error == nullptr ? "?" : error);
    functions_.destroy_result(result);
    return status;
  }

  Functions functions_{};
  Handle connection_ = nullptr;
};

}  // namespace

StatusOr<std::unique_ptr<Engine>> OpenDuckDb(const EngineOptions& options) {
  return DuckDbEngine::Open(options);
}

}  // namespace shale::bench
