#include "engine/functions/url.h"

#include <algorithm>

#include "engine/functions/utf8.h"

namespace shale {
namespace {

constexpr size_t kNone = std::string_view::npos;

// Length of "scheme:" when "//" follows it, 0 for a bare "//", npos when there is neither.
size_t SchemeLength(std::string_view url) {
  if (url.starts_with("//")) return 0;
  size_t at = 0;
  if (url.empty() || !IsAsciiLetter(url[0])) return kNone;
  while (at < url.size() && (IsAsciiLetter(url[at]) || IsAsciiDigit(url[at]) || url[at] == '+' ||
                             url[at] == '-' || url[at] == '.')) {
    ++at;
  }
  return url.substr(at).starts_with("://") ? at + 1 : kNone;
}

struct Authority {
  size_t begin = 0;  // in the url
  size_t end = 0;    // where path, query or fragment begin
  bool explicit_scheme = false;
};

Authority AuthorityOf(std::string_view url) {
  const size_t scheme = SchemeLength(url);
  Authority out;
  out.explicit_scheme = scheme != kNone;
  out.begin = out.explicit_scheme ? scheme + 2 : 0;
  out.end = std::min(url.find_first_of("/?#", out.begin), url.size());
  return out;
}

bool IsHostChar(char c) {
  return IsAsciiLetter(c) || IsAsciiDigit(c) || c == '.' || c == '-' || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// Host and port, apart.
void SplitAuthority(std::string_view url, std::string_view* host, std::string_view* port) {
  const Authority at = AuthorityOf(url);
  std::string_view text = url.substr(at.begin, at.end - at.begin);
  const size_t user = text.rfind('@');
  if (user != kNone) text.remove_prefix(user + 1);
  *port = {};
  size_t host_end = text.size();
  if (text.starts_with('[')) {
    host_end = std::min(text.find(']'), text.size() - 1) + 1;
  } else {
    host_end = std::min(text.find(':'), text.size());
  }
  *host = text.substr(0, host_end);
  if (host_end < text.size() && text[host_end] == ':') *port = text.substr(host_end + 1);
  if (host->starts_with('[')) return;
  if (!std::all_of(host->begin(), host->end(), IsHostChar) ||
      (!at.explicit_scheme && host->find('.') == kNone)) {
    *host = {};
    *port = {};
  }
}

}  // namespace

std::string_view UrlProtocol(std::string_view url) {
  const size_t scheme = SchemeLength(url);
  return scheme == kNone || scheme == 0 ? std::string_view() : url.substr(0, scheme - 1);
}

std::string_view UrlHost(std::string_view url) {
  std::string_view host;
  std::string_view port;
  SplitAuthority(url, &host, &port);
  return host;
}

std::string_view UrlPort(std::string_view url) {
  std::string_view host;
  std::string_view port;
  SplitAuthority(url, &host, &port);
  return std::all_of(port.begin(), port.end(), IsAsciiDigit) ? port : std::string_view();
}

std::string_view UrlPathFull(std::string_view url) {
  if (url.starts_with('/') && !url.starts_with("//")) return url;
  const std::string_view rest = url.substr(AuthorityOf(url).end);
  return rest.starts_with('/') ? rest : std::string_view();
}

std::string_view UrlPath(std::string_view url) {
  const std::string_view path = UrlPathFull(url);
  return path.substr(0, path.find_first_of("?#"));
}

std::string_view UrlQuery(std::string_view url) {
  url = url.substr(0, url.find('#'));
  const size_t mark = url.find('?');
  return mark == kNone ? std::string_view() : url.substr(mark + 1);
}

std::string_view UrlFragment(std::string_view url) {
  const size_t mark = url.find('#');
  return mark == kNone ? std::string_view() : url.substr(mark + 1);
}

std::string_view UrlWithoutQuery(std::string_view url) {
  return url.substr(0, url.find_first_of("?#"));
}

std::string_view UrlParameter(std::string_view url, std::string_view name) {
  std::string_view query = UrlQuery(url);
  while (!query.empty()) {
    const size_t end = std::min(query.find_first_of("&;"), query.size());
    const std::string_view pair = query.substr(0, end);
    const size_t equals = pair.find('=');
    if (pair.substr(0, equals) == name) {
      return equals == kNone ? std::string_view() : pair.substr(equals + 1);
    }
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return {};
}

std::string_view WithoutWww(std::string_view host) {
  return host.starts_with("www.") ? host.substr(4) : host;
}

std::string_view TopLevelDomain(std::string_view host) {
  const size_t dot = host.rfind('.');
  if (dot == kNone || dot + 1 == host.size()) return {};
  const std::string_view last = host.substr(dot + 1);
  return IsAsciiDigit(last[0]) ? std::string_view() : last;
}

std::string_view UrlDecode(std::string_view text, bool plus, std::string* buffer) {
  if (text.find_first_of(plus ? "%+" : "%") == kNone) return text;
  const auto digit = [](char c) {
    if (IsAsciiDigit(c)) return c - '0';
    const char lower = AsciiLower(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
  };
  buffer->clear();
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 &&
        digit(text[i + 2]) >= 0) {
      buffer->push_back(static_cast<char>(digit(text[i + 1]) << 4 | digit(text[i + 2])));
      i += 2;
    } else {
      buffer->push_back(plus && text[i] == '+' ? ' ' : text[i]);
    }
  }
  return IsValidUtf8(*buffer) ? std::string_view(*buffer) : text;
}

void AppendUrlEncoded(std::string_view text, std::string* out) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (IsAsciiLetter(c) || IsAsciiDigit(c) || c == '-' || c == '_' || c == '.' || c == '~') {
      out->push_back(c);
    } else {
      out->push_back('%');
      out->push_back(kDigits[byte >> 4]);
      out->push_back(kDigits[byte & 15]);
    }
  }
}

}  // namespace shale
