#include "engine/functions/scalar_like.h"

#include <hwy/highway.h>

#include <cstring>
#include <unordered_map>

#include "engine/functions/function.h"
#include "engine/functions/kernels.h"
#include "engine/functions/string_families.h"
#include "engine/functions/utf8.h"

HWY_BEFORE_NAMESPACE();
namespace shale {
namespace {
namespace lanes = hwy::HWY_NAMESPACE;

constexpr size_t kNone = std::string_view::npos;

// needle.size() ≥ 2, text.size() ≥ needle.size().
size_t FindFrom(const char* text, size_t size, const char* needle, size_t length) {
  const lanes::FixedTag<uint8_t, 16> tag;
  const size_t positions = size - length + 1;
  const auto* const bytes = reinterpret_cast<const uint8_t*>(text);
  const auto first = lanes::Set(tag, static_cast<uint8_t>(needle[0]));
  const auto last = lanes::Set(tag, static_cast<uint8_t>(needle[length - 1]));
  size_t at = 0;
  const auto check = [&](size_t from) {
    const auto heads = lanes::LoadU(tag, bytes + from);
    const auto tails = lanes::LoadU(tag, bytes + from + length - 1);
    const auto hits = lanes::And(lanes::Eq(heads, first), lanes::Eq(tails, last));
    if (lanes::AllFalse(tag, hits)) [[likely]]
      return kNone;
    uint64_t mask = 0;
    lanes::StoreMaskBits(tag, hits, reinterpret_cast<uint8_t*>(&mask));
    while (mask != 0) {
      const size_t candidate = from + static_cast<size_t>(__builtin_ctzll(mask));
      if (std::memcmp(text + candidate + 1, needle + 1, length - 2) == 0) return candidate;
      mask &= mask - 1;
    }
    return kNone;
  };
  for (; at + 16 <= positions; at += 16) {
    const size_t found = check(at);
    if (found != kNone) return found;
  }
  if (at == positions) return kNone;
  // The last, partial step looks again at positions already seen, which cannot match.
  if (positions >= 16) return check(positions - 16);
  for (; at < positions; ++at) {
    if (text[at] == needle[0] && text[at + length - 1] == needle[length - 1] &&
        std::memcmp(text + at + 1, needle + 1, length - 2) == 0) {
      return at;
    }
  }
  return kNone;
}

}  // namespace
}  // namespace shale
HWY_AFTER_NAMESPACE();

namespace shale {

size_t FindBytes(std::string_view text, std::string_view needle) {
  if (needle.size() > text.size()) return kNone;
  if (needle.empty()) return 0;
  if (needle.size() == 1) {
    const void* found = std::memchr(text.data(), needle[0], text.size());
    return found ? static_cast<size_t>(static_cast<const char*>(found) - text.data()) : kNone;
  }
  return FindFrom(text.data(), text.size(), needle.data(), needle.size());
}

StatusOr<LikePattern> LikePattern::Compile(std::string_view pattern, bool ignore_case,
                                           std::string_view escape) {
  if (CountChars(escape) > 1) {
    return InvalidArgument(
        "invalid escape string '{}': the escape of LIKE is one character, or empty for none",
        escape);
  }
  std::string lowered;
  std::string lowered_escape;
  if (ignore_case) {
    AppendLower(pattern, &lowered);
    AppendLower(escape, &lowered_escape);
    pattern = lowered;
    escape = lowered_escape;
  }
  LikePattern out;
  out.ignore_case_ = ignore_case;
  Part part;
  bool has_any = false;  // a '_' anywhere
  bool has_percent = false;
  bool after_percent = false;
  const auto flush = [&] {
    if (!part.text.empty()) {
      bool wild = false;
      for (const bool any : part.any) wild |= any;
      if (!wild) part.any.clear();
      out.parts_.push_back(std::move(part));
    }
    part = Part();
  };
  for (size_t at = 0; at < pattern.size();) {
    const size_t next = NextChar(pattern, at);
    const std::string_view character = pattern.substr(at, next - at);
    at = next;
    if (!escape.empty() && character == escape) {
      if (at >= pattern.size()) {
        return InvalidArgument("LIKE pattern must not end with escape character: '{}'", pattern);
      }
      const size_t end = NextChar(pattern, at);
      part.text += pattern.substr(at, end - at);
      part.any.resize(part.text.size(), false);
      at = end;
      after_percent = false;
    } else if (character == "%") {
      if (out.parts_.empty() && part.text.empty()) out.open_start_ = true;
      flush();
      has_percent = after_percent = true;
    } else {
      part.text += character;
      part.any.resize(part.text.size(), character == "_");
      has_any |= character == "_";
      after_percent = false;
    }
  }
  flush();
  out.open_end_ = after_percent;
  const size_t num_parts = out.parts_.size();
  if (!has_percent && !has_any) {
    out.kind_ = Kind::kExact;
    if (num_parts == 1) out.prefix_ = out.parts_[0].text;
  } else if (has_any || num_parts > 2 || (num_parts == 2 && (out.open_start_ || out.open_end_))) {
    out.kind_ = Kind::kGeneral;
    if (!out.open_start_ && out.parts_[0].any.empty()) out.prefix_ = out.parts_[0].text;
  } else if (num_parts == 2) {
    out.kind_ = Kind::kBoth;
    out.prefix_ = out.parts_[0].text;
    out.suffix_ = out.parts_[1].text;
  } else if (num_parts == 0) {
    out.kind_ = Kind::kPrefix;  // only '%': every text
  } else if (out.open_start_ && out.open_end_) {
    out.kind_ = Kind::kContains;
    out.suffix_ = out.parts_[0].text;
  } else if (out.open_end_) {
    out.kind_ = Kind::kPrefix;
    out.prefix_ = out.parts_[0].text;
  } else {
    out.kind_ = Kind::kSuffix;
    out.suffix_ = out.parts_[0].text;
  }
  return out;
}

size_t LikePattern::Part::MatchAt(std::string_view input, size_t at) const {
  if (any.empty()) {
    return input.substr(at).starts_with(text) ? at + text.size() : kNone;
  }
  for (size_t i = 0; i < text.size(); ++i) {
    if (at >= input.size()) return kNone;
    if (any[i]) {
      at = NextChar(input, at);
    } else if (input[at++] != text[i]) {
      return kNone;
    }
  }
  return at;
}

size_t LikePattern::Part::MatchBackFrom(std::string_view input, size_t end) const {
  for (size_t i = text.size(); i-- > 0;) {
    if (end == 0) return kNone;
    if (any.size() > i && any[i]) {
      end = PreviousChar(input, end);
    } else if (input[--end] != text[i]) {
      return kNone;
    }
  }
  return end;
}

size_t LikePattern::Part::Find(std::string_view input, size_t from, size_t* end) const {
  if (any.empty()) {
    const size_t found = FindBytes(input.substr(from), text);
    if (found == kNone) return kNone;
    *end = from + found + text.size();
    return from + found;
  }
  for (size_t at = from; at < input.size(); at = NextChar(input, at)) {
    *end = MatchAt(input, at);
    if (*end != kNone) return at;
  }
  return kNone;
}

bool LikePattern::MatchesCased(std::string_view text) const {
  switch (kind_) {
    case Kind::kExact: return text == prefix_;
    case Kind::kPrefix: return text.starts_with(prefix_);
    case Kind::kSuffix: return text.ends_with(suffix_);
    case Kind::kBoth:
      return text.size() >= prefix_.size() + suffix_.size() && text.starts_with(prefix_) &&
             text.ends_with(suffix_);
    case Kind::kContains: return FindBytes(text, suffix_) != kNone;
    case Kind::kGeneral: break;
  }
  // The first part is bound to the start, the last to the end, those between are taken as early
  // as they come: a later choice could never help.
  size_t first = 0;
  size_t last = parts_.size();
  size_t from = 0;
  size_t until = text.size();
  if (!open_start_) {
    from = parts_[first++].MatchAt(text, 0);
    if (from == kNone) return false;
    if (first == last && !open_end_) return from == text.size();
  }
  if (!open_end_ && last > first) {
    until = parts_[--last].MatchBackFrom(text, text.size());
    if (until == kNone || until < from) return false;
  }
  const std::string_view middle = text.substr(0, until);
  for (; first < last; ++first) {
    size_t end = 0;
    if (parts_[first].Find(middle, from, &end) == kNone) return false;
    from = end;
  }
  return true;
}

bool LikePattern::Matches(std::string_view text) const {
  if (!ignore_case_) return MatchesCased(text);
  std::string lowered;
  AppendLower(text, &lowered);
  return MatchesCased(lowered);
}

void LikePattern::MatchAll(const std::string_view* texts, size_t count, bool negate,
                           uint8_t* out) const {
  if (ignore_case_) {
    std::string lowered;
    for (size_t i = 0; i < count; ++i) {
      lowered.clear();
      AppendLower(texts[i], &lowered);
      out[i] = MatchesCased(lowered) != negate;
    }
    return;
  }
  if (kind_ == Kind::kContains) {
    for (size_t i = 0; i < count; ++i) out[i] = (FindBytes(texts[i], suffix_) != kNone) != negate;
    return;
  }
  for (size_t i = 0; i < count; ++i) out[i] = MatchesCased(texts[i]) != negate;
}

// ---- LIKE as functions --------------------------------------------------------------------------

namespace {

// Patterns that are no constant are remembered up to this many.
constexpr size_t kMaxRememberedPatterns = 256;

struct LikeState : ScalarState {
  bool ignore_case = false;
  bool is_constant = false;
  LikePattern constant;
  std::unordered_map<std::string, LikePattern> remembered;

  StatusOr<const LikePattern*> PatternFor(std::string_view pattern, std::string_view escape) {
    std::string key(escape);
    key += '\0';
    key += pattern;
    const auto found = remembered.find(key);
    if (found != remembered.end()) return &found->second;
    ASSIGN_OR_RETURN(LikePattern compiled, LikePattern::Compile(pattern, ignore_case, escape));
    if (remembered.size() >= kMaxRememberedPatterns) remembered.clear();
    return &remembered.emplace(std::move(key), std::move(compiled)).first->second;
  }
};

template <bool kIgnoreCase>
StatusOr<std::unique_ptr<ScalarState>> PrepareLike(const FunctionContext&,
                                                   std::span<const Value* const> constants) {
  auto state = std::make_unique<LikeState>();
  state->ignore_case = kIgnoreCase;
  const Value* const pattern = constants[1];
  const Value* const escape = constants.size() > 2 ? constants[2] : nullptr;
  const bool known = pattern != nullptr && !pattern->is_null() &&
                     (constants.size() == 2 || (escape != nullptr && !escape->is_null()));
  if (known) {
    ASSIGN_OR_RETURN(state->constant,
                     LikePattern::Compile(pattern->AsString(), kIgnoreCase,
                                          escape ? std::string_view(escape->AsString()) : "\\"));
    state->is_constant = true;
  }
  return state;
}

template <bool kNegate>
Status LikeKernel(const KernelCall& call, Vector* result) {
  auto& state = static_cast<LikeState&>(*call.state);
  uint8_t* const out = result->mutable_values<uint8_t>();
  const Vector& texts = call.args[0];
  if (state.is_constant) {
    if (texts.is_constant()) {
      const bool match = state.constant.Matches(texts.values<std::string_view>()[0]) != kNegate;
      std::memset(out, match ? 1 : 0, call.num_rows);
    } else {
      state.constant.MatchAll(texts.values<std::string_view>(), call.num_rows, kNegate, out);
    }
    return OkStatus();
  }
  const Arg<std::string_view> text(texts);
  const Arg<std::string_view> pattern(call.args[1]);
  const bool has_escape = call.args.size() > 2;
  const Arg<std::string_view> escape(call.args[has_escape ? 2 : 1]);
  for (size_t row = 0; row < call.num_rows; ++row) {
    if (result->has_nulls() && !BitIsSet(result->validity(), row)) continue;
    ASSIGN_OR_RETURN(const LikePattern* compiled,
                     state.PatternFor(pattern[row], has_escape ? escape[row] : "\\"));
    out[row] = compiled->Matches(text[row]) != kNegate;
  }
  return OkStatus();
}

template <bool kIgnoreCase, bool kNegate>
void AddLike(Registry* registry, std::string name, std::string symbol, std::string example,
             std::string example_result) {
  for (const bool with_escape : {false, true}) {
    ScalarFunction function;
    function.name = name;
    function.aliases = {symbol};
    function.category = "pattern";
    function.signature = with_escape ? "(text TEXT, pattern TEXT, escape TEXT) → BOOLEAN"
                                     : "(text TEXT, pattern TEXT) → BOOLEAN";
    function.summary = fmt::format(
        "Whether the text {} the pattern{}: % stands for any text, _ for one character{}.",
        kNegate ? "does not match" : "matches", kIgnoreCase ? ", upper and lower case alike" : "",
        with_escape ? ", the escape character takes their meaning away" : "");
    function.example = example;
    function.example_result = example_result;
    function.args.assign(with_escape ? 3 : 2, TypeId::kText);
    function.result = TypeId::kBoolean;
    function.kernel = &LikeKernel<kNegate>;
    function.prepare = &PrepareLike<kIgnoreCase>;
    registry->Add(std::move(function));
  }
}

}  // namespace

void RegisterLike(Registry* registry) {
  AddLike<false, false>(registry, "like", "~~", "'shale' LIKE 's%'", "t");
  AddLike<true, false>(registry, "ilike", "~~*", "'Shale' ILIKE 'sh_le'", "t");
  AddLike<false, true>(registry, "not_like", "!~~", "'shale' NOT LIKE 's%'", "f");
  AddLike<true, true>(registry, "not_ilike", "!~~*", "'Shale' NOT ILIKE 'x%'", "t");
}

}  // namespace shale
