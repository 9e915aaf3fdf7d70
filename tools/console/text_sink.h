// TextSink: where formatted text goes: a file descriptor, a file by name, a string. One thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/base/status.h"

namespace shale {

class TextSink {
 public:
  virtual ~TextSink() = default;
  virtual Status Write(std::string_view text) = 0;
  virtual Status Flush() = 0;
};

// Buffers 64 KiB. `name` is for errors; the descriptor is not closed.
std::unique_ptr<TextSink> MakeDescriptorSink(int fd, std::string name);
// Creates or replaces a file.
StatusOr<std::unique_ptr<TextSink>> MakeFileSink(const std::string& path);

class StringSink : public TextSink {
 public:
  Status Write(std::string_view text) override {
    text_.append(text);
    return OkStatus();
  }
  Status Flush() override { return OkStatus(); }
  const std::string& text() const { return text_; }
  void Clear() { text_.clear(); }

 private:
  std::string text_;
};

}  // namespace shale
