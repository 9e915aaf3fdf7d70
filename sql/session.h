// Session: the settings of one connection, and what a statement may know of the world.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/functions/function.h"
#include "engine/vector/vector.h"
#include "sql/ast.h"

namespace shale {

// What PREPARE keeps: the statement's own text and its syntax.
struct PreparedStatement {
  std::string text;
  std::vector<ast::Statement> statements;  // one
  std::vector<Type> types;                 // of the parameters, as far as they were given
};

struct Setting {
  std::string name;
  std::string value;
  std::string description;
};

class Session {
 public:
  Session();
  // InvalidArgument for an unknown name (nearest known one named) or a value it cannot take.
  Status Set(std::string_view name, std::string_view value);
  Status Reset(std::string_view name);
  StatusOr<std::string> Get(std::string_view name) const;
  const std::vector<Setting>& settings() const { return settings_; }

  const std::string& time_zone() const { return time_zone_; }
  bool keeps_results() const { return keeps_results_; }
  int threads() const { return threads_; }                            // 0: the database's
  int64_t memory_limit_bytes() const { return memory_limit_bytes_; }  // 0: the database's
  // Values of $1, $2 … while EXECUTE runs its statement; untyped ones take the type they are used
  // as.
  struct Parameter {
    Value value;
    bool untyped;
  };
  std::vector<Parameter> parameters;
  std::map<std::string, std::shared_ptr<const PreparedStatement>> prepared;
  FunctionContext functions;  // now_us is set at each statement's start

 private:
  Setting* Find(std::string_view name);
  std::vector<Setting> settings_;
  std::string time_zone_ = "UTC";
  bool keeps_results_ = true;
  int threads_ = 0;
  int64_t memory_limit_bytes_ = 0;
};

// "512MB", "4 GiB", "1000" → bytes.
StatusOr<int64_t> ParseByteSize(std::string_view text);

// The candidate nearest to `word` by edit distance, or "" when none is near: for "did you mean".
std::string Nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace shale
