#include "tools/load/text/block_source.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "tools/load/text/splitter.h"

namespace shale {

BlockSource::BlockSource(std::unique_ptr<Input> input, const Dialect& dialect, size_t block_bytes)
    : input_(std::move(input)), dialect_(dialect), block_bytes_(block_bytes) {}

size_t SkipPreamble(const char* text, size_t size, const Dialect& dialect, bool at_end) {
  size_t at = 0;
  if (size >= 3 && std::memcmp(text, "\xef\xbb\xbf", 3) == 0) at = 3;
  const bool delimited = dialect.format == TextFormat::kCsv || dialect.format == TextFormat::kTsv;
  if (!delimited || !dialect.header) return at;
  while (at < size && (text[at] == '\n' || text[at] == '\r')) ++at;
  bool open_quote = false;
  const size_t end = at + FindFirstRecordEnd(text + at, size - at, dialect, &open_quote);
  if (!open_quote || !at_end) return end;
  // A stray quote costs its line only, here as in any record.
  const void* line_end = std::memchr(text + at, '\n', size - at);
  return line_end ? static_cast<size_t>(static_cast<const char*>(line_end) - text) + 1 : size;
}

void BlockSource::Hand(TextBlock* block, const BufferPtr& memory, size_t begin, size_t end) {
  const char* const text = reinterpret_cast<const char*>(memory->data());
  block->text = {text + begin, end - begin};
  block->first_line = line_;
  block->byte_offset = offset_;
  block->index = index_++;
  block->memory = memory;
  line_ += static_cast<uint64_t>(std::count(text + begin, text + end, '\n'));
  offset_ += end - begin;
}

// After a quote that is never closed there is much text at hand: it goes on in blocks of the usual
// size, out of the same memory. What is made of a block grows with its rows, which may be tiny.
bool BlockSource::NextOfCarry(TextBlock* block) {
  if (first_ || carry_size_ < 2 * block_bytes_) return false;
  bool open_quote = false;
  const size_t size =
      FindLastRecordEnd(reinterpret_cast<const char*>(carry_->data()) + carry_begin_, block_bytes_,
                        dialect_, &open_quote);
  if (size == 0) return false;
  Hand(block, carry_, carry_begin_, carry_begin_ + size);
  block->last = false;
  carry_begin_ += size;
  carry_size_ -= size;
  return true;
}

StatusOr<bool> BlockSource::Next(TextBlock* block) {
  if (NextOfCarry(block)) return true;
  size_t capacity = carry_size_ + block_bytes_;
  BufferPtr buffer = Buffer::Allocate(capacity);
  size_t filled = carry_size_;
  if (carry_size_ > 0) std::memcpy(buffer->data(), carry_->data() + carry_begin_, carry_size_);
  size_t begin = 0;
  size_t end = 0;
  while (true) {
    char* const text = reinterpret_cast<char*>(buffer->data());
    if (!at_end_) {
      ASSIGN_OR_RETURN(const size_t count, input_->Read(text + filled, capacity - filled));
      if (count < capacity - filled) at_end_ = true;
      filled += count;
    }
    if (first_) begin = SkipPreamble(text, filled, dialect_, at_end_);
    if (at_end_) {
      end = filled;
      break;
    }
    bool open_quote = false;
    const size_t size = filled - begin;
    end = begin + FindLastRecordEnd(text + begin, size, dialect_, &open_quote);
    // A header that fills the whole block is no whole one.
    if (end > begin && begin < filled) break;
    if (open_quote && size >= kMaxQuotedBytes) {
      const void* line_end = std::memchr(text + begin, '\n', size);
      if (line_end) {
        end = static_cast<size_t>(static_cast<const char*>(line_end) - text) + 1;
        break;
      }
    }
    if (filled >= kMaxRecordBytes) {
      return InvalidArgument(
          "{}: line {}: a record of more than {} MiB; the limit of one record is {} MiB. Is this "
          "{} text?",
          input_->name(), line_, kMaxRecordBytes >> 20, kMaxRecordBytes >> 20,
          TextFormatName(dialect_.format));
    }
    const size_t grown_capacity = capacity * 2;
    BufferPtr grown = Buffer::Allocate(grown_capacity);
    std::memcpy(grown->data(), buffer->data(), filled);
    buffer = std::move(grown);
    capacity = grown_capacity;
  }
  const char* const text = reinterpret_cast<const char*>(buffer->data());
  if (first_) {
    line_ += static_cast<uint64_t>(std::count(text, text + begin, '\n'));
    offset_ += begin;
    first_ = false;
  }
  if (end == begin) {
    carry_size_ = 0;
    return false;  // only at the end
  }
  Hand(block, buffer, begin, end);
  block->last = at_end_ && end == filled;
  carry_ = buffer;
  carry_begin_ = end;
  carry_size_ = filled - end;
  if (carry_size_ == 0) carry_.reset();
  return true;
}

}  // namespace shale
