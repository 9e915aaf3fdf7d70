// SHALE_CHECK: our own bugs end the process with the place and the broken condition. Never for
// what the outside world can cause (that is a Status).
#pragma once

#include <cstdio>
#include <cstdlib>

#define SHALE_CHECK(condition)                                                            \
  do {                                                                                    \
    if (!(condition)) [[unlikely]] {                                                      \
      std::fprintf(stderr, "%s:%d: bug in Shale: check failed: %s\n", __FILE__, __LINE__, \
                   #condition);                                                           \
      std::abort();                                                                       \
    }                                                                                     \
  } while (false)

#ifdef NDEBUG
#define SHALE_DCHECK(condition) ((void)0)
#else
#define SHALE_DCHECK(condition) SHALE_CHECK(condition)
#endif
