// A segment tree over aggregate states: level 0 has a state a row, each state above stands for
// kFanout below it. A frame is the merge of few nodes, in the order of rows. Rows are answered a
// piece at a time, level by level, so that kernels see long lists of pairs.
#include "engine/operators/window_states.h"

namespace shale {
namespace {

constexpr uint32_t kFanout = 4;

class StateTree {
 public:
  StateTree(uint32_t num_rows, WindowInput* input) : input_(input) {
    for (uint32_t size = num_rows;; size = (size + kFanout - 1) / kFanout) {
      sizes_.push_back(size);
      levels_.emplace_back(input->kernels(), size);
      if (size <= kFanout) break;
    }
  }

  Status Build() {
    WindowStates& leaves = levels_[0];
    leaves.Init(0, sizes_[0]);
    RETURN_IF_ERROR(
        input_->Update(0, sizes_[0], &arena_, &leaves, [](uint32_t row) { return row; }));
    StatePairs pairs;
    for (size_t level = 1; level < levels_.size(); ++level) {
      levels_[level].Init(0, sizes_[level]);
      for (uint32_t begin = 0; begin < sizes_[level - 1]; begin += kChunkRows) {
        const uint32_t end = std::min<uint32_t>(begin + kChunkRows, sizes_[level - 1]);
        pairs.clear();
        for (uint32_t node = begin; node < end; ++node) pairs.Add(node / kFanout, node);
        RETURN_IF_ERROR(input_->Merge(&arena_, &levels_[level], &levels_[level - 1], pairs));
      }
    }
    return OkStatus();
  }

  // State i of `out` takes in ranges[i] of the rows.
  Status Answer(const std::vector<RowRange>& ranges, Arena* arena, WindowStates* out) {
    open_ = ranges;
    // What lies behind a range's whole nodes, by level: it is merged after them, top level first.
    tails_.resize(levels_.size());
    for (size_t level = 0; level < levels_.size(); ++level) {
      pairs_.clear();
      tails_[level].clear();
      const bool top = level + 1 == levels_.size();
      for (uint32_t i = 0; i < open_.size(); ++i) {
        auto& [begin, end] = open_[i];
        if (begin >= end) continue;
        const uint32_t inner = (begin + kFanout - 1) / kFanout, inner_end = end / kFanout;
        if (top || inner >= inner_end) {
          for (; begin < end; ++begin) pairs_.Add(i, begin);
          continue;
        }
        for (; begin < inner * kFanout; ++begin) pairs_.Add(i, begin);
        if (inner_end * kFanout < end) tails_[level].push_back({i, {inner_end * kFanout, end}});
        begin = inner;
        end = inner_end;
      }
      RETURN_IF_ERROR(input_->Merge(arena, out, &levels_[level], pairs_));
    }
    for (size_t level = levels_.size(); level-- > 0;) {
      pairs_.clear();
      for (const auto& [i, range] : tails_[level]) {
        for (uint32_t node = range.begin; node < range.end; ++node) pairs_.Add(i, node);
      }
      RETURN_IF_ERROR(input_->Merge(arena, out, &levels_[level], pairs_));
    }
    return OkStatus();
  }

  int64_t size_bytes() const {
    int64_t states = 0;
    for (uint32_t size : sizes_) states += size;
    return states * static_cast<int64_t>(input_->kernels().state_size) +
           static_cast<int64_t>(arena_.size_bytes());
  }

 private:
  WindowInput* input_;
  std::vector<uint32_t> sizes_;
  std::vector<WindowStates> levels_;
  Arena arena_;
  std::vector<RowRange> open_;
  std::vector<std::vector<std::pair<uint32_t, RowRange>>> tails_;
  StatePairs pairs_;
};

}  // namespace

StatusOr<std::vector<Vector>> AggregateByTree(const WindowFrames& frames, Reservation* memory,
                                              WindowBlock* block, WindowInput* input) {
  const WindowRows& rows = block->rows();
  StateTree tree(rows.num_rows, input);
  RETURN_IF_ERROR(memory->Resize(tree.size_bytes()));
  RETURN_IF_ERROR(tree.Build());
  RETURN_IF_ERROR(memory->Resize(tree.size_bytes()));
  WindowStates answers(input->kernels(), kChunkRows);
  std::vector<Vector> results;
  std::vector<RowRange> ranges[3];
  for (uint32_t piece = 0; piece < block->num_pieces(); ++piece) {
    const uint32_t begin = block->PieceBegin(piece), end = block->PieceEnd(piece);
    const uint32_t count = end - begin;
    Arena arena;
    answers.Init(0, count);
    int most = 0;
    for (std::vector<RowRange>& list : ranges) list.assign(count, RowRange());
    for (uint32_t row = begin; row < end; ++row) {
      RowRange parts[3];
      const int num_parts = frames.Ranges(rows, row, parts);
      for (int i = 0; i < num_parts; ++i) ranges[i][row - begin] = parts[i];
      most = std::max(most, num_parts);
    }
    for (int i = 0; i < most; ++i) RETURN_IF_ERROR(tree.Answer(ranges[i], &arena, &answers));
    RETURN_IF_ERROR(memory->Resize(tree.size_bytes() + static_cast<int64_t>(arena.size_bytes())));
    ASSIGN_OR_RETURN(Vector result, input->Finalize(&arena, &answers, 0, count));
    results.push_back(std::move(result));
  }
  return results;
}

}  // namespace shale
