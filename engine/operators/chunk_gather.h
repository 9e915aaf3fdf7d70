// ChunkGatherer: rows picked from many chunks, column by column: what sort, top-n, joins
// and scans in key order emit. Immutable once made; any thread may gather.
#pragma once

#include <vector>

#include "engine/vector/vector.h"

namespace shale {

struct RowRef {
  uint32_t chunk;
  uint32_t row;
};

class ChunkGatherer {
 public:
  // `chunks` (columns of `types`) outlive the gatherer and may have any encoding; runs are
  // flattened in place.
  ChunkGatherer(std::vector<Type> types, std::vector<Chunk>* chunks);

  // `keep_alive` keeps the chunks' strings for the vectors that are made.
  Chunk Gather(const RowRef* rows, size_t count, const HeapPtr& keep_alive) const;
  Vector GatherColumn(size_t column, const RowRef* rows, size_t count,
                      const HeapPtr& keep_alive) const;

 private:
  struct Piece {
    const uint8_t* values = nullptr;
    const uint32_t* codes = nullptr;  // dictionary
    const uint64_t* validity = nullptr;
    uint32_t constant = 0;  // 1: row 0 stands for all
  };
  struct Column {
    Type type;
    std::vector<Piece> pieces;  // one a chunk
    DictionaryPtr dictionary;   // every chunk has this one: codes are gathered
    bool nulls = false;
    bool constants = false;
  };

  std::vector<Chunk>* chunks_;
  std::vector<Column> columns_;
};

}  // namespace shale
