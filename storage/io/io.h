// All of the database's file I/O goes through here: a Disk opens files; the posix disk is the
// reference, the simulated one keeps everything in memory and can lose, tear and refuse.
//
// Paths are relative to nothing in particular: a Disk is given whole paths. Errors name the path
// and what the system said (kNotFound, kResourceExhausted for a full disk, kDataLoss for a short
// read, kInternal for the rest). Thread-safe, but one file's writes come from one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"

namespace shale {

class File {
 public:
  virtual ~File() = default;
  // Exactly out.size() bytes, else DataLoss.
  virtual Status Read(uint64_t offset, std::span<std::byte> out) = 0;
  virtual Status Write(uint64_t offset, std::string_view bytes) = 0;
  // Makes everything written so far durable (fdatasync). After a failure nothing is known: the
  // caller must not try again.
  virtual Status Sync() = 0;
  virtual StatusOr<uint64_t> Size() = 0;
  virtual Status Truncate(uint64_t size) = 0;
  // Reserves space up to `size` (zeros when read); a full disk fails here rather than later.
  virtual Status Allocate(uint64_t size) = 0;
  virtual const std::string& path() const = 0;
};

struct ReadRequest {
  File* file;
  uint64_t offset;
  std::span<std::byte> out;
  Status status;  // filled
};

enum class OpenMode : uint8_t {
  kRead,       // must exist
  kReadWrite,  // must exist
  kCreate,     // must not exist
};

class Disk {
 public:
  virtual ~Disk() = default;
  virtual StatusOr<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) = 0;
  // Several reads at once, in any order; each request gets its own status.
  virtual void ReadBatch(std::span<ReadRequest> requests) = 0;
  virtual Status Rename(const std::string& from, const std::string& to) = 0;  // atomic, replaces
  virtual Status Remove(const std::string& path) = 0;
  virtual Status MakeDirectory(const std::string& path) = 0;    // and parents; fine if it exists
  virtual Status RemoveDirectory(const std::string& path) = 0;  // must be empty
  // Names (not paths) in a directory, sorted.
  virtual StatusOr<std::vector<std::string>> List(const std::string& path) = 0;
  // An error when it cannot be told: that must not pass for "no".
  virtual StatusOr<bool> Exists(const std::string& path) = 0;
  // Makes creations, renames and removals in a directory durable.
  virtual Status SyncDirectory(const std::string& path) = 0;
  // An exclusive lock held until the returned handle dies (or the process does). kAlreadyExists
  // naming the holder's pid when somebody else has it.
  virtual StatusOr<std::unique_ptr<File>> Lock(const std::string& path) = 0;
};

Disk* PosixDisk();  // the machine's, lives for ever
// Bytes that this process may still write below `path`, of which the last parts may not be there
// yet, on the machine's disk; INT64_MAX when the system does not say.
int64_t PosixFreeBytes(std::string path);

}  // namespace shale
