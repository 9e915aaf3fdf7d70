// Texts into arrays and back: string_to_array, array_to_string, regexp_match and others.
#include <string>
#include <string_view>

#include "engine/functions/array_kernel.h"
#include "engine/functions/kernels.h"
#include "engine/functions/regexp.h"
#include "engine/functions/row_kernel.h"
#include "engine/functions/scalar_like.h"
#include "engine/functions/string_families.h"
#include "engine/functions/text_lists.h"
#include "engine/functions/utf8.h"
#include "engine/functions/value_io.h"

namespace shale {
namespace {

constexpr size_t kNone = std::string_view::npos;

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
template <bool kGlobalAllowed = false, typename F>
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
    if (!kGlobalAllowed && (*regexp)->flags().global) {
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

// Calls found(groups) for each match, groups[0] being all of it.
template <typename F>
void ForEachMatch(const Regexp& regexp, std::string_view text, bool all,
                  std::vector<std::string_view>* groups, F found) {
  const int num_groups = regexp.num_groups();
  groups->resize(static_cast<size_t>(num_groups) + 1);
  size_t from = 0;
  while (from <= text.size() && regexp.Find(text, from, groups->data(), num_groups + 1)) {
    found();
    if (!all) return;
    const std::string_view match = (*groups)[0];
    const auto end = static_cast<size_t>(match.data() - text.data()) + match.size();
    if (!match.empty()) {
      from = end;
    } else if (end < text.size()) {
      from = NextChar(text, end);
    } else {
      return;
    }
  }
}

// TEXT[][]: a row's matches, each the list that regexp_match would give.
Status RegexpMatchesKernel(const KernelCall& call, Vector* result) {
  VectorBuilder matches(Type::List(TypeId::kText));
  auto* const entries = result->mutable_values<ListEntry>();
  const Arg<std::string_view> text(call.args[0]);
  std::vector<std::string_view> groups;
  RETURN_IF_ERROR((WithRegexp<true>(call, *result, [&](const Regexp& regexp, size_t row) {
    const auto begin = static_cast<uint32_t>(matches.size());
    ForEachMatch(regexp, text[row], regexp.flags().global, &groups, [&] {
      for (size_t i = groups.size() == 1 ? 0 : 1; i < groups.size(); ++i) {
        if (groups[i].data() == nullptr) {
          matches.child().AppendNull();
        } else {
          matches.child().Append(groups[i]);
        }
      }
      matches.EndList();
    });
    entries[row] = {begin, static_cast<uint32_t>(matches.size() - begin)};
  })));
  if (matches.size_bytes() > kMaxBatchTextBytes) {
    return ResourceExhausted("the arrays of one batch of rows take over {} bytes",
                             kMaxBatchTextBytes);
  }
  result->mutable_children().assign(1, matches.Finish());
  return OkStatus();
}

// Every match, or group `group` of every match.
Status RegexpExtractAllKernel(const KernelCall& call, Vector* result) {
  TextLists lists(result, call.num_rows);
  RegexpCache& cache = static_cast<RegexpListState&>(*call.state).cache;
  const Arg<std::string_view> texts(call.args[0]), patterns(call.args[1]);
  const bool has_group = call.args.size() > 2;
  std::vector<std::string_view> groups;
  Status status;
  WhileValid(result->validity(), call.num_rows, [&](size_t row) {
    auto regexp = cache.Get(patterns[row], {});
    status = regexp.status();
    if (!regexp.ok()) return false;
    const int64_t group = has_group ? Arg<int32_t>(call.args[2])[row] : 0;
    if (group < 0 || group > (*regexp)->num_groups()) {
      status = InvalidArgument("the pattern has {} groups, there is no group {}",
                               (*regexp)->num_groups(), group);
      return false;
    }
    lists.Begin();
    ForEachMatch(**regexp, texts[row], true, &groups, [&] {
      const std::string_view part = groups[static_cast<size_t>(group)];
      lists.Add(part.data() == nullptr ? std::string_view() : part);
    });
    lists.End(row);
    return true;
  });
  RETURN_IF_ERROR(status);
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

// The elements of a nested array too, one behind the other.
struct Joining {
  std::string_view delimiter;
  const std::string_view* null_text;  // null: NULLs are left out
  std::string_view time_zone;
  bool first = true;
  std::string* out;

  void Append(const Vector& items, ListEntry entry) {
    for (uint32_t i = entry.offset; i < entry.offset + entry.length; ++i) {
      const bool is_null = items.IsNull(i);
      if (!is_null && items.type().id() == TypeId::kList) {
        Append(items.children()[0].Flatten(), items.values<ListEntry>()[i]);
        continue;
      }
      if (is_null && null_text == nullptr) continue;
      if (!first) *out += delimiter;
      first = false;
      if (is_null) {
        *out += *null_text;
      } else {
        AppendText(items, i, time_zone, out);
      }
    }
  }
};

Status ArrayToStringKernel(const KernelCall& call, Vector* result) {
  RowState state(call);
  const ListArg lists(call.args[0]);
  const Arg<std::string_view> delimiter(call.args[1]);
  const bool has_null_text = call.args.size() > 2;
  const Arg<std::string_view> null_text(call.args[has_null_text ? 2 : 1]);
  auto* const out = result->mutable_values<std::string_view>();
  for (size_t row = 0; row < call.num_rows; ++row) {
    if (lists.IsNull(row) || IsNullAt(call.args[1], row)) {
      result->SetNull(row);
      continue;
    }
    const std::string_view row_null = null_text[row];
    std::string& joined = state.scratch();
    Joining joining{delimiter[row],
                    has_null_text && !IsNullAt(call.args[2], row) ? &row_null : nullptr,
                    call.context.time_zone, true, &joined};
    joining.Append(lists.items(), lists[row]);
    if (!state.HasRoom(joined.size(), "array_to_string")) return state.status();
    out[row] = state.Keep(joined);
  }
  result->AddHeap(state.arena().heap());
  return OkStatus();
}

void AddToList(Registry* registry, ScalarFunction function, std::string_view arguments,
               size_t num_args) {
  function.category = "array";
  if (function.result.id() == TypeId::kNull) function.result = Type::List(TypeId::kText);
  function.signature = fmt::format("{} → {}", arguments, function.result.ToString());
  function.args.assign(num_args, TypeId::kText);
  if (function.kernel == &RegexpExtractAllKernel && num_args == 3) {
    function.args[2] = TypeId::kInteger;
  }
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
    ScalarFunction matches;
    matches.name = "regexp_matches_array";
    matches.summary =
        "What regexp_match gives for each match (with the flag g; else for the first), as an "
        "array of arrays.";
    matches.example = "regexp_matches_array('a1b2', '([a-z])([0-9])', 'g')";
    matches.example_result = "{{a,1},{b,2}}";
    matches.result = Type::List(Type::List(TypeId::kText));
    matches.kernel = &RegexpMatchesKernel;
    matches.prepare = prepare;
    AddToList(registry, std::move(matches), arguments, num_args);
    ScalarFunction extract;
    extract.name = "regexp_extract_all";
    extract.aliases = {"extractAll"};
    extract.summary = "Every match, or one group of every match.";
    extract.example = num_args == 2 ? "regexp_extract_all('a1b22', '[0-9]+')"
                                    : "regexp_extract_all('a1b22', '([a-z])([0-9]+)', 1)";
    extract.example_result = num_args == 2 ? "{1,22}" : "{a,b}";
    extract.kernel = &RegexpExtractAllKernel;
    extract.prepare = prepare;
    AddToList(
        registry, std::move(extract),
        num_args == 2 ? "(text TEXT, pattern TEXT)" : "(text TEXT, pattern TEXT, group INTEGER)",
        num_args);
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
  for (const bool has_null_text : {false, true}) {
    registry->Add(ArrayFunction(
        "array_to_string", {"array_join", "arrayStringConcat"},
        has_null_text ? "(array ANY[], delimiter TEXT, null_text TEXT) → TEXT"
                      : "(array ANY[], delimiter TEXT) → TEXT",
        has_null_text
            ? "The elements as one text with a delimiter between them, NULLs as null_text."
            : "The elements as one text with a delimiter between them; NULLs are left out.",
        has_null_text ? "array_to_string(ARRAY[1, NULL], '; ', '-')"
                      : "array_to_string(ARRAY[1, NULL, 3], '; ')",
        has_null_text ? "1; -" : "1; 3",
        has_null_text ? &ResolveArray<"LSS>S", &ArrayToStringKernel>
                      : &ResolveArray<"LS>S", &ArrayToStringKernel>,
        NullRule::kCustom));
  }
}

}  // namespace shale
