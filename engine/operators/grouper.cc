#include "engine/operators/grouper.h"

#include <algorithm>
#include <cstdlib>
#include <limits>

namespace shale {
namespace {

constexpr size_t kMaxEntriesKept = size_t{64} << 20;  // of four bytes
// Integer ranges up to this go into an array whatever the number of groups.
constexpr uint64_t kMaxSpan = 1 << 17;

bool IsSmallInteger(const Type& type) {
  switch (type.physical()) {
    case PhysicalType::kBool:
    case PhysicalType::kInt8:
    case PhysicalType::kInt16:
    case PhysicalType::kInt32:
    case PhysicalType::kInt64:
    case PhysicalType::kUInt8:
    case PhysicalType::kUInt16:
    case PhysicalType::kUInt32: return true;
    default: return false;
  }
}

}  // namespace

Grouper::Grouper(const KeyLayout* layout, size_t state_bytes, MemoryBudget* memory)
    : layout_(layout),
      table_(layout->words(false), state_bytes, memory),
      packer_(layout),
      arrays_memory_(memory) {
  if (layout->columns.size() == 1) {
    const KeyColumn& column = layout->columns[0];
    if (column.interned && !column.is_interval && !column.is_list)
      mode_ = Mode::kStrings;
    else if (IsSmallInteger(column.type))
      mode_ = Mode::kIntegers;
  }
}

Status Grouper::WidenForNulls() {
  if (with_nulls_ || !layout_->nulls_need_word) return OkStatus();
  RETURN_IF_ERROR(table_.AddKeyWord());
  with_nulls_ = true;
  return OkStatus();
}

Status Grouper::Group(std::span<const Vector> keys, size_t num_rows, uint32_t* groups,
                      bool* uniform) {
  *uniform = false;
  if (num_rows == 0) return OkStatus();
  bool constant = true;
  for (const Vector& key : keys) constant &= key.is_constant();
  if (constant && num_rows > 1) {
    // One row stands for all.
    std::vector<Vector> ones;
    for (const Vector& key : keys) ones.push_back(key.Slice(0, 1));
    RETURN_IF_ERROR(Group(ones, 1, groups, uniform));
    std::fill(groups + 1, groups + num_rows, groups[0]);
    *uniform = true;
    return OkStatus();
  }
  if (num_rows == 1) *uniform = true;
  if (keys.size() == 1 && keys[0].is_run()) {
    // A run's group once, then spread over its rows, from the last one back.
    const Vector& key = keys[0];
    const size_t num_runs = key.num_runs();
    std::vector<uint32_t> firsts(num_runs);
    for (size_t run = 0; run < num_runs; ++run) firsts[run] = run ? key.run_ends()[run - 1] : 0;
    Vector values = key.Gather(firsts.data(), num_runs);
    bool ignored;
    std::vector<uint32_t> of_run(num_runs);
    RETURN_IF_ERROR(Group({&values, 1}, num_runs, of_run.data(), &ignored));
    for (size_t run = 0; run < num_runs; ++run) {
      std::fill(groups + firsts[run], groups + key.run_ends()[run], of_run[run]);
    }
    *uniform = *uniform || num_runs == 1;
    return OkStatus();
  }
  if (mode_ == Mode::kStrings) return GroupStrings(keys[0], num_rows, groups);
  if (mode_ == Mode::kIntegers) {
    Vector storage;
    const Vector* key = &keys[0];
    if (!key->is_flat()) {
      storage = key->Flatten();
      key = &storage;
    }
    bool fits = true;
    switch (key->type().physical()) {
      case PhysicalType::kBool:
      case PhysicalType::kUInt8:
        RETURN_IF_ERROR(GroupIntegers<uint8_t>(*key, num_rows, groups, &fits));
        break;
      case PhysicalType::kInt8:
        RETURN_IF_ERROR(GroupIntegers<int8_t>(*key, num_rows, groups, &fits));
        break;
      case PhysicalType::kInt16:
        RETURN_IF_ERROR(GroupIntegers<int16_t>(*key, num_rows, groups, &fits));
        break;
      case PhysicalType::kInt32:
        RETURN_IF_ERROR(GroupIntegers<int32_t>(*key, num_rows, groups, &fits));
        break;
      case PhysicalType::kInt64:
        RETURN_IF_ERROR(GroupIntegers<int64_t>(*key, num_rows, groups, &fits));
        break;
      case PhysicalType::kUInt16:
        RETURN_IF_ERROR(GroupIntegers<uint16_t>(*key, num_rows, groups, &fits));
        break;
      default: RETURN_IF_ERROR(GroupIntegers<uint32_t>(*key, num_rows, groups, &fits)); break;
    }
    if (fits) return OkStatus();
    // The range is too wide: from here on by hash, with the groups there are.
    mode_ = Mode::kHash;
    array_ = {};
    RETURN_IF_ERROR(arrays_memory_.Resize(0));
  }
  return GroupHashed(keys, num_rows, groups);
}

Status Grouper::GroupHashed(std::span<const Vector> keys, size_t num_rows, uint32_t* groups) {
  if (!with_nulls_ && packer_.NeedsNullWord(keys, num_rows)) RETURN_IF_ERROR(WidenForNulls());
  const size_t words = num_rows * layout_->words(with_nulls_);
  if (words_.size() < words) words_.resize(words);
  RETURN_IF_ERROR(packer_.Pack(keys, num_rows, with_nulls_, words_.data()));
  return table_.FindOrAdd(words_.data(), num_rows, groups);
}

// ---- one string key -----------------------------------------------------------------------------

Status Grouper::NullGroup(uint32_t* group) {
  if (null_group_ == GroupTable::kNone) {
    uint64_t words[2] = {0, 0};
    const KeyColumn& column = layout_->columns[0];
    if (column.interned) {
      words[0] = InternTable::kNull;
    } else {
      RETURN_IF_ERROR(WidenForNulls());
      words[layout_->null_word] |= uint64_t{1} << column.null_bit;
    }
    RETURN_IF_ERROR(table_.AddUnindexed(words, 1, &null_group_));
  }
  *group = null_group_;
  return OkStatus();
}

Status Grouper::GroupsOfIds(const uint32_t* ids, size_t count, uint32_t* groups) {
  uint32_t greatest = 0;
  for (size_t i = 0; i < count; ++i) {
    if (ids[i] != InternTable::kNull) greatest = std::max(greatest, ids[i]);
  }
  if (count > 0 && greatest >= array_.size()) {
    const size_t room = std::max<size_t>({size_t{greatest} + 1, array_.size() * 2, 1024});
    RETURN_IF_ERROR(
        arrays_memory_.Resize(static_cast<int64_t>((room + entries_kept_) * sizeof(uint32_t))));
    array_.resize(room);
  }
  uint32_t* known = array_.data();
  for (size_t i = 0; i < count; ++i) {
    if (ids[i] == InternTable::kNull) {
      RETURN_IF_ERROR(NullGroup(&groups[i]));
      continue;
    }
    uint32_t group = known[ids[i]];
    if (group == 0) {
      const uint64_t key = ids[i];
      RETURN_IF_ERROR(table_.AddUnindexed(&key, 1, &group));
      known[ids[i]] = ++group;
    }
    groups[i] = group - 1;
  }
  return OkStatus();
}

Status Grouper::GroupDictionary(const Vector& key, uint32_t* known, size_t num_rows,
                                uint32_t* groups) {
  const uint32_t* codes = key.codes();
  const uint64_t* validity = key.validity();
  uint32_t least = UINT32_MAX;
  for (size_t i = 0; i < num_rows; ++i) {
    const uint32_t group = known[codes[i]];
    groups[i] = group - 1;
    least = std::min(least, group);
  }
  if (least == 0) {
    std::vector<uint32_t> fresh;
    for (size_t i = 0; i < num_rows; ++i) {
      if (known[codes[i]] != 0 || (validity && !BitIsSet(validity, i))) continue;
      known[codes[i]] = 1;
      fresh.push_back(codes[i]);
    }
    ids_.resize(fresh.size());
    std::vector<uint32_t> of_fresh(fresh.size());
    RETURN_IF_ERROR(packer_.InternCodes(layout_->columns[0], key.dictionary(), fresh.data(),
                                        fresh.size(), ids_.data()));
    RETURN_IF_ERROR(GroupsOfIds(ids_.data(), fresh.size(), of_fresh.data()));
    for (size_t i = 0; i < fresh.size(); ++i) known[fresh[i]] = of_fresh[i] + 1;
    for (size_t i = 0; i < num_rows; ++i) groups[i] = known[codes[i]] - 1;
  }
  if (validity) {
    for (size_t i = 0; i < num_rows; ++i) {
      if (!BitIsSet(validity, i)) RETURN_IF_ERROR(NullGroup(&groups[i]));
    }
  }
  return OkStatus();
}

Status Grouper::GroupStrings(const Vector& key, size_t num_rows, uint32_t* groups) {
  if (key.is_dictionary() && key.dictionary()->size() > 0) {
    const DictionaryPtr& dictionary = key.dictionary();
    rows_seen_ += num_rows;
    auto found = dictionaries_.find(dictionary->id);
    // A large dictionary of which few rows are left is not worth an array.
    if (found == dictionaries_.end() && dictionary->size() <= 65536 + 16 * rows_seen_) {
      if (entries_kept_ + dictionary->size() > kMaxEntriesKept) {
        dictionaries_.clear();
        entries_kept_ = 0;
      }
      CodeGroups fresh;
      fresh.dictionary = dictionary;
      RETURN_IF_ERROR(arrays_memory_.Resize(static_cast<int64_t>(
          (array_.size() + entries_kept_ + dictionary->size()) * sizeof(uint32_t))));
      // Zero pages come only as they are touched.
      fresh.groups = {static_cast<uint32_t*>(std::calloc(dictionary->size(), sizeof(uint32_t))),
                      std::free};
      if (fresh.groups == nullptr) return ResourceExhausted("out of memory for dictionary codes");
      entries_kept_ += dictionary->size();
      found = dictionaries_.emplace(dictionary->id, std::move(fresh)).first;
    }
    if (found != dictionaries_.end()) {
      return GroupDictionary(key, found->second.groups.get(), num_rows, groups);
    }
  }
  std::vector<uint32_t> ids(num_rows);
  RETURN_IF_ERROR(packer_.Ids(0, key, num_rows, ids.data()));
  return GroupsOfIds(ids.data(), num_rows, groups);
}

// ---- one integer key ----------------------------------------------------------------------------

// Makes the array cover [least, greatest] beside what it covers; false when that is too much.
bool Grouper::Widen(int64_t least, int64_t greatest) {
  if (!array_.empty()) {
    if (least >= base_ &&
        static_cast<uint64_t>(greatest) - static_cast<uint64_t>(base_) < array_.size()) {
      return true;
    }
    least = std::min(least, base_);
    greatest = std::max(greatest, base_ + static_cast<int64_t>(array_.size()) - 1);
  }
  const uint64_t span = static_cast<uint64_t>(greatest) - static_cast<uint64_t>(least);
  if (span >= std::max<uint64_t>(kMaxSpan, 4 * table_.size())) return false;
  std::vector<uint32_t> wider(span + 1);
  if (!arrays_memory_.Resize(static_cast<int64_t>(wider.size() * sizeof(uint32_t))).ok()) {
    return false;
  }
  if (!array_.empty()) {
    std::copy(array_.begin(), array_.end(), wider.begin() + (base_ - least));
  }
  array_ = std::move(wider);
  base_ = least;
  return true;
}

template <typename T>
Status Grouper::GroupIntegers(const Vector& key, size_t num_rows, uint32_t* groups, bool* fits) {
  const T* values = key.values<T>();
  const uint64_t* validity = key.validity();
  if (validity != nullptr && CountSetBits(validity, num_rows) == num_rows) validity = nullptr;
  T least = std::numeric_limits<T>::max(), greatest = std::numeric_limits<T>::min();
  if (validity == nullptr) {
    for (size_t i = 0; i < num_rows; ++i) {
      least = std::min(least, values[i]);
      greatest = std::max(greatest, values[i]);
    }
  } else {
    for (size_t i = 0; i < num_rows; ++i) {
      if (!BitIsSet(validity, i)) continue;
      least = std::min(least, values[i]);
      greatest = std::max(greatest, values[i]);
    }
  }
  if (least <= greatest && !Widen(static_cast<int64_t>(least), static_cast<int64_t>(greatest))) {
    *fits = false;
    return OkStatus();
  }
  const KeyColumn& column = layout_->columns[0];
  uint32_t* known = array_.data();
  const uint64_t base = static_cast<uint64_t>(base_);
  const auto place = [&](T value) {
    return static_cast<uint64_t>(static_cast<int64_t>(value)) - base;
  };
  const auto add = [&](T value, uint32_t* group) -> Status {
    uint64_t words[2] = {
        static_cast<uint64_t>(static_cast<std::make_unsigned_t<T>>(value)) << column.shift, 0};
    uint32_t fresh;
    RETURN_IF_ERROR(table_.AddUnindexed(words, 1, &fresh));
    known[place(value)] = fresh + 1;
    *group = fresh;
    return OkStatus();
  };
  if (validity == nullptr) {
    uint32_t smallest = UINT32_MAX;
    for (size_t i = 0; i < num_rows; ++i) {
      const uint32_t group = known[place(values[i])];
      groups[i] = group - 1;
      smallest = std::min(smallest, group);
    }
    if (smallest > 0) return OkStatus();
    for (size_t i = 0; i < num_rows; ++i) {
      const uint32_t group = known[place(values[i])];
      groups[i] = group - 1;
      if (group == 0) RETURN_IF_ERROR(add(values[i], &groups[i]));
    }
    return OkStatus();
  }
  for (size_t i = 0; i < num_rows; ++i) {
    if (!BitIsSet(validity, i)) {
      RETURN_IF_ERROR(NullGroup(&groups[i]));
      continue;
    }
    const uint32_t group = known[place(values[i])];
    groups[i] = group - 1;
    if (group == 0) RETURN_IF_ERROR(add(values[i], &groups[i]));
  }
  return OkStatus();
}

}  // namespace shale
