#include "sql/session_transaction.h"

namespace shale {

Snapshot SessionTransaction::snapshot() const {
  Snapshot current = Current();
  return skips_quarantined_ ? WithoutQuarantined(current) : current;
}

Snapshot SessionTransaction::Current() const {
  if (open_) return open_->snapshot();
  if (temporary_.tables.empty()) return store_->snapshot();
  return Transaction(store_->snapshot(), temporary_).snapshot();
}

void SessionTransaction::Begin() {
  if (!open_) open_ = std::make_unique<Transaction>(store_->snapshot(), temporary_);
}

Status SessionTransaction::Commit() {
  if (!open_) return OkStatus();
  std::unique_ptr<Transaction> done = std::move(open_);
  savepoints_.clear();
  if (failed_) {
    failed_ = false;
    return OkStatus();
  }
  ASSIGN_OR_RETURN(WriteBatch batch, done->Batch());
  RETURN_IF_ERROR(store_->Commit(batch));
  temporary_ = done->temporary();
  return OkStatus();
}

void SessionTransaction::Rollback() {
  open_.reset();
  savepoints_.clear();
  failed_ = false;
}

StatusOr<size_t> SessionTransaction::FindSavepoint(const std::string& name,
                                                   std::string_view statement) const {
  if (!open_) {
    return MakeError(StatusCode::kFailedPrecondition,
                     "{} can only be used in transaction blocks: BEGIN first", statement);
  }
  for (size_t i = savepoints_.size(); i-- > 0;) {
    if (savepoints_[i].name == name) return i;
  }
  return InvalidArgument("savepoint \"{}\" does not exist", name);
}

Status SessionTransaction::Save(std::string name) {
  if (!open_) {
    return MakeError(StatusCode::kFailedPrecondition,
                     "SAVEPOINT can only be used in transaction blocks: BEGIN first");
  }
  open_->Freeze();
  savepoints_.push_back({std::move(name), *open_});
  return OkStatus();
}

Status SessionTransaction::Release(const std::string& name) {
  ASSIGN_OR_RETURN(size_t at, FindSavepoint(name, "RELEASE SAVEPOINT"));
  savepoints_.erase(savepoints_.begin() + static_cast<ptrdiff_t>(at), savepoints_.end());
  return OkStatus();
}

Status SessionTransaction::RollbackTo(const std::string& name) {
  ASSIGN_OR_RETURN(size_t at, FindSavepoint(name, "ROLLBACK TO SAVEPOINT"));
  open_ = std::make_unique<Transaction>(savepoints_[at].state);
  savepoints_.erase(savepoints_.begin() + static_cast<ptrdiff_t>(at) + 1, savepoints_.end());
  failed_ = false;
  return OkStatus();
}

template <typename Change>
Status SessionTransaction::Apply(const Snapshot& seen, const Change& change) {
  if (open_) return change(open_.get());
  // The snapshot that the statement read already holds the temporary tables.
  Transaction alone(seen, {{}, temporary_.next_id});
  RETURN_IF_ERROR(change(&alone));
  ASSIGN_OR_RETURN(WriteBatch batch, alone.Batch());
  RETURN_IF_ERROR(store_->Commit(batch));
  temporary_ = alone.temporary();
  return OkStatus();
}

Status SessionTransaction::Insert(const TableSchema& schema, const std::vector<Chunk>& rows) {
  if (WritesThrough(schema.table_id)) return store_->Insert(schema, rows);
  return Apply(snapshot(), [&](Transaction* to) { return to->Insert(schema, rows); });
}

StatusOr<uint64_t> SessionTransaction::Delete(TableId table, const Snapshot& seen,
                                              const std::vector<uint64_t>& row_ids) {
  if (WritesThrough(table)) return store_->Delete(table, seen, row_ids);
  uint64_t count = 0;
  RETURN_IF_ERROR(Apply(seen, [&](Transaction* to) -> Status {
    ASSIGN_OR_RETURN(count, to->Delete(table, row_ids));
    return OkStatus();
  }));
  return count;
}

Status SessionTransaction::Replace(const TableSchema& schema, const Snapshot& seen,
                                   const std::vector<uint64_t>& row_ids,
                                   const std::vector<Chunk>& rows) {
  return Apply(seen, [&](Transaction* to) -> Status {
    RETURN_IF_ERROR(to->Delete(schema.table_id, row_ids).status());
    return to->Insert(schema, rows);
  });
}

StatusOr<TableSchemaPtr> SessionTransaction::CreateTable(TableSchema schema, bool temporary) {
  if (!temporary) {
    RETURN_IF_ERROR(CheckOutside("CREATE TABLE"));
    return store_->CreateTable(std::move(schema));
  }
  TableSchemaPtr made;
  RETURN_IF_ERROR(Apply(snapshot(), [&](Transaction* to) -> Status {
    ASSIGN_OR_RETURN(made, to->CreateTemporary(std::move(schema)));
    return OkStatus();
  }));
  return made;
}

Status SessionTransaction::DropTable(TableId table) {
  if (IsTemporary(table)) {
    return Apply(snapshot(), [&](Transaction* to) { return to->DropTemporary(table); });
  }
  RETURN_IF_ERROR(CheckOutside("DROP TABLE"));
  return store_->DropTable(table);
}

Status SessionTransaction::AlterTable(const TableSchema& schema) {
  if (IsTemporary(schema.table_id)) {
    return Apply(snapshot(), [&](Transaction* to) { return to->AlterTemporary(schema); });
  }
  RETURN_IF_ERROR(CheckOutside("ALTER TABLE"));
  return store_->AlterTable(schema).status();
}

Status SessionTransaction::Truncate(TableId table) {
  if (IsTemporary(table)) {
    return Apply(snapshot(), [&](Transaction* to) { return to->TruncateTemporary(table); });
  }
  RETURN_IF_ERROR(CheckOutside("TRUNCATE"));
  return store_->Truncate(table);
}

Status SessionTransaction::CheckOutside(std::string_view statement) const {
  if (!open_) return OkStatus();
  return Unsupported(
      "{} cannot run inside a transaction: COMMIT or ROLLBACK first (temporary tables can be made "
      "and dropped at any time)",
      statement);
}

}  // namespace shale
