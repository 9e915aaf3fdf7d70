// What the tools know about the terminal they talk to: whether there is one, how wide it is, how
// many cells a text takes, and colours. Pure functions, any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace shale {

bool IsTerminal(int fd);
// Columns of the terminal at `fd`; 0 when it is none.
size_t TerminalWidth(int fd);
// A terminal that wants colours (NO_COLOR is unset and TERM is not "dumb").
bool WantsColor(int fd);

inline constexpr std::string_view kRed = "\x1b[31m";
inline constexpr std::string_view kDim = "\x1b[2m";
inline constexpr std::string_view kBold = "\x1b[1m";
inline constexpr std::string_view kPlain = "\x1b[0m";

// "error: <message>" on standard error, red where that is a terminal.
void PrintError(std::string_view message);

// Cells that UTF-8 `text` takes on a terminal (East Asian wide characters take two, combining ones
// none). Control characters count as nothing: see AppendPrintable.
size_t DisplayWidth(std::string_view text);
// As many whole characters as fit in `width` cells, the last cell being '…' when something was cut.
std::string CutToWidth(std::string_view text, size_t width);
// Appends `text` with control characters and invalid UTF-8 as \n, \t, \x1b …, so that no value can
// move the cursor or break a table's line.
void AppendPrintable(std::string_view text, std::string* out);

// "541,909"
std::string WithThousands(uint64_t number);
// "12.3 MB": powers of 1000, three digits at most.
std::string HumanBytes(uint64_t bytes);
// "1.23M", "12.3k" for rates.
std::string HumanCount(double count);
// "4.21 s", "312 ms", "2 min 05 s"
std::string HumanDuration(int64_t micros);

}  // namespace shale
