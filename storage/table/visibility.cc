#include "storage/table/visibility.h"

#include <algorithm>

namespace shale {

VisibilityPtr Visibility::Hide(const VisibilityPtr& base, HiddenReason reason,
                               std::span<const uint32_t> rows, uint64_t sequence) {
  auto next = base ? std::make_shared<Visibility>(*base) : std::make_shared<Visibility>();
  Reason& of = next->reasons_[reason];
  of.rows.addMany(rows.size(), rows.data());
  of.since_sequence = std::max(of.since_sequence, sequence);
  next->all_.addMany(rows.size(), rows.data());
  next->count_ = next->all_.cardinality();
  return next;
}

StatusOr<VisibilityPtr> Visibility::FromCatalog(const std::map<HiddenReason, HiddenRows>& hidden) {
  if (hidden.empty()) return VisibilityPtr();
  auto made = std::make_shared<Visibility>();
  for (const auto& [reason, rows] : hidden) {
    // The C++ class throws on bad bytes; the C function says so.
    roaring_bitmap_t* read =
        roaring_bitmap_portable_deserialize_safe(rows.bitmap.data(), rows.bitmap.size());
    if (!read) return DataLoss("a bitmap of hidden rows in the catalog is malformed");
    Reason& of = made->reasons_[reason];
    of.rows = Roaring(read);
    of.since_sequence = rows.since_sequence;
    made->all_ |= of.rows;
  }
  made->count_ = made->all_.cardinality();
  return VisibilityPtr(std::move(made));
}

std::map<HiddenReason, HiddenRows> Visibility::ToCatalog() const {
  std::map<HiddenReason, HiddenRows> out;
  for (const auto& [reason, of] : reasons_) {
    HiddenRows& to = out[reason];
    to.since_sequence = of.since_sequence;
    to.bitmap.resize(of.rows.getSizeInBytes());
    of.rows.write(to.bitmap.data());
  }
  return out;
}

size_t Visibility::Visible(uint32_t begin, uint32_t end, uint32_t* out) const {
  roaring_uint32_iterator_t it;
  roaring_init_iterator(&all_.roaring, &it);
  bool more = roaring_move_uint32_iterator_equalorlarger(&it, begin);
  size_t count = 0;
  uint32_t row = begin;
  while (row < end) {
    uint32_t stop = more && it.current_value < end ? it.current_value : end;
    for (; row < stop; ++row) out[count++] = row - begin;
    if (stop == end) break;
    ++row;
    more = roaring_advance_uint32_iterator(&it);
  }
  return count;
}

}  // namespace shale
