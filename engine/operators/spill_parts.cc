#include "engine/operators/spill_parts.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "engine/vector/hash.h"
#include "engine/vector/nested.h"
#include "engine/vector/physical.h"
#include "engine/vector/vector_builder.h"

namespace shale {
namespace {

constexpr uint64_t kNullHash = 0x6e756c6c6e756c6c;
// A partition's rows wait in memory until a block of about this size is worth writing: a small
// share of what the query may use.
constexpr int64_t kBlockShare = 4096;
constexpr int64_t kLeastBlockBytes = 4096, kMostBlockBytes = 256 << 10;
constexpr size_t kMostBlockRows = 4096;

template <typename T>
uint64_t HashOf(const T& value) {
  if constexpr (std::is_same_v<T, std::string_view>) {
    return HashBytes(value);
  } else if constexpr (std::is_same_v<T, Interval>) {
    const auto order = static_cast<uint128_t>(IntervalOrder(value));
    return HashCombine(static_cast<uint64_t>(order >> 64), static_cast<uint64_t>(order));
  } else if constexpr (sizeof(T) == 16) {
    const auto bits = static_cast<uint128_t>(value);
    return HashCombine(static_cast<uint64_t>(bits >> 64), static_cast<uint64_t>(bits));
  } else if constexpr (std::is_floating_point_v<T>) {
    const double number = value == 0 ? 0 : value;
    if (std::isnan(number)) return HashInt(0x7ff8);
    return HashInt(std::bit_cast<uint64_t>(number) + 1);
  } else {
    return HashInt(static_cast<uint64_t>(value) + 1);
  }
}

void AddHashes(const Vector& key, size_t num_rows, uint64_t* hashes) {
  Vector storage;
  const Vector* plain = &key;
  if (!key.is_flat() && !key.is_constant()) {
    storage = key.Flatten();
    plain = &storage;
  }
  const size_t step = plain->is_constant() ? 0 : 1;
  const uint64_t* validity = plain->validity();
  if (plain->type().physical() == PhysicalType::kList) {
    std::string bytes;
    for (size_t i = 0; i < num_rows; ++i) {
      uint64_t hash = kNullHash;
      if (validity == nullptr || BitIsSet(validity, i * step)) {
        bytes.clear();
        AppendValueBytes(*plain, i * step, true, &bytes);
        hash = HashBytes(bytes);
      }
      hashes[i] = HashCombine(hashes[i], hash);
    }
    return;
  }
  DispatchPhysical(plain->type().physical(), [&]<typename T>() {
    const T* values = plain->values<T>();
    for (size_t i = 0; i < num_rows; ++i) {
      const bool valid = validity == nullptr || BitIsSet(validity, i * step);
      hashes[i] = HashCombine(hashes[i], valid ? HashOf(values[i * step]) : kNullHash);
    }
  });
}

size_t PartOf(uint64_t hash, int level) {
  return HashInt(hash + static_cast<uint64_t>(level) * 0x9e3779b97f4a7c15u) >> 60;
}
static_assert(SpillParts::kParts == 16);

}  // namespace

void HashRows(std::span<const Vector> keys, size_t num_rows, uint64_t* hashes) {
  std::fill(hashes, hashes + num_rows, 0);
  for (const Vector& key : keys) AddHashes(key, num_rows, hashes);
}

StatusOr<std::unique_ptr<SpillParts>> SpillParts::Create(const ExecutionContext& context,
                                                         std::vector<Type> types, int level) {
  if (context.spill == nullptr || !CanSpill(types)) {
    return ResourceExhausted("out of memory, and these rows cannot be written to disk");
  }
  const int64_t share = context.memory ? context.memory->limit_bytes() / kBlockShare : INT64_MAX;
  ASSIGN_OR_RETURN(auto file, context.spill->Create());
  return std::unique_ptr<SpillParts>(new SpillParts(
      std::move(types), level,
      static_cast<size_t>(std::clamp(share, kLeastBlockBytes, kMostBlockBytes)), std::move(file)));
}

Status SpillParts::Add(const Chunk& chunk, const uint64_t* hashes) {
  std::array<std::vector<uint32_t>, kParts> rows;
  for (uint32_t i = 0; i < chunk.num_rows; ++i) rows[PartOf(hashes[i], level_)].push_back(i);
  std::array<Chunk, kParts> dealt;
  std::array<size_t, kParts> bytes{};
  for (size_t p = 0; p < kParts; ++p) {
    if (rows[p].empty()) continue;
    dealt[p].num_rows = rows[p].size();
    for (const Vector& column : chunk.columns) {
      // A dictionary is rarely worth more than the few rows that stay of it.
      dealt[p].columns.push_back(column.Gather(rows[p].data(), rows[p].size()).Flatten());
      bytes[p] += dealt[p].columns.back().MemoryUsage();
    }
  }
  if (chunk.num_rows == 0) return OkStatus();
  const bool same = std::all_of(hashes, hashes + chunk.num_rows,
                                [&](uint64_t hash) { return hash == hashes[0]; });
  MutexLock lock(&mutex_);
  if (!any_rows_) first_hash_ = hashes[0];
  any_rows_ = true;
  one_hash_ = one_hash_ && same && hashes[0] == first_hash_;
  for (size_t p = 0; p < kParts; ++p) {
    if (rows[p].empty()) continue;
    Part& part = parts_[p];
    part.pending_rows += dealt[p].num_rows;
    part.pending_bytes += bytes[p];
    part.pending.push_back(std::move(dealt[p]));
    if (part.pending_bytes >= block_bytes_ || part.pending_rows >= kMostBlockRows) {
      RETURN_IF_ERROR(Write(&part));
    }
  }
  return OkStatus();
}

Status SpillParts::Write(Part* part) {
  if (part->pending_rows == 0) return OkStatus();
  Chunk block;
  block.num_rows = part->pending_rows;
  if (part->pending.size() == 1) {
    block = std::move(part->pending[0]);
  } else {
    for (size_t c = 0; c < types_.size(); ++c) {
      std::vector<Vector> pieces;
      for (const Chunk& chunk : part->pending) pieces.push_back(chunk.columns[c]);
      block.columns.push_back(ConcatFlat(pieces));
    }
  }
  ASSIGN_OR_RETURN(const SpillBlock written, file_->Write(block));
  part->rows += block.num_rows;
  part->blocks.push_back(written);
  part->pending.clear();
  part->pending_rows = 0;
  part->pending_bytes = 0;
  return OkStatus();
}

Status SpillParts::Flush() {
  MutexLock lock(&mutex_);
  for (Part& part : parts_) RETURN_IF_ERROR(Write(&part));
  return OkStatus();
}

Status SpillParts::Read(size_t part, const Cancellation* cancellation,
                        const std::function<Status(Chunk)>& take) {
  std::vector<SpillBlock> blocks;
  {
    MutexLock lock(&mutex_);
    blocks = parts_[part].blocks;
  }
  for (const SpillBlock& block : blocks) {
    if (cancellation) RETURN_IF_ERROR(cancellation->Check());
    ASSIGN_OR_RETURN(Chunk chunk, file_->Read(block, types_));
    RETURN_IF_ERROR(take(std::move(chunk)));
  }
  return OkStatus();
}

bool SpillParts::one_hash() const {
  MutexLock lock(&mutex_);
  return one_hash_;
}

size_t SpillParts::PartOfNoKeys() const { return PartOf(0, level_); }

uint64_t SpillParts::rows(size_t part) const {
  MutexLock lock(&mutex_);
  return parts_[part].rows + parts_[part].pending_rows;
}

uint64_t SpillParts::bytes() const {
  MutexLock lock(&mutex_);
  uint64_t sum = 0;
  for (const Part& part : parts_) {
    for (const SpillBlock& block : part.blocks) sum += block.bytes;
  }
  return sum;
}

// ---- one source after another -------------------------------------------------------------------

namespace {

// Texts and lists into memory of the chunk's own: it may be kept long after the source, all of
// whose memory it would keep otherwise.
void CopyTexts(Chunk* chunk) {
  for (Vector& column : chunk->columns) {
    const PhysicalType physical = column.type().physical();
    if (physical != PhysicalType::kString && physical != PhysicalType::kList) continue;
    VectorBuilder builder(column.type(), column.size());
    builder.AppendRange(column.is_run() ? column.Flatten() : column, 0, column.size());
    column = builder.Finish();
  }
}

class SourceSequence : public Source {
 public:
  SourceSequence(size_t count,
                 std::function<StatusOr<std::unique_ptr<Source>>(size_t, ExecutionContext*)> make,
                 std::vector<std::string> details)
      : count_(count), make_(std::move(make)), details_(std::move(details)) {}

  WorkerStatePtr MakeState(ExecutionContext* context) override {
    auto state = std::make_unique<State>();
    state->context = context;
    return state;
  }

  StatusOr<bool> Next(WorkerState* worker, Chunk* out) override {
    auto* state = static_cast<State*>(worker);
    for (;;) {
      if (state->source) {
        ASSIGN_OR_RETURN(const bool more, state->source->Next(state->inner.get(), out));
        if (more) {
          CopyTexts(out);
          return true;
        }
        state->inner.reset();
        state->source.reset();
      }
      MutexLock lock(&mutex_);
      if (state->position == begun_) {
        current_.reset();
        if (begun_ == count_) return false;
        ASSIGN_OR_RETURN(std::unique_ptr<Source> made, make_(begun_, state->context));
        current_ = std::move(made);
        ++begun_;
      }
      state->position = begun_;
      if (current_ == nullptr) continue;
      state->source = current_;
      state->inner = current_->MakeState(state->context);
    }
  }
  std::vector<std::string> Details() const override { return details_; }

 private:
  struct State : WorkerState {
    ExecutionContext* context = nullptr;
    size_t position = 0;  // how many sources had begun when this worker took its own
    std::shared_ptr<Source> source;
    WorkerStatePtr inner;  // of source, which it must not outlive
  };
  const size_t count_;
  const std::function<StatusOr<std::unique_ptr<Source>>(size_t, ExecutionContext*)> make_;
  const std::vector<std::string> details_;
  Mutex mutex_;
  size_t begun_ SHALE_GUARDED_BY(mutex_) = 0;
  std::shared_ptr<Source> current_ SHALE_GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<Source> MakeSourceSequence(
    size_t count, std::function<StatusOr<std::unique_ptr<Source>>(size_t, ExecutionContext*)> make,
    std::vector<std::string> details) {
  return std::make_unique<SourceSequence>(count, std::move(make), std::move(details));
}

std::string SpillDetail(uint64_t bytes) { return fmt::format("Spilled to disk: {} bytes", bytes); }

}  // namespace shale
