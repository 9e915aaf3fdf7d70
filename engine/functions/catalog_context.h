// CatalogContext: what functions over the catalogs (to_regclass, current_setting, pg_backend_pid …)
// may ask of the session and of the snapshot that a statement reads. Made by sql for one statement;
// functions see it through FunctionContext, where it may be null (then every answer is "nothing").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/status.h"

namespace shale {

// Which catalog an object identifier is of.
enum class ObjectKind : uint8_t { kRelation, kType, kFunction, kSchema, kRole };

class CatalogContext {
 public:
  virtual ~CatalogContext() = default;
  // `name` as SQL writes it: perhaps qualified, perhaps quoted.
  virtual std::optional<uint32_t> Find(ObjectKind kind, std::string_view name) const = 0;
  // The name as regclass and its relatives print it.
  virtual std::optional<std::string> NameOf(ObjectKind kind, uint32_t oid) const = 0;
  virtual std::string FormatType(uint32_t oid, int32_t modifier) const = 0;
  virtual std::optional<std::string> ViewQuery(uint32_t relation) const = 0;
  // Arguments and result as \df shows them.
  virtual std::pair<std::string, std::string> Signature(uint32_t function) const = 0;
  virtual int64_t RelationBytes(
      uint32_t relation) const = 0;  // on disk; of relation 0: all tables'
  virtual std::string user() const = 0;
  virtual std::string database() const = 0;
  virtual int32_t backend_pid() const = 0;
  virtual std::optional<std::string> Setting(std::string_view name) const = 0;
  virtual Status Set(std::string_view name, std::string_view value) = 0;
  // Ends the running statement of another session, or the session; false: there is none such.
  virtual bool Signal(int32_t backend_pid, bool terminate) = 0;
  // Waits; ends early, with an error, when the statement is cancelled.
  virtual Status Sleep(double seconds) = 0;
};

}  // namespace shale
