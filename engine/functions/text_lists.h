// Collects lists of texts (TEXT[], JSON[]) row by row into a result that starts out empty. Private
// to engine/functions.
#pragma once

#include <algorithm>
#include <string_view>

#include "engine/functions/row_kernel.h"
#include "engine/vector/vector_builder.h"

namespace shale {

class TextLists {
 public:
  TextLists(Vector* result, size_t num_rows)
      : result_(result),
        entries_(result->mutable_values<ListEntry>()),
        items_(result->type().child()) {
    std::fill_n(entries_, num_rows, ListEntry{});
  }
  void Begin() { begin_ = items_.size(); }
  void Add(std::string_view item) { items_.Append(item); }
  void AddNull() { items_.AppendNull(); }
  void End(size_t row) {
    entries_[row] = {static_cast<uint32_t>(begin_), static_cast<uint32_t>(items_.size() - begin_)};
  }
  void SetNull(size_t row) { result_->SetNull(row); }
  Status Finish() {
    if (items_.size() > UINT32_MAX || items_.size_bytes() > kMaxBatchTextBytes) {
      return ResourceExhausted("the arrays of one batch of rows take over {} bytes",
                               kMaxBatchTextBytes);
    }
    result_->mutable_children().assign(1, items_.Finish());
    return OkStatus();
  }

 private:
  Vector* result_;
  ListEntry* entries_;
  VectorBuilder items_;
  size_t begin_ = 0;
};

}  // namespace shale
