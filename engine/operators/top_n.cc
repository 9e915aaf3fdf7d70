// TopN: each worker keeps its best rows; a bound that all share lets it drop most rows by one
// comparison of the first key, before anything else of them is looked at.
#include <algorithm>
#include <atomic>

#include "engine/base/sync.h"
#include "engine/expr/evaluator.h"
#include "engine/operators/chunk_gather.h"
#include "engine/operators/sort.h"
#include "engine/operators/sort_keys.h"
#include "engine/operators/top_bound.h"
#include "engine/vector/vector_builder.h"

namespace shale {
namespace {

// ---- the shared bound ---------------------------------------------------------------------------

class SharedBound : public TopNBound {
 public:
  bool Current(Value* value) const override {
    if (version_.load(std::memory_order_acquire) == 0) return false;
    MutexLock lock(&mutex_);
    *value = value_;
    return true;
  }
  // `key` is `value` as one flat row, `prefix` its prefix alone.
  void Tighten(const Vector& key, SortOrder order, const SortPrefix& prefix, const Value& value) {
    MutexLock lock(&mutex_);
    if (version_.load(std::memory_order_relaxed) > 0 && CompareRows(key, 0, key_, 0, order) >= 0) {
      return;
    }
    key_ = key;
    prefix_ = prefix;
    value_ = value;
    version_.fetch_add(1, std::memory_order_release);
  }
  // The bound, when it is newer than *seen.
  bool Newer(uint64_t* seen, SortPrefix* prefix, Value* value) const {
    if (version_.load(std::memory_order_acquire) == *seen) return false;
    MutexLock lock(&mutex_);
    *seen = version_.load(std::memory_order_relaxed);
    *prefix = prefix_;
    *value = value_;
    return true;
  }

 private:
  mutable Mutex mutex_;
  std::atomic<uint64_t> version_{0};
  Vector key_ SHALE_GUARDED_BY(mutex_);
  SortPrefix prefix_ SHALE_GUARDED_BY(mutex_){0, 0};
  Value value_ SHALE_GUARDED_BY(mutex_);
};

// ---- rows kept ----------------------------------------------------------------------------------

struct TopEntry {
  SortPrefix prefix;
  RowRef ref;
};

// Candidate rows: chunks of the input's columns followed by the keys.
struct Candidates {
  std::vector<Chunk> chunks;
  std::vector<TopEntry> entries;
};

struct TopNWorker : WorkerState {
  explicit TopNWorker(MemoryBudget* budget) : memory(budget) {}
  std::vector<Evaluator> keys;
  Candidates candidates;
  bool bounded = false;
  SortPrefix bound{0, 0};  // of the first key
  Value bound_value;
  uint64_t bound_version = 0;
  Vector bound_key;  // the same as one flat row
  std::vector<uint32_t> rows;
  std::vector<SortPrefix> prefixes;
  // What is known of a dictionary's entries against the bound: 0 nothing, 1 within, 2 past it.
  DictionaryPtr judged_dictionary;
  std::vector<uint8_t> judged;
  uint64_t judged_version = 0;
  uint64_t own_version = 0;  // changes with the bound
  Reservation memory;
};

// Rows of an integer key that are not past the bound (kStrict: better than it): the loop that
// nearly every row ends in.
template <bool kStrict, typename T>
size_t SelectWithin(const Vector& key, T bound, bool descending, size_t num_rows, uint32_t* rows) {
  const T* values = key.values<T>();
  size_t count = 0;
  if (descending) {
    for (size_t i = 0; i < num_rows; ++i) {
      rows[count] = static_cast<uint32_t>(i);
      count += kStrict ? values[i] > bound : values[i] >= bound;
    }
  } else {
    for (size_t i = 0; i < num_rows; ++i) {
      rows[count] = static_cast<uint32_t>(i);
      count += kStrict ? values[i] < bound : values[i] <= bound;
    }
  }
  return count;
}
template <typename T>
size_t SelectWithin(bool strict, const Vector& key, int64_t bound, bool descending, size_t num_rows,
                    uint32_t* rows) {
  return strict ? SelectWithin<true>(key, static_cast<T>(bound), descending, num_rows, rows)
                : SelectWithin<false>(key, static_cast<T>(bound), descending, num_rows, rows);
}

class TopNSink : public SinkSource, public std::enable_shared_from_this<TopNSink> {
 public:
  TopNSink(std::vector<SortKey> keys, std::vector<Type> types, int64_t limit, int64_t offset,
           std::shared_ptr<SharedBound> bound)
      : keys_(std::move(keys)),
        num_inputs_(types.size()),
        types_(std::move(types)),
        offset_(static_cast<size_t>(std::max<int64_t>(offset, 0))),
        limit_(limit < 0 ? SIZE_MAX / 4 : static_cast<size_t>(limit)),
        kept_(limit_ == 0 ? 0 : offset_ + limit_),
        bound_(std::move(bound)) {
    std::vector<Type> key_types;
    for (const SortKey& key : keys_) {
      key_types.push_back(key.expr->type);
      types_.push_back(key.expr->type);
      orders_.push_back({key.descending, key.nulls_first});
    }
    first_tie_key_ = PrefixOfKeys(key_types).num_keys;
  }

  std::shared_ptr<TopNBound> bound() const { return bound_; }

  WorkerStatePtr MakeState(ExecutionContext* context) override {
    auto worker = std::make_unique<TopNWorker>(context->memory);
    for (const SortKey& key : keys_) worker->keys.emplace_back(key.expr, &context->functions);
    worker->rows.resize(kChunkRows);
    return worker;
  }

  StatusOr<Flow> Consume(WorkerState* state, Chunk input) override {
    auto* worker = static_cast<TopNWorker*>(state);
    if (kept_ == 0) return Flow::kDone;
    if (input.num_rows == 0) return Flow::kMore;
    if (worker->rows.size() < input.num_rows) worker->rows.resize(input.num_rows);
    TakeBound(worker);
    ASSIGN_OR_RETURN(Vector first_key, worker->keys[0].Evaluate(input));
    first_key = ForSorting(std::move(first_key));
    size_t count = input.num_rows;
    bool all = true;
    if (worker->bounded) {
      count = Within(worker, first_key, input.num_rows);
      if (count == 0) return Flow::kMore;
      all = count == input.num_rows;
    }
    if (count > kept_) {
      count = Best(worker, first_key, all, count);
      all = count == input.num_rows;
    }
    if (!all) {
      input = input.Gather(worker->rows.data(), count);
      first_key = first_key.Gather(worker->rows.data(), count);
    }
    std::vector<Vector> keys;
    keys.push_back(std::move(first_key));
    for (size_t k = 1; k < keys_.size(); ++k) {
      ASSIGN_OR_RETURN(Vector key, worker->keys[k].Evaluate(input));
      keys.push_back(ForSorting(std::move(key)));
    }
    if (worker->prefixes.size() < count) worker->prefixes.resize(count);
    MakePrefixes(keys, orders_, count, worker->prefixes.data());
    Candidates& candidates = worker->candidates;
    const auto chunk = static_cast<uint32_t>(candidates.chunks.size());
    for (size_t i = 0; i < count; ++i) {
      candidates.entries.push_back({worker->prefixes.data()[i], {chunk, static_cast<uint32_t>(i)}});
    }
    for (Vector& key : keys) input.columns.push_back(std::move(key));
    candidates.chunks.push_back(std::move(input));

    const size_t held = candidates.entries.size();
    const bool full =
        held >= kept_ && (!worker->bounded || held >= kept_ + std::max<size_t>(kept_, 64));
    if (full || candidates.chunks.size() >= 256 + kept_ / kChunkRows * 2) {
      RETURN_IF_ERROR(Compact(&candidates));
      Publish(worker);
      RETURN_IF_ERROR(worker->memory.Resize(Bytes(candidates)));
    }
    return Flow::kMore;
  }

  Status Combine(WorkerState* state) override {
    auto* worker = static_cast<TopNWorker*>(state);
    Candidates& mine = worker->candidates;
    if (mine.entries.empty()) return OkStatus();
    RETURN_IF_ERROR(Compact(&mine));
    MutexLock lock(&mutex_);
    const auto base = static_cast<uint32_t>(all_.chunks.size());
    for (Chunk& chunk : mine.chunks) all_.chunks.push_back(std::move(chunk));
    for (TopEntry entry : mine.entries) {
      entry.ref.chunk += base;
      all_.entries.push_back(entry);
    }
    return OkStatus();
  }

  Status Finalize(ExecutionContext* context) override {
    MutexLock lock(&mutex_);
    memory_ = std::make_unique<Reservation>(context->memory);
    RETURN_IF_ERROR(memory_->Resize(Bytes(all_)));
    std::sort(all_.entries.begin(), all_.entries.end(),
              [&](const TopEntry& a, const TopEntry& b) { return Less(all_, a, b); });
    if (all_.entries.size() > kept_) all_.entries.resize(kept_);
    for (Chunk& chunk : all_.chunks) chunk.columns.resize(num_inputs_);
    gatherer_ = std::make_unique<ChunkGatherer>(
        std::vector<Type>(types_.begin(), types_.begin() + num_inputs_), &all_.chunks);
    return OkStatus();
  }

  std::unique_ptr<Source> MakeSource() override;

  // Of the result: behind the offset.
  size_t num_rows() const {
    return all_.entries.size() > offset_ ? all_.entries.size() - offset_ : 0;
  }
  Chunk Rows(size_t begin, size_t count) const {
    std::vector<RowRef> refs(count);
    for (size_t i = 0; i < count; ++i) refs[i] = all_.entries[offset_ + begin + i].ref;
    return gatherer_->Gather(refs.data(), count, shared_from_this());
  }

 private:
  bool Less(const Candidates& candidates, const TopEntry& a, const TopEntry& b) const {
    if (!(a.prefix == b.prefix)) return a.prefix < b.prefix;
    if (first_tie_key_ == keys_.size()) return false;
    const std::span<const Vector> x(candidates.chunks[a.ref.chunk].columns);
    const std::span<const Vector> y(candidates.chunks[b.ref.chunk].columns);
    return CompareKeys(x.subspan(num_inputs_), a.ref.row, y.subspan(num_inputs_), b.ref.row,
                       orders_, first_tie_key_) < 0;
  }

  void TakeBound(TopNWorker* worker) const {
    SortPrefix prefix;
    Value value;
    if (!bound_->Newer(&worker->bound_version, &prefix, &value)) return;
    Vector key = Vector::Constant(value, 1).Flatten();
    if (worker->bounded && CompareRows(key, 0, worker->bound_key, 0, orders_[0]) >= 0) return;
    SetBound(worker, prefix, std::move(value), std::move(key));
  }
  static void SetBound(TopNWorker* worker, const SortPrefix& prefix, Value value, Vector key) {
    worker->bounded = true;
    worker->bound = prefix;
    worker->bound_value = std::move(value);
    worker->bound_key = std::move(key);
    ++worker->own_version;
  }

  // With one key a row that ties with the bound is as good as those that are kept already.
  bool strict() const { return keys_.size() == 1; }

  // The rows whose first key is not past the bound, into worker->rows.
  size_t Within(TopNWorker* worker, const Vector& key, size_t num_rows) const {
    uint32_t* rows = worker->rows.data();
    if (key.is_flat() && !key.has_nulls() && !worker->bound_value.is_null()) {
      const bool descending = orders_[0].descending;
      const int64_t bound = worker->bound_value.AsInt();
      switch (key.type().physical()) {
        case PhysicalType::kInt8:
          return SelectWithin<int8_t>(strict(), key, bound, descending, num_rows, rows);
        case PhysicalType::kInt16:
          return SelectWithin<int16_t>(strict(), key, bound, descending, num_rows, rows);
        case PhysicalType::kInt32:
          return SelectWithin<int32_t>(strict(), key, bound, descending, num_rows, rows);
        case PhysicalType::kInt64:
          return SelectWithin<int64_t>(strict(), key, bound, descending, num_rows, rows);
        default: break;
      }
    }
    if (PrefixOfKeys({key.type()}).num_keys == 1) {
      if (worker->prefixes.size() < num_rows) worker->prefixes.resize(num_rows);
      MakePrefixes({&key, 1}, {orders_.data(), 1}, num_rows, worker->prefixes.data());
      const SortPrefix* prefixes = worker->prefixes.data();
      const SortPrefix bound = worker->bound;
      const bool ties = !strict();
      size_t count = 0;
      for (size_t i = 0; i < num_rows; ++i) {
        rows[count] = static_cast<uint32_t>(i);
        count += prefixes[i] < bound || (ties && prefixes[i] == bound);
      }
      return count;
    }
    const int limit = strict() ? -1 : 0;
    if (key.is_dictionary() && key.dictionary()->size() <= 65536 + 16 * num_rows) {
      return WithinDictionary(worker, key, limit, num_rows);
    }
    size_t count = 0;
    if (key.is_flat() && key.type().IsStringLike() && !key.has_nulls() &&
        !worker->bound_value.is_null()) {
      const auto* texts = key.values<std::string_view>();
      const std::string_view bound = worker->bound_key.values<std::string_view>()[0];
      const int sign = orders_[0].descending ? -1 : 1;
      for (size_t i = 0; i < num_rows; ++i) {
        const int compared = texts[i].compare(bound);
        rows[count] = static_cast<uint32_t>(i);
        count += (compared < 0 ? -sign : compared > 0 ? sign : 0) <= limit;
      }
      return count;
    }
    for (size_t i = 0; i < num_rows; ++i) {
      rows[count] = static_cast<uint32_t>(i);
      count += CompareRows(key, i, worker->bound_key, 0, orders_[0]) <= limit;
    }
    return count;
  }

  // Each entry is compared once a bound; one that was past a bound is past every later one.
  size_t WithinDictionary(TopNWorker* worker, const Vector& key, int limit, size_t num_rows) const {
    const DictionaryPtr& dictionary = key.dictionary();
    if (worker->judged_dictionary != dictionary) {
      worker->judged_dictionary = dictionary;
      worker->judged.assign(dictionary->size(), 0);
    } else if (worker->judged_version != worker->own_version) {
      for (uint8_t& judged : worker->judged) judged &= 2;
    }
    worker->judged_version = worker->own_version;
    uint32_t* rows = worker->rows.data();
    uint8_t* judged = worker->judged.data();
    const uint32_t* codes = key.codes();
    const uint64_t* validity = key.validity();
    size_t count = 0;
    for (size_t i = 0; i < num_rows; ++i) {
      rows[count] = static_cast<uint32_t>(i);
      if (validity && !BitIsSet(validity, i)) {
        count += CompareRows(key, i, worker->bound_key, 0, orders_[0]) <= limit;
        continue;
      }
      uint8_t& known = judged[codes[i]];
      if (known == 0) {
        known = CompareRows(key, i, worker->bound_key, 0, orders_[0]) <= limit ? 1 : 2;
      }
      count += known & 1;
    }
    return count;
  }

  // Of `count` rows (worker->rows, or all) those that can be among the kept_ best by the first key
  // alone: more than kept_ only where keys tie.
  size_t Best(TopNWorker* worker, const Vector& key, bool all, size_t count) const {
    const size_t num_rows = key.size();
    if (worker->prefixes.size() < num_rows) worker->prefixes.resize(num_rows);
    MakePrefixes({&key, 1}, {orders_.data(), 1}, num_rows, worker->prefixes.data());
    const SortPrefix* prefixes = worker->prefixes.data();
    uint32_t* rows = worker->rows.data();
    std::vector<SortPrefix> chosen(count);
    for (size_t i = 0; i < count; ++i) chosen.data()[i] = prefixes[all ? i : rows[i]];
    std::nth_element(chosen.begin(), chosen.begin() + (kept_ - 1), chosen.end());
    const SortPrefix worst = chosen[kept_ - 1];
    // When the first key is all there is, only as many ties as are needed.
    size_t ties = count;
    if (strict() && first_tie_key_ == 1) {
      ties = 0;
      for (size_t i = 0; i < kept_; ++i) ties += chosen[i] == worst;
    }
    size_t kept = 0;
    for (size_t i = 0; i < count; ++i) {
      const uint32_t row = all ? static_cast<uint32_t>(i) : rows[i];
      const bool tie = prefixes[row] == worst;
      if (tie ? ties == 0 : worst < prefixes[row]) continue;
      ties -= tie;
      rows[kept++] = row;
    }
    return kept;
  }

  // Leaves the kept_ best rows, the worst of them last, in one chunk after another of their own.
  Status Compact(Candidates* candidates) const {
    const auto less = [&](const TopEntry& a, const TopEntry& b) { return Less(*candidates, a, b); };
    std::vector<TopEntry>& entries = candidates->entries;
    if (entries.size() > kept_) {
      std::nth_element(entries.begin(), entries.begin() + (kept_ - 1), entries.end(), less);
      entries.resize(kept_);
    } else if (!entries.empty()) {
      std::iter_swap(std::max_element(entries.begin(), entries.end(), less), entries.end() - 1);
    }
    // What is kept must not hold on to what is not.
    auto old = std::make_shared<std::vector<Chunk>>(std::move(candidates->chunks));
    candidates->chunks.clear();
    const ChunkGatherer gatherer(types_, old.get());
    for (size_t begin = 0; begin < entries.size(); begin += kChunkRows) {
      const size_t count = std::min<size_t>(kChunkRows, entries.size() - begin);
      std::vector<RowRef> refs(count);
      for (size_t i = 0; i < count; ++i) {
        refs[i] = entries[begin + i].ref;
        entries[begin + i].ref = {static_cast<uint32_t>(candidates->chunks.size()),
                                  static_cast<uint32_t>(i)};
      }
      Chunk chunk = gatherer.Gather(refs.data(), count, nullptr);
      for (Vector& column : chunk.columns) column = OwnStrings(column);
      candidates->chunks.push_back(std::move(chunk));
    }
    return OkStatus();
  }

  // A flat string vector with its bytes copied together; others are as they were.
  static Vector OwnStrings(const Vector& vector) {
    if (!vector.is_flat() || !vector.type().IsStringLike()) return vector;
    VectorBuilder builder(vector.type(), vector.size());
    builder.AppendRange(vector, 0, vector.size());
    return builder.Finish();
  }

  // After Compact: the last entry is the worst that is kept.
  void Publish(TopNWorker* worker) const {
    const Candidates& candidates = worker->candidates;
    if (candidates.entries.size() < kept_) return;
    const TopEntry& worst = candidates.entries.back();
    const Vector key =
        candidates.chunks[worst.ref.chunk].columns[num_inputs_].Slice(worst.ref.row, 1);
    SortPrefix prefix;
    MakePrefixes({&key, 1}, {orders_.data(), 1}, 1, &prefix);
    if (worker->bounded && CompareRows(key, 0, worker->bound_key, 0, orders_[0]) >= 0) return;
    Value value = key.GetValue(0);
    Vector flat = Vector::Constant(value, 1).Flatten();
    bound_->Tighten(flat, orders_[0], prefix, value);
    SetBound(worker, prefix, std::move(value), std::move(flat));
  }

  static int64_t Bytes(const Candidates& candidates) {
    int64_t bytes = static_cast<int64_t>(candidates.entries.size() * sizeof(TopEntry));
    for (const Chunk& chunk : candidates.chunks) {
      for (const Vector& column : chunk.columns) {
        bytes += static_cast<int64_t>(column.is_dictionary() ? chunk.num_rows * sizeof(uint32_t)
                                                             : column.MemoryUsage());
      }
    }
    return bytes;
  }

  const std::vector<SortKey> keys_;
  const size_t num_inputs_;
  std::vector<Type> types_;  // the input's, then the keys'
  std::vector<SortOrder> orders_;
  size_t first_tie_key_ = 0;
  const size_t offset_;
  const size_t limit_;
  const size_t kept_;  // rows that can be in the result or before it
  std::shared_ptr<SharedBound> bound_;
  Mutex mutex_;
  Candidates all_;  // under the lock until Finalize, read without it after
  std::unique_ptr<Reservation> memory_;
  std::unique_ptr<ChunkGatherer> gatherer_;
};

struct NoState : WorkerState {};

class TopNSource : public Source {
 public:
  explicit TopNSource(std::shared_ptr<const TopNSink> top) : top_(std::move(top)) {}
  WorkerStatePtr MakeState(ExecutionContext*) override { return std::make_unique<NoState>(); }
  StatusOr<bool> Next(WorkerState*, Chunk* out) override {
    const size_t begin = next_.fetch_add(kChunkRows, std::memory_order_relaxed);
    if (begin >= top_->num_rows()) return false;
    *out = top_->Rows(begin, std::min<size_t>(kChunkRows, top_->num_rows() - begin));
    return true;
  }
  int UsefulWorkers() const override { return 1; }

 private:
  std::shared_ptr<const TopNSink> top_;
  std::atomic<size_t> next_{0};
};

std::unique_ptr<Source> TopNSink::MakeSource() {
  return std::make_unique<TopNSource>(shared_from_this());
}

}  // namespace

TopN MakeTopN(std::vector<SortKey> keys, std::vector<Type> input_types, int64_t limit,
              int64_t offset) {
  return MakeTopN(std::move(keys), std::move(input_types), limit, offset, MakeTopNBound());
}

std::shared_ptr<TopNBound> MakeTopNBound() { return std::make_shared<SharedBound>(); }

TopN MakeTopN(std::vector<SortKey> keys, std::vector<Type> input_types, int64_t limit,
              int64_t offset, std::shared_ptr<TopNBound> bound) {
  SHALE_CHECK(!keys.empty());
  auto sink = std::make_shared<TopNSink>(std::move(keys), std::move(input_types), limit, offset,
                                         std::static_pointer_cast<SharedBound>(std::move(bound)));
  return {sink, sink->bound()};
}

}  // namespace shale
