// The contract of window functions that are no aggregates: ranks, and picks of another row's value.
//
// A kernel sees a block: whole partitions, their rows in window order, numbered from 0. It is asked
// for some of the block's rows at a time. Registered beside the other functions (function.h).
#pragma once

#include <string>
#include <vector>

#include "engine/functions/function.h"

namespace shale {

// Partitions and peers (rows that the window's ORDER BY does not tell apart) of a block.
struct WindowRows {
  uint32_t num_rows = 0;
  std::vector<uint32_t> partition_starts;  // first row of each, then num_rows
  std::vector<uint32_t> partition_of;      // of each row
  std::vector<uint32_t> peer_starts;       // first row of each group of peers, then num_rows
  std::vector<uint32_t> peers_of;          // of each row

  uint32_t PartitionBegin(uint32_t row) const { return partition_starts[partition_of[row]]; }
  uint32_t PartitionEnd(uint32_t row) const { return partition_starts[partition_of[row] + 1]; }
  uint32_t PeersBegin(uint32_t row) const { return peer_starts[peers_of[row]]; }
  uint32_t PeersEnd(uint32_t row) const { return peer_starts[peers_of[row] + 1]; }
};

enum class FrameExclusion : uint8_t { kNoOthers, kCurrentRow, kGroup, kTies };

struct RowRange {
  uint32_t begin = 0;
  uint32_t end = 0;
};

// The rows that each row's frame holds: [begin, end) within its partition, less what is excluded.
struct WindowFrames {
  std::vector<uint32_t> begin, end;
  FrameExclusion exclusion = FrameExclusion::kNoOthers;

  // The frame of `row` as ascending ranges, empty ones left out. Returns how many (at most three).
  int Ranges(const WindowRows& rows, uint32_t row, RowRange ranges[3]) const;
};

// Rows of the picked argument that are not NULL, for IGNORE NULLS.
struct ValidRows {
  std::vector<uint32_t> rows;    // ascending
  std::vector<uint32_t> before;  // how many of them lie before each row; num_rows + 1
};

struct WindowCall {
  const WindowRows& rows;
  const WindowFrames* frames;  // null unless the function uses its frame
  std::span<const Vector>
      args;                // of the whole block, flat or constant; of a pick, args[0] is empty
  const ValidRows* valid;  // null unless IGNORE NULLS
};

// Rows [begin, end) into `result`: flat, all valid at first, row `begin` at 0.
using WindowCompute = Status (*)(const WindowCall& call, uint32_t begin, uint32_t end,
                                 Vector* result);

// For rows [begin, end) the row whose first argument is the answer, or
inline constexpr uint32_t kPickNull = UINT32_MAX;  // NULL
inline constexpr uint32_t kPickDefault =
    UINT32_MAX - 1;  // the default argument of this row, or NULL
using WindowPick = Status (*)(const WindowCall& call, uint32_t begin, uint32_t end,
                              uint32_t* picked);

// A block has at most this many rows, a partition therefore too.
inline constexpr size_t kMaxPartitionRows = UINT32_MAX - 2;

struct ResolvedWindow {
  const WindowFunction* function = nullptr;
  std::vector<Type> arg_types;  // what each argument must be cast to
  Type result_type;
};

struct WindowFunction {
  std::string name;
  std::vector<std::string> aliases = {};
  std::string signature;
  std::string summary;
  std::string example;         // a query, "SELECT row_number() OVER (ORDER BY x) FROM …"
  std::string example_result;  // its rows, a space between
  bool uses_frame = false;
  bool ignores_nulls = false;  // IGNORE NULLS may be written
  int default_arg = -1;        // the argument that kPickDefault stands for
  // NotFound: these arguments do not fit.
  StatusOr<ResolvedWindow> (*resolve)(std::span<const ArgumentType> args) = nullptr;
  WindowCompute compute = nullptr;  // one of the two
  WindowPick pick = nullptr;
};

}  // namespace shale
