#include "engine/operators/join.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "engine/base/sync.h"
#include "engine/expr/evaluator.h"
#include "engine/operators/group_table.h"
#include "engine/operators/key_packer.h"
#include "engine/operators/sort_keys.h"
#include "engine/vector/vector_builder.h"

namespace shale {
namespace {

// What build and probe share: the plan, and after the build's Finalize the table.
struct JoinTable {
  JoinKind kind;
  std::vector<ExprPtr> probe_keys;
  std::vector<ExprPtr> build_keys;
  ExprPtr residual;
  std::vector<Type> probe_types;
  std::vector<Type> build_types;

  Mutex mutex;
  // Made by the first worker of the build.
  bool begun SHALE_GUARDED_BY(mutex) = false;
  Status status;
  KeyLayout layout;

  // All rows of the build side; a string column also as a dictionary, of which a row number is the
  // code: so that what is computed over a joined column is computed once a build row.
  size_t num_rows = 0;
  std::vector<Vector> columns;
  std::vector<DictionaryPtr> dictionaries;
  std::vector<Vector> keys;  // kMark that must look at NULLs one by one
  std::unique_ptr<Reservation> memory;

  // Rows with the same key are chained: a group's state is its last row + 1, next[row] the one
  // before + 1, 0 the end.
  std::unique_ptr<GroupTable> table;
  std::vector<uint32_t> next;
  bool unique = true;
  std::vector<uint32_t> null_rows;  // rows with a NULL in their key

  bool needs_keys() const {
    return kind == JoinKind::kMark && (build_keys.size() > 1 || residual != nullptr);
  }
};

// ---- build --------------------------------------------------------------------------------------

struct BuildChunk {
  Chunk chunk;
  std::vector<Vector> keys;     // kept only when needs_keys()
  std::vector<uint64_t> words;  // packed keys of all rows
  std::vector<uint32_t> nulls;  // rows with a NULL key
};

struct BuildWorker : WorkerState {
  explicit BuildWorker(MemoryBudget* budget) : memory(budget) {}
  std::vector<Evaluator> keys;
  std::unique_ptr<KeyPacker> packer;
  std::vector<BuildChunk> chunks;
  Reservation memory;
  int64_t bytes = 0;
};

class JoinBuild : public Sink {
 public:
  explicit JoinBuild(std::shared_ptr<JoinTable> join) : join_(std::move(join)) {}

  WorkerStatePtr MakeState(ExecutionContext* context) override {
    {
      MutexLock lock(&join_->mutex);
      if (!join_->begun) {
        join_->begun = true;
        std::vector<Type> types;
        for (const ExprPtr& key : join_->build_keys) types.push_back(key->type);
        StatusOr<KeyLayout> layout = MakeKeyLayout(types, context->num_workers, context->memory);
        join_->status = layout.status();
        if (layout.ok()) join_->layout = *std::move(layout);
      }
    }
    auto worker = std::make_unique<BuildWorker>(context->memory);
    for (const ExprPtr& key : join_->build_keys) {
      worker->keys.emplace_back(key, &context->functions);
    }
    if (join_->status.ok()) worker->packer = std::make_unique<KeyPacker>(&join_->layout);
    return worker;
  }

  StatusOr<Flow> Consume(WorkerState* state, Chunk input) override {
    auto* worker = static_cast<BuildWorker*>(state);
    RETURN_IF_ERROR(join_->status);
    if (input.num_rows == 0) return Flow::kMore;
    BuildChunk kept;
    if (!worker->keys.empty()) {
      for (Evaluator& key : worker->keys) {
        ASSIGN_OR_RETURN(Vector values, key.Evaluate(input));
        kept.keys.push_back(values.is_run() ? values.Flatten() : std::move(values));
      }
      kept.words.resize(input.num_rows * join_->layout.words(false));
      RETURN_IF_ERROR(worker->packer->Pack(kept.keys, input.num_rows, false, kept.words.data()));
      bool nulls = false;
      for (const Vector& key : kept.keys) nulls |= key.has_nulls();
      for (uint32_t i = 0; nulls && i < input.num_rows; ++i) {
        for (const Vector& key : kept.keys) {
          if (!key.IsNull(i)) continue;
          kept.nulls.push_back(i);
          break;
        }
      }
      if (!join_->needs_keys()) kept.keys.clear();
      worker->bytes += static_cast<int64_t>(kept.words.size() * sizeof(uint64_t));
    }
    // Semi, anti and mark joins emit no build column, but a residual may read some.
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
    RETURN_IF_ERROR(join_->status);
    MutexLock lock(&join_->mutex);
    for (BuildChunk& chunk : worker->chunks) chunks_.push_back(std::move(chunk));
    return OkStatus();
  }

  Status Finalize(ExecutionContext* context) override {
    RETURN_IF_ERROR(join_->status);
    JoinTable& join = *join_;
    join.memory = std::make_unique<Reservation>(context->memory);
    for (const BuildChunk& chunk : chunks_) join.num_rows += chunk.chunk.num_rows;
    constexpr size_t kMaxRows = UINT32_MAX - 1;
    if (join.num_rows > kMaxRows) {
      return ResourceExhausted("the build side of a join has {} rows, at most {} are possible",
                               join.num_rows, kMaxRows);
    }
    RETURN_IF_ERROR(KeepColumns());
    if (!join.build_keys.empty()) RETURN_IF_ERROR(FillTable(context));
    chunks_.clear();
    return OkStatus();
  }

 private:
  Status KeepColumns() {
    JoinTable& join = *join_;
    const bool emits = join.kind == JoinKind::kInner || join.kind == JoinKind::kLeft;
    std::vector<size_t> wanted;
    if (join.residual) CollectColumns(*join.residual, &wanted);
    join.columns.resize(join.build_types.size());
    join.dictionaries.resize(join.build_types.size());
    int64_t bytes = 0;
    for (size_t c = 0; c < join.build_types.size(); ++c) {
      const bool used =
          emits || std::binary_search(wanted.begin(), wanted.end(), join.probe_types.size() + c);
      if (!used) continue;
      std::vector<Vector> pieces;
      for (BuildChunk& chunk : chunks_) pieces.push_back(std::move(chunk.chunk.columns[c]));
      ASSIGN_OR_RETURN(join.columns[c], Concatenate(join.build_types[c], std::move(pieces)));
      bytes += static_cast<int64_t>(join.columns[c].MemoryUsage());
      RETURN_IF_ERROR(join.memory->Resize(bytes));
      if (join.build_types[c].IsStringLike() && join.num_rows > 0) {
        auto dictionary = std::make_shared<Dictionary>();
        dictionary->id = NextDictionaryId();
        dictionary->values = join.columns[c];
        join.dictionaries[c] = std::move(dictionary);
      }
    }
    if (join.needs_keys()) {
      for (size_t k = 0; k < join.build_keys.size(); ++k) {
        std::vector<Vector> pieces;
        for (BuildChunk& chunk : chunks_) pieces.push_back(std::move(chunk.keys[k]));
        ASSIGN_OR_RETURN(Vector key, Concatenate(join.build_keys[k]->type, std::move(pieces)));
        join.keys.push_back(std::move(key));
      }
    }
    return OkStatus();
  }

  // One flat vector of all pieces. Strings are not copied: the pieces' heaps are kept.
  StatusOr<Vector> Concatenate(const Type& type, std::vector<Vector> pieces) {
    const PhysicalType physical = type.physical();
    if (pieces.size() == 1) return pieces[0].Flatten();
    if (physical == PhysicalType::kList || physical == PhysicalType::kStruct) {
      VectorBuilder builder(type, join_->num_rows);
      for (const Vector& piece : pieces) builder.AppendRange(piece, 0, piece.size());
      return builder.Finish();
    }
    Vector all = Vector::Flat(type, join_->num_rows);
    const size_t width = PhysicalSize(physical);
    auto* out = all.mutable_values<uint8_t>();
    size_t at = 0;
    std::vector<HeapPtr> heaps;
    for (Vector& piece : pieces) {
      // A fresh buffer, or the piece's own values from their first row on.
      const Vector flat = piece.Flatten();
      const void* values = nullptr;
      switch (width) {
        case 1: values = flat.values<uint8_t>(); break;
        case 2: values = flat.values<uint16_t>(); break;
        case 4: values = flat.values<uint32_t>(); break;
        case 8: values = flat.values<uint64_t>(); break;
        default: values = flat.values<std::string_view>(); break;
      }
      std::memcpy(out + at * width, values, flat.size() * width);
      if (flat.has_nulls()) {
        uint64_t* bits = all.mutable_validity();
        for (size_t i = 0; i < flat.size(); ++i) {
          if (!BitIsSet(flat.validity(), i)) ClearBit(bits, at + i);
        }
      }
      if (type.IsStringLike()) {
        heaps.insert(heaps.end(), flat.heaps().begin(), flat.heaps().end());
      }
      at += flat.size();
      piece = Vector();
    }
    std::sort(heaps.begin(), heaps.end());
    heaps.erase(std::unique(heaps.begin(), heaps.end()), heaps.end());
    // One heap that holds them all, so that vectors made later stay short.
    if (!heaps.empty()) {
      all.AddHeap(std::make_shared<const std::vector<HeapPtr>>(std::move(heaps)));
    }
    return all;
  }

  Status FillTable(ExecutionContext* context) {
    JoinTable& join = *join_;
    const int words = join.layout.words(false);
    join.table = std::make_unique<GroupTable>(words, sizeof(uint64_t), context->memory);
    join.next.assign(join.num_rows, 0);
    uint32_t* next = join.next.data();
    uint32_t begin = 0;
    std::vector<uint32_t> groups;
    std::vector<uint32_t> rows;
    std::vector<uint64_t> keys;
    for (BuildChunk& chunk : chunks_) {
      size_t count = chunk.chunk.num_rows;
      rows.resize(count);
      std::iota(rows.begin(), rows.end(), 0);
      const uint64_t* packed = chunk.words.data();
      if (!chunk.nulls.empty()) {
        rows.clear();
        size_t null = 0;
        for (uint32_t i = 0; i < count; ++i) {
          if (null < chunk.nulls.size() && chunk.nulls[null] == i) {
            ++null;
            join.null_rows.push_back(begin + i);
          } else {
            rows.push_back(i);
          }
        }
        keys.resize(rows.size() * words);
        for (size_t i = 0; i < rows.size(); ++i) {
          std::copy_n(packed + rows[i] * words, words, keys.data() + i * words);
        }
        packed = keys.data();
      }
      const size_t chunk_rows = count;
      count = rows.size();
      groups.resize(count);
      RETURN_IF_ERROR(join.table->FindOrAdd(packed, count, groups.data()));
      std::byte* states = join.table->states();
      const size_t stride = join.table->row_bytes();
      for (size_t i = 0; i < count; ++i) {
        auto* head = reinterpret_cast<uint64_t*>(states + groups.data()[i] * stride);
        const uint32_t row = begin + rows.data()[i];
        join.unique &= *head == 0;
        next[row] = static_cast<uint32_t>(*head);
        *head = row + 1;
      }
      begin += static_cast<uint32_t>(chunk_rows);
      chunk.words = {};
    }
    return OkStatus();
  }

  std::shared_ptr<JoinTable> join_;
  std::vector<BuildChunk> chunks_;
};

// ---- probe --------------------------------------------------------------------------------------

struct ProbeWorker : WorkerState {
  std::vector<Evaluator> keys;
  std::unique_ptr<Evaluator> residual;
  std::unique_ptr<KeyPacker> packer;
  std::vector<uint64_t> words;
  std::vector<uint64_t> hashes;
  std::vector<uint32_t> groups;
  std::vector<uint8_t> no_match;  // a NULL or unknown key
  std::vector<uint8_t> null_key;
  std::vector<uint8_t> matched;
  std::vector<uint32_t> probe_rows;  // pairs
  std::vector<uint32_t> build_rows;
  std::vector<uint32_t> selected;
};

class JoinProbe : public Operator {
 public:
  explicit JoinProbe(std::shared_ptr<JoinTable> join) : join_(std::move(join)) {
    if (join_->residual) CollectColumns(*join_->residual, &residual_columns_);
  }

  WorkerStatePtr MakeState(ExecutionContext* context) override {
    auto worker = std::make_unique<ProbeWorker>();
    for (const ExprPtr& key : join_->probe_keys) {
      worker->keys.emplace_back(key, &context->functions);
    }
    if (join_->residual) {
      worker->residual = std::make_unique<Evaluator>(join_->residual, &context->functions);
    }
    worker->packer = std::make_unique<KeyPacker>(&join_->layout, /*find_only=*/true);
    return worker;
  }

  StatusOr<Flow> Process(WorkerState* state, Chunk input, const Emit& emit) override {
    auto* worker = static_cast<ProbeWorker*>(state);
    const JoinTable& join = *join_;
    if (input.num_rows == 0) return Flow::kMore;
    if (join.num_rows == 0 && (join.kind == JoinKind::kInner || join.kind == JoinKind::kSemi)) {
      return Flow::kDone;
    }
    for (Vector& column : input.columns) {
      if (column.is_run()) column = column.Flatten();
    }
    std::vector<Vector> keys;
    RETURN_IF_ERROR(FindGroups(worker, input, &keys));
    worker->matched.assign(input.num_rows, 0);
    if (join.kind == JoinKind::kInner || join.kind == JoinKind::kLeft) {
      ASSIGN_OR_RETURN(Flow flow, EmitPairs(worker, input, emit));
      if (flow == Flow::kDone || join.kind == JoinKind::kInner) return flow;
      return EmitUnmatched(worker, input, emit);
    }
    if (join.residual == nullptr) {
      if (join.probe_keys.empty()) {
        std::fill(worker->matched.begin(), worker->matched.end(), join.num_rows > 0);
      } else {
        for (size_t i = 0; i < input.num_rows; ++i) {
          worker->matched.data()[i] = worker->groups.data()[i] != GroupTable::kNone;
        }
      }
    } else {
      RETURN_IF_ERROR(ForEachPair(worker, input.num_rows, [&](size_t count) -> StatusOr<Flow> {
                        ASSIGN_OR_RETURN(count, FilterPairs(worker, input, count));
                        for (size_t i = 0; i < count; ++i) {
                          worker->matched.data()[worker->probe_rows.data()[i]] = 1;
                        }
                        return Flow::kMore;
                      }).status());
    }
    if (join.kind == JoinKind::kMark) return EmitMark(worker, std::move(input), keys, emit);
    const uint8_t wanted = join.kind == JoinKind::kSemi;
    std::vector<uint32_t>& rows = worker->selected;
    rows.clear();
    for (uint32_t i = 0; i < input.num_rows; ++i) {
      if (worker->matched.data()[i] == wanted) rows.push_back(i);
    }
    if (rows.empty()) return Flow::kMore;
    if (rows.size() == input.num_rows) return emit(std::move(input));
    return emit(input.Gather(rows.data(), rows.size()));
  }

 private:
  // worker->groups: the build keys' group of each row, kNone where there is none.
  Status FindGroups(ProbeWorker* worker, const Chunk& input, std::vector<Vector>* keys) {
    const JoinTable& join = *join_;
    if (join.probe_keys.empty()) return OkStatus();
    const size_t num_rows = input.num_rows;
    worker->groups.resize(num_rows);
    worker->no_match.assign(num_rows, 0);
    worker->null_key.assign(num_rows, 0);
    for (Evaluator& key : worker->keys) {
      ASSIGN_OR_RETURN(Vector values, key.Evaluate(input));
      keys->push_back(values.is_run() ? values.Flatten() : std::move(values));
    }
    for (const Vector& key : *keys) {
      if (!key.has_nulls()) continue;
      for (size_t i = 0; i < num_rows; ++i) {
        worker->null_key.data()[i] |= !BitIsSet(key.validity(), key.is_constant() ? 0 : i);
      }
    }
    const int words = join.layout.words(false);
    worker->words.resize(num_rows * words);
    worker->hashes.resize(num_rows);
    RETURN_IF_ERROR(worker->packer->Pack(*keys, num_rows, false, worker->words.data(),
                                         worker->no_match.data()));
    HashKeys(worker->words.data(), words, words, num_rows, worker->hashes.data());
    join.table->Find(worker->words.data(), worker->hashes.data(), num_rows, worker->groups.data());
    for (size_t i = 0; i < num_rows; ++i) {
      if (worker->no_match.data()[i] | worker->null_key.data()[i]) {
        worker->groups.data()[i] = GroupTable::kNone;
      }
    }
    return OkStatus();
  }

  // Fills probe_rows and build_rows with pairs of equal keys (or all pairs), up to kChunkRows at a
  // time, and hands them to `take`.
  template <typename Take>
  StatusOr<Flow> ForEachPair(ProbeWorker* worker, size_t num_rows, const Take& take) {
    const JoinTable& join = *join_;
    worker->probe_rows.resize(kChunkRows);
    worker->build_rows.resize(kChunkRows);
    uint32_t* probe_rows = worker->probe_rows.data();
    uint32_t* build_rows = worker->build_rows.data();
    size_t count = 0;
    const bool cross = join.probe_keys.empty();
    const uint32_t* next = join.next.data();
    for (size_t i = 0; i < num_rows; ++i) {
      uint32_t row;
      if (cross) {
        if (join.num_rows == 0) break;
        row = 1;
      } else {
        const uint32_t group = worker->groups.data()[i];
        if (group == GroupTable::kNone) continue;
        row = static_cast<uint32_t>(*reinterpret_cast<const uint64_t*>(
            join.table->states() + group * join.table->row_bytes()));
      }
      while (row != 0) {
        probe_rows[count] = static_cast<uint32_t>(i);
        build_rows[count] = row - 1;
        if (++count == kChunkRows) {
          ASSIGN_OR_RETURN(Flow flow, take(count));
          if (flow == Flow::kDone) return flow;
          count = 0;
        }
        row = cross ? (row == join.num_rows ? 0 : row + 1) : next[row - 1];
      }
    }
    if (count == 0) return Flow::kMore;
    return take(count);
  }

  Vector BuildColumn(size_t column, const uint32_t* rows, size_t count) const {
    const JoinTable& join = *join_;
    if (join.dictionaries[column]) {
      BufferPtr codes = Buffer::Allocate(count * sizeof(uint32_t));
      std::memcpy(codes->data(), rows, count * sizeof(uint32_t));
      return Vector::FromDictionary(join.dictionaries[column], std::move(codes), count);
    }
    return join.columns[column].Gather(rows, count);
  }

  // Leaves the pairs for which the residual is true; returns how many.
  StatusOr<size_t> FilterPairs(ProbeWorker* worker, const Chunk& input, size_t count) {
    if (worker->residual == nullptr) return count;
    Chunk pairs;
    pairs.num_rows = count;
    pairs.columns.resize(join_->probe_types.size() + join_->build_types.size());
    for (size_t column : residual_columns_) {
      if (column < join_->probe_types.size()) {
        pairs.columns[column] = input.columns[column].Gather(worker->probe_rows.data(), count);
      } else {
        pairs.columns[column] =
            BuildColumn(column - join_->probe_types.size(), worker->build_rows.data(), count);
      }
    }
    worker->selected.resize(std::max<size_t>(count, kChunkRows));
    uint32_t* selected = worker->selected.data();
    ASSIGN_OR_RETURN(const size_t kept, worker->residual->Select(pairs, selected));
    for (size_t i = 0; i < kept; ++i) {
      worker->probe_rows.data()[i] = worker->probe_rows.data()[selected[i]];
      worker->build_rows.data()[i] = worker->build_rows.data()[selected[i]];
    }
    return kept;
  }

  StatusOr<Flow> EmitPairs(ProbeWorker* worker, const Chunk& input, const Emit& emit) {
    const JoinTable& join = *join_;
    return ForEachPair(worker, input.num_rows, [&](size_t count) -> StatusOr<Flow> {
      ASSIGN_OR_RETURN(count, FilterPairs(worker, input, count));
      if (count == 0) return Flow::kMore;
      const uint32_t* probe_rows = worker->probe_rows.data();
      if (join.kind == JoinKind::kLeft) {
        for (size_t i = 0; i < count; ++i) worker->matched.data()[probe_rows[i]] = 1;
      }
      Chunk output;
      output.num_rows = count;
      output.columns.reserve(input.columns.size() + join.columns.size());
      // Every row once, in place: nothing to gather.
      const bool same = join.unique && !join.probe_keys.empty() && count == input.num_rows;
      for (const Vector& column : input.columns) {
        output.columns.push_back(same ? column : column.Gather(probe_rows, count));
      }
      for (size_t c = 0; c < join.columns.size(); ++c) {
        output.columns.push_back(BuildColumn(c, worker->build_rows.data(), count));
      }
      return emit(std::move(output));
    });
  }

  StatusOr<Flow> EmitUnmatched(ProbeWorker* worker, const Chunk& input, const Emit& emit) {
    std::vector<uint32_t>& rows = worker->selected;
    rows.clear();
    for (uint32_t i = 0; i < input.num_rows; ++i) {
      if (!worker->matched.data()[i]) rows.push_back(i);
    }
    if (rows.empty()) return Flow::kMore;
    Chunk output = input.Gather(rows.data(), rows.size());
    for (const Type& type : join_->build_types) {
      output.columns.push_back(Vector::ConstantNull(type, output.num_rows));
    }
    return emit(std::move(output));
  }

  // x IN (…): true where a row matched; NULL where none did but a NULL on either side might have.
  StatusOr<Flow> EmitMark(ProbeWorker* worker, Chunk input, const std::vector<Vector>& keys,
                          const Emit& emit) {
    const JoinTable& join = *join_;
    Vector mark = Vector::Flat(TypeId::kBoolean, input.num_rows);
    std::memcpy(mark.mutable_values<uint8_t>(), worker->matched.data(), input.num_rows);
    if (!join.probe_keys.empty() && join.num_rows > 0) {
      for (size_t i = 0; i < input.num_rows; ++i) {
        if (worker->matched.data()[i]) continue;
        const bool null_key = worker->null_key.data()[i];
        if (!null_key && join.null_rows.empty()) continue;
        bool unknown = true;
        if (join.needs_keys()) {
          ASSIGN_OR_RETURN(unknown, MightMatch(worker, input, keys, i, null_key));
        }
        if (unknown) mark.SetNull(i);
      }
    }
    input.columns.push_back(std::move(mark));
    return emit(std::move(input));
  }

  // Whether some build row's key equals row i's wherever both are not NULL, and the residual holds.
  StatusOr<bool> MightMatch(ProbeWorker* worker, const Chunk& input,
                            const std::vector<Vector>& keys, size_t i, bool null_key) {
    const JoinTable& join = *join_;
    const size_t num_candidates = null_key ? join.num_rows : join.null_rows.size();
    worker->probe_rows.resize(kChunkRows);
    worker->build_rows.resize(kChunkRows);
    size_t count = 0;
    for (size_t c = 0; c < num_candidates; ++c) {
      const uint32_t row = null_key ? static_cast<uint32_t>(c) : join.null_rows[c];
      bool agrees = true;
      for (size_t k = 0; agrees && k < keys.size(); ++k) {
        if (keys[k].IsNull(i) || join.keys[k].IsNull(row)) continue;
        agrees = CompareRows(keys[k], i, join.keys[k], row, {}) == 0;
      }
      if (!agrees) continue;
      if (worker->residual == nullptr) return true;
      worker->probe_rows[count] = static_cast<uint32_t>(i);
      worker->build_rows[count] = row;
      if (++count == kChunkRows) {
        ASSIGN_OR_RETURN(const size_t kept, FilterPairs(worker, input, count));
        if (kept > 0) return true;
        count = 0;
      }
    }
    if (count == 0) return false;
    ASSIGN_OR_RETURN(const size_t kept, FilterPairs(worker, input, count));
    return kept > 0;
  }

  std::shared_ptr<JoinTable> join_;
  std::vector<size_t> residual_columns_;
};

}  // namespace

HashJoin MakeHashJoin(JoinKind kind, std::vector<ExprPtr> probe_keys,
                      std::vector<ExprPtr> build_keys, ExprPtr residual,
                      std::vector<Type> probe_types, std::vector<Type> build_types) {
  SHALE_CHECK(probe_keys.size() == build_keys.size());
  auto join = std::make_shared<JoinTable>();
  join->kind = kind;
  join->probe_keys = std::move(probe_keys);
  join->build_keys = std::move(build_keys);
  join->residual = std::move(residual);
  join->probe_types = std::move(probe_types);
  join->build_types = std::move(build_types);
  return {std::make_shared<JoinBuild>(join), std::make_shared<JoinProbe>(join)};
}

}  // namespace shale
