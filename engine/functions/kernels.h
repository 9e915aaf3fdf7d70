// Kernels from small lambdas: the loops over flat and constant arguments, written once.
//
//   .kernel = Unary<double, double>([](double x) { return std::floor(x); })
//   .kernel = Binary<int64_t, int64_t, int64_t>([](int64_t a, int64_t b) { return a & b; })
//   .kernel = CheckedBinary<int32_t, int32_t, int32_t>(
//        [](int32_t a, int32_t b, auto* failed) {              // failed: an unsigned word as wide
//          int32_t r;                                          // as the result; OR something into
//          *failed |= __builtin_add_overflow(a, b, &r);        // it when the row has no answer
//          return r;
//        },
//        [](int32_t, int32_t) { return OutOfRange("integer out of range"); })
//   .kernel = NullableUnary<std::string_view, int64_t>(
//        [](std::string_view text, int64_t* out) { return false; })     // false: NULL
//   .kernel = StringUnary<std::string_view>(
//        [](std::string_view text, StringArena* arena) { return arena->Add(text); })
//   .kernel = StringBinary<std::string_view, int32_t>(…), StringTernary<A, B, C>(…)
//
// The lambdas must not capture: they become template arguments, so that every loop is inlined and
// plain loops are vectorised. The types are physical ones (uint8_t for BOOLEAN; a lambda may return
// bool for it). Loops over numbers run over every row, NULL or not (values under a NULL are safe to
// read; a failure there is not an error). Loops over strings, and the Nullable ones, visit rows
// that are not NULL only. Functions whose work needs the context or a prepared state write their
// own loop with Arg and ForEachValid.
#pragma once

#include <bit>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "engine/functions/function.h"
#include "engine/vector/vector_builder.h"

namespace shale {

// An argument, flat or constant, as an array: arg[row].
template <typename T>
class Arg {
 public:
  Arg(const Vector& vector)  // NOLINT: a vector reads as its values
      : values_(vector.values<T>()), mask_(vector.is_constant() ? 0 : ~size_t{0}) {}
  T operator[](size_t row) const {
    if constexpr (std::is_same_v<T, std::string_view>) {
      // An empty text may have no address; kernels need not know.
      const T text = values_[row & mask_];
      return text.data() == nullptr ? std::string_view("", 0) : text;
    }
    return values_[row & mask_];
  }
  bool is_constant() const { return mask_ == 0; }
  const T* values() const { return values_; }

 private:
  const T* values_;
  size_t mask_;
};

// visit(row) for every row below num_rows that `validity` (may be null) calls valid.
template <typename F>
inline void ForEachValid(const uint64_t* validity, size_t num_rows, F visit) {
  if (validity == nullptr) {
    for (size_t row = 0; row < num_rows; ++row) visit(row);
    return;
  }
  for (size_t begin = 0; begin < num_rows; begin += 64) {
    uint64_t word = validity[begin >> 6];
    if (num_rows - begin < 64) word &= (uint64_t{1} << (num_rows - begin)) - 1;
    if (word == ~uint64_t{0}) {
      for (size_t row = begin; row < begin + 64; ++row) visit(row);
      continue;
    }
    for (; word != 0; word &= word - 1) visit(begin + std::countr_zero(word));
  }
}
// The same until visit(row) returns false; false then.
template <typename F>
inline bool WhileValid(const uint64_t* validity, size_t num_rows, F visit) {
  for (size_t row = 0; row < num_rows; ++row) {
    if (validity != nullptr && !BitIsSet(validity, row)) continue;
    if (!visit(row)) return false;
  }
  return true;
}

// Calls visit(std::type_identity<T>) with the C++ type of a physical type (not lists and structs).
template <typename F>
decltype(auto) VisitPhysical(PhysicalType type, F&& visit) {
  switch (type) {
    case PhysicalType::kBool:
    case PhysicalType::kUInt8: return visit(std::type_identity<uint8_t>());
    case PhysicalType::kInt8: return visit(std::type_identity<int8_t>());
    case PhysicalType::kInt16: return visit(std::type_identity<int16_t>());
    case PhysicalType::kInt32: return visit(std::type_identity<int32_t>());
    case PhysicalType::kInt64: return visit(std::type_identity<int64_t>());
    case PhysicalType::kUInt16: return visit(std::type_identity<uint16_t>());
    case PhysicalType::kUInt32: return visit(std::type_identity<uint32_t>());
    case PhysicalType::kUInt64: return visit(std::type_identity<uint64_t>());
    case PhysicalType::kInt128: return visit(std::type_identity<int128_t>());
    case PhysicalType::kFloat: return visit(std::type_identity<float>());
    case PhysicalType::kDouble: return visit(std::type_identity<double>());
    case PhysicalType::kInterval: return visit(std::type_identity<Interval>());
    case PhysicalType::kString: return visit(std::type_identity<std::string_view>());
    case PhysicalType::kList:
    case PhysicalType::kStruct: break;
  }
  SHALE_CHECK(false);
  __builtin_unreachable();
}

namespace kernel_internal {

// A function pointer's type alone does not say which function: only lambdas will do.
template <typename... F>
constexpr bool kAreLambdas = (std::is_class_v<F> && ...);

template <size_t>
struct WordOfSize {
  using type = uint64_t;
};
template <>
struct WordOfSize<1> {
  using type = uint8_t;
};
template <>
struct WordOfSize<2> {
  using type = uint16_t;
};
template <>
struct WordOfSize<4> {
  using type = uint32_t;
};
template <typename R>
using FailureWord = typename WordOfSize<sizeof(R)>::type;

template <typename A, typename R, typename F>
inline void Loop(const Vector& a, size_t n, R* __restrict out, F f) {
  if (a.is_constant()) {
    const A x = a.values<A>()[0];
    for (size_t i = 0; i < n; ++i) out[i] = static_cast<R>(f(x));
  } else {
    const A* __restrict x = a.values<A>();
    for (size_t i = 0; i < n; ++i) out[i] = static_cast<R>(f(x[i]));
  }
}

template <typename A, typename B, typename R, typename F>
inline void Loop(const Vector& a, const Vector& b, size_t n, R* __restrict out, F f) {
  if (b.is_constant()) {
    const B y = b.values<B>()[0];
    Loop<A>(a, n, out, [&](A x) { return f(x, y); });
  } else if (a.is_constant()) {
    const A x = a.values<A>()[0];
    Loop<B>(b, n, out, [&](B y) { return f(x, y); });
  } else {
    const A* __restrict x = a.values<A>();
    const B* __restrict y = b.values<B>();
    for (size_t i = 0; i < n; ++i) out[i] = static_cast<R>(f(x[i], y[i]));
  }
}

template <typename A, typename B, typename C, typename R, typename F>
inline void Loop(const Vector& a, const Vector& b, const Vector& c, size_t n, R* __restrict out,
                 F f) {
  if (c.is_constant()) {
    const C z = c.values<C>()[0];
    Loop<A, B>(a, b, n, out, [&](A x, B y) { return f(x, y, z); });
  } else {
    Arg<A> x(a);
    Arg<B> y(b);
    const C* z = c.values<C>();
    for (size_t i = 0; i < n; ++i) out[i] = static_cast<R>(f(x[i], y[i], z[i]));
  }
}

template <typename A, typename R, typename F>
Status UnaryKernel(const KernelCall& call, Vector* result) {
  Loop<A>(call.args[0], call.num_rows, result->mutable_values<R>(), F{});
  return OkStatus();
}
template <typename A, typename B, typename R, typename F>
Status BinaryKernel(const KernelCall& call, Vector* result) {
  Loop<A, B>(call.args[0], call.args[1], call.num_rows, result->mutable_values<R>(), F{});
  return OkStatus();
}
template <typename A, typename B, typename C, typename R, typename F>
Status TernaryKernel(const KernelCall& call, Vector* result) {
  Loop<A, B, C>(call.args[0], call.args[1], call.args[2], call.num_rows,
                result->mutable_values<R>(), F{});
  return OkStatus();
}

// Checked: one pass with the failures ORed together; only when something failed, a second look for
// the first failing row that is not NULL.
template <typename A, typename R, typename F, typename E>
Status CheckedUnaryKernel(const KernelCall& call, Vector* result) {
  FailureWord<R> failed = 0;
  Loop<A>(call.args[0], call.num_rows, result->mutable_values<R>(),
          [&](A x) { return F{}(x, &failed); });
  if (failed == 0) [[likely]]
    return OkStatus();
  Arg<A> a(call.args[0]);
  Status status;
  WhileValid(result->validity(), call.num_rows, [&](size_t row) {
    FailureWord<R> row_failed = 0;
    (void)F{}(a[row], &row_failed);
    if (row_failed != 0) status = E{}(a[row]);
    return row_failed == 0;
  });
  return status;
}
template <typename A, typename B, typename R, typename F, typename E>
Status CheckedBinaryKernel(const KernelCall& call, Vector* result) {
  FailureWord<R> failed = 0;
  Loop<A, B>(call.args[0], call.args[1], call.num_rows, result->mutable_values<R>(),
             [&](A x, B y) { return F{}(x, y, &failed); });
  if (failed == 0) [[likely]]
    return OkStatus();
  Arg<A> a(call.args[0]);
  Arg<B> b(call.args[1]);
  Status status;
  WhileValid(result->validity(), call.num_rows, [&](size_t row) {
    FailureWord<R> row_failed = 0;
    (void)F{}(a[row], b[row], &row_failed);
    if (row_failed != 0) status = E{}(a[row], b[row]);
    return row_failed == 0;
  });
  return status;
}

template <typename A, typename R, typename F>
Status NullableUnaryKernel(const KernelCall& call, Vector* result) {
  Arg<A> a(call.args[0]);
  R* out = result->mutable_values<R>();
  uint64_t* bits = result->mutable_validity();
  ForEachValid(bits, call.num_rows, [&](size_t row) {
    R value{};
    if (!F{}(a[row], &value)) ClearBit(bits, row);
    out[row] = value;
  });
  return OkStatus();
}
template <typename A, typename B, typename R, typename F>
Status NullableBinaryKernel(const KernelCall& call, Vector* result) {
  Arg<A> a(call.args[0]);
  Arg<B> b(call.args[1]);
  R* out = result->mutable_values<R>();
  uint64_t* bits = result->mutable_validity();
  ForEachValid(bits, call.num_rows, [&](size_t row) {
    R value{};
    if (!F{}(a[row], b[row], &value)) ClearBit(bits, row);
    out[row] = value;
  });
  return OkStatus();
}

template <typename A, typename F>
Status StringUnaryKernel(const KernelCall& call, Vector* result) {
  Arg<A> a(call.args[0]);
  StringArena arena;
  auto* out = result->mutable_values<std::string_view>();
  ForEachValid(result->validity(), call.num_rows,
               [&](size_t row) { out[row] = F{}(a[row], &arena); });
  result->AddHeap(arena.heap());
  return OkStatus();
}
template <typename A, typename B, typename F>
Status StringBinaryKernel(const KernelCall& call, Vector* result) {
  Arg<A> a(call.args[0]);
  Arg<B> b(call.args[1]);
  StringArena arena;
  auto* out = result->mutable_values<std::string_view>();
  ForEachValid(result->validity(), call.num_rows,
               [&](size_t row) { out[row] = F{}(a[row], b[row], &arena); });
  result->AddHeap(arena.heap());
  return OkStatus();
}
template <typename A, typename B, typename C, typename F>
Status StringTernaryKernel(const KernelCall& call, Vector* result) {
  Arg<A> a(call.args[0]);
  Arg<B> b(call.args[1]);
  Arg<C> c(call.args[2]);
  StringArena arena;
  auto* out = result->mutable_values<std::string_view>();
  ForEachValid(result->validity(), call.num_rows,
               [&](size_t row) { out[row] = F{}(a[row], b[row], c[row], &arena); });
  result->AddHeap(arena.heap());
  return OkStatus();
}

}  // namespace kernel_internal

// R f(A), R f(A, B), R f(A, B, C): cannot fail.
template <typename A, typename R, typename F>
constexpr ScalarKernel Unary(F) {
  static_assert(kernel_internal::kAreLambdas<F>);
  return &kernel_internal::UnaryKernel<A, R, F>;
}
template <typename A, typename B, typename R, typename F>
constexpr ScalarKernel Binary(F) {
  static_assert(kernel_internal::kAreLambdas<F>);
  return &kernel_internal::BinaryKernel<A, B, R, F>;
}
template <typename A, typename B, typename C, typename R, typename F>
constexpr ScalarKernel Ternary(F) {
  static_assert(kernel_internal::kAreLambdas<F>);
  return &kernel_internal::TernaryKernel<A, B, C, R, F>;
}
// R f(A, auto* failed) with Status error(A): OR into *failed where there is no answer. f sees the
// values under NULLs too, so it must be defined for any value.
template <typename A, typename R, typename F, typename E>
constexpr ScalarKernel CheckedUnary(F, E) {
  static_assert(kernel_internal::kAreLambdas<F, E>);
  return &kernel_internal::CheckedUnaryKernel<A, R, F, E>;
}
template <typename A, typename B, typename R, typename F, typename E>
constexpr ScalarKernel CheckedBinary(F, E) {
  static_assert(kernel_internal::kAreLambdas<F, E>);
  return &kernel_internal::CheckedBinaryKernel<A, B, R, F, E>;
}
// bool f(A, R* out): false makes the row NULL. For strict functions; only valid rows are visited.
template <typename A, typename R, typename F>
constexpr ScalarKernel NullableUnary(F) {
  static_assert(kernel_internal::kAreLambdas<F>);
  return &kernel_internal::NullableUnaryKernel<A, R, F>;
}
template <typename A, typename B, typename R, typename F>
constexpr ScalarKernel NullableBinary(F) {
  static_assert(kernel_internal::kAreLambdas<F>);
  return &kernel_internal::NullableBinaryKernel<A, B, R, F>;
}
// std::string_view f(A, …, StringArena*): the result may point into an argument or the arena.
template <typename A, typename F>
constexpr ScalarKernel StringUnary(F) {
  static_assert(kernel_internal::kAreLambdas<F>);
  return &kernel_internal::StringUnaryKernel<A, F>;
}
template <typename A, typename B, typename F>
constexpr ScalarKernel StringBinary(F) {
  static_assert(kernel_internal::kAreLambdas<F>);
  return &kernel_internal::StringBinaryKernel<A, B, F>;
}
template <typename A, typename B, typename C, typename F>
constexpr ScalarKernel StringTernary(F) {
  static_assert(kernel_internal::kAreLambdas<F>);
  return &kernel_internal::StringTernaryKernel<A, B, C, F>;
}

}  // namespace shale
