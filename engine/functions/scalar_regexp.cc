// Regular expressions as functions and operators: ~, regexp_replace, SIMILAR TO and others.
#include <algorithm>
#include <optional>

#include "engine/functions/families.h"
#include "engine/functions/kernels.h"
#include "engine/functions/regexp.h"
#include "engine/functions/row_kernel.h"
#include "engine/functions/utf8.h"

namespace shale {
namespace {

struct RegexpState : ScalarState {
  RegexpCache cache;
};

StatusOr<std::unique_ptr<ScalarState>> PrepareRegexp(const FunctionContext&,
                                                     std::span<const Value* const>) {
  return std::make_unique<RegexpState>();
}

RegexpCache& CacheOf(const KernelCall& call) {
  return static_cast<RegexpState&>(*call.state).cache;
}

// Null after row.Fail.
const Regexp* Compiled(RowState& row, std::string_view pattern, std::string_view flags) {
  auto regexp = row.prepared<RegexpState>().cache.Get(pattern, flags);
  if (regexp.ok()) return *regexp;
  row.Fail(regexp.status());
  return nullptr;
}

// As above, for functions where 'g' has no meaning.
const Regexp* CompiledOnce(RowState& row, std::string_view function, std::string_view pattern,
                           std::string_view flags) {
  const Regexp* const regexp = Compiled(row, pattern, flags);
  if (regexp == nullptr || !regexp->flags().global) return regexp;
  row.Fail(InvalidArgument("{}() does not support the \"global\" option g", function));
  return nullptr;
}

// ---- matching -----------------------------------------------------------------------------------

template <bool kIgnoreCase, bool kNegate>
Status MatchKernel(const KernelCall& call, Vector* result) {
  RegexpCache& cache = CacheOf(call);
  const Arg<std::string_view> texts(call.args[0]);
  const Arg<std::string_view> patterns(call.args[1]);
  constexpr std::string_view kFlags = kIgnoreCase ? "i" : "";
  uint8_t* const out = result->mutable_values<uint8_t>();
  const Regexp* regexp = nullptr;
  Status status;
  WhileValid(result->validity(), call.num_rows, [&](size_t row) {
    if (regexp == nullptr || !patterns.is_constant()) {
      auto compiled = cache.Get(patterns[row], kFlags);
      status = compiled.status();
      if (!compiled.ok()) return false;
      regexp = *compiled;
    }
    out[row] = regexp->Matches(texts[row]) != kNegate;
    return true;
  });
  return status;
}

bool Like(RowState& row, std::string_view text, std::string_view pattern) {
  const Regexp* const regexp = Compiled(row, pattern, "");
  return regexp != nullptr && regexp->Matches(text);
}
bool LikeFlags(RowState& row, std::string_view text, std::string_view pattern,
               std::string_view flags) {
  const Regexp* const regexp = CompiledOnce(row, "regexp_like", pattern, flags);
  return regexp != nullptr && regexp->Matches(text);
}

// The converted pattern is kept beside its source, as most rows share it.
struct SimilarState : ScalarState {
  RegexpCache cache;
  std::string pattern;
  std::string escape;
  std::string converted;
  bool known = false;
};

bool IsSimilar(RowState& row, std::string_view text, std::string_view pattern,
               std::string_view escape) {
  auto& state = row.prepared<SimilarState>();
  if (!state.known || pattern != state.pattern || escape != state.escape) {
    auto converted = SimilarToRegexp(pattern, escape);
    if (!converted.ok()) {
      row.Fail(converted.status());
      return false;
    }
    state.pattern = pattern;
    state.escape = escape;
    state.converted = *std::move(converted);
    state.known = true;
  }
  auto regexp = state.cache.Get(state.converted, "");
  if (!regexp.ok()) {
    row.Fail(regexp.status());
    return false;
  }
  return (*regexp)->Matches(text);
}

template <bool kNegate>
bool Similar(RowState& row, std::string_view text, std::string_view pattern) {
  return IsSimilar(row, text, pattern, "\\") != kNegate;
}
template <bool kNegate>
bool SimilarEscape(RowState& row, std::string_view text, std::string_view pattern,
                   std::string_view escape) {
  return IsSimilar(row, text, pattern, escape) != kNegate;
}

// ---- replacing ----------------------------------------------------------------------------------

// Whether `start`, a character position from 1, is one; *byte is then where it is.
bool StartByte(RowState& row, std::string_view text, int32_t start, size_t* byte) {
  if (start < 1) {
    row.Fail(InvalidArgument("invalid value for parameter \"start\": {}; positions count from 1",
                             start));
    return false;
  }
  *byte = SkipChars(text, static_cast<size_t>(start - 1));
  return static_cast<size_t>(start - 1) <= text.size();
}

constexpr int kMaxReplacementGroups = 10;

// Replaces the matches from byte `from` on: only the one of number `only` (from 1), or all for 0.
std::string_view ReplaceMatches(RowState& row, const Regexp& regexp,
                                const RegexpReplacement& replacement, std::string_view text,
                                size_t from, int64_t only) {
  std::string_view groups[kMaxReplacementGroups];
  const int num_groups = std::min(replacement.num_groups(), regexp.num_groups() + 1);
  std::string* out = nullptr;
  size_t copied = 0;
  for (int64_t match = 1; from <= text.size(); ++match) {
    if (!regexp.Find(text, from, groups, num_groups)) break;
    const auto begin = static_cast<size_t>(groups[0].data() - text.data());
    const size_t end = begin + groups[0].size();
    if (only == 0 || match == only) {
      const int group = replacement.only_group();
      if (begin == 0 && end == text.size() && !text.empty() && group >= 0 && group < num_groups) {
        return groups[group].data() == nullptr ? std::string_view() : groups[group];
      }
      if (out == nullptr) out = &row.scratch();
      out->append(text.substr(copied, begin - copied));
      replacement.Append(groups, num_groups, out);
      copied = end;
      if (out->size() > kMaxTextBytes || match == only) break;
    }
    if (end > begin) {
      from = end;
    } else if (begin < text.size()) {
      from = NextChar(text, begin);
    } else {
      break;
    }
  }
  if (out == nullptr) return text;
  out->append(text.substr(copied));
  if (!row.HasRoom(out->size(), "regexp_replace")) return {};
  return row.Keep(*out);
}

std::string_view Replace(RowState& row, std::string_view text, std::string_view pattern,
                         std::string_view replacement) {
  const Regexp* const regexp = Compiled(row, pattern, "");
  if (regexp == nullptr) return {};
  const auto& parsed = row.prepared<RegexpState>().cache.Replacement(replacement);
  return ReplaceMatches(row, *regexp, parsed, text, 0, 1);
}

std::string_view ReplaceFlags(RowState& row, std::string_view text, std::string_view pattern,
                              std::string_view replacement, std::string_view flags) {
  const Regexp* const regexp = Compiled(row, pattern, flags);
  if (regexp == nullptr) return {};
  const auto& parsed = row.prepared<RegexpState>().cache.Replacement(replacement);
  return ReplaceMatches(row, *regexp, parsed, text, 0, regexp->flags().global ? 0 : 1);
}

std::string_view ReplaceFrom(RowState& row, std::string_view text, std::string_view pattern,
                             std::string_view replacement, int32_t start, int32_t only,
                             std::string_view flags) {
  const Regexp* const regexp = Compiled(row, pattern, flags);
  if (regexp == nullptr) return {};
  size_t from = 0;
  if (only < 0) {
    row.Fail(InvalidArgument("invalid value for parameter \"n\": {}", only));
    return {};
  }
  if (!StartByte(row, text, start, &from)) return text;
  const auto& parsed = row.prepared<RegexpState>().cache.Replacement(replacement);
  return ReplaceMatches(row, *regexp, parsed, text, from, only);
}
std::string_view ReplaceFrom1(RowState& row, std::string_view text, std::string_view pattern,
                              std::string_view replacement, int32_t start) {
  return ReplaceFrom(row, text, pattern, replacement, start, 1, "");
}
std::string_view ReplaceFromN(RowState& row, std::string_view text, std::string_view pattern,
                              std::string_view replacement, int32_t start, int32_t only) {
  return ReplaceFrom(row, text, pattern, replacement, start, only, "");
}

// ---- finding ------------------------------------------------------------------------------------

// Calls visit(match) for every match behind byte `from` until it returns false.
template <typename F>
void EachMatch(const Regexp& regexp, std::string_view text, size_t from, F visit) {
  while (from <= text.size()) {
    std::string_view match;
    if (!regexp.Find(text, from, &match, 1) || !visit(match)) return;
    const auto begin = static_cast<size_t>(match.data() - text.data());
    if (!match.empty()) {
      from = begin + match.size();
    } else if (begin < text.size()) {
      from = NextChar(text, begin);
    } else {
      return;
    }
  }
}

int32_t CountFlags(RowState& row, std::string_view text, std::string_view pattern, int32_t start,
                   std::string_view flags) {
  const Regexp* const regexp = CompiledOnce(row, "regexp_count", pattern, flags);
  size_t from = 0;
  if (regexp == nullptr || !StartByte(row, text, start, &from)) return 0;
  int32_t count = 0;
  EachMatch(*regexp, text, from, [&](std::string_view) { return ++count > 0; });
  return count;
}
int32_t CountFrom(RowState& row, std::string_view text, std::string_view pattern, int32_t start) {
  return CountFlags(row, text, pattern, start, "");
}
int32_t Count(RowState& row, std::string_view text, std::string_view pattern) {
  return CountFlags(row, text, pattern, 1, "");
}

// Group `group` of match number `n` behind `start`; nothing when there is none.
std::optional<std::string_view> FindGroup(RowState& row, const Regexp& regexp,
                                          std::string_view text, int32_t start, int32_t n,
                                          int32_t group) {
  size_t from = 0;
  if (n < 1 || group < 0) {
    row.Fail(InvalidArgument("invalid value for parameter \"{}\": {}", n < 1 ? "n" : "subexpr",
                             n < 1 ? n : group));
    return std::nullopt;
  }
  if (!StartByte(row, text, start, &from) || group > regexp.num_groups()) return std::nullopt;
  std::optional<std::string_view> found;
  EachMatch(regexp, text, from, [&](std::string_view match) {
    if (--n > 0) return true;
    std::vector<std::string_view> groups(static_cast<size_t>(group) + 1);
    const auto at = static_cast<size_t>(match.data() - text.data());
    if (regexp.Find(text, at, groups.data(), group + 1) && groups[group].data() != nullptr) {
      found = groups[group];
    }
    return false;
  });
  return found;
}

std::string_view SubstrAll(RowState& row, std::string_view text, std::string_view pattern,
                           int32_t start, int32_t n, std::string_view flags, int32_t group) {
  const Regexp* const regexp = CompiledOnce(row, "regexp_substr", pattern, flags);
  if (regexp == nullptr) return {};
  const auto found = FindGroup(row, *regexp, text, start, n, group);
  if (found) return *found;
  row.SetNull();
  return {};
}
std::string_view Substr(RowState& row, std::string_view text, std::string_view pattern) {
  return SubstrAll(row, text, pattern, 1, 1, "", 0);
}
std::string_view SubstrFrom(RowState& row, std::string_view text, std::string_view pattern,
                            int32_t start) {
  return SubstrAll(row, text, pattern, start, 1, "", 0);
}
std::string_view SubstrN(RowState& row, std::string_view text, std::string_view pattern,
                         int32_t start, int32_t n) {
  return SubstrAll(row, text, pattern, start, n, "", 0);
}
std::string_view SubstrFlags(RowState& row, std::string_view text, std::string_view pattern,
                             int32_t start, int32_t n, std::string_view flags) {
  return SubstrAll(row, text, pattern, start, n, flags, 0);
}

int32_t InstrAll(RowState& row, std::string_view text, std::string_view pattern, int32_t start,
                 int32_t n, int32_t end_option, std::string_view flags, int32_t group) {
  const Regexp* const regexp = CompiledOnce(row, "regexp_instr", pattern, flags);
  if (regexp == nullptr) return 0;
  if (end_option != 0 && end_option != 1) {
    row.Fail(
        InvalidArgument("invalid value for parameter \"endoption\": {}; 0 is the match's "
                        "start, 1 what follows it",
                        end_option));
    return 0;
  }
  const auto found = FindGroup(row, *regexp, text, start, n, group);
  if (!found) return 0;
  const size_t at =
      static_cast<size_t>(found->data() - text.data()) + (end_option == 1 ? found->size() : 0);
  return static_cast<int32_t>(CountChars(text.substr(0, at))) + 1;
}
int32_t Instr(RowState& row, std::string_view text, std::string_view pattern) {
  return InstrAll(row, text, pattern, 1, 1, 0, "", 0);
}
int32_t InstrFrom(RowState& row, std::string_view text, std::string_view pattern, int32_t start) {
  return InstrAll(row, text, pattern, start, 1, 0, "", 0);
}
int32_t InstrN(RowState& row, std::string_view text, std::string_view pattern, int32_t start,
               int32_t n) {
  return InstrAll(row, text, pattern, start, n, 0, "", 0);
}
int32_t InstrEnd(RowState& row, std::string_view text, std::string_view pattern, int32_t start,
                 int32_t n, int32_t end_option) {
  return InstrAll(row, text, pattern, start, n, end_option, "", 0);
}

// The first group, or the whole match of a pattern without groups; NULL when nothing matches.
std::string_view SubstringFromPattern(RowState& row, std::string_view text,
                                      std::string_view pattern) {
  const Regexp* const regexp = Compiled(row, pattern, "");
  if (regexp == nullptr) return {};
  std::string_view groups[2];
  const int wanted = std::min(regexp->num_groups(), 1);
  if (!regexp->Find(text, 0, groups, wanted + 1) || groups[wanted].data() == nullptr) {
    row.SetNull();
    return {};
  }
  return groups[wanted];
}

std::string_view SubstringSimilar(RowState& row, std::string_view text, std::string_view pattern,
                                  std::string_view escape) {
  auto translated = SimilarToRegexp(pattern, escape);
  if (!translated.ok()) {
    row.Fail(translated.status());
    return {};
  }
  return SubstringFromPattern(row, text, *translated);
}

std::string_view ExtractGroup(RowState& row, std::string_view text, std::string_view pattern,
                              int32_t group) {
  const Regexp* const regexp = Compiled(row, pattern, "");
  if (regexp == nullptr) return {};
  if (group < 0 || group > regexp->num_groups()) {
    row.Fail(InvalidArgument("regexp_extract: the pattern '{}' has {} group(s), not {}", pattern,
                             regexp->num_groups(), group));
    return {};
  }
  return FindGroup(row, *regexp, text, 1, 1, group).value_or(std::string_view());
}
std::string_view Extract(RowState& row, std::string_view text, std::string_view pattern) {
  return ExtractGroup(row, text, pattern, 0);
}

// ---- rows ---------------------------------------------------------------------------------------

struct Doc {
  std::string_view name;
  std::vector<std::string> aliases;
  std::string_view summary;
  std::string_view example;
  std::string_view result;
};

void AddRegexp(Registry* registry, const Doc& doc, std::string_view arguments, Type result,
               ScalarKernel kernel) {
  // Argument types from the names: "text, pattern, start INTEGER".
  std::vector<Type> args;
  std::string signature = "(";
  size_t at = 0;
  while (at < arguments.size()) {
    const size_t comma = std::min(arguments.find(", ", at), arguments.size());
    const std::string_view argument = arguments.substr(at, comma - at);
    const bool integer = argument == "start" || argument == "n" || argument == "endoption" ||
                         argument == "subexpr" || argument == "group";
    args.push_back(integer ? TypeId::kInteger : TypeId::kText);
    if (at > 0) signature += ", ";
    signature += fmt::format("{} {}", argument, args.back().ToString());
    at = comma + 2;
  }
  registry->Add(ScalarFunction{.name = std::string(doc.name),
                               .aliases = doc.aliases,
                               .category = "pattern",
                               .signature = fmt::format("{}) → {}", signature, result.ToString()),
                               .summary = std::string(doc.summary),
                               .example = std::string(doc.example),
                               .example_result = std::string(doc.result),
                               .args = std::move(args),
                               .result = std::move(result),
                               .kernel = kernel,
                               .prepare = &PrepareRegexp});
}

template <bool kNegate>
void AddSimilar(Registry* registry, std::string name, std::string word) {
  for (const bool with_escape : {false, true}) {
    ScalarFunction function;
    function.name = name;
    function.category = "pattern";
    function.signature = with_escape ? "(text TEXT, pattern TEXT, escape TEXT) → BOOLEAN"
                                     : "(text TEXT, pattern TEXT) → BOOLEAN";
    function.summary =
        "Whether the whole text matches an SQL pattern: % and _, with | * + ? {m,n} "
        "() [] as in regular expressions.";
    if (kNegate) function.summary = "The opposite of similar_to.";
    function.example = fmt::format("'abc' {} '%(b|d)%'", word);
    function.example_result = kNegate ? "f" : "t";
    function.args.assign(with_escape ? 3 : 2, TypeId::kText);
    function.result = TypeId::kBoolean;
    function.kernel = with_escape ? RowKernel<SimilarEscape<kNegate>> : RowKernel<Similar<kNegate>>;
    function.prepare = [](const FunctionContext&,
                          std::span<const Value* const>) -> StatusOr<std::unique_ptr<ScalarState>> {
      return std::make_unique<SimilarState>();
    };
    registry->Add(std::move(function));
  }
}

void AddMatching(Registry* registry) {
  const Type boolean = TypeId::kBoolean;
  AddRegexp(registry,
            {"~",
             {},
             "Whether the regular expression matches somewhere in the text.",
             "'thomas' ~ 't.*ma'",
             "t"},
            "text, pattern", boolean, &MatchKernel<false, false>);
  AddRegexp(registry, {"~*", {}, "~ with upper and lower case alike.", "'thomas' ~* 'T.*ma'", "t"},
            "text, pattern", boolean, &MatchKernel<true, false>);
  AddRegexp(registry, {"!~", {}, "The opposite of ~.", "'thomas' !~ 't.*max'", "t"},
            "text, pattern", boolean, &MatchKernel<false, true>);
  AddRegexp(registry, {"!~*", {}, "The opposite of ~*.", "'thomas' !~* 'T.*ma'", "f"},
            "text, pattern", boolean, &MatchKernel<true, true>);
  AddRegexp(registry,
            {"regexp_like",
             {"match"},
             "Whether the regular expression matches somewhere.",
             "regexp_like('Hello World', 'o.W')",
             "t"},
            "text, pattern", boolean, RowKernel<Like>);
  AddRegexp(registry,
            {"regexp_like",
             {},
             "The same with flags: i ignores case, n stops at newlines.",
             "regexp_like('Hello World', 'world$', 'i')",
             "t"},
            "text, pattern, flags", boolean, RowKernel<LikeFlags>);
  AddSimilar<false>(registry, "similar_to", "SIMILAR TO");
  AddSimilar<true>(registry, "not_similar_to", "NOT SIMILAR TO");
}

void AddReplacing(Registry* registry) {
  const Type text = TypeId::kText;
  const std::string_view name = "regexp_replace";
  AddRegexp(registry,
            {name,
             {"replaceRegexpOne"},
             "The first match replaced; \\1 to \\9 in the replacement "
             "are groups, \\& the match.",
             "regexp_replace('Thomas', '.[mN]a.', 'M')",
             "ThM"},
            "text, pattern, replacement", text, RowKernel<Replace>);
  AddRegexp(registry,
            {name,
             {},
             "The same with flags: g replaces every match, i ignores case.",
             "regexp_replace('foobarbaz', 'b(..)', 'X\\1Y', 'g')",
             "fooXarYXazY"},
            "text, pattern, replacement, flags", text, RowKernel<ReplaceFlags>);
  const Doc from = {name,
                    {},
                    "The first match from a character on, or match number n (0: all), "
                    "replaced.",
                    "regexp_replace('abcabcabc', 'b', 'X', 1, 2)",
                    "abcaXcabc"};
  AddRegexp(registry, from, "text, pattern, replacement, start", text, RowKernel<ReplaceFrom1>);
  AddRegexp(registry, from, "text, pattern, replacement, start, n", text, RowKernel<ReplaceFromN>);
  AddRegexp(registry, from, "text, pattern, replacement, start, n, flags", text,
            RowKernel<ReplaceFrom>);
}

void AddFinding(Registry* registry) {
  const Type text = TypeId::kText;
  const Type integer = TypeId::kInteger;
  const Doc count = {"regexp_count",
                     {},
                     "How many times the pattern matches, from a character on.",
                     "regexp_count('ABCABCAXYaxy', 'A.', 1, 'i')",
                     "4"};
  AddRegexp(registry, count, "text, pattern", integer, RowKernel<Count>);
  AddRegexp(registry, count, "text, pattern, start", integer, RowKernel<CountFrom>);
  AddRegexp(registry, count, "text, pattern, start, flags", integer, RowKernel<CountFlags>);
  const Doc substr = {"regexp_substr",
                      {},
                      "Match number n from a character on, or a group of it; "
                      "NULL when there is none.",
                      "regexp_substr('foobarbaz', '(b)(..)', 1, 2, '', 2)",
                      "az"};
  AddRegexp(registry, substr, "text, pattern", text, RowKernel<Substr>);
  AddRegexp(registry, substr, "text, pattern, start", text, RowKernel<SubstrFrom>);
  AddRegexp(registry, substr, "text, pattern, start, n", text, RowKernel<SubstrN>);
  AddRegexp(registry, substr, "text, pattern, start, n, flags", text, RowKernel<SubstrFlags>);
  AddRegexp(registry, substr, "text, pattern, start, n, flags, subexpr", text,
            RowKernel<SubstrAll>);
  const Doc instr = {"regexp_instr",
                     {},
                     "Where match number n begins (or with endoption 1 what "
                     "follows it), in characters from 1; 0 when there is none.",
                     "regexp_instr('ABCDEF', 'C.E')",
                     "3"};
  AddRegexp(registry, instr, "text, pattern", integer, RowKernel<Instr>);
  AddRegexp(registry, instr, "text, pattern, start", integer, RowKernel<InstrFrom>);
  AddRegexp(registry, instr, "text, pattern, start, n", integer, RowKernel<InstrN>);
  AddRegexp(registry, instr, "text, pattern, start, n, endoption", integer, RowKernel<InstrEnd>);
  AddRegexp(registry, instr, "text, pattern, start, n, endoption, flags, subexpr", integer,
            RowKernel<InstrAll>);
  AddRegexp(registry,
            {"substring",
             {},
             "substring(text FROM pattern): the first group of the match, or all "
             "of it without groups; NULL when nothing matches.",
             "substring('foobar', 'o(.)b')",
             "o"},
            "text, pattern", text, RowKernel<SubstringFromPattern>);
  AddRegexp(registry,
            {"substring",
             {},
             "substring(text SIMILAR pattern ESCAPE escape): the part of the match between "
             "escape-double-quotes; NULL when the whole text does not match.",
             "substring('Thomas' SIMILAR '%#\"o_a#\"_' ESCAPE '#')",
             "oma"},
            "text, pattern, escape", text, RowKernel<SubstringSimilar>);
  const Doc extract = {"regexp_extract",
                       {"regexpExtract"},
                       "The match, or a group of it; empty "
                       "when nothing matches.",
                       "regexp_extract('key=value', '(\\w+)=(\\w+)', 2)",
                       "value"};
  AddRegexp(registry, extract, "text, pattern", text, RowKernel<Extract>);
  AddRegexp(registry, extract, "text, pattern, group", text, RowKernel<ExtractGroup>);
}

}  // namespace

void RegisterRegexp(Registry* registry) {
  AddMatching(registry);
  AddReplacing(registry);
  AddFinding(registry);
}

}  // namespace shale
