// Resume tokens: which bytes of which files are in the table already. A token is committed in the
// same edit group as the rows it speaks of, so it is there exactly when they are.
//
// A file is known by a hash of its first block and its length; a range of it by its offsets and a
// hash of its bytes. The name and a hash of the first bytes tell a file that has changed from
// another file. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "tools/load/text/fields.h"

namespace shale {

struct ResumeFile {
  uint64_t first_block_hash = 0;
  int64_t length = 0;        // bytes on disk
  uint64_t prefix_hash = 0;  // of the first kResumePrefixBytes
  std::string name;          // without folders

  bool Is(const ResumeFile& other) const {
    return first_block_hash == other.first_block_hash && length == other.length;
  }
};
inline constexpr size_t kResumePrefixBytes = 4096;
ResumeFile IdentifyFile(const std::string& path, int64_t length, const TextBlock& first_block);

struct ResumeRange {
  ResumeFile file;
  uint64_t begin = 0, end = 0;  // of the decompressed text
  uint64_t content_hash = 0;    // of its blocks, folded in order by FoldBlockHash
};
uint64_t FoldBlockHash(uint64_t so_far, std::string_view block);

struct ResumeToken {
  uint64_t num_rows = 0;  // committed with it
  uint64_t num_bad = 0;
  std::vector<ResumeRange> ranges;

  std::string ToString() const;
  // False for the token of something else.
  static bool Parse(std::string_view text, ResumeToken* token);
};

// What tokens say about the files of a load.
class ResumeState {
 public:
  explicit ResumeState(const std::vector<std::string>& tokens);
  // Before the blocks of a file. InvalidArgument: a file of this name and beginning was partly
  // loaded and has changed since.
  Status BeginFile(const std::string& path, int64_t length, const TextBlock& first_block);
  // Is the block in the table already? InvalidArgument: it is, with other content.
  StatusOr<bool> IsLoaded(const TextBlock& block);
  const ResumeFile& file() const { return file_; }
  // Of all tokens that speak of a file seen so far.
  uint64_t rows_loaded() const { return rows_loaded_; }
  uint64_t bad_loaded() const { return bad_loaded_; }

 private:
  std::vector<ResumeToken> tokens_;
  std::vector<bool> counted_;
  ResumeFile file_;
  std::string path_;
  std::vector<ResumeRange> ranges_;  // of file_, by begin
  uint64_t fold_ = 0;
  uint64_t rows_loaded_ = 0, bad_loaded_ = 0;
};

}  // namespace shale
