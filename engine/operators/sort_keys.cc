#include "engine/operators/sort_keys.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "engine/vector/nested.h"
#include "engine/vector/physical.h"

namespace shale {
namespace {

constexpr int kPrefixBits = 128;

// Bits of a value in the prefix behind its 8 bits of NULL flag; 0: as many as there is room for.
int ValueBits(PhysicalType type) {
  switch (type) {
    case PhysicalType::kString: return 0;
    case PhysicalType::kInterval: return 128;
    case PhysicalType::kList:
    case PhysicalType::kStruct: return 0;
    default: return static_cast<int>(PhysicalSize(type)) * 8;
  }
}

// Unsigned order of the result is the order of values.
template <typename T>
uint128_t Ordered(T value) {
  if constexpr (std::is_same_v<T, float>) {
    if (std::isnan(value)) return UINT32_MAX;
    if (value == 0) value = 0;
    const auto bits = std::bit_cast<uint32_t>(value);
    return (bits >> 31) ? static_cast<uint32_t>(~bits) : (bits | 0x80000000u);
  } else if constexpr (std::is_same_v<T, double>) {
    if (std::isnan(value)) return UINT64_MAX;
    if (value == 0) value = 0;
    const auto bits = std::bit_cast<uint64_t>(value);
    return (bits >> 63) ? ~bits : (bits | (uint64_t{1} << 63));
  } else if constexpr (std::is_same_v<T, int128_t>) {
    return static_cast<uint128_t>(value) ^ (static_cast<uint128_t>(1) << 127);
  } else if constexpr (std::is_same_v<T, Interval>) {
    return Ordered<int128_t>(IntervalOrder(value));
  } else if constexpr (std::is_signed_v<T>) {
    using U = std::make_unsigned_t<T>;
    return static_cast<U>(static_cast<U>(value) ^ (U{1} << (sizeof(T) * 8 - 1)));
  } else {
    return value;
  }
}

// The first 16 bytes of a string, in the high end.
inline uint128_t Ordered(std::string_view text) {
  uint64_t words[2] = {0, 0};
  if (!text.empty()) std::memcpy(words, text.data(), std::min<size_t>(text.size(), 16));
  return (static_cast<uint128_t>(__builtin_bswap64(words[0])) << 64) | __builtin_bswap64(words[1]);
}

inline void JoinBits(SortPrefix* prefix, uint128_t bits) {
  prefix->high |= static_cast<uint64_t>(bits >> 64);
  prefix->low |= static_cast<uint64_t>(bits);
}

}  // namespace

KeyRanks RankDictionaries(std::span<const Vector* const> keys, size_t max_entries) {
  KeyRanks ranks;
  std::vector<DictionaryPtr> dictionaries;
  size_t total = 0;
  for (const Vector* key : keys) {
    if (key->is_constant_null()) continue;
    if (!key->is_dictionary() || !key->type().IsStringLike()) return {};
    const DictionaryPtr& dictionary = key->dictionary();
    if (ranks.of_dictionary.contains(dictionary->id)) continue;
    total += dictionary->size();
    if (total > max_entries) return {};
    ranks.of_dictionary[dictionary->id].resize(dictionary->size());
    dictionaries.push_back(dictionary);
  }
  struct Entry {
    SortPrefix prefix;
    uint32_t dictionary;
    uint32_t code;
  };
  std::vector<Entry> entries;
  entries.reserve(total);
  for (uint32_t d = 0; d < dictionaries.size(); ++d) {
    const auto* texts = dictionaries[d]->values.values<std::string_view>();
    for (uint32_t code = 0; code < dictionaries[d]->size(); ++code) {
      const uint128_t bits = Ordered(texts[code]);
      entries.push_back(
          {{static_cast<uint64_t>(bits >> 64), static_cast<uint64_t>(bits)}, d, code});
    }
  }
  const auto text = [&](const Entry& entry) {
    return dictionaries[entry.dictionary]->values.values<std::string_view>()[entry.code];
  };
  const auto less = [&](const Entry& a, const Entry& b) {
    if (!(a.prefix == b.prefix)) return a.prefix < b.prefix;
    return text(a) < text(b);
  };
  if (!std::is_sorted(entries.begin(), entries.end(), less)) {
    std::sort(entries.begin(), entries.end(), less);
  }
  std::vector<uint32_t*> out;
  for (const DictionaryPtr& dictionary : dictionaries) {
    out.push_back(ranks.of_dictionary[dictionary->id].data());
  }
  uint32_t rank = 0;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (i > 0 && less(entries[i - 1], entries[i])) ++rank;
    out[entries[i].dictionary][entries[i].code] = rank;
  }
  return ranks;
}

PrefixPart PrefixOfKeys(const std::vector<Type>& types, std::span<const KeyRanks> ranks) {
  PrefixPart part;
  int at = 0;
  for (; part.num_keys < types.size(); ++part.num_keys) {
    const bool ranked = part.num_keys < ranks.size() && !ranks[part.num_keys].empty();
    const int bits = ranked ? 32 : ValueBits(types[part.num_keys].physical());
    if (bits == 0 || at + 8 + bits > kPrefixBits) break;
    at += 8 + bits;
  }
  if (at > 0) {
    const uint128_t mask = ~static_cast<uint128_t>(0) << (kPrefixBits - at);
    part.mask = {static_cast<uint64_t>(mask >> 64), static_cast<uint64_t>(mask)};
  }
  return part;
}

void MakePrefixes(std::span<const Vector> keys, std::span<const SortOrder> orders, size_t num_rows,
                  SortPrefix* prefixes, std::span<const KeyRanks> ranks) {
  std::fill(prefixes, prefixes + num_rows, SortPrefix{0, 0});
  int at = 0;
  for (size_t k = 0; k < keys.size(); ++k) {
    if (at + 8 > kPrefixBits) return;
    const Vector key = ForSorting(keys[k]);
    const SortOrder order = orders[k];
    const PhysicalType physical = key.type().physical();
    if (physical == PhysicalType::kList || physical == PhysicalType::kStruct) return;
    const bool ranked = k < ranks.size() && !ranks[k].empty();
    const bool text = physical == PhysicalType::kString && !ranked;
    const int room = kPrefixBits - at - 8;
    const int width = text ? 128 : ranked ? 32 : ValueBits(physical);
    // The value stands at the top of its `width` bits; what has no room falls off below.
    const int shift = room - width;
    const uint128_t null_bits = static_cast<uint128_t>(order.nulls_first ? 0 : 2) << room;
    const uint128_t valid_bits = static_cast<uint128_t>(1) << room;
    const uint128_t value_mask =
        width == 128 ? ~static_cast<uint128_t>(0) : (static_cast<uint128_t>(1) << width) - 1;
    const uint64_t* validity = key.validity();
    const uint32_t* codes = key.is_dictionary() ? key.codes() : nullptr;
    if (ranked) {
      const uint32_t* of_code =
          codes ? ranks[k].of_dictionary.at(key.dictionary()->id).data() : nullptr;
      for (size_t i = 0; i < num_rows; ++i) {
        if (codes == nullptr || (validity && !BitIsSet(validity, i))) {
          JoinBits(&prefixes[i], null_bits);
          continue;
        }
        uint128_t bits = of_code[codes[i]];
        if (order.descending) bits = ~bits & value_mask;
        bits = shift >= 0 ? bits << shift : bits >> -shift;
        JoinBits(&prefixes[i], bits | valid_bits);
      }
      at += 8 + width;
      continue;
    }
    DispatchPhysical(physical, [&]<typename T>() {
      const T* values = codes ? key.dictionary()->values.template values<T>() : key.values<T>();
      for (size_t i = 0; i < num_rows; ++i) {
        if (validity && !BitIsSet(validity, i)) {
          JoinBits(&prefixes[i], null_bits);
          continue;
        }
        uint128_t bits = Ordered(values[codes ? codes[i] : i]);
        if (order.descending) bits = ~bits & value_mask;
        bits = shift >= 0 ? bits << shift : shift > -128 ? bits >> -shift : 0;
        JoinBits(&prefixes[i], bits | valid_bits);
      }
    });
    if (text) return;
    at += 8 + width;
  }
}

int CompareRows(const Vector& a, size_t row_a, const Vector& b, size_t row_b, SortOrder order) {
  const auto is_null = [](const Vector& v, size_t row) {
    return v.has_nulls() && !BitIsSet(v.validity(), v.is_constant() ? 0 : row);
  };
  const bool null_a = is_null(a, row_a), null_b = is_null(b, row_b);
  if (null_a || null_b) {
    if (null_a && null_b) return 0;
    return (null_a == order.nulls_first) ? -1 : 1;
  }
  const PhysicalType physical = a.type().physical();
  int result;
  if (physical == PhysicalType::kList || physical == PhysicalType::kStruct) {
    result = CompareValues(a, row_a, b, row_b);
  } else {
    result = DispatchPhysical(physical, [&]<typename T>() -> int {
      const auto value = [](const Vector& v, size_t row) -> T {
        if (v.is_dictionary()) return v.dictionary()->values.template values<T>()[v.codes()[row]];
        return v.values<T>()[v.is_constant() ? 0 : row];
      };
      const T x = value(a, row_a), y = value(b, row_b);
      if constexpr (std::is_same_v<T, std::string_view>) {
        const int compared = x.compare(y);
        return compared < 0 ? -1 : compared > 0 ? 1 : 0;
      } else {
        const uint128_t left = Ordered(x), right = Ordered(y);
        return left < right ? -1 : left > right ? 1 : 0;
      }
    });
  }
  return order.descending ? -result : result;
}

int CompareKeys(std::span<const Vector> a, size_t row_a, std::span<const Vector> b, size_t row_b,
                std::span<const SortOrder> orders, size_t first) {
  for (size_t k = first; k < orders.size(); ++k) {
    const int compared = CompareRows(a[k], row_a, b[k], row_b, orders[k]);
    if (compared != 0) return compared;
  }
  return 0;
}

Vector ForSorting(Vector vector) {
  if (vector.is_flat()) return vector;
  // A string dictionary is no dearer to read than flat strings; other types are.
  if (vector.is_dictionary() && vector.type().IsStringLike() && vector.dictionary()->size() > 0) {
    return vector;
  }
  return vector.Flatten();
}

}  // namespace shale
