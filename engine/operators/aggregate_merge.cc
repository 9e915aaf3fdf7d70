// Workers' groups become one set of groups. Few groups: into the largest table, in one thread.
// Many: by partitions of the key's hash, each a table of its own, in parallel.
#include <algorithm>
#include <atomic>
#include <bit>

#include "engine/exec/pipeline.h"
#include "engine/operators/aggregate_plan.h"

namespace shale {
namespace {

// Below this, cutting into partitions costs more than it gains.
constexpr size_t kSmallMerge = 32768;
constexpr size_t kBatch = 2048;

// Rows of a partition: its table then stays in the nearer caches.
constexpr size_t kPartRows = 24576;
constexpr int kMaxPartBits = 10;

struct Batch {
  std::vector<uint64_t> keys;
  std::vector<uint64_t> hashes = std::vector<uint64_t>(kBatch);
  std::vector<uint32_t> found = std::vector<uint32_t>(kBatch);
  std::vector<uint32_t> found_into = std::vector<uint32_t>(kBatch);
  std::vector<uint32_t> found_from = std::vector<uint32_t>(kBatch);
  std::vector<uint32_t> into = std::vector<uint32_t>(kBatch);
  std::vector<uint32_t> from = std::vector<uint32_t>(kBatch);
};

// Rows batch->from[0..count) of `source` join `target`; batch->into[i] is where from[i] went. Both
// have rows of the same form; the source's states are not used again. Those of rows that are new to
// the target move there, the others are merged.
Status MergeRows(const AggregatePlan& plan, const GroupTable& source, GroupTable* target,
                 size_t count, const FunctionContext& functions, Arena* arena, Batch* batch) {
  constexpr size_t kAhead = 24;
  const size_t words = target->key_words();
  SHALE_CHECK(source.row_bytes() == target->row_bytes());
  batch->keys.resize(kBatch * words);
  uint64_t* keys = batch->keys.data();
  const uint32_t* from = batch->from.data();
  const size_t stride = source.row_words();
  for (size_t i = 0; i < count; ++i) {
    if (i + kAhead < count) {
      const uint64_t* ahead = source.keys() + from[i + kAhead] * stride;
      __builtin_prefetch(ahead);
      if (stride > 8) __builtin_prefetch(ahead + 8);
    }
    const uint64_t* key = source.keys() + from[i] * stride;
    for (size_t word = 0; word < words; ++word) keys[i * words + word] = key[word];
  }
  HashKeys(keys, static_cast<int>(words), words, count, batch->hashes.data());
  size_t num_found = 0;
  RETURN_IF_ERROR(target->Adopt(source, from, keys, batch->hashes.data(), count, batch->into.data(),
                                batch->found.data(), &num_found));
  if (num_found == 0) return OkStatus();
  for (size_t i = 0; i < num_found; ++i) {
    batch->found_into.data()[i] = batch->into.data()[batch->found.data()[i]];
    batch->found_from.data()[i] = from[batch->found.data()[i]];
  }
  for (const StateSlot& slot : plan.slots) {
    RETURN_IF_ERROR(slot.function.kernels.merge(
        CallOf(slot, functions, arena), target->states() + slot.offset, batch->found_into.data(),
        source.states() + slot.offset, batch->found_from.data(), target->row_bytes(), num_found));
  }
  return OkStatus();
}

// All groups of all workers but `target` join its table.
Status MergeSmall(const AggregatePlan& plan, size_t target, bool keep_places,
                  ExecutionContext* context, MergedGroups* merged,
                  std::vector<GroupPlaces>* places) {
  WorkerGroups& into = *merged->workers[target];
  Batch batch;
  for (size_t w = 0; w < merged->workers.size(); ++w) {
    if (w == target) continue;
    const GroupTable& source = merged->workers[w]->table();
    if (keep_places) (*places)[w].row.resize(source.size());
    for (size_t begin = 0; begin < source.size(); begin += kBatch) {
      const size_t count = std::min(kBatch, source.size() - begin);
      for (size_t i = 0; i < count; ++i) batch.from[i] = static_cast<uint32_t>(begin + i);
      RETURN_IF_ERROR(MergeRows(plan, source, &into.table(), count, context->functions,
                                into.arena.get(), &batch));
      if (keep_places) {
        std::copy_n(batch.into.begin(), count, (*places)[w].row.begin() + begin);
      }
    }
  }
  merged->parts.push_back({&into.table(), into.grouper->with_nulls(), nullptr});
  return OkStatus();
}

// One worker's groups by partition: rows[begins[p] .. begins[p + 1]).
struct Partitioned {
  std::vector<uint32_t> rows;
  std::vector<size_t> begins;
};

Partitioned PartitionGroups(const GroupTable& table, int bits, std::vector<uint32_t>* part_of) {
  Partitioned result;
  const size_t size = table.size();
  part_of->resize(size);
  uint32_t* parts = part_of->data();
  std::vector<uint64_t> hashes(kBatch);
  result.begins.assign((size_t{1} << bits) + 1, 0);
  for (size_t begin = 0; begin < size; begin += kBatch) {
    const size_t count = std::min(kBatch, size - begin);
    HashKeys(table.keys() + begin * table.row_words(), table.key_words(), table.row_words(), count,
             hashes.data());
    for (size_t i = 0; i < count; ++i) {
      const auto part = static_cast<uint32_t>(hashes.data()[i] >> (64 - bits));
      parts[begin + i] = part;
      ++result.begins.data()[part + 1];
    }
  }
  for (size_t p = 1; p < result.begins.size(); ++p) result.begins[p] += result.begins[p - 1];
  std::vector<size_t> next(result.begins);
  result.rows.resize(size);
  for (size_t i = 0; i < size; ++i) {
    result.rows.data()[next.data()[parts[i]]++] = static_cast<uint32_t>(i);
  }
  return result;
}

Status MergePartitioned(const AggregatePlan& plan, bool keep_places, ExecutionContext* context,
                        MergedGroups* merged, std::vector<GroupPlaces>* places) {
  const size_t num_workers = merged->workers.size();
  size_t total = 0;
  for (const auto& worker : merged->workers) total += worker->table().size();
  const int bits = std::clamp(
      static_cast<int>(std::bit_width(total / kPartRows)),
      static_cast<int>(std::bit_width(static_cast<unsigned>(std::min(context->num_workers, 64)))) +
          2,
      kMaxPartBits);
  const size_t num_parts = size_t{1} << bits;
  std::vector<Partitioned> partitioned(num_workers);
  std::vector<std::vector<uint32_t>> part_of(num_workers);
  std::atomic<size_t> next{0};
  RETURN_IF_ERROR(RunParallel(context->num_workers, [&](int) -> Status {
    for (size_t w; (w = next.fetch_add(1)) < num_workers;) {
      partitioned[w] = PartitionGroups(merged->workers[w]->table(), bits, &part_of[w]);
    }
    return OkStatus();
  }));
  const GroupTable& first = merged->workers[0]->table();
  const size_t state_bytes = plan.state_bytes;
  const bool with_nulls = merged->workers[0]->grouper->with_nulls();
  bool repeats = false;
  for (const auto& worker : merged->workers) repeats |= worker->table().repeats();
  merged->parts.resize(num_parts);
  merged->arenas.resize(num_parts);
  if (keep_places) {
    for (size_t w = 0; w < num_workers; ++w) {
      (*places)[w].row.resize(merged->workers[w]->table().size());
    }
  }
  next.store(0);
  RETURN_IF_ERROR(RunParallel(context->num_workers, [&](int) -> Status {
    Batch batch;
    for (size_t p; (p = next.fetch_add(1)) < num_parts;) {
      if (context->cancellation) RETURN_IF_ERROR(context->cancellation->Check());
      auto table = std::make_unique<GroupTable>(first.key_words(), state_bytes, context->memory);
      table->set_init(plan.Inits());
      merged->arenas[p] = std::make_shared<Arena>();
      size_t num_rows = 0;
      for (const Partitioned& mine : partitioned) num_rows += mine.begins[p + 1] - mine.begins[p];
      // Workers mostly have the same groups, unless they met some of them several times.
      RETURN_IF_ERROR(table->ReserveIndexed(repeats ? num_rows : num_rows / num_workers));
      for (size_t w = 0; w < num_workers; ++w) {
        const Partitioned& mine = partitioned[w];
        for (size_t begin = mine.begins[p]; begin < mine.begins[p + 1]; begin += kBatch) {
          const size_t count = std::min(kBatch, mine.begins[p + 1] - begin);
          std::copy_n(mine.rows.begin() + begin, count, batch.from.begin());
          RETURN_IF_ERROR(MergeRows(plan, merged->workers[w]->table(), table.get(), count,
                                    context->functions, merged->arenas[p].get(), &batch));
          if (!keep_places) continue;
          // Rows of one worker are written by the one partition they belong to.
          for (size_t i = 0; i < count; ++i) {
            (*places)[w].row.data()[batch.from[i]] = batch.into[i];
          }
        }
      }
      merged->parts[p] = {table.get(), with_nulls, std::move(table)};
    }
    return OkStatus();
  }));
  if (keep_places) {
    for (size_t w = 0; w < num_workers; ++w) (*places)[w].part = std::move(part_of[w]);
  }
  return OkStatus();
}

// No keys: one row each.
Status MergeSingle(const AggregatePlan& plan, ExecutionContext* context, MergedGroups* merged) {
  const uint64_t no_key = 0;
  uint32_t row = 0;
  WorkerGroups& into = *merged->workers[0];
  if (into.single->size() == 0) {
    RETURN_IF_ERROR(into.single->AddUnindexed(&no_key, 1, &row));
  }
  const uint32_t only = 0;
  for (size_t w = 1; w < merged->workers.size(); ++w) {
    const GroupTable& source = *merged->workers[w]->single;
    if (source.size() == 0) continue;
    for (const StateSlot& slot : plan.slots) {
      RETURN_IF_ERROR(slot.function.kernels.merge(
          CallOf(slot, context->functions, into.arena.get()), into.single->states() + slot.offset,
          &only, source.states() + slot.offset, &only, source.row_bytes(), 1));
    }
  }
  merged->parts.push_back({into.single.get(), false, nullptr});
  return OkStatus();
}

}  // namespace

Status MergeWorkers(const AggregatePlan& plan, const AggregateLayouts& layouts,
                    std::vector<std::unique_ptr<WorkerGroups>> workers, ExecutionContext* context,
                    MergedGroups* merged) {
  SHALE_CHECK(!workers.empty());
  merged->workers = std::move(workers);
  const size_t num_workers = merged->workers.size();
  const bool keep_places = !plan.distinct_sets.empty() || !plan.ordered.empty();
  std::vector<GroupPlaces> places(num_workers);
  if (plan.keys.empty()) {
    RETURN_IF_ERROR(MergeSingle(plan, context, merged));
  } else {
    bool with_nulls = false, repeats = false;
    size_t total = 0, largest = 0, not_empty = 0;
    for (size_t w = 0; w < num_workers; ++w) {
      const size_t size = merged->workers[w]->table().size();
      total += size;
      not_empty += size > 0;
      repeats |= merged->workers[w]->table().repeats();
      if (size > merged->workers[largest]->table().size()) largest = w;
      with_nulls |= merged->workers[w]->grouper->with_nulls();
    }
    if (not_empty <= 1 && !repeats) {
      GroupTable& table = merged->workers[largest]->table();
      merged->parts.push_back({&table, merged->workers[largest]->grouper->with_nulls(), nullptr});
    } else {
      if (with_nulls) {
        for (auto& worker : merged->workers) RETURN_IF_ERROR(worker->grouper->WidenForNulls());
      }
      if (total <= kSmallMerge && !repeats) {
        RETURN_IF_ERROR(MergeSmall(plan, largest, keep_places, context, merged, &places));
      } else {
        RETURN_IF_ERROR(MergePartitioned(plan, keep_places, context, merged, &places));
      }
    }
  }
  RETURN_IF_ERROR(FeedDistinct(plan, layouts, places, context, merged));
  RETURN_IF_ERROR(FeedOrdered(plan, places, context, merged));
  // What is left of a worker's table is needed only where it is the result.
  for (auto& worker : merged->workers) {
    worker->distinct.clear();
    worker->ordered.clear();
    merged->arenas.push_back(worker->arena);
    bool in_use = false;
    for (const GroupPart& part : merged->parts) in_use |= part.table == &worker->table();
    if (!in_use) {
      worker->grouper.reset();
      worker->single.reset();
    }
  }
  return OkStatus();
}

}  // namespace shale
