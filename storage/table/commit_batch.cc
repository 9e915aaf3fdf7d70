// Several inserts and deletes as one commit: one record of the log, one version.
#include "engine/base/kill_point.h"
#include "storage/table/row_keys.h"
#include "storage/table/store_core.h"

namespace shale {
namespace {

Status Altered(const std::string& table) {
  return MakeError(StatusCode::kAborted, "table \"{}\" was altered meanwhile: run it again", table);
}

bool SameTable(const DatabaseVersion& a, const DatabaseVersion& b, TableId id) {
  auto in_a = a.tables.find(id), in_b = b.tables.find(id);
  return in_a != a.tables.end() && in_b != b.tables.end() && in_a->second == in_b->second;
}

}  // namespace

Status CommitBatch(StoreCore* core, const WriteBatch& batch) {
  if (batch.empty()) return OkStatus();
  // What is dear is done before other commits have to wait.
  std::vector<std::string> payloads;
  std::vector<std::vector<PartitionRows>> parts;
  for (const WriteBatch::Rows& rows : batch.inserts) {
    ASSIGN_OR_RETURN(auto split, SplitByPartition(*rows.schema, rows.chunks));
    parts.push_back(std::move(split));
    payloads.push_back(core->options.in_memory
                           ? std::string()
                           : EncodeBatch(rows.schema->table_id, *rows.schema, rows.chunks));
  }

  MutexLock lock(&core->commit_mutex);
  VersionEdit edit = core->Begin();
  std::vector<DeleteRecord> deletes;
  for (const WriteBatch::Deleted& deleted : batch.deletes) {
    DeleteRecord record;
    ASSIGN_OR_RETURN(uint64_t count,
                     LocateRows(edit, deleted.table, batch.snapshot, deleted.row_ids, &record));
    if (count < deleted.row_ids.size()) {
      return MakeError(StatusCode::kAborted,
                       "could not serialize access due to concurrent delete: run it again");
    }
    deletes.push_back(std::move(record));
  }
  for (size_t i = 0; i < batch.inserts.size(); ++i) {
    const TableSchema& schema = *batch.inserts[i].schema;
    const TableVersion* table = edit.next().Find(schema.table_id);
    if (!table) return NotFound("table \"{}\" was dropped meanwhile", schema.name);
    if (table->schema->schema_id != schema.schema_id) return Altered(schema.name);
    if (table->partitions.size() + parts[i].size() > kMaxPartitionsPerTable) {
      return ResourceExhausted(
          "table \"{}\" would have more than {} partitions: choose a larger PARTITION BY unit",
          schema.name, kMaxPartitionsPerTable);
    }
    // The transaction has checked its rows against its snapshot; what came since is new to them.
    if (!schema.HasUniqueKey() || SameTable(*batch.snapshot, edit.next(), schema.table_id))
      continue;
    if (!batch.deletes.empty()) {
      return MakeError(StatusCode::kAborted,
                       "could not serialize access due to concurrent update: run it again");
    }
    RETURN_IF_ERROR(CheckKeys(core->snapshot(), *table->schema, batch.inserts[i].chunks));
  }

  const uint64_t sequence = core->NextSequence();
  uint64_t log_file = 0;
  if (core->log) {
    std::vector<std::string> deleted;
    std::vector<LogPart> logged;
    for (const DeleteRecord& record : deletes) deleted.push_back(EncodeDelete(record));
    for (const std::string& payload : deleted) logged.push_back({LogRecordType::kDelete, payload});
    for (const std::string& payload : payloads) logged.push_back({LogRecordType::kBatch, payload});
    const std::string payload = EncodeTogether(logged);
    if (payload.size() > kMaxRecordBytes) {
      return ResourceExhausted(
          "this commit takes a log record of {} bytes, at most {} are possible: commit in parts",
          payload.size(), kMaxRecordBytes);
    }
    const Record record{sequence, static_cast<uint32_t>(LogRecordType::kTogether), 0, payload};
    RETURN_IF_ERROR(core->CommitLog(std::span(&record, 1), &log_file));
  }
  KillPoint("batch.logged");
  for (const DeleteRecord& record : deletes) core->ApplyDelete(&edit, record, sequence);
  StoreCore::Touched touched;
  for (size_t i = 0; i < batch.inserts.size(); ++i) {
    const TableId id = batch.inserts[i].schema->table_id;
    const TableSchemaPtr schema = edit.Table(id)->schema;
    core->ApplyBatch(&edit, id, schema, parts[i], sequence, log_file, &touched);
  }
  core->RefreshSlices(&edit, touched);
  core->Publish(std::move(edit), sequence);
  return OkStatus();
}

}  // namespace shale
