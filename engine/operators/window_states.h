// Aggregate states for a window aggregate over one block: rows of equal size at one address, and
// lists of pairs to merge, so that kernels are called once for thousands of states. Private to
// engine/operators/window*.cc.
#pragma once

#include <cstring>
#include <memory>
#include <vector>

#include "engine/base/arena.h"
#include "engine/operators/window_plan.h"

namespace shale {

class WindowStates {
 public:
  WindowStates(const AggregateKernels& kernels, size_t count)
      : kernels_(&kernels),
        bytes_(std::make_unique_for_overwrite<std::byte[]>(kernels.state_size * count)) {}

  std::byte* base() { return bytes_.get(); }
  std::byte* at(size_t index) { return bytes_.get() + index * stride(); }
  size_t stride() const { return kernels_->state_size; }
  void Init(size_t begin, size_t end) {
    if (kernels_->init == nullptr) {
      std::memset(at(begin), 0, (end - begin) * stride());
      return;
    }
    for (size_t i = begin; i < end; ++i) kernels_->init(at(i));
  }
  void Move(size_t from, size_t to) { std::memcpy(at(to), at(from), stride()); }

 private:
  const AggregateKernels* kernels_;
  std::unique_ptr<std::byte[]> bytes_;
};

// State into[i] takes in state from[i], in the order of the list.
struct StatePairs {
  std::vector<uint32_t> into, from;
  void Add(uint32_t to, uint32_t source) {
    into.push_back(to);
    from.push_back(source);
  }
  void clear() {
    into.clear();
    from.clear();
  }
  size_t size() const { return into.size(); }
};

// One aggregate over one block: its arguments, read piece by piece.
class WindowInput {
 public:
  WindowInput(const PlannedFunction& function, const FunctionContext& context, WindowBlock* block);

  const ResolvedAggregate& aggregate() const { return function_.expr.aggregate; }
  const AggregateKernels& kernels() const { return aggregate().kernels; }
  AggregateCall Call(Arena* arena) const {
    return {context_, arena, aggregate().arg_types, aggregate().result_type};
  }
  // Rows [begin, end) go to state group_of(row), those that the filter keeps out to none.
  template <typename GroupOf>
  Status Update(uint32_t begin, uint32_t end, Arena* arena, WindowStates* states,
                const GroupOf& group_of) {
    while (begin < end) {
      const uint32_t piece = begin / kChunkRows;
      const uint32_t until = std::min(end, block_.PieceEnd(piece));
      groups_.resize(until - begin);
      for (uint32_t row = begin; row < until; ++row) groups_[row - begin] = group_of(row);
      RETURN_IF_ERROR(UpdatePiece(piece, begin, until, arena, states));
      begin = until;
    }
    return OkStatus();
  }
  Status Merge(Arena* arena, WindowStates* into, WindowStates* from,
               const StatePairs& pairs) const {
    if (pairs.size() == 0) return OkStatus();
    return kernels().merge(Call(arena), into->base(), pairs.into.data(), from->base(),
                           pairs.from.data(), into->stride(), pairs.size());
  }
  Status Unmerge(Arena* arena, WindowStates* into, WindowStates* from,
                 const StatePairs& pairs) const {
    if (pairs.size() == 0) return OkStatus();
    return kernels().unmerge(Call(arena), into->base(), pairs.into.data(), from->base(),
                             pairs.from.data(), into->stride(), pairs.size());
  }
  // The answers of states [begin, begin + count).
  StatusOr<Vector> Finalize(Arena* arena, WindowStates* states, size_t begin, size_t count) const {
    Vector result = Vector::Flat(aggregate().result_type, count);
    RETURN_IF_ERROR(
        kernels().finalize(Call(arena), states->at(begin), states->stride(), count, &result));
    return result;
  }

 private:
  Status UpdatePiece(uint32_t piece, uint32_t begin, uint32_t end, Arena* arena,
                     WindowStates* states);

  const PlannedFunction& function_;
  const FunctionContext& context_;
  const WindowBlock& block_;
  std::vector<std::vector<Vector>> args_;  // of each argument, a vector a piece
  std::vector<Vector> filter_;             // a vector a piece; empty: no filter
  std::vector<uint32_t> groups_;
  std::vector<uint32_t> chosen_;
};

// window_tree.cc: any frame of any aggregate, through a segment tree over the rows' states.
StatusOr<std::vector<Vector>> AggregateByTree(const WindowFrames& frames, Reservation* memory,
                                              WindowBlock* block, WindowInput* input);

}  // namespace shale
