// SimulatedDisk: files in memory, with a memory of what is durable. Tests cut its power, fail its
// operations, fill it and flip its bits; databases without a directory live on one that does not
// keep the past (Options::track_durability false).
//
// The model. A write reaches the disk's volatile view at once. What is durable is kept apart, in
// sectors of 512 bytes: Sync moves a file's sectors and size there, SyncDirectory a directory's
// entries (creations, renames, removals). MakeDirectory and RemoveDirectory are durable at once.
// A power cut keeps, sector by sector and independently, what was durable or any version written
// since; the size likewise; and any subset of the directory operations since, each whole. So
// writes are lost, torn between sectors and reordered, as real disks do; a single sector is never
// torn. What a failed Sync should have made durable stays readable, but no later Sync makes it so:
// the cut loses it (as Linux does: the pages count as clean).
//
// Thread-safe. Every operation is a point where a SimulatedScheduler may switch threads.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/sync.h"
#include "storage/io/io.h"

namespace shale {

class SimulatedDisk : public Disk {
 public:
  struct Options {
    bool track_durability = true;  // false: Crash loses nothing, and costs no memory
  };
  SimulatedDisk() : SimulatedDisk(Options{}) {}
  explicit SimulatedDisk(Options options);
  ~SimulatedDisk() override;

  // ---- faults ----
  // Power goes and comes back: contents become what `seed` makes of the rules above; files opened
  // before answer Unavailable for ever, locks are free, armed faults are disarmed.
  void Crash(uint64_t seed);
  // From the nth operation from now on (0 is the next) everything answers Unavailable, as a
  // machine without power does; Crash brings it back.
  void CutPowerAfter(uint64_t nth);
  // The nth operation from now fails with an I/O error, once.
  void FailOperation(uint64_t nth);
  // The nth Sync or SyncDirectory from now fails, once.
  void FailSync(uint64_t nth);
  // Bytes that files may take together; 0 is no limit. Growth past it is ResourceExhausted.
  void SetCapacity(uint64_t bytes);
  // Turns one bit over, in the durable bytes too.
  Status FlipBit(const std::string& path, uint64_t offset, int bit);

  // ---- looking ----
  uint64_t num_operations() const;  // since the beginning
  uint64_t used_bytes() const;
  std::map<std::string, std::string> Contents() const;  // every file, as a reader sees it now
  // Makes this the whole, durable content of the disk (directories are made).
  void Restore(const std::map<std::string, std::string>& contents);

  // ---- Disk ----
  StatusOr<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) override;
  void ReadBatch(std::span<ReadRequest> requests) override;
  Status Rename(const std::string& from, const std::string& to) override;
  Status Remove(const std::string& path) override;
  Status MakeDirectory(const std::string& path) override;
  Status RemoveDirectory(const std::string& path) override;
  StatusOr<std::vector<std::string>> List(const std::string& path) override;
  StatusOr<bool> Exists(const std::string& path) override;
  Status SyncDirectory(const std::string& path) override;
  StatusOr<std::unique_ptr<File>> Lock(const std::string& path) override;

 private:
  struct State;
  friend class SimulatedFile;
  std::unique_ptr<State> state_;
};

}  // namespace shale
