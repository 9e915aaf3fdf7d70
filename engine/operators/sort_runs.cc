#include "engine/operators/sort_runs.h"

#include <algorithm>

namespace shale {
namespace {

// Runs merged at once: a block of each is in memory.
constexpr size_t kMaxFanIn = 64;
// A block is at most this share of what the query may use, so that a merge holds an eighth of it.
constexpr int64_t kBlockShare = 8 * kMaxFanIn;
constexpr int64_t kLeastBlockBytes = 4096, kMostBlockBytes = 256 << 10;

std::vector<Type> FirstTypes(std::vector<Type> types, size_t count) {
  types.resize(count);
  return types;
}

}  // namespace

// Some runs in one order: a heap of cursors, the one whose row comes next on top.
class SortRuns::Merge {
 public:
  Merge(SortRuns* owner, SpillFile* file, std::vector<Run> runs)
      : owner_(*owner), file_(file), first_tie_key_(PrefixOfKeys(owner->key_types_).num_keys) {
    for (Run& run : runs) cursors_.emplace_back().blocks = std::move(run);
  }

  Status Start() {
    for (size_t c = 0; c < cursors_.size(); ++c) {
      ASSIGN_OR_RETURN(const bool more, Load(&cursors_[c]));
      if (more) heap_.push_back(static_cast<uint32_t>(c));
    }
    std::make_heap(heap_.begin(), heap_.end(),
                   [this](uint32_t a, uint32_t b) { return After(a, b); });
    return OkStatus();
  }

  // Up to max_rows rows, the first num_columns columns.
  StatusOr<bool> Next(size_t max_rows, size_t num_columns, Chunk* out) {
    if (heap_.empty()) return false;
    // Every block that rows of this batch lie in, the cursors' present ones first.
    auto blocks = std::make_shared<std::vector<Chunk>>();
    for (Cursor& cursor : cursors_) {
      cursor.place = static_cast<uint32_t>(blocks->size());
      blocks->push_back(cursor.rows);
    }
    std::vector<RowRef> refs;
    refs.reserve(max_rows);
    const auto after = [this](uint32_t a, uint32_t b) { return After(a, b); };
    while (!heap_.empty() && refs.size() < max_rows) {
      const uint32_t top = heap_.front();
      Cursor& cursor = cursors_[top];
      refs.push_back({cursor.place, cursor.row});
      std::pop_heap(heap_.begin(), heap_.end(), after);
      heap_.pop_back();
      if (++cursor.row == cursor.rows.num_rows) {
        ASSIGN_OR_RETURN(const bool more, Load(&cursor));
        if (!more) continue;
        cursor.place = static_cast<uint32_t>(blocks->size());
        blocks->push_back(cursor.rows);
      }
      heap_.push_back(top);
      std::push_heap(heap_.begin(), heap_.end(), after);
    }
    for (Chunk& block : *blocks) block.columns.resize(std::min(num_columns, block.columns.size()));
    for (Chunk& block : *blocks) {
      // Of a run that is at its end, and has no rows here.
      for (size_t c = block.columns.size(); c < num_columns; ++c) {
        block.columns.push_back(Vector::ConstantNull(owner_.types_[c], 1));
      }
    }
    const ChunkGatherer gatherer(FirstTypes(owner_.types_, num_columns), blocks.get());
    *out = gatherer.Gather(refs.data(), refs.size(), blocks);
    return true;
  }

 private:
  struct Cursor {
    Run blocks;
    size_t next_block = 0;
    Chunk rows;
    std::vector<Vector> keys;
    std::vector<SortPrefix> prefixes;
    uint32_t row = 0;
    uint32_t place = 0;  // of `rows` among a batch's blocks
  };

  // The next block of a run; false at its end.
  StatusOr<bool> Load(Cursor* cursor) {
    cursor->row = 0;
    cursor->keys.clear();
    cursor->rows = {};
    if (cursor->next_block == cursor->blocks.size()) return false;
    if (owner_.context_->cancellation) {
      RETURN_IF_ERROR(owner_.context_->cancellation->Check());
    }
    ASSIGN_OR_RETURN(cursor->rows,
                     file_->Read(cursor->blocks[cursor->next_block++], owner_.types_));
    for (size_t column : owner_.key_columns_) {
      cursor->keys.push_back(ForSorting(cursor->rows.columns[column]));
    }
    cursor->prefixes.resize(cursor->rows.num_rows);
    MakePrefixes(cursor->keys, owner_.orders_, cursor->rows.num_rows, cursor->prefixes.data());
    return true;
  }

  // Whether cursor a's row comes after b's.
  bool After(uint32_t a, uint32_t b) const {
    const Cursor& x = cursors_[a];
    const Cursor& y = cursors_[b];
    const SortPrefix& px = x.prefixes[x.row];
    const SortPrefix& py = y.prefixes[y.row];
    if (!(px == py)) return py < px;
    if (first_tie_key_ < owner_.key_columns_.size()) {
      const int order = CompareKeys(x.keys, x.row, y.keys, y.row, owner_.orders_, first_tie_key_);
      if (order != 0) return order > 0;
    }
    return a > b;
  }

  const SortRuns& owner_;
  SpillFile* const file_;
  const size_t first_tie_key_;
  std::vector<Cursor> cursors_;
  std::vector<uint32_t> heap_;
};

SortRuns::SortRuns(const RowSorter* sorter, ExecutionContext* context)
    : types_(sorter->TypesWithKeys()),
      num_columns_(sorter->num_columns()),
      key_columns_(sorter->KeyColumns()),
      context_(context) {
  for (const SortKey& key : sorter->keys()) {
    key_types_.push_back(key.expr->type);
    orders_.push_back({key.descending, key.nulls_first});
  }
  const int64_t share = context->memory ? context->memory->limit_bytes() / kBlockShare : INT64_MAX;
  block_bytes_ = std::clamp(share, kLeastBlockBytes, kMostBlockBytes);
}

SortRuns::~SortRuns() = default;

bool SortRuns::empty() const {
  MutexLock lock(&mutex_);
  return runs_.empty();
}

Status SortRuns::Add(const RowSorter& sorted) {
  if (sorted.num_rows() == 0) return OkStatus();
  SpillFile* file;
  {
    MutexLock lock(&mutex_);
    if (!file_) {
      ASSIGN_OR_RETURN(file_, context_->spill->Create());
    }
    file = file_.get();
  }
  Run run;
  std::vector<RowRef> refs;
  // The first block tells how wide rows are.
  size_t block_rows = 64;
  for (size_t begin = 0; begin < sorted.num_rows();) {
    if (context_->cancellation) RETURN_IF_ERROR(context_->cancellation->Check());
    const size_t count = std::min(block_rows, sorted.num_rows() - begin);
    refs.resize(count);
    for (size_t i = 0; i < count; ++i) refs[i] = sorted.entries()[begin + i].ref;
    Chunk rows = sorted.gatherer().Gather(refs.data(), count, nullptr);
    for (Vector& column : rows.columns) column = column.Flatten();
    ASSIGN_OR_RETURN(const SpillBlock block, file->Write(rows));
    written_.fetch_add(block.bytes, std::memory_order_relaxed);
    run.push_back(block);
    begin += count;
    const size_t row_bytes = std::max<size_t>(block.bytes / count, 1);
    block_rows = std::clamp<size_t>(static_cast<size_t>(block_bytes_) / row_bytes, 16, kChunkRows);
  }
  MutexLock lock(&mutex_);
  runs_.push_back(std::move(run));
  return OkStatus();
}

Status SortRuns::Prepare() {
  MutexLock lock(&mutex_);
  while (runs_.size() > kMaxFanIn) {
    // The first ones become one, which goes to the end: all runs are of about the same length.
    std::vector<Run> some(std::make_move_iterator(runs_.begin()),
                          std::make_move_iterator(runs_.begin() + kMaxFanIn));
    runs_.erase(runs_.begin(), runs_.begin() + kMaxFanIn);
    Merge merge(this, file_.get(), std::move(some));
    RETURN_IF_ERROR(merge.Start());
    Run merged;
    size_t block_rows = 64;
    for (;;) {
      Chunk rows;
      ASSIGN_OR_RETURN(const bool more, merge.Next(block_rows, types_.size(), &rows));
      if (!more) break;
      ASSIGN_OR_RETURN(const SpillBlock block, file_->Write(rows));
      written_.fetch_add(block.bytes, std::memory_order_relaxed);
      merged.push_back(block);
      const size_t row_bytes = std::max<size_t>(block.bytes / rows.num_rows, 1);
      block_rows =
          std::clamp<size_t>(static_cast<size_t>(block_bytes_) / row_bytes, 16, kChunkRows);
    }
    runs_.push_back(std::move(merged));
  }
  merge_ = std::make_unique<Merge>(this, file_.get(), std::move(runs_));
  runs_.clear();
  return merge_->Start();
}

StatusOr<bool> SortRuns::Next(Chunk* out) {
  MutexLock lock(&mutex_);
  return merge_->Next(kChunkRows, num_columns_, out);
}

}  // namespace shale
