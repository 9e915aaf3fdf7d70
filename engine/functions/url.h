// The parts of a URL (RFC 3986, read leniently), as views of it. Whatever the text is, every
// function answers; a part that is not there is empty.
#pragma once

#include <string>
#include <string_view>

namespace shale {

std::string_view UrlProtocol(std::string_view url);      // "https"
std::string_view UrlHost(std::string_view url);          // "www.example.com"
std::string_view UrlPort(std::string_view url);          // "8080"
std::string_view UrlPath(std::string_view url);          // "/a/b", from its slash
std::string_view UrlPathFull(std::string_view url);      // "/a/b?q=1#top"
std::string_view UrlQuery(std::string_view url);         // "q=1", without the '?'
std::string_view UrlFragment(std::string_view url);      // "top", without the '#'
std::string_view UrlWithoutQuery(std::string_view url);  // without query and fragment
std::string_view UrlParameter(std::string_view url, std::string_view name);  // as written

std::string_view WithoutWww(std::string_view host);
std::string_view TopLevelDomain(std::string_view host);  // "uk"; empty for an address

// %41 becomes A, and with `plus` '+' a space. Text that would not be UTF-8 stays as it was.
std::string_view UrlDecode(std::string_view text, bool plus, std::string* buffer);
// All but letters, digits and -_.~ as %XX.
void AppendUrlEncoded(std::string_view text, std::string* out);

}  // namespace shale
