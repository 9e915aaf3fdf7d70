// row_number, rank, dense_rank, percent_rank, cume_dist, ntile: a row's place in its partition.
#include "engine/functions/families.h"
#include "engine/functions/window_function.h"

namespace shale {
namespace {

// out[i] = place(row) for rows [begin, end).
template <typename T, typename F>
Status Fill(uint32_t begin, uint32_t end, Vector* result, const F& place) {
  T* out = result->mutable_values<T>();
  for (uint32_t row = begin; row < end; ++row) out[row - begin] = place(row);
  return OkStatus();
}

Status RowNumber(const WindowCall& call, uint32_t begin, uint32_t end, Vector* result) {
  const WindowRows& rows = call.rows;
  return Fill<int64_t>(begin, end, result,
                       [&](uint32_t row) { return int64_t{row} - rows.PartitionBegin(row) + 1; });
}

Status Rank(const WindowCall& call, uint32_t begin, uint32_t end, Vector* result) {
  const WindowRows& rows = call.rows;
  return Fill<int64_t>(begin, end, result, [&](uint32_t row) {
    return int64_t{rows.PeersBegin(row)} - rows.PartitionBegin(row) + 1;
  });
}

Status DenseRank(const WindowCall& call, uint32_t begin, uint32_t end, Vector* result) {
  const WindowRows& rows = call.rows;
  return Fill<int64_t>(begin, end, result, [&](uint32_t row) {
    return int64_t{rows.peers_of[row]} - rows.peers_of[rows.PartitionBegin(row)] + 1;
  });
}

Status PercentRank(const WindowCall& call, uint32_t begin, uint32_t end, Vector* result) {
  const WindowRows& rows = call.rows;
  return Fill<double>(begin, end, result, [&](uint32_t row) {
    const uint32_t first = rows.PartitionBegin(row);
    const uint32_t others = rows.PartitionEnd(row) - first - 1;
    return others == 0 ? 0.0 : static_cast<double>(rows.PeersBegin(row) - first) / others;
  });
}

Status CumeDist(const WindowCall& call, uint32_t begin, uint32_t end, Vector* result) {
  const WindowRows& rows = call.rows;
  return Fill<double>(begin, end, result, [&](uint32_t row) {
    const uint32_t first = rows.PartitionBegin(row);
    return static_cast<double>(rows.PeersEnd(row) - first) / (rows.PartitionEnd(row) - first);
  });
}

// The first buckets take one row more when the rows do not divide evenly. As in PostgreSQL the
// argument of a partition's first row counts.
Status Ntile(const WindowCall& call, uint32_t begin, uint32_t end, Vector* result) {
  const WindowRows& rows = call.rows;
  const Vector& buckets_arg = call.args[0];
  const int32_t* buckets_of = buckets_arg.values<int32_t>();
  int32_t* out = result->mutable_values<int32_t>();
  for (uint32_t row = begin; row < end; ++row) {
    const uint32_t first = rows.PartitionBegin(row);
    if (buckets_arg.IsNull(first)) {
      out[row - begin] = 0;
      result->SetNull(row - begin);
      continue;
    }
    const int64_t buckets = buckets_of[buckets_arg.is_constant() ? 0 : first];
    if (buckets <= 0) return InvalidArgument("argument of ntile must be greater than zero");
    const int64_t num_rows = rows.PartitionEnd(row) - first;
    const int64_t size = num_rows / buckets, larger = num_rows % buckets;
    const int64_t place = row - first;
    const int64_t in_larger = larger * (size + 1);
    out[row - begin] = static_cast<int32_t>(
        place < in_larger ? place / (size + 1) + 1 : larger + (place - in_larger) / size + 1);
  }
  return OkStatus();
}

template <TypeId kResult>
StatusOr<ResolvedWindow> ResolveBare(std::span<const ArgumentType> args) {
  if (!args.empty()) return NotFound("takes no arguments");
  return ResolvedWindow{nullptr, {}, kResult};
}

StatusOr<ResolvedWindow> ResolveNtile(std::span<const ArgumentType> args) {
  if (args.size() != 1 || !ImplicitCastCost(args[0], TypeId::kInteger)) {
    return NotFound("takes one INTEGER");
  }
  return ResolvedWindow{nullptr, {TypeId::kInteger}, TypeId::kInteger};
}

}  // namespace

void RegisterWindowRanks(Registry* registry) {
  const auto add = [&](const char* name, const char* signature, const char* summary,
                       const char* example, const char* result, auto resolve,
                       WindowCompute compute) {
    WindowFunction function;
    function.name = name;
    function.signature = signature;
    function.summary = summary;
    function.example = example;
    function.example_result = result;
    function.resolve = resolve;
    function.compute = compute;
    registry->Add(std::move(function));
  };
  add("row_number", "() → BIGINT", "Number of the row in its partition, counted from 1.",
      "SELECT row_number() OVER (ORDER BY x) FROM (VALUES (7), (7), (9)) t(x)", "1 2 3",
      ResolveBare<TypeId::kBigInt>, RowNumber);
  add("rank", "() → BIGINT", "Number of the first row among the row's peers: ties leave gaps.",
      "SELECT rank() OVER (ORDER BY x) FROM (VALUES (7), (7), (9)) t(x)", "1 1 3",
      ResolveBare<TypeId::kBigInt>, Rank);
  add("dense_rank", "() → BIGINT", "Number of the row's group of peers: ties leave no gaps.",
      "SELECT dense_rank() OVER (ORDER BY x) FROM (VALUES (7), (7), (9)) t(x)", "1 1 2",
      ResolveBare<TypeId::kBigInt>, DenseRank);
  add("percent_rank", "() → DOUBLE",
      "(rank - 1) / (rows of the partition - 1), 0 in a partition of one row.",
      "SELECT percent_rank() OVER (ORDER BY x) FROM (VALUES (7), (7), (9)) t(x)", "0 0 1",
      ResolveBare<TypeId::kDouble>, PercentRank);
  add("cume_dist", "() → DOUBLE", "Share of the partition's rows up to the row's last peer.",
      "SELECT cume_dist() OVER (ORDER BY x) FROM (VALUES (7), (7), (9), (9)) t(x)", "0.5 0.5 1 1",
      ResolveBare<TypeId::kDouble>, CumeDist);
  add("ntile", "(buckets INTEGER) → INTEGER",
      "Number of the row's bucket when the partition is cut into buckets as even as can be.",
      "SELECT ntile(2) OVER (ORDER BY x) FROM (VALUES (1), (2), (3)) t(x)", "1 1 2", ResolveNtile,
      Ntile);
}

}  // namespace shale
