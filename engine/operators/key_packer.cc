#include "engine/operators/key_packer.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "engine/vector/hash.h"
#include "engine/vector/nested.h"
#include "engine/vector/physical.h"

namespace shale {
namespace {

// What a worker's code → id arrays may hold in all for one key column, in entries of four bytes.
constexpr size_t kMaxEntriesKept = size_t{32} << 20;

constexpr size_t kIntervalBytes = 32;  // 16 of order, which are compared, then the value itself

size_t PackedBytes(const Type& type) {
  switch (type.physical()) {
    case PhysicalType::kString:
    case PhysicalType::kInterval:
    case PhysicalType::kList: return 4;
    default: return PhysicalSize(type.physical());
  }
}

template <typename T>
uint64_t Bits(T value) {
  if constexpr (std::is_same_v<T, float>) {
    if (value == 0) value = 0;
    if (std::isnan(value)) value = std::numeric_limits<float>::quiet_NaN();
    return std::bit_cast<uint32_t>(value);
  } else if constexpr (std::is_same_v<T, double>) {
    if (value == 0) value = 0;
    if (std::isnan(value)) value = std::numeric_limits<double>::quiet_NaN();
    return std::bit_cast<uint64_t>(value);
  } else {
    return static_cast<uint64_t>(static_cast<std::make_unsigned_t<T>>(value));
  }
}

// First column of a word writes it, the others join.
template <bool kFirst>
inline void PutBits(uint64_t* word, uint64_t bits) {
  if (kFirst)
    *word = bits;
  else
    *word |= bits;
}

template <typename T, bool kFirst>
void PackFlat(const T* values, size_t step, const uint64_t* validity, size_t num_rows, int shift,
              uint64_t* out, size_t stride) {
  if (validity == nullptr) {
    if (step == 0) {
      const uint64_t bits = Bits(values[0]) << shift;
      for (size_t i = 0; i < num_rows; ++i) PutBits<kFirst>(out + i * stride, bits);
    } else if (stride == 1) {
      for (size_t i = 0; i < num_rows; ++i) PutBits<kFirst>(out + i, Bits(values[i]) << shift);
    } else {
      for (size_t i = 0; i < num_rows; ++i) {
        PutBits<kFirst>(out + i * stride, Bits(values[i]) << shift);
      }
    }
    return;
  }
  for (size_t i = 0; i < num_rows; ++i) {
    const uint64_t bits = BitIsSet(validity, i * step) ? Bits(values[i * step]) << shift : 0;
    PutBits<kFirst>(out + i * stride, bits);
  }
}

// Flat or constant.
const Vector& Plain(const Vector& vector, Vector* storage) {
  if (vector.is_flat() || vector.is_constant()) return vector;
  *storage = vector.Flatten();
  return *storage;
}

}  // namespace

StatusOr<KeyLayout> MakeKeyLayout(const std::vector<Type>& types, int num_workers,
                                  MemoryBudget* memory) {
  constexpr size_t kMaxKeys = 64;
  if (types.size() > kMaxKeys) {
    return Unsupported("at most {} key columns, here are {}", kMaxKeys, types.size());
  }
  KeyLayout layout;
  layout.columns.resize(types.size());
  for (size_t i = 0; i < types.size(); ++i) {
    KeyColumn& column = layout.columns[i];
    column.type = types[i];
    switch (types[i].physical()) {
      case PhysicalType::kStruct:
        return Unsupported("{} cannot be a key of GROUP BY, DISTINCT or a join",
                           types[i].ToString());
      case PhysicalType::kList:
        if (!HasCanonicalBytes(types[i])) {
          return Unsupported(
              "{} cannot be a key of GROUP BY, DISTINCT or a join; cast it, as in x::TEXT[]",
              types[i].ToString());
        }
        column.is_list = true;
        column.interned = true;
        column.strings = std::make_shared<InternTable>(num_workers, memory, 0);
        break;
      case PhysicalType::kInterval: column.is_interval = true; [[fallthrough]];
      case PhysicalType::kString:
        column.interned = true;
        column.strings =
            std::make_shared<InternTable>(num_workers, memory, column.is_interval ? 16 : 0);
        break;
      default: break;
    }
  }
  // Widest first: then no column straddles a word.
  std::vector<size_t> order(types.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    const size_t bytes_a = PackedBytes(types[a]), bytes_b = PackedBytes(types[b]);
    return bytes_a != bytes_b ? bytes_a > bytes_b : a < b;
  });
  size_t at = 0;
  int num_bits = 0;
  for (size_t i : order) {
    KeyColumn& column = layout.columns[i];
    column.word = static_cast<int>(at / 8);
    column.shift = static_cast<int>(at % 8 * 8);
    at += PackedBytes(types[i]);
    if (!column.interned) column.null_bit = num_bits++;
  }
  const size_t null_bytes = (num_bits + 7) / 8;
  layout.base_words = static_cast<int>(std::max<size_t>((at + 7) / 8, 1));
  const size_t left = layout.base_words * 8 - at;
  if (null_bytes == 0) {
    layout.null_word = 0;
  } else if (null_bytes <= left && (at % 8 != 0 || at == 0)) {
    layout.null_word = static_cast<int>(at / 8);
    for (KeyColumn& column : layout.columns) {
      if (column.null_bit >= 0) column.null_bit += static_cast<int>(at % 8 * 8);
    }
  } else {
    layout.null_word = layout.base_words;
    layout.nulls_need_word = true;
  }
  return layout;
}

KeyPacker::KeyPacker(const KeyLayout* layout, bool find_only)
    : layout_(layout), find_only_(find_only), columns_(layout->columns.size()) {}

bool KeyPacker::NeedsNullWord(std::span<const Vector> keys, size_t num_rows) const {
  if (!layout_->nulls_need_word) return false;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (layout_->columns[i].interned || !keys[i].has_nulls()) continue;
    const Vector& key = keys[i];
    if (key.is_constant()) {
      if (key.is_constant_null()) return true;
      continue;
    }
    const size_t bits = key.is_run() ? key.num_runs() : num_rows;
    if (CountSetBits(key.validity(), bits) != bits) return true;
  }
  return false;
}

Status KeyPacker::Resolve(const KeyColumn& column, const std::string_view* strings,
                          const uint64_t* hashes, size_t count, bool stable, uint32_t* ids) {
  if (find_only_) {
    column.strings->Find(strings, hashes, count, ids);
    return OkStatus();
  }
  return column.strings->Intern(strings, hashes, count, stable, ids);
}

Status KeyPacker::InternCodes(const KeyColumn& column, const DictionaryPtr& dictionary,
                              const uint32_t* codes, size_t count, uint32_t* ids) {
  if (!find_only_) return column.strings->InternCodes(dictionary, codes, count, ids);
  const auto* entries = dictionary->values.values<std::string_view>();
  const uint64_t* stored = dictionary->hashes.empty() ? nullptr : dictionary->hashes.data();
  strings_.resize(count);
  hashes_.resize(count);
  std::string_view* strings = strings_.data();
  uint64_t* hashes = hashes_.data();
  for (size_t i = 0; i < count; ++i) {
    strings[i] = entries[codes[i]];
    hashes[i] = stored ? stored[codes[i]] : HashBytes(strings[i]);
  }
  column.strings->Find(strings, hashes, count, ids);
  return OkStatus();
}

Status KeyPacker::Ids(size_t index, const Vector& vector, size_t num_rows, uint32_t* ids) {
  const KeyColumn& column = layout_->columns[index];
  ColumnState& state = columns_[index];
  if (vector.is_constant_null()) {
    std::fill(ids, ids + num_rows, InternTable::kNull);
    return OkStatus();
  }
  if (vector.is_dictionary() && !column.is_interval && !column.is_list) {
    const DictionaryPtr& dictionary = vector.dictionary();
    const uint32_t* codes = vector.codes();
    const uint64_t* validity = vector.validity();
    state.rows_seen += num_rows;
    auto found = state.dictionaries.find(dictionary->id);
    // A large dictionary of which few rows are left is not worth an array.
    if (found == state.dictionaries.end() && dictionary->size() <= 65536 + 16 * state.rows_seen) {
      if (state.entries_kept + dictionary->size() > kMaxEntriesKept) {
        state.dictionaries.clear();
        state.entries_kept = 0;
      }
      CodeIds fresh;
      fresh.dictionary = dictionary;
      // Zero pages come only as they are touched.
      fresh.ids = {static_cast<uint32_t*>(
                       std::calloc(std::max<size_t>(dictionary->size(), 1), sizeof(uint32_t))),
                   std::free};
      if (fresh.ids == nullptr) return ResourceExhausted("out of memory for dictionary codes");
      state.entries_kept += dictionary->size();
      found = state.dictionaries.emplace(dictionary->id, std::move(fresh)).first;
    }
    if (found != state.dictionaries.end()) {
      uint32_t* known = found->second.ids.get();
      if (dictionary->size() == 0) {
        std::fill(ids, ids + num_rows, InternTable::kNull);
        return OkStatus();
      }
      uint32_t least = UINT32_MAX;
      for (size_t i = 0; i < num_rows; ++i) {
        ids[i] = known[codes[i]] - 1;
        least = std::min(least, known[codes[i]]);
      }
      if (least == 0) {
        // The entries met for the first time, each once.
        codes_.clear();
        for (size_t i = 0; i < num_rows; ++i) {
          if (known[codes[i]] != 0 || (validity && !BitIsSet(validity, i))) continue;
          known[codes[i]] = 1;
          codes_.push_back(codes[i]);
        }
        ids_.resize(codes_.size());
        RETURN_IF_ERROR(InternCodes(column, dictionary, codes_.data(), codes_.size(), ids_.data()));
        for (size_t i = 0; i < codes_.size(); ++i) known[codes_[i]] = ids_[i] + 1;
        // kNone + 1 would read as "not asked yet".
        if (find_only_) {
          for (size_t i = 0; i < codes_.size(); ++i) {
            if (ids_[i] == InternTable::kNone) known[codes_[i]] = InternTable::kNone;
          }
        }
        for (size_t i = 0; i < num_rows; ++i) ids[i] = known[codes[i]] - 1;
      }
      if (validity) {
        for (size_t i = 0; i < num_rows; ++i) {
          if (!BitIsSet(validity, i)) ids[i] = InternTable::kNull;
        }
      }
      return OkStatus();
    }
    // Row by row, with the dictionary's hashes.
    codes_.clear();
    std::vector<uint32_t> rows;
    for (size_t i = 0; i < num_rows; ++i) {
      if (validity && !BitIsSet(validity, i)) {
        ids[i] = InternTable::kNull;
        continue;
      }
      codes_.push_back(codes[i]);
      rows.push_back(static_cast<uint32_t>(i));
    }
    ids_.resize(codes_.size());
    RETURN_IF_ERROR(InternCodes(column, dictionary, codes_.data(), codes_.size(), ids_.data()));
    for (size_t i = 0; i < rows.size(); ++i) ids[rows[i]] = ids_[i];
    return OkStatus();
  }

  Vector storage;
  const Vector& plain = Plain(vector, &storage);
  const size_t count = plain.is_constant() ? 1 : num_rows;
  const uint64_t* validity = plain.validity();
  std::vector<char> interval_bytes;
  std::string list_bytes;
  strings_.resize(count);
  hashes_.resize(count);
  std::string_view* strings = strings_.data();
  uint64_t* hashes = hashes_.data();
  if (column.is_interval) {
    interval_bytes.resize(count * kIntervalBytes);
    const Interval* values = plain.values<Interval>();
    for (size_t i = 0; i < count; ++i) {
      char* at = interval_bytes.data() + i * kIntervalBytes;
      const int128_t order = IntervalOrder(values[i]);
      std::memcpy(at, &order, 16);
      std::memcpy(at + 16, static_cast<const void*>(&values[i]), 16);
      strings[i] = {at, kIntervalBytes};
      hashes[i] = HashBytes(strings[i].substr(0, 16));
    }
  } else if (column.is_list) {
    std::vector<size_t> ends(count);
    for (size_t i = 0; i < count; ++i) {
      AppendValueBytes(plain, i, true, &list_bytes);
      ends[i] = list_bytes.size();
    }
    for (size_t i = 0, begin = 0; i < count; begin = ends[i++]) {
      strings[i] = std::string_view(list_bytes).substr(begin, ends[i] - begin);
      hashes[i] = HashBytes(strings[i]);
    }
  } else {
    const auto* values = plain.values<std::string_view>();
    constexpr size_t kAhead = 8;  // strings lie anywhere
    for (size_t i = 0; i < count; ++i) {
      if (i + kAhead < count) {
        const std::string_view ahead = values[i + kAhead];
        __builtin_prefetch(ahead.data());
        if (ahead.size() > 64) __builtin_prefetch(ahead.data() + 64);
      }
      strings[i] = values[i];
      const bool repeats = i > 0 && values[i].data() == values[i - 1].data() &&
                           values[i].size() == values[i - 1].size();
      hashes[i] = repeats ? hashes[i - 1] : HashBytes(values[i]);
    }
  }
  if (validity == nullptr || plain.is_constant()) {
    RETURN_IF_ERROR(Resolve(column, strings, hashes, count, false, ids));
    if (plain.is_constant()) std::fill(ids + 1, ids + num_rows, ids[0]);
    return OkStatus();
  }
  // NULL rows are not interned.
  codes_.clear();
  for (size_t i = 0; i < count; ++i) {
    if (!BitIsSet(validity, i)) {
      ids[i] = InternTable::kNull;
      continue;
    }
    strings[codes_.size()] = strings[i];
    hashes[codes_.size()] = hashes[i];
    codes_.push_back(static_cast<uint32_t>(i));
  }
  ids_.resize(codes_.size());
  RETURN_IF_ERROR(Resolve(column, strings, hashes, codes_.size(), false, ids_.data()));
  for (size_t i = 0; i < codes_.size(); ++i) ids[codes_[i]] = ids_[i];
  return OkStatus();
}

Status KeyPacker::Pack(std::span<const Vector> keys, size_t num_rows, bool with_nulls,
                       uint64_t* words, uint8_t* unknown) {
  const size_t stride = layout_->words(with_nulls);
  std::vector<bool> begun(stride, false);
  std::vector<uint32_t> ids;
  for (size_t k = 0; k < keys.size(); ++k) {
    const KeyColumn& column = layout_->columns[k];
    uint64_t* out = words + column.word;
    const bool first = !begun[column.word];
    begun[column.word] = true;
    if (column.interned) {
      ids.resize(num_rows);
      RETURN_IF_ERROR(Ids(k, keys[k], num_rows, ids.data()));
      if (first) {
        PackFlat<uint32_t, true>(ids.data(), 1, nullptr, num_rows, column.shift, out, stride);
      } else {
        PackFlat<uint32_t, false>(ids.data(), 1, nullptr, num_rows, column.shift, out, stride);
      }
      if (find_only_) {
        for (size_t i = 0; i < num_rows; ++i) unknown[i] |= ids.data()[i] >= InternTable::kNone - 1;
      }
      continue;
    }
    Vector storage;
    const Vector& plain = Plain(keys[k], &storage);
    const size_t step = plain.is_constant() ? 0 : 1;
    const uint64_t* validity = plain.validity();
    if (column.type.physical() == PhysicalType::kInt128) {
      begun[column.word + 1] = true;
      const int128_t* values = plain.values<int128_t>();
      for (size_t i = 0; i < num_rows; ++i) {
        const bool valid = validity == nullptr || BitIsSet(validity, i * step);
        const int128_t value = valid ? values[i * step] : 0;
        out[i * stride] = static_cast<uint64_t>(value);
        out[i * stride + 1] = static_cast<uint64_t>(value >> 64);
      }
    } else {
      DispatchNumber(column.type.physical(), [&]<typename T>() {
        const T* values = plain.values<T>();
        if (first) {
          PackFlat<T, true>(values, step, validity, num_rows, column.shift, out, stride);
        } else {
          PackFlat<T, false>(values, step, validity, num_rows, column.shift, out, stride);
        }
      });
    }
  }
  for (size_t word = 0; word < stride; ++word) {
    if (begun[word]) continue;
    for (size_t i = 0; i < num_rows; ++i) words[i * stride + word] = 0;
  }
  if (layout_->nulls_need_word && !with_nulls) return OkStatus();
  for (size_t k = 0; k < keys.size(); ++k) {
    const KeyColumn& column = layout_->columns[k];
    if (column.null_bit < 0 || !keys[k].has_nulls()) continue;
    Vector storage;
    const Vector& plain = Plain(keys[k], &storage);
    const size_t step = plain.is_constant() ? 0 : 1;
    const uint64_t* validity = plain.validity();
    uint64_t* out = words + layout_->null_word;
    for (size_t i = 0; i < num_rows; ++i) {
      out[i * stride] |= static_cast<uint64_t>(!BitIsSet(validity, i * step)) << column.null_bit;
    }
  }
  return OkStatus();
}

Vector UnpackKeys(const KeyLayout& layout, size_t index, bool with_nulls, const uint64_t* words,
                  size_t stride, size_t count) {
  const KeyColumn& column = layout.columns[index];
  const uint64_t* in = words + column.word;
  if (column.is_list) {
    VectorBuilder lists(column.type, count);
    for (size_t i = 0; i < count; ++i) {
      const auto id = static_cast<uint32_t>(in[i * stride] >> column.shift);
      std::string_view bytes =
          id == InternTable::kNull ? std::string_view("", 1) : column.strings->Get(id);
      SHALE_CHECK(ReadValueBytes(&bytes, &lists));
    }
    return lists.Finish();
  }
  Vector result = Vector::Flat(column.type, count);
  if (column.interned) {
    for (size_t i = 0; i < count; ++i) {
      const auto id = static_cast<uint32_t>(in[i * stride] >> column.shift);
      if (id == InternTable::kNull) {
        if (column.is_interval) result.mutable_values<Interval>()[i] = {};
        result.SetNull(i);
        continue;
      }
      const std::string_view text = column.strings->Get(id);
      if (column.is_interval) {
        std::memcpy(static_cast<void*>(&result.mutable_values<Interval>()[i]), text.data() + 16,
                    16);
      } else {
        result.mutable_values<std::string_view>()[i] = text;
      }
    }
    if (!column.is_interval) result.AddHeap(column.strings);
    return result;
  }
  if (column.type.physical() == PhysicalType::kInt128) {
    int128_t* out = result.mutable_values<int128_t>();
    for (size_t i = 0; i < count; ++i) {
      out[i] = static_cast<int128_t>((static_cast<uint128_t>(in[i * stride + 1]) << 64) |
                                     in[i * stride]);
    }
  } else {
    DispatchNumber(column.type.physical(), [&]<typename T>() {
      T* out = result.mutable_values<T>();
      for (size_t i = 0; i < count; ++i) {
        const uint64_t bits = in[i * stride] >> column.shift;
        if constexpr (std::is_same_v<T, float>) {
          out[i] = std::bit_cast<float>(static_cast<uint32_t>(bits));
        } else if constexpr (std::is_same_v<T, double>) {
          out[i] = std::bit_cast<double>(bits);
        } else {
          out[i] = static_cast<T>(bits);
        }
      }
    });
  }
  if (layout.nulls_need_word && !with_nulls) return result;
  const uint64_t* nulls = words + layout.null_word;
  for (size_t i = 0; i < count; ++i) {
    if ((nulls[i * stride] >> column.null_bit) & 1) result.SetNull(i);
  }
  return result;
}

void HashKeys(const uint64_t* words, int num_words, size_t stride, size_t count, uint64_t* hashes) {
  switch (num_words) {
    case 1:
      for (size_t i = 0; i < count; ++i) {
        hashes[i] = HashInt(words[i * stride] + 0x9e3779b97f4a7c15u);
      }
      return;
    case 2:
      for (size_t i = 0; i < count; ++i) {
        const uint64_t* key = words + i * stride;
        const uint64_t first = key[0] * 0xff51afd7ed558ccdu;
        hashes[i] = HashInt((first ^ (first >> 32)) + key[1] * 0x9e3779b97f4a7c15u);
      }
      return;
    default:
      for (size_t i = 0; i < count; ++i) {
        const uint64_t* key = words + i * stride;
        uint64_t hash = key[0];
        for (int word = 1; word < num_words; ++word) {
          hash *= 0xff51afd7ed558ccdu;
          hash = (hash ^ (hash >> 32)) + key[word] * 0x9e3779b97f4a7c15u;
        }
        hashes[i] = HashInt(hash);
      }
  }
}

}  // namespace shale
