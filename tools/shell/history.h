// History: the statements typed so far, kept in a file as they were typed, line breaks and all (one
// line an entry; \n and \\ stand for a line break and a backslash). Appends, so that shells side by
// side keep each other's entries. One thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace shale {

class History {
 public:
  static constexpr size_t kMaxEntries = 10'000;

  // An empty path: nothing is kept. A file that cannot be read or written is no error.
  explicit History(std::string path);
  const std::vector<std::string>& entries() const { return entries_; }
  // False when it repeats the last entry or is blank: nothing was added.
  bool Add(std::string_view text);

 private:
  std::string path_;
  std::vector<std::string> entries_;
};

}  // namespace shale
