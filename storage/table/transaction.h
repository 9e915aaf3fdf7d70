// Transaction: a snapshot with changes that only its owner sees, until Store::Commit makes them
// everybody's. Rows that it inserts stand in hot buffers of its own; rows that it deletes are
// hidden in its copy of the version. Temporary tables are tables that never leave it. Once frozen
// it may be copied, and a copy put back in its place: a savepoint. Not thread-safe; the snapshots
// it gives out are.
#pragma once

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "storage/table/store.h"
#include "storage/table/version.h"

namespace shale {

// Ids from here on are of temporary tables; the catalog never gets so far.
inline constexpr TableId kFirstTemporaryTable = TableId{1} << 62;
inline bool IsTemporary(TableId id) { return id >= kFirstTemporaryTable; }
// Raw bytes of rows inserted in one transaction (they become one record of the log), and of those
// in temporary tables of one session.
inline constexpr uint64_t kMaxTransactionBytes = uint64_t{256} << 20;
inline constexpr uint64_t kMaxTemporaryBytes = uint64_t{4} << 30;

// The temporary tables of a session, handed from transaction to transaction.
struct TemporaryTables {
  std::map<TableId, TablePtr> tables;
  TableId next_id = kFirstTemporaryTable;
};

class Transaction {
 public:
  Transaction(Snapshot base, TemporaryTables temporary);

  // The base with what was done so far.
  const Snapshot& snapshot() const { return current_; }

  Status Insert(const TableSchema& schema, const std::vector<Chunk>& rows);
  // Row ids of `seen`, which is snapshot() or what it was after the last change; returns how many
  // were visible.
  StatusOr<uint64_t> Delete(TableId table, const std::vector<uint64_t>& row_ids);

  // Buffers take no more rows: a copy of the transaction then stays what it is.
  void Freeze();

  StatusOr<TableSchemaPtr> CreateTemporary(TableSchema schema);
  // Names, defaults, keys and checks; the columns stay.
  Status AlterTemporary(const TableSchema& schema);
  Status DropTemporary(TableId table);
  Status TruncateTemporary(TableId table);

  // What Store::Commit is to make durable; empty when only temporary tables changed.
  StatusOr<WriteBatch> Batch() const;
  TemporaryTables temporary() const;

 private:
  std::shared_ptr<DatabaseVersion> Copy() const;
  uint64_t InsertedBytes(bool temporary) const;

  Snapshot base_;
  Snapshot current_;
  TableId next_temporary_;
  // Of the inserted rows: buffers of a partition, of which the last takes rows unless frozen.
  std::map<std::pair<TableId, int64_t>, std::vector<std::shared_ptr<HotTail>>> tails_;
  std::map<TableId, std::vector<uint64_t>> deleted_;  // row ids of base_
};

}  // namespace shale
