// RejectsFile: the rows that a load refused, one JSON object a line: file, line, column, reason,
// raw. Made when the first row is refused. One thread at a time.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "tools/load/text/fields.h"

namespace shale {

class RejectsFile {
 public:
  // With `append` what an earlier, interrupted load wrote stays.
  RejectsFile(std::string path, bool append) : path_(std::move(path)), append_(append) {}
  ~RejectsFile();
  Status Write(std::string_view file, const std::vector<Reject>& rejects);
  // Everything written is on its way to the disk.
  Status Close();
  const std::string& path() const { return path_; }

 private:
  Status Flush();
  std::string path_;
  bool append_;
  int fd_ = -1;
  std::string buffer_;
};

// A reason without the value it quotes, so that equal faults count together:
// 'invalid input syntax for type bigint: "abc"' becomes 'invalid input syntax for type bigint'.
std::string ReasonKind(std::string_view column, std::string_view reason);

}  // namespace shale
