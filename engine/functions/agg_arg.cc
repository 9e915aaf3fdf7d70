// arg_min(x, by), arg_max(x, by): x of the row where `by` is least or greatest. Rows with a NULL in
// either are skipped; of rows that tie on `by`, the smaller x wins, so the answer does not depend
// on the order of rows.
//
// `by` is brought to one of three forms (128-bit integer, double, string) and x is kept by its
// width, so the pairs of types stay few; ties compare by x's real type. An array is kept as the
// bytes that AppendValueBytes makes of it.
#include <vector>

#include "engine/functions/agg_kernel.h"
#include "engine/vector/nested.h"

namespace shale {

void RegisterExtremeRowAggregates(Registry* registry);

namespace {

// x as stored: 1, 2, 4, 8 or 16 bytes, or a string.
template <typename T>
struct KeptValue {
  char bytes[(sizeof(T) + 7) / 8 * 8];
  T get() const {
    T value;
    std::memcpy(&value, bytes, sizeof(T));
    return value;
  }
  void Set(Arena*, const T& value) { std::memcpy(bytes, &value, sizeof(T)); }
  void Share(const KeptValue& other) { *this = other; }
};
template <>
struct KeptValue<std::string_view> : ValueSlot<std::string_view> {};

template <size_t kWidth>
using Unsigned = std::conditional_t<
    kWidth == 1, uint8_t,
    std::conditional_t<kWidth == 2, uint16_t,
                       std::conditional_t<kWidth == 4, uint32_t,
                                          std::conditional_t<kWidth == 8, uint64_t, int128_t>>>>;

// SQL's order of two values of `type` kept as bits.
template <typename T>
bool KeptLess(PhysicalType type, const T& a, const T& b) {
  if constexpr (std::is_same_v<T, std::string_view>) {
    return a < b;
  } else {
    return DispatchPhysical(type, [&]<typename Real>() -> bool {
      if constexpr (sizeof(Real) == sizeof(T) && !std::is_same_v<Real, std::string_view>) {
        Real x, y;
        std::memcpy(static_cast<void*>(&x), &a, sizeof(T));
        std::memcpy(static_cast<void*>(&y), &b, sizeof(T));
        return ValueLess(x, y);
      } else {
        return false;
      }
    });
  }
}

// Lists as bytes, which live in `bytes`.
Vector BytesOf(const Vector& lists, size_t num_rows, std::string* bytes) {
  std::vector<size_t> ends(num_rows);
  for (size_t i = 0; i < num_rows; ++i) {
    if (!lists.IsNull(i)) AppendValueBytes(lists, i, false, bytes);
    ends[i] = bytes->size();
  }
  Vector texts = Vector::Flat(TypeId::kBytea, num_rows);
  auto* const text = texts.mutable_values<std::string_view>();
  for (size_t i = 0, begin = 0; i < num_rows; begin = ends[i++]) {
    text[i] = std::string_view(*bytes).substr(begin, ends[i] - begin);
    if (lists.IsNull(i)) texts.SetNull(i);
  }
  return texts;
}

template <typename X, typename By, bool kMax>
struct ArgOp {
  struct State {
    ValueSlot<By> by;
    KeptValue<X> x;
  };
  static constexpr std::string_view kName = kMax ? "arg_max" : "arg_min";
  static constexpr uint8_t kVersion = 1;

  static bool Better(const AggregateCall& call, const State& state, const X& x, const By& by) {
    if (!state.by.has()) return true;
    const By held = state.by.get();
    if (kMax ? ValueLess(held, by) : ValueLess(by, held)) return true;
    if (kMax ? ValueLess(by, held) : ValueLess(held, by)) return false;
    if constexpr (std::is_same_v<X, std::string_view>) {
      std::string_view challenger = x, holder = state.x.get();
      if (call.arg_types[0].id() == TypeId::kList) {
        return CompareValueBytes(call.arg_types[0], &challenger, &holder) < 0;
      }
    }
    return KeptLess(call.arg_types[0].physical(), x, X(state.x.get()));
  }
  static void Rows(const AggregateCall& call, std::byte* base, size_t stride,
                   const uint32_t* groups, const Vector& x, const Vector& by, size_t num_rows) {
    if (x.is_constant_null() || by.is_constant_null()) return;
    std::vector<By> storage;
    const By* keys = Keys(by, num_rows, &storage);
    const X* values = x.values<X>();
    const size_t x_step = x.is_constant() ? 0 : 1, by_step = by.is_constant() ? 0 : 1;
    const uint64_t* x_valid = x.validity();
    const uint64_t* by_valid = by.validity();
    for (size_t i = 0; i < num_rows; ++i) {
      if (x_valid && !BitIsSet(x_valid, i * x_step)) continue;
      if (by_valid && !BitIsSet(by_valid, i * by_step)) continue;
      State* state = StateAt<State>(base, stride, groups ? groups[i] : 0);
      if (Better(call, *state, values[i * x_step], keys[i * by_step])) {
        state->by.Set(call.arena, keys[i * by_step]);
        state->x.Set(call.arena, values[i * x_step]);
      }
    }
  }
  static const By* Keys(const Vector& by, size_t num_rows, std::vector<By>* storage) {
    if constexpr (std::is_same_v<By, std::string_view>) {
      return by.values<By>();
    } else {
      const size_t count = by.is_constant() ? 1 : num_rows;
      storage->resize(count);
      By* out = storage->data();
      DispatchPhysical(by.type().physical(), [&]<typename T>() {
        const T* values = by.values<T>();
        if constexpr (std::is_same_v<T, Interval>) {
          if constexpr (std::is_same_v<By, int128_t>) {
            for (size_t i = 0; i < count; ++i) out[i] = IntervalOrder(values[i]);
          }
        } else if constexpr (!std::is_same_v<T, std::string_view>) {
          for (size_t i = 0; i < count; ++i) out[i] = static_cast<By>(values[i]);
        }
      });
      return out;
    }
  }
  static Status Update(const AggregateCall& call, std::byte* base, size_t stride,
                       const uint32_t* groups, std::span<const Vector> args, size_t num_rows) {
    if (args[0].type().id() == TypeId::kList) {
      std::string bytes;
      const Vector lists = BytesOf(args[0], num_rows, &bytes);
      Rows(call, base, stride, groups, lists, args[1], num_rows);
      return OkStatus();
    }
    Rows(call, base, stride, groups, args[0], args[1], num_rows);
    return OkStatus();
  }
  static Status UpdateOne(const AggregateCall& call, std::byte* state, std::span<const Vector> args,
                          size_t num_rows) {
    Vector x_storage, by_storage;
    const Vector& x = FlatOrConstant(args[0], &x_storage);
    const Vector& by = FlatOrConstant(args[1], &by_storage);
    std::string bytes;
    const bool lists = x.type().id() == TypeId::kList;
    Rows(call, state, 0, nullptr, lists ? BytesOf(x, num_rows, &bytes) : x, by, num_rows);
    return OkStatus();
  }
  static bool Merge(const AggregateCall& call, State* into, const State& from) {
    if (from.by.has() && Better(call, *into, X(from.x.get()), from.by.get())) {
      into->by.Share(from.by);
      into->x.Share(from.x);
    }
    return true;
  }
  static void Write(const State& state, StateWriter* writer) {
    WriteSlot<By>(state.by, writer);
    if (state.by.has()) writer->Put<X>(state.x.get());
  }
  static bool Read(const AggregateCall& call, StateReader* reader, State* state) {
    if (!ReadSlot<By>(reader, call.arena, &state->by)) return false;
    if (!state->by.has()) return true;
    X value;
    if (!reader->Get(&value)) return false;
    if constexpr (std::is_same_v<X, std::string_view>) {
      if (call.arg_types[0].id() == TypeId::kList) {
        VectorBuilder scratch(call.arg_types[0], 1);
        std::string_view bytes = value;
        if (!ReadValueBytes(&bytes, &scratch) || !bytes.empty()) return false;
      }
    }
    state->x.Set(call.arena, value);
    return true;
  }
  static Status Failure(const AggregateCall&) { return OkStatus(); }
  static void Finish(const AggregateCall&, const State& state, ResultWriter* writer, size_t row) {
    if (state.by.has())
      writer->Set<X>(row, state.x.get());
    else
      writer->SetNull<X>(row);
  }
};

template <typename Op>
Status FinalizeLists(const AggregateCall& call, const std::byte* base, size_t stride,
                     size_t num_rows, Vector* result) {
  VectorBuilder lists(call.result_type, num_rows);
  for (size_t row = 0; row < num_rows; ++row) {
    const auto& state = *StateAt<typename Op::State>(base, stride, static_cast<uint32_t>(row));
    if (!state.by.has()) {
      lists.AppendNull();
      continue;
    }
    std::string_view bytes = state.x.get();
    SHALE_CHECK(ReadValueBytes(&bytes, &lists));
  }
  *result = lists.Finish();
  return OkStatus();
}

template <typename X, bool kMax>
AggregateKernels KernelsBy(PhysicalType by, bool lists = false) {
  const auto kernels_of = [&]<typename Op>() {
    AggregateKernels kernels = KernelsOf<Op>();
    if constexpr (std::is_same_v<X, std::string_view>) {
      if (lists) kernels.finalize = FinalizeLists<Op>;
    }
    return kernels;
  };
  switch (by) {
    case PhysicalType::kFloat:
    case PhysicalType::kDouble: return kernels_of.template operator()<ArgOp<X, double, kMax>>();
    case PhysicalType::kString:
      return kernels_of.template operator()<ArgOp<X, std::string_view, kMax>>();
    default: return kernels_of.template operator()<ArgOp<X, int128_t, kMax>>();
  }
}

template <bool kMax>
StatusOr<ResolvedAggregate> ResolveArg(std::span<const ArgumentType> args) {
  if (args.size() != 2) return NoSuchOverload();
  const Type x = SettledType(args[0]);
  const Type by = SettledType(args[1]);
  if (x.id() == TypeId::kStruct || IsNested(by) || by.id() == TypeId::kJson) {
    return NoSuchOverload();
  }
  AggregateKernels kernels;
  const bool lists = x.id() == TypeId::kList;
  if (x.physical() == PhysicalType::kString || lists) {
    kernels = KernelsBy<std::string_view, kMax>(by.physical(), lists);
  } else {
    switch (PhysicalSize(x.physical())) {
      case 1: kernels = KernelsBy<Unsigned<1>, kMax>(by.physical()); break;
      case 2: kernels = KernelsBy<Unsigned<2>, kMax>(by.physical()); break;
      case 4: kernels = KernelsBy<Unsigned<4>, kMax>(by.physical()); break;
      case 8: kernels = KernelsBy<Unsigned<8>, kMax>(by.physical()); break;
      default: kernels = KernelsBy<Unsigned<16>, kMax>(by.physical()); break;
    }
  }
  return Resolved(kernels, {x, by}, x);
}

}  // namespace

void RegisterExtremeRowAggregates(Registry* registry) {
  for (bool max : {false, true}) {
    AggregateFunction function;
    function.name = max ? "arg_max" : "arg_min";
    function.aliases = max ? std::vector<std::string>{"argMax", "max_by"}
                           : std::vector<std::string>{"argMin", "min_by"};
    function.signature = "(x ANY, by ANY) → ANY";
    function.summary = max ? "The x of the row where `by` is greatest; of rows that tie, the "
                             "smallest x."
                           : "The x of the row where `by` is least; of rows that tie, the "
                             "smallest x.";
    function.example = max ? "SELECT arg_max(x, y) FROM (VALUES ('a', 1), ('b', 2)) t(x, y)"
                           : "SELECT arg_min(x, y) FROM (VALUES ('a', 1), ('b', 2)) t(x, y)";
    function.example_result = max ? "b" : "a";
    function.ignores_distinct = true;
    function.resolve = max ? ResolveArg<true> : ResolveArg<false>;
    registry->Add(std::move(function));
  }
}

}  // namespace shale
