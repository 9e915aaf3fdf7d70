#include "engine/operators/group_table.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "engine/operators/key_packer.h"

namespace shale {
namespace {

constexpr size_t kFirstSlots = 1024;
constexpr size_t kFirstRows = 256;
// Tables beyond this are no longer in the nearer caches: prefetching then pays.
constexpr size_t kPrefetchBytes = size_t{192} << 10;
constexpr size_t kAhead = 12;

template <int kWords>
inline bool SameKey(const uint64_t* a, const uint64_t* b, int words) {
  if constexpr (kWords > 0) {
    uint64_t different = 0;
    for (int i = 0; i < kWords; ++i) different |= a[i] ^ b[i];
    return different == 0;
  } else {
    return std::memcmp(a, b, words * 8) == 0;
  }
}

}  // namespace

GroupTable::GroupTable(int key_words, size_t state_bytes, MemoryBudget* memory)
    : key_words_(key_words), row_bytes_(key_words * 8 + state_bytes), memory_(memory) {}

Status GroupTable::Reserve(size_t row_capacity, size_t num_slots) {
  return memory_.Resize(
      static_cast<int64_t>(row_capacity * row_bytes_ + num_slots * sizeof(uint64_t)));
}

Status GroupTable::ReserveRows(size_t at_least) {
  if (at_least <= capacity_) return OkStatus();
  if (at_least > kMaxGroups) {
    return ResourceExhausted("grouping makes more than {} groups", kMaxGroups);
  }
  const size_t capacity = std::max({at_least, kFirstRows, capacity_ * 2});
  RETURN_IF_ERROR(Reserve(capacity, num_slots_));
  if (!row_block_.Grow(std::max<size_t>(capacity * row_bytes_, 16), size_ * row_bytes_)) {
    return ResourceExhausted("out of memory for {} groups", capacity);
  }
  rows_ = row_block_.data();
  // All of what came.
  capacity_ = row_bytes_ == 0 ? capacity : row_block_.size() / row_bytes_;
  return OkStatus();
}

void GroupTable::InitRow(size_t row, const uint64_t* key) {
  std::byte* at = rows_ + row * row_bytes_;
  std::memcpy(at, key, key_words_ * 8);
  std::memset(at + key_words_ * 8, 0, row_bytes_ - key_words_ * 8);
  for (const auto& [offset, init] : inits_) init(at + key_words_ * 8 + offset);
}

Status GroupTable::GrowSlots(size_t num_slots) {
  RETURN_IF_ERROR(Reserve(capacity_, num_slots + num_slots_));
  LargeBlock slots = LargeBlock::AllocateZeroed(num_slots * sizeof(uint64_t));
  if (slots.data() == nullptr) return ResourceExhausted("out of memory for {} groups", size_);
  uint64_t* raw = slots.as<uint64_t>();
  const uint64_t mask = num_slots - 1;
  std::vector<uint64_t> hashes(4096);
  for (size_t begin = 0; begin < size_; begin += hashes.size()) {
    const size_t count = std::min(hashes.size(), size_ - begin);
    HashKeys(keys() + begin * row_words(), key_words_, row_words(), count, hashes.data());
    for (size_t i = 0; i < count; ++i) {
      if (i + kAhead < count) __builtin_prefetch(raw + (hashes.data()[i + kAhead] & mask), 1);
      const uint64_t hash = hashes.data()[i];
      uint64_t at = hash & mask;
      while (raw[at] != 0) at = (at + 1) & mask;
      raw[at] = (hash & ~uint64_t{UINT32_MAX}) | (begin + i + 1);
    }
  }
  slots_ = std::move(slots);
  num_slots_ = num_slots;
  indexed_ = size_;
  return Reserve(capacity_, num_slots_);
}

Status GroupTable::BuildIndex() {
  size_t num_slots = kFirstSlots;
  while (num_slots < size_ * 2) num_slots *= 2;
  return GrowSlots(num_slots);
}

Status GroupTable::AddUnindexed(const uint64_t* keys, size_t num_keys, uint32_t* first) {
  RETURN_IF_ERROR(ReserveRows(size_ + num_keys));
  *first = static_cast<uint32_t>(size_);
  for (size_t i = 0; i < num_keys; ++i) InitRow(size_ + i, keys + i * key_words_);
  size_ += num_keys;
  return OkStatus();
}

Status GroupTable::AddKeyWord() {
  const size_t old_bytes = row_bytes_;
  const size_t old_key = key_words_ * 8;
  row_bytes_ += 8;
  Status grown = Reserve(capacity_, num_slots_);
  if (grown.ok() &&
      !row_block_.Grow(std::max<size_t>(capacity_ * row_bytes_, 16), size_ * old_bytes)) {
    grown = ResourceExhausted("out of memory for {} groups", capacity_);
  }
  if (!grown.ok()) {
    row_bytes_ = old_bytes;
    return grown;
  }
  rows_ = row_block_.data();
  // From the last row on, so that none is overwritten before it has moved.
  for (size_t row = size_; row-- > 0;) {
    std::byte* from = rows_ + row * old_bytes;
    std::byte* to = rows_ + row * row_bytes_;
    std::memmove(to + old_key + 8, from + old_key, old_bytes - old_key);
    std::memmove(to, from, old_key);
    std::memset(to + old_key, 0, 8);
  }
  ++key_words_;
  if (num_slots_ != 0) return BuildIndex();
  return OkStatus();
}

template <int kWords>
Status GroupTable::FindOrAddWide(const uint64_t* keys, const uint64_t* hashes, size_t num_keys,
                                 uint32_t* groups) {
  const int words = kWords > 0 ? kWords : key_words_;
  const size_t row_bytes = row_bytes_;
  const uint64_t* slots = slots_.as<uint64_t>();
  uint64_t mask = num_slots_ - 1;
  const bool far = num_slots_ * sizeof(uint64_t) + size_ * row_bytes > kPrefetchBytes;
  for (size_t i = 0; i < num_keys; ++i) {
    if (far) {
      if (i + 2 * kAhead < num_keys) __builtin_prefetch(slots + (hashes[i + 2 * kAhead] & mask), 1);
      if (i + kAhead < num_keys) {
        const uint64_t slot = slots[hashes[i + kAhead] & mask];
        __builtin_prefetch(rows_ + (static_cast<uint32_t>(slot - (slot != 0))) * row_bytes, 1);
      }
    }
    const uint64_t hash = hashes[i];
    const uint64_t* key = keys + i * words;
    uint64_t at = hash & mask;
    for (;;) {
      const uint64_t slot = slots[at];
      if (slot == 0) [[unlikely]] {
        if ((size_ + 1) * 2 > num_slots_ || size_ == capacity_) {
          RETURN_IF_ERROR(ReserveRows(size_ + 1));
          if ((size_ + 1) * 2 > num_slots_) {
            // Small tables grow in large steps.
            RETURN_IF_ERROR(GrowSlots(num_slots_ * (num_slots_ < 65536 ? 4 : 2)));
          }
          slots = slots_.as<uint64_t>();
          mask = num_slots_ - 1;
          at = hash & mask;
          continue;
        }
        InitRow(size_, key);
        slots_.as<uint64_t>()[at] = (hash & ~uint64_t{UINT32_MAX}) | (size_ + 1);
        groups[i] = static_cast<uint32_t>(size_);
        ++size_;
        indexed_ = size_;
        break;
      }
      if ((slot ^ hash) >> 32 == 0) {
        const uint32_t group = static_cast<uint32_t>(slot) - 1;
        if (SameKey<kWords>(reinterpret_cast<const uint64_t*>(rows_ + group * row_bytes), key,
                            words)) {
          groups[i] = group;
          break;
        }
      }
      at = (at + 1) & mask;
    }
  }
  return OkStatus();
}

Status GroupTable::FindOrAdd(const uint64_t* keys, const uint64_t* hashes, size_t num_keys,
                             uint32_t* groups) {
  if (indexed_ < size_ || num_slots_ == 0) RETURN_IF_ERROR(BuildIndex());
  switch (key_words_) {
    case 1: return FindOrAddWide<1>(keys, hashes, num_keys, groups);
    case 2: return FindOrAddWide<2>(keys, hashes, num_keys, groups);
    case 3: return FindOrAddWide<3>(keys, hashes, num_keys, groups);
    case 4: return FindOrAddWide<4>(keys, hashes, num_keys, groups);
    default: return FindOrAddWide<0>(keys, hashes, num_keys, groups);
  }
}

Status GroupTable::FindOrAdd(const uint64_t* keys, size_t num_keys, uint32_t* groups) {
  if (hashes_.size() < num_keys) hashes_.resize(num_keys);
  HashKeys(keys, key_words_, key_words_, num_keys, hashes_.data());
  return FindOrAdd(keys, hashes_.data(), num_keys, groups);
}

template <int kWords>
void GroupTable::FindWide(const uint64_t* keys, const uint64_t* hashes, size_t num_keys,
                          uint32_t* groups) const {
  const int words = kWords > 0 ? kWords : key_words_;
  const size_t row_bytes = row_bytes_;
  const uint64_t* slots = slots_.as<uint64_t>();
  const uint64_t mask = num_slots_ - 1;
  const bool far = num_slots_ * sizeof(uint64_t) + size_ * row_bytes > kPrefetchBytes;
  for (size_t i = 0; i < num_keys; ++i) {
    if (far) {
      if (i + 2 * kAhead < num_keys) __builtin_prefetch(slots + (hashes[i + 2 * kAhead] & mask));
      if (i + kAhead < num_keys) {
        const uint64_t slot = slots[hashes[i + kAhead] & mask];
        __builtin_prefetch(rows_ + (static_cast<uint32_t>(slot - (slot != 0))) * row_bytes);
      }
    }
    const uint64_t hash = hashes[i];
    const uint64_t* key = keys + i * words;
    groups[i] = kNone;
    for (uint64_t at = hash & mask; slots[at] != 0; at = (at + 1) & mask) {
      const uint64_t slot = slots[at];
      if ((slot ^ hash) >> 32 != 0) continue;
      const uint32_t group = static_cast<uint32_t>(slot) - 1;
      if (SameKey<kWords>(reinterpret_cast<const uint64_t*>(rows_ + group * row_bytes), key,
                          words)) {
        groups[i] = group;
        break;
      }
    }
  }
}

void GroupTable::Find(const uint64_t* keys, const uint64_t* hashes, size_t num_keys,
                      uint32_t* groups) const {
  if (num_slots_ == 0) {
    std::fill(groups, groups + num_keys, kNone);
    return;
  }
  switch (key_words_) {
    case 1: return FindWide<1>(keys, hashes, num_keys, groups);
    case 2: return FindWide<2>(keys, hashes, num_keys, groups);
    case 3: return FindWide<3>(keys, hashes, num_keys, groups);
    case 4: return FindWide<4>(keys, hashes, num_keys, groups);
    default: return FindWide<0>(keys, hashes, num_keys, groups);
  }
}

}  // namespace shale
