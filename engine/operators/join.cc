#include "engine/operators/join.h"

#include <algorithm>
#include <cstring>

#include "engine/expr/evaluator.h"
#include "engine/operators/join_table.h"
#include "engine/operators/sort_keys.h"

namespace shale {
namespace {

struct ProbeWorker : WorkerState {
  std::vector<Evaluator> keys;
  std::unique_ptr<Evaluator> residual;
  std::unique_ptr<KeyPacker> packer;
  ExecutionContext* context = nullptr;
  const Cancellation* cancellation = nullptr;
  std::vector<uint64_t> words;
  std::vector<uint64_t> hashes;
  std::vector<uint32_t> groups;
  std::vector<uint8_t> no_match;  // a NULL or unknown key
  std::vector<uint8_t> null_key;
  std::vector<uint8_t> matched;
  std::vector<uint8_t> maybe;        // kMark: some pair's residual is NULL
  std::vector<uint32_t> probe_rows;  // pairs
  std::vector<uint32_t> build_rows;
  std::vector<uint32_t> selected;
};

class HashProbe : public JoinProbe {
 public:
  using JoinProbe::JoinProbe;

  WorkerStatePtr MakeState(ExecutionContext* context) override {
    auto worker = std::make_unique<ProbeWorker>();
    for (const ExprPtr& key : join_->probe_keys) {
      worker->keys.emplace_back(key, &context->functions);
    }
    if (join_->residual) {
      worker->residual = std::make_unique<Evaluator>(join_->residual, &context->functions);
    }
    worker->packer = std::make_unique<KeyPacker>(&join_->layout, /*find_only=*/true);
    worker->context = context;
    worker->cancellation = context->cancellation;
    Begin();
    return worker;
  }

  StatusOr<Flow> Finish(WorkerState* state, const Emit& emit) override {
    if (!join_->spilled.load()) return End(emit);
    return JoinParts(join_.get(), static_cast<ProbeWorker*>(state)->context, emit);
  }
  std::vector<std::string> Details() const override {
    const uint64_t bytes = join_->spilled_bytes.load();
    if (bytes == 0) return {};
    return {SpillDetail(bytes)};
  }

  StatusOr<Flow> Process(WorkerState* state, Chunk input, const Emit& emit) override {
    auto* worker = static_cast<ProbeWorker*>(state);
    const JoinTable& join = *join_;
    if (input.num_rows == 0) return Flow::kMore;
    if (join.spilled.load(std::memory_order_relaxed)) {
      RETURN_IF_ERROR(DealProbeRows(join_.get(), worker->context, input, &worker->keys));
      return Flow::kMore;
    }
    if (join.num_rows == 0 && (join.kind == JoinKind::kInner || join.kind == JoinKind::kSemi ||
                               join.kind == JoinKind::kRight)) {
      return Flow::kDone;
    }
    for (Vector& column : input.columns) {
      if (column.is_run()) column = column.Flatten();
    }
    std::vector<Vector> keys;
    RETURN_IF_ERROR(FindGroups(worker, input, &keys));
    worker->matched.assign(input.num_rows, 0);
    if (join.emits_build()) {
      ASSIGN_OR_RETURN(Flow flow, EmitPairs(worker, input, emit));
      if (flow == Flow::kDone || !join.keeps_probe()) return flow;
      return EmitUnmatched(input, worker->matched.data(), emit);
    }
    worker->maybe.assign(input.num_rows, 0);
    if (join.residual == nullptr) {
      for (size_t i = 0; i < input.num_rows; ++i) {
        worker->matched.data()[i] = worker->groups.data()[i] != GroupTable::kNone;
      }
    } else {
      RETURN_IF_ERROR(ForEachPair(worker, input.num_rows, [&](size_t count) -> StatusOr<Flow> {
                        RETURN_IF_ERROR(MarkPairs(worker, input, count));
                        return Flow::kMore;
                      }).status());
    }
    if (join.kind == JoinKind::kMark) return EmitMark(worker, std::move(input), keys, emit);
    return EmitExisting(std::move(input), worker->matched.data(), emit);
  }

 private:
  // worker->groups: the build keys' group of each row, kNone where there is none.
  Status FindGroups(ProbeWorker* worker, const Chunk& input, std::vector<Vector>* keys) {
    const JoinTable& join = *join_;
    const size_t num_rows = input.num_rows;
    worker->groups.resize(num_rows);
    worker->no_match.assign(num_rows, 0);
    worker->null_key.assign(num_rows, 0);
    for (Evaluator& key : worker->keys) {
      ASSIGN_OR_RETURN(Vector values, key.Evaluate(input));
      keys->push_back(values.is_run() ? values.Flatten() : std::move(values));
    }
    for (size_t k = 0; k < keys->size(); ++k) {
      const Vector& key = (*keys)[k];
      if (!key.has_nulls() || join.null_safe[k]) continue;
      for (size_t i = 0; i < num_rows; ++i) {
        worker->null_key.data()[i] |= !BitIsSet(key.validity(), key.is_constant() ? 0 : i);
      }
    }
    const int words = join.key_words();
    worker->words.resize(num_rows * words);
    worker->hashes.resize(num_rows);
    RETURN_IF_ERROR(worker->packer->Pack(*keys, num_rows, join.keys_with_nulls(),
                                         worker->words.data(), worker->no_match.data()));
    HashKeys(worker->words.data(), words, words, num_rows, worker->hashes.data());
    join.table->Find(worker->words.data(), worker->hashes.data(), num_rows, worker->groups.data());
    for (size_t i = 0; i < num_rows; ++i) {
      if (worker->no_match.data()[i] | worker->null_key.data()[i]) {
        worker->groups.data()[i] = GroupTable::kNone;
      }
    }
    return OkStatus();
  }

  // Fills probe_rows and build_rows with pairs of equal keys, up to kChunkRows at a time, and hands
  // them to `take`.
  template <typename Take>
  StatusOr<Flow> ForEachPair(ProbeWorker* worker, size_t num_rows, const Take& take) {
    const JoinTable& join = *join_;
    worker->probe_rows.resize(kChunkRows);
    worker->build_rows.resize(kChunkRows);
    uint32_t* probe_rows = worker->probe_rows.data();
    uint32_t* build_rows = worker->build_rows.data();
    size_t count = 0;
    const uint32_t* next = join.next.data();
    for (size_t i = 0; i < num_rows; ++i) {
      const uint32_t group = worker->groups.data()[i];
      if (group == GroupTable::kNone) continue;
      auto row = static_cast<uint32_t>(*reinterpret_cast<const uint64_t*>(
          join.table->states() + group * join.table->row_bytes()));
      while (row != 0) {
        probe_rows[count] = static_cast<uint32_t>(i);
        build_rows[count] = row - 1;
        if (++count == kChunkRows) {
          if (worker->cancellation) RETURN_IF_ERROR(worker->cancellation->Check());
          ASSIGN_OR_RETURN(Flow flow, take(count));
          if (flow == Flow::kDone) return flow;
          count = 0;
        }
        row = next[row - 1];
      }
    }
    if (count == 0) return Flow::kMore;
    return take(count);
  }

  // The columns that the residual reads, of the pairs at hand.
  Chunk ResidualInput(ProbeWorker* worker, const Chunk& input, size_t count) const {
    Chunk pairs;
    pairs.num_rows = count;
    pairs.columns.resize(join_->probe_types.size() + join_->build_types.size());
    for (size_t column : residual_columns_) {
      if (column < join_->probe_types.size()) {
        pairs.columns[column] = input.columns[column].Gather(worker->probe_rows.data(), count);
      } else {
        pairs.columns[column] =
            join_->Rows(column - join_->probe_types.size(), worker->build_rows.data(), count);
      }
    }
    return pairs;
  }

  // Leaves the pairs for which the residual is true; returns how many.
  StatusOr<size_t> FilterPairs(ProbeWorker* worker, const Chunk& input, size_t count) {
    if (worker->residual == nullptr) return count;
    const Chunk pairs = ResidualInput(worker, input, count);
    worker->selected.resize(std::max<size_t>(count, kChunkRows));
    uint32_t* selected = worker->selected.data();
    ASSIGN_OR_RETURN(const size_t kept, worker->residual->Select(pairs, selected));
    for (size_t i = 0; i < kept; ++i) {
      worker->probe_rows.data()[i] = worker->probe_rows.data()[selected[i]];
      worker->build_rows.data()[i] = worker->build_rows.data()[selected[i]];
    }
    return kept;
  }

  // Pairs whose residual is true match; where it is NULL, they might.
  Status MarkPairs(ProbeWorker* worker, const Chunk& input, size_t count) {
    const uint32_t* probe_rows = worker->probe_rows.data();
    if (join_->kind != JoinKind::kMark) {
      ASSIGN_OR_RETURN(count, FilterPairs(worker, input, count));
      for (size_t i = 0; i < count; ++i) worker->matched.data()[probe_rows[i]] = 1;
      return OkStatus();
    }
    const Chunk pairs = ResidualInput(worker, input, count);
    ASSIGN_OR_RETURN(Vector truth, worker->residual->Evaluate(pairs));
    truth = truth.Flatten();
    const auto* values = truth.values<uint8_t>();
    const uint64_t* validity = truth.validity();
    for (size_t i = 0; i < count; ++i) {
      const uint8_t valid = validity == nullptr || BitIsSet(validity, i);
      worker->matched.data()[probe_rows[i]] |= values[i] & valid;
      worker->maybe.data()[probe_rows[i]] |= valid ^ 1;
    }
    return OkStatus();
  }

  StatusOr<Flow> EmitPairs(ProbeWorker* worker, const Chunk& input, const Emit& emit) {
    return ForEachPair(worker, input.num_rows, [&](size_t count) -> StatusOr<Flow> {
      ASSIGN_OR_RETURN(count, FilterPairs(worker, input, count));
      if (count == 0) return Flow::kMore;
      const uint32_t* probe_rows = worker->probe_rows.data();
      const uint32_t* build_rows = worker->build_rows.data();
      RETURN_IF_ERROR(Meet(probe_rows, build_rows, count, worker->matched.data()));
      return emit(Pairs(input, probe_rows, build_rows, count));
    });
  }

  // x IN (…): true where a row matched; NULL where none did but a NULL might have.
  StatusOr<Flow> EmitMark(ProbeWorker* worker, Chunk input, const std::vector<Vector>& keys,
                          const Emit& emit) {
    const JoinTable& join = *join_;
    Vector mark = Vector::Flat(TypeId::kBoolean, input.num_rows);
    std::memcpy(mark.mutable_values<uint8_t>(), worker->matched.data(), input.num_rows);
    for (size_t i = 0; join.any_rows() && i < input.num_rows; ++i) {
      if (worker->matched.data()[i]) continue;
      bool unknown = worker->maybe.data()[i];
      const bool null_key = worker->null_key.data()[i];
      if (!unknown && (null_key || join.any_nulls())) {
        unknown = true;
        if (join.needs_keys()) {
          ASSIGN_OR_RETURN(unknown, MightMatch(worker, input, keys, i, null_key));
        }
      }
      if (unknown) mark.SetNull(i);
    }
    input.columns.push_back(std::move(mark));
    return emit(std::move(input));
  }

  // Whether some build row's key equals row i's wherever both are not NULL, and the residual is not
  // false.
  StatusOr<bool> MightMatch(ProbeWorker* worker, const Chunk& input,
                            const std::vector<Vector>& keys, size_t i, bool null_key) {
    const JoinTable& join = *join_;
    const size_t num_candidates = null_key ? join.num_rows : join.null_rows.size();
    worker->probe_rows.resize(kChunkRows);
    worker->build_rows.resize(kChunkRows);
    size_t count = 0;
    const auto any_left = [&]() -> StatusOr<bool> {
      const Chunk pairs = ResidualInput(worker, input, count);
      count = 0;
      ASSIGN_OR_RETURN(Vector truth, worker->residual->Evaluate(pairs));
      truth = truth.Flatten();
      for (size_t p = 0; p < truth.size(); ++p) {
        const bool valid = truth.validity() == nullptr || BitIsSet(truth.validity(), p);
        if (!valid || truth.values<uint8_t>()[p]) return true;
      }
      return false;
    };
    if (worker->cancellation) RETURN_IF_ERROR(worker->cancellation->Check());
    for (size_t c = 0; c < num_candidates; ++c) {
      const uint32_t row = null_key ? static_cast<uint32_t>(c) : join.null_rows[c];
      bool agrees = true;
      for (size_t k = 0; agrees && k < keys.size(); ++k) {
        if (!join.null_safe[k] && (keys[k].IsNull(i) || join.keys[k].IsNull(row))) continue;
        agrees = CompareRows(keys[k], i, join.keys[k], row, {}) == 0;
      }
      if (!agrees) continue;
      if (worker->residual == nullptr) return true;
      worker->probe_rows[count] = static_cast<uint32_t>(i);
      worker->build_rows[count] = row;
      if (++count < kChunkRows) continue;
      ASSIGN_OR_RETURN(const bool left, any_left());
      if (left) return true;
    }
    if (count == 0) return false;
    return any_left();
  }
};

}  // namespace

std::shared_ptr<Operator> MakeHashProbe(std::shared_ptr<JoinTable> join) {
  return std::make_shared<HashProbe>(std::move(join));
}

HashJoin MakeHashJoin(JoinKind kind, std::vector<ExprPtr> probe_keys,
                      std::vector<ExprPtr> build_keys, ExprPtr residual,
                      std::vector<Type> probe_types, std::vector<Type> build_types,
                      std::vector<bool> null_safe) {
  SHALE_CHECK(probe_keys.size() == build_keys.size());
  auto join = std::make_shared<JoinTable>();
  join->kind = kind;
  null_safe.resize(probe_keys.size());
  join->null_safe = std::move(null_safe);
  join->probe_keys = std::move(probe_keys);
  join->build_keys = std::move(build_keys);
  join->residual = std::move(residual);
  join->probe_types = std::move(probe_types);
  join->build_types = std::move(build_types);
  std::shared_ptr<Operator> probe =
      join->probe_keys.empty() ? MakeLoopProbe(join) : MakeHashProbe(join);
  std::shared_ptr<const JoinBounds> bounds;
  if (join->drops_probe()) bounds = join;
  return {MakeJoinBuild(join), std::move(probe), std::move(bounds)};
}

}  // namespace shale
