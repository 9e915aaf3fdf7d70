// VectorBuilder: grows a flat vector a value at a time; strings are copied into its own arena.
// The road for readers (CSV, JSON), INSERT … VALUES, aggregates' results and tests.
#pragma once

#include <cstring>
#include <memory>
#include <string_view>

#include "engine/vector/vector.h"

namespace shale {

class StringArena {
 public:
  // A copy of `text` that lives as long as any holder of heap().
  std::string_view Add(std::string_view text) {
    if (text.size() > left_) Grow(text.size());
    char* at = next_;
    if (!text.empty()) std::memcpy(at, text.data(), text.size());
    next_ += text.size();
    left_ -= text.size();
    return {at, text.size()};
  }
  // Room for `size` bytes, to be written by the caller.
  char* Allocate(size_t size) {
    if (size > left_) Grow(size);
    char* at = next_;
    next_ += size;
    left_ -= size;
    return at;
  }
  HeapPtr heap() const { return blocks_; }
  size_t size_bytes() const { return size_bytes_; }

 private:
  void Grow(size_t at_least);
  std::shared_ptr<std::vector<std::unique_ptr<char[]>>> blocks_ =
      std::make_shared<std::vector<std::unique_ptr<char[]>>>();
  char* next_ = nullptr;
  size_t left_ = 0;
  size_t size_bytes_ = 0;
};

class VectorBuilder {
 public:
  explicit VectorBuilder(Type type, size_t reserve = 0);
  VectorBuilder(VectorBuilder&&) = default;
  VectorBuilder& operator=(VectorBuilder&&) = default;

  const Type& type() const { return type_; }
  size_t size() const { return size_; }
  size_t size_bytes() const {
    size_t bytes = size_ * width_ + (arena_ ? arena_->size_bytes() : 0);
    for (const VectorBuilder& child : children_) bytes += child.size_bytes();
    return bytes;
  }

  void AppendNull();
  // T must be the physical representation of type() (uint8_t for BOOLEAN, std::string_view copied).
  template <typename T>
  void Append(T value) {
    if (size_ == capacity_) Reserve(size_ + 1);
    if constexpr (std::is_same_v<T, std::string_view>) value = arena_->Add(value);
    reinterpret_cast<T*>(values_->data())[size_] = value;
    if (validity_) SetBit(reinterpret_cast<uint64_t*>(validity_->data()), size_);
    ++size_;
  }
  void AppendValue(const Value& value);  // of this type, or NULL
  // Row `row` of `source` (same type, any encoding).
  void AppendFrom(const Vector& source, size_t row);
  // Rows [begin, begin + count) of `source` (same type, any encoding).
  void AppendRange(const Vector& source, size_t begin, size_t count);
  // LIST: the builder of elements. EndList appends a list of the elements appended to it since the
  // last list.
  VectorBuilder& child() { return children_[0]; }
  void EndList() {
    const size_t end = children_[0].size();
    Append<ListEntry>({static_cast<uint32_t>(list_end_), static_cast<uint32_t>(end - list_end_)});
    list_end_ = end;
  }
  // Drops rows from the end: a row that failed half way.
  void Truncate(size_t size);

  // The vector so far; the builder is empty again.
  Vector Finish();

 private:
  void Reserve(size_t at_least);
  void AppendLists(const Vector& source, size_t begin, size_t count);
  Type type_;
  size_t width_ = 0;
  size_t size_ = 0;
  size_t capacity_ = 0;
  size_t list_end_ = 0;  // LIST: elements that belong to rows
  BufferPtr values_;
  BufferPtr validity_;
  std::shared_ptr<StringArena> arena_;
  std::vector<VectorBuilder> children_;  // LIST: one; STRUCT: one a field
};

}  // namespace shale
