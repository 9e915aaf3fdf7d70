// A product-analytics stream of 20 columns, seeded: `generate_events ROWS ndjson|csv [SEED]` writes
// it to standard output, in time order. Users, pages and campaigns are skewed (Zipf), sessions have
// gaps, 5 % of the rows carry a purchase.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "fmt/format.h"

namespace {

const char* kEvents[] = {"page_view",   "click",    "scroll",  "search",
                         "add_to_cart", "purchase", "sign_up", "play"};
const char* kCountries[] = {"US", "DE", "IN", "BR", "GB", "FR", "JP", "CA", "AU", "NL", "SE", "PL"};
const char* kDevices[] = {"desktop", "phone", "tablet", "tv"};
const char* kBrowsers[] = {"Chrome", "Safari", "Firefox", "Edge", "Samsung Internet"};
const char* kCampaigns[] = {"", "", "", "", "spring_sale", "newsletter_14", "brand", "retargeting"};

// The nearer to 1, the flatter; rank 0 is the most frequent.
size_t Skewed(std::mt19937_64& random, size_t count, double power) {
  double unit = std::uniform_real_distribution<double>(0, 1)(random);
  return std::min(count - 1,
                  static_cast<size_t>(static_cast<double>(count) * std::pow(unit, power)));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    fmt::print(stderr, "usage: generate_events ROWS ndjson|csv [SEED]\n");
    return 2;
  }
  const int64_t rows = std::atoll(argv[1]);
  const bool ndjson = std::string_view(argv[2]) == "ndjson";
  std::mt19937_64 random(argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1);
  std::string out;
  if (!ndjson) {
    out +=
        "event_id,ts,event,user_id,session_id,url,referrer,title,country,device,browser,campaign,"
        "screen_width,"
        "screen_height,duration_ms,price,quantity,is_new,locale,app_version\n";
  }
  const size_t users = static_cast<size_t>(rows / 12 + 10);
  int64_t micros = 1'767'225'600'000'000;  // 2026-01-01
  for (int64_t i = 0; i < rows; ++i) {
    micros += static_cast<int64_t>(random() % 400'000);
    size_t user = Skewed(random, users, 2.5);
    size_t page = Skewed(random, 20'000, 3);
    size_t event = Skewed(random, 8, 2);
    bool purchase = event == 5;
    std::string id = fmt::format("{:016x}{:016x}", random(), random());
    std::string uuid = fmt::format("{}-{}-{}-{}-{}", id.substr(0, 8), id.substr(8, 4),
                                   id.substr(12, 4), id.substr(16, 4), id.substr(20, 12));
    int64_t seconds = micros / 1'000'000;
    int64_t days = seconds / 86400;
    // Civil date from days (Howard Hinnant, chrono-Compatible Low-Level Date Algorithms).
    int64_t z = days + 719468, era = z / 146097, doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365,
            doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153, day = doy - (153 * mp + 2) / 5 + 1,
            month = mp < 10 ? mp + 3 : mp - 9;
    int64_t year = yoe + era * 400 + (month <= 2);
    int64_t rest = seconds % 86400;
    std::string ts = fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:03}", year, month, day,
                                 rest / 3600, rest / 60 % 60, rest % 60, micros / 1000 % 1000);
    std::string url = fmt::format("https://shop.example.com/c/{}/item-{}", page % 37, page);
    std::string referrer =
        random() % 3 ? fmt::format("https://www.search{}.example/?q=item", page % 5) : "";
    std::string title = fmt::format("Item {} of category {}", page, page % 37);
    std::string session = fmt::format("s{:x}-{}", user, seconds / 1800);
    double price = purchase ? static_cast<double>(100 + page % 9000) / 100 : 0;
    const char* campaign = kCampaigns[Skewed(random, 8, 1.5)];
    const char* country = kCountries[user * 7 % 12];
    const char* device = kDevices[user % 11 < 6 ? 1 : user % 4];
    const char* browser = kBrowsers[user % 5];
    int width = device[0] == 'p' ? 390 : 1920, height = device[0] == 'p' ? 844 : 1080;
    int64_t duration = static_cast<int64_t>(random() % 30'000);
    const char* is_new = user % 9 == 0 ? "true" : "false";
    const char* locale = user % 3 ? "en-US" : "de-DE";
    std::string version = fmt::format("4.{}.0", user % 7);
    fmt::format_to(
        std::back_inserter(out),
        fmt::runtime(
            ndjson ? "{{\"event_id\":\"{}\",\"ts\":\"{}\",\"event\":\"{}\",\"user_id\":{},"
                     "\"session_id\":\"{}\",\"url\":\"{}\","
                     "\"referrer\":\"{}\",\"title\":\"{}\",\"country\":\"{}\",\"device\":\"{}\","
                     "\"browser\":\"{}\","
                     "\"campaign\":\"{}\",\"screen_width\":{},\"screen_height\":{},\"duration_ms\":"
                     "{},\"price\":{:.2f},"
                     "\"quantity\":{},\"is_new\":{},\"locale\":\"{}\",\"app_version\":\"{}\"}}\n"
                   : "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{:.2f},{},{},{},{}\n"),
        uuid, ts, kEvents[event], user, session, url, referrer, title, country, device, browser,
        campaign, width, height, duration, price, purchase ? 1 + page % 3 : 0, is_new, locale,
        version);
    if (out.size() > (1 << 20)) {
      std::fwrite(out.data(), 1, out.size(), stdout);
      out.clear();
    }
  }
  std::fwrite(out.data(), 1, out.size(), stdout);
  return 0;
}
