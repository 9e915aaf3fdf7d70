#include "engine/operators/asof_join.h"

#include <algorithm>

#include "engine/base/sync.h"
#include "engine/expr/evaluator.h"
#include "engine/operators/chunk_gather.h"
#include "engine/operators/group_table.h"
#include "engine/operators/key_packer.h"
#include "engine/operators/sort_keys.h"

namespace shale {
namespace {

struct Row {
  SortPrefix order;
  RowRef ref;
};

// What build and probe share. Filled by the build, read by the probe.
struct AsofTable {
  AsofPlan plan;
  bool forward = false;    // the build row comes after the probe row: op is < or <=
  bool inclusive = false;  // <= or >=

  Mutex mutex;
  bool begun SHALE_GUARDED_BY(mutex) = false;
  Status status;
  KeyLayout layout;
  std::unique_ptr<GroupTable> groups;  // without keys: null, all rows are one group

  std::vector<Chunk> chunks;
  std::vector<Row> rows;        // by group, ascending in each
  std::vector<uint32_t> begin;  // of each group's rows, and the end
  std::unique_ptr<ChunkGatherer> gatherer;
  std::unique_ptr<Reservation> memory;
};

struct BuildChunk {
  Chunk chunk;
  std::vector<uint64_t> words;
  std::vector<SortPrefix> orders;
  std::vector<uint32_t> rows;  // those that can meet something
};

struct BuildWorker : WorkerState {
  explicit BuildWorker(MemoryBudget* budget) : memory(budget) {}
  std::vector<Evaluator> keys;
  std::unique_ptr<Evaluator> order;
  std::unique_ptr<KeyPacker> packer;
  std::vector<BuildChunk> chunks;
  Reservation memory;
  int64_t bytes = 0;
};

// The orders as numbers, and the rows where neither a key nor the order is NULL.
Status OrdersOf(const std::vector<Vector>& keys, const Vector& order, size_t num_rows,
                std::vector<SortPrefix>* orders, std::vector<uint32_t>* rows) {
  orders->resize(num_rows);
  const SortOrder ascending;
  MakePrefixes({&order, 1}, {&ascending, 1}, num_rows, orders->data());
  std::vector<const Vector*> nullable;
  for (const Vector& key : keys) {
    if (key.has_nulls()) nullable.push_back(&key);
  }
  if (order.has_nulls()) nullable.push_back(&order);
  for (uint32_t i = 0; i < num_rows; ++i) {
    bool null = false;
    for (const Vector* vector : nullable) null |= vector->IsNull(i);
    if (!null) rows->push_back(i);
  }
  return OkStatus();
}

class AsofBuild : public Sink {
 public:
  explicit AsofBuild(std::shared_ptr<AsofTable> table) : table_(std::move(table)) {}

  WorkerStatePtr MakeState(ExecutionContext* context) override {
    {
      MutexLock lock(&table_->mutex);
      if (!table_->begun) {
        table_->begun = true;
        std::vector<Type> types;
        for (const ExprPtr& key : table_->plan.build_keys) types.push_back(key->type);
        StatusOr<KeyLayout> layout = MakeKeyLayout(types, context->num_workers, context->memory);
        table_->status = layout.status();
        if (layout.ok()) table_->layout = *std::move(layout);
      }
    }
    auto worker = std::make_unique<BuildWorker>(context->memory);
    for (const ExprPtr& key : table_->plan.build_keys) {
      worker->keys.emplace_back(key, &context->functions);
    }
    worker->order = std::make_unique<Evaluator>(table_->plan.build_order, &context->functions);
    if (table_->status.ok()) worker->packer = std::make_unique<KeyPacker>(&table_->layout);
    return worker;
  }

  StatusOr<Flow> Consume(WorkerState* state, Chunk input) override {
    auto* worker = static_cast<BuildWorker*>(state);
    RETURN_IF_ERROR(table_->status);
    if (input.num_rows == 0) return Flow::kMore;
    BuildChunk kept;
    std::vector<Vector> keys;
    for (Evaluator& key : worker->keys) {
      ASSIGN_OR_RETURN(Vector values, key.Evaluate(input));
      keys.push_back(values.is_run() ? values.Flatten() : std::move(values));
    }
    ASSIGN_OR_RETURN(Vector order, worker->order->Evaluate(input));
    RETURN_IF_ERROR(
        OrdersOf(keys, ForSorting(std::move(order)), input.num_rows, &kept.orders, &kept.rows));
    if (!keys.empty()) {
      kept.words.resize(input.num_rows * table_->layout.words(false));
      RETURN_IF_ERROR(worker->packer->Pack(keys, input.num_rows, false, kept.words.data()));
    }
    worker->bytes += static_cast<int64_t>(
        kept.words.size() * sizeof(uint64_t) +
        input.num_rows * (sizeof(SortPrefix) + sizeof(uint32_t) + sizeof(Row)));
    for (const Vector& column : input.columns) {
      worker->bytes += static_cast<int64_t>(column.MemoryUsage());
    }
    RETURN_IF_ERROR(worker->memory.Resize(worker->bytes));
    kept.chunk = std::move(input);
    worker->chunks.push_back(std::move(kept));
    return Flow::kMore;
  }

  Status Combine(WorkerState* state) override {
    auto* worker = static_cast<BuildWorker*>(state);
    RETURN_IF_ERROR(table_->status);
    MutexLock lock(&table_->mutex);
    for (BuildChunk& chunk : worker->chunks) chunks_.push_back(std::move(chunk));
    bytes_ += worker->bytes;
    return OkStatus();
  }

  Status Finalize(ExecutionContext* context) override {
    AsofTable& table = *table_;
    RETURN_IF_ERROR(table.status);
    table.memory = std::make_unique<Reservation>(context->memory);
    RETURN_IF_ERROR(table.memory->Resize(bytes_));
    const int words = table.layout.words(false);
    const bool keyed = !table.plan.build_keys.empty();
    if (keyed)
      table.groups = std::make_unique<GroupTable>(words, sizeof(uint64_t), context->memory);
    // Each row's group, then the rows group by group.
    std::vector<std::vector<uint32_t>> groups(chunks_.size());
    std::vector<uint64_t> packed;
    size_t total = 0;
    for (size_t c = 0; c < chunks_.size(); ++c) {
      const BuildChunk& chunk = chunks_[c];
      groups[c].resize(chunk.rows.size());
      total += chunk.rows.size();
      if (!keyed) continue;
      packed.resize(chunk.rows.size() * words);
      for (size_t i = 0; i < chunk.rows.size(); ++i) {
        std::copy_n(chunk.words.data() + size_t{chunk.rows[i]} * words, words,
                    packed.data() + i * words);
      }
      RETURN_IF_ERROR(table.groups->FindOrAdd(packed.data(), chunk.rows.size(), groups[c].data()));
    }
    constexpr size_t kMaxRows = UINT32_MAX - 1;
    if (total > kMaxRows) {
      return ResourceExhausted(
          "the right side of an ASOF JOIN has {} rows, at most {} are possible", total, kMaxRows);
    }
    const size_t num_groups = keyed ? table.groups->size() : 1;
    table.begin.assign(num_groups + 1, 0);
    for (const auto& list : groups) {
      for (uint32_t group : list) ++table.begin.data()[group + 1];
    }
    for (size_t g = 0; g < num_groups; ++g) table.begin[g + 1] += table.begin[g];
    table.rows.resize(total);
    std::vector<uint32_t> next(table.begin.begin(), table.begin.end() - 1);
    for (size_t c = 0; c < chunks_.size(); ++c) {
      const BuildChunk& chunk = chunks_[c];
      for (size_t i = 0; i < chunk.rows.size(); ++i) {
        const uint32_t row = chunk.rows.data()[i];
        table.rows.data()[next.data()[groups[c].data()[i]]++] = {chunk.orders.data()[row],
                                                                 {static_cast<uint32_t>(c), row}};
      }
    }
    const auto before = [](const Row& a, const Row& b) { return a.order < b.order; };
    for (size_t g = 0; g < num_groups; ++g) {
      const auto first = table.rows.begin() + table.begin[g];
      const auto last = table.rows.begin() + table.begin[g + 1];
      if (!std::is_sorted(first, last, before)) std::sort(first, last, before);
    }
    for (BuildChunk& chunk : chunks_) table.chunks.push_back(std::move(chunk.chunk));
    chunks_.clear();
    table.gatherer = std::make_unique<ChunkGatherer>(table.plan.build_types, &table.chunks);
    return OkStatus();
  }

 private:
  std::shared_ptr<AsofTable> table_;
  std::vector<BuildChunk> chunks_;
  int64_t bytes_ = 0;
};

struct ProbeWorker : WorkerState {
  std::vector<Evaluator> keys;
  std::unique_ptr<Evaluator> order;
  std::unique_ptr<KeyPacker> packer;
};

class AsofProbe : public Operator {
 public:
  explicit AsofProbe(std::shared_ptr<AsofTable> table) : table_(std::move(table)) {}

  WorkerStatePtr MakeState(ExecutionContext* context) override {
    auto worker = std::make_unique<ProbeWorker>();
    for (const ExprPtr& key : table_->plan.probe_keys) {
      worker->keys.emplace_back(key, &context->functions);
    }
    worker->order = std::make_unique<Evaluator>(table_->plan.probe_order, &context->functions);
    worker->packer = std::make_unique<KeyPacker>(&table_->layout, /*find_only=*/true);
    return worker;
  }

  StatusOr<Flow> Process(WorkerState* state, Chunk input, const Emit& emit) override {
    auto* worker = static_cast<ProbeWorker*>(state);
    const AsofTable& table = *table_;
    if (input.num_rows == 0) return Flow::kMore;
    for (Vector& column : input.columns) {
      if (column.is_run()) column = column.Flatten();
    }
    std::vector<Vector> keys;
    for (Evaluator& key : worker->keys) {
      ASSIGN_OR_RETURN(Vector values, key.Evaluate(input));
      keys.push_back(values.is_run() ? values.Flatten() : std::move(values));
    }
    ASSIGN_OR_RETURN(Vector order, worker->order->Evaluate(input));
    std::vector<SortPrefix> orders;
    std::vector<uint32_t> candidates;
    RETURN_IF_ERROR(
        OrdersOf(keys, ForSorting(std::move(order)), input.num_rows, &orders, &candidates));
    std::vector<uint32_t> groups(input.num_rows, 0);
    if (!keys.empty()) {
      const int words = table.layout.words(false);
      std::vector<uint64_t> packed(input.num_rows * words), hashes(input.num_rows);
      std::vector<uint8_t> unknown(input.num_rows, 0);
      RETURN_IF_ERROR(
          worker->packer->Pack(keys, input.num_rows, false, packed.data(), unknown.data()));
      HashKeys(packed.data(), words, words, input.num_rows, hashes.data());
      table.groups->Find(packed.data(), hashes.data(), input.num_rows, groups.data());
      for (size_t i = 0; i < input.num_rows; ++i) {
        if (unknown.data()[i]) groups.data()[i] = GroupTable::kNone;
      }
    }
    std::vector<uint32_t> met, alone;
    std::vector<RowRef> refs;
    const Row* all = table.rows.data();
    uint32_t next_candidate = 0;
    for (uint32_t i = 0; i < input.num_rows; ++i) {
      const bool candidate =
          next_candidate < candidates.size() && candidates.data()[next_candidate] == i;
      next_candidate += candidate;
      const uint32_t group = groups.data()[i];
      const Row* found = nullptr;
      if (candidate && group != GroupTable::kNone) {
        found = Nearest(all + table.begin.data()[group], all + table.begin.data()[group + 1],
                        orders.data()[i]);
      }
      if (found) {
        met.push_back(i);
        refs.push_back(found->ref);
      } else {
        alone.push_back(i);
      }
    }
    if (!met.empty()) {
      Chunk output = met.size() == input.num_rows ? input : input.Gather(met.data(), met.size());
      Chunk build = table.gatherer->Gather(refs.data(), refs.size(), table_);
      for (Vector& column : build.columns) output.columns.push_back(std::move(column));
      ASSIGN_OR_RETURN(Flow flow, emit(std::move(output)));
      if (flow == Flow::kDone) return flow;
    }
    if (!table.plan.left || alone.empty()) return Flow::kMore;
    Chunk output = input.Gather(alone.data(), alone.size());
    for (const Type& type : table.plan.build_types) {
      output.columns.push_back(Vector::ConstantNull(type, output.num_rows));
    }
    return emit(std::move(output));
  }

 private:
  const Row* Nearest(const Row* first, const Row* last, const SortPrefix& order) const {
    const auto row_before = [](const Row& row, const SortPrefix& at) { return row.order < at; };
    const auto before_row = [](const SortPrefix& at, const Row& row) { return at < row.order; };
    if (table_->forward) {
      const Row* found = table_->inclusive ? std::lower_bound(first, last, order, row_before)
                                           : std::upper_bound(first, last, order, before_row);
      return found == last ? nullptr : found;
    }
    const Row* found = table_->inclusive ? std::upper_bound(first, last, order, before_row)
                                         : std::lower_bound(first, last, order, row_before);
    return found == first ? nullptr : found - 1;
  }

  std::shared_ptr<AsofTable> table_;
};

}  // namespace

StatusOr<HashJoin> MakeAsofJoin(AsofPlan plan) {
  const Type& type = plan.probe_order->type;
  if (type.IsStringLike() || PrefixOfKeys({type}).num_keys != 1) {
    return Unsupported("ASOF JOIN compares numbers and times, not {}", type.ToString());
  }
  auto table = std::make_shared<AsofTable>();
  table->forward = plan.op[0] == '<';
  table->inclusive = plan.op.size() == 2;
  table->plan = std::move(plan);
  return HashJoin{std::make_shared<AsofBuild>(table), std::make_shared<AsofProbe>(table), nullptr};
}

}  // namespace shale
