#include "tools/console/progress_bar.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "fmt/format.h"
#include "tools/console/terminal.h"

namespace shale {

ProgressBar::ProgressBar() : enabled_(IsTerminal(STDERR_FILENO)) {}

void ProgressBar::Draw(double fraction, std::string_view text) {
  if (!enabled_) return;
  constexpr int kCells = 20;
  std::string line;
  if (fraction >= 0) {
    fraction = std::min(fraction, 1.0);
    int full = static_cast<int>(fraction * kCells);
    fmt::format_to(std::back_inserter(line), "{:3.0f} % ", fraction * 100);
    for (int i = 0; i < kCells; ++i) line += i < full ? "█" : "░";
    line += "  ";
  }
  line += text;
  size_t width = TerminalWidth(STDERR_FILENO);
  line = CutToWidth(line, width > 1 ? width - 1 : 1);
  fmt::print(stderr, "\r\x1b[K{}", line);
  std::fflush(stderr);
  drawn_ = true;
}

void ProgressBar::Clear() {
  if (!drawn_) return;
  fmt::print(stderr, "\r\x1b[K");
  std::fflush(stderr);
  drawn_ = false;
}

std::string ProgressText(int64_t rows, int64_t elapsed_us, double fraction) {
  double seconds = static_cast<double>(std::max<int64_t>(elapsed_us, 1)) / 1e6;
  std::string text = fmt::format("{} rows, {} rows/s", HumanCount(static_cast<double>(rows)),
                                 HumanCount(static_cast<double>(rows) / seconds));
  if (fraction > 0.005 && fraction <= 1) {
    double left = seconds * (1 - fraction) / fraction;
    text += fmt::format(", {} left", left < 60 ? fmt::format("{:.0f} s", left)
                                               : HumanDuration(static_cast<int64_t>(left * 1e6)));
  }
  return text;
}

}  // namespace shale
