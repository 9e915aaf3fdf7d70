#include "storage/segment/dictionary_builder.h"

#include <algorithm>
#include <numeric>

#include "engine/vector/hash.h"

namespace shale {
namespace {

constexpr uint32_t kUnknown = UINT32_MAX;
constexpr size_t kFirstSlots = 1024;
// Smaller tables stay in the cache.
constexpr size_t kPrefetchSlots = 4096;
// Looking a text up touches a slot, its entry and the entry's bytes, all of them anywhere in
// memory: each is asked for so many rows ahead.
constexpr size_t kSlotAhead = 24, kEntryAhead = 12, kBytesAhead = 6;
// Remembered dictionaries; a load makes a new one every chunk or so.
constexpr size_t kMaxRemaps = 8;

uint64_t SlotOf(uint64_t hash, uint32_t code) {
  return (hash & 0xffffffff00000000u) | (uint64_t{code} + 1);
}

}  // namespace

uint32_t DictionaryBuilder::Add(std::string_view text, uint64_t hash) {
  const uint32_t code = static_cast<uint32_t>(entries_.size());
  entries_.push_back(arena_.Add(text));
  hashes_.push_back(hash);
  text_bytes_ += text.size();
  return code;
}

void DictionaryBuilder::Grow() {
  slots_.assign(slots_.empty() ? kFirstSlots : slots_.size() * 2, 0);
  const size_t mask = slots_.size() - 1;
  for (uint32_t code = 0; code < hashes_.size(); ++code) {
    size_t at = hashes_[code] & mask;
    while (slots_[at] != 0) at = (at + 1) & mask;
    slots_[at] = SlotOf(hashes_[code], code);
  }
}

uint32_t DictionaryBuilder::Lookup(std::string_view text, uint64_t hash) {
  if (entries_.size() * 2 >= slots_.size()) Grow();
  const size_t mask = slots_.size() - 1;
  for (size_t at = hash & mask;; at = (at + 1) & mask) {
    const uint64_t slot = slots_[at];
    if (slot == 0) {
      const uint32_t code = Add(text, hash);
      slots_[at] = SlotOf(hash, code);
      return code;
    }
    if ((slot ^ hash) >> 32 == 0) {
      const uint32_t code = static_cast<uint32_t>(slot) - 1;
      if (entries_[code] == text) return code;
    }
  }
}

uint32_t DictionaryBuilder::InternOne(std::string_view text) {
  return distinct_ ? Lookup(text, HashBytes(text)) : Add(text, 0);
}

void DictionaryBuilder::Intern(const std::string_view* texts, const uint64_t* validity, size_t rows,
                               uint32_t* codes) {
  const auto is_null = [&](size_t row) { return validity != nullptr && !BitIsSet(validity, row); };
  if (!distinct_) {
    for (size_t i = 0; i < rows; ++i) codes[i] = is_null(i) ? 0 : Add(texts[i], 0);
    return;
  }
  scratch_hashes_.resize(rows);
  for (size_t i = 0; i < rows; ++i) scratch_hashes_[i] = is_null(i) ? 0 : HashBytes(texts[i]);
  for (size_t i = 0; i < rows; ++i) {
    if (i + kSlotAhead < rows && slots_.size() > kPrefetchSlots) {
      const size_t mask = slots_.size() - 1;
      const auto entry_at = [&](size_t row) {
        const uint32_t number = static_cast<uint32_t>(slots_[scratch_hashes_[row] & mask]);
        return number == 0 ? nullptr : &entries_[number - 1];
      };
      __builtin_prefetch(&slots_[scratch_hashes_[i + kSlotAhead] & mask]);
      if (const auto* entry = entry_at(i + kEntryAhead)) __builtin_prefetch(entry);
      if (const auto* entry = entry_at(i + kBytesAhead)) __builtin_prefetch(entry->data());
    }
    if (is_null(i)) {
      codes[i] = 0;
    } else if (i > 0 && scratch_hashes_[i] == scratch_hashes_[i - 1] && !is_null(i - 1) &&
               texts[i] == texts[i - 1]) {
      codes[i] = codes[i - 1];
    } else {
      codes[i] = Lookup(texts[i], scratch_hashes_[i]);
    }
  }
}

void DictionaryBuilder::InternDictionary(const Vector& vector, size_t rows, uint32_t* codes) {
  const Dictionary& dictionary = *vector.dictionary();
  const std::string_view* texts = dictionary.values.values<std::string_view>();
  const uint32_t* theirs = vector.codes();
  const uint64_t* validity = vector.validity();
  if (!distinct_) {
    for (size_t i = 0; i < rows; ++i) {
      const bool valid = validity == nullptr || BitIsSet(validity, i);
      codes[i] = valid ? Add(texts[theirs[i]], 0) : 0;
    }
    return;
  }
  // A dictionary without an id of its own cannot be recognised again.
  if (remaps_.size() >= kMaxRemaps || dictionary.id == 0) remaps_.clear();
  std::vector<uint32_t>& remap = remaps_[dictionary.id];
  remap.resize(dictionary.size(), kUnknown);
  const bool hashed = dictionary.hashes.size() == dictionary.size();
  for (size_t i = 0; i < rows; ++i) {
    if (validity != nullptr && !BitIsSet(validity, i)) {
      codes[i] = 0;
      continue;
    }
    uint32_t& mine = remap[theirs[i]];
    if (mine == kUnknown) {
      const std::string_view text = texts[theirs[i]];
      mine = Lookup(text, hashed ? dictionary.hashes[theirs[i]] : HashBytes(text));
    }
    codes[i] = mine;
  }
}

void DictionaryBuilder::StopLooking() {
  distinct_ = false;
  slots_ = {};
  remaps_.clear();
}

std::vector<uint32_t> DictionaryBuilder::Sort() {
  std::vector<uint32_t> order(entries_.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](uint32_t a, uint32_t b) { return entries_[a] < entries_[b]; });
  std::vector<uint32_t> new_codes(order.size());
  std::vector<std::string_view> entries(order.size());
  for (uint32_t i = 0; i < order.size(); ++i) {
    new_codes[order[i]] = i;
    entries[i] = entries_[order[i]];
  }
  entries_ = std::move(entries);
  hashes_.clear();
  slots_ = {};
  remaps_.clear();
  return new_codes;
}

}  // namespace shale
