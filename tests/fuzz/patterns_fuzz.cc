// LIKE, SIMILAR TO and regular expressions. The first byte chooses flags, the second how long the
// pattern is; the rest of the bytes is the text. LIKE is compared with a matcher a person can
// check.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/check.h"
#include "engine/functions/regexp.h"
#include "engine/functions/scalar_like.h"

using namespace shale;  // NOLINT

namespace {

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<uint8_t>(c) < 128; });
}

// Of ASCII texts, in O(pattern × text).
bool PlainLike(std::string_view pattern, std::string_view text) {
  std::vector<bool> now(text.size() + 1, false), next;
  now[0] = true;
  for (size_t p = 0; p < pattern.size(); ++p) {
    next.assign(text.size() + 1, false);
    const bool escaped = pattern[p] == '\\';
    if (escaped) ++p;
    for (size_t t = 0; t <= text.size(); ++t) {
      if (!escaped && pattern[p] == '%') {
        next[t] = now[t] || (t > 0 && next[t - 1]);
      } else if (t > 0 && now[t - 1]) {
        next[t] = (!escaped && pattern[p] == '_') || pattern[p] == text[t - 1];
      }
    }
    now.swap(next);
  }
  return now[text.size()];
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data + 2), size - 2);
  const std::string_view pattern = rest.substr(0, data[1]);
  const std::string_view text = rest.substr(pattern.size());
  const auto like = LikePattern::Compile(pattern, (data[0] & 1) != 0);
  if (like.ok()) {
    const bool matches = like->Matches(text);
    uint8_t out = 0;
    like->MatchAll(&text, 1, false, &out);
    SHALE_CHECK((out != 0) == matches);
    if ((data[0] & 1) == 0 && IsAscii(rest)) SHALE_CHECK(PlainLike(pattern, text) == matches);
  }
  Regexp::Flags flags;
  flags.ignore_case = (data[0] & 1) != 0;
  flags.dot_stops = (data[0] & 2) != 0;
  flags.lines = (data[0] & 4) != 0;
  flags.expanded = (data[0] & 8) != 0;
  flags.literal = (data[0] & 16) != 0;
  const auto regexp = Regexp::Compile(pattern, flags);
  if (regexp.ok()) {
    std::vector<std::string_view> groups(1 + (*regexp)->num_groups());
    const bool found = (*regexp)->Find(text, 0, groups.data(), static_cast<int>(groups.size()));
    SHALE_CHECK(found == (*regexp)->Matches(text));
    if (found) SHALE_CHECK(groups[0].size() <= text.size());
    std::string out;
    RegexpReplacement(pattern).Append(groups.data(), static_cast<int>(groups.size()), &out);
  }
  (void)SimilarToRegexp(pattern, "\\");
  return 0;
}
