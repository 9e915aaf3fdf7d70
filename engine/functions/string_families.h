// The parts of the string family, one a file; RegisterString adds them all.
#pragma once

#include "engine/functions/function.h"

namespace shale {

void RegisterLike(Registry* registry);            // scalar_like.cc
void RegisterStringConcat(Registry* registry);    // scalar_string_concat.cc
void RegisterStringSearch(Registry* registry);    // scalar_string_search.cc
void RegisterStringFormat(Registry* registry);    // scalar_string_format.cc
void RegisterStringEncoding(Registry* registry);  // scalar_string_encoding.cc
void RegisterStringList(Registry* registry);      // scalar_string_list.cc
void RegisterStringUnicode(Registry* registry);   // scalar_string_unicode.cc
void RegisterBinary(Registry* registry);          // scalar_binary.cc

}  // namespace shale
