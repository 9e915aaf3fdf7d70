#include "tools/load/text/input.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "engine/base/check.h"

namespace shale {
namespace {

constexpr size_t kCompressedBufferBytes = 256 << 10;

// A file descriptor with the bytes that were read ahead to look at the format.
class RawFile {
 public:
  RawFile(std::string name, int fd, bool owned) : name_(std::move(name)), fd_(fd), owned_(owned) {}
  ~RawFile() {
    if (owned_) close(fd_);
  }
  RawFile(const RawFile&) = delete;
  RawFile& operator=(const RawFile&) = delete;

  // Up to `size` bytes; 0 at the end only.
  StatusOr<size_t> Read(char* out, size_t size) {
    if (!ahead_.empty()) {
      const size_t count = std::min(size, ahead_.size());
      std::memcpy(out, ahead_.data(), count);
      ahead_.erase(0, count);
      return count;
    }
    while (true) {
      const ssize_t count = read(fd_, out, size);
      if (count >= 0) return static_cast<size_t>(count);
      if (errno != EINTR) {
        return MakeError(StatusCode::kUnavailable, "{}: cannot read: {}", name_,
                         std::strerror(errno));
      }
    }
  }

  // The first bytes, at most `size`, which stay to be read.
  StatusOr<std::string_view> Peek(size_t size) {
    while (ahead_.size() < size) {
      char bytes[64];
      // Not through Read, which would hand out what was read ahead.
      const ssize_t count = read(fd_, bytes, std::min(sizeof(bytes), size - ahead_.size()));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) {
        return MakeError(StatusCode::kUnavailable, "{}: cannot read: {}", name_,
                         std::strerror(errno));
      }
      if (count == 0) break;
      ahead_.append(bytes, count);
    }
    return std::string_view(ahead_);
  }

  Status Seek(int64_t offset) {
    ahead_.clear();
    if (lseek(fd_, offset, SEEK_SET) < 0) {
      return MakeError(StatusCode::kUnavailable, "{}: cannot seek: {}", name_,
                       std::strerror(errno));
    }
    return OkStatus();
  }

 private:
  std::string name_;
  int fd_;
  bool owned_;
  std::string ahead_;
};

class PlainInput : public Input {
 public:
  PlainInput(std::string name, std::unique_ptr<RawFile> file, bool seekable, int64_t total_bytes)
      : file_(std::move(file)) {
    name_ = std::move(name);
    seekable_ = seekable;
    total_bytes_ = total_bytes;
  }

  StatusOr<size_t> Read(char* out, size_t size) override {
    size_t filled = 0;
    while (filled < size) {
      ASSIGN_OR_RETURN(const size_t count, file_->Read(out + filled, size - filled));
      if (count == 0) break;
      filled += count;
      bytes_read_ += static_cast<int64_t>(count);
    }
    return filled;
  }

  Status Seek(int64_t offset) override {
    if (!seekable_) return Unsupported("{}: is not a file that can be read twice", name_);
    return file_->Seek(offset);
  }

 private:
  std::unique_ptr<RawFile> file_;
};

// What gzip and zstd share: refilling from the file and the expansion limit.
class CompressedInput : public Input {
 public:
  Status Seek(int64_t) override {
    return Unsupported("{}: a compressed file cannot be read from the middle", name_);
  }

 protected:
  CompressedInput(std::string name, std::unique_ptr<RawFile> file, int64_t total_bytes)
      : file_(std::move(file)), buffer_(new char[kCompressedBufferBytes]) {
    name_ = std::move(name);
    total_bytes_ = total_bytes;
  }

  // Reads more compressed bytes into buffer_; 0 at the end.
  StatusOr<size_t> Refill() {
    ASSIGN_OR_RETURN(const size_t count, file_->Read(buffer_.get(), kCompressedBufferBytes));
    bytes_read_ += static_cast<int64_t>(count);
    return count;
  }

  Status CountOutput(size_t count) {
    bytes_out_ += static_cast<int64_t>(count);
    if (bytes_out_ > kExpansionFreeBytes && bytes_out_ / kMaxExpansion > bytes_read_) {
      return ResourceExhausted(
          "{}: decompresses to more than {} times its size ({} bytes from {}), which looks like a "
          "decompression bomb; if it is meant to, unpack it first and load the plain file",
          name_, kMaxExpansion, bytes_out_, bytes_read_);
    }
    return OkStatus();
  }

  std::unique_ptr<RawFile> file_;
  std::unique_ptr<char[]> buffer_;
  int64_t bytes_out_ = 0;
};

class GzipInput : public CompressedInput {
 public:
  GzipInput(std::string name, std::unique_ptr<RawFile> file, int64_t total_bytes)
      : CompressedInput(std::move(name), std::move(file), total_bytes) {
    compression_ = Compression::kGzip;
    std::memset(&stream_, 0, sizeof(stream_));
    SHALE_CHECK(inflateInit2(&stream_, 15 + 16) == Z_OK);
  }
  ~GzipInput() override { inflateEnd(&stream_); }

  StatusOr<size_t> Read(char* out, size_t size) override {
    size_t filled = 0;
    while (filled < size && !at_end_) {
      if (stream_.avail_in == 0) {
        ASSIGN_OR_RETURN(const size_t count, Refill());
        if (count == 0) {
          if (in_member_) {
            return DataLoss("{}: the gzip stream ends early: the file is cut short", name_);
          }
          at_end_ = true;
          break;
        }
        stream_.next_in = reinterpret_cast<Bytef*>(buffer_.get());
        stream_.avail_in = static_cast<uInt>(count);
      }
      if (!in_member_) {
        // Another member may follow; zeros are padding (tar writes them).
        while (stream_.avail_in > 0 && *stream_.next_in == 0) {
          ++stream_.next_in;
          --stream_.avail_in;
        }
        if (stream_.avail_in == 0) continue;
        inflateReset(&stream_);
        in_member_ = true;
      }
      const size_t room = std::min<size_t>(size - filled, 1 << 30);
      stream_.next_out = reinterpret_cast<Bytef*>(out + filled);
      stream_.avail_out = static_cast<uInt>(room);
      const int code = inflate(&stream_, Z_NO_FLUSH);
      const size_t count = room - stream_.avail_out;
      filled += count;
      RETURN_IF_ERROR(CountOutput(count));
      if (code == Z_STREAM_END) {
        in_member_ = false;
      } else if (code != Z_OK && code != Z_BUF_ERROR) {
        return DataLoss("{}: the gzip stream is damaged after {} bytes of text: {}", name_,
                        bytes_out_, stream_.msg ? stream_.msg : "unknown reason");
      }
    }
    return filled;
  }

 private:
  z_stream stream_;
  bool in_member_ = true;
  bool at_end_ = false;
};

class ZstdInput : public CompressedInput {
 public:
  ZstdInput(std::string name, std::unique_ptr<RawFile> file, int64_t total_bytes)
      : CompressedInput(std::move(name), std::move(file), total_bytes),
        stream_(ZSTD_createDStream()) {
    compression_ = Compression::kZstd;
    SHALE_CHECK(stream_ != nullptr);
    ZSTD_DCtx_setParameter(stream_, ZSTD_d_windowLogMax, kMaxZstdWindowLog);
  }
  ~ZstdInput() override { ZSTD_freeDStream(stream_); }

  StatusOr<size_t> Read(char* out, size_t size) override {
    size_t filled = 0;
    while (filled < size && !at_end_) {
      if (in_.pos == in_.size && !more_output_) {
        ASSIGN_OR_RETURN(const size_t count, Refill());
        if (count == 0) {
          if (in_frame_) {
            return DataLoss("{}: the zstd stream ends early: the file is cut short", name_);
          }
          at_end_ = true;
          break;
        }
        in_ = {buffer_.get(), count, 0};
      }
      ZSTD_outBuffer output = {out + filled, size - filled, 0};
      const size_t code = ZSTD_decompressStream(stream_, &output, &in_);
      filled += output.pos;
      RETURN_IF_ERROR(CountOutput(output.pos));
      if (ZSTD_isError(code)) {
        return DataLoss("{}: the zstd stream is damaged after {} bytes of text: {}", name_,
                        bytes_out_, ZSTD_getErrorName(code));
      }
      in_frame_ = code != 0;
      // A full output buffer may hide bytes that need no further input.
      more_output_ = in_frame_ && output.pos == output.size;
    }
    return filled;
  }

 private:
  ZSTD_DStream* stream_;
  ZSTD_inBuffer in_ = {nullptr, 0, 0};
  bool in_frame_ = true;
  bool more_output_ = false;
  bool at_end_ = false;
};

class TextInput : public Input {
 public:
  TextInput(std::string name, std::string text) : text_(std::move(text)) {
    name_ = std::move(name);
    seekable_ = true;
    total_bytes_ = static_cast<int64_t>(text_.size());
  }
  StatusOr<size_t> Read(char* out, size_t size) override {
    const size_t count = std::min(size, text_.size() - position_);
    if (count > 0) std::memcpy(out, text_.data() + position_, count);
    position_ += count;
    bytes_read_ += static_cast<int64_t>(count);
    return count;
  }
  Status Seek(int64_t offset) override {
    position_ = std::min(static_cast<size_t>(offset), text_.size());
    return OkStatus();
  }

 private:
  std::string text_;
  size_t position_ = 0;
};

// Formats that are no text, known by their first bytes.
Status CheckIsText(const std::string& name, std::string_view head) {
  struct Known {
    std::string_view magic;
    std::string_view what;
    std::string_view fix;
  };
  static constexpr Known kKnown[] = {
      {"PK\x03\x04", "a zip archive", "unpack it and load the files inside"},
      {"BZh", "compressed with bzip2", "unpack it with bunzip2, or pack it with gzip or zstd"},
      {"\xfd"
       "7zXZ",
       "compressed with xz", "unpack it with unxz, or pack it with gzip or zstd"},
      {"7z\xbc\xaf", "a 7-Zip archive", "unpack it and load the files inside"},
      {"\x04\x22\x4d\x18", "compressed with LZ4", "unpack it with lz4 -d"},
      {"PAR1", "a Parquet file", "export it as CSV or NDJSON"},
      {"ORC", "an ORC file", "export it as CSV or NDJSON"},
      {"Obj\x01", "an Avro file", "export it as NDJSON"},
      {"SQLite format 3", "an SQLite database", "export its tables as CSV"},
      {"\xff\xfe", "UTF-16 text", "convert it: iconv -f UTF-16 -t UTF-8"},
      {"\xfe\xff", "UTF-16 text", "convert it: iconv -f UTF-16 -t UTF-8"},
  };
  for (const Known& known : kKnown) {
    if (head.starts_with(known.magic)) {
      return InvalidArgument("{}: is {}, which is not read; {}", name, known.what, known.fix);
    }
  }
  return OkStatus();
}

}  // namespace

StatusOr<std::unique_ptr<Input>> Input::Open(const std::string& path) {
  const bool is_stdin = path == "-";
  const std::string name = is_stdin ? "standard input" : path;
  const int fd = is_stdin ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return MakeError(errno == ENOENT ? StatusCode::kNotFound : StatusCode::kInvalidArgument,
                     "{}: cannot open: {}", name, std::strerror(errno));
  }
  auto file = std::make_unique<RawFile>(name, fd, !is_stdin);
  struct stat info;
  if (fstat(fd, &info) != 0) {
    return InvalidArgument("{}: cannot look at it: {}", name, std::strerror(errno));
  }
  if (S_ISDIR(info.st_mode)) {
    return InvalidArgument("{}: is a folder; name the files in it, for example '{}/*.csv'", name,
                           path);
  }
  const bool regular = S_ISREG(info.st_mode);
  const int64_t total = regular ? static_cast<int64_t>(info.st_size) : -1;
  ASSIGN_OR_RETURN(const std::string_view head, file->Peek(16));
  if (head.starts_with("\x1f\x8b")) {
    return std::make_unique<GzipInput>(name, std::move(file), total);
  }
  const bool skippable_frame =
      head.size() >= 4 && (head[0] & '\xf0') == '\x50' && head.substr(1, 3) == "\x2a\x4d\x18";
  if (head.starts_with("\x28\xb5\x2f\xfd") || skippable_frame) {
    return std::make_unique<ZstdInput>(name, std::move(file), total);
  }
  RETURN_IF_ERROR(CheckIsText(name, head));
  if (regular) {
    posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  }
  return std::make_unique<PlainInput>(name, std::move(file), regular && !is_stdin, total);
}

std::unique_ptr<Input> Input::FromText(std::string name, std::string text) {
  return std::make_unique<TextInput>(std::move(name), std::move(text));
}

}  // namespace shale
