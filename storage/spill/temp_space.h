// TempSpace: the folder where queries put rows that memory has no room for (engine's SpillSpace).
//
// A file belongs to one operator and goes with it; nothing in it is made durable. Files that a
// crash left behind are removed when the space is opened (a private one: first used): the folder is
// the space's own, and its owner holds a lock on it (the database's, or the file LOCK in the folder
// itself).
//
// A block of a file is 32 bytes of header and the rows as chunk_codec.h writes them:
//   magic "SPL1" 4 | payload bytes 4 | rows 4 | 0 4 | offset of the block 8 | XXH3-64 8
// The hash covers the payload and is seeded with the file's salt and the block's offset, so that a
// block of another file, or of another place, does not pass.
//
// Thread-safe.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "engine/exec/spill.h"
#include "storage/io/io.h"

namespace shale {

struct TempSpaceOptions {
  Disk* disk = nullptr;   // outlives the space
  std::string directory;  // made when the first file is
  int64_t max_bytes = 0;  // "max_temp_size"; 0: nine tenths of what is free on the disk at opening
};

class TempSpace : public SpillSpace {
 public:
  // Removes what an earlier owner left in the directory; what cannot be removed stays.
  static std::unique_ptr<TempSpace> Open(TempSpaceOptions options);
  // Of a process without a database directory: a folder of its own below the system's folder for
  // temporary files, made when the first file is and gone with the space. Folders whose owners died
  // are removed then.
  static std::unique_ptr<TempSpace> OpenPrivate(const std::string& parent, int64_t max_bytes);
  virtual const std::string& directory() const = 0;
  virtual int64_t used_bytes() const = 0;
  virtual int64_t max_bytes() const = 0;
};

// One query's part of a space: a limit of its own (0: the space's), and what it wrote.
class QuerySpill : public SpillSpace {
 public:
  static std::unique_ptr<QuerySpill> Make(TempSpace* space, int64_t max_bytes);
  virtual int64_t written_bytes() const = 0;
};

}  // namespace shale
