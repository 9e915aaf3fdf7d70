#include "tools/console/text_sink.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace shale {
namespace {

constexpr size_t kBufferBytes = 64 << 10;

class DescriptorSink : public TextSink {
 public:
  DescriptorSink(int fd, std::string name, bool owned)
      : fd_(fd), name_(std::move(name)), owned_(owned) {}
  ~DescriptorSink() override {
    Flush().IgnoreError();
    if (owned_) close(fd_);
  }

  Status Write(std::string_view text) override {
    buffer_.append(text);
    return buffer_.size() < kBufferBytes ? OkStatus() : Flush();
  }

  Status Flush() override {
    std::string_view left = buffer_;
    while (!left.empty()) {
      ssize_t written = write(fd_, left.data(), left.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) {
        buffer_.clear();
        StatusCode code = errno == EPIPE ? StatusCode::kAborted : StatusCode::kInternal;
        return MakeError(code, "writing {}: {}", name_, std::strerror(errno));
      }
      left.remove_prefix(static_cast<size_t>(written));
    }
    buffer_.clear();
    return OkStatus();
  }

 private:
  int fd_;
  std::string name_;
  bool owned_;
  std::string buffer_;
};

}  // namespace

std::unique_ptr<TextSink> MakeDescriptorSink(int fd, std::string name) {
  return std::make_unique<DescriptorSink>(fd, std::move(name), false);
}

StatusOr<std::unique_ptr<TextSink>> MakeFileSink(const std::string& path) {
  int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) return InvalidArgument("cannot write {}: {}", path, std::strerror(errno));
  return std::unique_ptr<TextSink>(std::make_unique<DescriptorSink>(fd, path, true));
}

}  // namespace shale
