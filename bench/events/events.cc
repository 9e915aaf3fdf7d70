#include "bench/events/events.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string_view>
#include <tuple>

#include "bench/rows/skew.h"
#include "fmt/format.h"

namespace shale::bench {
namespace {

enum EventKey : uint64_t { kUserKey = 11, kVisitKey, kStepKey, kPageKey, kPlanKey };

constexpr int64_t kFirstDayMillis = int64_t{20'485} * 86'400'000;  // 2026-02-01
constexpr int64_t kDays = 60;
constexpr double kEventsAUser = 12;

// What the funnel's steps are called, and what else happens.
constexpr std::string_view kFunnel[] = {"page_view", "product_view", "add_to_cart", "checkout",
                                        "purchase"};
constexpr std::string_view kOthers[] = {
    "page_view", "scroll",     "click",      "search",       "product_view", "filter",
    "hover",     "video_play", "video_stop", "share",        "wishlist_add", "coupon_apply",
    "login",     "logout",     "sign_up",    "review_write", "review_read",  "chat_open",
    "chat_send", "download",   "print",      "error",        "form_start",   "form_submit",
    "banner",    "push_open",  "email_open", "app_install",  "subscribe",    "unsubscribe"};
constexpr std::string_view kSources[] = {"search", "social", "newsletter", "partner", "display"};
constexpr std::string_view kMedia[] = {"cpc", "organic", "email", "banner"};
constexpr std::string_view kCountries[] = {"US", "DE", "IN", "BR", "GB", "FR", "JP", "CA",
                                           "AU", "NL", "SE", "PL", "ES", "IT", "MX", "KR",
                                           "CH", "AT", "BE", "DK", "NO", "FI", "PT", "IE"};
constexpr std::string_view kDevices[] = {"phone", "desktop", "tablet", "tv"};
constexpr std::string_view kBrowsers[] = {"Chrome", "Safari",           "Firefox",
                                          "Edge",   "Samsung Internet", "Opera"};
constexpr std::string_view kPlans[] = {"free", "basic", "pro", "team", "enterprise"};
constexpr std::string_view kVariants[] = {"control", "treatment"};
constexpr std::string_view kSyllables[] = {"ka", "ro",  "mi", "ta", "le",  "no",  "sha", "ve",
                                           "di", "pro", "ga", "zu", "bel", "tor", "in",  "es"};
constexpr std::string_view kNoText;

// How many of the funnel's steps a session takes.
size_t FunnelDepth(const Draw& visit) {
  constexpr double kGoesOn[] = {1, 0.45, 0.3, 0.5, 0.6};
  size_t depth = 0;
  while (depth < std::size(kFunnel) && visit.Chance(30 + depth, kGoesOn[depth])) ++depth;
  return depth;
}

template <size_t N>
std::string_view Pick(const std::string_view (&names)[N], uint64_t index) {
  return names[std::min<uint64_t>(index, N - 1)];
}

}  // namespace

const TableSpec& EventsTable() {
  constexpr FieldType kB = FieldType::kBigInt, kI = FieldType::kInteger, kT = FieldType::kText,
                      kTime = FieldType::kMillis;
  static const TableSpec* table = new TableSpec{.name = "events",
                                                .fields = {{"event_id", kB},
                                                           {"ts", kTime},
                                                           {"received_at", kTime},
                                                           {"user_id", kB},
                                                           {"session_id", kB},
                                                           {"event", kT},
                                                           {"url", kT},
                                                           {"referrer", kT},
                                                           {"utm_source", kT},
                                                           {"utm_medium", kT},
                                                           {"utm_campaign", kT},
                                                           {"country", kT},
                                                           {"region", kT},
                                                           {"device", kT},
                                                           {"browser", kT},
                                                           {"price", FieldType::kDouble},
                                                           {"quantity", kI},
                                                           {"plan", kT},
                                                           {"variant", kT},
                                                           {"duration_ms", kI}},
                                                .time = "ts",
                                                .partition = "WEEK",
                                                .order = {"user_id", "ts"}};
  return *table;
}

std::vector<Event> PlanEvents(uint64_t rows, uint64_t seed) {
  std::vector<Event> events;
  events.reserve(rows + 16);
  const auto users = static_cast<uint32_t>(static_cast<double>(rows) / kEventsAUser + 20);
  for (uint32_t user = 0; events.size() < rows; ++user) {
    const Draw draw(seed, kPlanKey, user);
    // Users appear over the first days and come back less and less.
    const double first = draw.Unit(0) * (kDays - 1);
    auto sessions = 1 + static_cast<uint64_t>(draw.LogNormal(1, 0.2, 0.9));
    if (user >= users) sessions = 1;
    double day = first;
    for (uint16_t session = 0; session < std::min<uint64_t>(sessions, 60'000); ++session) {
      const Draw visit(seed, kVisitKey, user, session);
      if (session > 0) day += -std::log(1 - visit.Unit(0)) * 4;
      if (day >= kDays) break;
      const double hour =
          12 + 7 * std::sin(visit.Unit(1) * std::numbers::pi - 1.57) + 4 * (visit.Unit(2) - 0.5);
      double millis = (std::floor(day) * 24 + std::clamp(hour, 0.0, 23.5)) * 3'600'000 +
                      visit.Unit(3) * 600'000;
      const uint64_t steps =
          FunnelDepth(visit) + static_cast<uint64_t>(-std::log(1 - visit.Unit(4)) * 2.5);
      for (uint16_t step = 0; step < std::max<uint64_t>(steps, 1); ++step) {
        const Draw event(seed, kStepKey, user, (uint64_t{session} << 16) | step);
        if (step > 0) millis += 1000 * std::min(1500.0, event.LogNormal(0, 3.2, 1.2));
        Event made{.millis = static_cast<int64_t>(millis),
                   .arrival_millis = static_cast<int64_t>(millis) + 50 +
                                     static_cast<int64_t>(event.Below(1, 2000)),
                   .user = user,
                   .session = session,
                   .step = step};
        if (event.Chance(2, 0.05)) {
          made.arrival_millis += static_cast<int64_t>(event.LogNormal(3, 14.5, 1.5));
        }
        events.push_back(made);
        if (event.Chance(4, 0.01)) {
          made.arrival_millis += 1000 + static_cast<int64_t>(event.Below(5, 60'000));
          events.push_back(made);
        }
      }
    }
  }
  events.resize(rows);
  std::sort(events.begin(), events.end(), [](const Event& a, const Event& b) {
    return std::tie(a.arrival_millis, a.user, a.session, a.step) <
           std::tie(b.arrival_millis, b.user, b.session, b.step);
  });
  return events;
}

EventMaker::EventMaker(uint64_t rows, uint64_t seed) : rows_(rows), seed_(seed) {
  const Draw draw(seed, kPageKey);
  for (uint64_t i = 0; i < 5000; ++i) {
    std::string name;
    for (uint64_t part = 0, parts = 2 + draw.Below(i * 8, 3); part < parts; ++part) {
      name += kSyllables[draw.Below(i * 8 + 1 + part, std::size(kSyllables))];
    }
    names_.push_back(name);
  }
}

void EventMaker::AppendPage(uint64_t page, std::string* out) const {
  *out += "https://shop.example.com/";
  if (page == 0) return;
  const Draw draw(seed_, kPageKey, page);
  fmt::format_to(std::back_inserter(*out), "{}/{}/{}-{}-{}", names_[draw.Below(0, 40)],
                 names_[draw.Below(1, 600)], names_[draw.Below(2, names_.size())],
                 names_[draw.Below(3, names_.size())], page);
  if (draw.Chance(4, 0.2)) fmt::format_to(std::back_inserter(*out), "?color={}", draw.Below(5, 12));
}

Status EventMaker::Write(const Event& event, RowWriter* out) {
  const Draw user(seed_, kUserKey, event.user), visit(seed_, kVisitKey, event.user, event.session);
  auto step_draw = [&](uint16_t step) {
    return Draw(seed_, kStepKey, event.user, (uint64_t{event.session} << 16) | step);
  };
  // Pages: a tenth of the views is the front page, the rest falls slowly over many products.
  auto page_of = [&](uint16_t step) {
    const Draw draw = step_draw(step);
    return draw.Chance(20, 0.1) ? 0 : 1 + draw.Zipf(21, rows_ / 50 + 100, 0.85);
  };
  const Draw draw = step_draw(event.step);
  const size_t depth = FunnelDepth(visit);
  const std::string_view name = event.step < depth
                                    ? kFunnel[event.step]
                                    : Pick(kOthers, draw.Zipf(22, std::size(kOthers), 0.9));
  const bool purchase = name == "purchase";
  const bool paid = visit.Chance(40, 0.35);
  url_.clear(), referrer_.clear(), campaign_.clear();
  AppendPage(page_of(event.step), &url_);
  if (event.step > 0) {
    AppendPage(page_of(static_cast<uint16_t>(event.step - 1)), &referrer_);
  } else if (visit.Chance(41, 0.6)) {
    fmt::format_to(std::back_inserter(referrer_), "https://www.{}.example/?q={}",
                   names_[visit.Zipf(42, 300, 1.1)], names_[visit.Zipf(43, 5000, 0.8)]);
  }
  if (paid) {
    fmt::format_to(std::back_inserter(campaign_), "{}_{}", names_[visit.Zipf(44, 200, 1.0)],
                   2026 - visit.Below(45, 2));
  }
  const uint64_t country = user.Zipf(50, std::size(kCountries), 1.0);

  out->Integer(static_cast<int64_t>(draw.Bits(60) >> 1));
  out->Time(kFirstDayMillis + event.millis);
  out->Time(kFirstDayMillis + event.arrival_millis);
  out->Integer(static_cast<int64_t>(user.Bits(51) >> 20));
  out->Integer(static_cast<int64_t>(visit.Bits(46) >> 8));
  out->Text(name);
  out->Text(url_);
  out->Text(referrer_);
  out->Text(paid ? Pick(kSources, visit.Zipf(47, std::size(kSources), 0.8)) : kNoText);
  out->Text(paid ? Pick(kMedia, visit.Zipf(48, std::size(kMedia), 0.8)) : kNoText);
  out->Text(campaign_);
  out->Text(kCountries[country]);
  const std::string& region = names_[country * 20 + user.Zipf(52, 20, 0.7)];
  out->Text(region);
  out->Text(Pick(kDevices, user.Zipf(53, std::size(kDevices), 1.2)));
  out->Text(Pick(kBrowsers, user.Zipf(54, std::size(kBrowsers), 1.0)));
  out->Hundredths(purchase ? 299 + 100 * static_cast<int64_t>(draw.LogNormal(61, 3, 0.8)) : 0);
  out->Integer(purchase ? 1 + static_cast<int64_t>(draw.Zipf(62, 9, 1.5)) : 0);
  out->Text(Pick(kPlans, user.Zipf(55, std::size(kPlans), 1.3)));
  out->Text(kVariants[user.Below(56, 2)]);
  out->Integer(static_cast<int64_t>(std::min(draw.LogNormal(63, 8.5, 1.3), 3e6)));
  return out->EndRow();
}

}  // namespace shale::bench
