#include "storage/io/simulated_io.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <set>

namespace shale {
namespace {

constexpr uint64_t kSectorBytes = 512;
// Versions of a sector or size kept between two syncs; beyond it the oldest are forgotten.
constexpr size_t kMaxVersions = 8;

uint64_t NextRandom(uint64_t* state) {  // splitmix64
  uint64_t x = (*state += 0x9e3779b97f4a7c15u);
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

std::string ParentOf(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string Normal(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

struct Inode {
  std::string data;  // what a reader sees
  // Durable side; unused without track_durability.
  std::string durable;
  std::map<uint64_t, std::vector<std::string>> pending;  // sector → versions since the last sync
  std::vector<uint64_t> pending_sizes;                   // sizes since the last sync
  bool locked = false;
};
using InodePtr = std::shared_ptr<Inode>;

std::string SectorOf(const std::string& data, uint64_t sector) {
  const uint64_t begin = sector * kSectorBytes;
  std::string bytes;
  if (begin < data.size()) bytes = data.substr(begin, kSectorBytes);
  bytes.resize(kSectorBytes, '\0');
  return bytes;
}

template <typename T>
void AddVersion(std::vector<T>* versions, T version) {
  if (versions->size() == kMaxVersions) versions->erase(versions->begin());
  versions->push_back(std::move(version));
}

// A change of names that is not durable yet; each happens whole or not at all.
struct DirectoryChange {
  std::string from;  // the name that goes, or empty
  std::string to;    // the name that comes, or empty
  InodePtr inode;    // of `to`
};

void ApplyChange(const DirectoryChange& change, std::map<std::string, InodePtr>* names) {
  if (!change.from.empty()) names->erase(change.from);
  if (!change.to.empty()) (*names)[change.to] = change.inode;
}

}  // namespace

struct SimulatedDisk::State {
  explicit State(Options options) : options(options) {}

  const Options options;
  mutable Mutex mutex;
  std::map<std::string, InodePtr> names SHALE_GUARDED_BY(mutex);
  std::map<std::string, InodePtr> durable_names SHALE_GUARDED_BY(mutex);
  std::vector<DirectoryChange> changes SHALE_GUARDED_BY(mutex);
  std::set<std::string> directories SHALE_GUARDED_BY(mutex){"/", "."};
  uint64_t power_cycle SHALE_GUARDED_BY(mutex) = 0;
  uint64_t operations SHALE_GUARDED_BY(mutex) = 0;
  uint64_t syncs SHALE_GUARDED_BY(mutex) = 0;
  uint64_t used_bytes SHALE_GUARDED_BY(mutex) = 0;
  uint64_t capacity SHALE_GUARDED_BY(mutex) = 0;
  std::optional<uint64_t> fail_operation SHALE_GUARDED_BY(mutex);
  std::optional<uint64_t> fail_sync SHALE_GUARDED_BY(mutex);
  std::optional<uint64_t> power_cut SHALE_GUARDED_BY(mutex);

  // Counts an operation and lets armed faults strike.
  Status Enter(const char* what, const std::string& path) SHALE_REQUIRES(mutex) {
    const uint64_t number = operations++;
    if (power_cut && number >= *power_cut) {
      return MakeError(StatusCode::kUnavailable, "{}: cannot {}: the power is out", path, what);
    }
    if (fail_operation && number == *fail_operation) {
      fail_operation.reset();
      return MakeError(StatusCode::kInternal, "{}: cannot {}: Input/output error", path, what);
    }
    return OkStatus();
  }
  bool SyncFails() SHALE_REQUIRES(mutex) {
    const uint64_t number = syncs++;
    if (!fail_sync || number != *fail_sync) return false;
    fail_sync.reset();
    return true;
  }
  // Sets the length of a file's data, within the capacity.
  Status Resize(Inode* inode, uint64_t size, const std::string& path) SHALE_REQUIRES(mutex) {
    const uint64_t before = inode->data.size();
    if (size > before) {
      const uint64_t growth = size - before;
      if (capacity != 0 && used_bytes + growth > capacity) {
        return ResourceExhausted("{}: cannot write: No space left on device ({} of {} bytes used)",
                                 path, used_bytes, capacity);
      }
      if (inode->data.capacity() < size) {
        inode->data.reserve(std::max<uint64_t>(size, inode->data.capacity() * 3 / 2));
      }
    }
    inode->data.resize(size, '\0');
    used_bytes += size - before;
    if (options.track_durability && size != before) {
      AddVersion(&inode->pending_sizes, size);
      // What is cut off must not come back when the file grows again.
      if (size < before) {
        for (uint64_t s = size / kSectorBytes; s * kSectorBytes < before; ++s) {
          AddVersion(&inode->pending[s], SectorOf(inode->data, s));
        }
      }
    }
    return OkStatus();
  }
  void Change(DirectoryChange change) SHALE_REQUIRES(mutex) {
    ApplyChange(change, &names);
    if (options.track_durability) changes.push_back(std::move(change));
  }
  // Bytes of files that no name leads to any more are free again.
  void Recount() SHALE_REQUIRES(mutex) {
    used_bytes = 0;
    for (const auto& [name, inode] : names) used_bytes += inode->data.size();
  }
};

class SimulatedFile : public File {
 public:
  SimulatedFile(SimulatedDisk::State* state, InodePtr inode, std::string path, bool writable,
                bool holds_lock, uint64_t power_cycle)
      : state_(state),
        inode_(std::move(inode)),
        path_(std::move(path)),
        writable_(writable),
        holds_lock_(holds_lock),
        power_cycle_(power_cycle) {}

  ~SimulatedFile() override {
    if (!holds_lock_) return;
    MutexLock lock(&state_->mutex);
    if (power_cycle_ == state_->power_cycle) inode_->locked = false;
  }

  Status Read(uint64_t offset, std::span<std::byte> out) override {
    SimulatedScheduler::Yield();
    MutexLock lock(&state_->mutex);
    RETURN_IF_ERROR(Enter("read"));
    const std::string& data = inode_->data;
    if (offset > data.size() || out.size() > data.size() - offset) {
      return DataLoss("{}: the file ends at byte {}, {} bytes at offset {} were expected", path_,
                      data.size(), out.size(), offset);
    }
    if (!out.empty()) std::memcpy(out.data(), data.data() + offset, out.size());
    return OkStatus();
  }

  Status Write(uint64_t offset, std::string_view bytes) override {
    SimulatedScheduler::Yield();
    MutexLock lock(&state_->mutex);
    RETURN_IF_ERROR(EnterWritable("write"));
    if (bytes.empty()) return OkStatus();
    const uint64_t end = offset + bytes.size();
    if (end > inode_->data.size()) RETURN_IF_ERROR(state_->Resize(inode_.get(), end, path_));
    std::memcpy(inode_->data.data() + offset, bytes.data(), bytes.size());
    if (state_->options.track_durability) {
      for (uint64_t s = offset / kSectorBytes; s * kSectorBytes < end; ++s) {
        AddVersion(&inode_->pending[s], SectorOf(inode_->data, s));
      }
    }
    return OkStatus();
  }

  Status Sync() override {
    SimulatedScheduler::Yield();
    MutexLock lock(&state_->mutex);
    RETURN_IF_ERROR(Enter("make durable (fdatasync)"));
    const bool fails = state_->SyncFails();
    if (!state_->options.track_durability) {
      return fails ? SyncError() : OkStatus();
    }
    if (fails) {
      // The pages count as clean from now on, though they never reached the disk.
      inode_->pending.clear();
      inode_->pending_sizes.clear();
      return SyncError();
    }
    if (!inode_->pending_sizes.empty()) inode_->durable.resize(inode_->data.size(), '\0');
    for (const auto& [sector, versions] : inode_->pending) {
      const uint64_t begin = sector * kSectorBytes;
      if (begin >= inode_->durable.size()) continue;
      const uint64_t length = std::min(kSectorBytes, inode_->durable.size() - begin);
      std::memcpy(inode_->durable.data() + begin, versions.back().data(), length);
    }
    inode_->pending.clear();
    inode_->pending_sizes.clear();
    return OkStatus();
  }

  StatusOr<uint64_t> Size() override {
    SimulatedScheduler::Yield();
    MutexLock lock(&state_->mutex);
    RETURN_IF_ERROR(Enter("find the size"));
    return static_cast<uint64_t>(inode_->data.size());
  }

  Status Truncate(uint64_t size) override {
    SimulatedScheduler::Yield();
    MutexLock lock(&state_->mutex);
    RETURN_IF_ERROR(EnterWritable("truncate"));
    return state_->Resize(inode_.get(), size, path_);
  }

  Status Allocate(uint64_t size) override {
    SimulatedScheduler::Yield();
    MutexLock lock(&state_->mutex);
    RETURN_IF_ERROR(EnterWritable("reserve space"));
    if (size <= inode_->data.size()) return OkStatus();
    return state_->Resize(inode_.get(), size, path_);
  }

  const std::string& path() const override { return path_; }

 private:
  Status Enter(const char* what) SHALE_REQUIRES(state_->mutex) {
    if (power_cycle_ != state_->power_cycle) {
      return MakeError(StatusCode::kUnavailable, "{}: cannot {}: opened before a power cut", path_,
                       what);
    }
    return state_->Enter(what, path_);
  }
  Status EnterWritable(const char* what) SHALE_REQUIRES(state_->mutex) {
    RETURN_IF_ERROR(Enter(what));
    if (writable_) return OkStatus();
    return MakeError(StatusCode::kPermissionDenied, "{}: cannot {}: opened for reading only", path_,
                     what);
  }
  Status SyncError() const {
    return MakeError(StatusCode::kInternal,
                     "{}: cannot make durable (fdatasync): Input/output error", path_);
  }

  SimulatedDisk::State* state_;
  InodePtr inode_;
  std::string path_;
  bool writable_;
  bool holds_lock_;
  uint64_t power_cycle_;
};

SimulatedDisk::SimulatedDisk(Options options) : state_(std::make_unique<State>(options)) {}
SimulatedDisk::~SimulatedDisk() = default;

void SimulatedDisk::Crash(uint64_t seed) {
  MutexLock lock(&state_->mutex);
  ++state_->power_cycle;
  state_->power_cut.reset();
  state_->fail_operation.reset();
  state_->fail_sync.reset();
  if (!state_->options.track_durability) {
    for (auto& [name, inode] : state_->names) inode->locked = false;
    return;
  }
  uint64_t random = seed;
  for (const DirectoryChange& change : state_->changes) {
    if (NextRandom(&random) & 1) ApplyChange(change, &state_->durable_names);
  }
  state_->changes.clear();
  // One inode may have two names when half of a rename across changes was lost: visit it once.
  std::set<Inode*> done;
  for (auto& [name, inode] : state_->durable_names) {
    if (!done.insert(inode.get()).second) continue;
    inode->locked = false;
    std::vector<uint64_t> sizes = inode->pending_sizes;
    sizes.push_back(inode->durable.size());
    inode->durable.resize(sizes[NextRandom(&random) % sizes.size()], '\0');
    for (const auto& [sector, versions] : inode->pending) {
      const uint64_t pick = NextRandom(&random) % (versions.size() + 1);
      const uint64_t begin = sector * kSectorBytes;
      if (pick == versions.size() || begin >= inode->durable.size()) continue;
      const uint64_t length = std::min(kSectorBytes, inode->durable.size() - begin);
      std::memcpy(inode->durable.data() + begin, versions[pick].data(), length);
    }
    inode->pending.clear();
    inode->pending_sizes.clear();
    inode->data = inode->durable;
  }
  state_->names = state_->durable_names;
  state_->Recount();
}

void SimulatedDisk::CutPowerAfter(uint64_t nth) {
  MutexLock lock(&state_->mutex);
  state_->power_cut = state_->operations + nth;
}

void SimulatedDisk::FailOperation(uint64_t nth) {
  MutexLock lock(&state_->mutex);
  state_->fail_operation = state_->operations + nth;
}

void SimulatedDisk::FailSync(uint64_t nth) {
  MutexLock lock(&state_->mutex);
  state_->fail_sync = state_->syncs + nth;
}

void SimulatedDisk::SetCapacity(uint64_t bytes) {
  MutexLock lock(&state_->mutex);
  state_->capacity = bytes;
}

Status SimulatedDisk::FlipBit(const std::string& path, uint64_t offset, int bit) {
  MutexLock lock(&state_->mutex);
  const auto found = state_->names.find(Normal(path));
  if (found == state_->names.end()) return NotFound("{}: no such file", path);
  Inode* inode = found->second.get();
  if (offset >= inode->data.size()) {
    return OutOfRange("{}: no byte {}, the file has {}", path, offset, inode->data.size());
  }
  const char mask = static_cast<char>(1 << (bit & 7));
  inode->data[offset] ^= mask;
  if (offset < inode->durable.size()) inode->durable[offset] ^= mask;
  return OkStatus();
}

uint64_t SimulatedDisk::num_operations() const {
  MutexLock lock(&state_->mutex);
  return state_->operations;
}

uint64_t SimulatedDisk::used_bytes() const {
  MutexLock lock(&state_->mutex);
  return state_->used_bytes;
}

std::map<std::string, std::string> SimulatedDisk::Contents() const {
  MutexLock lock(&state_->mutex);
  std::map<std::string, std::string> contents;
  for (const auto& [name, inode] : state_->names) contents[name] = inode->data;
  return contents;
}

void SimulatedDisk::Restore(const std::map<std::string, std::string>& contents) {
  MutexLock lock(&state_->mutex);
  ++state_->power_cycle;
  state_->names.clear();
  state_->changes.clear();
  for (const auto& [name, data] : contents) {
    auto inode = std::make_shared<Inode>();
    inode->data = data;
    if (state_->options.track_durability) inode->durable = data;
    state_->names[Normal(name)] = std::move(inode);
    for (std::string parent = ParentOf(Normal(name)); state_->directories.insert(parent).second;) {
      parent = ParentOf(parent);
    }
  }
  state_->durable_names = state_->names;
  state_->Recount();
}

StatusOr<std::unique_ptr<File>> SimulatedDisk::Open(const std::string& given, OpenMode mode) {
  SimulatedScheduler::Yield();
  MutexLock lock(&state_->mutex);
  const std::string path = Normal(given);
  const char* what = mode == OpenMode::kCreate ? "create" : "open";
  RETURN_IF_ERROR(state_->Enter(what, path));
  InodePtr inode;
  const auto found = state_->names.find(path);
  if (mode == OpenMode::kCreate) {
    if (found != state_->names.end() || state_->directories.count(path) != 0) {
      return MakeError(StatusCode::kAlreadyExists, "{}: cannot create: File exists", path);
    }
    if (state_->directories.count(ParentOf(path)) == 0) {
      return NotFound("{}: cannot create: No such file or directory", path);
    }
    inode = std::make_shared<Inode>();
    state_->Change({"", path, inode});
  } else {
    if (found == state_->names.end()) {
      return NotFound("{}: cannot open: No such file or directory", path);
    }
    inode = found->second;
  }
  return std::make_unique<SimulatedFile>(state_.get(), inode, path, mode != OpenMode::kRead, false,
                                         state_->power_cycle);
}

void SimulatedDisk::ReadBatch(std::span<ReadRequest> requests) {
  for (ReadRequest& request : requests) {
    request.status = request.file->Read(request.offset, request.out);
  }
}

Status SimulatedDisk::Rename(const std::string& given_from, const std::string& given_to) {
  SimulatedScheduler::Yield();
  MutexLock lock(&state_->mutex);
  const std::string from = Normal(given_from), to = Normal(given_to);
  RETURN_IF_ERROR(state_->Enter("rename", from));
  const auto found = state_->names.find(from);
  if (found == state_->names.end() || state_->directories.count(ParentOf(to)) == 0) {
    return NotFound("{}: cannot rename to {}: No such file or directory", from, to);
  }
  if (from == to) return OkStatus();
  const InodePtr inode = found->second;
  const auto replaced = state_->names.find(to);
  if (replaced != state_->names.end()) state_->used_bytes -= replaced->second->data.size();
  state_->Change({from, to, inode});
  return OkStatus();
}

Status SimulatedDisk::Remove(const std::string& given) {
  SimulatedScheduler::Yield();
  MutexLock lock(&state_->mutex);
  const std::string path = Normal(given);
  RETURN_IF_ERROR(state_->Enter("remove", path));
  const auto found = state_->names.find(path);
  if (found == state_->names.end()) {
    return NotFound("{}: cannot remove: No such file or directory", path);
  }
  state_->used_bytes -= found->second->data.size();
  state_->Change({path, "", nullptr});
  return OkStatus();
}

Status SimulatedDisk::MakeDirectory(const std::string& given) {
  SimulatedScheduler::Yield();
  MutexLock lock(&state_->mutex);
  std::string path = Normal(given);
  RETURN_IF_ERROR(state_->Enter("make the directory", path));
  if (state_->names.count(path) != 0) {
    return MakeError(StatusCode::kAlreadyExists, "{}: cannot make the directory: File exists",
                     path);
  }
  while (state_->directories.insert(path).second) path = ParentOf(path);
  return OkStatus();
}

Status SimulatedDisk::RemoveDirectory(const std::string& given) {
  SimulatedScheduler::Yield();
  MutexLock lock(&state_->mutex);
  const std::string path = Normal(given);
  RETURN_IF_ERROR(state_->Enter("remove the directory", path));
  if (state_->directories.count(path) == 0) {
    return NotFound("{}: cannot remove the directory: No such file or directory", path);
  }
  const std::string prefix = path == "/" ? path : path + "/";
  const auto file = state_->names.lower_bound(prefix);
  const auto folder = state_->directories.lower_bound(prefix);
  if ((file != state_->names.end() && file->first.starts_with(prefix)) ||
      (folder != state_->directories.end() && folder->starts_with(prefix))) {
    return MakeError(StatusCode::kAlreadyExists,
                     "{}: cannot remove the directory: Directory not empty", path);
  }
  state_->directories.erase(path);
  return OkStatus();
}

StatusOr<std::vector<std::string>> SimulatedDisk::List(const std::string& given) {
  SimulatedScheduler::Yield();
  MutexLock lock(&state_->mutex);
  const std::string path = Normal(given);
  RETURN_IF_ERROR(state_->Enter("list", path));
  if (state_->directories.count(path) == 0) {
    return NotFound("{}: cannot list: No such file or directory", path);
  }
  std::vector<std::string> found;
  const auto add = [&](const std::string& name) {
    if (name != path && ParentOf(name) == path) found.push_back(name.substr(name.rfind('/') + 1));
  };
  for (const auto& [name, inode] : state_->names) add(name);
  for (const std::string& name : state_->directories) {
    if (name != "." && name != "/") add(name);
  }
  std::sort(found.begin(), found.end());
  return found;
}

StatusOr<bool> SimulatedDisk::Exists(const std::string& given) {
  SimulatedScheduler::Yield();
  MutexLock lock(&state_->mutex);
  const std::string path = Normal(given);
  RETURN_IF_ERROR(state_->Enter("look for", path));
  return state_->names.count(path) != 0 || state_->directories.count(path) != 0;
}

Status SimulatedDisk::SyncDirectory(const std::string& given) {
  SimulatedScheduler::Yield();
  MutexLock lock(&state_->mutex);
  const std::string path = Normal(given);
  RETURN_IF_ERROR(state_->Enter("make the directory durable (fsync)", path));
  if (state_->directories.count(path) == 0) {
    return NotFound("{}: cannot open the directory: No such file or directory", path);
  }
  if (state_->SyncFails()) {
    return MakeError(StatusCode::kInternal,
                     "{}: cannot make the directory durable (fsync): Input/output error", path);
  }
  std::vector<DirectoryChange> rest;
  for (DirectoryChange& change : state_->changes) {
    const bool here = (!change.from.empty() && ParentOf(change.from) == path) ||
                      (!change.to.empty() && ParentOf(change.to) == path);
    if (here) {
      ApplyChange(change, &state_->durable_names);
    } else {
      rest.push_back(std::move(change));
    }
  }
  state_->changes = std::move(rest);
  return OkStatus();
}

StatusOr<std::unique_ptr<File>> SimulatedDisk::Lock(const std::string& given) {
  SimulatedScheduler::Yield();
  MutexLock lock(&state_->mutex);
  const std::string path = Normal(given);
  RETURN_IF_ERROR(state_->Enter("open the lock file", path));
  InodePtr inode;
  if (const auto found = state_->names.find(path); found != state_->names.end()) {
    inode = found->second;
  } else {
    if (state_->directories.count(ParentOf(path)) == 0) {
      return NotFound("{}: cannot open the lock file: No such file or directory", path);
    }
    inode = std::make_shared<Inode>();
    state_->Change({"", path, inode});
  }
  if (inode->locked) {
    return MakeError(StatusCode::kAlreadyExists, "{}: locked by this process", path);
  }
  inode->locked = true;
  return std::make_unique<SimulatedFile>(state_.get(), inode, path, true, true,
                                         state_->power_cycle);
}

}  // namespace shale
