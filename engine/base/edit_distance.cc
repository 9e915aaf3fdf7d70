#include "engine/base/edit_distance.h"

#include <algorithm>
#include <climits>

namespace shale {
namespace {

char Fold(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool StartsWithFolded(std::string_view text, std::string_view prefix) {
  if (prefix.size() > text.size()) return false;
  for (size_t i = 0; i < prefix.size(); ++i) {
    if (Fold(text[i]) != Fold(prefix[i])) return false;
  }
  return true;
}

}  // namespace

int EditDistance(std::string_view a, std::string_view b) {
  // Three rows of the table suffice; names are short, so long inputs are cut.
  a = a.substr(0, 128);
  b = b.substr(0, 128);
  std::vector<int> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = static_cast<int>(j);
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = static_cast<int>(i);
    for (size_t j = 1; j <= b.size(); ++j) {
      bool same = Fold(a[i - 1]) == Fold(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      if (i > 1 && j > 1 && Fold(a[i - 1]) == Fold(b[j - 2]) && Fold(a[i - 2]) == Fold(b[j - 1])) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

std::string_view NearestName(std::string_view text, std::span<const std::string_view> names) {
  std::string_view best;
  int best_distance = INT_MAX;
  const int allowed = std::max<int>(1, static_cast<int>(text.size()) / 3);
  for (std::string_view name : names) {
    int distance = EditDistance(text, name);
    if (distance > allowed) {
      bool near = text.size() >= 3 && name.size() >= 3 &&
                  (StartsWithFolded(name, text) || StartsWithFolded(text, name));
      if (!near) continue;
      distance += allowed;  // a real misspelling is the better guess
    }
    if (distance < best_distance || (distance == best_distance && name < best)) {
      best = name;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace shale
