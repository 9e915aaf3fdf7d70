#include "server/session/kept_rows.h"

namespace shale {

StatusOr<Flow> KeptRows::Rows(const Chunk& chunk) {
  if (chunk.num_rows == 0) return Flow::kMore;
  for (const Vector& column : chunk.columns) {
    bytes_ += static_cast<int64_t>(column.MemoryUsage());
  }
  Status status = reservation_.Resize(bytes_);
  if (!status.ok()) {
    return ResourceExhausted(
        "{}: a cursor keeps its whole result; take fewer rows with LIMIT, or "
        "read without a cursor or fetch size",
        Message(status));
  }
  chunks_.push_back(chunk);
  ends_.push_back(num_rows() + static_cast<int64_t>(chunk.num_rows));
  return Flow::kMore;
}

}  // namespace shale
