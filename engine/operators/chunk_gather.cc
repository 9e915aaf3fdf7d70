#include "engine/operators/chunk_gather.h"

#include "engine/vector/vector_builder.h"

namespace shale {

namespace {

constexpr size_t kPrefetchRows = 24;

struct Wide {
  uint64_t a, b;
};

// The first value's address, whatever the width: a slice's offset counts values.
const uint8_t* RawValues(const Vector& vector) {
  switch (PhysicalSize(vector.type().physical())) {
    case 1: return vector.values<uint8_t>();
    case 2: return reinterpret_cast<const uint8_t*>(vector.values<uint16_t>());
    case 4: return reinterpret_cast<const uint8_t*>(vector.values<uint32_t>());
    case 8: return reinterpret_cast<const uint8_t*>(vector.values<uint64_t>());
    default: return reinterpret_cast<const uint8_t*>(vector.values<Wide>());
  }
}

}  // namespace

ChunkGatherer::ChunkGatherer(std::vector<Type> types, std::vector<Chunk>* chunks)
    : chunks_(chunks) {
  columns_.resize(types.size());
  for (size_t c = 0; c < types.size(); ++c) {
    Column& column = columns_[c];
    column.type = types[c];
    bool one_dictionary = !chunks->empty();
    DictionaryPtr dictionary;
    for (Chunk& chunk : *chunks) {
      Vector& vector = chunk.columns[c];
      if (vector.is_run()) vector = vector.Flatten();
      if (vector.is_dictionary() && vector.dictionary()->size() == 0) vector = vector.Flatten();
      if (!vector.is_dictionary())
        one_dictionary = false;
      else if (dictionary == nullptr)
        dictionary = vector.dictionary();
      else if (dictionary->id != vector.dictionary()->id)
        one_dictionary = false;
    }
    if (one_dictionary) column.dictionary = dictionary;
    const PhysicalType physical = types[c].physical();
    if (physical == PhysicalType::kList || physical == PhysicalType::kStruct) continue;
    for (const Chunk& chunk : *chunks) {
      const Vector& vector = chunk.columns[c];
      Piece piece;
      if (vector.is_dictionary()) {
        piece.codes = vector.codes();
        piece.values = RawValues(vector.dictionary()->values);
      } else {
        piece.values = RawValues(vector);
        piece.constant = vector.is_constant();
        column.constants |= vector.is_constant();
      }
      piece.validity = vector.validity();
      column.nulls |= vector.has_nulls();
      column.pieces.push_back(piece);
    }
  }
}

Chunk ChunkGatherer::Gather(const RowRef* rows, size_t count, const HeapPtr& keep_alive) const {
  Chunk result;
  result.num_rows = count;
  result.columns.reserve(columns_.size());
  for (size_t c = 0; c < columns_.size(); ++c) {
    result.columns.push_back(GatherColumn(c, rows, count, keep_alive));
  }
  return result;
}

Vector ChunkGatherer::GatherColumn(size_t index, const RowRef* rows, size_t count,
                                   const HeapPtr& keep_alive) const {
  const Column& column = columns_[index];
  const PhysicalType physical = column.type.physical();
  if (physical == PhysicalType::kList || physical == PhysicalType::kStruct) {
    VectorBuilder builder(column.type, count);
    for (size_t i = 0; i < count; ++i) {
      builder.AppendFrom((*chunks_)[rows[i].chunk].columns[index], rows[i].row);
    }
    return builder.Finish();
  }
  const Piece* pieces = column.pieces.data();
  const auto add_nulls = [&](Vector* result) {
    if (!column.nulls) return;
    uint64_t* bits = nullptr;
    for (size_t i = 0; i < count; ++i) {
      const Piece& piece = pieces[rows[i].chunk];
      if (piece.validity == nullptr) continue;
      if (BitIsSet(piece.validity, piece.constant ? 0 : rows[i].row)) continue;
      if (bits == nullptr) bits = result->mutable_validity();
      ClearBit(bits, i);
    }
  };
  if (column.dictionary) {
    BufferPtr codes = Buffer::Allocate(count * sizeof(uint32_t));
    auto* out = reinterpret_cast<uint32_t*>(codes->data());
    for (size_t i = 0; i < count; ++i) {
      if (i + kPrefetchRows < count) {
        const RowRef& ahead = rows[i + kPrefetchRows];
        __builtin_prefetch(pieces[ahead.chunk].codes + ahead.row);
      }
      out[i] = pieces[rows[i].chunk].codes[rows[i].row];
    }
    Vector result = Vector::FromDictionary(column.dictionary, std::move(codes), count);
    add_nulls(&result);
    return result;
  }
  Vector result = Vector::Flat(column.type, count);
  const auto gather = [&]<typename T>() {
    T* out = reinterpret_cast<T*>(result.mutable_values<uint8_t>());
    // Rows lie anywhere: their cache lines are asked for some rows ahead.
    for (size_t i = 0; i < count; ++i) {
      if (i + kPrefetchRows < count) {
        const RowRef& ahead = rows[i + kPrefetchRows];
        const Piece& piece = pieces[ahead.chunk];
        __builtin_prefetch(piece.codes ? reinterpret_cast<const uint8_t*>(piece.codes + ahead.row)
                                       : piece.values + ahead.row * sizeof(T));
      }
      const Piece& piece = pieces[rows[i].chunk];
      size_t at = piece.constant ? 0 : rows[i].row;
      if (piece.codes) at = piece.codes[at];
      std::memcpy(static_cast<void*>(out + i), piece.values + at * sizeof(T), sizeof(T));
    }
  };
  switch (PhysicalSize(physical)) {
    case 1: gather.operator()<uint8_t>(); break;
    case 2: gather.operator()<uint16_t>(); break;
    case 4: gather.operator()<uint32_t>(); break;
    case 8: gather.operator()<uint64_t>(); break;
    default: gather.operator()<Wide>(); break;
  }
  add_nulls(&result);
  if (keep_alive && column.type.IsStringLike()) result.AddHeap(keep_alive);
  return result;
}

}  // namespace shale
