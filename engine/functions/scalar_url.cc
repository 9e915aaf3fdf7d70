// Parts of URLs as functions.
#include "engine/functions/families.h"
#include "engine/functions/kernels.h"
#include "engine/functions/row_kernel.h"
#include "engine/functions/url.h"

namespace shale {
namespace {

constexpr std::string_view kSample =
    "https://www.example.co.uk:8080/a/b.html?q=1&utm_source=mail#top";

std::string_view HostWithoutWww(std::string_view url) { return WithoutWww(UrlHost(url)); }
std::string_view UrlTopLevelDomain(std::string_view url) { return TopLevelDomain(UrlHost(url)); }

template <std::string_view (*Part)(std::string_view)>
void AddPart(Registry* registry, std::string name, std::vector<std::string> aliases,
             std::string summary, std::string example_result) {
  registry->Add(ScalarFunction{.name = name,
                               .aliases = std::move(aliases),
                               .category = "url",
                               .signature = "(url TEXT) → TEXT",
                               .summary = std::move(summary),
                               .example = fmt::format("{}('{}')", name, kSample),
                               .example_result = std::move(example_result),
                               .args = {TypeId::kText},
                               .result = TypeId::kText,
                               .kernel = StringUnary<std::string_view>(
                                   [](std::string_view url, StringArena*) { return Part(url); })});
}

template <bool kPlus>
std::string_view Decode(RowState& row, std::string_view text) {
  std::string& buffer = row.scratch();
  const std::string_view decoded = UrlDecode(text, kPlus, &buffer);
  return decoded.data() == buffer.data() ? row.Keep(decoded) : decoded;
}

std::string_view Encode(RowState& row, std::string_view text) {
  std::string& out = row.scratch();
  AppendUrlEncoded(text, &out);
  return row.Keep(out);
}

// A campaign parameter, decoded.
constexpr std::string_view kCampaignNames[] = {"utm_source", "utm_medium", "utm_campaign",
                                               "utm_term", "utm_content"};
template <size_t kName>
std::string_view Campaign(RowState& row, std::string_view url) {
  return Decode<true>(row, UrlParameter(url, kCampaignNames[kName]));
}

template <size_t kName>
void AddCampaign(Registry* registry) {
  const std::string name(kCampaignNames[kName]);
  registry->Add(ScalarFunction{
      .name = name,
      .category = "url",
      .signature = "(url TEXT) → TEXT",
      .summary = fmt::format("The {} of a URL's query, decoded; empty without one.", name),
      .example = fmt::format("{}('https://example.com/?{}=spring+mail')", name, name),
      .example_result = "spring mail",
      .args = {TypeId::kText},
      .result = TypeId::kText,
      .kernel = RowKernel<Campaign<kName>>});
}

void AddCoding(Registry* registry, std::string name, std::string alias, std::string summary,
               std::string argument, std::string example_result, ScalarKernel kernel) {
  registry->Add(ScalarFunction{.name = name,
                               .aliases = {std::move(alias)},
                               .category = "url",
                               .signature = "(text TEXT) → TEXT",
                               .summary = std::move(summary),
                               .example = fmt::format("{}('{}')", name, argument),
                               .example_result = std::move(example_result),
                               .args = {TypeId::kText},
                               .result = TypeId::kText,
                               .kernel = kernel});
}

}  // namespace

void RegisterUrl(Registry* registry) {
  AddPart<UrlProtocol>(registry, "protocol", {}, "The scheme of a URL.", "https");
  AddPart<UrlHost>(registry, "domain", {"url_host"}, "The host of a URL.", "www.example.co.uk");
  AddPart<HostWithoutWww>(registry, "domain_without_www", {"domainWithoutWWW"},
                          "The host of a URL without a leading www.", "example.co.uk");
  AddPart<UrlTopLevelDomain>(registry, "top_level_domain", {"topLevelDomain"},
                             "The last label of the host; empty for an address.", "uk");
  AddPart<UrlPort>(registry, "url_port", {}, "The port of a URL as text; empty without one.",
                   "8080");
  AddPart<UrlPath>(registry, "path", {"url_path"}, "The path of a URL, without its query.",
                   "/a/b.html");
  AddPart<UrlPathFull>(registry, "path_full", {"pathFull"},
                       "The path of a URL with query and fragment.",
                       "/a/b.html?q=1&utm_source=mail#top");
  AddPart<UrlQuery>(registry, "query_string", {"queryString"},
                    "The query of a URL, without its question mark.", "q=1&utm_source=mail");
  AddPart<UrlFragment>(registry, "fragment", {"url_fragment"},
                       "The fragment of a URL, without its #.", "top");
  AddPart<UrlWithoutQuery>(registry, "cut_query", {"cutQueryStringAndFragment"},
                           "The URL without query and fragment.",
                           "https://www.example.co.uk:8080/a/b.html");
  registry->Add(ScalarFunction{
      .name = "url_parameter",
      .aliases = {"extractURLParameter"},
      .category = "url",
      .signature = "(url TEXT, name TEXT) → TEXT",
      .summary = "The value of a parameter of the query, as it is written; empty without one.",
      .example = "url_parameter('https://example.com/?a=1&b=x%20y', 'b')",
      .example_result = "x%20y",
      .args = {TypeId::kText, TypeId::kText},
      .result = TypeId::kText,
      .kernel = StringBinary<std::string_view, std::string_view>(
          [](std::string_view url, std::string_view name, StringArena*) {
            return UrlParameter(url, name);
          })});
  AddCampaign<0>(registry);
  AddCampaign<1>(registry);
  AddCampaign<2>(registry);
  AddCampaign<3>(registry);
  AddCampaign<4>(registry);
  AddCoding(registry, "url_decode", "decodeURLComponent", "%XX turned into the bytes they mean.",
            "a%20b%C3%A9", "a bé", RowKernel<Decode<false>>);
  AddCoding(registry, "url_decode_form", "decodeURLFormComponent",
            "url_decode that also turns + into a space.", "a+b%21", "a b!",
            RowKernel<Decode<true>>);
  AddCoding(registry, "url_encode", "encodeURLComponent",
            "All but letters, digits and -_.~ turned into %XX.", "a b&c", "a%20b%26c",
            RowKernel<Encode>);
}

}  // namespace shale
