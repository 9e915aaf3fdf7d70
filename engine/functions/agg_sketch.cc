// approx_count_distinct: HyperLogLog with 2^12 registers (Flajolet et al. 2007) over 64-bit hashes,
// read with the improved raw estimator of Otmar Ertl, "New cardinality estimation algorithms for
// HyperLogLog sketches" (2017), section 2.3: no bias tables, no switch to linear counting. Standard
// error 1.04 / sqrt(4096) = 1.6 %.
//
// A state starts as a small open-addressing set of (register, rank) pairs and becomes an array of
// 4,096 bytes once that set would be no smaller. Both hold the same registers, so the answer does
// not depend on the form.
#include <algorithm>
#include <bit>
#include <limits>

#include "engine/functions/agg_kernel.h"
#include "engine/functions/families.h"
#include "engine/vector/hash.h"

namespace shale {
namespace {

constexpr int kPrecision = 12;
constexpr uint32_t kRegisters = 1u << kPrecision;
constexpr int kMaxRank = 64 - kPrecision + 1;
constexpr uint32_t kMaxSparse = 512;  // slots of four bytes
constexpr uint32_t kDense = UINT32_MAX;

struct HllState {
  union {
    uint32_t* slots;     // register << 8 | rank, 0 is empty; `capacity` of them
    uint8_t* registers;  // 4,096 ranks
  };
  uint32_t capacity;  // 0 nothing yet, kDense registers
  uint32_t size;
};

uint64_t HashOf(std::string_view value) { return HashBytes(value); }
uint64_t HashOf(double value) {
  if (value == 0) value = 0;  // -0 is 0
  if (value != value) value = std::numeric_limits<double>::quiet_NaN();
  return HashInt(std::bit_cast<uint64_t>(value) + 0x9e3779b97f4a7c15u);
}
uint64_t HashOf(float value) { return HashOf(static_cast<double>(value)); }
uint64_t HashOf(int128_t value) {
  return HashCombine(HashInt(static_cast<uint64_t>(value)), static_cast<uint64_t>(value >> 64));
}
// Equal lengths are equal intervals.
uint64_t HashOf(const Interval& value) { return HashOf(IntervalOrder(value)); }
template <typename T>
  requires std::is_integral_v<T>
uint64_t HashOf(T value) {
  return HashInt(static_cast<uint64_t>(static_cast<int64_t>(value)) + 0x9e3779b97f4a7c15u);
}

void SetRegister(Arena* arena, HllState* state, uint32_t index, uint8_t rank);

void ToDense(Arena* arena, HllState* state) {
  auto* registers = reinterpret_cast<uint8_t*>(arena->Allocate(kRegisters));
  std::memset(registers, 0, kRegisters);
  for (uint32_t i = 0; i < state->capacity; ++i) {
    if (state->slots[i]) registers[state->slots[i] >> 8] = static_cast<uint8_t>(state->slots[i]);
  }
  state->registers = registers;
  state->capacity = kDense;
  state->size = 0;
}

void GrowSparse(Arena* arena, HllState* state) {
  const uint32_t capacity = state->capacity == 0 ? 8 : state->capacity * 2;
  if (capacity > kMaxSparse) return ToDense(arena, state);
  HllState grown{};
  grown.slots = reinterpret_cast<uint32_t*>(arena->Allocate(capacity * sizeof(uint32_t)));
  grown.capacity = capacity;
  std::memset(grown.slots, 0, capacity * sizeof(uint32_t));
  for (uint32_t i = 0; i < state->capacity; ++i) {
    const uint32_t slot = state->slots[i];
    if (slot) SetRegister(arena, &grown, slot >> 8, static_cast<uint8_t>(slot));
  }
  *state = grown;
}

void SetRegister(Arena* arena, HllState* state, uint32_t index, uint8_t rank) {
  if (state->capacity == kDense) {
    if (rank > state->registers[index]) state->registers[index] = rank;
    return;
  }
  if ((state->size + 1) * 4 > state->capacity * 3) {
    GrowSparse(arena, state);
    return SetRegister(arena, state, index, rank);
  }
  const uint32_t mask = state->capacity - 1;
  for (uint32_t at = index & mask;; at = (at + 1) & mask) {
    const uint32_t slot = state->slots[at];
    if (slot == 0) {
      state->slots[at] = index << 8 | rank;
      ++state->size;
      return;
    }
    if (slot >> 8 == index) {
      if (rank > (slot & 0xff)) state->slots[at] = index << 8 | rank;
      return;
    }
  }
}

inline void AddHash(Arena* arena, HllState* state, uint64_t hash) {
  const uint32_t index = static_cast<uint32_t>(hash >> (64 - kPrecision));
  // The sentinel bit bounds the rank.
  const uint64_t rest = (hash << kPrecision) | (uint64_t{1} << (kPrecision - 1));
  const auto rank = static_cast<uint8_t>(std::countl_zero(rest) + 1);
  if (state->capacity == kDense) [[likely]] {
    uint8_t& held = state->registers[index];
    held = rank > held ? rank : held;
  } else {
    SetRegister(arena, state, index, rank);
  }
}

// σ and τ of the paper, by their series.
double Sigma(double x) {
  if (x == 1) return std::numeric_limits<double>::infinity();
  double power = 1, sum = x, before;
  do {
    x *= x;
    before = sum;
    sum += x * power;
    power += power;
  } while (sum != before);
  return sum;
}
double Tau(double x) {
  if (x == 0 || x == 1) return 0;
  double power = 1, sum = 1 - x, before;
  do {
    x = std::sqrt(x);
    before = sum;
    power *= 0.5;
    sum -= (1 - x) * (1 - x) * power;
  } while (sum != before);
  return sum / 3;
}

int64_t Estimate(const HllState& state) {
  uint32_t counts[kMaxRank + 1] = {};
  if (state.capacity == kDense) {
    for (uint32_t i = 0; i < kRegisters; ++i) ++counts[state.registers[i]];
  } else {
    for (uint32_t i = 0; i < state.capacity; ++i) {
      if (state.slots[i]) ++counts[state.slots[i] & 0xff];
    }
    counts[0] = kRegisters - state.size;
  }
  constexpr double kM = kRegisters;
  double z = kM * Tau(1 - counts[kMaxRank] / kM);
  for (int rank = kMaxRank - 1; rank >= 1; --rank) z = 0.5 * (z + counts[rank]);
  z += kM * Sigma(counts[0] / kM);
  constexpr double kAlpha = 0.72134752044448170367996234050095;  // 1 / (2 ln 2)
  const double estimate = kAlpha * kM * kM / z;
  return estimate < 9e18 ? std::llround(estimate) : INT64_MAX;
}

template <typename T>
struct HllOp {
  using State = HllState;
  using Value = T;
  static constexpr std::string_view kName = "approx_count_distinct";
  static constexpr uint8_t kVersion = 1;
  static bool Add(const AggregateCall& call, State* state, const T& value) {
    AddHash(call.arena, state, HashOf(value));
    return true;
  }
  static bool AddMany(const AggregateCall& call, State* state, const T& value, size_t) {
    return Add(call, state, value);
  }
  static bool Merge(const AggregateCall& call, State* into, const State& from) {
    if (from.capacity == kDense) {
      if (into->capacity != kDense) ToDense(call.arena, into);
      for (uint32_t i = 0; i < kRegisters; ++i) {
        into->registers[i] = std::max(into->registers[i], from.registers[i]);
      }
      return true;
    }
    for (uint32_t i = 0; i < from.capacity; ++i) {
      const uint32_t slot = from.slots[i];
      if (slot) SetRegister(call.arena, into, slot >> 8, static_cast<uint8_t>(slot));
    }
    return true;
  }
  // Either all registers, or the set ones in ascending order: one state has one form.
  static void Write(const State& state, StateWriter* writer) {
    writer->Put<uint8_t>(state.capacity == kDense);
    if (state.capacity == kDense) {
      for (uint32_t i = 0; i < kRegisters; ++i) writer->Put(state.registers[i]);
      return;
    }
    std::vector<uint32_t> slots;
    for (uint32_t i = 0; i < state.capacity; ++i) {
      if (state.slots[i]) slots.push_back(state.slots[i]);
    }
    std::sort(slots.begin(), slots.end());
    writer->Put(static_cast<uint16_t>(slots.size()));
    for (uint32_t slot : slots) {
      writer->Put(static_cast<uint16_t>(slot >> 8));
      writer->Put(static_cast<uint8_t>(slot));
    }
  }
  static bool Read(const AggregateCall& call, StateReader* reader, State* state) {
    uint8_t dense;
    if (!reader->Get(&dense) || dense > 1) return false;
    if (dense) {
      if (reader->left() != kRegisters) return false;
      ToDense(call.arena, state);
      for (uint32_t i = 0; i < kRegisters; ++i) {
        if (!reader->Get(&state->registers[i]) || state->registers[i] > kMaxRank) return false;
      }
      return true;
    }
    uint16_t size;
    if (!reader->Get(&size) || size > kMaxSparse) return false;
    for (uint16_t i = 0; i < size; ++i) {
      uint16_t index;
      uint8_t rank;
      if (!reader->Get(&index) || !reader->Get(&rank)) return false;
      if (index >= kRegisters || rank == 0 || rank > kMaxRank) return false;
      SetRegister(call.arena, state, index, rank);
    }
    return true;
  }
  static Status Failure(const AggregateCall&) { return OkStatus(); }
  static void Finish(const AggregateCall&, const State& state, ResultWriter* writer, size_t row) {
    writer->Set<int64_t>(row, Estimate(state));
  }
};

// Over a dictionary each entry in use is hashed once, or its stored hash is taken.
template <typename T>
Status HllUpdateOne(const AggregateCall& call, std::byte* state, std::span<const Vector> args,
                    size_t num_rows) {
  const Vector& arg = args[0];
  if (!arg.is_dictionary() || arg.dictionary()->values.has_nulls()) {
    return UnaryLoops<HllOp<T>>::UpdateOne(call, state, args, num_rows);
  }
  const Dictionary& dictionary = *arg.dictionary();
  auto* sketch = reinterpret_cast<HllState*>(state);
  const uint32_t* codes = arg.codes();
  const uint64_t* validity = arg.validity();
  const uint64_t* hashes = std::is_same_v<T, std::string_view> && !dictionary.hashes.empty()
                               ? dictionary.hashes.data()
                               : nullptr;
  const T* entries = dictionary.values.template values<T>();
  const auto add = [&](uint32_t code) {
    AddHash(call.arena, sketch, hashes ? hashes[code] : HashOf(entries[code]));
  };
  if (hashes || dictionary.size() > num_rows) {
    for (size_t i = 0; i < num_rows; ++i) {
      if (!validity || BitIsSet(validity, i)) add(codes[i]);
    }
    return OkStatus();
  }
  std::vector<uint8_t> used(dictionary.size());
  uint8_t* marks = used.data();
  for (size_t i = 0; i < num_rows; ++i) {
    if (!validity || BitIsSet(validity, i)) marks[codes[i]] = 1;
  }
  for (uint32_t code = 0; code < used.size(); ++code) {
    if (marks[code]) add(code);
  }
  return OkStatus();
}

StatusOr<ResolvedAggregate> ResolveHll(std::span<const ArgumentType> args) {
  if (args.size() != 1) return NoSuchOverload();
  const Type type = SettledType(args[0]);
  if (IsNested(type)) return NoSuchOverload();
  return DispatchPhysical(type.physical(), [&]<typename T>() -> StatusOr<ResolvedAggregate> {
    AggregateKernels kernels = UnaryKernels<HllOp<T>>();
    kernels.update_one = HllUpdateOne<T>;
    return Resolved(kernels, {type}, TypeId::kBigInt);
  });
}

}  // namespace

void RegisterSketchAggregates(Registry* registry) {
  registry->Add(AggregateFunction{
      .name = "approx_count_distinct",
      .aliases = {"uniq", "uniqHLL12"},
      .signature = "(x ANY) → BIGINT",
      .summary = "Number of different values that are not NULL, by HyperLogLog: within 1.6 % "
                 "two times in three, 5 % nearly always.",
      .example = "SELECT approx_count_distinct(x) FROM (VALUES (1), (2), (2)) t(x)",
      .example_result = "2",
      .exact = false,
      .ignores_distinct = true,
      .resolve = ResolveHll});
}

}  // namespace shale
