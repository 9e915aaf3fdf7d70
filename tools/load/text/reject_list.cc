#include <algorithm>

#include "tools/load/text/fields.h"

namespace shale {

std::vector<Reject> RejectList::Resolve(const TextBlock& block) {
  // A row has one entry, so the order is total.
  std::sort(entries_.begin(), entries_.end(),
            [](const Entry& a, const Entry& b) { return a.begin < b.begin; });
  std::vector<Reject> rejects;
  rejects.reserve(entries_.size());
  const char* const text = block.text.data();
  uint64_t line = block.first_line;
  uint32_t counted = 0;
  for (Entry& entry : entries_) {
    line += static_cast<uint64_t>(std::count(text + counted, text + entry.begin, '\n'));
    counted = entry.begin;
    const size_t size = std::min<size_t>(entry.end - entry.begin, kMaxRejectBytes);
    rejects.push_back({line, std::move(entry.column), std::move(entry.reason),
                       std::string(text + entry.begin, size)});
  }
  entries_.clear();
  return rejects;
}

}  // namespace shale
