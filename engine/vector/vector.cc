#include "engine/vector/vector.h"

#include <algorithm>
#include <atomic>
#include <bit>

#include "engine/vector/vector_builder.h"

namespace shale {

size_t CountSetBits(const uint64_t* words, size_t bits) {
  size_t count = 0;
  size_t full = bits / 64;
  for (size_t i = 0; i < full; ++i) count += std::popcount(words[i]);
  if (bits % 64) count += std::popcount(words[full] & ((uint64_t{1} << (bits % 64)) - 1));
  return count;
}

uint64_t NextDictionaryId() {
  static std::atomic<uint64_t> next{1};
  return next.fetch_add(1, std::memory_order_relaxed);
}

// ---- making -----------------------------------------------------------------------------------

namespace {

BufferPtr AllValid(size_t bits) {
  size_t bytes = BitmapWords(bits) * 8;
  auto buffer = Buffer::Allocate(bytes);
  std::memset(buffer->data(), 0xFF, bytes);
  return buffer;
}

// The validity bits of rows [row, row + 64), whatever their alignment.
uint64_t BitsFrom(const uint64_t* words, size_t row, size_t num_words) {
  size_t word = row >> 6, shift = row & 63;
  uint64_t low = words[word] >> shift;
  if (shift != 0 && word + 1 < num_words) low |= words[word + 1] << (64 - shift);
  return low;
}

template <typename T>
void GatherValues(const void* from, const uint32_t* rows, size_t count, void* to) {
  const T* in = static_cast<const T*>(from);
  T* out = static_cast<T*>(to);
  for (size_t i = 0; i < count; ++i) out[i] = in[rows[i]];
}

struct Wide {
  uint64_t a, b;
};

void GatherBytes(size_t width, const void* from, const uint32_t* rows, size_t count, void* to) {
  switch (width) {
    case 1: return GatherValues<uint8_t>(from, rows, count, to);
    case 2: return GatherValues<uint16_t>(from, rows, count, to);
    case 4: return GatherValues<uint32_t>(from, rows, count, to);
    case 8: return GatherValues<uint64_t>(from, rows, count, to);
    case 16: return GatherValues<Wide>(from, rows, count, to);
    case 0: return;
    default: SHALE_CHECK(false);
  }
}

BufferPtr GatherBits(const uint64_t* bits, const uint32_t* rows, size_t count) {
  auto buffer = Buffer::Allocate(BitmapWords(count) * 8);
  auto* out = reinterpret_cast<uint64_t*>(buffer->data());
  for (size_t begin = 0; begin < count; begin += 64) {
    size_t n = std::min<size_t>(64, count - begin);
    uint64_t word = n == 64 ? 0 : ~uint64_t{0} << n;
    for (size_t i = 0; i < n; ++i) {
      word |= static_cast<uint64_t>(BitIsSet(bits, rows[begin + i])) << i;
    }
    out[begin / 64] = word;
  }
  return buffer;
}

}  // namespace

Vector Vector::Flat(Type type, size_t num_rows) {
  PhysicalType physical = type.physical();
  Vector v;
  v.num_rows_ = num_rows;
  v.values_ = Buffer::Allocate(PhysicalSize(physical) * num_rows);
  // Views must always be safe to read, so they start out empty.
  if (physical == PhysicalType::kString) {
    std::memset(v.values_->data(), 0, v.values_->size());
  } else if (physical == PhysicalType::kList) {
    std::memset(v.values_->data(), 0, v.values_->size());
    v.children_.push_back(Flat(type.child(), 0));
  } else if (physical == PhysicalType::kStruct) {
    for (const auto& field : type.fields()) v.children_.push_back(Flat(field.second, num_rows));
  }
  v.type_ = std::move(type);
  return v;
}

Vector Vector::FromBuffer(Type type, BufferPtr values, size_t num_rows) {
  Vector v;
  v.type_ = std::move(type);
  v.num_rows_ = num_rows;
  v.values_ = std::move(values);
  return v;
}

Vector Vector::ConstantNull(Type type, size_t num_rows) {
  Vector v = Flat(std::move(type), 1);
  std::memset(v.values_->data(), 0, v.values_->size());
  for (Vector& child : v.children_) {
    if (child.size() == 1) child = ConstantNull(child.type(), 1).Flatten();
  }
  v.encoding_ = Encoding::kConstant;
  v.num_rows_ = num_rows;
  v.validity_ = Buffer::AllocateZeroed(8);
  return v;
}

Vector Vector::Constant(const Value& value, size_t num_rows) {
  if (value.is_null()) return ConstantNull(value.type(), num_rows);
  Vector v = Flat(value.type(), 1);
  switch (value.type().physical()) {
    case PhysicalType::kBool: v.mutable_values<uint8_t>()[0] = value.AsBool(); break;
    case PhysicalType::kInt8:
      v.mutable_values<int8_t>()[0] = static_cast<int8_t>(value.AsInt());
      break;
    case PhysicalType::kInt16:
      v.mutable_values<int16_t>()[0] = static_cast<int16_t>(value.AsInt());
      break;
    case PhysicalType::kInt32:
      v.mutable_values<int32_t>()[0] = static_cast<int32_t>(value.AsInt());
      break;
    case PhysicalType::kInt64: v.mutable_values<int64_t>()[0] = value.AsInt(); break;
    case PhysicalType::kUInt8:
      v.mutable_values<uint8_t>()[0] = static_cast<uint8_t>(value.AsUInt());
      break;
    case PhysicalType::kUInt16:
      v.mutable_values<uint16_t>()[0] = static_cast<uint16_t>(value.AsUInt());
      break;
    case PhysicalType::kUInt32:
      v.mutable_values<uint32_t>()[0] = static_cast<uint32_t>(value.AsUInt());
      break;
    case PhysicalType::kUInt64: v.mutable_values<uint64_t>()[0] = value.AsUInt(); break;
    case PhysicalType::kInt128: v.mutable_values<int128_t>()[0] = value.AsInt128(); break;
    case PhysicalType::kFloat:
      v.mutable_values<float>()[0] = static_cast<float>(value.AsDouble());
      break;
    case PhysicalType::kDouble: v.mutable_values<double>()[0] = value.AsDouble(); break;
    case PhysicalType::kInterval: v.mutable_values<Interval>()[0] = value.AsInterval(); break;
    case PhysicalType::kString: {
      auto heap = std::make_shared<std::string>(value.AsString());
      v.mutable_values<std::string_view>()[0] = *heap;
      v.AddHeap(std::move(heap));
      break;
    }
    case PhysicalType::kList: {
      const auto& items = value.items();
      v.mutable_values<ListEntry>()[0] = {0, static_cast<uint32_t>(items.size())};
      VectorBuilder child(value.type().child(), items.size());
      for (const Value& item : items) child.AppendValue(item);
      v.children_[0] = child.Finish();
      break;
    }
    case PhysicalType::kStruct:
      for (size_t i = 0; i < v.children_.size(); ++i) {
        v.children_[i] = Constant(value.items()[i], 1).Flatten();
      }
      break;
  }
  v.encoding_ = Encoding::kConstant;
  v.num_rows_ = num_rows;
  return v;
}

Vector Vector::FromDictionary(DictionaryPtr dictionary, BufferPtr codes, size_t num_rows) {
  Vector v;
  v.type_ = dictionary->values.type();
  v.encoding_ = Encoding::kDictionary;
  v.num_rows_ = num_rows;
  v.codes_ = std::move(codes);
  v.dictionary_ = std::move(dictionary);
  // A row whose entry is NULL is NULL: readers then need only look at the row's bit.
  if (v.dictionary_->values.has_nulls()) {
    v.validity_ = GatherBits(v.dictionary_->values.validity(), v.codes(), num_rows);
  }
  return v;
}

Vector Vector::FromRuns(Vector values, BufferPtr ends, size_t num_rows) {
  SHALE_DCHECK(values.is_flat());
  Vector v = std::move(values);
  v.encoding_ = Encoding::kRun;
  v.num_runs_ = v.num_rows_;
  v.num_rows_ = num_rows;
  v.codes_ = std::move(ends);
  return v;
}

// ---- reading ----------------------------------------------------------------------------------

namespace {

size_t RunOf(const Vector& v, size_t row) {
  const uint32_t* ends = v.run_ends();
  return std::upper_bound(ends, ends + v.num_runs(), static_cast<uint32_t>(row)) - ends;
}

// Element `i` of the values themselves, which is known not to be NULL.
Value BoxAt(const Vector& v, const Type& type, size_t i) {
  switch (type.physical()) {
    case PhysicalType::kBool: return Value::Int(type, v.values<uint8_t>()[i]);
    case PhysicalType::kInt8: return Value::Int(type, v.values<int8_t>()[i]);
    case PhysicalType::kInt16: return Value::Int(type, v.values<int16_t>()[i]);
    case PhysicalType::kInt32: return Value::Int(type, v.values<int32_t>()[i]);
    case PhysicalType::kInt64: return Value::Int(type, v.values<int64_t>()[i]);
    case PhysicalType::kUInt8: return Value::UInt(type, v.values<uint8_t>()[i]);
    case PhysicalType::kUInt16: return Value::UInt(type, v.values<uint16_t>()[i]);
    case PhysicalType::kUInt32: return Value::UInt(type, v.values<uint32_t>()[i]);
    case PhysicalType::kUInt64: return Value::UInt(type, v.values<uint64_t>()[i]);
    case PhysicalType::kInt128: return Value::Int128(type, v.values<int128_t>()[i]);
    case PhysicalType::kFloat: return Value::Float(type, v.values<float>()[i]);
    case PhysicalType::kDouble: return Value::Float(type, v.values<double>()[i]);
    case PhysicalType::kInterval: return Value::Of(v.values<Interval>()[i]);
    case PhysicalType::kString:
      return Value::String(type, std::string(v.values<std::string_view>()[i]));
    case PhysicalType::kList: {
      ListEntry entry = v.values<ListEntry>()[i];
      std::vector<Value> items;
      items.reserve(entry.length);
      for (uint32_t k = 0; k < entry.length; ++k) {
        items.push_back(v.children()[0].GetValue(entry.offset + k));
      }
      return Value::List(type, std::move(items));
    }
    case PhysicalType::kStruct: {
      std::vector<Value> items;
      for (const Vector& child : v.children()) items.push_back(child.GetValue(i));
      return Value::Struct(type, std::move(items));
    }
  }
  return Value();
}

}  // namespace

bool Vector::IsNull(size_t row) const {
  if (!validity_) return false;
  switch (encoding_) {
    case Encoding::kFlat:
    case Encoding::kDictionary: return !BitIsSet(validity(), row);
    case Encoding::kConstant: return !BitIsSet(validity(), 0);
    case Encoding::kRun: return !BitIsSet(validity(), RunOf(*this, row));
  }
  return false;
}

Value Vector::GetValue(size_t row) const {
  SHALE_CHECK(row < num_rows_);
  if (type_.id() == TypeId::kNull || IsNull(row)) return Value::Null(type_);
  switch (encoding_) {
    case Encoding::kFlat: return BoxAt(*this, type_, row);
    case Encoding::kConstant: return BoxAt(*this, type_, 0);
    case Encoding::kDictionary: return BoxAt(dictionary_->values, type_, codes()[row]);
    case Encoding::kRun: return BoxAt(*this, type_, RunOf(*this, row));
  }
  return Value();
}

// ---- writing ----------------------------------------------------------------------------------

uint64_t* Vector::mutable_validity() {
  if (!validity_) {
    size_t bits = num_rows_;
    if (encoding_ == Encoding::kConstant) bits = 1;
    if (encoding_ == Encoding::kRun) bits = num_runs_;
    validity_ = AllValid(bits);
  }
  return reinterpret_cast<uint64_t*>(validity_->data());
}

void Vector::AddHeapsOf(const Vector& other) {
  auto add = [this](const HeapPtr& heap) {
    for (const HeapPtr& have : heaps_) {
      if (have == heap) return;
    }
    heaps_.push_back(heap);
  };
  for (const HeapPtr& heap : other.heaps_) add(heap);
  if (other.dictionary_ && other.type_.IsStringLike()) add(other.dictionary_);
}

Vector Vector::Retyped(Type type) const {
  SHALE_CHECK(type.physical() == type_.physical());
  Vector v = *this;
  v.type_ = std::move(type);
  return v;
}

Vector Vector::WithDictionary(DictionaryPtr dictionary) const {
  SHALE_DCHECK(is_dictionary() && dictionary->size() >= dictionary_->size());
  Vector v;
  v.type_ = dictionary->values.type();
  v.encoding_ = Encoding::kDictionary;
  v.num_rows_ = num_rows_;
  v.offset_ = offset_;
  v.codes_ = codes_;
  v.validity_ = validity_;
  v.dictionary_ = std::move(dictionary);
  if (v.dictionary_->values.has_nulls()) {
    BufferPtr bits = GatherBits(v.dictionary_->values.validity(), v.codes(), num_rows_);
    if (validity_) {
      auto* words = reinterpret_cast<uint64_t*>(bits->data());
      for (size_t i = 0; i < BitmapWords(num_rows_); ++i) words[i] &= validity()[i];
    }
    v.validity_ = std::move(bits);
  }
  return v;
}

Vector Vector::RunValues() const {
  SHALE_DCHECK(is_run());
  Vector v = *this;
  v.encoding_ = Encoding::kFlat;
  v.num_rows_ = num_runs_;
  v.num_runs_ = 0;
  v.codes_.reset();
  return v;
}

Vector Vector::WithRunValues(Vector values) const {
  SHALE_DCHECK(is_run() && values.size() == num_runs_);
  return FromRuns(std::move(values), codes_, num_rows_);
}

// ---- reshaping --------------------------------------------------------------------------------

namespace {

template <typename T>
void ExpandRuns(const T* in, const uint32_t* ends, size_t num_runs, T* out) {
  uint32_t at = 0;
  for (size_t run = 0; run < num_runs; ++run) {
    std::fill(out + at, out + ends[run], in[run]);
    at = ends[run];
  }
}

template <typename T>
void Expand(const Vector& v, T* out) {
  if (v.is_constant()) {
    std::fill(out, out + v.size(), v.values<T>()[0]);
  } else {
    ExpandRuns(v.values<T>(), v.run_ends(), v.num_runs(), out);
  }
}

// The values of a constant or run vector, one a row.
void ExpandBytes(const Vector& v, size_t width, void* out) {
  switch (width) {
    case 1: return Expand(v, static_cast<uint8_t*>(out));
    case 2: return Expand(v, static_cast<uint16_t*>(out));
    case 4: return Expand(v, static_cast<uint32_t*>(out));
    case 8: return Expand(v, static_cast<uint64_t*>(out));
    case 16: return Expand(v, static_cast<Wide*>(out));
    case 0: return;
    default: SHALE_CHECK(false);
  }
}

void ClearBits(uint64_t* bits, size_t begin, size_t end) {
  for (; begin < end && (begin & 63) != 0; ++begin) ClearBit(bits, begin);
  for (; begin + 64 <= end; begin += 64) bits[begin / 64] = 0;
  for (; begin < end; ++begin) ClearBit(bits, begin);
}

}  // namespace

Vector Vector::Flatten() const {
  if (is_flat()) return *this;
  const size_t width = PhysicalSize(type_.physical());
  Vector v;
  v.type_ = type_;
  v.num_rows_ = num_rows_;
  v.heaps_ = heaps_;
  v.values_ = Buffer::Allocate(width * num_rows_);
  switch (encoding_) {
    case Encoding::kFlat: break;
    case Encoding::kDictionary: {
      const Vector& entries = dictionary_->values;
      if (dictionary_->size() == 0) {
        std::memset(v.values_->data(), 0, v.values_->size());
      } else {
        GatherBytes(width, entries.values_->data() + entries.offset_ * width, codes(), num_rows_,
                    v.values_->data());
      }
      v.validity_ = validity_;
      v.AddHeapsOf(*this);
      v.children_ = entries.children_;
      if (type_.id() == TypeId::kStruct) {
        for (Vector& child : v.children_) child = child.Gather(codes(), num_rows_);
      }
      return v;
    }
    case Encoding::kConstant:
      ExpandBytes(*this, width, v.values_->data());
      if (is_constant_null()) {
        v.validity_ = AllValid(num_rows_);
        ClearBits(v.mutable_validity(), 0, num_rows_);
      }
      break;
    case Encoding::kRun:
      ExpandBytes(*this, width, v.values_->data());
      if (validity_) {
        uint64_t* bits = v.mutable_validity();
        uint32_t at = 0;
        for (size_t run = 0; run < num_runs_; ++run) {
          if (!BitIsSet(validity(), run)) ClearBits(bits, at, run_ends()[run]);
          at = run_ends()[run];
        }
      }
      break;
  }
  v.children_ = children_;
  if (type_.id() == TypeId::kStruct && num_rows_ > 0) {
    std::vector<uint32_t> rows(num_rows_, 0);
    if (is_run()) {
      uint32_t at = 0;
      for (size_t run = 0; run < num_runs_; ++run) {
        std::fill(rows.begin() + at, rows.begin() + run_ends()[run], static_cast<uint32_t>(run));
        at = run_ends()[run];
      }
    }
    for (Vector& child : v.children_) child = child.Gather(rows.data(), rows.size());
  }
  return v;
}

Vector Vector::Gather(const uint32_t* rows, size_t count) const {
  if (is_constant()) {
    Vector v = *this;
    v.num_rows_ = count;
    return v;
  }
  Vector v;
  v.type_ = type_;
  v.num_rows_ = count;
  v.heaps_ = heaps_;
  if (is_dictionary()) {
    v.encoding_ = Encoding::kDictionary;
    v.dictionary_ = dictionary_;
    v.codes_ = Buffer::Allocate(count * 4);
    GatherValues<uint32_t>(codes(), rows, count, v.codes_->data());
    if (validity_) v.validity_ = GatherBits(validity(), rows, count);
    return v;
  }
  const size_t width = PhysicalSize(type_.physical());
  v.values_ = Buffer::Allocate(count * width);
  std::vector<uint32_t> runs;
  if (is_run()) {
    // Rows ascend in nearly every use: walk along, search only where they do not.
    runs.resize(count);
    size_t run = 0;
    for (size_t i = 0; i < count; ++i) {
      bool ahead = rows[i] >= (run == 0 ? 0 : run_ends()[run - 1]);
      if (!ahead) {
        run = RunOf(*this, rows[i]);
      } else {
        while (rows[i] >= run_ends()[run]) ++run;
      }
      runs[i] = static_cast<uint32_t>(run);
    }
    rows = runs.data();
  }
  GatherBytes(width, values_->data() + offset_ * width, rows, count, v.values_->data());
  if (validity_) v.validity_ = GatherBits(validity(), rows, count);
  v.children_ = children_;
  if (type_.id() == TypeId::kStruct) {
    for (Vector& child : v.children_) child = child.Gather(rows, count);
  }
  return v;
}

Vector Vector::Broadcast(size_t num_rows) const {
  SHALE_CHECK(is_flat() && num_rows_ > 0);
  const uint32_t first = 0;
  Vector v = Gather(&first, 1);
  v.encoding_ = Encoding::kConstant;
  v.num_rows_ = num_rows;
  if (v.validity_ && BitIsSet(v.validity(), 0)) v.validity_.reset();
  return v;
}

Vector Vector::Slice(size_t begin, size_t count) const {
  SHALE_DCHECK(begin + count <= num_rows_);
  if (begin == 0 && count == num_rows_) return *this;
  if (is_run()) {
    std::vector<uint32_t> rows(count);
    for (size_t i = 0; i < count; ++i) rows[i] = static_cast<uint32_t>(begin + i);
    return Gather(rows.data(), count);
  }
  Vector v = *this;
  v.num_rows_ = count;
  if (is_constant()) return v;
  v.offset_ += begin;
  if (validity_) {
    size_t words = BitmapWords(count);
    v.validity_ = Buffer::Allocate(words * 8);
    auto* out = reinterpret_cast<uint64_t*>(v.validity_->data());
    size_t from_words = BitmapWords(num_rows_);
    for (size_t i = 0; i < words; ++i) out[i] = BitsFrom(validity(), begin + i * 64, from_words);
    if (CountSetBits(out, count) == count) v.validity_.reset();
  }
  if (type_.id() == TypeId::kStruct) {
    v.offset_ = 0;
    for (Vector& child : v.children_) child = child.Slice(begin, count);
  }
  return v;
}

size_t Vector::MemoryUsage() const {
  size_t bytes = 0;
  if (values_) bytes += values_->size();
  if (codes_) bytes += codes_->size();
  if (validity_) bytes += validity_->size();
  if (dictionary_) bytes += dictionary_->values.MemoryUsage() + dictionary_->hashes.size() * 8;
  if (values_ && type_.IsStringLike() && !is_dictionary()) {
    size_t n = is_flat() ? num_rows_ : is_constant() ? 1 : num_runs_;
    const auto* views = values<std::string_view>();
    for (size_t i = 0; i < n; ++i) bytes += views[i].size();
  }
  for (const Vector& child : children_) bytes += child.MemoryUsage();
  return bytes;
}

Chunk Chunk::Gather(const uint32_t* rows, size_t count) const {
  Chunk out;
  out.num_rows = count;
  out.columns.reserve(columns.size());
  for (const Vector& column : columns) out.columns.push_back(column.Gather(rows, count));
  return out;
}

Chunk Chunk::Slice(size_t begin, size_t count) const {
  Chunk out;
  out.num_rows = count;
  out.columns.reserve(columns.size());
  for (const Vector& column : columns) out.columns.push_back(column.Slice(begin, count));
  return out;
}

}  // namespace shale
