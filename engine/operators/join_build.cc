// The build side of a join, and what all probes share.
#include <algorithm>
#include <cstring>
#include <numeric>

#include "engine/expr/evaluator.h"
#include "engine/operators/held_bytes.h"
#include "engine/operators/join_table.h"
#include "engine/vector/vector_builder.h"

namespace shale {
namespace {

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
  std::vector<KeyDigest> digests;
  HeldBytes held;
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
        context_ = context;
        spills_ = JoinCanSpill(*join_, *context);
      }
    }
    auto worker = std::make_unique<BuildWorker>(context->memory);
    for (const ExprPtr& key : join_->build_keys) {
      worker->keys.emplace_back(key, &context->functions);
    }
    if (join_->drops_probe()) {
      for (const ExprPtr& key : join_->build_keys) worker->digests.emplace_back(key->type);
    }
    if (join_->status.ok()) worker->packer = std::make_unique<KeyPacker>(&join_->layout);
    return worker;
  }

  StatusOr<Flow> Consume(WorkerState* state, Chunk input) override {
    auto* worker = static_cast<BuildWorker*>(state);
    RETURN_IF_ERROR(join_->status);
    if (input.num_rows == 0) return Flow::kMore;
    BuildChunk kept;
    for (Evaluator& key : worker->keys) {
      ASSIGN_OR_RETURN(Vector values, key.Evaluate(input));
      kept.keys.push_back(values.is_run() ? values.Flatten() : std::move(values));
    }
    for (size_t k = 0; k < worker->digests.size(); ++k) worker->digests[k].Add(kept.keys[k]);
    if (!join_->spilled.load(std::memory_order_relaxed)) {
      Status status = Keep(worker, &input, &kept);
      if (status.ok()) {
        if (spills_ && ShouldSpill(*context_, worker->bytes)) RETURN_IF_ERROR(Deal(worker));
        return Flow::kMore;
      }
      if (status.code() != StatusCode::kResourceExhausted) return status;
      if (!spills_) return join_->level > 0 ? CannotCut() : status;
      join_->spilled.store(true);
    }
    RETURN_IF_ERROR(Deal(worker));
    RETURN_IF_ERROR(DealBuildRows(join_.get(), context_, input, &worker->keys));
    return Flow::kMore;
  }

  Status Combine(WorkerState* state) override {
    auto* worker = static_cast<BuildWorker*>(state);
    RETURN_IF_ERROR(join_->status);
    if (join_->spilled.load()) RETURN_IF_ERROR(Deal(worker));
    MutexLock lock(&join_->mutex);
    for (BuildChunk& chunk : worker->chunks) chunks_.push_back(std::move(chunk));
    held_bytes_ += worker->bytes;
    if (join_->digests.empty()) {
      join_->digests = std::move(worker->digests);
    } else {
      for (size_t k = 0; k < worker->digests.size(); ++k) {
        join_->digests[k].Merge(worker->digests[k]);
      }
    }
    return OkStatus();
  }

  Status Finalize(ExecutionContext* context) override {
    RETURN_IF_ERROR(join_->status);
    JoinTable& join = *join_;
    join.memory = std::make_unique<Reservation>(context->memory);
    for (const BuildChunk& chunk : chunks_) join.num_rows += chunk.chunk.num_rows;
    if (join.spilled.load()) return DealAll(context);
    constexpr size_t kMaxRows = UINT32_MAX - 1;
    if (join.num_rows > kMaxRows) {
      return ResourceExhausted("the build side of a join has {} rows, at most {} are possible",
                               join.num_rows, kMaxRows);
    }
    // The rows themselves (strings are not copied, but each gets a pointer of its own), their
    // chains and marks; then, for a while, room for a table of keys.
    const auto rows = static_cast<int64_t>(join.num_rows);
    int64_t bytes = held_bytes_ + rows * static_cast<int64_t>(sizeof(uint32_t));
    for (const Type& type : join.build_types) bytes += type.IsStringLike() ? rows * 16 : 0;
    if (join.keeps_build()) bytes += rows;
    const int64_t table_bytes =
        join.build_keys.empty() ? 0 : rows * (int64_t{join.key_words()} * 8 + 8) * 2 + rows * 32;
    const Status reserved = join.memory->Resize(bytes + table_bytes);
    if (!reserved.ok() && spills_) return DealAll(context);
    RETURN_IF_ERROR(join.memory->Resize(bytes));
    RETURN_IF_ERROR(KeepColumns());
    if (!join.build_keys.empty()) RETURN_IF_ERROR(FillTable(context));
    if (join.keeps_build()) {
      join.met = std::make_unique<std::atomic<uint8_t>[]>(join.num_rows);
    }
    chunks_.clear();
    return OkStatus();
  }

 private:
  static Status CannotCut() {
    return ResourceExhausted(
        "out of memory: one part of a join's build side does not fit, and dealing its rows out "
        "again does not help (too many rows have the same key); raise memory_limit");
  }

  // Packs the keys and keeps the chunk in memory. When that does not suffice nothing has changed,
  // but for strings that were interned.
  Status Keep(BuildWorker* worker, Chunk* input, BuildChunk* kept) {
    int64_t bytes = worker->bytes;
    if (!worker->keys.empty()) {
      kept->words.resize(input->num_rows * join_->key_words());
      RETURN_IF_ERROR(worker->packer->Pack(kept->keys, input->num_rows, join_->keys_with_nulls(),
                                           kept->words.data()));
      std::vector<const Vector*> nullable;
      for (size_t k = 0; k < kept->keys.size(); ++k) {
        if (kept->keys[k].has_nulls() && !join_->null_safe[k]) nullable.push_back(&kept->keys[k]);
      }
      for (uint32_t i = 0; !nullable.empty() && i < input->num_rows; ++i) {
        for (const Vector* key : nullable) {
          if (!key->IsNull(i)) continue;
          kept->nulls.push_back(i);
          break;
        }
      }
      if (!join_->needs_keys()) kept->keys.clear();
      bytes += static_cast<int64_t>(kept->words.size() * sizeof(uint64_t));
    }
    // Semi, anti and mark joins emit no build column, but a residual may read some.
    bytes += worker->held.Add(*input);
    RETURN_IF_ERROR(worker->memory.Resize(bytes));
    worker->bytes = bytes;
    kept->chunk = std::move(*input);
    worker->chunks.push_back(std::move(*kept));
    return OkStatus();
  }

  // What a worker has kept goes to disk.
  Status Deal(BuildWorker* worker) {
    if (worker->chunks.empty()) return OkStatus();
    join_->spilled.store(true);
    for (BuildChunk& chunk : worker->chunks) {
      RETURN_IF_ERROR(DealBuildRows(join_.get(), context_, chunk.chunk, &worker->keys));
      chunk = {};
    }
    worker->chunks.clear();
    worker->held.Clear();
    worker->bytes = 0;
    return worker->memory.Resize(0);
  }

  // The rest, too: of workers that were through before the first went to disk.
  Status DealAll(ExecutionContext* context) {
    JoinTable& join = *join_;
    join.spilled.store(true);
    RETURN_IF_ERROR(join.memory->Resize(0));
    std::vector<Evaluator> keys;
    for (const ExprPtr& key : join.build_keys) keys.emplace_back(key, &context->functions);
    for (BuildChunk& chunk : chunks_) {
      RETURN_IF_ERROR(DealBuildRows(join_.get(), context, chunk.chunk, &keys));
      chunk = {};
    }
    chunks_.clear();
    join.layout = {};
    RETURN_IF_ERROR(join.build_parts->Flush());
    join.num_rows = 0;
    for (size_t p = 0; p < SpillParts::kParts; ++p) join.num_rows += join.build_parts->rows(p);
    if (join.level > 0 && join.build_parts->one_hash()) return CannotCut();
    return OkStatus();
  }

  Status KeepColumns() {
    JoinTable& join = *join_;
    const bool emits = join.emits_build();
    std::vector<size_t> wanted;
    if (join.residual) CollectColumns(*join.residual, &wanted);
    join.columns.resize(join.build_types.size());
    join.dictionaries.resize(join.build_types.size());
    for (size_t c = 0; c < join.build_types.size(); ++c) {
      const bool used =
          emits || std::binary_search(wanted.begin(), wanted.end(), join.probe_types.size() + c);
      if (!used) continue;
      std::vector<Vector> pieces;
      for (BuildChunk& chunk : chunks_) pieces.push_back(std::move(chunk.chunk.columns[c]));
      ASSIGN_OR_RETURN(join.columns[c], Concatenate(join.build_types[c], std::move(pieces)));
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
    const int words = join.key_words();
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
  int64_t held_bytes_ = 0;
  // Set by the first worker, before it takes rows.
  ExecutionContext* context_ = nullptr;
  bool spills_ = false;
};

}  // namespace

std::shared_ptr<Sink> MakeJoinBuild(std::shared_ptr<JoinTable> join) {
  return std::make_shared<JoinBuild>(std::move(join));
}

KeyDigest::KeyDigest(const Type& type) : type_(type), texts_(type.id() == TypeId::kText) {
  switch (type.physical()) {
    case PhysicalType::kInt8:
    case PhysicalType::kInt16:
    case PhysicalType::kInt32:
    case PhysicalType::kInt64: numbers_ = true; break;
    default: break;
  }
}

template <typename T>
void KeyDigest::AddNumbers(const Vector& flat) {
  const T* values = flat.values<T>();
  const uint64_t* validity = flat.validity();
  const size_t count = flat.is_constant() ? 1 : flat.size();
  int64_t min = min_, max = max_;
  for (size_t i = 0; i < count; ++i) {
    if (validity && !BitIsSet(validity, i)) continue;
    min = std::min<int64_t>(min, values[i]);
    max = std::max<int64_t>(max, values[i]);
  }
  min_ = min;
  max_ = max;
  for (size_t i = 0; i < count && !many_; ++i) {
    if (validity && !BitIsSet(validity, i)) continue;
    values_.insert(values[i]);
    many_ = values_.size() > kMaxListed;
  }
}

void KeyDigest::Add(const Vector& key) {
  if (numbers_) {
    const Vector flat = key.is_constant() ? key : key.Flatten();
    switch (type_.physical()) {
      case PhysicalType::kInt8: return AddNumbers<int8_t>(flat);
      case PhysicalType::kInt16: return AddNumbers<int16_t>(flat);
      case PhysicalType::kInt32: return AddNumbers<int32_t>(flat);
      default: return AddNumbers<int64_t>(flat);
    }
  }
  if (!texts_ || many_) return;
  const Vector flat = key.Flatten();
  const auto* values = flat.values<std::string_view>();
  for (size_t i = 0; i < flat.size() && !many_; ++i) {
    if (flat.validity() && !BitIsSet(flat.validity(), i)) continue;
    if (strings_.find(values[i]) == strings_.end()) strings_.emplace(values[i]);
    many_ = strings_.size() > kMaxListed;
  }
}

void KeyDigest::Merge(const KeyDigest& other) {
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  values_.insert(other.values_.begin(), other.values_.end());
  strings_.insert(other.strings_.begin(), other.strings_.end());
  many_ |= other.many_ || values_.size() > kMaxListed || strings_.size() > kMaxListed;
}

std::vector<ExprPtr> KeyDigest::Conditions(const ExprPtr& column) const {
  if (!(column->type == type_)) return {};
  std::vector<ExprPtr> conditions;
  const auto add = [&](std::string_view name, std::vector<ExprPtr> args) {
    auto call = MakeCall(name, std::move(args));
    if (call.ok()) conditions.push_back(*std::move(call));
  };
  std::vector<ExprPtr> listed = {column};
  for (int64_t value : values_) listed.push_back(MakeConstant(Value::Int(type_, value)));
  for (const std::string& value : strings_) {
    listed.push_back(MakeConstant(Value::String(type_, value)));
  }
  if (!many_ && listed.size() > 1) {
    add(listed.size() == 2 ? "=" : "in", std::move(listed));
  } else if (many_ && numbers_) {
    add(">=", {column, MakeConstant(Value::Int(type_, min_))});
    add("<=", {column, MakeConstant(Value::Int(type_, max_))});
  }
  return conditions;
}

std::vector<ExprPtr> JoinTable::Conditions(size_t key, const ExprPtr& column) const {
  MutexLock lock(&mutex);
  if (null_safe[key] || key >= digests.size()) return {};
  return digests[key].Conditions(column);
}

Vector JoinTable::Rows(size_t column, const uint32_t* rows, size_t count) const {
  if (dictionaries[column]) {
    BufferPtr codes = Buffer::Allocate(count * sizeof(uint32_t));
    std::memcpy(codes->data(), rows, count * sizeof(uint32_t));
    return Vector::FromDictionary(dictionaries[column], std::move(codes), count);
  }
  return columns[column].Gather(rows, count);
}

Vector JoinTable::Repeat(size_t column, size_t row, size_t count) const {
  const Value value = columns[column].GetValue(row);
  return value.is_null() ? Vector::ConstantNull(build_types[column], count)
                         : Vector::Constant(value, count);
}

JoinProbe::JoinProbe(std::shared_ptr<JoinTable> join) : join_(std::move(join)) {
  if (join_->residual) CollectColumns(*join_->residual, &residual_columns_);
}

StatusOr<Flow> JoinProbe::End(const Emit& emit) {
  const JoinTable& join = *join_;
  // A worker that comes later finds its source empty: all rows were probed by those counted.
  if (join_->probing.fetch_sub(1) != 1 || !join.keeps_build()) return Flow::kMore;
  if (join_->unmet_taken.exchange(true)) return Flow::kMore;
  std::vector<uint32_t> rows;
  const auto flush = [&]() -> StatusOr<Flow> {
    if (rows.empty()) return Flow::kMore;
    Chunk output;
    output.num_rows = rows.size();
    for (const Type& type : join.probe_types) {
      output.columns.push_back(Vector::ConstantNull(type, rows.size()));
    }
    for (size_t c = 0; c < join.columns.size(); ++c) {
      output.columns.push_back(join.Rows(c, rows.data(), rows.size()));
    }
    rows.clear();
    return emit(std::move(output));
  };
  for (size_t row = 0; row < join.num_rows; ++row) {
    if (join.met[row].load(std::memory_order_relaxed)) continue;
    rows.push_back(static_cast<uint32_t>(row));
    if (rows.size() < kChunkRows) continue;
    ASSIGN_OR_RETURN(Flow flow, flush());
    if (flow == Flow::kDone) return flow;
  }
  return flush();
}

Chunk JoinProbe::Pairs(const Chunk& input, const uint32_t* probe_rows, const uint32_t* build_rows,
                       size_t count) const {
  const JoinTable& join = *join_;
  Chunk output;
  output.num_rows = count;
  output.columns.reserve(input.columns.size() + join.columns.size());
  // Every row once, in place: nothing to gather.
  const bool same = join.unique && !join.probe_keys.empty() && count == input.num_rows;
  for (const Vector& column : input.columns) {
    output.columns.push_back(same ? column : column.Gather(probe_rows, count));
  }
  for (size_t c = 0; c < join.columns.size(); ++c) {
    output.columns.push_back(join.Rows(c, build_rows, count));
  }
  return output;
}

Status JoinProbe::Meet(const uint32_t* probe_rows, const uint32_t* build_rows, size_t count,
                       uint8_t* matched) const {
  const JoinTable& join = *join_;
  if (join.kind == JoinKind::kSingle) {
    for (size_t i = 0; i < count; ++i) {
      if (matched[probe_rows[i]]) {
        return MakeError(StatusCode::kInvalidArgument,
                         "more than one row returned by a subquery used as an expression");
      }
      matched[probe_rows[i]] = 1;
    }
  } else if (join.keeps_probe()) {
    for (size_t i = 0; i < count; ++i) matched[probe_rows[i]] = 1;
  }
  if (join.keeps_build()) {
    for (size_t i = 0; i < count; ++i) {
      join.met[build_rows[i]].store(1, std::memory_order_relaxed);
    }
  }
  return OkStatus();
}

StatusOr<Flow> JoinProbe::EmitUnmatched(const Chunk& input, const uint8_t* matched,
                                        const Emit& emit) const {
  std::vector<uint32_t> rows;
  for (uint32_t i = 0; i < input.num_rows; ++i) {
    if (!matched[i]) rows.push_back(i);
  }
  if (rows.empty()) return Flow::kMore;
  Chunk output = input.Gather(rows.data(), rows.size());
  for (const Type& type : join_->build_types) {
    output.columns.push_back(Vector::ConstantNull(type, output.num_rows));
  }
  return emit(std::move(output));
}

StatusOr<Flow> JoinProbe::EmitExisting(Chunk input, const uint8_t* matched,
                                       const Emit& emit) const {
  const uint8_t wanted = join_->kind == JoinKind::kSemi;
  std::vector<uint32_t> rows;
  for (uint32_t i = 0; i < input.num_rows; ++i) {
    if (matched[i] == wanted) rows.push_back(i);
  }
  if (rows.empty()) return Flow::kMore;
  if (rows.size() == input.num_rows) return emit(std::move(input));
  return emit(input.Gather(rows.data(), rows.size()));
}

}  // namespace shale
