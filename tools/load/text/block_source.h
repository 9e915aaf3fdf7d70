// BlockSource: one file as blocks of whole records, in order. The cuts depend on the text alone, so
// that a file read again gives the same blocks (resuming relies on it).
// Owned by one thread; the blocks may be parsed by any.
#pragma once

#include <cstdint>
#include <memory>

#include "engine/base/status.h"
#include "tools/load/text/dialect.h"
#include "tools/load/text/fields.h"
#include "tools/load/text/input.h"

namespace shale {

inline constexpr size_t kBlockBytes = 4 << 20;
// A quote that is not closed within this many bytes is taken for a stray one: its line is
// refused and reading goes on with the next.
inline constexpr size_t kMaxQuotedBytes = 16 << 20;

// What stands before the first record of a file that begins with text[0, size): a byte order mark
// and, where the dialect says so, empty lines and the header. The position behind it; `size` when
// it does not end there. `at_end`: the file has no more text.
size_t SkipPreamble(const char* text, size_t size, const Dialect& dialect, bool at_end);

class BlockSource {
 public:
  // Skips a byte order mark and, where the dialect says so, the header record.
  BlockSource(std::unique_ptr<Input> input, const Dialect& dialect,
              size_t block_bytes = kBlockBytes);

  // The next block; false at the end. InvalidArgument: a record longer than kMaxRecordBytes.
  // Other errors are the input's.
  StatusOr<bool> Next(TextBlock* block);

  const std::string& name() const { return input_->name(); }
  // Bytes of the file as it lies on disk, or -1; and how many were read: for progress.
  int64_t total_bytes() const { return input_->total_bytes(); }
  int64_t bytes_read() const { return input_->bytes_read(); }

 private:
  // Fills in a block of bytes [begin, end) of `memory`, the next of the input.
  void Hand(TextBlock* block, const BufferPtr& memory, size_t begin, size_t end);
  bool NextOfCarry(TextBlock* block);

  std::unique_ptr<Input> input_;
  const Dialect dialect_;
  const size_t block_bytes_;
  BufferPtr carry_;  // holds the text that was read but belongs to the next block
  size_t carry_begin_ = 0;
  size_t carry_size_ = 0;
  bool at_end_ = false;
  bool first_ = true;
  uint64_t line_ = 1;
  uint64_t offset_ = 0;
  size_t index_ = 0;
};

}  // namespace shale
