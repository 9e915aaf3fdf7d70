// The reference disk: plain pread, pwrite, fdatasync.
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "storage/io/io.h"

namespace shale {
namespace {

// What the system refused to do, in its words. `what` is a verb ("open", "read").
Status SystemError(const char* what, const std::string& path, int error) {
  StatusCode code = StatusCode::kInternal;
  std::string hint;
  switch (error) {
    case ENOENT: code = StatusCode::kNotFound; break;
    case EEXIST:
    case ENOTEMPTY: code = StatusCode::kAlreadyExists; break;
    case EACCES:
    case EPERM:
    case EROFS: code = StatusCode::kPermissionDenied; break;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      code = StatusCode::kResourceExhausted;
      hint = "; free some space on this disk and try again";
      break;
    case EMFILE:
    case ENFILE:
      code = StatusCode::kResourceExhausted;
      hint = "; raise the limit on open files (ulimit -n)";
      break;
    case ENOTDIR:
    case EISDIR:
    case EINVAL:
    case ENAMETOOLONG: code = StatusCode::kInvalidArgument; break;
    default: break;
  }
  char text[128];
  return MakeError(code, "{}: cannot {}: {}{}", path, what, strerror_r(error, text, sizeof text),
                   hint);
}

class PosixFile : public File {
 public:
  PosixFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  ~PosixFile() override { ::close(fd_); }

  Status Read(uint64_t offset, std::span<std::byte> out) override {
    size_t done = 0;
    while (done < out.size()) {
      const ssize_t got =
          ::pread(fd_, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
      if (got < 0) {
        if (errno == EINTR) continue;
        return SystemError("read", path_, errno);
      }
      if (got == 0) {
        return DataLoss("{}: the file ends at byte {}, {} bytes at offset {} were expected", path_,
                        offset + done, out.size(), offset);
      }
      done += static_cast<size_t>(got);
    }
    return OkStatus();
  }

  Status Write(uint64_t offset, std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t put = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (put < 0) {
        if (errno == EINTR) continue;
        return SystemError("write", path_, errno);
      }
      bytes.remove_prefix(static_cast<size_t>(put));
      offset += static_cast<uint64_t>(put);
    }
    return OkStatus();
  }

  Status Sync() override {
    // Not repeated on EINTR: after any failure the state of the pages is not known.
    if (::fdatasync(fd_) != 0) return SystemError("make durable (fdatasync)", path_, errno);
    return OkStatus();
  }

  StatusOr<uint64_t> Size() override {
    struct stat info;
    if (::fstat(fd_, &info) != 0) return SystemError("find the size", path_, errno);
    return static_cast<uint64_t>(info.st_size);
  }

  Status Truncate(uint64_t size) override {
    if (::ftruncate(fd_, static_cast<off_t>(size)) != 0) {
      return SystemError("truncate", path_, errno);
    }
    return OkStatus();
  }

  Status Allocate(uint64_t size) override {
    if (::fallocate(fd_, 0, 0, static_cast<off_t>(size)) == 0) return OkStatus();
    if (errno != EOPNOTSUPP && errno != ENOSYS) return SystemError("reserve space", path_, errno);
    // A file system without reservations: a hole reads as zeros too, but a full disk shows later.
    ASSIGN_OR_RETURN(const uint64_t now, Size());
    return now < size ? Truncate(size) : OkStatus();
  }

  const std::string& path() const override { return path_; }

 private:
  int fd_;
  std::string path_;
};

std::string ParentOf(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

class MachineDisk : public Disk {
 public:
  StatusOr<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) override {
    int flags = O_CLOEXEC;
    switch (mode) {
      case OpenMode::kRead: flags |= O_RDONLY; break;
      case OpenMode::kReadWrite: flags |= O_RDWR; break;
      case OpenMode::kCreate: flags |= O_RDWR | O_CREAT | O_EXCL; break;
    }
    const int fd = ::open(path.c_str(), flags, 0600);
    if (fd < 0) {
      return SystemError(mode == OpenMode::kCreate ? "create" : "open", path, errno);
    }
    return std::make_unique<PosixFile>(fd, path);
  }

  void ReadBatch(std::span<ReadRequest> requests) override {
    for (ReadRequest& request : requests) {
      request.status = request.file->Read(request.offset, request.out);
    }
  }

  Status Rename(const std::string& from, const std::string& to) override {
    // Nothing takes the place of a device, a pipe or a folder, whoever may do that.
    struct stat there;
    if (::lstat(to.c_str(), &there) == 0 && !S_ISREG(there.st_mode)) {
      return InvalidArgument("{} is no regular file, and is left as it is", to);
    }
    if (::rename(from.c_str(), to.c_str()) != 0) {
      return SystemError(("rename to " + to).c_str(), from, errno);
    }
    return OkStatus();
  }

  Status Remove(const std::string& path) override {
    if (::unlink(path.c_str()) != 0) return SystemError("remove", path, errno);
    return OkStatus();
  }

  Status MakeDirectory(const std::string& path) override {
    if (IsDirectory(path)) return OkStatus();
    const std::string parent = ParentOf(path);
    if (parent != path && !IsDirectory(parent)) RETURN_IF_ERROR(MakeDirectory(parent));
    if (::mkdir(path.c_str(), 0700) != 0) {
      if (errno == EEXIST && IsDirectory(path)) return OkStatus();
      return SystemError("make the directory", path, errno);
    }
    return SyncDirectory(parent);
  }

  Status RemoveDirectory(const std::string& path) override {
    if (::rmdir(path.c_str()) != 0) return SystemError("remove the directory", path, errno);
    return OkStatus();
  }

  StatusOr<std::vector<std::string>> List(const std::string& path) override {
    DIR* directory = ::opendir(path.c_str());
    if (directory == nullptr) return SystemError("list", path, errno);
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = ::readdir(directory)) {
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
      errno = 0;
    }
    const int error = errno;
    ::closedir(directory);
    if (error != 0) return SystemError("list", path, error);
    std::sort(names.begin(), names.end());
    return names;
  }

  StatusOr<bool> Exists(const std::string& path) override {
    struct stat info;
    if (::stat(path.c_str(), &info) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR) return false;
    return SystemError("look for", path, errno);
  }

  Status SyncDirectory(const std::string& path) override {
    const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return SystemError("open the directory", path, errno);
    const int result = ::fsync(fd);
    const int error = errno;
    ::close(fd);
    if (result != 0) return SystemError("make the directory durable (fsync)", path, error);
    return OkStatus();
  }

  StatusOr<std::unique_ptr<File>> Lock(const std::string& path) override {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return SystemError("open the lock file", path, errno);
    auto file = std::make_unique<PosixFile>(fd, path);
    // flock belongs to the open file, so a second opening in this same process is refused too.
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
      const int error = errno;
      if (error != EWOULDBLOCK) return SystemError("lock", path, error);
      char holder[32] = {};
      const ssize_t got = ::pread(fd, holder, sizeof holder - 1, 0);
      const long pid = got > 0 ? std::strtol(holder, nullptr, 10) : 0;
      if (pid > 0) {
        return MakeError(StatusCode::kAlreadyExists, "{}: locked by process {}", path, pid);
      }
      return MakeError(StatusCode::kAlreadyExists, "{}: locked by another process", path);
    }
    RETURN_IF_ERROR(file->Truncate(0));
    RETURN_IF_ERROR(file->Write(0, fmt::format("{}\n", ::getpid())));
    return file;
  }

 private:
  static bool IsDirectory(const std::string& path) {
    struct stat info;
    return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
  }
};

}  // namespace

int64_t PosixFreeBytes(std::string path) {
  struct statvfs info;
  while (::statvfs(path.c_str(), &info) != 0) {
    const std::string parent = ParentOf(path);
    if (errno != ENOENT || parent == path) return INT64_MAX;
    path = parent;
  }
  const auto blocks = static_cast<uint64_t>(info.f_bavail);
  const uint64_t most = INT64_MAX / std::max<uint64_t>(info.f_frsize, 1);
  return blocks > most ? INT64_MAX : static_cast<int64_t>(blocks * info.f_frsize);
}

Disk* PosixDisk() {
  static MachineDisk* disk = new MachineDisk;
  return disk;
}

}  // namespace shale
