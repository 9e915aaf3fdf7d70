#include "storage/spill/temp_space.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <random>

#include "engine/base/check.h"
#include "engine/base/sync.h"
#include "storage/log/chunk_codec.h"

namespace shale {
namespace {

constexpr uint32_t kMagic = 0x314c5053;  // "SPL1"
constexpr size_t kHeaderBytes = 32;
constexpr size_t kMaxBlockBytes = size_t{2} << 30;
constexpr std::string_view kSuffix = ".spill";
constexpr std::string_view kPrivatePrefix = "shale-temp-";

// Bytes in use of a space, or of one query's part of it.
struct Quota {
  const char* owner = "the database";
  int64_t limit = 0;
  std::atomic<int64_t> used{0};
  std::atomic<int64_t> written{0};

  Status Take(int64_t bytes) {
    const int64_t now = used.fetch_add(bytes) + bytes;
    if (now > limit) {
      used.fetch_sub(bytes);
      return ResourceExhausted(
          "temporary files of {} have reached max_temp_size ({} bytes): {} are in use and {} more "
          "were asked for; raise it, or memory_limit so that less is written",
          owner, limit, now - bytes, bytes);
    }
    written.fetch_add(bytes);
    return OkStatus();
  }
};

class TempFile : public SpillFile {
 public:
  TempFile(Disk* disk, std::unique_ptr<File> file, uint64_t salt, std::shared_ptr<Quota> space,
           std::shared_ptr<Quota> query)
      : disk_(disk),
        file_(std::move(file)),
        salt_(salt),
        space_(std::move(space)),
        query_(std::move(query)) {}
  ~TempFile() override {
    const std::string path = file_->path();
    file_.reset();
    disk_->Remove(path).IgnoreError();
    space_->used.fetch_sub(taken_.load());
    if (query_) query_->used.fetch_sub(taken_.load());
  }

  StatusOr<SpillBlock> Write(const Chunk& chunk) override {
    std::string bytes(kHeaderBytes, '\0');
    WireWriter body(&bytes);
    EncodeChunk(chunk, &body);
    if (bytes.size() > kMaxBlockBytes) {
      return ResourceExhausted("{} rows of {} bytes are too wide for a temporary file (at most {})",
                               chunk.num_rows, bytes.size(), kMaxBlockBytes);
    }
    const auto size = static_cast<int64_t>(bytes.size());
    if (query_) RETURN_IF_ERROR(query_->Take(size));
    Status taken = space_->Take(size);
    if (!taken.ok()) {
      if (query_) query_->used.fetch_sub(size);
      return taken;
    }
    taken_.fetch_add(size);
    SpillBlock block;
    block.offset = end_.fetch_add(bytes.size());
    block.bytes = static_cast<uint32_t>(bytes.size());
    block.rows = static_cast<uint32_t>(chunk.num_rows);
    std::string header;
    WireWriter wire(&header);
    wire.Put<uint32_t>(kMagic);
    wire.Put<uint32_t>(static_cast<uint32_t>(bytes.size() - kHeaderBytes));
    wire.Put<uint32_t>(block.rows);
    wire.Put<uint32_t>(0);
    wire.Put<uint64_t>(block.offset);
    wire.Put<uint64_t>(Checksum(std::string_view(bytes).substr(kHeaderBytes), block.offset));
    SHALE_CHECK(header.size() == kHeaderBytes);
    bytes.replace(0, kHeaderBytes, header);
    RETURN_IF_ERROR(file_->Write(block.offset, bytes));
    return block;
  }

  StatusOr<Chunk> Read(const SpillBlock& block, std::span<const Type> types) override {
    BufferPtr buffer = Buffer::Allocate(block.bytes);
    RETURN_IF_ERROR(file_->Read(
        block.offset, {reinterpret_cast<std::byte*>(buffer->data()), size_t{block.bytes}}));
    const std::string_view bytes(reinterpret_cast<const char*>(buffer->data()), block.bytes);
    WireReader header(bytes.substr(0, kHeaderBytes));
    const std::string_view payload = bytes.substr(kHeaderBytes);
    const bool whole = header.Get<uint32_t>() == kMagic &&
                       header.Get<uint32_t>() == payload.size() &&
                       header.Get<uint32_t>() == block.rows && header.Get<uint32_t>() == 0 &&
                       header.Get<uint64_t>() == block.offset &&
                       header.Get<uint64_t>() == Checksum(payload, block.offset) && header.ok();
    if (!whole) {
      return DataLoss(
          "{}: the block at byte {} of this temporary file was damaged (its checksum is wrong): "
          "check the disk and run the query again",
          file_->path(), block.offset);
    }
    WireReader body(payload);
    return DecodeChunk(types, &body, buffer);
  }

 private:
  uint64_t Checksum(std::string_view payload, uint64_t offset) const {
    return XXH3_64bits_withSeed(payload.data(), payload.size(), salt_ ^ offset);
  }

  Disk* const disk_;
  std::unique_ptr<File> file_;
  const uint64_t salt_;
  const std::shared_ptr<Quota> space_;
  const std::shared_ptr<Quota> query_;  // null: nobody's in particular
  std::atomic<uint64_t> end_{0};
  std::atomic<int64_t> taken_{0};
};

int64_t FreeShare(const TempSpaceOptions& options) {
  if (options.disk != PosixDisk()) return INT64_MAX;
  return PosixFreeBytes(options.directory) / 10 * 9;
}

// Folders of processes that ended without removing theirs.
void RemoveDeadFolders(Disk* disk, const std::string& parent) {
  auto names = disk->List(parent);
  if (!names.ok()) return;
  for (const std::string& name : *names) {
    if (!name.starts_with(kPrivatePrefix)) continue;
    const std::string folder = parent + "/" + name;
    auto lock = disk->Lock(folder + "/LOCK");
    if (!lock.ok()) continue;  // alive
    auto files = disk->List(folder);
    if (!files.ok()) continue;
    for (const std::string& file : *files) disk->Remove(folder + "/" + file).IgnoreError();
    disk->RemoveDirectory(folder).IgnoreError();
  }
}

class DirectorySpace : public TempSpace {
 public:
  // `parent`: of a private folder; empty: the folder's owner holds a lock already.
  DirectorySpace(TempSpaceOptions options, std::string parent)
      : options_(std::move(options)), parent_(std::move(parent)) {
    quota_->limit = options_.max_bytes > 0 ? options_.max_bytes : FreeShare(options_);
  }
  ~DirectorySpace() override {
    if (!lock_) return;
    lock_.reset();
    options_.disk->Remove(options_.directory + "/LOCK").IgnoreError();
    options_.disk->RemoveDirectory(options_.directory).IgnoreError();
  }
  void RemoveLeftovers() {
    auto names = options_.disk->List(options_.directory);
    if (!names.ok()) return;  // not there yet
    for (const std::string& name : *names) {
      if (name.ends_with(kSuffix)) {
        options_.disk->Remove(options_.directory + "/" + name).IgnoreError();
      }
    }
  }

  StatusOr<std::unique_ptr<SpillFile>> Create() override { return CreateFor(nullptr); }
  StatusOr<std::unique_ptr<SpillFile>> CreateFor(std::shared_ptr<Quota> query) {
    RETURN_IF_ERROR(MakeFolder());
    const uint64_t number = next_.fetch_add(1);
    const std::string path = fmt::format("{}/{:06}{}", options_.directory, number, kSuffix);
    ASSIGN_OR_RETURN(auto file, options_.disk->Open(path, OpenMode::kCreate));
    return std::unique_ptr<SpillFile>(std::make_unique<TempFile>(
        options_.disk, std::move(file), salt_ + number, quota_, std::move(query)));
  }
  const std::string& directory() const override { return options_.directory; }
  int64_t used_bytes() const override { return quota_->used.load(); }
  int64_t max_bytes() const override { return quota_->limit; }

 private:
  Status MakeFolder() SHALE_EXCLUDES(mutex_) {
    MutexLock lock(&mutex_);
    if (made_) return OkStatus();
    Disk* disk = options_.disk;
    if (!parent_.empty()) RemoveDeadFolders(disk, parent_);
    Status status;
    // Somebody else who looks for dead folders may take the lock of a fresh one first.
    for (int attempt = 0; attempt < 10; ++attempt) {
      RETURN_IF_ERROR(disk->MakeDirectory(options_.directory));
      if (parent_.empty()) break;
      auto held = disk->Lock(options_.directory + "/LOCK");
      status = held.status();
      if (!held.ok()) continue;
      lock_ = *std::move(held);
      RemoveLeftovers();
      break;
    }
    made_ = status.ok();
    return status;
  }

  const TempSpaceOptions options_;
  const std::string parent_;
  const uint64_t salt_ = (uint64_t{std::random_device()()} << 32) | std::random_device()();
  const std::shared_ptr<Quota> quota_ = std::make_shared<Quota>();
  std::atomic<uint64_t> next_{1};
  Mutex mutex_;
  bool made_ SHALE_GUARDED_BY(mutex_) = false;
  std::unique_ptr<File> lock_;  // of a private folder
};

class QueryPart : public QuerySpill {
 public:
  QueryPart(DirectorySpace* space, int64_t max_bytes) : space_(space) {
    quota_->owner = "the query";
    quota_->limit = max_bytes > 0 ? max_bytes : space->max_bytes();
  }
  StatusOr<std::unique_ptr<SpillFile>> Create() override { return space_->CreateFor(quota_); }
  int64_t written_bytes() const override { return quota_->written.load(); }

 private:
  DirectorySpace* const space_;
  const std::shared_ptr<Quota> quota_ = std::make_shared<Quota>();
};

}  // namespace

std::unique_ptr<TempSpace> TempSpace::Open(TempSpaceOptions options) {
  auto space = std::make_unique<DirectorySpace>(std::move(options), "");
  space->RemoveLeftovers();
  return space;
}

std::unique_ptr<TempSpace> TempSpace::OpenPrivate(const std::string& parent, int64_t max_bytes) {
  std::random_device random;
  const std::string folder =
      fmt::format("{}/{}{:08x}{:08x}", parent, kPrivatePrefix, random(), random());
  return std::make_unique<DirectorySpace>(TempSpaceOptions{PosixDisk(), folder, max_bytes}, parent);
}

std::unique_ptr<QuerySpill> QuerySpill::Make(TempSpace* space, int64_t max_bytes) {
  return std::make_unique<QueryPart>(static_cast<DirectorySpace*>(space), max_bytes);
}

}  // namespace shale
