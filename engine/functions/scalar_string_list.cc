// Texts into arrays and back: string_to_array, array_to_string, regexp_match and others.
#include <string>
#include <string_view>

#include "engine/functions/kernels.h"
#include "engine/functions/regexp.h"
#include "engine/functions/row_kernel.h"
#include "engine/functions/scalar_like.h"
#include "engine/functions/string_families.h"
#include "engine/functions/utf8.h"

namespace shale {
namespace {

constexpr size_t kNone = std::string_view::npos;

// Collects TEXT[] values row by row into a result that starts out empty.
class TextLists {
 public:
  TextLists(Vector* result, size_t num_rows)
      : result_(result), entries_(result->mutable_values<ListEntry>()), items_(TypeId::kText) {
    std::fill_n(entries_, num_rows, ListEntry{});
  }
  void Begin() { begin_ = items_.size(); }
  void Add(std::string_view item) { items_.Append(item); }
  void AddNull() { items_.AppendNull(); }
  void End(size_t row) {
    entries_[row] = {static_cast<uint32_t>(begin_), static_cast<uint32_t>(items_.size() - begin_)};
  }
  void SetNull(size_t row) { result_->SetNull(row); }
  Status Finish() {
    if (items_.size() > UINT32_MAX || items_.size_bytes() > kMaxBatchTextBytes) {
      return ResourceExhausted("the arrays of one batch of rows take over {} bytes",
                               kMaxBatchTextBytes);
    }
    result_->mutable_children().assign(1, items_.Finish());
    return OkStatus();
  }

 private:
  Vector* result_;
  ListEntry* entries_;
  VectorBuilder items_;
  size_t begin_ = 0;
};

// ---- string_to_array ---------------------------------------------------------------------------

void Split(std::string_view text, const std::string_view* delimiter,
           const std::string_view* null_text, TextLists* lists) {
  const auto add = [&](std::string_view item) {
    if (null_text != nullptr && item == *null_text) {
      lists->AddNull();
    } else {
      lists->Add(item);
    }
  };
  if (text.empty()) return;
  if (delimiter == nullptr) {  // into characters
    for (size_t at = 0; at < text.size();) {
      const size_t next = NextChar(text, at);
      add(text.substr(at, next - at));
      at = next;
    }
    return;
  }
  if (delimiter->empty()) return add(text);
  for (size_t found = FindBytes(text, *delimiter); found != kNone;
       found = FindBytes(text, *delimiter)) {
    add(text.substr(0, found));
    text.remove_prefix(found + delimiter->size());
  }
  add(text);
}

Status StringToArrayKernel(const KernelCall& call, Vector* result) {
  TextLists lists(result, call.num_rows);
  const Arg<std::string_view> text(call.args[0]);
  const Arg<std::string_view> delimiter(call.args[1]);
  const bool has_null_text = call.args.size() > 2;
  const Arg<std::string_view> null_text(call.args[has_null_text ? 2 : 1]);
  for (size_t row = 0; row < call.num_rows; ++row) {
    if (call.args[0].IsNull(row)) {
      lists.SetNull(row);
      continue;
    }
    const std::string_view row_delimiter = delimiter[row];
    const std::string_view row_null = null_text[row];
    lists.Begin();
    Split(text[row], call.args[1].IsNull(row) ? nullptr : &row_delimiter,
          !has_null_text || call.args[2].IsNull(row) ? nullptr : &row_null, &lists);
    lists.End(row);
  }
  return lists.Finish();
}

// ---- regular expressions -----------------------------------------------------------------------

struct RegexpListState : ScalarState {
  RegexpCache cache;
};

// Calls visit(regexp, row) for the rows that are not NULL.
template <typename F>
Status WithRegexp(const KernelCall& call, const Vector& result, F visit) {
  RegexpCache& cache = static_cast<RegexpListState&>(*call.state).cache;
  const Arg<std::string_view> patterns(call.args[1]);
  const bool has_flags = call.args.size() > 2;
  const Arg<std::string_view> flags(call.args[has_flags ? 2 : 1]);
  Status status;
  WhileValid(result.validity(), call.num_rows, [&](size_t row) {
    auto regexp = cache.Get(patterns[row], has_flags ? flags[row] : std::string_view());
    status = regexp.status();
    if (!regexp.ok()) return false;
    if ((*regexp)->flags().global) {
      status = InvalidArgument("regexp_match() does not support the \"global\" option");
      return false;
    }
    visit(**regexp, row);
    return true;
  });
  return status;
}

Status RegexpMatchKernel(const KernelCall& call, Vector* result) {
  TextLists lists(result, call.num_rows);
  const Arg<std::string_view> text(call.args[0]);
  std::vector<std::string_view> groups;
  RETURN_IF_ERROR(WithRegexp(call, *result, [&](const Regexp& regexp, size_t row) {
    const int num_groups = regexp.num_groups();
    groups.resize(static_cast<size_t>(num_groups) + 1);
    if (!regexp.Find(text[row], 0, groups.data(), num_groups + 1)) return lists.SetNull(row);
    lists.Begin();
    for (int i = num_groups == 0 ? 0 : 1; i <= num_groups; ++i) {
      if (groups[i].data() == nullptr) {
        lists.AddNull();
      } else {
        lists.Add(groups[i]);
      }
    }
    lists.End(row);
  }));
  return lists.Finish();
}

Status RegexpSplitKernel(const KernelCall& call, Vector* result) {
  TextLists lists(result, call.num_rows);
  const Arg<std::string_view> texts(call.args[0]);
  RETURN_IF_ERROR(WithRegexp(call, *result, [&](const Regexp& regexp, size_t row) {
    const std::string_view text = texts[row];
    lists.Begin();
    size_t item = 0;  // where the piece begins
    size_t from = 0;
    std::string_view match;
    while (from <= text.size() && regexp.Find(text, from, &match, 1)) {
      const auto begin = static_cast<size_t>(match.data() - text.data());
      const size_t end = begin + match.size();
      // Empty matches at either end or right behind another match split nothing.
      if (!match.empty() || (begin > item && begin < text.size())) {
        lists.Add(text.substr(item, begin - item));
        item = end;
      }
      if (!match.empty()) {
        from = end;
      } else if (begin < text.size()) {
        from = NextChar(text, begin);
      } else {
        break;
      }
    }
    lists.Add(text.substr(item));
    lists.End(row);
  }));
  return lists.Finish();
}

// ---- arrays ------------------------------------------------------------------------------------

Status ArrayToStringKernel(const KernelCall& call, Vector* result) {
  RowState state(call);
  const Vector& lists = call.args[0];
  const Arg<ListEntry> entries(lists);
  const Arg<std::string_view> delimiter(call.args[1]);
  const bool has_null_text = call.args.size() > 2;
  const Arg<std::string_view> null_text(call.args[has_null_text ? 2 : 1]);
  auto* const out = result->mutable_values<std::string_view>();
  const Vector items = lists.children().empty() ? Vector() : lists.children()[0].Flatten();
  for (size_t row = 0; row < call.num_rows; ++row) {
    if (lists.IsNull(row) || call.args[1].IsNull(row)) {
      result->SetNull(row);
      continue;
    }
    std::string& joined = state.scratch();
    bool first = true;
    const ListEntry entry = entries[row];
    for (uint32_t i = entry.offset; i < entry.offset + entry.length; ++i) {
      const bool is_null = items.IsNull(i);
      if (is_null && (!has_null_text || call.args[2].IsNull(row))) continue;
      if (!first) joined += delimiter[row];
      joined += is_null ? null_text[row] : items.values<std::string_view>()[i];
      first = false;
    }
    if (!state.HasRoom(joined.size(), "array_to_string")) return state.status();
    out[row] = state.Keep(joined);
  }
  result->AddHeap(state.arena().heap());
  return OkStatus();
}

StatusOr<ResolvedScalar> ResolveArrayToString(std::span<const ArgumentType> args) {
  if (args.size() < 2 || args.size() > 3) return NotFound("array_to_string takes 2 or 3 arguments");
  if (args[0].untyped_literal || args[0].type.id() != TypeId::kList) {
    return NotFound("the first argument is an array");
  }
  ResolvedScalar resolved;
  resolved.kernel = &ArrayToStringKernel;
  resolved.arg_types = {Type::List(TypeId::kText)};
  resolved.arg_types.resize(args.size(), TypeId::kText);
  resolved.result_type = TypeId::kText;
  return resolved;
}

template <ScalarKernel kKernel, size_t kArgs>
StatusOr<ResolvedScalar> ResolveOfList(std::span<const ArgumentType> args) {
  if (args.size() != kArgs || args[0].untyped_literal || args[0].type.id() != TypeId::kList) {
    return NotFound("the first argument is an array");
  }
  if (kArgs == 2 && !ImplicitCastCost(args[1], TypeId::kInteger)) {
    return NotFound("the dimension is an INTEGER");
  }
  ResolvedScalar resolved;
  resolved.kernel = kKernel;
  resolved.arg_types = {args[0].type};
  if (kArgs == 2) resolved.arg_types.push_back(TypeId::kInteger);
  resolved.result_type = TypeId::kInteger;
  return resolved;
}

Status CardinalityKernel(const KernelCall& call, Vector* result) {
  const Arg<ListEntry> entries(call.args[0]);
  int32_t* const out = result->mutable_values<int32_t>();
  for (size_t row = 0; row < call.num_rows; ++row) {
    out[row] = static_cast<int32_t>(entries[row].length);
  }
  return OkStatus();
}

// NULL for an empty array, and for every dimension but the first.
Status ArrayLengthKernel(const KernelCall& call, Vector* result) {
  const Arg<ListEntry> entries(call.args[0]);
  const Arg<int32_t> dimension(call.args[1]);
  int32_t* const out = result->mutable_values<int32_t>();
  for (size_t row = 0; row < call.num_rows; ++row) {
    out[row] = static_cast<int32_t>(entries[row].length);
    if (dimension[row] != 1 || out[row] == 0) result->SetNull(row);
  }
  return OkStatus();
}

void AddToList(Registry* registry, ScalarFunction function, std::string_view arguments,
               size_t num_args) {
  function.category = "array";
  function.signature = fmt::format("{} → TEXT[]", arguments);
  function.args.assign(num_args, TypeId::kText);
  function.result = Type::List(TypeId::kText);
  registry->Add(std::move(function));
}

void AddRegexpLists(Registry* registry) {
  for (const size_t num_args : {size_t{2}, size_t{3}}) {
    const std::string_view arguments =
        num_args == 2 ? "(text TEXT, pattern TEXT)" : "(text TEXT, pattern TEXT, flags TEXT)";
    const auto prepare = [](const FunctionContext&, std::span<const Value* const>)
        -> StatusOr<std::unique_ptr<ScalarState>> { return std::make_unique<RegexpListState>(); };
    ScalarFunction match;
    match.name = "regexp_match";
    match.summary =
        "The groups of the first match, or all of it without groups; NULL when nothing "
        "matches.";
    match.example = "regexp_match('foobarbequebaz', '(bar)(beque)')";
    match.example_result = "{bar,beque}";
    match.kernel = &RegexpMatchKernel;
    match.prepare = prepare;
    AddToList(registry, std::move(match), arguments, num_args);
    ScalarFunction split;
    split.name = "regexp_split_to_array";
    split.aliases = {"string_split_regex"};
    split.summary = "The pieces of a text between matches.";
    split.example = "regexp_split_to_array('hello world', '\\s+')";
    split.example_result = "{hello,world}";
    split.kernel = &RegexpSplitKernel;
    split.prepare = prepare;
    AddToList(registry, std::move(split), arguments, num_args);
  }
}

}  // namespace

void RegisterStringList(Registry* registry) {
  for (const size_t num_args : {size_t{2}, size_t{3}}) {
    ScalarFunction split;
    split.name = "string_to_array";
    split.aliases = {"string_split"};
    split.summary =
        "The pieces of a text between delimiters (its characters for a NULL delimiter); pieces "
        "equal to null_text become NULL.";
    split.example = "string_to_array('a,b,c', ',')";
    split.example_result = "{a,b,c}";
    split.nulls = NullRule::kCustom;
    split.kernel = &StringToArrayKernel;
    AddToList(registry, std::move(split),
              num_args == 2 ? "(text TEXT, delimiter TEXT)"
                            : "(text TEXT, delimiter TEXT, null_text TEXT)",
              num_args);
  }
  AddRegexpLists(registry);
  registry->Add(ScalarFunction{
      .name = "array_to_string",
      .category = "array",
      .signature = "(array ANY[], delimiter TEXT [, null_text TEXT]) → TEXT",
      .summary = "The elements as one text with a delimiter between them; NULLs are left out, or "
                 "written as null_text.",
      .example = "array_to_string(string_to_array('a,b', ','), '; ')",
      .example_result = "a; b",
      .nulls = NullRule::kCustom,
      .resolve = &ResolveArrayToString});
  registry->Add(ScalarFunction{.name = "cardinality",
                               .aliases = {"len", "length"},
                               .category = "array",
                               .signature = "(array ANY[]) → INTEGER",
                               .summary = "The number of elements.",
                               .example = "cardinality(string_to_array('a,b,c', ','))",
                               .example_result = "3",
                               .resolve = &ResolveOfList<&CardinalityKernel, 1>});
  registry->Add(ScalarFunction{
      .name = "array_length",
      .category = "array",
      .signature = "(array ANY[], dimension INTEGER) → INTEGER",
      .summary = "The number of elements; NULL for an empty array and any dimension but 1.",
      .example = "array_length(string_to_array('a,b,c', ','), 1)",
      .example_result = "3",
      .resolve = &ResolveOfList<&ArrayLengthKernel, 2>});
}

}  // namespace shale
