#include "engine/operators/unnest.h"

#include <algorithm>

#include "engine/expr/evaluator.h"

namespace shale {
namespace {

constexpr uint32_t kMissing = UINT32_MAX;

struct UnnestState : WorkerState {
  UnnestState(const std::vector<ExprPtr>& lists, const FunctionContext* context)
      : elements(lists.size()) {
    for (const ExprPtr& list : lists) evaluators.emplace_back(list, context);
  }
  std::vector<Evaluator> evaluators;
  // Of the rows that go out next: the input row, an element's place a list, the element's number.
  std::vector<uint32_t> rows;
  std::vector<std::vector<uint32_t>> elements;
  std::vector<int64_t> numbers;
};

// The elements `at` of `items`, NULL where they are missing.
Vector Elements(const Vector& items, const Type& type, std::vector<uint32_t>* at) {
  const size_t count = at->size();
  const bool any_missing = std::find(at->begin(), at->end(), kMissing) != at->end();
  if (!any_missing) return items.Gather(at->data(), count);
  if (items.size() == 0) return Vector::ConstantNull(type, count);
  std::vector<uint32_t> found(*at);
  std::replace(found.begin(), found.end(), kMissing, uint32_t{0});
  Vector values = items.Gather(found.data(), count);
  if (values.is_constant()) values = values.Flatten();
  for (size_t i = 0; i < count; ++i) {
    if ((*at)[i] == kMissing) values.SetNull(i);
  }
  return values;
}

class Unnest : public Operator {
 public:
  Unnest(std::vector<size_t> kept, std::vector<ExprPtr> lists, bool ordinality, bool keep_empty)
      : kept_(std::move(kept)),
        lists_(std::move(lists)),
        ordinality_(ordinality),
        keep_empty_(keep_empty) {}

  WorkerStatePtr MakeState(ExecutionContext* context) override {
    return std::make_unique<UnnestState>(lists_, &context->functions);
  }

  StatusOr<Flow> Process(WorkerState* worker, Chunk input, const Emit& emit) override {
    auto* state = static_cast<UnnestState*>(worker);
    std::vector<Vector> lists;
    for (Evaluator& evaluator : state->evaluators) {
      ASSIGN_OR_RETURN(Vector list, evaluator.Evaluate(input));
      lists.push_back(list.is_constant() ? std::move(list) : list.Flatten());
    }
    for (size_t row = 0; row < input.num_rows; ++row) {
      uint32_t longest = 0;
      for (const Vector& list : lists) longest = std::max(longest, EntryOf(list, row).length);
      const bool empty = longest == 0;
      if (empty && !keep_empty_) continue;
      if (empty) longest = 1;
      for (uint32_t begin = 0; begin < longest;) {
        const auto room = static_cast<uint32_t>(kChunkRows - state->rows.size());
        const uint32_t end = std::min(longest, begin + room);
        state->rows.insert(state->rows.end(), end - begin, static_cast<uint32_t>(row));
        for (size_t k = 0; k < lists.size(); ++k) {
          AddElements(EntryOf(lists[k], row), begin, end, &state->elements[k]);
        }
        if (ordinality_) {
          for (uint32_t i = begin; i < end; ++i) state->numbers.push_back(empty ? 0 : i + 1);
        }
        begin = end;
        if (state->rows.size() == kChunkRows) {
          ASSIGN_OR_RETURN(Flow flow, Flush(state, input, lists, emit));
          if (flow == Flow::kDone) return flow;
        }
      }
    }
    if (state->rows.empty()) return Flow::kMore;
    return Flush(state, input, lists, emit);
  }

 private:
  static ListEntry EntryOf(const Vector& list, size_t row) {
    const size_t at = list.is_constant() ? 0 : row;
    if (list.has_nulls() && !BitIsSet(list.validity(), at)) return {};
    return list.values<ListEntry>()[at];
  }

  // Elements [begin, end) of a list, those behind its last missing.
  static void AddElements(ListEntry entry, uint32_t begin, uint32_t end,
                          std::vector<uint32_t>* out) {
    const uint32_t last = std::clamp(entry.length, begin, end);
    for (uint32_t i = begin; i < last; ++i) out->push_back(entry.offset + i);
    out->insert(out->end(), end - last, kMissing);
  }

  StatusOr<Flow> Flush(UnnestState* state, const Chunk& input, const std::vector<Vector>& lists,
                       const Emit& emit) const {
    Chunk out;
    out.num_rows = state->rows.size();
    out.columns.reserve(kept_.size() + lists.size() + ordinality_);
    for (size_t column : kept_) {
      out.columns.push_back(input.columns[column].Gather(state->rows.data(), out.num_rows));
    }
    for (size_t k = 0; k < lists.size(); ++k) {
      out.columns.push_back(
          Elements(lists[k].children()[0], lists_[k]->type.child(), &state->elements[k]));
      state->elements[k].clear();
    }
    if (ordinality_) {
      Vector numbers = Vector::Flat(TypeId::kBigInt, out.num_rows);
      std::copy(state->numbers.begin(), state->numbers.end(), numbers.mutable_values<int64_t>());
      for (size_t i = 0; keep_empty_ && i < out.num_rows; ++i) {
        if (state->numbers[i] == 0) numbers.SetNull(i);
      }
      out.columns.push_back(std::move(numbers));
      state->numbers.clear();
    }
    state->rows.clear();
    return emit(std::move(out));
  }

  const std::vector<size_t> kept_;
  const std::vector<ExprPtr> lists_;
  const bool ordinality_;
  const bool keep_empty_;
};

}  // namespace

std::shared_ptr<Operator> MakeUnnest(std::vector<size_t> kept, std::vector<ExprPtr> lists,
                                     bool ordinality, bool keep_empty) {
  return std::make_shared<Unnest>(std::move(kept), std::move(lists), ordinality, keep_empty);
}

}  // namespace shale
