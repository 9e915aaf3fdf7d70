#include "engine/operators/row_sorter.h"

#include <algorithm>
#include <atomic>
#include <bit>

#include "engine/exec/pipeline.h"
#include "engine/expr/evaluator.h"
#include "engine/operators/held_bytes.h"

namespace shale {
namespace {

// Fewer rows are sorted by one worker.
constexpr size_t kRowsAlone = 65536;
// Longer runs are dealt into 2^kBucketBits buckets.
constexpr size_t kBucketSortRows = size_t{1} << 17;
constexpr int kBucketBits = 11;

struct SortWorker : WorkerState {
  explicit SortWorker(MemoryBudget* budget) : memory(budget) {}
  std::vector<Evaluator> keys;
  std::vector<Chunk> chunks;
  std::vector<std::vector<Vector>> key_vectors;  // of each chunk
  shale::HeldBytes held;
  Reservation memory;
  int64_t bytes = 0;
};

bool RefLess(const RowRef& a, const RowRef& b) {
  return a.chunk < b.chunk || (a.chunk == b.chunk && a.row < b.row);
}

}  // namespace

RowSorter::RowSorter(std::vector<SortKey> keys, std::vector<Type> types)
    : keys_(std::move(keys)), types_(std::move(types)) {
  for (const SortKey& key : keys_) orders_.push_back({key.descending, key.nulls_first});
}

WorkerStatePtr RowSorter::MakeState(ExecutionContext* context) const {
  auto worker = std::make_unique<SortWorker>(context->memory);
  for (const SortKey& key : keys_) worker->keys.emplace_back(key.expr, &context->functions);
  return worker;
}

Status RowSorter::Consume(WorkerState* state, Chunk* input) const {
  auto* worker = static_cast<SortWorker*>(state);
  if (input->num_rows == 0) return OkStatus();
  std::vector<Vector> keys;
  int64_t bytes = worker->bytes;
  for (Evaluator& key : worker->keys) {
    ASSIGN_OR_RETURN(Vector values, key.Evaluate(*input));
    keys.push_back(ForSorting(std::move(values)));
    // A key that is a column shares its memory.
    if (keys_[keys.size() - 1].expr->kind != Expr::Kind::kColumn) {
      bytes += worker->held.Add(keys.back());
    }
  }
  bytes += static_cast<int64_t>(input->num_rows) *
           (static_cast<int64_t>(sizeof(SortEntry) * 2) + row_overhead_);
  bytes += worker->held.Add(*input);
  RETURN_IF_ERROR(worker->memory.Resize(bytes));
  worker->bytes = bytes;
  worker->chunks.push_back(std::move(*input));
  worker->key_vectors.push_back(std::move(keys));
  return OkStatus();
}

int64_t RowSorter::HeldBytes(const WorkerState& state) {
  return static_cast<const SortWorker&>(state).bytes;
}

std::vector<Chunk> RowSorter::TakeChunks(WorkerState* state) {
  auto* worker = static_cast<SortWorker*>(state);
  std::vector<Chunk> chunks = std::move(worker->chunks);
  worker->chunks.clear();
  worker->key_vectors.clear();
  worker->held.Clear();
  worker->bytes = 0;
  // Giving back does not fail.
  worker->memory.Resize(0).IgnoreError();
  return chunks;
}

std::vector<Chunk> RowSorter::TakeCombinedChunks() {
  MutexLock lock(&mutex_);
  std::vector<Chunk> chunks = std::move(chunks_);
  chunks_.clear();
  key_vectors_.clear();
  worker_ends_.clear();
  held_bytes_ = 0;
  return chunks;
}

std::vector<size_t> RowSorter::KeyColumns() const {
  std::vector<size_t> columns;
  size_t next = types_.size();
  for (const SortKey& key : keys_) {
    columns.push_back(key.expr->kind == Expr::Kind::kColumn ? key.expr->column_index : next++);
  }
  return columns;
}

std::vector<Type> RowSorter::TypesWithKeys() const {
  std::vector<Type> types = types_;
  for (const SortKey& key : keys_) {
    if (key.expr->kind != Expr::Kind::kColumn) types.push_back(key.expr->type);
  }
  return types;
}

StatusOr<std::unique_ptr<RowSorter>> RowSorter::Sorted(std::vector<Chunk> chunks,
                                                       std::vector<std::vector<Vector>> key_vectors,
                                                       ExecutionContext context) const {
  for (size_t c = 0; c < chunks.size(); ++c) {
    for (size_t k = 0; k < keys_.size(); ++k) {
      if (keys_[k].expr->kind != Expr::Kind::kColumn) {
        chunks[c].columns.push_back(key_vectors[c][k]);
      }
    }
  }
  auto sorter = std::make_unique<RowSorter>(keys_, TypesWithKeys());
  {
    MutexLock lock(&sorter->mutex_);
    sorter->chunks_ = std::move(chunks);
    sorter->key_vectors_ = std::move(key_vectors);
    sorter->worker_ends_ = {sorter->chunks_.size()};
  }
  context.memory = nullptr;  // what is sorted was reserved with the rows, which are about to go
  RETURN_IF_ERROR(sorter->Sort(&context));
  return sorter;
}

StatusOr<std::unique_ptr<RowSorter>> RowSorter::TakeSorted(WorkerState* state,
                                                           const ExecutionContext& context) const {
  std::vector<std::vector<Vector>> keys = std::move(static_cast<SortWorker*>(state)->key_vectors);
  ExecutionContext alone = context;
  alone.num_workers = 1;
  return Sorted(TakeChunks(state), std::move(keys), alone);
}

StatusOr<std::unique_ptr<RowSorter>> RowSorter::TakeCombined(const ExecutionContext& context) {
  std::vector<std::vector<Vector>> keys;
  {
    MutexLock lock(&mutex_);
    keys = std::move(key_vectors_);
  }
  return Sorted(TakeCombinedChunks(), std::move(keys), context);
}

void RowSorter::Combine(WorkerState* state) {
  auto* worker = static_cast<SortWorker*>(state);
  MutexLock lock(&mutex_);
  for (Chunk& chunk : worker->chunks) chunks_.push_back(std::move(chunk));
  for (auto& keys : worker->key_vectors) key_vectors_.push_back(std::move(keys));
  worker_ends_.push_back(chunks_.size());
  held_bytes_ += worker->bytes;
}

// What each worker has brought is a run when it is sorted already (a scan in key order); else as
// many runs as workers are sorted side by side. Runs are merged two by two.
Status RowSorter::Sort(ExecutionContext* context) {
  MutexLock lock(&mutex_);
  memory_ = std::make_unique<Reservation>(context->memory);
  RETURN_IF_ERROR(memory_->Resize(held_bytes_));
  size_t num_rows = 0;
  for (const Chunk& chunk : chunks_) num_rows += chunk.num_rows;
  RankKeys(num_rows);
  const bool alone = num_rows < kRowsAlone || keys_.empty();
  const size_t workers = alone ? 1 : static_cast<size_t>(std::max(context->num_workers, 1));
  entries_.resize(num_rows);
  std::vector<size_t> first_row = {0};
  for (const Chunk& chunk : chunks_) first_row.push_back(first_row.back() + chunk.num_rows);
  RETURN_IF_ERROR(RunParallel(static_cast<int>(workers), [&](int worker) -> Status {
    const size_t begin = chunks_.size() * worker / workers;
    FillEntries(begin, chunks_.size() * (worker + 1) / workers, entries_.data() + first_row[begin]);
    return OkStatus();
  }));
  if (!keys_.empty()) {
    std::vector<Run> runs = SortedRuns(first_row);
    if (runs.empty()) {
      for (size_t i = 0; i < workers; ++i) {
        SortEntry* begin = entries_.data() + num_rows * i / workers;
        runs.push_back({begin, num_rows * (i + 1) / workers - num_rows * i / workers, {}});
      }
      RETURN_IF_ERROR(RunParallel(static_cast<int>(workers), [&](int run) -> Status {
        SortRun(runs[run].begin, runs[run].size);
        return OkStatus();
      }));
    }
    while (runs.size() > 1) {
      // The two shortest first.
      std::sort(runs.begin(), runs.end(),
                [](const Run& a, const Run& b) { return a.size > b.size; });
      const Run b = std::move(runs.back());
      runs.pop_back();
      const Run a = std::move(runs.back());
      runs.pop_back();
      Run merged;
      merged.own.resize(a.size + b.size);
      merged.begin = merged.own.data();
      merged.size = merged.own.size();
      RETURN_IF_ERROR(Merge(a, b, &merged, context));
      runs.push_back(std::move(merged));
    }
    if (!runs.empty() && !runs[0].own.empty()) entries_ = std::move(runs[0].own);
  }
  gatherer_ = std::make_unique<ChunkGatherer>(types_, &chunks_);
  return OkStatus();
}

// A run a worker, if all of them are sorted; else none.
std::vector<RowSorter::Run> RowSorter::SortedRuns(const std::vector<size_t>& first_row) {
  std::vector<Run> runs;
  size_t begin = 0;
  for (size_t chunk_end : worker_ends_) {
    const size_t end = first_row[chunk_end];
    SortEntry* entries = entries_.data();
    if (!std::is_sorted(entries + begin, entries + end,
                        [this](const SortEntry& a, const SortEntry& b) { return Less(a, b); })) {
      return {};
    }
    if (end > begin) runs.push_back({entries + begin, end - begin, {}});
    begin = end;
  }
  return runs;
}

void RowSorter::MarkStarts(size_t num_keys, size_t begin, size_t end, uint64_t* starts) const {
  if (num_keys == 0) return;
  const SortEntry* entries = entries_.data();
  std::vector<Type> types;
  for (size_t k = 0; k < num_keys; ++k) types.push_back(keys_[k].expr->type);
  const PrefixPart part = PrefixOfKeys(types, ranks_);
  for (size_t i = std::max<size_t>(begin, 1); i < end; ++i) {
    const SortEntry& a = entries[i - 1];
    const SortEntry& b = entries[i];
    bool differ = ((a.prefix.high ^ b.prefix.high) & part.mask.high) != 0 ||
                  ((a.prefix.low ^ b.prefix.low) & part.mask.low) != 0;
    if (!differ && part.num_keys < num_keys) {
      differ = CompareKeys(key_vectors_[a.ref.chunk], a.ref.row, key_vectors_[b.ref.chunk],
                           b.ref.row, std::span(orders_).first(num_keys), part.num_keys) != 0;
    }
    if (differ) SetBit(starts, i - begin);
  }
}

// Strings of dictionaries are compared once an entry, not once a row.
void RowSorter::RankKeys(size_t num_rows) {
  std::vector<Type> types;
  for (size_t k = 0; k < keys_.size(); ++k) {
    types.push_back(keys_[k].expr->type);
    std::vector<const Vector*> vectors;
    for (const auto& keys : key_vectors_) vectors.push_back(&keys[k]);
    ranks_.push_back(types.back().IsStringLike() ? RankDictionaries(vectors, num_rows)
                                                 : KeyRanks());
  }
  first_tie_key_ = PrefixOfKeys(types, ranks_).num_keys;
}

bool RowSorter::Less(const SortEntry& a, const SortEntry& b) const {
  if (!(a.prefix == b.prefix)) return a.prefix < b.prefix;
  if (first_tie_key_ < keys_.size()) {
    const int compared = CompareKeys(key_vectors_[a.ref.chunk], a.ref.row,
                                     key_vectors_[b.ref.chunk], b.ref.row, orders_, first_tie_key_);
    if (compared != 0) return compared < 0;
  }
  return RefLess(a.ref, b.ref);
}

// The rows of chunks [begin, end), in their order.
void RowSorter::FillEntries(size_t begin, size_t end, SortEntry* out) const {
  std::vector<SortPrefix> prefixes;
  for (size_t c = begin; c < end; ++c) {
    const size_t count = chunks_[c].num_rows;
    prefixes.resize(std::max(prefixes.size(), count));
    MakePrefixes(key_vectors_[c], orders_, count, prefixes.data(), ranks_);
    for (size_t i = 0; i < count; ++i) {
      *out++ = {prefixes.data()[i], {static_cast<uint32_t>(c), static_cast<uint32_t>(i)}};
    }
  }
}

// A long run is dealt first into buckets by the leading bits in which its prefixes differ: buckets
// fit the cache, and their sorts compare half as often.
void RowSorter::SortRun(SortEntry* begin, size_t size) const {
  if (size < kBucketSortRows) return SortBucket(begin, size);
  const SortPrefix first = begin[0].prefix;
  SortPrefix differ{0, 0};
  for (size_t i = 1; i < size; ++i) {
    differ.high |= begin[i].prefix.high ^ first.high;
    differ.low |= begin[i].prefix.low ^ first.low;
  }
  const int same_bits =
      differ.high ? std::countl_zero(differ.high) : 64 + std::countl_zero(differ.low);
  if (same_bits == 128) return SortBucket(begin, size);
  const auto bucket_of = [&](const SortPrefix& prefix) {
    const uint128_t bits = (static_cast<uint128_t>(prefix.high) << 64) | prefix.low;
    return static_cast<size_t>((bits << same_bits) >> (128 - kBucketBits));
  };
  std::vector<size_t> ends(size_t{1} << kBucketBits);
  for (size_t i = 0; i < size; ++i) ++ends.data()[bucket_of(begin[i].prefix)];
  size_t total = 0;
  for (size_t& end : ends) total += std::exchange(end, total);
  const auto dealt = std::make_unique_for_overwrite<SortEntry[]>(size);
  for (size_t i = 0; i < size; ++i) {
    dealt.get()[ends.data()[bucket_of(begin[i].prefix)]++] = begin[i];
  }
  std::copy(dealt.get(), dealt.get() + size, begin);
  size_t start = 0;
  for (size_t end : ends) {
    SortRun(begin + start, end - start);
    start = end;
  }
}

void RowSorter::SortBucket(SortEntry* begin, size_t size) const {
  if (first_tie_key_ == keys_.size()) {
    std::sort(begin, begin + size, [](const SortEntry& a, const SortEntry& b) {
      return a.prefix == b.prefix ? RefLess(a.ref, b.ref) : a.prefix < b.prefix;
    });
  } else {
    std::sort(begin, begin + size,
              [this](const SortEntry& a, const SortEntry& b) { return Less(a, b); });
  }
}

// Both inputs are cut so that equal shares of the output can be merged side by side.
Status RowSorter::Merge(const Run& a, const Run& b, Run* out, ExecutionContext* context) const {
  const auto less = [this](const SortEntry& x, const SortEntry& y) { return Less(x, y); };
  const size_t shares = out->size < kRowsAlone ? 1 : context->num_workers * 2;
  // How many of the first `total` rows of the output come from a.
  const auto cut = [&](size_t total) {
    size_t low = total > b.size ? total - b.size : 0;
    size_t high = std::min(total, a.size);
    while (low < high) {
      const size_t from_a = (low + high) / 2;
      // Too few from a when a's next belongs before b's last.
      if (!less(b.begin[total - from_a - 1], a.begin[from_a]))
        low = from_a + 1;
      else
        high = from_a;
    }
    return low;
  };
  std::atomic<size_t> next{0};
  return RunParallel(shares == 1 ? 1 : context->num_workers, [&](int) -> Status {
    for (size_t share; (share = next.fetch_add(1)) < shares;) {
      const size_t begin = out->size * share / shares;
      const size_t end = out->size * (share + 1) / shares;
      const size_t a_begin = cut(begin), a_end = cut(end);
      std::merge(a.begin + a_begin, a.begin + a_end, b.begin + (begin - a_begin),
                 b.begin + (end - a_end), out->begin + begin, less);
    }
    return OkStatus();
  });
}

}  // namespace shale
