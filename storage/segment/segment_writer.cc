#include <atomic>

#include "engine/base/kill_point.h"
#include "engine/base/sync.h"
#include "storage/segment/column_buffer.h"
#include "storage/segment/segment.h"

namespace shale {
namespace {

constexpr size_t kWriteBytes = 4 << 20;
// Rows are refused past this: kMaxSegmentRawBytes is where a caller should cut, but one chunk may
// reach far beyond it.
constexpr uint64_t kHardRawBytes = kMaxPayloadBytes - (64 << 20);

bool CanStore(const Type& type) {
  return type.id() == TypeId::kList ? CanStore(type.child()) : type.id() != TypeId::kStruct;
}

class FileSegmentWriter : public SegmentWriter {
 public:
  FileSegmentWriter(const TableSchema& schema, Options options) : options_(std::move(options)) {
    info_.segment_id = options_.segment_id;
    info_.table_id = schema.table_id;
    info_.schema_id = schema.schema_id;
    info_.sorted_by = options_.sorted_by;
    columns_.reserve(schema.columns.size() + 1);
    for (const ColumnSchema& column : schema.columns) {
      columns_.push_back(std::make_unique<ColumnBuffer>(column.id, column.name, column.type));
    }
    columns_.push_back(std::make_unique<ColumnBuffer>(kSeqColumn, "_seq", TypeId::kUBigInt));
  }

  Status Append(const Chunk& rows) override {
    SHALE_CHECK(!finished_);
    if (rows.columns.size() != columns_.size()) {
      return InvalidArgument("segment: {} columns given, {} expected (the schema's and _seq)",
                             rows.columns.size(), columns_.size());
    }
    for (size_t i = 0; i < columns_.size(); ++i) {
      const Vector& vector = rows.columns[i];
      const Type& type = columns_[i]->type();
      if (!CanStore(type)) {
        return Unsupported("column {}: {} cannot be stored yet", columns_[i]->name(),
                           type.ToString());
      }
      if (vector.type().physical() != type.physical() && !vector.is_constant_null()) {
        return InvalidArgument("column {}: {} given, {} expected", columns_[i]->name(),
                               vector.type().ToString(), type.ToString());
      }
      SHALE_CHECK(vector.size() == rows.num_rows);
    }
    if (num_rows_ + rows.num_rows > kMaxSegmentRows) {
      return ResourceExhausted("segment: {} rows are more than the limit of {} a segment",
                               num_rows_ + rows.num_rows, kMaxSegmentRows);
    }
    if (raw_bytes_ > kHardRawBytes) {
      return ResourceExhausted("segment: {} bytes of values are more than the limit of {}",
                               raw_bytes_, kHardRawBytes);
    }
    for (size_t i = 0; i < columns_.size(); ++i) {
      raw_bytes_ -= columns_[i]->raw_bytes();
      columns_[i]->Append(rows.columns[i], rows.num_rows);
      raw_bytes_ += columns_[i]->raw_bytes();
    }
    num_rows_ += rows.num_rows;
    return OkStatus();
  }

  uint64_t num_rows() const override { return num_rows_; }
  uint64_t raw_bytes() const override { return raw_bytes_; }

  StatusOr<SegmentInfo> Finish(Disk* disk, const std::string& path) override {
    SHALE_CHECK(!finished_);
    finished_ = true;
    if (raw_bytes_ > kHardRawBytes) {
      return ResourceExhausted("segment: {} bytes of values are more than the limit of {}",
                               raw_bytes_, kHardRawBytes);
    }
    std::vector<EncodedColumn> encoded = EncodeColumns();
    info_.num_rows = num_rows_;
    const ZoneMap& seq = encoded.back().footer.info.zone;
    if (seq.min) info_.min_seq = seq.min->AsUInt();
    if (seq.max) info_.max_seq = seq.max->AsUInt();

    ASSIGN_OR_RETURN(const std::unique_ptr<File> file, disk->Open(path, OpenMode::kCreate));
    KillPoint("segment.create");
    std::string pending = EncodeSegmentHeader();
    uint64_t written = 0;
    const auto flush = [&]() -> Status {
      RETURN_IF_ERROR(file->Write(written, pending));
      written += pending.size();
      pending.clear();
      return OkStatus();
    };
    std::vector<ColumnFooter> footers;
    for (EncodedColumn& column : encoded) {
      pending += column.bytes;
      column.bytes = std::string();
      if (pending.size() >= kWriteBytes) RETURN_IF_ERROR(flush());
      info_.columns.push_back(column.footer.info);
      footers.push_back(std::move(column.footer));
    }
    pending += EncodeFooter(info_, footers, written + pending.size(), &info_.footer_checksum);
    RETURN_IF_ERROR(flush());
    info_.file_bytes = written;
    KillPoint("segment.sync");
    RETURN_IF_ERROR(file->Sync());
    KillPoint("segment.synced");
    return info_;
  }

 private:
  std::vector<EncodedColumn> EncodeColumns() {
    std::vector<EncodedColumn> encoded(columns_.size());
    std::atomic<size_t> next{0};
    const auto work = [&] {
      for (size_t i = next.fetch_add(1); i < columns_.size(); i = next.fetch_add(1)) {
        encoded[i] = columns_[i]->Encode(options_.segment_id, options_.sort_dictionaries);
        columns_[i].reset();
      }
    };
    const size_t workers = std::min<size_t>(std::max(options_.num_workers, 1), columns_.size());
    std::vector<Thread> threads;
    for (size_t i = 1; i < workers; ++i) threads.emplace_back("encode", work);
    work();
    for (Thread& thread : threads) thread.Join();
    return encoded;
  }

  const Options options_;
  SegmentInfo info_;
  std::vector<std::unique_ptr<ColumnBuffer>> columns_;
  uint64_t num_rows_ = 0;
  uint64_t raw_bytes_ = 0;
  bool finished_ = false;
};

}  // namespace

std::unique_ptr<SegmentWriter> SegmentWriter::Create(const TableSchema& schema, Options options) {
  return std::make_unique<FileSegmentWriter>(schema, std::move(options));
}

}  // namespace shale
