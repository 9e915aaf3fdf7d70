#include "storage/log/log.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/base/kill_point.h"
#include "storage/log/chunk_codec.h"
#include "storage/log/wire.h"

namespace shale {
namespace {

constexpr uint32_t kMaxColumns = 1 << 16;

uint64_t FileNumber(std::string_view name) {
  constexpr std::string_view kPrefix = "log-";
  if (name.size() <= kPrefix.size() || name.substr(0, kPrefix.size()) != kPrefix) return 0;
  uint64_t number = 0;
  for (char c : name.substr(kPrefix.size())) {
    if (c < '0' || c > '9' || number > (uint64_t{1} << 50)) return 0;
    number = number * 10 + static_cast<uint64_t>(c - '0');
  }
  return number;
}

void PutRows(const std::vector<uint32_t>& rows, WireWriter* wire) {
  wire->Put<uint32_t>(static_cast<uint32_t>(rows.size()));
  wire->PutRaw(rows.data(), rows.size() * sizeof(uint32_t));
}

std::vector<uint32_t> GetRows(WireReader* wire) {
  uint32_t count = wire->Get<uint32_t>();
  if (wire->left() / 4 < count) wire->Fail();
  std::vector<uint32_t> rows;
  if (!wire->ok()) return rows;
  rows.resize(count);
  std::string_view raw = wire->GetRaw(count * sizeof(uint32_t));
  if (count > 0) std::memcpy(rows.data(), raw.data(), raw.size());
  return rows;
}

}  // namespace

std::string EncodeBatch(TableId table_id, const TableSchema& schema,
                        const std::vector<Chunk>& chunks) {
  std::string out;
  WireWriter wire(&out);
  wire.Put<uint64_t>(table_id);
  wire.Put<uint32_t>(schema.schema_id);
  wire.PutString("");     // idempotency token
  wire.Put<uint32_t>(0);  // further attributes (offsets of a stream), none yet
  wire.Put<uint32_t>(static_cast<uint32_t>(schema.columns.size()));
  for (const ColumnSchema& column : schema.columns) {
    wire.Put<int32_t>(column.id);
    PutType(column.type, &wire);
  }
  wire.Put<uint32_t>(static_cast<uint32_t>(chunks.size()));
  for (const Chunk& chunk : chunks) EncodeChunk(chunk, &wire);
  return out;
}

StatusOr<BatchRecord> DecodeBatch(std::string_view payload) {
  WireReader wire(payload);
  BatchRecord batch;
  batch.table_id = wire.Get<uint64_t>();
  batch.schema_id = wire.Get<uint32_t>();
  batch.token = std::string(wire.GetString());
  uint32_t attributes = wire.Get<uint32_t>();
  uint32_t columns = wire.Get<uint32_t>();
  if (!wire.ok() || attributes != 0 || columns > kMaxColumns) {
    return DataLoss("a batch record has a malformed head");
  }
  for (uint32_t i = 0; i < columns && wire.ok(); ++i) {
    batch.column_ids.push_back(wire.Get<int32_t>());
    batch.types.push_back(GetType(&wire));
  }
  uint32_t chunks = wire.Get<uint32_t>();
  for (uint32_t i = 0; i < chunks && wire.ok(); ++i) {
    ASSIGN_OR_RETURN(Chunk chunk, DecodeChunk(batch.types, &wire));
    batch.num_rows += chunk.num_rows;
    batch.chunks.push_back(std::move(chunk));
  }
  if (!wire.ok() || !wire.at_end()) return DataLoss("a batch record is malformed");
  return batch;
}

std::string EncodeDelete(const DeleteRecord& record) {
  std::string out;
  WireWriter wire(&out);
  wire.Put<uint64_t>(record.table_id);
  wire.Put<uint8_t>(record.reason);
  wire.Put<uint32_t>(static_cast<uint32_t>(record.segments.size()));
  for (const auto& part : record.segments) {
    wire.Put<uint64_t>(part.segment_id);
    PutRows(part.rows, &wire);
  }
  wire.Put<uint32_t>(static_cast<uint32_t>(record.batches.size()));
  for (const auto& part : record.batches) {
    wire.Put<int64_t>(part.partition_begin_us);
    wire.Put<uint64_t>(part.sequence);
    PutRows(part.rows, &wire);
  }
  return out;
}

StatusOr<DeleteRecord> DecodeDelete(std::string_view payload) {
  WireReader wire(payload);
  DeleteRecord record;
  record.table_id = wire.Get<uint64_t>();
  record.reason = wire.Get<uint8_t>();
  uint32_t segments = wire.Get<uint32_t>();
  for (uint32_t i = 0; i < segments && wire.ok(); ++i) {
    uint64_t id = wire.Get<uint64_t>();
    record.segments.push_back({id, GetRows(&wire)});
  }
  uint32_t batches = wire.Get<uint32_t>();
  for (uint32_t i = 0; i < batches && wire.ok(); ++i) {
    int64_t partition = wire.Get<int64_t>();
    uint64_t sequence = wire.Get<uint64_t>();
    record.batches.push_back({partition, sequence, GetRows(&wire)});
  }
  if (!wire.ok() || !wire.at_end()) return DataLoss("a delete record is malformed");
  return record;
}

std::string EncodeTogether(std::span<const LogPart> parts) {
  std::string out;
  WireWriter wire(&out);
  wire.Put<uint32_t>(static_cast<uint32_t>(parts.size()));
  for (const LogPart& part : parts) {
    wire.Put<uint32_t>(static_cast<uint32_t>(part.type));
    wire.Put<uint64_t>(part.payload.size());
    wire.PutRaw(part.payload.data(), part.payload.size());
  }
  return out;
}

StatusOr<std::vector<LogPart>> DecodeTogether(std::string_view payload) {
  WireReader wire(payload);
  std::vector<LogPart> parts;
  const uint32_t count = wire.Get<uint32_t>();
  for (uint32_t i = 0; i < count && wire.ok(); ++i) {
    const auto type = static_cast<LogRecordType>(wire.Get<uint32_t>());
    const uint64_t size = wire.Get<uint64_t>();
    if (type != LogRecordType::kBatch && type != LogRecordType::kDelete) wire.Fail();
    parts.push_back({type, wire.GetRaw(size)});
  }
  if (!wire.ok() || !wire.at_end())
    return DataLoss("a record of changes made together is malformed");
  return parts;
}

std::string Log::PathOf(uint64_t number) const {
  return fmt::format("{}/log-{:06}", directory_, number);
}

StatusOr<std::unique_ptr<Log>> Log::Open(
    Disk* disk, const std::string& directory, uint64_t first_file, Options options,
    const std::function<Status(uint64_t file, const Record&)>& visit, Recovered* recovered) {
  std::unique_ptr<Log> log(new Log(disk, directory, options));
  ASSIGN_OR_RETURN(std::vector<std::string> names, disk->List(directory));
  std::vector<uint64_t> numbers;
  for (const std::string& name : names) {
    uint64_t number = FileNumber(name);
    if (number == 0) continue;
    if (number < first_file) {  // its removal was cut short
      disk->Remove(log->PathOf(number)).IgnoreError();
    } else {
      numbers.push_back(number);
    }
  }
  std::sort(numbers.begin(), numbers.end());
  log->next_file_ = numbers.empty() ? first_file : numbers.back() + 1;
  if (options.create) {
    SHALE_CHECK(numbers.empty());
    RETURN_IF_ERROR(log->StartFile(0));
    return log;
  }
  if (numbers.empty()) {
    return DataLoss("{}: the file is missing: the log must have at least one file",
                    log->PathOf(first_file));
  }
  for (size_t i = 0; i < numbers.size(); ++i) {
    uint64_t number = numbers[i];
    bool last = i + 1 == numbers.size();
    if (number != first_file + i) {
      return DataLoss(
          "{}: the file is missing, though {} exists; or {}/catalog is an older version",
          log->PathOf(first_file + i), log->PathOf(number), directory);
    }
    uint64_t before = recovered->last_sequence;
    bool any = false;
    auto read = RecordFile::Read(
        disk, log->PathOf(number), RecordFileKind::kLog, [&](const Record& record) -> Status {
          if (record.sequence <= recovered->last_sequence) {
            return DataLoss("{}: commit {} stands after commit {}", log->PathOf(number),
                            record.sequence, recovered->last_sequence);
          }
          if (!any && i > 0 && !log->last_tail_.continued && log->last_tail_.mark_damage.empty()) {
            return DataLoss("{}: the file does not say that {} follows it, though that has records",
                            log->PathOf(number - 1), log->PathOf(number));
          }
          any = true;
          recovered->last_sequence = record.sequence;
          return visit(number, record);
        });
    if (!read.ok()) {
      bool half_made = read.status().code() == StatusCode::kDataLoss && last && i > 0 &&
                       !log->last_tail_.continued && recovered->last_sequence == before;
      if (!half_made) return read.status();
      log->next_file_ = number;
      break;
    }
    recovered->last_sequence = std::max(recovered->last_sequence, read->last_sequence);
    recovered->catalog_sequence = std::max(recovered->catalog_sequence, read->other_sequence);
    if (read->file_id != number || read->salt != options.salt) {
      return DataLoss("{}: the file is not the log {} of this database", log->PathOf(number),
                      number);
    }
    // A damaged mark may be the one that said so; then the records must end with the file.
    if (!read->mark_damage.empty()) recovered->notes.push_back(read->mark_damage);
    const bool finished = read->finished || (!read->mark_damage.empty() && read->torn_bytes == 0);
    if (!last && !finished) {
      return DataLoss("{}: the file was not finished, though {} follows it", log->PathOf(number),
                      log->PathOf(number + 1));
    }
    if (last && read->continued) {
      return DataLoss("{}: the file is missing, though {} says that it follows",
                      log->PathOf(number + 1), log->PathOf(number));
    }
    if (!read->finished) recovered->clean = false;
    recovered->torn_bytes += read->torn_bytes;
    if (read->torn_bytes > 0) {
      recovered->notes.push_back(
          fmt::format("{}: cut {} bytes of an unacknowledged write at offset {}",
                      log->PathOf(number), read->torn_bytes, read->end));
    }
    log->old_files_[number] = read->end - kRecordFileHeaderBytes;
    log->finish_last_ = true;
    log->last_tail_ = *read;
    log->last_sequence_ = recovered->last_sequence;
  }
  return log;
}

// The order matters: the older file is cut and finished first (a file in the middle is never
// torn), then the new one is made durable with its name, then the older one says so.
Status Log::StartFile(uint64_t record_bytes) {
  uint64_t capacity = std::max(options_.file_bytes, kRecordFileHeaderBytes + record_bytes);
  uint64_t number = next_file_;
  if (finish_last_ && !last_tail_.finished) {
    RETURN_IF_ERROR(
        Stop(RecordFile::FinishAfterCrash(disk_, PathOf(number - 1), last_tail_, false, 0)));
    last_tail_.finished = true;
    last_tail_.mark_counter += 1;
  }
  if (file_) {
    KillPoint("log.finish");
    RETURN_IF_ERROR(file_->Finish(false));
    old_files_[file_->file_id()] = file_->end() - kRecordFileHeaderBytes;
  }
  KillPoint("log.create");
  // A file of that number can only be the rest of an attempt that failed.
  ASSIGN_OR_RETURN(const bool left, disk_->Exists(PathOf(number)));
  if (left) RETURN_IF_ERROR(disk_->Remove(PathOf(number)));
  ASSIGN_OR_RETURN(auto next, RecordFile::Create(disk_, PathOf(number), RecordFileKind::kLog,
                                                 number, options_.salt, capacity, last_sequence_));
  RETURN_IF_ERROR(Stop(disk_->SyncDirectory(directory_)));
  KillPoint("log.continue");
  if (file_) {
    RETURN_IF_ERROR(file_->Finish(true));
  } else if (finish_last_) {
    RETURN_IF_ERROR(
        Stop(RecordFile::FinishAfterCrash(disk_, PathOf(number - 1), last_tail_, true, 0)));
    finish_last_ = false;
  }
  file_ = std::move(next);
  next_file_ = number + 1;
  return OkStatus();
}

Status Log::Stop(const Status& status) {
  if (status.ok()) return status;
  poison_ = MakeError(status.code(),
                      "{}: writing stopped after an error, reading goes on; open the database "
                      "again to go on writing (the error was: {})",
                      directory_, Message(status));
  return poison_;
}

StatusOr<uint64_t> Log::Commit(std::span<const Record> group) {
  uint64_t bytes = 0;
  for (const Record& record : group) bytes += RecordFile::RecordBytes(record.payload.size());
  RETURN_IF_ERROR(poison());
  if (!file_ || !file_->HasRoom(bytes)) RETURN_IF_ERROR(StartFile(bytes));
  KillPoint("log.append");
  RETURN_IF_ERROR(file_->Append(group));
  KillPoint("log.sync");
  RETURN_IF_ERROR(file_->Sync());
  KillPoint("log.mark");
  last_sequence_ = group.back().sequence;
  return file_->file_id();
}

Status Log::SyncMark() { return file_ ? file_->SyncMark() : OkStatus(); }

Status Log::Close(uint64_t catalog_sequence) {
  if (file_) {
    file_->set_other_sequence(catalog_sequence);
    return file_->Finish(false);
  }
  if (!finish_last_ || (last_tail_.finished && last_tail_.other_sequence == catalog_sequence)) {
    return OkStatus();
  }
  return RecordFile::FinishAfterCrash(disk_, PathOf(next_file_ - 1), last_tail_, false,
                                      catalog_sequence);
}

uint64_t Log::FirstToKeep(uint64_t first_needed) const {
  uint64_t newest = file_ ? file_->file_id() : old_files_.rbegin()->first;
  return std::min(first_needed, newest);
}

Status Log::RemoveBefore(uint64_t first_kept) {
  bool removed = false;
  while (!old_files_.empty() && old_files_.begin()->first < first_kept) {
    KillPoint("log.remove");
    RETURN_IF_ERROR(disk_->Remove(PathOf(old_files_.begin()->first)));
    old_files_.erase(old_files_.begin());
    removed = true;
  }
  return removed ? disk_->SyncDirectory(directory_) : OkStatus();
}

void Log::Check(
    const std::function<void(const std::string& path, const Status&, uint64_t)>& visit) {
  for (const auto& [number, bytes] : old_files_) {
    const std::string path = PathOf(number);
    auto read = RecordFile::Read(disk_, path, RecordFileKind::kLog,
                                 [](const Record&) { return OkStatus(); });
    Status status = read.status();
    if (read.ok() && read->end - kRecordFileHeaderBytes != bytes) {
      status = DataLoss("{}: the records end at offset {}, though they took {} bytes", path,
                        read->end, bytes);
    } else if (read.ok() && !read->mark_damage.empty()) {
      status = DataLoss("{}", read->mark_damage);
    }
    visit(path, status, bytes + kRecordFileHeaderBytes);
  }
  if (!file_) return;
  uint64_t bytes = 0;
  const Status status = file_->Verify(disk_, RecordFileKind::kLog, &bytes);
  visit(file_->path(), status, bytes);
}

Status Log::poison() const {
  RETURN_IF_ERROR(poison_);
  return file_ ? file_->poison() : OkStatus();
}

uint64_t Log::total_bytes() const {
  uint64_t total = file_ ? file_->end() - kRecordFileHeaderBytes : 0;
  for (const auto& [number, bytes] : old_files_) total += bytes;
  return total;
}

}  // namespace shale
