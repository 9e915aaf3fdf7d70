// What a splitter makes of text: rows of fields, as positions in the block. Values are read from
// them column by column.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/vector/vector.h"

namespace shale {

// The longest record (line) that is read. Block positions fit 32 bits because of it.
inline constexpr size_t kMaxRecordBytes = 64 << 20;
// The most columns a file may have.
inline constexpr size_t kMaxTextColumns = 4096;

// A piece of a file that begins and ends at a record boundary. `text` is followed by at least
// 64 readable bytes.
struct TextBlock {
  HeapPtr memory;            // keeps text alive
  std::string_view text;     // whole records; only the file's last may lack its line end
  uint64_t first_line = 1;   // of the file, 1-based
  uint64_t byte_offset = 0;  // of text in the decompressed file
  size_t index = 0;          // 0, 1, 2 … in the file
  bool last = false;         // nothing follows
};

// A row that was not taken, and why.
struct Reject {
  uint64_t line = 0;   // of the file, where the row begins
  std::string column;  // empty: the row as a whole
  std::string reason;
  std::string raw;  // the row's text without its line end, at most kMaxRejectBytes
};
inline constexpr size_t kMaxRejectBytes = 64 << 10;

struct Field {
  static constexpr uint32_t kNull = 1u << 28;
  static constexpr uint32_t kQuoted = 1u << 29;   // CSV: was in quotes. JSON: a string
  static constexpr uint32_t kEscaped = 1u << 30;  // the bytes are not yet the value's
  static constexpr uint32_t kNested = 1u << 31;   // JSON: an object or array
  static constexpr uint32_t kSizeMask = kNull - 1;
  static_assert(kMaxRecordBytes <= kSizeMask);

  uint32_t begin = 0;  // in the block's text; inside the quotes
  uint32_t bits = kNull;

  uint32_t size() const { return bits & kSizeMask; }
  bool is_null() const { return bits & kNull; }
  bool is_quoted() const { return bits & kQuoted; }
  bool is_escaped() const { return bits & kEscaped; }
  bool is_nested() const { return bits & kNested; }
  std::string_view text(const char* base) const { return {base + begin, size()}; }
};

// Rows of `stride` fields, row-major.
struct FieldBatch {
  const char* base = nullptr;
  size_t stride = 0;
  size_t num_rows = 0;
  std::vector<Field> fields;        // at least max_rows * stride
  std::vector<uint32_t> row_begin;  // where each row's text stands
  std::vector<uint32_t> row_end;    // without the line end

  void Resize(size_t max_rows, size_t new_stride) {
    stride = new_stride;
    num_rows = 0;
    if (fields.size() < max_rows * stride) fields.resize(max_rows * stride);
    if (row_begin.size() < max_rows) row_begin.resize(max_rows);
    if (row_end.size() < max_rows) row_end.resize(max_rows);
  }
};

// Rows refused in one block. Positions become line numbers at the end, in one pass.
class RejectList {
 public:
  struct Entry {
    uint32_t begin = 0;
    uint32_t end = 0;
    std::string column;
    std::string reason;
  };
  void Add(uint32_t begin, uint32_t end, std::string_view column, std::string reason) {
    entries_.push_back({begin, end, std::string(column), std::move(reason)});
  }
  bool empty() const { return entries_.empty(); }
  size_t size() const { return entries_.size(); }
  // In the order of the text.
  std::vector<Reject> Resolve(const TextBlock& block);

 private:
  std::vector<Entry> entries_;
};

}  // namespace shale
