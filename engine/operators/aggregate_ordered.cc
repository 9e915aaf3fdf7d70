// Aggregates with their own ORDER BY: the rows that workers kept are sorted by group and key, then
// fed in that order.
#include <algorithm>
#include <numeric>

#include "engine/operators/aggregate_plan.h"
#include "engine/vector/vector_builder.h"

namespace shale {
namespace {

// One column of all chunks, flat.
Vector Concatenate(const Type& type, const std::vector<const Vector*>& pieces, size_t num_rows) {
  VectorBuilder builder(type, num_rows);
  for (const Vector* piece : pieces) {
    const Vector plain = piece->is_run() ? piece->Flatten() : *piece;
    builder.AppendRange(plain, 0, plain.size());
  }
  return builder.Finish();
}

Status Feed(const AggregatePlan& plan, const OrderedInput& input, size_t index,
            const std::vector<GroupPlaces>& places, ExecutionContext* context,
            MergedGroups* merged) {
  std::vector<uint32_t> parts, groups;
  std::vector<std::vector<const Vector*>> arg_pieces(input.args.size());
  std::vector<std::vector<const Vector*>> key_pieces(input.keys.size());
  for (size_t w = 0; w < merged->workers.size(); ++w) {
    for (const OrderedChunk& chunk : merged->workers[w]->ordered[index]) {
      for (uint32_t group : chunk.groups) {
        parts.push_back(places[w].PartOf(group));
        groups.push_back(places[w].RowOf(group));
      }
      for (size_t i = 0; i < input.args.size(); ++i) arg_pieces[i].push_back(&chunk.args[i]);
      for (size_t i = 0; i < input.keys.size(); ++i) key_pieces[i].push_back(&chunk.keys[i]);
    }
  }
  const size_t num_rows = groups.size();
  if (num_rows == 0) return OkStatus();
  if (num_rows > UINT32_MAX) {
    return ResourceExhausted("an aggregate with ORDER BY takes at most {} rows, here are {}",
                             UINT32_MAX, num_rows);
  }
  Reservation memory(context->memory);
  std::vector<Vector> args, keys;
  int64_t bytes = static_cast<int64_t>(num_rows) * 16;
  for (size_t i = 0; i < input.args.size(); ++i) {
    args.push_back(Concatenate(plan.args[input.args[i]]->type, arg_pieces[i], num_rows));
    bytes += static_cast<int64_t>(args.back().MemoryUsage());
    RETURN_IF_ERROR(memory.Resize(bytes));
  }
  for (size_t i = 0; i < input.keys.size(); ++i) {
    keys.push_back(Concatenate(plan.args[input.keys[i]]->type, key_pieces[i], num_rows));
    bytes += static_cast<int64_t>(keys.back().MemoryUsage());
    RETURN_IF_ERROR(memory.Resize(bytes));
  }
  // Behind the keys the arguments themselves: then equal rows stand together for DISTINCT, and the
  // answer does not depend on how rows were spread over workers.
  std::vector<SortOrder> orders = input.orders;
  std::vector<Vector> compared = keys;
  for (const Vector& arg : args) {
    compared.push_back(arg);
    orders.push_back({});
  }
  const std::vector<SortOrder> arg_orders(args.size());
  std::vector<uint32_t> rows(num_rows);
  std::iota(rows.begin(), rows.end(), 0);
  std::sort(rows.begin(), rows.end(), [&](uint32_t a, uint32_t b) {
    if (parts[a] != parts[b]) return parts[a] < parts[b];
    if (groups[a] != groups[b]) return groups[a] < groups[b];
    const int order = CompareKeys(compared, a, compared, b, orders, 0);
    return order != 0 ? order < 0 : a < b;
  });
  if (input.distinct) {
    size_t kept = 0;
    for (size_t i = 0; i < num_rows; ++i) {
      const bool repeats = kept > 0 && parts[rows[i]] == parts[rows[kept - 1]] &&
                           groups[rows[i]] == groups[rows[kept - 1]] &&
                           CompareKeys(args, rows[i], args, rows[kept - 1], arg_orders, 0) == 0;
      if (!repeats) rows[kept++] = rows[i];
    }
    rows.resize(kept);
  }
  const StateSlot& slot = plan.slots[input.slot];
  std::vector<uint32_t> batch_groups(kChunkRows);
  for (size_t begin = 0; begin < rows.size();) {
    // One call stays within one part.
    const uint32_t part = parts[rows[begin]];
    size_t end = begin;
    while (end < rows.size() && end - begin < kChunkRows && parts[rows[end]] == part) {
      batch_groups[end - begin] = groups[rows[end]];
      ++end;
    }
    std::vector<Vector> chosen;
    for (const Vector& arg : args) chosen.push_back(arg.Gather(rows.data() + begin, end - begin));
    GroupTable& table = *merged->parts[part].table;
    RETURN_IF_ERROR(slot.function.kernels.update(
        CallOf(slot, context->functions, merged->workers[0]->arena.get()),
        table.states() + slot.offset, table.row_bytes(), batch_groups.data(), chosen, end - begin));
    begin = end;
  }
  return OkStatus();
}

}  // namespace

Status FeedOrdered(const AggregatePlan& plan, const std::vector<GroupPlaces>& places,
                   ExecutionContext* context, MergedGroups* merged) {
  for (size_t i = 0; i < plan.ordered.size(); ++i) {
    RETURN_IF_ERROR(Feed(plan, plan.ordered[i], i, places, context, merged));
  }
  return OkStatus();
}

}  // namespace shale
