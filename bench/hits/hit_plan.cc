#include <algorithm>
#include <cmath>
#include <numbers>
#include <tuple>

#include "bench/hits/hit_keys.h"
#include "bench/hits/hits.h"

namespace shale::bench {
namespace {

constexpr uint32_t kHours = 30 * 24;
constexpr uint32_t kMonthSeconds = kHours * 3600;

// Cumulated shares of the month's hours: four times as much at the day's top as at its bottom, 15 %
// less at weekends. The month begins on a Tuesday.
std::vector<double> HourShares() {
  std::vector<double> shares(kHours);
  double sum = 0;
  for (uint32_t hour = 0; hour < kHours; ++hour) {
    const double angle = 2 * std::numbers::pi * (hour % 24 - 9.0) / 24;
    const uint32_t weekday = (hour / 24 + 1) % 7;
    sum += (2.5 + 1.5 * std::sin(angle)) * (weekday >= 5 ? 0.85 : 1);
    shares[hour] = sum;
  }
  for (double& share : shares) share /= sum;
  return shares;
}

uint32_t SessionStart(const std::vector<double>& shares, const Draw& draw) {
  const auto hour = std::lower_bound(shares.begin(), shares.end(), draw.Unit(0)) - shares.begin();
  return static_cast<uint32_t>(std::min<size_t>(hour, kHours - 1) * 3600 + draw.Below(1, 3600));
}

}  // namespace

std::vector<Hit> PlanHits(uint64_t rows, uint64_t seed, HitOrder order) {
  std::vector<Hit> hits;
  hits.reserve(rows);
  const std::vector<double> shares = HourShares();
  const uint64_t users = NumUsers(rows);
  // Users beyond the planned number come in only if the draws fell short.
  for (uint32_t user = 0; hits.size() < rows; ++user) {
    const Draw draw(seed, kUserKey, user);
    uint64_t views = 1 + static_cast<uint64_t>(draw.LogNormal(0, 0.65, 1.4));
    if (user < kBots) {
      views = 1 + static_cast<uint64_t>(static_cast<double>(rows) * 0.00029 *
                                        std::pow(user + 1, -0.83));
    } else {
      views = std::min<uint64_t>(views, 1 + rows / 5000);
    }
    if (user >= users && views > 8) views = 8;
    for (uint16_t session = 0; views > 0; ++session) {
      const Draw visit(seed, kPlanKey, user, session);
      // Geometric with mean 4.
      uint64_t length =
          1 + static_cast<uint64_t>(std::log(1 - visit.Unit(2)) / std::log(1 - 1 / 4.0));
      length = std::min({length, views, uint64_t{1000}});
      if (session == UINT16_MAX) length = std::min<uint64_t>(views, UINT16_MAX);
      views -= length;
      double seconds = SessionStart(shares, visit);
      for (uint16_t view = 0; view < length && hits.size() < rows; ++view) {
        if (view > 0) {
          seconds += std::min(1800.0, visit.LogNormal(10 + view, std::log(25.0), 1.3));
        }
        hits.push_back({.seconds = static_cast<uint32_t>(seconds) % kMonthSeconds,
                        .user = user,
                        .session = session,
                        .view = view});
      }
      if (session == UINT16_MAX) break;
    }
  }
  if (order == HitOrder::kTime) {
    std::sort(hits.begin(), hits.end(), [](const Hit& a, const Hit& b) {
      return std::tie(a.seconds, a.user, a.session, a.view) <
             std::tie(b.seconds, b.user, b.session, b.view);
    });
    return hits;
  }
  struct Keyed {
    uint32_t site, day;
    int64_t user_id;
    Hit hit;
  };
  std::vector<Keyed> keyed;
  keyed.reserve(hits.size());
  for (const Hit& hit : hits) {
    keyed.push_back(
        {SiteOf(seed, hit.user, hit.session), hit.seconds / 86400, UserId(seed, hit.user), hit});
  }
  hits = {};
  std::sort(keyed.begin(), keyed.end(), [](const Keyed& a, const Keyed& b) {
    return std::tie(a.site, a.day, a.user_id, a.hit.seconds, a.hit.session, a.hit.view) <
           std::tie(b.site, b.day, b.user_id, b.hit.seconds, b.hit.session, b.hit.view);
  });
  hits.reserve(keyed.size());
  for (const Keyed& k : keyed) hits.push_back(k.hit);
  return hits;
}

}  // namespace shale::bench
