// What array functions are built from: arguments that are lists, results made by picking elements
// of the arguments, overloads told by a shape. Private to engine/functions/scalar_array*.cc.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "engine/functions/function.h"
#include "engine/functions/kernels.h"
#include "engine/functions/value_order.h"
#include "engine/vector/nested.h"

namespace shale {

// What the arrays that one kernel call makes may hold together.
inline constexpr size_t kMaxBatchElements = size_t{1} << 27;

inline bool IsNullAt(const Vector& v, size_t row) {
  return v.has_nulls() && !BitIsSet(v.validity(), v.is_constant() ? 0 : row);
}

// A list argument, flat or constant. What it says of a NULL row is an empty list.
class ListArg {
 public:
  explicit ListArg(const Vector& vector)
      : vector_(vector), entries_(vector), items_(vector.children()[0].Flatten()) {}
  ListEntry operator[](size_t row) const {
    return IsNullAt(vector_, row) ? ListEntry{} : entries_[row];
  }
  bool IsNull(size_t row) const { return IsNullAt(vector_, row); }
  const Vector& items() const { return items_; }  // flat

 private:
  const Vector& vector_;
  Arg<ListEntry> entries_;
  Vector items_;
};

// An argument that becomes an element or is compared with some, as a flat vector.
class ElementArg {
 public:
  explicit ElementArg(const Vector& vector)
      : mask_(vector.is_constant() ? 0 : ~size_t{0}),
        values_(vector.is_constant() && vector.size() > 1 ? vector.Slice(0, 1).Flatten()
                                                          : vector.Flatten()) {}
  size_t at(size_t row) const { return row & mask_; }
  bool IsNull(size_t row) const { return values_.IsNull(at(row)); }
  const Vector& values() const { return values_; }

 private:
  size_t mask_;
  Vector values_;
};

// Makes a result's lists row by row from elements of sources, which are flat vectors of the
// result's element type. Rows that nothing is said of are empty.
class ListPicker {
 public:
  ListPicker(Vector* result, size_t num_rows)
      : result_(result), entries_(result->mutable_values<ListEntry>()) {
    std::fill_n(entries_, num_rows, ListEntry{});
  }
  // What to add to a row of the source to pick it.
  uint32_t AddSource(const Vector& source) {
    const auto base = static_cast<uint32_t>(source_rows_);
    source_rows_ += source.size();
    sources_.push_back(source);
    return base;
  }
  void Pick(size_t index) { picks_.push_back(static_cast<uint32_t>(index)); }
  void PickRange(size_t begin, size_t count) {
    for (size_t i = 0; i < count; ++i) picks_.push_back(static_cast<uint32_t>(begin + i));
  }
  void End(size_t row) {
    entries_[row] = {static_cast<uint32_t>(begin_), static_cast<uint32_t>(picks_.size() - begin_)};
    begin_ = picks_.size();
  }
  void SetNull(size_t row) { result_->SetNull(row); }
  // How many elements the row at hand has so far, and the picks of it, to be put in order.
  std::span<uint32_t> row_picks() { return std::span(picks_).subspan(begin_); }
  Status Finish() {
    if (picks_.size() > kMaxBatchElements || source_rows_ > UINT32_MAX) {
      return ResourceExhausted(
          "the arrays of one batch of rows hold over {} elements "
          "(kMaxBatchElements)",
          kMaxBatchElements);
    }
    Vector items = ConcatFlat(sources_).Gather(picks_.data(), picks_.size());
    result_->mutable_children().assign(1, std::move(items));
    return OkStatus();
  }

 private:
  Vector* result_;
  ListEntry* entries_;
  std::vector<Vector> sources_;
  size_t source_rows_ = 0;
  std::vector<uint32_t> picks_;
  size_t begin_ = 0;
};

// ---- elements among themselves ------------------------------------------------------------------

template <typename T>
struct PlainElements {
  static bool Equal(const Vector& a, size_t i, const Vector& b, size_t j) {
    return Order<T>::Equal(a.values<T>()[i], b.values<T>()[j]);
  }
  static bool Less(const Vector& a, size_t i, const Vector& b, size_t j) {
    return Order<T>::Less(a.values<T>()[i], b.values<T>()[j]);
  }
};
struct NestedElements {
  static bool Equal(const Vector& a, size_t i, const Vector& b, size_t j) {
    return CompareValues(a, i, b, j) == 0;
  }
  static bool Less(const Vector& a, size_t i, const Vector& b, size_t j) {
    return CompareValues(a, i, b, j) < 0;
  }
};
// f.operator()<Elements>() with how elements of `type` (not NULL, of flat vectors) compare.
template <typename F>
decltype(auto) WithElements(const Type& type, F&& f) {
  if (type.id() == TypeId::kList || type.id() == TypeId::kStruct) {
    return f.template operator()<NestedElements>();
  }
  return VisitPhysical(type.physical(), [&]<typename T>(std::type_identity<T>) -> decltype(auto) {
    return f.template operator()<PlainElements<T>>();
  });
}

// ---- overloads ----------------------------------------------------------------------------------

struct ShapeText {
  consteval ShapeText(const char* shape) {  // NOLINT: a literal is a shape
    while (shape[size] != '\0') {
      text[size] = shape[size];
      ++size;
    }
  }
  char text[8] = {};
  int size = 0;
};

// "LE>L": an array of some element type T and a T give an array of T. L array of T, E a T, N an
// array of arrays of T, I INTEGER, G BIGINT, S TEXT, Z BOOLEAN. T is what all of them have in
// common. NotFound unless at least one array is typed, or with a shape that begins with '~', an
// element.
StatusOr<ResolvedScalar> ResolveArrayShape(std::string_view shape,
                                           std::span<const ArgumentType> args, ScalarKernel kernel);

template <ShapeText kShape, ScalarKernel kKernel>
StatusOr<ResolvedScalar> ResolveArray(std::span<const ArgumentType> args) {
  return ResolveArrayShape({kShape.text, static_cast<size_t>(kShape.size)}, args, kKernel);
}

// A row of the registry, in category "array".
ScalarFunction ArrayFunction(std::string name, std::vector<std::string> aliases,
                             std::string signature, std::string summary, std::string example,
                             std::string example_result,
                             StatusOr<ResolvedScalar> (*resolve)(std::span<const ArgumentType>),
                             NullRule nulls = NullRule::kStrict);

}  // namespace shale
