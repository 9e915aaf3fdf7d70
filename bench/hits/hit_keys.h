// What a hit's place says about it, shared by the plan (which sorts by it) and the maker.
#pragma once

#include <algorithm>
#include <cstdint>

#include "bench/rows/skew.h"

namespace shale::bench {

// What draws are for: one key a kind of thing.
enum HitKey : uint64_t {
  kUserKey = 1,
  kPlanKey,
  kVisitKey,
  kViewKey,
  kPageKey,
  kSiteKey,
  kTextKey
};

constexpr uint32_t kBots = 10;
constexpr uint64_t kSites = 6500;
// One site of a known share, for queries about one site.
constexpr uint32_t kDashboardSite = 62;
constexpr double kDashboardShare = 0.00738;
// Identifiers that queries name, given to a user, a page and a referrer that exist.
constexpr int64_t kNamedUserId = 435090932899640449;
constexpr int64_t kNamedUrlHash = 2868770270353813622;
constexpr int64_t kNamedRefererHash = 3594120000172545465;
constexpr uint32_t kNamedUser = 1000;

inline uint64_t NumUsers(uint64_t rows) { return std::max<uint64_t>(20, rows * 176 / 1000); }

inline int64_t UserId(uint64_t seed, uint32_t user) {
  if (user == kNamedUser) return kNamedUserId;
  return static_cast<int64_t>(Draw(seed, kUserKey, user).Bits(100));
}

// The site's share of the pool falls with its rank; ranks are spread over the numbers.
inline uint32_t SiteByRank(uint64_t rank) {
  const uint32_t site = static_cast<uint32_t>(rank * 2417 % kSites + 1);
  return site == kDashboardSite ? kSites + 1 : site;
}

// 70 % of a user's visits go to one site.
inline uint32_t SiteOf(uint64_t seed, uint32_t user, uint16_t session) {
  const Draw visit(seed, kVisitKey, user, session);
  const Draw person(seed, kUserKey, user);
  const bool home = visit.Chance(0, 0.7);
  const Draw& from = home ? person : visit;
  if (from.Chance(1, kDashboardShare)) return kDashboardSite;
  return SiteByRank(from.Zipf(2, kSites, 1.0));
}

}  // namespace shale::bench
