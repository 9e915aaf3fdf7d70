#include <string_view>

#include "bench/hits/hit_keys.h"
#include "bench/hits/hits.h"
#define XXH_INLINE_ALL
#include "fmt/format.h"
#include "xxhash.h"

namespace shale::bench {
namespace {

constexpr int64_t kMonthDay = 15888;  // 2013-07-02
constexpr int64_t kMonthMillis = kMonthDay * 86'400'000;
constexpr size_t kWords = 30'000;

constexpr std::string_view kLatin[] = {"ka", "ro", "mi",  "ta", "le", "no",  "sha",
                                       "ve", "di", "pro", "ga", "zu", "bel", "tor",
                                       "in", "es", "ar",  "on", "ly", "ch"};
constexpr std::string_view kCyrillic[] = {"ка", "ро", "ми",  "та", "ле", "но",  "ша",
                                          "ве", "ди", "про", "га", "зу", "бел", "тор",
                                          "ин", "ес", "ар",  "он", "ны", "ст"};
constexpr std::string_view kEndings[] = {"", ".html", ".php", "/", ".aspx", "/index.html"};
constexpr std::string_view kParameters[] = {"id",  "page", "cat", "sort", "utm",
                                            "ref", "p",    "q",   "from", "item"};
constexpr std::string_view kEngines[] = {"yandex.example/search?text=", "search.example/?q=",
                                         "google.example/search?q=", "find.example/go?w="};
constexpr std::string_view kNoText;

int64_t Hash(std::string_view text) {
  return static_cast<int64_t>(XXH3_64bits(text.data(), text.size()));
}

// 18 values, about .64 .18 .072 .062 .015 …
int64_t AdvEngine(double unit) {
  constexpr double kShares[] = {0.64, 0.18, 0.072, 0.062, 0.015};
  int64_t value = 2;
  for (double share : kShares) {
    if (unit < share) return value;
    unit -= share;
    value += 5;
  }
  return value + static_cast<int64_t>(unit / 0.031 * 13);
}

}  // namespace

// A user's page of a site. The front page is number 0 of each site.
struct HitMaker::Page {
  uint32_t site;
  uint64_t number;
};

struct HitMaker::Person {
  Draw draw;
  int64_t user_id;
  int16_t region;
  bool mobile;
};

struct HitMaker::Visit {
  Draw draw;
  uint32_t user;
  uint16_t session;
  uint32_t site;
  bool searching;
};

HitMaker::HitMaker(uint64_t rows, uint64_t seed) : rows_(rows), seed_(seed) {
  const Draw draw(seed, kTextKey);
  for (size_t i = 0; i < kWords; ++i) {
    std::string latin, cyrillic;
    for (uint64_t part = 0, parts = 1 + draw.Below(i * 8, 4); part < parts; ++part) {
      latin += kLatin[draw.Below(i * 8 + 1 + part, std::size(kLatin))];
      cyrillic += kCyrillic[draw.Below(i * 8 + 1 + part, std::size(kCyrillic))];
    }
    words_.push_back(latin);
    cyrillic_words_.push_back(cyrillic);
  }
}

HitMaker::Person HitMaker::PersonOf(uint32_t user) const {
  const Draw draw(seed_, kUserKey, user);
  return {.draw = draw,
          .user_id = UserId(seed_, user),
          .region = static_cast<int16_t>(draw.Zipf(3, 5000, 1.12) * 37 % 5000 + 1),
          .mobile = draw.Chance(4, 0.055)};
}

HitMaker::Visit HitMaker::VisitOf(uint32_t user, uint16_t session) const {
  const Draw draw(seed_, kVisitKey, user, session);
  return {.draw = draw,
          .user = user,
          .session = session,
          .site = SiteOf(seed_, user, session),
          .searching = draw.Chance(5, 0.1317)};
}

HitMaker::Page HitMaker::PageOf(const Visit& visit, uint16_t view) const {
  Draw draw(seed_, kViewKey, visit.user, (uint64_t{visit.session} << 16) | view);
  // A refresh shows the page before.
  while (view > 0 && draw.Chance(0, 0.1)) {
    --view;
    draw = Draw(seed_, kViewKey, visit.user, (uint64_t{visit.session} << 16) | view);
  }
  if (draw.Chance(1, 0.29)) return {visit.site, 0};
  // The site's share of the two pools of pages: a small one often seen, a large one hardly.
  const Draw site(seed_, kSiteKey, visit.site);
  uint64_t rank = (visit.site + kSites - 1) % kSites;
  // 2417 * 5753 = 1 modulo 6500.
  rank = rank * 5753 % kSites;
  const double share =
      visit.site == kDashboardSite ? kDashboardShare : 1 / (9.36 * (static_cast<double>(rank) + 1));
  const double scale = static_cast<double>(rows_) * share;
  if (draw.Chance(2, 0.06)) {
    const uint64_t pages = 1 + static_cast<uint64_t>(scale * 0.08);
    return {visit.site, 1 + draw.Zipf(3, pages, 1.05)};
  }
  const uint64_t pages = 1 + static_cast<uint64_t>(scale * 0.5);
  return {visit.site, 1'000'000'000 + draw.Zipf(3, pages, 0.55)};
}

void HitMaker::AppendWords(uint64_t key, size_t size_bytes, bool cyrillic, std::string_view gap,
                           std::string* out) const {
  const Draw draw(seed_, kTextKey, key);
  const std::vector<std::string>& words = cyrillic ? cyrillic_words_ : words_;
  const size_t end = out->size() + size_bytes;
  for (uint64_t k = 0; out->size() < end; ++k) {
    if (k > 0) *out += gap;
    *out += words[draw.Zipf(k, kWords, 0.9)];
  }
}

void HitMaker::AppendHost(uint64_t site, std::string* out) const {
  const Draw draw(seed_, kSiteKey, site);
  if (draw.Chance(7, 0.4)) *out += "www.";
  AppendWords(draw.Bits(8), 4 + draw.Below(9, 10), false, kNoText, out);
  fmt::format_to(std::back_inserter(*out), "{}.{}", site, draw.Chance(10, 0.8) ? "ru" : "com");
}

void HitMaker::AppendUrl(const Page& page, std::string* out) const {
  const size_t begin = out->size();
  *out += "http://";
  AppendHost(page.site, out);
  *out += '/';
  if (page.number == 0) return;
  const Draw draw(seed_, kPageKey, page.site, page.number);
  const size_t size = static_cast<size_t>(draw.LogNormal(0, 4.28, 0.5));
  if (draw.Chance(1, 0.00022)) *out += "google/";
  const uint64_t segments = 1 + draw.Below(2, 5);
  // Folders come from a few of the site; what follows is the page's own.
  for (uint64_t i = 0; i + 1 < segments && out->size() - begin < size; ++i) {
    const Draw folder(seed_, kSiteKey, page.site, 100 + i);
    AppendWords(folder.Bits(draw.Zipf(10 + i, 20, 0.9)), 5, false, "-", out);
    *out += '/';
  }
  AppendWords(draw.Bits(3), 6 + draw.Below(4, 12), false, draw.Chance(5, 0.5) ? "_" : "-", out);
  fmt::format_to(std::back_inserter(*out), "-{}", draw.Bits(6) % 10'000'000);
  if (draw.Chance(7, 0.3)) {
    char before = '?';
    do {
      fmt::format_to(std::back_inserter(*out), "{}{}={}", before,
                     kParameters[draw.Below(20 + out->size(), std::size(kParameters))],
                     draw.Below(21 + out->size(), 100'000));
      before = '&';
    } while (out->size() - begin < size);
  } else {
    while (out->size() - begin + 8 < size) {
      *out += '/';
      AppendWords(draw.Bits(40 + out->size()), 8, false, "-", out);
    }
    *out += kEndings[draw.Below(8, std::size(kEndings))];
  }
}

void HitMaker::AppendTitle(const Page& page, std::string* out) const {
  const Draw draw(seed_, kPageKey, page.site, page.number);
  if (draw.Chance(50, 0.15)) return;
  const bool cyrillic = draw.Chance(51, 0.5);
  if (draw.Chance(52, 0.0005)) *out += "Google ";
  const double size = draw.LogNormal(53, 4.05, 0.45);
  AppendWords(draw.Bits(54), static_cast<size_t>(size), cyrillic, " ", out);
  *out += " - ";
  AppendWords(Draw(seed_, kSiteKey, page.site).Bits(60), 12, cyrillic, " ", out);
}

void HitMaker::AppendPhrase(const Visit& visit, uint16_t view, std::string* out) const {
  const Draw draw(seed_, kViewKey, visit.user, (uint64_t{visit.session} << 16) | view);
  uint64_t phrase =
      draw.Chance(30, 0.019) ? draw.Zipf(31, 10, 0.65) : 10 + draw.Zipf(31, rows_ / 10 + 1, 0.6);
  const Draw text(seed_, kTextKey, phrase, 1);
  AppendWords(text.Bits(0), 6 + text.Below(1, 36), text.Chance(2, 0.8), " ", out);
}

void HitMaker::AppendReferer(const Visit& visit, uint16_t view, std::string* out) const {
  const Draw draw(seed_, kViewKey, visit.user, (uint64_t{visit.session} << 16) | view);
  if (view > 0 && draw.Chance(20, 0.6)) {
    AppendUrl(PageOf(visit, static_cast<uint16_t>(view - 1)), out);
  } else if (draw.Chance(21, 0.45)) {
    // None.
  } else if (visit.searching && draw.Chance(22, 0.8)) {
    *out += "http://www.";
    *out += kEngines[draw.Zipf(23, std::size(kEngines), 1.2)];
    AppendPhrase(visit, view, out);
    for (char& c : *out) {
      if (c == ' ') c = '+';
    }
  } else {
    const uint64_t page = draw.Zipf(24, 200'000, 1.1);
    AppendUrl({static_cast<uint32_t>(10'000 + Mix(page) % 3000), page % 5 == 0 ? 0 : page + 1},
              out);
  }
}

Status HitMaker::Write(const Hit& hit, RowWriter* out) {
  const Person person = PersonOf(hit.user);
  const Visit visit = VisitOf(hit.user, hit.session);
  const Page page = PageOf(visit, hit.view);
  const Draw view(seed_, kViewKey, hit.user, (uint64_t{hit.session} << 16) | hit.view);
  const Draw user = person.draw;
  const int64_t millis = kMonthMillis + int64_t{hit.seconds} * 1000;
  auto pick = [](const Draw& draw, uint64_t k, uint64_t n, double power) {
    return static_cast<int64_t>(draw.Zipf(k, n, power));
  };
  auto rare = [&](uint64_t k, double share, int64_t value) {
    out->Integer(view.Chance(k, share) ? value : 0);
  };
  auto constant = [&](int count, int64_t value) {
    for (int i = 0; i < count; ++i) out->Integer(value);
  };
  auto none = [&](int count) {
    for (int i = 0; i < count; ++i) out->Text(kNoText);
  };
  // A timing in milliseconds, measured on a share of the views.
  auto timing = [&](uint64_t k, double share, double mu) {
    out->Integer(
        view.Chance(k, share)
            ? std::min<int64_t>(static_cast<int64_t>(view.LogNormal(k + 1, mu, 1.2)), 60'000)
            : 0);
  };
  // A short text of a few values on a share of the views.
  auto sparse = [&](uint64_t k, double share, uint64_t values) {
    small_.clear();
    if (visit.draw.Chance(k, share)) {
      AppendWords(1'000 * k + visit.draw.Zipf(k + 1, values, 1.0), 6, false, "_", &small_);
    }
    out->Text(small_);
  };

  url_.clear(), title_.clear(), referer_.clear(), phrase_.clear();
  AppendUrl(page, &url_);
  AppendTitle(page, &title_);
  AppendReferer(visit, hit.view, &referer_);
  if (visit.searching) AppendPhrase(visit, hit.view, &phrase_);
  const bool refresh = hit.view > 0 && view.Chance(0, 0.1);
  const bool internal = !referer_.empty() && hit.view > 0 && view.Chance(20, 0.6);
  const int64_t address =
      view.Chance(26, 0.05)
          ? static_cast<int64_t>(Mix(visit.draw.Zipf(27, 20'000, 0.7) + 77))
          : static_cast<int64_t>(visit.draw.Chance(28, 0.15) ? visit.draw.Bits(29) : user.Bits(29));
  const int64_t width = 1024 + pick(user, 30, 40, 0.35) * 32;
  int64_t source = internal ? -1 : 0;
  if (!internal && !phrase_.empty()) source = 2;
  if (!internal && phrase_.empty() && !referer_.empty()) source = 1 + pick(view, 32, 8, 1.2);
  int64_t engine = 0;
  if (!phrase_.empty()) {
    const double unit = visit.draw.Unit(33);
    engine = unit < 0.6 ? 2 : unit < 0.85 ? 3 : 4 + pick(visit.draw, 34, 30, 1.0);
  }
  const bool script = !user.Chance(35, 0.01), flash = user.Chance(36, 0.8);
  const bool silver = user.Chance(37, 0.45);
  const int64_t phone = person.mobile ? 1 + pick(user, 38, 60, 2.0) : 0;

  out->Integer(static_cast<int64_t>(view.Bits(40)));  // WatchID
  out->Integer(user.Chance(41, 0.67));
  out->Text(title_);
  constant(1, 1);  // GoodEvent
  out->Time(millis);
  out->Date(kMonthDay + hit.seconds / 86400);
  out->Integer(visit.site);
  out->Integer(static_cast<int32_t>(address));
  out->Integer(person.region);
  out->Integer(person.user_id);
  constant(1, 0);
  out->Integer(pick(user, 42, 90, 1.3));  // OS
  out->Integer(pick(user, 43, 80, 1.2));  // UserAgent
  out->Text(url_);
  out->Text(referer_);
  out->Integer(refresh);
  const Draw site(seed_, kSiteKey, page.site);
  out->Integer(referer_.empty() ? 0
               : internal       ? 10'000 + pick(site, 44, 200, 1)
                                : pick(view, 45, 200, 1.3));
  out->Integer(referer_.empty() ? 0 : internal ? pick(site, 46, 300, 1) : pick(view, 47, 300, 1.3));
  out->Integer(10'000 + pick(site, 44, 200, 1));
  out->Integer(pick(site, 46, 300, 1));
  out->Integer(width);
  out->Integer(width * 9 / 16 + pick(user, 48, 8, 1) * 20);
  out->Integer(user.Chance(49, 0.7) ? 37 : 23);
  out->Integer(flash ? 15 - pick(user, 50, 4, 2) : 0);
  out->Integer(flash ? pick(user, 51, 12, 1) : 0);
  small_.clear();
  if (flash) fmt::format_to(std::back_inserter(small_), "{}00", 7 + pick(user, 52, 30, 1.5));
  out->Text(small_);
  const bool net = user.Chance(53, 0.09);
  out->Integer(net ? 2 : 0);
  out->Integer(net && user.Chance(54, 0.9) ? 7 : 0);
  out->Integer(5 + pick(user, 55, 60, 0.8));
  small_.clear();
  small_ += static_cast<char>('A' + pick(user, 56, 26, 1.6));
  small_ += static_cast<char>('a' + pick(user, 57, 20, 1.6));
  out->Text(small_);
  out->Integer(!user.Chance(58, 0.013));
  out->Integer(script);
  out->Integer(person.mobile);
  out->Integer(phone);
  small_.clear();
  if (person.mobile) {
    const int64_t model = user.Chance(59, 0.92) ? 0 : 1 + pick(user, 60, 164, 0.8);
    if (model == 0) {
      small_ = "iPad";
    } else {
      AppendWords(static_cast<uint64_t>(500'000 + model), 5, false, "-", &small_);
    }
  }
  out->Text(small_);
  none(1);  // Params
  out->Integer(1'000'000 + pick(user, 61, 3'000'000, 0.4));
  out->Integer(source);
  out->Integer(engine);
  out->Text(phrase_);
  out->Integer(visit.draw.Chance(62, 0.0063) ? AdvEngine(visit.draw.Unit(63)) : 0);
  out->Integer(script && user.Chance(64, 0.02));  // IsArtifical
  out->Integer(width - static_cast<int64_t>(user.Below(65, 60)));
  out->Integer(300 + static_cast<int64_t>(user.Below(66, 400) + user.Below(67, 400)));
  out->Integer(user.Chance(68, 0.85) ? 135 : 60 + 15 * pick(user, 69, 24, 1));
  const int64_t skew = static_cast<int64_t>(user.Below(70, 7200)) - 3600;
  out->Time(user.Chance(71, 0.02) ? int64_t{hit.seconds} * 1000 : millis + skew * 1000);
  out->Integer(silver ? 5 - pick(user, 72, 4, 2) : 0);
  out->Integer(silver ? pick(user, 73, 2, 1) : 0);
  out->Integer(silver ? 10'000 + pick(user, 74, 50, 1.2) * 431 : 0);
  rare(75, 0.0005, 6);
  out->Text(script ? std::string_view("windows-1251;charset") : kNoText);
  out->Integer(script ? 1601 : 0);
  rare(76, 0.05, 1);   // IsLink
  rare(77, 0.005, 1);  // IsDownload
  out->Integer(hit.view > 0 && view.Chance(78, 0.3));
  out->Integer(user.Chance(79, 0.06) ? 0 : static_cast<int64_t>(user.Bits(80)));
  small_.clear();
  if (visit.draw.Chance(81, 0.04)) AppendUrl({visit.site, 1 + visit.draw.Zipf(82, 50, 1)}, &small_);
  out->Text(small_);
  out->Integer(script ? static_cast<int64_t>(view.Below(83, 1u << 30)) : 0);  // HID
  constant(3, 0);     // IsOldCounter … IsParameter
  rare(84, 0.05, 1);  // DontCountHits
  constant(1, 0);     // WithHash
  out->Text(view.Chance(85, 0.99) ? "5" : "g");
  out->Time(millis + (user.Chance(68, 0.85) ? 4 : 6) * 3'600'000);
  const bool known = user.Chance(86, 0.8);
  out->Integer(known ? 18 + pick(user, 87, 5, 0.5) * 10 : 0);
  out->Integer(known ? 1 + pick(user, 88, 2, 0.1) : 0);
  out->Integer(known ? 1 + pick(user, 89, 3, 0.8) : 0);
  out->Integer(known ? pick(user, 90, 400, 1.0) : 0);
  out->Integer(pick(user, 91, 150, 1.1));  // Robotness
  out->Integer(static_cast<int32_t>(Mix(static_cast<uint64_t>(address))));
  out->Integer(view.Chance(92, 0.001) ? static_cast<int64_t>(view.Below(93, 30'000)) : -1);
  constant(1, -1);
  out->Integer(view.Chance(94, 0.001) ? static_cast<int64_t>(view.Below(95, 50)) : -1);
  out->Text(user.Chance(96, 0.97) ? "S0" : user.Chance(97, 0.5) ? "E3" : "Ee");
  out->Text(user.Chance(98, 0.61) ? "RU" : user.Chance(99, 0.96) ? "UA" : "BY");
  none(2);
  constant(2, 0);  // HTTPError, SendTiming
  timing(101, 0.03, 2.5);
  timing(103, 0.07, 3.5);
  timing(105, 0.32, 5.2);
  timing(107, 0.30, 4.0);
  timing(109, 0.20, 4.5);
  rare(111, 0.0003, 1);
  none(1);         // SocialSourcePage
  constant(1, 0);  // ParamPrice
  none(1);
  out->Text("NH");
  constant(1, 0);
  sparse(112, 0.004, 4);
  sparse(112, 0.004, 50);
  sparse(114, 0.004, 300);
  sparse(116, 0.004, 6);
  sparse(118, 0.01, 30);
  sparse(118, 0.01, 8);
  sparse(118, 0.01, 200);
  sparse(120, 0.005, 20);
  sparse(122, 0.005, 500);
  none(1);  // FromTag
  rare(124, 0.017, 1);
  const bool dashboard = visit.site == kDashboardSite;
  out->Integer(dashboard && referer_.empty() ? kNamedRefererHash : Hash(referer_));
  out->Integer(dashboard && page.number == 0 ? kNamedUrlHash : Hash(url_));
  constant(1, 0);
  return out->EndRow();
}

}  // namespace shale::bench
