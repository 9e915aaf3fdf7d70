// Vector: up to kChunkRows values of one type (more only in builders' own buffers, dictionaries
// and tests). Chunk: vectors of equal length, the unit that flows through every operator.
//
// A vector has one of four encodings:
//   kFlat        values_[row]
//   kConstant    values_[0] stands for every row (or every row is NULL)
//   kDictionary  dictionary->values[codes_[row]]; the dictionary is shared and immutable
//   kRun         values_[i] stands for rows [run_ends_[i-1], run_ends_[i])
// NULLs: `validity` has a bit a row for kFlat and kDictionary (absent: no NULLs), a bit a run for
// kRun, one bit for kConstant. The value under a NULL is unspecified but safe to read (zero, or an
// empty string).
//
// Buffers are reference-counted and never written after the vector was handed on: copying a Vector
// copies pointers. String bytes live in buffers that the vector keeps alive (`heap`).
// Thread-safety: a finished vector may be read by any thread.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/check.h"
#include "engine/vector/type.h"

namespace shale {

inline constexpr int kChunkRows = 8192;  // also the rows of a storage block

enum class Encoding : uint8_t { kFlat, kConstant, kDictionary, kRun };

// An aligned, reference-counted byte buffer. 64 bytes of readable slack follow `size`.
class Buffer {
 public:
  static std::shared_ptr<Buffer> Allocate(size_t size);  // uninitialised
  static std::shared_ptr<Buffer> AllocateZeroed(size_t size);
  ~Buffer();
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  uint8_t* data() { return data_; }
  const uint8_t* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  Buffer(uint8_t* data, size_t size) : data_(data), size_(size) {}
  uint8_t* data_;
  size_t size_;
};
using BufferPtr = std::shared_ptr<Buffer>;
// Keeps string bytes alive, whatever holds them (an arena, a decompressed block …).
using HeapPtr = std::shared_ptr<const void>;

// ---- bitmaps: bit i of word i/64; 1 is valid (not NULL) ----------------------------------------
inline size_t BitmapWords(size_t bits) { return (bits + 63) / 64; }
inline bool BitIsSet(const uint64_t* bits, size_t i) { return (bits[i >> 6] >> (i & 63)) & 1; }
inline void SetBit(uint64_t* bits, size_t i) { bits[i >> 6] |= uint64_t{1} << (i & 63); }
inline void ClearBit(uint64_t* bits, size_t i) { bits[i >> 6] &= ~(uint64_t{1} << (i & 63)); }
// Number of set bits among the first `bits`.
size_t CountSetBits(const uint64_t* words, size_t bits);

struct Dictionary;
using DictionaryPtr = std::shared_ptr<const Dictionary>;

class Vector {
 public:
  Vector() = default;

  // ---- making vectors ----
  // Flat, uninitialised values for the caller to write through mutable_values(); no NULLs.
  static Vector Flat(Type type, size_t num_rows);
  static Vector Constant(const class Value& value, size_t num_rows);
  static Vector ConstantNull(Type type, size_t num_rows);
  // `codes` holds num_rows uint32_t below dictionary->size().
  static Vector FromDictionary(DictionaryPtr dictionary, BufferPtr codes, size_t num_rows);
  // `ends` holds ascending uint32_t, the last equal to num_rows; `values` is flat, one a run.
  static Vector FromRuns(Vector values, BufferPtr ends, size_t num_rows);
  // Flat over memory that is already laid out. `heap` keeps strings alive.
  static Vector FromBuffer(Type type, BufferPtr values, size_t num_rows);

  // ---- reading ----
  const Type& type() const { return type_; }
  Encoding encoding() const { return encoding_; }
  bool is_flat() const { return encoding_ == Encoding::kFlat; }
  bool is_constant() const { return encoding_ == Encoding::kConstant; }
  bool is_dictionary() const { return encoding_ == Encoding::kDictionary; }
  bool is_run() const { return encoding_ == Encoding::kRun; }
  size_t size() const { return num_rows_; }

  // Values: num_rows of them for kFlat, 1 for kConstant, num_runs() for kRun.
  template <typename T>
  const T* values() const {
    return reinterpret_cast<const T*>(values_->data()) + offset_;
  }
  const uint32_t* codes() const {
    return reinterpret_cast<const uint32_t*>(codes_->data()) + offset_;
  }
  const DictionaryPtr& dictionary() const { return dictionary_; }
  size_t num_runs() const { return num_runs_; }
  const uint32_t* run_ends() const { return reinterpret_cast<const uint32_t*>(codes_->data()); }

  // Null when nothing is NULL. See the top comment for what a bit stands for.
  const uint64_t* validity() const {
    return validity_ ? reinterpret_cast<const uint64_t*>(validity_->data()) : nullptr;
  }
  bool has_nulls() const { return validity_ != nullptr; }  // may be NULLs
  bool IsNull(size_t row) const;                           // any encoding; slow for kRun
  bool is_constant_null() const { return is_constant() && validity_ && !BitIsSet(validity(), 0); }
  // Any encoding, boxed: for printing, tests and oracles; never in a hot loop.
  class Value GetValue(size_t row) const;

  // LIST: the one child, flat, constant or dictionary, whose rows the entries name; several lists
  // may share rows, and there may be rows of no list. STRUCT: one a field, flat.
  const std::vector<Vector>& children() const { return children_; }
  std::vector<Vector>& mutable_children() { return children_; }

  // ---- writing (only by the maker, before the vector is handed on) ----
  template <typename T>
  T* mutable_values() {
    SHALE_DCHECK(offset_ == 0);
    return reinterpret_cast<T*>(values_->data());
  }
  // Allocates an all-valid bitmap when there is none.
  uint64_t* mutable_validity();
  void SetNull(size_t row) { ClearBit(mutable_validity(), row); }
  // Takes over another vector's bitmap (same row count, or null for none).
  void ShareValidity(const Vector& other) { validity_ = other.validity_; }
  void set_validity(BufferPtr validity) { validity_ = std::move(validity); }
  const BufferPtr& validity_buffer() const { return validity_; }
  void ClearValidity() { validity_.reset(); }
  void AddHeap(HeapPtr heap) { heaps_.push_back(std::move(heap)); }
  void AddHeapsOf(const Vector& other);
  const std::vector<HeapPtr>& heaps() const { return heaps_; }
  // Same layout under another logical type (INTEGER read as DATE, TEXT as JSON).
  Vector Retyped(Type type) const;
  // A dictionary vector's rows over another dictionary with an entry for each of its codes (a
  // derived one). Rows whose new entry is NULL become NULL.
  Vector WithDictionary(DictionaryPtr dictionary) const;
  // A run vector's values, flat, one a run; and its runs over other values.
  Vector RunValues() const;
  Vector WithRunValues(Vector values) const;

  // ---- reshaping ----
  // The same rows as kFlat (itself when flat already). Dictionary strings keep pointing into the
  // dictionary, which is kept alive.
  Vector Flatten() const;
  // Rows rows[0..count): dictionary and constant keep their encoding, runs become flat.
  Vector Gather(const uint32_t* rows, size_t count) const;
  // The first row of a flat vector for num_rows rows, as kConstant.
  Vector Broadcast(size_t num_rows) const;
  // Rows [begin, begin + count) of a flat, constant or dictionary vector. Shares memory where it
  // can (a validity bitmap is shifted when begin is not a multiple of 64).
  Vector Slice(size_t begin, size_t count) const;

  size_t MemoryUsage() const;  // bytes of buffers; shared ones count in full

 private:
  Type type_;
  Encoding encoding_ = Encoding::kFlat;
  size_t num_rows_ = 0;
  size_t num_runs_ = 0;
  size_t offset_ = 0;  // in values or codes, for slices
  BufferPtr values_;
  BufferPtr codes_;  // codes of kDictionary, ends of kRun
  BufferPtr validity_;
  DictionaryPtr dictionary_;
  std::vector<HeapPtr> heaps_;
  std::vector<Vector> children_;
};

// An immutable set of values that codes refer to. Entries need not be distinct (a derived
// dictionary, say length of each entry, keeps its source's codes), but those of storage are.
struct Dictionary {
  uint64_t id = 0;      // unique in the process: equal ids mean codes compare directly
  bool sorted = false;  // entries ascend bytewise, so code order is value order
  bool distinct = false;
  Vector values;                 // flat; a NULL entry is possible in derived dictionaries only
  std::vector<uint64_t> hashes;  // HashBytes of each entry (storage's dictionaries); or empty

  size_t size() const { return values.size(); }
};
// A fresh process-wide dictionary id.
uint64_t NextDictionaryId();

// Rows of several columns. All columns have num_rows rows; a chunk may have no columns at all.
struct Chunk {
  std::vector<Vector> columns;
  size_t num_rows = 0;

  Chunk Gather(const uint32_t* rows, size_t count) const;
  Chunk Slice(size_t begin, size_t count) const;
};

// One boxed value. For constants, printing, tests; not for rows.
class Value {
 public:
  Value() = default;  // untyped NULL
  static Value Null(Type type);
  static Value Bool(bool value);
  static Value Int(Type type, int64_t value);  // signed integers, dates, timestamps, small DECIMAL
  static Value UInt(Type type, uint64_t value);       // unsigned integers
  static Value Int128(Type type, int128_t value);     // wide DECIMAL, UUID
  static Value Float(Type type, double value);        // REAL, DOUBLE
  static Value String(Type type, std::string value);  // every kString type
  static Value Text(std::string value) { return String(TypeId::kText, std::move(value)); }
  static Value Of(Interval value);
  static Value List(Type type, std::vector<Value> items);
  static Value Struct(Type type, std::vector<Value> items);

  const Type& type() const { return type_; }
  bool is_null() const { return null_; }
  bool AsBool() const { return number_ != 0; }
  int64_t AsInt() const { return static_cast<int64_t>(number_); }
  uint64_t AsUInt() const { return static_cast<uint64_t>(number_); }
  int128_t AsInt128() const { return number_; }
  double AsDouble() const { return double_; }
  const std::string& AsString() const { return string_; }
  const Interval& AsInterval() const { return interval_; }
  const std::vector<Value>& items() const { return items_; }

  // Exact equality of type and value; NULL equals NULL, NaN equals NaN.
  friend bool operator==(const Value& a, const Value& b);
  // SQL order within one type: NULLs last, NaN above all numbers, text bytewise.
  static int Compare(const Value& a, const Value& b);

 private:
  Type type_;
  bool null_ = true;
  int128_t number_ = 0;
  double double_ = 0;
  Interval interval_;
  std::string string_;
  std::vector<Value> items_;
};

// Intervals compare by a month of 30 days and a day of 24 hours, as PostgreSQL does.
int128_t IntervalOrder(const Interval& value);

}  // namespace shale
