// Kernels out of an Op: what one aggregate does with one value, turned into the loops that
// AggregateKernels asks for. Private to engine/functions/agg_*.cc.
//
// An Op of one argument has
//   State, Value (the physical C++ type), kName, kVersion
//   static bool Add(const AggregateCall&, State*, Value)              false: failed, see Failure
//   static bool AddMany(const AggregateCall&, State*, Value, n)       the same value n times
//   static bool AddBlock(const AggregateCall&, State*, const Value*, n)   optional: n valid values
//   static bool Merge(const AggregateCall&, State* into, const State& from)
//   static bool Unmerge(const AggregateCall&, State* into, const State& from)   optional
//   static void Write(const State&, StateWriter*)
//   static bool Read(const AggregateCall&, StateReader*, State*)
//   static Status Failure(const AggregateCall&)
// and a Finish(call, state, writer, row) → Status, which may be another type's (sum and avg share
// a state and differ in how they end). NULL rows are skipped. An Op of two arguments has Value,
// Second and Add(call, state, value, second); rows with a NULL in either are skipped.
#pragma once

#include <bit>

#include "engine/functions/agg_state.h"

namespace shale {

// f(row, value) for every row that is not NULL of a flat or constant vector.
template <typename T, typename F>
inline void ForEachValid(const Vector& vector, size_t num_rows, F&& f) {
  const T* values = vector.values<T>();
  if (vector.is_constant()) {
    if (vector.is_constant_null()) return;
    const T value = values[0];
    for (size_t i = 0; i < num_rows; ++i) f(i, value);
    return;
  }
  const uint64_t* validity = vector.validity();
  if (validity == nullptr) {
    for (size_t i = 0; i < num_rows; ++i) f(i, values[i]);
    return;
  }
  for (size_t word = 0; word * 64 < num_rows; ++word) {
    uint64_t bits = validity[word];
    const size_t begin = word * 64;
    const size_t count = num_rows - begin < 64 ? num_rows - begin : 64;
    if (count < 64) bits &= (uint64_t{1} << count) - 1;
    if (bits == ~uint64_t{0}) {
      for (size_t i = begin; i < begin + 64; ++i) f(i, values[i]);
      continue;
    }
    for (; bits != 0; bits &= bits - 1) {
      const size_t i = begin + std::countr_zero(bits);
      f(i, values[i]);
    }
  }
}

// Number of rows that are not NULL, any encoding.
size_t CountValid(const Vector& vector, size_t num_rows);

// The vector itself, or flat when it has another encoding than kernels read.
inline const Vector& FlatOrConstant(const Vector& vector, Vector* storage) {
  if (vector.is_flat() || vector.is_constant()) return vector;
  *storage = vector.Flatten();
  return *storage;
}

template <typename State>
State* StateAt(std::byte* base, size_t stride, uint32_t group) {
  return reinterpret_cast<State*>(base + stride * group);
}
template <typename State>
const State* StateAt(const std::byte* base, size_t stride, uint32_t group) {
  return reinterpret_cast<const State*>(base + stride * group);
}

template <typename Op>
Status MergeStates(const AggregateCall& call, std::byte* into, const uint32_t* into_rows,
                   const std::byte* from, const uint32_t* from_rows, size_t stride, size_t count) {
  using State = typename Op::State;
  bool ok = true;
  for (size_t i = 0; i < count; ++i) {
    ok &= Op::Merge(call, StateAt<State>(into, stride, into_rows[i]),
                    *StateAt<State>(from, stride, from_rows[i]));
  }
  return ok ? OkStatus() : Op::Failure(call);
}
template <typename Op>
Status UnmergeStates(const AggregateCall& call, std::byte* into, const uint32_t* into_rows,
                     const std::byte* from, const uint32_t* from_rows, size_t stride,
                     size_t count) {
  using State = typename Op::State;
  bool ok = true;
  for (size_t i = 0; i < count; ++i) {
    ok &= Op::Unmerge(call, StateAt<State>(into, stride, into_rows[i]),
                      *StateAt<State>(from, stride, from_rows[i]));
  }
  return ok ? OkStatus() : Op::Failure(call);
}
template <typename Op>
void SerializeState(const AggregateCall&, const std::byte* state, std::string* out) {
  StateWriter writer(out);
  writer.Put<uint8_t>(Op::kVersion);
  Op::Write(*reinterpret_cast<const typename Op::State*>(state), &writer);
}
template <typename Op>
Status DeserializeState(const AggregateCall& call, std::string_view bytes, std::byte* state) {
  StateReader reader(bytes);
  uint8_t version;
  if (!reader.Get(&version)) return CorruptState(Op::kName);
  if (version != Op::kVersion) {
    return DataLoss("the stored state of aggregate {} has version {}, this program reads {}",
                    Op::kName, version, Op::kVersion);
  }
  typename Op::State read{};
  if (!Op::Read(call, &reader, &read) || reader.left() != 0) return CorruptState(Op::kName);
  std::memcpy(static_cast<void*>(state), &read, sizeof(read));
  return OkStatus();
}
template <typename State, typename Ending>
Status FinalizeStates(const AggregateCall& call, const std::byte* base, size_t stride,
                      size_t num_rows, Vector* result) {
  ResultWriter writer(result);
  for (size_t i = 0; i < num_rows; ++i) {
    const State& state = *reinterpret_cast<const State*>(base + i * stride);
    if constexpr (std::is_void_v<decltype(Ending::Finish(call, state, &writer, i))>) {
      Ending::Finish(call, state, &writer, i);
    } else {
      RETURN_IF_ERROR(Ending::Finish(call, state, &writer, i));
    }
  }
  return OkStatus();
}

// The whole row of kernels of an aggregate: Op gives state, merge and serialized form, Loops the
// updates, Ending the result.
template <typename Op, typename Loops = Op, typename Ending = Op>
AggregateKernels KernelsOf() {
  static_assert(sizeof(typename Op::State) % 8 == 0 && alignof(typename Op::State) <= 8);
  AggregateKernels kernels;
  kernels.state_size = sizeof(typename Op::State);
  kernels.update = Loops::Update;
  kernels.update_one = Loops::UpdateOne;
  kernels.merge = MergeStates<Op>;
  if constexpr (requires(typename Op::State* into, const typename Op::State& from,
                         const AggregateCall& call) { Op::Unmerge(call, into, from); }) {
    kernels.unmerge = UnmergeStates<Op>;
  }
  kernels.serialize = SerializeState<Op>;
  kernels.deserialize = DeserializeState<Op>;
  kernels.finalize = FinalizeStates<typename Op::State, Ending>;
  return kernels;
}

template <typename Op>
struct UnaryLoops {
  using State = typename Op::State;
  using T = typename Op::Value;

  static Status Update(const AggregateCall& call, std::byte* base, size_t stride,
                       const uint32_t* groups, std::span<const Vector> args, size_t num_rows) {
    bool ok = true;
    ForEachValid<T>(args[0], num_rows, [&](size_t i, const T& value) {
      ok &= Op::Add(call, StateAt<State>(base, stride, groups[i]), value);
    });
    return ok ? OkStatus() : Op::Failure(call);
  }

  static Status UpdateOne(const AggregateCall& call, std::byte* bytes, std::span<const Vector> args,
                          size_t num_rows) {
    const Vector& arg = args[0];
    State* state = reinterpret_cast<State*>(bytes);
    if (num_rows == 0) return OkStatus();
    bool ok = true;
    if (arg.is_constant()) {
      if (!arg.is_constant_null()) {
        ok = Op::AddMany(call, state, arg.values<T>()[0], num_rows);
      }
    } else if (arg.is_run()) {
      uint32_t begin = 0;
      for (size_t run = 0; run < arg.num_runs(); ++run) {
        const uint32_t end = arg.run_ends()[run];
        if (end > begin && (!arg.validity() || BitIsSet(arg.validity(), run))) {
          ok &= Op::AddMany(call, state, arg.values<T>()[run], end - begin);
        }
        begin = end;
      }
    } else {
      Vector storage;
      const Vector& flat = FlatOrConstant(arg, &storage);
      ok = AddFlat(call, state, flat, num_rows);
    }
    return ok ? OkStatus() : Op::Failure(call);
  }

 private:
  static bool AddFlat(const AggregateCall& call, State* state, const Vector& flat,
                      size_t num_rows) {
    bool ok = true;
    const T* values = flat.values<T>();
    const uint64_t* validity = flat.validity();
    if constexpr (requires { Op::AddBlock(call, state, values, num_rows); }) {
      if (flat.is_flat()) {
        if (validity == nullptr) return Op::AddBlock(call, state, values, num_rows);
        // Stretches of valid rows, by whole words where there are any.
        for (size_t begin = 0; begin < num_rows; begin += 64) {
          const size_t count = num_rows - begin < 64 ? num_rows - begin : 64;
          uint64_t bits = validity[begin / 64];
          if (count < 64) bits &= (uint64_t{1} << count) - 1;
          if (bits == ~uint64_t{0}) {
            size_t end = begin + 64;
            while (end + 64 <= num_rows && validity[end / 64] == ~uint64_t{0}) end += 64;
            ok &= Op::AddBlock(call, state, values + begin, end - begin);
            begin = end - 64;
            continue;
          }
          for (; bits != 0; bits &= bits - 1) {
            ok &= Op::Add(call, state, values[begin + std::countr_zero(bits)]);
          }
        }
        return ok;
      }
    }
    ForEachValid<T>(flat, num_rows,
                    [&](size_t, const T& value) { ok &= Op::Add(call, state, value); });
    return ok;
  }
};

template <typename Op, typename Ending = Op>
AggregateKernels UnaryKernels() {
  return KernelsOf<Op, UnaryLoops<Op>, Ending>();
}

template <typename Op>
struct BinaryLoops {
  using State = typename Op::State;
  using T = typename Op::Value;
  using U = typename Op::Second;

  template <typename F>
  static void ForEachPair(const Vector& a, const Vector& b, size_t num_rows, F&& f) {
    if (a.is_constant_null() || b.is_constant_null()) return;
    const T* left = a.values<T>();
    const U* right = b.values<U>();
    const size_t left_step = a.is_constant() ? 0 : 1;
    const size_t right_step = b.is_constant() ? 0 : 1;
    const uint64_t* left_valid = a.is_constant() ? nullptr : a.validity();
    const uint64_t* right_valid = b.is_constant() ? nullptr : b.validity();
    for (size_t i = 0; i < num_rows; ++i) {
      if (left_valid && !BitIsSet(left_valid, i)) continue;
      if (right_valid && !BitIsSet(right_valid, i)) continue;
      f(i, left[i * left_step], right[i * right_step]);
    }
  }
  static Status Update(const AggregateCall& call, std::byte* base, size_t stride,
                       const uint32_t* groups, std::span<const Vector> args, size_t num_rows) {
    bool ok = true;
    ForEachPair(args[0], args[1], num_rows, [&](size_t i, const T& a, const U& b) {
      ok &= Op::Add(call, StateAt<State>(base, stride, groups[i]), a, b);
    });
    return ok ? OkStatus() : Op::Failure(call);
  }
  static Status UpdateOne(const AggregateCall& call, std::byte* bytes, std::span<const Vector> args,
                          size_t num_rows) {
    Vector a_storage, b_storage;
    const Vector& a = FlatOrConstant(args[0], &a_storage);
    const Vector& b = FlatOrConstant(args[1], &b_storage);
    State* state = reinterpret_cast<State*>(bytes);
    bool ok = true;
    ForEachPair(a, b, num_rows,
                [&](size_t, const T& x, const U& y) { ok &= Op::Add(call, state, x, y); });
    return ok ? OkStatus() : Op::Failure(call);
  }
};

template <typename Op, typename Ending = Op>
AggregateKernels BinaryKernels() {
  return KernelsOf<Op, BinaryLoops<Op>, Ending>();
}

// A resolved aggregate; the registry fills in `function`.
inline ResolvedAggregate Resolved(AggregateKernels kernels, std::vector<Type> args, Type result) {
  ResolvedAggregate resolved;
  resolved.kernels = kernels;
  resolved.arg_types = std::move(args);
  resolved.result_type = std::move(result);
  return resolved;
}
inline Status NoSuchOverload() { return NotFound("no such overload"); }
// What an untyped literal becomes where nothing else decides.
inline Type SettledType(const ArgumentType& arg, Type untyped = TypeId::kText) {
  if (arg.untyped_literal || arg.type.id() == TypeId::kNull) return untyped;
  return arg.type;
}

}  // namespace shale
