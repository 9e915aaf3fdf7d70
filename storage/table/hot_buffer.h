// HotBuffer: rows in memory that are on their way to a segment — the newest rows of a partition, or
// a bulk load's open rows. Blocks of kChunkRows rows; every string column has one append-order
// dictionary for the whole buffer, and so have lists, by their bytes. Rows are only ever appended.
//
// One thread appends (the committer, or the loading worker). Readers hold HotSlices: the rows up to
// some moment, immutable, and unaffected by what is appended later: appended values go to memory
// behind what a slice shows, or into new memory when a block or dictionary has to grow.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/base/sync.h"
#include "engine/vector/vector.h"
#include "engine/vector/vector_builder.h"
#include "storage/table/schema.h"

namespace shale {

// Part of a column: values (or codes, for strings) of up to kChunkRows rows.
struct HotColumn {
  BufferPtr values;
  BufferPtr nulls;  // a byte a row, 1 is NULL; null while there was none
};
struct HotBlock {
  std::vector<HotColumn> columns;
  size_t num_rows = 0;
};
using HotBlocks = std::vector<std::shared_ptr<const HotBlock>>;

class HotSlice {
 public:
  uint64_t num_rows() const { return num_rows_; }
  size_t num_blocks() const { return full_->size() + (last_.num_rows > 0 ? 1 : 0); }
  size_t BlockRows(size_t block) const {
    return block < full_->size() ? (*full_)[block]->num_rows : last_.num_rows;
  }
  // The column's place, or -1 when it is younger than the buffer. kSeqColumn is the last place.
  int FindColumn(ColumnId id) const;
  const std::vector<ColumnId>& column_ids() const { return *ids_; }
  const Type& type(size_t column) const { return (*types_)[column]; }
  // Strings and lists: a dictionary vector (or constant NULL). The rest: flat.
  Vector Read(size_t column, size_t block) const;
  // Of a string column (or lists, without hashes); one object for the slice's lifetime, with
  // hashes. Never null.
  DictionaryPtr ReadDictionary(size_t column) const;
  const HotColumn& Raw(size_t column, size_t block) const {
    return block < full_->size() ? (*full_)[block]->columns[column] : last_.columns[column];
  }
  // Commit sequence of a row, and how many rows before it came with the same commit.
  uint64_t SequenceOf(uint64_t row) const;
  uint64_t FirstRowOf(uint64_t sequence) const;  // the first whose sequence is not below
  uint64_t raw_bytes() const { return raw_bytes_; }

 private:
  friend class HotBuffer;
  struct DictionaryPart {
    BufferPtr values;
    BufferPtr hashes;
    size_t size = 0;
    HeapPtr heap;
  };
  std::shared_ptr<const std::vector<ColumnId>> ids_;
  std::shared_ptr<const std::vector<Type>> types_;
  uint64_t num_rows_ = 0;
  uint64_t raw_bytes_ = 0;
  std::shared_ptr<const HotBlocks> full_;
  HotBlock last_;
  std::vector<DictionaryPart> parts_;  // one a column; unused for those without
  mutable Mutex mutex_;
  mutable std::vector<DictionaryPtr> dictionaries_ SHALE_GUARDED_BY(mutex_);
};
using HotSlicePtr = std::shared_ptr<const HotSlice>;

class HotBuffer {
 public:
  // The schema's columns, then kSeqColumn.
  explicit HotBuffer(const TableSchema& schema);
  HotBuffer(std::vector<ColumnId> ids, std::vector<Type> types);

  const std::vector<ColumnId>& column_ids() const { return *ids_; }
  // Columns as in the buffer but for _seq, of any encoding and length.
  void Append(const Chunk& rows, uint64_t sequence);
  // Like Append, with the _seq column given as the chunk's last.
  void AppendWithSequence(const Chunk& rows);
  // Up to kChunkRows rows put together from several places: of each column (with _seq), vectors and
  // the positions among the new rows that their values take; together they fill [0, count).
  struct Piece {
    Vector vector;
    const uint32_t* positions;
  };
  void AppendPieces(const std::vector<std::vector<Piece>>& columns, size_t count);
  HotSlicePtr Slice() const;

  uint64_t num_rows() const { return num_rows_; }
  uint64_t memory_bytes() const { return memory_bytes_; }
  // As flat values and text.
  uint64_t raw_bytes() const { return raw_bytes_; }

 private:
  // An append-order dictionary under construction: a linear-probing table from hash to code.
  struct Interner {
    BufferPtr values;  // std::string_view, capacity entries
    BufferPtr hashes;  // uint64_t
    size_t size = 0;
    size_t capacity = 0;
    std::vector<uint32_t> table;  // code + 1; 0 is free
    StringArena arena;
    // Codes of dictionaries that came in, by their ids: code + 1; 0 is unknown.
    std::map<uint64_t, std::vector<uint32_t>> memos;

    uint32_t Intern(std::string_view text, uint64_t hash);
    void GrowTable();
  };

  void AppendRange(const Chunk& rows, size_t begin, size_t count);
  void EnsureRoom(size_t count);
  void AddRows(size_t count);
  void AppendValues(size_t column, const Vector& vector, size_t count);
  void AppendPiece(size_t column, const Piece& piece);
  // Codes of the strings of `vector` into `codes`, a byte a NULL row into `nulls` (made by
  // `null_bytes` when there is one).
  template <typename NullBytes>
  void InternStrings(size_t column, const Vector& vector, size_t count, uint32_t* codes,
                     const NullBytes& null_bytes);
  void AppendNulls(size_t column, const Vector& vector, size_t count);
  uint8_t* NullBytes(size_t column);

  std::shared_ptr<const std::vector<ColumnId>> ids_;
  std::shared_ptr<const std::vector<Type>> types_;
  std::vector<size_t> widths_;  // bytes a value in a block; 4 for strings (codes)
  std::vector<std::unique_ptr<Interner>> interners_;  // null for other columns
  std::shared_ptr<HotBlocks> full_;
  HotBlock open_;
  size_t open_capacity_ = 0;
  uint64_t num_rows_ = 0;
  uint64_t memory_bytes_ = 0;
  uint64_t raw_bytes_ = 0;
  std::vector<uint64_t> hash_scratch_;
  std::vector<uint32_t> code_scratch_;
  std::vector<uint8_t> null_scratch_;
};

}  // namespace shale
