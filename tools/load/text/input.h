// Input: the decompressed bytes of one file, as a stream. Plain, gzip and zstd are told apart by
// their first bytes, whatever the name says; "-" is standard input.
// Owned and used by one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engine/base/status.h"

namespace shale {

// A compressed file that grows beyond this factor after kExpansionFreeBytes is refused: it is a
// decompression bomb, or needs to be unpacked by someone who knows it is none.
inline constexpr int64_t kMaxExpansion = 400;
inline constexpr int64_t kExpansionFreeBytes = int64_t{256} << 20;
// The largest zstd window that is decompressed, as a power of two (zstd's own default).
inline constexpr int kMaxZstdWindowLog = 27;

enum class Compression : uint8_t { kNone, kGzip, kZstd };

class Input {
 public:
  // NotFound or InvalidArgument naming the path and what is wrong with it (a folder, a format that
  // is no text: zip, bzip2, xz, Parquet, UTF-16).
  static StatusOr<std::unique_ptr<Input>> Open(const std::string& path);
  // Text that is already in memory, under a name for messages: tests, bytes read ahead.
  static std::unique_ptr<Input> FromText(std::string name, std::string text);
  virtual ~Input() = default;

  // Fills `out` with up to `size` decompressed bytes; fewer than `size` only at the end.
  // DataLoss: the compressed stream is damaged or cut short. ResourceExhausted: kMaxExpansion.
  virtual StatusOr<size_t> Read(char* out, size_t size) = 0;
  // Puts the next Read at a byte of the decompressed text. Only where seekable() is true.
  virtual Status Seek(int64_t offset) = 0;

  const std::string& name() const { return name_; }
  Compression compression() const { return compression_; }
  // A plain file, whose offsets are offsets of the text.
  bool seekable() const { return seekable_; }
  // Bytes of the file (compressed when it is), or -1 where unknown: for progress.
  int64_t total_bytes() const { return total_bytes_; }
  // How many of them were read so far.
  int64_t bytes_read() const { return bytes_read_; }

 protected:
  std::string name_;
  Compression compression_ = Compression::kNone;
  bool seekable_ = false;
  int64_t total_bytes_ = -1;
  int64_t bytes_read_ = 0;
};

}  // namespace shale
