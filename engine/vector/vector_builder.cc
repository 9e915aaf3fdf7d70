#include "engine/vector/vector_builder.h"

#include <algorithm>

namespace shale {

void StringArena::Grow(size_t at_least) {
  size_t size = std::clamp<size_t>(size_bytes_, 4096, 1 << 20);
  if (size < at_least) size = at_least;
  blocks_->push_back(std::make_unique_for_overwrite<char[]>(size));
  next_ = blocks_->back().get();
  left_ = size;
  size_bytes_ += size;
}

VectorBuilder::VectorBuilder(Type type, size_t reserve) : type_(std::move(type)) {
  width_ = PhysicalSize(type_.physical());
  if (type_.id() == TypeId::kList) {
    children_.emplace_back(type_.child());
  } else if (type_.id() == TypeId::kStruct) {
    for (const auto& field : type_.fields()) children_.emplace_back(field.second, reserve);
  }
  if (type_.IsStringLike()) arena_ = std::make_shared<StringArena>();
  if (reserve > 0) Reserve(reserve);
}

void VectorBuilder::Reserve(size_t at_least) {
  size_t capacity = std::max<size_t>({at_least, capacity_ * 2, 64});
  auto values = Buffer::Allocate(capacity * width_);
  if (values_) std::memcpy(values->data(), values_->data(), size_ * width_);
  values_ = std::move(values);
  if (validity_) {
    auto validity = Buffer::Allocate(BitmapWords(capacity) * 8);
    std::memset(validity->data(), 0xFF, validity->size());
    std::memcpy(validity->data(), validity_->data(), BitmapWords(size_) * 8);
    validity_ = std::move(validity);
  }
  capacity_ = capacity;
}

void VectorBuilder::AppendNull() {
  if (size_ == capacity_) Reserve(size_ + 1);
  if (!validity_) {
    validity_ = Buffer::Allocate(BitmapWords(capacity_) * 8);
    std::memset(validity_->data(), 0xFF, validity_->size());
  }
  ClearBit(reinterpret_cast<uint64_t*>(validity_->data()), size_);
  std::memset(values_->data() + size_ * width_, 0, width_);
  if (type_.id() == TypeId::kStruct) {
    for (VectorBuilder& child : children_) child.AppendNull();
  }
  ++size_;
}

void VectorBuilder::AppendValue(const Value& value) {
  if (value.is_null()) return AppendNull();
  switch (type_.physical()) {
    case PhysicalType::kBool: return Append<uint8_t>(value.AsBool());
    case PhysicalType::kInt8: return Append(static_cast<int8_t>(value.AsInt()));
    case PhysicalType::kInt16: return Append(static_cast<int16_t>(value.AsInt()));
    case PhysicalType::kInt32: return Append(static_cast<int32_t>(value.AsInt()));
    case PhysicalType::kInt64: return Append<int64_t>(value.AsInt());
    case PhysicalType::kUInt8: return Append(static_cast<uint8_t>(value.AsUInt()));
    case PhysicalType::kUInt16: return Append(static_cast<uint16_t>(value.AsUInt()));
    case PhysicalType::kUInt32: return Append(static_cast<uint32_t>(value.AsUInt()));
    case PhysicalType::kUInt64: return Append<uint64_t>(value.AsUInt());
    case PhysicalType::kInt128: return Append<int128_t>(value.AsInt128());
    case PhysicalType::kFloat: return Append(static_cast<float>(value.AsDouble()));
    case PhysicalType::kDouble: return Append<double>(value.AsDouble());
    case PhysicalType::kInterval: return Append<Interval>(value.AsInterval());
    case PhysicalType::kString: return Append<std::string_view>(value.AsString());
    case PhysicalType::kList: {
      for (const Value& item : value.items()) children_[0].AppendValue(item);
      return EndList();
    }
    case PhysicalType::kStruct:
      for (size_t i = 0; i < children_.size(); ++i) children_[i].AppendValue(value.items()[i]);
      if (size_ == capacity_) Reserve(size_ + 1);
      if (validity_) SetBit(reinterpret_cast<uint64_t*>(validity_->data()), size_);
      ++size_;
      return;
  }
}

void VectorBuilder::AppendFrom(const Vector& source, size_t row) {
  if (source.is_flat() || source.is_dictionary() || source.is_constant()) {
    return AppendRange(source, row, 1);
  }
  AppendRange(source.Slice(row, 1).Flatten(), 0, 1);
}

void VectorBuilder::AppendRange(const Vector& source, size_t begin, size_t count) {
  if (count == 0) return;
  SHALE_DCHECK(source.type().physical() == type_.physical());
  if (type_.id() == TypeId::kStruct) {
    for (size_t i = 0; i < count; ++i) AppendValue(source.GetValue(begin + i));
    return;
  }
  if (source.is_run()) {
    // Flattened first: the slice of a whole run vector may be that vector itself.
    return AppendRange(source.Flatten().Slice(begin, count), 0, count);
  }
  if (type_.id() == TypeId::kList) return AppendLists(source, begin, count);
  if (size_ + count > capacity_) Reserve(size_ + count);

  uint8_t* out = values_->data() + size_ * width_;
  const bool is_string = type_.IsStringLike();
  const Vector& values = source.is_dictionary() ? source.dictionary()->values : source;
  if (values.size() == 0) {  // an empty dictionary: every row is NULL
    std::memset(out, 0, count * width_);
  } else if (is_string) {
    const auto* in = values.values<std::string_view>();
    auto* views = reinterpret_cast<std::string_view*>(out);
    if (source.is_flat()) {
      for (size_t i = 0; i < count; ++i) views[i] = arena_->Add(in[begin + i]);
    } else if (source.is_constant()) {
      std::fill(views, views + count, arena_->Add(in[0]));
    } else {
      const uint32_t* codes = source.codes();
      for (size_t i = 0; i < count; ++i) views[i] = arena_->Add(in[codes[begin + i]]);
    }
  } else {
    const uint8_t* in = values.values<uint8_t>();
    // values<T>() accounts for a slice's offset in units of T, so recompute it in bytes.
    switch (width_) {
      case 1: break;
      case 2: in = reinterpret_cast<const uint8_t*>(values.values<uint16_t>()); break;
      case 4: in = reinterpret_cast<const uint8_t*>(values.values<uint32_t>()); break;
      case 8: in = reinterpret_cast<const uint8_t*>(values.values<uint64_t>()); break;
      default: in = reinterpret_cast<const uint8_t*>(values.values<int128_t>()); break;
    }
    if (source.is_flat()) {
      std::memcpy(out, in + begin * width_, count * width_);
    } else if (source.is_constant()) {
      for (size_t i = 0; i < count; ++i) std::memcpy(out + i * width_, in, width_);
    } else {
      const uint32_t* codes = source.codes();
      for (size_t i = 0; i < count; ++i) {
        std::memcpy(out + i * width_, in + codes[begin + i] * width_, width_);
      }
    }
  }

  if (source.has_nulls() && !validity_) {
    validity_ = Buffer::Allocate(BitmapWords(capacity_) * 8);
    std::memset(validity_->data(), 0xFF, validity_->size());
  }
  if (validity_) {
    auto* bits = reinterpret_cast<uint64_t*>(validity_->data());
    for (size_t i = 0; i < count; ++i) {
      if (source.has_nulls() && source.IsNull(begin + i)) {
        ClearBit(bits, size_ + i);
      } else {
        SetBit(bits, size_ + i);
      }
    }
  }
  size_ += count;
}

// Elements that lie side by side, as those of a whole chunk do, are appended at once.
void VectorBuilder::AppendLists(const Vector& source, size_t begin, size_t count) {
  const Vector& values = source.is_dictionary() ? source.dictionary()->values : source;
  if (values.size() == 0) {  // an empty dictionary: every row is NULL
    for (size_t i = 0; i < count; ++i) AppendNull();
    return;
  }
  const Vector& items = values.children()[0];
  const auto* entries = values.values<ListEntry>();
  VectorBuilder& child = children_[0];
  ListEntry pending;
  for (size_t i = 0; i < count; ++i) {
    const size_t row = begin + i;
    if (source.has_nulls() && source.IsNull(row)) {
      AppendNull();
      continue;
    }
    const ListEntry entry = entries[source.is_dictionary() ? source.codes()[row]
                                    : source.is_constant() ? 0
                                                           : row];
    if (entry.length > 0) {
      if (pending.length > 0 && pending.offset + pending.length == entry.offset) {
        pending.length += entry.length;
      } else {
        child.AppendRange(items, pending.offset, pending.length);
        pending = entry;
      }
    }
    Append<ListEntry>({static_cast<uint32_t>(list_end_), entry.length});
    list_end_ += entry.length;
  }
  child.AppendRange(items, pending.offset, pending.length);
}

void VectorBuilder::Truncate(size_t size) {
  SHALE_CHECK(size <= size_);
  size_ = size;
  if (type_.id() == TypeId::kStruct) {
    for (VectorBuilder& child : children_) child.Truncate(size);
  } else if (type_.id() == TypeId::kList) {
    size_t end = 0;
    const auto* entries = reinterpret_cast<const ListEntry*>(values_ ? values_->data() : nullptr);
    for (size_t i = size; i-- > 0;) {
      if (entries[i].length > 0) {
        end = entries[i].offset + entries[i].length;
        break;
      }
    }
    children_[0].Truncate(end);
    list_end_ = end;
  }
}

Vector VectorBuilder::Finish() {
  if (!values_) Reserve(1);
  Vector v = Vector::FromBuffer(type_, std::move(values_), size_);
  if (validity_) v.set_validity(std::move(validity_));
  if (arena_) {
    v.AddHeap(arena_->heap());
    arena_ = std::make_shared<StringArena>();
  }
  for (VectorBuilder& child : children_) v.mutable_children().push_back(child.Finish());
  values_.reset();
  validity_.reset();
  size_ = 0;
  capacity_ = 0;
  list_end_ = 0;
  return v;
}

}  // namespace shale
