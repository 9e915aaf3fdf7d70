// ProgressBar: one line on standard error that redraws itself. Draws nothing when standard error is
// no terminal. One thread at a time (callers lock).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace shale {

class ProgressBar {
 public:
  ProgressBar();
  ~ProgressBar() { Clear(); }
  bool enabled() const { return enabled_; }
  // `fraction` in 0 … 1, or negative when the total is not known; `text` follows the bar.
  void Draw(double fraction, std::string_view text);
  // Takes the line away, so that other output may be written.
  void Clear();

 private:
  bool enabled_;
  bool drawn_ = false;
};

// "12.3M rows, 24.1M rows/s, 3 s left": `fraction` as above.
std::string ProgressText(int64_t rows, int64_t elapsed_us, double fraction);

}  // namespace shale
