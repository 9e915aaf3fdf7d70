#include "tools/console/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>
#include <utf8proc.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "fmt/format.h"

namespace shale {
namespace {

bool IsPlainAscii(std::string_view text) {
  for (unsigned char c : text) {
    if (c < 0x20 || c >= 0x7f) return false;
  }
  return true;
}

// One character of `text` at *at, which moves past it; negative for a byte that is no UTF-8.
int32_t NextCharacter(std::string_view text, size_t* at) {
  utf8proc_int32_t character = -1;
  auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + *at;
  auto length =
      utf8proc_iterate(bytes, static_cast<utf8proc_ssize_t>(text.size() - *at), &character);
  if (length <= 0) {
    ++*at;
    return -1;
  }
  *at += static_cast<size_t>(length);
  return character;
}

size_t CellsOf(int32_t character) {
  if (character < 0x20 || character == 0x7f) return 0;
  int width = utf8proc_charwidth(character);
  return width < 0 ? 0 : static_cast<size_t>(width);
}

}  // namespace

bool IsTerminal(int fd) { return isatty(fd) == 1; }

size_t TerminalWidth(int fd) {
  if (!IsTerminal(fd)) return 0;
  winsize size{};
  if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  if (const char* columns = std::getenv("COLUMNS")) {
    int width = std::atoi(columns);
    if (width > 0) return static_cast<size_t>(width);
  }
  return 80;
}

bool WantsColor(int fd) {
  if (!IsTerminal(fd) || std::getenv("NO_COLOR") != nullptr) return false;
  const char* term = std::getenv("TERM");
  return term == nullptr || std::strcmp(term, "dumb") != 0;
}

void PrintError(std::string_view message) {
  bool color = WantsColor(STDERR_FILENO);
  fmt::print(stderr, "{}error:{} {}\n", color ? kRed : "", color ? kPlain : "", message);
}

size_t DisplayWidth(std::string_view text) {
  if (IsPlainAscii(text)) return text.size();
  size_t width = 0;
  for (size_t at = 0; at < text.size();) {
    int32_t character = NextCharacter(text, &at);
    width += CellsOf(character);
  }
  return width;
}

std::string CutToWidth(std::string_view text, size_t width) {
  if (DisplayWidth(text) <= width) return std::string(text);
  if (width == 0) return "";
  std::string out;
  size_t used = 0;
  for (size_t at = 0; at < text.size();) {
    size_t begin = at;
    size_t cells = CellsOf(NextCharacter(text, &at));
    if (used + cells > width - 1) break;
    used += cells;
    out.append(text.substr(begin, at - begin));
  }
  out += "…";
  return out;
}

void AppendPrintable(std::string_view text, std::string* out) {
  if (IsPlainAscii(text)) {
    out->append(text);
    return;
  }
  for (size_t at = 0; at < text.size();) {
    size_t begin = at;
    int32_t character = NextCharacter(text, &at);
    // The C1 controls (0x80 … 0x9f) move cursors too on some terminals.
    bool control = character < 0x20 || (character >= 0x7f && character < 0xa0);
    if (!control) {
      out->append(text.substr(begin, at - begin));
    } else if (character == '\n') {
      out->append("\\n");
    } else if (character == '\r') {
      out->append("\\r");
    } else if (character == '\t') {
      out->append("\\t");
    } else {
      for (size_t i = begin; i < at; ++i) {
        fmt::format_to(std::back_inserter(*out), "\\x{:02x}", static_cast<uint8_t>(text[i]));
      }
    }
  }
}

std::string WithThousands(uint64_t number) {
  std::string digits = std::to_string(number);
  for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<size_t>(at), ",");
  }
  return digits;
}

std::string HumanBytes(uint64_t bytes) {
  if (bytes < 1000) return fmt::format("{} B", bytes);
  constexpr const char* kUnits[] = {"kB", "MB", "GB", "TB", "PB"};
  double value = static_cast<double>(bytes) / 1000;
  size_t unit = 0;
  while (value >= 999.5 && unit < 4) {
    value /= 1000;
    ++unit;
  }
  int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return fmt::format("{:.{}f} {}", value, decimals, kUnits[unit]);
}

std::string HumanCount(double count) {
  if (count < 999.5) return fmt::format("{:.0f}", count);
  constexpr const char* kUnits[] = {"k", "M", "G", "T"};
  double value = count / 1000;
  size_t unit = 0;
  while (value >= 999.5 && unit < 3) {
    value /= 1000;
    ++unit;
  }
  int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return fmt::format("{:.{}f}{}", value, decimals, kUnits[unit]);
}

std::string HumanDuration(int64_t micros) {
  if (micros < 0) micros = 0;
  if (micros < 1'000'000) return fmt::format("{:.0f} ms", static_cast<double>(micros) / 1000);
  int64_t seconds = micros / 1'000'000;
  if (seconds < 60) return fmt::format("{:.2f} s", static_cast<double>(micros) / 1e6);
  if (seconds < 3600) return fmt::format("{} min {:02} s", seconds / 60, seconds % 60);
  return fmt::format("{} h {:02} min", seconds / 3600, seconds / 60 % 60);
}

}  // namespace shale
