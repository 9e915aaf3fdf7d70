#include "engine/operators/intern_table.h"

#include <algorithm>
#include <cstdlib>

#include "engine/vector/hash.h"

namespace shale {
namespace {
constexpr uint32_t kShardBits = 6;
constexpr uint32_t kShardBitsOfTwoWorkers = 4;  // longer batches a lock
constexpr size_t kFirstSlots = 1024;
// Entries interned in one go: their hashes, views and texts stay in the second-level cache.
constexpr size_t kPieceEntries = 8192;

// The lines of a text of usual length; the hardware's own prefetcher follows for longer ones.
void PrefetchText(std::string_view text) {
  __builtin_prefetch(text.data());
  __builtin_prefetch(text.data() + std::min<size_t>(text.size(), 64));
}
uint64_t Salt(uint64_t hash) { return (hash >> 26) << 32; }
}  // namespace

InternTable::InternTable(int num_workers, MemoryBudget* memory, size_t compare_bytes)
    : shard_bits_(num_workers > 2   ? kShardBits
                  : num_workers > 1 ? kShardBitsOfTwoWorkers
                                    : 0),
      num_shards_(1u << shard_bits_),
      compare_bytes_(compare_bytes),
      memory_(memory) {
  for (uint32_t i = 0; i < num_shards_; ++i) shards_.push_back(std::make_unique<Shard>(memory));
}

Status InternTable::Grow(Shard* shard) {
  const size_t num_slots = std::max(kFirstSlots, shard->slots.size() * 2);
  RETURN_IF_ERROR(shard->memory.Resize(static_cast<int64_t>(
      num_slots * (sizeof(uint64_t) + sizeof(Entry) / 2) + shard->arena.size_bytes())));
  std::vector<uint64_t> slots(num_slots);
  const uint64_t mask = num_slots - 1;
  uint64_t* raw = slots.data();
  const Entry* entries = shard->entries.data();
  for (size_t i = 0; i < shard->entries.size(); ++i) {
    uint64_t at = entries[i].hash & mask;
    while (raw[at] != 0) at = (at + 1) & mask;
    raw[at] = Salt(entries[i].hash) | (i + 1);
  }
  shard->slots = std::move(slots);
  shard->entries.reserve(num_slots / 2);
  return OkStatus();
}

template <bool kAdd>
Status InternTable::Walk(Shard* shard, uint32_t shard_index, const std::string_view* strings,
                         const uint64_t* hashes, const uint32_t* rows, size_t count, bool stable,
                         uint32_t* ids) {
  if (shard->slots.empty()) {
    if (!kAdd) {
      for (size_t i = 0; i < count; ++i) ids[rows ? rows[i] : i] = kNone;
      return OkStatus();
    }
    RETURN_IF_ERROR(Grow(shard));
  }
  constexpr size_t kAhead = 8;
  for (size_t i = 0; i < count; ++i) {
    const uint64_t* slots = shard->slots.data();
    const uint64_t mask = shard->slots.size() - 1;
    // The slot first, then the entry it names, then that entry's bytes.
    const auto ahead_row = [&](size_t ahead) {
      return rows ? rows[i + ahead] : static_cast<uint32_t>(i + ahead);
    };
    if (i + 3 * kAhead < count) {
      __builtin_prefetch(&slots[hashes[ahead_row(3 * kAhead)] & mask]);
      PrefetchText(strings[ahead_row(3 * kAhead)]);
    }
    if (i + 2 * kAhead < count) {
      const uint64_t slot = slots[hashes[ahead_row(2 * kAhead)] & mask];
      if (slot != 0) __builtin_prefetch(&shard->entries.data()[static_cast<uint32_t>(slot) - 1]);
    }
    if (i + kAhead < count) {
      const uint64_t slot = slots[hashes[ahead_row(kAhead)] & mask];
      if (slot != 0) {
        const Entry& entry = shard->entries.data()[static_cast<uint32_t>(slot) - 1];
        PrefetchText({entry.data, entry.size});
      }
    }
    const uint32_t row = rows ? rows[i] : static_cast<uint32_t>(i);
    const uint64_t hash = hashes[row];
    const uint64_t salt = Salt(hash);
    const std::string_view text = strings[row];
    uint64_t at = hash & mask;
    for (;;) {
      const uint64_t slot = slots[at];
      if (slot == 0) {
        if (!kAdd) {
          ids[row] = kNone;
          break;
        }
        if ((shard->entries.size() + 1) * 2 > shard->slots.size()) {
          RETURN_IF_ERROR(Grow(shard));
          --i;  // once more, in the larger table
          break;
        }
        const auto index = static_cast<uint32_t>(shard->entries.size());
        if (index >= (kMaxIds >> shard_bits_)) {
          return ResourceExhausted("a key column has more than {} different strings", kMaxIds);
        }
        const std::string_view kept = stable ? text : shard->arena.Copy(text);
        shard->entries.push_back({kept.data(), hash, static_cast<uint32_t>(kept.size())});
        shard->slots[at] = salt | (index + 1);
        ids[row] = (index << shard_bits_) | shard_index;
        break;
      }
      if ((slot & ~uint64_t{UINT32_MAX}) == salt) {
        const Entry& entry = shard->entries.data()[static_cast<uint32_t>(slot) - 1];
        if (entry.hash == hash && Compared({entry.data, entry.size}) == Compared(text)) {
          ids[row] = ((static_cast<uint32_t>(slot) - 1) << shard_bits_) | shard_index;
          break;
        }
      }
      at = (at + 1) & mask;
    }
  }
  if (kAdd && !stable) {
    RETURN_IF_ERROR(shard->memory.Resize(static_cast<int64_t>(
        shard->slots.size() * (sizeof(uint64_t) + sizeof(Entry) / 2) + shard->arena.size_bytes())));
  }
  return OkStatus();
}

template <bool kAdd>
Status InternTable::All(const std::string_view* strings, const uint64_t* hashes, size_t count,
                        bool stable, uint32_t* ids) {
  if (count == 0) return OkStatus();
  if (num_shards_ == 1) {
    if (!kAdd) return Walk<kAdd>(shards_[0].get(), 0, strings, hashes, nullptr, count, stable, ids);
    MutexLock lock(&shards_[0]->mutex);
    return Walk<kAdd>(shards_[0].get(), 0, strings, hashes, nullptr, count, stable, ids);
  }
  // Rows by shard, so that a batch takes each lock once.
  const uint32_t shift = 64 - shard_bits_;
  std::vector<uint32_t> begins(num_shards_ + 1);
  std::vector<uint32_t> rows(count);
  uint32_t* begin = begins.data();
  for (size_t i = 0; i < count; ++i) ++begin[(hashes[i] >> shift) + 1];
  for (uint32_t shard = 0; shard < num_shards_; ++shard) begin[shard + 1] += begin[shard];
  std::vector<uint32_t> next(begins);
  for (size_t i = 0; i < count; ++i) {
    rows.data()[next.data()[hashes[i] >> shift]++] = static_cast<uint32_t>(i);
  }
  for (uint32_t shard = 0; shard < num_shards_; ++shard) {
    const size_t in_shard = begin[shard + 1] - begin[shard];
    if (in_shard == 0) continue;
    const auto walk = [&] {
      return Walk<kAdd>(shards_[shard].get(), shard, strings, hashes, rows.data() + begin[shard],
                        in_shard, stable, ids);
    };
    if (!kAdd) {
      RETURN_IF_ERROR(walk());
      continue;
    }
    MutexLock lock(&shards_[shard]->mutex);
    RETURN_IF_ERROR(walk());
  }
  return OkStatus();
}

Status InternTable::Intern(const std::string_view* strings, const uint64_t* hashes, size_t count,
                           bool stable, uint32_t* ids) {
  return All<true>(strings, hashes, count, stable, ids);
}

StatusOr<InternTable::Dictionary*> InternTable::Remember(const DictionaryPtr& dictionary) {
  MutexLock lock(&dictionaries_mutex_);
  std::unique_ptr<Dictionary>& known = dictionaries_[dictionary->id];
  if (known) return known.get();
  const size_t size = std::max<size_t>(dictionary->size(), 1);
  auto fresh = std::make_unique<Dictionary>(dictionary, memory_);
  RETURN_IF_ERROR(fresh->memory.Resize(static_cast<int64_t>(size * sizeof(uint32_t))));
  // Zero pages come only as they are touched.
  fresh->ids = {static_cast<std::atomic<uint32_t>*>(std::calloc(size, sizeof(uint32_t))),
                std::free};
  if (!fresh->ids) return ResourceExhausted("out of memory for dictionary codes");
  known = std::move(fresh);
  return known.get();
}

Status InternTable::InternEntries(Dictionary* known, const uint32_t* codes, size_t first,
                                  size_t count) {
  const auto* entries = known->dictionary->values.values<std::string_view>();
  const uint64_t* validity = known->dictionary->values.validity();
  const std::vector<uint64_t>& stored = known->dictionary->hashes;
  std::vector<std::string_view> strings(count);
  std::vector<uint64_t> hashes(count);
  std::vector<uint32_t> ids(count);
  for (size_t i = 0; i < count; ++i) {
    const size_t code = codes ? codes[i] : first + i;
    // A NULL entry has no text; nobody asks for its id.
    const bool valid = validity == nullptr || BitIsSet(validity, code);
    if (valid) strings[i] = entries[code];
    hashes[i] = valid && !stored.empty() ? stored[code] : HashBytes(Compared(strings[i]));
  }
  RETURN_IF_ERROR(All<true>(strings.data(), hashes.data(), count, true, ids.data()));
  for (size_t i = 0; i < count; ++i) {
    known->ids[codes ? codes[i] : first + i].store(ids[i] + 1, std::memory_order_relaxed);
  }
  return OkStatus();
}

Status InternTable::InternCodes(const DictionaryPtr& dictionary, const uint32_t* codes,
                                size_t count, uint32_t* ids) {
  ASSIGN_OR_RETURN(Dictionary * known, Remember(dictionary));
  const size_t size = dictionary->size();
  if (known->num_asked.fetch_add(count, std::memory_order_relaxed) + count >= size / 4) {
    while (known->next_piece.load(std::memory_order_relaxed) < size) {
      const size_t first = known->next_piece.fetch_add(kPieceEntries, std::memory_order_relaxed);
      if (first >= size) break;
      RETURN_IF_ERROR(InternEntries(known, nullptr, first, std::min(kPieceEntries, size - first)));
    }
  }
  std::vector<uint32_t> unknown;
  for (size_t i = 0; i < count; ++i) {
    if (known->ids[codes[i]].load(std::memory_order_relaxed) == 0) unknown.push_back(codes[i]);
  }
  if (!unknown.empty()) {
    RETURN_IF_ERROR(InternEntries(known, unknown.data(), 0, unknown.size()));
  }
  for (size_t i = 0; i < count; ++i) {
    ids[i] = known->ids[codes[i]].load(std::memory_order_relaxed) - 1;
  }
  return OkStatus();
}

void InternTable::Find(const std::string_view* strings, const uint64_t* hashes, size_t count,
                       uint32_t* ids) {
  SHALE_CHECK(All<false>(strings, hashes, count, true, ids).ok());
}

}  // namespace shale
