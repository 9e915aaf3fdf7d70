// Visibility: which rows of a segment or hot buffer are hidden, by reason, each bitmap with the
// commit that last changed it. Immutable; a change makes a new one. Null stands for "all visible".
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include <roaring/roaring.hh>

#include "engine/base/status.h"
#include "storage/catalog/catalog_state.h"

namespace shale {

class Visibility;
using VisibilityPtr = std::shared_ptr<const Visibility>;

class Visibility {
 public:
  struct Reason {
    Roaring rows;
    uint64_t since_sequence = 0;
  };
  // `base` (may be null) with more rows hidden.
  static VisibilityPtr Hide(const VisibilityPtr& base, HiddenReason reason,
                            std::span<const uint32_t> rows, uint64_t sequence);
  static StatusOr<VisibilityPtr> FromCatalog(const std::map<HiddenReason, HiddenRows>& hidden);
  std::map<HiddenReason, HiddenRows> ToCatalog() const;

  const Roaring& all() const { return all_; }  // hidden for any reason
  uint64_t count() const { return count_; }
  bool IsHidden(uint32_t row) const { return all_.contains(row); }
  const std::map<HiddenReason, Reason>& reasons() const { return reasons_; }
  // Appends to `out` the rows of [begin, end) that are visible, less `begin`; returns how many.
  size_t Visible(uint32_t begin, uint32_t end, uint32_t* out) const;

 private:
  std::map<HiddenReason, Reason> reasons_;
  Roaring all_;
  uint64_t count_ = 0;
};

inline uint64_t HiddenCount(const VisibilityPtr& visibility) {
  return visibility ? visibility->count() : 0;
}

}  // namespace shale
