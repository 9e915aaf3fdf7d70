#include "storage/table/hot_buffer.h"

#include <algorithm>
#include <bit>

#include "engine/vector/hash.h"
#include "engine/vector/nested.h"

namespace shale {
namespace {

constexpr size_t kFirstCapacity = 64;  // rows of a buffer's first block
constexpr size_t kFirstEntries = 32;   // of a dictionary
constexpr size_t kMaxMemos = 64;       // dictionaries whose codes are remembered
constexpr size_t kTextOverhead = 4;    // raw bytes a string beside its text

// Copies `count` values of `width` bytes from a flat vector.
void CopyFlat(const Vector& vector, size_t width, size_t count, uint8_t* out) {
  const void* from = nullptr;
  switch (width) {
    case 1: from = vector.values<uint8_t>(); break;
    case 2: from = vector.values<uint16_t>(); break;
    case 4: from = vector.values<uint32_t>(); break;
    case 8: from = vector.values<uint64_t>(); break;
    default: from = vector.values<int128_t>(); break;
  }
  std::memcpy(out, from, width * count);
}

// Lists are kept as texts are: as codes of the bytes that AppendValueBytes makes of them.
bool HasDictionary(const Type& type) { return type.IsStringLike() || type.id() == TypeId::kList; }

// The bytes of lists, flat; they live in `bytes`.
Vector ListBytes(const Vector& lists, std::string* bytes) {
  const size_t rows = lists.size();
  std::vector<size_t> ends(rows);
  for (size_t i = 0; i < rows; ++i) {
    if (!lists.IsNull(i)) AppendValueBytes(lists, i, false, bytes);
    ends[i] = bytes->size();
  }
  Vector texts = Vector::Flat(TypeId::kBytea, rows);
  auto* const text = texts.mutable_values<std::string_view>();
  for (size_t i = 0, begin = 0; i < rows; begin = ends[i++]) {
    text[i] = std::string_view(*bytes).substr(begin, ends[i] - begin);
    if (lists.IsNull(i)) texts.SetNull(i);
  }
  return texts;
}

void CopyBuffer(const BufferPtr& from, size_t bytes, BufferPtr* to) {
  if (bytes > 0) std::memcpy((*to)->data(), from->data(), bytes);
}

}  // namespace

// ---- HotSlice -----------------------------------------------------------------------------------

int HotSlice::FindColumn(ColumnId id) const {
  for (size_t i = 0; i < ids_->size(); ++i) {
    if ((*ids_)[i] == id) return static_cast<int>(i);
  }
  return -1;
}

DictionaryPtr HotSlice::ReadDictionary(size_t column) const {
  MutexLock lock(&mutex_);
  if (dictionaries_.empty()) dictionaries_.resize(parts_.size());
  DictionaryPtr& out = dictionaries_[column];
  if (!out) {
    const DictionaryPart& part = parts_[column];
    auto made = std::make_shared<Dictionary>();
    made->id = NextDictionaryId();
    made->distinct = true;
    if (part.values && (*types_)[column].id() == TypeId::kList) {
      VectorBuilder lists((*types_)[column], part.size);
      const auto* bytes = reinterpret_cast<const std::string_view*>(part.values->data());
      for (size_t i = 0; i < part.size; ++i) {
        std::string_view rest = bytes[i];
        SHALE_CHECK(ReadValueBytes(&rest, &lists) && rest.empty());
      }
      made->values = lists.Finish();
    } else if (part.values) {
      made->values = Vector::FromBuffer((*types_)[column], part.values, part.size);
      made->values.AddHeap(part.heap);
      const auto* hashes = reinterpret_cast<const uint64_t*>(part.hashes->data());
      made->hashes.assign(hashes, hashes + part.size);
    } else {
      made->values = Vector::Flat((*types_)[column], 0);
    }
    out = std::move(made);
  }
  return out;
}

Vector HotSlice::Read(size_t column, size_t block) const {
  const HotColumn& from = Raw(column, block);
  const Type& type = (*types_)[column];
  size_t rows = BlockRows(block);
  Vector out;
  if (HasDictionary(type)) {
    DictionaryPtr dictionary = ReadDictionary(column);
    if (dictionary->size() == 0) return Vector::ConstantNull(type, rows);
    out = Vector::FromDictionary(std::move(dictionary), from.values, rows);
  } else {
    out = Vector::FromBuffer(type, from.values, rows);
  }
  if (from.nulls) {
    const uint8_t* nulls = from.nulls->data();
    BufferPtr validity = Buffer::AllocateZeroed(BitmapWords(rows) * 8);
    auto* words = reinterpret_cast<uint64_t*>(validity->data());
    bool any = false;
    for (size_t i = 0; i < rows; ++i) {
      words[i >> 6] |= uint64_t{nulls[i] == 0} << (i & 63);
      any |= nulls[i] != 0;
    }
    if (any) out.set_validity(std::move(validity));
  }
  return out;
}

uint64_t HotSlice::SequenceOf(uint64_t row) const {
  const HotColumn& column = Raw(ids_->size() - 1, row / kChunkRows);
  return reinterpret_cast<const uint64_t*>(column.values->data())[row % kChunkRows];
}

uint64_t HotSlice::FirstRowOf(uint64_t sequence) const {
  uint64_t low = 0, high = num_rows_;
  while (low < high) {
    uint64_t middle = (low + high) / 2;
    if (SequenceOf(middle) < sequence) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

// ---- HotBuffer ----------------------------------------------------------------------------------

namespace {

std::vector<ColumnId> IdsOf(const TableSchema& schema) {
  std::vector<ColumnId> ids;
  for (const ColumnSchema& column : schema.columns) ids.push_back(column.id);
  return ids;
}

std::vector<Type> TypesOf(const TableSchema& schema) {
  std::vector<Type> types;
  for (const ColumnSchema& column : schema.columns) types.push_back(column.type);
  return types;
}

}  // namespace

HotBuffer::HotBuffer(const TableSchema& schema) : HotBuffer(IdsOf(schema), TypesOf(schema)) {}

HotBuffer::HotBuffer(std::vector<ColumnId> ids, std::vector<Type> types) {
  ids.push_back(kSeqColumn);
  types.push_back(TypeId::kUBigInt);
  for (const Type& type : types) {
    bool strings = HasDictionary(type);
    widths_.push_back(strings ? sizeof(uint32_t) : PhysicalSize(type.physical()));
    interners_.push_back(strings ? std::make_unique<Interner>() : nullptr);
  }
  ids_ = std::make_shared<const std::vector<ColumnId>>(std::move(ids));
  types_ = std::make_shared<const std::vector<Type>>(std::move(types));
  full_ = std::make_shared<HotBlocks>();
  open_.columns.resize(widths_.size());
}

void HotBuffer::Interner::GrowTable() {
  size_t slots = std::bit_ceil(std::max<size_t>(size + 1, kFirstEntries) * 2);
  if (slots <= table.size()) slots = table.size() * 2;
  table.assign(slots, 0);
  const auto* hash = reinterpret_cast<const uint64_t*>(hashes ? hashes->data() : nullptr);
  for (size_t i = 0; i < size; ++i) {
    size_t slot = hash[i] & (slots - 1);
    while (table[slot] != 0) slot = (slot + 1) & (slots - 1);
    table[slot] = static_cast<uint32_t>(i + 1);
  }
}

uint32_t HotBuffer::Interner::Intern(std::string_view text, uint64_t hash) {
  if ((size + 1) * 3 > table.size() * 2) GrowTable();
  const uint32_t* slots = table.data();
  auto* hash_values = reinterpret_cast<uint64_t*>(hashes ? hashes->data() : nullptr);
  auto* text_values = reinterpret_cast<std::string_view*>(values ? values->data() : nullptr);
  size_t mask = table.size() - 1;
  size_t slot = hash & mask;
  while (slots[slot] != 0) {
    uint32_t code = slots[slot] - 1;
    if (hash_values[code] == hash && text_values[code] == text) return code;
    slot = (slot + 1) & mask;
  }
  if (size == capacity) {
    size_t grown = std::max(kFirstEntries, capacity * 2);
    BufferPtr new_values = Buffer::Allocate(grown * sizeof(std::string_view));
    BufferPtr new_hashes = Buffer::Allocate(grown * sizeof(uint64_t));
    CopyBuffer(values, size * sizeof(std::string_view), &new_values);
    CopyBuffer(hashes, size * sizeof(uint64_t), &new_hashes);
    values = std::move(new_values);
    hashes = std::move(new_hashes);
    capacity = grown;
    hash_values = reinterpret_cast<uint64_t*>(hashes->data());
    text_values = reinterpret_cast<std::string_view*>(values->data());
  }
  text_values[size] = arena.Add(text);
  hash_values[size] = hash;
  table[slot] = static_cast<uint32_t>(size + 1);
  return static_cast<uint32_t>(size++);
}

void HotBuffer::Append(const Chunk& rows, uint64_t sequence) {
  SHALE_CHECK(rows.columns.size() + 1 == ids_->size());
  Chunk with = rows;
  with.columns.push_back(Vector::Constant(Value::UInt(TypeId::kUBigInt, sequence), rows.num_rows));
  AppendWithSequence(with);
}

void HotBuffer::AppendWithSequence(const Chunk& rows) {
  SHALE_CHECK(rows.columns.size() == ids_->size());
  size_t begin = 0;
  while (begin < rows.num_rows) {
    size_t count = std::min(rows.num_rows - begin, kChunkRows - open_.num_rows);
    EnsureRoom(count);
    AppendRange(rows, begin, count);
    begin += count;
  }
}

void HotBuffer::AddRows(size_t count) {
  open_.num_rows += count;
  num_rows_ += count;
  if (open_.num_rows < kChunkRows) return;
  // Readers share the list of full blocks, so a new one is made; only every 8,192 rows.
  auto full = std::make_shared<HotBlocks>(*full_);
  full->push_back(std::make_shared<const HotBlock>(std::move(open_)));
  full_ = std::move(full);
  open_ = HotBlock{};
  open_.columns.resize(widths_.size());
  open_capacity_ = 0;
}

void HotBuffer::EnsureRoom(size_t count) {
  size_t needed = open_.num_rows + count;
  if (needed <= open_capacity_) return;
  size_t capacity = std::min<size_t>(kChunkRows, std::max(kFirstCapacity, std::bit_ceil(needed)));
  if (num_rows_ >= kChunkRows) capacity = kChunkRows;
  for (size_t i = 0; i < widths_.size(); ++i) {
    HotColumn& column = open_.columns[i];
    BufferPtr values = Buffer::Allocate(capacity * widths_[i]);
    CopyBuffer(column.values, open_.num_rows * widths_[i], &values);
    column.values = std::move(values);
    if (column.nulls) {
      BufferPtr nulls = Buffer::AllocateZeroed(capacity);
      CopyBuffer(column.nulls, open_.num_rows, &nulls);
      column.nulls = std::move(nulls);
    }
    memory_bytes_ += (capacity - open_capacity_) * widths_[i];
  }
  open_capacity_ = capacity;
}

void HotBuffer::AppendValues(size_t column, const Vector& vector, size_t count) {
  uint8_t* out = open_.columns[column].values->data() + open_.num_rows * widths_[column];
  raw_bytes_ += count * widths_[column];
  Vector flat = vector.Flatten();
  CopyFlat(flat, widths_[column], count, out);
  if (flat.has_nulls()) AppendNulls(column, flat, count);
}

uint8_t* HotBuffer::NullBytes(size_t column) {
  HotColumn& to = open_.columns[column];
  if (!to.nulls) {
    to.nulls = Buffer::AllocateZeroed(open_capacity_);
    memory_bytes_ += open_capacity_;
  }
  return to.nulls->data() + open_.num_rows;
}

void HotBuffer::AppendNulls(size_t column, const Vector& vector, size_t count) {
  const uint64_t* validity = vector.validity();
  uint8_t* nulls = NullBytes(column);
  for (size_t i = 0; i < count; ++i) nulls[i] = !BitIsSet(validity, i);
}

template <typename MakeNulls>
void HotBuffer::InternStrings(size_t column, const Vector& vector, size_t count, uint32_t* codes,
                              const MakeNulls& null_bytes) {
  Interner& interner = *interners_[column];
  const size_t arena_before = interner.arena.size_bytes();
  const size_t entries_before = interner.size;
  raw_bytes_ += count * kTextOverhead;
  if (vector.is_constant()) {
    uint32_t code = 0;
    if (vector.is_constant_null()) {
      std::memset(null_bytes(), 1, count);
    } else {
      std::string_view text = vector.values<std::string_view>()[0];
      code = interner.Intern(text, HashBytes(text));
      raw_bytes_ += count * text.size();
    }
    std::fill_n(codes, count, code);
  } else {
    const uint64_t* validity = vector.validity();
    if (vector.is_dictionary()) {
      const Dictionary& dictionary = *vector.dictionary();
      const auto* texts = dictionary.values.values<std::string_view>();
      const uint32_t* in = vector.codes();
      if (interner.memos.size() > kMaxMemos) interner.memos.clear();
      std::vector<uint32_t>& memo = interner.memos[dictionary.id];
      memo.resize(dictionary.size());
      // A derived dictionary may hold NULL entries.
      const uint64_t* entry_validity = dictionary.values.validity();
      const bool hashed = dictionary.hashes.size() == dictionary.size();
      for (size_t i = 0; i < count; ++i) {
        codes[i] = 0;
        if (validity && !BitIsSet(validity, i)) continue;
        if (entry_validity && !BitIsSet(entry_validity, in[i])) {
          null_bytes()[i] = 1;
          continue;
        }
        uint32_t& known = memo[in[i]];
        if (known == 0) {
          std::string_view text = texts[in[i]];
          known = interner.Intern(text, hashed ? dictionary.hashes[in[i]] : HashBytes(text)) + 1;
        }
        codes[i] = known - 1;
        raw_bytes_ += texts[in[i]].size();
      }
    } else {
      const auto* texts = vector.values<std::string_view>();
      hash_scratch_.resize(count);
      uint64_t* hashes = hash_scratch_.data();
      // Most columns of most tables are empty, or as in the row before, in most rows.
      const uint64_t empty_hash = HashBytes({});
      for (size_t i = 0; i < count; ++i) {
        hashes[i] = texts[i].empty() ? empty_hash : HashBytes(texts[i]);
      }
      constexpr size_t kAhead = 16;
      constexpr uint32_t kUnknown = UINT32_MAX;
      uint32_t last = kUnknown, empty = kUnknown;
      std::string_view last_text;
      for (size_t i = 0; i < count; ++i) {
        if (i + kAhead < count && !texts[i + kAhead].empty() && !interner.table.empty()) {
          __builtin_prefetch(interner.table.data() +
                             (hashes[i + kAhead] & (interner.table.size() - 1)));
        }
        if (validity && !BitIsSet(validity, i)) {
          codes[i] = 0;
          continue;
        }
        const std::string_view text = texts[i];
        uint32_t& known = text.empty() ? empty : last;
        if (known == kUnknown || (!text.empty() && text != last_text)) {
          known = interner.Intern(text, hashes[i]);
          if (!text.empty()) last_text = text;
        }
        codes[i] = known;
        raw_bytes_ += text.size();
      }
    }
    if (validity) {
      uint8_t* nulls = null_bytes();
      for (size_t i = 0; i < count; ++i) nulls[i] |= !BitIsSet(validity, i);
    }
  }
  memory_bytes_ += interner.arena.size_bytes() - arena_before +
                   (interner.size - entries_before) * (sizeof(std::string_view) + 16);
}

void HotBuffer::AppendRange(const Chunk& rows, size_t begin, size_t count) {
  bool all = begin == 0 && count == rows.num_rows;
  for (size_t i = 0; i < widths_.size(); ++i) {
    Vector vector = rows.columns[i];
    if (vector.is_run()) vector = vector.Flatten();
    if (!all) vector = vector.Slice(begin, count);
    std::string bytes;
    if (vector.type().id() == TypeId::kList && !vector.is_constant_null()) {
      vector = ListBytes(vector, &bytes);
    }
    if (interners_[i]) {
      uint32_t* codes =
          reinterpret_cast<uint32_t*>(open_.columns[i].values->data()) + open_.num_rows;
      InternStrings(i, vector, count, codes, [&] { return NullBytes(i); });
    } else {
      AppendValues(i, vector, count);
    }
  }
  AddRows(count);
}

void HotBuffer::AppendPiece(size_t column, const Piece& piece) {
  size_t count = piece.vector.size();
  size_t width = widths_[column];
  uint8_t* out = open_.columns[column].values->data() + open_.num_rows * width;
  auto scatter = [&]<typename T>(const T* from) {
    T* to = reinterpret_cast<T*>(out);
    for (size_t i = 0; i < count; ++i) to[piece.positions[i]] = from[i];
  };
  Vector vector = piece.vector.is_run() ? piece.vector.Flatten() : piece.vector;
  std::string bytes;
  if (vector.type().id() == TypeId::kList && !vector.is_constant_null()) {
    vector = ListBytes(vector, &bytes);
  }
  if (interners_[column]) {
    code_scratch_.resize(count);
    bool any = false;
    InternStrings(column, vector, count, code_scratch_.data(), [&] {
      if (!any) null_scratch_.assign(count, 0);
      any = true;
      return null_scratch_.data();
    });
    scatter(code_scratch_.data());
    if (any) {
      uint8_t* nulls = NullBytes(column);
      for (size_t i = 0; i < count; ++i) nulls[piece.positions[i]] = null_scratch_[i];
    }
    return;
  }
  Vector flat = vector.Flatten();
  raw_bytes_ += count * width;
  switch (width) {
    case 1: scatter(flat.values<uint8_t>()); break;
    case 2: scatter(flat.values<uint16_t>()); break;
    case 4: scatter(flat.values<uint32_t>()); break;
    case 8: scatter(flat.values<uint64_t>()); break;
    default: scatter(flat.values<int128_t>()); break;
  }
  if (flat.has_nulls()) {
    uint8_t* nulls = NullBytes(column);
    for (size_t i = 0; i < count; ++i) {
      nulls[piece.positions[i]] = !BitIsSet(flat.validity(), i);
    }
  }
}

void HotBuffer::AppendPieces(const std::vector<std::vector<Piece>>& columns, size_t count) {
  SHALE_CHECK(columns.size() == widths_.size() && open_.num_rows + count <= kChunkRows);
  EnsureRoom(count);
  for (size_t i = 0; i < widths_.size(); ++i) {
    for (const Piece& piece : columns[i]) AppendPiece(i, piece);
  }
  AddRows(count);
}

HotSlicePtr HotBuffer::Slice() const {
  auto slice = std::make_shared<HotSlice>();
  slice->ids_ = ids_;
  slice->types_ = types_;
  slice->num_rows_ = num_rows_;
  slice->raw_bytes_ = raw_bytes_;
  slice->full_ = full_;
  slice->last_ = open_;
  slice->parts_.resize(interners_.size());
  for (size_t i = 0; i < interners_.size(); ++i) {
    const Interner* interner = interners_[i].get();
    if (!interner) continue;
    slice->parts_[i] = {interner->values, interner->hashes, interner->size, interner->arena.heap()};
  }
  return slice;
}

}  // namespace shale
