// What a window operator computes, with expressions settled into columns, and one block of it.
// Private to engine/operators/window*.cc.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "engine/operators/row_sorter.h"
#include "engine/operators/window.h"

namespace shale {

// An argument: a column of the sorted chunks, or one value for all rows.
struct WindowArg {
  std::optional<size_t> column;
  Value constant;
};

// An offset of a frame, evaluated.
struct FrameOffset {
  int128_t number = 0;  // ROWS, GROUPS and RANGE over integers and decimals
  double real = 0;      // RANGE over DOUBLE
};

struct PlannedFrame {
  WindowFrame frame;
  size_t range_key = 0, start_value = 0, end_value = 0;  // columns, where frame has them
  FrameOffset start_offset, end_offset;
  bool range_descending = false;
};

struct PlannedFunction {
  WindowExpr expr;
  std::vector<WindowArg> args;
  std::optional<size_t> filter;  // column
  std::optional<size_t> frame;   // position in WindowPlan::frames; none: frames do not matter
};

struct WindowPlan {
  size_t num_partition_keys = 0;
  size_t num_order_keys = 0;
  size_t num_input_columns = 0;
  std::vector<Type> types;       // of all columns
  std::vector<ExprPtr> columns;  // what is appended to the input's columns
  std::vector<PlannedFrame> frames;
  std::vector<PlannedFunction> functions;
  std::optional<WindowRankLimit> limit;
};

// Rows [first_row, first_row + rows.num_rows) of the sorted input: whole partitions. Strings that
// it gives out live as long as the operator: who hands results on must keep that alive.
class WindowBlock {
 public:
  WindowBlock(const WindowPlan& plan, const RowSorter& sorter, size_t first_row)
      : plan_(plan), sorter_(sorter), first_row_(first_row) {}

  const WindowPlan& plan() const { return plan_; }
  WindowRows& rows() { return rows_; }
  const WindowRows& rows() const { return rows_; }
  uint32_t num_pieces() const { return (rows_.num_rows + kChunkRows - 1) / kChunkRows; }
  uint32_t PieceBegin(uint32_t piece) const { return piece * kChunkRows; }
  uint32_t PieceEnd(uint32_t piece) const {
    return std::min<uint32_t>(rows_.num_rows, (piece + 1) * kChunkRows);
  }

  RowRef Ref(uint32_t row) const { return sorter_.entries()[first_row_ + row].ref; }
  // The values of `arg` for rows [begin, end), flat, constant or dictionary.
  Vector Values(const WindowArg& arg, const Type& type, uint32_t begin, uint32_t end) const;
  // Rows of a column by number; a number of at least num_rows gives some value.
  Vector Pick(size_t column, const uint32_t* picked, size_t count) const;
  // Pieces of an argument's column, flat or constant (dictionaries too when `any_encoding`), kept
  // for other functions with the same argument.
  std::vector<Vector> Pieces(const WindowArg& arg, const Type& type, bool any_encoding);

 private:
  const WindowPlan& plan_;
  const RowSorter& sorter_;
  size_t first_row_;
  WindowRows rows_;
  std::map<std::pair<size_t, bool>, std::vector<Vector>> pieces_;  // by column
};

// window_frame.cc. Offsets must not be NULL or negative.
Status EvaluateOffsets(const FunctionContext& context, PlannedFrame* frame);
WindowFrames ComputeFrames(const PlannedFrame& frame, const WindowBlock& block);
// Every row's frame is its whole partition.
bool IsWholePartition(const WindowFrame& frame, bool has_order);

// Results of one function, one vector a piece.
// window_pick_rows.cc
StatusOr<std::vector<Vector>> ComputeWindowFunction(const PlannedFunction& function,
                                                    const WindowFrames* frames, WindowBlock* block);
// window_aggregate.cc; `memory` follows what is held while computing.
StatusOr<std::vector<Vector>> ComputeWindowAggregate(const PlannedFunction& function,
                                                     const WindowFrames* frames,
                                                     const FunctionContext& context,
                                                     Reservation* memory, WindowBlock* block);

}  // namespace shale
