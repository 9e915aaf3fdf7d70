#include "engine/operators/rank_filter.h"

#include <algorithm>

namespace shale {
namespace {

// A filter that has kept most of the last so many rows gives up. Many partitions need many rows
// until they are full.
constexpr size_t kTrialRows = size_t{128} * kChunkRows;

}  // namespace

RankFilter::RankFilter(const std::vector<ExprPtr>& partition_by,
                       const std::vector<SortKey>& order_by, bool distinct, int64_t most,
                       ExecutionContext* context)
    : distinct_(distinct), most_(static_cast<size_t>(most)), memory_(context->memory) {
  std::vector<Type> types;
  for (const ExprPtr& key : partition_by) {
    types.push_back(key->type);
    partition_by_.emplace_back(key, &context->functions);
  }
  for (const SortKey& key : order_by) {
    order_by_.emplace_back(key.expr, &context->functions);
    orders_.push_back({key.descending, key.nulls_first});
  }
  if (types.empty()) return;
  auto layout = MakeKeyLayout(types, 1, context->memory);
  if (!layout.ok()) {
    active_ = false;  // keys that cannot be packed
    return;
  }
  layout_ = std::make_unique<KeyLayout>(*std::move(layout));
  grouper_ = std::make_unique<Grouper>(layout_.get(), 0, context->memory);
}

bool RankFilter::Keep(uint32_t group, const SortPrefix& prefix) {
  SortPrefix* best = best_.data() + group * most_;
  uint8_t& count = counts_.data()[group];
  if (count == most_ && best[most_ - 1] < prefix) return false;
  size_t at = count;
  while (at > 0 && prefix < best[at - 1]) --at;
  // Equal prefixes may belong to one value: for dense_rank they count once.
  if (distinct_ && at > 0 && best[at - 1] == prefix) return true;
  if (count == most_ && at == most_) return true;  // ties with the last
  const size_t last = count == most_ ? most_ - 1 : count++;
  for (size_t i = last; i > at; --i) best[i] = best[i - 1];
  best[at] = prefix;
  return true;
}

Status RankFilter::Filter(Chunk* input) {
  const size_t num_rows = input->num_rows;
  if (!active_ || num_rows == 0) return OkStatus();
  std::vector<Vector> keys, order;
  for (Evaluator& key : partition_by_) {
    ASSIGN_OR_RETURN(Vector values, key.Evaluate(*input));
    keys.push_back(std::move(values));
  }
  for (Evaluator& key : order_by_) {
    ASSIGN_OR_RETURN(Vector values, key.Evaluate(*input));
    order.push_back(ForSorting(std::move(values)));
  }
  groups_.assign(std::max(groups_.size(), num_rows), 0);
  if (grouper_) {
    bool uniform = false;
    RETURN_IF_ERROR(grouper_->Group(keys, num_rows, groups_.data(), &uniform));
  }
  const uint32_t num_groups = 1 + *std::max_element(groups_.begin(), groups_.begin() + num_rows);
  if (num_groups > counts_.size()) {
    const size_t room = std::max<size_t>(num_groups, counts_.size() * 2);
    RETURN_IF_ERROR(memory_.Resize(static_cast<int64_t>(room * (most_ * sizeof(SortPrefix) + 1))));
    best_.resize(room * most_);
    counts_.resize(room);
  }
  prefixes_.resize(std::max(prefixes_.size(), num_rows));
  MakePrefixes(order, orders_, num_rows, prefixes_.data());
  kept_.resize(std::max(kept_.size(), num_rows));
  size_t kept = 0;
  for (size_t i = 0; i < num_rows; ++i) {
    kept_.data()[kept] = static_cast<uint32_t>(i);
    kept += Keep(groups_.data()[i], prefixes_.data()[i]);
  }
  rows_seen_ += num_rows;
  rows_kept_ += kept;
  if (rows_seen_ >= kTrialRows) {
    if (rows_kept_ > rows_seen_ / 2) {
      active_ = false;
      grouper_.reset();
      best_ = {};
      counts_ = {};
      RETURN_IF_ERROR(memory_.Resize(0));
    }
    rows_seen_ = rows_kept_ = 0;
  }
  if (kept < num_rows) *input = input->Gather(kept_.data(), kept);
  return OkStatus();
}

}  // namespace shale
