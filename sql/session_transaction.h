// SessionTransaction: through which a session reads and writes the store. Between BEGIN and COMMIT
// it keeps one snapshot with the session's own changes on top; else each write is a commit of its
// own. Temporary tables live here, whatever becomes of transactions.
// Not thread-safe: a connection runs one statement at a time.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "storage/table/store.h"
#include "storage/table/transaction.h"

namespace shale {

class SessionTransaction {
 public:
  explicit SessionTransaction(Store* store) : store_(store) {}

  // What the next statement reads.
  Snapshot snapshot() const;
  // Whether that does without segments in quarantine.
  void SkipQuarantined(bool skip) { skips_quarantined_ = skip; }

  bool is_open() const { return open_ != nullptr; }
  // A statement failed since BEGIN: nothing but COMMIT and ROLLBACK, which then mean the same.
  bool has_failed() const { return failed_; }
  void Fail() { failed_ = open_ != nullptr; }
  void Begin();  // nothing when one is open
  // kAborted when another session deleted what this one did; the transaction is over in any case.
  Status Commit();
  void Rollback();
  // Savepoints; errors as PostgreSQL's outside a transaction and for unknown names. After
  // RollbackTo a failed transaction goes on.
  Status Save(std::string name);
  Status Release(const std::string& name);
  Status RollbackTo(const std::string& name);

  // Whether rows for this table go straight to the store, in bulk if they are many.
  bool WritesThrough(TableId table) const { return !open_ && !IsTemporary(table); }
  Status Insert(const TableSchema& schema, const std::vector<Chunk>& rows);
  // `row_ids` and `seen` as in Store::Delete; `seen` is this statement's snapshot().
  StatusOr<uint64_t> Delete(TableId table, const Snapshot& seen,
                            const std::vector<uint64_t>& row_ids);
  // The rows that `row_ids` name make way for `rows`, in one commit. kAborted, with nothing done,
  // when one of them is gone meanwhile.
  Status Replace(const TableSchema& schema, const Snapshot& seen,
                 const std::vector<uint64_t>& row_ids, const std::vector<Chunk>& rows);

  StatusOr<TableSchemaPtr> CreateTable(TableSchema schema, bool temporary);
  Status AlterTable(const TableSchema& schema);
  Status DropTable(TableId table);
  Status Truncate(TableId table);
  void DropTemporaryTables() { temporary_ = TemporaryTables{{}, temporary_.next_id}; }
  // An error when a transaction is open: what cannot be undone.
  Status CheckOutside(std::string_view statement) const;

 private:
  // Runs `change` on the open transaction, or on one made for it alone.
  Snapshot Current() const;
  template <typename Change>
  Status Apply(const Snapshot& seen, const Change& change);

  struct Savepoint {
    std::string name;
    Transaction state;
  };
  StatusOr<size_t> FindSavepoint(const std::string& name, std::string_view statement) const;

  Store* store_;
  std::unique_ptr<Transaction> open_;
  std::vector<Savepoint> savepoints_;  // of the open transaction
  bool failed_ = false;
  bool skips_quarantined_ = false;
  TemporaryTables temporary_;
};

}  // namespace shale
