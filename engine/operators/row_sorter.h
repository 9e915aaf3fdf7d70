// RowSorter: all rows of a pipeline in the order of keys, by reference into the chunks that came
// in. What Sort and Window stand on. Ties keep the order of chunks and rows. Private to
// engine/operators.
//
// Workers Consume into their own state and Combine it (any thread); then one thread calls Sort, and
// the rest may be read by any thread.
#pragma once

#include <memory>
#include <vector>

#include "engine/base/sync.h"
#include "engine/exec/operator.h"
#include "engine/operators/chunk_gather.h"
#include "engine/operators/sort_keys.h"

namespace shale {

struct SortEntry {
  SortPrefix prefix;
  RowRef ref;
};

class RowSorter {
 public:
  // `types`: of the chunks' columns. Without keys rows stay in the order in which they came.
  RowSorter(std::vector<SortKey> keys, std::vector<Type> types);

  WorkerStatePtr MakeState(ExecutionContext* context) const;
  // Takes the chunk, unless memory does not suffice (ResourceExhausted): then nothing has changed.
  Status Consume(WorkerState* state, Chunk* input) const;
  void Combine(WorkerState* state);
  Status Sort(ExecutionContext* context);

  // ---- for those who put rows elsewhere ----
  // Bytes that a worker holds.
  static int64_t HeldBytes(const WorkerState& state);
  // Counts so many bytes more for each row: what will be made of it later.
  void set_row_overhead(int64_t bytes) { row_overhead_ = bytes; }
  // A worker's rows, sorted by themselves; the worker goes on with none. Keys that are no plain
  // columns stand behind the columns, in the order of `keys` (see KeyColumns).
  StatusOr<std::unique_ptr<RowSorter>> TakeSorted(WorkerState* state,
                                                  const ExecutionContext& context) const;
  // All rows that were combined, likewise (before Sort).
  StatusOr<std::unique_ptr<RowSorter>> TakeCombined(const ExecutionContext& context);
  // The same as they came, unsorted, without keys.
  static std::vector<Chunk> TakeChunks(WorkerState* state);
  std::vector<Chunk> TakeCombinedChunks();
  // Where TakeSorted puts key k, and the types of all columns then.
  std::vector<size_t> KeyColumns() const;
  std::vector<Type> TypesWithKeys() const;

  size_t num_columns() const { return types_.size(); }
  size_t num_rows() const { return entries_.size(); }
  const SortEntry* entries() const { return entries_.data(); }
  // Sets bit i - begin of starts (clear before) where entry i > 0 differs from the one before it in
  // the first `num_keys` keys, for i in [begin, end).
  void MarkStarts(size_t num_keys, size_t begin, size_t end, uint64_t* starts) const;
  // What MarkStarts reads is not needed any more.
  void ForgetKeys() { key_vectors_.clear(); }
  const ChunkGatherer& gatherer() const { return *gatherer_; }
  const std::vector<SortKey>& keys() const { return keys_; }
  // What the memory for rows was reserved from; may grow for what is derived from them.
  Reservation* memory() { return memory_.get(); }
  int64_t held_bytes() const { return held_bytes_; }

 private:
  // Sorted entries: a part of entries_, or what two runs were merged into.
  struct Run {
    SortEntry* begin = nullptr;
    size_t size = 0;
    std::vector<SortEntry> own;
  };

  // Appends each chunk's keys to its columns and sorts; `types` are the chunks' then.
  StatusOr<std::unique_ptr<RowSorter>> Sorted(std::vector<Chunk> chunks,
                                              std::vector<std::vector<Vector>> key_vectors,
                                              ExecutionContext context) const;
  void RankKeys(size_t num_rows);
  bool Less(const SortEntry& a, const SortEntry& b) const;
  void FillEntries(size_t begin, size_t end, SortEntry* out) const;
  std::vector<Run> SortedRuns(const std::vector<size_t>& first_row);
  void SortRun(SortEntry* begin, size_t size) const;
  void SortBucket(SortEntry* begin, size_t size) const;
  Status Merge(const Run& a, const Run& b, Run* out, ExecutionContext* context) const;

  const std::vector<SortKey> keys_;
  const std::vector<Type> types_;
  std::vector<SortOrder> orders_;
  size_t first_tie_key_ = 0;
  int64_t row_overhead_ = 0;
  Mutex mutex_;
  // Written under the lock until Sort, read without it after.
  std::vector<Chunk> chunks_;
  std::vector<std::vector<Vector>> key_vectors_;
  std::vector<KeyRanks> ranks_;
  std::vector<size_t> worker_ends_;  // in chunks_
  std::vector<SortEntry> entries_;
  int64_t held_bytes_ = 0;
  std::unique_ptr<Reservation> memory_;
  std::unique_ptr<ChunkGatherer> gatherer_;
};

}  // namespace shale
