#include "storage/table/store.h"

#include "storage/jobs/jobs.h"
#include "storage/table/definitions.h"
#include "storage/table/row_keys.h"
#include "storage/table/store_core.h"

namespace shale {
namespace {

class OpenedStore : public Store {
 public:
  Status Open(const std::string& directory, StoreOptions options) {
    core_.options = options;
    core_.directory = directory;
    core_.clock = options.clock ? options.clock : Clock::System();
    core_.num_workers = NumCores();
    RETURN_IF_ERROR(OpenStore(&core_));
    if (options.background_jobs) StartJobRunner(&core_);
    return OkStatus();
  }

  const RecoveryReport& recovery() const override { return core_.report; }
  Snapshot snapshot() const override { return core_.snapshot(); }

  StatusOr<TableSchemaPtr> CreateTable(TableSchema schema) override {
    return shale::CreateTable(&core_, std::move(schema));
  }
  Status DropTable(TableId table) override { return shale::DropTable(&core_, table); }
  Status Truncate(TableId table) override { return TruncateTable(&core_, table); }
  StatusOr<TableSchemaPtr> AlterTable(const TableSchema& schema) override {
    return shale::AlterTable(&core_, schema);
  }
  Status CreateView(ViewSchema view, bool or_replace) override {
    return shale::CreateView(&core_, std::move(view), or_replace);
  }
  Status PutRole(const std::string& name, const std::string& verifier, bool must_exist) override {
    return SaveRole(&core_, name, verifier, must_exist);
  }
  Status DropRole(const std::string& name) override { return RemoveRole(&core_, name); }
  Status DropView(const std::string& name) override { return shale::DropView(&core_, name); }

  Status Insert(const TableSchema& schema, const std::vector<Chunk>& rows) override;
  StatusOr<std::unique_ptr<BulkWriter>> StartBulk(const TableSchema& schema,
                                                  int num_workers) override {
    if (schema.HasUniqueKey()) {
      return Unsupported(
          "table \"{}\" has a PRIMARY KEY or UNIQUE columns: load into a table without, then "
          "INSERT "
          "… SELECT, which checks them",
          schema.name);
    }
    return StartBulkLoad(&core_, schema, num_workers, {});
  }
  StatusOr<std::vector<std::string>> ResumeTokens(TableId table) const override {
    MutexLock lock(&core_.commit_mutex);
    const auto& tables = core_.catalog->state().tables;
    auto it = tables.find(table);
    if (it == tables.end()) return NotFound("table {} does not exist", table);
    return std::vector<std::string>(it->second.resume_tokens.begin(),
                                    it->second.resume_tokens.end());
  }
  StatusOr<uint64_t> Delete(TableId table, const Snapshot& snapshot,
                            const std::vector<uint64_t>& row_ids) override {
    return DeleteRows(&core_, table, snapshot, row_ids);
  }

  Status Commit(const WriteBatch& batch) override {
    int64_t bytes = 0;
    for (const WriteBatch::Rows& rows : batch.inserts) {
      for (const Chunk& chunk : rows.chunks) {
        for (const Vector& column : chunk.columns) {
          bytes += static_cast<int64_t>(column.MemoryUsage());
        }
      }
    }
    RETURN_IF_ERROR(FindRoom(bytes));
    return CommitBatch(&core_, batch);
  }

  Status SealAll() override { return SealEverything(&core_); }
  Status Compact(TableId table) override { return CompactTable(&core_, table); }
  StatusOr<CheckReport> Check(std::optional<TableId> table) override {
    return CheckStore(&core_, table);
  }
  Status DropSegment(TableId table, uint64_t segment_id) override {
    return DropDamagedSegment(&core_, table, segment_id);
  }
  Status WaitForJobs() override { return shale::WaitForJobs(&core_); }

 private:
  // Waits, or seals, until the hot buffers have room for so many bytes more.
  Status FindRoom(int64_t bytes) {
    if (core_.hot_bytes.load() + bytes <= core_.options.hot_bytes) return OkStatus();
    return core_.options.background_jobs ? core_.WaitForRoom(bytes) : MakeRoom(&core_, bytes);
  }

  mutable StoreCore core_;
};

Status OpenedStore::Insert(const TableSchema& schema, const std::vector<Chunk>& rows) {
  StoreCore::InsertRequest request;
  Snapshot snapshot = core_.snapshot();
  const TableVersion* table = snapshot->Find(schema.table_id);
  if (!table) return NotFound("table \"{}\" does not exist", schema.name);
  if (table->schema->schema_id != schema.schema_id) {
    return MakeError(StatusCode::kAborted,
                     "table \"{}\" was altered meanwhile: run the statement again", schema.name);
  }
  request.schema = table->schema;
  uint64_t num_rows = 0;
  for (const Chunk& chunk : rows) {
    RETURN_IF_ERROR(CheckRows(schema, chunk, num_rows));
    num_rows += chunk.num_rows;
  }
  if (num_rows == 0) return OkStatus();
  ASSIGN_OR_RETURN(request.parts, SplitByPartition(schema, rows));
  const bool keyed = schema.HasUniqueKey();
  if (keyed) RETURN_IF_ERROR(CheckKeys(snapshot, schema, rows));
  auto bulk = [&]() -> Status {
    std::function<Status(const Snapshot&)> verify;
    if (keyed) {
      verify = [&](const Snapshot& now) {
        return now == snapshot ? OkStatus() : CheckKeys(now, schema, rows);
      };
    }
    ASSIGN_OR_RETURN(auto writer, StartBulkLoad(&core_, schema, 1, std::move(verify)));
    for (const Chunk& chunk : rows) RETURN_IF_ERROR(writer->Append(0, chunk));
    return writer->Commit("");
  };
  if (num_rows >= kBulkInsertRows &&
      num_rows / request.parts.size() >= kBulkInsertRowsPerPartition) {
    return bulk();
  }
  int64_t bytes = 0;
  if (!core_.options.in_memory) {
    request.payload = EncodeBatch(schema.table_id, schema, rows);
    bytes = static_cast<int64_t>(request.payload.size());
    if (request.payload.size() > kMaxRecordBytes || bytes > core_.options.hot_bytes / 2) {
      return bulk();
    }
  }
  RETURN_IF_ERROR(FindRoom(bytes));
  // One by one, since each must see the keys of the one before it.
  if (keyed) return CommitBatch(&core_, {snapshot, {{table->schema, rows}}, {}});
  return core_.Enqueue(&request);
}

}  // namespace

StatusOr<std::unique_ptr<Store>> Store::Open(const std::string& directory, StoreOptions options) {
  auto store = std::make_unique<OpenedStore>();
  RETURN_IF_ERROR(store->Open(directory, options));
  return std::unique_ptr<Store>(std::move(store));
}

}  // namespace shale
