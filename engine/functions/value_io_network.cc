// UUID, INET and BYTEA to text and back.
#include <algorithm>
#include <cstring>

#include "engine/functions/value_format.h"

namespace shale {
namespace {

constexpr char kHex[] = "0123456789abcdef";

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

constexpr uint128_t kSignBit = uint128_t{1} << 127;

// Decimal number below `limit` of 1 to `max_digits` digits.
bool TakeNumber(std::string_view* text, size_t max_digits, int limit, int* out) {
  size_t n = 0;
  int value = 0;
  while (n < text->size() && n < max_digits && (*text)[n] >= '0' && (*text)[n] <= '9') {
    value = value * 10 + ((*text)[n++] - '0');
  }
  if (n == 0 || value >= limit) return false;
  text->remove_prefix(n);
  *out = value;
  return true;
}

bool TakeV4(std::string_view* text, uint8_t* bytes) {
  for (int i = 0; i < 4; ++i) {
    if (i > 0) {
      if (text->empty() || text->front() != '.') return false;
      text->remove_prefix(1);
    }
    int value;
    if (!TakeNumber(text, 3, 256, &value)) return false;
    bytes[i] = static_cast<uint8_t>(value);
  }
  return true;
}

bool ParseV6(std::string_view text, uint8_t* bytes) {
  uint8_t head[16] = {}, tail[16] = {};
  int head_size = 0, tail_size = 0;
  bool compressed = false;
  if (text.starts_with("::")) {
    compressed = true;
    text.remove_prefix(2);
  } else if (text.starts_with(":")) {
    return false;
  }
  while (!text.empty()) {
    uint8_t* to = compressed ? tail : head;
    int& size = compressed ? tail_size : head_size;
    size_t end = text.find(':');
    std::string_view group = text.substr(0, end);
    if (group.find('.') != std::string_view::npos) {  // the last four bytes as IPv4
      if (end != std::string_view::npos || head_size + tail_size > 12) return false;
      if (!TakeV4(&group, to + size) || !group.empty()) return false;
      size += 4;
      break;
    }
    if (group.empty() || group.size() > 4 || head_size + tail_size > 14) return false;
    int value = 0;
    for (char c : group) {
      int digit = HexDigit(c);
      if (digit < 0) return false;
      value = value * 16 + digit;
    }
    to[size] = static_cast<uint8_t>(value >> 8);
    to[size + 1] = static_cast<uint8_t>(value);
    size += 2;
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
    if (text.starts_with(":")) {
      if (compressed) return false;
      compressed = true;
      text.remove_prefix(1);
    } else if (text.empty()) {
      return false;  // one colon at the end
    }
  }
  int total = head_size + tail_size;
  if (compressed ? total > 14 : total != 16) return false;
  std::memset(bytes, 0, 16);
  std::memcpy(bytes, head, head_size);
  std::memcpy(bytes + 16 - tail_size, tail, tail_size);
  return true;
}

void AppendNumber(unsigned value, std::string* out) { AppendUInt64(value, out); }

void AppendV4(const uint8_t* bytes, std::string* out) {
  for (int i = 0; i < 4; ++i) {
    if (i > 0) out->push_back('.');
    AppendNumber(bytes[i], out);
  }
}

// RFC 5952: the longest run of two or more zero groups becomes "::".
void AppendV6(const uint8_t* bytes, std::string* out) {
  int groups[8];
  for (int i = 0; i < 8; ++i) groups[i] = bytes[2 * i] << 8 | bytes[2 * i + 1];
  int best = -1, best_length = 1;
  for (int i = 0; i < 8;) {
    int begin = i;
    while (i < 8 && groups[i] == 0) ++i;
    if (i - begin > best_length) {
      best = begin;
      best_length = i - begin;
    }
    if (i == begin) ++i;
  }
  bool v4 = best == 0 && ((best_length == 6) || (best_length == 5 && groups[5] == 0xffff));
  bool colon = false;
  for (int i = 0; i < 8; ++i) {
    if (i == best) {
      *out += "::";
      i += best_length - 1;
      colon = false;
      continue;
    }
    if (colon) out->push_back(':');
    colon = true;
    if (v4 && i == 6) {
      AppendV4(bytes + 12, out);
      return;
    }
    bool started = false;
    for (int shift = 12; shift >= 0; shift -= 4) {
      int digit = groups[i] >> shift & 15;
      started |= digit != 0 || shift == 0;
      if (started) out->push_back(kHex[digit]);
    }
  }
}

}  // namespace

bool ParseUuid(std::string_view text, int128_t* out) {
  if (text.size() >= 2 && text.front() == '{' && text.back() == '}') {
    text = text.substr(1, text.size() - 2);
  }
  uint128_t value = 0;
  int digits = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '-') {  // after any group of four digits
      if (digits == 0 || digits % 4 != 0 || digits == 32 || text[i - 1] == '-') return false;
      continue;
    }
    int digit = HexDigit(text[i]);
    if (digit < 0 || digits == 32) return false;
    value = value << 4 | static_cast<unsigned>(digit);
    ++digits;
  }
  if (digits != 32) return false;
  *out = static_cast<int128_t>(value ^ kSignBit);
  return true;
}

void AppendUuid(int128_t value, std::string* out) {
  uint128_t bits = static_cast<uint128_t>(value) ^ kSignBit;
  char buffer[36];
  int at = 0;
  for (int i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) buffer[at++] = '-';
    buffer[at++] = kHex[static_cast<unsigned>(bits >> (124 - 4 * i)) & 15];
  }
  out->append(buffer, 36);
}

bool ParseInet(std::string_view text, std::string* out) {
  uint8_t bytes[18];
  size_t slash = text.find('/');
  std::string_view address = text.substr(0, slash);
  int max_bits;
  if (address.find(':') == std::string_view::npos) {
    bytes[0] = 4;
    max_bits = 32;
    if (!TakeV4(&address, bytes + 1) || !address.empty()) return false;
  } else {
    bytes[0] = 6;
    max_bits = 128;
    if (!ParseV6(address, bytes + 1)) return false;
  }
  int bits = max_bits;
  if (slash != std::string_view::npos) {
    std::string_view mask = text.substr(slash + 1);
    if (!TakeNumber(&mask, 3, max_bits + 1, &bits) || !mask.empty()) return false;
  }
  AssignInet(bytes[0], bytes + 1, bits, out);
  return true;
}

size_t InetAddressSize(std::string_view inet) {
  switch (inet.size()) {
    case 6:
    case 10: return 4;
    case 18:
    case 34: return 16;
    default: return 0;
  }
}

int InetPrefix(std::string_view inet) {
  return static_cast<uint8_t>(inet[1 + InetAddressSize(inet)]);
}

const uint8_t* InetAddress(std::string_view inet) {
  const size_t size = InetAddressSize(inet);
  const size_t at = inet.size() > 2 + size ? 2 + size : 1;
  return reinterpret_cast<const uint8_t*>(inet.data()) + at;
}

void AssignInet(int family, const uint8_t* address, int prefix, std::string* out) {
  const int size = family == 4 ? 4 : 16;
  out->clear();
  out->push_back(static_cast<char>(family));
  bool has_host_bits = false;
  for (int i = 0; i < size; ++i) {
    const int bits = std::clamp(prefix - i * 8, 0, 8);
    const auto network = static_cast<uint8_t>(address[i] & (0xff00 >> bits));
    has_host_bits |= network != address[i];
    out->push_back(static_cast<char>(network));
  }
  out->push_back(static_cast<char>(prefix));
  if (has_host_bits) out->append(reinterpret_cast<const char*>(address), static_cast<size_t>(size));
}

void AppendInetAddress(std::string_view inet, std::string* out) {
  const size_t size = InetAddressSize(inet);
  if (size == 4) {
    AppendV4(InetAddress(inet), out);
  } else if (size == 16) {
    AppendV6(InetAddress(inet), out);
  }
}

void AppendInet(std::string_view inet, std::string* out) {
  const size_t size = InetAddressSize(inet);
  if (size == 0) return;
  AppendInetAddress(inet, out);
  const int bits = InetPrefix(inet);
  if (bits != static_cast<int>(size) * 8) {
    out->push_back('/');
    AppendNumber(static_cast<unsigned>(bits), out);
  }
}

void AppendBytea(std::string_view bytes, std::string* out) {
  *out += "\\x";
  size_t at = out->size();
  out->resize(at + 2 * bytes.size());
  for (char c : bytes) {
    (*out)[at++] = kHex[static_cast<uint8_t>(c) >> 4];
    (*out)[at++] = kHex[static_cast<uint8_t>(c) & 15];
  }
}

bool ParseBytea(std::string_view text, std::string* out) {
  out->clear();
  if (text.starts_with("\\x")) {
    text.remove_prefix(2);
    for (size_t i = 0; i < text.size();) {
      if (text[i] == ' ' || text[i] == '\n' || text[i] == '\t') {  // allowed between bytes
        ++i;
        continue;
      }
      if (i + 1 >= text.size()) return false;
      int high = HexDigit(text[i]), low = HexDigit(text[i + 1]);
      if (high < 0 || low < 0) return false;
      out->push_back(static_cast<char>(high << 4 | low));
      i += 2;
    }
    return true;
  }
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out->push_back(text[i]);
      continue;
    }
    if (i + 1 < text.size() && text[i + 1] == '\\') {
      out->push_back('\\');
      ++i;
      continue;
    }
    if (i + 3 >= text.size()) return false;
    int value = 0;
    for (int k = 1; k <= 3; ++k) {
      char c = text[i + k];
      if (c < '0' || c > '7') return false;
      value = value * 8 + (c - '0');
    }
    if (value > 255) return false;
    out->push_back(static_cast<char>(value));
    i += 3;
  }
  return true;
}

}  // namespace shale
