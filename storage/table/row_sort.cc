#include "storage/table/row_sort.h"

#include <algorithm>
#include <bit>
#include <map>
#include <numeric>
#include <string_view>

namespace shale {
namespace {

using Words = std::vector<uint64_t>;

template <typename T>
uint64_t OrderedWord(T value) {
  if constexpr (std::is_floating_point_v<T>) {
    double wide = value;
    if (wide != wide) return ~uint64_t{0};
    if (wide == 0) wide = 0;  // −0 and 0 are one value
    uint64_t bits = std::bit_cast<uint64_t>(wide);
    return bits >> 63 ? ~bits : bits | (uint64_t{1} << 63);
  } else if constexpr (std::is_signed_v<T>) {
    return static_cast<uint64_t>(static_cast<int64_t>(value)) ^ (uint64_t{1} << 63);
  } else {
    return value;
  }
}

template <typename T>
void PutWords(const Vector& flat, uint64_t* out) {
  const T* values = flat.values<T>();
  for (size_t i = 0; i < flat.size(); ++i) out[i] = OrderedWord(values[i]);
}

void PutWideWords(int128_t value, size_t i, uint64_t* high, uint64_t* low) {
  high[i] = static_cast<uint64_t>(static_cast<uint128_t>(value) >> 64) ^ (uint64_t{1} << 63);
  low[i] = static_cast<uint64_t>(value);
}

// Text columns: every entry of every dictionary gets its rank among all; rows without a dictionary
// count as entries of their own.
void PutRanks(std::span<const Chunk> keys, size_t column, uint64_t* out) {
  struct Entry {
    std::string_view text;
    uint32_t place;
  };
  std::vector<Entry> entries;
  std::map<const Dictionary*, size_t> first_entry;  // looked up, never iterated
  std::vector<Vector> flats(keys.size());
  std::vector<size_t> flat_entry(keys.size());
  for (size_t c = 0; c < keys.size(); ++c) {
    const Vector& vector = keys[c].columns[column];
    const Vector* source = nullptr;
    if (vector.is_dictionary()) {
      auto [it, fresh] = first_entry.emplace(vector.dictionary().get(), entries.size());
      if (fresh) source = &vector.dictionary()->values;
    } else {
      flats[c] = vector.Flatten();
      // A constant's flat form is still a dictionary of nothing: take the rows.
      flat_entry[c] = entries.size();
      source = &flats[c];
    }
    if (!source) continue;
    const auto* texts = source->values<std::string_view>();
    for (size_t i = 0; i < source->size(); ++i) {
      entries.push_back({texts[i], static_cast<uint32_t>(entries.size())});
    }
  }
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.text < b.text; });
  std::vector<uint32_t> ranks(entries.size());
  uint32_t rank = 0;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (i > 0 && entries[i].text != entries[i - 1].text) ++rank;
    ranks[entries[i].place] = rank;
  }
  for (size_t c = 0; c < keys.size(); ++c) {
    const Vector& vector = keys[c].columns[column];
    size_t rows = keys[c].num_rows;
    if (vector.is_dictionary()) {
      const uint32_t* rank_of = ranks.data() + first_entry.at(vector.dictionary().get());
      const uint32_t* codes = vector.codes();
      for (size_t i = 0; i < rows; ++i) out[i] = rank_of[codes[i]];
    } else {
      for (size_t i = 0; i < rows; ++i) out[i] = ranks[flat_entry[c] + i];
    }
    out += rows;
  }
}

// Words of one column, most significant first: a NULL flag when there are NULLs, then the value.
void PutColumn(std::span<const Chunk> keys, size_t column, size_t num_rows,
               std::vector<Words>* words) {
  const Type& type = keys[0].columns[column].type();
  bool nulls = std::any_of(keys.begin(), keys.end(),
                           [&](const Chunk& c) { return c.columns[column].has_nulls(); });
  Words flags;
  if (nulls) flags.resize(num_rows);
  PhysicalType physical = type.physical();
  bool wide = physical == PhysicalType::kInt128 || physical == PhysicalType::kInterval;
  Words high(wide ? num_rows : 0);
  Words low(num_rows);
  if (physical == PhysicalType::kString) PutRanks(keys, column, low.data());
  size_t at = 0;
  for (const Chunk& chunk : keys) {
    Vector flat = physical == PhysicalType::kString && !nulls ? chunk.columns[column]
                                                              : chunk.columns[column].Flatten();
    uint64_t* out = low.data() + at;
    switch (physical) {
      case PhysicalType::kBool:
      case PhysicalType::kUInt8: PutWords<uint8_t>(flat, out); break;
      case PhysicalType::kInt8: PutWords<int8_t>(flat, out); break;
      case PhysicalType::kInt16: PutWords<int16_t>(flat, out); break;
      case PhysicalType::kInt32: PutWords<int32_t>(flat, out); break;
      case PhysicalType::kInt64: PutWords<int64_t>(flat, out); break;
      case PhysicalType::kUInt16: PutWords<uint16_t>(flat, out); break;
      case PhysicalType::kUInt32: PutWords<uint32_t>(flat, out); break;
      case PhysicalType::kUInt64: PutWords<uint64_t>(flat, out); break;
      case PhysicalType::kFloat: PutWords<float>(flat, out); break;
      case PhysicalType::kDouble: PutWords<double>(flat, out); break;
      case PhysicalType::kInt128:
        for (size_t i = 0; i < flat.size(); ++i) {
          PutWideWords(flat.values<int128_t>()[i], i, high.data() + at, out);
        }
        break;
      case PhysicalType::kInterval:
        for (size_t i = 0; i < flat.size(); ++i) {
          PutWideWords(IntervalOrder(flat.values<Interval>()[i]), i, high.data() + at, out);
        }
        break;
      default: break;  // strings are done; lists and structs are no sort columns
    }
    if (flat.has_nulls()) {
      for (size_t i = 0; i < flat.size(); ++i) {
        if (BitIsSet(flat.validity(), i)) continue;
        flags[at + i] = 1;
        low[at + i] = 0;
        if (wide) high[at + i] = 0;
      }
    }
    at += chunk.num_rows;
  }
  if (nulls) words->push_back(std::move(flags));
  if (wide) words->push_back(std::move(high));
  words->push_back(std::move(low));
}

// Subtracts each word's minimum and joins neighbours that fit into 64 bits together.
std::vector<Words> Pack(std::vector<Words> words) {
  std::vector<Words> packed;
  int free_bits = 0;
  for (Words& word : words) {
    auto [min, max] = std::minmax_element(word.begin(), word.end());
    uint64_t base = *min;
    int bits = std::bit_width(*max - base);
    if (bits == 0) continue;
    for (uint64_t& value : word) value -= base;
    if (bits <= free_bits) {
      Words& into = packed.back();
      for (size_t i = 0; i < word.size(); ++i) into[i] = into[i] << bits | word[i];
      free_bits -= bits;
    } else {
      packed.push_back(std::move(word));
      free_bits = 64 - bits;
    }
  }
  return packed;
}

bool InOrder(const std::vector<Words>& words, size_t num_rows) {
  for (size_t i = 1; i < num_rows; ++i) {
    for (const Words& word : words) {
      if (word[i - 1] < word[i]) break;
      if (word[i - 1] > word[i]) return false;
    }
  }
  return true;
}

struct Item {
  uint64_t key;
  uint32_t row;
};

// One stable counting pass a byte of the key; bytes that are the same in every key are skipped.
void RadixSort(std::vector<Item>* items, std::vector<Item>* scratch) {
  uint64_t differing = 0;
  for (const Item& item : *items) differing |= item.key ^ items->front().key;
  scratch->resize(items->size());
  for (int shift = 0; shift < 64; shift += 8) {
    if (((differing >> shift) & 255) == 0) continue;
    size_t starts[257] = {};
    for (const Item& item : *items) ++starts[((item.key >> shift) & 255) + 1];
    for (int i = 0; i < 256; ++i) starts[i + 1] += starts[i];
    for (const Item& item : *items) (*scratch)[starts[(item.key >> shift) & 255]++] = item;
    items->swap(*scratch);
  }
}

}  // namespace

std::vector<uint32_t> SortRows(std::span<const Chunk> keys) {
  size_t num_rows = 0;
  for (const Chunk& chunk : keys) num_rows += chunk.num_rows;
  SHALE_CHECK(num_rows < ~uint32_t{0});
  if (num_rows < 2 || keys[0].columns.empty()) return {};
  std::vector<Words> words;
  for (size_t column = 0; column < keys[0].columns.size(); ++column) {
    PutColumn(keys, column, num_rows, &words);
  }
  if (InOrder(words, num_rows)) return {};
  words = Pack(std::move(words));
  std::vector<Item> items(num_rows), scratch;
  for (size_t i = 0; i < num_rows; ++i) items[i].row = static_cast<uint32_t>(i);
  for (size_t w = words.size(); w-- > 0;) {
    for (Item& item : items) item.key = words[w][item.row];
    RadixSort(&items, &scratch);
  }
  std::vector<uint32_t> order(num_rows);
  for (size_t i = 0; i < num_rows; ++i) order[i] = items[i].row;
  return order;
}

}  // namespace shale
