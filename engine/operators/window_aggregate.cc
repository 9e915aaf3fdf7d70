// Aggregates over frames, by the cheapest way that the frame and the aggregate allow.
#include <algorithm>
#include <string>

#include "engine/operators/window_states.h"

namespace shale {
namespace {

// An arena that a running state has left behind is given up at this size.
constexpr size_t kMaxRunningArenaBytes = size_t{32} << 20;

// ---- the frame is the partition: one state a partition ------------------------------------------

StatusOr<std::vector<Vector>> AggregatePartitions(Reservation* memory, WindowBlock* block,
                                                  WindowInput* input) {
  const WindowRows& rows = block->rows();
  const size_t num_partitions = rows.partition_starts.size() - 1;
  WindowStates states(input->kernels(), num_partitions);
  Arena arena;
  states.Init(0, num_partitions);
  RETURN_IF_ERROR(input->Update(0, rows.num_rows, &arena, &states,
                                [&](uint32_t row) { return rows.partition_of[row]; }));
  RETURN_IF_ERROR(memory->Resize(static_cast<int64_t>(num_partitions * states.stride()) +
                                 static_cast<int64_t>(arena.size_bytes())));
  std::vector<Vector> results;
  std::vector<uint32_t> picks(kChunkRows);
  Vector answers;
  uint32_t answered = 0, answered_end = 0;  // partitions of `answers`
  for (uint32_t piece = 0; piece < block->num_pieces(); ++piece) {
    const uint32_t begin = block->PieceBegin(piece), end = block->PieceEnd(piece);
    const uint32_t first = rows.partition_of[begin], last = rows.partition_of[end - 1];
    // A long partition is answered once.
    if (first < answered || last >= answered_end || answered_end == 0) {
      ASSIGN_OR_RETURN(answers, input->Finalize(&arena, &states, first, last - first + 1));
      answered = first;
      answered_end = last + 1;
    }
    for (uint32_t row = begin; row < end; ++row) {
      picks[row - begin] = rows.partition_of[row] - answered;
    }
    results.push_back(answers.Gather(picks.data(), end - begin));
  }
  return results;
}

// ---- the frame begins with the partition: a running state ---------------------------------------

// The different frames of the block in order: rows with one end share a step.
struct Steps {
  std::vector<uint32_t> of_row;
  std::vector<uint32_t> end;        // row behind the frame
  std::vector<uint32_t> partition;  // ascending
};

Steps FindSteps(const WindowRows& rows, const WindowFrames& frames) {
  Steps steps;
  steps.of_row.resize(rows.num_rows);
  for (uint32_t row = 0; row < rows.num_rows; ++row) {
    const uint32_t partition = rows.partition_of[row], end = frames.end[row];
    if (steps.end.empty() || steps.partition.back() != partition || steps.end.back() != end) {
      steps.end.push_back(end);
      steps.partition.push_back(partition);
    }
    steps.of_row[row] = static_cast<uint32_t>(steps.end.size() - 1);
  }
  return steps;
}

class RunningAggregate {
 public:
  RunningAggregate(const WindowFrames& frames, Reservation* memory, WindowBlock* block,
                   WindowInput* input)
      : memory_(memory),
        block_(block),
        input_(input),
        steps_(FindSteps(block->rows(), frames)),
        states_(input->kernels(), kAnswers + kChunkRows),
        arena_(std::make_unique<Arena>()) {
    states_.Init(kRunning, kAnswers + kChunkRows);
  }

  StatusOr<std::vector<Vector>> Run() {
    std::vector<Vector> results;
    std::vector<uint32_t> picks(kChunkRows);
    for (uint32_t piece = 0; piece < block_->num_pieces(); ++piece) {
      const uint32_t begin = block_->PieceBegin(piece), end = block_->PieceEnd(piece);
      const uint32_t first = steps_.of_row[begin], last = steps_.of_row[end - 1];
      RETURN_IF_ERROR(Advance(last + 1));
      // The first row may share the step of the piece before.
      const bool shares = first < from_;
      ASSIGN_OR_RETURN(Vector answers,
                       input_->Finalize(arena_.get(), &states_, shares ? kBefore : kAnswers,
                                        last + 1 - from_ + (shares ? 1 : 0)));
      if (last - first + 1 == end - begin) {
        results.push_back(std::move(answers));
      } else {
        for (uint32_t row = begin; row < end; ++row)
          picks[row - begin] = steps_.of_row[row] - first;
        results.push_back(answers.Gather(picks.data(), end - begin));
      }
      RETURN_IF_ERROR(RenewArena());
    }
    return results;
  }

 private:
  // Places of states: the running one, those of a piece's partitions, of its steps' own rows; the
  // answer of the step before the piece, the answers of its steps. What no frame holds goes to
  // kUnused.
  static constexpr uint32_t kRunning = 0;
  static constexpr uint32_t kUnused = 1;
  static constexpr uint32_t kPartitions = 2;
  static constexpr uint32_t kOwn = kPartitions + kChunkRows;
  static constexpr uint32_t kBefore = kOwn + kChunkRows;
  static constexpr uint32_t kAnswers = kBefore + 1;

  // Answers of steps [from_, to), the next ones.
  Status Advance(uint32_t to) {
    if (to_ > from_) states_.Move(kAnswers + to_ - from_ - 1, kBefore);
    from_ = to_;
    to_ = to;
    if (from_ == to_) return OkStatus();
    const uint32_t count = to_ - from_;
    states_.Init(kAnswers, kAnswers + count);
    states_.Init(kPartitions, kPartitions + count);
    const bool commutes = input_->kernels().unmerge != nullptr;
    // A sum's answer is made in place: its own rows, plus the answer before.
    const uint32_t own = commutes ? kAnswers : kOwn;
    states_.Init(own, own + count);
    states_.Init(kUnused, kUnused + 1);
    const WindowRows& rows = block_->rows();
    const uint32_t row_end = std::max(next_row_, steps_.end[to_ - 1]);
    uint32_t at = from_;
    RETURN_IF_ERROR(input_->Update(next_row_, row_end, arena_.get(), &states_, [&](uint32_t row) {
      const uint32_t partition = rows.partition_of[row];
      while (at < to_ && (steps_.partition[at] < partition ||
                          (steps_.partition[at] == partition && steps_.end[at] <= row))) {
        ++at;
      }
      return at < to_ && steps_.partition[at] == partition ? own + (at - from_) : kUnused;
    }));
    next_row_ = row_end;
    return commutes ? AddUp(count) : RunOver(count);
  }

  Status AddUp(uint32_t count) {
    pairs_.clear();
    for (uint32_t i = 0; i < count; ++i) {
      const uint32_t step = from_ + i;
      if (step == 0 || steps_.partition[step] != steps_.partition[step - 1]) continue;
      pairs_.Add(kAnswers + i, i == 0 ? kBefore : kAnswers + i - 1);
    }
    return input_->Merge(arena_.get(), &states_, &states_, pairs_);
  }

  Status RunOver(uint32_t count) {
    pairs_.clear();
    uint32_t running = kRunning, next = kPartitions;
    for (uint32_t i = 0; i < count; ++i) {
      const uint32_t step = from_ + i;
      if (step > 0 && steps_.partition[step] != steps_.partition[step - 1]) running = next++;
      pairs_.Add(running, kOwn + i);
      pairs_.Add(kAnswers + i, running);
    }
    RETURN_IF_ERROR(input_->Merge(arena_.get(), &states_, &states_, pairs_));
    if (running != kRunning) states_.Move(running, kRunning);
    return OkStatus();
  }

  // The two states that live on are copied out of an arena that has grown large.
  Status RenewArena() {
    RETURN_IF_ERROR(memory_->Resize(static_cast<int64_t>(arena_->size_bytes())));
    if (arena_->size_bytes() < renew_at_) return OkStatus();
    auto fresh = std::make_unique<Arena>();
    if (to_ > from_) states_.Move(kAnswers + to_ - from_ - 1, kBefore);
    from_ = to_;
    for (uint32_t place : {kRunning, kBefore}) {
      std::string bytes;
      input_->kernels().serialize(input_->Call(arena_.get()), states_.at(place), &bytes);
      states_.Init(place, place + 1);
      RETURN_IF_ERROR(
          input_->kernels().deserialize(input_->Call(fresh.get()), bytes, states_.at(place)));
    }
    arena_ = std::move(fresh);
    renew_at_ = std::max(kMaxRunningArenaBytes, 4 * arena_->size_bytes());
    return OkStatus();
  }

  Reservation* memory_;
  WindowBlock* block_;
  WindowInput* input_;
  const Steps steps_;
  WindowStates states_;
  std::unique_ptr<Arena> arena_;
  size_t renew_at_ = kMaxRunningArenaBytes;
  uint32_t from_ = 0, to_ = 0;  // steps whose answers are at hand
  uint32_t next_row_ = 0;
  StatePairs pairs_;
};

// ---- exact sums: the difference of two running states -------------------------------------------

StatusOr<std::vector<Vector>> AggregateByDifference(const WindowFrames& frames, Reservation* memory,
                                                    WindowBlock* block, WindowInput* input) {
  const WindowRows& rows = block->rows();
  const uint32_t num_rows = rows.num_rows;
  // totals[i]: of the rows before row i, whatever their partition.
  RETURN_IF_ERROR(memory->Resize(static_cast<int64_t>(num_rows + 1) * input->kernels().state_size));
  WindowStates totals(input->kernels(), size_t{num_rows} + 1);
  Arena arena;
  totals.Init(0, size_t{num_rows} + 1);
  RETURN_IF_ERROR(
      input->Update(0, num_rows, &arena, &totals, [](uint32_t row) { return row + 1; }));
  StatePairs pairs, less;
  for (uint32_t begin = 0; begin < num_rows; begin += kChunkRows) {
    pairs.clear();
    const uint32_t end = std::min<uint32_t>(num_rows, begin + kChunkRows);
    for (uint32_t row = begin; row < end; ++row) pairs.Add(row + 1, row);
    RETURN_IF_ERROR(input->Merge(&arena, &totals, &totals, pairs));
  }
  WindowStates answers(input->kernels(), kChunkRows);
  std::vector<Vector> results;
  for (uint32_t piece = 0; piece < block->num_pieces(); ++piece) {
    const uint32_t begin = block->PieceBegin(piece), end = block->PieceEnd(piece);
    answers.Init(0, end - begin);
    pairs.clear();
    less.clear();
    RowRange ranges[3];
    for (uint32_t row = begin; row < end; ++row) {
      const int count = frames.Ranges(rows, row, ranges);
      for (int i = 0; i < count; ++i) {
        pairs.Add(row - begin, ranges[i].end);
        less.Add(row - begin, ranges[i].begin);
      }
    }
    RETURN_IF_ERROR(input->Merge(&arena, &answers, &totals, pairs));
    RETURN_IF_ERROR(input->Unmerge(&arena, &answers, &totals, less));
    ASSIGN_OR_RETURN(Vector result, input->Finalize(&arena, &answers, 0, end - begin));
    results.push_back(std::move(result));
  }
  return results;
}

}  // namespace

WindowInput::WindowInput(const PlannedFunction& function, const FunctionContext& context,
                         WindowBlock* block)
    : function_(function), context_(context), block_(*block) {
  for (size_t i = 0; i < function.args.size(); ++i) {
    args_.push_back(
        block->Pieces(function.args[i], aggregate().arg_types[i], kernels().only_validity));
  }
  if (function.filter) {
    WindowArg filter;
    filter.column = function.filter;
    filter_ = block->Pieces(filter, TypeId::kBoolean, false);
  }
}

Status WindowInput::UpdatePiece(uint32_t piece, uint32_t begin, uint32_t end, Arena* arena,
                                WindowStates* states) {
  const uint32_t first = block_.PieceBegin(piece);
  std::vector<Vector> args;
  if (!filter_.empty()) {
    const Vector& filter = filter_[piece];
    const uint8_t* keep = filter.values<uint8_t>();
    const bool constant = filter.is_constant();
    chosen_.clear();
    for (uint32_t row = begin; row < end; ++row) {
      const uint32_t at = row - first;
      if (filter.has_nulls() && filter.IsNull(at)) continue;
      if (!keep[constant ? 0 : at]) continue;
      groups_[chosen_.size()] = groups_[row - begin];
      chosen_.push_back(at);
    }
    if (chosen_.empty()) return OkStatus();
    for (const auto& pieces : args_) {
      args.push_back(pieces[piece].Gather(chosen_.data(), chosen_.size()));
    }
    return kernels().update(Call(arena), states->base(), states->stride(), groups_.data(), args,
                            chosen_.size());
  }
  const bool whole = begin == first && end == block_.PieceEnd(piece);
  for (const auto& pieces : args_) {
    args.push_back(whole ? pieces[piece] : pieces[piece].Slice(begin - first, end - begin));
  }
  return kernels().update(Call(arena), states->base(), states->stride(), groups_.data(), args,
                          end - begin);
}

StatusOr<std::vector<Vector>> ComputeWindowAggregate(const PlannedFunction& function,
                                                     const WindowFrames* frames,
                                                     const FunctionContext& context,
                                                     Reservation* memory, WindowBlock* block) {
  WindowInput input(function, context, block);
  if (frames == nullptr) return AggregatePartitions(memory, block, &input);
  const WindowFrame& frame = function.expr.frame;
  if (frame.start == WindowFrame::Bound::kUnboundedPreceding &&
      frame.exclusion == FrameExclusion::kNoOthers) {
    return RunningAggregate(*frames, memory, block, &input).Run();
  }
  if (input.kernels().unmerge != nullptr) {
    auto results = AggregateByDifference(*frames, memory, block, &input);
    // Running over all rows can leave the range that every frame stays within.
    if (results.ok() || !absl::IsOutOfRange(results.status())) return results;
  }
  return AggregateByTree(*frames, memory, block, &input);
}

}  // namespace shale
