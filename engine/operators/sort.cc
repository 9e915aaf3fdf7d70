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
  std::vector<std::vector<Vector>> key_vectors;  // of each chunk; empty when prefixes decide all
  SortRun entries;
  std::vector<SortPrefix> prefixes;
  Reservation memory;
  int64_t bytes = 0;
};

class Sort : public SinkSource, public std::enable_shared_from_this<Sort> {
 public:
  Sort(std::vector<SortKey> keys, std::vector<Type> types)
      : keys_(std::move(keys)), types_(std::move(types)) {
    std::vector<Type> key_types;
    for (const SortKey& key : keys_) {
      key_types.push_back(key.expr->type);
      orders_.push_back({key.descending, key.nulls_first});
    }
    first_tie_key_ = KeysInPrefix(key_types);
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
    }
    worker->bytes += static_cast<int64_t>(input.num_rows * sizeof(SortEntry));
    for (const Vector& column : input.columns) {
      worker->bytes += static_cast<int64_t>(column.MemoryUsage());
    }
    if (first_tie_key_ < keys_.size()) {
      for (const Vector& key : keys) worker->bytes += static_cast<int64_t>(key.MemoryUsage());
    }
    RETURN_IF_ERROR(worker->memory.Resize(worker->bytes));
    worker->prefixes.resize(std::max(worker->prefixes.size(), input.num_rows));
    MakePrefixes(keys, orders_, input.num_rows, worker->prefixes.data());
    const auto chunk = static_cast<uint32_t>(worker->chunks.size());
    const size_t begin = worker->entries.size();
    worker->entries.resize(begin + input.num_rows);
    SortEntry* out = worker->entries.data() + begin;
    for (size_t i = 0; i < input.num_rows; ++i) {
      out[i] = {worker->prefixes.data()[i], {chunk, static_cast<uint32_t>(i)}};
    }
    worker->chunks.push_back(std::move(input));
    if (first_tie_key_ < keys_.size()) worker->key_vectors.push_back(std::move(keys));
    return Flow::kMore;
  }

  Status Combine(WorkerState* state) override {
    auto* worker = static_cast<SortWorker*>(state);
    if (worker->entries.empty()) return OkStatus();
    SortEntries(worker->key_vectors, &worker->entries);
    MutexLock lock(&mutex_);
    const auto base = static_cast<uint32_t>(chunks_.size());
    if (base > 0) {
      for (SortEntry& entry : worker->entries) entry.ref.chunk += base;
    }
    for (Chunk& chunk : worker->chunks) chunks_.push_back(std::move(chunk));
    for (auto& keys : worker->key_vectors) key_vectors_.push_back(std::move(keys));
    runs_.push_back(std::move(worker->entries));
    held_bytes_ += worker->bytes;
    return OkStatus();
  }

  Status Finalize(ExecutionContext* context) override {
    MutexLock lock(&mutex_);
    memory_ = std::make_unique<Reservation>(context->memory);
    RETURN_IF_ERROR(memory_->Resize(held_bytes_));
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
  std::vector<OrderedColumn> Ordering() const {
    std::vector<OrderedColumn> ordering;
    for (const SortKey& key : keys_) {
      if (key.expr->kind != Expr::Kind::kColumn) break;
      ordering.push_back({key.expr->column_index, key.descending});
    }
    return ordering;
  }

 private:
  bool Less(const std::vector<std::vector<Vector>>& keys, const SortEntry& a,
            const SortEntry& b) const {
    if (!(a.prefix == b.prefix)) return a.prefix < b.prefix;
    return CompareKeys(keys[a.ref.chunk], a.ref.row, keys[b.ref.chunk], b.ref.row, orders_,
                       first_tie_key_) < 0;
  }

  void SortEntries(const std::vector<std::vector<Vector>>& keys, SortRun* run) const {
    if (first_tie_key_ == keys_.size()) {
      const auto less = [](const SortEntry& a, const SortEntry& b) { return a.prefix < b.prefix; };
      if (!std::is_sorted(run->begin(), run->end(), less)) {
        std::sort(run->begin(), run->end(), less);
      }
    } else {
      std::sort(run->begin(), run->end(),
                [&](const SortEntry& a, const SortEntry& b) { return Less(keys, a, b); });
    }
  }

  // Both inputs are cut so that equal shares of the output can be merged side by side.
  Status Merge(const SortRun& a, const SortRun& b, SortRun* out, ExecutionContext* context)
      SHALE_REQUIRES(mutex_) {
    const std::vector<std::vector<Vector>>& keys = key_vectors_;
    const bool by_prefix = first_tie_key_ == keys_.size();
    const auto less = [&](const SortEntry& x, const SortEntry& y) {
      return by_prefix ? x.prefix < y.prefix : Less(keys, x, y);
    };
    const size_t shares = out->size() < 65536 ? 1 : context->num_workers * 2;
    // How many of the first `total` rows of the output come from a.
    const auto cut = [&](size_t total) {
      size_t low = total > b.size() ? total - b.size() : 0;
      size_t high = std::min(total, a.size());
      while (low < high) {
        const size_t from_a = (low + high) / 2;
        // Too few from a when a's next belongs before b's last.
        if (!less(b[total - from_a - 1], a[from_a])) low = from_a + 1;
        else high = from_a;
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
  std::vector<OrderedColumn> Ordering() const override { return sort_->Ordering(); }

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
