// KeptRows: a statement's result, whole, for cursors and for portals that are read in parts. Its
// bytes count against a budget. Owned by one session.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/memory_budget.h"
#include "sql/database.h"

namespace shale {

class KeptRows : public ResultReceiver {
 public:
  explicit KeptRows(MemoryBudget* budget) : reservation_(budget) {}

  Status Begin(const std::vector<ResultColumn>& columns) override {
    columns_ = columns;
    return OkStatus();
  }
  StatusOr<Flow> Rows(const Chunk& chunk) override;
  Status End(const std::string& tag, uint64_t) override {
    tag_ = tag;
    return OkStatus();
  }

  const std::vector<ResultColumn>& columns() const { return columns_; }
  const std::string& tag() const { return tag_; }
  int64_t num_rows() const { return ends_.empty() ? 0 : ends_.back(); }
  // Calls visit(chunk, begin, end) for rows [from, to), in order.
  template <typename Visit>
  Status ForRange(int64_t from, int64_t to, const Visit& visit) const {
    for (size_t i = 0; i < chunks_.size() && from < to; ++i) {
      const int64_t start = i == 0 ? 0 : ends_[i - 1];
      if (ends_[i] <= from) continue;
      const int64_t end = std::min(ends_[i], to);
      RETURN_IF_ERROR(
          visit(chunks_[i], static_cast<size_t>(from - start), static_cast<size_t>(end - start)));
      from = end;
    }
    return OkStatus();
  }

 private:
  std::vector<ResultColumn> columns_;
  std::string tag_;
  std::vector<Chunk> chunks_;
  std::vector<int64_t> ends_;  // rows up to and with each chunk
  int64_t bytes_ = 0;
  Reservation reservation_;
};

}  // namespace shale
