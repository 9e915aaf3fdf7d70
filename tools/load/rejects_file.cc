#include "tools/load/rejects_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "sql/row_text.h"

namespace shale {

RejectsFile::~RejectsFile() { Close().IgnoreError(); }

Status RejectsFile::Write(std::string_view file, const std::vector<Reject>& rejects) {
  if (rejects.empty()) return OkStatus();
  if (fd_ < 0) {
    int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (append_ ? O_APPEND : O_TRUNC);
    fd_ = open(path_.c_str(), flags, 0666);
    if (fd_ < 0) {
      return InvalidArgument(
          "cannot write the refused rows to {}: {}; name another file with "
          "--rejects",
          path_, std::strerror(errno));
    }
    append_ = true;
  }
  for (const Reject& reject : rejects) {
    buffer_ += "{\"file\":";
    AppendJsonText(file, &buffer_);
    fmt::format_to(std::back_inserter(buffer_), ",\"line\":{},\"column\":", reject.line);
    if (reject.column.empty()) {
      buffer_ += "null";
    } else {
      AppendJsonText(reject.column, &buffer_);
    }
    buffer_ += ",\"reason\":";
    AppendJsonText(reject.reason, &buffer_);
    buffer_ += ",\"raw\":";
    AppendJsonText(reject.raw, &buffer_);
    buffer_ += "}\n";
    if (buffer_.size() > (1 << 20)) RETURN_IF_ERROR(Flush());
  }
  return OkStatus();
}

Status RejectsFile::Flush() {
  std::string_view left = buffer_;
  while (!left.empty()) {
    ssize_t written = write(fd_, left.data(), left.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      buffer_.clear();
      return MakeError(StatusCode::kInternal, "writing {}: {}", path_, std::strerror(errno));
    }
    left.remove_prefix(static_cast<size_t>(written));
  }
  buffer_.clear();
  return OkStatus();
}

Status RejectsFile::Close() {
  if (fd_ < 0) return OkStatus();
  Status status = Flush();
  close(fd_);
  fd_ = -1;
  return status;
}

std::string ReasonKind(std::string_view column, std::string_view reason) {
  std::string kind;
  if (!column.empty()) kind = fmt::format("{}: ", column);
  bool quoted = false;
  for (size_t i = 0; i < reason.size(); ++i) {
    if (reason[i] == '"') {
      quoted = !quoted;
      // The blank or colon that led to the value goes too.
      if (quoted) {
        while (!kind.empty() && (kind.back() == ' ' || kind.back() == ':')) kind.pop_back();
      }
      continue;
    }
    if (!quoted) kind += reason[i];
  }
  while (!kind.empty() && (kind.back() == ' ' || kind.back() == ':')) kind.pop_back();
  return kind;
}

}  // namespace shale
