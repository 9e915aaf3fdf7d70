// CatalogState: everything the catalog knows, by permanent id, and the edits that change it. Edits
// are small typed records; a group of them is applied as a whole. docs/format/catalog.md has the
// bytes.
//
// A plain value, owned by the committer. Only ordered containers: what is written and what is
// observed never depends on a hash.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/base/status.h"
#include "storage/table/schema.h"

namespace shale {

// Why rows are hidden. Ids are permanent.
enum class HiddenReason : uint8_t { kDeleted = 1, kDuplicate = 2, kNoConsent = 3, kBot = 4 };

// Rows of a segment hidden for one reason.
struct HiddenRows {
  uint64_t since_sequence = 0;  // the commit that last changed it
  std::string bitmap;           // Roaring, portable serialisation
};

struct SegmentEntry {
  uint64_t segment_id = 0;
  TableId table_id = 0;
  int64_t partition_begin_us = 0;
  uint64_t num_rows = 0;
  uint64_t file_bytes = 0;
  uint64_t footer_checksum = 0;
  // Not 0: the commit that brought all of its rows (a bulk load writes its files before it has
  // one); else `_seq` stands in the segment.
  uint64_t commit_sequence = 0;
  std::map<HiddenReason, HiddenRows> hidden;
  std::string damage;  // not empty: quarantined, and what a check found
};

struct TableEntry {
  TableSchemaPtr schema;
  // What rows older than an ADD COLUMN have in it.
  std::map<ColumnId, Value> missing_values;
  ColumnId next_column_id = 1;
  // Rows of the log up to this commit are gone (TRUNCATE) …
  uint64_t replayed_to = 0;
  // … or, a partition, in segments.
  std::map<int64_t, uint64_t> partition_replayed_to;
  std::map<uint64_t, SegmentEntry> segments;  // by id
  std::set<std::string> resume_tokens;
};

// ---- edits --------------------------------------------------------------------------------------

struct PutTable {  // created or altered
  TableSchemaPtr schema;
  std::map<ColumnId, Value> missing_values;
  ColumnId next_column_id = 1;
};
struct DropTableEdit {
  TableId table_id;
};
struct PutView {
  ViewSchema view;
};
struct DropViewEdit {
  std::string name;
};
struct PutRole {
  RoleSchema role;
};
struct DropRoleEdit {
  std::string name;
};
struct AddSegment {
  SegmentEntry segment;
};
struct RemoveSegment {
  TableId table_id;
  uint64_t segment_id;
};
struct HideRows {
  TableId table_id;
  uint64_t segment_id;
  HiddenReason reason;
  HiddenRows rows;
};
struct PartitionReplayedTo {
  TableId table_id;
  int64_t partition_begin_us;
  uint64_t sequence;
};
struct TableReplayedTo {
  TableId table_id;
  uint64_t sequence;
};
struct AddResumeToken {
  TableId table_id;
  std::string token;
};
struct LogBegins {
  uint64_t first_file;
};  // files below are not needed
// Written with every group.
struct Counters {
  uint64_t next_table_id = 1;
  uint64_t next_segment_id = 1;
};
// Puts a segment into quarantine, or with an empty `damage` takes it out.
struct MarkDamaged {
  TableId table_id;
  uint64_t segment_id;
  std::string damage;
};

using CatalogEdit =
    std::variant<PutTable, DropTableEdit, PutView, DropViewEdit, AddSegment, RemoveSegment,
                 HideRows, PartitionReplayedTo, TableReplayedTo, AddResumeToken, LogBegins,
                 Counters, PutRole, DropRoleEdit, MarkDamaged>;

struct CatalogState {
  uint64_t database_salt = 0;
  uint64_t last_sequence = 0;
  Counters counters;
  uint64_t first_log_file = 1;
  std::map<TableId, TableEntry> tables;
  std::map<std::string, ViewSchema> views;
  std::map<std::string, RoleSchema> roles;

  // DataLoss when an edit names what does not exist.
  Status Apply(uint64_t sequence, const std::vector<CatalogEdit>& edits);
  // Edits that make this state out of an empty one.
  std::vector<CatalogEdit> Snapshot() const;
};

std::string EncodeEdits(const std::vector<CatalogEdit>& edits);
StatusOr<std::vector<CatalogEdit>> DecodeEdits(std::string_view payload);

}  // namespace shale
