#include <algorithm>
#include <atomic>

#include "engine/base/sync.h"
#include "storage/cache/block_cache.h"
#include "storage/codec/list_block.h"
#include "storage/codec/select.h"
#include "storage/segment/dictionary_file.h"
#include "storage/segment/footer.h"
#include "storage/segment/zone_map.h"

namespace shale {
namespace {

// Fewer rows a run than this are laid out flat.
constexpr size_t kMinRowsPerRun = 8;
// Neighbouring blocks are read in one piece up to this.
constexpr uint64_t kMaxReadBytes = 4 << 20;

std::atomic<uint64_t> next_instance{1};

using LoadedBlockPtr = std::shared_ptr<const LoadedBlock>;

ByteSpan SpanOf(const Buffer& buffer) { return {buffer.data(), buffer.size()}; }

class FileSegmentReader : public SegmentReader {
 public:
  FileSegmentReader(Disk* disk, std::unique_ptr<File> file, std::string path, BlockCache* cache,
                    FooterContents contents)
      : disk_(disk),
        file_(std::move(file)),
        path_(std::move(path)),
        cache_(cache),
        contents_(std::move(contents)),
        instance_(next_instance.fetch_add(1)),
        lazy_(std::make_unique<LazyColumn[]>(contents_.columns.size())) {
    for (size_t i = 0; i < contents_.columns.size(); ++i) {
      if (contents_.columns[i].dictionary.entries > 0) {
        lazy_[i].dictionary_id = NextDictionaryId();
      }
    }
  }
  ~FileSegmentReader() override {
    if (cache_ != nullptr) cache_->EraseSegment(instance_);
    for (size_t i = 0; i < contents_.columns.size(); ++i) delete lazy_[i].zones.load();
  }

  const SegmentInfo& info() const override { return contents_.info; }
  const std::string& path() const override { return path_; }

  int FindColumn(ColumnId id) const override {
    const auto& columns = info().columns;
    for (size_t i = 0; i < columns.size(); ++i) {
      if (columns[i].id == id) return static_cast<int>(i);
    }
    return -1;
  }

  size_t num_blocks() const override { return (info().num_rows + kChunkRows - 1) / kChunkRows; }

  const ZoneMap& Zone(int column, size_t block) const override {
    SHALE_CHECK(block < num_blocks());
    LazyColumn& lazy = Lazy(column);
    const std::vector<ZoneMap>* zones = lazy.zones.load(std::memory_order_acquire);
    if (zones == nullptr) {
      auto parsed = std::make_unique<std::vector<ZoneMap>>(num_blocks());
      const ColumnContents& contents = contents_.columns[column];
      ByteReader reader(ByteSpan(contents_.bytes->data() + contents.zones_begin,
                                 contents.zones_end - contents.zones_begin));
      for (ZoneMap& zone : *parsed) {
        SHALE_CHECK(ReadZone(&reader, info().columns[column].type, &zone));  // skipped over at Open
      }
      if (lazy.zones.compare_exchange_strong(zones, parsed.get(), std::memory_order_acq_rel)) {
        zones = parsed.release();
      }
    }
    return (*zones)[block];
  }

  StatusOr<DictionaryPtr> ReadDictionary(int column) override {
    LazyColumn& lazy = Lazy(column);
    if (contents_.columns[column].dictionary.entries == 0) return DictionaryPtr();
    const BlockKey key{instance_, column, BlockKey::kDictionaryBlock};
    if (cache_ != nullptr) {
      if (auto found = cache_->Find(key)) {
        return std::static_pointer_cast<const Dictionary>(std::move(found));
      }
    }
    // One loads, the others wait; a dictionary that a reader still holds need not be read again.
    MutexLock lock(&lazy.mutex);
    DictionaryPtr dictionary = lazy.dictionary.lock();
    if (dictionary == nullptr) {
      ASSIGN_OR_RETURN(dictionary, LoadDictionary(column));
      lazy.dictionary = dictionary;
    }
    if (cache_ != nullptr) cache_->Insert(key, dictionary, DictionaryBytes(*dictionary));
    return dictionary;
  }

  StatusOr<Vector> ReadBlock(int column, size_t block) override {
    ASSIGN_OR_RETURN(const LoadedBlockPtr loaded, Load(column, block));
    const Type& type = info().columns[column].type;
    if (loaded->all_null()) return Vector::ConstantNull(type, loaded->rows);
    if (type.id() == TypeId::kList) return DecodeLists(*loaded, column, block);
    if (contents_.columns[column].dictionary.entries > 0) {
      ASSIGN_OR_RETURN(DictionaryPtr dictionary, ReadDictionary(column));
      return DecodeCodes(*loaded, std::move(dictionary), column, block);
    }
    if (loaded->validity == nullptr && loaded->codec->id == CodecId::kConstant) {
      return DecodeConstant(*loaded, column, block);
    }
    if (loaded->validity == nullptr && loaded->codec->id == CodecId::kRunLength) {
      const auto runs = PeekRunCount(loaded->values, loaded->rows);
      if (runs.ok() && *runs * kMinRowsPerRun <= loaded->rows) {
        return DecodeRunVector(*loaded, column, block);
      }
    }
    Vector vector = Vector::Flat(type, loaded->rows);
    const Status status = DecodeValues(*loaded, type.physical(), vector.mutable_values<uint8_t>());
    if (!status.ok()) return AtBlock(status, column, block);
    if (loaded->validity != nullptr) vector.set_validity(loaded->validity);
    if (type.IsStringLike()) vector.AddHeap(HeapOf(*loaded));
    return vector;
  }

  StatusOr<size_t> SelectCodes(int column, size_t block, const uint8_t* match,
                               uint32_t* rows) override {
    const uint32_t entries = contents_.columns[column].dictionary.entries;
    SHALE_CHECK(entries > 0);
    ASSIGN_OR_RETURN(const LoadedBlockPtr loaded, Load(column, block));
    auto count = SelectMatching(*loaded, match, entries, rows);
    if (!count.ok()) return AtBlock(count.status(), column, block);
    return count;
  }

  StatusOr<size_t> SelectRange(int column, size_t block, int64_t low, int64_t high, bool negate,
                               uint32_t* rows) override {
    const PhysicalType type = info().columns[column].type.physical();
    SHALE_CHECK(IsIntegerPhysical(type));
    ASSIGN_OR_RETURN(const LoadedBlockPtr loaded, Load(column, block));
    auto count = SelectBetween(*loaded, type, low, high, negate, rows);
    if (!count.ok()) return AtBlock(count.status(), column, block);
    return count;
  }

  StatusOr<Vector> ReadRows(int column, size_t block, const uint32_t* rows, size_t count) override {
    const Type& type = info().columns[column].type;
    ASSIGN_OR_RETURN(const LoadedBlockPtr loaded, Load(column, block));
    // Ascending and distinct: all of them. A constant is one decode either way.
    if (count == loaded->rows) return ReadBlock(column, block);
    if (loaded->all_null()) return Vector::ConstantNull(type, count);
    const bool has_codes = contents_.columns[column].dictionary.entries > 0;
    if (loaded->codec->id == CodecId::kConstant || (type.IsStringLike() && !has_codes) ||
        type.id() == TypeId::kList) {
      ASSIGN_OR_RETURN(const Vector whole, ReadBlock(column, block));
      return whole.Gather(rows, count);
    }
    Vector vector;
    if (has_codes) {
      ASSIGN_OR_RETURN(DictionaryPtr dictionary, ReadDictionary(column));
      BufferPtr codes = Buffer::Allocate(count * sizeof(uint32_t));
      const Status status = DecodeRows(*loaded, PhysicalType::kUInt32, rows, count, codes->data());
      if (!status.ok()) return AtBlock(status, column, block);
      vector = Vector::FromDictionary(std::move(dictionary), std::move(codes), count);
    } else {
      vector = Vector::Flat(type, count);
      const Status status =
          DecodeRows(*loaded, type.physical(), rows, count, vector.mutable_values<uint8_t>());
      if (!status.ok()) return AtBlock(status, column, block);
    }
    if (loaded->validity != nullptr) {
      const uint64_t* validity = reinterpret_cast<const uint64_t*>(loaded->validity->data());
      for (size_t i = 0; i < count; ++i) {
        if (!BitIsSet(validity, rows[i])) vector.SetNull(i);
      }
    }
    return vector;
  }

  uint64_t BlockBytes(int column, size_t block) const override {
    const BlockLocation& location = Location(column, block);
    return location.sealed_bytes != 0 ? location.sealed_bytes : location.inline_bytes;
  }

  Status Prefetch(const std::vector<std::pair<int, size_t>>& blocks) override {
    if (cache_ == nullptr) return OkStatus();
    std::vector<Wanted> wanted;
    for (const auto& [column, block] : blocks) {
      const BlockLocation& location = Location(column, block);
      if (location.sealed_bytes == 0 || cache_->Contains(KeyOf(column, block))) continue;
      wanted.push_back({location.offset, location.sealed_bytes, column, block});
    }
    if (wanted.empty()) return OkStatus();
    std::sort(wanted.begin(), wanted.end(),
              [](const Wanted& a, const Wanted& b) { return a.offset < b.offset; });
    wanted.erase(std::unique(wanted.begin(), wanted.end(),
                             [](const Wanted& a, const Wanted& b) { return a.offset == b.offset; }),
                 wanted.end());
    // Pieces of neighbouring blocks.
    std::vector<size_t> piece_begins;
    std::vector<BufferPtr> buffers;
    std::vector<ReadRequest> requests;
    for (size_t i = 0; i < wanted.size();) {
      size_t end = i + 1;
      uint64_t bytes = wanted[i].bytes;
      while (end < wanted.size() && wanted[end].offset == wanted[i].offset + bytes &&
             bytes + wanted[end].bytes <= kMaxReadBytes) {
        bytes += wanted[end++].bytes;
      }
      piece_begins.push_back(i);
      buffers.push_back(Buffer::Allocate(bytes));
      requests.push_back({file_.get(), wanted[i].offset,
                          std::as_writable_bytes(std::span(buffers.back()->data(), bytes)),
                          OkStatus()});
      i = end;
    }
    piece_begins.push_back(wanted.size());
    disk_->ReadBatch(requests);
    for (size_t piece = 0; piece < requests.size(); ++piece) {
      RETURN_IF_ERROR(requests[piece].status);
      uint64_t at = 0;
      for (size_t i = piece_begins[piece]; i < piece_begins[piece + 1]; ++i) {
        BufferPtr sealed = Buffer::Allocate(wanted[i].bytes);
        std::memcpy(sealed->data(), buffers[piece]->data() + at, wanted[i].bytes);
        at += wanted[i].bytes;
        RETURN_IF_ERROR(OpenLoaded(wanted[i].column, wanted[i].block, std::move(sealed)).status());
      }
    }
    return OkStatus();
  }

  std::vector<SegmentDamage> FindDamage() override {
    std::vector<SegmentDamage> found;
    const auto footer = [&]() -> Status {
      ASSIGN_OR_RETURN(const uint64_t bytes, file_->Size());
      return ReadContents(file_.get(), path_, bytes, info().footer_checksum).status();
    };
    Status status = footer();
    if (!status.ok()) found.push_back({"", "footer", std::move(status)});
    for (int column = 0; column < static_cast<int>(info().columns.size()); ++column) {
      const std::string& name = info().columns[column].name;
      if (contents_.columns[column].dictionary.entries > 0) {
        status = LoadDictionary(column).status();
        if (!status.ok()) found.push_back({name, "dictionary", std::move(status)});
      }
      for (size_t block = 0; block < num_blocks(); ++block) {
        status = CheckBlock(column, block);
        if (status.ok()) continue;
        found.push_back({name, fmt::format("block {}", block), std::move(status)});
      }
    }
    return found;
  }

  // The verified footer of a file; used before there is a reader.
  static StatusOr<FooterContents> ReadContents(File* file, const std::string& path,
                                               uint64_t file_bytes, uint64_t expected_checksum) {
    const auto at_file = [&](const Status& status) {
      return Status(status.code(), fmt::format("{}: {}", path, Message(status)));
    };
    if (file_bytes < kSegmentHeaderBytes + kSegmentTailBytes) {
      return DataLoss("{}: {} bytes are too few for a segment", path, file_bytes);
    }
    const BufferPtr header = Buffer::Allocate(kSegmentHeaderBytes);
    const BufferPtr tail = Buffer::Allocate(kSegmentTailBytes);
    RETURN_IF_ERROR(
        file->Read(0, std::as_writable_bytes(std::span(header->data(), header->size()))));
    RETURN_IF_ERROR(file->Read(file_bytes - kSegmentTailBytes,
                               std::as_writable_bytes(std::span(tail->data(), tail->size()))));
    auto fields = ReadTail(SpanOf(*tail), file_bytes);
    if (!fields.ok()) return at_file(fields.status());
    const BufferPtr footer = Buffer::Allocate(fields->stored_bytes);
    RETURN_IF_ERROR(file->Read(fields->footer_offset,
                               std::as_writable_bytes(std::span(footer->data(), footer->size()))));
    auto contents = ReadFooter(SpanOf(*header), SpanOf(*footer), SpanOf(*tail), *fields);
    if (!contents.ok()) return at_file(contents.status());
    if (expected_checksum != 0 && fields->checksum != expected_checksum) {
      return DataLoss("{}: this is not the segment that the catalog knows under this name", path);
    }
    contents->info.file_bytes = file_bytes;
    contents->info.footer_checksum = fields->checksum;
    return contents;
  }

 private:
  struct LazyColumn {
    uint64_t dictionary_id = 0;
    Mutex mutex;
    std::weak_ptr<const Dictionary> dictionary SHALE_GUARDED_BY(mutex);
    std::atomic<const std::vector<ZoneMap>*> zones{nullptr};
  };
  struct Wanted {
    uint64_t offset;
    uint32_t bytes;
    int column;
    size_t block;
  };

  LazyColumn& Lazy(int column) const {
    SHALE_CHECK(column >= 0 && static_cast<size_t>(column) < contents_.columns.size());
    return lazy_[column];
  }
  const BlockLocation& Location(int column, size_t block) const {
    SHALE_CHECK(column >= 0 && static_cast<size_t>(column) < contents_.columns.size());
    SHALE_CHECK(block < contents_.columns[column].blocks.size());
    return contents_.columns[column].blocks[block];
  }
  BlockKey KeyOf(int column, size_t block) const {
    return {instance_, column, static_cast<uint32_t>(block)};
  }

  Status AtColumn(const Status& status, int column, std::string_view what) const {
    return Status(status.code(), fmt::format("{}: column {}, {}: {}", path_,
                                             info().columns[column].name, what, Message(status)));
  }
  Status AtBlock(const Status& status, int column, size_t block) const {
    return AtColumn(status, column, fmt::format("block {}", block));
  }

  // Past the cache: reads, verifies and decodes.
  Status CheckBlock(int column, size_t block) {
    const Type& type = info().columns[column].type;
    const bool codes = contents_.columns[column].dictionary.entries > 0;
    ASSIGN_OR_RETURN(const LoadedBlockPtr loaded, LoadPastCache(column, block));
    if (loaded->all_null()) return OkStatus();
    if (type.id() == TypeId::kList) return DecodeLists(*loaded, column, block).status();
    const auto values = std::make_unique_for_overwrite<uint64_t[]>(2 * kMaxBlockRows);
    const Status status =
        DecodeValues(*loaded, codes ? PhysicalType::kUInt32 : type.physical(), values.get());
    return status.ok() ? status : AtBlock(status, column, block);
  }

  // Reads, verifies and decompresses what is at `offset`.
  StatusOr<OpenedBlock> OpenSealed(BufferPtr sealed, uint32_t bytes, uint32_t check, int column,
                                   uint32_t block) {
    uint32_t found;
    std::memcpy(&found, sealed->data(), sizeof found);
    if (found != check) return DataLoss("checksum does not match the directory's");
    const uint64_t place = BlockPlace(info().segment_id, info().columns[column].id, block);
    return OpenBlock(std::move(sealed), bytes, place);
  }

  StatusOr<DictionaryPtr> LoadDictionary(int column) {
    const ColumnContents& contents = contents_.columns[column];
    const DictionaryEntry& entry = contents.dictionary;
    BufferPtr sealed = Buffer::Allocate(entry.sealed_bytes);
    RETURN_IF_ERROR(file_->Read(contents.dictionary_offset,
                                std::as_writable_bytes(std::span(sealed->data(), sealed->size()))));
    const auto opened =
        OpenSealed(std::move(sealed), entry.sealed_bytes, entry.check, column, UINT32_MAX);
    if (!opened.ok()) return AtColumn(opened.status(), column, "dictionary");
    auto dictionary = DecodeDictionary(*opened, info().columns[column].type,
                                       lazy_[column].dictionary_id, entry.entries);
    if (!dictionary.ok()) return AtColumn(dictionary.status(), column, "dictionary");
    return dictionary;
  }

  StatusOr<LoadedBlockPtr> Load(int column, size_t block) {
    const BlockLocation& location = Location(column, block);
    if (location.sealed_bytes != 0 && cache_ != nullptr) {
      if (auto found = cache_->Find(KeyOf(column, block))) {
        return std::static_pointer_cast<const LoadedBlock>(std::move(found));
      }
    }
    ASSIGN_OR_RETURN(LoadedBlockPtr loaded, LoadPastCache(column, block));
    if (location.sealed_bytes != 0 && cache_ != nullptr) Keep(column, block, loaded);
    return loaded;
  }

  void Keep(int column, size_t block, const LoadedBlockPtr& loaded) {
    cache_->Insert(KeyOf(column, block), loaded, static_cast<int64_t>(loaded->MemoryUsage()));
  }

  StatusOr<LoadedBlockPtr> LoadPastCache(int column, size_t block) {
    const BlockLocation& location = Location(column, block);
    if (location.sealed_bytes == 0) {
      const ByteSpan payload(contents_.bytes->data() + location.offset, location.inline_bytes);
      return Parse(payload, nullptr, column, block);
    }
    BufferPtr sealed = Buffer::Allocate(location.sealed_bytes);
    RETURN_IF_ERROR(file_->Read(location.offset,
                                std::as_writable_bytes(std::span(sealed->data(), sealed->size()))));
    return Opened(column, block, std::move(sealed));
  }

  StatusOr<LoadedBlockPtr> OpenLoaded(int column, size_t block, BufferPtr sealed) {
    ASSIGN_OR_RETURN(LoadedBlockPtr loaded, Opened(column, block, std::move(sealed)));
    Keep(column, block, loaded);
    return loaded;
  }

  StatusOr<LoadedBlockPtr> Opened(int column, size_t block, BufferPtr sealed) {
    const BlockLocation& location = Location(column, block);
    const auto opened = OpenSealed(std::move(sealed), location.sealed_bytes, location.check, column,
                                   static_cast<uint32_t>(block));
    if (!opened.ok()) return AtBlock(opened.status(), column, block);
    if (opened->rows != BlockRows(block) ||
        (!opened->payload.empty() && opened->payload[0] != opened->codec)) {
      return AtBlock(DataLoss("header and contents disagree"), column, block);
    }
    return Parse(opened->payload, opened->buffer, column, block);
  }

  StatusOr<LoadedBlockPtr> Parse(ByteSpan payload, BufferPtr buffer, int column, size_t block) {
    auto parsed = ParsePayload(payload, std::move(buffer), BlockRows(block));
    if (!parsed.ok()) return AtBlock(parsed.status(), column, block);
    const uint32_t entries = contents_.columns[column].dictionary.entries;
    if (entries > 0 && !parsed->all_null()) {
      const Status status = CheckCodes(*parsed, entries);
      if (!status.ok()) return AtBlock(status, column, block);
    }
    return std::make_shared<const LoadedBlock>(*std::move(parsed));
  }

  // Every code is below `entries`, and packed ones do not get there by overflowing.
  static Status CheckCodes(const LoadedBlock& block, uint32_t entries) {
    if (block.codec->id == CodecId::kConstant) {
      uint32_t code;
      RETURN_IF_ERROR(block.codec->decode(block.values, PhysicalType::kUInt32, 1, &code));
      return code < entries ? OkStatus() : DataLoss("code {} of {}", code, entries);
    }
    const auto codes = std::make_unique_for_overwrite<uint32_t[]>(block.rows);
    RETURN_IF_ERROR(DecodeValues(block, PhysicalType::kUInt32, codes.get()));
    uint32_t largest = 0, smallest = UINT32_MAX;
    for (size_t i = 0; i < block.rows; ++i) {
      largest = std::max(largest, codes[i]);
      smallest = std::min(smallest, codes[i]);
    }
    uint32_t base = 0;
    if (block.codec->id == CodecId::kBitPacked && block.values.size() >= sizeof base) {
      std::memcpy(&base, block.values.data(), sizeof base);
    }
    if (largest >= entries || smallest < base) return DataLoss("code {} of {}", largest, entries);
    return OkStatus();
  }

  HeapPtr HeapOf(const LoadedBlock& block) const {
    return block.buffer != nullptr ? HeapPtr(block.buffer) : HeapPtr(contents_.bytes);
  }

  StatusOr<Vector> DecodeLists(const LoadedBlock& block, int column, size_t number) {
    auto lists = DecodeListBlock(block, info().columns[column].type, HeapOf(block));
    if (!lists.ok()) return AtBlock(lists.status(), column, number);
    return lists;
  }

  StatusOr<Vector> DecodeCodes(const LoadedBlock& block, DictionaryPtr dictionary, int column,
                               size_t number) {
    if (block.codec->id == CodecId::kConstant && block.validity == nullptr) {
      uint32_t code;
      RETURN_IF_ERROR(block.codec->decode(block.values, PhysicalType::kUInt32, 1, &code));
      const std::string_view text = dictionary->values.values<std::string_view>()[code];
      return Vector::Constant(MakeValue(info().columns[column].type, text), block.rows);
    }
    BufferPtr codes = Buffer::Allocate(block.rows * sizeof(uint32_t));
    const Status status = DecodeValues(block, PhysicalType::kUInt32, codes->data());
    if (!status.ok()) return AtBlock(status, column, number);
    Vector vector = Vector::FromDictionary(std::move(dictionary), std::move(codes), block.rows);
    if (block.validity != nullptr) vector.set_validity(block.validity);
    return vector;
  }

  StatusOr<Vector> DecodeConstant(const LoadedBlock& block, int column, size_t number) {
    const Type& type = info().columns[column].type;
    LoadedBlock one = block;
    one.rows = 1;
    Vector vector = Vector::Flat(type, 1);
    const Status status = DecodeValues(one, type.physical(), vector.mutable_values<uint8_t>());
    if (!status.ok()) return AtBlock(status, column, number);
    return Vector::Constant(vector.GetValue(0), block.rows);
  }

  StatusOr<Vector> DecodeRunVector(const LoadedBlock& block, int column, size_t number) {
    const Type& type = info().columns[column].type;
    std::vector<uint8_t> values;
    std::vector<uint32_t> ends;
    const Status status = DecodeRuns(block.values, type.physical(), block.rows, &values, &ends);
    if (!status.ok()) return AtBlock(status, column, number);
    if (type.physical() == PhysicalType::kBool &&
        std::any_of(values.begin(), values.end(), [](uint8_t value) { return value > 1; })) {
      return AtBlock(DataLoss("a BOOLEAN that is neither true nor false"), column, number);
    }
    Vector runs = Vector::Flat(type, ends.size());
    std::memcpy(runs.mutable_values<uint8_t>(), values.data(), values.size());
    BufferPtr end_buffer = Buffer::Allocate(ends.size() * sizeof(uint32_t));
    std::memcpy(end_buffer->data(), ends.data(), ends.size() * sizeof(uint32_t));
    return Vector::FromRuns(std::move(runs), std::move(end_buffer), block.rows);
  }

  Disk* const disk_;
  const std::unique_ptr<File> file_;
  const std::string path_;
  BlockCache* const cache_;
  const FooterContents contents_;
  const uint64_t instance_;
  const std::unique_ptr<LazyColumn[]> lazy_;
};

}  // namespace

StatusOr<std::shared_ptr<SegmentReader>> SegmentReader::Open(Disk* disk, const std::string& path,
                                                             BlockCache* cache,
                                                             uint64_t expected_footer_checksum) {
  ASSIGN_OR_RETURN(std::unique_ptr<File> file, disk->Open(path, OpenMode::kRead));
  ASSIGN_OR_RETURN(const uint64_t file_bytes, file->Size());
  ASSIGN_OR_RETURN(
      FooterContents contents,
      FileSegmentReader::ReadContents(file.get(), path, file_bytes, expected_footer_checksum));
  return std::shared_ptr<SegmentReader>(
      std::make_shared<FileSegmentReader>(disk, std::move(file), path, cache, std::move(contents)));
}

}  // namespace shale
