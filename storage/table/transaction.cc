#include "storage/table/transaction.h"

#include <algorithm>

#include "storage/table/definitions.h"
#include "storage/table/row_keys.h"
#include "storage/table/store_core.h"

namespace shale {
namespace {

// Each transaction that inserts into a temporary table leaves a buffer there; so many are copied
// into one.
constexpr size_t kManyBuffers = 32;

// A buffer's visible rows, without _seq.
StatusOr<std::vector<Chunk>> VisibleRows(const HotRef& ref) {
  std::vector<Chunk> chunks;
  std::vector<uint32_t> rows(kChunkRows);
  const HotSlice& slice = *ref.rows;
  for (size_t block = 0; block < slice.num_blocks(); ++block) {
    const size_t count = slice.BlockRows(block);
    Chunk chunk;
    chunk.num_rows = count;
    for (size_t column = 0; column + 1 < slice.column_ids().size(); ++column) {
      chunk.columns.push_back(slice.Read(column, block));
    }
    if (ref.hidden) {
      const auto first = static_cast<uint32_t>(block * kChunkRows);
      const size_t left =
          ref.hidden->Visible(first, first + static_cast<uint32_t>(count), rows.data());
      if (left < count) chunk = chunk.Gather(rows.data(), left);
    }
    if (chunk.num_rows > 0) chunks.push_back(std::move(chunk));
  }
  return chunks;
}

}  // namespace

Transaction::Transaction(Snapshot base, TemporaryTables temporary)
    : base_(std::move(base)), next_temporary_(temporary.next_id) {
  if (temporary.tables.empty()) {
    current_ = base_;
    return;
  }
  auto next = std::make_shared<DatabaseVersion>(*base_);
  for (auto& [id, table] : temporary.tables) next->tables[id] = table;
  current_ = std::move(next);
}

std::shared_ptr<DatabaseVersion> Transaction::Copy() const {
  return std::make_shared<DatabaseVersion>(*current_);
}

uint64_t Transaction::InsertedBytes(bool temporary) const {
  uint64_t bytes = 0;
  for (const auto& [key, tails] : tails_) {
    if (IsTemporary(key.first) != temporary) continue;
    for (const auto& tail : tails) bytes += tail->buffer.raw_bytes();
  }
  return bytes;
}

void Transaction::Freeze() {
  for (const auto& [key, tails] : tails_) {
    for (const auto& tail : tails) tail->frozen = true;
  }
}

Status Transaction::Insert(const TableSchema& schema, const std::vector<Chunk>& rows) {
  const TableVersion* table = current_->Find(schema.table_id);
  if (!table) return NotFound("table \"{}\" does not exist", schema.name);
  uint64_t num_rows = 0;
  for (const Chunk& chunk : rows) {
    RETURN_IF_ERROR(CheckRows(*table->schema, chunk, num_rows));
    num_rows += chunk.num_rows;
  }
  if (num_rows == 0) return OkStatus();
  RETURN_IF_ERROR(CheckKeys(current_, *table->schema, rows));
  ASSIGN_OR_RETURN(std::vector<PartitionRows> parts, SplitByPartition(*table->schema, rows));
  auto version = Copy();
  auto copy = std::make_shared<TableVersion>(*table);
  const uint64_t sequence = base_->sequence + 1;
  for (const PartitionRows& part : parts) {
    auto& tails = tails_[{schema.table_id, part.range.begin_us}];
    std::shared_ptr<HotTail> tail = tails.empty() || tails.back()->frozen ? nullptr : tails.back();
    PartitionVersion partition;
    if (const PartitionVersion* found = copy->FindPartition(part.range.begin_us)) {
      partition = *found;
    } else {
      partition.range = part.range;
    }
    if (IsTemporary(schema.table_id) && partition.hot.size() >= kManyBuffers) {
      auto together = std::make_shared<HotTail>(0, table->schema);
      for (const HotRef& hot : partition.hot) {
        ASSIGN_OR_RETURN(std::vector<Chunk> chunks, VisibleRows(hot));
        for (const Chunk& chunk : chunks) together->buffer.Append(chunk, sequence);
      }
      partition.hot = {{together, together->buffer.Slice(), nullptr}};
      tail = together;
      tails = {together};
    }
    auto ref = partition.hot.end();
    if (tail) {
      ref = std::find_if(partition.hot.begin(), partition.hot.end(),
                         [&](const HotRef& hot) { return hot.tail == tail; });
    }
    if (ref == partition.hot.end()) {
      tail = std::make_shared<HotTail>(0, table->schema);
      tails.push_back(tail);
      ref = partition.hot.insert(partition.hot.end(), HotRef{tail, nullptr, nullptr});
    }
    for (const Chunk& chunk : part.chunks) tail->buffer.Append(chunk, sequence);
    ref->rows = tail->buffer.Slice();
    copy->Put(std::move(partition));
  }
  const bool temporary = IsTemporary(schema.table_id);
  const uint64_t limit = temporary ? kMaxTemporaryBytes : kMaxTransactionBytes;
  if (InsertedBytes(temporary) > limit) {
    return ResourceExhausted(
        "{} hold at most {} MiB of rows (kMax{}Bytes): {}",
        temporary ? "the temporary tables of a session" : "the inserts of one transaction",
        limit >> 20, temporary ? "Temporary" : "Transaction",
        temporary ? "make a plain table and DROP it afterwards"
                  : "insert in parts, or without BEGIN, where large inserts go straight to disk");
  }
  version->tables[schema.table_id] = std::move(copy);
  current_ = std::move(version);
  return OkStatus();
}

StatusOr<uint64_t> Transaction::Delete(TableId id, const std::vector<uint64_t>& row_ids) {
  const TableVersion* table = current_->Find(id);
  if (!table) return NotFound("table {} does not exist in this snapshot", id);
  std::vector<uint64_t> ids = row_ids;
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  std::map<const void*, size_t> base_index;  // looked up, never iterated
  if (const TableVersion* base = base_->Find(id)) {
    std::vector<RowsRef> refs = AllRows(*base);
    for (size_t i = 0; i < refs.size(); ++i) {
      base_index[refs[i].segment ? static_cast<const void*>(refs[i].segment->segment.get())
                                 : refs[i].hot->tail.get()] = i;
    }
  }
  auto copy = std::make_shared<TableVersion>(*table);
  const uint64_t sequence = base_->sequence + 1;
  uint64_t count = 0;
  size_t at = 0;
  std::vector<RowsRef> refs = AllRows(*table);
  for (size_t index = 0; index < refs.size(); ++index) {
    std::vector<uint32_t> rows;
    const RowsRef& ref = refs[index];
    for (; at < ids.size() && ids[at] >> 32 == index; ++at) {
      const auto row = static_cast<uint32_t>(ids[at]);
      if (row >= ref.num_rows()) {
        return InvalidArgument("row id {} is not of this snapshot", ids[at]);
      }
      if (!ref.hidden() || !ref.hidden()->IsHidden(row)) rows.push_back(row);
    }
    if (rows.empty()) continue;
    count += rows.size();
    VisibilityPtr hidden = Visibility::Hide(ref.hidden(), HiddenReason::kDeleted, rows, sequence);
    PartitionVersion partition = *copy->FindPartition(ref.partition->range.begin_us);
    const void* key = nullptr;
    if (ref.segment) {
      key = ref.segment->segment.get();
      for (SegmentRef& segment : partition.segments) {
        if (segment.segment == ref.segment->segment) segment.hidden = hidden;
      }
    } else {
      key = ref.hot->tail.get();
      for (HotRef& hot : partition.hot) {
        if (hot.tail == ref.hot->tail) hot.hidden = hidden;
      }
    }
    copy->Put(std::move(partition));
    // Rows of its own need not be deleted from anything.
    if (auto found = base_index.find(key); found != base_index.end()) {
      for (uint32_t row : rows) deleted_[id].push_back(uint64_t{found->second} << 32 | row);
    }
  }
  if (at < ids.size()) return InvalidArgument("row id {} is not of this snapshot", ids[at]);
  auto version = Copy();
  version->tables[id] = std::move(copy);
  current_ = std::move(version);
  return count;
}

StatusOr<TableSchemaPtr> Transaction::CreateTemporary(TableSchema schema) {
  for (const auto& [id, table] : current_->tables) {
    if (IsTemporary(id) && table->schema->name == schema.name) {
      return MakeError(StatusCode::kAlreadyExists, "relation \"{}\" already exists", schema.name);
    }
  }
  RETURN_IF_ERROR(SettleDefinition(&schema));
  schema.table_id = next_temporary_++;
  auto table = std::make_shared<TableVersion>();
  table->schema = std::make_shared<const TableSchema>(std::move(schema));
  table->missing_values = std::make_shared<const std::map<ColumnId, Value>>();
  auto version = Copy();
  TableSchemaPtr made = table->schema;
  version->tables[made->table_id] = std::move(table);
  current_ = std::move(version);
  return made;
}

Status Transaction::AlterTemporary(const TableSchema& schema) {
  const TableVersion* table = current_->Find(schema.table_id);
  if (!table) return NotFound("table \"{}\" does not exist", schema.name);
  const TableSchema& old = *table->schema;
  bool same = schema.columns.size() == old.columns.size();
  for (size_t i = 0; same && i < old.columns.size(); ++i) {
    same = schema.columns[i].id == old.columns[i].id;
  }
  if (!same) {
    return Unsupported("temporary table \"{}\": its columns stay as they are; make it anew",
                       old.name);
  }
  RETURN_IF_ERROR(CheckKeyDefinitions(schema));
  for (size_t i = 0; i < old.columns.size(); ++i) {
    if (!schema.columns[i].not_null || old.columns[i].not_null) continue;
    RETURN_IF_ERROR(CheckNoNulls(current_, old, old.columns[i]));
  }
  for (const TableKey& key : schema.keys) RETURN_IF_ERROR(CheckRowsThere(current_, old, key));
  auto next = std::make_shared<TableSchema>(schema);
  next->schema_id = old.schema_id + 1;
  auto copy = std::make_shared<TableVersion>(*table);
  copy->schema = std::move(next);
  auto version = Copy();
  version->tables[schema.table_id] = std::move(copy);
  current_ = std::move(version);
  return OkStatus();
}

Status Transaction::DropTemporary(TableId table) {
  auto version = Copy();
  version->tables.erase(table);
  std::erase_if(tails_, [&](const auto& entry) { return entry.first.first == table; });
  current_ = std::move(version);
  return OkStatus();
}

Status Transaction::TruncateTemporary(TableId table) {
  auto version = Copy();
  auto copy = std::make_shared<TableVersion>(*version->tables.at(table));
  copy->partitions.clear();
  version->tables[table] = std::move(copy);
  std::erase_if(tails_, [&](const auto& entry) { return entry.first.first == table; });
  current_ = std::move(version);
  return OkStatus();
}

StatusOr<WriteBatch> Transaction::Batch() const {
  WriteBatch batch;
  batch.snapshot = base_;
  for (const auto& [key, tails] : tails_) {
    const TableId id = key.first;
    if (IsTemporary(id)) continue;
    const TableVersion* table = current_->Find(id);
    const PartitionVersion* partition = table->FindPartition(key.second);
    if (!partition) continue;  // rolled back to where it had no rows
    for (const HotRef& ref : partition->hot) {
      if (std::find(tails.begin(), tails.end(), ref.tail) == tails.end()) continue;
      ASSIGN_OR_RETURN(std::vector<Chunk> chunks, VisibleRows(ref));
      if (chunks.empty()) continue;
      if (batch.inserts.empty() || batch.inserts.back().schema->table_id != id) {
        batch.inserts.push_back({table->schema, {}});
      }
      auto& into = batch.inserts.back().chunks;
      into.insert(into.end(), chunks.begin(), chunks.end());
    }
  }
  for (const auto& [id, row_ids] : deleted_) {
    if (!row_ids.empty() && !IsTemporary(id)) batch.deletes.push_back({id, row_ids});
  }
  return batch;
}

TemporaryTables Transaction::temporary() const {
  TemporaryTables temporary;
  temporary.next_id = next_temporary_;
  for (const auto& [id, table] : current_->tables) {
    if (IsTemporary(id)) temporary.tables[id] = table;
  }
  return temporary;
}

}  // namespace shale
