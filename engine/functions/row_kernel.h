// RowKernel: a kernel made of a function over one row's values that may report an error, answer
// NULL, make strings and use the context or a prepared state (kernels.h has the plain cases):
//
//   std::string_view Repeat(RowState& row, std::string_view text, int32_t count);
//   function.kernel = RowKernel<Repeat>;
//
// It is called for the rows that are not NULL. The types are the physical ones of vector/type.h;
// bool stands for BOOLEAN. For strict functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "engine/functions/function.h"
#include "engine/functions/kernels.h"
#include "engine/vector/vector_builder.h"

namespace shale {

// The longest text that a function makes, and all that one kernel call may make.
inline constexpr size_t kMaxTextBytes = size_t{256} << 20;
inline constexpr size_t kMaxBatchTextBytes = size_t{1} << 30;

// What a row function may use; one a kernel call.
class RowState {
 public:
  explicit RowState(const KernelCall& call) : context_(call.context), state_(call.state) {}

  const FunctionContext& context() const { return context_; }
  // The function's own ScalarState, made by its `prepare`.
  template <typename T>
  T& prepared() {
    return static_cast<T&>(*state_);
  }
  // A string that lives as long as the result.
  std::string_view Keep(std::string_view text) { return arena_.Add(text); }
  char* Allocate(size_t size) { return arena_.Allocate(size); }
  // False, and an error naming the limit, when a text of `size` bytes would be too much.
  bool HasRoom(size_t size, std::string_view function) {
    if (size > kMaxTextBytes) {
      Fail(ResourceExhausted(
          "requested length too large: {} gives {} bytes, the limit is {} bytes a text", function,
          size, kMaxTextBytes));
    } else if (arena_.size_bytes() + size > kMaxBatchTextBytes) {
      Fail(ResourceExhausted("{}: the results of one batch of rows take over {} bytes", function,
                             kMaxBatchTextBytes));
    }
    return !failed();
  }
  // Emptied working space.
  std::string& scratch() {
    scratch_.clear();
    return scratch_;
  }
  // Ends the call with an error, or makes the row NULL; what the function then returns is ignored.
  void Fail(Status status) { status_ = std::move(status); }
  void SetNull() { null_ = true; }

  const Status& status() const { return status_; }
  bool failed() const { return !status_.ok(); }
  bool TakeNull() { return std::exchange(null_, false); }
  const StringArena& arena() const { return arena_; }

 private:
  const FunctionContext& context_;
  ScalarState* state_;
  StringArena arena_;
  std::string scratch_;
  Status status_;
  bool null_ = false;
};

namespace kernel_internal {

template <typename T>
using Stored = std::conditional_t<std::is_same_v<T, bool>, uint8_t, T>;

template <auto Fn, typename F>
struct RowRunner;
template <auto Fn, typename R, typename... A>
struct RowRunner<Fn, R (*)(RowState&, A...)> {
  static Status Run(const KernelCall& call, Vector* result) {
    return RunArgs(call, result, std::index_sequence_for<A...>{});
  }
  template <size_t... I>
  static Status RunArgs(const KernelCall& call, Vector* result, std::index_sequence<I...>) {
    RowState state(call);
    auto* const out = result->mutable_values<Stored<R>>();
    const std::tuple<Arg<Stored<A>>...> in{Arg<Stored<A>>(call.args[I])...};
    WhileValid(result->validity(), call.num_rows, [&](size_t row) {
      out[row] = Fn(state, std::get<I>(in)[row]...);
      if (state.failed()) [[unlikely]]
        return false;
      if (state.TakeNull()) [[unlikely]] {
        out[row] = Stored<R>{};
        result->SetNull(row);
      }
      return true;
    });
    if (state.arena().size_bytes() > 0) result->AddHeap(state.arena().heap());
    return state.status();
  }
};

}  // namespace kernel_internal

template <auto Fn>
inline constexpr ScalarKernel RowKernel =
    &kernel_internal::RowRunner<Fn, std::decay_t<decltype(Fn)>>::Run;

}  // namespace shale
