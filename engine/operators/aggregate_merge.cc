// Workers' groups become one set of groups. Few groups: into the largest table, in one thread. Many:
// by partitions of the key's hash, each a table of its own, in parallel.
#include <algorithm>
#include <atomic>

#include "engine/exec/pipeline.h"
#include "engine/operators/aggregate_plan.h"

namespace shale {
namespace {

// Below this, cutting into partitions costs more than it gains.
constexpr size_t kSmallMerge = 32768;
constexpr size_t kBatch = 2048;

struct Batch {
  std::vector<uint64_t> keys;
  std::vector<uint32_t> into = std::vector<uint32_t>(kBatch);
  std::vector<uint32_t> from = std::vector<uint32_t>(kBatch);
};

// Rows from[0..count) of `source` join `target`; into[i] is where from[i] went.
Status MergeRows(const AggregatePlan& plan, GroupTable* source, bool source_nulls,
                 GroupTable* target, size_t count, Batch* batch, const FunctionContext& functions,
                 Arena* arena) {
  const int words = target->key_words();
  const int source_words = source->key_words();
  batch->keys.resize(kBatch * words);
  uint64_t* keys = batch->keys.data();
  const uint64_t* rows = source->keys();
  const size_t stride = source->row_words();
  for (size_t i = 0; i < count; ++i) {
    const uint64_t* key = rows + batch->from[i] * stride;
    for (int word = 0; word < source_words; ++word) keys[i * words + word] = key[word];
    for (int word = source_words; word < words; ++word) keys[i * words + word] = 0;
  }
  (void)source_nulls;
  RETURN_IF_ERROR(target->FindOrAdd(keys, count, batch->into.data()));
  for (const StateSlot& slot : plan.slots) {
    RETURN_IF_ERROR(slot.function.kernels.merge(
        CallOf(slot, functions, arena), target->states() + slot.offset, batch->into.data(),
        source->states() + slot.offset, batch->from.data(), 0, 0));
  }
  return OkStatus();
}

}  // namespace
}  // namespace shale
