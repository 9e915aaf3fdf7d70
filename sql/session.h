// Session: the settings of one connection, and what a statement may know of the world.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/functions/function.h"
#include "engine/vector/vector.h"
#include "sql/ast.h"

namespace shale {

class SessionDirectory;  // sql/database.h
struct StatementShape;

// What PREPARE keeps: the statement's own text and its syntax.
struct PreparedStatement {
  std::string text;
  std::vector<ast::Statement> statements;  // one, or none of an empty text
  std::vector<Type> types;                 // of the parameters, as far as they were given
  // The columns that it gives, once somebody asked (Connection::Describe).
  std::shared_ptr<const StatementShape> shape;
  bool from_sql = true;  // PREPARE, not the wire's Parse
  int64_t prepared_at_us = 0;
};

// Who a session is to its server, and what it may ask of the others there.
struct SessionIdentity {
  std::string user = "shale";
  std::string database = "shale";
  int32_t backend_pid = 0;
  SessionDirectory* sessions = nullptr;  // null: no server
};

struct Setting {
  std::string name;
  std::string value;
  std::string description;
  bool fixed = false;  // shown, cannot be changed
};

class Session {
 public:
  Session();
  // What the server that a session belongs to wants known; set once, when it begins.
  SessionIdentity identity;
  // InvalidArgument for an unknown name (nearest known one named) or a value it cannot take.
  Status Set(std::string_view name, std::string_view value);
  Status Reset(std::string_view name);
  // What Reset goes back to (a server's or a client's wish at the start); as Set otherwise.
  Status SetDefault(std::string_view name, std::string_view value);
  uint64_t version() const { return version_; }  // changes with every setting
  StatusOr<std::string> Get(std::string_view name) const;
  const std::vector<Setting>& settings() const { return settings_; }

  const std::string& time_zone() const { return time_zone_; }
  bool keeps_results() const { return keeps_results_; }
  bool skips_quarantined() const { return skips_quarantined_; }
  int threads() const { return threads_; }                            // 0: the database's
  int64_t memory_limit_bytes() const { return memory_limit_bytes_; }  // 0: the database's
  int64_t max_temp_bytes() const { return max_temp_bytes_; }          // likewise
  // What the database settled, for SHOW.
  void Show(std::string_view name, std::string value) {
    if (Setting* setting = Find(name)) setting->value = std::move(value);
  }
  // Values of $1, $2 … while EXECUTE runs its statement; untyped ones take the type they are used
  // as.
  struct Parameter {
    Value value;
    bool untyped;
  };
  std::vector<Parameter> parameters;
  // While a statement is described, not run: what $1, $2 … turn out to be, as their uses ask for
  // it. Null otherwise.
  std::vector<std::optional<Type>>* inferred = nullptr;
  std::map<std::string, std::shared_ptr<PreparedStatement>> prepared;
  FunctionContext functions;  // now_us is set at each statement's start

 private:
  Setting* Find(std::string_view name);
  std::vector<Setting> settings_;
  std::map<std::string, std::string, std::less<>> defaults_;  // other than the built-in ones
  uint64_t version_ = 0;
  std::string time_zone_ = "UTC";
  bool keeps_results_ = true;
  bool skips_quarantined_ = false;
  int threads_ = 0;
  int64_t memory_limit_bytes_ = 0;
  int64_t max_temp_bytes_ = 0;
};

// "512MB", "4 GiB", "1000" → bytes.
StatusOr<int64_t> ParseByteSize(std::string_view text);

// The candidate nearest to `word` by edit distance, or "" when none is near: for "did you mean".
std::string Nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace shale
