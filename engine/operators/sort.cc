#include "engine/operators/sort.h"

#include <algorithm>
#include <atomic>

#include "engine/base/sync.h"
#include "engine/exec/pipeline.h"
#include "engine/expr/evaluator.h"
#include "engine/operators/chunk_gather.h"
#include "engine/operators/sort_keys.h"

namespace shale {
namespace {

struct SortEntry {
  SortPrefix prefix;
  RowRef ref;
};
using SortRun = std::vector<SortEntry>;

struct SortWorker : WorkerState {
  explicit SortWorker(MemoryBudget* budget) : memory(budget) {}
  std::vector<Evaluator> keys;
  std::vector<Chunk> chunks;
  std::vector<std::vector<Vector>> key_vectors;  // of each chunk
  Reservation memory;
  int64_t bytes = 0;
};

class Sort : public SinkSource, public std::enable_shared_from_this<Sort> {
 public:
  Sort(std::vector<SortKey> keys, std::vector<Type> types)
      : keys_(std::move(keys)), types_(std::move(types)) {
    for (const SortKey& key : keys_) orders_.push_back({key.descending, key.nulls_first});
  }

  WorkerStatePtr MakeState(ExecutionContext* context) override {
    auto worker = std::make_unique<SortWorker>(context->memory);
    for (const SortKey& key : keys_) worker->keys.emplace_back(key.expr, &context->functions);
    return worker;
  }

  StatusOr<Flow> Consume(WorkerState* state, Chunk input) override {
    auto* worker = static_cast<SortWorker*>(state);
    if (input.num_rows == 0) return Flow::kMore;
    std::vector<Vector> keys;
    for (Evaluator& key : worker->keys) {
      ASSIGN_OR_RETURN(Vector values, key.Evaluate(input));
      keys.push_back(ForSorting(std::move(values)));
      worker->bytes += static_cast<int64_t>(keys.back().MemoryUsage());
    }
    worker->bytes += static_cast<int64_t>(input.num_rows * sizeof(SortEntry) * 2);
    for (const Vector& column : input.columns) {
      worker->bytes += static_cast<int64_t>(column.MemoryUsage());
    }
    RETURN_IF_ERROR(worker->memory.Resize(worker->bytes));
    worker->chunks.push_back(std::move(input));
    worker->key_vectors.push_back(std::move(keys));
    return Flow::kMore;
  }

  Status Combine(WorkerState* state) override {
    auto* worker = static_cast<SortWorker*>(state);
    MutexLock lock(&mutex_);
    for (Chunk& chunk : worker->chunks) chunks_.push_back(std::move(chunk));
    for (auto& keys : worker->key_vectors) key_vectors_.push_back(std::move(keys));
    held_bytes_ += worker->bytes;
    return OkStatus();
  }

  // As many runs as workers, each sorted by one of them, then merged two by two.
  Status Finalize(ExecutionContext* context) override {
    MutexLock lock(&mutex_);
    memory_ = std::make_unique<Reservation>(context->memory);
    RETURN_IF_ERROR(memory_->Resize(held_bytes_));
    size_t num_rows = 0;
    for (const Chunk& chunk : chunks_) num_rows += chunk.num_rows;
    RankKeys(num_rows);
    const size_t num_runs =
        num_rows < 65536 ? 1 : static_cast<size_t>(std::max(context->num_workers, 1));
    runs_.resize(num_runs);
    RETURN_IF_ERROR(RunParallel(static_cast<int>(num_runs), [&](int run) {
      return MakeRun(chunks_.size() * run / num_runs, chunks_.size() * (run + 1) / num_runs,
                     &runs_[run]);
    }));
    while (runs_.size() > 1) {
      // The two shortest first.
      std::sort(runs_.begin(), runs_.end(),
                [](const SortRun& a, const SortRun& b) { return a.size() > b.size(); });
      SortRun b = std::move(runs_.back());
      runs_.pop_back();
      SortRun a = std::move(runs_.back());
      runs_.pop_back();
      SortRun merged(a.size() + b.size());
      RETURN_IF_ERROR(Merge(a, b, &merged, context));
      runs_.push_back(std::move(merged));
    }
    key_vectors_.clear();
    gatherer_ = std::make_unique<ChunkGatherer>(types_, &chunks_);
    return OkStatus();
  }

  std::unique_ptr<Source> MakeSource() override;

  size_t num_rows() const { return runs_.empty() ? 0 : runs_[0].size(); }
  Chunk Rows(size_t begin, size_t count) const {
    std::vector<RowRef> refs(count);
    const SortEntry* entries = runs_[0].data() + begin;
    for (size_t i = 0; i < count; ++i) refs.data()[i] = entries[i].ref;
    return gatherer_->Gather(refs.data(), count, shared_from_this());
  }

 private:
  // Strings of dictionaries are compared once an entry, not once a row.
  void RankKeys(size_t num_rows) {
    std::vector<Type> types;
    for (size_t k = 0; k < keys_.size(); ++k) {
      types.push_back(keys_[k].expr->type);
      std::vector<const Vector*> vectors;
      for (const auto& keys : key_vectors_) vectors.push_back(&keys[k]);
      ranks_.push_back(types.back().IsStringLike() ? RankDictionaries(vectors, num_rows)
                                                   : KeyRanks());
    }
    first_tie_key_ = KeysInPrefix(types, ranks_);
  }

  bool Less(const SortEntry& a, const SortEntry& b) const {
    if (!(a.prefix == b.prefix)) return a.prefix < b.prefix;
    if (first_tie_key_ == keys_.size()) return false;
    return CompareKeys(key_vectors_[a.ref.chunk], a.ref.row, key_vectors_[b.ref.chunk], b.ref.row,
                       orders_, first_tie_key_) < 0;
  }

  // The rows of chunks [begin, end), sorted.
  Status MakeRun(size_t begin, size_t end, SortRun* run) const {
    size_t num_rows = 0;
    for (size_t c = begin; c < end; ++c) num_rows += chunks_[c].num_rows;
    run->resize(num_rows);
    std::vector<SortPrefix> prefixes;
    SortEntry* out = run->data();
    for (size_t c = begin; c < end; ++c) {
      const size_t count = chunks_[c].num_rows;
      prefixes.resize(std::max(prefixes.size(), count));
      MakePrefixes(key_vectors_[c], orders_, count, prefixes.data(), ranks_);
      for (size_t i = 0; i < count; ++i) {
        *out++ = {prefixes.data()[i], {static_cast<uint32_t>(c), static_cast<uint32_t>(i)}};
      }
    }
    if (first_tie_key_ == keys_.size()) {
      const auto less = [](const SortEntry& a, const SortEntry& b) { return a.prefix < b.prefix; };
      if (!std::is_sorted(run->begin(), run->end(), less)) {
        std::sort(run->begin(), run->end(), less);
      }
    } else {
      std::sort(run->begin(), run->end(),
                [this](const SortEntry& a, const SortEntry& b) { return Less(a, b); });
    }
    return OkStatus();
  }

  // Both inputs are cut so that equal shares of the output can be merged side by side.
  Status Merge(const SortRun& a, const SortRun& b, SortRun* out, ExecutionContext* context) const {
    const auto less = [this](const SortEntry& x, const SortEntry& y) { return Less(x, y); };
    const size_t shares = out->size() < 65536 ? 1 : context->num_workers * 2;
    // How many of the first `total` rows of the output come from a.
    const auto cut = [&](size_t total) {
      size_t low = total > b.size() ? total - b.size() : 0;
      size_t high = std::min(total, a.size());
      while (low < high) {
        const size_t from_a = (low + high) / 2;
        // Too few from a when a's next belongs before b's last.
        if (!less(b[total - from_a - 1], a[from_a]))
          low = from_a + 1;
        else
          high = from_a;
      }
      return low;
    };
    std::atomic<size_t> next{0};
    return RunParallel(shares == 1 ? 1 : context->num_workers, [&](int) -> Status {
      for (size_t share; (share = next.fetch_add(1)) < shares;) {
        const size_t begin = out->size() * share / shares;
        const size_t end = out->size() * (share + 1) / shares;
        const size_t a_begin = cut(begin), a_end = cut(end);
        std::merge(a.begin() + a_begin, a.begin() + a_end, b.begin() + (begin - a_begin),
                   b.begin() + (end - a_end), out->begin() + begin, less);
      }
      return OkStatus();
    });
  }

  const std::vector<SortKey> keys_;
  const std::vector<Type> types_;
  std::vector<SortOrder> orders_;
  size_t first_tie_key_ = 0;
  Mutex mutex_;
  // Written under the lock until Finalize, read without it after.
  std::vector<Chunk> chunks_;
  std::vector<std::vector<Vector>> key_vectors_;
  std::vector<KeyRanks> ranks_;
  std::vector<SortRun> runs_;
  int64_t held_bytes_ = 0;
  std::unique_ptr<Reservation> memory_;
  std::unique_ptr<ChunkGatherer> gatherer_;
};

struct NoState : WorkerState {};

class SortSource : public Source {
 public:
  explicit SortSource(std::shared_ptr<const Sort> sort) : sort_(std::move(sort)) {}
  WorkerStatePtr MakeState(ExecutionContext*) override { return std::make_unique<NoState>(); }
  StatusOr<bool> Next(WorkerState*, Chunk* out) override {
    const size_t begin = next_.fetch_add(kChunkRows, std::memory_order_relaxed);
    if (begin >= sort_->num_rows()) return false;
    *out = sort_->Rows(begin, std::min<size_t>(kChunkRows, sort_->num_rows() - begin));
    return true;
  }
  int UsefulWorkers() const override {
    return static_cast<int>(std::min<size_t>(sort_->num_rows() / (4 * kChunkRows) + 1, 1024));
  }

 private:
  std::shared_ptr<const Sort> sort_;
  std::atomic<size_t> next_{0};
};

std::unique_ptr<Source> Sort::MakeSource() {
  return std::make_unique<SortSource>(shared_from_this());
}

}  // namespace

std::shared_ptr<SinkSource> MakeSort(std::vector<SortKey> keys, std::vector<Type> input_types) {
  return std::make_shared<Sort>(std::move(keys), std::move(input_types));
}

}  // namespace shale
