// What a table is made of. Tables and columns have permanent ids that are never reused; names are
// only labels on them. A changed schema is a new TableSchema with the next schema_id.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/vector/vector.h"

namespace shale {

using TableId = uint64_t;
using ColumnId = int32_t;  // user columns count from 1; system columns are negative

inline constexpr ColumnId kSeqColumn = -1;    // _seq: commit sequence, UBIGINT
inline constexpr ColumnId kRowIdColumn = -2;  // where a row is, UBIGINT; only within one snapshot

enum class PartitionUnit : uint8_t { kNone = 0, kHour = 1, kDay = 2, kWeek = 3, kMonth = 4 };

struct ColumnSchema {
  ColumnId id = 0;
  std::string name;
  Type type;
  bool not_null = false;
  // The value of a missing column: in INSERT, and in rows older than an ADD COLUMN. NULL if none.
  Value default_value;
  std::string default_text;  // as written, when it is an expression to be evaluated per INSERT
  int32_t max_length = 0;    // VARCHAR(n): characters; 0 is no limit
};

// Columns that are named together. Of a primary key (its columns are NOT NULL) and of a unique one
// no two rows may have the same values, NULLs aside; a plain index is a name only, since rows are
// found by the table's order and by zone maps.
struct TableKey {
  enum class Kind : uint8_t { kPrimary = 1, kUnique = 2, kIndex = 3 };
  std::string name;
  Kind kind = Kind::kIndex;
  std::vector<ColumnId> columns;  // of a plain index possibly none
  bool unique() const { return kind != Kind::kIndex; }
};
// CHECK (condition), as written: whoever inserts computes it.
struct TableCheck {
  std::string name;
  std::string condition;
};

struct TableSchema {
  TableId table_id = 0;
  uint32_t schema_id = 0;
  std::string name;
  std::vector<ColumnSchema> columns;
  std::optional<ColumnId> timestamp_column;  // TIMESTAMP or TIMESTAMPTZ, NOT NULL
  PartitionUnit partition_unit = PartitionUnit::kNone;
  std::vector<ColumnId> order_by;  // empty: by timestamp column, or as inserted
  std::map<std::string, std::string> options;
  std::vector<TableKey> keys;      // no name twice in a database
  std::vector<TableCheck> checks;  // no name twice in a table

  const ColumnSchema* Find(ColumnId id) const;
  const ColumnSchema* FindByName(std::string_view name) const;  // exact
  bool HasUniqueKey() const;
};
using TableSchemaPtr = std::shared_ptr<const TableSchema>;

struct ViewSchema {
  std::string name;
  std::string query;                 // the SELECT's text
  std::vector<std::string> columns;  // names given in CREATE VIEW v (a, b), or empty
};

// Who may log in. The verifier is what a server keeps of a password (RFC 5803:
// "SCRAM-SHA-256$4096:salt$stored:server"), never the password; empty: none was set, no login.
struct RoleSchema {
  uint64_t role_id = 0;  // permanent; never reused
  std::string name;
  std::string verifier;
};

// First microsecond of the partition that holds `micros` (UTC; weeks begin on Monday), and of the
// next one.
struct PartitionRange {
  int64_t begin_us;
  int64_t end_us;
};
PartitionRange PartitionOf(int64_t micros, PartitionUnit unit);

}  // namespace shale
