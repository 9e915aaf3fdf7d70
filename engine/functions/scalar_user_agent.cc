// What a User-Agent text says: browser, operating system, kind of device, robot or not.
//
// Tables of marks in order of precedence, each a plain text to look for: browsers name those that
// they imitate, so the imitator stands before what it imitates (Edge before Chrome, Chrome before
// Safari). They cover what makes up nearly all traffic; the rest is 'Other'. Nothing here is an
// expression that could take long, and over a dictionary each text is looked at once.
#include <string>

#include "engine/functions/families.h"
#include "engine/functions/kernels.h"
#include "engine/functions/row_kernel.h"
#include "engine/functions/scalar_like.h"
#include "engine/functions/utf8.h"

namespace shale {
namespace {

struct Mark {
  std::string_view mark;     // that must occur
  std::string_view name;     // what it is then
  std::string_view version;  // the text in front of the version; empty: the mark
};

constexpr Mark kBrowsers[] = {
    {"EdgiOS/", "Edge", ""},
    {"EdgA/", "Edge", ""},
    {"Edg/", "Edge", ""},
    {"Edge/", "Edge", ""},
    {"OPiOS/", "Opera", ""},
    {"OPT/", "Opera", ""},
    {"OPR/", "Opera", ""},
    {"Opera Mini/", "Opera Mini", ""},
    {"Opera", "Opera", "Version/"},
    {"YaBrowser/", "Yandex", ""},
    {"YaSearchBrowser/", "Yandex", ""},
    {"Vivaldi/", "Vivaldi", ""},
    {"Brave/", "Brave", ""},
    {"SamsungBrowser/", "Samsung Internet", ""},
    {"UCBrowser/", "UC Browser", ""},
    {"MiuiBrowser/", "Miui Browser", ""},
    {"HuaweiBrowser/", "Huawei Browser", ""},
    {"DuckDuckGo/", "DuckDuckGo", ""},
    {"Whale/", "Whale", ""},
    {"MicroMessenger/", "WeChat", ""},
    {"FBAV/", "Facebook", ""},
    {"Instagram ", "Instagram", ""},
    {"musical_ly", "TikTok", "_"},
    {"BytedanceWebview", "TikTok", ""},
    {"GSA/", "Google App", ""},
    {"FxiOS/", "Firefox", ""},
    {"Focus/", "Firefox Focus", ""},
    {"SeaMonkey/", "SeaMonkey", ""},
    {"Firefox/", "Firefox", ""},
    {"CriOS/", "Chrome", ""},
    {"HeadlessChrome/", "Headless Chrome", ""},
    {"Electron/", "Electron", ""},
    {"; wv)", "Android WebView", "Chrome/"},
    {"Chromium/", "Chromium", ""},
    {"Chrome/", "Chrome", ""},
    {"MSIE ", "Internet Explorer", ""},
    {"Trident/", "Internet Explorer", "rv:"},
    {"Android", "Android Browser", "Version/"},
    {"Mobile/", "Safari", "Version/"},
    {"Safari/", "Safari", "Version/"},
    {"curl/", "curl", ""},
    {"Wget/", "Wget", ""},
};

constexpr Mark kSystems[] = {
    {"Windows Phone", "Windows Phone", "Windows Phone "},
    {"Xbox", "Xbox", ""},
    {"Windows NT 10.0", "Windows", "Windows NT "},
    {"Windows NT", "Windows", "Windows NT "},
    {"Windows", "Windows", "Windows "},
    {"iPhone", "iOS", "OS "},
    {"iPod", "iOS", "OS "},
    {"iPad", "iPadOS", "OS "},
    {"AppleTV", "tvOS", "OS "},
    {"Apple TV", "tvOS", "OS "},
    {"Watch OS", "watchOS", "Watch OS "},
    {"CFNetwork/", "iOS", "Darwin/"},
    {"HarmonyOS", "HarmonyOS", "HarmonyOS "},
    {"KAIOS/", "KaiOS", "KAIOS/"},
    {"Tizen", "Tizen", "Tizen "},
    {"Web0S", "webOS", "Web0S/"},
    {"webOS", "webOS", "webOS/"},
    {"Android", "Android", "Android "},
    {"CrOS", "ChromeOS", "CrOS x86_64 "},
    {"Mac OS X", "macOS", "Mac OS X "},
    {"Macintosh", "macOS", ""},
    {"PlayStation", "PlayStation", "PlayStation "},
    {"Nintendo", "Nintendo", ""},
    {"Ubuntu", "Ubuntu", "Ubuntu/"},
    {"FreeBSD", "FreeBSD", "FreeBSD "},
    {"OpenBSD", "OpenBSD", "OpenBSD "},
    {"Linux", "Linux", ""},
    {"X11", "Unix", ""},
};

// Robots, crawlers, monitors, previews and programs; lower case, looked for in any case.
constexpr std::string_view kRobots[] = {
    "bot/",         "bot;",       "bot ",           "bot)",          "bot-",        "robot",
    "crawl",        "spider",     "slurp",          "mediapartners", "adsbot",      "apis-google",
    "facebookext",  "facebot",    "meta-externala", "bingpreview",   "whatsapp/",   "slackbot",
    "skypeuripre",  "embedly",    "quora link",     "outbrain",      "pinterest/0", "vkshare",
    "w3c_valid",    "validator",  "lighthouse",     "page speed",    "pagespeed",   "gtmetrix",
    "pingdom",      "uptime",     "statuscake",     "site24x7",      "datadog",     "newrelic",
    "nagios",       "zabbix",     "monitor",        "headless",      "phantomjs",   "puppeteer",
    "playwright",   "selenium",   "python-",        "python/",       "aiohttp",     "httpx",
    "scrapy",       "curl/",      "wget/",          "libwww",        "lwp::",       "java/",
    "apache-http",  "okhttp",     "go-http",        "node-fetch",    "axios/",      "got (",
    "undici",       "guzzle",     "php/",           "ruby",          "faraday",     "httpie",
    "postman",      "insomnia",   "feedfetch",      "feedly",        "feedburner",  "rssfeed",
    "archive.org",  "heritrix",   "ia_archiver",    "httrack",       "nutch",       "sitebulb",
    "screaming",    "majestic",   "ahrefs",         "semrush",       "moz.com",     "barkrowler",
    "gptbot",       "chatgpt",    "oai-search",     "claude",        "anthropic",   "perplexity",
    "ccbot",        "bytespider", "amazonbot",      "applebot",      "yandexbot",   "baiduspider",
    "duckduckbot",  "qwantify",   "sogou",          "exabot",        "linkedinbot", "twitterbot",
    "telegrambot",  "discordbot", "preview",        "scanner",       "nmap",        "nikto",
    "sqlmap",       "masscan",    "zgrab",          "censys",        "expanse",     "netcraft",
    "dataprovider", "mj12bot",    "dotbot",         "petalbot",      "seznambot",   "siteauditbot",
};

bool Has(std::string_view text, std::string_view part) {
  return FindBytes(text, part) != std::string_view::npos;
}

template <size_t kCount>
const Mark* FindMark(const Mark (&marks)[kCount], std::string_view agent) {
  for (const Mark& mark : marks) {
    if (Has(agent, mark.mark)) return &mark;
  }
  return nullptr;
}

// The digits and points (or underscores) behind the mark's version text.
std::string_view VersionOf(const Mark* mark, std::string_view agent) {
  if (mark == nullptr) return {};
  const std::string_view before = mark->version.empty() ? mark->mark : mark->version;
  size_t at = FindBytes(agent, before);
  if (at == std::string_view::npos) return {};
  at += before.size();
  size_t end = at;
  while (end < agent.size() &&
         (IsAsciiDigit(agent[end]) || agent[end] == '.' || agent[end] == '_')) {
    ++end;
  }
  while (end > at && !IsAsciiDigit(agent[end - 1])) --end;
  return agent.substr(at, end - at);
}

bool IsRobot(std::string_view agent) {
  std::string lower;
  lower.reserve(agent.size() + 1);
  for (const char c : agent) lower.push_back(AsciiLower(c));
  lower.push_back(' ');  // so that a last word ends like one
  // A maker of telephones.
  if (const size_t at = lower.find("cubot"); at != std::string::npos) lower.erase(at, 5);
  // A person's browser always says Mozilla or Opera and more; nothing at all is a program.
  if (agent.empty() || agent == "-") return true;
  for (const std::string_view robot : kRobots) {
    if (Has(lower, robot)) return true;
  }
  return false;
}

std::string_view BrowserOf(std::string_view agent) {
  const Mark* mark = FindMark(kBrowsers, agent);
  return mark ? mark->name : "Other";
}
std::string_view SystemOf(std::string_view agent) {
  const Mark* mark = FindMark(kSystems, agent);
  return mark ? mark->name : "Other";
}
std::string_view DeviceOf(std::string_view agent) {
  if (IsRobot(agent)) return "bot";
  for (const std::string_view tv :
       {"SmartTV", "SMART-TV", "Smart-TV", "AppleTV", "Apple TV", "GoogleTV", "Android TV",
        "BRAVIA", "AFT", "Roku", "HbbTV", "Web0S", "CrKey"}) {
    if (Has(agent, tv)) return "tv";
  }
  for (const std::string_view console : {"PlayStation", "Xbox", "Nintendo"}) {
    if (Has(agent, console)) return "console";
  }
  if (Has(agent, "Watch OS") || Has(agent, "watchOS")) return "wearable";
  const bool android = Has(agent, "Android");
  for (const std::string_view tablet : {"iPad", "Tablet", "Kindle", "Silk/", "PlayBook"}) {
    if (Has(agent, tablet)) return "tablet";
  }
  if (android && !Has(agent, "Mobile")) return "tablet";
  for (const std::string_view phone : {"Mobi", "iPhone", "iPod", "Windows Phone", "Opera Mini",
                                       "BlackBerry", "KAIOS", "Symbian"}) {
    if (Has(agent, phone)) return "mobile";
  }
  for (const std::string_view desktop : {"Windows", "Macintosh", "X11", "CrOS", "Linux"}) {
    if (Has(agent, desktop)) return "desktop";
  }
  return "other";
}
std::string_view BrowserVersion(std::string_view agent) {
  return VersionOf(FindMark(kBrowsers, agent), agent);
}
std::string_view SystemVersion(RowState& row, std::string_view agent) {
  std::string& out = row.scratch();
  out = VersionOf(FindMark(kSystems, agent), agent);
  for (char& c : out) {
    if (c == '_') c = '.';
  }
  return row.Keep(out);
}

constexpr std::string_view kSample =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/17.2 Mobile/15E148 Safari/604.1";

void AddPart(Registry* registry, std::string name, std::string summary, std::string example_result,
             Type result, ScalarKernel kernel) {
  registry->Add(
      ScalarFunction{.name = name,
                     .category = "user agent",
                     .signature = fmt::format("(user_agent TEXT) → {}", result.ToString()),
                     .summary = std::move(summary),
                     .example = fmt::format("{}('{}')", name, kSample),
                     .example_result = std::move(example_result),
                     .args = {TypeId::kText},
                     .result = std::move(result),
                     .kernel = kernel});
}

template <std::string_view (*Part)(std::string_view)>
constexpr ScalarKernel PartKernel() {
  return StringUnary<std::string_view>(
      [](std::string_view agent, StringArena*) { return Part(agent); });
}

}  // namespace

void RegisterUserAgent(Registry* registry) {
  AddPart(registry, "ua_browser", "The browser's name, such as 'Chrome'; 'Other' when unknown.",
          "Safari", TypeId::kText, PartKernel<BrowserOf>());
  AddPart(registry, "ua_browser_version", "The browser's version; empty when unknown.", "17.2",
          TypeId::kText, PartKernel<BrowserVersion>());
  AddPart(registry, "ua_os",
          "The operating system's name, such as 'Windows' or 'iOS'; 'Other' when unknown.", "iOS",
          TypeId::kText, PartKernel<SystemOf>());
  AddPart(registry, "ua_os_version", "The operating system's version; empty when unknown.", "17.2",
          TypeId::kText, RowKernel<SystemVersion>);
  AddPart(registry, "ua_device",
          "'desktop', 'mobile', 'tablet', 'tv', 'console', 'wearable', 'bot' or 'other'.", "mobile",
          TypeId::kText, PartKernel<DeviceOf>());
  AddPart(
      registry, "is_bot",
      "Whether the User-Agent is a robot's, crawler's, monitor's or program's; an empty one is.",
      "f", TypeId::kBoolean,
      Unary<std::string_view, uint8_t>([](std::string_view agent) { return IsRobot(agent); }));
}

}  // namespace shale
