#include "storage/log/record_file.h"

#include <algorithm>
#include <array>

#include "engine/base/check.h"
#include "engine/vector/hash.h"
#include "storage/log/wire.h"

namespace shale {
namespace {

constexpr uint32_t kFormatVersion = 1;
constexpr uint64_t kKnownFeatures = 0;  // required-feature bits that this program understands
constexpr uint64_t kSlotBytes = 4096;   // the header and each mark have a page of their own
constexpr size_t kHeaderBytes = 64;
constexpr size_t kMarkBytes = 48;
constexpr size_t kRecordHeaderBytes = 32;
constexpr uint32_t kFinished = 1;
constexpr uint32_t kContinued = 2;

std::string_view Magic(RecordFileKind kind) {
  return kind == RecordFileKind::kLog ? "SHALELOG" : "SHALECAT";
}

std::string_view KindName(RecordFileKind kind) {
  return kind == RecordFileKind::kLog ? "log file" : "catalog";
}

uint64_t Checksum(std::string_view bytes, uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

uint64_t RecordSeed(uint64_t salt, uint64_t offset, uint64_t previous_checksum) {
  return HashCombine(HashCombine(salt, offset), previous_checksum);
}

std::string EncodeHeader(RecordFileKind kind, uint64_t file_id, uint64_t salt) {
  std::string out(Magic(kind));
  WireWriter wire(&out);
  wire.Put<uint32_t>(kFormatVersion);
  wire.Put<uint32_t>(static_cast<uint32_t>(kRecordFileHeaderBytes));
  wire.Put<uint64_t>(kKnownFeatures);
  wire.Put<uint64_t>(file_id);
  wire.Put<uint64_t>(salt);
  wire.Put<uint64_t>(0);  // key id, for encryption later
  wire.Put<uint64_t>(0);  // nonce
  wire.Put<uint64_t>(Checksum(out, 0));
  SHALE_CHECK(out.size() == kHeaderBytes);
  return out;
}

struct Mark {
  uint64_t counter = 0;
  uint64_t committed = 0;  // every record below this offset is durable
  uint64_t last_sequence = 0;
  uint32_t flags = 0;
  uint64_t other_sequence = 0;
};

std::string EncodeMark(const Mark& mark, uint64_t salt, int slot) {
  std::string out;
  WireWriter wire(&out);
  wire.Put<uint64_t>(mark.counter);
  wire.Put<uint64_t>(mark.committed);
  wire.Put<uint64_t>(mark.last_sequence);
  wire.Put<uint32_t>(mark.flags);
  wire.Put<uint32_t>(0);
  wire.Put<uint64_t>(mark.other_sequence);
  wire.Put<uint64_t>(Checksum(out, HashCombine(salt, slot + 1)));
  SHALE_CHECK(out.size() == kMarkBytes);
  return out;
}

bool DecodeMark(std::string_view bytes, uint64_t salt, int slot, Mark* mark) {
  WireReader wire(bytes.substr(0, kMarkBytes));
  mark->counter = wire.Get<uint64_t>();
  mark->committed = wire.Get<uint64_t>();
  mark->last_sequence = wire.Get<uint64_t>();
  mark->flags = wire.Get<uint32_t>();
  wire.Get<uint32_t>();
  mark->other_sequence = wire.Get<uint64_t>();
  uint64_t checksum = wire.Get<uint64_t>();
  return wire.ok() &&
         checksum == Checksum(bytes.substr(0, kMarkBytes - 8), HashCombine(salt, slot + 1));
}

bool AllZero(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == 0; });
}

// Checks the first page and says what file it is.
Status DecodeHeader(const std::string& path, RecordFileKind kind, std::string_view bytes,
                    RecordFileTail* tail) {
  if (bytes.substr(0, 8) != Magic(kind)) {
    return DataLoss("{}: not a {} of Shale: the first bytes are wrong", path, KindName(kind));
  }
  WireReader wire(bytes.substr(8, kHeaderBytes - 8));
  uint32_t version = wire.Get<uint32_t>();
  uint32_t header_bytes = wire.Get<uint32_t>();
  uint64_t features = wire.Get<uint64_t>();
  tail->file_id = wire.Get<uint64_t>();
  tail->salt = wire.Get<uint64_t>();
  wire.Get<uint64_t>();
  wire.Get<uint64_t>();
  uint64_t checksum = wire.Get<uint64_t>();
  if (checksum != Checksum(bytes.substr(0, kHeaderBytes - 8), 0) ||
      !AllZero(bytes.substr(kHeaderBytes, kSlotBytes - kHeaderBytes))) {
    return DataLoss("{}: the header at offset 0 does not match its checksum", path);
  }
  if (version != kFormatVersion || header_bytes != kRecordFileHeaderBytes ||
      (features & ~kKnownFeatures) != 0) {
    return Unsupported(
        "{}: format version {} with features {:#x} was written by a newer Shale; "
        "this one reads version {}",
        path, version, features, kFormatVersion);
  }
  return OkStatus();
}

}  // namespace

uint64_t RecordFile::RecordBytes(uint64_t payload_bytes) {
  return kRecordHeaderBytes + ((payload_bytes + 7) & ~uint64_t{7});
}

StatusOr<std::unique_ptr<RecordFile>> RecordFile::Create(Disk* disk, const std::string& path,
                                                         RecordFileKind kind, uint64_t file_id,
                                                         uint64_t salt, uint64_t capacity,
                                                         uint64_t last_sequence) {
  std::unique_ptr<RecordFile> out(new RecordFile());
  out->path_ = path;
  out->file_id_ = file_id;
  out->salt_ = salt;
  out->capacity_ = std::max(capacity, 2 * kRecordFileHeaderBytes);
  out->last_sequence_ = last_sequence;
  ASSIGN_OR_RETURN(out->file_, disk->Open(path, OpenMode::kCreate));
  auto write = [&]() -> Status {
    RETURN_IF_ERROR(out->file_->Allocate(out->capacity_));
    std::string head(kRecordFileHeaderBytes, '\0');
    std::string header = EncodeHeader(kind, file_id, salt);
    head.replace(0, header.size(), header);
    for (int slot = 0; slot < 2; ++slot) {
      Mark mark{static_cast<uint64_t>(slot), kRecordFileHeaderBytes, last_sequence, 0, 0};
      std::string bytes = EncodeMark(mark, salt, slot);
      head.replace((slot + 1) * kSlotBytes, bytes.size(), bytes);
    }
    RETURN_IF_ERROR(out->file_->Write(0, head));
    return out->file_->Sync();
  };
  Status status = write();
  if (!status.ok()) {
    out.reset();
    disk->Remove(path).IgnoreError();
    return status;
  }
  return out;
}

StatusOr<RecordFileTail> RecordFile::Read(Disk* disk, const std::string& path, RecordFileKind kind,
                                          const std::function<Status(const Record&)>& visit) {
  ASSIGN_OR_RETURN(auto file, disk->Open(path, OpenMode::kRead));
  ASSIGN_OR_RETURN(uint64_t size, file->Size());
  if (size < kRecordFileHeaderBytes) {
    return DataLoss("{}: {} bytes are too few for a {}: it was cut", path, size, KindName(kind));
  }
  std::string bytes(size, '\0');
  RETURN_IF_ERROR(file->Read(0, std::as_writable_bytes(std::span(bytes.data(), bytes.size()))));
  std::string_view view = bytes;

  RecordFileTail tail;
  RETURN_IF_ERROR(DecodeHeader(path, kind, view.substr(0, kSlotBytes), &tail));
  Mark best;
  bool found = false;
  for (int slot = 0; slot < 2; ++slot) {
    Mark mark;
    const uint64_t offset = (slot + 1) * kSlotBytes;
    const bool good = DecodeMark(view.substr(offset), tail.salt, slot, &mark);
    if (!good || !AllZero(view.substr(offset + kMarkBytes, kSlotBytes - kMarkBytes))) {
      // A mark lies within one sector, so no power cut tears it.
      tail.mark_damage = fmt::format("{}: the commit mark at offset {} is damaged{}", path, offset,
                                     good ? " (bytes stand beside it)" : "; the other one stands");
    }
    if (!good) continue;
    if (!found || mark.counter > best.counter) best = mark;
    found = true;
  }
  if (!found) {
    return DataLoss("{}: neither commit mark (offsets {} and {}) matches its checksum", path,
                    kSlotBytes, 2 * kSlotBytes);
  }
  tail.mark_counter = best.counter;
  tail.last_sequence = best.last_sequence;
  tail.other_sequence = best.other_sequence;
  tail.finished = (best.flags & kFinished) != 0;
  tail.continued = (best.flags & kContinued) != 0;

  uint64_t at = kRecordFileHeaderBytes;
  while (at + kRecordHeaderBytes <= size) {
    WireReader wire(view.substr(at, kRecordHeaderBytes));
    Record record;
    uint64_t checksum = wire.Get<uint64_t>();
    uint64_t payload_bytes = wire.Get<uint64_t>();
    record.sequence = wire.Get<uint64_t>();
    record.type = wire.Get<uint32_t>();
    record.writer_id = wire.Get<uint32_t>();
    if (payload_bytes > kMaxRecordBytes || RecordBytes(payload_bytes) > size - at) break;
    uint64_t total = RecordBytes(payload_bytes);
    if (checksum !=
        Checksum(view.substr(at + 8, total - 8), RecordSeed(tail.salt, at, tail.last_checksum))) {
      break;
    }
    record.payload = view.substr(at + kRecordHeaderBytes, payload_bytes);
    RETURN_IF_ERROR(visit(record));
    tail.last_checksum = checksum;
    tail.last_sequence = record.sequence;
    at += total;
  }
  if (at < best.committed) {
    return DataLoss(
        "{}: the record at offset {} does not match its checksum, though records up to "
        "offset {} were committed: the file was damaged",
        path, at, best.committed);
  }
  tail.end = at;
  size_t last = view.find_last_not_of('\0');
  if (last != std::string_view::npos && last >= at) tail.torn_bytes = last + 1 - at;
  if (tail.finished && tail.torn_bytes > 0) {
    return DataLoss("{}: {} bytes at offset {} stand after the end of a finished file", path,
                    tail.torn_bytes, at);
  }
  return tail;
}

Status RecordFile::Verify(Disk* disk, RecordFileKind kind, uint64_t* bytes) const {
  RETURN_IF_ERROR(poison_);
  ASSIGN_OR_RETURN(RecordFileTail tail,
                   Read(disk, path(), kind, [](const Record&) { return OkStatus(); }));
  *bytes = tail.end;
  if (tail.end != end_ || tail.last_checksum != last_checksum_) {
    return DataLoss("{}: the records end at offset {}, though records up to {} were committed",
                    path(), tail.end, end_);
  }
  if (tail.torn_bytes > 0) {
    return DataLoss("{}: {} bytes at offset {} stand after the last record", path(),
                    tail.torn_bytes, tail.end);
  }
  return tail.mark_damage.empty() ? OkStatus() : DataLoss("{}", tail.mark_damage);
}

Status RecordFile::FinishAfterCrash(Disk* disk, const std::string& path, const RecordFileTail& tail,
                                    bool continued, uint64_t other_sequence) {
  ASSIGN_OR_RETURN(auto file, disk->Open(path, OpenMode::kReadWrite));
  RecordFile open;
  open.file_ = std::move(file);
  open.path_ = path;
  open.file_id_ = tail.file_id;
  open.salt_ = tail.salt;
  open.end_ = tail.end;
  open.last_sequence_ = tail.last_sequence;
  open.mark_counter_ = tail.mark_counter;
  open.other_sequence_ = other_sequence;
  return open.Finish(continued);
}

Status RecordFile::Poison(Status status) {
  cause_ = status;
  poison_ =
      MakeError(status.code(),
                "{}: writing stopped after an error, reading goes on; open the database again "
                "to go on writing (the error was: {})",
                path_, Message(status));
  return poison_;
}

Status RecordFile::Grow(uint64_t capacity) {
  RETURN_IF_ERROR(poison_);
  RETURN_IF_ERROR(file_->Allocate(capacity));
  capacity_ = capacity;
  return OkStatus();
}

Status RecordFile::Append(std::span<const Record> records) {
  RETURN_IF_ERROR(poison_);
  scratch_.clear();
  uint64_t last_checksum = last_checksum_;
  for (const Record& record : records) {
    SHALE_CHECK(record.payload.size() <= kMaxRecordBytes);
    size_t begin = scratch_.size();
    WireWriter wire(&scratch_);
    wire.Put<uint64_t>(0);
    wire.Put<uint64_t>(record.payload.size());
    wire.Put<uint64_t>(record.sequence);
    wire.Put<uint32_t>(record.type);
    wire.Put<uint32_t>(record.writer_id);
    scratch_.append(record.payload);
    scratch_.resize(begin + RecordBytes(record.payload.size()), '\0');
    std::string_view covered = std::string_view(scratch_).substr(begin + 8);
    last_checksum = Checksum(covered, RecordSeed(salt_, end_ + begin, last_checksum));
    std::memcpy(scratch_.data() + begin, &last_checksum, 8);
    last_sequence_ = record.sequence;
  }
  SHALE_CHECK(HasRoom(scratch_.size()));
  Status status = file_->Write(end_, scratch_);
  if (!status.ok()) return Poison(std::move(status));
  end_ += scratch_.size();
  last_checksum_ = last_checksum;
  if (scratch_.capacity() > (8 << 20)) scratch_ = std::string();
  return OkStatus();
}

Status RecordFile::WriteMark(uint32_t flags) {
  ++mark_counter_;
  int slot = static_cast<int>(mark_counter_ & 1);
  Mark mark{mark_counter_, end_, last_sequence_, flags, other_sequence_};
  mark_durable_ = false;
  return file_->Write((slot + 1) * kSlotBytes, EncodeMark(mark, salt_, slot));
}

Status RecordFile::Sync() {
  RETURN_IF_ERROR(poison_);
  Status status = file_->Sync();
  if (!status.ok()) return Poison(std::move(status));
  // What was synced stays acknowledged even if the mark cannot be written; later writes are
  // refused.
  status = WriteMark(0);
  if (!status.ok()) Poison(std::move(status)).IgnoreError();
  return OkStatus();
}

Status RecordFile::SyncMark() {
  RETURN_IF_ERROR(poison_);
  if (mark_durable_) return OkStatus();
  Status status = file_->Sync();
  if (!status.ok()) return Poison(std::move(status));
  mark_durable_ = true;
  return OkStatus();
}

Status RecordFile::Finish(bool continued) {
  RETURN_IF_ERROR(poison_);
  auto finish = [&]() -> Status {
    RETURN_IF_ERROR(file_->Truncate(end_));
    RETURN_IF_ERROR(file_->Sync());
    RETURN_IF_ERROR(WriteMark(kFinished | (continued ? kContinued : 0)));
    return file_->Sync();
  };
  Status status = finish();
  if (!status.ok()) return Poison(std::move(status));
  mark_durable_ = true;
  capacity_ = end_;
  return OkStatus();
}

}  // namespace shale
