// Finds the bytes that structure delimited text, with the widest vectors of the machine.
#pragma once

#include <cstddef>
#include <cstdint>

namespace shale {

// Writes the positions in text[0, size), ascending and each plus `base`, of bytes equal to a, b or
// c. `out` has room for size + 8 positions. Returns how many there are. Reads up to 63 bytes past
// size.
size_t FindStructurals(const char* text, size_t size, char a, char b, char c, uint32_t base,
                       uint32_t* out);

}  // namespace shale
