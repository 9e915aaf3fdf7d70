#include "engine/expr/entry_memo.h"

#include <algorithm>

namespace shale {
namespace {

// A whole dictionary is computed once it has at most this many entries a row at hand, or half as
// many a row seen: what is spent in vain then stays a small multiple of what was needed.
constexpr size_t kEntriesPerRow = 8;
constexpr size_t kEntriesPerRowSeen = 4;

}  // namespace

DictionaryPtr MakeDerivedDictionary(Vector values) {
  auto dictionary = std::make_shared<Dictionary>();
  dictionary->id = NextDictionaryId();
  values = values.Flatten();
  // A table look-up by code must find false under NULL.
  if (values.type().physical() == PhysicalType::kBool && values.has_nulls()) {
    Vector clean = Vector::Flat(values.type(), values.size());
    for (size_t i = 0; i < values.size(); ++i) {
      clean.mutable_values<uint8_t>()[i] = values.values<uint8_t>()[i] & !values.IsNull(i);
    }
    clean.ShareValidity(values);
    values = std::move(clean);
  }
  dictionary->values = std::move(values);
  return dictionary;
}

namespace {

template <typename T>
void ScatterEntries(const Vector& from, const std::vector<uint32_t>& entries, void* to) {
  const T* in = from.values<T>();
  T* out = static_cast<T*>(to);
  for (size_t i = 0; i < entries.size(); ++i) out[entries[i]] = in[i];
}

template <typename T>
void GatherEntries(const void* from, const uint32_t* codes, size_t count, void* to) {
  const T* in = static_cast<const T*>(from);
  T* out = static_cast<T*>(to);
  for (size_t i = 0; i < count; ++i) out[i] = in[codes[i]];
}

}  // namespace

EntryMemo::EntryMemo(DictionaryPtr source, Type type, KeptResults* kept,
                     const std::string* fingerprint)
    : source_(std::move(source)), type_(std::move(type)), kept_(kept), fingerprint_(fingerprint) {
  if (kept_ && fingerprint_) whole_ = kept_->Find(source_->id, *fingerprint_);
}

StatusOr<Vector> EntryMemo::Lookup(const Vector& column, bool null_for_null,
                                   const Evaluate& evaluate) {
  const size_t num_entries = source_->size();
  if (num_entries == 0) {  // every row is NULL
    if (null_for_null) return Vector::ConstantNull(type_, column.size());
    RETURN_IF_ERROR(ComputeNull(column, evaluate));
    return Vector::Constant(null_value_->GetValue(0), column.size());
  }
  if (whole_ == nullptr && !whole_failed_ &&
      num_entries <= std::max(kEntriesPerRow * column.size(), kEntriesPerRowSeen * rows_seen_)) {
    StatusOr<Vector> values = evaluate(source_->values);
    if (values.ok()) {
      whole_ = MakeDerivedDictionary(*std::move(values));
      if (kept_ && fingerprint_) kept_->Keep(*source_, *fingerprint_, whole_);
      values_.reset();
      valid_ = {};
      computed_ = {};
    } else {
      whole_failed_ = true;  // perhaps an entry that no row uses
    }
  }
  rows_seen_ += column.size();
  if (whole_ != nullptr) return FromWhole(column, null_for_null, evaluate);
  // Lists are not kept one by one.
  if (type_.id() == TypeId::kList) return evaluate(column.Flatten());
  return FromUsed(column, null_for_null, evaluate);
}

Status EntryMemo::ComputeNull(const Vector& column, const Evaluate& evaluate) {
  if (null_value_) return OkStatus();
  ASSIGN_OR_RETURN(Vector value, evaluate(Vector::ConstantNull(column.type(), 1).Flatten()));
  null_value_ = value.Flatten();
  return OkStatus();
}

StatusOr<Vector> EntryMemo::FromWhole(const Vector& column, bool null_for_null,
                                      const Evaluate& evaluate) {
  if (!column.has_nulls() || null_for_null) return column.WithDictionary(whole_);
  if (whole_with_null_ == nullptr) {
    RETURN_IF_ERROR(ComputeNull(column, evaluate));
    VectorBuilder builder(type_, whole_->size() + 1);
    builder.AppendRange(whole_->values, 0, whole_->size());
    builder.AppendRange(*null_value_, 0, 1);
    whole_with_null_ = MakeDerivedDictionary(builder.Finish());
  }
  BufferPtr buffer = Buffer::Allocate(column.size() * sizeof(uint32_t));
  auto* codes = reinterpret_cast<uint32_t*>(buffer->data());
  const auto null_code = static_cast<uint32_t>(whole_->size());
  for (size_t row = 0; row < column.size(); ++row) {
    codes[row] = BitIsSet(column.validity(), row) ? column.codes()[row] : null_code;
  }
  return Vector::FromDictionary(whole_with_null_, std::move(buffer), column.size());
}

StatusOr<Vector> EntryMemo::FromUsed(const Vector& column, bool null_for_null,
                                     const Evaluate& evaluate) {
  const size_t num_entries = source_->size(), num_rows = column.size();
  const size_t width = PhysicalSize(type_.physical());
  if (values_ == nullptr) {
    values_ = Buffer::AllocateZeroed((num_entries + 1) * width);
    valid_.assign(num_entries + 1, 0);
    computed_.assign(num_entries + 1, 0);
  }
  // NULL rows look at the entry behind the last.
  const auto null_code = static_cast<uint32_t>(num_entries);
  std::vector<uint32_t> with_nulls;
  const uint32_t* codes = column.codes();
  bool any_null = false;
  if (column.has_nulls()) {
    with_nulls.resize(num_rows);
    for (size_t row = 0; row < num_rows; ++row) {
      bool valid = BitIsSet(column.validity(), row);
      with_nulls[row] = valid ? codes[row] : null_code;
      any_null |= !valid;
    }
    codes = with_nulls.data();
  }
  if (any_null && !computed_[null_code]) {
    if (!null_for_null) {
      RETURN_IF_ERROR(ComputeNull(column, evaluate));
      StoreEntries(*null_value_, {null_code});
    }
    computed_[null_code] = 1;
  }
  std::vector<uint32_t> wanted;
  for (size_t row = 0; row < num_rows; ++row) {
    if (computed_[codes[row]]) continue;
    computed_[codes[row]] = 1;
    wanted.push_back(codes[row]);
  }
  if (!wanted.empty()) {
    StatusOr<Vector> values = evaluate(source_->values.Gather(wanted.data(), wanted.size()));
    if (!values.ok()) {
      for (uint32_t entry : wanted) computed_[entry] = 0;
      return values.status();
    }
    StoreEntries(values->Flatten(), wanted);
  }

  Vector result = Vector::Flat(type_, num_rows);
  void* out = result.mutable_values<uint8_t>();
  switch (width) {
    case 1: GatherEntries<uint8_t>(values_->data(), codes, num_rows, out); break;
    case 2: GatherEntries<uint16_t>(values_->data(), codes, num_rows, out); break;
    case 4: GatherEntries<uint32_t>(values_->data(), codes, num_rows, out); break;
    case 8: GatherEntries<uint64_t>(values_->data(), codes, num_rows, out); break;
    default: GatherEntries<std::string_view>(values_->data(), codes, num_rows, out); break;
  }
  for (size_t row = 0; row < num_rows; ++row) {
    if (!valid_[codes[row]]) result.SetNull(row);
  }
  if (type_.IsStringLike()) result.AddHeap(arena_.heap());
  return result;
}

void EntryMemo::StoreEntries(const Vector& values, const std::vector<uint32_t>& entries) {
  switch (PhysicalSize(type_.physical())) {
    case 1: ScatterEntries<uint8_t>(values, entries, values_->data()); break;
    case 2: ScatterEntries<uint16_t>(values, entries, values_->data()); break;
    case 4: ScatterEntries<uint32_t>(values, entries, values_->data()); break;
    case 8: ScatterEntries<uint64_t>(values, entries, values_->data()); break;
    default: ScatterEntries<std::string_view>(values, entries, values_->data()); break;
  }
  for (size_t i = 0; i < entries.size(); ++i) valid_[entries[i]] = !values.IsNull(i);
  if (type_.IsStringLike()) {
    // One heap for all of them, so that results do not collect one a batch.
    auto* views = reinterpret_cast<std::string_view*>(values_->data());
    for (uint32_t entry : entries) views[entry] = arena_.Add(views[entry]);
  }
}

size_t EntryMemo::size_bytes() const {
  size_t bytes = arena_.size_bytes() + computed_.size() * 2;
  if (values_) bytes += values_->size();
  if (whole_) bytes += whole_->values.MemoryUsage();
  if (whole_with_null_) bytes += whole_with_null_->values.MemoryUsage();
  return bytes;
}

EntryMemo& EntryMemos::Of(const DictionaryPtr& source, const Expr& expr, KeptResults* kept) {
  for (size_t i = memos_.size(); i-- > 0;) {
    if (memos_[i]->source()->id != source->id) continue;
    if (i + 1 != memos_.size())
      std::rotate(memos_.begin() + i, memos_.begin() + i + 1, memos_.end());
    return *memos_.back();
  }
  if (memos_.size() >= kKeptAtLeast) {
    size_t bytes = 0;
    for (const auto& memo : memos_) bytes += memo->size_bytes();
    while (memos_.size() >= kKeptAtLeast && bytes > kMaxBytes) {
      bytes -= memos_.front()->size_bytes();
      memos_.erase(memos_.begin());
    }
  }
  if (kept && !has_fingerprint_) {
    fingerprint_ = Fingerprint(expr);
    has_fingerprint_ = true;
  }
  memos_.push_back(std::make_unique<EntryMemo>(source, expr.type, kept,
                                               fingerprint_ ? &*fingerprint_ : nullptr));
  return *memos_.back();
}

}  // namespace shale
