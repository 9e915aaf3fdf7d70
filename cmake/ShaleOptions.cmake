# Compiler settings that hold for every target.
option(SHALE_TESTS "Build the tests" ON)
set(SHALE_SANITIZE "" CACHE STRING "Sanitizers for every target: 'address,undefined' or 'thread'")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

# Any x86-64-v2 machine runs the binary; wider kernels are chosen at run time by Highway.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  add_compile_options(-march=x86-64-v2 -mtune=generic)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -ftree-vectorize")
set(CMAKE_C_FLAGS_RELEASE "-O2")
add_compile_options(-fno-omit-frame-pointer)
add_compile_definitions(SHALE_VERSION="${PROJECT_VERSION}")
add_link_options(-pie)
set(SHALE_WARNINGS -Wall -Wextra -Werror -Wno-sign-compare)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  # Deprecation: libstdc++ 12's own std::stable_sort trips over it under clang 19.
  list(APPEND SHALE_WARNINGS -Wthread-safety -Wno-deprecated-declarations)
else()
  # g++ 12 reports false positives for these at -O2 in the standard library's own code.
  list(APPEND SHALE_WARNINGS -Wno-maybe-uninitialized -Wno-restrict -Wno-stringop-overflow
    -Wno-array-bounds)
endif()

if(SHALE_SANITIZE)
  # Optimised no more than they need to run at a fair speed: half the time to compile.
  add_compile_options(-O1 -fsanitize=${SHALE_SANITIZE} -fno-sanitize-recover=all -g1)
  add_link_options(-fsanitize=${SHALE_SANITIZE})
else()
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong
    -fstack-clash-protection -D_GLIBCXX_ASSERTIONS)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    add_compile_options(-fcf-protection)
  endif()
  add_link_options(-Wl,-z,relro,-z,now)
endif()

find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()
