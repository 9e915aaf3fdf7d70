// What aggregates' states are built from: dispatch over physical types, SQL's order of values,
// slots that hold one value, a growing list, and the bytes of a serialized state. Private to
// engine/functions/agg_*.cc. States are at 8-byte alignment, movable by memcpy, and own nothing:
// what they point to lives in the call's Arena.
#pragma once

#include <cmath>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include "engine/base/arena.h"
#include "engine/base/status.h"
#include "engine/functions/function.h"
#include "engine/vector/physical.h"
#include "engine/vector/vector.h"
#include "engine/vector/vector_builder.h"

namespace shale {

inline bool IsNested(const Type& type) {
  return type.physical() == PhysicalType::kList || type.physical() == PhysicalType::kStruct;
}

// SQL's order within one physical type: NaN above all numbers, intervals by length.
template <typename T>
bool ValueLess(const T& a, const T& b) {
  if constexpr (std::is_floating_point_v<T>) {
    return a < b || (b != b && a == a);
  } else if constexpr (std::is_same_v<T, Interval>) {
    return IntervalOrder(a) < IntervalOrder(b);
  } else {
    return a < b;
  }
}

// ---- serialized states --------------------------------------------------------------------------

// Little-endian, whatever the machine.
class StateWriter {
 public:
  explicit StateWriter(std::string* out) : out_(out) {}
  template <typename T>
  void Put(T value) {
    if constexpr (std::is_same_v<T, std::string_view>) {
      Put<uint32_t>(static_cast<uint32_t>(value.size()));
      out_->append(value);
    } else if constexpr (std::is_same_v<T, Interval>) {
      Put(value.months);
      Put(value.days);
      Put(value.micros);
    } else if constexpr (std::is_same_v<T, float>) {
      uint32_t bits;
      std::memcpy(&bits, &value, 4);
      Put(bits);
    } else if constexpr (std::is_same_v<T, double>) {
      uint64_t bits;
      std::memcpy(&bits, &value, 8);
      Put(bits);
    } else {
      uint128_t bits = static_cast<uint128_t>(value);
      for (size_t i = 0; i < sizeof(T); ++i) {
        out_->push_back(static_cast<char>(bits & 0xff));
        bits >>= 8;
      }
    }
  }

 private:
  std::string* out_;
};

// Every Get is false once the bytes ran out.
class StateReader {
 public:
  explicit StateReader(std::string_view bytes) : bytes_(bytes) {}
  template <typename T>
  bool Get(T* value) {
    if constexpr (std::is_same_v<T, std::string_view>) {
      uint32_t size;
      if (!Get(&size) || size > bytes_.size()) return false;
      *value = bytes_.substr(0, size);
      bytes_.remove_prefix(size);
      return true;
    } else if constexpr (std::is_same_v<T, Interval>) {
      return Get(&value->months) && Get(&value->days) && Get(&value->micros);
    } else if constexpr (std::is_same_v<T, float>) {
      uint32_t bits;
      if (!Get(&bits)) return false;
      std::memcpy(value, &bits, 4);
      return true;
    } else if constexpr (std::is_same_v<T, double>) {
      uint64_t bits;
      if (!Get(&bits)) return false;
      std::memcpy(value, &bits, 8);
      return true;
    } else {
      if (bytes_.size() < sizeof(T)) return false;
      uint128_t bits = 0;
      for (size_t i = sizeof(T); i-- > 0;) {
        bits = (bits << 8) | static_cast<uint8_t>(bytes_[i]);
      }
      *value = static_cast<T>(bits);
      bytes_.remove_prefix(sizeof(T));
      return true;
    }
  }
  size_t left() const { return bytes_.size(); }

 private:
  std::string_view bytes_;
};

// ---- one value ----------------------------------------------------------------------------------

// 128 bits at 8-byte alignment, which is all that a state may ask for.
struct Int128Words {
  uint64_t low = 0;
  int64_t high = 0;
  int128_t get() const { return (static_cast<int128_t>(high) << 64) | low; }
  void set(int128_t value) {
    low = static_cast<uint64_t>(value);
    high = static_cast<int64_t>(value >> 64);
  }
};

// A value or none; all zero bytes is none.
template <typename T>
struct ValueSlot {
  using Stored = std::conditional_t<std::is_same_v<T, int128_t>, Int128Words, T>;
  Stored stored;
  uint64_t present;

  bool has() const { return present != 0; }
  T get() const {
    if constexpr (std::is_same_v<T, int128_t>)
      return stored.get();
    else
      return stored;
  }
  void Set(Arena*, T value) {
    if constexpr (std::is_same_v<T, int128_t>)
      stored.set(value);
    else
      stored = value;
    present = 1;
  }
  void Share(const ValueSlot& other) { *this = other; }
  void Clear() { present = 0; }
};

// Strings are copied into the arena; a longer one takes a new place, a shorter one reuses it.
template <>
struct ValueSlot<std::string_view> {
  char* data;
  uint32_t size;
  uint32_t capacity;  // 0: the bytes are shared, do not overwrite

  bool has() const { return data != nullptr; }
  std::string_view get() const { return {data, size}; }
  void Set(Arena* arena, std::string_view value) {
    if (data == nullptr || value.size() > capacity) {
      size_t room = value.size() + value.size() / 2 + 8;
      if (room > UINT32_MAX) room = value.size();
      data = arena->Allocate(room);
      capacity = static_cast<uint32_t>(room);
    }
    if (!value.empty()) std::memcpy(data, value.data(), value.size());
    size = static_cast<uint32_t>(value.size());
  }
  void Share(const ValueSlot& other) {
    data = other.data;
    size = other.size;
    capacity = 0;
  }
  void Clear() {
    data = nullptr;
    size = capacity = 0;
  }
};

template <typename T>
void WriteSlot(const ValueSlot<T>& slot, StateWriter* writer) {
  writer->Put<uint8_t>(slot.has());
  if (slot.has()) writer->Put<T>(slot.get());
}
template <typename T>
bool ReadSlot(StateReader* reader, Arena* arena, ValueSlot<T>* slot) {
  uint8_t has;
  slot->Clear();
  if (!reader->Get(&has) || has > 1) return false;
  if (!has) return true;
  T value;
  if (!reader->Get(&value)) return false;
  slot->Set(arena, value);
  return true;
}

// ---- a list -------------------------------------------------------------------------------------

// Grows by doubling in the arena. Appending to a list that another state shares is safe: a shared
// list is full, so it moves first. All zero bytes is the empty list.
template <typename T>
struct ArenaList {
  T* data;
  uint32_t size;
  uint32_t capacity;

  bool Add(Arena* arena, const T& value) {
    if (size == capacity && !Grow(arena, size_t{size} + 1)) return false;
    data[size++] = value;
    return true;
  }
  bool AddAll(Arena* arena, const T* values, size_t count) {
    if (count > capacity - size && !Grow(arena, size + count)) return false;
    if (count > 0) std::memcpy(data + size, values, count * sizeof(T));
    size += static_cast<uint32_t>(count);
    return true;
  }
  void Share(const ArenaList& other) {
    data = other.data;
    size = capacity = other.size;
  }

 private:
  bool Grow(Arena* arena, size_t at_least) {
    size_t room = capacity < 4 ? 4 : size_t{capacity} * 2;
    if (room < at_least) room = at_least;
    if (room > UINT32_MAX) return false;
    T* moved = reinterpret_cast<T*>(arena->Allocate(room * sizeof(T)));
    if (size > 0) std::memcpy(moved, data, size * sizeof(T));
    data = moved;
    capacity = static_cast<uint32_t>(room);
    return true;
  }
};

// ---- results ------------------------------------------------------------------------------------

// Where finalize writes: one vector, strings copied into its own heap.
class ResultWriter {
 public:
  explicit ResultWriter(Vector* result) : result_(result) {}
  ~ResultWriter() {
    if (strings_.size_bytes() > 0) result_->AddHeap(strings_.heap());
  }
  ResultWriter(const ResultWriter&) = delete;
  template <typename T>
  void Set(size_t row, T value) {
    if constexpr (std::is_same_v<T, std::string_view>) {
      result_->mutable_values<T>()[row] = strings_.Add(value);
    } else {
      result_->mutable_values<T>()[row] = value;
    }
  }
  template <typename T>
  void SetNull(size_t row) {
    result_->mutable_values<T>()[row] = T{};
    result_->SetNull(row);
  }
  StringArena* strings() { return &strings_; }

 private:
  Vector* result_;
  StringArena strings_;
};

inline Status CorruptState(std::string_view name) {
  return DataLoss("the stored state of aggregate {} is damaged", name);
}

}  // namespace shale
