// count(*), count(x), count_if(x).
#include "engine/functions/agg_kernel.h"
#include "engine/functions/families.h"

namespace shale {

size_t CountValid(const Vector& vector, size_t num_rows) {
  if (vector.is_constant()) return vector.is_constant_null() ? 0 : num_rows;
  if (vector.is_run()) {
    if (vector.validity() == nullptr) return num_rows;
    size_t count = 0;
    for (size_t run = 0; run < vector.num_runs(); ++run) {
      const uint32_t begin = run == 0 ? 0 : vector.run_ends()[run - 1];
      if (BitIsSet(vector.validity(), run)) count += vector.run_ends()[run] - begin;
    }
    return count;
  }
  return vector.validity() ? CountSetBits(vector.validity(), num_rows) : num_rows;
}

namespace {

struct CountState {
  int64_t count;
};

struct CountFinish {
  static void Finish(const AggregateCall&, const CountState& state, ResultWriter* writer,
                     size_t row) {
    writer->Set<int64_t>(row, state.count);
  }
};

struct CountOp {
  using State = CountState;
  static constexpr std::string_view kName = "count";
  static constexpr uint8_t kVersion = 1;
  static bool Merge(const AggregateCall&, State* into, const State& from) {
    return !__builtin_add_overflow(into->count, from.count, &into->count);
  }
  static bool Unmerge(const AggregateCall&, State* into, const State& from) {
    into->count -= from.count;
    return true;
  }
  static void Write(const State& state, StateWriter* writer) { writer->Put(state.count); }
  static bool Read(const AggregateCall&, StateReader* reader, State* state) {
    return reader->Get(&state->count) && state->count >= 0;
  }
  static Status Failure(const AggregateCall&) { return OutOfRange("bigint out of range in count"); }
};

Status CountUpdate(const AggregateCall&, std::byte* base, size_t stride, const uint32_t* groups,
                   std::span<const Vector> args, size_t num_rows) {
  if (args.empty() || !args[0].has_nulls()) {
    for (size_t i = 0; i < num_rows; ++i) ++StateAt<CountState>(base, stride, groups[i])->count;
    return OkStatus();
  }
  if (args[0].is_constant()) {
    if (args[0].is_constant_null()) return OkStatus();
    for (size_t i = 0; i < num_rows; ++i) ++StateAt<CountState>(base, stride, groups[i])->count;
    return OkStatus();
  }
  const uint64_t* validity = args[0].validity();
  for (size_t i = 0; i < num_rows; ++i) {
    StateAt<CountState>(base, stride, groups[i])->count += BitIsSet(validity, i);
  }
  return OkStatus();
}

Status CountUpdateOne(const AggregateCall&, std::byte* state, std::span<const Vector> args,
                      size_t num_rows) {
  reinterpret_cast<CountState*>(state)->count +=
      static_cast<int64_t>(args.empty() ? num_rows : CountValid(args[0], num_rows));
  return OkStatus();
}

AggregateKernels CountKernels() {
  AggregateKernels kernels;
  kernels.state_size = sizeof(CountState);
  kernels.only_validity = true;
  kernels.update = CountUpdate;
  kernels.update_one = CountUpdateOne;
  kernels.merge = MergeStates<CountOp>;
  kernels.unmerge = UnmergeStates<CountOp>;
  kernels.serialize = SerializeState<CountOp>;
  kernels.deserialize = DeserializeState<CountOp>;
  kernels.finalize = FinalizeStates<CountState, CountFinish>;
  return kernels;
}

struct CountIfOp : CountOp {
  using Value = uint8_t;
  static constexpr std::string_view kName = "count_if";
  static bool Add(const AggregateCall&, State* state, uint8_t value) {
    state->count += value;
    return true;
  }
  static bool AddMany(const AggregateCall&, State* state, uint8_t value, size_t n) {
    state->count += value ? static_cast<int64_t>(n) : 0;
    return true;
  }
  static bool AddBlock(const AggregateCall&, State* state, const uint8_t* values, size_t n) {
    uint64_t sum = 0;
    for (size_t i = 0; i < n; ++i) sum += values[i];
    state->count += static_cast<int64_t>(sum);
    return true;
  }
};

StatusOr<ResolvedAggregate> ResolveCount(std::span<const ArgumentType> args) {
  if (args.size() > 1) return NoSuchOverload();
  std::vector<Type> types;
  if (!args.empty()) types.push_back(SettledType(args[0]));
  return Resolved(CountKernels(), std::move(types), TypeId::kBigInt);
}

StatusOr<ResolvedAggregate> ResolveCountIf(std::span<const ArgumentType> args) {
  if (args.size() != 1) return NoSuchOverload();
  if (SettledType(args[0], TypeId::kBoolean).id() != TypeId::kBoolean) return NoSuchOverload();
  return Resolved(UnaryKernels<CountIfOp, CountFinish>(), {TypeId::kBoolean}, TypeId::kBigInt);
}

}  // namespace

void RegisterCountAggregates(Registry* registry) {
  AggregateFunction count;
  count.name = "count";
  count.signature = "() → BIGINT; (x ANY) → BIGINT";
  count.summary = "Number of rows, or of rows where x is not NULL.";
  count.example = "SELECT count(x) FROM (VALUES (1), (NULL), (3)) t(x)";
  count.example_result = "2";
  count.resolve = ResolveCount;
  registry->Add(std::move(count));

  registry->Add(
      AggregateFunction{.name = "count_if",
                        .aliases = {"countIf"},
                        .signature = "(condition BOOLEAN) → BIGINT",
                        .summary = "Number of rows where the condition is true.",
                        .example = "SELECT count_if(x > 1) FROM (VALUES (1), (2), (3)) t(x)",
                        .example_result = "2",
                        .resolve = ResolveCountIf});
}

}  // namespace shale
